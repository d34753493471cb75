/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "client/ls-cache-reader.h"
#include "client/ls-row-order.h"
#include "ls-test-store.h"

/* A filter has one description and two compilers, an order too: random ones must say the same of
 * random rows in SQLite and in C. */

#define N_ROWS 300
#define N_FILTERS 1500
#define N_ORDERS 200

static const LsCollection *
products (void)
{
  return ls_schema_collection (LS_PRODUCTS);
}

static bool
is_text (unsigned field)
{
  LsFieldType type = products ()->fields[field].type;

  return type == LS_TYPE_TEXT || type == LS_TYPE_ENUM;
}

static LsValue
random_value (LsTestStore *fixture,
              unsigned     field)
{
  static const char *const texts[] = {
    "",      "a",     "A",      "b",      "aB",     "ab",    "é",      "É",        "e",
    "straße", "STRASSE", "Drums", "dRUMS!", "\xe2\x84\xaa", "k", "\xf0\x9f\x8e\xb5", "10",   "9",
    "a%b_c", "'quote'", "\"",    "zz zz zz zz", "zz zz zz za",
  };
  static const int64_t numbers[] = { 0, 1, -1, 5, 9, 10, 1000000, -1000000 };

  if (g_rand_int_range (fixture->rand, 0, 6) == 0)
    return (LsValue) LS_VALUE_INIT;
  if (is_text (field) != (g_rand_int_range (fixture->rand, 0, 30) == 0))
    return ls_value_text (texts[g_rand_int_range (fixture->rand, 0, G_N_ELEMENTS (texts))]);
  return ls_value_integer (numbers[g_rand_int_range (fixture->rand, 0, G_N_ELEMENTS (numbers))]);
}

static unsigned
random_field (LsTestStore *fixture)
{
  static const char *const names[] = { "name",  "sku",   "status", "category",  "price",
                                       "stock", "image", "kind",   "created_at", "low_stock" };

  return ls_test_field (products (), names[g_rand_int_range (fixture->rand, 0, 10)]);
}

static LsRecord *
random_row (LsTestStore *fixture,
            unsigned     number)
{
  g_autofree char *key = g_strdup_printf ("p%u", number);
  LsRecord *record = ls_record_new (products (), key);

  for (unsigned i = 0; i < products ()->n_fields; i++)
    {
      LsValue value = random_value (fixture, i);

      /* What is stored has the kind of its field. */
      if (value.kind != LS_VALUE_NULL && (value.kind == LS_VALUE_TEXT) != is_text (i))
        ls_value_clear (&value);
      ls_record_take (record, i, value);
    }
  return record;
}

static LsFilter *
random_filter (LsTestStore *fixture,
               int          depth)
{
  int dice = g_rand_int_range (fixture->rand, 0, 4);
  LsFilter *filter;
  unsigned field;

  if (depth == 0 || dice > 1)
    {
      field = random_field (fixture);
      return ls_filter_new_compare (
          products (), field,
          (LsFilterOp) g_rand_int_range (fixture->rand, 0, LS_FILTER_CONTAINS + 1),
          random_value (fixture, field));
    }
  filter = dice == 0 ? ls_filter_new_all (products ()) : ls_filter_new_any (products ());
  for (int i = g_rand_int_range (fixture->rand, 0, 4); i > 0; i--)
    ls_filter_take_child (filter, random_filter (fixture, depth - 1));
  return filter;
}

static bool
collect_cb (int64_t        id,
            const LsValue *values,
            gpointer       user_data)
{
  g_array_append_val ((GArray *) user_data, id);
  return true;
}

typedef struct {
  LsTestStore *fixture;
  LsCacheReader *reader;
  LsRecord *rows[N_ROWS];
  int64_t ids[N_ROWS];
} Rows;

static void
rows_init (Rows        *rows,
           LsTestStore *fixture)
{
  g_autoptr (GPtrArray) records = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_record_unref);
  GError *error = NULL;
  int64_t sequence;

  rows->fixture = fixture;
  for (unsigned i = 0; i < N_ROWS; i++)
    {
      rows->rows[i] = random_row (fixture, i);
      g_ptr_array_add (records, ls_record_ref (rows->rows[i]));
    }
  ls_test_snapshot (fixture->cache, records, 1, 0);
  rows->reader = ls_cache_reader_new (LS_ENVIRONMENT (fixture->environment), fixture->path,
                                      ls_collation_get_default ());
  ls_cache_reader_begin (rows->reader, &sequence, &error);
  g_assert_no_error (error);
  for (unsigned i = 0; i < N_ROWS; i++)
    ls_cache_reader_find_row (rows->reader, LS_TEST_SHOP, products (),
                              ls_record_get_key (rows->rows[i]), &rows->ids[i], &error);
  g_assert_no_error (error);
}

static void
rows_clear (Rows *rows)
{
  ls_cache_reader_free (rows->reader);
  for (unsigned i = 0; i < N_ROWS; i++)
    ls_record_unref (rows->rows[i]);
}

