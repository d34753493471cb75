/* SPDX-License-Identifier: GPL-3.0-or-later */

#include <gio/gio.h>

#include "client/ls-connection-options.h"
#include "core/ls-error.h"

#define SECOND ((int64_t) G_USEC_PER_SEC)

/* The figures of the protocol. */
static void
test_defaults (void)
{
  LsConnectionOptions options;

  ls_connection_options_init (&options);
  g_assert_cmpint (options.connect_timeout, ==, 15 * SECOND);
  g_assert_cmpint (options.heartbeat, ==, 30 * SECOND);
  g_assert_cmpint (options.pong_timeout, ==, 15 * SECOND);
  g_assert_cmpint (options.fallback_delay, ==, 5 * SECOND / 2);
  g_assert_cmpint (options.backoff_first, ==, SECOND);
  g_assert_cmpint (options.backoff_cap, ==, 30 * SECOND);
  g_assert_cmpint (options.offline_after, ==, 10);
  g_assert_cmpint (options.attempts, ==, 3);
  g_assert_cmpint (options.poll_wait, ==, 25 * SECOND);
  g_assert_cmpint (options.poll_min, ==, 2 * SECOND);
  g_assert_cmpint (options.poll_max, ==, 60 * SECOND);
}

/* Each option is a key of the settings, with the same default and bounds. */
static void
test_settings (void)
{
  g_autoptr (GSettingsSchema) schema = g_settings_schema_source_lookup (
      g_settings_schema_source_get_default (), "io.github.lockstep.Lockstep", FALSE);
  size_t count;
  const LsConnectionOption *table = ls_connection_options_list (&count);

  g_assert_nonnull (schema);
  for (size_t i = 0; i < count; i++)
    {
      g_autoptr (GSettingsSchemaKey) key = NULL;
      g_autoptr (GVariant) fallback = NULL;
      g_autoptr (GVariant) range = NULL;
      g_autoptr (GVariant) bounds = NULL;
      const char *kind;
      unsigned min, max;

      if (!g_settings_schema_has_key (schema, table[i].name))
        g_error ("%s is no key of the settings", table[i].name);
      key = g_settings_schema_get_key (schema, table[i].name);
      fallback = g_settings_schema_key_get_default_value (key);
      g_assert_cmpint (g_variant_get_uint32 (fallback), ==, table[i].fallback);
      range = g_settings_schema_key_get_range (key);
      g_variant_get (range, "(&sv)", &kind, &bounds);
      g_assert_cmpstr (kind, ==, "range");
      g_variant_get (bounds, "(uu)", &min, &max);
      g_assert_cmpint (min, ==, table[i].min);
      g_assert_cmpint (max, ==, table[i].max);
    }
}

static void
test_environment (void)
{
  static const struct {
    const char *variable;
    int64_t fallback_delay;
    int64_t attempts;
    const char *error;
  } cases[] = {
    { "LOCKSTEP_FALLBACK_DELAY=300ms", 300000, 3, NULL },
    { "LOCKSTEP_FALLBACK_DELAY=4", 4 * SECOND, 3, NULL },
    { "LOCKSTEP_FALLBACK_DELAY=10ms", 10000, 3, NULL },
    { "LOCKSTEP_RETRY_ATTEMPTS=7", 5 * SECOND / 2, 7, NULL },
    { "LOCKSTEP_SOMETHING_ELSE=x", 5 * SECOND / 2, 3, NULL },
    { "LOCKSTEP_FALLBACK_DELAY=9ms", 5 * SECOND / 2, 3,
      "LOCKSTEP_FALLBACK_DELAY: not between 10 ms and 60 s" },
    { "LOCKSTEP_FALLBACK_DELAY=61s", 5 * SECOND / 2, 3,
      "LOCKSTEP_FALLBACK_DELAY: not between 10 ms and 60 s" },
    { "LOCKSTEP_FALLBACK_DELAY=soon", 5 * SECOND / 2, 3,
      "LOCKSTEP_FALLBACK_DELAY: not a time such as 500ms, 30s or 2min" },
    { "LOCKSTEP_FALLBACK_DELAY=", 5 * SECOND / 2, 3,
      "LOCKSTEP_FALLBACK_DELAY: not a time such as 500ms, 30s or 2min" },
    { "LOCKSTEP_RETRY_ATTEMPTS=0", 5 * SECOND / 2, 3,
      "LOCKSTEP_RETRY_ATTEMPTS: not between 1 and 20" },
    { "LOCKSTEP_RETRY_ATTEMPTS=3s", 5 * SECOND / 2, 3, "LOCKSTEP_RETRY_ATTEMPTS: not a number" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const char *environment[] = { "HOME=/", cases[i].variable, "LOCKSTEP_POLL_WAIT=3s", NULL };
      LsConnectionOptions options;
      g_autoptr (GError) error = NULL;
      bool sensible;

      ls_connection_options_init (&options);
      sensible = ls_connection_options_load_environment (&options, environment, &error);
      g_assert_true (sensible == (cases[i].error == NULL));
      if (cases[i].error != NULL)
        g_assert_error (error, LS_ERROR, LS_ERROR_VALIDATION);
      g_assert_cmpstr (error != NULL ? error->message : NULL, ==, cases[i].error);
      g_assert_cmpint (options.fallback_delay, ==, cases[i].fallback_delay);
      g_assert_cmpint (options.attempts, ==, cases[i].attempts);
      /* What stands beside it is taken all the same. */
      g_assert_cmpint (options.poll_wait, ==, 3 * SECOND);
    }
}

static void
test_bounds (void)
{
  LsConnectionOptions options;
  size_t count;
  const LsConnectionOption *table = ls_connection_options_list (&count);

  ls_connection_options_init (&options);
  ls_connection_options_set (&options, &table[0], 100000);
  g_assert_cmpint (options.connect_timeout, ==, 300 * SECOND);
  ls_connection_options_set (&options, &table[0], 0);
  g_assert_cmpint (options.connect_timeout, ==, SECOND);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/connection-options/defaults", test_defaults);
  g_test_add_func ("/connection-options/settings", test_settings);
  g_test_add_func ("/connection-options/environment", test_environment);
  g_test_add_func ("/connection-options/bounds", test_bounds);
  return g_test_run ();
}
