/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-sim-link-private.h"

#include "core/ls-error.h"

/* The server's end of a connection: the sink of a session. */

/* How long the server's end waits for a sign of life: its heartbeat and the patience for a pong. */
#define SILENCE (45 * G_USEC_PER_SEC)
/* Below a quarter a sink that was full tells that it is nearly empty. */
#define LOW_MARK(limit) ((limit) / 4)

static void
unref_cb (gpointer data)
{
  ls_sim_link_unref (data);
}

void
ls_sim_link_forget_session (LsSimLink *link)
{
  if (link->sink != NULL)
    link->sink->link = NULL;
  link->sink = NULL;
  g_clear_pointer (&link->session, ls_session_unref);
}

void
ls_sim_link_close_session (LsSimLink *link)
{
  if (link->session == NULL)
    return;
  ls_session_closed (link->session);
  ls_sim_link_forget_session (link);
  ls_sim_link_maybe_over (link);
}

/* The server's end has not heard of the client for too long. */
static void
silent_cb (gpointer data)
{
  ls_sim_link_close_session (data);
}

/* Has it end if that stays so. */
void
ls_sim_link_await_sign (LsSimLink *link)
{
  ls_sim_world_post (link->network->world, SILENCE, silent_cb, ls_sim_link_ref (link), unref_cb);
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
      ls_sim_link_put (link, LS_SIM_DOWN, LS_SIM_ITEM_TEXT, (const char *) data + head, payload, 0);
      data += head + payload;
      length -= head + payload;
    }
}

static bool
server_is_dead (LsSimLink *link)
{
  return !ls_sim_server_is_up (link->server);
}

static void
sink_send (LsSink *sink,
           LsBlob *blob)
{
  LsSimLink *link = ((LsSimSink *) sink)->link;
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
  LsSimLink *link = ((LsSimSink *) sink)->link;

  if (link != NULL)
    link->full = false;
}

void
ls_sim_link_maybe_drained (LsSimLink *link)
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
  LsSimLink *link = ((LsSimSink *) sink)->link;

  if (link == NULL)
    return;
  link->wants_drained = true;
  ls_sim_link_maybe_drained (link);
}

static void
closed_by_server_cb (gpointer data)
{
  ls_sim_link_close_session (data);
}

static void
sink_close (LsSink     *sink,
            uint16_t    code,
            const char *reason)
{
  LsSimLink *link = ((LsSimSink *) sink)->link;

  if (link == NULL || server_is_dead (link))
    return;
  ls_sim_link_put (link, LS_SIM_DOWN, LS_SIM_ITEM_CLOSED, NULL, 0, LS_ERROR_NETWORK);
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
  LsSimServer *server = link->server;
  g_autoptr (GError) error = NULL;
  g_autoptr (LsIdentity) identity = NULL;

  link->answered = true;
  if (link->hung_up)
    {
      ls_sim_link_maybe_over (link);
      return;
    }
  identity = ls_access_check_token (server->access, link->token, &error);
  if (identity == NULL)
    {
      ls_sim_link_put (link, LS_SIM_DOWN, LS_SIM_ITEM_CLOSED, NULL, 0,
           g_error_matches (error, LS_ERROR, LS_ERROR_AUTH) ? LS_ERROR_AUTH : LS_ERROR_STORAGE);
      ls_sim_link_maybe_over (link);
      return;
    }
  link->sink = g_new0 (LsSimSink, 1);
  link->sink->sink.klass = &sink_class;
  link->sink->link = link;
  link->session = ls_session_new (server->hub, identity, &link->sink->sink);
  ls_session_opened (link->session);
  ls_sim_link_put (link, LS_SIM_DOWN, LS_SIM_ITEM_OPEN, NULL, 0, 0);
}

static void
answered_cb (gpointer data)
{
  ls_sim_link_unref (data);
}

void
ls_sim_link_call_server (LsSimLink *link)
{
  LsSimServer *server = link->server;

  if (!ls_sim_server_is_up (server))
    {
      link->answered = true;
      ls_sim_link_put (link, LS_SIM_DOWN, LS_SIM_ITEM_CLOSED, NULL, 0, LS_ERROR_NETWORK);
      return;
    }
  ls_environment_post (LS_ENVIRONMENT (server->node),
                       ls_environment_get_queue (LS_ENVIRONMENT (server->node), LS_QUEUE_MAIN),
                       answer_cb, ls_sim_link_ref (link), answered_cb);
}
