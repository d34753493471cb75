/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-digest.h"
#include "server/ls-storage.h"

G_BEGIN_DECLS

/**
 * LsDigestRowFunc:
 * @before: (nullable): a row before a change
 * @after: (nullable): the row after it
 * @user_data: of the caller
 *
 * Called for each change of a row.
 */
typedef void (*LsDigestRowFunc) (const LsRecord *before,
                                 const LsRecord *after,
                                 gpointer        user_data);

bool ls_digest_replay      (LsStorage        *storage,
                            const LsShop     *shop,
                            int64_t           version,
                            LsDigest        **all,
                            GError          **error);
bool ls_digest_replay_tell (LsStorage        *storage,
                            const LsShop     *shop,
                            GPtrArray        *versions,
                            LsDigestRowFunc   func,
                            gpointer          user_data,
                            GError          **error);

G_END_DECLS
