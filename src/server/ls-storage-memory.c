/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-storage"

#include "config.h"

#include "server/ls-storage-memory.h"

#include "server/ls-storage-sqlite-private.h"

/**
 * ls_storage_memory_new:
 * @environment: clock and randomness
 * @error: where to put why not
 *
 * Makes a storage that keeps nothing: the same code as the one on disk over a database in memory.
 * Nodes of one process share it by sharing the object: it tells each of them what the others commit.
 * It has one connection, so readers wait for the writer.
 *
 * Returns: (transfer full) (nullable): the storage
 */
LsStorage *
ls_storage_memory_new (LsEnvironment  *environment,
                       GError        **error)
{
  return ls_storage_sqlite_open (environment, NULL, error);
}
