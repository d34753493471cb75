/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-cache.h"

G_BEGIN_DECLS

/**
 * LsStoreUpkeep:
 *
 * What a cache needs now and then, out of everybody's way: the log is moved into the file by a
 * connection and on a queue of its own, so that no commit has to; rows that a snapshot replaced are
 * removed in small steps between the jobs of the cache's queue. Main thread only.
 */
typedef struct _LsStoreUpkeep LsStoreUpkeep;

LsStoreUpkeep *ls_store_upkeep_new         (LsCache             *cache);
LsStoreUpkeep *ls_store_upkeep_ref         (LsStoreUpkeep       *upkeep);
void           ls_store_upkeep_unref       (LsStoreUpkeep       *upkeep);
void           ls_store_upkeep_start       (LsStoreUpkeep       *upkeep);
void           ls_store_upkeep_stop        (LsStoreUpkeep       *upkeep);
void           ls_store_upkeep_take_commit (LsStoreUpkeep       *upkeep,
                                            const LsCacheCommit *commit);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsStoreUpkeep, ls_store_upkeep_unref)

G_END_DECLS
