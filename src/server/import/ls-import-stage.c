/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-import"

#include "config.h"

#include "server/import/ls-import-stage.h"

#include <errno.h>
#include <string.h>

#include <glib/gstdio.h>

#include "core/ls-change.h"
#include "core/ls-error.h"
#include "core/ls-json-writer.h"
#include "core/ls-message.h"

#define APPLICATION_ID 0x4c734a62 /* "LsJb" */
#define MID_DIGITS 32

static const char schema[] =
    "CREATE TABLE job (id INTEGER PRIMARY KEY CHECK (id = 1), job TEXT NOT NULL,"
    " shop TEXT NOT NULL, actor TEXT NOT NULL, ready INTEGER NOT NULL DEFAULT 0,"
    " batches INTEGER NOT NULL DEFAULT 0, changes INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE files (id INTEGER PRIMARY KEY, name TEXT NOT NULL);"
    "CREATE TABLE rows (rank INTEGER NOT NULL, key TEXT NOT NULL, fields INTEGER NOT NULL,"
    " body TEXT NOT NULL, file INTEGER NOT NULL, line INTEGER NOT NULL, implied INTEGER NOT NULL,"
    " PRIMARY KEY (rank, key)) WITHOUT ROWID;"
    "CREATE TABLE batches (number INTEGER PRIMARY KEY, rank INTEGER NOT NULL, mid TEXT NOT NULL,"
    " hash INTEGER NOT NULL, changes TEXT NOT NULL);";

struct _LsImportStage {
  /* owned */
  LsSql *sql;
  LsSqlTransaction *transaction; /* until it is ready */
  char *path;
  LsImportJobInfo info;

  /* state */
  bool ready;
};

/* Collections in an order in which each comes after all that it refers to. */
static const int *
rank_table (void)
{
  static int ranks[LS_N_COLLECTIONS];
  static gsize done;

  if (g_once_init_enter (&done))
    {
      int next = 1;

      for (bool more = true; more;)
        {
          more = false;
          for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
            {
              const LsCollection *collection = ls_schema_collection ((LsCollectionId) id);
              bool free = ranks[id] == 0;

              for (unsigned i = 0; free && i < collection->n_fields; i++)
                {
                  const char *name = collection->fields[i].reference;
                  const LsCollection *target =
                      name != NULL ? ls_schema_find_collection (name) : NULL;

                  free = target == NULL || target == collection || ranks[target->id] > 0;
                }
              if (free)
                {
                  ranks[id] = next++;
                  more = true;
                }
            }
        }
      g_once_init_leave (&done, 1);
    }
  return ranks;
}

/**
 * ls_import_rank:
 * @collection: a collection
 *
 * Returns: its place in an order in which each collection comes after those that it refers to
 */
int
ls_import_rank (const LsCollection *collection)
{
  return rank_table ()[collection->id];
}

/**
 * ls_import_mid:
 * @source: where a change comes from
 * @object: what it changes there
 * @revision: which state of it
 *
 * Makes the mutation id of a change that the server itself brings in, the same for the same
 * (PROTOCOL rule 10).
 *
 * Returns: (transfer full): hex digits
 */
char *
ls_import_mid (const char *source,
               const char *object,
               const char *revision)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  const char *const parts[] = { source, object, revision };

  for (size_t i = 0; i < G_N_ELEMENTS (parts); i++)
    g_checksum_update (checksum, (const uint8_t *) parts[i], (gssize) strlen (parts[i]) + 1);
  return g_strndup (g_checksum_get_string (checksum), MID_DIGITS);
}

static LsSql *
open_file (const char  *path,
           LsSqlMode    mode,
           GError     **error)
{
  const LsSqlOptions options = {
    .application_id = APPLICATION_ID,
    .sync = LS_SQL_SYNC_EXTRA,
    .flags = LS_SQL_OPTION_ROLLBACK_JOURNAL,
  };

  return ls_sql_open (path, mode, &options, error);
}

/**
 * ls_import_stage_new:
 * @folder: where jobs are staged; made when missing
 * @job: a new id
 * @shop: the shop it is for
 * @actor: the source that its versions name
 * @error: where to put why not
 *
 * Begins to stage a job.
 *
 * Returns: (transfer full) (nullable): a stage without rows
 */