static GArray *
ask (Rows       *rows,
     LsFilter   *filter,
     const char *order)
{
  g_autoptr (GString) where = g_string_new (NULL);
  g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (LsValue));
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (int64_t));
  LsReadQuery query = { LS_TEST_SHOP, products (), NULL, values, order, NULL, 0 };
  GError *error = NULL;

  g_array_set_clear_func (values, (GDestroyNotify) ls_value_clear);
  if (filter != NULL)
    {
      ls_filter_to_sql (filter, where, values);
      query.where = where->str;
    }
  ls_cache_reader_scan (rows->reader, &query, collect_cb, ids, &error);
  g_assert_no_error (error);
  return ids;
}

static bool
contains (GArray *ids,
          int64_t id)
{
  for (unsigned i = 0; i < ids->len; i++)
    if (g_array_index (ids, int64_t, i) == id)
      return true;
  return false;
}

static void
test_filters (LsTestStore  *fixture,
              gconstpointer data)
{
  unsigned n_matches = 0;
  Rows rows;

  rows_init (&rows, fixture);
  for (int i = 0; i < N_FILTERS; i++)
    {
      g_autoptr (LsFilter) filter = random_filter (fixture, 3);
      g_autoptr (GArray) ids = ask (&rows, filter, NULL);

      for (unsigned row = 0; row < N_ROWS; row++)
        g_assert_cmpint (ls_filter_matches (filter, rows.rows[row]), ==,
                         contains (ids, rows.ids[row]));
      n_matches += ids->len;
    }
  /* Neither all nor nothing, or the comparison would prove little. */
  g_assert_cmpuint (n_matches, >, N_FILTERS * N_ROWS / 20);
  g_assert_cmpuint (n_matches, <, N_FILTERS * N_ROWS / 20 * 19);
  rows_clear (&rows);
}

static const LsRecord *
row_of (Rows   *rows,
        int64_t id)
{
  for (unsigned i = 0; i < N_ROWS; i++)
    if (rows->ids[i] == id)
      return rows->rows[i];
  g_assert_not_reached ();
}

static void
test_orders (LsTestStore  *fixture,
             gconstpointer data)
{
  Rows rows;

  rows_init (&rows, fixture);
  for (int i = 0; i < N_ORDERS; i++)
    {
      LsOrder orders[3];
      size_t n_orders = (size_t) g_rand_int_range (fixture->rand, 0, 4);
      g_autoptr (LsRowOrder) order = NULL;
      g_autofree char *sql = NULL;
      g_autoptr (GArray) ids = NULL;

      for (size_t j = 0; j < n_orders; j++)
        orders[j] = (LsOrder) { random_field (fixture), g_rand_boolean (fixture->rand) };
      order = ls_row_order_new (products (), ls_collation_get_default (), orders, n_orders);
      sql = ls_row_order_to_sql (order, i % 2 == 0 ? 0 : UINT64_MAX);
      ids = ask (&rows, NULL, sql);
      g_assert_cmpuint (ids->len, ==, N_ROWS);
      for (unsigned j = 1; j < ids->len; j++)
        {
          int64_t a = g_array_index (ids, int64_t, j - 1);
          int64_t b = g_array_index (ids, int64_t, j);

          g_assert_cmpint (ls_row_order_compare (order, row_of (&rows, a), a, row_of (&rows, b), b),
                           <, 0);
          g_assert_cmpint (ls_row_order_compare (order, row_of (&rows, b), b, row_of (&rows, a), a),
                           >, 0);
          g_assert_cmpuint (ls_row_order_prefix_of (order, row_of (&rows, a)), <=,
                            ls_row_order_prefix_of (order, row_of (&rows, b)));
        }
    }
  rows_clear (&rows);
}

/* The order of texts is total: equal only when they are the same, and the same both ways. */
static void
test_collation (LsTestStore  *fixture,
                gconstpointer data)
{
  const LsCollation *collation = ls_collation_get_default ();
  unsigned name = ls_test_field (products (), "name");

  for (int i = 0; i < 5000; i++)
    {
      LsValue values[3];
      const char *a, *b, *c;

      for (int j = 0; j < 3; j++)
        {
          LsValue value = random_value (fixture, name);
          LsValue tail = random_value (fixture, name);
          g_autofree char *text =
              g_strconcat (value.kind == LS_VALUE_TEXT ? value.text : "",
                           tail.kind == LS_VALUE_TEXT ? tail.text : "", NULL);

          values[j] = ls_value_text (text);
          ls_value_clear (&value);
          ls_value_clear (&tail);
        }
      a = values[0].text;
      b = values[1].text;
      c = values[2].text;
      g_assert_cmpint (ls_collation_compare (collation, a, b) == 0, ==, g_str_equal (a, b));
      g_assert_cmpint (ls_collation_compare (collation, a, b) < 0, ==,
                       ls_collation_compare (collation, b, a) > 0);
      if (ls_collation_compare (collation, a, b) < 0 && ls_collation_compare (collation, b, c) < 0)
        g_assert_cmpint (ls_collation_compare (collation, a, c), <, 0);
      for (int j = 0; j < 3; j++)
        ls_value_clear (&values[j]);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) \
  g_test_add ("/filter-sql/" path, LsTestStore, NULL, ls_test_store_set_up, func, \
              ls_test_store_tear_down)
  ADD ("filters", test_filters);
  ADD ("orders", test_orders);
  ADD ("collation", test_collation);
#undef ADD
  return g_test_run ();
}
