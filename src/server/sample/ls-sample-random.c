/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-sample"

#include "config.h"

#include "server/sample/ls-sample-random.h"

#include <math.h>
#include <string.h>

#include <xxhash.h>

/**
 * ls_sample_hash:
 * @text: a text
 *
 * Returns: 64 bits that are always the same for it
 */
uint64_t
ls_sample_hash (const char *text)
{
  return XXH3_64bits (text, strlen (text));
}

/**
 * ls_sample_random_init:
 * @random: dice
 * @seed: a seed
 * @purpose: what they are for: other purposes fall otherwise for the same seed
 *
 * Begins.
 */
void
ls_sample_random_init (LsSampleRandom *random,
                       uint64_t        seed,
                       const char     *purpose)
{
  random->state = seed ^ ls_sample_hash (purpose);
}

/**
 * ls_sample_random_next:
 * @random: dice
 *
 * Returns: 64 bits (SplitMix64)
 */
uint64_t
ls_sample_random_next (LsSampleRandom *random)
{
  uint64_t z = random->state += UINT64_C (0x9e3779b97f4a7c15);

  z = (z ^ (z >> 30)) * UINT64_C (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C (0x94d049bb133111eb);
  return z ^ (z >> 31);
}

/**
 * ls_sample_random_below:
 * @random: dice
 * @limit: more than 0
 *
 * Returns: a number from 0 to @limit - 1
 */
unsigned
ls_sample_random_below (LsSampleRandom *random,
                        unsigned        limit)
{
  return (unsigned) ((ls_sample_random_next (random) >> 32) * limit >> 32);
}

/**
 * ls_sample_random_between:
 * @random: dice
 * @least: inclusive
 * @most: inclusive, not less than @least
 *
 * Returns: a number
 */
int64_t
ls_sample_random_between (LsSampleRandom *random,
                          int64_t         least,
                          int64_t         most)
{
  uint64_t span = (uint64_t) (most - least) + 1;

  return least + (int64_t) (span > 0 ? ls_sample_random_next (random) % span : 0);
}

/**
 * ls_sample_random_chance:
 * @random: dice
 * @percent: how often
 *
 * Returns: whether it happens
 */
bool
ls_sample_random_chance (LsSampleRandom *random,
                         unsigned        percent)
{
  return ls_sample_random_below (random, 100) < percent;
}

/**
 * ls_sample_random_weighted:
 * @random: dice
 * @weights: (array length=n_weights): how often each comes
 * @n_weights: how many, at least one
 *
 * Returns: the index of one of them
 */
size_t
ls_sample_random_weighted (LsSampleRandom *random,
                           const unsigned *weights,
                           size_t          n_weights)
{
  unsigned total = 0;
  unsigned at;

  for (size_t i = 0; i < n_weights; i++)
    total += weights[i];
  at = ls_sample_random_below (random, MAX (total, 1));
  for (size_t i = 0; i < n_weights; i++)
    {
      if (at < weights[i])
        return i;
      at -= weights[i];
    }
  return n_weights - 1;
}

/**
 * ls_sample_random_unit:
 * @random: dice
 *
 * Returns: more than 0, less than 1
 */
double
ls_sample_random_unit (LsSampleRandom *random)
{
  return ((double) (ls_sample_random_next (random) >> 12) + 0.5) / 4503599627370496.0;
}

/**
 * ls_sample_random_poisson:
 * @random: dice
 * @mean: how many there are in the middle, less than 500
 *
 * Returns: how many there are this time. O(@mean)
 */
unsigned
ls_sample_random_poisson (LsSampleRandom *random,
                          double          mean)
{
  double limit = exp (-mean);
  double product = ls_sample_random_unit (random);
  unsigned count = 0;

  while (product > limit)
    {
      product *= ls_sample_random_unit (random);
      count++;
    }
  return count;
}

/**
 * ls_sample_random_word:
 * @random: dice
 * @words: words with bars in between
 *
 * Returns: (transfer full): one of them
 */
char *
ls_sample_random_word (LsSampleRandom *random,
                       const char     *words)
{
  unsigned n = 1;
  unsigned chosen;

  for (const char *at = words; (at = strchr (at, '|')) != NULL; at++)
    n++;
  chosen = ls_sample_random_below (random, n);
  while (chosen-- > 0)
    words = strchr (words, '|') + 1;
  return g_strndup (words, strcspn (words, "|"));
}
