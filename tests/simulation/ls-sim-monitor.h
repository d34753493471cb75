/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "ls-sim-oracle.h"

G_BEGIN_DECLS

/**
 * LsSimMonitor:
 *
 * Reads along on one connection, at the server's end, and says what the protocol forbids: what both
 * ends would survive and the rows would not show.
 */
typedef struct _LsSimMonitor LsSimMonitor;

/**
 * LsSimPace:
 * @LS_SIM_AT_ONCE: what an end says leaves it soon
 * @LS_SIM_ON_REQUEST: it may have to wait for a request to go with
 *
 * How old what is read may be.
 */
typedef enum {
  LS_SIM_AT_ONCE,
  LS_SIM_ON_REQUEST,
} LsSimPace;

LsSimMonitor *ls_sim_monitor_new      (LsSimOracle  *oracle,
                                       unsigned      client,
                                       LsSimPace     pace);
void          ls_sim_monitor_free     (LsSimMonitor *self);
void          ls_sim_monitor_up       (LsSimMonitor *self,
                                       const char   *text,
                                       size_t        length);
void          ls_sim_monitor_down     (LsSimMonitor *self,
                                       const char   *text,
                                       size_t        length);

G_END_DECLS
