/* SPDX-License-Identifier: GPL-3.0-or-later */

#include <string.h>

#include <glib/gstdio.h>
#include <sys/stat.h>

#include "ls-test-dir.h"
#include "ls-test-peer.h"
#include "ls-test-server.h"

/* The commands of lockstepd besides serve, as an operator types them. */

#define ROWS                                                                                        \
  "{\"k\":\"drums\",\"d\":{\"name\":\"Drums\",\"status\":\"active\",\"price\":1990,\"stock\":5}}\n" \
  "{\"k\":\"bass\",\"d\":{\"name\":\"Bass\",\"status\":\"draft\",\"price\":990}}\n"

typedef struct {
  LsTestDir *dir;
  LsTestServer *server;
} Fixture;

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  fixture->dir = ls_test_dir_new ();
  fixture->server = ls_test_server_new_stopped (NULL);
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  ls_test_server_free (fixture->server);
  ls_test_dir_free (fixture->dir);
}

static void
import_rows (Fixture *fixture)
{
  g_autofree char *file = ls_test_dir_file (fixture->dir, "products.ndjson");
  g_autoptr (GError) error = NULL;

  g_file_set_contents (file, ROWS, -1, &error);
  g_assert_no_error (error);
  g_free (ls_test_server_run (fixture->server, NULL, "import", "--shop=music", file, NULL));
}

