/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "client/ls-connection-machine.h"
#include "client/ls-connection-manager.h"
#include "ls-fake-transport.h"
#include "ls-test-environment.h"

/* The default of its option. */
#define OFFLINE_AFTER 10
#define SECOND INT64_C (1000000)

typedef struct {
  LsTestEnvironment *environment;
  LsFakeTransport *transport;
  LsConnectionManager *manager;
  unsigned opened;
  unsigned closed;
  unsigned messages;
  LsMessageType last_type;
  GError *error;
  LsConnectionStatus *status;
  unsigned statuses;
  bool greet; /* plays the client's part at once */
} Fixture;

static void
opened_cb (gpointer user_data)
{
  Fixture *fixture = user_data;
  LsWelcome welcome = { .max_server_message = LS_MAX_SERVER_MESSAGE, .heartbeat = 30 * SECOND };

  fixture->opened++;
  if (fixture->greet)
    ls_connection_manager_ready (fixture->manager, &welcome);
}

static void
message_cb (LsMessage *message,
            size_t     length,
            gpointer   user_data)
{
  Fixture *fixture = user_data;

  fixture->messages++;
  fixture->last_type = message->type;
}

static void
closed_cb (const GError *error,
           gpointer      user_data)
{
  Fixture *fixture = user_data;

  fixture->closed++;
  g_clear_error (&fixture->error);
  fixture->error = g_error_copy (error);
}

static void
status_cb (const LsConnectionStatus *status,
           gpointer                  user_data)
{
  Fixture *fixture = user_data;

  fixture->statuses++;
  g_clear_pointer (&fixture->status, ls_connection_status_free);
  fixture->status = ls_connection_status_copy (status);
}

static const LsConnectionEvents events = { opened_cb, message_cb, closed_cb, status_cb };

static void
set_token (Fixture    *fixture,
           const char *token)
{
  g_autoptr (LsEndpoint) endpoint = ls_endpoint_new ("https://shop.example", token, NULL, NULL);

  ls_connection_manager_set_endpoint (fixture->manager, endpoint);
}

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  LsEnvironment *environment;
  LsQueue *queue;

  fixture->environment = ls_test_environment_new (7);
  environment = LS_ENVIRONMENT (fixture->environment);
  queue = ls_environment_get_queue (environment, LS_QUEUE_MAIN);
  fixture->transport = ls_fake_transport_new (environment, queue);
  fixture->manager =
      ls_connection_manager_new (environment, queue, LS_TRANSPORT (fixture->transport));
  fixture->greet = true;
  ls_connection_manager_set_events (fixture->manager, &events, fixture);
  set_token (fixture, "secret");
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  g_assert_finalize_object (fixture->manager);
  /* Jobs of the connection hold the transport. */
  ls_environment_stop (LS_ENVIRONMENT (fixture->environment));
  g_assert_finalize_object (fixture->transport);
  g_assert_finalize_object (fixture->environment);
  g_clear_error (&fixture->error);
  g_clear_pointer (&fixture->status, ls_connection_status_free);
}

static void
go_live (Fixture *fixture)
{
  ls_connection_manager_start (fixture->manager);
  ls_test_environment_run (fixture->environment);
  g_assert_cmpuint (fixture->opened, ==, 1);
  g_assert_cmpint (fixture->status->state, ==, LS_CONNECTION_LIVE);
}

/* Answers the oldest message, which must be a ping. */
static void
answer_ping (Fixture *fixture)
{
  g_autoptr (LsMessage) ping = ls_fake_transport_expect (fixture->transport, LS_MESSAGE_PING);
  LsMessage *pong = ls_message_new (LS_MESSAGE_PONG);

  pong->ping.id = ping->ping.id;
  ls_fake_transport_push (fixture->transport, pong);
  ls_test_environment_run (fixture->environment);
}

