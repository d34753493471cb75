/* SPDX-License-Identifier: GPL-3.0-or-later */

#include <string.h>

#include "client/ls-poll-machine.h"
#include "core/ls-envelope.h"
#include "core/ls-error.h"

/*
 * A model of the server's side of `POST /v1/exchange`, whose network the test decides: it answers,
 * lets wait, loses requests and answers, and cuts what waits. Messages of the client are numbers that
 * count up; so are those of the server.
 */

#define SECOND ((int64_t) G_USEC_PER_SEC)
#define MS INT64_C (1000)

typedef struct {
  bool under_way;
  GBytes *bytes;
  int64_t at;
} Sent;

typedef struct {
  LsPollMachine *machine;
  LsConnectionOptions options;
  int64_t now;
  uint64_t dice;

  /* The network */
  Sent sent[LS_ENVELOPE_WINDOW];
  unsigned n_requests;

  /* What the owner was told */
  unsigned opened, closed, alive, missed, paces;
  GError *error;
  int64_t retry_after;
  int64_t round_trip;
  int64_t heard;

  /* The server */
  int64_t last, acked, said, took;
  GBytes *answers[LS_ENVELOPE_WINDOW];
  GString *news;
} Fixture;

static uint64_t
draw (gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->dice = fixture->dice * UINT64_C (6364136223846793005) + 1442695040888963407u;
  return fixture->dice >> 20;
}

static void
carry_out (Fixture *fixture)
{
  LsPollAction *action;

  while ((action = ls_poll_machine_next (fixture->machine, fixture->now)) != NULL)
    {
      Sent *sent = &fixture->sent[action->slot];

      switch (action->type)
        {
        case LS_POLL_SEND:
          g_assert_false (sent->under_way);
          g_clear_pointer (&sent->bytes, g_bytes_unref);
          *sent = (Sent) { true, g_bytes_ref (action->bytes), fixture->now };
          fixture->n_requests++;
          break;
        case LS_POLL_CANCEL:
          g_assert_true (sent->under_way);
          sent->under_way = false;
          break;
        case LS_POLL_OPENED:
          fixture->opened++;
          break;
        case LS_POLL_MESSAGE:
          {
            g_autofree char *text = g_strndup (g_bytes_get_data (action->bytes, NULL),
                                               g_bytes_get_size (action->bytes));
            g_autofree char *wanted =
                g_strdup_printf ("{\"s\":%" G_GINT64_FORMAT "}", ++fixture->heard);

            g_assert_cmpstr (text, ==, wanted);
          }
          break;
        case LS_POLL_CLOSED:
          fixture->closed++;
          g_clear_error (&fixture->error);
          fixture->error = g_steal_pointer (&action->error);
          fixture->retry_after = action->n;
          break;
        case LS_POLL_ALIVE:
          fixture->alive++;
          fixture->round_trip = action->n;
          break;
        case LS_POLL_MISSED:
          fixture->missed++;
          break;
        case LS_POLL_PACE:
        default:
          fixture->paces++;
          break;
        }
      ls_poll_action_free (action);
    }
}

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  ls_connection_options_init (&fixture->options);
  fixture->now = 1000 * SECOND;
  fixture->dice = data != NULL ? (uint64_t) GPOINTER_TO_INT (data) : 1;
  fixture->machine = ls_poll_machine_new (&fixture->options, draw, fixture);
  fixture->news = g_string_new (NULL);
}

static void
forget_server (Fixture *fixture)
{
  for (unsigned i = 0; i < LS_ENVELOPE_WINDOW; i++)
    g_clear_pointer (&fixture->answers[i], g_bytes_unref);
  fixture->last = fixture->acked = fixture->said = fixture->took = fixture->heard = 0;
  g_string_truncate (fixture->news, 0);
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  ls_poll_machine_free (fixture->machine);
  for (unsigned i = 0; i < LS_ENVELOPE_WINDOW; i++)
    g_clear_pointer (&fixture->sent[i].bytes, g_bytes_unref);
  forget_server (fixture);
  g_string_free (fixture->news, TRUE);
  g_clear_error (&fixture->error);
}

/* To the next thing that is due, or to @end. */
static void
advance_to (Fixture *fixture,
            int64_t  end)
{
  for (;;)
    {
      int64_t due = ls_poll_machine_get_deadline (fixture->machine);

      if (due < 0 || due > end)
        break;
      fixture->now = MAX (due, fixture->now);
      ls_poll_machine_tick (fixture->machine, fixture->now);
      carry_out (fixture);
    }
  fixture->now = end;
}

