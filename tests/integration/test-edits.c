/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <gio/gio.h>
#include <string.h>

#include "ls-test-desk.h"
#include "ls-test-dir.h"
#include "ls-test-server.h"

/* The identity of edits against a real server: restored servers, copied and restored caches, and
 * edits that can never succeed among those that can. */

typedef struct {
  LsTestServer *server;
  LsTestDir *dir;
  LsTestDesk *ada;
  LsTestDesk *ben;
  char *ben_token;
} Fixture;

static LsTestDesk *
new_desk (Fixture    *fixture,
          const char *name,
          const char *token)
{
  g_autofree char *folder = ls_test_dir_file (fixture->dir, name);

  return ls_test_desk_new (ls_test_server_get_url (fixture->server), token, folder);
}

static void
put_product (LsTestDesk *desk,
             int         number)
{
  ls_test_desk_do (desk, "put products p%d name=P%d status=active price=1000 stock=0", number,
                   number);
}

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  fixture->server = ls_test_server_new (NULL);
  fixture->dir = ls_test_dir_new ();
  fixture->ben_token = ls_test_server_add_user (fixture->server, "ben", "staff");
  fixture->ada = new_desk (fixture, "a", ls_test_server_get_token (fixture->server));
  fixture->ben = new_desk (fixture, "b", fixture->ben_token);
  ls_test_desk_start (fixture->ada, NULL);
  ls_test_desk_start (fixture->ben, NULL);
  ls_test_desk_do (fixture->ada, "wait-live");
  ls_test_desk_do (fixture->ben, "wait-live");
  ls_test_desk_do (fixture->ada, "wait-idle");
  for (int i = 0; i < 10; i++)
    put_product (fixture->ada, i);
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
  g_free (fixture->ben_token);
}

static int64_t
price (LsTestDesk *desk,
       const char *key)
{
  return ls_test_desk_get_integer (desk, "products", key, "price");
}

static int64_t
stock (LsTestDesk *desk,
       const char *key)
{
  return ls_test_desk_get_integer (desk, "products", key, "stock");
}

