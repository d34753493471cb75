/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <fcntl.h>
#include <gio/gunixinputstream.h>
#include <gio/gunixsocketaddress.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <libsoup/soup.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "core/ls-error.h"
#include "server/wire/ls-wire-soup.h"

/* The upgrade, over a real SoupServer. The far end is a blocking GSocket on a thread of its own,
 * while the test's thread runs the server's main loop. */

#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define GET "GET /v1/sync HTTP/1.1\r\nHost: shop\r\n"
#define UPGRADE GET "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define GOOD UPGRADE VERSION "Sec-WebSocket-Key: " KEY "\r\n"
#define PROTOCOL "Sec-WebSocket-Protocol: "
#define PATIENCE_SECONDS 60

typedef struct {
  LsWire       *wire;
  SoupServer   *server;
  GSocket      *listener; /* of our own, for accept_iostream */
  GSource      *source;
  char         *folder;   /* of the Unix socket */
  const char   *protocol;
  GError       *error;
  unsigned      dropped;
  gboolean      steal;

  pthread_mutex_t lock;
  LsWireHandle    handle;
  unsigned        opened;
  unsigned        closed;
} Fixture;

typedef enum {
  LISTEN_TCP,
  LISTEN_UNIX,
  LISTEN_OWN,
} Listen;

/* As the user data of a session. */
static Fixture *fixture;

static void
opened_cb (LsWireHandle handle,
           gpointer     user_data)
{
  pthread_mutex_lock (&fixture->lock);
  g_assert_true (user_data == fixture);
  fixture->handle = handle;
  fixture->opened++;
  pthread_mutex_unlock (&fixture->lock);
}

static void
message_cb (LsWireHandle   handle,
            gpointer       user_data,
            const uint8_t *data,
            size_t         length,
            gboolean       is_binary)
{
  g_autoptr (LsBlob) blob = ls_blob_new_frame (LS_FRAME_TEXT, data, length);

  ls_wire_send_one (fixture->wire, handle, blob);
}

static void
closed_cb (LsWireHandle handle,
           gpointer     user_data,
           uint16_t     code,
           LsWireWhy    why)
{
  pthread_mutex_lock (&fixture->lock);
  fixture->closed++;
  pthread_mutex_unlock (&fixture->lock);
}

static void
drop_cb (gpointer data)
{
  g_assert_true (data == fixture);
  fixture->dropped++;
}

static void
request_cb (SoupServer        *server,
            SoupServerMessage *msg,
            const char        *path,
            GHashTable        *query,
            gpointer           user_data)
{
  gboolean good;

  g_clear_error (&fixture->error);
  good = ls_wire_soup_upgrade (fixture->wire, msg, fixture->protocol, fixture, drop_cb,
                               &fixture->error);
  g_assert_cmpint (good, ==, fixture->error == NULL);
  if (good && fixture->steal)
    {
      g_autoptr (GIOStream) stream = soup_server_message_steal_connection (msg);

      g_io_stream_close (stream, NULL, NULL);
    }
}

static gboolean
accept_cb (GSocket     *socket,
           GIOCondition condition,
           gpointer     user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) accepted = g_socket_accept (socket, NULL, &error);
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GSocketAddress) local = NULL;
  g_autoptr (GSocketAddress) remote = NULL;

  g_assert_no_error (error);
  connection = g_socket_connection_factory_create_connection (accepted);
  local = g_socket_connection_get_local_address (connection, NULL);
  remote = g_socket_connection_get_remote_address (connection, NULL);
  g_assert_true (soup_server_accept_iostream (fixture->server, G_IO_STREAM (connection), local,
                                              remote, &error));
  return G_SOURCE_CONTINUE;
}

