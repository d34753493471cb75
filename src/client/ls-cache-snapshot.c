/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-cache"

#include "config.h"

#include "client/ls-cache-private.h"

#include "core/ls-error.h"

/*
 * A snapshot is laid beside the rows that are shown, slice by slice, without indexes; each row
 * takes the id that its key had. Then come the indexes, one a step, and last a short transaction
 * in which the new tables take the place of the old ones. Until then nothing that anybody sees has
 * changed.
 */

/* Changes that come for a collection while its snapshot comes are kept for it, up to this many. */
#define MAX_HELD 200000

typedef struct {
  int64_t version;
  LsChange *change;
} HeldChange;

struct _LsStaging {
  uint32_t collections;
  LsScope scope; /* of what comes */
  LsTable *tables[LS_N_COLLECTIONS];
  int next_index[LS_N_COLLECTIONS]; /* the next to be made, beginning with -1 */
  bool replaces[LS_N_COLLECTIONS];  /* there are rows whose ids have to be kept */
  bool is_noted[LS_N_COLLECTIONS];  /* ids of rows that go are kept */
  GArray *held;                     /* HeldChange */
};

static void
held_change_clear (gpointer data)
{
  ls_change_unref (((HeldChange *) data)->change);
}

void
ls_staging_free (LsStaging *staging)
{
  for (size_t i = 0; i < LS_N_COLLECTIONS; i++)
    g_clear_pointer (&staging->tables[i], ls_table_free);
  g_array_unref (staging->held);
  g_free (staging);
}

bool
ls_staging_wants (LsStaging          *staging,
                  const LsCollection *collection)
{
  return staging->tables[collection->id] != NULL;
}

/* Keeps a change of a collection whose snapshot is on its way. */
void
ls_staging_hold (LsStaging *staging,
                 int64_t    version,
                 LsChange  *change)
{
  HeldChange held = { version, ls_change_ref (change) };

  g_array_append_val (staging->held, held);
}

bool
ls_staging_has_table (LsStaging  *staging,
                      const char *name)
{
  for (size_t i = 0; i < LS_N_COLLECTIONS; i++)
    if (staging->tables[i] != NULL && g_str_equal (staging->tables[i]->name, name))
      return true;
  return false;
}

static LsStaging *
find_staging (LsCache    *self,
              const char *shop,
              GError    **error)
{
  LsStaging *staging = g_hash_table_lookup (self->stagings, shop);

  if (staging == NULL)
    g_set_error (error, LS_ERROR, LS_ERROR_PROTOCOL, "no snapshot of %s has begun", shop);
  return staging;
}

static bool
make_tables (LsCacheTx *tx,
             LsStaging *staging,
             GError   **error)
{
  for (size_t i = 0; i < LS_N_COLLECTIONS; i++)
    {
      const LsTable *old = tx->shop->tables[i];
      int64_t generation, found = 0;

      if (!(staging->collections & (UINT32_C (1) << i)))
        continue;
      if (!ls_cache_next_generation (tx->cache, &generation, error))
        return false;
      staging->tables[i] =
          ls_table_new (tx->shop->number, ls_schema_collection ((LsCollectionId) i), generation);
      staging->tables[i]->sums = ls_buckets_new ();
      staging->tables[i]->since = staging->scope.since[i];
      staging->next_index[i] = -1;
      if (!ls_cache_create_table (tx->cache, staging->tables[i], error))
        return false;
      if (old != NULL)
        {
          g_autofree char *sql = ls_cache_sql ("SELECT 1 FROM {1} LIMIT 1", old->name, NULL);

          if (ls_sql_get_int64 (tx->cache->sql, &found, error, sql, NULL) == LS_STEP_ERROR)
            return false;
          staging->tables[i]->has_gone = old->has_gone;
        }
      staging->replaces[i] = found != 0;
      staging->is_noted[i] = found == 0;
    }
  return true;
}

/**
 * ls_cache_begin_snapshot:
 * @self: a cache
 * @shop: a shop
 * @collections: a mask of collections, indexed by #LsCollectionId
 * @scope: (nullable): which of their rows come, all when %NULL
 * @error: where to put why not
 *
 * Begins to take in a snapshot; one that had begun is given up. Nothing that is visible changes
 * before ls_cache_finish_snapshot().
 *
 * Returns: whether rows may come
 */