/* How often the server's log has an edit. */
static int64_t
count_in_log (Fixture    *fixture,
              const char *mid)
{
  return ls_test_proof_integer (ls_test_server_get_data (fixture->server),
                                "SELECT count(*) FROM log_versions WHERE shop = ? AND mid = ?",
                                "music", mid);
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

static unsigned
count_state (LsTestDesk *desk,
             const char *state)
{
  GHashTableIter iter;
  gpointer edit;
  unsigned n = 0;

  g_hash_table_iter_init (&iter, ls_test_desk_get_edits (desk));
  while (g_hash_table_iter_next (&iter, NULL, &edit))
    n += g_str_equal (((LsTestEdit *) edit)->state, state);
  return n;
}

/* All clients hold what the server's database holds. */
static void
assert_equal (Fixture *fixture)
{
  g_autofree char *ada = NULL;
  g_autofree char *ben = NULL;
  g_autofree char *server = NULL;

  ls_test_desk_do (fixture->ada, "wait-idle");
  ls_test_desk_do (fixture->ben, "wait-idle");
  /* What each of them sent is at the server: now both have it all. */
  ls_test_desk_do (fixture->ada, "wait-idle");
  ls_test_desk_do (fixture->ben, "wait-idle");
  ada = ls_test_desk_get_sums (fixture->ada);
  server = ls_test_proof_sums (ls_test_server_get_data (fixture->server), "music");
  g_assert_cmpstr (ada, ==, server);
  g_assert_cmpint (price (fixture->ben, "p0"), ==, price (fixture->ada, "p0"));
  g_assert_cmpint (stock (fixture->ben, "p0"), ==, stock (fixture->ada, "p0"));
}

static char *
back_up (Fixture    *fixture,
         const char *name)
{
  char *folder = ls_test_dir_file (fixture->dir, name);

  g_free (ls_test_server_run (fixture->server, NULL, "backup", folder, NULL));
  return folder;
}

static void
restore (Fixture    *fixture,
         const char *folder)
{
  ls_test_server_stop (fixture->server);
  g_free (ls_test_server_run (fixture->server, NULL, "restore", folder, NULL));
  ls_test_server_start (fixture->server);
}

/* --- A server that is restored --------------------------------------------------------------- */

static void
test_restored (Fixture      *fixture,
               gconstpointer data)
{
  g_autofree char *backup = back_up (fixture, "backup");
  g_autofree char *old_epoch = NULL;
  int64_t lost, waits;

  lost = ls_test_desk_send (fixture->ada, "edit products p0 price 1100");
  g_assert_true (ls_test_desk_wait (fixture->ada, lost));
  ls_test_desk_do (fixture->ada, "wait-idle");
  ls_test_desk_do (fixture->ben, "add products p0 stock 3");
  ls_test_desk_do (fixture->ben, "wait-idle");
  g_assert_cmpint (count_in_log (fixture, find_edit (fixture->ada, lost)->mid), ==, 1);
  ls_test_desk_do (fixture->ben, "offline");
  waits = ls_test_desk_send (fixture->ben, "edit products p1 price 1200");
  g_assert_true (ls_test_desk_wait (fixture->ben, waits));

  restore (fixture, backup);
  g_assert_cmpint (count_in_log (fixture, find_edit (fixture->ada, lost)->mid), ==, 0);
  ls_test_desk_do (fixture->ben, "online");
  ls_test_desk_do (fixture->ada, "wait-idle");
  ls_test_desk_do (fixture->ben, "wait-idle");
  /* What waited has gone; what was saved after the backup is offered, and nothing else. */
  g_assert_cmpint (price (fixture->ada, "p0"), ==, 1000);
  ls_test_desk_do (fixture->ada, "wait-idle");
  g_assert_cmpint (price (fixture->ada, "p1"), ==, 1200);
  g_assert_cmpstr (find_edit (fixture->ada, lost)->state, ==, "lost");
  g_assert_cmpuint (count_state (fixture->ada, "lost"), ==, 1);
  g_assert_cmpuint (count_state (fixture->ben, "lost"), ==, 1);
  g_assert_cmpint (count_in_log (fixture, find_edit (fixture->ben, waits)->mid), ==, 1);

  /* Asked once: a restart does not lose the question, an answer ends it. */
  ls_test_desk_quit (fixture->ada);
  ls_test_desk_start (fixture->ada, NULL);
  ls_test_desk_do (fixture->ada, "wait-idle");
  ls_test_desk_do (fixture->ada, "restore-lost");
  ls_test_desk_do (fixture->ben, "restore-lost");
  assert_equal (fixture);
  ls_test_desk_do (fixture->ada, "wait-idle");
  g_assert_cmpint (price (fixture->ada, "p0"), ==, 1100);
  g_assert_cmpint (stock (fixture->ada, "p0"), ==, 3);
  ls_test_desk_quit (fixture->ada);
  ls_test_desk_start (fixture->ada, NULL);
  ls_test_desk_do (fixture->ada, "wait-idle");
  ls_test_desk_do (fixture->ada, "restore-lost");
  ls_test_desk_do (fixture->ada, "wait-idle");
  g_assert_cmpint (count_in_log (fixture, find_edit (fixture->ada, lost)->mid), ==, 1);
  assert_equal (fixture);
}

/* Away during two restores, of which the second kept more than the first. */
static void
test_restored_twice (Fixture      *fixture,
                     gconstpointer data)
{
  g_autofree char *first = back_up (fixture, "first");
  g_autofree char *second = NULL;

  ls_test_desk_do (fixture->ada, "add products p0 stock 1");
  ls_test_desk_do (fixture->ada, "wait-idle");
  ls_test_desk_quit (fixture->ada);
  restore (fixture, first);
  ls_test_desk_do (fixture->ben, "wait-live");
  for (int i = 0; i < 5; i++)
    {
      ls_test_desk_do (fixture->ben, "add products p1 stock 1");
      ls_test_desk_do (fixture->ben, "wait-idle");
    }
  second = back_up (fixture, "second");
  restore (fixture, second);
  ls_test_desk_start (fixture->ada, NULL);
  ls_test_desk_do (fixture->ada, "wait-idle");
  g_assert_cmpuint (count_state (fixture->ada, "lost"), >=, 1);
  g_assert_cmpint (stock (fixture->ada, "p0"), ==, 0);
  ls_test_desk_do (fixture->ada, "restore-lost");
  assert_equal (fixture);
  ls_test_desk_do (fixture->ada, "wait-idle");
  g_assert_cmpint (stock (fixture->ada, "p0"), ==, 1);
  g_assert_cmpint (stock (fixture->ada, "p1"), ==, 5);
  /* Those of Ben's that the second backup had are not offered to him, or change nothing again. */
  ls_test_desk_do (fixture->ben, "wait-idle");
  ls_test_desk_do (fixture->ben, "restore-lost");
  assert_equal (fixture);
  ls_test_desk_do (fixture->ada, "wait-idle");
  g_assert_cmpint (stock (fixture->ada, "p1"), ==, 5);
}

static void
copy_tree (const char *from,
           const char *to)
{
  const char *argv[] = { "cp", "-a", from, to, NULL };
  g_autoptr (GError) error = NULL;
  int status = -1;

  g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status,
                &error);
  g_assert_no_error (error);
  g_assert_cmpint (status, ==, 0);
}

