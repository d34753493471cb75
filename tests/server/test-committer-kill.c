/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A server process that is killed again and again, and a client that sends again what was not
 * acknowledged: at the end every edit is there exactly once, by SQL that knows nothing of our code.
 */
#include "config.h"

#include <gio/gio.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ls-test-dir.h"

#include "server/ls-committer.h"
#include "server/ls-derive-check.h"
#include "server/ls-fault.h"
#include "server/ls-storage-sqlite.h"
#include "sql/ls-sql.h"

#define N_EDITS 600
#define WINDOW 32

static const char *own_path;

/* --- The server: opens the file, decides edits from FIRST on, says each that is decided --- */

typedef struct {
  GMutex lock;
  GCond changed;
  int64_t decided;
} Server;

static void
decided_cb (LsMutation       *mutation,
            const LsDecision *decision,
            const GError     *error,
            int64_t           expected_n,
            gpointer          user_data)
{
  Server *server = user_data;

  if (decision == NULL || decision->status != LS_RESULT_APPLIED)
    exit (3);
  printf ("%" G_GINT64_FORMAT " %" G_GINT64_FORMAT "\n", mutation->n, decision->version);
  fflush (stdout);
  g_mutex_lock (&server->lock);
  server->decided = mutation->n;
  g_cond_signal (&server->changed);
  g_mutex_unlock (&server->lock);
}

static void
create_shop (LsStorage *storage)
{
  const LsCollection *shops = ls_schema_collection (LS_SHOPS);
  g_autoptr (LsRecord) row = ls_record_new (shops, "s");

  ls_record_set_text (row, (unsigned) ls_collection_field (shops, "name"), "The shop");
  ls_record_set_text (row, (unsigned) ls_collection_field (shops, "currency"), "EUR");
  ls_record_set_text (row, (unsigned) ls_collection_field (shops, "time_zone"), "UTC");
  ls_record_set_integer (row, (unsigned) ls_collection_field (shops, "sample"), 0);
  /* After the first time it is there already. */
  ls_storage_create_shop (storage, row, NULL);
}

static LsMutation *
make_edit (int64_t n)
{
  LsMutation *mutation = ls_mutation_new ("s");
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);
  LsChange *change = ls_change_new (n == 1 ? LS_CHANGE_PUT : LS_CHANGE_ADD, products, "p");

  mutation->client = g_strdup ("c");
  mutation->actor = g_strdup ("alma");
  mutation->role = LS_ROLE_OWNER;
  mutation->n = n;
  mutation->mid = g_strdup_printf ("m%" G_GINT64_FORMAT, n);
  mutation->changes = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
  if (n == 1)
    {
      ls_change_take_set (change, (unsigned) ls_collection_field (products, "name"),
                          ls_value_text ("P"));
      ls_change_take_set (change, (unsigned) ls_collection_field (products, "status"),
                          ls_value_text ("active"));
    }
  ls_change_take_set (change, (unsigned) ls_collection_field (products, "stock"),
                      ls_value_integer (1));
  g_ptr_array_add (mutation->changes, change);
  return mutation;
}

static int
serve (const char *path,
       int64_t     first)
{
  g_autoptr (LsEnvironment) environment = ls_system_environment_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (LsStorage) storage = ls_storage_sqlite_new (environment, path, &error);
  LsCommitter *committer;
  Server server = { .decided = first - 1 };

  if (storage == NULL)
    return 4;
  create_shop (storage);
  committer = ls_committer_new (environment, storage);
  for (int64_t n = first; n <= N_EDITS; n++)
    {
      g_autoptr (LsMutation) mutation = make_edit (n);

      g_mutex_lock (&server.lock);
      while (n - server.decided > WINDOW)
        g_cond_wait (&server.changed, &server.lock);
      g_mutex_unlock (&server.lock);
      if (!ls_committer_submit (committer, mutation, decided_cb, &server, NULL, NULL))
        return 5;
    }
  g_mutex_lock (&server.lock);
  while (server.decided < N_EDITS)
    g_cond_wait (&server.changed, &server.lock);
  g_mutex_unlock (&server.lock);
  ls_environment_stop (environment);
  g_object_unref (committer);
  return EXIT_SUCCESS;
}

/* --- The test: a client that knows what was acknowledged --- */

typedef struct {
  LsTestDir *dir;
  char *path;
  int64_t acknowledged;
  int64_t versions[N_EDITS + 1];
  unsigned n_kills;
} Fixture;

static void
set_up (Fixture       *fixture,
        gconstpointer  user_data)
{
  fixture->dir = ls_test_dir_new ();
  fixture->path = ls_test_dir_file (fixture->dir, LS_STORAGE_FILE);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  user_data)
{
  g_free (fixture->path);
  ls_test_dir_free (fixture->dir);
}

