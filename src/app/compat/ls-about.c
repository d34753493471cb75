/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstep-app"

#include "config.h"

#include "app/compat/ls-about.h"

#include <adwaita.h>

static void
set_text (gpointer    about,
          const char *property,
          const char *text)
{
  if (text)
    g_object_set (about, property, text, NULL);
}

/* AdwAboutWindow and AdwAboutDialog have the same properties. */
static void
fill (gpointer           about,
      const LsAboutInfo *info)
{
  set_text (about, "application-name", info->application_name);
  set_text (about, "application-icon", info->application_icon);
  set_text (about, "version", info->version);
  set_text (about, "developer-name", info->developer_name);
  set_text (about, "translator-credits", info->translator_credits);
  set_text (about, "website", info->website);
  set_text (about, "issue-url", info->issue_url);
  set_text (about, "copyright", info->copyright);
  set_text (about, "debug-info", info->debug_info);
  set_text (about, "debug-info-filename", info->debug_info_filename);
  g_object_set (about, "license-type", info->license_type, NULL);
  if (info->developers)
    g_object_set (about, "developers", info->developers, NULL);
}

void
ls_about_show (GtkWidget         *parent,
               const LsAboutInfo *info)
{
  g_return_if_fail (parent == NULL || GTK_IS_WIDGET (parent));
  g_return_if_fail (info != NULL);

#if ADW_CHECK_VERSION (1, 5, 0)
  {
    AdwDialog *about = adw_about_dialog_new ();

    fill (about, info);
    adw_dialog_present (about, parent);
  }
#else
  {
    GtkWidget *about = adw_about_window_new ();
    GtkRoot *root = parent ? gtk_widget_get_root (parent) : NULL;

    fill (about, info);
    if (GTK_IS_WINDOW (root))
      {
        gtk_window_set_transient_for (GTK_WINDOW (about), GTK_WINDOW (root));
        gtk_window_set_modal (GTK_WINDOW (about), TRUE);
      }
    gtk_window_present (GTK_WINDOW (about));
  }
#endif
}
