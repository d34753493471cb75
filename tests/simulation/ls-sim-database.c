/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-sim-database.h"

#include "core/ls-error.h"
#include "ls-sim-dice.h"
#include "server/ls-committer.h"
#include "server/ls-storage-memory.h"
#include "server/ls-storage-sqlite.h"

#include "../server/ls-proxy-storage.h"

/*
 * The database takes each transaction at once, when its node says commit: what is simulated is what
 * the nodes see of it. From begin to the end of commit the shop is locked for the others. A connection
 * that breaks lets go of it at once, and its node learns only later that it does not know how that
 * ended; one that ends in between learns nothing. Some nodes are not told of commits as long as they
 * are up.
 */

#define FOLDER "/database/"
#define DATA_FILE FOLDER LS_STORAGE_FILE
#define FIRST_STREAM 900

#define MIN_BEGIN 100
#define MAX_BEGIN (20 * 1000)
#define MIN_COMMIT 200
#define MAX_COMMIT (100 * 1000)
#define MIN_BROKEN (100 * 1000)
#define MAX_BROKEN (2 * (int64_t) G_USEC_PER_SEC)
#define MIN_NOTIFY 100
#define MAX_NOTIFY (3 * (int64_t) G_USEC_PER_SEC)

#define LS_TYPE_SIM_STORAGE (ls_sim_storage_get_type ())
G_DECLARE_FINAL_TYPE (LsSimStorage, ls_sim_storage, LS, SIM_STORAGE, LsProxyStorage)

struct _LsSimDatabase {
  LsSimWorld *world;
  uint64_t boots;
  LsSimNode *node;
  LsSimDisk *disk; /* the servers' */
  LsSimDisk *own_disk; /* NULL in memory */
  LsStorage *storage;
  LsSimDice dice;
  GPtrArray *connections; /* LsSimStorage, borrowed */
  LsSimStorage *holder;   /* has the shop's row, borrowed */
  bool trouble;
  unsigned breaks; /* one commit of so many */
};

/* The connection of one node. */
struct _LsSimStorage {
  LsProxyStorage parent_instance;

  LsSimDatabase *database;
  LsSimNode *node;
  LsQueue *queue;
  bool deaf; /* nothing tells it of commits, ever */

  /* Who is told of commits */
  LsEnvironment *listener;
  LsQueue *listener_queue;
  LsStorageListenFunc func;
  GWeakRef owner;
};

G_DEFINE_FINAL_TYPE (LsSimStorage, ls_sim_storage, LS_TYPE_PROXY_STORAGE)

typedef struct {
  LsSimStorage *self;
  char *shop;
  int64_t version;
  LsStorageBegunFunc begun;
  LsStorageCommittedFunc committed;
  LsStorageOutcome outcome;
  gpointer user_data;
} Call;

static void
call_free (gpointer data)
{
  Call *call = data;

  g_object_unref (call->self);
  g_free (call->shop);
  g_free (call);
}

static bool
hits (LsSimStorage *self,
      unsigned      of)
{
  return self->database->trouble && ls_sim_dice_hits (&self->database->dice, 1, of);
}

static void
release (LsSimStorage *self)
{
  if (self->database->holder == self)
    self->database->holder = NULL;
}

/* --- Transactions ---------------------------------------------------------------------------- */

static void
begun_cb (LsStorageOutcome outcome,
          LsStorageTx     *tx,
          const GError    *error,
          gpointer         user_data)
{
  Call *call = user_data;

  if (tx != NULL)
    {
      ls_proxy_storage_adopt (LS_PROXY_STORAGE (call->self), tx);
      call->self->database->holder = call->self;
    }
  call->begun (outcome, tx, error, call->user_data);
}

