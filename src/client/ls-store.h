/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-cache.h"
#include "client/ls-edit-item.h"
#include "client/ls-live-aggregate.h"
#include "client/ls-live-query.h"

G_BEGIN_DECLS

/**
 * LsStoreMade:
 * @edits: (element-type LsEdit): the edits, some of which may be ones that were joined
 * @seen: (element-type GPtrArray): for each of them the changes asked for, with the values that
 *   stood there
 *
 * What became of many changes. ls_store_made_free() frees it.
 */
typedef struct {
  GPtrArray *edits;
  GPtrArray *seen;
} LsStoreMade;

#define LS_TYPE_STORE (ls_store_get_type ())
G_DECLARE_FINAL_TYPE (LsStore, ls_store, LS, STORE, GObject)

/*
 * The single source of truth for all windows of an account. Main thread only; nothing here waits.
 *
 * Signals:
 *
 * - committed (LsCacheCommit): after all queries show the commit;
 * - edit-changed (LsEdit): an edit was made, sent, confirmed, or failed with a reason;
 * - position-changed (shop): the confirmed position of a shop, or the time of its last sync, changed;
 * - read-trouble (GError or NULL): the cache can't be read, again and again, or can be again.
 *
 * Properties: pending-count (edits that wait), dead-count (edits that failed for good), lost-count
 * (edits that the server lost when it was restored).
 *
 * ls_store_new_key() makes the key of a row that does not exist yet, a UUID of version 7.
 *
 * ls_store_get_edits() is a model of LsEditItem: what waits, what failed and what was lost, oldest
 * first.
 */
LsStore         *ls_store_new             (LsEnvironment         *environment,
                                           LsCache               *cache);
gboolean         ls_store_get_read_only   (LsStore               *self);
LsCache         *ls_store_get_cache       (LsStore               *self);
int64_t          ls_store_get_sequence    (LsStore               *self);
char            *ls_store_new_key         (LsStore               *self);
LsLiveQuery     *ls_store_query           (LsStore               *self,
                                           const char            *shop,
                                           const LsCollection    *collection,
                                           LsFilter              *filter,
                                           const LsOrder         *orders,
                                           size_t                 n_orders);
LsLiveQuery     *ls_store_query_first     (LsStore               *self,
                                           const char            *shop,
                                           const LsCollection    *collection,
                                           LsFilter              *filter,
                                           const LsOrder         *orders,
                                           size_t                 n_orders,
                                           unsigned               limit);
LsLiveAggregate *ls_store_aggregate       (LsStore               *self,
                                           const char            *shop,
                                           const LsCollection    *collection,
                                           LsFilter              *filter,
                                           const unsigned        *group_fields,
                                           size_t                 n_group_fields,
                                           const LsAggregateTerm *terms,
                                           size_t                 n_terms);
void             ls_store_get_row_async   (LsStore               *self,
                                           const char            *shop,
                                           const LsCollection    *collection,
                                           const char            *key,
                                           GCancellable          *cancellable,
                                           GAsyncReadyCallback    callback,
                                           gpointer               user_data);
LsRow           *ls_store_get_row_finish  (LsStore               *self,
                                           GAsyncResult          *result,
                                           GError               **error);
void             ls_store_mutate_async    (LsStore               *self,
                                           const char            *shop,
                                           GPtrArray             *changes,
                                           GCancellable          *cancellable,
                                           GAsyncReadyCallback    callback,
                                           gpointer               user_data);
LsEdit          *ls_store_mutate_finish   (LsStore               *self,
                                           GAsyncResult          *result,
                                           GError               **error);
void             ls_store_mutate_many_async (LsStore             *self,
                                           const char            *shop,
                                           GPtrArray             *changes,
                                           GCancellable          *cancellable,
                                           GAsyncReadyCallback    callback,
                                           gpointer               user_data);
LsStoreMade     *ls_store_mutate_many_finish (LsStore            *self,
                                           GAsyncResult          *result,
                                           GError               **error);
void             ls_store_made_free       (LsStoreMade           *made);
void             ls_store_discard_async   (LsStore               *self,
                                           const char            *mid,
                                           GCancellable          *cancellable,
                                           GAsyncReadyCallback    callback,
                                           gpointer               user_data);
gboolean         ls_store_discard_finish  (LsStore               *self,
                                           GAsyncResult          *result,
                                           GError               **error);
void             ls_store_discard_all_async (LsStore             *self,
                                           const char            *shop,
                                           unsigned               states,
                                           GCancellable          *cancellable,
                                           GAsyncReadyCallback    callback,
                                           gpointer               user_data);
void             ls_store_resolve_async   (LsStore               *self,
                                           const char            *mid,
                                           GPtrArray             *changes,
                                           GCancellable          *cancellable,
                                           GAsyncReadyCallback    callback,
                                           gpointer               user_data);
void             ls_store_restore_async   (LsStore               *self,
                                           const char            *shop,
                                           const char *const     *mids,
                                           GCancellable          *cancellable,
                                           GAsyncReadyCallback    callback,
                                           gpointer               user_data);
void             ls_store_retry_async     (LsStore               *self,
                                           const char            *mid,
                                           GCancellable          *cancellable,
                                           GAsyncReadyCallback    callback,
                                           gpointer               user_data);
gboolean         ls_store_retry_finish    (LsStore               *self,
                                           GAsyncResult          *result,
                                           GError               **error);
GListModel      *ls_store_get_edits       (LsStore               *self);
unsigned         ls_store_get_pending_count (LsStore             *self);
LsEdit          *ls_store_find_edit       (LsStore               *self,
                                           const char            *mid);
unsigned         ls_store_count_live      (LsStore               *self);
unsigned         ls_store_get_dead_count  (LsStore               *self);
unsigned         ls_store_get_lost_count  (LsStore               *self);
bool             ls_store_get_position    (LsStore               *self,
                                           const char            *shop,
                                           LsPosition            *ret_position,
                                           int64_t               *ret_synced_at);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsStoreMade, ls_store_made_free)

G_END_DECLS
