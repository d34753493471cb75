/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "core/ls-fault.h"
#include "ls-sim-run.h"

/* What the simulation is worth: with each of these faults planted it must find something wrong
 * within 200 seeds, the very seeds that find nothing without. */

#define MAX_SEEDS 200
/* The rules of the protocol; "requests" and the digits after it are those of docs/protocol.md. */
#define N_RULES 20

/* Where the search begins: seeds that are known to find each soonest would hide that others do not. */
#define FIRST_SEED 1

static void
drop_log (const char     *domain,
          GLogLevelFlags  level,
          const char     *message,
          gpointer        user_data)
{
  if (level & (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_ERROR))
    g_log_default_handler (domain, level, message, user_data);
}

static void
test_fault (gconstpointer data)
{
  LsFault fault = (LsFault) GPOINTER_TO_UINT (data);
  bool found = false;

  ls_fault_plant (fault);
  for (uint64_t seed = FIRST_SEED; seed < FIRST_SEED + MAX_SEEDS && !found; seed++)
    {
      g_autoptr (LsSimPlan) plan = ls_sim_plan_new_from_seed (seed);
      LsSimOutcome outcome;

      ls_sim_run (plan, NULL, &outcome);
      found = outcome.violation != NULL;
      if (found)
        g_test_message ("%s: seed %" G_GUINT64_FORMAT ": %s", ls_fault_get_rule (fault), seed,
                        outcome.violation);
      ls_sim_outcome_clear (&outcome);
    }
  ls_fault_plant (LS_FAULT_NONE);
  g_assert_true (found);
}

/* Each rule of the protocol has at least one. */
static void
test_rules (void)
{
  for (unsigned rule = 1; rule <= N_RULES; rule++)
    {
      unsigned n = 0;

      for (unsigned fault = LS_FAULT_NONE + 1; fault < LS_N_FAULTS; fault++)
        n += g_ascii_strtoull (ls_fault_get_rule ((LsFault) fault), NULL, 10) == rule;
      g_test_message ("rule %u: %u faults", rule, n);
      g_assert_cmpuint (n, >, 0);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_ERROR);
  g_log_set_default_handler (drop_log, NULL);
  g_test_add_func ("/simulation-faults/rules", test_rules);
  for (unsigned fault = LS_FAULT_NONE + 1; fault < LS_N_FAULTS; fault++)
    {
      g_autofree char *path =
          g_strconcat ("/simulation-faults/", ls_fault_get_name ((LsFault) fault), NULL);

      g_test_add_data_func (path, GUINT_TO_POINTER (fault), test_fault);
    }
  return g_test_run ();
}
