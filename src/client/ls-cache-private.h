/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-cache.h"
#include "client/ls-scope-choice.h"
#include "sql/ls-sql.h"

G_BEGIN_DECLS

/* "LSca" */
#define LS_CACHE_APPLICATION_ID 0x4c536361u

/* The prefix of the names of tables of rows. */
#define LS_CACHE_ROWS_PREFIX "rows_"

/* What ls_cache_read_edit() reads. */
#define LS_EDIT_COLUMNS LS_EDIT_COLUMNS_1 ", reason"
#define LS_N_EDIT_COLUMNS 16
/* What a file of version 1 has of it. */
#define LS_EDIT_COLUMNS_1 \
  "id, mid, n, state, made_at, resolved_at, changes, contained, void, status, version, code," \
  " message, path, depends_on"

/* All collections, in a mask of them. */
#define LS_ALL_COLLECTIONS UINT32_MAX

typedef struct _LsShopState LsShopState;
typedef struct _LsStaging LsStaging;

/* Sums of the rows of one table, a bucket each. */
typedef struct {
  GHashTable *buckets; /* number -> LsBucket */
  GArray *dirty;       /* numbers of those that differ from what is stored */
} LsBuckets;

typedef struct {
  int64_t count;
  uint64_t hash;
  bool is_dirty;
} LsBucket;

/* One table of rows: a collection of a shop. */
typedef struct {
  int64_t shop; /* its number */
  const LsCollection *collection;
  int64_t generation;
  int64_t base;   /* its rows hold everything up to this version, even when the shop's is less */
  uint64_t view;  /* hash of the view that its rows have */
  uint64_t fields; /* the fields in it */
  bool is_held;   /* fetched from the server; else only made for edits */
  uint32_t since; /* complete from this bucket on; rows before it are on their way out */
  char *name;
  char *select_sql;
  char *insert_sql;
  char *delete_sql;
  LsStatement *select; /* kept, since finding them by their texts costs as much as running them */
  LsStatement *insert;
  GHashTable *updates; /* mask of fields -> LsStatement */
  LsBuckets *sums;
  unsigned corrections; /* how often the sums were corrected */
  bool has_gone; /* ids of rows that went wait in `gone` */
} LsTable;

/* An edit that still shows, or still waits. */
typedef struct {
  LsEdit *edit;
  uint32_t contained; /* collections whose confirmed rows have it already */
} LsOpenEdit;

/* A row under open edits. */
typedef struct {
  const LsCollection *collection;
  char *key;
  int64_t id;
  LsRecord *confirmed;
  GPtrArray *edits; /* LsOpenEdit, borrowed, in order */
  bool is_stored; /* in the file */
  bool is_stale;  /* but with another confirmed row */
  bool is_dirty;  /* waits to be rebased */
} LsShadow;

struct _LsShopState {
  int64_t number;
  char *shop;
  char *name;
  char *role;
  LsPosition position;
  uint64_t view;
  int64_t synced_at;
  int64_t highest_n;
  LsScopeChoice choice; /* what is to be held of it */
  LsScope told;         /* what that was when it was told last: of more nothing comes */
  LsTable *tables[LS_N_COLLECTIONS];
  GHashTable *shadows[LS_N_COLLECTIONS]; /* key -> LsShadow */
  GPtrArray *edits;                      /* LsOpenEdit, in order of id */
};

struct _LsCache {
  GObject parent_instance;

  LsEnvironment *environment;
  LsQueue *queue;
  char *path;
  const LsCollation *collation;
  int lock;
  bool was_killed;
  char *set_aside;     /* where a damaged file was kept when this one was opened */
  unsigned n_salvaged; /* edits that came over from it */
  bool is_read_only; /* another process is the writer */
  GHashTable *told;  /* mid -> LsEdit that waits or failed, as read last, while it is read-only */

  LsSql *sql;
  LsSqlSync sync;
  int64_t sequence;
  int64_t next_id;
  char *client;
  GHashTable *shops;    /* name -> LsShopState */
  GHashTable *stagings; /* name -> LsStaging */
  GHashTable *views;    /* name -> hash of the view that was set last, boxed */
  GError *broken;       /* what memory could not be read back for */
  bool is_suspect;      /* a commit of this connection ended unknown: it can't be used any more */

