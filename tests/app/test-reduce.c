/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "app/charts/ls-reduce.h"
#include "app/charts/ls-series.h"

static void
assert_column (const LsColumn *column,
               size_t          n,
               int64_t         first,
               int64_t         min,
               int64_t         max,
               int64_t         last)
{
  g_assert_cmpuint (column->n, ==, n);
  g_assert_cmpint (column->first, ==, first);
  g_assert_cmpint (column->min, ==, min);
  g_assert_cmpint (column->max, ==, max);
  g_assert_cmpint (column->last, ==, last);
}

static void
test_columns (void)
{
  const int64_t x[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8 };
  const int64_t y[] = { 5, 1, 9, 4, LS_SERIES_GAP, 7, -2, -8, 3 };
  LsColumn columns[4];

  ls_reduce_columns (x, y, G_N_ELEMENTS (x), 0, 8, columns, G_N_ELEMENTS (columns));

  assert_column (&columns[0], 2, 5, 1, 5, 1);
  assert_column (&columns[1], 2, 9, 4, 9, 4);
  assert_column (&columns[2], 1, 7, 7, 7, 7);
  assert_column (&columns[3], 3, -2, -8, 3, 3);
  g_assert_false (columns[0].joined);
  g_assert_true (columns[1].joined);
  g_assert_false (columns[2].joined);
  g_assert_true (columns[3].joined);
}

static void
test_window (void)
{
  const int64_t x[] = { -10, 0, 5, 10, 20 };
  const int64_t y[] = { 1, 2, 3, 4, 5 };
  LsColumn columns[2];

  ls_reduce_columns (x, y, G_N_ELEMENTS (x), 0, 10, columns, G_N_ELEMENTS (columns));
  assert_column (&columns[0], 1, 2, 2, 2, 2);
  assert_column (&columns[1], 2, 3, 3, 4, 4);
}

static void
test_edges (void)
{
  const int64_t x[] = { INT64_MIN, 0, INT64_MAX };
  const int64_t y[] = { INT64_MAX, 0, INT64_MIN + 1 };
  LsColumn columns[3];

  ls_reduce_columns (x, y, 3, INT64_MIN, INT64_MAX, columns, 3);
  assert_column (&columns[0], 1, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX);
  assert_column (&columns[1], 1, 0, 0, 0, 0);
  assert_column (&columns[2], 1, INT64_MIN + 1, INT64_MIN + 1, INT64_MIN + 1, INT64_MIN + 1);

  /* A window of no length, and nothing at all. */
  ls_reduce_columns (&x[1], y, 1, 0, 0, columns, 3);
  assert_column (&columns[0], 1, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX);
  ls_reduce_columns (NULL, NULL, 0, 0, 10, columns, 3);
  for (size_t i = 0; i < 3; i++)
    g_assert_cmpuint (columns[i].n, ==, 0);
}

/* No value is lost, and the extremes of all columns are those of all values. */
static void
test_random (void)
{
  for (int round = 0; round < 50; round++)
    {
      const size_t n = (size_t) g_test_rand_int_range (1, 5000);
      const size_t n_columns = (size_t) g_test_rand_int_range (1, 400);
      g_autofree int64_t *x = g_new (int64_t, n);
      g_autofree int64_t *y = g_new (int64_t, n);
      g_autofree LsColumn *columns = g_new (LsColumn, n_columns);
      int64_t min = INT64_MAX, max = INT64_MIN;
      int64_t column_min = INT64_MAX, column_max = INT64_MIN;
      size_t n_values = 0, n_found = 0;

      for (size_t i = 0; i < n; i++)
        {
          x[i] = (i > 0 ? x[i - 1] : 0) + g_test_rand_int_range (1, 100);
          y[i] = g_test_rand_int_range (0, 10) == 0 ? LS_SERIES_GAP : g_test_rand_int ();
          if (y[i] == LS_SERIES_GAP)
            continue;
          n_values++;
          min = MIN (min, y[i]);
          max = MAX (max, y[i]);
        }

      ls_reduce_columns (x, y, n, x[0], x[n - 1], columns, n_columns);
      for (size_t i = 0; i < n_columns; i++)
        {
          n_found += columns[i].n;
          if (columns[i].n == 0)
            continue;
          g_assert_cmpint (columns[i].min, <=, columns[i].first);
          g_assert_cmpint (columns[i].max, >=, columns[i].last);
          column_min = MIN (column_min, columns[i].min);
          column_max = MAX (column_max, columns[i].max);
        }
      g_assert_cmpuint (n_found, ==, n_values);
      g_assert_cmpint (column_min, ==, min);
      g_assert_cmpint (column_max, ==, max);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/reduce/columns", test_columns);
  g_test_add_func ("/reduce/window", test_window);
  g_test_add_func ("/reduce/edges", test_edges);
  g_test_add_func ("/reduce/random", test_random);

  return g_test_run ();
}
