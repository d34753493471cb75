/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-sim-link-private.h"

#include <string.h>

#include "core/ls-error.h"

/*
 * One connection. What goes through it waits in two queues, one each way, and arrives in order. Its
 * ends are the transport of a client and the sink of a session of the server; either may be gone.
 */

/* A client's next connection leads to another server once in so many times. */
#define MOVES 6

static void move (LsSimLink     *link,
                  LsSimDirection way);

LsSimPath *
ls_sim_link_path_of (LsSimLink *link)
{
  return &link->network->paths[link->client];
}

static void
item_free (gpointer data)
{
  LsSimItem *item = data;

  g_free (item->text);
  g_free (item);
}

LsSimLink *
ls_sim_link_ref (LsSimLink *link)
{
  link->ref_count++;
  return link;
}

void
ls_sim_link_unref (LsSimLink *link)
{
  if (--link->ref_count > 0)
    return;
  g_assert_null (link->session);
  for (int way = 0; way < 2; way++)
    g_queue_clear_full (&link->items[way], item_free);
  ls_sim_monitor_free (link->monitor);
  g_free (link->token);
  g_free (link);
}

static void
unref_cb (gpointer data)
{
  ls_sim_link_unref (data);
}

/* Nobody is at either end any more. */
void
ls_sim_link_maybe_over (LsSimLink *link)
{
  if (link->transport == NULL && link->session == NULL &&
      (link->answered || g_queue_is_empty (&link->items[LS_SIM_UP])))
    g_ptr_array_remove (link->network->links, link);
}

void
ls_sim_link_put (LsSimLink      *link,
                 LsSimDirection  way,
                 LsSimItemKind   kind,
                 const char     *text,
                 size_t          length,
                 LsErrorCode     code)
{
  LsSimWorld *world = link->network->world;
  int64_t due = ls_sim_world_get_time (world) + ls_sim_network_delay (link->network, link->client);
  LsSimItem *item;

  if (kind == LS_SIM_ITEM_TEXT && way == LS_SIM_DOWN)
    ls_sim_monitor_down (link->monitor, text, length);
  else if (kind == LS_SIM_ITEM_TEXT)
    ls_sim_monitor_up (link->monitor, text, length);
  if (link->mute[way] || (link->deaf && kind == LS_SIM_ITEM_TEXT))
    return;
  item = g_new0 (LsSimItem, 1);
  item->kind = kind;
  item->text = text != NULL ? g_strndup (text, length) : NULL;
  item->length = length;
  item->code = code;
  item->due = link->last_due[way] = MAX (due, link->last_due[way]);
  g_queue_push_tail (&link->items[way], item);
  if (way == LS_SIM_DOWN)
    link->waiting += length;
  move (link, way);
}

/* --- On the way ------------------------------------------------------------------------------ */

/* Something breaks the connection: who is still there hears of it after what came before. */
static void
snap (LsSimLink *link)
{
  LsSimNetwork *network = link->network;

  for (int way = 0; way < 2; way++)
    {
      /* Some of what is on its way is lost, always the last. */
      unsigned n = g_queue_get_length (&link->items[way]);
      unsigned lost = ls_sim_dice_below (&network->dice, n + 1);

      for (; lost > 0; lost--)
        {
          LsSimItem *item = g_queue_pop_tail (&link->items[way]);

          if (way == LS_SIM_DOWN)
            link->waiting -= item->length;
          item_free (item);
        }
      ls_sim_link_put (link, (LsSimDirection) way, LS_SIM_ITEM_CLOSED, NULL, 0, LS_ERROR_NETWORK);
      link->mute[way] = true;
    }
}

static void
arrive_up (LsSimLink *link,
           LsSimItem *item)
{
  if (item->kind == LS_SIM_ITEM_OPEN)
    ls_sim_link_call_server (link);
  else if (item->kind == LS_SIM_ITEM_CLOSED)
    {
      link->hung_up = true;
      ls_sim_link_close_session (link);
      ls_sim_link_maybe_over (link);
    }
  else if (link->session != NULL && ls_sim_server_is_up (link->server))
    ls_session_receive (link->session, (const uint8_t *) item->text, item->length, false);
}

