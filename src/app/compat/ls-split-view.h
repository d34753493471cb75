/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define LS_TYPE_SPLIT_VIEW (ls_split_view_get_type ())

/**
 * LsSplitView:
 *
 * A sidebar beside its content, which lies over the content when there is little room.
 *
 * AdwFlap on libadwaita 1.2, AdwOverlaySplitView where there is one. Both are told by this widget
 * alone when to collapse: when it is narrower than [property@SplitView:collapse-width]. Collapsing
 * hides the sidebar and widening shows it again, as both do by themselves. It never asks for more
 * width than the wider of the two children, so a window with it can always be made narrow.
 *
 * The main thread's, as all widgets.
 */
G_DECLARE_FINAL_TYPE (LsSplitView, ls_split_view, LS, SPLIT_VIEW, GtkWidget)

/**
 * ls_split_view_new:
 *
 * Creates an empty split view.
 *
 * Returns: (transfer floating): a new split view
 */
GtkWidget *ls_split_view_new                (void);

/**
 * ls_split_view_get_sidebar:
 * @self: a split view
 *
 * Gets the widget at the start.
 *
 * Returns: (transfer none) (nullable): the sidebar
 */
GtkWidget *ls_split_view_get_sidebar        (LsSplitView *self);

/**
 * ls_split_view_set_sidebar:
 * @self: a split view
 * @sidebar: (nullable): a widget
 *
 * Sets the widget at the start.
 */
void       ls_split_view_set_sidebar        (LsSplitView *self,
                                             GtkWidget   *sidebar);

/**
 * ls_split_view_get_content:
 * @self: a split view
 *
 * Gets the main widget.
 *
 * Returns: (transfer none) (nullable): the content
 */
GtkWidget *ls_split_view_get_content        (LsSplitView *self);

/**
 * ls_split_view_set_content:
 * @self: a split view
 * @content: (nullable): a widget
 *
 * Sets the main widget.
 */
void       ls_split_view_set_content        (LsSplitView *self,
                                             GtkWidget   *content);

/**
 * ls_split_view_get_collapsed:
 * @self: a split view
 *
 * Gets whether there is too little room for both; watch `notify::collapsed`.
 *
 * Returns: whether the sidebar lies over the content when it shows
 */
gboolean   ls_split_view_get_collapsed      (LsSplitView *self);

/**
 * ls_split_view_get_show_sidebar:
 * @self: a split view
 *
 * Gets whether the sidebar shows, or is on its way to.
 *
 * Returns: whether the sidebar shows
 */
gboolean   ls_split_view_get_show_sidebar   (LsSplitView *self);

/**
 * ls_split_view_set_show_sidebar:
 * @self: a split view
 * @show_sidebar: whether to show it
 *
 * Shows or hides the sidebar.
 */
void       ls_split_view_set_show_sidebar   (LsSplitView *self,
                                             gboolean     show_sidebar);

/**
 * ls_split_view_get_collapse_width:
 * @self: a split view
 *
 * Gets the width under which it collapses.
 *
 * Returns: a width in pixels at the normal text size
 */
int        ls_split_view_get_collapse_width (LsSplitView *self);

/**
 * ls_split_view_set_collapse_width:
 * @self: a split view
 * @width: a width in pixels at the normal text size; it grows with the system's text scaling
 *
 * Sets the width under which it collapses.
 */
void       ls_split_view_set_collapse_width (LsSplitView *self,
                                             int          width);

/**
 * ls_split_view_get_sidebar_width:
 * @self: a split view
 *
 * Gets the width of the sidebar.
 *
 * Returns: a width in pixels
 */
int        ls_split_view_get_sidebar_width  (LsSplitView *self);

/**
 * ls_split_view_set_sidebar_width:
 * @self: a split view
 * @width: a width in pixels; a sidebar that needs more gets more
 *
 * Sets the width of the sidebar.
 */
void       ls_split_view_set_sidebar_width  (LsSplitView *self,
                                             int          width);

G_END_DECLS
