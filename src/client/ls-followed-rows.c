/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-followed"

#include "config.h"

#include "client/ls-followed-rows.h"

/* The rows of a live query: which, and in which order. */

/* More runs than these are shown by taking all rows out and putting them in again. */
#define MAX_RUNS 64

/* Of a query that is shown for the first time these come first, see rows_held(): what fits on a large
 * screen. A list widget of GTK makes cells for 200 rows, and would make the others too before it
 * paints one. */
#define FIRST_ROWS 16

/* Rows read between two looks whether anybody still waits. */
#define ROWS_A_LOOK 1024

typedef struct {
  LsFollowed parent;
  LsFilter *filter; /* or NULL for every row */
  LsRowOrder *order;
  unsigned limit;      /* as many of the first rows are wanted, 0 for all */
  bool is_cut;         /* there are more rows than it has */
  LsIdSequence *rows;  /* as of the snapshot it was brought to */
  LsIdSequence *shown; /* as published last */
  LsIdScript *script;  /* from @shown to @rows; NULL when they were not made from each other */
} LsFollowedRows;

static const LsFollowedClass rows_class;

static void
rows_finalize (LsFollowed *followed)
{
  LsFollowedRows *self = (LsFollowedRows *) followed;

  g_clear_pointer (&self->filter, ls_filter_unref);
  g_clear_pointer (&self->order, ls_row_order_unref);
  g_clear_pointer (&self->rows, ls_id_sequence_unref);
  g_clear_pointer (&self->shown, ls_id_sequence_unref);
  g_clear_pointer (&self->script, ls_id_script_free);
}

static LsFollowed *
rows_renew (LsFollowed *followed)
{
  LsFollowedRows *self = (LsFollowedRows *) followed;

  return ls_followed_rows_new (followed->shop, followed->collection, self->filter, self->order,
                               self->limit);
}

static uint64_t
filter_fields (LsFollowedRows *self)
{
  return self->filter != NULL ? ls_filter_get_fields (self->filter) : 0;
}

/* A query of the first rows holds some more than it is asked for, so that a few may go. */
static unsigned
rows_held (LsFollowedRows *self)
{
  return 2 * self->limit + 32;
}

static LsFollowed *
rows_make_first (LsFollowed *followed)
{
  LsFollowedRows *self = (LsFollowedRows *) followed;
  LsFollowed *first;

  if (!ls_row_order_is_covered (self->order, filter_fields (self)))
    return NULL;
  first = ls_followed_rows_new (followed->shop, followed->collection, self->filter, self->order,
                                self->limit != 0 ? self->limit : FIRST_ROWS);
  first->is_partial = self->limit == 0;
  return first;
}

static const LsIdSequence *
rows_get_ids (LsFollowed *followed)
{
  return ((LsFollowedRows *) followed)->rows;
}

static unsigned
rows_get_size (LsFollowed *followed)
{
  return ls_id_sequence_get_length (((LsFollowedRows *) followed)->rows);
}

typedef struct {
  LsFollowedRows *self;
  LsIdBuilder *builder;
} Load;

static bool
load_cb (int64_t        id,
         const LsValue *values,
         gpointer       user_data)
{
  Load *load = user_data;
  LsRowOrder *order = load->self->order;
  LsIdEntry entry = { 0, id };
  unsigned length;

  if (ls_row_order_get_first (order) >= 0)
    entry.prefix = ls_row_order_prefix (order, &values[0]);
  ls_id_builder_add (load->builder, entry);
  length = ls_id_builder_get_length (load->builder);
  if (load->self->parent.max_rows != 0 && length > load->self->parent.max_rows)
    ls_followed_cancel (&load->self->parent);
  else if (length % ROWS_A_LOOK != 0)
    return true;
  return !ls_followed_is_cancelled (&load->self->parent);
}

static bool
rows_load (LsFollowed    *followed,
           LsCacheReader *reader,
           GError       **error)
{
  LsFollowedRows *self = (LsFollowedRows *) followed;
  int first = ls_row_order_get_first (self->order);
  unsigned field = (unsigned) MAX (first, 0);
  g_autofree char *order = ls_row_order_to_sql (self->order, filter_fields (self));
  g_autoptr (GString) where = g_string_new (NULL);
  g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (LsValue));
  g_autoptr (LsIdBuilder) builder = ls_id_builder_new ();
  Load load = { self, builder };
  LsReadQuery query = {
    .shop = followed->shop,
    .collection = followed->collection,
    .values = values,
    .order = order,
    .fields = &field,
    .n_fields = first >= 0 ? 1 : 0,
    .limit = self->limit != 0 ? rows_held (self) : 0,
  };

  g_array_set_clear_func (values, (GDestroyNotify) ls_value_clear);
  if (self->filter != NULL)
    {
      ls_filter_to_sql (self->filter, where, values);
      query.where = where->str;
    }
  if (!ls_cache_reader_scan (reader, &query, load_cb, &load, error))
    return false;
  g_clear_pointer (&self->rows, ls_id_sequence_unref);
  g_clear_pointer (&self->script, ls_id_script_free);
  self->is_cut = query.limit != 0 && ls_id_builder_get_length (builder) == query.limit;
  self->rows = ls_id_builder_finish (g_steal_pointer (&builder));
  if (followed->is_partial && !self->is_cut)
    {
      followed->is_partial = false;
      self->limit = 0;
    }
  return true;
}

