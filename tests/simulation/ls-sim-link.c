/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-sim-network-private.h"

#include <string.h>

#include "core/ls-error.h"
#include "ls-sim-monitor.h"

/*
 * One connection. What goes through it waits in two queues, one each way, and arrives in order. Its
 * ends are the transport of a client and the sink of a session of the server; either may be gone.
 */

/* How long the server's end waits for a sign of life: its heartbeat and the patience for a pong. */
#define SILENCE (45 * G_USEC_PER_SEC)
/* Below a quarter a sink that was full tells that it is nearly empty. */
#define LOW_MARK(limit) ((limit) / 4)

typedef enum {
  ITEM_OPEN,   /* up: the client calls; down: the server has answered */
  ITEM_TEXT,
  ITEM_CLOSED, /* the last */
} ItemKind;

typedef struct {
  ItemKind kind;
  char *text;
  size_t length;
  LsErrorCode code;
  int64_t due;
} Item;

typedef struct {
  LsSink sink;
  LsSimLink *link; /* NULL when the connection is over */
} Sink;

struct _LsSimLink {
  unsigned ref_count;
  LsSimNetwork *network;
  unsigned client;
  char *token;
  LsSimTransport *transport; /* borrowed, NULL when the client has let go */
  LsSession *session;
  Sink *sink;
  LsSimMonitor *monitor;

  GQueue items[2];
  int64_t last_due[2];
  bool moving[2]; /* a delivery is posted */
  bool mute[2];
  bool deaf;      /* no message gets through, either way */
  bool paused;
  bool open;      /* the client was told so */
  bool answered;  /* the server's end was made, or never will be */
  bool hung_up;   /* the server's end heard that the client's is closed */
  size_t waiting; /* bytes for the client */
  bool full;
  bool wants_drained;
};

static void move (LsSimLink     *link,
                  LsSimDirection way);

static LsSimPath *
path_of (LsSimLink *link)
{
  return &link->network->paths[link->client];
}

