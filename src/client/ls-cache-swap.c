/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-cache"

#include "config.h"

#include "client/ls-cache-private.h"

/* Tables that take the place of others, and what is left of those. */

/* Rows that one step of tidying removes. */
#define ROWS_A_STEP 20000

static bool
find_id (LsCache       *self,
         const LsTable *table,
         const char    *key,
         int64_t       *ret_id,
         GError       **error)
{
  g_autofree char *sql = ls_cache_sql ("SELECT id FROM {1} WHERE key = ?", table->name, NULL);

  *ret_id = 0;
  return ls_sql_get_int64 (self->sql, ret_id, error, sql, "t", key) != LS_STEP_ERROR;
}

static bool
set_id (LsCache    *self,
        LsTable    *table,
        const char *key,
        int64_t     id,
        GError    **error)
{
  g_autofree char *sql = ls_cache_sql ("UPDATE {1} SET id = ? WHERE key = ?", table->name, NULL);

  return ls_sql_run (self->sql, error, sql, "it", id, key);
}

/* Gives a row the id that it has in the table that is still shown. */
bool
ls_cache_keep_id (LsCache       *self,
                  const LsTable *old,
                  LsTable       *fresh,
                  const char    *key,
                  GError       **error)
{
  int64_t old_id = 0;
  int64_t fresh_id = 0;

  if (old == NULL)
    return true;
  return find_id (self, old, key, &old_id, error) && find_id (self, fresh, key, &fresh_id, error) &&
         (old_id == 0 || fresh_id == 0 || old_id == fresh_id ||
          set_id (self, fresh, key, old_id, error));
}

/* Rows under open edits keep their edits and get their new confirmed form. */
static bool
move_shadows (LsCacheTx *tx,
              LsTable   *fresh,
              GError   **error)
{
  g_autoptr (GPtrArray) shadows = ls_shop_list_shadows (tx->shop, fresh->collection);

  for (unsigned i = 0; i < shadows->len; i++)
    {
      LsShadow *shadow = g_ptr_array_index (shadows, i);
      g_autoptr (LsRecord) confirmed = NULL;
      int64_t id;

      if (!ls_cache_find_row (tx->cache, fresh, shadow->key, &id, &confirmed, error) ||
          (confirmed != NULL && id != shadow->id &&
           !set_id (tx->cache, fresh, shadow->key, shadow->id, error)))
        return false;
      g_clear_pointer (&shadow->confirmed, ls_record_unref);
      shadow->confirmed = g_steal_pointer (&confirmed);
      shadow->is_stale = true;
      ls_cache_touch_shadow (tx, shadow);
    }
  return true;
}

/**
 * ls_cache_swap_table:
 * @tx: a transaction
 * @fresh: (transfer full): a table of confirmed rows, with its sums
 * @error: where to put why not
 *
 * Puts @fresh in the place of the table of its collection. Rows under open edits wait to be
 * rebased.
 */
bool
ls_cache_swap_table (LsCacheTx *tx,
                     LsTable   *fresh,
                     GError   **error)
{
  size_t id = fresh->collection->id;

  if (tx->shop->tables[id] != NULL)
    fresh->has_gone |= tx->shop->tables[id]->has_gone;
  g_clear_pointer (&tx->shop->tables[id], ls_table_free);
  tx->shop->tables[id] = fresh;
  return ls_sql_run (tx->cache->sql, error,
                     "DELETE FROM digests WHERE shop = ? AND collection = ?", "it",
                     tx->shop->number, fresh->collection->name) &&
         move_shadows (tx, fresh, error) && ls_cache_store_table (tx->cache, fresh, error);
}

static void
add_names (GHashTable  *names,
           LsShopState *shop)
{
  for (size_t i = 0; i < LS_N_COLLECTIONS; i++)
    if (shop->tables[i] != NULL)
      g_hash_table_add (names, shop->tables[i]->name);
}

