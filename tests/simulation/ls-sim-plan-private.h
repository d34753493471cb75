/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "ls-sim-plan.h"

G_BEGIN_DECLS

/* ls-sim-plan-wide.c */
void       ls_sim_plan_widen    (LsSimPlan    *self,
                                 uint64_t      seed);
LsSimStep *ls_sim_plan_add_step (LsSimPlan    *self,
                                 LsSimDice    *dice,
                                 LsSimStepKind kind);

/* ls-sim-plan-scope.c */
void ls_sim_plan_add_scopes (LsSimPlan *self,
                             uint64_t   seed);

/* ls-sim-plan-nodes.c */
void ls_sim_plan_add_nodes (LsSimPlan *self,
                            uint64_t   seed);

G_END_DECLS
