/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-storage"

#include "config.h"

#include "server/ls-storage.h"

#include "core/ls-error.h"
#include "server/ls-storage-private.h"

typedef struct {
  LsStorageFatalFunc fatal;
  gpointer fatal_data;
  int told;
} LsStoragePrivate;

/**
 * LsStorage:
 *
 * The server's database: the rows of each shop, the log of what happened to them, and how each
 * mutation ended, changed together in transactions that are durable when commit says so.
 *
 * Invariants that every storage keeps: versions of a shop are gap-free; the rows are what the log
 * leads to; a reader sees a position only together with its rows.
 *
 * Errors are of any domain; ls_error_code_of() sorts them.
 */
G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (LsStorage, ls_storage, G_TYPE_OBJECT)

static void
ls_storage_class_init (LsStorageClass *klass)
{
}

static void
ls_storage_init (LsStorage *self)
{
}

void
ls_storage_report_fatal (LsStorage    *self,
                         const GError *error)
{
  LsStoragePrivate *priv = ls_storage_get_instance_private (self);

  if (!g_atomic_int_compare_and_exchange (&priv->told, 0, 1))
    return;
  if (priv->fatal != NULL)
    priv->fatal (error, priv->fatal_data);
}

/**
 * ls_storage_set_fatal:
 * @self: a storage
 * @func: (nullable): whom to tell
 * @user_data: for @func
 *
 * Says who ends the process when the storage can't be trusted any more. Comes before any
 * transaction.
 */
void
ls_storage_set_fatal (LsStorage          *self,
                      LsStorageFatalFunc  func,
                      gpointer            user_data)
{
  LsStoragePrivate *priv = ls_storage_get_instance_private (self);

  priv->fatal = func;
  priv->fatal_data = user_data;
}

/**
 * ls_storage_listen:
 * @self: a storage
 * @environment: the listener's
 * @queue: where @func is called
 * @func: told of commits
 * @owner: what @func is called with; when it ends, so does the listening
 *
 * Has somebody told of commits, those of other nodes above all. Whoever listens still has to look at
 * the log from time to time.
 *
 * Returns: whether anybody else can commit to the shops; if not, nothing is told
 */
bool
ls_storage_listen (LsStorage           *self,
                   LsEnvironment       *environment,
                   LsQueue             *queue,
                   LsStorageListenFunc  func,
                   GObject             *owner)
{
  LsStorageClass *klass = LS_STORAGE_GET_CLASS (self);

  return klass->listen != NULL && klass->listen (self, environment, queue, func, owner);
}

/**
 * ls_storage_create_shop:
 * @self: a storage
 * @row: the shop's row of the collection `shops`; its key becomes the shop's id
 * @error: where to put why not: %LS_ERROR_VALIDATION for a row that is not valid or a shop that
 *   exists
 *
 * Makes a shop with a new epoch, whose version 1 is the PUT of @row. Waits for a transaction that
 * is open; not to be called inside of one.
 *
 * Returns: whether it is there now, and on disk
 */
bool
ls_storage_create_shop (LsStorage  *self,
                        LsRecord   *row,
                        GError    **error)
{
  g_return_val_if_fail (ls_record_get_collection (row)->id == LS_SHOPS, false);

  return LS_STORAGE_GET_CLASS (self)->create_shop (self, row, error);
}

/**
 * ls_storage_get_derivation:
 * @self: a storage
 * @error: where to put why not
 *
 * Returns: by which version of the derivations what is stored was written, -1 with @error set
 */
int64_t
ls_storage_get_derivation (LsStorage  *self,
                           GError    **error)
{
  return LS_STORAGE_GET_CLASS (self)->get_derivation (self, error);
}

/**
 * ls_storage_set_derivation:
 * @self: a storage
 * @derivation: a version of the derivations
 * @error: where to put why not
 *
 * Says that all that is stored is what follows by that version.
 *
 * Returns: whether it says so, durably
 */
bool
ls_storage_set_derivation (LsStorage  *self,
                           int64_t     derivation,
                           GError    **error)
{
  return LS_STORAGE_GET_CLASS (self)->set_derivation (self, derivation, error);
}

