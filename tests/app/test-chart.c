/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "app-test.h"
#include "app/charts/ls-chart.h"

#define SECOND INT64_C (1000000)
#define DAY (24 * 3600 * SECOND)

/* 12 March 2026, 00:00 UTC */
#define TWELFTH (INT64_C (1773273600) * SECOND)

#define GAP LS_SERIES_GAP

static char *
format_euros (int64_t        value,
              LsFormatLength length,
              gpointer       user_data)
{
  return g_strdup_printf ("%" G_GINT64_FORMAT ".%02d EUR", value / 100, (int) ABS (value % 100));
}

static LsSeries *
create_series (const char    *title,
               const int64_t *y,
               size_t         n)
{
  LsSeries *series = ls_series_new (title);
  g_autofree int64_t *x = g_new (int64_t, n);

  for (size_t i = 0; i < n; i++)
    x[i] = TWELFTH + (int64_t) i * DAY;
  ls_series_set_points (series, x, y, NULL, n);
  return series;
}

static LsChart *
create_chart (void)
{
  g_autoptr (GTimeZone) zone = g_time_zone_new_utc ();
  g_autoptr (LsAxis) x_axis = ls_time_axis_new (zone, LS_TIME_UNIT_DAY);
  g_autoptr (LsAxis) y_axis = ls_value_axis_new ();
  LsChart *chart = LS_CHART (ls_chart_new (x_axis, y_axis));

  ls_value_axis_set_format_func (LS_VALUE_AXIS (y_axis), format_euros, NULL, NULL);
  ls_chart_set_title (chart, "Revenue by day");
  return chart;
}

static GtkWidget *
add_line (LsChart  *chart,
          LsSeries *series)
{
  GtkWidget *layer = ls_line_layer_new (series);

  ls_line_layer_set_fill (LS_LINE_LAYER (layer), TRUE);
  ls_chart_add_layer (chart, LS_CHART_LAYER (layer));
  return layer;
}

/* Every shape of data, drawn in every way */

typedef struct
{
  const char *name;
  int64_t y[6];
  size_t n;
  gboolean shows_line;
  gboolean shows_bars;
} Shape;

static const Shape shapes[] = {
  { "empty", { 0 }, 0, FALSE, FALSE },
  { "gaps-only", { GAP, GAP, GAP }, 3, FALSE, FALSE },
  { "single", { 1200 }, 1, TRUE, TRUE },
  { "single-between-gaps", { GAP, 1200, GAP }, 3, TRUE, TRUE },
  { "all-equal", { 700, 700, 700 }, 3, TRUE, TRUE },
  { "all-zero", { 0, 0, 0 }, 3, TRUE, FALSE },
  { "rising", { 100, 300, 500, 900 }, 4, TRUE, TRUE },
  { "negative", { -100, -900, -300 }, 3, TRUE, TRUE },
  { "mixed", { -100, 900, GAP, -300, 200 }, 5, TRUE, TRUE },
  { "huge", { INT64_MAX, -INT64_MAX, 0, INT64_MAX, INT64_MIN + 2 }, 5, TRUE, TRUE },
  { "all-largest", { INT64_MAX, INT64_MAX }, 2, TRUE, TRUE },
};

