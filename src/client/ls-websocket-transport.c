/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-websocket-transport"

#include "config.h"

#include "client/ls-websocket-transport.h"

#include <libsoup/soup.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "client/ls-frame-stream.h"
#include "client/ls-fetcher.h"
#include "client/ls-websocket-handshake.h"
#include "core/ls-error.h"
#include "core/ls-message.h"

/* What a message may have before `welcome` says more. */
#define FIRST_MAX_MESSAGE (128 * 1024)

/* One attempt to connect. It outlives being given up, until its callbacks have come. */
typedef struct {
  gatomicrefcount ref_count;
  LsWebsocketTransport *transport; /* NULL once given up */
  LsEndpoint *endpoint;
  GCancellable *cancellable;
  GSocketConnection *connection;
  char *key;
  char *request;
  char head[LS_HANDSHAKE_MAX_BYTES + 1];
  size_t have;
} Attempt;

/**
 * LsWebsocketTransport:
 *
 * Messages as text frames of a WebSocket (RFC 6455) at `/v1/sync`. The upgrade is made here and the
 * socket is handed to libsoup behind an #LsFrameStream, since libsoup by itself bounds frames, not
 * messages, and reads on however far behind its reader is.
 */
struct _LsWebsocketTransport {
  LsTransport parent_instance;

  /* Owned */
  LsEnvironment *environment;
  LsQueue *queue; /* lives as long as the environment */
  LsFetcher *fetcher;
  Attempt *attempt;
  SoupWebsocketConnection *websocket;
  SoupWebsocketConnection *closing;
  LsFrameStream *frames;

  /* State */
  int64_t connect_timeout;
  GError *error; /* why an attempt could not even begin */
  uint64_t timer;
};

G_DEFINE_FINAL_TYPE (LsWebsocketTransport, ls_websocket_transport, LS_TYPE_TRANSPORT)

static Attempt *
attempt_ref (Attempt *attempt)
{
  g_atomic_ref_count_inc (&attempt->ref_count);
  return attempt;
}

static void
attempt_unref (Attempt *attempt)
{
  if (!g_atomic_ref_count_dec (&attempt->ref_count))
    return;
  ls_endpoint_unref (attempt->endpoint);
  g_object_unref (attempt->cancellable);
  g_clear_object (&attempt->connection);
  g_free (attempt->key);
  g_free (attempt->request);
  g_free (attempt);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Attempt, attempt_unref)

static void
stop_timer (LsWebsocketTransport *self)
{
  if (self->timer != 0)
    ls_environment_cancel (self->environment, self->queue, self->timer);
  self->timer = 0;
}

static void
give_up_attempt (LsWebsocketTransport *self)
{
  stop_timer (self);
  if (self->attempt == NULL)
    return;
  self->attempt->transport = NULL;
  g_cancellable_cancel (self->attempt->cancellable);
  g_clear_pointer (&self->attempt, attempt_unref);
}

static void
fail_attempt (LsWebsocketTransport *self,
              GError               *error,
              int64_t               retry_after)
{
  g_autoptr (GError) ours = error;

  ls_fetcher_translate (&ours);
  give_up_attempt (self);
  ls_transport_emit_closed (LS_TRANSPORT (self), ours, retry_after);
}

static void
timed_out_cb (gpointer user_data)
{
  LsWebsocketTransport *self = user_data;

  self->timer = 0;
  fail_attempt (self,
                g_error_new (LS_ERROR, LS_ERROR_TIMEOUT, "no connection within %d seconds",
                             (int) (self->connect_timeout / G_USEC_PER_SEC)),
                0);
}

/* --- An open socket ------------------------------------------------------------------------ */

static void
goodbye_cb (SoupWebsocketConnection *websocket,
            LsWebsocketTransport    *self)
{
  g_signal_handlers_disconnect_by_data (websocket, self);
  g_clear_object (&self->closing);
}

static void
forget_closing (LsWebsocketTransport *self)
{
  if (self->closing != NULL)
    g_signal_handlers_disconnect_by_data (self->closing, self);
  g_clear_object (&self->closing);
}

/* Lets the socket say goodbye in its own time, for a peer need not answer; its owner is done with
 * it. */
static void
retire (LsWebsocketTransport *self)
{
  g_clear_object (&self->frames);
  if (self->websocket == NULL)
    return;
  g_signal_handlers_disconnect_by_data (self->websocket, self);
  forget_closing (self);
  self->closing = g_steal_pointer (&self->websocket);
  g_signal_connect (self->closing, "closed", G_CALLBACK (goodbye_cb), self);
}

