/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "app/charts/ls-chart-table.h"

#define SECOND INT64_C (1000000)
#define DAY (24 * 3600 * SECOND)

/* 12 March 2026, 00:00 UTC */
#define TWELFTH (INT64_C (1773273600) * SECOND)

typedef struct
{
  LsSeries *revenue;
  LsSeries *before;
  LsAxis *x_axis;
  LsAxis *y_axis;
  LsChartTable *table;
} Fixture;

static char *
format_euros (int64_t        value,
              LsFormatLength length,
              gpointer       user_data)
{
  return g_strdup_printf ("%" G_GINT64_FORMAT ".%02d EUR", value / 100, (int) (value % 100));
}

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  g_autoptr (GTimeZone) zone = g_time_zone_new_utc ();
  const int64_t x[] = { TWELFTH, TWELFTH + DAY, TWELFTH + 2 * DAY };
  const int64_t y[] = { 123450, LS_SERIES_GAP, 99 };
  const int64_t before_x[] = { TWELFTH, TWELFTH + 3 * DAY };
  const int64_t before_at[] = { TWELFTH - 28 * DAY, TWELFTH - 25 * DAY };
  const int64_t before_y[] = { 100000, 200 };

  fixture->revenue = ls_series_new ("Revenue");
  fixture->before = ls_series_new ("Four weeks before");
  fixture->x_axis = ls_time_axis_new (zone, LS_TIME_UNIT_DAY);
  fixture->y_axis = ls_value_axis_new ();
  fixture->table = ls_chart_table_new ();
  ls_value_axis_set_format_func (LS_VALUE_AXIS (fixture->y_axis), format_euros, NULL, NULL);
  ls_series_set_points (fixture->revenue, x, y, NULL, 3);
  ls_series_set_points (fixture->before, before_x, before_y, before_at, 2);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  g_assert_finalize_object (fixture->table);
  g_assert_finalize_object (fixture->revenue);
  g_assert_finalize_object (fixture->before);
  g_assert_finalize_object (fixture->x_axis);
  g_assert_finalize_object (fixture->y_axis);
}

static void
set_series (Fixture *fixture,
            size_t   n)
{
  LsSeries *series[] = { fixture->revenue, fixture->before };

  ls_chart_table_set_series (fixture->table, series, n, fixture->x_axis, fixture->y_axis);
}

static void
assert_row (Fixture      *fixture,
            unsigned int  position,
            const char   *label,
            const char   *first,
            const char   *second)
{
  g_autoptr (LsChartRow) row = g_list_model_get_item (G_LIST_MODEL (fixture->table), position);

  g_assert_cmpstr (ls_chart_row_get_label (row), ==, label);
  g_assert_cmpstr (ls_chart_row_get_text (row, 0), ==, first);
  if (ls_chart_table_get_n_columns (fixture->table) > 1)
    g_assert_cmpstr (ls_chart_row_get_text (row, 1), ==, second);
}

static void
test_rows (Fixture       *fixture,
           gconstpointer  data)
{
  set_series (fixture, 2);

  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (fixture->table)), ==, 4);
  g_assert_cmpuint (ls_chart_table_get_n_columns (fixture->table), ==, 2);
  assert_row (fixture, 0, "12 March 2026", "1234.50 EUR", "1000.00 EUR");
  assert_row (fixture, 1, "13 March 2026", NULL, NULL);
  assert_row (fixture, 2, "14 March 2026", "0.99 EUR", NULL);
  /* Only the comparison has a point here: it says what it stands for. */
  assert_row (fixture, 3, "15 February 2026", NULL, "2.00 EUR");
  g_assert_null (g_list_model_get_item (G_LIST_MODEL (fixture->table), 4));
}

