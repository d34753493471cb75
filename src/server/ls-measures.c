/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-derive"

#include "config.h"

#include "server/ls-measures.h"

#include "core/ls-calendar.h"
#include "server/ls-fields.h"

/*
 * What each measure is, in one place: the committer keeps them up to date with these functions, and
 * the check recomputes them from the rows with the same. The words are in docs/measures.md.
 *
 * Derived values stored in rows are never read here, only what people and sources have set.
 */

/* 1970-01-01 as GDate counts days. */
#define JULIAN_OF_EPOCH 719163

static const LsCollection *
collection_of (LsCollectionId id)
{
  return ls_schema_collection (id);
}

static int64_t
number (const LsRecord *record,
        unsigned        field)
{
  return ls_record_get_integer (record, field, 0);
}

/**
 * ls_measures_counts_status:
 * @status: (nullable): an order's status
 *
 * Returns: whether an order of that status counts in revenue and in all figures made of orders
 */
bool
ls_measures_counts_status (const char *status)
{
  static const char *const counted[] = {
    "paid", "processing", "shipped", "completed", "refunded", NULL,
  };

  return status != NULL && g_strv_contains (counted, status);
}

/**
 * ls_measures_item_total:
 * @item: a row of order_items
 * @ret_total: (out): quantity × unit price − discount
 *
 * Returns: whether it fits
 */
bool
ls_measures_item_total (const LsRecord *item,
                        int64_t        *ret_total)
{
  const LsFields *f = ls_fields ();
  int64_t gross;

  return !__builtin_mul_overflow (number (item, f->order_items.quantity),
                                  number (item, f->order_items.unit_price), &gross) &&
         !__builtin_sub_overflow (gross, number (item, f->order_items.discount), ret_total);
}

/**
 * ls_measures_refund_amount:
 * @refund: a row of refunds
 * @ret_amount: (out): goods + tax + shipping
 *
 * Returns: whether it fits
 */
bool
ls_measures_refund_amount (const LsRecord *refund,
                           int64_t        *ret_amount)
{
  const LsFields *f = ls_fields ();
  int64_t goods_and_tax;

  return !__builtin_add_overflow (number (refund, f->refunds.net), number (refund, f->refunds.tax),
                                  &goods_and_tax) &&
         !__builtin_add_overflow (goods_and_tax, number (refund, f->refunds.shipping), ret_amount);
}

static bool
add_to (int64_t *sum,
        int64_t  amount)
{
  return !__builtin_add_overflow (*sum, amount, sum);
}

static bool
sum_items (const LsOrderParts *parts,
           LsOrderFigures     *figures)
{
  const LsFields *f = ls_fields ();

  for (unsigned i = 0; i < parts->items->len; i++)
    {
      const LsRecord *item = g_ptr_array_index (parts->items, i);
      int64_t total;

      if (!ls_measures_item_total (item, &total) || !add_to (&figures->items_total, total) ||
          !add_to (&figures->discount, number (item, f->order_items.discount)) ||
          !add_to (&figures->units, number (item, f->order_items.quantity)))
        return false;
    }
  return true;
}

static const LsRecord *
find_item (const LsOrderParts *parts,
           const char         *key)
{
  for (unsigned i = 0; key != NULL && i < parts->items->len; i++)
    if (g_str_equal (ls_record_get_key (g_ptr_array_index (parts->items, i)), key))
      return g_ptr_array_index (parts->items, i);
  return NULL;
}

static bool
sum_refunds (const LsOrderParts *parts,
             LsOrderFigures     *figures)
{
  const LsFields *f = ls_fields ();

  for (unsigned i = 0; i < parts->refunds->len; i++)
    {
      const LsRecord *refund = g_ptr_array_index (parts->refunds, i);
      bool names_item =
          find_item (parts, ls_record_get_text (refund, f->refunds.item)) != NULL;
      int64_t amount;

      if (!ls_measures_refund_amount (refund, &amount) || !add_to (&figures->refunded, amount) ||
          !add_to (&figures->refunded_net, number (refund, f->refunds.net)) ||
          !add_to (&figures->refunded_units,
                   names_item ? number (refund, f->refunds.quantity) : 0))
        return false;
    }
  return true;
}

/**
 * ls_measures_order:
 * @shop: the shop
 * @parts: an order with its items and refunds
 * @ret_figures: (out): its figures
 *
 * Returns: whether all of them fit
 */
