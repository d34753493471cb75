/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-cache"

#include "config.h"

#include <string.h>

#include "client/ls-cache-private.h"
#include "core/ls-fault.h"

/*
 * One sum per bucket over the confirmed rows, following every change in the same transaction. What
 * a role may not see never gets here, so all fields of a row count.
 */

LsBuckets *
ls_buckets_new (void)
{
  LsBuckets *sums = g_new0 (LsBuckets, 1);

  sums->buckets = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  sums->dirty = g_array_new (FALSE, FALSE, sizeof (uint32_t));
  return sums;
}

void
ls_buckets_free (LsBuckets *sums)
{
  g_hash_table_unref (sums->buckets);
  g_array_unref (sums->dirty);
  g_free (sums);
}

static LsBucket *
bucket_at (LsBuckets *sums,
           uint32_t   number)
{
  LsBucket *bucket = g_hash_table_lookup (sums->buckets, GUINT_TO_POINTER (number));

  if (bucket == NULL)
    {
      bucket = g_new0 (LsBucket, 1);
      g_hash_table_insert (sums->buckets, GUINT_TO_POINTER (number), bucket);
    }
  return bucket;
}

static LsBucket *
bucket_to_change (LsBuckets *sums,
                  uint32_t   number)
{
  LsBucket *bucket = bucket_at (sums, number);

  if (!bucket->is_dirty)
    g_array_append_val (sums->dirty, number);
  bucket->is_dirty = true;
  return bucket;
}

/* Adds rows to a bucket, and what they add up to. */
void
ls_buckets_add (LsBuckets *sums,
                uint32_t   number,
                int64_t    count,
                uint64_t   hash)
{
  LsBucket *bucket = bucket_to_change (sums, number);

  bucket->count += count;
  bucket->hash ^= hash;
}

static uint32_t
bucket_of (const LsRecord *record)
{
  if (LS_FAULT (BUCKETS_BY_LENGTH))
    return (uint32_t) strlen (ls_record_get_key (record));
  return ls_digest_bucket (record);
}

static void
toggle (LsBuckets      *sums,
        const LsRecord *record,
        int64_t         sign)
{
  ls_buckets_add (sums, bucket_of (record), sign, ls_digest_record (record, UINT64_MAX));
}

/* Follows a change of one confirmed row; hashes only what differs, unless it changes its bucket. */
void
ls_buckets_replace (LsBuckets      *sums,
                    const LsRecord *before,
                    const LsRecord *after)
{
  const LsCollection *collection;
  LsBucket *bucket;
  uint64_t mask;

  if (before == NULL || after == NULL || bucket_of (before) != bucket_of (after))
    {
      if (before != NULL)
        toggle (sums, before, -1);
      if (after != NULL)
        toggle (sums, after, 1);
      return;
    }
  mask = ls_record_diff (before, after);
  if (mask == 0)
    return;
  collection = ls_record_get_collection (after);
  bucket = bucket_to_change (sums, bucket_of (after));
  for (unsigned i = 0; i < collection->n_fields; i++)
    if (mask & (UINT64_C (1) << i))
      bucket->hash ^=
          ls_digest_field (collection, ls_record_get_key (after), i, ls_record_get (before, i)) ^
          ls_digest_field (collection, ls_record_get_key (after), i, ls_record_get (after, i));
}

static int
compare_numbers (gconstpointer a,
                 gconstpointer b)
{
  uint32_t x = *(const uint32_t *) a;
  uint32_t y = *(const uint32_t *) b;

  return (x > y) - (x < y);
}

static GArray *
list_numbers (LsBuckets *sums)
{
  GArray *numbers = g_array_new (FALSE, FALSE, sizeof (uint32_t));
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, sums->buckets);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      uint32_t number = GPOINTER_TO_UINT (key);

      g_array_append_val (numbers, number);
    }
  g_array_sort (numbers, compare_numbers);
  return numbers;
}

/* The sum of the buckets that are held from @since on. */
LsDigestSum
ls_buckets_get_since (LsBuckets *sums,
                      uint32_t   since)
{
  LsDigestSum total = { 0, 0 };
  GHashTableIter iter;
  gpointer number, value;

  g_hash_table_iter_init (&iter, sums->buckets);
  while (g_hash_table_iter_next (&iter, &number, &value))
    {
      const LsBucket *bucket = value;

      if (!ls_scope_since_has_bucket (since, GPOINTER_TO_UINT (number)))
        continue;
      total.count += bucket->count;
      total.hash ^= bucket->hash;
    }
  return total;
}

/* Whether there are rows in buckets that are not held from @since on. */
bool
ls_buckets_has_before (LsBuckets *sums,
                       uint32_t   since)
{
  GHashTableIter iter;
  gpointer number, value;

  g_hash_table_iter_init (&iter, sums->buckets);
  while (g_hash_table_iter_next (&iter, &number, &value))
    if (((const LsBucket *) value)->count != 0 &&
        !ls_scope_since_has_bucket (since, GPOINTER_TO_UINT (number)))
      return true;
  return false;
}

/* Takes the sum of a bucket out. */
LsDigestSum
ls_buckets_take (LsBuckets *sums,
                 uint32_t   number)
{
  const LsBucket *bucket = g_hash_table_lookup (sums->buckets, GUINT_TO_POINTER (number));
  LsDigestSum sum = { 0, 0 };

  if (bucket != NULL)
    sum = (LsDigestSum) { bucket->count, bucket->hash };
  g_hash_table_remove (sums->buckets, GUINT_TO_POINTER (number));
  return sum;
}

