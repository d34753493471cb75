/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-storage"

#include "config.h"

#include "server/ls-storage-sqlite-private.h"

#include "core/ls-error.h"

/* The rows of a collection: statements made from the schema table, and reading and writing with
 * them. A row's columns are shop, key and the fields in the order of the schema table. */

/* Updates differ by the fields they set. A shop's habits need a few dozen; a peer that tries all
 * masks gets no memory for it. */
#define MAX_UPDATES 256

/* SQLite's own limit is 32,766 parameters; ours is a field each, plus shop and key. */
#define FIRST_FIELD 2

const char *
ls_row_sql_type (const LsField *field)
{
  switch (field->type)
    {
    case LS_TYPE_TEXT:
    case LS_TYPE_KEY:
    case LS_TYPE_ENUM:
    case LS_TYPE_CURRENCY:
      return "TEXT";
    case LS_TYPE_INTEGER:
    case LS_TYPE_MONEY:
    case LS_TYPE_TIME:
    case LS_TYPE_DAY:
    case LS_TYPE_BOOL:
    default:
      return "INTEGER";
    }
}

static void
append_name (GString    *text,
             const char *name)
{
  g_string_append_c (text, '"');
  g_string_append (text, name);
  g_string_append_c (text, '"');
}

/* Whether rows are looked up by @field: for derivation, or to know what refers to a row. */
bool
ls_row_sql_has_index (const LsField *field)
{
  return (field->flags & LS_FIELD_REFERRER) != 0 ||
         (field->type == LS_TYPE_KEY && field->reference != NULL &&
          (field->flags & LS_FIELD_REQUIRED) != 0);
}

char *
ls_row_sql_index_name (const LsCollection *collection,
                       const LsField      *field)
{
  return g_strconcat (collection->name, "_by_", field->name, NULL);
}

static GString *
begin_select (const LsCollection *collection)
{
  GString *text = g_string_new ("SELECT key");

  for (unsigned i = 0; i < collection->n_fields; i++)
    {
      g_string_append (text, ", ");
      append_name (text, collection->fields[i].name);
    }
  g_string_append (text, " FROM ");
  append_name (text, collection->name);
  return text;
}

static char *
make_select (const LsCollection *collection,
             const char         *rest)
{
  GString *text = begin_select (collection);

  g_string_append (text, " WHERE shop = ?");
  g_string_append (text, rest);
  return g_string_free (text, FALSE);
}

/* The index is named: SQLite would rather walk all rows of the shop in the order of keys than sort
 * a handful. */
static char *
make_list (const LsCollection *collection,
           unsigned            field,
           const char         *condition)
{
  GString *text = begin_select (collection);

  if (ls_row_sql_has_index (&collection->fields[field]))
    {
      g_autofree char *index = ls_row_sql_index_name (collection, &collection->fields[field]);

      g_string_append (text, " INDEXED BY ");
      append_name (text, index);
    }
  g_string_append (text, " WHERE shop = ? AND ");
  append_name (text, collection->fields[field].name);
  g_string_append (text, condition);
  g_string_append (text, " ORDER BY key");
  return g_string_free (text, FALSE);
}

static char *
make_create (const LsCollection *collection)
{
  GString *text = g_string_new ("CREATE TABLE IF NOT EXISTS ");

  append_name (text, collection->name);
  g_string_append (text, " (shop TEXT NOT NULL, key TEXT NOT NULL");
  for (unsigned i = 0; i < collection->n_fields; i++)
    {
      g_string_append (text, ", ");
      append_name (text, collection->fields[i].name);
      g_string_append_c (text, ' ');
      g_string_append (text, ls_row_sql_type (&collection->fields[i]));
    }
  g_string_append (text, ", PRIMARY KEY (shop, key)) STRICT, WITHOUT ROWID");
  return g_string_free (text, FALSE);
}

static char *
make_insert (const LsCollection *collection)
{
  GString *text = g_string_new ("INSERT INTO ");

  append_name (text, collection->name);
  g_string_append (text, " (shop, key");
  for (unsigned i = 0; i < collection->n_fields; i++)
    {
      g_string_append (text, ", ");
      append_name (text, collection->fields[i].name);
    }
  g_string_append (text, ") VALUES (?, ?");
  for (unsigned i = 0; i < collection->n_fields; i++)
    g_string_append (text, ", ?");
  g_string_append_c (text, ')');
  return g_string_free (text, FALSE);
}