static bool
is_staged (LsCache    *self,
           const char *name)
{
  GHashTableIter iter;
  gpointer staging;

  g_hash_table_iter_init (&iter, self->stagings);
  while (g_hash_table_iter_next (&iter, NULL, &staging))
    if (ls_staging_has_table (staging, name))
      return true;
  return false;
}

/* Finds an index or a table that nobody needs; indexes first, since they make removal slow. */
static bool
find_garbage (LsCache *self,
              char   **ret_type,
              char   **ret_name,
              GError **error)
{
  g_autoptr (GHashTable) needed = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (LsStatement) statement = NULL;
  GHashTableIter iter;
  gpointer shop;
  LsStep step;

  *ret_type = *ret_name = NULL;
  g_hash_table_iter_init (&iter, self->shops);
  while (g_hash_table_iter_next (&iter, NULL, &shop))
    add_names (needed, shop);
  statement = ls_sql_query (self->sql, error,
                            "SELECT type, name, tbl_name FROM sqlite_schema"
                            " WHERE tbl_name GLOB '" LS_CACHE_ROWS_PREFIX "*' AND sql IS NOT NULL"
                            " ORDER BY type, name",
                            NULL);
  if (statement == NULL)
    return false;
  while ((step = ls_statement_step (statement, error)) == LS_STEP_ROW)
    {
      const char *table = ls_statement_need_text (statement, 2, error);

      if (table == NULL)
        return false;
      if (g_hash_table_contains (needed, table) || is_staged (self, table))
        continue;
      *ret_type = ls_statement_dup_text (statement, 0);
      *ret_name = ls_statement_dup_text (statement, 1);
      return true;
    }
  return step == LS_STEP_DONE;
}

static bool
remove_rows (LsCache    *self,
             const char *table,
             GError    **error)
{
  g_autofree char *last_sql =
      ls_cache_sql ("SELECT id FROM {1} ORDER BY id LIMIT 1 OFFSET ?", table, NULL);
  g_autofree char *drop_sql = ls_cache_sql ("DROP TABLE {1}", table, NULL);
  g_autofree char *delete_sql = ls_cache_sql ("DELETE FROM {1} WHERE id < ?", table, NULL);
  int64_t last;
  LsStep step = ls_sql_get_int64 (self->sql, &last, error, last_sql, "d", ROWS_A_STEP);

  if (step == LS_STEP_ERROR)
    return false;
  return step == LS_STEP_DONE ? ls_sql_exec (self->sql, drop_sql, error)
                              : ls_sql_run (self->sql, error, delete_sql, "i", last);
}

/**
 * ls_cache_tidy:
 * @self: a cache
 * @ret_more: (out): whether there is more to do, never after a failure
 * @error: where to put why not
 *
 * Does one step, of some ms, of removing rows that a snapshot replaced or that were never finished,
 * and then of letting go of months that are not held any more.
 *
 * Returns: whether the step was done
 */
bool
ls_cache_tidy (LsCache *self,
               bool    *ret_more,
               GError **error)
{
  g_auto (LsCacheTx) tx = { NULL };
  g_autofree char *type = NULL;
  g_autofree char *name = NULL;

  *ret_more = false;
  if (!find_garbage (self, &type, &name, error))
    return false;
  if (name == NULL)
    return ls_cache_let_go (self, ret_more, error);
  if (!ls_cache_tx_begin (self, LS_SQL_SYNC_NORMAL, &tx, error))
    return false;
  tx.is_quiet = true;
  if (g_str_equal (type, "index"))
    {
      g_autofree char *sql = ls_cache_sql ("DROP INDEX {1}", name, NULL);

      if (!ls_sql_exec (self->sql, sql, error))
        return false;
    }
  else if (!remove_rows (self, name, error))
    return false;
  /* Not after a failure: on a disk that is full it would be tried without end. */
  *ret_more = ls_cache_tx_commit (&tx, error);
  return *ret_more;
}
