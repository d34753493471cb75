/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-cache"

#include "config.h"

#include "client/ls-cache-proof.h"

#include <string.h>

#include "client/ls-cache-private.h"
#include "client/ls-cache-reader-private.h"
#include "core/ls-fault.h"

/*
 * Proof of the rows. A sum that follows changes can't see a row that rotted, and is no better than
 * the file it is kept in. So it is computed again from the rows, at a moment that is pinned on the
 * cache's queue and read on another, which may take seconds for a million rows; nothing waits for
 * it. What was found is right however far the cache has gone since: sums are XORs, and each change
 * since did the same to both, so the drift found then is the drift now.
 *
 *   pin (cache's queue) --> scrub or compare (any queue) --> correct (cache's queue)
 *
 * A table that was replaced meanwhile, or corrected by another pin, takes no corrections.
 */

struct _LsCachePin {
  LsCacheReader *reader;
  char *shop;
  const LsCollection *collection;
  const char *table; /* the reader's; NULL when there is none */
  int64_t generation;
  unsigned corrections;
  LsBuckets *sums; /* as they were in memory */
};

/**
 * ls_cache_stands_at:
 * @self: a cache
 * @shop: a shop
 * @version: a version
 * @check: its check
 * @view: hash of a view
 *
 * Returns: whether what is said of that position can be compared with the rows (PROTOCOL rule 17)
 */
bool
ls_cache_stands_at (LsCache    *self,
                    const char *shop,
                    int64_t     version,
                    uint64_t    check,
                    uint64_t    view)
{
  const LsShopState *state = ls_cache_find_shop (self, shop);

  return state != NULL &&
         ((state->position.version == version && state->position.check == check &&
           state->view == view) ||
          LS_FAULT (COMPARED_ANYWHERE));
}

static void
copy_sum (uint32_t           bucket,
          const LsDigestSum *sum,
          gpointer           user_data)
{
  ls_buckets_add (user_data, bucket, sum->count, sum->hash);
}

/**
 * ls_cache_pin:
 * @self: a cache
 * @shop: a shop
 * @collection: a collection
 * @error: where to put why not
 *
 * Pins the rows of a collection as they are now. Opens a connection: about a millisecond. Free it
 * soon, the log of the database grows meanwhile.
 *
 * Returns: (transfer full) (nullable): what is to be read
 */
LsCachePin *
ls_cache_pin (LsCache            *self,
              const char         *shop,
              const LsCollection *collection,
              GError            **error)
{
  g_autoptr (LsCachePin) pin = g_new0 (LsCachePin, 1);
  LsShopState *state = ls_cache_find_shop (self, shop);
  LsTable *table = state != NULL ? state->tables[collection->id] : NULL;
  LsBuckets *sums;
  int64_t sequence;

  pin->shop = g_strdup (shop);
  pin->collection = collection;
  pin->sums = ls_buckets_new ();
  if (table == NULL || !table->is_held)
    return g_steal_pointer (&pin);
  pin->reader = ls_cache_reader_new (self->environment, self->path, self->collation);
  sums = ls_cache_need_sums (self, table, error);
  if (sums == NULL || !ls_cache_reader_begin (pin->reader, &sequence, error) ||
      !ls_cache_reader_find_table (pin->reader, shop, collection, &pin->table, error))
    return NULL;
  ls_buckets_foreach (sums, copy_sum, pin->sums);
  pin->generation = table->generation;
  pin->corrections = table->corrections;
  return g_steal_pointer (&pin);
}

/**
 * ls_cache_pin_free:
 * @pin: (transfer full): a pin
 *
 * Lets go of it, on any thread.
 */
void
ls_cache_pin_free (LsCachePin *pin)
{
  g_clear_pointer (&pin->reader, ls_cache_reader_free);
  g_clear_pointer (&pin->sums, ls_buckets_free);
  g_free (pin->shop);
  g_free (pin);
}

/**
 * ls_cache_pin_is_held:
 * @pin: a pin
 *
 * Returns: whether there are rows of the server's at all
 */
bool
ls_cache_pin_is_held (LsCachePin *pin)
{
  return pin->table != NULL;
}

/**
 * ls_cache_pin_get_reader:
 * @pin: a pin of rows that are held
 *
 * Returns: (transfer none): a reader with the snapshot that is pinned
 */
LsCacheReader *
ls_cache_pin_get_reader (LsCachePin *pin)
{
  return pin->reader;
}

/* --- Reading confirmed rows ------------------------------------------------------------------ */

typedef bool (*RowFunc) (LsRecord *record,
                         gpointer  user_data);

