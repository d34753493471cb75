/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Statements: values in and out, errors, the cache. */
#include "config.h"

#include <locale.h>
#include <sqlite3.h>
#include <string.h>

#include "sql/ls-sql.h"

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
test_bind (void)
{
  static const char text_with_nul[] = "a\0b";
  g_autoptr (LsSql) sql = open_memory ("CREATE TABLE t (a, b, c, d, e, f, g)");
  g_autoptr (GError) error = NULL;
  g_autoptr (LsStatement) statement = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *text = NULL;
  size_t length = 99;

  statement = ls_sql_prepare (sql, "INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?)", &error);
  g_assert_no_error (error);
  ls_statement_bind_int64 (statement, 1, G_MININT64);
  ls_statement_bind_text (statement, 2, "héron and more", 6);
  ls_statement_bind_text_static (statement, 3, text_with_nul, 3);
  ls_statement_bind_blob (statement, 4, "\0\1\2", 3);
  ls_statement_bind_blob_static (statement, 5, "xyz", 2);
  ls_statement_bind_null (statement, 6);
  ls_statement_bind_text (statement, 7, NULL, -1);
  g_assert_cmpint (ls_statement_step (statement, &error), ==, LS_STEP_DONE);
  g_assert_no_error (error);
  g_assert_cmpint (ls_sql_get_changes (sql), ==, 1);
  g_assert_cmpint (ls_sql_get_last_insert_rowid (sql), ==, 1);
  g_clear_pointer (&statement, ls_statement_free);

  statement = ls_sql_query (sql, &error, "SELECT *, 7 AS seven FROM t", NULL);
  g_assert_no_error (error);
  g_assert_cmpint (ls_statement_get_n_columns (statement), ==, 8);
  g_assert_cmpstr (ls_statement_get_column_name (statement, 7), ==, "seven");
  g_assert_cmpint (ls_statement_step (statement, &error), ==, LS_STEP_ROW);
  g_assert_cmpint (ls_statement_get_int64 (statement, 0), ==, G_MININT64);
  g_assert_cmpstr (ls_statement_get_text (statement, 1), ==, "héron");
  g_assert_cmpmem (ls_statement_get_blob (statement, 2, &length), 3, "a\0b", 3);
  g_assert_cmpint (length, ==, 3);
  bytes = ls_statement_dup_blob (statement, 3);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "\0\1\2", 3);
  text = ls_statement_dup_text (statement, 4);
  g_assert_cmpstr (text, ==, "xy");
  g_assert_true (ls_statement_is_null (statement, 5));
  g_assert_true (ls_statement_is_null (statement, 6));
  g_assert_null (ls_statement_get_text (statement, 6));
  g_assert_null (ls_statement_dup_text (statement, 6));
  g_assert_null (ls_statement_dup_blob (statement, 6));
  g_assert_false (ls_statement_is_null (statement, 7));
  g_assert_cmpint (ls_statement_step (statement, &error), ==, LS_STEP_DONE);
}

/* What a damaged file may hold where only text can be. */
static void
test_needed_text (void)
{
  g_autoptr (LsSql) sql = open_memory ("CREATE TABLE t (good, missing, odd);"
                                       "INSERT INTO t VALUES ('héron', NULL, x'ff41')");
  g_autoptr (GError) error = NULL;
  g_autoptr (LsStatement) statement =
      ls_sql_prepare (sql, "SELECT good, missing, CAST (odd AS TEXT) AS odd FROM t", &error);

  g_assert_no_error (error);
  g_assert_cmpint (ls_statement_step (statement, &error), ==, LS_STEP_ROW);
  g_assert_cmpstr (ls_statement_need_text (statement, 0, &error), ==, "héron");
  g_assert_no_error (error);
  g_assert_null (ls_statement_need_text (statement, 1, &error));
  g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_CORRUPT);
  assert_message (error, "missing is missing");
  g_clear_error (&error);
  g_assert_null (ls_statement_need_text (statement, 2, &error));
  g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_CORRUPT);
  assert_message (error, "odd is not text");
  g_clear_error (&error);
  g_assert_true (ls_step_need_row (LS_STEP_ROW, "t", &error));
  g_assert_no_error (error);
  g_assert_false (ls_step_need_row (ls_statement_step (statement, &error), "t", &error));
  g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_CORRUPT);
  assert_message (error, "t is missing");
}

