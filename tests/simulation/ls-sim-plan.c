/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-sim-plan-private.h"

#include <stdio.h>
#include <string.h>

#include "core/ls-error.h"
#include "core/ls-message.h"
#include "core/ls-view.h"
#include "ls-sim-client.h"
#include "ls-sim-network.h"

/*
 * A seed picks which kinds of trouble there are at all, how often each comes, and when: a run in
 * which everything goes wrong at once finds less than many in which a few things do.
 */

#define SECOND ((int64_t) G_USEC_PER_SEC)
#define MAX_STEPS 5000

static const char *const kind_names[LS_SIM_N_STEP_KINDS] = {
  "act", "trouble", "refuse", "slow", "break-fetches", "end", "trap", "fail-disk", "full-disk",
  "jump", "sleep", "stall", "backup", "restore", "copy-cache", "role", "prune", "try-now", "probe",
  "quiet", "block", "cut-polls", "break-polls", "attention", "by-hand",
  "operator", "rot", "check", "rush", "scope", "order",
};

/* The kinds that any plan may have; the others come with what they are about. */
#define N_COMMON_KINDS (LS_SIM_STEP_QUIET + 1)

/* How often each kind comes where it comes at all, against acts with 40. */
static const unsigned weights[N_COMMON_KINDS] = {
  40, 10, 3, 2, 3, 6, 6, 3, 2, 2, 2, 4, 2, 3, 2, 3, 2, 2, 6, 1,
};

/* Everybody is an owner. */
#define ALL_OWNERS UINT_MAX

static LsSimPlan *
plan_new (uint64_t seed)
{
  LsSimPlan *self = g_new0 (LsSimPlan, 1);

  self->seed = seed;
  self->n_clients = 2;
  self->digest_interval = 5 * SECOND;
  self->buffer = 4 * 1024 * 1024;
  self->ring = 16 * 1024 * 1024;
  self->edit_rate = 50;
  self->window = LS_MUTATION_WINDOW;
  self->readers = 2;
  self->roles = ALL_OWNERS;
  self->nodes = 1;
  self->steps = g_array_new (FALSE, FALSE, sizeof (LsSimStep));
  return self;
}

/**
 * ls_sim_plan_free:
 * @self: (transfer full): a plan
 *
 * Frees it.
 */
void
ls_sim_plan_free (LsSimPlan *self)
{
  g_array_unref (self->steps);
  g_free (self);
}

LsSimPlan *
ls_sim_plan_copy (const LsSimPlan *self)
{
  LsSimPlan *copy = g_memdup2 (self, sizeof *self);

  copy->steps = g_array_copy (self->steps);
  return copy;
}

/* --- From a seed ----------------------------------------------------------------------------- */