LsImportStage *
ls_import_stage_new (const char  *folder,
                     const char  *job,
                     const char  *shop,
                     const char  *actor,
                     GError     **error)
{
  g_autoptr (LsImportStage) stage = g_new0 (LsImportStage, 1);
  g_autofree char *name = g_strconcat (job, ".db", NULL);

  stage->path = g_build_filename (folder, name, NULL);
  stage->info.job = g_strdup (job);
  stage->info.shop = g_strdup (shop);
  stage->info.actor = g_strdup (actor);
  if (g_mkdir_with_parents (folder, 0700) < 0)
    {
      g_set_error (error, G_IO_ERROR, (int) g_io_error_from_errno (errno), "%s: %s", folder,
                   g_strerror (errno));
      return NULL;
    }
  stage->sql = open_file (stage->path, LS_SQL_READ_WRITE, error);
  if (stage->sql == NULL || !ls_sql_exec (stage->sql, schema, error))
    return NULL;
  stage->transaction = ls_sql_begin (stage->sql, LS_SQL_BEGIN_IMMEDIATE, error);
  if (stage->transaction == NULL ||
      !ls_sql_run (stage->sql, error, "INSERT INTO job (id, job, shop, actor) VALUES (1, ?, ?, ?)",
                   "ttt", job, shop, actor))
    return NULL;
  return g_steal_pointer (&stage);
}

/**
 * ls_import_stage_open:
 * @path: a staged job
 * @error: where to put why not
 *
 * Opens what an earlier process left: look at ls_import_stage_is_ready().
 *
 * Returns: (transfer full) (nullable): the stage
 */
LsImportStage *
ls_import_stage_open (const char  *path,
                      GError     **error)
{
  g_autoptr (LsImportStage) stage = g_new0 (LsImportStage, 1);
  g_autoptr (LsStatement) statement = NULL;
  LsStep step;
  int64_t made = 0;

  stage->path = g_strdup (path);
  stage->sql = open_file (path, LS_SQL_EXISTING, error);
  if (stage->sql == NULL)
    return NULL;
  /* Whoever made it may have ended before the first table was there: nothing was staged then. */
  step = ls_sql_get_int64 (stage->sql, &made, error,
                           "SELECT count(*) FROM sqlite_master WHERE name = 'job'", NULL);
  if (step == LS_STEP_ERROR)
    return NULL;
  if (made == 0)
    return g_steal_pointer (&stage);
  statement = ls_sql_query (stage->sql, error,
                            "SELECT job, shop, actor, ready, batches, changes FROM job", NULL);
  step = statement != NULL ? ls_statement_step (statement, error) : LS_STEP_ERROR;
  if (step == LS_STEP_ERROR)
    return NULL;
  if (step == LS_STEP_ROW)
    {
      stage->info.job = ls_statement_dup_text (statement, 0);
      stage->info.shop = ls_statement_dup_text (statement, 1);
      stage->info.actor = ls_statement_dup_text (statement, 2);
      stage->ready = ls_statement_get_int64 (statement, 3) != 0;
      stage->info.batches = ls_statement_get_int64 (statement, 4);
      stage->info.changes = ls_statement_get_int64 (statement, 5);
    }
  return g_steal_pointer (&stage);
}

/**
 * ls_import_stage_free:
 * @stage: (transfer full): a stage
 *
 * Closes it. What is not ready is lost.
 */
void
ls_import_stage_free (LsImportStage *stage)
{
  g_clear_pointer (&stage->transaction, ls_sql_rollback);
  g_clear_pointer (&stage->sql, ls_sql_unref);
  g_free (stage->info.job);
  g_free (stage->info.shop);
  g_free (stage->info.actor);
  g_free (stage->path);
  g_free (stage);
}

/**
 * ls_import_stage_remove:
 * @stage: (transfer full): a stage
 * @error: where to put why not
 *
 * Closes it and removes its file: the job is done, or given up.
 *
 * Returns: whether the file is gone
 */
bool
ls_import_stage_remove (LsImportStage  *stage,
                        GError        **error)
{
  g_autofree char *path = g_strdup (stage->path);
  g_autofree char *journal = g_strconcat (path, "-journal", NULL);

  ls_import_stage_free (stage);
  /* The journal first: left alone it would be played back into a new file of that name. */
  g_unlink (journal);
  if (g_unlink (path) == 0)
    return true;
  g_set_error (error, G_IO_ERROR, (int) g_io_error_from_errno (errno), "%s: %s", path,
               g_strerror (errno));
  return false;
}

/**
 * ls_import_stage_get_info:
 * @stage: a stage
 *
 * Returns: (transfer none): what is known of the job
 */
const LsImportJobInfo *
ls_import_stage_get_info (LsImportStage *stage)
{
  return &stage->info;
}

