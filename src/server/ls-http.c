/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-http"

#include "config.h"

#include "server/ls-http.h"

#include <string.h>

#include "core/ls-error.h"
#include "core/ls-message.h"
#include "server/ls-http-private.h"

#define MAX_NAMES 10000
#define MINUTE (60 * G_USEC_PER_SEC)
#define JSON_TYPE "application/json"
/* A refused body is read and thrown away, so that the answer arrives; but not for ever. */
#define MAX_REFUSED_BYTES (4 * 1024 * 1024)
#define REFUSED_KEY "ls-refused"

struct _LsRequest {
  unsigned ref_count;
  LsHttp *http;
  SoupServerMessage *message;
  const LsRoute *route;
  char *argument;
  char *address;
  GHashTable *query;
  LsIdentity *identity;
  unsigned long finished_id;
  bool gone;
  bool answered;
};

/* What the access queue finds out for the main one. */
typedef struct {
  LsRequest *request;
  LsAccess *access;
  LsEnvironment *environment;
  LsQueue *main;
  char *token;
  LsIdentity *identity;
  GError *error;
} TokenCheck;

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

static void
set_headers (SoupServerMessage *message)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);

  soup_message_headers_replace (headers, "Connection", "close");
  soup_message_headers_replace (headers, "Cache-Control", "no-store");
  soup_message_headers_replace (headers, "X-Content-Type-Options", "nosniff");
}

static void
count_answer (LsHttp  *http,
              unsigned status)
{
  http->stats.answers[MIN (status / 100, G_N_ELEMENTS (http->stats.answers) - 1)]++;
  if (status == LS_STATUS_TOO_MANY_REQUESTS)
    http->stats.limited++;
}

