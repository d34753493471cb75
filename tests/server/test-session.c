/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "ls-test-hub.h"

#include "core/ls-error.h"

/*
 * What a session says to a client that asks for what it may not have, or too often: which error, about
 * which shop, when to come again, and when it is the end.
 */

#define SECOND ((int64_t) G_USEC_PER_SEC)
/* Close code of RFC 6455 for who breaks the rules of the server. */
#define POLICY 1008

#define VERIFY_ALL "{\"t\":\"verify\",\"shop\":\"s\"}"
#define PING "{\"t\":\"ping\",\"id\":1}"

typedef struct {
  LsTestHub *hub;
  LsTestLink *link;
} Fixture;

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  LsHubOptions options;
  g_autoptr (LsMessage) welcome = NULL;

  ls_hub_options_init (&options);
  options.digest_interval = 3600 * SECOND;
  options.heartbeat = 3600 * SECOND;
  fixture->hub = ls_test_hub_new (1, &options);
  fixture->link = ls_test_link_new (fixture->hub, LS_ROLE_STAFF);
  welcome = ls_test_link_hello (fixture->link, NULL, 0);
  g_assert_cmpint (welcome->type, ==, LS_MESSAGE_WELCOME);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  ls_test_link_free (fixture->link);
  ls_test_hub_free (fixture->hub);
}

static void
drop_waiting (Fixture *fixture)
{
  LsMessage *message;

  ls_test_hub_run (fixture->hub);
  while ((message = ls_test_link_read (fixture->link)) != NULL)
    ls_message_unref (message);
}

static void
subscribe (Fixture *fixture)
{
  LsPosition position = ls_test_hub_position (fixture->hub);

  ls_test_link_subscribe (fixture->link, &position, LS_ROLE_STAFF);
  ls_test_environment_advance (fixture->hub->environment, 2 * SECOND);
  drop_waiting (fixture);
}

/* The answer is an error. Returns when to come again. */
static int64_t
expect_error (Fixture    *fixture,
              LsErrorCode code,
              const char *shop,
              const char *words)
{
  g_autoptr (LsMessage) answer = ls_test_link_expect (fixture->link, LS_MESSAGE_ERROR);

  g_assert_cmpint (answer->error.code, ==, code);
  g_assert_cmpstr (answer->error.shop, ==, shop);
  g_assert_nonnull (strstr (answer->error.message, words));
  return answer->error.retry_after;
}

/* Nothing that was refused is the end of the connection. */
static void
expect_pong (Fixture *fixture)
{
  g_autoptr (LsMessage) pong = NULL;

  ls_test_link_send_text (fixture->link, PING);
  pong = ls_test_link_expect (fixture->link, LS_MESSAGE_PONG);
  g_assert_cmpint (pong->ping.id, ==, 1);
  g_assert_cmpuint (fixture->link->close_code, ==, 0);
}

/* A session has one identity and one position in its edits: hello comes once. */
static void
test_hello_again (Fixture       *fixture,
                  gconstpointer  data)
{
  g_autoptr (LsMessage) answer = ls_test_link_hello (fixture->link, NULL, 0);

  g_assert_cmpint (answer->type, ==, LS_MESSAGE_ERROR);
  g_assert_cmpint (answer->error.code, ==, LS_ERROR_PROTOCOL);
  expect_pong (fixture);
}

/* A shop that is not there and one that the user has no right in are the same to him. */
static void
test_no_such_shop (Fixture       *fixture,
                   gconstpointer  data)
{
  ls_test_link_send_text (fixture->link, "{\"t\":\"verify\",\"shop\":\"other\"}");
  g_assert_cmpint (expect_error (fixture, LS_ERROR_FORBIDDEN, "other", "no such shop"), ==, 0);
  ls_test_link_send_text (fixture->link, "{\"t\":\"view\",\"shop\":\"other\",\"window\":\"w\"}");
  g_assert_cmpint (expect_error (fixture, LS_ERROR_FORBIDDEN, "other", "no such shop"), ==, 0);
  expect_pong (fixture);
}

