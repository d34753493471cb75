/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-sync"

#include "config.h"

#include "client/ls-sync-machine-private.h"

#include <string.h>

#include "core/ls-schema.h"

/* The session: what is told to the machine and by it, what concerns no shop in particular. */

/**
 * ls_sync_action_free:
 * @action: (transfer full): an action
 *
 * Frees it.
 */
void
ls_sync_action_free (LsSyncAction *action)
{
  g_free (action->shop);
  g_free (action->text);
  g_clear_pointer (&action->message, ls_message_unref);
  g_clear_pointer (&action->event, ls_event_unref);
  g_clear_error (&action->error);
  g_free (action);
}

LsSyncAction *
ls_sync_push (LsSyncMachine   *self,
              LsSyncActionType type,
              const char      *shop)
{
  LsSyncAction *action = g_new0 (LsSyncAction, 1);

  action->type = type;
  action->shop = g_strdup (shop);
  g_queue_push_tail (&self->actions, action);
  return action;
}

/* Takes @message. */
void
ls_sync_send (LsSyncMachine *self,
              LsMessage     *message)
{
  ls_sync_push (self, LS_SYNC_SEND, NULL)->message = message;
}

LsEvent *
ls_sync_report (LsSyncMachine *self,
                const char    *type,
                LsStream      *stream)
{
  LsEvent *event = ls_event_new (type, stream != NULL ? stream->shop : NULL);

  ls_sync_push (self, LS_SYNC_REPORT, NULL)->event = event;
  return event;
}

void
ls_sync_report_error (LsSyncMachine *self,
                      const char    *type,
                      LsStream      *stream,
                      const GError  *error)
{
  LsEvent *event = ls_sync_report (self, type, stream);

  event->message = g_strdup (error->message);
  event->code = g_strdup (ls_error_info (ls_error_code_of (error))->name);
  event->once = g_strdup (error->message);
}

LsStream *
ls_sync_find (LsSyncMachine *self,
              const char    *shop)
{
  for (unsigned i = 0; i < self->streams->len; i++)
    {
      LsStream *stream = g_ptr_array_index (self->streams, i);

      if (g_str_equal (stream->shop, shop))
        return stream;
    }
  return NULL;
}

static void
pong (LsSyncMachine *self,
      const LsPing  *ping,
      int64_t        now)
{
  ls_sync_answer_ping (self, ping);
  for (unsigned i = 0; i < ping->shops->len; i++)
    {
      const LsShopInfo *info = &g_array_index (ping->shops, LsShopInfo, i);
      LsStream *stream = ls_sync_find (self, info->shop);

      if (stream != NULL)
        ls_stream_sent_up_to (self, stream, info->position.version, now);
    }
  ls_sync_answer_width (self, ping);
  ls_sync_settle_wishes (self, NULL);
}

/* --- What the server says besides ------------------------------------------------------------ */

static void
fail (LsSyncMachine        *self,
      const LsErrorMessage *said)
{
  LsSyncAction *action = ls_sync_push (self, LS_SYNC_FAIL, NULL);

  action->error = g_error_new_literal (LS_ERROR, (int) said->code, said->message);
  action->n = said->retry_after;
}

static void
error_said (LsSyncMachine        *self,
            const LsErrorMessage *said,
            int64_t               now)
{
  LsStream *stream = said->shop != NULL ? ls_sync_find (self, said->shop) : NULL;
  g_autoptr (GError) error = g_error_new (LS_ERROR, (int) said->code, "%s%s%s", said->message,
                                          said->path != NULL ? " at " : "",
                                          said->path != NULL ? said->path : "");

  ls_sync_report_error (self, LS_EVENT_ERROR, stream, error);
  if (said->code == LS_ERROR_AUTH || said->code == LS_ERROR_TOO_OLD)
    fail (self, said);
  else if (self->session != LS_SESSION_READY)
    fail (self, said);
  else if (stream != NULL && said->expected_n > 0)
    ls_stream_refused (self, stream, said, now);
  else if (stream != NULL && said->code == LS_ERROR_FORBIDDEN)
    ls_sync_end_stream (self, stream);
  else if (said->temporary && stream != NULL)
    ls_stream_interrupted (self, stream, said->retry_after, now);
  else if (said->code == LS_ERROR_RATE_LIMIT)
    /* Any of what was asked may have been thrown away. */
    for (unsigned i = 0; i < self->streams->len; i++)
      ls_stream_interrupted (self, g_ptr_array_index (self->streams, i), said->retry_after, now);
  else if (said->code == LS_ERROR_PROTOCOL)
    ls_sync_doubt (self, now);
}

