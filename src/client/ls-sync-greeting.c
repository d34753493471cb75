/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-sync"

#include "config.h"

#include "client/ls-sync-machine-private.h"

/* Who we are, and which shops there are. */

/* Finds the stream of @shop, or makes one. */
LsStream *
ls_sync_need_stream (LsSyncMachine *self,
                     const char    *shop)
{
  LsStream *stream = ls_sync_find (self, shop);

  if (stream == NULL)
    {
      stream = ls_stream_new (self, shop);
      g_ptr_array_add (self->streams, stream);
    }
  return stream;
}

static void
say_hello (LsSyncMachine *self)
{
  LsMessage *hello = ls_message_new (LS_MESSAGE_HELLO);

  hello->hello.protocol = LS_PROTOCOL_VERSION;
  hello->hello.client = g_strdup (self->client);
  hello->hello.app_version = g_strdup (LS_VERSION);
  hello->hello.schema_version = LS_SCHEMA_VERSION;
  for (unsigned i = 0; i < self->streams->len; i++)
    {
      LsStream *stream = g_ptr_array_index (self->streams, i);
      LsShopInfo info = {
        .shop = g_strdup (stream->shop),
        .n = ls_outbox_get_highest_n (stream->outbox),
      };

      g_array_append_val (hello->hello.shops, info);
    }
  self->session = LS_SESSION_GREETING;
  ls_sync_send (self, hello);
}

/* Says hello once the cache is read and the session open. */
void
ls_sync_greet_when_possible (LsSyncMachine *self)
{
  if (self->session == LS_SESSION_OPENED && self->loaded && self->renumbering == 0)
    say_hello (self);
}

static void
take_client (LsSyncMachine *self,
             const char    *client)
{
  if (g_strcmp0 (self->client, client) == 0)
    return;
  g_free (self->client);
  self->client = g_strdup (client);
  ls_sync_push (self, LS_SYNC_SET_CLIENT, NULL)->text = g_strdup (client);
}

/* Asks nothing more of the server for @stream. */
void
ls_sync_end_stream (LsSyncMachine *self,
                    LsStream      *stream)
{
  if (stream->fetching != 0)
    ls_sync_push (self, LS_SYNC_CANCEL_FETCH, stream->shop);
  ls_sync_heal_abort (self, stream);
  ls_stream_session_ended (stream);
}

/* Another id: all edits that are undecided go again under it, counted from 1 (rule 9). */
void
ls_sync_forked (LsSyncMachine *self,
                const char    *client)
{
  ls_sync_report (self, LS_EVENT_FORKED, NULL)->message = g_strdup (client);
  self->session = LS_SESSION_OPENED;
  take_client (self, client);
  for (unsigned i = 0; i < self->streams->len; i++)
    {
      ls_sync_end_stream (self, g_ptr_array_index (self->streams, i));
      ls_sync_count_again (self, g_ptr_array_index (self->streams, i), true);
    }
  ls_sync_greet_when_possible (self);
}

static void
take_shop (LsSyncMachine    *self,
           const LsShopInfo *info,
           bool              first,
           int64_t           now)
{
  LsStream *stream = ls_sync_need_stream (self, info->shop);
  bool changed = g_strcmp0 (stream->name, info->name) != 0 || stream->role != info->role;
  /* One whose rights were taken in this session and are given again begins like a new one. */
  bool back = !first && !stream->visible;
  LsSyncAction *action;

  stream->visible = true;
  stream->server = info->position;
  ls_outbox_set_window (stream->outbox, self->window);
  if (changed || !stream->has_view)
    {
      g_free (stream->name);
      stream->name = g_strdup (info->name);
      stream->role = info->role;
      action = ls_sync_push (self, LS_SYNC_NAME_SHOP, stream->shop);
      action->text = g_strdup (info->name);
      action->role = info->role;
    }
  /* Another history. What is undecided is counted anew in it, and goes, once its rows came. */
  if (first && stream->confirmed.epoch[0] != '\0' &&
      !g_str_equal (stream->confirmed.epoch, info->position.epoch))
    ls_sync_push (self, LS_SYNC_LOSE, stream->shop)->n = info->base;
  if (first || changed || back)
    ls_stream_begin (self, stream, now);
}

/* Lets go of the shops that the server does not name. What the cache holds of one whose right was taken
 * while nobody was connected goes with the first word of it. */
static void
drop_shops (LsSyncMachine *self,
            GArray        *shops,
            bool           first)
{
  for (unsigned i = 0; i < self->streams->len; i++)
    {
      LsStream *stream = g_ptr_array_index (self->streams, i);
      bool there = false;

      for (unsigned k = 0; k < shops->len && !there; k++)
        there = g_str_equal (g_array_index (shops, LsShopInfo, k).shop, stream->shop);
      if (there || (!stream->visible && !first))
        continue;
      stream->visible = false;
      ls_sync_end_stream (self, stream);
      ls_sync_forget_wishes (self, stream);
      ls_sync_push (self, LS_SYNC_REMOVE_SHOP, stream->shop);
      /* Where the rows went the position goes too, should the shop come back. */
      ls_sync_push (self, LS_SYNC_RELOAD, stream->shop);
    }
}

/* It comes again when rights change: then the session goes on. */
void
ls_sync_welcome (LsSyncMachine *self,
                 LsMessage     *message,
                 int64_t        now)
{
  const LsWelcome *said = &message->welcome;
  bool first = self->session == LS_SESSION_GREETING;
  bool was_known = self->client != NULL;

  if (first)
    {
      ls_sync_push (self, LS_SYNC_READY, NULL)->message = ls_message_ref (message);
      ls_sync_report (self, LS_EVENT_SESSION, NULL)->message = g_strdup (said->session);
    }
  if (was_known && g_strcmp0 (self->client, said->client) != 0)
    {
      ls_sync_forked (self, said->client);
      return;
    }
  take_client (self, said->client);
  self->session = LS_SESSION_READY;
  self->max_message = said->max_client_message;
  self->window = said->window;
  for (unsigned i = 0; i < said->shops->len; i++)
    take_shop (self, &g_array_index (said->shops, LsShopInfo, i), first, now);
  drop_shops (self, said->shops, first);
  ls_sync_push (self, LS_SYNC_SHOPS, NULL);
}
