/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-sign-in-dialog"

#include "config.h"

#include "app/dialogs/ls-sign-in-dialog.h"

#include <glib/gi18n.h>

#include "app/compat/ls-button.h"
#include "app/text/ls-sign-in-words.h"

/**
 * LsSignInDialog:
 *
 * Asks for the password when a sign-in has run out. The account stays open meanwhile: what is
 * cached shows, and the edits that wait are sent once the server lets the user in again.
 */
struct _LsSignInDialog {
  AdwWindow parent_instance;

  /* template children */
  AdwWindowTitle *window_title;
  AdwPasswordEntryRow *password_row;
  GtkLabel *error_label;
  GtkButton *sign_in_button;

  /* owned */
  LsContext *context;
  GCancellable *cancellable;

  /* state */
  gboolean busy;
};

G_DEFINE_FINAL_TYPE (LsSignInDialog, ls_sign_in_dialog, ADW_TYPE_WINDOW)

static void
update (LsSignInDialog *self)
{
  gtk_widget_set_sensitive (GTK_WIDGET (self->password_row), !self->busy);
  gtk_widget_set_sensitive (GTK_WIDGET (self->sign_in_button),
                            !self->busy &&
                                *gtk_editable_get_text (GTK_EDITABLE (self->password_row)) != '\0');
}

static void
changed_cb (LsSignInDialog *self)
{
  update (self);
}

static void
signed_in_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autoptr (LsSignInDialog) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *words = NULL;
  g_autofree char *shown = NULL;
  LsClient *client = ls_context_get_client (LS_CONTEXT (source));

  self->busy = FALSE;
  if (ls_context_sign_in_again_finish (LS_CONTEXT (source), result, &error))
    {
      gtk_window_close (GTK_WINDOW (self));
      return;
    }
  words = client != NULL ? ls_sign_in_words_failure (error, ls_client_get_server_url (client)) : NULL;
  shown = ls_error_desk_take (ls_context_get_desk (LS_CONTEXT (source)), LS_OPERATION_SIGN_IN_AGAIN,
                              error, words);
  /* The dialog is closed, or the account is. */
  if (shown == NULL || client == NULL)
    return;
  gtk_label_set_label (self->error_label, shown);
  gtk_widget_set_visible (GTK_WIDGET (self->error_label), TRUE);
  update (self);
  gtk_widget_grab_focus (GTK_WIDGET (self->password_row));
}

static void
sign_in_cb (LsSignInDialog *self)
{
  if (!gtk_widget_get_sensitive (GTK_WIDGET (self->sign_in_button)))
    return;
  self->busy = TRUE;
  gtk_widget_set_visible (GTK_WIDGET (self->error_label), FALSE);
  update (self);
  ls_context_sign_in_again_async (self->context,
                                  gtk_editable_get_text (GTK_EDITABLE (self->password_row)),
                                  self->cancellable, signed_in_cb, g_object_ref (self));
}

static void
ls_sign_in_dialog_dispose (GObject *object)
{
  LsSignInDialog *self = LS_SIGN_IN_DIALOG (object);

  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->context);
  G_OBJECT_CLASS (ls_sign_in_dialog_parent_class)->dispose (object);
  gtk_widget_dispose_template (GTK_WIDGET (object), LS_TYPE_SIGN_IN_DIALOG);
}

static gboolean
ls_sign_in_dialog_close_request (GtkWindow *window)
{
  g_cancellable_cancel (LS_SIGN_IN_DIALOG (window)->cancellable);
  return GTK_WINDOW_CLASS (ls_sign_in_dialog_parent_class)->close_request (window);
}

static void
ls_sign_in_dialog_class_init (LsSignInDialogClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ls_sign_in_dialog_dispose;
  GTK_WINDOW_CLASS (klass)->close_request = ls_sign_in_dialog_close_request;
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/lockstep/Lockstep/dialogs/ls-sign-in-dialog.ui");
  gtk_widget_class_bind_template_child (widget_class, LsSignInDialog, window_title);
  gtk_widget_class_bind_template_child (widget_class, LsSignInDialog, password_row);
  gtk_widget_class_bind_template_child (widget_class, LsSignInDialog, error_label);
  gtk_widget_class_bind_template_child (widget_class, LsSignInDialog, sign_in_button);
  gtk_widget_class_bind_template_callback (widget_class, changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, sign_in_cb);
}

static void
ls_sign_in_dialog_init (LsSignInDialog *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  ls_button_name_descendants (GTK_WIDGET (self));
  self->cancellable = g_cancellable_new ();
}

/**
 * ls_sign_in_dialog_new:
 * @parent: the window that asks
 * @context: a context with an account
 *
 * Returns: (transfer none): the dialog, not shown yet
 */
LsSignInDialog *
ls_sign_in_dialog_new (GtkWindow *parent,
                       LsContext *context)
{
  LsSignInDialog *self = g_object_new (LS_TYPE_SIGN_IN_DIALOG, "transient-for", parent, NULL);
  LsClient *client = ls_context_get_client (context);
  /* Translators: a user name and the address of a server */
  g_autofree char *who =
      g_strdup_printf (_("%s at %s"), ls_client_get_user (client), ls_client_get_server_url (client));

  self->context = g_object_ref (context);
  adw_window_title_set_subtitle (self->window_title, who);
  return self;
}
