/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-rules"

#include "config.h"

#include "server/ls-rules.h"

#include "core/ls-calendar.h"
#include "server/ls-fields.h"
#include "server/ls-measures.h"

/*
 * Rules of the shop: what types and bounds of the schema can't say. They look at each row that a
 * mutation changes as it would stand afterwards, and never at what is derived, which follows later.
 * docs/rules.md has them in words.
 */

/* How long a reservation may last. It bounds how far back a clash has to be looked for. */
#define MAX_RESERVATION (31 * LS_USEC_PER_DAY)

typedef struct {
  LsDraft *draft;
  const LsMutation *mutation;
  LsZones *zones;
  LsRefusal *refusal;
} Rules;

/* Where an admin may take an order from a status. A step back among paid to completed undoes a
 * slip. Sources of the server's own tell what happened elsewhere: they are not bound. */
static const struct {
  const char *from;
  const char *const to[8];
} transitions[] = {
  { "pending", { "paid", "processing", "on-hold", "cancelled", "failed" } },
  { "on-hold", { "pending", "paid", "processing", "cancelled", "failed" } },
  { "failed", { "pending", "paid", "processing", "on-hold", "cancelled" } },
  { "paid",
    { "pending", "processing", "shipped", "completed", "on-hold", "cancelled", "refunded" } },
  { "processing", { "paid", "shipped", "completed", "on-hold", "cancelled", "refunded" } },
  { "shipped", { "paid", "processing", "completed", "refunded" } },
  { "completed", { "paid", "processing", "shipped", "refunded" } },
  { "cancelled", { "pending", "on-hold" } },
  { "refunded", { "completed" } },
};

static const LsCollection *
collection_of (LsCollectionId id)
{
  return ls_schema_collection (id);
}

static bool
refuse (Rules          *rules,
        const LsRecord *record,
        unsigned        field,
        LsReason        reason)
{
  return ls_refusal_set (rules->refusal, ls_record_get_collection (record),
                         ls_record_get_key (record), (int) field, reason);
}

static bool
field_changed (LsDraftRow row,
               unsigned   field)
{
  return row.before == NULL ||
         !ls_value_equal (ls_record_get (row.before, field), ls_record_get (row.after, field));
}

static bool
not_negative (Rules          *rules,
              const LsRecord *record,
              unsigned        field)
{
  const LsCollection *collection = ls_record_get_collection (record);

  if (ls_record_get_integer (record, field, 0) >= 0)
    return true;
  return ls_refusal_set (rules->refusal, collection, ls_record_get_key (record), (int) field,
                         LS_REASON_BELOW_ZERO, collection, field);
}

static bool
check_prices (Rules          *rules,
              const LsRecord *record,
              unsigned        price,
              unsigned        sale_price)
{
  if (!not_negative (rules, record, price) || !not_negative (rules, record, sale_price))
    return false;
  if (ls_record_get_integer (record, sale_price, 0) <=
      ls_record_get_integer (record, price, INT64_MAX))
    return true;
  return refuse (rules, record, sale_price, LS_REASON_SALE_PRICE);
}

static bool
check_item (Rules          *rules,
            const LsRecord *item)
{
  const LsFields *f = ls_fields ();
  int64_t total = 0;

  if (ls_record_get_integer (item, f->order_items.quantity, 0) < 1)
    return refuse (rules, item, f->order_items.quantity, LS_REASON_ITEM_QUANTITY);
  if (!not_negative (rules, item, f->order_items.unit_price) ||
      !not_negative (rules, item, f->order_items.discount) ||
      !not_negative (rules, item, f->order_items.tax))
    return false;
  if (!ls_measures_item_total (item, &total))
    return refuse (rules, item, f->order_items.quantity, LS_REASON_ITEM_TOTAL);
  if (total < 0)
    return refuse (rules, item, f->order_items.discount, LS_REASON_ITEM_DISCOUNT);
  return true;
}

/* A refund names its item, and would hang in the air without. */
static bool
check_item_gone (Rules          *rules,
                 const LsRecord *item)
{
  const LsFields *f = ls_fields ();
  g_autoptr (GPtrArray) refunds =
      ls_draft_list (rules->draft, collection_of (LS_REFUNDS), f->refunds.order,
                     ls_record_get (item, f->order_items.order));

  for (unsigned i = 0; i < refunds->len; i++)
    if (g_strcmp0 (ls_record_get_text (g_ptr_array_index (refunds, i), f->refunds.item),
                   ls_record_get_key (item)) == 0)
      return ls_refusal_set (rules->refusal, collection_of (LS_ORDER_ITEMS),
                             ls_record_get_key (item), -1, LS_REASON_ITEM_REFUNDED,
                             ls_record_get_key (g_ptr_array_index (refunds, i)));
  return true;
}

