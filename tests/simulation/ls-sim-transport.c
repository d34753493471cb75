/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "core/ls-error.h"
#include "ls-sim-network-private.h"

/* The client's end of its connections. As with a real one nothing happens but as a job of its
 * queue. */

#define LS_TYPE_SIM_TRANSPORT (ls_sim_transport_get_type ())
G_DECLARE_FINAL_TYPE (LsSimTransport, ls_sim_transport, LS, SIM_TRANSPORT, LsTransport)

struct _LsSimTransport {
  LsTransport parent_instance;

  LsSimNetwork *network;
  unsigned client;
  LsSimNode *node;
  LsQueue *queue;
  LsSimLink *link; /* NULL when it is closed */
};

typedef struct {
  LsSimTransport *transport;
  LsSimLink *link;
  char *text;
  size_t length;
  LsErrorCode code;
} Event;

G_DEFINE_FINAL_TYPE (LsSimTransport, ls_sim_transport, LS_TYPE_TRANSPORT)

static void
event_free (gpointer data)
{
  Event *event = data;

  g_object_unref (event->transport);
  ls_sim_link_unref (event->link);
  g_free (event->text);
  g_free (event);
}

static void
post (LsSimTransport *self,
      LsSimLink      *link,
      LsJobFunc       func,
      const char     *text,
      size_t          length,
      LsErrorCode     code)
{
  Event *event = g_new0 (Event, 1);

  event->transport = g_object_ref (self);
  event->link = ls_sim_link_ref (link);
  event->text = text != NULL ? g_strndup (text, length) : NULL;
  event->length = length;
  event->code = code;
  ls_environment_post (LS_ENVIRONMENT (self->node), self->queue, func, event, event_free);
}

static void
opened_cb (gpointer data)
{
  Event *event = data;

  if (event->transport->link == event->link)
    ls_transport_emit_opened (LS_TRANSPORT (event->transport));
}

static void
message_cb (gpointer data)
{
  Event *event = data;

  if (event->transport->link == event->link)
    ls_transport_emit_message (LS_TRANSPORT (event->transport), event->text, event->length);
}

static void
closed_cb (gpointer data)
{
  Event *event = data;
  LsSimTransport *self = event->transport;
  g_autoptr (GError) error = NULL;

  if (self->link != event->link)
    return;
  g_clear_pointer (&self->link, ls_sim_link_unref);
  error = g_error_new (LS_ERROR, (int) event->code, "the connection broke off");
  ls_transport_emit_closed (LS_TRANSPORT (self), error, 0);
}

void
ls_sim_transport_opened (LsSimTransport *self,
                         LsSimLink      *link)
{
  post (self, link, opened_cb, NULL, 0, 0);
}

void
ls_sim_transport_message (LsSimTransport *self,
                          LsSimLink      *link,
                          const char     *text,
                          size_t          length)
{
  post (self, link, message_cb, text, length, 0);
}

void
ls_sim_transport_closed (LsSimTransport *self,
                         LsSimLink      *link,
                         LsErrorCode     code)
{
  post (self, link, closed_cb, NULL, 0, code);
}

LsSimNode *
ls_sim_transport_get_node (LsSimTransport *self)
{
  return self->node;
}

static void
ls_sim_transport_close (LsTransport *transport)
{
  LsSimTransport *self = LS_SIM_TRANSPORT (transport);

  /* One that has died closes nothing: its system does, or not even that. */
  if (self->link != NULL && !ls_sim_node_is_dead (self->node))
    ls_sim_link_hang_up (self->link);
  g_clear_pointer (&self->link, ls_sim_link_unref);
}

static void
ls_sim_transport_open (LsTransport *transport,
                       LsEndpoint  *endpoint)
{
  LsSimTransport *self = LS_SIM_TRANSPORT (transport);
  LsSimPath *path = &self->network->paths[self->client];
  const char *token = ls_endpoint_get_token (endpoint);

  ls_sim_transport_close (transport);
  if (ls_sim_node_is_dead (self->node))
    return;
  if (path->duplicate)
    {
      LsSimLink *ghost = ls_sim_link_new (self->network, self->client, self, token);

      path->duplicate = false;
      ls_sim_link_hang_up (ghost);
      ls_sim_link_unref (ghost);
    }
  self->link = ls_sim_link_new (self->network, self->client, self, token);
}

static bool
ls_sim_transport_send (LsTransport *transport,
                       const char  *text,
                       size_t       length)
{
  LsSimTransport *self = LS_SIM_TRANSPORT (transport);

  if (self->link == NULL || !ls_sim_link_is_open (self->link) ||
      ls_sim_node_is_dead (self->node))
    return false;
  ls_sim_link_send (self->link, text, length);
  return true;
}

static void
ls_sim_transport_set_paused (LsTransport *transport,
                             bool         paused)
{
  LsSimTransport *self = LS_SIM_TRANSPORT (transport);

  if (self->link != NULL)
    ls_sim_link_set_paused (self->link, paused);
}

static LsFetch *
ls_sim_transport_fetch (LsTransport       *transport,
                        LsEndpoint        *endpoint,
                        const LsFetchSpec *spec)
{
  LsSimTransport *self = LS_SIM_TRANSPORT (transport);

  return ls_sim_fetch_new (self->network, self->client, self->node, self->queue, endpoint, spec);
}

static const char *
ls_sim_transport_get_name (LsTransport *transport)
{
  return "simulated";
}

static void
ls_sim_transport_dispose (GObject *object)
{
  LsSimTransport *self = LS_SIM_TRANSPORT (object);

  ls_sim_transport_close (LS_TRANSPORT (self));
  g_clear_object (&self->node);
  G_OBJECT_CLASS (ls_sim_transport_parent_class)->dispose (object);
}

static void
ls_sim_transport_class_init (LsSimTransportClass *klass)
{
  LsTransportClass *transport_class = LS_TRANSPORT_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ls_sim_transport_dispose;
  transport_class->get_name = ls_sim_transport_get_name;
  transport_class->open = ls_sim_transport_open;
  transport_class->close = ls_sim_transport_close;
  transport_class->send = ls_sim_transport_send;
  transport_class->set_paused = ls_sim_transport_set_paused;
  transport_class->fetch = ls_sim_transport_fetch;
}

static void
ls_sim_transport_init (LsSimTransport *self)
{
}

/**
 * ls_sim_network_new_transport:
 * @self: a network
 * @client: whose
 * @node: his machine
 * @queue: where its events happen
 *
 * Returns: (transfer full): a closed transport
 */
LsTransport *
ls_sim_network_new_transport (LsSimNetwork *self,
                              unsigned      client,
                              LsSimNode    *node,
                              LsQueue      *queue)
{
  LsSimTransport *transport = g_object_new (LS_TYPE_SIM_TRANSPORT, NULL);

  transport->network = self;
  transport->client = client;
  transport->node = g_object_ref (node);
  transport->queue = queue;
  return LS_TRANSPORT (transport);
}
