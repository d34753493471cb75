/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <signal.h>
#include <string.h>

#include "ls-test-desk.h"
#include "ls-test-dir.h"
#include "ls-test-proxy.h"
#include "ls-test-server.h"

/*
 * All at once: a network that cuts, holds, delays and slows, a server and clients that are killed and
 * frozen at any moment, while three desks edit. In the end the weather is calm, and it is shown from
 * the server's database, whatever the server thinks, that every edit a desk told of stands there
 * once, none twice, and that all have what it holds. The same where no WebSocket gets through, and
 * with bits that turn: then all must still have the same.
 *
 * LOCKSTEP_TEST_BUDGET is for how many seconds each lasts, LOCKSTEP_TEST_SEED decides what happens
 * when; what it meets is up to the machine. `./dev torture` sets both.
 */

#define N_DESKS 3
#define N_PRODUCTS 8
#define START_STOCK 1000
#define DEFAULT_SECONDS 4
#define MIN_EDITS 60
/* Commands that a desk may owe an answer to. */
#define MAX_UNANSWERED 6
/* Between two things that happen, ms. */
#define MAX_PAUSE 700
#define MAX_FREEZE 1500

typedef struct {
  const char *name;
  bool noise;   /* bits turn as well */
  bool blocked; /* no WebSocket gets through: all goes by requests */
} Weather;

typedef struct {
  LsTestDesk *desk;
  int64_t n_sent; /* to this process */
  int64_t n_answered;
  bool frozen;
} Seat;

typedef struct {
  LsTestServer *server;
  LsTestProxy *proxy;
  LsTestDir *dir;
  GRand *dice;
  Seat seats[N_DESKS];
  bool server_frozen;
  bool over;
  unsigned n_kills, n_freezes;
  unsigned timer;
} Fixture;

static uint64_t
number_from (const char *variable,
             uint64_t    fallback)
{
  const char *text = g_getenv (variable);
  uint64_t number = fallback;

  if (text != NULL && !g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT32, &number, NULL))
    g_error ("%s is no number", variable);
  return number;
}

static void
line_cb (LsTestDesk *desk,
         JsonObject *line,
         gpointer    user_data)
{
  Seat *seat = user_data;
  const char *type = json_object_get_string_member (line, "t");

  if (g_str_equal (type, "done") || g_str_equal (type, "failed"))
    seat->n_answered = json_object_get_int_member (line, "number");
}

static void
seat_start (Seat       *seat,
            const char *option)
{
  seat->n_sent = 0;
  seat->n_answered = 0;
  ls_test_desk_start (seat->desk, option);
}

static void
seat_init (Fixture    *fixture,
           Seat       *seat,
           const char *name)
{
  g_autofree char *folder = ls_test_dir_file (fixture->dir, name);
  g_autofree char *token = ls_test_server_add_user (fixture->server, name, "admin");

  seat->desk = ls_test_desk_new (ls_test_proxy_get_url (fixture->proxy), token, folder);
  ls_test_desk_set_func (seat->desk, line_cb, seat);
  seat_start (seat, NULL);
  ls_test_desk_do (seat->desk, "wait-live");
  ls_test_desk_do (seat->desk, "wait-idle");
}

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  static const char *const options[] = { "--digest-interval=1s", "--edit-rate=0",
                                         "--heartbeat=2s", "--pong-timeout=2s", NULL };
  static const char *const names[N_DESKS] = { "ada", "ben", "cleo" };
  uint64_t seed = number_from ("LOCKSTEP_TEST_SEED", (uint64_t) (uint32_t) g_test_rand_int ());

  g_test_message ("LOCKSTEP_TEST_SEED=%u", (unsigned) seed);
  fixture->dice = g_rand_new_with_seed ((guint32) seed);
  fixture->server = ls_test_server_new (options);
  fixture->proxy = ls_test_proxy_new (ls_test_server_get_url (fixture->server));
  fixture->dir = ls_test_dir_new ();
  for (unsigned i = 0; i < N_DESKS; i++)
    seat_init (fixture, &fixture->seats[i], names[i]);
  for (int i = 0; i < N_PRODUCTS; i++)
    ls_test_desk_do (fixture->seats[0].desk,
                     "put products p%d name=Loop status=active price=1000 stock=%d", i, START_STOCK);
  ls_test_desk_do (fixture->seats[0].desk, "wait-idle");
  for (unsigned i = 0; i < N_DESKS; i++)
    fixture->seats[i].n_sent = fixture->seats[i].n_answered;
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  for (unsigned i = 0; i < N_DESKS; i++)
    ls_test_desk_free (fixture->seats[i].desk);
  ls_test_proxy_free (fixture->proxy);
  ls_test_server_free (fixture->server);
  ls_test_dir_free (fixture->dir);
  g_rand_free (fixture->dice);
}

