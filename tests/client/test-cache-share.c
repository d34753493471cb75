/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "client/ls-edit-item.h"
#include "client/ls-live-query.h"
#include "core/ls-error.h"
#include "ls-test-store.h"

/* A second process on one cache: it reads, and takes over when the first one is gone. */

#define SECOND ((int64_t) G_USEC_PER_SEC)

/* The first is the fixture's; the second has an environment of its own, as a process would. */
typedef struct {
  LsTestStore first;
  LsTestEnvironment *environment;
  LsStore *store;
  LsLiveQuery *query;
  unsigned n_changes;
} Fixture;

static LsStore *
open_second (Fixture *fixture)
{
  GError *error = NULL;
  g_autoptr (LsCache) cache =
      ls_cache_open_shared (LS_ENVIRONMENT (fixture->environment), fixture->first.path,
                            ls_cache_get_collation (fixture->first.cache), &error);

  g_assert_no_error (error);
  return ls_store_new (LS_ENVIRONMENT (fixture->environment), cache);
}

static void
settle (Fixture *fixture)
{
  ls_test_store_settle (&fixture->first);
  while (ls_test_environment_run (fixture->environment) > 0 || g_main_context_iteration (NULL, FALSE))
    ;
}

/* Lets the second look once. */
static void
look (Fixture *fixture)
{
  settle (fixture);
  ls_test_environment_advance (fixture->environment, SECOND);
  settle (fixture);
}

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  ls_test_store_set_up (&fixture->first, NULL);
  ls_test_store_fill (&fixture->first, 20);
  fixture->environment = ls_test_environment_new (7);
  fixture->store = open_second (fixture);
  fixture->query = ls_store_query (fixture->store, LS_TEST_SHOP, ls_schema_collection (LS_PRODUCTS),
                                   NULL, NULL, 0);
  settle (fixture);
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  g_clear_object (&fixture->query);
  g_clear_object (&fixture->store);
  settle (fixture);
  ls_test_environment_advance (fixture->environment, 2 * SECOND);
  settle (fixture);
  g_assert_finalize_object (fixture->environment);
  if (fixture->first.cache != NULL)
    ls_test_store_tear_down (&fixture->first, NULL);
}

/* The first process is gone. */
static void
end_first (Fixture *fixture)
{
  char *path = g_strdup (fixture->first.path);

  g_clear_object (&fixture->first.store);
  ls_test_store_settle (&fixture->first);
  ls_cache_close (fixture->first.cache);
  g_free (path);
}

static int64_t
price_of (Fixture    *fixture,
          const char *key)
{
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);

  for (unsigned i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (fixture->query)); i++)
    {
      g_autoptr (LsRow) row = g_list_model_get_item (G_LIST_MODEL (fixture->query), i);
      LsRecord *record;

      ls_row_get_record (row);
      settle (fixture);
      record = ls_row_get_record (row);
      g_assert_nonnull (record);
      if (g_str_equal (ls_record_get_key (record), key))
        return ls_record_get_integer (record, ls_test_field (products, "price"), -1);
    }
  return -2;
}

static void
set_price (Fixture *fixture,
           int64_t  price)
{
  int64_t version = fixture->first.version;
  LsMessage *delta = ls_test_delta (version, version + 1);

  fixture->first.version++;
  ls_test_delta_take (delta, version + 1, ls_test_set_integer ("p3", "price", price), "theirs");
  ls_test_store_apply (&fixture->first, delta);
}

static void
mutated_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  GError **error = user_data;
  g_autoptr (LsEdit) edit = ls_store_mutate_finish (LS_STORE (source), result, error);

  g_assert_true ((edit == NULL) == (*error != NULL));
}

static void
mutate (Fixture  *fixture,
        LsStore  *store,
        int64_t   price,
        GError  **error)
{
  g_autoptr (GPtrArray) changes =
      ls_test_changes (ls_test_set_integer ("p3", "price", price), NULL);

  ls_store_mutate_async (store, LS_TEST_SHOP, changes, NULL, mutated_cb, error);
  settle (fixture);
}

static void
test_reads (Fixture      *fixture,
            gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (ls_store_get_read_only (fixture->store));
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (fixture->query)), ==, 20);
  mutate (fixture, fixture->store, 5, &error);
  /* At once: to try it again would not help. */
  g_assert_error (error, LS_ERROR, LS_ERROR_FORBIDDEN);
  g_assert_nonnull (strstr (error->message, "another Lockstep process"));
}

