/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-client.h"
#include "client/ls-engine.h"
#include "client/ls-retry.h"

G_BEGIN_DECLS

/**
 * LsClient:
 *
 * One signed-in account with all its parts: the cache of its folder, the store that windows read,
 * the engine that keeps both in step with the server, the bus where everything is told. It is
 * opened once, started, and stopped for good. Main thread only; nothing here waits.
 */
struct _LsClient {
  GObject parent_instance;

  /* Owned */
  LsEnvironment *environment;
  char *server_url;
  char *user;
  char *data_dir;
  char *ca_file;
  const LsCollation *collation;
  LsConnectionOptions options;
  LsEndpoint *endpoint; /* NULL before the first token */
  LsStore *store;       /* these NULL before it is open */
  LsEventBus *bus;
  LsConsistencyChecker *checker;
  LsEngine *engine; /* NULL once stopped, and while another process has the account open */

  /* State */
  LsConnectionStatus *status;
  GPtrArray *shops; /* LsShopEntry */
  bool started;
  bool is_stopped;
  bool offline;
  LsAttention attention;
  int64_t last_sync;
  char *action; /* what the admin is doing, for the next edit */
  GHashTable *syncs; /* id -> GTask */
  int64_t max_bytes; /* on the disk, 0 for any */
  uint64_t upkeep;   /* timer, 0 for none */
  gulong network_handler;
  unsigned n_sync_failed; /* in a row */
};

/* Opens a cache, or asks one that is open, and brings the answer back to the main queue. */
typedef struct {
  LsEnvironment *environment;
  GTask *task; /* NULL for a list of shops */
  GWeakRef client;
  LsJobFunc step;
  LsJobFunc answer;
  char *folder;
  const LsCollation *collation;
  char *shop;
  LsCache *cache;
  GPtrArray *shops; /* LsCacheShop */
  LsPosition position;
  int64_t rows, bytes_on_disk, bytes_free; /* measured */
  int64_t max_bytes;
  LsRetry *retry; /* NULL for what is tried once */
  GError *error;
} LsClientJob;

/* ls-client-trouble.c */
void         ls_client_watch_trouble (LsClient *self);

/* ls-client-job.c */
LsClientJob *ls_client_job_new  (LsClient    *self,
                                 LsJobFunc    step,
                                 LsJobFunc    answer);
void         ls_client_job_post (LsClientJob *job);

/* ls-client-events.c */
extern const LsEngineEvents ls_client_engine_events;

void ls_client_take_shops   (LsClient           *self,
                             GPtrArray          *shops);
void ls_client_take_status  (LsConnectionStatus *status,
                             gpointer            user_data);
void ls_client_make_engine  (LsClient           *self);
void ls_client_listen       (LsClient           *self);
void ls_client_ignore_edits (LsClient           *self);

/* ls-client-upkeep.c */
void ls_client_begin_upkeep (LsClient *self);
void ls_client_end_upkeep   (LsClient *self);

/* ls-client.c */
void ls_client_connect_if_possible (LsClient *self);

/* ls-client-sync.c */
void ls_client_take_progress (int64_t       id,
                              const GError *error,
                              gpointer      user_data);

G_END_DECLS
