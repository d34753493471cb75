/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-derive"

#include "config.h"

#include "server/ls-derive-check.h"

/* What a check found: in words, and as what repairs it. */

/* Findings that are kept with their words; all are counted. */
#define MAX_FINDINGS 1000

/* Repairs in one mutation: with its activity they stay below what a version may hold. */
#define REPAIRS_PER_MUTATION 50

static void
finding_free (gpointer data)
{
  LsFinding *finding = data;

  g_free (finding->key);
  ls_value_clear (&finding->stored);
  ls_value_clear (&finding->computed);
  g_free (finding);
}

/**
 * ls_derive_report_new:
 * @shop: which shop
 *
 * Returns: (transfer full): a report of nothing
 */
LsDeriveReport *
ls_derive_report_new (const char *shop)
{
  LsDeriveReport *report = g_new0 (LsDeriveReport, 1);

  report->shop = g_strdup (shop);
  report->findings = g_ptr_array_new_with_free_func (finding_free);
  report->repairs = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
  return report;
}

/**
 * ls_derive_report_add:
 * @report: a report
 * @kind: what was found
 * @collection: (nullable): where
 * @key: (nullable): as #LsFinding has it
 * @field: index of the field, or -1
 * @stored: (nullable): what stands there
 * @computed: (nullable): what should
 *
 * Counts a finding, and keeps it if it is one of the first thousand.
 */
void
ls_derive_report_add (LsDeriveReport     *report,
                      LsFindingKind       kind,
                      const LsCollection *collection,
                      const char         *key,
                      int                 field,
                      const LsValue      *stored,
                      const LsValue      *computed)
{
  LsFinding *finding;

  report->n_findings++;
  if (report->findings->len >= MAX_FINDINGS)
    return;
  finding = g_new0 (LsFinding, 1);
  finding->kind = kind;
  finding->collection = collection;
  finding->key = g_strdup (key);
  finding->field = field;
  if (stored != NULL)
    finding->stored = ls_value_copy (stored);
  if (computed != NULL)
    finding->computed = ls_value_copy (computed);
  g_ptr_array_add (report->findings, finding);
}

/**
 * ls_derive_report_add_extra:
 * @report: a report
 * @stored: a row that nothing calls for
 *
 * Adds it as a finding, and its removal as the repair.
 */
void
ls_derive_report_add_extra (LsDeriveReport *report,
                            const LsRecord *stored)
{
  ls_derive_report_add (report, LS_FINDING_EXTRA, ls_record_get_collection (stored),
                        ls_record_get_key (stored), -1, NULL, NULL);
  g_ptr_array_add (report->repairs, ls_change_new_between (stored, NULL));
}

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

  mutation->actor = g_strdup (LS_REPAIR_ACTOR);
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
