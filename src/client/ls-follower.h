/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-cache-types.h"
#include "client/ls-collation.h"
#include "client/ls-followed.h"
#include "client/ls-row-table.h"
#include "core/ls-environment.h"

G_BEGIN_DECLS

/**
 * LsFollowedUpdate:
 * @id: of which followed thing
 * @klass: its kind
 * @generation: of what is told of
 * @update: (nullable): what it tells, %NULL when only @is_stale changed
 * @is_stale: whether it is behind the rest, since it takes longer
 * @is_partial: whether these are only the first rows
 * @n_read: how many rows of it come with their values
 *
 * One part of a publication.
 */
typedef struct {
  uint64_t id;
  const LsFollowedClass *klass;
  unsigned generation;
  gpointer update;
  bool is_stale;
  bool is_partial;
  unsigned n_read;
} LsFollowedUpdate;

/**
 * LsLoadedRow:
 * @token: of a search, 0 for a row that was wanted
 * @row: which row; its id is 0 when a search found none
 * @record: (nullable): its values
 * @pending: whether an edit of it waits
 * @failure: (nullable): why a search could not be made
 *
 * Values of a row in a publication.
 */
typedef struct {
  uint64_t token;
  LsWantedRow row;
  LsRecord *record;
  bool pending;
  GError *failure;
} LsLoadedRow;

/**
 * LsPublication:
 * @sequence: the newest commit in it
 * @commits: (element-type LsCacheCommit): those since the publication before
 * @updates: (element-type LsFollowedUpdate): of what is followed
 * @rows: (element-type LsLoadedRow): of rows that were asked for
 *
 * Everything that the main thread has to show at once, as of one moment.
 */
typedef struct {
  int64_t sequence;
  GPtrArray *commits;
  GArray *updates;
  GArray *rows;
} LsPublication;

/**
 * LsPublishFunc:
 * @publication: what to show
 * @user_data: of the follower's owner
 *
 * Called on the main queue, in order of sequence.
 */
typedef void (*LsPublishFunc) (const LsPublication *publication,
                               gpointer             user_data);

/**
 * LsReadTroubleFunc:
 * @error: (nullable): why nothing can be read, %NULL when it can be again
 * @user_data: of the follower's owner
 *
 * Called on the main queue.
 */
typedef void (*LsReadTroubleFunc) (const GError *error,
                                   gpointer      user_data);

/**
 * LsFollower:
 *
 * Follows the commits of a cache for everything that is shown. It reads on a queue of its own, and
 * has loaders for what takes longer. Each turn takes one snapshot, brings all that is followed to
 * it, and publishes the whole, so that no two things on the screen are of different moments. The
 * next turn waits until the main thread has shown the last one: a busy screen gets fewer, larger
 * publications.
 */
typedef struct _LsFollower LsFollower;

LsFollower *ls_follower_new         (LsEnvironment      *environment,
                                     const char         *path,
                                     const LsCollation  *collation,
                                     LsPublishFunc       func,
                                     gpointer            user_data);
LsFollower *ls_follower_ref         (LsFollower         *follower);
void        ls_follower_unref       (LsFollower         *follower);
void        ls_follower_set_trouble_func (LsFollower        *follower,
                                     LsReadTroubleFunc   func);
void        ls_follower_stop        (LsFollower         *follower);
void        ls_follower_start       (LsFollower         *follower,
                                     int64_t             sequence);
bool        ls_follower_is_stopped  (LsFollower         *follower);
void        ls_follower_set_shared  (LsFollower         *follower,
                                     bool                shared);
void        ls_follower_take_commit (LsFollower         *follower,
                                     LsCacheCommit      *commit);
void        ls_follower_follow      (LsFollower         *follower,
                                     uint64_t            id,
                                     LsFollowed         *followed);
void        ls_follower_forget      (LsFollower         *follower,
                                     uint64_t            id);
void        ls_follower_want_rows   (LsFollower         *follower,
                                     GArray             *wanted);
void        ls_follower_find_row    (LsFollower         *follower,
                                     uint64_t            token,
                                     const char         *shop,
                                     const LsCollection *collection,
                                     const char         *key);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsFollower, ls_follower_unref)

G_END_DECLS
