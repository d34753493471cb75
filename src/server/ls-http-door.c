/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-http"

#include "config.h"

#include "server/ls-http-private.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>

#include "core/ls-error.h"

/*
 * libsoup's own listening has neither a limit of connections nor a timer, so the sockets are
 * accepted here. The address object that is handed to libsoup with a stream comes back with each
 * of its messages: it carries the peer.
 */

#define PEER_KEY "ls-peer"
#define BACKLOG_PAUSE (G_USEC_PER_SEC / 10)
#define UNIX_PREFIX "unix:"

static void accept_next    (LsHttp   *http);
static void stream_gone_cb (gpointer  data,
                            GObject  *stream);

static void
peer_free (LsPeer *peer)
{
  LsHttp *http = peer->http;

  if (peer->timer != 0)
    ls_environment_cancel (http->environment, http->main, peer->timer);
  if (peer->stream != NULL)
    g_object_weak_unref (peer->stream, stream_gone_cb, peer);
  g_queue_unlink (&http->peers, &peer->link);
  if (peer->kept)
    http->n_kept--;
  http->stats.connections--;
  g_object_set_data (G_OBJECT (peer->address), PEER_KEY, NULL);
  g_object_unref (peer->address);
  g_object_unref (peer->socket);
  g_free (peer->name);
  g_free (peer);
}

static void
stream_gone_cb (gpointer data,
                GObject *stream)
{
  LsPeer *peer = data;

  peer->stream = NULL;
  peer_free (peer);
}

static void
timed_out_cb (gpointer data)
{
  LsPeer *peer = data;

  peer->timer = 0;
  peer->http->stats.timed_out++;
  /* The stream stays libsoup's: it sees the end of it and lets go. */
  g_socket_shutdown (peer->socket, TRUE, TRUE, NULL);
}

/* Closes the connection of @peer in @duration µs, unless set anew. */
void
ls_peer_set_timer (LsPeer *peer,
                   int64_t duration)
{
  LsHttp *http = peer->http;

  if (peer->timer != 0)
    ls_environment_cancel (http->environment, http->main, peer->timer);
  peer->timer =
      ls_environment_post_after (http->environment, http->main, duration, timed_out_cb, peer, NULL);
}

/* The peer that a message came from, NULL when its connection was taken over. */
LsPeer *
ls_http_find_peer (SoupServerMessage *message)
{
  return g_object_get_data (G_OBJECT (soup_server_message_get_remote_address (message)), PEER_KEY);
}

static char *
name_of (GSocketAddress *address)
{
  if (!G_IS_INET_SOCKET_ADDRESS (address))
    return g_strdup ("unix");
  return g_inet_address_to_string (
      g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address)));
}

/* An address for libsoup: it takes only IP addresses where a request has no Host. */
static GSocketAddress *
placeholder_address (void)
{
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);

  return g_inet_socket_address_new (loopback, 0);
}

static void
take_socket (LsHttp  *http,
             GSocket *socket)
{
  g_autoptr (GSocketConnection) stream = NULL;
  g_autoptr (GSocketAddress) remote = g_socket_get_remote_address (socket, NULL);
  g_autoptr (GSocketAddress) local = placeholder_address ();
  g_autoptr (GError) error = NULL;
  LsPeer *peer;

  http->stats.accepted++;
  if (remote == NULL || g_queue_get_length (&http->peers) - http->n_kept >= http->options.max_connections)
    {
      http->stats.refused++;
      g_socket_close (socket, NULL);
      return;
    }
  if (G_IS_INET_SOCKET_ADDRESS (remote))
    g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, 1, NULL);
  stream = g_socket_connection_factory_create_connection (socket);
  peer = g_new0 (LsPeer, 1);
  peer->http = http;
  peer->stream = G_OBJECT (stream);
  peer->socket = g_object_ref (socket);
  peer->name = name_of (remote);
  peer->address =
      G_IS_INET_SOCKET_ADDRESS (remote) ? g_steal_pointer (&remote) : placeholder_address ();
  peer->link.data = peer;
  g_queue_push_tail_link (&http->peers, &peer->link);
  http->stats.connections++;
  g_object_set_data (G_OBJECT (peer->address), PEER_KEY, peer);
  g_object_weak_ref (G_OBJECT (stream), stream_gone_cb, peer);
  ls_peer_set_timer (peer, http->options.request_timeout);
  if (!soup_server_accept_iostream (http->server, G_IO_STREAM (stream), local, peer->address, &error))
    g_warning ("A connection could not be taken: %s", error->message);
}

