/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-sim-run.h"

#include "client/ls-engine.h"
#include "ls-sim-client.h"
#include "ls-sim-oracle.h"
#include "ls-sim-rights.h"
#include "ls-sim-rot.h"
#include "server/ls-committer.h"

#define SECOND ((int64_t) G_USEC_PER_SEC)
/* Nobody waits for longer than this once all is well: a connection that nobody closed is found out
 * after 45 s, a request is given up after 60, a pause is at most 30, going in circles ends a
 * minute. */
#define PATIENCE (300 * SECOND)
/* In which a row that rotted is found and healed: the checker comes round to it, a minute a collection,
 * and may have to heal its bucket for the third time. */
#define ROUND (2400 * SECOND)
#define CHUNK (SECOND / 4)
#define DATA_PREFIX "/srv/lockstep.db"
#define CACHE_PREFIX "/cache.db"

typedef struct {
  const LsSimPlan *plan;
  LsSimWorld *world;
  LsSimServer *server;
  LsSimNetwork *network;
  LsSimOracle *oracle;
  LsSimClient *clients[16];
  unsigned n_clients;
  LsSimDice dice;
  LsSimDiskImage *backup;
  LsPosition backup_position;
  bool starting[17]; /* a start is posted; the last is the server's */
  unsigned ends;
} Run;

typedef struct {
  Run *run;
  int who;
} Start;

static bool
is_up (Run *run,
       int  who)
{
  return who == LS_SIM_SERVER ? ls_sim_server_is_up (run->server)
                              : ls_sim_client_is_up (run->clients[who]);
}

static LsSimNode *
node_of (Run *run,
         int  who)
{
  return who == LS_SIM_SERVER ? run->server->node : run->clients[who]->node;
}

static LsSimDisk *
disk_of (Run *run,
         int  who)
{
  return who == LS_SIM_SERVER ? run->server->disk : run->clients[who]->disk;
}

static void
end (Run     *run,
     int      who,
     LsSimEnd how)
{
  if (who == LS_SIM_SERVER)
    ls_sim_server_end (run->server, how);
  else
    ls_sim_client_end (run->clients[who], how);
  ls_sim_world_reap (run->world);
}

static bool
start (Run *run,
       int  who)
{
  bool up = node_of (run, who) == NULL &&
            (who == LS_SIM_SERVER ? ls_sim_server_start (run->server)
                                  : ls_sim_client_start (run->clients[who]));

  ls_sim_world_reap (run->world);
  return up;
}

/* --- Machines come back ---------------------------------------------------------------------- */

static bool *
starting (Run *run,
          int  who)
{
  return &run->starting[who == LS_SIM_SERVER ? G_N_ELEMENTS (run->starting) - 1 : (unsigned) who];
}

static void
start_cb (gpointer data)
{
  Start *job = data;

  *starting (job->run, job->who) = false;
  start (job->run, job->who);
}

static void
start_after (Run    *run,
             int     who,
             int64_t delay)
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
look_after_all (Run *run)
{
  for (int who = LS_SIM_SERVER; who < (int) run->n_clients; who++)
    if (node_of (run, who) == NULL && !*starting (run, who))
      {
        run->ends++;
        start_after (run, who, ls_sim_dice_spread (&run->dice, 1000, 5 * SECOND));
      }
}

/* --- Steps ----------------------------------------------------------------------------------- */

static void
follow (Run *run)
{
  if (ls_sim_server_is_up (run->server))
    ls_sim_oracle_follow (run->oracle, run->server->storage);
  ls_sim_world_reap (run->world);
}

/* A disk that fails under whoever looks tells nothing. */
static void
probe (Run *run)
{
  if (!ls_sim_server_is_up (run->server) || !ls_sim_disk_is_sound (run->server->disk))
    return;
  follow (run);
  for (unsigned i = 0; i < run->n_clients && ls_sim_server_is_up (run->server); i++)
    if (ls_sim_client_is_up (run->clients[i]))
      ls_sim_oracle_note_decided (run->oracle, run->server->storage, run->clients[i]->cache);
  for (unsigned i = 0; i < run->n_clients; i++)
    if (ls_sim_client_is_up (run->clients[i]) && ls_sim_disk_is_sound (run->clients[i]->disk))
      ls_sim_oracle_probe (run->oracle, i, run->clients[i]->cache);
}

