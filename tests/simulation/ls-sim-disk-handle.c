/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-sim-disk-private.h"

#include <string.h>

/* What SQLite does with a file of a disk that it has open. */

static int
handle_unlock (sqlite3_file *base,
               int           level)
{
  LsSimHandle *self = (LsSimHandle *) base;
  LsSimFile *file = self->file;

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
  LsSimHandle *self = (LsSimHandle *) base;

  for (unsigned i = 0; i < LS_SIM_SHM_SLOTS; i++)
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
  LsSimHandle *self = (LsSimHandle *) base;

  handle_shm_unmap (base, 0);
  handle_unlock (base, SQLITE_LOCK_NONE);
  if (self->delete_on_close && self->file->name != NULL && !self->file->dead)
    g_hash_table_remove (self->disk->files, self->file->name);
  g_clear_pointer (&self->file, ls_sim_file_unref);
  return SQLITE_OK;
}

static int
handle_read (sqlite3_file *base,
             void         *data,
             int           length,
             sqlite3_int64 offset)
{
  LsSimHandle *self = (LsSimHandle *) base;
  const GByteArray *bytes = self->file->data;
  int there = (int) CLAMP ((sqlite3_int64) bytes->len - offset, 0, length);

  if (ls_sim_disk_fails (self->disk, self->file, LS_SIM_DISK_READ))
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
  LsSimHandle *self = (LsSimHandle *) base;
  LsSimFile *file = self->file;
  int64_t growth = MAX (offset + length - (int64_t) file->data->len, 0);
  int code = SQLITE_OK;

  if (ls_sim_disk_fails (self->disk, file, LS_SIM_DISK_WRITE))
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
  ls_sim_file_write (file, data, (size_t) length, (size_t) offset);
  return code;
}

static int
handle_truncate (sqlite3_file *base,
                 sqlite3_int64 size)
{
  LsSimHandle *self = (LsSimHandle *) base;
  LsSimFile *file = self->file;

  if (ls_sim_disk_fails (self->disk, file, LS_SIM_DISK_WRITE))
    return SQLITE_IOERR_TRUNCATE;
  ls_sim_file_truncate (file, (size_t) size);
  return SQLITE_OK;
}

static int
handle_sync (sqlite3_file *base,
             int           flags)
{
  LsSimHandle *self = (LsSimHandle *) base;

  if (ls_sim_disk_fails (self->disk, self->file, LS_SIM_DISK_SYNC))
    return SQLITE_IOERR_FSYNC;
  ls_sim_file_sync (self->file);
  return SQLITE_OK;
}

static int
handle_size (sqlite3_file  *base,
             sqlite3_int64 *size)
{
  *size = ((LsSimHandle *) base)->file->data->len;
  return SQLITE_OK;
}

static int
handle_lock (sqlite3_file *base,
             int           level)
{
  LsSimHandle *self = (LsSimHandle *) base;
  LsSimFile *file = self->file;

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
  *reserved = ((LsSimHandle *) base)->file->reserved != NULL;
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
  return LS_SIM_SECTOR;
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
  GPtrArray *regions = ((LsSimHandle *) base)->file->regions;

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
  LsSimHandle *self = (LsSimHandle *) base;
  LsSimFile *file = self->file;
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

const sqlite3_io_methods ls_sim_handle_methods = {
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