static void
accept_again_cb (gpointer data)
{
  LsHttp *http = data;

  http->door.retry = 0;
  accept_next (http);
}

static void
accepted_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) socket = NULL;
  LsHttp *http;

  socket =
      g_socket_listener_accept_socket_finish (G_SOCKET_LISTENER (source), result, NULL, &error);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  http = data;
  if (socket != NULL)
    {
      take_socket (http, socket);
      accept_next (http);
      return;
    }
  /* Out of descriptors, most likely: what waits stays in the backlog. */
  g_warning ("A connection could not be accepted: %s", error->message);
  http->door.retry = ls_environment_post_after (http->environment, http->main, BACKLOG_PAUSE,
                                                accept_again_cb, http, NULL);
}

static void
accept_next (LsHttp *http)
{
  if (!g_cancellable_is_cancelled (http->door.cancellable))
    g_socket_listener_accept_socket_async (http->door.listener, http->door.cancellable, accepted_cb,
                                           http);
}

static bool
listen_unix (LsHttp     *http,
             const char *path,
             GError    **error)
{
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (GSocket) socket = NULL;
  struct stat status;
  mode_t mask;
  bool listening;

  if (strlen (path) >= sizeof ((struct sockaddr_un *) NULL)->sun_path)
    {
      g_set_error (error, LS_ERROR, LS_ERROR_VALIDATION,
                   "%s: the path is too long for a Unix socket", path);
      return false;
    }
  socket =
      g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, error);
  if (socket == NULL)
    return false;
  /* One that a killed server left behind: nobody answers there. */
  if (g_lstat (path, &status) == 0 && S_ISSOCK (status.st_mode) &&
      !g_socket_connect (socket, address, NULL, NULL))
    g_unlink (path);
  g_clear_object (&socket);
  socket =
      g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, error);
  mask = umask (0077);
  listening = socket != NULL && g_socket_bind (socket, address, FALSE, error) &&
              g_socket_listen (socket, error) &&
              g_socket_listener_add_socket (http->door.listener, socket, NULL, error);
  umask (mask);
  if (!listening)
    return false;
  g_ptr_array_add (http->door.paths, g_strdup (path));
  g_ptr_array_add (http->door.urls, g_strconcat (UNIX_PREFIX, path, NULL));
  return true;
}

static GSocketAddress *
parse_address (const char *text,
               GError    **error)
{
  const char *colon = strrchr (text, ':');
  g_autofree char *host = NULL;
  g_autoptr (GInetAddress) address = NULL;
  uint64_t port;

  if (colon == NULL || !g_ascii_string_to_unsigned (colon + 1, 10, 0, G_MAXUINT16, &port, NULL))
    {
      g_set_error (error, LS_ERROR, LS_ERROR_VALIDATION,
                   "%s: neither ADDRESS:PORT nor unix:PATH", text);
      return NULL;
    }
  host = g_strndup (text, (size_t) (colon - text));
  if (host[0] == '[' && g_str_has_suffix (host, "]"))
    {
      host[strlen (host) - 1] = '\0';
      memmove (host, host + 1, strlen (host));
    }
  if (g_str_equal (host, "localhost"))
    address = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  else
    address = g_inet_address_new_from_string (host);
  if (address == NULL)
    {
      g_set_error (error, LS_ERROR, LS_ERROR_VALIDATION, "%s: not an IP address", text);
      return NULL;
    }
  return g_inet_socket_address_new (address, (uint16_t) port);
}

static char *
url_of (GSocketAddress *address)
{
  GInetSocketAddress *inet = G_INET_SOCKET_ADDRESS (address);
  GInetAddress *host = g_inet_socket_address_get_address (inet);
  g_autofree char *text = g_inet_address_to_string (host);
  bool bracket = g_inet_address_get_family (host) == G_SOCKET_FAMILY_IPV6;

  return g_strdup_printf ("http://%s%s%s:%u", bracket ? "[" : "", text, bracket ? "]" : "",
                          g_inet_socket_address_get_port (inet));
}

