/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-poll-machine"

#include "config.h"

#include "client/ls-poll-machine.h"

#include <string.h>

#include "client/ls-poll-pace.h"
#include "core/ls-envelope.h"
#include "core/ls-error.h"
#include "core/ls-message.h"

#define SECOND ((int64_t) G_USEC_PER_SEC)
/* The longest first wait before a request is sent again. */
#define RETRY_FIRST (SECOND / 2)
#define RETRY_CAP (8 * SECOND)
/* A wait that ends sooner than this, with nothing, was none. */
#define NO_WAIT SECOND

typedef enum {
  PHASE_CLOSED,
  PHASE_OPENING,
  PHASE_OPEN,
} Phase;

/* A request that is not done with: under way, to be sent again, or answered before its turn. */
typedef struct {
  int64_t seq; /* 0 when free */
  GPtrArray *messages; /* GBytes */
  int64_t wait;
  int64_t sent_at;
  int64_t due; /* when it is given up, or sent again */
  unsigned attempts;
  bool under_way;
  bool was_cut;  /* it waited in vain, and is tried without */
  bool overtaken; /* a later one lets it go */
  GBytes *body;  /* of the answer */
  LsEnvelope *answer;
} Slot;

struct _LsPollMachine {
  LsConnectionOptions options;
  LsRandomFunc draw;
  gpointer draw_data;
  LsPollPace pace;
  GQueue actions; /* LsPollAction */

  Phase phase;
  char *session;
  int64_t seq;   /* the last one sent */
  int64_t taken; /* the last answer that was taken */
  Slot slots[LS_ENVELOPE_WINDOW];
  GQueue out; /* GBytes that no request carries yet */
  unsigned urgent; /* of them, those that don't wait for the next poll */
  int64_t next_poll;
  int64_t interval; /* as told last */
  bool paused;
};

static LsPollAction *
act (LsPollMachine   *self,
     LsPollActionType type,
     unsigned         slot,
     int64_t          n)
{
  LsPollAction *action = g_new0 (LsPollAction, 1);

  action->type = type;
  action->slot = slot;
  action->n = n;
  g_queue_push_tail (&self->actions, action);
  return action;
}

static void
slot_clear (Slot *slot)
{
  g_clear_pointer (&slot->messages, g_ptr_array_unref);
  g_clear_pointer (&slot->answer, ls_envelope_free);
  g_clear_pointer (&slot->body, g_bytes_unref);
  *slot = (Slot) { 0 };
}

static Slot *
slot_of (LsPollMachine *self,
         int64_t        seq)
{
  return &self->slots[seq % LS_ENVELOPE_WINDOW];
}

/* What was to be told is not told any more. */
static void
forget_actions (LsPollMachine *self)
{
  g_queue_clear_full (&self->actions, (GDestroyNotify) ls_poll_action_free);
}

/* Ends the session without a word; what was not answered is its owner's to say again. */
static void
shut (LsPollMachine *self)
{
  for (unsigned i = 0; i < LS_ENVELOPE_WINDOW; i++)
    {
      if (self->slots[i].under_way)
        act (self, LS_POLL_CANCEL, i, 0);
      slot_clear (&self->slots[i]);
    }
  g_queue_clear_full (&self->out, (GDestroyNotify) g_bytes_unref);
  self->urgent = 0;
  self->paused = false;
  self->phase = PHASE_CLOSED;
  g_clear_pointer (&self->session, g_free);
}

static void
fail (LsPollMachine *self,
      const GError  *error,
      int64_t        retry_after)
{
  shut (self);
  act (self, LS_POLL_CLOSED, 0, retry_after)->error = g_error_copy (error);
}

static void
tell_pace (LsPollMachine *self)
{
  int64_t interval = ls_poll_pace_get_interval (&self->pace);

  if (interval == self->interval)
    return;
  self->interval = interval;
  act (self, LS_POLL_PACE, 0, 0);
}

/* --- Asking ---------------------------------------------------------------------------------- */

