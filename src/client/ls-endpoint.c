/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-endpoint"

#include "config.h"

#include "client/ls-endpoint.h"

#include <gio/gunixsocketaddress.h>
#include <string.h>
#include <sys/un.h>

#include "core/ls-error.h"

#define SOCKET_SCHEME "lockstep+unix"

struct _LsEndpoint {
  gatomicrefcount ref_count;
  char *url;
  char *token;
  char *ca_file;
  GUri *base; /* http or https, also for a socket: then of host localhost */
  char *socket_path;
};

static bool
fail (GError    **error,
      const char *url,
      const char *why)
{
  g_set_error (error, LS_ERROR, LS_ERROR_VALIDATION, "%s: %s", url, why);
  return false;
}

static bool
is_this_machine (const char *host)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (host);

  if (address != NULL)
    return g_inet_address_get_is_loopback (address);
  return g_ascii_strcasecmp (host, "localhost") == 0;
}

static bool
read_socket (LsEndpoint *endpoint,
             GUri       *uri,
             GError    **error)
{
  const char *path = g_uri_get_path (uri);

  if (g_uri_get_host (uri) != NULL && *g_uri_get_host (uri) != '\0')
    return fail (error, endpoint->url, "a socket has a path, no host: " SOCKET_SCHEME ":///path");
  if (!g_path_is_absolute (path) || strlen (path) < 2)
    return fail (error, endpoint->url, "the path of the socket is missing");
  if (strlen (path) >= sizeof ((struct sockaddr_un *) NULL)->sun_path)
    return fail (error, endpoint->url, "the path of the socket is too long");
  endpoint->socket_path = g_strdup (path);
  endpoint->base = g_uri_build (G_URI_FLAGS_NONE, "http", NULL, "localhost", -1, "", NULL, NULL);
  return true;
}

static bool
read_http (LsEndpoint *endpoint,
           GError    **error)
{
  /* Encoded, so that the path stays as it was given. */
  g_autoptr (GUri) uri = g_uri_parse (endpoint->url, G_URI_FLAGS_ENCODED, NULL);
  const char *scheme = g_uri_get_scheme (uri);
  const char *host = g_uri_get_host (uri);
  g_autofree char *path = g_strdup (g_uri_get_path (uri));

  if (!g_str_equal (scheme, "http") && !g_str_equal (scheme, "https"))
    return fail (error, endpoint->url, "a server's address begins with https://");
  if (host == NULL || *host == '\0')
    return fail (error, endpoint->url, "the host is missing");
  if (g_uri_get_userinfo (uri) != NULL || g_uri_get_query (uri) != NULL ||
      g_uri_get_fragment (uri) != NULL)
    return fail (error, endpoint->url, "an address has no user, query or fragment");
  if (g_str_equal (scheme, "http") && !is_this_machine (host))
    return fail (error, endpoint->url, "passwords and data of another machine need https://");
  while (g_str_has_suffix (path, "/"))
    path[strlen (path) - 1] = '\0';
  endpoint->base = g_uri_build (G_URI_FLAGS_ENCODED, scheme, NULL, host, g_uri_get_port (uri), path,
                                NULL, NULL);
  return true;
}

/**
 * ls_endpoint_new:
 * @url: the server's address
 * @token: (nullable): what lets its bearer in, %NULL before the sign-in
 * @ca_file: (nullable): absolute path of the certificates to trust instead of the system's
 * @error: where to put why not, %LS_ERROR_VALIDATION
 *
 * Reads an address.
 *
 * Returns: (transfer full) (nullable): the endpoint
 */
LsEndpoint *
ls_endpoint_new (const char *url,
                 const char *token,
                 const char *ca_file,
                 GError    **error)
{
  g_autoptr (LsEndpoint) endpoint = NULL;
  g_autoptr (GUri) uri = NULL;
  g_autoptr (GError) why = NULL;
  bool ok;

  g_return_val_if_fail (url != NULL, NULL);

  endpoint = g_new0 (LsEndpoint, 1);
  g_atomic_ref_count_init (&endpoint->ref_count);
  endpoint->url = g_strdup (url);
  endpoint->token = g_strdup (token);
  endpoint->ca_file = g_strdup (ca_file);
  uri = g_uri_parse (url, G_URI_FLAGS_NONE, &why);
  if (uri == NULL)
    {
      fail (error, url, why->message);
      return NULL;
    }
  if (ca_file != NULL && !g_path_is_absolute (ca_file))
    {
      fail (error, ca_file, "the path of certificates must be absolute");
      return NULL;
    }
  if (g_str_equal (g_uri_get_scheme (uri), SOCKET_SCHEME))
    ok = read_socket (endpoint, uri, error);
  else
    ok = read_http (endpoint, error);
  return ok ? g_steal_pointer (&endpoint) : NULL;
}

