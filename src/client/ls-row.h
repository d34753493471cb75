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
 * properties `record` (boxed, %NULL until loaded), `pending` (an edit of it waits for the server)
 * and `failed` notify. Main thread only.
 */

int64_t         ls_row_get_id      (LsRow *self);
LsRecord       *ls_row_get_record  (LsRow *self);
gboolean        ls_row_get_pending (LsRow *self);

G_END_DECLS