static void
test_shape (gconstpointer data)
{
  const Shape *shape = data;

  for (int way = 0; way < 16; way++)
    {
      gboolean bars = way & 1;
      gboolean mirrored = way & 2;
      gboolean from_zero = way & 4;
      gboolean with_cursor = way & 8;
      g_autoptr (LsSeries) series = create_series ("Revenue", shape->y, shape->n);
      g_autoptr (LsAxis) y_axis = ls_value_axis_new ();
      g_autoptr (LsAxis) x_axis = ls_value_axis_new ();
      LsChart *chart = LS_CHART (ls_chart_new (x_axis, y_axis));
      GtkWidget *layer = bars ? ls_bar_layer_new (series) : ls_line_layer_new (series);
      GtkWindow *window;

      ls_value_axis_set_include_zero (LS_VALUE_AXIS (y_axis), from_zero);
      ls_value_axis_set_include_zero (LS_VALUE_AXIS (x_axis), FALSE);
      ls_chart_add_layer (chart, LS_CHART_LAYER (layer));
      gtk_widget_set_direction (GTK_WIDGET (chart),
                                mirrored ? GTK_TEXT_DIR_RTL : GTK_TEXT_DIR_LTR);
      if (with_cursor)
        ls_chart_set_cursor (chart, 0);
      window = app_test_show (GTK_WIDGET (chart), 400, 240);

      /* The bar under the cursor is shaded, and may be the only one. */
      if (!bars || !with_cursor)
        g_assert_cmpint (app_test_count_accent (window) > 0, ==,
                         bars ? shape->shows_bars : shape->shows_line);
      app_test_close (window);
      g_assert_finalize_object (g_steal_pointer (&series));
    }
}

static void
test_bar_cursor (void)
{
  const int64_t y[] = { 500, 500 };
  g_autoptr (LsSeries) series = create_series ("Revenue", y, 2);
  LsChart *chart = create_chart ();
  GtkWindow *window;
  size_t without, with;

  ls_chart_add_layer (chart, LS_CHART_LAYER (ls_bar_layer_new (series)));
  window = app_test_show (GTK_WIDGET (chart), 400, 240);
  without = app_test_count_accent (window);
  ls_chart_set_cursor (chart, 1);
  app_test_draw (window);
  with = app_test_count_accent (window);
  g_assert_cmpuint (with, <, without);
  g_assert_cmpuint (with, >, 0);
  app_test_close (window);
}

/* So many points that they are drawn by columns of pixels */
static void
test_many (void)
{
  const size_t n = 100000;
  g_autofree int64_t *y = g_new (int64_t, n);
  g_autoptr (LsSeries) series = NULL;

  for (size_t i = 0; i < n; i++)
    y[i] = i % 1000 == 999 ? GAP : (int64_t) (i * 7919 % 1000);
  series = create_series ("Revenue", y, n);

  for (int way = 0; way < 4; way++)
    {
      LsChart *chart = create_chart ();
      GtkWidget *layer = way & 1 ? ls_bar_layer_new (series) : ls_line_layer_new (series);
      GtkWindow *window;

      ls_chart_add_layer (chart, LS_CHART_LAYER (layer));
      gtk_widget_set_direction (GTK_WIDGET (chart),
                                way & 2 ? GTK_TEXT_DIR_RTL : GTK_TEXT_DIR_LTR);
      window = app_test_show (GTK_WIDGET (chart), 400, 240);
      g_assert_cmpuint (app_test_count_accent (window), >, 400);
      app_test_close (window);
    }
}

static void
test_comparison (void)
{
  const int64_t y[] = { 100, 900, 300, 700 };
  g_autoptr (LsSeries) revenue = create_series ("Revenue", y, 4);
  g_autoptr (LsSeries) before = create_series ("Previous period", y, 4);
  LsChart *chart = create_chart ();
  GtkWidget *line = add_line (chart, before);
  GtkWidget *bars = ls_bar_layer_new (revenue);
  LsChartTable *table = ls_chart_get_table (chart);
  GtkWindow *window;

  g_assert_true (ls_chart_table_get_series (table, 0) == before);
  ls_chart_add_layer (chart, LS_CHART_LAYER (bars));
  ls_chart_layer_set_comparison (LS_CHART_LAYER (line), TRUE);
  /* What leads is first, whatever lies over what. */
  g_assert_true (ls_chart_table_get_series (table, 0) == revenue);
  g_assert_true (ls_chart_table_get_series (table, 1) == before);
  g_assert_true (gtk_widget_has_css_class (line, "comparison"));

  window = app_test_show (GTK_WIDGET (chart), 400, 240);
  g_assert_cmpuint (app_test_count_accent (window), >, 100);
  ls_chart_remove_layer (chart, LS_CHART_LAYER (bars));
  g_assert_cmpuint (ls_chart_table_get_n_columns (table), ==, 1);
  app_test_draw (window);
  g_assert_cmpuint (app_test_count_accent (window), ==, 0);
  app_test_close (window);
}

