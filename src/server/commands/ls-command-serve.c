/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstepd"

#include "config.h"

#include "server/commands/ls-commands.h"

#include <signal.h>

#include <glib-unix.h>

#include "server/ls-log.h"
#include "server/ls-server.h"

static gboolean
signal_cb (gpointer data)
{
  g_main_loop_quit (data);
  return G_SOURCE_CONTINUE;
}

static void
attach_signal (int        number,
               GMainLoop *loop)
{
  g_autoptr (GSource) source = g_unix_signal_source_new (number);

  g_source_set_callback (source, signal_cb, loop, NULL);
  g_source_set_static_name (source, "ls-signal");
  g_source_attach (source, NULL);
}

/**
 * ls_command_serve:
 * @argc: words
 * @argv: the words
 *
 * `lockstepd serve`
 *
 * Returns: how it ended
 */
LsCommandExit
ls_command_serve (int    argc,
                  char **argv)
{
  static const LsOptionId options[] = {
    LS_OPTION_LISTEN,        LS_OPTION_EPOLL_THREADS,
    LS_OPTION_READERS,       LS_OPTION_MAX_CONNECTIONS,
    LS_OPTION_MAX_REQUESTS,  LS_OPTION_REQUEST_TIMEOUT,
    LS_OPTION_HEARTBEAT,     LS_OPTION_PONG_TIMEOUT,
    LS_OPTION_HELLO_TIMEOUT, LS_OPTION_DIGEST_INTERVAL,
    LS_OPTION_BACKGROUND_WAIT,
    LS_OPTION_DRAIN_TIMEOUT, LS_OPTION_MAX_POLLS,
    LS_OPTION_ACCOUNT_POLLS, LS_OPTION_MAX_POLL_SESSIONS,
    LS_OPTION_POLL_WAIT,     LS_OPTION_POLL_PACE,
    LS_OPTION_POLL_EXPIRY,   LS_OPTION_KEEP_ALIVE,
    LS_OPTION_MAX_UNSENT,
    LS_OPTION_RING,          LS_OPTION_EDIT_RATE,
    LS_OPTION_EDIT_BURST,    LS_OPTION_ADDRESS_RATE,
    LS_OPTION_ACCOUNT_RATE,  LS_OPTION_TOKEN_LIFETIME,
    LS_OPTION_KEEP_VERSIONS, LS_OPTION_KEEP_AGE, LS_OPTION_KEEP_ACTIVITY,
    LS_OPTION_SCRUB_INTERVAL,
    LS_OPTION_BEHIND_PROXY,  LS_OPTION_SIMULATE,
    LS_OPTION_LOG_LEVEL,
  };
  const LsCommandSpec spec = {
    .summary =
        "Runs the server until SIGTERM or SIGINT. Once it listens, the file `address` in the data\n"
        "folder says where, and a service manager that asked by NOTIFY_SOCKET is told.",
    .examples =
        "  lockstepd serve --data ~/shop --listen 127.0.0.1:8484\n"
        "  lockstepd serve --data ~/shop --listen unix:/run/lockstep/socket --listen [::1]:0\n"
        "  LOCKSTEP_DATA=~/shop lockstepd serve\n",
    .options = options,
    .n_options = G_N_ELEMENTS (options),
  };
  LsCommandExit exit = LS_EXIT_OK;
  g_autoptr (LsConfig) config = ls_command_parse (&spec, &argc, &argv, &exit);
  g_autoptr (GMainLoop) loop = NULL;
  g_autoptr (LsServer) server = NULL;
  g_autoptr (GError) error = NULL;

  if (config == NULL)
    return exit;
  if (argc > 1)
    return ls_command_misused ("serve", "it takes no words");
  ls_log_install ((GLogLevelFlags) ls_config_get_number (config, LS_OPTION_LOG_LEVEL));
  signal (SIGPIPE, SIG_IGN);
  loop = g_main_loop_new (NULL, FALSE);
  server = ls_server_new (g_steal_pointer (&config), &error);
  if (server == NULL)
    return ls_command_fail (error);
  /* Before anybody hears that it is ready: he may want it to end at once. */
  attach_signal (SIGTERM, loop);
  attach_signal (SIGINT, loop);
  if (!ls_server_start (server, &error))
    return ls_command_fail (error);
  g_main_loop_run (loop);
  g_info ("Ending");
  ls_server_stop (server);
  g_info ("Ended");
  return LS_EXIT_OK;
}