bool
ls_cache_begin_snapshot (LsCache       *self,
                         const char    *shop,
                         uint32_t       collections,
                         const LsScope *scope,
                         GError       **error)
{
  LsStaging *staging = g_new0 (LsStaging, 1);
  g_auto (LsCacheTx) tx = { NULL };

  if (scope != NULL)
    staging->scope = *scope;
  staging->collections = collections & ls_scope_get_collections (&staging->scope);
  staging->held = g_array_new (FALSE, FALSE, sizeof (HeldChange));
  g_array_set_clear_func (staging->held, held_change_clear);
  ls_cache_cancel_snapshot (self, shop);
  if (!ls_cache_tx_begin (self, LS_SQL_SYNC_NORMAL, &tx, error) ||
      !ls_cache_tx_set_shop (&tx, shop, error) || !make_tables (&tx, staging, error))
    {
      ls_staging_free (staging);
      return false;
    }
  tx.is_quiet = true;
  if (!ls_cache_tx_commit (&tx, error))
    {
      ls_staging_free (staging);
      return false;
    }
  g_hash_table_insert (self->stagings, g_strdup (shop), staging);
  return true;
}

/**
 * ls_cache_cancel_snapshot:
 * @self: a cache
 * @shop: a shop
 *
 * Gives up a snapshot that has not been finished; ls_cache_tidy() removes what had come of it.
 */
void
ls_cache_cancel_snapshot (LsCache    *self,
                          const char *shop)
{
  g_hash_table_remove (self->stagings, shop);
}

/* Finds the id that a key has, or has had. */
static bool
find_id (LsCacheTx  *tx,
         LsStaging  *staging,
         LsTable    *fresh,
         const char *key,
         int64_t    *ret_id,
         GError    **error)
{
  LsTable *old = tx->shop->tables[fresh->collection->id];
  const LsShadow *shadow = ls_shop_find_shadow (tx->shop, fresh->collection, key);

  *ret_id = shadow != NULL ? shadow->id : 0;
  if (*ret_id == 0 && staging->replaces[fresh->collection->id] && old != NULL &&
      !ls_cache_find_row (tx->cache, old, key, ret_id, NULL, error))
    return false;
  return *ret_id != 0 || ls_cache_take_id (tx->cache, fresh, key, ret_id, error);
}

static bool
add_rows (LsCacheTx *tx,
          LsStaging *staging,
          GPtrArray *records,
          GError   **error)
{
  for (unsigned i = 0; i < records->len; i++)
    {
      const LsRecord *record = g_ptr_array_index (records, i);
      const LsCollection *collection = ls_record_get_collection (record);
      LsTable *table = staging->tables[collection->id];
      int64_t id;

      if (table == NULL)
        {
          g_set_error (error, LS_ERROR, LS_ERROR_PROTOCOL,
                       "the snapshot has rows of %s, which was not asked for", collection->name);
          return false;
        }
      if (!find_id (tx, staging, table, ls_record_get_key (record), &id, error) ||
          !ls_cache_insert_row (tx->cache, table, id, record, error))
        return false;
      ls_buckets_replace (table->sums, NULL, record);
    }
  return true;
}

/**
 * ls_cache_add_snapshot_rows:
 * @self: a cache
 * @shop: a shop
 * @records: (element-type LsRecord): rows; a slice of a thousand takes a few ms
 * @error: where to put why not; the snapshot is then given up
 *
 * Takes in rows of a snapshot.
 *
 * Returns: whether more may come
 */
bool
ls_cache_add_snapshot_rows (LsCache    *self,
                            const char *shop,
                            GPtrArray  *records,
                            GError    **error)
{
  LsStaging *staging = find_staging (self, shop, error);
  g_auto (LsCacheTx) tx = { NULL };

  if (staging == NULL || !ls_cache_tx_begin (self, LS_SQL_SYNC_NORMAL, &tx, error))
    return false;
  tx.is_quiet = true;
  if (!ls_cache_tx_set_shop (&tx, shop, error) || !add_rows (&tx, staging, records, error) ||
      !ls_cache_tx_commit (&tx, error))
    {
      ls_cache_cancel_snapshot (self, shop);
      return false;
    }
  return true;
}

/* Keeps the ids of rows that the snapshot does not have. Some of them may yet be there when it
 * takes their place, which does no harm: an id is only looked for where a row is missing. */
static bool
note_gone (LsCacheTx *tx,
           LsTable   *fresh,
           GError   **error)
{
  const LsTable *old = tx->shop->tables[fresh->collection->id];
  g_autofree char *sql = NULL;

  fresh->has_gone = true;
  if (old == NULL)
    return true;
  sql = ls_cache_sql ("INSERT OR REPLACE INTO gone (shop, collection, key, id)"
                      " SELECT ?, ?, key, id FROM {1} AS old WHERE NOT EXISTS"
                      " (SELECT 1 FROM {2} AS fresh WHERE fresh.key = old.key)",
                      old->name, fresh->name);
  return ls_sql_run (tx->cache->sql, error, sql, "it", tx->shop->number, fresh->collection->name);
}

