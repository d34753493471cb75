/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-reason.h"

G_BEGIN_DECLS

/**
 * LsRefusal:
 * @code: the class of the failure
 * @message: (nullable): why, for a reader; %NULL as long as nothing was refused
 * @path: (nullable): the place: `collection/key` or `collection/key/field`
 * @reason: (nullable) (array zero-terminated=1): why exactly, for the reader's language (ls-reason.h)
 *
 * Why a mutation can't be applied. Plain struct on the stack, all zero at first.
 */
typedef struct {
  LsErrorCode code;
  char *message;
  char *path;
  char **reason;
} LsRefusal;

bool ls_refusal_set       (LsRefusal          *refusal,
                           const LsCollection *collection,
                           const char         *key,
                           int                 field,
                           LsReason            reason,
                           ...);
bool ls_refusal_set_error (LsRefusal          *refusal,
                           const LsCollection *collection,
                           const char         *key,
                           int                 field,
                           const GError       *error);
void ls_refusal_clear     (LsRefusal          *refusal);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LsRefusal, ls_refusal_clear)

G_END_DECLS
