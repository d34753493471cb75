/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Disks that fail and processes that die. What a commit says must be true of the files as a crash
 * at that moment would leave them: they are copied and opened as the next process would. */
#include "config.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <locale.h>
#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ls-test-dir.h"
#include "ls-test-vfs.h"
#include "sql/ls-sql.h"

#define VFS_NAME "test-failure"
#define OLD_ROWS 10
#define NEW_ROWS 120

typedef struct {
  LsTestDir *dir;
  LsTestVfs *vfs;
  char      *path;
} Fixture;

static void
set_up (Fixture       *fixture,
        gconstpointer  user_data)
{
  fixture->dir = ls_test_dir_new ();
  fixture->vfs = ls_test_vfs_new (VFS_NAME);
  fixture->path = ls_test_dir_file (fixture->dir, "a.db");
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  user_data)
{
  g_free (fixture->path);
  ls_test_vfs_free (fixture->vfs);
  ls_test_dir_free (fixture->dir);
}

static gboolean
insert_rows (LsSql   *sql,
             int      n_rows,
             GError **error)
{
  return ls_sql_run (sql, error,
                     "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < ?)"
                     " INSERT INTO t SELECT NULL, printf ('%0500d', x) FROM n",
                     "d", n_rows);
}

static int64_t
count_rows (LsSql *sql)
{
  g_autoptr (GError) error = NULL;
  int64_t value = -1;

  g_assert_cmpint (ls_sql_get_int64 (sql, &value, &error, "SELECT count (*) FROM t", NULL),
                   ==, LS_STEP_ROW);
  g_assert_no_error (error);

  return value;
}

/* A new file with OLD_ROWS rows, all of them on disk, open and healthy. */
static LsSql *
open_fresh (Fixture            *fixture,
            const LsSqlOptions *options)
{
  static const char *const suffixes[] = { "", "-wal", "-shm", "-journal" };
  g_autoptr (GError) error = NULL;
  LsSql *sql;

  for (size_t i = 0; i < G_N_ELEMENTS (suffixes); i++)
    {
      g_autofree char *file = g_strconcat (fixture->path, suffixes[i], NULL);

      g_remove (file);
    }

  sql = ls_sql_open (fixture->path, LS_SQL_READ_WRITE, options, &error);
  g_assert_no_error (error);
  g_assert_true (ls_sql_exec (sql, "CREATE TABLE t (a INTEGER PRIMARY KEY, b)", &error));
  g_assert_true (insert_rows (sql, OLD_ROWS, &error));
  g_assert_no_error (error);

  return sql;
}

