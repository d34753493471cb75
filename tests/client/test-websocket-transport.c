/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <gio/gunixsocketaddress.h>
#include <libsoup/soup.h>
#include <string.h>

#include "client/ls-endpoint.h"
#include "client/ls-websocket-handshake.h"
#include "client/ls-websocket-transport.h"
#include "core/ls-error.h"
#include "ls-test-dir.h"
#include "ls-test-environment.h"

/* What a transport told. The clock is the test's, the network is real. */
typedef struct {
  LsTestEnvironment *environment;
  LsTransport *transport;
  LsEndpoint *endpoint;
  unsigned opened;
  unsigned closed;
  unsigned messages;
  size_t bytes;
  char *last;
  GError *error;
  int64_t retry_after;
  bool pause_at_first;
} Client;

static void
opened_cb (LsTransport *transport,
           gpointer     user_data)
{
  ((Client *) user_data)->opened++;
}

static void
message_cb (LsTransport *transport,
            const char  *text,
            size_t       length,
            gpointer     user_data)
{
  Client *client = user_data;

  client->messages++;
  client->bytes += length;
  g_free (client->last);
  client->last = g_strndup (text, length);
  if (client->pause_at_first && client->messages == 1)
    ls_transport_set_paused (transport, true);
}

static void
closed_cb (LsTransport  *transport,
           const GError *error,
           int64_t       retry_after,
           gpointer      user_data)
{
  Client *client = user_data;

  client->closed++;
  client->retry_after = retry_after;
  g_clear_error (&client->error);
  client->error = g_error_copy (error);
}

static const LsTransportEvents events = { opened_cb, message_cb, closed_cb };

static void
client_init (Client     *client,
             const char *url,
             const char *ca_file)
{
  g_autoptr (GError) error = NULL;
  LsEnvironment *environment;

  *client = (Client) { .environment = ls_test_environment_new (1) };
  environment = LS_ENVIRONMENT (client->environment);
  client->endpoint = ls_endpoint_new (url, "secret", ca_file, &error);
  g_assert_no_error (error);
  client->transport = ls_websocket_transport_new (
      environment, ls_environment_get_queue (environment, LS_QUEUE_MAIN));
  ls_transport_set_events (client->transport, &events, client);
}

static void
client_clear (Client *client)
{
  g_assert_finalize_object (client->transport);
  g_assert_finalize_object (client->environment);
  ls_endpoint_unref (client->endpoint);
  g_clear_error (&client->error);
  g_free (client->last);
  /* Closed sockets go in the next turns. */
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
wait_for (const unsigned *counter,
          unsigned        value)
{
  while (*counter < value)
    g_main_context_iteration (NULL, TRUE);
}

/* --- A server that behaves ------------------------------------------------------------------- */

typedef struct {
  SoupServer *server;
  char *url;
  char *authorization;
  SoupWebsocketConnection *websocket;
  unsigned closed;
} Server;

static void
echo_cb (SoupWebsocketConnection *websocket,
         int                      type,
         GBytes                  *message,
         Server                  *server)
{
  soup_websocket_connection_send_message (websocket, SOUP_WEBSOCKET_DATA_TEXT, message);
}

static void
server_closed_cb (SoupWebsocketConnection *websocket,
                  Server                  *server)
{
  server->closed++;
}

static void
upgraded_cb (SoupServer              *soup,
             SoupServerMessage       *message,
             const char              *path,
             SoupWebsocketConnection *websocket,
             gpointer                 user_data)
{
  Server *server = user_data;
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);

  g_free (server->authorization);
  server->authorization = g_strdup (soup_message_headers_get_one (headers, "Authorization"));
  g_set_object (&server->websocket, websocket);
  soup_websocket_connection_set_max_incoming_payload_size (websocket, 1024 * 1024);
  g_signal_connect (websocket, "message", G_CALLBACK (echo_cb), server);
  g_signal_connect (websocket, "closed", G_CALLBACK (server_closed_cb), server);
}

