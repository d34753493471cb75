/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-calendar"

#include "config.h"

#include "core/ls-calendar.h"

#include <string.h>

#define USEC_PER_SECOND INT64_C (1000000)
#define SECONDS_PER_DAY INT64_C (86400)

static int64_t
floor_divide (int64_t a,
              int64_t b)
{
  return a / b - (a % b < 0 ? 1 : 0);
}

/**
 * ls_calendar_day:
 * @time: µs since the epoch, UTC
 * @zone: the shop's time zone
 *
 * Returns: the day of @time on the shop's calendar, counted from 1970-01-01
 */
int64_t
ls_calendar_day (int64_t    time,
                 GTimeZone *zone)
{
  int64_t seconds = floor_divide (time, USEC_PER_SECOND);
  int interval = g_time_zone_find_interval (zone, G_TIME_TYPE_UNIVERSAL, seconds);

  return floor_divide (seconds + g_time_zone_get_offset (zone, interval), SECONDS_PER_DAY);
}

/**
 * ls_calendar_day_start:
 * @day: a day on the shop's calendar
 * @zone: the shop's time zone
 *
 * Returns: the first µs of @day, UTC: the least time whose ls_calendar_day() is @day, or would be
 * if clocks skipped its midnight
 */
int64_t
ls_calendar_day_start (int64_t    day,
                       GTimeZone *zone)
{
  int64_t local = day * SECONDS_PER_DAY;
  int interval = g_time_zone_find_interval (zone, G_TIME_TYPE_STANDARD, local);

  if (interval < 0)
    interval = g_time_zone_find_interval (zone, G_TIME_TYPE_UNIVERSAL, local);
  return (local - g_time_zone_get_offset (zone, interval)) * USEC_PER_SECOND;
}

/**
 * ls_calendar_day_text:
 * @day: days since 1970-01-01
 *
 * Returns: (transfer full): the day as YYYY-MM-DD
 */
char *
ls_calendar_day_text (int64_t day)
{
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_utc (day * SECONDS_PER_DAY);

  return date != NULL ? g_date_time_format (date, "%Y-%m-%d") : g_strdup ("?");
}

/**
 * ls_calendar_month:
 * @day: days since 1970-01-01
 *
 * The proleptic Gregorian calendar by integer arithmetic (Hinnant, "chrono-compatible low-level
 * date algorithms", civil_from_days).
 *
 * Returns: the month of @day, counted from January 1970
 */
int64_t
ls_calendar_month (int64_t day)
{
  int64_t shifted = day + 719468;
  int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
  int64_t day_of_era = shifted - era * 146097;
  int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int64_t march_month = (5 * day_of_year + 2) / 153;
  int64_t month = march_month < 10 ? march_month + 2 : march_month - 10;
  int64_t year = year_of_era + era * 400 + (month <= 1 ? 1 : 0);

  return (year - 1970) * 12 + month;
}

/**
 * ls_calendar_month_start:
 * @month: a month, counted from January 1970
 *
 * The inverse of ls_calendar_month() (the same source, days_from_civil).
 *
 * Returns: its first day, counted from 1970-01-01
 */
int64_t
ls_calendar_month_start (int64_t month)
{
  int64_t march_based = month + 1970 * 12 - 2;
  int64_t year = floor_divide (march_based, 12);
  int64_t era = floor_divide (year, 400);
  int64_t year_of_era = year - era * 400;
  int64_t day_of_year = (153 * (march_based - year * 12) + 2) / 5;

  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
         719468;
}

/**
 * ls_calendar_parse_time:
 * @text: an ISO 8601 date and time; a date alone means its first moment
 * @zone: zone of a text without one
 * @ret_time: (out): µs since the epoch, UTC; untouched on failure
 *
 * Returns: whether @text is a time
 */
bool
ls_calendar_parse_time (const char *text,
                        GTimeZone  *zone,
                        int64_t    *ret_time)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_iso8601 (text, zone);

  if (time == NULL)
    {
      /* SQL's habit of a space, and a date alone. */
      g_autofree char *padded = g_strdelimit (g_strdup (text), " ", 'T');

      if (strchr (padded, 'T') == NULL)
        {
          g_autofree char *midnight = g_strconcat (padded, "T00:00:00", NULL);

          time = g_date_time_new_from_iso8601 (midnight, zone);
        }
      else
        time = g_date_time_new_from_iso8601 (padded, zone);
    }
  if (time == NULL)
    return false;
  *ret_time = g_date_time_to_unix (time) * USEC_PER_SECOND + g_date_time_get_microsecond (time);
  return true;
}
