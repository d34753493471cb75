/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <glib.h>

#include "app/charts/ls-axis.h"

#define SECOND INT64_C (1000000)
#define DAY (24 * 3600 * SECOND)

/* 12 March 2026, 00:00 UTC */
#define TWELFTH (INT64_C (1773273600) * SECOND)

static void
count_cb (int *count)
{
  (*count)++;
}

static char *
format_euros (int64_t        value,
              LsFormatLength length,
              gpointer       user_data)
{
  if (length == LS_FORMAT_SHORT)
    return g_strdup_printf ("%" G_GINT64_FORMAT, value / 100);

  return g_strdup_printf ("%" G_GINT64_FORMAT ".%02d EUR", value / 100, (int) (value % 100));
}

static void
test_value (void)
{
  g_autoptr (LsAxis) axis = ls_value_axis_new ();
  g_autofree char *text = NULL;
  g_autofree char *plain = NULL;
  const int64_t *ticks;
  int n_changes = 0;
  size_t n = 0;

  g_signal_connect_swapped (axis, "changed", G_CALLBACK (count_cb), &n_changes);
  ls_axis_layout (axis, 30, 90, 5);
  g_assert_cmpint (n_changes, ==, 1);
  g_assert_cmpint (ls_axis_get_low (axis), ==, 0);
  g_assert_cmpint (ls_axis_get_high (axis), ==, 100);
  ticks = ls_axis_get_ticks (axis, &n);
  g_assert_cmpuint (n, ==, 6);
  g_assert_cmpint (ticks[1], ==, 20);
  g_assert_cmpfloat_with_epsilon (ls_axis_get_fraction (axis, 25), 0.25, 1e-9);
  g_assert_cmpfloat_with_epsilon (ls_axis_get_fraction (axis, -50), -0.5, 1e-9);
  g_assert_cmpint (ls_axis_get_value (axis, 0.25), ==, 25);
  g_assert_cmpint (ls_axis_get_value (axis, -3), ==, 0);
  g_assert_cmpint (ls_axis_get_value (axis, 3), ==, 100);

  /* The same again is no change. */
  ls_axis_layout (axis, 31, 91, 5);
  g_assert_cmpint (n_changes, ==, 1);

  ls_value_axis_set_include_zero (LS_VALUE_AXIS (axis), FALSE);
  ls_axis_layout (axis, 30, 90, 5);
  g_assert_cmpint (ls_axis_get_low (axis), ==, 20);

  ls_value_axis_set_exact (LS_VALUE_AXIS (axis), TRUE);
  ls_axis_layout (axis, 31, 89, 5);
  g_assert_cmpint (ls_axis_get_low (axis), ==, 31);
  g_assert_cmpint (ls_axis_get_high (axis), ==, 89);
  ls_axis_get_ticks (axis, &n);
  g_assert_cmpuint (n, ==, 0);

  plain = ls_axis_format (axis, -1234, LS_FORMAT_FULL);
  g_assert_cmpstr (plain, ==, "-1234");
  ls_value_axis_set_format_func (LS_VALUE_AXIS (axis), format_euros, NULL, NULL);
  text = ls_axis_format (axis, 123450, LS_FORMAT_FULL);
  g_assert_cmpstr (text, ==, "1234.50 EUR");
}

static void
test_extremes (void)
{
  g_autoptr (LsAxis) axis = ls_value_axis_new ();

  ls_axis_layout (axis, INT64_MIN + 1, INT64_MAX, 4);
  g_assert_cmpfloat_with_epsilon (ls_axis_get_fraction (axis, 0), 0.5, 1e-6);
  g_assert_cmpfloat_with_epsilon (ls_axis_get_fraction (axis, INT64_MAX), 1, 1e-6);
  g_assert_cmpfloat_with_epsilon (ls_axis_get_fraction (axis, INT64_MIN), 0, 1e-6);
  g_assert_cmpint (ls_axis_get_value (axis, 1), ==, INT64_MAX);
  g_assert_cmpint (ls_axis_get_value (axis, 0), <=, INT64_MIN + 1);

  ls_value_axis_set_exact (LS_VALUE_AXIS (axis), TRUE);
  ls_value_axis_set_include_zero (LS_VALUE_AXIS (axis), FALSE);
  ls_axis_layout (axis, 7, 7, 4);
  g_assert_cmpfloat (ls_axis_get_fraction (axis, 7), ==, 0.5);
  g_assert_cmpint (ls_axis_get_value (axis, 0.9), ==, 7);
}

