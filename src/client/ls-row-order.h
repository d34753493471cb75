/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-collation.h"
#include "client/ls-live-query.h"
#include "core/ls-record.h"

G_BEGIN_DECLS

/**
 * LsRowOrder:
 *
 * A total order of the rows of a collection: by fields, then by id, which goes the way of the last
 * field. One description, two compilers: for SQLite, and for C. Immutable; any thread may use it.
 */
typedef struct _LsRowOrder LsRowOrder;

LsRowOrder *ls_row_order_new        (const LsCollection *collection,
                                     const LsCollation  *collation,
                                     const LsOrder      *orders,
                                     size_t              n_orders);
LsRowOrder *ls_row_order_ref        (LsRowOrder         *order);
void        ls_row_order_unref      (LsRowOrder         *order);
bool        ls_row_order_is_exact   (const LsRowOrder   *order);
bool        ls_row_order_equal      (const LsRowOrder   *a,
                                     const LsRowOrder   *b);
uint64_t    ls_row_order_get_fields (const LsRowOrder   *order);
int         ls_row_order_get_first  (const LsRowOrder   *order);
bool        ls_row_order_is_covered (const LsRowOrder   *order,
                                     uint64_t            filter_fields);
char       *ls_row_order_to_sql     (const LsRowOrder   *order,
                                     uint64_t            filter_fields);
uint64_t    ls_row_order_prefix     (const LsRowOrder   *order,
                                     const LsValue      *first);
uint64_t    ls_row_order_prefix_of  (const LsRowOrder   *order,
                                     const LsRecord     *record);
int         ls_row_order_compare_id (const LsRowOrder   *order,
                                     int64_t             a,
                                     int64_t             b);
int         ls_row_order_compare    (const LsRowOrder   *order,
                                     const LsRecord     *a,
                                     int64_t             a_id,
                                     const LsRecord     *b,
                                     int64_t             b_id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsRowOrder, ls_row_order_unref)

G_END_DECLS
