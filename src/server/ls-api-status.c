/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-api"

#include "config.h"

#include "server/ls-api.h"

#include <string.h>

#include "core/ls-error.h"
#include "core/ls-json-writer.h"
#include "core/ls-message.h"
#include "server/ls-metrics.h"
#include "server/ls-server.h"

typedef struct {
  LsServer *server;
  LsRequest *request;
  GPtrArray *shops;
  GError *error;
} StatusJob;

static void
collect (LsServer  *server,
         LsMetrics *metrics)
{
  ls_hub_get_stats (server->hub, &metrics->hub);
  ls_wire_get_stats (server->wire, &metrics->wire);
  ls_http_get_stats (server->http, &metrics->http);
  metrics->exchange = (LsExchangeStats) { 0 };
  if (server->exchanges != NULL)
    ls_exchanges_get_stats (server->exchanges, &metrics->exchange);
  ls_scrubber_get_stats (server->scrubber, &metrics->scrub);
  metrics->uptime = ls_environment_monotonic (server->environment) - server->started;
}

void
ls_api_metrics (LsRequest  *request,
                const char *path,
                gpointer    user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) body = NULL;
  LsMetrics metrics;
  char *text;

  if (!ls_identity_is_anywhere (ls_request_get_identity (request), LS_ROLE_ADMIN))
    {
      error = g_error_new_literal (LS_ERROR, LS_ERROR_FORBIDDEN, "metrics are for admins");
      ls_request_fail (request, SOUP_STATUS_FORBIDDEN, error, 0);
      return;
    }
  collect (user_data, &metrics);
  text = ls_metrics_format (&metrics);
  body = g_bytes_new_take (text, strlen (text));
  ls_request_answer (request, SOUP_STATUS_OK, LS_METRICS_CONTENT_TYPE, body);
}

static void
put_text (LsJsonWriter *writer,
          const char   *name,
          const char   *text)
{
  ls_json_writer_name (writer, name);
  ls_json_writer_text (writer, text);
}

static void
put_integer (LsJsonWriter *writer,
             const char   *name,
             int64_t       integer)
{
  ls_json_writer_name (writer, name);
  ls_json_writer_integer (writer, integer);
}

static void
put_shop (LsJsonWriter *writer,
          const LsShop *shop,
          LsRole        role)
{
  ls_json_writer_begin_object (writer);
  put_text (writer, "shop", shop->shop);
  put_text (writer, "name", shop->name);
  put_text (writer, "role", ls_role_to_name (role));
  put_text (writer, "epoch", shop->position.epoch);
  put_integer (writer, "version", shop->position.version);
  put_integer (writer, "horizon", shop->horizon);
  ls_json_writer_name (writer, "sample");
  ls_json_writer_boolean (writer, shop->sample);
  ls_json_writer_end_object (writer);
}

static void
put_proof (LsJsonWriter       *writer,
           const LsScrubStats *scrub)
{
  ls_json_writer_name (writer, "proof");
  ls_json_writer_begin_object (writer);
  put_integer (writer, "passes", (int64_t) scrub->passes);
  put_integer (writer, "at", scrub->passed_at);
  put_integer (writer, "found", (int64_t) scrub->found);
  put_integer (writer, "repaired", (int64_t) scrub->repaired);
  put_integer (writer, "unrepaired", (int64_t) scrub->unrepaired);
  put_integer (writer, "repair_time", scrub->repair_time);
  ls_json_writer_end_object (writer);
}

static GBytes *
make_body (StatusJob *job)
{
  g_autoptr (LsJsonWriter) writer = ls_json_writer_new ();
  LsIdentity *identity = ls_request_get_identity (job->request);
  LsMetrics metrics;
  size_t length;
  char *text;

  collect (job->server, &metrics);
  ls_json_writer_begin_object (writer);
  put_text (writer, "server", LS_VERSION);
  put_integer (writer, "protocol", LS_PROTOCOL_VERSION);
  put_integer (writer, "schema", LS_SCHEMA_VERSION);
  put_integer (writer, "time", ls_environment_now (job->server->environment));
  put_integer (writer, "uptime", metrics.uptime);
  put_text (writer, "user", identity->user);
  put_integer (writer, "sessions", (int64_t) metrics.hub.sessions);
  put_integer (writer, "polling", (int64_t) metrics.exchange.sessions);
  put_integer (writer, "behind", (int64_t) metrics.hub.behind);
  put_proof (writer, &metrics.scrub);
  ls_json_writer_name (writer, "shops");
  ls_json_writer_begin_array (writer);
  for (unsigned i = 0; i < job->shops->len; i++)
    {
      const LsShop *shop = g_ptr_array_index (job->shops, i);
      LsRole role;

      if (ls_identity_get_role (identity, shop->shop, &role))
        put_shop (writer, shop, role);
    }
  ls_json_writer_end_array (writer);
  ls_json_writer_end_object (writer);
  text = ls_json_writer_finish (writer, &length);
  return g_bytes_new_take (text, length);
}

static void
status_free (gpointer data)
{
  StatusJob *job = data;

  ls_request_unref (job->request);
  g_clear_pointer (&job->shops, g_ptr_array_unref);
  g_clear_error (&job->error);
  g_free (job);
}

static void
answer_cb (gpointer data)
{
  StatusJob *job = data;
  g_autoptr (GBytes) body = NULL;

  if (job->shops == NULL)
    {
      ls_request_fail (job->request, SOUP_STATUS_SERVICE_UNAVAILABLE, job->error, G_USEC_PER_SEC);
      return;
    }
  body = make_body (job);
  ls_request_answer (job->request, SOUP_STATUS_OK, "application/json", body);
}

static void
list_shops_cb (gpointer data)
{
  StatusJob *job = data;

  job->shops = ls_storage_list_shops (job->server->storage, &job->error);
}

static void
shops_listed (gpointer data)
{
  StatusJob *job = data;
  LsEnvironment *environment = job->server->environment;

  if (job->shops == NULL && job->error == NULL)
    job->error = g_error_new_literal (LS_ERROR, LS_ERROR_STORAGE, "the server is ending");
  ls_environment_post (environment, ls_environment_get_queue (environment, LS_QUEUE_MAIN),
                       answer_cb, job, status_free);
}

void
ls_api_status (LsRequest  *request,
               const char *path,
               gpointer    user_data)
{
  LsServer *server = user_data;
  StatusJob *job = g_new0 (StatusJob, 1);

  job->server = server;
  job->request = ls_request_ref (request);
  ls_environment_post (server->environment,
                       ls_environment_get_queue (server->environment, "access"), list_shops_cb, job,
                       shops_listed);
}
