/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-connection-health.h"
#include "client/ls-connection-machine.h"
#include "core/ls-error.h"

G_BEGIN_DECLS

/* Sessions over the WebSocket that broke off and are remembered: so many in two minutes flap. */
#define LS_CONNECTION_DROPS 3

typedef enum {
  LS_PHASE_STOPPED,
  LS_PHASE_WAITING,
  LS_PHASE_TRYING,
  LS_PHASE_GREETING,
  LS_PHASE_READY,
} LsConnectionPhase;

typedef enum {
  LS_WAY_IDLE,
  LS_WAY_OPENING,
  LS_WAY_PROVING,
  LS_WAY_SESSION,
} LsWayState;

/* One of the ways to the server. */
typedef struct {
  LsWayState state;
  int64_t deadline; /* while it opens or is proved */
  bool tried;       /* in this round */
} LsWay;

struct _LsConnectionMachine {
  LsConnectionOptions options;
  LsRandomFunc draw;
  gpointer draw_data;

  /* What is wanted */
  bool has_poll;
  bool started;
  bool by_hand;
  bool signed_out;
  bool too_old;

  /* Where it stands; times are monotonic */
  LsConnectionPhase phase;
  LsBackoff backoff;
  int64_t phase_deadline;
  int64_t ready_at;
  int64_t clock_offset;

  /* The ways */
  LsWay ways[LS_N_CONNECTION_ROUTES];
  LsConnectionRoute current; /* has the session */
  int64_t taken_at;          /* since when */
  bool moving;               /* from a session that was ready: nobody is told of an outage */
  int64_t fallback_at;       /* -1 for never */
  bool distrusted;           /* the WebSocket has to answer a ping before it gets a session */
  int64_t proof_id;
  int64_t probe_at;
  int64_t probe_wait;
  int64_t probed_at;
  int64_t hold_until; /* it flaps: not before then */
  int64_t drops[LS_CONNECTION_DROPS];

  /* The heartbeat */
  int64_t last_received;
  int64_t last_ping;
  int64_t heartbeat;
  int64_t server_heartbeat; /* 0 before it said so */
  int64_t ping_id;
  bool ping_unanswered;
  unsigned misses; /* of this ping */
  LsConnectionHealth health;

  /* What the status says; times of day */
  LsConnectionState state;
  int64_t since;
  LsTransportKind kind;
  int64_t interval;
  int64_t round_trip;
  int64_t verified_version;
  int64_t verified_at;
  GError *error;
};

/* ls-connection-machine.c: ends every call */
LsConnectionActions ls_connection_settle    (LsConnectionMachine *self,
                                             LsConnectionActions  actions,
                                             LsMoment             at);
LsConnectionActions ls_connection_ping      (LsConnectionMachine *self,
                                             LsMoment             at);

/* ls-connection-route.c */
void                ls_connection_reset_ways  (LsConnectionMachine *self);
LsConnectionActions ls_connection_close_ways  (LsConnectionMachine *self);
LsConnectionActions ls_connection_begin_round (LsConnectionMachine *self,
                                               LsMoment             at);
LsConnectionActions ls_connection_way_lost    (LsConnectionMachine *self,
                                               LsConnectionRoute    route,
                                               const GError        *error,
                                               int64_t              retry_after,
                                               LsMoment             at);
LsConnectionActions ls_connection_way_ready   (LsConnectionMachine *self,
                                               LsMoment             at);
LsConnectionActions ls_connection_probe       (LsConnectionMachine *self,
                                               LsMoment             at);
LsConnectionActions ls_connection_tick_ways   (LsConnectionMachine *self,
                                               LsMoment             at);
int64_t             ls_connection_ways_due    (LsConnectionMachine *self);

G_END_DECLS
