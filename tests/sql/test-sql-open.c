/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opening: settings that hold, files that are refused and left as they were. Checkpoints, backups
 * and checks. */
#include "config.h"

#include <glib/gstdio.h>
#include <locale.h>
#include <sqlite3.h>
#include <string.h>

#include "ls-test-dir.h"
#include "ls-test-vfs.h"
#include "sql/ls-sql.h"

#define APPLICATION_ID 0x4c534b31u

#define assert_message(error, part) g_assert_nonnull (strstr ((error)->message, part))

typedef struct {
  LsTestDir *dir;
  char      *path;
} Fixture;

static void
set_up (Fixture       *fixture,
        gconstpointer  user_data)
{
  fixture->dir = ls_test_dir_new ();
  fixture->path = ls_test_dir_file (fixture->dir, "a.db");
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  user_data)
{
  g_free (fixture->path);
  ls_test_dir_free (fixture->dir);
}

static LsSql *
open_with (const char          *path,
           LsSqlMode            mode,
           const LsSqlOptions  *options)
{
  g_autoptr (GError) error = NULL;
  LsSql *sql = ls_sql_open (path, mode, options, &error);

  g_assert_no_error (error);
  g_assert_nonnull (sql);

  return sql;
}

static void
exec (LsSql      *sql,
      const char *script)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (ls_sql_exec (sql, script, &error));
  g_assert_no_error (error);
}

/* What some other program would do. */
static void
exec_raw (const char *path,
          const char *script)
{
  sqlite3 *db = NULL;

  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, script, NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_close (db), ==, SQLITE_OK);
}

static int64_t
get_number (LsSql      *sql,
            const char *text)
{
  g_autoptr (GError) error = NULL;
  int64_t value = -1;

  g_assert_cmpint (ls_sql_get_int64 (sql, &value, &error, text, NULL), ==, LS_STEP_ROW);
  g_assert_no_error (error);

  return value;
}

static void
assert_open_fails (const char          *path,
                   LsSqlMode            mode,
                   const LsSqlOptions  *options,
                   int                  code,
                   const char          *message)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (ls_sql_open (path, mode, options, &error));
  g_assert_error (error, LS_SQL_ERROR, code);
  assert_message (error, message);
  if (path != NULL)
    assert_message (error, path);
}

static GBytes *
read_bytes (const char *path)
{
  g_autoptr (GError) error = NULL;
  char *data = NULL;
  gsize length = 0;

  g_file_get_contents (path, &data, &length, &error);
  g_assert_no_error (error);

  return g_bytes_new_take (data, length);
}

static void
test_settings (Fixture       *fixture,
               gconstpointer  user_data)
{
  static const struct {
    LsSqlOptions options;
    const char  *journal_mode;
    int          synchronous;
    int          foreign_keys;
    int          busy_timeout;
    int          cache_size;
    int          autocheckpoint;
  } cases[] = {
    { { 0 }, "wal", 2, 1, 5000, -8192, 1000 },
    { { .sync = LS_SQL_SYNC_NORMAL, .busy_timeout_ms = 70, .cache_kib = 100,
        .flags = LS_SQL_OPTION_NO_AUTOCHECKPOINT },
      "wal", 1, 1, 70, -100, 0 },
    { { .sync = LS_SQL_SYNC_EXTRA, .busy_timeout_ms = -1,
        .flags = LS_SQL_OPTION_ROLLBACK_JOURNAL | LS_SQL_OPTION_NO_FOREIGN_KEYS },
      "delete", 3, 0, 0, -8192, 1000 },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      LsSqlMode modes[] = { LS_SQL_READ_WRITE, LS_SQL_EXISTING, LS_SQL_READ_ONLY, LS_SQL_MEMORY };

      for (size_t j = 0; j < G_N_ELEMENTS (modes); j++)
        {
          g_autoptr (LsSql) sql = open_with (fixture->path, modes[j], &cases[i].options);
          g_autofree char *journal_mode = NULL;
          const char *expected = modes[j] == LS_SQL_MEMORY ? "memory" : cases[i].journal_mode;

          ls_sql_get_text (sql, &journal_mode, NULL, "PRAGMA journal_mode", NULL);
          g_assert_cmpstr (journal_mode, ==, expected);
          g_assert_cmpint (get_number (sql, "PRAGMA synchronous"), ==, cases[i].synchronous);
          g_assert_cmpint (get_number (sql, "PRAGMA foreign_keys"), ==, cases[i].foreign_keys);
          g_assert_cmpint (get_number (sql, "PRAGMA busy_timeout"), ==, cases[i].busy_timeout);
          g_assert_cmpint (get_number (sql, "PRAGMA cache_size"), ==, cases[i].cache_size);
          g_assert_cmpint (get_number (sql, "PRAGMA wal_autocheckpoint"),
                           ==, cases[i].autocheckpoint);
          g_assert_cmpint (get_number (sql, "PRAGMA trusted_schema"), ==, 0);
          if (modes[j] != LS_SQL_MEMORY)
            g_assert_cmpint (get_number (sql, "PRAGMA mmap_size"), ==, 0);
          g_assert_cmpint (ls_sql_get_mode (sql), ==, modes[j]);
          g_assert_cmpstr (ls_sql_get_path (sql), ==,
                           modes[j] == LS_SQL_MEMORY ? NULL : fixture->path);
        }
    }
}

