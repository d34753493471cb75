/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * ls_widget_get_color:
 * @widget: a widget
 * @color: (out): where to store the colour
 *
 * Gets the CSS `color` that @widget draws its own content in.
 *
 * Main thread. Call it while drawing, not to keep: it changes with theme, contrast and accent.
 */
void     ls_widget_get_color    (GtkWidget  *widget,
                                 GdkRGBA    *color);

/**
 * ls_widget_lookup_color:
 * @widget: a widget
 * @name: a named colour of the theme, without the `@`, such as `accent_color`
 * @color: (out): where to store the colour
 *
 * Looks up a named colour as the style sheet would at @widget.
 *
 * Prefer a style class and [func@widget_get_color]; this is for what CSS cannot reach, such as
 * pictures. Main thread.
 *
 * Returns: whether @name is known; if not, @color is untouched
 */
gboolean ls_widget_lookup_color (GtkWidget  *widget,
                                 const char *name,
                                 GdkRGBA    *color);

G_END_DECLS