static void
remove_tree (const char *path)
{
  const char *argv[] = { "rm", "-r", path, NULL };

  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
                               NULL, NULL, NULL));
}

/* The disk of the server goes back without a restore: the same epoch, fewer versions. */
static void
test_gone_back (Fixture      *fixture,
                gconstpointer data)
{
  const char *served = ls_test_server_get_data (fixture->server);
  g_autofree char *image = ls_test_dir_file (fixture->dir, "image");

  ls_test_server_stop (fixture->server);
  copy_tree (served, image);
  ls_test_server_start (fixture->server);
  ls_test_desk_do (fixture->ada, "wait-live");
  ls_test_desk_do (fixture->ada, "add products p0 stock 4");
  ls_test_desk_do (fixture->ada, "wait-idle");
  ls_test_server_stop (fixture->server);
  remove_tree (served);
  copy_tree (image, served);
  ls_test_server_start (fixture->server);
  ls_test_desk_do (fixture->ada, "wait-live");
  ls_test_desk_do (fixture->ada, "wait-idle");
  while (stock (fixture->ada, "p0") != 0)
    ls_test_desk_do (fixture->ada, "wait-idle");
  g_assert_cmpuint (count_state (fixture->ada, "lost"), ==, 1);
  ls_test_desk_do (fixture->ada, "restore-lost");
  assert_equal (fixture);
  ls_test_desk_do (fixture->ada, "wait-idle");
  g_assert_cmpint (stock (fixture->ada, "p0"), ==, 4);
}

/* --- A cache that is copied or restored ------------------------------------------------------ */

/* Two processes on copies of one cache, with an edit that waits in both. */
static void
test_copied_cache (Fixture      *fixture,
                   gconstpointer data)
{
  g_autofree char *a = ls_test_dir_file (fixture->dir, "a");
  g_autofree char *c = ls_test_dir_file (fixture->dir, "c");
  g_autoptr (LsTestDesk) copy = NULL;

  ls_test_desk_do (fixture->ada, "offline");
  ls_test_desk_do (fixture->ada, "add products p0 stock 1");
  ls_test_desk_quit (fixture->ada);
  copy_tree (a, c);
  copy = new_desk (fixture, "c", ls_test_server_get_token (fixture->server));
  ls_test_desk_start (fixture->ada, NULL);
  ls_test_desk_do (fixture->ada, "wait-idle");
  ls_test_desk_do (fixture->ada, "add products p0 stock 10");
  ls_test_desk_do (fixture->ada, "wait-idle");
  ls_test_desk_start (copy, "--offline");
  ls_test_desk_do (copy, "add products p0 stock 100");
  ls_test_desk_do (copy, "online");
  ls_test_desk_do (copy, "wait-idle");
  g_assert_true (ls_test_desk_has_heard (copy, "forked"));
  g_assert_false (ls_test_desk_has_heard (fixture->ada, "forked"));
  /* What waited in both was one edit. */
  g_assert_cmpint (stock (copy, "p0"), ==, 111);
  ls_test_desk_do (fixture->ada, "add products p0 stock 1000");
  assert_equal (fixture);
  ls_test_desk_do (copy, "wait-idle");
  g_assert_cmpint (stock (copy, "p0"), ==, 1111);
}

/* A machine is put back to yesterday: its cache does not know what it sent since. */
static void
test_restored_cache (Fixture      *fixture,
                     gconstpointer data)
{
  g_autofree char *a = ls_test_dir_file (fixture->dir, "a");
  g_autofree char *yesterday = ls_test_dir_file (fixture->dir, "yesterday");

  ls_test_desk_do (fixture->ada, "offline");
  ls_test_desk_do (fixture->ada, "add products p0 stock 1");
  ls_test_desk_quit (fixture->ada);
  copy_tree (a, yesterday);
  ls_test_desk_start (fixture->ada, NULL);
  ls_test_desk_do (fixture->ada, "wait-idle");
  for (int i = 0; i < 3; i++)
    {
      ls_test_desk_do (fixture->ada, "add products p0 stock 10");
      ls_test_desk_do (fixture->ada, "wait-idle");
    }
  ls_test_desk_quit (fixture->ada);
  remove_tree (a);
  copy_tree (yesterday, a);
  ls_test_desk_start (fixture->ada, NULL);
  ls_test_desk_do (fixture->ada, "wait-idle");
  g_assert_true (ls_test_desk_has_heard (fixture->ada, "forked"));
  ls_test_desk_do (fixture->ada, "add products p0 stock 100");
  assert_equal (fixture);
  g_assert_cmpint (stock (fixture->ada, "p0"), ==, 131);
}