/* Rows that came as a whole are looked at before anything else happens to them. */
static void
look_at_healed (Run *run)
{
  bool any = false;

  for (unsigned i = 0; i < run->n_clients; i++)
    {
      any = any || run->clients[i]->healed;
      run->clients[i]->healed = false;
    }
  if (any)
    probe (run);
}

static bool
go_on (Run    *run,
       int64_t until)
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

static void
heal_disk_cb (gpointer data)
{
  ls_sim_disk_set_space (data, -1);
}

static void
back_up (Run *run)
{
  g_autoptr (LsShop) shop = NULL;

  if (!ls_sim_server_is_up (run->server))
    return;
  shop = ls_storage_get_shop (run->server->storage, LS_SIM_SHOP, NULL);
  if (shop == NULL)
    return;
  g_clear_pointer (&run->backup, ls_sim_disk_image_free);
  run->backup = ls_sim_disk_copy (run->server->disk, DATA_PREFIX);
  run->backup_position = shop->position;
}

/* What the server did since the backup is lost, and nothing else: so what it did is noted first. */
static void
restore (Run *run,
         bool new_epoch)
{
  if (run->backup == NULL)
    return;
  ls_sim_disk_heal (run->server->disk);
  if (!ls_sim_server_is_up (run->server) && !start (run, LS_SIM_SERVER))
    return;
  follow (run);
  if (!ls_sim_server_is_up (run->server))
    return;
  end (run, LS_SIM_SERVER, LS_SIM_KILLED);
  ls_sim_world_note (run->world, "the server goes back to version %" G_GINT64_FORMAT,
                     run->backup_position.version);
  ls_sim_disk_paste (run->server->disk, run->backup, DATA_PREFIX);
  ls_sim_oracle_rewind (run->oracle, &run->backup_position);
  if (new_epoch)
    {
      if (!ls_sim_server_mark_copy (run->server))
        ls_sim_oracle_accuse (run->oracle, "a backup can't be restored");
      g_clear_pointer (&run->backup, ls_sim_disk_image_free);
    }
  start_after (run, LS_SIM_SERVER, SECOND);
}

static void
copy_cache (Run *run,
            int  who)
{
  int other = who ^ 1;
  LsSimDiskImage *image;

  if (other >= (int) run->n_clients)
    return;
  end (run, other, LS_SIM_KILLED);
  image = ls_sim_disk_copy (disk_of (run, who), CACHE_PREFIX);
  ls_sim_disk_paste (disk_of (run, other), image, CACHE_PREFIX);
  ls_sim_disk_image_free (image);
  ls_sim_oracle_pasted (run->oracle, (unsigned) who, (unsigned) other);
  start_after (run, other, SECOND);
}

/* Two clients belong to one user: those whose caches may be copied. */
static char *
user_of (unsigned client)
{
  return g_strdup_printf ("user%u", client / 2);
}

static void
set_role (Run   *run,
          int    who,
          LsRole role)
{
  g_autofree char *user = user_of ((unsigned) who);
  bool done;

  if (!ls_sim_server_is_up (run->server))
    return;
  done = ls_sim_server_set_role (run->server, user, role);
  for (unsigned i = 0; i < run->n_clients; i++)
    if (i / 2 == (unsigned) who / 2 && (done || role > run->clients[i]->role))
      ls_sim_oracle_set_role (run->oracle, i, role);
}

static void
prune (Run    *run,
       int64_t keep)
{
  bool followed;

  if (!ls_sim_server_is_up (run->server))
    return;
  followed = ls_sim_oracle_follow (run->oracle, run->server->storage);
  ls_sim_world_reap (run->world);
  /* Where the disk failed under the oracle, it would never learn what goes now. */
  if (followed && ls_sim_server_is_up (run->server))
    ls_storage_prune (run->server->storage, LS_SIM_SHOP, keep, 0, NULL);
  ls_sim_world_reap (run->world);
}

