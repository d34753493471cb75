/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "client/ls-engine.h"
#include "ls-sim-orders.h"
#include "ls-sim-rights.h"
#include "ls-sim-rot.h"
#include "ls-sim-run-private.h"

/* The steps of a plan, as they are done. */

#define DATA_PREFIX "/srv/lockstep.db"
#define CACHE_PREFIX "/cache.db"

static void
heal_disk_cb (gpointer data)
{
  ls_sim_disk_set_space (data, -1);
}

static void
back_up (LsSimRun *run)
{
  LsStorage *storage = ls_sim_run_storage (run);
  g_autoptr (LsShop) shop =
      storage != NULL ? ls_storage_get_shop (storage, LS_SIM_SHOP, NULL) : NULL;

  /* What nobody restores is in memory. */
  if (shop == NULL || (run->database != NULL && !ls_sim_run_has_restore (run->plan)))
    return;
  g_clear_pointer (&run->backup, ls_sim_disk_image_free);
  run->backup = run->database != NULL ? ls_sim_database_copy (run->database)
                                      : ls_sim_disk_copy (run->servers[0]->disk, DATA_PREFIX);
  run->backup_position = shop->position;
}

/* The servers go on meanwhile. */
static void
restore_database (LsSimRun *run,
                  bool      new_epoch)
{
  ls_sim_run_follow (run);
  ls_sim_world_note (run->world, "the database goes back to version %" G_GINT64_FORMAT,
                     run->backup_position.version);
  ls_sim_database_restore (run->database, run->backup, new_epoch);
  ls_sim_oracle_rewind (run->oracle, &run->backup_position);
}

/* The server ends before. Returns whether it did. */
static bool
restore_server (LsSimRun *run,
                bool      new_epoch)
{
  LsSimServer *server = run->servers[0];

  ls_sim_disk_heal (server->disk);
  if (!ls_sim_server_is_up (server) && !ls_sim_run_start (run, LS_SIM_SERVER))
    return false;
  ls_sim_run_follow (run);
  if (!ls_sim_server_is_up (server))
    return false;
  ls_sim_run_end (run, LS_SIM_SERVER, LS_SIM_KILLED);
  ls_sim_world_note (run->world, "the server goes back to version %" G_GINT64_FORMAT,
                     run->backup_position.version);
  ls_sim_disk_paste (server->disk, run->backup, DATA_PREFIX);
  ls_sim_oracle_rewind (run->oracle, &run->backup_position);
  if (new_epoch && !ls_sim_server_mark_copy (server))
    ls_sim_oracle_accuse (run->oracle, "a backup can't be restored");
  ls_sim_run_start_after (run, LS_SIM_SERVER, LS_SIM_SECOND);
  return true;
}

/* What the server did since the backup is lost, and nothing else: so what it did is noted first. */
static void
restore (LsSimRun *run,
         bool      new_epoch)
{
  if (run->backup == NULL)
    return;
  if (run->database != NULL)
    restore_database (run, new_epoch);
  else if (!restore_server (run, new_epoch))
    return;
  if (!new_epoch)
    return;
  ls_sim_oracle_new_epoch (run->oracle);
  g_clear_pointer (&run->backup, ls_sim_disk_image_free);
}

static void
copy_cache (LsSimRun *run,
            int       who)
{
  int other = who ^ 1;
  LsSimDiskImage *image;

  if (other >= (int) run->n_clients)
    return;
  ls_sim_run_end (run, other, LS_SIM_KILLED);
  image = ls_sim_disk_copy (ls_sim_run_disk_of (run, who), CACHE_PREFIX);
  ls_sim_disk_paste (ls_sim_run_disk_of (run, other), image, CACHE_PREFIX);
  ls_sim_disk_image_free (image);
  ls_sim_oracle_pasted (run->oracle, (unsigned) who, (unsigned) other);
  ls_sim_run_start_after (run, other, LS_SIM_SECOND);
}

static void
set_role (LsSimRun *run,
          int       who,
          LsRole    role)
{
  g_autofree char *user = ls_sim_run_user_of ((unsigned) who);
  bool done;

  if (!ls_sim_server_is_up (ls_sim_run_server (run)))
    return;
  done = ls_sim_server_set_role (ls_sim_run_server (run), user, role);
  for (unsigned i = 0; i < run->n_clients; i++)
    if (i / 2 == (unsigned) who / 2 && (done || role > run->clients[i]->role))
      ls_sim_oracle_set_role (run->oracle, i, role);
}

static void
prune (LsSimRun *run,
       int64_t   keep)
{
  bool followed;

  if (ls_sim_run_storage (run) == NULL)
    return;
  followed = ls_sim_oracle_follow (run->oracle, ls_sim_run_storage (run));
  ls_sim_world_reap (run->world);
  /* Where the disk failed under the oracle, it would never learn what goes now. */
  if (followed && ls_sim_run_storage (run) != NULL)
    ls_storage_prune (ls_sim_run_storage (run), LS_SIM_SHOP, keep, 0, NULL);
  ls_sim_world_reap (run->world);
}

static void
stall (LsSimRun        *run,
       const LsSimStep *step)
{
  static const char *const server_queues[] = { LS_COMMITTER_QUEUE, LS_HUB_QUEUE, "reader-0",
                                               "access" };
  static const char *const client_queues[] = { LS_CACHE_QUEUE, LS_ENGINE_QUEUE, LS_QUEUE_MAIN,
                                               LS_CACHE_QUEUE };

  ls_sim_node_stall (ls_sim_run_node_of (run, step->who),
                     (step->who < 0 ? server_queues : client_queues)[step->b & 3],
                     step->a);
}