static void
item_free (gpointer data)
{
  Item *item = data;

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
static void
maybe_over (LsSimLink *link)
{
  if (link->transport == NULL && link->session == NULL &&
      (link->answered || g_queue_is_empty (&link->items[LS_SIM_UP])))
    g_ptr_array_remove (link->network->links, link);
}

static void
put (LsSimLink     *link,
     LsSimDirection way,
     ItemKind       kind,
     const char    *text,
     size_t         length,
     LsErrorCode    code)
{
  LsSimWorld *world = link->network->world;
  int64_t due = ls_sim_world_get_time (world) + ls_sim_network_delay (link->network, link->client);
  Item *item;

  if (kind == ITEM_TEXT && way == LS_SIM_DOWN)
    ls_sim_monitor_down (link->monitor, text, length);
  else if (kind == ITEM_TEXT)
    ls_sim_monitor_up (link->monitor, text, length);
  if (link->mute[way] || (link->deaf && kind == ITEM_TEXT))
    return;
  item = g_new0 (Item, 1);
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

/* --- The server's end ------------------------------------------------------------------------ */

static void
forget_session (LsSimLink *link)
{
  if (link->sink != NULL)
    link->sink->link = NULL;
  link->sink = NULL;
  g_clear_pointer (&link->session, ls_session_unref);
}

static void
close_session (LsSimLink *link)
{
  if (link->session == NULL)
    return;
  ls_session_closed (link->session);
  forget_session (link);
  maybe_over (link);
}

/* The server's end has not heard of the client for too long. */
static void
silent_cb (gpointer data)
{
  close_session (data);
}

/* The texts in the frames of a blob. */
static void
put_frames (LsSimLink     *link,
            const uint8_t *data,
            size_t         length)
{
  while (length > 0)
    {
      size_t head = 2, payload = data[1] & 0x7f;

      g_assert_cmpuint (data[0], ==, 0x81);
      if (payload == 126)
        {
          payload = (size_t) data[2] << 8 | data[3];
          head = 4;
        }
      else if (payload == 127)
        {
          payload = 0;
          for (unsigned i = 2; i < 10; i++)
            payload = payload << 8 | data[i];
          head = 10;
        }
      put (link, LS_SIM_DOWN, ITEM_TEXT, (const char *) data + head, payload, 0);
      data += head + payload;
      length -= head + payload;
    }
}

static bool
server_is_dead (LsSimLink *link)
{
  return !ls_sim_server_is_up (link->network->server);
}

static void
sink_send (LsSink *sink,
           LsBlob *blob)
{
  LsSimLink *link = ((Sink *) sink)->link;
  const uint8_t *data;
  size_t length;

  if (link == NULL || link->full || server_is_dead (link))
    return;
  data = ls_blob_get_data (blob, &length);
  /* As on the wire: a blob for which there is no room is dropped, but a single one may be longer. */
  if (link->waiting > 0 && link->waiting + length > link->network->buffer)
    {
      ls_sim_world_note (link->network->world, "client %u is too slow", link->client);
      link->full = true;
      ls_session_overflowed (link->session);
      return;
    }
  put_frames (link, data, length);
}

static void
sink_resume (LsSink *sink)
{
  LsSimLink *link = ((Sink *) sink)->link;

  if (link != NULL)
    link->full = false;
}

static void
maybe_drained (LsSimLink *link)
{
  if (link->full && link->waiting <= LOW_MARK (link->network->buffer))
    link->wants_drained = true;
  if (!link->wants_drained || link->session == NULL ||
      link->waiting > LOW_MARK (link->network->buffer))
    return;
  link->wants_drained = false;
  ls_session_drained (link->session);
}

static void
sink_notify_drained (LsSink *sink)
{
  LsSimLink *link = ((Sink *) sink)->link;

  if (link == NULL)
    return;
  link->wants_drained = true;
  maybe_drained (link);
}

static void
closed_by_server_cb (gpointer data)
{
  close_session (data);
}

static void
sink_close (LsSink     *sink,
            uint16_t    code,
            const char *reason)
{
  LsSimLink *link = ((Sink *) sink)->link;

  if (link == NULL || server_is_dead (link))
    return;
  put (link, LS_SIM_DOWN, ITEM_CLOSED, NULL, 0, LS_ERROR_NETWORK);
  ls_sim_world_post (link->network->world, 1, closed_by_server_cb, ls_sim_link_ref (link),
                     unref_cb);
}

static void
sink_free (LsSink *sink)
{
  g_free (sink);
}

static const LsSinkClass sink_class = {
  sink_send, sink_resume, sink_notify_drained, sink_close, sink_free,
};

/* On the server's main queue: lets a client in, or not. */
static void
answer_cb (gpointer data)
{
  LsSimLink *link = data;
  LsSimServer *server = link->network->server;
  g_autoptr (GError) error = NULL;
  g_autoptr (LsIdentity) identity = NULL;

  link->answered = true;
  if (link->hung_up)
    {
      maybe_over (link);
      return;
    }
  identity = ls_access_check_token (server->access, link->token, &error);
  if (identity == NULL)
    {
      put (link, LS_SIM_DOWN, ITEM_CLOSED, NULL, 0,
           g_error_matches (error, LS_ERROR, LS_ERROR_AUTH) ? LS_ERROR_AUTH : LS_ERROR_STORAGE);
      maybe_over (link);
      return;
    }
  link->sink = g_new0 (Sink, 1);
  link->sink->sink.klass = &sink_class;
  link->sink->link = link;
  link->session = ls_session_new (server->hub, identity, &link->sink->sink);
  ls_session_opened (link->session);
  put (link, LS_SIM_DOWN, ITEM_OPEN, NULL, 0, 0);
}

static void
answered_cb (gpointer data)
{
  ls_sim_link_unref (data);
}

static void
call_server (LsSimLink *link)
{
  LsSimServer *server = link->network->server;

  if (!ls_sim_server_is_up (server))
    {
      link->answered = true;
      put (link, LS_SIM_DOWN, ITEM_CLOSED, NULL, 0, LS_ERROR_NETWORK);
      return;
    }
  ls_environment_post (LS_ENVIRONMENT (server->node),
                       ls_environment_get_queue (LS_ENVIRONMENT (server->node), LS_QUEUE_MAIN),
                       answer_cb, ls_sim_link_ref (link), answered_cb);
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
          Item *item = g_queue_pop_tail (&link->items[way]);

          if (way == LS_SIM_DOWN)
            link->waiting -= item->length;
          item_free (item);
        }
      put (link, (LsSimDirection) way, ITEM_CLOSED, NULL, 0, LS_ERROR_NETWORK);
      link->mute[way] = true;
    }
}

static void
arrive_up (LsSimLink *link,
           Item      *item)
{
  if (item->kind == ITEM_OPEN)
    call_server (link);
  else if (item->kind == ITEM_CLOSED)
    {
      link->hung_up = true;
      close_session (link);
      maybe_over (link);
    }
  else if (link->session != NULL && ls_sim_server_is_up (link->network->server))
    ls_session_receive (link->session, (const uint8_t *) item->text, item->length, false);
}

