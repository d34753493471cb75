/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-wire"

#include "config.h"

#include "server/wire/ls-wire-soup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include <gio/gfiledescriptorbased.h>

#include "core/ls-error.h"

/* A key is the base64 form of 16 bytes. */
#define KEY_LENGTH 24
#define KEY_BYTES 16
/* libsoup reads headers in pieces of 8 KiB; what is beyond them is at most one such piece. */
#define READ_PIECE (8 * 1024)
#define READ_PIECES 8
/* libsoup has no name for it. */
#define UPGRADE_REQUIRED 426

typedef struct {
  LsWire        *wire;
  gpointer       user_data;
  GDestroyNotify destroy; /* NULL once a session has the data */
} Upgrade;

static void
upgrade_free (gpointer  data,
              GClosure *closure)
{
  Upgrade *self = data;

  if (self->destroy != NULL)
    self->destroy (self->user_data);
  g_free (self);
}

static void
answer (SoupServerMessage *msg,
        unsigned           status,
        const GError      *error)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (msg);

  soup_server_message_set_status (msg, status,
                                  status == UPGRADE_REQUIRED ? "Upgrade Required" : NULL);
  soup_server_message_set_response (msg, "text/plain; charset=utf-8", SOUP_MEMORY_COPY,
                                    error->message, strlen (error->message));
  soup_message_headers_replace (headers, "Connection", "close");
}

static gboolean
fail (SoupServerMessage *msg,
      unsigned           status,
      GError           **error,
      const char        *text)
{
  g_autoptr (GError) local = g_error_new_literal (LS_ERROR, LS_ERROR_WEBSOCKET, text);
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (msg);

  answer (msg, status, local);
  if (status == UPGRADE_REQUIRED)
    {
      soup_message_headers_replace (headers, "Upgrade", "websocket");
      soup_message_headers_replace (headers, "Connection", "Upgrade, close");
      soup_message_headers_replace (headers, "Sec-WebSocket-Version", "13");
    }
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

static gboolean
is_key (const char *key)
{
  g_autofree unsigned char *bytes = NULL;
  size_t length = 0;

  if (key == NULL || strlen (key) != KEY_LENGTH || !g_str_has_suffix (key, "=="))
    return FALSE;
  for (unsigned i = 0; i < KEY_LENGTH - 2; i++)
    if (!g_ascii_isalnum (key[i]) && key[i] != '+' && key[i] != '/')
      return FALSE;
  bytes = g_base64_decode (key, &length);
  return length == KEY_BYTES;
}

/* By tokens, which are case-sensitive here, unlike those of most headers. */
static gboolean
offers_protocol (SoupMessageHeaders *headers,
                 const char         *protocol)
{
  const char *value = soup_message_headers_get_list (headers, "Sec-WebSocket-Protocol");
  GSList *tokens;
  gboolean found;

  if (value == NULL)
    return FALSE;
  tokens = soup_header_parse_list (value);
  found = g_slist_find_custom (tokens, protocol, (GCompareFunc) strcmp) != NULL;
  soup_header_free_list (tokens);
  return found;
}

static gboolean
has_body (SoupMessageHeaders *headers)
{
  switch (soup_message_headers_get_encoding (headers))
    {
    case SOUP_ENCODING_NONE:
      return FALSE;
    case SOUP_ENCODING_CONTENT_LENGTH:
      return soup_message_headers_get_content_length (headers) > 0;
    case SOUP_ENCODING_UNRECOGNIZED:
    case SOUP_ENCODING_EOF:
    case SOUP_ENCODING_CHUNKED:
    case SOUP_ENCODING_BYTERANGES:
    default:
      return TRUE;
    }
}

static gboolean
check (SoupServerMessage *msg,
       const char        *protocol,
       GError           **error)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (msg);
  const char *version = soup_message_headers_get_list (headers, "Sec-WebSocket-Version");
  const char *key = soup_message_headers_get_list (headers, "Sec-WebSocket-Key");

  if (g_strcmp0 (g_uri_get_scheme (soup_server_message_get_uri (msg)), "http") != 0)
    return fail (msg, SOUP_STATUS_BAD_REQUEST, error,
                 "WebSocket here is without TLS: a proxy in front has to end it");
  if (soup_server_message_get_method (msg) != SOUP_METHOD_GET)
    return fail (msg, SOUP_STATUS_BAD_REQUEST, error, "WebSocket upgrade: method is not GET");
  if (soup_server_message_get_http_version (msg) != SOUP_HTTP_1_1)
    return fail (msg, SOUP_STATUS_BAD_REQUEST, error, "WebSocket upgrade: not HTTP/1.1");
  if (!soup_message_headers_header_contains (headers, "Upgrade", "websocket") ||
      !soup_message_headers_header_contains (headers, "Connection", "Upgrade"))
    return fail (msg, UPGRADE_REQUIRED, error,
                 "WebSocket upgrade: no “Upgrade: websocket” and “Connection: Upgrade”");
  if (has_body (headers))
    return fail (msg, SOUP_STATUS_BAD_REQUEST, error, "WebSocket upgrade: request with a body");
  if (g_strcmp0 (version, "13") != 0)
    return fail (msg, UPGRADE_REQUIRED, error,
                 "WebSocket upgrade: Sec-WebSocket-Version is not 13");
  if (!is_key (key))
    return fail (msg, SOUP_STATUS_BAD_REQUEST, error,
                 "WebSocket upgrade: Sec-WebSocket-Key is not 16 bytes in base64");
  if (protocol != NULL && !offers_protocol (headers, protocol))
    {
      g_autofree char *text = NULL;

      text = g_strdup_printf ("WebSocket upgrade: Sec-WebSocket-Protocol does not offer %s",
                              protocol);
      return fail (msg, SOUP_STATUS_BAD_REQUEST, error, text);
    }
  return TRUE;
}

