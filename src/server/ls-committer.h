/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-environment.h"
#include "core/ls-view.h"
#include "server/ls-shop-digests.h"
#include "server/ls-storage.h"

G_BEGIN_DECLS

/**
 * LS_COMMITTER_QUEUE:
 *
 * Name of the queue of the environment that all of the committer runs on.
 */
#define LS_COMMITTER_QUEUE "committer"

/**
 * LS_EXPECTED_FORKED:
 *
 * As an expected n: there is none; this n was decided under another mid, so the client's cache is a
 * copy and needs a client id of its own (PROTOCOL rule 9).
 */
#define LS_EXPECTED_FORKED (-1)

/**
 * LsMutationFlags:
 * @LS_MUTATION_NONE: an edit like any
 * @LS_MUTATION_REPAIR: the server corrects derived values: they may be set, and nothing is derived
 *   from it. Never from a client
 * @LS_MUTATION_RETENTION: with the other: nothing is put right, what is too old goes
 *
 * How a mutation differs from an admin's edit.
 */
typedef enum {
  LS_MUTATION_NONE = 0,
  LS_MUTATION_REPAIR = 1 << 0,
  LS_MUTATION_RETENTION = 1 << 1,
} LsMutationFlags;

/**
 * LsMutation:
 * @shop: the shop it is for
 * @client: (nullable): the client that numbered it, or %NULL for the server's own (imports,
 *   simulation, connectors): those have a mid, no n
 * @actor: the user or source, as Activity shows it
 * @role: the user's rights; %LS_ROLE_OWNER for the server's own
 * @flags: how it differs from an admin's edit
 * @n: the client's count, 0 without one
 * @mid: (nullable): its id; without one the server's own is not protected against coming twice
 * @is_void: discarded after it got its n
 * @changes: (element-type LsChange) (nullable): what shall happen, all or nothing
 * @body_error: (nullable): why the changes could not be read
 * @job: (nullable): the job it belongs to
 *
 * A mutation on its way to the log. Reference-counted, immutable once submitted.
 */
typedef struct {
  gatomicrefcount ref_count;
  char *shop;
  char *client;
  char *actor;
  LsRole role;
  LsMutationFlags flags;
  int64_t n;
  char *mid;
  bool is_void;
  GPtrArray *changes;
  GError *body_error;
  char *job;
} LsMutation;

LsMutation *ls_mutation_new   (const char *shop);
LsMutation *ls_mutation_ref   (LsMutation *mutation);
void        ls_mutation_unref (LsMutation *mutation);

/**
 * LsCommitGroup:
 * @shop: the shop
 * @from: the version before the group
 * @position: the version after it, with epoch and check
 * @versions: (element-type LsVersion): the versions of the group, in order; may be empty
 * @anew: the shop goes on at @position, and no version leads there from what was told before: another
 *   epoch, a backup that was put back, or far too many versions
 * @base: with @anew: where the epoch began
 *
 * What one durable transaction brought, of this node or of others. Immutable; any thread may read
 * it.
 */
typedef struct {
  const char *shop;
  int64_t from;
  LsPosition position;
  GPtrArray *versions;
  bool anew;
  int64_t base;
} LsCommitGroup;

/**
 * LS_REPAIR_ACTOR:
 *
 * Whose mutations repair what the log did not lead to.
 */
#define LS_REPAIR_ACTOR "check"

/**
 * LsCommitFunc:
 * @group: what is on disk now; valid during the call, its versions may be kept by reference
 * @user_data: of the listener
 *
 * Called on the committer's queue after the commit is durable and before any of its results is
 * told: the hub fans out here.
 */
typedef void (*LsCommitFunc) (const LsCommitGroup *group,
                              gpointer             user_data);

/**
 * LsDecidedFunc:
 * @mutation: the mutation
 * @decision: (nullable): how it ended, or %NULL with @error set
 * @error: (nullable): nothing was decided: a temporary failure (storage, expected another n), the
 *   client sends it again; or a client that was copied
 * @expected_n: with an error of %LS_ERROR_PROTOCOL about n: the n that must come next, or
 *   %LS_EXPECTED_FORKED; else 0
 * @user_data: of the submitter
 *
 * Called on the committer's queue, after the listener heard of the version that the mutation made.
 */
typedef void (*LsDecidedFunc) (LsMutation       *mutation,
                               const LsDecision *decision,
                               const GError     *error,
                               int64_t           expected_n,
                               gpointer          user_data);

/**
 * LsScrubFunc:
 * @shop: the shop
 * @collection: (nullable): a collection that was read to its end, or %NULL when the pass is over
 * @buckets: (element-type uint32_t) (nullable): buckets of it whose rows are not those that the log
 *   led to; empty when all is sound
 * @error: (nullable): with %NULL as @collection: why the pass ended early
 * @user_data: of the caller
 *
 * Called on the committer's queue, for each collection and at the end.
 */
typedef void (*LsScrubFunc)   (const char         *shop,
                               const LsCollection *collection,
                               GArray             *buckets,
                               const GError       *error,
                               gpointer            user_data);

#define LS_TYPE_COMMITTER (ls_committer_get_type ())
G_DECLARE_FINAL_TYPE (LsCommitter, ls_committer, LS, COMMITTER, GObject)

LsCommitter *ls_committer_new          (LsEnvironment       *environment,
                                        LsStorage           *storage);
void         ls_committer_set_listener (LsCommitter         *self,
                                        LsCommitFunc         func,
                                        gpointer             user_data);
bool         ls_committer_submit       (LsCommitter         *self,
                                        LsMutation          *mutation,
                                        LsDecidedFunc        func,
                                        gpointer             user_data,
                                        GDestroyNotify       destroy,
                                        GError             **error);
bool         ls_committer_get_digest   (LsCommitter         *self,
                                        const char          *shop,
                                        const LsView        *view,
                                        const LsScope       *scope,
                                        LsPosition          *ret_position,
                                        LsDigestSum          ret_sums[LS_N_COLLECTIONS]);
LsShopDigests *ls_committer_get_digests (LsCommitter        *self,
                                        const char          *shop);
LsDigest    *ls_committer_copy_digest  (LsCommitter         *self,
                                        const char          *shop,
                                        const LsCollection  *collection,
                                        LsPosition          *ret_position);
void         ls_committer_scrub        (LsCommitter         *self,
                                        const char          *shop,
                                        int64_t              pause,
                                        LsScrubFunc          func,
                                        gpointer             user_data,
                                        GDestroyNotify       destroy);
void         ls_committer_follow       (LsCommitter         *self,
                                        const char          *shop,
                                        const LsPosition    *position);
void         ls_committer_look         (LsCommitter         *self,
                                        const char          *shop);
void         ls_committer_drain        (LsCommitter         *self,
                                        LsJobFunc            func,
                                        gpointer             user_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsMutation, ls_mutation_unref)

G_END_DECLS
