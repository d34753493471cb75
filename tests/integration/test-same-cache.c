/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <signal.h>

#include "ls-test-desk.h"
#include "ls-test-dir.h"
#include "ls-test-server.h"

/* Two processes on one folder, without a session bus: the first one writes, the second one reads, and
 * goes on with what the first one left when that is killed. */

#define N_EDITS 5

static int64_t
stock_of (LsTestServer *server)
{
  return ls_test_proof_integer (ls_test_server_get_data (server),
                                "SELECT stock FROM products WHERE shop = ? AND key = ?", "music",
                                "drums");
}

static int64_t
stock_at (LsTestDesk *desk)
{
  return ls_test_desk_get_integer (desk, "products", "drums", "stock");
}

/* It can't edit, whatever the other one does meanwhile. */
static void
assert_reads (LsTestDesk *desk)
{
  int64_t number = ls_test_desk_send (desk, "add products drums stock 100");

  g_assert_false (ls_test_desk_wait (desk, number));
}

static void
test_same_cache (void)
{
  g_autoptr (LsTestServer) server = ls_test_server_new (NULL);
  g_autoptr (LsTestDir) dir = ls_test_dir_new ();
  g_autofree char *folder = ls_test_dir_file (dir, "desk");
  const char *url = ls_test_server_get_url (server);
  const char *token = ls_test_server_get_token (server);
  g_autoptr (LsTestDesk) first = ls_test_desk_new (url, token, folder);
  g_autoptr (LsTestDesk) second = ls_test_desk_new (url, token, folder);
  g_autofree char *ours = NULL;
  g_autofree char *theirs = NULL;

  ls_test_desk_start (first, NULL);
  ls_test_desk_do (first, "wait-live");
  ls_test_desk_do (first, "wait-idle");
  ls_test_desk_do (first, "put products drums name=Drums status=active price=1990 stock=10");
  ls_test_desk_do (first, "wait-idle");

  ls_test_desk_start (second, NULL);
  while (stock_at (second) != 10)
    ls_test_desk_iterate ();
  assert_reads (second);
  ls_test_desk_do (first, "offline");
  for (int i = 0; i < N_EDITS; i++)
    ls_test_desk_do (first, "add products drums stock 1");
  while (stock_at (second) != 10 + N_EDITS)
    ls_test_desk_iterate ();
  g_assert_cmpint (stock_of (server), ==, 10);

  ls_test_desk_signal (first, SIGSTOP);
  assert_reads (second);
  g_assert_cmpint (stock_at (second), ==, 10 + N_EDITS);
  ls_test_desk_signal (first, SIGCONT);

  ls_test_desk_kill (first);
  ls_test_desk_do (second, "wait-live");
  ls_test_desk_do (second, "wait-idle");
  ls_test_desk_do (second, "add products drums stock 1");
  ls_test_desk_do (second, "wait-idle");
  g_assert_cmpint (stock_of (server), ==, 10 + N_EDITS + 1);
  g_assert_cmpint (stock_at (second), ==, 10 + N_EDITS + 1);
  ours = ls_test_desk_get_sums (second);
  theirs = ls_test_proof_sums (ls_test_server_get_data (server), "music");
  g_assert_cmpstr (ours, ==, theirs);

  /* The first one comes back as the second. */
  ls_test_desk_start (first, NULL);
  while (stock_at (first) != 10 + N_EDITS + 1)
    ls_test_desk_iterate ();
  assert_reads (first);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/same-cache/one-after-the-other", test_same_cache);
  return g_test_run ();
}
