/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <glib/gstdio.h>
#include <locale.h>
#include <sqlite3.h>
#include <string.h>

#include "ls-test-dir.h"
#include "ls-test-vfs.h"
#include "sql/ls-migration.h"

#define APPLICATION_ID 0x4c534b32u

typedef struct {
  LsTestDir *dir;
  char      *path;
} Fixture;

static gboolean
fill_names (LsSql     *sql,
            gpointer   user_data,
            GError   **error)
{
  int *n_calls = user_data;

  if (n_calls != NULL)
    (*n_calls)++;

  return ls_sql_run (sql, error, "UPDATE shelves SET name = 'shelf ' || id", NULL);
}

static gboolean
refuse (LsSql     *sql,
        gpointer   user_data,
        GError   **error)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "the moon is wrong");

  return FALSE;
}

/* The fourth rebuilds a table that another one refers to, with ON DELETE CASCADE. */
static const LsMigration migrations[] = {
  { 1, "shelves",
    "CREATE TABLE shelves (id INTEGER PRIMARY KEY);"
    "INSERT INTO shelves VALUES (1), (2);",
    NULL },
  { 2, "books",
    "CREATE TABLE books (id INTEGER PRIMARY KEY,"
    " shelf NOT NULL REFERENCES shelves (id) ON DELETE CASCADE);"
    "INSERT INTO books VALUES (10, 1), (20, 2);",
    NULL },
  { 3, "names of shelves", "ALTER TABLE shelves ADD COLUMN name", fill_names },
  { 4, "shelves with a width",
    "CREATE TABLE new_shelves (id INTEGER PRIMARY KEY, name, width NOT NULL);"
    "INSERT INTO new_shelves SELECT id, name, 80 FROM shelves;"
    "DROP TABLE shelves;"
    "ALTER TABLE new_shelves RENAME TO shelves;",
    NULL },
};

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
open_file (const char *path,
           LsSqlMode   mode,
           const char *vfs)
{
  LsSqlOptions options = { .application_id = APPLICATION_ID, .vfs = vfs };
  g_autoptr (GError) error = NULL;
  LsSql *sql = ls_sql_open (path, mode, &options, &error);

  g_assert_no_error (error);

  return sql;
}

static LsMigrationPlan
plan_to (unsigned version)
{
  LsMigrationPlan plan = { APPLICATION_ID, migrations, version, LS_MIGRATION_NONE, NULL };

  return plan;
}

static void
migrate (LsSql    *sql,
         unsigned  version,
         unsigned  expected_from)
{
  LsMigrationPlan plan = plan_to (version);
  g_autoptr (GError) error = NULL;
  unsigned from = 99;

  g_assert_true (ls_migration_apply (sql, &plan, &from, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (from, ==, expected_from);
}

static void
assert_refused (LsSql                 *sql,
                const LsMigrationPlan *plan,
                GQuark                 domain,
                int                    code,
                const char            *message)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (ls_migration_apply (sql, plan, NULL, &error));
  g_assert_error (error, domain, code);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, message));
}

static unsigned
get_version (LsSql *sql)
{
  g_autoptr (GError) error = NULL;
  unsigned version = 99;

  g_assert_true (ls_migration_get_version (sql, &version, &error));
  g_assert_no_error (error);

  return version;
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
assert_at_newest (LsSql *sql)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (get_version (sql), ==, 4);
  g_assert_cmpint (get_number (sql, "SELECT count (*) FROM books"), ==, 2);
  g_assert_cmpint (get_number (sql, "SELECT sum (width) FROM shelves WHERE name = 'shelf ' || id"),
                   ==, 160);
  g_assert_cmpint (get_number (sql, "PRAGMA foreign_keys"), ==, 1);
  g_assert_true (ls_sql_check (sql, LS_SQL_CHECK_FULL, &error));
  g_assert_no_error (error);

  /* The rebuilt table is the one that is referred to. */
  g_assert_false (ls_sql_run (sql, &error, "INSERT INTO books VALUES (30, 3)", NULL));
  g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_CONSTRAINT);
}