/* Counts the rows that the next process would find if this one died now. */
static int64_t
count_after_crash (Fixture *fixture)
{
  static const char *const suffixes[] = { "", "-wal", "-journal" };
  g_autofree char *copy = ls_test_dir_file (fixture->dir, "crashed.db");
  g_autoptr (LsSql) sql = NULL;
  g_autoptr (GError) error = NULL;

  for (size_t i = 0; i < G_N_ELEMENTS (suffixes); i++)
    {
      g_autofree char *from = g_strconcat (fixture->path, suffixes[i], NULL);
      g_autofree char *to = g_strconcat (copy, suffixes[i], NULL);
      g_autofree char *data = NULL;
      gsize length = 0;

      g_remove (to);
      if (g_file_get_contents (from, &data, &length, NULL))
        g_assert_true (g_file_set_contents (to, data, (gssize) length, NULL));
    }

  sql = ls_sql_open (copy, LS_SQL_EXISTING, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (ls_sql_check (sql, LS_SQL_CHECK_FULL, &error));
  g_assert_no_error (error);

  return count_rows (sql);
}

typedef struct {
  const char       *name;
  LsSqlOptionFlags  flags;
  gboolean          unsafe_overwrite;
} Journal;

static const Journal journals[] = {
  { "log", LS_SQL_OPTION_NONE, FALSE },
  { "padded log", LS_SQL_OPTION_NONE, TRUE },
  { "rollback journal", LS_SQL_OPTION_ROLLBACK_JOURNAL, FALSE },
};

/* One commit of which the @nth call of @op fails. Returns whether it came so far. */
static gboolean
try_commit (Fixture        *fixture,
            const Journal  *journal,
            LsTestVfsOp     op,
            unsigned        nth,
            int             code,
            unsigned        seen[3])
{
  LsSqlOptions options = { .vfs = VFS_NAME, .flags = journal->flags };
  g_autoptr (LsSql) sql = open_fresh (fixture, &options);
  g_autoptr (LsSqlTransaction) transaction = NULL;
  g_autoptr (GError) error = NULL;
  unsigned before;
  gboolean reached;
  LsSqlCommit outcome;
  int64_t n_rows;

  transaction = ls_sql_begin (sql, LS_SQL_BEGIN_IMMEDIATE, &error);
  g_assert_true (insert_rows (sql, NEW_ROWS, &error));
  g_assert_no_error (error);

  before = ls_test_vfs_get_count (fixture->vfs, op);
  ls_test_vfs_fail (fixture->vfs, op, NULL, nth, 1, code);
  outcome = ls_sql_commit (g_steal_pointer (&transaction), &error);
  reached = ls_test_vfs_get_count (fixture->vfs, op) - before >= nth;
  ls_test_vfs_heal (fixture->vfs);

  seen[outcome]++;
  n_rows = count_after_crash (fixture);
  g_assert_false (ls_sql_in_transaction (sql));
  g_assert_cmpint (ls_sql_is_suspect (sql), ==, outcome == LS_SQL_COMMIT_UNKNOWN);

  switch (outcome)
    {
    case LS_SQL_COMMIT_OK:
      g_assert_no_error (error);
      g_assert_cmpint (n_rows, ==, OLD_ROWS + NEW_ROWS);
      g_assert_cmpint (count_rows (sql), ==, OLD_ROWS + NEW_ROWS);
      break;
    case LS_SQL_COMMIT_FAILED:
      g_assert_error (error, LS_SQL_ERROR, (int) ls_sql_error_from_code (code));
      g_assert_cmpint (n_rows, ==, OLD_ROWS);
      g_assert_cmpint (count_rows (sql), ==, OLD_ROWS);
      /* That one is over and done with. */
      g_clear_error (&error);
      g_assert_true (insert_rows (sql, NEW_ROWS, &error));
      g_assert_no_error (error);
      break;
    case LS_SQL_COMMIT_UNKNOWN:
    default:
      g_assert_error (error, LS_SQL_ERROR, (int) ls_sql_error_from_code (code));
      g_assert_true (n_rows == OLD_ROWS || n_rows == OLD_ROWS + NEW_ROWS);
      /* One of the two says why it is unknown. */
      if (n_rows == OLD_ROWS + NEW_ROWS && count_rows (sql) == OLD_ROWS)
        g_test_message ("%s: commit %u of kind %d came back after a crash",
                        journal->name, nth, (int) op);
      break;
    }

  return reached;
}

static void
test_every_call_of_commit (Fixture       *fixture,
                           gconstpointer  user_data)
{
  static const struct {
    LsTestVfsOp op;
    int         code;
  } cases[] = {
    { LS_TEST_VFS_WRITE, SQLITE_FULL },
    { LS_TEST_VFS_WRITE, SQLITE_IOERR_WRITE },
    { LS_TEST_VFS_SYNC, SQLITE_IOERR_FSYNC },
    { LS_TEST_VFS_TRUNCATE, SQLITE_IOERR_TRUNCATE },
    { LS_TEST_VFS_DELETE, SQLITE_IOERR_DELETE },
  };
  const Journal *journal = user_data;
  unsigned seen[3] = { 0 };

  if (journal->unsafe_overwrite)
    ls_test_vfs_set_unsafe_overwrite (fixture->vfs);

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      unsigned nth = 1;

      while (try_commit (fixture, journal, cases[i].op, nth, cases[i].code, seen))
        nth++;
      g_test_message ("%s, kind %d: %u calls", journal->name, (int) cases[i].op, nth - 1);
    }

  g_assert_cmpuint (seen[LS_SQL_COMMIT_OK], >=, 1);
  g_assert_cmpuint (seen[LS_SQL_COMMIT_UNKNOWN], >=, 1);
  if (!journal->unsafe_overwrite)
    g_assert_cmpuint (seen[LS_SQL_COMMIT_FAILED], >=, 1);
}

