/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-event.h"
#include "core/ls-environment.h"

G_BEGIN_DECLS

/**
 * LS_EVENT_BUS_HISTORY:
 *
 * Events that a bus remembers.
 */
#define LS_EVENT_BUS_HISTORY 1000

/**
 * LS_EVENT_BUS_MAX_DEPTH:
 *
 * How deep events may cause each other before one is dropped.
 */
#define LS_EVENT_BUS_MAX_DEPTH 16

#define LS_TYPE_EVENT_BUS (ls_event_bus_get_type ())
G_DECLARE_FINAL_TYPE (LsEventBus, ls_event_bus, LS, EVENT_BUS, GObject)

LsEventBus *ls_event_bus_new           (LsEnvironment *environment,
                                        LsQueue       *queue);
void        ls_event_bus_publish       (LsEventBus    *self,
                                        LsEvent       *event);
GPtrArray  *ls_event_bus_get_history   (LsEventBus    *self,
                                        const char    *correlation);
unsigned    ls_event_bus_get_n_dropped (LsEventBus    *self);

G_END_DECLS
