/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "core/ls-message.h"
#include "ls-test-desk.h"
#include "ls-test-dir.h"
#include "ls-test-peer.h"
#include "ls-test-server.h"
#include "sql/ls-sql.h"

/* A client 10,000 versions behind catches up by deltas, one before the horizon by a snapshot. */

#define N_VERSIONS 10000

/* Makes versions without a client's disk between: edits of a peer, a window at a time. */
static void
make_versions (LsTestServer *server,
               int64_t       n)
{
  g_autoptr (LsTestPeer) peer = ls_test_peer_connect (ls_test_server_get_port (server),
                                                      ls_test_server_get_token (server));
  g_autoptr (LsMessage) welcome = ls_test_peer_hello (peer, NULL, "music", 0);
  int64_t sent = 0, decided = 0;

  while (decided < n)
    {
      g_autoptr (LsMessage) result = NULL;

      for (; sent < n && sent - decided < LS_MUTATION_WINDOW; sent++)
        {
          g_autofree char *mid = g_strdup_printf ("%s-%d", welcome->welcome.client, (int) sent);
          g_autofree char *changes = g_strdup_printf (
              "[{\"c\":\"products\",\"k\":\"p%d\",\"op\":\"add\",\"set\":{\"stock\":1}}]",
              (int) (sent % 50));

          ls_test_peer_mutate (peer, "music", sent + 1, mid, changes);
        }
      result = ls_test_peer_expect (peer, LS_MESSAGE_RESULT);
      g_assert_cmpint (result->result.status, ==, LS_RESULT_APPLIED);
      decided = result->result.n;
    }
}

static void
assert_equal (LsTestServer *server,
              LsTestDesk   *desk)
{
  g_autofree char *ours = NULL;
  g_autofree char *theirs = NULL;

  ls_test_desk_do (desk, "wait-idle");
  ours = ls_test_desk_get_sums (desk);
  theirs = ls_test_proof_sums (ls_test_server_get_data (server), "music");
  g_assert_cmpstr (ours, ==, theirs);
  while (ls_test_desk_get_verified (desk) < ls_test_desk_get_version (desk))
    ls_test_desk_iterate ();
  g_assert_false (ls_test_desk_has_heard (desk, "finding"));
}

/* Two hours pass for the log. */
static void
age_log (LsTestServer *server)
{
  g_autofree char *path = g_build_filename (ls_test_server_get_data (server), "lockstep.db", NULL);
  g_autoptr (GError) error = NULL;
  LsSql *sql = ls_sql_open (path, LS_SQL_READ_WRITE, NULL, &error);

  g_assert_no_error (error);
  ls_sql_run (sql, &error, "UPDATE log_versions SET at = at - 7200000000", NULL);
  g_assert_no_error (error);
  ls_sql_unref (sql);
}

static void
test_catch_up (void)
{
  static const char *const options[] = { "--digest-interval=1s", "--edit-rate=0",
                                         "--keep-versions=1000", "--keep-age=1h", NULL };
  LsTestServer *server = ls_test_server_new (options);
  LsTestDir *dir = ls_test_dir_new ();
  g_autofree char *near_folder = ls_test_dir_file (dir, "near");
  g_autofree char *far_folder = ls_test_dir_file (dir, "far");
  const char *url = ls_test_server_get_url (server);
  const char *token = ls_test_server_get_token (server);
  LsTestDesk *near_desk = ls_test_desk_new (url, token, near_folder);
  LsTestDesk *far_desk = ls_test_desk_new (url, token, far_folder);

  ls_test_desk_start (near_desk, NULL);
  ls_test_desk_do (near_desk, "wait-live");
  ls_test_desk_do (near_desk, "wait-idle");
  for (int i = 0; i < 50; i++)
    ls_test_desk_send (near_desk, "put products p%d name=Loop status=active price=1000 stock=0", i);
  ls_test_desk_do (near_desk, "wait-idle");
  ls_test_desk_start (far_desk, NULL);
  ls_test_desk_do (far_desk, "wait-idle");
  /* Each leaves an edit for later. */
  ls_test_desk_do (near_desk, "offline");
  ls_test_desk_do (near_desk, "add products p0 stock 1000000");
  ls_test_desk_quit (near_desk);
  ls_test_desk_do (far_desk, "offline");
  ls_test_desk_do (far_desk, "add products p1 stock 1000000");
  ls_test_desk_quit (far_desk);

  make_versions (server, N_VERSIONS);
  ls_test_desk_start (near_desk, NULL);
  assert_equal (server, near_desk);
  g_assert_cmpint (ls_test_desk_get_version (near_desk), >=, N_VERSIONS);
  g_assert_false (ls_test_desk_has_heard (near_desk, "resync"));
  g_assert_cmpint (ls_test_desk_get_integer (near_desk, "products", "p0", "stock"), ==,
                   1000000 + N_VERSIONS / 50);

  ls_test_server_stop (server);
  age_log (server);
  ls_test_server_start (server);
  while (ls_test_proof_integer (ls_test_server_get_data (server),
                                "SELECT horizon FROM log_shops WHERE shop = ?", "music",
                                NULL) < 1000)
    ls_test_desk_do (near_desk, "wait-live");
  ls_test_desk_start (far_desk, NULL);
  assert_equal (server, far_desk);
  g_assert_true (ls_test_desk_has_heard (far_desk, "resync"));
  g_assert_cmpint (ls_test_desk_get_integer (far_desk, "products", "p1", "stock"), ==,
                   1000000 + N_VERSIONS / 50);
  assert_equal (server, near_desk);
  g_assert_false (ls_test_desk_has_heard (near_desk, "resync"));

  ls_test_desk_free (near_desk);
  ls_test_desk_free (far_desk);
  ls_test_server_free (server);
  ls_test_dir_free (dir);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/catch-up", test_catch_up);
  return g_test_run ();
}
