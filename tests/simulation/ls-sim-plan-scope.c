/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "client/ls-scope-choice.h"
#include "ls-sim-disk.h"
#include "ls-sim-network.h"
#include "ls-sim-orders.h"
#include "ls-sim-plan-private.h"

/* Clients that hold some months and some collections, and orders that come, change and go over the
 * border of a month. It has dice of its own, as all in ls-sim-plan-wide.c. */

#define SECOND ((int64_t) G_USEC_PER_SEC)
#define DICE_SCOPE 201
#define MAX_MONTHS 6
/* In which most runs have come to rest. */
#define CALM (300 * SECOND)

static void
fill_scope (LsSimStep *step,
            LsSimDice *dice)
{
  /* More than half of the time less than all. */
  step->a = ls_sim_dice_hits (dice, 2, 3) ? 1 + ls_sim_dice_below (dice, MAX_MONTHS) : 0;
  if (ls_sim_dice_hits (dice, 1, 3))
    step->b = (int64_t) (ls_sim_dice_roll (dice) & ls_scope_choice_get_optional ());
  if (ls_sim_dice_hits (dice, 1, 4))
    step->b |= INT64_C (1) << LS_ACTIVITY;
}

/* Something that goes wrong at about the same time. */
static void
add_mishap (LsSimPlan       *self,
            LsSimDice       *dice,
            const LsSimStep *beside)
{
  LsSimStep step = *beside;

  step.seed = ls_sim_dice_roll (dice) >> 1;
  step.at = MAX (step.at + ls_sim_dice_spread (dice, 1, SECOND) - SECOND / 100, 1);
  step.a = step.b = 0;
  switch (ls_sim_dice_below (dice, 6))
    {
    case 0:
      step.kind = LS_SIM_STEP_TRAP;
      step.a = ls_sim_dice_below (dice, 2);
      step.b = ls_sim_dice_spread (dice, 1, 60);
      break;
    case 1:
      step.kind = LS_SIM_STEP_END;
      step.a = ls_sim_dice_below (dice, 2);
      step.b = ls_sim_dice_spread (dice, 1000, 5 * SECOND);
      break;
    case 2:
      step.kind = LS_SIM_STEP_TROUBLE;
      step.a = ls_sim_dice_below (dice, LS_SIM_N_TROUBLES);
      break;
    case 3:
      step.kind = LS_SIM_STEP_BREAK_FETCHES;
      step.a = 1 + ls_sim_dice_below (dice, 3);
      break;
    case 4:
      step.kind = LS_SIM_STEP_BY_HAND;
      step.a = ls_sim_dice_spread (dice, SECOND, 20 * SECOND);
      break;
    default:
      /* A month and more passes, or is found not to have. */
      step.kind = LS_SIM_STEP_JUMP;
      step.a = (ls_sim_dice_hits (dice, 1, 2) ? 1 : -1) * 32 * 86400 * SECOND;
      break;
    }
  g_array_append_val (self->steps, step);
}

static void
add_orders (LsSimPlan *self,
            LsSimDice *dice)
{
  for (unsigned n = 5 + ls_sim_dice_below (dice, 25); n > 0; n--)
    {
      LsSimStep *step = ls_sim_plan_add_step (self, dice, LS_SIM_STEP_ORDER);

      if (ls_sim_dice_hits (dice, 1, 2))
        step->who = LS_SIM_SERVER;
      step->a = ls_sim_dice_hits (dice, 1, 2) ? LS_SIM_ORDER_MAKE
                                              : (int64_t) ls_sim_dice_below (dice, LS_SIM_N_ORDER_ACTS);
      step->b = ls_sim_dice_below (dice, MAX_MONTHS + 2);
    }
}

/* Orders of months that may come or go, while it is said that they do. */
static void
add_rush (LsSimPlan       *self,
          LsSimDice       *dice,
          const LsSimStep *beside)
{
  LsSimStep step = *beside;

  step.kind = LS_SIM_STEP_ORDER;
  for (unsigned n = 4 + ls_sim_dice_below (dice, 8); n > 0; n--)
    {
      step.who = ls_sim_dice_hits (dice, 2, 3) ? LS_SIM_SERVER
                                               : (int) ls_sim_dice_below (dice, self->n_clients);
      step.seed = ls_sim_dice_roll (dice) >> 1;
      step.at += 1 + ls_sim_dice_below (dice, SECOND / 20);
      step.a = ls_sim_dice_hits (dice, 1, 2) ? ls_sim_dice_below (dice, LS_SIM_ORDER_MOVE + 1)
                                             : ls_sim_dice_below (dice, LS_SIM_N_ORDER_ACTS);
      step.b = ls_sim_dice_below (dice, MAX_MONTHS + 2);
      g_array_append_val (self->steps, step);
    }
}

