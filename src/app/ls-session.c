/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-session"

#include "config.h"

#include "app/ls-session.h"

/*
 * Which windows were open, kept in the settings as (version, state). Version 1 is a list of
 * dictionaries, one a window, see ls_window_save_state(). A version that this program does not know
 * restores nothing and is overwritten at the next close.
 */

#define SESSION_VERSION 1

/* A session file from elsewhere shall not open windows without end. */
#define MAX_WINDOWS 16

static void
save_windows (LsApplication *application,
              LsWindow      *only)
{
  GSettings *settings = ls_context_get_settings (ls_application_get_context (application));
  GVariantBuilder builder;
  unsigned n_windows = 0;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aa{sv}"));
  for (GList *item = gtk_application_get_windows (GTK_APPLICATION (application)); item != NULL;
       item = item->next)
    if (LS_IS_WINDOW (item->data) && (only == NULL || item->data == only) && n_windows++ < MAX_WINDOWS)
      g_variant_builder_add_value (&builder, ls_window_save_state (item->data));
  g_settings_set (settings, "session", "(uv)", SESSION_VERSION, g_variant_builder_end (&builder));
}

/**
 * ls_session_save:
 * @application: the application
 *
 * Remembers all open windows.
 */
void
ls_session_save (LsApplication *application)
{
  save_windows (application, NULL);
}

/**
 * ls_session_window_closed:
 * @application: the application
 * @window: a window that goes
 *
 * Remembers what is open: the windows that stay, or @window when it is the last.
 */
void
ls_session_window_closed (LsApplication *application,
                          LsWindow      *window)
{
  unsigned n_windows = 0;

  for (GList *item = gtk_application_get_windows (GTK_APPLICATION (application)); item != NULL;
       item = item->next)
    n_windows += LS_IS_WINDOW (item->data);
  if (n_windows == 1)
    save_windows (application, window);
}

/**
 * ls_session_restore:
 * @application: the application
 *
 * Opens the windows of the last session, if any.
 */
void
ls_session_restore (LsApplication *application)
{
  LsContext *context = ls_application_get_context (application);
  g_autoptr (GVariant) value = g_settings_get_value (ls_context_get_settings (context), "session");
  g_autoptr (GVariant) windows = NULL;
  uint32_t version;

  g_variant_get (value, "(uv)", &version, &windows);
  if (version != SESSION_VERSION || !g_variant_is_of_type (windows, G_VARIANT_TYPE ("aa{sv}")))
    return;
  for (size_t i = 0; i < MIN (g_variant_n_children (windows), MAX_WINDOWS); i++)
    {
      g_autoptr (GVariant) state = g_variant_get_child_value (windows, i);
      LsWindow *window = ls_window_new (GTK_APPLICATION (application), context);

      ls_window_load_state (window, state);
      gtk_window_present (GTK_WINDOW (window));
    }
}
