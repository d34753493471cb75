/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-welcome-view"

#include "config.h"

#include "app/ls-welcome-view.h"

#include <glib/gi18n.h>

#include "app/compat/ls-button.h"
#include "app/text/ls-sign-in-words.h"

/**
 * LsWelcomeView:
 *
 * What a window shows before there is an account: connect to a server, or explore a sample shop.
 * Once either has worked, the context has a client and the window moves on.
 */
struct _LsWelcomeView {
  AdwBin parent_instance;

  /* template children */
  AdwEntryRow *server_row;
  AdwEntryRow *user_row;
  AdwPasswordEntryRow *password_row;
  GtkLabel *error_label;
  GtkButton *connect_button;
  GtkButton *sample_button;
  GtkSpinner *spinner;

  /* owned */
  LsContext *context;
  GCancellable *cancellable;
};

G_DEFINE_FINAL_TYPE (LsWelcomeView, ls_welcome_view, ADW_TYPE_BIN)

static const char *
text_of (gpointer row)
{
  return gtk_editable_get_text (GTK_EDITABLE (row));
}

static void
update (LsWelcomeView *self)
{
  gboolean busy = self->cancellable != NULL;

  gtk_widget_set_sensitive (GTK_WIDGET (self->server_row), !busy);
  gtk_widget_set_sensitive (GTK_WIDGET (self->user_row), !busy);
  gtk_widget_set_sensitive (GTK_WIDGET (self->password_row), !busy);
  gtk_widget_set_sensitive (GTK_WIDGET (self->sample_button), !busy);
  gtk_widget_set_sensitive (GTK_WIDGET (self->connect_button),
                            !busy && *text_of (self->server_row) != '\0' &&
                                *text_of (self->user_row) != '\0' &&
                                *text_of (self->password_row) != '\0');
  gtk_spinner_set_spinning (self->spinner, busy);
}

static void
input_changed_cb (LsWelcomeView *self)
{
  update (self);
}

static void
begin (LsWelcomeView *self)
{
  gtk_widget_set_visible (GTK_WIDGET (self->error_label), FALSE);
  self->cancellable = g_cancellable_new ();
  update (self);
}

static void
finish (LsWelcomeView *self,
        LsContext     *context,
        LsOperation    operation,
        const GError  *error,
        const char    *words)
{
  g_autofree char *shown = NULL;

  g_clear_object (&self->cancellable);
  if (error != NULL)
    shown = ls_error_desk_take (ls_context_get_desk (context), operation, error, words);
  if (self->context == NULL)
    return;
  update (self);
  if (error == NULL)
    gtk_editable_set_text (GTK_EDITABLE (self->password_row), "");
  if (shown == NULL)
    return;
  gtk_label_set_label (self->error_label, shown);
  gtk_widget_set_visible (GTK_WIDGET (self->error_label), TRUE);
}

static void
signed_in_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autoptr (LsWelcomeView) self = user_data;
  g_autoptr (GError) error = NULL;

  g_autofree char *words = NULL;

  if (!ls_context_sign_in_finish (LS_CONTEXT (source), result, &error) && self->context != NULL)
    words = ls_sign_in_words_failure (error, text_of (self->server_row));
  finish (self, LS_CONTEXT (source), LS_OPERATION_SIGN_IN, error, words);
}

static void
connect_cb (LsWelcomeView *self)
{
  if (!gtk_widget_get_sensitive (GTK_WIDGET (self->connect_button)))
    return;
  begin (self);
  ls_context_sign_in_async (self->context, text_of (self->server_row), text_of (self->user_row),
                            text_of (self->password_row), self->cancellable, signed_in_cb,
                            g_object_ref (self));
}

static void
sample_ready_cb (GObject      *source,
                 GAsyncResult *result,
                 gpointer      user_data)
{
  g_autoptr (LsWelcomeView) self = user_data;
  g_autoptr (GError) error = NULL;

  ls_context_explore_sample_finish (LS_CONTEXT (source), result, &error);
  finish (self, LS_CONTEXT (source), LS_OPERATION_SAMPLE, error, NULL);
}

static void
sample_cb (LsWelcomeView *self)
{
  begin (self);
  ls_context_explore_sample_async (self->context, self->cancellable, sample_ready_cb,
                                   g_object_ref (self));
}

static void
ls_welcome_view_dispose (GObject *object)
{
  LsWelcomeView *self = LS_WELCOME_VIEW (object);

  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->context);
  G_OBJECT_CLASS (ls_welcome_view_parent_class)->dispose (object);
  gtk_widget_dispose_template (GTK_WIDGET (object), LS_TYPE_WELCOME_VIEW);
}

static void
ls_welcome_view_class_init (LsWelcomeViewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ls_welcome_view_dispose;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/lockstep/Lockstep/ls-welcome-view.ui");
  gtk_widget_class_bind_template_child (widget_class, LsWelcomeView, server_row);
  gtk_widget_class_bind_template_child (widget_class, LsWelcomeView, user_row);
  gtk_widget_class_bind_template_child (widget_class, LsWelcomeView, password_row);
  gtk_widget_class_bind_template_child (widget_class, LsWelcomeView, error_label);
  gtk_widget_class_bind_template_child (widget_class, LsWelcomeView, connect_button);
  gtk_widget_class_bind_template_child (widget_class, LsWelcomeView, sample_button);
  gtk_widget_class_bind_template_child (widget_class, LsWelcomeView, spinner);
  gtk_widget_class_bind_template_callback (widget_class, input_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, connect_cb);
  gtk_widget_class_bind_template_callback (widget_class, sample_cb);
}

static void
ls_welcome_view_init (LsWelcomeView *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  ls_button_name_descendants (GTK_WIDGET (self));
  update (self);
}

/**
 * ls_welcome_view_set_context:
 * @self: a view
 * @context: the app's context
 *
 * Gives the view what it signs in with. An address set by the fleet's policy is filled in.
 */
void
ls_welcome_view_set_context (LsWelcomeView *self,
                             LsContext     *context)
{
  g_autofree char *url = g_settings_get_string (ls_context_get_settings (context), "server-url");

  g_set_object (&self->context, context);
  gtk_editable_set_text (GTK_EDITABLE (self->server_row), url);
}
