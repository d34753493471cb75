/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-types.h"

G_BEGIN_DECLS

/**
 * LS_EPOCH_BYTES:
 *
 * Bytes of an epoch with its terminator: 32 hex digits.
 */
#define LS_EPOCH_BYTES 33

/**
 * LsPosition:
 * @epoch: random id of the shop's history, new when history was rewritten; empty before the first
 *   sync
 * @version: the shop's commit counter, gap-free, 0 for an empty shop
 * @check: hash chained over all versions; the server's to compute, a client echoes it
 *
 * Where a replica stands in a shop's history.
 */
struct _LsPosition {
  char epoch[LS_EPOCH_BYTES];
  int64_t version;
  uint64_t check;
};

static inline bool
ls_position_equal (const LsPosition *a,
                   const LsPosition *b)
{
  return g_str_equal (a->epoch, b->epoch) && a->version == b->version && a->check == b->check;
}

G_END_DECLS
