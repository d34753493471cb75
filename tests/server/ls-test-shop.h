/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "ls-test-dir.h"
#include "ls-test-environment.h"
#include "server/ls-committer.h"
#include "server/ls-storage.h"

G_BEGIN_DECLS

/**
 * LsTestShop:
 * @environment: clock and queues that the test moves
 * @path: the data file
 * @storage: the storage
 * @committer: the committer
 * @groups: (element-type LsTestGroup): what the listener heard, since last cleared
 * @told: how many decisions were told
 *
 * One shop, "s", in euros in Paris, with a storage on a real file and a committer, all on one
 * thread.
 */
typedef struct {
  LsTestEnvironment *environment;
  LsTestDir *dir;
  char *path;
  LsStorage *storage;
  LsCommitter *committer;
  GPtrArray *groups;
  unsigned told;
} LsTestShop;

typedef struct {
  int64_t from;
  LsPosition position;
  GPtrArray *versions;
} LsTestGroup;

/**
 * LsTestOutcome:
 * @told: whether it was told at all
 * @decision: (nullable): how a mutation ended
 * @error: (nullable): or why it was not decided
 * @expected_n: the n expected, with @error
 * @groups_before: how many groups the listener had heard of when it was told
 */
typedef struct {
  bool told;
  LsDecision *decision;
  GError *error;
  int64_t expected_n;
  unsigned groups_before;
  LsTestShop *shop;
} LsTestOutcome;

LsTestShop    *ls_test_shop_new           (void);
LsTestShop    *ls_test_shop_new_on        (const char    *vfs);
void           ls_test_shop_free          (LsTestShop    *self);
void           ls_test_shop_close         (LsTestShop    *self);
void           ls_test_shop_open          (LsTestShop    *self);
void           ls_test_shop_reopen        (LsTestShop    *self);
void           ls_test_shop_take_storage  (LsTestShop    *self,
                                           LsStorage     *storage);

GPtrArray     *ls_test_changes            (const char    *json);
LsMutation    *ls_test_mutation           (const char    *client,
                                           int64_t        n,
                                           const char    *mid,
                                           const char    *json);
LsTestOutcome *ls_test_shop_submit        (LsTestShop    *self,
                                           LsMutation    *mutation);
LsTestOutcome *ls_test_shop_mutate        (LsTestShop    *self,
                                           const char    *client,
                                           int64_t        n,
                                           const char    *mid,
                                           const char    *json);
LsDecision    *ls_test_shop_edit          (LsTestShop    *self,
                                           const char    *json);
void           ls_test_shop_apply         (LsTestShop    *self,
                                           const char    *json);
void           ls_test_outcome_free       (LsTestOutcome *outcome);

LsRecord      *ls_test_shop_get           (LsTestShop    *self,
                                           LsCollectionId collection,
                                           const char    *key);
int64_t        ls_test_shop_get_integer   (LsTestShop    *self,
                                           LsCollectionId collection,
                                           const char    *key,
                                           const char    *field);
LsShop        *ls_test_shop_get_shop      (LsTestShop    *self);
void           ls_test_shop_check_log     (LsTestShop    *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsTestShop, ls_test_shop_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsTestOutcome, ls_test_outcome_free)

G_END_DECLS