/* --- Poison ---------------------------------------------------------------------------------- */

typedef struct {
  int64_t number;
  const char *status; /* how it must end */
  int row;
} Expected;

static void
make (Fixture    *fixture,
      GArray     *expected,
      const char *status,
      int         row,
      const char *command)
{
  Expected one = { ls_test_desk_send (fixture->ben, "%s", command), status, row };

  g_assert_true (ls_test_desk_wait (fixture->ben, one.number));
  g_array_append_val (expected, one);
}

/* One in four can never succeed, in every way there is. No two in a row could be said as one, so
 * that a hundred are sent. */
static void
make_mix (Fixture *fixture,
          GArray  *expected,
          int     *added)
{
  for (int i = 0; i < 100; i++)
    {
      int row = i % 10;
      g_autofree char *command = NULL;
      const char *status = "applied";

      if (i % 20 == 3)
        {
          command = g_strdup_printf ("put products bad%d name=Bad status=active price=10 sale_price=-1",
                                     i);
          status = "rejected"; /* by a rule of the shop */
        }
      else if (i % 20 == 7)
        {
          command = i == 7 ? g_strdup ("edit shops music name Mine")
                           : g_strdup_printf ("put products odd%d name=Odd status=odd", i);
          status = "rejected"; /* by his role; and a value that there is not */
        }
      else if (i % 20 == 11)
        {
          command = g_strdup_printf ("edit products p%d name Ben", i / 10);
          status = "conflict"; /* Ada was first */
        }
      else if (i % 20 == 15)
        {
          command = g_strdup_printf ("fat f%d %d 9000", i, i < 50 ? 40 : 100);
          status = "rejected"; /* too large for the server, or to be sent at all */
        }
      else if (i % 20 == 17)
        {
          command = g_strdup_printf ("put variants v%d product=nobody name=V", i);
          status = "rejected"; /* points at nothing */
        }
      else if (row % 2 == 1 || (i / 10) % 2 == 0)
        {
          command = g_strdup_printf ("add products p%d stock 1", row);
          added[row]++;
        }
      else
        command = g_strdup_printf ("edit products p%d price %d", row, 2000 + i);
      make (fixture, expected, status, row, command);
    }
}

static void
test_poison (Fixture      *fixture,
             gconstpointer data)
{
  g_autoptr (GArray) expected = g_array_new (FALSE, FALSE, sizeof (Expected));
  int64_t versions[10] = { 0 };
  int added[10] = { 0 };
  unsigned n_dead = 0;

  ls_test_desk_do (fixture->ben, "offline");
  make_mix (fixture, expected, added);
  for (int i = 1; i < 10; i += 2)
    ls_test_desk_do (fixture->ada, "edit products p%d name Ada", i);
  ls_test_desk_do (fixture->ada, "wait-idle");
  ls_test_desk_do (fixture->ben, "online");
  ls_test_desk_do (fixture->ben, "wait-idle");
  for (unsigned i = 0; i < expected->len; i++)
    {
      const Expected *one = &g_array_index (expected, Expected, i);
      const LsTestEdit *edit = find_edit (fixture->ben, one->number);
      bool applied = g_str_equal (one->status, "applied");

      g_assert_cmpstr (edit->status, ==, one->status);
      g_assert_cmpstr (edit->state, ==, applied ? "applied" : "dead");
      g_assert_cmpint (count_in_log (fixture, edit->mid), ==, applied ? 1 : 0);
      n_dead += !applied;
      if (!applied)
        continue;
      /* In the order made, row by row. */
      g_assert_cmpint (edit->version, >, versions[one->row]);
      versions[one->row] = edit->version;
    }
  g_assert_cmpuint (n_dead, ==, 25);
  g_assert_cmpint (count_state (fixture->ben, "dead"), ==, n_dead);
  for (int row = 0; row < 10; row++)
    {
      g_autofree char *key = g_strdup_printf ("p%d", row);

      g_assert_cmpint (stock (fixture->ben, key), ==, added[row]);
    }
  /* None goes round: nothing waits, and a restart sends nothing. */
  ls_test_desk_quit (fixture->ben);
  ls_test_desk_start (fixture->ben, NULL);
  ls_test_desk_do (fixture->ben, "wait-idle");
  assert_equal (fixture);
}

