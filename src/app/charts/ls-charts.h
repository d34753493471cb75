/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gdk/gdk.h>

G_BEGIN_DECLS

/**
 * ls_charts_init:
 * @display: the display to style charts on
 *
 * Makes templates and the style sheet of charts known. Once, after GTK is up and before the first
 * chart; again does nothing. Main thread.
 */
void ls_charts_init (GdkDisplay *display);

G_END_DECLS