static LsStatement *
query_shadows (LsCachePin *pin,
               const char *key,
               GError    **error)
{
  const char *name = pin->collection->name;

  if (key != NULL)
    return ls_sql_query (pin->reader->sql, error,
                         "SELECT key, confirmed FROM shadow WHERE shop ="
                         " (SELECT number FROM shops WHERE shop = ?) AND collection = ?"
                         " AND key = ?",
                         "ttt", pin->shop, name, key);
  return ls_sql_query (pin->reader->sql, error,
                       "SELECT key, confirmed FROM shadow WHERE shop ="
                       " (SELECT number FROM shops WHERE shop = ?) AND collection = ?",
                       "tt", pin->shop, name);
}

/* What lies under an edit; NULL when there is no row, or it can't be read any more. */
static LsRecord *
read_shadow (LsCachePin  *pin,
             LsStatement *statement)
{
  size_t length;
  const char *json = ls_statement_get_blob (statement, 1, &length);
  g_autoptr (GError) error = NULL;
  LsRecord *record = NULL;

  if (json == NULL)
    return NULL;
  record = ls_record_decode (pin->collection, json, length, &error);
  if (record == NULL)
    g_debug ("%s %s can't be read: %s", pin->collection->name,
             ls_statement_get_text (statement, 0), error->message);
  return record;
}

/* All confirmed rows: those that no edit covers, and what lies under the others. */
static bool
each_row (LsCachePin *pin,
          RowFunc     func,
          gpointer    user_data,
          GError    **error)
{
  g_autofree char *columns = ls_cache_columns (pin->collection);
  g_autofree char *sql = ls_cache_sql (
      "SELECT key, {2} FROM {1} WHERE key NOT IN (SELECT key FROM shadow WHERE"
      " shop = (SELECT number FROM shops WHERE shop = ?) AND collection = ?)",
      pin->table, columns);
  g_autoptr (LsStatement) rows =
      ls_sql_query (pin->reader->sql, error, sql, "tt", pin->shop, pin->collection->name);
  g_autoptr (LsStatement) shadows = NULL;
  LsStep step = LS_STEP_ERROR;

  while (rows != NULL && (step = ls_statement_step (rows, error)) == LS_STEP_ROW)
    {
      const char *key = ls_statement_need_text (rows, 0, error);
      g_autoptr (LsRecord) record = NULL;

      if (key == NULL)
        return false;
      record = ls_cache_read_record (rows, 1, pin->collection, key);
      if (!func (record, user_data))
        return true;
    }
  if (step != LS_STEP_DONE)
    return false;
  shadows = query_shadows (pin, NULL, error);
  step = LS_STEP_ERROR;
  while (shadows != NULL && (step = ls_statement_step (shadows, error)) == LS_STEP_ROW)
    {
      g_autoptr (LsRecord) record = read_shadow (pin, shadows);

      if (record != NULL && !func (record, user_data))
        return true;
    }
  return step == LS_STEP_DONE;
}

/* One confirmed row; %NULL without an error when there is none. */
static bool
find_row (LsCachePin *pin,
          const char *key,
          LsRecord  **ret_record,
          GError    **error)
{
  g_autofree char *columns = ls_cache_columns (pin->collection);
  g_autofree char *sql = ls_cache_sql ("SELECT {2} FROM {1} WHERE key = ?", pin->table, columns);
  g_autoptr (LsStatement) shadow = query_shadows (pin, key, error);
  g_autoptr (LsStatement) row = NULL;
  LsStep step = shadow != NULL ? ls_statement_step (shadow, error) : LS_STEP_ERROR;

  *ret_record = NULL;
  if (step == LS_STEP_ROW)
    {
      *ret_record = read_shadow (pin, shadow);
      return true;
    }
  if (step == LS_STEP_ERROR)
    return false;
  row = ls_sql_query (pin->reader->sql, error, sql, "t", key);
  step = row != NULL ? ls_statement_step (row, error) : LS_STEP_ERROR;
  if (step == LS_STEP_ROW)
    *ret_record = ls_cache_read_record (row, 0, pin->collection, key);
  return step != LS_STEP_ERROR;
}

/* --- Sums and rows --------------------------------------------------------------------------- */

static void
add_drift (GArray            *drifts,
           uint32_t           bucket,
           const LsDigestSum *real,
           const LsDigestSum *followed)
{
  LsDrift drift = { bucket, real->count - followed->count, real->hash ^ followed->hash };

  g_array_append_val (drifts, drift);
}

