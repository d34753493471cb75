/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-endpoint.h"
#include "client/ls-request.h"

G_BEGIN_DECLS

/**
 * LsHttp:
 *
 * Requests to one server, on the thread that made it. It keeps connections alive between them.
 */
typedef struct _LsHttp LsHttp;

LsHttp    *ls_http_new       (void);
void       ls_http_free      (LsHttp              *http);
LsRequest *ls_http_request   (LsHttp              *http,
                              LsEndpoint          *endpoint,
                              const LsRequestSpec *spec);
void       ls_http_translate (GError             **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsHttp, ls_http_free)

G_END_DECLS
