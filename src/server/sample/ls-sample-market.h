/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-record.h"
#include "server/sample/ls-sample-random.h"

G_BEGIN_DECLS

/**
 * LsSampleProfile:
 * @id: the shop's id
 * @index: 0 or 1
 * @name: what admins read
 * @currency: of its books
 * @time_zone: of its days
 * @colour: of its dot
 * @address: its own
 * @email: its own
 * @tax_number: its own
 * @country: where it is
 * @number_prefix: order numbers begin so
 * @first_number: and go on from here
 * @orders_per_day: on an ordinary day
 * @shipping: to its own country, to its continent, to the world
 * @sales_tax: per mille on parcels to its own country, where there is no value-added tax
 *
 * What a sample shop is.
 */
typedef struct {
  const char *id;
  unsigned index;
  const char *name;
  const char *currency;
  const char *time_zone;
  const char *colour;
  const char *address;
  const char *email;
  const char *tax_number;
  const char *country;
  const char *number_prefix;
  int first_number;
  int orders_per_day;
  int shipping[3];
  unsigned sales_tax;
} LsSampleProfile;

/**
 * LsSampleProduct:
 * @record: the product
 * @variants: (element-type LsRecord): what it comes in
 * @weight: how often it is bought
 *
 * Something to buy.
 */
typedef struct {
  LsRecord *record;
  GPtrArray *variants;
  unsigned weight;
} LsSampleProduct;

/**
 * LsSampleMarket:
 * @profile: the shop
 * @zone: its time zone
 * @random: dice
 * @products: (element-type LsSampleProduct): what there is to buy
 * @customers: (element-type LsRecord): who buys, those that came first first
 * @services: (element-type LsRecord): what can be booked
 * @number: of the next order
 * @licence: number of the next licence
 *
 * A sample shop as somebody sees it who makes up what happens in it: either while it is made, or
 * while it runs. Its records may be changed by nobody else. One thread.
 */
typedef struct {
  const LsSampleProfile *profile;
  GTimeZone *zone;
  LsSampleRandom random;
  GPtrArray *products;
  GPtrArray *customers;
  GPtrArray *services;
  int64_t number;
  int64_t licence;
} LsSampleMarket;

/**
 * LsSampleMove:
 * @record: (transfer none): a product or variant
 * @units: how many go, or come when negative
 *
 * What a purchase takes out of stock. An element of a #GArray.
 */
typedef struct {
  LsRecord *record;
  int64_t units;
} LsSampleMove;

/**
 * LsSampleAge:
 * @LS_SAMPLE_NEW: it happens now
 * @LS_SAMPLE_YOUNG: it happened in the last days
 * @LS_SAMPLE_OLD: it is long over
 *
 * How far an order may have come.
 */
typedef enum {
  LS_SAMPLE_NEW,
  LS_SAMPLE_YOUNG,
  LS_SAMPLE_OLD,
} LsSampleAge;

/**
 * LsSampleRefund:
 * @LS_SAMPLE_REFUND_WHOLE: all of an order
 * @LS_SAMPLE_REFUND_PART: some of its items
 *
 * How much is given back.
 */
typedef enum {
  LS_SAMPLE_REFUND_WHOLE,
  LS_SAMPLE_REFUND_PART,
} LsSampleRefund;

const LsSampleProfile *ls_sample_profile_get     (unsigned                index);
const LsSampleProfile *ls_sample_profile_find    (const char             *id);

LsSampleMarket        *ls_sample_market_new      (const LsSampleProfile  *profile,
                                                  uint64_t                seed,
                                                  const char             *purpose);
void                   ls_sample_market_free     (LsSampleMarket         *market);
LsSampleProduct       *ls_sample_market_take     (LsSampleMarket         *market,
                                                  LsRecord               *product);
const LsRecord        *ls_sample_market_customer (LsSampleMarket         *market,
                                                  int64_t                 at);
int64_t                ls_sample_market_time_of  (LsSampleMarket         *market,
                                                  int64_t                 day,
                                                  const unsigned         *hours);
double                 ls_sample_market_weekday  (int64_t                 day);
double                 ls_sample_market_activity (LsSampleMarket         *market,
                                                  int64_t                 at);

/* Making things up. What is made is added to @records. */
LsRecord              *ls_sample_make_order      (LsSampleMarket         *market,
                                                  int64_t                 at,
                                                  LsSampleAge             age,
                                                  GPtrArray              *records,
                                                  GArray                 *moves);
void                   ls_sample_make_refund     (LsSampleMarket         *market,
                                                  const LsRecord         *order,
                                                  GPtrArray              *items,
                                                  LsSampleRefund          what,
                                                  int64_t                 at,
                                                  GPtrArray              *records);
void                   ls_sample_make_delivery   (LsSampleMarket         *market,
                                                  const LsRecord         *order,
                                                  GPtrArray              *items,
                                                  int64_t                 at,
                                                  LsSampleAge             age,
                                                  GPtrArray              *records);
LsRecord              *ls_sample_make_customer   (LsSampleMarket         *market,
                                                  const char             *key,
                                                  int64_t                 created_at);
void                   ls_sample_make_catalog    (LsSampleMarket         *market,
                                                  int64_t                 now,
                                                  GPtrArray              *records);
void                   ls_sample_make_history    (LsSampleMarket         *market,
                                                  int64_t                 now,
                                                  GPtrArray              *records);
void                   ls_sample_make_studio     (LsSampleMarket         *market,
                                                  int64_t                 now,
                                                  GPtrArray              *records);
const unsigned        *ls_sample_hours           (void);

/* Rows by the names of fields. */
LsRecord              *ls_sample_row             (GPtrArray              *records,
                                                  LsCollectionId          collection,
                                                  const char             *key);
void                   ls_sample_set_text        (LsRecord               *record,
                                                  const char             *field,
                                                  const char             *text);
void                   ls_sample_take_text       (LsRecord               *record,
                                                  const char             *field,
                                                  char                   *text);
void                   ls_sample_set_number      (LsRecord               *record,
                                                  const char             *field,
                                                  int64_t                 number);
const char            *ls_sample_get_text        (const LsRecord         *record,
                                                  const char             *field);
int64_t                ls_sample_get_number      (const LsRecord         *record,
                                                  const char             *field,
                                                  int64_t                 fallback);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsSampleMarket, ls_sample_market_free)

G_END_DECLS
