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
<<<<<<< Updated upstream
typedef struct {
  const char *shop;
  int64_t id;
  LsRecord *before;
  LsRecord *after;
  bool pending;
} LsRowChange;

/**
 * LsCacheCommit:
 * @sequence: counts the commits of the cache file, 1, 2, 3; a reader's snapshot knows which it
 *   contains
 * @changes: (element-type LsRowChange): the visible rows that changed
 * @shop: (nullable): the shop concerned
 * @position: the shop's confirmed position after it
 * @reloaded: (nullable): a mask of collections, indexed by #LsCollectionId, whose rows were
 *   replaced as a whole: queries load again
 *
 * One committed transaction of the cache. Reference-counted, immutable; any thread may read it.
 */
typedef struct {
  gatomicrefcount ref_count;
  int64_t sequence;
  char *shop;
  LsPosition position;
  GArray *changes;
  uint32_t reloaded;
} LsCacheCommit;

LsCacheCommit *ls_cache_commit_ref   (LsCacheCommit *commit);
void           ls_cache_commit_unref (LsCacheCommit *commit);

/**
 * LsEditState:
 * @LS_EDIT_QUEUED: made, not sent: may still be merged, changed, discarded
 * @LS_EDIT_SENT: has its n, immutable until its result
 * @LS_EDIT_APPLIED: done; kept in the journal for 7 days
 * @LS_EDIT_DEAD: can't succeed: in the visible dead-letter list
 *
 * Where an edit stands.
 */
typedef enum {
  LS_EDIT_QUEUED,
  LS_EDIT_SENT,
  LS_EDIT_APPLIED,
  LS_EDIT_DEAD,
} LsEditState;

/**
 * LsEdit:
 * @id: its place in the order of edits
 * @shop: the shop
 * @mid: its id, from when it was made
 * @n: its number, 0 before it is sent
 * @state: where it stands
 * @made_at: when, µs since the epoch
 * @changes: (element-type LsChange): what it does
 * @status: how it ended, when it did
 * @code: (nullable): name of an #LsErrorCode
 * @message: (nullable): why
 * @path: (nullable): where
 *
 * One edit of the admin's. Reference-counted, immutable.
 */
typedef struct {
  gatomicrefcount ref_count;
  int64_t id;
  char *shop;
  char *mid;
  int64_t n;
  LsEditState state;
  int64_t made_at;
  GPtrArray *changes;
  LsResultStatus status;
  char *code;
  char *message;
  char *path;
} LsEdit;

LsEdit *ls_edit_ref   (LsEdit *edit);
void    ls_edit_unref (LsEdit *edit);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsEdit, ls_edit_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsCacheCommit, ls_cache_commit_unref)
=======
#define LS_CACHE_QUEUE "cache"
>>>>>>> Stashed changes

/**
 * LsCacheCommitFunc:
 * @commit: what was committed
 * @user_data: of the listener
 *
 * Called on the thread of the call that committed, in order of sequence. It must not call the cache.
 */
typedef void (*LsCacheCommitFunc) (LsCacheCommit *commit,
                                   gpointer       user_data);

#define LS_TYPE_CACHE (ls_cache_get_type ())
G_DECLARE_FINAL_TYPE (LsCache, ls_cache, LS, CACHE, GObject)

/*
<<<<<<< Updated upstream
 * All of these run on the cache's queue (ls_cache_get_queue()); LsStore and LsSyncManager post
 * there. Each is one SQLite transaction with synchronous=FULL where edits are concerned, and ends
 * in one call of the listener.
=======
 * All of these run on the cache's queue (ls_cache_get_queue()), or at least on one thread at a time;
 * LsStore and LsSyncManager post there. Each that writes is one SQLite transaction, with
 * synchronous=FULL where edits are concerned, and ends in at most one call of the listener. After
 * an error nothing has changed.
>>>>>>> Stashed changes
 */
LsCache       *ls_cache_open              (LsEnvironment       *environment,
                                           const char          *path,
                                           const LsCollation   *collation,
                                           GError             **error);
LsQueue       *ls_cache_get_queue         (LsCache             *self);
const char    *ls_cache_get_path          (LsCache             *self);
void           ls_cache_set_listener      (LsCache             *self,
                                           LsCacheCommitFunc    func,
                                           gpointer             user_data);
void           ls_cache_close             (LsCache             *self);

char          *ls_cache_get_client_id     (LsCache             *self,
                                           GError             **error);
bool           ls_cache_set_client_id     (LsCache             *self,
                                           const char          *client,
                                           GError             **error);
GPtrArray     *ls_cache_list_shops        (LsCache             *self);
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
bool           ls_cache_tidy              (LsCache             *self,
                                           bool                *ret_more,
                                           GError             **error);

/* The proof: sums over confirmed rows. */
bool           ls_cache_get_digest        (LsCache             *self,
                                           const char          *shop,
                                           const LsCollection  *collection,
                                           LsDigestSum         *ret_sum,
                                           GError             **error);
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
bool           ls_cache_discard_edit      (LsCache             *self,
                                           const char          *mid,
                                           GError             **error);
bool           ls_cache_retry_edit        (LsCache             *self,
                                           const char          *mid,
                                           const char          *new_mid,
                                           GError             **error);
GPtrArray     *ls_cache_list_edits        (LsCache             *self,
                                           const char          *shop,
                                           unsigned             states,
                                           GError             **error);

<<<<<<< Updated upstream
/* The outbox: gives the next @max queued edits their n, durably, and returns them with those sent
 * before and not yet decided. */
GPtrArray     *ls_cache_number_edits     (LsCache             *self,
                                          const char          *shop,
                                          unsigned             max,
                                          GError             **error);
bool           ls_cache_renumber_edits   (LsCache             *self,
                                          const char          *shop,
                                          GError             **error);
=======
/* The outbox. */
GPtrArray     *ls_cache_number_edits      (LsCache             *self,
                                           const char          *shop,
                                           unsigned             max,
                                           GError             **error);
bool           ls_cache_renumber_edits    (LsCache             *self,
                                           const char          *shop,
                                           GError             **error);
>>>>>>> Stashed changes

G_END_DECLS
