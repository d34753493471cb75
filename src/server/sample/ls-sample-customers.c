/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-sample"

#include "config.h"

#include "server/sample/ls-sample-market.h"

#include <string.h>

#include "server/sample/ls-sample-people.h"

static const char companies[] =
    "Sideroom Records|Kupferkabel Studio|Papierflieger Film|Halfmoon Pictures|Northlight Podcast|"
    "Tin Roof Sessions|Blaue Stunde Verlag|Paper Crane Games|Estudio Marea|Atelier Minuit|"
    "Second Floor Collective|Glasshouse Dance";

static bool
has_digit (const char *word)
{
  return strcspn (word, "0123456789") < strlen (word);
}

/* "10245 Berlin" and "London E8 3PN": the words with digits, at either end, are the post code. */
static void
split_place (const char  *place,
             char       **ret_postcode,
             char       **ret_city)
{
  g_auto (GStrv) words = g_strsplit (place, " ", -1);
  size_t n = g_strv_length (words);
  size_t first = 0;
  size_t last = n;
  g_autofree char *head = NULL;
  g_autofree char *tail = NULL;
  GStrv parts;

  while (first + 1 < n && has_digit (words[first]))
    first++;
  while (first == 0 && last > 1 && has_digit (words[last - 1]))
    last--;
  parts = g_new0 (char *, n + 1);
  memcpy (parts, words + first, (last - first) * sizeof *parts);
  *ret_city = g_strjoinv (" ", parts);
  memset (parts, 0, (n + 1) * sizeof *parts);
  memcpy (parts, first > 0 ? words : words + last, (first > 0 ? first : n - last) * sizeof *parts);
  *ret_postcode = g_strjoinv (" ", parts);
  g_free (parts);
}

static char *
make_street (LsSampleRandom        *random,
             const LsSampleCountry *country)
{
  g_autofree char *pattern = ls_sample_random_word (random, country->streets);
  g_auto (GStrv) halves = g_strsplit (pattern, "#", 2);
  g_autofree char *number =
      g_strdup_printf ("%d", (int) ls_sample_random_between (random, 1, 148));

  return g_strconcat (halves[0], number, halves[1], NULL);
}

/**
 * ls_sample_make_customer:
 * @market: a market
 * @key: a key
 * @created_at: since when
 *
 * Makes up a customer.
 *
 * Returns: (transfer full): the customer, not in the market yet
 */
LsRecord *
ls_sample_make_customer (LsSampleMarket *market,
                         const char     *key,
                         int64_t         created_at)
{
  LsSampleRandom *random = &market->random;
  const LsSampleCountry *country = ls_sample_country_pick (random, market->profile->index);
  g_autofree char *name = ls_sample_person_name (random, country);
  g_autofree char *place = ls_sample_random_word (random, country->places);
  LsRecord *row = ls_sample_row (NULL, LS_CUSTOMERS, key);
  char *postcode = NULL;
  char *city = NULL;

  split_place (place, &postcode, &city);
  ls_sample_set_text (row, "name", name);
  ls_sample_take_text (row, "email", ls_sample_person_email (random, name, key));
  ls_sample_take_text (row, "address", make_street (random, country));
  ls_sample_take_text (row, "city", city);
  ls_sample_take_text (row, "postcode", postcode);
  ls_sample_set_text (row, "country", country->code);
  ls_sample_set_text (row, "locale", country->locale);
  ls_sample_set_number (row, "created_at", created_at);
  if (country->phone != NULL && ls_sample_random_chance (random, 45))
    ls_sample_take_text (row, "phone", ls_sample_fill_digits (random, country->phone));
  if (ls_sample_random_chance (random, 7))
    ls_sample_take_text (row, "company", ls_sample_random_word (random, companies));
  return row;
}