typedef struct {
  LsBuckets *followed;
  GArray *drifts;
} Rest;

/* Buckets of which nothing is left but the sum. */
static void
add_rest (uint32_t           bucket,
          const LsDigestSum *sum,
          gpointer           user_data)
{
  Rest *rest = user_data;
  LsDigestSum nothing = { 0, 0 };

  add_drift (rest->drifts, bucket, &nothing, sum);
}

typedef struct {
  LsBuckets *real;
  LsBuckets *followed;
  GArray *drifts;
} Scrub;

static bool
scrub_row (LsRecord *record,
           gpointer  user_data)
{
  ls_buckets_replace (((Scrub *) user_data)->real, NULL, record);
  return true;
}

static void
scrub_bucket (uint32_t           bucket,
              const LsDigestSum *real,
              gpointer           user_data)
{
  Scrub *scrub = user_data;
  LsDigestSum followed = ls_buckets_take (scrub->followed, bucket);

  if (real->count != followed.count || real->hash != followed.hash)
    add_drift (scrub->drifts, bucket, real, &followed);
}

static bool
has_drift (GArray  *drifts,
           uint32_t bucket)
{
  for (unsigned i = 0; i < drifts->len; i++)
    if (g_array_index (drifts, LsDrift, i).bucket == bucket)
      return true;
  return false;
}

/* Sums in the file that are not those in memory: to be written again. */
static bool
scrub_file (LsCachePin *pin,
            GArray     *drifts,
            GError    **error)
{
  g_autoptr (LsBuckets) stored = ls_buckets_new ();
  g_autoptr (GArray) wrong = g_array_new (FALSE, FALSE, sizeof (LsDrift));
  g_autoptr (LsStatement) statement = ls_sql_query (
      pin->reader->sql, error,
      "SELECT bucket, count, hash FROM digests JOIN shops ON shops.number = digests.shop"
      " WHERE shops.shop = ? AND collection = ?",
      "tt", pin->shop, pin->collection->name);
  Scrub scrub = { stored, pin->sums, wrong };
  Rest rest = { stored, wrong };
  LsStep step = LS_STEP_ERROR;

  while (statement != NULL && (step = ls_statement_step (statement, error)) == LS_STEP_ROW)
    ls_buckets_add (stored, (uint32_t) ls_statement_get_int64 (statement, 0),
                    ls_statement_get_int64 (statement, 1),
                    (uint64_t) ls_statement_get_int64 (statement, 2));
  if (step != LS_STEP_DONE)
    return false;
  ls_buckets_foreach (stored, scrub_bucket, &scrub);
  ls_buckets_foreach (pin->sums, add_rest, &rest);
  for (unsigned i = 0; i < wrong->len; i++)
    {
      LsDrift again = { g_array_index (wrong, LsDrift, i).bucket, 0, 0 };

      if (!has_drift (drifts, again.bucket))
        g_array_append_val (drifts, again);
    }
  return true;
}

/**
 * ls_cache_pin_scrub:
 * @pin: a pin
 * @drifts: (element-type LsDrift): where to put the buckets whose sums are not those of their rows
 * @error: where to put why the rows could not be read
 *
 * Computes all sums from the rows. O(rows), some seconds for a million. Takes the sums out of the
 * pin: once only.
 *
 * Returns: whether all was read
 */
bool
ls_cache_pin_scrub (LsCachePin *pin,
                    GArray     *drifts,
                    GError    **error)
{
  g_autoptr (LsBuckets) real = ls_buckets_new ();
  g_autoptr (LsBuckets) followed = ls_buckets_new ();
  Scrub scrub = { real, followed, drifts };
  Rest rest = { followed, drifts };

  if (pin->table == NULL || LS_FAULT (ROT_OVERLOOKED))
    return true;
  ls_buckets_foreach (pin->sums, copy_sum, followed);
  if (!each_row (pin, scrub_row, &scrub, error))
    return false;
  ls_buckets_foreach (real, scrub_bucket, &scrub);
  ls_buckets_foreach (followed, add_rest, &rest);
  return scrub_file (pin, drifts, error);
}

/* --- One bucket ------------------------------------------------------------------------------ */

typedef struct {
  LsCachePin *pin;
  uint32_t bucket;
  GHashTable *said; /* key -> its hash, a pointer into the message */
  GPtrArray *keys;
  LsDigestSum real;
} Bucket;

