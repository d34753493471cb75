/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define LS_TYPE_DETAIL_VIEW (ls_detail_view_get_type ())

/**
 * LsDetailView:
 *
 * A list with the details of one of its rows: beside it where there is room, in its place where
 * there is not.
 *
 * It asks for the width of the wider of the two, never for that of both, so a window with it can
 * always be made narrow. What it does not show is hidden from the keyboard and from screen readers
 * as well. The main thread's, as all widgets.
 */
G_DECLARE_FINAL_TYPE (LsDetailView, ls_detail_view, LS, DETAIL_VIEW, GtkWidget)

/**
 * ls_detail_view_set_content:
 * @self: a detail view
 * @content: (nullable): a widget
 *
 * Sets what shows always, unless there is too little room beside the details.
 */
void     ls_detail_view_set_content     (LsDetailView *self,
                                         GtkWidget    *content);

/**
 * ls_detail_view_set_detail:
 * @self: a detail view
 * @detail: (nullable): a widget; it gets its natural width
 *
 * Sets the details.
 */
void     ls_detail_view_set_detail      (LsDetailView *self,
                                         GtkWidget    *detail);

/**
 * ls_detail_view_get_shows_detail:
 * @self: a detail view
 *
 * Returns: whether the details show
 */
gboolean ls_detail_view_get_shows_detail (LsDetailView *self);

/**
 * ls_detail_view_set_shows_detail:
 * @self: a detail view
 * @shows_detail: whether the details show
 *
 * Opens or closes the details. When they close, the keyboard goes on in the content.
 */
void     ls_detail_view_set_shows_detail (LsDetailView *self,
                                          gboolean      shows_detail);

G_END_DECLS
