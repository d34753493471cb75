/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "client/ls-live-query.h"
#include "ls-test-store.h"

/* A list of a million rows, looked at as a list widget of GTK does: it holds some 200 rows around
 * what is on the screen, and gets them again from wherever an emission changed them. */

#define N_ROWS 1000000
#define SLICE 5000
#define HELD 205
#define N_CHANGES 1000

typedef struct {
  GListModel *model;
  unsigned first;
  GPtrArray *held; /* LsRow */
} Viewer;

static void
look_at (Viewer  *viewer,
         unsigned first)
{
  GPtrArray *held = g_ptr_array_new_with_free_func (g_object_unref);
  unsigned n_items = g_list_model_get_n_items (viewer->model);

  viewer->first = MIN (first, n_items > HELD ? n_items - HELD : 0);
  for (unsigned i = viewer->first; i < MIN (viewer->first + HELD, n_items); i++)
    g_ptr_array_add (held, g_list_model_get_item (viewer->model, i));
  /* The new ones first, so that a row in both stays the same object. */
  g_ptr_array_unref (viewer->held);
  viewer->held = held;
}

static void
items_changed_cb (GListModel *model,
                  unsigned    position,
                  unsigned    removed,
                  unsigned    added,
                  gpointer    user_data)
{
  Viewer *viewer = user_data;

  g_assert_true (removed == 0 || added <= 64);
  /* What is looked at stays where it is on the screen. */
  if (position < viewer->first)
    viewer->first = viewer->first + added - MIN (removed, viewer->first);
  look_at (viewer, viewer->first);
}

static LsRecord *
order (unsigned number)
{
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);
  g_autofree char *key = g_strdup_printf ("p%u", number);
  g_autofree char *name = g_strdup_printf ("Name %u", number * 7919 % 1000003);
  LsRecord *record = ls_record_new (products, key);

  ls_record_set_text (record, ls_test_field (products, "name"), name);
  ls_record_set_text (record, ls_test_field (products, "status"), "active");
  ls_record_set_integer (record, ls_test_field (products, "stock"), number % 1000);
  return record;
}

static void
fill (LsTestStore *fixture)
{
  LsPosition position = ls_test_position (1);
  GError *error = NULL;

  ls_cache_begin_snapshot (fixture->cache, LS_TEST_SHOP, UINT32_MAX, NULL, &error);
  g_assert_no_error (error);
  for (unsigned i = 0; i < N_ROWS; i += SLICE)
    {
      g_autoptr (GPtrArray) slice =
          g_ptr_array_new_with_free_func ((GDestroyNotify) ls_record_unref);

      for (unsigned j = i; j < i + SLICE; j++)
        g_ptr_array_add (slice, order (j));
      ls_cache_add_snapshot_rows (fixture->cache, LS_TEST_SHOP, slice, &error);
      g_assert_no_error (error);
    }
  ls_cache_finish_snapshot (fixture->cache, LS_TEST_SHOP, &position, 1, 0, &error);
  g_assert_no_error (error);
  fixture->version = 1;
}

/* One version that moves a row, takes one out, or changes one where it is. */
static void
change_one (LsTestStore *fixture)
{
  LsMessage *delta = ls_test_delta (fixture->version, fixture->version + 1);
  unsigned number = (unsigned) g_rand_int_range (fixture->rand, 0, N_ROWS);
  g_autofree char *key = g_strdup_printf ("p%u", number);
  g_autoptr (LsRecord) record = order (number);

  ls_record_set_integer (record, ls_test_field (ls_schema_collection (LS_PRODUCTS), "stock"),
                         g_rand_int_range (fixture->rand, 0, 1000));
  fixture->version++;
  if (g_rand_int_range (fixture->rand, 0, 10) == 0)
    ls_test_delta_take (delta, fixture->version, ls_test_del (key), NULL);
  else
    ls_test_delta_take (delta, fixture->version, ls_change_new_put (record), NULL);
  ls_test_store_apply (fixture, delta);
}

static void
assert_loaded (LsTestStore *fixture,
               Viewer      *viewer)
{
  ls_test_store_settle (fixture);
  g_assert_cmpuint (viewer->held->len, ==, HELD);
  for (unsigned i = 0; i < viewer->held->len; i++)
    g_assert_nonnull (ls_row_get_record (g_ptr_array_index (viewer->held, i)));
}

/* Open, sort, jump, a thousand changes: under a thousand rows are ever made. */
static void
test_materialised (LsTestStore  *fixture,
                   gconstpointer data)
{
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);
  LsOrder by_name = { ls_test_field (products, "name"), false };
  LsOrder by_stock = { ls_test_field (products, "stock"), true };
  g_autoptr (LsLiveQuery) query = NULL;
  Viewer viewer = { NULL, 0, g_ptr_array_new () };
  unsigned n_items;

  fill (fixture);
  query = ls_store_query (fixture->store, LS_TEST_SHOP, products, NULL, &by_name, 1);
  viewer.model = G_LIST_MODEL (query);
  g_signal_connect (query, "items-changed", G_CALLBACK (items_changed_cb), &viewer);
  assert_loaded (fixture, &viewer);
  g_assert_cmpuint (g_list_model_get_n_items (viewer.model), ==, N_ROWS);

  ls_live_query_set_order (query, &by_stock, 1);
  assert_loaded (fixture, &viewer);
  look_at (&viewer, N_ROWS / 2);
  assert_loaded (fixture, &viewer);
  for (int i = 0; i < N_CHANGES; i++)
    {
      change_one (fixture);
      if (i % 10 == 0)
        assert_loaded (fixture, &viewer);
    }
  assert_loaded (fixture, &viewer);
  g_assert_cmpuint (ls_live_query_get_n_materialised (query), <, 1000);
  g_test_message ("%u rows materialised", ls_live_query_get_n_materialised (query));

  n_items = g_list_model_get_n_items (viewer.model);
  g_assert_cmpuint (n_items, <, N_ROWS);
  for (unsigned i = 1; i < HELD; i++)
    {
      LsRecord *before = ls_row_get_record (g_ptr_array_index (viewer.held, i - 1));
      LsRecord *after = ls_row_get_record (g_ptr_array_index (viewer.held, i));

      g_assert_cmpint (ls_record_get_integer (before, by_stock.field, 0), >=,
                       ls_record_get_integer (after, by_stock.field, 0));
    }
  g_signal_handlers_disconnect_by_data (query, &viewer);
  g_ptr_array_unref (viewer.held);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add ("/million-rows/materialised", LsTestStore, NULL, ls_test_store_set_up,
              test_materialised, ls_test_store_tear_down);
  return g_test_run ();
}
