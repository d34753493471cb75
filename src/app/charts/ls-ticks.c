/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstep-app"

#include "config.h"

#include "app/charts/ls-ticks.h"

#define SECOND INT64_C (1000000)
#define HOUR (3600 * SECOND)
#define DAY (24 * HOUR)

/* A day inside what GDateTime can hold, so that a step over the end is noticed, not clamped. */
#define FIRST_TIME (INT64_C (-62135510400) * SECOND)
#define LAST_TIME (INT64_C (253402214400) * SECOND)

/* Values */

/* The smallest 1, 2 or 5 times a power of ten that is not below @raw; past 10^19 there is none in
 * 64 bits.
 */
static uint64_t
nice_step (uint64_t raw)
{
  uint64_t power = 1;

  while (TRUE)
    {
      if (raw <= power || power == UINT64_C (10000000000000000000))
        return power;
      if (raw <= 2 * power)
        return 2 * power;
      if (raw <= 5 * power)
        return 5 * power;
      power *= 10;
    }
}

static uint64_t
magnitude (int64_t value)
{
  return value < 0 ? 0 - (uint64_t) value : (uint64_t) value;
}

/* Rounds to multiples of @step: false if the result does not fit. */
static gboolean
round_down (int64_t   value,
            uint64_t  step,
            int64_t  *result)
{
  uint64_t rest = magnitude (value) % step;

  if (value < 0 && rest > 0)
    return !__builtin_sub_overflow (value, step - rest, result);
  return !__builtin_sub_overflow (value, rest, result);
}

static gboolean
round_up (int64_t   value,
          uint64_t  step,
          int64_t  *result)
{
  uint64_t rest = magnitude (value) % step;

  if (value > 0 && rest > 0)
    return !__builtin_add_overflow (value, step - rest, result);
  return !__builtin_add_overflow (value, rest, result);
}

/* All values equal: nothing says how far apart ticks should be, but the value itself. */
static void
widen (int64_t *min,
       int64_t *max,
       int64_t  unit)
{
  uint64_t step;

  if (*min == 0)
    {
      *max = MAX (unit, 1);
      return;
    }

  step = nice_step (magnitude (*min) / 10);
  if (__builtin_sub_overflow (*min, step, min))
    *min = INT64_MIN;
  if (__builtin_add_overflow (*max, step, max))
    *max = INT64_MAX;
}

GArray *
ls_ticks_value (int64_t       min,
                int64_t       max,
                int64_t       unit,
                unsigned int  n_steps,
                int64_t      *low,
                int64_t      *high)
{
  GArray *ticks = g_array_new (FALSE, FALSE, sizeof (int64_t));
  uint64_t range, step;
  int64_t tick;

  g_return_val_if_fail (min <= max, ticks);
  g_return_val_if_fail (low != NULL && high != NULL, ticks);

  if (min == max)
    widen (&min, &max, unit);

  n_steps = MAX (n_steps, 1);
  range = (uint64_t) max - (uint64_t) min;
  step = nice_step (range / n_steps + (range % n_steps > 0));

  if (!round_down (min, step, low))
    *low = INT64_MIN;
  if (!round_up (max, step, high))
    *high = INT64_MAX;

  if (!round_up (*low, step, &tick))
    return ticks;
  while (tick <= *high)
    {
      g_array_append_val (ticks, tick);
      if (__builtin_add_overflow (tick, step, &tick))
        break;
    }

  return ticks;
}

/* Times */

typedef struct
{
  LsTimeUnit unit;
  int step;
  int64_t length; /* about, in µs */
} Spacing;

static const Spacing spacings[] = {
  { LS_TIME_UNIT_HOUR, 1, HOUR },
  { LS_TIME_UNIT_HOUR, 2, 2 * HOUR },
  { LS_TIME_UNIT_HOUR, 3, 3 * HOUR },
  { LS_TIME_UNIT_HOUR, 6, 6 * HOUR },
  { LS_TIME_UNIT_HOUR, 12, 12 * HOUR },
  { LS_TIME_UNIT_DAY, 1, DAY },
  { LS_TIME_UNIT_DAY, 2, 2 * DAY },
  { LS_TIME_UNIT_WEEK, 1, 7 * DAY },
  { LS_TIME_UNIT_WEEK, 2, 14 * DAY },
  { LS_TIME_UNIT_MONTH, 1, 30 * DAY },
  { LS_TIME_UNIT_MONTH, 2, 61 * DAY },
  { LS_TIME_UNIT_MONTH, 3, 91 * DAY },
  { LS_TIME_UNIT_MONTH, 6, 182 * DAY },
  { LS_TIME_UNIT_YEAR, 1, 365 * DAY },
  { LS_TIME_UNIT_YEAR, 2, 730 * DAY },
  { LS_TIME_UNIT_YEAR, 5, 1826 * DAY },
  { LS_TIME_UNIT_YEAR, 10, 3652 * DAY },
  { LS_TIME_UNIT_YEAR, 20, 7305 * DAY },
  { LS_TIME_UNIT_YEAR, 50, 18262 * DAY },
  { LS_TIME_UNIT_YEAR, 100, 36524 * DAY },
  { LS_TIME_UNIT_YEAR, 200, 73048 * DAY },
  { LS_TIME_UNIT_YEAR, 500, 182621 * DAY },
  { LS_TIME_UNIT_YEAR, 1000, 365242 * DAY },
  { LS_TIME_UNIT_YEAR, 5000, 1826210 * DAY },
};

