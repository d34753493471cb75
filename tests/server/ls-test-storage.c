/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-test-storage.h"

#include "core/ls-error.h"

struct _LsTestStorage {
  LsProxyStorage parent_instance;

  unsigned busy_after; /* begins until some are busy, 0 for none */
  unsigned busy_then;
  unsigned busy;
  bool deaf;
  LsTestCommit commit;
  char *poison;
  unsigned n_begun;
};

G_DEFINE_FINAL_TYPE (LsTestStorage, ls_test_storage, LS_TYPE_PROXY_STORAGE)

typedef struct {
  LsTestStorage *self;
  LsStorageBegunFunc func;
  gpointer user_data;
} Begin;

static LsStorage *
below (LsTestStorage *self)
{
  return ls_proxy_storage_get_below (LS_PROXY_STORAGE (self));
}

static bool
ls_test_storage_listen (LsStorage           *storage,
                        LsEnvironment       *environment,
                        LsQueue             *queue,
                        LsStorageListenFunc  func,
                        GObject             *owner)
{
  LsTestStorage *self = LS_TEST_STORAGE (storage);

  return self->deaf || ls_storage_listen (below (self), environment, queue, func, owner);
}

static void
begun_cb (LsStorageOutcome outcome,
          LsStorageTx     *tx,
          const GError    *error,
          gpointer         user_data)
{
  Begin *begin = user_data;

  if (tx != NULL)
    ls_proxy_storage_adopt (LS_PROXY_STORAGE (begin->self), tx);
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
    self->busy = self->busy_then;
  ls_storage_begin (below (self), shop, begun_cb, &begin);
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
  ls_proxy_storage_enter (tx);
  switch (how)
    {
    case LS_TEST_COMMIT_FAILS:
      ls_storage_rollback (below (self), tx);
      func (LS_STORAGE_FAILED, error, user_data);
      break;
    case LS_TEST_COMMIT_UNKNOWN_DONE:
      ls_storage_commit (below (self), tx, committed_cb, NULL);
      func (LS_STORAGE_UNKNOWN, error, user_data);
      break;
    case LS_TEST_COMMIT_UNKNOWN_LOST:
      ls_storage_rollback (below (self), tx);
      func (LS_STORAGE_UNKNOWN, error, user_data);
      break;
    case LS_TEST_COMMIT_ORDINARY:
    default:
      ls_storage_commit (below (self), tx, func, user_data);
      break;
    }
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
  return LS_STORAGE_CLASS (ls_test_storage_parent_class)->tx_append (tx, version, error);
}

static void
ls_test_storage_finalize (GObject *object)
{
  g_free (LS_TEST_STORAGE (object)->poison);

  G_OBJECT_CLASS (ls_test_storage_parent_class)->finalize (object);
}

static void
ls_test_storage_class_init (LsTestStorageClass *klass)
{
  LsStorageClass *storage_class = LS_STORAGE_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = ls_test_storage_finalize;

  storage_class->listen = ls_test_storage_listen;
  storage_class->begin = ls_test_storage_begin;
  storage_class->commit = ls_test_storage_commit;
  storage_class->tx_append = ls_test_storage_tx_append;
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

  ls_proxy_storage_set_below (LS_PROXY_STORAGE (self), below);
  return self;
}

/* The next @times begins answer busy. */
void
ls_test_storage_set_busy (LsTestStorage *self,
                          unsigned       times)
{
  self->busy = times;
}

/* After @times begins that go through, the next @busy answer busy. */
void
ls_test_storage_set_busy_after (LsTestStorage *self,
                                unsigned       times,
                                unsigned       busy)
{
  self->busy_after = times;
  self->busy_then = busy;
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
  ls_proxy_storage_set_below (LS_PROXY_STORAGE (self), below);
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
