/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-test-storage.h"

#include "core/ls-error.h"

struct _LsTestStorage {
  LsStorage parent_instance;

  LsStorage *below;
  unsigned busy_after; /* begins until one is busy, 0 for none */
  unsigned busy;
  bool deaf;
  LsTestCommit commit;
  char *poison;
  unsigned n_begun;
};

G_DEFINE_FINAL_TYPE (LsTestStorage, ls_test_storage, LS_TYPE_STORAGE)

typedef struct {
  LsTestStorage *self;
  LsStorageBegunFunc func;
  gpointer user_data;
} Begin;

/* Has a transaction belong to the storage below for the time of a call. */
static LsTestStorage *
enter (LsStorageTx *tx)
{
  LsTestStorage *self = LS_TEST_STORAGE (tx->storage);

  tx->storage = self->below;
  return self;
}

#define BELOW(tx, type, call) \
  LsTestStorage *self = enter (tx); \
  type result = call; \
  tx->storage = LS_STORAGE (self); \
  return result

static void
begun_cb (LsStorageOutcome outcome,
          LsStorageTx     *tx,
          const GError    *error,
          gpointer         user_data)
{
  Begin *begin = user_data;

  if (tx != NULL)
    tx->storage = LS_STORAGE (begin->self);
  begin->func (outcome, tx, error, begin->user_data);
}

static void
ls_test_storage_begin (LsStorage          *storage,
                       const char         *shop,
                       LsStorageBegunFunc  func,
                       gpointer            user_data)
{
  LsTestStorage *self = LS_TEST_STORAGE (storage);
  Begin begin = { self, func, user_data };

  self->n_begun++;
  if (self->busy > 0)
    {
      g_autoptr (GError) error = g_error_new (LS_ERROR, LS_ERROR_STORAGE, "another node has it");

      self->busy--;
      func (LS_STORAGE_BUSY, NULL, error, user_data);
      return;
    }
  if (self->busy_after > 0 && --self->busy_after == 0)
    self->busy = 1;
  ls_storage_begin (self->below, shop, begun_cb, &begin);
}

static void
committed_cb (LsStorageOutcome outcome,
              const GError    *error,
              gpointer         user_data)
{
  g_assert_cmpint (outcome, ==, LS_STORAGE_OK);
}

static void
ls_test_storage_commit (LsStorage              *storage,
                        LsStorageTx            *tx,
                        LsStorageCommittedFunc  func,
                        gpointer                user_data)
{
  LsTestStorage *self = LS_TEST_STORAGE (storage);
  g_autoptr (GError) error = g_error_new (LS_ERROR, LS_ERROR_STORAGE, "the disk makes trouble");
  LsTestCommit how = self->commit;

  self->commit = LS_TEST_COMMIT_ORDINARY;
  tx->storage = self->below;
  switch (how)
    {
    case LS_TEST_COMMIT_FAILS:
      ls_storage_rollback (self->below, tx);
      func (LS_STORAGE_FAILED, error, user_data);
      break;
    case LS_TEST_COMMIT_UNKNOWN_DONE:
      ls_storage_commit (self->below, tx, committed_cb, NULL);
      func (LS_STORAGE_UNKNOWN, error, user_data);
      break;
    case LS_TEST_COMMIT_UNKNOWN_LOST:
      ls_storage_rollback (self->below, tx);
      func (LS_STORAGE_UNKNOWN, error, user_data);
      break;
    case LS_TEST_COMMIT_ORDINARY:
    default:
      ls_storage_commit (self->below, tx, func, user_data);
      break;
    }
}

static void
ls_test_storage_rollback (LsStorage   *storage,
                          LsStorageTx *tx)
{
  ls_storage_rollback (enter (tx)->below, tx);
}

static LsRecord *
ls_test_storage_tx_get (LsStorageTx         *tx,
                        const LsCollection  *collection,
                        const char          *key,
                        GError             **error)
{
  BELOW (tx, LsRecord *, ls_storage_tx_get (tx, collection, key, error));
}

static GPtrArray *
ls_test_storage_tx_list (LsStorageTx         *tx,
                         const LsCollection  *collection,
                         unsigned             field,
                         const LsValue       *value,
                         GError             **error)
{
  BELOW (tx, GPtrArray *, ls_storage_tx_list (tx, collection, field, value, error));
}

static GPtrArray *
ls_test_storage_tx_list_between (LsStorageTx         *tx,
                                 const LsCollection  *collection,
                                 unsigned             field,
                                 int64_t              min,
                                 int64_t              max,
                                 GError             **error)
{
  BELOW (tx, GPtrArray *, ls_storage_tx_list_between (tx, collection, field, min, max, error));
}

