/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-rules"

#include "config.h"

#include "server/ls-references.h"

/*
 * A required reference points to a row that is there, at the end of each mutation: what the
 * mutation itself makes counts, what it deletes does not. So a row goes only together with the rows
 * that could not be without it. An optional reference may point to what came not yet, or is gone:
 * an order outlives its customer.
 */

static bool
is_required_reference (const LsField *field)
{
  return field->type == LS_TYPE_KEY && field->reference != NULL &&
         (field->flags & LS_FIELD_REQUIRED) != 0;
}

static bool
check_targets (LsDraft    *draft,
               LsDraftRow  row,
               LsRefusal  *refusal)
{
  const LsCollection *collection = ls_record_get_collection (row.after);

  for (unsigned i = 0; i < collection->n_fields; i++)
    {
      const LsField *field = &collection->fields[i];
      const char *key = ls_record_get_text (row.after, i);

      if (!is_required_reference (field) || key == NULL ||
          (row.before != NULL &&
           ls_value_equal (ls_record_get (row.before, i), ls_record_get (row.after, i))))
        continue;
      if (ls_draft_get (draft, ls_schema_find_collection (field->reference), key) == NULL)
        return ls_refusal_set (refusal, collection, ls_record_get_key (row.after), (int) i,
                               LS_REASON_NO_TARGET, ls_schema_find_collection (field->reference),
                               key);
    }
  return true;
}

static bool
check_referrers (LsDraft        *draft,
                 const LsRecord *gone,
                 LsRefusal      *refusal)
{
  const LsCollection *target = ls_record_get_collection (gone);
  g_auto (LsValue) key = ls_value_text (ls_record_get_key (gone));

  for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
    {
      const LsCollection *collection = ls_schema_collection ((LsCollectionId) id);

      if (collection->flags & LS_COLLECTION_DERIVED)
        continue;
      for (unsigned i = 0; i < collection->n_fields; i++)
        {
          g_autoptr (GPtrArray) rows = NULL;

          if (!is_required_reference (&collection->fields[i]) ||
              !g_str_equal (collection->fields[i].reference, target->name))
            continue;
          rows = ls_draft_list (draft, collection, i, &key);
          if (rows->len > 0)
            return ls_refusal_set (refusal, target, key.text, -1, LS_REASON_STILL_USED,
                                   (int64_t) rows->len, collection,
                                   ls_record_get_key (rows->pdata[0]));
        }
    }
  return true;
}

/**
 * ls_references_check:
 * @draft: a draft with what people or sources changed
 * @refusal: where to put which reference leads nowhere
 *
 * Checks the references of all rows that changed, and to all that went.
 *
 * Returns: whether all required ones lead to a row
 */
bool
ls_references_check (LsDraft   *draft,
                     LsRefusal *refusal)
{
  unsigned n_rows = ls_draft_get_n_rows (draft);

  for (unsigned i = 0; i < n_rows; i++)
    {
      LsDraftRow row = ls_draft_get_row (draft, i);

      if (row.before == row.after)
        continue;
      if (row.after != NULL && !check_targets (draft, row, refusal))
        return false;
      if (row.after == NULL && !check_referrers (draft, row.before, refusal))
        return false;
    }
  return true;
}