/* Another connection keeps the journal mode from being changed: it must not go unnoticed. */
static void
test_setting_refused (Fixture       *fixture,
                      gconstpointer  user_data)
{
  LsSqlOptions rollback = { .flags = LS_SQL_OPTION_ROLLBACK_JOURNAL, .busy_timeout_ms = -1 };
  g_autoptr (LsSql) sql = open_with (fixture->path, LS_SQL_READ_WRITE, NULL);
  g_autoptr (GError) error = NULL;

  exec (sql, "CREATE TABLE t (a)");
  g_assert_null (ls_sql_open (fixture->path, LS_SQL_EXISTING, &rollback, &error));
  g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_BUSY);
  assert_message (error, "journal_mode");
  assert_message (error, fixture->path);
}

/* A file system on which there can be no log: SQLite says nothing and goes on with a journal. */
static void
test_setting_without_effect (Fixture       *fixture,
                             gconstpointer  user_data)
{
  LsSqlOptions options = { .vfs = "test-open" };
  g_autoptr (LsTestVfs) vfs = ls_test_vfs_new ("test-open");

  ls_test_vfs_set_no_shared_memory (vfs);
  assert_open_fails (fixture->path, LS_SQL_READ_WRITE, &options, LS_SQL_ERROR_SETTING,
                     "journal_mode is delete and not wal");
  options.flags = LS_SQL_OPTION_ROLLBACK_JOURNAL;
  ls_sql_unref (open_with (fixture->path, LS_SQL_READ_WRITE, &options));
}

static void
test_application_id (Fixture       *fixture,
                     gconstpointer  user_data)
{
  /* The pragma takes and gives a signed number. */
  static const uint32_t ids[] = { APPLICATION_ID, 0xfffefdfcu };

  for (size_t i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      LsSqlOptions mine = { .application_id = ids[i] };
      LsSqlOptions other = { .application_id = ids[i] + 1 };

      g_remove (fixture->path);
      ls_sql_unref (open_with (fixture->path, LS_SQL_READ_WRITE, &mine));
      ls_sql_unref (open_with (fixture->path, LS_SQL_READ_WRITE, &mine));
      ls_sql_unref (open_with (fixture->path, LS_SQL_READ_ONLY, &mine));
      ls_sql_unref (open_with (fixture->path, LS_SQL_READ_ONLY, NULL));
      assert_open_fails (fixture->path, LS_SQL_READ_WRITE, &other, LS_SQL_ERROR_FOREIGN,
                         "belongs to another application");
    }
}