static void
status_cb (SoupServer        *soup,
           SoupServerMessage *message,
           const char        *path,
           GHashTable        *query,
           gpointer           user_data)
{
  unsigned status = (unsigned) atoi (path + strlen ("/status-"));

  soup_server_message_set_status (message, status, NULL);
  soup_message_headers_replace (soup_server_message_get_response_headers (message), "Retry-After",
                                "7");
}

/* Answers with a gzipped text of 300,000 bytes, or with what was sent. */
static void
file_cb (SoupServer        *soup,
         SoupServerMessage *message,
         const char        *path,
         GHashTable        *query,
         gpointer           user_data)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GZlibCompressor) gzip = g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP, 6);
  g_autoptr (GOutputStream) memory = g_memory_output_stream_new_resizable ();
  g_autoptr (GOutputStream) stream = g_converter_output_stream_new (memory, G_CONVERTER (gzip));
  g_autoptr (GBytes) bytes = NULL;

  soup_server_message_set_status (message, 200, NULL);
  if (soup_server_message_get_method (message) == SOUP_METHOD_POST)
    {
      SoupMessageBody *body = soup_server_message_get_request_body (message);

      soup_server_message_set_response (message, "text/plain", SOUP_MEMORY_COPY, body->data,
                                        (size_t) body->length);
      return;
    }
  for (int i = 0; i < 30000; i++)
    g_string_append_printf (text, "row %05d\n", i);
  g_assert_true (g_output_stream_write_all (stream, text->str, text->len, NULL, NULL, NULL));
  g_assert_true (g_output_stream_close (stream, NULL, NULL));
  bytes = g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (memory));
  soup_message_headers_replace (headers, "Content-Encoding", "gzip");
  soup_message_headers_replace (headers, "Lockstep-Done", "12");
  soup_server_message_set_response (message, "application/x-ndjson", SOUP_MEMORY_COPY,
                                    g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
}

static void
server_init (Server          *server,
             GTlsCertificate *certificate,
             const char      *socket_path)
{
  char *protocols[] = { (char *) "lockstep.v1", NULL };
  SoupServerListenOptions options = certificate != NULL ? SOUP_SERVER_LISTEN_HTTPS : 0;
  g_autoptr (GError) error = NULL;

  *server = (Server) { .server = soup_server_new ("tls-certificate", certificate, NULL) };
  soup_server_add_websocket_handler (server->server, "/v1/sync", NULL, protocols, upgraded_cb,
                                     server, NULL);
  soup_server_add_handler (server->server, NULL, status_cb, NULL, NULL);
  soup_server_add_handler (server->server, "/v1/file", file_cb, NULL, NULL);
  if (socket_path != NULL)
    {
      g_autoptr (GSocketAddress) address = g_unix_socket_address_new (socket_path);

      soup_server_listen (server->server, address, options, &error);
      server->url = g_strconcat ("lockstep+unix://", socket_path, NULL);
    }
  else
    {
      g_autoslist (GUri) uris = NULL;

      soup_server_listen_local (server->server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY | options, &error);
      uris = soup_server_get_uris (server->server);
      server->url = g_strdup_printf ("%s://localhost:%d", certificate != NULL ? "https" : "http",
                                     g_uri_get_port (uris->data));
    }
  g_assert_no_error (error);
}

