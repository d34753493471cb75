/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-sample"

#include "config.h"

#include "server/sample/ls-sample-market.h"

#include "core/ls-calendar.h"

/* The studio beside the shop: rooms by the hour, and those who pay by the month. */

#define USEC_PER_MINUTE (INT64_C (60) * G_USEC_PER_SEC)
#define DAYS_BACK 60
#define DAYS_AHEAD 30
#define OPENS 10
#define CLOSES 22
#define N_SUBSCRIPTIONS 74

static const struct {
  const char *key;
  const char *name;
  const char *room;
  int minutes;
  int price[2];
  unsigned weight;
  const char *description;
} services[] = {
  { "s-rec", "Recording session", "Room A", 120, { 9000, 11000 }, 40,
    "The live room with an engineer, microphones and coffee." },
  { "s-vox", "Vocal session", "Booth", 60, { 4500, 5500 }, 60,
    "The small booth, one voice, one chain, an hour." },
  { "s-day", "Studio day", "Room A", 480, { 31000, 36000 }, 8,
    "Eight hours, the whole room, one engineer." },
  { "s-mix", "Attended mixdown", "Room B", 180, { 14500, 16500 }, 22,
    "Three hours at the desk with you on the sofa." },
  { "s-less", "Production lesson", "Room B", 60, { 5200, 6000 }, 30,
    "One to one, on your session or from nothing." },
};

static const struct {
  const char *plan;
  const char *period;
  int amount[2];
  unsigned weight;
} plans[] = {
  { "Sample Club, monthly", "month", { 990, 1090 }, 60 },
  { "Sample Club, yearly", "year", { 9900, 10900 }, 18 },
  { "Unlimited leases", "month", { 2990, 3290 }, 22 },
};

static const char *const wishes[] = {
  "Brings a tube microphone of her own.", "Needs the upright piano tuned.",
  "Three musicians, two headphone mixes.", "First time in a studio, takes a little longer.",
  "Will send the session the day before.", "Vegetarian lunch, please.",
};

static void
add_services (LsSampleMarket *market,
              GPtrArray      *records)
{
  unsigned shop = market->profile->index;

  for (size_t i = 0; i < G_N_ELEMENTS (services); i++)
    {
      LsRecord *row = ls_sample_row (records, LS_SERVICES, services[i].key);

      ls_sample_set_text (row, "name", services[i].name);
      ls_sample_set_text (row, "description", services[i].description);
      ls_sample_set_number (row, "price", services[i].price[shop]);
      ls_sample_set_number (row, "minutes", services[i].minutes);
      ls_sample_set_text (row, "room", services[i].room);
      ls_sample_set_number (row, "active", 1);
      g_ptr_array_add (market->services, ls_record_ref (row));
    }
}

static const char *
choose_status (LsSampleRandom *random,
               int64_t         starts,
               int64_t         now)
{
  static const char *const past[] = { "completed", "cancelled", "no-show" };
  static const unsigned past_weights[] = { 84, 10, 6 };
  static const char *const future[] = { "confirmed", "requested", "cancelled" };
  static const unsigned future_weights[] = { 68, 26, 6 };

  if (starts < now)
    return past[ls_sample_random_weighted (random, past_weights, G_N_ELEMENTS (past_weights))];
  return future[ls_sample_random_weighted (random, future_weights, G_N_ELEMENTS (future_weights))];
}

static void
add_reservation (LsSampleMarket *market,
                 const LsRecord *service,
                 int64_t         starts,
                 int64_t         now,
                 GPtrArray      *records)
{
  LsSampleRandom *random = &market->random;
  const LsRecord *customer = ls_sample_market_customer (market, MIN (starts, now));
  const char *status = choose_status (random, starts, now);
  g_autofree char *key = g_strdup_printf ("r-%05u", records->len);
  LsRecord *row;

  if (customer == NULL)
    return;
  row = ls_sample_row (records, LS_RESERVATIONS, key);
  ls_sample_set_text (row, "service", ls_record_get_key (service));
  ls_sample_set_text (row, "customer", ls_record_get_key (customer));
  ls_sample_set_text (row, "customer_name", ls_sample_get_text (customer, "name"));
  ls_sample_set_number (row, "starts_at", starts);
  ls_sample_set_number (row, "ends_at",
                        starts + ls_sample_get_number (service, "minutes", 60) * USEC_PER_MINUTE);
  ls_sample_set_text (row, "status", status);
  ls_sample_set_number (row, "price", ls_sample_get_number (service, "price", 0));
  ls_sample_set_number (row, "paid",
                        g_str_equal (status, "completed") ||
                            (g_str_equal (status, "confirmed") &&
                             ls_sample_random_chance (random, 35)));
  if (ls_sample_random_chance (random, 18))
    ls_sample_set_text (row, "note",
                        wishes[ls_sample_random_below (random, G_N_ELEMENTS (wishes))]);
}

