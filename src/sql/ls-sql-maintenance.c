/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-sql"

#include "config.h"

#include "sql/ls-sql-maintenance.h"

#include "sql/ls-sql-private.h"

#define BACKUP_STEP_PAGES 1024
#define MAX_FINDINGS 5

static gboolean
file_exists (sqlite3_vfs *vfs,
             const char  *path)
{
  int exists = 0;

  return vfs->xAccess (vfs, path, SQLITE_ACCESS_EXISTS, &exists) != SQLITE_OK || exists;
}

/* Copies page by page into an open and empty database. Sets @error. */
static gboolean
copy_pages (LsSql         *sql,
            sqlite3       *copy,
            GCancellable  *cancellable,
            LsSqlProgress  progress,
            gpointer       user_data,
            GError       **error)
{
  sqlite3_backup *backup;
  gboolean cancelled = FALSE;
  int code;

  backup = sqlite3_backup_init (copy, "main", sql->db, "main");
  if (backup == NULL)
    {
      g_set_error (error, LS_SQL_ERROR, ls_sql_error_from_code (sqlite3_errcode (copy)),
                   "%s (%s)", sqlite3_errmsg (copy),
                   ls_sql_code_to_string (sqlite3_extended_errcode (copy)));
      return FALSE;
    }

  do
    {
      cancelled = g_cancellable_is_cancelled (cancellable);
      if (cancelled)
        break;

      code = sqlite3_backup_step (backup, BACKUP_STEP_PAGES);
      if (progress != NULL && (code == SQLITE_OK || code == SQLITE_DONE))
        {
          int total = sqlite3_backup_pagecount (backup);

          progress (total - sqlite3_backup_remaining (backup), total, user_data);
        }
    }
  while (code == SQLITE_OK);

  code = sqlite3_backup_finish (backup);

  if (cancelled)
    g_set_error (error, LS_SQL_ERROR, LS_SQL_ERROR_INTERRUPTED, "The backup was cancelled");
  else if (code != SQLITE_OK)
    g_set_error (error, LS_SQL_ERROR, ls_sql_error_from_code (code),
                 "%s (%s)", sqlite3_errstr (code), ls_sql_code_to_string (code));

  return !cancelled && code == SQLITE_OK;
}

/* Adds the rows of a check to @findings. Returns how many there were, or -1 with @error set. */
static int
collect_findings (LsSql       *sql,
                  const char  *text,
                  GString     *findings,
                  GError     **error)
{
  g_autoptr (LsStatement) statement = ls_sql_prepare (sql, text, error);
  int n_findings = 0;
  LsStep step = LS_STEP_ERROR;

  if (statement == NULL)
    return -1;

  while ((step = ls_statement_step (statement, error)) == LS_STEP_ROW)
    {
      const char *finding = ls_statement_get_text (statement, 0);

      if (g_strcmp0 (finding, "ok") == 0)
        continue;

      if (++n_findings > MAX_FINDINGS)
        return n_findings;

      if (findings->len > 0)
        g_string_append (findings, "; ");
      g_string_append (findings, finding);
    }

  return step == LS_STEP_DONE ? n_findings : -1;
}

gboolean
ls_sql_checkpoint (LsSql            *sql,
                   LsSqlCheckpoint   how,
                   int              *n_log,
                   int              *n_moved,
                   GError          **error)
{
  int mode = SQLITE_CHECKPOINT_PASSIVE;
  int log = 0;
  int moved = 0;
  int code;

  g_return_val_if_fail (sql != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (how == LS_SQL_CHECKPOINT_TRUNCATE)
    mode = SQLITE_CHECKPOINT_TRUNCATE;

  code = sqlite3_wal_checkpoint_v2 (sql->db, "main", mode, &log, &moved);
  if (code == SQLITE_BUSY && how == LS_SQL_CHECKPOINT_PASSIVE)
    {
      /* Somebody else is at it. */
      code = SQLITE_OK;
      moved = 0;
    }

  if (code != SQLITE_OK)
    {
      ls_sql_set_error (sql, code, NULL, error);
      g_prefix_error (error, "Checkpoint: ");
      return FALSE;
    }

  if (n_log != NULL)
    *n_log = MAX (log, 0);
  if (n_moved != NULL)
    *n_moved = MAX (moved, 0);

  return TRUE;
}

gboolean
ls_sql_backup (LsSql          *sql,
               const char     *path,
               GCancellable   *cancellable,
               LsSqlProgress   progress,
               gpointer        user_data,
               GError        **error)
{
  g_autoptr (LsSqlTransaction) snapshot = NULL;
  g_autofree char *name = NULL;
  sqlite3_vfs *vfs;
  sqlite3 *copy = NULL;
  gboolean copied = FALSE;
  int code;

  g_return_val_if_fail (sql != NULL, FALSE);
  g_return_val_if_fail (path != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  /* Inside a transaction it would copy what is not committed. */
  if (ls_sql_in_transaction (sql))
    {
      g_set_error (error, LS_SQL_ERROR, LS_SQL_ERROR_MISUSE,
                   "No backup inside a transaction");
      return FALSE;
    }

  name = ls_sql_literal_path (path);
  vfs = sqlite3_vfs_find (sql->vfs);
  if (file_exists (vfs, name))
    {
      g_set_error (error, LS_SQL_ERROR, LS_SQL_ERROR_CANTOPEN,
                   "Could not back up to %s: it exists already", path);
      return FALSE;
    }

  /* Without a snapshot each write by others would make the copy begin anew. */
  snapshot = ls_sql_begin (sql, LS_SQL_BEGIN_READ, error);
  if (snapshot == NULL)
    return FALSE;

  code = sqlite3_open_v2 (name, &copy,
                          SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                          sql->vfs);
  if (code == SQLITE_OK)
    copied = copy_pages (sql, copy, cancellable, progress, user_data, error);
  else
    g_set_error (error, LS_SQL_ERROR, ls_sql_error_from_code (code),
                 "%s (%s)", sqlite3_errstr (code), ls_sql_code_to_string (code));
  sqlite3_close (copy);

  if (!copied)
    {
      g_prefix_error (error, "Could not back up to %s: ", path);
      vfs->xDelete (vfs, name, 0);
    }

  return copied;
}

gboolean
ls_sql_check (LsSql       *sql,
              LsSqlCheck   how,
              GError     **error)
{
  g_autoptr (GString) findings = g_string_new (NULL);
  gboolean full = how == LS_SQL_CHECK_FULL;
  int n_findings;

  g_return_val_if_fail (sql != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  n_findings = collect_findings (sql, full ? "PRAGMA integrity_check" : "PRAGMA quick_check",
                                 findings, error);
  if (n_findings == 0 && full)
    n_findings = collect_findings (sql,
                                   "SELECT 'row ' || ifnull (rowid, '?') || ' of ' || \"table\""
                                   " || ' refers to nothing in ' || parent"
                                   " FROM pragma_foreign_key_check",
                                   findings, error);

  if (n_findings > 0)
    {
      g_autofree char *words = g_utf8_make_valid (findings->str, (gssize) findings->len);

      g_set_error (error, LS_SQL_ERROR, LS_SQL_ERROR_CORRUPT, "The database is damaged: %s%s",
                   words, n_findings > MAX_FINDINGS ? "; and more" : "");
    }

  return n_findings == 0;
}

void
ls_sql_set_memory_limit (int64_t bytes)
{
  sqlite3_soft_heap_limit64 (bytes);
}

int64_t
ls_sql_get_memory_used (void)
{
  return sqlite3_memory_used ();
}