/* What an advance looks rows up in: their values as they were, so that the old sequence is sorted. */
typedef struct {
  LsFollowedRows *self;
  LsCacheReader *reader;
  GHashTable *records; /* id -> LsRecord */
  bool failed;
} Values;

static const LsRecord *
value_of (Values *values,
          int64_t id)
{
  LsRecord *record = g_hash_table_lookup (values->records, &id);

  if (record != NULL || values->failed)
    return record;
  /* Rows without a change are the same before and now. */
  if (!ls_cache_reader_get_row (values->reader, values->self->parent.shop,
                                values->self->parent.collection, id, &record, NULL, NULL) ||
      record == NULL)
    {
      values->failed = true;
      return NULL;
    }
  g_hash_table_insert (values->records, g_memdup2 (&id, sizeof id), record);
  return record;
}

typedef struct {
  Values *values;
  uint64_t prefix;
  const LsRecord *record;
  int64_t id;
} Needle;

static int
compare_cb (const LsIdEntry *entry,
            gpointer         user_data)
{
  const Needle *needle = user_data;
  LsRowOrder *order = needle->values->self->order;
  const LsRecord *record;

  if (entry->prefix != needle->prefix)
    return entry->prefix < needle->prefix ? -1 : 1;
  if (ls_row_order_is_exact (order))
    return ls_row_order_compare_id (order, entry->id, needle->id);
  record = value_of (needle->values, entry->id);
  return record != NULL
             ? ls_row_order_compare (order, record, entry->id, needle->record, needle->id)
             : 0;
}

static unsigned
place_of (Values         *values,
          const LsRecord *record,
          int64_t         id)
{
  Needle needle = { values, ls_row_order_prefix_of (values->self->order, record), record, id };

  return ls_id_sequence_search (values->self->rows, compare_cb, &needle);
}

/* A row that comes to stand somewhere. */
typedef struct {
  LsIdInsert insert;
  const LsRecord *record;
} Arrival;

static int
compare_arrivals (gconstpointer a,
                  gconstpointer b,
                  gpointer      user_data)
{
  const Arrival *x = a;
  const Arrival *y = b;

  return ls_row_order_compare (user_data, x->record, x->insert.entry.id, y->record,
                               y->insert.entry.id);
}

static int
compare_positions (gconstpointer a,
                   gconstpointer b)
{
  unsigned x = *(const unsigned *) a;
  unsigned y = *(const unsigned *) b;

  return (x > y) - (x < y);
}

static bool
is_wanted (LsFollowedRows *self,
           const LsRecord *record)
{
  return record != NULL && (self->filter == NULL || ls_filter_matches (self->filter, record));
}

/* Whether a place is after the rows it has, where it knows nothing. */
static bool
is_beyond (LsFollowedRows *self,
           unsigned        position)
{
  return self->is_cut && position == ls_id_sequence_get_length (self->rows);
}

/* Sorts one change into departures and arrivals. */
static bool
sort_change (Values            *values,
             const LsRowChange *change,
             GArray            *removed,
             GArray            *arrivals)
{
  LsFollowedRows *self = values->self;
  bool was = is_wanted (self, change->before);
  bool is = is_wanted (self, change->after);

  if (was && is &&
      !(ls_record_diff (change->before, change->after) & ls_row_order_get_fields (self->order)))
    return true;
  if (was)
    {
      unsigned position = place_of (values, change->before, change->id);
      const LsIdEntry *entry = ls_id_sequence_get (self->rows, position);

      if (is_beyond (self, position))
        ;
      else if (entry == NULL || entry->id != change->id)
        return false;
      else
        g_array_append_val (removed, position);
    }
  if (is)
    {
      Arrival arrival = {
        .insert.before = place_of (values, change->after, change->id),
        .insert.entry.prefix = ls_row_order_prefix_of (self->order, change->after),
        .insert.entry.id = change->id,
        .record = change->after,
      };

      if (!is_beyond (self, arrival.insert.before))
        g_array_append_val (arrivals, arrival);
    }
  return !values->failed;
}