/**
 * ls_storage_prune:
 * @self: a storage
 * @shop: which
 * @keep_versions: how many of the newest versions stay in any case
 * @keep_age: how old, in µs, a version must be to go
 * @error: where to put why not
 *
 * Shortens the log, raising the shop's horizon, and drops results that are kept too long (PROTOCOL
 * rule 10). Works in slices, each a short transaction between those of the committer.
 *
 * Returns: whether it went well; what a slice did stays
 */
bool
ls_storage_prune (LsStorage   *self,
                  const char  *shop,
                  int64_t      keep_versions,
                  int64_t      keep_age,
                  GError     **error)
{
  return LS_STORAGE_GET_CLASS (self)->prune (self, shop, keep_versions, keep_age, error);
}

/**
 * ls_storage_begin:
 * @self: a storage
 * @shop: for which shop
 * @func: (scope async): told, at once or later, with the transaction when it is %LS_STORAGE_OK
 * @user_data: for @func
 *
 * Begins a transaction. A shop that does not exist is %LS_STORAGE_FAILED with %LS_ERROR_VALIDATION.
 */
void
ls_storage_begin (LsStorage          *self,
                  const char         *shop,
                  LsStorageBegunFunc  func,
                  gpointer            user_data)
{
  LS_STORAGE_GET_CLASS (self)->begin (self, shop, func, user_data);
}

/**
 * ls_storage_commit:
 * @self: a storage
 * @tx: (transfer full): its transaction
 * @func: (scope async): told, at once or later, how it ended; over it is in any case
 * @user_data: for @func
 *
 * Makes all of a transaction durable.
 */
void
ls_storage_commit (LsStorage              *self,
                   LsStorageTx            *tx,
                   LsStorageCommittedFunc  func,
                   gpointer                user_data)
{
  LS_STORAGE_GET_CLASS (self)->commit (self, tx, func, user_data);
}

/**
 * ls_storage_rollback:
 * @self: a storage
 * @tx: (transfer full): its transaction
 *
 * Takes back all of a transaction.
 */
void
ls_storage_rollback (LsStorage   *self,
                     LsStorageTx *tx)
{
  LS_STORAGE_GET_CLASS (self)->rollback (self, tx);
}

/**
 * ls_storage_tx_get_shop:
 * @tx: a transaction
 *
 * Returns: (transfer none): the shop as it is in this transaction, appended versions included
 */
const LsShop *
ls_storage_tx_get_shop (LsStorageTx *tx)
{
  return tx->shop;
}

/**
 * ls_storage_tx_get:
 * @tx: a transaction
 * @collection: of which collection
 * @key: which row
 * @error: where to put a failure of the storage
 *
 * Returns: (transfer full) (nullable): the row, or %NULL when there is none, or with @error set
 */
LsRecord *
ls_storage_tx_get (LsStorageTx         *tx,
                   const LsCollection  *collection,
                   const char          *key,
                   GError             **error)
{
  return LS_STORAGE_GET_CLASS (tx->storage)->tx_get (tx, collection, key, error);
}

/**
 * ls_storage_tx_list:
 * @tx: a transaction
 * @collection: of which collection
 * @field: by which field; fast for %LS_FIELD_REFERRER ones and required references, else a scan
 * @value: what must stand there, not NULL
 * @error: where to put a failure of the storage
 *
 * Returns: (transfer full) (element-type LsRecord) (nullable): the rows, by key
 */
GPtrArray *
ls_storage_tx_list (LsStorageTx         *tx,
                    const LsCollection  *collection,
                    unsigned             field,
                    const LsValue       *value,
                    GError             **error)
{
  return LS_STORAGE_GET_CLASS (tx->storage)->tx_list (tx, collection, field, value, error);
}

/**
 * ls_storage_tx_list_between:
 * @tx: a transaction
 * @collection: of which collection
 * @field: by which field
 * @min: the least number, inclusive
 * @max: the greatest
 * @error: where to put a failure of the storage
 *
 * Returns: (transfer full) (element-type LsRecord) (nullable): the rows, by key
 */
GPtrArray *
ls_storage_tx_list_between (LsStorageTx         *tx,
                            const LsCollection  *collection,
                            unsigned             field,
                            int64_t              min,
                            int64_t              max,
                            GError             **error)
{
  return LS_STORAGE_GET_CLASS (tx->storage)
      ->tx_list_between (tx, collection, field, min, max, error);
}

