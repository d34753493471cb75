/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-finding"

#include "config.h"

#include "client/ls-finding.h"

#include "core/ls-schema.h"

G_DEFINE_BOXED_TYPE (LsFinding, ls_finding, ls_finding_ref, ls_finding_unref)

/**
 * ls_finding_new:
 *
 * Returns: (transfer full): a finding for its maker to fill
 */
LsFinding *
ls_finding_new (void)
{
  LsFinding *finding = g_new0 (LsFinding, 1);

  g_atomic_ref_count_init (&finding->ref_count);
  return finding;
}

/**
 * ls_finding_ref:
 * @finding: a finding
 *
 * Returns: (transfer full): @finding
 */
LsFinding *
ls_finding_ref (LsFinding *finding)
{
  g_atomic_ref_count_inc (&finding->ref_count);
  return finding;
}

/**
 * ls_finding_unref:
 * @finding: (transfer full): a finding
 *
 * Drops a reference.
 */
void
ls_finding_unref (LsFinding *finding)
{
  if (!g_atomic_ref_count_dec (&finding->ref_count))
    return;
  g_free (finding->shop);
  g_free (finding->key);
  g_free (finding->message);
  g_clear_pointer (&finding->buckets, g_array_unref);
  g_free (finding);
}

/**
 * ls_finding_get_id:
 * @finding: a finding
 *
 * Returns: (transfer full): what it is about, the same when it is found again
 */
char *
ls_finding_get_id (const LsFinding *finding)
{
  return g_strjoin ("\n", finding->rule, finding->shop, finding->collection->name,
                    finding->key != NULL ? finding->key : "",
                    finding->field != NULL ? finding->field : "", NULL);
}
