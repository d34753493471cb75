/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-cache.h"
#include "client/ls-connection-manager.h"
#include "client/ls-event-bus.h"
#include "client/ls-scope-choice.h"

G_BEGIN_DECLS

#define LS_TYPE_SYNC_MANAGER (ls_sync_manager_get_type ())
G_DECLARE_FINAL_TYPE (LsSyncManager, ls_sync_manager, LS, SYNC_MANAGER, GObject)

/**
 * LsSyncEvents:
 * @status: the connection has another status
 * @shops: the list of shops is another
 * @progress: answers ls_sync_manager_sync_now(); @error says why not
 *
 * What a sync manager tells, on its queue. All else is told on the bus.
 */
typedef struct {
  void (*status)   (const LsConnectionStatus *status,
                    gpointer                  user_data);
  void (*shops)    (gpointer                  user_data);
  void (*progress) (int64_t                   id,
                    const GError             *error,
                    gpointer                  user_data);
} LsSyncEvents;

LsSyncManager *ls_sync_manager_new           (LsEnvironment       *environment,
                                              LsQueue             *queue,
                                              LsConnectionManager *connection,
                                              LsCache             *cache,
                                              LsEventBus          *bus);
void           ls_sync_manager_set_events    (LsSyncManager       *self,
                                              const LsSyncEvents  *events,
                                              gpointer             user_data);
void           ls_sync_manager_start         (LsSyncManager       *self);
void           ls_sync_manager_stop          (LsSyncManager       *self);
void           ls_sync_manager_edits_changed (LsSyncManager       *self,
                                              const char          *shop);
void           ls_sync_manager_sync_now      (LsSyncManager       *self,
                                              const char          *shop,
                                              int64_t              id);
void           ls_sync_manager_verify        (LsSyncManager       *self,
                                              const char          *shop,
                                              uint32_t             collections);
void           ls_sync_manager_suspect       (LsSyncManager       *self,
                                              const char          *shop,
                                              const LsCollection  *collection,
                                              GArray              *buckets);
void           ls_sync_manager_refetch       (LsSyncManager       *self,
                                              const char          *shop,
                                              uint32_t             collections);
void           ls_sync_manager_set_shown     (LsSyncManager       *self,
                                              const char          *shop,
                                              uint32_t             collections);
void           ls_sync_manager_set_scope     (LsSyncManager       *self,
                                              const char          *shop,
                                              const LsScopeChoice *choice);

G_END_DECLS
