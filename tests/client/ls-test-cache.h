/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "ls-test-dir.h"
#include "ls-test-environment.h"
#include "ls-test-rows.h"

G_BEGIN_DECLS

/* A cache of its own, with what its listener heard. */
typedef struct {
  LsTestDir *dir;
  LsEnvironment *environment;
  char *path;
  LsCache *cache;
  GPtrArray *commits; /* LsCacheCommit */
  int next_mid;
} LsTestCache;

void               ls_test_cache_set_up         (LsTestCache  *self,
                                                 gconstpointer data);
void               ls_test_cache_tear_down      (LsTestCache  *self,
                                                 gconstpointer data);
void               ls_test_cache_open           (LsTestCache  *self);
void               ls_test_cache_reopen         (LsTestCache  *self);
GPtrArray         *ls_test_cache_two_products   (void);
void               ls_test_cache_put_two        (LsTestCache  *self);
LsRecord          *ls_test_cache_row            (LsTestCache  *self,
                                                 const char   *key,
                                                 bool          confirmed);
int64_t            ls_test_cache_visible        (LsTestCache  *self,
                                                 const char   *key,
                                                 const char   *field);
int64_t            ls_test_cache_confirmed      (LsTestCache  *self,
                                                 const char   *key,
                                                 const char   *field);
LsCacheCommit     *ls_test_cache_last           (LsTestCache  *self);
const LsRowChange *ls_test_cache_last_change    (LsTestCache  *self);
LsMessage         *ls_test_cache_price_delta    (int64_t       from,
                                                 int64_t       to,
                                                 int64_t       version,
                                                 int64_t       price);
void               ls_test_cache_apply          (LsTestCache  *self,
                                                 LsMessage    *delta,
                                                 int           code);

G_END_DECLS