static void
message_cb (SoupWebsocketConnection *websocket,
            int                      type,
            GBytes                  *message,
            LsWebsocketTransport    *self)
{
  size_t length;
  const char *text = g_bytes_get_data (message, &length);

  if (type != SOUP_WEBSOCKET_DATA_TEXT)
    {
      g_autoptr (GError) error =
          g_error_new_literal (LS_ERROR, LS_ERROR_PROTOCOL, "the server sent bytes, not text");

      retire (self);
      soup_websocket_connection_close (websocket, SOUP_WEBSOCKET_CLOSE_UNSUPPORTED_DATA, NULL);
      ls_transport_emit_closed (LS_TRANSPORT (self), error, 0);
      return;
    }
  ls_transport_emit_message (LS_TRANSPORT (self), text, length);
}

/* libsoup closes by itself after this. */
static void
error_cb (SoupWebsocketConnection *websocket,
          GError                  *error,
          LsWebsocketTransport    *self)
{
  g_autoptr (GError) ours = g_error_copy (error);

  ls_fetcher_translate (&ours);
  retire (self);
  ls_transport_emit_closed (LS_TRANSPORT (self), ours, 0);
}

static GError *
error_of_close (SoupWebsocketConnection *websocket)
{
  unsigned code = soup_websocket_connection_get_close_code (websocket);
  const char *reason = soup_websocket_connection_get_close_data (websocket);

  if (code == 0)
    return g_error_new_literal (LS_ERROR, LS_ERROR_NETWORK, "the connection broke off");
  return g_error_new (LS_ERROR, LS_ERROR_WEBSOCKET, "the server closed the connection: %u %s", code,
                      reason != NULL ? reason : "");
}

static void
closed_cb (SoupWebsocketConnection *websocket,
           LsWebsocketTransport    *self)
{
  g_autoptr (GError) error = error_of_close (websocket);

  retire (self);
  forget_closing (self);
  ls_transport_emit_closed (LS_TRANSPORT (self), error, 0);
}

static void
begin_frames (LsWebsocketTransport *self,
              Attempt              *attempt,
              size_t                head_length)
{
  GIOStream *socket = G_IO_STREAM (attempt->connection);
  g_autoptr (GUri) uri = ls_endpoint_get_uri (attempt->endpoint, "/v1/sync", NULL);
  g_autoptr (GBytes) first =
      g_bytes_new (attempt->head + head_length, attempt->have - head_length);
  g_autoptr (GIOStream) stream = NULL;

  self->frames = LS_FRAME_STREAM (ls_frame_stream_new (g_io_stream_get_input_stream (socket), first,
                                                       FIRST_MAX_MESSAGE));
  stream = g_simple_io_stream_new (G_INPUT_STREAM (self->frames),
                                   g_io_stream_get_output_stream (socket));
  /* The socket lives as long as the streams over it. */
  g_object_set_data_full (G_OBJECT (stream), "ls-socket", g_object_ref (socket), g_object_unref);
  self->websocket = soup_websocket_connection_new (stream, uri, SOUP_WEBSOCKET_CONNECTION_CLIENT,
                                                   NULL, LS_SUBPROTOCOL, NULL);
  soup_websocket_connection_set_max_incoming_payload_size (self->websocket, FIRST_MAX_MESSAGE);
  g_signal_connect (self->websocket, "message", G_CALLBACK (message_cb), self);
  g_signal_connect (self->websocket, "error", G_CALLBACK (error_cb), self);
  g_signal_connect (self->websocket, "closed", G_CALLBACK (closed_cb), self);
  give_up_attempt (self);
  ls_transport_emit_opened (LS_TRANSPORT (self));
}

/* --- Connecting ---------------------------------------------------------------------------- */

static void read_head (Attempt *attempt);

static void
head_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr (Attempt) attempt = user_data;
  g_autoptr (GError) error = NULL;
  gssize length = g_input_stream_read_finish (G_INPUT_STREAM (source), result, &error);
  LsWebsocketTransport *self = attempt->transport;
  int64_t retry_after;
  const char *end;

  if (self == NULL)
    return;
  if (length <= 0)
    {
      if (error == NULL)
        g_set_error_literal (&error, LS_ERROR, LS_ERROR_NETWORK, "the server hung up");
      fail_attempt (self, g_steal_pointer (&error), 0);
      return;
    }
  attempt->have += (size_t) length;
  attempt->head[attempt->have] = '\0';
  end = g_strstr_len (attempt->head, (gssize) attempt->have, "\r\n\r\n");
  if (end == NULL && attempt->have < LS_HANDSHAKE_MAX_BYTES)
    read_head (attempt);
  else if (end == NULL)
    {
      g_set_error_literal (&error, LS_ERROR, LS_ERROR_WEBSOCKET, "the answer is too long");
      fail_attempt (self, g_steal_pointer (&error), 0);
    }
  else if (!ls_handshake_check (attempt->head, (size_t) (end + 2 - attempt->head), attempt->key,
                                &retry_after, &error))
    fail_attempt (self, g_steal_pointer (&error), retry_after);
  else
    begin_frames (self, attempt, (size_t) (end + 4 - attempt->head));
}

