/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-live-query"

#include "config.h"

#include "client/ls-live-query.h"

#include "client/ls-followed-rows.h"
#include "client/ls-store-private.h"

/* More runs than these are shown by taking all rows out and putting them in again. */
#define MAX_RUNS 64

/* Rows read ahead on each side of what is on the screen. */
#define MARGIN 64

/**
 * LsLiveQuery:
 *
 * The rows of a collection that pass a filter, in an order, as a list model that follows the cache.
 * It holds ids, 16 bytes a row that it shares with the thread that computes them; rows are made
 * when somebody asks for them. A new query has its first rows at once, with their values, where an
 * index gives its order.
 *
 * GTK fetches every added row when an emission also removes one that it tracks. So no emission does
 * both: removals come first, from the end on, then insertions, and past 64 runs all rows go out and
 * come in again; who shows them restores focus and position by id.
 */
struct _LsLiveQuery {
  GObject parent_instance;

  LsStore *store;
  LsRowTable *table;
  uint64_t id;
  char *shop;
  const LsCollection *collection;
  LsFilter *filter;
  LsRowOrder *order;
  unsigned limit; /* 0 for all rows */

  unsigned generation;
  bool loading;
  bool stale;
  unsigned n_materialised;

  /* What is shown. In the middle of an update: which part of its script has been told. */
  LsIdSequence *rows;
  LsIdSequence *next;
  const LsIdScript *script;
  unsigned n_items;
  unsigned first_removed; /* runs from this one on are out */
  unsigned n_inserted;    /* runs before this one are in */
};

static void list_model_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (LsLiveQuery, ls_live_query, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_init))

typedef enum {
  PROP_LOADING = 1,
  PROP_STALE,
  PROP_N_ITEMS,
} LsLiveQueryProperty;

static GParamSpec *properties[PROP_N_ITEMS + 1];

enum {
  CHANGED,
  N_SIGNALS,
};

static unsigned signals[N_SIGNALS];

static const LsIdRun *
run_at (GArray  *runs,
        unsigned index)
{
  return &g_array_index (runs, LsIdRun, index);
}

/* The row at a position, also between two emissions of one update. */
static const LsIdEntry *
entry_at (LsLiveQuery *self,
          unsigned     position)
{
  if (position >= self->n_items)
    return NULL;
  if (self->script == NULL)
    return ls_id_sequence_get (self->rows, position);
  if (self->n_inserted == 0)
    {
      /* The runs that are out do not count. */
      for (unsigned i = self->first_removed; i < self->script->removed->len; i++)
        if (position >= run_at (self->script->removed, i)->start)
          position += run_at (self->script->removed, i)->length;
      return ls_id_sequence_get (self->rows, position);
    }
  /* The runs that are not in yet do not count. */
  for (unsigned i = self->n_inserted; i < self->script->inserted->len; i++)
    if (position >= run_at (self->script->inserted, i)->start)
      position += run_at (self->script->inserted, i)->length;
  return ls_id_sequence_get (self->next, position);
}

static GType
ls_live_query_get_item_type (GListModel *model)
{
  return LS_TYPE_ROW;
}

static unsigned
ls_live_query_get_n_items (GListModel *model)
{
  return LS_LIVE_QUERY (model)->n_items;
}

static gpointer
ls_live_query_get_item (GListModel *model,
                        unsigned    position)
{
  LsLiveQuery *self = LS_LIVE_QUERY (model);
  const LsIdEntry *entry = entry_at (self, position);
  bool made;
  LsRow *row;

  if (entry == NULL)
    return NULL;
  row = ls_row_table_get (self->table, self->shop, self->collection, entry->id, &made);
  self->n_materialised += made;
  return row;
}

static void
list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = ls_live_query_get_item_type;
  iface->get_n_items = ls_live_query_get_n_items;
  iface->get_item = ls_live_query_get_item;
}

static void
tell_removed (LsLiveQuery   *self,
              const LsIdRun *run)
{
  self->n_items -= run->length;
  g_list_model_items_changed (G_LIST_MODEL (self), run->start, run->length, 0);
}