static void
begin_cb (gpointer data)
{
  Call *call = data;
  LsSimStorage *self = call->self;
  LsSimStorage *holder = self->database->holder;
  g_autoptr (GError) error = NULL;

  if ((holder != NULL && holder != self) || hits (self, 30))
    {
      error = g_error_new (LS_ERROR, LS_ERROR_STORAGE, "another node holds %s", call->shop);
      call->begun (LS_STORAGE_BUSY, NULL, error, call->user_data);
      return;
    }
  if (hits (self, 60))
    {
      error = g_error_new_literal (LS_ERROR, LS_ERROR_STORAGE, "the database does not answer");
      call->begun (LS_STORAGE_FAILED, NULL, error, call->user_data);
      return;
    }
  ls_storage_begin (self->database->storage, call->shop, begun_cb, call);
}

static void
post_call (LsSimStorage *self,
           LsJobFunc     func,
           int64_t       min,
           int64_t       max,
           Call          call)
{
  call.self = g_object_ref (self);
  ls_environment_post_after (LS_ENVIRONMENT (self->node), self->queue,
                             ls_sim_dice_spread (&self->database->dice, min, max), func,
                             g_memdup2 (&call, sizeof call), call_free);
}

static void
ls_sim_storage_begin (LsStorage          *storage,
                      const char         *shop,
                      LsStorageBegunFunc  func,
                      gpointer            user_data)
{
  Call call = { .shop = g_strdup (shop), .begun = func, .user_data = user_data };

  post_call (LS_SIM_STORAGE (storage), begin_cb, MIN_BEGIN, MAX_BEGIN, call);
}

static void
ended_cb (gpointer data)
{
  Call *call = data;
  g_autoptr (GError) error = NULL;

  release (call->self);
  if (call->outcome != LS_STORAGE_OK)
    error = g_error_new_literal (LS_ERROR, LS_ERROR_STORAGE, "the connection to the database broke");
  call->committed (call->outcome, error, call->user_data);
}

static void
heard_cb (gpointer data)
{
  Call *call = data;
  g_autoptr (GObject) owner = g_weak_ref_get (&call->self->owner);

  if (owner != NULL)
    call->self->func (call->shop, call->version, owner);
}

/* Tells all nodes, more or less. */
static void
notify_all (LsSimDatabase *self,
            const LsShop  *shop)
{
  for (unsigned i = 0; i < self->connections->len; i++)
    {
      LsSimStorage *connection = g_ptr_array_index (self->connections, i);
      Call *call;

      if (connection->func == NULL || connection->deaf || hits (connection, 4))
        continue;
      call = g_new0 (Call, 1);
      call->self = g_object_ref (connection);
      call->shop = g_strdup (shop->shop);
      call->version = shop->position.version;
      ls_environment_post_after (connection->listener, connection->listener_queue,
                                 ls_sim_dice_spread (&self->dice, MIN_NOTIFY, MAX_NOTIFY), heard_cb,
                                 call, call_free);
    }
}

static void
done_cb (LsStorageOutcome  outcome,
         const GError     *error,
         gpointer          user_data)
{
  *(LsStorageOutcome *) user_data = outcome;
}

static void
ls_sim_storage_commit (LsStorage              *storage,
                       LsStorageTx            *tx,
                       LsStorageCommittedFunc  func,
                       gpointer                user_data)
{
  LsSimStorage *self = LS_SIM_STORAGE (storage);
  LsSimDatabase *database = self->database;
  g_autoptr (LsShop) shop = ls_shop_copy (ls_storage_tx_get_shop (tx));
  bool broken = hits (self, database->breaks);
  bool lost = broken && ls_sim_dice_hits (&database->dice, 2, 3);
  Call call = { .committed = func, .user_data = user_data, .outcome = LS_STORAGE_FAILED };

  ls_proxy_storage_enter (tx);
  if (lost)
    ls_storage_rollback (database->storage, tx);
  else
    ls_storage_commit (database->storage, tx, done_cb, &call.outcome);
  if (call.outcome == LS_STORAGE_OK)
    notify_all (database, shop);
  ls_sim_world_note (database->world, "commit of %" G_GINT64_FORMAT ": %d%s",
                     shop->position.version, call.outcome, broken ? ", nobody knows" : "");
  if (broken)
    release (self);
  if (broken && (!lost || ls_sim_dice_hits (&database->dice, 5, 6)))
    call.outcome = LS_STORAGE_UNKNOWN;
  post_call (self, ended_cb, broken ? MIN_BROKEN : MIN_COMMIT, broken ? MAX_BROKEN : MAX_COMMIT,
             call);
}