static void
test_from_each_version (Fixture       *fixture,
                        gconstpointer  user_data)
{
  for (unsigned from = 0; from <= G_N_ELEMENTS (migrations); from++)
    {
      g_autoptr (LsSql) sql = NULL;

      g_remove (fixture->path);
      sql = open_file (fixture->path, LS_SQL_READ_WRITE, NULL);
      g_assert_cmpuint (get_version (sql), ==, 0);
      migrate (sql, from, 0);
      g_assert_cmpuint (get_version (sql), ==, from);
      migrate (sql, 4, from);
      assert_at_newest (sql);
      migrate (sql, 4, 4);
    }
}

static void
test_function_called_once (Fixture       *fixture,
                           gconstpointer  user_data)
{
  g_autoptr (LsSql) sql = ls_sql_open (NULL, LS_SQL_MEMORY, NULL, NULL);
  LsMigrationPlan plan = plan_to (4);
  int n_calls = 0;

  plan.application_id = 0;
  plan.user_data = &n_calls;
  plan.flags = LS_MIGRATION_BACKUP;
  g_assert_true (ls_migration_apply (sql, &plan, NULL, NULL));
  g_assert_true (ls_migration_apply (sql, &plan, NULL, NULL));
  g_assert_cmpint (n_calls, ==, 1);
  assert_at_newest (sql);
}

static void
test_refused (Fixture       *fixture,
              gconstpointer  user_data)
{
  g_autoptr (LsSql) sql = open_file (fixture->path, LS_SQL_READ_WRITE, NULL);
  g_autoptr (LsSql) reader = NULL;
  g_autoptr (LsSqlTransaction) transaction = NULL;
  LsMigrationPlan plan = plan_to (2);
  LsMigration gap[] = { { 1, "one", "SELECT 1", NULL }, { 3, "three", "SELECT 1", NULL } };
  LsMigration empty[] = { { 1, "one", NULL, NULL } };

  migrate (sql, 3, 0);
  assert_refused (sql, &plan, LS_SQL_ERROR, LS_SQL_ERROR_TOO_NEW,
                  "written by a newer version of this program"
                  " (its schema is version 3, this program knows 2)");

  plan = plan_to (4);
  plan.application_id = APPLICATION_ID + 1;
  assert_refused (sql, &plan, LS_SQL_ERROR, LS_SQL_ERROR_FOREIGN, "belongs to another application");

  plan = plan_to (4);
  reader = open_file (fixture->path, LS_SQL_READ_ONLY, NULL);
  assert_refused (reader, &plan, LS_SQL_ERROR, LS_SQL_ERROR_OUTDATED, "open read-only");

  plan.migrations = gap;
  plan.n_migrations = 2;
  assert_refused (sql, &plan, LS_SQL_ERROR, LS_SQL_ERROR_MISUSE, "numbered 3");
  plan.migrations = empty;
  plan.n_migrations = 1;
  assert_refused (sql, &plan, LS_SQL_ERROR, LS_SQL_ERROR_MISUSE, "empty");

  plan = plan_to (4);
  transaction = ls_sql_begin (sql, LS_SQL_BEGIN_IMMEDIATE, NULL);
  assert_refused (sql, &plan, LS_SQL_ERROR, LS_SQL_ERROR_MISUSE, "inside a transaction");
  g_clear_pointer (&transaction, ls_sql_rollback);

  g_assert_cmpuint (get_version (sql), ==, 3);
  migrate (sql, 4, 3);
  migrate (reader, 4, 4);
}

/* Tables, but no version: not ours, even where no application id is asked for. */
static void
test_foreign_tables (Fixture       *fixture,
                     gconstpointer  user_data)
{
  g_autoptr (LsSql) sql = ls_sql_open (fixture->path, LS_SQL_READ_WRITE, NULL, NULL);
  LsMigrationPlan plan = plan_to (4);

  plan.application_id = 0;
  g_assert_true (ls_sql_exec (sql, "CREATE TABLE mine (a)", NULL));
  assert_refused (sql, &plan, LS_SQL_ERROR, LS_SQL_ERROR_FOREIGN, "no schema version");
  g_assert_true (ls_sql_exec (sql, "PRAGMA user_version = -5", NULL));
  assert_refused (sql, &plan, LS_SQL_ERROR, LS_SQL_ERROR_FOREIGN, "-5");
}

