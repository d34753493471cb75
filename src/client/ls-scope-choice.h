/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-scope.h"

G_BEGIN_DECLS

/**
 * LS_SCOPE_MAX_MONTHS:
 *
 * The most months that can be chosen: before them there were no shops.
 */
#define LS_SCOPE_MAX_MONTHS 600

/**
 * LsScopeChoice:
 * @months: orders with their parts, and activity, of this month and so many before it are held; 0
 *   for all
 * @off: a mask of collections, indexed by #LsCollectionId, of which nothing is held
 *
 * What an admin wants held of a shop on this computer. Which months that are follows from the date.
 */
typedef struct {
  unsigned months;
  uint32_t off;
} LsScopeChoice;

uint32_t ls_scope_choice_get_optional (void);
uint32_t ls_scope_choice_get_monthly  (void);
bool     ls_scope_choice_equal        (const LsScopeChoice *a,
                                       const LsScopeChoice *b);
void     ls_scope_choice_sanitize     (LsScopeChoice       *choice);
void     ls_scope_choice_resolve      (const LsScopeChoice *choice,
                                       int64_t              now,
                                       LsScope             *ret_scope);

G_END_DECLS