static bool
ls_test_storage_tx_has_rows (LsStorageTx         *tx,
                             const LsCollection  *collection,
                             bool                *ret_any,
                             GError             **error)
{
  BELOW (tx, bool, ls_storage_tx_has_rows (tx, collection, ret_any, error));
}

static bool
ls_test_storage_tx_append (LsStorageTx  *tx,
                           LsVersion    *version,
                           GError      **error)
{
  const char *poison = LS_TEST_STORAGE (tx->storage)->poison;

  if (poison != NULL && g_strcmp0 (version->mid, poison) == 0)
    {
      g_set_error (error, LS_ERROR, LS_ERROR_STORAGE, "this one can't be written");
      return false;
    }
  BELOW (tx, bool, ls_storage_tx_append (tx, version, error));
}

static int64_t
ls_test_storage_tx_get_last_n (LsStorageTx  *tx,
                               const char   *client,
                               GError      **error)
{
  BELOW (tx, int64_t, ls_storage_tx_get_last_n (tx, client, error));
}

static LsDecision *
ls_test_storage_tx_find_decision (LsStorageTx  *tx,
                                  const char   *client,
                                  const char   *mid,
                                  GError      **error)
{
  BELOW (tx, LsDecision *, ls_storage_tx_find_decision (tx, client, mid, error));
}

static bool
ls_test_storage_tx_knows_n (LsStorageTx  *tx,
                            const char   *client,
                            int64_t       n,
                            bool         *ret_known,
                            GError      **error)
{
  BELOW (tx, bool, ls_storage_tx_knows_n (tx, client, n, ret_known, error));
}

static bool
ls_test_storage_tx_decide (LsStorageTx       *tx,
                           const char        *client,
                           const LsDecision  *decision,
                           GError           **error)
{
  BELOW (tx, bool, ls_storage_tx_decide (tx, client, decision, error));
}

static bool
ls_test_storage_tx_save_digests (LsStorageTx  *tx,
                                 GBytes       *digests,
                                 GError      **error)
{
  BELOW (tx, bool, ls_storage_tx_save_digests (tx, digests, error));
}

static bool
ls_test_storage_listen (LsStorage           *storage,
                        LsEnvironment       *environment,
                        LsQueue             *queue,
                        LsStorageListenFunc  func,
                        GObject             *owner)
{
  LsTestStorage *self = LS_TEST_STORAGE (storage);

  return self->deaf || ls_storage_listen (self->below, environment, queue, func, owner);
}

static GPtrArray *
ls_test_storage_list_shops (LsStorage  *storage,
                            GError    **error)
{
  return ls_storage_list_shops (LS_TEST_STORAGE (storage)->below, error);
}

static bool
ls_test_storage_check_position (LsStorage         *storage,
                                const char        *shop,
                                const LsPosition  *position,
                                bool              *ret_known,
                                GError           **error)
{
  return ls_storage_check_position (LS_TEST_STORAGE (storage)->below, shop, position, ret_known,
                                    error);
}

static GPtrArray *
ls_test_storage_list_decisions (LsStorage   *storage,
                                const char  *shop,
                                const char  *client,
                                int64_t      after_n,
                                GError     **error)
{
  return ls_storage_list_decisions (LS_TEST_STORAGE (storage)->below, shop, client, after_n, error);
}

static int64_t
ls_test_storage_get_last_n (LsStorage   *storage,
                            const char  *shop,
                            const char  *client,
                            GError     **error)
{
  return ls_storage_get_last_n (LS_TEST_STORAGE (storage)->below, shop, client, error);
}

static void
ls_test_storage_forget_decisions (LsStorage  *storage,
                                  const char *shop,
                                  const char *client,
                                  int64_t     up_to_n)
{
  ls_storage_forget_decisions (LS_TEST_STORAGE (storage)->below, shop, client, up_to_n);
}

static GPtrArray *
ls_test_storage_read_slice (LsStorage           *storage,
                            const char          *shop,
                            const LsCollection  *collection,
                            const char          *after,
                            unsigned             max_rows,
                            LsPosition          *ret_position,
                            GError             **error)
{
  return ls_storage_read_slice (LS_TEST_STORAGE (storage)->below, shop, collection, after, max_rows,
                                ret_position, error);
}

static LsShop *
ls_test_storage_get_shop (LsStorage   *storage,
                          const char  *shop,
                          GError     **error)
{
  return ls_storage_get_shop (LS_TEST_STORAGE (storage)->below, shop, error);
}

static GPtrArray *
ls_test_storage_read_log (LsStorage   *storage,
                          const char  *shop,
                          int64_t      from,
                          int64_t      to,
                          size_t       max_bytes,
                          GError     **error)
{
  return ls_storage_read_log (LS_TEST_STORAGE (storage)->below, shop, from, to, max_bytes, error);
}

