/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-sim-run.h"

/* From a plan that fails to the shortest that still does: steps go, halves of them first, then
 * clients, then the time between steps. */

typedef struct {
  LsSimPlan *best;
  char *violation;
  unsigned runs_left;
} Shrink;

/* Two violations are the same when they say the same but for ids and numbers. */
static bool
is_same (const char *a,
         const char *b)
{
  while (*a != '\0' && *b != '\0')
    {
      if (g_ascii_isxdigit (*a) || *a == '-' || g_ascii_isxdigit (*b) || *b == '-')
        {
          while (g_ascii_isxdigit (*a) || *a == '-')
            a++;
          while (g_ascii_isxdigit (*b) || *b == '-')
            b++;
          continue;
        }
      if (*a++ != *b++)
        return false;
    }
  return *a == *b;
}

/* Takes @plan if it still fails. */
static bool
try_plan (Shrink    *shrink,
          LsSimPlan *plan)
{
  LsSimOutcome outcome;
  bool same;

  if (shrink->runs_left == 0)
    {
      ls_sim_plan_free (plan);
      return false;
    }
  shrink->runs_left--;
  ls_sim_run (plan, NULL, &outcome);
  same = outcome.violation != NULL && is_same (outcome.violation, shrink->violation);
  ls_sim_outcome_clear (&outcome);
  if (same)
    {
      ls_sim_plan_free (shrink->best);
      shrink->best = plan;
    }
  else
    ls_sim_plan_free (plan);
  return same;
}

static bool
remove_steps (Shrink *shrink)
{
  bool any = false;

  for (unsigned length = MAX (shrink->best->steps->len / 2, 1); length > 0; length /= 2)
    for (unsigned at = 0; at + length <= shrink->best->steps->len;)
      {
        LsSimPlan *shorter = ls_sim_plan_copy (shrink->best);

        g_array_remove_range (shorter->steps, at, length);
        if (try_plan (shrink, shorter))
          any = true;
        else
          at += length;
      }
  return any;
}

/* The last client goes, and what was about it. */
static bool
remove_client (Shrink *shrink)
{
  LsSimPlan *smaller = ls_sim_plan_copy (shrink->best);
  int last = (int) smaller->n_clients - 1;

  if (last < 1)
    {
      ls_sim_plan_free (smaller);
      return false;
    }
  smaller->n_clients--;
  for (unsigned i = smaller->steps->len; i > 0; i--)
    if (g_array_index (smaller->steps, LsSimStep, i - 1).who == last)
      g_array_remove_index (smaller->steps, i - 1);
  return try_plan (shrink, smaller);
}

static bool
take_defaults (Shrink *shrink)
{
  LsSimPlan *plain = ls_sim_plan_copy (shrink->best);

  plain->buffer = 4 * 1024 * 1024;
  plain->ring = 16 * 1024 * 1024;
  plain->edit_rate = 50;
  plain->readers = 2;
  plain->work = 0;
  return try_plan (shrink, plain);
}

/**
 * ls_sim_shrink:
 * @plan: a plan that fails
 * @violation: how
 * @max_runs: how often to try
 *
 * Looks for a shorter plan that fails in the same way.
 *
 * Returns: (transfer full): the shortest found
 */
LsSimPlan *
ls_sim_shrink (const LsSimPlan *plan,
               const char      *violation,
               unsigned         max_runs)
{
  Shrink shrink = { ls_sim_plan_copy (plan), g_strdup (violation), max_runs };
  bool going = true;

  take_defaults (&shrink);
  while (going && shrink.runs_left > 0)
    {
      going = remove_steps (&shrink);
      while (remove_client (&shrink))
        going = true;
    }
  g_free (shrink.violation);
  return shrink.best;
}