static void
test_foreign_untouched (Fixture       *fixture,
                        gconstpointer  user_data)
{
  static const char *const scripts[] = {
    "CREATE TABLE t (a); INSERT INTO t VALUES (1)",
    "PRAGMA application_id = 7",
    "PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1)",
  };
  LsSqlOptions mine = { .application_id = APPLICATION_ID };

  for (size_t i = 0; i < G_N_ELEMENTS (scripts); i++)
    {
      g_autoptr (GBytes) before = NULL;
      g_autoptr (GBytes) after = NULL;

      g_remove (fixture->path);
      exec_raw (fixture->path, scripts[i]);
      before = read_bytes (fixture->path);
      assert_open_fails (fixture->path, LS_SQL_READ_WRITE, &mine, LS_SQL_ERROR_FOREIGN,
                         "belongs to another application");
      assert_open_fails (fixture->path, LS_SQL_READ_ONLY, &mine, LS_SQL_ERROR_FOREIGN,
                         "belongs to another application");
      after = read_bytes (fixture->path);
      g_assert_true (g_bytes_equal (before, after));
    }
}

/* The log of a foreign file, left by a crash, stays where it is. */
static void
test_foreign_log_untouched (Fixture       *fixture,
                            gconstpointer  user_data)
{
  LsSqlOptions mine = { .application_id = APPLICATION_ID };
  g_autofree char *log_path = g_strconcat (fixture->path, "-wal", NULL);
  g_autoptr (GBytes) file = NULL;
  g_autoptr (GBytes) log = NULL;
  g_autoptr (GBytes) log_after = NULL;
  g_autoptr (GBytes) file_after = NULL;

  {
    g_autoptr (LsSql) sql = open_with (fixture->path, LS_SQL_READ_WRITE, NULL);

    exec (sql, "CREATE TABLE t (a); INSERT INTO t VALUES (1)");
    file = read_bytes (fixture->path);
    log = read_bytes (log_path);
  }
  g_assert_true (g_file_set_contents (fixture->path, g_bytes_get_data (file, NULL),
                                      (gssize) g_bytes_get_size (file), NULL));
  g_assert_true (g_file_set_contents (log_path, g_bytes_get_data (log, NULL),
                                      (gssize) g_bytes_get_size (log), NULL));

  assert_open_fails (fixture->path, LS_SQL_READ_WRITE, &mine, LS_SQL_ERROR_FOREIGN, "application");
  file_after = read_bytes (fixture->path);
  log_after = read_bytes (log_path);
  g_assert_true (g_bytes_equal (file, file_after));
  g_assert_true (g_bytes_equal (log, log_after));
}

static void
test_not_a_database (Fixture       *fixture,
                     gconstpointer  user_data)
{
  static const struct {
    const char *name;
    size_t      length;
  } cases[] = {
    { "two bytes", 2 }, /* SQLite takes a single one for an empty file */
    { "a line", 60 },
    { "a page", 4096 },
    { "many", 70000 },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = g_strnfill (cases[i].length, 'x');
      g_autofree char *after = NULL;
      gsize length = 0;

      g_test_message ("%s", cases[i].name);
      g_assert_true (g_file_set_contents (fixture->path, text, (gssize) cases[i].length, NULL));
      assert_open_fails (fixture->path, LS_SQL_READ_WRITE, NULL, LS_SQL_ERROR_NOTADB,
                         "not a database");
      g_assert_true (g_file_get_contents (fixture->path, &after, &length, NULL));
      g_assert_cmpmem (after, length, text, cases[i].length);
    }

  /* An empty file is a database that has nothing in it yet. */
  g_assert_true (g_file_set_contents (fixture->path, "", 0, NULL));
  ls_sql_unref (open_with (fixture->path, LS_SQL_EXISTING,
                           &(LsSqlOptions) { .application_id = APPLICATION_ID }));
}