static void
server_clear (Server *server)
{
  g_clear_object (&server->websocket);
  soup_server_disconnect (server->server);
  g_clear_object (&server->server);
  g_free (server->url);
  g_free (server->authorization);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
talk (Client *client,
      Server *server)
{
  g_autofree char *big = g_strnfill (400 * 1024, 'x');

  ls_transport_open (client->transport, client->endpoint);
  g_assert_cmpuint (client->opened, ==, 0);
  g_assert_false (ls_transport_send (client->transport, "early", 5));
  wait_for (&client->opened, 1);
  g_assert_cmpstr (server->authorization, ==, "Bearer secret");
  g_assert_true (ls_transport_send (client->transport, "{\"t\":\"ping\"}", 12));
  wait_for (&client->messages, 1);
  g_assert_cmpstr (client->last, ==, "{\"t\":\"ping\"}");
  ls_transport_set_max_message (client->transport, 1024 * 1024);
  g_assert_true (ls_transport_send (client->transport, big, strlen (big)));
  wait_for (&client->messages, 2);
  g_assert_cmpstr (client->last, ==, big);
  ls_transport_close (client->transport);
  g_assert_false (ls_transport_send (client->transport, "late", 4));
  wait_for (&server->closed, 1);
  g_assert_cmpuint (client->closed, ==, 0);
}

static void
test_talk (void)
{
  Server server;
  Client client;

  server_init (&server, NULL, NULL);
  client_init (&client, server.url, NULL);
  talk (&client, &server);
  /* And again: a transport is used for many connections. */
  ls_transport_open (client.transport, client.endpoint);
  wait_for (&client.opened, 2);
  soup_websocket_connection_close (server.websocket, SOUP_WEBSOCKET_CLOSE_GOING_AWAY, "restarting");
  wait_for (&client.closed, 1);
  g_assert_error (client.error, LS_ERROR, LS_ERROR_WEBSOCKET);
  g_assert_nonnull (strstr (client.error->message, "restarting"));
  g_assert_false (ls_transport_send (client.transport, "late", 4));
  client_clear (&client);
  server_clear (&server);
}

static void
test_socket (void)
{
  g_autoptr (LsTestDir) dir = ls_test_dir_new ();
  g_autofree char *path = g_build_filename (ls_test_dir_get_path (dir), "socket", NULL);
  Server server;
  Client client;

  server_init (&server, NULL, path);
  client_init (&client, server.url, NULL);
  talk (&client, &server);
  client_clear (&client);
  server_clear (&server);
}

typedef struct {
  GTlsCertificate *certificate;
  GPtrArray *connections; /* GTlsConnection */
  unsigned ended;
} Handshake;

static void
handshake_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  Handshake *handshake = user_data;
  g_autoptr (GError) error = NULL;

  g_assert_false (g_tls_connection_handshake_finish (G_TLS_CONNECTION (source), result, &error));
  g_assert_nonnull (error);
  handshake->ended++;
}

static void
accept_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  Handshake *handshake = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection) plain =
      g_socket_listener_accept_finish (G_SOCKET_LISTENER (source), result, NULL, &error);
  GIOStream *connection;

  if (plain == NULL)
    return;
  connection = g_tls_server_connection_new (G_IO_STREAM (plain), handshake->certificate, &error);
  g_assert_no_error (error);
  g_ptr_array_add (handshake->connections, connection);
  g_tls_connection_handshake_async (G_TLS_CONNECTION (connection), G_PRIORITY_DEFAULT, NULL,
                                    handshake_cb, handshake);
  /* localhost has several addresses, and each is tried. */
  g_socket_listener_accept_async (G_SOCKET_LISTENER (source), NULL, accept_cb, handshake);
}

/* Not by SoupServer: that of libsoup 3.6 forgets a connection whose handshake is under way when it is
 * freed, and touches it when the handshake ends. */
static void
refuse_certificate (GTlsCertificate *certificate)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  g_autoptr (GError) error = NULL;
  uint16_t port = g_socket_listener_add_any_inet_port (listener, NULL, &error);
  g_autofree char *url = g_strdup_printf ("https://localhost:%u", port);
  g_autoptr (GPtrArray) connections = g_ptr_array_new_with_free_func (g_object_unref);
  Handshake handshake = { certificate, connections, 0 };
  Client client;

  g_assert_no_error (error);
  g_socket_listener_accept_async (listener, NULL, accept_cb, &handshake);
  client_init (&client, url, NULL);
  ls_transport_open (client.transport, client.endpoint);
  wait_for (&client.closed, 1);
  g_assert_error (client.error, LS_ERROR, LS_ERROR_NETWORK);
  client_clear (&client);
  wait_for (&handshake.ended, connections->len);
  g_socket_listener_close (listener);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