static GSocketAddress *
fixture_listen (Fixture *self,
                Listen   listen)
{
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  GSList *sockets;
  GSocketAddress *bound;

  if (listen == LISTEN_UNIX)
    {
      g_autoptr (GSocket) socket = NULL;

      socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, 0, NULL);
      self->folder = g_dir_make_tmp ("wire-XXXXXX", &error);
      g_assert_no_error (error);
      path = g_build_filename (self->folder, "socket", NULL);
      address = g_unix_socket_address_new (path);
      g_assert_true (g_socket_bind (socket, address, FALSE, &error));
      g_assert_true (g_socket_listen (socket, &error));
      g_assert_true (soup_server_listen_socket (self->server, socket, 0, &error));
      return g_steal_pointer (&address);
    }

  address = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  if (listen == LISTEN_OWN)
    {
      self->listener = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, 0, NULL);
      g_assert_true (g_socket_bind (self->listener, address, FALSE, &error));
      g_assert_true (g_socket_listen (self->listener, &error));
      self->source = g_socket_create_source (self->listener, G_IO_IN, NULL);
      g_source_set_callback (self->source, G_SOURCE_FUNC (accept_cb), NULL, NULL);
      g_source_attach (self->source, NULL);
      return g_socket_get_local_address (self->listener, NULL);
    }

  g_assert_true (soup_server_listen (self->server, address, 0, &error));
  g_assert_no_error (error);
  sockets = soup_server_get_listeners (self->server);
  bound = g_socket_get_local_address (sockets->data, NULL);
  g_slist_free (sockets);
  return bound;
}

static void
fixture_set_up (Fixture *self,
                unsigned max_sessions)
{
  static const LsWireCallbacks callbacks = {
    .opened = opened_cb,
    .message = message_cb,
    .closed = closed_cb,
  };
  g_autoptr (GError) error = NULL;
  LsWireOptions options;

  *self = (Fixture){ .lock = PTHREAD_MUTEX_INITIALIZER };
  fixture = self;
  ls_wire_options_init (&options);
  options.max_sessions = max_sessions;
  self->wire = ls_wire_new (&options, &callbacks, &error);
  g_assert_no_error (error);
  self->server = soup_server_new (NULL, NULL);
  soup_server_add_handler (self->server, NULL, request_cb, NULL, NULL);
}

static void
fixture_tear_down (Fixture *self)
{
  if (self->source != NULL)
    g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
  g_clear_object (&self->listener);
  soup_server_disconnect (self->server);
  g_clear_object (&self->server);
  /* Its callbacks read the pointer to the last. */
  ls_wire_free (self->wire);
  self->wire = NULL;
  g_clear_error (&self->error);
  if (self->folder != NULL)
    {
      g_autofree char *path = g_build_filename (self->folder, "socket", NULL);

      g_unlink (path);
      g_rmdir (self->folder);
      g_clear_pointer (&self->folder, g_free);
    }
  g_assert_cmpuint (self->opened, ==, self->closed);
  fixture = NULL;
}

/* The far end: sends all of the request, reads until the end or until what came ends with
 * @until. */
typedef struct {
  GSocketAddress *address;
  const char     *request;
  size_t          length;
  const char     *until;
  GString        *answer;
  _Atomic int     done;
} Talk;

static void *
talk_thread (void *data)
{
  Talk *self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) socket = NULL;
  size_t sent = 0;

  socket = g_socket_new (g_socket_address_get_family (self->address), G_SOCKET_TYPE_STREAM, 0,
                         &error);
  g_assert_no_error (error);
  g_socket_set_timeout (socket, PATIENCE_SECONDS);
  g_assert_true (g_socket_connect (socket, self->address, NULL, &error));
  while (sent < self->length)
    {
      gssize n = g_socket_send (socket, self->request + sent, self->length - sent, NULL, &error);

      g_assert_no_error (error);
      sent += (size_t) n;
    }
  while (self->until == NULL || !g_str_has_suffix (self->answer->str, self->until))
    {
      char bytes[4096];
      gssize n = g_socket_receive (socket, bytes, sizeof bytes, NULL, &error);

      g_assert_no_error (error);
      if (n == 0)
        break;
      g_string_append_len (self->answer, bytes, n);
    }
  atomic_store (&self->done, 1);
  g_main_context_wakeup (NULL);
  return NULL;
}