static char *
make_update (const LsCollection *collection,
             uint64_t            fields)
{
  GString *text = g_string_new ("UPDATE ");
  const char *separator = " SET ";

  append_name (text, collection->name);
  for (unsigned i = 0; i < collection->n_fields; i++)
    if (fields & (UINT64_C (1) << i))
      {
        g_string_append (text, separator);
        append_name (text, collection->fields[i].name);
        g_string_append (text, " = ?");
        separator = ", ";
      }
  g_string_append (text, " WHERE shop = ? AND key = ?");
  return g_string_free (text, FALSE);
}

static char *
make_remove (const LsCollection *collection)
{
  GString *text = g_string_new ("DELETE FROM ");

  append_name (text, collection->name);
  g_string_append (text, " WHERE shop = ? AND key = ?");
  return g_string_free (text, FALSE);
}

void
ls_row_sql_init (LsRowSql           *rows,
                 const LsCollection *collection)
{
  rows->collection = collection;
  rows->create = make_create (collection);
  rows->select = make_select (collection, " AND key = ?");
  rows->scan = make_select (collection, " ORDER BY key");
  rows->slice = make_select (collection, " AND key > ? ORDER BY key LIMIT ?");
  rows->insert = make_insert (collection);
  rows->remove = make_remove (collection);
  rows->list = g_ptr_array_new_with_free_func (g_free);
  rows->between = g_ptr_array_new_with_free_func (g_free);
  for (unsigned i = 0; i < collection->n_fields; i++)
    {
      g_ptr_array_add (rows->list, make_list (collection, i, " = ?"));
      g_ptr_array_add (rows->between, make_list (collection, i, " BETWEEN ? AND ?"));
    }
  rows->updates = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
}

void
ls_row_sql_clear (LsRowSql *rows)
{
  g_clear_pointer (&rows->create, g_free);
  g_clear_pointer (&rows->select, g_free);
  g_clear_pointer (&rows->scan, g_free);
  g_clear_pointer (&rows->slice, g_free);
  g_clear_pointer (&rows->insert, g_free);
  g_clear_pointer (&rows->remove, g_free);
  g_clear_pointer (&rows->list, g_ptr_array_unref);
  g_clear_pointer (&rows->between, g_ptr_array_unref);
  g_clear_pointer (&rows->updates, g_hash_table_unref);
}

LsRecord *
ls_row_sql_read (const LsCollection *collection,
                 LsStatement        *statement)
{
  LsRecord *record = ls_record_new (collection, ls_statement_get_text (statement, 0));

  for (unsigned i = 0; i < collection->n_fields; i++)
    {
      int column = (int) i + 1;

      if (ls_statement_is_null (statement, column))
        continue;
      if (ls_row_sql_type (&collection->fields[i])[0] == 'T')
        {
          size_t length = 0;
          const char *text = ls_statement_get_blob (statement, column, &length);

          ls_record_take (record, i, ls_value_text_len (text != NULL ? text : "", length));
        }
      else
        ls_record_take (record, i, ls_value_integer (ls_statement_get_int64 (statement, column)));
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
      break;
    }
}

LsRecord *
ls_row_sql_get (LsRowSql    *rows,
                LsSql       *sql,
                const char  *shop,
                const char  *key,
                GError     **error)
{
  g_autoptr (LsStatement) statement = ls_sql_prepare (sql, rows->select, error);

  if (statement == NULL)
    return NULL;
  ls_statement_bind_text_static (statement, 1, shop, -1);
  ls_statement_bind_text_static (statement, 2, key, -1);
  if (ls_statement_step (statement, error) != LS_STEP_ROW)
    return NULL;
  return ls_row_sql_read (rows->collection, statement);
}

static GPtrArray *
read_all (LsRowSql     *rows,
          LsStatement  *statement,
          GError      **error)
{
  g_autoptr (GPtrArray) records = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_record_unref);
  LsStep step;

  while ((step = ls_statement_step (statement, error)) == LS_STEP_ROW)
    g_ptr_array_add (records, ls_row_sql_read (rows->collection, statement));
  return step == LS_STEP_DONE ? g_steal_pointer (&records) : NULL;
}

