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
 * Keeps a session with the server: opens the transport, opens it again when it breaks, looks after
 * its health, decodes what comes. When to do what is decided by an #LsConnectionMachine; this is
 * the shell around it. What the messages mean is its listener's affair. All calls and events happen
 * on its queue.
 */
struct _LsConnectionManager {
  GObject parent_instance;

  /* Owned */
  LsEnvironment *environment;
  LsQueue *queue; /* lives as long as the environment */
  LsTransport *transport;
  LsEndpoint *endpoint;
  LsConnectionMachine *machine;

  /* Borrowed */
  const LsConnectionEvents *events;
  gpointer events_data;

  /* State */
  bool open; /* the listener was told opened, and not closed */
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
  if (error != NULL)
    why = g_error_copy (error);
  else
    why = g_error_new_literal (LS_ERROR, LS_ERROR_NETWORK, "the connection was ended");
  if (self->events != NULL)
    self->events->closed (why, self->events_data);
}

static void
send_ping (LsConnectionManager *self,
           LsMessageType        type,
           int64_t              id)
{
  g_autoptr (LsMessage) message = ls_message_new (type);

  message->ping.id = id;
  ls_connection_manager_send (self, message);
}

/* Does what the machine says. @error is why, when a session ends by it. */
static void
act (LsConnectionManager *self,
     LsConnectionActions  actions,
     const GError        *error)
{
  g_object_ref (self);
  if (actions & LS_CONNECTION_ACTION_DISCONNECT)
    {
      ls_transport_close (self->transport);
      tell_closed (self, error);
    }
  if ((actions & LS_CONNECTION_ACTION_CONNECT) && self->endpoint != NULL)
    ls_transport_open (self->transport, self->endpoint);
  if (actions & LS_CONNECTION_ACTION_PING)
    send_ping (self, LS_MESSAGE_PING, ls_connection_machine_get_ping (self->machine));
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

  act (self, ls_connection_machine_opened (self->machine, moment (self)), NULL);
  self->open = true;
  if (self->events != NULL)
    self->events->opened (self->events_data);
}

static void
closed_cb (LsTransport  *transport,
           const GError *error,
           int64_t       retry_after,
           gpointer      user_data)
{
  LsConnectionManager *self = user_data;

  act (self, ls_connection_machine_failed (self->machine, error, retry_after, moment (self)),
       error);
}

static void
message_cb (LsTransport *transport,
            const char  *text,
            size_t       length,
            gpointer     user_data)
{
  LsConnectionManager *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (LsMessage) message = ls_message_decode (text, length, LS_FROM_SERVER, &error);

  if (message == NULL)
    {
      g_prefix_error (&error, "a message of the server: ");
      ls_connection_manager_fail (self, error, 0);
      return;
    }
  act (self, ls_connection_machine_received (self->machine, moment (self)), NULL);
  if (message->type == LS_MESSAGE_PING)
    send_ping (self, LS_MESSAGE_PONG, message->ping.id);
  else if (message->type == LS_MESSAGE_PONG)
    act (self, ls_connection_machine_pong (self->machine, message->ping.id, moment (self)), NULL);
  if (self->open && self->events != NULL)
    self->events->message (message, length, self->events_data);
}

static const LsTransportEvents transport_events = { opened_cb, message_cb, closed_cb };

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
  if (self->transport != NULL)
    {
      ls_transport_set_events (self->transport, NULL, NULL);
      ls_transport_close (self->transport);
    }
  g_clear_object (&self->transport);
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

  g_return_val_if_fail (LS_IS_ENVIRONMENT (environment) && LS_IS_TRANSPORT (transport), NULL);

  self = g_object_new (LS_TYPE_CONNECTION_MANAGER, NULL);
  self->environment = g_object_ref (environment);
  self->queue = queue;
  self->transport = g_object_ref (transport);
  self->machine = ls_connection_machine_new (draw, self);
  ls_transport_set_events (transport, &transport_events, self);
  return self;
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

/**
 * ls_connection_manager_set_endpoint:
 * @self: a manager
 * @endpoint: the server, with a token
 *
 * Sets where to connect to and as whom. A session under way is ended, one under another token
 * begins, if it is started.
 */
void
ls_connection_manager_set_endpoint (LsConnectionManager *self,
                                    LsEndpoint          *endpoint)
{
  g_return_if_fail (LS_IS_CONNECTION_MANAGER (self) && endpoint != NULL);

  g_clear_pointer (&self->endpoint, ls_endpoint_unref);
  self->endpoint = ls_endpoint_ref (endpoint);
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
  g_autofree char *text = NULL;
  size_t length;

  g_return_val_if_fail (LS_IS_CONNECTION_MANAGER (self) && message != NULL, false);

  text = ls_message_encode (message, &length);
  return ls_transport_send (self->transport, text, length);
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

  ls_transport_set_paused (self->transport, paused);
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

  ls_transport_set_max_message (self->transport,
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

  act (self, ls_connection_machine_failed (self->machine, error, retry_after, moment (self)),
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

  return ls_transport_fetch (self->transport, self->endpoint, spec);
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
