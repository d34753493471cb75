/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-row"

#include "config.h"

#include "client/ls-row-table.h"

#include "client/ls-row-private.h"

/* Values of rows that nobody holds. */
#define MAX_KEPT 2048

/* Values that are wanted at once; whoever scrolls on wants others. Those of rows that are shown, and
 * were replaced, come on top: nobody would ask for them again. */
#define MAX_WANTED 1024

typedef struct {
  LsWantedRow row;
  LsRecord *record;
  bool pending;
  GList link; /* in the order of use */
} Kept;

struct _LsRowTable {
  grefcount ref_count;
  GHashTable *rows;   /* id -> LsRow, not owned */
  GHashTable *kept;   /* id -> Kept */
  GQueue recent;      /* Kept, the newest first */
  GHashTable *asked;  /* ids whose values are on their way */
  GArray *wanted;     /* LsWantedRow */
  GArray *replaced;   /* LsWantedRow: of rows that were held when they were replaced */
  GHashTable *failed; /* "collection key shop" -> a mask of fields (uint64_t) for each dead letter */
  LsRowsWantedFunc func;
  gpointer user_data;
  uint64_t n_asked;
  uint64_t n_loaded;
};

static void
kept_free (gpointer data)
{
  Kept *kept = data;

  ls_record_unref (kept->record);
  g_free (kept);
}

/**
 * ls_row_table_new:
 * @func: called when values are wanted
 * @user_data: for @func
 *
 * Returns: (transfer full): a table without rows
 */
LsRowTable *
ls_row_table_new (LsRowsWantedFunc func,
                  gpointer         user_data)
{
  LsRowTable *table = g_new0 (LsRowTable, 1);

  g_ref_count_init (&table->ref_count);
  table->rows = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  table->kept = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, kept_free);
  table->asked = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  table->wanted = g_array_new (FALSE, FALSE, sizeof (LsWantedRow));
  table->replaced = g_array_new (FALSE, FALSE, sizeof (LsWantedRow));
  table->failed =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_array_unref);
  table->func = func;
  table->user_data = user_data;
  return table;
}

/**
 * ls_row_table_ref:
 * @table: a table
 *
 * Returns: (transfer full): @table
 */
LsRowTable *
ls_row_table_ref (LsRowTable *table)
{
  g_ref_count_inc (&table->ref_count);
  return table;
}

/**
 * ls_row_table_unref:
 * @table: (transfer full): a table
 *
 * Drops a reference. Rows hold one each.
 */
void
ls_row_table_unref (LsRowTable *table)
{
  if (!g_ref_count_dec (&table->ref_count))
    return;
  g_hash_table_unref (table->rows);
  g_hash_table_unref (table->kept);
  g_hash_table_unref (table->asked);
  g_hash_table_unref (table->failed);
  g_array_unref (table->wanted);
  g_array_unref (table->replaced);
  g_free (table);
}

/**
 * ls_row_table_detach:
 * @table: a table
 *
 * Says that its owner goes: nothing is wanted any more.
 */
void
ls_row_table_detach (LsRowTable *table)
{
  table->func = NULL;
}

static void
drop_kept (LsRowTable *table,
           Kept       *kept)
{
  g_queue_unlink (&table->recent, &kept->link);
  g_hash_table_remove (table->kept, &kept->row.id);
}

static void
keep (LsRowTable        *table,
      const LsWantedRow *row,
      LsRecord          *record,
      bool               pending)
{
  Kept *kept = g_hash_table_lookup (table->kept, &row->id);

  if (kept != NULL)
    drop_kept (table, kept);
  kept = g_new0 (Kept, 1);
  kept->row = *row;
  kept->record = ls_record_ref (record);
  kept->pending = pending;
  kept->link.data = kept;
  g_hash_table_insert (table->kept, &kept->row.id, kept);
  g_queue_push_head_link (&table->recent, &kept->link);
  if (table->recent.length > MAX_KEPT)
    drop_kept (table, g_queue_peek_tail (&table->recent));
}

/* False when it is on its way already. */
static bool
add_want (LsRowTable        *table,
          GArray            *wants,
          const LsWantedRow *row)
{
  if (g_hash_table_contains (table->asked, &row->id))
    return false;
  g_hash_table_add (table->asked, g_memdup2 (&row->id, sizeof row->id));
  g_array_append_val (wants, *row);
  if (table->wanted->len + table->replaced->len == 1 && table->func != NULL)
    table->func (table->user_data);
  return true;
}

static void
want (LsRowTable        *table,
      const LsWantedRow *row)
{
  if (!add_want (table, table->wanted, row) || table->wanted->len <= MAX_WANTED)
    return;
  g_hash_table_remove (table->asked, &g_array_index (table->wanted, LsWantedRow, 0).id);
  g_array_remove_index (table->wanted, 0);
}

static char *
row_name (const char *shop,
          const char *collection,
          const char *key)
{
  return g_strdup_printf ("%s %s %s", collection, key, shop);
}