/**
 * ls_rules_allow_status:
 * @from: (nullable): an order's status
 * @to: (nullable): another
 *
 * Returns: whether an admin may take an order from @from to @to; from one that this version does
 * not know, to any
 */
bool
ls_rules_allow_status (const char *from,
                       const char *to)
{
  if (from == NULL || to == NULL || g_str_equal (from, to))
    return true;
  for (size_t i = 0; i < G_N_ELEMENTS (transitions); i++)
    if (g_str_equal (transitions[i].from, from))
      return g_strv_contains (transitions[i].to, to);
  return true;
}

static bool
check_order (Rules      *rules,
             LsDraftRow  row)
{
  const LsFields *f = ls_fields ();
  const char *from, *to;

  if (!not_negative (rules, row.after, f->orders.shipping) ||
      !not_negative (rules, row.after, f->orders.tax))
    return false;
  if (row.before == NULL || rules->mutation->client == NULL)
    return true;
  from = ls_record_get_text (row.before, f->orders.status);
  to = ls_record_get_text (row.after, f->orders.status);
  if (ls_rules_allow_status (from, to))
    return true;
  return ls_refusal_set (rules->refusal, collection_of (LS_ORDERS), ls_record_get_key (row.after),
                         (int) f->orders.status, LS_REASON_ORDER_STATUS, collection_of (LS_ORDERS),
                         f->orders.status, from, collection_of (LS_ORDERS), f->orders.status, to);
}

static bool
check_payment (Rules          *rules,
               const LsRecord *payment)
{
  return not_negative (rules, payment, ls_fields ()->payments.amount);
}

/* What was paid for an order: its captured payments, or its total while none is recorded. */
static bool
get_paid (Rules        *rules,
          LsOrderParts *parts,
          int64_t      *ret_paid)
{
  const LsFields *f = ls_fields ();
  LsMeasureShop shop = { NULL, ls_zones_get (rules->zones, "UTC") };
  g_auto (LsValue) key = ls_value_text (ls_record_get_key (parts->order));
  g_autoptr (GPtrArray) payments =
      ls_draft_list (rules->draft, collection_of (LS_PAYMENTS), f->payments.order, &key);
  const char *currency = ls_record_get_text (parts->order, f->orders.currency);
  LsOrderFigures figures;
  bool any = false;

  *ret_paid = 0;
  for (unsigned i = 0; i < payments->len; i++)
    {
      const LsRecord *payment = g_ptr_array_index (payments, i);
      const char *status = ls_record_get_text (payment, f->payments.status);

      if ((!g_str_equal (status, "captured") && !g_str_equal (status, "refunded")) ||
          g_strcmp0 (ls_record_get_text (payment, f->payments.currency), currency) != 0)
        continue;
      any = true;
      if (__builtin_add_overflow (*ret_paid, ls_record_get_integer (payment, f->payments.amount, 0),
                                  ret_paid))
        return false;
    }
  if (any)
    return true;
  if (!ls_measures_order (&shop, parts, &figures))
    return false;
  *ret_paid = figures.total;
  return true;
}

/* A refund of a named item, with all others of that item, gives back no more units than it has. */
static bool
check_refunded_item (Rules          *rules,
                     LsOrderParts   *parts,
                     const LsRecord *refund)
{
  const LsFields *f = ls_fields ();
  const char *key = ls_record_get_text (refund, f->refunds.item);
  const LsRecord *item = NULL;
  int64_t units = 0;

  for (unsigned i = 0; key != NULL && i < parts->items->len; i++)
    if (g_str_equal (ls_record_get_key (g_ptr_array_index (parts->items, i)), key))
      item = g_ptr_array_index (parts->items, i);
  if (key == NULL && ls_record_get_integer (refund, f->refunds.quantity, 0) != 0)
    return refuse (rules, refund, f->refunds.quantity, LS_REASON_REFUND_NEEDS_ITEM);
  if (key == NULL)
    return true;
  if (item == NULL)
    return refuse (rules, refund, f->refunds.item, LS_REASON_REFUND_ITEM);
  for (unsigned i = 0; i < parts->refunds->len; i++)
    {
      const LsRecord *other = g_ptr_array_index (parts->refunds, i);

      if (g_strcmp0 (ls_record_get_text (other, f->refunds.item), key) == 0)
        units += ls_record_get_integer (other, f->refunds.quantity, 0);
    }
  if (units > ls_record_get_integer (item, f->order_items.quantity, 0))
    return refuse (rules, refund, f->refunds.quantity, LS_REASON_REFUND_QUANTITY);
  return true;
}