static void
notice (LsSyncMachine  *self,
        const LsNotice *said)
{
  LsEvent *event = ls_sync_report (self, LS_EVENT_NOTICE, NULL);

  event->code = g_strdup (said->kind);
  event->message = g_strdup (said->message);
  event->count = said->until;
  if (g_str_equal (said->kind, LS_NOTICE_SIGN_OUT))
    ls_sync_push (self, LS_SYNC_FAIL, NULL)->error = g_error_new_literal (
        LS_ERROR, LS_ERROR_AUTH, said->message != NULL ? said->message : "signed out");
}

static void
received_of_shop (LsSyncMachine *self,
                  LsMessage     *message,
                  size_t         length,
                  int64_t        now)
{
  const char *shop = message->type == LS_MESSAGE_DELTA    ? message->delta.shop
                     : message->type == LS_MESSAGE_RESULT ? message->result.shop
                     : message->type == LS_MESSAGE_DIGEST ? message->digest.shop
                     : message->type == LS_MESSAGE_ROWS   ? message->rows.shop
                                                          : message->resync.shop;
  LsStream *stream = ls_sync_find (self, shop);

  /* Of a shop that is not ours any more: on its way when the rights changed. */
  if (stream == NULL || !stream->visible)
    return;
  if (message->type == LS_MESSAGE_DELTA)
    ls_stream_delta (self, stream, message, length, now);
  else if (message->type == LS_MESSAGE_RESYNC)
    ls_stream_resync (self, stream, &message->resync, now);
  else if (message->type == LS_MESSAGE_RESULT)
    ls_sync_push (self, LS_SYNC_APPLY_RESULT, shop)->message = ls_message_ref (message);
  else if (message->type == LS_MESSAGE_ROWS || message->digest.collection != NULL)
    ls_stream_proof (self, stream, message, now);
  else if (stream->state == LS_STREAM_SUBSCRIBED)
    {
      ls_stream_check_scope (self, stream, &message->digest);
      ls_sync_push (self, LS_SYNC_COMPARE, shop)->message = ls_message_ref (message);
    }
}

/**
 * ls_sync_machine_received:
 * @self: a machine
 * @message: what the server said
 * @length: its bytes as it came
 * @now: monotonic
 *
 * Takes a message.
 */
void
ls_sync_machine_received (LsSyncMachine *self,
                          LsMessage     *message,
                          size_t         length,
                          int64_t        now)
{
  if (self->session == LS_SESSION_CLOSED)
    return;
  switch (message->type)
    {
    case LS_MESSAGE_WELCOME:
      if (self->session >= LS_SESSION_GREETING)
        ls_sync_welcome (self, message, now);
      break;
    case LS_MESSAGE_FORKED:
      ls_sync_forked (self, message->forked.client);
      break;
    case LS_MESSAGE_DELTA:
    case LS_MESSAGE_RESULT:
    case LS_MESSAGE_DIGEST:
    case LS_MESSAGE_ROWS:
    case LS_MESSAGE_RESYNC:
      if (self->session == LS_SESSION_READY)
        received_of_shop (self, message, length, now);
      break;
    case LS_MESSAGE_PING:
    case LS_MESSAGE_PONG:
      if (self->session == LS_SESSION_READY)
        pong (self, &message->ping, now);
      if (self->session == LS_SESSION_READY && message->type == LS_MESSAGE_PONG)
        ls_sync_find_missing (self, &message->ping, now);
      break;
    case LS_MESSAGE_ERROR:
      error_said (self, &message->error, now);
      break;
    case LS_MESSAGE_NOTICE:
      notice (self, &message->notice);
      break;
    case LS_MESSAGE_VIEW:
    case LS_MESSAGE_HELLO:
    case LS_MESSAGE_SUBSCRIBE:
    case LS_MESSAGE_ACK:
    case LS_MESSAGE_MUTATE:
    case LS_MESSAGE_VERIFY:
    case LS_MESSAGE_AUTH:
    default:
      break;
    }
}

