/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-change.h"
#include "core/ls-digest.h"
#include "core/ls-edit-count.h"
#include "core/ls-environment.h"
#include "core/ls-message.h"
#include "core/ls-position.h"
#include "core/ls-record.h"

G_BEGIN_DECLS

/**
 * LsStorageOutcome:
 * @LS_STORAGE_OK: done, and on disk
 * @LS_STORAGE_BUSY: another node holds the shop; try again after a pause
 * @LS_STORAGE_FAILED: nothing was changed
 * @LS_STORAGE_UNKNOWN: it may or may not be on disk: read back version and mid before answering
 *   (PROTOCOL rule 11)
 *
 * How a step of a transaction ended.
 */
typedef enum {
  LS_STORAGE_OK,
  LS_STORAGE_BUSY,
  LS_STORAGE_FAILED,
  LS_STORAGE_UNKNOWN,
} LsStorageOutcome;

/**
 * LsShop:
 * @shop: its id
 * @name: what admins read
 * @position: its newest version
 * @at: when its newest version was made, µs since the epoch
 * @horizon: the oldest version that the log can be replayed from; a client at an older one needs a
 *   snapshot
 * @base: the version at which its epoch began: a restored shop has the history of its backup up to
 *   there, and none of what came after in the epoch before
 * @sample: made as a sample, for ever
 *
 * What the storage knows of a shop. Plain struct: ls_shop_copy(), ls_shop_free().
 */
typedef struct {
  char *shop;
  char *name;
  LsPosition position;
  int64_t at;
  int64_t horizon;
  int64_t base;
  bool sample;
} LsShop;

/**
 * LsVersion:
 * @version: its number
 * @check: the check of the position it leads to
 * @at: when, µs since the epoch; never less than that of the version before
 * @actor: (nullable): the user or the source it came from
 * @client: (nullable): the client whose mutation made it
 * @mid: (nullable): that mutation
 * @n: that mutation's n, 0 when it had none
 * @job: (nullable): the job it belongs to
 * @changes: (element-type LsChange): PUT of rows that were not there, SET and DEL with `was`:
 *   enough to apply and to undo
 * @bytes: (nullable): @changes as ls_version_seal() encoded them, until the storage has them
 *
 * One version of a shop as the change log keeps it. Reference-counted, immutable once published;
 * any thread may read it.
 */
typedef struct {
  gatomicrefcount ref_count;
  int64_t version;
  uint64_t check;
  int64_t at;
  char *actor;
  char *client;
  char *mid;
  int64_t n;
  char *job;
  GPtrArray *changes;
  GBytes *bytes;
} LsVersion;

/**
 * LsDecision:
 * @n: the n it was decided under, 0 when it had none
 * @mid: the mutation
 * @hash: ls_changes_hash() of its content
 * @status: how it ended
 * @version: the version it made, or the newest one when it made none
 * @code: (nullable): name of an #LsErrorCode
 * @message: (nullable): why, for a reader
 * @path: (nullable): the place: collection, key, field
 * @reason: (nullable) (array zero-terminated=1): why exactly, for the reader's language (ls-reason.h)
 *
 * How a mutation ended, as it is kept for whoever sends it again (PROTOCOL rule 10). Boxed.
 */
typedef struct {
  int64_t n;
  char *mid;
  uint64_t hash;
  LsResultStatus status;
  int64_t version;
  char *code;
  char *message;
  char *path;
  char **reason;
} LsDecision;

/**
 * LS_DERIVATION:
 *
 * Which version of the derivations wrote what is stored. Raised when ls_derive() derives more than
 * before, or otherwise, or a digest has other buckets: the next start brings the data up to date
 * (ls-derive-upgrade.c). 2: parts of an order have its day, and months for buckets.
 */
#define LS_DERIVATION 2

#define LS_TYPE_STORAGE (ls_storage_get_type ())
G_DECLARE_DERIVABLE_TYPE (LsStorage, ls_storage, LS, STORAGE, GObject)

