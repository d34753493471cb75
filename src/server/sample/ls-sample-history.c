/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-sample"

#include "config.h"

#include "server/sample/ls-sample-market.h"

#include "core/ls-calendar.h"

/* What happened in a sample shop up to now: ninety days of it. */

#define DAYS 90
#define N_CUSTOMERS 400
#define N_EARLY_CUSTOMERS 150
#define N_FAVORITES 900
#define N_NOTES 14
/* More than is ever sold: while history is made up nothing runs out. */
#define PLENTY 100000

/* Days before now on which more happened: a launch, and a sale at the end of a week. */
static const struct {
  int before;
  int days;
  double factor;
} events[] = { { 63, 3, 1.9 }, { 24, 4, 1.6 }, { 9, 2, 1.4 } };

static int
compare_times (gconstpointer a,
               gconstpointer b)
{
  int64_t x = *(const int64_t *) a;
  int64_t y = *(const int64_t *) b;

  return x < y ? -1 : x > y;
}

static void
make_customers (LsSampleMarket *market,
                int64_t         now,
                GPtrArray      *records)
{
  int64_t today = ls_calendar_day (now, market->zone);
  g_autoptr (GArray) times = g_array_new (FALSE, FALSE, sizeof (int64_t));

  for (int i = 0; i < N_CUSTOMERS; i++)
    {
      int64_t days = i < N_EARLY_CUSTOMERS
                         ? ls_sample_random_between (&market->random, DAYS + 2, 720)
                         : ls_sample_random_between (&market->random, 0, DAYS + 1);
      int64_t at = ls_sample_market_time_of (market, today - days, ls_sample_hours ());

      at = MIN (at, now - G_USEC_PER_SEC * (N_CUSTOMERS - i));
      g_array_append_val (times, at);
    }
  g_array_sort (times, compare_times);
  for (unsigned i = 0; i < times->len; i++)
    {
      g_autofree char *key = g_strdup_printf ("c-%04u", 1001 + i);
      LsRecord *customer =
          ls_sample_make_customer (market, key, g_array_index (times, int64_t, i));

      g_ptr_array_add (records, ls_record_ref (customer));
      g_ptr_array_add (market->customers, customer);
    }
}

static double
orders_of_day (LsSampleMarket *market,
               int64_t         day,
               int             before)
{
  /* It grows a little, week by week. */
  double mean = market->profile->orders_per_day * ls_sample_market_weekday (day) *
                (1.15 - 0.3 * before / DAYS);

  for (size_t i = 0; i < G_N_ELEMENTS (events); i++)
    if (before <= events[i].before && before > events[i].before - events[i].days)
      mean *= events[i].factor;
  return mean;
}

static LsSampleAge
age_of (int64_t at,
        int64_t now)
{
  if (at > now - LS_USEC_PER_DAY * 13 / 12)
    return LS_SAMPLE_NEW;
  return at > now - 5 * LS_USEC_PER_DAY ? LS_SAMPLE_YOUNG : LS_SAMPLE_OLD;
}

/* The rights to a beat are sold once. */
static void
take_exclusives (GArray *moves)
{
  for (unsigned i = 0; i < moves->len; i++)
    {
      const LsSampleMove *move = &g_array_index (moves, LsSampleMove, i);

      if (g_str_has_suffix (ls_record_get_key (move->record), "-EXC"))
        ls_sample_set_number (move->record, "stock", 0);
    }
  g_array_set_size (moves, 0);
}

/* The last item of some of the orders with several comes back. */
static void
return_some (LsSampleMarket *market,
             const LsRecord *order,
             unsigned        first,
             int64_t         now,
             GPtrArray      *records)
{
  g_autoptr (GPtrArray) items = g_ptr_array_new ();

  if (!g_str_equal (ls_sample_get_text (order, "status"), "completed") ||
      !ls_sample_random_chance (&market->random, 6))
    return;
  for (unsigned i = first; i < records->len; i++)
    if (ls_record_get_collection (g_ptr_array_index (records, i))->id == LS_ORDER_ITEMS)
      g_ptr_array_add (items, g_ptr_array_index (records, i));
  if (items->len < 2)
    return;
  g_ptr_array_remove_range (items, 0, items->len - 1);
  ls_sample_make_refund (market, order, items, LS_SAMPLE_REFUND_PART,
                         MIN (ls_sample_get_number (order, "placed_at", 0) + 2 * LS_USEC_PER_DAY,
                              now),
                         records);
}

