/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-cache.h"
#include "client/ls-connection-manager.h"
#include "client/ls-consistency-checker.h"
#include "client/ls-event-bus.h"
#include "client/ls-scope-choice.h"
#include "client/ls-store-upkeep.h"
#include "client/ls-sync-manager.h"
#include "ls-sim-disk.h"
#include "ls-sim-network.h"
#include "ls-sim-oracle.h"
#include "ls-sim-views.h"

G_BEGIN_DECLS

/**
 * LsSimAct:
 * @LS_SIM_ACT_PUT: makes a row, or replaces one
 * @LS_SIM_ACT_SET: sets a field of a row
 * @LS_SIM_ACT_ADD: adds to a number
 * @LS_SIM_ACT_DEL: deletes a row
 * @LS_SIM_ACT_MANY: several rows in one edit
 * @LS_SIM_ACT_CHAIN: makes a row and edits it at once, edits that depend on each other
 * @LS_SIM_ACT_WRONG: makes a row that the server refuses, and edits it
 * @LS_SIM_ACT_OLD: sets a field over a value that it had long ago
 * @LS_SIM_ACT_LARGE: an edit with a long text
 * @LS_SIM_ACT_DISCARD: takes back an edit that waits or failed
 * @LS_SIM_ACT_RETRY: tries one that failed again
 * @LS_SIM_N_ACTS: how many there are
 *
 * What an admin may do.
 */
typedef enum {
  LS_SIM_ACT_PUT,
  LS_SIM_ACT_SET,
  LS_SIM_ACT_ADD,
  LS_SIM_ACT_DEL,
  LS_SIM_ACT_MANY,
  LS_SIM_ACT_CHAIN,
  LS_SIM_ACT_WRONG,
  LS_SIM_ACT_OLD,
  LS_SIM_ACT_LARGE,
  LS_SIM_ACT_DISCARD,
  LS_SIM_ACT_RETRY,
  LS_SIM_N_ACTS,
} LsSimAct;

/**
 * LsSimClient:
 * @index: which
 * @disk: its disk
 * @node: the machine while it is up, else %NULL
 * @cache: while it is up
 * @connection: while it is up
 * @sync: while it is up
 * @checker: while it is up, if @checks
 * @token: whom it signs in as
 * @role: what that user is
 * @findings: digests that differed, ever
 * @healed: rows came as a whole, and nobody has looked at them since
 * @state: of the connection
 * @kind: how what is new comes
 * @work: µs that anything takes in the cache at most
 * @polls: whether it may go on by requests
 * @checks: whether it looks for rows that rot
 * @views: while it is up, if @shows
 * @shows: whether it has windows
 * @scopes: whether it may hold a part of the shop
 * @upkeep: while it is up, if @scopes and it has no windows: lets go of what it does not hold any more
 *
 * One admin's app without its windows, on a simulated machine, and the admin.
 */
typedef struct {
  LsSimWorld *world;
  LsSimNetwork *network;
  LsSimOracle *oracle;
  unsigned index;
  LsSimDisk *disk;
  LsSimNode *node;
  LsCache *cache;
  LsEventBus *bus;
  LsConnectionManager *connection;
  LsSyncManager *sync;
  LsConsistencyChecker *checker;
  char *token;
  LsRole role;
  unsigned boots;
  unsigned findings;
  bool healed;
  LsConnectionState state;
  LsTransportKind kind;
  int64_t work;
  bool polls;
  bool checks;
  LsSimViews *views;
  bool shows;
  bool scopes;
  LsStoreUpkeep *upkeep;

  /*< private >*/
  bool following; /* the views hear of commits */
  int64_t now_offset;
  LsSimEnd end;
} LsSimClient;

LsSimClient *ls_sim_client_new      (LsSimWorld   *world,
                                     LsSimNetwork *network,
                                     LsSimOracle  *oracle,
                                     unsigned      index,
                                     uint64_t      seed);
void         ls_sim_client_free     (LsSimClient  *self);
bool         ls_sim_client_start    (LsSimClient  *self);
void         ls_sim_client_end      (LsSimClient  *self,
                                     LsSimEnd      how);
void         ls_sim_client_set_trap (LsSimClient  *self,
                                     unsigned      operations,
                                     LsSimEnd      how);
bool         ls_sim_client_is_up    (LsSimClient  *self);
void         ls_sim_client_act      (LsSimClient  *self,
                                     LsSimAct      act,
                                     uint64_t      seed);
void         ls_sim_client_rush     (LsSimClient  *self,
                                     unsigned      n,
                                     int64_t       within,
                                     uint64_t      seed);
bool         ls_sim_client_edit     (LsSimClient  *self,
                                     GPtrArray    *changes);
void         ls_sim_client_choose   (LsSimClient  *self,
                                     const LsScopeChoice *choice);
void         ls_sim_client_try_now  (LsSimClient  *self);
void         ls_sim_client_check    (LsSimClient  *self);
void         ls_sim_client_set_attention (LsSimClient *self,
                                     LsAttention   attention);
void         ls_sim_client_set_by_hand (LsSimClient *self,
                                     bool          offline);
bool         ls_sim_client_is_quiet (LsSimClient  *self,
                                     const LsPosition *position);

G_END_DECLS
