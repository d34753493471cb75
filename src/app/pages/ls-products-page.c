/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-products-page"

#include "config.h"

#include "app/pages/ls-products-page.h"

#include <glib/gi18n.h>

#include "app/compat/ls-button.h"
#include "app/dialogs/ls-new-product-dialog.h"
#include "app/forms/ls-record-form.h"
#include "app/text/ls-format.h"
#include "app/pages/ls-query-view.h"
#include "app/pages/ls-row-line.h"
#include "app/tables/ls-table.h"
#include "app/widgets/ls-detail-view.h"
#include "app/widgets/ls-placeholder.h"

/**
 * LsProductsPage:
 *
 * The products of a shop: a table that is edited in place, and a detail pane for the selected one.
 */
struct _LsProductsPage {
  LsPage parent_instance;

  /* template children */
  GtkDropDown *status_filter;
  GtkLabel *count_label;
  GtkButton *new_button;
  LsPlaceholder *placeholder;
  LsTable *table;
  LsDetailView *detail_view;
  GtkLabel *detail_title;
  LsRecordForm *form;
  LsRecordForm *figures;
  AdwPreferencesGroup *variants_group;
  GtkListBox *variants_list;
  GtkButton *archive_button;

  /* owned */
  LsLiveQuery *query;
  LsLiveQuery *variants;
  LsRow *row;
  gulong row_handler;
  char *search;
};

G_DEFINE_FINAL_TYPE (LsProductsPage, ls_products_page, LS_TYPE_PAGE)

/* In the order of the drop-down. */
enum {
  FILTER_ALL,
  FILTER_ACTIVE,
  FILTER_DRAFT,
  FILTER_ARCHIVED,
  FILTER_LOW_STOCK,
};

static const LsTableColumn columns[] = {
  { "name", 180, LS_TABLE_COLUMN_EXPAND },
  { "sku", 110, LS_TABLE_COLUMN_WIDE },
  { "category", 120, LS_TABLE_COLUMN_WIDE },
  { "status", 90, LS_TABLE_COLUMN_EDITABLE | LS_TABLE_COLUMN_MEDIUM },
  { "price", 90, LS_TABLE_COLUMN_EDITABLE },
  { "stock", 70, LS_TABLE_COLUMN_EDITABLE },
  { "units_sold", 90, LS_TABLE_COLUMN_WIDE },
  { "revenue", 110, LS_TABLE_COLUMN_WIDE },
};

static const LsFormField form_fields[] = {
  { "name", TRUE },  { "sku", TRUE },        { "status", TRUE },  { "category", TRUE },
  { "price", TRUE }, { "sale_price", TRUE }, { "stock", TRUE },   { "low_stock_at", TRUE },
};

static const LsFormField figure_fields[] = {
  { "units_sold", FALSE },
  { "revenue", FALSE },
  { "favorites", FALSE },
  { "created_at", FALSE },
};

#define MAX_VARIANTS_SHOWN 50

static const LsCollection *
products (void)
{
  return ls_schema_collection (LS_PRODUCTS);
}

static unsigned
field (const char *name)
{
  return (unsigned) ls_collection_field (products (), name);
}

static LsFilter *
make_filter (LsProductsPage *self)
{
  static const char *const statuses[] = {
    [FILTER_ACTIVE] = "active",
    [FILTER_DRAFT] = "draft",
    [FILTER_ARCHIVED] = "archived",
  };
  unsigned selected = gtk_drop_down_get_selected (self->status_filter);
  LsFilter *all = ls_filter_new_all (products ());

  if (selected == FILTER_LOW_STOCK)
    ls_filter_take_child (all, ls_filter_new_compare (products (), field ("low_stock"), LS_FILTER_EQUAL,
                                                      ls_value_integer (1)));
  else if (selected != FILTER_ALL && selected < G_N_ELEMENTS (statuses))
    ls_filter_take_child (all, ls_filter_new_compare (products (), field ("status"), LS_FILTER_EQUAL,
                                                      ls_value_text (statuses[selected])));
  if (self->search != NULL && *self->search != '\0')
    ls_filter_take_child (all, ls_filter_new_search (products (), self->search));
  return all;
}

static gboolean
is_filtered (LsProductsPage *self)
{
  return gtk_drop_down_get_selected (self->status_filter) != FILTER_ALL ||
         (self->search != NULL && *self->search != '\0');
}

static char *
news_words (unsigned n)
{
  g_autofree char *number = ls_format_number (n);

  /* Translators: %s is a formatted number; leads to rows that came since */
  return g_strdup_printf (ngettext ("%s new product", "%s new products", n), number);
}

