/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-collation"

#include "config.h"

#include "app/text/ls-collation-icu.h"

#include <locale.h>
#include <string.h>
#include <unicode/ucol.h>
#include <unicode/uiter.h>
#include <unicode/uvernum.h>

/*
 * The order of the admin's language, by ICU, for tables that sort by text. An opened collator may
 * be used by several threads at once as long as none changes it (ICU user guide, "Collation API
 * Details", thread safety).
 */

static int
compare (const char *a,
         size_t      a_length,
         const char *b,
         size_t      b_length,
         gpointer    user_data)
{
  UErrorCode status = U_ZERO_ERROR;
  UCollationResult order =
      ucol_strcollUTF8 (user_data, a, (int32_t) a_length, b, (int32_t) b_length, &status);
  int bytes;

  if (U_SUCCESS (status) && order != UCOL_EQUAL)
    return (int) order;
  /* What a reader can't tell apart is still ordered, so that equal means the same bytes. */
  bytes = memcmp (a, b, MIN (a_length, b_length));
  if (bytes != 0)
    return bytes;
  return (a_length > b_length) - (a_length < b_length);
}

static uint64_t
prefix (const char *text,
        size_t      length,
        gpointer    user_data)
{
  UErrorCode status = U_ZERO_ERROR;
  uint32_t state[2] = { 0, 0 };
  uint8_t key[sizeof (uint64_t)] = { 0 };
  uint64_t number = 0;
  UCharIterator iterator;

  uiter_setUTF8 (&iterator, text, (int32_t) length);
  ucol_nextSortKeyPart (user_data, &iterator, state, key, sizeof key, &status);
  if (U_FAILURE (status))
    return 0;
  for (size_t i = 0; i < sizeof key; i++)
    number = number << 8 | key[i];
  return number;
}

/**
 * ls_collation_icu_get:
 *
 * Gets the order of the locale that the program runs in. Main thread, before any cache is opened.
 *
 * Returns: (transfer none): the order, static; the default one when ICU has none for the locale
 */
const LsCollation *
ls_collation_icu_get (void)
{
  static LsCollation collation;
  UErrorCode status = U_ZERO_ERROR;
  const char *locale = setlocale (LC_COLLATE, NULL);
  UVersionInfo version;
  UCollator *collator;

  if (collation.id != NULL)
    return &collation;
  collator = ucol_open (locale, &status);
  if (U_FAILURE (status))
    {
      g_message ("No order of texts for %s: %s", locale, u_errorName (status));
      return ls_collation_get_default ();
    }
  ucol_getVersion (collator, version);
  collation = (LsCollation) {
    .id = g_strdup_printf ("icu %s %u.%u.%u.%u", locale, version[0], version[1], version[2], version[3]),
    .compare = compare,
    .prefix = prefix,
    .user_data = collator,
  };
  return &collation;
}