/* Moves the clock to the next attempt to connect. */
static void
wait_for_attempt (Fixture *fixture)
{
  LsEnvironment *environment = LS_ENVIRONMENT (fixture->environment);
  unsigned n_opens = ls_fake_transport_get_n_opens (fixture->transport);

  while (ls_fake_transport_get_n_opens (fixture->transport) == n_opens)
    ls_test_environment_advance (fixture->environment,
                                 ls_test_environment_get_due (fixture->environment) -
                                     ls_environment_monotonic (environment));
}

static void
test_live (Fixture      *fixture,
           gconstpointer data)
{
  LsMessage *notice = ls_message_new (LS_MESSAGE_NOTICE);
  int64_t start = ls_environment_now (LS_ENVIRONMENT (fixture->environment));

  g_assert_cmpuint (ls_fake_transport_get_n_opens (fixture->transport), ==, 0);
  ls_connection_manager_start (fixture->manager);
  g_assert_cmpint (fixture->status->state, ==, LS_CONNECTION_CONNECTING);
  ls_test_environment_run (fixture->environment);
  g_assert_cmpstr (ls_fake_transport_get_token (fixture->transport), ==, "secret");
  g_assert_cmpint (fixture->status->state, ==, LS_CONNECTION_LIVE);
  g_assert_cmpint (fixture->status->since, ==, start);
  g_assert_cmpint (fixture->status->round_trip, ==, -1);
  ls_test_environment_advance (fixture->environment, 38000);
  answer_ping (fixture);
  g_assert_cmpint (fixture->status->round_trip, ==, 38000);

  notice->notice.kind = g_strdup ("maintenance");
  ls_fake_transport_push (fixture->transport, notice);
  ls_test_environment_run (fixture->environment);
  g_assert_cmpuint (fixture->messages, ==, 2);
  g_assert_cmpint (fixture->last_type, ==, LS_MESSAGE_NOTICE);

  ls_connection_manager_verified (fixture->manager, 1204);
  g_assert_cmpint (fixture->status->verified_version, ==, 1204);
  g_assert_cmpint (fixture->status->verified_at, ==, start + 38000);

  ls_connection_manager_stop (fixture->manager);
  g_assert_cmpint (fixture->status->state, ==, LS_CONNECTION_OFFLINE);
  g_assert_cmpuint (fixture->closed, ==, 1);
  g_assert_false (ls_fake_transport_is_open (fixture->transport));
}

static void
test_backoff (Fixture      *fixture,
              gconstpointer data)
{
  int64_t lost;

  go_live (fixture);
  ls_test_environment_advance (fixture->environment, 10 * SECOND);
  ls_fake_transport_set_mode (fixture->transport, LS_FAKE_REFUSE, LS_ERROR_NETWORK);
  ls_fake_transport_drop (fixture->transport, LS_ERROR_NETWORK);
  lost = ls_environment_now (LS_ENVIRONMENT (fixture->environment));
  ls_test_environment_run (fixture->environment);
  g_assert_cmpuint (fixture->closed, ==, 1);
  g_assert_error (fixture->error, LS_ERROR, LS_ERROR_NETWORK);

  for (unsigned failures = 1; failures < 40; failures++)
    {
      int64_t limit = MIN (SECOND << MIN (failures - 1, 5), 30 * SECOND);
      int64_t now = ls_environment_now (LS_ENVIRONMENT (fixture->environment));

      g_assert_cmpuint (fixture->status->attempts, ==, failures);
      g_assert_cmpint (fixture->status->state, ==,
                       failures < OFFLINE_AFTER ? LS_CONNECTION_CONNECTING
                                                              : LS_CONNECTION_OFFLINE);
      g_assert_cmpint (fixture->status->since, ==, lost);
      g_assert_error (fixture->status->error, LS_ERROR, LS_ERROR_NETWORK);
      g_assert_cmpint (fixture->status->next_attempt, >=, now);
      g_assert_cmpint (fixture->status->next_attempt, <=, now + limit);
      g_assert_cmpuint (ls_fake_transport_get_n_opens (fixture->transport), ==, failures);
      wait_for_attempt (fixture);
    }
  /* A listener hears of sessions that end, not of attempts that fail. */
  g_assert_cmpuint (fixture->closed, ==, 1);

  ls_fake_transport_set_mode (fixture->transport, LS_FAKE_ACCEPT, 0);
  wait_for_attempt (fixture);
  g_assert_cmpint (fixture->status->state, ==, LS_CONNECTION_LIVE);
  g_assert_no_error (fixture->status->error);
}

