/* SPDX-License-Identifier: GPL-3.0-or-later */

#include <string.h>

#include "core/ls-envelope.h"
#include "core/ls-error.h"
#include "ls-test-hub.h"
#include "server/ls-exchange.h"

/*
 * Sessions that come in requests, against a hub on one thread. What HTTP does around them is in the
 * integration tests.
 */

#define SECOND ((int64_t) G_USEC_PER_SEC)

typedef struct {
  LsTestHub *hub;
  LsExchanges *exchanges;
  LsIdentity *owner;
  LsIdentity *staff;
} Fixture;

/* A request and, when it is there, its answer. */
typedef struct {
  unsigned answers;
  unsigned status;
  char *text;
  LsErrorCode code;
  int64_t retry_after;
  LsEnvelope *envelope;
} Ask;

static void
answered_cb (const LsExchangeAnswer *answer,
             gpointer                user_data)
{
  Ask *ask = user_data;

  ask->answers++;
  ask->status = answer->status;
  ask->retry_after = answer->retry_after;
  g_free (ask->text);
  if (answer->body == NULL)
    {
      g_assert_true (answer->error->domain == LS_ERROR);
      ask->code = (LsErrorCode) answer->error->code;
      ask->text = g_strdup (answer->error->message);
      return;
    }
  ask->text = g_strndup (g_bytes_get_data (answer->body, NULL), g_bytes_get_size (answer->body));
  ask->envelope = ls_envelope_decode (ask->text, strlen (ask->text), LS_ENVELOPE_ANSWER, NULL);
  g_assert_nonnull (ask->envelope);
}

static void
ask_clear (Ask *ask)
{
  g_clear_pointer (&ask->text, g_free);
  g_clear_pointer (&ask->envelope, ls_envelope_free);
  *ask = (Ask) { 0 };
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Ask, ask_clear)

static void
take (Fixture    *fixture,
      LsIdentity *identity,
      const char *text,
      Ask        *ask)
{
  ask_clear (ask);
  ls_exchanges_take (fixture->exchanges, identity, text, strlen (text), answered_cb, ask);
  ls_test_environment_advance (fixture->hub->environment, 20000);
}

/* As the owner, with ' for ". */
static void
take_quoted (Fixture    *fixture,
             Ask        *ask,
             const char *format,
             ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdelimit (g_strdup_vprintf (format, args), "'", '"');
  va_end (args);
  take (fixture, fixture->owner, text, ask);
}

static void
expect (Ask        *ask,
        unsigned    status,
        const char *begins)
{
  g_assert_cmpuint (ask->answers, ==, 1);
  g_assert_cmpuint (ask->status, ==, status);
  if (begins != NULL && !g_str_has_prefix (ask->text, begins))
    g_error ("Instead of %s…: %s", begins, ask->text);
}

/* Begins a session; returns its id. */
static char *
begin (Fixture *fixture)
{
  g_auto (Ask) ask = { 0 };

  take_quoted (fixture, &ask, "{'seq':1}");
  expect (&ask, 200, NULL);
  g_assert_cmpint (ask.envelope->seq, ==, 1);
  g_assert_cmpuint (ask.envelope->messages->len, ==, 0);
  return g_strdup (ask.envelope->session);
}

static LsMessage *
message_of (Ask      *ask,
            unsigned  index)
{
  LsTextSlice *slice = &g_array_index (ask->envelope->messages, LsTextSlice, index);
  g_autoptr (GError) error = NULL;
  LsMessage *message = ls_message_decode (slice->text, slice->length, LS_FROM_SERVER, &error);

  g_assert_no_error (error);
  return message;
}

/* Expects the answer to have pongs of these ids, and nothing else. */
static void
expect_pongs (Ask     *ask,
              int64_t  first,
              unsigned count)
{
  expect (ask, 200, NULL);
  g_assert_cmpuint (ask->envelope->messages->len, ==, count);
  for (unsigned i = 0; i < count; i++)
    {
      g_autoptr (LsMessage) pong = message_of (ask, i);

      g_assert_cmpint (pong->type, ==, LS_MESSAGE_PONG);
      g_assert_cmpint (pong->ping.id, ==, first + i);
    }
}

