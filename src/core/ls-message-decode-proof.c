/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-message"

#include "config.h"

#include "core/ls-message-decode-private.h"
#include "core/ls-message-rows.h"

/* What digests and rows are compared by: `digest`, `verify` and `rows`. */

#define MAX_DIGEST_ITEMS 20000

/* The member c; NULL when it is missing and need not be there. */
static const LsCollection *
read_collection (LsJsonReader     *reader,
                 const LsJsonNode *object,
                 LsJsonPresence    presence)
{
  g_autofree char *name = ls_json_reader_text (reader, object, "c", presence, LS_KEY_MAX_BYTES);
  const LsCollection *collection = name != NULL ? ls_schema_find_collection (name) : NULL;

  if (name != NULL && collection == NULL)
    ls_json_reader_fail (reader, "c", "no such collection");
  return collection;
}

/* What the message says of all its items they need not say again. */
static void
read_digest_item (LsJsonReader     *reader,
                  const LsJsonNode *element,
                  LsDigestMessage  *digest)
{
  g_autofree char *name = NULL;
  LsDigestItem item = { .collection = digest->collection, .bucket = digest->bucket, .count = 1 };

  if (item.collection == NULL)
    {
      name = ls_message_required_text (reader, element, "c", LS_KEY_MAX_BYTES);
      item.collection = name != NULL ? ls_schema_find_collection (name) : NULL;
    }
  if (item.bucket < 0)
    {
      item.bucket = ls_json_reader_integer (reader, element, "b",
                                            digest->collection != NULL ? LS_JSON_REQUIRED
                                                                       : LS_JSON_OPTIONAL,
                                            -1);
      item.count = ls_message_required_integer (reader, element, "count");
      item.since = ls_json_reader_integer (reader, element, "since", LS_JSON_OPTIONAL, 0);
    }
  item.hash = ls_json_reader_hash (reader, element, "hash");
  item.key = ls_json_reader_text (reader, element, "k",
                                  digest->bucket >= 0 ? LS_JSON_REQUIRED : LS_JSON_OPTIONAL,
                                  LS_KEY_MAX_BYTES);
  /* A newer peer may know more collections. */
  if (reader->error == NULL && item.collection != NULL)
    g_array_append_val (digest->items, item);
  else
    g_free (item.key);
}

void
ls_message_read_digest (LsJsonReader     *reader,
                        const LsJsonNode *object,
                        LsDigestMessage  *digest)
{
  const LsJsonNode *array;

  digest->shop = ls_message_shop_id (reader, object);
  digest->version = ls_message_required_integer (reader, object, "version");
  digest->check = ls_json_reader_hash (reader, object, "check");
  digest->view = ls_json_reader_hash (reader, object, "view");
  digest->collection = read_collection (reader, object, LS_JSON_OPTIONAL);
  if (digest->collection != NULL)
    digest->bucket = ls_json_reader_integer (reader, object, "b", LS_JSON_OPTIONAL, -1);
  array = ls_json_reader_array (reader, object, "sums", LS_JSON_REQUIRED, MAX_DIGEST_ITEMS);
  for (unsigned i = 0; i < ls_message_length_of (array) && reader->error == NULL; i++)
    {
      size_t mark = ls_json_reader_enter (reader, "sums", (int) i);
      const LsJsonNode *element = ls_json_reader_element (reader, array, i);

      if (element != NULL)
        read_digest_item (reader, element, digest);
      ls_json_reader_leave (reader, mark);
    }
}

static void
read_keys (LsJsonReader     *reader,
           const LsJsonNode *array,
           GPtrArray        *keys)
{
  for (unsigned i = 0; i < ls_message_length_of (array) && reader->error == NULL; i++)
    {
      size_t mark = ls_json_reader_enter (reader, "keys", (int) i);
      const LsJsonNode *node = array->elements[i];

      if (node->kind != LS_JSON_TEXT || !ls_key_is_valid (node->text))
        ls_json_reader_fail (reader, NULL, "not a valid key");
      else
        g_ptr_array_add (keys, g_strdup (node->text));
      ls_json_reader_leave (reader, mark);
    }
}

void
ls_message_read_verify (LsJsonReader     *reader,
                        const LsJsonNode *object,
                        LsVerify         *verify)
{
  verify->shop = ls_message_shop_id (reader, object);
  verify->collection = read_collection (reader, object, LS_JSON_OPTIONAL);
  if (verify->collection == NULL)
    return;
  verify->bucket = ls_json_reader_integer (reader, object, "b", LS_JSON_OPTIONAL, -1);
  if (verify->bucket >= 0)
    read_keys (reader,
               ls_json_reader_array (reader, object, "keys", LS_JSON_OPTIONAL, LS_MAX_CHANGES),
               verify->keys);
}

static LsChange *
read_row (LsJsonReader       *reader,
          const LsJsonNode   *element,
          const LsCollection *collection)
{
  g_autofree char *key = NULL;

  if (ls_json_node_get_member (element, "d") != NULL)
    return ls_json_reader_row (reader, element, collection, LS_UNKNOWN_SKIP);
  key = ls_message_required_text (reader, element, "k", LS_KEY_MAX_BYTES);
  if (key != NULL && !ls_key_is_valid (key))
    ls_json_reader_fail (reader, "k", "not a valid key");
  return reader->error == NULL ? ls_change_new (LS_CHANGE_DEL, collection, key) : NULL;
}

void
ls_message_read_rows (LsJsonReader     *reader,
                      const LsJsonNode *object,
                      LsRowsMessage    *rows)
{
  const LsJsonNode *array;

  rows->shop = ls_message_shop_id (reader, object);
  rows->version = ls_message_required_integer (reader, object, "version");
  rows->check = ls_json_reader_hash (reader, object, "check");
  rows->view = ls_json_reader_hash (reader, object, "view");
  rows->collection = read_collection (reader, object, LS_JSON_REQUIRED);
  rows->bucket = ls_message_required_integer (reader, object, "b");
  array = ls_json_reader_array (reader, object, "rows", LS_JSON_REQUIRED, LS_MAX_CHANGES);
  for (unsigned i = 0; i < ls_message_length_of (array) && reader->error == NULL; i++)
    {
      size_t mark = ls_json_reader_enter (reader, "rows", (int) i);
      const LsJsonNode *element = ls_json_reader_element (reader, array, i);
      LsChange *change = element != NULL ? read_row (reader, element, rows->collection) : NULL;

      if (change != NULL)
        g_ptr_array_add (rows->changes, change);
      ls_json_reader_leave (reader, mark);
    }
}
