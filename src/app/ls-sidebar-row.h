/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define LS_TYPE_SIDEBAR_ROW (ls_sidebar_row_get_type ())
G_DECLARE_FINAL_TYPE (LsSidebarRow, ls_sidebar_row, LS, SIDEBAR_ROW, GtkListBoxRow)

GtkWidget  *ls_sidebar_row_new       (const char   *page,
                                      const char   *title,
                                      const char   *icon_name);
const char *ls_sidebar_row_get_page  (LsSidebarRow *self);
void        ls_sidebar_row_set_count (LsSidebarRow *self,
                                      unsigned      count,
                                      const char   *words);

G_END_DECLS
