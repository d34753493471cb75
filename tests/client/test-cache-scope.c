/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "client/ls-cache-scope.h"
#include "core/ls-calendar.h"
#include "ls-test-cache.h"

/* The part of a shop that the cache holds. */

#define BIT(collection) (UINT32_C (1) << (collection))
#define ORDER_PARTS (BIT (LS_ORDERS) | BIT (LS_ORDER_ITEMS) | BIT (LS_PAYMENTS) | BIT (LS_REFUNDS))

static const LsCollection *
orders (void)
{
  return ls_schema_collection (LS_ORDERS);
}

static uint32_t
this_month (LsTestCache *fixture)
{
  return ls_digest_day_bucket (ls_environment_now (fixture->environment) / LS_USEC_PER_DAY);
}

/* A row of the fourth of a month. */
static LsRecord *
make_row (LsTestCache   *fixture,
          LsCollectionId id,
          const char    *key,
          unsigned       months_ago)
{
  const LsCollection *collection = ls_schema_collection (id);
  LsRecord *record = ls_record_new (collection, key);
  int64_t month = (int64_t) this_month (fixture) - 1 - months_ago;

  ls_record_set_integer (record, (unsigned) collection->day_field,
                         ls_calendar_month_start (month) + 3);
  if (id == LS_ORDERS)
    ls_record_set_integer (record, ls_test_field (collection, "tax"), 7);
  return record;
}

/* Orders of this month, of two and of five months ago, each with an item, and an activity. */
static GPtrArray *
all_rows (LsTestCache *fixture)
{
  GPtrArray *rows = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_record_unref);
  static const unsigned ages[] = { 0, 2, 5 };

  for (unsigned i = 0; i < G_N_ELEMENTS (ages); i++)
    {
      g_autofree char *order = g_strdup_printf ("o%u", ages[i]);
      g_autofree char *item = g_strdup_printf ("i%u", ages[i]);

      g_ptr_array_add (rows, make_row (fixture, LS_ORDERS, order, ages[i]));
      g_ptr_array_add (rows, make_row (fixture, LS_ORDER_ITEMS, item, ages[i]));
    }
  g_ptr_array_add (rows, make_row (fixture, LS_ACTIVITY, "a0", 0));
  return rows;
}

static void
set_up (LsTestCache  *fixture,
        gconstpointer data)
{
  g_autoptr (GPtrArray) rows = NULL;

  ls_test_cache_set_up (fixture, data);
  rows = all_rows (fixture);
  ls_test_snapshot (fixture->cache, rows, 10, 0);
}

static void
choose (LsTestCache *fixture,
        unsigned     months,
        uint32_t     off)
{
  LsScopeChoice choice = { months, off };
  g_autoptr (GError) error = NULL;

  ls_cache_set_scope (fixture->cache, LS_TEST_SHOP, &choice, &error);
  g_assert_no_error (error);
}

static uint32_t
lacking (LsTestCache *fixture,
         LsScope     *ret_wanted)
{
  uint32_t mask;

  ls_cache_get_scope (fixture->cache, LS_TEST_SHOP, ret_wanted, &mask);
  return mask;
}

static void
tidy (LsTestCache *fixture)
{
  g_autoptr (GError) error = NULL;
  bool more = true;

  while (more)
    ls_cache_tidy (fixture->cache, &more, &error);
  g_assert_no_error (error);
}

static bool
is_there (LsTestCache   *fixture,
          LsCollectionId collection,
          const char    *key)
{
  g_autoptr (LsRecord) record =
      ls_cache_get_visible (fixture->cache, LS_TEST_SHOP, ls_schema_collection (collection), key, NULL);

  return record != NULL;
}

/* The digest against rows counted by hand. */
static void
assert_digest (LsTestCache   *fixture,
               LsCollectionId collection,
               const char    *ages)
{
  LsDigestSum sum, expected = { 0, 0 };
  g_autoptr (GError) error = NULL;

  for (const char *age = ages; *age != '\0'; age++)
    {
      g_autofree char *key = g_strdup_printf ("%c%c", collection == LS_ORDERS ? 'o' : 'i', *age);
      g_autoptr (LsRecord) record =
          make_row (fixture, collection, key, (unsigned) (*age - '0'));

      expected.count++;
      expected.hash ^= ls_digest_record (record, UINT64_MAX);
    }
  ls_cache_get_digest (fixture->cache, LS_TEST_SHOP, ls_schema_collection (collection), &sum, &error);
  g_assert_no_error (error);
  g_assert_cmpint (sum.count, ==, expected.count);
  g_assert_cmpuint (sum.hash, ==, expected.hash);
}

