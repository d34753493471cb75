/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/ls-storage.h"

G_BEGIN_DECLS

/**
 * LsLastRow:
 * @collection: where
 * @key: of which row
 * @row: (nullable): what the log led to, as far as it tells: %NULL for a row that was deleted
 * @known: a mask of the fields of @row that it tells; the others were last set before the horizon
 * @is_whole: whether the row was made after the horizon, so that all of it is known
 * @stored: (nullable): the row as it stands, at the same position
 *
 * What the log says last of a row.
 */
typedef struct {
  const LsCollection *collection;
  char *key;
  LsRecord *row;
  uint64_t known;
  bool is_whole;
  LsRecord *stored;
} LsLastRow;

GPtrArray *ls_log_list_last (LsStorage          *storage,
                             const char         *shop,
                             GArray *const      *suspects,
                             GError            **error);

G_END_DECLS
