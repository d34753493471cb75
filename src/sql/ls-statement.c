/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-sql"

#include "config.h"

#include "sql/ls-statement.h"

#include <stdarg.h>
#include <string.h>

#include "sql/ls-sql-private.h"

/* Texts of statements are long. A few of their characters, all over, tell them apart well enough. */
static unsigned
hash_text (const char *text)
{
  size_t length = strlen (text);
  size_t step = length / 32 + 1;
  unsigned hash = (unsigned) length;

  for (size_t i = 0; i < length; i += step)
    hash = hash * 33 + (unsigned char) text[i];

  return hash;
}

static unsigned
hash_statement (gconstpointer data)
{
  return ((const LsStatement *) data)->hash;
}

static gboolean
equal_statements (gconstpointer a,
                  gconstpointer b)
{
  const LsStatement *x = a;
  const LsStatement *y = b;

  return x->hash == y->hash && strcmp (x->text, y->text) == 0;
}

GHashTable *
ls_statement_table_new (void)
{
  return g_hash_table_new (hash_statement, equal_statements);
}

static void
statement_destroy (LsStatement *statement)
{
  sqlite3_finalize (statement->stmt);
  g_free (statement->text);
  g_free (statement);
}

static gboolean
is_only_space (const char *text)
{
  return text[strspn (text, " \t\r\n;")] == '\0';
}

static void
set_misuse (const char  *text,
            GError     **error,
            const char  *what)
{
  g_autofree char *shown = ls_sql_abridge (text);

  g_set_error (error, LS_SQL_ERROR, LS_SQL_ERROR_MISUSE, "%s in “%s”", what, shown);
}

static LsStatement *
statement_new (LsSql       *sql,
               const char  *text,
               unsigned     hash,
               GError     **error)
{
  sqlite3_stmt *stmt = NULL;
  const char *tail = NULL;
  LsStatement *statement;
  int code;

  code = sqlite3_prepare_v3 (sql->db, text, -1, SQLITE_PREPARE_PERSISTENT, &stmt, &tail);
  if (code != SQLITE_OK)
    {
      ls_sql_set_error (sql, code, text, error);
      return NULL;
    }

  if (stmt == NULL || !is_only_space (tail))
    {
      sqlite3_finalize (stmt);
      set_misuse (text, error, "Expected exactly one statement");
      return NULL;
    }

  statement = g_new0 (LsStatement, 1);
  statement->stmt = stmt;
  statement->text = g_strdup (text);
  statement->hash = hash;
  statement->link.data = statement;

  return statement;
}

static void
note_bind_code (LsStatement *statement,
                int          code)
{
  if (statement->bind_code == SQLITE_OK)
    statement->bind_code = code;
}

static void
bind_text (LsStatement             *statement,
           int                      index,
           const char              *text,
           gssize                   length,
           sqlite3_destructor_type  destructor)
{
  size_t n_bytes = 0;

  if (text != NULL)
    n_bytes = length < 0 ? strlen (text) : (size_t) length;

  note_bind_code (statement,
                  sqlite3_bind_text64 (statement->stmt, index, text, n_bytes, destructor,
                                       SQLITE_UTF8));
}

static void
bind_blob (LsStatement             *statement,
           int                      index,
           const void              *data,
           size_t                   length,
           sqlite3_destructor_type  destructor)
{
  note_bind_code (statement,
                  sqlite3_bind_blob64 (statement->stmt, index, data, length, destructor));
}

/* Returns whether @types had only letters that are known. @destructor says whether SQLite copies what
 * it is given. */
