/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-error.h"
#include "core/ls-schema.h"

G_BEGIN_DECLS

/**
 * LsRefusal:
 * @code: the class of the failure
 * @message: (nullable): why, for a reader; %NULL as long as nothing was refused
 * @path: (nullable): the place: `collection/key` or `collection/key/field`
 *
 * Why a mutation can't be applied. Plain struct on the stack, all zero at first.
 */
typedef struct {
  LsErrorCode code;
  char *message;
  char *path;
} LsRefusal;

bool ls_refusal_set   (LsRefusal          *refusal,
                       LsErrorCode         code,
                       const LsCollection *collection,
                       const char         *key,
                       int                 field,
                       const char         *format,
                       ...) G_GNUC_PRINTF (6, 7);
void ls_refusal_clear (LsRefusal          *refusal);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LsRefusal, ls_refusal_clear)

G_END_DECLS