/* One life of the server. It ends by itself, by its fault, or after @n_lines acknowledgements. */
static void
run_server (Fixture    *fixture,
            const char *fault,
            const char *nth,
            int         n_lines)
{
  g_autofree char *first = g_strdup_printf ("%" G_GINT64_FORMAT, fixture->acknowledged + 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess)
      server = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, own_path, "--serve",
                                 fixture->path, first, fault, nth, NULL);
  g_autoptr (GDataInputStream) lines = NULL;
  char *line;

  g_assert_no_error (error);
  lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe (server));
  /* Also what it had said before it was killed was acknowledged. */
  while ((line = g_data_input_stream_read_line (lines, NULL, NULL, &error)) != NULL)
    {
      int64_t n = 0, version = 0;

      g_assert_cmpint (sscanf (line, "%" G_GINT64_FORMAT " %" G_GINT64_FORMAT, &n, &version), ==,
                       2);
      g_assert_cmpint (n, ==, fixture->acknowledged + 1);
      fixture->acknowledged = n;
      fixture->versions[n] = version;
      g_free (line);
      if (n_lines > 0 && --n_lines == 0)
        g_subprocess_send_signal (server, SIGKILL);
    }
  g_assert_no_error (error);
  g_subprocess_wait (server, NULL, &error);
  g_assert_no_error (error);
  if (g_subprocess_get_if_signaled (server))
    {
      g_assert_cmpint (g_subprocess_get_term_sig (server), ==, SIGKILL);
      fixture->n_kills++;
    }
  else
    g_assert_cmpint (g_subprocess_get_exit_status (server), ==, EXIT_SUCCESS);
}

static int64_t
ask (LsSql      *sql,
     const char *question)
{
  g_autoptr (GError) error = NULL;
  int64_t answer = -1;

  ls_sql_get_int64 (sql, &answer, &error, question, NULL);
  g_assert_no_error (error);
  return answer;
}

static void
check_file (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LsSql) sql = ls_sql_open (fixture->path, LS_SQL_EXISTING, NULL, &error);
  g_autoptr (LsEnvironment) environment = ls_system_environment_new ();
  g_autoptr (LsStorage) storage = NULL;
  g_autoptr (LsDeriveReport) report = NULL;

  g_assert_no_error (error);
  g_assert_true (ls_sql_check (sql, LS_SQL_CHECK_FULL, &error));
  g_assert_cmpint (ask (sql, "SELECT stock FROM products WHERE key = 'p'"), ==, N_EDITS);
  g_assert_cmpint (ask (sql, "SELECT count(*) FROM log_versions WHERE client = 'c'"), ==, N_EDITS);
  g_assert_cmpint (ask (sql, "SELECT count(DISTINCT mid) FROM log_versions"), ==, N_EDITS);
  g_assert_cmpint (ask (sql, "SELECT last_n FROM log_clients WHERE client = 'c'"), ==, N_EDITS);
  for (int64_t n = 1; n <= N_EDITS; n++)
    {
      int64_t version = 0;

      ls_sql_get_int64 (sql, &version, &error, "SELECT version FROM log_versions WHERE n = ?", "i",
                        n);
      g_assert_cmpint (version, ==, fixture->versions[n]);
    }
  g_clear_pointer (&sql, ls_sql_unref);
  storage = ls_storage_sqlite_new (environment, fixture->path, &error);
  g_assert_no_error (error);
  report = ls_derive_check (storage, "s", &error);
  g_assert_no_error (error);
  g_assert_cmpint (report->n_findings, ==, 0);
  ls_environment_stop (environment);
}

static void
test_kill (Fixture       *fixture,
           gconstpointer  user_data)
{
  while (fixture->acknowledged < N_EDITS)
    run_server (fixture, "none", "0", g_test_rand_int_range (1, 60));
  g_assert_cmpuint (fixture->n_kills, >, 4);
  check_file (fixture);
}

#ifdef LS_FAULT_INJECTION
static void
test_fault (Fixture       *fixture,
            gconstpointer  user_data)
{
  while (fixture->acknowledged < N_EDITS)
    {
      /* Each life gets somewhere: a commit is passed once a group, its inside once an edit. */
      int least = g_str_equal (user_data, "inside") ? 2 * WINDOW : 2;
      g_autofree char *nth =
          g_strdup_printf ("%d", g_test_rand_int_range (least, least * 3));

      run_server (fixture, user_data, nth, 0);
    }
  g_assert_cmpuint (fixture->n_kills, >, 0);
  check_file (fixture);
}
#endif

int
main (int   argc,
      char *argv[])
{
  if (argc == 6 && g_str_equal (argv[1], "--serve"))
    {
#ifdef LS_FAULT_INJECTION
      if (!g_str_equal (argv[4], "none"))
        ls_fault_arm (argv[4], (unsigned) strtoul (argv[5], NULL, 10));
#endif
      return serve (argv[2], g_ascii_strtoll (argv[3], NULL, 10));
    }

  g_test_init (&argc, &argv, NULL);
  own_path = argv[0];

  g_test_add ("/committer-kill/killed", Fixture, NULL, set_up, test_kill, tear_down);
#ifdef LS_FAULT_INJECTION
  g_test_add ("/committer-kill/before-commit", Fixture, "before-commit", set_up, test_fault,
              tear_down);
  g_test_add ("/committer-kill/inside", Fixture, "inside", set_up, test_fault, tear_down);
  g_test_add ("/committer-kill/after-commit", Fixture, "after-commit", set_up, test_fault,
              tear_down);
#endif

  return g_test_run ();
}
