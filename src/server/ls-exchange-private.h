/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-envelope.h"
#include "server/ls-exchange.h"
#include "server/ls-limits.h"
#include "server/ls-session.h"

G_BEGIN_DECLS

typedef struct _LsExchange LsExchange;

/* What a session says until a request fetches it. The hub's queue fills it, the main queue empties
 * it. It belongs to its session. */
typedef struct {
  LsSink sink;
  LsEnvironment *environment;
  LsQueue *main;
  LsSession *session; /* borrowed */
  size_t max_unsent;

  /* On the main queue */
  LsExchange *exchange; /* NULL when that is over */

  /* Under the lock */
  GMutex lock;
  GQueue blobs; /* LsBlob */
  size_t offset; /* of the first frame of the first blob that is not taken */
  size_t bytes;
  bool gone;
  bool full;
  bool wants_drained;
  bool waiting; /* a request wants to hear of what comes */
  unsigned close_code;
  char *reason;
} LsExchangeSink;

/* A request that was taken, and its answer until the client has it for certain. */
typedef struct {
  int64_t seq; /* 0 when there is none */
  uint64_t hash;
  LsTurn *turn; /* NULL when nobody waits for the answer */
  GBytes *body; /* NULL until it is answered */
} LsExchangeSlot;

struct _LsTurn {
  LsExchange *exchange;
  LsExchangeFunc func;
  gpointer user_data;
  int64_t until; /* when it is answered in any case */
  bool patient;  /* it may wait: answers are paced */
  uint64_t timer;
};

struct _LsExchange {
  LsExchanges *owner;
  LsSession *session;
  LsExchangeSink *sink;
  char *user;
  char *device;
  char *token_hash; /* of the last request */
  int64_t last;     /* the newest request that was taken */
  int64_t acked;    /* the newest answer that has arrived */
  LsExchangeSlot slots[LS_ENVELOPE_WINDOW];
  LsTurn *early; /* a request that overtook the one before it */
  char *early_body;
  size_t early_length;
  LsBucket bucket;
  int64_t answered_at;
  uint64_t expiry;
  bool over;
};

struct _LsExchanges {
  LsEnvironment *environment;
  LsQueue *main;
  LsHub *hub;
  LsExchangeOptions options;
  GHashTable *table; /* LsExchange by id */
  LsLimiter *by_account; /* of sessions begun */
  LsExchangeStats stats;
};

/* ls-exchange-sink.c */
LsExchangeSink *ls_exchange_sink_new         (LsEnvironment  *environment,
                                              size_t          max_unsent);
void            ls_exchange_sink_detach      (LsExchangeSink *self);
bool            ls_exchange_sink_set_waiting (LsExchangeSink *self,
                                              bool            waiting);
bool            ls_exchange_sink_take        (LsExchangeSink *self,
                                              LsEnvelope     *envelope,
                                              GPtrArray      *blobs);

/* ls-exchange.c: there is something to take */
void            ls_exchange_wake             (LsExchange     *self);

G_END_DECLS
