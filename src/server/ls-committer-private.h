/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/ls-committer.h"
#include "server/ls-draft.h"
#include "server/ls-shop-digests.h"

G_BEGIN_DECLS

/* A submitted mutation, and how it ended. */
typedef struct {
  LsMutation *mutation;
  LsDecidedFunc func;
  gpointer user_data;
  GDestroyNotify destroy;

  LsDecision *decision;
  bool recorded; /* the decision was written in the group's transaction */
  GError *error;
  int64_t expected_n;
  bool alone; /* a group that it was in failed: try it by itself */
} LsEntry;

void        ls_entry_free            (LsEntry       *entry);

/* What one transaction does. */
typedef struct {
  char *shop;
  GPtrArray *entries;  /* LsEntry */
  GPtrArray *versions; /* LsVersion */
  GPtrArray *drafts;   /* LsDraft, one for each version */
  LsPosition before;
  bool wrote;
} LsGroup;

LsGroup    *ls_group_new             (const char    *shop);
void        ls_group_free            (LsGroup       *group);
void        ls_group_reset           (LsGroup       *group);

/* ls-decide.c: decides an entry inside the transaction. False on a failure of the storage, with
 * @error. */
bool        ls_decide                (LsEnvironment  *environment,
                                      LsStorageTx    *tx,
                                      LsGroup        *group,
                                      LsEntry        *entry,
                                      GError        **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsEntry, ls_entry_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsGroup, ls_group_free)

G_END_DECLS
