/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-sample"

#include "config.h"

#include "server/sample/ls-simulator.h"

struct _LsSimulator {
  LsEnvironment *environment;
  LsStorage *storage;
  LsCommitter *committer;
  GMutex lock;
  GHashTable *simulations; /* shop to LsSimulation */
};

static void
simulation_unref (gpointer data)
{
  ls_simulation_set_rate (data, 0, 0);
  ls_simulation_unref (data);
}

/**
 * ls_simulator_new:
 * @environment: clock, randomness and executor
 * @storage: where the shops are
 * @committer: the one door to them
 *
 * Returns: (transfer full): a simulator that does nothing
 */
LsSimulator *
ls_simulator_new (LsEnvironment *environment,
                  LsStorage     *storage,
                  LsCommitter   *committer)
{
  LsSimulator *simulator = g_new0 (LsSimulator, 1);

  simulator->environment = g_object_ref (environment);
  simulator->storage = g_object_ref (storage);
  simulator->committer = g_object_ref (committer);
  simulator->simulations =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, simulation_unref);
  g_mutex_init (&simulator->lock);
  return simulator;
}

/**
 * ls_simulator_free:
 * @simulator: (transfer full): a simulator
 *
 * Ends all traffic.
 */
void
ls_simulator_free (LsSimulator *simulator)
{
  g_hash_table_unref (simulator->simulations);
  g_mutex_clear (&simulator->lock);
  g_object_unref (simulator->committer);
  g_object_unref (simulator->storage);
  g_object_unref (simulator->environment);
  g_free (simulator);
}

/**
 * ls_simulator_run:
 * @simulator: a simulator
 * @shop: a sample shop
 * @per_hour: events in an average hour; 0 ends its traffic
 * @seed: of what happens, where nothing does yet
 * @lease: µs after which the traffic ends by itself unless asked for again, or 0 for never
 * @error: where to put why not: %LS_ERROR_FORBIDDEN for a shop that was not made as a sample
 *
 * Has traffic in a shop from now on.
 *
 * Returns: whether it is so
 */
bool
ls_simulator_run (LsSimulator  *simulator,
                  const char   *shop,
                  int64_t       per_hour,
                  uint64_t      seed,
                  int64_t       lease,
                  GError      **error)
{
  int64_t until =
      lease > 0 ? ls_environment_monotonic (simulator->environment) + lease : 0;
  LsSimulation *simulation;

  g_mutex_lock (&simulator->lock);
  simulation = g_hash_table_lookup (simulator->simulations, shop);
  if (simulation == NULL)
    {
      simulation = ls_simulation_new (simulator->environment, simulator->storage,
                                      simulator->committer, shop, seed, error);
      if (simulation != NULL)
        g_hash_table_insert (simulator->simulations, g_strdup (shop), simulation);
    }
  if (simulation != NULL)
    ls_simulation_set_rate (simulation, per_hour, until);
  if (simulation != NULL && per_hour <= 0)
    g_hash_table_remove (simulator->simulations, shop);
  g_mutex_unlock (&simulator->lock);
  return simulation != NULL;
}

/**
 * ls_simulator_run_all:
 * @simulator: a simulator
 * @per_hour: events in an average hour, in each shop
 * @seed: of what happens
 * @error: where to put why not
 *
 * Has traffic in all sample shops, for ever.
 *
 * Returns: whether it is so
 */
bool
ls_simulator_run_all (LsSimulator  *simulator,
                      int64_t       per_hour,
                      uint64_t      seed,
                      GError      **error)
{
  g_autoptr (GPtrArray) shops = ls_storage_list_shops (simulator->storage, error);

  for (unsigned i = 0; shops != NULL && i < shops->len; i++)
    {
      const LsShop *shop = g_ptr_array_index (shops, i);

      if (shop->sample && !ls_simulator_run (simulator, shop->shop, per_hour, seed, 0, error))
        return false;
    }
  return shops != NULL;
}