static GBytes *
body_of (LsPollMachine *self,
         Slot          *slot)
{
  g_autoptr (LsEnvelope) envelope = ls_envelope_new ();
  size_t length;
  char *text;

  envelope->session = g_strdup (self->session);
  envelope->seq = slot->seq;
  envelope->ack = self->taken;
  envelope->wait = slot->wait;
  for (unsigned i = 0; i < slot->messages->len; i++)
    {
      GBytes *message = g_ptr_array_index (slot->messages, i);

      ls_envelope_add (envelope, g_bytes_get_data (message, NULL), g_bytes_get_size (message));
    }
  text = ls_envelope_encode (envelope, LS_ENVELOPE_REQUEST, &length);
  return g_bytes_new_take (text, length);
}

static void
send_slot (LsPollMachine *self,
           Slot          *slot,
           int64_t        now)
{
  int64_t patience =
      self->phase == PHASE_OPENING ? self->options.connect_timeout : self->options.pong_timeout;

  slot->under_way = true;
  slot->sent_at = now;
  slot->due = now + slot->wait + patience;
  slot->attempts++;
  act (self, LS_POLL_SEND, (unsigned) (slot - self->slots), 0)->bytes = body_of (self, slot);
}

/* What does not wait for the next poll is counted, to know whether there is any. */
static bool
is_urgent (GBytes *message)
{
  static const char *const lazy[] = { "{\"t\":\"ack\"", "{\"t\":\"pong\"" };
  size_t length;
  const char *text = g_bytes_get_data (message, &length);

  for (size_t i = 0; i < G_N_ELEMENTS (lazy); i++)
    if (length >= strlen (lazy[i]) && memcmp (text, lazy[i], strlen (lazy[i])) == 0)
      return false;
  return true;
}

static void
load (LsPollMachine *self,
      Slot          *slot)
{
  size_t bytes = 0;

  while (!g_queue_is_empty (&self->out) && slot->messages->len < LS_MAX_ENVELOPE_MESSAGES)
    {
      GBytes *message = g_queue_peek_head (&self->out);

      bytes += g_bytes_get_size (message) + 1;
      if (slot->messages->len > 0 && bytes > LS_MAX_CLIENT_MESSAGE)
        break;
      self->urgent -= is_urgent (message);
      g_ptr_array_add (slot->messages, g_queue_pop_head (&self->out));
    }
}

static unsigned
count_taken (LsPollMachine *self)
{
  unsigned count = 0;

  for (unsigned i = 0; i < LS_ENVELOPE_WINDOW; i++)
    count += self->slots[i].seq != 0;
  return count;
}

static void
ask (LsPollMachine *self,
     int64_t        now)
{
  Slot *slot = slot_of (self, ++self->seq);
  Slot *before = slot_of (self, self->seq - 1);

  slot->seq = self->seq;
  slot->messages = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  if (self->phase == PHASE_OPEN)
    load (self, slot);
  if (self->phase == PHASE_OPEN && ls_poll_pace_may_wait (&self->pace, now))
    slot->wait = self->options.poll_wait;
  if (before->seq != 0)
    before->overtaken = true;
  if (slot->messages->len > 0)
    ls_poll_pace_heard (&self->pace, true);
  send_slot (self, slot, now);
}

/* Sends what may be sent. While one request waits a second one brings what can't. */
static void
pump (LsPollMachine *self,
      int64_t        now)
{
  unsigned n_taken = count_taken (self);

  if (self->phase != PHASE_OPEN || self->paused)
    return;
  if (n_taken == 0 && (self->urgent > 0 || now >= self->next_poll))
    ask (self, now);
  else if (n_taken == 1 && self->urgent > 0 && slot_of (self, self->seq)->under_way &&
           slot_of (self, self->seq)->wait > 0)
    ask (self, now);
}

/* --- Answers --------------------------------------------------------------------------------- */

/* What the time that an answer took says about waiting. */
static void
judge_wait (LsPollMachine *self,
            Slot          *slot,
            int64_t        took,
            int64_t        now)
{
  bool empty = slot->answer->messages->len == 0;

  if (slot->was_cut || (slot->wait > 0 && empty && !slot->overtaken && took < NO_WAIT &&
                        took < slot->wait / 2))
    ls_poll_pace_was_cut (&self->pace, now);
  else if (slot->wait > 0 && took >= NO_WAIT)
    ls_poll_pace_was_held (&self->pace);
}

