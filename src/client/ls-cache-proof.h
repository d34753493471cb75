/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-cache-reader.h"
#include "client/ls-cache.h"

G_BEGIN_DECLS

/**
 * LsDrift:
 * @bucket: number of a bucket
 * @count: rows that are there less rows that were counted
 * @hash: what the rows add up to XOR the sum that followed their changes
 *
 * By how much a sum that follows changes is not that of its rows. All zero for one that is right in
 * memory and not in the file.
 */
typedef struct {
  uint32_t bucket;
  int64_t count;
  uint64_t hash;
} LsDrift;

/**
 * LsCachePin:
 *
 * The rows of a collection at one moment of the cache, with the sums that followed them until then:
 * to be read at leisure on another thread while the cache goes on.
 */
typedef struct _LsCachePin LsCachePin;

/* On the cache's queue. */
bool        ls_cache_stands_at      (LsCache               *self,
                                     const char            *shop,
                                     int64_t                version,
                                     uint64_t               check,
                                     uint64_t               view);
LsCachePin *ls_cache_pin            (LsCache               *self,
                                     const char            *shop,
                                     const LsCollection    *collection,
                                     GError               **error);
bool        ls_cache_correct        (LsCache               *self,
                                     LsCachePin            *pin,
                                     GArray                *drifts,
                                     bool                  *ret_corrected,
                                     GError               **error);
bool        ls_cache_heal_rows      (LsCache               *self,
                                     const LsMessage       *rows,
                                     bool                  *ret_fits,
                                     GError               **error);
bool        ls_cache_check_overlay  (LsCache               *self,
                                     const char            *shop,
                                     const LsCollection    *collection,
                                     unsigned              *ret_mended,
                                     GError               **error);

/* On any thread. */
void        ls_cache_pin_free       (LsCachePin            *pin);
bool        ls_cache_pin_is_held    (LsCachePin            *pin);
LsCacheReader *ls_cache_pin_get_reader (LsCachePin         *pin);
bool        ls_cache_pin_scrub      (LsCachePin            *pin,
                                     GArray                *drifts,
                                     GError               **error);
bool        ls_cache_pin_compare    (LsCachePin            *pin,
                                     const LsDigestMessage *said,
                                     GPtrArray             *keys,
                                     GArray                *drifts,
                                     GError               **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsCachePin, ls_cache_pin_free)

G_END_DECLS
