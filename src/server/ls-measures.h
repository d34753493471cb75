/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-record.h"
#include "server/ls-tally.h"
#include "server/ls-zones.h"

G_BEGIN_DECLS

/**
 * LsMeasureShop:
 * @currency: the shop's currency
 * @zone: the time zone that makes its days
 *
 * What measures need to know of a shop. Borrowed.
 */
typedef struct {
  const char *currency;
  GTimeZone *zone;
} LsMeasureShop;

/**
 * LsOrderParts:
 * @order: (nullable): an order, or %NULL when there is none
 * @items: (element-type LsRecord): its items
 * @refunds: (element-type LsRecord): its refunds
 *
 * What an order's figures are made of.
 */
typedef struct {
  const LsRecord *order;
  GPtrArray *items;
  GPtrArray *refunds;
} LsOrderParts;

/**
 * LsOrderFigures:
 * @items_total: of its items, after discounts
 * @discount: of its items
 * @units: of its items
 * @refunded: everything given back
 * @refunded_net: of that, goods
 * @refunded_units: units of named items given back
 * @total: what the customer owes: goods, shipping and tax
 * @revenue: what counts as revenue
 * @day: the day it was placed, on the shop's calendar
 * @counts: whether its status counts
 *
 * The figures of one order. docs/measures.md has the words.
 */
typedef struct {
  int64_t items_total;
  int64_t discount;
  int64_t units;
  int64_t refunded;
  int64_t refunded_net;
  int64_t refunded_units;
  int64_t total;
  int64_t revenue;
  int64_t day;
  bool counts;
} LsOrderFigures;

bool     ls_measures_counts_status    (const char           *status);
bool     ls_measures_item_total       (const LsRecord       *item,
                                       int64_t              *ret_total);
bool     ls_measures_refund_amount    (const LsRecord       *refund,
                                       int64_t              *ret_amount);
bool     ls_measures_order            (const LsMeasureShop  *shop,
                                       const LsOrderParts   *parts,
                                       LsOrderFigures       *ret_figures);
void     ls_measures_set_order        (LsRecord             *order,
                                       const LsOrderFigures *figures);
void     ls_measures_contribute_order (const LsMeasureShop  *shop,
                                       const LsOrderParts   *parts,
                                       int                   sign,
                                       LsTally              *tally);
void     ls_measures_contribute_row   (const LsRecord       *record,
                                       int                   sign,
                                       LsTally              *tally);
bool     ls_measures_low_stock        (const LsRecord       *product);
void     ls_measures_set_stats        (LsRecord             *stats,
                                       const LsRecord       *customer);
char    *ls_measures_daily_key        (int64_t               day,
                                       const char           *currency);
LsRecord *ls_measures_new_day         (const char           *key);

uint64_t ls_measures_derived_fields   (const LsCollection   *collection);
uint64_t ls_measures_summed_fields    (const LsCollection   *collection);

G_END_DECLS
