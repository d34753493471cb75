/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-cache"

#include "config.h"

#include "client/ls-cache-sums.h"

#include <string.h>

#include "client/ls-cache-reader-private.h"
#include "core/ls-calendar.h"
#include "core/ls-error.h"
#include "core/ls-schema.h"

struct _LsSums {
  LsStatement *statement;
  unsigned n_values;
  const char *key; /* NULL before the first row and after the last */
};

/* Rows that stand where the shop does, with nothing laid over them and none on their way out: visible
 * ones are confirmed. @ret_since is untouched when they do not. */
static bool
stands (LsCacheReader      *reader,
        const char         *shop,
        const LsCollection *collection,
        bool               *ret_confirmed,
        int64_t            *ret_since,
        GError            **error)
{
  LsStep step = ls_sql_get_int64 (
      reader->sql, ret_since, error,
      "SELECT since FROM tables JOIN shops ON shops.number = tables.shop"
      " WHERE shops.shop = ?1 AND collection = ?2 AND held = 1"
      " AND base <= version AND NOT EXISTS (SELECT 1 FROM shadow WHERE"
      " shadow.shop = shops.number AND shadow.collection = ?2)"
      " AND NOT EXISTS (SELECT 1 FROM digests WHERE digests.shop = shops.number"
      " AND digests.collection = ?2 AND bucket > 0 AND bucket < since AND count <> 0)",
      "tt", shop, collection->name);

  *ret_confirmed = step == LS_STEP_ROW;
  return step != LS_STEP_ERROR;
}

/* Of the collections in @monthly the same months have to be held, of the others all rows. */
static bool
all_stand (LsCacheReader *reader,
           const char    *shop,
           uint32_t       collections,
           uint32_t       monthly,
           uint32_t      *ret_since,
           bool          *ret_confirmed,
           GError       **error)
{
  int64_t first = -1;

  *ret_confirmed = true;
  for (unsigned i = 0; i < LS_N_COLLECTIONS && *ret_confirmed; i++)
    {
      uint32_t bit = UINT32_C (1) << i;
      int64_t since = 0;

      if (!(collections & bit))
        continue;
      if (!stands (reader, shop, ls_schema_collection ((LsCollectionId) i), ret_confirmed, &since,
                   error))
        return false;
      if ((monthly & bit) && first < 0)
        first = since;
      *ret_confirmed = *ret_confirmed && since == ((monthly & bit) ? first : 0);
    }
  *ret_since = (uint32_t) MAX (first, 0);
  return true;
}

/**
 * ls_cache_reader_stand:
 * @reader: a reader with a snapshot
 * @shop: a shop
 * @collections: a mask of collections
 * @monthly: those of them of which it is enough to have the same months
 * @ret_position: (out): the position of the shop in the snapshot
 * @ret_since: (out): the first bucket that is held of those, 0 for all rows
 * @ret_confirmed: (out): whether the rows of all these collections are held, stand at that
 *   position, and have no pending edits laid over them
 * @error: where to put why it could not be read
 *
 * Tells whether numbers over these rows can be compared with each other.
 *
 * Returns: whether it could be read
 */
bool
ls_cache_reader_stand (LsCacheReader *reader,
                       const char    *shop,
                       uint32_t       collections,
                       uint32_t       monthly,
                       LsPosition    *ret_position,
                       uint32_t      *ret_since,
                       bool          *ret_confirmed,
                       GError       **error)
{
  g_autoptr (LsStatement) statement = NULL;
  const char *epoch;

  memset (ret_position, 0, sizeof *ret_position);
  *ret_since = 0;
  *ret_confirmed = false;
  statement = ls_sql_query (reader->sql, error,
                            "SELECT epoch, version, \"check\" FROM shops WHERE shop = ?", "t", shop);
  if (statement == NULL)
    return false;
  switch (ls_statement_step (statement, error))
    {
    case LS_STEP_ROW:
      epoch = ls_statement_need_text (statement, 0, error);
      if (epoch == NULL)
        return false;
      g_strlcpy (ret_position->epoch, epoch, sizeof ret_position->epoch);
      ret_position->version = ls_statement_get_int64 (statement, 1);
      ret_position->check = (uint64_t) ls_statement_get_int64 (statement, 2);
      break;
    case LS_STEP_DONE:
      return true;
    case LS_STEP_ERROR:
    default:
      return false;
    }
  return all_stand (reader, shop, collections, monthly, ret_since, ret_confirmed, error);
}

