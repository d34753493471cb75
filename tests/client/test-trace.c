/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "client/ls-trace.h"
#include "core/ls-schema.h"
#include "ls-test-environment.h"
#include "ls-test-rows.h"

/* What may be in a trace, and what never is. */

static void
test_scrub (void)
{
  static const struct {
    const char *text, *scrubbed;
  } cases[] = {
    { "the connection broke off", "the connection broke off" },
    { "version 1204: price", "version 1204: price" },
    { "email: \"ada@example.org\" is taken", "email: \"…\" is taken" },
    { "no account ada@example.org here", "no account … here" },
    { "call +4930123456, or “Ada Lovelace”", "call …, or “…”" },
    { "an open \"end", "an open \"end" },
    { "", "" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *scrubbed = ls_trace_scrub (cases[i].text);

      g_assert_cmpstr (scrubbed, ==, cases[i].scrubbed);
    }
}

static LsChange *
change_of (LsCollectionId id,
           const char    *field,
           LsValue        value)
{
  const LsCollection *collection = ls_schema_collection (id);
  LsChange *change = ls_change_new (LS_CHANGE_SET, collection, "k-1");

  ls_change_take_set (change, (unsigned) ls_collection_field (collection, field), value);
  return change;
}

static void
assert_described (LsChange   *change,
                  const char *expected)
{
  g_autofree char *words = ls_trace_describe_change (change);

  g_assert_cmpstr (words, ==, expected);
  ls_change_unref (change);
}

static void
test_describe (void)
{
  assert_described (change_of (LS_PRODUCTS, "price", ls_value_integer (2000)),
                    "set products k-1 price=2000");
  assert_described (change_of (LS_PRODUCTS, "name", ls_value_text ("Secret project")),
                    "set products k-1 name=…");
  assert_described (change_of (LS_CUSTOMERS, "email", ls_value_text ("ada@example.org")),
                    "set customers k-1 email=…");
}

/* No field that the schema calls sensitive is ever told. */
static void
test_sensitive (void)
{
  unsigned n_sensitive = 0;

  for (unsigned id = 0; id < LS_N_COLLECTIONS; id++)
    {
      const LsCollection *collection = ls_schema_collection ((LsCollectionId) id);

      for (unsigned i = 0; i < collection->n_fields; i++)
        {
          const LsField *field = &collection->fields[i];
          bool is_text = field->type == LS_TYPE_TEXT;
          g_autoptr (LsChange) change = ls_change_new (LS_CHANGE_SET, collection, "k-1");
          g_autofree char *words = NULL;

          if (!(field->flags & LS_FIELD_SENSITIVE) &&
              !(collection->flags & LS_COLLECTION_SENSITIVE))
            continue;
          n_sensitive++;
          ls_change_take_set (change, i, is_text ? ls_value_text ("4711") : ls_value_integer (4711));
          words = ls_trace_describe_change (change);
          g_assert_null (strstr (words, "4711"));
          g_assert_nonnull (strstr (words, field->name));
        }
    }
  g_assert_cmpuint (n_sensitive, >, 5);
}

static void
test_lines (void)
{
  g_autoptr (LsTestEnvironment) environment = ls_test_environment_new (1);
  LsEnvironment *env = LS_ENVIRONMENT (environment);
  g_autoptr (LsEventBus) bus =
      ls_event_bus_new (env, ls_environment_get_queue (env, LS_QUEUE_MAIN));
  LsEvent *event = ls_event_new (LS_EVENT_ERROR, "music");
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  size_t length;

  event->message = g_strdup ("ada@example.org\nwas refused");
  event->correlation = g_strdup ("mid-1");
  ls_event_bus_publish (bus, event);
  event = ls_event_new (LS_EVENT_SYNCED, "music");
  event->version = 7;
  ls_event_bus_publish (bus, event);
  ls_test_environment_run (environment);
  text = ls_trace_to_ndjson (bus, 5, &length);
  g_assert_cmpuint (strlen (text), ==, length);
  lines = g_strsplit (text, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, 4);
  g_assert_true (g_str_has_prefix (lines[0], "{\"t\":\"trace\",\"form\":1,"));
  g_assert_nonnull (strstr (lines[1], "\"correlation\":\"mid-1\""));
  g_assert_nonnull (strstr (lines[1], "\"message\":\"…\\nwas refused\""));
  g_assert_nonnull (strstr (lines[2], "\"version\":7"));
  g_assert_cmpstr (lines[3], ==, "");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/trace/scrub", test_scrub);
  g_test_add_func ("/trace/describe", test_describe);
  g_test_add_func ("/trace/sensitive", test_sensitive);
  g_test_add_func ("/trace/lines", test_lines);
  return g_test_run ();
}
