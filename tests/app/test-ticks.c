/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "app/charts/ls-ticks.h"

#define SECOND INT64_C (1000000)
#define HOUR (3600 * SECOND)

typedef struct
{
  const char *name;
  int64_t min;
  int64_t max;
  int64_t unit;
  unsigned int n_steps;
  const char *expected; /* low | ticks | high */
} ValueCase;

static const ValueCase value_cases[] = {
  { "plain", 0, 100, 1, 5, "0 | 0 20 40 60 80 100 | 100" },
  { "rounds-out", 3, 97, 1, 5, "0 | 0 20 40 60 80 100 | 100" },
  { "cents", 0, 123450, 100, 4, "0 | 0 50000 100000 150000 | 150000" },
  { "one-step", 0, 7, 1, 1, "0 | 0 10 | 10" },
  { "no-step", 0, 7, 1, 0, "0 | 0 10 | 10" },
  { "negative", -70, -12, 1, 3, "-80 | -80 -60 -40 -20 0 | 0" },
  { "both-sides", -15, 42, 1, 4, "-20 | -20 0 20 40 60 | 60" },
  { "small-range", 4, 6, 1, 10, "4 | 4 5 6 | 6" },
  { "all-zero", 0, 0, 100, 4, "0 | 0 50 100 | 100" },
  { "all-zero-counts", 0, 0, 1, 4, "0 | 0 1 | 1" },
  { "all-equal", 1000, 1000, 1, 2, "900 | 900 1000 1100 | 1100" },
  { "all-one", 1, 1, 1, 2, "0 | 0 1 2 | 2" },
  { "all-equal-negative", -1000, -1000, 1, 2, "-1100 | -1100 -1000 -900 | -900" },
  { "all-largest", INT64_MAX, INT64_MAX, 1, 2,
    "8000000000000000000 |"
    " 8000000000000000000 8500000000000000000 9000000000000000000 | 9223372036854775807" },
  { "largest", 0, INT64_MAX, 1, 2, "0 | 0 5000000000000000000 | 9223372036854775807" },
  { "whole", INT64_MIN, INT64_MAX, 1, 4,
    "-9223372036854775808 | -5000000000000000000 0 5000000000000000000 | 9223372036854775807" },
  { "whole-one-step", INT64_MIN, INT64_MAX, 1, 1,
   "-9223372036854775808 | 0 | 9223372036854775807" },
  { "top-edge", INT64_MAX - 10, INT64_MAX, 1, 2,
    "9223372036854775795 |"
    " 9223372036854775795 9223372036854775800 9223372036854775805 | 9223372036854775807" },
  { "bottom-edge", INT64_MIN, INT64_MIN + 10, 1, 2,
    "-9223372036854775808 |"
    " -9223372036854775805 -9223372036854775800 -9223372036854775795 | -9223372036854775795" },
};

static void
test_value (gconstpointer data)
{
  const ValueCase *test = data;
  int64_t low = 0, high = 0;
  g_autoptr (GArray) ticks = ls_ticks_value (test->min, test->max, test->unit, test->n_steps, &low,
                                             &high);
  g_autoptr (GString) result = g_string_new (NULL);

  g_string_append_printf (result, "%" G_GINT64_FORMAT " |", low);
  for (unsigned int i = 0; i < ticks->len; i++)
    g_string_append_printf (result, " %" G_GINT64_FORMAT, g_array_index (ticks, int64_t, i));
  g_string_append_printf (result, " | %" G_GINT64_FORMAT, high);

  g_assert_cmpstr (result->str, ==, test->expected);
  g_assert_cmpuint (ticks->len, <=, MAX (test->n_steps, 1) + 2);
}

/* Values of every length, not nearly all of them huge. */
static int64_t
random_value (void)
{
  uint64_t bits = (uint64_t) (uint32_t) g_test_rand_int () << 32 | (uint32_t) g_test_rand_int ();

  return (int64_t) bits >> g_test_rand_int_range (0, 63);
}

