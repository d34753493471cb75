/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-message"

#include "config.h"

#include "core/ls-message-rows.h"

#include <string.h>

#include "core/ls-json-guard.h"
#include "core/ls-json-writer.h"
#include "core/ls-message-private.h"

/* Rows and changes, the part of the decoder that deals with values of the schema. */

static bool
read_value (LsJsonReader     *reader,
            const LsField    *field,
            const LsJsonNode *node,
            LsValue          *ret_value)
{
  if (node->kind == LS_JSON_NULL)
    {
      *ret_value = (LsValue) LS_VALUE_INIT;
      return true;
    }
  if (node->kind == LS_JSON_TEXT)
    *ret_value = ls_value_text (node->text);
  else if ((node->kind == LS_JSON_BOOLEAN && field->type == LS_TYPE_BOOL) ||
           (node->kind == LS_JSON_INTEGER && field->type != LS_TYPE_BOOL))
    *ret_value = ls_value_integer (node->integer);
  else
    {
      ls_json_reader_fail (reader, field->name, "a value of the wrong type");
      return false;
    }
  if (ret_value->kind == LS_VALUE_TEXT &&
      (field->type == LS_TYPE_INTEGER || field->type == LS_TYPE_MONEY ||
       field->type == LS_TYPE_TIME || field->type == LS_TYPE_DAY || field->type == LS_TYPE_BOOL))
    ls_json_reader_fail (reader, field->name, "text where a number belongs");
  else if (ret_value->kind == LS_VALUE_INTEGER &&
           (field->type == LS_TYPE_TEXT || field->type == LS_TYPE_KEY ||
            field->type == LS_TYPE_ENUM || field->type == LS_TYPE_CURRENCY))
    ls_json_reader_fail (reader, field->name, "a number where text belongs");
  else
    return true;
  ls_value_clear (ret_value);
  return false;
}

typedef void (*TakeValue) (LsChange *change,
                           unsigned  field,
                           LsValue   value);

static void
read_fields (LsJsonReader     *reader,
             const LsJsonNode *object,
             LsChange         *change,
             LsUnknown         unknown,
             TakeValue         take)
{
  for (const LsJsonNode *node = object->first; node != NULL; node = node->next)
    {
      int field = ls_collection_find_field (change->collection, node->name);
      LsValue value;

      /* A newer peer may know more fields. */
      if (field < 0 && unknown == LS_UNKNOWN_SKIP)
        continue;
      if (field < 0)
        {
          ls_json_reader_fail (reader, node->name, "%s have no such field", change->collection->name);
          return;
        }
      if (!read_value (reader, &change->collection->fields[field], node, &value))
        return;
      take (change, (unsigned) field, value);
    }
}

/* Makes an empty change from the c, k and op of @object; NULL without an error for an unknown
 * collection. */
static LsChange *
read_head (LsJsonReader      *reader,
           const LsJsonNode  *object,
           const char *const *op_names,
           LsUnknown          unknown)
{
  g_autofree char *name =
      ls_json_reader_text (reader, object, "c", LS_JSON_REQUIRED, LS_KEY_MAX_BYTES);
  g_autofree char *key =
      ls_json_reader_text (reader, object, "k", LS_JSON_REQUIRED, LS_KEY_MAX_BYTES);
  int op = ls_json_reader_choice (reader, object, "op", op_names, LS_CHANGE_DEL + 1);
  const LsCollection *collection;

  if (reader->error != NULL)
    return NULL;
  collection = ls_schema_find_collection (name);
  if (!ls_key_is_valid (key))
    ls_json_reader_fail (reader, "k", "not a valid key");
  else if (collection == NULL && unknown == LS_UNKNOWN_FAIL)
    ls_json_reader_fail (reader, "c", "no such collection");
  else if (collection != NULL)
    return ls_change_new ((LsChangeOp) op, collection, key);
  return NULL;
}

LsChange *
ls_json_reader_mutation_change (LsJsonReader     *reader,
                                const LsJsonNode *object,
                                LsUnknown         unknown)
{
  g_autoptr (LsChange) change = read_head (reader, object, ls_mutate_op_names, unknown);
  const LsJsonNode *set, *was;

  if (change == NULL)
    return NULL;
  set = ls_json_reader_object (reader, object, "set", LS_JSON_OPTIONAL);
  was = ls_json_reader_object (reader, object, "was", LS_JSON_OPTIONAL);
  if (set != NULL && change->op == LS_CHANGE_DEL)
    ls_json_reader_fail (reader, "set", "a del sets nothing");
  else if (set != NULL)
    read_fields (reader, set, change, LS_UNKNOWN_SKIP, ls_change_take_set);
  if (was != NULL)
    read_fields (reader, was, change, LS_UNKNOWN_SKIP, ls_change_take_was);
  return reader->error == NULL ? g_steal_pointer (&change) : NULL;
}

