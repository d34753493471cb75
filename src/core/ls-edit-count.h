/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-position.h"
#include "core/ls-types.h"

G_BEGIN_DECLS

/**
 * LsEditCount:
 * @epoch: the epoch in which a client counted, empty for none
 * @n: the last n of it that was decided there
 *
 * How far the edits of a client were decided. A count says nothing without its epoch: in each a
 * client begins again with 1.
 */
typedef struct {
  char epoch[LS_EPOCH_BYTES];
  int64_t n;
} LsEditCount;

char *ls_edit_count_to_text   (const LsEditCount *count);
bool  ls_edit_count_from_text (const char        *text,
                               LsEditCount       *ret_count);

G_END_DECLS
