/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "client/ls-row.h"
#include "core/ls-filter.h"

G_BEGIN_DECLS

/**
 * LsOrder:
 * @field: index of a field
 * @descending: whether the greatest comes first
 *
 * One key of a sort; every sort ends in the row's id, which goes the way of the last key.
 */
typedef struct {
  unsigned field;
  bool descending;
} LsOrder;

#define LS_TYPE_LIVE_QUERY (ls_live_query_get_type ())
G_DECLARE_FINAL_TYPE (LsLiveQuery, ls_live_query, LS, LIVE_QUERY, GObject)

/*
 * A GListModel of LsRow that follows the cache. Made by ls_store_query(). Properties: `loading`
 * (the first page or a new order is being read), `stale` (it takes longer than the rest and is
 * behind), `n-items`. Signal `changed` after each publication. Main thread only; nothing here waits.
 */
const LsCollection *ls_live_query_get_collection     (LsLiveQuery   *self);
const char         *ls_live_query_get_shop           (LsLiveQuery   *self);
gboolean            ls_live_query_get_loading        (LsLiveQuery   *self);
gboolean            ls_live_query_get_stale          (LsLiveQuery   *self);
LsFilter           *ls_live_query_get_filter         (LsLiveQuery   *self);
void                ls_live_query_set_filter         (LsLiveQuery   *self,
                                                      LsFilter      *filter);
void                ls_live_query_set_order          (LsLiveQuery   *self,
                                                      const LsOrder *orders,
                                                      size_t         n_orders);
void                ls_live_query_set_viewport       (LsLiveQuery   *self,
                                                      unsigned       first,
                                                      unsigned       last);
int64_t             ls_live_query_get_id             (LsLiveQuery   *self,
                                                      unsigned       position);
bool                ls_live_query_find               (LsLiveQuery   *self,
                                                      int64_t        id,
                                                      unsigned      *ret_position);
unsigned            ls_live_query_get_n_materialised (LsLiveQuery   *self);

G_END_DECLS