static bool
compare_row (LsRecord *record,
             gpointer  user_data)
{
  Bucket *bucket = user_data;
  uint64_t hash;

  if (ls_digest_bucket (record) != bucket->bucket)
    return true;
  hash = ls_digest_record (record, UINT64_MAX);
  bucket->real.count++;
  bucket->real.hash ^= hash;
  if (!g_hash_table_contains (bucket->said, ls_record_get_key (record)))
    g_ptr_array_add (bucket->keys, g_strdup (ls_record_get_key (record)));
  return true;
}

/* What the server has is looked up by key: a row that rotted may lie in another bucket. */
static bool
compare_listed (Bucket                *bucket,
                const LsDigestMessage *said,
                GError               **error)
{
  for (unsigned i = 0; i < said->items->len; i++)
    {
      const LsDigestItem *item = &g_array_index (said->items, LsDigestItem, i);
      g_autoptr (LsRecord) record = NULL;

      if (!find_row (bucket->pin, item->key, &record, error))
        return false;
      if (record == NULL || ls_digest_record (record, UINT64_MAX) != item->hash)
        g_ptr_array_add (bucket->keys, g_strdup (item->key));
    }
  return true;
}

/**
 * ls_cache_pin_compare:
 * @pin: a pin, where the cache stood at the position of @said
 * @said: the server's list of the rows of a bucket
 * @keys: (element-type utf8): where to put the rows that differ, are missing or too many
 * @drifts: (element-type LsDrift): where to put by how much the sum of the bucket is not that of
 *   its rows
 * @error: where to put why the rows could not be read
 *
 * Finds what is wrong in one bucket. O(rows of the collection).
 *
 * Returns: whether all was read
 */
bool
ls_cache_pin_compare (LsCachePin            *pin,
                      const LsDigestMessage *said,
                      GPtrArray             *keys,
                      GArray                *drifts,
                      GError               **error)
{
  g_autoptr (GHashTable) listed = g_hash_table_new (g_str_hash, g_str_equal);
  Bucket bucket = { pin, (uint32_t) said->bucket, listed, keys, { 0, 0 } };
  LsDigestSum followed = ls_buckets_take (pin->sums, bucket.bucket);

  for (unsigned i = 0; i < said->items->len; i++)
    g_hash_table_add (listed, g_array_index (said->items, LsDigestItem, i).key);
  if (pin->table == NULL)
    return true;
  if (!each_row (pin, compare_row, &bucket, error) || !compare_listed (&bucket, said, error))
    return false;
  if (bucket.real.count != followed.count || bucket.real.hash != followed.hash)
    add_drift (drifts, bucket.bucket, &bucket.real, &followed);
  return true;
}

/* --- Mending --------------------------------------------------------------------------------- */

/**
 * ls_cache_correct:
 * @self: a cache
 * @pin: a pin of it
 * @drifts: (element-type LsDrift): what was found there
 * @ret_corrected: (out): false when the table is not the same any more
 * @error: where to put why not
 *
 * Makes sums those of the rows.
 *
 * Returns: whether it did not fail
 */
bool
ls_cache_correct (LsCache    *self,
                  LsCachePin *pin,
                  GArray     *drifts,
                  bool       *ret_corrected,
                  GError    **error)
{
  g_auto (LsCacheTx) tx = { NULL };
  LsShopState *state = ls_cache_find_shop (self, pin->shop);
  LsTable *table = state != NULL ? state->tables[pin->collection->id] : NULL;
  LsBuckets *sums;

  *ret_corrected = table != NULL && table->generation == pin->generation &&
                   table->corrections == pin->corrections && drifts->len > 0;
  if (!*ret_corrected)
    return true;
  sums = ls_cache_need_sums (self, table, error);
  if (sums == NULL || !ls_cache_tx_begin (self, LS_SQL_SYNC_NORMAL, &tx, error) ||
      !ls_cache_tx_set_shop (&tx, pin->shop, error))
    return false;
  tx.is_quiet = true;
  table->corrections++;
  for (unsigned i = 0; i < drifts->len; i++)
    {
      const LsDrift *drift = &g_array_index (drifts, LsDrift, i);

      ls_buckets_add (sums, drift->bucket, drift->count, drift->hash);
    }
  return ls_cache_tx_commit (&tx, error);
}

/**
 * ls_cache_heal_rows:
 * @self: a cache
 * @rows: a message `rows`
 * @ret_fits: (out): false when the cache does not stand where it was made: nothing happened
 * @error: where to put why not
 *
 * Makes confirmed rows what the server has, under the edits that wait. Queries over the collection
 * load again: what they hold was never told to change.
 *
 * Returns: whether it did not fail
 */
