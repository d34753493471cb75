/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "client/ls-cache-reader.h"
#include "client/ls-live-query.h"
#include "client/ls-row-order.h"
#include "ls-test-store.h"

#define N_PRODUCTS 400
#define N_ROUNDS 40
#define N_FIRST 20

/* A list as somebody sees it who only hears of emissions. */
typedef struct {
  LsLiveQuery *query;
  GArray *ids;
  unsigned n_emissions;
  unsigned n_removed_runs;
} Watcher;

static void
items_changed_cb (GListModel *model,
                  unsigned    position,
                  unsigned    removed,
                  unsigned    added,
                  gpointer    user_data)
{
  Watcher *watcher = user_data;
  unsigned n_items = g_list_model_get_n_items (model);

  /* GTK fetches every added row of an emission that removes a tracked one too. */
  g_assert_true (removed == 0 || added <= 64);
  g_assert_cmpuint (removed + added, >, 0);
  g_array_remove_range (watcher->ids, position, removed);
  for (unsigned i = 0; i < added; i++)
    {
      int64_t id = ls_live_query_get_id (watcher->query, position + i);

      g_array_insert_val (watcher->ids, position + i, id);
    }
  /* Between two emissions of one publication the model is what was told so far. */
  g_assert_cmpuint (watcher->ids->len, ==, n_items);
  for (unsigned i = 0; i < n_items; i++)
    g_assert_cmpint (ls_live_query_get_id (watcher->query, i), ==,
                     g_array_index (watcher->ids, int64_t, i));
  watcher->n_emissions++;
}

static void
watch (Watcher     *watcher,
       LsLiveQuery *query)
{
  watcher->query = query;
  watcher->ids = g_array_new (FALSE, FALSE, sizeof (int64_t));
  watcher->n_emissions = 0;
  for (unsigned i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (query)); i++)
    {
      int64_t id = ls_live_query_get_id (query, i);

      g_array_append_val (watcher->ids, id);
    }
  g_signal_connect (query, "items-changed", G_CALLBACK (items_changed_cb), watcher);
}

static void
watcher_clear (Watcher *watcher)
{
  g_signal_handlers_disconnect_by_data (watcher->query, watcher);
  g_array_unref (watcher->ids);
}

static unsigned
field (const char *name)
{
  return ls_test_field (ls_schema_collection (LS_PRODUCTS), name);
}

static LsFilter *
compare (const char *name,
         LsFilterOp  op,
         LsValue     value)
{
  return ls_filter_new_compare (ls_schema_collection (LS_PRODUCTS), field (name), op, value);
}

static bool
collect_cb (int64_t        id,
            const LsValue *values,
            gpointer       user_data)
{
  g_array_append_val ((GArray *) user_data, id);
  return true;
}

/* What SQLite says the list is. */
static GArray *
ask_sqlite (LsTestStore   *fixture,
            LsFilter      *filter,
            const LsOrder *orders,
            size_t         n_orders)
{
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);
  g_autoptr (LsCacheReader) reader =
      ls_cache_reader_new (LS_ENVIRONMENT (fixture->environment), fixture->path,
                           ls_collation_get_default ());
  g_autoptr (LsRowOrder) order =
      ls_row_order_new (products, ls_collation_get_default (), orders, n_orders);
  g_autofree char *order_sql = ls_row_order_to_sql (order, 0);
  g_autoptr (GString) where = g_string_new ("1");
  g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (LsValue));
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (int64_t));
  LsReadQuery query = { LS_TEST_SHOP, products, NULL, values, order_sql, NULL, 0 };
  GError *error = NULL;
  int64_t sequence;

  g_array_set_clear_func (values, (GDestroyNotify) ls_value_clear);
  if (filter != NULL)
    {
      g_string_truncate (where, 0);
      ls_filter_to_sql (filter, where, values);
    }
  query.where = where->str;
  g_assert_true (ls_cache_reader_begin (reader, &sequence, &error));
  g_assert_true (ls_cache_reader_scan (reader, &query, collect_cb, ids, &error));
  g_assert_no_error (error);
  ls_cache_reader_end (reader);
  return ids;
}

