/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-preferences-window"

#include "config.h"

#include "app/dialogs/ls-preferences-window.h"

#include <glib/gi18n.h>

#include "app/dialogs/ls-scope-group.h"
#include "app/ls-toast.h"
#include "app/text/ls-format.h"
#include "client/ls-client-statistics.h"

#define MEGABYTE INT64_C (1000000)

/**
 * LsPreferencesWindow:
 *
 * What an admin may choose, and what his account costs on this computer.
 */
struct _LsPreferencesWindow {
  AdwWindow parent_instance;

  /* template children */
  AdwToastOverlay *toasts;
  AdwComboRow *scheme_row;
  GtkSwitch *restore_switch;
  GtkSpinButton *connect_spin;
  GtkSpinButton *heartbeat_spin;
  GtkSpinButton *limit_spin;
  GtkSpinButton *memory_spin;
  LsScopeGroup *scope_group;
  GtkWidget *storage_group;
  GtkWidget *clean_button;
  AdwActionRow *memory_row;
  AdwActionRow *disk_row;
  AdwActionRow *rows_row;
  AdwActionRow *edits_row;
  AdwActionRow *live_row;
  AdwActionRow *events_row;

  /* owned */
  LsContext *context;
  GCancellable *cancellable;
};

G_DEFINE_FINAL_TYPE (LsPreferencesWindow, ls_preferences_window, ADW_TYPE_WINDOW)

static void
show_statistics (LsPreferencesWindow      *self,
                 const LsClientStatistics *statistics)
{
  g_autofree char *bytes = g_format_size ((uint64_t) statistics->bytes_on_disk);
  g_autofree char *unused = g_format_size ((uint64_t) statistics->bytes_free);
  g_autofree char *memory = g_format_size ((uint64_t) statistics->bytes_in_memory);
  g_autofree char *rows = ls_format_number (statistics->rows);
  g_autofree char *asked = ls_format_number ((int64_t) statistics->rows_asked);
  g_autofree char *loaded = ls_format_number ((int64_t) statistics->rows_loaded);
  g_autofree char *events = ls_format_number (statistics->events);
  g_autofree char *shops = NULL;
  g_autofree char *words = NULL;

  adw_action_row_set_subtitle (self->memory_row, memory);
  /* Translators: how much is on the disk, and how much of it nothing needs */
  words = g_strdup_printf (_("%s, %s of it unused"), bytes, unused);
  adw_action_row_set_subtitle (self->disk_row, words);
  g_free (words);
  /* Translators: a number of rows, how often rows were asked for, how often the disk was read for it */
  words = g_strdup_printf (_("%s rows; asked for %s times, read from the disk for %s"), rows, asked, loaded);
  adw_action_row_set_subtitle (self->rows_row, words);
  g_free (words);
  words = g_strdup_printf (_("%u wait, %u failed"), statistics->pending, statistics->dead);
  adw_action_row_set_subtitle (self->edits_row, words);
  g_free (words);
  shops = g_strdup_printf (ngettext ("%u shop", "%u shops", statistics->subscriptions),
                           statistics->subscriptions);
  /* Translators: “3 shops”, and how many lists and figures are on screen */
  words = g_strdup_printf (ngettext ("%s, %u list or figure", "%s, %u lists and figures", statistics->live),
                           shops, statistics->live);
  adw_action_row_set_subtitle (self->live_row, words);
  adw_action_row_set_subtitle (self->events_row, events);
}

static void measure (LsPreferencesWindow *self);
static void clean_cb (LsPreferencesWindow *self);

/* @again: what does the same again. Who closed the window does not want to know. */
static void
tell_failure (LsPreferencesWindow *self,
              LsOperation          operation,
              const GError        *error,
              void               (*again) (LsPreferencesWindow *self))
{
  if (self->context != NULL)
    ls_error_desk_tell (ls_context_get_desk (self->context), operation, error, G_OBJECT (self),
                        g_cclosure_new_object_swap (G_CALLBACK (again), G_OBJECT (self)));
}

static void
measured_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr (LsPreferencesWindow) self = user_data;
  g_autoptr (GError) error = NULL;
  LsClientStatistics statistics;

  if (ls_client_get_statistics_finish (LS_CLIENT (source), result, &statistics, &error))
    show_statistics (self, &statistics);
  else
    tell_failure (self, LS_OPERATION_MEASURE, error, measure);
}

static void
measure (LsPreferencesWindow *self)
{
  LsClient *client = ls_context_get_client (self->context);

  if (client != NULL)
    ls_client_get_statistics_async (client, self->cancellable, measured_cb, g_object_ref (self));
}

static void
cleaned_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr (LsPreferencesWindow) self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean done = ls_client_clean_finish (LS_CLIENT (source), result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  gtk_widget_set_sensitive (self->clean_button, TRUE);
  if (done)
    adw_toast_overlay_add_toast (self->toasts, ls_toast_new (_("Cleaned up")));
  else
    tell_failure (self, LS_OPERATION_CLEAN, error, clean_cb);
  measure (self);
}

