/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-derive"

#include "config.h"

#include "server/ls-derive-check.h"

/* What a check found: in words, and as what repairs it. */

/* Repairs in one mutation: with its activity they stay below what a version may hold. */
#define REPAIRS_PER_MUTATION 50

/**
 * ls_derive_repair_new:
 * @shop: which shop
 *
 * Makes a repair of nothing: after any repair the digests are made anew from the rows, so that is
 * what this one does.
 *
 * Returns: (transfer full): a mutation that changes may be added to
 */
LsMutation *
ls_derive_repair_new (const char *shop)
{
  LsMutation *mutation = ls_mutation_new (shop);

  mutation->actor = g_strdup ("check");
  mutation->role = LS_ROLE_OWNER;
  mutation->flags = LS_MUTATION_REPAIR;
  mutation->changes = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
  return mutation;
}

/**
 * ls_derive_report_make_mutations:
 * @report: a report
 *
 * Makes what repairs rows, derived values and digests, to be submitted to the committer one after the
 * other. They name what stands there now: what changed since the check is a conflict and stays.
 *
 * Returns: (transfer full) (element-type LsMutation): the repairs, none when all is right
 */
GPtrArray *
ls_derive_report_make_mutations (const LsDeriveReport *report)
{
  GPtrArray *mutations = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_mutation_unref);
  LsMutation *mutation = NULL;

  for (unsigned i = 0; i < report->repairs->len; i++)
    {
      if (i % REPAIRS_PER_MUTATION == 0)
        {
          mutation = ls_derive_repair_new (report->shop);
          g_ptr_array_add (mutations, mutation);
        }
      g_ptr_array_add (mutation->changes, ls_change_ref (g_ptr_array_index (report->repairs, i)));
    }
  if (report->renews && mutations->len == 0)
    g_ptr_array_add (mutations, ls_derive_repair_new (report->shop));
  return mutations;
}

/**
 * ls_derive_report_free:
 * @report: (transfer full): a report
 *
 * Frees it.
 */
void
ls_derive_report_free (LsDeriveReport *report)
{
  g_ptr_array_unref (report->findings);
  g_ptr_array_unref (report->repairs);
  g_free (report->shop);
  g_free (report);
}

static char *
value_to_text (const LsValue *value)
{
  switch (value->kind)
    {
    case LS_VALUE_INTEGER:
      return g_strdup_printf ("%" G_GINT64_FORMAT, value->integer);
    case LS_VALUE_TEXT:
      return g_strdup_printf ("“%s”", value->text);
    case LS_VALUE_NULL:
    default:
      return g_strdup ("nothing");
    }
}

/**
 * ls_finding_to_text:
 * @finding: a finding
 *
 * Returns: (transfer full): a line for a reader
 */
char *
ls_finding_to_text (const LsFinding *finding)
{
  g_autofree char *stored = value_to_text (&finding->stored);
  g_autofree char *computed = value_to_text (&finding->computed);

  switch (finding->kind)
    {
    case LS_FINDING_VALUE:
      return g_strdup_printf ("%s %s: %s: %s is stored, %s follows from the rows",
                              finding->collection->name, finding->key,
                              finding->collection->fields[finding->field].name, stored, computed);
    case LS_FINDING_LOGGED:
      return g_strdup_printf ("%s %s: %s: %s is stored, the log set %s",
                              finding->collection->name, finding->key,
                              finding->collection->fields[finding->field].name, stored, computed);
    case LS_FINDING_MISSING:
      return g_strdup_printf ("%s %s: the row is missing", finding->collection->name, finding->key);
    case LS_FINDING_EXTRA:
      return g_strdup_printf ("%s %s: nothing calls for this row", finding->collection->name,
                              finding->key);
    case LS_FINDING_DIGEST:
      return g_strdup_printf ("%s: the rows are not those that the log led to",
                              finding->collection->name);
    case LS_FINDING_LOG:
      return g_strdup_printf ("the log: version %s does not follow from the one before",
                              finding->key);
    default:
      g_assert_not_reached ();
    }
}