/**
 * ls_storage_tx_has_rows:
 * @tx: a transaction
 * @collection: which collection
 * @ret_any: (out): whether it has any row
 * @error: where to put a failure of the storage
 *
 * Returns: whether it could be found out
 */
bool
ls_storage_tx_has_rows (LsStorageTx         *tx,
                        const LsCollection  *collection,
                        bool                *ret_any,
                        GError             **error)
{
  return LS_STORAGE_GET_CLASS (tx->storage)->tx_has_rows (tx, collection, ret_any, error);
}

/**
 * ls_storage_tx_append:
 * @tx: a transaction
 * @version: the next version, sealed
 * @error: where to put why not; the transaction can then only be rolled back
 *
 * Writes a version to the log and applies it to the rows.
 *
 * Returns: whether it went well
 */
bool
ls_storage_tx_append (LsStorageTx  *tx,
                      LsVersion    *version,
                      GError      **error)
{
  g_return_val_if_fail (version->version == tx->shop->position.version + 1, false);
  g_return_val_if_fail (version->bytes != NULL, false);

  if (!LS_STORAGE_GET_CLASS (tx->storage)->tx_append (tx, version, error))
    return false;
  tx->shop->position.version = version->version;
  tx->shop->position.check = version->check;
  tx->shop->at = version->at;
  g_clear_pointer (&version->bytes, g_bytes_unref);
  return true;
}

/**
 * ls_storage_tx_get_last_n:
 * @tx: a transaction
 * @client: a client
 * @error: where to put a failure of the storage
 *
 * Returns: the last n that was decided for @client in this shop, 0 before the first, -1 with @error
 *   set
 */
int64_t
ls_storage_tx_get_last_n (LsStorageTx  *tx,
                          const char   *client,
                          GError      **error)
{
  return LS_STORAGE_GET_CLASS (tx->storage)->tx_get_last_n (tx, client, error);
}

/**
 * ls_storage_tx_find_decision:
 * @tx: a transaction
 * @client: a client, or a source of the server's own
 * @mid: a mutation
 * @error: where to put a failure of the storage
 *
 * Returns: (transfer full) (nullable): how it ended, or %NULL when that is not known, or with
 *   @error set
 */
LsDecision *
ls_storage_tx_find_decision (LsStorageTx  *tx,
                             const char   *client,
                             const char   *mid,
                             GError      **error)
{
  return LS_STORAGE_GET_CLASS (tx->storage)->tx_find_decision (tx, client, mid, error);
}

/**
 * ls_storage_tx_knows_n:
 * @tx: a transaction
 * @client: a client
 * @n: a count
 * @ret_known: (out): whether a decision of that n is still kept
 * @error: where to put a failure of the storage
 *
 * Tells a copied client from one whose results are long forgotten (PROTOCOL rules 9 and 10).
 *
 * Returns: whether it could be read
 */
bool
ls_storage_tx_knows_n (LsStorageTx  *tx,
                       const char   *client,
                       int64_t       n,
                       bool         *ret_known,
                       GError      **error)
{
  return LS_STORAGE_GET_CLASS (tx->storage)->tx_knows_n (tx, client, n, ret_known, error);
}

/**
 * ls_storage_tx_decide:
 * @tx: a transaction
 * @client: a client, or a source of the server's own
 * @decision: how a mutation ended; with an n it becomes the client's last one, without a mid
 *   nothing else is kept
 * @error: where to put why not; the transaction can then only be rolled back
 *
 * Keeps how a mutation ended, in the transaction of its effect.
 *
 * Returns: whether it went well
 */
bool
ls_storage_tx_decide (LsStorageTx       *tx,
                      const char        *client,
                      const LsDecision  *decision,
                      GError           **error)
{
  return LS_STORAGE_GET_CLASS (tx->storage)->tx_decide (tx, client, decision, error);
}

/**
 * ls_storage_tx_save_digests:
 * @tx: a transaction
 * @digests: the digests of all collections at the shop's position
 * @error: where to put why not; the transaction can then only be rolled back
 *
 * Keeps a checkpoint of the digests, in the place of an older one.
 *
 * Returns: whether it went well
 */
bool
ls_storage_tx_save_digests (LsStorageTx  *tx,
                            GBytes       *digests,
                            GError      **error)
{
  return LS_STORAGE_GET_CLASS (tx->storage)->tx_save_digests (tx, digests, error);
}

