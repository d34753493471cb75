/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-draft"

#include "config.h"

#include "server/ls-draft.h"

#include "core/ls-digest.h"

typedef struct {
  const LsCollection *collection;
  char *key;
  LsRecord *before;
  LsRecord *after;
} Entry;

struct _LsDraft {
  LsStorageTx *tx;
  LsRowCache *cache; /* borrowed */
  GPtrArray *entries; /* in the order of the first look at each */
  GHashTable *index;  /* a set of entries by collection and key */
  GHashTable *lists;  /* "collection\nfield\nvalue" -> GPtrArray: what the storage listed */
  GError *error;
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

  g_clear_pointer (&entry->before, ls_record_unref);
  g_clear_pointer (&entry->after, ls_record_unref);
  g_free (entry->key);
  g_free (entry);
}

static Entry *
find (LsDraft            *draft,
      const LsCollection *collection,
      const char         *key)
{
  Entry probe = { .collection = collection, .key = (char *) key };

  return g_hash_table_lookup (draft->index, &probe);
}

/* Takes @before. */
static Entry *
add (LsDraft            *draft,
     const LsCollection *collection,
     const char         *key,
     LsRecord           *before)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->collection = collection;
  entry->key = g_strdup (key);
  entry->before = before;
  entry->after = before != NULL ? ls_record_ref (before) : NULL;
  g_ptr_array_add (draft->entries, entry);
  g_hash_table_add (draft->index, entry);
  return entry;
}

static Entry *
look_up (LsDraft            *draft,
         const LsCollection *collection,
         const char         *key)
{
  Entry *entry = find (draft, collection, key);
  LsRecord *before = NULL;

  if (entry != NULL)
    return entry;
  if (draft->cache != NULL && ls_row_cache_find (draft->cache, collection, key, &before))
    return add (draft, collection, key, before != NULL ? ls_record_ref (before) : NULL);
  if (draft->error == NULL)
    before = ls_storage_tx_get (draft->tx, collection, key, &draft->error);
  if (draft->cache != NULL && draft->error == NULL)
    ls_row_cache_put (draft->cache, collection, key, before);
  return add (draft, collection, key, before);
}

/**
 * ls_draft_new:
 * @tx: (transfer none): an open transaction, which must outlive the draft
 * @cache: (transfer none) (nullable): rows as they stand in @tx; must outlive the draft
 *
 * Returns: (transfer full): a draft that changes nothing
 */
LsDraft *
ls_draft_new (LsStorageTx *tx,
              LsRowCache  *cache)
{
  LsDraft *draft = g_new0 (LsDraft, 1);

  draft->tx = tx;
  draft->cache = cache;
  draft->entries = g_ptr_array_new_with_free_func (entry_free);
  draft->index = g_hash_table_new (entry_hash, entry_equal);
  draft->lists =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
  return draft;
}

/**
 * ls_draft_free:
 * @draft: (transfer full): a draft
 *
 * Frees it.
 */
void
ls_draft_free (LsDraft *draft)
{
  g_hash_table_unref (draft->lists);
  g_hash_table_unref (draft->index);
  g_ptr_array_unref (draft->entries);
  g_clear_error (&draft->error);
  g_free (draft);
}

/**
 * ls_draft_get:
 * @draft: a draft
 * @collection: of which collection
 * @key: which row
 *
 * Returns: (transfer none) (nullable): the row as it shall be; valid until it is changed
 */
LsRecord *
ls_draft_get (LsDraft            *draft,
              const LsCollection *collection,
              const char         *key)
{
  return look_up (draft, collection, key)->after;
}

/**
 * ls_draft_get_before:
 * @draft: a draft
 * @collection: of which collection
 * @key: which row
 *
 * Returns: (transfer none) (nullable): the row as it is before the mutation
 */
LsRecord *
ls_draft_get_before (LsDraft            *draft,
                     const LsCollection *collection,
                     const char         *key)
{
  return look_up (draft, collection, key)->before;
}

static GPtrArray *
new_list (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) ls_record_unref);
}

/* What was listed, remembered, so that a row is read once and its entry has the right before. */
static void
remember (LsDraft            *draft,
          const LsCollection *collection,
          GPtrArray          *records)
{
  for (unsigned i = 0; i < records->len; i++)
    {
      LsRecord *record = g_ptr_array_index (records, i);

      if (find (draft, collection, ls_record_get_key (record)) == NULL)
        add (draft, collection, ls_record_get_key (record), ls_record_ref (record));
    }
}

