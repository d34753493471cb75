/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-schema.h"

G_BEGIN_DECLS

/**
 * LsFields:
 *
 * Where the fields that rules and derivations speak of stand in the schema table.
 */
typedef struct {
  struct {
    unsigned currency, time_zone;
  } shops;
  struct {
    unsigned price, sale_price, stock, low_stock_at, units_sold, revenue, variants, favorites,
        low_stock;
  } products;
  struct {
    unsigned product, price, sale_price, stock, units_sold, revenue;
  } variants;
  struct {
    unsigned parent;
  } categories;
  struct {
    unsigned orders, spent, downloads, favorites;
  } customers;
  struct {
    unsigned customer, status, currency, placed_at, shipping, tax, items_total, discount, refunded,
        total, revenue, units, day;
  } orders;
  struct {
    unsigned order, product, variant, quantity, unit_price, discount, tax, total, day;
  } order_items;
  struct {
    unsigned order, status, amount, currency, day;
  } payments;
  struct {
    unsigned order, item, quantity, net, tax, shipping, amount, day;
  } refunds;
  struct {
    unsigned customer, count;
  } downloads;
  struct {
    unsigned room;
  } services;
  struct {
    unsigned service, starts_at, ends_at, status;
  } reservations;
  struct {
    unsigned customer, product;
  } favorites;
  struct {
    unsigned at, kind, actor, collection, record, name, fields, changes, day;
  } activity;
  struct {
    unsigned day, currency, orders, units, revenue, tax, shipping, refunded, total;
  } daily_sales;
  struct {
    unsigned customer, favorites, downloads, orders, spent, calculated_at;
  } stats;
} LsFields;

const LsFields *ls_fields (void);

G_END_DECLS