static void
ls_sim_storage_rollback (LsStorage   *storage,
                         LsStorageTx *tx)
{
  LsSimStorage *self = LS_SIM_STORAGE (storage);

  release (self);
  LS_STORAGE_CLASS (ls_sim_storage_parent_class)->rollback (storage, tx);
}

static bool
ls_sim_storage_listen (LsStorage           *storage,
                       LsEnvironment       *environment,
                       LsQueue             *queue,
                       LsStorageListenFunc  func,
                       GObject             *owner)
{
  LsSimStorage *self = LS_SIM_STORAGE (storage);

  self->listener = environment;
  self->listener_queue = queue;
  self->func = func;
  g_weak_ref_set (&self->owner, owner);
  return true;
}

static void
ls_sim_storage_dispose (GObject *object)
{
  LsSimStorage *self = LS_SIM_STORAGE (object);

  release (self);
  g_ptr_array_remove (self->database->connections, self);
  G_OBJECT_CLASS (ls_sim_storage_parent_class)->dispose (object);
}

static void
ls_sim_storage_finalize (GObject *object)
{
  g_weak_ref_clear (&LS_SIM_STORAGE (object)->owner);
  G_OBJECT_CLASS (ls_sim_storage_parent_class)->finalize (object);
}

static void
ls_sim_storage_class_init (LsSimStorageClass *klass)
{
  LsStorageClass *storage_class = LS_STORAGE_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ls_sim_storage_dispose;
  G_OBJECT_CLASS (klass)->finalize = ls_sim_storage_finalize;
  storage_class->begin = ls_sim_storage_begin;
  storage_class->commit = ls_sim_storage_commit;
  storage_class->rollback = ls_sim_storage_rollback;
  storage_class->listen = ls_sim_storage_listen;
}

static void
ls_sim_storage_init (LsSimStorage *self)
{
  g_weak_ref_init (&self->owner, NULL);
}

/* --- The database ---------------------------------------------------------------------------- */

/* Boots its machine. */
static void
boot (LsSimDatabase *self)
{
  LsSimDisk *disk = self->own_disk != NULL ? self->own_disk : self->disk;

  self->node = ls_sim_node_new (self->world, "database", ls_sim_disk_get_vfs (disk), 0,
                                FIRST_STREAM + ++self->boots, NULL, NULL);
}

static void
open_storage (LsSimDatabase *self)
{
  LsEnvironment *environment = LS_ENVIRONMENT (self->node);
  g_autoptr (GError) error = NULL;

  self->storage = self->own_disk != NULL ? ls_storage_sqlite_new (environment, DATA_FILE, &error)
                                         : ls_storage_memory_new (environment, &error);
  g_assert_no_error (error);
}

/**
 * ls_sim_database_new:
 * @world: where it is
 * @seed: of what troubles it
 * @on_disk: whether it can be copied and restored; else it is in memory
 *
 * Returns: (transfer full): an empty database that makes no trouble yet
 */
LsSimDatabase *
ls_sim_database_new (LsSimWorld *world,
                     uint64_t    seed,
                     bool        on_disk)
{
  LsSimDatabase *self = g_new0 (LsSimDatabase, 1);

  self->world = world;
  self->dice = ls_sim_dice (seed, 8);
  self->breaks = ls_sim_dice_hits (&self->dice, 1, 2) ? 4 : 40;
  self->disk = ls_sim_disk_new (world, "sim-servers", seed);
  self->own_disk = on_disk ? ls_sim_disk_new (world, "sim-database", seed) : NULL;
  self->connections = g_ptr_array_new ();
  boot (self);
  open_storage (self);
  return self;
}

