/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-cache"

#include "config.h"

#include "client/ls-cache-private.h"

#include "core/ls-fault.h"

/*
 * A transaction of the cache: one of SQLite, the changes that its listener will hear of, and the
 * copy of the file in memory, which is read anew when the transaction does not end well.
 */

/* Deltas can be fetched again, edits exist nowhere else. */
static bool
set_sync (LsCache  *self,
          LsSqlSync sync,
          GError  **error)
{
  if (self->sync == sync)
    return true;
  /* Takes effect when it is compiled, so it must not come from the cache of statements. */
  if (!ls_sql_exec (self->sql,
                    sync == LS_SQL_SYNC_FULL ? "PRAGMA synchronous = FULL"
                                             : "PRAGMA synchronous = NORMAL",
                    error))
    return false;
  self->sync = sync;
  return true;
}

/* How long a disk that failed is left alone. */
#define READ_BACK_PAUSE G_USEC_PER_SEC

/* Leaves a connection that can't be used any more. The new one is there before the old one goes: as
 * long as one is, nobody looks for a commit in what the failed one left behind in the log, and the
 * next commit writes over it. So what the admin was told has failed has. */
static bool
open_again (LsCache *self,
            GError **error)
{
  LsSql *sql =
      ls_cache_connect (self->environment, self->path, self->collation, LS_SQL_READ_WRITE, error);

  if (sql == NULL)
    return false;
  /* Both have statements of the old one. A snapshot that was being staged begins anew. */
  g_hash_table_remove_all (self->stagings);
  g_hash_table_remove_all (self->shops);
  ls_sql_unref (self->sql);
  self->sql = sql;
  self->sync = LS_SQL_SYNC_NORMAL;
  self->is_suspect = false;
  return true;
}

static void read_back (LsCache *self);

static void
read_back_cb (gpointer data)
{
  LsCache *self = data;

  if (self->sql != NULL)
    read_back (self);
}

/* Brings memory back to what the file has; on a disk that does not let it, again and again. */
static void
read_back (LsCache *self)
{
  g_clear_error (&self->broken);
  if ((!self->is_suspect || open_again (self, &self->broken)) &&
      ls_cache_load (self, &self->broken))
    return;
  g_debug ("the cache can't be read back: %s", self->broken->message);
  ls_environment_post_after (self->environment, self->queue, READ_BACK_PAUSE, read_back_cb,
                             g_object_ref (self), g_object_unref);
}

/* Whether memory is what the file has. Until it is, nobody may take what is missing in it for
 * missing. */
bool
ls_cache_is_sound (LsCache *self,
                   GError **error)
{
  if (self->broken == NULL)
    return true;
  g_propagate_error (error, g_error_copy (self->broken));
  return false;
}

bool
ls_cache_tx_begin (LsCache   *self,
                   LsSqlSync  sync,
                   LsCacheTx *tx,
                   GError   **error)
{
  *tx = (LsCacheTx) { .cache = self };
  if (!ls_cache_is_sound (self, error) || !ls_cache_check_writable (self, error) ||
      !set_sync (self, sync, error))
    return false;
  tx->transaction = ls_sql_begin (self->sql, LS_SQL_BEGIN_IMMEDIATE, error);
  if (tx->transaction == NULL)
    return false;
  tx->by_id = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  tx->dirty = g_ptr_array_new ();
  return true;
}

/* Says which shop the transaction is about; makes it when it is new. */
bool
ls_cache_tx_set_shop (LsCacheTx  *tx,
                      const char *shop,
                      GError    **error)
{
  tx->shop = ls_cache_need_shop (tx->cache, shop, error);
  if (tx->shop == NULL)
    return false;
  tx->commit = ls_cache_commit_new (shop);
  return true;
}

/* Notes what happened to a visible row. A second change of the same row joins the first. */
void
ls_cache_tx_change (LsCacheTx          *tx,
                    const LsCollection *collection,
                    int64_t             id,
                    LsRecord           *before,
                    LsRecord           *after,
                    bool                pending)
{
  unsigned place = GPOINTER_TO_UINT (g_hash_table_lookup (tx->by_id, &id));
  LsRowChange *change;

  if (place == 0)
    {
      ls_cache_commit_add (tx->commit, collection, id, before, after, pending);
      g_hash_table_insert (tx->by_id, g_memdup2 (&id, sizeof id),
                           GUINT_TO_POINTER (tx->commit->changes->len));
      return;
    }
  change = &g_array_index (tx->commit->changes, LsRowChange, place - 1);
  g_clear_pointer (&change->after, ls_record_unref);
  change->after = after != NULL ? ls_record_ref (after) : NULL;
  change->pending = pending;
}