/* Words */

static void
assert_words (LsChart    *chart,
              const char *label)
{
  g_autofree char *summary = ls_chart_dup_summary (chart);

  app_test_assert_words (GTK_WIDGET (chart), GTK_ACCESSIBLE_PROPERTY_LABEL, label);
  app_test_assert_words (GTK_WIDGET (chart), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, summary);
}

static void
test_words (void)
{
  const int64_t y[] = { 123450, GAP, 99 };
  const int64_t other[] = { 500, 600, 700 };
  g_autoptr (LsSeries) series = create_series ("Revenue", y, 3);
  LsChart *chart = create_chart ();
  g_autofree char *summary = NULL;
  g_autofree char *changed = NULL;

  g_object_ref_sink (chart);
  assert_words (chart, "Revenue by day");
  add_line (chart, series);
  summary = ls_chart_dup_summary (chart);
  g_assert_cmpstr (summary, ==,
                   "Revenue, 12 March 2026 to 14 March 2026: lowest 0.99 EUR, highest 1234.50 EUR, "
                   "last 0.99 EUR, total 1235.49 EUR.");
  assert_words (chart, "Revenue by day");

  gtk_widget_activate_action (GTK_WIDGET (chart), "cursor.move", "(ib)", G_MININT, FALSE);
  assert_words (chart, "12 March 2026: 1234.50 EUR");
  gtk_widget_activate_action (GTK_WIDGET (chart), "cursor.move", "(ib)", 1, TRUE);
  assert_words (chart, "13 March 2026: no data");
  gtk_widget_activate_action (GTK_WIDGET (chart), "cursor.clear", NULL);
  assert_words (chart, "Revenue by day");

  /* Live data change what is under the cursor. */
  gtk_widget_activate_action (GTK_WIDGET (chart), "cursor.move", "(ib)", G_MAXINT, FALSE);
  {
    const int64_t x[] = { TWELFTH, TWELFTH + DAY, TWELFTH + 2 * DAY };

    ls_series_set_points (series, x, other, NULL, 3);
  }
  assert_words (chart, "14 March 2026: 7.00 EUR");
  changed = ls_chart_dup_summary (chart);
  g_assert_cmpstr (changed, !=, summary);
  ls_chart_set_title (chart, "Orders");
  gtk_widget_activate_action (GTK_WIDGET (chart), "cursor.clear", NULL);
  assert_words (chart, "Orders");
  g_assert_finalize_object (chart);
}

/* The cursor */

static void
count_cb (int *count)
{
  (*count)++;
}

