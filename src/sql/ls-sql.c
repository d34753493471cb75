/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-sql"

#include "config.h"

#include "sql/ls-sql.h"

#include <string.h>

#include "sql/ls-sql-private.h"

#define STATEMENT_SHOWN 80
#define PROGRESS_STEPS 1000

typedef struct {
  LsSqlCollate   compare;
  gpointer       user_data;
  GDestroyNotify destroy;
} Collation;

typedef struct {
  LsSqlPredicate predicate;
  gpointer       user_data;
  GDestroyNotify destroy;
} Predicate;

static void
collation_free (gpointer data)
{
  Collation *collation = data;

  if (collation->destroy != NULL)
    collation->destroy (collation->user_data);
  g_free (collation);
}

static int
collation_compare_cb (void       *data,
                      int         a_len,
                      const void *a,
                      int         b_len,
                      const void *b)
{
  Collation *collation = data;

  return collation->compare (a, (size_t) a_len, b, (size_t) b_len, collation->user_data);
}

static void
predicate_free (gpointer data)
{
  Predicate *predicate = data;

  if (predicate->destroy != NULL)
    predicate->destroy (predicate->user_data);
  g_free (predicate);
}

static void
predicate_cb (sqlite3_context  *context,
              int               n_values,
              sqlite3_value   **values)
{
  Predicate *predicate = sqlite3_user_data (context);
  const char *text, *argument;

  if (sqlite3_value_type (values[0]) != SQLITE_TEXT || sqlite3_value_type (values[1]) != SQLITE_TEXT)
    return;
  text = (const char *) sqlite3_value_text (values[0]);
  argument = (const char *) sqlite3_value_text (values[1]);
  if (text == NULL || argument == NULL)
    sqlite3_result_error_nomem (context);
  else
    sqlite3_result_int (context, predicate->predicate (text, argument, predicate->user_data));
}

/* Never while a control statement runs: SQLite asks once more after a commit has done its work, and
 * would report it as interrupted. */
static int
progress_cb (void *data)
{
  LsSql *sql = data;

  return sql->deaf == 0 && g_cancellable_is_cancelled (sql->cancellable);
}

static void
sql_close (gpointer data)
{
  LsSql *sql = data;

  ls_sql_clear_statements (sql);
  /* Without a handle the open itself found no memory. */
  if (sql->db != NULL)
    sqlite3_progress_handler (sql->db, 0, NULL, NULL);
  if (sqlite3_close (sql->db) != SQLITE_OK)
    g_critical ("Could not close a database: %s", sqlite3_errmsg (sql->db));

  g_hash_table_unref (sql->idle);
  g_clear_object (&sql->cancellable);
  g_free (sql->path);
  g_free (sql->vfs);
}

char *
ls_sql_abridge (const char *text)
{
  GString *shown = g_string_sized_new (STATEMENT_SHOWN + 8);
  const char *end;
  gboolean space = FALSE;

  text += strspn (text, " \t\r\n");
  for (; *text != '\0' && shown->len < STATEMENT_SHOWN; text++)
    {
      if (strchr (" \t\r\n", *text) != NULL)
        {
          space = TRUE;
          continue;
        }

      if (space)
        g_string_append_c (shown, ' ');
      space = FALSE;
      g_string_append_c (shown, *text);
    }

  if (!g_utf8_validate_len (shown->str, shown->len, &end))
    g_string_truncate (shown, (size_t) (end - shown->str));
  if (*text != '\0')
    g_string_append (shown, "…");

  return g_string_free (shown, FALSE);
}

void
ls_sql_set_error (LsSql       *sql,
                  int          code,
                  const char  *text,
                  GError     **error)
{
  g_autofree char *shown = text != NULL ? ls_sql_abridge (text) : NULL;
  g_autofree char *message = NULL;

  /* SQLite's own message is more exact, but belongs to the last call of this connection. */
  if ((sqlite3_extended_errcode (sql->db) & 0xff) == (code & 0xff))
    {
      code = sqlite3_extended_errcode (sql->db);
      /* Of a damaged file it repeats what it found there. */
      message = g_utf8_make_valid (sqlite3_errmsg (sql->db), -1);
    }
  else
    message = g_strdup (sqlite3_errstr (code));

  sql->extended_code = code;

  if (shown != NULL)
    g_set_error (error, LS_SQL_ERROR, ls_sql_error_from_code (code),
                 "%s (%s) in “%s”", message, ls_sql_code_to_string (code), shown);
  else
    g_set_error (error, LS_SQL_ERROR, ls_sql_error_from_code (code),
                 "%s (%s)", message, ls_sql_code_to_string (code));
}

/* Runs the first statement of @script and moves it on. Sets @error. */
static gboolean
exec_one (LsSql        *sql,
          const char  **script,
          GError      **error)
{
  sqlite3_stmt *stmt = NULL;
  const char *text = *script;
  int code;

  code = sqlite3_prepare_v3 (sql->db, text, -1, 0, &stmt, script);
  if (code == SQLITE_OK && stmt == NULL)
    return TRUE;

  if (code == SQLITE_OK)
    {
      do
        code = g_cancellable_is_cancelled (sql->cancellable) ? SQLITE_INTERRUPT
                                                             : sqlite3_step (stmt);
      while (code == SQLITE_ROW);
    }

  if (code != SQLITE_DONE)
    {
      ls_sql_set_error (sql, code, text, error);
      sqlite3_finalize (stmt);
      return FALSE;
    }

  sqlite3_finalize (stmt);

  return TRUE;
}