static bool
check_refund (Rules          *rules,
              const LsRecord *refund)
{
  const LsFields *f = ls_fields ();
  const LsValue *order = ls_record_get (refund, f->refunds.order);
  g_autoptr (GPtrArray) items =
      ls_draft_list (rules->draft, collection_of (LS_ORDER_ITEMS), f->order_items.order, order);
  g_autoptr (GPtrArray) refunds =
      ls_draft_list (rules->draft, collection_of (LS_REFUNDS), f->refunds.order, order);
  LsOrderParts parts = { ls_draft_get (rules->draft, collection_of (LS_ORDERS), order->text), items,
                         refunds };
  int64_t paid = 0, refunded = 0, amount = 0;

  if (!not_negative (rules, refund, f->refunds.net) ||
      !not_negative (rules, refund, f->refunds.tax) ||
      !not_negative (rules, refund, f->refunds.shipping))
    return false;
  /* That the order is missing is said by whoever checks references. */
  if (parts.order == NULL)
    return true;
  if (!check_refunded_item (rules, &parts, refund))
    return false;
  for (unsigned i = 0; i < refunds->len; i++)
    if (!ls_measures_refund_amount (g_ptr_array_index (refunds, i), &amount) ||
        __builtin_add_overflow (refunded, amount, &refunded))
      return refuse (rules, refund, f->refunds.net, LS_REASON_REFUND_AMOUNT);
  if (!get_paid (rules, &parts, &paid) || refunded > paid)
    return refuse (rules, refund, f->refunds.net, LS_REASON_REFUND_PAID);
  return true;
}

static bool
is_confirmed (const LsRecord *reservation)
{
  return g_strcmp0 (ls_record_get_text (reservation, ls_fields ()->reservations.status),
                    "confirmed") == 0;
}

/* What a reservation occupies: its service's room, or the service itself when that has none. */
static const char *
place_of (Rules          *rules,
          const LsRecord *reservation)
{
  const LsFields *f = ls_fields ();
  const char *key = ls_record_get_text (reservation, f->reservations.service);
  const LsRecord *service = ls_draft_get (rules->draft, collection_of (LS_SERVICES), key);
  const char *room = service != NULL ? ls_record_get_text (service, f->services.room) : NULL;

  return room != NULL && *room != '\0' ? room : key;
}

static bool
check_clash (Rules          *rules,
             const LsRecord *reservation)
{
  const LsFields *f = ls_fields ();
  const LsCollection *collection = collection_of (LS_RESERVATIONS);
  int64_t starts = ls_record_get_integer (reservation, f->reservations.starts_at, 0);
  int64_t ends = ls_record_get_integer (reservation, f->reservations.ends_at, 0);
  g_autoptr (GPtrArray) near = ls_draft_list_between (
      rules->draft, collection, f->reservations.starts_at, starts - MAX_RESERVATION, ends - 1);

  for (unsigned i = 0; i < near->len; i++)
    {
      const LsRecord *other = g_ptr_array_index (near, i);

      if (!is_confirmed (other) ||
          g_str_equal (ls_record_get_key (other), ls_record_get_key (reservation)) ||
          ls_record_get_integer (other, f->reservations.ends_at, 0) <= starts ||
          !g_str_equal (place_of (rules, other), place_of (rules, reservation)))
        continue;
      return ls_refusal_set (rules->refusal, collection, ls_record_get_key (reservation),
                             (int) f->reservations.starts_at, LS_REASON_RESERVATION_CLASH,
                             place_of (rules, reservation), ls_record_get_key (other));
    }
  return true;
}

