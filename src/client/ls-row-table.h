/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-cache-types.h"
#include "client/ls-row.h"

G_BEGIN_DECLS

/**
 * LsWantedRow:
 * @shop: the shop, interned
 * @collection: the collection
 * @id: the row
 *
 * A row whose values are wanted.
 */
typedef struct {
  const char *shop;
  const LsCollection *collection;
  int64_t id;
} LsWantedRow;

/**
 * LsRowTable:
 *
 * The rows that somebody holds, one object an id, and the values of a bounded number of others that
 * were held or will be soon. Main thread only.
 */
typedef struct _LsRowTable LsRowTable;

/**
 * LsRowsWantedFunc:
 * @user_data: of the table's owner
 *
 * Called when values are wanted and none were since ls_row_table_take_wants().
 */
typedef void (*LsRowsWantedFunc) (gpointer user_data);

LsRowTable *ls_row_table_new        (LsRowsWantedFunc    func,
                                     gpointer            user_data);
LsRowTable *ls_row_table_ref        (LsRowTable         *table);
void        ls_row_table_unref      (LsRowTable         *table);
void        ls_row_table_detach     (LsRowTable         *table);
LsRow      *ls_row_table_get        (LsRowTable         *table,
                                     const char         *shop,
                                     const LsCollection *collection,
                                     int64_t             id,
                                     bool               *ret_made);
bool        ls_row_table_prefetch   (LsRowTable         *table,
                                     const char         *shop,
                                     const LsCollection *collection,
                                     int64_t             id);
GArray     *ls_row_table_take_wants (LsRowTable         *table);
void        ls_row_table_load       (LsRowTable         *table,
                                     const LsWantedRow  *row,
                                     LsRecord           *record,
                                     bool                pending);
void        ls_row_table_change     (LsRowTable         *table,
                                     const LsRowChange  *change);
void        ls_row_table_reload     (LsRowTable         *table,
                                     const char         *shop,
                                     uint32_t            collections);
void        ls_row_table_set_failed (LsRowTable         *table,
                                     const char         *shop,
                                     const LsEdit       *edit,
                                     bool                failed);
LsRecord   *ls_row_table_peek       (LsRowTable         *table,
                                     int64_t             id);
unsigned    ls_row_table_count      (LsRowTable         *table);

void ls_row_table_get_counts (LsRowTable *table,
                              uint64_t   *ret_asked,
                              uint64_t   *ret_loaded);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsRowTable, ls_row_table_unref)

G_END_DECLS