test_tls (void)
{
  g_autofree char *ca = g_test_build_filename (G_TEST_DIST, "data", "tls", "ca.pem", NULL);
  g_autofree char *pem = g_test_build_filename (G_TEST_DIST, "data", "tls", "server.pem", NULL);
  g_autofree char *key = g_test_build_filename (G_TEST_DIST, "data", "tls", "server-key.pem", NULL);
  g_autoptr (GTlsCertificate) certificate = NULL;
  g_autoptr (GError) error = NULL;
  Server server;
  Client client;

  if (!g_tls_backend_supports_tls (g_tls_backend_get_default ()))
    {
      g_test_skip ("glib-networking is not installed");
      return;
    }
  certificate = g_tls_certificate_new_from_files (pem, key, &error);
  g_assert_no_error (error);
  server_init (&server, certificate, NULL);

  client_init (&client, server.url, ca);
  talk (&client, &server);
  client_clear (&client);

  refuse_certificate (certificate);

  client_init (&client, server.url, "/nowhere/ca.pem");
  ls_transport_open (client.transport, client.endpoint);
  ls_test_environment_advance (client.environment, 1);
  g_assert_cmpuint (client.closed, ==, 1);
  g_assert_nonnull (strstr (client.error->message, "/nowhere/ca.pem"));
  client_clear (&client);
  server_clear (&server);
}

static void
test_statuses (void)
{
  static const struct {
    unsigned status;
    LsErrorCode code;
  } cases[] = {
    { 200, LS_ERROR_WEBSOCKET }, { 302, LS_ERROR_WEBSOCKET },  { 401, LS_ERROR_AUTH },
    { 403, LS_ERROR_FORBIDDEN }, { 404, LS_ERROR_WEBSOCKET },  { 426, LS_ERROR_WEBSOCKET },
    { 429, LS_ERROR_RATE_LIMIT }, { 500, LS_ERROR_NETWORK },   { 503, LS_ERROR_NETWORK },
    { 504, LS_ERROR_TIMEOUT },
  };
  Server server;

  server_init (&server, NULL, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *url = g_strdup_printf ("%s/status-%u/", server.url, cases[i].status);
      Client client;

      client_init (&client, url, NULL);
      ls_transport_open (client.transport, client.endpoint);
      wait_for (&client.closed, 1);
      g_test_message ("%u: %s", cases[i].status, client.error->message);
      g_assert_error (client.error, LS_ERROR, (int) cases[i].code);
      g_assert_cmpint (client.retry_after, ==, 7 * G_USEC_PER_SEC);
      g_assert_cmpuint (client.opened, ==, 0);
      client_clear (&client);
    }
  server_clear (&server);
}

/* --- Peers that do not ----------------------------------------------------------------------- */

typedef struct {
  GSocketService *service;
  char *url;
  const char *answer; /* %s takes the right Sec-WebSocket-Accept */
  GByteArray *frames;
  GIOStream *connection;
  unsigned accepted;
} RawServer;

#define UPGRADE \
  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
  "Sec-WebSocket-Protocol: lockstep.v1\r\n"
#define ACCEPT(key) "Sec-WebSocket-Accept: " key "\r\n\r\n"

static char *
accept_of (const char *request)
{
  const char *key = strstr (request, "Sec-WebSocket-Key: ") + strlen ("Sec-WebSocket-Key: ");
  g_autofree char *text =
      g_strdup_printf ("%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA1);
  uint8_t digest[20];
  size_t size = sizeof digest;

  g_checksum_update (checksum, (const uint8_t *) text, -1);
  g_checksum_get_digest (checksum, digest, &size);
  return g_base64_encode (digest, size);
}

static gboolean
write_more_cb (GObject *stream,
               gpointer user_data)
{
  RawServer *raw = user_data;
  g_autoptr (GError) error = NULL;
  gssize n = g_pollable_output_stream_write_nonblocking (
      G_POLLABLE_OUTPUT_STREAM (stream), raw->frames->data, raw->frames->len, NULL, &error);

  if (n > 0)
    g_byte_array_remove_range (raw->frames, 0, (unsigned) n);
  if (raw->frames->len == 0 ||
      (n < 0 && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)))
    return G_SOURCE_REMOVE;
  return G_SOURCE_CONTINUE;
}

