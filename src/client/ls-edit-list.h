/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "client/ls-edit-item.h"
#include "client/ls-row-table.h"

G_BEGIN_DECLS

/**
 * LsEditCounts:
 * @pending: edits that wait for the server
 * @dead: edits that failed for good
 * @lost: edits that the server lost when it was restored
 *
 * How many edits stand how.
 */
typedef struct {
  unsigned pending;
  unsigned dead;
  unsigned lost;
} LsEditCounts;

/**
 * LsEditList:
 *
 * The edits that an admin can do something about: those that wait, that failed, that were lost; and
 * the marks of the rows that a failed one is about. Main thread only.
 */
typedef struct _LsEditList LsEditList;

LsEditList         *ls_edit_list_new        (LsRowTable *rows);
void                ls_edit_list_free       (LsEditList *self);
void                ls_edit_list_take       (LsEditList *self,
                                             LsEdit     *edit);
GListModel         *ls_edit_list_get_model  (LsEditList *self);
LsEdit             *ls_edit_list_find       (LsEditList *self,
                                             const char *mid);
const LsEditCounts *ls_edit_list_get_counts (LsEditList *self);

G_END_DECLS
