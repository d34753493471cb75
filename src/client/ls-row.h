/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-record.h"

G_BEGIN_DECLS

#define LS_TYPE_ROW (ls_row_get_type ())
G_DECLARE_FINAL_TYPE (LsRow, ls_row, LS, ROW, GObject)

/**
 * LsRow:
 *
 * A visible row as widgets hold it: one object per id while anyone holds it, updated in place. Its
 * properties `record` (boxed, %NULL until loaded, and when the row is gone), `loaded`, `pending` (an
 * edit of it waits for the server) and `failed` (an edit of it is among the dead letters) notify.
 * Main thread only.
 */

int64_t             ls_row_get_id         (LsRow *self);
const char         *ls_row_get_shop       (LsRow *self);
const LsCollection *ls_row_get_collection (LsRow *self);
LsRecord           *ls_row_get_record     (LsRow *self);
const char         *ls_row_get_key        (LsRow *self);
gboolean            ls_row_get_loaded     (LsRow *self);
gboolean            ls_row_get_pending    (LsRow *self);
gboolean            ls_row_get_failed     (LsRow *self);
uint64_t            ls_row_get_failed_fields (LsRow *self);

G_END_DECLS
