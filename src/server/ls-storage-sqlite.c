/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-storage"

#include "config.h"

#include "server/ls-storage-sqlite.h"

#include <sqlite3.h>

#include "core/ls-error.h"
#include "core/ls-fault.h"
#include "server/ls-storage-sqlite-private.h"

/**
 * LsStorageSqlite:
 *
 * The storage in one SQLite file: a write-ahead log, synchronous=FULL, one connection that writes,
 * a pool of connections that read, and one that moves the write-ahead log into the file, so that no
 * commit has to.
 *
 * The log is moved by a queue of its own. Under steady load there are always new frames at its end,
 * so it would grow for ever; once it is long, the writer moves what little is left between two
 * transactions, after which the next one begins the log anew.
 */
G_DEFINE_FINAL_TYPE (LsStorageSqlite, ls_storage_sqlite, LS_TYPE_STORAGE)

/* Connections that are kept open though nobody reads. */
#define MAX_IDLE 8
/* Rows written until the log is moved at once, and µs until it is moved anyway. */
#define MOVE_AFTER_WRITES 8000
#define MOVE_AFTER (2 * G_USEC_PER_SEC)
/* Pages of the log after which the writer helps: 64 MiB. */
#define LONG_LOG_PAGES 16384
#define QUEUE_NAME "move-log"

#define WRITER_CACHE_KIB 65536
#define READER_CACHE_KIB 8192
#define WRITER_STATEMENTS 512

static void
ls_storage_sqlite_finalize (GObject *object)
{
  LsStorageSqlite *self = LS_STORAGE_SQLITE (object);

  g_queue_clear_full (&self->idle, (GDestroyNotify) ls_sql_unref);
  g_clear_pointer (&self->mover, ls_sql_unref);
  g_clear_pointer (&self->writer, ls_sql_unref);
  for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
    ls_row_sql_clear (&self->rows[id]);
  g_clear_pointer (&self->listeners, ls_storage_listeners_free);
  g_clear_object (&self->environment);
  g_free (self->path);
  g_rec_mutex_clear (&self->writer_lock);
  g_mutex_clear (&self->pool_lock);
  g_mutex_clear (&self->mover_lock);

  G_OBJECT_CLASS (ls_storage_sqlite_parent_class)->finalize (object);
}

/* A file has one server (ls-data-dir.c); what is in memory may be shared by several nodes. */
static bool
ls_storage_sqlite_listen (LsStorage           *storage,
                          LsEnvironment       *environment,
                          LsQueue             *queue,
                          LsStorageListenFunc  func,
                          GObject             *owner)
{
  LsStorageSqlite *self = LS_STORAGE_SQLITE (storage);

  if (self->listeners == NULL)
    return false;
  ls_storage_listeners_add (self->listeners, environment, queue, func, owner);
  return true;
}

static void
ls_storage_sqlite_class_init (LsStorageSqliteClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ls_storage_sqlite_finalize;

  LS_STORAGE_CLASS (klass)->listen = ls_storage_sqlite_listen;
  ls_sqlite_tx_class_init (LS_STORAGE_CLASS (klass));
  ls_sqlite_read_class_init (LS_STORAGE_CLASS (klass));
  ls_sqlite_prune_class_init (LS_STORAGE_CLASS (klass));
}

static void
ls_storage_sqlite_init (LsStorageSqlite *self)
{
  g_rec_mutex_init (&self->writer_lock);
  g_mutex_init (&self->pool_lock);
  g_mutex_init (&self->mover_lock);
  g_queue_init (&self->idle);
  for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
    ls_row_sql_init (&self->rows[id], ls_schema_collection ((LsCollectionId) id));
}

static LsSql *
open_connection (LsStorageSqlite  *self,
                 LsSqlMode         mode,
                 GError          **error)
{
  LsSqlOptions options = {
    .vfs = ls_environment_get_vfs (self->environment),
    .application_id = LS_STORAGE_APPLICATION_ID,
    .sync = LS_FAULT (COMMIT_NOT_SYNCED) ? LS_SQL_SYNC_NORMAL : LS_SQL_SYNC_FULL,
    .flags = LS_SQL_OPTION_NO_AUTOCHECKPOINT,
    .cache_kib = mode == LS_SQL_READ_WRITE ? WRITER_CACHE_KIB : READER_CACHE_KIB,
    .n_cached_statements = mode == LS_SQL_READ_WRITE ? WRITER_STATEMENTS : 0,
  };

  return ls_sql_open (self->path, self->path != NULL ? mode : LS_SQL_MEMORY, &options, error);
}

/* Borrows a connection to read with. In memory that is the writer, under its lock. */
LsSql *
ls_sqlite_acquire (LsStorageSqlite  *self,
                   GError          **error)
{
  LsSql *sql;

  if (self->path == NULL)
    {
      g_rec_mutex_lock (&self->writer_lock);
      return self->writer;
    }
  g_mutex_lock (&self->pool_lock);
  sql = g_queue_pop_head (&self->idle);
  g_mutex_unlock (&self->pool_lock);
  return sql != NULL ? sql : open_connection (self, LS_SQL_READ_ONLY, error);
}

