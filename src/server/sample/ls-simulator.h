/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/sample/ls-simulation.h"

G_BEGIN_DECLS

/**
 * LsSimulator:
 *
 * The traffic of a server: at most one simulation for each of its sample shops. Any thread; what
 * asks for a shop may wait for the disk.
 */
typedef struct _LsSimulator LsSimulator;

LsSimulator *ls_simulator_new       (LsEnvironment  *environment,
                                     LsStorage      *storage,
                                     LsCommitter    *committer);
void         ls_simulator_free      (LsSimulator    *simulator);
bool         ls_simulator_run       (LsSimulator    *simulator,
                                     const char     *shop,
                                     int64_t         per_hour,
                                     uint64_t        seed,
                                     int64_t         lease,
                                     GError        **error);
bool         ls_simulator_run_all   (LsSimulator    *simulator,
                                     int64_t         per_hour,
                                     uint64_t        seed,
                                     GError        **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsSimulator, ls_simulator_free)

G_END_DECLS