static void
set_up_with (Fixture                 *fixture,
             const LsExchangeOptions *options)
{
  LsHubOptions hub_options;

  ls_hub_options_init (&hub_options);
  hub_options.hello_timeout = 100000 * SECOND;
  fixture->hub = ls_test_hub_new (1, &hub_options);
  fixture->exchanges = ls_exchanges_new (LS_ENVIRONMENT (fixture->hub->environment),
                                         fixture->hub->hub, options);
  fixture->owner = ls_test_hub_sign_in (fixture->hub, LS_ROLE_OWNER);
  fixture->staff = ls_test_hub_sign_in (fixture->hub, LS_ROLE_STAFF);
}

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  LsExchangeOptions options;

  ls_exchange_options_init (&options);
  set_up_with (fixture, &options);
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  g_clear_pointer (&fixture->exchanges, ls_exchanges_free);
  ls_identity_unref (fixture->owner);
  ls_identity_unref (fixture->staff);
  ls_test_hub_free (fixture->hub);
}

static void
advance (Fixture *fixture,
         int64_t  duration)
{
  ls_test_environment_advance (fixture->hub->environment, duration);
}

static LsExchangeStats
stats_of (Fixture *fixture)
{
  LsExchangeStats stats;

  ls_exchanges_get_stats (fixture->exchanges, &stats);
  return stats;
}

/* From hello to a delta that a waiting request brings at once. */
static void
test_live (Fixture      *fixture,
           gconstpointer data)
{
  g_autofree char *session = begin (fixture);
  LsPosition position = ls_test_hub_position (fixture->hub);
  g_autoptr (LsTestLink) other = ls_test_link_new (fixture->hub, LS_ROLE_OWNER);
  g_autoptr (LsMessage) welcome = NULL;
  g_autoptr (LsMessage) delta = NULL;
  g_auto (Ask) ask = { 0 };

  take_quoted (fixture, &ask,
               "{'session':'%s','seq':2,'ack':1,'messages':["
               "{'t':'hello','protocol':1,'app':'test','schema':1,'shops':[]},"
               "{'t':'subscribe','shop':'s','epoch':'%s','version':%" G_GINT64_FORMAT
               ",'check':'%016" G_GINT64_MODIFIER "x','view':'%016" G_GINT64_MODIFIER
               "x','collections':[]}]}",
               session, position.epoch, position.version, position.check,
               ls_view_get_total_hash (ls_view_get (LS_ROLE_OWNER, LS_SCHEMA_VERSION)));
  expect (&ask, 200, NULL);
  welcome = message_of (&ask, 0);
  g_assert_cmpint (welcome->type, ==, LS_MESSAGE_WELCOME);
  g_assert_cmpstr (welcome->welcome.session, ==, session);
  g_assert_cmpstr (welcome->welcome.user, ==, "owner");

  /* What came behind the welcome, a digest too. */
  for (int seq = 3; ask.answers == 1; seq++)
    {
      take_quoted (fixture, &ask, "{'session':'%s','seq':%d,'ack':%d,'wait':25000000}", session, seq,
                   seq - 1);
      advance (fixture, SECOND);
      g_assert_cmpint (seq, <, 10);
    }
  g_assert_cmpuint (ask.answers, ==, 0);
  g_assert_cmpuint (stats_of (fixture).waiting, ==, 1);
  ls_message_unref (ls_test_link_hello (other, NULL, 0));
  ls_test_link_mutate (other, 1, "018f0000-0000-7000-8000-000000000001",
                       "[{'c':'products','k':'p-1','op':'put','set':{'name':'P','status':'active',"
                       "'price':100,'stock':1}}]");
  advance (fixture, 20000);
  expect (&ask, 200, NULL);
  g_assert_cmpuint (stats_of (fixture).waiting, ==, 0);
  delta = message_of (&ask, 0);
  if (delta->type != LS_MESSAGE_DELTA)
    g_error ("Instead of a delta: %s", ask.text);
}

