/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "core/ls-digest.h"
#include "ls-test-desk.h"
#include "sql/ls-sql.h"

static LsSql *
open_data (const char *data)
{
  g_autofree char *path = g_build_filename (data, "lockstep.db", NULL);
  g_autoptr (GError) error = NULL;
  LsSql *sql = ls_sql_open (path, LS_SQL_READ_ONLY, NULL, &error);

  g_assert_no_error (error);
  return sql;
}

static LsRecord *
read_record (LsStatement        *statement,
             const LsCollection *collection)
{
  LsRecord *record = ls_record_new (collection, ls_statement_get_text (statement, 0));

  for (unsigned i = 0; i < collection->n_fields; i++)
    {
      int column = (int) i + 1;
      const LsField *field = &collection->fields[i];
      bool is_text = field->type == LS_TYPE_TEXT || field->type == LS_TYPE_KEY ||
                     field->type == LS_TYPE_ENUM || field->type == LS_TYPE_CURRENCY;

      if (ls_statement_is_null (statement, column))
        continue;
      if (is_text)
        ls_record_set_text (record, i, ls_statement_get_text (statement, column));
      else
        ls_record_set_integer (record, i, ls_statement_get_int64 (statement, column));
    }
  return record;
}

static LsDigestSum
sum_collection (LsSql              *sql,
                const LsCollection *collection,
                const char         *shop)
{
  g_autoptr (GString) text = g_string_new ("SELECT key");
  g_autoptr (LsStatement) statement = NULL;
  g_autoptr (GError) error = NULL;
  LsDigestSum sum = { 0, 0 };

  for (unsigned i = 0; i < collection->n_fields; i++)
    g_string_append_printf (text, ", \"%s\"", collection->fields[i].name);
  g_string_append_printf (text, " FROM \"%s\" WHERE shop = ?", collection->name);
  statement = ls_sql_query (sql, &error, text->str, "t", shop);
  g_assert_no_error (error);
  while (ls_statement_step (statement, &error) == LS_STEP_ROW)
    {
      g_autoptr (LsRecord) record = read_record (statement, collection);

      sum.count++;
      sum.hash ^= ls_digest_record (record, UINT64_MAX);
    }
  g_assert_no_error (error);
  return sum;
}

static int
compare_names (gconstpointer a,
               gconstpointer b)
{
  return g_strcmp0 (*(const char *const *) a, *(const char *const *) b);
}

/**
 * ls_test_proof_sums:
 * @data: the server's data folder
 * @shop: a shop
 *
 * Computes digests from the rows that stand in the server's database, whatever the server thinks.
 *
 * Returns: (transfer full): count and hash of each collection, as ls_test_desk_get_sums() gives
 *   them
 */
char *
ls_test_proof_sums (const char *data,
                    const char *shop)
{
  LsSql *sql = open_data (data);
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);

  for (unsigned i = 0; i < LS_N_COLLECTIONS; i++)
    {
      const LsCollection *collection = ls_schema_collection ((LsCollectionId) i);
      LsDigestSum sum = sum_collection (sql, collection, shop);

      g_ptr_array_add (lines, g_strdup_printf ("%s %" G_GINT64_FORMAT ":%016" G_GINT64_MODIFIER
                                               "x\n",
                                               collection->name, sum.count, sum.hash));
    }
  ls_sql_unref (sql);
  g_ptr_array_sort (lines, compare_names);
  g_ptr_array_add (lines, NULL);
  return g_strjoinv (NULL, (char **) lines->pdata);
}

/**
 * ls_test_proof_mids:
 * @data: the server's data folder
 * @shop: a shop
 *
 * Returns: (transfer full) (element-type utf8 guint): how often each edit stands in the log, by mid
 */
GHashTable *
ls_test_proof_mids (const char *data,
                    const char *shop)
{
  LsSql *sql = open_data (data);
  GHashTable *mids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (LsStatement) statement = ls_sql_query (
      sql, &error,
      "SELECT mid, COUNT(*) FROM log_versions WHERE shop = ? AND mid IS NOT NULL GROUP BY mid", "t",
      shop);

  g_assert_no_error (error);
  while (ls_statement_step (statement, &error) == LS_STEP_ROW)
    g_hash_table_insert (mids, ls_statement_dup_text (statement, 0),
                         GUINT_TO_POINTER ((unsigned) ls_statement_get_int64 (statement, 1)));
  g_assert_no_error (error);
  g_clear_pointer (&statement, ls_statement_free);
  ls_sql_unref (sql);
  return mids;
}

/**
 * ls_test_proof_integer:
 * @data: the server's data folder
 * @sql: a query for a number, with up to two parameters
 * @first: (nullable): the first
 * @second: (nullable): the second
 *
 * Returns: the number, -1 when there is none
 */
int64_t
ls_test_proof_integer (const char *data,
                       const char *sql,
                       const char *first,
                       const char *second)
{
  LsSql *connection = open_data (data);
  g_autoptr (GError) error = NULL;
  int64_t number = -1;

  if (second != NULL)
    ls_sql_get_int64 (connection, &number, &error, sql, "tt", first, second);
  else if (first != NULL)
    ls_sql_get_int64 (connection, &number, &error, sql, "t", first);
  else
    ls_sql_get_int64 (connection, &number, &error, sql, NULL);
  g_assert_no_error (error);
  ls_sql_unref (connection);
  return number;
}