char *
ls_wire_soup_accept_key (const char *key)
{
  /* RFC 6455, 1.3. */
  static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA1);
  uint8_t digest[20];
  size_t length = sizeof digest;

  g_return_val_if_fail (key != NULL, NULL);

  g_checksum_update (sum, (const unsigned char *) key, -1);
  g_checksum_update (sum, (const unsigned char *) guid, -1);
  g_checksum_get_digest (sum, digest, &length);
  return g_base64_encode (digest, length);
}

gboolean
ls_wire_soup_handshake (SoupServerMessage *msg,
                        const char        *protocol,
                        GError           **error)
{
  SoupMessageHeaders *headers;
  g_autofree char *accept = NULL;

  g_return_val_if_fail (SOUP_IS_SERVER_MESSAGE (msg), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!check (msg, protocol, error))
    return FALSE;

  headers = soup_server_message_get_request_headers (msg);
  accept = ls_wire_soup_accept_key (soup_message_headers_get_list (headers, "Sec-WebSocket-Key"));

  headers = soup_server_message_get_response_headers (msg);
  soup_server_message_set_status (msg, SOUP_STATUS_SWITCHING_PROTOCOLS, NULL);
  soup_message_headers_replace (headers, "Upgrade", "websocket");
  soup_message_headers_replace (headers, "Connection", "Upgrade");
  soup_message_headers_replace (headers, "Sec-WebSocket-Accept", accept);
  if (protocol != NULL)
    soup_message_headers_replace (headers, "Sec-WebSocket-Protocol", protocol);
  return TRUE;
}

/* Another descriptor of the socket under the filters that libsoup lays over it. */
static int
dup_fd (GInputStream *stream,
        GError      **error)
{
  struct stat info;
  int fd = -1;

  while (G_IS_FILTER_INPUT_STREAM (stream))
    stream = g_filter_input_stream_get_base_stream (G_FILTER_INPUT_STREAM (stream));
  if (G_IS_FILE_DESCRIPTOR_BASED (stream))
    fd = g_file_descriptor_based_get_fd (G_FILE_DESCRIPTOR_BASED (stream));
  if (fd < 0 || fstat (fd, &info) < 0 || !S_ISSOCK (info.st_mode))
    {
      g_set_error_literal (error, LS_ERROR, LS_ERROR_WEBSOCKET,
                           "The connection is not a plain socket");
      return -1;
    }

  fd = fcntl (fd, F_DUPFD_CLOEXEC, 0);
  if (fd < 0)
    g_set_error (error, LS_ERROR, LS_ERROR_WEBSOCKET, "Could not take the connection over: %s",
                 g_strerror (errno));
  return fd;
}

