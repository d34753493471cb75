/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-test-desk.h"
#include "ls-test-dir.h"
#include "ls-test-server.h"
#include "sql/ls-sql.h"

/* Two clients with an account and a folder each, which share nothing but the server. */

typedef struct {
  LsTestServer *server;
  LsTestDir *dir;
  LsTestDesk *ada;
  LsTestDesk *ben;
} Fixture;

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  static const char *const options[] = { "--digest-interval=1s", NULL };
  g_autofree char *token = NULL;
  g_autofree char *a = NULL;
  g_autofree char *b = NULL;

  fixture->server = ls_test_server_new (options);
  fixture->dir = ls_test_dir_new ();
  token = ls_test_server_add_user (fixture->server, "ben", "admin");
  a = ls_test_dir_file (fixture->dir, "a");
  b = ls_test_dir_file (fixture->dir, "b");
  fixture->ada = ls_test_desk_new (ls_test_server_get_url (fixture->server),
                                   ls_test_server_get_token (fixture->server), a);
  fixture->ben = ls_test_desk_new (ls_test_server_get_url (fixture->server), token, b);
  ls_test_desk_start (fixture->ada, NULL);
  ls_test_desk_start (fixture->ben, NULL);
  ls_test_desk_do (fixture->ada, "wait-live");
  ls_test_desk_do (fixture->ben, "wait-live");
  ls_test_desk_do (fixture->ada, "wait-idle");
  ls_test_desk_do (fixture->ada,
                   "put products drums name=Drums status=active price=1990 stock=10");
  ls_test_desk_do (fixture->ada, "wait-idle");
  ls_test_desk_do (fixture->ben, "wait-idle");
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  ls_test_desk_free (fixture->ada);
  ls_test_desk_free (fixture->ben);
  ls_test_server_free (fixture->server);
  ls_test_dir_free (fixture->dir);
}

/* Both hold what the server's database holds. */
static void
assert_sums (Fixture *fixture)
{
  g_autofree char *ada = NULL;
  g_autofree char *ben = NULL;
  g_autofree char *server = NULL;

  ls_test_desk_do (fixture->ada, "wait-idle");
  ls_test_desk_do (fixture->ben, "wait-idle");
  ada = ls_test_desk_get_sums (fixture->ada);
  ben = ls_test_desk_get_sums (fixture->ben);
  server = ls_test_proof_sums (ls_test_server_get_data (fixture->server), "music");
  g_assert_cmpstr (ada, ==, server);
  g_assert_cmpstr (ben, ==, server);
}

/* And found so by its digests. */
static void
assert_equal (Fixture *fixture)
{
  assert_sums (fixture);
  while (ls_test_desk_get_verified (fixture->ada) < ls_test_desk_get_version (fixture->ada) ||
         ls_test_desk_get_verified (fixture->ben) < ls_test_desk_get_version (fixture->ben))
    ls_test_desk_iterate ();
  g_assert_false (ls_test_desk_has_heard (fixture->ada, "finding"));
  g_assert_false (ls_test_desk_has_heard (fixture->ben, "finding"));
}

static void
test_edit (Fixture      *fixture,
           gconstpointer data)
{
  int64_t version;

  g_assert_cmpint (ls_test_desk_get_integer (fixture->ben, "products", "drums", "price"), ==, 1990);
  ls_test_desk_do (fixture->ada, "edit products drums price 2490");
  ls_test_desk_do (fixture->ada, "wait-idle");
  version = ls_test_desk_get_version (fixture->ada);
  ls_test_desk_do (fixture->ben, "wait-version %d", (int) version);
  g_assert_cmpint (ls_test_desk_get_integer (fixture->ben, "products", "drums", "price"), ==, 2490);

  ls_test_desk_do (fixture->ben, "put products bass name=Bass status=active price=500 stock=1");
  ls_test_desk_do (fixture->ben, "del products drums");
  ls_test_desk_do (fixture->ben, "wait-idle");
  ls_test_desk_do (fixture->ada, "wait-idle");
  g_assert_cmpint (ls_test_desk_get_integer (fixture->ada, "products", "bass", "stock"), ==, 1);
  g_assert_cmpint (ls_test_desk_get_integer (fixture->ada, "products", "drums", "price"), ==, -1);
  assert_equal (fixture);
}

static const LsTestEdit *
find_edit (LsTestDesk *desk,
           int64_t     number)
{
  GHashTableIter iter;
  gpointer edit;

  g_hash_table_iter_init (&iter, ls_test_desk_get_edits (desk));
  while (g_hash_table_iter_next (&iter, NULL, &edit))
    if (((LsTestEdit *) edit)->number == number)
      return edit;
  g_assert_not_reached ();
}

static void
test_rejected (Fixture      *fixture,
               gconstpointer data)
{
  const LsTestEdit *edit;
  int64_t number = ls_test_desk_send (fixture->ada, "edit products drums price -1");

  g_assert_true (ls_test_desk_wait (fixture->ada, number));
  ls_test_desk_do (fixture->ada, "wait-idle");
  edit = find_edit (fixture->ada, number);
  g_assert_cmpstr (edit->state, ==, "dead");
  g_assert_cmpstr (edit->status, ==, "rejected");
  g_assert_cmpint (ls_test_desk_get_integer (fixture->ada, "products", "drums", "price"), ==, 1990);
  assert_equal (fixture);
}