static void
test_cursor (void)
{
  const int64_t y[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };
  const struct
  {
    int step;
    gboolean visual;
    int cursor;
    int mirrored_cursor;
  } moves[] = {
    { 1, TRUE, 0, 11 },
    { 1, TRUE, 1, 10 },
    { -1, TRUE, 0, 11 },
    { -1, TRUE, 0, 11 },
    { 10, FALSE, 10, 11 },
    { 10, FALSE, 11, 11 },
    { G_MININT, FALSE, 0, 0 },
    { 1, TRUE, 1, 0 },
    { -1, TRUE, 0, 1 },
    { G_MAXINT, FALSE, 11, 11 },
    { -10, FALSE, 1, 1 },
  };

  for (int mirrored = FALSE; mirrored <= TRUE; mirrored++)
    {
      g_autoptr (LsSeries) series = create_series ("Revenue", y, G_N_ELEMENTS (y));
      LsChart *chart = create_chart ();
      int n_notifies = 0;

      g_object_ref_sink (chart);
      add_line (chart, series);
      gtk_widget_set_direction (GTK_WIDGET (chart),
                                mirrored ? GTK_TEXT_DIR_RTL : GTK_TEXT_DIR_LTR);
      g_signal_connect_swapped (chart, "notify::cursor", G_CALLBACK (count_cb), &n_notifies);
      g_assert_cmpint (ls_chart_get_cursor (chart), ==, -1);
      for (size_t i = 0; i < G_N_ELEMENTS (moves); i++)
        {
          g_assert_true (gtk_widget_activate_action (GTK_WIDGET (chart), "cursor.move", "(ib)",
                                                     moves[i].step, moves[i].visual));
          g_assert_cmpint (ls_chart_get_cursor (chart), ==,
                           mirrored ? moves[i].mirrored_cursor : moves[i].cursor);
        }

      ls_chart_set_cursor (chart, 5);
      n_notifies = 0;
      ls_chart_set_cursor (chart, 6);
      ls_chart_set_cursor (chart, 6);
      g_assert_cmpint (n_notifies, ==, 1);
      ls_chart_set_cursor (chart, 12);
      g_assert_cmpint (ls_chart_get_cursor (chart), ==, -1);
      g_assert_cmpint (n_notifies, ==, 2);
      g_assert_finalize_object (chart);
    }
}

/* The cursor stays on its day when days come and go, and goes when its day does. */
static void
test_cursor_stays (void)
{
  const int64_t y[] = { 1, 2, 3, 4 };
  const int64_t later[] = { TWELFTH - DAY, TWELFTH, TWELFTH + DAY, TWELFTH + 2 * DAY };
  const int64_t other[] = { TWELFTH + 90 * DAY };
  g_autoptr (LsSeries) series = create_series ("Revenue", y, 3);
  LsChart *chart = create_chart ();

  g_object_ref_sink (chart);
  add_line (chart, series);
  ls_chart_set_cursor (chart, 1);
  ls_series_set_points (series, later, y, NULL, 4);
  g_assert_cmpint (ls_chart_get_cursor (chart), ==, 2);
  ls_series_set_points (series, other, y, NULL, 1);
  g_assert_cmpint (ls_chart_get_cursor (chart), ==, -1);
  ls_chart_set_cursor (chart, 0);
  ls_series_set_points (series, NULL, NULL, NULL, 0);
  g_assert_cmpint (ls_chart_get_cursor (chart), ==, -1);
  g_assert_finalize_object (chart);
}

static void
activated_cb (LsChart  *chart,
              LsSeries *series,
              guint     index,
              GString  *log)
{
  g_string_append_printf (log, "%s %u;", ls_series_get_title (series), index);
}

static void
test_activate (void)
{
  const int64_t y[] = { 1, 2, 3 };
  const int64_t before_x[] = { TWELFTH + DAY, TWELFTH + 9 * DAY };
  g_autoptr (LsSeries) series = create_series ("Revenue", y, 3);
  g_autoptr (LsSeries) before = ls_series_new ("Before");
  g_autoptr (GString) log = g_string_new (NULL);
  LsChart *chart = create_chart ();
  GtkWidget *comparison = ls_line_layer_new (before);

  g_object_ref_sink (chart);
  ls_series_set_points (before, before_x, y, NULL, 2);
  ls_chart_layer_set_comparison (LS_CHART_LAYER (comparison), TRUE);
  ls_chart_add_layer (chart, LS_CHART_LAYER (comparison));
  add_line (chart, series);
  g_signal_connect (chart, "point-activated", G_CALLBACK (activated_cb), log);

  gtk_widget_activate_action (GTK_WIDGET (chart), "cursor.activate", NULL);
  g_assert_cmpstr (log->str, ==, "");
  for (int i = 0; i < 4; i++)
    {
      ls_chart_set_cursor (chart, i);
      gtk_widget_activate_action (GTK_WIDGET (chart), "cursor.activate", NULL);
    }
  g_assert_cmpstr (log->str, ==, "Revenue 0;Revenue 1;Revenue 2;Before 1;");
  g_assert_finalize_object (chart);
}