  LsCacheCommitFunc listener;
  gpointer listener_data;
  GDestroyNotify listener_destroy;
};

/* One transaction, and what the listener will hear of it. */
typedef struct {
  LsCache *cache;
  LsShopState *shop;
  LsSqlTransaction *transaction;
  LsCacheCommit *commit;
  GHashTable *by_id; /* id -> its place in the commit's changes, plus 1 */
  GPtrArray *dirty;  /* LsShadow to rebase */
  bool is_quiet;     /* nothing that anybody sees: the listener is not called */
} LsCacheTx;

/* ls-cache.c */
LsCache     *ls_cache_new                 (LsEnvironment      *environment,
                                           const char         *path,
                                           const LsCollation  *collation);
bool         ls_cache_open_writing        (LsCache            *self,
                                           GError            **error);
bool         ls_cache_open_file           (LsCache            *self,
                                           GError            **error);

/* ls-cache-salvage.c */
bool         ls_cache_check_suspect       (LsCache            *self,
                                           GError            **error);
bool         ls_cache_begin_anew          (LsCache            *self,
                                           const GError       *reason,
                                           GError            **error);

/* ls-cache-share.c */
bool         ls_cache_take_lock           (LsCache            *self,
                                           bool               *ret_is_held,
                                           GError            **error);
void         ls_cache_drop_lock           (LsCache            *self);
bool         ls_cache_check_writable      (LsCache            *self,
                                           GError            **error);

/* ls-cache-schema.c */
bool         ls_cache_check_header        (LsCache            *self,
                                           GError            **error);
bool         ls_cache_check_version       (LsCache            *self,
                                           GError            **error);
LsSql       *ls_cache_connect             (LsEnvironment      *environment,
                                           const char         *path,
                                           const LsCollation  *collation,
                                           LsSqlMode           mode,
                                           GError            **error);
bool         ls_cache_migrate             (LsCache            *self,
                                           GError            **error);
char        *ls_cache_table_name          (int64_t             shop,
                                           const LsCollection *collection,
                                           int64_t             generation);
char        *ls_cache_sql                 (const char         *text,
                                           const char         *first,
                                           const char         *second);
char        *ls_cache_columns             (const LsCollection *collection);
LsTable     *ls_table_new                 (int64_t             shop,
                                           const LsCollection *collection,
                                           int64_t             generation);
void         ls_table_free                (LsTable            *table);
bool         ls_cache_create_table        (LsCache            *self,
                                           LsTable            *table,
                                           GError            **error);
bool         ls_cache_create_index        (LsCache            *self,
                                           LsTable            *table,
                                           int                 which,
                                           bool               *ret_made,
                                           GError            **error);
bool         ls_cache_complete_table      (LsCache            *self,
                                           LsTable            *table,
                                           GError            **error);
uint64_t     ls_cache_parse_field_names   (const LsCollection *collection,
                                           const char         *names);
bool         ls_cache_store_table         (LsCache            *self,
                                           LsTable            *table,
                                           GError            **error);
bool         ls_cache_next_generation     (LsCache            *self,
                                           int64_t            *ret_generation,
                                           GError            **error);

/* ls-cache-memory.c */
bool         ls_cache_load                (LsCache            *self,
                                           GError            **error);
LsShopState *ls_cache_find_shop           (LsCache            *self,
                                           const char         *shop);
LsShopState *ls_cache_need_shop           (LsCache            *self,
                                           const char         *shop,
                                           GError            **error);
LsTable     *ls_cache_need_table          (LsCache            *self,
                                           LsShopState        *shop,
                                           const LsCollection *collection,
                                           GError            **error);
LsShadow    *ls_shop_find_shadow          (LsShopState        *shop,
                                           const LsCollection *collection,
                                           const char         *key);
LsShadow    *ls_shop_add_shadow           (LsShopState        *shop,
                                           const LsCollection *collection,
                                           const char         *key);
void         ls_shop_remove_shadow        (LsShopState        *shop,
                                           LsShadow           *shadow);
GPtrArray   *ls_shop_list_shadows         (LsShopState        *shop,
                                           const LsCollection *collection);
LsOpenEdit  *ls_shop_find_edit            (LsShopState        *shop,
                                           const char         *mid);
LsOpenEdit  *ls_shop_add_edit             (LsShopState        *shop,
                                           LsEdit             *edit);