static void
advance (Fixture *fixture,
         int64_t  duration)
{
  advance_to (fixture, fixture->now + duration);
}

/* --- The server ------------------------------------------------------------------------------ */

static void
say (Fixture *fixture)
{
  g_string_append_printf (fixture->news, "%s{\"s\":%" G_GINT64_FORMAT "}",
                          fixture->news->len > 0 ? "," : "", ++fixture->said);
}

static LsEnvelope *
request_in (Fixture *fixture,
            unsigned slot)
{
  g_autoptr (GError) error = NULL;
  GBytes *bytes = fixture->sent[slot].bytes;
  LsEnvelope *envelope = ls_envelope_decode (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes),
                                             LS_ENVELOPE_REQUEST, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (envelope->session, ==, envelope->seq == 1 ? NULL : "id");
  return envelope;
}

/* The request reaches the server, which keeps its answer. */
static void
serve (Fixture *fixture,
       unsigned slot)
{
  g_autoptr (LsEnvelope) request = request_in (fixture, slot);
  char *text;

  g_assert_cmpint (request->ack, <=, fixture->last);
  g_assert_cmpint (request->ack, >=, fixture->acked);
  fixture->acked = request->ack;
  g_assert_cmpint (request->seq, >, fixture->acked);
  g_assert_cmpint (request->seq, <=, fixture->acked + LS_ENVELOPE_WINDOW);
  if (request->seq <= fixture->last)
    return;
  g_assert_cmpint (request->seq, ==, fixture->last + 1);
  fixture->last = request->seq;
  for (unsigned i = 0; i < request->messages->len; i++)
    {
      LsTextSlice *slice = &g_array_index (request->messages, LsTextSlice, i);
      g_autofree char *said = g_strndup (slice->text, slice->length);
      g_autofree char *wanted = g_strdup_printf ("{\"c\":%" G_GINT64_FORMAT "}", ++fixture->took);

      g_assert_cmpstr (said, ==, wanted);
    }
  text = g_strdup_printf ("{\"session\":\"id\",\"seq\":%" G_GINT64_FORMAT ",\"messages\":[%s]}",
                          request->seq, fixture->news->str);
  g_string_truncate (fixture->news, 0);
  g_clear_pointer (&fixture->answers[request->seq % 2], g_bytes_unref);
  fixture->answers[request->seq % 2] = g_bytes_new_take (text, strlen (text));
}

/* Its answer reaches the client. */
static void
deliver (Fixture *fixture,
         unsigned slot)
{
  g_autoptr (LsEnvelope) request = request_in (fixture, slot);

  g_assert_true (fixture->sent[slot].under_way);
  fixture->sent[slot].under_way = false;
  ls_poll_machine_answered (fixture->machine, slot, fixture->answers[request->seq % 2],
                            fixture->now);
  carry_out (fixture);
}

static void
respond (Fixture *fixture,
         unsigned slot)
{
  serve (fixture, slot);
  deliver (fixture, slot);
}

static void
fail (Fixture    *fixture,
      unsigned    slot,
      unsigned    status,
      LsErrorCode code,
      int64_t     retry_after)
{
  g_autoptr (GError) error = g_error_new (LS_ERROR, (int) code, "so the test says");

  g_assert_true (fixture->sent[slot].under_way);
  fixture->sent[slot].under_way = false;
  ls_poll_machine_failed (fixture->machine, slot, status, error, retry_after, fixture->now);
  carry_out (fixture);
}

static void
send_text (Fixture    *fixture,
           const char *text)
{
  g_assert_true (ls_poll_machine_send (fixture->machine, text, strlen (text)));
  carry_out (fixture);
}

static void
send_number (Fixture *fixture,
             int64_t  number)
{
  g_autofree char *text = g_strdup_printf ("{\"c\":%" G_GINT64_FORMAT "}", number);

  send_text (fixture, text);
}

/* The slot of the one request that is under way. */
static unsigned
only_request (Fixture *fixture)
{
  g_assert_true (fixture->sent[0].under_way != fixture->sent[1].under_way);
  return fixture->sent[0].under_way ? 0 : 1;
}

static int64_t
wait_of (Fixture *fixture,
         unsigned slot)
{
  g_autoptr (LsEnvelope) request = request_in (fixture, slot);

  return request->wait;
}

