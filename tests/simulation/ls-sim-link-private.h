/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "ls-sim-monitor.h"
#include "ls-sim-network-private.h"

G_BEGIN_DECLS

typedef enum {
  LS_SIM_ITEM_OPEN,   /* up: the client calls; down: the server has answered */
  LS_SIM_ITEM_TEXT,
  LS_SIM_ITEM_CLOSED, /* the last */
} LsSimItemKind;

typedef struct {
  LsSimItemKind kind;
  char *text;
  size_t length;
  LsErrorCode code;
  int64_t due;
} LsSimItem;

typedef struct {
  LsSink sink;
  LsSimLink *link; /* NULL when the connection is over */
} LsSimSink;

struct _LsSimLink {
  unsigned ref_count;
  LsSimNetwork *network;
  LsSimServer *server; /* where it leads */
  unsigned client;
  char *token;
  LsSimTransport *transport; /* borrowed, NULL when the client has let go */
  LsSession *session;
  LsSimSink *sink;
  LsSimMonitor *monitor;

  GQueue items[2];
  int64_t last_due[2];
  bool moving[2]; /* a delivery is posted */
  bool mute[2];
  bool deaf;      /* no message gets through, either way */
  bool paused;
  bool open;      /* the client was told so */
  bool answered;  /* the server's end was made, or never will be */
  bool hung_up;   /* the server's end heard that the client's is closed */
  size_t waiting; /* bytes for the client */
  bool full;
  bool wants_drained;
};

/* ls-sim-link.c */
LsSimPath *ls_sim_link_path_of        (LsSimLink      *link);
void       ls_sim_link_maybe_over     (LsSimLink      *link);
void       ls_sim_link_put            (LsSimLink      *link,
                                       LsSimDirection  way,
                                       LsSimItemKind   kind,
                                       const char     *text,
                                       size_t          length,
                                       LsErrorCode     code);

/* ls-sim-sink.c: the server's end */
void       ls_sim_link_forget_session (LsSimLink      *link);
void       ls_sim_link_close_session  (LsSimLink      *link);
void       ls_sim_link_await_sign     (LsSimLink      *link);
void       ls_sim_link_maybe_drained  (LsSimLink      *link);
void       ls_sim_link_call_server    (LsSimLink      *link);

G_END_DECLS