static void
test_greet_and_hang_up (Fixture      *fixture,
                        gconstpointer data)
{
  go_live (fixture);
  for (unsigned i = 1; i <= 12; i++)
    {
      ls_fake_transport_drop (fixture->transport, LS_ERROR_NETWORK);
      ls_test_environment_run (fixture->environment);
      g_assert_cmpuint (fixture->status->attempts, ==, i);
      wait_for_attempt (fixture);
      /* What was lost three times in a minute is a poor one. */
      g_assert_cmpint (fixture->status->state, ==,
                       i < 3 ? LS_CONNECTION_LIVE : LS_CONNECTION_LIMITED);
    }
  /* A session that lasts ends the count. */
  ls_test_environment_advance (fixture->environment, 10 * SECOND);
  ls_fake_transport_drop (fixture->transport, LS_ERROR_NETWORK);
  ls_test_environment_run (fixture->environment);
  g_assert_cmpuint (fixture->status->attempts, ==, 1);
}

static void
test_heartbeat (Fixture      *fixture,
                gconstpointer data)
{
  go_live (fixture);
  answer_ping (fixture);
  ls_test_environment_advance (fixture->environment, 30 * SECOND - 1);
  g_assert_null (ls_fake_transport_pop (fixture->transport));
  ls_test_environment_advance (fixture->environment, 1);
  answer_ping (fixture);

  /* Whatever comes postpones the next ping, but not for ever. */
  for (int i = 0; i < 5; i++)
    {
      LsMessage *notice = ls_message_new (LS_MESSAGE_NOTICE);

      notice->notice.kind = g_strdup ("alert");
      ls_test_environment_advance (fixture->environment, 11 * SECOND);
      ls_fake_transport_push (fixture->transport, notice);
      ls_test_environment_run (fixture->environment);
      g_assert_null (ls_fake_transport_pop (fixture->transport));
    }
  ls_test_environment_advance (fixture->environment, 5 * SECOND);

  /* An answer that stays away makes a poor connection, none at all a dead one. */
  ls_test_environment_advance (fixture->environment, 5 * SECOND - 1);
  g_assert_cmpint (fixture->status->state, ==, LS_CONNECTION_LIVE);
  ls_test_environment_advance (fixture->environment, 1);
  g_assert_cmpint (fixture->status->state, ==, LS_CONNECTION_LIMITED);
  g_assert_cmpint (fixture->status->health, ==, LS_HEALTH_POOR);
  answer_ping (fixture);
  /* While it is unsure it asks more often, and good answers make it good again. */
  for (unsigned i = 0, pings = 0; pings < 3; i++)
    {
      g_assert_cmpuint (i, <, 200);
      g_assert_cmpint (fixture->status->state, ==, LS_CONNECTION_LIMITED);
      ls_test_environment_advance (fixture->environment, SECOND / 10);
      if (ls_fake_transport_has_sent (fixture->transport))
        {
          answer_ping (fixture);
          pings++;
        }
    }
  g_assert_cmpint (fixture->status->state, ==, LS_CONNECTION_LIVE);
  g_assert_cmpint (fixture->status->health, ==, LS_HEALTH_GOOD);
  ls_test_environment_advance (fixture->environment, 45 * SECOND - 1);
  g_assert_cmpuint (fixture->closed, ==, 0);
  ls_test_environment_advance (fixture->environment, 1);
  g_assert_cmpuint (fixture->closed, ==, 1);
  g_assert_error (fixture->error, LS_ERROR, LS_ERROR_TIMEOUT);
}

