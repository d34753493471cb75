/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sql/ls-sql-types.h"

G_BEGIN_DECLS

/**
 * LsStep:
 * @LS_STEP_ERROR: the step failed and the error is set
 * @LS_STEP_ROW: there is a row to read
 * @LS_STEP_DONE: the statement has come to its end
 *
 * What one step of a statement led to. It is no gboolean: compare it.
 */
typedef enum {
  LS_STEP_ERROR,
  LS_STEP_ROW,
  LS_STEP_DONE,
} LsStep;

/**
 * ls_sql_prepare:
 * @sql: a connection
 * @text: exactly one statement
 * @error: return location for a #GError
 *
 * Takes a statement from the connection's cache, or prepares it. The cache keeps the most recently
 * used ones by text. Two statements of the same text may be out at once.
 *
 * Returns: (transfer full) (nullable): the statement
 */
LsStatement *ls_sql_prepare                (LsSql        *sql,
                                            const char   *text,
                                            GError      **error);

/**
 * ls_statement_free:
 * @statement: (transfer full): a statement
 *
 * Gives a statement back to its connection's cache.
 */
void         ls_statement_free             (LsStatement  *statement);

/**
 * ls_statement_bind_int64:
 * @statement: a statement that is not in the middle of its rows
 * @index: the parameter, from 1
 * @value: the number
 *
 * Binds a number. A binding that fails (no such parameter, too large, rows not read to their end)
 * makes the next step report it, so that no binding needs a check of its own.
 */
void         ls_statement_bind_int64       (LsStatement  *statement,
                                            int           index,
                                            int64_t       value);

/**
 * ls_statement_bind_text:
 * @statement: a statement
 * @index: the parameter, from 1
 * @text: (nullable): UTF-8; copied; %NULL binds NULL
 * @length: bytes, -1 if @text ends in NUL
 *
 * Binds a copy of a text. Errors as in ls_statement_bind_int64().
 */
void         ls_statement_bind_text        (LsStatement  *statement,
                                            int           index,
                                            const char   *text,
                                            gssize        length);

/**
 * ls_statement_bind_text_static:
 * @statement: a statement
 * @index: the parameter, from 1
 * @text: (nullable): UTF-8, unchanged until the parameter is bound anew or the statement freed
 * @length: bytes, -1 if @text ends in NUL
 *
 * Binds a text without copying it.
 */
void         ls_statement_bind_text_static (LsStatement  *statement,
                                            int           index,
                                            const char   *text,
                                            gssize        length);

/**
 * ls_statement_bind_blob:
 * @statement: a statement
 * @index: the parameter, from 1
 * @data: (nullable): copied; %NULL binds NULL
 * @length: bytes
 *
 * Binds a copy of some bytes. Errors as in ls_statement_bind_int64().
 */
void         ls_statement_bind_blob        (LsStatement  *statement,
                                            int           index,
                                            const void   *data,
                                            size_t        length);

/**
 * ls_statement_bind_blob_static:
 * @statement: a statement
 * @index: the parameter, from 1
 * @data: (nullable): unchanged until the parameter is bound anew or the statement freed
 * @length: bytes
 *
 * Binds bytes without copying them.
 */
void         ls_statement_bind_blob_static (LsStatement  *statement,
                                            int           index,
                                            const void   *data,
                                            size_t        length);

/**
 * ls_statement_bind_null:
 * @statement: a statement
 * @index: the parameter, from 1
 *
 * Binds NULL, which is also what an unbound parameter holds.
 */
void         ls_statement_bind_null        (LsStatement  *statement,
                                            int           index);

/**
 * ls_statement_step:
 * @statement: a statement
 * @error: return location for a #GError
 *
 * Runs to the next row. After `LS_STEP_DONE` it stays done until ls_statement_reset(), so that one
 * step too many cannot run an INSERT twice. After `LS_STEP_ERROR` it is reset.
 *
 * Inside a transaction that SQLite has rolled back by itself (disk full, I/O error) every step
 * fails rather than write outside of it.
 *
 * Returns: what happened
 */
LsStep       ls_statement_step             (LsStatement  *statement,
                                            GError      **error);

/**
 * ls_statement_run:
 * @statement: a statement
 * @error: return location for a #GError
 *
 * Steps to the end, throwing rows away, and resets, keeping the bindings.
 *
 * Returns: whether it went well
 */
