/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-collation"

#include "config.h"

#include "client/ls-collation.h"

#include <string.h>

/* A prefix has this many bytes, and no character folds to none. */
#define PREFIX_BYTES 8

static int
compare_bytes (const char *a,
               size_t      a_length,
               const char *b,
               size_t      b_length)
{
  int order = memcmp (a, b, MIN (a_length, b_length));

  if (order == 0)
    order = (a_length > b_length) - (a_length < b_length);
  return order;
}

/*
 * By the texts without case, then by bytes, so that only the same text is equal. Folding goes
 * character by character, so what ASCII both begin with is decided without an allocation.
 */
static int
casefold_compare (const char *a,
                  size_t      a_length,
                  const char *b,
                  size_t      b_length,
                  gpointer    user_data)
{
  g_autofree char *a_folded = NULL;
  g_autofree char *b_folded = NULL;
  size_t length = MIN (a_length, b_length);
  size_t i;
  int order;

  for (i = 0; i < length; i++)
    {
      unsigned char x = (unsigned char) g_ascii_tolower (a[i]);
      unsigned char y = (unsigned char) g_ascii_tolower (b[i]);

      if ((x | y) >= 0x80)
        break;
      if (x != y)
        return x < y ? -1 : 1;
    }
  if (i == a_length || i == b_length)
    {
      if (a_length != b_length)
        return a_length < b_length ? -1 : 1;
      return compare_bytes (a, a_length, b, b_length);
    }
  a_folded = g_utf8_casefold (a + i, (gssize) (a_length - i));
  b_folded = g_utf8_casefold (b + i, (gssize) (b_length - i));
  order = strcmp (a_folded, b_folded);
  return order != 0 ? order : compare_bytes (a, a_length, b, b_length);
}

static uint64_t
bytes_prefix (const char *text,
              size_t      length)
{
  uint64_t prefix = 0;

  for (size_t i = 0; i < PREFIX_BYTES; i++)
    prefix = prefix << 8 | (i < length ? (unsigned char) text[i] : 0);
  return prefix;
}

static uint64_t
casefold_prefix (const char *text,
                 size_t      length,
                 gpointer    user_data)
{
  g_autofree char *folded = NULL;
  char ascii[PREFIX_BYTES];
  const char *end = text;
  size_t i;

  for (i = 0; i < MIN (length, PREFIX_BYTES) && (unsigned char) text[i] < 0x80; i++)
    ascii[i] = g_ascii_tolower (text[i]);
  if (i == MIN (length, PREFIX_BYTES))
    return bytes_prefix (ascii, i);
  for (i = 0; i < PREFIX_BYTES && end < text + length; i++)
    end = g_utf8_next_char (end);
  folded = g_utf8_casefold (text, MIN (end, text + length) - text);
  return bytes_prefix (folded, strlen (folded));
}

/**
 * ls_collation_get_default:
 *
 * The order that needs no library of its own: by the texts without case, then by bytes.
 *
 * Returns: (transfer none): the collation, static
 */
const LsCollation *
ls_collation_get_default (void)
{
  static const LsCollation casefold = {
    .id = "casefold-1",
    .compare = casefold_compare,
    .prefix = casefold_prefix,
  };

  return &casefold;
}

/**
 * ls_collation_compare:
 * @collation: a collation
 * @a: a text
 * @b: another
 *
 * Returns: less than, equal to or greater than zero
 */
int
ls_collation_compare (const LsCollation *collation,
                      const char        *a,
                      const char        *b)
{
  return collation->compare (a, strlen (a), b, strlen (b), collation->user_data);
}