/* SQLite repeats what it found, which need not be text. */
static void
test_error_is_text (void)
{
  g_autoptr (LsSql) sql = open_memory ("CREATE TABLE t (a)");
  g_autoptr (GError) error = NULL;

  g_assert_false (ls_sql_exec (sql, "SELECT * FROM \"caf\xe9\"", &error));
  g_assert_nonnull (error);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
}

static void
test_bind_errors (void)
{
  g_autoptr (LsSql) sql = open_memory ("CREATE TABLE t (a)");
  g_autoptr (LsStatement) statement = ls_sql_prepare (sql, "INSERT INTO t VALUES (?)", NULL);
  g_autoptr (GError) error = NULL;

  /* The mistake is not forgotten over a binding that works. */
  ls_statement_bind_int64 (statement, 2, 1);
  ls_statement_bind_int64 (statement, 1, 1);
  g_assert_cmpint (ls_statement_step (statement, &error), ==, LS_STEP_ERROR);
  g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_MISUSE);
  assert_message (error, "SQLITE_RANGE");
  assert_message (error, "INSERT INTO t");
  g_clear_error (&error);

  /* Only giving it back clears it. */
  g_clear_pointer (&statement, ls_statement_free);
  statement = ls_sql_prepare (sql, "INSERT INTO t VALUES (?)", NULL);
  ls_statement_bind_int64 (statement, 1, 1);
  g_assert_true (ls_statement_run (statement, &error));
  g_assert_no_error (error);
  g_assert_cmpint (get_number (sql, "SELECT count (*) FROM t"), ==, 1);
}

static void
test_run (void)
{
  g_autoptr (LsSql) sql = open_memory ("CREATE TABLE t (a, b, c, d, e, f, g)");
  g_autoptr (GBytes) bytes = g_bytes_new_static ("bytes", 5);
  g_autoptr (GBytes) empty = g_bytes_new (NULL, 0);
  g_autoptr (GError) error = NULL;
  g_autofree char *row = NULL;

  g_assert_true (ls_sql_run (sql, &error, "INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?)", "idtTbBn",
                             INT64_C (1) << 40, -7, "text", "text and more", (size_t) 4,
                             "\1\2\3", (size_t) 2, bytes));
  g_assert_no_error (error);
  g_assert_cmpint (ls_sql_get_text (sql, &row, &error,
                                    "SELECT a || b || c || d || hex (e) || f || typeof (f)"
                                    " || ifnull (g, 'null') FROM t",
                                    ""),
                   ==, LS_STEP_ROW);
  g_assert_no_error (error);
  g_assert_cmpstr (row, ==, "1099511627776-7texttext0102bytesblobnull");
  g_clear_pointer (&row, g_free);

  g_assert_true (ls_sql_run (sql, &error, "UPDATE t SET a = ?, b = ?, c = ?", "BBt",
                             empty, NULL, NULL));
  g_assert_cmpint (ls_sql_get_text (sql, &row, &error,
                                    "SELECT typeof (a) || typeof (b) || typeof (c) FROM t", NULL),
                   ==, LS_STEP_ROW);
  g_assert_cmpstr (row, ==, "blobnullnull");
}