static void
test_answers_ping (Fixture      *fixture,
                   gconstpointer data)
{
  LsMessage *ping = ls_message_new (LS_MESSAGE_PING);
  g_autoptr (LsMessage) ours = NULL;
  g_autoptr (LsMessage) pong = NULL;

  go_live (fixture);
  ours = ls_fake_transport_expect (fixture->transport, LS_MESSAGE_PING);
  ping->ping.id = 77;
  ls_fake_transport_push (fixture->transport, ping);
  ls_test_environment_run (fixture->environment);
  pong = ls_fake_transport_expect (fixture->transport, LS_MESSAGE_PONG);
  g_assert_cmpint (pong->ping.id, ==, 77);
  /* It tells the position sent to this session: the listener reads it too. */
  g_assert_cmpuint (fixture->messages, ==, 1);
}

static void
test_no_welcome (Fixture      *fixture,
                 gconstpointer data)
{
  fixture->greet = false;
  ls_connection_manager_start (fixture->manager);
  ls_test_environment_run (fixture->environment);
  g_assert_cmpint (fixture->status->state, ==, LS_CONNECTION_CONNECTING);
  ls_test_environment_advance (fixture->environment, 15 * SECOND);
  g_assert_cmpuint (fixture->closed, ==, 1);
  g_assert_error (fixture->error, LS_ERROR, LS_ERROR_TIMEOUT);
}

static void
test_silent (Fixture      *fixture,
             gconstpointer data)
{
  ls_fake_transport_set_mode (fixture->transport, LS_FAKE_SILENT, 0);
  ls_connection_manager_start (fixture->manager);
  ls_test_environment_advance (fixture->environment, 20 * SECOND);
  g_assert_cmpuint (fixture->status->attempts, ==, 1);
  g_assert_cmpuint (fixture->opened, ==, 0);
  g_assert_cmpuint (fixture->closed, ==, 0);
}

static void
test_signed_out (Fixture      *fixture,
                 gconstpointer data)
{
  g_autoptr (GError) error = g_error_new_literal (LS_ERROR, LS_ERROR_AUTH, "expired");

  go_live (fixture);
  ls_connection_manager_fail (fixture->manager, error, 0);
  g_assert_cmpint (fixture->status->state, ==, LS_CONNECTION_SIGNED_OUT);
  g_assert_cmpint (fixture->status->next_attempt, ==, 0);
  ls_connection_manager_try_now (fixture->manager);
  ls_test_environment_advance (fixture->environment, 3600 * SECOND);
  g_assert_cmpuint (ls_fake_transport_get_n_opens (fixture->transport), ==, 1);
  set_token (fixture, "another");
  ls_test_environment_run (fixture->environment);
  g_assert_cmpstr (ls_fake_transport_get_token (fixture->transport), ==, "another");
  g_assert_cmpint (fixture->status->state, ==, LS_CONNECTION_LIVE);
}

/* Another token renews a session that stands; a server that says no to it ends the session. */
static void
test_renewed (Fixture      *fixture,
              gconstpointer data)
{
  g_autoptr (LsMessage) renewal = NULL;
  g_autoptr (GError) error = g_error_new_literal (LS_ERROR, LS_ERROR_AUTH, "another user's");

  go_live (fixture);
  answer_ping (fixture);
  set_token (fixture, "another");
  renewal = ls_fake_transport_expect (fixture->transport, LS_MESSAGE_AUTH);
  g_assert_cmpstr (renewal->auth.token, ==, "another");
  ls_test_environment_run (fixture->environment);
  g_assert_cmpuint (fixture->closed, ==, 0);
  g_assert_cmpuint (ls_fake_transport_get_n_opens (fixture->transport), ==, 1);
  g_assert_cmpint (fixture->status->state, ==, LS_CONNECTION_LIVE);

  /* The next connection is made with it. */
  ls_fake_transport_drop (fixture->transport, LS_ERROR_NETWORK);
  wait_for_attempt (fixture);
  g_assert_cmpstr (ls_fake_transport_get_token (fixture->transport), ==, "another");

  ls_connection_manager_fail (fixture->manager, error, 0);
  g_assert_cmpint (fixture->status->state, ==, LS_CONNECTION_SIGNED_OUT);
  set_token (fixture, "a third");
  ls_test_environment_run (fixture->environment);
  g_assert_cmpstr (ls_fake_transport_get_token (fixture->transport), ==, "a third");
}