static void
test_misused (Fixture      *fixture,
              gconstpointer data)
{
  static const char *const lines[][4] = {
    { "frobnicate" },           { "init", "now" },         { "serve", "now" },
    { "shop" },                 { "shop", "add" },         { "shop", "sell", "music" },
    { "user" },                 { "user", "add" },         { "user", "role", "maya" },
    { "token" },                { "export" },              { "check", "it" },
    { "status", "quo" },        { "serve", "--loud" },     { "serve", "--heartbeat=soon" },
    { "import", "--shop=music" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_autofree char *errors = NULL;

      g_assert_cmpint (ls_test_server_try (fixture->server, NULL, &errors, lines[i][0], lines[i][1],
                                           lines[i][2], NULL),
                       ==, 2);
      g_assert_nonnull (strstr (errors, "; try: lockstepd "));
    }
}

static void
test_refused (Fixture      *fixture,
              gconstpointer data)
{
  static const struct {
    const char *line[4];
    const char *words;
  } cases[] = {
    { { "init" }, "the folder is not empty" },
    { { "shop", "add", "music" }, "music" },
    { { "shop", "add", "x", "--currency=euro" }, "currency" },
    { { "shop", "add", "x", "--time-zone=Mars/Olympus" }, "not a time zone" },
    { { "shop", "add", " x" }, "a shop's id has" },
    { { "user", "add", "maya", "--role=king" }, "not a role" },
    { { "user", "role", "nobody", "staff" }, "there is no user nobody" },
    { { "token", "--user=nobody" }, "there is no user nobody" },
    { { "export", "--shop=nope" }, "there is no shop" },
    { { "export", "--shop=music", "nope" }, "no such collection" },
    { { "check", "--shop=nope" }, "there is no shop" },
    { { "serve", "--listen=nowhere" }, "neither ADDRESS:PORT nor unix:PATH" },
    { { "serve", "--listen=example.org:80" }, "not an IP address" },
    { { "serve", "--config=/nonexistent" }, "/nonexistent" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *errors = NULL;
      int status = ls_test_server_try (fixture->server, NULL, &errors, cases[i].line[0],
                                       cases[i].line[1], cases[i].line[2], cases[i].line[3], NULL);

      if (status != 1 || strstr (errors, cases[i].words) == NULL)
        g_error ("%s %s: %d, %s", cases[i].line[0], cases[i].line[1], status, errors);
    }
}

static void
test_help (Fixture      *fixture,
           gconstpointer data)
{
  static const char *const commands[] = {
    "init", "serve", "shop", "user", "token", "import", "export", "check", "status",
  };
  g_autofree char *all = NULL;
  g_autofree char *options = NULL;

  g_assert_cmpint (ls_test_server_try (fixture->server, &all, NULL, "help", NULL), ==, 0);
  for (size_t i = 0; i < G_N_ELEMENTS (commands); i++)
    {
      g_autofree char *one = NULL;

      g_assert_nonnull (strstr (all, commands[i]));
      g_assert_cmpint (
          ls_test_server_try (fixture->server, &one, NULL, commands[i], "--help", NULL), ==, 0);
      g_assert_nonnull (strstr (one, "Examples:"));
      g_assert_nonnull (strstr (one, "--data=DIR"));
    }
  g_assert_cmpint (ls_test_server_try (fixture->server, &options, NULL, "help", "options", NULL),
                   ==, 0);
  g_assert_nonnull (strstr (options, "LOCKSTEP_LISTEN"));
}

static void
test_private (Fixture      *fixture,
              gconstpointer data)
{
  const char *folder = ls_test_server_get_data (fixture->server);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;
  GStatBuf status;

  g_assert_cmpint (g_stat (folder, &status), ==, 0);
  g_assert_cmpuint (status.st_mode & 0777, ==, 0700);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      g_assert_cmpint (g_stat (path, &status), ==, 0);
      g_assert_cmpuint (status.st_mode & 0077, ==, 0);
    }
}

/* What export writes, import takes: into another shop it makes the same rows. */
static void
test_export_import (Fixture      *fixture,
                    gconstpointer data)
{
  g_autofree char *first = ls_test_dir_file (fixture->dir, "first");
  g_autofree char *second = ls_test_dir_file (fixture->dir, "second");
  g_autofree char *to_first = g_strconcat ("--to=", first, NULL);
  g_autofree char *to_second = g_strconcat ("--to=", second, NULL);
  g_autofree char *file = g_build_filename (first, "products.ndjson", NULL);
  g_autofree char *copy = g_build_filename (second, "products.ndjson", NULL);
  g_autofree char *stream = NULL;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  import_rows (fixture);
  g_free (ls_test_server_run (fixture->server, NULL, "export", "--shop=music", to_first, NULL));
  g_free (ls_test_server_run (fixture->server, NULL, "shop", "add", "copy", NULL));
  g_free (ls_test_server_run (fixture->server, NULL, "import", "--shop=copy", file, NULL));
  g_free (ls_test_server_run (fixture->server, NULL, "export", "--shop=copy", to_second, NULL));
  g_assert_true (g_file_get_contents (file, &before, NULL, NULL));
  g_assert_true (g_file_get_contents (copy, &after, NULL, NULL));
  g_assert_nonnull (strstr (before, "Drums"));
  g_assert_cmpstr (before, ==, after);

  stream = ls_test_server_run (fixture->server, NULL, "export", "--shop=music", "products", NULL);
  g_assert_true (g_str_has_prefix (stream, "{\"t\":\"snapshot\""));
  g_assert_nonnull (strstr (stream, "\n{\"t\":\"end\",\"rows\":2,"));
}

/* A shop in which nothing is yet has its collections too, and what has no rows takes no others' place. */
static void
test_export_nothing (Fixture      *fixture,
                     gconstpointer data)
{
  g_autofree char *folder = ls_test_dir_file (fixture->dir, "nothing");
  g_autofree char *to = g_strconcat ("--to=", folder, NULL);
  g_autofree char *file = g_build_filename (folder, "orders.ndjson", NULL);
  g_autofree char *stream = NULL;
  g_autofree char *all = NULL;
  g_autofree char *text = NULL;

  stream = ls_test_server_run (fixture->server, NULL, "export", "--shop=music", "products", NULL);
  g_assert_true (g_str_has_prefix (stream, "{\"t\":\"snapshot\""));
  g_assert_nonnull (strstr (stream, "\n{\"t\":\"rows\",\"c\":\"products\"}\n{\"t\":\"end\",\"rows\":0,"));
  all = ls_test_server_run (fixture->server, NULL, "export", "--shop=music", NULL);
  g_assert_nonnull (strstr (all, "\"orders\""));
  g_free (ls_test_server_run (fixture->server, NULL, "export", "--shop=music", to, NULL));
  g_assert_true (g_file_get_contents (file, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "");
}

/* A file with text, by its path. */
static char *
write_file (Fixture    *fixture,
            const char *name,
            const char *text)
{
  char *path = ls_test_dir_file (fixture->dir, name);
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
  return path;
}

static unsigned
count_lines (const char *text,
             const char *with)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  unsigned n = 0;

  for (unsigned i = 0; lines[i] != NULL; i++)
    n += strstr (lines[i], with) != NULL;
  return n;
}

/* What is wrong with a file is said with its line, the first of it on the screen and all in a file. Nothing of
 * it is written. */
static void
test_import_problems (Fixture      *fixture,
                      gconstpointer data)
{
  g_autoptr (GString) rows = g_string_new (ROWS);
  g_autofree char *file = NULL;
  g_autofree char *problems = ls_test_dir_file (fixture->dir, "problems.txt");
  g_autofree char *to_problems = g_strconcat ("--errors=", problems, NULL);
  g_autofree char *said = NULL;
  g_autofree char *written = NULL;
  g_autofree char *nowhere = NULL;
  g_autofree char *stream = NULL;

  for (int i = 0; i < 30; i++)
    g_string_append_printf (rows, "{\"k\":\"bad-%d\",\"d\":{\"name\":\"x\",\"price\":\"much\"}}\n", i);
  file = write_file (fixture, "products.ndjson", rows->str);
  g_assert_cmpint (ls_test_server_try (fixture->server, NULL, &said, "import", "--shop=music",
                                       to_problems, file, NULL), ==, 1);
  g_assert_cmpuint (count_lines (said, "products.ndjson:"), ==, 20);
  g_assert_nonnull (strstr (said, "products.ndjson:3: "));
  g_assert_nonnull (strstr (said, "… and 10 more\n"));
  g_assert_true (g_file_get_contents (problems, &written, NULL, NULL));
  g_assert_cmpuint (count_lines (written, "products.ndjson:"), ==, 30);
  g_assert_nonnull (strstr (written, "products.ndjson:32: "));
  stream = ls_test_server_run (fixture->server, NULL, "export", "--shop=music", "products", NULL);
  g_assert_null (strstr (stream, "Drums"));

  g_assert_cmpint (ls_test_server_try (fixture->server, NULL, &nowhere, "import", "--shop=music",
                                       "--errors=/nonexistent/problems", file, NULL), ==, 1);
  g_assert_nonnull (strstr (nowhere, "/nonexistent"));
}

/* A rehearsal tells the same, and writes nothing. */
static void
test_import_dry_run (Fixture      *fixture,
                     gconstpointer data)
{
  g_autofree char *file = write_file (fixture, "products.ndjson", ROWS);
  g_autofree char *rehearsed = ls_test_server_run (fixture->server, NULL, "import", "--shop=music",
                                                   "--dry-run", file, NULL);
  g_autofree char *done = ls_test_server_run (fixture->server, NULL, "import", "--shop=music", file, NULL);
  g_autofree char *again = ls_test_server_run (fixture->server, NULL, "import", "--shop=music", file, NULL);

  g_assert_cmpstr (rehearsed, ==, "2 rows: 2 new, 0 changed, 0 as they are already (nothing was written)");
  g_assert_cmpstr (done, ==, "2 rows: 2 new, 0 changed, 0 as they are already");
  g_assert_cmpstr (again, ==, "2 rows: 0 new, 0 changed, 2 as they are already");
}

/* What the files are is told, or seen by their names, and what does not fit is refused. */
static void
test_import_formats (Fixture      *fixture,
                     gconstpointer data)
{
  static const struct {
    const char *words[2];
    const char *error;
  } refused[] = {
    { { "--format=xml" }, "not a format" },
    { { "--format=csv" }, "needs a mapping file" },
    { { "--format=ndjson", "--map=/nonexistent" }, "needs a mapping file" },
    { { "--map=/nonexistent" }, "/nonexistent" },
  };
  g_autofree char *table = write_file (fixture, "table.csv",
                                       "Id,Title,Cents,Shelf\np1,Beat,1999,A\np2,Low Tide,500,B\n");
  g_autofree char *map = write_file (fixture, "table.map",
                                     "[import]\ncollection=products\nkey={Id}\n"
                                     "[name]\ncolumn=Title\n[price]\ncolumn=Cents\n"
                                     "[status]\nvalue=active\n");
  g_autofree char *with_map = g_strconcat ("--map=", map, NULL);
  g_autofree char *ignored = NULL;
  g_autofree char *said = NULL;
  g_autofree char *stream = NULL;

  for (size_t i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      const char *second = refused[i].words[1] != NULL ? refused[i].words[1] : "--dry-run";
      g_autofree char *errors = NULL;
      int status = ls_test_server_try (fixture->server, NULL, &errors, "import", "--shop=music",
                                       refused[i].words[0], second, table, NULL);

      if (status != 1 || strstr (errors, refused[i].error) == NULL)
        g_error ("%s: %d, %s", refused[i].words[0], status, errors);
    }
  g_assert_cmpint (ls_test_server_try (fixture->server, &said, &ignored, "import", "--shop=music",
                                       with_map, table, NULL), ==, 0);
  g_assert_nonnull (strstr (said, "2 rows: 2 new"));
  g_assert_nonnull (strstr (ignored, "nothing is done with the columns Shelf"));
  stream = ls_test_server_run (fixture->server, NULL, "export", "--shop=music", "products", NULL);
  g_assert_nonnull (strstr (stream, "Low Tide"));
}

static void
test_check (Fixture      *fixture,
            gconstpointer data)
{
  g_autofree char *output = NULL;
  g_autofree char *repaired = NULL;
  g_autofree char *busy = NULL;

  import_rows (fixture);
  output = ls_test_server_run (fixture->server, NULL, "check", NULL);
  g_assert_nonnull (strstr (output, "music: "));
  g_assert_nonnull (strstr (output, "all is right"));
  repaired = ls_test_server_run (fixture->server, NULL, "check", "--repair", "--shop=music", NULL);
  g_assert_nonnull (strstr (repaired, "all is right"));

  ls_test_server_start (fixture->server);
  g_assert_cmpint (ls_test_server_try (fixture->server, NULL, &busy, "check", "--repair", NULL), ==,
                   1);
  g_assert_nonnull (strstr (busy, "stop the server first"));
  g_assert_cmpint (ls_test_server_try (fixture->server, NULL, NULL, "check", NULL), ==, 0);
}

static void
test_status (Fixture      *fixture,
             gconstpointer data)
{
  g_autofree char *stopped = NULL;
  g_autofree char *running = NULL;
  g_autofree char *killed = NULL;

  g_assert_cmpint (ls_test_server_try (fixture->server, &stopped, NULL, "status", NULL), ==, 1);
  g_assert_nonnull (strstr (stopped, "does not run"));
  g_assert_nonnull (strstr (stopped, "shop music: Tape Machine"));
  ls_test_server_start (fixture->server);
  g_assert_cmpint (ls_test_server_try (fixture->server, &running, NULL, "status", NULL), ==, 0);
  g_assert_nonnull (strstr (running, ls_test_server_get_url (fixture->server)));
  ls_test_server_kill (fixture->server);
  g_assert_cmpint (ls_test_server_try (fixture->server, &killed, NULL, "status", NULL), ==, 1);
  g_assert_nonnull (strstr (killed, "does not answer"));
}

/* Made-up orders go into no shop that has real ones. */
static void
test_simulate_refused (Fixture      *fixture,
                       gconstpointer data)
{
  g_autofree char *stopped = NULL;
  g_autofree char *named = NULL;
  g_autofree char *all = NULL;

  g_assert_cmpint (ls_test_server_try (fixture->server, NULL, &stopped, "simulate", "--duration=1", NULL), ==, 1);
  ls_test_server_start (fixture->server);
  g_assert_cmpint (ls_test_server_try (fixture->server, NULL, &named, "simulate", "--duration=1",
                                       "--shop=music", NULL), ==, 1);
  g_assert_nonnull (strstr (named, "sample"));
  g_assert_cmpint (ls_test_server_try (fixture->server, NULL, &all, "simulate", "--duration=1", NULL), ==, 1);
  g_assert_nonnull (strstr (all, "there is no sample shop"));
}

static void
test_shops (Fixture      *fixture,
            gconstpointer data)
{
  g_autofree char *list = NULL;
  g_autofree char *rows = NULL;

  g_free (ls_test_server_run (fixture->server, NULL, "shop", "add", "tape", "--name=Reel",
                              "--currency=JPY", "--time-zone=Asia/Tokyo", NULL));
  g_free (ls_test_server_run (fixture->server, NULL, "shop", "add", "vinyl", NULL));
  list = ls_test_server_run (fixture->server, NULL, "shop", "list", NULL);
  g_assert_cmpstr (list, ==,
                   "music\tTape Machine\tversion 1\n"
                   "tape\tReel\tversion 1\n"
                   "vinyl\tvinyl\tversion 1");
  rows = ls_test_server_run (fixture->server, NULL, "export", "--shop=tape", "shops", NULL);
  g_assert_nonnull (strstr (rows, "\"currency\":\"JPY\""));
  g_assert_nonnull (strstr (rows, "\"time_zone\":\"Asia/Tokyo\""));
}

static void
test_users (Fixture      *fixture,
            gconstpointer data)
{
  g_autofree char *list = NULL;

  g_free (ls_test_server_run (fixture->server, "correct horse\n", "user", "add", "maya",
                              "--role=staff", "--shop=music", NULL));
  g_free (ls_test_server_run (fixture->server, NULL, "user", "role", "maya", "viewer", NULL));
  list = ls_test_server_run (fixture->server, NULL, "user", "list", NULL);
  g_assert_cmpstr (list, ==,
                   "admin\ttokens only\t*: owner\nmaya\tpassword\t*: viewer, music: staff");
}

/* Several addresses, one of them a socket that a killed server left behind. */
static void
test_unix_socket (Fixture      *fixture,
                  gconstpointer data)
{
  g_autofree char *path = ls_test_dir_file (fixture->dir, "socket");
  g_autofree char *listen = g_strconcat ("--listen=unix:", path, NULL);
  const char *const options[] = { listen, NULL };
  g_autoptr (LsTestServer) server = ls_test_server_new (options);
  GStatBuf status;

  ls_test_server_kill (server);
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  ls_test_server_start (server);
  g_assert_cmpint (g_stat (path, &status), ==, 0);
  g_assert_cmpuint (status.st_mode & 0077, ==, 0);
  g_assert_cmpint (ls_test_server_stop (server), ==, 0);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)
  ADD ("/commands/misused", test_misused);
  ADD ("/commands/refused", test_refused);
  ADD ("/commands/help", test_help);
  ADD ("/commands/private", test_private);
  ADD ("/commands/export-import", test_export_import);
  ADD ("/commands/export-nothing", test_export_nothing);
  ADD ("/commands/import-problems", test_import_problems);
  ADD ("/commands/import-dry-run", test_import_dry_run);
  ADD ("/commands/import-formats", test_import_formats);
  ADD ("/commands/check", test_check);
  ADD ("/commands/status", test_status);
  ADD ("/commands/simulate-refused", test_simulate_refused);
  ADD ("/commands/shops", test_shops);
  ADD ("/commands/users", test_users);
  ADD ("/commands/unix-socket", test_unix_socket);
#undef ADD
  return g_test_run ();
}