/* --- The machine itself ---------------------------------------------------------------------- */

/**
 * ls_sync_machine_new:
 * @draw: source of randomness
 * @user_data: for @draw
 *
 * Returns: (transfer full): a machine that waits for ls_sync_machine_loaded()
 */
LsSyncMachine *
ls_sync_machine_new (LsRandomFunc draw,
                     gpointer     user_data)
{
  LsSyncMachine *self = g_new0 (LsSyncMachine, 1);

  self->draw = draw;
  self->draw_data = user_data;
  self->streams = g_ptr_array_new_with_free_func (ls_stream_free);
  self->wishes = g_array_new (FALSE, FALSE, sizeof (LsSyncWish));
  self->shown = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->max_message = LS_MAX_CLIENT_MESSAGE;
  self->heal.buckets = g_array_new (FALSE, FALSE, sizeof (uint32_t));
  self->heal.keys = g_ptr_array_new_with_free_func (g_free);
  self->heal.round_at = -LS_HEAL_AGAIN;
  g_queue_init (&self->actions);
  g_queue_init (&self->queued_sizes);
  return self;
}

/**
 * ls_sync_machine_free:
 * @self: (transfer full): a machine
 *
 * Frees it.
 */
void
ls_sync_machine_free (LsSyncMachine *self)
{
  g_queue_clear_full (&self->actions, (GDestroyNotify) ls_sync_action_free);
  g_queue_clear (&self->queued_sizes);
  g_ptr_array_unref (self->streams);
  g_array_unref (self->wishes);
  g_array_unref (self->heal.buckets);
  g_ptr_array_unref (self->heal.keys);
  g_hash_table_unref (self->shown);
  g_free (self->client);
  g_free (self);
}

/**
 * ls_sync_machine_next:
 * @self: a machine
 *
 * To be called until %NULL after each of the calls that tell it something.
 *
 * Returns: (transfer full) (nullable): the next thing to do
 */
LsSyncAction *
ls_sync_machine_next (LsSyncMachine *self)
{
  return g_queue_pop_head (&self->actions);
}

/**
 * ls_sync_machine_get_client:
 * @self: a machine
 *
 * Returns: (transfer none) (nullable): the client id
 */
const char *
ls_sync_machine_get_client (LsSyncMachine *self)
{
  return self->client;
}

/**
 * ls_sync_machine_get_deadline:
 * @self: a machine
 *
 * Returns: when ls_sync_machine_tick() is due, monotonic, or -1
 */
int64_t
ls_sync_machine_get_deadline (LsSyncMachine *self)
{
  int64_t deadline;

  if (self->session != LS_SESSION_READY)
    return -1;
  deadline = ls_sync_heal_get_deadline (self);
  for (unsigned i = 0; i < self->streams->len; i++)
    {
      int64_t due = ls_stream_get_deadline (g_ptr_array_index (self->streams, i));

      if (due >= 0 && (deadline < 0 || due < deadline))
        deadline = due;
    }
  return deadline;
}

/**
 * ls_sync_machine_tick:
 * @self: a machine
 * @now: monotonic
 *
 * Does what is due.
 */
void
ls_sync_machine_tick (LsSyncMachine *self,
                      int64_t        now)
{
  if (self->session != LS_SESSION_READY)
    return;
  for (unsigned i = 0; i < self->streams->len; i++)
    ls_stream_tick (self, g_ptr_array_index (self->streams, i), now);
  ls_sync_heal_run (self, now);
}

/**
 * ls_sync_machine_loaded:
 * @self: a new machine
 * @client: (nullable): the client id that the cache keeps
 * @shops: (element-type LsSyncShop): what it knows of each shop
 * @now: monotonic
 *
 * Tells what the cache holds. Before it nothing is said to the server.
 */