static void
test_too_old (Fixture      *fixture,
              gconstpointer data)
{
  ls_fake_transport_set_mode (fixture->transport, LS_FAKE_REFUSE, LS_ERROR_TOO_OLD);
  ls_connection_manager_start (fixture->manager);
  ls_test_environment_advance (fixture->environment, 3600 * SECOND);
  g_assert_cmpint (fixture->status->state, ==, LS_CONNECTION_TOO_OLD);
  g_assert_cmpuint (ls_fake_transport_get_n_opens (fixture->transport), ==, 1);
  ls_fake_transport_set_mode (fixture->transport, LS_FAKE_ACCEPT, 0);
  ls_connection_manager_try_now (fixture->manager);
  ls_test_environment_run (fixture->environment);
  g_assert_cmpint (fixture->status->state, ==, LS_CONNECTION_LIVE);
}

static void
test_by_hand (Fixture      *fixture,
              gconstpointer data)
{
  go_live (fixture);
  ls_connection_manager_set_by_hand (fixture->manager, true);
  g_assert_cmpint (fixture->status->state, ==, LS_CONNECTION_OFFLINE);
  g_assert_true (fixture->status->by_hand);
  g_assert_cmpuint (fixture->closed, ==, 1);
  ls_connection_manager_try_now (fixture->manager);
  ls_test_environment_advance (fixture->environment, 3600 * SECOND);
  g_assert_cmpuint (ls_fake_transport_get_n_opens (fixture->transport), ==, 1);
  ls_connection_manager_set_by_hand (fixture->manager, false);
  ls_test_environment_run (fixture->environment);
  g_assert_cmpint (fixture->status->state, ==, LS_CONNECTION_LIVE);
  g_assert_false (fixture->status->by_hand);
}

static void
test_try_now (Fixture      *fixture,
              gconstpointer data)
{
  ls_fake_transport_set_mode (fixture->transport, LS_FAKE_REFUSE, LS_ERROR_NETWORK);
  ls_connection_manager_start (fixture->manager);
  ls_test_environment_advance (fixture->environment, 300 * SECOND);
  g_assert_cmpuint (fixture->status->attempts, >=, 10);
  ls_fake_transport_set_mode (fixture->transport, LS_FAKE_ACCEPT, 0);
  ls_connection_manager_try_now (fixture->manager);
  ls_test_environment_run (fixture->environment);
  g_assert_cmpint (fixture->status->state, ==, LS_CONNECTION_LIVE);
  answer_ping (fixture);
  /* While it is live: a ping, to see whether it still is. */
  ls_connection_manager_try_now (fixture->manager);
  ls_connection_manager_try_now (fixture->manager);
  answer_ping (fixture);
  g_assert_null (ls_fake_transport_pop (fixture->transport));
}

static void
test_sleep (Fixture      *fixture,
            gconstpointer data)
{
  LsEnvironment *environment = LS_ENVIRONMENT (fixture->environment);

  go_live (fixture);
  answer_ping (fixture);
  ls_test_environment_advance (fixture->environment, 30 * SECOND);
  answer_ping (fixture);
  ls_test_environment_set_now (fixture->environment,
                               ls_environment_now (environment) + 3600 * SECOND);
  ls_test_environment_advance (fixture->environment, 30 * SECOND);
  answer_ping (fixture);
  /* And while it waits. */
  ls_test_environment_advance (fixture->environment, 10 * SECOND);
  ls_fake_transport_set_mode (fixture->transport, LS_FAKE_REFUSE, LS_ERROR_NETWORK);
  ls_fake_transport_drop (fixture->transport, LS_ERROR_NETWORK);
  ls_test_environment_advance (fixture->environment, 200 * SECOND);
  g_assert_cmpuint (fixture->status->attempts, >, 5);
  ls_test_environment_set_now (fixture->environment,
                               ls_environment_now (environment) + 3600 * SECOND);
  wait_for_attempt (fixture);
  g_assert_cmpuint (fixture->status->attempts, ==, 1);
}