static void
fill_step (LsSimStep *step,
           LsSimDice *dice,
           unsigned   n_clients)
{
  bool server = ls_sim_dice_hits (dice, 1, 3);

  step->who = (int) ls_sim_dice_below (dice, n_clients);
  step->seed = ls_sim_dice_roll (dice) >> 1;
  switch ((unsigned) step->kind)
    {
    case LS_SIM_STEP_ACT:
      step->a = ls_sim_dice_below (dice, LS_SIM_N_ACTS);
      if (ls_sim_dice_hits (dice, 1, 3))
        step->a = LS_SIM_ACT_SET;
      break;
    case LS_SIM_STEP_TROUBLE:
      step->a = ls_sim_dice_below (dice, LS_SIM_N_TROUBLES);
      break;
    case LS_SIM_STEP_REFUSE:
      step->a = ls_sim_dice_spread (dice, SECOND, 20 * SECOND);
      break;
    case LS_SIM_STEP_SLOW:
      step->a = ls_sim_dice_spread (dice, 1, 20);
      break;
    case LS_SIM_STEP_BREAK_FETCHES:
      step->a = 1 + ls_sim_dice_below (dice, 3);
      break;
    case LS_SIM_STEP_END:
      step->who = server ? LS_SIM_SERVER : step->who;
      step->a = ls_sim_dice_below (dice, 2);
      step->b = ls_sim_dice_spread (dice, 1000, 10 * SECOND);
      break;
    case LS_SIM_STEP_TRAP:
      step->who = server ? LS_SIM_SERVER : step->who;
      step->a = ls_sim_dice_below (dice, 2);
      step->b = ls_sim_dice_spread (dice, 1, 100);
      break;
    case LS_SIM_STEP_FAIL_DISK:
      step->who = server ? LS_SIM_SERVER : step->who;
      step->a = ls_sim_dice_below (dice, LS_SIM_DISK_N_OPS);
      step->b = ls_sim_dice_spread (dice, 1, 20);
      break;
    case LS_SIM_STEP_FULL_DISK:
      step->who = server ? LS_SIM_SERVER : step->who;
      step->a = ls_sim_dice_spread (dice, 1, 20000);
      step->b = ls_sim_dice_spread (dice, SECOND, 10 * SECOND);
      break;
    case LS_SIM_STEP_JUMP:
      step->who = server ? LS_SIM_SERVER : step->who;
      step->a = ls_sim_dice_spread (dice, SECOND, 3 * 86400 * SECOND);
      if (ls_sim_dice_hits (dice, 1, 2))
        step->a = -step->a;
      break;
    case LS_SIM_STEP_SLEEP:
      step->a = ls_sim_dice_spread (dice, SECOND, 100 * SECOND);
      break;
    case LS_SIM_STEP_STALL:
      step->who = server ? LS_SIM_SERVER : step->who;
      step->a = ls_sim_dice_spread (dice, 1000, 3 * SECOND);
      step->b = ls_sim_dice_below (dice, 4);
      break;
    case LS_SIM_STEP_RESTORE:
      step->a = ls_sim_dice_below (dice, 2);
      break;
    case LS_SIM_STEP_ROLE:
      step->a = ls_sim_dice_below (dice, LS_ROLE_OWNER + 1);
      break;
    case LS_SIM_STEP_PRUNE:
      step->a = ls_sim_dice_below (dice, 10);
      break;
    case LS_SIM_STEP_BACKUP:
    case LS_SIM_STEP_COPY_CACHE:
    case LS_SIM_STEP_TRY_NOW:
    case LS_SIM_STEP_PROBE:
    case LS_SIM_STEP_QUIET:
    default:
      break;
    }
}

static LsSimStepKind
pick_kind (LsSimDice      *dice,
           const unsigned *chances)
{
  unsigned total = 0, roll;
  int kind = 0;

  for (int i = 0; i < N_COMMON_KINDS; i++)
    total += chances[i];
  roll = ls_sim_dice_below (dice, total);
  while (roll >= chances[kind])
    roll -= chances[kind++];
  return (LsSimStepKind) kind;
}

/**
 * ls_sim_plan_new_from_seed:
 * @seed: any number
 *
 * Returns: (transfer full): what that seed stands for
 */
LsSimPlan *
ls_sim_plan_new_from_seed (uint64_t seed)
{
  LsSimPlan *self = plan_new (seed);
  LsSimDice dice = ls_sim_dice (seed, 4);
  unsigned chances[N_COMMON_KINDS];
  unsigned n_steps = 10 + ls_sim_dice_below (&dice, 50);
  int64_t pause = ls_sim_dice_spread (&dice, 20 * 1000, 2 * SECOND);
  int64_t at = ls_sim_dice_spread (&dice, 1, 2 * SECOND);

  self->n_clients = 1 + ls_sim_dice_below (&dice, 3);
  self->digest_interval = (1 + ls_sim_dice_below (&dice, 10)) * SECOND;
  self->readers = 1 + ls_sim_dice_below (&dice, 3);
  if (ls_sim_dice_hits (&dice, 1, 4))
    self->buffer = 2000 + ls_sim_dice_below (&dice, 20000);
  if (ls_sim_dice_hits (&dice, 1, 3))
    self->ring = ls_sim_dice_below (&dice, 4000);
  if (ls_sim_dice_hits (&dice, 1, 6))
    self->edit_rate = 2;
  for (int i = 0; i < N_COMMON_KINDS; i++)
    chances[i] = i == LS_SIM_STEP_ACT || i == LS_SIM_STEP_PROBE || ls_sim_dice_hits (&dice, 2, 5)
                     ? weights[i]
                     : 0;
  for (unsigned i = 0; i < n_steps; i++)
    {
      LsSimStep step = { .at = at, .kind = pick_kind (&dice, chances) };

      fill_step (&step, &dice, self->n_clients);
      g_array_append_val (self->steps, step);
      at += ls_sim_dice_spread (&dice, pause / 16 + 1, 4 * pause);
    }
  ls_sim_plan_widen (self, seed);
  return self;
}

