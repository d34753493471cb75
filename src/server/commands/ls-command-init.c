/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstepd"

#include "config.h"

#include "server/commands/ls-offline.h"

#include <errno.h>

#include <gio/gio.h>
#include <glib/gstdio.h>

#include "server/ls-storage-sqlite.h"
#include "server/sample/ls-sample.h"

typedef struct {
  char *user;
  gboolean sample;
  int64_t seed;
} InitWords;

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

/* A data folder without shops. Returns a token of its first user. */
static char *
make_folder (LsConfig    *config,
             const char  *data,
             const char  *user,
             GError     **error)
{
  g_autoptr (LsEnvironment) environment = ls_system_environment_new ();
  g_autofree char *path = g_build_filename (data, LS_STORAGE_FILE, NULL);
  g_autoptr (LsAccess) access = NULL;
  g_autoptr (LsStorage) storage = NULL;

  if (!ls_data_dir_create (data, error))
    return NULL;
  access = ls_access_open (environment, data, error);
  if (access != NULL)
    storage = ls_storage_sqlite_new (environment, path, error);
  if (storage == NULL)
    return NULL;
  return make_first_user (access, user != NULL ? user : "admin",
                          ls_config_get_number (config, LS_OPTION_TOKEN_LIFETIME), error);
}

static bool
make_sample (LsOffline              *offline,
             const LsSampleProfile  *profile,
             uint64_t                seed,
             GError                **error)
{
  g_autoptr (LsRecord) shop = ls_sample_make_shop (profile);
  g_autoptr (GPtrArray) rows =
      ls_sample_make_rows (profile, seed, ls_environment_now (offline->environment));
  g_autoptr (GPtrArray) readers = g_ptr_array_new_with_free_func (g_object_unref);
  LsImportReport report = { 0 };

  g_ptr_array_add (readers, ls_sample_reader_new (rows));
  return ls_storage_create_shop (offline->storage, shop, error) &&
         ls_offline_import (offline, profile->id, LS_SAMPLE_ACTOR, readers, 0, LS_IMPORT_TRUSTED,
                            &report, error);
}

static bool
make_samples (const char  *data,
              uint64_t     seed,
              GError     **error)
{
  g_autoptr (LsOffline) offline = ls_offline_open (data, error);

  for (unsigned i = 0; offline != NULL && i < LS_SAMPLE_SHOPS; i++)
    if (!make_sample (offline, ls_sample_profile_get (i), seed, error))
      return false;
  return offline != NULL;
}

/* Sample shops take seconds: they are made beside, and put in their place when they are whole. */
static char *
make_sample_folder (LsConfig         *config,
                    const char       *data,
                    const InitWords  *words,
                    GError          **error)
{
  g_autofree char *making = g_strconcat (data, ".XXXXXX", NULL);
  g_autofree char *token = NULL;

  if (!ls_data_dir_create (data, error))
    return NULL;
  if (g_mkdtemp (making) == NULL)
    {
      g_set_error (error, G_IO_ERROR, (int) g_io_error_from_errno (errno), "%s: %s", making,
                   g_strerror (errno));
      return NULL;
    }
  token = make_folder (config, making, words->user, error);
  if (token == NULL || !make_samples (making, (uint64_t) words->seed, error))
    return NULL;
  if (g_rename (making, data) == 0)
    return g_steal_pointer (&token);
  g_set_error (error, G_IO_ERROR, (int) g_io_error_from_errno (errno), "%s: %s", data,
               g_strerror (errno));
  return NULL;
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
  InitWords words = { .seed = 1 };
  const GOptionEntry entries[] = {
    { "user", 0, 0, G_OPTION_ARG_STRING, &words.user,
      "The first user, owner of all shops (default: admin)", "USER" },
    { "sample", 0, 0, G_OPTION_ARG_NONE, &words.sample,
      "With two sample shops and ninety days of their history", NULL },
    { "seed", 0, 0, G_OPTION_ARG_INT64, &words.seed, "Of the sample shops (default: 1)", "N" },
    { NULL },
  };
  const LsCommandSpec spec = {
    .summary =
        "Makes a data folder that only you can enter, with its first user, and prints a token for\n"
        "him. The token is shown once; `lockstepd token` makes others.",
    .examples = "  lockstepd init --data ~/shop\n"
                "  lockstepd init --data ~/sample --sample --seed 7\n"
                "  lockstepd user passwd admin --data ~/shop\n",
    .options = options,
    .n_options = G_N_ELEMENTS (options),
    .entries = entries,
  };
  LsCommandExit exit = LS_EXIT_OK;
  g_autoptr (LsConfig) config = ls_command_parse (&spec, &argc, &argv, &exit);
  g_autofree char *user = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *token = NULL;
  const char *data;

  if (config == NULL)
    return exit;
  if (argc > 1)
    return ls_command_misused ("init", "it takes no words");
  data = ls_config_get_text (config, LS_OPTION_DATA);
  user = words.user;
  token = words.sample ? make_sample_folder (config, data, &words, &error)
                       : make_folder (config, data, words.user, &error);
  if (token == NULL)
    return ls_command_fail (error);
  g_print ("%s\n", token);
  return LS_EXIT_OK;
}
