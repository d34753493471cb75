/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-storage"

#include "config.h"

#include "server/ls-storage-sqlite-private.h"

#include "core/ls-error.h"

/* What any thread may ask: each call borrows a connection and reads one snapshot on it. */

typedef struct {
  LsStorageSqlite *self;
  LsSql *sql;
  LsSqlTransaction *transaction;
} Reading;

static void
reading_clear (Reading *reading)
{
  g_clear_pointer (&reading->transaction, ls_sql_rollback);
  if (reading->sql != NULL)
    ls_sqlite_release (reading->self, g_steal_pointer (&reading->sql));
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Reading, reading_clear)

static bool
reading_begin (Reading    *reading,
               LsStorage  *storage,
               GError    **error)
{
  reading->self = LS_STORAGE_SQLITE (storage);
  reading->sql = ls_sqlite_acquire (reading->self, error);
  if (reading->sql == NULL)
    return false;
  /* In memory there is one connection: inside of its transaction, that is what is read. */
  if (ls_sql_in_transaction (reading->sql))
    return true;
  reading->transaction = ls_sql_begin (reading->sql, LS_SQL_BEGIN_READ, error);
  return reading->transaction != NULL;
}

static GPtrArray *
ls_storage_sqlite_list_shops (LsStorage  *storage,
                              GError    **error)
{
  g_autoptr (GPtrArray) shops = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_shop_free);
  g_auto (Reading) reading = { NULL };
  g_autoptr (LsStatement) statement = NULL;
  LsStep step;

  if (!reading_begin (&reading, storage, error))
    return NULL;
  statement = ls_sql_prepare (reading.sql, "SELECT shop FROM log_shops ORDER BY shop", error);
  if (statement == NULL)
    return NULL;
  while ((step = ls_statement_step (statement, error)) == LS_STEP_ROW)
    {
      LsShop *shop = ls_sqlite_read_shop (reading.sql, ls_statement_get_text (statement, 0), error);

      if (shop == NULL)
        return NULL;
      g_ptr_array_add (shops, shop);
    }
  return step == LS_STEP_DONE ? g_steal_pointer (&shops) : NULL;
}

static LsShop *
ls_storage_sqlite_get_shop (LsStorage   *storage,
                            const char  *shop,
                            GError     **error)
{
  g_auto (Reading) reading = { NULL };

  if (!reading_begin (&reading, storage, error))
    return NULL;
  return ls_sqlite_read_shop (reading.sql, shop, error);
}

static GPtrArray *
ls_storage_sqlite_read_log (LsStorage   *storage,
                            const char  *shop,
                            int64_t      from,
                            int64_t      to,
                            size_t       max_bytes,
                            GError     **error)
{
  g_auto (Reading) reading = { NULL };
  g_autoptr (LsShop) found = NULL;

  if (!reading_begin (&reading, storage, error))
    return NULL;
  found = ls_sqlite_read_shop (reading.sql, shop, error);
  if (found == NULL)
    return NULL;
  if (from < found->horizon)
    {
      g_set_error (error, LS_ERROR, LS_ERROR_TOO_OLD,
                   "the log of %s begins after version %" G_GINT64_FORMAT
                   ", version %" G_GINT64_FORMAT " is before that",
                   shop, found->horizon, from);
      return NULL;
    }
  return ls_sqlite_read_versions (reading.sql, shop, from, to, max_bytes, error);
}

static bool
ls_storage_sqlite_check_position (LsStorage         *storage,
                                  const char        *shop,
                                  const LsPosition  *position,
                                  bool              *ret_known,
                                  GError           **error)
{
  g_auto (Reading) reading = { NULL };
  g_autoptr (LsShop) found = NULL;
  uint64_t check = 0;

  if (!reading_begin (&reading, storage, error))
    return false;
  found = ls_sqlite_read_shop (reading.sql, shop, error);
  if (found == NULL)
    return false;
  *ret_known = g_str_equal (position->epoch, found->position.epoch) && position->version >= 0 &&
               position->version <= found->position.version;
  if (!*ret_known || position->version < found->horizon)
    return true;
  if (ls_sqlite_read_check (reading.sql, shop, position->version, &check, error) == LS_STEP_ERROR)
    return false;
  *ret_known = check == position->check;
  return true;
}

