/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-sim-oracle-private.h"

/* Who may see what, and since when. */

/* How long a change of rights by another process may take to reach who is connected: a look a second,
 * a disk that fails under several of them, and the longest stalls of both queues. */
#define NOTICE (30 * (int64_t) G_USEC_PER_SEC)

/**
 * ls_sim_oracle_set_role:
 * @self: an oracle
 * @client: a client
 * @role: what its user is from now on, or may be
 *
 * Takes a change of rights.
 */
void
ls_sim_oracle_set_role (LsSimOracle *self,
                        unsigned     client,
                        LsRole       role)
{
  LsSimWitness *witness = &self->witnesses[client];

  if (role == witness->role)
    return;
  witness->before = ls_sim_oracle_get_widest (self, client);
  witness->changed_at = ls_sim_world_get_time (self->world);
  witness->role = role;
}

/**
 * ls_sim_oracle_get_widest:
 * @self: an oracle
 * @client: a client
 *
 * Returns: the widest rights under which the server may still speak with it
 */
LsRole
ls_sim_oracle_get_widest (LsSimOracle *self,
                          unsigned     client)
{
  const LsSimWitness *witness = &self->witnesses[client];

  if (ls_sim_world_get_time (self->world) - witness->changed_at > NOTICE)
    return witness->role;
  return MAX (witness->role, witness->before);
}
