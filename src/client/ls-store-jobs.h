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
 * LsStoreStart:
 * @shops: (element-type LsCacheShop): what is held
 * @edits: (element-type LsEdit): what waits and what failed
 *
 * What the cache knew when the store began to listen.
 */
typedef struct {
  GPtrArray *shops;
  GPtrArray *edits;
} LsStoreStart;

typedef void (*LsStoreStartFunc) (LsStoreStart *start,
                                  gpointer      user_data);

void           ls_store_post_start        (LsStore          *self,
                                           LsCache          *cache,
                                           LsFollower       *follower,
                                           LsStoreStartFunc  func);
void           ls_store_post_stop         (LsCache          *cache);
int64_t        ls_store_job_get_sequence  (LsStoreJob       *job);
void           ls_store_job_end           (LsStoreJob       *job);
void           ls_store_wait              (LsStore          *self,
                                           LsStoreJob       *job);
LsEnvironment *ls_store_get_environment   (LsStore          *self);

G_END_DECLS
