/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-connection-manager"

#include "config.h"

#include "client/ls-connection-manager.h"

#include "client/ls-connection-machine.h"

/* The least that a server may promise as the size of its messages. */
#define MIN_SERVER_MESSAGE (64 * 1024)

/**
 * LsConnectionManager:
 *
 * Keeps a session with the server: opens a transport, another when that does not get through, opens
 * it again when it breaks, looks after its health, decodes what comes. When to do what is decided by an #LsConnectionMachine; this is
 * the shell around it. What the messages mean is its listener's affair. All calls and events happen
 * on its queue.
 */
struct _LsConnectionManager {
  GObject parent_instance;

  /* Owned */
  LsEnvironment *environment;
  LsQueue *queue; /* lives as long as the environment */
  LsTransport *transports[LS_N_CONNECTION_ROUTES]; /* NULL for a way that there is not */
  LsEndpoint *endpoint;
  LsConnectionMachine *machine;

  /* Borrowed */
  const LsConnectionEvents *events;
  gpointer events_data;

  /* State */
  bool open; /* the listener was told opened, and not closed */
  bool ready; /* and the server said welcome */
  LsAttention attention;
  uint64_t timer;
  int64_t timer_due;
};

G_DEFINE_FINAL_TYPE (LsConnectionManager, ls_connection_manager, G_TYPE_OBJECT)

static void act (LsConnectionManager *self,
                 LsConnectionActions  actions,
                 const GError        *error);

static LsMoment
moment (LsConnectionManager *self)
{
  return (LsMoment) { ls_environment_now (self->environment),
                      ls_environment_monotonic (self->environment) };
}

static void
tick_cb (gpointer user_data)
{
  LsConnectionManager *self = user_data;

  LsConnectionActions actions;

  self->timer = 0;
  self->timer_due = -1;
  actions = ls_connection_machine_tick (self->machine, moment (self));
  /* A session that ends here ended by a time-out of the machine. */
  act (self, actions, ls_connection_machine_get_error (self->machine));
}

static void
set_timer (LsConnectionManager *self)
{
  int64_t due = ls_connection_machine_get_deadline (self->machine);

  /* Frames push the deadline back all the time: a timer that fires early finds out by itself. */
  if (self->timer != 0 && due >= 0 && due >= self->timer_due)
    return;
  if (self->timer != 0)
    ls_environment_cancel (self->environment, self->queue, self->timer);
  self->timer = 0;
  self->timer_due = due;
  if (due >= 0)
    self->timer = ls_environment_post_after (
        self->environment, self->queue, MAX (due - ls_environment_monotonic (self->environment), 1),
        tick_cb, self, NULL);
}

static void
tell_closed (LsConnectionManager *self,
             const GError        *error)
{
  g_autoptr (GError) why = NULL;

  if (!self->open)
    return;
  self->open = false;
  self->ready = false;
  if (error != NULL)
    why = g_error_copy (error);
  else
    why = g_error_new_literal (LS_ERROR, LS_ERROR_NETWORK, "the connection was ended");
  if (self->events != NULL)
    self->events->closed (why, self->events_data);
}

static LsTransport *
current_transport (LsConnectionManager *self)
{
  LsConnectionRoute route = ls_connection_machine_get_route (self->machine);

  return route != LS_CONNECTION_ROUTE_NONE ? self->transports[route] : NULL;
}

static LsConnectionRoute
route_of (LsConnectionManager *self,
          LsTransport         *transport)
{
  return transport == self->transports[LS_CONNECTION_ROUTE_POLL] ? LS_CONNECTION_ROUTE_POLL
                                                                 : LS_CONNECTION_ROUTE_SOCKET;
}

static bool
send (LsTransport     *transport,
      const LsMessage *message)
{
  size_t length;
  g_autofree char *text = ls_message_encode (message, &length);

  return ls_transport_send (transport, text, length);
}

static void
send_ping (LsTransport  *transport,
           LsMessageType type,
           int64_t       id)
{
  g_autoptr (LsMessage) message = ls_message_new (type);

  message->ping.id = id;
  if (transport != NULL)
    send (transport, message);
}