static char *
talk (GSocketAddress *address,
      const char     *request,
      size_t          length,
      const char     *until)
{
  Talk self = { .address = address, .request = request, .length = length, .until = until };
  pthread_t thread;

  self.answer = g_string_new (NULL);
  g_assert_cmpint (pthread_create (&thread, NULL, talk_thread, &self), ==, 0);
  while (!atomic_load (&self.done))
    g_main_context_iteration (NULL, TRUE);
  pthread_join (thread, NULL);
  return g_string_free (self.answer, FALSE);
}

static void
test_accept_key (void)
{
  /* The example of RFC 6455, 1.3. */
  g_autofree char *accept = ls_wire_soup_accept_key (KEY);

  g_assert_cmpstr (accept, ==, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

typedef struct {
  const char *name;
  const char *request; /* without the last line end */
  const char *protocol;
  unsigned    status;
  const char *contains; /* of the answer */
} Case;

static const Case cases[] = {
  { "good", GOOD, NULL, 101, "\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" },
  { "answer-upgrade", GOOD, NULL, 101, "\r\nUpgrade: websocket\r\n" },
  { "answer-connection", GOOD, NULL, 101, "\r\nConnection: Upgrade\r\n" },
  { "protocol", GOOD PROTOCOL "other, lockstep.v1\r\n", "lockstep.v1", 101,
    "\r\n" PROTOCOL "lockstep.v1\r\n" },
  { "protocol-in-second-header", GOOD PROTOCOL "other\r\n" PROTOCOL "lockstep.v1\r\n",
    "lockstep.v1", 101, "\r\n" PROTOCOL "lockstep.v1\r\n" },
  { "protocol-missing", GOOD, "lockstep.v1", 400, "does not offer lockstep.v1" },
  { "protocol-other", GOOD PROTOCOL "lockstep.v2\r\n", "lockstep.v1", 400, "offer" },
  { "protocol-in-other-case", GOOD PROTOCOL "LOCKSTEP.V1\r\n", "lockstep.v1", 400, "offer" },
  { "upgrade-in-other-case",
    GET "upgrade: WebSocket\r\nconnection: UPGRADE\r\n" VERSION "Sec-WebSocket-Key: " KEY "\r\n",
    NULL, 101, "Sec-WebSocket-Accept" },
  { "plain-get", GET, NULL, 426, "\r\nUpgrade: websocket\r\n" },
  { "no-connection", GET "Upgrade: websocket\r\n" VERSION "Sec-WebSocket-Key: " KEY "\r\n", NULL,
    426, "Connection: Upgrade, close" },
  { "other-upgrade", GET "Upgrade: h2c\r\nConnection: Upgrade\r\n", NULL, 426,
    "Upgrade: websocket" },
  { "version-8", UPGRADE "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: " KEY "\r\n", NULL, 426,
    "\r\n" VERSION },
  { "version-twice", GOOD "Sec-WebSocket-Version: 8\r\n", NULL, 426, VERSION },
  { "no-version", UPGRADE "Sec-WebSocket-Key: " KEY "\r\n", NULL, 426, VERSION },
  { "no-key", UPGRADE VERSION, NULL, 400, "Sec-WebSocket-Key" },
  { "short-key", UPGRADE VERSION "Sec-WebSocket-Key: c2hvcnQ=\r\n", NULL, 400,
    "Sec-WebSocket-Key" },
  { "long-key", UPGRADE VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZSE=\r\n", NULL, 400,
    "Sec-WebSocket-Key" },
  { "key-not-base64", UPGRADE VERSION "Sec-WebSocket-Key: dGhlIHNhbX!sZSBub25jZQ==\r\n", NULL, 400,
    "Sec-WebSocket-Key" },
  { "key-twice", GOOD "Sec-WebSocket-Key: " KEY "\r\n", NULL, 400, "Sec-WebSocket-Key" },
  { "post",
    "POST / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Content-Length: 0\r\n",
    NULL, 400, "not GET" },
  { "http-1.0",
    "GET / HTTP/1.0\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" VERSION
    "Sec-WebSocket-Key: " KEY "\r\n",
    NULL, 400, "not HTTP/1.1" },
  { "body", GOOD "Content-Length: 6\r\n\r\nbody", NULL, 400, "with a body" },
  { "chunked-body", GOOD "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n", NULL, 400,
    "with a body" },
  { "extension-is-not-taken", GOOD "Sec-WebSocket-Extensions: permessage-deflate\r\n", NULL, 101,
    "Sec-WebSocket-Accept" },
};

static void
test_case (gconstpointer data)
{
  const Case *with = data;
  Fixture self;
  g_autoptr (GSocketAddress) address = NULL;
  g_autofree char *request = NULL;
  g_autofree char *answer = NULL;

  fixture_set_up (&self, 10);
  self.protocol = with->protocol;
  address = fixture_listen (&self, LISTEN_TCP);
  request = g_strconcat (with->request, "\r\n", NULL);
  answer = talk (address, request, strlen (request), with->status == 101 ? "\r\n\r\n" : NULL);
  g_assert_true (g_str_has_prefix (answer, "HTTP/1."));
  g_assert_cmpuint (g_ascii_strtoull (answer + strlen ("HTTP/1.1 "), NULL, 10), ==, with->status);
  g_assert_nonnull (strstr (answer, with->contains));
  g_assert_null (strstr (answer, "Sec-WebSocket-Extensions"));
  if (with->status == 101)
    {
      g_assert_no_error (self.error);
      g_assert_cmpuint (self.dropped, ==, 0);
      if (with->protocol == NULL)
        g_assert_null (strstr (answer, "Sec-WebSocket-Protocol"));
    }
  else
    {
      g_assert_error (self.error, LS_ERROR, LS_ERROR_WEBSOCKET);
      g_assert_cmpuint (self.dropped, ==, 1);
      g_assert_cmpuint (self.opened, ==, 0);
    }
  fixture_tear_down (&self);
}

static void
append_text (GString    *request,
             const char *text)
{
  uint8_t header[LS_FRAME_MAX_HEADER];
  size_t used = ls_frame_write_header (header, LS_FRAME_TEXT, TRUE, strlen (text),
                                       (const uint8_t *) "\0\0\0\0");

  g_string_append_len (request, (const char *) header, (gssize) used);
  g_string_append (request, text);
}

/* Frames in the same segment as the request, few and more than libsoup reads at once: none is lost,
 * and the order holds. */
static void
test_takes_buffered (gconstpointer data)
{
  Listen listen = (Listen) GPOINTER_TO_INT (data);

  for (unsigned count = 0; count <= 6000; count = count * 20 + 5)
    {
      Fixture self;
      g_autoptr (GSocketAddress) address = NULL;
      g_autoptr (GString) request = g_string_new (GOOD "\r\n");
      g_autoptr (GString) echo = g_string_new ("\r\n\r\n");
      g_autofree char *answer = NULL;

      for (unsigned i = 0; i < count; i++)
        {
          g_autofree char *text = g_strdup_printf ("message %06u", i);

          append_text (request, text);
          g_string_append_printf (echo, "\x81%c%s", (char) strlen (text), text);
        }
      fixture_set_up (&self, 10);
      address = fixture_listen (&self, listen);
      answer = talk (address, request->str, request->len, echo->str);
      g_assert_true (g_str_has_suffix (answer, echo->str));
      fixture_tear_down (&self);
    }
}

static void
test_full (void)
{
  Fixture self;
  g_autoptr (GSocketAddress) address = NULL;
  g_autofree char *answer = NULL;

  fixture_set_up (&self, 0);
  address = fixture_listen (&self, LISTEN_TCP);
  answer = talk (address, GOOD "\r\n", strlen (GOOD "\r\n"), NULL);
  g_assert_true (g_str_has_prefix (answer, "HTTP/1.1 503 "));
  g_assert_error (self.error, LS_ERROR, LS_ERROR_RATE_LIMIT);
  g_assert_cmpuint (self.dropped, ==, 1);
  fixture_tear_down (&self);
}

/* The connection is gone between the answer and its being written: the user data is given back. */
static void
test_gone (void)
{
  Fixture self;
  g_autoptr (GSocketAddress) address = NULL;
  g_autofree char *answer = NULL;

  fixture_set_up (&self, 10);
  self.steal = TRUE;
  address = fixture_listen (&self, LISTEN_TCP);
  answer = talk (address, GOOD "\r\n", strlen (GOOD "\r\n"), NULL);
  g_assert_cmpstr (answer, ==, "");
  g_assert_cmpuint (self.dropped, ==, 1);
  g_assert_cmpuint (self.opened, ==, 0);
  fixture_tear_down (&self);
}

/* A stream that is no socket cannot be taken, and that is all that happens. */
static void
test_not_a_socket (gconstpointer data)
{
  Fixture self;
  g_autoptr (GInputStream) input = NULL;
  g_autoptr (GOutputStream) output = g_memory_output_stream_new_resizable ();
  g_autoptr (GIOStream) stream = NULL;
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string ("127.0.0.1", 1);
  g_autoptr (GError) error = NULL;
  int fds[2];

  if (GPOINTER_TO_INT (data))
    {
      g_assert_true (g_unix_open_pipe (fds, FD_CLOEXEC, &error));
      g_assert_cmpint (write (fds[1], GOOD "\r\n", strlen (GOOD "\r\n")), ==, strlen (GOOD "\r\n"));
      close (fds[1]);
      input = g_unix_input_stream_new (fds[0], TRUE);
    }
  else
    {
      input = g_memory_input_stream_new_from_data (GOOD "\r\n", -1, NULL);
    }
  stream = g_simple_io_stream_new (input, output);

  fixture_set_up (&self, 10);
  g_assert_true (soup_server_accept_iostream (self.server, stream, address, address, &error));
  while (self.dropped == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (self.opened, ==, 0);
  fixture_tear_down (&self);
}

static unsigned
count_descriptors (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  unsigned count = 0;

  g_assert_nonnull (dir);
  while (g_dir_read_name (dir) != NULL)
    count++;
  return count;
}

static void
test_descriptors (void)
{
  Fixture self;
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GString) request = g_string_new (GOOD "\r\n");
  unsigned before = 0;
  LsWireStats stats;

  g_string_append_len (request, "\x88\x80\0\0\0\0", 6);
  fixture_set_up (&self, 10);
  address = fixture_listen (&self, LISTEN_TCP);
  for (unsigned i = 0; i < 50; i++)
    {
      g_autofree char *answer = talk (address, request->str, request->len, NULL);

      g_assert_nonnull (strstr (answer, "101 "));
      do
        {
          g_main_context_iteration (NULL, FALSE);
          ls_wire_get_stats (self.wire, &stats);
        }
      while (stats.sessions > 0);
      if (i == 5)
        before = count_descriptors ();
    }
  g_assert_cmpuint (count_descriptors (), ==, before);
  fixture_tear_down (&self);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/wire-soup/accept-key", test_accept_key);
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/wire-soup/handshake/%s", cases[i].name);

      g_test_add_data_func (path, &cases[i], test_case);
    }
  g_test_add_data_func ("/wire-soup/takes-buffered/tcp", GINT_TO_POINTER (LISTEN_TCP),
                        test_takes_buffered);
  g_test_add_data_func ("/wire-soup/takes-buffered/unix", GINT_TO_POINTER (LISTEN_UNIX),
                        test_takes_buffered);
  g_test_add_data_func ("/wire-soup/takes-buffered/own-accept", GINT_TO_POINTER (LISTEN_OWN),
                        test_takes_buffered);
  g_test_add_func ("/wire-soup/full", test_full);
  g_test_add_func ("/wire-soup/gone", test_gone);
  g_test_add_data_func ("/wire-soup/not-a-socket/memory", GINT_TO_POINTER (FALSE),
                        test_not_a_socket);
  g_test_add_data_func ("/wire-soup/not-a-socket/pipe", GINT_TO_POINTER (TRUE), test_not_a_socket);
  g_test_add_func ("/wire-soup/descriptors", test_descriptors);

  return g_test_run ();
}
