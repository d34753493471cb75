/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-types.h"

G_BEGIN_DECLS

/**
 * LsRate:
 * @count: events allowed
 * @per: in so many µs
 * @burst: at once, after a quiet time
 *
 * How often something may happen. A @count of 0 means without limit.
 */
typedef struct {
  int64_t count;
  int64_t per;
  int64_t burst;
} LsRate;

/**
 * LsBucket:
 * @level: µs of credit that are used up
 * @at: when @level was true, monotonic µs
 *
 * A token bucket. All-zero is a full one.
 */
typedef struct {
  int64_t level;
  int64_t at;
} LsBucket;

/**
 * LsLimiter:
 *
 * Token buckets by name: an address, an account. Holds a bounded number of them; any thread may
 * use it.
 */
typedef struct _LsLimiter LsLimiter;

bool       ls_bucket_take  (LsBucket     *bucket,
                            const LsRate *rate,
                            int64_t       now,
                            int64_t      *ret_wait);

LsLimiter *ls_limiter_new  (const LsRate *rate,
                            unsigned      max_names);
void       ls_limiter_free (LsLimiter    *limiter);
bool       ls_limiter_take (LsLimiter    *limiter,
                            const char   *name,
                            int64_t       now,
                            int64_t      *ret_wait);
bool       ls_limiter_peek (LsLimiter    *limiter,
                            const char   *name,
                            int64_t       now,
                            int64_t      *ret_wait);

void       ls_limiter_give_back (LsLimiter *limiter,
                                 const char *name,
                                 int64_t   now);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsLimiter, ls_limiter_free)

G_END_DECLS
