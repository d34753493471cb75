/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-sim-plan-private.h"

#include "ls-sim-client.h"

/*
 * Several servers on one database, in a part of the seeds: they end and come back one by one, which is
 * when a client goes on at another one. What is about a server's own disk has no meaning for them: it
 * ends a server, or goes.
 */

#define SECOND ((int64_t) G_USEC_PER_SEC)
#define DICE_NODES 200
#define EVERY 5

static bool
keep_step (LsSimStep *step,
           LsSimDice *dice)
{
  if (step->who != LS_SIM_SERVER)
    return true;
  switch ((unsigned) step->kind)
    {
    case LS_SIM_STEP_TRAP:
    case LS_SIM_STEP_FAIL_DISK:
    case LS_SIM_STEP_FULL_DISK:
      step->kind = LS_SIM_STEP_END;
      step->a = ls_sim_dice_below (dice, 2);
      step->b = ls_sim_dice_spread (dice, 1000, 10 * SECOND);
      return true;
    case LS_SIM_STEP_ROT:
      return false;
    default:
      return true;
    }
}

static int64_t
some_time (LsSimDice *dice,
           int64_t    last)
{
  return 1 + (int64_t) (ls_sim_dice_roll (dice) % (uint64_t) last);
}

static void
add_step (LsSimPlan *self,
          LsSimDice *dice,
          int64_t    at,
          LsSimStep  step)
{
  step.at = at;
  step.seed = ls_sim_dice_roll (dice) >> 1;
  g_array_append_val (self->steps, step);
}

/* Everybody edits at once, through all servers. */
static void
add_rush (LsSimPlan *self,
          LsSimDice *dice,
          int64_t    at)
{
  for (unsigned n = 5 + ls_sim_dice_below (dice, 15); n > 0; n--)
    {
      LsSimStep step = { .kind = LS_SIM_STEP_ACT,
                         .who = (int) ls_sim_dice_below (dice, self->n_clients),
                         .a = ls_sim_dice_hits (dice, 1, 2)
                                  ? LS_SIM_ACT_SET
                                  : (int64_t) ls_sim_dice_below (dice, LS_SIM_N_ACTS) };

      if (ls_sim_dice_hits (dice, 1, 4))
        step = (LsSimStep) { .kind = LS_SIM_STEP_OPERATOR,
                             .who = LS_SIM_SERVER,
                             .a = 1 + ls_sim_dice_below (dice, 3),
                             .b = 10 };
      add_step (self, dice, at, step);
      at += ls_sim_dice_spread (dice, 1000, SECOND / 2);
    }
}

/* The database goes back to before a rush, and the servers go on. */
static void
add_restore (LsSimPlan *self,
             LsSimDice *dice,
             int64_t    last)
{
  int64_t at = some_time (dice, last);

  add_step (self, dice, at, (LsSimStep) { .kind = LS_SIM_STEP_BACKUP });
  add_rush (self, dice, at + 1);
  add_step (self, dice, at + ls_sim_dice_spread (dice, SECOND / 10, 20 * SECOND),
            (LsSimStep) { .kind = LS_SIM_STEP_RESTORE, .a = ls_sim_dice_below (dice, 2) });
  if (ls_sim_dice_hits (dice, 1, 2))
    add_rush (self, dice, at + 20 * SECOND);
}

/* Makes it a plan of several servers, if @seed is one of those. */
void
ls_sim_plan_add_nodes (LsSimPlan *self,
                       uint64_t   seed)
{
  LsSimDice dice = ls_sim_dice (seed, DICE_NODES);
  int64_t last = 1;

  if (seed % EVERY != 0)
    return;
  self->nodes = 2 + ls_sim_dice_below (&dice, LS_SIM_MAX_NODES - 1);
  for (unsigned i = self->steps->len; i > 0; i--)
    {
      LsSimStep *step = &g_array_index (self->steps, LsSimStep, i - 1);

      last = MAX (last, step->at);
      if (!keep_step (step, &dice))
        g_array_remove_index (self->steps, i - 1);
    }
  for (unsigned n = ls_sim_dice_below (&dice, 4); n > 0; n--)
    add_rush (self, &dice, some_time (&dice, last));
  for (unsigned n = ls_sim_dice_below (&dice, 5); n > 0; n--)
    add_step (self, &dice, some_time (&dice, last),
              (LsSimStep) { .kind = LS_SIM_STEP_END,
                            .who = LS_SIM_SERVER,
                            .a = ls_sim_dice_below (&dice, 2),
                            .b = ls_sim_dice_spread (&dice, 1000, 10 * SECOND) });
  for (unsigned n = ls_sim_dice_below (&dice, 8); n > 0; n--)
    add_step (self, &dice, some_time (&dice, last),
              (LsSimStep) { .kind = LS_SIM_STEP_TROUBLE,
                            .who = (int) ls_sim_dice_below (&dice, self->n_clients) });
  if (ls_sim_dice_hits (&dice, 1, 3))
    add_restore (self, &dice, last);
}
