/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-server"

#include "config.h"

#include "server/ls-server.h"

#include <unistd.h>

#include "server/import/ls-import-job.h"
#include "server/ls-api.h"
#include "server/ls-derive-upgrade.h"
#include "server/ls-live.h"
#include "server/ls-notify.h"
#include "server/ls-retention.h"
#include "server/ls-storage-sqlite.h"
#include "server/ls-wait.h"

#define MAINTENANCE_INTERVAL (INT64_C (3600) * G_USEC_PER_SEC)
#define MAINTENANCE_QUEUE "maintenance"

static int64_t
number (LsServer  *server,
        LsOptionId id)
{
  return ls_config_get_number (server->config, id);
}

static LsHttp *
make_front (LsServer *server)
{
  LsHttpOptions options = {
    .max_connections = (unsigned) number (server, LS_OPTION_MAX_REQUESTS),
    .max_kept = 2 * (unsigned) number (server, LS_OPTION_MAX_POLL_SESSIONS),
    .keep_alive = number (server, LS_OPTION_KEEP_ALIVE),
    .request_timeout = number (server, LS_OPTION_REQUEST_TIMEOUT),
    .address_rate = number (server, LS_OPTION_ADDRESS_RATE),
    .account_rate = number (server, LS_OPTION_ACCOUNT_RATE),
    .behind_proxy = number (server, LS_OPTION_BEHIND_PROXY) != 0,
  };
  size_t n_routes;
  const LsRoute *routes = ls_api_get_routes (&n_routes);

  return ls_http_new (server->environment, server->access, &options, routes, n_routes, server);
}

static LsWire *
make_wire (LsServer *server,
           GError  **error)
{
  LsWireOptions options;

  ls_wire_options_init (&options);
  options.threads = (unsigned) number (server, LS_OPTION_EPOLL_THREADS);
  options.max_sessions = (unsigned) number (server, LS_OPTION_MAX_CONNECTIONS);
  options.max_message = LS_MAX_CLIENT_MESSAGE;
  options.max_unsent = (size_t) number (server, LS_OPTION_MAX_UNSENT);
  options.pause_unsent = options.max_unsent / 2;
  options.heartbeat_ms = (unsigned) (number (server, LS_OPTION_HEARTBEAT) / 1000);
  options.pong_ms = (unsigned) (number (server, LS_OPTION_PONG_TIMEOUT) / 1000);
  return ls_live_new_wire (&options, error);
}

static LsExchanges *
make_exchanges (LsServer *server)
{
  LsExchangeOptions options;

  ls_exchange_options_init (&options);
  options.max_sessions = (unsigned) number (server, LS_OPTION_MAX_POLL_SESSIONS);
  options.max_account = (unsigned) number (server, LS_OPTION_ACCOUNT_POLLS);
  options.account_rate = number (server, LS_OPTION_ACCOUNT_RATE);
  options.max_waiting = (unsigned) number (server, LS_OPTION_MAX_POLLS);
  options.max_wait = number (server, LS_OPTION_POLL_WAIT);
  options.pace = number (server, LS_OPTION_POLL_PACE);
  options.expiry = number (server, LS_OPTION_POLL_EXPIRY);
  options.max_unsent = (size_t) number (server, LS_OPTION_MAX_UNSENT);
  return ls_exchanges_new (server->environment, server->hub, &options);
}

static LsHub *
make_hub (LsServer *server,
          GError  **error)
{
  LsHubOptions options;

  ls_hub_options_init (&options);
  options.readers = (unsigned) number (server, LS_OPTION_READERS);
  options.hello_timeout = number (server, LS_OPTION_HELLO_TIMEOUT);
  options.heartbeat = number (server, LS_OPTION_HEARTBEAT);
  options.digest_interval = number (server, LS_OPTION_DIGEST_INTERVAL);
  options.background_wait = number (server, LS_OPTION_BACKGROUND_WAIT);
  options.max_unsent = (size_t) number (server, LS_OPTION_MAX_UNSENT);
  options.ring_bytes = (size_t) number (server, LS_OPTION_RING);
  options.edit_rate = number (server, LS_OPTION_EDIT_RATE);
  options.edit_burst = number (server, LS_OPTION_EDIT_BURST);
  return ls_hub_new (server->environment, server->storage, server->committer, server->access,
                     &options, error);
}

/* After a sync that failed nobody knows what is on disk. The next start reads it; until then
 * nothing more is said to anybody. */
