/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-query-view"

#include "config.h"

#include "app/pages/ls-query-view.h"

#include <glib/gi18n.h>

/**
 * ls_query_view_update:
 * @placeholder: what holds the table or list of @query
 * @query: a query
 * @filtered: whether the admin asked for less than everything
 * @icon_name: an icon for an empty collection
 * @empty_title: what to say when there is nothing at all
 * @empty_description: and what to do about it
 *
 * Shows content, loading or emptiness, as @query stands. Rows that are there stay in sight while a
 * new order loads.
 */
void
ls_query_view_update (LsPlaceholder *placeholder,
                      LsLiveQuery   *query,
                      gboolean       filtered,
                      const char    *icon_name,
                      const char    *empty_title,
                      const char    *empty_description)
{
  if (g_list_model_get_n_items (G_LIST_MODEL (query)) > 0)
    ls_placeholder_show_content (placeholder);
  else if (ls_live_query_get_loading (query))
    ls_placeholder_show_loading (placeholder);
  else if (filtered)
    ls_placeholder_show_empty (placeholder, "system-search-symbolic", _("Nothing found"),
                               _("Try other words or another filter."), NULL);
  else
    ls_placeholder_show_empty (placeholder, icon_name, empty_title, empty_description, NULL);
}
