/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-sim-views.h"

#include "client/ls-store-private.h"
#include "ls-sim-server.h"

static const LsCollectionId looked_at[] = { LS_PRODUCTS, LS_CUSTOMERS, LS_ORDERS };
/* Those that every client looks at. */
#define N_COMMON 2

typedef struct {
  LsLiveQuery *query;
  GPtrArray *rows; /* LsRow: those that it had after the last publication */
} View;

struct _LsSimViews {
  LsCache *cache; /* borrowed */
  LsSimOracle *oracle;
  unsigned client;
  LsStore *store;
  View views[G_N_ELEMENTS (looked_at)];
  size_t n_views;
  bool begun; /* the oracle hears of all that the store does */
};

/* Rows are loaded for as long as somebody holds them. */
static void
hold_rows (View *view)
{
  GListModel *model = G_LIST_MODEL (view->query);
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func (g_object_unref);

  for (unsigned i = 0; i < g_list_model_get_n_items (model); i++)
    g_ptr_array_add (rows, g_list_model_get_item (model, i));
  g_ptr_array_unref (view->rows);
  view->rows = g_steal_pointer (&rows);
}

static bool
is_settled (const View *view)
{
  return !ls_live_query_get_loading (view->query) && !ls_live_query_get_stale (view->query);
}

/* Everything of a publication is shown now. */
static void
committed_cb (LsStore       *store,
              LsCacheCommit *commit,
              LsSimViews    *self)
{
  int64_t sequence = ls_store_get_sequence (store);

  for (size_t i = 0; i < self->n_views; i++)
    {
      hold_rows (&self->views[i]);
      if (self->begun && is_settled (&self->views[i]))
        ls_sim_oracle_shown (self->oracle, self->client, sequence,
                             ls_schema_collection (looked_at[i]), self->views[i].rows);
    }
}

/**
 * ls_sim_views_new:
 * @environment: the client's machine
 * @cache: its cache
 * @oracle: told what is shown
 * @client: which client
 * @orders: whether a window shows orders, too
 *
 * Opens them. The store sets a listener of its own at the cache, by a job of its queue.
 *
 * Returns: (transfer full): the views
 */
LsSimViews *
ls_sim_views_new (LsEnvironment *environment,
                  LsCache       *cache,
                  LsSimOracle   *oracle,
                  unsigned       client,
                  bool           orders)
{
  LsSimViews *self = g_new0 (LsSimViews, 1);

  self->cache = cache;
  self->oracle = oracle;
  self->client = client;
  self->store = ls_store_new (environment, cache);
  self->n_views = orders ? G_N_ELEMENTS (looked_at) : N_COMMON;
  for (size_t i = 0; i < self->n_views; i++)
    {
      const LsCollection *collection = ls_schema_collection (looked_at[i]);
      const char *field = looked_at[i] == LS_ORDERS ? "placed_at" : "name";
      LsOrder order = { (unsigned) ls_collection_field (collection, field), i % 2 != 0 };

      self->views[i].query = ls_store_query (self->store, LS_SIM_SHOP, collection, NULL, &order, 1);
      self->views[i].rows = g_ptr_array_new_with_free_func (g_object_unref);
    }
  g_signal_connect (self->store, "committed", G_CALLBACK (committed_cb), self);
  return self;
}

/* From here on what they show is judged. */
void
ls_sim_views_begin (LsSimViews *self)
{
  self->begun = true;
}

/**
 * ls_sim_views_free:
 * @self: (transfer full): views of a client that has died
 *
 * Closes them.
 */
void
ls_sim_views_free (LsSimViews *self)
{
  g_signal_handlers_disconnect_by_data (self->store, self);
  for (size_t i = 0; i < self->n_views; i++)
    {
      g_ptr_array_unref (self->views[i].rows);
      g_object_unref (self->views[i].query);
    }
  g_object_run_dispose (G_OBJECT (self->store));
  g_object_unref (self->store);
  g_free (self);
}

/* Hands on what the cache committed, as the store's own listener does. */
void
ls_sim_views_take_commit (LsSimViews    *self,
                          LsCacheCommit *commit)
{
  ls_follower_take_commit (ls_store_get_follower (self->store), commit);
}

static char *
find_unloaded (const View         *view,
               const LsCollection *collection)
{
  for (unsigned i = 0; i < view->rows->len; i++)
    if (!ls_row_get_loaded (g_ptr_array_index (view->rows, i)))
      return g_strdup_printf ("row %u of %s", i, collection->name);
  return NULL;
}

/**
 * ls_sim_views_find_behind:
 * @self: views of a client that is at rest
 *
 * Returns: (transfer full) (nullable): what does not show yet what the cache has
 */
char *
ls_sim_views_find_behind (LsSimViews *self)
{
  int64_t there = ls_cache_get_sequence (self->cache);
  int64_t shown = ls_store_get_sequence (self->store);
  char *what = NULL;

  if (shown != there)
    return g_strdup_printf ("commit %" G_GINT64_FORMAT ", but %" G_GINT64_FORMAT, there, shown);
  if (ls_store_get_pending_count (self->store) > 0)
    return g_strdup_printf ("that %u edits do not wait", ls_store_get_pending_count (self->store));
  for (size_t i = 0; i < self->n_views && what == NULL; i++)
    {
      const LsCollection *collection = ls_schema_collection (looked_at[i]);
      View *view = &self->views[i];

      if (!is_settled (view))
        return g_strdup (collection->name);
      hold_rows (view);
      what = find_unloaded (view, collection);
      if (what == NULL)
        what = ls_sim_oracle_find_unshown (self->oracle, self->client, shown, collection,
                                           view->rows);
    }
  return what;
}