void         ls_shop_remove_edit          (LsShopState        *shop,
                                           LsOpenEdit         *open);
unsigned     ls_shop_count_waiting        (LsShopState        *shop);
void         ls_shop_state_free           (LsShopState        *shop);

/* ls-cache-tx.c */
bool         ls_cache_is_sound            (LsCache            *self,
                                           GError            **error);
bool         ls_cache_tx_begin            (LsCache            *self,
                                           LsSqlSync           sync,
                                           LsCacheTx          *tx,
                                           GError            **error);
bool         ls_cache_tx_set_shop         (LsCacheTx          *tx,
                                           const char         *shop,
                                           GError            **error);
void         ls_cache_tx_change           (LsCacheTx          *tx,
                                           const LsCollection *collection,
                                           int64_t             id,
                                           LsRecord           *before,
                                           LsRecord           *after,
                                           bool                pending);
void         ls_cache_tx_tell_edit        (LsCacheTx          *tx,
                                           LsEdit             *edit);
bool         ls_cache_tx_commit           (LsCacheTx          *tx,
                                           GError            **error);
void         ls_cache_tx_clear            (LsCacheTx          *tx);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LsCacheTx, ls_cache_tx_clear)

/* ls-cache-rows.c */
LsRecord    *ls_cache_read_record         (LsStatement        *statement,
                                           int                 column,
                                           const LsCollection *collection,
                                           const char         *key);
bool         ls_cache_find_row            (LsCache            *self,
                                           LsTable            *table,
                                           const char         *key,
                                           int64_t            *ret_id,
                                           LsRecord          **ret_record,
                                           GError            **error);
bool         ls_cache_insert_row          (LsCache            *self,
                                           LsTable            *table,
                                           int64_t             id,
                                           const LsRecord     *record,
                                           GError            **error);
bool         ls_cache_write_row           (LsCache            *self,
                                           LsTable            *table,
                                           int64_t             id,
                                           const LsRecord     *before,
                                           const LsRecord     *after,
                                           GError            **error);
bool         ls_cache_take_id             (LsCache            *self,
                                           LsTable            *table,
                                           const char         *key,
                                           int64_t            *ret_id,
                                           GError            **error);
bool         ls_cache_remember_id         (LsCache            *self,
                                           LsTable            *table,
                                           const char         *key,
                                           int64_t             id,
                                           GError            **error);

/* ls-cache-scope.c */
bool         ls_cache_narrow              (LsCacheTx          *tx,
                                           bool               *ret_changed,
                                           GError            **error);
bool         ls_cache_narrow_to_told      (LsCacheTx          *tx,
                                           bool               *ret_changed,
                                           GError            **error);
bool         ls_table_wants               (const LsTable      *table,
                                           const LsChange     *change,
                                           const LsRecord     *before);
bool         ls_cache_let_go              (LsCache            *self,
                                           bool               *ret_any,
                                           GError            **error);

/* ls-cache-view.c */
const LsView *ls_cache_find_view          (uint64_t            hash);
bool         ls_cache_lose_collection     (LsCacheTx          *tx,
                                           LsTable            *table,
                                           GError            **error);

/* ls-cache-overlay.c */
bool         ls_cache_edit_shows          (const LsOpenEdit   *open,
                                           const LsCollection *collection);
LsRecord    *ls_shadow_compute_visible    (const LsShadow     *shadow);
bool         ls_shadow_is_pending         (const LsShadow     *shadow);
bool         ls_cache_cover_edit          (LsCacheTx          *tx,
                                           LsOpenEdit         *open,
                                           GError            **error);
void         ls_cache_drop_edit           (LsCacheTx          *tx,
                                           LsOpenEdit         *open);
void         ls_cache_touch_edit          (LsCacheTx          *tx,
                                           LsOpenEdit         *open);
void         ls_cache_touch_shadow        (LsCacheTx          *tx,
                                           LsShadow           *shadow);
bool         ls_cache_set_contained       (LsCacheTx          *tx,
                                           LsOpenEdit         *open,
                                           uint32_t            contained,
                                           GError            **error);
bool         ls_cache_store_shadow        (LsCacheTx          *tx,
                                           LsShadow           *shadow,
                                           GError            **error);
bool         ls_cache_rebase              (LsCacheTx          *tx,
                                           GError            **error);