/* Ends its machine; what is on its disk is there. */
static void
shut (LsSimDatabase *self)
{
  ls_environment_stop (LS_ENVIRONMENT (self->node));
  if (self->own_disk != NULL)
    ls_sim_disk_end (self->own_disk, LS_SIM_KILLED);
  /* What it closes must not be what is opened next. */
  g_assert_finalize_object (g_steal_pointer (&self->storage));
  g_clear_object (&self->node);
}

/**
 * ls_sim_database_free:
 * @self: (transfer full): a database, when all nodes have ended
 *
 * Frees it.
 */
void
ls_sim_database_free (LsSimDatabase *self)
{
  g_assert_cmpuint (self->connections->len, ==, 0);
  g_ptr_array_unref (self->connections);
  shut (self);
  ls_sim_disk_free (self->disk);
  g_clear_pointer (&self->own_disk, ls_sim_disk_free);
  g_free (self);
}

/**
 * ls_sim_database_copy:
 * @self: a database on a disk
 *
 * Returns: (transfer full): a backup of it
 */
LsSimDiskImage *
ls_sim_database_copy (LsSimDatabase *self)
{
  return ls_sim_disk_copy (self->own_disk, FOLDER);
}

/**
 * ls_sim_database_restore:
 * @self: a database on a disk
 * @image: what ls_sim_database_copy() made
 * @new_epoch: whether it says that it is a backup; else nobody is told
 *
 * Puts a backup in its place, while its nodes go on.
 */
void
ls_sim_database_restore (LsSimDatabase  *self,
                         LsSimDiskImage *image,
                         bool            new_epoch)
{
  g_autoptr (GError) error = NULL;

  for (unsigned i = 0; i < self->connections->len; i++)
    ls_proxy_storage_set_below (g_ptr_array_index (self->connections, i), NULL);
  shut (self);
  ls_sim_disk_paste (self->own_disk, image, FOLDER);
  boot (self);
  if (new_epoch)
    ls_storage_sqlite_mark_copy (LS_ENVIRONMENT (self->node), DATA_FILE, &error);
  g_assert_no_error (error);
  open_storage (self);
  for (unsigned i = 0; i < self->connections->len; i++)
    ls_proxy_storage_set_below (g_ptr_array_index (self->connections, i),
                                g_object_ref (self->storage));
}

/**
 * ls_sim_database_connect:
 * @self: a database
 * @node: a machine that is up
 *
 * Returns: (transfer full): the storage as that machine sees it
 */
LsStorage *
ls_sim_database_connect (LsSimDatabase *self,
                         LsSimNode     *node)
{
  LsSimStorage *connection = g_object_new (LS_TYPE_SIM_STORAGE, NULL);

  ls_proxy_storage_set_below (LS_PROXY_STORAGE (connection), g_object_ref (self->storage));
  connection->database = self;
  connection->node = node;
  connection->deaf = ls_sim_dice_hits (&self->dice, 1, 3);
  connection->queue = ls_environment_get_queue (LS_ENVIRONMENT (node), LS_COMMITTER_QUEUE);
  g_ptr_array_add (self->connections, connection);
  return LS_STORAGE (connection);
}

/**
 * ls_sim_database_get_storage:
 * @self: a database
 *
 * Returns: (transfer none): the storage as it is, for who looks on
 */
LsStorage *
ls_sim_database_get_storage (LsSimDatabase *self)
{
  return self->storage;
}

/**
 * ls_sim_database_get_disk:
 * @self: a database
 *
 * Returns: (transfer none): the disk that all nodes share
 */
LsSimDisk *
ls_sim_database_get_disk (LsSimDatabase *self)
{
  return self->disk;
}

/**
 * ls_sim_database_set_trouble:
 * @self: a database
 * @trouble: whether transactions fail and notifications get lost
 *
 * Begins or ends trouble. It stays slow.
 */
void
ls_sim_database_set_trouble (LsSimDatabase *self,
                             bool           trouble)
{
  self->trouble = trouble;
}
