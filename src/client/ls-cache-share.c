/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-cache"

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "client/ls-cache-private.h"
#include "core/ls-reason.h"

/*
 * One cache, one writer: whoever holds the lock of the file beside it. A second process (without a
 * session bus, or in another sandbox) reads what the first one writes, and takes over when that is
 * gone. The kernel gives the lock up with the process, however it ends, and keeps it for one that is
 * only stopped.
 */

/* A lock of its own file: SQLite's locks come and go, and closing its file would drop them. */
bool
ls_cache_take_lock (LsCache *self,
                    bool    *ret_is_held,
                    GError **error)
{
  g_autofree char *path = g_strconcat (self->path, ".lock", NULL);
  int reason;

  *ret_is_held = false;
  /* A VFS that is not the system's has no files that another process could open. */
  if (ls_environment_get_vfs (self->environment) != NULL || self->lock >= 0)
    return true;
  self->lock = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (self->lock >= 0 && flock (self->lock, LOCK_EX | LOCK_NB) == 0)
    return true;
  reason = errno;
  *ret_is_held = self->lock >= 0 && reason == EWOULDBLOCK;
  if (*ret_is_held)
    g_set_error (error, LS_ERROR, LS_ERROR_STORAGE,
                 "%s is in use by another process; close it first", self->path);
  else
    g_set_error (error, LS_ERROR, LS_ERROR_STORAGE, "%s can't be locked: %s", path,
                 g_strerror (reason));
  ls_cache_drop_lock (self);
  return false;
}

void
ls_cache_drop_lock (LsCache *self)
{
  if (self->lock >= 0)
    close (self->lock);
  self->lock = -1;
}

/* Refuses what only the writer may do. */
bool
ls_cache_check_writable (LsCache *self,
                         GError **error)
{
  if (!self->is_read_only)
    return true;
  ls_reason_set_error (error, LS_REASON_ELSEWHERE);
  return false;
}

/* All that waits or failed, of all shops, by mid. */
static GHashTable *
list_edits (LsCache *self,
            GError **error)
{
  g_autoptr (GHashTable) edits =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) ls_edit_unref);
  g_autoptr (GPtrArray) shops = ls_cache_list_shops (self);

  for (unsigned i = 0; i < shops->len; i++)
    {
      const LsCacheShop *shop = g_ptr_array_index (shops, i);
      g_autoptr (GPtrArray) list = ls_cache_list_edits (
          self, shop->shop,
          LS_EDITS_WAITING | LS_EDIT_MASK (LS_EDIT_DEAD) | LS_EDIT_MASK (LS_EDIT_LOST), error);

      if (list == NULL)
        return NULL;
      for (unsigned k = 0; k < list->len; k++)
        {
          LsEdit *edit = g_ptr_array_index (list, k);

          g_hash_table_replace (edits, edit->mid, ls_edit_ref (edit));
        }
    }
  return g_steal_pointer (&edits);
}

/* Puts into @commit how the edits of its shop are now; those that are gone count as taken back. */
static void
tell_edits (LsCacheCommit *commit,
            GHashTable    *before,
            GHashTable    *after)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, before);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const LsEdit *edit = value;
      LsEdit *gone;

      if (!g_str_equal (edit->shop, commit->shop) || g_hash_table_contains (after, edit->mid))
        continue;
      gone = ls_edit_copy (edit);
      gone->state = LS_EDIT_DISCARDED;
      g_ptr_array_add (commit->edits, gone);
    }
  g_hash_table_iter_init (&iter, after);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      LsEdit *edit = value;
      const LsEdit *old = g_hash_table_lookup (before, edit->mid);

      if (g_str_equal (edit->shop, commit->shop) &&
          (old == NULL || old->state != edit->state || old->is_void != edit->is_void))
        g_ptr_array_add (commit->edits, ls_edit_ref (edit));
    }
}

static int
compare_edits (gconstpointer a,
               gconstpointer b)
{
  const LsEdit *x = *(LsEdit *const *) a;
  const LsEdit *y = *(LsEdit *const *) b;

  return (x->id > y->id) - (x->id < y->id);
}

/* A commit that says: whatever you know of @shop, read it again. */
static LsCacheCommit *
reload_commit (LsCache     *self,
               LsShopState *shop,
               GHashTable  *before,
               GHashTable  *after)
{
  LsCacheCommit *commit = ls_cache_commit_new (shop->shop);

  commit->sequence = self->sequence;
  commit->position = shop->position;
  commit->synced_at = shop->synced_at;
  commit->n_waiting = ls_shop_count_waiting (shop);
  commit->reloaded = LS_ALL_COLLECTIONS;
  tell_edits (commit, before, after);
  g_ptr_array_sort (commit->edits, compare_edits);
  return commit;
}

/* Reads everything from one snapshot. */
static bool
load_snapshot (LsCache *self,
               GError **error)
{
  g_autoptr (LsSqlTransaction) transaction =
      ls_sql_begin (self->sql, LS_SQL_BEGIN_READ, error);

  return transaction != NULL && ls_cache_load (self, error);
}

/* Opens the file for reading, as it is: nothing is migrated or put right. */
static bool
open_reading (LsCache *self,
              GError **error)
{
  g_autofree char *collation = NULL;

  self->is_read_only = true;
  self->sql =
      ls_cache_connect (self->environment, self->path, self->collation, LS_SQL_READ_ONLY, error);
  if (self->sql == NULL || !ls_cache_check_version (self, error) ||
      ls_sql_get_text (self->sql, &collation, error, "SELECT collation FROM meta", NULL) !=
          LS_STEP_ROW)
    return false;
  if (!g_str_equal (collation, self->collation->id))
    {
      g_set_error (error, LS_ERROR, LS_ERROR_STORAGE,
                   "%s is in use by another process, which orders texts in another way",
                   self->path);
      return false;
    }
  if (!load_snapshot (self, error))
    return false;
  if (self->told == NULL)
    self->told = list_edits (self, error);
  return self->told != NULL;
}

