/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-cache-types.h"
#include "client/ls-collation.h"
#include "core/ls-change.h"
#include "core/ls-digest.h"
#include "core/ls-environment.h"
#include "core/ls-message.h"
#include "core/ls-position.h"
#include "core/ls-record.h"
#include "core/ls-view.h"

G_BEGIN_DECLS

/**
 * LS_CACHE_QUEUE:
 *
 * The name of the queue that a cache's calls run on.
 */
#define LS_CACHE_QUEUE "cache"

/**
 * LsCacheCommitFunc:
 * @commit: what was committed
 * @user_data: of the listener
 *
 * Called on the thread of the call that committed, in order of sequence. It must not call the
 * cache.
 */
typedef void (*LsCacheCommitFunc) (LsCacheCommit *commit,
                                   gpointer       user_data);

#define LS_TYPE_CACHE (ls_cache_get_type ())
G_DECLARE_FINAL_TYPE (LsCache, ls_cache, LS, CACHE, GObject)

/*
 * All of these run on the cache's queue (ls_cache_get_queue()), or at least on one thread at a
 * time; LsStore and LsSyncManager post there. Each that writes is one SQLite transaction, with
 * synchronous=FULL where edits are concerned, and ends in at most one call of the listener. After
 * an error nothing has changed.
 */
LsCache       *ls_cache_open              (LsEnvironment       *environment,
                                           const char          *path,
                                           const LsCollation   *collation,
                                           GError             **error);
LsCache       *ls_cache_open_shared       (LsEnvironment       *environment,
                                           const char          *path,
                                           const LsCollation   *collation,
                                           GError             **error);
const char    *ls_cache_get_set_aside     (LsCache             *self,
                                           unsigned            *ret_n_edits);
void           ls_cache_suspect           (LsCache             *self,
                                           const GError        *error);
unsigned       ls_cache_get_schema_version (void);
bool           ls_cache_measure           (LsCache             *self,
                                           int64_t             *ret_rows,
                                           int64_t             *ret_bytes,
                                           int64_t             *ret_free,
                                           GError             **error);
bool           ls_cache_clean             (LsCache             *self,
                                           int64_t              max_bytes,
                                           GError             **error);
bool           ls_cache_is_read_only      (LsCache             *self);
bool           ls_cache_look              (LsCache             *self,
                                           bool                *ret_is_free,
                                           GError             **error);
bool           ls_cache_take_over         (LsCache             *self,
                                           GError             **error);
LsQueue       *ls_cache_get_queue         (LsCache             *self);
const char    *ls_cache_get_path          (LsCache             *self);
const LsCollation *ls_cache_get_collation (LsCache             *self);
LsEnvironment *ls_cache_get_environment   (LsCache             *self);
int64_t        ls_cache_get_sequence      (LsCache             *self);
bool           ls_cache_was_killed        (LsCache             *self);
void           ls_cache_set_listener      (LsCache             *self,
                                           LsCacheCommitFunc    func,
                                           gpointer             user_data,
                                           GDestroyNotify       destroy);
void           ls_cache_close             (LsCache             *self);

char          *ls_cache_get_client_id     (LsCache             *self,
                                           GError             **error);
bool           ls_cache_set_client_id     (LsCache             *self,
                                           const char          *client,
                                           GError             **error);
GPtrArray     *ls_cache_list_shops        (LsCache             *self);
bool           ls_cache_name_shop         (LsCache             *self,
                                           const char          *shop,
                                           const char          *name,
                                           const char          *role,
                                           GError             **error);
bool           ls_cache_remove_shop       (LsCache             *self,
                                           const char          *shop,
                                           GError             **error);
bool           ls_cache_get_position      (LsCache             *self,
                                           const char          *shop,
                                           LsPosition          *ret_position,
                                           uint64_t            *ret_view,
                                           int64_t             *ret_synced_at,
                                           GError             **error);
bool           ls_cache_set_synced        (LsCache             *self,
                                           const char          *shop,
                                           GError             **error);
bool           ls_cache_set_view          (LsCache             *self,
                                           const char          *shop,
                                           const LsView        *view,
                                           uint32_t            *ret_fetch,
                                           GError             **error);
