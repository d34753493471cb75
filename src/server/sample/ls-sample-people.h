/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/sample/ls-sample-random.h"

G_BEGIN_DECLS

/**
 * LsSampleCountry:
 * @code: ISO 3166
 * @locale: the language of most there
 * @given: given names
 * @family: family names
 * @places: post codes and cities
 * @streets: streets; a number is put where the # stands
 * @phone: (nullable): numbers that belong to nobody, each # a digit
 * @vat: per mille of value-added tax in the European Union, 0 outside of it
 * @weights: how many customers come from there, by shop
 *
 * Where customers come from. Lists have bars in between.
 */
typedef struct {
  const char *code;
  const char *locale;
  const char *given;
  const char *family;
  const char *places;
  const char *streets;
  const char *phone;
  unsigned vat;
  unsigned weights[2];
} LsSampleCountry;

const LsSampleCountry *ls_sample_countries_get  (size_t               *ret_count);
const LsSampleCountry *ls_sample_countries_find (const char           *code);
const LsSampleCountry *ls_sample_country_pick   (LsSampleRandom       *random,
                                                 unsigned              shop);
char                  *ls_sample_person_name    (LsSampleRandom       *random,
                                                 const LsSampleCountry *country);
char                  *ls_sample_person_email   (LsSampleRandom       *random,
                                                 const char           *name,
                                                 const char           *key);
char                  *ls_sample_fill_digits    (LsSampleRandom       *random,
                                                 const char           *pattern);

G_END_DECLS
