/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "core/ls-filter.h"
#include "core/ls-position.h"

G_BEGIN_DECLS

/**
 * LsAggregateFunction:
 *
 * What is computed of a field over the rows of a group. NULL is left out; %LS_AGGREGATE_COUNT
 * counts rows.
 */
typedef enum {
  LS_AGGREGATE_COUNT,
  LS_AGGREGATE_SUM,
  LS_AGGREGATE_AVERAGE,
  LS_AGGREGATE_MIN,
  LS_AGGREGATE_MAX,
  LS_AGGREGATE_DISTINCT,
} LsAggregateFunction;

/**
 * LsAggregateTerm:
 * @function: what is computed
 * @field: of which field; ignored for %LS_AGGREGATE_COUNT
 */
typedef struct {
  LsAggregateFunction function;
  unsigned field;
} LsAggregateTerm;

#define LS_TYPE_LIVE_AGGREGATE (ls_live_aggregate_get_type ())
G_DECLARE_FINAL_TYPE (LsLiveAggregate, ls_live_aggregate, LS, LIVE_AGGREGATE, GObject)

/*
 * Numbers over a collection that follow the cache, grouped by up to two fields. Made by
 * ls_store_aggregate(). Signal `changed` when its result is new; groups come in ascending order of
 * their values. Averages are rounded down. Main thread only; nothing here waits.
 */
gboolean       ls_live_aggregate_get_loading  (LsLiveAggregate *self);
gboolean       ls_live_aggregate_get_stale    (LsLiveAggregate *self);
unsigned       ls_live_aggregate_get_n_groups (LsLiveAggregate *self);
const LsValue *ls_live_aggregate_get_group    (LsLiveAggregate *self,
                                               unsigned         group,
                                               unsigned         key);
int64_t        ls_live_aggregate_get_value    (LsLiveAggregate *self,
                                               unsigned         group,
                                               unsigned         term);
int64_t        ls_live_aggregate_get_sequence (LsLiveAggregate *self);
void           ls_live_aggregate_set_filter   (LsLiveAggregate *self,
                                               LsFilter        *filter);

G_END_DECLS
