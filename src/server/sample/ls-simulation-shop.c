/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-sample"

#include "config.h"

#include "server/sample/ls-simulation-private.h"

#include <string.h>

/* More than this of a kind is not kept in mind. */
#define MAX_DONE 400
#define MAX_DOWNLOADS 2000

typedef struct {
  LsSimulatedShop *shop;
  GHashTable *products; /* key to LsSampleProduct */
  GHashTable *orders;   /* key to LsSimulatedOrder */
  GPtrArray *refunded;  /* keys of orders */
} Loading;

void
ls_simulated_order_free (gpointer data)
{
  LsSimulatedOrder *order = data;

  ls_record_unref (order->order);
  g_ptr_array_unref (order->items);
  g_clear_pointer (&order->payment, ls_record_unref);
  g_free (order);
}

void
ls_simulated_shop_free (LsSimulatedShop *shop)
{
  ls_sample_market_free (shop->market);
  g_ptr_array_unref (shop->open);
  g_ptr_array_unref (shop->done);
  g_ptr_array_unref (shop->downloads);
  g_ptr_array_unref (shop->reservations);
  g_hash_table_unref (shop->favorites);
  g_free (shop);
}

/* The number at the end of an order's or licence's number. */
static void
see_number (const char *text,
            int64_t    *next)
{
  const char *digits = text + strlen (text);
  gint64 number;

  while (digits > text && g_ascii_isdigit (digits[-1]))
    digits--;
  if (g_ascii_string_to_signed (digits, 10, 0, G_MAXINT32, &number, NULL) && number >= *next)
    *next = number + 1;
}

static void
see_order (Loading  *loading,
           LsRecord *record)
{
  LsSimulatedOrder *order = g_new0 (LsSimulatedOrder, 1);

  see_number (ls_sample_get_text (record, "number"), &loading->shop->market->number);
  order->order = ls_record_copy (record);
  order->items = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_record_unref);
  g_hash_table_insert (loading->orders, (gpointer) ls_record_get_key (order->order), order);
}

static void
see_part (Loading  *loading,
          LsRecord *record)
{
  LsSimulatedOrder *order =
      g_hash_table_lookup (loading->orders, ls_sample_get_text (record, "order"));

  if (order == NULL)
    return;
  if (ls_record_get_collection (record)->id == LS_ORDER_ITEMS)
    g_ptr_array_add (order->items, ls_record_copy (record));
  else if (ls_record_get_collection (record)->id == LS_REFUNDS)
    g_ptr_array_add (loading->refunded, g_strdup (ls_record_get_key (order->order)));
  else if (order->payment == NULL)
    order->payment = ls_record_copy (record);
}

static void
see_product (Loading  *loading,
             LsRecord *record)
{
  g_autoptr (LsRecord) own = ls_record_copy (record);
  LsSampleProduct *product = ls_sample_market_take (loading->shop->market, own);

  g_hash_table_insert (loading->products, (gpointer) ls_record_get_key (product->record), product);
}

static void
see_variant (Loading  *loading,
             LsRecord *record)
{
  LsSampleProduct *product =
      g_hash_table_lookup (loading->products, ls_sample_get_text (record, "product"));

  if (product != NULL)
    g_ptr_array_add (product->variants, ls_record_copy (record));
}

static bool
row_cb (LsRecord *record,
        gpointer  user_data)
{
  Loading *loading = user_data;
  LsSimulatedShop *shop = loading->shop;
  LsCollectionId id = ls_record_get_collection (record)->id;

  if (id == LS_PRODUCTS)
    see_product (loading, record);
  else if (id == LS_VARIANTS)
    see_variant (loading, record);
  else if (id == LS_CUSTOMERS)
    g_ptr_array_add (shop->market->customers, ls_record_copy (record));
  else if (id == LS_SERVICES)
    g_ptr_array_add (shop->market->services, ls_record_copy (record));
  else if (id == LS_ORDERS)
    see_order (loading, record);
  else if (id == LS_ORDER_ITEMS || id == LS_PAYMENTS || id == LS_REFUNDS)
    see_part (loading, record);
  else if (id == LS_DOWNLOADS)
    g_ptr_array_add (shop->downloads, ls_record_copy (record));
  else if (id == LS_LICENCES)
    see_number (ls_sample_get_text (record, "number"), &shop->market->licence);
  else if (id == LS_RESERVATIONS)
    g_ptr_array_add (shop->reservations, ls_record_copy (record));
  else if (id == LS_FAVORITES)
    g_hash_table_add (shop->favorites, g_strdup (ls_record_get_key (record)));
  return true;
}

