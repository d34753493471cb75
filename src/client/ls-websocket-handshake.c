/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-websocket-handshake"

#include "config.h"

#include "client/ls-websocket-handshake.h"

#include <libsoup/soup.h>
#include <string.h>

#include "client/ls-fetch.h"
#include "core/ls-error.h"
#include "core/ls-message.h"

/* RFC 6455, section 1.3. */
#define ACCEPT_GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#define MAX_RETRY_AFTER_SECONDS 3600

/**
 * ls_handshake_write:
 * @endpoint: the server
 * @key: 16 random bytes in base64
 *
 * Returns: (transfer full): the request that asks for an upgrade (RFC 6455, section 4.1)
 */
char *
ls_handshake_write (LsEndpoint *endpoint,
                    const char *key)
{
  g_autoptr (GUri) uri = ls_endpoint_get_uri (endpoint, "/v1/sync", NULL);
  GString *text = g_string_new (NULL);
  const char *host = g_uri_get_host (uri);
  bool literal = strchr (host, ':') != NULL;

  g_string_append_printf (text, "GET %s HTTP/1.1\r\n", g_uri_get_path (uri));
  g_string_append_printf (text, "Host: %s%s%s", literal ? "[" : "", host, literal ? "]" : "");
  if (g_uri_get_port (uri) > 0)
    g_string_append_printf (text, ":%d", g_uri_get_port (uri));
  g_string_append (text, "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n");
  g_string_append (text, "Sec-WebSocket-Version: 13\r\n");
  g_string_append_printf (text, "Sec-WebSocket-Key: %s\r\n", key);
  g_string_append (text, "Sec-WebSocket-Protocol: " LS_SUBPROTOCOL "\r\n");
  g_string_append (text, "User-Agent: Lockstep/" LS_VERSION "\r\n");
  if (ls_endpoint_get_token (endpoint) != NULL)
    g_string_append_printf (text, "Authorization: Bearer %s\r\n", ls_endpoint_get_token (endpoint));
  g_string_append (text, "\r\n");
  return g_string_free (text, FALSE);
}

static int64_t
retry_after (SoupMessageHeaders *headers)
{
  const char *text = soup_message_headers_get_one (headers, "Retry-After");
  uint64_t seconds;

  /* The other form, a date, is not used by our server. */
  if (text == NULL ||
      !g_ascii_string_to_unsigned (text, 10, 0, MAX_RETRY_AFTER_SECONDS, &seconds, NULL))
    return 0;
  return (int64_t) seconds * G_USEC_PER_SEC;
}

static bool
is_accepted (SoupMessageHeaders *headers,
             const char         *key)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA1);
  const char *accept = soup_message_headers_get_one (headers, "Sec-WebSocket-Accept");
  const char *upgrade = soup_message_headers_get_one (headers, "Upgrade");
  const char *protocol = soup_message_headers_get_one (headers, "Sec-WebSocket-Protocol");
  g_autofree char *expected = NULL;
  uint8_t digest[20];
  size_t size = sizeof digest;

  g_checksum_update (checksum, (const uint8_t *) key, -1);
  g_checksum_update (checksum, (const uint8_t *) ACCEPT_GUID, -1);
  g_checksum_get_digest (checksum, digest, &size);
  expected = g_base64_encode (digest, size);
  return upgrade != NULL && g_ascii_strcasecmp (upgrade, "websocket") == 0 &&
         soup_message_headers_header_contains (headers, "Connection", "upgrade") &&
         g_strcmp0 (accept, expected) == 0 && g_strcmp0 (protocol, LS_SUBPROTOCOL) == 0 &&
         soup_message_headers_get_one (headers, "Sec-WebSocket-Extensions") == NULL;
}

/**
 * ls_handshake_check:
 * @head: status line and headers of the answer
 * @length: their bytes, with the end of the last header and without the empty line
 * @key: what the request carried
 * @ret_retry_after: (out): µs that the server asked to be left alone, 0 when it did not
 * @error: where to put what the answer means when it is no upgrade
 *
 * Reads the answer to an upgrade.
 *
 * Returns: whether frames follow
 */
bool
ls_handshake_check (const char *head,
                    size_t      length,
                    const char *key,
                    int64_t    *ret_retry_after,
                    GError    **error)
{
  g_autoptr (SoupMessageHeaders) headers =
      soup_message_headers_new (SOUP_MESSAGE_HEADERS_RESPONSE);
  /* libsoup reads numbers up to a byte that is no digit, wherever the length says that it ends. */
  g_autofree char *text = g_strndup (head, length);
  g_autofree char *reason = NULL;
  g_autoptr (GError) why = NULL;
  SoupHTTPVersion version;
  unsigned status;

  *ret_retry_after = 0;
  if (!soup_headers_parse_response (text, (int) length, headers, &version, &status, &reason))
    {
      g_set_error_literal (error, LS_ERROR, LS_ERROR_WEBSOCKET, "the answer is not HTTP");
      return false;
    }
  *ret_retry_after = retry_after (headers);
  if (status == SOUP_STATUS_SWITCHING_PROTOCOLS)
    {
      if (is_accepted (headers, key))
        return true;
      g_set_error_literal (error, LS_ERROR, LS_ERROR_WEBSOCKET,
                           "something between here and the server spoils the upgrade");
      return false;
    }
  if (ls_status_to_error (status, reason, &why))
    g_set_error (&why, LS_ERROR, LS_ERROR_WEBSOCKET, "the server answered %u, no upgrade", status);
  /* 426 is what a server says to a request that something on the way made no upgrade of. One that
   * wants a newer client says so to its `hello`. */
  else if (why->code == LS_ERROR_PROTOCOL || why->code == LS_ERROR_TOO_OLD)
    why->code = LS_ERROR_WEBSOCKET;
  g_propagate_error (error, g_steal_pointer (&why));
  return false;
}