static void
raw_read_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  RawServer *raw = user_data;
  g_autoptr (GBytes) request =
      g_input_stream_read_bytes_finish (G_INPUT_STREAM (source), result, NULL);
  GOutputStream *out = g_io_stream_get_output_stream (raw->connection);
  g_autofree char *text = g_strndup (g_bytes_get_data (request, NULL), g_bytes_get_size (request));
  g_autofree char *accept = accept_of (text);
  g_auto (GStrv) parts = g_strsplit (raw->answer, "%s", 2);
  g_autofree char *answer = g_strjoinv (accept, parts);

  g_output_stream_write_all (out, answer, strlen (answer), NULL, NULL, NULL);
  if (raw->frames != NULL)
    {
      g_autoptr (GSource) writer =
          g_pollable_output_stream_create_source (G_POLLABLE_OUTPUT_STREAM (out), NULL);

      g_source_set_callback (writer, G_SOURCE_FUNC (write_more_cb), raw, NULL);
      g_source_attach (writer, NULL);
    }
  else
    g_io_stream_close (raw->connection, NULL, NULL);
}

static gboolean
incoming_cb (GSocketService    *service,
             GSocketConnection *connection,
             GObject           *source,
             RawServer         *raw)
{
  raw->accepted++;
  g_set_object (&raw->connection, G_IO_STREAM (connection));
  if (raw->answer != NULL)
    g_input_stream_read_bytes_async (g_io_stream_get_input_stream (raw->connection), 8192,
                                     G_PRIORITY_DEFAULT, NULL, raw_read_cb, raw);
  return TRUE;
}

static void
raw_init (RawServer  *raw,
          const char *answer,
          GByteArray *frames)
{
  uint16_t port;

  *raw = (RawServer) { g_socket_service_new (), NULL, answer, frames, NULL, 0 };
  port = g_socket_listener_add_any_inet_port (G_SOCKET_LISTENER (raw->service), NULL, NULL);
  raw->url = g_strdup_printf ("http://127.0.0.1:%u", port);
  g_signal_connect (raw->service, "incoming", G_CALLBACK (incoming_cb), raw);
}

