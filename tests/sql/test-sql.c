/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Transactions, savepoints, interrupts, collations: what works without failures of the disk. */
#include "config.h"

#include <locale.h>
#include <sqlite3.h>
#include <string.h>

#include "ls-test-dir.h"
#include "sql/ls-sql.h"

/* Counts without end in sight; each row is one step of the statement. */
#define ENDLESS "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n"
/* One step that does not come back by itself for a very long time. */
#define LONG_STEP "SELECT max (x) FROM (" ENDLESS " LIMIT 100000000000)"

static LsSql *
open_memory (const char *script)
{
  g_autoptr (GError) error = NULL;
  LsSql *sql = ls_sql_open (NULL, LS_SQL_MEMORY, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (sql);
  g_assert_true (ls_sql_exec (sql, script, &error));
  g_assert_no_error (error);

  return sql;
}

static LsSql *
open_file (const char *path,
           const char *script)
{
  g_autoptr (GError) error = NULL;
  LsSql *sql = ls_sql_open (path, LS_SQL_READ_WRITE, NULL, &error);

  g_assert_no_error (error);
  g_assert_true (ls_sql_exec (sql, script, &error));
  g_assert_no_error (error);

  return sql;
}

static int64_t
get_number (LsSql      *sql,
            const char *text)
{
  g_autoptr (GError) error = NULL;
  int64_t value = -1;

  g_assert_cmpint (ls_sql_get_int64 (sql, &value, &error, text, NULL), !=, LS_STEP_ERROR);
  g_assert_no_error (error);

  return value;
}

#define assert_message(error, part) g_assert_nonnull (strstr ((error)->message, part))

static void
test_transaction (void)
{
  g_autoptr (LsSql) sql = open_memory ("CREATE TABLE t (a)");
  g_autoptr (GError) error = NULL;

  for (int how = LS_SQL_BEGIN_IMMEDIATE; how <= LS_SQL_BEGIN_READ; how++)
    {
      g_autoptr (LsSqlTransaction) transaction = ls_sql_begin (sql, how, &error);

      g_assert_no_error (error);
      g_assert_true (ls_sql_in_transaction (sql));
      g_assert_true (ls_sql_run (sql, &error, "INSERT INTO t VALUES (1)", NULL));
      g_assert_null (ls_sql_begin (sql, how, &error));
      g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_MISUSE);
      g_clear_error (&error);
      g_assert_cmpint (ls_sql_commit (g_steal_pointer (&transaction), &error),
                       ==, LS_SQL_COMMIT_OK);
      g_assert_no_error (error);
      g_assert_false (ls_sql_in_transaction (sql));
    }
  g_assert_cmpint (get_number (sql, "SELECT count (*) FROM t"), ==, 3);

  {
    g_autoptr (LsSqlTransaction) transaction = ls_sql_begin (sql, LS_SQL_BEGIN_DEFERRED, &error);

    g_assert_true (ls_sql_run (sql, &error, "DELETE FROM t", NULL));
    g_assert_cmpint (ls_sql_get_changes (sql), ==, 3);
  }
  g_assert_false (ls_sql_in_transaction (sql));
  g_assert_cmpint (get_number (sql, "SELECT count (*) FROM t"), ==, 3);

  /* Begun by a script, it is not ours to nest in. */
  g_assert_true (ls_sql_exec (sql, "BEGIN", &error));
  g_assert_true (ls_sql_in_transaction (sql));
  g_assert_null (ls_sql_begin (sql, LS_SQL_BEGIN_IMMEDIATE, &error));
  g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_OTHER);
  g_assert_true (ls_sql_exec (sql, "ROLLBACK", NULL));
}

/* A script that ends the transaction behind the guard's back. */
static void
test_transaction_lost (void)
{
  g_autoptr (LsSql) sql = open_memory ("CREATE TABLE t (a)");
  g_autoptr (LsSqlTransaction) transaction = ls_sql_begin (sql, LS_SQL_BEGIN_IMMEDIATE, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (ls_sql_exec (sql, "INSERT INTO t VALUES (1); ROLLBACK; INSERT INTO t VALUES (2)",
                               &error));
  g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_MISUSE);
  g_clear_error (&error);
  g_assert_false (ls_sql_run (sql, &error, "INSERT INTO t VALUES (3)", NULL));
  g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_MISUSE);
  g_clear_error (&error);
  g_assert_null (ls_sql_savepoint (sql, &error));
  g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_MISUSE);
  g_clear_error (&error);
  g_assert_cmpint (ls_sql_commit (g_steal_pointer (&transaction), &error),
                   ==, LS_SQL_COMMIT_FAILED);
  g_assert_nonnull (error);
  g_assert_cmpint (get_number (sql, "SELECT count (*) FROM t"), ==, 0);
}

