/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-view.h"
#include "server/ls-delta.h"
#include "server/wire/ls-blob.h"

G_BEGIN_DECLS

/**
 * LsRing:
 *
 * The newest versions of a shop, each encoded once for every view and scope that somebody has, when
 * it is first wanted. Bounded in bytes; the oldest go. One thread at a time.
 */
typedef struct _LsRing LsRing;

LsRing  *ls_ring_new       (const char       *shop,
                            const LsPosition *position,
                            size_t            max_bytes);
void     ls_ring_free      (LsRing           *ring);
void     ls_ring_add       (LsRing           *ring,
                            LsVersion        *version);
void     ls_ring_trim      (LsRing           *ring);
bool     ls_ring_covers    (LsRing           *ring,
                            int64_t           from);
bool     ls_ring_get_check (LsRing           *ring,
                            int64_t           version,
                            uint64_t         *ret_check);
LsBlob  *ls_ring_get_delta (LsRing           *ring,
                            const LsView     *view,
                            const LsScope    *scope,
                            int64_t           from,
                            size_t            max_bytes);
GPtrArray *ls_ring_list    (LsRing           *ring,
                            int64_t           from);
size_t   ls_ring_get_bytes (LsRing           *ring);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsRing, ls_ring_free)

G_END_DECLS