static void
make_orders (LsSampleMarket *market,
             int64_t         now,
             GPtrArray      *records)
{
  int64_t today = ls_calendar_day (now, market->zone);
  g_autoptr (GArray) moves = g_array_new (FALSE, FALSE, sizeof (LsSampleMove));

  for (int before = DAYS; before >= 0; before--)
    {
      unsigned n = ls_sample_random_poisson (&market->random,
                                             orders_of_day (market, today - before, before));
      g_autoptr (GArray) times = g_array_new (FALSE, FALSE, sizeof (int64_t));

      for (unsigned i = 0; i < n; i++)
        {
          int64_t at = ls_sample_market_time_of (market, today - before, ls_sample_hours ());

          if (at < now)
            g_array_append_val (times, at);
        }
      g_array_sort (times, compare_times);
      for (unsigned i = 0; i < times->len; i++)
        {
          int64_t at = g_array_index (times, int64_t, i);
          unsigned first = records->len;
          LsRecord *order =
              ls_sample_make_order (market, at, age_of (at, now), records, moves);

          if (order != NULL && age_of (at, now) == LS_SAMPLE_OLD)
            return_some (market, order, first, now, records);
          take_exclusives (moves);
        }
    }
}

static void
make_favorites (LsSampleMarket *market,
                int64_t         now,
                GPtrArray      *records)
{
  LsSampleRandom *random = &market->random;
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (int i = 0; i < N_FAVORITES; i++)
    {
      const LsRecord *customer = ls_sample_market_customer (market, now);
      const LsSampleProduct *product = g_ptr_array_index (
          market->products, ls_sample_random_below (random, market->products->len));
      int64_t since = MAX (ls_sample_get_number (customer, "created_at", 0),
                           ls_sample_get_number (product->record, "created_at", 0));
      char *pair = g_strdup_printf ("f-%s-%s", ls_record_get_key (customer),
                                    ls_record_get_key (product->record));
      LsRecord *row;

      if (since >= now || !g_hash_table_add (seen, pair))
        continue;
      row = ls_sample_row (records, LS_FAVORITES, pair);
      ls_sample_set_text (row, "customer", ls_record_get_key (customer));
      ls_sample_set_text (row, "product", ls_record_get_key (product->record));
      ls_sample_set_number (row, "at",
                            ls_sample_random_between (
                                random, MAX (since, now - DAYS * LS_USEC_PER_DAY), now));
    }
}

static void
make_notes (LsSampleMarket *market,
            int64_t         now,
            GPtrArray      *records)
{
  static const char *const texts[] = {
    "Called: wants the stems as 48 kHz, sent them by hand.",
    "Plays at the label night in spring, give 10 % on the next order.",
    "Asked twice for an invoice with VAT number, now in the profile.",
    "Prefers mail in the evening.",
    "Exclusive is being discussed, do not archive the beat.",
    "Parcel came back once: check the address before sending.",
    "Teacher: orders for a whole class in September.",
  };
  LsSampleRandom *random = &market->random;

  for (int i = 0; i < N_NOTES; i++)
    {
      const LsRecord *customer = ls_sample_market_customer (market, now);
      g_autofree char *key = g_strdup_printf ("note-%02d", i + 1);
      LsRecord *row = ls_sample_row (records, LS_NOTES, key);

      ls_sample_set_text (row, "collection", "customers");
      ls_sample_set_text (row, "record", ls_record_get_key (customer));
      ls_sample_set_text (row, "body", texts[i % (int) G_N_ELEMENTS (texts)]);
      ls_sample_set_text (row, "author", "admin");
      ls_sample_set_number (row, "at",
                            MAX (ls_sample_get_number (customer, "created_at", 0),
                                 now - ls_sample_random_between (random, 1, 40 * 24) *
                                           (LS_USEC_PER_DAY / 24)));
    }
}

/* Puts @units on the shelf of everything that comes in parcels. */
static void
add_stock (LsSampleMarket *market,
           int64_t         units)
{
  for (unsigned i = 0; i < market->products->len; i++)
    {
      LsSampleProduct *product = g_ptr_array_index (market->products, i);
      int64_t stock = ls_sample_get_number (product->record, "stock", INT64_MIN);

      if (stock == INT64_MIN)
        continue;
      ls_sample_set_number (product->record, "stock", stock + units);
      for (unsigned j = 0; j < product->variants->len; j++)
        {
          LsRecord *variant = g_ptr_array_index (product->variants, j);

          ls_sample_set_number (variant, "stock",
                                ls_sample_get_number (variant, "stock", 0) + units);
        }
    }
}

/**
 * ls_sample_make_history:
 * @market: a market with its products, not with customers
 * @now: the end of the history
 * @records: (element-type LsRecord): gets all rows of the shop
 *
 * Makes what happened, and hands out the products as they are after it.
 */
void
ls_sample_make_history (LsSampleMarket *market,
                        int64_t         now,
                        GPtrArray      *records)
{
  make_customers (market, now, records);
  add_stock (market, PLENTY);
  make_orders (market, now, records);
  add_stock (market, -PLENTY);
  make_favorites (market, now, records);
  make_notes (market, now, records);
  for (unsigned i = 0; i < market->products->len; i++)
    {
      LsSampleProduct *product = g_ptr_array_index (market->products, i);

      g_ptr_array_add (records, ls_record_ref (product->record));
      for (unsigned j = 0; j < product->variants->len; j++)
        g_ptr_array_add (records, ls_record_ref (g_ptr_array_index (product->variants, j)));
    }
}
