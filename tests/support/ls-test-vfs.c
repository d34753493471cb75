/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-test"

#include "config.h"

#include "ls-test-vfs.h"

#include <sqlite3.h>
#include <string.h>

typedef struct {
  char     *suffix;
  unsigned  skip;
  unsigned  times; /* still to fail; 0: not at all */
  int       code;
} Failure;

struct _LsTestVfs {
  sqlite3_vfs  base;
  sqlite3_vfs *real;
  char        *name;

  GMutex       mutex;
  Failure      failures[LS_TEST_VFS_N_OPS];
  unsigned     counts[LS_TEST_VFS_N_OPS];
  int64_t      space; /* -1: unlimited */
  gboolean     read_only;
  gboolean     unsafe_overwrite;
  gboolean     no_shared_memory;
};

typedef struct {
  sqlite3_file  base;
  LsTestVfs    *vfs;
  const char   *name; /* SQLite keeps it as long as the file is open */
  int           dropped_characteristics;
  sqlite3_file *real; /* behind this struct */
} TestFile;

#define REAL(file) (((TestFile *) (file))->real)
#define REAL_METHODS(file) (REAL (file)->pMethods)

static int
note (LsTestVfs   *vfs,
      LsTestVfsOp  op,
      const char  *name)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&vfs->mutex);
  Failure *failure = &vfs->failures[op];

  vfs->counts[op]++;

  if (failure->times == 0)
    return SQLITE_OK;
  if (failure->suffix != NULL && (name == NULL || !g_str_has_suffix (name, failure->suffix)))
    return SQLITE_OK;
  if (failure->skip > 0)
    {
      failure->skip--;
      return SQLITE_OK;
    }

  if (failure->times != G_MAXUINT)
    failure->times--;

  return failure->code;
}

static gboolean
is_read_only (LsTestVfs *vfs)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&vfs->mutex);

  return vfs->read_only;
}

/* Takes what a write needs from the space that is left. Returns how many bytes may be written. */
static int
take_space (LsTestVfs     *vfs,
            sqlite3_file  *file,
            int            length,
            sqlite3_int64  offset)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&vfs->mutex);
  sqlite3_int64 size = 0;
  int64_t growth;

  if (vfs->space < 0)
    return length;

  REAL_METHODS (file)->xFileSize (REAL (file), &size);
  growth = MAX (offset + length - size, 0);
  if (growth > vfs->space)
    {
      length = (int) MAX (length - (growth - vfs->space), 0);
      vfs->space = 0;
    }
  else
    vfs->space -= growth;

  return length;
}

static int
file_close (sqlite3_file *file)
{
  return REAL_METHODS (file)->xClose (REAL (file));
}

static int
file_read (sqlite3_file  *file,
           void          *data,
           int            length,
           sqlite3_int64  offset)
{
  TestFile *self = (TestFile *) file;
  int code = note (self->vfs, LS_TEST_VFS_READ, self->name);

  if (code != SQLITE_OK)
    return code;

  return REAL_METHODS (file)->xRead (REAL (file), data, length, offset);
}

static int
file_write (sqlite3_file  *file,
            const void    *data,
            int            length,
            sqlite3_int64  offset)
{
  TestFile *self = (TestFile *) file;
  int code = note (self->vfs, LS_TEST_VFS_WRITE, self->name);
  int fitting;

  if (code != SQLITE_OK)
    return code;
  if (is_read_only (self->vfs))
    return SQLITE_READONLY;

  fitting = take_space (self->vfs, file, length, offset);
  if (fitting > 0)
    code = REAL_METHODS (file)->xWrite (REAL (file), data, fitting, offset);

  return code == SQLITE_OK && fitting < length ? SQLITE_FULL : code;
}

static int
file_truncate (sqlite3_file  *file,
               sqlite3_int64  size)
{
  TestFile *self = (TestFile *) file;
  int code = note (self->vfs, LS_TEST_VFS_TRUNCATE, self->name);

  if (code != SQLITE_OK)
    return code;
  if (is_read_only (self->vfs))
    return SQLITE_READONLY;

  return REAL_METHODS (file)->xTruncate (REAL (file), size);
}

static int
file_sync (sqlite3_file *file,
           int           flags)
{
  TestFile *self = (TestFile *) file;
  int code = note (self->vfs, LS_TEST_VFS_SYNC, self->name);

  if (code != SQLITE_OK)
    return code;

  return REAL_METHODS (file)->xSync (REAL (file), flags);
}

