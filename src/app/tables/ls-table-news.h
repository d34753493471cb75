/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/**
 * LsTableNewsFunc:
 * @n: how many rows, at least one
 *
 * Returns: (transfer full): what a button says that leads to @n new rows, as “12 new orders”
 */
typedef char *(*LsTableNewsFunc) (unsigned n);

#define LS_TYPE_TABLE_NEWS (ls_table_news_get_type ())
G_DECLARE_FINAL_TYPE (LsTableNews, ls_table_news, LS, TABLE_NEWS, AdwBin)

void ls_table_news_watch (LsTableNews        *self,
                          GtkScrolledWindow  *scrolled,
                          GtkColumnView      *view);
void ls_table_news_set   (LsTableNews        *self,
                          GListModel         *rows,
                          LsTableNewsFunc     words);
void ls_table_news_pass  (LsTableNews        *self,
                          gboolean            is_another);

G_END_DECLS
