/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "client/ls-live-aggregate.h"
#include "ls-test-store.h"

#define N_PRODUCTS 300
#define N_ROUNDS 50

static const LsCollection *
products (void)
{
  return ls_schema_collection (LS_PRODUCTS);
}

static unsigned
field (const char *name)
{
  return ls_test_field (products (), name);
}

typedef struct {
  const char *name;
  const char *groups[2];
  size_t n_groups;
  bool filtered;
} Case;

static const Case cases[] = {
  { "one-group", { NULL }, 0, false },
  { "one-group-filtered", { NULL }, 0, true },
  { "by-status", { "status" }, 1, true },
  { "by-category", { "category" }, 1, false }, /* with NULL among them */
  { "by-two", { "status", "price" }, 2, false },
};

static const char *const term_fields[] = { "name", "stock", "stock", "stock", "price", "name" };
static const LsAggregateFunction functions[] = {
  LS_AGGREGATE_COUNT, LS_AGGREGATE_SUM, LS_AGGREGATE_MIN,
  LS_AGGREGATE_MAX,   LS_AGGREGATE_AVERAGE, LS_AGGREGATE_DISTINCT,
};

static LsFilter *
cheap (void)
{
  return ls_filter_new_compare (products (), field ("price"), LS_FILTER_LESS, ls_value_integer (30));
}

static bool
in_group (LsLiveAggregate *aggregate,
          const Case      *test,
          unsigned         group,
          const LsRecord  *record)
{
  for (unsigned i = 0; i < test->n_groups; i++)
    if (!ls_value_equal (ls_live_aggregate_get_group (aggregate, group, i),
                         ls_record_get (record, field (test->groups[i]))))
      return false;
  return true;
}

/* What a term is over some rows, straight from its definition. */
static int64_t
compute (GPtrArray *rows,
         size_t     term)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  int64_t sum = 0, count = 0, least = INT64_MAX, greatest = INT64_MIN;

  for (unsigned i = 0; i < rows->len; i++)
    {
      const LsValue *value = ls_record_get (g_ptr_array_index (rows, i), field (term_fields[term]));
      int64_t number = ls_value_get_integer (value, 0);

      if (value->kind == LS_VALUE_NULL)
        continue;
      count++;
      sum += number;
      least = MIN (least, number);
      greatest = MAX (greatest, number);
      if (value->kind == LS_VALUE_TEXT)
        g_hash_table_add (seen, value->text);
    }
  switch (functions[term])
    {
    case LS_AGGREGATE_COUNT:
      return rows->len;
    case LS_AGGREGATE_SUM:
      return sum;
    case LS_AGGREGATE_MIN:
      return count > 0 ? least : 0;
    case LS_AGGREGATE_MAX:
      return count > 0 ? greatest : 0;
    case LS_AGGREGATE_AVERAGE:
      return count > 0 ? (sum >= 0 ? sum / count : -((-sum + count - 1) / count)) : 0;
    case LS_AGGREGATE_DISTINCT:
    default:
      return g_hash_table_size (seen);
    }
}

static GPtrArray *
visible_rows (LsTestStore *fixture,
              LsFilter    *filter)
{
  GPtrArray *rows = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_record_unref);

  for (unsigned i = 0; i < N_PRODUCTS; i++)
    {
      g_autofree char *key = g_strdup_printf ("p%u", i);
      g_autoptr (LsRecord) record =
          ls_cache_get_visible (fixture->cache, LS_TEST_SHOP, products (), key, NULL);

      if (record != NULL && (filter == NULL || ls_filter_matches (filter, record)))
        g_ptr_array_add (rows, g_steal_pointer (&record));
    }
  return rows;
}

static void
assert_right (LsTestStore     *fixture,
              LsLiveAggregate *aggregate,
              const Case      *test,
              LsFilter        *filter)
{
  g_autoptr (GPtrArray) rows = visible_rows (fixture, filter);
  unsigned n_grouped = 0;

  for (unsigned group = 0; group < ls_live_aggregate_get_n_groups (aggregate); group++)
    {
      g_autoptr (GPtrArray) members = g_ptr_array_new ();

      for (unsigned i = 0; i < rows->len; i++)
        if (in_group (aggregate, test, group, g_ptr_array_index (rows, i)))
          g_ptr_array_add (members, g_ptr_array_index (rows, i));
      for (unsigned term = 0; term < G_N_ELEMENTS (functions); term++)
        g_assert_cmpint (ls_live_aggregate_get_value (aggregate, group, term), ==,
                         compute (members, term));
      if (test->n_groups > 0)
        g_assert_cmpuint (members->len, >, 0);
      n_grouped += members->len;
      if (group > 0 && test->n_groups == 1)
        g_assert_cmpint (
            ls_value_compare (ls_live_aggregate_get_group (aggregate, group - 1, 0),
                              ls_live_aggregate_get_group (aggregate, group, 0)), <, 0);
    }
  g_assert_cmpuint (n_grouped, ==, rows->len);
}