/* A rollback while rows are still being read. */
static void
test_rollback_with_reader (void)
{
  g_autoptr (LsSql) sql = open_memory ("CREATE TABLE t (a); INSERT INTO t VALUES (1), (2), (3)");
  g_autoptr (LsSqlTransaction) transaction = ls_sql_begin (sql, LS_SQL_BEGIN_IMMEDIATE, NULL);
  g_autoptr (LsStatement) statement = ls_sql_query (sql, NULL, "SELECT a FROM t", NULL);

  g_assert_cmpint (ls_statement_step (statement, NULL), ==, LS_STEP_ROW);
  g_assert_true (ls_sql_exec (sql, "CREATE TABLE u (a)", NULL));
  /* The flag stays up while a statement is active: it must not stop the rollback. */
  ls_sql_interrupt (sql);
  g_clear_pointer (&transaction, ls_sql_rollback);
  g_assert_false (ls_sql_in_transaction (sql));
  g_clear_pointer (&statement, ls_statement_free);
  g_assert_cmpint (get_number (sql, "SELECT count (*) FROM sqlite_schema"), ==, 1);
}

static void
test_commit_constraint (void)
{
  g_autoptr (LsSql) sql
    = open_memory ("CREATE TABLE p (a PRIMARY KEY);"
                   "CREATE TABLE c (a REFERENCES p DEFERRABLE INITIALLY DEFERRED)");
  g_autoptr (LsSqlTransaction) transaction = ls_sql_begin (sql, LS_SQL_BEGIN_IMMEDIATE, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (ls_sql_run (sql, &error, "INSERT INTO c VALUES (1)", NULL));
  g_assert_cmpint (ls_sql_commit (g_steal_pointer (&transaction), &error),
                   ==, LS_SQL_COMMIT_FAILED);
  g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_CONSTRAINT);
  assert_message (error, "“COMMIT”");
  g_assert_false (ls_sql_in_transaction (sql));
  g_assert_false (ls_sql_is_suspect (sql));
  g_assert_cmpint (get_number (sql, "SELECT count (*) FROM c"), ==, 0);
}

static void
test_savepoint (void)
{
  g_autoptr (LsSql) sql = open_memory ("CREATE TABLE t (a)");
  g_autoptr (LsSqlTransaction) transaction = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) deep = NULL;

  g_assert_null (ls_sql_savepoint (sql, &error));
  g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_MISUSE);
  g_clear_error (&error);

  transaction = ls_sql_begin (sql, LS_SQL_BEGIN_IMMEDIATE, &error);
  for (int i = 0; i < 4; i++)
    {
      g_autoptr (LsSqlSavepoint) outer = ls_sql_savepoint (sql, &error);
      g_autoptr (LsSqlSavepoint) inner = NULL;

      g_assert_true (ls_sql_run (sql, &error, "INSERT INTO t VALUES (?)", "d", 10 * i));
      inner = ls_sql_savepoint (sql, &error);
      g_assert_no_error (error);
      g_assert_true (ls_sql_run (sql, &error, "INSERT INTO t VALUES (?)", "d", 10 * i + 1));

      if (i & 1)
        g_assert_true (ls_sql_release (g_steal_pointer (&inner), &error));
      else
        g_clear_pointer (&inner, ls_sql_rollback_to);
      if (i & 2)
        g_assert_true (ls_sql_release (g_steal_pointer (&outer), &error));
    }
  g_assert_no_error (error);

  deep = g_ptr_array_new ();
  for (int i = 0; i < 32; i++)
    g_ptr_array_add (deep, ls_sql_savepoint (sql, &error));
  g_assert_no_error (error);
  g_assert_null (ls_sql_savepoint (sql, &error));
  g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_MISUSE);
  g_clear_error (&error);
  while (deep->len > 0)
    ls_sql_rollback_to (g_ptr_array_steal_index (deep, deep->len - 1));

  g_assert_cmpint (ls_sql_commit (g_steal_pointer (&transaction), &error), ==, LS_SQL_COMMIT_OK);
  g_assert_cmpint (get_number (sql, "SELECT sum (a) FROM t"), ==, 20 + 30 + 31);
}

