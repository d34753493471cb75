/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-duration"

#include "config.h"

#include "core/ls-duration.h"

typedef struct {
  const char *suffix;
  int64_t factor;
} Unit;

static const Unit units[] = {
  { "", INT64_C (1000000) },     { "us", 1 },
  { "ms", 1000 },                { "s", INT64_C (1000000) },
  { "min", INT64_C (60000000) }, { "h", INT64_C (3600000000) },
  { "d", INT64_C (86400000000) },
};

/**
 * ls_duration_parse:
 * @text: as `500ms`, `30s`, `2min`, `12h` or `90d`; a bare number is seconds
 * @ret_duration: (out): µs; untouched when @text is none of these
 *
 * Reads a span of time as people write it in options.
 *
 * Returns: whether it is one, and fits
 */
bool
ls_duration_parse (const char *text,
                   int64_t    *ret_duration)
{
  char *end = NULL;
  int64_t number, duration;

  if (!g_ascii_isdigit (text[0]))
    return false;
  number = g_ascii_strtoll (text, &end, 10);
  while (*end == ' ')
    end++;
  for (size_t i = 0; i < G_N_ELEMENTS (units); i++)
    if (g_str_equal (end, units[i].suffix))
      {
        if (__builtin_mul_overflow (number, units[i].factor, &duration))
          return false;
        *ret_duration = duration;
        return true;
      }
  return false;
}
