/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-followed.h"
#include "client/ls-id-sequence.h"
#include "client/ls-row-order.h"
#include "core/ls-filter.h"

G_BEGIN_DECLS

/**
 * LsRowsUpdate:
 * @after: the rows that are to be shown
 * @script: how those shown before became these
 *
 * What a query tells its model. Immutable.
 */
typedef struct {
  LsIdSequence *after;
  LsIdScript *script;
} LsRowsUpdate;

LsFollowed *ls_followed_rows_new (const char         *shop,
                                  const LsCollection *collection,
                                  LsFilter           *filter,
                                  LsRowOrder         *order,
                                  unsigned            limit);

G_END_DECLS