/* --- As text --------------------------------------------------------------------------------- */

/**
 * ls_sim_plan_write:
 * @self: a plan
 *
 * Returns: (transfer full): it as text, to be run again
 */
char *
ls_sim_plan_write (const LsSimPlan *self)
{
  GString *text = g_string_new ("# at kind who a b seed\n");

  g_string_append_printf (text,
                          "plan %" G_GUINT64_FORMAT " clients %u digests %" G_GINT64_FORMAT
                          " buffer %" G_GINT64_FORMAT " ring %" G_GINT64_FORMAT
                          " rate %" G_GINT64_FORMAT
                          " readers %u roles %u polls %u checks %u views %u nodes %u window %u"
                          " work %u scopes %u\n",
                          self->seed, self->n_clients, self->digest_interval, self->buffer,
                          self->ring, self->edit_rate, self->readers, self->roles, self->polls,
                          self->checks, self->views, self->nodes, self->window,
                          self->work, self->scopes);
  for (unsigned i = 0; i < self->steps->len; i++)
    {
      const LsSimStep *step = &g_array_index (self->steps, LsSimStep, i);

      g_string_append_printf (text,
                              "%" G_GINT64_FORMAT " %s %d %" G_GINT64_FORMAT " %" G_GINT64_FORMAT
                              " %" G_GUINT64_FORMAT "\n",
                              step->at, kind_names[step->kind], step->who, step->a, step->b,
                              step->seed);
    }
  return g_string_free (text, FALSE);
}

/* The line before the steps. An older one ends earlier, and lacks something in the middle. */
static bool
parse_head (LsSimPlan  *self,
            const char *line)
{
  const char *scopes = strstr (line, " scopes ");

  if (scopes != NULL)
    sscanf (scopes, " scopes %u", &self->scopes);
  return sscanf (line,
                 "plan %" G_GUINT64_FORMAT " clients %u digests %" G_GINT64_FORMAT
                 " buffer %" G_GINT64_FORMAT " ring %" G_GINT64_FORMAT " rate %" G_GINT64_FORMAT
                 " readers %u roles %u polls %u checks %u views %u nodes %u window %u work %u",
                 &self->seed, &self->n_clients, &self->digest_interval, &self->buffer, &self->ring,
                 &self->edit_rate, &self->readers, &self->roles, &self->polls,
                 &self->checks, &self->views, &self->nodes,
                 &self->window, &self->work) >= 7;
}

static bool
parse_step (LsSimPlan  *self,
            const char *line)
{
  LsSimStep step = { 0 };
  char name[32];

  if (sscanf (line,
              "%" G_GINT64_FORMAT " %31s %d %" G_GINT64_FORMAT " %" G_GINT64_FORMAT
              " %" G_GUINT64_FORMAT,
              &step.at, name, &step.who, &step.a, &step.b, &step.seed) != 6 ||
      step.who >= (int) self->n_clients || step.who < LS_SIM_SERVER ||
      self->steps->len >= MAX_STEPS)
    return false;
  for (int i = 0; i < LS_SIM_N_STEP_KINDS; i++)
    if (g_str_equal (kind_names[i], name))
      {
        step.kind = (LsSimStepKind) i;
        g_array_append_val (self->steps, step);
        return true;
      }
  return false;
}

/**
 * ls_sim_plan_parse:
 * @text: what ls_sim_plan_write() made
 * @error: where to put which line is wrong
 *
 * Returns: (transfer full) (nullable): the plan
 */
LsSimPlan *
ls_sim_plan_parse (const char *text,
                   GError    **error)
{
  g_autoptr (LsSimPlan) self = plan_new (0);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (unsigned i = 0; lines[i] != NULL; i++)
    {
      const char *line = lines[i];

      if (line[0] == '\0' || line[0] == '#' || parse_head (self, line) || parse_step (self, line))
        continue;
      g_set_error (error, LS_ERROR, LS_ERROR_VALIDATION, "line %u: not a step: %s", i + 1, line);
      return NULL;
    }
  return g_steal_pointer (&self);
}
