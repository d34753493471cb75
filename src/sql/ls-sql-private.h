/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <sqlite3.h>

#include "sql/ls-sql.h"

G_BEGIN_DECLS

struct _LsSqlTransaction {
  LsSql *sql; /* a reference while the transaction is open */
};

struct _LsStatement {
  LsSql        *sql; /* a reference while the statement is out, NULL in the cache */
  sqlite3_stmt *stmt;
  char         *text;
  unsigned      hash; /* of the text */
  GList         link; /* in LsSql.recent while idle */
  int           bind_code; /* of the first binding that failed */
  gboolean      done;
};

struct _LsSql {
  sqlite3          *db;
  char             *path;
  char             *vfs;
  LsSqlMode         mode;

  /* Idle statements: each by its text, and the most recently used first. */
  GHashTable       *idle;
  GQueue            recent;
  unsigned          n_cached_statements;

  LsSqlTransaction  transaction;
  unsigned          n_savepoints;
  gboolean          suspect;
  int               extended_code;

  GCancellable     *cancellable;
  unsigned          deaf; /* while not 0, the cancellable is not listened to */
};

/* The failure of a statement or, without @text, of a call. To be called first after it. */
void         ls_sql_set_error             (LsSql        *sql,
                                           int           code,
                                           const char   *text,
                                           GError      **error);

/* The beginning of a statement on one line, for messages. */
char        *ls_sql_abridge               (const char   *text);

/* SQLite may be built to take any name that begins with "file:" as a URI; and ":memory:". */
char        *ls_sql_literal_path          (const char   *path);

/* Runs one of our own control statements ("COMMIT"), which no cancellable stops. */
int          ls_sql_control               (LsSql        *sql,
                                           const char   *text);

/* Whether SQLite ended the open transaction by itself. */
gboolean     ls_sql_transaction_is_lost   (LsSql        *sql);

/* A set of statements, where they are found by their text. */
GHashTable  *ls_statement_table_new       (void);

void         ls_sql_clear_statements      (LsSql        *sql);

G_END_DECLS
