/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-transport"

#include "config.h"

#include "client/ls-transport.h"

typedef struct {
  const LsTransportEvents *events;
  gpointer user_data;
} LsTransportPrivate;

/**
 * LsTransport:
 *
 * One way to exchange messages with a server, and requests beside them. It carries text; what the
 * messages say, when to try again and whether the peer is still there is its owner's affair. All
 * calls and events happen on the queue it was made for.
 */
G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (LsTransport, ls_transport, G_TYPE_OBJECT)

static void
ls_transport_real_set_max_message (LsTransport *self,
                                   size_t       bytes)
{
}

static void
ls_transport_real_set_paused (LsTransport *self,
                              bool         paused)
{
}

static LsTransportKind
ls_transport_real_get_kind (LsTransport *self)
{
  return LS_TRANSPORT_LIVE;
}

static int64_t
ls_transport_real_get_interval (LsTransport *self)
{
  return 0;
}

static void
ls_transport_real_set_attention (LsTransport *self,
                                 LsAttention  attention)
{
}

static void
ls_transport_real_set_endpoint (LsTransport *self,
                                LsEndpoint  *endpoint)
{
}

static void
ls_transport_real_set_options (LsTransport               *self,
                               const LsConnectionOptions *options)
{
}

static void
ls_transport_class_init (LsTransportClass *klass)
{
  klass->set_max_message = ls_transport_real_set_max_message;
  klass->set_paused = ls_transport_real_set_paused;
  klass->get_kind = ls_transport_real_get_kind;
  klass->get_interval = ls_transport_real_get_interval;
  klass->set_attention = ls_transport_real_set_attention;
  klass->set_endpoint = ls_transport_real_set_endpoint;
  klass->set_options = ls_transport_real_set_options;
}

static void
ls_transport_init (LsTransport *self)
{
}

/**
 * ls_transport_set_events:
 * @self: a transport
 * @events: (nullable): whom to tell; static
 * @user_data: for them
 *
 * Names the one owner, or none: nothing is told any more.
 */
void
ls_transport_set_events (LsTransport             *self,
                         const LsTransportEvents *events,
                         gpointer                 user_data)
{
  LsTransportPrivate *priv = ls_transport_get_instance_private (self);

  g_return_if_fail (LS_IS_TRANSPORT (self));

  priv->events = events;
  priv->user_data = user_data;
}

/**
 * ls_transport_get_name:
 * @self: a transport
 *
 * Returns: (transfer none): its name, such as `websocket`
 */
const char *
ls_transport_get_name (LsTransport *self)
{
  return LS_TRANSPORT_GET_CLASS (self)->get_name (self);
}

/**
 * ls_transport_open:
 * @self: a transport that is closed
 * @endpoint: the server
 *
 * Begins to connect. One of the events opened and closed follows, never from within this call.
 */
void
ls_transport_open (LsTransport *self,
                   LsEndpoint  *endpoint)
{
  g_return_if_fail (LS_IS_TRANSPORT (self) && endpoint != NULL);

  LS_TRANSPORT_GET_CLASS (self)->open (self, endpoint);
}

/**
 * ls_transport_close:
 * @self: a transport
 *
 * Ends the connection, or the attempt to make one. No event follows.
 */
void
ls_transport_close (LsTransport *self)
{
  g_return_if_fail (LS_IS_TRANSPORT (self));

  LS_TRANSPORT_GET_CLASS (self)->close (self);
}

/**
 * ls_transport_send:
 * @self: a transport
 * @text: one message, nul-terminated
 * @length: its bytes
 *
 * Sends a message, or takes it to be sent when the peer reads.
 *
 * Returns: whether the transport is open
 */
bool
ls_transport_send (LsTransport *self,
                   const char  *text,
                   size_t       length)
{
  g_return_val_if_fail (LS_IS_TRANSPORT (self) && text != NULL, false);

  return LS_TRANSPORT_GET_CLASS (self)->send (self, text, length);
}

/**
 * ls_transport_set_max_message:
 * @self: a transport
 * @bytes: more than 0
 *
 * Bounds the messages that come from now on. A longer one closes the connection before it is in
 * memory.
 */
void
ls_transport_set_max_message (LsTransport *self,
                              size_t       bytes)
{
  g_return_if_fail (LS_IS_TRANSPORT (self) && bytes > 0);

  LS_TRANSPORT_GET_CLASS (self)->set_max_message (self, bytes);
}

/**
 * ls_transport_set_paused:
 * @self: a transport
 * @paused: whether to stop reading
 *
 * Lets the owner catch up: what the server sends meanwhile stays in the network, and the server
 * notices.
 */
void
ls_transport_set_paused (LsTransport *self,
                         bool         paused)
{
  g_return_if_fail (LS_IS_TRANSPORT (self));

  LS_TRANSPORT_GET_CLASS (self)->set_paused (self, paused);
}

