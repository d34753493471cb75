/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>

#include "client/ls-operation.h"

G_BEGIN_DECLS

/**
 * LsTelling:
 * @operation: what failed
 * @code: the class of the failure
 * @words: what the admin reads, in his language
 * @details: what a report needs, in English
 * @actions: what he can do about it
 * @retry: (nullable): does the same again
 *
 * What is said of one failure. Boxed, immutable.
 */
typedef struct {
  LsOperation operation;
  LsErrorCode code;
  char *words;
  char *details;
  LsErrorActions actions;
  GClosure *retry;
} LsTelling;

#define LS_TYPE_TELLING (ls_telling_get_type ())
GType      ls_telling_get_type (void);
LsTelling *ls_telling_new      (LsOperation      operation,
                                const GError    *error,
                                const char      *words,
                                GClosure        *retry);
LsTelling *ls_telling_copy     (const LsTelling *telling);
void       ls_telling_free     (LsTelling       *telling);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsTelling, ls_telling_free)

G_END_DECLS
