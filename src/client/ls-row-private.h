/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-row-table.h"

G_BEGIN_DECLS

LsRow *ls_row_new         (LsRowTable         *table,
                           const char         *shop,
                           const LsCollection *collection,
                           int64_t             id);
void   ls_row_set_loaded  (LsRow              *self,
                           LsRecord           *record,
                           bool                pending);
void   ls_row_set_failed  (LsRow              *self,
                           uint64_t            failed);
void   ls_row_table_leave (LsRowTable         *table,
                           LsRow              *row);

G_END_DECLS