static void
open_session (Fixture *fixture)
{
  forget_server (fixture);
  ls_poll_machine_open (fixture->machine, fixture->now);
  carry_out (fixture);
  g_assert_false (ls_poll_machine_send (fixture->machine, "{}", 2));
  advance (fixture, 20 * MS);
  respond (fixture, only_request (fixture));
  g_assert_cmpuint (fixture->opened, >, 0);
}

/* One that knows nothing of what was cut before. */
static void
new_machine (Fixture *fixture)
{
  ls_poll_machine_free (fixture->machine);
  fixture->machine = ls_poll_machine_new (&fixture->options, draw, fixture);
  fixture->sent[0].under_way = fixture->sent[1].under_way = false;
}

static void
test_long_poll (Fixture      *fixture,
                gconstpointer data)
{
  open_session (fixture);
  g_assert_cmpint (fixture->round_trip, ==, 20 * MS);
  g_assert_cmpint (ls_poll_machine_get_interval (fixture->machine), ==, 0);
  for (int i = 1; i < 20; i++)
    {
      unsigned slot = only_request (fixture);

      g_assert_cmpint (wait_of (fixture, slot), ==, 25 * SECOND);
      advance (fixture, 10 * SECOND);
      say (fixture);
      respond (fixture, slot);
      g_assert_cmpint (fixture->heard, ==, i);
      /* How long it waited says nothing about how far the server is. */
      g_assert_cmpint (fixture->round_trip, ==, -1);
    }
  g_assert_cmpuint (fixture->missed, ==, 0);
}

/* While one waits, a message goes with another; those that come meanwhile go together; acks ride
 * along. */
static void
test_send (Fixture      *fixture,
           gconstpointer data)
{
  unsigned first, n_requests;

  open_session (fixture);
  first = only_request (fixture);
  advance (fixture, SECOND);
  send_number (fixture, 1);
  g_assert_true (fixture->sent[0].under_way && fixture->sent[1].under_way);
  g_assert_cmpint (wait_of (fixture, 1 - first), ==, 25 * SECOND);
  n_requests = fixture->n_requests;
  send_number (fixture, 2);
  send_number (fixture, 3);
  g_assert_cmpuint (fixture->n_requests, ==, n_requests);
  /* The first is let go; its place is taken at once by what gathered. */
  respond (fixture, first);
  g_assert_cmpuint (fixture->n_requests, ==, n_requests + 1);
  respond (fixture, 1 - first);
  g_assert_cmpint (fixture->took, ==, 1);
  respond (fixture, first);
  g_assert_cmpint (fixture->took, ==, 3);

  /* An early answer that a later request caused is no cut. */
  g_assert_cmpint (ls_poll_machine_get_interval (fixture->machine), ==, 0);

  n_requests = fixture->n_requests;
  send_text (fixture, "{\"t\":\"ack\",\"shop\":\"s\",\"version\":1,\"n\":0,\"applied\":1}");
  advance (fixture, 20 * SECOND);
  g_assert_cmpuint (fixture->n_requests, ==, n_requests);
}

/* Answers that come in another order are told in theirs. */
static void
test_order (Fixture      *fixture,
            gconstpointer data)
{
  unsigned first;

  open_session (fixture);
  first = only_request (fixture);
  say (fixture);
  send_number (fixture, 1);
  serve (fixture, first);
  say (fixture);
  serve (fixture, 1 - first);
  deliver (fixture, 1 - first);
  g_assert_cmpint (fixture->heard, ==, 0);
  deliver (fixture, first);
  g_assert_cmpint (fixture->heard, ==, 2);
}

