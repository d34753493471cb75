/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-sql"

#include "config.h"

#include "sql/ls-sql.h"

#include <string.h>

#include "sql/ls-sql-private.h"

#define DEFAULT_BUSY_TIMEOUT_MS 5000
#define DEFAULT_CACHE_KIB 8192
#define DEFAULT_CACHED_STATEMENTS 64
#define DEFAULT_AUTOCHECKPOINT 1000

static gboolean
get_number (LsSql       *sql,
            const char  *text,
            int64_t     *value,
            GError     **error)
{
  LsStep step = ls_sql_get_int64 (sql, value, error, text, NULL);

  if (step == LS_STEP_DONE)
    g_set_error (error, LS_SQL_ERROR, LS_SQL_ERROR_SETTING, "“%s” has no answer", text);

  return step == LS_STEP_ROW;
}

/* Sets a pragma and reads back what became of it. */
static gboolean
set_number (LsSql       *sql,
            const char  *pragma,
            int64_t      wanted,
            GError     **error)
{
  g_autofree char *set = g_strdup_printf ("PRAGMA %s = %" G_GINT64_FORMAT, pragma, wanted);
  g_autofree char *get = g_strdup_printf ("PRAGMA %s", pragma);
  int64_t actual = 0;

  if (!ls_sql_exec (sql, set, error) || !get_number (sql, get, &actual, error))
    return FALSE;

  if (actual != wanted)
    {
      g_set_error (error, LS_SQL_ERROR, LS_SQL_ERROR_SETTING,
                   "%s is %" G_GINT64_FORMAT " and not %" G_GINT64_FORMAT,
                   pragma, actual, wanted);
      return FALSE;
    }

  return TRUE;
}

/* Sets a switch that exists only as a call. */
static gboolean
set_switch (LsSql       *sql,
            int          which,
            const char  *name,
            int          wanted,
            GError     **error)
{
  int actual = -1;
  int code = sqlite3_db_config (sql->db, which, wanted, &actual);

  if (code != SQLITE_OK || actual != wanted)
    {
      g_set_error (error, LS_SQL_ERROR, LS_SQL_ERROR_SETTING,
                   "%s is %d and not %d", name, actual, wanted);
      return FALSE;
    }

  return TRUE;
}

static gboolean
set_journal_mode (LsSql               *sql,
                  const LsSqlOptions  *options,
                  GError             **error)
{
  const char *wanted = "wal";
  const char *text = "PRAGMA journal_mode = WAL";
  g_autofree char *actual = NULL;

  if (sql->mode == LS_SQL_READ_ONLY)
    return TRUE;

  if (sql->mode == LS_SQL_MEMORY)
    {
      wanted = "memory";
      text = "PRAGMA journal_mode";
    }
  else if (options->flags & LS_SQL_OPTION_ROLLBACK_JOURNAL)
    {
      wanted = "delete";
      text = "PRAGMA journal_mode = DELETE";
    }

  if (ls_sql_get_text (sql, &actual, error, text, NULL) == LS_STEP_ERROR)
    return FALSE;

  if (g_strcmp0 (actual, wanted) != 0)
    {
      g_set_error (error, LS_SQL_ERROR, LS_SQL_ERROR_SETTING,
                   "journal_mode is %s and not %s", actual, wanted);
      return FALSE;
    }

  return TRUE;
}

static int64_t
sync_to_pragma (LsSqlSync sync)
{
  switch (sync)
    {
    case LS_SQL_SYNC_NORMAL:
      return 1;
    case LS_SQL_SYNC_EXTRA:
      return 3;
    case LS_SQL_SYNC_FULL:
    default:
      return 2;
    }
}

static gboolean
apply_settings (LsSql               *sql,
                const LsSqlOptions  *options,
                GError             **error)
{
  int64_t cache_kib = options->cache_kib != 0 ? options->cache_kib : DEFAULT_CACHE_KIB;
  int64_t foreign_keys = !(options->flags & LS_SQL_OPTION_NO_FOREIGN_KEYS);
  int64_t autocheckpoint = DEFAULT_AUTOCHECKPOINT;

  if (options->flags & LS_SQL_OPTION_NO_AUTOCHECKPOINT)
    autocheckpoint = 0;

  return set_journal_mode (sql, options, error)
         && set_number (sql, "synchronous", sync_to_pragma (options->sync), error)
         && set_number (sql, "foreign_keys", foreign_keys, error)
         && set_number (sql, "cache_size", -cache_kib, error)
         && set_number (sql, "wal_autocheckpoint", autocheckpoint, error);
}