static void
test_failing (Fixture       *fixture,
              gconstpointer  user_data)
{
  static const struct {
    LsMigration third;
    gboolean    io_error;
    int         code;
    const char *message;
  } cases[] = {
    { { 3, "nonsense", "DELETE FROM books;\nSELEKT 1;", NULL }, FALSE, LS_SQL_ERROR_OTHER,
      "to version 3 (nonsense): Line 2: near \"SELEKT\": syntax error" },
    { { 3, "refusing", "DELETE FROM books", refuse }, TRUE, G_IO_ERROR_FAILED,
      "(refusing): the moon is wrong" },
    { { 3, "dangling", "DELETE FROM shelves WHERE id = 2", NULL }, FALSE, LS_SQL_ERROR_CONSTRAINT,
      "foreign key without its row, from books to shelves" },
    { { 3, "committing", "DELETE FROM books; COMMIT; DELETE FROM shelves;", NULL }, FALSE,
      LS_SQL_ERROR_MISUSE, "(committing)" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (LsSql) sql = NULL;
      LsMigration changed[3] = { migrations[0], migrations[1], cases[i].third };
      LsMigrationPlan plan = plan_to (3);

      plan.migrations = changed;
      g_remove (fixture->path);
      sql = open_file (fixture->path, LS_SQL_READ_WRITE, NULL);
      assert_refused (sql, &plan, cases[i].io_error ? G_IO_ERROR : LS_SQL_ERROR, cases[i].code,
                      cases[i].message);

      /* Those before it hold. */
      g_assert_cmpuint (get_version (sql), ==, 2);
      g_assert_false (ls_sql_in_transaction (sql));
      g_assert_cmpint (get_number (sql, "PRAGMA foreign_keys"), ==, 1);
      g_assert_cmpint (get_number (sql, "SELECT count (*) FROM shelves"), ==, 2);
      if (strcmp (cases[i].third.description, "committing") != 0)
        {
          g_assert_cmpint (get_number (sql, "SELECT count (*) FROM books"), ==, 2);
          migrate (sql, 4, 2);
          assert_at_newest (sql);
        }
    }
}

/* Whichever write or sync fails, the next try comes to the same end. */
static void
test_disk_fails (Fixture       *fixture,
                 gconstpointer  user_data)
{
  static const struct {
    LsTestVfsOp op;
    int         code;
  } cases[] = {
    { LS_TEST_VFS_WRITE, SQLITE_FULL },
    { LS_TEST_VFS_WRITE, SQLITE_IOERR_WRITE },
    { LS_TEST_VFS_SYNC, SQLITE_IOERR_FSYNC },
  };
  g_autoptr (LsTestVfs) vfs = ls_test_vfs_new ("test-migration");
  unsigned n_failed = 0;

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      unsigned nth = 1;
      unsigned before;

      do
        {
          LsMigrationPlan plan = plan_to (4);
          g_autoptr (LsSql) sql = NULL;
          g_autoptr (GError) error = NULL;

          g_remove (fixture->path);
          sql = open_file (fixture->path, LS_SQL_READ_WRITE, "test-migration");
          before = ls_test_vfs_get_count (vfs, cases[i].op);
          ls_test_vfs_fail (vfs, cases[i].op, NULL, nth, 1, cases[i].code);
          if (!ls_migration_apply (sql, &plan, NULL, &error))
            {
              n_failed++;
              g_assert_error (error, LS_SQL_ERROR, (int) ls_sql_error_from_code (cases[i].code));
              g_assert_nonnull (strstr (error->message, "Could not migrate"));
            }
          ls_test_vfs_heal (vfs);
          g_assert_cmpint (get_number (sql, "PRAGMA foreign_keys"), ==, 1);

          g_clear_pointer (&sql, ls_sql_unref);
          sql = open_file (fixture->path, LS_SQL_EXISTING, "test-migration");
          migrate (sql, 4, get_version (sql));
          assert_at_newest (sql);
        }
      while (ls_test_vfs_get_count (vfs, cases[i].op) - before >= nth++);
    }

  g_assert_cmpuint (n_failed, >, 20);
}