static void
stall (Run             *run,
       const LsSimStep *step)
{
  static const char *const server_queues[] = { LS_COMMITTER_QUEUE, LS_HUB_QUEUE, "reader-0",
                                               "access" };
  static const char *const client_queues[] = { LS_CACHE_QUEUE, LS_ENGINE_QUEUE, LS_QUEUE_MAIN,
                                               LS_CACHE_QUEUE };

  ls_sim_node_stall (node_of (run, step->who),
                     (step->who == LS_SIM_SERVER ? server_queues : client_queues)[step->b & 3],
                     step->a);
}

static void
trap (Run             *run,
      const LsSimStep *step)
{
  if (step->who == LS_SIM_SERVER)
    ls_sim_server_set_trap (run->server, (unsigned) step->b, (LsSimEnd) step->a);
  else
    ls_sim_client_set_trap (run->clients[step->who], (unsigned) step->b, (LsSimEnd) step->a);
}

typedef struct {
  Run *run;
  int who;
  LsSimNode *node;
} Return;

static void
return_free (gpointer data)
{
  Return *job = data;

  g_object_unref (job->node);
  g_free (job);
}

/* He had enough of working offline, unless he began anew meanwhile. */
static void
return_cb (gpointer data)
{
  Return *job = data;

  if (node_of (job->run, job->who) == job->node && is_up (job->run, job->who))
    ls_sim_client_set_by_hand (job->run->clients[job->who], false);
}

static void
work_offline (Run    *run,
              int     who,
              int64_t duration)
{
  Return *job = g_new (Return, 1);

  *job = (Return) { run, who, g_object_ref (node_of (run, who)) };
  ls_sim_client_set_by_hand (run->clients[who], true);
  ls_sim_world_post (run->world, duration, return_cb, job, return_free);
}

/* An edit of the server's own, from an import or a connector. */
static void
operate (Run             *run,
         const LsSimStep *step)
{
  g_autoptr (LsMutation) mutation = ls_mutation_new (LS_SIM_SHOP);
  const LsCollection *customers = ls_schema_collection (LS_CUSTOMERS);
  LsSimDice dice = ls_sim_dice (step->seed, 7);

  mutation->role = LS_ROLE_OWNER;
  mutation->actor = g_strdup ("import");
  mutation->changes = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
  for (int64_t i = 0; i < step->a; i++)
    {
      g_autofree char *key = g_strdup_printf ("c%" G_GINT64_FORMAT, i);
      g_autofree char *text = g_strnfill ((size_t) step->b, 'x');
      g_autofree char *note = g_strconcat (LS_SIM_SECRET, text, NULL);
      g_autofree char *name = g_strdup_printf ("i%u", ls_sim_dice_below (&dice, 1000));
      LsChange *put = ls_change_new (LS_CHANGE_PUT, customers, key);

      ls_change_take_set (put, (unsigned) ls_collection_field (customers, "name"),
                          ls_value_text (name));
      ls_change_take_set (put, (unsigned) ls_collection_field (customers, "note"),
                          ls_value_text (note));
      g_ptr_array_add (mutation->changes, put);
    }
  ls_committer_submit (run->server->committer, mutation, NULL, NULL, NULL, NULL);
}

/* What the log does not tell any more can't be repaired by it. */
static bool
is_log_whole (const LsSimPlan *plan)
{
  for (unsigned i = 0; i < plan->steps->len; i++)
    {
      LsSimStepKind kind = g_array_index (plan->steps, LsSimStep, i).kind;

      if (kind == LS_SIM_STEP_PRUNE || kind == LS_SIM_STEP_RESTORE)
        return false;
    }
  return true;
}

static void
rot (Run             *run,
     const LsSimStep *step)
{
  LsSimRot what = is_log_whole (run->plan) ? (LsSimRot) step->a : LS_SIM_ROT_DERIVED;

  if (!ls_sim_disk_is_sound (disk_of (run, step->who)))
    return;
  if (step->who == LS_SIM_SERVER)
    ls_sim_rot_server (run->server, run->oracle, what, step->seed);
  else
    ls_sim_rot_client (run->clients[step->who], step->seed);
  ls_sim_world_reap (run->world);
}

