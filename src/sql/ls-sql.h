/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sql/ls-sql-maintenance.h"
#include "sql/ls-sql-transaction.h"
#include "sql/ls-sql-types.h"
#include "sql/ls-statement.h"

G_BEGIN_DECLS

/**
 * LsSqlMode:
 * @LS_SQL_READ_WRITE: the file is made if it does not exist
 * @LS_SQL_EXISTING: to read and write, but the file must exist
 * @LS_SQL_READ_ONLY: nothing is written, no setting of the file is changed
 * @LS_SQL_MEMORY: a private database in memory; the path is ignored
 *
 * How a database is opened.
 */
typedef enum {
  LS_SQL_READ_WRITE,
  LS_SQL_EXISTING,
  LS_SQL_READ_ONLY,
  LS_SQL_MEMORY,
} LsSqlMode;

/**
 * LsSqlSync:
 * @LS_SQL_SYNC_FULL: a committed transaction survives the loss of power
 * @LS_SQL_SYNC_NORMAL: it survives the end of the process; the loss of power may take the last
 *   ones, but never damages the file
 * @LS_SQL_SYNC_EXTRA: as full, and with a rollback journal also the folder is synced
 *
 * How hard a commit tries to reach the disk.
 */
typedef enum {
  LS_SQL_SYNC_FULL,
  LS_SQL_SYNC_NORMAL,
  LS_SQL_SYNC_EXTRA,
} LsSqlSync;

/**
 * LsSqlOptionFlags:
 * @LS_SQL_OPTION_NONE: write-ahead log, checked foreign keys, SQLite's own checkpoints
 * @LS_SQL_OPTION_ROLLBACK_JOURNAL: a rollback journal instead of the write-ahead log
 * @LS_SQL_OPTION_NO_AUTOCHECKPOINT: commits never checkpoint; another connection has to call
 *   ls_sql_checkpoint()
 * @LS_SQL_OPTION_NO_FOREIGN_KEYS: foreign keys are not checked
 *
 * What differs from the ordinary.
 */
typedef enum {
  LS_SQL_OPTION_NONE = 0,
  LS_SQL_OPTION_ROLLBACK_JOURNAL = 1 << 0,
  LS_SQL_OPTION_NO_AUTOCHECKPOINT = 1 << 1,
  LS_SQL_OPTION_NO_FOREIGN_KEYS = 1 << 2,
} LsSqlOptionFlags;

/**
 * LsSqlOptions:
 * @vfs: (nullable): name of the VFS, %NULL for the default one
 * @application_id: written into a new file and demanded of an old one; 0 to neither write nor look
 * @sync: when commits are synced
 * @flags: what differs from the ordinary
 * @busy_timeout_ms: milliseconds to wait for another connection's lock; 0 for 5,000, negative for
 *   none
 * @cache_kib: page cache in KiB; 0 for 8,192
 * @n_cached_statements: idle prepared statements kept; 0 for 64
 *
 * Settings of a connection. A struct of zeros is the default. Each is set and then read back; a
 * difference is an error. Memory mapping is always off, strings in double quotes are never
 * literals, and the schema is not trusted to run functions with side effects.
 */
typedef struct {
  const char      *vfs;
  uint32_t         application_id;
  LsSqlSync        sync;
  LsSqlOptionFlags flags;
  int              busy_timeout_ms;
  unsigned         cache_kib;
  unsigned         n_cached_statements;
} LsSqlOptions;

/**
 * ls_sql_open:
 * @path: (nullable): file name, taken literally (never as a URI)
 * @mode: how to open
 * @options: (nullable): settings, %NULL for the defaults; copied
 * @error: return location for a #GError
 *
 * Opens a database, applies the settings and verifies each. A file that is no database or has
 * another application id is refused before anything in it is changed. A read-only connection keeps
 * the journal mode that the file has.
 *
 * Returns: (transfer full) (nullable): the connection, or %NULL with an `LS_SQL_ERROR`
 */
LsSql        *ls_sql_open                  (const char          *path,
                                            LsSqlMode            mode,
                                            const LsSqlOptions  *options,
                                            GError             **error);

/**
 * ls_sql_ref:
 * @sql: a connection
 *
 * Takes a reference. Any thread.
 *
 * Returns: (transfer full): @sql
 */
LsSql        *ls_sql_ref                   (LsSql               *sql);

/**
 * ls_sql_unref:
 * @sql: (transfer full): a connection
 *
 * Drops a reference. The last one closes the connection on the calling thread; when it is the
 * file's last connection too, SQLite moves the write-ahead log into the file, which takes time.
 */