typedef struct
{
  LsTimeUnit unit;
  int n_days;
  const char *tick; /* how the axis writes 12 March */
  const char *full;
} TimeCase;

static const TimeCase time_cases[] = {
  { LS_TIME_UNIT_HOUR, 1, "00:00", "12 March 2026, 00:00" },
  { LS_TIME_UNIT_DAY, 4, "12 Mar", "12 March 2026" },
  { LS_TIME_UNIT_DAY, 40, "12 Mar", "12 March 2026" },
  { LS_TIME_UNIT_WEEK, 40, "12 Mar", "Week of 12 March 2026" },
  { LS_TIME_UNIT_MONTH, 150, "Mar 2026", "March 2026" },
  { LS_TIME_UNIT_YEAR, 2000, "2026", "2026" },
};

static void
test_time (void)
{
  g_autoptr (GTimeZone) zone = g_time_zone_new_utc ();

  for (size_t i = 0; i < G_N_ELEMENTS (time_cases); i++)
    {
      g_autoptr (LsAxis) axis = ls_time_axis_new (zone, time_cases[i].unit);
      g_autofree char *tick = NULL;
      g_autofree char *full = NULL;
      const int64_t *ticks;
      size_t n;

      ls_axis_layout (axis, TWELFTH, TWELFTH + time_cases[i].n_days * DAY, 6);
      tick = ls_axis_format (axis, TWELFTH, LS_FORMAT_SHORT);
      full = ls_axis_format (axis, TWELFTH, LS_FORMAT_FULL);
      g_assert_cmpstr (tick, ==, time_cases[i].tick);
      g_assert_cmpstr (full, ==, time_cases[i].full);
      ticks = ls_axis_get_ticks (axis, &n);
      g_assert_cmpuint (n, >, 0);
      g_assert_cmpint (ticks[0], >=, TWELFTH);
      g_assert_cmpfloat_with_epsilon (ls_axis_get_fraction (axis, TWELFTH), 0, 1e-9);
    }
}

static void
test_time_out_of_calendar (void)
{
  g_autoptr (GTimeZone) zone = g_time_zone_new_utc ();
  g_autoptr (LsAxis) axis = ls_time_axis_new (zone, LS_TIME_UNIT_DAY);
  g_autofree char *text = ls_axis_format (axis, INT64_MAX, LS_FORMAT_FULL);

  g_assert_cmpstr (text, ==, "");
}

static void
test_category (void)
{
  g_autoptr (LsSeries) series = ls_series_new ("Sales");
  g_autoptr (LsAxis) axis = ls_category_axis_new (series);
  const char *labels[] = { "Beats", "Packs", "Licences", "Bookings" };
  const int64_t y[] = { 4, 3, 2, 1 };
  g_autofree char *label = NULL;
  g_autofree char *beyond = NULL;
  size_t n = 0;

  ls_axis_layout (axis, 0, 0, 5);
  ls_axis_get_ticks (axis, &n);
  g_assert_cmpuint (n, ==, 1);

  ls_series_set_categories (series, labels, y, 4);
  ls_axis_layout (axis, 0, 3, 5);
  ls_axis_get_ticks (axis, &n);
  g_assert_cmpuint (n, ==, 4);
  g_assert_cmpfloat_with_epsilon (ls_axis_get_fraction (axis, 0), 0.125, 1e-9);
  g_assert_cmpfloat_with_epsilon (ls_axis_get_fraction (axis, 3), 0.875, 1e-9);
  for (int i = 0; i < 4; i++)
    g_assert_cmpint (ls_axis_get_value (axis, ls_axis_get_fraction (axis, i)), ==, i);
  g_assert_cmpint (ls_axis_get_value (axis, 1), ==, 3);
  label = ls_axis_format (axis, 2, LS_FORMAT_SHORT);
  g_assert_cmpstr (label, ==, "Licences");
  beyond = ls_axis_format (axis, 9, LS_FORMAT_SHORT);
  g_assert_cmpstr (beyond, ==, "");

  ls_axis_layout (axis, 0, 3, 2);
  ls_axis_get_ticks (axis, &n);
  g_assert_cmpuint (n, ==, 2);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/axis/value", test_value);
  g_test_add_func ("/axis/extremes", test_extremes);
  g_test_add_func ("/axis/time", test_time);
  g_test_add_func ("/axis/time-out-of-calendar", test_time_out_of_calendar);
  g_test_add_func ("/axis/category", test_category);

  return g_test_run ();
}
