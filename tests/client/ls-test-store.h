/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-store.h"
#include "ls-test-dir.h"
#include "ls-test-environment.h"
#include "ls-test-rows.h"

G_BEGIN_DECLS

/* A store on a cache of its own, whose queues run one job after the other, in an order that the seed
 * picks. Everything that a queue would do, the test may do between two settlings. */
typedef struct {
  LsTestDir *dir;
  LsTestEnvironment *environment;
  char *path;
  LsCache *cache;
  LsStore *store;
  GRand *rand;
  int64_t version;
} LsTestStore;

void       ls_test_store_set_up    (LsTestStore  *self,
                                    gconstpointer data);
void       ls_test_store_set_up_on (LsTestStore  *self,
                                    const char   *vfs);
void       ls_test_store_tear_down (LsTestStore  *self,
                                    gconstpointer data);
void       ls_test_store_settle    (LsTestStore  *self);
void       ls_test_store_fill      (LsTestStore  *self,
                                    unsigned      n_products);
LsRecord  *ls_test_store_product   (LsTestStore  *self,
                                    unsigned      number);
LsMessage *ls_test_store_change    (LsTestStore  *self,
                                    unsigned      n_products,
                                    unsigned      n_changes);
void       ls_test_store_apply     (LsTestStore  *self,
                                    LsMessage    *delta);

G_END_DECLS
