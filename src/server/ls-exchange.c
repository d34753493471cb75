/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-exchange"

#include "config.h"

#include "server/ls-exchange.h"

#include "core/ls-error.h"
#include "core/ls-fault.h"
#include "server/ls-exchange-private.h"

/*
 * How requests are numbered, so that a lost request or a lost answer repeats nothing and loses
 * nothing (docs/protocol.md): a session takes each `seq` once, in order. The answer is kept until a
 * request acknowledges it; a request that comes again gets the same answer, and what it carries is
 * not looked at again. Two may be without an acknowledgement: one waits, the other brings what can't;
 * it lets the one that waits go.
 */

#define SECOND ((int64_t) G_USEC_PER_SEC)
/* Of which it is remembered how often they began a session. */
#define MAX_ACCOUNTS 10000
/* How long a request that may not wait gives the session to react to what it brought. */
#define REACTION SECOND
/* A word seldom comes alone: a delta is followed by a result, a welcome by what was missed. */
#define LINGER (SECOND / 100)
/* How long a request waits for the one before it, which it overtook. */
#define OVERTAKEN (10 * SECOND)
/* How long the last answer of a session that ended can be had again. */
#define AFTERLIFE (15 * SECOND)

#define STATUS_OK 200
#define STATUS_BAD_REQUEST 400
#define STATUS_UNAUTHORIZED 401
#define STATUS_CONFLICT 409
#define STATUS_GONE 410
#define STATUS_TOO_MANY 429
#define STATUS_UNAVAILABLE 503

/* Requests of one session: more is one that does not wait for answers. */
static const LsRate session_rate = { 20, SECOND, 60 };

static void answer (LsExchange     *self,
                    LsExchangeSlot *slot);

static int64_t
now_of (LsExchanges *self)
{
  return ls_environment_monotonic (self->environment);
}

/* --- Turns ----------------------------------------------------------------------------------- */

static void
turn_free (LsTurn *turn)
{
  LsExchanges *owner = turn->exchange->owner;

  if (turn->timer != 0)
    ls_environment_cancel (owner->environment, owner->main, turn->timer);
  owner->stats.waiting--;
  g_free (turn);
}

static void
finish_turn (LsTurn                 *turn,
             const LsExchangeAnswer *told)
{
  LsExchangeFunc func = turn->func;
  gpointer user_data = turn->user_data;

  turn_free (turn);
  if (func != NULL)
    func (told, user_data);
}

static void
fail_turn (LsTurn     *turn,
           unsigned    status,
           const char *words)
{
  g_autoptr (GError) error = g_error_new_literal (LS_ERROR, LS_ERROR_PROTOCOL, words);
  LsExchangeAnswer told = { status, NULL, error, 0 };

  finish_turn (turn, &told);
}

static void
due_cb (gpointer data)
{
  LsTurn *turn = data;
  LsExchange *self = turn->exchange;

  turn->timer = 0;
  if (turn == self->early)
    {
      self->early = NULL;
      g_clear_pointer (&self->early_body, g_free);
      fail_turn (turn, STATUS_CONFLICT, "seq: the request before it did not come");
      return;
    }
  for (unsigned i = 0; i < LS_ENVELOPE_WINDOW; i++)
    if (self->slots[i].turn == turn)
      answer (self, &self->slots[i]);
}

static void
set_turn_timer (LsTurn  *turn,
                int64_t  due)
{
  LsExchanges *owner = turn->exchange->owner;

  if (turn->timer != 0)
    ls_environment_cancel (owner->environment, owner->main, turn->timer);
  turn->timer = ls_environment_post_after (owner->environment, owner->main,
                                           MAX (due - now_of (owner), 0), due_cb, turn, NULL);
}

static LsTurn *
turn_new (LsExchange    *exchange,
          int64_t        wait,
          LsExchangeFunc func,
          gpointer       user_data)
{
  LsTurn *turn = g_new0 (LsTurn, 1);

  turn->exchange = exchange;
  turn->func = func;
  turn->user_data = user_data;
  turn->until = now_of (exchange->owner) + wait;
  exchange->owner->stats.waiting++;
  set_turn_timer (turn, turn->until);
  return turn;
}

/* --- One session ----------------------------------------------------------------------------- */

static LsExchangeSlot *
slot_of (LsExchange *self,
         int64_t     seq)
{
  return &self->slots[seq % LS_ENVELOPE_WINDOW];
}

static void
clear_slot (LsExchangeSlot *slot)
{
  g_clear_pointer (&slot->body, g_bytes_unref);
  slot->seq = 0;
}

