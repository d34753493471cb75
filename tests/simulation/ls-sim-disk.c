/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-sim-disk-private.h"

#include <string.h>

/* The Julian day of 2026-01-01, in ms: what SQLite counts in. */
#define START_JULIAN INT64_C (212634763200000)

struct _LsSimDiskImage {
  GPtrArray *files; /* LsSimFile */
};

static int
compare_names (gconstpointer a,
               gconstpointer b)
{
  return strcmp (a, b);
}

/* The machine ends: who has files open can't write them any more, the next boot finds others. */
void
ls_sim_disk_end (LsSimDisk *self,
                 LsSimEnd   how)
{
  g_autoptr (GList) names = g_list_sort (g_hash_table_get_keys (self->files), compare_names);
  g_autoptr (GPtrArray) left = g_ptr_array_new ();

  self->trap = 0;
  for (GList *link = names; link != NULL; link = link->next)
    {
      LsSimFile *file = g_hash_table_lookup (self->files, link->data);

      g_ptr_array_add (left, how == LS_SIM_KILLED ? ls_sim_file_copy (file)
                                                 : ls_sim_file_survive (file, &self->dice));
      file->dead = true;
    }
  g_hash_table_remove_all (self->files);
  for (unsigned i = 0; i < left->len; i++)
    {
      LsSimFile *file = g_ptr_array_index (left, i);

      g_hash_table_insert (self->files, file->name, file);
    }
}

/**
 * ls_sim_disk_fails:
 * @self: a disk
 * @file: a file of it
 * @op: what is to be done with it
 *
 * Counts what may spring the trap.
 *
 * Returns: whether @op fails now
 */
bool
ls_sim_disk_fails (LsSimDisk  *self,
                   LsSimFile  *file,
                   LsSimDiskOp op)
{
  if (file->dead)
    return op != LS_SIM_DISK_READ;
  if (op != LS_SIM_DISK_READ && self->trap > 0 && --self->trap == 0)
    {
      ls_sim_disk_end (self, self->trap_end);
      self->sprung (self->sprung_data);
      return true;
    }
  if (self->times[op] == 0)
    return false;
  if (self->skip[op] > 0)
    {
      self->skip[op]--;
      return false;
    }
  self->times[op]--;
  return true;
}

/* --- The VFS --------------------------------------------------------------------------------- */

static int
disk_open (sqlite3_vfs  *base,
           const char   *name,
           sqlite3_file *opened,
           int           flags,
           int          *out_flags)
{
  LsSimDisk *self = base->pAppData;
  LsSimHandle *handle = (LsSimHandle *) opened;
  LsSimFile *file = name != NULL ? g_hash_table_lookup (self->files, name) : NULL;

  memset (handle, 0, sizeof *handle);
  if (file == NULL && name != NULL && !(flags & SQLITE_OPEN_CREATE))
    return SQLITE_CANTOPEN;
  if (file == NULL)
    {
      file = ls_sim_file_new (name);
      if (name != NULL)
        g_hash_table_insert (self->files, file->name, file);
    }
  else
    file->ref_count++;
  if (name != NULL && file->ref_count == 1)
    file->ref_count++;
  handle->disk = self;
  handle->file = file;
  handle->delete_on_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
  handle->base.pMethods = &ls_sim_handle_methods;
  if (out_flags != NULL)
    *out_flags = flags;
  return SQLITE_OK;
}

static int
disk_delete (sqlite3_vfs *base,
             const char  *name,
             int          sync_folder)
{
  LsSimDisk *self = base->pAppData;
  LsSimFile *file = g_hash_table_lookup (self->files, name);

  if (file == NULL)
    return SQLITE_IOERR_DELETE_NOENT;
  if (ls_sim_disk_fails (self, file, LS_SIM_DISK_WRITE))
    return SQLITE_IOERR_DELETE;
  g_hash_table_remove (self->files, name);
  return SQLITE_OK;
}