/* Does one step, the first that is left. */
static bool
prepare_step (LsCacheTx *tx,
              LsStaging *staging,
              bool      *ret_ready,
              GError   **error)
{
  *ret_ready = false;
  for (size_t i = 0; i < LS_N_COLLECTIONS; i++)
    {
      LsTable *table = staging->tables[i];
      bool made = false;

      if (table == NULL)
        continue;
      while (!made && staging->next_index[i] < (int) table->collection->n_fields)
        if (!ls_cache_create_index (tx->cache, table, staging->next_index[i]++, &made, error))
          return false;
      if (made)
        return true;
      if (!staging->is_noted[i])
        {
          staging->is_noted[i] = true;
          return note_gone (tx, table, error);
        }
    }
  *ret_ready = true;
  return true;
}

/**
 * ls_cache_prepare_snapshot:
 * @self: a cache
 * @shop: a shop
 * @ret_ready: (out): whether nothing is left to do before ls_cache_finish_snapshot()
 * @error: where to put why not; the snapshot is then given up
 *
 * Does one step of what a snapshot needs before it can take the place of the old rows: an index,
 * most times. A step costs about a second for a million rows; call it from jobs of its own, so that
 * edits get between.
 *
 * Returns: whether the step was done
 */
bool
ls_cache_prepare_snapshot (LsCache    *self,
                           const char *shop,
                           bool       *ret_ready,
                           GError    **error)
{
  LsStaging *staging = find_staging (self, shop, error);
  g_auto (LsCacheTx) tx = { NULL };

  if (staging == NULL || !ls_cache_tx_begin (self, LS_SQL_SYNC_NORMAL, &tx, error))
    return false;
  tx.is_quiet = true;
  if (!ls_cache_tx_set_shop (&tx, shop, error) ||
      !prepare_step (&tx, staging, ret_ready, error) || !ls_cache_tx_commit (&tx, error))
    {
      ls_cache_cancel_snapshot (self, shop);
      return false;
    }
  return true;
}

/* Brings a table from the version of the snapshot to that of the shop. */
static bool
apply_held (LsCacheTx *tx,
            LsStaging *staging,
            LsTable   *fresh,
            int64_t    version,
            GError   **error)
{
  for (unsigned i = 0; i < staging->held->len; i++)
    {
      const HeldChange *held = &g_array_index (staging->held, HeldChange, i);
      const LsChange *change = held->change;
      g_autoptr (LsRecord) before = NULL;
      g_autoptr (LsRecord) after = NULL;
      int64_t id;

      if (held->version <= version || change->collection != fresh->collection)
        continue;
      if (!ls_cache_find_row (tx->cache, fresh, change->key, &id, &before, error))
        return false;
      if (!ls_table_wants (fresh, change, before))
        continue;
      after = ls_change_apply (change, before, LS_APPLY_EXACT, error);
      if (after == NULL && change->op != LS_CHANGE_DEL)
        return false;
      if ((before == NULL && !ls_cache_take_id (tx->cache, fresh, change->key, &id, error)) ||
          !ls_cache_write_row (tx->cache, fresh, id, before, after, error) ||
          (after == NULL && before != NULL &&
           !ls_cache_remember_id (tx->cache, fresh, change->key, id, error)) ||
          !ls_cache_keep_id (tx->cache, tx->shop->tables[fresh->collection->id], fresh, change->key,
                             error))
        return false;
      ls_buckets_replace (fresh->sums, before, after);
    }
  return true;
}

static bool
swap_tables (LsCacheTx        *tx,
             LsStaging        *staging,
             const LsPosition *position,
             uint64_t          view,
             GError          **error)
{
  const LsView *known = ls_cache_find_view (view);

  for (size_t i = 0; i < LS_N_COLLECTIONS; i++)
    {
      LsTable *fresh = staging->tables[i];

      if (fresh == NULL)
        continue;
      fresh->base = position->version;
      fresh->is_held = true;
      fresh->view = known != NULL ? ls_view_get_hash (known, fresh->collection) : 0;
      fresh->fields = known != NULL ? ls_view_get_fields (known, fresh->collection) : 0;
      if (!apply_held (tx, staging, fresh, position->version, error))
        return false;
      staging->tables[i] = NULL;
      if (!ls_cache_swap_table (tx, fresh, error))
        return false;
    }
  return true;
}

/* Which edits the rows of the snapshot have already. */
static bool
mark_done (LsCacheTx *tx,
           uint32_t   collections,
           int64_t    done_n,
           bool       is_new_epoch,
           GError   **error)
{
  for (unsigned i = 0; i < tx->shop->edits->len; i++)
    {
      LsOpenEdit *open = g_ptr_array_index (tx->shop->edits, i);
      const LsEdit *edit = open->edit;
      uint32_t contained = is_new_epoch ? 0 : open->contained;

      if (edit->n > 0 && edit->n <= done_n)
        contained |= collections;
      /* An edit that was applied in a history that is no more is either in the new one or lost. */
      if (edit->state == LS_EDIT_APPLIED &&
          (is_new_epoch || edit->version <= tx->shop->position.version))
        contained = LS_ALL_COLLECTIONS;
      if (!ls_cache_set_contained (tx, open, contained, error))
        return false;
    }
  ls_cache_close_contained (tx);
  return true;
}