/* Tells of an edit that changed; the last telling of one edit counts. */
void
ls_cache_tx_tell_edit (LsCacheTx *tx,
                       LsEdit    *edit)
{
  for (unsigned i = 0; i < tx->commit->edits->len; i++)
    if (g_str_equal (((LsEdit *) g_ptr_array_index (tx->commit->edits, i))->mid, edit->mid))
      {
        g_ptr_array_remove_index (tx->commit->edits, i);
        break;
      }
  g_ptr_array_add (tx->commit->edits, ls_edit_ref (edit));
}

static char *
collection_names (uint32_t collections)
{
  GString *names = g_string_new (NULL);

  for (unsigned i = 0; i < LS_N_COLLECTIONS; i++)
    if (collections & (UINT32_C (1) << i))
      g_string_append_printf (names, "%s ", ls_schema_collection ((LsCollectionId) i)->name);
  return g_string_free (names, FALSE);
}

static bool
store_shop (LsCache     *self,
            LsShopState *shop,
            GError     **error)
{
  g_autofree char *off = collection_names (shop->choice.off);

  for (size_t i = 0; i < LS_N_COLLECTIONS; i++)
    if (shop->tables[i] != NULL && !ls_cache_store_sums (self, shop->tables[i], error))
      return false;
  return ls_sql_run (self->sql, error,
                     "UPDATE shops SET name = ?, role = ?, epoch = ?, version = ?, \"check\" = ?,"
                     " view = ?, synced_at = ?, highest_n = ?, months = ?, off = ?"
                     " WHERE number = ?",
                     "tttiiiiiiti", shop->name, shop->role, shop->position.epoch,
                     shop->position.version, (int64_t) shop->position.check, (int64_t) shop->view,
                     shop->synced_at, shop->highest_n,
                     LS_FAULT (SCOPE_FORGOTTEN) ? 0 : (int64_t) shop->choice.months, off,
                     shop->number);
}

/* Of collections that are loaded anew as a whole no single row is told. */
static void
drop_reloaded (LsCacheCommit *commit)
{
  for (unsigned i = commit->changes->len; i > 0 && commit->reloaded != 0; i--)
    {
      const LsRowChange *change = &g_array_index (commit->changes, LsRowChange, i - 1);

      if (commit->reloaded & (UINT32_C (1) << change->collection->id))
        g_array_remove_index (commit->changes, i - 1);
    }
}

/* Ends the transaction and tells the listener. After an error it is rolled back by the clearing. */
bool
ls_cache_tx_commit (LsCacheTx *tx,
                    GError   **error)
{
  LsCache *self = tx->cache;
  int64_t sequence = self->sequence + (tx->is_quiet ? 0 : 1);
  LsSqlCommit outcome;

  if ((tx->shop != NULL && !store_shop (self, tx->shop, error)) ||
      !ls_sql_run (self->sql, error, "UPDATE meta SET sequence = ?, next_id = ?, client = ?", "iit",
                   sequence, self->next_id, self->client))
    return false;
  outcome = ls_sql_commit (g_steal_pointer (&tx->transaction), error);
  self->is_suspect = outcome == LS_SQL_COMMIT_UNKNOWN;
  if (outcome != LS_SQL_COMMIT_OK)
    return false;
  self->sequence = sequence;
  g_clear_pointer (&tx->by_id, g_hash_table_unref);
  g_clear_pointer (&tx->dirty, g_ptr_array_unref);
  if (!tx->is_quiet && tx->commit != NULL)
    {
      tx->commit->sequence = sequence;
      tx->commit->position = tx->shop->position;
      tx->commit->synced_at = tx->shop->synced_at;
      tx->commit->n_waiting = ls_shop_count_waiting (tx->shop);
      drop_reloaded (tx->commit);
      if (self->listener != NULL)
        self->listener (tx->commit, self->listener_data);
    }
  g_clear_pointer (&tx->commit, ls_cache_commit_unref);
  return true;
}

/* Rolls back what was not committed, in the file and in memory. */
void
ls_cache_tx_clear (LsCacheTx *tx)
{
  bool failed = tx->by_id != NULL;

  g_clear_pointer (&tx->transaction, ls_sql_rollback);
  g_clear_pointer (&tx->by_id, g_hash_table_unref);
  g_clear_pointer (&tx->dirty, g_ptr_array_unref);
  g_clear_pointer (&tx->commit, ls_cache_commit_unref);
  if (failed)
    read_back (tx->cache);
}