/* A value that is refused does not take those with it that were typed after it. */
static void
test_chain (Fixture      *fixture,
            gconstpointer data)
{
  ls_test_desk_do (fixture->ben, "offline");
  ls_test_desk_do (fixture->ben, "edit products p0 price -1");
  ls_test_desk_do (fixture->ben, "add products p0 stock 1");
  ls_test_desk_do (fixture->ben, "edit products p0 price 10");
  ls_test_desk_do (fixture->ben, "add products p0 stock 1");
  ls_test_desk_do (fixture->ben, "edit products p0 price 12");
  ls_test_desk_do (fixture->ben, "online");
  ls_test_desk_do (fixture->ben, "wait-idle");
  g_assert_cmpint (price (fixture->ben, "p0"), ==, 12);
  g_assert_cmpint (stock (fixture->ben, "p0"), ==, 2);
  g_assert_cmpuint (count_state (fixture->ben, "dead"), ==, 1);
  assert_equal (fixture);
  ls_test_desk_do (fixture->ada, "wait-idle");
  g_assert_cmpint (price (fixture->ada, "p0"), ==, 12);
}

/* A thousand rows at once, made offline: a few edits, each as a whole. */
static void
test_many (Fixture      *fixture,
           gconstpointer data)
{
  static const char *const count = "SELECT count(*) FROM log_versions WHERE shop = ?1 AND ?2 = ''";
  int64_t before =
      ls_test_proof_integer (ls_test_server_get_data (fixture->server), count, "music", "");

  ls_test_desk_do (fixture->ben, "offline");
  ls_test_desk_do (fixture->ben, "many m 1000 100");
  g_assert_cmpint (ls_test_desk_get_integer (fixture->ben, "products", "m-999", "price"), ==, -1);
  ls_test_desk_do (fixture->ben, "get products m-999");
  ls_test_desk_do (fixture->ben, "online");
  ls_test_desk_do (fixture->ben, "wait-idle");
  g_assert_cmpuint (count_state (fixture->ben, "dead"), ==, 0);
  g_assert_cmpint (
      ls_test_proof_integer (ls_test_server_get_data (fixture->server), count, "music", ""), ==,
      before + 10);
  assert_equal (fixture);
  ls_test_desk_do (fixture->ada, "wait-idle");
  ls_test_desk_do (fixture->ada, "get products m-999");
}

/* The same with both sides killed in the middle of it. */
static void
test_killed (Fixture      *fixture,
             gconstpointer data)
{
  int64_t before = ls_test_proof_integer (ls_test_server_get_data (fixture->server),
                                          "SELECT count(*) FROM log_versions WHERE shop = ?1"
                                          " AND ?2 = ''",
                                          "music", "");

  ls_test_desk_do (fixture->ben, "offline");
  for (int i = 0; i < 60; i++)
    ls_test_desk_do (fixture->ben, "add products p%d stock 1", i % 10);
  for (int round = 0; round < 3; round++)
    {
      ls_test_desk_send (fixture->ben, "online");
      ls_test_desk_kill (fixture->ben);
      ls_test_desk_start (fixture->ben, NULL);
      ls_test_desk_do (fixture->ben, "wait-live");
      ls_test_server_kill (fixture->server);
      ls_test_server_start (fixture->server);
    }
  ls_test_desk_do (fixture->ben, "wait-idle");
  for (int row = 0; row < 10; row++)
    {
      g_autofree char *key = g_strdup_printf ("p%d", row);

      g_assert_cmpint (stock (fixture->ben, key), ==, 6);
    }
  g_assert_cmpint (ls_test_proof_integer (ls_test_server_get_data (fixture->server),
                                          "SELECT count(*) FROM log_versions WHERE shop = ?1"
                                          " AND ?2 = ''",
                                          "music", ""),
                   ==, before + 60);
  assert_equal (fixture);
}

int
main (int    argc,
      char **argv)
{
  static const struct {
    const char *name;
    void (*test) (Fixture *fixture, gconstpointer data);
  } tests[] = {
    { "restored", test_restored },
    { "restored-twice", test_restored_twice },
    { "gone-back", test_gone_back },
    { "copied-cache", test_copied_cache },
    { "restored-cache", test_restored_cache },
    { "poison", test_poison },
    { "chain", test_chain },
    { "many", test_many },
    { "killed", test_killed },
  };

  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strconcat ("/edits/", tests[i].name, NULL);

      g_test_add (path, Fixture, NULL, set_up, tests[i].test, tear_down);
    }
  return g_test_run ();
}