/* ls-cache-delta.c */
void         ls_cache_close_contained     (LsCacheTx          *tx);
bool         ls_cache_apply_confirmed     (LsCacheTx          *tx,
                                           const LsChange     *change,
                                           GError            **error);

/* ls-cache-edits.c */
GPtrArray   *ls_cache_try_changes         (LsCache            *self,
                                           const char         *shop,
                                           GPtrArray          *changes,
                                           GError            **error);
LsOpenEdit  *ls_cache_append_edit         (LsCacheTx          *tx,
                                           const char         *mid,
                                           int64_t             n,
                                           GPtrArray          *changes,
                                           GError            **error);
bool         ls_cache_store_edit          (LsCache            *self,
                                           LsShopState        *shop,
                                           LsEdit             *edit,
                                           uint32_t            contained,
                                           GError            **error);
LsEdit      *ls_cache_read_edit           (LsStatement        *statement,
                                           const char         *shop,
                                           uint32_t           *ret_contained,
                                           GError            **error);
bool         ls_cache_delete_edit         (LsCache            *self,
                                           const LsEdit       *edit,
                                           GError            **error);
bool         ls_cache_prune_journal       (LsCache            *self,
                                           GError            **error);

/* ls-cache-chain.c */
bool         ls_cache_rechain             (LsCacheTx          *tx,
                                           const LsEdit       *edit,
                                           GPtrArray         **ret_changes,
                                           GError            **error);

bool         ls_cache_unlink_edit         (LsCacheTx          *tx,
                                           LsOpenEdit         *open,
                                           GError            **error);

bool         ls_shadow_exists_before      (const LsShadow     *shadow,
                                           int64_t             id);

/* ls-cache-merge.c */
bool         ls_cache_join_edit           (LsCacheTx          *tx,
                                           GPtrArray          *changes,
                                           LsEdit            **ret_edit,
                                           GError            **error);

/* ls-cache-letters.c */
bool         ls_cache_mark_lost           (LsCacheTx          *tx,
                                           int64_t             base,
                                           GError            **error);

/* ls-cache-outbox.c */
bool         ls_cache_count_again         (LsCacheTx          *tx,
                                           GError            **error);
bool         ls_cache_discard_open        (LsCacheTx          *tx,
                                           LsOpenEdit         *open,
                                           GError            **error);

/* ls-cache-digests.c */
LsBuckets   *ls_buckets_new               (void);
void         ls_buckets_free              (LsBuckets          *sums);
void         ls_buckets_add               (LsBuckets          *sums,
                                           uint32_t            number,
                                           int64_t             count,
                                           uint64_t            hash);
void         ls_buckets_replace           (LsBuckets          *sums,
                                           const LsRecord     *before,
                                           const LsRecord     *after);
LsDigestSum  ls_buckets_get_since         (LsBuckets          *sums,
                                           uint32_t            since);
bool         ls_buckets_has_before        (LsBuckets          *sums,
                                           uint32_t            since);
LsDigestSum  ls_buckets_take              (LsBuckets          *sums,
                                           uint32_t            number);
void         ls_buckets_foreach           (LsBuckets          *sums,
                                           LsDigestBucketFunc  func,
                                           gpointer            user_data);
LsBuckets   *ls_cache_need_sums           (LsCache            *self,
                                           LsTable            *table,
                                           GError            **error);
bool         ls_cache_store_sums          (LsCache            *self,
                                           LsTable            *table,
                                           GError            **error);

/* ls-cache-snapshot.c */
void         ls_staging_free              (LsStaging          *staging);
void         ls_staging_hold              (LsStaging          *staging,
                                           int64_t             version,
                                           LsChange           *change);
bool         ls_staging_wants             (LsStaging          *staging,
                                           const LsCollection *collection);
bool         ls_staging_has_table         (LsStaging          *staging,
                                           const char         *name);

/* ls-cache-swap.c */
bool         ls_cache_swap_table          (LsCacheTx          *tx,
                                           LsTable            *fresh,
                                           GError            **error);
bool         ls_cache_keep_id             (LsCache            *self,
                                           const LsTable      *old,
                                           LsTable            *fresh,
                                           const char         *key,
                                           GError            **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsTable, ls_table_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsBuckets, ls_buckets_free)

G_END_DECLS
