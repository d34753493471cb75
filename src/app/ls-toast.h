/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

AdwToast  *ls_toast_new        (const char *words);
GtkWidget *ls_toast_add_button (AdwToast   *toast,
                                const char *label,
                                const char *action_name);

G_END_DECLS
