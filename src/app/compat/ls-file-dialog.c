/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstep-app"

#include "config.h"

#include "app/compat/ls-file-dialog.h"

static GtkWindow *
get_window (GtkWidget *widget)
{
  GtkRoot *root = widget ? gtk_widget_get_root (widget) : NULL;

  return GTK_IS_WINDOW (root) ? GTK_WINDOW (root) : NULL;
}

#if GTK_CHECK_VERSION (4, 10, 0)

static GtkFileDialog *
create_dialog (const LsFileDialog *options)
{
  GtkFileDialog *dialog = gtk_file_dialog_new ();

  if (options->title)
    gtk_file_dialog_set_title (dialog, options->title);
  if (options->accept_label)
    gtk_file_dialog_set_accept_label (dialog, options->accept_label);
  if (options->initial_name)
    gtk_file_dialog_set_initial_name (dialog, options->initial_name);
  if (options->initial_folder)
    gtk_file_dialog_set_initial_folder (dialog, options->initial_folder);
  if (options->filters)
    gtk_file_dialog_set_filters (dialog, options->filters);

  return dialog;
}

static void
return_file (GTask  *task,
             GFile  *file,
             GError *error)
{
  if (file)
    g_task_return_pointer (task, file, g_object_unref);
  else if (g_error_matches (error, GTK_DIALOG_ERROR, GTK_DIALOG_ERROR_DISMISSED) ||
           g_error_matches (error, GTK_DIALOG_ERROR, GTK_DIALOG_ERROR_CANCELLED))
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "%s", error->message);
  else
    g_task_return_error (task, g_error_copy (error));
}

static void
opened_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  GFile *file = gtk_file_dialog_open_finish (GTK_FILE_DIALOG (source), result, &error);

  return_file (task, file, error);
}

static void
saved_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  GFile *file = gtk_file_dialog_save_finish (GTK_FILE_DIALOG (source), result, &error);

  return_file (task, file, error);
}

static void
ask (GTask                *task,
     GtkWidget            *parent,
     const LsFileDialog   *options,
     GtkFileChooserAction  action)
{
  g_autoptr (GtkFileDialog) dialog = create_dialog (options);
  GCancellable *cancellable = g_task_get_cancellable (task);

  if (action == GTK_FILE_CHOOSER_ACTION_SAVE)
    gtk_file_dialog_save (dialog, get_window (parent), cancellable, saved_cb, g_object_ref (task));
  else
    gtk_file_dialog_open (dialog, get_window (parent), cancellable, opened_cb, g_object_ref (task));
}

#else

typedef struct
{
  GtkFileChooserNative *chooser; /* owned: nothing else keeps a native dialog alive */
  gulong cancelled_id;
} Dialog;

static void
dialog_free (Dialog *dialog)
{
  gtk_native_dialog_destroy (GTK_NATIVE_DIALOG (dialog->chooser));
  g_clear_object (&dialog->chooser);
  g_free (dialog);
}

static void
return_file (GTask *task,
             int    response)
{
  Dialog *dialog = g_task_get_task_data (task);
  g_autoptr (GFile) file = NULL;

  if (g_task_get_completed (task))
    return;

  g_cancellable_disconnect (g_task_get_cancellable (task), dialog->cancelled_id);
  dialog->cancelled_id = 0;
  if (g_task_return_error_if_cancelled (task))
    return;

  if (response == GTK_RESPONSE_ACCEPT)
    file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (dialog->chooser));
  if (file)
    g_task_return_pointer (task, g_steal_pointer (&file), g_object_unref);
  else
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "No file was chosen");
}

static void
response_cb (GtkNativeDialog *native,
             int              response,
             gpointer         user_data)
{
  g_autoptr (GTask) task = user_data;

  /* The connection's reference to the task: one answer is all there will be. */
  g_signal_handlers_disconnect_by_func (native, response_cb, task);
  return_file (task, response);
}