static void
test_conflict (Fixture      *fixture,
               gconstpointer data)
{
  const LsTestEdit *edit;
  int64_t number;

  ls_test_desk_do (fixture->ben, "offline");
  number = ls_test_desk_send (fixture->ben, "edit products drums price 3000");
  g_assert_true (ls_test_desk_wait (fixture->ben, number));
  g_assert_cmpint (ls_test_desk_get_integer (fixture->ben, "products", "drums", "price"), ==, 3000);
  ls_test_desk_do (fixture->ada, "edit products drums price 2000");
  ls_test_desk_do (fixture->ada, "wait-idle");
  ls_test_desk_do (fixture->ben, "online");
  ls_test_desk_do (fixture->ben, "wait-idle");
  edit = find_edit (fixture->ben, number);
  g_assert_cmpstr (edit->status, ==, "conflict");
  g_assert_cmpint (ls_test_desk_get_integer (fixture->ben, "products", "drums", "price"), ==, 2000);
  assert_equal (fixture);
}

static void
test_restarted_server (Fixture      *fixture,
                       gconstpointer data)
{
  ls_test_server_stop (fixture->server);
  ls_test_desk_do (fixture->ada, "add products drums stock 5");
  ls_test_desk_do (fixture->ben, "add products drums stock 7");
  g_assert_cmpint (ls_test_desk_get_integer (fixture->ada, "products", "drums", "stock"), ==, 15);
  g_assert_cmpint (ls_test_desk_get_integer (fixture->ben, "products", "drums", "stock"), ==, 17);
  ls_test_server_start (fixture->server);
  ls_test_desk_do (fixture->ada, "wait-idle");
  ls_test_desk_do (fixture->ben, "wait-idle");
  ls_test_desk_do (fixture->ada, "wait-idle");
  g_assert_cmpint (ls_test_desk_get_integer (fixture->ada, "products", "drums", "stock"), ==, 22);
  g_assert_cmpint (ls_test_desk_get_integer (fixture->ben, "products", "drums", "stock"), ==, 22);
  assert_equal (fixture);
}

static void
test_offline_start (Fixture      *fixture,
                    gconstpointer data)
{
  ls_test_desk_quit (fixture->ben);
  ls_test_server_stop (fixture->server);
  ls_test_desk_start (fixture->ben, NULL);
  g_assert_cmpint (ls_test_desk_get_integer (fixture->ben, "products", "drums", "price"), ==, 1990);
  ls_test_desk_do (fixture->ben, "edit products drums price 100");
  g_assert_cmpint (ls_test_desk_get_integer (fixture->ben, "products", "drums", "price"), ==, 100);
  ls_test_server_start (fixture->server);
  ls_test_desk_do (fixture->ben, "wait-idle");
  assert_equal (fixture);
}

/* Somebody else writes into Ben's file: he finds out, and fetches what is wrong again. */
static void
test_corrupted (Fixture      *fixture,
                gconstpointer data)
{
  g_autofree char *path = NULL;
  g_autofree char *folder = ls_test_dir_file (fixture->dir, "b");
  g_autoptr (GError) error = NULL;
  g_autoptr (LsStatement) statement = NULL;
  g_autofree char *text = NULL;
  LsSql *sql;

  g_assert_cmpint (ls_test_desk_check (fixture->ben), ==, 0);
  ls_test_desk_quit (fixture->ben);
  path = g_build_filename (folder, "cache.db", NULL);
  sql = ls_sql_open (path, LS_SQL_READ_WRITE, NULL, &error);
  g_assert_no_error (error);
  statement = ls_sql_query (sql, &error,
                            "SELECT name FROM sqlite_master WHERE type = 'table' AND"
                            " name LIKE 'rows%products%' ORDER BY rootpage DESC", NULL);
  g_assert_no_error (error);
  g_assert_cmpint (ls_statement_step (statement, &error), ==, LS_STEP_ROW);
  text = g_strdup_printf ("UPDATE %s SET low_stock = 1 WHERE key = 'drums'",
                          ls_statement_get_text (statement, 0));
  g_clear_pointer (&statement, ls_statement_free);
  ls_sql_run (sql, &error, text, NULL);
  g_assert_no_error (error);
  ls_sql_unref (sql);

  ls_test_desk_start (fixture->ben, NULL);
  ls_test_desk_do (fixture->ben, "wait-idle");
  g_assert_false (ls_test_desk_has_heard (fixture->ben, "finding"));
  /* The rule about low stock, and the digest of the rows. */
  g_assert_cmpint (ls_test_desk_check (fixture->ben), ==, 2);
  while (ls_test_desk_check (fixture->ben) > 0)
    ;
  g_assert_true (ls_test_desk_has_heard (fixture->ben, "finding"));
  assert_sums (fixture);
}

int
main (int    argc,
      char **argv)
{
  static const struct {
    const char *name;
    void (*test) (Fixture *fixture, gconstpointer data);
  } tests[] = {
    { "edit", test_edit },
    { "rejected", test_rejected },
    { "conflict", test_conflict },
    { "restarted-server", test_restarted_server },
    { "offline-start", test_offline_start },
    { "corrupted", test_corrupted },
  };

  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strconcat ("/two-clients/", tests[i].name, NULL);

      g_test_add (path, Fixture, NULL, set_up, tests[i].test, tear_down);
    }
  return g_test_run ();
}