static int
file_size (sqlite3_file  *file,
           sqlite3_int64 *size)
{
  return REAL_METHODS (file)->xFileSize (REAL (file), size);
}

static int
file_lock (sqlite3_file *file,
           int           level)
{
  return REAL_METHODS (file)->xLock (REAL (file), level);
}

static int
file_unlock (sqlite3_file *file,
             int           level)
{
  return REAL_METHODS (file)->xUnlock (REAL (file), level);
}

static int
file_check_reserved_lock (sqlite3_file *file,
                          int          *reserved)
{
  return REAL_METHODS (file)->xCheckReservedLock (REAL (file), reserved);
}

static int
file_control (sqlite3_file *file,
              int           op,
              void         *arg)
{
  return REAL_METHODS (file)->xFileControl (REAL (file), op, arg);
}

static int
file_sector_size (sqlite3_file *file)
{
  return REAL_METHODS (file)->xSectorSize (REAL (file));
}

static int
file_device_characteristics (sqlite3_file *file)
{
  return REAL_METHODS (file)->xDeviceCharacteristics (REAL (file))
         & ~((TestFile *) file)->dropped_characteristics;
}

static int
file_shm_map (sqlite3_file   *file,
              int             region,
              int             size,
              int             extend,
              void volatile **data)
{
  return REAL_METHODS (file)->xShmMap (REAL (file), region, size, extend, data);
}

static int
file_shm_lock (sqlite3_file *file,
               int           offset,
               int           n,
               int           flags)
{
  return REAL_METHODS (file)->xShmLock (REAL (file), offset, n, flags);
}

static void
file_shm_barrier (sqlite3_file *file)
{
  REAL_METHODS (file)->xShmBarrier (REAL (file));
}

static int
file_shm_unmap (sqlite3_file *file,
                int           remove)
{
  return REAL_METHODS (file)->xShmUnmap (REAL (file), remove);
}

static const sqlite3_io_methods file_methods = {
  .iVersion = 2,
  .xClose = file_close,
  .xRead = file_read,
  .xWrite = file_write,
  .xTruncate = file_truncate,
  .xSync = file_sync,
  .xFileSize = file_size,
  .xLock = file_lock,
  .xUnlock = file_unlock,
  .xCheckReservedLock = file_check_reserved_lock,
  .xFileControl = file_control,
  .xSectorSize = file_sector_size,
  .xDeviceCharacteristics = file_device_characteristics,
  .xShmMap = file_shm_map,
  .xShmLock = file_shm_lock,
  .xShmBarrier = file_shm_barrier,
  .xShmUnmap = file_shm_unmap,
};

/* Without what came with the second version: shared memory. */
static const sqlite3_io_methods old_file_methods = {
  .iVersion = 1,
  .xClose = file_close,
  .xRead = file_read,
  .xWrite = file_write,
  .xTruncate = file_truncate,
  .xSync = file_sync,
  .xFileSize = file_size,
  .xLock = file_lock,
  .xUnlock = file_unlock,
  .xCheckReservedLock = file_check_reserved_lock,
  .xFileControl = file_control,
  .xSectorSize = file_sector_size,
  .xDeviceCharacteristics = file_device_characteristics,
};

static int
vfs_open (sqlite3_vfs  *base,
          const char   *name,
          sqlite3_file *file,
          int           flags,
          int          *out_flags)
{
  LsTestVfs *vfs = base->pAppData;
  TestFile *self = (TestFile *) file;
  int code = note (vfs, LS_TEST_VFS_OPEN, name);

  self->base.pMethods = NULL;
  if (code != SQLITE_OK)
    return code;

  if (is_read_only (vfs))
    {
      flags &= ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
      flags |= SQLITE_OPEN_READONLY;
    }

  self->vfs = vfs;
  self->name = name;
  self->dropped_characteristics = vfs->unsafe_overwrite ? SQLITE_IOCAP_POWERSAFE_OVERWRITE : 0;
  self->real = (sqlite3_file *) (self + 1);
  code = vfs->real->xOpen (vfs->real, name, self->real, flags, out_flags);
  if (self->real->pMethods != NULL)
    self->base.pMethods = vfs->no_shared_memory ? &old_file_methods : &file_methods;

  return code;
}

static int
vfs_delete (sqlite3_vfs *base,
            const char  *name,
            int          sync_folder)
{
  LsTestVfs *vfs = base->pAppData;
  int code = note (vfs, LS_TEST_VFS_DELETE, name);

  if (code != SQLITE_OK)
    return code;
  if (is_read_only (vfs))
    return SQLITE_READONLY;

  return vfs->real->xDelete (vfs->real, name, sync_folder);
}