/* The reason for the outcome: the rows are not there for us, but there for the next process. */
static void
test_sync_fails (Fixture       *fixture,
                 gconstpointer  user_data)
{
  LsSqlOptions options = { .vfs = VFS_NAME };
  g_autoptr (LsSql) sql = open_fresh (fixture, &options);
  g_autoptr (LsSqlTransaction) transaction = ls_sql_begin (sql, LS_SQL_BEGIN_IMMEDIATE, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (insert_rows (sql, NEW_ROWS, &error));
  ls_test_vfs_fail (fixture->vfs, LS_TEST_VFS_SYNC, "-wal", 1, 1, SQLITE_IOERR_FSYNC);
  g_assert_cmpint (ls_sql_commit (g_steal_pointer (&transaction), &error),
                   ==, LS_SQL_COMMIT_UNKNOWN);
  g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_IOERR);
  g_assert_nonnull (strstr (error->message, "SQLITE_IOERR_FSYNC"));
  g_clear_error (&error);

  g_assert_cmpint (count_rows (sql), ==, OLD_ROWS);
  g_assert_cmpint (count_after_crash (fixture), ==, OLD_ROWS + NEW_ROWS);

  /* The connection reads, but begins nothing more. */
  g_assert_null (ls_sql_begin (sql, LS_SQL_BEGIN_IMMEDIATE, &error));
  g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_IOERR);
  g_clear_error (&error);
  g_assert_null (ls_sql_begin (sql, LS_SQL_BEGIN_DEFERRED, &error));
  g_clear_error (&error);
  transaction = ls_sql_begin (sql, LS_SQL_BEGIN_READ, &error);
  g_assert_no_error (error);
  g_clear_pointer (&transaction, ls_sql_rollback);

  g_clear_pointer (&sql, ls_sql_unref);
  sql = ls_sql_open (fixture->path, LS_SQL_EXISTING, &options, &error);
  g_assert_no_error (error);
  transaction = ls_sql_begin (sql, LS_SQL_BEGIN_IMMEDIATE, &error);
  g_assert_no_error (error);
}

static void
test_disk_full (Fixture       *fixture,
                gconstpointer  user_data)
{
  LsSqlOptions options = { .vfs = VFS_NAME };
  g_autoptr (LsSql) sql = open_fresh (fixture, &options);
  g_autoptr (LsSqlTransaction) transaction = NULL;
  g_autoptr (GError) error = NULL;

  transaction = ls_sql_begin (sql, LS_SQL_BEGIN_IMMEDIATE, &error);
  g_assert_true (insert_rows (sql, NEW_ROWS, &error));
  ls_test_vfs_set_space (fixture->vfs, 30000);
  g_assert_cmpint (ls_sql_commit (g_steal_pointer (&transaction), &error),
                   ==, LS_SQL_COMMIT_FAILED);
  g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_FULL);
  g_clear_error (&error);
  g_assert_cmpint (count_rows (sql), ==, OLD_ROWS);
  g_assert_cmpint (count_after_crash (fixture), ==, OLD_ROWS);
  g_assert_false (ls_sql_is_suspect (sql));

  /* Somebody made room. */
  ls_test_vfs_heal (fixture->vfs);
  transaction = ls_sql_begin (sql, LS_SQL_BEGIN_IMMEDIATE, &error);
  g_assert_true (insert_rows (sql, NEW_ROWS, &error));
  g_assert_cmpint (ls_sql_commit (g_steal_pointer (&transaction), &error), ==, LS_SQL_COMMIT_OK);
  g_assert_no_error (error);
  g_assert_cmpint (count_after_crash (fixture), ==, OLD_ROWS + NEW_ROWS);
}

/* A cache that is too small writes before the commit. When that fails SQLite rolls back by itself,
 * and what the caller goes on to write must not be committed row by row. */
static void
test_transaction_lost (Fixture       *fixture,
                       gconstpointer  user_data)
{
  LsSqlOptions options = { .vfs = VFS_NAME, .cache_kib = 40 };
  g_autoptr (LsSql) sql = open_fresh (fixture, &options);
  g_autoptr (LsSqlTransaction) transaction = NULL;
  g_autoptr (GError) error = NULL;

  transaction = ls_sql_begin (sql, LS_SQL_BEGIN_IMMEDIATE, &error);
  g_assert_true (insert_rows (sql, 1, &error));
  ls_test_vfs_set_space (fixture->vfs, 100000);
  g_assert_false (insert_rows (sql, 10 * NEW_ROWS, &error));
  g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_FULL);
  g_clear_error (&error);
  ls_test_vfs_heal (fixture->vfs);

  if (!ls_sql_in_transaction (sql))
    {
      g_assert_false (insert_rows (sql, 1, &error));
      g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_MISUSE);
      g_clear_error (&error);
      g_assert_cmpint (ls_sql_commit (g_steal_pointer (&transaction), &error),
                       ==, LS_SQL_COMMIT_FAILED);
      g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_FULL);
    }
  else
    g_clear_pointer (&transaction, ls_sql_rollback);

  g_assert_cmpint (count_rows (sql), ==, OLD_ROWS);
}

