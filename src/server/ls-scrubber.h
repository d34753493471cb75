/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/ls-committer.h"

G_BEGIN_DECLS

/**
 * LsScrubStats:
 * @passes: shops read to their end
 * @found: differences found: values that do not follow, rows that are not those that the log led to
 * @repaired: of those, the ones that were put right
 * @unrepaired: of those, the ones that nothing here can put right
 * @passed_at: when a shop was last read to its end, µs since the epoch, 0 for never
 * @repair_time: how long the last repair took from being found to being committed, µs
 *
 * What came of scrubbing, since the start.
 */
typedef struct {
  uint64_t passes;
  uint64_t found;
  uint64_t repaired;
  uint64_t unrepaired;
  int64_t passed_at;
  int64_t repair_time;
} LsScrubStats;

/**
 * LsScrubber:
 *
 * Reads every shop in turn, so that all are read in a given time, and after a crash at once; checks
 * what is derived, and rows against the log; and has what it finds repaired through the committer.
 */
typedef struct _LsScrubber LsScrubber;

LsScrubber *ls_scrubber_new       (LsEnvironment *environment,
                                   LsStorage     *storage,
                                   LsCommitter   *committer,
                                   int64_t        interval);
void        ls_scrubber_free      (LsScrubber    *self);
void        ls_scrubber_start     (LsScrubber    *self);
void        ls_scrubber_stop      (LsScrubber    *self);
void        ls_scrubber_get_stats (LsScrubber    *self,
                                   LsScrubStats  *ret_stats);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsScrubber, ls_scrubber_free)

G_END_DECLS