static int
disk_access (sqlite3_vfs *base,
             const char  *name,
             int          flags,
             int         *result)
{
  *result = g_hash_table_contains (((LsSimDisk *) base->pAppData)->files, name);
  return SQLITE_OK;
}

static int
disk_full_pathname (sqlite3_vfs *base,
                    const char  *name,
                    int          size,
                    char        *full)
{
  return g_strlcpy (full, name, (gsize) size) < (gsize) size ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int
disk_randomness (sqlite3_vfs *base,
                 int          length,
                 char        *data)
{
  LsSimDisk *self = base->pAppData;

  for (int i = 0; i < length; i++)
    data[i] = (char) ls_sim_dice_roll (&self->dice);
  return length;
}

static int
disk_sleep (sqlite3_vfs *base,
            int          microseconds)
{
  return microseconds;
}

static int
disk_current_time (sqlite3_vfs   *base,
                   sqlite3_int64 *now)
{
  LsSimDisk *self = base->pAppData;

  *now = START_JULIAN + ls_sim_world_get_time (self->world) / 1000;
  return SQLITE_OK;
}

/**
 * ls_sim_disk_new:
 * @world: the clock
 * @name: a name that no other VFS of the process has
 * @seed: of what survives
 *
 * Returns: (transfer full): an empty disk
 */
LsSimDisk *
ls_sim_disk_new (LsSimWorld *world,
                 const char *name,
                 uint64_t    seed)
{
  LsSimDisk *self = g_new0 (LsSimDisk, 1);

  self->world = world;
  self->name = g_strdup (name);
  self->dice = ls_sim_dice (seed, g_str_hash (name));
  self->files = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, ls_sim_file_unref);
  self->space = -1;
  self->base.iVersion = 2;
  self->base.szOsFile = (int) sizeof (LsSimHandle);
  self->base.mxPathname = 512;
  self->base.zName = self->name;
  self->base.pAppData = self;
  self->base.xOpen = disk_open;
  self->base.xDelete = disk_delete;
  self->base.xAccess = disk_access;
  self->base.xFullPathname = disk_full_pathname;
  self->base.xRandomness = disk_randomness;
  self->base.xSleep = disk_sleep;
  self->base.xCurrentTimeInt64 = disk_current_time;
  g_assert_cmpint (sqlite3_vfs_register (&self->base, 0), ==, SQLITE_OK);
  return self;
}

/**
 * ls_sim_disk_free:
 * @self: (transfer full): a disk without open files
 *
 * Takes it away.
 */
void
ls_sim_disk_free (LsSimDisk *self)
{
  sqlite3_vfs_unregister (&self->base);
  g_hash_table_unref (self->files);
  g_free (self->name);
  g_free (self);
}

/**
 * ls_sim_disk_get_vfs:
 * @self: a disk
 *
 * Returns: (transfer none): the name of the VFS
 */
const char *
ls_sim_disk_get_vfs (LsSimDisk *self)
{
  return self->name;
}

bool
ls_sim_disk_has_file (LsSimDisk  *self,
                      const char *name)
{
  return g_hash_table_contains (self->files, name);
}

/**
 * ls_sim_disk_set_trap:
 * @self: a disk
 * @operations: after how many writes and syncs
 * @how: how it ends
 * @sprung: told in the middle of that operation
 * @user_data: for @sprung
 *
 * Has the machine end in the middle of what it does.
 */
void
ls_sim_disk_set_trap (LsSimDisk *self,
                      unsigned   operations,
                      LsSimEnd   how,
                      LsJobFunc  sprung,
                      gpointer   user_data)
{
  self->trap = operations;
  self->trap_end = how;
  self->sprung = sprung;
  self->sprung_data = user_data;
}

/**
 * ls_sim_disk_fail:
 * @self: a disk
 * @op: what
 * @skip: after so many that go well
 * @times: how often
 *
 * Makes operations fail.
 */
void
ls_sim_disk_fail (LsSimDisk  *self,
                  LsSimDiskOp op,
                  unsigned    skip,
                  unsigned    times)
{
  self->skip[op] = skip;
  self->times[op] = times;
}

