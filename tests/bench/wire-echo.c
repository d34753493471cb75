/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "wire-echo"

#include "config.h"

#include <glib-unix.h>
#include <libsoup/soup.h>
#include <stdlib.h>

#include "server/wire/ls-wire-soup.h"
#include "server/wire/ls-wire.h"

/* An echo server on the wire layer, for WebSocket conformance suites: the upgrade by libsoup, all
 * frames by us. */

#define MAX_MESSAGE (16 * 1024 * 1024 + 1024)
#define DRAIN_MS 3000

typedef struct {
  LsWire    *wire;
  GMainLoop *main_loop;
  char      *protocol;
} Echo;

/* Of the epoll threads, which have no other way to the wire. Set before the first connection. */
static Echo echo;

static void
message_cb (LsWireHandle   handle,
            gpointer       user_data,
            const uint8_t *data,
            size_t         length,
            gboolean       is_binary)
{
  g_autoptr (LsBlob) blob = NULL;

  blob = ls_blob_new_frame (is_binary ? LS_FRAME_BINARY : LS_FRAME_TEXT, data, length);
  ls_wire_send_one (echo.wire, handle, blob);
}

/* Larger than what the options below leave room for can only be a peer that does not read. */
static void
overflowed_cb (LsWireHandle handle,
               gpointer     user_data)
{
  ls_wire_close (echo.wire, handle, LS_FRAME_CODE_POLICY, "echoes are not read");
}

static void
closed_cb (LsWireHandle handle,
           gpointer     user_data,
           uint16_t     code,
           LsWireWhy    why)
{
  g_debug ("%" G_GINT64_MODIFIER "x closed: %u, %s", handle, code, ls_wire_why_to_string (why));
}

static void
request_cb (SoupServer        *server,
            SoupServerMessage *msg,
            const char        *path,
            GHashTable        *query,
            gpointer           user_data)
{
  g_autoptr (GError) error = NULL;

  if (!ls_wire_soup_upgrade (echo.wire, msg, echo.protocol, NULL, NULL, &error))
    g_debug ("%s", error->message);
}

static gboolean
quit_cb (gpointer user_data)
{
  g_main_loop_quit (echo.main_loop);
  return G_SOURCE_CONTINUE;
}

static GSocketAddress *
parse_address (const char *text,
               GError    **error)
{
  const char *colon = strrchr (text, ':');
  g_autoptr (GSocketAddress) address = NULL;
  g_autofree char *host = NULL;
  uint64_t port;

  if (colon != NULL && g_ascii_string_to_unsigned (colon + 1, 10, 0, UINT16_MAX, &port, NULL))
    {
      host = g_strndup (text, (size_t) (colon - text));
      address = g_inet_socket_address_new_from_string (host, (unsigned) port);
    }
  if (address == NULL)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 "--listen: “%s” is not an address and a port, such as 127.0.0.1:9001", text);
  return g_steal_pointer (&address);
}

static gboolean
start (const char *listen,
       int         threads,
       int64_t     max_message,
       SoupServer *server,
       GError    **error)
{
  static const LsWireCallbacks callbacks = {
    .message = message_cb,
    .overflowed = overflowed_cb,
    .closed = closed_cb,
  };
  g_autoptr (GSocketAddress) address = parse_address (listen, error);
  LsWireOptions options;
  GSList *uris;

  if (address == NULL)
    return FALSE;

  ls_wire_options_init (&options);
  options.threads = (unsigned) CLAMP (threads, 1, 64);
  options.max_message = (uint64_t) max_message;
  options.max_fragments = UINT32_MAX;
  options.max_unsent = (size_t) max_message * 4;
  options.pause_unsent = (size_t) max_message;
  options.max_memory = MAX (options.max_memory, (size_t) max_message * 64);
  options.max_queued = MAX (options.max_queued, (size_t) max_message * 4);
  options.max_pings = 100000;
  echo.wire = ls_wire_new (&options, &callbacks, error);
  if (echo.wire == NULL)
    return FALSE;

  soup_server_add_handler (server, NULL, request_cb, NULL, NULL);
  if (!soup_server_listen (server, address, 0, error))
    return FALSE;

  uris = soup_server_get_uris (server);
  g_print ("%s:%d\n", g_uri_get_host (uris->data), g_uri_get_port (uris->data));
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  return TRUE;
}

int
main (int    argc,
      char **argv)
{
  g_autofree char *listen = NULL;
  int threads = 1;
  int64_t max_message = MAX_MESSAGE;
  const GOptionEntry entries[] = {
    { "listen", 0, 0, G_OPTION_ARG_STRING, &listen, "Where to listen; port 0 is any", "HOST:PORT" },
    { "threads", 0, 0, G_OPTION_ARG_INT, &threads, "Epoll threads", "N" },
    { "max-message", 0, 0, G_OPTION_ARG_INT64, &max_message, "Bytes of a message", "BYTES" },
    { "protocol", 0, 0, G_OPTION_ARG_STRING, &echo.protocol, "Sub-protocol to demand", "NAME" },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("- echo WebSocket messages");
  g_autoptr (SoupServer) server = NULL;
  g_autoptr (GError) error = NULL;
  int status = EXIT_SUCCESS;

  g_option_context_add_main_entries (context, entries, NULL);
  server = soup_server_new (NULL, NULL);
  echo.main_loop = g_main_loop_new (NULL, FALSE);

  if (g_option_context_parse (context, &argc, &argv, &error) &&
      start (listen != NULL ? listen : "127.0.0.1:9001", threads, max_message, server, &error))
    {
      g_unix_signal_add (SIGINT, quit_cb, NULL);
      g_unix_signal_add (SIGTERM, quit_cb, NULL);
      g_main_loop_run (echo.main_loop);
      soup_server_disconnect (server);
      ls_wire_drain (echo.wire, DRAIN_MS);
    }
  else
    {
      g_printerr ("wire-echo: %s\n", error->message);
      status = EXIT_FAILURE;
    }

  /* Its threads read the pointer to the last. */
  if (echo.wire != NULL)
    ls_wire_free (echo.wire);
  g_clear_pointer (&echo.main_loop, g_main_loop_unref);
  g_clear_pointer (&echo.protocol, g_free);
  return status;
}