static int
vfs_access (sqlite3_vfs *base,
            const char  *name,
            int          flags,
            int         *result)
{
  LsTestVfs *vfs = base->pAppData;

  return vfs->real->xAccess (vfs->real, name, flags, result);
}

static int
vfs_full_pathname (sqlite3_vfs *base,
                   const char  *name,
                   int          size,
                   char        *full)
{
  LsTestVfs *vfs = base->pAppData;

  return vfs->real->xFullPathname (vfs->real, name, size, full);
}

static int
vfs_randomness (sqlite3_vfs *base,
                int          length,
                char        *data)
{
  LsTestVfs *vfs = base->pAppData;

  return vfs->real->xRandomness (vfs->real, length, data);
}

static int
vfs_sleep (sqlite3_vfs *base,
           int          microseconds)
{
  LsTestVfs *vfs = base->pAppData;

  return vfs->real->xSleep (vfs->real, microseconds);
}

static int
vfs_current_time_int64 (sqlite3_vfs   *base,
                        sqlite3_int64 *now)
{
  LsTestVfs *vfs = base->pAppData;

  return vfs->real->xCurrentTimeInt64 (vfs->real, now);
}

LsTestVfs *
ls_test_vfs_new (const char *name)
{
  LsTestVfs *vfs = g_new0 (LsTestVfs, 1);

  vfs->real = sqlite3_vfs_find (NULL);
  vfs->name = g_strdup (name);
  vfs->space = -1;
  g_mutex_init (&vfs->mutex);

  vfs->base.iVersion = 2;
  vfs->base.szOsFile = (int) sizeof (TestFile) + vfs->real->szOsFile;
  vfs->base.mxPathname = vfs->real->mxPathname;
  vfs->base.zName = vfs->name;
  vfs->base.pAppData = vfs;
  vfs->base.xOpen = vfs_open;
  vfs->base.xDelete = vfs_delete;
  vfs->base.xAccess = vfs_access;
  vfs->base.xFullPathname = vfs_full_pathname;
  vfs->base.xRandomness = vfs_randomness;
  vfs->base.xSleep = vfs_sleep;
  vfs->base.xCurrentTimeInt64 = vfs_current_time_int64;

  g_assert_cmpint (sqlite3_vfs_register (&vfs->base, 0), ==, SQLITE_OK);

  return vfs;
}

void
ls_test_vfs_free (LsTestVfs *vfs)
{
  sqlite3_vfs_unregister (&vfs->base);
  for (int i = 0; i < LS_TEST_VFS_N_OPS; i++)
    g_free (vfs->failures[i].suffix);
  g_mutex_clear (&vfs->mutex);
  g_free (vfs->name);
  g_free (vfs);
}

void
ls_test_vfs_fail (LsTestVfs   *vfs,
                  LsTestVfsOp  op,
                  const char  *suffix,
                  unsigned     nth,
                  unsigned     times,
                  int          code)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&vfs->mutex);
  Failure *failure = &vfs->failures[op];

  g_assert_cmpuint (nth, >, 0);

  g_free (failure->suffix);
  failure->suffix = g_strdup (suffix);
  failure->skip = nth - 1;
  failure->times = times != 0 ? times : G_MAXUINT;
  failure->code = code;
}

void
ls_test_vfs_heal (LsTestVfs *vfs)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&vfs->mutex);

  for (int i = 0; i < LS_TEST_VFS_N_OPS; i++)
    vfs->failures[i].times = 0;
  vfs->space = -1;
  vfs->read_only = FALSE;
}

void
ls_test_vfs_set_space (LsTestVfs *vfs,
                       int64_t    bytes)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&vfs->mutex);

  vfs->space = bytes;
}

void
ls_test_vfs_set_read_only (LsTestVfs *vfs)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&vfs->mutex);

  vfs->read_only = TRUE;
}

void
ls_test_vfs_set_unsafe_overwrite (LsTestVfs *vfs)
{
  vfs->unsafe_overwrite = TRUE;
}

void
ls_test_vfs_set_no_shared_memory (LsTestVfs *vfs)
{
  vfs->no_shared_memory = TRUE;
}

unsigned
ls_test_vfs_get_count (LsTestVfs   *vfs,
                       LsTestVfsOp  op)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&vfs->mutex);

  return vfs->counts[op];
}