static void
tell_messages (LsPollMachine *self,
               LsEnvelope    *answer,
               GBytes        *body)
{
  const char *base = g_bytes_get_data (body, NULL);

  for (unsigned i = 0; i < answer->messages->len; i++)
    {
      LsTextSlice *slice = &g_array_index (answer->messages, LsTextSlice, i);

      act (self, LS_POLL_MESSAGE, 0, 0)->bytes =
          g_bytes_new_from_bytes (body, (size_t) (slice->text - base), slice->length);
    }
}

/* Takes the answer that is next in order. */
static void
take_answer (LsPollMachine *self,
             Slot          *slot)
{
  g_autoptr (LsEnvelope) answer = g_steal_pointer (&slot->answer);
  g_autoptr (GBytes) body = g_steal_pointer (&slot->body);
  g_autoptr (GError) error = NULL;

  self->taken = slot->seq;
  slot_clear (slot);
  if (self->phase == PHASE_OPENING)
    {
      self->phase = PHASE_OPEN;
      self->session = g_strdup (answer->session);
      act (self, LS_POLL_OPENED, 0, 0);
    }
  ls_poll_pace_heard (&self->pace, answer->messages->len > 0);
  tell_messages (self, answer, body);
  if (answer->close_code == 0)
    return;
  error = g_error_new (LS_ERROR, LS_ERROR_NETWORK, "the server ended the session: %u %s",
                       answer->close_code, answer->reason != NULL ? answer->reason : "");
  fail (self, error, 0);
}

static void
retry (LsPollMachine *self,
       Slot          *slot,
       const GError  *error,
       int64_t        retry_after,
       bool           at_once,
       int64_t        now)
{
  LsBackoff backoff;
  int64_t wait;

  slot->under_way = false;
  if (self->phase == PHASE_OPENING || slot->attempts >= self->options.attempts)
    {
      fail (self, error, retry_after);
      return;
    }
  ls_backoff_init (&backoff, RETRY_FIRST, RETRY_CAP);
  backoff.n_attempts = slot->attempts - 1;
  wait = at_once ? 0 : MAX (ls_backoff_next (&backoff, self->draw, self->draw_data), retry_after);
  slot->due = now + wait;
  if (wait == 0)
    send_slot (self, slot, now);
}

static void
miss (LsPollMachine *self,
      Slot          *slot,
      const GError  *error,
      int64_t        retry_after,
      int64_t        now)
{
  bool waited = slot->wait > 0;

  act (self, LS_POLL_MISSED, 0, 0);
  /* Without waiting it may go through: then it was the waiting that did not. */
  slot->was_cut = slot->was_cut || waited;
  slot->wait = 0;
  retry (self, slot, error, retry_after, waited && retry_after == 0, now);
}

/* Whether asking again is of no use. */
static bool
is_final (unsigned status)
{
  return status >= 400 && status < 500 && status != 408 && status != 429;
}

/**
 * ls_poll_machine_new:
 * @options: times; copied
 * @draw: source of randomness
 * @user_data: for @draw
 *
 * Returns: (transfer full): a machine that is closed
 */
LsPollMachine *
ls_poll_machine_new (const LsConnectionOptions *options,
                     LsRandomFunc               draw,
                     gpointer                   user_data)
{
  LsPollMachine *self = g_new0 (LsPollMachine, 1);

  self->options = *options;
  self->draw = draw;
  self->draw_data = user_data;
  ls_poll_pace_init (&self->pace, &self->options);
  return self;
}

/**
 * ls_poll_machine_free:
 * @self: (transfer full): a machine
 *
 * Frees it with the actions that nobody took.
 */
void
ls_poll_machine_free (LsPollMachine *self)
{
  shut (self);
  forget_actions (self);
  g_free (self);
}

/**
 * ls_poll_action_free:
 * @action: (transfer full): an action
 *
 * Frees it.
 */