/* A proxy that cuts what waits: after two cuts nothing waits any more; later it may again. */
static void
test_cut (Fixture      *fixture,
          gconstpointer data)
{
  unsigned slot;

  open_session (fixture);
  for (int i = 0; i < 2; i++)
    {
      g_assert_cmpint (ls_poll_machine_get_interval (fixture->machine), ==, 0);
      slot = only_request (fixture);
      g_assert_cmpint (wait_of (fixture, slot), ==, 25 * SECOND);
      advance (fixture, 10 * SECOND);
      fail (fixture, slot, i == 0 ? 504 : 0, LS_ERROR_TIMEOUT, 0);
      /* The same again, at once and without waiting. */
      slot = only_request (fixture);
      g_assert_cmpint (wait_of (fixture, slot), ==, 0);
      advance (fixture, 30 * MS);
      respond (fixture, slot);
    }
  g_assert_cmpuint (fixture->missed, ==, 2);
  g_assert_cmpint (ls_poll_machine_get_interval (fixture->machine), ==, 2 * SECOND);
  g_assert_cmpuint (fixture->paces, ==, 1);
  g_assert_false (fixture->sent[0].under_way || fixture->sent[1].under_way);

  /* Every two seconds; what is to be said does not wait for that. */
  advance (fixture, 2 * SECOND - 1);
  g_assert_false (fixture->sent[0].under_way || fixture->sent[1].under_way);
  advance (fixture, 1);
  slot = only_request (fixture);
  g_assert_cmpint (wait_of (fixture, slot), ==, 0);
  respond (fixture, slot);
  advance (fixture, 100 * MS);
  send_number (fixture, 1);
  respond (fixture, only_request (fixture));
  g_assert_cmpint (fixture->took, ==, 1);

  /* A minute after the last cut it is tried whether a request may wait. */
  while (wait_of (fixture, (unsigned) (fixture->last % 2)) == 0)
    {
      if (fixture->sent[0].under_way || fixture->sent[1].under_way)
        respond (fixture, only_request (fixture));
      advance (fixture, 2 * SECOND);
      if ((fixture->sent[0].under_way || fixture->sent[1].under_way) &&
          wait_of (fixture, only_request (fixture)) > 0)
        break;
    }
  slot = only_request (fixture);
  g_assert_cmpint (wait_of (fixture, slot), ==, 25 * SECOND);
  advance (fixture, 20 * SECOND);
  say (fixture);
  respond (fixture, slot);
  g_assert_cmpint (ls_poll_machine_get_interval (fixture->machine), ==, 0);
  g_assert_cmpuint (fixture->paces, ==, 2);
  g_assert_cmpint (wait_of (fixture, only_request (fixture)), ==, 25 * SECOND);
}

/* A server, or something before it, that does not let wait, but answers at once with nothing. */
static void
test_impatient (Fixture      *fixture,
                gconstpointer data)
{
  open_session (fixture);
  for (int i = 0; i < 2; i++)
    {
      advance (fixture, 10 * MS);
      respond (fixture, only_request (fixture));
    }
  g_assert_cmpint (ls_poll_machine_get_interval (fixture->machine), ==, 2 * SECOND);
}

/* All is down: three attempts, then the session is over; that is no cut. */
static void
test_down (Fixture      *fixture,
           gconstpointer data)
{
  open_session (fixture);
  for (int i = 0; i < 3; i++)
    {
      g_assert_cmpuint (fixture->closed, ==, 0);
      if (!fixture->sent[0].under_way && !fixture->sent[1].under_way)
        advance (fixture, SECOND);
      fail (fixture, only_request (fixture), 0, LS_ERROR_NETWORK, 0);
    }
  g_assert_cmpuint (fixture->closed, ==, 1);
  g_assert_error (fixture->error, LS_ERROR, LS_ERROR_NETWORK);
  g_assert_cmpint (ls_poll_machine_get_deadline (fixture->machine), ==, -1);
  g_assert_false (ls_poll_machine_send (fixture->machine, "{}", 2));
  g_assert_cmpint (ls_poll_machine_get_interval (fixture->machine), ==, 0);
}

/* Nothing comes at all. */
static void
test_silent (Fixture      *fixture,
             gconstpointer data)
{
  open_session (fixture);
  advance (fixture, 40 * SECOND - 1);
  g_assert_cmpuint (fixture->missed, ==, 0);
  advance (fixture, 1);
  g_assert_cmpuint (fixture->missed, ==, 1);
  advance (fixture, 40 * SECOND);
  g_assert_cmpuint (fixture->closed, ==, 1);
  g_assert_error (fixture->error, LS_ERROR, LS_ERROR_TIMEOUT);

  ls_poll_machine_open (fixture->machine, fixture->now);
  carry_out (fixture);
  advance (fixture, 15 * SECOND - 1);
  g_assert_cmpuint (fixture->closed, ==, 1);
  advance (fixture, 1);
  g_assert_cmpuint (fixture->closed, ==, 2);
}

