/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstepd"

#include "config.h"

#include "server/commands/ls-commands.h"

#include <string.h>

#include <gio/gunixsocketaddress.h>
#include <libsoup/soup.h>

#include "server/ls-data-dir.h"

#define PATIENCE_SECONDS 5

/* Whether a server answers at @url. One on a Unix socket alone is asked by being connected to. */
static bool
is_healthy (const char *url)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnectable) where = NULL;
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (SoupSession) session = NULL;
  g_autoptr (SoupMessage) message = NULL;
  g_autoptr (GBytes) body = NULL;
  g_autofree char *health = NULL;

  if (g_str_has_prefix (url, "unix:"))
    {
      where = G_SOCKET_CONNECTABLE (g_unix_socket_address_new (url + strlen ("unix:")));
      g_socket_client_set_timeout (client, PATIENCE_SECONDS);
      connection = g_socket_client_connect (client, where, NULL, NULL);
      return connection != NULL;
    }
  health = g_strconcat (url, "/healthz", NULL);
  session = soup_session_new_with_options ("timeout", PATIENCE_SECONDS, NULL);
  message = soup_message_new ("GET", health);
  body = message != NULL ? soup_session_send_and_read (session, message, NULL, NULL) : NULL;
  return body != NULL && soup_message_get_status (message) == SOUP_STATUS_OK;
}

static void
print_shops (GPtrArray *shops)
{
  for (unsigned i = 0; i < shops->len; i++)
    {
      const LsShop *shop = g_ptr_array_index (shops, i);

      g_print ("shop %s: %s, version %" G_GINT64_FORMAT ", log from %" G_GINT64_FORMAT "%s\n",
               shop->shop, shop->name, shop->position.version, shop->horizon,
               shop->sample ? ", a sample" : "");
    }
}

/**
 * ls_command_status:
 * @argc: words
 * @argv: the words
 *
 * `lockstepd status`
 *
 * Returns: how it ended: %LS_EXIT_FAILED when no server answers
 */
LsCommandExit
ls_command_status (int    argc,
                   char **argv)
{
  const LsCommandSpec spec = {
    .summary =
        "Tells whether a server runs on a data folder, and what is in it. Ends with 1 when none\n"
        "answers.",
    .examples = "  lockstepd status --data ~/shop\n",
  };
  LsCommandExit exit = LS_EXIT_OK;
  g_autoptr (LsConfig) config = ls_command_parse (&spec, &argc, &argv, &exit);
  g_autoptr (LsEnvironment) environment = NULL;
  g_autoptr (LsStorage) storage = NULL;
  g_autoptr (GPtrArray) shops = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *url = NULL;
  bool healthy;

  if (config == NULL)
    return exit;
  if (argc > 1)
    return ls_command_misused ("status", "it takes no words");
  environment = ls_system_environment_new ();
  storage = ls_command_open_storage (environment, config, &error);
  if (storage != NULL)
    shops = ls_storage_list_shops (storage, &error);
  if (shops == NULL)
    return ls_command_fail (error);
  url = ls_data_dir_read_address (ls_config_get_text (config, LS_OPTION_DATA), NULL);
  healthy = url != NULL && is_healthy (url);
  if (url == NULL)
    g_print ("server: does not run\n");
  else
    g_print ("server: %s, %s\n", url, healthy ? "running" : "does not answer");
  print_shops (shops);
  return healthy ? LS_EXIT_OK : LS_EXIT_FAILED;
}