static char *
format_plain (int64_t        value,
              LsFormatLength length,
              gpointer       user_data)
{
  return g_strdup_printf ("%s%" G_GINT64_FORMAT, (const char *) user_data, value);
}

/* Another currency: other words, and more room for them. */
static void
test_other_format (void)
{
  const int64_t y[] = { 1, 2, 3 };
  g_autoptr (LsSeries) series = create_series ("Revenue", y, 3);
  g_autoptr (LsAxis) x_axis = ls_value_axis_new ();
  g_autoptr (LsAxis) y_axis = ls_value_axis_new ();
  LsChart *chart = LS_CHART (ls_chart_new (x_axis, y_axis));
  GtkWidget *layer = add_line (chart, series);
  GtkWindow *window = app_test_show (GTK_WIDGET (chart), 400, 240);
  int width = gtk_widget_get_width (layer);
  g_autofree char *summary = NULL;

  ls_value_axis_set_format_func (LS_VALUE_AXIS (y_axis), format_plain, (gpointer) "Bitcoin ", NULL);
  app_test_draw (window);
  g_assert_cmpint (gtk_widget_get_width (layer), <, width);
  summary = ls_chart_dup_summary (chart);
  g_assert_nonnull (strstr (summary, "highest Bitcoin 3"));
  app_test_assert_words (GTK_WIDGET (chart), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, summary);
  app_test_close (window);
}

/* A template makes a chart before anything is known. */
static void
test_without_axes (void)
{
  const int64_t y[] = { 1, 2, 3 };
  g_autoptr (LsSeries) series = create_series ("Revenue", y, 3);
  g_autoptr (LsAxis) x_axis = ls_value_axis_new ();
  g_autoptr (LsAxis) y_axis = ls_value_axis_new ();
  LsChart *chart = g_object_new (LS_TYPE_CHART, "title", "Revenue", "empty-text", "Nothing", NULL);
  GtkWidget *layer = ls_line_layer_new (NULL);
  GtkWindow *window;

  ls_chart_add_layer (chart, LS_CHART_LAYER (layer));
  ls_chart_layer_set_series (LS_CHART_LAYER (layer), series);
  window = app_test_show (GTK_WIDGET (chart), 300, 200);
  ls_chart_set_cursor (chart, 0);
  g_assert_cmpint (ls_chart_get_cursor (chart), ==, -1);
  g_assert_cmpuint (app_test_count_accent (window), ==, 0);

  ls_chart_set_axes (chart, x_axis, y_axis);
  app_test_draw (window);
  g_assert_cmpuint (app_test_count_accent (window), >, 0);
  app_test_close (window);
}

int
main (int   argc,
      char *argv[])
{
  app_test_init (&argc, &argv);

  for (size_t i = 0; i < G_N_ELEMENTS (shapes); i++)
    {
      g_autofree char *path = g_strconcat ("/chart/shape/", shapes[i].name, NULL);

      g_test_add_data_func (path, &shapes[i], test_shape);
    }
  g_test_add_func ("/chart/bar-cursor", test_bar_cursor);
  g_test_add_func ("/chart/many", test_many);
  g_test_add_func ("/chart/comparison", test_comparison);
  g_test_add_func ("/chart/words", test_words);
  g_test_add_func ("/chart/cursor", test_cursor);
  g_test_add_func ("/chart/cursor-stays", test_cursor_stays);
  g_test_add_func ("/chart/activate", test_activate);
  g_test_add_func ("/chart/other-format", test_other_format);
  g_test_add_func ("/chart/without-axes", test_without_axes);

  return g_test_run ();
}