/* Puts the name of the table where the name of its collection stands in braces, and the first day that
 * is held where {since} does. */
static char *
name_tables (LsCacheReader *reader,
             const char    *shop,
             const char    *text,
             uint32_t       since,
             GError       **error)
{
  g_autoptr (GString) sql = g_string_new (NULL);
  const char *open;

  while ((open = strchr (text, '{')) != NULL)
    {
      const char *close = strchr (open, '}');
      g_autofree char *name = g_strndup (open + 1, (size_t) (close - open - 1));
      const char *table;

      if (g_str_equal (name, "since"))
        {
          g_string_append_len (sql, text, open - text);
          g_string_append_printf (sql, "%" G_GINT64_FORMAT,
                                  since > 0 ? ls_calendar_month_start ((int64_t) since - 1) : 0);
          text = close + 1;
          continue;
        }
      if (!ls_cache_reader_find_table (reader, shop, ls_schema_find_collection (name), &table, error))
        return NULL;
      if (table == NULL)
        {
          g_set_error (error, LS_ERROR, LS_ERROR_STORAGE, "%s of %s is not held", name, shop);
          return NULL;
        }
      g_string_append_len (sql, text, open - text);
      g_string_append (sql, table);
      text = close + 1;
    }
  g_string_append (sql, text);
  return g_string_free (g_steal_pointer (&sql), FALSE);
}

/**
 * ls_sums_new:
 * @reader: a reader with a snapshot, which outlives the sums
 * @shop: a shop
 * @text: a query with the names of collections in braces, and {since} for the first day that is held,
 *   for a key and @n_values numbers, in ascending order of the keys' bytes
 * @since: the first bucket that is held, 0 for all rows
 * @n_values: how many numbers
 * @error: where to put why not
 *
 * Begins a query. O(rows) from the first ls_sums_next() on.
 *
 * Returns: (transfer full) (nullable): its rows
 */
LsSums *
ls_sums_new (LsCacheReader *reader,
             const char    *shop,
             const char    *text,
             uint32_t       since,
             unsigned       n_values,
             GError       **error)
{
  g_autofree char *sql = name_tables (reader, shop, text, since, error);
  LsStatement *statement;
  LsSums *sums;

  g_return_val_if_fail (n_values <= LS_SUMS_MAX_VALUES, NULL);

  if (sql == NULL)
    return NULL;
  statement = ls_sql_query (reader->sql, error, sql, NULL);
  if (statement == NULL)
    return NULL;
  sums = g_new0 (LsSums, 1);
  sums->statement = statement;
  sums->n_values = n_values;
  return sums;
}

/**
 * ls_sums_free:
 * @sums: (transfer full): sums
 *
 * Ends the query.
 */
void
ls_sums_free (LsSums *sums)
{
  g_clear_pointer (&sums->statement, ls_statement_free);
  g_free (sums);
}

/**
 * ls_sums_next:
 * @sums: sums
 * @error: where to put why it could not be read
 *
 * Goes to the next row: after the last its key is %NULL.
 *
 * Returns: whether it could be read
 */
bool
ls_sums_next (LsSums  *sums,
              GError **error)
{
  LsStep step = ls_statement_step (sums->statement, error);

  sums->key = step == LS_STEP_ROW ? ls_statement_get_text (sums->statement, 0) : NULL;
  return step != LS_STEP_ERROR;
}

/**
 * ls_sums_get_key:
 * @sums: sums
 *
 * Returns: (transfer none) (nullable): the key of the row, until the next one
 */
const char *
ls_sums_get_key (LsSums *sums)
{
  return sums->key;
}

/**
 * ls_sums_get_value:
 * @sums: sums that are at a row
 * @value: which number
 *
 * Returns: the number, 0 where there is none
 */
int64_t
ls_sums_get_value (LsSums  *sums,
                   unsigned value)
{
  g_return_val_if_fail (value < sums->n_values, 0);

  return ls_statement_get_int64 (sums->statement, (int) value + 1);
}