static void
test_malformed (Fixture      *fixture,
                gconstpointer data)
{
  static const char *const texts[] = {
    "", "[]", "{\"t\":\"nothing\"}", "{\"t\":\"hello\"}", "{\"t\":\"delta\",\"shop\":\"s\"}",
    "{\"t\":\"welcome\"", "\xff",
  };

  go_live (fixture);
  for (unsigned i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      ls_fake_transport_push_text (fixture->transport, texts[i]);
      ls_test_environment_run (fixture->environment);
      g_assert_cmpuint (fixture->closed, ==, i + 1);
      g_assert_error (fixture->error, LS_ERROR, LS_ERROR_PROTOCOL);
      g_assert_true (g_str_has_prefix (fixture->error->message, "a message of the server: "));
      g_assert_false (ls_fake_transport_is_open (fixture->transport));
      ls_connection_manager_try_now (fixture->manager);
      ls_test_environment_run (fixture->environment);
      g_assert_cmpint (fixture->status->health, !=, LS_HEALTH_OFFLINE);
    }
  g_assert_cmpuint (fixture->messages, ==, 0);
}

static void
test_retry_after (Fixture      *fixture,
                  gconstpointer data)
{
  g_autoptr (GError) error = g_error_new_literal (LS_ERROR, LS_ERROR_RATE_LIMIT, "slowly");
  int64_t now;

  go_live (fixture);
  ls_connection_manager_fail (fixture->manager, error, 100 * SECOND);
  now = ls_environment_now (LS_ENVIRONMENT (fixture->environment));
  g_assert_cmpint (fixture->status->next_attempt, ==, now + 100 * SECOND);
}

/* Both ways hear who looks, one that is added later too. */
static void
test_attention (Fixture      *fixture,
                gconstpointer data)
{
  LsEnvironment *environment = LS_ENVIRONMENT (fixture->environment);
  g_autoptr (LsFakeTransport) fallback = ls_fake_transport_new (
      environment, ls_environment_get_queue (environment, LS_QUEUE_MAIN));

  ls_connection_manager_set_attention (fixture->manager, LS_ATTENTION_AWAY);
  g_assert_cmpint (ls_fake_transport_get_attention (fixture->transport), ==, LS_ATTENTION_AWAY);
  ls_connection_manager_set_fallback (fixture->manager, LS_TRANSPORT (fallback));
  g_assert_cmpint (ls_fake_transport_get_attention (fallback), ==, LS_ATTENTION_AWAY);
  ls_connection_manager_set_attention (fixture->manager, LS_ATTENTION_WATCHING);
  g_assert_cmpint (ls_fake_transport_get_attention (fixture->transport), ==, LS_ATTENTION_WATCHING);
  g_assert_cmpint (ls_fake_transport_get_attention (fallback), ==, LS_ATTENTION_WATCHING);
}

int
main (int    argc,
      char **argv)
{
  static const struct {
    const char *name;
    void (*test) (Fixture *fixture, gconstpointer data);
  } tests[] = {
    { "live", test_live },
    { "backoff", test_backoff },
    { "greet-and-hang-up", test_greet_and_hang_up },
    { "heartbeat", test_heartbeat },
    { "answers-ping", test_answers_ping },
    { "no-welcome", test_no_welcome },
    { "silent", test_silent },
    { "signed-out", test_signed_out },
    { "renewed", test_renewed },
    { "too-old", test_too_old },
    { "by-hand", test_by_hand },
    { "try-now", test_try_now },
    { "sleep", test_sleep },
    { "malformed", test_malformed },
    { "retry-after", test_retry_after },
    { "attention", test_attention },
  };

  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strconcat ("/connection/", tests[i].name, NULL);

      g_test_add (path, Fixture, NULL, set_up, tests[i].test, tear_down);
    }
  return g_test_run ();
}
