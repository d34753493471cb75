/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-sync"

#include "config.h"

#include "client/ls-sync-machine-private.h"

#include "core/ls-fault.h"
#include "core/ls-view.h"

/* The stream of one shop: views, subscriptions, snapshots, acks. What comes in it is in
 * ls-sync-delta.c. */

/* Going in circles (rule 19). */
#define GUARD_WAIT (5 * G_USEC_PER_SEC)

LsStream *
ls_stream_new (LsSyncMachine *self,
               const char    *shop)
{
  LsStream *stream = g_new0 (LsStream, 1);

  stream->shop = g_strdup (shop);
  stream->outbox = ls_outbox_new (self->draw, self->draw_data);
  stream->doubts = g_array_new (FALSE, FALSE, sizeof (LsDoubt));
  stream->healed = g_array_new (FALSE, FALSE, sizeof (LsHealedBucket));
  for (unsigned i = 0; i < LS_N_COLLECTIONS; i++)
    stream->healed_at[i] = -LS_HEAL_AGAIN;
  ls_backoff_init (&stream->backoff, LS_BACKOFF_FIRST_US, LS_BACKOFF_CAP_US);
  return stream;
}

void
ls_stream_free (gpointer data)
{
  LsStream *stream = data;

  ls_outbox_free (stream->outbox);
  g_array_unref (stream->doubts);
  g_array_unref (stream->healed);
  g_free (stream->shop);
  g_free (stream->name);
  g_free (stream);
}

void
ls_stream_session_ended (LsStream *stream)
{
  ls_outbox_end (stream->outbox);
  stream->state = LS_STREAM_IDLE;
  stream->has_view = false;
  stream->fetching = 0;
  stream->fetch_later = 0;
  stream->widen = 0;
  stream->scope_ping = 0;
  stream->n_subscribed = 0;
  stream->was_synced = false;
  /* What was told to a server that may be gone is told again. */
  stream->acked_n = 0;
}

void
ls_stream_wait (LsSyncMachine *self,
                LsStream      *stream,
                int64_t        least,
                int64_t        now)
{
  int64_t wait = ls_backoff_next (&stream->backoff, self->draw, self->draw_data);

  stream->state = LS_STREAM_WAITING;
  stream->wait_until = now + MAX (wait, least);
}

/* The server could not go on with it: ask again, later. */
void
ls_stream_interrupted (LsSyncMachine *self,
                       LsStream      *stream,
                       int64_t        wait,
                       int64_t        now)
{
  if (stream->state == LS_STREAM_SUBSCRIBED)
    ls_stream_wait (self, stream, wait, now);
}

/* It goes in circles: says so, and waits. */
void
ls_stream_guard (LsSyncMachine *self,
                 LsStream      *stream,
                 const char    *words,
                 int64_t        now)
{
  ls_sync_report (self, LS_EVENT_LOOP_GUARD, stream)->message = g_strdup (words);
  ls_stream_wait (self, stream, GUARD_WAIT, now);
}

/* --- Fetching rows --------------------------------------------------------------------------- */

void
ls_stream_fetch (LsSyncMachine *self,
                 LsStream      *stream,
                 uint32_t       collections)
{
  LsSyncAction *action;

  if (stream->fetching != 0)
    ls_sync_push (self, LS_SYNC_CANCEL_FETCH, stream->shop);
  ls_sync_heal_abort (self, stream);
  stream->fetching = collections;
  if (collections == LS_SYNC_ALL)
    {
      stream->state = LS_STREAM_FETCHING;
      stream->fetch_later = 0;
      stream->widen = 0;
      stream->fetched_scope = stream->scope;
      ls_sync_repeat_wishes (self, stream);
    }
  action = ls_sync_push (self, LS_SYNC_FETCH, stream->shop);
  action->collections = collections;
  action->scope = stream->scope;
  /* What others asked for a while ago may be older than what is here. */
  if (g_str_equal (stream->confirmed.epoch, stream->server.epoch))
    action->n = stream->queued.version;
}

