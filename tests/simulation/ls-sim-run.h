/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stdio.h>

#include "ls-sim-plan.h"

G_BEGIN_DECLS

/**
 * LsSimOutcome:
 * @violation: (nullable): what was not as it must be
 * @trace: hash of everything that happened
 * @jobs: how many jobs ran
 * @time: how long it took, on the simulated clock, µs
 * @applied: edits that the server applied
 * @ends: machines that ended before their time
 *
 * How a run went.
 */
typedef struct {
  char *violation;
  uint64_t trace;
  uint64_t jobs;
  int64_t time;
  unsigned applied;
  unsigned ends;
} LsSimOutcome;

void       ls_sim_run           (const LsSimPlan *plan,
                                 FILE            *log,
                                 LsSimOutcome    *ret_outcome);
void       ls_sim_outcome_clear (LsSimOutcome    *outcome);
LsSimPlan *ls_sim_shrink        (const LsSimPlan *plan,
                                 const char      *violation,
                                 unsigned         max_runs);

G_END_DECLS
