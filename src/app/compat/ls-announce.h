/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * ls_widget_announce:
 * @widget: a widget that is on screen
 * @message: what to say, translated
 *
 * Lets a screen reader say @message soon, without moving the focus.
 *
 * Before GTK 4.14 there is no such call; there the caller's change of accessible label is what is
 * read, so callers set that too. Main thread.
 */
void ls_widget_announce (GtkWidget  *widget,
                         const char *message);

G_END_DECLS