/**
 * ls_cache_open_shared:
 * @environment: clock, queues, VFS
 * @path: file name
 * @collation: (nullable): the order of texts; %NULL for ls_collation_get_default()
 * @error: where to put why not; as for ls_cache_open()
 *
 * Opens the cache as ls_cache_open() does or, when another process has it open, read-only: then
 * ls_cache_look() follows what that one does.
 *
 * Returns: (transfer full) (nullable): the cache
 */
LsCache *
ls_cache_open_shared (LsEnvironment     *environment,
                      const char        *path,
                      const LsCollation *collation,
                      GError           **error)
{
  g_autoptr (LsCache) self = ls_cache_new (environment, path, collation);
  g_autoptr (GError) local_error = NULL;
  bool is_held;

  if (ls_cache_take_lock (self, &is_held, &local_error))
    return ls_cache_open_writing (self, error) ? g_steal_pointer (&self) : NULL;
  if (!is_held)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
  return open_reading (self, error) ? g_steal_pointer (&self) : NULL;
}

/**
 * ls_cache_is_read_only:
 * @self: a cache
 *
 * Returns: whether another process is its writer
 */
bool
ls_cache_is_read_only (LsCache *self)
{
  return self->is_read_only;
}

static void
tell_reload (LsCache    *self,
             GHashTable *before,
             GHashTable *after)
{
  GHashTableIter iter;
  gpointer shop;

  g_hash_table_iter_init (&iter, self->shops);
  while (g_hash_table_iter_next (&iter, NULL, &shop))
    {
      LsCacheCommit *commit = reload_commit (self, shop, before, after);

      if (self->listener != NULL)
        self->listener (commit, self->listener_data);
      ls_cache_commit_unref (commit);
    }
}

/* Reads anew what another process wrote. */
static bool
refresh (LsCache *self,
         GError **error)
{
  g_autoptr (GHashTable) after = NULL;
  int64_t sequence = -1;
  int64_t known = self->sql != NULL ? self->sequence : -1;

  if (self->sql == NULL && !open_reading (self, error))
    return false;
  if (ls_sql_get_int64 (self->sql, &sequence, error, "SELECT sequence FROM meta", NULL) !=
      LS_STEP_ROW)
    return false;
  if (sequence == known)
    return true;
  if (!load_snapshot (self, error) || (after = list_edits (self, error)) == NULL)
    return false;
  tell_reload (self, self->told, after);
  g_hash_table_unref (self->told);
  self->told = g_steal_pointer (&after);
  return true;
}

/* One commit a shop, since from now on each has a number of its own. */
static bool
tell_taken (LsCache    *self,
            GHashTable *before,
            GError    **error)
{
  g_autoptr (GPtrArray) shops = ls_cache_list_shops (self);
  g_autoptr (GHashTable) after = list_edits (self, error);

  for (unsigned i = 0; after != NULL && i < shops->len; i++)
    {
      const LsCacheShop *shop = g_ptr_array_index (shops, i);
      g_auto (LsCacheTx) tx = { NULL };

      if (!ls_cache_tx_begin (self, LS_SQL_SYNC_NORMAL, &tx, error) ||
          !ls_cache_tx_set_shop (&tx, shop->shop, error))
        return false;
      tx.commit->reloaded = LS_ALL_COLLECTIONS;
      tell_edits (tx.commit, before, after);
      if (!ls_cache_tx_commit (&tx, error))
        return false;
    }
  return after != NULL;
}

/**
 * ls_cache_take_over:
 * @self: a read-only cache that ls_cache_look() found free
 * @error: where to put why not
 *
 * Makes a reader the writer. The listener hears of each shop in a commit of its own. When it fails
 * the cache is read-only as before.
 *
 * Returns: whether it can be written from now on
 */
bool
ls_cache_take_over (LsCache *self,
                    GError **error)
{
  g_hash_table_remove_all (self->shops);
  g_clear_pointer (&self->sql, ls_sql_unref);
  self->is_read_only = false;
  if (ls_cache_open_writing (self, error) && tell_taken (self, self->told, error))
    {
      g_clear_pointer (&self->told, g_hash_table_unref);
      return true;
    }
  /* What is shown goes on to be read; the next look tries again. */
  g_hash_table_remove_all (self->shops);
  g_clear_pointer (&self->sql, ls_sql_unref);
  ls_cache_drop_lock (self);
  open_reading (self, NULL);
  return false;
}

/**
 * ls_cache_look:
 * @self: a cache
 * @ret_is_free: (out): whether the other process is gone: the lock is ours now, and
 *   ls_cache_take_over() has to follow
 * @error: where to put what went wrong; it is worth another look later
 *
 * Of a read-only cache: reads what the other process wrote. The listener hears of all shops, whose
 * rows have to be read again. Costs one query when nothing happened.
 *
 * Returns: whether all went well
 */
bool
ls_cache_look (LsCache *self,
               bool    *ret_is_free,
               GError **error)
{
  bool is_held;

  *ret_is_free = self->is_read_only && ls_cache_take_lock (self, &is_held, NULL);
  if (!self->is_read_only || *ret_is_free)
    return true;
  return refresh (self, error);
}
