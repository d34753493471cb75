/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-connection-options.h"
#include "client/ls-connection-status.h"
#include "client/ls-transport.h"
#include "core/ls-message.h"

G_BEGIN_DECLS

#define LS_TYPE_CONNECTION_MANAGER (ls_connection_manager_get_type ())
G_DECLARE_FINAL_TYPE (LsConnectionManager,
                      ls_connection_manager,
                      LS,
                      CONNECTION_MANAGER,
                      GObject)

/**
 * LsConnectionEvents:
 * @opened: messages can be sent: the time for `hello`
 * @message: a message came, decoded; pings are answered and pongs counted already, but tell
 *   positions too
 * @closed: the session is over, whatever was under way in it; also after
 *   ls_connection_manager_stop() and its like, when there was one
 * @status: there is another status
 *
 * What a connection tells its listener, on its queue.
 */
typedef struct {
  void (*opened)  (gpointer                  user_data);
  void (*message) (LsMessage                *message,
                   size_t                    length,
                   gpointer                  user_data);
  void (*closed)  (const GError             *error,
                   gpointer                  user_data);
  void (*status)  (const LsConnectionStatus *status,
                   gpointer                  user_data);
} LsConnectionEvents;

LsConnectionManager *ls_connection_manager_new          (LsEnvironment            *environment,
                                                         LsQueue                  *queue,
                                                         LsTransport              *transport);
void                 ls_connection_manager_set_fallback  (LsConnectionManager   *self,
                                                         LsTransport              *transport);
void                 ls_connection_manager_set_options  (LsConnectionManager    *self,
                                                         const LsConnectionOptions *options);
void                 ls_connection_manager_set_attention (LsConnectionManager   *self,
                                                         LsAttention               attention);
void                 ls_connection_manager_set_events   (LsConnectionManager      *self,
                                                         const LsConnectionEvents *events,
                                                         gpointer                  user_data);
void                 ls_connection_manager_set_endpoint (LsConnectionManager      *self,
                                                         LsEndpoint               *endpoint);
void                 ls_connection_manager_start        (LsConnectionManager      *self);
void                 ls_connection_manager_stop         (LsConnectionManager      *self);
void                 ls_connection_manager_set_by_hand  (LsConnectionManager      *self,
                                                         bool                      offline);
void                 ls_connection_manager_try_now      (LsConnectionManager      *self);
bool                 ls_connection_manager_send         (LsConnectionManager      *self,
                                                         const LsMessage          *message);
void                 ls_connection_manager_set_paused   (LsConnectionManager      *self,
                                                         bool                      paused);
void                 ls_connection_manager_ready        (LsConnectionManager      *self,
                                                         const LsWelcome          *welcome);
void                 ls_connection_manager_fail         (LsConnectionManager      *self,
                                                         const GError             *error,
                                                         int64_t                   retry_after);
void                 ls_connection_manager_verified     (LsConnectionManager      *self,
                                                         int64_t                   version);
LsFetch             *ls_connection_manager_fetch        (LsConnectionManager      *self,
                                                         const LsFetchSpec        *spec);
LsConnectionStatus  *ls_connection_manager_get_status   (LsConnectionManager      *self);

G_END_DECLS
