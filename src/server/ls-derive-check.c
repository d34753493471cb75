/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-derive"

#include "config.h"

#include "server/ls-derive-check.h"

#include "core/ls-error.h"
#include "server/ls-fields.h"
#include "server/ls-log-last.h"
#include "server/ls-measures.h"
#include "server/ls-shop-digests.h"

/*
 * Recomputes everything that is derived, from the rows that are not, with nothing but the
 * definitions of the measures: no sum that was kept up to date is read. The whole shop is read at
 * one snapshot and held in memory meanwhile.
 */

/* Findings that are kept with their words; all are counted. */
#define MAX_FINDINGS 1000

typedef struct {
  LsRecord *order;
  GPtrArray *items;
  GPtrArray *refunds;
  GPtrArray *payments;
} Order;

typedef struct {
  LsDeriveReport *report;
  const LsCheckOptions *options;
  GArray *suspects[LS_N_COLLECTIONS]; /* buckets, uint32_t; NULL for none */
  LsZones *zones;
  LsMeasureShop shop;
  LsRecord *shop_row;
  GHashTable *orders;      /* key -> Order */
  GHashTable *rows;        /* "collection\nkey" -> LsRecord: rows with derived values */
  GPtrArray *targets;      /* LsRecord: the same, in the order read */
  LsTally *tally;
  LsDigest *digests[LS_N_COLLECTIONS];
} Check;

static const LsCollection *
collection_of (LsCollectionId id)
{
  return ls_schema_collection (id);
}

static void
finding_free (gpointer data)
{
  LsFinding *finding = data;

  g_free (finding->key);
  ls_value_clear (&finding->stored);
  ls_value_clear (&finding->computed);
  g_free (finding);
}

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

static void
report_finding (Check              *check,
                LsFindingKind       kind,
                const LsCollection *collection,
                const char         *key,
                int                 field,
                const LsValue      *stored,
                const LsValue      *computed)
{
  LsFinding *finding;

  check->report->n_findings++;
  if (check->report->findings->len >= MAX_FINDINGS)
    return;
  finding = g_new0 (LsFinding, 1);
  finding->kind = kind;
  finding->collection = collection;
  finding->key = g_strdup (key);
  finding->field = field;
  if (stored != NULL)
    finding->stored = ls_value_copy (stored);
  if (computed != NULL)
    finding->computed = ls_value_copy (computed);
  g_ptr_array_add (check->report->findings, finding);
}

static char *
row_id (const LsCollection *collection,
        const char         *key)
{
  return g_strconcat (collection->name, "\n", key, NULL);
}

static Order *
order_for (Check      *check,
           const char *key)
{
  Order *order = g_hash_table_lookup (check->orders, key);

  if (order == NULL)
    {
      order = g_new0 (Order, 1);
      order->items = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_record_unref);
      order->refunds = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_record_unref);
      order->payments = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_record_unref);
      g_hash_table_insert (check->orders, g_strdup (key), order);
    }
  return order;
}

static void
take_target (Check    *check,
             LsRecord *record)
{
  g_hash_table_insert (check->rows,
                       row_id (ls_record_get_collection (record), ls_record_get_key (record)),
                       ls_record_ref (record));
  g_ptr_array_add (check->targets, record);
}

