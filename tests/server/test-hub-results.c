/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "ls-test-hub.h"

/*
 * What a session that overflowed has lost is told again, until it is acknowledged (rule 10): also
 * the results of edits that were decided under another id, as after a fork (rule 9). And what a
 * session says of edits that it did not take.
 */

#define SECOND ((int64_t) G_USEC_PER_SEC)
#define MID_1 "01890000-0000-7000-8000-000000000001"
#define MID_2 "01890000-0000-7000-8000-000000000002"
#define MID_3 "01890000-0000-7000-8000-000000000003"
#define PUT(key) "[{'c':'products','k':'" key "','op':'put','set':{'name':'N','status':'active'}}]"

/* But for the newest version all is read from the log. */
#define NO_RING GSIZE_TO_POINTER (1)

typedef struct {
  LsTestHub *hub;
  LsTestLink *original;
  LsTestLink *copy;
  LsPosition start;
} Fixture;

static LsTestLink *
connect_link (Fixture *fixture)
{
  LsTestLink *link = ls_test_link_new (fixture->hub, LS_ROLE_OWNER);
  g_autoptr (LsMessage) welcome = ls_test_link_hello (link, NULL, 0);
  LsPosition position = ls_test_hub_position (fixture->hub);
  LsMessage *message;

  g_assert_cmpint (welcome->type, ==, LS_MESSAGE_WELCOME);
  ls_test_link_subscribe (link, &position, LS_ROLE_OWNER);
  ls_test_environment_advance (fixture->hub->environment, 2 * SECOND);
  while ((message = ls_test_link_read (link)) != NULL)
    ls_message_unref (message);
  return link;
}

/* The next result, whatever comes before it. */
static void
expect_result (LsTestLink    *link,
               int64_t        n,
               const char    *mid,
               LsResultStatus status)
{
  for (;;)
    {
      g_autoptr (LsMessage) message = NULL;

      ls_test_hub_run (link->hub);
      message = ls_test_link_read (link);
      if (message == NULL)
        g_error ("No result of %d", (int) n);
      if (message->type != LS_MESSAGE_RESULT)
        continue;
      g_assert_cmpint (message->result.n, ==, n);
      g_assert_cmpstr (message->result.mid, ==, mid);
      g_assert_cmpint (message->result.status, ==, status);
      return;
    }
}

static void
expect_no_result (LsTestLink *link)
{
  LsMessage *message;

  ls_test_hub_run (link->hub);
  while ((message = ls_test_link_read (link)) != NULL)
    {
      g_assert_cmpint (message->type, !=, LS_MESSAGE_RESULT);
      ls_message_unref (message);
      ls_test_hub_run (link->hub);
    }
}

static char *
mid_of (int64_t n)
{
  return g_strdup_printf ("01890000-0000-7000-9000-%012" G_GINT64_FORMAT, n);
}

/* Edit @n of @link, applied. */
static void
mutate_and_read (LsTestLink *link,
                 int64_t     n)
{
  g_autofree char *mid = mid_of (n);
  g_autofree char *changes =
      g_strdup_printf ("[{'c':'products','k':'q-%" G_GINT64_FORMAT "','op':'put',"
                       "'set':{'name':'N','status':'active'}}]",
                       n);

  ls_test_link_mutate (link, n, mid, changes);
  expect_result (link, n, mid, LS_RESULT_APPLIED);
}

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  LsHubOptions options;

  ls_hub_options_init (&options);
  options.digest_interval = 3600 * SECOND;
  options.heartbeat = 3600 * SECOND;
  if (data != NULL)
    options.ring_bytes = GPOINTER_TO_SIZE (data);
  fixture->hub = ls_test_hub_new (1, &options);
  fixture->start = ls_test_hub_position (fixture->hub);
  fixture->original = connect_link (fixture);
  fixture->copy = connect_link (fixture);
  /* One is applied and one refused under the first id. */
  ls_test_link_mutate (fixture->original, 1, MID_1, PUT ("p-1"));
  ls_test_link_mutate (fixture->original, 2, MID_2, "[{'c':'products','k':'p-2','op':'put'}]");
  expect_result (fixture->original, 1, MID_1, LS_RESULT_APPLIED);
  expect_result (fixture->original, 2, MID_2, LS_RESULT_REJECTED);
  /* The delta waits in the copy's connection, and there is no room behind it. */
  ls_test_hub_run (fixture->hub);
  g_assert_cmpuint (fixture->copy->bytes, >, 0);
  fixture->copy->limit = fixture->copy->bytes;
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  ls_test_link_free (fixture->copy);
  ls_test_link_free (fixture->original);
  ls_test_hub_free (fixture->hub);
}

