/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-sync"

#include "config.h"

#include "client/ls-sync-machine-private.h"

/* Requests to be told when all is here. */

/* Pings of a request for a sync are told apart from the connection's own by this. */
#define WISH_PING (INT64_C (1) << 40)
#define MAX_WISHES 1000

static void
answer_wish (LsSyncMachine *self,
             int64_t        id,
             const GError  *error)
{
  LsSyncAction *action;

  for (unsigned i = 0; i < self->wishes->len; i++)
    if (g_array_index (self->wishes, LsSyncWish, i).id == id)
      return;
  action = ls_sync_push (self, LS_SYNC_PROGRESS, NULL);
  action->n = id;
  action->error = error != NULL ? g_error_copy (error) : NULL;
}

static void
ask (LsSyncMachine *self,
     int64_t        id)
{
  LsMessage *ping = ls_message_new (LS_MESSAGE_PING);

  ping->ping.id = WISH_PING | id;
  ls_sync_send (self, ping);
}

/* Asks how far the server is, for those who wait for @stream: it answers only once it streams. */
void
ls_sync_ask_wishes (LsSyncMachine *self,
                    LsStream      *stream)
{
  for (unsigned i = 0; i < self->wishes->len; i++)
    {
      LsSyncWish *wish = &g_array_index (self->wishes, LsSyncWish, i);

      if (wish->stream != stream || wish->asked || wish->version >= 0)
        continue;
      wish->asked = true;
      ask (self, wish->id);
    }
}

/* What the server said of @stream may be of a history that is gone: asks again once it streams. */
void
ls_sync_repeat_wishes (LsSyncMachine *self,
                       LsStream      *stream)
{
  for (unsigned i = 0; i < self->wishes->len; i++)
    {
      LsSyncWish *wish = &g_array_index (self->wishes, LsSyncWish, i);

      if (wish->stream != stream)
        continue;
      wish->asked = wish->behind = false;
      wish->version = -1;
    }
}

/* Whether a wish came true. One that the server was still sending for is asked for once more. A
 * cache that is ahead of the server is in another history, as will be told. */
static bool
came_true (LsSyncMachine *self,
           LsSyncWish    *wish)
{
  const LsStream *stream = wish->stream;

  if (wish->version < 0 || stream->state != LS_STREAM_SUBSCRIBED ||
      stream->confirmed.version < wish->version ||
      stream->confirmed.version > stream->server.version)
    return false;
  if (!wish->behind)
    return true;
  wish->behind = false;
  wish->version = -1;
  wish->asked = true;
  ask (self, wish->id);
  return false;
}

/* Answers those that came true, or with @error all. */
void
ls_sync_settle_wishes (LsSyncMachine *self,
                       const GError  *error)
{
  for (unsigned i = 0; i < self->wishes->len;)
    {
      LsSyncWish *wish = &g_array_index (self->wishes, LsSyncWish, i);
      int64_t id = wish->id;

      if (error == NULL && !came_true (self, wish))
        {
          i++;
          continue;
        }
      g_array_remove_index (self->wishes, i);
      answer_wish (self, id, error);
    }
}

/* Nothing comes of @stream any more: there is nothing to wait for. */
void
ls_sync_forget_wishes (LsSyncMachine *self,
                       LsStream      *stream)
{
  for (unsigned i = self->wishes->len; i > 0; i--)
    {
      const LsSyncWish *wish = &g_array_index (self->wishes, LsSyncWish, i - 1);
      int64_t id = wish->id;

      if (wish->stream != stream)
        continue;
      g_array_remove_index (self->wishes, i - 1);
      answer_wish (self, id, NULL);
    }
}

static const LsShopInfo *
find_told (const LsPing *ping,
           const char   *shop)
{
  for (unsigned i = 0; i < ping->shops->len; i++)
    if (g_str_equal (g_array_index (ping->shops, LsShopInfo, i).shop, shop))
      return &g_array_index (ping->shops, LsShopInfo, i);
  return NULL;
}

/* Takes the server's word how far it is. */
void
ls_sync_answer_ping (LsSyncMachine *self,
                     const LsPing  *ping)
{
  for (unsigned i = 0; i < self->wishes->len; i++)
    {
      LsSyncWish *wish = &g_array_index (self->wishes, LsSyncWish, i);
      const LsShopInfo *told;

      if (ping->id != (WISH_PING | wish->id) || !wish->asked)
        continue;
      wish->asked = false;
      told = find_told (ping, wish->stream->shop);
      if (told == NULL)
        continue;
      wish->behind = told->position.version < wish->stream->server.version;
      wish->version = MAX (told->position.version, wish->stream->server.version);
    }
}

/**
 * ls_sync_machine_sync_now:
 * @self: a machine
 * @shop: (nullable): a shop, or %NULL for all
 * @id: names the request in its answer, from 1 to 2^40 - 1
 * @now: monotonic
 *
 * Asks to be told, by %LS_SYNC_PROGRESS, when the cache has all that the server has now.
 */
void
ls_sync_machine_sync_now (LsSyncMachine *self,
                          const char    *shop,
                          int64_t        id,
                          int64_t        now)
{
  g_autoptr (GError) error = NULL;

  if (self->session != LS_SESSION_READY || self->wishes->len >= MAX_WISHES)
    {
      error = g_error_new_literal (LS_ERROR, LS_ERROR_NETWORK, "there is no connection");
      answer_wish (self, id, error);
      return;
    }
  for (unsigned i = 0; i < self->streams->len; i++)
    {
      LsStream *stream = g_ptr_array_index (self->streams, i);
      LsSyncWish wish = { .id = id, .stream = stream, .version = -1 };

      if (!stream->visible || (shop != NULL && !g_str_equal (stream->shop, shop)))
        continue;
      g_array_append_val (self->wishes, wish);
      /* Whoever asks does not want to wait for a wait to end. */
      if (stream->state == LS_STREAM_WAITING)
        {
          stream->wait_until = now;
          ls_stream_tick (self, stream, now);
        }
      else if (stream->state == LS_STREAM_SUBSCRIBED)
        ls_sync_ask_wishes (self, stream);
    }
  /* With no shop to wait for it is true already. */
  answer_wish (self, id, NULL);
}
