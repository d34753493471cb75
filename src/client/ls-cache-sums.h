/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-cache-reader.h"
#include "core/ls-position.h"

G_BEGIN_DECLS

/**
 * LS_SUMS_MAX_VALUES:
 *
 * The most numbers of a row of sums.
 */
#define LS_SUMS_MAX_VALUES 8

/**
 * LsSums:
 *
 * Rows of a key and some numbers that a query of the cache's tables gives, one at a time.
 */
typedef struct _LsSums LsSums;

bool ls_cache_reader_stand (LsCacheReader *reader,
                            const char    *shop,
                            uint32_t       collections,
                            uint32_t        monthly,
                            LsPosition    *ret_position,
                            uint32_t       *ret_since,
                            bool          *ret_confirmed,
                            GError       **error);

LsSums     *ls_sums_new       (LsCacheReader *reader,
                               const char    *shop,
                               const char    *text,
                               uint32_t        since,
                               unsigned       n_values,
                               GError       **error);
void        ls_sums_free      (LsSums        *sums);
bool        ls_sums_next      (LsSums        *sums,
                               GError       **error);
const char *ls_sums_get_key   (LsSums        *sums);
int64_t     ls_sums_get_value (LsSums        *sums,
                               unsigned       value);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsSums, ls_sums_free)

G_END_DECLS
