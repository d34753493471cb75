/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/tables/ls-table.h"

G_BEGIN_DECLS

#define LS_TYPE_CELL (ls_cell_get_type ())
G_DECLARE_FINAL_TYPE (LsCell, ls_cell, LS, CELL, GtkWidget)

GtkWidget *ls_cell_new     (LsTable            *table,
                            const LsCollection *collection,
                            unsigned            field,
                            LsTableColumnFlags  flags);
void       ls_cell_set_row (LsCell             *self,
                            LsRow              *row);

G_END_DECLS