static void
update_failed (LsRowTable *table,
               LsRow      *row)
{
  g_autofree char *name = NULL;
  GArray *masks = NULL;
  uint64_t fields = 0;

  if (g_hash_table_size (table->failed) > 0 && ls_row_get_key (row) != NULL)
    {
      name =
          row_name (ls_row_get_shop (row), ls_row_get_collection (row)->name, ls_row_get_key (row));
      masks = g_hash_table_lookup (table->failed, name);
    }
  for (unsigned i = 0; masks != NULL && i < masks->len; i++)
    fields |= g_array_index (masks, uint64_t, i);
  ls_row_set_failed (row, fields);
}

/**
 * ls_row_table_get:
 * @table: a table
 * @shop: the shop
 * @collection: the collection
 * @id: a row
 * @ret_made: (out) (optional): whether the object is new
 *
 * Gives the one object of a row at once. Its values may not be known yet: they are then wanted.
 *
 * Returns: (transfer full): the row
 */
LsRow *
ls_row_table_get (LsRowTable         *table,
                  const char         *shop,
                  const LsCollection *collection,
                  int64_t             id,
                  bool               *ret_made)
{
  LsWantedRow wanted = { g_intern_string (shop), collection, id };
  LsRow *row = g_hash_table_lookup (table->rows, &id);
  Kept *kept;

  table->n_asked++;
  if (ret_made != NULL)
    *ret_made = row == NULL;
  if (row != NULL)
    {
      if (!ls_row_get_loaded (row))
        want (table, &wanted);
      return g_object_ref (row);
    }
  row = ls_row_new (table, wanted.shop, collection, id);
  g_hash_table_insert (table->rows, g_memdup2 (&id, sizeof id), row);
  kept = g_hash_table_lookup (table->kept, &id);
  if (kept == NULL)
    {
      want (table, &wanted);
      return row;
    }
  ls_row_set_loaded (row, kept->record, kept->pending);
  update_failed (table, row);
  drop_kept (table, kept);
  return row;
}

/* Called when nobody holds a row any more. */
void
ls_row_table_leave (LsRowTable *table,
                    LsRow      *row)
{
  LsWantedRow place = { ls_row_get_shop (row), ls_row_get_collection (row), ls_row_get_id (row) };

  g_hash_table_remove (table->rows, &place.id);
  if (ls_row_get_record (row) != NULL)
    keep (table, &place, ls_row_get_record (row), ls_row_get_pending (row));
}

/**
 * ls_row_table_prefetch:
 * @table: a table
 * @shop: the shop
 * @collection: the collection
 * @id: a row
 *
 * Says that the values of a row will be wanted soon.
 *
 * Returns: whether they were not known
 */
bool
ls_row_table_prefetch (LsRowTable         *table,
                       const char         *shop,
                       const LsCollection *collection,
                       int64_t             id)
{
  LsWantedRow wanted = { g_intern_string (shop), collection, id };
  Kept *kept = g_hash_table_lookup (table->kept, &id);

  if (kept != NULL)
    {
      g_queue_unlink (&table->recent, &kept->link);
      g_queue_push_head_link (&table->recent, &kept->link);
      return false;
    }
  if (g_hash_table_contains (table->rows, &id) || g_hash_table_contains (table->asked, &id))
    return false;
  want (table, &wanted);
  return true;
}

/**
 * ls_row_table_take_wants:
 * @table: a table
 *
 * Returns: (transfer full) (element-type LsWantedRow): the rows whose values are wanted and were not
 *   taken yet
 */
GArray *
ls_row_table_take_wants (LsRowTable *table)
{
  GArray *wanted = table->wanted;

  table->wanted = g_array_new (FALSE, FALSE, sizeof (LsWantedRow));
  if (table->replaced->len > 0)
    g_array_append_vals (wanted, table->replaced->data, table->replaced->len);
  g_array_set_size (table->replaced, 0);
  return wanted;
}

/**
 * ls_row_table_load:
 * @table: a table
 * @row: a row that was wanted
 * @record: (nullable): its values, %NULL when it is not visible
 * @pending: whether an edit of it waits
 *
 * Brings values that were wanted.
 */
void
ls_row_table_load (LsRowTable        *table,
                   const LsWantedRow *row,
                   LsRecord          *record,
                   bool               pending)
{
  LsRow *held = g_hash_table_lookup (table->rows, &row->id);

  table->n_loaded++;
  g_hash_table_remove (table->asked, &row->id);
  if (held != NULL)
    {
      g_object_ref (held);
      ls_row_set_loaded (held, record, pending);
      update_failed (table, held);
      g_object_unref (held);
    }
  else if (record != NULL)
    keep (table, row, record, pending);
}

/**
 * ls_row_table_change:
 * @table: a table
 * @change: what happened to a row
 *
 * Follows a change, if anybody holds the row.
 */
