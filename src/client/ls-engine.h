/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-cache.h"
#include "client/ls-connection-options.h"
#include "client/ls-connection-status.h"
#include "client/ls-endpoint.h"
#include "client/ls-event-bus.h"
#include "client/ls-scope-choice.h"

G_BEGIN_DECLS

/**
 * LS_ENGINE_QUEUE:
 *
 * The name of the queue that network and protocol run on.
 */
#define LS_ENGINE_QUEUE "engine"

/**
 * LsEngineEvents:
 * @status: (transfer full): the connection has another status
 * @shops: the list of shops is another
 * @progress: answers ls_engine_sync_now(); @error says why not
 *
 * What an engine tells, on the main queue.
 */
typedef struct {
  void (*status)   (LsConnectionStatus *status,
                    gpointer            user_data);
  void (*shops)    (gpointer            user_data);
  void (*progress) (int64_t             id,
                    const GError       *error,
                    gpointer            user_data);
} LsEngineEvents;

/**
 * LsEngine:
 *
 * Transport, connection and sync manager of an account, which live on the engine queue, as the main
 * thread holds them: every call is a job there, every event a job here. Main thread only; nothing
 * waits. It is at work until ls_engine_stop(), which drops the last reference of those parts on
 * their own queue.
 */
typedef struct _LsEngine LsEngine;

LsEngine *ls_engine_new           (LsEnvironment        *environment,
                                   LsCache              *cache,
                                   LsEventBus           *bus,
                                   const LsConnectionOptions *options,
                                   const LsEngineEvents *events,
                                   gpointer              user_data);
void      ls_engine_stop          (LsEngine             *engine,
                                   LsJobFunc             stopped,
                                   gpointer              user_data);
void      ls_engine_set_endpoint  (LsEngine             *engine,
                                   LsEndpoint           *endpoint);
void      ls_engine_connect       (LsEngine             *engine);
void      ls_engine_disconnect    (LsEngine             *engine);
void      ls_engine_set_by_hand   (LsEngine             *engine,
                                   bool                  offline);
void      ls_engine_try_now       (LsEngine             *engine);
void      ls_engine_set_attention (LsEngine             *engine,
                                   LsAttention           attention);
void      ls_engine_set_options   (LsEngine             *engine,
                                   const LsConnectionOptions *options);
void      ls_engine_edits_changed (LsEngine             *engine,
                                   const char           *shop);
void      ls_engine_sync_now      (LsEngine             *engine,
                                   const char           *shop,
                                   int64_t               id);
void      ls_engine_verify        (LsEngine             *engine,
                                   const char           *shop,
                                   uint32_t              collections);
void      ls_engine_suspect       (LsEngine             *engine,
                                   const char           *shop,
                                   const LsCollection   *collection,
                                   GArray               *buckets);
void      ls_engine_refetch       (LsEngine             *engine,
                                   const char           *shop,
                                   uint32_t              collections);
void      ls_engine_set_shown     (LsEngine             *engine,
                                   const char           *shop,
                                   uint32_t              collections);
void      ls_engine_set_scope     (LsEngine             *engine,
                                   const char           *shop,
                                   const LsScopeChoice  *choice);

G_END_DECLS