/**
 * ls_import_stage_is_ready:
 * @stage: a stage
 *
 * Returns: whether the job is to be carried out
 */
bool
ls_import_stage_is_ready (LsImportStage *stage)
{
  return stage->ready;
}

/**
 * ls_import_stage_get_sql:
 * @stage: a stage
 *
 * Returns: (transfer none): its connection, for the planner
 */
LsSql *
ls_import_stage_get_sql (LsImportStage *stage)
{
  return stage->sql;
}

/**
 * ls_import_stage_add_file:
 * @stage: a stage that is not ready
 * @name: what a file is called
 * @error: where to put why not
 *
 * Returns: a number for the file, or -1 with @error set
 */
int
ls_import_stage_add_file (LsImportStage  *stage,
                          const char     *name,
                          GError        **error)
{
  if (!ls_sql_run (stage->sql, error, "INSERT INTO files (name) VALUES (?)", "t", name))
    return -1;
  return (int) ls_sql_get_last_insert_rowid (stage->sql);
}

static char *
encode (const LsRecord *record)
{
  g_autoptr (LsJsonWriter) writer = ls_json_writer_new ();

  ls_json_writer_begin_object (writer);
  ls_json_writer_name (writer, "k");
  ls_json_writer_text (writer, ls_record_get_key (record));
  ls_json_writer_name (writer, "d");
  ls_record_encode (writer, record, UINT64_MAX);
  ls_json_writer_end_object (writer);
  return ls_json_writer_finish (writer, NULL);
}

/* A key for the second time: wrong, but for a row that only follows from others and says the same
 * again. */
static bool
check_duplicate (LsImportStage      *stage,
                 const LsImportRow  *row,
                 const char         *body,
                 LsImportProblem    *problem,
                 GError            **error)
{
  const LsCollection *collection = ls_record_get_collection (row->record);
  g_autoptr (LsStatement) statement =
      ls_sql_query (stage->sql, error,
                    "SELECT r.body, r.implied, r.line, f.name FROM rows r JOIN files f"
                    " ON f.id = r.file WHERE r.rank = ? AND r.key = ?",
                    "dt", ls_import_rank (collection), ls_record_get_key (row->record));
  LsStep step = statement != NULL ? ls_statement_step (statement, error) : LS_STEP_ERROR;

  if (step != LS_STEP_ROW)
    return step == LS_STEP_DONE;
  if (row->implied && ls_statement_get_int64 (statement, 1) != 0 &&
      g_str_equal (ls_statement_get_text (statement, 0), body))
    return true;
  ls_import_problem_set (problem, row->line, "key", "%s “%s” is also in %s, line %" G_GINT64_FORMAT,
                         collection->name, ls_record_get_key (row->record),
                         ls_statement_get_text (statement, 3),
                         ls_statement_get_int64 (statement, 2));
  return true;
}

/**
 * ls_import_stage_add_row:
 * @stage: a stage that is not ready
 * @file: the number of the file it comes from
 * @row: a row
 * @problem: filled when its key came before
 * @error: where to put why not
 *
 * Keeps a row.
 *
 * Returns: whether the file could be written; @problem may be filled then
 */
bool
ls_import_stage_add_row (LsImportStage      *stage,
                         int                 file,
                         const LsImportRow  *row,
                         LsImportProblem    *problem,
                         GError            **error)
{
  const LsCollection *collection = ls_record_get_collection (row->record);
  g_autofree char *body = encode (row->record);

  if (!ls_sql_run (stage->sql, error,
                   "INSERT OR IGNORE INTO rows (rank, key, fields, body, file, line, implied)"
                   " VALUES (?, ?, ?, ?, ?, ?, ?)",
                   "dtitdid", ls_import_rank (collection), ls_record_get_key (row->record),
                   (int64_t) row->fields, body, file, row->line, row->implied ? 1 : 0))
    return false;
  return ls_sql_get_changes (stage->sql) > 0 || check_duplicate (stage, row, body, problem, error);
}

/**
 * ls_import_stage_find_place:
 * @stage: a stage
 * @collection: of which collection
 * @key: which row
 * @problem: whose file and line are filled
 * @error: where to put why not
 *
 * Finds where a row came from. A row that is none of the job leaves @problem as it is.
 *
 * Returns: whether it could be looked up
 */
