/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstep-app"

#include "config.h"

#include "app/compat/ls-column-title.h"

/* The headings are the first child, a row with a child for each column. */
static GtkWidget *
find_heading (GtkColumnView *view,
              unsigned       index)
{
  GtkWidget *row = gtk_widget_get_first_child (GTK_WIDGET (view));
  GtkWidget *heading;

  if (row == NULL || g_strcmp0 (gtk_widget_get_css_name (row), "header") != 0)
    return NULL;
  heading = gtk_widget_get_first_child (row);
  while (index-- > 0 && heading != NULL)
    heading = gtk_widget_get_next_sibling (heading);
  return heading;
}

void
ls_column_view_align_title (GtkColumnView *view,
                            unsigned       index,
                            GtkAlign       align)
{
  GtkWidget *heading;
  GtkWidget *box;

  g_return_if_fail (GTK_IS_COLUMN_VIEW (view));

  heading = find_heading (view, index);
  box = heading != NULL ? gtk_widget_get_first_child (heading) : NULL;
  if (!GTK_IS_BOX (box))
    return;
  gtk_widget_set_halign (box, align);
  /* The arrow keeps its room while the view is sorted otherwise. */
  if (align == GTK_ALIGN_END)
    gtk_box_reorder_child_after (GTK_BOX (box), gtk_widget_get_first_child (box), gtk_widget_get_last_child (box));
}