/* What holds for any two values. */
static void
test_value_random (void)
{
  for (int round = 0; round < 20000; round++)
    {
      int64_t a = random_value ();
      int64_t b = random_value ();
      unsigned int n_steps = (unsigned int) g_test_rand_int_range (1, 12);
      int64_t low = 0, high = 0;
      g_autoptr (GArray) ticks = ls_ticks_value (MIN (a, b), MAX (a, b), 1, n_steps, &low, &high);

      g_assert_cmpint (low, <=, MIN (a, b));
      g_assert_cmpint (high, >=, MAX (a, b));
      g_assert_cmpint (low, <, high);
      g_assert_cmpuint (ticks->len, >=, 1);
      g_assert_cmpuint (ticks->len, <=, n_steps + 2);
      for (unsigned int i = 0; i < ticks->len; i++)
        {
          int64_t tick = g_array_index (ticks, int64_t, i);

          g_assert_cmpint (tick, >=, low);
          g_assert_cmpint (tick, <=, high);
          if (i > 1)
            g_assert_cmpuint ((uint64_t) tick - (uint64_t) g_array_index (ticks, int64_t, i - 1),
                              ==,
                              (uint64_t) g_array_index (ticks, int64_t,
                                                        1) - (uint64_t) g_array_index (ticks,
                                                                                       int64_t, 0));
        }
    }
}

typedef struct
{
  const char *name;
  const char *zone;
  const char *low;
  const char *high;
  LsTimeUnit finest;
  unsigned int n_ticks;
  LsTimeUnit unit;
  const char *expected; /* local times, short */
} TimeCase;

static const TimeCase time_cases[] = {
  { "days", "UTC", "2026-03-01T00:00:00Z", "2026-03-05T00:00:00Z", LS_TIME_UNIT_DAY, 6,
   LS_TIME_UNIT_DAY,
    "01-00 02-00 03-00 04-00 05-00" },
  { "weeks-begin-on-mondays", "UTC", "2026-03-01T00:00:00Z", "2026-03-30T00:00:00Z",
   LS_TIME_UNIT_DAY, 6, LS_TIME_UNIT_WEEK,
    "02-00 09-00 16-00 23-00 30-00" },
  { "months", "UTC", "2026-01-15T00:00:00Z", "2026-05-02T00:00:00Z", LS_TIME_UNIT_DAY, 5,
   LS_TIME_UNIT_MONTH,
    "01-00 01-00 01-00 01-00" },
  { "hours", "UTC", "2026-03-01T01:30:00Z", "2026-03-01T05:00:00Z", LS_TIME_UNIT_HOUR, 8,
   LS_TIME_UNIT_HOUR,
    "01-02 01-03 01-04 01-05" },
  { "no-finer-than-days", "UTC", "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z", LS_TIME_UNIT_DAY,
   20, LS_TIME_UNIT_DAY,
    "01-00 02-00" },
  { "no-finer-than-months", "UTC", "2026-01-01T00:00:00Z", "2026-03-02T00:00:00Z",
   LS_TIME_UNIT_MONTH, 60,
    LS_TIME_UNIT_MONTH, "01-00 01-00 01-00" },
  { "local-midnights", "Europe/Paris", "2026-06-01T00:00:00Z", "2026-06-04T00:00:00Z",
   LS_TIME_UNIT_DAY, 5, LS_TIME_UNIT_DAY,
    "02-00 03-00 04-00" },
  { "over-clock-change", "Europe/Paris", "2026-03-27T23:00:00Z", "2026-03-30T22:00:00Z",
   LS_TIME_UNIT_DAY, 5,
    LS_TIME_UNIT_DAY, "28-00 29-00 30-00 31-00" },
  { "missing-hour", "Europe/Paris", "2026-03-29T00:00:00Z", "2026-03-29T03:00:00Z",
   LS_TIME_UNIT_HOUR, 8, LS_TIME_UNIT_HOUR,
    "29-01 29-03 29-04 29-05" },
  { "day-without-midnight", "America/Santiago", "2026-09-05T00:00:00Z", "2026-09-07T12:00:00Z",
   LS_TIME_UNIT_DAY, 8,
    LS_TIME_UNIT_DAY, "05-00 06-01 07-00" },
  { "single-moment", "UTC", "2026-03-01T00:00:00Z", "2026-03-01T00:00:00Z", LS_TIME_UNIT_DAY, 4,
   LS_TIME_UNIT_DAY, "01-00" },
  { "before-the-epoch", "UTC", "1969-12-30T12:00:00Z", "1970-01-01T12:00:00Z", LS_TIME_UNIT_DAY, 4,
   LS_TIME_UNIT_DAY,
    "31-00 01-00" },
};

