/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <limits.h>
#include <locale.h>

#include "core/ls-backoff.h"

#define SECOND INT64_C (1000000)

typedef struct {
  uint64_t value;
  unsigned n_calls;
} Fixed;

static uint64_t
fixed_random (gpointer user_data)
{
  Fixed *fixed = user_data;

  fixed->n_calls++;

  return fixed->value;
}

static uint64_t
seeded_random (gpointer user_data)
{
  GRand *rand = user_data;

  return (uint64_t) g_rand_int (rand) << 32 | g_rand_int (rand);
}

static void
test_limits (void)
{
  static const int64_t seconds[] = { 1, 2, 4, 8, 16, 30, 30, 30 };
  LsBackoff backoff;
  Fixed fixed = { 0 };

  ls_backoff_init (&backoff, LS_BACKOFF_FIRST_US, LS_BACKOFF_CAP_US);
  for (unsigned i = 0; i < G_N_ELEMENTS (seconds); i++)
    {
      int64_t limit = seconds[i] * SECOND;

      g_assert_cmpuint (ls_backoff_get_n_attempts (&backoff), ==, i);
      g_assert_cmpint (ls_backoff_get_limit (&backoff), ==, limit);

      /* The limit itself can be met, and what is one more begins anew at 0. */
      fixed.value = (uint64_t) limit + (i % 2);
      g_assert_cmpint (ls_backoff_next (&backoff, fixed_random, &fixed),
                       ==, i % 2 == 0 ? limit : 0);
      g_assert_cmpuint (fixed.n_calls, ==, i + 1);
    }

  ls_backoff_reset (&backoff);
  g_assert_cmpuint (ls_backoff_get_n_attempts (&backoff), ==, 0);
  g_assert_cmpint (ls_backoff_get_limit (&backoff), ==, SECOND);
}

static void
test_extremes (void)
{
  Fixed fixed = { UINT64_MAX, 0 };
  LsBackoff backoff;

  ls_backoff_init (&backoff, 1, INT64_MAX - 1);
  for (int i = 0; i < 200; i++)
    {
      int64_t wait = ls_backoff_next (&backoff, fixed_random, &fixed);

      g_assert_cmpint (wait, >=, 0);
      g_assert_cmpint (wait, <, INT64_MAX);
    }
  g_assert_cmpint (ls_backoff_get_limit (&backoff), ==, INT64_MAX - 1);

  ls_backoff_init (&backoff, 7, 7);
  ls_backoff_next (&backoff, fixed_random, &fixed);
  g_assert_cmpint (ls_backoff_get_limit (&backoff), ==, 7);

  /* It goes on for ever. */
  backoff.n_attempts = UINT_MAX;
  ls_backoff_next (&backoff, fixed_random, &fixed);
  g_assert_cmpuint (ls_backoff_get_n_attempts (&backoff), ==, UINT_MAX);
  g_assert_cmpint (ls_backoff_get_limit (&backoff), ==, 7);
}

/* Full jitter: all of the time up to the limit is used, each tenth about as often. */
static void
test_jitter (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (20260117);
  unsigned tenths[10] = { 0 };
  LsBackoff backoff;

  ls_backoff_init (&backoff, LS_BACKOFF_FIRST_US, LS_BACKOFF_CAP_US);
  backoff.n_attempts = 10;
  for (int i = 0; i < 10000; i++)
    {
      int64_t wait = ls_backoff_next (&backoff, seeded_random, rand);

      g_assert_cmpint (wait, <=, LS_BACKOFF_CAP_US);
      tenths[MIN (wait / (LS_BACKOFF_CAP_US / 10), 9)]++;
    }

  for (size_t i = 0; i < G_N_ELEMENTS (tenths); i++)
    {
      g_assert_cmpuint (tenths[i], >, 850);
      g_assert_cmpuint (tenths[i], <, 1150);
    }
}

int
main (int    argc,
      char **argv)
{
  setlocale (LC_ALL, "");
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/backoff/limits", test_limits);
  g_test_add_func ("/backoff/extremes", test_extremes);
  g_test_add_func ("/backoff/jitter", test_jitter);

  return g_test_run ();
}
