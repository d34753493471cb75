/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-change.h"
#include "core/ls-record.h"
#include "core/ls-schema.h"
#include "core/ls-types.h"

G_BEGIN_DECLS

/**
 * LS_SCOPE_NOTHING:
 *
 * In place of a first bucket: no row of the collection.
 */
#define LS_SCOPE_NOTHING UINT32_MAX

/**
 * LsScope:
 * @since: by #LsCollectionId the first bucket that is held: 0 for all rows, a month for those of
 *   that month and later (and those without a day), %LS_SCOPE_NOTHING for none
 *
 * The part of a shop's rows that a client holds, out of those that it may see: what that is says an
 * #LsView. Only collections with a day have months (ls_digest_bucket()).
 */
typedef struct {
  uint32_t since[LS_N_COLLECTIONS];
} LsScope;

void     ls_scope_init            (LsScope            *scope);
void     ls_scope_init_empty      (LsScope            *scope);
bool     ls_scope_equal           (const LsScope      *a,
                                   const LsScope      *b);
bool     ls_scope_is_whole        (const LsScope      *scope);
uint32_t ls_scope_get_collections (const LsScope      *scope);
bool     ls_scope_has_collection  (const LsScope      *scope,
                                   const LsCollection *collection);
bool     ls_scope_has_bucket      (const LsScope      *scope,
                                   const LsCollection *collection,
                                   uint32_t            bucket);
bool     ls_scope_since_has_bucket (uint32_t           since,
                                    uint32_t           bucket);
bool     ls_scope_since_has_change (uint32_t           since,
                                    const LsChange    *change);
bool     ls_scope_has_record      (const LsScope      *scope,
                                   const LsRecord     *record);
bool     ls_scope_has_change      (const LsScope      *scope,
                                   const LsChange     *change);
bool     ls_scope_check_since     (const LsCollection *collection,
                                   int64_t             since,
                                   GError            **error);
char    *ls_scope_to_text         (const LsScope      *scope);
bool     ls_scope_from_text       (const char         *text,
                                   LsScope            *ret_scope,
                                   GError            **error);

G_END_DECLS