static void
assert_same_ids (GArray *a,
                 GArray *b)
{
  g_assert_cmpuint (a->len, ==, b->len);
  for (unsigned i = 0; i < a->len; i++)
    g_assert_cmpint (g_array_index (a, int64_t, i), ==, g_array_index (b, int64_t, i));
}

/* The values of rows that are held are those of the file. */
static void
assert_values (LsTestStore *fixture,
               LsLiveQuery *query)
{
  unsigned n_items = g_list_model_get_n_items (G_LIST_MODEL (query));

  for (unsigned i = 0; i < n_items; i += 7)
    {
      g_autoptr (LsRow) row = g_list_model_get_item (G_LIST_MODEL (query), i);
      g_autoptr (LsRecord) record = NULL;

      ls_test_store_settle (fixture);
      g_assert_nonnull (ls_row_get_record (row));
      record = ls_cache_get_visible (fixture->cache, LS_TEST_SHOP, ls_schema_collection (LS_PRODUCTS),
                                     ls_row_get_key (row), NULL);
      g_assert_true (ls_record_equal (record, ls_row_get_record (row)));
    }
}

typedef struct {
  const char *name;
  struct {
    const char *field;
    bool descending;
  } orders[3];
  size_t n_orders;
  LsFilter *(*filter) (void);
} Case;

static LsFilter *
cheap_filter (void)
{
  return compare ("price", LS_FILTER_LESS, ls_value_integer (25));
}

static LsFilter *
search_filter (void)
{
  return ls_filter_new_search (ls_schema_collection (LS_PRODUCTS), "ELAN");
}

static LsFilter *
mixed_filter (void)
{
  LsFilter *any = ls_filter_new_any (ls_schema_collection (LS_PRODUCTS));
  LsFilter *all = ls_filter_new_all (ls_schema_collection (LS_PRODUCTS));

  ls_filter_take_child (any, compare ("category", LS_FILTER_EQUAL, (LsValue) LS_VALUE_INIT));
  ls_filter_take_child (any, compare ("status", LS_FILTER_EQUAL, ls_value_text ("active")));
  ls_filter_take_child (all, any);
  ls_filter_take_child (all, compare ("stock", LS_FILTER_GREATER_EQUAL, ls_value_integer (20)));
  return all;
}

static const Case cases[] = {
  { "id", { { NULL, false } }, 0, NULL },
  { "number", { { "price", false } }, 1, NULL },
  { "number-down", { { "stock", true } }, 1, cheap_filter },
  { "text", { { "name", false } }, 1, NULL },
  { "text-down", { { "name", true } }, 1, search_filter },
  { "enum", { { "status", false } }, 1, mixed_filter },
  { "two", { { "status", true }, { "name", false } }, 2, NULL },
  { "three", { { "category", false }, { "price", true }, { "name", true } }, 3, cheap_filter },
};

static size_t
make_orders (const Case *test,
             LsOrder    *orders)
{
  for (size_t i = 0; i < test->n_orders; i++)
    orders[i] = (LsOrder) { field (test->orders[i].field), test->orders[i].descending };
  return test->n_orders;
}

static void
edit_something (LsTestStore *fixture,
                int          round)
{
  g_autofree char *mid = g_strdup_printf ("mid-%d", round);
  g_autofree char *key =
      g_strdup_printf ("p%d", g_rand_int_range (fixture->rand, 0, N_PRODUCTS));
  g_autoptr (GPtrArray) changes = ls_test_changes (
      ls_test_set_integer (key, "price", g_rand_int_range (fixture->rand, 0, 50)), NULL);
  g_autoptr (LsEdit) edit =
      ls_cache_add_edit (fixture->cache, LS_TEST_SHOP, mid, changes, NULL);
}

