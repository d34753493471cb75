/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-sample"

#include "config.h"

#include "server/sample/ls-simulation-private.h"

#include "core/ls-calendar.h"
#include "core/ls-id.h"
#include "server/sample/ls-sample-people.h"

/* What can happen in a shop, one thing at a time. */

#define USEC_PER_MINUTE (INT64_C (60) * G_USEC_PER_SEC)
#define MAX_ATTEMPTS 8
/* Of the orders on their way, the oldest go on first. */
#define FRONT 12
#define LATEST 120

typedef struct {
  LsSimulatedShop *shop;
  LsSimulatedEvent *event;
  LsEnvironment *environment;
  LsSampleRandom *random;
  int64_t now;
} Scene;

/* A change of a row that is known: its fields are compared with what is known of them. */
static LsChange *
change_row (Scene      *scene,
            LsChangeOp  op,
            LsRecord   *record)
{
  LsChange *change =
      ls_change_new (op, ls_record_get_collection (record), ls_record_get_key (record));

  g_ptr_array_add (scene->event->changes, change);
  g_ptr_array_add (scene->event->touched, record);
  return change;
}

static void
set_value (LsChange       *change,
           const LsRecord *record,
           const char     *name,
           LsValue         value)
{
  unsigned field = (unsigned) ls_collection_field (change->collection, name);

  ls_change_take_was (change, field, ls_value_copy (ls_record_get (record, field)));
  ls_change_take_set (change, field, value);
}

static void
add_number (Scene      *scene,
            LsRecord   *record,
            const char *name,
            int64_t     number)
{
  LsChange *change = change_row (scene, LS_CHANGE_ADD, record);

  ls_change_take_set (change, (unsigned) ls_collection_field (change->collection, name),
                      ls_value_integer (number));
}

/* All rows that were made up become PUTs, all that goes out of stock becomes ADDs. */
static void
take_made (Scene *scene)
{
  LsSimulatedEvent *event = scene->event;

  for (unsigned i = 0; i < event->records->len; i++)
    {
      g_ptr_array_add (event->changes, ls_change_new_put (g_ptr_array_index (event->records, i)));
      g_ptr_array_add (event->touched, NULL);
    }
  for (unsigned i = 0; i < event->moves->len; i++)
    {
      const LsSampleMove *move = &g_array_index (event->moves, LsSampleMove, i);

      add_number (scene, move->record, "stock", -move->units);
    }
}

static char *
new_key (Scene      *scene,
         const char *prefix)
{
  g_autofree char *uuid = ls_id_new_uuid (scene->environment);

  return g_strconcat (prefix, uuid, NULL);
}

static bool
buy (Scene *scene)
{
  LsSampleMarket *market = scene->shop->market;
  LsSimulatedEvent *event = scene->event;

  if (ls_sample_random_chance (scene->random, 14))
    {
      g_autofree char *key = new_key (scene, "c-");
      LsRecord *customer = ls_sample_make_customer (market, key, scene->now);

      g_ptr_array_add (event->records, ls_record_ref (customer));
      g_ptr_array_add (market->customers, customer);
    }
  if (ls_sample_make_order (market, scene->now, LS_SAMPLE_NEW, event->records, event->moves) ==
      NULL)
    return false;
  take_made (scene);
  return true;
}

static LsSampleProduct *
find_product (LsSimulatedShop *shop,
              const char      *key)
{
  for (unsigned i = 0; key != NULL && i < shop->market->products->len; i++)
    {
      LsSampleProduct *product = g_ptr_array_index (shop->market->products, i);

      if (g_str_equal (ls_record_get_key (product->record), key))
        return product;
    }
  return NULL;
}

static bool
is_parcel (LsSimulatedShop        *shop,
           const LsSimulatedOrder *order)
{
  for (unsigned i = 0; i < order->items->len; i++)
    {
      LsSampleProduct *product = find_product (
          shop, ls_sample_get_text (g_ptr_array_index (order->items, i), "product"));

      if (product != NULL &&
          g_strcmp0 (ls_sample_get_text (product->record, "kind"), "physical") == 0)
        return true;
    }
  return false;
}