static void
take_row (Check    *check,
          LsRecord *record)
{
  const LsFields *f = ls_fields ();

  switch (ls_record_get_collection (record)->id)
    {
    case LS_SHOPS:
      check->shop_row = ls_record_ref (record);
      check->shop.currency = ls_record_get_text (record, f->shops.currency);
      check->shop.zone =
          ls_zones_get (check->zones, ls_record_get_text (record, f->shops.time_zone));
      break;
    case LS_ORDERS:
      order_for (check, ls_record_get_key (record))->order = ls_record_ref (record);
      break;
    case LS_ORDER_ITEMS:
      g_ptr_array_add (
          order_for (check, ls_record_get_text (record, f->order_items.order))->items,
          ls_record_ref (record));
      break;
    case LS_REFUNDS:
      g_ptr_array_add (order_for (check, ls_record_get_text (record, f->refunds.order))->refunds,
                       ls_record_ref (record));
      break;
    case LS_PAYMENTS:
      g_ptr_array_add (order_for (check, ls_record_get_text (record, f->payments.order))->payments,
                       ls_record_ref (record));
      break;
    case LS_VARIANTS:
      ls_measures_contribute_row (record, 1, check->tally);
      take_target (check, record);
      break;
    case LS_DOWNLOADS:
    case LS_FAVORITES:
      ls_measures_contribute_row (record, 1, check->tally);
      break;
    case LS_PRODUCTS:
    case LS_CUSTOMERS:
    case LS_DAILY_SALES:
    case LS_STATS:
      take_target (check, record);
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

static bool
take_row_cb (LsRecord *record,
             gpointer  user_data)
{
  Check *check = user_data;

  check->report->n_rows++;
  check->report->too_large =
      check->options->max_rows > 0 && check->report->n_rows > check->options->max_rows;
  if (check->report->too_large)
    return false;
  ls_digest_replace (check->digests[ls_record_get_collection (record)->id], NULL, record);
  take_row (check, record);
  return true;
}

/* Takes @expected; @stored is the row as it is, or NULL. Differences in @fields are findings. */
static void
compare_rows (Check    *check,
              LsRecord *stored,
              LsRecord *expected,
              uint64_t  fields)
{
  const LsCollection *collection = ls_record_get_collection (expected);
  const char *key = ls_record_get_key (expected);
  g_autoptr (LsRecord) owned = expected;
  g_autoptr (LsRecord) repaired = NULL;
  uint64_t different;

  if (stored == NULL)
    {
      report_finding (check, LS_FINDING_MISSING, collection, key, -1, NULL, NULL);
      g_ptr_array_add (check->report->repairs, ls_change_new_put (expected));
      return;
    }
  different = ls_record_diff (stored, expected) & fields;
  if (different == 0)
    return;
  repaired = ls_record_copy (stored);
  for (unsigned i = 0; i < collection->n_fields; i++)
    if (different & (UINT64_C (1) << i))
      {
        report_finding (check, LS_FINDING_VALUE, collection, key, (int) i,
                        ls_record_get (stored, i), ls_record_get (expected, i));
        ls_record_take (repaired, i, ls_value_copy (ls_record_get (expected, i)));
      }
  g_ptr_array_add (check->report->repairs, ls_change_new_between (stored, repaired));
}

static void
report_extra (Check          *check,
              const LsRecord *stored)
{
  report_finding (check, LS_FINDING_EXTRA, ls_record_get_collection (stored),
                  ls_record_get_key (stored), -1, NULL, NULL);
  g_ptr_array_add (check->report->repairs, ls_change_new_between (stored, NULL));
}

static uint64_t
derived_fields (const LsCollection *collection)
{
  uint64_t fields = 0;

  for (unsigned i = 0; i < collection->n_fields; i++)
    if (collection->fields[i].flags & LS_FIELD_DERIVED)
      fields |= UINT64_C (1) << i;
  return fields;
}

/* A part of an order against what follows from it and the order, whose figures are %NULL when it
 * has none: then nothing is known of its day. */
static void
check_part (Check                *check,
            LsRecord             *stored,
            LsRecord             *expected,
            unsigned              day_field,
            const LsOrderFigures *figures)
{
  if (figures != NULL)
    ls_record_set_integer (expected, day_field, figures->day);
  compare_rows (check, stored, expected, derived_fields (ls_record_get_collection (stored)));
}

static void
check_parts (Check                *check,
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
      check_part (check, item, expected, f->order_items.day, figures);
    }
  for (unsigned i = 0; i < order->refunds->len; i++)
    {
      LsRecord *refund = g_ptr_array_index (order->refunds, i);
      LsRecord *expected = ls_record_copy (refund);

      if (ls_measures_refund_amount (refund, &number))
        ls_record_set_integer (expected, f->refunds.amount, number);
      check_part (check, refund, expected, f->refunds.day, figures);
    }
  for (unsigned i = 0; i < order->payments->len; i++)
    {
      LsRecord *payment = g_ptr_array_index (order->payments, i);

      check_part (check, payment, ls_record_copy (payment), f->payments.day, figures);
    }
}

static void
check_order (Check *check,
             Order *order)
{
  LsOrderParts parts = { order->order, order->items, order->refunds };
  LsOrderFigures figures;
  LsRecord *expected;
  bool known = order->order != NULL && ls_measures_order (&check->shop, &parts, &figures);

  check_parts (check, order, known ? &figures : NULL);
  ls_measures_contribute_order (&check->shop, &parts, 1, check->tally);
  if (!known)
    return;
  expected = ls_record_copy (order->order);
  ls_measures_set_order (expected, &figures);
  compare_rows (check, order->order, expected, derived_fields (collection_of (LS_ORDERS)));
}

static int
compare_texts (gconstpointer a,
               gconstpointer b)
{
  return g_strcmp0 (*(const char *const *) a, *(const char *const *) b);
}

static void
check_orders (Check *check)
{
  g_autoptr (GPtrArray) keys = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, check->orders);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    g_ptr_array_add (keys, key);
  g_ptr_array_sort (keys, compare_texts);
  for (unsigned i = 0; i < keys->len; i++)
    check_order (check, g_hash_table_lookup (check->orders, keys->pdata[i]));
}