static bool
check_reservation (Rules      *rules,
                   LsDraftRow  row)
{
  const LsFields *f = ls_fields ();
  int64_t starts = ls_record_get_integer (row.after, f->reservations.starts_at, 0);
  int64_t ends = ls_record_get_integer (row.after, f->reservations.ends_at, 0);

  if (ends <= starts)
    return refuse (rules, row.after, f->reservations.ends_at, LS_REASON_RESERVATION_ORDER);
  if (ends - starts > MAX_RESERVATION)
    return refuse (rules, row.after, f->reservations.ends_at, LS_REASON_RESERVATION_LENGTH);
  if (!is_confirmed (row.after) || (!field_changed (row, f->reservations.status) &&
                                    !field_changed (row, f->reservations.starts_at) &&
                                    !field_changed (row, f->reservations.ends_at) &&
                                    !field_changed (row, f->reservations.service)))
    return true;
  return check_clash (rules, row.after);
}

/* Every category is, by its parents, below one that has none. */
static bool
check_category (Rules          *rules,
                const LsRecord *category)
{
  const LsFields *f = ls_fields ();
  const LsRecord *at = category;

  for (int depth = 0; at != NULL; depth++)
    {
      const char *parent = ls_record_get_text (at, f->categories.parent);

      if (parent == NULL)
        return true;
      if (depth == 32)
        return refuse (rules, category, f->categories.parent, LS_REASON_CATEGORY_CIRCLE);
      at = ls_draft_get (rules->draft, collection_of (LS_CATEGORIES), parent);
    }
  return true;
}

/* A day of an order is set once and for all: digests and clients sort orders by it. */
static bool
check_shop (Rules      *rules,
            LsDraftRow  row)
{
  const LsFields *f = ls_fields ();

  if (!field_changed (row, f->shops.time_zone))
    return true;
  if (ls_zones_get (rules->zones, ls_record_get_text (row.after, f->shops.time_zone)) == NULL)
    return refuse (rules, row.after, f->shops.time_zone, LS_REASON_TIME_ZONE);
  if (!ls_draft_has_rows (rules->draft, collection_of (LS_ORDERS)))
    return true;
  return refuse (rules, row.after, f->shops.time_zone, LS_REASON_TIME_ZONE_FIXED);
}

static bool
check_row (Rules      *rules,
           LsDraftRow  row)
{
  const LsFields *f = ls_fields ();

  switch (ls_record_get_collection (row.after)->id)
    {
    case LS_SHOPS:
      return check_shop (rules, row);
    case LS_PRODUCTS:
      return check_prices (rules, row.after, f->products.price, f->products.sale_price);
    case LS_VARIANTS:
      return check_prices (rules, row.after, f->variants.price, f->variants.sale_price);
    case LS_CATEGORIES:
      return check_category (rules, row.after);
    case LS_ORDERS:
      return check_order (rules, row);
    case LS_ORDER_ITEMS:
      return check_item (rules, row.after);
    case LS_PAYMENTS:
      return check_payment (rules, row.after);
    case LS_REFUNDS:
      return check_refund (rules, row.after);
    case LS_RESERVATIONS:
      return check_reservation (rules, row);
    case LS_IMAGES:
    case LS_CUSTOMERS:
    case LS_DOWNLOADS:
    case LS_LICENCES:
    case LS_SERVICES:
    case LS_FAVORITES:
    case LS_SUBSCRIPTIONS:
    case LS_ACTIVITY:
    case LS_DAILY_SALES:
    case LS_STATS:
    case LS_LAYOUTS:
    case LS_SAVED_VIEWS:
    case LS_NOTES:
    default:
      return true;
    }
}

/**
 * ls_rules_check:
 * @draft: a draft with what people or sources changed
 * @mutation: what was asked for
 * @zones: time zones
 * @refusal: where to put which rule was broken
 *
 * Checks all rows that changed. Look at ls_draft_get_error() in either case.
 *
 * Returns: whether all rules hold
 */
bool
ls_rules_check (LsDraft          *draft,
                const LsMutation *mutation,
                LsZones          *zones,
                LsRefusal        *refusal)
{
  Rules rules = { draft, mutation, zones, refusal };
  unsigned n_rows = ls_draft_get_n_rows (draft);

  for (unsigned i = 0; i < n_rows; i++)
    {
      LsDraftRow row = ls_draft_get_row (draft, i);

      if (row.before == row.after)
        continue;
      if (row.after != NULL && !check_row (&rules, row))
        return false;
      if (row.after == NULL && ls_record_get_collection (row.before)->id == LS_ORDER_ITEMS &&
          !check_item_gone (&rules, row.before))
        return false;
    }
  return true;
}