static const Spacing *
choose_spacing (int64_t       range,
                LsTimeUnit    finest,
                unsigned int  n_ticks)
{
  for (size_t i = 0; i < G_N_ELEMENTS (spacings); i++)
    {
      if (spacings[i].unit >= finest && range / spacings[i].length < MAX (n_ticks, 1))
        return &spacings[i];
    }
  return &spacings[G_N_ELEMENTS (spacings) - 1];
}

/* The first day of the unit that @date lies in. */
static void
floor_date (GDate      *date,
            LsTimeUnit  unit)
{
  if (unit == LS_TIME_UNIT_WEEK)
    g_date_subtract_days (date, (guint) g_date_get_weekday (date) - G_DATE_MONDAY);
  if (unit >= LS_TIME_UNIT_MONTH)
    g_date_set_day (date, 1);
  if (unit == LS_TIME_UNIT_YEAR)
    g_date_set_month (date, G_DATE_JANUARY);
}

static void
next_date (GDate      *date,
           LsTimeUnit  unit)
{
  switch (unit)
    {
    case LS_TIME_UNIT_HOUR:
    case LS_TIME_UNIT_DAY:
      g_date_add_days (date, 1);
      break;
    case LS_TIME_UNIT_WEEK:
      g_date_add_days (date, 7);
      break;
    case LS_TIME_UNIT_MONTH:
      g_date_add_months (date, 1);
      break;
    case LS_TIME_UNIT_YEAR:
      g_date_add_years (date, 1);
      break;
    default:
      g_assert_not_reached ();
    }
}

/* Which of every @step units bear a tick depends on the calendar, not on where the axis begins: so
 * ticks stay where they are while the data moves on.
 */
static gboolean
takes_tick (const GDate   *date,
            const Spacing *spacing)
{
  switch (spacing->unit)
    {
    case LS_TIME_UNIT_HOUR:
      return TRUE;
    case LS_TIME_UNIT_DAY:
      return g_date_get_julian (date) % (guint) spacing->step == 0;
    case LS_TIME_UNIT_WEEK:
      return g_date_get_julian (date) / 7 % (guint) spacing->step == 0;
    case LS_TIME_UNIT_MONTH:
      return ((int) g_date_get_month (date) - 1) % spacing->step == 0;
    case LS_TIME_UNIT_YEAR:
      return g_date_get_year (date) % spacing->step == 0;
    default:
      g_assert_not_reached ();
    }
}

/* A day may begin after midnight where clocks change then, and an hour may be missing: a tick that
 * does not come after the one before is left out.
 */
static gboolean
append_time (GArray      *ticks,
             GTimeZone   *zone,
             const GDate *date,
             int          hour,
             int64_t      low,
             int64_t      high)
{
  g_autoptr (GDateTime) time = g_date_time_new (zone, g_date_get_year (date),
                                                (int) g_date_get_month (date),
                                                g_date_get_day (date), hour, 0, 0);
  int64_t tick;

  if (time == NULL)
    return FALSE;

  tick = g_date_time_to_unix (time) * SECOND;
  if (tick > high)
    return FALSE;
  if (tick >= low && (ticks->len == 0 || g_array_index (ticks, int64_t, ticks->len - 1) < tick))
    g_array_append_val (ticks, tick);
  return TRUE;
}

GArray *
ls_ticks_time (int64_t       low,
               int64_t       high,
               GTimeZone    *zone,
               LsTimeUnit    finest,
               unsigned int  n_ticks,
               LsTimeUnit   *unit)
{
  GArray *ticks = g_array_new (FALSE, FALSE, sizeof (int64_t));
  g_autoptr (GDateTime) first_utc = NULL;
  g_autoptr (GDateTime) first = NULL;
  const Spacing *spacing;
  gboolean inside = TRUE;
  int year, month, day;
  GDate date;

  g_return_val_if_fail (low <= high, ticks);
  g_return_val_if_fail (zone != NULL, ticks);
  g_return_val_if_fail (unit != NULL, ticks);

  low = CLAMP (low, FIRST_TIME, LAST_TIME);
  high = CLAMP (high, FIRST_TIME, LAST_TIME);
  spacing = choose_spacing (high - low, finest, n_ticks);
  *unit = spacing->unit;

  first_utc = g_date_time_new_from_unix_utc (low / SECOND - (low % SECOND < 0));
  first = g_date_time_to_timezone (first_utc, zone);
  g_date_time_get_ymd (first, &year, &month, &day);
  g_date_clear (&date, 1);
  g_date_set_dmy (&date, (GDateDay) day, (GDateMonth) month, (GDateYear) year);
  floor_date (&date, spacing->unit);

  for (; inside; next_date (&date, spacing->unit))
    {
      if (spacing->unit == LS_TIME_UNIT_HOUR)
        {
          for (int hour = 0; inside && hour < 24; hour += spacing->step)
            inside = append_time (ticks, zone, &date, hour, low, high);
        }
      else if (takes_tick (&date, spacing))
        {
          inside = append_time (ticks, zone, &date, 0, low, high);
        }
    }

  return ticks;
}