/* --- What happens ---------------------------------------------------------------------------- */

static void
signal_server (Fixture *fixture,
               int      number)
{
  kill ((pid_t) g_ascii_strtoll (ls_test_server_get_pid (fixture->server), NULL, 10), number);
}

static void
thaw (Fixture *fixture)
{
  if (fixture->server_frozen)
    signal_server (fixture, SIGCONT);
  fixture->server_frozen = false;
  for (unsigned i = 0; i < N_DESKS; i++)
    {
      if (fixture->seats[i].frozen)
        ls_test_desk_signal (fixture->seats[i].desk, SIGCONT);
      fixture->seats[i].frozen = false;
    }
}

static void
kill_server (Fixture *fixture)
{
  ls_test_server_kill (fixture->server);
  ls_test_server_start (fixture->server);
  fixture->n_kills++;
}

static void
kill_desk (Fixture *fixture,
           Seat    *seat)
{
  ls_test_desk_kill (seat->desk);
  seat_start (seat, g_rand_boolean (fixture->dice) ? "--offline" : NULL);
  ls_test_desk_send (seat->desk, "online");
  seat->n_sent++;
  fixture->n_kills++;
}

static gboolean
act_cb (gpointer data)
{
  Fixture *fixture = data;
  Seat *seat = &fixture->seats[g_rand_int_range (fixture->dice, 0, N_DESKS)];
  int pause = g_rand_int_range (fixture->dice, 10, MAX_PAUSE);

  fixture->timer = 0;
  thaw (fixture);
  switch (g_rand_int_range (fixture->dice, 0, 8))
    {
    case 0:
    case 1:
      kill_server (fixture);
      break;
    case 2:
    case 3:
      kill_desk (fixture, seat);
      break;
    case 4: /* both in the same moment */
      ls_test_server_kill (fixture->server);
      kill_desk (fixture, seat);
      ls_test_server_start (fixture->server);
      break;
    case 5:
      signal_server (fixture, SIGSTOP);
      fixture->server_frozen = true;
      fixture->n_freezes++;
      pause = g_rand_int_range (fixture->dice, 10, MAX_FREEZE);
      break;
    case 6:
      ls_test_desk_signal (seat->desk, SIGSTOP);
      seat->frozen = true;
      fixture->n_freezes++;
      pause = g_rand_int_range (fixture->dice, 10, MAX_FREEZE);
      break;
    default: /* a while without */
      break;
    }
  if (!fixture->over)
    fixture->timer = g_timeout_add ((unsigned) pause, act_cb, fixture);
  return G_SOURCE_REMOVE;
}

static void
feed (Fixture *fixture)
{
  for (unsigned i = 0; i < N_DESKS; i++)
    {
      Seat *seat = &fixture->seats[i];

      while (!seat->frozen && seat->n_sent - seat->n_answered < MAX_UNANSWERED)
        {
          ls_test_desk_send (seat->desk, "add products p%d stock 1",
                             g_rand_int_range (fixture->dice, 0, N_PRODUCTS));
          seat->n_sent++;
        }
    }
}

/* What desks told that it is on their disk. */
static unsigned
count_made (Fixture *fixture)
{
  unsigned n = 0;

  for (unsigned i = 0; i < N_DESKS; i++)
    {
      GHashTableIter iter;
      gpointer edit;

      g_hash_table_iter_init (&iter, ls_test_desk_get_edits (fixture->seats[i].desk));
      while (g_hash_table_iter_next (&iter, NULL, &edit))
        n += ((const LsTestEdit *) edit)->number > 0;
    }
  return n;
}

/* --- What must be true then ------------------------------------------------------------------ */

static void
assert_edit (GHashTable       *mids,
             const LsTestEdit *edit,
             const Weather    *weather)
{
  unsigned times = GPOINTER_TO_UINT (g_hash_table_lookup (mids, edit->mid));

  if (times != 1)
    g_test_message ("%s of command %d is %s %s and stands in the log %u times", edit->mid,
                    (int) edit->number, edit->state, edit->status, times);
  g_assert_cmpuint (times, <=, 1);
  /* In plain text, where bits turn, the server may see another edit than was made, or another id of
   * it: what guards against that is TLS. */
  if (!weather->noise && (edit->number > 0 || g_str_equal (edit->status, "applied")))
    g_assert_cmpuint (times, ==, 1);
}

