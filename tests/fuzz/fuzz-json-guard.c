/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the guard accepts, json-glib parses, and we read the same; what our writer makes of the parsed tree, the guard accepts
 * again, and it parses to an equal tree with as many members as the text has colons: none was lost as
 * a duplicate. What the guard refuses has a reason and a place. */
#include "config.h"

#include "core/ls-json-guard.h"
#include "core/ls-json-writer.h"
#include "fuzz-target.h"
#include "ls-test-json.h"

static unsigned write_node (LsJsonWriter *writer,
                            JsonNode     *node);

static void
write_scalar (LsJsonWriter *writer,
              JsonNode     *node)
{
  GType type = json_node_get_value_type (node);
  int64_t integer;

  if (type == G_TYPE_STRING)
    ls_json_writer_text (writer, json_node_get_string (node));
  else if (type == G_TYPE_BOOLEAN)
    ls_json_writer_boolean (writer, json_node_get_boolean (node));
  else
    {
      g_assert_true (type == G_TYPE_INT64);
      integer = json_node_get_int (node);
      g_assert_cmpint (integer, <, INT64_C (1) << 53);
      g_assert_cmpint (integer, >, -(INT64_C (1) << 53));
      ls_json_writer_integer (writer, integer);
    }
}

static unsigned
write_object (LsJsonWriter *writer,
              JsonObject   *object)
{
  g_autoptr (GList) names = json_object_get_members (object);
  unsigned n_members = 0;

  ls_json_writer_begin_object (writer);
  for (GList *link = names; link != NULL; link = link->next)
    {
      ls_json_writer_name (writer, link->data);
      n_members += 1 + write_node (writer, json_object_get_member (object, link->data));
    }
  ls_json_writer_end_object (writer);

  return n_members;
}

static unsigned
write_array (LsJsonWriter *writer,
             JsonArray    *array)
{
  unsigned n_members = 0;

  ls_json_writer_begin_array (writer);
  for (unsigned i = 0; i < json_array_get_length (array); i++)
    n_members += write_node (writer, json_array_get_element (array, i));
  ls_json_writer_end_array (writer);

  return n_members;
}

/* Returns how many members the objects of the tree have. The guard bounds the recursion. */
static unsigned
write_node (LsJsonWriter *writer,
            JsonNode     *node)
{
  switch (json_node_get_node_type (node))
    {
    case JSON_NODE_OBJECT:
      return write_object (writer, json_node_get_object (node));
    case JSON_NODE_ARRAY:
      return write_array (writer, json_node_get_array (node));
    case JSON_NODE_VALUE:
      write_scalar (writer, node);
      return 0;
    case JSON_NODE_NULL:
    default:
      ls_json_writer_null (writer);
      return 0;
    }
}

static unsigned
count_colons (const char *text,
              size_t      length)
{
  gboolean in_string = FALSE;
  unsigned n_colons = 0;

  for (size_t i = 0; i < length; i++)
    {
      if (in_string && text[i] == '\\')
        i++;
      else if (text[i] == '"')
        in_string = !in_string;
      else if (!in_string && text[i] == ':')
        n_colons++;
    }

  return n_colons;
}

static JsonNode *
parse (const char *text,
       size_t      length)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (GError) error = NULL;

  json_parser_load_from_data (parser, text, (gssize) length, &error);
  g_assert_no_error (error);
  g_assert_nonnull (json_parser_get_root (parser));

  return json_parser_steal_root (parser);
}

static void
check_refusal (const LsJsonGuardError *error,
               size_t                  size)
{
  g_assert_cmpint (error->reason, !=, LS_JSON_REASON_NONE);
  g_assert_cmpuint (error->offset, <=, size);
  g_assert_true (error->path[0] == '$');
  g_assert_true (g_utf8_validate (error->path, -1, NULL));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  const char *text = (const char *) data;
  LsJsonGuardError refusal = { 0 };
  g_autoptr (LsJsonWriter) writer = NULL;
  g_autoptr (JsonNode) tree = NULL;
  g_autoptr (JsonNode) again = NULL;
  g_autoptr (LsJsonDocument) document = NULL;
  g_autofree char *written = NULL;
  size_t length = 0;

  if (!ls_json_guard_check (text, size, NULL, &refusal))
    {
      check_refusal (&refusal, size);
      return 0;
    }

  tree = parse (text, size);
  document = ls_json_document_new (text, size, NULL, NULL);
  g_assert_nonnull (document);
  ls_test_json_assert_same (tree, ls_json_document_get_root (document));
  writer = ls_json_writer_new ();
  g_assert_cmpuint (write_node (writer, tree), ==, count_colons (text, size));
  written = ls_json_writer_finish (writer, &length);

  if (!ls_json_guard_check (written, length, NULL, &refusal))
    g_error ("The guard refuses what was written: %s at byte %" G_GSIZE_FORMAT " of %s",
             ls_json_reason_to_string (refusal.reason), refusal.offset, written);
  again = parse (written, length);
  g_assert_true (json_node_equal (tree, again));

  return 0;
}