static void quiet (Run *run);

/* Steps that are about a network or everything. */
static bool
do_general_step (Run             *run,
                 const LsSimStep *step)
{
  unsigned client = (unsigned) MAX (step->who, 0);

  switch ((unsigned) step->kind)
    {
    case LS_SIM_STEP_TROUBLE:
      ls_sim_network_trouble (run->network, client, (LsSimTrouble) step->a);
      break;
    case LS_SIM_STEP_REFUSE:
      ls_sim_network_refuse (run->network, client, step->a);
      break;
    case LS_SIM_STEP_SLOW:
      ls_sim_network_slow (run->network, client, (unsigned) step->a);
      break;
    case LS_SIM_STEP_BREAK_FETCHES:
      ls_sim_network_break_fetches (run->network, client, (unsigned) step->a);
      break;
    case LS_SIM_STEP_BACKUP:
      back_up (run);
      break;
    case LS_SIM_STEP_RESTORE:
      restore (run, step->a != 0);
      break;
    case LS_SIM_STEP_COPY_CACHE:
      copy_cache (run, (int) client);
      break;
    case LS_SIM_STEP_ROLE:
      set_role (run, (int) client, (LsRole) step->a);
      break;
    case LS_SIM_STEP_PRUNE:
      prune (run, step->a);
      break;
    case LS_SIM_STEP_PROBE:
      probe (run);
      break;
    case LS_SIM_STEP_QUIET:
      quiet (run);
      break;
    case LS_SIM_STEP_BLOCK:
      ls_sim_network_block (run->network, client, (LsSimBlock) step->a, step->b);
      break;
    case LS_SIM_STEP_CUT_POLLS:
      ls_sim_network_cut_polls (run->network, client, step->a, step->b);
      break;
    case LS_SIM_STEP_BREAK_POLLS:
      ls_sim_network_break_polls (run->network, client, (unsigned) step->a);
      break;
    default:
      return false;
    }
  return true;
}

/* Steps that are about a machine that is up. */
static void
do_machine_step (Run             *run,
                 const LsSimStep *step)
{
  if (!is_up (run, step->who))
    return;
  switch ((unsigned) step->kind)
    {
    case LS_SIM_STEP_ACT:
      ls_sim_client_act (run->clients[step->who], (LsSimAct) step->a, step->seed);
      break;
    case LS_SIM_STEP_END:
      end (run, step->who, (LsSimEnd) step->a);
      run->ends++;
      start_after (run, step->who, step->b);
      break;
    case LS_SIM_STEP_TRAP:
      trap (run, step);
      break;
    case LS_SIM_STEP_FAIL_DISK:
      ls_sim_disk_fail (disk_of (run, step->who), (LsSimDiskOp) step->a,
                        (unsigned) (step->seed % 10), (unsigned) step->b);
      break;
    case LS_SIM_STEP_FULL_DISK:
      ls_sim_disk_set_space (disk_of (run, step->who), step->a);
      ls_sim_world_post (run->world, step->b, heal_disk_cb, disk_of (run, step->who), NULL);
      break;
    case LS_SIM_STEP_JUMP:
      ls_sim_node_jump (node_of (run, step->who), step->a);
      break;
    case LS_SIM_STEP_SLEEP:
      ls_sim_node_sleep (node_of (run, step->who), step->a);
      break;
    case LS_SIM_STEP_STALL:
      stall (run, step);
      break;
    case LS_SIM_STEP_ATTENTION:
      ls_sim_client_set_attention (run->clients[step->who], (LsAttention) step->a);
      break;
    case LS_SIM_STEP_BY_HAND:
      work_offline (run, step->who, step->a);
      break;
    case LS_SIM_STEP_OPERATOR:
      operate (run, step);
      break;
    case LS_SIM_STEP_ROT:
      rot (run, step);
      break;
    case LS_SIM_STEP_CHECK:
      if (step->who != LS_SIM_SERVER)
        ls_sim_client_check (run->clients[step->who]);
      break;
    case LS_SIM_STEP_TRY_NOW:
    default:
      if (step->who != LS_SIM_SERVER)
        ls_sim_client_try_now (run->clients[step->who]);
      break;
    }
}

