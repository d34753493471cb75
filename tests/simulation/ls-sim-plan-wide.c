/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "client/ls-transport.h"
#include "core/ls-message.h"
#include "core/ls-view.h"
#include "ls-sim-client.h"
#include "ls-sim-network.h"
#include "ls-sim-plan-private.h"
#include "ls-sim-rot.h"

/*
 * What a plan may have beside its common steps. Each subject rolls dice of its own and comes in a
 * part of the seeds only: what one of them adds leaves all the others, and most seeds, as they are.
 */

#define SECOND ((int64_t) G_USEC_PER_SEC)
#define MAX_WORK 10000

typedef enum {
  DICE_ROLES = 100,
  DICE_POLLS,
  DICE_OPERATOR,
  DICE_CHECKS,
  DICE_VIEWS,
  DICE_RUSHES,
} DiceStream;

static int
compare_steps (gconstpointer a,
               gconstpointer b)
{
  const LsSimStep *x = a, *y = b;

  return (x->at > y->at) - (x->at < y->at);
}

/* When the last step is. */
static int64_t
last_at (const LsSimPlan *self)
{
  int64_t last = 1;

  for (unsigned i = 0; i < self->steps->len; i++)
    last = MAX (last, g_array_index (self->steps, LsSimStep, i).at);
  return last;
}

/* Adds a step at some time before that, of some client. */
LsSimStep *
ls_sim_plan_add_step (LsSimPlan    *self,
                      LsSimDice    *dice,
                      LsSimStepKind kind)
{
  LsSimStep step = { .kind = kind };

  step.at = 1 + (int64_t) (ls_sim_dice_roll (dice) % (uint64_t) last_at (self));
  step.who = (int) ls_sim_dice_below (dice, self->n_clients);
  step.seed = ls_sim_dice_roll (dice) >> 1;
  g_array_append_val (self->steps, step);
  return &g_array_index (self->steps, LsSimStep, self->steps->len - 1);
}

/* Others than owners, who see less. */
static void
add_roles (LsSimPlan *self,
           uint64_t   seed)
{
  LsSimDice dice = ls_sim_dice (seed, DICE_ROLES);

  if (ls_sim_dice_hits (&dice, 1, 2))
    self->roles = ls_sim_dice_below (&dice, LS_ROLE_ADMIN + 1) << LS_SIM_ROLE_BITS |
                  (ls_sim_dice_hits (&dice, 1, 4) ? LS_ROLE_STAFF : LS_ROLE_OWNER);
}

/* Most often it takes what is up along: a proxy that restarts, another network. */
static void
add_block (LsSimPlan *self,
           LsSimDice *dice)
{
  LsSimStep *step = ls_sim_plan_add_step (self, dice, LS_SIM_STEP_BLOCK);
  LsSimStep cut = *step;

  step->a = ls_sim_dice_below (dice, LS_SIM_N_BLOCKS);
  step->b = ls_sim_dice_spread (dice, 5 * SECOND, 200 * SECOND);
  cut.kind = LS_SIM_STEP_TROUBLE;
  cut.a = ls_sim_dice_hits (dice, 3, 4) ? LS_SIM_CUT
                                        : ls_sim_dice_below (dice, LS_SIM_MUTE_BOTH + 1);
  cut.at++;
  if (ls_sim_dice_hits (dice, 3, 4))
    g_array_append_val (self->steps, cut);
}

/* Most runs are over before a connection that does not come up is given up: some go on for long. */
static void
add_tail (LsSimPlan *self,
          LsSimDice *dice)
{
  int64_t at = last_at (self);

  for (unsigned n = 10 + ls_sim_dice_below (dice, 20); n > 0; n--)
    {
      LsSimStep *step = ls_sim_plan_add_step (self, dice, LS_SIM_STEP_ACT);

      step->a = ls_sim_dice_below (dice, LS_SIM_N_ACTS);
      step->at = at += ls_sim_dice_spread (dice, SECOND / 4, 20 * SECOND);
    }
}

static void
add_polls (LsSimPlan *self,
           uint64_t   seed)
{
  LsSimDice dice = ls_sim_dice (seed, DICE_POLLS);
  LsSimStep *step;

  self->polls = ls_sim_dice_hits (&dice, 1, 2);
  if (!self->polls)
    return;
  if (ls_sim_dice_hits (&dice, 2, 3))
    add_tail (self, &dice);
  for (unsigned n = 1 + ls_sim_dice_below (&dice, 4); n > 0; n--)
    add_block (self, &dice);
  for (unsigned n = ls_sim_dice_below (&dice, 3); n > 0; n--)
    {
      step = ls_sim_plan_add_step (self, &dice, LS_SIM_STEP_CUT_POLLS);
      step->a = ls_sim_dice_spread (&dice, SECOND / 2, 20 * SECOND);
      step->b = ls_sim_dice_spread (&dice, 5 * SECOND, 100 * SECOND);
    }
  for (unsigned n = ls_sim_dice_below (&dice, 5); n > 0; n--)
    ls_sim_plan_add_step (self, &dice, LS_SIM_STEP_BREAK_POLLS)->a = 1 + ls_sim_dice_below (&dice, 4);
  for (unsigned n = ls_sim_dice_below (&dice, 4); n > 0; n--)
    ls_sim_plan_add_step (self, &dice, LS_SIM_STEP_ATTENTION)->a =
        ls_sim_dice_below (&dice, LS_ATTENTION_AWAY + 1);
  if (ls_sim_dice_hits (&dice, 1, 4))
    ls_sim_plan_add_step (self, &dice, LS_SIM_STEP_BY_HAND)->a =
        ls_sim_dice_spread (&dice, SECOND, 20 * SECOND);
}

