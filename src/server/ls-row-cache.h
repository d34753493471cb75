/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-position.h"
#include "core/ls-record.h"

G_BEGIN_DECLS

/**
 * LsRowCache:
 *
 * Rows of one shop as they stand at one position, so that what many edits touch (the shop's own
 * row, its day, its best-sellers) is not read again for each. Who writes the shop keeps it; as long
 * as the position is the one it was left at, nobody else wrote. One thread.
 */
typedef struct _LsRowCache LsRowCache;

LsRowCache *ls_row_cache_new     (void);
void        ls_row_cache_free    (LsRowCache         *cache);
void        ls_row_cache_clear   (LsRowCache         *cache);
void        ls_row_cache_enter   (LsRowCache         *cache,
                                  const LsPosition   *position);
void        ls_row_cache_leave   (LsRowCache         *cache,
                                  const LsPosition   *position);
bool        ls_row_cache_find    (LsRowCache         *cache,
                                  const LsCollection *collection,
                                  const char         *key,
                                  LsRecord          **ret_record);
void        ls_row_cache_put     (LsRowCache         *cache,
                                  const LsCollection *collection,
                                  const char         *key,
                                  LsRecord           *record);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsRowCache, ls_row_cache_free)

G_END_DECLS
