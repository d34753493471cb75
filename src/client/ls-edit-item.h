/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-cache.h"

G_BEGIN_DECLS

#define LS_TYPE_EDIT_ITEM (ls_edit_item_get_type ())
G_DECLARE_FINAL_TYPE (LsEditItem, ls_edit_item, LS, EDIT_ITEM, GObject)

LsEditItem *ls_edit_item_new      (LsEdit     *edit);
LsEdit     *ls_edit_item_get_edit (LsEditItem *self);
void        ls_edit_item_set_edit (LsEditItem *self,
                                   LsEdit     *edit);

G_END_DECLS