void
ls_poll_action_free (LsPollAction *action)
{
  g_clear_pointer (&action->bytes, g_bytes_unref);
  g_clear_error (&action->error);
  g_free (action);
}

/**
 * ls_poll_machine_next:
 * @self: a machine
 * @now: monotonic
 *
 * To be called until there is nothing, after each event.
 *
 * Returns: (transfer full) (nullable): the next thing to do
 */
LsPollAction *
ls_poll_machine_next (LsPollMachine *self,
                      int64_t        now)
{
  /* Not before: what the owner says to a message goes with the request that follows. */
  if (g_queue_is_empty (&self->actions))
    pump (self, now);
  return g_queue_pop_head (&self->actions);
}

/**
 * ls_poll_machine_get_deadline:
 * @self: a machine
 *
 * Returns: when ls_poll_machine_tick() is due, or -1
 */
int64_t
ls_poll_machine_get_deadline (LsPollMachine *self)
{
  int64_t due = INT64_MAX;

  if (self->phase == PHASE_CLOSED)
    return -1;
  for (unsigned i = 0; i < LS_ENVELOPE_WINDOW; i++)
    if (self->slots[i].seq != 0 && self->slots[i].answer == NULL)
      due = MIN (due, self->slots[i].due);
  if (self->phase == PHASE_OPEN && !self->paused && count_taken (self) == 0)
    due = MIN (due, self->next_poll);
  return due == INT64_MAX ? -1 : due;
}

/**
 * ls_poll_machine_get_interval:
 * @self: a machine
 *
 * Returns: µs between two polls, 0 where they wait for what is new
 */
int64_t
ls_poll_machine_get_interval (LsPollMachine *self)
{
  return self->interval;
}

/**
 * ls_poll_machine_open:
 * @self: a machine
 * @now: monotonic
 *
 * Begins a session; one that there was is given up.
 */
void
ls_poll_machine_open (LsPollMachine *self,
                      int64_t        now)
{
  forget_actions (self);
  shut (self);
  self->phase = PHASE_OPENING;
  self->seq = 0;
  self->taken = 0;
  self->next_poll = 0;
  ask (self, now);
}

/**
 * ls_poll_machine_close:
 * @self: a machine
 *
 * Ends the session. Nothing is told.
 */
void
ls_poll_machine_close (LsPollMachine *self)
{
  forget_actions (self);
  shut (self);
}

/**
 * ls_poll_machine_send:
 * @self: a machine
 * @text: (array length=length): a message
 * @length: its bytes
 *
 * Gives a message to the next request, and has that sent now unless the message can wait.
 *
 * Returns: whether a session is open
 */
bool
ls_poll_machine_send (LsPollMachine *self,
                      const char    *text,
                      size_t         length)
{
  GBytes *message;

  if (self->phase != PHASE_OPEN)
    return false;
  message = g_bytes_new (text, length);
  self->urgent += is_urgent (message);
  g_queue_push_tail (&self->out, message);
  return true;
}

/**
 * ls_poll_machine_answered:
 * @self: a machine
 * @slot: of a request that was sent
 * @body: of an answer of status 200
 * @now: monotonic
 *
 * Takes an answer.
 */
void
ls_poll_machine_answered (LsPollMachine *self,
                          unsigned       slot,
                          GBytes        *body,
                          int64_t        now)
{
  Slot *asked = &self->slots[slot];
  g_autoptr (GError) error = NULL;
  g_autoptr (LsEnvelope) answer = NULL;
  int64_t took = now - asked->sent_at;
  size_t length;
  const char *text = g_bytes_get_data (body, &length);

  if (!asked->under_way)
    return;
  answer = ls_envelope_decode (text != NULL ? text : "", length, LS_ENVELOPE_ANSWER, &error);
  if (answer != NULL && (answer->seq != asked->seq || answer->session == NULL ||
                         (self->session != NULL && strcmp (answer->session, self->session) != 0)))
    g_set_error_literal (&error, LS_ERROR, LS_ERROR_PROTOCOL, "the answer is to another request");
  if (error != NULL)
    {
      /* Somebody between here and the server made it up: a page to sign in to a network, maybe. */
      g_prefix_error (&error, "an answer of the server: ");
      miss (self, asked, error, 0, now);
      return;
    }
  asked->under_way = false;
  asked->answer = g_steal_pointer (&answer);
  asked->body = g_bytes_ref (body);
  act (self, LS_POLL_ALIVE, 0, asked->wait == 0 ? took : -1);
  judge_wait (self, asked, took, now);
  while (self->phase != PHASE_CLOSED && slot_of (self, self->taken + 1)->answer != NULL)
    take_answer (self, slot_of (self, self->taken + 1));
  if (self->phase == PHASE_CLOSED)
    return;
  tell_pace (self);
  self->next_poll = now + self->interval;
}

