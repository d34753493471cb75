/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "app/charts/ls-series.h"

typedef struct
{
  const char *name;
  int64_t y[6];
  size_t n;
  gboolean has_range;
  int64_t min;
  int64_t max;
  gboolean has_total;
  int64_t total;
  size_t last;
} Case;

#define GAP LS_SERIES_GAP

static const Case cases[] = {
  { "empty", { 0 }, 0, FALSE, 0, 0, FALSE, 0, 0 },
  { "gaps-only", { GAP, GAP }, 2, FALSE, 0, 0, FALSE, 0, 0 },
  { "single", { 7 }, 1, TRUE, 7, 7, TRUE, 7, 0 },
  { "equal", { 5, 5, 5 }, 3, TRUE, 5, 5, TRUE, 15, 2 },
  { "negative", { -3, -1, -2 }, 3, TRUE, -3, -1, TRUE, -6, 2 },
  { "mixed-with-gap", { 4, GAP, -9, GAP }, 4, TRUE, -9, 4, TRUE, -5, 2 },
  { "zero", { 0, 0 }, 2, TRUE, 0, 0, TRUE, 0, 1 },
  { "too-big", { INT64_MAX, 1 }, 2, TRUE, 1, INT64_MAX, FALSE, 0, 1 },
  { "too-small", { INT64_MIN + 1, -2 }, 2, TRUE, INT64_MIN + 1, -2, FALSE, 0, 1 },
  { "big-on-the-way", { INT64_MAX, 1, INT64_MAX, -INT64_MAX, -2 }, 5,
    TRUE, -INT64_MAX, INT64_MAX, TRUE, INT64_MAX - 1, 4 },
  { "largest", { INT64_MAX }, 1, TRUE, INT64_MAX, INT64_MAX, TRUE, INT64_MAX, 0 },
  { "smallest", { INT64_MIN + 1, -1 }, 2, TRUE, INT64_MIN + 1, -1, TRUE, INT64_MIN, 1 },
};

static void
test_values (gconstpointer data)
{
  const Case *test = data;
  g_autoptr (LsSeries) series = ls_series_new ("Revenue");
  const int64_t x[] = { 0, 1, 2, 3, 4, 5 };
  int64_t min = 0, max = 0, total = 0;
  size_t last = 0;

  ls_series_set_points (series, x, test->y, NULL, test->n);

  g_assert_cmpuint (ls_series_get_length (series), ==, test->n);
  g_assert_cmpint (ls_series_get_range (series, &min, &max), ==, test->has_range);
  g_assert_cmpint (min, ==, test->min);
  g_assert_cmpint (max, ==, test->max);
  g_assert_cmpint (ls_series_get_total (series, &total), ==, test->has_total);
  g_assert_cmpint (total, ==, test->total);
  g_assert_cmpint (ls_series_get_last (series, &last), ==, test->has_range);
  g_assert_cmpuint (last, ==, test->last);
}

static void
test_steps (void)
{
  g_autoptr (LsSeries) series = ls_series_new ("Revenue");
  const int64_t y[] = { 1, 2, 3 };
  const int64_t uneven[] = { -10, 0, 3 };
  const int64_t wide[] = { INT64_MIN, INT64_MAX };

  ls_series_set_points (series, uneven, y, NULL, 1);
  g_assert_cmpint (ls_series_get_min_step (series), ==, 0);
  ls_series_set_points (series, uneven, y, NULL, 3);
  g_assert_cmpint (ls_series_get_min_step (series), ==, 3);
  ls_series_set_points (series, wide, y, NULL, 2);
  g_assert_cmpint (ls_series_get_min_step (series), ==, INT64_MAX);
}

static void
test_find (void)
{
  g_autoptr (LsSeries) series = ls_series_new ("Revenue");
  const int64_t x[] = { -5, 0, 10, 100 };
  const int64_t y[] = { 1, 2, 3, 4 };
  const int64_t at[] = { 1000, 1001, 1002, 1003 };
  size_t index = 99;

  g_assert_false (ls_series_find (series, 0, &index));
  ls_series_set_points (series, x, y, at, 4);
  for (size_t i = 0; i < 4; i++)
    {
      g_assert_true (ls_series_find (series, x[i], &index));
      g_assert_cmpuint (index, ==, i);
      g_assert_cmpint (ls_series_get_at (series, i), ==, at[i]);
      g_assert_false (ls_series_find (series, x[i] + 1, &index));
    }
  g_assert_false (ls_series_find (series, INT64_MIN, NULL));

  ls_series_set_points (series, x, y, NULL, 4);
  g_assert_cmpint (ls_series_get_at (series, 2), ==, 10);
}

static void
count_cb (int *count)
{
  (*count)++;
}

static void
test_categories (void)
{
  g_autoptr (LsSeries) series = ls_series_new (NULL);
  const char *labels[] = { "Beats", "Packs" };
  const int64_t y[] = { 3, GAP };
  int n_changes = 0;
  int64_t total = 0;

  g_signal_connect_swapped (series, "changed", G_CALLBACK (count_cb), &n_changes);
  ls_series_set_categories (series, labels, y, 2);
  g_assert_cmpint (n_changes, ==, 1);
  g_assert_cmpstr (ls_series_get_category (series, 0), ==, "Beats");
  g_assert_cmpstr (ls_series_get_category (series, 1), ==, "Packs");
  g_assert_null (ls_series_get_category (series, 2));
  g_assert_true (ls_series_find (series, 1, NULL));

  ls_series_set_additive (series, FALSE);
  g_assert_false (ls_series_get_total (series, &total));

  ls_series_set_points (series, NULL, NULL, NULL, 0);
  g_assert_cmpint (n_changes, ==, 2);
  g_assert_null (ls_series_get_category (series, 0));
}

static void
test_title (void)
{
  g_autoptr (LsSeries) series = ls_series_new ("Revenue");
  int n_changes = 0;

  g_signal_connect_swapped (series, "notify::title", G_CALLBACK (count_cb), &n_changes);
  ls_series_set_title (series, "Revenue");
  g_assert_cmpint (n_changes, ==, 0);
  ls_series_set_title (series, "Orders");
  g_assert_cmpint (n_changes, ==, 1);
  g_assert_cmpstr (ls_series_get_title (series), ==, "Orders");
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/series/values/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_values);
    }
  g_test_add_func ("/series/steps", test_steps);
  g_test_add_func ("/series/find", test_find);
  g_test_add_func ("/series/categories", test_categories);
  g_test_add_func ("/series/title", test_title);

  return g_test_run ();
}
