/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-import"

#include "config.h"

#include "server/import/ls-import-plan.h"

#include <string.h>

#include "core/ls-change.h"
#include "core/ls-error.h"
#include "core/ls-message.h"

/*
 * From rows to batches: what the rows refer to must be there, what changed against the rows of the
 * shop is put together, collections after those that they refer to, in pieces that leave room for
 * what follows from them in the version that each becomes.
 */

#define ROWS_PER_CHUNK 256
/* Of the 500 changes and 256 KiB of a version (PROTOCOL rule 3). */
#define MAX_WEIGHT (LS_MAX_CHANGES - 50)
#define MAX_BYTES ((size_t) LS_MAX_VERSION_BYTES / 3)

typedef struct {
  LsRecord *record;
  uint64_t fields;
  int64_t line;
  char *file;
} Staged;

typedef struct {
  LsImportStage *stage;
  LsStorage *storage;
  LsImportReport *report;
  LsImportTryFunc try_func;
  gpointer user_data;

  /* The chunk. */
  GPtrArray *rows;      /* Staged */
  GHashTable *existing; /* "collection\nkey" to LsRecord: rows of the shop that were looked up */

  /* The batch that is being filled. */
  GPtrArray *batch;
  int rank;
  unsigned weight;
  size_t bytes;
  GByteArray *buffer;
} Plan;

static void
staged_free (gpointer data)
{
  Staged *staged = data;

  ls_record_unref (staged->record);
  g_free (staged->file);
  g_free (staged);
}

/* How many rows of its version a change makes, at most: itself and those that its figures go into.
 */
static unsigned
weight_of (const LsChange *change)
{
  switch (change->collection->id)
    {
    case LS_ORDER_ITEMS:
    case LS_REFUNDS:
      /* Its order, product, variant, customer with stats, and day. */
      return 7;
    case LS_ORDERS:
    case LS_FAVORITES:
      return 4;
    case LS_DOWNLOADS:
      return 3;
    case LS_VARIANTS:
    case LS_CUSTOMERS:
      return 2;
    case LS_SHOPS:
    case LS_PRODUCTS:
    case LS_CATEGORIES:
    case LS_IMAGES:
    case LS_PAYMENTS:
    case LS_LICENCES:
    case LS_SERVICES:
    case LS_RESERVATIONS:
    case LS_SUBSCRIPTIONS:
    case LS_ACTIVITY:
    case LS_DAILY_SALES:
    case LS_STATS:
    case LS_LAYOUTS:
    case LS_SAVED_VIEWS:
    case LS_NOTES:
    default:
      return 1;
    }
}

static char *
row_id (const LsCollection *collection,
        const char         *key)
{
  return g_strconcat (collection->name, "\n", key, NULL);
}

static bool
report_field (Plan             *plan,
              const Staged     *staged,
              const char       *field,
              LsImportSeverity  severity,
              const char       *message)
{
  g_auto (LsImportProblem) problem = { .file = g_strdup (staged->file) };

  ls_import_problem_set (&problem, staged->line, field, "%s", message);
  ls_import_report_problem (plan->report, &problem, severity);
  return false;
}

static bool
is_staged (Plan                *plan,
           const LsCollection  *collection,
           const char          *key,
           bool                *ret_staged,
           GError             **error)
{
  int64_t one;
  LsStep step =
      ls_sql_get_int64 (ls_import_stage_get_sql (plan->stage), &one, error,
                        "SELECT 1 FROM rows WHERE rank = ? AND key = ?", "dt",
                        ls_import_rank (collection), key);

  *ret_staged = step == LS_STEP_ROW;
  return step != LS_STEP_ERROR;
}

static const LsCollection *
target_of (const LsField *field)
{
  return field->type == LS_TYPE_KEY && field->reference != NULL
             ? ls_schema_find_collection (field->reference)
             : NULL;
}

/* Adds to @wanted the rows of the shop that a row needs to be judged. */
static bool
collect_wanted (Plan          *plan,
                const Staged  *staged,
                GPtrArray     *wanted,
                GError       **error)
{
  const LsCollection *collection = ls_record_get_collection (staged->record);

  g_ptr_array_add (wanted, ls_change_new (LS_CHANGE_DEL, collection,
                                          ls_record_get_key (staged->record)));
  for (unsigned i = 0; i < collection->n_fields; i++)
    {
      const LsCollection *target = target_of (&collection->fields[i]);
      const char *key = ls_record_get_text (staged->record, i);
      bool found = false;

      if (target == NULL || key == NULL)
        continue;
      if (!is_staged (plan, target, key, &found, error))
        return false;
      if (!found)
        g_ptr_array_add (wanted, ls_change_new (LS_CHANGE_DEL, target, key));
    }
  return true;
}

