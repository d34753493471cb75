/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define LS_TYPE_SKELETON (ls_skeleton_get_type ())

/**
 * LsSkeleton:
 *
 * Grey bars where text will be, breathing while it loads, unless the system asks for less motion.
 *
 * A screen reader passes over it; what is loading says so itself (the busy state). The main
 * thread's.
 */
G_DECLARE_FINAL_TYPE (LsSkeleton, ls_skeleton, LS, SKELETON, GtkWidget)

/**
 * ls_skeleton_new:
 * @lines: how many bars
 *
 * Creates a skeleton.
 *
 * Returns: (transfer floating): a new skeleton
 */
GtkWidget    *ls_skeleton_new             (unsigned int  lines);

/**
 * ls_skeleton_get_lines:
 * @self: a skeleton
 *
 * Gets the number of bars.
 *
 * Returns: how many
 */
unsigned int  ls_skeleton_get_lines       (LsSkeleton   *self);

/**
 * ls_skeleton_set_lines:
 * @self: a skeleton
 * @lines: how many bars, 1 to 100
 *
 * Sets the number of bars.
 */
void          ls_skeleton_set_lines       (LsSkeleton   *self,
                                           unsigned int  lines);

/**
 * ls_skeleton_set_line_height:
 * @self: a skeleton
 * @line_height: how high a bar is, in pixels
 *
 * Sets the height of a bar, to stand for larger text.
 */
void          ls_skeleton_set_line_height (LsSkeleton   *self,
                                           unsigned int  line_height);

G_END_DECLS
