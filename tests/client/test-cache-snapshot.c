/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "core/ls-error.h"
#include "ls-test-cache.h"

/* Rows that take the place of others as a whole. */

static const LsCollection *
products (void)
{
  return ls_schema_collection (LS_PRODUCTS);
}

static void
test_is_hidden (LsTestCache   *fixture,
                gconstpointer  data)
{
  g_autoptr (GPtrArray) records = ls_test_cache_two_products ();
  LsPosition position = ls_test_position (20);
  LsCacheCommit *commit;
  bool more = true;
  unsigned before;
  GError *error = NULL;

  ls_test_cache_put_two (fixture);
  before = fixture->commits->len;
  g_ptr_array_set_size (records, 1);
  g_assert_true (ls_cache_begin_snapshot (fixture->cache, LS_TEST_SHOP, UINT32_MAX, NULL, &error));
  g_assert_true (ls_cache_add_snapshot_rows (fixture->cache, LS_TEST_SHOP, records, &error));
  g_assert_cmpint (ls_test_cache_visible (fixture, "b", "price"), ==, 2000);
  g_assert_cmpuint (fixture->commits->len, ==, before);
  g_assert_true (ls_cache_finish_snapshot (fixture->cache, LS_TEST_SHOP, &position, 1, 0, &error));
  g_assert_cmpint (ls_test_cache_visible (fixture, "b", "price"), ==, -2);
  commit = g_ptr_array_index (fixture->commits, before);
  g_assert_cmpuint (commit->changes->len, ==, 0);
  g_assert_cmpuint (commit->reloaded & (1u << LS_PRODUCTS), !=, 0);
  while (more)
    g_assert_true (ls_cache_tidy (fixture->cache, &more, &error));
  ls_test_cache_reopen (fixture);
  g_assert_cmpint (ls_test_cache_visible (fixture, "a", "price"), ==, 1000);
}

static void
test_errors (LsTestCache   *fixture,
             gconstpointer  data)
{
  g_autoptr (GPtrArray) records = ls_test_cache_two_products ();
  LsPosition position = ls_test_position (20);
  bool more = true;
  g_autoptr (GError) error = NULL;

  ls_test_cache_put_two (fixture);
  /* Rows without a beginning, rows of a collection that was not asked for, a key twice. */
  g_assert_false (ls_cache_add_snapshot_rows (fixture->cache, LS_TEST_SHOP, records, &error));
  g_assert_error (error, LS_ERROR, LS_ERROR_PROTOCOL);
  g_clear_error (&error);
  ls_cache_begin_snapshot (fixture->cache, LS_TEST_SHOP, 1u << LS_ORDERS, NULL, NULL);
  g_assert_false (ls_cache_add_snapshot_rows (fixture->cache, LS_TEST_SHOP, records, &error));
  g_assert_error (error, LS_ERROR, LS_ERROR_PROTOCOL);
  g_clear_error (&error);
  ls_cache_begin_snapshot (fixture->cache, LS_TEST_SHOP, 1u << LS_PRODUCTS, NULL, NULL);
  g_ptr_array_add (records, ls_test_product ("c", "Keys", 1, 1));
  g_ptr_array_add (records, ls_test_product ("c", "Keys", 1, 1));
  g_assert_false (ls_cache_add_snapshot_rows (fixture->cache, LS_TEST_SHOP, records, &error) &&
                  ls_cache_finish_snapshot (fixture->cache, LS_TEST_SHOP, &position, 1, 0, &error));
  g_assert_nonnull (error);
  g_clear_error (&error);
  g_assert_false (
      ls_cache_finish_snapshot (fixture->cache, LS_TEST_SHOP, &position, 1, 0, &error));
  g_assert_error (error, LS_ERROR, LS_ERROR_PROTOCOL);
  g_assert_cmpint (ls_test_cache_visible (fixture, "b", "price"), ==, 2000);
  while (more)
    g_assert_true (ls_cache_tidy (fixture->cache, &more, NULL));
  ls_test_cache_apply (fixture, ls_test_cache_price_delta (10, 11, 11, 1), -1);
}

