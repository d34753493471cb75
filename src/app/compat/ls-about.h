/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * LsAboutInfo:
 * @application_name: the name to show
 * @application_icon: icon name
 * @version: version text
 * @developer_name: who makes it
 * @developers: (nullable) (array zero-terminated): names, optionally with a link as GtkAboutDialog
 *   reads them
 * @translator_credits: (nullable): translated credits, or the untranslated msgid to show none
 * @website: (nullable): address
 * @issue_url: (nullable): address
 * @copyright: (nullable): one line
 * @license_type: the licence
 * @debug_info: (nullable): text behind Troubleshooting
 * @debug_info_filename: (nullable): proposed file name for it
 *
 * What the about window says. Everything is borrowed for the call.
 */
typedef struct
{
  const char *application_name;
  const char *application_icon;
  const char *version;
  const char *developer_name;
  const char *const *developers;
  const char *translator_credits;
  const char *website;
  const char *issue_url;
  const char *copyright;
  GtkLicense license_type;
  const char *debug_info;
  const char *debug_info_filename;
} LsAboutInfo;

/**
 * ls_about_show:
 * @parent: (nullable): a widget of the window to show it over
 * @info: what to say
 *
 * Shows the about window, or dialog where libadwaita has one. Main thread.
 */
void ls_about_show (GtkWidget         *parent,
                    const LsAboutInfo *info);

G_END_DECLS