/* --- At rest --------------------------------------------------------------------------------- */

/* An operator whose command failed does not know what holds: the server does. */
static void
read_roles (Run *run)
{
  for (unsigned i = 0; i < run->n_clients; i++)
    {
      g_autoptr (LsIdentity) identity =
          ls_access_check_token (run->server->access, run->clients[i]->token, NULL);

      if (identity != NULL)
        ls_identity_get_role (identity, LS_SIM_SHOP, &run->clients[i]->role);
      if (identity != NULL)
        ls_sim_oracle_set_role (run->oracle, i, run->clients[i]->role);
    }
}

static const char *
who_waits (Run *run)
{
  static char text[200];
  g_autoptr (LsShop) shop = NULL;

  if (!ls_sim_server_is_up (run->server))
    return "the server is down";
  read_roles (run);
  shop = ls_storage_get_shop (run->server->storage, LS_SIM_SHOP, NULL);
  if (shop == NULL)
    return "the server's shop can't be read";
  for (unsigned i = 0; i < run->n_clients; i++)
    if (ls_sim_client_is_quiet (run->clients[i], &shop->position))
      {
        g_autofree char *behind = run->clients[i]->views != NULL
                                      ? ls_sim_views_find_behind (run->clients[i]->views)
                                      : NULL;

        if (behind == NULL)
          continue;
        g_snprintf (text, sizeof text, "client %u does not show %s", i, behind);
        return text;
      }
    else
      {
        LsPosition position = { "", 0, 0 };

        if (ls_sim_client_is_up (run->clients[i]))
          ls_cache_get_position (run->clients[i]->cache, LS_SIM_SHOP, &position, NULL, NULL, NULL);
        g_snprintf (text, sizeof text,
                    "client %u is %s, at version %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT, i,
                    ls_sim_client_is_up (run->clients[i]) ? "up" : "down", position.version,
                    shop->position.version);
        return text;
      }
  return NULL;
}

/* Who has not found what rotted, or not healed it. */
static const char *
who_is_rotten (Run *run)
{
  static char text[200];
  g_autofree char *name = NULL;

  if (!ls_sim_oracle_has_rotted (run->oracle))
    return NULL;
  follow (run);
  name = ls_sim_oracle_find_rotten_at_server (run->oracle, run->server->storage);
  if (name != NULL)
    {
      g_snprintf (text, sizeof text, "the server does not mend %s", name);
      return text;
    }
  for (unsigned i = 0; i < run->n_clients && name == NULL; i++)
    {
      name = ls_sim_oracle_find_rotten (run->oracle, i, run->clients[i]->cache,
                                        run->clients[i]->role);
      if (name != NULL)
        g_snprintf (text, sizeof text, "client %u does not heal %s", i, name);
    }
  return name != NULL ? text : NULL;
}

static bool
heal_all (Run *run)
{
  int64_t deadline = ls_sim_world_get_time (run->world) + ROUND;
  const char *who;

  while ((who = who_waits (run)) != NULL || (who = who_is_rotten (run)) != NULL)
    {
      if (ls_sim_world_get_time (run->world) > deadline)
        ls_sim_oracle_accuse (run->oracle, "%s", who);
      if (!go_on (run, ls_sim_world_get_time (run->world) + SECOND))
        return false;
    }
  return true;
}

static bool
come_to_rest (Run    *run,
              int64_t deadline)
{
  while (go_on (run, ls_sim_world_get_time (run->world) + CHUNK))
    {
      const char *who;

      who = who_waits (run);
      if (who == NULL)
        return true;
      if (ls_sim_world_get_time (run->world) > deadline)
        ls_sim_oracle_accuse (run->oracle, "somebody waits for ever: %s", who);
    }
  return false;
}

