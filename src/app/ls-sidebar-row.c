/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-sidebar"

#include "config.h"

#include "app/ls-sidebar-row.h"

#include "app/text/ls-format.h"

/**
 * LsSidebarRow:
 *
 * One page in the sidebar, with a count where the page has something to do.
 */
struct _LsSidebarRow {
  GtkListBoxRow parent_instance;

  /* template children */
  GtkImage *icon;
  GtkLabel *label;
  GtkLabel *count;

  /* owned */
  char *page;
};

G_DEFINE_FINAL_TYPE (LsSidebarRow, ls_sidebar_row, GTK_TYPE_LIST_BOX_ROW)

static void
ls_sidebar_row_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), LS_TYPE_SIDEBAR_ROW);
  G_OBJECT_CLASS (ls_sidebar_row_parent_class)->dispose (object);
}

static void
ls_sidebar_row_finalize (GObject *object)
{
  g_free (LS_SIDEBAR_ROW (object)->page);
  G_OBJECT_CLASS (ls_sidebar_row_parent_class)->finalize (object);
}

static void
ls_sidebar_row_class_init (LsSidebarRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ls_sidebar_row_dispose;
  G_OBJECT_CLASS (klass)->finalize = ls_sidebar_row_finalize;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/lockstep/Lockstep/ls-sidebar-row.ui");
  gtk_widget_class_bind_template_child (widget_class, LsSidebarRow, icon);
  gtk_widget_class_bind_template_child (widget_class, LsSidebarRow, label);
  gtk_widget_class_bind_template_child (widget_class, LsSidebarRow, count);
}

static void
ls_sidebar_row_init (LsSidebarRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * ls_sidebar_row_new:
 * @page: the page's stable name
 * @title: what the admin reads
 * @icon_name: a symbolic icon
 *
 * Returns: (transfer floating): a row without a count
 */
GtkWidget *
ls_sidebar_row_new (const char *page,
                    const char *title,
                    const char *icon_name)
{
  LsSidebarRow *self = g_object_new (LS_TYPE_SIDEBAR_ROW, NULL);

  self->page = g_strdup (page);
  gtk_label_set_label (self->label, title);
  gtk_image_set_from_icon_name (self->icon, icon_name);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
  return GTK_WIDGET (self);
}

/**
 * ls_sidebar_row_get_page:
 * @self: a row
 *
 * Returns: (transfer none): the page's stable name
 */
const char *
ls_sidebar_row_get_page (LsSidebarRow *self)
{
  return self->page;
}

/**
 * ls_sidebar_row_set_count:
 * @self: a row
 * @count: what waits there, 0 for nothing
 * @words: (nullable): the count in words, for the tooltip and a screen reader
 *
 * Shows or hides the count.
 */
void
ls_sidebar_row_set_count (LsSidebarRow *self,
                          unsigned      count,
                          const char   *words)
{
  g_autofree char *number = ls_format_number (count);
  g_autofree char *name = NULL;

  gtk_label_set_label (self->count, number);
  gtk_widget_set_visible (GTK_WIDGET (self->count), count > 0);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self), count > 0 ? words : NULL);
  name = count > 0 && words != NULL
             ? g_strdup_printf ("%s, %s", gtk_label_get_label (self->label), words)
             : g_strdup (gtk_label_get_label (self->label));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
}
