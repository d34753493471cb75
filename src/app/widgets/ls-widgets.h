/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gdk/gdk.h>

G_BEGIN_DECLS

/**
 * ls_widgets_init:
 * @display: the display to style widgets on
 *
 * Makes templates, types and the style sheet of widgets and charts known. Once, after libadwaita is
 * up and before the first widget; again does nothing. Main thread.
 */
void ls_widgets_init (GdkDisplay *display);

G_END_DECLS
