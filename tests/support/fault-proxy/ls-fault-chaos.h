/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "ls-fault-link.h"

G_BEGIN_DECLS

/**
 * LsFaultAct:
 * @LS_FAULT_ACT_CUT: reset all connections
 * @LS_FAULT_ACT_REFUSE: take no new ones
 * @LS_FAULT_ACT_ACCEPT: take new ones
 * @LS_FAULT_ACT_UPDATE: only what is done to bytes has changed
 *
 * What the program has to do itself.
 */
typedef enum {
  LS_FAULT_ACT_CUT,
  LS_FAULT_ACT_REFUSE,
  LS_FAULT_ACT_ACCEPT,
  LS_FAULT_ACT_UPDATE,
} LsFaultAct;

typedef void (*LsFaultChaosFunc) (LsFaultAct act,
                                  gpointer   user_data);

/**
 * LsFaultChaos:
 *
 * Changes the weather all the time, by the dice of a proxy.
 */
typedef struct _LsFaultChaos LsFaultChaos;

LsFaultChaos *ls_fault_chaos_new   (LsFaultProxy    *proxy,
                                    LsFaultChaosFunc func,
                                    gpointer         user_data);
void          ls_fault_chaos_free  (LsFaultChaos    *chaos);
void          ls_fault_chaos_start (LsFaultChaos    *chaos,
                                    unsigned         interval,
                                    bool             with_noise);
void          ls_fault_chaos_stop  (LsFaultChaos    *chaos);

G_END_DECLS
