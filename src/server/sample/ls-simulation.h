/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-environment.h"
#include "server/ls-committer.h"
#include "server/ls-storage.h"

G_BEGIN_DECLS

/**
 * LS_SIMULATION_QUEUE:
 *
 * Name of the queue of the environment that traffic is made up on.
 */
#define LS_SIMULATION_QUEUE "simulation"

/**
 * LS_SIMULATION_ACTOR:
 *
 * The source that its versions name.
 */
#define LS_SIMULATION_ACTOR "simulation"

/**
 * LS_SIMULATION_MAX_RATE:
 *
 * The most events an hour.
 */
#define LS_SIMULATION_MAX_RATE 360000

/**
 * LsSimulation:
 *
 * Traffic of a sample shop: people come, buy, fetch what they bought and book the studio; orders go
 * their way, some come back; goods arrive, prices change. Each event is one mutation through the
 * committer, as if a shop system or an admin had sent it, at random times, more of them when it is
 * evening where the shop is. Any thread.
 */
typedef struct _LsSimulation LsSimulation;

LsSimulation *ls_simulation_new        (LsEnvironment  *environment,
                                        LsStorage      *storage,
                                        LsCommitter    *committer,
                                        const char     *shop,
                                        uint64_t        seed,
                                        GError        **error);
LsSimulation *ls_simulation_ref        (LsSimulation   *simulation);
void          ls_simulation_unref      (LsSimulation   *simulation);
void          ls_simulation_set_rate   (LsSimulation   *simulation,
                                        int64_t         per_hour,
                                        int64_t         until);
int64_t       ls_simulation_get_events (LsSimulation   *simulation);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsSimulation, ls_simulation_unref)

G_END_DECLS