static void
test_known (Fixture       *fixture,
            gconstpointer  data)
{
  ls_test_link_mutate (fixture->copy, 1, MID_1, PUT ("p-1"));
  ls_test_link_mutate (fixture->copy, 2, MID_2, "[{'c':'products','k':'p-2','op':'put'}]");
  ls_test_hub_run (fixture->hub);
  g_assert_cmpuint (fixture->copy->overflows, ==, 1);
  fixture->copy->limit = 100000;
  expect_result (fixture->copy, 1, MID_1, LS_RESULT_APPLIED);
  expect_result (fixture->copy, 2, MID_2, LS_RESULT_REJECTED);
  expect_no_result (fixture->copy);
}

/* One of its own behind them: each comes once, by n. */
static void
test_known_and_own (Fixture       *fixture,
                    gconstpointer  data)
{
  ls_test_link_mutate (fixture->copy, 1, MID_1, PUT ("p-1"));
  ls_test_hub_run (fixture->hub);
  g_assert_cmpuint (fixture->copy->overflows, ==, 1);
  ls_test_link_mutate (fixture->copy, 2, MID_3, PUT ("p-3"));
  ls_test_link_mutate (fixture->copy, 3, MID_2, "[{'c':'products','k':'p-2','op':'put'}]");
  ls_test_hub_run (fixture->hub);
  fixture->copy->limit = 100000;
  expect_result (fixture->copy, 1, MID_1, LS_RESULT_APPLIED);
  expect_result (fixture->copy, 2, MID_3, LS_RESULT_APPLIED);
  expect_result (fixture->copy, 3, MID_2, LS_RESULT_REJECTED);
  expect_no_result (fixture->copy);
}

static void
expect_acknowledged (Fixture    *fixture,
                     const char *ack)
{
  fixture->copy->limit = 100000;
  ls_test_link_mutate (fixture->copy, 1, MID_1, PUT ("p-1"));
  expect_result (fixture->copy, 1, MID_1, LS_RESULT_APPLIED);
  ls_test_link_send_text (fixture->copy, ack);
  ls_test_link_mutate (fixture->original, 3, MID_3, PUT ("p-3"));
  ls_test_hub_run (fixture->hub);
  fixture->copy->limit = fixture->copy->bytes;
  ls_test_link_mutate (fixture->copy, 2, MID_2, "[{'c':'products','k':'p-2','op':'put'}]");
  ls_test_hub_run (fixture->hub);
  g_assert_cmpuint (fixture->copy->overflows, ==, 1);
  fixture->copy->limit = 100000;
  expect_result (fixture->copy, 2, MID_2, LS_RESULT_REJECTED);
  expect_no_result (fixture->copy);
}

/* What was acknowledged is not told again. */
static void
test_acknowledged (Fixture       *fixture,
                   gconstpointer  data)
{
  g_autoptr (LsMessage) ack = ls_message_new (LS_MESSAGE_ACK);
  g_autofree char *text = NULL;

  ack->ack.shop = g_strdup ("s");
  ack->ack.version = ls_test_hub_position (fixture->hub).version;
  ack->ack.n = 1;
  text = ls_message_encode (ack, NULL);
  expect_acknowledged (fixture, text);
}

/* An ack counts however a client writes it, not only in the form that is read without a parser. */
static void
test_acknowledged_otherwise (Fixture       *fixture,
                             gconstpointer  data)
{
  g_autofree char *text = g_strdup_printf (
      "{ \"n\": 1, \"applied\": 0, \"version\": %" G_GINT64_FORMAT ", \"shop\": \"s\", \"t\": \"ack\" }",
      ls_test_hub_position (fixture->hub).version);
  char shop[LS_KEY_MAX_BYTES + 1];
  LsAck ack;

  g_assert_false (ls_message_scan_ack (text, strlen (text), shop, sizeof shop, &ack));
  expect_acknowledged (fixture, text);
}

/* Who subscribes anew while the sink is full gets what the log has from there, and the results behind
 * it: nothing of that is lost in the sink. */
static void
test_subscribed_anew (Fixture       *fixture,
                      gconstpointer  data)
{
  int64_t version = fixture->start.version;
  bool told = false;
  LsMessage *message;

  ls_test_link_mutate (fixture->copy, 1, MID_3, PUT ("p-3"));
  ls_test_hub_run (fixture->hub);
  g_assert_cmpuint (fixture->copy->overflows, ==, 1);
  ls_test_link_subscribe (fixture->copy, &fixture->start, LS_ROLE_OWNER);
  ls_test_hub_run (fixture->hub);
  fixture->copy->limit = 100000;
  for (; (message = ls_test_link_read (fixture->copy)) != NULL; ls_message_unref (message))
    {
      if (message->type == LS_MESSAGE_DELTA && message->delta.from <= version)
        version = MAX (version, message->delta.to);
      if (message->type != LS_MESSAGE_RESULT)
        {
          ls_test_hub_run (fixture->hub);
          continue;
        }
      told = true;
      g_assert_cmpint (message->result.version, <=, version);
    }
  g_assert_true (told);
  g_assert_cmpint (version, ==, ls_test_hub_position (fixture->hub).version);
}

