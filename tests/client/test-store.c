/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <glib/gstdio.h>

#include "client/ls-edit-item.h"
#include "core/ls-error.h"
#include "ls-test-store.h"
#include "ls-test-wait.h"

#define N_PRODUCTS 100

typedef struct {
  GAsyncResult *result;
  unsigned n_edits;
  unsigned n_positions;
  LsEdit *last;
} Heard;

static void
result_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  Heard *heard = user_data;

  g_assert_null (heard->result);
  heard->result = g_object_ref (result);
}

static void
edit_changed_cb (LsStore *store,
                 LsEdit  *edit,
                 gpointer user_data)
{
  Heard *heard = user_data;

  heard->n_edits++;
  g_clear_pointer (&heard->last, ls_edit_unref);
  heard->last = ls_edit_ref (edit);
}

static void
position_changed_cb (LsStore    *store,
                     const char *shop,
                     gpointer    user_data)
{
  g_assert_cmpstr (shop, ==, LS_TEST_SHOP);
  ((Heard *) user_data)->n_positions++;
}

static void
listen (LsTestStore *fixture,
        Heard       *heard)
{
  g_signal_connect (fixture->store, "edit-changed", G_CALLBACK (edit_changed_cb), heard);
  g_signal_connect (fixture->store, "position-changed", G_CALLBACK (position_changed_cb), heard);
}

static void
heard_clear (LsTestStore *fixture,
             Heard       *heard)
{
  if (fixture->store != NULL)
    g_signal_handlers_disconnect_by_data (fixture->store, heard);
  g_clear_object (&heard->result);
  g_clear_pointer (&heard->last, ls_edit_unref);
}

static LsEdit *
mutate (LsTestStore *fixture,
        Heard       *heard,
        LsChange    *change,
        GError     **error)
{
  g_autoptr (GPtrArray) changes = ls_test_changes (change, NULL);

  g_clear_object (&heard->result);
  ls_store_mutate_async (fixture->store, LS_TEST_SHOP, changes, NULL, result_cb, heard);
  ls_test_store_settle (fixture);
  return ls_store_mutate_finish (fixture->store, heard->result, error);
}

static LsRow *
get_row (LsTestStore *fixture,
         const char  *key,
         GError     **error)
{
  Heard heard = { NULL };
  LsRow *row;

  ls_store_get_row_async (fixture->store, LS_TEST_SHOP, ls_schema_collection (LS_PRODUCTS), key,
                          NULL, result_cb, &heard);
  ls_test_store_settle (fixture);
  row = ls_store_get_row_finish (fixture->store, heard.result, error);
  g_object_unref (heard.result);
  return row;
}

static int64_t
price_of (LsRow *row)
{
  return ls_record_get_integer (
      ls_row_get_record (row), ls_test_field (ls_schema_collection (LS_PRODUCTS), "price"), -1);
}

static LsEdit *
listed (LsTestStore *fixture,
        unsigned     position)
{
  g_autoptr (LsEditItem) item =
      g_list_model_get_item (ls_store_get_edits (fixture->store), position);

  return item != NULL ? ls_edit_item_get_edit (item) : NULL;
}

static void
decide (LsTestStore   *fixture,
        LsResultStatus status)
{
  g_autoptr (GPtrArray) sent = ls_cache_number_edits (fixture->cache, LS_TEST_SHOP, 64, NULL);
  g_autoptr (LsMessage) result =
      ls_test_result (g_ptr_array_index (sent, 0), status, fixture->version);

  g_assert_true (ls_cache_apply_result (fixture->cache, result, NULL, NULL));
  ls_test_store_settle (fixture);
}

/* When the caller hears that an edit is made, the row on the screen shows it. */
static void
test_mutate (LsTestStore  *fixture,
             gconstpointer data)
{
  Heard heard = { NULL };
  g_autoptr (LsEdit) edit = NULL;
  g_autoptr (LsRow) row = NULL;
  g_autoptr (GError) error = NULL;

  ls_test_store_fill (fixture, N_PRODUCTS);
  row = get_row (fixture, "p1", &error);
  g_assert_no_error (error);
  listen (fixture, &heard);
  edit = mutate (fixture, &heard, ls_test_set_integer ("p1", "price", 4321), &error);
  g_assert_no_error (error);
  g_assert_cmpint (edit->state, ==, LS_EDIT_QUEUED);
  g_assert_cmpint (price_of (row), ==, 4321);
  g_assert_true (ls_row_get_pending (row));
  g_assert_cmpuint (ls_store_get_pending_count (fixture->store), ==, 1);
  g_assert_cmpuint (heard.n_edits, ==, 1);
  g_assert_cmpuint (g_list_model_get_n_items (ls_store_get_edits (fixture->store)), ==, 1);
  decide (fixture, LS_RESULT_APPLIED);
  g_assert_cmpuint (ls_store_get_pending_count (fixture->store), ==, 0);
  g_assert_cmpuint (g_list_model_get_n_items (ls_store_get_edits (fixture->store)), ==, 0);
  g_assert_cmpint (heard.last->state, ==, LS_EDIT_APPLIED);
  heard_clear (fixture, &heard);
}

