/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-test-json.h"

static void
assert_same_value (JsonNode         *theirs,
                   const LsJsonNode *ours)
{
  GType type = json_node_get_value_type (theirs);

  if (type == G_TYPE_STRING)
    {
      g_assert_cmpint (ours->kind, ==, LS_JSON_TEXT);
      g_assert_cmpstr (ours->text, ==, json_node_get_string (theirs));
    }
  else if (type == G_TYPE_BOOLEAN)
    {
      g_assert_cmpint (ours->kind, ==, LS_JSON_BOOLEAN);
      g_assert_cmpint (ours->integer, ==, json_node_get_boolean (theirs));
    }
  else
    {
      g_assert_true (type == G_TYPE_INT64);
      g_assert_cmpint (ours->kind, ==, LS_JSON_INTEGER);
      g_assert_cmpint (ours->integer, ==, json_node_get_int (theirs));
    }
}

static void
assert_same_object (JsonObject       *theirs,
                    const LsJsonNode *ours)
{
  g_autoptr (GList) names = json_object_get_members (theirs);
  const LsJsonNode *member = ours->first;

  g_assert_cmpint (ours->kind, ==, LS_JSON_OBJECT);
  g_assert_cmpuint (ours->length, ==, json_object_get_size (theirs));
  for (GList *link = names; link != NULL; link = link->next)
    {
      g_assert_nonnull (member);
      g_assert_cmpstr (member->name, ==, link->data);
      g_assert_true (ls_json_node_get_member (ours, link->data) == member);
      ls_test_json_assert_same (json_object_get_member (theirs, link->data), member);
      member = member->next;
    }
  g_assert_null (member);
}

void
ls_test_json_assert_same (JsonNode         *theirs,
                          const LsJsonNode *ours)
{
  switch (json_node_get_node_type (theirs))
    {
    case JSON_NODE_OBJECT:
      assert_same_object (json_node_get_object (theirs), ours);
      break;
    case JSON_NODE_ARRAY:
      g_assert_cmpint (ours->kind, ==, LS_JSON_ARRAY);
      g_assert_cmpuint (ours->length, ==, json_array_get_length (json_node_get_array (theirs)));
      for (unsigned i = 0; i < ours->length; i++)
        ls_test_json_assert_same (json_array_get_element (json_node_get_array (theirs), i),
                                  ours->elements[i]);
      break;
    case JSON_NODE_VALUE:
      assert_same_value (theirs, ours);
      break;
    case JSON_NODE_NULL:
    default:
      g_assert_cmpint (ours->kind, ==, LS_JSON_NULL);
    }
}