static void
test_statuses (Fixture      *fixture,
               gconstpointer data)
{
  static const struct {
    unsigned status;
    LsErrorCode code;
    int64_t retry_after;
    bool over;
    LsErrorCode told;
  } cases[] = {
    { 401, LS_ERROR_AUTH, 0, true, LS_ERROR_AUTH },
    { 403, LS_ERROR_FORBIDDEN, 0, true, LS_ERROR_FORBIDDEN },
    { 404, LS_ERROR_PROTOCOL, 0, true, LS_ERROR_PROTOCOL },
    { 409, LS_ERROR_PROTOCOL, 0, true, LS_ERROR_NETWORK },
    { 410, LS_ERROR_PROTOCOL, 0, true, LS_ERROR_NETWORK },
    { 413, LS_ERROR_PROTOCOL, 0, true, LS_ERROR_PROTOCOL },
    { 429, LS_ERROR_RATE_LIMIT, 3 * SECOND, false, 0 },
    { 500, LS_ERROR_NETWORK, 0, false, 0 },
    { 503, LS_ERROR_NETWORK, 2 * SECOND, false, 0 },
    { 408, LS_ERROR_TIMEOUT, 0, false, 0 },
    { 0, LS_ERROR_TIMEOUT, 0, false, 0 },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      unsigned closed = fixture->closed;

      new_machine (fixture);
      open_session (fixture);
      fail (fixture, only_request (fixture), cases[i].status, cases[i].code, cases[i].retry_after);
      g_assert_cmpuint (fixture->closed - closed, ==, cases[i].over);
      if (cases[i].over)
        {
          g_assert_error (fixture->error, LS_ERROR, (int) cases[i].told);
          continue;
        }
      if (cases[i].retry_after > 0)
        {
          advance (fixture, cases[i].retry_after - 1);
          g_assert_false (fixture->sent[0].under_way || fixture->sent[1].under_way);
        }
      advance (fixture, SECOND);
      respond (fixture, only_request (fixture));
    }
}

/* What comes instead of an answer: it is asked for again, not believed. */
static void
test_spoiled (Fixture      *fixture,
              gconstpointer data)
{
  static const char *const bodies[] = {
    "", "<html>Sign in to the network</html>", "{\"session\":\"id\",\"seq\":9}",
    "{\"session\":\"other\",\"seq\":2}", "{\"seq\":2}", "{\"session\":\"id\",\"seq\":2",
    "{\"session\":\"id\",\"seq\":2,\"messages\":[1]}",
  };

  for (size_t i = 0; i < G_N_ELEMENTS (bodies); i++)
    {
      g_autoptr (GBytes) body = g_bytes_new_static (bodies[i], strlen (bodies[i]));
      unsigned slot;

      new_machine (fixture);
      open_session (fixture);
      slot = only_request (fixture);
      serve (fixture, slot);
      fixture->sent[slot].under_way = false;
      ls_poll_machine_answered (fixture->machine, slot, body, fixture->now);
      carry_out (fixture);
      g_assert_cmpuint (fixture->closed, ==, 0);
      g_assert_cmpuint (fixture->missed, ==, i + 1);
      respond (fixture, only_request (fixture));
    }
}

static void
test_server_closes (Fixture      *fixture,
                    gconstpointer data)
{
  static const char text[] = "{\"session\":\"id\",\"seq\":2,\"messages\":[{\"s\":1}],"
                             "\"close\":1008,\"reason\":\"signed out\"}";
  g_autoptr (GBytes) body = g_bytes_new_static (text, strlen (text));
  unsigned slot;

  open_session (fixture);
  slot = only_request (fixture);
  fixture->sent[slot].under_way = false;
  ls_poll_machine_answered (fixture->machine, slot, body, fixture->now);
  carry_out (fixture);
  g_assert_cmpint (fixture->heard, ==, 1);
  g_assert_cmpuint (fixture->closed, ==, 1);
  g_assert_nonnull (strstr (fixture->error->message, "signed out"));
}

