/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-derive"

#include "config.h"

#include "server/ls-derive.h"

#include "server/ls-fields.h"

/*
 * Keeps derived values up to date, inside the transaction of what they follow from.
 *
 * What changed rows meant for others before is taken away, what they mean now is added
 * (ls-measures), and the sums go onto the rows concerned. The cost is that of the orders touched,
 * not of the shop. A customer, product or variant that is new may have been named by others before
 * it was there (imports come in any order): its figures are added up from those.
 *
 * A row of daily_sales is there as long as an order counts on its day; one of stats as long as its
 * customer is there.
 */

typedef struct {
  LsDraft *draft;
  LsMeasureShop shop;
  LsTally *tally;
  int64_t at;
  LsRefusal *refusal;
} Derivation;

static const LsCollection *
collection_of (LsCollectionId id)
{
  return ls_schema_collection (id);
}

static uint64_t
bit (unsigned field)
{
  return UINT64_C (1) << field;
}

/* Whether one of @fields differs; a row that came or went differs in all. */
static bool
differs (LsDraftRow row,
         uint64_t   fields)
{
  return row.before == NULL || row.after == NULL ||
         (ls_record_diff (row.before, row.after) & fields) != 0;
}

/* The fields of an order, item or refund that figures are made of, and the figures: a row that was
 * deleted and made again by one mutation has lost those. */
static uint64_t
order_inputs (const LsCollection *collection)
{
  const LsFields *f = ls_fields ();
  uint64_t fields;

  if (collection->id == LS_ORDERS)
    fields = bit (f->orders.customer) | bit (f->orders.status) | bit (f->orders.currency) |
             bit (f->orders.placed_at) | bit (f->orders.shipping) | bit (f->orders.tax);
  else if (collection->id == LS_ORDER_ITEMS)
    fields = bit (f->order_items.order) | bit (f->order_items.product) |
             bit (f->order_items.variant) | bit (f->order_items.quantity) |
             bit (f->order_items.unit_price) | bit (f->order_items.discount);
  else if (collection->id == LS_REFUNDS)
    fields = bit (f->refunds.order) | bit (f->refunds.item) | bit (f->refunds.quantity) |
             bit (f->refunds.net) | bit (f->refunds.tax) | bit (f->refunds.shipping);
  else
    return 0;
  return fields | ls_measures_derived_fields (collection);
}

static const char *
order_key (const LsRecord *record)
{
  const LsFields *f = ls_fields ();
  LsCollectionId id = ls_record_get_collection (record)->id;

  if (id == LS_ORDERS)
    return ls_record_get_key (record);
  return ls_record_get_text (record,
                             id == LS_ORDER_ITEMS ? f->order_items.order : f->refunds.order);
}

static void
add_key (GPtrArray      *keys,
         const LsRecord *record)
{
  const char *key = record != NULL ? order_key (record) : NULL;

  for (unsigned i = 0; key != NULL && i < keys->len; i++)
    if (g_str_equal (g_ptr_array_index (keys, i), key))
      return;
  if (key != NULL)
    g_ptr_array_add (keys, g_strdup (key));
}

/* The keys of orders whose figures may change. */
static GPtrArray *
find_orders (Derivation *derivation,
             unsigned    n_rows)
{
  GPtrArray *keys = g_ptr_array_new_with_free_func (g_free);

  for (unsigned i = 0; i < n_rows; i++)
    {
      LsDraftRow row = ls_draft_get_row (derivation->draft, i);
      const LsRecord *either = row.after != NULL ? row.after : row.before;
      uint64_t inputs;

      if (row.before == row.after)
        continue;
      inputs = order_inputs (ls_record_get_collection (either));
      if (inputs == 0 || !differs (row, inputs))
        continue;
      add_key (keys, row.before);
      add_key (keys, row.after);
    }
  return keys;
}

