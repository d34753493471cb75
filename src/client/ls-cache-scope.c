/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-cache"

#include "config.h"

#include "client/ls-cache-scope.h"

#include "client/ls-cache-private.h"
#include "core/ls-calendar.h"
#include "core/ls-error.h"
#include "core/ls-fault.h"

/*
 * What the cache holds of a shop. The admin chooses; months follow from the date, so that each new
 * one lets the oldest go. A table knows from which bucket on it is complete:
 *
 * - less is wanted: its `since` is raised at once, and from then on sums, digests and what comes are
 *   of that part. The rows before it are let go in steps (ls_cache_tidy()), those under edits when
 *   the edits are through. Until then they are shown, and count nowhere.
 * - more is wanted: nothing happens here until a snapshot has brought it; then it takes the place of
 *   the old rows whole (ls_cache_finish_snapshot()). A kill in between leaves the old ones.
 * - nothing of a collection is wanted: an empty table takes its place.
 */

/* Rows that one step lets go. */
#define ROWS_A_STEP 1000

/* What is wanted of a shop, as of today. */
static void
resolve (LsCache           *self,
         const LsShopState *shop,
         LsScope           *ret_wanted)
{
  ls_scope_choice_resolve (&shop->choice, ls_environment_now (self->environment), ret_wanted);
}

/* Whether some rows of @table are before what it holds: not to be shown for much longer. */
static bool
has_left (LsCache *self,
          LsTable *table)
{
  g_autoptr (GError) error = NULL;
  LsBuckets *sums;

  if (!table->is_held || table->since == 0 || LS_FAULT (SCOPE_ROWS_LEFT))
    return false;
  sums = ls_cache_need_sums (self, table, &error);
  /* They are looked for again at the next step. */
  if (sums == NULL)
    g_debug ("The sums of %s can't be read: %s", table->collection->name, error->message);
  return sums != NULL && ls_buckets_has_before (sums, table->since);
}

static bool
narrow (LsCacheTx      *tx,
        const LsScope  *wanted,
        bool           *ret_changed,
        GError        **error)
{
  for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
    {
      LsTable *table = tx->shop->tables[id];

      if (table == NULL || !table->is_held || table->since >= wanted->since[id])
        continue;
      *ret_changed = true;
      tx->commit->untidy = true;
      if (wanted->since[id] == LS_SCOPE_NOTHING)
        {
          if (!ls_cache_lose_collection (tx, table, error))
            return false;
          continue;
        }
      table->since = wanted->since[id];
      if (!ls_cache_store_table (tx->cache, table, error))
        return false;
    }
  return true;
}

/* Raises what is held of each collection to what is wanted; what is held is never less. */
bool
ls_cache_narrow (LsCacheTx *tx,
                 bool      *ret_changed,
                 GError   **error)
{
  LsScope wanted;

  resolve (tx->cache, tx->shop, &wanted);
  return narrow (tx, &wanted, ret_changed, error);
}

/* The same for rows that have just come. Where a clock was set back more may be wanted by now than was
 * told: of that no changes came, and none come until it was told. */
bool
ls_cache_narrow_to_told (LsCacheTx *tx,
                         bool      *ret_changed,
                         GError   **error)
{
  LsScope wanted;

  resolve (tx->cache, tx->shop, &wanted);
  for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
    wanted.since[id] = MAX (wanted.since[id], tx->shop->told.since[id]);
  return narrow (tx, &wanted, ret_changed, error);
}

/* Whether @table lacks nothing of a change: what is before its months, or of a row there, it has not
 * and does not want. */
bool
ls_table_wants (const LsTable  *table,
                const LsChange *change,
                const LsRecord *before)
{
  if (table->since == 0 || before != NULL)
    return true;
  return change->op != LS_CHANGE_SET && ls_scope_since_has_change (table->since, change);
}

/**
 * ls_cache_set_scope:
 * @self: a cache
 * @shop: a shop, known already or not
 * @choice: what is to be held of it
 * @error: where to put why not
 *
 * Keeps what the admin chose, durably, and lets go of what he does not want any more. What he wants
 * besides comes by snapshots: ls_cache_get_scope() tells what is lacking. Edits of rows that go are
 * kept, and sent.
 *
 * Returns: whether it is on disk
 */
bool
ls_cache_set_scope (LsCache             *self,
                    const char          *shop,
                    const LsScopeChoice *choice,
                    GError             **error)
{
  g_auto (LsCacheTx) tx = { NULL };
  bool changed = false;

  if (!ls_cache_tx_begin (self, LS_SQL_SYNC_FULL, &tx, error) ||
      !ls_cache_tx_set_shop (&tx, shop, error))
    return false;
  tx.shop->choice = *choice;
  ls_scope_choice_sanitize (&tx.shop->choice);
  resolve (self, tx.shop, &tx.shop->told);
  return ls_cache_narrow (&tx, &changed, error) && ls_cache_rebase (&tx, error) &&
         ls_cache_tx_commit (&tx, error);
}

/**
 * ls_cache_keep_scope:
 * @self: a cache
 * @shop: a shop
 * @error: where to put why not
 *
 * Lets go of the months that the date has left behind. Costs nothing when there are none.
 *
 * Returns: whether it did not fail
 */
