/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstep-app"

#include "config.h"

#include "app/widgets/ls-age.h"

#include <glib/gi18n.h>

#define SECOND INT64_C (1000000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

/* Below this it is not worth counting; above that a date says more than a number of days. */
#define JUST_NOW (10 * SECOND)
#define OLD (7 * DAY)

static int64_t
get_age (int64_t time,
         int64_t now)
{
  int64_t age;

  if (now <= time)
    return 0;

  return __builtin_sub_overflow (now, time, &age) ? INT64_MAX : age;
}

static char *
format_date (int64_t    time,
             GTimeZone *zone)
{
  g_autoptr (GDateTime) utc = NULL;
  g_autoptr (GDateTime) local = NULL;

  utc = g_date_time_new_from_unix_utc (time / SECOND - (time % SECOND < 0));
  if (utc)
    local = zone ? g_date_time_to_timezone (utc, zone) : g_date_time_to_local (utc);

  /* Outside the years 1 to 9999 there is no calendar to write. */
  if (local == NULL)
    return g_strdup (_("Updated long ago"));

  /* Translators: a date as for strftime, when data is more than a week old. */
  return g_date_time_format (local, _("Updated on %-d %B %Y"));
}

char *
ls_age_format (int64_t    time,
               int64_t    now,
               GTimeZone *zone)
{
  int64_t age = get_age (time, now);
  gulong n;

  if (age < JUST_NOW)
    return g_strdup (_("Updated just now"));

  if (age < MINUTE)
    return g_strdup (_("Updated less than a minute ago"));

  if (age < HOUR)
    {
      n = (gulong) (age / MINUTE);
      return g_strdup_printf (ngettext ("Updated %lu minute ago", "Updated %lu minutes ago", n), n);
    }

  if (age < DAY)
    {
      n = (gulong) (age / HOUR);
      return g_strdup_printf (ngettext ("Updated %lu hour ago", "Updated %lu hours ago", n), n);
    }

  if (age < OLD)
    {
      n = (gulong) (age / DAY);
      return g_strdup_printf (ngettext ("Updated %lu day ago", "Updated %lu days ago", n), n);
    }

  return format_date (time, zone);
}

int64_t
ls_age_next_change (int64_t time,
                    int64_t now)
{
  int64_t age = get_age (time, now);
  int64_t ahead;

  if (now < time)
    return __builtin_sub_overflow (time, now, &ahead) ? INT64_MAX
                                                      : MIN (ahead,
                                                             INT64_MAX - JUST_NOW) + JUST_NOW;
  if (age < JUST_NOW)
    return JUST_NOW - age;
  if (age < HOUR)
    return MINUTE - age % MINUTE;
  if (age < DAY)
    return HOUR - age % HOUR;
  if (age < OLD)
    return DAY - age % DAY;
  return INT64_MAX;
}
