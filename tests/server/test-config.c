/* SPDX-License-Identifier: GPL-3.0-or-later */

#include <string.h>

#include "core/ls-error.h"
#include "ls-test-dir.h"
#include "server/ls-config.h"

typedef struct {
  LsTestDir *dir;
  LsConfig *config;
} Fixture;

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  fixture->dir = ls_test_dir_new ();
  fixture->config = ls_config_new ();
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  ls_config_free (fixture->config);
  ls_test_dir_free (fixture->dir);
}

static char *
write_file (Fixture    *fixture,
            const char *text)
{
  char *path = ls_test_dir_file (fixture->dir, "lockstepd.conf");
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
  return path;
}

static void
parse_line (Fixture    *fixture,
            const char *line,
            GError    **error)
{
  static const LsOptionId ids[] = { LS_OPTION_CONFIG, LS_OPTION_DATA, LS_OPTION_LISTEN,
                                    LS_OPTION_RING, LS_OPTION_HEARTBEAT };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_auto (GStrv) words = g_strsplit (line, " ", -1);

  g_option_context_set_main_group (context,
                                   ls_config_get_group (fixture->config, ids, G_N_ELEMENTS (ids)));
  g_option_context_set_help_enabled (context, FALSE);
  g_option_context_parse_strv (context, &words, error);
}

