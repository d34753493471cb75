/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-connection-status.h"
#include "core/ls-backoff.h"

G_BEGIN_DECLS

/**
 * LS_CONNECTION_HEARTBEAT:
 *
 * Silence after which a ping goes out, where the server says nothing else, in µs.
 */
#define LS_CONNECTION_HEARTBEAT (30 * G_USEC_PER_SEC)

/**
 * LS_CONNECTION_PONG_TIMEOUT:
 *
 * How long a peer may stay silent after a ping, in µs.
 */
#define LS_CONNECTION_PONG_TIMEOUT (15 * G_USEC_PER_SEC)

/**
 * LS_CONNECTION_OFFLINE_AFTER:
 *
 * Connects that fail in a row before the status is offline. They go on all the same.
 */
#define LS_CONNECTION_OFFLINE_AFTER 10

/**
 * LsConnectionActions:
 * @LS_CONNECTION_ACTION_NONE: nothing
 * @LS_CONNECTION_ACTION_DISCONNECT: close the transport
 * @LS_CONNECTION_ACTION_CONNECT: open it
 * @LS_CONNECTION_ACTION_PING: send a ping with ls_connection_machine_get_ping()
 * @LS_CONNECTION_ACTION_STATUS: the status is another
 *
 * What the shell has to do, in this order.
 */
typedef enum {
  LS_CONNECTION_ACTION_NONE = 0,
  LS_CONNECTION_ACTION_DISCONNECT = 1 << 0,
  LS_CONNECTION_ACTION_CONNECT = 1 << 1,
  LS_CONNECTION_ACTION_PING = 1 << 2,
  LS_CONNECTION_ACTION_STATUS = 1 << 3,
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
 * When to connect, when to wait, when to take a peer for dead: events and time in, actions out. It
 * knows no transport and no timer of its own; after each call the shell does what is returned and
 * comes back at ls_connection_machine_get_deadline() with ls_connection_machine_tick().
 *
 * |[
 *              start            opened, ready             closed
 *   OFFLINE ----------> CONNECTING ------------> LIVE ----------------.
 *      ^                  ^   |                   ^ |  slow pong       |
 *      |  10 failures     |   | closed            | v                  |
 *      '------------------+---'                 LIMITED                |
 *                         '--------------------------------------------'
 *   any: auth -> SIGNED_OUT until another token; too-old -> TOO_OLD until asked to try
 * ]|
 */
typedef struct _LsConnectionMachine LsConnectionMachine;

LsConnectionMachine *ls_connection_machine_new          (LsRandomFunc         draw,
                                                         gpointer             user_data);
void                 ls_connection_machine_free         (LsConnectionMachine *self);
int64_t              ls_connection_machine_get_deadline (LsConnectionMachine *self);
int64_t              ls_connection_machine_get_ping     (LsConnectionMachine *self);
const GError        *ls_connection_machine_get_error    (LsConnectionMachine *self);
LsConnectionStatus  *ls_connection_machine_get_status   (LsConnectionMachine *self,
                                                         LsMoment             at);

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
LsConnectionActions ls_connection_machine_opened      (LsConnectionMachine *self,
                                                       LsMoment             at);
LsConnectionActions ls_connection_machine_ready       (LsConnectionMachine *self,
                                                       int64_t              heartbeat,
                                                       LsMoment             at);
LsConnectionActions ls_connection_machine_received    (LsConnectionMachine *self,
                                                       LsMoment             at);
LsConnectionActions ls_connection_machine_pong        (LsConnectionMachine *self,
                                                       int64_t              id,
                                                       LsMoment             at);
LsConnectionActions ls_connection_machine_failed      (LsConnectionMachine *self,
                                                       const GError        *error,
                                                       int64_t              retry_after,
                                                       LsMoment             at);
LsConnectionActions ls_connection_machine_verified    (LsConnectionMachine *self,
                                                       int64_t              version,
                                                       LsMoment             at);
LsConnectionActions ls_connection_machine_tick        (LsConnectionMachine *self,
                                                       LsMoment             at);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsConnectionMachine, ls_connection_machine_free)

G_END_DECLS
