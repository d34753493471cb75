/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-import"

#include "config.h"

#include "server/import/ls-import.h"

#include <string.h>

#include "core/ls-error.h"
#include "core/ls-id.h"
#include "server/import/ls-import-csv.h"
#include "server/import/ls-import-ndjson.h"
#include "server/import/ls-import-plan.h"
#include "server/import/ls-import-rehearsal.h"
#include "server/import/ls-import-woocommerce.h"

/*
 * An import: all of it is read and checked, then tried against the shop in a transaction that is
 * rolled back, then made durable as a job, then carried out. Up to the third step nothing has
 * happened; from there on all of it will.
 */

typedef struct {
  gatomicrefcount ref_count;
  LsImportParts parts;
  char *shop;
  char *actor;
  GPtrArray *readers;
  int64_t size;
  LsImportFlags flags;
  LsImportReport *report;
  LsImportDoneFunc func;
  gpointer user_data;
  GDestroyNotify destroy;

  LsQueue *queue;
  LsImportStage *stage;
  GError *error;
} Import;

static Import *
import_ref (Import *import)
{
  g_atomic_ref_count_inc (&import->ref_count);
  return import;
}

static void
import_unref (gpointer data)
{
  Import *import = data;

  if (!g_atomic_ref_count_dec (&import->ref_count))
    return;
  g_clear_pointer (&import->stage, ls_import_stage_free);
  g_ptr_array_unref (import->readers);
  g_clear_error (&import->error);
  g_free (import->shop);
  g_free (import->actor);
  if (import->destroy != NULL)
    import->destroy (import->user_data);
  g_free (import);
}

/* Ends without having changed anything. */
static void
give_up (Import *import)
{
  if (import->stage != NULL)
    ls_import_stage_remove (g_steal_pointer (&import->stage), NULL);
  import->func (import->error, import->user_data);
}

/* One reader to its end. */
static bool
read_file (Import         *import,
           LsImportReader *reader,
           int64_t         before)
{
  int file = ls_import_stage_add_file (import->stage, ls_import_reader_get_name (reader),
                                       &import->error);

  while (file >= 0)
    {
      g_auto (LsImportRow) row = { NULL };
      g_auto (LsImportProblem) problem = { NULL };
      LsImportStep step = ls_import_reader_next (reader, &row, &problem, &import->error);

      if (step == LS_IMPORT_END)
        return true;
      if (step == LS_IMPORT_FAILED)
        {
          g_prefix_error (&import->error, "%s: ", ls_import_reader_get_name (reader));
          return false;
        }
      if (step == LS_IMPORT_PASSED)
        import->report->passed++;
      if (step == LS_IMPORT_ROW)
        {
          import->report->rows++;
          if (!ls_import_stage_add_row (import->stage, file, &row, &problem, &import->error))
            return false;
          if (problem.message != NULL && problem.file == NULL)
            problem.file = g_strdup (ls_import_reader_get_name (reader));
        }
      if (problem.message != NULL)
        ls_import_report_problem (import->report, &problem, LS_IMPORT_ERROR);
      ls_import_report_progress (import->report, LS_IMPORT_READING,
                                 before + ls_import_reader_get_offset (reader), import->size);
    }
  return false;
}

static bool
read_all (Import *import)
{
  g_autofree char *job = ls_id_new_uuid (import->parts.environment);
  int64_t before = 0;

  import->stage = ls_import_stage_new (import->parts.folder, job, import->shop, import->actor,
                                       &import->error);
  for (unsigned i = 0; import->stage != NULL && i < import->readers->len; i++)
    {
      LsImportReader *reader = g_ptr_array_index (import->readers, i);

      if (!read_file (import, reader, before))
        return false;
      before += ls_import_reader_get_offset (reader);
    }
  return import->stage != NULL;
}

/* It was tried: carries it out, if it is good. */
static void
tried_cb (gpointer data)
{
  Import *import = data;
  LsImportReport *report = import->report;

  if (import->error == NULL && report->errors > 0)
    import->error = g_error_new (LS_ERROR, LS_ERROR_VALIDATION,
                                 report->errors == 1
                                     ? "%" G_GINT64_FORMAT " row can't be imported, so none was"
                                     : "%" G_GINT64_FORMAT " rows can't be imported, so none was",
                                 report->errors);
  if (import->error != NULL || (import->flags & LS_IMPORT_DRY_RUN) ||
      ls_import_stage_get_info (import->stage)->batches == 0 ||
      !ls_import_stage_set_ready (import->stage, &import->error))
    {
      give_up (import);
      return;
    }
  ls_import_job_run (import->parts.environment, import->parts.committer,
                     g_steal_pointer (&import->stage), report, import->func, import->user_data,
                     g_steal_pointer (&import->destroy));
}

static void
post_tried (const GError *error,
            gpointer      user_data)
{
  Import *import = user_data;

  import->error = error != NULL ? g_error_copy (error) : NULL;
  ls_environment_post (import->parts.environment, import->queue, tried_cb, import_ref (import),
                       import_unref);
}

static void
run_cb (gpointer data)
{
  Import *import = data;

  if (!read_all (import))
    {
      give_up (import);
      return;
    }
  /* Also when something is wrong already: all of it shall be told at once. */
  if (import->flags & LS_IMPORT_TRUSTED)
    {
      ls_import_plan (import->stage, import->parts.storage, import->report, NULL, NULL,
                      &import->error);
      tried_cb (import);
    }
  else
    ls_import_rehearse (import->parts.environment, import->parts.storage, import->stage,
                        import->report, post_tried, import_ref (import), import_unref);
}