static void
arrive_down (LsSimLink *link,
             LsSimItem *item)
{
  link->waiting -= item->length;
  if (link->transport != NULL && item->kind == LS_SIM_ITEM_OPEN)
    ls_sim_transport_opened (link->transport, link);
  else if (link->transport != NULL && item->kind == LS_SIM_ITEM_TEXT)
    ls_sim_transport_message (link->transport, link, item->text, item->length);
  else if (link->transport != NULL)
    {
      LsSimTransport *transport = link->transport;

      link->transport = NULL;
      ls_sim_transport_closed (transport, link, item->code);
      ls_sim_link_maybe_over (link);
    }
  link->open = link->open || item->kind == LS_SIM_ITEM_OPEN;
  ls_sim_link_maybe_drained (link);
}

static void
note (LsSimLink       *link,
      LsSimDirection   way,
      const LsSimItem *item)
{
  ls_sim_world_note (link->network->world, "client %u %s %s", link->client,
                     way == LS_SIM_UP ? ">" : "<",
                     item->kind == LS_SIM_ITEM_TEXT     ? item->text
                     : item->kind == LS_SIM_ITEM_CLOSED ? "(closed)"
                                                 : "(open)");
}

static bool
is_edit (const LsSimItem *item)
{
  return item->kind == LS_SIM_ITEM_TEXT && g_str_has_prefix (item->text, "{\"t\":\"mutate\"");
}

/* A stream loses nothing, but both ends must notice if something before it did: a delta, as soon as
 * the server tells how far it is; an edit, by the next one. */
static bool
may_be_lost (LsSimLink       *link,
             LsSimDirection   way,
             const LsSimItem *item)
{
  if (way == LS_SIM_DOWN)
    return item->kind == LS_SIM_ITEM_TEXT && g_str_has_prefix (item->text, "{\"t\":\"delta\"");
  for (GList *next = link->items[way].head; next != NULL; next = next->next)
    if (is_edit (next->data))
      return is_edit (item);
  return false;
}

static void
arrive (LsSimLink      *link,
        LsSimDirection  way,
        LsSimItem      *item)
{
  LsSimPath *path = ls_sim_link_path_of (link);

  if (item->kind == LS_SIM_ITEM_TEXT && path->truncate[way])
    {
      path->truncate[way] = false;
      snap (link);
      if (way == LS_SIM_DOWN)
        link->waiting -= item->length;
      return;
    }
  if (item->kind == LS_SIM_ITEM_TEXT && path->corrupt[way])
    {
      path->corrupt[way] = false;
      item->text[ls_sim_dice_below (&link->network->dice, (unsigned) item->length)] = '\x01';
    }
  if (path->lose[way] && may_be_lost (link, way, item))
    {
      path->lose[way] = false;
      ls_sim_world_note (link->network->world, "lost");
      if (way == LS_SIM_DOWN)
        link->waiting -= item->length;
      return;
    }
  note (link, way, item);
  if (way == LS_SIM_UP)
    arrive_up (link, item);
  else
    arrive_down (link, item);
}

static void
arrive_next (LsSimLink     *link,
             LsSimDirection way)
{
  LsSimItem *item = g_queue_peek_head (&link->items[way]);

  link->moving[way] = false;
  if (item != NULL && item->due <= ls_sim_world_get_time (link->network->world) &&
      (way == LS_SIM_UP || !link->paused))
    {
      g_queue_pop_head (&link->items[way]);
      arrive (link, way, item);
      item_free (item);
    }
  move (link, way);
}

static void
arrive_up_cb (gpointer data)
{
  arrive_next (data, LS_SIM_UP);
}

static void
arrive_down_cb (gpointer data)
{
  arrive_next (data, LS_SIM_DOWN);
}

/* Has the first item of a queue arrive when it is due. */
static void
move (LsSimLink     *link,
      LsSimDirection way)
{
  LsSimItem *item = g_queue_peek_head (&link->items[way]);
  LsSimWorld *world = link->network->world;

  if (item == NULL || link->moving[way] || (way == LS_SIM_DOWN && link->paused))
    return;
  link->moving[way] = true;
  item->due = MAX (item->due, ls_sim_world_get_time (world) + 1);
  ls_sim_world_post (world, item->due - ls_sim_world_get_time (world),
                     way == LS_SIM_UP ? arrive_up_cb : arrive_down_cb, ls_sim_link_ref (link),
                     unref_cb);
}

