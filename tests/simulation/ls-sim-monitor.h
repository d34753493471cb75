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

LsSimMonitor *ls_sim_monitor_new      (LsSimOracle  *oracle,
                                       unsigned      client);
void          ls_sim_monitor_free     (LsSimMonitor *self);
void          ls_sim_monitor_up       (LsSimMonitor *self,
                                       const char   *text,
                                       size_t        length);
void          ls_sim_monitor_down     (LsSimMonitor *self,
                                       const char   *text,
                                       size_t        length);

G_END_DECLS
