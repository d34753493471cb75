/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-test-peer.h"

#include <string.h>

#define PATIENCE_SECONDS 120
#define TEXT 0x81
#define OPCODE_CLOSE 0x8
#define OPCODE_PING 0x9
#define OPCODE_PONG 0xa

struct _LsTestPeer {
  GSocketConnection *connection;
  GInputStream *input;
  GOutputStream *output;
  uint16_t close_code;
};

LsTestPeer *
ls_test_peer_new (uint16_t port)
{
  LsTestPeer *peer = g_new0 (LsTestPeer, 1);
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GError) error = NULL;

  g_socket_client_set_timeout (client, PATIENCE_SECONDS);
  peer->connection = g_socket_client_connect_to_host (client, "127.0.0.1", port, NULL, &error);
  g_assert_no_error (error);
  peer->input = g_buffered_input_stream_new_sized (
      g_io_stream_get_input_stream (G_IO_STREAM (peer->connection)), 64 * 1024);
  peer->output = g_io_stream_get_output_stream (G_IO_STREAM (peer->connection));
  return peer;
}

void
ls_test_peer_free (LsTestPeer *peer)
{
  g_object_unref (peer->input);
  g_io_stream_close (G_IO_STREAM (peer->connection), NULL, NULL);
  g_object_unref (peer->connection);
  g_free (peer);
}

void
ls_test_peer_write (LsTestPeer *peer,
                    const void *bytes,
                    size_t      length)
{
  g_output_stream_write_all (peer->output, bytes, length, NULL, NULL, NULL);
}

static GString *
read_all (LsTestPeer *peer)
{
  GString *text = g_string_new (NULL);
  char piece[4096];
  gssize length;

  /* A server that refuses may reset the connection over what it has not read. */
  while ((length = g_input_stream_read (peer->input, piece, sizeof piece, NULL, NULL)) > 0)
    g_string_append_len (text, piece, length);
  return text;
}

char *
ls_test_peer_read_all (LsTestPeer *peer)
{
  return g_string_free (read_all (peer), FALSE);
}

LsTestPeer *
ls_test_peer_connect (uint16_t    port,
                      const char *token)
{
  LsTestPeer *peer = ls_test_peer_new (port);
  g_autofree char *head =
      g_strdup_printf ("GET /v1/sync HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                       "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                       "Sec-WebSocket-Protocol: lockstep.v1\r\nAuthorization: Bearer %s\r\n\r\n",
                       token);
  g_autoptr (GString) answer = g_string_new (NULL);

  ls_test_peer_write (peer, head, strlen (head));
  while (!g_str_has_suffix (answer->str, "\r\n\r\n"))
    {
      char byte;

      g_assert_cmpint (g_input_stream_read (peer->input, &byte, 1, NULL, NULL), ==, 1);
      g_string_append_c (answer, byte);
    }
  if (!g_str_has_prefix (answer->str, "HTTP/1.1 101 "))
    g_error ("No upgrade: %s", answer->str);
  return peer;
}

void
ls_test_peer_send_frame (LsTestPeer *peer,
                         uint8_t     first,
                         const void *payload,
                         size_t      length)
{
  static const uint8_t mask[4] = { 0x37, 0xfa, 0x21, 0x3d };
  g_autoptr (GByteArray) frame = g_byte_array_new ();
  uint8_t head[10] = { first };
  size_t size = 2;

  if (length < 126)
    head[1] = (uint8_t) length;
  else if (length <= G_MAXUINT16)
    {
      head[1] = 126;
      head[2] = (uint8_t) (length >> 8);
      head[3] = (uint8_t) length;
      size = 4;
    }
  else
    {
      head[1] = 127;
      for (unsigned i = 0; i < 8; i++)
        head[2 + i] = (uint8_t) ((uint64_t) length >> (56 - 8 * i));
      size = 10;
    }
  head[1] |= 0x80;
  g_byte_array_append (frame, head, (unsigned) size);
  g_byte_array_append (frame, mask, sizeof mask);
  g_byte_array_append (frame, payload, (unsigned) length);
  for (size_t i = 0; i < length; i++)
    frame->data[size + 4 + i] ^= mask[i & 3];
  ls_test_peer_write (peer, frame->data, frame->len);
}

