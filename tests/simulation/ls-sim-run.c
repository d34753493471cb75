/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-sim-run-private.h"

#include "ls-sim-rights.h"

typedef struct {
  LsSimRun *run;
  int who;
} Start;

static LsSimServer *
server_of (LsSimRun *run,
           int       who)
{
  return run->servers[LS_SIM_SERVER - who];
}

/* The first server that is up; the first one when none is. */
LsSimServer *
ls_sim_run_server (LsSimRun *run)
{
  for (unsigned i = 0; i < run->n_servers; i++)
    if (ls_sim_server_is_up (run->servers[i]))
      return run->servers[i];
  return run->servers[0];
}

/* The storage, for who looks on; NULL while it can't be read. */
LsStorage *
ls_sim_run_storage (LsSimRun *run)
{
  if (run->database != NULL)
    return ls_sim_database_get_storage (run->database);
  return ls_sim_server_is_up (run->servers[0]) ? run->servers[0]->storage : NULL;
}

bool
ls_sim_run_is_up (LsSimRun *run,
                  int       who)
{
  return who < 0 ? ls_sim_server_is_up (server_of (run, who))
                 : ls_sim_client_is_up (run->clients[who]);
}

LsSimNode *
ls_sim_run_node_of (LsSimRun *run,
                    int       who)
{
  return who < 0 ? server_of (run, who)->node : run->clients[who]->node;
}

LsSimDisk *
ls_sim_run_disk_of (LsSimRun *run,
                    int       who)
{
  return who < 0 ? server_of (run, who)->disk : run->clients[who]->disk;
}

void
ls_sim_run_end (LsSimRun *run,
                int       who,
                LsSimEnd  how)
{
  if (who < 0)
    ls_sim_server_end (server_of (run, who), how);
  else
    ls_sim_client_end (run->clients[who], how);
  ls_sim_world_reap (run->world);
}

bool
ls_sim_run_start (LsSimRun *run,
                  int       who)
{
  bool up = ls_sim_run_node_of (run, who) == NULL &&
            (who < 0 ? ls_sim_server_start (server_of (run, who))
                     : ls_sim_client_start (run->clients[who]));

  ls_sim_world_reap (run->world);
  return up;
}

/* --- Machines come back ---------------------------------------------------------------------- */

static bool *
starting (LsSimRun *run,
          int       who)
{
  return &run->starting[who < 0 ? (int) G_N_ELEMENTS (run->clients) + LS_SIM_SERVER - who : who];
}

static void
start_cb (gpointer data)
{
  Start *job = data;

  *starting (job->run, job->who) = false;
  ls_sim_run_start (job->run, job->who);
}

void
ls_sim_run_start_after (LsSimRun *run,
                        int       who,
                        int64_t   delay)
{
  Start *job;

  if (*starting (run, who))
    return;
  *starting (run, who) = true;
  job = g_new (Start, 1);
  *job = (Start) { run, who };
  ls_sim_world_post (run->world, delay, start_cb, job, g_free);
}

/* Whoever is down is started again some time, as a service manager or an admin does it. */
static void
look_after_all (LsSimRun *run)
{
  for (int who = LS_SIM_WHO_SERVER (run->n_servers - 1); who < (int) run->n_clients; who++)
    if (ls_sim_run_node_of (run, who) == NULL && !*starting (run, who))
      {
        run->ends++;
        ls_sim_run_start_after (run, who, ls_sim_dice_spread (&run->dice, 1000, 5 * LS_SIM_SECOND));
      }
}

void
ls_sim_run_follow (LsSimRun *run)
{
  LsStorage *storage = ls_sim_run_storage (run);

  if (storage != NULL)
    ls_sim_oracle_follow (run->oracle, storage);
  ls_sim_world_reap (run->world);
}

/* A disk that fails under whoever looks tells nothing. */
void
ls_sim_run_probe (LsSimRun *run)
{
  if (ls_sim_run_storage (run) == NULL || !ls_sim_disk_is_sound (run->servers[0]->disk))
    return;
  ls_sim_run_follow (run);
  for (unsigned i = 0; i < run->n_clients && ls_sim_run_storage (run) != NULL; i++)
    if (ls_sim_client_is_up (run->clients[i]))
      ls_sim_oracle_note_decided (run->oracle, ls_sim_run_storage (run), run->clients[i]->cache);
  for (unsigned i = 0; i < run->n_clients; i++)
    if (ls_sim_client_is_up (run->clients[i]) && ls_sim_disk_is_sound (run->clients[i]->disk))
      ls_sim_oracle_probe (run->oracle, i, run->clients[i]->cache);
}

