/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-types.h"

G_BEGIN_DECLS

#define LS_USEC_PER_DAY INT64_C (86400000000)

int64_t ls_calendar_day         (int64_t    time,
                                 GTimeZone *zone);
int64_t ls_calendar_day_start   (int64_t    day,
                                 GTimeZone *zone);
char   *ls_calendar_day_text    (int64_t    day);
int64_t ls_calendar_month       (int64_t    day);
int64_t ls_calendar_month_start (int64_t    month);
bool    ls_calendar_parse_time  (const char *text,
                                 GTimeZone  *zone,
                                 int64_t    *ret_time);

G_END_DECLS