void
ls_test_peer_send_text (LsTestPeer *peer,
                        const char *text)
{
  ls_test_peer_send_frame (peer, TEXT, text, strlen (text));
}

void
ls_test_peer_send (LsTestPeer      *peer,
                   const LsMessage *message)
{
  g_autofree char *text = ls_message_encode (message, NULL);

  ls_test_peer_send_text (peer, text);
}

static bool
read_exactly (LsTestPeer *peer,
              void       *bytes,
              size_t      length)
{
  size_t done = 0;
  g_autoptr (GError) error = NULL;

  g_input_stream_read_all (peer->input, bytes, length, &done, NULL, &error);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    g_error ("The server says nothing");
  return done == length;
}

/* One frame, or NULL at the end of the stream. */
static char *
read_frame (LsTestPeer *peer,
            uint8_t    *ret_opcode,
            size_t     *ret_length)
{
  uint8_t head[2], more[8];
  uint64_t length;
  char *payload;

  if (!read_exactly (peer, head, 2))
    return NULL;
  length = head[1] & 0x7f;
  g_assert_cmpuint (head[1] & 0x80, ==, 0);
  if (length >= 126)
    {
      size_t size = length == 126 ? 2 : 8;

      g_assert_true (read_exactly (peer, more, size));
      length = 0;
      for (size_t i = 0; i < size; i++)
        length = length << 8 | more[i];
    }
  g_assert_cmpuint (length, <=, LS_MAX_SERVER_MESSAGE);
  payload = g_malloc (length + 1);
  g_assert_true (read_exactly (peer, payload, length));
  payload[length] = '\0';
  *ret_opcode = head[0] & 0xf;
  *ret_length = length;
  return payload;
}

LsMessage *
ls_test_peer_receive (LsTestPeer *peer)
{
  for (;;)
    {
      g_autoptr (GError) error = NULL;
      uint8_t opcode;
      size_t length;
      g_autofree char *payload = read_frame (peer, &opcode, &length);
      LsMessage *message;

      if (payload == NULL)
        {
          peer->close_code = 1006;
          return NULL;
        }
      if (opcode == OPCODE_CLOSE)
        {
          peer->close_code =
              length >= 2 ? (uint16_t) ((uint8_t) payload[0] << 8 | (uint8_t) payload[1]) : 1005;
          ls_test_peer_send_frame (peer, 0x88, payload, MIN (length, 2));
          return NULL;
        }
      if (opcode == OPCODE_PING)
        ls_test_peer_send_frame (peer, 0x80 | OPCODE_PONG, payload, length);
      if (opcode == OPCODE_PING || opcode == OPCODE_PONG)
        continue;
      message = ls_message_decode (payload, length, LS_FROM_SERVER, &error);
      g_assert_no_error (error);
      return message;
    }
}

LsMessage *
ls_test_peer_expect (LsTestPeer    *peer,
                     LsMessageType  type)
{
  for (;;)
    {
      LsMessage *message = ls_test_peer_receive (peer);

      if (message == NULL)
        g_error ("Closed with %u instead of %s", peer->close_code, ls_message_type_to_name (type));
      if (message->type == type)
        return message;
      if (message->type != LS_MESSAGE_PING && message->type != LS_MESSAGE_DIGEST)
        {
          g_autofree char *text = ls_message_encode (message, NULL);

          g_error ("Instead of %s: %s", ls_message_type_to_name (type), text);
        }
      ls_message_unref (message);
    }
}

uint16_t
ls_test_peer_get_close (LsTestPeer *peer)
{
  return peer->close_code;
}