/* Times that the admin sets hold from then on; a poll that would come sooner by them does. */
static void
test_options (Fixture      *fixture,
              gconstpointer data)
{
  LsConnectionOptions options;

  open_session (fixture);
  for (int i = 0; i < 2; i++)
    {
      advance (fixture, 10 * MS);
      respond (fixture, only_request (fixture));
    }
  ls_poll_machine_set_attention (fixture->machine, LS_ATTENTION_AWAY, fixture->now);
  carry_out (fixture);
  g_assert_cmpint (ls_poll_machine_get_interval (fixture->machine), ==, 10 * SECOND);
  advance (fixture, 2 * SECOND);
  respond (fixture, only_request (fixture));
  g_assert_false (fixture->sent[0].under_way || fixture->sent[1].under_way);
  ls_connection_options_init (&options);
  options.poll_min = SECOND / 2;
  ls_poll_machine_set_options (fixture->machine, &options, fixture->now);
  carry_out (fixture);
  g_assert_cmpint (ls_poll_machine_get_interval (fixture->machine), ==, 5 * SECOND / 2);
  advance (fixture, 5 * SECOND / 2 - 1);
  g_assert_false (fixture->sent[0].under_way || fixture->sent[1].under_way);
  advance (fixture, 1);
  only_request (fixture);
}

/* Who looks decides how often; who comes back does not wait. */
static void
test_attention (Fixture      *fixture,
                gconstpointer data)
{
  static const struct {
    LsAttention attention;
    int64_t first;
    int64_t longest;
  } cases[] = {
    { LS_ATTENTION_ACTIVE, 2 * SECOND, 2 * SECOND },
    { LS_ATTENTION_WATCHING, 2 * SECOND, 15 * SECOND },
    { LS_ATTENTION_AWAY, 10 * SECOND, 60 * SECOND },
  };

  open_session (fixture);
  for (int i = 0; i < 2; i++)
    {
      advance (fixture, 10 * MS);
      respond (fixture, only_request (fixture));
    }
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      int64_t interval, before = 0;

      ls_poll_machine_set_attention (fixture->machine, LS_ATTENTION_ACTIVE, fixture->now);
      carry_out (fixture);
      if (fixture->sent[0].under_way || fixture->sent[1].under_way)
        {
          /* Something to tell: the pace begins anew. */
          say (fixture);
          respond (fixture, only_request (fixture));
        }
      ls_poll_machine_set_attention (fixture->machine, cases[i].attention, fixture->now);
      carry_out (fixture);
      g_assert_cmpint (ls_poll_machine_get_interval (fixture->machine), ==, cases[i].first);
      for (int k = 0; k < 25; k++)
        {
          interval = ls_poll_machine_get_interval (fixture->machine);
          g_assert_cmpint (interval, >=, before);
          g_assert_cmpint (interval, <=, cases[i].longest);
          before = interval;
          if (!fixture->sent[0].under_way && !fixture->sent[1].under_way)
            advance (fixture, interval);
          if (wait_of (fixture, only_request (fixture)) > 0)
            fail (fixture, only_request (fixture), 0, LS_ERROR_TIMEOUT, 0);
          respond (fixture, only_request (fixture));
        }
      g_assert_cmpint (ls_poll_machine_get_interval (fixture->machine), ==, cases[i].longest);
    }
  /* Back from away: at once. */
  g_assert_false (fixture->sent[0].under_way || fixture->sent[1].under_way);
  ls_poll_machine_set_attention (fixture->machine, LS_ATTENTION_ACTIVE, fixture->now);
  carry_out (fixture);
  only_request (fixture);
  g_assert_cmpint (ls_poll_machine_get_interval (fixture->machine), ==, 2 * SECOND);
}

static void
test_paused (Fixture      *fixture,
             gconstpointer data)
{
  unsigned slot;

  open_session (fixture);
  slot = only_request (fixture);
  ls_poll_machine_set_paused (fixture->machine, true);
  say (fixture);
  respond (fixture, slot);
  g_assert_cmpint (fixture->heard, ==, 1);
  advance (fixture, 10 * SECOND);
  g_assert_false (fixture->sent[0].under_way || fixture->sent[1].under_way);
  ls_poll_machine_set_paused (fixture->machine, false);
  carry_out (fixture);
  only_request (fixture);
}

/* Closed from within: nothing more is told. */
static void
test_close (Fixture      *fixture,
            gconstpointer data)
{
  unsigned slot;

  open_session (fixture);
  slot = only_request (fixture);
  say (fixture);
  serve (fixture, slot);
  fixture->sent[slot].under_way = false;
  ls_poll_machine_answered (fixture->machine, slot, fixture->answers[fixture->last % 2],
                            fixture->now);
  ls_poll_machine_close (fixture->machine);
  carry_out (fixture);
  g_assert_cmpint (fixture->heard, ==, 0);
  g_assert_cmpuint (fixture->closed, ==, 0);
  g_assert_cmpint (ls_poll_machine_get_deadline (fixture->machine), ==, -1);
}

