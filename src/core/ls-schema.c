/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-schema"

#include "config.h"

#include "core/ls-schema.h"

#include <string.h>

#include "core/ls-reason.h"
#include "core/ls-schema-tables.h"

static const LsCollection *
table_lookup (const char *name)
{
  static GHashTable *by_name;

  if (g_once_init_enter (&by_name))
    {
      GHashTable *table = g_hash_table_new (g_str_hash, g_str_equal);

      for (size_t i = 0; i < LS_N_COLLECTIONS; i++)
        g_hash_table_insert (table, (char *) ls_schema_table[i].name,
                             (gpointer) &ls_schema_table[i]);
      g_once_init_leave (&by_name, table);
    }
  return g_hash_table_lookup (by_name, name);
}

/**
 * ls_schema_collection:
 * @id: which
 *
 * Returns: (transfer none): the collection, static
 */
const LsCollection *
ls_schema_collection (LsCollectionId id)
{
  g_return_val_if_fail (id < LS_N_COLLECTIONS, NULL);

  return &ls_schema_table[id];
}

/**
 * ls_schema_find_collection:
 * @name: a name on the wire
 *
 * Returns: (transfer none) (nullable): the collection of that name, or %NULL
 */
const LsCollection *
ls_schema_find_collection (const char *name)
{
  g_return_val_if_fail (name != NULL, NULL);

  return table_lookup (name);
}

/**
 * ls_collection_find_field:
 * @collection: a collection
 * @name: a field's name on the wire
 *
 * Finds a field that a peer named. Costs one comparison a field.
 *
 * Returns: the index of the field, or -1 when @collection has none of that name
 */
int
ls_collection_find_field (const LsCollection *collection,
                          const char         *name)
{
  for (unsigned i = 0; i < collection->n_fields; i++)
    if (strcmp (collection->fields[i].name, name) == 0)
      return (int) i;
  return -1;
}

/**
 * ls_collection_field:
 * @collection: a collection
 * @name: a field's name that the program itself wrote
 *
 * Like ls_collection_find_field() for names that must exist: a misspelt one is a programming error.
 *
 * Returns: the index of the field
 */
int
ls_collection_field (const LsCollection *collection,
                     const char         *name)
{
  int index = ls_collection_find_field (collection, name);

  if (G_UNLIKELY (index < 0))
    g_error ("collection %s has no field %s", collection->name, name);
  return index;
}

/**
 * ls_field_knows_value:
 * @field: a field of %LS_TYPE_ENUM
 * @text: a value
 *
 * Returns: whether @text is one of the values this version knows
 */
bool
ls_field_knows_value (const LsField *field,
                      const char    *text)
{
  return field->values != NULL && g_strv_contains (field->values, text);
}

static bool
is_currency (const char *text)
{
  return strlen (text) == 3 && g_ascii_isupper (text[0]) && g_ascii_isupper (text[1]) &&
         g_ascii_isupper (text[2]);
}

/**
 * ls_key_is_valid:
 * @key: a row's key
 *
 * A key is 1 to %LS_KEY_MAX_BYTES bytes of valid UTF-8 without control characters or spaces at its
 * ends.
 *
 * Returns: whether @key may stand as the key of a row
 */
bool
ls_key_is_valid (const char *key)
{
  size_t length = strnlen (key, LS_KEY_MAX_BYTES + 1);

  if (length == 0 || length > LS_KEY_MAX_BYTES || key[0] == ' ' || key[length - 1] == ' ')
    return false;
  for (size_t i = 0; i < length; i++)
    if ((unsigned char) key[i] < 0x20 || key[i] == 0x7f)
      return false;
  return g_utf8_validate (key, (gssize) length, NULL);
}

/**
 * ls_text_is_valid:
 * @text: bytes
 * @length: how many
 * @max_bytes: the most allowed
 * @error: where to put why not, %LS_ERROR_VALIDATION
 *
 * Text of a row is valid UTF-8 of at most @max_bytes bytes, without control characters (C0, DEL,
 * C1) but newline and tab. It is not normalised here: what an admin enters is, where he enters it.
 *
 * Returns: whether @text may stand in a row
 */
bool
ls_text_is_valid (const char *text,
                  size_t      length,
                  size_t      max_bytes,
                  GError    **error)
{
  const char *end;

  if (length > max_bytes)
    {
      ls_reason_set_error (error, LS_REASON_TEXT_LENGTH, (int64_t) length, (int64_t) max_bytes);
      return false;
    }
  if (!g_utf8_validate_len (text, length, &end))
    {
      ls_reason_set_error (error, LS_REASON_TEXT_ENCODING, (int64_t) (end - text));
      return false;
    }
  for (size_t i = 0; i < length; i++)
    {
      unsigned char byte = (unsigned char) text[i];
      bool c1 = byte == 0xc2 && i + 1 < length && (unsigned char) text[i + 1] < 0xa0;

      if ((byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f || c1)
        {
          ls_reason_set_error (error, LS_REASON_TEXT_CONTROL, (int64_t) i);
          return false;
        }
    }
  return true;
}

static bool
check_text (const LsField *field,
            const LsValue *value,
            GError       **error)
{
  switch (field->type)
    {
    case LS_TYPE_KEY:
      if (ls_key_is_valid (value->text))
        return true;
      ls_reason_set_error (error, LS_REASON_KEY);
      return false;
    case LS_TYPE_CURRENCY:
      if (is_currency (value->text))
        return true;
      ls_reason_set_error (error, LS_REASON_CURRENCY);
      return false;
    case LS_TYPE_TEXT:
    case LS_TYPE_ENUM:
      return ls_text_is_valid (value->text, strlen (value->text),
                               field->type == LS_TYPE_ENUM ? LS_KEY_MAX_BYTES : (size_t) field->max,
                               error);
    case LS_TYPE_INTEGER:
    case LS_TYPE_MONEY:
    case LS_TYPE_TIME:
    case LS_TYPE_DAY:
    case LS_TYPE_BOOL:
    default:
      ls_reason_set_error (error, LS_REASON_TEXT_TYPE);
      return false;
    }
}

static bool
check_integer (const LsField *field,
               const LsValue *value,
               GError       **error)
{
  if (field->type == LS_TYPE_TEXT || field->type == LS_TYPE_KEY || field->type == LS_TYPE_ENUM ||
      field->type == LS_TYPE_CURRENCY)
    {
      ls_reason_set_error (error, LS_REASON_NUMBER_TYPE);
      return false;
    }
  if (value->integer < field->min || value->integer > field->max)
    {
      ls_reason_set_error (error, LS_REASON_RANGE, value->integer, field->min, field->max);
      return false;
    }
  return true;
}

/**
 * ls_field_check_value:
 * @field: a field
 * @value: what shall stand in it
 * @error: where to put why not, %LS_ERROR_VALIDATION; it does not name the field, the caller does
 *
 * Checks type and bounds. Unknown values of an enum pass here: a newer peer may know more of them.
 *
 * Returns: whether @value may stand in @field
 */
bool
ls_field_check_value (const LsField *field,
                      const LsValue *value,
                      GError       **error)
{
  switch (value->kind)
    {
    case LS_VALUE_NULL:
      if (!(field->flags & LS_FIELD_REQUIRED))
        return true;
      ls_reason_set_error (error, LS_REASON_REQUIRED);
      return false;
    case LS_VALUE_INTEGER:
      return check_integer (field, value, error);
    case LS_VALUE_TEXT:
      return check_text (field, value, error);
    default:
      g_assert_not_reached ();
    }
}