static bool
look_up (Plan    *plan,
         GError **error)
{
  g_autoptr (GPtrArray) wanted = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
  g_autoptr (GPtrArray) found = NULL;

  g_hash_table_remove_all (plan->existing);
  for (unsigned i = 0; i < plan->rows->len; i++)
    if (!collect_wanted (plan, g_ptr_array_index (plan->rows, i), wanted, error))
      return false;
  found = ls_storage_get_rows (plan->storage, ls_import_stage_get_info (plan->stage)->shop, wanted,
                               NULL, error);
  for (unsigned i = 0; found != NULL && i < found->len; i++)
    {
      const LsChange *change = g_ptr_array_index (found, i);

      if (change->op == LS_CHANGE_PUT)
        g_hash_table_insert (plan->existing, row_id (change->collection, change->key),
                             ls_change_apply (change, NULL, LS_APPLY_EXACT, NULL));
    }
  return found != NULL;
}

static LsRecord *
find_existing (Plan               *plan,
               const LsCollection *collection,
               const char         *key)
{
  g_autofree char *id = row_id (collection, key);

  return g_hash_table_lookup (plan->existing, id);
}

/* What a row refers to: a required reference must lead to a row, an optional one ought to. */
static bool
check_references (Plan          *plan,
                  const Staged  *staged,
                  bool          *ret_good,
                  GError       **error)
{
  const LsCollection *collection = ls_record_get_collection (staged->record);

  *ret_good = true;
  for (unsigned i = 0; i < collection->n_fields; i++)
    {
      const LsField *field = &collection->fields[i];
      const LsCollection *target = target_of (field);
      const char *key = ls_record_get_text (staged->record, i);
      g_autofree char *message = NULL;
      bool found = false;

      if (target == NULL || key == NULL)
        continue;
      if (!is_staged (plan, target, key, &found, error))
        return false;
      if (found || find_existing (plan, target, key) != NULL)
        continue;
      message = g_strdup_printf ("there is no row “%s” in %s", key, target->name);
      if (field->flags & LS_FIELD_REQUIRED)
        *ret_good = report_field (plan, staged, field->name, LS_IMPORT_ERROR, message);
      else
        report_field (plan, staged, field->name, LS_IMPORT_WARNING, message);
    }
  return true;
}

/* The change that makes a row of the shop what the source says, or NULL when it is that already, or
 * can't be. */
static LsChange *
make_set (Plan           *plan,
          const Staged   *staged,
          const LsRecord *existing)
{
  const LsCollection *collection = ls_record_get_collection (existing);
  uint64_t differing = ls_record_diff (existing, staged->record) & staged->fields;
  g_autoptr (LsChange) change = NULL;

  if (differing == 0)
    {
      plan->report->unchanged++;
      return NULL;
    }
  change = ls_change_new (LS_CHANGE_SET, collection, ls_record_get_key (existing));
  for (unsigned i = 0; i < collection->n_fields; i++)
    {
      if (!(differing & (UINT64_C (1) << i)))
        continue;
      if (collection->fields[i].flags & LS_FIELD_IMMUTABLE)
        {
          report_field (plan, staged, collection->fields[i].name, LS_IMPORT_ERROR,
                        "this was set when the row was made, and can't be changed");
          return NULL;
        }
      ls_change_take_set (change, i, ls_value_copy (ls_record_get (staged->record, i)));
    }
  plan->report->changed++;
  return g_steal_pointer (&change);
}

static LsChange *
make_change (Plan         *plan,
             const Staged *staged)
{
  const LsCollection *collection = ls_record_get_collection (staged->record);
  LsRecord *existing = find_existing (plan, collection, ls_record_get_key (staged->record));

  if (existing != NULL)
    return make_set (plan, staged, existing);
  plan->report->added++;
  return ls_change_new_put (staged->record);
}