/* The far end of the session is gone. */
static void
end_session (LsExchange *self)
{
  if (self->over)
    return;
  self->over = true;
  self->owner->stats.sessions--;
  ls_exchange_sink_detach (self->sink);
  ls_session_closed (self->session);
}

static void
exchange_free (gpointer data)
{
  LsExchange *self = data;
  LsExchanges *owner = self->owner;

  end_session (self);
  if (self->expiry != 0)
    ls_environment_cancel (owner->environment, owner->main, self->expiry);
  for (unsigned i = 0; i < LS_ENVELOPE_WINDOW; i++)
    {
      if (self->slots[i].turn != NULL)
        fail_turn (g_steal_pointer (&self->slots[i].turn), STATUS_GONE, "session: it is over");
      clear_slot (&self->slots[i]);
    }
  if (self->early != NULL)
    fail_turn (g_steal_pointer (&self->early), STATUS_GONE, "session: it is over");
  g_free (self->early_body);
  ls_session_unref (self->session);
  g_free (self->user);
  g_free (self->device);
  g_free (self->token_hash);
  g_free (self);
}

static void
expired_cb (gpointer data)
{
  LsExchange *self = data;

  self->expiry = 0;
  if (!self->over)
    self->owner->stats.expired++;
  g_hash_table_remove (self->owner->table, ls_session_get_id (self->session));
}

static void
set_expiry (LsExchange *self,
            int64_t     duration)
{
  LsExchanges *owner = self->owner;

  if (self->expiry != 0)
    ls_environment_cancel (owner->environment, owner->main, self->expiry);
  self->expiry =
      ls_environment_post_after (owner->environment, owner->main, duration, expired_cb, self, NULL);
}

/* Answers the request of @slot with what there is. */
static void
answer (LsExchange     *self,
        LsExchangeSlot *slot)
{
  g_autoptr (LsEnvelope) envelope = ls_envelope_new ();
  g_autoptr (GPtrArray) blobs = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_blob_unref);
  LsTurn *turn = g_steal_pointer (&slot->turn);
  LsExchangeAnswer told = { STATUS_OK, NULL, NULL, 0 };
  bool last = false;
  size_t length;
  char *text;

  envelope->session = g_strdup (ls_session_get_id (self->session));
  envelope->seq = slot->seq;
  if (!self->over)
    {
      ls_exchange_sink_set_waiting (self->sink, false);
      last = ls_exchange_sink_take (self->sink, envelope, blobs);
    }
  text = ls_envelope_encode (envelope, LS_ENVELOPE_ANSWER, &length);
  slot->body = g_bytes_new_take (text, length);
  self->answered_at = now_of (self->owner);
  self->owner->stats.bytes_out += length;
  if (last)
    {
      end_session (self);
      set_expiry (self, AFTERLIFE);
    }
  told.body = slot->body;
  if (turn != NULL)
    finish_turn (turn, &told);
}

/* The newest request, while nobody has answered it. */
static LsExchangeSlot *
waiting_slot (LsExchange *self)
{
  LsExchangeSlot *slot = slot_of (self, self->last);

  return slot->seq == self->last && slot->turn != NULL ? slot : NULL;
}

/* Something came for a request that waits for it. What comes soon after it goes along. */
void
ls_exchange_wake (LsExchange *self)
{
  LsExchangeSlot *slot = waiting_slot (self);
  int64_t due = now_of (self->owner) + LINGER;

  if (slot == NULL)
    return;
  if (slot->turn->patient)
    due = MAX (due, self->answered_at + self->owner->options.pace);
  set_turn_timer (slot->turn, MIN (due, slot->turn->until));
}

/* --- Taking requests ------------------------------------------------------------------------- */

static LsTurn *
refuse (LsExchanges   *self,
        unsigned       status,
        LsErrorCode    code,
        int64_t        retry_after,
        const char    *words,
        LsExchangeFunc func,
        gpointer       user_data)
{
  g_autoptr (GError) error = g_error_new_literal (LS_ERROR, (int) code, words);
  LsExchangeAnswer told = { status, NULL, error, retry_after };

  self->stats.refused++;
  func (&told, user_data);
  return NULL;
}

static unsigned
count_of_account (LsExchanges *self,
                  const char  *user)
{
  GHashTableIter iter;
  gpointer value;
  unsigned count = 0;

  /* It only counts: the order of the table does not matter. */
  g_hash_table_iter_init (&iter, self->table);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (!((LsExchange *) value)->over && g_str_equal (((LsExchange *) value)->user, user))
      count++;
  return count;
}