void
ls_sync_machine_loaded (LsSyncMachine *self,
                        const char    *client,
                        GPtrArray     *shops,
                        int64_t        now)
{
  g_free (self->client);
  self->client = g_strdup (client);
  for (unsigned i = 0; i < shops->len; i++)
    {
      const LsSyncShop *shop = g_ptr_array_index (shops, i);
      LsStream *stream = ls_sync_need_stream (self, shop->shop);

      stream->name = g_strdup (shop->name);
      stream->confirmed = stream->queued = shop->position;
      ls_outbox_set_highest_n (stream->outbox, shop->highest_n);
      ls_outbox_numbered (stream->outbox, shop->sent, now);
      stream->acked_n = ls_outbox_get_known_n (stream->outbox);
    }
  self->loaded = true;
  ls_sync_greet_when_possible (self);
}

/**
 * ls_sync_machine_opened:
 * @self: a machine
 * @now: monotonic
 *
 * Messages can be sent.
 */
void
ls_sync_machine_opened (LsSyncMachine *self,
                        int64_t        now)
{
  self->session = LS_SESSION_OPENED;
  ls_sync_greet_when_possible (self);
}

/**
 * ls_sync_machine_closed:
 * @self: a machine
 * @now: monotonic
 *
 * The session is over. Nothing is lost: what the cache has it has, what was undecided goes again.
 */
void
ls_sync_machine_closed (LsSyncMachine *self,
                        int64_t        now)
{
  g_autoptr (GError) error =
      g_error_new_literal (LS_ERROR, LS_ERROR_NETWORK, "the connection broke off");

  self->session = LS_SESSION_CLOSED;
  self->paused = false;
  for (unsigned i = 0; i < self->streams->len; i++)
    ls_sync_end_stream (self, g_ptr_array_index (self->streams, i));
  ls_sync_settle_wishes (self, error);
}

/**
 * ls_sync_machine_renumbered:
 * @self: a machine
 * @shop: a shop
 * @highest_n: the highest n given now
 * @edits: (element-type LsEdit) (nullable): all edits that have an n and no result, by n
 * @error: (nullable): why the cache failed
 * @now: monotonic
 *
 * Answers %LS_SYNC_RENUMBER.
 */
void
ls_sync_machine_renumbered (LsSyncMachine *self,
                            const char    *shop,
                            int64_t        highest_n,
                            GPtrArray     *edits,
                            const GError  *error,
                            int64_t        now)
{
  LsStream *stream = ls_sync_find (self, shop);

  self->renumbering--;
  if (stream == NULL)
    return;
  if (error != NULL)
    {
      LsSyncAction *action = ls_sync_push (self, LS_SYNC_FAIL, NULL);

      /* With the old numbers nothing may be sent. The next session begins by finding out again. */
      ls_sync_report_error (self, LS_EVENT_FINDING, stream, error);
      action->error = g_error_copy (error);
      return;
    }
  ls_outbox_set_highest_n (stream->outbox, highest_n);
  ls_outbox_numbered (stream->outbox, edits, now);
  stream->acked_n = ls_outbox_get_known_n (stream->outbox);
  ls_sync_greet_when_possible (self);
  for (unsigned i = 0; self->session == LS_SESSION_READY && i < self->streams->len; i++)
    ls_stream_update_outbox (self, g_ptr_array_index (self->streams, i), now);
}

/**
 * ls_sync_machine_cache_failed:
 * @self: a machine
 * @type: what the cache could not do, one that has no answer of its own
 * @shop: (nullable): for which shop
 * @error: why
 *
 * Answers what went wrong in the cache.
 */
void
ls_sync_machine_cache_failed (LsSyncMachine   *self,
                              LsSyncActionType type,
                              const char      *shop,
                              const GError    *error)
{
  ls_sync_report_error (self, LS_EVENT_ERROR, shop != NULL ? ls_sync_find (self, shop) : NULL,
                        error);
  /* No edit may be numbered under an id that a crash would forget. */
  if (type == LS_SYNC_SET_CLIENT && self->session != LS_SESSION_CLOSED)
    {
      g_clear_pointer (&self->client, g_free);
      ls_sync_push (self, LS_SYNC_FAIL, NULL)->error = g_error_copy (error);
    }
  /* Once the rows of another history came nobody would know any more what is lost in it. */
  if (type == LS_SYNC_LOSE && self->session != LS_SESSION_CLOSED)
    ls_sync_push (self, LS_SYNC_FAIL, NULL)->error = g_error_copy (error);
}