static void
parts_clear (LsOrderParts *parts)
{
  g_clear_pointer (&parts->items, g_ptr_array_unref);
  g_clear_pointer (&parts->refunds, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LsOrderParts, parts_clear)

/* An order that was not there had neither items nor refunds: they could not be without it. */
static LsOrderParts
parts_before (LsDraft    *draft,
              const char *key)
{
  const LsFields *f = ls_fields ();
  g_auto (LsValue) order = ls_value_text (key);
  LsOrderParts parts = { ls_draft_get_before (draft, collection_of (LS_ORDERS), key), NULL, NULL };

  if (parts.order == NULL)
    return parts;
  parts.items =
      ls_draft_list_before (draft, collection_of (LS_ORDER_ITEMS), f->order_items.order, &order);
  parts.refunds =
      ls_draft_list_before (draft, collection_of (LS_REFUNDS), f->refunds.order, &order);
  return parts;
}

static LsOrderParts
parts_after (LsDraft    *draft,
             const char *key)
{
  const LsFields *f = ls_fields ();
  g_auto (LsValue) order = ls_value_text (key);
  bool is_new = ls_draft_get_before (draft, collection_of (LS_ORDERS), key) == NULL;
  GPtrArray *(*list) (LsDraft *, const LsCollection *, unsigned, const LsValue *) =
      is_new ? ls_draft_list_new : ls_draft_list;

  return (LsOrderParts) {
    ls_draft_get (draft, collection_of (LS_ORDERS), key),
    list (draft, collection_of (LS_ORDER_ITEMS), f->order_items.order, &order),
    list (draft, collection_of (LS_REFUNDS), f->refunds.order, &order),
  };
}

static bool
refuse_overflow (Derivation     *derivation,
                 const LsRecord *record,
                 int             field)
{
  return ls_refusal_set (derivation->refusal, ls_record_get_collection (record),
                         ls_record_get_key (record), field, LS_REASON_LARGE_SUMS);
}

/* Puts a row with new derived values into the draft, when they are within the bounds of their
 * fields. Takes @after. */
static bool
settle (Derivation     *derivation,
        const LsRecord *current,
        LsRecord       *after)
{
  const LsCollection *collection = ls_record_get_collection (after);
  g_autoptr (LsRecord) owned = after;

  if (current != NULL && ls_record_diff (current, after) == 0)
    return true;
  for (unsigned i = 0; i < collection->n_fields; i++)
    if ((collection->fields[i].flags & LS_FIELD_DERIVED) &&
        !ls_field_check_value (&collection->fields[i], ls_record_get (after, i), NULL))
      return refuse_overflow (derivation, after, (int) i);
  ls_draft_take (derivation->draft, g_steal_pointer (&owned));
  return true;
}

/* What is derived of a part of an order: a number of its own, and the order's day. */
static bool
set_part (Derivation     *derivation,
          const LsRecord *record,
          unsigned        field,
          bool            fits,
          int64_t         number,
          unsigned        day_field,
          int64_t         day)
{
  LsRecord *after;

  if (!fits)
    return refuse_overflow (derivation, record, (int) field);
  after = ls_record_copy (record);
  ls_record_set_integer (after, field, number);
  ls_record_set_integer (after, day_field, day);
  return settle (derivation, record, after);
}

static bool
set_payment (Derivation     *derivation,
             const LsRecord *payment,
             int64_t         day)
{
  LsRecord *after = ls_record_copy (payment);

  ls_record_set_integer (after, ls_fields ()->payments.day, day);
  return settle (derivation, payment, after);
}

/* The payments of an order follow its day: one that came and one that was made anew. */
static bool
set_payments (Derivation     *derivation,
              const LsRecord *order,
              const LsRecord *before,
              int64_t         day)
{
  const LsFields *f = ls_fields ();
  g_auto (LsValue) key = ls_value_text (ls_record_get_key (order));
  g_autoptr (GPtrArray) payments = NULL;

  if (before == NULL || ls_record_get_integer (before, f->orders.day, -1) == day)
    return true;
  payments =
      ls_draft_list (derivation->draft, collection_of (LS_PAYMENTS), f->payments.order, &key);
  for (unsigned i = 0; i < payments->len; i++)
    if (!set_payment (derivation, g_ptr_array_index (payments, i), day))
      return false;
  return true;
}

/* The derived fields of an order, its items, refunds and payments themselves. */
static bool
set_order (Derivation         *derivation,
           const LsOrderParts *before,
           const LsOrderParts *parts)
{
  const LsFields *f = ls_fields ();
  LsOrderFigures figures;
  LsRecord *order;
  int64_t number = 0;

  if (!ls_measures_order (&derivation->shop, parts, &figures))
    return refuse_overflow (derivation, parts->order, (int) f->orders.total);
  for (unsigned i = 0; i < parts->items->len; i++)
    {
      const LsRecord *item = g_ptr_array_index (parts->items, i);
      bool fits = ls_measures_item_total (item, &number);

      if (!set_part (derivation, item, f->order_items.total, fits, number, f->order_items.day,
                     figures.day))
        return false;
    }
  for (unsigned i = 0; i < parts->refunds->len; i++)
    {
      const LsRecord *refund = g_ptr_array_index (parts->refunds, i);
      bool fits = ls_measures_refund_amount (refund, &number);

      if (!set_part (derivation, refund, f->refunds.amount, fits, number, f->refunds.day,
                     figures.day))
        return false;
    }
  if (!set_payments (derivation, parts->order, before->order, figures.day))
    return false;
  order = ls_record_copy (parts->order);
  ls_measures_set_order (order, &figures);
  return settle (derivation, parts->order, order);
}

static bool
derive_orders (Derivation *derivation,
               unsigned    n_rows)
{
  g_autoptr (GPtrArray) keys = find_orders (derivation, n_rows);

  for (unsigned i = 0; i < keys->len; i++)
    {
      const char *key = g_ptr_array_index (keys, i);
      g_auto (LsOrderParts) before = parts_before (derivation->draft, key);
      g_auto (LsOrderParts) after = parts_after (derivation->draft, key);

      ls_measures_contribute_order (&derivation->shop, &before, -1, derivation->tally);
      ls_measures_contribute_order (&derivation->shop, &after, 1, derivation->tally);
      if (after.order != NULL)
        {
          g_autoptr (LsRecord) order = ls_record_ref ((LsRecord *) after.order);

          if (!set_order (derivation, &before, &after))
            return false;
        }
    }
  return true;
}

/* Payments that came take the day of their order, which has it by now. */
static bool
derive_payments (Derivation *derivation,
                 unsigned    n_rows)
{
  const LsFields *f = ls_fields ();

  for (unsigned i = 0; i < n_rows; i++)
    {
      LsDraftRow row = ls_draft_get_row (derivation->draft, i);
      const LsRecord *order;

      if (row.after == NULL || row.before == row.after ||
          ls_record_get_collection (row.after)->id != LS_PAYMENTS)
        continue;
      order = ls_draft_get (derivation->draft, collection_of (LS_ORDERS),
                            ls_record_get_text (row.after, f->payments.order));
      if (order != NULL &&
          !set_payment (derivation, row.after, ls_record_get_integer (order, f->orders.day, 0)))
        return false;
    }
  return true;
}

static void
contribute_rows (Derivation *derivation,
                 unsigned    n_rows)
{
  for (unsigned i = 0; i < n_rows; i++)
    {
      LsDraftRow row = ls_draft_get_row (derivation->draft, i);

      if (row.before == row.after)
        continue;
      if (row.before != NULL)
        ls_measures_contribute_row (row.before, -1, derivation->tally);
      if (row.after != NULL)
        ls_measures_contribute_row (row.after, 1, derivation->tally);
    }
}

static void
contribute_list (Derivation    *derivation,
                 LsCollectionId id,
                 unsigned       field,
                 const char    *key,
                 LsTally       *tally)
{
  g_auto (LsValue) value = ls_value_text (key);
  g_autoptr (GPtrArray) rows = ls_draft_list (derivation->draft, collection_of (id), field, &value);

  for (unsigned i = 0; i < rows->len; i++)
    ls_measures_contribute_row (g_ptr_array_index (rows, i), 1, tally);
}

/* The orders that rows of @id name, each once. */
static void
contribute_orders (Derivation    *derivation,
                   LsCollectionId id,
                   unsigned       field,
                   const char    *key,
                   LsTally       *tally)
{
  g_auto (LsValue) value = ls_value_text (key);
  g_autoptr (GPtrArray) rows = ls_draft_list (derivation->draft, collection_of (id), field, &value);
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (unsigned i = 0; i < rows->len; i++)
    {
      const char *order = order_key (g_ptr_array_index (rows, i));
      g_auto (LsOrderParts) parts = { NULL, NULL, NULL };

      if (!g_hash_table_add (seen, (gpointer) order))
        continue;
      parts = parts_after (derivation->draft, order);
      ls_measures_contribute_order (&derivation->shop, &parts, 1, tally);
    }
}

/* What the rows that are there mean for one that is new. */
static LsTally *
tally_new_row (Derivation     *derivation,
               const LsRecord *record)
{
  const LsFields *f = ls_fields ();
  const char *key = ls_record_get_key (record);
  LsTally *tally = ls_tally_new ();

  switch (ls_record_get_collection (record)->id)
    {
    case LS_CUSTOMERS:
      contribute_orders (derivation, LS_ORDERS, f->orders.customer, key, tally);
      contribute_list (derivation, LS_DOWNLOADS, f->downloads.customer, key, tally);
      contribute_list (derivation, LS_FAVORITES, f->favorites.customer, key, tally);
      break;
    case LS_PRODUCTS:
      contribute_orders (derivation, LS_ORDER_ITEMS, f->order_items.product, key, tally);
      contribute_list (derivation, LS_VARIANTS, f->variants.product, key, tally);
      contribute_list (derivation, LS_FAVORITES, f->favorites.product, key, tally);
      break;
    case LS_VARIANTS:
      contribute_orders (derivation, LS_ORDER_ITEMS, f->order_items.variant, key, tally);
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
    case LS_DAILY_SALES:
    case LS_STATS:
    case LS_LAYOUTS:
    case LS_SAVED_VIEWS:
    case LS_NOTES:
    default:
      break;
    }
  return tally;
}

/* Adds @sums, if any, to what stood in the summed fields of @before. */
static bool
add_sums (LsRecord           *after,
          const LsRecord     *before,
          const LsTallyEntry *sums)
{
  const LsCollection *collection = ls_record_get_collection (after);
  uint64_t fields = ls_measures_summed_fields (collection);

  for (unsigned i = 0; i < collection->n_fields; i++)
    {
      int64_t base = before != NULL ? ls_record_get_integer (before, i, 0) : 0;

      if (!(fields & bit (i)))
        continue;
      if (__builtin_add_overflow (base, sums != NULL ? sums->sums[i] : 0, &base))
        return false;
      ls_record_set_integer (after, i, base);
    }
  return true;
}

/* The figures of a customer, product or variant. */
static bool
settle_target (Derivation         *derivation,
               const LsCollection *collection,
               const char         *key,
               LsTally            *tally)
{
  LsRecord *before = ls_draft_get_before (derivation->draft, collection, key);
  LsRecord *current = ls_draft_get (derivation->draft, collection, key);
  g_autoptr (LsTally) fresh = NULL;
  g_autoptr (LsRecord) after = NULL;

  if (current == NULL)
    return true;
  if (before == NULL)
    tally = fresh = tally_new_row (derivation, current);
  after = ls_record_copy (current);
  if (ls_tally_overflowed (tally) ||
      !add_sums (after, before, ls_tally_find (tally, collection, key)))
    return refuse_overflow (derivation, current, -1);
  if (collection->id == LS_PRODUCTS)
    ls_record_set_integer (after, ls_fields ()->products.low_stock, ls_measures_low_stock (after));
  return settle (derivation, current, g_steal_pointer (&after));
}

static bool
settle_day (Derivation         *derivation,
            const LsTallyEntry *entry)
{
  const LsFields *f = ls_fields ();
  LsRecord *current = ls_draft_get (derivation->draft, entry->collection, entry->key);
  g_autoptr (LsRecord) after = NULL;

  after = current != NULL ? ls_record_copy (current) : ls_measures_new_day (entry->key);
  if (!add_sums (after, current, entry))
    return refuse_overflow (derivation, after, -1);
  if (ls_record_get_integer (after, f->daily_sales.orders, 0) == 0)
    {
      ls_draft_remove (derivation->draft, entry->collection, entry->key);
      return true;
    }
  return settle (derivation, current, g_steal_pointer (&after));
}

static bool
is_target (const LsCollection *collection)
{
  return collection->id == LS_CUSTOMERS || collection->id == LS_PRODUCTS ||
         collection->id == LS_VARIANTS;
}

static bool
settle_all (Derivation *derivation,
            unsigned    n_rows)
{
  for (unsigned i = 0; i < n_rows; i++)
    {
      LsDraftRow row = ls_draft_get_row (derivation->draft, i);

      if (row.after == NULL || row.before == row.after ||
          !is_target (ls_record_get_collection (row.after)) ||
          ls_tally_find (derivation->tally, ls_record_get_collection (row.after),
                         ls_record_get_key (row.after)) != NULL)
        continue;
      if (!settle_target (derivation, ls_record_get_collection (row.after),
                          ls_record_get_key (row.after), derivation->tally))
        return false;
    }
  for (unsigned i = 0; i < ls_tally_get_length (derivation->tally); i++)
    {
      const LsTallyEntry *entry = ls_tally_get_entry (derivation->tally, i);
      bool settled =
          entry->collection->id == LS_DAILY_SALES
              ? settle_day (derivation, entry)
              : settle_target (derivation, entry->collection, entry->key, derivation->tally);

      if (!settled)
        return false;
    }
  return true;
}

/* The row of stats follows its customer. */
static bool
settle_stats (Derivation *derivation,
              LsDraftRow  row)
{
  const LsFields *f = ls_fields ();
  const LsCollection *stats = collection_of (LS_STATS);
  const char *key = ls_record_get_key (row.after != NULL ? row.after : row.before);
  LsRecord *current = ls_draft_get (derivation->draft, stats, key);
  LsRecord *after;

  if (row.after == NULL)
    {
      ls_draft_remove (derivation->draft, stats, key);
      return true;
    }
  after = current != NULL ? ls_record_copy (current) : ls_record_new (stats, key);
  ls_measures_set_stats (after, row.after);
  if (current != NULL && ls_record_diff (current, after) == 0)
    {
      ls_record_unref (after);
      return true;
    }
  ls_record_set_integer (after, f->stats.calculated_at, derivation->at);
  return settle (derivation, current, after);
}

static bool
derive_stats (Derivation *derivation)
{
  /* Rows of stats come in at the end while this goes on; they are no customers. */
  for (unsigned i = 0; i < ls_draft_get_n_rows (derivation->draft); i++)
    {
      LsDraftRow row = ls_draft_get_row (derivation->draft, i);
      const LsRecord *either = row.after != NULL ? row.after : row.before;

      if (row.before != row.after && ls_record_get_collection (either)->id == LS_CUSTOMERS &&
          !settle_stats (derivation, row))
        return false;
    }
  return true;
}

/**
 * ls_derive_get_shop:
 * @draft: a draft
 * @zones: time zones
 * @ret_shop: (out): what measures need to know of the shop; valid until its row changes
 *
 * Returns: whether the shop's row is there and its time zone is known; if not, @ret_shop has UTC
 */
bool
ls_derive_get_shop (LsDraft       *draft,
                    LsZones       *zones,
                    LsMeasureShop *ret_shop)
{
  const LsFields *f = ls_fields ();
  const char *key = ls_storage_tx_get_shop (ls_draft_get_tx (draft))->shop;
  const LsRecord *row = ls_draft_get (draft, collection_of (LS_SHOPS), key);
  GTimeZone *zone = NULL;

  if (row != NULL)
    zone = ls_zones_get (zones, ls_record_get_text (row, f->shops.time_zone));
  ret_shop->currency = row != NULL ? ls_record_get_text (row, f->shops.currency) : NULL;
  ret_shop->zone = zone != NULL ? zone : ls_zones_get (zones, "UTC");
  return zone != NULL;
}

/**
 * ls_derive:
 * @draft: a draft with what people or sources changed
 * @zones: time zones
 * @at: when, µs since the epoch
 * @refusal: where to put why it can't be: a sum leaves the bounds of its field
 *
 * Adds to a draft whatever follows from its changes. Look at ls_draft_get_error() in either case.
 *
 * Returns: whether it was not refused
 */
bool
ls_derive (LsDraft   *draft,
           LsZones   *zones,
           int64_t    at,
           LsRefusal *refusal)
{
  g_autoptr (LsTally) tally = ls_tally_new ();
  Derivation derivation = { .draft = draft, .tally = tally, .at = at, .refusal = refusal };
  unsigned n_rows = ls_draft_get_n_rows (draft);

  ls_derive_get_shop (draft, zones, &derivation.shop);
  if (!derive_orders (&derivation, n_rows) || !derive_payments (&derivation, n_rows))
    return false;
  contribute_rows (&derivation, n_rows);
  if (ls_tally_overflowed (tally))
    return ls_refusal_set (refusal, NULL, NULL, -1, LS_REASON_LARGE_SUMS);
  return settle_all (&derivation, n_rows) && derive_stats (&derivation);
}