/* After any number of changes, in any order of the queues, the list is what a fresh query says. */
static void
test_follows (LsTestStore  *fixture,
              gconstpointer data)
{
  const Case *test = data;
  LsOrder orders[3];
  size_t n_orders = make_orders (test, orders);
  g_autoptr (LsFilter) filter = test->filter != NULL ? test->filter () : NULL;
  g_autoptr (LsLiveQuery) query = NULL;
  Watcher watcher;

  ls_test_store_fill (fixture, N_PRODUCTS);
  query = ls_store_query (fixture->store, LS_TEST_SHOP, ls_schema_collection (LS_PRODUCTS), filter,
                          orders, n_orders);
  watch (&watcher, query);
  for (int round = 0; round < N_ROUNDS; round++)
    {
      static const unsigned counts[] = { 1, 2, 5, 30, 150 };
      unsigned n_deltas = 1 + (unsigned) g_rand_int_range (fixture->rand, 0, 3);

      for (unsigned i = 0; i < n_deltas; i++)
        ls_test_store_apply (fixture,
                             ls_test_store_change (fixture, N_PRODUCTS,
                                                   counts[g_rand_int_range (fixture->rand, 0, 5)]));
      if (g_rand_int_range (fixture->rand, 0, 3) == 0)
        edit_something (fixture, round);
      if (g_rand_int_range (fixture->rand, 0, 15) == 0)
        ls_test_store_fill (fixture, N_PRODUCTS - 50);
      if (g_rand_int_range (fixture->rand, 0, 3) > 0)
        {
          g_autoptr (GArray) expected = NULL;

          ls_test_store_settle (fixture);
          g_assert_false (ls_live_query_get_loading (query));
          g_assert_false (ls_live_query_get_stale (query));
          expected = ask_sqlite (fixture, filter, orders, n_orders);
          assert_same_ids (watcher.ids, expected);
        }
    }
  ls_test_store_settle (fixture);
  g_assert_cmpuint (watcher.n_emissions, >, 0);
  assert_values (fixture, query);
  watcher_clear (&watcher);
}

/* A query of the first rows has them at all times, and never many more. */
static void
test_follows_first (LsTestStore  *fixture,
                    gconstpointer data)
{
  const Case *test = data;
  LsOrder orders[3];
  size_t n_orders = make_orders (test, orders);
  g_autoptr (LsFilter) filter = test->filter != NULL ? test->filter () : NULL;
  g_autoptr (LsLiveQuery) query = NULL;
  Watcher watcher;

  ls_test_store_fill (fixture, N_PRODUCTS);
  query = ls_store_query_first (fixture->store, LS_TEST_SHOP, ls_schema_collection (LS_PRODUCTS),
                                filter, orders, n_orders, N_FIRST);
  watch (&watcher, query);
  for (int round = 0; round < N_ROUNDS / 4; round++)
    {
      g_autoptr (GArray) expected = NULL;

      ls_test_store_apply (fixture,
                           ls_test_store_change (fixture, N_PRODUCTS,
                                                 (unsigned) g_rand_int_range (fixture->rand, 1, 60)));
      if (g_rand_int_range (fixture->rand, 0, 15) == 0)
        ls_test_store_fill (fixture, (unsigned) g_rand_int_range (fixture->rand, 3, N_PRODUCTS));
      ls_test_store_settle (fixture);
      g_assert_false (ls_live_query_get_loading (query));
      expected = ask_sqlite (fixture, filter, orders, n_orders);
      g_assert_cmpuint (watcher.ids->len, >=, MIN (expected->len, N_FIRST));
      g_assert_cmpuint (watcher.ids->len, <=, MIN (expected->len, 8 * N_FIRST));
      g_array_set_size (expected, watcher.ids->len);
      assert_same_ids (watcher.ids, expected);
    }
  watcher_clear (&watcher);
}

typedef struct {
  LsLiveQuery *query;
  unsigned n_first; /* rows of the first emission */
} FirstPage;

