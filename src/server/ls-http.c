/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-http"

#include "config.h"

#include "server/ls-http.h"

#include <string.h>

#include "core/ls-error.h"
#include "server/ls-http-private.h"

#define MAX_NAMES 10000
#define MINUTE (60 * G_USEC_PER_SEC)
/* A refused body is read and thrown away, so that the answer arrives; but not for ever. */
#define MAX_REFUSED_BYTES (4 * 1024 * 1024)
#define REFUSED_KEY "ls-refused"

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

  ls_http_set_error (http, message, status, error, 0);
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
  LsRequest *request = data;
  LsPeer *peer = ls_http_find_peer (message);

  request->gone = true;
  /* The next request of a connection that is kept must have come whole by then. */
  if (request->keep && peer != NULL)
    ls_peer_set_timer (peer, request->http->options.keep_alive);
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
    ls_http_authenticate (request);
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
