/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-fault"

#include "config.h"

#include "server/ls-fault-memory.h"

#ifdef LS_FAULT_INJECTION

#include "core/ls-fault.h"

/* The edits that a node decided: mids, and the last n of each client. */
static GHashTable *
remembered (LsEnvironment *environment)
{
  GHashTable *table = g_object_get_data (G_OBJECT (environment), "remembered-decisions");

  if (table != NULL)
    return table;
  table = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_object_set_data_full (G_OBJECT (environment), "remembered-decisions", table,
                          (GDestroyNotify) g_hash_table_unref);
  return table;
}

static void
remember (LsEnvironment *environment,
          const char    *what,
          int64_t        n)
{
  g_hash_table_replace (remembered (environment), g_strdup (what), g_memdup2 (&n, sizeof n));
}

void
ls_fault_remember (LsEnvironment    *environment,
                   const LsMutation *mutation)
{
  remember (environment, mutation->mid, mutation->n);
  if (mutation->client != NULL)
    remember (environment, mutation->client, mutation->n);
}

void
ls_fault_recall (LsEnvironment    *environment,
                 const LsMutation *mutation,
                 LsDecision      **known,
                 int64_t          *last_n)
{
  GHashTable *table = remembered (environment);
  const int64_t *n =
      mutation->client != NULL ? g_hash_table_lookup (table, mutation->client) : NULL;

  if (LS_FAULT (DECISIONS_REMEMBERED) && mutation->mid != NULL &&
      !g_hash_table_contains (table, mutation->mid))
    g_clear_pointer (known, ls_decision_free);
  if (LS_FAULT (COUNTS_REMEMBERED) && n != NULL)
    *last_n = *n;
}

#endif
