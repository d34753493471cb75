/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

G_BEGIN_DECLS

/**
 * LsEndpoint:
 *
 * Where a server is and how to be let in: address, token, certificate authority. Reference-counted,
 * immutable; any thread may read it.
 *
 * Addresses are `https://host[:port][/path]`, `http://` for a server on this machine only, and
 * `lockstep+unix:///path/of/socket` for a private server behind a socket that file permissions
 * guard.
 */
typedef struct _LsEndpoint LsEndpoint;

LsEndpoint         *ls_endpoint_new             (const char *url,
                                                 const char *token,
                                                 const char *ca_file,
                                                 GError    **error);
LsEndpoint         *ls_endpoint_with_token      (LsEndpoint *endpoint,
                                                 const char *token);
LsEndpoint         *ls_endpoint_ref             (LsEndpoint *endpoint);
void                ls_endpoint_unref           (LsEndpoint *endpoint);
const char         *ls_endpoint_get_url         (LsEndpoint *endpoint);
const char         *ls_endpoint_get_token       (LsEndpoint *endpoint);
const char         *ls_endpoint_get_ca_file     (LsEndpoint *endpoint);
const char         *ls_endpoint_get_host        (LsEndpoint *endpoint);
bool                ls_endpoint_is_tls          (LsEndpoint *endpoint);
bool                ls_endpoint_is_socket       (LsEndpoint *endpoint);
GSocketConnectable *ls_endpoint_get_connectable (LsEndpoint *endpoint);
GUri               *ls_endpoint_get_uri         (LsEndpoint *endpoint,
                                                 const char *path,
                                                 const char *query);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsEndpoint, ls_endpoint_unref)

G_END_DECLS