bool
ls_measures_order (const LsMeasureShop *shop,
                   const LsOrderParts  *parts,
                   LsOrderFigures      *ret_figures)
{
  const LsFields *f = ls_fields ();
  const LsRecord *order = parts->order;

  *ret_figures = (LsOrderFigures) { 0 };
  ret_figures->counts =
      ls_measures_counts_status (ls_record_get_text (order, f->orders.status));
  ret_figures->day = ls_calendar_day (number (order, f->orders.placed_at), shop->zone);
  if (!sum_items (parts, ret_figures) || !sum_refunds (parts, ret_figures))
    return false;
  ret_figures->total = ret_figures->items_total;
  if (!add_to (&ret_figures->total, number (order, f->orders.shipping)) ||
      !add_to (&ret_figures->total, number (order, f->orders.tax)))
    return false;
  return !ret_figures->counts ||
         !__builtin_sub_overflow (ret_figures->items_total, ret_figures->refunded_net,
                                  &ret_figures->revenue);
}

/**
 * ls_measures_set_order:
 * @order: an order that nobody else holds
 * @figures: its figures
 *
 * Sets the derived fields of an order.
 */
void
ls_measures_set_order (LsRecord             *order,
                       const LsOrderFigures *figures)
{
  const LsFields *f = ls_fields ();

  ls_record_set_integer (order, f->orders.items_total, figures->items_total);
  ls_record_set_integer (order, f->orders.discount, figures->discount);
  ls_record_set_integer (order, f->orders.refunded, figures->refunded);
  ls_record_set_integer (order, f->orders.total, figures->total);
  ls_record_set_integer (order, f->orders.revenue, figures->revenue);
  ls_record_set_integer (order, f->orders.units, figures->units);
  ls_record_set_integer (order, f->orders.day, figures->day);
}

/* Units and, in the shop's own currency, money of the product and variant that an item names. */
static void
contribute_goods (LsTally        *tally,
                  const LsRecord *item,
                  bool            own_currency,
                  int             sign,
                  int64_t         units,
                  int64_t         money)
{
  const LsFields *f = ls_fields ();
  const char *product = ls_record_get_text (item, f->order_items.product);
  const char *variant = ls_record_get_text (item, f->order_items.variant);

  if (product != NULL)
    {
      ls_tally_add (tally, collection_of (LS_PRODUCTS), product, f->products.units_sold, sign,
                    units);
      if (own_currency)
        ls_tally_add (tally, collection_of (LS_PRODUCTS), product, f->products.revenue, sign,
                      money);
    }
  if (variant != NULL)
    {
      ls_tally_add (tally, collection_of (LS_VARIANTS), variant, f->variants.units_sold, sign,
                    units);
      if (own_currency)
        ls_tally_add (tally, collection_of (LS_VARIANTS), variant, f->variants.revenue, sign,
                      money);
    }
}

static void
contribute_parts (const LsOrderParts *parts,
                  bool                own_currency,
                  int                 sign,
                  LsTally            *tally)
{
  const LsFields *f = ls_fields ();

  for (unsigned i = 0; i < parts->items->len; i++)
    {
      const LsRecord *item = g_ptr_array_index (parts->items, i);
      int64_t total = 0;

      if (!ls_measures_item_total (item, &total))
        ls_tally_fail (tally);
      contribute_goods (tally, item, own_currency, sign, number (item, f->order_items.quantity),
                        total);
    }
  for (unsigned i = 0; i < parts->refunds->len; i++)
    {
      const LsRecord *refund = g_ptr_array_index (parts->refunds, i);
      const LsRecord *item = find_item (parts, ls_record_get_text (refund, f->refunds.item));

      if (item != NULL)
        contribute_goods (tally, item, own_currency, -sign, number (refund, f->refunds.quantity),
                          number (refund, f->refunds.net));
    }
}

