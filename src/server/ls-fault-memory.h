/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/ls-committer.h"

G_BEGIN_DECLS

/**
 * LS_FAULT_REMEMBER:
 * @environment: of a node
 * @mutation: one with a mid that it decides
 *
 * For the faults DECISIONS_REMEMBERED and COUNTS_REMEMBERED: a node that trusts its memory instead of
 * the storage that it shares with others. Compiled to nothing where faults can't be planted.
 */

/**
 * LS_FAULT_RECALL:
 * @environment: of a node
 * @mutation: one that it is to decide
 * @known: (inout): the decision that the storage has
 * @last_n: (inout): the last n of its client that the storage has
 *
 * Puts what this node remembers in the place of what the storage knows, while one of those faults is
 * planted.
 */
#ifdef LS_FAULT_INJECTION
void ls_fault_remember (LsEnvironment    *environment,
                        const LsMutation *mutation);
void ls_fault_recall   (LsEnvironment    *environment,
                        const LsMutation *mutation,
                        LsDecision      **known,
                        int64_t          *last_n);
#define LS_FAULT_REMEMBER(environment, mutation) ls_fault_remember (environment, mutation)
#define LS_FAULT_RECALL(environment, mutation, known, last_n) \
  ls_fault_recall (environment, mutation, known, last_n)
#else
#define LS_FAULT_REMEMBER(environment, mutation) G_STMT_START {} G_STMT_END
#define LS_FAULT_RECALL(environment, mutation, known, last_n) G_STMT_START {} G_STMT_END
#endif

G_END_DECLS
