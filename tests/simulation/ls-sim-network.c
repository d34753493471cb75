/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-sim-network-private.h"

#define MIN_DELAY 200
#define MAX_DELAY (200 * 1000)
#define BUFFER (4 * 1024 * 1024)

int64_t
ls_sim_network_delay (LsSimNetwork *self,
                      unsigned      client)
{
  return ls_sim_dice_spread (&self->dice, MIN_DELAY, MAX_DELAY) * self->paths[client].slow;
}

LsSimServer *
ls_sim_network_pick (LsSimNetwork *self,
                     unsigned      client,
                     unsigned      moves)
{
  unsigned *home = &self->homes[client];

  if (self->n_servers == 1)
    return self->servers[0];
  if (!ls_sim_server_is_up (self->servers[*home]) || ls_sim_dice_hits (&self->dice, 1, moves))
    {
      unsigned first = ls_sim_dice_below (&self->dice, self->n_servers);

      for (unsigned i = 0; i < self->n_servers; i++)
        if (ls_sim_server_is_up (self->servers[(first + i) % self->n_servers]))
          {
            *home = (first + i) % self->n_servers;
            break;
          }
    }
  return self->servers[*home];
}

static void
server_ended_cb (LsSimServer *server,
                 LsSimEnd     how,
                 gpointer     user_data)
{
  LsSimNetwork *self = user_data;
  g_autoptr (GPtrArray) links = g_ptr_array_new ();

  for (unsigned i = 0; i < self->links->len; i++)
    g_ptr_array_add (links, ls_sim_link_ref (g_ptr_array_index (self->links, i)));
  for (unsigned i = 0; i < links->len; i++)
    {
      ls_sim_link_server_ended (g_ptr_array_index (links, i), server, how);
      ls_sim_link_unref (g_ptr_array_index (links, i));
    }
}

/**
 * ls_sim_network_new:
 * @world: the clock
 * @servers: (array length=n_servers): where connections lead; must outlive it
 * @n_servers: how many there are
 * @oracle: reads along
 * @n_clients: how many clients there are
 * @seed: of delays, and of what is lost
 *
 * Returns: (transfer full): a network where all is well
 */
LsSimNetwork *
ls_sim_network_new (LsSimWorld   *world,
                    LsSimServer **servers,
                    unsigned      n_servers,
                    LsSimOracle  *oracle,
                    unsigned      n_clients,
                    uint64_t      seed)
{
  LsSimNetwork *self = g_new0 (LsSimNetwork, 1);

  self->world = world;
  self->servers = servers;
  self->n_servers = n_servers;
  self->homes = g_new0 (unsigned, n_clients);
  self->oracle = oracle;
  self->dice = ls_sim_dice (seed, 2);
  self->paths = g_new0 (LsSimPath, n_clients);
  self->n_paths = n_clients;
  self->buffer = BUFFER;
  self->links = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_sim_link_unref);
  self->fetches = g_ptr_array_new ();
  self->talks = g_ptr_array_new_with_free_func (ls_sim_talk_free);
  ls_sim_network_heal (self);
  for (unsigned i = 0; i < n_servers; i++)
    {
      servers[i]->ended = server_ended_cb;
      servers[i]->ended_data = self;
    }
  return self;
}

/**
 * ls_sim_network_free:
 * @self: (transfer full): a network, when all machines have ended
 *
 * Frees it.
 */
void
ls_sim_network_free (LsSimNetwork *self)
{
  for (unsigned i = 0; i < self->n_servers; i++)
    self->servers[i]->ended = NULL;
  g_ptr_array_unref (self->links);
  g_ptr_array_unref (self->fetches);
  g_ptr_array_unref (self->talks);
  g_free (self->homes);
  g_free (self->paths);
  g_free (self);
}

/**
 * ls_sim_network_client_ended:
 * @self: a network
 * @client: whose machine ended
 * @how: how
 *
 * Closes its connections as its system does for a process that was killed; without power nobody
 * does.
 */
void
ls_sim_network_client_ended (LsSimNetwork *self,
                             unsigned      client,
                             LsSimEnd      how)
{
  g_autoptr (GPtrArray) links = g_ptr_array_new ();

  for (unsigned i = 0; i < self->links->len; i++)
    if (ls_sim_link_get_client (g_ptr_array_index (self->links, i)) == client)
      g_ptr_array_add (links, ls_sim_link_ref (g_ptr_array_index (self->links, i)));
  for (unsigned i = 0; i < links->len; i++)
    {
      LsSimLink *link = g_ptr_array_index (links, i);

      if (how == LS_SIM_POWER_LOST)
        ls_sim_link_trouble (link, LS_SIM_MUTE_BOTH);
      ls_sim_link_hang_up (link);
      ls_sim_link_unref (link);
    }
}