static int64_t
parse (const char *text)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_iso8601 (text, NULL);

  g_assert_nonnull (time);
  return g_date_time_to_unix (time) * SECOND;
}

static void
test_time (gconstpointer data)
{
  const TimeCase *test = data;
  g_autoptr (GTimeZone) zone = g_time_zone_new_identifier (test->zone);
  g_autoptr (GArray) ticks = NULL;
  g_autoptr (GString) result = g_string_new (NULL);
  LsTimeUnit unit = LS_TIME_UNIT_YEAR;

  if (zone == NULL)
    {
      g_test_skip ("The system has no such time zone");
      return;
    }

  ticks = ls_ticks_time (parse (test->low), parse (test->high), zone, test->finest, test->n_ticks,
                         &unit);
  for (unsigned int i = 0; i < ticks->len; i++)
    {
      g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (g_array_index (ticks, int64_t,
                                                                                i) / SECOND);
      g_autoptr (GDateTime) local = g_date_time_to_timezone (utc, zone);

      g_string_append_printf (result, "%s%02d-%02d", i > 0 ? " " : "",
                              g_date_time_get_day_of_month (local),
                              g_date_time_get_hour (local));
    }

  g_assert_cmpstr (result->str, ==, test->expected);
  g_assert_cmpint (unit, ==, test->unit);
}

/* Ticks stay where they are while the window over them moves. */
static void
test_time_stable (void)
{
  g_autoptr (GTimeZone) zone = g_time_zone_new_utc ();
  const int64_t first = parse ("2026-01-01T00:00:00Z");
  const int64_t length = 50 * 24 * HOUR;
  LsTimeUnit unit = LS_TIME_UNIT_HOUR;
  g_autoptr (GArray) all = ls_ticks_time (first, first + length, zone, LS_TIME_UNIT_DAY, 5, &unit);

  for (int hours = 1; hours < 24 * 13; hours += 7)
    {
      int64_t low = first + hours * HOUR;
      g_autoptr (GArray) some = ls_ticks_time (low, low + length, zone, LS_TIME_UNIT_DAY, 5, &unit);
      unsigned int j = 0;

      for (unsigned int i = 0; i < all->len; i++)
        {
          if (g_array_index (all, int64_t, i) < low)
            continue;
          g_assert_cmpint (g_array_index (some, int64_t, j), ==, g_array_index (all, int64_t, i));
          j++;
        }
    }
}

static void
test_time_bounds (void)
{
  g_autoptr (GTimeZone) zone = g_time_zone_new_utc ();
  const int64_t ends[] = { INT64_MIN, INT64_MIN + 1, -1, 0, 1, parse ("2026-03-01T00:00:00Z"),
                          INT64_MAX - 1, INT64_MAX };

  for (size_t i = 0; i < G_N_ELEMENTS (ends); i++)
    {
      for (size_t j = i; j < G_N_ELEMENTS (ends); j++)
        {
          for (unsigned int n_ticks = 0; n_ticks < 20; n_ticks += 4)
            {
              LsTimeUnit unit = LS_TIME_UNIT_HOUR;
              g_autoptr (GArray) ticks = ls_ticks_time (ends[i], ends[j], zone, LS_TIME_UNIT_HOUR,
                                                        n_ticks, &unit);

              g_assert_cmpuint (ticks->len, <=, 2 * n_ticks + 2);
            }
        }
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (size_t i = 0; i < G_N_ELEMENTS (value_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/ticks/value/", value_cases[i].name, NULL);

      g_test_add_data_func (path, &value_cases[i], test_value);
    }
  g_test_add_func ("/ticks/value/random", test_value_random);
  for (size_t i = 0; i < G_N_ELEMENTS (time_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/ticks/time/", time_cases[i].name, NULL);

      g_test_add_data_func (path, &time_cases[i], test_time);
    }
  g_test_add_func ("/ticks/time/stable", test_time_stable);
  g_test_add_func ("/ticks/time/bounds", test_time_bounds);

  return g_test_run ();
}
