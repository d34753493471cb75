/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-json-reader"

#include "config.h"

#include "core/ls-json-reader.h"

#include <string.h>

#include "core/ls-error.h"

/**
 * ls_json_reader_init:
 * @reader: a reader
 *
 * Starts at the root of a message.
 */
void
ls_json_reader_init (LsJsonReader *reader)
{
  reader->path = g_string_new (NULL);
  reader->error = NULL;
}

/**
 * ls_json_reader_clear:
 * @reader: a reader
 *
 * Frees what @reader holds.
 */
void
ls_json_reader_clear (LsJsonReader *reader)
{
  if (reader->path != NULL)
    g_string_free (reader->path, TRUE);
  reader->path = NULL;
  g_clear_error (&reader->error);
}

/**
 * ls_json_reader_fail:
 * @reader: a reader
 * @name: (nullable): the member that does not fit
 * @format: why
 * @...: its arguments
 *
 * Keeps the first failure: an %LS_ERROR_PROTOCOL whose message begins with the place.
 */
void
ls_json_reader_fail (LsJsonReader *reader,
                     const char   *name,
                     const char   *format,
                     ...)
{
  g_autofree char *why = NULL;
  va_list args;

  if (reader->error != NULL)
    return;
  va_start (args, format);
  why = g_strdup_vprintf (format, args);
  va_end (args);
  reader->error = g_error_new (LS_ERROR, LS_ERROR_PROTOCOL, "%s%s%s: %s", reader->path->str,
                               reader->path->len > 0 && name != NULL ? "." : "",
                               name != NULL ? name : "", why);
}

/**
 * ls_json_reader_enter:
 * @reader: a reader
 * @name: member that is read next
 * @index: element in it, or -1
 *
 * Steps into a member for the sake of the path.
 *
 * Returns: what ls_json_reader_leave() takes
 */
size_t
ls_json_reader_enter (LsJsonReader *reader,
                      const char   *name,
                      int           index)
{
  size_t mark = reader->path->len;

  if (mark > 0)
    g_string_append_c (reader->path, '.');
  g_string_append (reader->path, name);
  if (index >= 0)
    g_string_append_printf (reader->path, "[%d]", index);
  return mark;
}

/**
 * ls_json_reader_leave:
 * @reader: a reader
 * @mark: what ls_json_reader_enter() gave
 *
 * Steps out again.
 */
void
ls_json_reader_leave (LsJsonReader *reader,
                      size_t        mark)
{
  g_string_truncate (reader->path, mark);
}

static const LsJsonNode *
member (LsJsonReader     *reader,
        const LsJsonNode *object,
        const char       *name,
        LsJsonPresence    presence)
{
  const LsJsonNode *node = reader->error == NULL ? ls_json_node_get_member (object, name) : NULL;

  if (node != NULL && node->kind == LS_JSON_NULL)
    node = NULL;
  if (node == NULL && presence == LS_JSON_REQUIRED)
    ls_json_reader_fail (reader, name, "missing");
  return node;
}

/**
 * ls_json_reader_text:
 * @reader: a reader
 * @object: where to look
 * @name: a member
 * @presence: whether it must be there
 * @max_bytes: the most bytes allowed
 *
 * Returns: (transfer full) (nullable): the string, or %NULL when it is missing or does not fit
 */
char *
ls_json_reader_text (LsJsonReader     *reader,
                     const LsJsonNode *object,
                     const char       *name,
                     LsJsonPresence    presence,
                     size_t            max_bytes)
{
  const LsJsonNode *node = member (reader, object, name, presence);
  const char *text;

  if (node == NULL)
    return NULL;
  if (node->kind != LS_JSON_TEXT)
    {
      ls_json_reader_fail (reader, name, "not a string");
      return NULL;
    }
  text = node->text;
  if (strlen (text) > max_bytes)
    {
      ls_json_reader_fail (reader, name, "longer than %zu bytes", max_bytes);
      return NULL;
    }
  return g_strdup (text);
}

/**
 * ls_json_reader_integer:
 * @reader: a reader
 * @object: where to look
 * @name: a member
 * @presence: whether it must be there
 * @fallback: what to give when it is missing
 *
 * Reads a number that is not negative.
 *
 * Returns: the number, or @fallback
 */
int64_t
ls_json_reader_integer (LsJsonReader     *reader,
                        const LsJsonNode *object,
                        const char       *name,
                        LsJsonPresence    presence,
                        int64_t           fallback)
{
  const LsJsonNode *node = member (reader, object, name, presence);

  if (node == NULL)
    return fallback;
  if (node->kind != LS_JSON_INTEGER)
    ls_json_reader_fail (reader, name, "not an integer");
  else if (node->integer < 0)
    ls_json_reader_fail (reader, name, "below zero");
  else
    return node->integer;
  return fallback;
}

