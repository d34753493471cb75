/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-order-detail"

#include "config.h"

#include "app/pages/ls-order-detail.h"

#include <glib/gi18n.h>

#include "app/forms/ls-record-form.h"
#include "app/text/ls-format.h"
#include "app/pages/ls-row-line.h"

/**
 * LsOrderDetail:
 *
 * One order in full: status, items, totals, refunds, customer and delivery. Signals `edited`
 * (field, value) and `close`.
 */
struct _LsOrderDetail {
  AdwBin parent_instance;

  /* template children */
  GtkLabel *title;
  LsRecordForm *form;
  GtkListBox *items_list;
  LsRecordForm *totals;
  AdwPreferencesGroup *refunds_group;
  GtkListBox *refunds_list;
  LsRecordForm *shipping;

  /* owned */
  LsLiveQuery *items;
  LsLiveQuery *refunds;
  LsRow *row;
  char *currency;
};

G_DEFINE_FINAL_TYPE (LsOrderDetail, ls_order_detail, ADW_TYPE_BIN)

enum {
  EDITED,
  CLOSE,
  N_SIGNALS,
};

static unsigned signals[N_SIGNALS];

static const LsFormField form_fields[] = {
  { "status", TRUE },
  { "placed_at", FALSE },
  { "paid_at", FALSE },
  { "payment_method", FALSE },
  { "source", FALSE },
  { "note", TRUE },
};

static const LsFormField total_fields[] = {
  { "items_total", FALSE }, { "discount", FALSE }, { "shipping", FALSE }, { "tax", FALSE },
  { "total", FALSE },       { "refunded", FALSE }, { "revenue", FALSE },
};

static const LsFormField shipping_fields[] = {
  { "customer_name", FALSE }, { "email", FALSE },  { "country", FALSE },
  { "ship_to", FALSE },       { "carrier", TRUE }, { "tracking", TRUE },
};

/* An order of more lines shows these and is whole in the export. */
#define MAX_LINES_SHOWN 200

static const char *
text_of (LsRecord   *record,
         const char *name)
{
  const LsCollection *collection = ls_record_get_collection (record);

  return ls_record_get_text (record, (unsigned) ls_collection_field (collection, name));
}

static char *
words_of (LsOrderDetail *self,
          LsRecord      *record,
          const char    *name)
{
  const LsCollection *collection = ls_record_get_collection (record);

  return ls_format_value (record, (unsigned) ls_collection_field (collection, name), self->currency, NULL);
}

static void
describe_line (LsRecord      *record,
               LsRowLineText *text,
               gpointer       user_data)
{
  LsOrderDetail *self = user_data;

  if (ls_record_get_collection (record)->id == LS_ORDER_ITEMS)
    {
      g_autofree char *quantity = words_of (self, record, "quantity");
      g_autofree char *price = words_of (self, record, "unit_price");

      text->title = g_strdup (text_of (record, "name"));
      /* Translators: quantity and price of an order's line */
      text->subtitle = g_strdup_printf (_("%s × %s"), quantity, price);
      text->amount = words_of (self, record, "total");
    }
  else
    {
      const char *reason = text_of (record, "reason");

      text->title = g_strdup (reason != NULL ? reason : _("Refund"));
      text->subtitle = words_of (self, record, "at");
      text->amount = words_of (self, record, "amount");
    }
}

static GtkWidget *
make_line (gpointer item,
           gpointer user_data)
{
  return ls_row_line_new (item, describe_line, user_data);
}

static LsLiveQuery *
lines_of_order (LsOrderDetail *self,
                LsStore       *store,
                const char    *shop,
                LsCollectionId id,
                const char    *key,
                GtkListBox    *list)
{
  const LsCollection *collection = ls_schema_collection (id);
  g_autoptr (LsFilter) filter =
      ls_filter_new_compare (collection, (unsigned) ls_collection_field (collection, "order"),
                             LS_FILTER_EQUAL, ls_value_text (key));
  LsLiveQuery *query = ls_store_query (store, shop, collection, filter, NULL, 0);
  g_autoptr (GtkSliceListModel) slice =
      gtk_slice_list_model_new (G_LIST_MODEL (g_object_ref (query)), 0, MAX_LINES_SHOWN);

  gtk_list_box_bind_model (list, G_LIST_MODEL (slice), make_line, self, NULL);
  return query;
}

static void
refunds_changed_cb (LsOrderDetail *self)
{
  gtk_widget_set_visible (GTK_WIDGET (self->refunds_group),
                          g_list_model_get_n_items (G_LIST_MODEL (self->refunds)) > 0);
}

static void
forget_order (LsOrderDetail *self)
{
  if (self->items_list != NULL)
    {
      gtk_list_box_bind_model (self->items_list, NULL, NULL, NULL, NULL);
      gtk_list_box_bind_model (self->refunds_list, NULL, NULL, NULL, NULL);
      ls_record_form_set_row (self->form, NULL, NULL, NULL);
      ls_record_form_set_row (self->totals, NULL, NULL, NULL);
      ls_record_form_set_row (self->shipping, NULL, NULL, NULL);
    }
  if (self->refunds != NULL)
    g_signal_handlers_disconnect_by_data (self->refunds, self);
  g_clear_object (&self->items);
  g_clear_object (&self->refunds);
  g_clear_object (&self->row);
  g_clear_pointer (&self->currency, g_free);
}