/* What can't be is refused before and after the cache was asked; nothing changes. */
static void
test_refused (LsTestStore  *fixture,
              gconstpointer data)
{
  Heard heard = { NULL };
  g_autoptr (GError) error = NULL;

  ls_test_store_fill (fixture, N_PRODUCTS);
  g_assert_null (mutate (fixture, &heard, ls_test_set_integer ("p1", "revenue", 1), &error));
  g_assert_error (error, LS_ERROR, LS_ERROR_VALIDATION);
  g_assert_nonnull (g_strstr_len (error->message, -1, "revenue"));
  g_clear_error (&error);
  g_assert_null (mutate (fixture, &heard, ls_test_set_integer ("nobody", "price", 1), &error));
  g_assert_error (error, LS_ERROR, LS_ERROR_CONFLICT);
  g_clear_error (&error);
  g_assert_null (get_row (fixture, "nobody", &error));
  g_assert_error (error, LS_ERROR, LS_ERROR_CONFLICT);
  g_assert_cmpuint (ls_store_get_pending_count (fixture->store), ==, 0);
  heard_clear (fixture, &heard);
}

/* A failure puts the old value back, marks the row and says why; Retry and Discard take the mark. */
static void
test_failure (LsTestStore  *fixture,
              gconstpointer data)
{
  Heard heard = { NULL };
  g_autoptr (LsEdit) edit = NULL;
  g_autoptr (LsRow) row = NULL;
  g_autoptr (GError) error = NULL;
  int64_t price;

  ls_test_store_fill (fixture, N_PRODUCTS);
  row = get_row (fixture, "p1", &error);
  price = price_of (row);
  listen (fixture, &heard);
  edit = mutate (fixture, &heard, ls_test_set_integer ("p1", "price", 4321), &error);
  decide (fixture, LS_RESULT_CONFLICT);
  g_assert_cmpint (price_of (row), ==, price);
  g_assert_false (ls_row_get_pending (row));
  g_assert_true (ls_row_get_failed (row));
  g_assert_cmpint (heard.last->state, ==, LS_EDIT_DEAD);
  g_assert_cmpstr (heard.last->message, ==, "somebody was faster");
  g_assert_cmpuint (ls_store_get_dead_count (fixture->store), ==, 1);
  g_assert_cmpint (listed (fixture, 0)->state, ==, LS_EDIT_DEAD);

  g_clear_object (&heard.result);
  ls_store_retry_async (fixture->store, edit->mid, NULL, result_cb, &heard);
  ls_test_store_settle (fixture);
  g_assert_true (ls_store_retry_finish (fixture->store, heard.result, &error));
  g_assert_false (ls_row_get_failed (row));
  g_assert_cmpint (price_of (row), ==, 4321);
  g_assert_cmpuint (ls_store_get_dead_count (fixture->store), ==, 0);
  g_assert_cmpuint (ls_store_get_pending_count (fixture->store), ==, 1);

  decide (fixture, LS_RESULT_CONFLICT);
  g_assert_true (ls_row_get_failed (row));
  g_clear_object (&heard.result);
  ls_store_discard_async (fixture->store, listed (fixture, 0)->mid, NULL, result_cb, &heard);
  ls_test_store_settle (fixture);
  g_assert_true (ls_store_discard_finish (fixture->store, heard.result, &error));
  g_assert_false (ls_row_get_failed (row));
  g_assert_cmpuint (ls_store_get_dead_count (fixture->store), ==, 0);
  g_assert_cmpuint (g_list_model_get_n_items (ls_store_get_edits (fixture->store)), ==, 0);

  g_clear_object (&heard.result);
  ls_store_discard_async (fixture->store, edit->mid, NULL, result_cb, &heard);
  ls_test_store_settle (fixture);
  g_assert_false (ls_store_discard_finish (fixture->store, heard.result, &error));
  g_assert_error (error, LS_ERROR, LS_ERROR_CONFLICT);
  heard_clear (fixture, &heard);
}