/**
 * LsStorageTx:
 *
 * One transaction on one shop. Lives from begin to commit or rollback, on the committer's queue
 * only.
 */
typedef struct _LsStorageTx LsStorageTx;

typedef void (*LsStorageBegunFunc)     (LsStorageOutcome  outcome,
                                        LsStorageTx      *tx,
                                        const GError     *error,
                                        gpointer          user_data);
typedef void (*LsStorageCommittedFunc) (LsStorageOutcome  outcome,
                                        const GError     *error,
                                        gpointer          user_data);

/**
 * LsStorageRowFunc:
 * @record: (transfer none): a row
 * @user_data: of the caller
 *
 * Called for each row of a scan. Returning false ends it.
 */
typedef bool (*LsStorageRowFunc)       (LsRecord         *record,
                                        gpointer          user_data);

/**
 * LsStorageFatalFunc:
 * @error: what failed
 * @user_data: of the listener
 *
 * Called once, on the thread that noticed, when the storage can't be trusted any more: a failed
 * sync leaves it open what is on disk. The process has to end, without another answer to anybody;
 * the next start reads what is there.
 */
typedef void (*LsStorageFatalFunc)     (const GError     *error,
                                        gpointer          user_data);

/**
 * LsStorageListenFunc:
 * @shop: a shop
 * @version: a version that it has at least
 * @owner: of the listener
 *
 * Called on the listener's queue some time after a commit, by whomever it was made. May come late,
 * twice, in another order or never: it only says that the log is worth a look.
 */
typedef void (*LsStorageListenFunc) (const char *shop,
                                     int64_t     version,
                                     gpointer    owner);

LsVersion  *ls_version_new               (int64_t                 version,
                                          int64_t                 at);
LsVersion  *ls_version_ref               (LsVersion              *version);
void        ls_version_unref             (LsVersion              *version);
size_t      ls_version_seal              (LsVersion              *version,
                                          uint64_t                check);
LsDecision *ls_decision_copy             (const LsDecision       *decision);
void        ls_decision_free             (LsDecision             *decision);
LsShop     *ls_shop_copy                 (const LsShop           *shop);
void        ls_shop_free                 (LsShop                 *shop);

/* The whole: from any thread. */
void        ls_storage_set_fatal         (LsStorage              *self,
                                          LsStorageFatalFunc      func,
                                          gpointer                user_data);
bool        ls_storage_listen            (LsStorage              *self,
                                          LsEnvironment          *environment,
                                          LsQueue                *queue,
                                          LsStorageListenFunc     func,
                                          GObject                *owner);
bool        ls_storage_create_shop       (LsStorage              *self,
                                          LsRecord               *row,
                                          GError                **error);
int64_t     ls_storage_get_derivation    (LsStorage              *self,
                                          GError                **error);
bool        ls_storage_set_derivation    (LsStorage              *self,
                                          int64_t                 derivation,
                                          GError                **error);
bool        ls_storage_prune             (LsStorage              *self,
                                          const char             *shop,
                                          int64_t                 keep_versions,
                                          int64_t                 keep_age,
                                          GError                **error);

/* Transactions: on the committer's queue. Begin and commit answer through their function, on the
 * same queue, at once or later. */
void        ls_storage_begin             (LsStorage              *self,
                                          const char             *shop,
                                          LsStorageBegunFunc      func,
                                          gpointer                user_data);
void        ls_storage_commit            (LsStorage              *self,
                                          LsStorageTx            *tx,
                                          LsStorageCommittedFunc  func,
                                          gpointer                user_data);
void        ls_storage_rollback          (LsStorage              *self,
                                          LsStorageTx            *tx);
const LsShop *ls_storage_tx_get_shop     (LsStorageTx            *tx);
LsRecord   *ls_storage_tx_get            (LsStorageTx            *tx,
                                          const LsCollection     *collection,
                                          const char             *key,
                                          GError                **error);