/* Puts what an order took back on the shelf. */
static void
return_stock (Scene                  *scene,
              const LsSimulatedOrder *order)
{
  for (unsigned i = 0; i < order->items->len; i++)
    {
      const LsRecord *item = g_ptr_array_index (order->items, i);
      int64_t quantity = ls_sample_get_number (item, "quantity", 0);
      const char *variant = ls_sample_get_text (item, "variant");
      LsSampleProduct *product =
          find_product (scene->shop, ls_sample_get_text (item, "product"));

      if (product == NULL)
        continue;
      if (ls_sample_get_number (product->record, "stock", INT64_MIN) != INT64_MIN)
        add_number (scene, product->record, "stock", quantity);
      for (unsigned j = 0; variant != NULL && j < product->variants->len; j++)
        {
          LsRecord *own = g_ptr_array_index (product->variants, j);

          if (g_str_equal (ls_record_get_key (own), variant) &&
              ls_sample_get_number (own, "stock", INT64_MIN) != INT64_MIN)
            add_number (scene, own, "stock", quantity);
        }
    }
}

static void
set_status (Scene      *scene,
            LsRecord   *record,
            const char *status)
{
  set_value (change_row (scene, LS_CHANGE_SET, record), record, "status", ls_value_text (status));
}

static void
pay (Scene            *scene,
     LsSimulatedOrder *order)
{
  LsChange *change = change_row (scene, LS_CHANGE_SET, order->order);

  set_value (change, order->order, "status", ls_value_text ("paid"));
  set_value (change, order->order, "paid_at", ls_value_integer (scene->now));
  if (order->payment != NULL &&
      !g_str_equal (ls_sample_get_text (order->payment, "status"), "captured"))
    set_status (scene, order->payment, "captured");
  ls_sample_make_delivery (scene->shop->market, order->order, order->items, scene->now,
                           LS_SAMPLE_NEW, scene->event->records);
  take_made (scene);
}

static void
send (Scene            *scene,
      LsSimulatedOrder *order)
{
  LsChange *change = change_row (scene, LS_CHANGE_SET, order->order);

  set_value (change, order->order, "status", ls_value_text ("shipped"));
  set_value (change, order->order, "carrier", ls_value_text ("Meridian Parcel"));
  {
    g_autofree char *tracking = ls_sample_fill_digits (scene->random, "MP#########");

    set_value (change, order->order, "tracking", ls_value_text (tracking));
  }
}

static void
cancel (Scene            *scene,
        LsSimulatedOrder *order)
{
  set_status (scene, order->order, "cancelled");
  if (order->payment != NULL &&
      g_str_equal (ls_sample_get_text (order->payment, "status"), "pending"))
    set_status (scene, order->payment, "failed");
  return_stock (scene, order);
}

/* An order takes its next step. */
static bool
move_on (Scene *scene)
{
  GPtrArray *open = scene->shop->open;
  LsSimulatedOrder *order;
  const char *status;

  if (open->len == 0)
    return false;
  order = g_ptr_array_steal_index (
      open, ls_sample_random_below (scene->random, MIN (open->len, FRONT)));
  scene->event->order = order;
  status = ls_sample_get_text (order->order, "status");
  if (g_str_equal (status, "pending") || g_str_equal (status, "on-hold"))
    {
      if (ls_sample_random_chance (scene->random, 85))
        pay (scene, order);
      else
        cancel (scene, order);
    }
  else if (g_str_equal (status, "paid"))
    set_status (scene, order->order, is_parcel (scene->shop, order) ? "processing" : "completed");
  else if (g_str_equal (status, "processing"))
    send (scene, order);
  else
    set_status (scene, order->order, "completed");
  return true;
}

/* An order comes back. */
static bool
give_back (Scene *scene)
{
  GPtrArray *done = scene->shop->done;
  unsigned n = MIN (done->len, LATEST);
  LsSimulatedOrder *order;

  if (n == 0)
    return false;
  order = g_ptr_array_steal_index (done,
                                   done->len - 1 - ls_sample_random_below (scene->random, n));
  scene->event->order = order;
  ls_sample_make_refund (scene->shop->market, order->order, order->items, LS_SAMPLE_REFUND_WHOLE,
                         scene->now, scene->event->records);
  take_made (scene);
  set_status (scene, order->order, "refunded");
  if (order->payment != NULL)
    set_status (scene, order->payment, "refunded");
  return_stock (scene, order);
  return true;
}