static void
contribute_day (const LsRecord       *order,
                const LsOrderFigures *figures,
                int                   sign,
                LsTally              *tally)
{
  const LsFields *f = ls_fields ();
  const LsCollection *daily = collection_of (LS_DAILY_SALES);
  g_autofree char *key =
      ls_measures_daily_key (figures->day, ls_record_get_text (order, f->orders.currency));

  ls_tally_add (tally, daily, key, f->daily_sales.orders, sign, 1);
  ls_tally_add (tally, daily, key, f->daily_sales.units, sign, figures->units);
  ls_tally_add (tally, daily, key, f->daily_sales.units, -sign, figures->refunded_units);
  ls_tally_add (tally, daily, key, f->daily_sales.revenue, sign, figures->revenue);
  ls_tally_add (tally, daily, key, f->daily_sales.tax, sign, number (order, f->orders.tax));
  ls_tally_add (tally, daily, key, f->daily_sales.shipping, sign,
                number (order, f->orders.shipping));
  ls_tally_add (tally, daily, key, f->daily_sales.refunded, sign, figures->refunded);
  ls_tally_add (tally, daily, key, f->daily_sales.total, sign, figures->total);
}

/**
 * ls_measures_contribute_order:
 * @shop: the shop
 * @parts: an order with its items and refunds, or without an order
 * @sign: 1 to add, -1 to take away
 * @tally: where to
 *
 * Adds what one order means for customers, products, variants and days.
 */
void
ls_measures_contribute_order (const LsMeasureShop *shop,
                              const LsOrderParts  *parts,
                              int                  sign,
                              LsTally             *tally)
{
  const LsFields *f = ls_fields ();
  const LsCollection *customers = collection_of (LS_CUSTOMERS);
  LsOrderFigures figures;
  const char *customer;
  bool own_currency;

  if (parts->order == NULL)
    return;
  if (!ls_measures_order (shop, parts, &figures))
    {
      ls_tally_fail (tally);
      return;
    }
  if (!figures.counts)
    return;
  own_currency =
      g_strcmp0 (ls_record_get_text (parts->order, f->orders.currency), shop->currency) == 0;
  customer = ls_record_get_text (parts->order, f->orders.customer);
  if (customer != NULL)
    {
      ls_tally_add (tally, customers, customer, f->customers.orders, sign, 1);
      if (own_currency)
        {
          ls_tally_add (tally, customers, customer, f->customers.spent, sign, figures.total);
          ls_tally_add (tally, customers, customer, f->customers.spent, -sign, figures.refunded);
        }
    }
  contribute_day (parts->order, &figures, sign, tally);
  contribute_parts (parts, own_currency, sign, tally);
}

/**
 * ls_measures_contribute_row:
 * @record: a row of downloads, favorites or variants; others mean nothing here
 * @sign: 1 to add, -1 to take away
 * @tally: where to
 *
 * Adds what one row means for its customer and product.
 */
void
ls_measures_contribute_row (const LsRecord *record,
                            int             sign,
                            LsTally        *tally)
{
  const LsFields *f = ls_fields ();
  LsCollectionId id = ls_record_get_collection (record)->id;
  const char *customer = NULL;

  if (id == LS_DOWNLOADS)
    {
      customer = ls_record_get_text (record, f->downloads.customer);
      if (customer != NULL)
        ls_tally_add (tally, collection_of (LS_CUSTOMERS), customer, f->customers.downloads, sign,
                      number (record, f->downloads.count));
    }
  else if (id == LS_FAVORITES)
    {
      ls_tally_add (tally, collection_of (LS_CUSTOMERS),
                    ls_record_get_text (record, f->favorites.customer), f->customers.favorites,
                    sign, 1);
      ls_tally_add (tally, collection_of (LS_PRODUCTS),
                    ls_record_get_text (record, f->favorites.product), f->products.favorites, sign,
                    1);
    }
  else if (id == LS_VARIANTS)
    ls_tally_add (tally, collection_of (LS_PRODUCTS),
                  ls_record_get_text (record, f->variants.product), f->products.variants, sign, 1);
}

/**
 * ls_measures_low_stock:
 * @product: a row of products
 *
 * Returns: whether it is time to restock: both numbers are there, and stock is not above the limit
 */
bool
ls_measures_low_stock (const LsRecord *product)
{
  const LsFields *f = ls_fields ();
  const LsValue *stock = ls_record_get (product, f->products.stock);
  const LsValue *limit = ls_record_get (product, f->products.low_stock_at);

  return stock->kind == LS_VALUE_INTEGER && limit->kind == LS_VALUE_INTEGER &&
         stock->integer <= limit->integer;
}

/**
 * ls_measures_daily_key:
 * @day: a day
 * @currency: a currency
 *
 * Returns: (transfer full): the key of the row of daily_sales: `2026-01-31:EUR`
 */
