/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-cache"

#include "config.h"

#include "client/ls-cache-private.h"

/* What a role may see can shrink at any time: what it may not see any more leaves at once. */

/* The view of a hash: what two ends mean by it is the same for all roles and versions. */
const LsView *
ls_cache_find_view (uint64_t hash)
{
  for (int role = LS_ROLE_VIEWER; role <= LS_ROLE_OWNER; role++)
    for (unsigned version = 1; version <= LS_SCHEMA_VERSION; version++)
      {
        const LsView *view = ls_view_get ((LsRole) role, version);

        if (ls_view_get_total_hash (view) == hash)
          return view;
      }
  return NULL;
}

static LsRecord *
without_fields (const LsRecord *record,
                uint64_t        lost)
{
  LsRecord *copy = ls_record_copy (record);

  for (unsigned i = 0; i < ls_record_get_collection (record)->n_fields; i++)
    if (lost & (UINT64_C (1) << i))
      ls_record_take (copy, i, (LsValue) LS_VALUE_INIT);
  return copy;
}

static bool
clear_columns (LsCache *self,
               LsTable *table,
               uint64_t lost,
               GError **error)
{
  g_autoptr (GString) sql = g_string_new ("UPDATE ");
  bool first = true;

  g_string_append (sql, table->name);
  for (unsigned i = 0; i < table->collection->n_fields; i++)
    if (lost & (UINT64_C (1) << i))
      {
        g_string_append_printf (sql, "%s\"%s\" = NULL", first ? " SET " : ", ",
                                table->collection->fields[i].name);
        first = false;
      }
  return ls_sql_exec (self->sql, sql->str, error);
}

/* The sums of the rows as they are: those that no edit covers, and what is under the others. */
static bool
recompute_sums (LsCacheTx *tx,
                LsTable   *table,
                GError   **error)
{
  g_autofree char *columns = ls_cache_columns (table->collection);
  g_autofree char *sql = ls_cache_sql ("SELECT key, {2} FROM {1}", table->name, columns);
  g_autoptr (LsBuckets) sums = ls_buckets_new ();
  g_autoptr (GPtrArray) shadows = ls_shop_list_shadows (tx->shop, table->collection);
  g_autoptr (LsStatement) statement = ls_sql_query (tx->cache->sql, error, sql, NULL);
  LsStep step = LS_STEP_ERROR;

  while (statement != NULL && (step = ls_statement_step (statement, error)) == LS_STEP_ROW)
    {
      const char *key = ls_statement_need_text (statement, 0, error);
      g_autoptr (LsRecord) record = NULL;

      if (key == NULL)
        return false;
      if (ls_shop_find_shadow (tx->shop, table->collection, key) != NULL)
        continue;
      record = ls_cache_read_record (statement, 1, table->collection, key);
      ls_buckets_replace (sums, NULL, record);
    }
  if (step == LS_STEP_ERROR)
    return false;
  for (unsigned i = 0; i < shadows->len; i++)
    ls_buckets_replace (sums, NULL, ((LsShadow *) g_ptr_array_index (shadows, i))->confirmed);
  g_clear_pointer (&table->sums, ls_buckets_free);
  table->sums = g_steal_pointer (&sums);
  return ls_sql_run (tx->cache->sql, error,
                     "DELETE FROM digests WHERE shop = ? AND collection = ?", "it", table->shop,
                     table->collection->name);
}

static bool
lose_fields (LsCacheTx *tx,
             LsTable   *table,
             uint64_t   lost,
             GError   **error)
{
  g_autoptr (GPtrArray) shadows = ls_shop_list_shadows (tx->shop, table->collection);

  for (unsigned i = 0; i < shadows->len; i++)
    {
      LsShadow *shadow = g_ptr_array_index (shadows, i);
      LsRecord *confirmed;

      ls_cache_touch_shadow (tx, shadow);
      if (shadow->confirmed == NULL)
        continue;
      confirmed = without_fields (shadow->confirmed, lost);
      ls_record_unref (shadow->confirmed);
      shadow->confirmed = confirmed;
      shadow->is_stale = true;
    }
  table->fields &= ~lost;
  tx->commit->reloaded |= UINT32_C (1) << table->collection->id;
  return clear_columns (tx->cache, table, lost, error) && recompute_sums (tx, table, error);
}