/* The same, with savepoints open: they end without another word. */
static void
test_savepoint_lost (Fixture       *fixture,
                     gconstpointer  user_data)
{
  LsSqlOptions options = { .vfs = VFS_NAME };
  g_autoptr (LsSql) sql = open_fresh (fixture, &options);
  g_autoptr (LsSqlTransaction) transaction = ls_sql_begin (sql, LS_SQL_BEGIN_IMMEDIATE, NULL);
  g_autoptr (LsSqlSavepoint) outer = ls_sql_savepoint (sql, NULL);
  g_autoptr (LsSqlSavepoint) inner = ls_sql_savepoint (sql, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (insert_rows (sql, 1, &error));
  g_assert_true (ls_sql_exec (sql, "ROLLBACK", &error));
  g_assert_no_error (error);

  g_assert_false (ls_sql_release (g_steal_pointer (&inner), &error));
  g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_MISUSE);
  g_clear_error (&error);
  g_clear_pointer (&outer, ls_sql_rollback_to);
  g_assert_cmpint (ls_sql_commit (g_steal_pointer (&transaction), &error),
                   ==, LS_SQL_COMMIT_FAILED);
  g_assert_cmpint (count_rows (sql), ==, OLD_ROWS);
}

/* A snapshot that cannot be pinned is none. */
static void
test_snapshot_fails (Fixture       *fixture,
                     gconstpointer  user_data)
{
  LsSqlOptions options = { .vfs = VFS_NAME, .flags = LS_SQL_OPTION_ROLLBACK_JOURNAL };
  g_autoptr (LsSql) writer = open_fresh (fixture, &options);
  g_autoptr (LsSql) reader = ls_sql_open (fixture->path, LS_SQL_READ_ONLY, &options, NULL);
  g_autoptr (LsSqlTransaction) snapshot = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (insert_rows (writer, 1, &error));
  ls_test_vfs_fail (fixture->vfs, LS_TEST_VFS_READ, NULL, 1, 0, SQLITE_IOERR_READ);
  g_assert_null (ls_sql_begin (reader, LS_SQL_BEGIN_READ, &error));
  g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_IOERR);
  g_assert_false (ls_sql_in_transaction (reader));
  g_clear_error (&error);

  ls_test_vfs_heal (fixture->vfs);
  snapshot = ls_sql_begin (reader, LS_SQL_BEGIN_READ, &error);
  g_assert_no_error (error);
  g_assert_cmpint (count_rows (reader), ==, OLD_ROWS + 1);
}

static void
test_syncs (Fixture       *fixture,
            gconstpointer  user_data)
{
  static const struct {
    LsSqlSync sync;
    unsigned  n_syncs; /* of one commit */
  } cases[] = {
    { LS_SQL_SYNC_NORMAL, 0 },
    { LS_SQL_SYNC_FULL, 1 },
    { LS_SQL_SYNC_EXTRA, 1 },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      LsSqlOptions options = { .vfs = VFS_NAME, .sync = cases[i].sync,
                               .flags = LS_SQL_OPTION_NO_AUTOCHECKPOINT };
      g_autoptr (LsSql) sql = open_fresh (fixture, &options);
      unsigned before = ls_test_vfs_get_count (fixture->vfs, LS_TEST_VFS_SYNC);

      g_assert_true (insert_rows (sql, 1, NULL));
      g_assert_true (insert_rows (sql, 1, NULL));
      g_assert_cmpuint (ls_test_vfs_get_count (fixture->vfs, LS_TEST_VFS_SYNC) - before,
                        ==, 2 * cases[i].n_syncs);
    }
}

static void
test_open_fails (Fixture       *fixture,
                 gconstpointer  user_data)
{
  LsSqlOptions options = { .vfs = VFS_NAME };
  unsigned n_failed = 0;

  /* Each call that opening makes, on a new file and on an old one. */
  for (int op = LS_TEST_VFS_OPEN; op < LS_TEST_VFS_N_OPS; op++)
    {
      unsigned nth = 1;
      unsigned before;

      do
        {
          g_autoptr (LsSql) sql = NULL;
          g_autoptr (GError) error = NULL;

          g_remove (fixture->path);
          before = ls_test_vfs_get_count (fixture->vfs, op);
          ls_test_vfs_fail (fixture->vfs, op, NULL, nth, 1, SQLITE_IOERR);
          sql = ls_sql_open (fixture->path, LS_SQL_READ_WRITE, &options, &error);
          ls_test_vfs_heal (fixture->vfs);
          g_assert_true ((sql == NULL) == (error != NULL));
          if (sql == NULL)
            {
              n_failed++;
              g_assert_true (error->domain == LS_SQL_ERROR);
              g_assert_nonnull (strstr (error->message, fixture->path));
            }
        }
      while (ls_test_vfs_get_count (fixture->vfs, op) - before >= nth++);
    }

  g_assert_cmpuint (n_failed, >=, 5);
}