static void
set_pace (LsConnectionManager *self)
{
  LsTransport *transport = current_transport (self);

  if (transport != NULL)
    act (self,
         ls_connection_machine_set_pace (self->machine, ls_transport_get_kind (transport),
                                         ls_transport_get_interval (transport), moment (self)),
         NULL);
}

/* The session is on another way from here on. */
static void
tell_opened (LsConnectionManager *self)
{
  set_pace (self);
  self->open = true;
  if (self->events != NULL)
    self->events->opened (self->events_data);
}

static void
close_and_open (LsConnectionManager *self,
                LsConnectionActions  actions,
                const GError        *error)
{
  LsTransport *socket = self->transports[LS_CONNECTION_ROUTE_SOCKET];
  LsTransport *poll = self->transports[LS_CONNECTION_ROUTE_POLL];

  if (actions & LS_CONNECTION_ACTION_CLOSE_SOCKET)
    ls_transport_close (socket);
  if (actions & LS_CONNECTION_ACTION_CLOSE_POLL)
    ls_transport_close (poll);
  if (actions & LS_CONNECTION_ACTION_END)
    tell_closed (self, error);
  if ((actions & LS_CONNECTION_ACTION_OPEN_SOCKET) && self->endpoint != NULL)
    ls_transport_open (socket, self->endpoint);
  if ((actions & LS_CONNECTION_ACTION_OPEN_POLL) && self->endpoint != NULL)
    ls_transport_open (poll, self->endpoint);
}

/* Does what the machine says. @error is why, when a session ends by it. */
static void
act (LsConnectionManager *self,
     LsConnectionActions  actions,
     const GError        *error)
{
  g_object_ref (self);
  close_and_open (self, actions, error);
  if (actions & LS_CONNECTION_ACTION_TAKE)
    tell_opened (self);
  if (actions & LS_CONNECTION_ACTION_PROVE)
    send_ping (self->transports[LS_CONNECTION_ROUTE_SOCKET], LS_MESSAGE_PING,
               ls_connection_machine_get_proof (self->machine));
  if (actions & LS_CONNECTION_ACTION_PING)
    send_ping (current_transport (self), LS_MESSAGE_PING,
               ls_connection_machine_get_ping (self->machine));
  if ((actions & LS_CONNECTION_ACTION_STATUS) && self->events != NULL)
    {
      g_autoptr (LsConnectionStatus) status = ls_connection_manager_get_status (self);

      self->events->status (status, self->events_data);
    }
  set_timer (self);
  g_object_unref (self);
}

static void
opened_cb (LsTransport *transport,
           gpointer     user_data)
{
  LsConnectionManager *self = user_data;

  act (self,
       ls_connection_machine_opened (self->machine, route_of (self, transport), moment (self)),
       NULL);
}

static void
closed_cb (LsTransport  *transport,
           const GError *error,
           int64_t       retry_after,
           gpointer      user_data)
{
  LsConnectionManager *self = user_data;

  act (self,
       ls_connection_machine_failed (self->machine, route_of (self, transport), error, retry_after,
                                     moment (self)),
       error);
}

static void
message_cb (LsTransport *transport,
            const char  *text,
            size_t       length,
            gpointer     user_data)
{
  LsConnectionManager *self = user_data;
  LsConnectionRoute route = route_of (self, transport);
  g_autoptr (GError) error = NULL;
  g_autoptr (LsMessage) message = ls_message_decode (text, length, LS_FROM_SERVER, &error);

  if (message == NULL)
    {
      g_prefix_error (&error, "a message of the server: ");
      act (self, ls_connection_machine_failed (self->machine, route, error, 0, moment (self)),
           error);
      return;
    }
  act (self, ls_connection_machine_received (self->machine, route, moment (self)), NULL);
  if (message->type == LS_MESSAGE_PING)
    send_ping (transport, LS_MESSAGE_PONG, message->ping.id);
  else if (message->type == LS_MESSAGE_PONG)
    act (self, ls_connection_machine_pong (self->machine, route, message->ping.id, moment (self)),
         NULL);
  /* A way that is only being proved has nothing to say to the session. */
  if (self->open && transport == current_transport (self) && self->events != NULL &&
      !(message->type == LS_MESSAGE_PONG && !self->ready))
    self->events->message (message, length, self->events_data);
}

