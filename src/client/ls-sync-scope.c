/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-sync"

#include "config.h"

#include "client/ls-sync-machine-private.h"

#include "core/ls-fault.h"

/*
 * Which part of a shop is held. The cache knows what the admin chose and what it lacks of that; here it
 * is seen to that the server sends it.
 *
 * Less needs nothing but to say so. More needs rows and the changes after them without a gap: first the
 * server is told, then pinged. What it had sent before it heard of the new scope has come when the
 * answer comes, and nothing was left out of what comes behind it: so a snapshot of where the stream
 * stands then, or of later, is complete. Until it is there the old rows stay and are followed.
 *
 * What was told may not have come: digests say what they are of, and where that is not what was told it
 * is told again. What was missed meanwhile the next digest shows. Where more is waited for nothing may
 * be missed: it is told again as soon as the server could not read something, and asked again when no
 * answer comes (a session that was too slow loses some).
 */

/* Pings of this kind are told apart from others by it. */
#define WIDTH_PING (INT64_C (1) << 42)

/* Asks from where on the stream is as wide as it has to be. */
void
ls_stream_ask_width (LsSyncMachine *self,
                     LsStream      *stream,
                     int64_t        now)
{
  LsMessage *ping;

  if (stream->widen == 0 || stream->state != LS_STREAM_SUBSCRIBED)
    return;
  if (LS_FAULT (SCOPE_FETCHED_AT_ONCE))
    {
      stream->fetch_later |= stream->widen;
      stream->widen = 0;
      ls_stream_fetch_more (self, stream);
      return;
    }
  stream->scope_ping = WIDTH_PING | ++self->n_scope_pings;
  stream->scope_asked_at = now;
  ping = ls_message_new (LS_MESSAGE_PING);
  ping->ping.id = stream->scope_ping;
  ls_sync_send (self, ping);
}

/* All rows came, of the scope that was wanted when they were asked for. More may be by now: before they
 * were here the cache could not say what it lacks of that. */
void
ls_stream_widen_fetched (LsStream *stream)
{
  const LsView *view = ls_view_get (stream->role, LS_SCHEMA_VERSION);

  stream->widen = 0;
  for (unsigned i = 0; i < LS_N_COLLECTIONS; i++)
    if (ls_view_has_collection (view, ls_schema_collection ((LsCollectionId) i)) &&
        stream->fetched_scope.since[i] > stream->scope.since[i])
      stream->widen |= UINT32_C (1) << i;
}

/* Whether the server was asked and has not answered. */
bool
ls_stream_awaits_width (const LsStream *stream)
{
  return stream->state == LS_STREAM_SUBSCRIBED && stream->widen != 0 && stream->scope_ping != 0;
}

/* The server could not read something: if it was the scope, its answer to the ping that was sent
 * behind, which comes yet, says nothing. */
void
ls_stream_doubt_scope (LsSyncMachine *self,
                       LsStream      *stream,
                       int64_t        now)
{
  if (!ls_stream_awaits_width (stream))
    return;
  ls_stream_tell_wants (self, stream);
  ls_stream_ask_width (self, stream, now);
}

/* Looks whether the server knows what is held, by what its digests are of. */
void
ls_stream_check_scope (LsSyncMachine         *self,
                       LsStream              *stream,
                       const LsDigestMessage *digest)
{
  const LsView *view = ls_view_get (stream->role, LS_SCHEMA_VERSION);
  LsScope said;

  ls_scope_init_empty (&said);
  for (unsigned i = 0; i < digest->items->len; i++)
    {
      const LsDigestItem *item = &g_array_index (digest->items, LsDigestItem, i);

      said.since[item->collection->id] = (uint32_t) item->since;
    }
  for (unsigned i = 0; i < LS_N_COLLECTIONS; i++)
    if (said.since[i] != stream->told_scope.since[i] &&
        ls_view_has_collection (view, ls_schema_collection ((LsCollectionId) i)))
      {
        ls_stream_tell_wants (self, stream);
        return;
      }
}

/* Fetches what is lacking where the stream is wide from now on. */
void
ls_sync_answer_width (LsSyncMachine *self,
                      const LsPing  *ping)
{
  for (unsigned i = 0; i < self->streams->len; i++)
    {
      LsStream *stream = g_ptr_array_index (self->streams, i);

      if (stream->scope_ping == 0 || stream->scope_ping != ping->id)
        continue;
      stream->scope_ping = 0;
      /* One that waits asks again when it is subscribed to again. */
      if (stream->state != LS_STREAM_SUBSCRIBED)
        continue;
      stream->fetch_later |= stream->widen;
      stream->widen = 0;
      ls_stream_fetch_more (self, stream);
    }
}

/**
 * ls_sync_machine_set_scope:
 * @self: a machine
 * @shop: a shop
 * @choice: what is to be held of it
 *
 * Has the cache keep it; with a connection or without.
 */
void
ls_sync_machine_set_scope (LsSyncMachine       *self,
                           const char          *shop,
                           const LsScopeChoice *choice)
{
  ls_sync_push (self, LS_SYNC_SET_SCOPE, shop)->choice = *choice;
}

/**
 * ls_sync_machine_scoped:
 * @self: a machine
 * @shop: a shop
 * @scope: what the cache is to hold of it
 * @lacking: a mask of the collections that lack something of that
 * @now: monotonic
 *
 * Answers %LS_SYNC_SET_SCOPE. It is told as well when the cache takes a view.
 */
void
ls_sync_machine_scoped (LsSyncMachine *self,
                        const char    *shop,
                        const LsScope *scope,
                        uint32_t       lacking,
                        int64_t        now)
{
  LsStream *stream = ls_sync_find (self, shop);

  ls_sync_push (self, LS_SYNC_SHOPS, NULL);
  if (stream == NULL)
    return;
  stream->scope = *scope;
  stream->widen = lacking;
  if (stream->state != LS_STREAM_SUBSCRIBED)
    return;
  if (!ls_scope_equal (&stream->told_scope, scope) && !LS_FAULT (SCOPE_NOT_TOLD))
    ls_stream_tell_wants (self, stream);
  ls_stream_ask_width (self, stream, now);
}

/**
 * ls_sync_machine_looked_at_scope:
 * @self: a machine
 * @shop: a shop
 * @scope: what the cache is to hold of it
 * @lacking: a mask of the collections that lack something of that
 * @now: monotonic
 *
 * As ls_sync_machine_scoped(), whenever the cache had a look: the date may have changed what is to be
 * held. Nothing happens where it has not.
 */
void
ls_sync_machine_looked_at_scope (LsSyncMachine *self,
                                 const char    *shop,
                                 const LsScope *scope,
                                 uint32_t       lacking,
                                 int64_t        now)
{
  const LsStream *stream = ls_sync_find (self, shop);

  if (stream != NULL && !ls_scope_equal (&stream->scope, scope))
    ls_sync_machine_scoped (self, shop, scope, lacking, now);
}
