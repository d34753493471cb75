/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-window"

#include "config.h"

#include <glib/gi18n.h>

#include "app/dialogs/ls-sign-in-dialog.h"
#include "app/dialogs/ls-waiting-dialog.h"
#include "app/ls-application.h"
#include "app/ls-toast.h"
#include "app/ls-window-private.h"
#include "core/ls-error.h"

/* What an admin can press in a window. */

/* How long a refresh may go unanswered before the window says so. */
#define REFRESH_TIMEOUT_SECONDS 15

static void
new_window_action (GSimpleAction *action,
                   GVariant      *parameter,
                   gpointer       user_data)
{
  LsWindow *self = user_data;

  ls_application_open_window (LS_APPLICATION (gtk_window_get_application (GTK_WINDOW (self))),
                              self->shop, ls_window_get_page (self));
}

static void
show_page_action (GSimpleAction *action,
                  GVariant      *parameter,
                  gpointer       user_data)
{
  LsWindow *self = user_data;
  GtkWidget *page;

  ls_window_show_page (self, g_variant_get_string (parameter, NULL));
  /* The keyboard goes where its user went: to the rows, or to the first thing there is while there are none. */
  page = gtk_stack_get_visible_child (self->page_stack);
  if (page != NULL && !gtk_widget_grab_focus (page))
    gtk_widget_child_focus (page, GTK_DIR_TAB_FORWARD);
}

static void
show_shop_action (GSimpleAction *action,
                  GVariant      *parameter,
                  gpointer       user_data)
{
  ls_window_show_shop (user_data, g_variant_get_string (parameter, NULL));
}

static void
search_action (GSimpleAction *action,
               GVariant      *parameter,
               gpointer       user_data)
{
  LsWindow *self = user_data;

  if (!gtk_widget_get_sensitive (GTK_WIDGET (self->search_button)))
    return;
  gtk_toggle_button_set_active (self->search_button, TRUE);
  gtk_widget_grab_focus (GTK_WIDGET (self->search_entry));
}

static void
waiting_changes_action (GSimpleAction *action,
                        GVariant      *parameter,
                        gpointer       user_data)
{
  LsWindow *self = user_data;
  LsClient *client = ls_context_get_client (self->context);

  if (client != NULL)
    gtk_window_present (
        GTK_WINDOW (ls_waiting_dialog_new (GTK_WINDOW (self), ls_window_get_desk (self), ls_client_get_store (client))));
}

static void
undo_action (GSimpleAction *action,
             GVariant      *parameter,
             gpointer       user_data)
{
  LsWindow *self = user_data;

  if (self->undo != NULL)
    ls_undo_stack_undo (self->undo);
}

static void
redo_action (GSimpleAction *action,
             GVariant      *parameter,
             gpointer       user_data)
{
  LsWindow *self = user_data;

  if (self->undo != NULL)
    ls_undo_stack_redo (self->undo);
}

static void
sign_in_again_action (GSimpleAction *action,
                      GVariant      *parameter,
                      gpointer       user_data)
{
  LsWindow *self = user_data;

  if (ls_context_get_client (self->context) != NULL)
    gtk_window_present (GTK_WINDOW (ls_sign_in_dialog_new (GTK_WINDOW (self), self->context)));
}

static void
verify_action (GSimpleAction *action,
               GVariant      *parameter,
               gpointer       user_data)
{
  ls_window_verify (user_data);
}

static void
set_refreshing (LsWindow *self,
                gboolean  refreshing)
{
  g_clear_handle_id (&self->refresh_timeout, g_source_remove);
  gtk_spinner_set_spinning (self->refresh_spinner, refreshing);
  gtk_stack_set_visible_child (self->refresh_stack, refreshing ? GTK_WIDGET (self->refresh_spinner)
                                                               : GTK_WIDGET (self->refresh_icon));
  g_simple_action_set_enabled (
      G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self), "refresh")), !refreshing);
}