static void
clean_cb (LsPreferencesWindow *self)
{
  LsClient *client = ls_context_get_client (self->context);
  unsigned limit = g_settings_get_uint (ls_context_get_settings (self->context), "disk-limit");

  if (client == NULL)
    return;
  gtk_widget_set_sensitive (self->clean_button, FALSE);
  ls_client_clean_async (client, limit * MEGABYTE, self->cancellable, cleaned_cb, g_object_ref (self));
}

static void
ls_preferences_window_dispose (GObject *object)
{
  LsPreferencesWindow *self = LS_PREFERENCES_WINDOW (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->context);
  G_OBJECT_CLASS (ls_preferences_window_parent_class)->dispose (object);
  gtk_widget_dispose_template (GTK_WIDGET (object), LS_TYPE_PREFERENCES_WINDOW);
}

static void
ls_preferences_window_finalize (GObject *object)
{
  g_object_unref (LS_PREFERENCES_WINDOW (object)->cancellable);
  G_OBJECT_CLASS (ls_preferences_window_parent_class)->finalize (object);
}

static void
ls_preferences_window_class_init (LsPreferencesWindowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ls_preferences_window_dispose;
  G_OBJECT_CLASS (klass)->finalize = ls_preferences_window_finalize;
  g_type_ensure (LS_TYPE_SCOPE_GROUP);
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/lockstep/Lockstep/dialogs/ls-preferences-window.ui");
  gtk_widget_class_bind_template_child (widget_class, LsPreferencesWindow, toasts);
  gtk_widget_class_bind_template_child (widget_class, LsPreferencesWindow, scheme_row);
  gtk_widget_class_bind_template_child (widget_class, LsPreferencesWindow, restore_switch);
  gtk_widget_class_bind_template_child (widget_class, LsPreferencesWindow, connect_spin);
  gtk_widget_class_bind_template_child (widget_class, LsPreferencesWindow, heartbeat_spin);
  gtk_widget_class_bind_template_child (widget_class, LsPreferencesWindow, limit_spin);
  gtk_widget_class_bind_template_child (widget_class, LsPreferencesWindow, memory_spin);
  gtk_widget_class_bind_template_child (widget_class, LsPreferencesWindow, scope_group);
  gtk_widget_class_bind_template_child (widget_class, LsPreferencesWindow, storage_group);
  gtk_widget_class_bind_template_child (widget_class, LsPreferencesWindow, clean_button);
  gtk_widget_class_bind_template_child (widget_class, LsPreferencesWindow, memory_row);
  gtk_widget_class_bind_template_child (widget_class, LsPreferencesWindow, disk_row);
  gtk_widget_class_bind_template_child (widget_class, LsPreferencesWindow, rows_row);
  gtk_widget_class_bind_template_child (widget_class, LsPreferencesWindow, edits_row);
  gtk_widget_class_bind_template_child (widget_class, LsPreferencesWindow, live_row);
  gtk_widget_class_bind_template_child (widget_class, LsPreferencesWindow, events_row);
  gtk_widget_class_bind_template_callback (widget_class, clean_cb);
}

static void
ls_preferences_window_init (LsPreferencesWindow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->cancellable = g_cancellable_new ();
}

static void
scheme_cb (LsPreferencesWindow *self)
{
  g_settings_set_enum (ls_context_get_settings (self->context), "color-scheme",
                       (int) adw_combo_row_get_selected (self->scheme_row));
}

/**
 * ls_preferences_window_new:
 * @parent: the window it belongs to
 * @context: what all windows share
 * @shop: (nullable): the shop that the window it belongs to shows
 *
 * Returns: (transfer none): the window, not shown yet
 */
LsPreferencesWindow *
ls_preferences_window_new (GtkWindow  *parent,
                           LsContext  *context,
                           const char *shop)
{
  LsPreferencesWindow *self =
      g_object_new (LS_TYPE_PREFERENCES_WINDOW, "transient-for", parent, NULL);
  GSettings *settings = ls_context_get_settings (context);

  self->context = g_object_ref (context);
  adw_combo_row_set_selected (self->scheme_row, (unsigned) g_settings_get_enum (settings, "color-scheme"));
  g_signal_connect_object (self->scheme_row, "notify::selected", G_CALLBACK (scheme_cb), self,
                           G_CONNECT_SWAPPED);
  g_settings_bind (settings, "restore-windows", self->restore_switch, "active", G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (settings, "connect-timeout", self->connect_spin, "value", G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (settings, "heartbeat-interval", self->heartbeat_spin, "value", G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (settings, "disk-limit", self->limit_spin, "value", G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (settings, "memory-limit", self->memory_spin, "value", G_SETTINGS_BIND_DEFAULT);
  ls_scope_group_set_shop (self->scope_group, ls_context_get_client (context), shop);
  gtk_widget_set_visible (self->storage_group, ls_context_get_client (context) != NULL);
  measure (self);
  return self;
}

/**
 * ls_preferences_window_show_toast:
 * @self: a window
 * @toast: (transfer full): a toast
 *
 * Shows a toast over the preferences.
 */
void
ls_preferences_window_show_toast (LsPreferencesWindow *self,
                                  AdwToast            *toast)
{
  adw_toast_overlay_add_toast (self->toasts, toast);
}
