/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-value"

#include "config.h"

#include "core/ls-value.h"

#include <string.h>

/**
 * ls_value_integer:
 * @integer: a number
 *
 * Returns: a value that holds @integer
 */
LsValue
ls_value_integer (int64_t integer)
{
  return (LsValue) { .kind = LS_VALUE_INTEGER, .integer = integer };
}

/**
 * ls_value_text:
 * @text: (nullable): valid UTF-8; %NULL gives the NULL value
 *
 * Returns: (transfer full): a value that holds a copy of @text
 */
LsValue
ls_value_text (const char *text)
{
  if (text == NULL)
    return (LsValue) LS_VALUE_INIT;
  return (LsValue) { .kind = LS_VALUE_TEXT, .text = g_ref_string_new (text) };
}

/**
 * ls_value_text_len:
 * @text: valid UTF-8
 * @length: its bytes
 *
 * Returns: (transfer full): a value that holds a copy of @text
 */
LsValue
ls_value_text_len (const char *text,
                   size_t      length)
{
  g_return_val_if_fail (text != NULL, (LsValue) LS_VALUE_INIT);

  return (LsValue) { .kind = LS_VALUE_TEXT, .text = g_ref_string_new_len (text, (gssize) length) };
}

/**
 * ls_value_copy:
 * @value: a value
 *
 * Returns: (transfer full): the same value; text is shared, not duplicated
 */
LsValue
ls_value_copy (const LsValue *value)
{
  LsValue copy = *value;

  if (copy.kind == LS_VALUE_TEXT)
    g_ref_string_acquire (copy.text);
  return copy;
}

/**
 * ls_value_clear:
 * @value: a value
 *
 * Drops what @value holds and makes it NULL. May be called twice.
 */
void
ls_value_clear (LsValue *value)
{
  if (value->kind == LS_VALUE_TEXT)
    g_ref_string_release (value->text);
  *value = (LsValue) LS_VALUE_INIT;
}

/**
 * ls_value_equal:
 * @a: a value
 * @b: another
 *
 * Returns: whether both have the same kind and content; NULL equals NULL
 */
bool
ls_value_equal (const LsValue *a,
                const LsValue *b)
{
  if (a->kind != b->kind)
    return false;
  switch (a->kind)
    {
    case LS_VALUE_NULL:
      return true;
    case LS_VALUE_INTEGER:
      return a->integer == b->integer;
    case LS_VALUE_TEXT:
      return a->text == b->text || strcmp (a->text, b->text) == 0;
    default:
      g_assert_not_reached ();
    }
}

/**
 * ls_value_compare:
 * @a: a value
 * @b: another
 *
 * Orders values as SQLite does without a collation: NULL, integers, text by bytes.
 *
 * Returns: less than, equal to or greater than zero
 */
int
ls_value_compare (const LsValue *a,
                  const LsValue *b)
{
  if (a->kind != b->kind)
    return a->kind < b->kind ? -1 : 1;
  switch (a->kind)
    {
    case LS_VALUE_NULL:
      return 0;
    case LS_VALUE_INTEGER:
      return (a->integer > b->integer) - (a->integer < b->integer);
    case LS_VALUE_TEXT:
      return a->text == b->text ? 0 : strcmp (a->text, b->text);
    default:
      g_assert_not_reached ();
    }
}

/**
 * ls_value_get_integer:
 * @value: a value
 * @fallback: what to give when it holds no integer
 *
 * Returns: the integer, or @fallback
 */
int64_t
ls_value_get_integer (const LsValue *value,
                      int64_t        fallback)
{
  return value->kind == LS_VALUE_INTEGER ? value->integer : fallback;
}

/**
 * ls_value_get_text:
 * @value: a value
 *
 * Returns: (transfer none) (nullable): the text, or %NULL when it holds none
 */
const char *
ls_value_get_text (const LsValue *value)
{
  return value->kind == LS_VALUE_TEXT ? value->text : NULL;
}