static uint32_t
held_collections (const LsShopState *shop)
{
  uint32_t held = 0;

  for (size_t i = 0; i < LS_N_COLLECTIONS; i++)
    if (shop->tables[i] != NULL && shop->tables[i]->is_held)
      held |= UINT32_C (1) << i;
  return held;
}

static bool
finish (LsCacheTx        *tx,
        LsStaging        *staging,
        const LsPosition *position,
        uint64_t          view,
        int64_t           done_n,
        GError          **error)
{
  LsShopState *shop = tx->shop;
  bool is_new_epoch = !g_str_equal (shop->position.epoch, position->epoch);
  /* Not sooner: which edits the rows have is told by the old numbers. */
  bool counts_again = is_new_epoch && shop->position.epoch[0] != '\0';
  bool is_whole = (held_collections (shop) & ~staging->collections) == 0;
  const uint64_t *wanted = g_hash_table_lookup (tx->cache->views, shop->shop);
  bool narrowed = false;

  /* Deltas come in the view that was subscribed for: rows of another would lack fields that they
   * have, or keep some that they never change or take away. */
  if (wanted != NULL && *wanted != view)
    {
      g_set_error (error, LS_ERROR, LS_ERROR_TIMEOUT,
                   "what may be seen of %s changed while its rows came", shop->shop);
      return false;
    }
  if (is_new_epoch && !is_whole)
    {
      g_set_error (error, LS_ERROR, LS_ERROR_PROTOCOL,
                   "a snapshot of another epoch of %s lacks collections that are held",
                   shop->shop);
      return false;
    }
  if (!swap_tables (tx, staging, position, view, error))
    return false;
  /* Back too, when the server went back: unless deltas came on top, which the rows then have. */
  if (is_new_epoch ||
      (is_whole && (position->version > shop->position.version || staging->held->len == 0)))
    shop->position = *position;
  shop->view = view;
  shop->synced_at = ls_environment_now (tx->cache->environment);
  /* Less may be wanted by now than was when it was asked for. */
  if (!ls_cache_narrow_to_told (tx, &narrowed, error))
    return false;
  if (!mark_done (tx, is_whole ? LS_ALL_COLLECTIONS : staging->collections, done_n, is_new_epoch,
                  error) ||
      (counts_again && !ls_cache_count_again (tx, error)) || !ls_cache_rebase (tx, error))
    return false;
  tx->commit->reloaded |= staging->collections;
  return ls_cache_tx_commit (tx, error);
}

/**
 * ls_cache_finish_snapshot:
 * @self: a cache
 * @shop: a shop
 * @position: where the snapshot stands
 * @view: hash of the view its rows have
 * @done_n: the last n of this client that is decided in it, counted in the epoch in which the cache is
 * @error: where to put why not, %LS_ERROR_TIMEOUT when @view is not the one of ls_cache_set_view():
 *   the server has changed what may be seen, and is about to say so; the snapshot is then given up
 *
 * Puts the rows of the snapshot in the place of the old ones, in one short transaction (if
 * ls_cache_prepare_snapshot() has nothing left to do). Pending edits are laid over them again,
 * ids stay with their keys. Of a snapshot of all collections the shop takes the position, unless
 * deltas that came while it came have brought it beyond; of one of some only those rows are ahead,
 * and deltas pass them by until the position has caught up. Where it is of another epoch the edits are
 * counted from 1 from then on, as ls_cache_renumber_edits() does.
 *
 * Returns: whether the new rows are visible
 */
bool
ls_cache_finish_snapshot (LsCache          *self,
                          const char       *shop,
                          const LsPosition *position,
                          uint64_t          view,
                          int64_t           done_n,
                          GError          **error)
{
  LsStaging *staging = find_staging (self, shop, error);
  g_auto (LsCacheTx) tx = { NULL };
  bool ready = false;
  bool ok;

  if (staging == NULL)
    return false;
  if (staging->held->len > MAX_HELD)
    {
      g_set_error (error, LS_ERROR, LS_ERROR_STORAGE,
                   "more than %d changes of %s came while its snapshot came", MAX_HELD, shop);
      ls_cache_cancel_snapshot (self, shop);
      return false;
    }
  while (!ready)
    if (!ls_cache_prepare_snapshot (self, shop, &ready, error))
      return false;
  ok = ls_cache_tx_begin (self, LS_SQL_SYNC_NORMAL, &tx, error) &&
       ls_cache_tx_set_shop (&tx, shop, error) &&
       finish (&tx, staging, position, view, done_n, error);
  ls_cache_cancel_snapshot (self, shop);
  return ok;
}