static void
raw_clear (RawServer *raw)
{
  g_socket_service_stop (raw->service);
  g_socket_listener_close (G_SOCKET_LISTENER (raw->service));
  g_clear_object (&raw->service);
  g_clear_object (&raw->connection);
  g_clear_pointer (&raw->frames, g_byte_array_unref);
  g_free (raw->url);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
add_frame (GByteArray *bytes,
           uint8_t     first,
           size_t      length)
{
  uint8_t header[10] = { first, 127 };
  g_autofree uint8_t *payload = g_malloc (length);

  memset (payload, 'a', length);
  if (length < 126)
    header[1] = (uint8_t) length;
  else if (length < 65536)
    {
      header[1] = 126;
      header[2] = (uint8_t) (length >> 8);
      header[3] = (uint8_t) length;
    }
  else
    for (int i = 0; i < 8; i++)
      header[2 + i] = (uint8_t) ((uint64_t) length >> (56 - 8 * i));
  g_byte_array_append (bytes, header, length < 126 ? 2 : length < 65536 ? 4 : 10);
  g_byte_array_append (bytes, payload, (unsigned) length);
}

static void
add_endless_fragments (GByteArray *bytes)
{
  add_frame (bytes, 0x01, 100000);
  add_frame (bytes, 0x89, 5); /* a ping between fragments counts nothing */
  for (int i = 0; i < 20; i++)
    add_frame (bytes, 0x00, 100000);
}

static void
add_big_frame (GByteArray *bytes)
{
  add_frame (bytes, 0x81, 200000);
}

static void
add_binary (GByteArray *bytes)
{
  add_frame (bytes, 0x82, 3);
}

static void
test_abuse (void)
{
  static const struct {
    const char *name;
    const char *answer;
    void (*add) (GByteArray *bytes);
    LsErrorCode code;
    const char *words;
  } cases[] = {
    { "hang up", "", NULL, LS_ERROR_NETWORK, "hung up" },
    { "not HTTP", "SSH-2.0-OpenSSH\r\n\r\n", NULL, LS_ERROR_WEBSOCKET, "not HTTP" },
    { "wrong accept", UPGRADE ACCEPT ("bm8="), NULL, LS_ERROR_WEBSOCKET, "spoils" },
    { "no protocol",
      "HTTP/1.1 101 Hi\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" ACCEPT ("%s"), NULL,
      LS_ERROR_WEBSOCKET, "spoils" },
    { "extension", UPGRADE "Sec-WebSocket-Extensions: x\r\n" ACCEPT ("%s"), NULL,
      LS_ERROR_WEBSOCKET, "spoils" },
    { "at once gone", UPGRADE ACCEPT ("%s"), NULL, LS_ERROR_NETWORK, "broke off" },
    { "big message", UPGRADE ACCEPT ("%s"), add_big_frame, LS_ERROR_PROTOCOL,
      "more than 131072 bytes" },
    { "endless message", UPGRADE ACCEPT ("%s"), add_endless_fragments, LS_ERROR_PROTOCOL,
      "more than 131072 bytes" },
    { "binary", UPGRADE ACCEPT ("%s"), add_binary, LS_ERROR_PROTOCOL, "not text" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      GByteArray *frames = cases[i].add != NULL ? g_byte_array_new () : NULL;
      RawServer raw;
      Client client;

      if (frames != NULL)
        cases[i].add (frames);
      raw_init (&raw, cases[i].answer, frames);
      client_init (&client, raw.url, NULL);
      ls_transport_open (client.transport, client.endpoint);
      wait_for (&client.closed, 1);
      g_test_message ("%s: %s", cases[i].name, client.error->message);
      g_assert_error (client.error, LS_ERROR, (int) cases[i].code);
      g_assert_nonnull (strstr (client.error->message, cases[i].words));
      g_assert_cmpuint (client.messages, ==, 0);
      client_clear (&client);
      raw_clear (&raw);
    }
}

/* A server need not wait before it sends: its first message comes in one piece with the answer. */
static void
test_first_message (void)
{
  RawServer raw;
  Client client;

  raw_init (&raw, UPGRADE ACCEPT ("%s") "\x81\x05" "hello", NULL);
  client_init (&client, raw.url, NULL);
  ls_transport_open (client.transport, client.endpoint);
  wait_for (&client.closed, 1);
  g_assert_cmpuint (client.opened, ==, 1);
  g_assert_cmpuint (client.messages, ==, 1);
  g_assert_cmpstr (client.last, ==, "hello");
  client_clear (&client);
  raw_clear (&raw);
}

static void
test_endless_head (void)
{
  g_autoptr (GString) head = g_string_new ("HTTP/1.1 200 OK\r\n");
  RawServer raw;
  Client client;

  while (head->len < 2 * LS_HANDSHAKE_MAX_BYTES)
    g_string_append (head, "X-Padding: more and more and more\r\n");
  raw_init (&raw, head->str, NULL);
  client_init (&client, raw.url, NULL);
  ls_transport_open (client.transport, client.endpoint);
  wait_for (&client.closed, 1);
  g_assert_error (client.error, LS_ERROR, LS_ERROR_WEBSOCKET);
  g_assert_nonnull (strstr (client.error->message, "too long"));
  client_clear (&client);
  raw_clear (&raw);
}

static void
test_silence (void)
{
  RawServer raw;
  Client client;

  raw_init (&raw, NULL, NULL);
  client_init (&client, raw.url, NULL);
  ls_transport_open (client.transport, client.endpoint);
  wait_for (&raw.accepted, 1);
  ls_test_environment_advance (client.environment, LS_CONNECT_TIMEOUT - 1);
  g_assert_cmpuint (client.closed, ==, 0);
  ls_test_environment_advance (client.environment, 1);
  g_assert_cmpuint (client.closed, ==, 1);
  g_assert_error (client.error, LS_ERROR, LS_ERROR_TIMEOUT);
  /* Given up by the owner instead: no event at all. */
  ls_transport_open (client.transport, client.endpoint);
  wait_for (&raw.accepted, 2);
  ls_transport_close (client.transport);
  ls_test_environment_advance (client.environment, 2 * LS_CONNECT_TIMEOUT);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (client.closed, ==, 1);
  client_clear (&client);
  raw_clear (&raw);
}

static void
test_refused (void)
{
  RawServer raw;
  Client client;

  raw_init (&raw, NULL, NULL);
  client_init (&client, raw.url, NULL);
  raw_clear (&raw);
  ls_transport_open (client.transport, client.endpoint);
  wait_for (&client.closed, 1);
  g_assert_error (client.error, LS_ERROR, LS_ERROR_NETWORK);
  client_clear (&client);
}

static void
test_pause (void)
{
  GByteArray *frames = g_byte_array_new ();
  RawServer raw;
  Client client;

  for (int i = 0; i < 2000; i++)
    add_frame (frames, 0x81, 10000);
  raw_init (&raw, UPGRADE ACCEPT ("%s"), frames);
  client_init (&client, raw.url, NULL);
  client.pause_at_first = true;
  ls_transport_open (client.transport, client.endpoint);
  wait_for (&client.messages, 1);
  /* 20 MB do not fit into the buffers of the system: the peer is stuck with the rest. */
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (client.messages, <, 16);
  g_assert_cmpuint (frames->len, >, 0);
  ls_transport_set_paused (client.transport, false);
  wait_for (&client.messages, 2000);
  g_assert_cmpuint (client.bytes, ==, 2000 * 10000);
  client_clear (&client);
  raw_clear (&raw);
}

/* --- Requests -------------------------------------------------------------------------------- */

typedef struct {
  unsigned heads;
  unsigned status;
  unsigned pieces;
  unsigned ended;
  GString *body;
  GError *error;
} Answer;

static void
head_cb (LsFetch *fetch,
         unsigned status,
         gpointer user_data)
{
  Answer *answer = user_data;

  answer->heads++;
  answer->status = status;
}

static void
data_cb (LsFetch    *fetch,
         const char *data,
         size_t      length,
         gpointer    user_data)
{
  Answer *answer = user_data;

  answer->pieces++;
  g_string_append_len (answer->body, data, (gssize) length);
}

static void
end_cb (LsFetch      *fetch,
        const GError *error,
        gpointer      user_data)
{
  Answer *answer = user_data;

  answer->ended++;
  if (error != NULL)
    answer->error = g_error_copy (error);
}

static const LsFetchEvents fetch_events = { head_cb, data_cb, end_cb };

static void
answer_clear (Answer *answer)
{
  g_string_free (answer->body, TRUE);
  g_clear_error (&answer->error);
}

static void
test_fetch (void)
{
  Answer answer = { .body = g_string_new (NULL) };
  LsFetchSpec spec = {
    .method = "GET", .path = "/v1/file", .events = &fetch_events, .user_data = &answer,
  };
  g_autoptr (LsFetch) fetch = NULL;
  Server server;
  Client client;

  server_init (&server, NULL, NULL);
  client_init (&client, server.url, NULL);
  fetch = ls_transport_fetch (client.transport, client.endpoint, &spec);
  wait_for (&answer.heads, 1);
  g_assert_cmpuint (answer.status, ==, 200);
  g_assert_cmpstr (ls_fetch_get_header (fetch, "lockstep-done"), ==, "12");
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (answer.pieces, ==, 0);
  while (answer.ended == 0)
    {
      unsigned pieces = answer.pieces;

      ls_fetch_read (fetch);
      while (answer.pieces == pieces && answer.ended == 0)
        g_main_context_iteration (NULL, TRUE);
    }
  g_assert_no_error (answer.error);
  g_assert_cmpuint (answer.body->len, ==, 300000);
  g_assert_cmpuint (answer.pieces, >, 1);
  g_assert_true (g_str_has_suffix (answer.body->str, "row 29999\n"));
  answer_clear (&answer);
  client_clear (&client);
  server_clear (&server);
}

static void
test_fetch_post (void)
{
  Answer answer = { .body = g_string_new (NULL) };
  g_autoptr (GBytes) body = g_bytes_new_static ("{\"user\":\"ada\"}", 14);
  LsFetchSpec spec = {
    .method = "POST", .path = "/v1/file", .content_type = "application/json", .body = body,
    .events = &fetch_events, .user_data = &answer,
  };
  g_autoptr (LsFetch) fetch = NULL;
  Server server;
  Client client;

  server_init (&server, NULL, NULL);
  client_init (&client, server.url, NULL);
  fetch = ls_transport_fetch (client.transport, client.endpoint, &spec);
  wait_for (&answer.heads, 1);
  ls_fetch_read (fetch);
  wait_for (&answer.pieces, 1);
  g_assert_cmpstr (answer.body->str, ==, "{\"user\":\"ada\"}");
  ls_fetch_cancel (fetch);
  ls_fetch_read (fetch);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (answer.ended, ==, 0);
  answer_clear (&answer);
  client_clear (&client);
  server_clear (&server);
}

static void
test_fetch_refused (void)
{
  Answer answer = { .body = g_string_new (NULL) };
  LsFetchSpec spec = {
    .method = "GET", .path = "/v1/file", .events = &fetch_events, .user_data = &answer,
  };
  g_autoptr (LsFetch) fetch = NULL;
  RawServer raw;
  Client client;

  raw_init (&raw, NULL, NULL);
  client_init (&client, raw.url, NULL);
  raw_clear (&raw);
  fetch = ls_transport_fetch (client.transport, client.endpoint, &spec);
  wait_for (&answer.ended, 1);
  g_assert_error (answer.error, LS_ERROR, LS_ERROR_NETWORK);
  g_assert_cmpuint (answer.heads, ==, 0);
  answer_clear (&answer);
  client_clear (&client);
}

static void
test_endpoint (void)
{
  static const struct {
    const char *url;
    const char *sync; /* NULL: refused */
  } cases[] = {
    { "https://shop.example", "https://shop.example/v1/sync" },
    { "https://shop.example:8443/", "https://shop.example:8443/v1/sync" },
    { "https://shop.example/desk%20one/", "https://shop.example/desk%20one/v1/sync" },
    { "http://localhost:8080", "http://localhost:8080/v1/sync" },
    { "http://127.0.0.1:1", "http://127.0.0.1:1/v1/sync" },
    { "http://[::1]:1", "http://[::1]:1/v1/sync" },
    { "lockstep+unix:///run/user/1000/lockstep/sample", "http://localhost/v1/sync" },
    { "http://shop.example", NULL },
    { "http://10.0.0.1", NULL },
    { "ftp://shop.example", NULL },
    { "shop.example", NULL },
    { "https://", NULL },
    { "https://ada:secret@shop.example", NULL },
    { "https://shop.example/?token=1", NULL },
    { "lockstep+unix://host/path", NULL },
    { "lockstep+unix:///", NULL },
    { "", NULL },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (LsEndpoint) endpoint = ls_endpoint_new (cases[i].url, NULL, NULL, &error);
      g_autoptr (GUri) uri = NULL;
      g_autofree char *text = NULL;

      if (cases[i].sync == NULL)
        {
          g_assert_null (endpoint);
          g_assert_error (error, LS_ERROR, LS_ERROR_VALIDATION);
          g_assert_true (g_str_has_prefix (error->message, cases[i].url));
          continue;
        }
      g_assert_no_error (error);
      uri = ls_endpoint_get_uri (endpoint, "/v1/sync", NULL);
      text = g_uri_to_string (uri);
      g_assert_cmpstr (text, ==, cases[i].sync);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/endpoint", test_endpoint);
  g_test_add_func ("/websocket/talk", test_talk);
  g_test_add_func ("/websocket/socket", test_socket);
  g_test_add_func ("/websocket/tls", test_tls);
  g_test_add_func ("/websocket/statuses", test_statuses);
  g_test_add_func ("/websocket/abuse", test_abuse);
  g_test_add_func ("/websocket/endless-head", test_endless_head);
  g_test_add_func ("/websocket/first-message", test_first_message);
  g_test_add_func ("/websocket/silence", test_silence);
  g_test_add_func ("/websocket/refused", test_refused);
  g_test_add_func ("/websocket/pause", test_pause);
  g_test_add_func ("/fetch/get", test_fetch);
  g_test_add_func ("/fetch/post", test_fetch_post);
  g_test_add_func ("/fetch/refused", test_fetch_refused);
  return g_test_run ();
}
