/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-api"

#include "config.h"

#include "server/ls-api.h"

#include "core/ls-error.h"
#include "server/ls-exchange.h"
#include "server/ls-server.h"

/* One request of POST /v1/exchange: from the front to the sessions and back. */

/* Below it the header costs more than is won, above it the main thread more than it should. */
#define COMPRESS_FROM 300
#define COMPRESS_TO (256 * 1024)

static bool
accepts_gzip (LsRequest *request)
{
  SoupMessageHeaders *headers =
      soup_server_message_get_request_headers (ls_request_get_message (request));
  const char *accepted = soup_message_headers_get_list (headers, "Accept-Encoding");

  return accepted != NULL && soup_header_contains (accepted, "gzip");
}

/* Returns NULL when it is no shorter. */
static GBytes *
compress (GBytes *body)
{
  g_autoptr (GZlibCompressor) compressor = g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP, 6);
  size_t length, read, written;
  const uint8_t *data = g_bytes_get_data (body, &length);
  g_autofree uint8_t *out = g_malloc (length);

  if (g_converter_convert (G_CONVERTER (compressor), data, length, out, length,
                           G_CONVERTER_INPUT_AT_END, &read, &written,
                           NULL) != G_CONVERTER_FINISHED)
    return NULL;
  return g_bytes_new_take (g_steal_pointer (&out), written);
}

static void
answer (LsRequest *request,
        unsigned   status,
        GBytes    *body)
{
  size_t length = g_bytes_get_size (body);
  g_autoptr (GBytes) compressed = NULL;

  if (length >= COMPRESS_FROM && length <= COMPRESS_TO && accepts_gzip (request))
    compressed = compress (body);
  if (compressed != NULL)
    soup_message_headers_replace (
        soup_server_message_get_response_headers (ls_request_get_message (request)),
        "Content-Encoding", "gzip");
  ls_request_answer (request, status, "application/json", compressed != NULL ? compressed : body);
}

static void
answered_cb (const LsExchangeAnswer *told,
             gpointer                user_data)
{
  LsRequest *request = user_data;

  if (told->body != NULL)
    answer (request, told->status, told->body);
  else
    ls_request_fail (request, told->status, told->error, told->retry_after);
  ls_request_unref (request);
}

void
ls_api_exchange (LsRequest  *request,
                 const char *path,
                 gpointer    user_data)
{
  LsServer *server = user_data;
  SoupServerMessage *message = ls_request_get_message (request);
  g_autoptr (GBytes) body =
      soup_message_body_flatten (soup_server_message_get_request_body (message));
  g_autoptr (GError) error = NULL;
  const char *text;
  size_t length;

  if (server->exchanges == NULL)
    {
      error = g_error_new_literal (LS_ERROR, LS_ERROR_NETWORK, "the server is ending");
      ls_request_fail (request, SOUP_STATUS_SERVICE_UNAVAILABLE, error, G_USEC_PER_SEC);
      return;
    }
  text = g_bytes_get_data (body, &length);
  ls_request_keep (request);
  ls_request_hold (request, ls_config_get_number (server->config, LS_OPTION_POLL_WAIT));
  /* A peer that goes away is noticed when its answer is written: that is kept for its next try. */
  ls_exchanges_take (server->exchanges, ls_request_get_identity (request),
                     text != NULL ? text : "", length, answered_cb, ls_request_ref (request));
}
