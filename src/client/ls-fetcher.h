/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-endpoint.h"
#include "client/ls-fetch.h"

G_BEGIN_DECLS

/**
 * LsFetcher:
 *
 * Requests to one server, on the thread that made it. It keeps connections alive between them.
 */
typedef struct _LsFetcher LsFetcher;

LsFetcher *ls_fetcher_new       (void);
void       ls_fetcher_free      (LsFetcher         *fetcher);
LsFetch   *ls_fetcher_fetch     (LsFetcher         *fetcher,
                                 LsEndpoint        *endpoint,
                                 const LsFetchSpec *spec);
void       ls_fetcher_translate (GError           **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsFetcher, ls_fetcher_free)

G_END_DECLS
