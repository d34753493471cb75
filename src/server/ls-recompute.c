/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-derive"

#include "config.h"

#include "server/ls-recompute.h"

#include "core/ls-error.h"
#include "server/ls-fields.h"
#include "server/ls-measures.h"

/*
 * Recomputes everything that is derived, from the rows that are not, with nothing but the
 * definitions of the measures: no sum that was kept up to date is read. The rows are held in memory
 * meanwhile.
 */

typedef struct {
  LsRecord *order;
  GPtrArray *items;
  GPtrArray *refunds;
  GPtrArray *payments;
} Order;

struct _LsRecompute {
  LsDeriveReport *report;  /* borrowed */
  LsZones *zones;
  LsMeasureShop shop;
  LsRecord *shop_row;
  GHashTable *orders;      /* key -> Order */
  GHashTable *rows;        /* "collection\nkey" -> LsRecord: rows with derived values */
  GPtrArray *targets;      /* LsRecord: the same, in the order read */
  LsTally *tally;
};

static void
order_free (gpointer data)
{
  Order *order = data;

  g_clear_pointer (&order->order, ls_record_unref);
  g_ptr_array_unref (order->items);
  g_ptr_array_unref (order->refunds);
  g_ptr_array_unref (order->payments);
  g_free (order);
}

static char *
row_id (const LsCollection *collection,
        const char         *key)
{
  return g_strconcat (collection->name, "\n", key, NULL);
}

static Order *
order_for (LsRecompute *self,
           const char  *key)
{
  Order *order = g_hash_table_lookup (self->orders, key);

  if (order == NULL)
    {
      order = g_new0 (Order, 1);
      order->items = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_record_unref);
      order->refunds = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_record_unref);
      order->payments = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_record_unref);
      g_hash_table_insert (self->orders, g_strdup (key), order);
    }
  return order;
}

static void
take_target (LsRecompute *self,
             LsRecord    *record)
{
  g_hash_table_insert (self->rows,
                       row_id (ls_record_get_collection (record), ls_record_get_key (record)),
                       ls_record_ref (record));
  g_ptr_array_add (self->targets, record);
}

/* All that is derived, but for when statistics were made: nothing says when that should be. */
static uint64_t
compared_fields (const LsCollection *collection)
{
  uint64_t fields = ls_measures_derived_fields (collection);

  if (collection->id == LS_STATS)
    fields &= ~(UINT64_C (1) << ls_fields ()->stats.calculated_at);
  return fields;
}

/* Takes @expected; @stored is the row as it is, or NULL. */
static void
compare_rows (LsRecompute *self,
              LsRecord    *stored,
              LsRecord    *expected)
{
  const LsCollection *collection = ls_record_get_collection (expected);
  const char *key = ls_record_get_key (expected);
  g_autoptr (LsRecord) owned = expected;
  g_autoptr (LsRecord) repaired = NULL;
  uint64_t different;

  if (stored == NULL)
    {
      ls_derive_report_add (self->report, LS_FINDING_MISSING, collection, key, -1, NULL, NULL);
      g_ptr_array_add (self->report->repairs, ls_change_new_put (expected));
      return;
    }
  different = ls_record_diff (stored, expected) & compared_fields (collection);
  if (different == 0)
    return;
  repaired = ls_record_copy (stored);
  for (unsigned i = 0; i < collection->n_fields; i++)
    if (different & (UINT64_C (1) << i))
      {
        ls_derive_report_add (self->report, LS_FINDING_VALUE, collection, key, (int) i,
                              ls_record_get (stored, i), ls_record_get (expected, i));
        ls_record_take (repaired, i, ls_value_copy (ls_record_get (expected, i)));
      }
  g_ptr_array_add (self->report->repairs, ls_change_new_between (stored, repaired));
}

/* A part of an order against what follows from it and the order, whose figures are %NULL when it
 * has none: then nothing is known of its day. */
static void
check_part (LsRecompute          *self,
            LsRecord             *stored,
            LsRecord             *expected,
            unsigned              day_field,
            const LsOrderFigures *figures)
{
  if (figures != NULL)
    ls_record_set_integer (expected, day_field, figures->day);
  compare_rows (self, stored, expected);
}

