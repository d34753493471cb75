/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstepd"

#include "config.h"

#include "server/commands/ls-commands.h"

#include "server/ls-backup.h"

/**
 * ls_command_backup:
 * @argc: words
 * @argv: the words
 *
 * `lockstepd backup`
 *
 * Returns: how it ended
 */
LsCommandExit
ls_command_backup (int    argc,
                   char **argv)
{
  const LsCommandSpec spec = {
    .usage = "FOLDER",
    .summary = "Copies shops and users into a new folder, as they are at this moment. The server may\n"
               "run.",
    .examples = "  lockstepd backup /backups/2026-11-29\n",
  };
  LsCommandExit exit = LS_EXIT_OK;
  g_autoptr (LsConfig) config = ls_command_parse (&spec, &argc, &argv, &exit);
  g_autoptr (LsEnvironment) environment = NULL;
  g_autoptr (GError) error = NULL;

  if (config == NULL)
    return exit;
  if (argc != 2)
    return ls_command_misused ("backup", "it takes the folder to make");
  environment = ls_system_environment_new ();
  if (!ls_backup_make (environment, ls_config_get_text (config, LS_OPTION_DATA), argv[1], &error))
    return ls_command_fail (error);
  g_print ("%s: backed up\n", argv[1]);
  return LS_EXIT_OK;
}

static LsCommandExit
tell_shops (LsEnvironment *environment,
            LsConfig      *config)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) shops = NULL;
  g_autoptr (LsStorage) storage = ls_command_open_storage (environment, config, &error);

  if (storage != NULL)
    shops = ls_storage_list_shops (storage, &error);
  if (shops == NULL)
    return ls_command_fail (error);
  for (unsigned i = 0; i < shops->len; i++)
    {
      const LsShop *shop = g_ptr_array_index (shops, i);

      g_print ("%s: goes on from version %" G_GINT64_FORMAT ", in a new epoch\n", shop->shop,
               shop->position.version);
    }
  return LS_EXIT_OK;
}

/**
 * ls_command_restore:
 * @argc: words
 * @argv: the words
 *
 * `lockstepd restore`
 *
 * Returns: how it ended
 */
LsCommandExit
ls_command_restore (int    argc,
                    char **argv)
{
  const LsCommandSpec spec = {
    .usage = "FOLDER",
    .summary =
        "Puts a backup in the place of what the data folder has; that is moved aside, not deleted.\n"
        "The server must not run. Apps notice it, fetch all anew, and offer their admins to make\n"
        "again what was changed since the backup.",
    .examples = "  lockstepd restore /backups/2026-11-29\n",
  };
  LsCommandExit exit = LS_EXIT_OK;
  g_autoptr (LsConfig) config = ls_command_parse (&spec, &argc, &argv, &exit);
  g_autoptr (LsEnvironment) environment = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *old = NULL;

  if (config == NULL)
    return exit;
  if (argc != 2)
    return ls_command_misused ("restore", "it takes the folder of the backup");
  environment = ls_system_environment_new ();
  if (!ls_backup_restore (environment, argv[1], ls_config_get_text (config, LS_OPTION_DATA), &old,
                          &error))
    return ls_command_fail (error);
  g_print ("%s: what was there before\n", old);
  return tell_shops (environment, config);
}