/* A row that a rule refuses, told with its place. */
static bool
report_refusal (Plan        *plan,
                const char  *path,
                const char  *message,
                GError     **error)
{
  g_auto (GStrv) parts = g_strsplit (path != NULL ? path : "", "/", 2);
  const LsCollection *collection =
      parts[0] != NULL && *parts[0] != '\0' ? ls_schema_find_collection (parts[0]) : NULL;
  g_auto (LsImportProblem) problem = { NULL };
  const char *field = NULL;
  g_autofree char *key = NULL;

  /* Keys may hold slashes, names of fields don't. */
  if (collection != NULL && parts[1] != NULL)
    {
      const char *slash = strrchr (parts[1], '/');

      key = g_strdup (parts[1]);
      if (slash != NULL && ls_collection_find_field (collection, slash + 1) >= 0)
        {
          field = slash + 1;
          key[slash - parts[1]] = '\0';
        }
    }
  ls_import_problem_set (&problem, 0, field, "%s%s%s", message, key != NULL ? ": " : "",
                         key != NULL ? key : "");
  if (key != NULL &&
      !ls_import_stage_find_place (plan->stage, collection, key, &problem, error))
    return false;
  ls_import_report_problem (plan->report, &problem, LS_IMPORT_ERROR);
  return true;
}

/* Takes the change out of a refused batch that the refusal names, or the first: it has been told
 * of. */
static void
drop_refused (GPtrArray  *changes,
              const char *path)
{
  for (unsigned i = 0; path != NULL && i < changes->len; i++)
    {
      const LsChange *change = g_ptr_array_index (changes, i);
      g_autofree char *prefix = g_strconcat (change->collection->name, "/", change->key, NULL);
      size_t length = strlen (prefix);

      if (strncmp (path, prefix, length) == 0 && (path[length] == '\0' || path[length] == '/'))
        {
          g_ptr_array_remove_index (changes, i);
          return;
        }
    }
  g_ptr_array_remove_index (changes, 0);
}

static GPtrArray *
split_tail (GPtrArray *changes)
{
  GPtrArray *tail = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
  unsigned half = changes->len / 2;

  for (unsigned i = half; i < changes->len; i++)
    g_ptr_array_add (tail, ls_change_ref (g_ptr_array_index (changes, i)));
  g_ptr_array_set_size (changes, (int) half);
  return tail;
}

/* Tries a batch, smaller when it is too large, without the rows that are refused, and keeps what is
 * good. */
static bool
settle_batch (Plan       *plan,
              GPtrArray  *changes,
              GError    **error)
{
  while (changes->len > 0)
    {
      g_autofree char *path = NULL;
      g_autofree char *message = NULL;
      g_autoptr (GPtrArray) tail = NULL;
      LsImportTrial trial = LS_IMPORT_TRIAL_GOOD;

      if (plan->try_func != NULL)
        trial = plan->try_func (changes, &path, &message, error, plan->user_data);
      if (trial == LS_IMPORT_TRIAL_GOOD)
        return ls_import_stage_add_batch (plan->stage, plan->rank, changes, error);
      if (trial == LS_IMPORT_TRIAL_FAILED)
        return false;
      if (trial == LS_IMPORT_TRIAL_TOO_LARGE && changes->len > 1)
        {
          tail = split_tail (changes);
          return settle_batch (plan, changes, error) && settle_batch (plan, tail, error);
        }
      if (!report_refusal (plan, path, message, error))
        return false;
      drop_refused (changes, path);
    }
  return true;
}

static bool
flush (Plan    *plan,
       GError **error)
{
  bool good = settle_batch (plan, plan->batch, error);

  g_ptr_array_set_size (plan->batch, 0);
  plan->weight = 0;
  plan->bytes = 0;
  return good;
}

/* Takes @change. */
static bool
add_change (Plan      *plan,
            LsChange  *change,
            GError   **error)
{
  int rank = ls_import_rank (change->collection);
  unsigned weight = weight_of (change);
  size_t bytes;

  g_byte_array_set_size (plan->buffer, 0);
  ls_change_append_bytes (change, plan->buffer);
  bytes = plan->buffer->len;
  if (plan->batch->len > 0 &&
      (rank != plan->rank || plan->weight + weight > MAX_WEIGHT || plan->bytes + bytes > MAX_BYTES))
    {
      if (!flush (plan, error))
        {
          ls_change_unref (change);
          return false;
        }
    }
  plan->rank = rank;
  plan->weight += weight;
  plan->bytes += bytes;
  g_ptr_array_add (plan->batch, change);
  return true;
}