static void
trap (LsSimRun        *run,
      const LsSimStep *step)
{
  if (step->who < 0)
    ls_sim_server_set_trap (run->servers[0], (unsigned) step->b, (LsSimEnd) step->a);
  else
    ls_sim_client_set_trap (run->clients[step->who], (unsigned) step->b, (LsSimEnd) step->a);
}

typedef struct {
  LsSimRun *run;
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

  if (ls_sim_run_node_of (job->run, job->who) == job->node && ls_sim_run_is_up (job->run, job->who))
    ls_sim_client_set_by_hand (job->run->clients[job->who], false);
}

static void
work_offline (LsSimRun *run,
              int       who,
              int64_t   duration)
{
  Return *job = g_new (Return, 1);

  *job = (Return) { run, who, g_object_ref (ls_sim_run_node_of (run, who)) };
  ls_sim_client_set_by_hand (run->clients[who], true);
  ls_sim_world_post (run->world, duration, return_cb, job, return_free);
}

/* An edit of the server's own, from an import or a connector. */
static void
operate (LsSimRun        *run,
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
  ls_committer_submit (run->servers[LS_SIM_SERVER - step->who]->committer, mutation, NULL, NULL, NULL, NULL);
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
rot (LsSimRun        *run,
     const LsSimStep *step)
{
  LsSimRot what = is_log_whole (run->plan) ? (LsSimRot) step->a : LS_SIM_ROT_DERIVED;

  if (!ls_sim_disk_is_sound (ls_sim_run_disk_of (run, step->who)))
    return;
  if (step->who < 0)
    ls_sim_rot_server (run->servers[0], run->oracle, what, step->seed);
  else
    ls_sim_rot_client (run->clients[step->who], step->seed);
  ls_sim_world_reap (run->world);
}

/* Steps that are about a network or everything. */
static bool
do_general_step (LsSimRun        *run,
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
      ls_sim_run_probe (run);
      break;
    case LS_SIM_STEP_QUIET:
      ls_sim_run_quiet (run);
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

/* What was chosen just before a disk failed may not be on it. */
static void
doubt_choice (LsSimRun *run,
              int       who)
{
  if (who >= 0)
    ls_sim_oracle_doubted_choice (run->oracle, (unsigned) who);
}

static void
change_order (LsSimRun        *run,
              const LsSimStep *step)
{
  if (step->who < 0)
    ls_sim_orders_import (run->servers[LS_SIM_SERVER - step->who], (LsSimOrderAct) step->a,
                          (unsigned) step->b, step->seed);
  else
    ls_sim_orders_edit (run->clients[step->who], (LsSimOrderAct) step->a, (unsigned) step->b,
                        step->seed);
}

static void
choose_scope (LsSimRun        *run,
              const LsSimStep *step)
{
  const LsScopeChoice choice = { (unsigned) step->a, (uint32_t) step->b };

  if (step->who >= 0)
    ls_sim_client_choose (run->clients[step->who], &choice);
}

/* Steps that are about a machine that is up. */
static void
do_machine_step (LsSimRun        *run,
                 const LsSimStep *step)
{
  if (!ls_sim_run_is_up (run, step->who))
    return;
  switch ((unsigned) step->kind)
    {
    case LS_SIM_STEP_ACT:
      ls_sim_client_act (run->clients[step->who], (LsSimAct) step->a, step->seed);
      break;
    case LS_SIM_STEP_RUSH:
      ls_sim_client_rush (run->clients[step->who], (unsigned) step->a, step->b, step->seed);
      break;
    case LS_SIM_STEP_END:
      ls_sim_run_end (run, step->who, (LsSimEnd) step->a);
      run->ends++;
      ls_sim_run_start_after (run, step->who, step->b);
      break;
    case LS_SIM_STEP_TRAP:
      trap (run, step);
      break;
    case LS_SIM_STEP_FAIL_DISK:
      doubt_choice (run, step->who);
      ls_sim_disk_fail (ls_sim_run_disk_of (run, step->who), (LsSimDiskOp) step->a,
                        (unsigned) (step->seed % 10), (unsigned) step->b);
      break;
    case LS_SIM_STEP_FULL_DISK:
      doubt_choice (run, step->who);
      ls_sim_disk_set_space (ls_sim_run_disk_of (run, step->who), step->a);
      ls_sim_world_post (run->world, step->b, heal_disk_cb, ls_sim_run_disk_of (run, step->who), NULL);
      break;
    case LS_SIM_STEP_JUMP:
      ls_sim_node_jump (ls_sim_run_node_of (run, step->who), step->a);
      break;
    case LS_SIM_STEP_SLEEP:
      ls_sim_node_sleep (ls_sim_run_node_of (run, step->who), step->a);
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
      if (step->who >= 0)
        ls_sim_client_check (run->clients[step->who]);
      break;
    case LS_SIM_STEP_SCOPE:
      choose_scope (run, step);
      break;
    case LS_SIM_STEP_ORDER:
      change_order (run, step);
      break;
    case LS_SIM_STEP_TRY_NOW:
    default:
      if (step->who >= 0)
        ls_sim_client_try_now (run->clients[step->who]);
      break;
    }
}

/* Does one step. */
void
ls_sim_run_do_step (LsSimRun        *run,
                    const LsSimStep *step)
{
  LsSimStep own = *step;

  /* Of several servers it happens to one. */
  if (own.who == LS_SIM_SERVER)
    own.who = LS_SIM_WHO_SERVER (own.seed % run->n_servers);
  if (!do_general_step (run, &own))
    do_machine_step (run, &own);
}
