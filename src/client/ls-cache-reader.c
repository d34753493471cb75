/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-cache"

#include "config.h"

#include "client/ls-cache-reader.h"

#include "client/ls-cache-private.h"
#include "client/ls-cache-reader-private.h"
#include "core/ls-error.h"

/**
 * ls_cache_reader_new:
 * @environment: where the file's VFS is
 * @path: name of the file of a cache
 * @collation: the one the cache was opened with
 *
 * Returns: (transfer full): a reader; nothing is opened yet
 */
LsCacheReader *
ls_cache_reader_new (LsEnvironment     *environment,
                     const char        *path,
                     const LsCollation *collation)
{
  LsCacheReader *reader = g_new0 (LsCacheReader, 1);

  reader->environment = g_object_ref (environment);
  reader->path = g_strdup (path);
  reader->collation = collation;
  reader->names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return reader;
}

/**
 * ls_cache_reader_free:
 * @reader: (transfer full): a reader
 *
 * Closes it.
 */
void
ls_cache_reader_free (LsCacheReader *reader)
{
  ls_cache_reader_end (reader);
  g_clear_pointer (&reader->sql, ls_sql_unref);
  g_hash_table_unref (reader->names);
  g_object_unref (reader->environment);
  g_free (reader->path);
  g_free (reader);
}

/**
 * ls_cache_reader_begin:
 * @reader: a reader without a snapshot
 * @ret_sequence: (out): the newest commit in it
 * @error: where to put why not
 *
 * Pins a snapshot: all that is read until ls_cache_reader_end() is of one moment.
 *
 * Returns: whether it is pinned
 */
bool
ls_cache_reader_begin (LsCacheReader *reader,
                       int64_t       *ret_sequence,
                       GError       **error)
{
  if (reader->sql == NULL)
    reader->sql = ls_cache_connect (reader->environment, reader->path, reader->collation,
                                    LS_SQL_READ_ONLY, error);
  if (reader->sql == NULL)
    return false;
  reader->transaction = ls_sql_begin (reader->sql, LS_SQL_BEGIN_READ, error);
  if (reader->transaction == NULL)
    return false;
  if (ls_step_need_row (ls_sql_get_int64 (reader->sql, ret_sequence, error,
                                          "SELECT sequence FROM meta", NULL),
                        "meta", error))
    return true;
  ls_cache_reader_end (reader);
  return false;
}

/**
 * ls_cache_reader_end:
 * @reader: a reader
 *
 * Lets the snapshot go, if there is one.
 */
void
ls_cache_reader_end (LsCacheReader *reader)
{
  g_clear_pointer (&reader->transaction, ls_sql_rollback);
  g_hash_table_remove_all (reader->names);
}

/**
 * ls_cache_reader_shrink:
 * @reader: a reader
 *
 * Lets go of the pages of the file that it keeps in memory, megabytes after a scan.
 */
void
ls_cache_reader_shrink (LsCacheReader *reader)
{
  if (reader->sql != NULL)
    ls_sql_shrink (reader->sql);
}

/* The table that holds the rows in this snapshot; %NULL, without an error, when there is none. */
bool
ls_cache_reader_find_table (LsCacheReader      *reader,
                            const char         *shop,
                            const LsCollection *collection,
                            const char        **ret_name,
                            GError            **error)
{
  g_autofree char *key = g_strdup_printf ("%s %s", collection->name, shop);
  g_autoptr (LsStatement) statement = NULL;
  LsStep step;

  *ret_name = g_hash_table_lookup (reader->names, key);
  if (*ret_name != NULL)
    return true;
  statement = ls_sql_query (reader->sql, error,
                            "SELECT number, generation FROM tables JOIN shops ON"
                            " shops.number = tables.shop WHERE shops.shop = ? AND collection = ?",
                            "tt", shop, collection->name);
  if (statement == NULL || (step = ls_statement_step (statement, error)) == LS_STEP_ERROR)
    return false;
  if (step == LS_STEP_ROW)
    {
      char *name = ls_cache_table_name (ls_statement_get_int64 (statement, 0), collection,
                                        ls_statement_get_int64 (statement, 1));

      g_hash_table_insert (reader->names, g_steal_pointer (&key), name);
      *ret_name = name;
    }
  return true;
}

static char *
scan_sql (const LsReadQuery *query,
          const char        *table)
{
  GString *sql = g_string_new ("SELECT id");

  for (size_t i = 0; i < query->n_fields; i++)
    g_string_append_printf (sql, ",\"%s\"", query->collection->fields[query->fields[i]].name);
  g_string_append (sql, " FROM ");
  g_string_append (sql, table);
  if (query->where != NULL)
    {
      g_string_append (sql, " WHERE ");
      g_string_append (sql, query->where);
    }
  if (query->order != NULL)
    {
      g_string_append (sql, " ORDER BY ");
      g_string_append (sql, query->order);
    }
  if (query->limit != 0)
    g_string_append_printf (sql, " LIMIT %u", query->limit);
  return g_string_free (sql, FALSE);
}

static void
bind_values (LsStatement *statement,
             GArray      *values)
{
  for (unsigned i = 0; values != NULL && i < values->len; i++)
    {
      const LsValue *value = &g_array_index (values, LsValue, i);

      if (value->kind == LS_VALUE_INTEGER)
        ls_statement_bind_int64 (statement, (int) i + 1, value->integer);
      else if (value->kind == LS_VALUE_TEXT)
        ls_statement_bind_text_static (statement, (int) i + 1, value->text, -1);
    }
}

