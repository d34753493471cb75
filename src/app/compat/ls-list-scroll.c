/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstep-app"

#include "config.h"

#include "app/compat/ls-list-scroll.h"

static GtkSelectionModel *
get_model (GtkWidget *view)
{
  if (GTK_IS_COLUMN_VIEW (view))
    return gtk_column_view_get_model (GTK_COLUMN_VIEW (view));
  if (GTK_IS_LIST_VIEW (view))
    return gtk_list_view_get_model (GTK_LIST_VIEW (view));
  if (GTK_IS_GRID_VIEW (view))
    return gtk_grid_view_get_model (GTK_GRID_VIEW (view));
  return NULL;
}

static GtkWidget *
get_inner_list (GtkWidget *view)
{
  GtkWidget *child;

  if (!GTK_IS_COLUMN_VIEW (view))
    return view;

  for (child = gtk_widget_get_first_child (view);
       child;
       child = gtk_widget_get_next_sibling (child))
    {
      if (GTK_IS_LIST_VIEW (child))
        return child;
    }
  return NULL;
}

int
ls_list_view_get_row_height (GtkWidget *view)
{
  GtkWidget *list = get_inner_list (view);
  GtkWidget *row = list != NULL ? gtk_widget_get_first_child (list) : NULL;

  /* One that has just come has no height yet. */
  while (row != NULL && gtk_widget_get_height (row) == 0)
    row = gtk_widget_get_next_sibling (row);
  return row != NULL ? gtk_widget_get_height (row) : 0;
}

void
ls_list_view_scroll_to (GtkWidget         *view,
                        unsigned int       position,
                        LsListScrollFlags  flags)
{
  GtkSelectionModel *model;

  g_return_if_fail (GTK_IS_COLUMN_VIEW (view) || GTK_IS_LIST_VIEW (view) ||
                    GTK_IS_GRID_VIEW (view));

  model = get_model (view);
  if (model == NULL || position >= g_list_model_get_n_items (G_LIST_MODEL (model)))
    return;

  if (flags & LS_LIST_SCROLL_SELECT)
    gtk_selection_model_select_item (model, position, TRUE);

#if GTK_CHECK_VERSION (4, 12, 0)
  if (GTK_IS_COLUMN_VIEW (view))
    gtk_column_view_scroll_to (GTK_COLUMN_VIEW (view), position, NULL, GTK_LIST_SCROLL_NONE, NULL);
  else if (GTK_IS_LIST_VIEW (view))
    gtk_list_view_scroll_to (GTK_LIST_VIEW (view), position, GTK_LIST_SCROLL_NONE, NULL);
  else
    gtk_grid_view_scroll_to (GTK_GRID_VIEW (view), position, GTK_LIST_SCROLL_NONE, NULL);
#else
  {
    GtkWidget *list = get_inner_list (view);

    if (list)
      gtk_widget_activate_action (list, "list.scroll-to-item", "u", position);
  }
#endif
}
