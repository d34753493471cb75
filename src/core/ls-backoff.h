/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-types.h"

G_BEGIN_DECLS

/**
 * LS_BACKOFF_FIRST_US:
 *
 * The longest first wait of a reconnect, in microseconds.
 */
#define LS_BACKOFF_FIRST_US INT64_C (1000000)

/**
 * LS_BACKOFF_CAP_US:
 *
 * The longest wait of a reconnect, in microseconds.
 */
#define LS_BACKOFF_CAP_US INT64_C (30000000)

/**
 * LsBackoff:
 * @first_us: the longest first wait, in microseconds
 * @cap_us: the longest wait of all
 * @n_attempts: waits since the beginning or the last reset
 *
 * How long to wait before trying again: exponential backoff with full jitter. Each wait is any time
 * between nothing and a limit, which doubles from try to try up to a cap; so clients that lost the
 * same server do not come back together. A plain value; it never gives up by itself.
 */
typedef struct {
  int64_t first_us;
  int64_t cap_us;
  unsigned n_attempts;
} LsBackoff;

/**
 * LsRandomFunc:
 * @user_data: as given with the function
 *
 * A source of randomness.
 *
 * Returns: 64 random bits
 */
typedef uint64_t (*LsRandomFunc) (gpointer user_data);

/**
 * ls_backoff_init:
 * @backoff: what to fill
 * @first_us: the longest first wait, in microseconds, over 0
 * @cap_us: the longest wait of all, not under @first_us
 *
 * Begins anew. Reconnects use `LS_BACKOFF_FIRST_US` and `LS_BACKOFF_CAP_US`.
 */
void     ls_backoff_init           (LsBackoff       *backoff,
                                    int64_t          first_us,
                                    int64_t          cap_us);

/**
 * ls_backoff_next:
 * @backoff: a backoff
 * @draw: source of randomness, called once
 * @user_data: passed to @draw
 *
 * Counts an attempt that failed and says how long to wait before the next. Where the server named a
 * time itself (retry_after) the longer one holds.
 *
 * Returns: microseconds, from 0 to the limit of this attempt
 */
int64_t  ls_backoff_next           (LsBackoff       *backoff,
                                    LsRandomFunc     draw,
                                    gpointer         user_data);

/**
 * ls_backoff_get_limit:
 * @backoff: a backoff
 *
 * Gets the longest time that the next ls_backoff_next() can return.
 *
 * Returns: microseconds
 */
int64_t  ls_backoff_get_limit      (const LsBackoff *backoff);

/**
 * ls_backoff_reset:
 * @backoff: a backoff
 *
 * Forgets the attempts, after one that worked or when the user or the system asks to try now.
 */
void     ls_backoff_reset          (LsBackoff       *backoff);

/**
 * ls_backoff_get_n_attempts:
 * @backoff: a backoff
 *
 * Gets how many attempts failed since the beginning or the last reset.
 *
 * Returns: their number
 */
unsigned ls_backoff_get_n_attempts (const LsBackoff *backoff);

G_END_DECLS