static gboolean
cancel_in_main_cb (gpointer user_data)
{
  GTask *task = user_data;
  Dialog *dialog = g_task_get_task_data (task);

  if (!g_task_get_completed (task))
    {
      gtk_native_dialog_hide (GTK_NATIVE_DIALOG (dialog->chooser));
      response_cb (GTK_NATIVE_DIALOG (dialog->chooser), GTK_RESPONSE_CANCEL, task);
    }
  return G_SOURCE_REMOVE;
}

static void
cancelled_cb (GCancellable *cancellable,
              gpointer      user_data)
{
  /* Deferred: disconnecting from a cancellable inside its own handler waits for itself. */
  g_idle_add_full (G_PRIORITY_DEFAULT, cancel_in_main_cb, g_object_ref (user_data), g_object_unref);
}

static void
ask (GTask                *task,
     GtkWidget            *parent,
     const LsFileDialog   *options,
     GtkFileChooserAction  action)
{
  GCancellable *cancellable = g_task_get_cancellable (task);
  Dialog *dialog = g_new0 (Dialog, 1);
  GtkFileChooser *chooser;

  dialog->chooser = gtk_file_chooser_native_new (options->title, get_window (parent), action,
                                                 options->accept_label, NULL);
  g_task_set_task_data (task, dialog, (GDestroyNotify) dialog_free);

  chooser = GTK_FILE_CHOOSER (dialog->chooser);
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (dialog->chooser), TRUE);
  if (options->initial_folder)
    gtk_file_chooser_set_current_folder (chooser, options->initial_folder, NULL);
  if (options->initial_name && action == GTK_FILE_CHOOSER_ACTION_SAVE)
    gtk_file_chooser_set_current_name (chooser, options->initial_name);
  for (unsigned int i = 0; options->filters && i < g_list_model_get_n_items (options->filters); i++)
    {
      g_autoptr (GtkFileFilter) filter = g_list_model_get_item (options->filters, i);

      gtk_file_chooser_add_filter (chooser, filter);
      if (i == 0)
        gtk_file_chooser_set_filter (chooser, filter);
    }

  g_signal_connect (dialog->chooser, "response", G_CALLBACK (response_cb), g_object_ref (task));
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (dialog->chooser));
  if (cancellable)
    dialog->cancelled_id = g_cancellable_connect (cancellable, G_CALLBACK (cancelled_cb), task,
                                                  NULL);
}

#endif

static void
start (GtkWidget            *parent,
       const LsFileDialog   *options,
       GtkFileChooserAction  action,
       GCancellable         *cancellable,
       GAsyncReadyCallback   callback,
       gpointer              user_data)
{
  g_autoptr (GTask) task = g_task_new (parent, cancellable, callback, user_data);

  g_task_set_source_tag (task, start);
  g_task_set_name (task, "ls_file_dialog");
  if (!g_task_return_error_if_cancelled (task))
    ask (task, parent, options, action);
}

void
ls_file_dialog_open_async (GtkWidget           *parent,
                           const LsFileDialog  *dialog,
                           GCancellable        *cancellable,
                           GAsyncReadyCallback  callback,
                           gpointer             user_data)
{
  g_return_if_fail (parent == NULL || GTK_IS_WIDGET (parent));
  g_return_if_fail (dialog != NULL);

  start (parent, dialog, GTK_FILE_CHOOSER_ACTION_OPEN, cancellable, callback, user_data);
}

void
ls_file_dialog_save_async (GtkWidget           *parent,
                           const LsFileDialog  *dialog,
                           GCancellable        *cancellable,
                           GAsyncReadyCallback  callback,
                           gpointer             user_data)
{
  g_return_if_fail (parent == NULL || GTK_IS_WIDGET (parent));
  g_return_if_fail (dialog != NULL);

  start (parent, dialog, GTK_FILE_CHOOSER_ACTION_SAVE, cancellable, callback, user_data);
}

GFile *
ls_file_dialog_finish (GAsyncResult  *result,
                       GError       **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, start), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