void
ls_row_table_change (LsRowTable        *table,
                     const LsRowChange *change)
{
  LsRow *held = g_hash_table_lookup (table->rows, &change->id);
  Kept *kept = held == NULL ? g_hash_table_lookup (table->kept, &change->id) : NULL;

  if (held != NULL)
    {
      g_object_ref (held);
      ls_row_set_loaded (held, change->after, change->pending);
      update_failed (table, held);
      g_object_unref (held);
    }
  else if (kept != NULL && change->after == NULL)
    drop_kept (table, kept);
  else if (kept != NULL)
    {
      ls_record_unref (kept->record);
      kept->record = ls_record_ref (change->after);
      kept->pending = change->pending;
    }
}

static bool
is_reloaded (const LsWantedRow *row,
             const char        *shop,
             uint32_t           collections)
{
  return row->shop == shop && (collections & (UINT32_C (1) << row->collection->id));
}

/**
 * ls_row_table_reload:
 * @table: a table
 * @shop: a shop
 * @collections: a mask of collections
 *
 * Says that rows were replaced as a whole: what is kept is dropped, what is held is wanted anew.
 */
void
ls_row_table_reload (LsRowTable *table,
                     const char *shop,
                     uint32_t    collections)
{
  const char *interned = g_intern_string (shop);
  GHashTableIter iter;
  gpointer value;

  for (GList *link = table->recent.head, *next; link != NULL; link = next)
    {
      Kept *kept = link->data;

      next = link->next;
      if (is_reloaded (&kept->row, interned, collections))
        drop_kept (table, kept);
    }
  g_hash_table_iter_init (&iter, table->rows);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      LsRow *row = value;
      LsWantedRow wanted = { ls_row_get_shop (row), ls_row_get_collection (row),
                             ls_row_get_id (row) };

      if (is_reloaded (&wanted, interned, collections))
        add_want (table, table->replaced, &wanted);
    }
}

/* The cells that a change is about: of a row that was made or deleted all of them. */
static uint64_t
failed_fields (const LsChange *change)
{
  return change->op == LS_CHANGE_SET || change->op == LS_CHANGE_ADD ? ls_change_get_mask (change)
                                                                    : UINT64_MAX;
}

static void
note_failed (LsRowTable     *table,
             char           *name,
             const LsChange *change,
             bool            failed)
{
  GArray *masks = g_hash_table_lookup (table->failed, name);
  uint64_t fields = failed_fields (change);

  if (failed && masks == NULL)
    {
      masks = g_array_new (FALSE, FALSE, sizeof (uint64_t));
      g_hash_table_insert (table->failed, g_strdup (name), masks);
    }
  if (failed)
    g_array_append_val (masks, fields);
  for (unsigned i = 0; !failed && masks != NULL && i < masks->len; i++)
    if (g_array_index (masks, uint64_t, i) == fields)
      {
        g_array_remove_index (masks, i);
        break;
      }
  if (masks != NULL && masks->len == 0)
    g_hash_table_remove (table->failed, name);
}

/**
 * ls_row_table_set_failed:
 * @table: a table
 * @shop: the shop
 * @edit: an edit
 * @failed: whether it is among the dead letters now, or was and is not
 *
 * Marks the rows of a dead letter, or takes the mark away.
 */
void
ls_row_table_set_failed (LsRowTable   *table,
                         const char   *shop,
                         const LsEdit *edit,
                         bool          failed)
{
  g_autoptr (GPtrArray) held = g_ptr_array_new_with_free_func (g_object_unref);
  GHashTableIter iter;
  gpointer value;

  for (unsigned i = 0; i < edit->changes->len; i++)
    {
      const LsChange *change = g_ptr_array_index (edit->changes, i);
      g_autofree char *name = row_name (shop, change->collection->name, change->key);

      note_failed (table, name, change, failed);
    }
  g_hash_table_iter_init (&iter, table->rows);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    g_ptr_array_add (held, g_object_ref (value));
  for (unsigned i = 0; i < held->len; i++)
    update_failed (table, g_ptr_array_index (held, i));
}

/**
 * ls_row_table_peek:
 * @table: a table
 * @id: a row
 *
 * Returns: (transfer none) (nullable): its values, when they are at hand
 */
LsRecord *
ls_row_table_peek (LsRowTable *table,
                   int64_t     id)
{
  LsRow *row = g_hash_table_lookup (table->rows, &id);
  Kept *kept = row == NULL ? g_hash_table_lookup (table->kept, &id) : NULL;

  if (row != NULL)
    return ls_row_get_record (row);
  return kept != NULL ? kept->record : NULL;
}

/**
 * ls_row_table_count:
 * @table: a table
 *
 * Returns: rows that somebody holds, and rows whose values are kept
 */
unsigned
ls_row_table_count (LsRowTable *table)
{
  return g_hash_table_size (table->rows) + table->recent.length;
}

/**
 * ls_row_table_get_counts:
 * @table: a table
 * @ret_asked: (out): how often a row was asked for
 * @ret_loaded: (out): how often one had to be read from the disk for it
 *
 * Tells how well memory serves.
 */
void
ls_row_table_get_counts (LsRowTable *table,
                         uint64_t   *ret_asked,
                         uint64_t   *ret_loaded)
{
  *ret_asked = table->n_asked;
  *ret_loaded = table->n_loaded;
}