static LsExchange *
open_session (LsExchanges *self,
              LsIdentity  *identity)
{
  LsExchange *exchange = g_new0 (LsExchange, 1);

  exchange->owner = self;
  exchange->sink = ls_exchange_sink_new (self->environment, self->options.max_unsent);
  exchange->session = ls_session_new (self->hub, identity, &exchange->sink->sink);
  exchange->sink->session = exchange->session;
  exchange->sink->exchange = exchange;
  exchange->user = g_strdup (identity->user);
  exchange->device = g_strdup (identity->device);
  exchange->token_hash = g_strdup (identity->token_hash);
  exchange->answered_at = now_of (self) - self->options.pace;
  g_hash_table_insert (self->table, (gpointer) ls_session_get_id (exchange->session), exchange);
  self->stats.sessions++;
  self->stats.opened++;
  ls_session_opened (exchange->session);
  return exchange;
}

/* Whether the session is the asking user's, on the same device. Who asks for another's learns no
 * more than that there is none. */
static bool
may_use (LsExchange *exchange,
         LsIdentity *identity)
{
  return g_str_equal (exchange->user, identity->user) &&
         g_strcmp0 (exchange->device, identity->device) == 0;
}

/* With another token than before, the session goes on under that. */
static void
take_token (LsExchange *self,
            LsIdentity *identity)
{
  if (g_str_equal (self->token_hash, identity->token_hash))
    return;
  g_free (self->token_hash);
  self->token_hash = g_strdup (identity->token_hash);
  ls_session_identify (self->session, identity);
}

static const char *
take_ack (LsExchange *self,
          int64_t     ack)
{
  for (int64_t seq = self->acked + 1; seq <= MIN (ack, self->last); seq++)
    if (slot_of (self, seq)->body == NULL)
      return "ack: that one was not answered";
  if (ack > self->last)
    return "ack: that one was not asked";
  for (; self->acked < ack; self->acked++)
    clear_slot (slot_of (self, self->acked + 1));
  return NULL;
}

/* Those before the newest wait no more. Each is answered in its turn, so that what the session said
 * is told in its order. */
static void
release_older (LsExchange *self)
{
  for (int64_t seq = MAX (self->acked + 1, 1); seq < self->last; seq++)
    if (slot_of (self, seq)->seq == seq && slot_of (self, seq)->body == NULL)
      answer (self, slot_of (self, seq));
}

static bool
must_hurry (LsExchanges *self)
{
  if (self->stats.waiting <= self->options.max_waiting)
    return false;
  self->stats.crowded++;
  return true;
}

static void
wait_for_news (LsExchange       *self,
               LsExchangeSlot   *slot,
               const LsEnvelope *envelope,
               LsTurn           *turn)
{
  int64_t wait = CLAMP (envelope->wait, 0, self->owner->options.max_wait);

  turn->patient = wait > 0;
  if (envelope->messages->len > 0)
    wait = MAX (wait, REACTION);
  turn->until = now_of (self->owner) + wait;
  set_turn_timer (turn, turn->until);
  slot->turn = turn;
  if (self->over || wait == 0 || must_hurry (self->owner))
    answer (self, slot);
  else if (ls_exchange_sink_set_waiting (self->sink, true))
    ls_exchange_wake (self);
}

static void
take_next (LsExchange       *self,
           const LsEnvelope *envelope,
           LsTurn           *turn)
{
  LsExchangeSlot *slot = slot_of (self, envelope->seq);

  clear_slot (slot);
  slot->seq = self->last = envelope->seq;
  slot->hash = ls_envelope_hash (envelope);
  for (unsigned i = 0; i < envelope->messages->len; i++)
    {
      const LsTextSlice *message = &g_array_index (envelope->messages, LsTextSlice, i);

      ls_session_receive (self->session, (const uint8_t *) message->text, message->length, false);
    }
  release_older (self);
  wait_for_news (self, slot, envelope, turn);
}

/* The request that overtook the one that is here now. */
static void
take_early (LsExchange *self)
{
  LsTurn *turn = g_steal_pointer (&self->early);
  g_autofree char *body = g_steal_pointer (&self->early_body);
  g_autoptr (LsEnvelope) envelope =
      ls_envelope_decode (body, self->early_length, LS_ENVELOPE_REQUEST, NULL);

  take_next (self, envelope, turn);
}

/* Whether a turn, which may be gone, is one of those that wait. */
static bool
waits (LsExchange   *self,
       const LsTurn *turn)
{
  for (unsigned i = 0; i < LS_ENVELOPE_WINDOW; i++)
    if (self->slots[i].turn == turn)
      return true;
  return false;
}