static void
check_parts (LsRecompute          *self,
             const Order          *order,
             const LsOrderFigures *figures)
{
  const LsFields *f = ls_fields ();
  int64_t number = 0;

  for (unsigned i = 0; i < order->items->len; i++)
    {
      LsRecord *item = g_ptr_array_index (order->items, i);
      LsRecord *expected = ls_record_copy (item);

      if (ls_measures_item_total (item, &number))
        ls_record_set_integer (expected, f->order_items.total, number);
      check_part (self, item, expected, f->order_items.day, figures);
    }
  for (unsigned i = 0; i < order->refunds->len; i++)
    {
      LsRecord *refund = g_ptr_array_index (order->refunds, i);
      LsRecord *expected = ls_record_copy (refund);

      if (ls_measures_refund_amount (refund, &number))
        ls_record_set_integer (expected, f->refunds.amount, number);
      check_part (self, refund, expected, f->refunds.day, figures);
    }
  for (unsigned i = 0; i < order->payments->len; i++)
    {
      LsRecord *payment = g_ptr_array_index (order->payments, i);

      check_part (self, payment, ls_record_copy (payment), f->payments.day, figures);
    }
}

static void
check_order (LsRecompute *self,
             Order       *order)
{
  LsOrderParts parts = { order->order, order->items, order->refunds };
  LsOrderFigures figures;
  LsRecord *expected;
  bool known = order->order != NULL && ls_measures_order (&self->shop, &parts, &figures);

  check_parts (self, order, known ? &figures : NULL);
  ls_measures_contribute_order (&self->shop, &parts, 1, self->tally);
  if (!known)
    return;
  expected = ls_record_copy (order->order);
  ls_measures_set_order (expected, &figures);
  compare_rows (self, order->order, expected);
}

static int
compare_texts (gconstpointer a,
               gconstpointer b)
{
  return g_strcmp0 (*(const char *const *) a, *(const char *const *) b);
}

static void
check_orders (LsRecompute *self)
{
  g_autoptr (GPtrArray) keys = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, self->orders);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    g_ptr_array_add (keys, key);
  g_ptr_array_sort (keys, compare_texts);
  for (unsigned i = 0; i < keys->len; i++)
    check_order (self, g_hash_table_lookup (self->orders, keys->pdata[i]));
}

/* @record with the sums that belong in it. */
static LsRecord *
with_sums (LsRecompute    *self,
           const LsRecord *record)
{
  const LsCollection *collection = ls_record_get_collection (record);
  const LsTallyEntry *entry =
      ls_tally_find (self->tally, collection, ls_record_get_key (record));
  uint64_t fields = ls_measures_summed_fields (collection);
  LsRecord *expected = ls_record_copy (record);

  for (unsigned i = 0; i < collection->n_fields; i++)
    if (fields & (UINT64_C (1) << i))
      ls_record_set_integer (expected, i, entry != NULL ? entry->sums[i] : 0);
  if (collection->id == LS_PRODUCTS)
    ls_record_set_integer (expected, ls_fields ()->products.low_stock,
                           ls_measures_low_stock (expected));
  return expected;
}

static LsRecord *
find_row (LsRecompute        *self,
          const LsCollection *collection,
          const char         *key)
{
  g_autofree char *id = row_id (collection, key);

  return g_hash_table_lookup (self->rows, id);
}

static void
check_customer_stats (LsRecompute *self,
                      LsRecord    *customer)
{
  const LsCollection *stats = ls_schema_collection (LS_STATS);
  const char *key = ls_record_get_key (customer);
  LsRecord *stored = find_row (self, stats, key);
  LsRecord *expected = stored != NULL ? ls_record_copy (stored) : ls_record_new (stats, key);

  ls_measures_set_stats (expected, customer);
  compare_rows (self, stored, expected);
}

static void
check_target (LsRecompute *self,
              LsRecord    *stored)
{
  const LsCollection *collection = ls_record_get_collection (stored);
  g_autoptr (LsRecord) expected = NULL;

  switch (collection->id)
    {
    case LS_DAILY_SALES:
      /* Days without an order that counts have no row; those with one are looked at below. */
      if (ls_tally_find (self->tally, collection, ls_record_get_key (stored)) == NULL)
        ls_derive_report_add_extra (self->report, stored);
      break;
    case LS_STATS:
      if (find_row (self, ls_schema_collection (LS_CUSTOMERS), ls_record_get_key (stored)) == NULL)
        ls_derive_report_add_extra (self->report, stored);
      break;
    case LS_CUSTOMERS:
      expected = with_sums (self, stored);
      compare_rows (self, stored, ls_record_ref (expected));
      check_customer_stats (self, expected);
      break;
    case LS_PRODUCTS:
    case LS_VARIANTS:
      compare_rows (self, stored, with_sums (self, stored));
      break;
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
    case LS_LAYOUTS:
    case LS_SAVED_VIEWS:
    case LS_NOTES:
    default:
      break;
    }
}

