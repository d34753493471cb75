/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-sim-disk.h"

#include <sqlite3.h>
#include <string.h>

#define SECTOR 512
#define SHM_SLOTS 8
/* The Julian day of 2026-01-01, in ms: what SQLite counts in. */
#define START_JULIAN INT64_C (212634763200000)

/* One file. Those who have it open keep it when the machine ends, but can't change it any more. */
typedef struct {
  unsigned ref_count;
  char *name;
  GByteArray *data;    /* as the system's cache has it */
  GHashTable *old;     /* sector -> its synced content, for those written since */
  size_t synced_size;
  bool dead;

  unsigned n_shared;
  gpointer reserved, pending, exclusive; /* TestFile that has it */
  GPtrArray *regions;
  unsigned shm_shared[SHM_SLOTS];
  gpointer shm_exclusive[SHM_SLOTS];
} File;

typedef struct {
  sqlite3_file base;
  LsSimDisk *disk;
  File *file;
  bool delete_on_close;
  int level;
  unsigned shm_shared, shm_exclusive; /* masks */
} Handle;

struct _LsSimDisk {
  sqlite3_vfs base;
  LsSimWorld *world;
  char *name;
  LsSimDice dice;
  GHashTable *files; /* name -> File */

  unsigned skip[LS_SIM_DISK_N_OPS];
  unsigned times[LS_SIM_DISK_N_OPS];
  int64_t space; /* -1: enough */
  unsigned trap; /* operations until it springs, 0 for none */
  LsSimEnd trap_end;
  LsJobFunc sprung;
  gpointer sprung_data;
};

struct _LsSimDiskImage {
  GPtrArray *files; /* File */
};

/* --- Files ----------------------------------------------------------------------------------- */

static File *
file_new (const char *name)
{
  File *file = g_new0 (File, 1);

  file->ref_count = 1;
  file->name = g_strdup (name);
  file->data = g_byte_array_new ();
  file->old = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  file->regions = g_ptr_array_new_with_free_func (g_free);
  return file;
}

static void
file_unref (gpointer data)
{
  File *file = data;

  if (--file->ref_count > 0)
    return;
  g_byte_array_unref (file->data);
  g_hash_table_unref (file->old);
  g_ptr_array_unref (file->regions);
  g_free (file->name);
  g_free (file);
}

static File *
file_copy (const File *file)
{
  File *copy = file_new (file->name);

  g_byte_array_append (copy->data, file->data->data, file->data->len);
  copy->synced_size = file->data->len;
  return copy;
}

/* Keeps what the sectors from @start to @end had when they were synced. */
static void
save_sectors (File  *file,
              size_t start,
              size_t end)
{
  for (size_t sector = start / SECTOR; sector * SECTOR < end; sector++)
    {
      uint8_t *old;
      size_t at = sector * SECTOR;

      if (g_hash_table_contains (file->old, GSIZE_TO_POINTER (sector)))
        continue;
      old = g_malloc0 (SECTOR);
      if (at < file->data->len)
        memcpy (old, file->data->data + at, MIN (SECTOR, file->data->len - at));
      g_hash_table_insert (file->old, GSIZE_TO_POINTER (sector), old);
    }
}

static void
set_size (File  *file,
          size_t size)
{
  size_t before = file->data->len;

  g_byte_array_set_size (file->data, (unsigned) size);
  if (size > before)
    memset (file->data->data + before, 0, size - before);
}

static int
compare_sectors (gconstpointer a,
                 gconstpointer b)
{
  size_t x = GPOINTER_TO_SIZE (a), y = GPOINTER_TO_SIZE (b);

  return (x > y) - (x < y);
}

/* What is left of a file when power fails: of each sector that was not synced the old or the new
 * content, and of a size that was not synced any between. */
