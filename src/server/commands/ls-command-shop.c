/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstepd"

#include "config.h"

#include "server/commands/ls-commands.h"

#include "core/ls-error.h"

typedef struct {
  char *name;
  char *currency;
  char *time_zone;
} ShopWords;

static void
shop_words_clear (ShopWords *words)
{
  g_free (words->name);
  g_free (words->currency);
  g_free (words->time_zone);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ShopWords, shop_words_clear)

static bool
add_shop (LsStorage       *storage,
          const char      *id,
          const ShopWords *words,
          GError         **error)
{
  const LsCollection *shops = ls_schema_collection (LS_SHOPS);
  g_autoptr (GTimeZone) zone = g_time_zone_new_identifier (words->time_zone);
  g_autoptr (LsRecord) row = NULL;

  if (zone == NULL)
    {
      g_set_error (error, LS_ERROR, LS_ERROR_VALIDATION,
                   "%s: not a time zone such as Europe/Berlin", words->time_zone);
      return false;
    }
  if (!ls_key_is_valid (id))
    {
      g_set_error (error, LS_ERROR, LS_ERROR_VALIDATION,
                   "%s: a shop's id has 1 to %d bytes and no control characters", id,
                   LS_KEY_MAX_BYTES);
      return false;
    }
  row = ls_record_new (shops, id);
  ls_record_set_text (row, (unsigned) ls_collection_field (shops, "name"), words->name);
  ls_record_set_text (row, (unsigned) ls_collection_field (shops, "currency"), words->currency);
  ls_record_set_text (row, (unsigned) ls_collection_field (shops, "time_zone"), words->time_zone);
  ls_record_set_integer (row, (unsigned) ls_collection_field (shops, "sample"), 0);
  return ls_storage_create_shop (storage, row, error);
}

static bool
list_shops (LsStorage *storage,
            GError   **error)
{
  g_autoptr (GPtrArray) shops = ls_storage_list_shops (storage, error);

  for (unsigned i = 0; shops != NULL && i < shops->len; i++)
    {
      const LsShop *shop = g_ptr_array_index (shops, i);

      g_print ("%s\t%s\tversion %" G_GINT64_FORMAT "%s\n", shop->shop, shop->name,
               shop->position.version, shop->sample ? "\tsample" : "");
    }
  return shops != NULL;
}

/**
 * ls_command_shop:
 * @argc: words
 * @argv: the words
 *
 * `lockstepd shop add|list`
 *
 * Returns: how it ended
 */
LsCommandExit
ls_command_shop (int    argc,
                 char **argv)
{
  g_auto (ShopWords) words = { NULL };
  const GOptionEntry entries[] = {
    { "name", 0, 0, G_OPTION_ARG_STRING, &words.name, "What admins read (default: the id)",
      "NAME" },
    { "currency", 0, 0, G_OPTION_ARG_STRING, &words.currency,
      "The currency its books are in (default: EUR)", "CODE" },
    { "time-zone", 0, 0, G_OPTION_ARG_STRING, &words.time_zone,
      "The zone that its days begin in (default: UTC)", "ZONE" },
    { NULL },
  };
  const LsCommandSpec spec = {
    .usage = "add ID | list",
    .summary = "Adds a shop, or lists all. A running server has a new one within seconds.",
    .examples =
        "  lockstepd shop add music --name 'Tape Machine' --time-zone Europe/Berlin\n"
        "  lockstepd shop list\n",
    .entries = entries,
  };
  LsCommandExit exit = LS_EXIT_OK;
  g_autoptr (LsConfig) config = ls_command_parse (&spec, &argc, &argv, &exit);
  g_autoptr (LsEnvironment) environment = NULL;
  g_autoptr (LsStorage) storage = NULL;
  g_autoptr (GError) error = NULL;
  const char *verb = argc > 1 ? argv[1] : "";
  bool add = g_str_equal (verb, "add");
  bool done;

  if (config == NULL)
    return exit;
  if (argc != (add ? 3 : 2) || (!add && !g_str_equal (verb, "list")))
    return ls_command_misused ("shop", "say add ID, or list");
  environment = ls_system_environment_new ();
  storage = ls_command_open_storage (environment, config, &error);
  if (storage == NULL)
    return ls_command_fail (error);
  if (words.name == NULL)
    words.name = g_strdup (argv[argc - 1]);
  if (words.currency == NULL)
    words.currency = g_strdup ("EUR");
  if (words.time_zone == NULL)
    words.time_zone = g_strdup ("UTC");
  done = add ? add_shop (storage, argv[2], &words, &error) : list_shops (storage, &error);
  return done ? LS_EXIT_OK : ls_command_fail (error);
}
