/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-backup"

#include "config.h"

#include "server/ls-backup.h"

#include <errno.h>

#include <gio/gio.h>
#include <glib/gstdio.h>

#include "server/ls-data-dir.h"
#include "server/ls-storage-sqlite.h"
#include "sql/ls-sql-maintenance.h"
#include "sql/ls-sql.h"

/*
 * A backup is a data folder with the two databases: the shops and the users. The file of users is
 * what makes a folder a data folder; it is copied last, so what was interrupted is none.
 */

static const char *const databases[] = { LS_STORAGE_FILE, "access.db" };

/* What belongs to the history that a restore ends, beside the databases. */
static const char *const leavings[] = {
  "access.db", "access.db-wal", "access.db-shm", LS_STORAGE_FILE, LS_STORAGE_FILE "-wal",
  LS_STORAGE_FILE "-shm", "jobs", "snapshots",
};

static bool
copy_database (LsEnvironment  *environment,
               const char     *from,
               const char     *to,
               const char     *name,
               GError        **error)
{
  LsSqlOptions options = { .vfs = ls_environment_get_vfs (environment) };
  g_autofree char *source = g_build_filename (from, name, NULL);
  g_autofree char *target = g_build_filename (to, name, NULL);
  g_autoptr (LsSql) sql = ls_sql_open (source, LS_SQL_READ_ONLY, &options, error);

  return sql != NULL && ls_sql_backup (sql, target, NULL, NULL, NULL, error) &&
         (!g_str_equal (name, LS_STORAGE_FILE) ||
          ls_storage_sqlite_mark_copy (environment, target, error));
}

static bool
copy_databases (LsEnvironment  *environment,
                const char     *from,
                const char     *to,
                GError        **error)
{
  for (size_t i = 0; i < G_N_ELEMENTS (databases); i++)
    if (!copy_database (environment, from, to, databases[i], error))
      return false;
  return true;
}

/**
 * ls_backup_make:
 * @environment: clock and file system
 * @data: a data folder; a server may be running on it
 * @folder: where to put the backup: does not exist, or is empty
 * @error: where to put why not
 *
 * Copies a data folder as it is at this moment, each database for itself. Blocks: about as long as
 * to write the files.
 *
 * Returns: whether it is there, synced
 */
bool
ls_backup_make (LsEnvironment  *environment,
                const char     *data,
                const char     *folder,
                GError        **error)
{
  return ls_data_dir_check (data, error) && ls_data_dir_create (folder, error) &&
         copy_databases (environment, data, folder, error);
}

/**
 * ls_backup_check:
 * @environment: file system
 * @folder: a backup
 * @error: where to put what is wrong with it
 *
 * Reads a backup through and looks for damage.
 *
 * Returns: whether it is whole
 */
bool
ls_backup_check (LsEnvironment  *environment,
                 const char     *folder,
                 GError        **error)
{
  LsSqlOptions options = { .vfs = ls_environment_get_vfs (environment) };

  if (!ls_data_dir_check (folder, error))
    return false;
  for (size_t i = 0; i < G_N_ELEMENTS (databases); i++)
    {
      g_autofree char *path = g_build_filename (folder, databases[i], NULL);
      g_autoptr (LsSql) sql = ls_sql_open (path, LS_SQL_READ_ONLY, &options, error);

      if (sql == NULL || !ls_sql_check (sql, LS_SQL_CHECK_FULL, error))
        {
          g_prefix_error (error, "%s: ", path);
          return false;
        }
    }
  return true;
}

static bool
move_away (const char  *data,
           const char  *old,
           GError     **error)
{
  if (g_mkdir_with_parents (old, 0700) < 0)
    {
      g_set_error (error, G_IO_ERROR, (int) g_io_error_from_errno (errno), "%s: %s", old,
                   g_strerror (errno));
      return false;
    }
  for (size_t i = 0; i < G_N_ELEMENTS (leavings); i++)
    {
      g_autofree char *from = g_build_filename (data, leavings[i], NULL);
      g_autofree char *to = g_build_filename (old, leavings[i], NULL);

      if (g_rename (from, to) < 0 && errno != ENOENT)
        {
          g_set_error (error, G_IO_ERROR, (int) g_io_error_from_errno (errno), "%s: %s", from,
                       g_strerror (errno));
          return false;
        }
    }
  return true;
}

/**
 * ls_backup_restore:
 * @environment: clock and file system
 * @folder: a backup
 * @data: the data folder to put it into; made if it is not there; no server may run on it
 * @ret_old: (out) (transfer full): where what was there is now
 * @error: where to put why not
 *
 * Puts a backup in the place of what a data folder has, which is moved into a folder beside it. All
 * shops begin a new epoch when they are opened next.
 *
 * Returns: whether it is done; if not, a second try does it, or what was moved is put back by hand
 */
bool
ls_backup_restore (LsEnvironment  *environment,
                   const char     *folder,
                   const char     *data,
                   char          **ret_old,
                   GError        **error)
{
  g_autoptr (LsDataLock) lock = NULL;
  g_autofree char *name = g_strdup_printf ("before-restore-%" G_GINT64_FORMAT,
                                           ls_environment_now (environment) / G_USEC_PER_SEC);
  g_autofree char *old = g_build_filename (data, name, NULL);

  if (!ls_backup_check (environment, folder, error))
    return false;
  if (!g_file_test (data, G_FILE_TEST_IS_DIR) && !ls_data_dir_create (data, error))
    return false;
  lock = ls_data_dir_lock (data, error);
  if (lock == NULL)
    {
      g_prefix_error (error, "this needs the folder for itself; stop the server first: ");
      return false;
    }
  if (!move_away (data, old, error) || !copy_databases (environment, folder, data, error))
    return false;
  *ret_old = g_steal_pointer (&old);
  return true;
}
