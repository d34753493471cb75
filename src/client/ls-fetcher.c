/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-fetcher"

#include "config.h"

#include "client/ls-fetcher.h"

#include <libsoup/soup.h>

#include "core/ls-error.h"

/* Silence after which a request is given up. */
#define IO_TIMEOUT_SECONDS 60
#define CHUNK_BYTES 65536
/* Two requests of a session in requests, of which one may wait, and two snapshots beside. */
#define MAX_CONNECTIONS 4

struct _LsFetcher {
  SoupSession *session;
  LsEndpoint *endpoint;
};

#define LS_TYPE_SOUP_FETCH (ls_soup_fetch_get_type ())
G_DECLARE_FINAL_TYPE (LsSoupFetch, ls_soup_fetch, LS, SOUP_FETCH, LsFetch)

struct _LsSoupFetch {
  LsFetch parent_instance;

  /* A session can't go while something is under way in it, or only on its own thread: when that ended
   * first, what waits for an answer that never comes keeps it, to the end of the program. */
  SoupSession *session;
  SoupMessage *message;
  GInputStream *body;
  GCancellable *cancellable;
  char *chunk;
};

G_DEFINE_FINAL_TYPE (LsSoupFetch, ls_soup_fetch, LS_TYPE_FETCH)

static void
read_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr (LsSoupFetch) self = user_data;
  g_autoptr (GError) error = NULL;
  gssize length = g_input_stream_read_finish (G_INPUT_STREAM (source), result, &error);

  if (length > 0)
    {
      ls_fetch_emit_data (LS_FETCH (self), self->chunk, (size_t) length);
      return;
    }
  /* All was read: the connection is free for the next. */
  g_clear_object (&self->body);
  ls_fetcher_translate (&error);
  ls_fetch_emit_end (LS_FETCH (self), error);
}

static void
ls_soup_fetch_read (LsFetch *fetch)
{
  LsSoupFetch *self = LS_SOUP_FETCH (fetch);

  g_return_if_fail (self->body != NULL);

  if (self->chunk == NULL)
    self->chunk = g_malloc (CHUNK_BYTES);
  g_input_stream_read_async (self->body, self->chunk, CHUNK_BYTES, G_PRIORITY_DEFAULT,
                             self->cancellable, read_cb, g_object_ref (self));
}

static void
ls_soup_fetch_cancel (LsFetch *fetch)
{
  g_cancellable_cancel (LS_SOUP_FETCH (fetch)->cancellable);
}

static const char *
ls_soup_fetch_get_header (LsFetch    *fetch,
                          const char *name)
{
  LsSoupFetch *self = LS_SOUP_FETCH (fetch);

  return soup_message_headers_get_one (soup_message_get_response_headers (self->message), name);
}

static void
ls_soup_fetch_dispose (GObject *object)
{
  LsSoupFetch *self = LS_SOUP_FETCH (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->body);
  g_clear_object (&self->message);
  g_clear_object (&self->session);
  G_OBJECT_CLASS (ls_soup_fetch_parent_class)->dispose (object);
}

static void
ls_soup_fetch_finalize (GObject *object)
{
  LsSoupFetch *self = LS_SOUP_FETCH (object);

  g_clear_object (&self->cancellable);
  g_free (self->chunk);
  G_OBJECT_CLASS (ls_soup_fetch_parent_class)->finalize (object);
}

static void
ls_soup_fetch_class_init (LsSoupFetchClass *klass)
{
  LsFetchClass *fetch_class = LS_FETCH_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ls_soup_fetch_dispose;
  G_OBJECT_CLASS (klass)->finalize = ls_soup_fetch_finalize;
  fetch_class->read = ls_soup_fetch_read;
  fetch_class->cancel = ls_soup_fetch_cancel;
  fetch_class->get_header = ls_soup_fetch_get_header;
}

static void
ls_soup_fetch_init (LsSoupFetch *self)
{
  self->cancellable = g_cancellable_new ();
}

static void
sent_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr (LsSoupFetch) self = user_data;
  g_autoptr (GError) error = NULL;

  self->body = soup_session_send_finish (SOUP_SESSION (source), result, &error);
  if (self->body == NULL)
    {
      ls_fetcher_translate (&error);
      ls_fetch_emit_end (LS_FETCH (self), error);
      return;
    }
  ls_fetch_emit_head (LS_FETCH (self), soup_message_get_status (self->message));
}

