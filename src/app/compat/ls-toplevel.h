/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * ls_toplevel_is_seen:
 * @window: a window
 *
 * Returns: whether somebody can look at it: it is mapped, not minimised, and, from GTK 4.12 on, the
 * compositor has not told that it is wholly covered or on another workspace
 */
gboolean ls_toplevel_is_seen (GtkWindow *window);

G_END_DECLS
