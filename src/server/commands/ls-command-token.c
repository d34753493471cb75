/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstepd"

#include "config.h"

#include "server/commands/ls-commands.h"

/**
 * ls_command_token:
 * @argc: words
 * @argv: the words
 *
 * `lockstepd token --user USER`
 *
 * Returns: how it ended
 */
LsCommandExit
ls_command_token (int    argc,
                  char **argv)
{
  static const LsOptionId options[] = { LS_OPTION_TOKEN_LIFETIME };
  g_autofree char *user = NULL;
  g_autofree char *device = NULL;
  const GOptionEntry entries[] = {
    { "user", 0, 0, G_OPTION_ARG_STRING, &user, "For whom", "USER" },
    { "device", 0, 0, G_OPTION_ARG_STRING, &device, "Only on this device", "NAME" },
    { NULL },
  };
  const LsCommandSpec spec = {
    .usage = NULL,
    .summary = "Makes a token with which a user's app, or a script, comes in. It is shown once.",
    .examples = "  lockstepd token --user admin\n"
                "  lockstepd token --user backup --token-lifetime 1d\n",
    .options = options,
    .n_options = G_N_ELEMENTS (options),
    .entries = entries,
  };
  LsCommandExit exit = LS_EXIT_OK;
  g_autoptr (LsConfig) config = ls_command_parse (&spec, &argc, &argv, &exit);
  g_autoptr (LsEnvironment) environment = NULL;
  g_autoptr (LsAccess) access = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *token = NULL;

  if (config == NULL)
    return exit;
  if (user == NULL || argc > 1)
    return ls_command_misused ("token", "say for whom by --user");
  environment = ls_system_environment_new ();
  access = ls_command_open_access (environment, config, &error);
  if (access != NULL)
    token = ls_access_issue_token (access, user, device,
                                   ls_config_get_number (config, LS_OPTION_TOKEN_LIFETIME), &error);
  if (token == NULL)
    return ls_command_fail (error);
  g_print ("%s\n", token);
  return LS_EXIT_OK;
}