static void
test_run_errors (void)
{
  static const struct {
    const char *text;
    const char *types;
    int         code;
    const char *message;
  } cases[] = {
    { "INSERT INTO t VALUES (?)", NULL, LS_SQL_ERROR_MISUSE, "number of values" },
    { "INSERT INTO t VALUES (1)", "n", LS_SQL_ERROR_MISUSE, "number of values" },
    { "INSERT INTO t VALUES (?)", "x", LS_SQL_ERROR_MISUSE, "unknown letter" },
    { "", NULL, LS_SQL_ERROR_MISUSE, "exactly one statement" },
    { " -- nothing", NULL, LS_SQL_ERROR_MISUSE, "exactly one statement" },
    { "SELECT 1; SELECT 2", NULL, LS_SQL_ERROR_MISUSE, "exactly one statement" },
    { "SELEKT 1", NULL, LS_SQL_ERROR_OTHER, "syntax error" },
    { "SELECT * FROM nowhere", NULL, LS_SQL_ERROR_OTHER, "no such table: nowhere" },
    { "SELECT \"no literal\"", NULL, LS_SQL_ERROR_OTHER, "no such column" },
    { "INSERT INTO t VALUES (NULL)", NULL, LS_SQL_ERROR_CONSTRAINT, "SQLITE_CONSTRAINT_NOTNULL" },
    { "INSERT INTO t VALUES (5)", NULL, LS_SQL_ERROR_CONSTRAINT, "SQLITE_CONSTRAINT_UNIQUE" },
    { "INSERT INTO t VALUES (-1)", NULL, LS_SQL_ERROR_CONSTRAINT, "SQLITE_CONSTRAINT_CHECK" },
    { "INSERT INTO c VALUES (9)", NULL, LS_SQL_ERROR_CONSTRAINT, "SQLITE_CONSTRAINT_FOREIGNKEY" },
  };
  g_autoptr (LsSql) sql = open_memory ("CREATE TABLE t (a NOT NULL UNIQUE CHECK (a > 0));"
                                       "CREATE TABLE c (a REFERENCES t (a));"
                                       "INSERT INTO t VALUES (5);");

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", cases[i].text);
      g_assert_false (ls_sql_run (sql, &error, cases[i].text, cases[i].types));
      g_assert_error (error, LS_SQL_ERROR, cases[i].code);
      assert_message (error, cases[i].message);
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
    }

  g_assert_cmpint (ls_sql_get_extended_code (sql), ==, SQLITE_CONSTRAINT_FOREIGNKEY);
  g_assert_cmpint (get_number (sql, "SELECT count (*) FROM t"), ==, 1);
  g_assert_cmpint (get_number (sql, "SELECT count (*) FROM c"), ==, 0);
}

static void
test_error_text (void)
{
  g_autoptr (LsSql) sql = open_memory ("");
  g_autoptr (GString) text = g_string_new ("\n\tSELECT\n  nothing\r\n");
  g_autoptr (GError) error = NULL;

  for (int i = 0; i < 50; i++)
    g_string_append (text, ", 'é'");

  g_assert_false (ls_sql_run (sql, &error, text->str, NULL));
  assert_message (error, "“SELECT nothing , 'é', ");
  assert_message (error, "…”");
  g_assert_cmpuint (strlen (error->message), <, 200);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
}