static void
check_days (LsRecompute *self)
{
  const LsCollection *daily = ls_schema_collection (LS_DAILY_SALES);

  for (unsigned i = 0; i < ls_tally_get_length (self->tally); i++)
    {
      const LsTallyEntry *entry = ls_tally_get_entry (self->tally, i);
      g_autoptr (LsRecord) day = NULL;

      if (entry->collection != daily)
        continue;
      day = ls_measures_new_day (entry->key);
      compare_rows (self, find_row (self, daily, entry->key), with_sums (self, day));
    }
}

/**
 * ls_recompute_new:
 * @report: (transfer none): where findings and repairs go; has to outlive it
 *
 * Returns: (transfer full): one that has seen no row
 */
LsRecompute *
ls_recompute_new (LsDeriveReport *report)
{
  LsRecompute *self = g_new0 (LsRecompute, 1);

  self->report = report;
  self->zones = ls_zones_new ();
  self->orders = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, order_free);
  self->rows = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                      (GDestroyNotify) ls_record_unref);
  self->targets = g_ptr_array_new ();
  self->tally = ls_tally_new ();
  return self;
}

/**
 * ls_recompute_free:
 * @self: (transfer full): one
 *
 * Frees it and lets go of the rows.
 */
void
ls_recompute_free (LsRecompute *self)
{
  g_clear_pointer (&self->shop_row, ls_record_unref);
  g_ptr_array_unref (self->targets);
  g_hash_table_unref (self->orders);
  g_hash_table_unref (self->rows);
  ls_tally_free (self->tally);
  ls_zones_free (self->zones);
  g_free (self);
}

/**
 * ls_recompute_take:
 * @self: one
 * @record: (transfer none): a row of the shop, of whatever collection, in any order
 *
 * Adds a row. What a row is needed for is kept, so a shop costs about a kilobyte a row.
 */
void
ls_recompute_take (LsRecompute *self,
                   LsRecord    *record)
{
  const LsFields *f = ls_fields ();

  switch (ls_record_get_collection (record)->id)
    {
    case LS_SHOPS:
      self->shop_row = ls_record_ref (record);
      self->shop.currency = ls_record_get_text (record, f->shops.currency);
      self->shop.zone =
          ls_zones_get (self->zones, ls_record_get_text (record, f->shops.time_zone));
      break;
    case LS_ORDERS:
      order_for (self, ls_record_get_key (record))->order = ls_record_ref (record);
      break;
    case LS_ORDER_ITEMS:
      g_ptr_array_add (
          order_for (self, ls_record_get_text (record, f->order_items.order))->items,
          ls_record_ref (record));
      break;
    case LS_REFUNDS:
      g_ptr_array_add (order_for (self, ls_record_get_text (record, f->refunds.order))->refunds,
                       ls_record_ref (record));
      break;
    case LS_PAYMENTS:
      g_ptr_array_add (order_for (self, ls_record_get_text (record, f->payments.order))->payments,
                       ls_record_ref (record));
      break;
    case LS_VARIANTS:
      ls_measures_contribute_row (record, 1, self->tally);
      take_target (self, record);
      break;
    case LS_DOWNLOADS:
    case LS_FAVORITES:
      ls_measures_contribute_row (record, 1, self->tally);
      break;
    case LS_PRODUCTS:
    case LS_CUSTOMERS:
    case LS_DAILY_SALES:
    case LS_STATS:
      take_target (self, record);
      break;
    case LS_CATEGORIES:
    case LS_IMAGES:
    case LS_LICENCES:
    case LS_SERVICES:
    case LS_RESERVATIONS:
    case LS_SUBSCRIPTIONS:
    case LS_ACTIVITY:
    case LS_LAYOUTS:
    case LS_SAVED_VIEWS:
    case LS_NOTES:
    default:
      break;
    }
}

/**
 * ls_recompute_compare:
 * @self: one that has all rows
 * @error: where to put why it could not be done
 *
 * Derives everything anew and reports where what is stored differs, with what repairs it.
 *
 * Returns: false when a sum is too large to be told
 */
bool
ls_recompute_compare (LsRecompute *self,
                      GError     **error)
{
  if (self->shop.zone == NULL)
    self->shop.zone = ls_zones_get (self->zones, "UTC");
  check_orders (self);
  for (unsigned i = 0; i < self->targets->len; i++)
    check_target (self, g_ptr_array_index (self->targets, i));
  check_days (self);
  if (!ls_tally_overflowed (self->tally))
    return true;
  g_set_error_literal (error, LS_ERROR, LS_ERROR_STORAGE,
                       "some sums are too large to be computed");
  return false;
}