/**
 * ls_json_reader_boolean:
 * @reader: a reader
 * @object: where to look
 * @name: a member
 * @fallback: what to give when it is missing
 *
 * Returns: the truth value, or @fallback
 */
bool
ls_json_reader_boolean (LsJsonReader     *reader,
                        const LsJsonNode *object,
                        const char       *name,
                        bool              fallback)
{
  const LsJsonNode *node = member (reader, object, name, LS_JSON_OPTIONAL);

  if (node == NULL)
    return fallback;
  if (node->kind != LS_JSON_BOOLEAN)
    {
      ls_json_reader_fail (reader, name, "neither true nor false");
      return fallback;
    }
  return node->integer != 0;
}

/**
 * ls_json_reader_hash:
 * @reader: a reader
 * @object: where to look
 * @name: a member that must be there
 *
 * Returns: the 64-bit hash written as 16 lower-case hex digits, 0 when it does not fit
 */
uint64_t
ls_json_reader_hash (LsJsonReader     *reader,
                     const LsJsonNode *object,
                     const char       *name)
{
  g_autofree char *text = ls_json_reader_text (reader, object, name, LS_JSON_REQUIRED, 16);

  if (text == NULL)
    return 0;
  if (strlen (text) != 16 || strspn (text, "0123456789abcdef") != 16)
    {
      ls_json_reader_fail (reader, name, "not 16 hex digits");
      return 0;
    }
  return g_ascii_strtoull (text, NULL, 16);
}

/**
 * ls_json_reader_choice:
 * @reader: a reader
 * @object: where to look
 * @name: a member that must be there
 * @choices: (array length=n_choices): what it may be
 * @n_choices: how many
 *
 * Returns: the index in @choices, 0 when it does not fit
 */
int
ls_json_reader_choice (LsJsonReader      *reader,
                       const LsJsonNode  *object,
                       const char        *name,
                       const char *const *choices,
                       size_t             n_choices)
{
  g_autofree char *text = ls_json_reader_text (reader, object, name, LS_JSON_REQUIRED, 32);

  if (text == NULL)
    return 0;
  for (size_t i = 0; i < n_choices; i++)
    if (g_str_equal (text, choices[i]))
      return (int) i;
  ls_json_reader_fail (reader, name, "an unknown value");
  return 0;
}

/**
 * ls_json_reader_array:
 * @reader: a reader
 * @object: where to look
 * @name: a member
 * @presence: whether it must be there
 * @max_length: the most elements allowed
 *
 * Returns: (transfer none) (nullable): the array, or %NULL when it is missing or does not fit
 */
const LsJsonNode *
ls_json_reader_array (LsJsonReader     *reader,
                      const LsJsonNode *object,
                      const char       *name,
                      LsJsonPresence    presence,
                      unsigned          max_length)
{
  const LsJsonNode *node = member (reader, object, name, presence);

  if (node == NULL)
    return NULL;
  if (node->kind != LS_JSON_ARRAY)
    ls_json_reader_fail (reader, name, "not an array");
  else if (node->length > max_length)
    ls_json_reader_fail (reader, name, "more than %u elements", max_length);
  else
    return node;
  return NULL;
}

/**
 * ls_json_reader_object:
 * @reader: a reader
 * @object: where to look
 * @name: a member
 * @presence: whether it must be there
 *
 * Returns: (transfer none) (nullable): the object, or %NULL when it is missing or does not fit
 */
const LsJsonNode *
ls_json_reader_object (LsJsonReader     *reader,
                       const LsJsonNode *object,
                       const char       *name,
                       LsJsonPresence    presence)
{
  const LsJsonNode *node = member (reader, object, name, presence);

  if (node == NULL)
    return NULL;
  if (node->kind != LS_JSON_OBJECT)
    {
      ls_json_reader_fail (reader, name, "not an object");
      return NULL;
    }
  return node;
}

/**
 * ls_json_reader_element:
 * @reader: a reader
 * @array: an array
 * @index: which element
 *
 * Returns: (transfer none) (nullable): the object there, or %NULL when it is none
 */
const LsJsonNode *
ls_json_reader_element (LsJsonReader     *reader,
                        const LsJsonNode *array,
                        unsigned          index)
{
  const LsJsonNode *node = array->elements[index];

  if (reader->error == NULL && node->kind == LS_JSON_OBJECT)
    return node;
  ls_json_reader_fail (reader, NULL, "not an object");
  return NULL;
}
