/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-api"

#include "config.h"

#include "server/ls-api.h"

#include <string.h>

#include "core/ls-envelope.h"
#include "core/ls-message.h"
#include "server/ls-live.h"
#include "server/ls-server.h"
#include "server/wire/ls-wire-soup.h"

#define MAX_SIGN_IN_BYTES 8192
#define MAX_SIMULATE_BYTES 1024

static void
answer_health (LsRequest  *request,
               const char *path,
               gpointer    user_data)
{
  g_autoptr (GBytes) body = g_bytes_new_static ("ok\n", 3);

  ls_request_answer (request, SOUP_STATUS_OK, "text/plain; charset=utf-8", body);
}

static void
answer_sync (LsRequest  *request,
             const char *path,
             gpointer    user_data)
{
  LsServer *server = user_data;
  LsSession *session =
      ls_live_new_session (server->hub, server->wire, ls_request_get_identity (request));
  g_autoptr (GError) error = NULL;

  /* Answers in any case, and takes the session or drops it. */
  if (!ls_wire_soup_upgrade (server->wire, ls_request_get_message (request), LS_SUBPROTOCOL,
                             session, ls_live_drop, &error))
    g_info ("An upgrade was refused: %s", error->message);
  ls_request_release (request);
}

/* All that lockstepd answers; docs/http-api.md describes each. */
static const LsRoute routes[] = {
  { "GET", "/healthz", LS_ROUTE_OPEN, 0, answer_health },
  { "GET", "/metrics", LS_ROUTE_SIGNED_IN, 0, ls_api_metrics },
  { "POST", "/v1/exchange", LS_ROUTE_SIGNED_IN | LS_ROUTE_GRACE | LS_ROUTE_OWN_LIMITS,
    LS_MAX_ENVELOPE_REQUEST, ls_api_exchange },
  { "GET", "/v1/sync", LS_ROUTE_SIGNED_IN, 0, answer_sync },
  { "POST", "/v1/shops/*/simulate", LS_ROUTE_SIGNED_IN, MAX_SIMULATE_BYTES, ls_api_simulate },
  { "GET", "/v1/shops/*/snapshot", LS_ROUTE_SIGNED_IN, 0, ls_api_snapshot },
  { "GET", "/v1/status", LS_ROUTE_SIGNED_IN, 0, ls_api_status },
  { "POST", "/v1/sign-in", LS_ROUTE_OPEN, MAX_SIGN_IN_BYTES, ls_api_sign_in },
};

/**
 * ls_api_get_routes:
 * @ret_count: (out): how many
 *
 * Returns: (transfer none) (array length=ret_count): the table for ls_http_new(), whose user data
 *   is the #LsServer
 */
const LsRoute *
ls_api_get_routes (size_t *ret_count)
{
  *ret_count = G_N_ELEMENTS (routes);
  return routes;
}
