/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-scope.h"
#include "core/ls-view.h"
#include "server/ls-digest-replay.h"
#include "server/ls-storage.h"

G_BEGIN_DECLS

/**
 * LsShopDigests:
 *
 * The digests of all collections of one shop, following its log in memory (PROTOCOL rule 15). Any
 * thread may read them; one follows.
 */
typedef struct _LsShopDigests LsShopDigests;

LsShopDigests *ls_shop_digests_new            (void);
void           ls_shop_digests_free           (LsShopDigests           *digests);
bool           ls_shop_digests_load           (LsShopDigests           *digests,
                                               LsStorage               *storage,
                                               const char              *shop,
                                               GError                 **error);
bool           ls_shop_digests_compute        (LsShopDigests           *digests,
                                               LsStorage               *storage,
                                               const char              *shop,
                                               GError                 **error);
void           ls_shop_digests_begin_follow   (LsShopDigests           *digests);
void           ls_shop_digests_follow         (LsShopDigests           *digests,
                                               const LsRecord          *before,
                                               const LsRecord          *after);
void           ls_shop_digests_end_follow     (LsShopDigests           *digests,
                                               const LsPosition        *position);
bool           ls_shop_digests_follow_log     (LsShopDigests           *digests,
                                               LsStorage               *storage,
                                               const LsShop            *shop,
                                               GPtrArray               *versions,
                                               LsDigestRowFunc          func,
                                               gpointer                 user_data,
                                               GError                 **error);
bool           ls_shop_digests_get_position   (LsShopDigests           *digests,
                                               LsPosition              *ret_position);
bool           ls_shop_digests_get_sums       (LsShopDigests           *digests,
                                               const LsView            *view,
                                               const LsScope           *scope,
                                               LsPosition              *ret_position,
                                               LsDigestSum              ret_sums[LS_N_COLLECTIONS]);
LsDigest      *ls_shop_digests_copy           (LsShopDigests           *digests,
                                               const LsCollection      *collection,
                                               LsPosition              *ret_position);
GBytes        *ls_shop_digests_serialize      (LsShopDigests           *digests);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsShopDigests, ls_shop_digests_free)

G_END_DECLS