static void
test_codes (void)
{
  static const struct {
    int         code;
    int         error;
    const char *name;
  } cases[] = {
    { SQLITE_BUSY_SNAPSHOT, LS_SQL_ERROR_BUSY, "SQLITE_BUSY_SNAPSHOT" },
    { SQLITE_LOCKED, LS_SQL_ERROR_LOCKED, "SQLITE_LOCKED" },
    { SQLITE_FULL, LS_SQL_ERROR_FULL, "SQLITE_FULL" },
    { SQLITE_READONLY_DBMOVED, LS_SQL_ERROR_READONLY, "SQLITE_READONLY_DBMOVED" },
    { SQLITE_IOERR_FSYNC, LS_SQL_ERROR_IOERR, "SQLITE_IOERR_FSYNC" },
    { SQLITE_IOERR | 200 << 8, LS_SQL_ERROR_IOERR, "SQLITE_IOERR" },
    { SQLITE_CORRUPT_INDEX, LS_SQL_ERROR_CORRUPT, "SQLITE_CORRUPT_INDEX" },
    { SQLITE_NOTADB, LS_SQL_ERROR_NOTADB, "SQLITE_NOTADB" },
    { SQLITE_SCHEMA, LS_SQL_ERROR_SCHEMA, "SQLITE_SCHEMA" },
    { SQLITE_CANTOPEN_ISDIR, LS_SQL_ERROR_CANTOPEN, "SQLITE_CANTOPEN_ISDIR" },
    { SQLITE_NOMEM, LS_SQL_ERROR_OTHER, "SQLITE_NOMEM" },
    { 99, LS_SQL_ERROR_OTHER, "SQLITE_UNKNOWN" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_assert_cmpint (ls_sql_error_from_code (cases[i].code), ==, cases[i].error);
      g_assert_cmpstr (ls_sql_code_to_string (cases[i].code), ==, cases[i].name);
    }
}

static void
test_scalars (void)
{
  g_autoptr (LsSql) sql = open_memory ("CREATE TABLE t (a); INSERT INTO t VALUES (NULL), (3)");
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  int64_t value = 42;

  g_assert_cmpint (ls_sql_get_int64 (sql, &value, &error, "SELECT a FROM t WHERE a = ?", "d", 3),
                   ==, LS_STEP_ROW);
  g_assert_cmpint (value, ==, 3);

  value = 42;
  g_assert_cmpint (ls_sql_get_int64 (sql, &value, &error, "SELECT a FROM t WHERE a = ?", "d", 4),
                   ==, LS_STEP_DONE);
  g_assert_cmpint (ls_sql_get_int64 (sql, &value, &error, "SELECT NULL", NULL), ==, LS_STEP_DONE);
  g_assert_cmpint (ls_sql_get_text (sql, &text, &error, "SELECT NULL", NULL), ==, LS_STEP_DONE);
  g_assert_no_error (error);
  g_assert_cmpint (ls_sql_get_int64 (sql, &value, &error, "SELECT b FROM t", NULL),
                   ==, LS_STEP_ERROR);
  g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_OTHER);
  g_clear_error (&error);
  g_assert_cmpint (ls_sql_get_text (sql, &text, &error, "SELECT b FROM t", NULL),
                   ==, LS_STEP_ERROR);
  g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_OTHER);
  g_assert_cmpint (value, ==, 42);
  g_assert_null (text);
}

static void
test_exec (void)
{
  g_autoptr (LsSql) sql = open_memory ("");
  g_autoptr (GError) error = NULL;

  g_assert_true (ls_sql_exec (sql, "  -- only words\n;;\n", &error));
  g_assert_no_error (error);

  g_assert_false (ls_sql_exec (sql,
                               "CREATE TABLE t (a UNIQUE);\n"
                               "-- a comment\n"
                               "INSERT INTO t\n"
                               "  VALUES (1); SELECT * FROM t;\n"
                               "\n"
                               "INSERT INTO t VALUES (1);\n"
                               "INSERT INTO t VALUES (2);\n",
                               &error));
  g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_CONSTRAINT);
  g_assert_true (g_str_has_prefix (error->message, "Line 6: "));
  g_assert_cmpint (get_number (sql, "SELECT count (*) FROM t"), ==, 1);
}

/* One step after the end must not run the statement again. */
static void
test_done_stays_done (void)
{
  g_autoptr (LsSql) sql = open_memory ("CREATE TABLE t (a)");
  g_autoptr (LsStatement) statement = ls_sql_query (sql, NULL, "INSERT INTO t VALUES (?)", "d", 1);

  g_assert_cmpint (ls_statement_step (statement, NULL), ==, LS_STEP_DONE);
  g_assert_cmpint (ls_statement_step (statement, NULL), ==, LS_STEP_DONE);
  g_assert_cmpint (get_number (sql, "SELECT count (*) FROM t"), ==, 1);

  /* A reset keeps the binding. */
  ls_statement_reset (statement);
  g_assert_true (ls_statement_run (statement, NULL));
  g_assert_true (ls_statement_run (statement, NULL));
  g_assert_cmpint (get_number (sql, "SELECT sum (a) FROM t"), ==, 3);
}

