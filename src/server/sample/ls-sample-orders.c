/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-sample"

#include "config.h"

#include "server/sample/ls-sample-market.h"

#include <string.h>

#include "server/sample/ls-sample-people.h"

/* Orders as they come in: who, what, paid how, sent where. */

#define MAX_ITEMS 4
#define USEC_PER_MINUTE (INT64_C (60) * G_USEC_PER_SEC)
#define USEC_PER_HOUR (60 * USEC_PER_MINUTE)
#define USEC_PER_DAY (24 * USEC_PER_HOUR)
#define DOWNLOAD_LIMIT 10

static const char *const sources[] = { "web", "app", "newsletter", "referral", "marketplace" };
static const unsigned source_weights[] = { 60, 18, 10, 8, 4 };
static const char *const methods[] = { "card", "wallet", "transfer", "invoice" };
static const unsigned method_weights[] = { 58, 30, 9, 3 };
static const char *const carriers[2][2] = {
  { "Stadtpost", "Meridian Parcel" },
  { "Coastline Freight", "Meridian Parcel" },
};

static const struct {
  const char *code;
  unsigned percent;
} coupons[] = { { "WELCOME10", 10 }, { "NIGHTSHIFT15", 15 }, { "BUNDLE20", 20 } };

static const char *const notes[] = {
  "Please put the artist name on the licence, not mine.",
  "It is a present: no invoice in the parcel, please.",
  "Could you send the stems without the master limiter?",
  "Neighbour on the ground floor takes parcels.",
  "Second order today, ship them together if you can.",
  "Need an invoice with our purchase number, will send it by mail.",
};

/* What one purchase is put together of. */
typedef struct {
  LsSampleMarket *market;
  GPtrArray *records;
  GArray *moves;
  const LsRecord *customer;
  const LsSampleCountry *country;
  unsigned percent_off;
  bool physical;
  GPtrArray *items;
  int64_t goods;
  int64_t tax;
} Purchase;

static bool
is_physical (const LsRecord *product)
{
  return g_strcmp0 (ls_sample_get_text (product, "kind"), "physical") == 0;
}

/* Something that is on sale at @at and not in the basket yet. */
static LsSampleProduct *
pick_product (Purchase  *purchase,
              int64_t    at,
              GPtrArray *basket)
{
  LsSampleMarket *market = purchase->market;
  unsigned total = 0;
  unsigned chosen;

  for (unsigned i = 0; i < market->products->len; i++)
    total += ((LsSampleProduct *) g_ptr_array_index (market->products, i))->weight;
  for (int attempt = 0; attempt < 8; attempt++)
    {
      LsSampleProduct *product = NULL;
      const char *status;

      chosen = ls_sample_random_below (&market->random, MAX (total, 1));
      for (unsigned i = 0; i < market->products->len; i++)
        {
          product = g_ptr_array_index (market->products, i);
          if (chosen < product->weight)
            break;
          chosen -= product->weight;
        }
      status = product != NULL ? ls_sample_get_text (product->record, "status") : "draft";
      if (!g_str_equal (status, "draft") && !g_str_equal (status, "archived") &&
          ls_sample_get_number (product->record, "created_at", 0) <= at &&
          !g_ptr_array_find (basket, product, NULL))
        return product;
    }
  return NULL;
}

/* Beats go mostly by their small licences, shirts by the sizes in the middle. */
static LsRecord *
pick_variant (LsSampleMarket  *market,
              LsSampleProduct *product)
{
  static const unsigned weights[] = { 34, 30, 20, 13, 1, 4, 4, 4 };
  size_t n = MIN (product->variants->len, G_N_ELEMENTS (weights));

  if (n == 0)
    return NULL;
  return g_ptr_array_index (product->variants,
                            ls_sample_random_weighted (&market->random, weights, n));
}

static bool
in_stock (const LsRecord *record,
          int64_t         units)
{
  return record == NULL || ls_sample_get_number (record, "stock", INT64_MAX) >= units;
}

