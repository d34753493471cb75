/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "ls-sim-client.h"
#include "ls-sim-server.h"

G_BEGIN_DECLS

/**
 * LsSimOrderAct:
 * @LS_SIM_ORDER_MAKE: it is made, with an item and a payment
 * @LS_SIM_ORDER_MOVE: it is made anew in another month, and its parts go with it
 * @LS_SIM_ORDER_NOTE: a field of it is set
 * @LS_SIM_ORDER_ITEM: what was ordered changes, and the order with it
 * @LS_SIM_ORDER_REFUND: some of it is given back
 * @LS_SIM_ORDER_DROP: it goes, with all its parts
 * @LS_SIM_N_ORDER_ACTS: how many there are
 *
 * What can happen to an order.
 */
typedef enum {
  LS_SIM_ORDER_MAKE,
  LS_SIM_ORDER_MOVE,
  LS_SIM_ORDER_NOTE,
  LS_SIM_ORDER_ITEM,
  LS_SIM_ORDER_REFUND,
  LS_SIM_ORDER_DROP,
  LS_SIM_N_ORDER_ACTS,
} LsSimOrderAct;

void ls_sim_orders_import (LsSimServer  *server,
                           LsSimOrderAct act,
                           unsigned      months_ago,
                           uint64_t      seed);
void ls_sim_orders_edit   (LsSimClient  *client,
                           LsSimOrderAct act,
                           unsigned      months_ago,
                           uint64_t      seed);

G_END_DECLS