/* The answer is lost: the request comes again and is not carried out again. */
static void
test_lost_answer (Fixture      *fixture,
                  gconstpointer data)
{
  g_autofree char *session = begin (fixture);
  g_autofree char *first = NULL;
  g_auto (Ask) ask = { 0 };

  take_quoted (fixture, &ask, "{'session':'%s','seq':2,'ack':1,'messages':[{'t':'ping','id':1}]}",
               session);
  expect_pongs (&ask, 1, 1);
  first = g_strdup (ask.text);
  for (int i = 0; i < 3; i++)
    {
      take_quoted (fixture, &ask,
                   "{'session':'%s','seq':2,'ack':1,'wait':9,'messages':[{'t':'ping','id':1}]}",
                   session);
      expect (&ask, 200, NULL);
      g_assert_cmpstr (ask.text, ==, first);
    }
  g_assert_cmpuint (stats_of (fixture).repeated, ==, 3);
  take_quoted (fixture, &ask, "{'session':'%s','seq':3,'ack':2,'messages':[{'t':'ping','id':2}]}",
               session);
  expect_pongs (&ask, 2, 1);
  /* What was acknowledged is forgotten. */
  take_quoted (fixture, &ask, "{'session':'%s','seq':2,'ack':1,'messages':[{'t':'ping','id':1}]}",
               session);
  expect (&ask, 409, "seq: its answer was acknowledged");
  /* Another request is not the same one. */
  take_quoted (fixture, &ask, "{'session':'%s','seq':3,'ack':2,'messages':[{'t':'ping','id':3}]}",
               session);
  expect (&ask, 409, "seq: it carried something else before");
}

/* The request comes again while the first of it still waits: the second one waits on. */
static void
test_again_while_waiting (Fixture      *fixture,
                          gconstpointer data)
{
  g_autofree char *session = begin (fixture);
  g_auto (Ask) first = { 0 };
  g_auto (Ask) second = { 0 };

  take_quoted (fixture, &first, "{'session':'%s','seq':2,'ack':1,'wait':25000000}", session);
  advance (fixture, 10 * SECOND);
  take_quoted (fixture, &second, "{'session':'%s','seq':2,'ack':1,'wait':25000000}", session);
  expect (&first, 409, "seq: the request came again");
  advance (fixture, 24 * SECOND);
  g_assert_cmpuint (second.answers, ==, 0);
  advance (fixture, SECOND);
  expect_pongs (&second, 0, 0);
}

/* A second request lets the first one go, and what the session says goes where it must. */
static void
test_parallel (Fixture      *fixture,
               gconstpointer data)
{
  g_autofree char *session = begin (fixture);
  g_auto (Ask) first = { 0 };
  g_auto (Ask) second = { 0 };
  g_auto (Ask) third = { 0 };

  take_quoted (fixture, &first, "{'session':'%s','seq':2,'ack':1,'wait':25000000}", session);
  g_assert_cmpuint (first.answers, ==, 0);
  take_quoted (fixture, &second,
               "{'session':'%s','seq':3,'ack':1,'wait':25000000,'messages':[{'t':'ping','id':1}]}",
               session);
  expect_pongs (&first, 0, 0);
  advance (fixture, SECOND);
  expect_pongs (&second, 1, 1);
  /* A third one without an acknowledgement is one too many. */
  take_quoted (fixture, &third, "{'session':'%s','seq':4,'ack':1,'wait':25000000}", session);
  expect (&third, 409, "seq: too many answers before it");
  take_quoted (fixture, &third, "{'session':'%s','seq':4,'ack':3,'wait':25000000}", session);
  g_assert_cmpuint (third.answers, ==, 0);
  g_clear_pointer (&fixture->exchanges, ls_exchanges_free);
  expect (&third, 410, "session: it is over");
  ls_test_hub_run (fixture->hub);
}

static bool
is_true (gpointer user_data)
{
  return *(bool *) user_data;
}

static void
said_cb (gpointer user_data)
{
  *(bool *) user_data = true;
}

/* Before the server ends who waits hears why. */
static void
test_end (Fixture      *fixture,
          gconstpointer data)
{
  g_autofree char *session = begin (fixture);
  g_autoptr (LsMessage) notice = NULL;
  g_auto (Ask) hello = { 0 };
  g_auto (Ask) ask = { 0 };
  bool said = false;

  take_quoted (fixture, &hello,
               "{'session':'%s','seq':2,'ack':1,'messages':[{'t':'hello','protocol':1,'app':'a',"
               "'schema':1,'shops':[]}]}",
               session);
  advance (fixture, SECOND);
  expect (&hello, 200, NULL);
  take_quoted (fixture, &ask, "{'session':'%s','seq':3,'ack':2,'wait':25000000}", session);
  g_assert_cmpuint (ask.answers, ==, 0);
  ls_hub_announce_end (fixture->hub->hub, said_cb, &said);
  /* The server waits for that without serving anybody. */
  g_assert_true (ls_test_environment_wait (fixture->hub->environment, is_true, &said, SECOND));
  g_clear_pointer (&fixture->exchanges, ls_exchanges_free);
  expect (&ask, 200, NULL);
  notice = message_of (&ask, 0);
  g_assert_cmpint (notice->type, ==, LS_MESSAGE_NOTICE);
  g_assert_cmpstr (notice->notice.kind, ==, LS_NOTICE_MAINTENANCE);
  ls_test_hub_run (fixture->hub);
}