static void
query_changed_cb (LsProductsPage *self)
{
  unsigned n_items = g_list_model_get_n_items (G_LIST_MODEL (self->query));
  g_autofree char *number = ls_format_number (n_items);
  /* Translators: %s is a formatted number */
  g_autofree char *words = g_strdup_printf (ngettext ("%s product", "%s products", n_items), number);

  /* The first rows of many are no count. */
  gtk_label_set_label (self->count_label, ls_live_query_get_loading (self->query) ? "" : words);
  ls_query_view_update (self->placeholder, self->query, is_filtered (self), "ls-products-symbolic",
                        _("No products yet"), _("Products that you make or import appear here."));
}

static void
apply_filter (LsProductsPage *self)
{
  g_autoptr (LsFilter) filter = NULL;

  if (self->query == NULL)
    return;
  filter = make_filter (self);
  ls_live_query_set_filter (self->query, filter);
}

static void
filter_changed_cb (LsProductsPage *self)
{
  apply_filter (self);
}

static void
update_detail (LsProductsPage *self)
{
  LsRecord *record = self->row != NULL ? ls_row_get_record (self->row) : NULL;
  gboolean archived;

  ls_detail_view_set_shows_detail (self->detail_view, record != NULL);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "page.archive",
                                 record != NULL && ls_page_can_write (LS_PAGE (self), products ()));
  if (record == NULL)
    return;
  archived = g_strcmp0 (ls_record_get_text (record, field ("status")), "archived") == 0;
  gtk_label_set_label (self->detail_title, ls_record_get_text (record, field ("name")));
  gtk_button_set_label (self->archive_button, archived ? _("Put back on sale") : _("Archive"));
}

static void
describe_variant (LsRecord      *record,
                  LsRowLineText *text,
                  gpointer       user_data)
{
  const LsCollection *variants = ls_record_get_collection (record);
  unsigned stock = (unsigned) ls_collection_field (variants, "stock");

  text->title =
      g_strdup (ls_record_get_text (record, (unsigned) ls_collection_field (variants, "name")));
  text->amount = ls_format_value (record, (unsigned) ls_collection_field (variants, "price"),
                                  ls_page_get_currency (user_data), NULL);
  if (ls_record_get (record, stock)->kind == LS_VALUE_INTEGER)
    {
      g_autofree char *number = ls_format_number (ls_record_get_integer (record, stock, 0));

      /* Translators: %s is a formatted number */
      text->subtitle = g_strdup_printf (_("%s in stock"), number);
    }
}

static GtkWidget *
make_variant_row (gpointer item,
                  gpointer user_data)
{
  return ls_row_line_new (item, describe_variant, user_data);
}

static void
variants_changed_cb (LsProductsPage *self)
{
  gtk_widget_set_visible (GTK_WIDGET (self->variants_group),
                          g_list_model_get_n_items (G_LIST_MODEL (self->variants)) > 0);
}

static void
forget_variants (LsProductsPage *self)
{
  gtk_list_box_bind_model (self->variants_list, NULL, NULL, NULL, NULL);
  if (self->variants != NULL)
    g_signal_handlers_disconnect_by_data (self->variants, self);
  g_clear_object (&self->variants);
}

static void
show_variants (LsProductsPage *self,
               const char     *key)
{
  const LsCollection *variants = ls_schema_collection (LS_VARIANTS);
  LsOrder order = { (unsigned) ls_collection_field (variants, "position"), false };
  g_autoptr (LsFilter) filter =
      ls_filter_new_compare (variants, (unsigned) ls_collection_field (variants, "product"),
                             LS_FILTER_EQUAL, ls_value_text (key));
  g_autoptr (GtkSliceListModel) slice = NULL;

  forget_variants (self);
  self->variants = ls_store_query (ls_page_get_store (LS_PAGE (self)), ls_page_get_shop (LS_PAGE (self)),
                                   variants, filter, &order, 1);
  slice = gtk_slice_list_model_new (G_LIST_MODEL (g_object_ref (self->variants)), 0, MAX_VARIANTS_SHOWN);
  gtk_list_box_bind_model (self->variants_list, G_LIST_MODEL (slice), make_variant_row, self, NULL);
  g_signal_connect_object (self->variants, "items-changed", G_CALLBACK (variants_changed_cb), self,
                           G_CONNECT_SWAPPED);
  variants_changed_cb (self);
}