int64_t        ls_cache_get_highest_n     (LsCache             *self,
                                           const char          *shop,
                                           GError             **error);
LsRecord      *ls_cache_get_visible       (LsCache             *self,
                                           const char          *shop,
                                           const LsCollection  *collection,
                                           const char          *key,
                                           GError             **error);
LsRecord      *ls_cache_get_confirmed     (LsCache             *self,
                                           const char          *shop,
                                           const LsCollection  *collection,
                                           const char          *key,
                                           GError             **error);

/* From the server. */
bool           ls_cache_apply_delta       (LsCache             *self,
                                           const LsMessage     *delta,
                                           GError             **error);
bool           ls_cache_apply_result      (LsCache             *self,
                                           const LsMessage     *result,
                                           LsEdit             **ret_edit,
                                           GError             **error);

bool           ls_cache_begin_snapshot    (LsCache             *self,
                                           const char          *shop,
                                           uint32_t             collections,
                                           const LsScope       *scope,
                                           GError             **error);
bool           ls_cache_add_snapshot_rows (LsCache             *self,
                                           const char          *shop,
                                           GPtrArray           *records,
                                           GError             **error);
bool           ls_cache_prepare_snapshot  (LsCache             *self,
                                           const char          *shop,
                                           bool                *ret_ready,
                                           GError             **error);
bool           ls_cache_finish_snapshot   (LsCache             *self,
                                           const char          *shop,
                                           const LsPosition    *position,
                                           uint64_t             view,
                                           int64_t              done_n,
                                           GError             **error);
void           ls_cache_cancel_snapshot   (LsCache             *self,
                                           const char          *shop);
bool           ls_cache_check             (LsCache             *self,
                                           GError             **error);
bool           ls_cache_tidy              (LsCache             *self,
                                           bool                *ret_more,
                                           GError             **error);

/* The proof: sums over confirmed rows. */
bool           ls_cache_get_digest        (LsCache             *self,
                                           const char          *shop,
                                           const LsCollection  *collection,
                                           LsDigestSum         *ret_sum,
                                           GError             **error);
bool           ls_cache_is_comparable     (LsCache             *self,
                                           const char          *shop,
                                           const LsCollection  *collection);
bool           ls_cache_list_buckets      (LsCache             *self,
                                           const char          *shop,
                                           const LsCollection  *collection,
                                           LsDigestBucketFunc   func,
                                           gpointer             user_data,
                                           GError             **error);

/* From the admin. */
LsEdit        *ls_cache_add_edit          (LsCache             *self,
                                           const char          *shop,
                                           const char          *mid,
                                           GPtrArray           *changes,
                                           GError             **error);
GPtrArray     *ls_cache_add_edits         (LsCache             *self,
                                           const char          *shop,
                                           const char          *first_mid,
                                           GPtrArray           *changes,
                                           GPtrArray          **ret_seen,
                                           GError             **error);
bool           ls_cache_discard_edit      (LsCache             *self,
                                           const char          *mid,
                                           GError             **error);
bool           ls_cache_discard_edits     (LsCache             *self,
                                           const char          *shop,
                                           unsigned             states,
                                           GError             **error);
bool           ls_cache_resolve_edit      (LsCache             *self,
                                           const char          *mid,
                                           const char          *new_mid,
                                           GPtrArray           *changes,
                                           GError             **error);
bool           ls_cache_restore_edits     (LsCache             *self,
                                           const char          *shop,
                                           const char *const   *mids,
                                           GError             **error);
bool           ls_cache_retry_edit        (LsCache             *self,
                                           const char          *mid,
                                           const char          *new_mid,
                                           GError             **error);
GPtrArray     *ls_cache_list_edits        (LsCache             *self,
                                           const char          *shop,
                                           unsigned             states,
                                           GError             **error);

/* The outbox. */
GPtrArray     *ls_cache_number_edits      (LsCache             *self,
                                           const char          *shop,
                                           unsigned             max,
                                           GError             **error);
bool           ls_cache_renumber_edits    (LsCache             *self,
                                           const char          *shop,
                                           bool                 is_forked,
                                           GError             **error);
bool           ls_cache_lose_edits        (LsCache             *self,
                                           const char          *shop,
                                           int64_t              base,
                                           GError             **error);

G_END_DECLS
