/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "client/ls-row-table.h"
#include "ls-test-rows.h"

/* One object a row, whoever asks; values that are on their way are not asked for again. */

/* As many values of rows that nobody holds as the table keeps. */
#define KEPT 2048

typedef struct {
  LsRowTable *table;
  unsigned called;
} Fixture;

static void
wanted_cb (gpointer user_data)
{
  ((Fixture *) user_data)->called++;
}

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  fixture->table = ls_row_table_new (wanted_cb, fixture);
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  ls_row_table_unref (fixture->table);
}

static LsRow *
get (Fixture *fixture,
     int64_t  id)
{
  return ls_row_table_get (fixture->table, LS_TEST_SHOP, ls_schema_collection (LS_PRODUCTS), id,
                           NULL);
}

static unsigned
take (Fixture *fixture)
{
  g_autoptr (GArray) wants = ls_row_table_take_wants (fixture->table);

  return wants->len;
}

static void
bring (Fixture *fixture,
       int64_t  id)
{
  const LsWantedRow row = { g_intern_static_string (LS_TEST_SHOP),
                            ls_schema_collection (LS_PRODUCTS), id };
  g_autofree char *key = g_strdup_printf ("p%d", (int) id);
  g_autoptr (LsRecord) record = ls_test_product (key, "Drums", 1000, 5);

  ls_row_table_load (fixture->table, &row, record, false);
}

/* Two windows ask for the same row, before and while its values are on their way. */
static void
test_in_flight (Fixture      *fixture,
                gconstpointer data)
{
  g_autoptr (LsRow) first = get (fixture, 1);
  g_autoptr (LsRow) second = get (fixture, 1);
  g_autoptr (LsRow) third = NULL, fourth = NULL;
  uint64_t asked, loaded;

  g_assert_true (first == second);
  g_assert_cmpuint (fixture->called, ==, 1);
  g_assert_cmpuint (take (fixture), ==, 1);
  third = get (fixture, 1);
  g_assert_false (ls_row_table_prefetch (fixture->table, LS_TEST_SHOP,
                                         ls_schema_collection (LS_PRODUCTS), 1));
  g_assert_cmpuint (take (fixture), ==, 0);
  g_assert_cmpuint (fixture->called, ==, 1);
  g_assert_false (ls_row_get_loaded (first));
  bring (fixture, 1);
  g_assert_true (ls_row_get_loaded (third));
  fourth = get (fixture, 1);
  g_assert_true (fourth == first);
  g_assert_cmpuint (take (fixture), ==, 0);
  ls_row_table_get_counts (fixture->table, &asked, &loaded);
  g_assert_cmpuint (asked, ==, 4);
  g_assert_cmpuint (loaded, ==, 1);
}

/* Values that came are kept for a while when nobody holds the row, the longest unused go. */
static void
test_kept (Fixture      *fixture,
           gconstpointer data)
{
  for (int id = 0; id <= KEPT; id++)
    {
      g_autoptr (LsRow) row = get (fixture, id);

      bring (fixture, id);
    }
  take (fixture);
  for (int id = KEPT; id >= KEPT - 1; id--)
    {
      g_autoptr (LsRow) row = get (fixture, id);

      g_assert_true (ls_row_get_loaded (row));
    }
  g_assert_cmpuint (take (fixture), ==, 0);
  g_assert_true (ls_row_table_prefetch (fixture->table, LS_TEST_SHOP,
                                        ls_schema_collection (LS_PRODUCTS), 0));
  g_assert_cmpuint (take (fixture), ==, 1);
  g_assert_cmpuint (ls_row_table_count (fixture->table), ==, KEPT);
}

/* Who scrolls on wants others: what is wanted at once is bounded, and the oldest wish goes. */
static void
test_scrolled (Fixture      *fixture,
               gconstpointer data)
{
  for (int id = 0; id < 3000; id++)
    ls_row_table_prefetch (fixture->table, LS_TEST_SHOP, ls_schema_collection (LS_PRODUCTS), id);
  g_assert_cmpuint (take (fixture), ==, 1024);
  g_assert_true (ls_row_table_prefetch (fixture->table, LS_TEST_SHOP,
                                        ls_schema_collection (LS_PRODUCTS), 0));
  g_assert_false (ls_row_table_prefetch (fixture->table, LS_TEST_SHOP,
                                         ls_schema_collection (LS_PRODUCTS), 2999));
}

/* What is shown and was replaced is read again, all of it, however much is wanted besides: nobody asks
 * for what he has. */
static void
test_replaced (Fixture      *fixture,
               gconstpointer data)
{
  g_autoptr (GPtrArray) shown = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GArray) wants = NULL;
  unsigned seen = 0;

  for (int id = 0; id < 3000; id++)
    {
      g_ptr_array_add (shown, get (fixture, id));
      bring (fixture, id);
    }
  take (fixture);
  fixture->called = 0;
  ls_row_table_reload (fixture->table, LS_TEST_SHOP, UINT32_C (1) << LS_PRODUCTS);
  g_assert_cmpuint (fixture->called, ==, 1);
  ls_row_table_reload (fixture->table, LS_TEST_SHOP, UINT32_C (1) << LS_PRODUCTS);
  for (int id = 3000; id < 5000; id++)
    ls_row_table_prefetch (fixture->table, LS_TEST_SHOP, ls_schema_collection (LS_PRODUCTS), id);
  wants = ls_row_table_take_wants (fixture->table);
  g_assert_cmpuint (wants->len, ==, 3000 + 1024);
  for (unsigned i = 0; i < wants->len; i++)
    seen += g_array_index (wants, LsWantedRow, i).id < 3000;
  g_assert_cmpuint (seen, ==, 3000);
  g_assert_cmpuint (take (fixture), ==, 0);
  /* Those of another collection are what they were. */
  ls_row_table_reload (fixture->table, LS_TEST_SHOP, UINT32_C (1) << LS_ORDERS);
  g_assert_cmpuint (take (fixture), ==, 0);
}

int
main (int    argc,
      char **argv)
{
  static const struct {
    const char *path;
    void (*test) (Fixture *, gconstpointer);
  } tests[] = {
    { "/row-table/in-flight", test_in_flight },
    { "/row-table/kept", test_kept },
    { "/row-table/scrolled", test_scrolled },
    { "/row-table/replaced", test_replaced },
  };

  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, set_up, tests[i].test, tear_down);
  return g_test_run ();
}
