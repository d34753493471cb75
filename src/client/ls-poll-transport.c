/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-poll-transport"

#include "config.h"

#include "client/ls-poll-transport.h"

#include "client/ls-poll-machine.h"
#include "core/ls-envelope.h"
#include "core/ls-error.h"

#define PATH "/v1/exchange"
/* The longest that a server may want to be left alone. */
#define MAX_RETRY_AFTER (3600 * (int64_t) G_USEC_PER_SEC)

/* A request under way. */
typedef struct {
  LsPollTransport *transport;
  LsFetch *fetch; /* NULL when there is none */
  unsigned status;
  int64_t retry_after;
  GByteArray *body;
} Request;

/**
 * LsPollTransport:
 *
 * Messages in requests, `POST /v1/exchange`: long-poll, and interval poll where that is cut. What is
 * asked when is decided by an #LsPollMachine; this is the shell around it, which sends requests
 * through another transport.
 */
struct _LsPollTransport {
  LsTransport parent_instance;

  /* Owned */
  LsEnvironment *environment;
  LsQueue *queue; /* lives as long as the environment */
  LsTransport *carrier;
  LsEndpoint *endpoint;
  LsPollMachine *machine;
  Request requests[LS_ENVELOPE_WINDOW];

  /* State */
  bool running;
  uint64_t timer;
  int64_t timer_due;
};

G_DEFINE_FINAL_TYPE (LsPollTransport, ls_poll_transport, LS_TYPE_TRANSPORT)

static void run (LsPollTransport *self);

static int64_t
now_of (LsPollTransport *self)
{
  return ls_environment_monotonic (self->environment);
}

static void
tick_cb (gpointer user_data)
{
  LsPollTransport *self = user_data;

  self->timer = 0;
  ls_poll_machine_tick (self->machine, now_of (self));
  run (self);
}

static void
set_timer (LsPollTransport *self)
{
  int64_t due = ls_poll_machine_get_deadline (self->machine);

  if (self->timer != 0 && due == self->timer_due)
    return;
  if (self->timer != 0)
    ls_environment_cancel (self->environment, self->queue, self->timer);
  self->timer = 0;
  self->timer_due = due;
  if (due >= 0)
    self->timer = ls_environment_post_after (self->environment, self->queue,
                                             MAX (due - now_of (self), 1), tick_cb, self, NULL);
}

/* --- Requests -------------------------------------------------------------------------------- */

static unsigned
slot_of (Request *request)
{
  return (unsigned) (request - request->transport->requests);
}

static void
drop_request (Request *request)
{
  if (request->fetch != NULL)
    ls_fetch_cancel (request->fetch);
  g_clear_object (&request->fetch);
  g_clear_pointer (&request->body, g_byte_array_unref);
}

static void
head_cb (LsFetch *fetch,
         unsigned status,
         gpointer user_data)
{
  Request *request = user_data;
  const char *after = ls_fetch_get_header (fetch, "Retry-After");
  int64_t seconds = after != NULL ? g_ascii_strtoll (after, NULL, 10) : 0;

  request->status = status;
  request->retry_after = CLAMP (seconds, 0, MAX_RETRY_AFTER / (int64_t) G_USEC_PER_SEC) *
                         (int64_t) G_USEC_PER_SEC;
  ls_fetch_read (fetch);
}

static void
request_failed (Request      *request,
                unsigned      status,
                const GError *error)
{
  LsPollTransport *self = request->transport;
  g_autoptr (GError) why = g_error_copy (error);
  int64_t retry_after = request->retry_after;
  unsigned slot = slot_of (request);

  drop_request (request);
  ls_poll_machine_failed (self->machine, slot, status, why, retry_after, now_of (self));
  run (self);
}

static void
data_cb (LsFetch    *fetch,
         const char *data,
         size_t      length,
         gpointer    user_data)
{
  Request *request = user_data;
  g_autoptr (GError) error = NULL;

  if (request->body->len + length <= LS_MAX_ENVELOPE_ANSWER)
    {
      g_byte_array_append (request->body, (const uint8_t *) data, (unsigned) length);
      ls_fetch_read (fetch);
      return;
    }
  error = g_error_new_literal (LS_ERROR, LS_ERROR_PROTOCOL, "the answer is too long");
  request_failed (request, 0, error);
}

