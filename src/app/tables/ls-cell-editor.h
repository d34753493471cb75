/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "core/ls-record.h"

G_BEGIN_DECLS

#define LS_TYPE_CELL_EDITOR (ls_cell_editor_get_type ())
G_DECLARE_FINAL_TYPE (LsCellEditor, ls_cell_editor, LS, CELL_EDITOR, GtkWidget)

GtkWidget *ls_cell_editor_new   (LsRecord     *record,
                                 unsigned      field,
                                 const char   *currency);
void       ls_cell_editor_start (LsCellEditor *self);

bool       ls_cell_editor_parse (const LsField *field,
                                 const char    *text,
                                 const char    *currency,
                                 LsValue       *ret_value,
                                 GError       **error);
char      *ls_cell_editor_text  (const LsField *field,
                                 const LsValue *value,
                                 const char    *currency);
void       ls_cell_editor_mark  (GtkWidget     *entry,
                                 const LsField *field,
                                 const char    *currency,
                                 const GError  *error);

G_END_DECLS
