/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-record.h"

G_BEGIN_DECLS

char *ls_format_money    (int64_t             minor,
                          const char         *currency);
char *ls_format_number   (int64_t             number);
char *ls_format_percent  (int64_t             numerator,
                          int64_t             denominator);
char *ls_format_time     (int64_t             time,
                          GTimeZone          *zone);
char *ls_format_day      (int64_t             day);
char *ls_format_duration (int64_t             span);
char *ls_format_age      (int64_t             span);
char *ls_format_value    (const LsRecord     *record,
                          unsigned            field,
                          const char         *shop_currency,
                          GTimeZone          *zone);
bool  ls_format_parse_money  (const char     *text,
                              const char     *currency,
                              int64_t        *ret_minor,
                              GError        **error);
bool  ls_format_parse_number (const char     *text,
                              int64_t        *ret_number,
                              GError        **error);
bool        ls_format_is_number  (const LsField *field);
const char *ls_format_enum_label (const LsField *field,
                                  const char    *value);

G_END_DECLS
