/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-cache"

#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "client/ls-cache-private.h"
#include "sql/ls-sql-maintenance.h"

/*
 * What the cache takes on the disk. Rows are not removed for a limit: that would be a gap in what is
 * shown and in what digests compare. What goes is what nothing needs: free pages, files of older
 * versions and damaged ones that were kept.
 */

/* How many ids of rows that went are remembered, so that they keep them should they come again. */
#define GONE_IDS 100000

static const char *const endings[] = { "", "-wal", "-shm" };

static int64_t
size_of (const char *path)
{
  GStatBuf info;

  return g_stat (path, &info) == 0 ? (int64_t) info.st_size : 0;
}

typedef struct {
  char *path;
  int64_t bytes;
  int64_t modified;
} Kept;

static void
kept_clear (gpointer data)
{
  g_free (((Kept *) data)->path);
}

static int
compare_kept (gconstpointer a,
              gconstpointer b)
{
  const Kept *x = a;
  const Kept *y = b;

  return x->modified != y->modified ? (x->modified > y->modified) - (x->modified < y->modified)
                                    : g_strcmp0 (x->path, y->path);
}

/* Files of older versions, and damaged ones, the oldest first. */
static GArray *
list_kept (LsCache *self)
{
  g_autofree char *folder = g_path_get_dirname (self->path);
  g_autofree char *base = g_path_get_basename (self->path);
  GArray *found = g_array_new (FALSE, FALSE, sizeof (Kept));
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  g_array_set_clear_func (found, kept_clear);
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      Kept kept = { NULL };
      GStatBuf info;

      if (!g_str_has_prefix (name, base) ||
          !(g_str_has_suffix (name, ".bak") || strstr (name, ".damaged-") != NULL))
        continue;
      kept.path = g_build_filename (folder, name, NULL);
      if (g_stat (kept.path, &info) == 0)
        {
          kept.bytes = info.st_size;
          kept.modified = info.st_mtime;
        }
      g_array_append_val (found, kept);
    }
  g_array_sort (found, compare_kept);
  return found;
}

static int64_t
measure_files (LsCache *self)
{
  int64_t bytes = 0;

  for (size_t i = 0; i < G_N_ELEMENTS (endings); i++)
    {
      g_autofree char *path = g_strconcat (self->path, endings[i], NULL);

      bytes += size_of (path);
    }
  return bytes;
}

static bool
count_rows (LsCache *self,
            int64_t *ret_rows,
            GError **error)
{
  GHashTableIter iter;
  gpointer value;

  *ret_rows = 0;
  g_hash_table_iter_init (&iter, self->shops);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      LsShopState *shop = value;

      for (size_t i = 0; i < LS_N_COLLECTIONS; i++)
        {
          LsBuckets *sums = shop->tables[i] != NULL
                                ? ls_cache_need_sums (self, shop->tables[i], error)
                                : NULL;

          if (shop->tables[i] != NULL && sums == NULL)
            return false;
          if (sums != NULL)
            *ret_rows += ls_buckets_get_since (sums, 0).count;
        }
    }
  return true;
}

/**
 * ls_cache_measure:
 * @self: a cache
 * @ret_rows: (out): confirmed rows of all shops
 * @ret_bytes: (out): on the disk, with all that is kept beside the file
 * @ret_free: (out): of them, in pages that nothing is in
 * @error: where to put why not
 *
 * Measures the cache, from sums and the file system: no row is read.
 *
 * Returns: whether it was measured
 */
bool
ls_cache_measure (LsCache *self,
                  int64_t *ret_rows,
                  int64_t *ret_bytes,
                  int64_t *ret_free,
                  GError **error)
{
  g_autoptr (GArray) kept = list_kept (self);
  int64_t pages, size;

  *ret_bytes = measure_files (self);
  for (unsigned i = 0; i < kept->len; i++)
    *ret_bytes += g_array_index (kept, Kept, i).bytes;
  if (ls_sql_get_int64 (self->sql, &pages, error, "PRAGMA freelist_count", NULL) != LS_STEP_ROW ||
      ls_sql_get_int64 (self->sql, &size, error, "PRAGMA page_size", NULL) != LS_STEP_ROW)
    return false;
  *ret_free = pages * size;
  return count_rows (self, ret_rows, error);
}

/* Files of before were made without a map of their pages: they get one the first time. */
static bool
give_back_pages (LsCache *self,
                 GError **error)
{
  int64_t mode;

  if (ls_sql_get_int64 (self->sql, &mode, error, "PRAGMA auto_vacuum", NULL) != LS_STEP_ROW)
    return false;
  if (mode == 2)
    return ls_sql_exec (self->sql, "PRAGMA incremental_vacuum", error);
  return ls_sql_exec (self->sql, "PRAGMA auto_vacuum = INCREMENTAL", error) &&
         ls_sql_exec (self->sql, "VACUUM", error);
}

/* All that moved went through the log, which keeps its size until it is emptied. While somebody reads
 * from it that has to wait. */
static bool
empty_log (LsCache *self,
           GError **error)
{
  g_autoptr (GError) local = NULL;

  if (ls_sql_checkpoint (self->sql, LS_SQL_CHECKPOINT_TRUNCATE, NULL, NULL, &local))
    return true;
  if (g_error_matches (local, LS_SQL_ERROR, LS_SQL_ERROR_BUSY))
    return ls_sql_checkpoint (self->sql, LS_SQL_CHECKPOINT_PASSIVE, NULL, NULL, error);
  g_propagate_error (error, g_steal_pointer (&local));
  return false;
}

/**
 * ls_cache_clean:
 * @self: a cache that this process writes
 * @max_bytes: how much it should take on the disk
 * @error: where to put why not
 *
 * Gives back what nothing needs: old entries of the journal, ids of rows that went long ago, free
 * pages, and, oldest first until the whole fits @max_bytes, files of older versions and damaged ones.
 * Never rows, and never edits that wait or failed. Costs a write of each page that moves, twice, and waits up to the
 * busy timeout for who reads.
 *
 * Returns: whether it was done
 */
bool
ls_cache_clean (LsCache *self,
                int64_t  max_bytes,
                GError **error)
{
  g_autoptr (GArray) kept = list_kept (self);
  int64_t bytes;

  if (!ls_cache_check_writable (self, error) || !ls_cache_prune_journal (self, error) ||
      !ls_sql_run (self->sql, error,
                   "DELETE FROM gone WHERE n <= (SELECT max(n) FROM gone) - ?", "d", GONE_IDS) ||
      !give_back_pages (self, error) ||
      !empty_log (self, error))
    return false;
  bytes = measure_files (self);
  for (unsigned i = 0; i < kept->len; i++)
    bytes += g_array_index (kept, Kept, i).bytes;
  for (unsigned i = 0; i < kept->len && bytes > max_bytes; i++)
    {
      const Kept *oldest = &g_array_index (kept, Kept, i);

      if (g_unlink (oldest->path) == 0)
        bytes -= oldest->bytes;
    }
  return true;
}