/* The second one is faster than the first. */
static void
test_overtaken (Fixture      *fixture,
                gconstpointer data)
{
  g_autofree char *session = begin (fixture);
  g_auto (Ask) first = { 0 };
  g_auto (Ask) second = { 0 };
  g_auto (Ask) third = { 0 };

  take_quoted (fixture, &second,
               "{'session':'%s','seq':3,'ack':1,'messages':[{'t':'ping','id':2}]}", session);
  g_assert_cmpuint (second.answers, ==, 0);
  take_quoted (fixture, &third, "{'session':'%s','seq':3,'ack':1}", session);
  expect (&third, 409, "seq: one like it waits already");
  take_quoted (fixture, &first,
               "{'session':'%s','seq':2,'ack':1,'messages':[{'t':'ping','id':1}]}", session);
  expect (&first, 200, NULL);
  advance (fixture, SECOND);
  expect (&second, 200, NULL);
  /* The first was let go before the session said a word; it says all in order. */
  g_assert_cmpuint (first.envelope->messages->len, ==, 0);
  expect_pongs (&second, 1, 2);

  /* Nothing comes before it. */
  take_quoted (fixture, &second, "{'session':'%s','seq':5,'ack':3}", session);
  advance (fixture, 10 * SECOND - 20000 - 1);
  g_assert_cmpuint (second.answers, ==, 0);
  advance (fixture, 1);
  expect (&second, 409, "seq: the request before it did not come");
}