/* A store knows at its start what the one before it knew at its end. */
static void
test_start (LsTestStore  *fixture,
            gconstpointer data)
{
  Heard heard = { NULL };
  g_autoptr (LsEdit) edit = NULL;
  g_autoptr (LsRow) row = NULL;
  LsPosition position;
  int64_t synced_at;

  ls_test_store_fill (fixture, N_PRODUCTS);
  ls_test_store_settle (fixture);
  g_assert_true (ls_store_get_position (fixture->store, LS_TEST_SHOP, &position, &synced_at));
  g_assert_cmpint (position.version, ==, fixture->version);
  g_assert_cmpint (synced_at, ==, ls_environment_now (LS_ENVIRONMENT (fixture->environment)));
  edit = mutate (fixture, &heard, ls_test_set_integer ("p1", "price", 1), NULL);
  decide (fixture, LS_RESULT_REJECTED);
  g_clear_pointer (&edit, ls_edit_unref);
  edit = mutate (fixture, &heard, ls_test_set_integer ("p2", "price", 4321), NULL);
  heard_clear (fixture, &heard);
  g_assert_finalize_object (fixture->store);
  ls_test_store_settle (fixture);

  fixture->store = ls_store_new (LS_ENVIRONMENT (fixture->environment), fixture->cache);
  g_assert_false (ls_store_get_position (fixture->store, LS_TEST_SHOP, &position, NULL));
  listen (fixture, &heard);
  ls_test_store_settle (fixture);
  g_assert_cmpuint (heard.n_positions, ==, 1);
  g_assert_true (ls_store_get_position (fixture->store, LS_TEST_SHOP, &position, NULL));
  g_assert_cmpint (position.version, ==, fixture->version);
  g_assert_cmpuint (ls_store_get_dead_count (fixture->store), ==, 1);
  g_assert_cmpuint (ls_store_get_pending_count (fixture->store), ==, 1);
  g_assert_cmpint (listed (fixture, 0)->state, ==, LS_EDIT_DEAD);
  g_assert_cmpstr (listed (fixture, 1)->mid, ==, edit->mid);
  row = get_row (fixture, "p1", NULL);
  g_assert_true (ls_row_get_failed (row));
  ls_test_store_apply (fixture, ls_test_store_change (fixture, N_PRODUCTS, 1));
  ls_test_store_settle (fixture);
  g_assert_cmpuint (heard.n_positions, ==, 2);
  heard_clear (fixture, &heard);
}

/* What commits leave behind is tidied up without anybody asking. */
static void
test_upkeep (LsTestStore  *fixture,
             gconstpointer data)
{
  g_autofree char *log_path = g_strconcat (fixture->path, "-wal", NULL);
  g_autoptr (GError) error = NULL;
  GStatBuf before, after;
  bool more = true;

  ls_test_store_fill (fixture, N_PRODUCTS);
  ls_test_store_fill (fixture, N_PRODUCTS);
  ls_test_store_settle (fixture);
  g_assert_true (ls_cache_tidy (fixture->cache, &more, &error));
  g_assert_false (more);
  /* With all of the log in the file, the next commit begins it anew. */
  ls_test_environment_advance (fixture->environment, 2000000);
  g_assert_cmpint (g_stat (log_path, &before), ==, 0);
  ls_test_store_apply (fixture, ls_test_store_change (fixture, N_PRODUCTS, 1));
  g_assert_cmpint (g_stat (log_path, &after), ==, 0);
  g_assert_cmpint (after.st_size, ==, before.st_size);
}

static void
test_keys (LsTestStore  *fixture,
           gconstpointer data)
{
  g_autofree char *a = ls_store_new_key (fixture->store);
  g_autofree char *b = ls_store_new_key (fixture->store);

  g_assert_cmpstr (a, !=, b);
  g_assert_true (ls_key_is_valid (a));
}

/* The same with the threads that ship. */
typedef struct {
  LsCache *cache;
  LsStore *store;
  LsLiveQuery *query;
  LsLiveAggregate *aggregate;
  GPtrArray *records;
  int64_t version;
  unsigned n_edits;
} Threads;