/**
 * ls_endpoint_with_token:
 * @endpoint: an endpoint
 * @token: (nullable): what lets its bearer in
 *
 * Returns: (transfer full): the same server under another token
 */
LsEndpoint *
ls_endpoint_with_token (LsEndpoint *endpoint,
                        const char *token)
{
  LsEndpoint *copy = g_new0 (LsEndpoint, 1);

  g_atomic_ref_count_init (&copy->ref_count);
  copy->url = g_strdup (endpoint->url);
  copy->token = g_strdup (token);
  copy->ca_file = g_strdup (endpoint->ca_file);
  copy->socket_path = g_strdup (endpoint->socket_path);
  copy->base = g_uri_ref (endpoint->base);
  return copy;
}

/**
 * ls_endpoint_ref:
 * @endpoint: an endpoint
 *
 * Returns: (transfer full): @endpoint
 */
LsEndpoint *
ls_endpoint_ref (LsEndpoint *endpoint)
{
  g_atomic_ref_count_inc (&endpoint->ref_count);
  return endpoint;
}

/**
 * ls_endpoint_unref:
 * @endpoint: (transfer full): an endpoint
 *
 * Drops a reference.
 */
void
ls_endpoint_unref (LsEndpoint *endpoint)
{
  if (!g_atomic_ref_count_dec (&endpoint->ref_count))
    return;
  g_free (endpoint->url);
  g_free (endpoint->token);
  g_free (endpoint->ca_file);
  g_free (endpoint->socket_path);
  g_clear_pointer (&endpoint->base, g_uri_unref);
  g_free (endpoint);
}

/**
 * ls_endpoint_get_url:
 * @endpoint: an endpoint
 *
 * Returns: (transfer none): the address as it was given
 */
const char *
ls_endpoint_get_url (LsEndpoint *endpoint)
{
  return endpoint->url;
}

/**
 * ls_endpoint_get_token:
 * @endpoint: an endpoint
 *
 * Returns: (transfer none) (nullable): what lets its bearer in
 */
const char *
ls_endpoint_get_token (LsEndpoint *endpoint)
{
  return endpoint->token;
}

/**
 * ls_endpoint_get_ca_file:
 * @endpoint: an endpoint
 *
 * Returns: (transfer none) (nullable): path of the certificates to trust instead of the system's
 */
const char *
ls_endpoint_get_ca_file (LsEndpoint *endpoint)
{
  return endpoint->ca_file;
}

/**
 * ls_endpoint_get_host:
 * @endpoint: an endpoint
 *
 * Returns: (transfer none): the server's name, `localhost` behind a socket
 */
const char *
ls_endpoint_get_host (LsEndpoint *endpoint)
{
  return g_uri_get_host (endpoint->base);
}

/**
 * ls_endpoint_is_tls:
 * @endpoint: an endpoint
 *
 * Returns: whether the connection is encrypted
 */
bool
ls_endpoint_is_tls (LsEndpoint *endpoint)
{
  return g_str_equal (g_uri_get_scheme (endpoint->base), "https");
}

/**
 * ls_endpoint_is_socket:
 * @endpoint: an endpoint
 *
 * Returns: whether the server is behind a socket of this machine's file system
 */
bool
ls_endpoint_is_socket (LsEndpoint *endpoint)
{
  return endpoint->socket_path != NULL;
}

/**
 * ls_endpoint_get_connectable:
 * @endpoint: an endpoint
 *
 * Returns: (transfer full): what a socket connects to; a name is looked up then
 */
GSocketConnectable *
ls_endpoint_get_connectable (LsEndpoint *endpoint)
{
  g_autofree char *url = NULL;

  if (endpoint->socket_path != NULL)
    return G_SOCKET_CONNECTABLE (g_unix_socket_address_new (endpoint->socket_path));
  /* By way of the URI, so that a proxy is looked up for its scheme. It was parsed before, hence
   * can't fail. */
  url = g_uri_to_string (endpoint->base);
  return g_network_address_parse_uri (url, ls_endpoint_is_tls (endpoint) ? 443 : 80, NULL);
}

/**
 * ls_endpoint_get_uri:
 * @endpoint: an endpoint
 * @path: a path of the protocol, such as `/v1/sync`
 * @query: (nullable): an encoded query
 *
 * Returns: (transfer full): the http or https URI of that path on the server
 */
GUri *
ls_endpoint_get_uri (LsEndpoint *endpoint,
                     const char *path,
                     const char *query)
{
  g_autofree char *whole = g_strconcat (g_uri_get_path (endpoint->base), path, NULL);

  return g_uri_build (G_URI_FLAGS_ENCODED, g_uri_get_scheme (endpoint->base), NULL,
                      g_uri_get_host (endpoint->base), g_uri_get_port (endpoint->base), whole,
                      query, NULL);
}
