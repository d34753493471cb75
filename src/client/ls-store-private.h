/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-follower.h"
#include "client/ls-row-order.h"
#include "client/ls-row-table.h"
#include "client/ls-store.h"

G_BEGIN_DECLS

/**
 * LsLiveFunc:
 * @object: a live object
 * @update: what its followed thing tells
 *
 * Takes an update over; called while a publication is shown.
 */
typedef void (*LsLiveFunc) (GObject                *object,
                            const LsFollowedUpdate *update);

uint64_t        ls_store_attach         (LsStore            *self,
                                         GObject            *object,
                                         LsLiveFunc          func);
void            ls_store_detach         (LsStore            *self,
                                         uint64_t            id);
LsFollower     *ls_store_get_follower   (LsStore            *self);
void            ls_store_tell_mutating  (LsStore            *self,
                                         const char         *shop,
                                         const char         *mid);
void            ls_store_taken_over     (LsStore            *self);
void            ls_store_watch          (LsStore            *self,
                                         LsCache            *cache,
                                         LsFollower         *follower);
LsRowTable     *ls_store_get_rows       (LsStore            *self);

LsLiveQuery     *ls_live_query_new      (LsStore               *store,
                                         const char            *shop,
                                         const LsCollection    *collection,
                                         LsFilter              *filter,
                                         const LsOrder         *orders,
                                         size_t                 n_orders,
                                         unsigned               limit);
LsLiveAggregate *ls_live_aggregate_new  (LsStore               *store,
                                         const char            *shop,
                                         const LsCollection    *collection,
                                         LsFilter              *filter,
                                         const unsigned        *group_fields,
                                         size_t                 n_group_fields,
                                         const LsAggregateTerm *terms,
                                         size_t                 n_terms);

G_END_DECLS
