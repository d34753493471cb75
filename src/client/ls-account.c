/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-account"

#include "config.h"

#include "client/ls-account.h"

#include <errno.h>
#include <glib/gstdio.h>

/**
 * ls_account_get_data_dir:
 * @server_url: the server's address
 * @user: the user
 *
 * Returns: (transfer full): the folder of the account, below the user's data; it need not exist
 */
char *
ls_account_get_data_dir (const char *server_url,
                         const char *user)
{
  g_autofree char *name = g_strconcat (server_url, "\n", user, NULL);
  g_autofree char *hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, name, -1);

  hash[32] = '\0';
  return g_build_filename (g_get_user_data_dir (), "lockstep", "accounts", hash, NULL);
}

/**
 * ls_account_remove_folder:
 * @path: the folder of an account
 * @error: where to put why not
 *
 * Removes the files in a folder and the folder; a cache has no folders in it. Waits for the disk.
 *
 * Returns: whether it is gone, or was never there
 */
gboolean
ls_account_remove_folder (const char *path,
                          GError    **error)
{
  g_autoptr (GError) failure = NULL;
  g_autoptr (GDir) folder = g_dir_open (path, 0, &failure);
  const char *name;

  if (g_error_matches (failure, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    return TRUE;
  if (folder == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&failure));
      return FALSE;
    }
  while ((name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *file = g_build_filename (path, name, NULL);

      if (g_unlink (file) != 0 && errno != ENOENT)
        {
          g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno), "%s: %s", file,
                       g_strerror (errno));
          return FALSE;
        }
    }
  if (g_rmdir (path) == 0 || errno == ENOENT)
    return TRUE;
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno), "%s: %s", path,
               g_strerror (errno));
  return FALSE;
}
