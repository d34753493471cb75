/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-core"

#include "config.h"

#include "core/ls-json-guard-private.h"

#include <string.h>

#define MAX_INTEGER_DIGITS 16
#define INTEGER_LIMIT (UINT64_C (1) << 53)

#define ONES UINT64_C (0x0101010101010101)
#define HIGHS UINT64_C (0x8080808080808080)

/* Whether a byte of eight is a control character, a quote, a backslash or not ASCII. The lowest bit
 * of the result is exact; borrows may set higher ones for nothing. */
static inline uint64_t
find_special (uint64_t eight)
{
  uint64_t quote = eight ^ (ONES * '"');
  uint64_t backslash = eight ^ (ONES * '\\');

  return (((eight - ONES * 0x20) & ~eight) | ((quote - ONES) & ~quote)
          | ((backslash - ONES) & ~backslash) | eight)
         & HIGHS;
}

static inline const uint8_t *
skip_plain (const uint8_t *at,
            const uint8_t *end)
{
  while (end - at >= 8)
    {
      uint64_t eight;
      uint64_t special;

      memcpy (&eight, at, sizeof eight);
      special = find_special (GUINT64_FROM_LE (eight));
      if (special != 0)
        return at + (__builtin_ctzll (special) >> 3);
      at += 8;
    }

  while (at < end && *at >= 0x20 && *at < 0x80 && *at != '"' && *at != '\\')
    at++;

  return at;
}

/* Length of the character that begins here, at least two bytes; 0 if there is none. */
static inline unsigned
utf8_length (const uint8_t *at,
             const uint8_t *end)
{
  uint8_t low = 0x80;
  uint8_t high = 0xbf;
  unsigned length;

  if (*at < 0xc2 || *at > 0xf4)
    return 0;

  length = *at < 0xe0 ? 2 : *at < 0xf0 ? 3 : 4;
  if ((size_t) (end - at) < length)
    return 0;

  /* Longer forms than needed, surrogates, and what is beyond U+10FFFF. */
  if (*at == 0xe0)
    low = 0xa0;
  else if (*at == 0xed)
    high = 0x9f;
  else if (*at == 0xf0)
    low = 0x90;
  else if (*at == 0xf4)
    high = 0x8f;

  if (at[1] < low || at[1] > high)
    return 0;
  for (unsigned i = 2; i < length; i++)
    {
      if ((at[i] & 0xc0) != 0x80)
        return 0;
    }

  return length;
}

static bool
scan_hex4 (LsJsonGuard   *guard,
           const uint8_t *at,
           uint32_t      *unit)
{
  *unit = 0;
  for (unsigned i = 0; i < 4; i++)
    {
      int digit;

      if (at + i == guard->end)
        return ls_json_guard_fail (guard, guard->end, LS_JSON_REASON_TRUNCATED);
      digit = g_ascii_xdigit_value ((char) at[i]);
      if (digit < 0)
        return ls_json_guard_fail (guard, at + i, LS_JSON_REASON_ESCAPE);
      *unit = *unit << 4 | (uint32_t) digit;
    }

  return true;
}

/* A \u escape at @at: gives its length, of a pair that of both, and that of what it stands for. */
static bool
scan_unicode_escape (LsJsonGuard   *guard,
                     const uint8_t *at,
                     unsigned      *length,
                     unsigned      *decoded)
{
  uint32_t unit;
  uint32_t second;

  if (!scan_hex4 (guard, at + 2, &unit))
    return false;

  *length = 6;
  *decoded = unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3;
  if (unit == 0)
    return ls_json_guard_fail (guard, at, LS_JSON_REASON_NUL);
  if (unit < 0xd800 || unit > 0xdfff)
    return true;

  if (unit >= 0xdc00)
    return ls_json_guard_fail (guard, at, LS_JSON_REASON_SURROGATE);
  if (guard->end - at < 8)
    return ls_json_guard_fail (guard, guard->end, LS_JSON_REASON_TRUNCATED);
  if (at[6] != '\\' || at[7] != 'u')
    return ls_json_guard_fail (guard, at, LS_JSON_REASON_SURROGATE);
  if (!scan_hex4 (guard, at + 8, &second))
    return false;
  if (second < 0xdc00 || second > 0xdfff)
    return ls_json_guard_fail (guard, at, LS_JSON_REASON_SURROGATE);

  *length = 12;
  *decoded = 4;

  return true;
}