static void
fatal_cb (const GError *error,
          gpointer      user_data)
{
  g_critical ("The storage can't be trusted any more, ending: %s", error->message);
  _exit (EXIT_FAILURE);
}

static bool
open_data (LsServer   *server,
           const char *data,
           GError    **error)
{
  g_autofree char *path = g_build_filename (data, LS_STORAGE_FILE, NULL);

  if (!ls_data_dir_check (data, error))
    return false;
  server->lock = ls_data_dir_lock (data, error);
  if (server->lock == NULL)
    return false;
  server->access = ls_access_open (server->environment, data, error);
  if (server->access == NULL)
    return false;
  server->storage = ls_storage_sqlite_new (server->environment, path, error);
  if (server->storage == NULL)
    return false;
  ls_storage_set_fatal (server->storage, fatal_cb, server);
  server->committer = ls_committer_new (server->environment, server->storage);
  return ls_derive_upgrade (server->storage, server->committer, error);
}

/**
 * ls_server_new:
 * @config: (transfer full): loaded options
 * @error: where to put why not
 *
 * Takes the data folder and opens what is in it.
 *
 * Returns: (transfer full) (nullable): a server that does not listen yet
 */
LsServer *
ls_server_new (LsConfig *config,
               GError  **error)
{
  g_autoptr (LsServer) server = g_new0 (LsServer, 1);

  server->config = config;
  server->environment = ls_system_environment_new ();
  if (!open_data (server, ls_config_get_text (config, LS_OPTION_DATA), error))
    return NULL;
  server->wire = make_wire (server, error);
  if (server->wire == NULL)
    return NULL;
  server->hub = make_hub (server, error);
  if (server->hub == NULL)
    return NULL;
  server->exchanges = make_exchanges (server);
  server->simulator = ls_simulator_new (server->environment, server->storage, server->committer);
  server->scrubber = ls_scrubber_new (server->environment, server->storage, server->committer,
                                      number (server, LS_OPTION_SCRUB_INTERVAL));
  server->snapshots =
      ls_snapshots_new (server->environment, server->storage, server->access,
                        ls_config_get_text (config, LS_OPTION_DATA));
  server->started = ls_environment_monotonic (server->environment);
  server->http = make_front (server);
  return g_steal_pointer (&server);
}

static void
prune_log (LsServer     *server,
           const LsShop *shop)
{
  g_autoptr (GError) error = NULL;

  if (!ls_storage_prune (server->storage, shop->shop, number (server, LS_OPTION_KEEP_VERSIONS),
                         number (server, LS_OPTION_KEEP_AGE), &error))
    g_warning ("Shop %s: the log could not be shortened: %s", shop->shop, error->message);
}

/* Age counts up to the last change: a clock that is far ahead costs a shop at rest nothing. */
static void
prune_activity (LsServer     *server,
                const LsShop *shop)
{
  int64_t keep = number (server, LS_OPTION_KEEP_ACTIVITY);
  int64_t now = MIN (ls_environment_now (server->environment), shop->at);
  g_autoptr (GError) error = NULL;

  if (keep > 0 && ls_retention_run (server->storage, server->committer, shop->shop, now - keep,
                                    &error) < 0)
    g_warning ("Shop %s: old activity could not be deleted: %s", shop->shop, error->message);
}

static void
prune_cb (gpointer data)
{
  LsServer *server = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) shops = ls_storage_list_shops (server->storage, &error);

  if (shops == NULL)
    g_warning ("The shops could not be listed: %s", error->message);
  for (unsigned i = 0; shops != NULL && i < shops->len; i++)
    {
      prune_activity (server, g_ptr_array_index (shops, i));
      prune_log (server, g_ptr_array_index (shops, i));
    }
}

static void
maintain_cb (gpointer data)
{
  LsServer *server = data;
  LsEnvironment *environment = server->environment;

  ls_environment_post (environment, ls_environment_get_queue (environment, MAINTENANCE_QUEUE),
                       prune_cb, server, NULL);
  server->maintenance = ls_environment_post_after (
      environment, ls_environment_get_queue (environment, LS_QUEUE_MAIN), MAINTENANCE_INTERVAL,
      maintain_cb, server, NULL);
}

static void
resumed_cb (const LsImportJobInfo *info,
            const GError          *error,
            gpointer               user_data)
{
  if (info != NULL && error != NULL)
    g_warning ("Job %s, which was interrupted, can't be finished: %s", info->job, error->message);
  else if (info != NULL)
    g_message ("Finished job %s for shop %s, which was interrupted: %" G_GINT64_FORMAT " rows",
               info->job, info->shop, info->changes);
}