/* Applies one version. Takes @change. */
static void
apply (LsTestCache *fixture,
       int64_t      version,
       LsChange    *change)
{
  LsMessage *delta = ls_test_delta (version - 1, version);

  ls_test_delta_take (delta, version, change, NULL);
  ls_test_cache_apply (fixture, delta, -1);
}

static LsChange *
set_tax (const char *key,
         int64_t     tax)
{
  LsChange *change = ls_change_new (LS_CHANGE_SET, orders (), key);

  ls_change_take_set (change, ls_test_field (orders (), "tax"), ls_value_integer (tax));
  return change;
}

static LsChange *
put_order (LsTestCache *fixture,
           const char  *key,
           unsigned     months_ago)
{
  g_autoptr (LsRecord) record = make_row (fixture, LS_ORDERS, key, months_ago);

  return ls_change_new_put (record);
}

/* What is not wanted counts at once for nothing, and is gone soon; the parts of orders go with them.
 * What comes of it later is dropped. */
static void
test_narrow (LsTestCache  *fixture,
             gconstpointer data)
{
  LsScope wanted;

  assert_digest (fixture, LS_ORDERS, "025");
  choose (fixture, 3, 0);
  g_assert_cmpuint (lacking (fixture, &wanted), ==, 0);
  g_assert_cmpuint (wanted.since[LS_ORDERS], ==, this_month (fixture) - 3);
  g_assert_cmpuint (wanted.since[LS_DAILY_SALES], ==, 0);
  g_assert_cmpuint (ls_cache_get_since (fixture->cache, LS_TEST_SHOP, orders ()), ==,
                    this_month (fixture) - 3);
  assert_digest (fixture, LS_ORDERS, "02");
  assert_digest (fixture, LS_ORDER_ITEMS, "02");
  g_assert_true (ls_test_cache_last (fixture)->untidy);
  tidy (fixture);
  g_assert_false (is_there (fixture, LS_ORDERS, "o5"));
  g_assert_false (is_there (fixture, LS_ORDER_ITEMS, "i5"));
  g_assert_true (is_there (fixture, LS_ORDERS, "o2"));
  g_assert_true (is_there (fixture, LS_ACTIVITY, "a0"));

  ls_test_cache_reopen (fixture);
  assert_digest (fixture, LS_ORDERS, "02");
  apply (fixture, 11, set_tax ("o5", 9));
  apply (fixture, 12, put_order (fixture, "o6", 6));
  apply (fixture, 13, ls_change_new (LS_CHANGE_DEL, orders (), "o5"));
  apply (fixture, 14, put_order (fixture, "o3", 3));
  g_assert_false (is_there (fixture, LS_ORDERS, "o5"));
  g_assert_false (is_there (fixture, LS_ORDERS, "o6"));
  assert_digest (fixture, LS_ORDERS, "023");
  /* One that was held, in a delta of before the server heard of it: it goes, too. */
  g_assert_false (ls_test_cache_last (fixture)->untidy);
  apply (fixture, 15, put_order (fixture, "o3", 6));
  assert_digest (fixture, LS_ORDERS, "02");
  g_assert_true (ls_test_cache_last (fixture)->untidy);
  tidy (fixture);
  g_assert_false (is_there (fixture, LS_ORDERS, "o3"));
}

static LsEdit *
edit_tax (LsTestCache *fixture,
          const char  *key)
{
  g_autoptr (GPtrArray) changes = ls_test_changes (set_tax (key, 9), NULL);
  g_autoptr (GError) error = NULL;
  LsEdit *edit = ls_cache_add_edit (fixture->cache, LS_TEST_SHOP, "mid-1", changes, &error);

  g_assert_no_error (error);
  return edit;
}