/**
 * ls_transport_fetch:
 * @self: a transport, open or not
 * @endpoint: the server
 * @spec: what is asked, and who hears of the answer
 *
 * Sends a request. See #LsFetch for what follows.
 *
 * Returns: (transfer full): the request under way
 */
LsFetch *
ls_transport_fetch (LsTransport       *self,
                    LsEndpoint        *endpoint,
                    const LsFetchSpec *spec)
{
  g_return_val_if_fail (LS_IS_TRANSPORT (self) && endpoint != NULL && spec != NULL, NULL);

  return LS_TRANSPORT_GET_CLASS (self)->fetch (self, endpoint, spec);
}

/**
 * ls_transport_get_kind:
 * @self: a transport
 *
 * Returns: how what is new comes
 */
LsTransportKind
ls_transport_get_kind (LsTransport *self)
{
  g_return_val_if_fail (LS_IS_TRANSPORT (self), LS_TRANSPORT_LIVE);

  return LS_TRANSPORT_GET_CLASS (self)->get_kind (self);
}

/**
 * ls_transport_get_interval:
 * @self: a transport
 *
 * Returns: µs between two polls, 0 when what is new comes by itself
 */
int64_t
ls_transport_get_interval (LsTransport *self)
{
  g_return_val_if_fail (LS_IS_TRANSPORT (self), 0);

  return LS_TRANSPORT_GET_CLASS (self)->get_interval (self);
}

/**
 * ls_transport_set_attention:
 * @self: a transport
 * @attention: how much it matters that what is new comes soon
 *
 * Says whether somebody looks.
 */
void
ls_transport_set_attention (LsTransport *self,
                            LsAttention  attention)
{
  g_return_if_fail (LS_IS_TRANSPORT (self));

  LS_TRANSPORT_GET_CLASS (self)->set_attention (self, attention);
}

/**
 * ls_transport_set_options:
 * @self: a transport
 * @options: times; copied
 *
 * Sets other times, for what begins from now on.
 */
void
ls_transport_set_options (LsTransport               *self,
                          const LsConnectionOptions *options)
{
  g_return_if_fail (LS_IS_TRANSPORT (self) && options != NULL);

  LS_TRANSPORT_GET_CLASS (self)->set_options (self, options);
}

/**
 * ls_transport_set_endpoint:
 * @self: a transport
 * @endpoint: the server that it is open to, with another token
 *
 * Has what is asked from now on asked under that token. What the peer was told before is its owner's
 * affair: `auth` renews a session.
 */
void
ls_transport_set_endpoint (LsTransport *self,
                           LsEndpoint  *endpoint)
{
  g_return_if_fail (LS_IS_TRANSPORT (self) && endpoint != NULL);

  LS_TRANSPORT_GET_CLASS (self)->set_endpoint (self, endpoint);
}

/**
 * ls_transport_emit_opened:
 * @self: a transport
 *
 * Tells the owner that messages can be sent. The owner may drop its reference from within.
 */
void
ls_transport_emit_opened (LsTransport *self)
{
  LsTransportPrivate *priv = ls_transport_get_instance_private (self);

  if (priv->events != NULL)
    priv->events->opened (self, priv->user_data);
}

/**
 * ls_transport_emit_message:
 * @self: a transport
 * @text: what came, nul-terminated
 * @length: its bytes
 *
 * Tells the owner of a message.
 */
void
ls_transport_emit_message (LsTransport *self,
                           const char  *text,
                           size_t       length)
{
  LsTransportPrivate *priv = ls_transport_get_instance_private (self);

  if (priv->events != NULL)
    priv->events->message (self, text, length, priv->user_data);
}

/**
 * ls_transport_emit_closed:
 * @self: a transport
 * @error: why, of %LS_ERROR
 * @retry_after: how long the server asked to be left alone, in µs, or 0
 *
 * Tells the owner that the connection is no more, or did not come to be.
 */
void
ls_transport_emit_closed (LsTransport  *self,
                          const GError *error,
                          int64_t       retry_after)
{
  LsTransportPrivate *priv = ls_transport_get_instance_private (self);

  if (priv->events != NULL)
    priv->events->closed (self, error, retry_after, priv->user_data);
}

/**
 * ls_transport_emit_sign:
 * @self: a transport
 * @sign: what it knows
 * @round_trip: how long an answer took, µs, -1 when the sign tells none
 *
 * Tells the owner of a sign that is no message.
 */
void
ls_transport_emit_sign (LsTransport     *self,
                        LsTransportSign  sign,
                        int64_t          round_trip)
{
  LsTransportPrivate *priv = ls_transport_get_instance_private (self);

  if (priv->events != NULL && priv->events->sign != NULL)
    priv->events->sign (self, sign, round_trip, priv->user_data);
}
