/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-environment.h"

G_BEGIN_DECLS

/**
 * LsTestDoneFunc:
 * @user_data: of the caller
 *
 * Returns: whether what a test waits for has come
 */
typedef bool (*LsTestDoneFunc) (gpointer user_data);

#define LS_TYPE_TEST_ENVIRONMENT (ls_test_environment_get_type ())
G_DECLARE_FINAL_TYPE (LsTestEnvironment, ls_test_environment, LS, TEST_ENVIRONMENT, LsEnvironment)

LsTestEnvironment *ls_test_environment_new     (uint64_t           seed);
void               ls_test_environment_set_now (LsTestEnvironment *self,
                                                int64_t            now);
void               ls_test_environment_set_vfs (LsTestEnvironment *self,
                                                const char        *vfs);
unsigned           ls_test_environment_run     (LsTestEnvironment *self);
void               ls_test_environment_advance (LsTestEnvironment *self,
                                                int64_t            duration);
bool               ls_test_environment_wait    (LsTestEnvironment *self,
                                                LsTestDoneFunc     done,
                                                gpointer           user_data,
                                                int64_t            limit);
int64_t            ls_test_environment_get_due (LsTestEnvironment *self);
uint64_t           ls_test_environment_trace   (LsTestEnvironment *self);

G_END_DECLS
