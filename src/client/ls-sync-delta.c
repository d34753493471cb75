/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-sync"

#include "config.h"

#include "client/ls-sync-machine-private.h"

#include "core/ls-fault.h"

/* The deltas of a stream: given to the cache, and what it makes of them. */

/* What waits for the cache, in bytes as they came: reading stops above the one, goes on below the
 * other. */
#define PAUSE_ABOVE (8 * 1024 * 1024)
#define RESUME_BELOW (1024 * 1024)
/* How often a shop where nothing happens is noted as up to date. */
#define SYNCED_PAUSE (10 * G_USEC_PER_SEC)

void
ls_stream_delta (LsSyncMachine *self,
                 LsStream      *stream,
                 LsMessage     *message,
                 size_t         length,
                 int64_t        now)
{
  const LsDelta *delta = &message->delta;
  LsSyncAction *action;

  if (stream->state != LS_STREAM_SUBSCRIBED)
    return;
  stream->server.version = MAX (stream->server.version, delta->to);
  if (delta->to <= stream->queued.version)
    return;
  if (delta->from > stream->queued.version && !LS_FAULT (GAP_IGNORED))
    {
      ls_stream_subscribe (self, stream, now);
      return;
    }
  action = ls_sync_push (self, LS_SYNC_APPLY_DELTA, stream->shop);
  action->message = ls_message_ref (message);
  action->generation = stream->generation;
  stream->queued.version = delta->to;
  stream->queued.check = delta->check;
  g_queue_push_tail (&self->queued_sizes, GSIZE_TO_POINTER (length));
  self->queued_bytes += length;
  if (self->queued_bytes > PAUSE_ABOVE && !self->paused)
    {
      self->paused = true;
      ls_sync_push (self, LS_SYNC_PAUSE, NULL);
    }
}

static void
forget_queued (LsSyncMachine *self)
{
  self->queued_bytes -= GPOINTER_TO_SIZE (g_queue_pop_head (&self->queued_sizes));
  if (self->paused && self->queued_bytes < RESUME_BELOW)
    {
      self->paused = false;
      ls_sync_push (self, LS_SYNC_RESUME, NULL);
    }
}

static void
note_synced (LsSyncMachine *self,
             LsStream      *stream,
             int64_t        now)
{
  LsEvent *event;

  if (!stream->was_synced || now - stream->synced_at >= SYNCED_PAUSE)
    {
      ls_sync_push (self, LS_SYNC_SET_SYNCED, stream->shop);
      stream->synced_at = now;
    }
  if (stream->was_synced)
    return;
  stream->was_synced = true;
  event = ls_sync_report (self, LS_EVENT_SYNCED, stream);
  event->version = stream->confirmed.version;
}

void
ls_stream_reload (LsSyncMachine *self,
                  LsStream      *stream)
{
  stream->state = LS_STREAM_RELOADING;
  ls_sync_push (self, LS_SYNC_RELOAD, stream->shop);
}

static void
apply_failed (LsSyncMachine *self,
              LsStream      *stream,
              const GError  *error,
              int64_t        now)
{
  /* What was given after it can't be applied either. */
  stream->generation++;
  stream->queued = stream->confirmed;
  if (g_error_matches (error, LS_ERROR, LS_ERROR_INCONSISTENCY))
    {
      ls_sync_report_error (self, LS_EVENT_FINDING, stream, error);
      if (self->session != LS_SESSION_READY)
        return;
      /* All of them are the server's by now: that of a log which does not fit its rows would be
       * fetched without end. */
      if (stream->mended_at > 0 && now - stream->mended_at < LS_FETCH_AGAIN)
        {
          ls_stream_guard (self, stream, "a delta did not fit rows that were just fetched", now);
          return;
        }
      stream->mended_at = now;
      stream->heals_by_fetch = LS_SYNC_ALL;
      ls_stream_fetch (self, stream, LS_SYNC_ALL);
      return;
    }
  ls_sync_report_error (self, LS_EVENT_ERROR, stream, error);
  if (self->session == LS_SESSION_READY)
    ls_stream_reload (self, stream);
}

/**
 * ls_sync_machine_applied:
 * @self: a machine
 * @shop: a shop
 * @generation: of the action
 * @delta: the `delta`
 * @took: how long it took, µs
 * @error: (nullable): why the cache failed
 * @now: monotonic
 *
 * Answers %LS_SYNC_APPLY_DELTA.
 */
void
ls_sync_machine_applied (LsSyncMachine   *self,
                         const char      *shop,
                         unsigned         generation,
                         const LsMessage *delta,
                         int64_t          took,
                         const GError    *error,
                         int64_t          now)
{
  LsStream *stream = ls_sync_find (self, shop);
  const LsDelta *said = &delta->delta;
  LsEvent *event;

  forget_queued (self);
  if (stream == NULL || stream->generation != generation)
    return;
  if (error != NULL)
    {
      apply_failed (self, stream, error, now);
      return;
    }
  stream->since_fetch += said->to - stream->confirmed.version;
  stream->confirmed.version = said->to;
  stream->confirmed.check = said->check;
  stream->applied = took;
  ls_backoff_reset (&stream->backoff);
  event = ls_sync_report (self, LS_EVENT_DELTA, stream);
  event->version = said->to;
  event->count = said->items->len;
  if (said->items->len > 0)
    event->correlation = g_strdup (g_array_index (said->items, LsDeltaItem, 0).mid);
  if (self->session != LS_SESSION_READY)
    return;
  if (stream->confirmed.version >= stream->server.version)
    note_synced (self, stream, now);
  ls_stream_want_ack (self, stream, now);
  ls_sync_settle_wishes (self, NULL);
}

/**
 * ls_sync_machine_reloaded:
 * @self: a machine
 * @shop: a shop
 * @position: where the cache stands
 * @error: (nullable): why it could not tell
 * @now: monotonic
 *
 * Answers %LS_SYNC_RELOAD.
 */
void
ls_sync_machine_reloaded (LsSyncMachine    *self,
                          const char       *shop,
                          const LsPosition *position,
                          const GError     *error,
                          int64_t           now)
{
  LsStream *stream = ls_sync_find (self, shop);

  if (stream == NULL)
    return;
  stream->must_reload = error != NULL;
  if (error == NULL)
    stream->confirmed = stream->queued = *position;
  if (stream->state == LS_STREAM_RELOADING)
    ls_stream_wait (self, stream, 0, now);
}

/* The server says that it sent everything up to @version to this session. */
void
ls_stream_sent_up_to (LsSyncMachine *self,
                      LsStream      *stream,
                      int64_t        version,
                      int64_t        now)
{
  stream->server.version = MAX (stream->server.version, version);
  if (stream->state != LS_STREAM_SUBSCRIBED)
    return;
  if (stream->queued.version < version)
    ls_stream_subscribe (self, stream, now);
  else if (stream->confirmed.version >= stream->server.version)
    note_synced (self, stream, now);
}