static void
read_head (Attempt *attempt)
{
  g_input_stream_read_async (g_io_stream_get_input_stream (G_IO_STREAM (attempt->connection)),
                             attempt->head + attempt->have, LS_HANDSHAKE_MAX_BYTES - attempt->have,
                             G_PRIORITY_DEFAULT, attempt->cancellable, head_cb,
                             attempt_ref (attempt));
}

static void
written_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr (Attempt) attempt = user_data;
  g_autoptr (GError) error = NULL;
  bool ok = g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL, &error);

  if (attempt->transport == NULL)
    return;
  if (ok)
    read_head (attempt);
  else
    fail_attempt (attempt->transport, g_steal_pointer (&error), 0);
}

static void
connected_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autoptr (Attempt) attempt = user_data;
  g_autoptr (GError) error = NULL;

  attempt->connection = g_socket_client_connect_finish (G_SOCKET_CLIENT (source), result, &error);
  if (attempt->transport == NULL)
    return;
  if (attempt->connection == NULL)
    {
      fail_attempt (attempt->transport, g_steal_pointer (&error), 0);
      return;
    }
  if (G_IS_TCP_CONNECTION (attempt->connection))
    g_socket_set_option (g_socket_connection_get_socket (attempt->connection), IPPROTO_TCP,
                         TCP_NODELAY, 1, NULL);
  attempt->request = ls_handshake_write (attempt->endpoint, attempt->key);
  g_output_stream_write_all_async (
      g_io_stream_get_output_stream (G_IO_STREAM (attempt->connection)), attempt->request,
      strlen (attempt->request), G_PRIORITY_DEFAULT, attempt->cancellable, written_cb,
      attempt_ref (attempt));
}

static void
client_event_cb (GSocketClient      *client,
                 GSocketClientEvent  event,
                 GSocketConnectable *connectable,
                 GIOStream          *connection,
                 GTlsDatabase       *database)
{
  if (event == G_SOCKET_CLIENT_TLS_HANDSHAKING)
    g_tls_connection_set_database (G_TLS_CONNECTION (connection), database);
}

static char *
new_key (LsEnvironment *environment)
{
  uint64_t bits[2] = { ls_environment_random (environment), ls_environment_random (environment) };

  return g_base64_encode ((const uint8_t *) bits, sizeof bits);
}

static void
failed_early_cb (gpointer user_data)
{
  LsWebsocketTransport *self = user_data;

  self->timer = 0;
  fail_attempt (self, g_steal_pointer (&self->error), 0);
}

static void
ls_websocket_transport_open (LsTransport *transport,
                             LsEndpoint  *endpoint)
{
  LsWebsocketTransport *self = LS_WEBSOCKET_TRANSPORT (transport);
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnectable) connectable = ls_endpoint_get_connectable (endpoint);
  const char *ca_file = ls_endpoint_get_ca_file (endpoint);
  Attempt *attempt;

  ls_transport_close (transport);
  g_clear_error (&self->error);
  self->attempt = attempt = g_new0 (Attempt, 1);
  g_atomic_ref_count_init (&attempt->ref_count);
  attempt->transport = self;
  attempt->endpoint = ls_endpoint_ref (endpoint);
  attempt->cancellable = g_cancellable_new ();
  attempt->key = new_key (self->environment);
  g_socket_client_set_tls (client, ls_endpoint_is_tls (endpoint));
  if (ls_endpoint_is_socket (endpoint))
    g_socket_client_set_enable_proxy (client, FALSE);
  if (ls_endpoint_is_tls (endpoint) && ca_file != NULL)
    {
      GTlsDatabase *database = g_tls_file_database_new (ca_file, &self->error);

      if (database == NULL)
        {
          self->timer = ls_environment_post_after (self->environment, self->queue, 0,
                                                   failed_early_cb, self, NULL);
          return;
        }
      g_signal_connect_data (client, "event", G_CALLBACK (client_event_cb), database,
                             (GClosureNotify) (GCallback) g_object_unref, 0);
    }
  self->timer = ls_environment_post_after (self->environment, self->queue, self->connect_timeout,
                                           timed_out_cb, self, NULL);
  g_socket_client_connect_async (client, connectable, attempt->cancellable, connected_cb,
                                 attempt_ref (attempt));
}