/**
 * ls_import_run:
 * @parts: what it works with
 * @shop: into which shop
 * @actor: the source that its versions name
 * @readers: (element-type LsImportReader): what is read, one after another; their target must
 *   outlive the import
 * @size: bytes of all they read, or 0
 * @flags: how it differs from an ordinary one
 * @report: filled, and told; must outlive the import
 * @func: told when it is over, on the import queue, with why nothing, or not all, was imported
 * @user_data: for @func
 * @destroy: (nullable): frees @user_data
 *
 * Imports. All work is done on the import and the committer's queues. From any thread.
 */
void
ls_import_run (const LsImportParts *parts,
               const char          *shop,
               const char          *actor,
               GPtrArray           *readers,
               int64_t              size,
               LsImportFlags        flags,
               LsImportReport      *report,
               LsImportDoneFunc     func,
               gpointer             user_data,
               GDestroyNotify       destroy)
{
  Import *import = g_new0 (Import, 1);

  g_atomic_ref_count_init (&import->ref_count);
  import->parts = *parts;
  import->shop = g_strdup (shop);
  import->actor = g_strdup (actor);
  import->readers = g_ptr_array_ref (readers);
  import->size = size;
  import->flags = flags;
  import->report = report;
  import->func = func;
  import->user_data = user_data;
  import->destroy = destroy;
  import->queue = ls_environment_get_queue (parts->environment, LS_IMPORT_QUEUE);
  ls_environment_post (parts->environment, import->queue, run_cb, import, import_unref);
}

/**
 * ls_import_target_new:
 * @storage: where the shop is
 * @shop: its id
 * @error: where to put why not
 *
 * Looks up what readers need to know of a shop.
 *
 * Returns: (transfer full) (nullable): the target
 */
LsImportTarget *
ls_import_target_new (LsStorage   *storage,
                      const char  *shop,
                      GError     **error)
{
  const LsCollection *shops = ls_schema_collection (LS_SHOPS);
  g_autoptr (LsShop) found = ls_storage_get_shop (storage, shop, error);
  g_autoptr (GPtrArray) wanted = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
  g_autoptr (GPtrArray) rows = NULL;
  g_autoptr (LsRecord) row = NULL;
  LsImportTarget *target;

  if (found == NULL)
    return NULL;
  g_ptr_array_add (wanted, ls_change_new (LS_CHANGE_DEL, shops, shop));
  rows = ls_storage_get_rows (storage, shop, wanted, NULL, error);
  if (rows == NULL)
    return NULL;
  row = ls_change_apply (g_ptr_array_index (rows, 0), NULL, LS_APPLY_EXACT, NULL);
  if (row == NULL)
    {
      g_set_error (error, LS_ERROR, LS_ERROR_INCONSISTENCY, "shop %s has no row of its own", shop);
      return NULL;
    }
  target = g_new0 (LsImportTarget, 1);
  target->shop = g_strdup (shop);
  target->currency =
      g_strdup (ls_record_get_text (row, (unsigned) ls_collection_field (shops, "currency")));
  target->zone = g_time_zone_new_identifier (
      ls_record_get_text (row, (unsigned) ls_collection_field (shops, "time_zone")));
  if (target->zone == NULL)
    target->zone = g_time_zone_new_utc ();
  return target;
}

/**
 * ls_import_target_free:
 * @target: (transfer full): a target
 *
 * Frees it.
 */
void
ls_import_target_free (LsImportTarget *target)
{
  g_free (target->shop);
  g_free (target->currency);
  g_time_zone_unref (target->zone);
  g_free (target);
}

/* "products.ndjson" holds products. */
static const LsCollection *
collection_of_file (const char *path)
{
  g_autofree char *name = g_path_get_basename (path);
  char *dot = strchr (name, '.');

  if (dot != NULL)
    *dot = '\0';
  return ls_schema_find_collection (name);
}

/**
 * ls_import_open:
 * @path: a file
 * @format: its form
 * @mapping: (nullable): for %LS_IMPORT_FORMAT_CSV; must outlive the reader
 * @target: (transfer none): the shop; likewise
 * @ret_size: (out): bytes of the file
 * @error: where to put why not, naming the file
 *
 * Opens a file to import from.
 *
 * Returns: (transfer full) (nullable): a reader
 */
LsImportReader *
ls_import_open (const char            *path,
                LsImportFormat         format,
                LsImportMapping       *mapping,
                const LsImportTarget  *target,
                int64_t               *ret_size,
                GError               **error)
{
  g_autoptr (GFile) file = g_file_new_for_commandline_arg (path);
  g_autoptr (GFileInputStream) stream = g_file_read (file, NULL, error);
  g_autoptr (GFileInfo) info = NULL;
  LsImportReader *reader = NULL;

  if (stream != NULL)
    info = g_file_input_stream_query_info (stream, G_FILE_ATTRIBUTE_STANDARD_SIZE, NULL, error);
  if (info != NULL && format == LS_IMPORT_FORMAT_NDJSON)
    reader = ls_import_ndjson_new (G_INPUT_STREAM (stream), collection_of_file (path), target);
  else if (info != NULL && format == LS_IMPORT_FORMAT_WOOCOMMERCE)
    reader = ls_import_woocommerce_new (G_INPUT_STREAM (stream), target, error);
  else if (info != NULL)
    reader = ls_import_csv_new (G_INPUT_STREAM (stream), mapping, target, error);
  if (reader == NULL)
    {
      g_prefix_error (error, "%s: ", path);
      return NULL;
    }
  ls_import_reader_set_name (reader, path);
  *ret_size = g_file_info_get_size (info);
  return reader;
}
