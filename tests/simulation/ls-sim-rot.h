/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "ls-sim-client.h"

G_BEGIN_DECLS

/**
 * LsSimRot:
 * @LS_SIM_ROT_VALUE: a value is another
 * @LS_SIM_ROT_DERIVED: a derived value is another; on the server only
 * @LS_SIM_N_ROTS: how many there are
 *
 * What can happen to a row that nobody changed.
 */
typedef enum {
  LS_SIM_ROT_VALUE,
  LS_SIM_ROT_DERIVED,
  LS_SIM_N_ROTS,
} LsSimRot;

void ls_sim_rot_client (LsSimClient *client,
                        uint64_t     seed);
void ls_sim_rot_server (LsSimServer *server,
                        LsSimOracle *oracle,
                        LsSimRot     rot,
                        uint64_t     seed);

G_END_DECLS