static bool
plan_chunk (Plan    *plan,
            GError **error)
{
  if (!look_up (plan, error))
    return false;
  for (unsigned i = 0; i < plan->rows->len; i++)
    {
      const Staged *staged = g_ptr_array_index (plan->rows, i);
      LsChange *change;
      bool good = false;

      if (!check_references (plan, staged, &good, error))
        return false;
      change = good ? make_change (plan, staged) : NULL;
      if (change != NULL && !add_change (plan, change, error))
        return false;
    }
  return true;
}

static const LsCollection *
collection_of_rank (int rank)
{
  for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
    if (ls_import_rank (ls_schema_collection ((LsCollectionId) id)) == rank)
      return ls_schema_collection ((LsCollectionId) id);
  g_assert_not_reached ();
}

static Staged *
read_staged (LsStatement  *statement,
             GError      **error)
{
  const LsCollection *collection =
      collection_of_rank ((int) ls_statement_get_int64 (statement, 0));
  const char *body = ls_statement_get_text (statement, 3);
  LsRecord *record =
      body != NULL ? ls_record_decode (collection, body, strlen (body), error) : NULL;
  Staged *staged;

  if (record == NULL)
    return NULL;
  staged = g_new0 (Staged, 1);
  staged->record = record;
  staged->fields = (uint64_t) ls_statement_get_int64 (statement, 2);
  staged->line = ls_statement_get_int64 (statement, 4);
  staged->file = ls_statement_dup_text (statement, 5);
  return staged;
}

/* The next rows behind the last ones. */
static bool
read_chunk (Plan    *plan,
            GError **error)
{
  const Staged *last =
      plan->rows->len > 0 ? g_ptr_array_index (plan->rows, plan->rows->len - 1) : NULL;
  g_autoptr (LsStatement) statement = ls_sql_query (
      ls_import_stage_get_sql (plan->stage), error,
      "SELECT r.rank, r.key, r.fields, r.body, r.line, f.name FROM rows r"
      " JOIN files f ON f.id = r.file WHERE (r.rank, r.key) > (?, ?)"
      " ORDER BY r.rank, r.key LIMIT ?",
      "dtd", last != NULL ? ls_import_rank (ls_record_get_collection (last->record)) : 0,
      last != NULL ? ls_record_get_key (last->record) : "", ROWS_PER_CHUNK);
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func (staged_free);
  LsStep step = LS_STEP_ERROR;

  while (statement != NULL && (step = ls_statement_step (statement, error)) == LS_STEP_ROW)
    {
      Staged *staged = read_staged (statement, error);

      if (staged == NULL)
        return false;
      g_ptr_array_add (rows, staged);
    }
  g_ptr_array_unref (plan->rows);
  plan->rows = g_steal_pointer (&rows);
  return step == LS_STEP_DONE;
}

static bool
plan_all (Plan    *plan,
          GError **error)
{
  int64_t total = 0;
  int64_t done = 0;

  if (ls_sql_get_int64 (ls_import_stage_get_sql (plan->stage), &total, error,
                        "SELECT count(*) FROM rows", NULL) == LS_STEP_ERROR)
    return false;
  while (read_chunk (plan, error))
    {
      if (plan->rows->len == 0)
        return flush (plan, error);
      if (!plan_chunk (plan, error))
        return false;
      done += plan->rows->len;
      ls_import_report_progress (plan->report, LS_IMPORT_CHECKING, done, total);
    }
  return false;
}

/**
 * ls_import_plan:
 * @stage: a stage with its rows, not ready
 * @storage: where the shop is
 * @report: counts and problems go there
 * @try_func: (nullable) (scope call): tries each batch before it is kept
 * @user_data: for @try_func
 * @error: where to put why it can't be planned
 *
 * Makes batches of the rows of a stage. A row that can't be imported is told of, and left out: look
 * at the report's errors before making the job ready.
 *
 * Returns: whether it went to the end
 */
bool
ls_import_plan (LsImportStage    *stage,
                LsStorage        *storage,
                LsImportReport   *report,
                LsImportTryFunc   try_func,
                gpointer          user_data,
                GError          **error)
{
  Plan plan = { stage, storage, report, try_func, user_data };
  bool done;

  plan.rows = g_ptr_array_new_with_free_func (staged_free);
  plan.existing = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                         (GDestroyNotify) ls_record_unref);
  plan.batch = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
  plan.buffer = g_byte_array_new ();
  done = plan_all (&plan, error);
  g_ptr_array_unref (plan.rows);
  g_hash_table_unref (plan.existing);
  g_ptr_array_unref (plan.batch);
  g_byte_array_unref (plan.buffer);
  return done;
}
