/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "core/ls-calendar.h"

static const struct {
  const char *zone;
  const char *time;
  const char *day;
} days[] = {
  { "UTC", "2026-03-12T00:00:00Z", "2026-03-12" },
  { "UTC", "2026-03-11T23:59:59.999999Z", "2026-03-11" },
  { "Europe/Paris", "2026-03-11T23:00:00Z", "2026-03-12" },
  { "Europe/Paris", "2026-03-11T22:59:59Z", "2026-03-11" },
  { "Europe/Paris", "2026-07-11T22:00:00Z", "2026-07-12" },
  { "Europe/Paris", "2026-03-29T00:59:59Z", "2026-03-29" },
  { "America/Los_Angeles", "2026-01-01T07:59:59Z", "2025-12-31" },
  { "America/Los_Angeles", "2026-01-01T08:00:00Z", "2026-01-01" },
  { "Asia/Kathmandu", "2026-01-01T18:15:00Z", "2026-01-02" },
  { "Pacific/Apia", "2011-12-30T09:59:59Z", "2011-12-29" },
  { "Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-31" },
  { "UTC", "1970-01-01T00:00:00Z", "1970-01-01" },
  { "UTC", "2024-02-29T12:00:00Z", "2024-02-29" },
};

static void
test_day (void)
{
  for (size_t i = 0; i < G_N_ELEMENTS (days); i++)
    {
      g_autoptr (GTimeZone) zone = g_time_zone_new_identifier (days[i].zone);
      g_autofree char *text = NULL;
      int64_t time = 0;

      g_test_message ("%s in %s", days[i].time, days[i].zone);
      if (zone == NULL)
        {
          g_test_incomplete ("the system has no time zones");
          return;
        }
      g_assert_true (ls_calendar_parse_time (days[i].time, zone, &time));
      text = ls_calendar_day_text (ls_calendar_day (time, zone));
      g_assert_cmpstr (text, ==, days[i].day);
    }
}

/* Every day of some years begins where ls_calendar_day() changes, also where clocks are moved. */
static void
test_day_start (void)
{
  static const char *const zones[] = { "UTC", "Europe/Paris", "America/New_York", "Asia/Kathmandu", "Pacific/Auckland" };

  for (size_t i = 0; i < G_N_ELEMENTS (zones); i++)
    {
      g_autoptr (GTimeZone) zone = g_time_zone_new_identifier (zones[i]);

      if (zone == NULL)
        continue;
      for (int64_t day = 20000; day < 20800; day++)
        {
          int64_t start = ls_calendar_day_start (day, zone);

          g_assert_cmpint (ls_calendar_day (start, zone), ==, day);
          g_assert_cmpint (ls_calendar_day (start - 1, zone), ==, day - 1);
        }
    }
}

static void
test_parse (void)
{
  g_autoptr (GTimeZone) utc = g_time_zone_new_utc ();
  int64_t time = 5;

  g_assert_false (ls_calendar_parse_time ("", utc, &time));
  g_assert_false (ls_calendar_parse_time ("yesterday", utc, &time));
  g_assert_false (ls_calendar_parse_time ("2026-13-01", utc, &time));
  g_assert_false (ls_calendar_parse_time ("2026-02-30T00:00:00Z", utc, &time));
  g_assert_cmpint (time, ==, 5);
  g_assert_true (ls_calendar_parse_time ("2009-01-01 00:00:00", utc, &time));
  g_assert_cmpint (time, ==, INT64_C (1230768000000000));
  g_assert_true (ls_calendar_parse_time ("2009-01-01", utc, &time));
  g_assert_cmpint (time, ==, INT64_C (1230768000000000));
  g_assert_true (ls_calendar_parse_time ("2009-01-01T01:00:00+01:00", utc, &time));
  g_assert_cmpint (time, ==, INT64_C (1230768000000000));
}

/* Against GLib's calendar, and back again. */
static void
test_month (void)
{
  for (int64_t month = -30; month < 12 * 240; month++)
    {
      int64_t start = ls_calendar_month_start (month);
      g_autoptr (GDateTime) date = g_date_time_new_from_unix_utc (start * 86400);

      g_assert_cmpint (g_date_time_get_day_of_month (date), ==, 1);
      g_assert_cmpint ((g_date_time_get_year (date) - 1970) * 12 + g_date_time_get_month (date) - 1,
                       ==, month);
      g_assert_cmpint (ls_calendar_month (start), ==, month);
      g_assert_cmpint (ls_calendar_month (start - 1), ==, month - 1);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/calendar/day", test_day);
  g_test_add_func ("/calendar/day-start", test_day_start);
  g_test_add_func ("/calendar/month", test_month);
  g_test_add_func ("/calendar/parse", test_parse);
  return g_test_run ();
}
