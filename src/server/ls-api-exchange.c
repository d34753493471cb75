/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-api"

#include "config.h"

#include "server/ls-api.h"

#include "core/ls-error.h"
#include "server/ls-exchange.h"
#include "server/ls-server.h"

/* One request of POST /v1/exchange: from the front to the sessions and back. */

static void
answered_cb (const LsExchangeAnswer *answer,
             gpointer                user_data)
{
  LsRequest *request = user_data;

  if (answer->body != NULL)
    ls_request_answer (request, answer->status, "application/json", answer->body);
  else
    ls_request_fail (request, answer->status, answer->error, answer->retry_after);
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
