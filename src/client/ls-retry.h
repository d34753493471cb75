/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-operation.h"
#include "core/ls-environment.h"

G_BEGIN_DECLS

/**
 * LS_RETRY_ATTEMPTS:
 *
 * How often an operation is tried before its failure is told.
 */
#define LS_RETRY_ATTEMPTS 3

/**
 * LS_RETRY_FIRST_US:
 *
 * The longest wait before the second attempt, in µs; before the third it is twice as long.
 */
#define LS_RETRY_FIRST_US INT64_C (1000000)

/**
 * LsRetry:
 *
 * The attempts of one operation. Opaque.
 */
typedef struct _LsRetry LsRetry;

LsRetry *ls_retry_new          (LsEnvironment *environment,
                                LsOperation    operation);
void     ls_retry_free         (LsRetry       *retry);
unsigned ls_retry_get_attempts (const LsRetry *retry);
bool     ls_retry_again        (LsRetry       *retry,
                                const GError  *error,
                                LsJobFunc      func,
                                gpointer       data,
                                GDestroyNotify destroy);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsRetry, ls_retry_free)

G_END_DECLS
