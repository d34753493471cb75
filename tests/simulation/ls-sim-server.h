/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "ls-sim-database.h"
#include "server/ls-access.h"
#include "server/ls-committer.h"
#include "server/ls-exchange.h"
#include "server/ls-hub.h"
#include "server/ls-scrubber.h"
#include "server/ls-snapshot.h"

G_BEGIN_DECLS

/**
 * LS_SIM_SHOP:
 *
 * The one shop of a simulation.
 */
#define LS_SIM_SHOP "s"

/**
 * LsSimServer:
 * @world: where it is
 * @name: what it is called in logs
 * @database: (nullable): where several of them keep the shop, %NULL for one that has it on its disk
 * @disk: its disk, or that of @database
 * @node: the machine while it is up, else %NULL
 * @storage: while it is up
 * @committer: while it is up
 * @access: while it is up
 * @hub: while it is up
 * @exchanges: while it is up
 * @snapshots: while it is up
 * @scrubber: while it is up, if @checks
 * @checks: whether it looks for rows that rot
 * @boots: how often it was started
 * @ended: (nullable): told after it ended
 * @ended_data: for @ended
 *
 * The server: all of lockstepd that is below HTTP and the wire, on a simulated machine.
 */
typedef struct _LsSimServer LsSimServer;
struct _LsSimServer {
  LsSimWorld *world;
  char *name;
  LsSimDatabase *database;
  LsSimDisk *disk;
  LsSimNode *node;
  LsStorage *storage;
  LsCommitter *committer;
  LsAccess *access;
  LsHub *hub;
  LsExchanges *exchanges;
  LsSnapshots *snapshots;
  LsScrubber *scrubber;
  bool checks;
  unsigned boots;
  void (*ended) (LsSimServer *self,
                 LsSimEnd     how,
                 gpointer     user_data);
  gpointer ended_data;

  /*< private >*/
  unsigned number;
  LsHubOptions options;
  char *folder;
  int64_t now_offset;
  LsSimEnd end;
};

LsSimServer *ls_sim_server_new     (LsSimWorld         *world,
                                    uint64_t            seed,
                                    const LsHubOptions *options,
                                    bool                checks);
LsSimServer *ls_sim_server_new_node (LsSimWorld         *world,
                                     LsSimDatabase      *database,
                                     unsigned            number,
                                     const LsHubOptions *options,
                                     bool                checks);
void         ls_sim_server_free    (LsSimServer        *self);
char        *ls_sim_server_add_user (LsSimServer       *self,
                                     const char        *user,
                                     LsRole             role);
bool         ls_sim_server_set_role (LsSimServer       *self,
                                     const char        *user,
                                     LsRole             role);
bool         ls_sim_server_start   (LsSimServer        *self);
void         ls_sim_server_end     (LsSimServer        *self,
                                    LsSimEnd            how);
void         ls_sim_server_set_trap (LsSimServer       *self,
                                     unsigned           operations,
                                     LsSimEnd           how);
bool         ls_sim_server_is_up   (LsSimServer        *self);
bool         ls_sim_server_mark_copy (LsSimServer      *self);

G_END_DECLS