static void
tell_inserted (LsLiveQuery   *self,
               const LsIdRun *run)
{
  self->n_items += run->length;
  g_list_model_items_changed (G_LIST_MODEL (self), run->start, 0, run->length);
}

static void
tell_runs (LsLiveQuery      *self,
           const LsIdScript *script)
{
  for (unsigned i = script->removed->len; i > 0; i--)
    {
      self->first_removed = i - 1;
      tell_removed (self, run_at (script->removed, i - 1));
    }
  for (unsigned i = 0; i < script->inserted->len; i++)
    {
      self->n_inserted = i + 1;
      tell_inserted (self, run_at (script->inserted, i));
    }
}

/* All rows out, all rows in. */
static void
tell_all (LsLiveQuery *self)
{
  LsIdRun before = { 0, self->n_items };
  LsIdRun after = { 0, ls_id_sequence_get_length (self->next) };

  if (before.length > 0)
    tell_removed (self, &before);
  self->script = NULL;
  ls_id_sequence_unref (self->rows);
  self->rows = ls_id_sequence_ref (self->next);
  if (after.length > 0)
    tell_inserted (self, &after);
}

static void
show (LsLiveQuery        *self,
      const LsRowsUpdate *update)
{
  unsigned before = self->n_items;

  self->next = ls_id_sequence_ref (update->after);
  self->script = update->script;
  self->first_removed = update->script->removed->len;
  self->n_inserted = 0;
  if (ls_id_script_count_runs (update->script) > MAX_RUNS)
    tell_all (self);
  else
    tell_runs (self, update->script);
  self->script = NULL;
  g_assert (self->n_items == ls_id_sequence_get_length (self->next));
  ls_id_sequence_unref (self->rows);
  self->rows = g_steal_pointer (&self->next);
  if (before != self->n_items)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_ITEMS]);
}

static void
set_flag (LsLiveQuery        *self,
          bool               *flag,
          bool                value,
          LsLiveQueryProperty property)
{
  if (*flag == value)
    return;
  *flag = value;
  g_object_notify_by_pspec (G_OBJECT (self), properties[property]);
}

/* Part of a publication. */
static void
update_cb (GObject                *object,
           const LsFollowedUpdate *update)
{
  g_autoptr (LsLiveQuery) self = g_object_ref (LS_LIVE_QUERY (object));

  self->n_materialised += update->n_read;
  if (update->update != NULL)
    show (self, update->update);
  set_flag (self, &self->stale, update->is_stale, PROP_STALE);
  if (update->generation == self->generation && !update->is_partial)
    set_flag (self, &self->loading, false, PROP_LOADING);
  g_signal_emit (self, signals[CHANGED], 0);
}

static void
follow (LsLiveQuery *self)
{
  LsFollowed *followed =
      ls_followed_rows_new (self->shop, self->collection, self->filter, self->order, self->limit);

  followed->generation = ++self->generation;
  ls_follower_follow (ls_store_get_follower (self->store), self->id, followed);
  set_flag (self, &self->loading, true, PROP_LOADING);
}

static void
ls_live_query_dispose (GObject *object)
{
  LsLiveQuery *self = LS_LIVE_QUERY (object);

  if (self->store != NULL)
    {
      ls_follower_forget (ls_store_get_follower (self->store), self->id);
      ls_store_detach (self->store, self->id);
    }
  g_clear_object (&self->store);
  G_OBJECT_CLASS (ls_live_query_parent_class)->dispose (object);
}

static void
ls_live_query_finalize (GObject *object)
{
  LsLiveQuery *self = LS_LIVE_QUERY (object);

  g_clear_pointer (&self->rows, ls_id_sequence_unref);
  g_clear_pointer (&self->table, ls_row_table_unref);
  g_clear_pointer (&self->filter, ls_filter_unref);
  g_clear_pointer (&self->order, ls_row_order_unref);
  g_free (self->shop);
  G_OBJECT_CLASS (ls_live_query_parent_class)->finalize (object);
}

