/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/ls-http.h"
#include "server/ls-limits.h"

G_BEGIN_DECLS

typedef struct _LsPeer LsPeer;

/* The listening half: sockets and what is connected to them. */
typedef struct {
  GSocketListener *listener;
  GCancellable *cancellable;
  uint64_t retry; /* timer to accept again */
  GPtrArray *urls; /* NULL-terminated once listening */
  GPtrArray *paths; /* Unix sockets to remove at the end */
} LsHttpDoor;

struct _LsHttp {
  LsEnvironment *environment;
  LsQueue *main;
  LsQueue *access_queue;
  LsAccess *access;
  LsHttpOptions options;
  const LsRoute *routes;
  size_t n_routes;
  gpointer user_data;

  SoupServer *server;
  LsHttpDoor door;
  GQueue peers;
  LsLimiter *by_address;
  LsLimiter *by_account;
  LsHttpStats stats;
};

/* A connection: closed when its timer ends, forgotten when libsoup lets go of its stream. */
struct _LsPeer {
  LsHttp *http;
  GObject *stream; /* watched, not held */
  GSocket *socket;
  GSocketAddress *address;
  char *name;
  uint64_t timer;
  GList link;
};

void        ls_http_door_init  (LsHttp            *http);
void        ls_http_door_clear (LsHttp            *http);
LsPeer     *ls_http_find_peer  (SoupServerMessage *message);
void        ls_peer_set_timer  (LsPeer            *peer,
                                int64_t            duration);

G_END_DECLS