static void
test_cannot_open (Fixture       *fixture,
                  gconstpointer  user_data)
{
  g_autofree char *nowhere = ls_test_dir_file (fixture->dir, "no/such/folder");
  LsSqlOptions unknown_vfs = { .vfs = "no-such-vfs" };
  g_autoptr (GError) error = NULL;

  assert_open_fails (fixture->path, LS_SQL_EXISTING, NULL, LS_SQL_ERROR_CANTOPEN,
                     "SQLITE_CANTOPEN");
  assert_open_fails (fixture->path, LS_SQL_READ_ONLY, NULL, LS_SQL_ERROR_CANTOPEN,
                     "SQLITE_CANTOPEN");
  assert_open_fails (nowhere, LS_SQL_READ_WRITE, NULL, LS_SQL_ERROR_CANTOPEN, "SQLITE_CANTOPEN");
  assert_open_fails (ls_test_dir_get_path (fixture->dir), LS_SQL_READ_WRITE, NULL,
                     LS_SQL_ERROR_CANTOPEN, "SQLITE_CANTOPEN");
  assert_open_fails (fixture->path, LS_SQL_READ_WRITE, &unknown_vfs, LS_SQL_ERROR_OTHER,
                     "no-such-vfs");
  g_assert_false (g_file_test (fixture->path, G_FILE_TEST_EXISTS));

  g_assert_null (ls_sql_open ("", LS_SQL_READ_WRITE, NULL, &error));
  g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_CANTOPEN);
}

/* A read-only file system refuses to make the file, and to write to it. */
static void
test_read_only_medium (Fixture       *fixture,
                       gconstpointer  user_data)
{
  LsSqlOptions options = { .vfs = "test-open" };
  LsSqlOptions rollback = { .vfs = "test-open", .flags = LS_SQL_OPTION_ROLLBACK_JOURNAL };
  g_autoptr (LsTestVfs) vfs = ls_test_vfs_new ("test-open");
  g_autoptr (LsSql) sql = NULL;
  g_autoptr (GError) error = NULL;

  ls_test_vfs_set_read_only (vfs);
  assert_open_fails (fixture->path, LS_SQL_READ_WRITE, &options, LS_SQL_ERROR_CANTOPEN,
                     "SQLITE_CANTOPEN");

  ls_test_vfs_heal (vfs);
  sql = open_with (fixture->path, LS_SQL_READ_WRITE, &rollback);
  exec (sql, "CREATE TABLE t (a)");
  g_clear_pointer (&sql, ls_sql_unref);

  ls_test_vfs_set_read_only (vfs);
  sql = open_with (fixture->path, LS_SQL_EXISTING, &rollback);
  g_assert_cmpint (get_number (sql, "SELECT count (*) FROM t"), ==, 0);
  g_assert_false (ls_sql_run (sql, &error, "INSERT INTO t VALUES (1)", NULL));
  g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_READONLY);
  g_clear_error (&error);
  g_clear_pointer (&sql, ls_sql_unref);

  /* Nor can it be given another journal. */
  g_assert_null (ls_sql_open (fixture->path, LS_SQL_EXISTING, &options, &error));
  g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_READONLY);
  assert_message (error, "journal_mode");
}

/* Names are names, whatever the library was built to see in them. */
static void
test_literal_path (Fixture       *fixture,
                   gconstpointer  user_data)
{
  static const char *const names[] = { "file:x.db?mode=memory", ":memory:", "file::memory:" };
  g_autofree char *old = g_get_current_dir ();

  g_assert_cmpint (g_chdir (ls_test_dir_get_path (fixture->dir)), ==, 0);
  for (size_t i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *copy = g_strconcat (names[i], "-copy", NULL);
      g_autoptr (LsSql) sql = open_with (names[i], LS_SQL_READ_WRITE, NULL);
      g_autoptr (GError) error = NULL;

      exec (sql, "CREATE TABLE t (a)");
      g_assert_true (g_file_test (names[i], G_FILE_TEST_IS_REGULAR));
      g_assert_true (ls_sql_backup (sql, copy, NULL, NULL, NULL, &error));
      g_assert_no_error (error);
      g_assert_true (g_file_test (copy, G_FILE_TEST_IS_REGULAR));
    }
  g_assert_cmpint (g_chdir (old), ==, 0);
}