bool
ls_import_stage_find_place (LsImportStage       *stage,
                            const LsCollection  *collection,
                            const char          *key,
                            LsImportProblem     *problem,
                            GError             **error)
{
  g_autoptr (LsStatement) statement =
      ls_sql_query (stage->sql, error,
                    "SELECT f.name, r.line FROM rows r JOIN files f ON f.id = r.file"
                    " WHERE r.rank = ? AND r.key = ?",
                    "dt", ls_import_rank (collection), key);
  LsStep step = statement != NULL ? ls_statement_step (statement, error) : LS_STEP_ERROR;

  if (step != LS_STEP_ROW)
    return step == LS_STEP_DONE;
  g_free (problem->file);
  problem->file = ls_statement_dup_text (statement, 0);
  problem->line = ls_statement_get_int64 (statement, 1);
  return true;
}

/**
 * ls_import_stage_add_batch:
 * @stage: a stage that is not ready
 * @rank: of the collection that it changes
 * @changes: (element-type LsChange): what it does
 * @error: where to put why not
 *
 * Adds the next batch, and gives it its mid.
 *
 * Returns: whether it is written
 */
bool
ls_import_stage_add_batch (LsImportStage  *stage,
                           int             rank,
                           GPtrArray      *changes,
                           GError        **error)
{
  uint64_t hash = ls_changes_hash (changes);
  g_autofree char *json = ls_changes_to_json (changes);
  g_autofree char *object = g_strdup_printf ("%" G_GINT64_FORMAT, stage->info.batches + 1);
  g_autofree char *revision = g_strdup_printf ("%016" G_GINT64_MODIFIER "x", hash);
  g_autofree char *mid = ls_import_mid (stage->info.job, object, revision);

  if (!ls_sql_run (stage->sql, error,
                   "INSERT INTO batches (number, rank, mid, hash, changes) VALUES (?, ?, ?, ?, ?)",
                   "idtit", stage->info.batches + 1, rank, mid, (int64_t) hash, json))
    return false;
  stage->info.batches++;
  stage->info.changes += changes->len;
  return true;
}

/**
 * ls_import_stage_set_ready:
 * @stage: a stage with all its batches
 * @error: where to put why not
 *
 * Makes the job durable. From now on it happens.
 *
 * Returns: whether it is on disk
 */
bool
ls_import_stage_set_ready (LsImportStage  *stage,
                           GError        **error)
{
  if (!ls_sql_run (stage->sql, error, "UPDATE job SET ready = 1, batches = ?, changes = ?", "ii",
                   stage->info.batches, stage->info.changes) ||
      ls_sql_commit (g_steal_pointer (&stage->transaction), error) != LS_SQL_COMMIT_OK)
    return false;
  stage->ready = true;
  return true;
}

/**
 * ls_import_stage_get_batch:
 * @stage: a stage
 * @number: from 1
 * @ret_batch: (out caller-allocates): the batch
 * @error: where to put why not: %LS_ERROR_STORAGE for one that is missing or damaged
 *
 * Reads a batch and checks that it is what was written.
 *
 * Returns: whether it is sound
 */
bool
ls_import_stage_get_batch (LsImportStage  *stage,
                           int64_t         number,
                           LsImportBatch  *ret_batch,
                           GError        **error)
{
  g_autoptr (LsStatement) statement =
      ls_sql_query (stage->sql, error,
                    "SELECT rank, mid, hash, changes FROM batches WHERE number = ?", "i", number);
  LsStep step = statement != NULL ? ls_statement_step (statement, error) : LS_STEP_ERROR;
  g_auto (LsImportBatch) batch = { .number = number };

  if (step == LS_STEP_ERROR)
    return false;
  if (step == LS_STEP_ROW)
    {
      batch.rank = (int) ls_statement_get_int64 (statement, 0);
      batch.mid = ls_statement_dup_text (statement, 1);
      batch.changes = ls_changes_from_json (ls_statement_get_text (statement, 3), NULL);
    }
  if (batch.changes == NULL ||
      ls_changes_hash (batch.changes) != (uint64_t) ls_statement_get_int64 (statement, 2))
    {
      g_set_error (error, LS_ERROR, LS_ERROR_STORAGE,
                   "%s: batch %" G_GINT64_FORMAT " of the staged job is damaged", stage->path,
                   number);
      return false;
    }
  *ret_batch = batch;
  batch = (LsImportBatch) { 0 };
  return true;
}

/**
 * ls_import_batch_clear:
 * @batch: a batch
 *
 * Empties it.
 */
void
ls_import_batch_clear (LsImportBatch *batch)
{
  g_free (batch->mid);
  g_clear_pointer (&batch->changes, g_ptr_array_unref);
  *batch = (LsImportBatch) { 0 };
}
