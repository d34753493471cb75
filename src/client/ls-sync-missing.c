/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-sync"

#include "config.h"

#include "client/ls-sync-machine-private.h"

/*
 * What the server may not have got. A pong comes behind whatever was read before its ping, and tells
 * which shops are streamed and how far the edits came: what it does not have is said again.
 *
 * |[
 *   what is missed                     what asks
 *   the result of an edit              the outbox, after LS_OUTBOX_PATIENCE and ever longer
 *   anything, by an unreadable message the error that the server answers with
 *   another scope                      the same, and ls-sync-scope.c
 *   a subscription                     the pings of the connection; silence is no sign of it
 * ]|
 */

/* Pings that ask what the server has are told apart from others by this. */
#define QUESTION_PING (INT64_C (1) << 41)
/* An error that follows the last so soon asks nothing: what is never understood must not go round. */
#define DOUBT_PAUSE LS_OUTBOX_PATIENCE
/* Pongs in a row that do not know a stream. The ping of the first may have gone before the stream
 * was asked for. */
#define MAX_UNTOLD 2

static int64_t
ask (LsSyncMachine *self)
{
  LsMessage *ping = ls_message_new (LS_MESSAGE_PING);
  int64_t id = QUESTION_PING | ++self->n_questions;

  ping->ping.id = id;
  ls_sync_send (self, ping);
  return id;
}

/* Asks which edits of @stream the server has. */
void
ls_stream_ask_for_edits (LsSyncMachine *self,
                         LsStream      *stream)
{
  stream->edits_ping = ask (self);
}

/* The server could not read something, and can't say what it was. */
void
ls_sync_doubt (LsSyncMachine *self,
               int64_t        now)
{
  if (self->doubted_at > 0 && now - self->doubted_at < DOUBT_PAUSE)
    return;
  self->doubted_at = now;
  for (unsigned i = 0; i < self->streams->len; i++)
    {
      LsStream *stream = g_ptr_array_index (self->streams, i);

      ls_outbox_doubt (stream->outbox, now);
      ls_stream_run_outbox (self, stream, now);
      ls_stream_doubt_scope (self, stream, now);
    }
  ask (self);
}

static const LsShopInfo *
find_told (const LsPing *pong,
           const char   *shop)
{
  for (unsigned i = 0; i < pong->shops->len; i++)
    if (g_str_equal (g_array_index (pong->shops, LsShopInfo, i).shop, shop))
      return &g_array_index (pong->shops, LsShopInfo, i);
  return NULL;
}

/* Whether a pong shows that the server does not know of @stream. */
static bool
is_unknown (LsStream     *stream,
            const LsPing *pong)
{
  if (stream->state != LS_STREAM_SUBSCRIBED)
    return false;
  if (pong->id > stream->asked_before && (pong->id & QUESTION_PING))
    return true;
  return ++stream->untold >= MAX_UNTOLD;
}

/* A stream is asked for: what the server said before says nothing of that. */
void
ls_stream_told_again (LsSyncMachine *self,
                      LsStream      *stream)
{
  stream->asked_before = QUESTION_PING | self->n_questions;
  stream->untold = 0;
}

/* Says again what a pong shows that the server does not have. */
void
ls_sync_find_missing (LsSyncMachine *self,
                      const LsPing  *pong,
                      int64_t        now)
{
  for (unsigned i = 0; i < self->streams->len; i++)
    {
      LsStream *stream = g_ptr_array_index (self->streams, i);
      const LsShopInfo *told = find_told (pong, stream->shop);

      if (told == NULL)
        {
          if (is_unknown (stream, pong))
            ls_stream_subscribe (self, stream, now);
          continue;
        }
      stream->untold = 0;
      if (pong->id != stream->edits_ping)
        continue;
      ls_outbox_told (stream->outbox, told->n);
      ls_stream_run_outbox (self, stream, now);
    }
}
