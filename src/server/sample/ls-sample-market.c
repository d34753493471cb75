/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-sample"

#include "config.h"

#include "server/sample/ls-sample-market.h"

#include "core/ls-calendar.h"
#include "server/sample/ls-sample-people.h"

static const LsSampleProfile profiles[] = {
  {
    .id = "nachtwerk",
    .index = 0,
    .name = "Nachtwerk Beats",
    .currency = "EUR",
    .time_zone = "Europe/Berlin",
    .colour = "#7047eb",
    .address = "Nachtwerk Beats\nHinterhof 3, Aufgang C\nGleisbogen 27\n10245 Berlin\nDeutschland",
    .email = "hallo@nachtwerk.example",
    .tax_number = "DE000000000",
    .country = "DE",
    .number_prefix = "NB-",
    .first_number = 18204,
    .orders_per_day = 13,
    .shipping = { 490, 990, 1690 },
  },
  {
    .id = "low-tide",
    .index = 1,
    .name = "Low Tide Audio",
    .currency = "USD",
    .time_zone = "America/Los_Angeles",
    .colour = "#0f8b8d",
    .address = "Low Tide Audio\n418 Breakwater Lane, Unit 6\nLong Beach, CA 90802\nUnited States",
    .email = "hello@lowtide.example",
    .tax_number = "00-0000000",
    .country = "US",
    .number_prefix = "LT-",
    .first_number = 4407,
    .orders_per_day = 10,
    .shipping = { 575, 1250, 1990 },
    .sales_tax = 95,
  },
};

/* How much happens in each hour of the day, where the shop is. */
static const unsigned hours[24] = {
  6, 4, 2, 1, 1, 1, 2, 4, 7, 10, 12, 13, 14, 14, 14, 15, 17, 19, 21, 24, 25, 23, 17, 11,
};

/* Per mille, from Monday. */
static const unsigned weekdays[7] = { 850, 820, 880, 950, 1150, 1300, 1150 };

/**
 * ls_sample_profile_get:
 * @index: 0 or 1
 *
 * Returns: (transfer none): a sample shop
 */
const LsSampleProfile *
ls_sample_profile_get (unsigned index)
{
  g_return_val_if_fail (index < G_N_ELEMENTS (profiles), NULL);

  return &profiles[index];
}

/**
 * ls_sample_profile_find:
 * @id: a shop's id
 *
 * Returns: (transfer none) (nullable): the sample shop
 */
const LsSampleProfile *
ls_sample_profile_find (const char *id)
{
  for (size_t i = 0; i < G_N_ELEMENTS (profiles); i++)
    if (g_str_equal (profiles[i].id, id))
      return &profiles[i];
  return NULL;
}

/**
 * ls_sample_hours:
 *
 * Returns: (array fixed-size=24): how much happens in each hour of the day, as weights
 */
const unsigned *
ls_sample_hours (void)
{
  return hours;
}

static void
product_free (gpointer data)
{
  LsSampleProduct *product = data;

  ls_record_unref (product->record);
  g_ptr_array_unref (product->variants);
  g_free (product);
}

/**
 * ls_sample_market_new:
 * @profile: a shop
 * @seed: of the dice
 * @purpose: what they are for
 *
 * Returns: (transfer full): a market with nothing in it
 */
LsSampleMarket *
ls_sample_market_new (const LsSampleProfile *profile,
                      uint64_t               seed,
                      const char            *purpose)
{
  LsSampleMarket *market = g_new0 (LsSampleMarket, 1);
  g_autofree char *both = g_strconcat (profile->id, " ", purpose, NULL);

  market->profile = profile;
  market->zone = g_time_zone_new_identifier (profile->time_zone);
  if (market->zone == NULL)
    market->zone = g_time_zone_new_utc ();
  ls_sample_random_init (&market->random, seed, both);
  market->products = g_ptr_array_new_with_free_func (product_free);
  market->customers = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_record_unref);
  market->services = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_record_unref);
  market->number = profile->first_number;
  market->licence = 1;
  return market;
}

/**
 * ls_sample_market_free:
 * @market: (transfer full): a market
 *
 * Frees it.
 */
void
ls_sample_market_free (LsSampleMarket *market)
{
  g_time_zone_unref (market->zone);
  g_ptr_array_unref (market->products);
  g_ptr_array_unref (market->customers);
  g_ptr_array_unref (market->services);
  g_free (market);
}

/**
 * ls_sample_market_take:
 * @market: a market
 * @product: (transfer none): a product
 *
 * Puts a product up for sale. How popular it is hangs on its key alone, so that it stays so.
 *
 * Returns: (transfer none): the product with no variants yet
 */
LsSampleProduct *
ls_sample_market_take (LsSampleMarket *market,
                       LsRecord       *product)
{
  LsSampleProduct *taken = g_new0 (LsSampleProduct, 1);

  taken->record = ls_record_ref (product);
  taken->variants = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_record_unref);
  taken->weight = 6000 / (10 + (unsigned) (ls_sample_hash (ls_record_get_key (product)) % 200));
  g_ptr_array_add (market->products, taken);
  return taken;
}

/* How many of the customers were there at a time. */
static unsigned
count_customers (LsSampleMarket *market,
                 int64_t         at)
{
  unsigned low = 0;
  unsigned high = market->customers->len;

  while (low < high)
    {
      unsigned middle = low + (high - low) / 2;

      if (ls_sample_get_number (g_ptr_array_index (market->customers, middle), "created_at", 0) <=
          at)
        low = middle + 1;
      else
        high = middle;
    }
  return low;
}