void
ls_sqlite_release (LsStorageSqlite *self,
                   LsSql           *sql)
{
  if (self->path == NULL)
    {
      g_rec_mutex_unlock (&self->writer_lock);
      return;
    }
  g_mutex_lock (&self->pool_lock);
  if (self->idle.length < MAX_IDLE)
    g_queue_push_head (&self->idle, g_steal_pointer (&sql));
  g_mutex_unlock (&self->pool_lock);
  g_clear_pointer (&sql, ls_sql_unref);
}

static bool
is_failed_sync (LsSql *sql)
{
  int code = ls_sql_get_extended_code (sql);

  return code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC;
}

static void
move_log (gpointer data)
{
  LsStorageSqlite *self = data;
  g_autoptr (GError) error = NULL;
  int n_log = 0, n_moved = 0;
  bool moved, fatal;

  g_atomic_int_set (&self->scheduled, 0);
  g_atomic_int_set (&self->n_unmoved, 0);
  g_mutex_lock (&self->mover_lock);
  if (self->mover == NULL)
    self->mover = open_connection (self, LS_SQL_EXISTING, &error);
  moved = self->mover != NULL &&
          ls_sql_checkpoint (self->mover, LS_SQL_CHECKPOINT_PASSIVE, &n_log, &n_moved, &error);
  fatal = !moved && self->mover != NULL && is_failed_sync (self->mover);
  g_mutex_unlock (&self->mover_lock);
  if (!moved)
    g_debug ("Moving the write-ahead log of %s: %s", self->path, error->message);
  if (fatal)
    ls_storage_report_fatal (LS_STORAGE (self), error);
  g_atomic_int_set (&self->long_log, moved && n_log > LONG_LOG_PAGES);
}

/* After a commit: has the log moved soon, or sooner when there is much. */
void
ls_sqlite_note_written (LsStorageSqlite *self,
                        unsigned         n_writes)
{
  int before = g_atomic_int_add (&self->n_unmoved, (int) n_writes);
  LsQueue *queue;

  if (self->path == NULL)
    return;
  queue = ls_environment_get_queue (self->environment, QUEUE_NAME);
  if (g_atomic_int_compare_and_exchange (&self->scheduled, 0, 1))
    ls_environment_post_after (self->environment, queue, MOVE_AFTER, move_log, g_object_ref (self),
                               g_object_unref);
  if (before < MOVE_AFTER_WRITES && before + (int) n_writes >= MOVE_AFTER_WRITES)
    ls_environment_post (self->environment, queue, move_log, g_object_ref (self), g_object_unref);
}

/* Between two transactions: moves the rest of a log that has become long. */
void
ls_sqlite_trim_log (LsStorageSqlite *self)
{
  g_autoptr (GError) error = NULL;

  if (!g_atomic_int_compare_and_exchange (&self->long_log, 1, 0))
    return;
  if (!ls_sql_checkpoint (self->writer, LS_SQL_CHECKPOINT_PASSIVE, NULL, NULL, &error))
    {
      g_debug ("Moving the end of the write-ahead log of %s: %s", self->path, error->message);
      if (is_failed_sync (self->writer))
        ls_storage_report_fatal (LS_STORAGE (self), error);
    }
}

LsSqlCommit
ls_sqlite_commit (LsStorageSqlite   *self,
                  LsSqlTransaction  *transaction,
                  GError           **error)
{
  g_autoptr (GError) local = NULL;
  LsSqlCommit outcome = ls_sql_commit (transaction, &local);

  if (outcome == LS_SQL_COMMIT_UNKNOWN)
    ls_storage_report_fatal (LS_STORAGE (self), local);
  if (local != NULL)
    g_propagate_error (error, g_steal_pointer (&local));
  return outcome;
}

LsStorage *
ls_storage_sqlite_open (LsEnvironment  *environment,
                        const char     *path,
                        GError        **error)
{
  g_autoptr (LsStorageSqlite) self = g_object_new (LS_TYPE_STORAGE_SQLITE, NULL);

  self->environment = g_object_ref (environment);
  self->path = g_strdup (path);
  self->listeners = path == NULL ? ls_storage_listeners_new () : NULL;
  self->writer = open_connection (self, LS_SQL_READ_WRITE, error);
  if (self->writer == NULL || !ls_sqlite_prepare_schema (self, self->writer, error))
    return NULL;
  return LS_STORAGE (g_steal_pointer (&self));
}

/**
 * ls_storage_sqlite_new:
 * @environment: clock, randomness, executor and file system
 * @path: the data file; made if it does not exist, its folder must
 * @error: where to put why not; a file of another program or of a newer version is not touched
 *
 * Opens the data file and brings it to the schema of this version. Blocks, longer when there is
 * much to migrate.
 *
 * Returns: (transfer full) (nullable): the storage
 */
LsStorage *
ls_storage_sqlite_new (LsEnvironment  *environment,
                       const char     *path,
                       GError        **error)
{
  g_return_val_if_fail (path != NULL, NULL);

  return ls_storage_sqlite_open (environment, path, error);
}
