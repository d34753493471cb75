/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-store"

#include "config.h"

#include "client/ls-store.h"

#include "client/ls-store-private.h"

/* What a store gives out: rows and numbers that follow the cache. */

/**
 * ls_store_query:
 * @self: a store
 * @shop: a shop
 * @collection: a collection
 * @filter: (nullable): which rows; %NULL for all
 * @orders: (array length=n_orders): by what to sort
 * @n_orders: how many; 0 for the order of ids
 *
 * Returns: (transfer full): the rows, as a list model that follows the cache; empty at first
 */
LsLiveQuery *
ls_store_query (LsStore            *self,
                const char         *shop,
                const LsCollection *collection,
                LsFilter           *filter,
                const LsOrder      *orders,
                size_t              n_orders)
{
  return ls_live_query_new (self, shop, collection, filter, orders, n_orders, 0);
}

/**
 * ls_store_query_first:
 * @self: a store
 * @shop: a shop
 * @collection: a collection
 * @filter: (nullable): which rows; %NULL for all
 * @orders: (array length=n_orders): by what to sort
 * @n_orders: how many; 0 for the order of ids
 * @limit: how many rows are wanted, at least 1
 *
 * Gives the first rows only: costs neither time nor memory for the others where an index gives the
 * order.
 *
 * Returns: (transfer full): @limit rows or some more, as far as there are, as a list model that
 *   follows the cache; empty at first
 */
LsLiveQuery *
ls_store_query_first (LsStore            *self,
                      const char         *shop,
                      const LsCollection *collection,
                      LsFilter           *filter,
                      const LsOrder      *orders,
                      size_t              n_orders,
                      unsigned            limit)
{
  g_return_val_if_fail (limit > 0, NULL);

  return ls_live_query_new (self, shop, collection, filter, orders, n_orders, limit);
}

/**
 * ls_store_aggregate:
 * @self: a store
 * @shop: a shop
 * @collection: a collection
 * @filter: (nullable): over which rows; %NULL for all
 * @group_fields: (array length=n_group_fields): by which fields to group
 * @n_group_fields: how many, at most 2
 * @terms: (array length=n_terms): what to compute
 * @n_terms: how many
 *
 * Returns: (transfer full): the numbers, which follow the cache; none at first
 */
LsLiveAggregate *
ls_store_aggregate (LsStore               *self,
                    const char            *shop,
                    const LsCollection    *collection,
                    LsFilter              *filter,
                    const unsigned        *group_fields,
                    size_t                 n_group_fields,
                    const LsAggregateTerm *terms,
                    size_t                 n_terms)
{
  return ls_live_aggregate_new (self, shop, collection, filter, group_fields, n_group_fields, terms,
                                n_terms);
}