/* @record with the sums that belong in it. */
static LsRecord *
with_sums (Check          *check,
           const LsRecord *record)
{
  const LsCollection *collection = ls_record_get_collection (record);
  const LsTallyEntry *entry =
      ls_tally_find (check->tally, collection, ls_record_get_key (record));
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
find_row (Check              *check,
          const LsCollection *collection,
          const char         *key)
{
  g_autofree char *id = row_id (collection, key);

  return g_hash_table_lookup (check->rows, id);
}

static void
check_customer_stats (Check    *check,
                      LsRecord *customer)
{
  const LsFields *f = ls_fields ();
  const LsCollection *stats = collection_of (LS_STATS);
  const char *key = ls_record_get_key (customer);
  LsRecord *stored = find_row (check, stats, key);
  LsRecord *expected = stored != NULL ? ls_record_copy (stored) : ls_record_new (stats, key);
  uint64_t fields = derived_fields (stats) & ~(UINT64_C (1) << f->stats.calculated_at);

  ls_measures_set_stats (expected, customer);
  compare_rows (check, stored, expected, fields);
}

static void
check_target (Check    *check,
              LsRecord *stored)
{
  const LsCollection *collection = ls_record_get_collection (stored);
  g_autoptr (LsRecord) expected = NULL;

  switch (collection->id)
    {
    case LS_DAILY_SALES:
      /* Days without an order that counts have no row; those with one are looked at below. */
      if (ls_tally_find (check->tally, collection, ls_record_get_key (stored)) == NULL)
        report_extra (check, stored);
      break;
    case LS_STATS:
      if (find_row (check, collection_of (LS_CUSTOMERS), ls_record_get_key (stored)) == NULL)
        report_extra (check, stored);
      break;
    case LS_CUSTOMERS:
      expected = with_sums (check, stored);
      compare_rows (check, stored, ls_record_ref (expected), derived_fields (collection));
      check_customer_stats (check, expected);
      break;
    case LS_PRODUCTS:
    case LS_VARIANTS:
      compare_rows (check, stored, with_sums (check, stored), derived_fields (collection));
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
check_days (Check *check)
{
  const LsCollection *daily = collection_of (LS_DAILY_SALES);

  for (unsigned i = 0; i < ls_tally_get_length (check->tally); i++)
    {
      const LsTallyEntry *entry = ls_tally_get_entry (check->tally, i);
      g_autoptr (LsRecord) day = NULL;

      if (entry->collection != daily)
        continue;
      day = ls_measures_new_day (entry->key);
      compare_rows (check, find_row (check, daily, entry->key), with_sums (check, day),
                    derived_fields (daily));
    }
}

static void
suspect (Check        *check,
         size_t        id,
         const GArray *buckets)
{
  if (check->suspects[id] == NULL)
    check->suspects[id] = g_array_new (FALSE, FALSE, sizeof (uint32_t));
  if (buckets->len > 0)
    g_array_append_vals (check->suspects[id], buckets->data, buckets->len);
}

/* What followed the log against the rows. */
static bool
check_digests (Check      *check,
               LsStorage  *storage,
               const char *shop,
               GError    **error)
{
  g_autoptr (LsShopDigests) own = NULL;
  LsShopDigests *followed = check->options->digests;

  if (followed == NULL)
    followed = own = ls_shop_digests_new ();
  if (own != NULL && !ls_shop_digests_load (own, storage, shop, error))
    return false;
  for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
    {
      const LsCollection *collection = collection_of ((LsCollectionId) id);
      const GArray *known = check->options->suspects[id];
      LsPosition position;
      g_autoptr (LsDigest) digest = ls_shop_digests_copy (followed, collection, &position);
      g_autoptr (GArray) buckets = NULL;

      if (known != NULL && known->len > 0)
        suspect (check, id, known);
      /* Of another position, when somebody goes on writing: it says nothing. */
      if (digest != NULL && ls_position_equal (&position, &check->report->position))
        buckets = ls_digest_list_different (digest, check->digests[id]);
      if (buckets != NULL && buckets->len > 0)
        suspect (check, id, buckets);
      if (check->suspects[id] != NULL)
        report_finding (check, LS_FINDING_DIGEST, collection, NULL, -1, NULL, NULL);
    }
  return true;
}

/* A row against what the log set last, but for what is derived: that follows from the others. */
static void
check_logged_row (Check           *check,
                  const LsLastRow *last)
{
  const LsCollection *collection = last->collection;
  uint64_t fields = last->known & ~derived_fields (collection);
  g_autoptr (LsRecord) repaired = NULL;

  if (last->row == NULL && last->stored != NULL)
    report_extra (check, last->stored);
  if (last->row == NULL)
    return;
  if (last->stored == NULL)
    {
      report_finding (check, LS_FINDING_MISSING, collection, last->key, -1, NULL, NULL);
      if (last->is_whole)
        g_ptr_array_add (check->report->repairs, ls_change_new_put (last->row));
      return;
    }
  fields &= ls_record_diff (last->stored, last->row);
  if (fields == 0)
    return;
  repaired = ls_record_copy (last->stored);
  for (unsigned i = 0; i < collection->n_fields; i++)
    if (fields & (UINT64_C (1) << i))
      {
        report_finding (check, LS_FINDING_LOGGED, collection, last->key, (int) i,
                        ls_record_get (last->stored, i), ls_record_get (last->row, i));
        ls_record_take (repaired, i, ls_value_copy (ls_record_get (last->row, i)));
      }
  g_ptr_array_add (check->report->repairs, ls_change_new_between (last->stored, repaired));
}

/* Whether the rows of all suspect buckets are those of the log to the last one: then it is the digest
 * that is wrong. It followed a row that had rotted before it was changed. */
static bool
is_all_logged (Check     *check,
               GPtrArray *rows)
{
  LsDigest *logged[LS_N_COLLECTIONS];
  bool equal = true;

  for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
    logged[id] = ls_digest_new (collection_of ((LsCollectionId) id));
  for (unsigned i = 0; i < rows->len; i++)
    {
      const LsLastRow *last = g_ptr_array_index (rows, i);

      if (last->row != NULL && last->is_whole)
        ls_digest_replace (logged[last->collection->id], NULL, last->row);
    }
  for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
    for (unsigned i = 0; check->suspects[id] != NULL && i < check->suspects[id]->len; i++)
      {
        uint32_t bucket = g_array_index (check->suspects[id], uint32_t, i);
        uint64_t all = ls_view_get_fields (ls_view_full (), collection_of ((LsCollectionId) id));
        LsDigestSum a = ls_digest_get_bucket (logged[id], bucket, all);
        LsDigestSum b = ls_digest_get_bucket (check->digests[id], bucket, all);

        equal = equal && a.count == b.count && a.hash == b.hash;
      }
  for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
    ls_digest_free (logged[id]);
  return equal;
}

/* Rows that changed behind the log: what they were, it may remember. */
static bool
check_logged (Check      *check,
              LsStorage  *storage,
              const char *shop,
              GError    **error)
{
  g_autoptr (GPtrArray) rows = NULL;
  bool any = false;

  for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
    any = any || check->suspects[id] != NULL;
  if (!any)
    return true;
  rows = ls_log_list_last (storage, shop, check->suspects, error);
  for (unsigned i = 0; rows != NULL && i < rows->len; i++)
    check_logged_row (check, g_ptr_array_index (rows, i));
  if (rows != NULL && check->report->repairs->len == 0)
    check->report->renews = is_all_logged (check, rows);
  return rows != NULL;
}

static bool
check_log (Check      *check,
           LsStorage  *storage,
           const char *shop,
           bool       *ret_sound,
           GError    **error)
{
  int64_t broken = 0;
  g_autofree char *version = NULL;

  if (!ls_storage_verify_log (storage, shop, &broken, error))
    return false;
  *ret_sound = broken == 0;
  if (broken == 0)
    return true;
  version = g_strdup_printf ("%" G_GINT64_FORMAT, broken);
  report_finding (check, LS_FINDING_LOG, NULL, version, -1, NULL, NULL);
  return true;
}

static void
check_init (Check                *check,
            const char           *shop,
            const LsCheckOptions *options)
{
  *check = (Check) { 0 };
  check->options = options;
  check->report = g_new0 (LsDeriveReport, 1);
  check->report->shop = g_strdup (shop);
  check->report->findings = g_ptr_array_new_with_free_func (finding_free);
  check->report->repairs = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
  check->zones = ls_zones_new ();
  check->orders = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, order_free);
  check->rows = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                       (GDestroyNotify) ls_record_unref);
  check->targets = g_ptr_array_new ();
  check->tally = ls_tally_new ();
  for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
    check->digests[id] = ls_digest_new (collection_of ((LsCollectionId) id));
}

static void
check_clear (Check *check)
{
  g_clear_pointer (&check->report, ls_derive_report_free);
  g_clear_pointer (&check->shop_row, ls_record_unref);
  g_ptr_array_unref (check->targets);
  g_hash_table_unref (check->orders);
  g_hash_table_unref (check->rows);
  ls_tally_free (check->tally);
  ls_zones_free (check->zones);
  for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
    {
      ls_digest_free (check->digests[id]);
      g_clear_pointer (&check->suspects[id], g_array_unref);
    }
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Check, check_clear)

static bool
check_derived (Check   *check,
               GError **error)
{
  if (check->shop.zone == NULL)
    check->shop.zone = ls_zones_get (check->zones, "UTC");
  check_orders (check);
  for (unsigned i = 0; i < check->targets->len; i++)
    check_target (check, g_ptr_array_index (check->targets, i));
  check_days (check);
  if (!ls_tally_overflowed (check->tally))
    return true;
  g_set_error_literal (error, LS_ERROR, LS_ERROR_STORAGE,
                       "some sums are too large to be computed");
  return false;
}

/**
 * ls_derive_check_with:
 * @storage: where the shop is
 * @shop: which
 * @options: how
 * @error: where to put why it could not be checked
 *
 * Compares the digests that followed the log with those of the rows, rows that differ with what the
 * log says of them, verifies the chain of the log, and recomputes every derived value of a shop
 * from the rows that are not derived. Reads all of the shop and holds it in memory: a kilobyte a
 * row. Changes nothing.
 *
 * Returns: (transfer full) (nullable): what it found
 */
LsDeriveReport *
ls_derive_check_with (LsStorage            *storage,
                      const char           *shop,
                      const LsCheckOptions *options,
                      GError              **error)
{
  const LsCollection *collections[LS_N_COLLECTIONS];
  g_auto (Check) check = { 0 };
  bool sound;

  check_init (&check, shop, options);
  for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
    collections[id] = collection_of ((LsCollectionId) id);
  if (!ls_storage_scan (storage, shop, collections, LS_N_COLLECTIONS, &check.report->position,
                        take_row_cb, &check, error))
    return NULL;
  if (check.report->too_large)
    return g_steal_pointer (&check.report);
  if (!check_digests (&check, storage, shop, error) ||
      !check_log (&check, storage, shop, &sound, error) ||
      (sound && !check_logged (&check, storage, shop, error)))
    return NULL;
  /* What follows from rows that are wrong would be wrong too. */
  if (check.report->repairs->len == 0 && !check_derived (&check, error))
    return NULL;
  return g_steal_pointer (&check.report);
}

/**
 * ls_derive_check:
 * @storage: where the shop is, that nobody writes to
 * @shop: which
 * @error: where to put why it could not be checked
 *
 * Checks a shop as ls_derive_check_with() does, whatever its size.
 *
 * Returns: (transfer full) (nullable): what it found
 */
LsDeriveReport *
ls_derive_check (LsStorage  *storage,
                 const char *shop,
                 GError    **error)
{
  const LsCheckOptions options = { NULL };

  return ls_derive_check_with (storage, shop, &options, error);
}
