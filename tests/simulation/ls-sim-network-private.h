/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-envelope.h"
#include "ls-sim-monitor.h"
#include "ls-sim-network.h"
#include "server/ls-session.h"

G_BEGIN_DECLS

typedef struct _LsSimLink LsSimLink;
typedef struct _LsSimTransport LsSimTransport;

typedef enum {
  LS_SIM_UP,
  LS_SIM_DOWN,
} LsSimDirection;

/* What a client's network is like. */
typedef struct {
  int64_t refused_until;
  unsigned slow; /* delays are so many times as long */
  bool corrupt[2];
  bool truncate[2];
  bool lose[2];
  bool duplicate;
  unsigned broken_fetches;
  unsigned broken_polls;
  LsSimBlock block;
  int64_t blocked_until; /* no WebSocket until then */
  int64_t longest;       /* request, until @cut_until */
  int64_t cut_until;
} LsSimPath;

struct _LsSimNetwork {
  LsSimWorld *world;
  LsSimServer **servers; /* borrowed */
  unsigned n_servers;
  unsigned *homes;       /* for each client, the server that it is led to */
  LsSimOracle *oracle;
  LsSimDice dice;
  LsSimPath *paths;
  unsigned n_paths;
  size_t buffer;      /* bytes that may wait for one client */
  GPtrArray *links;   /* LsSimLink that are not over */
  GPtrArray *fetches; /* LsSimFetch that are not over, borrowed */
  GPtrArray *talks;   /* LsSimTalk */
};

/* What is known of one session in requests. */
typedef struct {
  char *session;
  LsSimMonitor *monitor;
  int64_t asked;    /* the newest request that was looked into */
  int64_t answered; /* the newest answer that was */
  uint64_t hashes[LS_ENVELOPE_WINDOW]; /* of the last answers */
} LsSimTalk;

int64_t  ls_sim_network_delay (LsSimNetwork *self,
                               unsigned      client);

/* The server that a client's next connection leads to; with @moves, another one once in so many times,
 * and in any case where its own is down. */
LsSimServer *ls_sim_network_pick (LsSimNetwork *self,
                                  unsigned      client,
                                  unsigned      moves);

/* ls-sim-link.c */
LsSimLink *ls_sim_link_new          (LsSimNetwork   *network,
                                     unsigned        client,
                                     LsSimTransport *transport,
                                     const char     *token);
LsSimLink *ls_sim_link_ref          (LsSimLink      *link);
void       ls_sim_link_unref        (LsSimLink      *link);
unsigned   ls_sim_link_get_client   (LsSimLink      *link);
bool       ls_sim_link_is_open      (LsSimLink      *link);
void       ls_sim_link_send         (LsSimLink      *link,
                                     const char     *text,
                                     size_t          length);
void       ls_sim_link_hang_up      (LsSimLink      *link);
void       ls_sim_link_set_paused   (LsSimLink      *link,
                                     bool            paused);
void       ls_sim_link_trouble      (LsSimLink      *link,
                                     LsSimTrouble    trouble);
void       ls_sim_link_server_ended (LsSimLink      *link,
                                     LsSimServer    *server,
                                     LsSimEnd        how);

/* ls-sim-transport.c: told by the link, on no queue */
void       ls_sim_transport_opened  (LsSimTransport *self,
                                     LsSimLink      *link);
void       ls_sim_transport_message (LsSimTransport *self,
                                     LsSimLink      *link,
                                     const char     *text,
                                     size_t          length);
void       ls_sim_transport_closed  (LsSimTransport *self,
                                     LsSimLink      *link,
                                     LsErrorCode     code);
LsSimNode *ls_sim_transport_get_node (LsSimTransport *self);

/* ls-sim-exchange.c */
void       ls_sim_talk_free         (gpointer        data);

/* ls-sim-fetch.c */
void       ls_sim_fetch_trouble     (gpointer           fetch,
                                     LsSimTrouble       trouble);
unsigned   ls_sim_fetch_get_client  (gpointer           fetch);
LsFetch   *ls_sim_fetch_new         (LsSimNetwork      *network,
                                     unsigned           client,
                                     LsSimNode         *node,
                                     LsQueue           *queue,
                                     LsEndpoint        *endpoint,
                                     const LsFetchSpec *spec);

G_END_DECLS