static void
sign_cb (LsTransport     *transport,
         LsTransportSign  sign,
         int64_t          round_trip,
         gpointer         user_data)
{
  LsConnectionManager *self = user_data;

  if (sign == LS_SIGN_PACE && transport == current_transport (self))
    set_pace (self);
  else
    act (self,
         ls_connection_machine_sign (self->machine, route_of (self, transport), sign, round_trip,
                                     moment (self)),
         NULL);
}

static const LsTransportEvents transport_events = { opened_cb, message_cb, closed_cb, sign_cb };

static uint64_t
draw (gpointer user_data)
{
  return ls_environment_random (((LsConnectionManager *) user_data)->environment);
}

static void
ls_connection_manager_dispose (GObject *object)
{
  LsConnectionManager *self = LS_CONNECTION_MANAGER (object);

  self->events = NULL;
  if (self->timer != 0)
    ls_environment_cancel (self->environment, self->queue, self->timer);
  self->timer = 0;
  for (unsigned i = 0; i < LS_N_CONNECTION_ROUTES; i++)
    if (self->transports[i] != NULL)
      {
        ls_transport_set_events (self->transports[i], NULL, NULL);
        ls_transport_close (self->transports[i]);
        g_clear_object (&self->transports[i]);
      }
  g_clear_pointer (&self->endpoint, ls_endpoint_unref);
  g_clear_pointer (&self->machine, ls_connection_machine_free);
  g_clear_object (&self->environment);
  G_OBJECT_CLASS (ls_connection_manager_parent_class)->dispose (object);
}

static void
ls_connection_manager_class_init (LsConnectionManagerClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ls_connection_manager_dispose;
}

static void
ls_connection_manager_init (LsConnectionManager *self)
{
  self->timer_due = -1;
}

/**
 * ls_connection_manager_new:
 * @environment: clock, dice, queues
 * @queue: where all calls and events happen
 * @transport: how to talk with the server; nobody else uses it
 *
 * Returns: (transfer full): a manager that is not started and has no endpoint
 */
LsConnectionManager *
ls_connection_manager_new (LsEnvironment *environment,
                           LsQueue       *queue,
                           LsTransport   *transport)
{
  LsConnectionManager *self;
  LsConnectionOptions options;

  g_return_val_if_fail (LS_IS_ENVIRONMENT (environment) && LS_IS_TRANSPORT (transport), NULL);

  ls_connection_options_init (&options);
  self = g_object_new (LS_TYPE_CONNECTION_MANAGER, NULL);
  self->environment = g_object_ref (environment);
  self->queue = queue;
  self->transports[LS_CONNECTION_ROUTE_SOCKET] = g_object_ref (transport);
  self->machine = ls_connection_machine_new (&options, draw, self);
  ls_transport_set_events (transport, &transport_events, self);
  return self;
}

/**
 * ls_connection_manager_set_fallback:
 * @self: a manager that is not started
 * @transport: what stands in for the first one; nobody else uses it
 *
 * Gives another way, for when the first one does not get through.
 */
void
ls_connection_manager_set_fallback (LsConnectionManager *self,
                                    LsTransport         *transport)
{
  g_return_if_fail (LS_IS_CONNECTION_MANAGER (self) && LS_IS_TRANSPORT (transport));

  g_set_object (&self->transports[LS_CONNECTION_ROUTE_POLL], transport);
  ls_transport_set_events (transport, &transport_events, self);
  ls_transport_set_attention (transport, self->attention);
  ls_connection_machine_set_fallback (self->machine, true);
}

/**
 * ls_connection_manager_set_options:
 * @self: a manager
 * @options: times; copied
 *
 * Sets other times, for what begins from now on.
 */
void
ls_connection_manager_set_options (LsConnectionManager       *self,
                                   const LsConnectionOptions *options)
{
  g_return_if_fail (LS_IS_CONNECTION_MANAGER (self) && options != NULL);

  ls_connection_machine_set_options (self->machine, options);
  for (unsigned i = 0; i < LS_N_CONNECTION_ROUTES; i++)
    if (self->transports[i] != NULL)
      ls_transport_set_options (self->transports[i], options);
  set_timer (self);
}

