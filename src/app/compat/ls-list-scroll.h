/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * LsListScrollFlags:
 * @LS_LIST_SCROLL_NONE: bring the row into view
 * @LS_LIST_SCROLL_SELECT: select the row too, and nothing else
 *
 * What to do beside scrolling.
 */
typedef enum {
  LS_LIST_SCROLL_NONE = 0,
  LS_LIST_SCROLL_SELECT = 1 << 0,
} LsListScrollFlags;

/**
 * ls_list_view_scroll_to:
 * @view: a GtkListView, GtkGridView or GtkColumnView
 * @position: a position in its model
 * @flags: what to do beside
 *
 * Scrolls @view by the least amount that shows the row at @position.
 *
 * A position past the end, or a view without a model, does nothing: the rows may have gone since
 * the caller looked. Main thread; cost does not depend on the number of rows.
 */
void ls_list_view_scroll_to (GtkWidget         *view,
                             unsigned int       position,
                             LsListScrollFlags  flags);

/**
 * ls_list_view_get_row_height:
 * @view: a GtkListView or GtkColumnView whose rows are all of one height
 *
 * Returns: the height of a row in pixels, 0 before there is one
 */
int  ls_list_view_get_row_height (GtkWidget *view);

G_END_DECLS
