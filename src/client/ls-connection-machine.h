/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-connection-options.h"
#include "client/ls-connection-status.h"
#include "core/ls-backoff.h"

G_BEGIN_DECLS

/**
 * LsConnectionRoute:
 * @LS_CONNECTION_ROUTE_SOCKET: the WebSocket
 * @LS_CONNECTION_ROUTE_POLL: requests
 * @LS_CONNECTION_ROUTE_NONE: neither
 *
 * The ways to a server.
 */
typedef enum {
  LS_CONNECTION_ROUTE_SOCKET,
  LS_CONNECTION_ROUTE_POLL,
  LS_CONNECTION_ROUTE_NONE,
} LsConnectionRoute;

#define LS_N_CONNECTION_ROUTES LS_CONNECTION_ROUTE_NONE

/**
 * LsConnectionActions:
 * @LS_CONNECTION_ACTION_NONE: nothing
 * @LS_CONNECTION_ACTION_CLOSE_SOCKET: close the WebSocket
 * @LS_CONNECTION_ACTION_CLOSE_POLL: close the requests
 * @LS_CONNECTION_ACTION_END: tell that the session is over
 * @LS_CONNECTION_ACTION_OPEN_SOCKET: open the WebSocket
 * @LS_CONNECTION_ACTION_OPEN_POLL: open the requests
 * @LS_CONNECTION_ACTION_TAKE: tell that a session can begin, on
 *   ls_connection_machine_get_route()
 * @LS_CONNECTION_ACTION_PROVE: send a ping with ls_connection_machine_get_proof() on the WebSocket,
 *   which has no session
 * @LS_CONNECTION_ACTION_PING: send a ping with ls_connection_machine_get_ping() on the session
 * @LS_CONNECTION_ACTION_STATUS: the status is another
 *
 * What the shell has to do, in this order.
 */
typedef enum {
  LS_CONNECTION_ACTION_NONE = 0,
  LS_CONNECTION_ACTION_CLOSE_SOCKET = 1 << 0,
  LS_CONNECTION_ACTION_CLOSE_POLL = 1 << 1,
  LS_CONNECTION_ACTION_END = 1 << 2,
  LS_CONNECTION_ACTION_OPEN_SOCKET = 1 << 3,
  LS_CONNECTION_ACTION_OPEN_POLL = 1 << 4,
  LS_CONNECTION_ACTION_TAKE = 1 << 5,
  LS_CONNECTION_ACTION_PROVE = 1 << 6,
  LS_CONNECTION_ACTION_PING = 1 << 7,
  LS_CONNECTION_ACTION_STATUS = 1 << 8,
} LsConnectionActions;

/**
 * LsMoment:
 * @now: time of day, µs since the epoch
 * @monotonic: µs since some start
 *
 * The two clocks at one moment.
 */
typedef struct {
  int64_t now;
  int64_t monotonic;
} LsMoment;

/**
 * LsConnectionMachine:
 *
 * When to connect and by which way, when to wait, when to take a peer for dead: events and time in,
 * actions out. It knows no transport and no timer of its own; after each call the shell does what is
 * returned and comes back at ls_connection_machine_get_deadline() with
 * ls_connection_machine_tick().
 *
 * |[
 *   a session    STOPPED -> TRYING -> GREETING -> READY
 *                   ^         |  ^       |          |
 *                   '---------+- WAITING <----------'
 *
 *   a way        IDLE -> OPENING -> (-> PROVING ->) SESSION -> IDLE
 *
 *   nothing yet                 the WebSocket; after 2.5 s without a welcome requests beside it; who
 *                               is first has the session
 *   a session in requests       the WebSocket is tried now and then; when it answers a ping it gets
 *                               the session
 *   a WebSocket that comes and  is left alone for longer and longer
 *   goes
 * ]|
 *
 * A session moves by ending on one way and beginning on the other, from the same position: nothing
 * is lost or done twice, by the rules of the protocol.
 */
typedef struct _LsConnectionMachine LsConnectionMachine;

LsConnectionMachine *ls_connection_machine_new          (const LsConnectionOptions *options,
                                                         LsRandomFunc               draw,
                                                         gpointer                   user_data);
void                 ls_connection_machine_free         (LsConnectionMachine *self);
void                 ls_connection_machine_set_options  (LsConnectionMachine       *self,
                                                         const LsConnectionOptions *options);
void                 ls_connection_machine_set_fallback (LsConnectionMachine *self,
                                                         bool                 there_is);
int64_t              ls_connection_machine_get_deadline (LsConnectionMachine *self);
LsConnectionRoute    ls_connection_machine_get_route    (LsConnectionMachine *self);
int64_t              ls_connection_machine_get_ping     (LsConnectionMachine *self);
int64_t              ls_connection_machine_get_proof    (LsConnectionMachine *self);
const GError        *ls_connection_machine_get_error    (LsConnectionMachine *self);
LsConnectionStatus  *ls_connection_machine_get_status   (LsConnectionMachine *self,
                                                         LsMoment             at);

/* What is wanted. All return what to do. */
LsConnectionActions ls_connection_machine_start       (LsConnectionMachine *self,
                                                       LsMoment             at);
LsConnectionActions ls_connection_machine_stop        (LsConnectionMachine *self,
                                                       LsMoment             at);
LsConnectionActions ls_connection_machine_set_by_hand (LsConnectionMachine *self,
                                                       bool                 offline,
                                                       LsMoment             at);
LsConnectionActions ls_connection_machine_credentials (LsConnectionMachine *self,
                                                       LsMoment             at);
LsConnectionActions ls_connection_machine_try_now     (LsConnectionMachine *self,
                                                       LsMoment             at);

/* What a way does. */
LsConnectionActions ls_connection_machine_opened      (LsConnectionMachine *self,
                                                       LsConnectionRoute    route,
                                                       LsMoment             at);
LsConnectionActions ls_connection_machine_failed      (LsConnectionMachine *self,
                                                       LsConnectionRoute    route,
                                                       const GError        *error,
                                                       int64_t              retry_after,
                                                       LsMoment             at);
LsConnectionActions ls_connection_machine_received    (LsConnectionMachine *self,
                                                       LsConnectionRoute    route,
                                                       LsMoment             at);
LsConnectionActions ls_connection_machine_pong        (LsConnectionMachine *self,
                                                       LsConnectionRoute    route,
                                                       int64_t              id,
                                                       LsMoment             at);
LsConnectionActions ls_connection_machine_sign        (LsConnectionMachine *self,
                                                       LsConnectionRoute    route,
                                                       LsTransportSign      sign,
                                                       int64_t              round_trip,
                                                       LsMoment             at);
LsConnectionActions ls_connection_machine_set_pace    (LsConnectionMachine *self,
                                                       LsTransportKind      kind,
                                                       int64_t              interval,
                                                       LsMoment             at);

/* What the session does. */
LsConnectionActions ls_connection_machine_ready       (LsConnectionMachine *self,
                                                       int64_t              heartbeat,
                                                       LsMoment             at);
LsConnectionActions ls_connection_machine_verified    (LsConnectionMachine *self,
                                                       int64_t              version,
                                                       LsMoment             at);
LsConnectionActions ls_connection_machine_tick        (LsConnectionMachine *self,
                                                       LsMoment             at);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsConnectionMachine, ls_connection_machine_free)

G_END_DECLS
