/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-http"

#include "config.h"

#include "server/ls-http-private.h"

#include <string.h>

#include "core/ls-error.h"

/* What the access queue finds out for the main one. */
typedef struct {
  LsRequest *request;
  LsAccess *access;
  LsEnvironment *environment;
  LsQueue *main;
  char *token;
  int64_t grace;
  LsIdentity *identity;
  GError *error;
} TokenCheck;

/* Finds out who asks, on the access queue, and how often he may. */

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
  if (!(request->route->flags & LS_ROUTE_OWN_LIMITS) &&
      !ls_limiter_take (http->by_account, check->identity->user, now, &wait))
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

  check->identity = ls_access_check_token_late (check->access, check->token, check->grace, &check->error);
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

void
ls_http_authenticate (LsRequest *request)
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
  check->grace = request->route->flags & LS_ROUTE_GRACE ? LS_ACCESS_GRACE : 0;
  check->token = g_strdup (value + strlen (scheme));
  g_strstrip (check->token);
  ls_environment_post (http->environment, http->access_queue, check_token_cb, check,
                       post_token_check);
}
