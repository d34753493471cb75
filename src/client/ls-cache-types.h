/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-scope-choice.h"
#include "core/ls-change.h"
#include "core/ls-message.h"
#include "core/ls-position.h"
#include "core/ls-record.h"

G_BEGIN_DECLS

/**
 * LsRowChange:
 * @shop: the shop, owned by the commit
 * @collection: the collection
 * @id: the row's id in the cache, unique in the file, stable over delete, undo and resync
 * @before: (nullable): what was visible, or %NULL when nothing was
 * @after: (nullable): what is visible now, or %NULL when nothing is
 * @pending: whether an edit of the row waits for the server
 *
 * What one commit of the cache did to one visible row. @before and @after may be the same record
 * when only @pending changed. A commit has at most one for a row.
 */
typedef struct {
  const char *shop;
  const LsCollection *collection;
  int64_t id;
  LsRecord *before;
  LsRecord *after;
  bool pending;
} LsRowChange;

/**
 * LsEditState:
 * @LS_EDIT_QUEUED: made, not sent: may still be merged, changed, discarded
 * @LS_EDIT_SENT: has its n, immutable until its result
 * @LS_EDIT_APPLIED: done; kept in the journal for 7 days
 * @LS_EDIT_DEAD: can't succeed: in the visible dead-letter list
 * @LS_EDIT_DISCARDED: taken back, or come to nothing; only told once, kept nowhere
 * @LS_EDIT_LOST: was applied, in a history that the server lost when it was restored: offered to be
 *   applied again
 *
 * Where an edit stands.
 */
typedef enum {
  LS_EDIT_QUEUED,
  LS_EDIT_SENT,
  LS_EDIT_APPLIED,
  LS_EDIT_DEAD,
  LS_EDIT_DISCARDED,
  LS_EDIT_LOST,
} LsEditState;

/**
 * LS_EDIT_MASK:
 * @state: an #LsEditState
 *
 * The bit of a state in a set of states.
 */
#define LS_EDIT_MASK(state) (1u << (state))

/**
 * LS_EDITS_WAITING:
 *
 * The states of edits that wait for the server.
 */
#define LS_EDITS_WAITING (LS_EDIT_MASK (LS_EDIT_QUEUED) | LS_EDIT_MASK (LS_EDIT_SENT))

/**
 * LS_BULK_CHANGES:
 *
 * Changes in one edit when many are made at once. A version holds 500 with all that follows from
 * them on the server: an order moves its day, its customer and its products.
 */
#define LS_BULK_CHANGES 100

/**
 * LS_BULK_BYTES:
 *
 * Bytes of them, under the 256 KiB of a version for the same reason.
 */
#define LS_BULK_BYTES (128 * 1024)

/**
 * LS_EDIT_N_PAST:
 *
 * The n of an edit that is to be sent again in another count than it was sent in: the server may know
 * its mid, and what it stood for. It waits for its n like one that was never sent, and is as immutable as
 * one that has it.
 */
#define LS_EDIT_N_PAST (-1)

/**
 * LsEdit:
 * @id: its place in the order of edits
 * @shop: the shop
 * @mid: its id, from when it was made
 * @n: its number, 0 before it is sent, %LS_EDIT_N_PAST where it was sent in a count that is over
 * @state: where it stands
 * @made_at: when, µs since the epoch
 * @resolved_at: when its result came, µs since the epoch, 0 before
 * @changes: (element-type LsChange): what it does
 * @is_void: taken back after it got its n: it is sent as `void`
 * @status: how it ended, when it did
 * @version: the version its result told, 0 before
 * @code: (nullable): name of an #LsErrorCode
 * @message: (nullable): why
 * @path: (nullable): where
 * @reason: (nullable) (array zero-terminated=1): why exactly, for the reader's language (ls-reason.h)
 * @depends_on: (nullable): mid of the failed edit that made the row this one is about
 *
 * One edit of the admin's. Reference-counted, immutable; any thread may read it.
 */