static LsTurn *
take_in_order (LsExchange       *self,
               const LsEnvelope *envelope,
               LsExchangeFunc    func,
               gpointer          user_data)
{
  LsTurn *turn = turn_new (self, 0, func, user_data);

  take_next (self, envelope, turn);
  if (self->early != NULL)
    take_early (self);
  return waits (self, turn) ? turn : NULL;
}

static LsTurn *
take_again (LsExchange       *self,
            const LsEnvelope *envelope,
            LsExchangeFunc    func,
            gpointer          user_data)
{
  LsExchangeSlot *slot = slot_of (self, envelope->seq);
  LsExchangeAnswer told = { STATUS_OK, NULL, NULL, 0 };
  LsTurn *turn;

  if (slot->hash != ls_envelope_hash (envelope))
    return refuse (self->owner, STATUS_CONFLICT, LS_ERROR_PROTOCOL, 0,
                   "seq: it carried something else before", func, user_data);
  self->owner->stats.repeated++;
  if (slot->body != NULL && LS_FAULT (ANSWERED_ANEW))
    answer (self, slot);
  if (slot->body != NULL)
    {
      told.body = slot->body;
      self->owner->stats.bytes_out += g_bytes_get_size (slot->body);
      func (&told, user_data);
      return NULL;
    }
  if (slot->turn != NULL)
    fail_turn (g_steal_pointer (&slot->turn), STATUS_CONFLICT, "seq: the request came again");
  turn = turn_new (self, 0, func, user_data);
  wait_for_news (self, slot, envelope, turn);
  return waits (self, turn) ? turn : NULL;
}

static LsTurn *
take_numbered (LsExchange       *self,
               const LsEnvelope *envelope,
               const char       *body,
               size_t            length,
               LsExchangeFunc    func,
               gpointer          user_data)
{
  const char *words = take_ack (self, envelope->ack);

  if (words == NULL && envelope->seq <= self->acked)
    words = "seq: its answer was acknowledged";
  else if (words == NULL && envelope->seq > self->acked + LS_ENVELOPE_WINDOW)
    words = "seq: too many answers before it are not acknowledged";
  if (words == NULL && envelope->seq <= self->last)
    return take_again (self, envelope, func, user_data);
  if (words == NULL && envelope->seq == self->last + 1)
    return take_in_order (self, envelope, func, user_data);
  if (words == NULL && self->early != NULL)
    words = "seq: one like it waits already";
  if (words != NULL)
    return refuse (self->owner, STATUS_CONFLICT, LS_ERROR_PROTOCOL, 0, words, func, user_data);
  self->early = turn_new (self, OVERTAKEN, func, user_data);
  self->early_body = g_memdup2 (body, length);
  self->early_length = length;
  return self->early;
}

static LsTurn *
take_first (LsExchanges      *self,
            LsIdentity       *identity,
            const LsEnvelope *envelope,
            LsExchangeFunc    func,
            gpointer          user_data)
{
  LsExchange *exchange;
  int64_t wait = 0;

  if (envelope->seq != 1 || envelope->ack != 0)
    return refuse (self, STATUS_BAD_REQUEST, LS_ERROR_PROTOCOL, 0,
                   "seq: a session begins with 1", func, user_data);
  if (identity->expires <= ls_environment_now (self->environment))
    return refuse (self, STATUS_UNAUTHORIZED, LS_ERROR_AUTH, 0, "the token has expired", func,
                   user_data);
  if (!ls_limiter_take (self->by_account, identity->user, now_of (self), &wait))
    return refuse (self, STATUS_TOO_MANY, LS_ERROR_RATE_LIMIT, wait,
                   "too many connections of one account", func, user_data);
  if (self->stats.sessions >= self->options.max_sessions)
    return refuse (self, STATUS_UNAVAILABLE, LS_ERROR_RATE_LIMIT, 5 * SECOND,
                   "too many sessions", func, user_data);
  if (count_of_account (self, identity->user) >= self->options.max_account)
    return refuse (self, STATUS_TOO_MANY, LS_ERROR_RATE_LIMIT, 5 * SECOND,
                   "too many sessions of one account", func, user_data);
  exchange = open_session (self, identity);
  set_expiry (exchange, self->options.expiry);
  return take_in_order (exchange, envelope, func, user_data);
}

/**
 * ls_exchange_options_init:
 * @options: (out): memory of any content
 *
 * Sets the defaults of the protocol.
 */
void
ls_exchange_options_init (LsExchangeOptions *options)
{
  *options = (LsExchangeOptions) {
    .max_sessions = 5000,
    .max_account = 32,
    .account_rate = 600,
    .max_waiting = 2000,
    .max_wait = 25 * SECOND,
    .expiry = 120 * SECOND,
    .pace = SECOND / 10,
    .max_unsent = 4 * 1024 * 1024,
  };
}