static int
compare_records (gconstpointer a,
                 gconstpointer b,
                 const char   *field)
{
  const LsRecord *x = *(LsRecord *const *) a;
  const LsRecord *y = *(LsRecord *const *) b;
  int64_t first = ls_sample_get_number (x, field, 0);
  int64_t second = ls_sample_get_number (y, field, 0);

  if (first != second)
    return first < second ? -1 : 1;
  return strcmp (ls_record_get_key (x), ls_record_get_key (y));
}

static int
compare_created (gconstpointer a,
                 gconstpointer b)
{
  return compare_records (a, b, "created_at");
}

static int
compare_expiry (gconstpointer a,
                gconstpointer b)
{
  return compare_records (a, b, "expires_at");
}

static int
compare_orders (gconstpointer a,
                gconstpointer b)
{
  const LsSimulatedOrder *x = *(LsSimulatedOrder *const *) a;
  const LsSimulatedOrder *y = *(LsSimulatedOrder *const *) b;

  return compare_records (&x->order, &y->order, "placed_at");
}

/* Sorts the orders into those on their way and those that are over, the oldest first. */
static void
sort_orders (Loading *loading)
{
  static const char *const open[] = { "pending", "on-hold", "paid", "processing", "shipped", NULL };
  LsSimulatedShop *shop = loading->shop;
  GHashTableIter iter;
  gpointer data;

  for (unsigned i = 0; i < loading->refunded->len; i++)
    {
      LsSimulatedOrder *order =
          g_hash_table_lookup (loading->orders, g_ptr_array_index (loading->refunded, i));

      if (order != NULL)
        {
          g_hash_table_remove (loading->orders, ls_record_get_key (order->order));
          ls_simulated_order_free (order);
        }
    }
  g_hash_table_iter_init (&iter, loading->orders);
  while (g_hash_table_iter_next (&iter, NULL, &data))
    {
      LsSimulatedOrder *order = data;
      const char *status = ls_sample_get_text (order->order, "status");

      if (g_strv_contains (open, status))
        g_ptr_array_add (shop->open, order);
      else if (g_str_equal (status, "completed"))
        g_ptr_array_add (shop->done, order);
      else
        ls_simulated_order_free (order);
    }
  g_ptr_array_sort (shop->open, compare_orders);
  g_ptr_array_sort (shop->done, compare_orders);
}

/* Keeps the last ones. */
static void
forget (GPtrArray *array,
        unsigned   max)
{
  if (array->len > max)
    g_ptr_array_remove_range (array, 0, array->len - max);
}

LsSimulatedShop *
ls_simulated_shop_load (LsStorage             *storage,
                        const LsSampleProfile *profile,
                        const LsSampleRandom  *random,
                        GError               **error)
{
  static const LsCollectionId ids[] = {
    LS_PRODUCTS, LS_VARIANTS,  LS_CUSTOMERS, LS_SERVICES,     LS_ORDERS,    LS_ORDER_ITEMS,
    LS_PAYMENTS, LS_REFUNDS,   LS_DOWNLOADS, LS_LICENCES,     LS_RESERVATIONS, LS_FAVORITES,
  };
  const LsCollection *collections[G_N_ELEMENTS (ids)];
  g_autoptr (LsSimulatedShop) shop = g_new0 (LsSimulatedShop, 1);
  g_autoptr (GHashTable) products = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GHashTable) orders = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GPtrArray) refunded = g_ptr_array_new_with_free_func (g_free);
  Loading loading = { shop, products, orders, refunded };
  LsPosition position;
  bool read;

  shop->market = ls_sample_market_new (profile, 0, "traffic");
  shop->market->random = *random;
  shop->open = g_ptr_array_new_with_free_func (ls_simulated_order_free);
  shop->done = g_ptr_array_new_with_free_func (ls_simulated_order_free);
  shop->downloads = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_record_unref);
  shop->reservations = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_record_unref);
  shop->favorites = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (ids); i++)
    collections[i] = ls_schema_collection (ids[i]);
  read = ls_storage_scan (storage, profile->id, collections, G_N_ELEMENTS (ids), &position, row_cb,
                          &loading, error);
  sort_orders (&loading);
  g_ptr_array_sort (shop->market->customers, compare_created);
  g_ptr_array_sort (shop->downloads, compare_expiry);
  forget (shop->done, MAX_DONE);
  forget (shop->downloads, MAX_DOWNLOADS);
  return read ? g_steal_pointer (&shop) : NULL;
}
