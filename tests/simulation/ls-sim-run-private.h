/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "ls-sim-client.h"
#include "ls-sim-run.h"

G_BEGIN_DECLS

#define LS_SIM_SECOND ((int64_t) G_USEC_PER_SEC)

/* A run of a plan: all that takes part in it. */
typedef struct {
  const LsSimPlan *plan;
  LsSimWorld *world;
  LsSimServer *servers[LS_SIM_MAX_NODES];
  unsigned n_servers;
  LsSimDatabase *database; /* of several servers, else NULL */
  LsSimNetwork *network;
  LsSimOracle *oracle;
  LsSimClient *clients[16];
  unsigned n_clients;
  LsSimDice dice;
  LsSimDiskImage *backup;
  LsPosition backup_position;
  bool starting[16 + LS_SIM_MAX_NODES]; /* a start is posted; the last are those of servers */
  unsigned ends;
  int64_t else_since; /* somebody holds another part than he is to, 0 for nobody */
} LsSimRun;

/* Who takes part: a client by its number, a server by one below zero. */
#define LS_SIM_WHO_SERVER(number) (LS_SIM_SERVER - (int) (number))

/* ls-sim-run.c */
LsSimServer *ls_sim_run_server     (LsSimRun *run);
LsStorage  *ls_sim_run_storage     (LsSimRun *run);
bool        ls_sim_run_is_up       (LsSimRun *run,
                                    int       who);
LsSimNode  *ls_sim_run_node_of     (LsSimRun *run,
                                    int       who);
LsSimDisk  *ls_sim_run_disk_of     (LsSimRun *run,
                                    int       who);
void        ls_sim_run_end         (LsSimRun *run,
                                    int       who,
                                    LsSimEnd  how);
bool        ls_sim_run_start       (LsSimRun *run,
                                    int       who);
void        ls_sim_run_start_after (LsSimRun *run,
                                    int       who,
                                    int64_t   delay);
void        ls_sim_run_follow      (LsSimRun *run);
void        ls_sim_run_probe       (LsSimRun *run);
bool        ls_sim_run_go_on       (LsSimRun *run,
                                    int64_t   until);
bool        ls_sim_run_has_restore (const LsSimPlan *plan);
char       *ls_sim_run_user_of     (unsigned  client);

/* ls-sim-steps.c */
void        ls_sim_run_do_step     (LsSimRun        *run,
                                    const LsSimStep *step);

/* ls-sim-rest.c */
void        ls_sim_run_quiet       (LsSimRun *run);

G_END_DECLS