/**
 * ls_sample_market_customer:
 * @market: a market
 * @at: when
 *
 * Picks somebody who does something: some people come often, and those who are new soon again.
 *
 * Returns: (transfer none) (nullable): the customer
 */
const LsRecord *
ls_sample_market_customer (LsSampleMarket *market,
                           int64_t         at)
{
  unsigned n = count_customers (market, at);
  const LsRecord *best = NULL;
  unsigned best_rank = 0;

  if (n == 0)
    return NULL;
  if (ls_sample_random_chance (&market->random, 30))
    return g_ptr_array_index (market->customers,
                              n - 1 - ls_sample_random_below (&market->random, MIN (n, 12)));
  /* The most eager of three. */
  for (int i = 0; i < 3; i++)
    {
      const LsRecord *candidate =
          g_ptr_array_index (market->customers, ls_sample_random_below (&market->random, n));
      unsigned rank = (unsigned) (ls_sample_hash (ls_record_get_key (candidate)) % 1000);

      if (best == NULL || rank > best_rank)
        {
          best = candidate;
          best_rank = rank;
        }
    }
  return best;
}

/**
 * ls_sample_market_time_of:
 * @market: a market
 * @day: a day of its calendar
 * @weights: (array fixed-size=24): how much happens in each hour
 *
 * Returns: a moment of that day
 */
int64_t
ls_sample_market_time_of (LsSampleMarket *market,
                          int64_t         day,
                          const unsigned *weights)
{
  int hour = (int) ls_sample_random_weighted (&market->random, weights, 24);
  int minute = (int) ls_sample_random_below (&market->random, 60);
  int64_t seconds = ls_sample_random_between (&market->random, 0, 59 * G_USEC_PER_SEC);
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_utc (day * 86400);
  g_autoptr (GDateTime) time = NULL;

  time = g_date_time_new (market->zone, g_date_time_get_year (date), g_date_time_get_month (date),
                          g_date_time_get_day_of_month (date), hour, minute, 0);
  /* In the hour that summer time leaves out. */
  if (time == NULL)
    return ls_calendar_day_start (day, market->zone) + seconds;
  return g_date_time_to_unix (time) * G_USEC_PER_SEC + seconds;
}

/**
 * ls_sample_market_weekday:
 * @day: days since the epoch
 *
 * Returns: how much happens on that day of the week, 1 being the mean
 */
double
ls_sample_market_weekday (int64_t day)
{
  /* The epoch was a Thursday. */
  return (double) weekdays[(day + 3) % 7] / 1000;
}

/**
 * ls_sample_market_activity:
 * @market: a market
 * @at: when
 *
 * Returns: how much happens at that hour and weekday, 1 being the mean
 */
double
ls_sample_market_activity (LsSampleMarket *market,
                           int64_t         at)
{
  g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (at / G_USEC_PER_SEC);
  g_autoptr (GDateTime) local = g_date_time_to_timezone (utc, market->zone);
  unsigned total = 0;

  for (size_t i = 0; i < G_N_ELEMENTS (hours); i++)
    total += hours[i];
  return (double) hours[g_date_time_get_hour (local)] * 24 / total *
         weekdays[g_date_time_get_day_of_week (local) - 1] / 1000;
}

/**
 * ls_sample_row:
 * @records: (nullable) (element-type LsRecord): where to put it
 * @collection: of which collection
 * @key: its key
 *
 * Returns: (transfer none): a new row, owned by @records; (transfer full) without
 */
LsRecord *
ls_sample_row (GPtrArray     *records,
               LsCollectionId collection,
               const char    *key)
{
  LsRecord *record = ls_record_new (ls_schema_collection (collection), key);

  if (records != NULL)
    g_ptr_array_add (records, record);
  return record;
}

static unsigned
field_of (const LsRecord *record,
          const char     *field)
{
  return (unsigned) ls_collection_field (ls_record_get_collection (record), field);
}

/**
 * ls_sample_set_text:
 * @record: a row
 * @field: a field's name
 * @text: (nullable): its value
 *
 * Sets a text.
 */
void
ls_sample_set_text (LsRecord   *record,
                    const char *field,
                    const char *text)
{
  ls_record_set_text (record, field_of (record, field), text);
}

/**
 * ls_sample_take_text:
 * @record: a row
 * @field: a field's name
 * @text: (transfer full) (nullable): its value
 *
 * Sets a text.
 */
void
ls_sample_take_text (LsRecord   *record,
                     const char *field,
                     char       *text)
{
  ls_sample_set_text (record, field, text);
  g_free (text);
}

/**
 * ls_sample_set_number:
 * @record: a row
 * @field: a field's name
 * @number: its value
 *
 * Sets a number.
 */
void
ls_sample_set_number (LsRecord   *record,
                      const char *field,
                      int64_t     number)
{
  ls_record_set_integer (record, field_of (record, field), number);
}

/**
 * ls_sample_get_text:
 * @record: a row
 * @field: a field's name
 *
 * Returns: (transfer none) (nullable): its value
 */
const char *
ls_sample_get_text (const LsRecord *record,
                    const char     *field)
{
  return ls_record_get_text (record, field_of (record, field));
}

/**
 * ls_sample_get_number:
 * @record: a row
 * @field: a field's name
 * @fallback: in the place of none
 *
 * Returns: its value
 */
int64_t
ls_sample_get_number (const LsRecord *record,
                      const char     *field,
                      int64_t         fallback)
{
  return ls_record_get_integer (record, field_of (record, field), fallback);
}