void
ls_stream_fetch_more (LsSyncMachine *self,
                      LsStream      *stream)
{
  uint32_t collections = stream->fetch_later;

  if (stream->fetching != 0 || collections == 0 || stream->state != LS_STREAM_SUBSCRIBED)
    return;
  stream->fetch_later = 0;
  ls_stream_fetch (self, stream, collections);
}

static void
fetch_failed (LsSyncMachine *self,
              LsStream      *stream,
              uint32_t       collections,
              const GError  *error,
              int64_t        now)
{
  ls_sync_report_error (self, LS_EVENT_ERROR, stream, error);
  if (g_error_matches (error, LS_ERROR, LS_ERROR_AUTH))
    {
      ls_sync_push (self, LS_SYNC_FAIL, NULL)->error = g_error_copy (error);
      return;
    }
  /* Of some collections: the stream is asked for again after the wait, and they with it. */
  if (collections != LS_SYNC_ALL)
    stream->fetch_later |= collections;
  ls_stream_wait (self, stream, 0, now);
}

/**
 * ls_sync_machine_fetched:
 * @self: a machine
 * @shop: a shop
 * @position: (nullable): where the cache stands now
 * @error: (nullable): why the rows could not be had
 * @now: monotonic
 *
 * Answers %LS_SYNC_FETCH, unless it was given up.
 */
void
ls_sync_machine_fetched (LsSyncMachine    *self,
                         const char       *shop,
                         const LsPosition *position,
                         const GError     *error,
                         int64_t           now)
{
  LsStream *stream = ls_sync_find (self, shop);
  uint32_t collections;
  LsEvent *event;

  if (stream == NULL || stream->fetching == 0)
    return;
  collections = stream->fetching;
  stream->fetching = 0;
  if (error != NULL)
    {
      fetch_failed (self, stream, collections, error, now);
      return;
    }
  event = ls_sync_report (
      self, stream->heals_by_fetch & collections ? LS_EVENT_HEALED : LS_EVENT_FETCHED, stream);
  event->version = position->version;
  stream->heals_by_fetch &= ~collections;
  ls_stream_trust (stream, collections);
  if (collections != LS_SYNC_ALL)
    {
      ls_stream_fetch_more (self, stream);
      return;
    }
  ls_stream_widen_fetched (stream);
  stream->generation++;
  /* With the rows of another history the cache has counted again: it tells the new numbers. */
  if (stream->confirmed.epoch[0] != '\0' && !g_str_equal (stream->confirmed.epoch, position->epoch))
    ls_sync_count_again (self, stream, false);
  stream->confirmed = stream->queued = *position;
  /* What was heard of beyond that may be of a history that is gone. */
  stream->server.version = MIN (stream->server.version, position->version);
  stream->since_fetch = 0;
  stream->fetched_at = now;
  ls_stream_subscribe (self, stream, now);
}

/* --- Beginning ------------------------------------------------------------------------------- */

void
ls_stream_begin (LsSyncMachine *self,
                 LsStream      *stream,
                 int64_t        now)
{
  LsSyncAction *action;

  if (stream->fetching != 0)
    ls_sync_push (self, LS_SYNC_CANCEL_FETCH, stream->shop);
  stream->fetching = 0;
  /* Until the cache says so: nothing is subscribed to in a view that the rows do not have. */
  stream->has_view = false;
  stream->state = LS_STREAM_VIEW;
  action = ls_sync_push (self, LS_SYNC_SET_VIEW, stream->shop);
  action->role = stream->role;
  action->generation = ++stream->n_views;
}

/**
 * ls_sync_machine_view_set:
 * @self: a machine
 * @shop: a shop
 * @generation: of the action
 * @fetch: a mask of the collections whose rows lack something
 * @error: (nullable): why the cache failed
 * @now: monotonic
 *
 * Answers %LS_SYNC_SET_VIEW. Where the role has changed again meanwhile it says nothing of the view
 * that the rows will have.
 */