/* Rows that came as a whole are looked at before anything else happens to them. */
static void
look_at_healed (LsSimRun *run)
{
  bool any = false;

  for (unsigned i = 0; i < run->n_clients; i++)
    {
      any = any || run->clients[i]->healed;
      run->clients[i]->healed = false;
    }
  if (any)
    ls_sim_run_probe (run);
}

bool
ls_sim_run_go_on (LsSimRun *run,
                  int64_t   until)
{
  while (ls_sim_oracle_get_violation (run->oracle) == NULL &&
         ls_sim_world_step (run->world, until))
    {
      look_after_all (run);
      look_at_healed (run);
    }
  if (ls_sim_oracle_get_violation (run->oracle) != NULL)
    return false;
  ls_sim_world_run_until (run->world, until);
  return true;
}

/* Two clients belong to one user: those whose caches may be copied. */
char *
ls_sim_run_user_of (unsigned client)
{
  return g_strdup_printf ("user%u", client / 2);
}

/* --- A run ----------------------------------------------------------------------------------- */

static LsChange *
first_row (LsCollectionId id,
           unsigned       number)
{
  const LsCollection *collection = ls_schema_collection (id);
  g_autofree char *key = g_strdup_printf ("%c%u", collection->name[0], number);
  LsChange *put = ls_change_new (LS_CHANGE_PUT, collection, key);

  ls_change_take_set (put, (unsigned) ls_collection_field (collection, "name"),
                      ls_value_text ("first"));
  if (id == LS_PRODUCTS)
    ls_change_take_set (put, (unsigned) ls_collection_field (collection, "status"),
                        ls_value_text ("active"));
  else
    ls_change_take_set (put, (unsigned) ls_collection_field (collection, "email"),
                        ls_value_text (LS_SIM_SECRET "@example.org"));
  return put;
}

static bool
is_filled (LsSimRun *run)
{
  g_autoptr (LsShop) shop = ls_storage_get_shop (ls_sim_run_storage (run), LS_SIM_SHOP, NULL);

  return shop->position.version > 1;
}

/* Some rows that are there before anybody comes. */
static void
fill_shop (LsSimRun *run)
{
  g_autoptr (LsMutation) mutation = ls_mutation_new (LS_SIM_SHOP);

  mutation->role = LS_ROLE_OWNER;
  mutation->changes = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
  for (unsigned i = 0; i < 3; i++)
    {
      g_ptr_array_add (mutation->changes, first_row (LS_PRODUCTS, i));
      g_ptr_array_add (mutation->changes, first_row (LS_CUSTOMERS, i));
    }
  ls_committer_submit (run->servers[0]->committer, mutation, NULL, NULL, NULL, NULL);
  ls_sim_world_run_until (run->world, 0);
  /* A database takes its time. */
  while (run->database != NULL && !is_filled (run))
    ls_sim_world_run_until (run->world, ls_sim_world_get_time (run->world) + LS_SIM_SECOND / 1000);
}

bool
ls_sim_run_has_restore (const LsSimPlan *plan)
{
  for (unsigned i = 0; i < plan->steps->len; i++)
    if (g_array_index (plan->steps, LsSimStep, i).kind == LS_SIM_STEP_RESTORE)
      return true;
  return false;
}

static void
set_up_servers (LsSimRun           *run,
                const LsHubOptions *options)
{
  const LsSimPlan *plan = run->plan;

  run->n_servers = CLAMP (plan->nodes, 1, LS_SIM_MAX_NODES);
  if (run->n_servers > 1)
    run->database = ls_sim_database_new (run->world, plan->seed, ls_sim_run_has_restore (plan));
  for (unsigned i = 0; i < run->n_servers; i++)
    {
      run->servers[i] =
          run->database != NULL
              ? ls_sim_server_new_node (run->world, run->database, i, options, plan->checks)
              : ls_sim_server_new (run->world, plan->seed, options, plan->checks);
      g_assert_true (ls_sim_server_start (run->servers[i]));
    }
}

