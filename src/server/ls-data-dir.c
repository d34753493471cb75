/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-data-dir"

#include "config.h"

#include "server/ls-data-dir.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gio/gio.h>
#include <glib/gstdio.h>

#include "core/ls-error.h"

#define LOCK_FILE "lock"
#define ADDRESS_FILE "address"

struct _LsDataLock {
  int fd;
};

static bool
fail (GError    **error,
      const char *path,
      int         code)
{
  g_set_error (error, G_IO_ERROR, (int) g_io_error_from_errno (code), "%s: %s", path,
               g_strerror (code));
  return false;
}

/**
 * ls_data_dir_create:
 * @path: a folder that does not exist, or is empty
 * @error: where to put why not
 *
 * Makes a data folder that only its owner can enter.
 *
 * Returns: whether it is there
 */
bool
ls_data_dir_create (const char *path,
                    GError    **error)
{
  g_autoptr (GDir) dir = NULL;

  if (g_mkdir_with_parents (path, 0700) < 0)
    return fail (error, path, errno);
  dir = g_dir_open (path, 0, error);
  if (dir == NULL)
    return false;
  if (g_dir_read_name (dir) != NULL)
    {
      g_set_error (error, LS_ERROR, LS_ERROR_VALIDATION, "%s: the folder is not empty", path);
      return false;
    }
  return g_chmod (path, 0700) == 0 || fail (error, path, errno);
}

/**
 * ls_data_dir_check:
 * @path: a folder
 * @error: where to put why not
 *
 * Tells whether `lockstepd init` was here, and warns of a folder that others may enter.
 *
 * Returns: whether it is a data folder
 */
bool
ls_data_dir_check (const char *path,
                   GError    **error)
{
  g_autofree char *access = g_build_filename (path, "access.db", NULL);
  struct stat status, inside;

  if (stat (path, &status) < 0)
    return fail (error, path, errno);
  if (stat (access, &inside) < 0 && errno != ENOENT && errno != ENOTDIR)
    return fail (error, access, errno);
  if (!g_file_test (access, G_FILE_TEST_IS_REGULAR))
    {
      g_set_error (error, LS_ERROR, LS_ERROR_VALIDATION,
                   "%s: not a data folder; make one by: lockstepd init --data %s", path, path);
      return false;
    }
  if (status.st_mode & 0077)
    g_message ("%s can be entered by others; better: chmod 700 %s", path, path);
  return true;
}

/**
 * ls_data_dir_lock:
 * @path: a data folder
 * @error: where to put why not; %LS_ERROR_STORAGE when another process has it
 *
 * Takes the folder for this process. Does not wait.
 *
 * Returns: (transfer full) (nullable): the lock
 */
LsDataLock *
ls_data_dir_lock (const char *path,
                  GError    **error)
{
  g_autofree char *file = g_build_filename (path, LOCK_FILE, NULL);
  LsDataLock *lock;
  int fd = open (file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

  if (fd < 0)
    {
      fail (error, file, errno);
      return NULL;
    }
  if (flock (fd, LOCK_EX | LOCK_NB) < 0)
    {
      if (errno == EWOULDBLOCK)
        g_set_error (error, LS_ERROR, LS_ERROR_STORAGE,
                     "%s: another lockstepd works on this folder", path);
      else
        fail (error, file, errno);
      close (fd);
      return NULL;
    }
  lock = g_new0 (LsDataLock, 1);
  lock->fd = fd;
  return lock;
}

/**
 * ls_data_lock_free:
 * @lock: (transfer full): a lock
 *
 * Gives the folder free.
 */
void
ls_data_lock_free (LsDataLock *lock)
{
  close (lock->fd);
  g_free (lock);
}

/**
 * ls_data_dir_write_address:
 * @path: a data folder
 * @urls: (array zero-terminated=1): where its server listens
 * @error: where to put why not
 *
 * Writes the file `address`, one address a line, whole or not at all: who waits for the server to
 * be ready waits for it.
 *
 * Returns: whether it is written
 */
bool
ls_data_dir_write_address (const char        *path,
                           const char *const *urls,
                           GError           **error)
{
  g_autofree char *file = g_build_filename (path, ADDRESS_FILE, NULL);
  g_autofree char *lines = g_strjoinv ("\n", (char **) urls);
  g_autofree char *text = g_strconcat (lines, "\n", NULL);

  return g_file_set_contents_full (file, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
}

/**
 * ls_data_dir_read_address:
 * @path: a data folder
 * @error: where to put why not
 *
 * Returns: (transfer full) (nullable): the first address that the folder's server listens on
 */
char *
ls_data_dir_read_address (const char *path,
                          GError    **error)
{
  g_autofree char *file = g_build_filename (path, ADDRESS_FILE, NULL);
  char *text = NULL;

  if (!g_file_get_contents (file, &text, NULL, NULL))
    {
      g_set_error (error, LS_ERROR, LS_ERROR_NETWORK, "%s: no server is running on this folder",
                   path);
      return NULL;
    }
  text[strcspn (text, "\n")] = '\0';
  return text;
}

/**
 * ls_data_dir_clear_address:
 * @path: a data folder
 *
 * Takes the file `address` away.
 */
void
ls_data_dir_clear_address (const char *path)
{
  g_autofree char *file = g_build_filename (path, ADDRESS_FILE, NULL);

  g_unlink (file);
}
