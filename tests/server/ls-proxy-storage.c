/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-proxy-storage.h"

typedef struct {
  LsStorage *below;
} LsProxyStoragePrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (LsProxyStorage, ls_proxy_storage, LS_TYPE_STORAGE)

/* What one function of a transaction does, as a transaction of the storage below. */
#define IN_BELOW(tx, type, call) \
  LsStorage *self = ls_proxy_storage_enter (tx); \
  type result = call; \
  tx->storage = self; \
  return result

static LsStorage *
below (gpointer self)
{
  return ls_proxy_storage_get_below (LS_PROXY_STORAGE (self));
}

static bool
ls_proxy_storage_create_shop (LsStorage  *self,
                              LsRecord   *row,
                              GError    **error)
{
  return ls_storage_create_shop (below (self), row, error);
}

static int64_t
ls_proxy_storage_get_derivation (LsStorage  *self,
                                 GError    **error)
{
  return ls_storage_get_derivation (below (self), error);
}

static bool
ls_proxy_storage_set_derivation (LsStorage  *self,
                                 int64_t     derivation,
                                 GError    **error)
{
  return ls_storage_set_derivation (below (self), derivation, error);
}

static bool
ls_proxy_storage_prune (LsStorage   *self,
                        const char  *shop,
                        int64_t      keep_versions,
                        int64_t      keep_age,
                        GError     **error)
{
  return ls_storage_prune (below (self), shop, keep_versions, keep_age, error);
}

static GPtrArray *
ls_proxy_storage_list_shops (LsStorage  *self,
                             GError    **error)
{
  return ls_storage_list_shops (below (self), error);
}

static LsShop *
ls_proxy_storage_get_shop (LsStorage   *self,
                           const char  *shop,
                           GError     **error)
{
  return ls_storage_get_shop (below (self), shop, error);
}

static GPtrArray *
ls_proxy_storage_read_log (LsStorage   *self,
                           const char  *shop,
                           int64_t      from,
                           int64_t      to,
                           size_t       max_bytes,
                           GError     **error)
{
  return ls_storage_read_log (below (self), shop, from, to, max_bytes, error);
}

static bool
ls_proxy_storage_check_position (LsStorage         *self,
                                 const char        *shop,
                                 const LsPosition  *position,
                                 bool              *ret_known,
                                 GError           **error)
{
  return ls_storage_check_position (below (self), shop, position, ret_known, error);
}

static bool
ls_proxy_storage_verify_log (LsStorage   *self,
                             const char  *shop,
                             int64_t     *ret_broken,
                             GError     **error)
{
  return ls_storage_verify_log (below (self), shop, ret_broken, error);
}

static bool
ls_proxy_storage_scan (LsStorage                  *self,
                       const char                 *shop,
                       const LsCollection *const  *collections,
                       size_t                      n_collections,
                       LsPosition                 *ret_position,
                       LsStorageRowFunc            func,
                       gpointer                    user_data,
                       GError                    **error)
{
  return ls_storage_scan (below (self), shop, collections, n_collections, ret_position, func,
                          user_data, error);
}

static GPtrArray *
ls_proxy_storage_read_slice (LsStorage           *self,
                             const char          *shop,
                             const LsCollection  *collection,
                             const char          *after,
                             unsigned             max_rows,
                             LsPosition          *ret_position,
                             GError             **error)
{
  return ls_storage_read_slice (below (self), shop, collection, after, max_rows, ret_position,
                                error);
}

static GPtrArray *
ls_proxy_storage_get_rows (LsStorage   *self,
                           const char  *shop,
                           GPtrArray   *changes,
                           LsPosition  *ret_position,
                           GError     **error)
{
  return ls_storage_get_rows (below (self), shop, changes, ret_position, error);
}

static GPtrArray *
ls_proxy_storage_list_decisions (LsStorage   *self,
                                 const char  *shop,
                                 const char  *client,
                                 int64_t      after_n,
                                 GError     **error)
{
  return ls_storage_list_decisions (below (self), shop, client, after_n, error);
}

static int64_t
ls_proxy_storage_get_last_n (LsStorage    *self,
                             const char   *shop,
                             const char   *client,
                             LsEditCount  *ret_before,
                             GError      **error)
{
  return ls_storage_get_last_n (below (self), shop, client, ret_before, error);
}

static GBytes *
ls_proxy_storage_load_digests (LsStorage   *self,
                               const char  *shop,
                               int64_t     *ret_version,
                               GError     **error)
{
  return ls_storage_load_digests (below (self), shop, ret_version, error);
}

static LsRecord *
ls_proxy_storage_tx_get (LsStorageTx         *tx,
                         const LsCollection  *collection,
                         const char          *key,
                         GError             **error)
{
  IN_BELOW (tx, LsRecord *, ls_storage_tx_get (tx, collection, key, error));
}

static GPtrArray *
ls_proxy_storage_tx_list (LsStorageTx         *tx,
                          const LsCollection  *collection,
                          unsigned             field,
                          const LsValue       *value,
                          GError             **error)
{
  IN_BELOW (tx, GPtrArray *, ls_storage_tx_list (tx, collection, field, value, error));
}

static GPtrArray *
ls_proxy_storage_tx_list_between (LsStorageTx         *tx,
                                  const LsCollection  *collection,
                                  unsigned             field,
                                  int64_t              min,
                                  int64_t              max,
                                  GError             **error)
{
  IN_BELOW (tx, GPtrArray *, ls_storage_tx_list_between (tx, collection, field, min, max, error));
}