static void
end_cb (LsFetch      *fetch,
        const GError *error,
        gpointer      user_data)
{
  Request *request = user_data;
  LsPollTransport *self = request->transport;
  g_autoptr (GError) why = NULL;
  g_autoptr (GBytes) body = NULL;
  unsigned slot = slot_of (request);

  if (error != NULL)
    {
      request_failed (request, 0, error);
      return;
    }
  if (!ls_status_to_error (request->status, NULL, &why))
    {
      request_failed (request, request->status, why);
      return;
    }
  body = g_byte_array_free_to_bytes (g_steal_pointer (&request->body));
  drop_request (request);
  ls_poll_machine_answered (self->machine, slot, body, now_of (self));
  run (self);
}

static const LsFetchEvents fetch_events = { head_cb, data_cb, end_cb };

static void
send_request (LsPollTransport *self,
              unsigned         slot,
              GBytes          *body)
{
  Request *request = &self->requests[slot];
  LsFetchSpec spec = {
    .method = "POST",
    .path = PATH,
    .content_type = "application/json",
    .body = body,
    .events = &fetch_events,
    .user_data = request,
  };

  drop_request (request);
  request->status = 0;
  request->retry_after = 0;
  request->body = g_byte_array_new ();
  request->fetch = ls_transport_fetch (self->carrier, self->endpoint, &spec);
}

/* --- Carrying out ---------------------------------------------------------------------------- */

static void
carry_out (LsPollTransport *self,
           LsPollAction    *action)
{
  LsTransport *transport = LS_TRANSPORT (self);
  size_t length;

  switch (action->type)
    {
    case LS_POLL_SEND:
      send_request (self, action->slot, action->bytes);
      break;
    case LS_POLL_CANCEL:
      drop_request (&self->requests[action->slot]);
      break;
    case LS_POLL_OPENED:
      ls_transport_emit_opened (transport);
      break;
    case LS_POLL_MESSAGE:
      {
        /* Who listens wants a nul behind it. */
        const char *data = g_bytes_get_data (action->bytes, &length);
        g_autofree char *text = g_strndup (data, length);

        ls_transport_emit_message (transport, text, length);
      }
      break;
    case LS_POLL_CLOSED:
      ls_transport_emit_closed (transport, action->error, action->n);
      break;
    case LS_POLL_ALIVE:
      ls_transport_emit_sign (transport, LS_SIGN_ALIVE, action->n);
      break;
    case LS_POLL_MISSED:
      ls_transport_emit_sign (transport, LS_SIGN_MISSED, -1);
      break;
    case LS_POLL_PACE:
    default:
      ls_transport_emit_sign (transport, LS_SIGN_PACE, -1);
      break;
    }
}

/* What is told may make the owner say more, or close: the outermost call sees to that too. */
static void
run (LsPollTransport *self)
{
  LsPollAction *action;

  if (self->running)
    return;
  self->running = true;
  g_object_ref (self);
  while ((action = ls_poll_machine_next (self->machine, now_of (self))) != NULL)
    {
      carry_out (self, action);
      ls_poll_action_free (action);
    }
  self->running = false;
  set_timer (self);
  g_object_unref (self);
}

static void
ls_poll_transport_set_endpoint (LsTransport *transport,
                                LsEndpoint  *endpoint)
{
  LsPollTransport *self = LS_POLL_TRANSPORT (transport);

  ls_endpoint_ref (endpoint);
  g_clear_pointer (&self->endpoint, ls_endpoint_unref);
  self->endpoint = endpoint;
}

static void
ls_poll_transport_open (LsTransport *transport,
                        LsEndpoint  *endpoint)
{
  LsPollTransport *self = LS_POLL_TRANSPORT (transport);

  ls_poll_transport_set_endpoint (transport, endpoint);
  ls_poll_machine_open (self->machine, now_of (self));
  run (self);
}

static void
ls_poll_transport_close (LsTransport *transport)
{
  LsPollTransport *self = LS_POLL_TRANSPORT (transport);

  ls_poll_machine_close (self->machine);
  run (self);
}

static bool
ls_poll_transport_send (LsTransport *transport,
                        const char  *text,
                        size_t       length)
{
  LsPollTransport *self = LS_POLL_TRANSPORT (transport);

  if (!ls_poll_machine_send (self->machine, text, length))
    return false;
  run (self);
  return true;
}

