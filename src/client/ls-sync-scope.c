/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-sync"

#include "config.h"

#include "client/ls-sync-machine-private.h"

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
 * is told again. What was missed meanwhile the next digest shows.
 */

/* Pings of this kind are told apart from others by it. */
#define WIDTH_PING (INT64_C (1) << 42)

/* Asks from where on the stream is as wide as it has to be. */
void
ls_stream_ask_width (LsSyncMachine *self,
                     LsStream      *stream)
{
  LsMessage *ping;

  if (stream->widen == 0 || stream->state != LS_STREAM_SUBSCRIBED)
    return;
  stream->scope_ping = WIDTH_PING | ++self->n_scope_pings;
  ping = ls_message_new (LS_MESSAGE_PING);
  ping->ping.id = stream->scope_ping;
  ls_sync_send (self, ping);
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
 * Answers %LS_SYNC_SET_SCOPE. It is told as well when the cache takes a view, and when the date has
 * changed what is to be held.
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
  if (!ls_scope_equal (&stream->told_scope, scope))
    ls_stream_tell_wants (self, stream);
  ls_stream_ask_width (self, stream);
}
