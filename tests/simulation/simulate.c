/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "core/ls-fault.h"
#include "ls-sim-run.h"

/* Runs seeds, or one plan out of a file, and tells what it found. */

#define MAX_SHRINK_RUNS 1000
#define PROGRESS 500

static int64_t n_seeds = 100;
static int64_t first_seed = 1;
static int64_t every = 1;
static char *schedule;
static char *fault_name;
static gboolean verbose;
static gboolean twice;
static gboolean shrink;
static gboolean print;

static char *with;

static const GOptionEntry entries[] = {
  { "seeds", 0, 0, G_OPTION_ARG_INT64, &n_seeds, "How many seeds", "N" },
  { "first", 0, 0, G_OPTION_ARG_INT64, &first_seed, "The first of them", "SEED" },
  { "every", 0, 0, G_OPTION_ARG_INT64, &every, "Only each N-th seed after the first", "N" },
  { "with", 0, 0, G_OPTION_ARG_STRING, &with, "Only plans that have a step of this kind", "KIND" },
  { "schedule", 0, 0, G_OPTION_ARG_FILENAME, &schedule, "A plan to run instead", "FILE" },
  { "twice", 0, 0, G_OPTION_ARG_NONE, &twice, "Run each seed twice and compare", NULL },
  { "fault", 0, 0, G_OPTION_ARG_STRING, &fault_name, "A fault to plant, see core/ls-fault.h", "NAME" },
  { "shrink", 0, 0, G_OPTION_ARG_NONE, &shrink, "Look for the shortest plan that fails", NULL },
  { "print", 0, 0, G_OPTION_ARG_NONE, &print, "Print each plan before it runs", NULL },
  { "verbose", 0, 0, G_OPTION_ARG_NONE, &verbose, "Tell everything that happens", NULL },
  { NULL },
};

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

static bool
run (const LsSimPlan *plan)
{
  LsSimOutcome outcome, again;
  bool good;

  if (print)
    {
      g_autofree char *text = ls_sim_plan_write (plan);

      g_print ("%s", text);
    }
  ls_sim_run (plan, verbose ? stdout : NULL, &outcome);
  if (outcome.violation != NULL)
    g_print ("seed %" G_GUINT64_FORMAT ": %s\n", plan->seed, outcome.violation);
  else if (verbose || schedule != NULL)
    g_print ("seed %" G_GUINT64_FORMAT ": well, %" G_GUINT64_FORMAT " jobs, %.1f s, %u applied, %u ends, trace %016" G_GINT64_MODIFIER "x\n",
             plan->seed, outcome.jobs, (double) outcome.time / G_USEC_PER_SEC, outcome.applied,
             outcome.ends, outcome.trace);
  good = outcome.violation == NULL;
  if (!good && shrink)
    {
      g_autoptr (LsSimPlan) shortest = ls_sim_shrink (plan, outcome.violation, MAX_SHRINK_RUNS);
      g_autofree char *text = ls_sim_plan_write (shortest);

      g_print ("%s", text);
    }
  if (twice)
    {
      ls_sim_run (plan, NULL, &again);
      if (again.trace != outcome.trace)
        {
          g_print ("seed %" G_GUINT64_FORMAT ": two runs differ\n", plan->seed);
          good = false;
        }
      ls_sim_outcome_clear (&again);
    }
  ls_sim_outcome_clear (&outcome);
  return good;
}

static bool
is_wanted (const LsSimPlan *plan)
{
  g_autofree char *text = with != NULL ? ls_sim_plan_write (plan) : NULL;
  g_autofree char *word = g_strdup_printf (" %s ", with != NULL ? with : "");
  /* Behind a line of comment and the head. */
  const char *steps = text != NULL ? strchr (strchr (text, '\n') + 1, '\n') : NULL;

  return text == NULL || strstr (steps, word) != NULL;
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  unsigned n_bad = 0, n_run = 0;

  setvbuf (stdout, NULL, _IOLBF, 0);
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("%s\n", error->message);
      return 2;
    }
  g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_ERROR);
  g_log_set_default_handler (drop_log, NULL);
  for (unsigned i = 0; fault_name != NULL && i < LS_N_FAULTS; i++)
    if (g_str_equal (ls_fault_get_name ((LsFault) i), fault_name))
      ls_fault_plant ((LsFault) i);
  if (schedule != NULL)
    {
      g_autofree char *text = NULL;
      g_autoptr (LsSimPlan) plan = NULL;

      if (!g_file_get_contents (schedule, &text, NULL, &error) ||
          (plan = ls_sim_plan_parse (text, &error)) == NULL)
        {
          g_printerr ("%s\n", error->message);
          return 2;
        }
      return run (plan) ? 0 : 1;
    }
  for (int64_t i = 0; i < n_seeds; i++)
    {
      g_autoptr (LsSimPlan) plan = ls_sim_plan_new_from_seed ((uint64_t) (first_seed + i * every));

      if (!is_wanted (plan))
        continue;
      n_run++;
      n_bad += !run (plan);
      if (n_run % PROGRESS == 0)
        g_print ("%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT ", %u bad\n", i + 1, n_seeds, n_bad);
    }
  g_print ("%" G_GINT64_FORMAT " seeds from %" G_GINT64_FORMAT ", %u bad\n", n_seeds, first_seed, n_bad);
  return n_bad > 0;
}
