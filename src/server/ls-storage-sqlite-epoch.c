/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-storage"

#include "config.h"

#include "server/ls-storage-sqlite-private.h"
#include "server/ls-storage-sqlite.h"

#include "core/ls-id.h"

/*
 * A copy of the data file is a history that may go on otherwise than the original did. It carries a
 * mark, and who opens it to write begins a new epoch in every shop, once: clients then know that
 * what they saw after the copy was made is no more.
 */

/* Clients offer again what they lost in this time. An epoch that began within it may be news to one
 * that comes from the epoch before: what counts for that one is where the older of both began. */
#define MEMORY (7 * INT64_C (86400000000))

/* Clients count from 1 in an epoch (PROTOCOL rule 7): what was decided before is known by its mid alone.
 * How far that had come tells those who still count so which of their edits the rows have. */
static bool
forget_counts (LsSql       *sql,
               const char  *shop,
               GError     **error)
{
  return ls_sql_run (sql, error,
                     "UPDATE log_clients SET before_n = last_n, last_n = 0, before_epoch ="
                     " (SELECT epoch FROM log_shops WHERE log_shops.shop = log_clients.shop)"
                     " WHERE shop = ? AND last_n > 0",
                     "t", shop) &&
         ls_sql_run (sql, error, "UPDATE log_decisions SET n = 0 WHERE shop = ? AND n > 0", "t", shop);
}

static bool
begin_epoch (LsEnvironment  *environment,
             LsSql          *sql,
             const char     *shop,
             GError        **error)
{
  g_autofree char *epoch = ls_id_new_secret (environment, 16);
  int64_t now = ls_environment_now (environment);

  return forget_counts (sql, shop, error) &&
         ls_sql_run (sql, error,
                     "UPDATE log_shops SET epoch = ?, epoch_at = ?, base ="
                     " CASE WHEN epoch_at > ? THEN min (base, version) ELSE version END"
                     " WHERE shop = ?",
                     "tiit", epoch, now, now - MEMORY, shop);
}

/* Within a transaction: what has to be done once in a file that is a copy. */
bool
ls_sqlite_begin_epochs (LsEnvironment  *environment,
                        LsSql          *sql,
                        GError        **error)
{
  g_autoptr (GPtrArray) shops = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (LsStatement) statement =
      ls_sql_query (sql, error,
                    "SELECT shop FROM log_shops"
                    " WHERE EXISTS (SELECT 1 FROM log_meta WHERE name = 'copy') ORDER BY shop",
                    NULL);
  LsStep step = LS_STEP_ERROR;

  while (statement != NULL && (step = ls_statement_step (statement, error)) == LS_STEP_ROW)
    g_ptr_array_add (shops, ls_statement_dup_text (statement, 0));
  if (step != LS_STEP_DONE)
    return false;
  for (unsigned i = 0; i < shops->len; i++)
    if (!begin_epoch (environment, sql, g_ptr_array_index (shops, i), error))
      return false;
  return ls_sql_run (sql, error, "DELETE FROM log_meta WHERE name = 'copy'", NULL);
}

/**
 * ls_storage_sqlite_mark_copy:
 * @environment: clock and file system
 * @path: a data file that nobody has open
 * @error: where to put why not
 *
 * Says in a data file that it is a copy: who opens it next begins new epochs.
 *
 * Returns: whether it says so, durably
 */
bool
ls_storage_sqlite_mark_copy (LsEnvironment  *environment,
                             const char     *path,
                             GError        **error)
{
  LsSqlOptions options = {
    .vfs = ls_environment_get_vfs (environment),
    .application_id = LS_STORAGE_APPLICATION_ID,
    .sync = LS_SQL_SYNC_FULL,
  };
  g_autoptr (LsSql) sql = ls_sql_open (path, LS_SQL_EXISTING, &options, error);

  return sql != NULL &&
         ls_sql_run (sql, error, "INSERT OR REPLACE INTO log_meta (name, value) VALUES ('copy', ?)",
                     "i", ls_environment_now (environment));
}