static void
test_savepoint_order (void)
{
  g_autoptr (LsSql) sql = open_memory ("CREATE TABLE t (a)");
  g_autoptr (LsSqlTransaction) transaction = ls_sql_begin (sql, LS_SQL_BEGIN_IMMEDIATE, NULL);
  g_autoptr (GError) error = NULL;
  LsSqlSavepoint *outer;
  LsSqlSavepoint *inner;

  g_assert_true (ls_sql_run (sql, &error, "INSERT INTO t VALUES (1)", NULL));
  outer = ls_sql_savepoint (sql, &error);
  g_assert_true (ls_sql_run (sql, &error, "INSERT INTO t VALUES (2)", NULL));
  inner = ls_sql_savepoint (sql, &error);
  g_assert_true (ls_sql_run (sql, &error, "INSERT INTO t VALUES (4)", NULL));
  g_assert_no_error (error);

  g_assert_false (ls_sql_release (outer, &error));
  g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_MISUSE);
  ls_sql_rollback_to (inner);
  g_assert_cmpint (ls_sql_commit (g_steal_pointer (&transaction), NULL), ==, LS_SQL_COMMIT_OK);
  g_assert_cmpint (get_number (sql, "SELECT sum (a) FROM t"), ==, 1);
}

static void
test_snapshot (void)
{
  g_autoptr (LsTestDir) dir = ls_test_dir_new ();
  g_autofree char *path = ls_test_dir_file (dir, "a.db");
  g_autoptr (LsSql) writer = open_file (path, "CREATE TABLE t (a); INSERT INTO t VALUES (1)");
  g_autoptr (LsSql) reader = ls_sql_open (path, LS_SQL_READ_ONLY, NULL, NULL);
  g_autoptr (LsSqlTransaction) snapshot = NULL;
  g_autoptr (GError) error = NULL;

  snapshot = ls_sql_begin (reader, LS_SQL_BEGIN_READ, &error);
  g_assert_no_error (error);

  /* It was pinned before anything was read from the table. */
  g_assert_true (ls_sql_run (writer, &error, "INSERT INTO t VALUES (2)", NULL));
  g_assert_cmpint (get_number (reader, "SELECT count (*) FROM t"), ==, 1);
  g_clear_pointer (&snapshot, ls_sql_rollback);
  g_assert_cmpint (get_number (reader, "SELECT count (*) FROM t"), ==, 2);

  g_assert_false (ls_sql_run (reader, &error, "DELETE FROM t", NULL));
  g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_READONLY);
}

static void
test_busy (void)
{
  LsSqlOptions options = { .busy_timeout_ms = -1 };
  g_autoptr (LsTestDir) dir = ls_test_dir_new ();
  g_autofree char *path = ls_test_dir_file (dir, "a.db");
  g_autoptr (LsSql) first = open_file (path, "CREATE TABLE t (a)");
  g_autoptr (LsSql) second = ls_sql_open (path, LS_SQL_READ_WRITE, &options, NULL);
  g_autoptr (LsSqlTransaction) one = NULL;
  g_autoptr (LsSqlTransaction) two = NULL;
  g_autoptr (GError) error = NULL;

  one = ls_sql_begin (first, LS_SQL_BEGIN_IMMEDIATE, &error);
  g_assert_no_error (error);
  g_assert_null (ls_sql_begin (second, LS_SQL_BEGIN_IMMEDIATE, &error));
  g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_BUSY);
  assert_message (error, "BEGIN IMMEDIATE");
  g_clear_error (&error);

  /* A snapshot that is behind cannot be written from. */
  two = ls_sql_begin (second, LS_SQL_BEGIN_READ, &error);
  g_assert_true (ls_sql_run (first, &error, "INSERT INTO t VALUES (1)", NULL));
  g_assert_cmpint (ls_sql_commit (g_steal_pointer (&one), &error), ==, LS_SQL_COMMIT_OK);
  g_assert_false (ls_sql_run (second, &error, "INSERT INTO t VALUES (2)", NULL));
  g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_BUSY);
  g_assert_cmpint (ls_sql_get_extended_code (second), ==, SQLITE_BUSY_SNAPSHOT);
}

