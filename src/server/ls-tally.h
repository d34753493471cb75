/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-schema.h"

G_BEGIN_DECLS

/**
 * LsTally:
 *
 * Sums by row and field: what some rows add to the figures of others. A sum that does not fit makes
 * the tally overflowed for good. One thread.
 */
typedef struct _LsTally LsTally;

/**
 * LsTallyEntry:
 * @collection: of the row
 * @key: of the row
 * @sums: a sum for each field of @collection
 *
 * What was added up for one row.
 */
typedef struct {
  const LsCollection *collection;
  char *key;
  int64_t *sums;
} LsTallyEntry;

LsTally            *ls_tally_new        (void);
void                ls_tally_free       (LsTally            *tally);
void                ls_tally_add        (LsTally            *tally,
                                         const LsCollection *collection,
                                         const char         *key,
                                         unsigned            field,
                                         int                 sign,
                                         int64_t             amount);
void                ls_tally_fail       (LsTally            *tally);
bool                ls_tally_overflowed (LsTally            *tally);
unsigned            ls_tally_get_length (LsTally            *tally);
const LsTallyEntry *ls_tally_get_entry  (LsTally            *tally,
                                         unsigned            index);
const LsTallyEntry *ls_tally_find       (LsTally            *tally,
                                         const LsCollection *collection,
                                         const char         *key);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsTally, ls_tally_free)

G_END_DECLS