static void
ls_poll_transport_set_paused (LsTransport *transport,
                              bool         paused)
{
  LsPollTransport *self = LS_POLL_TRANSPORT (transport);

  ls_poll_machine_set_paused (self->machine, paused);
  run (self);
}

static LsFetch *
ls_poll_transport_fetch (LsTransport       *transport,
                         LsEndpoint        *endpoint,
                         const LsFetchSpec *spec)
{
  return ls_transport_fetch (LS_POLL_TRANSPORT (transport)->carrier, endpoint, spec);
}

static LsTransportKind
ls_poll_transport_get_kind (LsTransport *transport)
{
  return ls_transport_get_interval (transport) > 0 ? LS_TRANSPORT_POLL : LS_TRANSPORT_LONG_POLL;
}

static int64_t
ls_poll_transport_get_interval (LsTransport *transport)
{
  return ls_poll_machine_get_interval (LS_POLL_TRANSPORT (transport)->machine);
}

static void
ls_poll_transport_set_attention (LsTransport *transport,
                                 LsAttention  attention)
{
  LsPollTransport *self = LS_POLL_TRANSPORT (transport);

  ls_poll_machine_set_attention (self->machine, attention, now_of (self));
  run (self);
}

static void
ls_poll_transport_set_options (LsTransport               *transport,
                               const LsConnectionOptions *options)
{
  LsPollTransport *self = LS_POLL_TRANSPORT (transport);

  ls_poll_machine_set_options (self->machine, options, now_of (self));
  run (self);
}

static const char *
ls_poll_transport_get_name (LsTransport *transport)
{
  return ls_poll_transport_get_kind (transport) == LS_TRANSPORT_POLL ? "poll" : "long-poll";
}

static uint64_t
draw (gpointer user_data)
{
  return ls_environment_random (((LsPollTransport *) user_data)->environment);
}

static void
ls_poll_transport_dispose (GObject *object)
{
  LsPollTransport *self = LS_POLL_TRANSPORT (object);

  if (self->timer != 0)
    ls_environment_cancel (self->environment, self->queue, self->timer);
  self->timer = 0;
  for (unsigned i = 0; i < LS_ENVELOPE_WINDOW; i++)
    drop_request (&self->requests[i]);
  g_clear_object (&self->carrier);
  g_clear_pointer (&self->endpoint, ls_endpoint_unref);
  g_clear_pointer (&self->machine, ls_poll_machine_free);
  g_clear_object (&self->environment);
  G_OBJECT_CLASS (ls_poll_transport_parent_class)->dispose (object);
}

static void
ls_poll_transport_class_init (LsPollTransportClass *klass)
{
  LsTransportClass *transport_class = LS_TRANSPORT_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ls_poll_transport_dispose;
  transport_class->get_name = ls_poll_transport_get_name;
  transport_class->open = ls_poll_transport_open;
  transport_class->close = ls_poll_transport_close;
  transport_class->send = ls_poll_transport_send;
  transport_class->set_paused = ls_poll_transport_set_paused;
  transport_class->fetch = ls_poll_transport_fetch;
  transport_class->get_kind = ls_poll_transport_get_kind;
  transport_class->get_interval = ls_poll_transport_get_interval;
  transport_class->set_attention = ls_poll_transport_set_attention;
  transport_class->set_endpoint = ls_poll_transport_set_endpoint;
  transport_class->set_options = ls_poll_transport_set_options;
}

static void
ls_poll_transport_init (LsPollTransport *self)
{
  for (unsigned i = 0; i < LS_ENVELOPE_WINDOW; i++)
    self->requests[i].transport = self;
}

/**
 * ls_poll_transport_new:
 * @environment: clock and dice
 * @queue: where all calls and events happen
 * @carrier: sends the requests; its owner may use it for its messages too
 * @options: times; copied
 *
 * Returns: (transfer full): a closed transport
 */
LsTransport *
ls_poll_transport_new (LsEnvironment             *environment,
                       LsQueue                   *queue,
                       LsTransport               *carrier,
                       const LsConnectionOptions *options)
{
  LsPollTransport *self = g_object_new (LS_TYPE_POLL_TRANSPORT, NULL);

  self->environment = g_object_ref (environment);
  self->queue = queue;
  self->carrier = g_object_ref (carrier);
  self->machine = ls_poll_machine_new (options, draw, self);
  return LS_TRANSPORT (self);
}
