/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-cache"

#include "config.h"

#include "client/ls-cache-private.h"

/* Reading and writing of single rows of a table. What they mean is the callers' affair. */

/* Statements kept for sets of fields that change together. */
#define MAX_UPDATES 64

/* Makes a record of the fields that begin at @column. */
LsRecord *
ls_cache_read_record (LsStatement        *statement,
                      int                 column,
                      const LsCollection *collection,
                      const char         *key)
{
  LsRecord *record = ls_record_new (collection, key);

  for (unsigned i = 0; i < collection->n_fields; i++, column++)
    {
      if (ls_statement_is_null (statement, column))
        continue;
      switch (collection->fields[i].type)
        {
        case LS_TYPE_TEXT:
        case LS_TYPE_KEY:
        case LS_TYPE_ENUM:
        case LS_TYPE_CURRENCY:
          ls_record_take (record, i, ls_value_text (ls_statement_get_text (statement, column)));
          break;
        case LS_TYPE_INTEGER:
        case LS_TYPE_MONEY:
        case LS_TYPE_TIME:
        case LS_TYPE_DAY:
        case LS_TYPE_BOOL:
        default:
          ls_record_set_integer (record, i, ls_statement_get_int64 (statement, column));
        }
    }
  return record;
}

static void
bind_value (LsStatement   *statement,
            int            index,
            const LsValue *value)
{
  switch (value->kind)
    {
    case LS_VALUE_INTEGER:
      ls_statement_bind_int64 (statement, index, value->integer);
      break;
    case LS_VALUE_TEXT:
      ls_statement_bind_text_static (statement, index, value->text, -1);
      break;
    case LS_VALUE_NULL:
    default:
      ls_statement_bind_null (statement, index);
    }
}

/* Looks the id of a row up, 0 for none; and, if wanted, the row, %NULL for none. */
bool
ls_cache_find_row (LsCache    *self,
                   LsTable    *table,
                   const char *key,
                   int64_t    *ret_id,
                   LsRecord  **ret_record,
                   GError    **error)
{
  LsStep step;

  if (table->select == NULL)
    table->select = ls_sql_prepare (self->sql, table->select_sql, error);
  if (table->select == NULL)
    return false;
  ls_statement_bind_text_static (table->select, 1, key, -1);
  step = ls_statement_step (table->select, error);
  *ret_id = step == LS_STEP_ROW ? ls_statement_get_int64 (table->select, 0) : 0;
  if (ret_record != NULL)
    *ret_record =
        step == LS_STEP_ROW ? ls_cache_read_record (table->select, 1, table->collection, key) : NULL;
  ls_statement_clear (table->select);
  return step != LS_STEP_ERROR;
}

bool
ls_cache_insert_row (LsCache        *self,
                     LsTable        *table,
                     int64_t         id,
                     const LsRecord *record,
                     GError        **error)
{
  bool ok;

  if (table->insert == NULL)
    table->insert = ls_sql_prepare (self->sql, table->insert_sql, error);
  if (table->insert == NULL)
    return false;
  ls_statement_bind_int64 (table->insert, 1, id);
  ls_statement_bind_text_static (table->insert, 2, ls_record_get_key (record), -1);
  for (unsigned i = 0; i < table->collection->n_fields; i++)
    bind_value (table->insert, (int) i + 3, ls_record_get (record, i));
  ok = ls_statement_run (table->insert, error);
  ls_statement_clear (table->insert);
  return ok;
}

static LsStatement *
update_for (LsCache *self,
            LsTable *table,
            int64_t  mask,
            GError **error)
{
  LsStatement *statement = g_hash_table_lookup (table->updates, &mask);
  g_autoptr (GString) sql = NULL;
  bool first = true;

  if (statement != NULL)
    return statement;
  sql = g_string_new ("UPDATE ");
  g_string_append (sql, table->name);
  for (unsigned i = 0; i < table->collection->n_fields; i++)
    if ((uint64_t) mask & (UINT64_C (1) << i))
      {
        g_string_append_printf (sql, "%s\"%s\"=?", first ? " SET " : ",",
                                table->collection->fields[i].name);
        first = false;
      }
  g_string_append (sql, " WHERE id=?");
  statement = ls_sql_prepare (self->sql, sql->str, error);
  if (statement == NULL)
    return NULL;
  if (g_hash_table_size (table->updates) >= MAX_UPDATES)
    g_hash_table_remove_all (table->updates);
  g_hash_table_insert (table->updates, g_memdup2 (&mask, sizeof mask), statement);
  return statement;
}

/* Writes only the fields that differ, so that the indexes of others need no visit. */
static bool
update_row (LsCache        *self,
            LsTable        *table,
            int64_t         id,
            const LsRecord *before,
            const LsRecord *after,
            GError        **error)
{
  uint64_t mask = ls_record_diff (before, after);
  LsStatement *statement;
  int index = 1;
  bool ok;

  if (mask == 0)
    return true;
  statement = update_for (self, table, (int64_t) mask, error);
  if (statement == NULL)
    return false;
  for (unsigned i = 0; i < table->collection->n_fields; i++)
    if (mask & (UINT64_C (1) << i))
      bind_value (statement, index++, ls_record_get (after, i));
  ls_statement_bind_int64 (statement, index, id);
  ok = ls_statement_run (statement, error);
  ls_statement_clear (statement);
  return ok;
}

/* Makes the row of @id what @after is: there, other, or gone. */
bool
ls_cache_write_row (LsCache        *self,
                    LsTable        *table,
                    int64_t         id,
                    const LsRecord *before,
                    const LsRecord *after,
                    GError        **error)
{
  if (before != NULL && after != NULL)
    return update_row (self, table, id, before, after, error);
  if (after != NULL)
    return ls_cache_insert_row (self, table, id, after, error);
  return before == NULL || ls_sql_run (self->sql, error, table->delete_sql, "i", id);
}

/* Finds the id of a row that is to appear: the one it had before, or a new one. */
bool
ls_cache_take_id (LsCache    *self,
                  LsTable    *table,
                  const char *key,
                  int64_t    *ret_id,
                  GError    **error)
{
  if (table->has_gone)
    {
      LsStep step = ls_sql_get_int64 (
          self->sql, ret_id, error,
          "SELECT id FROM gone WHERE shop = ? AND collection = ? AND key = ?", "itt", table->shop,
          table->collection->name, key);

      if (step == LS_STEP_ERROR)
        return false;
      if (step == LS_STEP_ROW)
        return ls_sql_run (self->sql, error,
                           "DELETE FROM gone WHERE shop = ? AND collection = ? AND key = ?", "itt",
                           table->shop, table->collection->name, key);
    }
  *ret_id = self->next_id++;
  return true;
}

/* Keeps the id of a row that went, for the case that it comes back. */
bool
ls_cache_remember_id (LsCache    *self,
                      LsTable    *table,
                      const char *key,
                      int64_t     id,
                      GError    **error)
{
  table->has_gone = true;
  return ls_sql_run (self->sql, error,
                     "INSERT OR REPLACE INTO gone (shop, collection, key, id) VALUES (?,?,?,?)",
                     "itti", table->shop, table->collection->name, key, id);
}