/**
 * ls_connection_manager_set_attention:
 * @self: a manager
 * @attention: who looks
 *
 * Says how much it matters that what is new comes soon. Who comes back to a connection that waits for
 * its next try does not wait.
 */
void
ls_connection_manager_set_attention (LsConnectionManager *self,
                                     LsAttention          attention)
{
  g_return_if_fail (LS_IS_CONNECTION_MANAGER (self));

  if (self->attention == attention)
    return;
  self->attention = attention;
  for (unsigned i = 0; i < LS_N_CONNECTION_ROUTES; i++)
    if (self->transports[i] != NULL)
      ls_transport_set_attention (self->transports[i], attention);
}

/**
 * ls_connection_manager_set_events:
 * @self: a manager
 * @events: (nullable): whom to tell; static
 * @user_data: for them
 *
 * Names the one listener.
 */
void
ls_connection_manager_set_events (LsConnectionManager      *self,
                                  const LsConnectionEvents *events,
                                  gpointer                  user_data)
{
  g_return_if_fail (LS_IS_CONNECTION_MANAGER (self));

  self->events = events;
  self->events_data = user_data;
}

/* Whether a session that stands can go on under the token of @endpoint: it is told of it by `auth`,
 * and ends if that is another user's. */
static bool
renew (LsConnectionManager *self,
       LsEndpoint          *endpoint)
{
  g_autoptr (LsMessage) message = NULL;
  const char *token = ls_endpoint_get_token (endpoint);

  if (!self->ready || self->endpoint == NULL || token == NULL ||
      g_strcmp0 (ls_endpoint_get_url (self->endpoint), ls_endpoint_get_url (endpoint)) != 0 ||
      g_strcmp0 (ls_endpoint_get_ca_file (self->endpoint), ls_endpoint_get_ca_file (endpoint)) != 0)
    return false;
  ls_transport_set_endpoint (current_transport (self), endpoint);
  message = ls_message_new (LS_MESSAGE_AUTH);
  message->auth.token = g_strdup (token);
  return ls_connection_manager_send (self, message);
}

/**
 * ls_connection_manager_set_endpoint:
 * @self: a manager
 * @endpoint: the server, with a token
 *
 * Sets where to connect to and as whom. A session under way goes on when only the token is another.
 * Else it is ended, and one with the other server begins, if it is started.
 */
void
ls_connection_manager_set_endpoint (LsConnectionManager *self,
                                    LsEndpoint          *endpoint)
{
  bool renewed;

  g_return_if_fail (LS_IS_CONNECTION_MANAGER (self) && endpoint != NULL);

  renewed = renew (self, endpoint);
  ls_endpoint_ref (endpoint);
  g_clear_pointer (&self->endpoint, ls_endpoint_unref);
  self->endpoint = endpoint;
  if (!renewed)
    act (self, ls_connection_machine_credentials (self->machine, moment (self)), NULL);
}

/**
 * ls_connection_manager_start:
 * @self: a manager that has an endpoint
 *
 * Begins to connect, and to stay connected.
 */
void
ls_connection_manager_start (LsConnectionManager *self)
{
  g_return_if_fail (LS_IS_CONNECTION_MANAGER (self) && self->endpoint != NULL);

  act (self, ls_connection_machine_start (self->machine, moment (self)), NULL);
}

/**
 * ls_connection_manager_stop:
 * @self: a manager
 *
 * Ends the session and begins none.
 */
void
ls_connection_manager_stop (LsConnectionManager *self)
{
  g_return_if_fail (LS_IS_CONNECTION_MANAGER (self));

  act (self, ls_connection_machine_stop (self->machine, moment (self)), NULL);
}

/**
 * ls_connection_manager_set_by_hand:
 * @self: a manager
 * @offline: whether the admin wants to work offline
 *
 * Ends the session, or allows it again.
 */
void
ls_connection_manager_set_by_hand (LsConnectionManager *self,
                                   bool                 offline)
{
  g_return_if_fail (LS_IS_CONNECTION_MANAGER (self));

  act (self, ls_connection_machine_set_by_hand (self->machine, offline, moment (self)), NULL);
}

