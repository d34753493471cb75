/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-committer"

#include "config.h"

#include "server/ls-row-cache.h"

#include "core/ls-fault.h"

/* Rows kept; at most twice as many while the older half is on its way out. Some 2 KiB each. */
#define GENERATION 4096

typedef struct {
  const LsCollection *collection;
  char *key;
  LsRecord *record; /* NULL: there is no such row */
} Entry;

/* Two generations: what is used moves to the young one, and when that is full the old one goes. */
struct _LsRowCache {
  GHashTable *young;
  GHashTable *old;
  LsPosition position;
  bool valid;
};

static unsigned
entry_hash (gconstpointer data)
{
  const Entry *entry = data;

  return g_str_hash (entry->key) * 31 + (unsigned) entry->collection->id;
}

static gboolean
entry_equal (gconstpointer a,
             gconstpointer b)
{
  const Entry *x = a;
  const Entry *y = b;

  return x->collection == y->collection && g_str_equal (x->key, y->key);
}

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_clear_pointer (&entry->record, ls_record_unref);
  g_free (entry->key);
  g_free (entry);
}

static GHashTable *
new_generation (void)
{
  return g_hash_table_new_full (entry_hash, entry_equal, entry_free, NULL);
}

/**
 * ls_row_cache_new:
 *
 * Returns: (transfer full): an empty cache
 */
LsRowCache *
ls_row_cache_new (void)
{
  LsRowCache *cache = g_new0 (LsRowCache, 1);

  cache->young = new_generation ();
  cache->old = new_generation ();
  return cache;
}

/**
 * ls_row_cache_free:
 * @cache: (transfer full): a cache
 *
 * Frees it.
 */
void
ls_row_cache_free (LsRowCache *cache)
{
  g_hash_table_unref (cache->young);
  g_hash_table_unref (cache->old);
  g_free (cache);
}

/**
 * ls_row_cache_clear:
 * @cache: a cache
 *
 * Forgets everything.
 */
void
ls_row_cache_clear (LsRowCache *cache)
{
  g_hash_table_remove_all (cache->young);
  g_hash_table_remove_all (cache->old);
  cache->valid = false;
}

/**
 * ls_row_cache_enter:
 * @cache: a cache
 * @position: where the shop stands in the transaction that begins
 *
 * Begins a transaction: what was kept holds only when nobody wrote since. Until
 * ls_row_cache_leave() it does not count as left.
 */
void
ls_row_cache_enter (LsRowCache       *cache,
                    const LsPosition *position)
{
  if ((!cache->valid && !LS_FAULT (ROLLED_BACK_ROWS_KEPT)) ||
      (!ls_position_equal (&cache->position, position) && !LS_FAULT (OTHERS_ROWS_KEPT)))
    ls_row_cache_clear (cache);
  cache->valid = false;
}

/**
 * ls_row_cache_leave:
 * @cache: a cache
 * @position: where the shop stands now that the transaction is committed
 *
 * Ends a transaction. After one that was rolled back this is not called, and the next
 * ls_row_cache_enter() forgets everything.
 */
void
ls_row_cache_leave (LsRowCache       *cache,
                    const LsPosition *position)
{
  cache->position = *position;
  cache->valid = true;
}

static Entry *
find (LsRowCache         *cache,
      const LsCollection *collection,
      const char         *key)
{
  Entry probe = { .collection = collection, .key = (char *) key };
  Entry *entry = g_hash_table_lookup (cache->young, &probe);

  if (entry != NULL || g_hash_table_size (cache->old) == 0)
    return entry;
  entry = g_hash_table_lookup (cache->old, &probe);
  if (entry != NULL)
    {
      g_hash_table_steal (cache->old, entry);
      g_hash_table_add (cache->young, entry);
    }
  return entry;
}

/**
 * ls_row_cache_find:
 * @cache: a cache
 * @collection: of which collection
 * @key: which row
 * @ret_record: (out) (transfer none) (nullable): the row, or %NULL when there is none
 *
 * Returns: whether the cache knows
 */
bool
ls_row_cache_find (LsRowCache         *cache,
                   const LsCollection *collection,
                   const char         *key,
                   LsRecord          **ret_record)
{
  Entry *entry = find (cache, collection, key);

  if (entry == NULL)
    return false;
  *ret_record = entry->record;
  return true;
}

/**
 * ls_row_cache_put:
 * @cache: a cache
 * @collection: of which collection
 * @key: which row
 * @record: (transfer none) (nullable): the row as it stands, or %NULL when there is none
 *
 * Keeps a row that was read or written.
 */
void
ls_row_cache_put (LsRowCache         *cache,
                  const LsCollection *collection,
                  const char         *key,
                  LsRecord           *record)
{
  Entry *entry = find (cache, collection, key);

  if (entry == NULL)
    {
      if (g_hash_table_size (cache->young) >= GENERATION)
        {
          g_hash_table_unref (cache->old);
          cache->old = g_steal_pointer (&cache->young);
          cache->young = new_generation ();
        }
      entry = g_new0 (Entry, 1);
      entry->collection = collection;
      entry->key = g_strdup (key);
      g_hash_table_add (cache->young, entry);
    }
  g_clear_pointer (&entry->record, ls_record_unref);
  entry->record = record != NULL ? ls_record_ref (record) : NULL;
}