static void
set_error (LsHttp            *http,
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
  set_error (request->http, request->message, status, error, retry_after);
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

static void
fail_with (LsRequest  *request,
           unsigned    status,
           LsErrorCode code,
           int64_t     retry_after,
           const char *words)
{
  g_autoptr (GError) error = g_error_new_literal (LS_ERROR, (int) code, words);

  ls_request_fail (request, status, error, retry_after);
}

/**
 * ls_http_take_sign_in:
 * @http: a front
 * @request: an attempt to sign in
 * @ret_wait: (out): µs until the next attempt from that address
 *
 * Counts an attempt. One that succeeds is given back by ls_http_return_sign_in().
 *
 * Returns: whether the address may try
 */
bool
ls_http_take_sign_in (LsHttp    *http,
                      LsRequest *request,
                      int64_t   *ret_wait)
{
  return ls_limiter_take (http->by_address, request->address,
                          ls_environment_monotonic (http->environment), ret_wait);
}

/**
 * ls_http_return_sign_in:
 * @http: a front
 * @request: an attempt that succeeded
 *
 * Takes it off the count of its address.
 */
void
ls_http_return_sign_in (LsHttp    *http,
                        LsRequest *request)
{
  ls_limiter_give_back (http->by_address, request->address,
                        ls_environment_monotonic (http->environment));
}

static void
token_check_free (gpointer data)
{
  TokenCheck *check = data;

  ls_request_unref (check->request);
  g_free (check->token);
  g_clear_pointer (&check->identity, ls_identity_unref);
  g_clear_error (&check->error);
  g_free (check);
}

static void
token_checked_cb (gpointer data)
{
  TokenCheck *check = data;
  LsRequest *request = check->request;
  LsHttp *http = request->http;
  int64_t now = ls_environment_monotonic (http->environment);
  int64_t wait = 0;

  if (check->identity == NULL && !g_error_matches (check->error, LS_ERROR, LS_ERROR_AUTH))
    {
      g_warning ("A token could not be looked up: %s", check->error->message);
      fail_with (request, SOUP_STATUS_SERVICE_UNAVAILABLE, LS_ERROR_STORAGE, G_USEC_PER_SEC,
                 "the token could not be looked up");
      return;
    }
  if (check->identity == NULL)
    {
      ls_limiter_take (http->by_address, request->address, now, NULL);
      ls_request_fail (request, SOUP_STATUS_UNAUTHORIZED, check->error, 0);
      return;
    }
  if (!ls_limiter_take (http->by_account, check->identity->user, now, &wait))
    {
      fail_with (request, LS_STATUS_TOO_MANY_REQUESTS, LS_ERROR_RATE_LIMIT, wait,
                 "too many connections of one account");
      return;
    }
  request->identity = g_steal_pointer (&check->identity);
  request->route->func (request, request->argument, http->user_data);
}

static void
check_token_cb (gpointer data)
{
  TokenCheck *check = data;

  check->identity = ls_access_check_token (check->access, check->token, &check->error);
}

/* Runs on the access queue when the check is done or dropped: what belongs to the main thread goes back there. */
static void
post_token_check (gpointer data)
{
  TokenCheck *check = data;

  if (check->identity == NULL && check->error == NULL)
    check->error = g_error_new_literal (LS_ERROR, LS_ERROR_STORAGE, "the server is ending");
  ls_environment_post (check->environment, check->main, token_checked_cb, check, token_check_free);
}

static void
authenticate (LsRequest *request)
{
  static const char scheme[] = "Bearer ";
  LsHttp *http = request->http;
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (request->message);
  const char *value = soup_message_headers_get_one (headers, "Authorization");
  TokenCheck *check;
  int64_t wait = 0;

  if (!ls_limiter_peek (http->by_address, request->address,
                        ls_environment_monotonic (http->environment), &wait))
    {
      fail_with (request, LS_STATUS_TOO_MANY_REQUESTS, LS_ERROR_RATE_LIMIT, wait,
                 "too many failed sign-ins from this address");
      return;
    }
  if (value == NULL || g_ascii_strncasecmp (value, scheme, strlen (scheme)) != 0)
    {
      fail_with (request, SOUP_STATUS_UNAUTHORIZED, LS_ERROR_AUTH, 0,
                 "this needs a token: Authorization: Bearer TOKEN");
      return;
    }
  check = g_new0 (TokenCheck, 1);
  check->request = ls_request_ref (request);
  check->access = http->access;
  check->environment = http->environment;
  check->main = http->main;
  check->token = g_strdup (value + strlen (scheme));
  g_strstrip (check->token);
  ls_environment_post (http->environment, http->access_queue, check_token_cb, check,
                       post_token_check);
}

static bool
match_path (const char *pattern,
            const char *path,
            char      **ret_argument)
{
  const char *star = strchr (pattern, '*');
  const char *end;
  size_t before;

  if (star == NULL)
    return g_str_equal (pattern, path);
  before = (size_t) (star - pattern);
  if (strncmp (pattern, path, before) != 0)
    return false;
  end = strchr (path + before, '/');
  if (end == NULL)
    end = path + strlen (path);
  if (end == path + before || !g_str_equal (star + 1, end))
    return false;
  *ret_argument = g_strndup (path + before, (size_t) (end - path) - before);
  return true;
}

/* The route of a path and method; with the path known under other methods, those are put together in @ret_allow. */
static const LsRoute *
find_route (LsHttp      *http,
            const char  *method,
            const char  *path,
            char       **ret_argument,
            GString     *allow)
{
  for (size_t i = 0; i < http->n_routes; i++)
    {
      const LsRoute *route = &http->routes[i];
      g_autofree char *argument = NULL;

      if (!match_path (route->path, path, &argument))
        continue;
      if (g_str_equal (route->method, method))
        {
          *ret_argument = g_steal_pointer (&argument);
          return route;
        }
      g_string_append_printf (allow, "%s%s", allow->len > 0 ? ", " : "", route->method);
    }
  return NULL;
}

static const char *
refuse_body (const LsRoute      *route,
             SoupMessageHeaders *headers,
             unsigned           *ret_status)
{
  SoupEncoding encoding = soup_message_headers_get_encoding (headers);
  goffset length = soup_message_headers_get_content_length (headers);

  if (encoding == SOUP_ENCODING_NONE || (encoding == SOUP_ENCODING_CONTENT_LENGTH && length == 0))
    return NULL;
  *ret_status = SOUP_STATUS_BAD_REQUEST;
  if (route->max_body == 0)
    return "this request takes no body";
  *ret_status = SOUP_STATUS_LENGTH_REQUIRED;
  if (encoding != SOUP_ENCODING_CONTENT_LENGTH)
    return "the body needs a Content-Length";
  *ret_status = SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE;
  return length < 0 || (uint64_t) length > route->max_body ? "the body is too large" : NULL;
}

static void
refused_chunk_cb (SoupServerMessage *message,
                  GBytes            *chunk,
                  gpointer           data)
{
  size_t seen = GPOINTER_TO_SIZE (g_object_get_data (G_OBJECT (message), REFUSED_KEY)) +
                g_bytes_get_size (chunk);
  LsPeer *peer = ls_http_find_peer (message);

  g_object_set_data (G_OBJECT (message), REFUSED_KEY, GSIZE_TO_POINTER (seen));
  if (seen > MAX_REFUSED_BYTES && peer != NULL)
    ls_peer_set_timer (peer, 1);
}

static void
refuse (LsHttp            *http,
        SoupServerMessage *message,
        unsigned           status,
        LsErrorCode        code,
        const char        *words)
{
  g_autoptr (GError) error = g_error_new_literal (LS_ERROR, (int) code, words);

  set_error (http, message, status, error, 0);
  soup_message_body_set_accumulate (soup_server_message_get_request_body (message), FALSE);
  g_signal_connect (message, "got-chunk", G_CALLBACK (refused_chunk_cb), NULL);
}

/* With the headers there and the body not: what can be refused is refused before a byte of the body is kept. */
static void
headers_cb (SoupServer        *server,
            SoupServerMessage *message,
            const char        *path,
            GHashTable        *query,
            gpointer           data)
{
  LsHttp *http = data;
  g_autoptr (GString) allow = g_string_new (NULL);
  g_autofree char *argument = NULL;
  const LsRoute *route;
  const char *words;
  unsigned status;

  route = find_route (http, soup_server_message_get_method (message), path, &argument, allow);
  if (route == NULL && allow->len > 0)
    {
      soup_message_headers_replace (soup_server_message_get_response_headers (message), "Allow",
                                    allow->str);
      refuse (http, message, SOUP_STATUS_METHOD_NOT_ALLOWED, LS_ERROR_PROTOCOL,
              "not with this method");
      return;
    }
  if (route == NULL)
    {
      refuse (http, message, SOUP_STATUS_NOT_FOUND, LS_ERROR_PROTOCOL, "there is nothing here");
      return;
    }
  words = refuse_body (route, soup_server_message_get_request_headers (message), &status);
  if (words != NULL)
    refuse (http, message, status, LS_ERROR_PROTOCOL, words);
}

static void
finished_cb (SoupServerMessage *message,
             gpointer           data)
{
  ((LsRequest *) data)->gone = true;
}

static char *
address_of (LsHttp            *http,
            SoupServerMessage *message)
{
  LsPeer *peer = ls_http_find_peer (message);
  const char *forwarded;

  if (http->options.behind_proxy)
    {
      forwarded = soup_message_headers_get_list (soup_server_message_get_request_headers (message),
                                                 "X-Forwarded-For");
      if (forwarded != NULL)
        {
          const char *comma = strrchr (forwarded, ',');

          return g_strstrip (g_strndup (comma != NULL ? comma + 1 : forwarded, 64));
        }
    }
  return g_strdup (peer != NULL ? peer->name : "unknown");
}

static void
body_cb (SoupServer        *server,
         SoupServerMessage *message,
         const char        *path,
         GHashTable        *query,
         gpointer           data)
{
  LsHttp *http = data;
  g_autoptr (LsRequest) request = g_new0 (LsRequest, 1);
  g_autoptr (GString) allow = g_string_new (NULL);

  request->ref_count = 1;
  request->http = http;
  request->message = g_object_ref (message);
  request->query = query != NULL ? g_hash_table_ref (query) : NULL;
  request->address = address_of (http, message);
  request->route =
      find_route (http, soup_server_message_get_method (message), path, &request->argument, allow);
  request->finished_id = g_signal_connect (message, "finished", G_CALLBACK (finished_cb), request);
  g_return_if_fail (request->route != NULL);

  soup_server_message_pause (message);
  if (request->route->flags & LS_ROUTE_SIGNED_IN)
    authenticate (request);
  else
    request->route->func (request, request->argument != NULL ? request->argument : "",
                          http->user_data);
}

/* As long as a peer takes the answer it gets it. */
static void
wrote_cb (SoupServerMessage *message,
          unsigned           bytes,
          gpointer           data)
{
  LsHttp *http = data;
  LsPeer *peer = ls_http_find_peer (message);

  if (peer != NULL)
    ls_peer_set_timer (peer, http->options.request_timeout);
}

static void
started_cb (SoupServer        *server,
            SoupServerMessage *message,
            gpointer           data)
{
  g_signal_connect (message, "wrote-body-data", G_CALLBACK (wrote_cb), data);
}

/**
 * ls_http_new:
 * @environment: clock and queues
 * @access: who may come in; must outlive the front and its queues
 * @options: limits; copied
 * @routes: (array length=n_routes): what there is; must outlive the front
 * @n_routes: how many
 * @user_data: for the routes' functions
 *
 * Returns: (transfer full): a front that listens nowhere yet
 */
LsHttp *
ls_http_new (LsEnvironment       *environment,
             LsAccess            *access,
             const LsHttpOptions *options,
             const LsRoute       *routes,
             size_t               n_routes,
             gpointer             user_data)
{
  LsHttp *http = g_new0 (LsHttp, 1);
  LsRate by_address = { options->address_rate, MINUTE, options->address_rate };
  LsRate by_account = { options->account_rate, MINUTE, options->account_rate };

  http->environment = g_object_ref (environment);
  http->main = ls_environment_get_queue (environment, LS_QUEUE_MAIN);
  http->access_queue = ls_environment_get_queue (environment, "access");
  http->access = access;
  http->options = *options;
  http->routes = routes;
  http->n_routes = n_routes;
  http->user_data = user_data;
  http->by_address = ls_limiter_new (&by_address, MAX_NAMES);
  http->by_account = ls_limiter_new (&by_account, MAX_NAMES);
  http->server = g_object_new (SOUP_TYPE_SERVER, NULL);
  soup_server_add_early_handler (http->server, "/", headers_cb, http, NULL);
  soup_server_add_handler (http->server, "/", body_cb, http, NULL);
  g_signal_connect (http->server, "request-started", G_CALLBACK (started_cb), http);
  ls_http_door_init (http);
  return http;
}

/**
 * ls_http_free:
 * @http: (transfer full): a front that is stopped, with its environment's queues
 *
 * Frees it.
 */
void
ls_http_free (LsHttp *http)
{
  g_signal_handlers_disconnect_by_data (http->server, http);
  ls_http_door_clear (http);
  g_clear_object (&http->server);
  g_clear_pointer (&http->by_address, ls_limiter_free);
  g_clear_pointer (&http->by_account, ls_limiter_free);
  g_clear_object (&http->environment);
  g_free (http);
}

/**
 * ls_http_get_stats:
 * @http: a front
 * @ret_stats: (out): the numbers
 *
 * What the front does. Main thread.
 */
void
ls_http_get_stats (LsHttp      *http,
                   LsHttpStats *ret_stats)
{
  *ret_stats = http->stats;
}
