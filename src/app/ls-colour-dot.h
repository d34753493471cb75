/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define LS_TYPE_COLOUR_DOT (ls_colour_dot_get_type ())
G_DECLARE_FINAL_TYPE (LsColourDot, ls_colour_dot, LS, COLOUR_DOT, GtkWidget)

void ls_colour_dot_set_colour (LsColourDot *self,
                               const char  *colour);

G_END_DECLS
