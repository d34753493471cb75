/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "app/text/ls-error-desk.h"
#include "client/ls-store.h"

G_BEGIN_DECLS

#define LS_TYPE_EDIT_ROW (ls_edit_row_get_type ())
G_DECLARE_FINAL_TYPE (LsEditRow, ls_edit_row, LS, EDIT_ROW, AdwBin)

GtkWidget *ls_edit_row_new      (LsErrorDesk *desk,
                                 LsStore     *store,
                                 gboolean     actions);
void       ls_edit_row_set_edit (LsEditRow   *self,
                                 LsEdit      *edit);

G_END_DECLS