static void
test_not_subscribed (Fixture       *fixture,
                     gconstpointer  data)
{
  ls_test_link_send_text (fixture->link, VERIFY_ALL);
  g_assert_cmpint (expect_error (fixture, LS_ERROR_PROTOCOL, "s", "not subscribed"), ==, 0);
  expect_pong (fixture);
}

/* Digests cost the server: 60 at once, then he is told when to come again, and then there is one. */
static void
test_verifies_too_much (Fixture       *fixture,
                        gconstpointer  data)
{
  g_autoptr (LsMessage) digest = NULL;
  int64_t wait;

  subscribe (fixture);
  for (unsigned i = 0; i < 60; i++)
    {
      g_autoptr (LsMessage) answer = NULL;

      ls_test_link_send_text (fixture->link, VERIFY_ALL);
      answer = ls_test_link_expect (fixture->link, LS_MESSAGE_DIGEST);
    }
  ls_test_link_send_text (fixture->link, VERIFY_ALL);
  wait = expect_error (fixture, LS_ERROR_RATE_LIMIT, "s", "verify");
  g_assert_cmpint (wait, >, 0);
  g_assert_cmpint (wait, <=, 3 * SECOND);
  expect_pong (fixture);
  ls_test_environment_advance (fixture->hub->environment, wait);
  drop_waiting (fixture);
  ls_test_link_send_text (fixture->link, VERIFY_ALL);
  digest = ls_test_link_expect (fixture->link, LS_MESSAGE_DIGEST);
}

/* Of who asks without end some is answered, then he is told to wait, and who does not is sent away. */
static void
test_asks_too_much (Fixture       *fixture,
                    gconstpointer  data)
{
  unsigned n_pongs = 0;
  unsigned n_refused = 0;

  for (unsigned i = 0; i < 600 && fixture->link->close_code == 0; i++)
    {
      g_autoptr (LsMessage) answer = NULL;

      ls_test_link_send_text (fixture->link, PING);
      ls_test_hub_run (fixture->hub);
      answer = ls_test_link_read (fixture->link);
      g_assert_nonnull (answer);
      if (answer->type == LS_MESSAGE_PONG)
        {
          g_assert_cmpuint (n_refused, ==, 0);
          n_pongs++;
          continue;
        }
      g_assert_cmpint (answer->type, ==, LS_MESSAGE_ERROR);
      g_assert_cmpint (answer->error.code, ==, LS_ERROR_RATE_LIMIT);
      g_assert_cmpint (answer->error.retry_after, >, 0);
      n_refused++;
    }
  /* Hello was one of the 500. */
  g_assert_cmpuint (n_pongs, ==, 499);
  g_assert_cmpuint (n_refused, ==, 6);
  g_assert_cmpuint (fixture->link->close_code, ==, POLICY);
}

/* Who keeps to what he was told stays connected. */
static void
test_asks_patiently (Fixture       *fixture,
                     gconstpointer  data)
{
  for (unsigned i = 0; i < 499; i++)
    expect_pong (fixture);
  for (unsigned i = 0; i < 3; i++)
    {
      int64_t wait;

      ls_test_link_send_text (fixture->link, PING);
      wait = expect_error (fixture, LS_ERROR_RATE_LIMIT, NULL, "too many");
      ls_test_environment_advance (fixture->hub->environment, wait);
      expect_pong (fixture);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/session/hello-again", Fixture, NULL, set_up, test_hello_again, tear_down);
  g_test_add ("/session/no-such-shop", Fixture, NULL, set_up, test_no_such_shop, tear_down);
  g_test_add ("/session/not-subscribed", Fixture, NULL, set_up, test_not_subscribed, tear_down);
  g_test_add ("/session/verifies-too-much", Fixture, NULL, set_up, test_verifies_too_much,
              tear_down);
  g_test_add ("/session/asks-too-much", Fixture, NULL, set_up, test_asks_too_much, tear_down);
  g_test_add ("/session/asks-patiently", Fixture, NULL, set_up, test_asks_patiently, tear_down);
  return g_test_run ();
}
