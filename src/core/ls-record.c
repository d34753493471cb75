/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-record"

#include "config.h"

#include "core/ls-record.h"

#include "core/ls-reason.h"

/**
 * LsRecord:
 *
 * One row of a collection: a key and a value a field. A record is filled by its maker and immutable
 * from the moment a second reference exists; it may then be read by any thread. Memory: 32 bytes,
 * 16 a field, and its texts, which copies share.
 */
struct _LsRecord {
  gatomicrefcount ref_count;
  const LsCollection *collection;
  char *key;
  LsValue values[];
};

G_DEFINE_BOXED_TYPE (LsRecord, ls_record, ls_record_ref, ls_record_unref)

/**
 * ls_record_new:
 * @collection: what it is a row of
 * @key: its key
 *
 * Returns: (transfer full): a row with every field NULL
 */
LsRecord *
ls_record_new (const LsCollection *collection,
               const char         *key)
{
  LsRecord *record;

  g_return_val_if_fail (collection != NULL && key != NULL, NULL);

  record = g_malloc0 (sizeof (LsRecord) + collection->n_fields * sizeof (LsValue));
  g_atomic_ref_count_init (&record->ref_count);
  record->collection = collection;
  record->key = g_ref_string_new (key);
  return record;
}

/**
 * ls_record_copy:
 * @record: a row
 *
 * Returns: (transfer full): a row of its own with the same values, to be changed
 */
LsRecord *
ls_record_copy (const LsRecord *record)
{
  LsRecord *copy;

  g_return_val_if_fail (record != NULL, NULL);

  copy = g_malloc0 (sizeof (LsRecord) + record->collection->n_fields * sizeof (LsValue));
  g_atomic_ref_count_init (&copy->ref_count);
  copy->collection = record->collection;
  copy->key = g_ref_string_acquire (record->key);
  for (unsigned i = 0; i < record->collection->n_fields; i++)
    copy->values[i] = ls_value_copy (&record->values[i]);
  return copy;
}

/**
 * ls_record_ref:
 * @record: a row
 *
 * Returns: (transfer full): @record
 */
LsRecord *
ls_record_ref (LsRecord *record)
{
  g_return_val_if_fail (record != NULL, NULL);

  g_atomic_ref_count_inc (&record->ref_count);
  return record;
}

/**
 * ls_record_unref:
 * @record: (transfer full): a row
 *
 * Drops a reference.
 */
void
ls_record_unref (LsRecord *record)
{
  g_return_if_fail (record != NULL);

  if (!g_atomic_ref_count_dec (&record->ref_count))
    return;
  for (unsigned i = 0; i < record->collection->n_fields; i++)
    ls_value_clear (&record->values[i]);
  g_ref_string_release (record->key);
  g_free (record);
}

/**
 * ls_record_get_collection:
 * @record: a row
 *
 * Returns: (transfer none): what it is a row of
 */
const LsCollection *
ls_record_get_collection (const LsRecord *record)
{
  return record->collection;
}

/**
 * ls_record_get_key:
 * @record: a row
 *
 * Returns: (transfer none): its key, a #GRefString
 */
const char *
ls_record_get_key (const LsRecord *record)
{
  return record->key;
}

/**
 * ls_record_get:
 * @record: a row
 * @field: index of a field
 *
 * Returns: (transfer none): the value of @field
 */
const LsValue *
ls_record_get (const LsRecord *record,
               unsigned        field)
{
  g_return_val_if_fail (field < record->collection->n_fields, NULL);

  return &record->values[field];
}

/**
 * ls_record_get_integer:
 * @record: a row
 * @field: index of a field
 * @fallback: what to give for NULL
 *
 * Returns: the number in @field
 */
int64_t
ls_record_get_integer (const LsRecord *record,
                       unsigned        field,
                       int64_t         fallback)
{
  g_return_val_if_fail (field < record->collection->n_fields, fallback);

  return ls_value_get_integer (&record->values[field], fallback);
}

/**
 * ls_record_get_text:
 * @record: a row
 * @field: index of a field
 *
 * Returns: (transfer none) (nullable): the text in @field
 */
const char *
ls_record_get_text (const LsRecord *record,
                    unsigned        field)
{
  g_return_val_if_fail (field < record->collection->n_fields, NULL);

  return ls_value_get_text (&record->values[field]);
}

/**
 * ls_record_take:
 * @record: a row that nobody else holds
 * @field: index of a field
 * @value: (transfer full): its new value
 *
 * Sets a field without any check.
 */
void
ls_record_take (LsRecord *record,
                unsigned  field,
                LsValue   value)
{
  g_return_if_fail (g_atomic_ref_count_compare (&record->ref_count, 1));
  g_return_if_fail (field < record->collection->n_fields);

  ls_value_clear (&record->values[field]);
  record->values[field] = value;
}

/**
 * ls_record_set_integer:
 * @record: a row that nobody else holds
 * @field: index of a field
 * @integer: its new value
 *
 * Sets a field to a number.
 */
void
ls_record_set_integer (LsRecord *record,
                       unsigned  field,
                       int64_t   integer)
{
  ls_record_take (record, field, ls_value_integer (integer));
}

/**
 * ls_record_set_text:
 * @record: a row that nobody else holds
 * @field: index of a field
 * @text: (nullable): its new value
 *
 * Sets a field to a copy of @text, or to NULL.
 */
void
ls_record_set_text (LsRecord   *record,
                    unsigned    field,
                    const char *text)
{
  ls_record_take (record, field, ls_value_text (text));
}

/**
 * ls_record_equal:
 * @a: a row
 * @b: another
 *
 * Returns: whether both are the same row with the same values
 */
bool
ls_record_equal (const LsRecord *a,
                 const LsRecord *b)
{
  return a == b || (a->collection == b->collection && g_str_equal (a->key, b->key) &&
                    ls_record_diff (a, b) == 0);
}

/**
 * ls_record_diff:
 * @a: a row
 * @b: a row of the same collection
 *
 * Returns: a mask of the fields that differ
 */
uint64_t
ls_record_diff (const LsRecord *a,
                const LsRecord *b)
{
  uint64_t mask = 0;

  g_return_val_if_fail (a->collection == b->collection, 0);

  for (unsigned i = 0; i < a->collection->n_fields; i++)
    if (!ls_value_equal (&a->values[i], &b->values[i]))
      mask |= UINT64_C (1) << i;
  return mask;
}

/**
 * ls_record_validate:
 * @record: a row
 * @error: where to put the first field that is wrong and why, %LS_ERROR_VALIDATION
 *
 * Checks key, types, bounds and required fields. Derived fields may be NULL: the server fills them.
 *
 * Returns: whether all of @record is valid
 */
bool
ls_record_validate (const LsRecord *record,
                    GError        **error)
{
  if (!ls_key_is_valid (record->key))
    {
      ls_reason_set_error (error, LS_REASON_KEY);
      g_prefix_error (error, "%s: ", record->collection->name);
      return false;
    }
  for (unsigned i = 0; i < record->collection->n_fields; i++)
    {
      const LsField *field = &record->collection->fields[i];

      if (!ls_field_check_value (field, &record->values[i], error))
        {
          g_prefix_error (error, "%s %s: %s: ", record->collection->name, record->key, field->name);
          return false;
        }
    }
  return true;
}