static void
test_backup (Fixture       *fixture,
             gconstpointer  user_data)
{
  g_autoptr (LsTestVfs) vfs = ls_test_vfs_new ("test-migration");
  g_autoptr (LsSql) sql = open_file (fixture->path, LS_SQL_READ_WRITE, "test-migration");
  g_autoptr (LsSql) copy = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *v0 = g_strconcat (fixture->path, ".v0.bak", NULL);
  g_autofree char *v2 = g_strconcat (fixture->path, ".v2.bak", NULL);
  g_autofree char *v4 = g_strconcat (fixture->path, ".v4.bak", NULL);
  LsMigrationPlan plan = plan_to (2);

  plan.flags = LS_MIGRATION_BACKUP;
  g_assert_true (ls_migration_apply (sql, &plan, NULL, &error));
  g_assert_no_error (error);
  g_assert_false (g_file_test (v0, G_FILE_TEST_EXISTS));

  /* Without room for the copy nothing is migrated. */
  plan.n_migrations = 4;
  ls_test_vfs_set_space (vfs, 5000);
  g_assert_false (ls_migration_apply (sql, &plan, NULL, &error));
  g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_FULL);
  g_clear_error (&error);
  ls_test_vfs_heal (vfs);
  g_assert_cmpuint (get_version (sql), ==, 2);

  /* What an earlier attempt left is replaced. */
  g_assert_true (g_file_set_contents (v2, "rubbish", -1, NULL));
  g_assert_true (ls_migration_apply (sql, &plan, NULL, &error));
  g_assert_no_error (error);
  assert_at_newest (sql);

  copy = open_file (v2, LS_SQL_READ_WRITE, NULL);
  g_assert_cmpuint (get_version (copy), ==, 2);
  g_assert_cmpint (get_number (copy, "SELECT count (*) FROM books"), ==, 2);
  migrate (copy, 4, 2);
  assert_at_newest (copy);

  g_assert_true (ls_migration_apply (sql, &plan, NULL, &error));
  g_assert_false (g_file_test (v4, G_FILE_TEST_EXISTS));
}

static gpointer
migrate_thread (gpointer data)
{
  g_autoptr (LsSql) sql = open_file (data, LS_SQL_READ_WRITE, NULL);
  g_autoptr (GError) error = NULL;
  LsMigrationPlan plan = plan_to (4);

  g_assert_true (ls_migration_apply (sql, &plan, NULL, &error));
  g_assert_no_error (error);

  return NULL;
}

/* Each on a connection of its own, as two processes would. */
static void
test_at_once (Fixture       *fixture,
              gconstpointer  user_data)
{
  for (int round = 0; round < 5; round++)
    {
      g_autoptr (LsSql) sql = NULL;
      GThread *threads[4];

      g_remove (fixture->path);
      sql = open_file (fixture->path, LS_SQL_READ_WRITE, NULL);
      for (size_t i = 0; i < G_N_ELEMENTS (threads); i++)
        threads[i] = g_thread_new ("migration", migrate_thread, fixture->path);
      for (size_t i = 0; i < G_N_ELEMENTS (threads); i++)
        g_thread_join (threads[i]);

      assert_at_newest (sql);
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
    { "/migration/from-each-version", test_from_each_version },
    { "/migration/function-called-once", test_function_called_once },
    { "/migration/refused", test_refused },
    { "/migration/foreign-tables", test_foreign_tables },
    { "/migration/failing", test_failing },
    { "/migration/disk-fails", test_disk_fails },
    { "/migration/backup", test_backup },
    { "/migration/at-once", test_at_once },
  };

  setlocale (LC_ALL, "");
  g_test_init (&argc, &argv, NULL);

  for (size_t i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, set_up, tests[i].test, tear_down);

  return g_test_run ();
}