typedef struct {
  gatomicrefcount ref_count;
  int64_t id;
  char *shop;
  char *mid;
  int64_t n;
  LsEditState state;
  int64_t made_at;
  int64_t resolved_at;
  GPtrArray *changes;
  bool is_void;
  LsResultStatus status;
  int64_t version;
  char *code;
  char *message;
  char *path;
  char **reason;
  char *depends_on;
} LsEdit;

/**
 * LsCacheCommit:
 * @sequence: counts the commits of the cache file, 1, 2, 3; a reader's snapshot knows which it
 *   contains
 * @shop: the shop concerned
 * @position: the shop's confirmed position after it
 * @synced_at: when the server last confirmed the shop, µs since the epoch
 * @n_waiting: edits of the shop that wait for the server
 * @changes: (element-type LsRowChange): the visible rows that changed
 * @edits: (element-type LsEdit): the edits that changed, as they are now
 * @contained: (element-type utf8): mids of the edits of this client whose effect came with it
 * @reloaded: a mask of collections, indexed by #LsCollectionId, whose rows were replaced as a
 *   whole: queries load again; their rows are not in @changes
 * @untidy: whether rows are left that ls_cache_tidy() has to let go of
 *
 * One committed transaction of the cache. Reference-counted, immutable; any thread may read it.
 */
typedef struct {
  gatomicrefcount ref_count;
  int64_t sequence;
  char *shop;
  LsPosition position;
  int64_t synced_at;
  unsigned n_waiting;
  GArray *changes;
  GPtrArray *edits;
  GPtrArray *contained;
  uint32_t reloaded;
  bool untidy;
} LsCacheCommit;

/**
 * LsCacheShop:
 * @shop: its id
 * @name: (nullable): what admins read
 * @role: (nullable): the user's role there, by its name
 * @position: its confirmed position; the epoch is empty before the first sync
 * @view: hash of the view its rows have, 0 before the first sync
 * @synced_at: when the server last confirmed it, µs since the epoch, 0 for never
 * @n_waiting: edits that wait for the server
 * @choice: what the admin wants held of it
 * @held: what is held of it
 * @lacking: a mask of the collections of which more is wanted than is held
 *
 * What the cache holds of a shop. Boxed.
 */
typedef struct {
  char *shop;
  char *name;
  char *role;
  LsPosition position;
  uint64_t view;
  int64_t synced_at;
  unsigned n_waiting;
  LsScopeChoice choice;
  LsScope held;
  uint32_t lacking;
} LsCacheShop;

#define LS_TYPE_EDIT (ls_edit_get_type ())
#define LS_TYPE_CACHE_COMMIT (ls_cache_commit_get_type ())
#define LS_TYPE_CACHE_SHOP (ls_cache_shop_get_type ())

GType          ls_edit_get_type         (void);
LsEdit        *ls_edit_new              (void);
LsEdit        *ls_edit_copy             (const LsEdit        *edit);
LsEdit        *ls_edit_ref              (LsEdit              *edit);
void           ls_edit_unref            (LsEdit              *edit);

GType          ls_cache_commit_get_type (void);
LsCacheCommit *ls_cache_commit_new      (const char          *shop);
void           ls_cache_commit_add      (LsCacheCommit       *commit,
                                         const LsCollection  *collection,
                                         int64_t              id,
                                         LsRecord            *before,
                                         LsRecord            *after,
                                         bool                 pending);
LsCacheCommit *ls_cache_commit_ref      (LsCacheCommit       *commit);
void           ls_cache_commit_unref    (LsCacheCommit       *commit);

GType          ls_cache_shop_get_type   (void);
LsCacheShop   *ls_cache_shop_copy       (const LsCacheShop   *shop);
void           ls_cache_shop_free       (LsCacheShop         *shop);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsEdit, ls_edit_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsCacheCommit, ls_cache_commit_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsCacheShop, ls_cache_shop_free)

G_END_DECLS
