/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-server"

#include "config.h"

#include "server/ls-server.h"

#include "server/ls-api.h"
#include "server/ls-notify.h"

static LsHttp *
make_front (LsServer *server)
{
  LsConfig *config = server->config;
  LsHttpOptions options = {
    .max_connections = (unsigned) ls_config_get_number (config, LS_OPTION_MAX_REQUESTS),
    .request_timeout = ls_config_get_number (config, LS_OPTION_REQUEST_TIMEOUT),
    .address_rate = ls_config_get_number (config, LS_OPTION_ADDRESS_RATE),
    .account_rate = ls_config_get_number (config, LS_OPTION_ACCOUNT_RATE),
    .behind_proxy = ls_config_get_number (config, LS_OPTION_BEHIND_PROXY) != 0,
  };
  size_t n_routes;
  const LsRoute *routes = ls_api_get_routes (&n_routes);

  return ls_http_new (server->environment, server->access, &options, routes, n_routes, server);
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
  const char *data = ls_config_get_text (config, LS_OPTION_DATA);

  server->config = config;
  server->environment = ls_system_environment_new ();
  if (!ls_data_dir_check (data, error))
    return NULL;
  server->lock = ls_data_dir_lock (data, error);
  if (server->lock == NULL)
    return NULL;
  server->access = ls_access_open (server->environment, data, error);
  if (server->access == NULL)
    return NULL;
  server->http = make_front (server);
  return g_steal_pointer (&server);
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
  if (!ls_data_dir_write_address (ls_config_get_text (server->config, LS_OPTION_DATA), urls, error))
    return false;
  ls_http_start (server->http);
  for (size_t i = 0; urls[i] != NULL; i++)
    g_info ("Listening on %s", urls[i]);
  ls_notify ("READY=1");
  return true;
}

/**
 * ls_server_stop:
 * @server: a server
 *
 * Ends in order: nothing new comes in, what runs is finished. May wait for the drain timeout.
 */
void
ls_server_stop (LsServer *server)
{
  if (server->draining)
    return;
  server->draining = true;
  ls_notify ("STOPPING=1");
  ls_data_dir_clear_address (ls_config_get_text (server->config, LS_OPTION_DATA));
  ls_http_stop (server->http);
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
  g_clear_pointer (&server->http, ls_http_free);
  g_clear_pointer (&server->access, ls_access_free);
  g_clear_object (&server->environment);
  g_clear_pointer (&server->lock, ls_data_lock_free);
  g_clear_pointer (&server->config, ls_config_free);
  g_free (server);
}