LsSql *
ls_sql_ref (LsSql *sql)
{
  g_return_val_if_fail (sql != NULL, NULL);

  return g_atomic_rc_box_acquire (sql);
}

void
ls_sql_unref (LsSql *sql)
{
  g_return_if_fail (sql != NULL);

  g_atomic_rc_box_release_full (sql, sql_close);
}

void
ls_sql_shrink (LsSql *sql)
{
  g_return_if_fail (sql != NULL);

  sqlite3_db_release_memory (sql->db);
}

const char *
ls_sql_get_path (LsSql *sql)
{
  g_return_val_if_fail (sql != NULL, NULL);

  return sql->path;
}

LsSqlMode
ls_sql_get_mode (LsSql *sql)
{
  g_return_val_if_fail (sql != NULL, LS_SQL_READ_ONLY);

  return sql->mode;
}

gboolean
ls_sql_exec (LsSql       *sql,
             const char  *script,
             GError     **error)
{
  const char *rest = script;
  unsigned line = 1;

  g_return_val_if_fail (sql != NULL, FALSE);
  g_return_val_if_fail (script != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  while (*rest != '\0')
    {
      const char *text = rest + strspn (rest, " \t\r\n");

      for (; rest < text; rest++)
        line += *rest == '\n';

      if (ls_sql_transaction_is_lost (sql))
        {
          g_set_error (error, LS_SQL_ERROR, LS_SQL_ERROR_MISUSE,
                       "Line %u: the transaction was rolled back after an earlier error", line);
          return FALSE;
        }

      if (!exec_one (sql, &rest, error))
        {
          g_prefix_error (error, "Line %u: ", line);
          return FALSE;
        }

      for (; text < rest; text++)
        line += *text == '\n';
    }

  return TRUE;
}

int64_t
ls_sql_get_changes (LsSql *sql)
{
  g_return_val_if_fail (sql != NULL, 0);

  return sqlite3_changes64 (sql->db);
}

int64_t
ls_sql_get_last_insert_rowid (LsSql *sql)
{
  g_return_val_if_fail (sql != NULL, 0);

  return sqlite3_last_insert_rowid (sql->db);
}

int
ls_sql_get_extended_code (LsSql *sql)
{
  g_return_val_if_fail (sql != NULL, 0);

  return sql->extended_code;
}

gboolean
ls_sql_is_suspect (LsSql *sql)
{
  g_return_val_if_fail (sql != NULL, TRUE);

  return sql->suspect;
}

void
ls_sql_interrupt (LsSql *sql)
{
  g_return_if_fail (sql != NULL);

  sqlite3_interrupt (sql->db);
}

void
ls_sql_set_cancellable (LsSql        *sql,
                        GCancellable *cancellable)
{
  g_return_if_fail (sql != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  if (!g_set_object (&sql->cancellable, cancellable))
    return;

  if (cancellable != NULL)
    sqlite3_progress_handler (sql->db, PROGRESS_STEPS, progress_cb, sql);
  else
    sqlite3_progress_handler (sql->db, 0, NULL, NULL);
}

gboolean
ls_sql_add_collation (LsSql           *sql,
                      const char      *name,
                      LsSqlCollate     compare,
                      gpointer         user_data,
                      GDestroyNotify   destroy,
                      GError         **error)
{
  Collation *collation;
  int code;

  g_return_val_if_fail (sql != NULL, FALSE);
  g_return_val_if_fail (name != NULL, FALSE);
  g_return_val_if_fail (compare != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  collation = g_new0 (Collation, 1);
  collation->compare = compare;
  collation->user_data = user_data;
  collation->destroy = destroy;

  code = sqlite3_create_collation_v2 (sql->db, name, SQLITE_UTF8, collation,
                                      collation_compare_cb, collation_free);
  if (code != SQLITE_OK)
    {
      ls_sql_set_error (sql, code, NULL, error);
      g_prefix_error (error, "Could not add the collation “%s”: ", name);
      /* Unlike its other functions, this one leaves the data to the caller when it fails. */
      collation_free (collation);
      return FALSE;
    }

  return TRUE;
}

gboolean
ls_sql_add_predicate (LsSql           *sql,
                      const char      *name,
                      LsSqlPredicate   predicate,
                      gpointer         user_data,
                      GDestroyNotify   destroy,
                      GError         **error)
{
  Predicate *data;
  int code;

  g_return_val_if_fail (sql != NULL, FALSE);
  g_return_val_if_fail (name != NULL, FALSE);
  g_return_val_if_fail (predicate != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  data = g_new0 (Predicate, 1);
  data->predicate = predicate;
  data->user_data = user_data;
  data->destroy = destroy;

  code = sqlite3_create_function_v2 (sql->db, name, 2,
                                     SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, data,
                                     predicate_cb, NULL, NULL, predicate_free);
  if (code != SQLITE_OK)
    {
      ls_sql_set_error (sql, code, NULL, error);
      g_prefix_error (error, "Could not add the function “%s”: ", name);
      return FALSE;
    }

  return TRUE;
}

gboolean
ls_sql_has_fts5 (LsSql *sql)
{
  int64_t found;

  g_return_val_if_fail (sql != NULL, FALSE);

  return ls_sql_get_int64 (sql, &found, NULL,
                           "SELECT 1 FROM pragma_module_list WHERE name = 'fts5'", NULL)
         == LS_STEP_ROW;
}