static void
fill (LsSql *sql,
      int    n_rows)
{
  g_autoptr (GError) error = NULL;

  exec (sql, "CREATE TABLE IF NOT EXISTS t (a INTEGER PRIMARY KEY, b TEXT UNIQUE)");
  g_assert_true (ls_sql_run (sql, &error,
                             "WITH RECURSIVE n (x) AS"
                             " (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < ?)"
                             " INSERT INTO t SELECT x, printf ('%0200d', x) FROM n",
                             "d", n_rows));
  g_assert_no_error (error);
}

static void
test_checkpoint (Fixture       *fixture,
                 gconstpointer  user_data)
{
  LsSqlOptions options = { .flags = LS_SQL_OPTION_NO_AUTOCHECKPOINT, .busy_timeout_ms = -1 };
  g_autoptr (LsSql) writer = open_with (fixture->path, LS_SQL_READ_WRITE, &options);
  g_autoptr (LsSql) reader = open_with (fixture->path, LS_SQL_READ_ONLY, &options);
  g_autoptr (LsSql) other = open_with (fixture->path, LS_SQL_EXISTING, &options);
  g_autoptr (LsSqlTransaction) snapshot = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *log_path = g_strconcat (fixture->path, "-wal", NULL);
  GStatBuf info;
  int n_log = -1;
  int n_moved = -1;

  fill (writer, 20000);
  g_assert_cmpint (g_stat (log_path, &info), ==, 0);
  g_assert_cmpint (info.st_size, >, 1000 * 4096);

  snapshot = ls_sql_begin (reader, LS_SQL_BEGIN_READ, &error);
  g_assert_true (ls_sql_run (writer, &error, "DELETE FROM t WHERE a > 100", NULL));

  /* What the reader still needs from the log cannot be written over. */
  g_assert_true (ls_sql_checkpoint (other, LS_SQL_CHECKPOINT_PASSIVE, &n_log, &n_moved, &error));
  g_assert_no_error (error);
  g_assert_cmpint (n_moved, >, 0);
  g_assert_cmpint (n_moved, <, n_log);
  g_assert_false (ls_sql_checkpoint (other, LS_SQL_CHECKPOINT_TRUNCATE, NULL, NULL, &error));
  g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_BUSY);
  g_clear_error (&error);

  g_clear_pointer (&snapshot, ls_sql_rollback);
  g_assert_true (ls_sql_checkpoint (other, LS_SQL_CHECKPOINT_TRUNCATE, &n_log, &n_moved, &error));
  g_assert_no_error (error);
  g_assert_cmpint (g_stat (log_path, &info), ==, 0);
  g_assert_cmpint (info.st_size, ==, 0);
  g_assert_cmpint (get_number (reader, "SELECT count (*) FROM t"), ==, 100);
}

typedef struct {
  LsSql        *writer;
  GCancellable *cancel;
  int           n_calls;
  int64_t       done;
  int64_t       total;
} BackupData;

static void
backup_progress (int64_t  done,
                 int64_t  total,
                 gpointer user_data)
{
  BackupData *data = user_data;

  data->n_calls++;
  data->done = done;
  data->total = total;
  if (data->writer != NULL)
    exec (data->writer, "DELETE FROM t WHERE a % 2; UPDATE t SET b = b || 'x'");
  if (data->cancel != NULL)
    g_cancellable_cancel (data->cancel);
}