static void
test_numbers (Fixture      *fixture,
              gconstpointer data)
{
  static const struct {
    const char *text;
    unsigned status;
    const char *begins;
  } cases[] = {
    { "{'seq':2}", 400, "seq: a session begins with 1" },
    { "{'seq':1,'ack':1}", 400, "seq: a session begins with 1" },
    { "{'session':'%s','seq':2,'ack':2}", 409, "ack: that one was not asked" },
    { "{'session':'%s','seq':4,'ack':1}", 409, "seq: too many answers" },
    { "{'session':'%s','seq':4,'ack':3}", 409, "ack: that one was not asked" },
    { "{'session':'%s','seq':9007199254740991,'ack':1}", 409, "seq: too many answers" },
    { "{'session':'%s','seq':1,'ack':1}", 409, "seq: its answer was acknowledged" },
    { "{'session':'%s','seq':1}", 200, "{\"session\"" },
    { "{'session':'nobody','seq':2,'ack':1}", 410, "session: there is none" },
    { "{'session':'','seq':2,'ack':1}", 410, "session: there is none" },
    { "{'session':'%s','seq':2,'messages':[{'t':'ping','id':1.5}]}", 400, "$.messages[0].id" },
    { "not json", 400, "$" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *session = begin (fixture);
      g_autofree char **parts = g_strsplit (cases[i].text, "%s", 2);
      g_autofree char *text = g_strjoinv (session, parts);
      g_auto (Ask) ask = { 0 };

      take_quoted (fixture, &ask, "%s", text);
      expect (&ask, cases[i].status, cases[i].begins);
      /* Whatever it was, it changed nothing. */
      take_quoted (fixture, &ask,
                   "{'session':'%s','seq':2,'ack':1,'messages':[{'t':'ping','id':7}]}", session);
      expect_pongs (&ask, 7, 1);
      g_free (parts[0]);
      g_free (parts[1]);
    }
}

/* Another user learns nothing, and changes nothing. */
static void
test_stolen (Fixture      *fixture,
             gconstpointer data)
{
  g_autofree char *session = begin (fixture);
  g_autofree char *text = g_strdup_printf (
      "{\"session\":\"%s\",\"seq\":2,\"ack\":1,\"messages\":[{\"t\":\"ping\",\"id\":1}]}", session);
  g_autofree char *nobody = NULL;
  g_autoptr (LsIdentity) elsewhere = NULL;
  g_autofree char *token = NULL;
  g_auto (Ask) ask = { 0 };

  take (fixture, fixture->staff, "{\"session\":\"nobody\",\"seq\":2,\"ack\":1}", &ask);
  expect (&ask, 410, NULL);
  nobody = g_strdup (ask.text);
  take (fixture, fixture->staff, text, &ask);
  expect (&ask, 410, NULL);
  g_assert_cmpstr (ask.text, ==, nobody);
  g_assert_cmpint (ask.code, ==, LS_ERROR_TIMEOUT);
  /* Nor does the same user on another device. */
  token = ls_access_issue_token (fixture->hub->access, "owner", "elsewhere", 1000 * SECOND, NULL);
  elsewhere = ls_access_check_token (fixture->hub->access, token, NULL);
  take (fixture, elsewhere, text, &ask);
  expect (&ask, 410, NULL);
  take (fixture, fixture->owner, text, &ask);
  expect_pongs (&ask, 1, 1);
}

static void
test_expiry (Fixture      *fixture,
             gconstpointer data)
{
  g_autofree char *session = begin (fixture);
  g_auto (Ask) ask = { 0 };

  advance (fixture, 119 * SECOND);
  take_quoted (fixture, &ask, "{'session':'%s','seq':2,'ack':1}", session);
  expect_pongs (&ask, 0, 0);
  advance (fixture, 119 * SECOND);
  g_assert_cmpuint (stats_of (fixture).sessions, ==, 1);
  advance (fixture, SECOND);
  g_assert_cmpuint (stats_of (fixture).sessions, ==, 0);
  g_assert_cmpuint (stats_of (fixture).expired, ==, 1);
  take_quoted (fixture, &ask, "{'session':'%s','seq':3,'ack':2}", session);
  expect (&ask, 410, "session: there is none");
}

/* Limits of sessions, of those of one account, of requests that wait, of requests. */
static void
test_limits (Fixture      *fixture,
             gconstpointer data)
{
  LsExchangeOptions options;
  g_auto (GStrv) sessions = g_new0 (char *, 4);
  g_auto (Ask) ask = { 0 };
  g_auto (Ask) waiting = { 0 };
  g_auto (Ask) crowded = { 0 };

  tear_down (fixture, NULL);
  ls_exchange_options_init (&options);
  options.max_sessions = 4;
  options.max_account = 3;
  options.max_waiting = 1;
  options.account_rate = 5;
  set_up_with (fixture, &options);

  for (int i = 0; i < 3; i++)
    sessions[i] = begin (fixture);
  take_quoted (fixture, &ask, "{'seq':1}");
  expect (&ask, 429, "too many sessions of one account");
  g_assert_cmpint (ask.retry_after, >, 0);
  take (fixture, fixture->staff, "{\"seq\":1}", &ask);
  expect (&ask, 200, NULL);
  take (fixture, fixture->staff, "{\"seq\":1}", &ask);
  expect (&ask, 503, "too many sessions");
  /* And of beginning them: the owner began four times, in vain the last. */
  take_quoted (fixture, &ask, "{'seq':1}");
  expect (&ask, 503, "too many sessions");
  take_quoted (fixture, &ask, "{'seq':1}");
  expect (&ask, 429, "too many connections of one account");
  g_assert_cmpint (ask.retry_after, >, 0);

  take_quoted (fixture, &waiting, "{'session':'%s','seq':2,'ack':1,'wait':25000000}", sessions[0]);
  g_assert_cmpuint (waiting.answers, ==, 0);
  take_quoted (fixture, &crowded, "{'session':'%s','seq':2,'ack':1,'wait':25000000}", sessions[1]);
  expect_pongs (&crowded, 0, 0);
  g_assert_cmpuint (stats_of (fixture).crowded, ==, 1);
  advance (fixture, 25 * SECOND);
  expect_pongs (&waiting, 0, 0);

  for (int i = 3;; i++)
    {
      take_quoted (fixture, &ask, "{'session':'%s','seq':%d,'ack':%d}", sessions[1], i, i - 1);
      if (ask.status == 429)
        break;
      expect_pongs (&ask, 0, 0);
      g_assert_cmpint (i, <, 200);
    }
  g_assert_cmpint (ask.retry_after, >, 0);
  g_assert_cmpint (ask.retry_after, <=, SECOND);
}

/* Who does not fetch costs no more than his share: the session overflows and goes on from the log. */
static void
test_slow (Fixture      *fixture,
           gconstpointer data)
{
  LsExchangeOptions options;
  LsHubStats hub;
  g_autofree char *session = NULL;
  g_auto (Ask) ask = { 0 };
  int64_t next = 0;
  unsigned sent = 0;

  tear_down (fixture, NULL);
  ls_exchange_options_init (&options);
  options.max_unsent = 4000;
  set_up_with (fixture, &options);
  session = begin (fixture);
  /* Each pong has about 25 bytes: these are more than fit. */
  for (int seq = 2; seq < 10; seq++)
    {
      g_autoptr (GString) text = g_string_new (NULL);

      g_string_printf (text, "{'session':'%s','seq':%d,'ack':%d,'messages':[", session, seq, seq - 1);
      for (int i = 0; i < 50; i++)
        g_string_append_printf (text, "%s{'t':'ping','id':%u}", i > 0 ? "," : "", ++sent);
      g_string_append (text, "]}");
      take_quoted (fixture, &ask, "%s", text->str);
      expect (&ask, 200, NULL);
      for (unsigned i = 0; i < ask.envelope->messages->len; i++)
        {
          g_autoptr (LsMessage) pong = message_of (&ask, i);

          /* Pongs that found no room may be missing, but never out of order. */
          g_assert_cmpint (pong->type, ==, LS_MESSAGE_PONG);
          g_assert_cmpint (pong->ping.id, >, next);
          next = pong->ping.id;
        }
      g_assert_cmpuint (strlen (ask.text), <, 4000 + 1000);
    }
  ls_hub_get_stats (fixture->hub->hub, &hub);
  g_assert_cmpuint (next, >, 50);
}

/* The token ends: a minute later the session does, and says so. */
static void
test_signed_out (Fixture      *fixture,
                 gconstpointer data)
{
  g_autofree char *token =
      ls_access_issue_token (fixture->hub->access, "owner", NULL, 100 * SECOND, NULL);
  g_autoptr (LsIdentity) identity = ls_access_check_token (fixture->hub->access, token, NULL);
  g_autofree char *session = NULL;
  g_autofree char *text = NULL;
  g_autoptr (LsMessage) notice = NULL;
  g_auto (Ask) ask = { 0 };

  take (fixture, identity, "{\"seq\":1}", &ask);
  session = g_strdup (ask.envelope->session);
  advance (fixture, 99 * SECOND);
  text = g_strdup_printf ("{\"session\":\"%s\",\"seq\":2,\"ack\":1,\"wait\":1000000}", session);
  take (fixture, identity, text, &ask);
  advance (fixture, 2 * SECOND);
  expect_pongs (&ask, 0, 0);
  /* It holds no more for a new session, but for this one. */
  take (fixture, identity, "{\"seq\":1}", &ask);
  expect (&ask, 401, "the token has expired");
  advance (fixture, 57 * SECOND);
  g_free (text);
  text = g_strdup_printf ("{\"session\":\"%s\",\"seq\":3,\"ack\":2,\"wait\":25000000}", session);
  take (fixture, identity, text, &ask);
  g_assert_cmpuint (ask.answers, ==, 0);
  advance (fixture, 4 * SECOND);
  expect (&ask, 200, NULL);
  notice = message_of (&ask, 0);
  g_assert_cmpint (notice->type, ==, LS_MESSAGE_NOTICE);
  g_assert_cmpstr (notice->notice.kind, ==, "sign-out");
  if (ask.envelope->close_code == 0)
    {
      g_free (text);
      text = g_strdup_printf ("{\"session\":\"%s\",\"seq\":4,\"ack\":3}", session);
      take (fixture, identity, text, &ask);
      expect (&ask, 200, NULL);
    }
  g_assert_cmpuint (ask.envelope->close_code, ==, 1008);
  g_assert_cmpstr (ask.envelope->reason, ==, "signed out");
  g_assert_cmpuint (stats_of (fixture).sessions, ==, 0);
  /* The end can be heard again, but nothing after it. */
  take (fixture, identity, text, &ask);
  expect (&ask, 200, NULL);
  g_assert_cmpuint (ask.envelope->close_code, ==, 1008);
  take_quoted (fixture, &ask, "{'session':'%s','seq':%d,'ack':%d}", session, 5, 4);
  expect (&ask, 410, "session: there is none");
}

/* Another token of the same user, in the header or by `auth`: the session goes on. */
static void
test_renewed (Fixture      *fixture,
              gconstpointer data)
{
  bool by_message = GPOINTER_TO_INT (data);
  g_autofree char *old =
      ls_access_issue_token (fixture->hub->access, "owner", NULL, 100 * SECOND, NULL);
  g_autofree char *renewed =
      ls_access_issue_token (fixture->hub->access, "owner", NULL, 10000 * SECOND, NULL);
  g_autoptr (LsIdentity) before = ls_access_check_token (fixture->hub->access, old, NULL);
  g_autoptr (LsIdentity) after = ls_access_check_token (fixture->hub->access, renewed, NULL);
  g_autofree char *session = NULL;
  g_auto (Ask) ask = { 0 };

  take (fixture, before, "{\"seq\":1}", &ask);
  session = g_strdup (ask.envelope->session);
  for (int seq = 2; seq < 10; seq++)
    {
      g_autofree char *text = g_strdup_printf (
          "{\"session\":\"%s\",\"seq\":%d,\"ack\":%d,\"messages\":[{\"t\":\"%s\",\"token\":\"%s\",\"id\":1}]}",
          session, seq, seq - 1, by_message && seq == 3 ? "auth" : "ping", renewed);

      take (fixture, !by_message && seq >= 3 ? after : before, text, &ask);
      advance (fixture, 50 * SECOND);
      expect (&ask, 200, NULL);
      g_assert_cmpuint (ask.envelope->close_code, ==, 0);
    }
}

static void
test_malformed_messages (Fixture      *fixture,
                         gconstpointer data)
{
  g_autofree char *session = begin (fixture);
  g_autoptr (LsMessage) message = NULL;
  g_auto (Ask) ask = { 0 };
  int seq = 2;

  /* A message that does not fit is answered as on a WebSocket; those beside it are heard. */
  take_quoted (fixture, &ask,
               "{'session':'%s','seq':2,'ack':1,'messages':[{'t':'nothing'},{'t':'ping','id':1}]}",
               session);
  expect (&ask, 200, NULL);
  g_assert_cmpuint (ask.envelope->messages->len, ==, 2);
  message = message_of (&ask, 0);
  g_assert_cmpint (message->type, ==, LS_MESSAGE_ERROR);
  g_assert_cmpstr (message->error.path, ==, "t");
  while (ask.envelope != NULL && ask.envelope->close_code == 0)
    {
      g_assert_cmpint (seq, <, 20);
      seq++;
      take_quoted (fixture, &ask,
                   "{'session':'%s','seq':%d,'ack':%d,'messages':[{'t':'nothing'}]}", session, seq,
                   seq - 1);
      advance (fixture, SECOND);
    }
  g_assert_cmpuint (ask.envelope->close_code, ==, 1008);
}

/*
 * A client that loses requests and answers as the dice fall, over two connections, and sends pings
 * of growing ids: it hears each pong once, in order.
 */
#define N_PINGS 200

typedef struct {
  char *text;
  Ask ask;
  bool delivered;
} Slot;

typedef struct {
  Fixture *fixture;
  GRand *dice;
  char *session;
  int64_t seq, ack, sent, heard;
  unsigned lost;
  Slot slots[LS_ENVELOPE_WINDOW];
} Lossy;

static bool
is_unlucky (Lossy *self)
{
  bool unlucky = g_rand_int_range (self->dice, 0, 3) == 0;

  self->lost += unlucky;
  return unlucky;
}

/* The next request, when there may be one; in the end one that only fetches what is left. */
static void
lossy_ask (Lossy *self)
{
  bool is_last = self->sent >= N_PINGS;
  int count = is_last ? 0 : g_rand_int_range (self->dice, 0, 4);
  GString *text;

  if (self->seq - self->ack >= (is_last ? 1 : LS_ENVELOPE_WINDOW))
    return;
  text = g_string_new (NULL);
  self->seq++;
  g_string_printf (text, "{\"session\":\"%s\",\"seq\":%" G_GINT64_FORMAT
                   ",\"ack\":%" G_GINT64_FORMAT ",\"wait\":%d,\"messages\":[",
                   self->session, self->seq, self->ack,
                   g_rand_boolean (self->dice) ? 25000000 : 0);
  for (int i = 0; i < count && self->sent < N_PINGS; i++)
    g_string_append_printf (text, "%s{\"t\":\"ping\",\"id\":%" G_GINT64_FORMAT "}",
                            i > 0 ? "," : "", ++self->sent);
  g_string_append (text, "]}");
  self->slots[self->seq % 2].text = g_string_free (text, FALSE);
}

/* Requests go, or are lost; answers come, or are lost. */
static void
lossy_pass (Lossy *self)
{
  for (int64_t seq = self->seq; seq > self->ack; seq--)
    {
      Slot *slot = &self->slots[seq % 2];

      if (!is_unlucky (self) && !slot->delivered && slot->ask.answers == 0)
        take (self->fixture, self->fixture->owner, slot->text, &slot->ask);
    }
  advance (self->fixture, g_rand_int_range (self->dice, 50000, 400000));
  for (int64_t seq = self->seq; seq > self->ack; seq--)
    {
      Slot *slot = &self->slots[seq % 2];

      if (slot->delivered || slot->ask.answers == 0)
        continue;
      slot->delivered = slot->ask.status == 200 && !is_unlucky (self);
      if (!slot->delivered)
        ask_clear (&slot->ask);
    }
}

/* Takes what came, in its order. */
static void
lossy_hear (Lossy *self)
{
  for (int64_t seq = self->ack + 1; seq <= self->seq && self->slots[seq % 2].delivered; seq++)
    {
      Slot *slot = &self->slots[seq % 2];

      g_assert_cmpint (slot->ask.envelope->seq, ==, seq);
      for (unsigned i = 0; i < slot->ask.envelope->messages->len; i++)
        {
          g_autoptr (LsMessage) pong = message_of (&slot->ask, i);

          g_assert_cmpint (pong->type, ==, LS_MESSAGE_PONG);
          g_assert_cmpint (pong->ping.id, ==, ++self->heard);
        }
      self->ack = seq;
      ask_clear (&slot->ask);
      g_clear_pointer (&slot->text, g_free);
      slot->delivered = false;
    }
}

static void
test_random (Fixture      *fixture,
             gconstpointer data)
{
  g_autoptr (GRand) dice = g_rand_new_with_seed (GPOINTER_TO_UINT (data));
  g_autofree char *session = begin (fixture);
  Lossy lossy = { .fixture = fixture, .dice = dice, .session = session, .seq = 1, .ack = 1 };

  for (unsigned rounds = 0; lossy.heard < N_PINGS; rounds++)
    {
      g_assert_cmpuint (rounds, <, 20000);
      if (g_rand_int_range (dice, 0, 3) > 0)
        lossy_ask (&lossy);
      lossy_pass (&lossy);
      lossy_hear (&lossy);
    }
  g_assert_cmpint (lossy.sent, ==, lossy.heard);
  g_assert_cmpuint (lossy.lost, >, 20);
  /* A request that still waits is told of the end. */
  g_clear_pointer (&fixture->exchanges, ls_exchanges_free);
  ls_test_hub_run (fixture->hub);
  for (unsigned i = 0; i < LS_ENVELOPE_WINDOW; i++)
    {
      ask_clear (&lossy.slots[i].ask);
      g_free (lossy.slots[i].text);
    }
}

int
main (int    argc,
      char **argv)
{
  static const struct {
    const char *name;
    void (*test) (Fixture *fixture, gconstpointer data);
    int data;
  } tests[] = {
    { "live", test_live, 0 },
    { "lost-answer", test_lost_answer, 0 },
    { "again-while-waiting", test_again_while_waiting, 0 },
    { "parallel", test_parallel, 0 },
    { "end", test_end, 0 },
    { "overtaken", test_overtaken, 0 },
    { "numbers", test_numbers, 0 },
    { "stolen", test_stolen, 0 },
    { "expiry", test_expiry, 0 },
    { "limits", test_limits, 0 },
    { "slow", test_slow, 0 },
    { "signed-out", test_signed_out, 0 },
    { "renewed-by-header", test_renewed, 0 },
    { "renewed-by-message", test_renewed, 1 },
    { "malformed-messages", test_malformed_messages, 0 },
    { "random/1", test_random, 1 },
    { "random/2", test_random, 2 },
    { "random/3", test_random, 3 },
    { "random/4", test_random, 4 },
  };

  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strconcat ("/exchange/", tests[i].name, NULL);

      g_test_add (path, Fixture, GINT_TO_POINTER (tests[i].data), set_up, tests[i].test, tear_down);
    }
  return g_test_run ();
}