/* Jobs go on beside everything else: admins see them come in. */
static void
resume_jobs (LsServer *server)
{
  g_autofree char *jobs = g_build_filename (ls_config_get_text (server->config, LS_OPTION_DATA),
                                            LS_JOBS_FOLDER, NULL);

  ls_import_resume (server->environment, server->committer, jobs, resumed_cb, NULL, NULL);
}

/**
 * ls_server_start:
 * @server: a server
 * @error: where to put why not
 *
 * Listens, and tells those who wait for it: the file `address` and the service manager.
 *
 * Returns: whether it runs
 */
bool
ls_server_start (LsServer *server,
                 GError  **error)
{
  const char *const *addresses = ls_config_get_list (server->config, LS_OPTION_LISTEN);
  const char *const *urls;

  for (size_t i = 0; addresses[i] != NULL; i++)
    if (!ls_http_listen (server->http, addresses[i], error))
      return false;
  urls = ls_http_get_urls (server->http);
  ls_scrubber_start (server->scrubber);
  ls_hub_start (server->hub);
  ls_http_start (server->http);
  if (!ls_data_dir_write_address (ls_config_get_text (server->config, LS_OPTION_DATA), urls, error))
    return false;
  resume_jobs (server);
  if (number (server, LS_OPTION_SIMULATE) > 0 &&
      !ls_simulator_run_all (server->simulator, number (server, LS_OPTION_SIMULATE),
                             (uint64_t) ls_environment_random (server->environment), error))
    return false;
  maintain_cb (server);
  for (size_t i = 0; urls[i] != NULL; i++)
    g_info ("Listening on %s", urls[i]);
  ls_notify ("READY=1");
  return true;
}

/* Every session has been told that the server ends on purpose. */
static void
announce_end (LsServer *server)
{
  LsWait said;

  ls_wait_init (&said);
  ls_hub_announce_end (server->hub, ls_wait_end, &said);
  ls_wait_finish (&said, NULL);
}

/* Every edit that was taken is decided, and its result is on the wire. */
static void
finish_edits (LsServer *server)
{
  LsEnvironment *environment = server->environment;
  LsWait decided, told;

  ls_wait_init (&decided);
  ls_committer_drain (server->committer, ls_wait_end, &decided);
  ls_wait_finish (&decided, NULL);
  ls_wait_init (&told);
  ls_environment_post (environment, ls_environment_get_queue (environment, LS_HUB_QUEUE), ls_wait_end,
                       &told, NULL);
  ls_wait_finish (&told, NULL);
}

/**
 * ls_server_stop:
 * @server: a server
 *
 * Ends in order: nothing new comes in, what was taken is finished and told. Waits for that, and
 * up to the drain timeout for clients to close.
 */
void
ls_server_stop (LsServer *server)
{
  if (server->draining)
    return;
  server->draining = true;
  ls_notify ("STOPPING=1");
  ls_data_dir_clear_address (ls_config_get_text (server->config, LS_OPTION_DATA));
  announce_end (server);
  /* Who waits is answered while there is still somebody to take the answer. */
  g_clear_pointer (&server->exchanges, ls_exchanges_free);
  ls_scrubber_stop (server->scrubber);
  ls_http_stop (server->http);
  finish_edits (server);
  if (!ls_wire_drain (server->wire, (unsigned) (number (server, LS_OPTION_DRAIN_TIMEOUT) / 1000)))
    g_info ("Not all clients closed in time");
  ls_environment_stop (server->environment);
}

/**
 * ls_server_free:
 * @server: (transfer full): a server
 *
 * Stops it, and frees it.
 */
void
ls_server_free (LsServer *server)
{
  if (server->http != NULL)
    ls_server_stop (server);
  g_clear_pointer (&server->exchanges, ls_exchanges_free);
  g_clear_pointer (&server->wire, ls_wire_free);
  g_clear_pointer (&server->http, ls_http_free);
  g_clear_pointer (&server->snapshots, ls_snapshots_free);
  g_clear_pointer (&server->simulator, ls_simulator_free);
  g_clear_pointer (&server->scrubber, ls_scrubber_free);
  g_clear_pointer (&server->hub, ls_hub_free);
  g_clear_object (&server->committer);
  g_clear_object (&server->storage);
  g_clear_pointer (&server->access, ls_access_free);
  g_clear_object (&server->environment);
  g_clear_pointer (&server->lock, ls_data_lock_free);
  g_clear_pointer (&server->config, ls_config_free);
  g_free (server);
}