/* Calls @func for every bucket that is not empty, in ascending order. */
void
ls_buckets_foreach (LsBuckets         *sums,
                    LsDigestBucketFunc func,
                    gpointer           user_data)
{
  g_autoptr (GArray) numbers = list_numbers (sums);

  for (unsigned i = 0; i < numbers->len; i++)
    {
      uint32_t number = g_array_index (numbers, uint32_t, i);
      const LsBucket *bucket = bucket_at (sums, number);
      LsDigestSum sum = { bucket->count, bucket->hash };

      if (sum.count != 0 || sum.hash != 0)
        func (number, &sum, user_data);
    }
}

/* The sums of a table, read when first asked for. */
LsBuckets *
ls_cache_need_sums (LsCache *self,
                    LsTable *table,
                    GError **error)
{
  g_autoptr (LsBuckets) sums = NULL;
  g_autoptr (LsStatement) statement = NULL;
  LsStep step;

  if (table->sums != NULL)
    return table->sums;
  sums = ls_buckets_new ();
  statement = ls_sql_query (self->sql, error,
                            "SELECT bucket, count, hash FROM digests"
                            " WHERE shop = ? AND collection = ?",
                            "it", table->shop, table->collection->name);
  if (statement == NULL)
    return NULL;
  while ((step = ls_statement_step (statement, error)) == LS_STEP_ROW)
    {
      LsBucket *bucket = bucket_at (sums, (uint32_t) ls_statement_get_int64 (statement, 0));

      bucket->count = ls_statement_get_int64 (statement, 1);
      bucket->hash = (uint64_t) ls_statement_get_int64 (statement, 2);
    }
  if (step == LS_STEP_ERROR)
    return NULL;
  table->sums = g_steal_pointer (&sums);
  return table->sums;
}

/* Writes the sums that changed. */
bool
ls_cache_store_sums (LsCache *self,
                     LsTable *table,
                     GError **error)
{
  LsBuckets *sums = table->sums;

  for (unsigned i = 0; sums != NULL && i < sums->dirty->len; i++)
    {
      uint32_t number = g_array_index (sums->dirty, uint32_t, i);
      LsBucket *bucket = bucket_at (sums, number);

      if (!ls_sql_run (self->sql, error,
                       "INSERT INTO digests (shop, collection, bucket, count, hash)"
                       " VALUES (?,?,?,?,?) ON CONFLICT (shop, collection, bucket)"
                       " DO UPDATE SET count=excluded.count, hash=excluded.hash",
                       "itiii", table->shop, table->collection->name, (int64_t) number,
                       bucket->count, (int64_t) bucket->hash))
        return false;
      bucket->is_dirty = false;
    }
  if (sums != NULL)
    g_array_set_size (sums->dirty, 0);
  return true;
}

/**
 * ls_cache_get_digest:
 * @self: a cache
 * @shop: a shop
 * @collection: a collection
 * @ret_sum: (out): count and hash of its confirmed rows, of the months that are held; zeros for a
 *   collection that is not held
 * @error: where to put why not
 *
 * Reads the digest of a collection at the confirmed position. O(buckets).
 *
 * Returns: whether it could be read
 */
bool
ls_cache_get_digest (LsCache            *self,
                     const char         *shop,
                     const LsCollection *collection,
                     LsDigestSum        *ret_sum,
                     GError            **error)
{
  LsShopState *state = ls_cache_find_shop (self, shop);
  LsTable *table = state != NULL ? state->tables[collection->id] : NULL;
  LsBuckets *sums;

  *ret_sum = (LsDigestSum) { 0, 0 };
  if (table == NULL)
    return true;
  sums = ls_cache_need_sums (self, table, error);
  if (sums == NULL)
    return false;
  *ret_sum = ls_buckets_get_since (sums, LS_FAULT (SCOPE_LEFT_COUNTED) ? 0 : table->since);
  return true;
}

/**
 * ls_cache_is_comparable:
 * @self: a cache
 * @shop: a shop
 * @collection: a collection
 *
 * Returns: whether the rows of @collection stand at the shop's position: they are ahead of it after
 *   a snapshot of some collections, until deltas have caught up
 */
bool
ls_cache_is_comparable (LsCache            *self,
                        const char         *shop,
                        const LsCollection *collection)
{
  LsShopState *state = ls_cache_find_shop (self, shop);
  LsTable *table = state != NULL ? state->tables[collection->id] : NULL;

  return table != NULL && table->is_held && table->base <= state->position.version;
}

typedef struct {
  uint32_t since;
  LsDigestBucketFunc func;
  gpointer user_data;
} HeldBuckets;

static void
held_bucket_cb (uint32_t           bucket,
                const LsDigestSum *sum,
                gpointer           user_data)
{
  const HeldBuckets *held = user_data;

  if (ls_scope_since_has_bucket (held->since, bucket))
    held->func (bucket, sum, held->user_data);
}

/**
 * ls_cache_list_buckets:
 * @self: a cache
 * @shop: a shop
 * @collection: a collection
 * @func: (scope call): called for every bucket that is not empty, in ascending order
 * @user_data: for @func
 * @error: where to put why not
 *
 * Lists the sums of a collection at the confirmed position, of the buckets that are held.
 *
 * Returns: whether they could be read
 */
bool
ls_cache_list_buckets (LsCache            *self,
                       const char         *shop,
                       const LsCollection *collection,
                       LsDigestBucketFunc  func,
                       gpointer            user_data,
                       GError            **error)
{
  LsShopState *state = ls_cache_find_shop (self, shop);
  LsTable *table = state != NULL ? state->tables[collection->id] : NULL;
  HeldBuckets held;
  LsBuckets *sums;

  if (table == NULL)
    return true;
  sums = ls_cache_need_sums (self, table, error);
  if (sums == NULL)
    return false;
  held = (HeldBuckets){ table->since, func, user_data };
  ls_buckets_foreach (sums, held_bucket_cb, &held);
  return true;
}