/* A day in a room, one booking after another. */
static void
fill_room (LsSampleMarket *market,
           const char     *room,
           int64_t         day,
           int64_t         now,
           GPtrArray      *records)
{
  LsSampleRandom *random = &market->random;
  int64_t opens = ls_calendar_day_start (day, market->zone) + OPENS * 60 * USEC_PER_MINUTE;
  int64_t closes = opens + (CLOSES - OPENS) * 60 * USEC_PER_MINUTE;
  int64_t at = opens + ls_sample_random_between (random, 0, 6) * 30 * USEC_PER_MINUTE;
  /* Few book weeks ahead. */
  unsigned chance = opens > now + 12 * LS_USEC_PER_DAY ? 22 : 48;

  while (at < closes)
    {
      unsigned weights[G_N_ELEMENTS (services)];
      size_t chosen;

      for (size_t i = 0; i < G_N_ELEMENTS (services); i++)
        weights[i] = g_str_equal (services[i].room, room) ? services[i].weight : 0;
      chosen = ls_sample_random_weighted (random, weights, G_N_ELEMENTS (weights));
      if (at + services[chosen].minutes * USEC_PER_MINUTE > closes)
        break;
      if (ls_sample_random_chance (random, chance))
        {
          add_reservation (market, g_ptr_array_index (market->services, chosen), at, now, records);
          at += services[chosen].minutes * USEC_PER_MINUTE;
        }
      at += ls_sample_random_between (random, 1, 4) * 30 * USEC_PER_MINUTE;
    }
}

static void
add_subscriptions (LsSampleMarket *market,
                   int64_t         now,
                   GPtrArray      *records)
{
  static const char *const statuses[] = { "active", "trial", "past-due", "cancelled" };
  static const unsigned status_weights[] = { 70, 9, 6, 15 };
  LsSampleRandom *random = &market->random;
  unsigned weights[G_N_ELEMENTS (plans)];

  for (size_t i = 0; i < G_N_ELEMENTS (plans); i++)
    weights[i] = plans[i].weight;
  for (int i = 0; i < N_SUBSCRIPTIONS; i++)
    {
      g_autofree char *key = g_strdup_printf ("sub-%03d", i + 1);
      const LsRecord *customer = ls_sample_market_customer (market, now - 3 * LS_USEC_PER_DAY);
      size_t plan = ls_sample_random_weighted (random, weights, G_N_ELEMENTS (weights));
      size_t status = ls_sample_random_weighted (random, status_weights, G_N_ELEMENTS (statuses));
      int64_t period = g_str_equal (plans[plan].period, "year") ? 365 : 30;
      int64_t started =
          MAX (ls_sample_get_number (customer, "created_at", 0),
               now - ls_sample_random_between (random, 1, 400 * 24) * (LS_USEC_PER_DAY / 24));
      int64_t periods = (now - started) / (period * LS_USEC_PER_DAY) + 1;
      LsRecord *row = ls_sample_row (records, LS_SUBSCRIPTIONS, key);

      ls_sample_set_text (row, "customer", ls_record_get_key (customer));
      ls_sample_set_text (row, "plan", plans[plan].plan);
      ls_sample_set_text (row, "status", statuses[status]);
      ls_sample_set_number (row, "amount", plans[plan].amount[market->profile->index]);
      ls_sample_set_text (row, "period", plans[plan].period);
      ls_sample_set_number (row, "started_at", started);
      if (!g_str_equal (statuses[status], "cancelled"))
        ls_sample_set_number (row, "renews_at", started + periods * period * LS_USEC_PER_DAY);
    }
}

/**
 * ls_sample_make_studio:
 * @market: a market with its customers
 * @now: the end of its history
 * @records: (element-type LsRecord): gets services, reservations and subscriptions
 *
 * Makes what happens in the studio, some weeks back and some ahead.
 */
void
ls_sample_make_studio (LsSampleMarket *market,
                       int64_t         now,
                       GPtrArray      *records)
{
  static const char *const rooms[] = { "Room A", "Room B", "Booth" };
  int64_t today = ls_calendar_day (now, market->zone);

  add_services (market, records);
  for (int64_t day = today - DAYS_BACK; day <= today + DAYS_AHEAD; day++)
    for (size_t i = 0; i < G_N_ELEMENTS (rooms); i++)
      fill_room (market, rooms[i], day, now, records);
  add_subscriptions (market, now, records);
}