void
ls_sync_machine_view_set (LsSyncMachine *self,
                          const char    *shop,
                          unsigned       generation,
                          uint32_t       fetch_mask,
                          const GError  *error,
                          int64_t        now)
{
  LsStream *stream = ls_sync_find (self, shop);

  if (stream == NULL || stream->state != LS_STREAM_VIEW || stream->n_views != generation)
    return;
  if (error != NULL)
    {
      ls_sync_report_error (self, LS_EVENT_ERROR, stream, error);
      ls_stream_wait (self, stream, 0, now);
      return;
    }
  stream->has_view = true;
  ls_stream_update_outbox (self, stream, now);
  if (!g_str_equal (stream->confirmed.epoch, stream->server.epoch) &&
      !(LS_FAULT (EPOCH_IGNORED) && stream->confirmed.epoch[0] != '\0'))
    {
      ls_stream_fetch (self, stream, LS_SYNC_ALL);
      return;
    }
  stream->fetch_later |= fetch_mask & ~stream->widen;
  ls_stream_subscribe (self, stream, now);
}

/* Whether the same position is asked for too often. */
static bool
goes_in_circles (LsStream *stream,
                 int64_t   now)
{
  unsigned slot;

  if (stream->subscribed_version != stream->queued.version)
    stream->n_subscribed = 0;
  stream->subscribed_version = stream->queued.version;
  slot = stream->n_subscribed++ % LS_GUARD_REPEATS;
  if (stream->n_subscribed > LS_GUARD_REPEATS &&
      now - stream->subscribed_at[slot] <= LS_GUARD_WINDOW)
    {
      stream->n_subscribed = 0;
      return true;
    }
  stream->subscribed_at[slot] = now;
  return false;
}

/* What is asked of the server for @stream as it stands. Nothing waits until somebody has said what
 * windows show. */
static LsMessage *
subscribe_new (LsSyncMachine *self,
               LsStream      *stream)
{
  const LsView *view = ls_view_get (stream->role, LS_SCHEMA_VERSION);
  LsMessage *message = ls_message_new (LS_MESSAGE_SUBSCRIBE);
  gpointer shown = GUINT_TO_POINTER (self->limited ? 0 : LS_SYNC_ALL);

  if (!self->limited)
    g_hash_table_lookup_extended (self->shown, stream->shop, NULL, &shown);
  message->subscribe.shop = g_strdup (stream->shop);
  message->subscribe.position = stream->queued;
  message->subscribe.view = ls_view_get_total_hash (view);
  stream->told_scope = stream->scope;
  for (unsigned i = 0; i < LS_N_COLLECTIONS; i++)
    {
      LsSubscription subscription = {
        .collection = ls_schema_collection ((LsCollectionId) i),
        .priority = (GPOINTER_TO_UINT (shown) & (UINT32_C (1) << i)) ? LS_PRIORITY_HIGH
                                                                     : LS_PRIORITY_LOW,
        .since = stream->scope.since[i],
      };

      if (ls_view_has_collection (view, subscription.collection))
        g_array_append_val (message->subscribe.collections, subscription);
    }
  return message;
}

void
ls_stream_subscribe (LsSyncMachine *self,
                     LsStream      *stream,
                     int64_t        now)
{
  if (goes_in_circles (stream, now))
    {
      ls_stream_guard (self, stream, "the same position was asked for again and again", now);
      return;
    }
  stream->state = LS_STREAM_SUBSCRIBED;
  ls_sync_send (self, subscribe_new (self, stream));
  ls_stream_told_again (self, stream);
  ls_sync_report (self, LS_EVENT_SUBSCRIBED, stream)->version = stream->queued.version;
  stream->acked_version = stream->confirmed.version;
  ls_stream_update_outbox (self, stream, now);
  ls_stream_ask_width (self, stream, now);
  ls_stream_fetch_more (self, stream);
  if (ls_position_equal (&stream->confirmed, &stream->server))
    ls_stream_sent_up_to (self, stream, stream->server.version, now);
  ls_sync_settle_wishes (self, NULL);
  ls_sync_ask_wishes (self, stream);
}