/* Edits of the server's own: an import, a connector. Some are more than a version may have. */
static void
add_operator (LsSimPlan *self,
              uint64_t   seed)
{
  LsSimDice dice = ls_sim_dice (seed, DICE_OPERATOR);

  for (unsigned n = ls_sim_dice_hits (&dice, 1, 3) ? ls_sim_dice_below (&dice, 4) : 0; n > 0; n--)
    {
      LsSimStep *step = ls_sim_plan_add_step (self, &dice, LS_SIM_STEP_OPERATOR);

      step->who = LS_SIM_SERVER;
      step->a = ls_sim_dice_hits (&dice, 1, 5) ? 150 + ls_sim_dice_below (&dice, 450)
                                               : 1 + ls_sim_dice_below (&dice, 5);
      step->b = ls_sim_dice_hits (&dice, 1, 3) ? 500 + ls_sim_dice_below (&dice, 2000)
                                               : ls_sim_dice_spread (&dice, 1, 100);
    }
}

/* The same row again and again, and checked at once each time: what heals it slows down. */
static void
add_stubborn_rot (LsSimPlan *self,
                  LsSimDice *dice)
{
  LsSimStep *first = ls_sim_plan_add_step (self, dice, LS_SIM_STEP_ROT);
  LsSimStep step = *first;

  for (unsigned i = 0; i < 3; i++)
    {
      step.kind = LS_SIM_STEP_CHECK;
      step.at += SECOND;
      g_array_append_val (self->steps, step);
      step.kind = LS_SIM_STEP_ROT;
      step.at += 90 * SECOND;
      g_array_append_val (self->steps, step);
    }
}

/* Rows that rot, and those who look for them. */
static void
add_checks (LsSimPlan *self,
            uint64_t   seed)
{
  LsSimDice dice = ls_sim_dice (seed, DICE_CHECKS);

  self->checks = ls_sim_dice_hits (&dice, 1, 4);
  if (!self->checks)
    return;
  for (unsigned n = ls_sim_dice_below (&dice, 3); n > 0; n--)
    ls_sim_plan_add_step (self, &dice, LS_SIM_STEP_ROT);
  for (unsigned n = ls_sim_dice_below (&dice, 3); n > 0; n--)
    ls_sim_plan_add_step (self, &dice, LS_SIM_STEP_CHECK);
  if (ls_sim_dice_hits (&dice, 1, 3))
    {
      LsSimStep *step = ls_sim_plan_add_step (self, &dice, LS_SIM_STEP_ROT);

      step->who = LS_SIM_SERVER;
      step->a = ls_sim_dice_below (&dice, LS_SIM_N_ROTS);
    }
  if (ls_sim_dice_hits (&dice, 1, 2))
    add_stubborn_rot (self, &dice);
}

static void
add_views (LsSimPlan *self,
           uint64_t   seed)
{
  LsSimDice dice = ls_sim_dice (seed, DICE_VIEWS);

  self->views = ls_sim_dice_hits (&dice, 1, 3);
}

/* More edits than may be under way at once, some of them made while others get their results. */
static void
add_rushes (LsSimPlan *self,
            uint64_t   seed)
{
  LsSimDice dice = ls_sim_dice (seed, DICE_RUSHES);

  if (!ls_sim_dice_hits (&dice, 1, 4))
    return;
  self->window = ls_sim_dice_hits (&dice, 3, 4) ? 2 + ls_sim_dice_below (&dice, 7)
                                                : LS_MUTATION_WINDOW;
  self->work = (unsigned) ls_sim_dice_spread (&dice, 500, MAX_WORK);
  for (unsigned n = 1 + ls_sim_dice_below (&dice, 3); n > 0; n--)
    {
      LsSimStep *step = ls_sim_plan_add_step (self, &dice, LS_SIM_STEP_RUSH);

      step->a = self->window + ls_sim_dice_below (&dice, self->window + 10);
      step->b = ls_sim_dice_spread (&dice, 1000, SECOND / 10);
      /* Nothing comes behind the last one that would send what it forgot. */
      if (n == 1)
        step->at = last_at (self);
    }
}

/* Adds all of it. */
void
ls_sim_plan_widen (LsSimPlan *self,
                   uint64_t   seed)
{
  add_roles (self, seed);
  add_polls (self, seed);
  add_operator (self, seed);
  add_checks (self, seed);
  add_views (self, seed);
  ls_sim_plan_add_nodes (self, seed);
  add_rushes (self, seed);
  ls_sim_plan_add_scopes (self, seed);
  g_array_sort (self->steps, compare_steps);
}
