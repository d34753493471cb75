/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-derive"

#include "config.h"

#include "server/ls-fields.h"

#define FIELD(id, collection, field) { id, #field, offsetof (LsFields, collection.field) }

static const struct {
  LsCollectionId collection;
  const char *name;
  size_t offset;
} names[] = {
  FIELD (LS_SHOPS, shops, currency),
  FIELD (LS_SHOPS, shops, time_zone),
  FIELD (LS_PRODUCTS, products, price),
  FIELD (LS_PRODUCTS, products, sale_price),
  FIELD (LS_PRODUCTS, products, stock),
  FIELD (LS_PRODUCTS, products, low_stock_at),
  FIELD (LS_PRODUCTS, products, units_sold),
  FIELD (LS_PRODUCTS, products, revenue),
  FIELD (LS_PRODUCTS, products, variants),
  FIELD (LS_PRODUCTS, products, favorites),
  FIELD (LS_PRODUCTS, products, low_stock),
  FIELD (LS_VARIANTS, variants, product),
  FIELD (LS_VARIANTS, variants, price),
  FIELD (LS_VARIANTS, variants, sale_price),
  FIELD (LS_VARIANTS, variants, stock),
  FIELD (LS_VARIANTS, variants, units_sold),
  FIELD (LS_VARIANTS, variants, revenue),
  FIELD (LS_CATEGORIES, categories, parent),
  FIELD (LS_CUSTOMERS, customers, orders),
  FIELD (LS_CUSTOMERS, customers, spent),
  FIELD (LS_CUSTOMERS, customers, downloads),
  FIELD (LS_CUSTOMERS, customers, favorites),
  FIELD (LS_ORDERS, orders, customer),
  FIELD (LS_ORDERS, orders, status),
  FIELD (LS_ORDERS, orders, currency),
  FIELD (LS_ORDERS, orders, placed_at),
  FIELD (LS_ORDERS, orders, shipping),
  FIELD (LS_ORDERS, orders, tax),
  FIELD (LS_ORDERS, orders, items_total),
  FIELD (LS_ORDERS, orders, discount),
  FIELD (LS_ORDERS, orders, refunded),
  FIELD (LS_ORDERS, orders, total),
  FIELD (LS_ORDERS, orders, revenue),
  FIELD (LS_ORDERS, orders, units),
  FIELD (LS_ORDERS, orders, day),
  FIELD (LS_ORDER_ITEMS, order_items, order),
  FIELD (LS_ORDER_ITEMS, order_items, product),
  FIELD (LS_ORDER_ITEMS, order_items, variant),
  FIELD (LS_ORDER_ITEMS, order_items, quantity),
  FIELD (LS_ORDER_ITEMS, order_items, unit_price),
  FIELD (LS_ORDER_ITEMS, order_items, discount),
  FIELD (LS_ORDER_ITEMS, order_items, tax),
  FIELD (LS_ORDER_ITEMS, order_items, total),
  FIELD (LS_ORDER_ITEMS, order_items, day),
  FIELD (LS_PAYMENTS, payments, order),
  FIELD (LS_PAYMENTS, payments, status),
  FIELD (LS_PAYMENTS, payments, amount),
  FIELD (LS_PAYMENTS, payments, currency),
  FIELD (LS_PAYMENTS, payments, day),
  FIELD (LS_REFUNDS, refunds, order),
  FIELD (LS_REFUNDS, refunds, item),
  FIELD (LS_REFUNDS, refunds, quantity),
  FIELD (LS_REFUNDS, refunds, net),
  FIELD (LS_REFUNDS, refunds, tax),
  FIELD (LS_REFUNDS, refunds, shipping),
  FIELD (LS_REFUNDS, refunds, amount),
  FIELD (LS_REFUNDS, refunds, day),
  FIELD (LS_DOWNLOADS, downloads, customer),
  FIELD (LS_DOWNLOADS, downloads, count),
  FIELD (LS_SERVICES, services, room),
  FIELD (LS_RESERVATIONS, reservations, service),
  FIELD (LS_RESERVATIONS, reservations, starts_at),
  FIELD (LS_RESERVATIONS, reservations, ends_at),
  FIELD (LS_RESERVATIONS, reservations, status),
  FIELD (LS_FAVORITES, favorites, customer),
  FIELD (LS_FAVORITES, favorites, product),
  FIELD (LS_ACTIVITY, activity, at),
  FIELD (LS_ACTIVITY, activity, kind),
  FIELD (LS_ACTIVITY, activity, actor),
  FIELD (LS_ACTIVITY, activity, collection),
  FIELD (LS_ACTIVITY, activity, record),
  FIELD (LS_ACTIVITY, activity, name),
  FIELD (LS_ACTIVITY, activity, fields),
  FIELD (LS_ACTIVITY, activity, changes),
  FIELD (LS_ACTIVITY, activity, day),
  FIELD (LS_DAILY_SALES, daily_sales, day),
  FIELD (LS_DAILY_SALES, daily_sales, currency),
  FIELD (LS_DAILY_SALES, daily_sales, orders),
  FIELD (LS_DAILY_SALES, daily_sales, units),
  FIELD (LS_DAILY_SALES, daily_sales, revenue),
  FIELD (LS_DAILY_SALES, daily_sales, tax),
  FIELD (LS_DAILY_SALES, daily_sales, shipping),
  FIELD (LS_DAILY_SALES, daily_sales, refunded),
  FIELD (LS_DAILY_SALES, daily_sales, total),
  FIELD (LS_STATS, stats, customer),
  FIELD (LS_STATS, stats, favorites),
  FIELD (LS_STATS, stats, downloads),
  FIELD (LS_STATS, stats, orders),
  FIELD (LS_STATS, stats, spent),
  FIELD (LS_STATS, stats, calculated_at),
};

/**
 * ls_fields:
 *
 * Looks them up at the first call; a name that the schema table has not ends the program then.
 *
 * Returns: (transfer none): the indices, static
 */
const LsFields *
ls_fields (void)
{
  static LsFields fields;
  static gsize done;

  if (g_once_init_enter (&done))
    {
      for (size_t i = 0; i < G_N_ELEMENTS (names); i++)
        *(unsigned *) ((char *) &fields + names[i].offset) = (unsigned) ls_collection_field (
            ls_schema_collection (names[i].collection), names[i].name);
      g_once_init_leave (&done, 1);
    }
  return &fields;
}