/* Lets edits go when they belong to the history that the server is in. */
void
ls_stream_update_outbox (LsSyncMachine *self,
                         LsStream      *stream,
                         int64_t        now)
{
  if (self->session == LS_SESSION_READY && stream->visible && self->renumbering == 0 &&
      g_str_equal (stream->confirmed.epoch, stream->server.epoch))
    ls_outbox_begin (stream->outbox);
  else
    ls_outbox_end (stream->outbox);
  ls_stream_want_ack (self, stream, now);
  ls_stream_run_outbox (self, stream, now);
}

/* --- Beginning again and priorities ---------------------------------------------------------- */

/* The server went back within its epoch: its files were put back, without a restore that would have
 * made a new one. Where it is behind, what came after is lost; where it went on since, nobody knows
 * from where on. */
static void
lose_edits (LsSyncMachine *self,
            LsStream      *stream)
{
  if (g_str_equal (stream->confirmed.epoch, stream->server.epoch))
    ls_sync_push (self, LS_SYNC_LOSE, stream->shop)->n =
        stream->server.version < stream->confirmed.version ? stream->server.version : 0;
}

void
ls_stream_resync (LsSyncMachine  *self,
                  LsStream       *stream,
                  const LsResync *resync,
                  int64_t         now)
{
  static const char *const reasons[] = { "too old", "another history", "another view", "too much at once" };
  LsEvent *event;

  if (stream->state != LS_STREAM_SUBSCRIBED && stream->state != LS_STREAM_WAITING)
    return;
  event = ls_sync_report (self, LS_EVENT_RESYNC, stream);
  event->version = stream->queued.version;
  event->message = g_strdup (reasons[resync->reason]);
  if (stream->fetched_at > 0 && stream->since_fetch == 0 && now - stream->fetched_at < LS_FETCH_AGAIN)
    ls_stream_guard (self, stream, "rows were to be fetched again right after they came", now);
  else if (resync->reason == LS_RESYNC_BULK && resync->collections->len > 0)
    {
      for (unsigned i = 0; i < resync->collections->len; i++)
        {
          const LsCollection *collection =
              g_array_index (resync->collections, LsSubscription, i).collection;

          stream->fetch_later |= UINT32_C (1) << collection->id;
        }
      ls_stream_subscribe (self, stream, now);
    }
  else if (resync->reason == LS_RESYNC_VIEW)
    {
      /* The role in the last welcome says which; more than that is found out by fetching. */
      stream->fetched_at = now;
      stream->since_fetch = 0;
      ls_stream_begin (self, stream, now);
    }
  else
    {
      if (resync->reason == LS_RESYNC_EPOCH)
        lose_edits (self, stream);
      ls_stream_fetch (self, stream, LS_SYNC_ALL);
    }
}

/* Tells the server of a stream that stands how urgent what is, and what of it is held; it goes on where
 * it is. */
void
ls_stream_tell_wants (LsSyncMachine *self,
                      LsStream      *stream)
{
  LsMessage *message;

  if (stream->state != LS_STREAM_SUBSCRIBED)
    return;
  message = subscribe_new (self, stream);
  message->subscribe.keep = true;
  ls_sync_send (self, message);
}

/**
 * ls_sync_machine_set_shown:
 * @self: a machine
 * @shop: a shop, whether it is known yet or not
 * @collections: a mask of the collections that windows show
 *
 * Says which changes are wanted at once; the others may come later, never not at all. A stream that
 * stands goes on where it is: the server sends what it held back.
 */
