/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "app-test.h"
#include "app/compat/ls-file-dialog.h"
#include "ls-test-dir.h"

/* Asked by the leak sanitizer where there is one: GTK's own file dialog leaks what it sorts files
 * by. So this is a program of its own, and only its addresses are checked.
 */
int __lsan_is_turned_off (void);

int
__lsan_is_turned_off (void)
{
  return 1;
}

static void
answered_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static gboolean
has_result (gpointer user_data)
{
  return *(gpointer *) user_data != NULL;
}

/* Waits until the dialog has read where it is: it then shows the folder. Nobody answers before, and
 * GTK does not bear it: a path that it stops reading is taken out of a box that it never was in, or
 * that has gone.
 */
static void
wait_for_folder (LsTestDir *dir)
{
  g_autofree char *name = g_path_get_basename (ls_test_dir_get_path (dir));

  app_test_wait_label (name);
}

static void
test_cancelled (void)
{
  GtkWidget *parent = gtk_label_new ("Parent");
  GtkWindow *window = app_test_show (parent, 500, 500);
  g_autoptr (GListStore) filters = g_list_store_new (GTK_TYPE_FILE_FILTER);
  g_autoptr (GtkFileFilter) filter = gtk_file_filter_new ();
  g_autoptr (LsTestDir) dir = ls_test_dir_new ();
  g_autoptr (GFile) folder = g_file_new_for_path (ls_test_dir_get_path (dir));
  const LsFileDialog dialog = {
    .title = "Export",
    .accept_label = "_Export",
    .initial_name = "orders.csv",
    .initial_folder = folder,
    .filters = G_LIST_MODEL (filters),
  };

  gtk_file_filter_add_suffix (filter, "csv");
  gtk_file_filter_set_name (filter, "CSV");
  g_list_store_append (filters, filter);

  for (int way = 0; way < 4; way++)
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GError) error = NULL;

      if (way & 2)
        g_cancellable_cancel (cancellable);
      if (way & 1)
        ls_file_dialog_save_async (parent, &dialog, cancellable, answered_cb, &result);
      else
        ls_file_dialog_open_async (parent, &dialog, cancellable, answered_cb, &result);
      if (!(way & 2))
        wait_for_folder (dir);
      g_cancellable_cancel (cancellable);
      app_test_wait (has_result, &result);
      g_assert_null (ls_file_dialog_finish (result, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_clear_object (&result);
    }
  app_test_close (window);
}

/* The dialog ignores a click while it still reads the folder. */
static gboolean
has_result_or_click (gpointer user_data)
{
  if (!has_result (user_data))
    app_test_try_click ("_Export");
  return has_result (user_data);
}

static void
test_save (void)
{
  g_autoptr (LsTestDir) dir = ls_test_dir_new ();
  g_autofree char *path = ls_test_dir_file (dir, "orders.csv");
  g_autoptr (GFile) folder = g_file_new_for_path (ls_test_dir_get_path (dir));
  g_autoptr (GFile) expected = g_file_new_for_path (path);
  g_autoptr (GFile) file = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GtkWidget *parent = gtk_label_new ("Parent");
  GtkWindow *window = app_test_show (parent, 500, 500);
  const LsFileDialog dialog = {
    .accept_label = "_Export",
    .initial_name = "orders.csv",
    .initial_folder = folder,
  };

  ls_file_dialog_save_async (parent, &dialog, NULL, answered_cb, &result);
  wait_for_folder (dir);
  app_test_wait (has_result_or_click, &result);
  file = ls_file_dialog_finish (result, &error);
  g_assert_no_error (error);
  g_assert_true (g_file_equal (file, expected));
  g_clear_object (&result);
  app_test_close (window);
}

static void
test_dismissed (void)
{
  g_autoptr (LsTestDir) dir = ls_test_dir_new ();
  g_autoptr (GFile) folder = g_file_new_for_path (ls_test_dir_get_path (dir));
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GtkWidget *parent = gtk_label_new ("Parent");
  GtkWindow *window = app_test_show (parent, 500, 500);
  const LsFileDialog dialog = { .title = "Import", .initial_folder = folder };

  ls_file_dialog_open_async (parent, &dialog, NULL, answered_cb, &result);
  wait_for_folder (dir);
  app_test_click ("_Cancel");
  app_test_wait (has_result, &result);
  g_assert_null (ls_file_dialog_finish (result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_object (&result);
  app_test_close (window);
}

int
main (int   argc,
      char *argv[])
{
  app_test_init (&argc, &argv);

  g_test_add_func ("/file-dialog/save", test_save);
  g_test_add_func ("/file-dialog/dismissed", test_dismissed);
  g_test_add_func ("/file-dialog/cancelled", test_cancelled);

  return g_test_run ();
}
