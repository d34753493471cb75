/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-change"

#include "config.h"

#include "core/ls-change.h"

static bool
invert_edit (LsChange          *inverse,
             LsChangeOp         op,
             const LsFieldEdit *edit)
{
  int64_t summand = ls_value_get_integer (&edit->set, 0);

  switch (op)
    {
    case LS_CHANGE_PUT:
      ls_change_take_was (inverse, edit->field, ls_value_copy (&edit->set));
      return !edit->has_was;
    case LS_CHANGE_DEL:
      if (edit->was.kind != LS_VALUE_NULL)
        ls_change_take_set (inverse, edit->field, ls_value_copy (&edit->was));
      return true;
    case LS_CHANGE_ADD:
      if (summand == INT64_MIN)
        return false;
      ls_change_take_set (inverse, edit->field, ls_value_integer (-summand));
      return true;
    case LS_CHANGE_SET:
    default:
      ls_change_take_set (inverse, edit->field, ls_value_copy (&edit->was));
      ls_change_take_was (inverse, edit->field, ls_value_copy (&edit->set));
      return edit->has_was;
    }
}

/**
 * ls_change_new_inverse:
 * @change: a change with the values that stood there before it (`was`)
 *
 * Makes the change that undoes @change: set and was exchanged, a sum taken off again, a new row
 * deleted, a deleted one made again. It conflicts where somebody changed the row since.
 *
 * Returns: (transfer full) (nullable): the undo, or %NULL where what stood there is not known
 */
LsChange *
ls_change_new_inverse (const LsChange *change)
{
  static const LsChangeOp inverse_ops[] = {
    [LS_CHANGE_PUT] = LS_CHANGE_DEL,
    [LS_CHANGE_SET] = LS_CHANGE_SET,
    [LS_CHANGE_ADD] = LS_CHANGE_ADD,
    [LS_CHANGE_DEL] = LS_CHANGE_PUT,
  };
  g_autoptr (LsChange) inverse =
      ls_change_new (inverse_ops[change->op], change->collection, change->key);

  for (unsigned i = 0; i < change->edits->len; i++)
    if (!invert_edit (inverse, change->op, &g_array_index (change->edits, LsFieldEdit, i)))
      return NULL;
  return g_steal_pointer (&inverse);
}

/**
 * ls_changes_new_inverse:
 * @changes: (element-type LsChange): what was done, in order, with the values that stood there
 *
 * Returns: (transfer full) (element-type LsChange) (nullable): what undoes it, in order; %NULL
 *   where that is not known
 */
GPtrArray *
ls_changes_new_inverse (GPtrArray *changes)
{
  g_autoptr (GPtrArray) inverse = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);

  for (unsigned i = changes->len; i > 0; i--)
    {
      LsChange *undo = ls_change_new_inverse (g_ptr_array_index (changes, i - 1));

      if (undo == NULL)
        return NULL;
      g_ptr_array_add (inverse, undo);
    }
  return g_steal_pointer (&inverse);
}