/* Deltas go on while a snapshot of some collections comes: neither is lost. */
static void
test_beside_deltas (LsTestCache   *fixture,
                    gconstpointer  data)
{
  g_autoptr (GPtrArray) records = ls_test_cache_two_products ();
  g_autoptr (LsRecord) fresh = ls_test_product ("n", "New", 9, 9);
  LsPosition position = ls_test_position (11);
  LsMessage *delta = ls_test_cache_price_delta (10, 12, 11, 1);
  g_autoptr (GError) error = NULL;
  int64_t id;

  ls_test_cache_put_two (fixture);
  ls_cache_begin_snapshot (fixture->cache, LS_TEST_SHOP, 1u << LS_PRODUCTS, NULL, NULL);
  ls_cache_add_snapshot_rows (fixture->cache, LS_TEST_SHOP, records, NULL);
  ls_test_delta_take (delta, 12, ls_test_set_integer ("b", "price", 12), NULL);
  ls_test_cache_apply (fixture, delta, -1);
  delta = ls_test_delta (12, 13);
  ls_test_delta_take (delta, 13, ls_change_new_put (fresh), NULL);
  ls_test_cache_apply (fixture, delta, -1);
  id = ls_test_cache_last_change (fixture)->id;
  g_assert_true (
      ls_cache_finish_snapshot (fixture->cache, LS_TEST_SHOP, &position, 1, 0, &error));
  g_assert_no_error (error);
  /* Version 11 is in the snapshot, as it tells it; 12 and 13 came after. */
  g_assert_cmpint (ls_test_cache_visible (fixture, "a", "price"), ==, 1000);
  g_assert_cmpint (ls_test_cache_visible (fixture, "b", "price"), ==, 12);
  g_assert_cmpint (ls_test_cache_visible (fixture, "n", "price"), ==, 9);
  delta = ls_test_delta (13, 14);
  ls_test_delta_take (delta, 14, ls_test_set_integer ("n", "price", 10), NULL);
  ls_test_cache_apply (fixture, delta, -1);
  g_assert_cmpint (ls_test_cache_last_change (fixture)->id, ==, id);
}

/* A snapshot of some collections may be ahead of the shop: deltas pass them by until they meet. */
static void
test_ahead (LsTestCache   *fixture,
            gconstpointer  data)
{
  g_autoptr (GPtrArray) records = ls_test_cache_two_products ();
  LsPosition position = ls_test_position (15);

  ls_test_cache_put_two (fixture);
  g_assert_true (ls_cache_is_comparable (fixture->cache, LS_TEST_SHOP, products ()));
  ls_cache_begin_snapshot (fixture->cache, LS_TEST_SHOP, 1u << LS_PRODUCTS, NULL, NULL);
  ls_cache_add_snapshot_rows (fixture->cache, LS_TEST_SHOP, records, NULL);
  g_assert_true (ls_cache_finish_snapshot (fixture->cache, LS_TEST_SHOP, &position, 1, 0, NULL));
  ls_cache_get_position (fixture->cache, LS_TEST_SHOP, &position, NULL, NULL, NULL);
  g_assert_cmpint (position.version, ==, 10);
  g_assert_false (ls_cache_is_comparable (fixture->cache, LS_TEST_SHOP, products ()));
  ls_test_cache_apply (fixture, ls_test_cache_price_delta (10, 15, 14, 1), -1);
  g_assert_cmpint (ls_test_cache_visible (fixture, "a", "price"), ==, 1000);
  g_assert_true (ls_cache_is_comparable (fixture->cache, LS_TEST_SHOP, products ()));
  ls_test_cache_apply (fixture, ls_test_cache_price_delta (15, 16, 16, 1), -1);
  g_assert_cmpint (ls_test_cache_visible (fixture, "a", "price"), ==, 1);
}

static void
test_of_other_epoch (LsTestCache   *fixture,
                     gconstpointer  data)
{
  g_autoptr (GPtrArray) records = ls_test_cache_two_products ();
  LsPosition position = { "ffffffffffffffffffffffffffffffff", 3, 3 };
  g_autoptr (GError) error = NULL;

  ls_test_cache_put_two (fixture);
  ls_cache_begin_snapshot (fixture->cache, LS_TEST_SHOP, 1u << LS_PRODUCTS, NULL, NULL);
  ls_cache_add_snapshot_rows (fixture->cache, LS_TEST_SHOP, records, NULL);
  g_assert_false (
      ls_cache_finish_snapshot (fixture->cache, LS_TEST_SHOP, &position, 1, 0, &error));
  g_assert_error (error, LS_ERROR, LS_ERROR_PROTOCOL);
  ls_cache_begin_snapshot (fixture->cache, LS_TEST_SHOP, UINT32_MAX, NULL, NULL);
  ls_cache_add_snapshot_rows (fixture->cache, LS_TEST_SHOP, records, NULL);
  g_assert_true (ls_cache_finish_snapshot (fixture->cache, LS_TEST_SHOP, &position, 1, 0, NULL));
  ls_cache_get_position (fixture->cache, LS_TEST_SHOP, &position, NULL, NULL, NULL);
  g_assert_cmpint (position.version, ==, 3);
  g_assert_cmpstr (position.epoch, ==, "ffffffffffffffffffffffffffffffff");
}