GPtrArray  *ls_storage_tx_list           (LsStorageTx            *tx,
                                          const LsCollection     *collection,
                                          unsigned                field,
                                          const LsValue          *value,
                                          GError                **error);
GPtrArray  *ls_storage_tx_list_between   (LsStorageTx            *tx,
                                          const LsCollection     *collection,
                                          unsigned                field,
                                          int64_t                 min,
                                          int64_t                 max,
                                          GError                **error);
bool        ls_storage_tx_has_rows       (LsStorageTx            *tx,
                                          const LsCollection     *collection,
                                          bool                   *ret_any,
                                          GError                **error);
bool        ls_storage_tx_append         (LsStorageTx            *tx,
                                          LsVersion              *version,
                                          GError                **error);
int64_t     ls_storage_tx_get_last_n     (LsStorageTx            *tx,
                                          const char             *client,
                                          GError                **error);
LsDecision *ls_storage_tx_find_decision  (LsStorageTx            *tx,
                                          const char             *client,
                                          const char             *mid,
                                          GError                **error);
bool        ls_storage_tx_knows_n        (LsStorageTx            *tx,
                                          const char             *client,
                                          int64_t                 n,
                                          bool                   *ret_known,
                                          GError                **error);
bool        ls_storage_tx_decide         (LsStorageTx            *tx,
                                          const char             *client,
                                          const LsDecision       *decision,
                                          GError                **error);
bool        ls_storage_tx_save_digests   (LsStorageTx            *tx,
                                          GBytes                 *digests,
                                          GError                **error);

/* Reading: from any thread, each call on a read connection of its own pool, at one snapshot. */
GPtrArray  *ls_storage_list_shops        (LsStorage              *self,
                                          GError                **error);
LsShop     *ls_storage_get_shop          (LsStorage              *self,
                                          const char             *shop,
                                          GError                **error);
GPtrArray  *ls_storage_read_log          (LsStorage              *self,
                                          const char             *shop,
                                          int64_t                 from,
                                          int64_t                 to,
                                          size_t                  max_bytes,
                                          GError                **error);
GPtrArray  *ls_storage_read_log_after    (LsStorage              *self,
                                          const LsShop           *shop,
                                          int64_t                 from,
                                          GError                **error);
bool        ls_storage_check_position    (LsStorage              *self,
                                          const char             *shop,
                                          const LsPosition       *position,
                                          bool                   *ret_known,
                                          GError                **error);
bool        ls_storage_verify_log        (LsStorage              *self,
                                          const char             *shop,
                                          int64_t                *ret_broken,
                                          GError                **error);
bool        ls_storage_scan              (LsStorage              *self,
                                          const char             *shop,
                                          const LsCollection *const *collections,
                                          size_t                  n_collections,
                                          LsPosition             *ret_position,
                                          LsStorageRowFunc        func,
                                          gpointer                user_data,
                                          GError                **error);
GPtrArray  *ls_storage_read_slice        (LsStorage              *self,
                                          const char             *shop,
                                          const LsCollection     *collection,
                                          const char             *after,
                                          unsigned                max_rows,
                                          LsPosition             *ret_position,
                                          GError                **error);
GPtrArray  *ls_storage_get_rows          (LsStorage              *self,
                                          const char             *shop,
                                          GPtrArray              *changes,
                                          LsPosition             *ret_position,
                                          GError                **error);
GPtrArray  *ls_storage_list_decisions    (LsStorage              *self,
                                          const char             *shop,
                                          const char             *client,
                                          int64_t                 after_n,
                                          GError                **error);
int64_t     ls_storage_get_last_n        (LsStorage              *self,
                                          const char             *shop,
                                          const char             *client,
                                          LsEditCount            *ret_before,
                                          GError                **error);
GBytes     *ls_storage_load_digests      (LsStorage              *self,
                                          const char             *shop,
                                          int64_t                *ret_version,
                                          GError                **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsDecision, ls_decision_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsShop, ls_shop_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsVersion, ls_version_unref)

G_END_DECLS