static gboolean
bind_valist (LsStatement             *statement,
             const char              *types,
             sqlite3_destructor_type  destructor,
             va_list                  args)
{
  for (int i = 0; types[i] != '\0'; i++)
    {
      const void *data;
      size_t length;

      switch (types[i])
        {
        case 'i':
          ls_statement_bind_int64 (statement, i + 1, va_arg (args, int64_t));
          break;
        case 'd':
          ls_statement_bind_int64 (statement, i + 1, va_arg (args, int));
          break;
        case 't':
          bind_text (statement, i + 1, va_arg (args, const char *), -1, destructor);
          break;
        case 'T':
          data = va_arg (args, const char *);
          length = va_arg (args, size_t);
          bind_text (statement, i + 1, data, (gssize) length, destructor);
          break;
        case 'b':
          data = va_arg (args, const void *);
          length = va_arg (args, size_t);
          bind_blob (statement, i + 1, data, length, destructor);
          break;
        case 'B':
          {
            GBytes *bytes = va_arg (args, GBytes *);

            data = bytes != NULL ? g_bytes_get_data (bytes, &length) : NULL;
            /* An empty GBytes has no data, but it is a blob of no bytes and not NULL. */
            if (bytes != NULL && data == NULL)
              note_bind_code (statement, sqlite3_bind_zeroblob (statement->stmt, i + 1, 0));
            else
              bind_blob (statement, i + 1, data, data != NULL ? length : 0, destructor);
          }
          break;
        case 'n':
          ls_statement_bind_null (statement, i + 1);
          break;
        default:
          return FALSE;
        }
    }

  return TRUE;
}

static LsStatement *
query (LsSql                   *sql,
       GError                 **error,
       const char              *text,
       const char              *types,
       sqlite3_destructor_type  destructor,
       va_list                  args)
{
  g_autoptr (LsStatement) statement = NULL;
  size_t n_types = types != NULL ? strlen (types) : 0;

  statement = ls_sql_prepare (sql, text, error);
  if (statement == NULL)
    return NULL;

  if (n_types != (size_t) sqlite3_bind_parameter_count (statement->stmt))
    {
      set_misuse (text, error, "The number of values is not that of the parameters");
      return NULL;
    }

  if (n_types > 0 && !bind_valist (statement, types, destructor, args))
    {
      set_misuse (text, error, "The types of the values have an unknown letter");
      return NULL;
    }

  return g_steal_pointer (&statement);
}

static LsStep
first_row (LsStatement  *statement,
           GError      **error)
{
  LsStep step;

  if (statement == NULL)
    return LS_STEP_ERROR;

  step = ls_statement_step (statement, error);
  if (step == LS_STEP_ROW && ls_statement_is_null (statement, 0))
    return LS_STEP_DONE;

  return step;
}

void
ls_sql_clear_statements (LsSql *sql)
{
  LsStatement *statement;

  g_hash_table_remove_all (sql->idle);
  while ((statement = g_queue_peek_head (&sql->recent)) != NULL)
    {
      g_queue_unlink (&sql->recent, &statement->link);
      statement_destroy (statement);
    }
}

