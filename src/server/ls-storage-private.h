/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/ls-storage.h"

G_BEGIN_DECLS

/**
 * LsStorageTx:
 * @storage: (transfer none): whose it is
 * @shop: the shop as of now in this transaction; the storage moves its position when a version is
 *   appended
 *
 * What all transactions have. A storage puts its own members after it.
 */
struct _LsStorageTx {
  LsStorage *storage;
  LsShop *shop;
};

/**
 * LsStorageClass:
 *
 * One member for each function of ls-storage.h, with its meaning.
 */
struct _LsStorageClass {
  GObjectClass parent_class;

  bool        (*listen)           (LsStorage               *self,
                                   LsEnvironment           *environment,
                                   LsQueue                 *queue,
                                   LsStorageListenFunc      func,
                                   GObject                 *owner);
  bool        (*create_shop)      (LsStorage               *self,
                                   LsRecord                *row,
                                   GError                 **error);
  int64_t     (*get_derivation)   (LsStorage               *self,
                                   GError                 **error);
  bool        (*set_derivation)   (LsStorage               *self,
                                   int64_t                  derivation,
                                   GError                 **error);
  bool        (*prune)            (LsStorage               *self,
                                   const char              *shop,
                                   int64_t                  keep_versions,
                                   int64_t                  keep_age,
                                   GError                 **error);

  void        (*begin)            (LsStorage               *self,
                                   const char              *shop,
                                   LsStorageBegunFunc       func,
                                   gpointer                 user_data);
  void        (*commit)           (LsStorage               *self,
                                   LsStorageTx             *tx,
                                   LsStorageCommittedFunc   func,
                                   gpointer                 user_data);
  void        (*rollback)         (LsStorage               *self,
                                   LsStorageTx             *tx);
  LsRecord   *(*tx_get)           (LsStorageTx             *tx,
                                   const LsCollection      *collection,
                                   const char              *key,
                                   GError                 **error);
  GPtrArray  *(*tx_list)          (LsStorageTx             *tx,
                                   const LsCollection      *collection,
                                   unsigned                 field,
                                   const LsValue           *value,
                                   GError                 **error);
  GPtrArray  *(*tx_list_between)  (LsStorageTx             *tx,
                                   const LsCollection      *collection,
                                   unsigned                 field,
                                   int64_t                  min,
                                   int64_t                  max,
                                   GError                 **error);
  bool        (*tx_has_rows)      (LsStorageTx             *tx,
                                   const LsCollection      *collection,
                                   bool                    *ret_any,
                                   GError                 **error);
  bool        (*tx_append)        (LsStorageTx             *tx,
                                   LsVersion               *version,
                                   GError                 **error);
  int64_t     (*tx_get_last_n)    (LsStorageTx             *tx,
                                   const char              *client,
                                   GError                 **error);
  LsDecision *(*tx_find_decision) (LsStorageTx             *tx,
                                   const char              *client,
                                   const char              *mid,
                                   GError                 **error);
  bool        (*tx_knows_n)       (LsStorageTx             *tx,
                                   const char              *client,
                                   int64_t                  n,
                                   bool                    *ret_known,
                                   GError                 **error);
  bool        (*tx_decide)        (LsStorageTx             *tx,
                                   const char              *client,
                                   const LsDecision        *decision,
                                   GError                 **error);
  bool        (*tx_save_digests)  (LsStorageTx             *tx,
                                   GBytes                  *digests,
                                   GError                 **error);

  GPtrArray  *(*list_shops)       (LsStorage               *self,
                                   GError                 **error);
  LsShop     *(*get_shop)         (LsStorage               *self,
                                   const char              *shop,
                                   GError                 **error);
  GPtrArray  *(*read_log)         (LsStorage               *self,
                                   const char              *shop,
                                   int64_t                  from,
                                   int64_t                  to,
                                   size_t                   max_bytes,
                                   GError                 **error);
  bool        (*check_position)   (LsStorage               *self,
                                   const char              *shop,
                                   const LsPosition        *position,
                                   bool                    *ret_known,
                                   GError                 **error);
  bool        (*verify_log)       (LsStorage               *self,
                                   const char              *shop,
                                   int64_t                 *ret_broken,
                                   GError                 **error);
  bool        (*scan)             (LsStorage               *self,
                                   const char              *shop,
                                   const LsCollection *const *collections,
                                   size_t                   n_collections,
                                   LsPosition              *ret_position,
                                   LsStorageRowFunc         func,
                                   gpointer                 user_data,
                                   GError                 **error);
  GPtrArray  *(*read_slice)       (LsStorage               *self,
                                   const char              *shop,
                                   const LsCollection      *collection,
                                   const char              *after,
                                   unsigned                 max_rows,
                                   LsPosition              *ret_position,
                                   GError                 **error);
  GPtrArray  *(*get_rows)         (LsStorage               *self,
                                   const char              *shop,
                                   GPtrArray               *changes,
                                   LsPosition              *ret_position,
                                   GError                 **error);
  GPtrArray  *(*list_decisions)   (LsStorage               *self,
                                   const char              *shop,
                                   const char              *client,
                                   int64_t                  after_n,
                                   GError                 **error);
  int64_t     (*get_last_n)       (LsStorage               *self,
                                   const char              *shop,
                                   const char              *client,
                                   LsEditCount             *ret_before,
                                   GError                 **error);
  GBytes     *(*load_digests)     (LsStorage               *self,
                                   const char              *shop,
                                   int64_t                 *ret_version,
                                   GError                 **error);
};

/* For storages: tells the listener, the first time. */
void ls_storage_report_fatal (LsStorage    *self,
                              const GError *error);

/* For storages that several nodes of one process share: who is told of commits. Any thread. */
typedef struct _LsStorageListeners LsStorageListeners;

LsStorageListeners *ls_storage_listeners_new  (void);
void                ls_storage_listeners_free (LsStorageListeners  *self);
void                ls_storage_listeners_add  (LsStorageListeners  *self,
                                               LsEnvironment       *environment,
                                               LsQueue             *queue,
                                               LsStorageListenFunc  func,
                                               GObject             *owner);
void                ls_storage_listeners_tell (LsStorageListeners  *self,
                                               const char          *shop,
                                               int64_t              version);

/* Reading back what ls_version_seal() wrote. */
GPtrArray *ls_changes_from_bytes (const uint8_t  *bytes,
                                  size_t          length,
                                  GError        **error);

G_END_DECLS
