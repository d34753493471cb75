/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-sql"

#include "config.h"

#include "sql/ls-migration.h"

#include "sql/ls-sql-private.h"

static const char *
describe_file (LsSql *sql)
{
  return sql->path != NULL ? sql->path : "in memory";
}

static gboolean
check_plan (const LsMigrationPlan  *plan,
            GError                **error)
{
  for (size_t i = 0; i < plan->n_migrations; i++)
    {
      const LsMigration *migration = &plan->migrations[i];

      if (migration->version != i + 1
          || (migration->script == NULL && migration->run == NULL))
        {
          g_set_error (error, LS_SQL_ERROR, LS_SQL_ERROR_MISUSE,
                       "Migration %" G_GSIZE_FORMAT " of the plan is numbered %u or empty",
                       i + 1, migration->version);
          return FALSE;
        }
    }

  return TRUE;
}

static gboolean
check_application (LsSql                  *sql,
                   const LsMigrationPlan  *plan,
                   GError                **error)
{
  int64_t actual = 0;

  if (plan->application_id == 0)
    return TRUE;

  if (ls_sql_get_int64 (sql, &actual, error, "PRAGMA application_id", NULL) != LS_STEP_ROW)
    return FALSE;

  if ((uint32_t) (int32_t) actual != plan->application_id)
    {
      g_set_error (error, LS_SQL_ERROR, LS_SQL_ERROR_FOREIGN,
                   "The database %s belongs to another application "
                   "(its application id is %08x and not %08x)",
                   describe_file (sql), (uint32_t) (int32_t) actual, plan->application_id);
      return FALSE;
    }

  return TRUE;
}

/* Whether what was found may be migrated at all. */
static gboolean
check_version (LsSql                  *sql,
               const LsMigrationPlan  *plan,
               unsigned                version,
               GError                **error)
{
  int64_t n_objects = 0;

  if (version > plan->n_migrations)
    {
      g_set_error (error, LS_SQL_ERROR, LS_SQL_ERROR_TOO_NEW,
                   "The database %s was written by a newer version of this program "
                   "(its schema is version %u, this program knows %" G_GSIZE_FORMAT ")",
                   describe_file (sql), version, plan->n_migrations);
      return FALSE;
    }

  if (version == 0)
    {
      /* One statement sees one state: another process may have migrated since the version was read. */
      if (ls_sql_get_int64 (sql, &n_objects, error,
                            "SELECT count(*) FROM sqlite_schema "
                            "WHERE (SELECT user_version FROM pragma_user_version) = 0",
                            NULL)
          != LS_STEP_ROW)
        return FALSE;

      if (n_objects > 0)
        {
          g_set_error (error, LS_SQL_ERROR, LS_SQL_ERROR_FOREIGN,
                       "The database %s has tables but no schema version", describe_file (sql));
          return FALSE;
        }
    }

  if (version < plan->n_migrations && sql->mode == LS_SQL_READ_ONLY)
    {
      g_set_error (error, LS_SQL_ERROR, LS_SQL_ERROR_OUTDATED,
                   "The schema of the database %s is version %u and must be migrated to "
                   "%" G_GSIZE_FORMAT ", but it is open read-only",
                   describe_file (sql), version, plan->n_migrations);
      return FALSE;
    }

  return TRUE;
}

static gboolean
back_up_old_file (LsSql     *sql,
                  unsigned   version,
                  GError   **error)
{
  g_autofree char *path = g_strdup_printf ("%s.v%u.bak", sql->path, version);
  g_autofree char *name = ls_sql_literal_path (path);
  sqlite3_vfs *vfs = sqlite3_vfs_find (sql->vfs);

  /* One of an attempt that did not come to its end. That it is not there is the ordinary case. */
  vfs->xDelete (vfs, name, 0);

  return ls_sql_backup (sql, path, NULL, NULL, NULL, error);
}

static gboolean
check_foreign_keys (LsSql   *sql,
                    GError **error)
{
  g_autofree char *finding = NULL;
  LsStep step;

  step = ls_sql_get_text (sql, &finding, error,
                          "SELECT \"table\" || ' to ' || parent FROM pragma_foreign_key_check"
                          " LIMIT 1",
                          NULL);
  if (step == LS_STEP_ROW)
    g_set_error (error, LS_SQL_ERROR, LS_SQL_ERROR_CONSTRAINT,
                 "It leaves a foreign key without its row, from %s", finding);

  return step == LS_STEP_DONE;
}