GPtrArray *
ls_row_sql_slice (LsRowSql    *rows,
                  LsSql       *sql,
                  const char  *shop,
                  const char  *after,
                  unsigned     max_rows,
                  GError     **error)
{
  g_autoptr (LsStatement) statement = ls_sql_prepare (sql, rows->slice, error);

  if (statement == NULL)
    return NULL;
  ls_statement_bind_text_static (statement, 1, shop, -1);
  ls_statement_bind_text_static (statement, 2, after, -1);
  ls_statement_bind_int64 (statement, 3, max_rows);
  return read_all (rows, statement, error);
}

GPtrArray *
ls_row_sql_list (LsRowSql       *rows,
                 LsSql          *sql,
                 const char     *shop,
                 unsigned        field,
                 const LsValue  *value,
                 GError        **error)
{
  g_autoptr (LsStatement)
      statement = ls_sql_prepare (sql, g_ptr_array_index (rows->list, field), error);

  if (statement == NULL)
    return NULL;
  ls_statement_bind_text_static (statement, 1, shop, -1);
  bind_value (statement, 2, value);
  return read_all (rows, statement, error);
}

GPtrArray *
ls_row_sql_list_between (LsRowSql    *rows,
                         LsSql       *sql,
                         const char  *shop,
                         unsigned     field,
                         int64_t      min,
                         int64_t      max,
                         GError     **error)
{
  g_autoptr (LsStatement)
      statement = ls_sql_prepare (sql, g_ptr_array_index (rows->between, field), error);

  if (statement == NULL)
    return NULL;
  ls_statement_bind_text_static (statement, 1, shop, -1);
  ls_statement_bind_int64 (statement, 2, min);
  ls_statement_bind_int64 (statement, 3, max);
  return read_all (rows, statement, error);
}

static const char *
update_text (LsRowSql *rows,
             uint64_t  fields)
{
  char *text = g_hash_table_lookup (rows->updates, &fields);

  if (text != NULL)
    return text;
  if (g_hash_table_size (rows->updates) >= MAX_UPDATES)
    g_hash_table_remove_all (rows->updates);
  text = make_update (rows->collection, fields);
  g_hash_table_insert (rows->updates, g_memdup2 (&fields, sizeof fields), text);
  return text;
}

static LsStatement *
prepare_change (LsRowSql        *rows,
                LsSql           *sql,
                const char      *shop,
                const LsChange  *change,
                GError         **error)
{
  const char *text = rows->remove;
  LsStatement *statement;
  int index = 1;

  if (change->op == LS_CHANGE_PUT)
    text = rows->insert;
  else if (change->op == LS_CHANGE_SET)
    text = update_text (rows, ls_change_get_mask (change));
  statement = ls_sql_prepare (sql, text, error);
  if (statement == NULL)
    return NULL;
  for (unsigned i = 0; change->op != LS_CHANGE_DEL && i < change->edits->len; i++)
    {
      const LsFieldEdit *edit = &g_array_index (change->edits, LsFieldEdit, i);

      bind_value (statement,
                  change->op == LS_CHANGE_PUT ? FIRST_FIELD + 1 + (int) edit->field : index++,
                  &edit->set);
    }
  if (change->op == LS_CHANGE_PUT)
    index = 1;
  ls_statement_bind_text_static (statement, index, shop, -1);
  ls_statement_bind_text_static (statement, index + 1, change->key, -1);
  return statement;
}

bool
ls_row_sql_apply (LsRowSql        *rows,
                  LsSql           *sql,
                  const char      *shop,
                  const LsChange  *change,
                  GError         **error)
{
  g_autoptr (LsStatement) statement = NULL;

  g_assert (change->op != LS_CHANGE_ADD);

  statement = prepare_change (rows, sql, shop, change, error);
  if (statement == NULL || !ls_statement_run (statement, error))
    return false;
  if (ls_sql_get_changes (sql) != 1)
    {
      g_set_error (error, LS_ERROR, LS_ERROR_STORAGE, "%s %s: a row that should be there is not",
                   change->collection->name, change->key);
      return false;
    }
  return true;
}