static void
test_backup (Fixture       *fixture,
             gconstpointer  user_data)
{
  g_autoptr (LsSql) writer = open_with (fixture->path, LS_SQL_READ_WRITE, NULL);
  g_autoptr (LsSql) sql = open_with (fixture->path, LS_SQL_READ_ONLY, NULL);
  g_autofree char *copy_path = ls_test_dir_file (fixture->dir, "copy.db");
  g_autoptr (LsSql) copy = NULL;
  g_autoptr (GError) error = NULL;
  BackupData data = { .writer = writer };

  fill (writer, 30000);
  g_assert_true (ls_sql_backup (sql, copy_path, NULL, backup_progress, &data, &error));
  g_assert_no_error (error);
  g_assert_cmpint (data.n_calls, >, 2);
  g_assert_cmpint (data.done, ==, data.total);
  g_assert_false (ls_sql_in_transaction (sql));

  /* The copy is of one moment, although others wrote meanwhile. */
  copy = open_with (copy_path, LS_SQL_READ_ONLY, NULL);
  g_assert_cmpint (get_number (copy, "SELECT count (*) FROM t"), ==, 30000);
  g_assert_cmpint (get_number (copy, "SELECT sum (length (b)) FROM t"), ==, 30000 * 200);
  g_assert_true (ls_sql_check (copy, LS_SQL_CHECK_FULL, &error));
  g_assert_cmpint (get_number (sql, "SELECT count (*) FROM t"), <, 30000);

  /* Nothing is written over. */
  g_assert_false (ls_sql_backup (sql, copy_path, NULL, NULL, NULL, &error));
  g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_CANTOPEN);
  assert_message (error, copy_path);
}

static void
test_backup_errors (Fixture       *fixture,
                    gconstpointer  user_data)
{
  LsSqlOptions options = { .vfs = "test-open" };
  g_autoptr (LsTestVfs) vfs = ls_test_vfs_new ("test-open");
  g_autoptr (LsSql) sql = open_with (fixture->path, LS_SQL_READ_WRITE, &options);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autofree char *copy = ls_test_dir_file (fixture->dir, "copy.db");
  g_autofree char *nowhere = ls_test_dir_file (fixture->dir, "no/such/copy.db");
  g_autoptr (GError) error = NULL;
  BackupData data = { .cancel = cancellable };

  fill (sql, 30000);

  g_assert_false (ls_sql_backup (sql, copy, cancellable, backup_progress, &data, &error));
  g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_INTERRUPTED);
  g_assert_cmpint (data.n_calls, ==, 1);
  g_clear_error (&error);

  ls_test_vfs_set_space (vfs, 1000000);
  g_assert_false (ls_sql_backup (sql, copy, NULL, NULL, NULL, &error));
  g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_FULL);
  g_clear_error (&error);
  ls_test_vfs_heal (vfs);

  ls_test_vfs_fail (vfs, LS_TEST_VFS_SYNC, "copy.db", 1, 1, SQLITE_IOERR_FSYNC);
  g_assert_false (ls_sql_backup (sql, copy, NULL, NULL, NULL, &error));
  g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_IOERR);
  assert_message (error, copy);
  g_clear_error (&error);

  g_assert_false (ls_sql_backup (sql, nowhere, NULL, NULL, NULL, &error));
  g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_CANTOPEN);
  g_clear_error (&error);

  {
    g_autoptr (LsSqlTransaction) transaction = ls_sql_begin (sql, LS_SQL_BEGIN_IMMEDIATE, &error);

    g_assert_false (ls_sql_backup (sql, copy, NULL, NULL, NULL, &error));
    g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_MISUSE);
    g_clear_error (&error);
  }

  g_assert_false (g_file_test (copy, G_FILE_TEST_EXISTS));
  g_assert_true (ls_sql_backup (sql, copy, NULL, NULL, NULL, &error));
  g_assert_no_error (error);
}

static void
damage (const char *path,
        size_t      from,
        size_t      length)
{
  g_autofree char *data = NULL;
  gsize size = 0;

  g_assert_true (g_file_get_contents (path, &data, &size, NULL));
  g_assert_cmpuint (size, >, from + length);
  memset (data + from, 0xa5, length);
  g_assert_true (g_file_set_contents (path, data, (gssize) size, NULL));
}

