/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-test-desk.h"
#include "ls-test-dir.h"
#include "ls-test-server.h"

/*
 * A server that is killed again and again while three clients edit: every acknowledged edit stands
 * in its database once, and all end with what it holds. LOCKSTEP_TEST_BUDGET is about how many
 * seconds it may take.
 */

#define N_DESKS 3
#define N_EDITS 1000
#define N_PRODUCTS 12
#define START_STOCK 1000
/* Commands that a desk may owe an answer to. */
#define MAX_UNANSWERED 24

typedef struct {
  LsTestDesk *desk;
  unsigned n_sent;
  unsigned n_made;
} Seat;

typedef struct {
  LsTestServer *server;
  LsTestDir *dir;
  Seat seats[N_DESKS];
  unsigned n_made;
  unsigned n_adds[N_PRODUCTS];
} Fixture;

static void
line_cb (LsTestDesk *desk,
         JsonObject *line,
         gpointer    user_data)
{
  Seat *seat = user_data;

  if (g_str_equal (json_object_get_string_member (line, "t"), "made"))
    seat->n_made++;
}

static void
seat_init (Fixture    *fixture,
           unsigned    index,
           const char *name,
           const char *token)
{
  g_autofree char *folder = ls_test_dir_file (fixture->dir, name);
  Seat *seat = &fixture->seats[index];

  seat->desk = ls_test_desk_new (ls_test_server_get_url (fixture->server), token, folder);
  ls_test_desk_set_func (seat->desk, line_cb, seat);
  ls_test_desk_start (seat->desk, NULL);
  ls_test_desk_do (seat->desk, "wait-live");
  ls_test_desk_do (seat->desk, "wait-idle");
}

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  static const char *const options[] = { "--digest-interval=1s", "--edit-rate=0", NULL };
  g_autofree char *ben = NULL;
  g_autofree char *cleo = NULL;

  fixture->server = ls_test_server_new (options);
  fixture->dir = ls_test_dir_new ();
  ben = ls_test_server_add_user (fixture->server, "ben", "admin");
  cleo = ls_test_server_add_user (fixture->server, "cleo", "admin");
  seat_init (fixture, 0, "ada", ls_test_server_get_token (fixture->server));
  seat_init (fixture, 1, "ben", ben);
  seat_init (fixture, 2, "cleo", cleo);
  for (int i = 0; i < N_PRODUCTS; i++)
    ls_test_desk_send (fixture->seats[0].desk,
                       "put products p%d name=Loop status=active price=1000 stock=%d", i,
                       START_STOCK);
  for (unsigned i = 0; i < N_DESKS; i++)
    ls_test_desk_do (fixture->seats[i].desk, "wait-idle");
  for (unsigned i = 0; i < N_DESKS; i++)
    ls_test_desk_do (fixture->seats[i].desk, "wait-idle");
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  for (unsigned i = 0; i < N_DESKS; i++)
    ls_test_desk_free (fixture->seats[i].desk);
  ls_test_server_free (fixture->server);
  ls_test_dir_free (fixture->dir);
}

static unsigned
count_made (Fixture *fixture)
{
  unsigned n = 0;

  for (unsigned i = 0; i < N_DESKS; i++)
    n += fixture->seats[i].n_made;
  return n - N_PRODUCTS;
}

static unsigned
count_sent (Fixture *fixture)
{
  unsigned n = 0;

  for (unsigned i = 0; i < N_DESKS; i++)
    n += fixture->seats[i].n_sent;
  return n;
}

/* Gives each desk something to do. Four of five edits add to a number: none of those may be lost or
 * doubled. The fifth sets one that others set too. */
static void
feed (Fixture *fixture)
{
  for (unsigned i = 0; i < N_DESKS; i++)
    {
      Seat *seat = &fixture->seats[i];
      unsigned made = seat->n_made - (i == 0 ? N_PRODUCTS : 0);

      while (seat->n_sent - made < MAX_UNANSWERED && count_sent (fixture) < N_EDITS)
        {
          int product = g_test_rand_int_range (0, N_PRODUCTS);

          if (g_test_rand_int_range (0, 5) != 0)
            {
              ls_test_desk_send (seat->desk, "add products p%d stock 1", product);
              fixture->n_adds[product]++;
            }
          else
            ls_test_desk_send (seat->desk, "edit products p%d price %d", product,
                               g_test_rand_int_range (1, 100000));
          seat->n_sent++;
        }
    }
}

