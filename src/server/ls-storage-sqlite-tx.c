/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-storage"

#include "config.h"

#include "server/ls-storage-sqlite-private.h"

#include <string.h>

#include "core/ls-error.h"
#include "core/ls-fault.h"
#include "core/ls-id.h"
#include "server/ls-fault.h"

/* Transactions. The writer's lock is held from begin to the end of each, on one thread. */

static LsSqliteTx *
sqlite_tx (LsStorageTx *tx)
{
  return (LsSqliteTx *) tx;
}

static LsStorageSqlite *
owner (LsStorageTx *tx)
{
  return LS_STORAGE_SQLITE (tx->storage);
}

static LsRowSql *
rows_of (LsStorageTx        *tx,
         const LsCollection *collection)
{
  return &owner (tx)->rows[collection->id];
}

static void
tx_free (LsSqliteTx *tx)
{
  LsStorageSqlite *self = owner (&tx->base);

  g_clear_pointer (&tx->transaction, ls_sql_rollback);
  g_clear_pointer (&tx->base.shop, ls_shop_free);
  g_hash_table_unref (tx->last_n);
  g_hash_table_unref (tx->dirty);
  g_free (tx);
  self->open = NULL;
  g_rec_mutex_unlock (&self->writer_lock);
  g_object_unref (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsSqliteTx, tx_free)

/* Opens a transaction, holding the writer's lock until it is freed. */
static LsSqliteTx *
tx_open (LsStorageSqlite  *self,
         GError          **error)
{
  g_autoptr (LsSqliteTx) tx = NULL;

  g_rec_mutex_lock (&self->writer_lock);
  if (self->open != NULL)
    {
      g_rec_mutex_unlock (&self->writer_lock);
      g_set_error (error, LS_ERROR, LS_ERROR_STORAGE, "a transaction is open already");
      return NULL;
    }
  ls_sqlite_trim_log (self);
  tx = g_new0 (LsSqliteTx, 1);
  tx->base.storage = LS_STORAGE (g_object_ref (self));
  tx->last_n = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  tx->dirty = g_hash_table_new (g_str_hash, g_str_equal);
  self->open = tx;
  tx->transaction = ls_sql_begin (self->writer, LS_SQL_BEGIN_IMMEDIATE, error);
  return tx->transaction != NULL ? g_steal_pointer (&tx) : NULL;
}

static void
ls_storage_sqlite_begin (LsStorage          *storage,
                         const char         *shop,
                         LsStorageBegunFunc  func,
                         gpointer            user_data)
{
  LsStorageSqlite *self = LS_STORAGE_SQLITE (storage);
  g_autoptr (GError) error = NULL;
  g_autoptr (LsSqliteTx) tx = tx_open (self, &error);

  if (tx != NULL)
    tx->base.shop = ls_sqlite_read_shop (self->writer, shop, &error);
  if (tx == NULL || tx->base.shop == NULL)
    {
      bool busy = g_error_matches (error, LS_SQL_ERROR, LS_SQL_ERROR_BUSY);

      g_clear_pointer (&tx, tx_free);
      func (busy ? LS_STORAGE_BUSY : LS_STORAGE_FAILED, NULL, error, user_data);
      return;
    }
  func (LS_STORAGE_OK, (LsStorageTx *) g_steal_pointer (&tx), NULL, user_data);
}

/* What is written once a transaction and not once a mutation. */
static bool
write_ends (LsSqliteTx  *tx,
            GError     **error)
{
  LsSql *sql = owner (&tx->base)->writer;
  const LsShop *shop = tx->base.shop;
  g_autoptr (GList) clients =
      g_list_sort (g_hash_table_get_keys (tx->dirty), (GCompareFunc) strcmp);

  for (GList *l = clients; l != NULL; l = l->next)
    if (!ls_sql_run (sql, error,
                     "INSERT INTO log_clients (shop, client, last_n, at) VALUES (?, ?, ?, ?)"
                     " ON CONFLICT DO UPDATE SET last_n = excluded.last_n, at = excluded.at",
                     "ttii", shop->shop, l->data,
                     *(int64_t *) g_hash_table_lookup (tx->last_n, l->data), shop->at))
      return false;
  if (LS_FAULT (RESULTS_FORGOTTEN) &&
      !ls_sql_run (sql, error, "DELETE FROM log_decisions WHERE n > 0", NULL))
    return false;
  return ls_sql_run (
      sql, error, "UPDATE log_shops SET version = ?, \"check\" = ?, at = ? WHERE shop = ?", "iiit",
      shop->position.version, (int64_t) shop->position.check, shop->at, shop->shop);
}

static LsStorageOutcome
tx_commit (LsSqliteTx  *tx,
           GError     **error)
{
  LsStorageSqlite *self = owner (&tx->base);
  LsSqlCommit outcome;

  LS_FAULT_POINT ("before-commit");
  if (!write_ends (tx, error))
    return LS_STORAGE_FAILED;
  outcome = ls_sqlite_commit (self, g_steal_pointer (&tx->transaction), error);
  if (outcome == LS_SQL_COMMIT_OK)
    {
      LS_FAULT_POINT ("after-commit");
      ls_sqlite_note_written (self, tx->n_writes + 1);
      if (tx->n_versions > 0 && self->listeners != NULL)
        ls_storage_listeners_tell (self->listeners, tx->base.shop->shop,
                                   tx->base.shop->position.version);
      return LS_STORAGE_OK;
    }
  return outcome == LS_SQL_COMMIT_FAILED ? LS_STORAGE_FAILED : LS_STORAGE_UNKNOWN;
}

static void
ls_storage_sqlite_commit (LsStorage              *storage,
                          LsStorageTx            *base,
                          LsStorageCommittedFunc  func,
                          gpointer                user_data)
{
  LsSqliteTx *tx = sqlite_tx (base);
  g_autoptr (GError) error = NULL;
  LsStorageOutcome outcome = tx_commit (tx, &error);

  tx_free (tx);
  func (outcome, error, user_data);
}

static void
ls_storage_sqlite_rollback (LsStorage   *storage,
                            LsStorageTx *tx)
{
  tx_free (sqlite_tx (tx));
}

static LsRecord *
ls_storage_sqlite_tx_get (LsStorageTx         *tx,
                          const LsCollection  *collection,
                          const char          *key,
                          GError             **error)
{
  return ls_row_sql_get (rows_of (tx, collection), owner (tx)->writer, tx->shop->shop, key, error);
}

static GPtrArray *
ls_storage_sqlite_tx_list (LsStorageTx         *tx,
                           const LsCollection  *collection,
                           unsigned             field,
                           const LsValue       *value,
                           GError             **error)
{
  return ls_row_sql_list (rows_of (tx, collection), owner (tx)->writer, tx->shop->shop, field,
                          value, error);
}

static GPtrArray *
ls_storage_sqlite_tx_list_between (LsStorageTx         *tx,
                                   const LsCollection  *collection,
                                   unsigned             field,
                                   int64_t              min,
                                   int64_t              max,
                                   GError             **error)
{
  return ls_row_sql_list_between (rows_of (tx, collection), owner (tx)->writer, tx->shop->shop,
                                  field, min, max, error);
}

static bool
ls_storage_sqlite_tx_has_rows (LsStorageTx         *tx,
                               const LsCollection  *collection,
                               bool                *ret_any,
                               GError             **error)
{
  g_autoptr (LsStatement) statement =
      ls_sql_query (owner (tx)->writer, error, rows_of (tx, collection)->scan, "t", tx->shop->shop);
  LsStep step = statement != NULL ? ls_statement_step (statement, error) : LS_STEP_ERROR;

  *ret_any = step == LS_STEP_ROW;
  return step != LS_STEP_ERROR;
}

static bool
ls_storage_sqlite_tx_append (LsStorageTx  *tx,
                             LsVersion    *version,
                             GError      **error)
{
  LsSql *sql = owner (tx)->writer;

  for (unsigned i = 0; i < version->changes->len; i++)
    {
      const LsChange *change = g_ptr_array_index (version->changes, i);

      if (!ls_row_sql_apply (rows_of (tx, change->collection), sql, tx->shop->shop, change, error))
        return false;
    }
  LS_FAULT_POINT ("inside");
  sqlite_tx (tx)->n_versions++;
  sqlite_tx (tx)->n_writes += version->changes->len + 2;
  return ls_sqlite_write_version (sql, tx->shop->shop, version, error);
}

static int64_t
ls_storage_sqlite_tx_get_last_n (LsStorageTx  *base,
                                 const char   *client,
                                 GError      **error)
{
  LsSqliteTx *tx = sqlite_tx (base);
  int64_t *known = g_hash_table_lookup (tx->last_n, client);
  int64_t last_n;

  if (known != NULL)
    return *known;
  last_n = ls_sqlite_read_last_n (owner (base)->writer, base->shop->shop, client, NULL, error);
  if (last_n >= 0)
    g_hash_table_insert (tx->last_n, g_strdup (client), g_memdup2 (&last_n, sizeof last_n));
  return last_n;
}

static LsDecision *
ls_storage_sqlite_tx_find_decision (LsStorageTx  *tx,
                                    const char   *client,
                                    const char   *mid,
                                    GError      **error)
{
  return ls_sqlite_find_decision (owner (tx)->writer, tx->shop->shop, mid, error);
}

static bool
ls_storage_sqlite_tx_knows_n (LsStorageTx  *tx,
                              const char   *client,
                              int64_t       n,
                              bool         *ret_known,
                              GError      **error)
{
  int64_t count = 0;

  if (ls_sql_get_int64 (
          owner (tx)->writer, &count, error,
          "SELECT count(*) FROM log_decisions WHERE shop = ? AND client = ? AND n = ?", "tti",
          tx->shop->shop, client, n) != LS_STEP_ROW)
    return false;
  *ret_known = count > 0;
  return true;
}

static bool
ls_storage_sqlite_tx_decide (LsStorageTx       *base,
                             const char        *client,
                             const LsDecision  *decision,
                             GError           **error)
{
  LsSqliteTx *tx = sqlite_tx (base);
  int64_t now = ls_environment_now (owner (base)->environment);

  if (decision->n > 0)
    {
      g_hash_table_insert (tx->last_n, g_strdup (client),
                           g_memdup2 (&decision->n, sizeof decision->n));
      if (!g_hash_table_contains (tx->dirty, client))
        {
          gpointer own = NULL;

          g_hash_table_lookup_extended (tx->last_n, client, &own, NULL);
          g_hash_table_add (tx->dirty, own);
        }
    }
  tx->n_writes += 2;
  return decision->mid == NULL || ls_sqlite_write_decision (owner (base)->writer, base->shop->shop,
                                                            client, decision, now, error);
}

static bool
ls_storage_sqlite_tx_save_digests (LsStorageTx  *tx,
                                   GBytes       *digests,
                                   GError      **error)
{
  sqlite_tx (tx)->n_writes += 1 + (unsigned) (g_bytes_get_size (digests) / 4096);
  return ls_sql_run (owner (tx)->writer, error,
                     "INSERT OR REPLACE INTO log_digests (shop, version, digests) VALUES (?, ?, ?)",
                     "tiB", tx->shop->shop, tx->shop->position.version, digests);
}

static bool
insert_shop (LsSqliteTx  *tx,
             LsRecord    *row,
             GError     **error)
{
  LsStorageSqlite *self = owner (&tx->base);
  const char *shop = ls_record_get_key (row);
  g_autofree char *epoch = ls_id_new_secret (self->environment, 16);
  int64_t found = 0;

  if (ls_sql_get_int64 (self->writer, &found, error, "SELECT 1 FROM log_shops WHERE shop = ?", "t",
                        shop) == LS_STEP_ROW)
    g_set_error (error, LS_ERROR, LS_ERROR_VALIDATION, "there is a shop “%s” already", shop);
  if (found != 0 || (error != NULL && *error != NULL))
    return false;
  return ls_sql_run (
      self->writer, error,
      "INSERT INTO log_shops (shop, epoch, version, \"check\", at, horizon, horizon_check)"
      " VALUES (?, ?, 0, 0, 0, 0, 0)",
      "tt", shop, epoch);
}

static bool
ls_storage_sqlite_create_shop (LsStorage  *storage,
                               LsRecord   *row,
                               GError    **error)
{
  LsStorageSqlite *self = LS_STORAGE_SQLITE (storage);
  g_autoptr (LsVersion) version = ls_version_new (1, ls_environment_now (self->environment));
  g_autoptr (LsSqliteTx) tx = NULL;
  g_autoptr (GError) local = NULL;

  if (!ls_record_validate (row, error))
    return false;
  version->changes = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
  version->actor = g_strdup ("init");
  g_ptr_array_add (version->changes, ls_change_new_put (row));
  ls_version_seal (version, 0);
  tx = tx_open (self, error);
  if (tx == NULL)
    return false;
  if (!insert_shop (tx, row, &local) ||
      (tx->base.shop = ls_sqlite_read_shop (self->writer, ls_record_get_key (row), &local)) ==
          NULL ||
      !ls_storage_tx_append (&tx->base, version, &local) || tx_commit (tx, &local) != LS_STORAGE_OK)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return false;
    }
  return true;
}

void
ls_sqlite_tx_class_init (LsStorageClass *klass)
{
  klass->begin = ls_storage_sqlite_begin;
  klass->commit = ls_storage_sqlite_commit;
  klass->rollback = ls_storage_sqlite_rollback;
  klass->tx_get = ls_storage_sqlite_tx_get;
  klass->tx_list = ls_storage_sqlite_tx_list;
  klass->tx_list_between = ls_storage_sqlite_tx_list_between;
  klass->tx_has_rows = ls_storage_sqlite_tx_has_rows;
  klass->tx_append = ls_storage_sqlite_tx_append;
  klass->tx_get_last_n = ls_storage_sqlite_tx_get_last_n;
  klass->tx_find_decision = ls_storage_sqlite_tx_find_decision;
  klass->tx_knows_n = ls_storage_sqlite_tx_knows_n;
  klass->tx_decide = ls_storage_sqlite_tx_decide;
  klass->tx_save_digests = ls_storage_sqlite_tx_save_digests;
  klass->create_shop = ls_storage_sqlite_create_shop;
}