static bool
ls_storage_sqlite_verify_log (LsStorage   *storage,
                              const char  *shop,
                              int64_t     *ret_broken,
                              GError     **error)
{
  g_auto (Reading) reading = { NULL };
  g_autoptr (LsShop) found = NULL;
  g_autoptr (LsStatement) statement = NULL;
  int64_t version;
  uint64_t check = 0;
  LsStep step;

  if (!reading_begin (&reading, storage, error))
    return false;
  found = ls_sqlite_read_shop (reading.sql, shop, error);
  if (found == NULL ||
      ls_sqlite_read_check (reading.sql, shop, found->horizon, &check, error) == LS_STEP_ERROR)
    return false;
  statement = ls_sql_query (reading.sql, error,
                            "SELECT version, \"check\", changes FROM log_versions"
                            " WHERE shop = ? ORDER BY version",
                            "t", shop);
  if (statement == NULL)
    return false;
  *ret_broken = 0;
  for (version = found->horizon; (step = ls_statement_step (statement, error)) == LS_STEP_ROW;)
    {
      size_t length = 0;
      const void *bytes = ls_statement_get_blob (statement, 2, &length);

      version++;
      check = ls_digest_next_check (check, bytes != NULL ? bytes : (const uint8_t *) "", length);
      if (ls_statement_get_int64 (statement, 0) == version &&
          (uint64_t) ls_statement_get_int64 (statement, 1) == check)
        continue;
      *ret_broken = version;
      return true;
    }
  if (step == LS_STEP_DONE &&
      (version != found->position.version || check != found->position.check))
    *ret_broken = version + 1;
  return step == LS_STEP_DONE;
}

/* Whether to go on; @error is set on a failure. */
static bool
scan_collection (LsRowSql          *rows,
                 LsSql             *sql,
                 const char        *shop,
                 LsStorageRowFunc   func,
                 gpointer           user_data,
                 GError           **error)
{
  g_autoptr (LsStatement) statement = ls_sql_query (sql, error, rows->scan, "t", shop);
  LsStep step;

  if (statement == NULL)
    return false;
  while ((step = ls_statement_step (statement, error)) == LS_STEP_ROW)
    {
      g_autoptr (LsRecord) record = ls_row_sql_read (rows->collection, statement);

      if (!func (record, user_data))
        return false;
    }
  return step == LS_STEP_DONE;
}

static bool
ls_storage_sqlite_scan (LsStorage                  *storage,
                        const char                 *shop,
                        const LsCollection *const  *collections,
                        size_t                      n_collections,
                        LsPosition                 *ret_position,
                        LsStorageRowFunc            func,
                        gpointer                    user_data,
                        GError                    **error)
{
  g_auto (Reading) reading = { NULL };
  g_autoptr (LsShop) found = NULL;
  g_autoptr (GError) local = NULL;

  if (!reading_begin (&reading, storage, error))
    return false;
  found = ls_sqlite_read_shop (reading.sql, shop, error);
  if (found == NULL)
    return false;
  *ret_position = found->position;
  for (size_t i = 0; i < n_collections; i++)
    if (!scan_collection (&reading.self->rows[collections[i]->id], reading.sql, shop, func,
                          user_data, &local))
      break;
  if (local == NULL)
    return true;
  g_propagate_error (error, g_steal_pointer (&local));
  return false;
}

static GPtrArray *
ls_storage_sqlite_read_slice (LsStorage           *storage,
                              const char          *shop,
                              const LsCollection  *collection,
                              const char          *after,
                              unsigned             max_rows,
                              LsPosition          *ret_position,
                              GError             **error)
{
  g_auto (Reading) reading = { NULL };
  g_autoptr (LsShop) found = NULL;

  if (!reading_begin (&reading, storage, error))
    return NULL;
  found = ls_sqlite_read_shop (reading.sql, shop, error);
  if (found == NULL)
    return NULL;
  *ret_position = found->position;
  return ls_row_sql_slice (&reading.self->rows[collection->id], reading.sql, shop, after, max_rows,
                           error);
}

