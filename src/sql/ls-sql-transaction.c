/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-sql"

#include "config.h"

#include "sql/ls-sql-transaction.h"

#include "sql/ls-sql-private.h"

#define MAX_SAVEPOINTS 32

struct _LsSqlSavepoint {
  LsSql   *sql; /* a reference */
  unsigned depth; /* from 1 */
};

static const char *
begin_to_text (LsSqlBegin how)
{
  switch (how)
    {
    case LS_SQL_BEGIN_IMMEDIATE:
      return "BEGIN IMMEDIATE";
    case LS_SQL_BEGIN_DEFERRED:
    case LS_SQL_BEGIN_READ:
    default:
      return "BEGIN DEFERRED";
    }
}

/* A rollback must not fail because rows of some statement were not read to their end. */
static void
reset_all_statements (LsSql *sql)
{
  for (sqlite3_stmt *stmt = sqlite3_next_stmt (sql->db, NULL);
       stmt != NULL;
       stmt = sqlite3_next_stmt (sql->db, stmt))
    {
      if (sqlite3_stmt_busy (stmt))
        sqlite3_reset (stmt);
    }
}

static void
roll_back (LsSql *sql)
{
  int code;

  if (sqlite3_get_autocommit (sql->db))
    return;

  code = ls_sql_control (sql, "ROLLBACK");
  if (!sqlite3_get_autocommit (sql->db))
    {
      reset_all_statements (sql);
      code = ls_sql_control (sql, "ROLLBACK");
    }

  if (!sqlite3_get_autocommit (sql->db))
    g_critical ("Could not roll back: %s", ls_sql_code_to_string (code));
}

/* SQLite holds padding to whole sectors necessary unless the device overwrites safely. Then the
 * commit mark may be on disk before the write that fails. */
