/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sql/ls-sql-types.h"

G_BEGIN_DECLS

/**
 * LsSqlBegin:
 * @LS_SQL_BEGIN_IMMEDIATE: takes the write lock now, so that no later statement meets a lock
 * @LS_SQL_BEGIN_DEFERRED: takes locks as statements need them; a write after a read may fail with
 *   `LS_SQL_ERROR_BUSY` at once
 * @LS_SQL_BEGIN_READ: to read one snapshot, which is pinned before the call returns
 *
 * How a transaction begins.
 */
typedef enum {
  LS_SQL_BEGIN_IMMEDIATE,
  LS_SQL_BEGIN_DEFERRED,
  LS_SQL_BEGIN_READ,
} LsSqlBegin;

/**
 * LsSqlCommit:
 * @LS_SQL_COMMIT_OK: committed, and as durable as `LsSqlSync` says
 * @LS_SQL_COMMIT_FAILED: rolled back for sure
 * @LS_SQL_COMMIT_UNKNOWN: an I/O error at the commit: the transaction may come back when the file
 *   is opened after a crash. Give up all connections to the file, open it again and read what it
 *   holds
 *
 * How a commit ended.
 */
typedef enum {
  LS_SQL_COMMIT_OK,
  LS_SQL_COMMIT_FAILED,
  LS_SQL_COMMIT_UNKNOWN,
} LsSqlCommit;

/**
 * ls_sql_begin:
 * @sql: a connection without an open transaction
 * @how: how to begin
 * @error: return location for a #GError
 *
 * Begins a transaction.
 *
 * Returns: (transfer full) (nullable): the transaction; commit it, or free it to roll back
 */
LsSqlTransaction *ls_sql_begin             (LsSql             *sql,
                                            LsSqlBegin         how,
                                            GError           **error);

/**
 * ls_sql_commit:
 * @transaction: (transfer full): a transaction; hand it over with g_steal_pointer()
 * @error: return location for a #GError
 *
 * Commits. Whatever the outcome, the transaction is over.
 *
 * After `LS_SQL_COMMIT_UNKNOWN` this connection shows the state before the transaction, which
 * proves nothing: its pages may already stand complete in the write-ahead log.
 *
 * Returns: the outcome; @error is set unless it is `LS_SQL_COMMIT_OK`
 */
LsSqlCommit       ls_sql_commit            (LsSqlTransaction  *transaction,
                                            GError           **error);

/**
 * ls_sql_rollback:
 * @transaction: (transfer full): a transaction
 *
 * Takes back all that happened since ls_sql_begin(). Statements in the middle of their rows fail at
 * their next step.
 */
void              ls_sql_rollback          (LsSqlTransaction  *transaction);

/**
 * ls_sql_in_transaction:
 * @sql: a connection
 *
 * Tells whether a transaction is open, also one begun by a script.
 *
 * Returns: whether one is
 */
gboolean          ls_sql_in_transaction    (LsSql             *sql);

/**
 * ls_sql_savepoint:
 * @sql: a connection in a transaction of ls_sql_begin()
 * @error: return location for a #GError
 *
 * Begins a savepoint. They nest, up to 32 deep, and end in the opposite order.
 *
 * Returns: (transfer full) (nullable): the savepoint; release it, or free it to take it back
 */
LsSqlSavepoint   *ls_sql_savepoint         (LsSql             *sql,
                                            GError           **error);

/**
 * ls_sql_release:
 * @savepoint: (transfer full): the innermost savepoint
 * @error: return location for a #GError
 *
 * Keeps what happened since the savepoint, as part of the transaction. If this fails, it is taken
 * back.
 *
 * Returns: whether it is kept
 */
gboolean          ls_sql_release           (LsSqlSavepoint    *savepoint,
                                            GError           **error);

/**
 * ls_sql_rollback_to:
 * @savepoint: (transfer full): the innermost savepoint
 *
 * Takes back what happened since the savepoint and ends it.
 */
void              ls_sql_rollback_to       (LsSqlSavepoint    *savepoint);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsSqlTransaction, ls_sql_rollback)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsSqlSavepoint, ls_sql_rollback_to)

G_END_DECLS