static unsigned
budget (void)
{
  const char *text = g_getenv ("LOCKSTEP_TEST_BUDGET");
  uint64_t seconds = 40;

  if (text != NULL)
    g_ascii_string_to_unsigned (text, 10, 1, 100000, &seconds, NULL);
  return (unsigned) seconds;
}

static void
assert_edit (Fixture          *fixture,
             const LsTestEdit *edit,
             unsigned         *n_in_log)
{
  const char *data = ls_test_server_get_data (fixture->server);
  int64_t times = ls_test_proof_integer (
      data, "SELECT COUNT(*) FROM log_versions WHERE shop = ? AND mid = ?", "music", edit->mid);
  g_autofree char *version = g_strdup_printf ("%" G_GINT64_FORMAT, edit->version);

  /* Edits of one field in a row may have become one: then the mid is the first's. */
  *n_in_log += (unsigned) times;
  g_assert_cmpstr (edit->status, !=, "");
  if (g_str_equal (edit->status, "applied"))
    {
      g_assert_cmpint (times, ==, 1);
      g_assert_cmpint (ls_test_proof_integer (data,
                                              "SELECT COUNT(*) FROM log_versions WHERE shop ="
                                              " 'music' AND mid = ? AND version = ?",
                                              edit->mid, version),
                       ==, 1);
    }
  else
    g_assert_cmpint (times, ==, 0);
}

static void
assert_exactly_once (Fixture *fixture)
{
  const char *data = ls_test_server_get_data (fixture->server);
  unsigned n_in_log = 0;
  int64_t all;

  for (unsigned i = 0; i < N_DESKS; i++)
    {
      GHashTableIter iter;
      gpointer edit;

      g_hash_table_iter_init (&iter, ls_test_desk_get_edits (fixture->seats[i].desk));
      while (g_hash_table_iter_next (&iter, NULL, &edit))
        assert_edit (fixture, edit, &n_in_log);
    }
  all = ls_test_proof_integer (
      data, "SELECT COUNT(*) FROM log_versions WHERE shop = ? AND mid IS NOT NULL", "music", NULL);
  g_assert_cmpint (all, ==, n_in_log);
  for (int i = 0; i < N_PRODUCTS; i++)
    {
      g_autofree char *key = g_strdup_printf ("p%d", i);

      g_assert_cmpint (
          ls_test_proof_integer (data, "SELECT stock FROM products WHERE shop = ? AND key = ?",
                                 "music", key),
          ==, START_STOCK + (int64_t) fixture->n_adds[i]);
    }
}

static void
assert_equal (Fixture *fixture)
{
  g_autofree char *server = NULL;

  for (unsigned round = 0; round < 2; round++)
    for (unsigned i = 0; i < N_DESKS; i++)
      ls_test_desk_do (fixture->seats[i].desk, "wait-idle");
  server = ls_test_proof_sums (ls_test_server_get_data (fixture->server), "music");
  for (unsigned i = 0; i < N_DESKS; i++)
    {
      LsTestDesk *desk = fixture->seats[i].desk;
      g_autofree char *sums = ls_test_desk_get_sums (desk);

      g_assert_cmpstr (sums, ==, server);
      while (ls_test_desk_get_verified (desk) < ls_test_desk_get_version (desk))
        ls_test_desk_iterate ();
      g_assert_false (ls_test_desk_has_heard (desk, "finding"));
      g_assert_false (ls_test_desk_has_heard (desk, "forked"));
    }
}

static void
test_kill (Fixture      *fixture,
           gconstpointer data)
{
  unsigned n_kills = budget () / 2;
  unsigned next = 0;

  for (unsigned kill = 0; count_made (fixture) < N_EDITS;)
    {
      feed (fixture);
      ls_test_desk_iterate ();
      if (kill < n_kills && count_made (fixture) >= next)
        {
          ls_test_server_kill (fixture->server);
          ls_test_server_start (fixture->server);
          kill++;
          next = count_made (fixture) +
                 (unsigned) g_test_rand_int_range (1, (int) (2 * N_EDITS / (n_kills + 1)));
        }
    }
  assert_equal (fixture);
  assert_exactly_once (fixture);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add ("/kill-server", Fixture, NULL, set_up, test_kill, tear_down);
  return g_test_run ();
}