static void
set_row (LsProductsPage *self,
         LsRow          *row)
{
  const char *currency = ls_page_get_currency (LS_PAGE (self));
  GTimeZone *zone = ls_page_get_time_zone (LS_PAGE (self));

  if (row == self->row)
    return;
  if (self->row != NULL)
    g_clear_signal_handler (&self->row_handler, self->row);
  g_set_object (&self->row, row);
  ls_record_form_set_row (self->form, row, currency, zone);
  ls_record_form_set_row (self->figures, row, currency, zone);
  if (row != NULL)
    {
      self->row_handler =
          g_signal_connect_swapped (row, "notify::record", G_CALLBACK (update_detail), self);
      if (ls_row_get_record (row) != NULL)
        show_variants (self, ls_record_get_key (ls_row_get_record (row)));
    }
  else
    forget_variants (self);
  update_detail (self);
}

/* Selecting alone opens nothing: the table would become narrower between the clicks of a double click. */
static void
row_selected_cb (LsProductsPage *self,
                 LsRow          *row)
{
  if (ls_detail_view_get_shows_detail (self->detail_view))
    set_row (self, row);
}

static void
row_activated_cb (LsProductsPage *self,
                  LsRow          *row)
{
  set_row (self, row);
}

static void
cell_edited_cb (LsProductsPage *self,
                LsRow          *row,
                unsigned        edited_field,
                LsValue        *value)
{
  ls_page_edit_field (LS_PAGE (self), row, edited_field, value);
}

static void
form_edited_cb (LsProductsPage *self,
                unsigned        edited_field,
                LsValue        *value)
{
  if (self->row != NULL)
    ls_page_edit_field (LS_PAGE (self), self->row, edited_field, value);
}

static void
new_product_action (GtkWidget  *widget,
                    const char *name,
                    GVariant   *parameter)
{
  gtk_window_present (GTK_WINDOW (ls_new_product_dialog_new (LS_PAGE (widget))));
}

static void
archive_action (GtkWidget  *widget,
                const char *name,
                GVariant   *parameter)
{
  LsProductsPage *self = LS_PRODUCTS_PAGE (widget);
  LsRecord *record = self->row != NULL ? ls_row_get_record (self->row) : NULL;
  g_auto (LsValue) status = LS_VALUE_INIT;

  if (record == NULL)
    return;
  status = ls_value_text (
      g_strcmp0 (ls_record_get_text (record, field ("status")), "archived") == 0 ? "active" : "archived");
  ls_page_edit_field (LS_PAGE (self), self->row, field ("status"), &status);
}

static void
close_detail_action (GtkWidget  *widget,
                     const char *name,
                     GVariant   *parameter)
{
  ls_table_select (LS_PRODUCTS_PAGE (widget)->table, -1);
  set_row (LS_PRODUCTS_PAGE (widget), NULL);
}

static void
ls_products_page_show_record (LsPage *page,
                              LsRow  *row)
{
  LsProductsPage *self = LS_PRODUCTS_PAGE (page);

  ls_table_select (self->table, ls_row_get_id (row));
  set_row (self, row);
}

static void
ls_products_page_search (LsPage     *page,
                         const char *text)
{
  LsProductsPage *self = LS_PRODUCTS_PAGE (page);

  g_free (self->search);
  self->search = g_strdup (text);
  apply_filter (self);
}

static void
ls_products_page_bind (LsPage *page)
{
  LsProductsPage *self = LS_PRODUCTS_PAGE (page);
  LsOrder order = { field ("name"), false };
  g_autoptr (LsFilter) filter = make_filter (self);
  gboolean writable = ls_page_can_write (page, products ());

  LS_PAGE_CLASS (ls_products_page_parent_class)->bind (page);
  self->query =
      ls_store_query (ls_page_get_store (page), ls_page_get_shop (page), products (), filter, &order, 1);
  g_signal_connect_object (self->query, "items-changed", G_CALLBACK (query_changed_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->query, "notify::loading", G_CALLBACK (query_changed_cb), self,
                           G_CONNECT_SWAPPED);
  ls_table_set_editable (self->table, writable);
  ls_record_form_set_editable (self->form, writable);
  ls_page_explain (page, GTK_WIDGET (self->table));
  ls_page_explain (page, GTK_WIDGET (self->form));
  ls_page_explain (page, GTK_WIDGET (self->new_button));
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "page.new-product", writable);
  ls_table_set_query (self->table, self->query, ls_page_get_currency (page), ls_page_get_time_zone (page));
  query_changed_cb (self);
}