/* Somebody fetches a file. */
static bool
fetch (Scene *scene)
{
  GPtrArray *downloads = scene->shop->downloads;
  unsigned n = MIN (downloads->len, LATEST);
  LsRecord *record;

  if (n == 0)
    return false;
  record = g_ptr_array_index (downloads,
                              downloads->len - 1 - ls_sample_random_below (scene->random, n));
  if (ls_sample_get_number (record, "revoked", 0) != 0 ||
      ls_sample_get_number (record, "count", 0) >= ls_sample_get_number (record, "limit", 0))
    return false;
  add_number (scene, record, "count", 1);
  set_value (change_row (scene, LS_CHANGE_SET, record), record, "last_at",
             ls_value_integer (scene->now));
  return true;
}

static bool
is_on_sale (const LsSampleProduct *product)
{
  return g_str_equal (ls_sample_get_text (product->record, "status"), "active");
}

static LsSampleProduct *
any_product (Scene *scene)
{
  GPtrArray *products = scene->shop->market->products;

  if (products->len == 0)
    return NULL;
  return g_ptr_array_index (products, ls_sample_random_below (scene->random, products->len));
}

static bool
mark (Scene *scene)
{
  const LsRecord *customer = ls_sample_market_customer (scene->shop->market, scene->now);
  LsSampleProduct *product = any_product (scene);
  g_autofree char *key = NULL;
  LsRecord *row;

  if (customer == NULL || product == NULL || !is_on_sale (product))
    return false;
  key = g_strdup_printf ("f-%.30s-%.30s", ls_record_get_key (customer),
                         ls_record_get_key (product->record));
  if (g_hash_table_contains (scene->shop->favorites, key))
    return false;
  row = ls_sample_row (scene->event->records, LS_FAVORITES, key);
  ls_sample_set_text (row, "customer", ls_record_get_key (customer));
  ls_sample_set_text (row, "product", ls_record_get_key (product->record));
  ls_sample_set_number (row, "at", scene->now);
  take_made (scene);
  return true;
}

/* A delivery for whatever of a few things there is least of. */
static bool
restock (Scene *scene)
{
  LsSampleProduct *least = NULL;
  int64_t units = ls_sample_random_between (scene->random, 12, 40);
  LsRecord *variant = NULL;

  for (int i = 0; i < 60; i++)
    {
      LsSampleProduct *product = any_product (scene);

      if (product == NULL || !is_on_sale (product) ||
          ls_sample_get_number (product->record, "stock", INT64_MIN) == INT64_MIN)
        continue;
      if (least == NULL || ls_sample_get_number (product->record, "stock", 0) <
                               ls_sample_get_number (least->record, "stock", 0))
        least = product;
    }
  if (least == NULL)
    return false;
  for (unsigned i = 0; i < least->variants->len; i++)
    {
      LsRecord *other = g_ptr_array_index (least->variants, i);

      if (variant == NULL ||
          ls_sample_get_number (other, "stock", 0) < ls_sample_get_number (variant, "stock", 0))
        variant = other;
    }
  add_number (scene, least->record, "stock", units);
  if (variant != NULL)
    add_number (scene, variant, "stock", units);
  return true;
}

/* A sale begins or ends, or a price is thought over. */
static bool
reprice (Scene *scene)
{
  LsSampleProduct *product = any_product (scene);
  int64_t price, sale;
  LsChange *change;

  if (product == NULL || !is_on_sale (product) || product->variants->len > 0)
    return false;
  price = ls_sample_get_number (product->record, "price", 0);
  sale = ls_sample_get_number (product->record, "sale_price", 0);
  if (price < 500)
    return false;
  change = change_row (scene, LS_CHANGE_SET, product->record);
  if (sale > 0)
    set_value (change, product->record, "sale_price", (LsValue) LS_VALUE_INIT);
  else if (ls_sample_random_chance (scene->random, 60))
    set_value (change, product->record, "sale_price", ls_value_integer (price * 8 / 100 * 10));
  else
    set_value (change, product->record, "price",
               ls_value_integer (price + 100 * ls_sample_random_between (scene->random, 1, 3)));
  return true;
}

