/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "server/ls-limits.h"

#define SECOND ((int64_t) G_USEC_PER_SEC)

static void
test_burst_then_rate (void)
{
  const LsRate rate = { 50, SECOND, 500 };
  LsBucket bucket = { 0, 0 };
  int64_t now = 7 * SECOND;
  int64_t wait = 0;

  for (int i = 0; i < 500; i++)
    g_assert_true (ls_bucket_take (&bucket, &rate, now, &wait));
  g_assert_false (ls_bucket_take (&bucket, &rate, now, &wait));
  g_assert_cmpint (wait, ==, SECOND / 50);
  g_assert_false (ls_bucket_take (&bucket, &rate, now + wait - 1, &wait));
  g_assert_cmpint (wait, ==, 1);
  now += SECOND;
  for (int i = 0; i < 50; i++)
    g_assert_true (ls_bucket_take (&bucket, &rate, now, &wait));
  g_assert_false (ls_bucket_take (&bucket, &rate, now, &wait));
}

static void
test_never_more_than_burst (void)
{
  const LsRate rate = { 1, SECOND, 3 };
  LsBucket bucket = { 0, 0 };
  int64_t wait;

  g_assert_true (ls_bucket_take (&bucket, &rate, 0, &wait));
  for (int i = 0; i < 3; i++)
    g_assert_true (ls_bucket_take (&bucket, &rate, 3600 * SECOND, &wait));
  g_assert_false (ls_bucket_take (&bucket, &rate, 3600 * SECOND, &wait));
}

static void
test_without_limit (void)
{
  const LsRate rate = { 0, SECOND, 0 };
  LsBucket bucket = { 0, 0 };
  int64_t wait;

  for (int i = 0; i < 10000; i++)
    g_assert_true (ls_bucket_take (&bucket, &rate, 0, &wait));
}

static void
test_names_are_apart (void)
{
  const LsRate rate = { 2, 60 * SECOND, 2 };
  g_autoptr (LsLimiter) limiter = ls_limiter_new (&rate, 100);
  int64_t wait = 0;

  g_assert_true (ls_limiter_peek (limiter, "a", 0, &wait));
  g_assert_true (ls_limiter_take (limiter, "a", 0, &wait));
  g_assert_true (ls_limiter_take (limiter, "a", 0, &wait));
  g_assert_false (ls_limiter_peek (limiter, "a", 0, &wait));
  g_assert_false (ls_limiter_take (limiter, "a", 0, &wait));
  g_assert_cmpint (wait, ==, 30 * SECOND);
  g_assert_true (ls_limiter_take (limiter, "b", 0, &wait));
  ls_limiter_give_back (limiter, "a", 0);
  g_assert_true (ls_limiter_take (limiter, "a", 0, &wait));
  g_assert_false (ls_limiter_take (limiter, "a", 0, &wait));
}

static void
test_names_are_bounded (void)
{
  const LsRate rate = { 1, 3600 * SECOND, 1 };
  g_autoptr (LsLimiter) limiter = ls_limiter_new (&rate, 10);
  int64_t wait;

  g_assert_true (ls_limiter_take (limiter, "first", 0, &wait));
  for (int i = 0; i < 9; i++)
    {
      g_autofree char *name = g_strdup_printf ("%d", i);

      g_assert_true (ls_limiter_take (limiter, name, 0, &wait));
    }
  /* Used again, so that another one is the oldest. */
  g_assert_false (ls_limiter_take (limiter, "first", 0, &wait));
  g_assert_true (ls_limiter_take (limiter, "one more", 0, &wait));
  g_assert_false (ls_limiter_take (limiter, "first", 0, &wait));
  g_assert_true (ls_limiter_take (limiter, "0", 0, &wait));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/limits/burst-then-rate", test_burst_then_rate);
  g_test_add_func ("/limits/never-more-than-burst", test_never_more_than_burst);
  g_test_add_func ("/limits/without-limit", test_without_limit);
  g_test_add_func ("/limits/names-are-apart", test_names_are_apart);
  g_test_add_func ("/limits/names-are-bounded", test_names_are_bounded);
  return g_test_run ();
}