/* Whether a query of the first rows has come to hold too few of them, or far too many. */
static bool
is_out_of_bounds (LsFollowedRows *self,
                  unsigned        length)
{
  return self->limit != 0 &&
         ((self->is_cut && length < self->limit) || length > 2 * rows_held (self));
}

static void
free_record (gpointer record)
{
  ls_record_unref (record);
}

static bool
rows_advance (LsFollowed    *followed,
              LsCacheReader *reader,
              GArray        *changes)
{
  LsFollowedRows *self = (LsFollowedRows *) followed;
  g_autoptr (GHashTable) records =
      g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, free_record);
  g_autoptr (GArray) removed = g_array_new (FALSE, FALSE, sizeof (unsigned));
  g_autoptr (GArray) arrivals = g_array_new (FALSE, FALSE, sizeof (Arrival));
  g_autoptr (GArray) inserted = g_array_new (FALSE, FALSE, sizeof (LsIdInsert));
  Values values = { self, reader, records, false };
  LsIdSequence *rows;

  for (unsigned i = 0; i < changes->len; i++)
    {
      const LsRowChange *change = &g_array_index (changes, LsRowChange, i);

      if (change->before != NULL)
        g_hash_table_insert (records, g_memdup2 (&change->id, sizeof change->id),
                             ls_record_ref (change->before));
    }
  for (unsigned i = 0; i < changes->len; i++)
    if (!sort_change (&values, &g_array_index (changes, LsRowChange, i), removed, arrivals))
      return false;
  if (removed->len == 0 && arrivals->len == 0)
    return true;
  if (is_out_of_bounds (self,
                        ls_id_sequence_get_length (self->rows) + arrivals->len - removed->len))
    return false;
  g_array_sort (removed, compare_positions);
  g_array_sort_with_data (arrivals, compare_arrivals, self->order);
  for (unsigned i = 0; i < arrivals->len; i++)
    g_array_append_val (inserted, g_array_index (arrivals, Arrival, i).insert);
  g_clear_pointer (&self->script, ls_id_script_free);
  rows = ls_id_sequence_edit (self->rows, removed, inserted, &self->script);
  /* A script leads only from what is shown. */
  if (self->rows != self->shown)
    g_clear_pointer (&self->script, ls_id_script_free);
  ls_id_sequence_unref (self->rows);
  self->rows = rows;
  return true;
}

static gpointer
rows_make_update (LsFollowed *followed,
                  LsFollowed *before)
{
  LsFollowedRows *self = (LsFollowedRows *) followed;
  LsRowsUpdate *update;

  if (before != NULL)
    {
      g_clear_pointer (&self->shown, ls_id_sequence_unref);
      self->shown = ls_id_sequence_ref (((LsFollowedRows *) before)->shown);
    }
  if (self->shown == self->rows)
    return NULL;
  if (self->shown == NULL)
    self->shown = ls_id_sequence_new_empty ();
  update = g_new0 (LsRowsUpdate, 1);
  update->after = ls_id_sequence_ref (self->rows);
  update->script = self->script != NULL
                       ? g_steal_pointer (&self->script)
                       : ls_id_sequence_diff (self->shown, self->rows, MAX_RUNS);
  ls_id_sequence_unref (self->shown);
  self->shown = ls_id_sequence_ref (self->rows);
  return update;
}

static void
rows_free_update (gpointer data)
{
  LsRowsUpdate *update = data;

  ls_id_sequence_unref (update->after);
  ls_id_script_free (update->script);
  g_free (update);
}

static const LsFollowedClass rows_class = {
  .load = rows_load,
  .advance = rows_advance,
  .make_update = rows_make_update,
  .free_update = rows_free_update,
  .renew = rows_renew,
  .make_first = rows_make_first,
  .get_ids = rows_get_ids,
  .get_size = rows_get_size,
  .finalize = rows_finalize,
};

/**
 * ls_followed_rows_new:
 * @shop: a shop
 * @collection: a collection
 * @filter: (nullable): which rows; %NULL for all
 * @order: in which order
 * @limit: at least as many of the first rows are wanted, as far as there are; 0 for all
 *
 * Returns: (transfer full): the rows of a query, not yet loaded
 */
LsFollowed *
ls_followed_rows_new (const char         *shop,
                      const LsCollection *collection,
                      LsFilter           *filter,
                      LsRowOrder         *order,
                      unsigned            limit)
{
  LsFollowedRows *self = g_new0 (LsFollowedRows, 1);

  ls_followed_init (&self->parent, &rows_class, shop, collection);
  self->filter = filter != NULL ? ls_filter_ref (filter) : NULL;
  self->order = ls_row_order_ref (order);
  self->limit = limit;
  self->rows = ls_id_sequence_new_empty ();
  return &self->parent;
}
