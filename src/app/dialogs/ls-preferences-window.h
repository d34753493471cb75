/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "app/ls-context.h"

G_BEGIN_DECLS

#define LS_TYPE_PREFERENCES_WINDOW (ls_preferences_window_get_type ())
G_DECLARE_FINAL_TYPE (LsPreferencesWindow, ls_preferences_window, LS, PREFERENCES_WINDOW, AdwWindow)

LsPreferencesWindow *ls_preferences_window_new (GtkWindow  *parent,
                                                LsContext  *context,
                                                const char *shop);
void                 ls_preferences_window_show_toast (LsPreferencesWindow *self,
                                                       AdwToast            *toast);

G_END_DECLS