static bool
is_number (const LsField *field)
{
  switch (field->type)
    {
    case LS_TYPE_TEXT:
    case LS_TYPE_KEY:
    case LS_TYPE_ENUM:
    case LS_TYPE_CURRENCY:
      return false;
    case LS_TYPE_INTEGER:
    case LS_TYPE_MONEY:
    case LS_TYPE_TIME:
    case LS_TYPE_DAY:
    case LS_TYPE_BOOL:
    default:
      return true;
    }
}

static LsValue
read_value (LsStatement   *statement,
            int            column,
            const LsField *field)
{
  if (is_number (field))
    return ls_statement_is_null (statement, column)
               ? (LsValue) LS_VALUE_INIT
               : ls_value_integer (ls_statement_get_int64 (statement, column));
  return ls_value_text (ls_statement_get_text (statement, column));
}

/**
 * ls_cache_reader_scan:
 * @reader: a reader with a snapshot
 * @query: what is wanted
 * @func: (scope call): called for each row
 * @user_data: for @func
 * @error: where to put why not
 *
 * Reads the visible rows of a collection. There are none of a collection that is not held.
 *
 * Returns: whether it came to the end, or @func ended it
 */
bool
ls_cache_reader_scan (LsCacheReader     *reader,
                      const LsReadQuery *query,
                      LsReadFunc         func,
                      gpointer           user_data,
                      GError           **error)
{
  g_autofree LsValue *values = g_new0 (LsValue, MAX (query->n_fields, 1));
  g_autofree char *sql = NULL;
  g_autoptr (LsStatement) statement = NULL;
  const char *table;
  LsStep step = LS_STEP_DONE;
  bool more = true;

  if (!ls_cache_reader_find_table (reader, query->shop, query->collection, &table, error))
    return false;
  if (table == NULL)
    return true;
  sql = scan_sql (query, table);
  statement = ls_sql_prepare (reader->sql, sql, error);
  if (statement == NULL)
    return false;
  bind_values (statement, query->values);
  while (more && (step = ls_statement_step (statement, error)) == LS_STEP_ROW)
    {
      for (size_t i = 0; i < query->n_fields; i++)
        values[i] =
            read_value (statement, (int) i + 1, &query->collection->fields[query->fields[i]]);
      more = func (ls_statement_get_int64 (statement, 0), values, user_data);
      for (size_t i = 0; i < query->n_fields; i++)
        ls_value_clear (&values[i]);
    }
  return step != LS_STEP_ERROR;
}

/**
 * ls_cache_reader_get_row:
 * @reader: a reader with a snapshot
 * @shop: a shop
 * @collection: a collection
 * @id: a row
 * @ret_record: (out) (nullable) (transfer full): the row as it is visible, %NULL when it is not
 * @ret_pending: (out) (optional): whether an edit of it waits for the server
 * @error: where to put why it could not be read
 *
 * Reads a row.
 *
 * Returns: whether it could be read
 */
bool
ls_cache_reader_get_row (LsCacheReader      *reader,
                         const char         *shop,
                         const LsCollection *collection,
                         int64_t             id,
                         LsRecord          **ret_record,
                         bool               *ret_pending,
                         GError            **error)
{
  g_autofree char *columns = NULL;
  g_autofree char *sql = NULL;
  g_autoptr (LsStatement) statement = NULL;
  const char *table;
  const char *key;
  LsStep step;

  *ret_record = NULL;
  if (!ls_cache_reader_find_table (reader, shop, collection, &table, error))
    return false;
  if (table == NULL)
    return true;
  columns = ls_cache_columns (collection);
  sql = ls_cache_sql ("SELECT key, EXISTS (SELECT 1 FROM shadow WHERE shop ="
                      " (SELECT number FROM shops WHERE shop = ?2) AND collection = ?3"
                      " AND shadow.key = t.key), {2} FROM {1} AS t WHERE id = ?1",
                      table, columns);
  statement = ls_sql_query (reader->sql, error, sql, "itt", id, shop, collection->name);
  if (statement == NULL || (step = ls_statement_step (statement, error)) == LS_STEP_ERROR)
    return false;
  if (step == LS_STEP_DONE)
    return true;
  key = ls_statement_need_text (statement, 0, error);
  if (key == NULL)
    return false;
  *ret_record = ls_cache_read_record (statement, 2, collection, key);
  if (ret_pending != NULL)
    *ret_pending = ls_statement_get_int64 (statement, 1) != 0;
  return true;
}

/**
 * ls_cache_reader_find_row:
 * @reader: a reader with a snapshot
 * @shop: a shop
 * @collection: a collection
 * @key: a row's key
 * @ret_id: (out): its id, 0 when it is not visible
 * @error: where to put why it could not be read
 *
 * Finds the id of a row.
 *
 * Returns: whether it could be read
 */
bool
ls_cache_reader_find_row (LsCacheReader      *reader,
                          const char         *shop,
                          const LsCollection *collection,
                          const char         *key,
                          int64_t            *ret_id,
                          GError            **error)
{
  g_autofree char *sql = NULL;
  const char *table;

  *ret_id = 0;
  if (!ls_cache_reader_find_table (reader, shop, collection, &table, error))
    return false;
  if (table == NULL)
    return true;
  sql = ls_cache_sql ("SELECT id FROM {1} WHERE key = ?", table, NULL);
  return ls_sql_get_int64 (reader->sql, ret_id, error, sql, "t", key) != LS_STEP_ERROR;
}