/**
 * ls_sim_disk_set_space:
 * @self: a disk
 * @bytes: by how much its files may grow
 *
 * Makes it full.
 */
void
ls_sim_disk_set_space (LsSimDisk *self,
                       int64_t    bytes)
{
  self->space = bytes;
}

/**
 * ls_sim_disk_heal:
 * @self: a disk
 *
 * Ends failures, the lack of space and what lies in wait.
 */
void
ls_sim_disk_heal (LsSimDisk *self)
{
  memset (self->times, 0, sizeof self->times);
  self->space = -1;
  self->trap = 0;
}

/**
 * ls_sim_disk_is_sound:
 * @self: a disk
 *
 * Returns: whether no failure lies in wait
 */
bool
ls_sim_disk_is_sound (LsSimDisk *self)
{
  for (int op = 0; op < LS_SIM_DISK_N_OPS; op++)
    if (self->times[op] > 0)
      return false;
  return self->space < 0;
}

/**
 * ls_sim_disk_copy:
 * @self: a disk
 * @prefix: of the names of the files
 *
 * Returns: (transfer full): what is in those files now, as a process sees it
 */
LsSimDiskImage *
ls_sim_disk_copy (LsSimDisk  *self,
                  const char *prefix)
{
  LsSimDiskImage *image = g_new0 (LsSimDiskImage, 1);
  g_autoptr (GList) names = g_list_sort (g_hash_table_get_keys (self->files), compare_names);

  image->files = g_ptr_array_new_with_free_func (ls_sim_file_unref);
  for (GList *link = names; link != NULL; link = link->next)
    if (g_str_has_prefix (link->data, prefix))
      g_ptr_array_add (image->files, ls_sim_file_copy (g_hash_table_lookup (self->files, link->data)));
  return image;
}

/**
 * ls_sim_disk_paste:
 * @self: a disk that nobody uses
 * @image: what to put there
 * @prefix: of the files that go first
 *
 * Replaces files.
 */
void
ls_sim_disk_paste (LsSimDisk      *self,
                   LsSimDiskImage *image,
                   const char     *prefix)
{
  g_autoptr (GList) names = g_hash_table_get_keys (self->files);

  for (GList *link = names; link != NULL; link = link->next)
    if (g_str_has_prefix (link->data, prefix))
      g_hash_table_remove (self->files, link->data);
  for (unsigned i = 0; i < image->files->len; i++)
    {
      LsSimFile *file = ls_sim_file_copy (g_ptr_array_index (image->files, i));

      g_hash_table_insert (self->files, file->name, file);
    }
}

void
ls_sim_disk_image_free (LsSimDiskImage *image)
{
  g_ptr_array_unref (image->files);
  g_free (image);
}

/* --- What SQLite shares between all connections ---------------------------------------------- */

static LsSimDice sqlite_dice;

static int
seeded_randomness (sqlite3_vfs *base,
                   int          length,
                   char        *data)
{
  for (int i = 0; i < length; i++)
    data[i] = (char) ls_sim_dice_roll (&sqlite_dice);
  return length;
}

/**
 * ls_sim_disk_set_up_sqlite:
 * @seed: of SQLite's own randomness
 *
 * Has SQLite roll its dice from the beginning. It seeds them from the default VFS, so that one is
 * replaced once and for all.
 */
void
ls_sim_disk_set_up_sqlite (uint64_t seed)
{
  static sqlite3_vfs vfs;

  if (vfs.zName == NULL)
    {
      vfs = *sqlite3_vfs_find (NULL);
      vfs.zName = "simulated";
      vfs.pNext = NULL;
      vfs.xRandomness = seeded_randomness;
      g_assert_cmpint (sqlite3_vfs_register (&vfs, 1), ==, SQLITE_OK);
    }
  sqlite_dice = ls_sim_dice (seed, 7);
  sqlite3_randomness (0, NULL);
}