char *
ls_measures_daily_key (int64_t     day,
                       const char *currency)
{
  g_autofree char *text = ls_calendar_day_text (day);

  return g_strconcat (text, ":", currency, NULL);
}

/**
 * ls_measures_new_day:
 * @key: of ls_measures_daily_key()
 *
 * Returns: (transfer full): the row of daily_sales of that key, with day and currency, without sums
 */
LsRecord *
ls_measures_new_day (const char *key)
{
  const LsFields *f = ls_fields ();
  LsRecord *record = ls_record_new (collection_of (LS_DAILY_SALES), key);
  g_auto (GStrv) parts = g_strsplit_set (key, "-:", 4);
  GDate date;

  g_assert (g_strv_length (parts) == 4);

  g_date_clear (&date, 1);
  g_date_set_dmy (&date, (GDateDay) g_ascii_strtoull (parts[2], NULL, 10),
                  (GDateMonth) g_ascii_strtoull (parts[1], NULL, 10),
                  (GDateYear) g_ascii_strtoull (parts[0], NULL, 10));
  ls_record_set_integer (record, f->daily_sales.day,
                         (int64_t) g_date_get_julian (&date) - JULIAN_OF_EPOCH);
  ls_record_set_text (record, f->daily_sales.currency, parts[3]);
  return record;
}

/**
 * ls_measures_set_stats:
 * @stats: a row of stats that nobody else holds
 * @customer: its customer
 *
 * Sets the figures that a customer's row has, too.
 */
void
ls_measures_set_stats (LsRecord       *stats,
                       const LsRecord *customer)
{
  const LsFields *f = ls_fields ();

  ls_record_set_text (stats, f->stats.customer, ls_record_get_key (customer));
  ls_record_set_integer (stats, f->stats.favorites, number (customer, f->customers.favorites));
  ls_record_set_integer (stats, f->stats.downloads, number (customer, f->customers.downloads));
  ls_record_set_integer (stats, f->stats.orders, number (customer, f->customers.orders));
  ls_record_set_integer (stats, f->stats.spent, number (customer, f->customers.spent));
}

/**
 * ls_measures_derived_fields:
 * @collection: a collection
 *
 * Returns: the fields that follow from other rows or fields, as a mask
 */
uint64_t
ls_measures_derived_fields (const LsCollection *collection)
{
  uint64_t fields = 0;

  for (unsigned i = 0; i < collection->n_fields; i++)
    if (collection->fields[i].flags & LS_FIELD_DERIVED)
      fields |= UINT64_C (1) << i;
  return fields;
}

/**
 * ls_measures_summed_fields:
 * @collection: a collection
 *
 * Returns: the fields that are sums over other rows, as a mask; 0 for collections without
 */
uint64_t
ls_measures_summed_fields (const LsCollection *collection)
{
  const LsFields *f = ls_fields ();

#define BIT(field) (UINT64_C (1) << (field))
  switch (collection->id)
    {
    case LS_PRODUCTS:
      return BIT (f->products.units_sold) | BIT (f->products.revenue) | BIT (f->products.variants) |
             BIT (f->products.favorites);
    case LS_VARIANTS:
      return BIT (f->variants.units_sold) | BIT (f->variants.revenue);
    case LS_CUSTOMERS:
      return BIT (f->customers.orders) | BIT (f->customers.spent) | BIT (f->customers.downloads) |
             BIT (f->customers.favorites);
    case LS_DAILY_SALES:
      return BIT (f->daily_sales.orders) | BIT (f->daily_sales.units) |
             BIT (f->daily_sales.revenue) | BIT (f->daily_sales.tax) |
             BIT (f->daily_sales.shipping) | BIT (f->daily_sales.refunded) |
             BIT (f->daily_sales.total);
    case LS_SHOPS:
    case LS_CATEGORIES:
    case LS_IMAGES:
    case LS_ORDERS:
    case LS_ORDER_ITEMS:
    case LS_PAYMENTS:
    case LS_REFUNDS:
    case LS_DOWNLOADS:
    case LS_LICENCES:
    case LS_SERVICES:
    case LS_RESERVATIONS:
    case LS_FAVORITES:
    case LS_SUBSCRIPTIONS:
    case LS_ACTIVITY:
    case LS_STATS:
    case LS_LAYOUTS:
    case LS_SAVED_VIEWS:
    case LS_NOTES:
    default:
      return 0;
    }
#undef BIT
}