/* The client calls: gets through, or meets what stands in between. */
static void
call (LsSimLink *link)
{
  const LsSimPath *path = ls_sim_link_path_of (link);
  int64_t now = ls_sim_world_get_time (link->network->world);
  bool blocked = path->blocked_until > now;

  if (path->refused_until > now || (blocked && path->block == LS_SIM_BLOCK_REFUSED))
    {
      link->answered = true;
      ls_sim_link_put (link, LS_SIM_DOWN, LS_SIM_ITEM_CLOSED, NULL, 0, LS_ERROR_NETWORK);
      return;
    }
  if (blocked && path->block == LS_SIM_BLOCK_HANGS)
    {
      link->answered = true;
      link->mute[LS_SIM_UP] = link->mute[LS_SIM_DOWN] = true;
    }
  link->deaf = blocked && path->block == LS_SIM_BLOCK_DEAF;
  if (link->deaf)
    ls_sim_link_await_sign (link);
  ls_sim_link_put (link, LS_SIM_UP, LS_SIM_ITEM_OPEN, NULL, 0, 0);
}

/* --- For the client's end -------------------------------------------------------------------- */

LsSimLink *
ls_sim_link_new (LsSimNetwork   *network,
                 unsigned        client,
                 LsSimTransport *transport,
                 const char     *token)
{
  LsSimLink *link = g_new0 (LsSimLink, 1);

  link->ref_count = 2; /* the caller's and the network's */
  link->network = network;
  link->server = ls_sim_network_pick (network, client, MOVES);
  link->client = client;
  link->transport = transport;
  link->token = g_strdup (token);
  link->monitor = ls_sim_monitor_new (network->oracle, client, LS_SIM_AT_ONCE);
  g_queue_init (&link->items[LS_SIM_UP]);
  g_queue_init (&link->items[LS_SIM_DOWN]);
  g_ptr_array_add (network->links, link);
  call (link);
  return link;
}

unsigned
ls_sim_link_get_client (LsSimLink *link)
{
  return link->client;
}

bool
ls_sim_link_is_open (LsSimLink *link)
{
  return link->open && link->transport != NULL;
}

void
ls_sim_link_send (LsSimLink  *link,
                  const char *text,
                  size_t      length)
{
  ls_sim_link_put (link, LS_SIM_UP, LS_SIM_ITEM_TEXT, text, length, 0);
}

/* The client closes its end, or the system does for one that was killed. */
void
ls_sim_link_hang_up (LsSimLink *link)
{
  if (link->transport == NULL)
    return;
  link->transport = NULL;
  link->paused = false;
  ls_sim_link_put (link, LS_SIM_UP, LS_SIM_ITEM_CLOSED, NULL, 0, 0);
  move (link, LS_SIM_DOWN);
  ls_sim_link_maybe_over (link);
}

void
ls_sim_link_set_paused (LsSimLink *link,
                        bool       paused)
{
  link->paused = paused;
  move (link, LS_SIM_DOWN);
}

/* --- For who makes trouble ------------------------------------------------------------------- */

static void
mute (LsSimLink     *link,
      LsSimDirection way)
{
  if (link->mute[way])
    return;
  link->mute[way] = true;
  g_queue_clear_full (&link->items[way], item_free);
  if (way == LS_SIM_DOWN)
    link->waiting = 0;
  if (way == LS_SIM_UP)
    {
      link->answered = link->answered || link->session == NULL;
      ls_sim_link_await_sign (link);
    }
}

void
ls_sim_link_trouble (LsSimLink   *link,
                     LsSimTrouble trouble)
{
  if (trouble == LS_SIM_CUT)
    snap (link);
  if (trouble == LS_SIM_MUTE_UP || trouble == LS_SIM_MUTE_BOTH)
    mute (link, LS_SIM_UP);
  if (trouble == LS_SIM_MUTE_DOWN || trouble == LS_SIM_MUTE_BOTH)
    mute (link, LS_SIM_DOWN);
}

/* The server has ended: its system tells the client, if that still runs. */
void
ls_sim_link_server_ended (LsSimLink   *link,
                          LsSimServer *server,
                          LsSimEnd     how)
{
  if (link->server != server)
    return;
  if (!link->answered && link->session == NULL)
    return;
  ls_sim_link_forget_session (link);
  if (how == LS_SIM_KILLED)
    ls_sim_link_put (link, LS_SIM_DOWN, LS_SIM_ITEM_CLOSED, NULL, 0, LS_ERROR_NETWORK);
  else
    mute (link, LS_SIM_DOWN);
  ls_sim_link_maybe_over (link);
}