static File *
file_survive (LsSimDisk *self,
              File      *file)
{
  File *left = file_new (file->name);
  g_autoptr (GList) sectors = g_list_sort (g_hash_table_get_keys (file->old), compare_sectors);
  size_t small = MIN (file->data->len, file->synced_size);
  size_t large = MAX (file->data->len, file->synced_size);
  unsigned steps = (unsigned) ((large - small + SECTOR - 1) / SECTOR);
  size_t size = MIN (large, small + SECTOR * (size_t) ls_sim_dice_below (&self->dice, steps + 1));
  unsigned likely = ls_sim_dice_below (&self->dice, 5);

  set_size (left, large);
  memcpy (left->data->data, file->data->data, file->data->len);
  for (GList *link = sectors; link != NULL; link = link->next)
    {
      size_t at = GPOINTER_TO_SIZE (link->data) * SECTOR;

      if (at < large && ls_sim_dice_hits (&self->dice, likely, 4) == false)
        memcpy (left->data->data + at, g_hash_table_lookup (file->old, link->data),
                MIN (SECTOR, large - at));
    }
  set_size (left, size);
  left->synced_size = size;
  return left;
}

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
      File *file = g_hash_table_lookup (self->files, link->data);

      g_ptr_array_add (left, how == LS_SIM_KILLED ? file_copy (file) : file_survive (self, file));
      file->dead = true;
    }
  g_hash_table_remove_all (self->files);
  for (unsigned i = 0; i < left->len; i++)
    {
      File *file = g_ptr_array_index (left, i);

      g_hash_table_insert (self->files, file->name, file);
    }
}

