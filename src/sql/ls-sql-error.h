/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * LS_SQL_ERROR:
 *
 * The error domain of `src/sql`. A message holds SQLite's own words, the name of the extended
 * result code and the beginning of the statement; it never holds a bound value.
 */
#define LS_SQL_ERROR (ls_sql_error_quark ())

/**
 * LsSqlError:
 * @LS_SQL_ERROR_BUSY: another connection holds the lock and the busy timeout is over; try again
 * @LS_SQL_ERROR_LOCKED: a statement of this very connection is in the way; a bug of the caller
 * @LS_SQL_ERROR_FULL: the disk is full; nothing was changed, make room and try again
 * @LS_SQL_ERROR_READONLY: the file, its folder or the connection is read-only
 * @LS_SQL_ERROR_IOERR: reading, writing or syncing failed; after a commit see
 *   `LS_SQL_COMMIT_UNKNOWN`
 * @LS_SQL_ERROR_CORRUPT: the file is damaged; restore or rebuild it
 * @LS_SQL_ERROR_NOTADB: the file is not an SQLite database; it was not touched
 * @LS_SQL_ERROR_CONSTRAINT: a UNIQUE, CHECK, NOT NULL or FOREIGN KEY rule refused the change
 * @LS_SQL_ERROR_MISUSE: the caller's mistake: wrong bindings, two statements in one text, no
 *   transaction
 * @LS_SQL_ERROR_INTERRUPTED: cancelled by ls_sql_interrupt() or a cancellable
 * @LS_SQL_ERROR_SCHEMA: the schema kept changing while the statement was prepared
 * @LS_SQL_ERROR_CANTOPEN: the file or its folder does not exist or may not be opened
 * @LS_SQL_ERROR_FOREIGN: the file belongs to another application; it was not touched
 * @LS_SQL_ERROR_TOO_NEW: the file was written by a newer version of this program; it was not
 *   touched
 * @LS_SQL_ERROR_OUTDATED: the file needs a migration that this connection may not make
 * @LS_SQL_ERROR_SETTING: a setting did not take effect; the message names it
 * @LS_SQL_ERROR_OTHER: anything else, above all errors in the text of a statement
 *
 * What can go wrong in SQLite.
 */
typedef enum {
  LS_SQL_ERROR_BUSY,
  LS_SQL_ERROR_LOCKED,
  LS_SQL_ERROR_FULL,
  LS_SQL_ERROR_READONLY,
  LS_SQL_ERROR_IOERR,
  LS_SQL_ERROR_CORRUPT,
  LS_SQL_ERROR_NOTADB,
  LS_SQL_ERROR_CONSTRAINT,
  LS_SQL_ERROR_MISUSE,
  LS_SQL_ERROR_INTERRUPTED,
  LS_SQL_ERROR_SCHEMA,
  LS_SQL_ERROR_CANTOPEN,
  LS_SQL_ERROR_FOREIGN,
  LS_SQL_ERROR_TOO_NEW,
  LS_SQL_ERROR_OUTDATED,
  LS_SQL_ERROR_SETTING,
  LS_SQL_ERROR_OTHER,
} LsSqlError;

/**
 * ls_sql_error_quark:
 *
 * Gets the error quark of `LS_SQL_ERROR`.
 *
 * Returns: the quark
 */
GQuark      ls_sql_error_quark    (void);

/**
 * ls_sql_error_from_code:
 * @code: a result code of SQLite, plain or extended
 *
 * Gets the error code that stands for a result code of SQLite.
 *
 * Returns: the error code
 */
LsSqlError  ls_sql_error_from_code (int code);

/**
 * ls_sql_code_to_string:
 * @code: a result code of SQLite, plain or extended
 *
 * Names a result code as SQLite's documentation does, for instance `SQLITE_IOERR_FSYNC`.
 * An extended code that is not known is named by its plain one.
 *
 * Returns: (transfer none): the name
 */
const char *ls_sql_code_to_string (int code);

G_END_DECLS