static void
move (Purchase *purchase,
      LsRecord *record,
      int64_t   units)
{
  LsSampleMove made = { record, units };

  if (record != NULL && purchase->moves != NULL &&
      ls_sample_get_number (record, "stock", INT64_MIN) != INT64_MIN)
    g_array_append_val (purchase->moves, made);
}

static unsigned
tax_rate (Purchase *purchase,
          bool      physical)
{
  const LsSampleProfile *profile = purchase->market->profile;

  if (profile->sales_tax > 0)
    return physical && g_str_equal (purchase->country->code, profile->country) ? profile->sales_tax
                                                                               : 0;
  return purchase->country->vat;
}

static int64_t
per_mille (int64_t  amount,
           unsigned rate)
{
  return (amount * rate + 500) / 1000;
}

static bool
add_item (Purchase        *purchase,
          const LsRecord  *order,
          LsSampleProduct *product)
{
  LsSampleMarket *market = purchase->market;
  LsRecord *variant = pick_variant (market, product);
  const LsRecord *priced = variant != NULL ? variant : product->record;
  bool physical = is_physical (product->record);
  int64_t quantity = physical && ls_sample_random_chance (&market->random, 18)
                         ? ls_sample_random_between (&market->random, 2, 3)
                         : 1;
  int64_t price = ls_sample_get_number (priced, "sale_price",
                                        ls_sample_get_number (priced, "price", 0));
  g_autofree char *key = NULL;
  int64_t discount, total, tax;
  LsRecord *item;

  if (!in_stock (variant, quantity) || !in_stock (product->record, quantity))
    return false;
  key = g_strdup_printf ("%s-%u", ls_record_get_key (order), purchase->items->len + 1);
  discount = quantity * price * purchase->percent_off / 100;
  total = quantity * price - discount;
  tax = per_mille (total, tax_rate (purchase, physical));
  item = ls_sample_row (purchase->records, LS_ORDER_ITEMS, key);
  ls_sample_set_text (item, "order", ls_record_get_key (order));
  ls_sample_set_text (item, "product", ls_record_get_key (product->record));
  ls_sample_set_text (item, "name", ls_sample_get_text (product->record, "name"));
  ls_sample_set_text (item, "sku", ls_sample_get_text (priced, "sku"));
  ls_sample_set_number (item, "quantity", quantity);
  ls_sample_set_number (item, "unit_price", price);
  if (variant != NULL)
    {
      ls_sample_set_text (item, "variant", ls_record_get_key (variant));
      ls_sample_take_text (item, "name",
                           g_strdup_printf ("%s (%s)",
                                            ls_sample_get_text (product->record, "name"),
                                            ls_sample_get_text (variant, "name")));
    }
  if (discount > 0)
    ls_sample_set_number (item, "discount", discount);
  if (tax > 0)
    ls_sample_set_number (item, "tax", tax);
  purchase->physical = purchase->physical || physical;
  purchase->goods += total;
  purchase->tax += tax;
  g_ptr_array_add (purchase->items, item);
  move (purchase, variant, quantity);
  move (purchase, product->record, quantity);
  return true;
}

static void
fill_basket (Purchase       *purchase,
             const LsRecord *order,
             int64_t         at)
{
  static const unsigned sizes[MAX_ITEMS] = { 63, 25, 9, 3 };
  g_autoptr (GPtrArray) basket = g_ptr_array_new ();
  size_t n = 1 + ls_sample_random_weighted (&purchase->market->random, sizes, MAX_ITEMS);

  for (int attempt = 0; purchase->items->len < n && attempt < 12; attempt++)
    {
      LsSampleProduct *product = pick_product (purchase, at, basket);

      if (product != NULL && add_item (purchase, order, product))
        g_ptr_array_add (basket, product);
    }
}

