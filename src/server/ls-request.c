/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-http"

#include "config.h"

#include "server/ls-http-private.h"

#include <string.h>

#include "core/ls-error.h"
#include "core/ls-message.h"

#define JSON_TYPE "application/json"

/**
 * ls_request_ref:
 * @request: a request
 *
 * Returns: (transfer full): @request
 */
LsRequest *
ls_request_ref (LsRequest *request)
{
  request->ref_count++;
  return request;
}

/**
 * ls_request_unref:
 * @request: (transfer full): a request
 *
 * Drops a reference.
 */
void
ls_request_unref (LsRequest *request)
{
  if (--request->ref_count > 0)
    return;
  if (request->finished_id != 0)
    g_signal_handler_disconnect (request->message, request->finished_id);
  g_object_unref (request->message);
  g_clear_pointer (&request->query, g_hash_table_unref);
  g_clear_pointer (&request->identity, ls_identity_unref);
  g_free (request->argument);
  g_free (request->address);
  g_free (request);
}

/**
 * ls_request_get_message:
 * @request: a request
 *
 * Returns: (transfer none): what libsoup knows of it
 */
SoupServerMessage *
ls_request_get_message (LsRequest *request)
{
  return request->message;
}

/**
 * ls_request_get_identity:
 * @request: a request
 *
 * Returns: (transfer none) (nullable): who asks; never %NULL on a route of %LS_ROUTE_SIGNED_IN
 */
LsIdentity *
ls_request_get_identity (LsRequest *request)
{
  return request->identity;
}

/**
 * ls_request_get_query:
 * @request: a request
 * @name: a parameter of its URL
 *
 * Returns: (transfer none) (nullable): the value, unescaped
 */
const char *
ls_request_get_query (LsRequest  *request,
                      const char *name)
{
  return request->query != NULL ? g_hash_table_lookup (request->query, name) : NULL;
}

/**
 * ls_request_is_gone:
 * @request: a request
 *
 * Returns: whether nobody waits for an answer any more
 */
bool
ls_request_is_gone (LsRequest *request)
{
  return request->gone;
}

/**
 * ls_request_hold:
 * @request: a request
 * @duration: µs
 *
 * Says that the answer comes as late as @duration from now.
 */
void
ls_request_hold (LsRequest *request,
                 int64_t    duration)
{
  LsPeer *peer = ls_http_find_peer (request->message);

  if (peer != NULL)
    ls_peer_set_timer (peer, duration + request->http->options.request_timeout);
}

/**
 * ls_request_keep:
 * @request: a request of a kind that comes again and again
 *
 * Lets the connection stay open for the next one, if there are not too many of those.
 */
void
ls_request_keep (LsRequest *request)
{
  LsPeer *peer = ls_http_find_peer (request->message);
  LsHttp *http = request->http;

  if (peer == NULL || (!peer->kept && http->n_kept >= http->options.max_kept))
    return;
  if (!peer->kept)
    http->n_kept++;
  peer->kept = true;
  request->keep = true;
}

static void
set_headers (SoupServerMessage *message)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);

  soup_message_headers_replace (headers, "Connection", "close");
  soup_message_headers_replace (headers, "Cache-Control", "no-store");
  soup_message_headers_replace (headers, "X-Content-Type-Options", "nosniff");
}

/* Not `close`: the next request may come on the same connection. Answers to POST are not cached by
 * anybody, and what is not needed is left out: it is sent often. */
static void
keep_open (SoupServerMessage *message)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);

  soup_message_headers_remove (headers, "Connection");
  soup_message_headers_remove (headers, "Cache-Control");
  soup_message_headers_remove (headers, "X-Content-Type-Options");
}

static void
count_answer (LsHttp  *http,
              unsigned status)
{
  http->stats.answers[MIN (status / 100, G_N_ELEMENTS (http->stats.answers) - 1)]++;
  if (status == LS_STATUS_TOO_MANY_REQUESTS)
    http->stats.limited++;
}

void
ls_http_set_error (LsHttp            *http,
                   SoupServerMessage *message,
                   unsigned           status,
                   const GError      *error,
                   int64_t            retry_after)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);
  g_autoptr (LsMessage) body = ls_message_new_error (error, NULL, retry_after);
  size_t length;
  char *text = ls_message_encode (body, &length);

  set_headers (message);
  count_answer (http, status);
  if (status == SOUP_STATUS_UNAUTHORIZED)
    soup_message_headers_replace (headers, "WWW-Authenticate", "Bearer realm=\"lockstep\"");
  if (retry_after > 0)
    {
      g_autofree char *seconds = g_strdup_printf (
          "%" G_GINT64_FORMAT, (retry_after + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC);

      soup_message_headers_replace (headers, "Retry-After", seconds);
    }
  soup_server_message_set_status (message, status, NULL);
  soup_server_message_set_response (message, JSON_TYPE, SOUP_MEMORY_TAKE, text, length);
}

static bool
begin_answer (LsRequest *request)
{
  if (request->answered || request->gone)
    return false;
  request->answered = true;
  return true;
}

/**
 * ls_request_answer:
 * @request: a request
 * @status: an HTTP status
 * @content_type: (nullable): what @body is
 * @body: (nullable): the body
 *
 * Answers. Only the first answer of a request counts.
 */
void
ls_request_answer (LsRequest  *request,
                   unsigned    status,
                   const char *content_type,
                   GBytes     *body)
{
  SoupServerMessage *message = request->message;

  if (!begin_answer (request))
    return;
  set_headers (message);
  if (request->keep)
    keep_open (message);
  count_answer (request->http, status);
  soup_server_message_set_status (message, status, NULL);
  if (body != NULL)
    {
      soup_message_headers_set_content_type (soup_server_message_get_response_headers (message),
                                             content_type, NULL);
      soup_message_body_append_bytes (soup_server_message_get_response_body (message), body);
    }
  ls_request_hold (request, 0);
  soup_server_message_unpause (message);
}

/**
 * ls_request_fail:
 * @request: a request
 * @status: an HTTP status
 * @error: what went wrong: told as the `error` message of the protocol
 * @retry_after: µs to wait before trying again, 0 when not said
 *
 * Answers that it did not work.
 */
void
ls_request_fail (LsRequest    *request,
                 unsigned      status,
                 const GError *error,
                 int64_t       retry_after)
{
  if (!begin_answer (request))
    return;
  ls_http_set_error (request->http, request->message, status, error, retry_after);
  if (request->keep)
    keep_open (request->message);
  ls_request_hold (request, 0);
  soup_server_message_unpause (request->message);
}

/**
 * ls_request_release:
 * @request: a request that somebody else has answered, or will when libsoup goes on: an upgrade
 *
 * Lets libsoup go on with it.
 */
void
ls_request_release (LsRequest *request)
{
  if (!begin_answer (request))
    return;
  count_answer (request->http, soup_server_message_get_status (request->message));
  soup_server_message_unpause (request->message);
}