static void
fill_job (gpointer data)
{
  Threads *threads = data;

  ls_test_snapshot (threads->cache, threads->records, 1, 0);
}

static void
delta_job (gpointer data)
{
  Threads *threads = data;

  for (int i = 0; i < 20; i++)
    {
      g_autoptr (LsMessage) delta = ls_test_delta (threads->version, threads->version + 1);
      g_autofree char *key = g_strdup_printf ("p%d", i);

      threads->version++;
      ls_test_delta_take (delta, threads->version,
                          ls_test_set_integer (key, "price", threads->version), NULL);
      g_assert_true (ls_cache_apply_delta (threads->cache, delta, NULL));
    }
}

static bool
is_loaded (gpointer user_data)
{
  Threads *threads = user_data;

  return g_list_model_get_n_items (G_LIST_MODEL (threads->query)) == N_PRODUCTS &&
         !ls_live_aggregate_get_loading (threads->aggregate);
}

static void
mutated_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  Threads *threads = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (LsEdit) edit = ls_store_mutate_finish (LS_STORE (source), result, &error);

  g_assert_no_error (error);
  threads->n_edits++;
}

static bool
is_done (gpointer user_data)
{
  Threads *threads = user_data;
  LsPosition position;

  return ls_store_get_position (threads->store, LS_TEST_SHOP, &position, NULL) &&
         position.version == 401 && threads->n_edits == 10 &&
         ls_live_aggregate_get_value (threads->aggregate, 0, 0) == N_PRODUCTS;
}

static void
test_threads (void)
{
  g_autoptr (LsTestDir) dir = ls_test_dir_new ();
  g_autofree char *path = ls_test_dir_file (dir, "cache.db");
  g_autoptr (LsEnvironment) environment = ls_system_environment_new ();
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);
  LsOrder order = { ls_test_field (products, "price"), true };
  LsAggregateTerm count = { LS_AGGREGATE_COUNT, 0 };
  Threads threads = { .version = 1 };

  threads.records = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_record_unref);
  for (int i = 0; i < N_PRODUCTS; i++)
    {
      g_autofree char *key = g_strdup_printf ("p%d", i);

      g_ptr_array_add (threads.records, ls_test_product (key, "Name", i, i));
    }
  threads.cache = ls_test_cache (environment, path);
  threads.store = ls_store_new (environment, threads.cache);
  threads.query = ls_store_query (threads.store, LS_TEST_SHOP, products, NULL, &order, 1);
  threads.aggregate =
      ls_store_aggregate (threads.store, LS_TEST_SHOP, products, NULL, NULL, 0, &count, 1);
  ls_environment_post (environment, ls_cache_get_queue (threads.cache), fill_job, &threads, NULL);
  ls_test_wait (is_loaded, &threads);
  for (int i = 0; i < 20; i++)
    {
      ls_environment_post (environment, ls_cache_get_queue (threads.cache), delta_job, &threads,
                           NULL);
      if (i % 2 == 0)
        {
          g_autofree char *key = g_strdup_printf ("p%d", i);
          g_autoptr (GPtrArray) changes =
              ls_test_changes (ls_test_add (key, "stock", 1), NULL);

          ls_store_mutate_async (threads.store, LS_TEST_SHOP, changes, NULL, mutated_cb, &threads);
        }
      ls_live_query_set_viewport (threads.query, (unsigned) i, (unsigned) i + 10);
    }
  ls_test_wait (is_done, &threads);
  for (unsigned i = 0; i < N_PRODUCTS; i++)
    g_assert_cmpint (ls_live_query_get_id (threads.query, i), !=, 0);
  g_clear_object (&threads.query);
  g_clear_object (&threads.aggregate);
  g_clear_object (&threads.store);
  ls_environment_stop (environment);
  g_assert_finalize_object (threads.cache);
  g_ptr_array_unref (threads.records);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) \
  g_test_add ("/store/" path, LsTestStore, NULL, ls_test_store_set_up, func, \
              ls_test_store_tear_down)
  ADD ("mutate", test_mutate);
  ADD ("refused", test_refused);
  ADD ("failure", test_failure);
  ADD ("start", test_start);
  ADD ("upkeep", test_upkeep);
  ADD ("keys", test_keys);
#undef ADD
  g_test_add_func ("/store/threads", test_threads);
  return g_test_run ();
}
