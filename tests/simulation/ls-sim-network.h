/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-transport.h"
#include "ls-sim-oracle.h"
#include "ls-sim-server.h"

G_BEGIN_DECLS

/**
 * LsSimNetwork:
 *
 * All wires between clients and server. A connection keeps the order of what goes through it and
 * loses nothing until it breaks, as a stream does; different connections know nothing of each
 * other, so that what was sent through an old one may come after what goes through a new one.
 */
typedef struct _LsSimNetwork LsSimNetwork;

/**
 * LsSimTrouble:
 * @LS_SIM_CUT: the connection breaks, both ends hear of it, what is on its way may come or not
 * @LS_SIM_MUTE_UP: nothing gets to the server any more, and nobody is told
 * @LS_SIM_MUTE_DOWN: nothing gets to the client any more, and nobody is told
 * @LS_SIM_MUTE_BOTH: both
 * @LS_SIM_CORRUPT_UP: the next message to the server is garbled
 * @LS_SIM_CORRUPT_DOWN: the next message to the client is garbled
 * @LS_SIM_TRUNCATE_UP: the connection breaks in the middle of the next message to the server
 * @LS_SIM_TRUNCATE_DOWN: the connection breaks in the middle of the next message to the client
 * @LS_SIM_LOSE_UP: the next edit to the server is lost, what comes after it is not
 * @LS_SIM_LOSE_DOWN: the next delta to the client is lost, what comes after it is not
 * @LS_SIM_DUPLICATE: the next connection is made twice, the first left open
 * @LS_SIM_N_TROUBLES: how many there are
 *
 * What can happen to a client's connection.
 */
typedef enum {
  LS_SIM_CUT,
  LS_SIM_MUTE_UP,
  LS_SIM_MUTE_DOWN,
  LS_SIM_MUTE_BOTH,
  LS_SIM_CORRUPT_UP,
  LS_SIM_CORRUPT_DOWN,
  LS_SIM_TRUNCATE_UP,
  LS_SIM_TRUNCATE_DOWN,
  LS_SIM_LOSE_UP,
  LS_SIM_LOSE_DOWN,
  LS_SIM_DUPLICATE,
  LS_SIM_N_TROUBLES,
} LsSimTrouble;

/**
 * LsSimBlock:
 * @LS_SIM_BLOCK_REFUSED: the upgrade is refused
 * @LS_SIM_BLOCK_HANGS: nobody ever answers
 * @LS_SIM_BLOCK_DEAF: it comes up, and nothing gets through it
 * @LS_SIM_N_BLOCKS: how many there are
 *
 * How something in between keeps a WebSocket out that lets requests pass.
 */
typedef enum {
  LS_SIM_BLOCK_REFUSED,
  LS_SIM_BLOCK_HANGS,
  LS_SIM_BLOCK_DEAF,
  LS_SIM_N_BLOCKS,
} LsSimBlock;

LsSimNetwork *ls_sim_network_new           (LsSimWorld    *world,
                                            LsSimServer  **servers,
                                            unsigned       n_servers,
                                            LsSimOracle   *oracle,
                                            unsigned       n_clients,
                                            uint64_t       seed);
void          ls_sim_network_free          (LsSimNetwork  *self);
LsTransport  *ls_sim_network_new_transport (LsSimNetwork  *self,
                                            unsigned       client,
                                            LsSimNode     *node,
                                            LsQueue       *queue);
void          ls_sim_network_client_ended  (LsSimNetwork  *self,
                                            unsigned       client,
                                            LsSimEnd       how);
void          ls_sim_network_trouble       (LsSimNetwork  *self,
                                            unsigned       client,
                                            LsSimTrouble   trouble);
void          ls_sim_network_refuse        (LsSimNetwork  *self,
                                            unsigned       client,
                                            int64_t        duration);
void          ls_sim_network_slow          (LsSimNetwork  *self,
                                            unsigned       client,
                                            unsigned       factor);
void          ls_sim_network_break_fetches (LsSimNetwork  *self,
                                            unsigned       client,
                                            unsigned       times);
void          ls_sim_network_block         (LsSimNetwork  *self,
                                            unsigned       client,
                                            LsSimBlock     block,
                                            int64_t        duration);
void          ls_sim_network_cut_polls     (LsSimNetwork  *self,
                                            unsigned       client,
                                            int64_t        longest,
                                            int64_t        duration);
void          ls_sim_network_break_polls   (LsSimNetwork  *self,
                                            unsigned       client,
                                            unsigned       times);
void          ls_sim_network_set_buffer    (LsSimNetwork  *self,
                                            size_t         bytes);
void          ls_sim_network_heal          (LsSimNetwork  *self);

G_END_DECLS