void          ls_sql_unref                 (LsSql               *sql);

/**
 * ls_sql_shrink:
 * @sql: a connection
 *
 * Lets go of the pages of the file that it keeps in memory: after a scan they are worth nothing.
 */
void          ls_sql_shrink                (LsSql               *sql);

/**
 * ls_sql_get_path:
 * @sql: a connection
 *
 * Gets the path as it was given.
 *
 * Returns: (transfer none) (nullable): the path, %NULL for a database in memory
 */
const char   *ls_sql_get_path              (LsSql               *sql);

/**
 * ls_sql_get_mode:
 * @sql: a connection
 *
 * Gets how the connection was opened.
 *
 * Returns: the mode
 */
LsSqlMode     ls_sql_get_mode              (LsSql               *sql);

/**
 * ls_sql_exec:
 * @sql: a connection
 * @script: any number of statements; rows they return are thrown away
 * @error: return location for a #GError
 *
 * Runs a script, statement by statement, without bindings and without the statement cache. It stops
 * at the first error, whose message tells the line; wrap it in a transaction to make it one whole.
 *
 * Returns: whether all went well
 */
gboolean      ls_sql_exec                  (LsSql               *sql,
                                            const char          *script,
                                            GError             **error);

/**
 * ls_sql_run:
 * @sql: a connection
 * @error: return location for a #GError
 * @text: one statement with `?` parameters
 * @types: (nullable): one letter per parameter, %NULL or empty for none
 * @...: the values
 *
 * Prepares (from the cache), binds and runs one statement to its end; rows are thrown away.
 *
 * The letters: `i` an int64_t, `d` an int (also for constants such as 1), `t` text that ends in
 * NUL, `T` text and its length in bytes (const char *, size_t), `b` a blob (const void *, size_t),
 * `B` a GBytes, `n` NULL without an argument. %NULL text and blobs bind NULL. Their number must
 * equal the number of parameters. All are copied by SQLite or outlive the call.
 *
 * Returns: whether it went well
 */
gboolean      ls_sql_run                   (LsSql               *sql,
                                            GError             **error,
                                            const char          *text,
                                            const char          *types,
                                            ...);

/**
 * ls_sql_query:
 * @sql: a connection
 * @error: return location for a #GError
 * @text: one statement with `?` parameters
 * @types: (nullable): one letter per parameter, as in ls_sql_run()
 * @...: the values; copied
 *
 * Prepares and binds a statement, ready for its first ls_statement_step().
 *
 * Returns: (transfer full) (nullable): the statement
 */
LsStatement  *ls_sql_query                 (LsSql               *sql,
                                            GError             **error,
                                            const char          *text,
                                            const char          *types,
                                            ...);

/**
 * ls_sql_get_int64:
 * @sql: a connection
 * @value: (out): the number; untouched unless `LS_STEP_ROW` is returned
 * @error: return location for a #GError
 * @text: a query with one column
 * @types: (nullable): one letter per parameter, as in ls_sql_run()
 * @...: the values
 *
 * Reads the first column of the first row.
 *
 * Returns: `LS_STEP_ROW` with @value set; `LS_STEP_DONE` if there is no row or it is NULL;
 *   `LS_STEP_ERROR` with @error set
 */
LsStep        ls_sql_get_int64             (LsSql               *sql,
                                            int64_t             *value,
                                            GError             **error,
                                            const char          *text,
                                            const char          *types,
                                            ...);

/**
 * ls_sql_get_text:
 * @sql: a connection
 * @value: (out) (transfer full): the text; untouched unless `LS_STEP_ROW` is returned
 * @error: return location for a #GError
 * @text: a query with one column
 * @types: (nullable): one letter per parameter, as in ls_sql_run()
 * @...: the values
 *
 * Reads the first column of the first row as text.
 *
 * Returns: as ls_sql_get_int64()
 */
LsStep        ls_sql_get_text              (LsSql               *sql,
                                            char               **value,
                                            GError             **error,
                                            const char          *text,
                                            const char          *types,
                                            ...);

/**
 * ls_sql_get_changes:
 * @sql: a connection
 *
 * Gets the number of rows that the last INSERT, UPDATE or DELETE changed, without those of triggers
 * and foreign key actions.
 *
 * Returns: the number of rows
 */
int64_t       ls_sql_get_changes           (LsSql               *sql);

/**
 * ls_sql_get_last_insert_rowid:
 * @sql: a connection
 *
 * Gets the row id of the last INSERT of this connection.
 *
 * Returns: the row id, 0 if there was none
 */