/**
 * ls_exchanges_new:
 * @environment: clock and queues
 * @hub: where the sessions belong; must outlive them
 * @options: copied
 *
 * Returns: (transfer full): no sessions yet
 */
LsExchanges *
ls_exchanges_new (LsEnvironment           *environment,
                  LsHub                   *hub,
                  const LsExchangeOptions *options)
{
  LsExchanges *self = g_new0 (LsExchanges, 1);
  LsRate by_account = { options->account_rate, 60 * SECOND, options->account_rate };

  self->environment = g_object_ref (environment);
  self->main = ls_environment_get_queue (environment, LS_QUEUE_MAIN);
  self->hub = hub;
  self->options = *options;
  self->by_account = ls_limiter_new (&by_account, MAX_ACCOUNTS);
  self->table = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, exchange_free);
  return self;
}

/**
 * ls_exchanges_free:
 * @self: (transfer full): sessions
 *
 * Ends all of them. Who waits is told what there is, and that they are gone where there is nothing.
 */
void
ls_exchanges_free (LsExchanges *self)
{
  GHashTableIter iter;
  gpointer data;

  g_hash_table_iter_init (&iter, self->table);
  while (g_hash_table_iter_next (&iter, NULL, &data))
    {
      LsExchange *exchange = data;
      LsExchangeSlot *slot = waiting_slot (exchange);

      if (slot != NULL && !exchange->over && ls_exchange_sink_set_waiting (exchange->sink, true))
        answer (exchange, slot);
    }
  g_hash_table_unref (self->table);
  ls_limiter_free (self->by_account);
  g_object_unref (self->environment);
  g_free (self);
}

/**
 * ls_exchanges_get_stats:
 * @self: sessions
 * @ret_stats: (out): the numbers
 */
void
ls_exchanges_get_stats (LsExchanges     *self,
                        LsExchangeStats *ret_stats)
{
  *ret_stats = self->stats;
}

/**
 * ls_exchanges_take:
 * @self: sessions
 * @identity: who asks
 * @body: (array length=length): the body of the request
 * @length: its bytes
 * @func: what to call with the answer, maybe before this returns
 * @user_data: for @func
 *
 * Takes a request.
 *
 * Returns: (transfer none) (nullable): the request, when it is not answered yet
 */
LsTurn *
ls_exchanges_take (LsExchanges   *self,
                   LsIdentity    *identity,
                   const char    *body,
                   size_t         length,
                   LsExchangeFunc func,
                   gpointer       user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LsEnvelope) envelope =
      ls_envelope_decode (body, length, LS_ENVELOPE_REQUEST, &error);
  LsExchange *exchange;
  int64_t wait = 0;

  self->stats.requests++;
  self->stats.bytes_in += length;
  if (envelope == NULL)
    return refuse (self, STATUS_BAD_REQUEST, LS_ERROR_PROTOCOL, 0, error->message, func, user_data);
  if (envelope->session == NULL)
    return take_first (self, identity, envelope, func, user_data);
  exchange = g_hash_table_lookup (self->table, envelope->session);
  if (exchange == NULL || !may_use (exchange, identity) ||
      (exchange->over && envelope->seq > exchange->last))
    return refuse (self, STATUS_GONE, LS_ERROR_TIMEOUT, 0,
                   "session: there is none of that name any more; begin another", func, user_data);
  if (!ls_bucket_take (&exchange->bucket, &session_rate, now_of (self), &wait))
    return refuse (self, STATUS_TOO_MANY, LS_ERROR_RATE_LIMIT, wait, "too many requests", func,
                   user_data);
  if (!exchange->over)
    {
      take_token (exchange, identity);
      set_expiry (exchange, self->options.expiry);
    }
  return take_numbered (exchange, envelope, body, length, func, user_data);
}

/**
 * ls_exchanges_forget:
 * @self: sessions
 * @turn: a request that is not answered
 *
 * Says that nobody waits for the answer: it is kept for when the request comes again.
 */
void
ls_exchanges_forget (LsExchanges *self,
                     LsTurn      *turn)
{
  LsExchange *exchange = turn->exchange;

  if (exchange->early == turn)
    {
      exchange->early = NULL;
      g_clear_pointer (&exchange->early_body, g_free);
    }
  for (unsigned i = 0; i < LS_ENVELOPE_WINDOW; i++)
    if (exchange->slots[i].turn == turn)
      exchange->slots[i].turn = NULL;
  turn_free (turn);
}