/* A session serves one endpoint: what it connects to and whom it trusts are its own properties. */
static SoupSession *
new_session (LsEndpoint *endpoint)
{
  g_autoptr (GSocketConnectable) connectable = NULL;
  g_autoptr (GTlsDatabase) database = NULL;
  g_autoptr (GError) error = NULL;
  SoupSession *session;

  if (ls_endpoint_is_socket (endpoint))
    connectable = ls_endpoint_get_connectable (endpoint);
  if (ls_endpoint_get_ca_file (endpoint) != NULL)
    {
      database = g_tls_file_database_new (ls_endpoint_get_ca_file (endpoint), &error);
      if (database == NULL)
        g_debug ("%s", error->message);
    }
  session = g_object_new (SOUP_TYPE_SESSION, "remote-connectable", connectable, "timeout",
                          IO_TIMEOUT_SECONDS, "max-conns-per-host", MAX_CONNECTIONS, "user-agent",
                          "Lockstep/" LS_VERSION, NULL);
  if (database != NULL)
    soup_session_set_tls_database (session, database);
  return session;
}

/**
 * ls_fetcher_translate:
 * @error: (inout): an error of GIO or libsoup, or none
 *
 * Turns it into one of ours, its words kept. Cancelling counts as network trouble: nobody is told.
 */
void
ls_fetcher_translate (GError **error)
{
  LsErrorCode code = LS_ERROR_NETWORK;
  GError *ours;

  if (*error == NULL || (*error)->domain == LS_ERROR)
    return;
  if (g_error_matches (*error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    code = LS_ERROR_TIMEOUT;
  else if ((*error)->domain == SOUP_WEBSOCKET_ERROR)
    code = LS_ERROR_WEBSOCKET;
  ours = g_error_new_literal (LS_ERROR, code, (*error)->message);
  g_clear_error (error);
  *error = ours;
}

/**
 * ls_fetcher_new:
 *
 * Returns: (transfer full): a fetcher for the thread-default context of the caller
 */
LsFetcher *
ls_fetcher_new (void)
{
  return g_new0 (LsFetcher, 1);
}

/**
 * ls_fetcher_free:
 * @fetcher: (transfer full): a fetcher
 *
 * Frees it; requests under way are cancelled.
 */
void
ls_fetcher_free (LsFetcher *fetcher)
{
  if (fetcher->session != NULL)
    soup_session_abort (fetcher->session);
  g_clear_object (&fetcher->session);
  g_clear_pointer (&fetcher->endpoint, ls_endpoint_unref);
  g_free (fetcher);
}

/**
 * ls_fetcher_fetch:
 * @fetcher: a fetcher
 * @endpoint: the server
 * @spec: what is asked
 *
 * Sends a request. Redirects are not followed: the token is for one server.
 *
 * Returns: (transfer full): the request under way
 */
LsFetch *
ls_fetcher_fetch (LsFetcher         *fetcher,
                  LsEndpoint        *endpoint,
                  const LsFetchSpec *spec)
{
  LsSoupFetch *self = g_object_new (LS_TYPE_SOUP_FETCH, NULL);
  g_autoptr (GUri) uri = ls_endpoint_get_uri (endpoint, spec->path, spec->query);
  SoupMessageHeaders *headers;

  if (fetcher->endpoint != endpoint)
    {
      g_clear_object (&fetcher->session);
      g_clear_pointer (&fetcher->endpoint, ls_endpoint_unref);
      fetcher->session = new_session (endpoint);
      fetcher->endpoint = ls_endpoint_ref (endpoint);
    }
  ls_fetch_set_spec (LS_FETCH (self), spec);
  self->session = g_object_ref (fetcher->session);
  self->message = soup_message_new_from_uri (spec->method, uri);
  soup_message_add_flags (self->message, SOUP_MESSAGE_NO_REDIRECT);
  headers = soup_message_get_request_headers (self->message);
  if (ls_endpoint_get_token (endpoint) != NULL)
    {
      g_autofree char *bearer =
          g_strconcat ("Bearer ", ls_endpoint_get_token (endpoint), NULL);

      soup_message_headers_replace (headers, "Authorization", bearer);
    }
  for (size_t i = 0; spec->headers != NULL && spec->headers[i] != NULL; i += 2)
    soup_message_headers_replace (headers, spec->headers[i], spec->headers[i + 1]);
  if (spec->body != NULL)
    soup_message_set_request_body_from_bytes (self->message, spec->content_type, spec->body);
  soup_session_send_async (fetcher->session, self->message, G_PRIORITY_DEFAULT, self->cancellable,
                           sent_cb, g_object_ref (self));
  return LS_FETCH (self);
}
