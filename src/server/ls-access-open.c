/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-access"

#include "config.h"

#include "server/ls-access.h"

#include <sodium.h>

#include "core/ls-error.h"
#include "server/ls-access-private.h"
#include "sql/ls-migration.h"

/* "LSac" */
#define APPLICATION_ID 0x4c536163

static const char first_script[] =
    "CREATE TABLE users ("
    "  user TEXT NOT NULL PRIMARY KEY,"
    "  password TEXT,"
    "  made INTEGER NOT NULL"
    ");"
    "CREATE TABLE roles ("
    "  user TEXT NOT NULL REFERENCES users ON DELETE CASCADE,"
    "  shop TEXT NOT NULL,"
    "  role TEXT NOT NULL,"
    "  PRIMARY KEY (user, shop)"
    ") WITHOUT ROWID;"
    "CREATE TABLE tokens ("
    "  hash TEXT NOT NULL UNIQUE,"
    "  user TEXT NOT NULL REFERENCES users ON DELETE CASCADE,"
    "  device TEXT,"
    "  made INTEGER NOT NULL,"
    "  expires INTEGER NOT NULL"
    ");"
    "CREATE INDEX tokens_by_user ON tokens (user);"
    "CREATE TABLE clients ("
    "  client TEXT NOT NULL UNIQUE,"
    "  user TEXT NOT NULL REFERENCES users ON DELETE CASCADE,"
    "  device TEXT,"
    "  made INTEGER NOT NULL"
    ");"
    "CREATE INDEX clients_by_user ON clients (user);";

static const LsMigration migrations[] = {
  { 1, "users, roles, tokens and clients", first_script, NULL },
};

static LsSql *
open_file (LsAccess *access,
           GError  **error)
{
  LsSqlOptions options = {
    .vfs = ls_environment_get_vfs (access->environment),
    .application_id = APPLICATION_ID,
    .sync = LS_SQL_SYNC_FULL,
    .cache_kib = 1024,
  };

  access->n_opened++;
  return ls_sql_open (access->path, LS_SQL_READ_WRITE, &options, error);
}

/* Takes the lock. After a commit whose end is not known the connection takes no other: another one
 * finds out what is there. While the disk does not let it open, what is asked of the old one fails
 * and says why. */
void
ls_access_lock (LsAccess *access)
{
  LsSql *sql;

  g_mutex_lock (&access->lock);
  if (!ls_sql_is_suspect (access->sql) || (sql = open_file (access, NULL)) == NULL)
    return;
  ls_sql_unref (access->sql);
  access->sql = sql;
}

/**
 * ls_access_open:
 * @environment: clock, randomness, VFS
 * @data_dir: the data folder, which must exist
 * @error: where to put why not
 *
 * Opens `access.db`, making it when it is not there.
 *
 * Returns: (transfer full) (nullable): users and their rights
 */
LsAccess *
ls_access_open (LsEnvironment *environment,
                const char    *data_dir,
                GError       **error)
{
  g_autoptr (LsAccess) access = g_new0 (LsAccess, 1);
  LsMigrationPlan plan = {
    .application_id = APPLICATION_ID,
    .migrations = migrations,
    .n_migrations = G_N_ELEMENTS (migrations),
    .flags = LS_MIGRATION_BACKUP,
  };

  access->environment = g_object_ref (environment);
  access->path = g_build_filename (data_dir, "access.db", NULL);
  g_mutex_init (&access->lock);
  if (sodium_init () < 0)
    {
      g_set_error_literal (error, LS_ERROR, LS_ERROR_STORAGE, "libsodium can't start");
      return NULL;
    }
  access->sql = open_file (access, error);
  if (access->sql == NULL || !ls_migration_apply (access->sql, &plan, NULL, error))
    {
      g_prefix_error (error, "%s: ", access->path);
      return NULL;
    }
  return g_steal_pointer (&access);
}

/**
 * ls_access_free:
 * @access: (transfer full): users and their rights
 *
 * Closes the file.
 */
void
ls_access_free (LsAccess *access)
{
  g_clear_pointer (&access->sql, ls_sql_unref);
  g_clear_object (&access->environment);
  g_free (access->path);
  g_mutex_clear (&access->lock);
  g_free (access);
}