static void
first_page_cb (GListModel *model,
               unsigned    position,
               unsigned    removed,
               unsigned    added,
               gpointer    user_data)
{
  FirstPage *first = user_data;

  if (first->n_first > 0)
    return;
  first->n_first = added;
  g_assert_true (ls_live_query_get_loading (first->query));
  g_assert_cmpuint (ls_live_query_get_n_materialised (first->query), ==, added);
  for (unsigned i = 0; i < added; i++)
    {
      g_autoptr (LsRow) row = g_list_model_get_item (model, i);

      g_assert_nonnull (ls_row_get_record (row));
    }
}

/* What is seen of a long list is there, with its values, before the list is read. */
static void
test_first_page (LsTestStore  *fixture,
                 gconstpointer data)
{
  LsOrder order = { field ("name"), true };
  FirstPage first = { NULL, 0 };

  ls_test_store_fill (fixture, 3000);
  first.query = ls_store_query (fixture->store, LS_TEST_SHOP, ls_schema_collection (LS_PRODUCTS),
                                NULL, &order, 1);
  g_signal_connect (first.query, "items-changed", G_CALLBACK (first_page_cb), &first);
  ls_test_store_settle (fixture);
  g_assert_cmpuint (first.n_first, >=, 32);
  g_assert_cmpuint (first.n_first, <=, 128);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (first.query)), ==, 3000);
  g_object_unref (first.query);
}

/* More changes than are worth following: the list is loaded again, and is right. */
static void
test_many_changes (LsTestStore  *fixture,
                   gconstpointer data)
{
  LsOrder order = { field ("name"), false };
  g_autoptr (LsLiveQuery) query = NULL;
  g_autoptr (GArray) expected = NULL;
  Watcher watcher;

  ls_test_store_fill (fixture, 6000);
  query = ls_store_query (fixture->store, LS_TEST_SHOP, ls_schema_collection (LS_PRODUCTS), NULL,
                          &order, 1);
  ls_test_store_settle (fixture);
  watch (&watcher, query);
  ls_test_store_apply (fixture, ls_test_store_change (fixture, 6000, 5000));
  ls_test_store_settle (fixture);
  expected = ask_sqlite (fixture, NULL, &order, 1);
  assert_same_ids (watcher.ids, expected);
  g_assert_cmpuint (watcher.n_emissions, <=, 2);
  watcher_clear (&watcher);
}

/* Another filter, another order: what was shown stays until the other is there. */
static void
test_other_order (LsTestStore  *fixture,
                  gconstpointer data)
{
  LsOrder by_price = { field ("price"), true };
  LsOrder by_name = { field ("name"), false };
  g_autoptr (LsFilter) cheap = cheap_filter ();
  g_autoptr (LsLiveQuery) query = NULL;
  g_autoptr (GArray) expected = NULL;
  Watcher watcher;

  ls_test_store_fill (fixture, N_PRODUCTS);
  query = ls_store_query (fixture->store, LS_TEST_SHOP, ls_schema_collection (LS_PRODUCTS), NULL,
                          &by_price, 1);
  g_assert_true (ls_live_query_get_loading (query));
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (query)), ==, 0);
  ls_test_store_settle (fixture);
  g_assert_false (ls_live_query_get_loading (query));
  watch (&watcher, query);
  ls_live_query_set_order (query, &by_name, 1);
  g_assert_true (ls_live_query_get_loading (query));
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (query)), ==, N_PRODUCTS);
  /* And another one before that is there, with changes in between. */
  ls_test_store_apply (fixture, ls_test_store_change (fixture, N_PRODUCTS, 20));
  ls_live_query_set_filter (query, cheap);
  ls_test_store_apply (fixture, ls_test_store_change (fixture, N_PRODUCTS, 20));
  ls_test_store_settle (fixture);
  g_assert_false (ls_live_query_get_loading (query));
  expected = ask_sqlite (fixture, cheap, &by_name, 1);
  assert_same_ids (watcher.ids, expected);
  watcher_clear (&watcher);
}