static void
form_edited_cb (LsOrderDetail *self,
                unsigned       field,
                LsValue       *value)
{
  g_signal_emit (self, signals[EDITED], 0, self->row, field, value);
}

static void
close_cb (LsOrderDetail *self)
{
  g_signal_emit (self, signals[CLOSE], 0);
}

static void
ls_order_detail_dispose (GObject *object)
{
  LsOrderDetail *self = LS_ORDER_DETAIL (object);

  forget_order (self);
  G_OBJECT_CLASS (ls_order_detail_parent_class)->dispose (object);
  gtk_widget_dispose_template (GTK_WIDGET (object), LS_TYPE_ORDER_DETAIL);
  self->items_list = NULL;
}

static void
ls_order_detail_class_init (LsOrderDetailClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ls_order_detail_dispose;

  /**
   * LsOrderDetail::edited:
   * @self: the detail
   * @row: the order
   * @field: index of a field
   * @value: (type LsValue): what the admin made of it
   *
   * A field was edited.
   */
  signals[EDITED] =
      g_signal_new ("edited", LS_TYPE_ORDER_DETAIL, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                    3, LS_TYPE_ROW, G_TYPE_UINT, G_TYPE_POINTER);

  /**
   * LsOrderDetail::close:
   * @self: the detail
   *
   * The admin wants it away.
   */
  signals[CLOSE] = g_signal_new ("close", LS_TYPE_ORDER_DETAIL, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                 G_TYPE_NONE, 0);

  g_type_ensure (LS_TYPE_RECORD_FORM);
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/lockstep/Lockstep/pages/ls-order-detail.ui");
  gtk_widget_class_bind_template_child (widget_class, LsOrderDetail, title);
  gtk_widget_class_bind_template_child (widget_class, LsOrderDetail, form);
  gtk_widget_class_bind_template_child (widget_class, LsOrderDetail, items_list);
  gtk_widget_class_bind_template_child (widget_class, LsOrderDetail, totals);
  gtk_widget_class_bind_template_child (widget_class, LsOrderDetail, refunds_group);
  gtk_widget_class_bind_template_child (widget_class, LsOrderDetail, refunds_list);
  gtk_widget_class_bind_template_child (widget_class, LsOrderDetail, shipping);
  gtk_widget_class_bind_template_callback (widget_class, close_cb);
  gtk_widget_class_bind_template_callback (widget_class, form_edited_cb);
}

static void
ls_order_detail_init (LsOrderDetail *self)
{
  const LsCollection *orders = ls_schema_collection (LS_ORDERS);

  gtk_widget_init_template (GTK_WIDGET (self));
  ls_record_form_set_fields (self->form, orders, form_fields, G_N_ELEMENTS (form_fields));
  ls_record_form_set_fields (self->totals, orders, total_fields, G_N_ELEMENTS (total_fields));
  ls_record_form_set_fields (self->shipping, orders, shipping_fields, G_N_ELEMENTS (shipping_fields));
}

/**
 * ls_order_detail_set_order:
 * @self: a detail
 * @store: (nullable): the account's store
 * @shop: (nullable): the shop
 * @row: (nullable): the order, loaded
 * @time_zone: (nullable): the shop's time zone
 * @editable: whether the admin's role may edit orders
 *
 * Shows another order, or nothing.
 */
void
ls_order_detail_set_order (LsOrderDetail *self,
                           LsStore       *store,
                           const char    *shop,
                           LsRow         *row,
                           GTimeZone     *time_zone,
                           gboolean       editable)
{
  LsRecord *record = row != NULL ? ls_row_get_record (row) : NULL;
  g_autofree char *title = NULL;

  if (row != NULL && row == self->row)
    return;
  forget_order (self);
  if (record == NULL)
    return;
  self->row = g_object_ref (row);
  self->currency = g_strdup (text_of (record, "currency"));
  /* Translators: %s is the number of an order */
  title = g_strdup_printf (_("Order %s"), text_of (record, "number"));
  gtk_label_set_label (self->title, title);
  ls_record_form_set_editable (self->form, editable);
  ls_record_form_set_editable (self->shipping, editable);
  ls_record_form_set_row (self->form, row, self->currency, time_zone);
  ls_record_form_set_row (self->totals, row, self->currency, time_zone);
  ls_record_form_set_row (self->shipping, row, self->currency, time_zone);
  self->items = lines_of_order (self, store, shop, LS_ORDER_ITEMS, ls_record_get_key (record), self->items_list);
  self->refunds = lines_of_order (self, store, shop, LS_REFUNDS, ls_record_get_key (record), self->refunds_list);
  g_signal_connect_object (self->refunds, "items-changed", G_CALLBACK (refunds_changed_cb), self,
                           G_CONNECT_SWAPPED);
  refunds_changed_cb (self);
}
