/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdint.h>

G_BEGIN_DECLS

/**
 * LsTestVfs:
 *
 * An SQLite VFS that passes everything to the default one, counts it, and fails on demand. Files
 * are real ones; give its name to #LsSqlOptions. Any thread.
 */
typedef struct _LsTestVfs LsTestVfs;

/**
 * LsTestVfsOp:
 * @LS_TEST_VFS_OPEN: opening a file
 * @LS_TEST_VFS_READ: reading
 * @LS_TEST_VFS_WRITE: writing
 * @LS_TEST_VFS_SYNC: syncing
 * @LS_TEST_VFS_TRUNCATE: cutting a file
 * @LS_TEST_VFS_DELETE: deleting a file
 * @LS_TEST_VFS_N_OPS: how many there are
 *
 * What is counted and can fail.
 */
typedef enum {
  LS_TEST_VFS_OPEN,
  LS_TEST_VFS_READ,
  LS_TEST_VFS_WRITE,
  LS_TEST_VFS_SYNC,
  LS_TEST_VFS_TRUNCATE,
  LS_TEST_VFS_DELETE,
  LS_TEST_VFS_N_OPS,
} LsTestVfsOp;

/**
 * ls_test_vfs_new:
 * @name: a name that no other VFS of the process has
 *
 * Registers a VFS.
 *
 * Returns: (transfer full): the VFS
 */
LsTestVfs *ls_test_vfs_new            (const char  *name);

/**
 * ls_test_vfs_free:
 * @vfs: (transfer full): a VFS without open files
 *
 * Takes it back.
 */
void       ls_test_vfs_free           (LsTestVfs   *vfs);

/**
 * ls_test_vfs_fail:
 * @vfs: a VFS
 * @op: what fails
 * @suffix: (nullable): only in files whose name ends so, for instance "-wal"
 * @nth: the first call that fails, 1 for the next one
 * @times: how many calls fail, 0 for all from then on
 * @code: SQLite's result code
 *
 * Makes calls fail; replaces what was set for @op before. A failing write, sync, truncation or
 * deletion does nothing to the file.
 */
void       ls_test_vfs_fail           (LsTestVfs   *vfs,
                                       LsTestVfsOp  op,
                                       const char  *suffix,
                                       unsigned     nth,
                                       unsigned     times,
                                       int          code);

/**
 * ls_test_vfs_heal:
 * @vfs: a VFS
 *
 * Ends all failures, the lack of space and being read-only.
 */
void       ls_test_vfs_heal           (LsTestVfs   *vfs);

/**
 * ls_test_vfs_set_space:
 * @vfs: a VFS
 * @bytes: by how much the files may grow from now on
 *
 * Simulates a disk that gets full: of the write that does not fit only the first bytes are written.
 */
void       ls_test_vfs_set_space      (LsTestVfs   *vfs,
                                       int64_t      bytes);

/**
 * ls_test_vfs_set_read_only:
 * @vfs: a VFS
 *
 * Simulates a medium that is read-only: files open only for reading, and every write fails.
 */
void       ls_test_vfs_set_read_only  (LsTestVfs   *vfs);

/**
 * ls_test_vfs_set_unsafe_overwrite:
 * @vfs: a VFS
 *
 * Says of files opened from now on that the loss of power may damage the neighbours of what is
 * written, which makes SQLite pad its log.
 */
void       ls_test_vfs_set_unsafe_overwrite (LsTestVfs *vfs);

/**
 * ls_test_vfs_set_no_shared_memory:
 * @vfs: a VFS
 *
 * Gives files opened from now on no shared memory, without which there is no write-ahead log.
 */
void       ls_test_vfs_set_no_shared_memory (LsTestVfs *vfs);

/**
 * ls_test_vfs_get_count:
 * @vfs: a VFS
 * @op: what to count
 *
 * Gets the number of calls since the VFS was made, failed ones too.
 *
 * Returns: the number
 */
unsigned   ls_test_vfs_get_count      (LsTestVfs   *vfs,
                                       LsTestVfsOp  op);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsTestVfs, ls_test_vfs_free)

G_END_DECLS