static bool
book (Scene *scene)
{
  LsSampleMarket *market = scene->shop->market;
  const LsRecord *customer = ls_sample_market_customer (market, scene->now);
  g_autofree char *key = new_key (scene, "r-");
  const LsRecord *service;
  int64_t day, starts;
  LsRecord *row;

  if (customer == NULL || market->services->len == 0)
    return false;
  service = g_ptr_array_index (market->services,
                               ls_sample_random_below (scene->random, market->services->len));
  day = ls_calendar_day (scene->now, market->zone) +
        ls_sample_random_between (scene->random, 1, 14);
  starts = ls_calendar_day_start (day, market->zone) +
           ls_sample_random_between (scene->random, 20, 38) * 30 * USEC_PER_MINUTE;
  row = ls_sample_row (scene->event->records, LS_RESERVATIONS, key);
  ls_sample_set_text (row, "service", ls_record_get_key (service));
  ls_sample_set_text (row, "customer", ls_record_get_key (customer));
  ls_sample_set_text (row, "customer_name", ls_sample_get_text (customer, "name"));
  ls_sample_set_number (row, "starts_at", starts);
  ls_sample_set_number (row, "ends_at",
                        starts + ls_sample_get_number (service, "minutes", 60) * USEC_PER_MINUTE);
  ls_sample_set_text (row, "status", "requested");
  ls_sample_set_number (row, "price", ls_sample_get_number (service, "price", 0));
  ls_sample_set_number (row, "paid", 0);
  take_made (scene);
  return true;
}

static const char *
room_of (LsSimulatedShop *shop,
         const LsRecord  *reservation)
{
  const char *key = ls_sample_get_text (reservation, "service");

  for (unsigned i = 0; i < shop->market->services->len; i++)
    {
      const LsRecord *service = g_ptr_array_index (shop->market->services, i);

      if (g_str_equal (ls_record_get_key (service), key))
        return ls_sample_get_text (service, "room");
    }
  return key;
}

static bool
is_taken (LsSimulatedShop *shop,
          const LsRecord  *reservation)
{
  int64_t starts = ls_sample_get_number (reservation, "starts_at", 0);
  int64_t ends = ls_sample_get_number (reservation, "ends_at", 0);

  for (unsigned i = 0; i < shop->reservations->len; i++)
    {
      const LsRecord *other = g_ptr_array_index (shop->reservations, i);

      if (other != reservation &&
          g_str_equal (ls_sample_get_text (other, "status"), "confirmed") &&
          ls_sample_get_number (other, "starts_at", 0) < ends &&
          ls_sample_get_number (other, "ends_at", 0) > starts &&
          g_strcmp0 (room_of (shop, other), room_of (shop, reservation)) == 0)
        return true;
    }
  return false;
}

/* The studio answers, or somebody was there. */
static bool
host (Scene *scene)
{
  GPtrArray *reservations = scene->shop->reservations;

  for (int i = 0; reservations->len > 0 && i < 40; i++)
    {
      LsRecord *record = g_ptr_array_index (
          reservations, ls_sample_random_below (scene->random, reservations->len));
      const char *status = ls_sample_get_text (record, "status");
      bool over = ls_sample_get_number (record, "ends_at", 0) < scene->now;

      if (g_str_equal (status, "requested"))
        {
          set_status (scene, record,
                      over || is_taken (scene->shop, record) ? "cancelled" : "confirmed");
          return true;
        }
      if (g_str_equal (status, "confirmed") && over)
        {
          set_status (scene, record,
                      ls_sample_random_chance (scene->random, 94) ? "completed" : "no-show");
          return true;
        }
    }
  return false;
}

static const struct {
  bool (*happen) (Scene *scene);
  unsigned weight;
} kinds[] = {
  { buy, 34 },    { move_on, 25 }, { fetch, 16 },    { mark, 8 }, { book, 5 },
  { restock, 4 }, { host, 4 },     { give_back, 2 }, { reprice, 2 },
};