bool
ls_cache_heal_rows (LsCache         *self,
                    const LsMessage *rows,
                    bool            *ret_fits,
                    GError         **error)
{
  const LsRowsMessage *said = &rows->rows;
  g_auto (LsCacheTx) tx = { NULL };

  *ret_fits = ls_cache_stands_at (self, said->shop, said->version, said->check, said->view) &&
              ls_cache_is_comparable (self, said->shop, said->collection);
  if (!*ret_fits)
    return true;
  if (!ls_cache_tx_begin (self, LS_SQL_SYNC_NORMAL, &tx, error) ||
      !ls_cache_tx_set_shop (&tx, said->shop, error))
    return false;
  for (unsigned i = 0; i < said->changes->len; i++)
    if (!ls_cache_apply_confirmed (&tx, g_ptr_array_index (said->changes, i), error))
      return false;
  if (!ls_cache_rebase (&tx, error))
    return false;
  tx.commit->reloaded |= UINT32_C (1) << said->collection->id;
  return ls_cache_tx_commit (&tx, error);
}

/* Whether a row under edits is shown and stored as it has to be. */
static bool
is_sound (LsCache        *self,
          LsTable        *table,
          const LsShadow *shadow,
          bool           *ret_sound,
          GError        **error)
{
  g_autoptr (LsRecord) shown = NULL;
  g_autoptr (LsRecord) stored = NULL;
  g_autoptr (LsRecord) visible = ls_shadow_compute_visible (shadow);
  g_autoptr (LsStatement) statement = NULL;
  LsStep step;
  int64_t id;

  if (!ls_cache_find_row (self, table, shadow->key, &id, &shown, error))
    return false;
  statement = ls_sql_query (self->sql, error,
                            "SELECT confirmed FROM shadow WHERE shop = ? AND collection = ?"
                            " AND key = ?",
                            "itt", table->shop, shadow->collection->name, shadow->key);
  step = statement != NULL ? ls_statement_step (statement, error) : LS_STEP_ERROR;
  if (step == LS_STEP_ROW && !ls_statement_is_null (statement, 0))
    {
      const char *json = ls_statement_get_text (statement, 0);

      stored = ls_record_decode (shadow->collection, json, strlen (json), NULL);
    }
  *ret_sound =
      step == LS_STEP_ROW && (shown == NULL) == (visible == NULL) &&
      (shown == NULL || ls_record_equal (shown, visible)) &&
      (stored == NULL) == (shadow->confirmed == NULL) &&
      (stored == NULL || ls_record_equal (stored, shadow->confirmed));
  return step != LS_STEP_ERROR;
}

/**
 * ls_cache_check_overlay:
 * @self: a cache
 * @shop: a shop
 * @collection: a collection
 * @ret_mended: (out): rows that were shown or stored otherwise
 * @error: where to put why not
 *
 * Checks that each row under edits is shown as its confirmed form with the edits over it, and mends
 * those that are not. O(rows under edits).
 *
 * Returns: whether it did not fail
 */
bool
ls_cache_check_overlay (LsCache            *self,
                        const char         *shop,
                        const LsCollection *collection,
                        unsigned           *ret_mended,
                        GError            **error)
{
  LsShopState *state = ls_cache_find_shop (self, shop);
  LsTable *table = state != NULL ? state->tables[collection->id] : NULL;
  g_autoptr (GPtrArray) shadows = NULL;
  g_autoptr (GPtrArray) wrong = g_ptr_array_new ();
  g_auto (LsCacheTx) tx = { NULL };

  *ret_mended = 0;
  if (table == NULL)
    return true;
  shadows = ls_shop_list_shadows (state, collection);
  for (unsigned i = 0; i < shadows->len; i++)
    {
      bool sound;

      if (!is_sound (self, table, g_ptr_array_index (shadows, i), &sound, error))
        return false;
      if (!sound)
        g_ptr_array_add (wrong, g_ptr_array_index (shadows, i));
    }
  if (wrong->len == 0)
    return true;
  if (!ls_cache_tx_begin (self, LS_SQL_SYNC_FULL, &tx, error) ||
      !ls_cache_tx_set_shop (&tx, shop, error))
    return false;
  for (unsigned i = 0; i < wrong->len; i++)
    {
      ((LsShadow *) g_ptr_array_index (wrong, i))->is_stale = true;
      ls_cache_touch_shadow (&tx, g_ptr_array_index (wrong, i));
    }
  *ret_mended = wrong->len;
  if (!ls_cache_rebase (&tx, error))
    return false;
  tx.commit->reloaded |= UINT32_C (1) << collection->id;
  return ls_cache_tx_commit (&tx, error);
}
