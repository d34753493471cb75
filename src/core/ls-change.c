/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-change"

#include "config.h"

#include "core/ls-change.h"

#include <string.h>

#include <xxhash.h>

#include "core/ls-reason.h"

G_DEFINE_BOXED_TYPE (LsChange, ls_change, ls_change_ref, ls_change_unref)

static void
field_edit_clear (gpointer data)
{
  LsFieldEdit *edit = data;

  ls_value_clear (&edit->set);
  ls_value_clear (&edit->was);
}

/**
 * ls_change_new:
 * @op: what happens
 * @collection: to a row of which collection
 * @key: to which row
 *
 * Returns: (transfer full): a change without fields
 */
LsChange *
ls_change_new (LsChangeOp          op,
               const LsCollection *collection,
               const char         *key)
{
  LsChange *change;

  g_return_val_if_fail (collection != NULL && key != NULL, NULL);

  change = g_new0 (LsChange, 1);
  g_atomic_ref_count_init (&change->ref_count);
  change->op = op;
  change->collection = collection;
  change->key = g_ref_string_new (key);
  change->edits = g_array_new (FALSE, TRUE, sizeof (LsFieldEdit));
  g_array_set_clear_func (change->edits, field_edit_clear);
  return change;
}

/**
 * ls_change_new_put:
 * @record: a row
 *
 * Returns: (transfer full): the change that makes exactly @record; NULL fields are left out
 */
LsChange *
ls_change_new_put (const LsRecord *record)
{
  const LsCollection *collection = ls_record_get_collection (record);
  LsChange *change = ls_change_new (LS_CHANGE_PUT, collection, ls_record_get_key (record));

  for (unsigned i = 0; i < collection->n_fields; i++)
    if (ls_record_get (record, i)->kind != LS_VALUE_NULL)
      ls_change_take_set (change, i, ls_value_copy (ls_record_get (record, i)));
  return change;
}

/**
 * ls_change_new_between:
 * @before: (nullable): a row as it was, or %NULL when there was none
 * @after: (nullable): the same row as it is, or %NULL when there is none
 *
 * Describes what happened to a row, with the old value of every field that changed or went: enough
 * to apply and to undo it.
 *
 * Returns: (transfer full) (nullable): the change, or %NULL when nothing happened
 */
LsChange *
ls_change_new_between (const LsRecord *before,
                       const LsRecord *after)
{
  const LsRecord *either = after != NULL ? after : before;
  const LsCollection *collection;
  LsChange *change;
  uint64_t mask;

  if (either == NULL)
    return NULL;
  if (before == NULL)
    return ls_change_new_put (after);
  collection = ls_record_get_collection (either);
  if (after == NULL)
    {
      change = ls_change_new (LS_CHANGE_DEL, collection, ls_record_get_key (either));
      for (unsigned i = 0; i < collection->n_fields; i++)
        if (ls_record_get (before, i)->kind != LS_VALUE_NULL)
          ls_change_take_was (change, i, ls_value_copy (ls_record_get (before, i)));
      return change;
    }
  mask = ls_record_diff (before, after);
  if (mask == 0)
    return NULL;
  change = ls_change_new (LS_CHANGE_SET, collection, ls_record_get_key (either));
  for (unsigned i = 0; i < collection->n_fields; i++)
    if (mask & (UINT64_C (1) << i))
      {
        ls_change_take_set (change, i, ls_value_copy (ls_record_get (after, i)));
        ls_change_take_was (change, i, ls_value_copy (ls_record_get (before, i)));
      }
  return change;
}

/**
 * ls_change_ref:
 * @change: a change
 *
 * Returns: (transfer full): @change
 */
LsChange *
ls_change_ref (LsChange *change)
{
  g_atomic_ref_count_inc (&change->ref_count);
  return change;
}

/**
 * ls_change_unref:
 * @change: (transfer full): a change
 *
 * Drops a reference.
 */