static bool
ls_test_storage_scan (LsStorage                  *storage,
                      const char                 *shop,
                      const LsCollection *const  *collections,
                      size_t                      n_collections,
                      LsPosition                 *ret_position,
                      LsStorageRowFunc            func,
                      gpointer                    user_data,
                      GError                    **error)
{
  return ls_storage_scan (LS_TEST_STORAGE (storage)->below, shop, collections, n_collections,
                          ret_position, func, user_data, error);
}

static GPtrArray *
ls_test_storage_get_rows (LsStorage   *storage,
                          const char  *shop,
                          GPtrArray   *changes,
                          LsPosition  *ret_position,
                          GError     **error)
{
  return ls_storage_get_rows (LS_TEST_STORAGE (storage)->below, shop, changes, ret_position, error);
}

static GBytes *
ls_test_storage_load_digests (LsStorage   *storage,
                              const char  *shop,
                              int64_t     *ret_version,
                              GError     **error)
{
  return ls_storage_load_digests (LS_TEST_STORAGE (storage)->below, shop, ret_version, error);
}

static void
ls_test_storage_finalize (GObject *object)
{
  LsTestStorage *self = LS_TEST_STORAGE (object);

  g_clear_object (&self->below);
  g_free (self->poison);

  G_OBJECT_CLASS (ls_test_storage_parent_class)->finalize (object);
}

static void
ls_test_storage_class_init (LsTestStorageClass *klass)
{
  LsStorageClass *storage_class = LS_STORAGE_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = ls_test_storage_finalize;

  storage_class->listen = ls_test_storage_listen;
  storage_class->list_shops = ls_test_storage_list_shops;
  storage_class->check_position = ls_test_storage_check_position;
  storage_class->list_decisions = ls_test_storage_list_decisions;
  storage_class->get_last_n = ls_test_storage_get_last_n;
  storage_class->forget_decisions = ls_test_storage_forget_decisions;
  storage_class->read_slice = ls_test_storage_read_slice;
  storage_class->begin = ls_test_storage_begin;
  storage_class->commit = ls_test_storage_commit;
  storage_class->rollback = ls_test_storage_rollback;
  storage_class->tx_get = ls_test_storage_tx_get;
  storage_class->tx_list = ls_test_storage_tx_list;
  storage_class->tx_list_between = ls_test_storage_tx_list_between;
  storage_class->tx_has_rows = ls_test_storage_tx_has_rows;
  storage_class->tx_append = ls_test_storage_tx_append;
  storage_class->tx_get_last_n = ls_test_storage_tx_get_last_n;
  storage_class->tx_find_decision = ls_test_storage_tx_find_decision;
  storage_class->tx_knows_n = ls_test_storage_tx_knows_n;
  storage_class->tx_decide = ls_test_storage_tx_decide;
  storage_class->tx_save_digests = ls_test_storage_tx_save_digests;
  storage_class->get_shop = ls_test_storage_get_shop;
  storage_class->read_log = ls_test_storage_read_log;
  storage_class->scan = ls_test_storage_scan;
  storage_class->get_rows = ls_test_storage_get_rows;
  storage_class->load_digests = ls_test_storage_load_digests;
}

static void
ls_test_storage_init (LsTestStorage *self)
{
}

/* Takes @below. */
LsTestStorage *
ls_test_storage_new (LsStorage *below)
{
  LsTestStorage *self = g_object_new (LS_TYPE_TEST_STORAGE, NULL);

  self->below = below;
  return self;
}

/* The next @times begins answer busy. */
void
ls_test_storage_set_busy (LsTestStorage *self,
                          unsigned       times)
{
  self->busy = times;
}

/* After @times begins that go through, one answers busy. */
void
ls_test_storage_set_busy_after (LsTestStorage *self,
                                unsigned       times)
{
  self->busy_after = times;
}

/* It is told of no commits; before it is listened to. */
void
ls_test_storage_set_deaf (LsTestStorage *self)
{
  self->deaf = true;
}

/* Takes @below, which is in the place of the one that was there. */
void
ls_test_storage_swap (LsTestStorage *self,
                      LsStorage     *below)
{
  g_object_unref (self->below);
  self->below = below;
}

void
ls_test_storage_set_commit (LsTestStorage *self,
                            LsTestCommit   how)
{
  self->commit = how;
}

/* Versions of @mid can't be written. */
void
ls_test_storage_set_poison (LsTestStorage *self,
                            const char    *mid)
{
  g_free (self->poison);
  self->poison = g_strdup (mid);
}

unsigned
ls_test_storage_get_begun (LsTestStorage *self)
{
  return self->n_begun;
}