int64_t       ls_sql_get_last_insert_rowid (LsSql               *sql);

/**
 * ls_sql_get_extended_code:
 * @sql: a connection
 *
 * Gets the extended result code of SQLite behind the last error that this connection reported, to
 * tell a UNIQUE from a CHECK constraint, say. See ls_sql_code_to_string().
 *
 * Returns: the code, 0 if there was no error yet
 */
int           ls_sql_get_extended_code     (LsSql               *sql);

/**
 * ls_sql_is_suspect:
 * @sql: a connection
 *
 * Tells whether a commit ended as `LS_SQL_COMMIT_UNKNOWN`. Such a connection still reads, but
 * begins no more transactions: what the file holds is decided when it is opened again.
 *
 * Returns: whether the connection must be given up
 */
gboolean      ls_sql_is_suspect            (LsSql               *sql);

/**
 * ls_sql_interrupt:
 * @sql: a connection
 *
 * Makes the statement that is running end with `LS_SQL_ERROR_INTERRUPTED`; does nothing if none is.
 * Any thread, as long as that thread holds a reference.
 */
void          ls_sql_interrupt             (LsSql               *sql);

/**
 * ls_sql_set_cancellable:
 * @sql: a connection
 * @cancellable: (nullable): watched until another one, or %NULL, is set
 *
 * Makes statements end with `LS_SQL_ERROR_INTERRUPTED` soon after @cancellable is cancelled. Commit
 * and rollback are never interrupted. A wait for another connection's lock is not either: it ends
 * with the busy timeout. Costs a call per 1,000 steps of SQLite's machine.
 */
void          ls_sql_set_cancellable       (LsSql               *sql,
                                            GCancellable        *cancellable);

/**
 * LsSqlCollate:
 * @a: first text, UTF-8, not NUL terminated
 * @a_len: its bytes
 * @b: second text
 * @b_len: its bytes
 * @user_data: as given to ls_sql_add_collation()
 *
 * Compares two texts. The order must be total and never change as long as an index uses it: when it
 * does (another version of the collation's data), run `REINDEX name`. It must not use the
 * connection.
 *
 * Returns: negative, 0 or positive
 */
typedef int (*LsSqlCollate) (const char *a,
                             size_t      a_len,
                             const char *b,
                             size_t      b_len,
                             gpointer    user_data);

/**
 * ls_sql_add_collation:
 * @sql: a connection
 * @name: the name used after COLLATE
 * @compare: (scope notified): the order
 * @user_data: passed to @compare
 * @destroy: (nullable): frees @user_data when the connection closes, the collation is replaced, or
 *   this call fails
 * @error: return location for a #GError
 *
 * Registers a collation. Every connection that touches an index made with it has to.
 *
 * Returns: whether it is registered
 */
gboolean      ls_sql_add_collation         (LsSql               *sql,
                                            const char          *name,
                                            LsSqlCollate         compare,
                                            gpointer             user_data,
                                            GDestroyNotify       destroy,
                                            GError             **error);

/**
 * LsSqlPredicate:
 * @text: the first argument, UTF-8 that ends in NUL
 * @argument: the second one
 * @user_data: as given to ls_sql_add_predicate()
 *
 * Tells something of a text. The same arguments must always give the same answer. It must not use
 * the connection.
 *
 * Returns: whether it holds
 */
typedef gboolean (*LsSqlPredicate) (const char *text,
                                    const char *argument,
                                    gpointer    user_data);

/**
 * ls_sql_add_predicate:
 * @sql: a connection
 * @name: the name of the function in SQL
 * @predicate: (scope notified): what it tells
 * @user_data: passed to @predicate
 * @destroy: (nullable): frees @user_data when the connection closes, the function is replaced, or
 *   this call fails
 * @error: return location for a #GError
 *
 * Registers a function of two texts that gives 0 or 1, and NULL when one of them is no text.
 *
 * Returns: whether it is registered
 */
gboolean      ls_sql_add_predicate         (LsSql               *sql,
                                            const char          *name,
                                            LsSqlPredicate       predicate,
                                            gpointer             user_data,
                                            GDestroyNotify       destroy,
                                            GError             **error);

/**
 * ls_sql_has_fts5:
 * @sql: a connection
 *
 * Tells whether this SQLite can make FTS5 tables.
 *
 * Returns: whether it can
 */
gboolean      ls_sql_has_fts5              (LsSql               *sql);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsSql, ls_sql_unref)

G_END_DECLS