/* What of the edits the rows of another epoch have is told as they were counted before; from then on
 * they are counted anew (PROTOCOL rules 9 and 12). */
static void
test_counts_again (LsTestCache   *fixture,
                   gconstpointer  data)
{
  g_autoptr (GPtrArray) records = ls_test_cache_two_products ();
  g_autoptr (GPtrArray) before = NULL;
  g_autoptr (GPtrArray) after = NULL;
  g_autoptr (LsMessage) result = NULL;
  LsPosition position = { "ffffffffffffffffffffffffffffffff", 3, 3 };
  const int amounts[] = { 1, 10, 100, 1000 };
  LsMessage *delta;
  GError *error = NULL;

  ls_test_cache_put_two (fixture);
  for (size_t i = 0; i < G_N_ELEMENTS (amounts); i++)
    {
      g_autofree char *mid = g_strdup_printf ("mid-%d", (int) i);
      g_autoptr (GPtrArray) changes = ls_test_changes (ls_test_add ("a", "stock", amounts[i]), NULL);
      g_autoptr (GPtrArray) sent = NULL;

      ls_edit_unref (ls_cache_add_edit (fixture->cache, LS_TEST_SHOP, mid, changes, &error));
      g_assert_no_error (error);
      sent = ls_cache_number_edits (fixture->cache, LS_TEST_SHOP, 1, &error);
    }
  before = ls_cache_number_edits (fixture->cache, LS_TEST_SHOP, 0, &error);
  g_assert_cmpuint (before->len, ==, 4);
  /* The first is refused, the second is in the rows. */
  result = ls_test_result (g_ptr_array_index (before, 0), LS_RESULT_REJECTED, 10);
  g_assert_true (ls_cache_apply_result (fixture->cache, result, NULL, &error));
  ls_cache_begin_snapshot (fixture->cache, LS_TEST_SHOP, UINT32_MAX, NULL, NULL);
  ls_cache_add_snapshot_rows (fixture->cache, LS_TEST_SHOP, records, NULL);
  g_assert_true (ls_cache_finish_snapshot (fixture->cache, LS_TEST_SHOP, &position, 1, 2, &error));
  g_assert_no_error (error);
  g_assert_cmpint (ls_test_cache_visible (fixture, "a", "stock"), ==, 1105);
  ls_test_cache_reopen (fixture);
  g_assert_cmpint (ls_test_cache_visible (fixture, "a", "stock"), ==, 1105);
  g_assert_cmpint (ls_cache_get_highest_n (fixture->cache, LS_TEST_SHOP, NULL), ==, 3);
  after = ls_cache_number_edits (fixture->cache, LS_TEST_SHOP, 0, &error);
  g_assert_cmpuint (after->len, ==, 3);
  for (unsigned i = 0; i < after->len; i++)
    {
      const LsEdit *edit = g_ptr_array_index (after, i);

      g_assert_cmpint (edit->n, ==, i + 1);
      g_assert_cmpstr (edit->mid, ==, ((LsEdit *) g_ptr_array_index (before, i + 1))->mid);
    }

  /* What comes in this epoch is counted so. */
  delta = ls_test_delta (3, 4);
  delta->delta.done = 2;
  ls_test_delta_take (delta, 4, ls_test_set_integer ("a", "stock", 15), NULL);
  ls_test_cache_apply (fixture, delta, -1);
  g_assert_cmpint (ls_test_cache_visible (fixture, "a", "stock"), ==, 1015);

  /* And so are rows of the same epoch. */
  position.version = 5;
  ls_cache_begin_snapshot (fixture->cache, LS_TEST_SHOP, UINT32_MAX, NULL, NULL);
  ls_cache_add_snapshot_rows (fixture->cache, LS_TEST_SHOP, records, NULL);
  g_assert_true (ls_cache_finish_snapshot (fixture->cache, LS_TEST_SHOP, &position, 1, 3, &error));
  g_assert_cmpint (ls_test_cache_visible (fixture, "a", "stock"), ==, 5);
  g_clear_pointer (&after, g_ptr_array_unref);
  after = ls_cache_number_edits (fixture->cache, LS_TEST_SHOP, 0, &error);
  g_assert_cmpint (((LsEdit *) g_ptr_array_index (after, 2))->n, ==, 3);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) \
  g_test_add ("/cache-snapshot/" path, LsTestCache, NULL, ls_test_cache_set_up, func, \
              ls_test_cache_tear_down)
  ADD ("is-hidden", test_is_hidden);
  ADD ("errors", test_errors);
  ADD ("beside-deltas", test_beside_deltas);
  ADD ("ahead", test_ahead);
  ADD ("other-epoch", test_of_other_epoch);
  ADD ("counts-again", test_counts_again);
#undef ADD
  return g_test_run ();
}