static void
assert_exactly_once (Fixture       *fixture,
                     const Weather *weather)
{
  const char *data = ls_test_server_get_data (fixture->server);
  g_autoptr (GHashTable) mids = ls_test_proof_mids (data, "music");
  GHashTableIter iter;
  gpointer value;

  for (unsigned i = 0; i < N_DESKS; i++)
    {
      g_hash_table_iter_init (&iter, ls_test_desk_get_edits (fixture->seats[i].desk));
      while (g_hash_table_iter_next (&iter, NULL, &value))
        assert_edit (mids, value, weather);
    }
  /* Those too that a desk did not live to tell of. */
  g_hash_table_iter_init (&iter, mids);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    g_assert_cmpuint (GPOINTER_TO_UINT (value), ==, 1);
  if (!weather->noise)
    g_assert_cmpint (
        ls_test_proof_integer (data, "SELECT SUM(stock) FROM products WHERE shop = ?", "music", NULL),
        ==, N_PRODUCTS * START_STOCK + (int64_t) g_hash_table_size (mids) - N_PRODUCTS);
}

static void
assert_equal (Fixture       *fixture,
              const Weather *weather)
{
  g_autofree char *server = NULL;

  for (unsigned i = 0; i < N_DESKS; i++)
    {
      Seat *seat = &fixture->seats[i];

      /* Who could not sign in any more, with a bit turned in his token, does so now. */
      ls_test_desk_kill (seat->desk);
      seat_start (seat, NULL);
    }
  for (unsigned round = 0; round < 2; round++)
    for (unsigned i = 0; i < N_DESKS; i++)
      ls_test_desk_do (fixture->seats[i].desk, "wait-idle");
  server = ls_test_proof_sums (ls_test_server_get_data (fixture->server), "music");
  for (unsigned i = 0; i < N_DESKS; i++)
    {
      LsTestDesk *desk = fixture->seats[i].desk;
      g_autofree char *sums = NULL;

      /* What was spoilt on the way is found by the digests, and healed. */
      ls_test_desk_wait_verified (desk);
      sums = ls_test_desk_get_sums (desk);
      g_assert_cmpstr (sums, ==, server);
      /* A turned bit makes the number of another edit of one. */
      if (!weather->noise)
        g_assert_false (ls_test_desk_has_heard (desk, "forked"));
    }
}

static void
test_torture (Fixture      *fixture,
              gconstpointer data)
{
  const Weather *weather = data;
  int64_t end =
      g_get_monotonic_time () +
      (int64_t) number_from ("LOCKSTEP_TEST_BUDGET", DEFAULT_SECONDS) * G_USEC_PER_SEC;
  g_autofree char *told = NULL;

  if (weather->blocked)
    ls_test_proxy_tell (fixture->proxy, "block upgrade websocket");
  ls_test_proxy_tell (fixture->proxy, "chaos %u 150%s", g_rand_int (fixture->dice) % 1000000,
                      weather->noise ? " noise" : "");
  fixture->timer = g_timeout_add (100, act_cb, fixture);
  while (g_get_monotonic_time () < end || count_made (fixture) < MIN_EDITS)
    {
      feed (fixture);
      ls_test_desk_iterate ();
    }
  fixture->over = true;
  g_clear_handle_id (&fixture->timer, g_source_remove);
  thaw (fixture);
  ls_test_proxy_tell (fixture->proxy, "calm");
  if (weather->blocked)
    ls_test_proxy_tell (fixture->proxy, "block upgrade websocket");
  ls_test_proxy_tell (fixture->proxy, "cut");
  assert_equal (fixture, weather);
  assert_exactly_once (fixture, weather);
  g_test_message ("%u edits, %u kills, %u freezes, %u connections", count_made (fixture),
                  fixture->n_kills, fixture->n_freezes,
                  (unsigned) ls_test_proxy_count (fixture->proxy, "connections"));
  ls_test_server_stop (fixture->server);
  told = ls_test_server_run (fixture->server, NULL, "check", NULL);
  g_assert_nonnull (strstr (told, "all is right"));
}

int
main (int    argc,
      char **argv)
{
  static const Weather rough = { "rough", false, false };
  static const Weather noisy = { "noisy", true, false };
  static const Weather blocked = { "blocked", false, true };

  g_test_init (&argc, &argv, NULL);

  g_test_add ("/torture/rough", Fixture, &rough, set_up, test_torture, tear_down);
  g_test_add ("/torture/blocked", Fixture, &blocked, set_up, test_torture, tear_down);
  g_test_add ("/torture/noisy", Fixture, &noisy, set_up, test_torture, tear_down);
  return g_test_run ();
}
