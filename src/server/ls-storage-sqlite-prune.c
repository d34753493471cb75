/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-storage"

#include "config.h"

#include "server/ls-storage-sqlite-private.h"

#include "core/ls-calendar.h"

/* What is written beside the committer: shortening the log, how long results are kept, and which
 * version of the derivations is stored. */

#define VERSIONS_PER_SLICE 1000
#define DECISIONS_PER_SLICE 5000
#define MAX_DECISIONS_PER_CLIENT 1000
#define DECISION_AGE (90 * LS_USEC_PER_DAY)

/* Where the walk through the results of a shop is. */
typedef struct {
  int64_t before;
  char *mid; /* NULL at the end */
} DecisionWalk;

/* Runs @step in a short transaction of its own on the writer. */
typedef bool (*SliceFunc) (LsSql       *sql,
                           const char  *shop,
                           gpointer     data,
                           GError     **error);

static bool
run_slice (LsStorageSqlite  *self,
           SliceFunc         step,
           const char       *shop,
           gpointer          data,
           GError          **error)
{
  LsSqlTransaction *transaction;
  bool done = false;

  g_rec_mutex_lock (&self->writer_lock);
  transaction = ls_sql_begin (self->writer, LS_SQL_BEGIN_IMMEDIATE, error);
  if (transaction != NULL && step (self->writer, shop, data, error))
    done = ls_sqlite_commit (self, g_steal_pointer (&transaction), error) == LS_SQL_COMMIT_OK;
  g_clear_pointer (&transaction, ls_sql_rollback);
  g_rec_mutex_unlock (&self->writer_lock);
  if (done)
    ls_sqlite_note_written (self, VERSIONS_PER_SLICE);
  return done;
}

static bool
raise_horizon (LsSql       *sql,
               const char  *shop,
               gpointer     data,
               GError     **error)
{
  int64_t horizon = *(int64_t *) data;

  return ls_sql_run (sql, error,
                     "UPDATE log_shops SET horizon = ?1, horizon_check ="
                     " (SELECT \"check\" FROM log_versions WHERE shop = ?2 AND version = ?1)"
                     " WHERE shop = ?2",
                     "it", horizon, shop) &&
         ls_sql_run (sql, error, "DELETE FROM log_versions WHERE shop = ? AND version <= ?", "ti",
                     shop, horizon);
}

/*
 * One slice of the results. That its client knows one is no reason to let it go: a copy of its cache
 * may still send that edit. So what was applied is known for as long as the log leads there, as is what
 * was refused, unless its client has come far since: no refusal grows the log, which thereby bounds
 * nothing. What is before the log is kept for those who were away.
 */
static bool
drop_decisions (LsSql       *sql,
                const char  *shop,
                gpointer     data,
                GError     **error)
{
  DecisionWalk *walk = data;
  g_autofree char *from = g_steal_pointer (&walk->mid);
  g_autoptr (LsStatement) statement =
      ls_sql_query (sql, error,
                    "SELECT max (mid) FROM (SELECT mid FROM log_decisions"
                    " WHERE shop = ? AND mid > ? ORDER BY mid LIMIT ?)",
                    "ttd", shop, from, DECISIONS_PER_SLICE);

  if (statement == NULL || ls_statement_step (statement, error) != LS_STEP_ROW)
    return false;
  walk->mid = ls_statement_dup_text (statement, 0);
  return walk->mid == NULL ||
         ls_sql_run (sql, error,
                     "DELETE FROM log_decisions AS d WHERE shop = ?1 AND mid > ?2 AND mid <= ?3"
                     " AND (status <> 0"
                     "      OR version <= (SELECT horizon FROM log_shops WHERE shop = ?1))"
                     " AND ((at < ?4"
                     "       AND version <= (SELECT horizon FROM log_shops WHERE shop = ?1))"
                     "      OR (n > 0 AND n <= (SELECT c.last_n FROM log_clients AS c"
                     "                          WHERE c.shop = ?1 AND c.client = d.client) - ?5))",
                     "tttid", shop, from, walk->mid, walk->before, MAX_DECISIONS_PER_CLIENT);
}

/* The newest version in (from, to] that is not younger than @until, or @from. Times never decrease.
 */
static bool
find_last_until (LsSql       *sql,
                 const char  *shop,
                 int64_t      from,
                 int64_t      to,
                 int64_t      until,
                 int64_t     *ret_version,
                 GError     **error)
{
  while (from < to)
    {
      int64_t middle = from + (to - from + 1) / 2;
      int64_t at = 0;

      if (ls_sql_get_int64 (sql, &at, error,
                            "SELECT at FROM log_versions WHERE shop = ? AND version = ?", "ti",
                            shop, middle) == LS_STEP_ERROR)
        return false;
      if (at <= until)
        from = middle;
      else
        to = middle - 1;
    }
  *ret_version = from;
  return true;
}

static bool
ls_storage_sqlite_prune (LsStorage   *storage,
                         const char  *shop,
                         int64_t      keep_versions,
                         int64_t      keep_age,
                         GError     **error)
{
  LsStorageSqlite *self = LS_STORAGE_SQLITE (storage);
  int64_t now = ls_environment_now (self->environment);
  g_autoptr (LsShop) found = ls_storage_get_shop (storage, shop, error);
  int64_t last = 0;
  DecisionWalk walk = { now - DECISION_AGE, NULL };
  LsSql *reader;
  bool ok;

  if (found == NULL)
    return false;
  reader = ls_sqlite_acquire (self, error);
  if (reader == NULL)
    return false;
  ok = find_last_until (reader, shop, found->horizon,
                        MAX (found->horizon, found->position.version - MAX (keep_versions, 0)),
                        now - keep_age, &last, error);
  ls_sqlite_release (self, reader);
  for (int64_t horizon = found->horizon; ok && horizon < last;)
    {
      horizon = MIN (horizon + VERSIONS_PER_SLICE, last);
      ok = run_slice (self, raise_horizon, shop, &horizon, error);
    }
  walk.mid = ok ? g_strdup ("") : NULL;
  while (ok && walk.mid != NULL)
    ok = run_slice (self, drop_decisions, shop, &walk, error);
  g_free (walk.mid);
  return ok;
}

static bool
set_derivation (LsSql       *sql,
                const char  *shop,
                gpointer     data,
                GError     **error)
{
  return ls_sql_run (sql, error,
                     "INSERT OR REPLACE INTO log_meta (name, value) VALUES ('derivation', ?)", "i",
                     *(int64_t *) data);
}

static bool
ls_storage_sqlite_set_derivation (LsStorage  *storage,
                                  int64_t     derivation,
                                  GError    **error)
{
  return run_slice (LS_STORAGE_SQLITE (storage), set_derivation, NULL, &derivation, error);
}

void
ls_sqlite_prune_class_init (LsStorageClass *klass)
{
  klass->prune = ls_storage_sqlite_prune;
  klass->set_derivation = ls_storage_sqlite_set_derivation;
}