void
ls_change_unref (LsChange *change)
{
  if (!g_atomic_ref_count_dec (&change->ref_count))
    return;
  g_ref_string_release (change->key);
  g_array_unref (change->edits);
  g_free (change);
}

static LsFieldEdit *
edit_for (LsChange *change,
          unsigned  field)
{
  LsFieldEdit fresh = { .field = field };
  unsigned i;

  for (i = 0; i < change->edits->len; i++)
    {
      LsFieldEdit *edit = &g_array_index (change->edits, LsFieldEdit, i);

      if (edit->field == field)
        return edit;
      if (edit->field > field)
        break;
    }
  g_array_insert_val (change->edits, i, fresh);
  return &g_array_index (change->edits, LsFieldEdit, i);
}

/**
 * ls_change_take_set:
 * @change: a change that nobody else holds
 * @field: index of a field
 * @value: (transfer full): its new value, or the summand
 *
 * Says what a field becomes. A later call for the same field wins. O(fields).
 */
void
ls_change_take_set (LsChange *change,
                    unsigned  field,
                    LsValue   value)
{
  LsFieldEdit *edit;

  g_return_if_fail (field < change->collection->n_fields);

  edit = edit_for (change, field);
  ls_value_clear (&edit->set);
  edit->set = value;
  edit->has_set = true;
}

/**
 * ls_change_take_was:
 * @change: a change that nobody else holds
 * @field: index of a field
 * @value: (transfer full): the value seen there
 *
 * Says what stood in a field before. O(fields).
 */
void
ls_change_take_was (LsChange *change,
                    unsigned  field,
                    LsValue   value)
{
  LsFieldEdit *edit;

  g_return_if_fail (field < change->collection->n_fields);

  edit = edit_for (change, field);
  ls_value_clear (&edit->was);
  edit->was = value;
  edit->has_was = true;
}

/**
 * ls_change_find:
 * @change: a change
 * @field: index of a field
 *
 * Returns: (transfer none) (nullable): what @change does to @field, or %NULL when nothing
 */
const LsFieldEdit *
ls_change_find (const LsChange *change,
                unsigned        field)
{
  for (unsigned i = 0; i < change->edits->len; i++)
    {
      const LsFieldEdit *edit = &g_array_index (change->edits, LsFieldEdit, i);

      if (edit->field == field)
        return edit;
    }
  return NULL;
}

/**
 * ls_change_get_mask:
 * @change: a change
 *
 * Returns: a mask of the fields that @change names
 */
uint64_t
ls_change_get_mask (const LsChange *change)
{
  uint64_t mask = 0;

  for (unsigned i = 0; i < change->edits->len; i++)
    mask |= UINT64_C (1) << g_array_index (change->edits, LsFieldEdit, i).field;
  return mask;
}

static bool
apply_add (LsRecord          *after,
           const LsFieldEdit *edit,
           GError           **error)
{
  const LsField *field = &ls_record_get_collection (after)->fields[edit->field];
  int64_t current = ls_record_get_integer (after, edit->field, 0);
  LsValue sum = ls_value_integer (0);

  if (__builtin_add_overflow (current, ls_value_get_integer (&edit->set, 0), &sum.integer) ||
      !ls_field_check_value (field, &sum, NULL))
    {
      ls_reason_set_error (error, LS_REASON_SUM_RANGE, ls_record_get_collection (after), edit->field,
                           ls_value_get_integer (&edit->set, 0));
      return false;
    }
  ls_record_take (after, edit->field, sum);
  return true;
}

/**
 * ls_change_apply:
 * @change: a change
 * @before: (nullable): the row as it is, or %NULL when there is none
 * @flags: how a PUT is taken
 * @error: where to put why it can't be applied: %LS_ERROR_CONFLICT when the row is missing,
 *   %LS_ERROR_VALIDATION when a sum leaves its bounds
 *
 * Computes the row after @change. `was` is not looked at: that is the committer's affair. A DEL
 * gives %NULL without an error.
 *
 * Returns: (transfer full) (nullable): the row after, or %NULL when it is gone or with @error set
 */