/* The copy of a cache that its original has left far behind, with all results of then: they are its
 * results, and nothing is done twice. */
static void
test_long_acknowledged (Fixture       *fixture,
                        gconstpointer  data)
{
  g_autoptr (LsMessage) ack = ls_message_new (LS_MESSAGE_ACK);
  int64_t last_n = 2 + 2 * LS_MUTATION_WINDOW;
  int64_t version;

  fixture->copy->limit = 100000;
  ls_test_link_mutate (fixture->original, 3, MID_3,
                       "[{'c':'products','k':'p-1','op':'set','set':{'name':'M'},"
                       "'was':{'name':'N'}}]");
  expect_result (fixture->original, 3, MID_3, LS_RESULT_APPLIED);
  for (int64_t n = 4; n <= last_n; n++)
    mutate_and_read (fixture->original, n);
  ack->ack.shop = g_strdup ("s");
  ack->ack.version = ls_test_hub_position (fixture->hub).version;
  ack->ack.n = last_n;
  ls_test_link_send (fixture->original, ack);
  mutate_and_read (fixture->original, last_n + 1);
  version = ls_test_hub_position (fixture->hub).version;

  ls_test_link_mutate (fixture->copy, 1, MID_1, PUT ("p-1"));
  ls_test_link_mutate (fixture->copy, 2, MID_2, "[{'c':'products','k':'p-2','op':'put'}]");
  expect_result (fixture->copy, 1, MID_1, LS_RESULT_APPLIED);
  expect_result (fixture->copy, 2, MID_2, LS_RESULT_REJECTED);
  g_assert_cmpint (ls_test_hub_position (fixture->hub).version, ==, version);
}

/* A client that acknowledged nothing is not told of more than it may have on its way. */
static void
test_many (Fixture       *fixture,
           gconstpointer  data)
{
  int64_t last_n = 3 * LS_MUTATION_WINDOW;

  for (int64_t n = 3; n < last_n; n++)
    mutate_and_read (fixture->original, n);
  ls_test_hub_run (fixture->hub);
  fixture->original->limit = fixture->original->bytes;
  ls_test_link_mutate (fixture->original, last_n, MID_3, PUT ("p-3"));
  ls_test_hub_run (fixture->hub);
  g_assert_cmpuint (fixture->original->overflows, ==, 1);
  fixture->original->limit = 100000;
  for (int64_t n = last_n - 2 * LS_MUTATION_WINDOW + 1; n < last_n; n++)
    {
      g_autofree char *mid = mid_of (n);

      expect_result (fixture->original, n, mid, LS_RESULT_APPLIED);
    }
  expect_result (fixture->original, last_n, MID_3, LS_RESULT_APPLIED);
  expect_no_result (fixture->original);
}

/* Of what came behind a gap none was taken, and a pong says so. */
static void
test_gap (Fixture       *fixture,
          gconstpointer  data)
{
  g_autoptr (LsMessage) ping = ls_message_new (LS_MESSAGE_PING);
  g_autoptr (LsMessage) refused = NULL;
  g_autoptr (LsMessage) pong = NULL;

  ls_test_link_mutate (fixture->original, 5, MID_3, PUT ("p-3"));
  refused = ls_test_link_expect (fixture->original, LS_MESSAGE_ERROR);
  g_assert_cmpint (refused->error.expected_n, ==, 3);
  ls_test_link_send (fixture->original, ping);
  pong = ls_test_link_expect (fixture->original, LS_MESSAGE_PONG);
  g_assert_cmpuint (pong->ping.shops->len, ==, 1);
  g_assert_cmpint (g_array_index (pong->ping.shops, LsShopInfo, 0).n, ==, 2);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/hub-results/known", Fixture, NULL, set_up, test_known, tear_down);
  g_test_add ("/hub-results/known-and-own", Fixture, NULL, set_up, test_known_and_own, tear_down);
  g_test_add ("/hub-results/acknowledged", Fixture, NULL, set_up, test_acknowledged, tear_down);
  g_test_add ("/hub-results/gap", Fixture, NULL, set_up, test_gap, tear_down);
  g_test_add ("/hub-results/acknowledged-otherwise", Fixture, NULL, set_up,
              test_acknowledged_otherwise, tear_down);
  g_test_add ("/hub-results/subscribed-anew", Fixture, NO_RING, set_up, test_subscribed_anew,
              tear_down);
  g_test_add ("/hub-results/long-acknowledged", Fixture, NULL, set_up, test_long_acknowledged,
              tear_down);
  g_test_add ("/hub-results/many", Fixture, NULL, set_up, test_many, tear_down);
  return g_test_run ();
}
