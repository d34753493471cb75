/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "ls-proxy-storage.h"

G_BEGIN_DECLS

#define LS_TYPE_TEST_STORAGE (ls_test_storage_get_type ())
G_DECLARE_FINAL_TYPE (LsTestStorage, ls_test_storage, LS, TEST_STORAGE, LsProxyStorage)

/**
 * LsTestCommit:
 * @LS_TEST_COMMIT_ORDINARY: as the storage below does it
 * @LS_TEST_COMMIT_FAILS: rolled back, and said so
 * @LS_TEST_COMMIT_UNKNOWN_DONE: committed, but nobody knows
 * @LS_TEST_COMMIT_UNKNOWN_LOST: rolled back, but nobody knows
 *
 * How the next commit ends.
 */
typedef enum {
  LS_TEST_COMMIT_ORDINARY,
  LS_TEST_COMMIT_FAILS,
  LS_TEST_COMMIT_UNKNOWN_DONE,
  LS_TEST_COMMIT_UNKNOWN_LOST,
} LsTestCommit;

/**
 * LsTestStorage:
 *
 * A storage over another one, with troubles of its own.
 */
LsTestStorage *ls_test_storage_new            (LsStorage     *below);
void           ls_test_storage_set_busy       (LsTestStorage *self,
                                               unsigned       times);
void           ls_test_storage_set_busy_after (LsTestStorage *self,
                                               unsigned       times,
                                               unsigned       busy);
void           ls_test_storage_set_deaf       (LsTestStorage *self);
void           ls_test_storage_swap           (LsTestStorage *self,
                                               LsStorage     *below);
void           ls_test_storage_set_commit     (LsTestStorage *self,
                                               LsTestCommit   how);
void           ls_test_storage_set_poison     (LsTestStorage *self,
                                               const char    *mid);
unsigned       ls_test_storage_get_begun      (LsTestStorage *self);

G_END_DECLS