static void
ls_websocket_transport_close (LsTransport *transport)
{
  LsWebsocketTransport *self = LS_WEBSOCKET_TRANSPORT (transport);
  SoupWebsocketConnection *websocket = self->websocket;

  give_up_attempt (self);
  retire (self);
  if (websocket != NULL &&
      soup_websocket_connection_get_state (websocket) == SOUP_WEBSOCKET_STATE_OPEN)
    soup_websocket_connection_close (websocket, SOUP_WEBSOCKET_CLOSE_GOING_AWAY, NULL);
}

static bool
ls_websocket_transport_send (LsTransport *transport,
                             const char  *text,
                             size_t       length)
{
  LsWebsocketTransport *self = LS_WEBSOCKET_TRANSPORT (transport);
  g_autoptr (GBytes) bytes = NULL;

  if (self->websocket == NULL ||
      soup_websocket_connection_get_state (self->websocket) != SOUP_WEBSOCKET_STATE_OPEN)
    return false;
  bytes = g_bytes_new (text, length);
  soup_websocket_connection_send_message (self->websocket, SOUP_WEBSOCKET_DATA_TEXT, bytes);
  return true;
}

static void
ls_websocket_transport_set_max_message (LsTransport *transport,
                                        size_t       bytes)
{
  LsWebsocketTransport *self = LS_WEBSOCKET_TRANSPORT (transport);

  if (self->websocket == NULL)
    return;
  soup_websocket_connection_set_max_incoming_payload_size (self->websocket, bytes);
  ls_frame_stream_set_max_message (self->frames, bytes);
}

static void
ls_websocket_transport_set_paused (LsTransport *transport,
                                   bool         paused)
{
  LsWebsocketTransport *self = LS_WEBSOCKET_TRANSPORT (transport);

  if (self->frames != NULL)
    ls_frame_stream_set_paused (self->frames, paused);
}

static LsFetch *
ls_websocket_transport_fetch (LsTransport       *transport,
                              LsEndpoint        *endpoint,
                              const LsFetchSpec *spec)
{
  LsWebsocketTransport *self = LS_WEBSOCKET_TRANSPORT (transport);

  if (self->fetcher == NULL)
    self->fetcher = ls_fetcher_new ();
  return ls_fetcher_fetch (self->fetcher, endpoint, spec);
}

static const char *
ls_websocket_transport_get_name (LsTransport *transport)
{
  return "websocket";
}

static void
ls_websocket_transport_dispose (GObject *object)
{
  LsWebsocketTransport *self = LS_WEBSOCKET_TRANSPORT (object);

  ls_websocket_transport_close (LS_TRANSPORT (self));
  forget_closing (self);
  g_clear_pointer (&self->fetcher, ls_fetcher_free);
  g_clear_error (&self->error);
  g_clear_object (&self->environment);
  G_OBJECT_CLASS (ls_websocket_transport_parent_class)->dispose (object);
}

static void
ls_websocket_transport_set_options (LsTransport               *transport,
                                    const LsConnectionOptions *options)
{
  LS_WEBSOCKET_TRANSPORT (transport)->connect_timeout = options->connect_timeout;
}

static void
ls_websocket_transport_class_init (LsWebsocketTransportClass *klass)
{
  LsTransportClass *transport_class = LS_TRANSPORT_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ls_websocket_transport_dispose;
  transport_class->get_name = ls_websocket_transport_get_name;
  transport_class->open = ls_websocket_transport_open;
  transport_class->close = ls_websocket_transport_close;
  transport_class->send = ls_websocket_transport_send;
  transport_class->set_max_message = ls_websocket_transport_set_max_message;
  transport_class->set_paused = ls_websocket_transport_set_paused;
  transport_class->fetch = ls_websocket_transport_fetch;
  transport_class->set_options = ls_websocket_transport_set_options;
}

static void
ls_websocket_transport_init (LsWebsocketTransport *self)
{
  self->connect_timeout = LS_CONNECT_TIMEOUT;
}

/**
 * ls_websocket_transport_new:
 * @environment: clock and dice
 * @queue: where all calls and events happen: one whose thread has a main context
 *
 * Returns: (transfer full): a closed transport
 */
LsTransport *
ls_websocket_transport_new (LsEnvironment *environment,
                            LsQueue       *queue)
{
  LsWebsocketTransport *self = g_object_new (LS_TYPE_WEBSOCKET_TRANSPORT, NULL);

  self->environment = g_object_ref (environment);
  self->queue = queue;
  return LS_TRANSPORT (self);
}