LsChange *
ls_json_reader_delta_change (LsJsonReader     *reader,
                             const LsJsonNode *object)
{
  g_autoptr (LsChange) change = read_head (reader, object, ls_delta_op_names, LS_UNKNOWN_SKIP);
  const LsJsonNode *fields;

  if (change == NULL)
    return NULL;
  if (change->op == LS_CHANGE_ADD)
    {
      ls_json_reader_fail (reader, "op", "an add can't stand in a delta");
      return NULL;
    }
  fields = ls_json_reader_object (
      reader, object, "d", change->op == LS_CHANGE_DEL ? LS_JSON_OPTIONAL : LS_JSON_REQUIRED);
  if (fields != NULL)
    read_fields (reader, fields, change, LS_UNKNOWN_SKIP, ls_change_take_set);
  return reader->error == NULL ? g_steal_pointer (&change) : NULL;
}

void
ls_json_reader_changes (LsJsonReader     *reader,
                        const LsJsonNode *array,
                        LsUnknown         unknown,
                        GPtrArray        *changes)
{
  for (unsigned i = 0; i < array->length && reader->error == NULL; i++)
    {
      size_t mark = ls_json_reader_enter (reader, "changes", (int) i);
      const LsJsonNode *object = ls_json_reader_element (reader, array, i);
      LsChange *change =
          object != NULL ? ls_json_reader_mutation_change (reader, object, unknown) : NULL;

      if (change != NULL)
        g_ptr_array_add (changes, change);
      ls_json_reader_leave (reader, mark);
    }
}

LsChange *
ls_json_reader_row (LsJsonReader       *reader,
                    const LsJsonNode   *object,
                    const LsCollection *collection,
                    LsUnknown           unknown)
{
  g_autofree char *key =
      ls_json_reader_text (reader, object, "k", LS_JSON_REQUIRED, LS_KEY_MAX_BYTES);
  const LsJsonNode *fields = ls_json_reader_object (reader, object, "d", LS_JSON_REQUIRED);
  g_autoptr (LsChange) change = NULL;

  if (key != NULL && !ls_key_is_valid (key))
    ls_json_reader_fail (reader, "k", "not a valid key");
  if (reader->error != NULL)
    return NULL;
  change = ls_change_new (LS_CHANGE_PUT, collection, key);
  read_fields (reader, fields, change, unknown, ls_change_take_set);
  return reader->error == NULL ? g_steal_pointer (&change) : NULL;
}

static LsJsonDocument *
parse (const char *json,
       size_t      length,
       GError    **error)
{
  static const LsJsonLimits limits = {
    .max_bytes = LS_MAX_SERVER_MESSAGE,
    .max_depth = LS_JSON_GUARD_DEFAULT_DEPTH,
    .max_values = LS_JSON_GUARD_DEFAULT_VALUES,
    .max_string_bytes = LS_MAX_SERVER_MESSAGE,
  };

  return ls_json_document_new (json, length, &limits, error);
}

/**
 * ls_changes_from_json:
 * @json: what ls_changes_to_json() wrote
 * @error: where to put why not, %LS_ERROR_PROTOCOL
 *
 * Reads the changes of a mutation back. Changes of collections that this version does not know are
 * left out.
 *
 * Returns: (transfer full) (element-type LsChange) (nullable): the changes
 */
GPtrArray *
ls_changes_from_json (const char *json,
                      GError    **error)
{
  g_autoptr (GPtrArray) changes = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
  g_autoptr (LsJsonDocument) document = parse (json, strlen (json), error);
  const LsJsonNode *root;
  g_auto (LsJsonReader) reader = { NULL, NULL };

  if (document == NULL)
    return NULL;
  root = ls_json_document_get_root (document);
  ls_json_reader_init (&reader);
  if (root->kind == LS_JSON_ARRAY)
    ls_json_reader_changes (&reader, root, LS_UNKNOWN_SKIP, changes);
  else
    ls_json_reader_fail (&reader, NULL, "not an array");
  if (reader.error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&reader.error));
      return NULL;
    }
  return g_steal_pointer (&changes);
}

/**
 * ls_record_decode:
 * @collection: what it is a row of
 * @json: an object with its key as `k` and its fields as `d`, as a snapshot writes it
 * @length: its bytes
 * @error: where to put why not, %LS_ERROR_PROTOCOL
 *
 * Reads a row. Unknown fields are ignored.
 *
 * Returns: (transfer full) (nullable): the row
 */
LsRecord *
ls_record_decode (const LsCollection *collection,
                  const char         *json,
                  size_t              length,
                  GError            **error)
{
  g_autoptr (LsJsonDocument) document = parse (json, length, error);
  const LsJsonNode *root;
  g_auto (LsJsonReader) reader = { NULL, NULL };
  g_autoptr (LsChange) change = NULL;

  if (document == NULL)
    return NULL;
  root = ls_json_document_get_root (document);
  ls_json_reader_init (&reader);
  if (root->kind != LS_JSON_OBJECT)
    ls_json_reader_fail (&reader, NULL, "not an object");
  else
    change =
        ls_json_reader_row (&reader, root, collection, LS_UNKNOWN_SKIP);
  if (reader.error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&reader.error));
      return NULL;
    }
  return ls_change_apply (change, NULL, LS_APPLY_EXACT, error);
}