static void
arrive_down (LsSimLink *link,
             Item      *item)
{
  link->waiting -= item->length;
  if (link->transport != NULL && item->kind == ITEM_OPEN)
    ls_sim_transport_opened (link->transport, link);
  else if (link->transport != NULL && item->kind == ITEM_TEXT)
    ls_sim_transport_message (link->transport, link, item->text, item->length);
  else if (link->transport != NULL)
    {
      LsSimTransport *transport = link->transport;

      link->transport = NULL;
      ls_sim_transport_closed (transport, link, item->code);
      maybe_over (link);
    }
  link->open = link->open || item->kind == ITEM_OPEN;
  maybe_drained (link);
}

static void
note (LsSimLink     *link,
      LsSimDirection way,
      const Item    *item)
{
  ls_sim_world_note (link->network->world, "client %u %s %s", link->client,
                     way == LS_SIM_UP ? ">" : "<",
                     item->kind == ITEM_TEXT     ? item->text
                     : item->kind == ITEM_CLOSED ? "(closed)"
                                                 : "(open)");
}

static bool
is_edit (const Item *item)
{
  return item->kind == ITEM_TEXT && g_str_has_prefix (item->text, "{\"t\":\"mutate\"");
}

/* A stream loses nothing, but both ends must notice if something before it did: a delta, as soon as
 * the server tells how far it is; an edit, by the next one. */
static bool
may_be_lost (LsSimLink     *link,
             LsSimDirection way,
             const Item    *item)
{
  if (way == LS_SIM_DOWN)
    return item->kind == ITEM_TEXT && g_str_has_prefix (item->text, "{\"t\":\"delta\"");
  for (GList *next = link->items[way].head; next != NULL; next = next->next)
    if (is_edit (next->data))
      return is_edit (item);
  return false;
}

static void
arrive (LsSimLink     *link,
        LsSimDirection way,
        Item          *item)
{
  LsSimPath *path = path_of (link);

  if (item->kind == ITEM_TEXT && path->truncate[way])
    {
      path->truncate[way] = false;
      snap (link);
      if (way == LS_SIM_DOWN)
        link->waiting -= item->length;
      return;
    }
  if (item->kind == ITEM_TEXT && path->corrupt[way])
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
  Item *item = g_queue_peek_head (&link->items[way]);

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
  Item *item = g_queue_peek_head (&link->items[way]);
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
  const LsSimPath *path = path_of (link);
  int64_t now = ls_sim_world_get_time (link->network->world);
  bool blocked = path->blocked_until > now;

  if (path->refused_until > now || (blocked && path->block == LS_SIM_BLOCK_REFUSED))
    {
      link->answered = true;
      put (link, LS_SIM_DOWN, ITEM_CLOSED, NULL, 0, LS_ERROR_NETWORK);
      return;
    }
  if (blocked && path->block == LS_SIM_BLOCK_HANGS)
    {
      link->answered = true;
      link->mute[LS_SIM_UP] = link->mute[LS_SIM_DOWN] = true;
    }
  link->deaf = blocked && path->block == LS_SIM_BLOCK_DEAF;
  if (link->deaf)
    ls_sim_world_post (link->network->world, SILENCE, silent_cb, ls_sim_link_ref (link), unref_cb);
  put (link, LS_SIM_UP, ITEM_OPEN, NULL, 0, 0);
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
  put (link, LS_SIM_UP, ITEM_TEXT, text, length, 0);
}

/* The client closes its end, or the system does for one that was killed. */
void
ls_sim_link_hang_up (LsSimLink *link)
{
  if (link->transport == NULL)
    return;
  link->transport = NULL;
  link->paused = false;
  put (link, LS_SIM_UP, ITEM_CLOSED, NULL, 0, 0);
  move (link, LS_SIM_DOWN);
  maybe_over (link);
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
      ls_sim_world_post (link->network->world, SILENCE, silent_cb, ls_sim_link_ref (link),
                         unref_cb);
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
ls_sim_link_server_ended (LsSimLink *link,
                          LsSimEnd   how)
{
  if (!link->answered && link->session == NULL)
    return;
  forget_session (link);
  if (how == LS_SIM_KILLED)
    put (link, LS_SIM_DOWN, ITEM_CLOSED, NULL, 0, LS_ERROR_NETWORK);
  else
    mute (link, LS_SIM_DOWN);
  maybe_over (link);
}