/* What the storage lists, which does not know of the draft: each list is asked for once. */
static GPtrArray *
list_stored (LsDraft            *draft,
             const LsCollection *collection,
             unsigned            field,
             const LsValue      *value)
{
  g_autofree char *id = g_strdup_printf ("%s\n%u\n%s", collection->name, field,
                                         value->kind == LS_VALUE_TEXT ? value->text : "");
  GPtrArray *stored = value->kind == LS_VALUE_TEXT ? g_hash_table_lookup (draft->lists, id) : NULL;

  if (stored != NULL)
    return g_ptr_array_ref (stored);
  if (draft->error == NULL)
    stored = ls_storage_tx_list (draft->tx, collection, field, value, &draft->error);
  if (stored == NULL)
    return new_list ();
  remember (draft, collection, stored);
  if (value->kind == LS_VALUE_TEXT)
    g_hash_table_insert (draft->lists, g_steal_pointer (&id), g_ptr_array_ref (stored));
  return stored;
}

static int
compare_keys (gconstpointer a,
              gconstpointer b)
{
  return g_strcmp0 (ls_record_get_key (*(LsRecord *const *) a),
                    ls_record_get_key (*(LsRecord *const *) b));
}

/* The rows as they shall be, among those that the draft has looked at. */
static GPtrArray *
select_drafted (LsDraft            *draft,
                const LsCollection *collection,
                unsigned            field,
                const LsValue      *min,
                const LsValue      *max)
{
  GPtrArray *result = new_list ();

  for (unsigned i = 0; i < draft->entries->len; i++)
    {
      const Entry *entry = g_ptr_array_index (draft->entries, i);
      const LsValue *value;

      if (entry->collection != collection || entry->after == NULL)
        continue;
      value = ls_record_get (entry->after, field);
      if (ls_value_compare (value, min) >= 0 && ls_value_compare (value, max) <= 0)
        g_ptr_array_add (result, ls_record_ref (entry->after));
    }
  g_ptr_array_sort (result, compare_keys);
  return result;
}

/**
 * ls_draft_list:
 * @draft: a draft
 * @collection: of which collection
 * @field: by which field
 * @value: what must stand there, not NULL
 *
 * Returns: (transfer full) (element-type LsRecord): the rows as they shall be, by key
 */
GPtrArray *
ls_draft_list (LsDraft            *draft,
               const LsCollection *collection,
               unsigned            field,
               const LsValue      *value)
{
  g_ptr_array_unref (list_stored (draft, collection, field, value));
  return select_drafted (draft, collection, field, value, value);
}

/**
 * ls_draft_list_before:
 * @draft: a draft
 * @collection: of which collection
 * @field: by which field
 * @value: what must stand there, not NULL
 *
 * Returns: (transfer full) (element-type LsRecord): the rows as they are before the mutation, by
 *   key
 */
GPtrArray *
ls_draft_list_before (LsDraft            *draft,
                      const LsCollection *collection,
                      unsigned            field,
                      const LsValue      *value)
{
  return list_stored (draft, collection, field, value);
}

/**
 * ls_draft_list_between:
 * @draft: a draft
 * @collection: of which collection
 * @field: by which field, one of numbers
 * @min: the least, inclusive
 * @max: the greatest
 *
 * Returns: (transfer full) (element-type LsRecord): the rows as they shall be, by key
 */
GPtrArray *
ls_draft_list_between (LsDraft            *draft,
                       const LsCollection *collection,
                       unsigned            field,
                       int64_t             min,
                       int64_t             max)
{
  LsValue least = ls_value_integer (min);
  LsValue greatest = ls_value_integer (max);
  g_autoptr (GPtrArray) stored = NULL;

  if (draft->error == NULL)
    stored = ls_storage_tx_list_between (draft->tx, collection, field, min, max, &draft->error);
  if (stored != NULL)
    remember (draft, collection, stored);
  return select_drafted (draft, collection, field, &least, &greatest);
}

/**
 * ls_draft_has_rows:
 * @draft: a draft
 * @collection: which collection
 *
 * Returns: whether there is any row of @collection, before or after the mutation
 */
bool
ls_draft_has_rows (LsDraft            *draft,
                   const LsCollection *collection)
{
  bool any = false;

  for (unsigned i = 0; i < draft->entries->len && !any; i++)
    {
      const Entry *entry = g_ptr_array_index (draft->entries, i);

      any = entry->collection == collection && (entry->before != NULL || entry->after != NULL);
    }
  if (!any && draft->error == NULL)
    ls_storage_tx_has_rows (draft->tx, collection, &any, &draft->error);
  return any;
}

/**
 * ls_draft_take:
 * @draft: a draft
 * @after: (transfer full): a row as it shall be
 *
 * Makes or replaces a row.
 */
