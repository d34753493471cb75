/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstepd"

#include "config.h"

#include "server/commands/ls-commands.h"

#include <unistd.h>

#include <gio/gunixoutputstream.h>
#include <glib/gstdio.h>

#include "core/ls-error.h"
#include "core/ls-snapshot.h"

#define PIECE_BYTES (64 * 1024)

typedef struct {
  const char *shop;
  const char *folder; /* NULL for standard output */
  const LsCollection *list[LS_N_COLLECTIONS];
  size_t n_list;

  /* State */
  LsPosition position;
  LsSnapshotWriter *writer; /* of the whole, or of the file under way */
  const LsCollection *current;
  size_t begun;
  GOutputStream *out;
  GError *error;
  int64_t rows;
} Export;

static bool
flush (Export *export)
{
  size_t length;
  g_autofree char *text = ls_snapshot_writer_take_text (export->writer, &length);

  return g_output_stream_write_all (export->out, text, length, NULL, NULL, &export->error);
}

/* The rows of one collection without the lines around them: what import takes by the file's name. */
static bool
open_file (Export             *export,
           const LsCollection *collection)
{
  g_autofree char *name = g_strconcat (collection->name, ".ndjson", NULL);
  g_autofree char *path = g_build_filename (export->folder, name, NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  size_t length;

  export->writer = ls_snapshot_writer_new (export->shop, &export->position, ls_view_full ());
  ls_snapshot_writer_begin_collection (export->writer, collection);
  g_free (ls_snapshot_writer_take_text (export->writer, &length));
  export->out = G_OUTPUT_STREAM (
      g_file_replace (file, NULL, FALSE, G_FILE_CREATE_PRIVATE, NULL, &export->error));
  return export->out != NULL;
}

/* Lets go of a file that is not whole: closing it cancelled leaves the one before as it was. */
static void
give_up_file (Export *export)
{
  g_autoptr (GCancellable) cancelled = g_cancellable_new ();

  g_cancellable_cancel (cancelled);
  if (export->out != NULL && export->folder != NULL)
    g_output_stream_close (export->out, cancelled, NULL);
  g_clear_object (&export->out);
  g_clear_pointer (&export->writer, ls_snapshot_writer_free);
}

static bool
close_file (Export *export)
{
  if (export->out != NULL &&
      (!flush (export) || !g_output_stream_close (export->out, NULL, &export->error)))
    {
      give_up_file (export);
      return false;
    }
  g_clear_object (&export->out);
  g_clear_pointer (&export->writer, ls_snapshot_writer_free);
  return true;
}

/* Begins all collections up to @collection, %NULL for all that are left. */
static bool
begin_collections (Export             *export,
                   const LsCollection *collection)
{
  while (export->begun < export->n_list &&
         (collection == NULL || export->current != collection))
    {
      export->current = export->list[export->begun++];
      if (export->folder != NULL)
        {
          if (!close_file (export) || !open_file (export, export->current))
            return false;
          continue;
        }
      if (export->writer == NULL)
        export->writer = ls_snapshot_writer_new (export->shop, &export->position, ls_view_full ());
      ls_snapshot_writer_begin_collection (export->writer, export->current);
    }
  return true;
}

static bool
row_cb (LsRecord *record,
        gpointer  user_data)
{
  Export *export = user_data;
  const LsCollection *collection = ls_record_get_collection (record);

  if (export->current != collection && !begin_collections (export, collection))
    return false;
  ls_snapshot_writer_add (export->writer, record);
  export->rows++;
  return ls_snapshot_writer_get_length (export->writer) < PIECE_BYTES || flush (export);
}

static bool
finish (Export *export)
{
  if (!begin_collections (export, NULL))
    return false;
  if (export->folder == NULL)
    ls_snapshot_writer_finish (export->writer);
  return close_file (export);
}

static bool
export_shop (Export    *export,
             LsStorage *storage,
             GError   **error)
{
  bool done;

  if (export->folder == NULL)
    export->out = g_unix_output_stream_new (STDOUT_FILENO, FALSE);
  else if (g_mkdir_with_parents (export->folder, 0700) < 0)
    {
      g_set_error (error, LS_ERROR, LS_ERROR_STORAGE, "%s: the folder can't be made",
                   export->folder);
      return false;
    }
  done = ls_storage_scan (storage, export->shop, export->list, export->n_list, &export->position,
                          row_cb, export, error) &&
         export->error == NULL && finish (export);
  give_up_file (export);
  if (export->error != NULL)
    g_propagate_error (error, g_steal_pointer (&export->error));
  return done;
}

static bool
choose_collections (Export      *export,
                    char       **names,
                    GError     **error)
{
  for (unsigned id = 0; names[0] == NULL && id < LS_N_COLLECTIONS; id++)
    export->list[export->n_list++] = ls_schema_collection ((LsCollectionId) id);
  for (unsigned id = 0; names[0] != NULL && id < LS_N_COLLECTIONS; id++)
    if (g_strv_contains ((const char *const *) names,
                         ls_schema_collection ((LsCollectionId) id)->name))
      export->list[export->n_list++] = ls_schema_collection ((LsCollectionId) id);
  for (size_t i = 0; names[i] != NULL; i++)
    if (ls_schema_find_collection (names[i]) == NULL)
      {
        g_set_error (error, LS_ERROR, LS_ERROR_VALIDATION, "%s: no such collection", names[i]);
        return false;
      }
  return true;
}

/**
 * ls_command_export:
 * @argc: words
 * @argv: the words
 *
 * `lockstepd export`
 *
 * Returns: how it ended
 */
LsCommandExit
ls_command_export (int    argc,
                   char **argv)
{
  g_autofree char *shop = NULL;
  g_autofree char *folder = NULL;
  const GOptionEntry entries[] = {
    { "shop", 0, 0, G_OPTION_ARG_STRING, &shop, "Which shop", "SHOP" },
    { "to", 0, 0, G_OPTION_ARG_FILENAME, &folder,
      "Write a file for each collection (default: all to standard output)", "DIR" },
    { NULL },
  };
  const LsCommandSpec spec = {
    .usage = "[COLLECTION...]",
    .summary =
        "Writes the rows of a shop as NDJSON, as they are at one moment, also beside a running\n"
        "server. What it writes, `lockstepd import` reads.",
    .examples = "  lockstepd export --shop music --to backup\n"
                "  lockstepd export --shop music products customers >rows.ndjson\n",
    .entries = entries,
  };
  LsCommandExit exit = LS_EXIT_OK;
  g_autoptr (LsConfig) config = ls_command_parse (&spec, &argc, &argv, &exit);
  g_autoptr (LsEnvironment) environment = NULL;
  g_autoptr (LsStorage) storage = NULL;
  g_autoptr (GError) error = NULL;
  Export export = { NULL };

  if (config == NULL)
    return exit;
  if (shop == NULL)
    return ls_command_misused ("export", "say which --shop");
  export.shop = shop;
  export.folder = folder;
  if (!choose_collections (&export, argv + 1, &error))
    return ls_command_fail (error);
  environment = ls_system_environment_new ();
  storage = ls_command_open_storage (environment, config, &error);
  if (storage == NULL || !export_shop (&export, storage, &error))
    return ls_command_fail (error);
  g_printerr ("%" G_GINT64_FORMAT " rows at version %" G_GINT64_FORMAT "\n", export.rows,
              export.position.version);
  return LS_EXIT_OK;
}
