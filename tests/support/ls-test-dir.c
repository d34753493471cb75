/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-test"

#include "config.h"

#include "ls-test-dir.h"

#include <glib/gstdio.h>

struct _LsTestDir {
  char *path;
};

static void
remove_tree (const char *path)
{
  if (g_file_test (path, G_FILE_TEST_IS_DIR) && !g_file_test (path, G_FILE_TEST_IS_SYMLINK))
    {
      g_autoptr (GDir) entries = g_dir_open (path, 0, NULL);
      const char *name;

      while (entries != NULL && (name = g_dir_read_name (entries)) != NULL)
        {
          g_autofree char *child = g_build_filename (path, name, NULL);

          remove_tree (child);
        }
    }

  g_remove (path);
}

LsTestDir *
ls_test_dir_new (void)
{
  g_autoptr (GError) error = NULL;
  LsTestDir *dir = g_new0 (LsTestDir, 1);

  dir->path = g_dir_make_tmp ("lockstep-test-XXXXXX", &error);
  g_assert_no_error (error);

  return dir;
}

void
ls_test_dir_free (LsTestDir *dir)
{
  remove_tree (dir->path);
  g_free (dir->path);
  g_free (dir);
}

const char *
ls_test_dir_get_path (LsTestDir *dir)
{
  return dir->path;
}

char *
ls_test_dir_file (LsTestDir  *dir,
                  const char *name)
{
  return g_build_filename (dir->path, name, NULL);
}