/**
 * ls_sim_network_trouble:
 * @self: a network
 * @client: whose connection
 * @trouble: what happens to it
 *
 * Makes trouble.
 */
void
ls_sim_network_trouble (LsSimNetwork *self,
                        unsigned      client,
                        LsSimTrouble  trouble)
{
  LsSimPath *path = &self->paths[client];
  g_autoptr (GPtrArray) links = NULL;

  if (trouble >= LS_SIM_CORRUPT_UP)
    {
      path->corrupt[LS_SIM_UP] |= trouble == LS_SIM_CORRUPT_UP;
      path->corrupt[LS_SIM_DOWN] |= trouble == LS_SIM_CORRUPT_DOWN;
      path->truncate[LS_SIM_UP] |= trouble == LS_SIM_TRUNCATE_UP;
      path->truncate[LS_SIM_DOWN] |= trouble == LS_SIM_TRUNCATE_DOWN;
      path->lose[LS_SIM_UP] |= trouble == LS_SIM_LOSE_UP;
      path->lose[LS_SIM_DOWN] |= trouble == LS_SIM_LOSE_DOWN;
      path->duplicate |= trouble == LS_SIM_DUPLICATE;
      return;
    }
  for (unsigned i = 0; i < self->fetches->len; i++)
    if (ls_sim_fetch_get_client (g_ptr_array_index (self->fetches, i)) == client)
      ls_sim_fetch_trouble (g_ptr_array_index (self->fetches, i), trouble);
  links = g_ptr_array_new ();
  for (unsigned i = 0; i < self->links->len; i++)
    if (ls_sim_link_get_client (g_ptr_array_index (self->links, i)) == client)
      g_ptr_array_add (links, g_ptr_array_index (self->links, i));
  for (unsigned i = 0; i < links->len; i++)
    ls_sim_link_trouble (g_ptr_array_index (links, i), trouble);
}

/**
 * ls_sim_network_refuse:
 * @self: a network
 * @client: whose
 * @duration: µs
 *
 * Lets no new connection of a client through for a while.
 */
void
ls_sim_network_refuse (LsSimNetwork *self,
                       unsigned      client,
                       int64_t       duration)
{
  self->paths[client].refused_until = ls_sim_world_get_time (self->world) + duration;
}

/**
 * ls_sim_network_slow:
 * @self: a network
 * @client: whose
 * @factor: how many times slower than at its best
 *
 * Makes everything take longer.
 */
void
ls_sim_network_slow (LsSimNetwork *self,
                     unsigned      client,
                     unsigned      factor)
{
  self->paths[client].slow = factor;
}

/**
 * ls_sim_network_break_fetches:
 * @self: a network
 * @client: whose
 * @times: how many
 *
 * Has the next requests of a client fail somewhere.
 */
void
ls_sim_network_break_fetches (LsSimNetwork *self,
                              unsigned      client,
                              unsigned      times)
{
  self->paths[client].broken_fetches = times;
}

/**
 * ls_sim_network_block:
 * @self: a network
 * @client: whose
 * @block: how
 * @duration: µs
 *
 * Lets no WebSocket of a client through for a while; those that are up stay so.
 */
void
ls_sim_network_block (LsSimNetwork *self,
                      unsigned      client,
                      LsSimBlock    block,
                      int64_t       duration)
{
  self->paths[client].block = block;
  self->paths[client].blocked_until = ls_sim_world_get_time (self->world) + duration;
}

/**
 * ls_sim_network_cut_polls:
 * @self: a network
 * @client: whose
 * @longest: µs that a request may take
 * @duration: µs
 *
 * Has something in between cut long requests for a while.
 */
void
ls_sim_network_cut_polls (LsSimNetwork *self,
                          unsigned      client,
                          int64_t       longest,
                          int64_t       duration)
{
  self->paths[client].longest = longest;
  self->paths[client].cut_until = ls_sim_world_get_time (self->world) + duration;
}

/**
 * ls_sim_network_break_polls:
 * @self: a network
 * @client: whose
 * @times: how many
 *
 * Has the next exchanges of a client fail somewhere.
 */
void
ls_sim_network_break_polls (LsSimNetwork *self,
                            unsigned      client,
                            unsigned      times)
{
  self->paths[client].broken_polls = times;
}

/**
 * ls_sim_network_set_buffer:
 * @self: a network
 * @bytes: what may wait for one client
 *
 * Sets when a client is too slow.
 */
void
ls_sim_network_set_buffer (LsSimNetwork *self,
                           size_t        bytes)
{
  self->buffer = bytes;
}

/**
 * ls_sim_network_heal:
 * @self: a network
 *
 * Ends all trouble; a connection that is mute stays so.
 */
void
ls_sim_network_heal (LsSimNetwork *self)
{
  for (unsigned i = 0; i < self->n_paths; i++)
    self->paths[i] = (LsSimPath) { .slow = 1 };
}
