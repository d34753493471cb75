/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * LsFileDialog:
 * @title: (nullable): window title, translated
 * @accept_label: (nullable): text of the accepting button, translated, with a mnemonic
 * @initial_name: (nullable): proposed name when saving
 * @initial_folder: (nullable): folder to begin in
 * @filters: (nullable): a list model of GtkFileFilter, the first one active
 *
 * What a file dialog shows. Everything is borrowed for the call.
 */
typedef struct
{
  const char *title;
  const char *accept_label;
  const char *initial_name;
  GFile *initial_folder;
  GListModel *filters;
} LsFileDialog;

/**
 * ls_file_dialog_open_async:
 * @parent: (nullable): a widget of the window that asks
 * @dialog: what to show
 * @cancellable: (nullable): cancelling takes the dialog away
 * @callback: called on the main thread when it is answered
 * @user_data: for @callback
 *
 * Lets the admin choose an existing file. Main thread.
 */
void   ls_file_dialog_open_async  (GtkWidget            *parent,
                                   const LsFileDialog   *dialog,
                                   GCancellable         *cancellable,
                                   GAsyncReadyCallback   callback,
                                   gpointer              user_data);

/**
 * ls_file_dialog_save_async:
 * @parent: (nullable): a widget of the window that asks
 * @dialog: what to show
 * @cancellable: (nullable): cancelling takes the dialog away
 * @callback: called on the main thread when it is answered
 * @user_data: for @callback
 *
 * Lets the admin choose a file to write; the dialog itself asks before replacing one. Main thread.
 */
void   ls_file_dialog_save_async  (GtkWidget            *parent,
                                   const LsFileDialog   *dialog,
                                   GCancellable         *cancellable,
                                   GAsyncReadyCallback   callback,
                                   gpointer              user_data);

/**
 * ls_file_dialog_finish:
 * @result: the result given to the callback of either call
 * @error: return location for an error
 *
 * Gets the chosen file.
 *
 * Returns: (transfer full) (nullable): the file, or %NULL with an error: `G_IO_ERROR_CANCELLED` if
 *   the admin closed the dialog or it was cancelled, which is nothing to tell anyone
 */
GFile *ls_file_dialog_finish      (GAsyncResult         *result,
                                   GError              **error);

G_END_DECLS