/**
 * ls_connection_manager_try_now:
 * @self: a manager
 *
 * Ends a wait: the network came, the machine woke up, a window got the focus, the admin asked.
 */
void
ls_connection_manager_try_now (LsConnectionManager *self)
{
  g_return_if_fail (LS_IS_CONNECTION_MANAGER (self));

  act (self, ls_connection_machine_try_now (self->machine, moment (self)), NULL);
}

/**
 * ls_connection_manager_send:
 * @self: a manager
 * @message: what to say
 *
 * Sends a message.
 *
 * Returns: whether there is a connection
 */
bool
ls_connection_manager_send (LsConnectionManager *self,
                            const LsMessage     *message)
{
  LsTransport *transport;

  g_return_val_if_fail (LS_IS_CONNECTION_MANAGER (self) && message != NULL, false);

  transport = current_transport (self);
  return transport != NULL && send (transport, message);
}

/**
 * ls_connection_manager_set_paused:
 * @self: a manager
 * @paused: whether to stop reading
 *
 * Lets the listener catch up. See ls_transport_set_paused().
 */
void
ls_connection_manager_set_paused (LsConnectionManager *self,
                                  bool                 paused)
{
  g_return_if_fail (LS_IS_CONNECTION_MANAGER (self));

  if (current_transport (self) != NULL)
    ls_transport_set_paused (current_transport (self), paused);
}

/**
 * ls_connection_manager_ready:
 * @self: a manager that is open
 * @welcome: what the server said
 *
 * Says that the session stands: from here on the state is live.
 */
void
ls_connection_manager_ready (LsConnectionManager *self,
                             const LsWelcome     *welcome)
{
  g_return_if_fail (LS_IS_CONNECTION_MANAGER (self) && welcome != NULL);

  if (!self->open)
    return;
  self->ready = true;
  ls_transport_set_max_message (current_transport (self),
                                (size_t) CLAMP (welcome->max_server_message, MIN_SERVER_MESSAGE,
                                                LS_MAX_SERVER_MESSAGE));
  act (self, ls_connection_machine_ready (self->machine, welcome->heartbeat, moment (self)), NULL);
}

/**
 * ls_connection_manager_fail:
 * @self: a manager
 * @error: why, of %LS_ERROR
 * @retry_after: µs to wait at least, or 0
 *
 * Ends the session because it can't go on. What follows depends on the error: another try after a
 * wait, a sign-in, an update.
 */
void
ls_connection_manager_fail (LsConnectionManager *self,
                            const GError        *error,
                            int64_t              retry_after)
{
  g_return_if_fail (LS_IS_CONNECTION_MANAGER (self) && error != NULL);

  act (self,
       ls_connection_machine_failed (self->machine, ls_connection_machine_get_route (self->machine),
                                     error, retry_after, moment (self)),
       error);
}

/**
 * ls_connection_manager_verified:
 * @self: a manager
 * @version: a version at which digests agreed
 *
 * Remembers the proof for the status.
 */
void
ls_connection_manager_verified (LsConnectionManager *self,
                                int64_t              version)
{
  g_return_if_fail (LS_IS_CONNECTION_MANAGER (self));

  act (self, ls_connection_machine_verified (self->machine, version, moment (self)), NULL);
}

/**
 * ls_connection_manager_fetch:
 * @self: a manager that has an endpoint
 * @spec: what to ask
 *
 * Sends a request beside the messages.
 *
 * Returns: (transfer full): the fetch under way
 */
LsFetch *
ls_connection_manager_fetch (LsConnectionManager *self,
                             const LsFetchSpec   *spec)
{
  g_return_val_if_fail (LS_IS_CONNECTION_MANAGER (self) && self->endpoint != NULL, NULL);

  return ls_transport_fetch (self->transports[LS_CONNECTION_ROUTE_SOCKET], self->endpoint, spec);
}

/**
 * ls_connection_manager_get_status:
 * @self: a manager
 *
 * Returns: (transfer full): the status as it is now
 */
LsConnectionStatus *
ls_connection_manager_get_status (LsConnectionManager *self)
{
  g_return_val_if_fail (LS_IS_CONNECTION_MANAGER (self), NULL);

  return ls_connection_machine_get_status (self->machine, moment (self));
}