/* Hardly anything, and soon after all again, while orders of long ago come and go. */
static void
add_return (LsSimPlan       *self,
            LsSimDice       *dice,
            const LsSimStep *beside)
{
  LsSimStep step = *beside;
  LsSimStep order = *beside;

  step.a = 1;
  step.b = 0;
  step.at += SECOND / 10;
  g_array_append_val (self->steps, step);
  step.at += ls_sim_dice_spread (dice, SECOND / 4, 4 * SECOND);
  step.a = 0;
  g_array_append_val (self->steps, step);
  order.kind = LS_SIM_STEP_ORDER;
  order.who = LS_SIM_SERVER;
  order.at = step.at;
  for (unsigned n = 10 + ls_sim_dice_below (dice, 20); n > 0; n--)
    {
      order.at += 1 + ls_sim_dice_below (dice, SECOND / 50);
      order.seed = ls_sim_dice_roll (dice) >> 1;
      order.a = ls_sim_dice_below (dice, LS_SIM_ORDER_MOVE + 1);
      order.b = 2 + ls_sim_dice_below (dice, MAX_MONTHS);
      g_array_append_val (self->steps, order);
    }
  /* On a slow way what is said and what is asked for come at very different times. */
  step.kind = LS_SIM_STEP_SLOW;
  step.a = 5 + ls_sim_dice_below (dice, 15);
  step.at--;
  if (ls_sim_dice_hits (dice, 2, 3))
    g_array_append_val (self->steps, step);
}

/* Edits of orders that nobody sends yet, and then their months are let go. */
static void
add_edits_left_behind (LsSimPlan *self,
                       LsSimDice *dice)
{
  LsSimStep step = *ls_sim_plan_add_step (self, dice, LS_SIM_STEP_BY_HAND);

  g_array_index (self->steps, LsSimStep, self->steps->len - 1).a =
      ls_sim_dice_spread (dice, 3 * SECOND, 20 * SECOND);
  step.kind = LS_SIM_STEP_ORDER;
  for (unsigned n = 3 + ls_sim_dice_below (dice, 4); n > 0; n--)
    {
      step.seed = ls_sim_dice_roll (dice) >> 1;
      step.at += SECOND / 10;
      step.a = ls_sim_dice_hits (dice, 2, 3) ? LS_SIM_ORDER_NOTE : LS_SIM_ORDER_ITEM;
      g_array_append_val (self->steps, step);
    }
  step.kind = LS_SIM_STEP_SCOPE;
  step.at += SECOND / 10;
  step.a = 1 + ls_sim_dice_below (dice, 2);
  g_array_append_val (self->steps, step);
  step.kind = LS_SIM_STEP_PROBE;
  step.at += SECOND;
  g_array_append_val (self->steps, step);
}

static int64_t
last_at (const LsSimPlan *self)
{
  int64_t last = 0;

  for (unsigned i = 0; i < self->steps->len; i++)
    last = MAX (last, g_array_index (self->steps, LsSimStep, i).at);
  return last;
}

/* The same where nothing else happens: of a connection that is hardly ever up no order matters. */
static void
add_calm_return (LsSimPlan *self,
                 LsSimDice *dice)
{
  LsSimStep step = { .kind = LS_SIM_STEP_QUIET, .at = last_at (self) + SECOND };

  step.who = (int) ls_sim_dice_below (dice, self->n_clients);
  g_array_append_val (self->steps, step);
  step.kind = LS_SIM_STEP_SCOPE;
  step.at += CALM;
  for (unsigned n = 4; n > 0; n--)
    {
      add_return (self, dice, &step);
      step.at += 15 * SECOND;
    }
}

/* A month ends that somebody holds who does not come back soon. */
static void
add_next_month (LsSimPlan *self,
                LsSimDice *dice)
{
  LsSimStep step = { .kind = LS_SIM_STEP_SCOPE };

  step.at = last_at (self);
  step.who = (int) ls_sim_dice_below (dice, self->n_clients);
  step.at += SECOND;
  step.a = 1 + ls_sim_dice_below (dice, MAX_MONTHS);
  g_array_append_val (self->steps, step);
  step.kind = LS_SIM_STEP_JUMP;
  step.at += 10 * SECOND;
  step.a = 32 * 86400 * SECOND;
  g_array_append_val (self->steps, step);
}

/* Adds all of it, to some plans. */
void
ls_sim_plan_add_scopes (LsSimPlan *self,
                        uint64_t   seed)
{
  LsSimDice dice = ls_sim_dice (seed, DICE_SCOPE);

  /* Plans of several servers are few, and faults of several servers are found in some of them only. */
  self->scopes = ls_sim_dice_hits (&dice, 1, self->nodes > 1 ? 16 : 4);
  if (!self->scopes)
    return;
  add_orders (self, &dice);
  for (unsigned n = 2 + ls_sim_dice_below (&dice, 5); n > 0; n--)
    {
      LsSimStep step = *ls_sim_plan_add_step (self, &dice, LS_SIM_STEP_SCOPE);

      fill_scope (&g_array_index (self->steps, LsSimStep, self->steps->len - 1), &dice);
      if (ls_sim_dice_hits (&dice, 1, 3))
        add_mishap (self, &dice, &step);
      if (ls_sim_dice_hits (&dice, 1, 3))
        add_rush (self, &dice, &step);
      if (ls_sim_dice_hits (&dice, 1, 4))
        add_return (self, &dice, &step);
    }
  if (ls_sim_dice_hits (&dice, 1, 2))
    add_calm_return (self, &dice);
  if (ls_sim_dice_hits (&dice, 1, 3))
    add_edits_left_behind (self, &dice);
  if (ls_sim_dice_hits (&dice, 1, 3))
    add_next_month (self, &dice);
}