void
ls_sync_machine_set_shown (LsSyncMachine *self,
                           const char    *shop,
                           uint32_t       collections)
{
  LsStream *stream = ls_sync_find (self, shop);
  gpointer before = GUINT_TO_POINTER (LS_SYNC_ALL);

  g_hash_table_lookup_extended (self->shown, shop, NULL, &before);
  g_hash_table_replace (self->shown, g_strdup (shop), GUINT_TO_POINTER (collections));
  if (stream != NULL && GPOINTER_TO_UINT (before) != collections && !self->limited)
    ls_stream_tell_wants (self, stream);
}

/**
 * ls_sync_machine_set_limited:
 * @self: a machine
 * @limited: whether the connection is poor
 *
 * Over a poor connection the server is asked to let all versions wait, what windows show too: they
 * come together every few seconds. Results of edits are not held up, nor is what came before them.
 */
void
ls_sync_machine_set_limited (LsSyncMachine *self,
                             bool           limited)
{
  if (self->limited == limited)
    return;
  self->limited = limited;
  for (unsigned i = 0; i < self->streams->len; i++)
    ls_stream_tell_wants (self, g_ptr_array_index (self->streams, i));
}

/* --- Acks and time --------------------------------------------------------------------------- */

static bool
has_news (LsStream *stream)
{
  return stream->state == LS_STREAM_SUBSCRIBED &&
         (stream->confirmed.version > stream->acked_version ||
          ls_outbox_get_known_n (stream->outbox) > stream->acked_n);
}

/* Acknowledges what is on disk, now if the last ack was long enough ago. */
void
ls_stream_want_ack (LsSyncMachine *self,
                    LsStream      *stream,
                    int64_t        now)
{
  LsMessage *message;

  if (self->session != LS_SESSION_READY || !has_news (stream) ||
      now - stream->acked_at < LS_SYNC_ACK_PAUSE)
    return;
  message = ls_message_new (LS_MESSAGE_ACK);
  message->ack.shop = g_strdup (stream->shop);
  message->ack.version = stream->confirmed.version;
  message->ack.n = ls_outbox_get_known_n (stream->outbox);
  message->ack.applied = stream->applied;
  stream->acked_version = message->ack.version;
  stream->acked_n = message->ack.n;
  stream->acked_at = now;
  ls_sync_send (self, message);
}

int64_t
ls_stream_get_deadline (LsStream *stream)
{
  int64_t deadline = ls_outbox_get_deadline (stream->outbox);
  int64_t due = -1;

  if (stream->state == LS_STREAM_WAITING)
    due = stream->wait_until;
  else if (has_news (stream))
    due = stream->acked_at + LS_SYNC_ACK_PAUSE;
  if (ls_stream_awaits_width (stream) &&
      (due < 0 || stream->scope_asked_at + LS_SCOPE_PATIENCE < due))
    due = stream->scope_asked_at + LS_SCOPE_PATIENCE;
  if (deadline < 0 || (due >= 0 && due < deadline))
    deadline = due;
  return deadline;
}

void
ls_stream_tick (LsSyncMachine *self,
                LsStream      *stream,
                int64_t        now)
{
  if (stream->state == LS_STREAM_WAITING && now >= stream->wait_until)
    {
      if (stream->must_reload)
        ls_stream_reload (self, stream);
      else if (!stream->has_view)
        ls_stream_begin (self, stream, now);
      else if (!g_str_equal (stream->confirmed.epoch, stream->server.epoch))
        ls_stream_fetch (self, stream, LS_SYNC_ALL);
      else
        ls_stream_subscribe (self, stream, now);
    }
  if (ls_stream_awaits_width (stream) && now - stream->scope_asked_at >= LS_SCOPE_PATIENCE)
    ls_stream_ask_width (self, stream, now);
  ls_stream_want_ack (self, stream, now);
  ls_stream_run_outbox (self, stream, now);
}