LsRecord *
ls_change_apply (const LsChange *change,
                 const LsRecord *before,
                 LsApplyFlags    flags,
                 GError        **error)
{
  g_autoptr (LsRecord) after = NULL;

  switch (change->op)
    {
    case LS_CHANGE_DEL:
      return NULL;
    case LS_CHANGE_PUT:
      after = ls_record_new (change->collection, change->key);
      if (before != NULL && (flags & LS_APPLY_KEEP_DERIVED))
        for (unsigned i = 0; i < change->collection->n_fields; i++)
          if (change->collection->fields[i].flags & LS_FIELD_DERIVED)
            ls_record_take (after, i, ls_value_copy (ls_record_get (before, i)));
      break;
    case LS_CHANGE_SET:
    case LS_CHANGE_ADD:
    default:
      if (before == NULL)
        {
          ls_reason_set_error (error, LS_REASON_GONE, change->collection, change->key);
          return NULL;
        }
      after = ls_record_copy (before);
    }
  for (unsigned i = 0; i < change->edits->len; i++)
    {
      const LsFieldEdit *edit = &g_array_index (change->edits, LsFieldEdit, i);

      if (!edit->has_set)
        continue;
      if (change->op != LS_CHANGE_ADD)
        ls_record_take (after, edit->field, ls_value_copy (&edit->set));
      else if (!apply_add (after, edit, error))
        return NULL;
    }
  return g_steal_pointer (&after);
}

static bool
validate_edit (const LsChange    *change,
               const LsFieldEdit *edit,
               GError           **error)
{
  const LsField *field = &change->collection->fields[edit->field];

  if (edit->has_was && edit->was.kind != LS_VALUE_NULL &&
      !ls_field_check_value (field, &edit->was, error))
    return false;
  if (change->op == LS_CHANGE_DEL || !edit->has_set)
    return true;
  if (field->flags & LS_FIELD_DERIVED)
    {
      ls_reason_set_error (error, LS_REASON_FIELD_DERIVED);
      return false;
    }
  if (change->op != LS_CHANGE_PUT && (field->flags & LS_FIELD_IMMUTABLE))
    {
      ls_reason_set_error (error, LS_REASON_FIELD_IMMUTABLE, change->collection, edit->field);
      return false;
    }
  if (change->op == LS_CHANGE_ADD)
    {
      if (edit->set.kind == LS_VALUE_INTEGER &&
          (field->type == LS_TYPE_INTEGER || field->type == LS_TYPE_MONEY))
        return true;
      ls_reason_set_error (error, LS_REASON_NOT_ADDABLE);
      return false;
    }
  return ls_field_check_value (field, &edit->set, error);
}

/**
 * ls_change_validate:
 * @change: a change that somebody asks for
 * @error: where to put the field that is wrong and why, %LS_ERROR_VALIDATION
 *
 * Checks what can be known without the row: key, types, bounds, derived and immutable fields,
 * required fields of a PUT. Rules of the shop (a price below zero) are the server's.
 *
 * Returns: whether @change may be tried
 */
bool
ls_change_validate (const LsChange *change,
                    GError        **error)
{
  const LsCollection *collection = change->collection;

  if (collection->flags & LS_COLLECTION_DERIVED)
    {
      ls_reason_set_error (error, LS_REASON_COLLECTION_DERIVED, collection);
      return false;
    }
  if (!ls_key_is_valid (change->key))
    {
      ls_reason_set_error (error, LS_REASON_KEY);
      g_prefix_error (error, "%s: ", collection->name);
      return false;
    }
  for (unsigned i = 0; i < change->edits->len; i++)
    {
      const LsFieldEdit *edit = &g_array_index (change->edits, LsFieldEdit, i);

      if (!validate_edit (change, edit, error))
        {
          g_prefix_error (error, "%s %s: %s: ", collection->name, change->key,
                          collection->fields[edit->field].name);
          return false;
        }
    }
  for (unsigned i = 0; change->op == LS_CHANGE_PUT && i < collection->n_fields; i++)
    {
      const LsField *field = &collection->fields[i];
      const LsFieldEdit *edit = ls_change_find (change, i);

      if ((field->flags & LS_FIELD_REQUIRED) && !(field->flags & LS_FIELD_DERIVED) &&
          (edit == NULL || !edit->has_set))
        {
          ls_reason_set_error (error, LS_REASON_REQUIRED);
          g_prefix_error (error, "%s %s: %s: ", collection->name, change->key, field->name);
          return false;
        }
    }
  return true;
}