static gboolean
run_migration (LsSql                  *sql,
               const LsMigrationPlan  *plan,
               const LsMigration      *migration,
               GError                **error)
{
  g_autoptr (LsSqlTransaction) transaction = NULL;
  g_autofree char *set_version = NULL;
  unsigned version = 0;

  transaction = ls_sql_begin (sql, LS_SQL_BEGIN_IMMEDIATE, error);
  if (transaction == NULL || !ls_migration_get_version (sql, &version, error))
    return FALSE;

  /* Another process was faster. */
  if (version >= migration->version)
    return TRUE;

  if (migration->script != NULL && !ls_sql_exec (sql, migration->script, error))
    return FALSE;

  if (migration->run != NULL && !migration->run (sql, plan->user_data, error))
    return FALSE;

  set_version = g_strdup_printf ("PRAGMA user_version = %u", migration->version);
  if (!check_foreign_keys (sql, error) || !ls_sql_exec (sql, set_version, error))
    return FALSE;

  return ls_sql_commit (g_steal_pointer (&transaction), error) == LS_SQL_COMMIT_OK;
}

static gboolean
run_migrations (LsSql                  *sql,
                const LsMigrationPlan  *plan,
                unsigned                version,
                GError                **error)
{
  for (size_t i = version; i < plan->n_migrations; i++)
    {
      const LsMigration *migration = &plan->migrations[i];

      if (!run_migration (sql, plan, migration, error))
        {
          g_prefix_error (error, "Could not migrate the database %s to version %u (%s): ",
                          describe_file (sql), migration->version, migration->description);
          return FALSE;
        }

      g_debug ("Migrated %s to version %u: %s",
               describe_file (sql), migration->version, migration->description);
    }

  /* Another process may have known more. */
  return ls_migration_get_version (sql, &version, error)
         && check_version (sql, plan, version, error);
}

/* Turned off around the migrations: dropping a table that others refer to would empty those. */
static gboolean
switch_foreign_keys (LsSql   *sql,
                     int      wanted,
                     int     *before,
                     GError **error)
{
  int actual = -1;

  if (sqlite3_db_config (sql->db, SQLITE_DBCONFIG_ENABLE_FKEY, -1, before) != SQLITE_OK
      || sqlite3_db_config (sql->db, SQLITE_DBCONFIG_ENABLE_FKEY, wanted, &actual) != SQLITE_OK
      || actual != wanted)
    {
      g_set_error (error, LS_SQL_ERROR, LS_SQL_ERROR_SETTING,
                   "foreign_keys is %d and not %d", actual, wanted);
      return FALSE;
    }

  return TRUE;
}

gboolean
ls_migration_get_version (LsSql     *sql,
                          unsigned  *version,
                          GError   **error)
{
  int64_t value = 0;

  g_return_val_if_fail (sql != NULL, FALSE);
  g_return_val_if_fail (version != NULL, FALSE);

  if (ls_sql_get_int64 (sql, &value, error, "PRAGMA user_version", NULL) != LS_STEP_ROW)
    return FALSE;

  if (value < 0)
    {
      g_set_error (error, LS_SQL_ERROR, LS_SQL_ERROR_FOREIGN,
                   "The schema version of the database %s is %" G_GINT64_FORMAT,
                   describe_file (sql), value);
      return FALSE;
    }

  *version = (unsigned) value;

  return TRUE;
}

gboolean
ls_migration_apply (LsSql                  *sql,
                    const LsMigrationPlan  *plan,
                    unsigned               *from,
                    GError                **error)
{
  unsigned version = 0;
  int foreign_keys = 0;
  int ignored;
  gboolean migrated;

  g_return_val_if_fail (sql != NULL, FALSE);
  g_return_val_if_fail (plan != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (ls_sql_in_transaction (sql))
    {
      g_set_error (error, LS_SQL_ERROR, LS_SQL_ERROR_MISUSE, "No migration inside a transaction");
      return FALSE;
    }

  if (!check_plan (plan, error)
      || !check_application (sql, plan, error)
      || !ls_migration_get_version (sql, &version, error)
      || !check_version (sql, plan, version, error))
    return FALSE;

  if (from != NULL)
    *from = version;
  if (version == plan->n_migrations)
    return TRUE;

  if ((plan->flags & LS_MIGRATION_BACKUP) && version > 0 && sql->path != NULL
      && !back_up_old_file (sql, version, error))
    return FALSE;

  if (!switch_foreign_keys (sql, 0, &foreign_keys, error))
    return FALSE;

  migrated = run_migrations (sql, plan, version, error);

  /* The error of the migration says more than one of the way back. */
  return switch_foreign_keys (sql, foreign_keys, &ignored, migrated ? error : NULL) && migrated;
}