/**
 * ls_poll_machine_failed:
 * @self: a machine
 * @slot: of a request that was sent
 * @status: of HTTP, 0 when there was no answer
 * @error: what went wrong, of %LS_ERROR
 * @retry_after: µs that the server wants to be left alone, or 0
 * @now: monotonic
 *
 * Takes the failure of a request: it is sent again, or the session is over.
 */
void
ls_poll_machine_failed (LsPollMachine *self,
                        unsigned       slot,
                        unsigned       status,
                        const GError  *error,
                        int64_t        retry_after,
                        int64_t        now)
{
  Slot *asked = &self->slots[slot];
  g_autoptr (GError) gone = NULL;

  if (!asked->under_way)
    return;
  asked->under_way = false;
  if (status == 409 || status == 410)
    {
      gone = g_error_new (LS_ERROR, LS_ERROR_NETWORK, "the session is over: %s", error->message);
      fail (self, gone, 0);
    }
  else if (is_final (status))
    fail (self, error, retry_after);
  else if (status == 429)
    retry (self, asked, error, MAX (retry_after, 1), false, now);
  else
    miss (self, asked, error, retry_after, now);
}

/**
 * ls_poll_machine_set_paused:
 * @self: a machine
 * @paused: whether to ask for nothing
 *
 * Lets the owner catch up. What was asked already is told all the same.
 */
void
ls_poll_machine_set_paused (LsPollMachine *self,
                            bool           paused)
{
  self->paused = paused;
}

/**
 * ls_poll_machine_set_attention:
 * @self: a machine
 * @attention: who looks
 * @now: monotonic
 *
 * Sets how often to ask. Who comes back sees what is new at once.
 */
void
ls_poll_machine_set_attention (LsPollMachine *self,
                               LsAttention    attention,
                               int64_t        now)
{
  bool returns = attention < self->pace.attention;

  if (self->pace.attention == attention)
    return;
  self->pace.attention = attention;
  ls_poll_pace_heard (&self->pace, true);
  tell_pace (self);
  self->next_poll = MIN (self->next_poll, now + (returns ? 0 : self->interval));
}

/**
 * ls_poll_machine_set_options:
 * @self: a machine
 * @options: times; copied
 * @now: monotonic
 *
 * Sets other times, for what begins from now on; a poll that is due later than it would be now comes
 * sooner.
 */
void
ls_poll_machine_set_options (LsPollMachine             *self,
                             const LsConnectionOptions *options,
                             int64_t                    now)
{
  self->options = *options;
  tell_pace (self);
  self->next_poll = MIN (self->next_poll, now + self->interval);
}

/**
 * ls_poll_machine_tick:
 * @self: a machine
 * @now: monotonic
 *
 * Does what is due.
 */
void
ls_poll_machine_tick (LsPollMachine *self,
                      int64_t        now)
{
  g_autoptr (GError) error =
      g_error_new_literal (LS_ERROR, LS_ERROR_TIMEOUT, "the server does not answer");

  for (unsigned i = 0; i < LS_ENVELOPE_WINDOW; i++)
    {
      Slot *slot = &self->slots[i];

      if (slot->seq == 0 || slot->answer != NULL || now < slot->due)
        continue;
      if (!slot->under_way)
        {
          send_slot (self, slot, now);
          continue;
        }
      act (self, LS_POLL_CANCEL, i, 0);
      slot->under_way = false;
      miss (self, slot, error, 0, now);
    }
}
