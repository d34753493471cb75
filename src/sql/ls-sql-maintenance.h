/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sql/ls-sql-types.h"

G_BEGIN_DECLS

/**
 * LsSqlCheckpoint:
 * @LS_SQL_CHECKPOINT_PASSIVE: moves what it can without waiting for anyone
 * @LS_SQL_CHECKPOINT_TRUNCATE: waits for readers and the writer, moves all and empties the log
 *
 * How the write-ahead log is moved into the file.
 */
typedef enum {
  LS_SQL_CHECKPOINT_PASSIVE,
  LS_SQL_CHECKPOINT_TRUNCATE,
} LsSqlCheckpoint;

/**
 * LsSqlCheck:
 * @LS_SQL_CHECK_QUICK: the structure of the file, without comparing indexes with their tables
 * @LS_SQL_CHECK_FULL: all that SQLite can check, foreign keys too
 *
 * How much of a database is checked.
 */
typedef enum {
  LS_SQL_CHECK_QUICK,
  LS_SQL_CHECK_FULL,
} LsSqlCheck;

/**
 * LsSqlProgress:
 * @done: pages copied
 * @total: pages in all
 * @user_data: as given with the callback
 *
 * Told now and then how far a backup is, on the thread that makes it.
 */
typedef void (*LsSqlProgress) (int64_t  done,
                               int64_t  total,
                               gpointer user_data);

/**
 * ls_sql_checkpoint:
 * @sql: a connection without an open transaction; best one of its own, so that nobody's commits
 *   wait
 * @how: how far to go
 * @n_log: (out) (optional): pages in the log
 * @n_moved: (out) (optional): how many of them are in the file now
 * @error: return location for a #GError
 *
 * Moves the write-ahead log into the file. A passive one that readers keep from moving all is no
 * error: compare @n_moved with @n_log. A truncating one is `LS_SQL_ERROR_BUSY` after the timeout.
 *
 * Returns: whether it went well
 */
gboolean  ls_sql_checkpoint (LsSql            *sql,
                             LsSqlCheckpoint   how,
                             int              *n_log,
                             int              *n_moved,
                             GError          **error);

/**
 * ls_sql_backup:
 * @sql: a connection without an open transaction
 * @path: the copy, which must not exist; it is made by the same VFS
 * @cancellable: (nullable): a #GCancellable
 * @progress: (nullable) (scope call): told every 1,024 pages
 * @user_data: passed to @progress
 * @error: return location for a #GError
 *
 * Copies the database as it is at this moment while others go on reading and writing. The copy is
 * synced when this returns; after an error there is none.
 *
 * Returns: whether it went well
 */
gboolean  ls_sql_backup     (LsSql            *sql,
                             const char       *path,
                             GCancellable     *cancellable,
                             LsSqlProgress     progress,
                             gpointer          user_data,
                             GError          **error);

/**
 * ls_sql_check:
 * @sql: a connection
 * @how: how much to check
 * @error: return location for a #GError
 *
 * Reads the whole database and looks for damage: seconds per gigabyte. What it finds is an
 * `LS_SQL_ERROR_CORRUPT` whose message has the first findings.
 *
 * Returns: whether the database is sound
 */
gboolean  ls_sql_check      (LsSql            *sql,
                             LsSqlCheck        how,
                             GError          **error);

/**
 * ls_sql_set_memory_limit:
 * @bytes: about the most that all connections of the process take; 0 for no limit
 *
 * Bounds SQLite's memory, which is pages of files for the most part: over it a page that is needed
 * takes the place of one that is not, instead of more memory. It is no promise: what a statement must
 * have it gets. Holds at once, for all connections. Any thread.
 */
void      ls_sql_set_memory_limit (int64_t        bytes);

/**
 * ls_sql_get_memory_used:
 *
 * Returns: the bytes that SQLite holds now, of all connections of the process; 0 where it does not
 *   count. Any thread.
 */
int64_t   ls_sql_get_memory_used  (void);

G_END_DECLS
