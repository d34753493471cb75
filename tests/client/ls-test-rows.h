/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-cache.h"

G_BEGIN_DECLS

/* Rows, changes and messages as tests of the client need them, in few words. */

#define LS_TEST_SHOP "music"
#define LS_TEST_EPOCH "0123456789abcdef0123456789abcdef"

unsigned      ls_test_field        (const LsCollection *collection,
                                    const char         *name);
LsRecord     *ls_test_product      (const char         *key,
                                    const char         *name,
                                    int64_t             price,
                                    int64_t             stock);
LsChange     *ls_test_set_integer  (const char         *key,
                                    const char         *field,
                                    int64_t             value);
LsChange     *ls_test_add          (const char         *key,
                                    const char         *field,
                                    int64_t             summand);
LsChange     *ls_test_set_text     (const char         *key,
                                    const char         *field,
                                    const char         *value);
LsChange     *ls_test_del          (const char         *key);
LsMessage    *ls_test_delta        (int64_t             from,
                                    int64_t             to);
void          ls_test_delta_take   (LsMessage          *delta,
                                    int64_t             version,
                                    LsChange           *change,
                                    const char         *mid);
LsMessage    *ls_test_result       (const LsEdit       *edit,
                                    LsResultStatus      status,
                                    int64_t             version);
GPtrArray    *ls_test_changes      (LsChange           *first,
                                    ...) G_GNUC_NULL_TERMINATED;
LsPosition    ls_test_position     (int64_t             version);
void          ls_test_snapshot     (LsCache            *cache,
                                    GPtrArray          *records,
                                    int64_t             version,
                                    int64_t             done_n);
LsCache      *ls_test_cache        (LsEnvironment      *environment,
                                    const char         *path);

G_END_DECLS
