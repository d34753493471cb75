/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-orders-page"

#include "config.h"

#include "app/pages/ls-orders-page.h"

#include <glib/gi18n.h>

#include "app/text/ls-format.h"
#include "app/pages/ls-order-detail.h"
#include "app/pages/ls-query-view.h"
#include "app/pages/ls-scope-note.h"
#include "app/tables/ls-table.h"
#include "app/widgets/ls-detail-view.h"
#include "app/widgets/ls-placeholder.h"

/**
 * LsOrdersPage:
 *
 * The orders of a shop: a table, newest first, with count and revenue of what is filtered, and a
 * detail pane for the selected one.
 */
struct _LsOrdersPage {
  LsPage parent_instance;

  /* template children */
  GtkDropDown *status_filter;
  GtkLabel *count_label;
  GtkLabel *total_label;
  LsScopeNote *scope_note;
  LsPlaceholder *placeholder;
  LsTable *table;
  LsDetailView *detail_view;
  LsOrderDetail *detail;

  /* owned */
  LsLiveQuery *query;
  LsLiveAggregate *revenue; /* by currency, over what is filtered */
  char *search;
};

G_DEFINE_FINAL_TYPE (LsOrdersPage, ls_orders_page, LS_TYPE_PAGE)

static const LsTableColumn columns[] = {
  { "number", 90, LS_TABLE_COLUMN_NONE },
  { "customer_name", 130, LS_TABLE_COLUMN_EXPAND },
  { "placed_at", 155, LS_TABLE_COLUMN_MEDIUM },
  { "status", 110, LS_TABLE_COLUMN_EDITABLE | LS_TABLE_COLUMN_MEDIUM },
  { "units", 65, LS_TABLE_COLUMN_WIDE },
  { "total", 105, LS_TABLE_COLUMN_NONE },
  { "revenue", 105, LS_TABLE_COLUMN_WIDE },
  { "country", 80, LS_TABLE_COLUMN_WIDE },
  { "source", 80, LS_TABLE_COLUMN_WIDE },
};

/* Statuses of each entry of the drop-down; none for all. */
static const char *const filters[][4] = {
  { NULL },
  { "paid", "processing", "on-hold", NULL },
  { "pending", NULL },
  { "completed", "shipped", NULL },
  { "cancelled", "refunded", "failed", NULL },
};

static const LsCollection *
orders (void)
{
  return ls_schema_collection (LS_ORDERS);
}

static unsigned
field (const char *name)
{
  return (unsigned) ls_collection_field (orders (), name);
}

static LsFilter *
make_filter (LsOrdersPage *self)
{
  unsigned selected = gtk_drop_down_get_selected (self->status_filter);
  LsFilter *all = ls_filter_new_all (orders ());

  if (selected > 0 && selected < G_N_ELEMENTS (filters))
    {
      LsFilter *any = ls_filter_new_any (orders ());

      for (unsigned i = 0; filters[selected][i] != NULL; i++)
        ls_filter_take_child (any, ls_filter_new_compare (orders (), field ("status"), LS_FILTER_EQUAL,
                                                          ls_value_text (filters[selected][i])));
      ls_filter_take_child (all, any);
    }
  if (self->search != NULL && *self->search != '\0')
    ls_filter_take_child (all, ls_filter_new_search (orders (), self->search));
  return all;
}

static gboolean
is_filtered (LsOrdersPage *self)
{
  return gtk_drop_down_get_selected (self->status_filter) != 0 ||
         (self->search != NULL && *self->search != '\0');
}

static char *
news_words (unsigned n)
{
  g_autofree char *number = ls_format_number (n);

  /* Translators: %s is a formatted number; leads to rows that came since */
  return g_strdup_printf (ngettext ("%s new order", "%s new orders", n), number);
}

static void
query_changed_cb (LsOrdersPage *self)
{
  unsigned n_items = g_list_model_get_n_items (G_LIST_MODEL (self->query));
  g_autofree char *number = ls_format_number (n_items);
  /* Translators: %s is a formatted number */
  g_autofree char *words = g_strdup_printf (ngettext ("%s order", "%s orders", n_items), number);

  /* The first rows of many are no count. */
  gtk_label_set_label (self->count_label, ls_live_query_get_loading (self->query) ? "" : words);
  ls_query_view_update (self->placeholder, self->query, is_filtered (self), "ls-orders-symbolic",
                        _("No orders yet"), _("Orders appear here as they are placed."));
}