static const char *
choose_status (Purchase    *purchase,
               LsSampleAge  age,
               const char  *method)
{
  static const char *const names[] = {
    "pending", "paid", "processing", "shipped", "completed", "on-hold", "cancelled", "failed",
    "refunded",
  };
  /* By age, for parcels and for what is delivered at once. */
  static const unsigned weights[3][2][G_N_ELEMENTS (names)] = {
    { { 7, 80, 6, 0, 0, 3, 0, 4, 0 }, { 5, 0, 0, 0, 90, 1, 0, 4, 0 } },
    { { 5, 14, 30, 40, 3, 2, 4, 2, 0 }, { 3, 0, 0, 0, 90, 1, 3, 2, 1 } },
    { { 0, 0, 1, 2, 86, 0, 5, 3, 3 }, { 0, 0, 0, 0, 91, 0, 4, 3, 2 } },
  };

  if (g_str_equal (method, "transfer") && age != LS_SAMPLE_OLD)
    return ls_sample_random_chance (&purchase->market->random, 60) ? "pending" : "paid";
  return names[ls_sample_random_weighted (&purchase->market->random,
                                          weights[age][purchase->physical ? 0 : 1],
                                          G_N_ELEMENTS (names))];
}

static bool
is_one_of (const char *status,
           const char *list)
{
  g_auto (GStrv) names = g_strsplit (list, " ", -1);

  return g_strv_contains ((const char *const *) names, status);
}

static void
set_customer (Purchase *purchase,
              LsRecord *order,
              int64_t   at)
{
  LsSampleMarket *market = purchase->market;
  g_autofree char *name = NULL;
  g_autofree char *email = NULL;

  /* Some buy without an account. */
  purchase->customer = ls_sample_random_chance (&market->random, 6)
                           ? NULL
                           : ls_sample_market_customer (market, at);
  if (purchase->customer != NULL)
    {
      purchase->country =
          ls_sample_countries_find (ls_sample_get_text (purchase->customer, "country"));
      name = g_strdup (ls_sample_get_text (purchase->customer, "name"));
      email = g_strdup (ls_sample_get_text (purchase->customer, "email"));
      ls_sample_set_text (order, "customer", ls_record_get_key (purchase->customer));
    }
  if (purchase->country == NULL)
    purchase->country = ls_sample_country_pick (&market->random, market->profile->index);
  if (name == NULL)
    {
      name = ls_sample_person_name (&market->random, purchase->country);
      email = ls_sample_person_email (&market->random, name, ls_record_get_key (order));
    }
  ls_sample_set_text (order, "customer_name", name);
  ls_sample_set_text (order, "email", email);
  ls_sample_set_text (order, "country", purchase->country->code);
}

static void
set_parcel (Purchase   *purchase,
            LsRecord   *order,
            const char *status)
{
  const LsSampleProfile *profile = purchase->market->profile;
  LsSampleRandom *random = &purchase->market->random;
  bool home = g_str_equal (purchase->country->code, profile->country);
  int64_t shipping = profile->shipping[home ? 0 : purchase->country->vat > 0 ? 1 : 2];

  if (!purchase->physical)
    return;
  /* A parcel worth the way is sent for nothing at home. */
  if (home && purchase->goods >= 6000)
    shipping = 0;
  ls_sample_set_number (order, "shipping", shipping);
  purchase->tax += per_mille (shipping, tax_rate (purchase, true));
  if (purchase->customer != NULL)
    ls_sample_take_text (order, "ship_to",
                         g_strdup_printf ("%s\n%s\n%s %s\n%s",
                                          ls_sample_get_text (purchase->customer, "name"),
                                          ls_sample_get_text (purchase->customer, "address"),
                                          ls_sample_get_text (purchase->customer, "postcode"),
                                          ls_sample_get_text (purchase->customer, "city"),
                                          purchase->country->code));
  if (is_one_of (status, "shipped completed refunded"))
    {
      ls_sample_set_text (order, "carrier",
                          carriers[profile->index][ls_sample_random_below (random, 2)]);
      ls_sample_take_text (order, "tracking", ls_sample_fill_digits (random, "MP#########"));
    }
}