static void
test_follows (LsTestStore  *fixture,
              gconstpointer data)
{
  const Case *test = data;
  g_autoptr (LsFilter) filter = test->filtered ? cheap () : NULL;
  LsAggregateTerm terms[G_N_ELEMENTS (functions)];
  unsigned groups[2];
  g_autoptr (LsLiveAggregate) aggregate = NULL;

  for (size_t i = 0; i < G_N_ELEMENTS (functions); i++)
    terms[i] = (LsAggregateTerm) { functions[i], field (term_fields[i]) };
  for (size_t i = 0; i < test->n_groups; i++)
    groups[i] = field (test->groups[i]);
  aggregate = ls_store_aggregate (fixture->store, LS_TEST_SHOP, products (), filter, groups,
                                  test->n_groups, terms, G_N_ELEMENTS (terms));
  g_assert_true (ls_live_aggregate_get_loading (aggregate));
  g_assert_cmpuint (ls_live_aggregate_get_n_groups (aggregate), ==, 0);
  g_assert_cmpint (ls_live_aggregate_get_sequence (aggregate), ==, -1);
  ls_test_store_settle (fixture);
  g_assert_cmpuint (ls_live_aggregate_get_n_groups (aggregate), ==, test->n_groups == 0 ? 1 : 0);
  ls_test_store_fill (fixture, N_PRODUCTS);
  for (int round = 0; round < N_ROUNDS; round++)
    {
      ls_test_store_apply (fixture,
                           ls_test_store_change (fixture, N_PRODUCTS,
                                                 1 + (unsigned) g_rand_int_range (fixture->rand, 0, 40)));
      if (g_rand_int_range (fixture->rand, 0, 20) == 0)
        ls_test_store_fill (fixture, N_PRODUCTS);
      if (g_rand_boolean (fixture->rand))
        continue;
      ls_test_store_settle (fixture);
      g_assert_false (ls_live_aggregate_get_stale (aggregate));
      g_assert_cmpint (ls_live_aggregate_get_sequence (aggregate), ==,
                       ls_cache_get_sequence (fixture->cache));
      assert_right (fixture, aggregate, test, filter);
    }
}

typedef struct {
  LsLiveQuery *query;
  LsLiveAggregate *aggregate;
  unsigned n_checks;
} Pair;

static void
committed_cb (LsStore       *store,
              LsCacheCommit *commit,
              gpointer       user_data)
{
  Pair *pair = user_data;

  if (ls_live_aggregate_get_stale (pair->aggregate) || ls_live_query_get_stale (pair->query))
    return;
  g_assert_cmpint (ls_live_aggregate_get_value (pair->aggregate, 0, 0), ==,
                   g_list_model_get_n_items (G_LIST_MODEL (pair->query)));
  pair->n_checks++;
}

/* A number and the list under it are of one moment. */
static void
test_agrees_with_list (LsTestStore  *fixture,
                       gconstpointer data)
{
  g_autoptr (LsFilter) filter = cheap ();
  LsAggregateTerm count = { LS_AGGREGATE_COUNT, 0 };
  Pair pair = { NULL, NULL, 0 };

  ls_test_store_fill (fixture, N_PRODUCTS);
  pair.query = ls_store_query (fixture->store, LS_TEST_SHOP, products (), filter, NULL, 0);
  pair.aggregate =
      ls_store_aggregate (fixture->store, LS_TEST_SHOP, products (), filter, NULL, 0, &count, 1);
  ls_test_store_settle (fixture);
  g_signal_connect (fixture->store, "committed", G_CALLBACK (committed_cb), &pair);
  for (int i = 0; i < 60; i++)
    {
      ls_test_store_apply (fixture, ls_test_store_change (fixture, N_PRODUCTS, 7));
      if (i % 2 == 0)
        ls_test_store_settle (fixture);
    }
  g_assert_cmpuint (pair.n_checks, >, 0);
  g_signal_handlers_disconnect_by_data (fixture->store, &pair);
  g_object_unref (pair.query);
  g_object_unref (pair.aggregate);
}

