/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-derive"

#include "config.h"

#include "server/ls-tally.h"

struct _LsTally {
  GPtrArray *entries; /* LsTallyEntry, in the order of the first addition */
  GHashTable *index;
  bool overflowed;
};

static unsigned
entry_hash (gconstpointer data)
{
  const LsTallyEntry *entry = data;

  return g_str_hash (entry->key) * 31 + (unsigned) entry->collection->id;
}

static gboolean
entry_equal (gconstpointer a,
             gconstpointer b)
{
  const LsTallyEntry *x = a;
  const LsTallyEntry *y = b;

  return x->collection == y->collection && g_str_equal (x->key, y->key);
}

static void
entry_free (gpointer data)
{
  LsTallyEntry *entry = data;

  g_free (entry->key);
  g_free (entry->sums);
  g_free (entry);
}

/**
 * ls_tally_new:
 *
 * Returns: (transfer full): an empty tally
 */
LsTally *
ls_tally_new (void)
{
  LsTally *tally = g_new0 (LsTally, 1);

  tally->entries = g_ptr_array_new_with_free_func (entry_free);
  tally->index = g_hash_table_new (entry_hash, entry_equal);
  return tally;
}

/**
 * ls_tally_free:
 * @tally: (transfer full): a tally
 *
 * Frees it.
 */
void
ls_tally_free (LsTally *tally)
{
  g_hash_table_unref (tally->index);
  g_ptr_array_unref (tally->entries);
  g_free (tally);
}

/**
 * ls_tally_find:
 * @tally: a tally
 * @collection: of which collection
 * @key: which row
 *
 * Returns: (transfer none) (nullable): what was added up for that row
 */
const LsTallyEntry *
ls_tally_find (LsTally            *tally,
               const LsCollection *collection,
               const char         *key)
{
  LsTallyEntry probe = { .collection = collection, .key = (char *) key };

  return g_hash_table_lookup (tally->index, &probe);
}

/**
 * ls_tally_add:
 * @tally: a tally
 * @collection: of which collection
 * @key: to which row
 * @field: to which field
 * @sign: 1 to add, -1 to take away
 * @amount: how much
 *
 * Adds to a sum.
 */
void
ls_tally_add (LsTally            *tally,
              const LsCollection *collection,
              const char         *key,
              unsigned            field,
              int                 sign,
              int64_t             amount)
{
  LsTallyEntry *entry = (LsTallyEntry *) ls_tally_find (tally, collection, key);
  bool overflowed;

  if (entry == NULL)
    {
      entry = g_new0 (LsTallyEntry, 1);
      entry->collection = collection;
      entry->key = g_strdup (key);
      entry->sums = g_new0 (int64_t, collection->n_fields);
      g_ptr_array_add (tally->entries, entry);
      g_hash_table_add (tally->index, entry);
    }
  if (sign > 0)
    overflowed = __builtin_add_overflow (entry->sums[field], amount, &entry->sums[field]);
  else
    overflowed = __builtin_sub_overflow (entry->sums[field], amount, &entry->sums[field]);
  tally->overflowed = tally->overflowed || overflowed;
}

/**
 * ls_tally_fail:
 * @tally: a tally
 *
 * Marks a tally as overflowed: what should be added could not be computed.
 */
void
ls_tally_fail (LsTally *tally)
{
  tally->overflowed = true;
}

/**
 * ls_tally_overflowed:
 * @tally: a tally
 *
 * Returns: whether some sum did not fit
 */
bool
ls_tally_overflowed (LsTally *tally)
{
  return tally->overflowed;
}

/**
 * ls_tally_get_length:
 * @tally: a tally
 *
 * Returns: how many rows it has sums for
 */
unsigned
ls_tally_get_length (LsTally *tally)
{
  return tally->entries->len;
}

/**
 * ls_tally_get_entry:
 * @tally: a tally
 * @index: less than ls_tally_get_length()
 *
 * Returns: (transfer none): the sums of one row, in the order of the first addition
 */
const LsTallyEntry *
ls_tally_get_entry (LsTally  *tally,
                    unsigned  index)
{
  return g_ptr_array_index (tally->entries, index);
}
