/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-log"

#include "config.h"

#include "server/ls-log-last.h"

#include "core/ls-digest.h"

/*
 * What rows have to be, as far as the log remembers: for rows that are not what it led to. The log
 * is read to where the shop stands, then the rows, then what came meanwhile: so both are of one
 * position, though nothing is held while they are read.
 */

#define READ_BYTES (4 * 1024 * 1024)
/* Rows that are looked into at once; more are left for the next time. */
#define MAX_ROWS 100000

typedef struct {
  LsStorage *storage;
  const char *shop;
  GArray *const *suspects; /* by collection: buckets, uint32_t; NULL for none */
  GHashTable *rows;        /* "collection\nkey" -> LsLastRow */
  int64_t version;         /* how far the log is read */
  bool closed;             /* no more rows are taken in */
} Reading;

static void
last_row_free (gpointer data)
{
  LsLastRow *last = data;

  g_free (last->key);
  g_clear_pointer (&last->row, ls_record_unref);
  g_clear_pointer (&last->stored, ls_record_unref);
  g_free (last);
}

/* The bucket of a dated row is not known from its key: all of them are taken. */
static bool
is_suspect (Reading        *reading,
            const LsChange *change)
{
  const GArray *buckets = reading->suspects[change->collection->id];
  g_autoptr (LsRecord) record = NULL;
  uint32_t bucket;

  if (buckets == NULL || buckets->len == 0)
    return false;
  if (change->collection->day_field >= 0)
    return true;
  record = ls_record_new (change->collection, change->key);
  bucket = ls_digest_bucket (record);
  for (unsigned i = 0; i < buckets->len; i++)
    if (g_array_index (buckets, uint32_t, i) == bucket)
      return true;
  return false;
}

static LsLastRow *
need_row (Reading        *reading,
          const LsChange *change)
{
  g_autofree char *id = g_strconcat (change->collection->name, "\n", change->key, NULL);
  LsLastRow *last = g_hash_table_lookup (reading->rows, id);

  if (last != NULL || reading->closed || g_hash_table_size (reading->rows) >= MAX_ROWS)
    return last;
  last = g_new0 (LsLastRow, 1);
  last->collection = change->collection;
  last->key = g_strdup (change->key);
  last->row = ls_record_new (change->collection, change->key);
  g_hash_table_insert (reading->rows, g_steal_pointer (&id), last);
  return last;
}

static void
take_change (Reading        *reading,
             const LsChange *change)
{
  LsLastRow *last = is_suspect (reading, change) ? need_row (reading, change) : NULL;

  if (last == NULL)
    return;
  if (change->op == LS_CHANGE_DEL)
    {
      g_clear_pointer (&last->row, ls_record_unref);
      last->is_whole = true;
      return;
    }
  if (change->op == LS_CHANGE_PUT || last->row == NULL)
    {
      g_clear_pointer (&last->row, ls_record_unref);
      last->row = ls_record_new (change->collection, change->key);
      last->is_whole = change->op == LS_CHANGE_PUT;
      last->known = last->is_whole ? UINT64_MAX : 0;
    }
  for (unsigned i = 0; i < change->edits->len; i++)
    {
      const LsFieldEdit *edit = &g_array_index (change->edits, LsFieldEdit, i);

      if (!edit->has_set)
        continue;
      ls_record_take (last->row, edit->field, ls_value_copy (&edit->set));
      last->known |= UINT64_C (1) << edit->field;
    }
}

static bool
read_log (Reading *reading,
          int64_t  to,
          GError **error)
{
  while (reading->version < to)
    {
      g_autoptr (GPtrArray) versions = ls_storage_read_log (
          reading->storage, reading->shop, reading->version, to, READ_BYTES, error);

      if (versions == NULL)
        return false;
      if (versions->len == 0)
        return true;
      for (unsigned i = 0; i < versions->len; i++)
        {
          const LsVersion *version = g_ptr_array_index (versions, i);

          for (unsigned k = 0; k < version->changes->len; k++)
            take_change (reading, g_ptr_array_index (version->changes, k));
          reading->version = version->version;
        }
    }
  return true;
}

static bool
read_rows (Reading    *reading,
           LsPosition *ret_position,
           GError    **error)
{
  g_autoptr (GPtrArray)
      wanted = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
  g_autoptr (GPtrArray) found = NULL;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, reading->rows);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const LsLastRow *last = value;

      g_ptr_array_add (wanted, ls_change_new (LS_CHANGE_DEL, last->collection, last->key));
    }
  found = ls_storage_get_rows (reading->storage, reading->shop, wanted, ret_position, error);
  for (unsigned i = 0; found != NULL && i < found->len; i++)
    {
      const LsChange *change = g_ptr_array_index (found, i);
      LsLastRow *last = need_row (reading, change);

      last->stored = ls_change_apply (change, NULL, LS_APPLY_EXACT, NULL);
    }
  return found != NULL;
}

static int
compare_rows (gconstpointer a,
              gconstpointer b)
{
  const LsLastRow *first = *(LsLastRow *const *) a, *second = *(LsLastRow *const *) b;
  int order = (int) first->collection->id - (int) second->collection->id;

  return order != 0 ? order : g_strcmp0 (first->key, second->key);
}

/**
 * ls_log_list_last:
 * @storage: where log and rows are
 * @shop: whose
 * @suspects: (array fixed-size=LS_N_COLLECTIONS) (element-type GArray): by collection the buckets
 *   to look at, uint32_t; %NULL for none
 * @error: where to put why not
 *
 * Reads what the log says last of the rows of some buckets, and the rows. Reads the whole log.
 *
 * Returns: (transfer full) (element-type LsLastRow) (nullable): the rows that it knows, by key
 */
GPtrArray *
ls_log_list_last (LsStorage     *storage,
                  const char    *shop,
                  GArray *const *suspects,
                  GError       **error)
{
  g_autoptr (LsShop) found = ls_storage_get_shop (storage, shop, error);
  g_autoptr (GHashTable)
      rows = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, last_row_free);
  Reading reading = { storage, shop, suspects, rows, 0, false };
  GPtrArray *list;
  LsPosition position;
  GHashTableIter iter;
  gpointer id, value;

  if (found == NULL)
    return NULL;
  reading.version = found->horizon;
  if (!read_log (&reading, found->position.version, error) ||
      !read_rows (&reading, &position, error))
    return NULL;
  reading.closed = true;
  if (!read_log (&reading, position.version, error))
    return NULL;
  list = g_ptr_array_new_with_free_func (last_row_free);
  g_hash_table_iter_init (&iter, rows);
  while (g_hash_table_iter_next (&iter, &id, &value))
    {
      g_ptr_array_add (list, value);
      g_hash_table_iter_steal (&iter);
      g_free (id);
    }
  g_ptr_array_sort (list, compare_rows);
  return list;
}