/* Whether @op fails now. Counts what may spring the trap. */
static bool
fails (LsSimDisk  *self,
       File       *file,
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

/* --- Open files ------------------------------------------------------------------------------ */

static int
handle_unlock (sqlite3_file *base,
               int           level)
{
  Handle *self = (Handle *) base;
  File *file = self->file;

  if (file->exclusive == self)
    file->exclusive = NULL;
  if (file->pending == self)
    file->pending = NULL;
  if (file->reserved == self)
    file->reserved = NULL;
  if (level == SQLITE_LOCK_NONE && self->level >= SQLITE_LOCK_SHARED)
    file->n_shared--;
  self->level = MIN (self->level, level);
  return SQLITE_OK;
}

static int
handle_shm_unmap (sqlite3_file *base,
                  int           remove)
{
  Handle *self = (Handle *) base;

  for (unsigned i = 0; i < SHM_SLOTS; i++)
    {
      if (self->shm_shared & (1u << i))
        self->file->shm_shared[i]--;
      if (self->shm_exclusive & (1u << i))
        self->file->shm_exclusive[i] = NULL;
    }
  self->shm_shared = self->shm_exclusive = 0;
  if (remove)
    g_ptr_array_set_size (self->file->regions, 0);
  return SQLITE_OK;
}

static int
handle_close (sqlite3_file *base)
{
  Handle *self = (Handle *) base;

  handle_shm_unmap (base, 0);
  handle_unlock (base, SQLITE_LOCK_NONE);
  if (self->delete_on_close && self->file->name != NULL && !self->file->dead)
    g_hash_table_remove (self->disk->files, self->file->name);
  g_clear_pointer (&self->file, file_unref);
  return SQLITE_OK;
}

static int
handle_read (sqlite3_file *base,
             void         *data,
             int           length,
             sqlite3_int64 offset)
{
  Handle *self = (Handle *) base;
  const GByteArray *bytes = self->file->data;
  int there = (int) CLAMP ((sqlite3_int64) bytes->len - offset, 0, length);

  if (fails (self->disk, self->file, LS_SIM_DISK_READ))
    return SQLITE_IOERR_READ;
  if (there > 0)
    memcpy (data, bytes->data + offset, (size_t) there);
  if (there == length)
    return SQLITE_OK;
  memset ((uint8_t *) data + there, 0, (size_t) (length - there));
  return SQLITE_IOERR_SHORT_READ;
}

static int
handle_write (sqlite3_file *base,
              const void   *data,
              int           length,
              sqlite3_int64 offset)
{
  Handle *self = (Handle *) base;
  File *file = self->file;
  int64_t growth = MAX (offset + length - (int64_t) file->data->len, 0);
  int code = SQLITE_OK;

  if (fails (self->disk, file, LS_SIM_DISK_WRITE))
    return SQLITE_IOERR_WRITE;
  if (self->disk->space >= 0 && growth > self->disk->space)
    {
      length = (int) MAX (length - (growth - self->disk->space), 0);
      growth = self->disk->space;
      code = SQLITE_FULL;
    }
  if (self->disk->space >= 0)
    self->disk->space -= growth;
  if (length == 0)
    return code;
  save_sectors (file, (size_t) offset, (size_t) (offset + length));
  if ((size_t) (offset + length) > file->data->len)
    set_size (file, (size_t) (offset + length));
  memcpy (file->data->data + offset, data, (size_t) length);
  return code;
}

static int
handle_truncate (sqlite3_file *base,
                 sqlite3_int64 size)
{
  Handle *self = (Handle *) base;
  File *file = self->file;

  if (fails (self->disk, file, LS_SIM_DISK_WRITE))
    return SQLITE_IOERR_TRUNCATE;
  if ((size_t) size < file->data->len)
    save_sectors (file, (size_t) size, file->data->len);
  set_size (file, (size_t) size);
  return SQLITE_OK;
}

static int
handle_sync (sqlite3_file *base,
             int           flags)
{
  Handle *self = (Handle *) base;

  if (fails (self->disk, self->file, LS_SIM_DISK_SYNC))
    return SQLITE_IOERR_FSYNC;
  g_hash_table_remove_all (self->file->old);
  self->file->synced_size = self->file->data->len;
  return SQLITE_OK;
}

static int
handle_size (sqlite3_file  *base,
             sqlite3_int64 *size)
{
  *size = ((Handle *) base)->file->data->len;
  return SQLITE_OK;
}

static int
handle_lock (sqlite3_file *base,
             int           level)
{
  Handle *self = (Handle *) base;
  File *file = self->file;

  if (self->level >= level)
    return SQLITE_OK;
  if (level == SQLITE_LOCK_SHARED)
    {
      if (file->exclusive != NULL || file->pending != NULL)
        return SQLITE_BUSY;
      file->n_shared++;
      self->level = level;
      return SQLITE_OK;
    }
  if (file->reserved != NULL && file->reserved != self)
    return SQLITE_BUSY;
  file->reserved = self;
  if (level == SQLITE_LOCK_RESERVED)
    {
      self->level = level;
      return SQLITE_OK;
    }
  file->pending = self;
  self->level = SQLITE_LOCK_PENDING;
  if (file->n_shared > 1)
    return SQLITE_BUSY;
  file->exclusive = self;
  self->level = SQLITE_LOCK_EXCLUSIVE;
  return SQLITE_OK;
}

static int
handle_check_reserved (sqlite3_file *base,
                       int          *reserved)
{
  *reserved = ((Handle *) base)->file->reserved != NULL;
  return SQLITE_OK;
}

static int
handle_control (sqlite3_file *base,
                int           op,
                void         *arg)
{
  return SQLITE_NOTFOUND;
}

static int
handle_sector_size (sqlite3_file *base)
{
  return SECTOR;
}

static int
handle_characteristics (sqlite3_file *base)
{
  return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static int
handle_shm_map (sqlite3_file   *base,
                int             region,
                int             size,
                int             extend,
                void volatile **data)
{
  GPtrArray *regions = ((Handle *) base)->file->regions;

  while (extend && regions->len <= (unsigned) region)
    g_ptr_array_add (regions, g_malloc0 ((size_t) size));
  *data = (unsigned) region < regions->len ? g_ptr_array_index (regions, region) : NULL;
  return SQLITE_OK;
}

static int
handle_shm_lock (sqlite3_file *base,
                 int           offset,
                 int           n,
                 int           flags)
{
  Handle *self = (Handle *) base;
  File *file = self->file;
  unsigned mask = ((1u << n) - 1) << offset;

  if (flags & SQLITE_SHM_UNLOCK)
    {
      for (int i = offset; i < offset + n; i++)
        {
          if (self->shm_shared & (1u << i))
            file->shm_shared[i]--;
          if (self->shm_exclusive & (1u << i))
            file->shm_exclusive[i] = NULL;
        }
      self->shm_shared &= ~mask;
      self->shm_exclusive &= ~mask;
      return SQLITE_OK;
    }
  for (int i = offset; i < offset + n; i++)
    {
      unsigned mine = (self->shm_shared >> i) & 1;

      if (file->shm_exclusive[i] != NULL && file->shm_exclusive[i] != self)
        return SQLITE_BUSY;
      if ((flags & SQLITE_SHM_EXCLUSIVE) && file->shm_shared[i] > mine)
        return SQLITE_BUSY;
    }
  for (int i = offset; i < offset + n; i++)
    if (flags & SQLITE_SHM_EXCLUSIVE)
      file->shm_exclusive[i] = self;
    else if (!(self->shm_shared & (1u << i)))
      file->shm_shared[i]++;
  if (flags & SQLITE_SHM_EXCLUSIVE)
    self->shm_exclusive |= mask;
  else
    self->shm_shared |= mask;
  return SQLITE_OK;
}

static void
handle_shm_barrier (sqlite3_file *base)
{
}

static const sqlite3_io_methods handle_methods = {
  .iVersion = 2,
  .xClose = handle_close,
  .xRead = handle_read,
  .xWrite = handle_write,
  .xTruncate = handle_truncate,
  .xSync = handle_sync,
  .xFileSize = handle_size,
  .xLock = handle_lock,
  .xUnlock = handle_unlock,
  .xCheckReservedLock = handle_check_reserved,
  .xFileControl = handle_control,
  .xSectorSize = handle_sector_size,
  .xDeviceCharacteristics = handle_characteristics,
  .xShmMap = handle_shm_map,
  .xShmLock = handle_shm_lock,
  .xShmBarrier = handle_shm_barrier,
  .xShmUnmap = handle_shm_unmap,
};

/* --- The VFS --------------------------------------------------------------------------------- */

static int
disk_open (sqlite3_vfs  *base,
           const char   *name,
           sqlite3_file *opened,
           int           flags,
           int          *out_flags)
{
  LsSimDisk *self = base->pAppData;
  Handle *handle = (Handle *) opened;
  File *file = name != NULL ? g_hash_table_lookup (self->files, name) : NULL;

  memset (handle, 0, sizeof *handle);
  if (file == NULL && name != NULL && !(flags & SQLITE_OPEN_CREATE))
    return SQLITE_CANTOPEN;
  if (file == NULL)
    {
      file = file_new (name);
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
  handle->base.pMethods = &handle_methods;
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
  File *file = g_hash_table_lookup (self->files, name);

  if (file == NULL)
    return SQLITE_IOERR_DELETE_NOENT;
  if (fails (self, file, LS_SIM_DISK_WRITE))
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
  self->files = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, file_unref);
  self->space = -1;
  self->base.iVersion = 2;
  self->base.szOsFile = (int) sizeof (Handle);
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

  image->files = g_ptr_array_new_with_free_func (file_unref);
  for (GList *link = names; link != NULL; link = link->next)
    if (g_str_has_prefix (link->data, prefix))
      g_ptr_array_add (image->files, file_copy (g_hash_table_lookup (self->files, link->data)));
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
      File *file = file_copy (g_ptr_array_index (image->files, i));

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
