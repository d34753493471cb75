/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-store.h"

G_BEGIN_DECLS

#define LS_TYPE_UNDO_STACK (ls_undo_stack_get_type ())
G_DECLARE_FINAL_TYPE (LsUndoStack, ls_undo_stack, LS, UNDO_STACK, GObject)

LsUndoStack *ls_undo_stack_new       (LsStore           *store);
void         ls_undo_stack_push      (LsUndoStack       *self,
                                      const char        *shop,
                                      const LsStoreMade *made);
gboolean     ls_undo_stack_can_undo  (LsUndoStack       *self);
gboolean     ls_undo_stack_can_redo  (LsUndoStack       *self);
void         ls_undo_stack_undo      (LsUndoStack       *self);
void         ls_undo_stack_redo      (LsUndoStack       *self);

G_END_DECLS
