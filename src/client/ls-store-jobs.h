/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-follower.h"
#include "client/ls-store.h"

G_BEGIN_DECLS

/* What the store has done on the cache's queue. */

/**
 * LsStoreJob:
 *
 * Something that writes, from the call on the main thread to its answer there.
 */
typedef struct _LsStoreJob LsStoreJob;

/**
 * LsStoreQueue:
 * @held: (element-type LsStoreJob): the first waits for its next attempt, the others for it
 * @made: how many jobs there were
 * @done: number of the newest one that is on the disk
 * @is_closing: whether nothing is tried again any more
 *
 * The order of what is written. Plain struct, all zero at first; main thread only.
 */
typedef struct {
  GQueue held;
  uint64_t made;
  uint64_t done;
  bool is_closing;
} LsStoreQueue;

/**
 * LsStoreStart:
 * @shops: (element-type LsCacheShop): what is held
 * @edits: (element-type LsEdit): what waits and what failed
 * @error: (nullable): why some of it can't be read
 *
 * What the cache knew when the store began to listen.
 */
typedef struct {
  GPtrArray *shops;
  GPtrArray *edits;
  GError *error;
} LsStoreStart;

typedef void (*LsStoreStartFunc) (LsStoreStart *start,
                                  gpointer      user_data);

void           ls_store_post_start        (LsStore          *self,
                                           LsCache          *cache,
                                           LsFollower       *follower,
                                           LsStoreStartFunc  func);
void           ls_store_post_stop         (LsCache          *cache);
LsStoreQueue  *ls_store_get_jobs          (LsStore          *self);
void           ls_store_flush_jobs        (LsStore          *self);
int64_t        ls_store_job_get_sequence  (LsStoreJob       *job);
void           ls_store_job_end           (LsStoreJob       *job);
void           ls_store_wait              (LsStore          *self,
                                           LsStoreJob       *job);
LsEnvironment *ls_store_get_environment   (LsStore          *self);

G_END_DECLS
