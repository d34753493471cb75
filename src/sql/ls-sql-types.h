/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>
#include <stdint.h>

#include "sql/ls-sql-error.h"

G_BEGIN_DECLS

/**
 * LsSql:
 *
 * A connection to one SQLite database. It is reference counted (statements and transactions hold
 * it), and closes with the last reference. It may move between threads but be used by one at a time
 * only: SQLite's own locks are off. ls_sql_interrupt() alone may be called from anywhere.
 */
typedef struct _LsSql LsSql;

/**
 * LsStatement:
 *
 * A prepared statement, borrowed from its connection's cache. Freeing it gives it back, reset and
 * without bindings.
 */
typedef struct _LsStatement LsStatement;

/**
 * LsSqlTransaction:
 *
 * An open transaction. Freeing it rolls back, so an early return cannot leave one open.
 */
typedef struct _LsSqlTransaction LsSqlTransaction;

/**
 * LsSqlSavepoint:
 *
 * A savepoint inside a transaction. Freeing it takes back all that happened since it was made.
 */
typedef struct _LsSqlSavepoint LsSqlSavepoint;

G_END_DECLS