static LsSimulatedEvent *
event_new (void)
{
  LsSimulatedEvent *event = g_new0 (LsSimulatedEvent, 1);

  event->changes = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
  event->touched = g_ptr_array_new ();
  event->records = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_record_unref);
  event->moves = g_array_new (FALSE, FALSE, sizeof (LsSampleMove));
  return event;
}

LsSimulatedEvent *
ls_simulated_event_make (LsSimulatedShop *shop,
                         LsEnvironment   *environment)
{
  unsigned weights[G_N_ELEMENTS (kinds)];

  for (size_t i = 0; i < G_N_ELEMENTS (kinds); i++)
    weights[i] = kinds[i].weight;
  for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++)
    {
      g_autoptr (LsSimulatedEvent) event = event_new ();
      Scene scene = { shop, event, environment, &shop->market->random,
                      ls_environment_now (environment) };
      size_t kind = ls_sample_random_weighted (scene.random, weights, G_N_ELEMENTS (weights));

      if (kinds[kind].happen (&scene))
        return g_steal_pointer (&event);
    }
  return NULL;
}

static void
apply_change (LsRecord       *record,
              const LsChange *change)
{
  for (unsigned i = 0; i < change->edits->len; i++)
    {
      const LsFieldEdit *edit = &g_array_index (change->edits, LsFieldEdit, i);

      if (change->op == LS_CHANGE_ADD)
        ls_record_set_integer (record, edit->field,
                               ls_record_get_integer (record, edit->field, 0) +
                                   edit->set.integer);
      else
        ls_record_take (record, edit->field, ls_value_copy (&edit->set));
    }
}

/* Puts an order where its status belongs. */
static void
file_order (LsSimulatedShop  *shop,
            LsSimulatedOrder *order)
{
  const char *status = ls_sample_get_text (order->order, "status");

  if (g_str_equal (status, "completed"))
    g_ptr_array_add (shop->done, order);
  else if (g_str_equal (status, "cancelled") || g_str_equal (status, "failed") ||
           g_str_equal (status, "refunded"))
    ls_simulated_order_free (order);
  else
    g_ptr_array_add (shop->open, order);
}

static void
take_record (LsSimulatedShop   *shop,
             LsRecord          *record,
             LsSimulatedOrder **order)
{
  LsCollectionId id = ls_record_get_collection (record)->id;

  if (id == LS_ORDERS)
    {
      *order = g_new0 (LsSimulatedOrder, 1);
      (*order)->order = ls_record_copy (record);
      (*order)->items = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_record_unref);
    }
  else if (id == LS_ORDER_ITEMS && *order != NULL)
    g_ptr_array_add ((*order)->items, ls_record_copy (record));
  else if (id == LS_PAYMENTS && *order != NULL)
    (*order)->payment = ls_record_copy (record);
  else if (id == LS_DOWNLOADS)
    g_ptr_array_add (shop->downloads, ls_record_copy (record));
  else if (id == LS_RESERVATIONS)
    g_ptr_array_add (shop->reservations, ls_record_copy (record));
  else if (id == LS_FAVORITES)
    g_hash_table_add (shop->favorites, g_strdup (ls_record_get_key (record)));
}

void
ls_simulated_event_apply (LsSimulatedEvent *event,
                          LsSimulatedShop  *shop)
{
  LsSimulatedOrder *made = NULL;

  for (unsigned i = 0; i < event->changes->len; i++)
    if (g_ptr_array_index (event->touched, i) != NULL)
      apply_change (g_ptr_array_index (event->touched, i), g_ptr_array_index (event->changes, i));
  for (unsigned i = 0; i < event->records->len; i++)
    take_record (shop, g_ptr_array_index (event->records, i), &made);
  if (made != NULL)
    file_order (shop, made);
  if (event->order != NULL)
    file_order (shop, g_steal_pointer (&event->order));
}

void
ls_simulated_event_free (LsSimulatedEvent *event)
{
  g_ptr_array_unref (event->changes);
  g_ptr_array_unref (event->touched);
  g_ptr_array_unref (event->records);
  g_array_unref (event->moves);
  g_clear_pointer (&event->order, ls_simulated_order_free);
  g_free (event);
}