static bool
ls_proxy_storage_tx_has_rows (LsStorageTx         *tx,
                              const LsCollection  *collection,
                              bool                *ret_any,
                              GError             **error)
{
  IN_BELOW (tx, bool, ls_storage_tx_has_rows (tx, collection, ret_any, error));
}

static bool
ls_proxy_storage_tx_append (LsStorageTx  *tx,
                            LsVersion    *version,
                            GError      **error)
{
  IN_BELOW (tx, bool, ls_storage_tx_append (tx, version, error));
}

static int64_t
ls_proxy_storage_tx_get_last_n (LsStorageTx  *tx,
                                const char   *client,
                                GError      **error)
{
  IN_BELOW (tx, int64_t, ls_storage_tx_get_last_n (tx, client, error));
}

static LsDecision *
ls_proxy_storage_tx_find_decision (LsStorageTx  *tx,
                                   const char   *client,
                                   const char   *mid,
                                   GError      **error)
{
  IN_BELOW (tx, LsDecision *, ls_storage_tx_find_decision (tx, client, mid, error));
}

static bool
ls_proxy_storage_tx_knows_n (LsStorageTx  *tx,
                             const char   *client,
                             int64_t       n,
                             bool         *ret_known,
                             GError      **error)
{
  IN_BELOW (tx, bool, ls_storage_tx_knows_n (tx, client, n, ret_known, error));
}

static bool
ls_proxy_storage_tx_decide (LsStorageTx       *tx,
                            const char        *client,
                            const LsDecision  *decision,
                            GError           **error)
{
  IN_BELOW (tx, bool, ls_storage_tx_decide (tx, client, decision, error));
}

static bool
ls_proxy_storage_tx_save_digests (LsStorageTx  *tx,
                                  GBytes       *digests,
                                  GError      **error)
{
  IN_BELOW (tx, bool, ls_storage_tx_save_digests (tx, digests, error));
}

static void
ls_proxy_storage_rollback (LsStorage   *self,
                           LsStorageTx *tx)
{
  ls_proxy_storage_enter (tx);
  ls_storage_rollback (below (self), tx);
}

static void
ls_proxy_storage_finalize (GObject *object)
{
  LsProxyStoragePrivate *priv = ls_proxy_storage_get_instance_private (LS_PROXY_STORAGE (object));

  g_clear_object (&priv->below);

  G_OBJECT_CLASS (ls_proxy_storage_parent_class)->finalize (object);
}

static void
ls_proxy_storage_class_init (LsProxyStorageClass *klass)
{
  LsStorageClass *storage_class = LS_STORAGE_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = ls_proxy_storage_finalize;

  storage_class->create_shop = ls_proxy_storage_create_shop;
  storage_class->get_derivation = ls_proxy_storage_get_derivation;
  storage_class->set_derivation = ls_proxy_storage_set_derivation;
  storage_class->prune = ls_proxy_storage_prune;
  storage_class->list_shops = ls_proxy_storage_list_shops;
  storage_class->get_shop = ls_proxy_storage_get_shop;
  storage_class->read_log = ls_proxy_storage_read_log;
  storage_class->check_position = ls_proxy_storage_check_position;
  storage_class->verify_log = ls_proxy_storage_verify_log;
  storage_class->scan = ls_proxy_storage_scan;
  storage_class->read_slice = ls_proxy_storage_read_slice;
  storage_class->get_rows = ls_proxy_storage_get_rows;
  storage_class->list_decisions = ls_proxy_storage_list_decisions;
  storage_class->get_last_n = ls_proxy_storage_get_last_n;
  storage_class->load_digests = ls_proxy_storage_load_digests;
  storage_class->rollback = ls_proxy_storage_rollback;
  storage_class->tx_get = ls_proxy_storage_tx_get;
  storage_class->tx_list = ls_proxy_storage_tx_list;
  storage_class->tx_list_between = ls_proxy_storage_tx_list_between;
  storage_class->tx_has_rows = ls_proxy_storage_tx_has_rows;
  storage_class->tx_append = ls_proxy_storage_tx_append;
  storage_class->tx_get_last_n = ls_proxy_storage_tx_get_last_n;
  storage_class->tx_find_decision = ls_proxy_storage_tx_find_decision;
  storage_class->tx_knows_n = ls_proxy_storage_tx_knows_n;
  storage_class->tx_decide = ls_proxy_storage_tx_decide;
  storage_class->tx_save_digests = ls_proxy_storage_tx_save_digests;
}

static void
ls_proxy_storage_init (LsProxyStorage *self)
{
}

/* Takes @storage, in the place of the one that was there. */
void
ls_proxy_storage_set_below (LsProxyStorage *self,
                            LsStorage      *storage)
{
  LsProxyStoragePrivate *priv = ls_proxy_storage_get_instance_private (self);

  g_clear_object (&priv->below);
  priv->below = storage;
}

LsStorage *
ls_proxy_storage_get_below (LsProxyStorage *self)
{
  LsProxyStoragePrivate *priv = ls_proxy_storage_get_instance_private (self);

  return priv->below;
}

/* A transaction that the storage below began is one of @self from now on. */
void
ls_proxy_storage_adopt (LsProxyStorage *self,
                        LsStorageTx    *tx)
{
  tx->storage = LS_STORAGE (self);
}

/* Has a transaction belong to the storage below again, for a call or for good; tells whose it was. */
LsStorage *
ls_proxy_storage_enter (LsStorageTx *tx)
{
  LsStorage *self = tx->storage;

  tx->storage = below (self);
  return self;
}