static void
test_precedence (Fixture      *fixture,
                 gconstpointer data)
{
  g_autofree char *path = write_file (fixture, "[server]\ndata=/file\nring=1MiB\nheartbeat=7s\n");
  const char *const environment[] = { "LOCKSTEP_DATA=/environment", "LOCKSTEP_RING=2MiB", "OTHER=1",
                                      NULL };
  g_autofree char *line = g_strdup_printf ("x --config %s --data /flag", path);
  g_autoptr (GError) error = NULL;

  parse_line (fixture, line, &error);
  g_assert_no_error (error);
  g_assert_true (ls_config_load (fixture->config, environment, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (ls_config_get_text (fixture->config, LS_OPTION_DATA), ==, "/flag");
  g_assert_cmpint (ls_config_get_number (fixture->config, LS_OPTION_RING), ==, 2 * 1024 * 1024);
  g_assert_cmpint (ls_config_get_number (fixture->config, LS_OPTION_HEARTBEAT), ==,
                   7 * G_USEC_PER_SEC);
  g_assert_cmpint (ls_config_get_number (fixture->config, LS_OPTION_MAX_UNSENT), ==,
                   4 * 1024 * 1024);
  g_assert_cmpstr (ls_config_get_source (fixture->config, LS_OPTION_DATA), ==, "--data");
  g_assert_cmpstr (ls_config_get_source (fixture->config, LS_OPTION_RING), ==, "LOCKSTEP_RING");
  g_assert_cmpstr (ls_config_get_source (fixture->config, LS_OPTION_MAX_UNSENT), ==, "default");
}

static void
test_lists (Fixture      *fixture,
            gconstpointer data)
{
  const char *const environment[] = { "LOCKSTEP_LISTEN=127.0.0.1:1;unix:/a b", NULL };
  g_autoptr (LsConfig) other = ls_config_new ();
  g_autoptr (GError) error = NULL;
  const char *const *list;

  parse_line (fixture, "x --listen 127.0.0.1:0 --listen=unix:/s", &error);
  g_assert_no_error (error);
  g_assert_true (ls_config_load (fixture->config, environment, &error));
  list = ls_config_get_list (fixture->config, LS_OPTION_LISTEN);
  g_assert_cmpuint (g_strv_length ((char **) list), ==, 2);
  g_assert_cmpstr (list[0], ==, "127.0.0.1:0");
  g_assert_cmpstr (list[1], ==, "unix:/s");

  g_assert_true (ls_config_load (other, environment, &error));
  list = ls_config_get_list (other, LS_OPTION_LISTEN);
  g_assert_cmpuint (g_strv_length ((char **) list), ==, 2);
  g_assert_cmpstr (list[1], ==, "unix:/a b");
}

static void
test_file_from_environment (Fixture      *fixture,
                            gconstpointer data)
{
  g_autofree char *path = write_file (fixture, "[server]\nlisten=127.0.0.1:1;[::1]:2\n");
  g_autofree char *variable = g_strconcat ("LOCKSTEP_CONFIG=", path, NULL);
  const char *const environment[] = { variable, NULL };
  g_autoptr (GError) error = NULL;

  g_assert_true (ls_config_load (fixture->config, environment, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (ls_config_get_list (fixture->config, LS_OPTION_LISTEN)[1], ==, "[::1]:2");
}

static void
test_refused_values (Fixture      *fixture,
                     gconstpointer data)
{
  static const struct {
    LsOptionId id;
    const char *text;
    const char *words;
  } cases[] = {
    { LS_OPTION_RING, "much", "--ring: not a size" },
    { LS_OPTION_RING, "", "--ring: not a size" },
    { LS_OPTION_RING, "-1MiB", "--ring: not a size" },
    { LS_OPTION_RING, "4MB", "--ring: not a size" },
    { LS_OPTION_RING, "1", "--ring: not between" },
    { LS_OPTION_RING, "99999999999999GiB", "--ring: not a size" },
    { LS_OPTION_HEARTBEAT, "30 parsecs", "--heartbeat: not a time" },
    { LS_OPTION_HEARTBEAT, "0s", "--heartbeat: not between 100 ms and 3600 s" },
    { LS_OPTION_HEARTBEAT, "2h", "--heartbeat: not between" },
    { LS_OPTION_EDIT_BURST, "0", "--edit-burst: not between 1 and 1000000" },
    { LS_OPTION_EDIT_BURST, "1.5", "--edit-burst: not a number" },
    { LS_OPTION_BEHIND_PROXY, "perhaps", "--behind-proxy: neither yes nor no" },
    { LS_OPTION_LOG_LEVEL, "loud", "--log-level: not warning" },
    { LS_OPTION_DATA, "", "--data: empty" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (ls_config_set (fixture->config, cases[i].id, cases[i].text, &error));
      g_assert_error (error, LS_ERROR, LS_ERROR_VALIDATION);
      g_assert_true (g_str_has_prefix (error->message, cases[i].words));
    }
}

static void
test_accepted_values (Fixture      *fixture,
                      gconstpointer data)
{
  static const struct {
    LsOptionId id;
    const char *text;
    int64_t number;
  } cases[] = {
    { LS_OPTION_RING, "65536", 65536 },
    { LS_OPTION_RING, "100KiB", 102400 },
    { LS_OPTION_RING, "1 GiB", 1073741824 },
    { LS_OPTION_HEARTBEAT, "500ms", 500000 },
    { LS_OPTION_HEARTBEAT, "2min", 120000000 },
    { LS_OPTION_HEARTBEAT, "45", 45000000 },
    { LS_OPTION_TOKEN_LIFETIME, "90d", INT64_C (7776000000000) },
    { LS_OPTION_TOKEN_LIFETIME, "12h", INT64_C (43200000000) },
    { LS_OPTION_BEHIND_PROXY, "yes", 1 },
    { LS_OPTION_BEHIND_PROXY, "off", 0 },
    { LS_OPTION_LOG_LEVEL, "debug", G_LOG_LEVEL_DEBUG },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_true (ls_config_set (fixture->config, cases[i].id, cases[i].text, &error));
      g_assert_no_error (error);
      g_assert_cmpint (ls_config_get_number (fixture->config, cases[i].id), ==, cases[i].number);
    }
}

static void
test_refused_files (Fixture      *fixture,
                    gconstpointer data)
{
  static const struct {
    const char *text;
    const char *words;
  } cases[] = {
    { "[server]\nlisen=127.0.0.1:1\n", "lockstepd.conf:2: [server] lisen: no such option" },
    { "# ours\n[server]\ndata=/y\n config = /x\n", "lockstepd.conf:4: [server] config: no such option" },
    { "[sever]\n", "lockstepd.conf:1: no such group as [sever]" },
    { "[server]\nring=tiny\n", "[server] ring: not a size" },
    { "data=/x\n", "lockstepd.conf:1: " },
    { "[server]\n\ngarbage\n", "lockstepd.conf:3: " },
    { "[server]\nring=1M\nring=tiny\n", "lockstepd.conf:3: [server] ring: not a size" },
    { "[server]\n# caf\xe9\ndata=/x\n", "lockstepd.conf:2: not UTF-8" },
    { "[server]\ndata=\\q\n", "[server] data: " },
    /* GKeyFile would complain twice. */
    { "[server]\ndata=\\q\\\n", "lockstepd.conf:2: a backslash at the end of the line" },
    { "[server]\ndata=/x\\\n", "lockstepd.conf:2: a backslash at the end of the line" },
    { "[server]\n listen=\\q;\\\r\n", "lockstepd.conf:2: a backslash at the end of the line" },
    { "[server]\n# \\\ndata=/x\\\\\nring=tiny\n", "lockstepd.conf:4: [server] ring: not a size" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = write_file (fixture, cases[i].text);
      g_autoptr (LsConfig) config = ls_config_new ();
      const char *const environment[] = { NULL };
      g_autoptr (GError) error = NULL;

      g_assert_true (ls_config_set (config, LS_OPTION_CONFIG, path, &error));
      g_assert_false (ls_config_load (config, environment, &error));
      g_assert_nonnull (error);
      g_assert_true (g_str_has_prefix (error->message, path));
      g_assert_nonnull (strstr (error->message, cases[i].words));
    }
}

static void
test_wrong_variable (Fixture      *fixture,
                     gconstpointer data)
{
  const char *const environment[] = { "LOCKSTEP_MAX_UNSENT=lots", NULL };
  g_autoptr (GError) error = NULL;

  g_assert_false (ls_config_load (fixture->config, environment, &error));
  g_assert_error (error, LS_ERROR, LS_ERROR_VALIDATION);
  g_assert_true (g_str_has_prefix (error->message, "LOCKSTEP_MAX_UNSENT: not a size"));
}

static void
test_described (Fixture      *fixture,
                gconstpointer data)
{
  g_autofree char *text = ls_config_describe ();

  g_assert_nonnull (strstr (text, "--max-unsent=SIZE, LOCKSTEP_MAX_UNSENT (default 4MiB)"));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)
  ADD ("/config/precedence", test_precedence);
  ADD ("/config/lists", test_lists);
  ADD ("/config/file-from-environment", test_file_from_environment);
  ADD ("/config/refused-values", test_refused_values);
  ADD ("/config/accepted-values", test_accepted_values);
  ADD ("/config/refused-files", test_refused_files);
  ADD ("/config/wrong-variable", test_wrong_variable);
  ADD ("/config/described", test_described);
#undef ADD
  return g_test_run ();
}