/*
 * A network that loses what it likes, in a session whose requests are tried for ever: each message of
 * either side is heard once, in order.
 */
static void
test_random (Fixture      *fixture,
             gconstpointer data)
{
  LsConnectionOptions options = fixture->options;
  int64_t sent = 0;
  unsigned lost = 0;

  options.attempts = 1000000;
  ls_poll_machine_free (fixture->machine);
  fixture->machine = ls_poll_machine_new (&options, draw, fixture);
  open_session (fixture);
  for (int i = 0; i < 20000; i++)
    {
      unsigned what = (unsigned) (draw (fixture) % 12);
      unsigned slot = (unsigned) (draw (fixture) % 2);

      if (what == 0)
        send_number (fixture, ++sent);
      else if (what == 1)
        say (fixture);
      else if (what == 2)
        advance (fixture, (int64_t) (draw (fixture) % (uint64_t) (3 * SECOND)));
      else if (!fixture->sent[slot].under_way)
        advance (fixture, 10 * MS);
      else if (what < 5)
        {
          /* Lost on the way there, or on the way back. */
          g_autoptr (LsEnvelope) request = request_in (fixture, slot);

          lost++;
          if (what == 3 && request->seq <= fixture->last + 1)
            serve (fixture, slot);
          fail (fixture, slot, 0, LS_ERROR_NETWORK, 0);
        }
      else
        {
          g_autoptr (LsEnvelope) request = request_in (fixture, slot);

          /* The server lets one that overtook the other wait for it. */
          if (request->seq <= fixture->last + 1)
            respond (fixture, slot);
        }
    }
  for (int i = 0; i < 100 && (fixture->took < sent || fixture->heard < fixture->said); i++)
    {
      for (unsigned k = 0; k < 2; k++)
        if (fixture->sent[k].under_way)
          {
            g_autoptr (LsEnvelope) request = request_in (fixture, k);

            if (request->seq <= fixture->last + 1)
              respond (fixture, k);
          }
      advance (fixture, 10 * SECOND);
    }
  g_assert_cmpuint (lost, >, 300);
  g_assert_cmpint (fixture->took, ==, sent);
  g_assert_cmpint (fixture->heard, ==, fixture->said);
  g_assert_cmpuint (fixture->closed, ==, 0);
}

/* A session that is opened over another one begins anew: requests of the old one are given up, and what
 * it had to say is not said in the new one. */
static void
test_opened_twice (Fixture      *fixture,
                   gconstpointer data)
{
  open_session (fixture);
  send_number (fixture, 1);
  send_number (fixture, 2);
  g_assert_true (fixture->sent[0].under_way && fixture->sent[1].under_way);
  open_session (fixture);
  g_assert_cmpuint (fixture->opened, ==, 2);
  send_number (fixture, 1);
  for (int i = 0; i < 5; i++)
    {
      say (fixture);
      for (unsigned slot = 0; slot < LS_ENVELOPE_WINDOW; slot++)
        if (fixture->sent[slot].under_way)
          respond (fixture, slot);
      advance (fixture, SECOND);
    }
  g_assert_cmpint (fixture->took, ==, 1);
  g_assert_cmpint (fixture->heard, ==, 5);
}

int
main (int    argc,
      char **argv)
{
  static const struct {
    const char *name;
    void (*test) (Fixture *fixture, gconstpointer data);
    int seed;
  } tests[] = {
    { "long-poll", test_long_poll, 0 }, { "send", test_send, 0 },
    { "order", test_order, 0 },         { "cut", test_cut, 0 },
    { "impatient", test_impatient, 0 }, { "down", test_down, 0 },
    { "silent", test_silent, 0 },       { "statuses", test_statuses, 0 },
    { "spoiled", test_spoiled, 0 },     { "server-closes", test_server_closes, 0 },
    { "options", test_options, 0 },     { "attention", test_attention, 0 }, { "paused", test_paused, 0 },
    { "close", test_close, 0 },         { "opened-twice", test_opened_twice, 0 },
    { "random/1", test_random, 1 },
    { "random/2", test_random, 2 },     { "random/3", test_random, 3 },
  };

  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strconcat ("/poll-machine/", tests[i].name, NULL);

      g_test_add (path, Fixture, GINT_TO_POINTER (tests[i].seed), set_up, tests[i].test, tear_down);
    }
  return g_test_run ();
}