/* Currencies are never added up: they stand side by side. */
static void
revenue_changed_cb (LsOrdersPage *self)
{
  g_autoptr (GString) amounts = g_string_new (NULL);
  g_autofree char *words = NULL;

  for (unsigned i = 0; i < ls_live_aggregate_get_n_groups (self->revenue); i++)
    {
      const char *currency = ls_value_get_text (ls_live_aggregate_get_group (self->revenue, i, 0));
      g_autofree char *amount =
          ls_format_money (ls_live_aggregate_get_value (self->revenue, i, 0), currency != NULL ? currency : "");

      if (amounts->len > 0)
        g_string_append (amounts, " + ");
      g_string_append (amounts, amount);
    }
  /* Translators: %s is an amount of money; see the measure "revenue" */
  words = amounts->len > 0 ? g_strdup_printf (_("Revenue %s"), amounts->str) : g_strdup ("");
  gtk_label_set_label (self->total_label, words);
}

static void
apply_filter (LsOrdersPage *self)
{
  g_autoptr (LsFilter) filter = NULL;

  if (self->query == NULL)
    return;
  filter = make_filter (self);
  ls_live_query_set_filter (self->query, filter);
  ls_live_aggregate_set_filter (self->revenue, filter);
}

static void
filter_changed_cb (LsOrdersPage *self)
{
  apply_filter (self);
}

static void
show_detail (LsOrdersPage *self,
             LsRow        *row)
{
  LsPage *page = LS_PAGE (self);
  gboolean shown = row != NULL && ls_row_get_record (row) != NULL;

  if (shown)
    ls_order_detail_set_order (self->detail, ls_page_get_store (page), ls_page_get_shop (page), row,
                               ls_page_get_time_zone (page), ls_page_can_write (page, orders ()));
  else
    ls_order_detail_set_order (self->detail, NULL, NULL, NULL, NULL, FALSE);
  ls_detail_view_set_shows_detail (self->detail_view, shown);
}

/* Selecting alone opens nothing: the table would become narrower between the clicks of a double click. */
static void
row_selected_cb (LsOrdersPage *self,
                 LsRow        *row)
{
  if (ls_detail_view_get_shows_detail (self->detail_view))
    show_detail (self, row);
}

static void
row_activated_cb (LsOrdersPage *self,
                  LsRow        *row)
{
  show_detail (self, row);
}

static void
detail_close_cb (LsOrdersPage *self)
{
  ls_table_select (self->table, -1);
  show_detail (self, NULL);
}

static void
close_detail_action (GtkWidget  *widget,
                     const char *name,
                     GVariant   *parameter)
{
  detail_close_cb (LS_ORDERS_PAGE (widget));
}

static void
cell_edited_cb (LsOrdersPage *self,
                LsRow        *row,
                unsigned      edited_field,
                LsValue      *value)
{
  ls_page_edit_field (LS_PAGE (self), row, edited_field, value);
}

static void
detail_edited_cb (LsOrdersPage *self,
                  LsRow        *row,
                  unsigned      edited_field,
                  LsValue      *value)
{
  ls_page_edit_field (LS_PAGE (self), row, edited_field, value);
}

static void
ls_orders_page_show_record (LsPage *page,
                            LsRow  *row)
{
  LsOrdersPage *self = LS_ORDERS_PAGE (page);

  ls_table_select (self->table, ls_row_get_id (row));
  show_detail (self, row);
}

static void
ls_orders_page_search (LsPage     *page,
                       const char *text)
{
  LsOrdersPage *self = LS_ORDERS_PAGE (page);

  g_free (self->search);
  self->search = g_strdup (text);
  apply_filter (self);
}