/* Puts an empty table in the place of one that may not be seen any more, or is not wanted. */
bool
ls_cache_lose_collection (LsCacheTx *tx,
                          LsTable   *table,
                          GError   **error)
{
  const LsCollection *collection = table->collection;
  g_autoptr (LsTable) fresh = NULL;
  int64_t generation;

  if (!ls_cache_next_generation (tx->cache, &generation, error))
    return false;
  fresh = ls_table_new (tx->shop->number, collection, generation);
  fresh->sums = ls_buckets_new ();
  tx->commit->reloaded |= UINT32_C (1) << collection->id;
  return ls_cache_create_table (tx->cache, fresh, error) &&
         ls_cache_complete_table (tx->cache, fresh, error) &&
         ls_cache_swap_table (tx, g_steal_pointer (&fresh), error);
}

static bool
set_collection_view (LsCacheTx          *tx,
                     const LsCollection *collection,
                     const LsView       *view,
                     uint32_t            since,
                     uint32_t           *fetch,
                     GError            **error)
{
  LsTable *table = tx->shop->tables[collection->id];
  uint64_t fields = ls_view_get_fields (view, collection);
  uint64_t hash = ls_view_get_hash (view, collection);
  uint64_t lost;

  if (fields == 0 || since == LS_SCOPE_NOTHING)
    return table == NULL || !table->is_held || ls_cache_lose_collection (tx, table, error);
  if (table == NULL || !table->is_held)
    {
      *fetch |= UINT32_C (1) << collection->id;
      return true;
    }
  if (table->since > since)
    *fetch |= UINT32_C (1) << collection->id;
  if (table->view == hash)
    return true;
  lost = table->fields & ~fields;
  if (lost != 0 && !lose_fields (tx, table, lost, error))
    return false;
  if (table->fields == fields)
    table->view = hash;
  else
    *fetch |= UINT32_C (1) << collection->id;
  return ls_cache_store_table (tx->cache, table, error);
}

/**
 * ls_cache_set_view:
 * @self: a cache
 * @shop: a shop
 * @view: what the account may see there now
 * @ret_fetch: (out): a mask of the collections whose rows lack something that @view has, or months
 *   that are wanted: they have to be fetched by a snapshot
 * @error: where to put why not
 *
 * Compares the rows with what may be seen. Fields and collections that may not any more are removed
 * at once. Costs nothing when nothing changed, else a pass over the rows concerned. From now on
 * ls_cache_finish_snapshot() takes rows of this view only.
 *
 * Returns: whether it is done
 */
bool
ls_cache_set_view (LsCache      *self,
                   const char   *shop,
                   const LsView *view,
                   uint32_t     *ret_fetch,
                   GError      **error)
{
  g_auto (LsCacheTx) tx = { NULL };
  uint64_t hash = ls_view_get_total_hash (view);
  LsScope wanted;
  uint32_t fetch = 0;
  bool narrowed = false;

  /* Even if the rest fails: rows of another view are not wanted any more. */
  g_hash_table_replace (self->views, g_strdup (shop), g_memdup2 (&hash, sizeof hash));
  if (!ls_cache_tx_begin (self, LS_SQL_SYNC_NORMAL, &tx, error) ||
      !ls_cache_tx_set_shop (&tx, shop, error))
    return false;
  if (!ls_cache_narrow (&tx, &narrowed, error))
    return false;
  ls_scope_choice_resolve (&tx.shop->choice, ls_environment_now (self->environment), &wanted);
  tx.shop->told = wanted;
  for (size_t i = 0; i < LS_N_COLLECTIONS; i++)
    if (!set_collection_view (&tx, ls_schema_collection ((LsCollectionId) i), view,
                              wanted.since[i], &fetch, error))
      return false;
  if (fetch == 0)
    tx.shop->view = hash;
  tx.is_quiet = tx.commit->reloaded == 0 && !narrowed;
  if (!ls_cache_rebase (&tx, error) || !ls_cache_tx_commit (&tx, error))
    return false;
  *ret_fetch = fetch;
  return true;
}
