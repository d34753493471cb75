/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-change.h"
#include "server/ls-storage.h"
#include "server/sample/ls-sample-market.h"

G_BEGIN_DECLS

/* An order that is on its way, or over not long ago. */
typedef struct {
  LsRecord *order;
  GPtrArray *items; /* LsRecord */
  LsRecord *payment;
} LsSimulatedOrder;

/* What a simulation knows of its shop: as much as it needs to go on believably. What others change
 * meanwhile it hears of when it looks again. */
typedef struct {
  LsSampleMarket *market;
  GPtrArray *open;         /* LsSimulatedOrder */
  GPtrArray *done;         /* LsSimulatedOrder */
  GPtrArray *downloads;    /* LsRecord */
  GPtrArray *reservations; /* LsRecord */
  GHashTable *favorites;   /* keys */
} LsSimulatedShop;

LsSimulatedShop *ls_simulated_shop_load     (LsStorage              *storage,
                                             const LsSampleProfile  *profile,
                                             const LsSampleRandom   *random,
                                             GError                **error);
void             ls_simulated_shop_free     (LsSimulatedShop        *shop);
void             ls_simulated_order_free    (gpointer                data);

/* One thing that happens: the changes of one mutation, and what they make of what is known. */
typedef struct {
  GPtrArray *changes; /* LsChange */
  GPtrArray *touched; /* for each change the LsRecord known of it, or NULL; borrowed */
  GPtrArray *records; /* LsRecord: rows it makes */
  GArray *moves;      /* LsSampleMove: what it takes out of stock */
  LsSimulatedOrder *order; /* the order that moves on, out of its list meanwhile */
} LsSimulatedEvent;

/* NULL when nothing can happen. */
LsSimulatedEvent *ls_simulated_event_make   (LsSimulatedShop        *shop,
                                             LsEnvironment          *environment);
void              ls_simulated_event_apply  (LsSimulatedEvent       *event,
                                             LsSimulatedShop        *shop);
void              ls_simulated_event_free   (LsSimulatedEvent       *event);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsSimulatedShop, ls_simulated_shop_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsSimulatedEvent, ls_simulated_event_free)

G_END_DECLS