static void
ls_orders_page_bind (LsPage *page)
{
  LsOrdersPage *self = LS_ORDERS_PAGE (page);
  LsOrder order = { field ("placed_at"), true };
  LsAggregateTerm sum = { LS_AGGREGATE_SUM, field ("revenue") };
  unsigned currency = field ("currency");
  g_autoptr (LsFilter) filter = make_filter (self);

  LS_PAGE_CLASS (ls_orders_page_parent_class)->bind (page);
  self->query =
      ls_store_query (ls_page_get_store (page), ls_page_get_shop (page), orders (), filter, &order, 1);
  self->revenue = ls_store_aggregate (ls_page_get_store (page), ls_page_get_shop (page), orders (), filter,
                                      &currency, 1, &sum, 1);
  g_signal_connect_object (self->query, "items-changed", G_CALLBACK (query_changed_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->query, "notify::loading", G_CALLBACK (query_changed_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->revenue, "changed", G_CALLBACK (revenue_changed_cb), self,
                           G_CONNECT_SWAPPED);
  ls_table_set_editable (self->table, ls_page_can_write (page, orders ()));
  ls_page_explain (page, GTK_WIDGET (self->table));
  ls_page_explain (page, GTK_WIDGET (self->detail));
  ls_table_set_query (self->table, self->query, ls_page_get_currency (page), ls_page_get_time_zone (page));
  ls_scope_note_set_shop (self->scope_note, ls_page_get_client (page), ls_page_get_shop (page));
  query_changed_cb (self);
  revenue_changed_cb (self);
}

static void
ls_orders_page_unbind (LsPage *page)
{
  LsOrdersPage *self = LS_ORDERS_PAGE (page);

  show_detail (self, NULL);
  ls_scope_note_set_shop (self->scope_note, NULL, NULL);
  ls_placeholder_show_loading (self->placeholder);
  ls_table_set_query (self->table, NULL, NULL, NULL);
  if (self->query != NULL)
    g_signal_handlers_disconnect_by_data (self->query, self);
  if (self->revenue != NULL)
    g_signal_handlers_disconnect_by_data (self->revenue, self);
  g_clear_object (&self->query);
  g_clear_object (&self->revenue);
  LS_PAGE_CLASS (ls_orders_page_parent_class)->unbind (page);
}

static gboolean
ls_orders_page_grab_focus (GtkWidget *widget)
{
  return gtk_widget_grab_focus (GTK_WIDGET (LS_ORDERS_PAGE (widget)->table));
}

static void
ls_orders_page_dispose (GObject *object)
{
  /* The parent unbinds, which needs the widgets. */
  G_OBJECT_CLASS (ls_orders_page_parent_class)->dispose (object);
  gtk_widget_dispose_template (GTK_WIDGET (object), LS_TYPE_ORDERS_PAGE);
}

static void
ls_orders_page_finalize (GObject *object)
{
  g_free (LS_ORDERS_PAGE (object)->search);
  G_OBJECT_CLASS (ls_orders_page_parent_class)->finalize (object);
}

static void
ls_orders_page_class_init (LsOrdersPageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  LsPageClass *page_class = LS_PAGE_CLASS (klass);

  object_class->dispose = ls_orders_page_dispose;
  object_class->finalize = ls_orders_page_finalize;
  widget_class->grab_focus = ls_orders_page_grab_focus;
  page_class->shows = UINT32_C (1) << LS_ORDERS | UINT32_C (1) << LS_ORDER_ITEMS |
                      UINT32_C (1) << LS_PAYMENTS | UINT32_C (1) << LS_REFUNDS;
  page_class->bind = ls_orders_page_bind;
  page_class->unbind = ls_orders_page_unbind;
  page_class->search = ls_orders_page_search;
  page_class->records = LS_ORDERS;
  page_class->show_record = ls_orders_page_show_record;

  g_type_ensure (LS_TYPE_ORDER_DETAIL);
  g_type_ensure (LS_TYPE_PLACEHOLDER);
  g_type_ensure (LS_TYPE_SCOPE_NOTE);
  g_type_ensure (LS_TYPE_TABLE);
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/lockstep/Lockstep/pages/ls-orders-page.ui");
  gtk_widget_class_bind_template_child (widget_class, LsOrdersPage, status_filter);
  gtk_widget_class_bind_template_child (widget_class, LsOrdersPage, count_label);
  gtk_widget_class_bind_template_child (widget_class, LsOrdersPage, total_label);
  gtk_widget_class_bind_template_child (widget_class, LsOrdersPage, scope_note);
  gtk_widget_class_bind_template_child (widget_class, LsOrdersPage, placeholder);
  gtk_widget_class_bind_template_child (widget_class, LsOrdersPage, table);
  gtk_widget_class_bind_template_child (widget_class, LsOrdersPage, detail_view);
  gtk_widget_class_bind_template_child (widget_class, LsOrdersPage, detail);
  gtk_widget_class_bind_template_callback (widget_class, cell_edited_cb);
  gtk_widget_class_bind_template_callback (widget_class, detail_close_cb);
  gtk_widget_class_bind_template_callback (widget_class, detail_edited_cb);
  gtk_widget_class_bind_template_callback (widget_class, filter_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, row_activated_cb);
  gtk_widget_class_bind_template_callback (widget_class, row_selected_cb);
  gtk_widget_class_install_action (widget_class, "page.close-detail", NULL, close_detail_action);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "page.close-detail", NULL);
}

static void
ls_orders_page_init (LsOrdersPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  ls_placeholder_show_loading (self->placeholder);
  ls_table_set_columns (self->table, orders (), columns, G_N_ELEMENTS (columns));
  ls_table_set_news_words (self->table, news_words);
  ls_table_sort_by (self->table, "placed_at", GTK_SORT_DESCENDING);
}