bool
ls_cache_keep_scope (LsCache    *self,
                     const char *shop,
                     GError    **error)
{
  LsShopState *state = ls_cache_find_shop (self, shop);
  g_auto (LsCacheTx) tx = { NULL };
  LsScope wanted;
  bool any = false;

  if (state == NULL || LS_FAULT (SCOPE_ENDED_MONTH_HELD))
    return true;
  resolve (self, state, &wanted);
  for (size_t id = 0; id < LS_N_COLLECTIONS && !any; id++)
    any = state->tables[id] != NULL && state->tables[id]->is_held &&
          state->tables[id]->since < wanted.since[id];
  state->told = wanted;
  if (!any)
    return true;
  return ls_cache_tx_begin (self, LS_SQL_SYNC_NORMAL, &tx, error) &&
         ls_cache_tx_set_shop (&tx, shop, error) && ls_cache_narrow (&tx, &any, error) &&
         ls_cache_rebase (&tx, error) && ls_cache_tx_commit (&tx, error);
}

/**
 * ls_cache_get_scope:
 * @self: a cache
 * @shop: a shop
 * @ret_wanted: (out): what is to be held of it; all, when it is not known
 * @ret_lacking: (out): a mask of the collections of which more is wanted than is held
 *
 * Tells what has to be asked of the server.
 */
void
ls_cache_get_scope (LsCache    *self,
                    const char *shop,
                    LsScope    *ret_wanted,
                    uint32_t   *ret_lacking)
{
  LsShopState *state = ls_cache_find_shop (self, shop);
  const LsView *view = state != NULL ? ls_cache_find_view (state->view) : NULL;

  ls_scope_init (ret_wanted);
  *ret_lacking = 0;
  if (state == NULL)
    return;
  resolve (self, state, ret_wanted);
  for (size_t id = 0; view != NULL && id < LS_N_COLLECTIONS; id++)
    {
      const LsCollection *collection = ls_schema_collection ((LsCollectionId) id);

      if (ls_view_has_collection (view, collection) &&
          ls_cache_get_since (self, shop, collection) > ret_wanted->since[id])
        *ret_lacking |= UINT32_C (1) << id;
    }
}

/**
 * ls_cache_get_since:
 * @self: a cache
 * @shop: a shop
 * @collection: a collection
 *
 * Returns: the first bucket that is held, 0 for all rows, %LS_SCOPE_NOTHING for none
 */
uint32_t
ls_cache_get_since (LsCache            *self,
                    const char         *shop,
                    const LsCollection *collection)
{
  LsShopState *state = ls_cache_find_shop (self, shop);
  const LsTable *table = state != NULL ? state->tables[collection->id] : NULL;

  return table != NULL && table->is_held ? table->since : LS_SCOPE_NOTHING;
}

/* --- Letting go ------------------------------------------------------------------------------ */

typedef struct {
  int64_t id;
  LsRecord *record;
} OldRow;

static void
old_row_clear (gpointer data)
{
  ls_record_unref (((OldRow *) data)->record);
}

/* Rows before what @table holds that no edit covers; some of them. */
static GArray *
list_old_rows (LsCache *self,
               LsTable *table,
               GError **error)
{
  const LsCollection *collection = table->collection;
  g_autofree char *columns = ls_cache_columns (collection);
  g_autofree char *sql = ls_cache_sql (
      "SELECT id, key, {2} FROM {1} WHERE day < ? AND key NOT IN (SELECT key FROM shadow"
      " WHERE shop = ? AND collection = ?) LIMIT " G_STRINGIFY (ROWS_A_STEP),
      table->name, columns);
  g_autoptr (GArray) rows = g_array_new (FALSE, FALSE, sizeof (OldRow));
  g_autoptr (LsStatement) statement =
      ls_sql_query (self->sql, error, sql, "iit",
                    ls_calendar_month_start ((int64_t) table->since - 1),
                    LS_FAULT (SCOPE_EDITED_LET_GO) ? 0 : table->shop, collection->name);
  LsStep step = LS_STEP_ERROR;

  g_array_set_clear_func (rows, old_row_clear);
  while (statement != NULL && (step = ls_statement_step (statement, error)) == LS_STEP_ROW)
    {
      const char *key = ls_statement_need_text (statement, 1, error);
      OldRow row;

      if (key == NULL)
        return NULL;
      row.id = ls_statement_get_int64 (statement, 0);
      row.record = ls_cache_read_record (statement, 2, collection, key);
      g_array_append_val (rows, row);
    }
  return step == LS_STEP_DONE ? g_steal_pointer (&rows) : NULL;
}

static bool
let_go (LsCache     *self,
        LsShopState *shop,
        LsTable     *table,
        bool        *ret_any,
        GError     **error)
{
  g_autoptr (GArray) rows = list_old_rows (self, table, error);
  g_auto (LsCacheTx) tx = { NULL };

  if (rows == NULL || rows->len == 0)
    return rows != NULL;
  if (!ls_cache_tx_begin (self, LS_SQL_SYNC_NORMAL, &tx, error) ||
      !ls_cache_tx_set_shop (&tx, shop->shop, error))
    return false;
  for (unsigned i = 0; i < rows->len; i++)
    {
      OldRow *row = &g_array_index (rows, OldRow, i);

      if (!ls_cache_write_row (self, table, row->id, row->record, NULL, error))
        return false;
      ls_buckets_replace (table->sums, row->record, NULL);
      ls_cache_tx_change (&tx, table->collection, row->id, row->record, NULL, false);
    }
  *ret_any = ls_cache_tx_commit (&tx, error);
  return *ret_any;
}

/* Does one step of letting go of rows that are before what is held. */
bool
ls_cache_let_go (LsCache *self,
                 bool    *ret_any,
                 GError **error)
{
  GHashTableIter iter;
  gpointer value;

  *ret_any = false;
  g_hash_table_iter_init (&iter, self->shops);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
      {
        LsShopState *shop = value;
        LsTable *table = shop->tables[id];

        if (table == NULL || !has_left (self, table))
          continue;
        if (!let_go (self, shop, table, ret_any, error))
          return false;
        if (*ret_any)
          return true;
      }
  return true;
}