static void
test_follows (Fixture      *fixture,
              gconstpointer data)
{
  LsMessage *delta;
  LsPosition position;

  for (int64_t price = 100; price < 105; price++)
    {
      set_price (fixture, price);
      look (fixture);
      g_assert_cmpint (price_of (fixture, "p3"), ==, price);
      g_assert_true (ls_store_get_position (fixture->store, LS_TEST_SHOP, &position, NULL));
      g_assert_cmpint (position.version, ==, fixture->first.version);
    }
  delta = ls_test_delta (fixture->first.version, fixture->first.version + 1);
  ls_test_delta_take (delta, ++fixture->first.version, ls_test_del ("p3"), "theirs");
  ls_test_store_apply (&fixture->first, delta);
  look (fixture);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (fixture->query)), ==, 19);
}

/* A query that is opened between two looks, while the first process goes on, is right at once, and
 * stays so. */
static void
test_new_query (Fixture      *fixture,
                gconstpointer data)
{
  set_price (fixture, 200);
  g_clear_object (&fixture->query);
  fixture->query = ls_store_query (fixture->store, LS_TEST_SHOP, ls_schema_collection (LS_PRODUCTS),
                                   NULL, NULL, 0);
  settle (fixture);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (fixture->query)), ==, 20);
  set_price (fixture, 201);
  settle (fixture);
  look (fixture);
  g_assert_cmpint (price_of (fixture, "p3"), ==, 201);
}

/* Its edits are listed there too, and go when they are decided. */
static void
test_edits (Fixture      *fixture,
            gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  GListModel *edits = ls_store_get_edits (fixture->store);

  mutate (fixture, fixture->first.store, 77, &error);
  g_assert_no_error (error);
  look (fixture);
  g_assert_cmpuint (g_list_model_get_n_items (edits), ==, 1);
  g_assert_cmpuint (ls_store_get_pending_count (fixture->store), ==, 1);
  g_assert_cmpint (price_of (fixture, "p3"), ==, 77);
  {
    g_autoptr (LsEditItem) item = g_list_model_get_item (edits, 0);

    ls_cache_discard_edit (fixture->first.cache, ls_edit_item_get_edit (item)->mid, &error);
    g_assert_no_error (error);
  }
  look (fixture);
  g_assert_cmpuint (g_list_model_get_n_items (edits), ==, 0);
  g_assert_cmpuint (ls_store_get_pending_count (fixture->store), ==, 0);
}

static void
count_cb (unsigned *count)
{
  (*count)++;
}

static void
test_takes_over (Fixture      *fixture,
                 gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  unsigned told = 0;

  g_signal_connect_swapped (fixture->store, "notify::read-only", G_CALLBACK (count_cb), &told);
  mutate (fixture, fixture->first.store, 300, &error);
  g_assert_no_error (error);
  look (fixture);
  g_assert_true (ls_store_get_read_only (fixture->store));
  end_first (fixture);
  look (fixture);
  g_assert_false (ls_store_get_read_only (fixture->store));
  g_assert_cmpuint (told, ==, 1);
  /* What it left is here, and from now on commits are told one by one. */
  g_assert_cmpuint (ls_store_get_pending_count (fixture->store), ==, 1);
  g_assert_cmpint (price_of (fixture, "p3"), ==, 300);
  for (int64_t price = 400; price < 405; price++)
    {
      mutate (fixture, fixture->store, price, &error);
      g_assert_no_error (error);
      g_assert_cmpint (price_of (fixture, "p3"), ==, price);
    }
}

/* Only one of those that wait gets it. */
static void
test_third (Fixture      *fixture,
            gconstpointer data)
{
  LsStore *third = open_second (fixture);

  settle (fixture);
  end_first (fixture);
  look (fixture);
  look (fixture);
  g_assert_true (ls_store_get_read_only (third) != ls_store_get_read_only (fixture->store));
  g_object_unref (third);
  settle (fixture);
}

int
main (int    argc,
      char **argv)
{
  static const struct {
    const char *name;
    void (*test) (Fixture *fixture, gconstpointer data);
  } tests[] = {
    { "reads", test_reads }, { "follows", test_follows },       { "new-query", test_new_query },
    { "edits", test_edits }, { "takes-over", test_takes_over }, { "third", test_third },
  };

  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strconcat ("/cache-share/", tests[i].name, NULL);

      g_test_add (path, Fixture, NULL, set_up, tests[i].test, tear_down);
    }
  return g_test_run ();
}