static void
add_payment (Purchase       *purchase,
             const LsRecord *order,
             const char     *method,
             const char     *status,
             int64_t         total,
             int64_t         at)
{
  LsSampleRandom *random = &purchase->market->random;
  g_autofree char *key = g_strconcat (ls_record_get_key (order), "-pay", NULL);
  const char *payment = "captured";
  LsRecord *row;

  if (g_str_equal (status, "cancelled") && ls_sample_random_chance (random, 70))
    return;
  if (is_one_of (status, "pending on-hold cancelled"))
    payment = "pending";
  else if (g_str_equal (status, "failed"))
    payment = "failed";
  else if (g_str_equal (status, "refunded"))
    payment = "refunded";
  row = ls_sample_row (purchase->records, LS_PAYMENTS, key);
  ls_sample_set_text (row, "order", ls_record_get_key (order));
  ls_sample_set_text (row, "method", method);
  ls_sample_set_text (row, "status", payment);
  ls_sample_set_number (row, "amount", total);
  ls_sample_set_text (row, "currency", purchase->market->profile->currency);
  ls_sample_set_number (row, "at", at);
  ls_sample_take_text (row, "reference", ls_sample_fill_digits (random, "TX-########-####"));
}

static void
set_coupon (Purchase *purchase,
            LsRecord *order)
{
  LsSampleRandom *random = &purchase->market->random;
  size_t which;

  if (!ls_sample_random_chance (random, 9))
    return;
  which = ls_sample_random_below (random, G_N_ELEMENTS (coupons));
  purchase->percent_off = coupons[which].percent;
  ls_sample_set_text (order, "coupon", coupons[which].code);
}

static void
finish_order (Purchase    *purchase,
              LsRecord    *order,
              int64_t      at,
              LsSampleAge  age)
{
  LsSampleRandom *random = &purchase->market->random;
  const char *method = methods[ls_sample_random_weighted (random, method_weights,
                                                          G_N_ELEMENTS (method_weights))];
  const char *status = choose_status (purchase, age, method);
  int64_t paid_at = at + ls_sample_random_between (random, 4, 90) * G_USEC_PER_SEC;

  if (g_str_equal (method, "transfer"))
    paid_at = at + ls_sample_random_between (random, 8, 20) * USEC_PER_HOUR;
  if (age == LS_SAMPLE_NEW)
    paid_at = at;
  ls_sample_set_text (order, "status", status);
  ls_sample_set_text (order, "payment_method", method);
  set_parcel (purchase, order, status);
  if (purchase->tax > 0)
    ls_sample_set_number (order, "tax", purchase->tax);
  if (is_one_of (status, "paid processing shipped completed refunded"))
    ls_sample_set_number (order, "paid_at", paid_at);
  if (ls_sample_random_chance (random, 3))
    ls_sample_set_text (order, "note",
                        notes[ls_sample_random_below (random, G_N_ELEMENTS (notes))]);
  add_payment (purchase, order, method, status,
               purchase->goods + purchase->tax + ls_sample_get_number (order, "shipping", 0),
               is_one_of (status, "paid processing shipped completed refunded") ? paid_at : at);
  if (is_one_of (status, "paid processing shipped completed refunded"))
    ls_sample_make_delivery (purchase->market, order, purchase->items, at, age, purchase->records);
  if (g_str_equal (status, "refunded"))
    ls_sample_make_refund (purchase->market, order, purchase->items, LS_SAMPLE_REFUND_WHOLE,
                           at + USEC_PER_DAY, purchase->records);
  /* What did not come about goes back on the shelf. */
  if (is_one_of (status, "cancelled failed") && purchase->moves != NULL)
    g_array_set_size (purchase->moves, 0);
}

/**
 * ls_sample_make_order:
 * @market: a market
 * @at: when it is placed
 * @age: how far it may have come
 * @records: (element-type LsRecord): gets the order and all that belongs to it
 * @moves: (nullable) (element-type LsSampleMove): gets what it takes out of stock
 *
 * Makes up an order.
 *
 * Returns: (transfer none) (nullable): the order, or %NULL when there is nothing to buy
 */