static gboolean
commit_mark_is_last_write (LsSql *sql)
{
  sqlite3_file *file = NULL;

  sqlite3_file_control (sql->db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
  if (file == NULL || file->pMethods == NULL)
    return FALSE;

  return (file->pMethods->xDeviceCharacteristics (file) & SQLITE_IOCAP_POWERSAFE_OVERWRITE) != 0;
}

/* What a failed COMMIT means. The frame with the commit mark is the last thing written; a sync
 * comes after it. So whatever fails before that write leaves nothing behind that a recovery would
 * take for committed, while after a failed sync the whole transaction may stand in the log, and the
 * next process that opens the file finds it. Which of the two an I/O error was cannot be told from
 * its code alone. With a rollback journal its removal takes the place of the mark. */
static LsSqlCommit
judge_failed_commit (LsSql *sql,
                     int    code)
{
  switch (code & 0xff)
    {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_CONSTRAINT:
    case SQLITE_ERROR:
    case SQLITE_MISUSE:
    case SQLITE_READONLY:
      return LS_SQL_COMMIT_FAILED;
    case SQLITE_INTERRUPT:
      /* Before the commit it leaves the transaction open. */
      return sqlite3_get_autocommit (sql->db) ? LS_SQL_COMMIT_UNKNOWN : LS_SQL_COMMIT_FAILED;
    case SQLITE_FULL:
      return commit_mark_is_last_write (sql) ? LS_SQL_COMMIT_FAILED : LS_SQL_COMMIT_UNKNOWN;
    default:
      return LS_SQL_COMMIT_UNKNOWN;
    }
}

static gboolean
pin_snapshot (LsSql   *sql,
              GError **error)
{
  int64_t one;

  return ls_sql_get_int64 (sql, &one, error, "SELECT count(*) FROM sqlite_schema", NULL)
         != LS_STEP_ERROR;
}

/* Ends the bookkeeping; the caller takes over the transaction's reference. */
static LsSql *
finish (LsSqlTransaction *transaction)
{
  LsSql *sql = g_steal_pointer (&transaction->sql);

  if (sql->n_savepoints != 0)
    g_critical ("A transaction ended before its savepoints");
  sql->n_savepoints = 0;

  return sql;
}

static int
savepoint_control (LsSql      *sql,
                   const char *verb,
                   unsigned    depth)
{
  char text[48];

  g_snprintf (text, sizeof text, "%s ls_%u", verb, depth);

  return ls_sql_control (sql, text);
}

static void
savepoint_undo (LsSqlSavepoint *savepoint)
{
  LsSql *sql = savepoint->sql;

  /* An outer one that ended first has taken this one with it. */
  if (sqlite3_get_autocommit (sql->db) || savepoint->depth > sql->n_savepoints)
    return;

  if (savepoint_control (sql, "ROLLBACK TO", savepoint->depth) != SQLITE_OK
      || savepoint_control (sql, "RELEASE", savepoint->depth) != SQLITE_OK)
    {
      /* Only memory can be short here. To lose all is safe, to keep a part is not. */
      g_debug ("Could not roll back to a savepoint; the transaction is given up");
      roll_back (sql);
    }
}

static void
savepoint_free (LsSqlSavepoint *savepoint)
{
  LsSql *sql = savepoint->sql;

  if (savepoint->depth <= sql->n_savepoints)
    sql->n_savepoints = savepoint->depth - 1;
  g_free (savepoint);
  ls_sql_unref (sql);
}

int
ls_sql_control (LsSql      *sql,
                const char *text)
{
  g_autoptr (LsStatement) statement = NULL;
  g_autoptr (GError) error = NULL;
  int code;

  sql->deaf++;
  statement = ls_sql_prepare (sql, text, &error);
  if (statement != NULL)
    {
      code = sqlite3_step (statement->stmt);
      if (code == SQLITE_DONE)
        code = SQLITE_OK;
    }
  else
    code = sql->extended_code;
  sql->deaf--;

  return code;
}

gboolean
ls_sql_transaction_is_lost (LsSql *sql)
{
  return sql->transaction.sql != NULL && sqlite3_get_autocommit (sql->db);
}

LsSqlTransaction *
ls_sql_begin (LsSql       *sql,
              LsSqlBegin   how,
              GError     **error)
{
  const char *text = begin_to_text (how);
  int code;

  g_return_val_if_fail (sql != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (sql->transaction.sql != NULL)
    {
      g_set_error (error, LS_SQL_ERROR, LS_SQL_ERROR_MISUSE, "A transaction is open already");
      return NULL;
    }

  if (sql->suspect && how != LS_SQL_BEGIN_READ)
    {
      g_set_error (error, LS_SQL_ERROR, LS_SQL_ERROR_IOERR,
                   "An earlier commit ended unknown (%s); the database must be opened again",
                   ls_sql_code_to_string (sql->extended_code));
      return NULL;
    }

  if (g_cancellable_is_cancelled (sql->cancellable))
    code = SQLITE_INTERRUPT;
  else
    code = ls_sql_control (sql, text);

  if (code != SQLITE_OK)
    {
      ls_sql_set_error (sql, code, text, error);
      return NULL;
    }

  if (how == LS_SQL_BEGIN_READ && !pin_snapshot (sql, error))
    {
      roll_back (sql);
      return NULL;
    }

  sql->transaction.sql = ls_sql_ref (sql);

  return &sql->transaction;
}

LsSqlCommit
ls_sql_commit (LsSqlTransaction  *transaction,
               GError           **error)
{
  g_autoptr (LsSql) sql = NULL;
  LsSqlCommit outcome;
  int code;

  g_return_val_if_fail (transaction != NULL && transaction->sql != NULL, LS_SQL_COMMIT_FAILED);
  g_return_val_if_fail (error == NULL || *error == NULL, LS_SQL_COMMIT_FAILED);

  if (ls_sql_transaction_is_lost (transaction->sql))
    {
      sql = finish (transaction);
      g_set_error (error, LS_SQL_ERROR, ls_sql_error_from_code (sql->extended_code),
                   "The transaction was rolled back before its commit, after an earlier error (%s)",
                   ls_sql_code_to_string (sql->extended_code));
      return LS_SQL_COMMIT_FAILED;
    }

  sql = finish (transaction);
  code = ls_sql_control (sql, "COMMIT");
  if (code == SQLITE_OK)
    return LS_SQL_COMMIT_OK;

  outcome = judge_failed_commit (sql, code);
  ls_sql_set_error (sql, code, "COMMIT", error);
  roll_back (sql);
  if (outcome == LS_SQL_COMMIT_UNKNOWN)
    sql->suspect = TRUE;

  return outcome;
}

void
ls_sql_rollback (LsSqlTransaction *transaction)
{
  g_autoptr (LsSql) sql = NULL;

  g_return_if_fail (transaction != NULL && transaction->sql != NULL);

  sql = finish (transaction);
  roll_back (sql);
}

gboolean
ls_sql_in_transaction (LsSql *sql)
{
  g_return_val_if_fail (sql != NULL, FALSE);

  return !sqlite3_get_autocommit (sql->db);
}

LsSqlSavepoint *
ls_sql_savepoint (LsSql   *sql,
                  GError **error)
{
  LsSqlSavepoint *savepoint;
  int code;

  g_return_val_if_fail (sql != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  /* Outside of a transaction a savepoint would begin one, and its release commit. */
  if (sql->transaction.sql == NULL || ls_sql_transaction_is_lost (sql))
    {
      g_set_error (error, LS_SQL_ERROR, LS_SQL_ERROR_MISUSE, "A savepoint needs a transaction");
      return NULL;
    }

  if (sql->n_savepoints == MAX_SAVEPOINTS)
    {
      g_set_error (error, LS_SQL_ERROR, LS_SQL_ERROR_MISUSE, "More than %d savepoints",
                   MAX_SAVEPOINTS);
      return NULL;
    }

  code = savepoint_control (sql, "SAVEPOINT", sql->n_savepoints + 1);
  if (code != SQLITE_OK)
    {
      ls_sql_set_error (sql, code, "SAVEPOINT", error);
      return NULL;
    }

  savepoint = g_new0 (LsSqlSavepoint, 1);
  savepoint->sql = ls_sql_ref (sql);
  savepoint->depth = ++sql->n_savepoints;

  return savepoint;
}

gboolean
ls_sql_release (LsSqlSavepoint  *savepoint,
                GError         **error)
{
  LsSql *sql;
  int code;

  g_return_val_if_fail (savepoint != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  sql = savepoint->sql;

  if (ls_sql_transaction_is_lost (sql))
    {
      g_set_error (error, LS_SQL_ERROR, LS_SQL_ERROR_MISUSE,
                   "The transaction was rolled back after an earlier error (%s)",
                   ls_sql_code_to_string (sql->extended_code));
      savepoint_free (savepoint);
      return FALSE;
    }

  if (savepoint->depth != sql->n_savepoints)
    {
      g_set_error (error, LS_SQL_ERROR, LS_SQL_ERROR_MISUSE,
                   "Only the innermost savepoint can end");
      savepoint_undo (savepoint);
      savepoint_free (savepoint);
      return FALSE;
    }

  code = savepoint_control (sql, "RELEASE", savepoint->depth);
  if (code != SQLITE_OK)
    {
      ls_sql_set_error (sql, code, "RELEASE", error);
      savepoint_undo (savepoint);
    }

  savepoint_free (savepoint);

  return code == SQLITE_OK;
}

void
ls_sql_rollback_to (LsSqlSavepoint *savepoint)
{
  g_return_if_fail (savepoint != NULL);

  savepoint_undo (savepoint);
  savepoint_free (savepoint);
}