LsStatement *
ls_sql_prepare (LsSql       *sql,
                const char  *text,
                GError     **error)
{
  LsStatement *statement;
  LsStatement wanted;

  g_return_val_if_fail (sql != NULL, NULL);
  g_return_val_if_fail (text != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  wanted.text = (char *) text;
  wanted.hash = hash_text (text);
  statement = g_hash_table_lookup (sql->idle, &wanted);
  if (statement != NULL)
    {
      g_hash_table_remove (sql->idle, statement);
      g_queue_unlink (&sql->recent, &statement->link);
    }
  else
    {
      statement = statement_new (sql, text, wanted.hash, error);
      if (statement == NULL)
        return NULL;
    }

  statement->sql = ls_sql_ref (sql);

  return statement;
}

void
ls_statement_free (LsStatement *statement)
{
  g_autoptr (LsSql) sql = NULL;
  LsStatement *oldest;

  g_return_if_fail (statement != NULL);

  sql = g_steal_pointer (&statement->sql);
  sqlite3_reset (statement->stmt);
  sqlite3_clear_bindings (statement->stmt);
  statement->bind_code = SQLITE_OK;
  statement->done = FALSE;

  if (g_hash_table_contains (sql->idle, statement))
    {
      statement_destroy (statement);
      return;
    }

  g_hash_table_add (sql->idle, statement);
  g_queue_push_head_link (&sql->recent, &statement->link);

  if (sql->recent.length > sql->n_cached_statements)
    {
      oldest = g_queue_peek_tail (&sql->recent);
      g_hash_table_remove (sql->idle, oldest);
      g_queue_unlink (&sql->recent, &oldest->link);
      statement_destroy (oldest);
    }
}

void
ls_statement_bind_int64 (LsStatement *statement,
                         int          index,
                         int64_t      value)
{
  g_return_if_fail (statement != NULL);

  note_bind_code (statement, sqlite3_bind_int64 (statement->stmt, index, value));
}

void
ls_statement_bind_text (LsStatement *statement,
                        int          index,
                        const char  *text,
                        gssize       length)
{
  g_return_if_fail (statement != NULL);

  bind_text (statement, index, text, length, SQLITE_TRANSIENT);
}

void
ls_statement_bind_text_static (LsStatement *statement,
                               int          index,
                               const char  *text,
                               gssize       length)
{
  g_return_if_fail (statement != NULL);

  bind_text (statement, index, text, length, SQLITE_STATIC);
}

void
ls_statement_bind_blob (LsStatement *statement,
                        int          index,
                        const void  *data,
                        size_t       length)
{
  g_return_if_fail (statement != NULL);

  bind_blob (statement, index, data, length, SQLITE_TRANSIENT);
}

void
ls_statement_bind_blob_static (LsStatement *statement,
                               int          index,
                               const void  *data,
                               size_t       length)
{
  g_return_if_fail (statement != NULL);

  bind_blob (statement, index, data, length, SQLITE_STATIC);
}

void
ls_statement_bind_null (LsStatement *statement,
                        int          index)
{
  g_return_if_fail (statement != NULL);

  note_bind_code (statement, sqlite3_bind_null (statement->stmt, index));
}

LsStep
ls_statement_step (LsStatement  *statement,
                   GError      **error)
{
  LsSql *sql;
  int code;

  g_return_val_if_fail (statement != NULL && statement->sql != NULL, LS_STEP_ERROR);
  g_return_val_if_fail (error == NULL || *error == NULL, LS_STEP_ERROR);

  sql = statement->sql;

  if (statement->done)
    return LS_STEP_DONE;

  if (statement->bind_code != SQLITE_OK)
    {
      ls_sql_set_error (sql, statement->bind_code, statement->text, error);
      g_prefix_error (error, "Could not bind a value: ");
      return LS_STEP_ERROR;
    }

  if (ls_sql_transaction_is_lost (sql))
    {
      set_misuse (statement->text, error,
                  "The transaction was rolled back after an earlier error");
      return LS_STEP_ERROR;
    }

  if (g_cancellable_is_cancelled (sql->cancellable))
    code = SQLITE_INTERRUPT;
  else
    code = sqlite3_step (statement->stmt);

  if (code == SQLITE_ROW)
    return LS_STEP_ROW;

  if (code == SQLITE_DONE)
    {
      statement->done = TRUE;
      return LS_STEP_DONE;
    }

  ls_sql_set_error (sql, code, statement->text, error);
  sqlite3_reset (statement->stmt);

  return LS_STEP_ERROR;
}

gboolean
ls_statement_run (LsStatement  *statement,
                  GError      **error)
{
  LsStep step;

  g_return_val_if_fail (statement != NULL, FALSE);

  do
    step = ls_statement_step (statement, error);
  while (step == LS_STEP_ROW);

  ls_statement_reset (statement);

  return step == LS_STEP_DONE;
}

void
ls_statement_reset (LsStatement *statement)
{
  g_return_if_fail (statement != NULL);

  sqlite3_reset (statement->stmt);
  statement->done = FALSE;
}

void
ls_statement_clear (LsStatement *statement)
{
  g_return_if_fail (statement != NULL);

  sqlite3_reset (statement->stmt);
  sqlite3_clear_bindings (statement->stmt);
  statement->bind_code = SQLITE_OK;
  statement->done = FALSE;
}

int
ls_statement_get_n_columns (LsStatement *statement)
{
  g_return_val_if_fail (statement != NULL, 0);

  return sqlite3_column_count (statement->stmt);
}

const char *
ls_statement_get_column_name (LsStatement *statement,
                              int          column)
{
  g_return_val_if_fail (statement != NULL, NULL);

  return sqlite3_column_name (statement->stmt, column);
}

gboolean
ls_statement_is_null (LsStatement *statement,
                      int          column)
{
  g_return_val_if_fail (statement != NULL, TRUE);

  return sqlite3_column_type (statement->stmt, column) == SQLITE_NULL;
}

int64_t
ls_statement_get_int64 (LsStatement *statement,
                        int          column)
{
  g_return_val_if_fail (statement != NULL, 0);

  return sqlite3_column_int64 (statement->stmt, column);
}

const char *
ls_statement_get_text (LsStatement *statement,
                       int          column)
{
  g_return_val_if_fail (statement != NULL, NULL);

  return (const char *) sqlite3_column_text (statement->stmt, column);
}

const char *
ls_statement_need_text (LsStatement  *statement,
                        int           column,
                        GError      **error)
{
  const char *text = ls_statement_get_text (statement, column);

  if (text != NULL && g_utf8_validate (text, -1, NULL))
    return text;
  g_set_error (error, LS_SQL_ERROR, LS_SQL_ERROR_CORRUPT, "The database is damaged: %s %s",
               sqlite3_column_name (statement->stmt, column),
               text == NULL ? "is missing" : "is not text");
  return NULL;
}

gboolean
ls_step_need_row (LsStep       step,
                  const char  *what,
                  GError     **error)
{
  if (step == LS_STEP_DONE)
    g_set_error (error, LS_SQL_ERROR, LS_SQL_ERROR_CORRUPT, "The database is damaged: %s is missing",
                 what);
  return step == LS_STEP_ROW;
}

char *
ls_statement_dup_text (LsStatement *statement,
                       int          column)
{
  return g_strdup (ls_statement_get_text (statement, column));
}

const void *
ls_statement_get_blob (LsStatement *statement,
                       int          column,
                       size_t      *length)
{
  const void *data;

  g_return_val_if_fail (statement != NULL, NULL);
  g_return_val_if_fail (length != NULL, NULL);

  data = sqlite3_column_blob (statement->stmt, column);
  *length = (size_t) sqlite3_column_bytes (statement->stmt, column);

  return data;
}

GBytes *
ls_statement_dup_blob (LsStatement *statement,
                       int          column)
{
  const void *data;
  size_t length = 0;

  if (ls_statement_is_null (statement, column))
    return NULL;

  data = ls_statement_get_blob (statement, column, &length);

  return g_bytes_new (data, length);
}

/* What is done within the call needs no copies of the caller's values. */

gboolean
ls_sql_run (LsSql       *sql,
            GError     **error,
            const char  *text,
            const char  *types,
            ...)
{
  g_autoptr (LsStatement) statement = NULL;
  va_list args;

  g_return_val_if_fail (sql != NULL, FALSE);

  va_start (args, types);
  statement = query (sql, error, text, types, SQLITE_STATIC, args);
  va_end (args);

  return statement != NULL && ls_statement_run (statement, error);
}

LsStatement *
ls_sql_query (LsSql       *sql,
              GError     **error,
              const char  *text,
              const char  *types,
              ...)
{
  LsStatement *statement;
  va_list args;

  g_return_val_if_fail (sql != NULL, NULL);

  va_start (args, types);
  statement = query (sql, error, text, types, SQLITE_TRANSIENT, args);
  va_end (args);

  return statement;
}

LsStep
ls_sql_get_int64 (LsSql       *sql,
                  int64_t     *value,
                  GError     **error,
                  const char  *text,
                  const char  *types,
                  ...)
{
  g_autoptr (LsStatement) statement = NULL;
  va_list args;
  LsStep step;

  g_return_val_if_fail (sql != NULL, LS_STEP_ERROR);
  g_return_val_if_fail (value != NULL, LS_STEP_ERROR);

  va_start (args, types);
  statement = query (sql, error, text, types, SQLITE_STATIC, args);
  va_end (args);

  step = first_row (statement, error);
  if (step == LS_STEP_ROW)
    *value = ls_statement_get_int64 (statement, 0);

  return step;
}

LsStep
ls_sql_get_text (LsSql       *sql,
                 char       **value,
                 GError     **error,
                 const char  *text,
                 const char  *types,
                 ...)
{
  g_autoptr (LsStatement) statement = NULL;
  va_list args;
  LsStep step;

  g_return_val_if_fail (sql != NULL, LS_STEP_ERROR);
  g_return_val_if_fail (value != NULL, LS_STEP_ERROR);

  va_start (args, types);
  statement = query (sql, error, text, types, SQLITE_STATIC, args);
  va_end (args);

  step = first_row (statement, error);
  if (step == LS_STEP_ROW)
    *value = ls_statement_dup_text (statement, 0);

  return step;
}