static void
ls_live_query_get_property (GObject    *object,
                            unsigned    property_id,
                            GValue     *value,
                            GParamSpec *pspec)
{
  LsLiveQuery *self = LS_LIVE_QUERY (object);

  switch ((LsLiveQueryProperty) property_id)
    {
    case PROP_LOADING:
      g_value_set_boolean (value, self->loading);
      break;
    case PROP_STALE:
      g_value_set_boolean (value, self->stale);
      break;
    case PROP_N_ITEMS:
      g_value_set_uint (value, self->n_items);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
    }
}

static void
ls_live_query_class_init (LsLiveQueryClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags =
      G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->dispose = ls_live_query_dispose;
  object_class->finalize = ls_live_query_finalize;
  object_class->get_property = ls_live_query_get_property;

  properties[PROP_LOADING] = g_param_spec_boolean ("loading", NULL, NULL, FALSE, flags);
  properties[PROP_STALE] = g_param_spec_boolean ("stale", NULL, NULL, FALSE, flags);
  properties[PROP_N_ITEMS] =
      g_param_spec_uint ("n-items", NULL, NULL, 0, G_MAXUINT, 0, flags);
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);

  /**
   * LsLiveQuery::changed:
   * @self: the query
   *
   * A publication with something of the query has been shown.
   */
  signals[CHANGED] = g_signal_new ("changed", LS_TYPE_LIVE_QUERY, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   NULL, G_TYPE_NONE, 0);
}

static void
ls_live_query_init (LsLiveQuery *self)
{
  self->rows = ls_id_sequence_new_empty ();
}

LsLiveQuery *
ls_live_query_new (LsStore            *store,
                   const char         *shop,
                   const LsCollection *collection,
                   LsFilter           *filter,
                   const LsOrder      *orders,
                   size_t              n_orders,
                   unsigned            limit)
{
  LsLiveQuery *self = g_object_new (LS_TYPE_LIVE_QUERY, NULL);

  self->store = g_object_ref (store);
  self->table = ls_row_table_ref (ls_store_get_rows (store));
  self->shop = g_strdup (shop);
  self->collection = collection;
  self->filter = filter != NULL ? ls_filter_ref (filter) : NULL;
  self->order = ls_row_order_new (collection, ls_cache_get_collation (ls_store_get_cache (store)),
                                  orders, n_orders);
  self->limit = limit;
  self->id = ls_store_attach (store, G_OBJECT (self), update_cb);
  follow (self);
  return self;
}

/**
 * ls_live_query_get_collection:
 * @self: a query
 *
 * Returns: (transfer none): the collection of its rows
 */
const LsCollection *
ls_live_query_get_collection (LsLiveQuery *self)
{
  return self->collection;
}

/**
 * ls_live_query_get_shop:
 * @self: a query
 *
 * Returns: (transfer none): the shop of its rows
 */
const char *
ls_live_query_get_shop (LsLiveQuery *self)
{
  return self->shop;
}

/**
 * ls_live_query_get_loading:
 * @self: a query
 *
 * Returns: whether the rows of its filter and order are still being read; until then those of the
 *   filter and order before are shown, and of a new query the first rows as soon as they are read
 */
gboolean
ls_live_query_get_loading (LsLiveQuery *self)
{
  return self->loading;
}

/**
 * ls_live_query_get_stale:
 * @self: a query
 *
 * Returns: whether it is behind what else is shown, since it has to be read anew
 */
gboolean
ls_live_query_get_stale (LsLiveQuery *self)
{
  return self->stale;
}

/**
 * ls_live_query_get_filter:
 * @self: a query
 *
 * Returns: (transfer none) (nullable): which rows it shows, %NULL for all
 */
LsFilter *
ls_live_query_get_filter (LsLiveQuery *self)
{
  return self->filter;
}

/**
 * ls_live_query_set_filter:
 * @self: a query
 * @filter: (nullable): which rows to show, %NULL for all
 *
 * Shows other rows, as soon as they are read.
 */
