/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-sim-run.h"

/* A few hundred short simulations, each twice: what is not repeatable can't be trusted. */

#define N_SEEDS 200
#define N_GROUPS 4
#define MAX_SHRINK_RUNS 300

/* Machines whose disks fail say so. */
static void
drop_log (const char     *domain,
          GLogLevelFlags  level,
          const char     *message,
          gpointer        user_data)
{
  if (level & (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_ERROR))
    g_log_default_handler (domain, level, message, user_data);
}

/* What is to be run again, as a file for `./dev simulate --schedule FILE`. */
static void
tell_plan (const LsSimPlan *plan,
           const char      *violation)
{
  g_autoptr (LsSimPlan) shortest = ls_sim_shrink (plan, violation, MAX_SHRINK_RUNS);
  g_autofree char *text = ls_sim_plan_write (shortest);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (unsigned i = 0; lines[i] != NULL; i++)
    g_test_message ("%s", lines[i]);
}

static void
run_twice (const LsSimPlan *plan)
{
  LsSimOutcome first, second;

  ls_sim_run (plan, NULL, &first);
  if (first.violation != NULL)
    {
      g_test_message ("seed %" G_GUINT64_FORMAT ": %s", plan->seed, first.violation);
      tell_plan (plan, first.violation);
    }
  g_assert_cmpstr (first.violation, ==, NULL);
  ls_sim_run (plan, NULL, &second);
  if (first.trace != second.trace)
    g_test_message ("seed %" G_GUINT64_FORMAT " took two courses", plan->seed);
  g_assert_cmpuint (first.trace, ==, second.trace);
  ls_sim_outcome_clear (&first);
  ls_sim_outcome_clear (&second);
}

static void
test_seeds (gconstpointer data)
{
  uint64_t first = GPOINTER_TO_UINT (data);

  for (uint64_t seed = first; seed < first + N_SEEDS / N_GROUPS; seed++)
    {
      g_autoptr (LsSimPlan) plan = ls_sim_plan_new_from_seed (seed);

      run_twice (plan);
    }
}

/* A plan survives being written down. */
static void
test_text (void)
{
  for (uint64_t seed = 1; seed <= 20; seed++)
    {
      g_autoptr (LsSimPlan) plan = ls_sim_plan_new_from_seed (seed);
      g_autofree char *text = ls_sim_plan_write (plan);
      g_autoptr (GError) error = NULL;
      g_autoptr (LsSimPlan) again = ls_sim_plan_parse (text, &error);
      g_autofree char *copy = NULL;

      g_assert_no_error (error);
      copy = ls_sim_plan_write (again);
      g_assert_cmpstr (text, ==, copy);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_ERROR);
  g_log_set_default_handler (drop_log, NULL);
  g_test_add_func ("/simulation/text", test_text);
  for (unsigned i = 0; i < N_GROUPS; i++)
    {
      unsigned first = 1 + i * N_SEEDS / N_GROUPS;
      g_autofree char *path = g_strdup_printf ("/simulation/seeds-from-%u", first);

      g_test_add_data_func (path, GUINT_TO_POINTER (first), test_seeds);
    }
  return g_test_run ();
}
