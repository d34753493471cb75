/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-committer"

#include "config.h"

#include "server/ls-committer.h"

/**
 * ls_mutation_new:
 * @shop: the shop it is for
 *
 * Makes an empty mutation; the caller fills its members.
 *
 * Returns: (transfer full): the mutation
 */
LsMutation *
ls_mutation_new (const char *shop)
{
  LsMutation *mutation = g_new0 (LsMutation, 1);

  g_atomic_ref_count_init (&mutation->ref_count);
  mutation->shop = g_strdup (shop);
  return mutation;
}

/**
 * ls_mutation_ref:
 * @mutation: a mutation
 *
 * Returns: (transfer full): @mutation
 */
LsMutation *
ls_mutation_ref (LsMutation *mutation)
{
  g_atomic_ref_count_inc (&mutation->ref_count);
  return mutation;
}

/**
 * ls_mutation_unref:
 * @mutation: (transfer full): a mutation
 *
 * Drops a reference.
 */
void
ls_mutation_unref (LsMutation *mutation)
{
  if (!g_atomic_ref_count_dec (&mutation->ref_count))
    return;
  g_free (mutation->shop);
  g_free (mutation->client);
  g_free (mutation->actor);
  g_free (mutation->mid);
  g_free (mutation->job);
  g_clear_pointer (&mutation->changes, g_ptr_array_unref);
  g_clear_error (&mutation->body_error);
  g_free (mutation);
}