LsMessage *
ls_test_peer_hello (LsTestPeer *peer,
                    const char *client,
                    const char *shop,
                    int64_t     n)
{
  g_autoptr (LsMessage) hello = ls_message_new (LS_MESSAGE_HELLO);

  hello->hello.protocol = LS_PROTOCOL_VERSION;
  hello->hello.client = g_strdup (client);
  hello->hello.app_version = g_strdup ("test");
  hello->hello.schema_version = LS_SCHEMA_VERSION;
  if (shop != NULL)
    {
      LsShopInfo info = { .shop = g_strdup (shop), .n = n };

      g_array_append_val (hello->hello.shops, info);
    }
  ls_test_peer_send (peer, hello);
  return ls_test_peer_receive (peer);
}

void
ls_test_peer_subscribe (LsTestPeer       *peer,
                        const char       *shop,
                        const LsPosition *position,
                        const LsView     *view)
{
  g_autoptr (LsMessage) subscribe = ls_message_new (LS_MESSAGE_SUBSCRIBE);

  subscribe->subscribe.shop = g_strdup (shop);
  subscribe->subscribe.position = *position;
  subscribe->subscribe.view = ls_view_get_total_hash (view);
  ls_test_peer_send (peer, subscribe);
}

void
ls_test_peer_mutate (LsTestPeer *peer,
                     const char *shop,
                     int64_t     n,
                     const char *mid,
                     const char *changes)
{
  g_autofree char *text = g_strdup_printf (
      "{\"t\":\"mutate\",\"shop\":\"%s\",\"n\":%" G_GINT64_FORMAT ",\"mid\":\"%s\",\"changes\":%s}",
      shop, n, mid, changes);

  ls_test_peer_send_text (peer, text);
}

char *
ls_test_peer_request (uint16_t    port,
                      const char *head,
                      const char *body)
{
  g_autoptr (LsTestPeer) peer = ls_test_peer_new (port);
  g_auto (GStrv) lines = g_strsplit (head, "\n", -1);
  g_autofree char *joined = g_strjoinv ("\r\n", lines);
  g_autoptr (GString) request = g_string_new (joined);

  g_string_append (request, "Host: localhost\r\n");
  if (body != NULL)
    g_string_append_printf (request, "Content-Length: %zu\r\n", strlen (body));
  g_string_append_printf (request, "\r\n%s", body != NULL ? body : "");
  ls_test_peer_write (peer, request->str, request->len);
  return ls_test_peer_read_all (peer);
}

static GBytes *
gunzip (const char *data,
        size_t      length)
{
  g_autoptr (GZlibDecompressor) gzip = g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP);
  g_autoptr (GInputStream) memory =
      g_memory_input_stream_new_from_data (data, (gssize) length, NULL);
  g_autoptr (GInputStream) input = g_converter_input_stream_new (memory, G_CONVERTER (gzip));
  g_autoptr (GOutputStream) output = g_memory_output_stream_new_resizable ();
  g_autoptr (GError) error = NULL;

  g_output_stream_splice (output, input, G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET, NULL, &error);
  g_assert_no_error (error);
  return g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (output));
}

GBytes *
ls_test_peer_fetch (uint16_t    port,
                    const char *token,
                    const char *path,
                    const char *client,
                    char      **ret_head)
{
  g_autoptr (LsTestPeer) peer = ls_test_peer_new (port);
  g_autofree char *request = g_strdup_printf (
      "GET %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n%s%s%s\r\n", path, token,
      client != NULL ? "Lockstep-Client: " : "", client != NULL ? client : "",
      client != NULL ? "\r\n" : "");
  g_autoptr (GString) answer = NULL;
  g_autofree char *head = NULL;
  const char *body;
  size_t length;

  ls_test_peer_write (peer, request, strlen (request));
  answer = read_all (peer);
  body = g_strstr_len (answer->str, (gssize) answer->len, "\r\n\r\n");
  if (body == NULL || !g_str_has_prefix (answer->str, "HTTP/1.1 200 "))
    g_error ("%s: %s", path, answer->str);
  body += 4;
  head = g_strndup (answer->str, (size_t) (body - answer->str));
  length = answer->len - (size_t) (body - answer->str);
  if (ret_head != NULL)
    *ret_head = g_strdup (head);
  if (strstr (head, "Content-Encoding: gzip") != NULL)
    return gunzip (body, length);
  return g_bytes_new (body, length);
}
