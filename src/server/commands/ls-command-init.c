/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstepd"

#include "config.h"

#include "server/commands/ls-commands.h"

#include "server/ls-data-dir.h"

static char *
make_first_user (LsAccess   *access,
                 const char *user,
                 int64_t     lifetime,
                 GError    **error)
{
  const LsRole owner = LS_ROLE_OWNER;

  if (!ls_access_add_user (access, user, NULL, error) ||
      !ls_access_set_role (access, user, LS_ACCESS_ANY_SHOP, &owner, error))
    return NULL;
  return ls_access_issue_token (access, user, NULL, lifetime, error);
}

/**
 * ls_command_init:
 * @argc: words
 * @argv: the words
 *
 * `lockstepd init`
 *
 * Returns: how it ended
 */
LsCommandExit
ls_command_init (int    argc,
                 char **argv)
{
  static const LsOptionId options[] = { LS_OPTION_TOKEN_LIFETIME };
  g_autofree char *user = NULL;
  const GOptionEntry entries[] = {
    { "user", 0, 0, G_OPTION_ARG_STRING, &user,
      "The first user, owner of all shops (default: admin)", "USER" },
    { NULL },
  };
  const LsCommandSpec spec = {
    .summary =
        "Makes a data folder that only you can enter, with its first user, and prints a token for\n"
        "him. The token is shown once; `lockstepd token` makes others.",
    .examples = "  lockstepd init --data ~/shop\n"
                "  lockstepd user passwd admin --data ~/shop\n",
    .options = options,
    .n_options = G_N_ELEMENTS (options),
    .entries = entries,
  };
  LsCommandExit exit = LS_EXIT_OK;
  g_autoptr (LsConfig) config = ls_command_parse (&spec, &argc, &argv, &exit);
  g_autoptr (LsEnvironment) environment = NULL;
  g_autoptr (LsAccess) access = NULL;
  g_autoptr (LsStorage) storage = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *token = NULL;
  const char *data;

  if (config == NULL)
    return exit;
  if (argc > 1)
    return ls_command_misused ("init", "it takes no words");
  data = ls_config_get_text (config, LS_OPTION_DATA);
  environment = ls_system_environment_new ();
  if (ls_data_dir_create (data, &error))
    access = ls_access_open (environment, data, &error);
  if (access != NULL)
    storage = ls_command_open_storage (environment, config, &error);
  if (storage != NULL)
    token = make_first_user (access, user != NULL ? user : "admin",
                             ls_config_get_number (config, LS_OPTION_TOKEN_LIFETIME), &error);
  if (token == NULL)
    return ls_command_fail (error);
  g_print ("%s\n", token);
  return LS_EXIT_OK;
}
