/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-types.h"

G_BEGIN_DECLS

/**
 * LsSampleRandom:
 * @state: where it is
 *
 * Dice that fall the same for the same seed on every machine. Plain struct; one thread.
 */
typedef struct {
  uint64_t state;
} LsSampleRandom;

void        ls_sample_random_init     (LsSampleRandom    *random,
                                       uint64_t           seed,
                                       const char        *purpose);
uint64_t    ls_sample_random_next     (LsSampleRandom    *random);
unsigned    ls_sample_random_below    (LsSampleRandom    *random,
                                       unsigned           limit);
int64_t     ls_sample_random_between  (LsSampleRandom    *random,
                                       int64_t            least,
                                       int64_t            most);
bool        ls_sample_random_chance   (LsSampleRandom    *random,
                                       unsigned           percent);
size_t      ls_sample_random_weighted (LsSampleRandom    *random,
                                       const unsigned    *weights,
                                       size_t             n_weights);
double      ls_sample_random_unit     (LsSampleRandom    *random);
unsigned    ls_sample_random_poisson  (LsSampleRandom    *random,
                                       double             mean);
char       *ls_sample_random_word     (LsSampleRandom    *random,
                                       const char        *words);
uint64_t    ls_sample_hash            (const char        *text);

G_END_DECLS