/* Writes transactions of two rows each; tells of every commit; ends with the process. */
static G_GNUC_NORETURN void
child_commits (const char *path,
               int         fd,
               gboolean    stop_inside)
{
  g_autoptr (LsSql) sql = ls_sql_open (path, LS_SQL_READ_WRITE, NULL, NULL);

  for (;;)
    {
      LsSqlTransaction *transaction = ls_sql_begin (sql, LS_SQL_BEGIN_IMMEDIATE, NULL);

      if (!insert_rows (sql, stop_inside ? 40000 : 2, NULL))
        _exit (2);

      if (stop_inside)
        {
          if (write (fd, "x", 1) != 1)
            _exit (3);
          pause ();
          _exit (4);
        }

      if (ls_sql_commit (transaction, NULL) != LS_SQL_COMMIT_OK || write (fd, "x", 1) != 1)
        _exit (5);
    }
}

static void
read_words (int fd,
            int n_words)
{
  while (n_words > 0)
    {
      char words[64];
      ssize_t n = read (fd, words, (size_t) MIN (n_words, (int) sizeof words));

      g_assert_true (n > 0 || (n < 0 && errno == EINTR));
      n_words -= (int) MAX (n, 0);
    }
}

static void
run_and_kill (const char *path,
              gboolean    stop_inside,
              int         n_words)
{
  int fds[2];
  int status = 0;
  pid_t pid;

  g_assert_cmpint (pipe (fds), ==, 0);
  pid = fork ();
  g_assert_cmpint (pid, >=, 0);
  if (pid == 0)
    {
      close (fds[0]);
      child_commits (path, fds[1], stop_inside);
    }

  close (fds[1]);
  read_words (fds[0], n_words);
  g_assert_cmpint (kill (pid, SIGKILL), ==, 0);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFSIGNALED (status));
  close (fds[0]);
}

static void
test_killed (Fixture       *fixture,
             gconstpointer  user_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *log_path = g_strconcat (fixture->path, "-wal", NULL);
  GStatBuf info;
  int64_t known = OLD_ROWS;

  ls_sql_unref (open_fresh (fixture, NULL));

  /* Inside a transaction, so large that parts of it are in the log already. */
  run_and_kill (fixture->path, TRUE, 1);
  g_assert_cmpint (g_stat (log_path, &info), ==, 0);
  g_assert_cmpint (info.st_size, >, 1000000);
  {
    g_autoptr (LsSql) sql = ls_sql_open (fixture->path, LS_SQL_EXISTING, NULL, &error);

    g_assert_no_error (error);
    g_assert_cmpint (count_rows (sql), ==, known);
  }

  /* At any moment: what was told is there, and nothing is there by half. */
  for (int i = 1; i <= 8; i++)
    {
      g_autoptr (LsSql) sql = NULL;
      int64_t found;

      run_and_kill (fixture->path, FALSE, 7 * i);
      sql = ls_sql_open (fixture->path, LS_SQL_EXISTING, NULL, &error);
      g_assert_no_error (error);
      found = count_rows (sql);
      g_assert_cmpint (found, >=, known + 2 * 7 * i);
      g_assert_cmpint ((found - known) % 2, ==, 0);
      g_assert_true (ls_sql_check (sql, LS_SQL_CHECK_FULL, &error));
      known = found;
    }
}

int
main (int    argc,
      char **argv)
{
  static const struct {
    const char *path;
    void      (*test) (Fixture *, gconstpointer);
  } tests[] = {
    { "/sql/failure/sync", test_sync_fails },
    { "/sql/failure/disk-full", test_disk_full },
    { "/sql/failure/transaction-lost", test_transaction_lost },
    { "/sql/failure/savepoint-lost", test_savepoint_lost },
    { "/sql/failure/snapshot", test_snapshot_fails },
    { "/sql/failure/syncs", test_syncs },
    { "/sql/failure/open", test_open_fails },
    { "/sql/failure/killed", test_killed },
  };

  setlocale (LC_ALL, "");
  g_test_init (&argc, &argv, NULL);

  for (size_t i = 0; i < G_N_ELEMENTS (journals); i++)
    {
      g_autofree char *path = g_strconcat ("/sql/failure/commit/", journals[i].name, NULL);

      g_strdelimit (path, " ", '-');
      g_test_add (path, Fixture, &journals[i], set_up, test_every_call_of_commit, tear_down);
    }

  for (size_t i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, set_up, tests[i].test, tear_down);

  return g_test_run ();
}