static GPtrArray *
ls_storage_sqlite_get_rows (LsStorage   *storage,
                            const char  *shop,
                            GPtrArray   *changes,
                            LsPosition  *ret_position,
                            GError     **error)
{
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_auto (Reading) reading = { NULL };
  g_autoptr (LsShop) found = NULL;

  if (!reading_begin (&reading, storage, error))
    return NULL;
  if (ret_position != NULL)
    {
      found = ls_sqlite_read_shop (reading.sql, shop, error);
      if (found == NULL)
        return NULL;
      *ret_position = found->position;
    }
  for (unsigned i = 0; i < changes->len; i++)
    {
      const LsChange *change = g_ptr_array_index (changes, i);
      g_autoptr (LsRecord) record = NULL;
      g_autoptr (GError) local = NULL;

      if (!g_hash_table_add (seen, g_strconcat (change->collection->name, "\n", change->key, NULL)))
        continue;
      record = ls_row_sql_get (&reading.self->rows[change->collection->id], reading.sql, shop,
                               change->key, &local);
      if (local != NULL)
        {
          g_propagate_error (error, g_steal_pointer (&local));
          return NULL;
        }
      g_ptr_array_add (rows, record != NULL
                                 ? ls_change_new_put (record)
                                 : ls_change_new (LS_CHANGE_DEL, change->collection, change->key));
    }
  return g_steal_pointer (&rows);
}

static GPtrArray *
ls_storage_sqlite_list_decisions (LsStorage   *storage,
                                  const char  *shop,
                                  const char  *client,
                                  int64_t      after_n,
                                  GError     **error)
{
  g_auto (Reading) reading = { NULL };

  if (!reading_begin (&reading, storage, error))
    return NULL;
  return ls_sqlite_read_decisions (reading.sql, shop, client, after_n, error);
}

static int64_t
ls_storage_sqlite_get_last_n (LsStorage    *storage,
                              const char   *shop,
                              const char   *client,
                              LsEditCount  *ret_before,
                              GError      **error)
{
  g_auto (Reading) reading = { NULL };

  if (!reading_begin (&reading, storage, error))
    return -1;
  return ls_sqlite_read_last_n (reading.sql, shop, client, ret_before, error);
}

static GBytes *
ls_storage_sqlite_load_digests (LsStorage   *storage,
                                const char  *shop,
                                int64_t     *ret_version,
                                GError     **error)
{
  g_auto (Reading) reading = { NULL };
  g_autoptr (LsStatement) statement = NULL;

  if (!reading_begin (&reading, storage, error))
    return NULL;
  statement = ls_sql_query (reading.sql, error,
                            "SELECT version, digests FROM log_digests WHERE shop = ?", "t", shop);
  if (statement == NULL)
    return NULL;
  switch (ls_statement_step (statement, error))
    {
    case LS_STEP_ROW:
      *ret_version = ls_statement_get_int64 (statement, 0);
      return ls_statement_dup_blob (statement, 1);
    case LS_STEP_DONE:
      *ret_version = 0;
      return NULL;
    case LS_STEP_ERROR:
    default:
      return NULL;
    }
}

/* Files of before say nothing: they are of the first. */
static int64_t
ls_storage_sqlite_get_derivation (LsStorage  *storage,
                                  GError    **error)
{
  g_auto (Reading) reading = { NULL };
  int64_t derivation = 1;

  if (!reading_begin (&reading, storage, error) ||
      ls_sql_get_int64 (reading.sql, &derivation, error,
                        "SELECT value FROM log_meta WHERE name = 'derivation'", NULL) == LS_STEP_ERROR)
    return -1;
  return derivation;
}

void
ls_sqlite_read_class_init (LsStorageClass *klass)
{
  klass->get_derivation = ls_storage_sqlite_get_derivation;
  klass->list_shops = ls_storage_sqlite_list_shops;
  klass->get_shop = ls_storage_sqlite_get_shop;
  klass->read_log = ls_storage_sqlite_read_log;
  klass->check_position = ls_storage_sqlite_check_position;
  klass->verify_log = ls_storage_sqlite_verify_log;
  klass->scan = ls_storage_sqlite_scan;
  klass->read_slice = ls_storage_sqlite_read_slice;
  klass->get_rows = ls_storage_sqlite_get_rows;
  klass->list_decisions = ls_storage_sqlite_list_decisions;
  klass->get_last_n = ls_storage_sqlite_get_last_n;
  klass->load_digests = ls_storage_sqlite_load_digests;
}
