/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/ls-storage-private.h"
#include "server/ls-storage-sqlite.h"
#include "sql/ls-sql.h"

G_BEGIN_DECLS

#define LS_TYPE_STORAGE_SQLITE (ls_storage_sqlite_get_type ())
G_DECLARE_FINAL_TYPE (LsStorageSqlite, ls_storage_sqlite, LS, STORAGE_SQLITE, LsStorage)

/* The statements of one collection; texts live as long as the storage. */
typedef struct {
  const LsCollection *collection;
  char *create;
  char *select;   /* by shop and key */
  char *scan;     /* by shop, in the order of keys */
  char *slice;    /* the same from a key on, some rows */
  char *insert;   /* shop, key, fields */
  char *remove;   /* by shop and key */
  GPtrArray *list;     /* by shop and one field, for each field; made when asked for */
  GPtrArray *between;
  GHashTable *updates; /* mask of fields -> text; used by the writer only */
} LsRowSql;

typedef struct {
  LsStorageTx base;
  LsSqlTransaction *transaction;
  GHashTable *last_n; /* client -> int64_t: what was read or is to be written */
  GHashTable *dirty;  /* the clients in last_n that must be written */
  unsigned n_versions; /* appended */
  unsigned n_writes;
} LsSqliteTx;

struct _LsStorageSqlite {
  LsStorage parent_instance;

  /* Owned */
  LsEnvironment *environment;
  char *path;
  LsStorageListeners *listeners; /* in memory only */
  LsRowSql rows[LS_N_COLLECTIONS];

  /* The writer: held from begin to the end of a transaction. In memory it also reads. */
  GRecMutex writer_lock;
  LsSql *writer;
  LsSqliteTx *open;

  /* Readers that are idle */
  GMutex pool_lock;
  GQueue idle;

  /* Moving the write-ahead log into the file */
  LsSql *mover;
  GMutex mover_lock;
  int n_unmoved;
  int scheduled;
  int long_log;
};

LsStorage   *ls_storage_sqlite_open      (LsEnvironment       *environment,
                                          const char          *path,
                                          GError             **error);

/* ls-storage-sqlite-schema.c */
bool         ls_sqlite_prepare_schema    (LsStorageSqlite     *self,
                                          LsSql               *sql,
                                          GError             **error);

/* ls-storage-sqlite-epoch.c */
bool         ls_sqlite_begin_epochs      (LsEnvironment       *environment,
                                          LsSql               *sql,
                                          GError             **error);

/* ls-storage-sqlite-rows.c */
const char  *ls_row_sql_type             (const LsField       *field);
bool         ls_row_sql_has_index        (const LsField       *field);
char        *ls_row_sql_index_name       (const LsCollection  *collection,
                                          const LsField       *field);
void         ls_row_sql_init             (LsRowSql            *rows,
                                          const LsCollection  *collection);
void         ls_row_sql_clear            (LsRowSql            *rows);
LsRecord    *ls_row_sql_read             (const LsCollection  *collection,
                                          LsStatement         *statement);
LsRecord    *ls_row_sql_get              (LsRowSql            *rows,
                                          LsSql               *sql,
                                          const char          *shop,
                                          const char          *key,
                                          GError             **error);
GPtrArray   *ls_row_sql_list             (LsRowSql            *rows,
                                          LsSql               *sql,
                                          const char          *shop,
                                          unsigned             field,
                                          const LsValue       *value,
                                          GError             **error);
GPtrArray   *ls_row_sql_slice            (LsRowSql            *rows,
                                          LsSql               *sql,
                                          const char          *shop,
                                          const char          *after,
                                          unsigned             max_rows,
                                          GError             **error);
GPtrArray   *ls_row_sql_list_between     (LsRowSql            *rows,
                                          LsSql               *sql,
                                          const char          *shop,
                                          unsigned             field,
                                          int64_t              min,
                                          int64_t              max,
                                          GError             **error);
bool         ls_row_sql_apply            (LsRowSql            *rows,
                                          LsSql               *sql,
                                          const char          *shop,
                                          const LsChange      *change,
                                          GError             **error);

/* ls-storage-sqlite-log.c */
LsShop      *ls_sqlite_read_shop         (LsSql               *sql,
                                          const char          *shop,
                                          GError             **error);
bool         ls_sqlite_write_version     (LsSql               *sql,
                                          const char          *shop,
                                          const LsVersion     *version,
                                          GError             **error);
int64_t      ls_sqlite_read_last_n       (LsSql               *sql,
                                          const char          *shop,
                                          const char          *client,
                                          LsEditCount         *ret_before,
                                          GError             **error);
LsDecision  *ls_sqlite_find_decision     (LsSql               *sql,
                                          const char          *shop,
                                          const char          *mid,
                                          GError             **error);
bool         ls_sqlite_write_decision    (LsSql               *sql,
                                          const char          *shop,
                                          const char          *client,
                                          const LsDecision    *decision,
                                          int64_t              at,
                                          GError             **error);
GPtrArray   *ls_sqlite_read_decisions    (LsSql               *sql,
                                          const char          *shop,
                                          const char          *client,
                                          int64_t              after_n,
                                          GError             **error);
GPtrArray   *ls_sqlite_read_versions     (LsSql               *sql,
                                          const char          *shop,
                                          int64_t              from,
                                          int64_t              to,
                                          size_t               max_bytes,
                                          GError             **error);
LsStep       ls_sqlite_read_check        (LsSql               *sql,
                                          const char          *shop,
                                          int64_t              version,
                                          uint64_t            *ret_check,
                                          GError             **error);

/* ls-storage-sqlite-tx.c */
void         ls_sqlite_tx_class_init     (LsStorageClass      *klass);

/* ls-storage-sqlite-read.c */
void         ls_sqlite_read_class_init   (LsStorageClass      *klass);

/* ls-storage-sqlite-prune.c */
void         ls_sqlite_prune_class_init  (LsStorageClass      *klass);

/* ls-storage-sqlite.c */
LsSql       *ls_sqlite_acquire           (LsStorageSqlite     *self,
                                          GError             **error);
void         ls_sqlite_release           (LsStorageSqlite     *self,
                                          LsSql               *sql);
void         ls_sqlite_note_written      (LsStorageSqlite     *self,
                                          unsigned             n_writes);
void         ls_sqlite_trim_log          (LsStorageSqlite     *self);
LsSqlCommit  ls_sqlite_commit            (LsStorageSqlite     *self,
                                          LsSqlTransaction    *transaction,
                                          GError             **error);

G_END_DECLS