static void
test_check (Fixture       *fixture,
            gconstpointer  user_data)
{
  g_autoptr (LsSql) sql = open_with (fixture->path, LS_SQL_READ_WRITE, NULL);
  g_autoptr (GError) error = NULL;

  fill (sql, 1000);
  g_assert_true (ls_sql_check (sql, LS_SQL_CHECK_QUICK, &error));
  g_assert_true (ls_sql_check (sql, LS_SQL_CHECK_FULL, &error));
  g_assert_no_error (error);

  exec (sql,
        "PRAGMA foreign_keys = 0;"
        "CREATE TABLE c (a REFERENCES t (a));"
        "INSERT INTO c VALUES (5000), (1), (5001), (5002), (5003), (5004), (5005), (5006);");
  g_assert_true (ls_sql_check (sql, LS_SQL_CHECK_QUICK, &error));
  g_assert_false (ls_sql_check (sql, LS_SQL_CHECK_FULL, &error));
  g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_CORRUPT);
  assert_message (error, "row 1 of c refers to nothing in t; row 3 of c");
  assert_message (error, "; and more");
}

/* Damage of every kind ends in an error, never in a crash. */
static void
test_damaged (Fixture       *fixture,
              gconstpointer  user_data)
{
  g_autoptr (GBytes) sound = NULL;
  size_t size;

  {
    g_autoptr (LsSql) sql = open_with (fixture->path, LS_SQL_READ_WRITE, NULL);

    fill (sql, 2000);
  }
  sound = read_bytes (fixture->path);
  size = g_bytes_get_size (sound);

  for (size_t from = 4096; from + 2000 < size; from += size / 17)
    {
      g_autoptr (LsSql) sql = NULL;
      g_autoptr (GError) error = NULL;

      g_assert_true (g_file_set_contents (fixture->path, g_bytes_get_data (sound, NULL),
                                          (gssize) size, NULL));
      damage (fixture->path, from, 1500);
      sql = open_with (fixture->path, LS_SQL_EXISTING, NULL);
      g_assert_false (ls_sql_check (sql, LS_SQL_CHECK_FULL, &error));
      g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_CORRUPT);
    }

  /* The schema itself. */
  {
    g_assert_true (g_file_set_contents (fixture->path, g_bytes_get_data (sound, NULL),
                                        (gssize) size, NULL));
    damage (fixture->path, 100, 3900);
    assert_open_fails (fixture->path, LS_SQL_EXISTING, NULL, LS_SQL_ERROR_CORRUPT, "malformed");
  }

  /* The end is missing. */
  {
    g_autoptr (LsSql) sql = NULL;
    g_autoptr (GError) error = NULL;

    g_assert_true (g_file_set_contents (fixture->path, g_bytes_get_data (sound, NULL),
                                        (gssize) size / 2, NULL));
    sql = ls_sql_open (fixture->path, LS_SQL_EXISTING, NULL, &error);
    g_assert_true (sql == NULL || !ls_sql_check (sql, LS_SQL_CHECK_QUICK, &error));
    g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_CORRUPT);
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
    { "/sql/open/settings", test_settings },
    { "/sql/open/setting-refused", test_setting_refused },
    { "/sql/open/setting-without-effect", test_setting_without_effect },
    { "/sql/open/application-id", test_application_id },
    { "/sql/open/foreign-untouched", test_foreign_untouched },
    { "/sql/open/foreign-log-untouched", test_foreign_log_untouched },
    { "/sql/open/not-a-database", test_not_a_database },
    { "/sql/open/cannot-open", test_cannot_open },
    { "/sql/open/read-only-medium", test_read_only_medium },
    { "/sql/open/literal-path", test_literal_path },
    { "/sql/checkpoint", test_checkpoint },
    { "/sql/backup", test_backup },
    { "/sql/backup/errors", test_backup_errors },
    { "/sql/check", test_check },
    { "/sql/check/damaged", test_damaged },
  };

  setlocale (LC_ALL, "");
  g_test_init (&argc, &argv, NULL);

  for (size_t i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, set_up, tests[i].test, tear_down);

  return g_test_run ();
}
