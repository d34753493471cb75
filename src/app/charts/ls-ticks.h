/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdint.h>

G_BEGIN_DECLS

/**
 * LsTimeUnit:
 * @LS_TIME_UNIT_HOUR: hours
 * @LS_TIME_UNIT_DAY: calendar days
 * @LS_TIME_UNIT_WEEK: calendar weeks
 * @LS_TIME_UNIT_MONTH: calendar months
 * @LS_TIME_UNIT_YEAR: calendar years
 *
 * What a time axis counts in, the finest first.
 */
typedef enum {
  LS_TIME_UNIT_HOUR,
  LS_TIME_UNIT_DAY,
  LS_TIME_UNIT_WEEK,
  LS_TIME_UNIT_MONTH,
  LS_TIME_UNIT_YEAR,
} LsTimeUnit;

/**
 * ls_ticks_value:
 * @min: lowest value to show
 * @max: highest value to show, not below @min
 * @unit: a distance that means something by itself, for when all values are zero: 100 for euros in
 *   cents, 1 for counts
 * @n_steps: about how many steps fit, at least 1
 * @low: (out): where the axis begins
 * @high: (out): where it ends, above @low
 *
 * Chooses ticks whose distance is 1, 2 or 5 times a power of ten.
 *
 * @low and @high are ticks themselves, unless that would not fit an int64. At most @n_steps + 2
 * ticks come back, and any two values can be given: nothing overflows.
 *
 * Returns: (transfer full) (element-type gint64): the ticks in rising order
 */
GArray *ls_ticks_value (int64_t       min,
                        int64_t       max,
                        int64_t       unit,
                        unsigned int  n_steps,
                        int64_t      *low,
                        int64_t      *high);

/**
 * ls_ticks_time:
 * @low: where the axis begins, µs since the epoch
 * @high: where it ends, not before @low
 * @zone: the time zone whose calendar counts
 * @finest: the finest unit that makes sense for the data
 * @n_ticks: about how many ticks fit, at least 1
 * @unit: (out): the unit they count in
 *
 * Chooses ticks at the beginnings of hours, days, weeks (Mondays), months or years.
 *
 * Times outside the years 1 to 9999 have no ticks. At most 2 * @n_ticks + 2 come back.
 *
 * Returns: (transfer full) (element-type gint64): the ticks in rising order, in µs
 */
GArray *ls_ticks_time  (int64_t       low,
                        int64_t       high,
                        GTimeZone    *zone,
                        LsTimeUnit    finest,
                        unsigned int  n_ticks,
                        LsTimeUnit   *unit);

G_END_DECLS