/**
 * ls_storage_list_shops:
 * @self: a storage
 * @error: where to put why not
 *
 * Returns: (transfer full) (element-type LsShop) (nullable): the shops, by id
 */
GPtrArray *
ls_storage_list_shops (LsStorage  *self,
                       GError    **error)
{
  return LS_STORAGE_GET_CLASS (self)->list_shops (self, error);
}

/**
 * ls_storage_get_shop:
 * @self: a storage
 * @shop: which
 * @error: where to put why not: %LS_ERROR_VALIDATION when there is none of that id
 *
 * Returns: (transfer full) (nullable): the shop
 */
LsShop *
ls_storage_get_shop (LsStorage   *self,
                     const char  *shop,
                     GError     **error)
{
  return LS_STORAGE_GET_CLASS (self)->get_shop (self, shop, error);
}

/**
 * ls_storage_read_log:
 * @self: a storage
 * @shop: which
 * @from: the version that the reader has
 * @to: the last one wanted
 * @max_bytes: stop after the version that makes it more, counted as encoded in the log
 * @error: where to put why not: %LS_ERROR_TOO_OLD when @from is before the horizon
 *
 * Reads versions @from + 1 to @to, or less when that is too much or not there yet: at least one if
 * there is one.
 *
 * Returns: (transfer full) (element-type LsVersion) (nullable): the versions, in order
 */
GPtrArray *
ls_storage_read_log (LsStorage   *self,
                     const char  *shop,
                     int64_t      from,
                     int64_t      to,
                     size_t       max_bytes,
                     GError     **error)
{
  return LS_STORAGE_GET_CLASS (self)->read_log (self, shop, from, to, max_bytes, error);
}

/**
 * ls_storage_read_log_after:
 * @self: a storage
 * @shop: where a shop stands
 * @from: the version that the reader has, at most that of @shop
 * @error: where to put why not: %LS_ERROR_TOO_OLD when @from is before the horizon,
 *   %LS_ERROR_STORAGE when the log ends before where the shop stands
 *
 * Reads all versions after @from, up to where the shop stands. Costs the memory of all of them.
 *
 * Returns: (transfer full) (element-type LsVersion) (nullable): the versions, in order
 */
GPtrArray *
ls_storage_read_log_after (LsStorage     *self,
                           const LsShop  *shop,
                           int64_t        from,
                           GError       **error)
{
  int64_t to = shop->position.version;
  g_autoptr (GPtrArray) versions = ls_storage_read_log (self, shop->shop, from, to, SIZE_MAX, error);

  if (versions == NULL)
    return NULL;
  if (versions->len < to - from)
    {
      g_set_error (error, LS_ERROR, LS_ERROR_STORAGE,
                   "the log of %s ends before its newest version", shop->shop);
      return NULL;
    }
  return g_steal_pointer (&versions);
}

/**
 * ls_storage_check_position:
 * @self: a storage
 * @shop: which
 * @position: where a client says it is
 * @ret_known: (out): whether this history went through there; for a version before the horizon that
 *   can't be told, and it is true when the epoch is right
 * @error: where to put why not
 *
 * Finds out whether a client has another history than this shop: another epoch, another check, or
 * ahead.
 *
 * Returns: whether it could be found out
 */
bool
ls_storage_check_position (LsStorage         *self,
                           const char        *shop,
                           const LsPosition  *position,
                           bool              *ret_known,
                           GError           **error)
{
  return LS_STORAGE_GET_CLASS (self)->check_position (self, shop, position, ret_known, error);
}

/**
 * ls_storage_verify_log:
 * @self: a storage
 * @shop: which
 * @ret_broken: (out): the first version whose check does not follow from the one before, 0 when all
 * do
 * @error: where to put why not
 *
 * Verifies the chain of checks from the horizon to the newest version. Reads the whole log.
 *
 * Returns: whether it could be read
 */
bool
ls_storage_verify_log (LsStorage   *self,
                       const char  *shop,
                       int64_t     *ret_broken,
                       GError     **error)
{
  return LS_STORAGE_GET_CLASS (self)->verify_log (self, shop, ret_broken, error);
}