/**
 * ls_change_equal:
 * @a: a change
 * @b: another
 *
 * Returns: whether both say the same
 */
bool
ls_change_equal (const LsChange *a,
                 const LsChange *b)
{
  if (a->op != b->op || a->collection != b->collection || !g_str_equal (a->key, b->key) ||
      a->edits->len != b->edits->len)
    return false;
  for (unsigned i = 0; i < a->edits->len; i++)
    {
      const LsFieldEdit *x = &g_array_index (a->edits, LsFieldEdit, i);
      const LsFieldEdit *y = &g_array_index (b->edits, LsFieldEdit, i);

      if (x->field != y->field || x->has_set != y->has_set || x->has_was != y->has_was ||
          !ls_value_equal (&x->set, &y->set) || !ls_value_equal (&x->was, &y->was))
        return false;
    }
  return true;
}

static void
append_uint32 (GByteArray *bytes,
               size_t      number)
{
  uint32_t little = GUINT32_TO_LE ((uint32_t) number);

  g_byte_array_append (bytes, (const uint8_t *) &little, sizeof little);
}

static void
append_text (GByteArray *bytes,
             const char *text)
{
  size_t length = strlen (text);

  append_uint32 (bytes, length);
  g_byte_array_append (bytes, (const uint8_t *) text, (unsigned) length);
}

static void
append_value (GByteArray    *bytes,
              bool           present,
              const LsValue *value)
{
  static const uint8_t tags[] = { 'n', 'i', 't' };
  static const uint8_t absent = '-';

  g_byte_array_append (bytes, present ? &tags[value->kind] : &absent, 1);
  if (!present)
    return;
  if (value->kind == LS_VALUE_INTEGER)
    {
      int64_t little = GINT64_TO_LE (value->integer);

      g_byte_array_append (bytes, (const uint8_t *) &little, sizeof little);
    }
  else if (value->kind == LS_VALUE_TEXT)
    append_text (bytes, value->text);
}

/**
 * ls_change_append_bytes:
 * @change: a change
 * @bytes: where to append
 *
 * Appends the canonical encoding of @change, the one that content hashes and the check of a
 * position are made of (docs/protocol.md): op as a byte, then collection, key, and field by field
 * name, set, was. Lengths are 32-bit little-endian.
 */
void
ls_change_append_bytes (const LsChange *change,
                        GByteArray     *bytes)
{
  static const uint8_t ops[] = { 'p', 's', 'a', 'd' };

  g_byte_array_append (bytes, &ops[change->op], 1);
  append_text (bytes, change->collection->name);
  append_text (bytes, change->key);
  append_uint32 (bytes, change->edits->len);
  for (unsigned i = 0; i < change->edits->len; i++)
    {
      const LsFieldEdit *edit = &g_array_index (change->edits, LsFieldEdit, i);

      append_text (bytes, change->collection->fields[edit->field].name);
      append_value (bytes, edit->has_set, &edit->set);
      append_value (bytes, edit->has_was, &edit->was);
    }
}

/**
 * ls_changes_hash:
 * @changes: (element-type LsChange): the changes of a mutation
 *
 * Returns: the content hash by which a repeated mutation is told from another one under the same
 * mid
 */
uint64_t
ls_changes_hash (GPtrArray *changes)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  for (unsigned i = 0; i < changes->len; i++)
    ls_change_append_bytes (g_ptr_array_index (changes, i), bytes);
  return XXH3_64bits (bytes->data, bytes->len);
}
