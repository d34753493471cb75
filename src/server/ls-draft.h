/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/ls-row-cache.h"
#include "server/ls-storage.h"

G_BEGIN_DECLS

/**
 * LsDraft:
 *
 * The rows that one mutation touches, as they were and as they shall be, over a transaction that
 * does not know of them yet: rules and derivations read through it, and what it holds at the end is
 * the version. One thread.
 *
 * A failure of the storage is kept: later calls find nothing, and ls_draft_get_error() tells it. So
 * rules and derivations read straight through.
 */
typedef struct _LsDraft LsDraft;

/**
 * LsDraftRow:
 * @before: (nullable): the row before the mutation
 * @after: (nullable): the row after it
 *
 * One row of a draft.
 */
typedef struct {
  LsRecord *before;
  LsRecord *after;
} LsDraftRow;

LsDraft      *ls_draft_new          (LsStorageTx         *tx,
                                     LsRowCache          *cache);
void          ls_draft_free         (LsDraft             *draft);

LsRecord     *ls_draft_get          (LsDraft             *draft,
                                     const LsCollection  *collection,
                                     const char          *key);
LsRecord     *ls_draft_get_before   (LsDraft             *draft,
                                     const LsCollection  *collection,
                                     const char          *key);
GPtrArray    *ls_draft_list         (LsDraft             *draft,
                                     const LsCollection  *collection,
                                     unsigned             field,
                                     const LsValue       *value);
GPtrArray    *ls_draft_list_new     (LsDraft             *draft,
                                     const LsCollection  *collection,
                                     unsigned             field,
                                     const LsValue       *value);
GPtrArray    *ls_draft_list_before  (LsDraft             *draft,
                                     const LsCollection  *collection,
                                     unsigned             field,
                                     const LsValue       *value);
GPtrArray    *ls_draft_list_between (LsDraft             *draft,
                                     const LsCollection  *collection,
                                     unsigned             field,
                                     int64_t              min,
                                     int64_t              max);
bool          ls_draft_has_rows     (LsDraft             *draft,
                                     const LsCollection  *collection);
void          ls_draft_take         (LsDraft             *draft,
                                     LsRecord            *after);
void          ls_draft_take_new     (LsDraft             *draft,
                                     LsRecord            *after);
void          ls_draft_remove       (LsDraft             *draft,
                                     const LsCollection  *collection,
                                     const char          *key);

unsigned      ls_draft_get_n_rows   (LsDraft             *draft);
LsDraftRow    ls_draft_get_row      (LsDraft             *draft,
                                     unsigned             index);
LsStorageTx  *ls_draft_get_tx       (LsDraft             *draft);
const GError *ls_draft_get_error    (LsDraft             *draft);
GPtrArray    *ls_draft_get_changes  (LsDraft             *draft);
void          ls_draft_settle       (LsDraft             *draft);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsDraft, ls_draft_free)

G_END_DECLS