static int64_t
count_prepared (LsSql *sql)
{
  return get_number (sql, "SELECT count (*) FROM sqlite_stmt WHERE sql LIKE '%/* mine */%'"
                          " AND sql NOT LIKE '%sqlite_stmt%'");
}

static void
test_cache (void)
{
  LsSqlOptions options = { .n_cached_statements = 3 };
  g_autoptr (GError) error = NULL;
  g_autoptr (LsSql) sql = ls_sql_open (NULL, LS_SQL_MEMORY, &options, &error);
  LsStatement *first;
  LsStatement *second;

  g_assert_no_error (error);
  if (ls_sql_get_int64 (sql, &(int64_t) { 0 }, NULL, "SELECT 1 FROM sqlite_stmt", NULL)
      == LS_STEP_ERROR)
    {
      g_test_skip ("this SQLite has no sqlite_stmt");
      return;
    }

  /* The same statement comes back, without what was bound. */
  first = ls_sql_query (sql, &error, "SELECT ? /* mine */", "d", 5);
  g_assert_cmpint (ls_statement_step (first, &error), ==, LS_STEP_ROW);
  ls_statement_free (first);
  second = ls_sql_prepare (sql, "SELECT ? /* mine */", &error);
  g_assert_true (first == second);
  g_assert_cmpint (ls_statement_step (second, &error), ==, LS_STEP_ROW);
  g_assert_true (ls_statement_is_null (second, 0));

  /* Two at once are two statements, of which one is kept. */
  first = ls_sql_prepare (sql, "SELECT ? /* mine */", &error);
  g_assert_true (first != second);
  g_assert_cmpint (count_prepared (sql), ==, 2);
  ls_statement_free (first);
  ls_statement_free (second);
  g_assert_cmpint (count_prepared (sql), ==, 1);

  /* The least recently used go first. The count itself takes a place. */
  for (int i = 0; i < 10; i++)
    {
      g_autofree char *text = g_strdup_printf ("SELECT %d /* mine */", i);

      g_assert_true (ls_sql_run (sql, &error, text, NULL));
      g_assert_cmpint (count_prepared (sql), <=, 2);
    }
  g_assert_cmpint (get_number (sql, "SELECT count (*) FROM sqlite_stmt"
                                    " WHERE sql LIKE 'SELECT 9 /* mine */'"), ==, 1);
}

static void
test_outlives_connection (void)
{
  g_autoptr (LsStatement) statement = NULL;
  LsSql *sql = open_memory ("");

  statement = ls_sql_prepare (sql, "SELECT 7", NULL);
  ls_sql_unref (sql);
  g_assert_cmpint (ls_statement_step (statement, NULL), ==, LS_STEP_ROW);
  g_assert_cmpint (ls_statement_get_int64 (statement, 0), ==, 7);
}

int
main (int    argc,
      char **argv)
{
  setlocale (LC_ALL, "");
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/sql/statement/bind", test_bind);
  g_test_add_func ("/sql/statement/bind/errors", test_bind_errors);
  g_test_add_func ("/sql/statement/needed-text", test_needed_text);
  g_test_add_func ("/sql/statement/error-is-text", test_error_is_text);
  g_test_add_func ("/sql/statement/run", test_run);
  g_test_add_func ("/sql/statement/run/errors", test_run_errors);
  g_test_add_func ("/sql/statement/error-text", test_error_text);
  g_test_add_func ("/sql/statement/codes", test_codes);
  g_test_add_func ("/sql/statement/scalars", test_scalars);
  g_test_add_func ("/sql/statement/exec", test_exec);
  g_test_add_func ("/sql/statement/done-stays-done", test_done_stays_done);
  g_test_add_func ("/sql/statement/cache", test_cache);
  g_test_add_func ("/sql/statement/outlives-connection", test_outlives_connection);

  return g_test_run ();
}
