/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * ls_column_view_align_title:
 * @view: a column view
 * @index: which of its columns, in the order they were appended in; none was moved yet
 * @align: where the title stands in its heading
 *
 * Puts a column's title over what the column shows, as at the end over numbers. GTK up to 4.18 has no call for it: where a
 * later one builds its headings otherwise, the title stays where it is. Main thread.
 */
void ls_column_view_align_title (GtkColumnView *view,
                                 unsigned       index,
                                 GtkAlign       align);

G_END_DECLS
