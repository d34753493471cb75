/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-retry.h"
#include "client/ls-store-jobs.h"
#include "client/ls-store-private.h"

G_BEGIN_DECLS

typedef enum {
  LS_STORE_MUTATE,
  LS_STORE_MUTATE_MANY,
  LS_STORE_DISCARD,
  LS_STORE_DISCARD_ALL,
  LS_STORE_RETRY,
  LS_STORE_RESOLVE,
  LS_STORE_RESTORE,
} LsStoreJobKind;

struct _LsStoreJob {
  gatomicrefcount ref_count;
  LsStoreJobKind kind;
  LsEnvironment *environment;
  LsCache *cache;
  GTask *task;
  char *shop;
  char *mid;
  char *new_mid;
  char **mids;
  unsigned states;
  GPtrArray *changes;

  /* The answer. */
  LsEdit *edit;
  LsStoreMade *made;
  GError *error;
  int64_t sequence;

  /* Trying again; main thread only. */
  LsRetry *retry;
  uint64_t number; /* counts the store's jobs */
  bool waits;      /* for its next attempt, or for one before it */
  GError *held_error; /* of the last attempt, while it waits for the next */
};

LsStoreJob *ls_store_job_new  (LsStore            *self,
                               LsStoreJobKind      kind,
                               gpointer            source_tag,
                               GCancellable       *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer            user_data);
void        ls_store_job_post (LsStoreJob         *job);

G_END_DECLS
