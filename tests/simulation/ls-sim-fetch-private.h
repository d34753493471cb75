/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-edit-count.h"
#include "ls-sim-network-private.h"

G_BEGIN_DECLS

#define LS_TYPE_SIM_FETCH (ls_sim_fetch_get_type ())
G_DECLARE_FINAL_TYPE (LsSimFetch, ls_sim_fetch, LS, SIM_FETCH, LsFetch)

typedef enum {
  LS_SIM_BREAK_NOT,
  LS_SIM_BREAK_BEFORE,  /* no answer, an error */
  LS_SIM_BREAK_BUSY,    /* an answer that says later */
  LS_SIM_BREAK_INSIDE,  /* the body ends with an error */
  LS_SIM_BREAK_SHORT,   /* the body ends too early, and nobody says so */
  LS_SIM_BREAK_GARBLED, /* a byte of it is another */
  /* Of exchanges alone */
  LS_SIM_BREAK_LOST,    /* the request gets nowhere, and nobody says so */
  LS_SIM_BREAK_UNHEARD, /* the same of the answer */
  LS_SIM_BREAK_TWICE,   /* something in between asks twice, and hands the second answer on */
  LS_SIM_BREAK_PORTAL,  /* something in between answers with a page of its own */
  LS_SIM_N_BREAKS,
} LsSimBreak;

#define LS_SIM_N_FETCH_BREAKS LS_SIM_BREAK_LOST

struct _LsSimFetch {
  LsFetch parent_instance;

  LsSimNetwork *network;
  LsSimServer *server; /* where it leads */
  unsigned client;
  LsSimNode *node; /* NULL for one that something in between asks */
  LsQueue *queue;
  LsSimBreak breaks;
  bool lost[2];

  /* What is asked */
  char *token;
  GBytes *request;   /* of an exchange, else NULL */
  char *client_id;
  char *collections;
  int64_t min_version;

  /* The answer */
  bool answered;
  bool heard; /* by the client */
  unsigned status; /* 0 for a connection that broke */
  int64_t retry_after;
  int64_t done;
  LsEditCount before;
  GByteArray *body;
  size_t at;
  char header_text[64];
};

/* ls-sim-fetch.c: the answer leaves the server, or what is in between; the first one counts */
void ls_sim_fetch_answer       (LsSimFetch *self,
                                unsigned    status);

/* On the server's main queue, @identity being who asks */
void ls_sim_fetch_ask_snapshot (LsSimFetch *self,
                                LsIdentity *identity);
void ls_sim_fetch_ask_exchange (LsSimFetch *self,
                                LsIdentity *identity);

/* ls-sim-exchange.c: an exchange leaves its client */
void ls_sim_fetch_watch        (LsSimFetch *self);

G_END_DECLS