static void
test_cancel (void)
{
  g_autoptr (LsSql) sql = open_memory ("CREATE TABLE t (a)");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (LsStatement) statement = NULL;
  g_autoptr (LsSqlTransaction) transaction = NULL;
  g_autoptr (GError) error = NULL;

  ls_sql_set_cancellable (sql, cancellable);
  statement = ls_sql_query (sql, &error, ENDLESS, NULL);
  g_assert_cmpint (ls_statement_step (statement, &error), ==, LS_STEP_ROW);
  g_assert_cmpint (ls_statement_step (statement, &error), ==, LS_STEP_ROW);

  transaction = ls_sql_begin (sql, LS_SQL_BEGIN_IMMEDIATE, &error);
  g_assert_true (ls_sql_run (sql, &error, "INSERT INTO t VALUES (1)", NULL));
  g_assert_no_error (error);

  g_cancellable_cancel (cancellable);
  g_assert_cmpint (ls_statement_step (statement, &error), ==, LS_STEP_ERROR);
  g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_INTERRUPTED);
  g_clear_error (&error);
  g_assert_false (ls_sql_run (sql, &error, "INSERT INTO t VALUES (2)", NULL));
  g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_INTERRUPTED);
  g_clear_error (&error);
  g_assert_false (ls_sql_exec (sql, "INSERT INTO t VALUES (3)", &error));
  g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_INTERRUPTED);
  g_clear_error (&error);

  /* What was decided is not stopped half-way. */
  g_assert_cmpint (ls_sql_commit (g_steal_pointer (&transaction), &error), ==, LS_SQL_COMMIT_OK);
  g_assert_no_error (error);
  g_assert_null (ls_sql_begin (sql, LS_SQL_BEGIN_READ, &error));
  g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_INTERRUPTED);
  g_clear_error (&error);

  ls_sql_set_cancellable (sql, NULL);
  g_assert_cmpint (get_number (sql, "SELECT sum (a) FROM t"), ==, 1);
}

/* SQLite asks whether to go on after so many steps of a statement over all its runs: a commit that
 * is run often enough is asked too. */
static void
test_cancel_commits (void)
{
  g_autoptr (LsSql) sql = open_memory ("CREATE TABLE t (a)");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  ls_sql_set_cancellable (sql, cancellable);
  for (int i = 0; i < 2000; i++)
    {
      g_autoptr (LsSqlTransaction) transaction = NULL;

      g_cancellable_reset (cancellable);
      transaction = ls_sql_begin (sql, LS_SQL_BEGIN_IMMEDIATE, &error);
      g_assert_no_error (error);
      if (i == 0)
        g_assert_true (ls_sql_run (sql, &error, "INSERT INTO t VALUES (1)", NULL));

      g_cancellable_cancel (cancellable);
      g_assert_cmpint (ls_sql_commit (g_steal_pointer (&transaction), &error),
                       ==, LS_SQL_COMMIT_OK);
      g_assert_no_error (error);
    }
}

/* A statement calls this from inside one long step. */
static int
cancel_while_comparing (const char *a,
                        size_t      a_len,
                        const char *b,
                        size_t      b_len,
                        gpointer    user_data)
{
  g_cancellable_cancel (user_data);

  return 0;
}

static void
test_cancel_inside_step (void)
{
  g_autoptr (LsSql) sql = open_memory ("");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  ls_sql_set_cancellable (sql, cancellable);
  g_assert_true (ls_sql_add_collation (sql, "cancelling", cancel_while_comparing,
                                       g_object_ref (cancellable), g_object_unref, &error));
  g_assert_false (ls_sql_run (sql, &error,
                              LONG_STEP " WHERE CAST (x AS TEXT) < 'a' COLLATE cancelling", NULL));
  g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_INTERRUPTED);
  assert_message (error, "SQLITE_INTERRUPT");
}

static gpointer
interrupt_thread (gpointer data)
{
  LsSql *sql = ((gpointer *) data)[0];
  int *stop = ((gpointer *) data)[1];

  /* An interrupt before the statement has begun is lost: go on until one has met it. */
  while (!g_atomic_int_get (stop))
    {
      ls_sql_interrupt (sql);
      g_thread_yield ();
    }

  return NULL;
}