void
ls_live_query_set_filter (LsLiveQuery *self,
                          LsFilter    *filter)
{
  if (ls_filter_equal (self->filter, filter))
    return;
  g_clear_pointer (&self->filter, ls_filter_unref);
  self->filter = filter != NULL ? ls_filter_ref (filter) : NULL;
  follow (self);
}

/**
 * ls_live_query_set_order:
 * @self: a query
 * @orders: (array length=n_orders): by what to sort
 * @n_orders: how many; 0 for the order of ids
 *
 * Shows the rows in another order, as soon as it is read.
 */
void
ls_live_query_set_order (LsLiveQuery   *self,
                         const LsOrder *orders,
                         size_t         n_orders)
{
  g_autoptr (LsRowOrder) order =
      ls_row_order_new (self->collection, ls_cache_get_collation (ls_store_get_cache (self->store)),
                        orders, n_orders);

  if (ls_row_order_equal (self->order, order))
    return;
  ls_row_order_unref (self->order);
  self->order = g_steal_pointer (&order);
  follow (self);
}

/**
 * ls_live_query_set_viewport:
 * @self: a query
 * @first: position of the first row on the screen
 * @last: position of the last one
 *
 * Says what is looked at: these rows and those around them are read ahead.
 */
void
ls_live_query_set_viewport (LsLiveQuery *self,
                            unsigned     first,
                            unsigned     last)
{
  unsigned end = MIN ((uint64_t) last + MARGIN, (uint64_t) MAX (self->n_items, 1) - 1);

  for (unsigned i = first - MIN (first, MARGIN); i <= end && i < self->n_items; i++)
    {
      const LsIdEntry *entry = entry_at (self, i);

      self->n_materialised +=
          ls_row_table_prefetch (self->table, self->shop, self->collection, entry->id);
    }
}

/**
 * ls_live_query_get_id:
 * @self: a query
 * @position: a position
 *
 * Returns: the id of the row there, 0 past the end; no row is made
 */
int64_t
ls_live_query_get_id (LsLiveQuery *self,
                      unsigned     position)
{
  const LsIdEntry *entry = entry_at (self, position);

  return entry != NULL ? entry->id : 0;
}

static int
prefix_cb (const LsIdEntry *entry,
           gpointer         user_data)
{
  uint64_t prefix = *(uint64_t *) user_data;

  return entry->prefix < prefix ? -1 : entry->prefix > prefix;
}

/**
 * ls_live_query_find:
 * @self: a query
 * @id: a row
 * @ret_position: (out): where it is
 *
 * Finds a row again. O(log n) and rows of the same beginning for one whose values are at hand, else
 * O(n): milliseconds for a million.
 *
 * Returns: whether it is in the list
 */
bool
ls_live_query_find (LsLiveQuery *self,
                    int64_t      id,
                    unsigned    *ret_position)
{
  const LsRecord *record = ls_row_table_peek (self->table, id);
  unsigned position;

  if (record != NULL && self->script == NULL && !self->loading)
    {
      uint64_t prefix = ls_row_order_prefix_of (self->order, record);
      const LsIdEntry *entry;

      position = ls_id_sequence_search (self->rows, prefix_cb, &prefix);
      while ((entry = ls_id_sequence_get (self->rows, position)) != NULL &&
             entry->prefix == prefix && entry->id != id)
        position++;
      if (entry != NULL && entry->id == id)
        {
          *ret_position = position;
          return true;
        }
    }
  if (self->script == NULL)
    return ls_id_sequence_find (self->rows, id, ret_position);
  for (position = 0; position < self->n_items; position++)
    if (entry_at (self, position)->id == id)
      {
        *ret_position = position;
        return true;
      }
  return false;
}

/**
 * ls_live_query_get_n_materialised:
 * @self: a query
 *
 * Returns: how many rows were made or read ahead for it, in all
 */
unsigned
ls_live_query_get_n_materialised (LsLiveQuery *self)
{
  return self->n_materialised;
}