/* Before anything is read: what reading itself depends on. */
static gboolean
apply_switches (LsSql               *sql,
                const LsSqlOptions  *options,
                GError             **error)
{
  int timeout = options->busy_timeout_ms;
  int64_t actual = -1;

  if (timeout == 0)
    timeout = DEFAULT_BUSY_TIMEOUT_MS;
  timeout = MAX (timeout, 0);

  sqlite3_extended_result_codes (sql->db, 1);
  sqlite3_busy_timeout (sql->db, timeout);

  if (!get_number (sql, "PRAGMA busy_timeout", &actual, error))
    return FALSE;
  if (actual != timeout)
    {
      g_set_error (error, LS_SQL_ERROR, LS_SQL_ERROR_SETTING,
                   "busy_timeout is %" G_GINT64_FORMAT " and not %d", actual, timeout);
      return FALSE;
    }

  /* A file that is refused must not get its log moved in when it is closed again. */
  return set_switch (sql, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, "no_checkpoint_on_close", 1, error)
         && set_switch (sql, SQLITE_DBCONFIG_DEFENSIVE, "defensive", 1, error)
         && set_switch (sql, SQLITE_DBCONFIG_TRUSTED_SCHEMA, "trusted_schema", 0, error)
         && set_switch (sql, SQLITE_DBCONFIG_DQS_DML, "dqs_dml", 0, error)
         && set_switch (sql, SQLITE_DBCONFIG_DQS_DDL, "dqs_ddl", 0, error);
}

/* Mapped files turn an I/O error into a signal. An SQLite without mapping has no such pragma. */
static gboolean
forbid_mmap (LsSql   *sql,
             GError **error)
{
  int64_t actual = 0;
  LsStep step;

  step = ls_sql_get_int64 (sql, &actual, error, "PRAGMA mmap_size = 0", NULL);
  if (step == LS_STEP_ROW && actual != 0)
    {
      g_set_error (error, LS_SQL_ERROR, LS_SQL_ERROR_SETTING,
                   "mmap_size is %" G_GINT64_FORMAT " and not 0", actual);
      return FALSE;
    }

  return step != LS_STEP_ERROR;
}

/* Also the first look into the file: what is no database shows here. */
static gboolean
check_identity (LsSql               *sql,
                const LsSqlOptions  *options,
                GError             **error)
{
  int64_t actual = 0;
  int64_t n_objects = 0;

  if (!get_number (sql, "SELECT count(*) FROM sqlite_schema", &n_objects, error)
      || !get_number (sql, "PRAGMA application_id", &actual, error))
    return FALSE;

  /* The pragma reads it as a signed number. */
  if (options->application_id == 0 || (uint32_t) (int32_t) actual == options->application_id)
    return TRUE;

  if (actual != 0 || n_objects != 0 || sql->mode == LS_SQL_READ_ONLY)
    {
      g_set_error (error, LS_SQL_ERROR, LS_SQL_ERROR_FOREIGN,
                   "The file belongs to another application "
                   "(its application id is %08x and not %08x)",
                   (uint32_t) (int32_t) actual, options->application_id);
      return FALSE;
    }

  return set_number (sql, "application_id", (int32_t) options->application_id, error);
}

static gboolean
set_up (LsSql               *sql,
        const LsSqlOptions  *options,
        GError             **error)
{
  return apply_switches (sql, options, error)
         && forbid_mmap (sql, error)
         && check_identity (sql, options, error)
         && apply_settings (sql, options, error)
         && set_switch (sql, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, "no_checkpoint_on_close", 0, error);
}

static int
mode_to_flags (LsSqlMode mode)
{
  switch (mode)
    {
    case LS_SQL_EXISTING:
      return SQLITE_OPEN_READWRITE;
    case LS_SQL_READ_ONLY:
      return SQLITE_OPEN_READONLY;
    case LS_SQL_MEMORY:
      return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY;
    case LS_SQL_READ_WRITE:
    default:
      return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    }
}

char *
ls_sql_literal_path (const char *path)
{
  if (g_str_has_prefix (path, "file:") || path[0] == ':')
    return g_strconcat ("./", path, NULL);

  return g_strdup (path);
}

LsSql *
ls_sql_open (const char          *path,
             LsSqlMode            mode,
             const LsSqlOptions  *options,
             GError             **error)
{
  static const LsSqlOptions defaults = { 0 };
  g_autoptr (LsSql) sql = NULL;
  g_autofree char *name = NULL;
  int code;

  g_return_val_if_fail (path != NULL || mode == LS_SQL_MEMORY, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (options == NULL)
    options = &defaults;

  if (mode == LS_SQL_MEMORY)
    path = NULL;
  else if (*path == '\0')
    {
      /* SQLite would open a temporary database. */
      g_set_error (error, LS_SQL_ERROR, LS_SQL_ERROR_CANTOPEN, "The name of the database is empty");
      return NULL;
    }

  name = path != NULL ? ls_sql_literal_path (path) : g_strdup (":memory:");

  sql = g_atomic_rc_box_new0 (LsSql);
  sql->path = g_strdup (path);
  sql->vfs = g_strdup (options->vfs);
  sql->mode = mode;
  sql->idle = ls_statement_table_new ();
  sql->n_cached_statements = options->n_cached_statements;
  if (sql->n_cached_statements == 0)
    sql->n_cached_statements = DEFAULT_CACHED_STATEMENTS;

  code = sqlite3_open_v2 (name, &sql->db, mode_to_flags (mode) | SQLITE_OPEN_NOMUTEX, options->vfs);
  if (code != SQLITE_OK)
    ls_sql_set_error (sql, code, NULL, error);

  if (code != SQLITE_OK || !set_up (sql, options, error))
    {
      g_prefix_error (error, "Could not open the database %s: ", path != NULL ? path : name);
      return NULL;
    }

  ls_sql_clear_statements (sql);

  return g_steal_pointer (&sql);
}