void
ls_draft_take (LsDraft  *draft,
               LsRecord *after)
{
  Entry *entry = look_up (draft, ls_record_get_collection (after), ls_record_get_key (after));

  g_clear_pointer (&entry->after, ls_record_unref);
  entry->after = after;
}

/**
 * ls_draft_take_new:
 * @draft: a draft
 * @after: (transfer full): a row of a key that was never there
 *
 * Makes a row, without looking for one before it.
 */
void
ls_draft_take_new (LsDraft  *draft,
                   LsRecord *after)
{
  add (draft, ls_record_get_collection (after), ls_record_get_key (after), NULL)->after = after;
}

/**
 * ls_draft_list_new:
 * @draft: a draft
 * @collection: of which collection
 * @field: by which field
 * @value: what must stand there, not NULL
 *
 * Like ls_draft_list() where it is known that no row with @value was there before the mutation.
 *
 * Returns: (transfer full) (element-type LsRecord): the rows as they shall be, by key
 */
GPtrArray *
ls_draft_list_new (LsDraft            *draft,
                   const LsCollection *collection,
                   unsigned            field,
                   const LsValue      *value)
{
  return select_drafted (draft, collection, field, value, value);
}

/**
 * ls_draft_settle:
 * @draft: a draft whose changes are appended to its transaction
 *
 * Tells the cache how the rows stand now.
 */
void
ls_draft_settle (LsDraft *draft)
{
  for (unsigned i = 0; draft->cache != NULL && i < draft->entries->len; i++)
    {
      const Entry *entry = g_ptr_array_index (draft->entries, i);

      /* Nobody reads activity again. */
      if (entry->before != entry->after && entry->collection->id != LS_ACTIVITY)
        ls_row_cache_put (draft->cache, entry->collection, entry->key, entry->after);
    }
}

/**
 * ls_draft_remove:
 * @draft: a draft
 * @collection: of which collection
 * @key: which row
 *
 * Takes a row out; one that is not there stays so.
 */
void
ls_draft_remove (LsDraft            *draft,
                 const LsCollection *collection,
                 const char         *key)
{
  g_clear_pointer (&look_up (draft, collection, key)->after, ls_record_unref);
}

/**
 * ls_draft_get_n_rows:
 * @draft: a draft
 *
 * Returns: how many rows were looked at
 */
unsigned
ls_draft_get_n_rows (LsDraft *draft)
{
  return draft->entries->len;
}

/**
 * ls_draft_get_row:
 * @draft: a draft
 * @index: less than ls_draft_get_n_rows()
 *
 * Returns: (transfer none): a row that was looked at, in the order of the first look; both members
 *   may be %NULL or the same
 */
LsDraftRow
ls_draft_get_row (LsDraft  *draft,
                  unsigned  index)
{
  const Entry *entry = g_ptr_array_index (draft->entries, index);

  return (LsDraftRow) { entry->before, entry->after };
}

/**
 * ls_draft_get_tx:
 * @draft: a draft
 *
 * Returns: (transfer none): the transaction under it
 */
LsStorageTx *
ls_draft_get_tx (LsDraft *draft)
{
  return draft->tx;
}

/**
 * ls_draft_get_error:
 * @draft: a draft
 *
 * Returns: (transfer none) (nullable): the first failure of the storage
 */
const GError *
ls_draft_get_error (LsDraft *draft)
{
  return draft->error;
}

static void
add_change (GPtrArray      *changes,
            const LsRecord *before,
            const LsRecord *after)
{
  LsChange *change = ls_change_new_between (before, after);

  if (change != NULL)
    g_ptr_array_add (changes, change);
}

/**
 * ls_draft_get_changes:
 * @draft: a draft
 *
 * A row that goes from one month to another goes and comes: so each change tells by itself to whom
 * of those who hold some months it belongs, and whoever gets the row gets all of it.
 *
 * Returns: (transfer full) (element-type LsChange): what it changes, in the order of the first look
 */
GPtrArray *
ls_draft_get_changes (LsDraft *draft)
{
  GPtrArray *changes = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);

  for (unsigned i = 0; i < draft->entries->len; i++)
    {
      const Entry *entry = g_ptr_array_index (draft->entries, i);

      if (entry->before == entry->after)
        continue;
      if (entry->before != NULL && entry->after != NULL &&
          ls_digest_bucket (entry->before) != ls_digest_bucket (entry->after))
        {
          add_change (changes, entry->before, NULL);
          add_change (changes, NULL, entry->after);
        }
      else
        add_change (changes, entry->before, entry->after);
    }
  return changes;
}
