/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-sidebar"

#include "config.h"

#include "app/ls-sidebar.h"

#include <glib/gi18n.h>

#include "app/ls-sidebar-row.h"

/**
 * LsSidebar:
 *
 * The list of pages. Signal `page-activated` (name) when the admin chooses one.
 */
struct _LsSidebar {
  AdwBin parent_instance;

  /* template children */
  GtkListBox *list;
  GtkButton *waiting_button;
  GtkImage *waiting_icon;
  GtkLabel *waiting_label;
};

enum {
  PAGE_ACTIVATED,
  N_SIGNALS,
};

static unsigned signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (LsSidebar, ls_sidebar, ADW_TYPE_BIN)

static const struct {
  const char *page;
  const char *title;
  const char *icon_name;
} pages[] = {
  { "overview", N_ ("Overview"), "ls-overview-symbolic" },
  { "products", N_ ("Products"), "ls-products-symbolic" },
  { "orders", N_ ("Orders"), "ls-orders-symbolic" },
};

static void
row_activated_cb (LsSidebar     *self,
                  GtkListBoxRow *row)
{
  g_signal_emit (self, signals[PAGE_ACTIVATED], 0, ls_sidebar_row_get_page (LS_SIDEBAR_ROW (row)));
}

static void
ls_sidebar_dispose (GObject *object)
{
  G_OBJECT_CLASS (ls_sidebar_parent_class)->dispose (object);
  gtk_widget_dispose_template (GTK_WIDGET (object), LS_TYPE_SIDEBAR);
}

static void
ls_sidebar_class_init (LsSidebarClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ls_sidebar_dispose;

  /**
   * LsSidebar::page-activated:
   * @self: the sidebar
   * @page: the page's stable name
   *
   * The admin chose a page.
   */
  signals[PAGE_ACTIVATED] = g_signal_new ("page-activated", LS_TYPE_SIDEBAR, G_SIGNAL_RUN_LAST, 0,
                                          NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/lockstep/Lockstep/ls-sidebar.ui");
  gtk_widget_class_bind_template_child (widget_class, LsSidebar, list);
  gtk_widget_class_bind_template_child (widget_class, LsSidebar, waiting_button);
  gtk_widget_class_bind_template_child (widget_class, LsSidebar, waiting_icon);
  gtk_widget_class_bind_template_child (widget_class, LsSidebar, waiting_label);
  gtk_widget_class_bind_template_callback (widget_class, row_activated_cb);
}

static void
ls_sidebar_init (LsSidebar *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  for (size_t i = 0; i < G_N_ELEMENTS (pages); i++)
    gtk_list_box_append (self->list, ls_sidebar_row_new (pages[i].page, _(pages[i].title),
                                                         pages[i].icon_name));
}

static LsSidebarRow *
find_row (LsSidebar  *self,
          const char *page)
{
  for (size_t i = 0; i < G_N_ELEMENTS (pages); i++)
    if (g_strcmp0 (pages[i].page, page) == 0)
      return LS_SIDEBAR_ROW (gtk_list_box_get_row_at_index (self->list, (int) i));
  return NULL;
}

/**
 * ls_sidebar_select:
 * @self: a sidebar
 * @page: the page's stable name
 *
 * Marks the page that is shown. Emits nothing.
 */
void
ls_sidebar_select (LsSidebar  *self,
                   const char *page)
{
  LsSidebarRow *row = find_row (self, page);

  if (row != NULL)
    gtk_list_box_select_row (self->list, GTK_LIST_BOX_ROW (row));
}

/**
 * ls_sidebar_set_count:
 * @self: a sidebar
 * @page: the page's stable name
 * @count: what waits there, 0 for nothing
 * @words: (nullable): the count in words
 *
 * Shows a count beside a page.
 */
void
ls_sidebar_set_count (LsSidebar  *self,
                      const char *page,
                      unsigned    count,
                      const char *words)
{
  LsSidebarRow *row = find_row (self, page);

  if (row != NULL)
    ls_sidebar_row_set_count (row, count, words);
}

/**
 * ls_sidebar_set_waiting:
 * @self: a sidebar
 * @waiting: changes that wait for the server
 * @failed: changes that the server did not take
 * @lost: changes that the server lost when it was restored
 *
 * Shows under the pages what is not saved, as an alert when something failed.
 */
void
ls_sidebar_set_waiting (LsSidebar *self,
                        unsigned   waiting,
                        unsigned   failed,
                        unsigned   lost)
{
  bool alert = failed > 0 || lost > 0;
  g_autofree char *words = NULL;

  if (failed > 0)
    words = g_strdup_printf (ngettext ("%u change was not saved", "%u changes were not saved", failed),
                             failed);
  else if (lost > 0)
    words = g_strdup_printf (ngettext ("%u change was lost", "%u changes were lost", lost), lost);
  else
    words = g_strdup_printf (ngettext ("%u change waits", "%u changes wait", waiting), waiting);

  gtk_widget_set_visible (GTK_WIDGET (self->waiting_button), waiting > 0 || alert);
  gtk_label_set_label (self->waiting_label, words);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->waiting_button),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, words, -1);
  gtk_image_set_from_icon_name (self->waiting_icon,
                                alert ? "dialog-warning-symbolic" : "ls-waiting-symbolic");
  if (alert)
    gtk_widget_add_css_class (GTK_WIDGET (self->waiting_button), "error");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self->waiting_button), "error");
}
