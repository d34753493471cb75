/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/ls-derive-check.h"

G_BEGIN_DECLS

/**
 * LsRecompute:
 *
 * All derived values of a shop, computed again from its other rows. On one thread.
 */
typedef struct _LsRecompute LsRecompute;

LsRecompute *ls_recompute_new     (LsDeriveReport *report);
void         ls_recompute_free    (LsRecompute    *self);
void         ls_recompute_take    (LsRecompute    *self,
                                   LsRecord       *record);
bool         ls_recompute_compare (LsRecompute    *self,
                                   GError        **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsRecompute, ls_recompute_free)

G_END_DECLS