LsRecord *
ls_sample_make_order (LsSampleMarket *market,
                      int64_t         at,
                      LsSampleAge     age,
                      GPtrArray      *records,
                      GArray         *moves)
{
  g_autofree char *number =
      g_strdup_printf ("%s%" G_GINT64_FORMAT, market->profile->number_prefix, market->number);
  g_autoptr (GPtrArray) items = g_ptr_array_new ();
  Purchase purchase = {
    .market = market, .records = records, .moves = moves, .items = items,
  };
  LsRecord *order = ls_sample_row (records, LS_ORDERS, number);

  ls_sample_set_text (order, "number", number);
  ls_sample_set_text (order, "currency", market->profile->currency);
  ls_sample_set_number (order, "placed_at", at);
  ls_sample_set_text (order, "source",
                      sources[ls_sample_random_weighted (&market->random, source_weights,
                                                         G_N_ELEMENTS (source_weights))]);
  set_customer (&purchase, order, at);
  set_coupon (&purchase, order);
  fill_basket (&purchase, order, at);
  if (items->len == 0)
    {
      g_ptr_array_remove (records, order);
      return NULL;
    }
  market->number++;
  finish_order (&purchase, order, at, age);
  return order;
}

/**
 * ls_sample_make_refund:
 * @market: a market
 * @order: an order that was paid
 * @items: (element-type LsRecord): its items, or some of them
 * @what: whether these are all
 * @at: when
 * @records: (element-type LsRecord): gets the refunds
 *
 * Makes up that items are given back, each with its tax, and with all of them the shipping.
 */
void
ls_sample_make_refund (LsSampleMarket *market,
                       const LsRecord *order,
                       GPtrArray      *items,
                       LsSampleRefund  what,
                       int64_t         at,
                       GPtrArray      *records)
{
  static const char *const reasons[] = {
    "Bought twice by mistake", "Wrong size", "Not what the preview promised", "Arrived damaged",
    "Changed their mind within fourteen days",
  };
  const char *reason = reasons[ls_sample_random_below (&market->random, G_N_ELEMENTS (reasons))];
  int64_t tax = ls_sample_get_number (order, "tax", 0);

  for (unsigned i = 0; i < items->len; i++)
    {
      const LsRecord *item = g_ptr_array_index (items, i);
      g_autofree char *key = g_strconcat (ls_record_get_key (item), "-ref", NULL);
      LsRecord *row = ls_sample_row (records, LS_REFUNDS, key);
      int64_t quantity = ls_sample_get_number (item, "quantity", 1);
      bool last = what == LS_SAMPLE_REFUND_WHOLE && i + 1 == items->len;
      int64_t own_tax = last ? tax : ls_sample_get_number (item, "tax", 0);

      ls_sample_set_text (row, "order", ls_record_get_key (order));
      ls_sample_set_text (row, "item", ls_record_get_key (item));
      ls_sample_set_number (row, "quantity", quantity);
      ls_sample_set_number (row, "net",
                            quantity * ls_sample_get_number (item, "unit_price", 0) -
                                ls_sample_get_number (item, "discount", 0));
      if (own_tax > 0)
        ls_sample_set_number (row, "tax", own_tax);
      if (last && ls_sample_get_number (order, "shipping", 0) > 0)
        ls_sample_set_number (row, "shipping", ls_sample_get_number (order, "shipping", 0));
      ls_sample_set_text (row, "reason", reason);
      ls_sample_set_number (row, "at", at);
      tax -= own_tax;
    }
}

static const LsRecord *
find_product (LsSampleMarket *market,
              const char     *key)
{
  for (unsigned i = 0; key != NULL && i < market->products->len; i++)
    {
      LsSampleProduct *product = g_ptr_array_index (market->products, i);

      if (g_str_equal (ls_record_get_key (product->record), key))
        return product->record;
    }
  return NULL;
}

/* What a licence's code in the SKU of a variant stands for. */
static const char *
licence_kind (const LsRecord *item)
{
  static const struct {
    const char *suffix;
    const char *kind;
  } kinds[] = {
    { "-MP3", "mp3" }, { "-WAV", "wav" }, { "-STEMS", "stems" }, { "-UNL", "unlimited" },
    { "-EXC", "exclusive" },
  };
  const char *variant = ls_sample_get_text (item, "variant");

  for (size_t i = 0; variant != NULL && i < G_N_ELEMENTS (kinds); i++)
    if (g_str_has_suffix (variant, kinds[i].suffix))
      return kinds[i].kind;
  return NULL;
}