static void
set_up (LsSimRun        *run,
        const LsSimPlan *plan,
        FILE            *log)
{
  LsHubOptions options;

  run->plan = plan;
  run->n_clients = MIN (plan->n_clients, G_N_ELEMENTS (run->clients));
  run->dice = ls_sim_dice (plan->seed, 5);
  run->world = ls_sim_world_new (plan->seed);
  ls_sim_world_set_log (run->world, log);
  ls_sim_disk_set_up_sqlite (plan->seed);
  ls_hub_options_init (&options);
  options.digest_interval = plan->digest_interval;
  options.readers = plan->readers;
  options.ring_bytes = (size_t) plan->ring;
  options.max_unsent = (size_t) plan->buffer;
  options.edit_rate = plan->edit_rate;
  options.edit_burst = plan->edit_rate * 10;
  options.window = plan->window;
  set_up_servers (run, &options);
  fill_shop (run);
  if (run->database != NULL)
    ls_sim_database_set_trouble (run->database, true);
  run->oracle = ls_sim_oracle_new (run->world, run->n_clients);
  run->network = ls_sim_network_new (run->world, run->servers, run->n_servers, run->oracle,
                                     run->n_clients, plan->seed);
  ls_sim_network_set_buffer (run->network, (size_t) plan->buffer);
  for (unsigned i = 0; i < run->n_clients; i++)
    {
      LsSimClient *client =
          ls_sim_client_new (run->world, run->network, run->oracle, i, plan->seed);
      g_autofree char *user = ls_sim_run_user_of (i);

      run->clients[i] = client;
      client->work = plan->work;
      client->polls = plan->polls;
      client->checks = plan->checks;
      client->shows = plan->views;
      client->scopes = plan->scopes;
      client->role = (LsRole) (plan->roles >> i / 2 * LS_SIM_ROLE_BITS & LS_ROLE_OWNER);
      ls_sim_oracle_set_role (run->oracle, i, client->role);
      if (i % 2 == 0)
        client->token = ls_sim_server_add_user (run->servers[0], user, client->role);
      else
        client->token = g_strdup (run->clients[i - 1]->token);
      g_assert_true (ls_sim_client_start (client));
    }
}

static void
tear_down (LsSimRun *run)
{
  for (int who = LS_SIM_WHO_SERVER (run->n_servers - 1); who < (int) run->n_clients; who++)
    ls_sim_run_end (run, who, LS_SIM_KILLED);
  /* What is still on its way holds what it belongs to. */
  ls_sim_world_clear (run->world);
  for (unsigned i = 0; i < run->n_clients; i++)
    ls_sim_client_free (run->clients[i]);
  ls_sim_network_free (run->network);
  for (unsigned i = 0; i < run->n_servers; i++)
    ls_sim_server_free (run->servers[i]);
  g_clear_pointer (&run->database, ls_sim_database_free);
  g_clear_pointer (&run->backup, ls_sim_disk_image_free);
  ls_sim_oracle_free (run->oracle);
  ls_sim_world_free (run->world);
}

/**
 * ls_sim_run:
 * @plan: what happens
 * @log: (nullable): where to tell it
 * @ret_outcome: (out): how it went
 *
 * Runs a plan, to its end or to the first thing that is not as it must be.
 */
void
ls_sim_run (const LsSimPlan *plan,
            FILE            *log,
            LsSimOutcome    *ret_outcome)
{
  LsSimRun run = { NULL };
  int64_t start;

  set_up (&run, plan, log);
  start = ls_sim_world_get_time (run.world);
  for (unsigned i = 0; i < plan->steps->len; i++)
    {
      const LsSimStep *step = &g_array_index (plan->steps, LsSimStep, i);

      if (!ls_sim_run_go_on (&run, MAX (start + step->at, ls_sim_world_get_time (run.world))))
        break;
      ls_sim_world_note (run.world, "step %u", i);
      ls_sim_run_do_step (&run, step);
    }
  if (ls_sim_oracle_get_violation (run.oracle) == NULL)
    ls_sim_run_quiet (&run);
  *ret_outcome = (LsSimOutcome) {
    .violation = g_strdup (ls_sim_oracle_get_violation (run.oracle)),
    .trace = ls_sim_world_get_trace (run.world),
    .jobs = ls_sim_world_get_n_jobs (run.world),
    .time = ls_sim_world_get_time (run.world),
    .applied = ls_sim_oracle_get_n_applied (run.oracle),
    .ends = run.ends,
  };
  tear_down (&run);
}

void
ls_sim_outcome_clear (LsSimOutcome *outcome)
{
  g_clear_pointer (&outcome->violation, g_free);
}
