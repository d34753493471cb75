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
  int silent_end; /* of the pair that libsoup listens on, -1 for none */
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
  unsigned n_kept; /* of them */
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
  bool kept; /* it stays open between requests, and is counted apart */
  GList link;
};

/* A request on its way to an answer. */
struct _LsRequest {
  unsigned ref_count;
  LsHttp *http;
  SoupServerMessage *message;
  const LsRoute *route;
  char *argument;
  char *address;
  GHashTable *query;
  LsIdentity *identity;
  unsigned long finished_id;
  bool gone;
  bool answered;
  bool keep;
};

void        ls_http_door_init  (LsHttp            *http);
void        ls_http_door_clear (LsHttp            *http);
LsPeer     *ls_http_find_peer  (SoupServerMessage *message);
void        ls_peer_set_timer  (LsPeer            *peer,
                                int64_t            duration);

/* ls-http-auth.c: looks for a token, then lets the route answer or says why not */
void        ls_http_authenticate (LsRequest         *request);

/* ls-request.c: an answer that is an error, without a request */
void        ls_http_set_error  (LsHttp            *http,
                                SoupServerMessage *message,
                                unsigned           status,
                                const GError      *error,
                                int64_t            retry_after);

G_END_DECLS
