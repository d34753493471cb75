/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "server/ls-data-dir.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "core/ls-error.h"
#include "ls-test-dir.h"

/* The folder is what stands between two servers on one shop, and between an operator and a wrong path. */

static void
test_create (void)
{
  g_autoptr (LsTestDir) dir = ls_test_dir_new ();
  g_autofree char *path = ls_test_dir_file (dir, "data");
  g_autofree char *inside = g_build_filename (path, "note", NULL);
  g_autoptr (GError) error = NULL;
  GStatBuf status;

  g_assert_true (ls_data_dir_create (path, &error));
  g_assert_no_error (error);
  g_assert_cmpint (g_stat (path, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 0777, ==, 0700);

  /* An empty folder is taken, one with something in it is not. */
  g_assert_true (ls_data_dir_create (path, &error));
  g_assert_true (g_file_set_contents (inside, "keep me", -1, NULL));
  g_assert_false (ls_data_dir_create (path, &error));
  g_assert_error (error, LS_ERROR, LS_ERROR_VALIDATION);
  g_assert_true (g_file_test (inside, G_FILE_TEST_EXISTS));
}

static void
test_check (void)
{
  g_autoptr (LsTestDir) dir = ls_test_dir_new ();
  g_autofree char *missing = ls_test_dir_file (dir, "missing");
  g_autofree char *data = ls_test_dir_file (dir, "data");
  g_autofree char *access = g_build_filename (data, "access.db", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (ls_data_dir_check (missing, &error));
  g_assert_nonnull (strstr (error->message, g_strerror (ENOENT)));
  g_clear_error (&error);

  g_assert_true (ls_data_dir_create (data, NULL));
  g_assert_false (ls_data_dir_check (data, &error));
  g_assert_error (error, LS_ERROR, LS_ERROR_VALIDATION);
  g_assert_nonnull (strstr (error->message, "lockstepd init"));
  g_clear_error (&error);

  /* A file that is there but can not be reached is no missing one: nobody shall be told to make a
   * new folder over it. */
  g_assert_cmpint (symlink ("access.db", access), ==, 0);
  g_assert_false (ls_data_dir_check (data, &error));
  g_assert_nonnull (strstr (error->message, g_strerror (ELOOP)));
  g_assert_null (strstr (error->message, "lockstepd init"));
  g_clear_error (&error);

  g_assert_cmpint (g_unlink (access), ==, 0);
  g_assert_true (g_file_set_contents (access, "", 0, NULL));
  g_assert_true (ls_data_dir_check (data, &error));
  g_assert_no_error (error);
}

static void
test_lock (void)
{
  g_autoptr (LsTestDir) dir = ls_test_dir_new ();
  const char *path = ls_test_dir_get_path (dir);
  g_autoptr (LsDataLock) lock = NULL;
  g_autoptr (LsDataLock) again = NULL;
  g_autoptr (GError) error = NULL;

  lock = ls_data_dir_lock (path, &error);
  g_assert_no_error (error);
  g_assert_nonnull (lock);
  again = ls_data_dir_lock (path, &error);
  g_assert_null (again);
  g_assert_nonnull (error);
  g_clear_error (&error);
  g_clear_pointer (&lock, ls_data_lock_free);
  again = ls_data_dir_lock (path, &error);
  g_assert_no_error (error);
  g_assert_nonnull (again);
}

static void
test_address (void)
{
  g_autoptr (LsTestDir) dir = ls_test_dir_new ();
  const char *path = ls_test_dir_get_path (dir);
  const char *const urls[] = { "http://127.0.0.1:8484", NULL };
  g_autofree char *none = NULL;
  g_autofree char *address = NULL;
  g_autofree char *cleared = NULL;
  g_autoptr (GError) error = NULL;

  none = ls_data_dir_read_address (path, NULL);
  g_assert_null (none);
  g_assert_true (ls_data_dir_write_address (path, urls, &error));
  g_assert_no_error (error);
  address = ls_data_dir_read_address (path, NULL);
  g_assert_cmpstr (address, ==, "http://127.0.0.1:8484");
  ls_data_dir_clear_address (path);
  cleared = ls_data_dir_read_address (path, NULL);
  g_assert_null (cleared);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/data-dir/create", test_create);
  g_test_add_func ("/data-dir/check", test_check);
  g_test_add_func ("/data-dir/lock", test_lock);
  g_test_add_func ("/data-dir/address", test_address);
  return g_test_run ();
}
