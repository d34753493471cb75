/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <libsoup/soup.h>

#include "core/ls-environment.h"
#include "server/ls-access.h"

G_BEGIN_DECLS

/**
 * LS_STATUS_TOO_MANY_REQUESTS:
 *
 * An HTTP status that libsoup has no name for (RFC 6585).
 */
#define LS_STATUS_TOO_MANY_REQUESTS 429

/**
 * LsHttp:
 *
 * HTTP/1.1 in front of a table of routes: listening sockets, limits and timers, authentication,
 * answers. One request a connection, but for routes that come again and again. All of it on the main thread; what may wait for the disk
 * runs on queues of the environment.
 */
typedef struct _LsHttp LsHttp;

/**
 * LsRequest:
 *
 * A request on its way to an answer. Reference-counted; main thread only. The peer may be gone:
 * answering is then without effect.
 */
typedef struct _LsRequest LsRequest;

/**
 * LsRouteFlags:
 * @LS_ROUTE_OPEN: for everybody
 * @LS_ROUTE_SIGNED_IN: only with a token that holds; else 401
 * @LS_ROUTE_GRACE: also with one that held until %LS_ACCESS_GRACE ago: what is open goes on that long
 * @LS_ROUTE_OWN_LIMITS: not counted per account here; the route does that where it is due
 *
 * Who may use a route.
 */
typedef enum {
  LS_ROUTE_OPEN = 0,
  LS_ROUTE_SIGNED_IN = 1 << 0,
  LS_ROUTE_GRACE = 1 << 1,
  LS_ROUTE_OWN_LIMITS = 1 << 2,
} LsRouteFlags;

/**
 * LsRouteFunc:
 * @request: a request with its whole body, and an identity where the route wants one
 * @path: what stands where the route's path has `*`, unescaped; else empty
 * @user_data: of the table
 *
 * Answers a request, now or later: until ls_request_answer(), ls_request_fail() or
 * ls_request_release() nothing is sent.
 */
typedef void (*LsRouteFunc) (LsRequest  *request,
                             const char *path,
                             gpointer    user_data);

/**
 * LsRoute:
 * @method: GET or POST
 * @path: an exact path, or one with a `*` for one segment
 * @flags: who may use it
 * @max_body: bytes of the request's body, 0 for none
 * @func: who answers
 *
 * One row of the table of routes.
 */
typedef struct {
  const char *method;
  const char *path;
  LsRouteFlags flags;
  size_t max_body;
  LsRouteFunc func;
} LsRoute;

/**
 * LsHttpOptions:
 * @max_connections: connections whose request is not answered yet
 * @max_kept: connections that stay open between requests, which are not among those
 * @keep_alive: µs in which the next request on such a connection must have come whole
 * @request_timeout: µs for a request to come whole, and again for its answer to be taken on
 * @address_rate: failed authentications a minute from one address, 0 for any number
 * @account_rate: authenticated requests a minute of one account, 0 for any number
 * @behind_proxy: whether the last X-Forwarded-For tells the address
 *
 * What is let through.
 */
typedef struct {
  unsigned max_connections;
  unsigned max_kept;
  int64_t keep_alive;
  int64_t request_timeout;
  int64_t address_rate;
  int64_t account_rate;
  bool behind_proxy;
} LsHttpOptions;

/**
 * LsHttpStats:
 * @connections: there now
 * @accepted: ever
 * @refused: ever, because of max_connections
 * @timed_out: ever
 * @answers: ever, by the first digit of their status
 * @limited: answers 429, ever
 *
 * What the front does, for /metrics.
 */
typedef struct {
  uint64_t connections;
  uint64_t accepted;
  uint64_t refused;
  uint64_t timed_out;
  uint64_t answers[6];
  uint64_t limited;
} LsHttpStats;

LsHttp             *ls_http_new               (LsEnvironment        *environment,
                                               LsAccess             *access,
                                               const LsHttpOptions  *options,
                                               const LsRoute        *routes,
                                               size_t                n_routes,
                                               gpointer              user_data);
void                ls_http_free              (LsHttp               *http);
bool                ls_http_listen            (LsHttp               *http,
                                               const char           *address,
                                               GError              **error);
const char *const  *ls_http_get_urls          (LsHttp               *http);
void                ls_http_start             (LsHttp               *http);
void                ls_http_stop              (LsHttp               *http);
void                ls_http_get_stats         (LsHttp               *http,
                                               LsHttpStats          *ret_stats);
bool                ls_http_take_sign_in      (LsHttp               *http,
                                               LsRequest            *request,
                                               int64_t              *ret_wait);
void                ls_http_return_sign_in    (LsHttp               *http,
                                               LsRequest            *request);

LsRequest          *ls_request_ref            (LsRequest            *request);
void                ls_request_unref          (LsRequest            *request);
SoupServerMessage  *ls_request_get_message    (LsRequest            *request);
LsIdentity         *ls_request_get_identity   (LsRequest            *request);
const char         *ls_request_get_query      (LsRequest            *request,
                                               const char           *name);
bool                ls_request_is_gone        (LsRequest            *request);
void                ls_request_hold           (LsRequest            *request,
                                               int64_t               duration);
void                ls_request_keep           (LsRequest            *request);
void                ls_request_answer         (LsRequest            *request,
                                               unsigned              status,
                                               const char           *content_type,
                                               GBytes               *body);
void                ls_request_fail           (LsRequest            *request,
                                               unsigned              status,
                                               const GError         *error,
                                               int64_t               retry_after);
void                ls_request_release        (LsRequest            *request);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsHttp, ls_http_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsRequest, ls_request_unref)

G_END_DECLS