static bool
scan_escape (LsJsonGuard   *guard,
             const uint8_t *at,
             unsigned      *length,
             unsigned      *decoded)
{
  if (at + 1 == guard->end)
    return ls_json_guard_fail (guard, guard->end, LS_JSON_REASON_TRUNCATED);

  if (at[1] == 'u')
    return scan_unicode_escape (guard, at, length, decoded);
  if (at[1] == '\0' || strchr ("\"\\/bfnrt", at[1]) == NULL)
    return ls_json_guard_fail (guard, at, LS_JSON_REASON_ESCAPE);

  *length = 2;
  *decoded = 1;

  return true;
}

bool
ls_json_guard_scan_string (LsJsonGuard *guard,
                           bool        *escaped)
{
  const uint8_t *start = guard->at + 1;
  const uint8_t *at = start;
  size_t saved = 0; /* by undoing the escapes */

  *escaped = false;
  for (;;)
    {
      unsigned length = 1;
      unsigned decoded = 1;

      at = skip_plain (at, guard->end);
      if (at == guard->end)
        return ls_json_guard_fail (guard, at, LS_JSON_REASON_TRUNCATED);
      if (*at == '"')
        break;

      if (*at == '\\')
        {
          if (!scan_escape (guard, at, &length, &decoded))
            return false;
          *escaped = true;
          saved += length - decoded;
        }
      else if (*at < 0x20)
        return ls_json_guard_fail (guard, at, LS_JSON_REASON_CONTROL);
      else if ((length = utf8_length (at, guard->end)) == 0)
        return ls_json_guard_fail (guard, at, LS_JSON_REASON_UTF8);

      at += length;
    }

  if ((size_t) (at - start) - saved > guard->limits.max_string_bytes)
    return ls_json_guard_fail (guard, start - 1, LS_JSON_REASON_STRING_TOO_LONG);

  guard->at = at + 1;

  return true;
}

bool
ls_json_guard_scan_number (LsJsonGuard *guard)
{
  const uint8_t *start = guard->at;
  const uint8_t *at = start;
  const uint8_t *digits;
  uint64_t value = 0;

  at += *at == '-';
  if (at == guard->end || !g_ascii_isdigit ((char) *at))
    return ls_json_guard_fail_at_byte (guard, at, LS_JSON_REASON_SYNTAX);

  digits = at;
  for (; at < guard->end && g_ascii_isdigit ((char) *at); at++)
    {
      if (at - digits < MAX_INTEGER_DIGITS)
        value = value * 10 + (uint64_t) (*at - '0');
    }

  if (*digits == '0' && at - digits > 1)
    return ls_json_guard_fail (guard, digits, LS_JSON_REASON_LEADING_ZERO);
  if (at < guard->end && *at == '.')
    return ls_json_guard_fail (guard, at, LS_JSON_REASON_FRACTION);
  if (at < guard->end && (*at == 'e' || *at == 'E'))
    return ls_json_guard_fail (guard, at, LS_JSON_REASON_EXPONENT);
  if (value == 0 && digits != start)
    return ls_json_guard_fail (guard, start, LS_JSON_REASON_NEGATIVE_ZERO);
  if (at - digits > MAX_INTEGER_DIGITS || value >= INTEGER_LIMIT)
    return ls_json_guard_fail (guard, start, LS_JSON_REASON_RANGE);

  guard->at = at;

  return true;
}

bool
ls_json_guard_scan_literal (LsJsonGuard *guard,
                            const char  *literal)
{
  for (; *literal != '\0'; literal++, guard->at++)
    {
      if (guard->at == guard->end || *guard->at != (uint8_t) *literal)
        return ls_json_guard_fail_at_byte (guard, guard->at, LS_JSON_REASON_SYNTAX);
    }

  return true;
}