typedef struct {
  LsLiveQuery *left;
  LsLiveQuery *right;
  unsigned n_checks;
} Pair;

static void
committed_cb (LsStore       *store,
              LsCacheCommit *commit,
              gpointer       user_data)
{
  Pair *pair = user_data;

  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (pair->left)), ==,
                    g_list_model_get_n_items (G_LIST_MODEL (pair->right)));
  pair->n_checks++;
}

/* Two lists of the same rows never disagree once a publication is shown. */
static void
test_agree (LsTestStore  *fixture,
            gconstpointer data)
{
  LsOrder orders[] = { { field ("price"), true }, { field ("name"), false } };
  Pair pair = { NULL, NULL, 0 };

  ls_test_store_fill (fixture, N_PRODUCTS);
  pair.left = ls_store_query (fixture->store, LS_TEST_SHOP, ls_schema_collection (LS_PRODUCTS), NULL,
                              &orders[0], 1);
  pair.right = ls_store_query (fixture->store, LS_TEST_SHOP, ls_schema_collection (LS_PRODUCTS),
                               NULL, &orders[1], 1);
  ls_test_store_settle (fixture);
  g_signal_connect (fixture->store, "committed", G_CALLBACK (committed_cb), &pair);
  for (int i = 0; i < 50; i++)
    {
      ls_test_store_apply (fixture, ls_test_store_change (fixture, N_PRODUCTS, 9));
      if (i % 3 == 0)
        ls_test_store_settle (fixture);
    }
  ls_test_store_settle (fixture);
  g_assert_cmpuint (pair.n_checks, >, 0);
  g_signal_handlers_disconnect_by_data (fixture->store, &pair);
  g_object_unref (pair.left);
  g_object_unref (pair.right);
}

static void
count_cb (GObject    *object,
          GParamSpec *pspec,
          gpointer    user_data)
{
  ++*(unsigned *) user_data;
}

/* One object a row, while anybody holds it; its values come later, and follow. */
static void
test_rows (LsTestStore  *fixture,
           gconstpointer data)
{
  g_autoptr (LsLiveQuery) query = NULL;
  g_autoptr (LsLiveQuery) other = NULL;
  g_autoptr (LsRow) row = NULL;
  g_autoptr (LsRow) same = NULL;
  g_autoptr (GPtrArray) changes = NULL;
  g_autoptr (LsEdit) edit = NULL;
  g_autofree char *key = NULL;
  unsigned n_notified = 0;
  LsMessage *delta;

  ls_test_store_fill (fixture, N_PRODUCTS);
  query = ls_store_query (fixture->store, LS_TEST_SHOP, ls_schema_collection (LS_PRODUCTS), NULL,
                          NULL, 0);
  other = ls_store_query (fixture->store, LS_TEST_SHOP, ls_schema_collection (LS_PRODUCTS), NULL,
                          NULL, 0);
  ls_test_store_settle (fixture);
  /* Values of the first ones are there already. */
  row = g_list_model_get_item (G_LIST_MODEL (query), N_PRODUCTS - 3);
  same = g_list_model_get_item (G_LIST_MODEL (other), N_PRODUCTS - 3);
  g_assert_true (row == same);
  g_assert_false (ls_row_get_loaded (row));
  g_signal_connect (row, "notify::record", G_CALLBACK (count_cb), &n_notified);
  ls_test_store_settle (fixture);
  g_assert_cmpuint (n_notified, ==, 1);
  g_assert_nonnull (ls_row_get_record (row));
  g_assert_false (ls_row_get_pending (row));
  key = g_strdup (ls_row_get_key (row));
  changes = ls_test_changes (ls_test_set_integer (key, "price", 4321), NULL);
  edit = ls_cache_add_edit (fixture->cache, LS_TEST_SHOP, "mine", changes, NULL);
  ls_test_store_settle (fixture);
  g_assert_cmpuint (n_notified, ==, 2);
  g_assert_true (ls_row_get_pending (row));
  g_assert_cmpint (ls_record_get_integer (ls_row_get_record (row), field ("price"), 0), ==, 4321);
  g_assert_true (ls_cache_discard_edit (fixture->cache, "mine", NULL));
  delta = ls_test_delta (fixture->version, fixture->version + 1);
  ls_test_delta_take (delta, ++fixture->version, ls_test_del (key), NULL);
  ls_test_store_apply (fixture, delta);
  ls_test_store_settle (fixture);
  g_assert_false (ls_row_get_pending (row));
  g_assert_null (ls_row_get_record (row));
  g_assert_true (ls_row_get_loaded (row));
  g_signal_handlers_disconnect_by_func (row, count_cb, &n_notified);
}

