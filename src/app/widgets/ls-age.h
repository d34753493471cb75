/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdint.h>

G_BEGIN_DECLS

/**
 * ls_age_format:
 * @time: when something was known last, µs since the epoch
 * @now: the time now, µs since the epoch
 * @zone: (nullable): the time zone for dates, or %NULL for the system's
 *
 * Writes an age as a sentence: "Updated 2 minutes ago". Past a week it is a date. A time in the
 * future, as clocks that disagree make it, counts as now.
 *
 * Needs no display. Main thread, as all that is translated.
 *
 * Returns: (transfer full): the text
 */
char    *ls_age_format      (int64_t    time,
                             int64_t    now,
                             GTimeZone *zone);

/**
 * ls_age_next_change:
 * @time: when something was known last, µs since the epoch
 * @now: the time now, µs since the epoch
 *
 * Tells how long what [func@age_format] writes stays true.
 *
 * Returns: µs, at least 1; `INT64_MAX` if it does not change any more
 */
int64_t  ls_age_next_change (int64_t    time,
                             int64_t    now);

G_END_DECLS
