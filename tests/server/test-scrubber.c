/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-test-shop.h"
#include "server/ls-scrubber.h"

/* When shops are read: in their turn, or at once when the server that ran last was killed. */

#define HOUR (3600 * (int64_t) G_USEC_PER_SEC)
/* A few rows are read within this when they are read at once, and later when they are not. */
#define SOON (5 * (int64_t) G_USEC_PER_SEC)
/* By when the first shop has had its turn. */
#define TURN (90 * (int64_t) G_USEC_PER_SEC)

static void
edit (LsTestShop *shop)
{
  ls_test_shop_apply (shop, "[{'c':'products','k':'p1','op':'put','set':"
                            "{'name':'A','status':'draft'}}]");
}

/* Reads a server's shop as it is found at its start: whether at once. */
static void
expect_passes (LsTestShop *shop,
               uint64_t    soon)
{
  g_autoptr (LsScrubber) scrubber = ls_scrubber_new (
      LS_ENVIRONMENT (shop->environment), shop->storage, shop->committer, HOUR);
  LsScrubStats stats;

  ls_scrubber_start (scrubber);
  ls_test_environment_advance (shop->environment, SOON);
  ls_scrubber_get_stats (scrubber, &stats);
  g_assert_cmpuint (stats.passes, ==, soon);
  ls_test_environment_advance (shop->environment, TURN);
  ls_scrubber_get_stats (scrubber, &stats);
  g_assert_cmpuint (stats.passes, >=, 1);
  g_assert_cmpuint (stats.found, ==, 0);
  ls_scrubber_stop (scrubber);
  /* Its timer holds the storage. */
  ls_test_environment_advance (shop->environment, HOUR);
}

static void
test_killed (void)
{
  g_autoptr (LsTestShop) shop = ls_test_shop_new ();

  edit (shop);
  ls_test_shop_reopen (shop);
  expect_passes (shop, 1);
}

static void
drained_cb (gpointer user_data)
{
  *(bool *) user_data = true;
}

static void
test_ended (void)
{
  g_autoptr (LsTestShop) shop = ls_test_shop_new ();
  bool drained = false;

  edit (shop);
  ls_committer_drain (shop->committer, drained_cb, &drained);
  ls_test_environment_run (shop->environment);
  g_assert_true (drained);
  ls_test_shop_reopen (shop);
  expect_passes (shop, 0);
}

/* Nobody has served it yet, so nobody was killed. */
static void
test_new (void)
{
  g_autoptr (LsTestShop) shop = ls_test_shop_new ();

  ls_test_shop_reopen (shop);
  expect_passes (shop, 0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/scrubber/killed", test_killed);
  g_test_add_func ("/scrubber/ended", test_ended);
  g_test_add_func ("/scrubber/new", test_new);
  return g_test_run ();
}