static void
test_find (LsTestStore  *fixture,
           gconstpointer data)
{
  LsOrder order = { field ("name"), false };
  g_autoptr (LsLiveQuery) query = NULL;

  ls_test_store_fill (fixture, N_PRODUCTS);
  query = ls_store_query (fixture->store, LS_TEST_SHOP, ls_schema_collection (LS_PRODUCTS), NULL,
                          &order, 1);
  ls_test_store_settle (fixture);
  /* Without values at hand, and with. */
  for (int round = 0; round < 2; round++)
    {
      for (unsigned i = 0; i < N_PRODUCTS; i++)
        {
          unsigned position = 0;

          g_assert_true (ls_live_query_find (query, ls_live_query_get_id (query, i), &position));
          g_assert_cmpuint (position, ==, i);
        }
      ls_live_query_set_viewport (query, 0, N_PRODUCTS);
      ls_test_store_settle (fixture);
    }
  g_assert_cmpuint (ls_live_query_get_n_materialised (query), ==, N_PRODUCTS);
  g_assert_cmpint (ls_live_query_get_id (query, N_PRODUCTS), ==, 0);
  {
    unsigned position;

    g_assert_false (ls_live_query_find (query, 999999, &position));
  }
}

/* Whoever lets go in the middle of it all is not called any more. */
static void
test_let_go (LsTestStore  *fixture,
             gconstpointer data)
{
  LsOrder order = { field ("name"), false };

  ls_test_store_fill (fixture, N_PRODUCTS);
  for (int i = 0; i < 20; i++)
    {
      LsLiveQuery *query = ls_store_query (
          fixture->store, LS_TEST_SHOP, ls_schema_collection (LS_PRODUCTS), NULL, &order, 1);

      ls_test_store_apply (fixture, ls_test_store_change (fixture, N_PRODUCTS, 3));
      if (i % 2 == 0)
        ls_test_store_settle (fixture);
      if (i % 3 == 0 && i % 2 == 0)
        {
          g_autoptr (LsRow) row = g_list_model_get_item (G_LIST_MODEL (query), 0);

          g_assert_nonnull (row);
        }
      g_assert_finalize_object (query);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/live-query/follows/", cases[i].name, NULL);

      g_test_add (path, LsTestStore, &cases[i], ls_test_store_set_up, test_follows,
                  ls_test_store_tear_down);
    }
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/live-query/follows-first/", cases[i].name, NULL);

      g_test_add (path, LsTestStore, &cases[i], ls_test_store_set_up, test_follows_first,
                  ls_test_store_tear_down);
    }
#define ADD(path, func) \
  g_test_add ("/live-query/" path, LsTestStore, NULL, ls_test_store_set_up, func, \
              ls_test_store_tear_down)
  ADD ("first-page", test_first_page);
  ADD ("many-changes", test_many_changes);
  ADD ("other-order", test_other_order);
  ADD ("agree", test_agree);
  ADD ("rows", test_rows);
  ADD ("find", test_find);
  ADD ("let-go", test_let_go);
#undef ADD
  return g_test_run ();
}