/**
 * ls_http_listen:
 * @http: a front
 * @address: `ADDRESS:PORT`, where port 0 picks one, or `unix:PATH`
 * @error: where to put why not: %LS_ERROR_VALIDATION or of GIO
 *
 * Listens on one more address. Connections wait until ls_http_start().
 *
 * Returns: whether it listens
 */
bool
ls_http_listen (LsHttp     *http,
                const char *address,
                GError    **error)
{
  g_autoptr (GSocketAddress) wanted = NULL;
  g_autoptr (GSocketAddress) effective = NULL;

  if (g_str_has_prefix (address, UNIX_PREFIX))
    return listen_unix (http, address + strlen (UNIX_PREFIX), error);
  wanted = parse_address (address, error);
  if (wanted == NULL)
    return false;
  if (!g_socket_listener_add_address (http->door.listener, wanted, G_SOCKET_TYPE_STREAM,
                                      G_SOCKET_PROTOCOL_TCP, NULL, &effective, error))
    {
      g_prefix_error (error, "%s: ", address);
      return false;
    }
  if (!g_inet_address_get_is_loopback (
          g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (effective))))
    g_message (
        "%s is reachable from other machines, in plain text: put a proxy that ends TLS in front",
        address);
  g_ptr_array_add (http->door.urls, url_of (effective));
  return true;
}

/**
 * ls_http_get_urls:
 * @http: a front
 *
 * Returns: (transfer none) (array zero-terminated=1): where it listens: `http://ADDRESS:PORT` or
 *   `unix:PATH`
 */
const char *const *
ls_http_get_urls (LsHttp *http)
{
  GPtrArray *urls = http->door.urls;

  g_ptr_array_add (urls, NULL);
  g_ptr_array_set_size (urls, (int) urls->len - 1);
  return (const char *const *) urls->pdata;
}

/**
 * ls_http_start:
 * @http: a front that listens
 *
 * Begins to accept.
 */
void
ls_http_start (LsHttp *http)
{
  accept_next (http);
}

/**
 * ls_http_stop:
 * @http: a front
 *
 * Accepts no more, and closes what is not answered yet.
 */
void
ls_http_stop (LsHttp *http)
{
  g_cancellable_cancel (http->door.cancellable);
  g_socket_listener_close (http->door.listener);
  for (unsigned i = 0; i < http->door.paths->len; i++)
    g_unlink (g_ptr_array_index (http->door.paths, i));
  g_ptr_array_set_size (http->door.paths, 0);
  soup_server_disconnect (http->server);
}

/*
 * libsoup keeps connections open between requests only while it listens somewhere itself. It gets
 * one end of a pair of sockets that nobody else has a way to: nothing ever comes in there, and the
 * limits here stay in front of everybody.
 */
static void
pretend_to_listen (LsHttp *http)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) socket = NULL;
  int ends[2];

  http->door.silent_end = -1;
  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    {
      g_warning ("Connections can't be kept open: %s", g_strerror (errno));
      return;
    }
  http->door.silent_end = ends[1];
  socket = g_socket_new_from_fd (ends[0], &error);
  if (socket == NULL)
    close (ends[0]);
  if (socket == NULL || !soup_server_listen_socket (http->server, socket, 0, &error))
    g_warning ("Connections can't be kept open: %s", error->message);
}

void
ls_http_door_init (LsHttp *http)
{
  http->door.listener = g_socket_listener_new ();
  g_socket_listener_set_backlog (http->door.listener, 1024);
  http->door.cancellable = g_cancellable_new ();
  http->door.urls = g_ptr_array_new_with_free_func (g_free);
  http->door.paths = g_ptr_array_new_with_free_func (g_free);
  g_queue_init (&http->peers);
  pretend_to_listen (http);
}

void
ls_http_door_clear (LsHttp *http)
{
  /* Streams that somebody still holds outlive the front; their peers must not. */
  if (http->door.retry != 0)
    ls_environment_cancel (http->environment, http->main, http->door.retry);
  while (!g_queue_is_empty (&http->peers))
    peer_free (g_queue_peek_head (&http->peers));
  if (http->door.silent_end >= 0)
    close (http->door.silent_end);
  g_clear_object (&http->door.listener);
  g_clear_object (&http->door.cancellable);
  g_clear_pointer (&http->door.urls, g_ptr_array_unref);
  g_clear_pointer (&http->door.paths, g_ptr_array_unref);
}