static void
add_licence (LsSampleMarket *market,
             const LsRecord *order,
             const LsRecord *item,
             const char     *kind,
             int64_t         at,
             GPtrArray      *records)
{
  g_autofree char *key = g_strconcat (ls_record_get_key (item), "-lic", NULL);
  LsRecord *row = ls_sample_row (records, LS_LICENCES, key);

  ls_sample_set_text (row, "order", ls_record_get_key (order));
  ls_sample_set_text (row, "product", ls_sample_get_text (item, "product"));
  ls_sample_set_text (row, "customer", ls_sample_get_text (order, "customer"));
  ls_sample_set_text (row, "kind", kind);
  ls_sample_take_text (row, "number",
                       g_strdup_printf ("%sL%06" G_GINT64_FORMAT, market->profile->number_prefix,
                                        market->licence++));
  ls_sample_set_number (row, "issued_at", at);
  ls_sample_set_number (row, "revoked",
                        g_str_equal (ls_sample_get_text (order, "status"), "refunded"));
}

static void
add_download (LsSampleMarket *market,
              const LsRecord *order,
              const LsRecord *item,
              const char     *kind,
              int64_t         at,
              LsSampleAge     age,
              GPtrArray      *records)
{
  static const unsigned often[] = { 8, 46, 22, 11, 6, 4, 2, 1 };
  g_autofree char *key = g_strconcat (ls_record_get_key (item), "-dl", NULL);
  g_autofree char *upper = kind != NULL ? g_ascii_strup (kind, -1) : NULL;
  LsRecord *row = ls_sample_row (records, LS_DOWNLOADS, key);
  int64_t count = age == LS_SAMPLE_NEW
                      ? 0
                      : (int64_t) ls_sample_random_weighted (&market->random, often,
                                                             G_N_ELEMENTS (often));
  g_autofree char *product = g_strndup (ls_sample_get_text (item, "name"),
                                        strcspn (ls_sample_get_text (item, "name"), "("));

  ls_sample_set_text (row, "product", ls_sample_get_text (item, "product"));
  ls_sample_set_text (row, "customer", ls_sample_get_text (order, "customer"));
  ls_sample_set_text (row, "customer_name", ls_sample_get_text (order, "customer_name"));
  ls_sample_set_text (row, "order", ls_record_get_key (order));
  ls_sample_take_text (row, "file", g_strdup_printf ("%s%s%s.zip", g_strchomp (product),
                                                     upper != NULL ? " " : "",
                                                     upper != NULL ? upper : ""));
  ls_sample_set_number (row, "count", count);
  ls_sample_set_number (row, "limit", DOWNLOAD_LIMIT);
  if (count > 0)
    ls_sample_set_number (row, "last_at",
                          at + USEC_PER_MINUTE *
                                   ls_sample_random_between (&market->random, 1,
                                                             age == LS_SAMPLE_OLD ? 2000 : 50));
  ls_sample_set_number (row, "expires_at", at + 365 * USEC_PER_DAY);
  ls_sample_set_number (row, "revoked",
                        g_str_equal (ls_sample_get_text (order, "status"), "refunded"));
}

/**
 * ls_sample_make_delivery:
 * @market: a market
 * @order: an order that was paid
 * @items: (element-type LsRecord): its items
 * @at: when
 * @age: how long the files have been there to be fetched
 * @records: (element-type LsRecord): gets downloads and licences
 *
 * Makes up what is delivered at once.
 */
void
ls_sample_make_delivery (LsSampleMarket *market,
                         const LsRecord *order,
                         GPtrArray      *items,
                         int64_t         at,
                         LsSampleAge     age,
                         GPtrArray      *records)
{
  for (unsigned i = 0; i < items->len; i++)
    {
      const LsRecord *item = g_ptr_array_index (items, i);
      const LsRecord *product = find_product (market, ls_sample_get_text (item, "product"));
      const char *kind = licence_kind (item);

      if (product == NULL || ls_sample_get_number (product, "downloadable", 0) == 0)
        continue;
      add_download (market, order, item, kind, at, age, records);
      if (kind != NULL)
        add_licence (market, order, item, kind, at, records);
    }
}