gboolean     ls_statement_run              (LsStatement  *statement,
                                            GError      **error);

/**
 * ls_statement_reset:
 * @statement: a statement
 *
 * Goes back to before the first row. Bindings stay.
 */
void         ls_statement_reset            (LsStatement  *statement);

/**
 * ls_statement_clear:
 * @statement: a statement
 *
 * Goes back to before the first row and forgets the bindings, for one that is kept and used again:
 * what was bound without a copy may go.
 */
void         ls_statement_clear            (LsStatement  *statement);

/**
 * ls_statement_get_n_columns:
 * @statement: a statement
 *
 * Gets the number of columns.
 *
 * Returns: the number, 0 if the statement returns no rows
 */
int          ls_statement_get_n_columns    (LsStatement  *statement);

/**
 * ls_statement_get_column_name:
 * @statement: a statement
 * @column: the column, from 0
 *
 * Gets the name of a column as given by AS.
 *
 * Returns: (transfer none) (nullable): the name, valid until the next step
 */
const char  *ls_statement_get_column_name  (LsStatement  *statement,
                                            int           column);

/**
 * ls_statement_is_null:
 * @statement: a statement on a row
 * @column: the column, from 0
 *
 * Tells whether a value is NULL.
 *
 * Returns: whether it is
 */
gboolean     ls_statement_is_null          (LsStatement  *statement,
                                            int           column);

/**
 * ls_statement_get_int64:
 * @statement: a statement on a row
 * @column: the column, from 0
 *
 * Gets a number. SQLite converts other types; NULL is 0.
 *
 * Returns: the number
 */
int64_t      ls_statement_get_int64        (LsStatement  *statement,
                                            int           column);

/**
 * ls_statement_need_text:
 * @statement: a statement on a row
 * @column: the column, from 0
 * @error: return location for a #GError
 *
 * Gets a text from a column that the schema says is never NULL. In a damaged file it may be, or be
 * no text: that is `LS_SQL_ERROR_CORRUPT`.
 *
 * Returns: (transfer none) (nullable): valid UTF-8, until the next step, reset or free
 */
const char  *ls_statement_need_text        (LsStatement  *statement,
                                            int           column,
                                            GError      **error);

/**
 * ls_step_need_row:
 * @step: how a step ended
 * @what: what the row was to hold
 * @error: return location for a #GError, set by the step if that failed
 *
 * For queries that always have an answer, but not in a damaged file: that is `LS_SQL_ERROR_CORRUPT`.
 *
 * Returns: whether there is a row
 */
gboolean     ls_step_need_row              (LsStep        step,
                                            const char   *what,
                                            GError      **error);

/**
 * ls_statement_get_text:
 * @statement: a statement on a row
 * @column: the column, from 0
 *
 * Gets a text that ends in NUL.
 *
 * Returns: (transfer none) (nullable): the text, valid until the next step, reset or free; %NULL
 *   for NULL
 */
const char  *ls_statement_get_text         (LsStatement  *statement,
                                            int           column);

/**
 * ls_statement_dup_text:
 * @statement: a statement on a row
 * @column: the column, from 0
 *
 * Gets a copy of a text.
 *
 * Returns: (transfer full) (nullable): the text, %NULL for NULL
 */
char        *ls_statement_dup_text         (LsStatement  *statement,
                                            int           column);

/**
 * ls_statement_get_blob:
 * @statement: a statement on a row
 * @column: the column, from 0
 * @length: (out): bytes
 *
 * Gets the bytes of a blob or a text, also of a text with NUL inside.
 *
 * Returns: (transfer none) (nullable): the bytes, valid until the next step, reset or free; %NULL
 *   for NULL and for no bytes
 */
const void  *ls_statement_get_blob         (LsStatement  *statement,
                                            int           column,
                                            size_t       *length);

/**
 * ls_statement_dup_blob:
 * @statement: a statement on a row
 * @column: the column, from 0
 *
 * Gets a copy of the bytes of a blob or a text.
 *
 * Returns: (transfer full) (nullable): the bytes, %NULL for NULL
 */
GBytes      *ls_statement_dup_blob         (LsStatement  *statement,
                                            int           column);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsStatement, ls_statement_free)

G_END_DECLS