static void
ls_products_page_unbind (LsPage *page)
{
  LsProductsPage *self = LS_PRODUCTS_PAGE (page);

  set_row (self, NULL);
  ls_placeholder_show_loading (self->placeholder);
  ls_table_set_query (self->table, NULL, NULL, NULL);
  if (self->query != NULL)
    g_signal_handlers_disconnect_by_data (self->query, self);
  g_clear_object (&self->query);
  LS_PAGE_CLASS (ls_products_page_parent_class)->unbind (page);
}

static gboolean
ls_products_page_grab_focus (GtkWidget *widget)
{
  return gtk_widget_grab_focus (GTK_WIDGET (LS_PRODUCTS_PAGE (widget)->table));
}

static void
ls_products_page_dispose (GObject *object)
{
  /* The parent unbinds, which needs the widgets. */
  G_OBJECT_CLASS (ls_products_page_parent_class)->dispose (object);
  gtk_widget_dispose_template (GTK_WIDGET (object), LS_TYPE_PRODUCTS_PAGE);
}

static void
ls_products_page_finalize (GObject *object)
{
  g_free (LS_PRODUCTS_PAGE (object)->search);
  G_OBJECT_CLASS (ls_products_page_parent_class)->finalize (object);
}

static void
bind_children (GtkWidgetClass *widget_class)
{
  gtk_widget_class_bind_template_child (widget_class, LsProductsPage, status_filter);
  gtk_widget_class_bind_template_child (widget_class, LsProductsPage, count_label);
  gtk_widget_class_bind_template_child (widget_class, LsProductsPage, new_button);
  gtk_widget_class_bind_template_child (widget_class, LsProductsPage, placeholder);
  gtk_widget_class_bind_template_child (widget_class, LsProductsPage, table);
  gtk_widget_class_bind_template_child (widget_class, LsProductsPage, detail_view);
  gtk_widget_class_bind_template_child (widget_class, LsProductsPage, detail_title);
  gtk_widget_class_bind_template_child (widget_class, LsProductsPage, form);
  gtk_widget_class_bind_template_child (widget_class, LsProductsPage, figures);
  gtk_widget_class_bind_template_child (widget_class, LsProductsPage, variants_group);
  gtk_widget_class_bind_template_child (widget_class, LsProductsPage, variants_list);
  gtk_widget_class_bind_template_child (widget_class, LsProductsPage, archive_button);
}

static void
ls_products_page_class_init (LsProductsPageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  LsPageClass *page_class = LS_PAGE_CLASS (klass);

  object_class->dispose = ls_products_page_dispose;
  object_class->finalize = ls_products_page_finalize;
  widget_class->grab_focus = ls_products_page_grab_focus;
  page_class->shows = UINT32_C (1) << LS_PRODUCTS | UINT32_C (1) << LS_VARIANTS;
  page_class->bind = ls_products_page_bind;
  page_class->unbind = ls_products_page_unbind;
  page_class->search = ls_products_page_search;
  page_class->records = LS_PRODUCTS;
  page_class->show_record = ls_products_page_show_record;

  g_type_ensure (LS_TYPE_PLACEHOLDER);
  g_type_ensure (LS_TYPE_RECORD_FORM);
  g_type_ensure (LS_TYPE_TABLE);
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/lockstep/Lockstep/pages/ls-products-page.ui");
  bind_children (widget_class);
  gtk_widget_class_bind_template_callback (widget_class, cell_edited_cb);
  gtk_widget_class_bind_template_callback (widget_class, filter_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, form_edited_cb);
  gtk_widget_class_bind_template_callback (widget_class, row_activated_cb);
  gtk_widget_class_bind_template_callback (widget_class, row_selected_cb);
  gtk_widget_class_install_action (widget_class, "page.new-product", NULL, new_product_action);
  gtk_widget_class_install_action (widget_class, "page.archive", NULL, archive_action);
  gtk_widget_class_install_action (widget_class, "page.close-detail", NULL, close_detail_action);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "page.close-detail", NULL);
}

static void
ls_products_page_init (LsProductsPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  ls_button_name_descendants (GTK_WIDGET (self));
  ls_placeholder_show_loading (self->placeholder);
  ls_table_set_columns (self->table, products (), columns, G_N_ELEMENTS (columns));
  ls_table_set_news_words (self->table, news_words);
  ls_table_sort_by (self->table, "name", GTK_SORT_ASCENDING);
  ls_record_form_set_fields (self->form, products (), form_fields, G_N_ELEMENTS (form_fields));
  ls_record_form_set_fields (self->figures, products (), figure_fields, G_N_ELEMENTS (figure_fields));
}