static gboolean
refresh_timeout_cb (gpointer data)
{
  LsWindow *self = data;
  g_autoptr (GError) error = g_error_new (LS_ERROR, LS_ERROR_TIMEOUT, "no answer within %d s",
                                          REFRESH_TIMEOUT_SECONDS);

  self->refresh_timeout = 0;
  set_refreshing (self, FALSE);
  ls_window_tell_error (self, LS_OPERATION_REFRESH, error, "win.refresh");
  return G_SOURCE_REMOVE;
}

static void
synced_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr (LsWindow) self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean synced = ls_client_sync_finish (LS_CLIENT (source), result, &error);

  /* The window is closed, or has told already that it took too long. */
  if (self->context == NULL || self->refresh_timeout == 0)
    return;
  set_refreshing (self, FALSE);
  if (synced)
    {
      ls_error_desk_gone (ls_window_get_desk (self), LS_OPERATION_REFRESH);
      ls_window_show_toast (self, ls_toast_new (_("Dashboard updated")));
    }
  else
    ls_window_tell_error (self, LS_OPERATION_REFRESH, error, "win.refresh");
}

static void
refresh_action (GSimpleAction *action,
                GVariant      *parameter,
                gpointer       user_data)
{
  LsWindow *self = user_data;
  LsClient *client = ls_context_get_client (self->context);

  if (client == NULL || self->shop == NULL)
    return;
  set_refreshing (self, TRUE);
  self->refresh_timeout =
      g_timeout_add_seconds (REFRESH_TIMEOUT_SECONDS, refresh_timeout_cb, self);
  ls_client_sync_async (client, self->shop, NULL, synced_cb, g_object_ref (self));
}

static const GActionEntry actions[] = {
  { "new-window", new_window_action, NULL, NULL, NULL },
  { "show-page", show_page_action, "s", NULL, NULL },
  { "show-shop", show_shop_action, "s", NULL, NULL },
  { "search", search_action, NULL, NULL, NULL },
  { "refresh", refresh_action, NULL, NULL, NULL },
  { "sign-in-again", sign_in_again_action, NULL, NULL, NULL },
  { "verify", verify_action, NULL, NULL, NULL },
  { "waiting-changes", waiting_changes_action, NULL, NULL, NULL },
  { "undo", undo_action, NULL, NULL, NULL },
  { "redo", redo_action, NULL, NULL, NULL },
};

/* Puts the actions on the window's own map, which the application exports over D-Bus. */
void
ls_window_add_actions (LsWindow *self)
{
  g_action_map_add_action_entries (G_ACTION_MAP (self), actions, G_N_ELEMENTS (actions), self);
}

static void
bind_key (GtkWidgetClass  *widget_class,
          unsigned         key,
          GdkModifierType  modifiers,
          const char      *action,
          const char      *page)
{
  if (page != NULL)
    gtk_widget_class_add_binding_action (widget_class, key, modifiers, action, "s", page);
  else
    gtk_widget_class_add_binding_action (widget_class, key, modifiers, action, NULL);
}

/* Binds the keys that the help overlay lists. */
void
ls_window_bind_keys (LsWindowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  bind_key (widget_class, GDK_KEY_n, GDK_CONTROL_MASK, "win.new-window", NULL);
  bind_key (widget_class, GDK_KEY_f, GDK_CONTROL_MASK, "win.search", NULL);
  bind_key (widget_class, GDK_KEY_F5, 0, "win.refresh", NULL);
  bind_key (widget_class, GDK_KEY_r, GDK_CONTROL_MASK, "win.refresh", NULL);
  bind_key (widget_class, GDK_KEY_z, GDK_CONTROL_MASK, "win.undo", NULL);
  bind_key (widget_class, GDK_KEY_z, GDK_CONTROL_MASK | GDK_SHIFT_MASK, "win.redo", NULL);
  bind_key (widget_class, GDK_KEY_y, GDK_CONTROL_MASK, "win.redo", NULL);
  bind_key (widget_class, GDK_KEY_w, GDK_CONTROL_MASK, "window.close", NULL);
  bind_key (widget_class, GDK_KEY_1, GDK_ALT_MASK, "win.show-page", "overview");
  bind_key (widget_class, GDK_KEY_2, GDK_ALT_MASK, "win.show-page", "products");
  bind_key (widget_class, GDK_KEY_3, GDK_ALT_MASK, "win.show-page", "orders");
}