/**
 * ls_storage_scan:
 * @self: a storage
 * @shop: which
 * @collections: (array length=n_collections): of which collections, in this order
 * @n_collections: how many
 * @ret_position: (out): where the shop stands in what was read
 * @func: (scope call): gets each row, by key within its collection
 * @user_data: for @func
 * @error: where to put why not
 *
 * Reads all rows at one snapshot, which is held all the while: be quick, the log of the database
 * grows meanwhile. @ret_position is set before the first row comes.
 *
 * Returns: whether all was read, or @func had enough
 */
bool
ls_storage_scan (LsStorage                  *self,
                 const char                 *shop,
                 const LsCollection *const  *collections,
                 size_t                      n_collections,
                 LsPosition                 *ret_position,
                 LsStorageRowFunc            func,
                 gpointer                    user_data,
                 GError                    **error)
{
  return LS_STORAGE_GET_CLASS (self)->scan (self, shop, collections, n_collections, ret_position,
                                            func, user_data, error);
}

/**
 * ls_storage_read_slice:
 * @self: a storage
 * @shop: which
 * @collection: of which collection
 * @after: the key after which to begin; empty for the first
 * @max_rows: at most so many
 * @ret_position: (out): where the shop stands in what was read
 * @error: where to put why not
 *
 * Reads some rows of a collection at one snapshot.
 *
 * Returns: (transfer full) (element-type LsRecord) (nullable): the rows, by key; none after the
 * last
 */
GPtrArray *
ls_storage_read_slice (LsStorage           *self,
                       const char          *shop,
                       const LsCollection  *collection,
                       const char          *after,
                       unsigned             max_rows,
                       LsPosition          *ret_position,
                       GError             **error)
{
  return LS_STORAGE_GET_CLASS (self)->read_slice (self, shop, collection, after, max_rows,
                                                  ret_position, error);
}

/**
 * ls_storage_get_rows:
 * @self: a storage
 * @shop: which
 * @changes: (element-type LsChange): changes; only collection and key are looked at
 * @ret_position: (out) (optional): where the shop stands in what was read
 * @error: where to put why not
 *
 * Reads the rows that a mutation meant, as they are now, each once.
 *
 * Returns: (transfer full) (element-type LsChange) (nullable): a PUT for each row that is there, a
 *   DEL for each that is not
 */
GPtrArray *
ls_storage_get_rows (LsStorage   *self,
                     const char  *shop,
                     GPtrArray   *changes,
                     LsPosition  *ret_position,
                     GError     **error)
{
  return LS_STORAGE_GET_CLASS (self)->get_rows (self, shop, changes, ret_position, error);
}

/**
 * ls_storage_list_decisions:
 * @self: a storage
 * @shop: which
 * @client: whose
 * @after_n: the last n whose result the client knows
 * @error: where to put why not
 *
 * Returns: (transfer full) (element-type LsDecision) (nullable): what was decided since, by n
 */
GPtrArray *
ls_storage_list_decisions (LsStorage   *self,
                           const char  *shop,
                           const char  *client,
                           int64_t      after_n,
                           GError     **error)
{
  return LS_STORAGE_GET_CLASS (self)->list_decisions (self, shop, client, after_n, error);
}

/**
 * ls_storage_get_last_n:
 * @self: a storage
 * @shop: which
 * @client: whose
 * @ret_before: (out) (optional): how far it was in the last epoch before this in which it edited
 * @error: where to put why not
 *
 * Returns: the last n decided for @client, 0 before its first in this epoch, -1 with @error set
 */
int64_t
ls_storage_get_last_n (LsStorage    *self,
                       const char   *shop,
                       const char   *client,
                       LsEditCount  *ret_before,
                       GError      **error)
{
  return LS_STORAGE_GET_CLASS (self)->get_last_n (self, shop, client, ret_before, error);
}

/**
 * ls_storage_load_digests:
 * @self: a storage
 * @shop: which
 * @ret_version: (out): the version it was taken at, 0 when there is none
 * @error: where to put why not
 *
 * Reads the newest checkpoint of the digests.
 *
 * Returns: (transfer full) (nullable): the checkpoint, or %NULL when there is none, or with @error
 *   set
 */
GBytes *
ls_storage_load_digests (LsStorage   *self,
                         const char  *shop,
                         int64_t     *ret_version,
                         GError     **error)
{
  return LS_STORAGE_GET_CLASS (self)->load_digests (self, shop, ret_version, error);
}
