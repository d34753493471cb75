/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-cache.h"
#include "client/ls-scope-choice.h"

G_BEGIN_DECLS

/*
 * Which part of a shop the cache holds. On the cache's queue, as all that writes.
 */
bool     ls_cache_set_scope  (LsCache             *self,
                              const char          *shop,
                              const LsScopeChoice *choice,
                              GError             **error);
bool     ls_cache_keep_scope (LsCache             *self,
                              const char          *shop,
                              GError             **error);
void     ls_cache_get_scope  (LsCache             *self,
                              const char          *shop,
                              LsScope             *ret_wanted,
                              uint32_t            *ret_lacking);
uint32_t ls_cache_get_since  (LsCache             *self,
                              const char          *shop,
                              const LsCollection  *collection);

G_END_DECLS