static void
count_cb (LsLiveAggregate *aggregate,
          gpointer         user_data)
{
  ++*(unsigned *) user_data;
}

/* Changes of fields that nobody looks at tell nothing; another filter tells its own numbers. */
static void
test_other_filter (LsTestStore  *fixture,
                   gconstpointer data)
{
  LsAggregateTerm count = { LS_AGGREGATE_COUNT, 0 };
  g_autoptr (LsFilter) filter = cheap ();
  g_autoptr (LsFilter) other = ls_filter_new_compare (
      products (), field ("stock"), LS_FILTER_GREATER, ls_value_integer (100));
  g_autoptr (LsLiveAggregate) aggregate = NULL;
  g_autoptr (GPtrArray) rows = NULL;
  LsMessage *delta;
  unsigned n_changed = 0;

  ls_test_store_fill (fixture, N_PRODUCTS);
  aggregate =
      ls_store_aggregate (fixture->store, LS_TEST_SHOP, products (), filter, NULL, 0, &count, 1);
  ls_test_store_settle (fixture);
  g_signal_connect (aggregate, "changed", G_CALLBACK (count_cb), &n_changed);
  delta = ls_test_delta (fixture->version, fixture->version + 1);
  ls_test_delta_take (delta, ++fixture->version, ls_test_set_integer ("p1", "stock", 12345), NULL);
  ls_test_store_apply (fixture, delta);
  ls_test_store_settle (fixture);
  g_assert_cmpuint (n_changed, ==, 0);
  ls_live_aggregate_set_filter (aggregate, other);
  g_assert_true (ls_live_aggregate_get_loading (aggregate));
  ls_test_store_settle (fixture);
  g_assert_false (ls_live_aggregate_get_loading (aggregate));
  g_assert_cmpuint (n_changed, ==, 1);
  rows = visible_rows (fixture, other);
  g_assert_cmpint (ls_live_aggregate_get_value (aggregate, 0, 0), ==, rows->len);
}

static void
set_price (LsTestStore *fixture,
           int64_t      price)
{
  LsMessage *delta = ls_test_delta (fixture->version, fixture->version + 1);

  ls_test_delta_take (delta, ++fixture->version, ls_test_set_integer ("p1", "price", price), NULL);
  ls_test_store_apply (fixture, delta);
  ls_test_store_settle (fixture);
}

/* A group that its last row has left is gone, also where nothing is read anew for a minimum. */
static void
test_group_goes (LsTestStore  *fixture,
                 gconstpointer data)
{
  LsAggregateTerm count = { LS_AGGREGATE_COUNT, 0 };
  unsigned price = field ("price");
  g_autoptr (LsLiveAggregate) aggregate = NULL;
  unsigned n_groups;

  ls_test_store_fill (fixture, N_PRODUCTS);
  aggregate =
      ls_store_aggregate (fixture->store, LS_TEST_SHOP, products (), NULL, &price, 1, &count, 1);
  set_price (fixture, 777777);
  n_groups = ls_live_aggregate_get_n_groups (aggregate);
  g_assert_cmpint (ls_live_aggregate_get_group (aggregate, n_groups - 1, 0)->integer, ==, 777777);
  g_assert_cmpint (ls_live_aggregate_get_value (aggregate, n_groups - 1, 0), ==, 1);
  set_price (fixture, 888888);
  g_assert_cmpuint (ls_live_aggregate_get_n_groups (aggregate), ==, n_groups);
  g_assert_cmpint (ls_live_aggregate_get_group (aggregate, n_groups - 1, 0)->integer, ==, 888888);
  g_assert_cmpint (ls_live_aggregate_get_group (aggregate, n_groups - 2, 0)->integer, <, 777777);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/live-aggregate/follows/", cases[i].name, NULL);

      g_test_add (path, LsTestStore, &cases[i], ls_test_store_set_up, test_follows,
                  ls_test_store_tear_down);
    }
#define ADD(path, func) \
  g_test_add ("/live-aggregate/" path, LsTestStore, NULL, ls_test_store_set_up, func, \
              ls_test_store_tear_down)
  ADD ("agrees-with-list", test_agrees_with_list);
  ADD ("other-filter", test_other_filter);
  ADD ("group-goes", test_group_goes);
#undef ADD
  return g_test_run ();
}