static void
test_words (Fixture       *fixture,
            gconstpointer  data)
{
  g_autofree char *one = NULL;
  g_autofree char *gap = NULL;
  g_autofree char *both = NULL;
  g_autofree char *summary = NULL;
  g_autofree char *summaries = NULL;

  set_series (fixture, 1);
  one = ls_chart_table_describe_row (fixture->table, 0);
  g_assert_cmpstr (one, ==, "12 March 2026: 1234.50 EUR");
  gap = ls_chart_table_describe_row (fixture->table, 1);
  g_assert_cmpstr (gap, ==, "13 March 2026: no data");
  summary = ls_chart_table_summarize (fixture->table);
  g_assert_cmpstr (summary, ==,
                   "Revenue, 12 March 2026 to 14 March 2026: lowest 0.99 EUR, highest 1234.50 EUR, "
                                "last 0.99 EUR, total 1235.49 EUR.");

  ls_series_set_additive (fixture->before, FALSE);
  set_series (fixture, 2);
  both = ls_chart_table_describe_row (fixture->table, 0);
  g_assert_cmpstr (both, ==,
                   "12 March 2026: Revenue 1234.50 EUR, "
                                 "Four weeks before (12 February 2026) 1000.00 EUR");
  summaries = ls_chart_table_summarize (fixture->table);
  g_assert_true (g_str_has_suffix (summaries,
                                   " lowest 2.00 EUR, highest 1000.00 EUR, last 2.00 EUR."));
}

static void
test_empty (Fixture       *fixture,
            gconstpointer  data)
{
  g_autofree char *nothing = ls_chart_table_summarize (fixture->table);
  g_autofree char *summary = NULL;
  unsigned int row = 77;

  g_assert_cmpstr (nothing, ==, "");
  g_assert_false (ls_chart_table_find_nearest (fixture->table, 0, &row));

  ls_series_set_points (fixture->revenue, NULL, NULL, NULL, 0);
  set_series (fixture, 1);
  summary = ls_chart_table_summarize (fixture->table);
  g_assert_cmpstr (summary, ==, "Revenue: no data.");
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (fixture->table)), ==, 0);
}

static void
test_nearest (Fixture       *fixture,
              gconstpointer  data)
{
  const struct
  {
    int64_t x;
    unsigned int row;
  } cases[] = {
    { INT64_MIN, 0 }, { TWELFTH, 0 }, { TWELFTH + DAY / 2 - 1, 0 }, { TWELFTH + DAY / 2, 1 },
    { TWELFTH + DAY, 1 },
    { TWELFTH + 2 * DAY - 1, 2 }, { TWELFTH + 9 * DAY, 3 }, { INT64_MAX, 3 },
  };

  set_series (fixture, 2);
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      unsigned int row = 77;

      g_assert_true (ls_chart_table_find_nearest (fixture->table, cases[i].x, &row));
      g_assert_cmpuint (row, ==, cases[i].row);
    }
}

static void
changed_cb (GListModel *model,
            guint       position,
            guint       removed,
            guint       added,
            gpointer    user_data)
{
  GString *log = user_data;

  g_string_append_printf (log, "(%u %u %u: %u)", position, removed, added,
                          g_list_model_get_n_items (model));
}

/* Replacing many rows at once makes a list view ask for all of them: it happens in two steps. */
static void
test_replacement (Fixture       *fixture,
                  gconstpointer  data)
{
  g_autoptr (GString) log = g_string_new (NULL);
  int64_t x[100], y[100];

  for (int i = 0; i < 100; i++)
    x[i] = y[i] = i;
  g_signal_connect (fixture->table, "items-changed", G_CALLBACK (changed_cb), log);

  set_series (fixture, 1);
  g_assert_cmpstr (log->str, ==, "(0 0 3: 3)");
  g_string_truncate (log, 0);
  set_series (fixture, 2);
  g_assert_cmpstr (log->str, ==, "(0 3 4: 4)");
  g_string_truncate (log, 0);
  ls_series_set_points (fixture->revenue, x, y, NULL, 100);
  set_series (fixture, 1);
  g_assert_cmpstr (log->str, ==, "(0 4 0: 0)(0 0 100: 100)");
}

/* A row that someone keeps says what it said. */
static void
test_kept_row (Fixture       *fixture,
               gconstpointer  data)
{
  g_autoptr (LsChartRow) row = NULL;

  set_series (fixture, 1);
  row = g_list_model_get_item (G_LIST_MODEL (fixture->table), 0);
  ls_series_set_points (fixture->revenue, NULL, NULL, NULL, 0);
  set_series (fixture, 1);
  g_assert_cmpstr (ls_chart_row_get_text (row, 0), ==, "1234.50 EUR");
}

#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("/chart-table/rows", test_rows);
  ADD ("/chart-table/words", test_words);
  ADD ("/chart-table/empty", test_empty);
  ADD ("/chart-table/nearest", test_nearest);
  ADD ("/chart-table/replacement", test_replacement);
  ADD ("/chart-table/kept-row", test_kept_row);

  return g_test_run ();
}