static void
test_interrupt (void)
{
  g_autoptr (LsSql) sql = open_memory ("");
  g_autoptr (GError) error = NULL;
  int stop = 0;
  gpointer data[] = { sql, &stop };
  GThread *thread = g_thread_new ("interrupter", interrupt_thread, data);

  g_assert_false (ls_sql_run (sql, &error, LONG_STEP, NULL));
  g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_INTERRUPTED);
  g_atomic_int_set (&stop, 1);
  g_thread_join (thread);

  g_assert_cmpint (get_number (sql, "SELECT 5"), ==, 5);
}

static int
compare_backwards (const char *a,
                   size_t      a_len,
                   const char *b,
                   size_t      b_len,
                   gpointer    user_data)
{
  int order = memcmp (b, a, MIN (a_len, b_len));

  return order != 0 ? order : (b_len > a_len) - (b_len < a_len);
}

static void
count_up (gpointer data)
{
  (*(int *) data)++;
}

static void
test_collation (void)
{
  g_autoptr (LsSql) sql = open_memory ("");
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  int n_destroyed = 0;

  g_assert_false (ls_sql_exec (sql, "CREATE TABLE t (a COLLATE backwards UNIQUE)", &error));
  assert_message (error, "no such collation sequence");
  g_clear_error (&error);

  g_assert_true (ls_sql_add_collation (sql, "backwards", compare_backwards,
                                       &n_destroyed, count_up, &error));
  g_assert_no_error (error);
  g_assert_true (ls_sql_exec (sql,
                              "CREATE TABLE t (a COLLATE backwards UNIQUE);"
                              "INSERT INTO t VALUES ('b'), ('bb'), ('é'), ('a'), ('');",
                              &error));
  g_assert_cmpint (ls_sql_get_text (sql, &text, &error,
                                    "SELECT group_concat (a) FROM (SELECT a FROM t ORDER BY a)",
                                    NULL),
                   ==, LS_STEP_ROW);
  g_assert_cmpstr (text, ==, "é,bb,b,a,");

  /* SQLite refuses to replace one that a statement is using; ours is freed even so. */
  {
    g_autoptr (LsStatement) statement = ls_sql_query (sql, &error, "SELECT a FROM t ORDER BY a",
                                                      NULL);

    g_assert_cmpint (ls_statement_step (statement, &error), ==, LS_STEP_ROW);
    g_assert_false (ls_sql_add_collation (sql, "backwards", compare_backwards,
                                          &n_destroyed, count_up, &error));
    g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_BUSY);
    g_assert_cmpint (n_destroyed, ==, 1);
  }

  g_clear_pointer (&sql, ls_sql_unref);
  g_assert_cmpint (n_destroyed, ==, 2);
}

static void
test_fts5 (void)
{
  g_autoptr (LsSql) sql = open_memory ("");
  g_autoptr (GError) error = NULL;

  g_assert_true (ls_sql_has_fts5 (sql));
  g_assert_true (ls_sql_exec (sql,
                              "CREATE VIRTUAL TABLE f USING fts5 (a, tokenize = 'trigram');"
                              "INSERT INTO f VALUES ('Purple Rain'), ('Red House');",
                              &error));
  g_assert_no_error (error);
  g_assert_cmpint (get_number (sql, "SELECT rowid FROM f WHERE f MATCH 'ple'"), ==, 1);
}

int
main (int    argc,
      char **argv)
{
  setlocale (LC_ALL, "");
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/sql/transaction", test_transaction);
  g_test_add_func ("/sql/transaction/lost", test_transaction_lost);
  g_test_add_func ("/sql/transaction/rollback-with-reader", test_rollback_with_reader);
  g_test_add_func ("/sql/transaction/commit-constraint", test_commit_constraint);
  g_test_add_func ("/sql/savepoint", test_savepoint);
  g_test_add_func ("/sql/savepoint/order", test_savepoint_order);
  g_test_add_func ("/sql/snapshot", test_snapshot);
  g_test_add_func ("/sql/busy", test_busy);
  g_test_add_func ("/sql/cancel", test_cancel);
  g_test_add_func ("/sql/cancel/commits", test_cancel_commits);
  g_test_add_func ("/sql/cancel/inside-step", test_cancel_inside_step);
  g_test_add_func ("/sql/interrupt", test_interrupt);
  g_test_add_func ("/sql/collation", test_collation);
  g_test_add_func ("/sql/fts5", test_fts5);

  return g_test_run ();
}
