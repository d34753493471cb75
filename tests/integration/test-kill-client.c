/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-test-desk.h"
#include "ls-test-dir.h"
#include "ls-test-server.h"

/* A client that ends at any moment with edits on their way: after a restart each was sent once. */

#define N_EDITS 150
#define N_KILLS 6

typedef struct {
  unsigned made;
  unsigned kill_at;
} Killer;

static void
line_cb (LsTestDesk *desk,
         JsonObject *line,
         gpointer    user_data)
{
  Killer *killer = user_data;

  if (g_str_equal (json_object_get_string_member (line, "t"), "made"))
    killer->made++;
}

static LsTestDesk *
desk_new (LsTestServer *server,
          LsTestDir    *dir)
{
  g_autofree char *folder = ls_test_dir_file (dir, "desk");

  return ls_test_desk_new (ls_test_server_get_url (server), ls_test_server_get_token (server),
                           folder);
}

/* Each edit that was answered stands in the log once, no edit stands there twice, and they add up
 * to what the row has. One may stand there of which its client did not live to tell. */
static void
assert_once (LsTestServer *server,
             LsTestDesk   *desk,
             int64_t       stock)
{
  const char *data = ls_test_server_get_data (server);
  int64_t n_applied = ls_test_proof_integer (
      data, "SELECT COUNT(*) FROM log_versions WHERE shop = ? AND mid IS NOT NULL", "music", NULL);
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, ls_test_desk_get_edits (desk));
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const LsTestEdit *edit = value;
      int64_t times = ls_test_proof_integer (
          data, "SELECT COUNT(*) FROM log_versions WHERE shop = ? AND mid = ?", "music", edit->mid);

      if (edit->number > 0)
        g_assert_cmpint (times, ==, 1);
      else
        g_assert_cmpint (times, <=, 1);
    }
  g_assert_cmpint (ls_test_proof_integer (data,
                                          "SELECT COUNT(DISTINCT mid) FROM log_versions WHERE"
                                          " shop = ? AND mid IS NOT NULL",
                                          "music", NULL),
                   ==, n_applied);
  g_assert_cmpint (
      ls_test_proof_integer (data, "SELECT stock FROM products WHERE shop = ? AND key = ?", "music",
                             "drums"),
      ==, stock + n_applied - 1); /* one made the row */
}

static void
test_kill (void)
{
  LsTestServer *server = ls_test_server_new (NULL);
  LsTestDir *dir = ls_test_dir_new ();
  LsTestDesk *desk = desk_new (server, dir);
  Killer killer = { 0, 0 };
  g_autofree char *ours = NULL;
  g_autofree char *theirs = NULL;

  ls_test_desk_set_func (desk, line_cb, &killer);
  ls_test_desk_start (desk, NULL);
  ls_test_desk_do (desk, "wait-live");
  ls_test_desk_do (desk, "wait-idle");
  ls_test_desk_do (desk, "put products drums name=Drums status=active price=1990 stock=10");
  ls_test_desk_do (desk, "wait-idle");
  for (int kill = 0; kill < N_KILLS; kill++)
    {
      killer.made = 0;
      killer.kill_at = (unsigned) g_test_rand_int_range (1, N_EDITS / N_KILLS);
      for (int i = 0; i < N_EDITS / N_KILLS; i++)
        ls_test_desk_send (desk, "add products drums stock 1");
      while (killer.made < killer.kill_at)
        ls_test_desk_iterate ();
      ls_test_desk_kill (desk);
      ls_test_desk_start (desk, kill % 2 == 0 ? NULL : "--offline");
      if (kill % 2 != 0)
        ls_test_desk_do (desk, "online");
    }
  ls_test_desk_do (desk, "wait-idle");
  ours = ls_test_desk_get_sums (desk);
  theirs = ls_test_proof_sums (ls_test_server_get_data (server), "music");
  g_assert_cmpstr (ours, ==, theirs);
  assert_once (server, desk, 10);
  ls_test_desk_free (desk);
  ls_test_server_free (server);
  ls_test_dir_free (dir);
}

static void
test_killed_offline (void)
{
  LsTestServer *server = ls_test_server_new (NULL);
  LsTestDir *dir = ls_test_dir_new ();
  LsTestDesk *desk = desk_new (server, dir);

  ls_test_desk_start (desk, NULL);
  ls_test_desk_do (desk, "wait-live");
  ls_test_desk_do (desk, "wait-idle");
  ls_test_desk_do (desk, "put products drums name=Drums status=active price=1990 stock=10");
  ls_test_desk_do (desk, "wait-idle");
  ls_test_desk_do (desk, "offline");
  for (int i = 0; i < 20; i++)
    ls_test_desk_do (desk, "add products drums stock 1");
  ls_test_desk_kill (desk);
  ls_test_desk_start (desk, NULL);
  ls_test_desk_do (desk, "wait-idle");
  g_assert_cmpint (ls_test_desk_get_integer (desk, "products", "drums", "stock"), ==, 30);
  assert_once (server, desk, 10);
  ls_test_desk_free (desk);
  ls_test_server_free (server);
  ls_test_dir_free (dir);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/kill-client/while-sending", test_kill);
  g_test_add_func ("/kill-client/offline", test_killed_offline);
  return g_test_run ();
}