static void
judge (Run *run)
{
  follow (run);
  ls_sim_oracle_judge_server (run->oracle, run->server->storage, run->server->committer);
  for (unsigned i = 0; i < run->n_clients; i++)
    {
      LsSimClient *client = run->clients[i];

      ls_sim_oracle_probe (run->oracle, i, client->cache);
      ls_sim_oracle_judge_client (run->oracle, i, client->cache, client->role);
      if (client->findings > 0 && !ls_sim_oracle_has_rotted (run->oracle))
        ls_sim_oracle_accuse (run->oracle, "client %u found digests that differ", i);
    }
}

/* Ends all trouble, waits for everything to come to rest, lets the digests be compared too. */
static void
quiet (Run *run)
{
  ls_sim_world_note (run->world, "quiet");
  ls_sim_network_heal (run->network);
  for (int who = LS_SIM_SERVER; who < (int) run->n_clients; who++)
    ls_sim_disk_heal (disk_of (run, who));
  if (!come_to_rest (run, ls_sim_world_get_time (run->world) + PATIENCE) || !heal_all (run) ||
      !go_on (run, ls_sim_world_get_time (run->world) + 2 * run->plan->digest_interval) ||
      !come_to_rest (run, ls_sim_world_get_time (run->world) + PATIENCE))
    return;
  judge (run);
  ls_sim_oracle_forget_rot (run->oracle);
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

/* Some rows that are there before anybody comes. */
static void
fill_shop (Run *run)
{
  g_autoptr (LsMutation) mutation = ls_mutation_new (LS_SIM_SHOP);

  mutation->role = LS_ROLE_OWNER;
  mutation->changes = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
  for (unsigned i = 0; i < 3; i++)
    {
      g_ptr_array_add (mutation->changes, first_row (LS_PRODUCTS, i));
      g_ptr_array_add (mutation->changes, first_row (LS_CUSTOMERS, i));
    }
  ls_committer_submit (run->server->committer, mutation, NULL, NULL, NULL, NULL);
  ls_sim_world_run_until (run->world, 0);
}

static void
set_up (Run             *run,
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
  run->server = ls_sim_server_new (run->world, plan->seed, &options, plan->checks);
  g_assert_true (ls_sim_server_start (run->server));
  fill_shop (run);
  run->oracle = ls_sim_oracle_new (run->world, run->n_clients);
  run->network = ls_sim_network_new (run->world, run->server, run->oracle, run->n_clients,
                                     plan->seed);
  ls_sim_network_set_buffer (run->network, (size_t) plan->buffer);
  for (unsigned i = 0; i < run->n_clients; i++)
    {
      LsSimClient *client =
          ls_sim_client_new (run->world, run->network, run->oracle, i, plan->seed);
      g_autofree char *user = user_of (i);

      run->clients[i] = client;
      client->polls = plan->polls;
      client->checks = plan->checks;
      client->shows = plan->views;
      client->role = (LsRole) (plan->roles >> i / 2 * LS_SIM_ROLE_BITS & LS_ROLE_OWNER);
      ls_sim_oracle_set_role (run->oracle, i, client->role);
      if (i % 2 == 0)
        client->token = ls_sim_server_add_user (run->server, user, client->role);
      else
        client->token = g_strdup (run->clients[i - 1]->token);
      g_assert_true (ls_sim_client_start (client));
    }
}

static void
tear_down (Run *run)
{
  for (int who = LS_SIM_SERVER; who < (int) run->n_clients; who++)
    end (run, who, LS_SIM_KILLED);
  /* What is still on its way holds what it belongs to. */
  ls_sim_world_clear (run->world);
  for (unsigned i = 0; i < run->n_clients; i++)
    ls_sim_client_free (run->clients[i]);
  ls_sim_network_free (run->network);
  ls_sim_server_free (run->server);
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
  Run run = { NULL };

  set_up (&run, plan, log);
  for (unsigned i = 0; i < plan->steps->len; i++)
    {
      const LsSimStep *step = &g_array_index (plan->steps, LsSimStep, i);

      if (!go_on (&run, MAX (step->at, ls_sim_world_get_time (run.world))))
        break;
      ls_sim_world_note (run.world, "step %u", i);
      if (!do_general_step (&run, step))
        do_machine_step (&run, step);
    }
  if (ls_sim_oracle_get_violation (run.oracle) == NULL)
    quiet (&run);
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