/* A row under an edit stays until the edit is through; the edit in any case. */
static void
test_pending (LsTestCache  *fixture,
              gconstpointer data)
{
  g_autoptr (LsEdit) edit = edit_tax (fixture, "o5");
  g_autoptr (GPtrArray) numbered = NULL;
  g_autoptr (LsMessage) result = NULL;
  LsMessage *delta;
  g_autoptr (GError) error = NULL;

  choose (fixture, 3, 0);
  tidy (fixture);
  g_assert_true (is_there (fixture, LS_ORDERS, "o5"));
  g_assert_false (is_there (fixture, LS_ORDER_ITEMS, "i5"));
  assert_digest (fixture, LS_ORDERS, "02");
  ls_test_cache_reopen (fixture);
  g_assert_true (is_there (fixture, LS_ORDERS, "o5"));

  numbered = ls_cache_number_edits (fixture->cache, LS_TEST_SHOP, 5, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (numbered->len, ==, 1);
  delta = ls_test_delta (10, 11);
  ls_test_delta_take (delta, 11, set_tax ("o5", 9), "mid-1");
  ls_test_cache_apply (fixture, delta, -1);
  result = ls_test_result (g_ptr_array_index (numbered, 0), LS_RESULT_APPLIED, 11);
  ls_cache_apply_result (fixture->cache, result, NULL, &error);
  g_assert_no_error (error);
  tidy (fixture);
  g_assert_false (is_there (fixture, LS_ORDERS, "o5"));
  assert_digest (fixture, LS_ORDERS, "02");
}

/* More comes by a snapshot. Until that is whole the old rows stay, even if the process is killed. */
static void
test_widen (LsTestCache  *fixture,
            gconstpointer data)
{
  g_autoptr (GPtrArray) rows = all_rows (fixture);
  LsPosition position = ls_test_position (10);
  g_autoptr (GError) error = NULL;
  LsScope wanted;

  choose (fixture, 3, 0);
  tidy (fixture);
  choose (fixture, 0, 0);
  g_assert_cmpuint (lacking (fixture, &wanted), ==, ORDER_PARTS | BIT (LS_ACTIVITY));
  assert_digest (fixture, LS_ORDERS, "02");
  ls_cache_begin_snapshot (fixture->cache, LS_TEST_SHOP, ORDER_PARTS, &wanted, &error);
  ls_test_cache_reopen (fixture);
  g_assert_cmpuint (lacking (fixture, &wanted), ==, ORDER_PARTS | BIT (LS_ACTIVITY));
  assert_digest (fixture, LS_ORDERS, "02");

  /* Changes of months that are not held yet come for the rows that are on their way. */
  ls_cache_begin_snapshot (fixture->cache, LS_TEST_SHOP, ORDER_PARTS | BIT (LS_ACTIVITY), &wanted,
                           &error);
  apply (fixture, 11, put_order (fixture, "o7", 7));
  apply (fixture, 12, ls_change_new (LS_CHANGE_DEL, orders (), "o5"));
  g_assert_false (is_there (fixture, LS_ORDERS, "o7"));
  ls_cache_add_snapshot_rows (fixture->cache, LS_TEST_SHOP, rows, &error);
  g_assert_no_error (error);
  ls_cache_finish_snapshot (fixture->cache, LS_TEST_SHOP, &position,
                            ls_view_get_total_hash (ls_view_full ()), 0, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (lacking (fixture, &wanted), ==, 0);
  assert_digest (fixture, LS_ORDERS, "027");
  assert_digest (fixture, LS_ORDER_ITEMS, "025");
}

/* What is wanted when rows have come counts, not what was when they were asked for. */
static void
test_narrow_meanwhile (LsTestCache  *fixture,
                       gconstpointer data)
{
  g_autoptr (GPtrArray) rows = all_rows (fixture);
  LsPosition position = ls_test_position (10);
  g_autoptr (GError) error = NULL;
  LsScope whole;

  ls_scope_init (&whole);
  ls_cache_begin_snapshot (fixture->cache, LS_TEST_SHOP, UINT32_MAX, &whole, &error);
  ls_cache_add_snapshot_rows (fixture->cache, LS_TEST_SHOP, rows, &error);
  choose (fixture, 1, BIT (LS_ACTIVITY));
  ls_cache_finish_snapshot (fixture->cache, LS_TEST_SHOP, &position,
                            ls_view_get_total_hash (ls_view_full ()), 0, &error);
  g_assert_no_error (error);
  assert_digest (fixture, LS_ORDERS, "0");
  tidy (fixture);
  g_assert_false (is_there (fixture, LS_ORDERS, "o2"));
  g_assert_false (is_there (fixture, LS_ACTIVITY, "a0"));
}

static void
test_off (LsTestCache  *fixture,
          gconstpointer data)
{
  g_autoptr (LsRecord) activity = make_row (fixture, LS_ACTIVITY, "a1", 0);
  LsScope wanted;

  /* What others are made of can't be done without. */
  choose (fixture, 0, BIT (LS_ACTIVITY) | BIT (LS_ORDERS));
  g_assert_cmpuint (lacking (fixture, &wanted), ==, 0);
  g_assert_cmpuint (wanted.since[LS_ACTIVITY], ==, LS_SCOPE_NOTHING);
  g_assert_cmpuint (wanted.since[LS_ORDERS], ==, 0);
  g_assert_false (is_there (fixture, LS_ACTIVITY, "a0"));
  apply (fixture, 11, ls_change_new_put (activity));
  g_assert_false (is_there (fixture, LS_ACTIVITY, "a1"));
  ls_test_cache_reopen (fixture);
  g_assert_cmpuint (lacking (fixture, &wanted), ==, 0);
  choose (fixture, 0, 0);
  g_assert_cmpuint (lacking (fixture, &wanted), ==, BIT (LS_ACTIVITY));
}

/* A new month lets the oldest go. */
static void
test_next_month (LsTestCache  *fixture,
                 gconstpointer data)
{
  uint32_t before = this_month (fixture);
  g_autoptr (GError) error = NULL;
  int64_t sequence;

  choose (fixture, 2, 0);
  sequence = ls_cache_get_sequence (fixture->cache);
  ls_cache_keep_scope (fixture->cache, LS_TEST_SHOP, &error);
  g_assert_no_error (error);
  g_assert_cmpint (ls_cache_get_sequence (fixture->cache), ==, sequence);
  ls_test_environment_advance (LS_TEST_ENVIRONMENT (fixture->environment), 31 * LS_USEC_PER_DAY);
  g_assert_cmpuint (this_month (fixture), ==, before + 1);
  ls_cache_keep_scope (fixture->cache, LS_TEST_SHOP, &error);
  g_assert_no_error (error);
  g_assert_cmpint (ls_cache_get_sequence (fixture->cache), ==, sequence + 1);
  tidy (fixture);
  g_assert_false (is_there (fixture, LS_ORDERS, "o2"));
  g_assert_true (is_there (fixture, LS_ORDERS, "o0"));
}

/* The clock is set back while rows come: more months are wanted than the server was told of, and the rows
 * that came of them are not followed. */
static void
test_clock_set_back (LsTestCache  *fixture,
                     gconstpointer data)
{
  g_autoptr (GPtrArray) rows = all_rows (fixture);
  LsPosition position = ls_test_position (10);
  int64_t now = ls_environment_now (fixture->environment);
  g_autoptr (GError) error = NULL;
  LsScope scope;

  choose (fixture, 3, 0);
  g_assert_cmpuint (lacking (fixture, &scope), ==, 0);
  ls_scope_init (&scope);
  ls_cache_begin_snapshot (fixture->cache, LS_TEST_SHOP, UINT32_MAX, &scope, &error);
  ls_cache_add_snapshot_rows (fixture->cache, LS_TEST_SHOP, rows, &error);
  lacking (fixture, &scope);
  ls_test_environment_set_now (LS_TEST_ENVIRONMENT (fixture->environment),
                               now - 31 * LS_USEC_PER_DAY);
  ls_cache_finish_snapshot (fixture->cache, LS_TEST_SHOP, &position,
                            ls_view_get_total_hash (ls_view_full ()), 0, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (ls_cache_get_since (fixture->cache, LS_TEST_SHOP, orders ()), ==,
                    scope.since[LS_ORDERS]);
  g_assert_cmpuint (lacking (fixture, &scope) & ORDER_PARTS, ==, ORDER_PARTS);
}

#define ADD(path, func) \
  g_test_add (path, LsTestCache, NULL, set_up, func, ls_test_cache_tear_down)

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/cache/scope/narrow", test_narrow);
  ADD ("/cache/scope/pending", test_pending);
  ADD ("/cache/scope/widen", test_widen);
  ADD ("/cache/scope/narrow-meanwhile", test_narrow_meanwhile);
  ADD ("/cache/scope/off", test_off);
  ADD ("/cache/scope/next-month", test_next_month);
  ADD ("/cache/scope/clock-set-back", test_clock_set_back);
  return g_test_run ();
}