/* Reads what libsoup has buffered. A piece that comes back short has emptied the buffer; what it
 * may have got from the socket instead is as good. A connection that is broken is found out by the
 * session. */
static void
read_buffered (GInputStream *stream,
               GByteArray   *bytes)
{
  uint8_t piece[READ_PIECE];
  gssize n = sizeof piece;

  for (unsigned i = 0; i < READ_PIECES && n == (gssize) sizeof piece; i++)
    {
      n = g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM (stream), piece,
                                                    sizeof piece, NULL, NULL);
      if (n > 0)
        g_byte_array_append (bytes, piece, (unsigned) n);
    }
}

LsWireHandle
ls_wire_take_soup (LsWire            *wire,
                   SoupServerMessage *msg,
                   gpointer           user_data,
                   GError           **error)
{
  g_autoptr (GIOStream) stream = NULL;
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  LsWireHandle handle = LS_WIRE_HANDLE_NONE;
  GInputStream *input;
  int fd;

  g_return_val_if_fail (wire != NULL, LS_WIRE_HANDLE_NONE);
  g_return_val_if_fail (SOUP_IS_SERVER_MESSAGE (msg), LS_WIRE_HANDLE_NONE);
  g_return_val_if_fail (error == NULL || *error == NULL, LS_WIRE_HANDLE_NONE);

  stream = soup_server_message_steal_connection (msg);
  if (stream == NULL)
    {
      g_set_error_literal (error, LS_ERROR, LS_ERROR_WEBSOCKET, "The connection is gone");
      return LS_WIRE_HANDLE_NONE;
    }

  input = g_io_stream_get_input_stream (stream);
  fd = dup_fd (input, error);
  if (fd >= 0)
    {
      read_buffered (input, bytes);
      handle = ls_wire_accept (wire, fd, bytes->data, bytes->len, user_data);
      if (handle == LS_WIRE_HANDLE_NONE)
        g_set_error_literal (error, LS_ERROR, LS_ERROR_RATE_LIMIT, "Too many connections");
    }

  /* Closes libsoup's descriptor, not the connection. */
  g_io_stream_close (stream, NULL, NULL);
  return handle;
}

static void
wrote_informational_cb (SoupServerMessage *msg,
                        gpointer           data)
{
  Upgrade *self = data;
  g_autoptr (GError) error = NULL;

  /* Not for a 100 that asks for more. */
  if (soup_server_message_get_status (msg) != SOUP_STATUS_SWITCHING_PROTOCOLS)
    return;

  if (ls_wire_take_soup (self->wire, msg, self->user_data, &error) != LS_WIRE_HANDLE_NONE)
    self->destroy = NULL;
  else
    g_debug ("Upgrade came to nothing: %s", error->message);
}

gboolean
ls_wire_soup_upgrade (LsWire            *wire,
                      SoupServerMessage *msg,
                      const char        *protocol,
                      gpointer           user_data,
                      GDestroyNotify     destroy,
                      GError           **error)
{
  g_autoptr (GError) local = NULL;
  Upgrade *upgrade;

  g_return_val_if_fail (wire != NULL, FALSE);
  g_return_val_if_fail (SOUP_IS_SERVER_MESSAGE (msg), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (ls_wire_is_full (wire))
    {
      local = g_error_new_literal (LS_ERROR, LS_ERROR_RATE_LIMIT, "Too many connections");
      answer (msg, SOUP_STATUS_SERVICE_UNAVAILABLE, local);
    }
  else if (ls_wire_soup_handshake (msg, protocol, &local))
    {
      upgrade = g_new (Upgrade, 1);
      *upgrade = (Upgrade){ wire, user_data, destroy };
      g_signal_connect_data (msg, "wrote-informational", G_CALLBACK (wrote_informational_cb),
                             upgrade, upgrade_free, G_CONNECT_DEFAULT);
      return TRUE;
    }

  if (destroy != NULL)
    destroy (user_data);
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}
