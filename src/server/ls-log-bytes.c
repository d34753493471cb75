/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-storage"

#include "config.h"

#include "server/ls-storage-private.h"

#include <string.h>

#include "core/ls-error.h"

/*
 * The log keeps the changes of a version as the canonical bytes that its check is made of
 * (ls_change_append_bytes()): the chain can be verified without decoding, and decoding costs a
 * tenth of what parsing JSON does, which is what catch-up waits for.
 *
 * They name collections and fields, so a newer schema reads an older log. What this version does
 * not know is left out, as everywhere.
 */

typedef struct {
  const uint8_t *at;
  size_t left;
  bool short_of;
} Reader;

static const uint8_t *
read_bytes (Reader *reader,
            size_t  length)
{
  const uint8_t *bytes = reader->at;

  if (reader->short_of || length > reader->left)
    {
      reader->short_of = true;
      return NULL;
    }
  reader->at += length;
  reader->left -= length;
  return bytes;
}

static uint32_t
read_uint32 (Reader *reader)
{
  const uint8_t *bytes = read_bytes (reader, sizeof (uint32_t));
  uint32_t little = 0;

  if (bytes != NULL)
    memcpy (&little, bytes, sizeof little);
  return GUINT32_FROM_LE (little);
}

/* A name or key into a buffer: both are at most 64 bytes. */
static bool
read_name (Reader *reader,
           char    name[LS_KEY_MAX_BYTES + 1])
{
  uint32_t length = read_uint32 (reader);
  const uint8_t *bytes;

  if (length > LS_KEY_MAX_BYTES)
    reader->short_of = true;
  bytes = read_bytes (reader, length);
  if (bytes == NULL)
    return false;
  memcpy (name, bytes, length);
  name[length] = '\0';
  return true;
}

/* Whether there is a value; it may be NULL. */
static bool
read_value (Reader  *reader,
            LsValue *ret_value)
{
  const uint8_t *tag = read_bytes (reader, 1);
  const uint8_t *bytes;
  uint32_t length;
  int64_t little;

  if (tag == NULL || *tag == '-')
    return false;
  switch (*tag)
    {
    case 'n':
      *ret_value = (LsValue) LS_VALUE_INIT;
      return true;
    case 'i':
      bytes = read_bytes (reader, sizeof little);
      if (bytes == NULL)
        return false;
      memcpy (&little, bytes, sizeof little);
      *ret_value = ls_value_integer (GINT64_FROM_LE (little));
      return true;
    case 't':
      length = read_uint32 (reader);
      bytes = read_bytes (reader, length);
      if (bytes == NULL)
        return false;
      *ret_value = ls_value_text_len ((const char *) bytes, length);
      return true;
    default:
      reader->short_of = true;
      return false;
    }
}

static void
read_edit (Reader             *reader,
           const LsCollection *collection,
           LsChange           *change)
{
  char name[LS_KEY_MAX_BYTES + 1];
  int field;

  if (!read_name (reader, name))
    return;
  field = collection != NULL ? ls_collection_find_field (collection, name) : -1;
  for (int side = 0; side < 2; side++)
    {
      g_auto (LsValue) value = LS_VALUE_INIT;

      if (!read_value (reader, &value) || field < 0)
        continue;
      if (side == 0)
        ls_change_take_set (change, (unsigned) field, ls_value_copy (&value));
      else
        ls_change_take_was (change, (unsigned) field, ls_value_copy (&value));
    }
}

static void
read_change (Reader    *reader,
             GPtrArray *changes)
{
  static const char ops[] = "psad";
  const uint8_t *op = read_bytes (reader, 1);
  const char *known = op != NULL && *op != '\0' ? strchr (ops, *op) : NULL;
  char collection_name[LS_KEY_MAX_BYTES + 1], key[LS_KEY_MAX_BYTES + 1];
  g_autoptr (LsChange) change = NULL;
  const LsCollection *collection;
  uint32_t n_edits;

  if (known == NULL || !read_name (reader, collection_name) || !read_name (reader, key))
    {
      reader->short_of = true;
      return;
    }
  collection = ls_schema_find_collection (collection_name);
  if (collection != NULL)
    change = ls_change_new ((LsChangeOp) (known - ops), collection, key);
  n_edits = read_uint32 (reader);
  for (uint32_t i = 0; i < n_edits && !reader->short_of; i++)
    read_edit (reader, collection, change);
  if (change != NULL)
    g_ptr_array_add (changes, g_steal_pointer (&change));
}

GPtrArray *
ls_changes_from_bytes (const uint8_t  *bytes,
                       size_t          length,
                       GError        **error)
{
  g_autoptr (GPtrArray) changes = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
  Reader reader = { bytes, length, false };

  while (reader.left > 0 && !reader.short_of)
    read_change (&reader, changes);
  if (reader.short_of)
    {
      g_set_error (error, LS_ERROR, LS_ERROR_STORAGE,
                   "the log is damaged %zu bytes before the end of a version", reader.left);
      return NULL;
    }
  return g_steal_pointer (&changes);
}
