/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "client/ls-cache-private.h"
#include "client/ls-consistency-checker.h"
#include "core/ls-message.h"
#include "ls-test-dir.h"
#include "ls-test-environment.h"
#include "ls-test-rows.h"

/* A small shop whose derived numbers were worked out by hand. */
static const struct {
  LsCollectionId collection;
  const char *json;
} rows[] = {
  { LS_SHOPS,
    "{'k':'music','d':{'name':'Music','currency':'EUR','time_zone':'UTC','sample':false}}" },
  { LS_PRODUCTS,
    "{'k':'p1','d':{'name':'Drums','status':'active','price':1000,'stock':3,'low_stock_at':5,"
    "'units_sold':3,'revenue':1500,'variants':1,'favorites':1,'low_stock':true}}" },
  { LS_PRODUCTS,
    "{'k':'p2','d':{'name':'Bass','status':'draft','units_sold':0,'revenue':0,'variants':0,"
    "'favorites':0,'low_stock':false}}" },
  { LS_VARIANTS,
    "{'k':'v1','d':{'product':'p1','name':'WAV','units_sold':1,'revenue':1000}}" },
  { LS_CUSTOMERS,
    "{'k':'c1','d':{'name':'Ada','orders':2,'spent':1450,'downloads':3,'favorites':1}}" },
  /* Paid, with a discount, and one of two given back. */
  { LS_ORDERS,
    "{'k':'o1','d':{'number':'1','customer':'c1','status':'paid','currency':'EUR','placed_at':1,"
    "'shipping':300,'tax':200,'items_total':1900,'discount':100,'refunded':950,'total':2400,"
    "'revenue':1000,'units':2,'day':20000}}" },
  { LS_ORDERS,
    "{'k':'o2','d':{'number':'2','status':'completed','currency':'EUR','placed_at':1,"
    "'items_total':500,'discount':0,'refunded':0,'total':500,'revenue':500,'units':1,"
    "'day':20000}}" },
  /* Cancelled: in no figure. */
  { LS_ORDERS,
    "{'k':'o3','d':{'number':'3','customer':'c1','status':'cancelled','currency':'USD',"
    "'placed_at':1,'items_total':700,'discount':0,'refunded':0,'total':700,'revenue':0,'units':1,"
    "'day':20001}}" },
  /* In another currency: its units count, its money is a day's of its own. */
  { LS_ORDERS,
    "{'k':'o4','d':{'number':'4','customer':'c1','status':'paid','currency':'USD','placed_at':1,"
    "'items_total':400,'discount':0,'refunded':0,'total':400,'revenue':400,'units':1,"
    "'day':20001}}" },
  { LS_ORDER_ITEMS,
    "{'k':'i1','d':{'order':'o1','product':'p1','variant':'v1','name':'Drums','quantity':2,"
    "'unit_price':1000,'discount':100,'total':1900}}" },
  { LS_ORDER_ITEMS,
    "{'k':'i2','d':{'order':'o2','product':'p1','name':'Drums','quantity':1,'unit_price':500,"
    "'total':500}}" },
  { LS_ORDER_ITEMS,
    "{'k':'i3','d':{'order':'o3','product':'p1','name':'Drums','quantity':1,'unit_price':700,"
    "'total':700}}" },
  { LS_ORDER_ITEMS,
    "{'k':'i4','d':{'order':'o4','product':'p1','name':'Drums','quantity':1,'unit_price':400,"
    "'total':400}}" },
  { LS_REFUNDS,
    "{'k':'r1','d':{'order':'o1','item':'i1','quantity':1,'net':900,'tax':50,'at':2,"
    "'amount':950}}" },
  { LS_DAILY_SALES,
    "{'k':'2024-10-04:EUR','d':{'day':20000,'currency':'EUR','orders':2,'units':2,'revenue':1500,"
    "'tax':200,'shipping':300,'refunded':950,'total':2900}}" },
  { LS_DAILY_SALES,
    "{'k':'2024-10-05:USD','d':{'day':20001,'currency':'USD','orders':1,'units':1,'revenue':400,"
    "'tax':0,'shipping':0,'refunded':0,'total':400}}" },
  { LS_DOWNLOADS,
    "{'k':'d1','d':{'product':'p1','customer':'c1','file':'drums.wav','count':3}}" },
  { LS_FAVORITES, "{'k':'f1','d':{'customer':'c1','product':'p1','at':1}}" },
  { LS_STATS,
    "{'k':'c1','d':{'customer':'c1','favorites':1,'downloads':3,'orders':2,'spent':1450}}" },
};

typedef struct {
  LsTestDir *dir;
  LsTestEnvironment *environment;
  LsCache *cache;
  LsEventBus *bus;
  LsConsistencyChecker *checker;
  LsCheckReport *report; /* of the last check, its findings shared */
  GString *events;
  unsigned n_signals;
} Fixture;

static void
event_cb (LsEventBus *bus,
          LsEvent    *event,
          Fixture    *fixture)
{
  g_string_append_printf (fixture->events, "%s: %s\n", event->type, event->message);
}

static void
finding_cb (LsConsistencyChecker *checker,
            LsFinding            *finding,
            Fixture              *fixture)
{
  fixture->n_signals++;
}

static void
fill (Fixture *fixture)
{
  g_autoptr (GPtrArray) records = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_record_unref);

  for (size_t i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *json = g_strdelimit (g_strdup (rows[i].json), "'", '"');
      g_autoptr (GError) error = NULL;
      LsRecord *record = ls_record_decode (ls_schema_collection (rows[i].collection), json,
                                           strlen (json), &error);

      g_assert_no_error (error);
      g_ptr_array_add (records, record);
    }
  ls_test_snapshot (fixture->cache, records, 1, 0);
}

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  LsEnvironment *environment;
  g_autofree char *path = NULL;

  fixture->dir = ls_test_dir_new ();
  fixture->environment = ls_test_environment_new (1);
  environment = LS_ENVIRONMENT (fixture->environment);
  path = ls_test_dir_file (fixture->dir, "cache");
  fixture->cache = ls_test_cache (environment, path);
  fixture->bus =
      ls_event_bus_new (environment, ls_environment_get_queue (environment, LS_QUEUE_MAIN));
  fixture->checker = ls_consistency_checker_new (environment, fixture->cache, fixture->bus);
  fixture->events = g_string_new (NULL);
  g_signal_connect (fixture->bus, "event", G_CALLBACK (event_cb), fixture);
  g_signal_connect (fixture->checker, "finding", G_CALLBACK (finding_cb), fixture);
  fill (fixture);
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  ls_environment_stop (LS_ENVIRONMENT (fixture->environment));
  g_clear_pointer (&fixture->report, ls_check_report_free);
  g_assert_finalize_object (fixture->checker);
  g_assert_finalize_object (fixture->bus);
  ls_cache_close (fixture->cache);
  g_assert_finalize_object (fixture->cache);
  g_assert_finalize_object (fixture->environment);
  g_string_free (fixture->events, TRUE);
  ls_test_dir_free (fixture->dir);
}

static void
report_cb (const LsCheckReport *report,
           const GError        *error,
           gpointer             user_data)
{
  Fixture *fixture = user_data;

  g_assert_no_error (error);
  g_clear_pointer (&fixture->report, ls_check_report_free);
  fixture->report = ls_check_report_new (report->shop);
  fixture->report->position = report->position;
  fixture->report->n_rules = report->n_rules;
  fixture->report->n_skipped = report->n_skipped;
  fixture->report->n_compared = report->n_compared;
  fixture->report->n_findings = report->n_findings;
  for (unsigned i = 0; i < report->findings->len; i++)
    g_ptr_array_add (fixture->report->findings,
                     ls_finding_ref (g_ptr_array_index (report->findings, i)));
}

static void
check (Fixture     *fixture,
       LsCheckDepth depth)
{
  g_string_truncate (fixture->events, 0);
  ls_consistency_checker_check (fixture->checker, LS_TEST_SHOP, depth, report_cb, fixture, NULL);
  ls_test_environment_run (fixture->environment);
}

/* Somebody else writes into the cache's file. */
static void
corrupt (Fixture            *fixture,
         const LsCollection *collection,
         const char         *key,
         const char         *field,
         int64_t             by)
{
  g_autoptr (GError) error = NULL;
  LsSql *sql = ls_sql_open (ls_cache_get_path (fixture->cache), LS_SQL_READ_WRITE, NULL, &error);
  g_autofree char *table = NULL;
  g_autofree char *text = NULL;
  int64_t generation = 0;

  g_assert_no_error (error);
  ls_sql_get_int64 (sql, &generation, &error, "SELECT generation FROM tables WHERE collection = ?",
                    "t", collection->name);
  g_assert_no_error (error);
  table = ls_cache_table_name (1, collection, generation);
  text = g_strdup_printf ("UPDATE %s SET \"%s\" = COALESCE(\"%s\", 0) + ? WHERE key = ?", table,
                          field, field);
  ls_sql_run (sql, &error, text, "it", by, key);
  g_assert_no_error (error);
  ls_sql_unref (sql);
}

static const LsFinding *
find (Fixture    *fixture,
      const char *rule,
      const char *field)
{
  for (unsigned i = 0; i < fixture->report->findings->len; i++)
    {
      const LsFinding *finding = g_ptr_array_index (fixture->report->findings, i);

      if (g_str_equal (finding->rule, rule) && g_strcmp0 (finding->field, field) == 0)
        return finding;
    }
  return NULL;
}

static void
test_sound (Fixture      *fixture,
            gconstpointer data)
{
  check (fixture, LS_CHECK_ALL);
  g_assert_cmpuint (fixture->report->n_findings, ==, 0);
  g_assert_cmpuint (fixture->report->n_skipped, ==, 0);
  g_assert_cmpuint (fixture->report->n_rules, ==, ls_check_rules_count () + LS_N_COLLECTIONS);
  g_assert_cmpuint (fixture->report->n_compared, >, 60);
  g_assert_cmpint (fixture->report->position.version, ==, 1);
  g_assert_cmpstr (fixture->events->str, ==, "");
}

static void
test_rules (Fixture      *fixture,
            gconstpointer data)
{
  static const struct {
    const char *rule;
    LsCollectionId collection;
    const char *key;
    const char *field;
    int64_t computed;
  } cases[] = {
    { "order-items", LS_ORDERS, "o1", "discount", 100 },
    { "order-items", LS_ORDERS, "o2", "units", 1 },
    { "order-refunds", LS_ORDERS, "o1", "refunded", 950 },
    { "order-refunds", LS_ORDERS, "o2", "refunded", 0 },
    { "order-sums", LS_ORDERS, "o1", "total", 2400 },
    { "order-sums", LS_ORDERS, "o1", "revenue", 1000 },
    { "order-sums", LS_ORDERS, "o3", "revenue", 0 },
    { "daily-sales", LS_DAILY_SALES, "2024-10-04:EUR", "revenue", 1500 },
    { "daily-sales", LS_DAILY_SALES, "2024-10-04:EUR", "units", 2 },
    { "daily-sales", LS_DAILY_SALES, "2024-10-05:USD", "orders", 1 },
    { "product-sales", LS_PRODUCTS, "p1", "units_sold", 3 },
    { "product-sales", LS_PRODUCTS, "p1", "revenue", 1500 },
    { "product-sales", LS_PRODUCTS, "p2", "revenue", 0 },
    { "variant-sales", LS_VARIANTS, "v1", "units_sold", 1 },
    { "variant-sales", LS_VARIANTS, "v1", "revenue", 1000 },
    { "product-variants", LS_PRODUCTS, "p1", "variants", 1 },
    { "product-favorites", LS_PRODUCTS, "p1", "favorites", 1 },
    { "low-stock", LS_PRODUCTS, "p1", "low_stock", 1 },
    { "low-stock", LS_PRODUCTS, "p2", "low_stock", 0 },
    { "customer-orders", LS_CUSTOMERS, "c1", "orders", 2 },
    { "customer-orders", LS_CUSTOMERS, "c1", "spent", 1450 },
    { "customer-downloads", LS_CUSTOMERS, "c1", "downloads", 3 },
    { "customer-favorites", LS_CUSTOMERS, "c1", "favorites", 1 },
    { "customer-stats", LS_STATS, "c1", "spent", 1450 },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const LsCollection *collection = ls_schema_collection (cases[i].collection);
      g_autofree char *both = g_strdup_printf (
          "%s is %" G_GINT64_FORMAT ", its parts give %" G_GINT64_FORMAT, cases[i].field,
          cases[i].computed + 7, cases[i].computed);
      const LsFinding *finding;

      corrupt (fixture, collection, cases[i].key, cases[i].field, 7);
      check (fixture, LS_CHECK_CROSS);
      g_test_message ("%s %s", cases[i].rule, cases[i].field);
      finding = find (fixture, cases[i].rule, cases[i].field);
      g_assert_nonnull (finding);
      g_assert_cmpint (finding->stored, ==, cases[i].computed + 7);
      g_assert_cmpint (finding->computed, ==, cases[i].computed);
      g_assert_true (finding->collection == collection);
      g_assert_cmpint (finding->version, ==, 1);
      g_assert_nonnull (finding->sections[0]);
      g_assert_nonnull (strstr (finding->message, both));
      g_assert_nonnull (strstr (fixture->events->str, both));
      g_assert_true (g_str_has_prefix (fixture->events->str, LS_EVENT_FINDING));

      corrupt (fixture, collection, cases[i].key, cases[i].field, -7);
      check (fixture, LS_CHECK_CROSS);
      g_assert_cmpuint (fixture->report->n_findings, ==, 0);
      g_assert_true (g_str_has_prefix (fixture->events->str, LS_EVENT_HEALED));
    }
}

/* The parts may be what is wrong. */
static void
test_parts (Fixture      *fixture,
            gconstpointer data)
{
  const LsFinding *finding;

  corrupt (fixture, ls_schema_collection (LS_ORDER_ITEMS), "i2", "unit_price", 100);
  check (fixture, LS_CHECK_CROSS);
  finding = find (fixture, "order-items", "items_total");
  g_assert_nonnull (finding);
  g_assert_cmpstr (finding->key, ==, "o2");
  g_assert_cmpint (finding->computed, ==, 600);
  g_assert_nonnull (find (fixture, "product-sales", "revenue"));
}

static void
test_rotten (Fixture      *fixture,
             gconstpointer data)
{
  corrupt (fixture, ls_schema_collection (LS_PRODUCTS), "p2", "price", 100);
  check (fixture, LS_CHECK_CROSS);
  g_assert_cmpuint (fixture->report->n_findings, ==, 0);
  check (fixture, LS_CHECK_ALL);
  g_assert_cmpuint (fixture->report->n_findings, ==, 1);
  g_assert_nonnull (find (fixture, "digest", "digest"));

  corrupt (fixture, ls_schema_collection (LS_PRODUCTS), "p2", "price", -1000000000000000);
  check (fixture, LS_CHECK_ALL);
  g_assert_nonnull (find (fixture, "row", NULL));
  g_assert_cmpstr (find (fixture, "row", NULL)->key, ==, "p2");
}

static void
test_pending (Fixture      *fixture,
              gconstpointer data)
{
  LsChange *change = ls_change_new (LS_CHANGE_SET, ls_schema_collection (LS_ORDERS), "o3");
  g_autoptr (GPtrArray) changes = ls_test_changes (change, NULL);
  g_autoptr (LsEdit) edit = NULL;
  g_autoptr (GError) error = NULL;

  ls_change_take_set (change, ls_test_field (ls_schema_collection (LS_ORDERS), "status"),
                      ls_value_text ("paid"));
  edit = ls_cache_add_edit (fixture->cache, LS_TEST_SHOP, "mid", changes, &error);
  g_assert_no_error (error);
  check (fixture, LS_CHECK_ALL);
  g_assert_cmpuint (fixture->report->n_findings, ==, 0);
  g_assert_cmpuint (fixture->report->n_skipped, >=, 7);
  g_assert_cmpuint (fixture->report->n_rules, >, LS_N_COLLECTIONS);
}

static void
test_flood (Fixture      *fixture,
            gconstpointer data)
{
  g_autoptr (GPtrArray) records = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_record_unref);
  const LsCollection *stats = ls_schema_collection (LS_STATS);

  for (int i = 0; i < 1000; i++)
    {
      g_autofree char *key = g_strdup_printf ("ghost-%d", i);
      LsRecord *record = ls_record_new (stats, key);

      ls_record_set_integer (record, ls_test_field (stats, "orders"), 5);
      g_ptr_array_add (records, record);
    }
  ls_test_snapshot (fixture->cache, records, 2, 0);
  check (fixture, LS_CHECK_CROSS);
  g_assert_cmpuint (fixture->report->n_findings, ==, 1000);
  g_assert_cmpuint (fixture->report->findings->len, ==, LS_CHECK_MAX_FINDINGS);
}

static void
test_round (Fixture      *fixture,
            gconstpointer data)
{
  static const char *const shops[] = { LS_TEST_SHOP, NULL };
  g_autoptr (GPtrArray) open = NULL;

  ls_consistency_checker_set_shops (fixture->checker, shops);
  ls_consistency_checker_start (fixture->checker);
  /* Every collection has its turn. */
  corrupt (fixture, ls_schema_collection (LS_FAVORITES), "f1", "at", 1);
  ls_test_environment_advance (fixture->environment,
                               (LS_N_COLLECTIONS + 1) * INT64_C (61) * G_USEC_PER_SEC);
  g_assert_cmpuint (fixture->n_signals, ==, 1);
  /* A number that does not add up makes all of them be looked at. */
  corrupt (fixture, ls_schema_collection (LS_DAILY_SALES), "2024-10-04:EUR", "revenue", 1);
  ls_test_environment_advance (fixture->environment, 61 * G_USEC_PER_SEC);
  g_assert_cmpuint (fixture->n_signals, ==, 3);
  open = ls_consistency_checker_get_open (fixture->checker);
  g_assert_cmpuint (open->len, ==, 3);
  ls_consistency_checker_stop (fixture->checker);
  g_assert_cmpint (ls_test_environment_get_due (fixture->environment), ==, -1);
}

/* --- What is done about it ------------------------------------------------------------------- */

static void
heal_verify (const char *shop,
             uint32_t    collections,
             gpointer    user_data)
{
  g_string_append_printf (user_data, "verify %x; ", collections);
}

static void
heal_suspect (const char         *shop,
              const LsCollection *collection,
              GArray             *buckets,
              gpointer            user_data)
{
  g_string_append_printf (user_data, "suspect %u of %s; ", buckets->len, collection->name);
}

static void
heal_refetch (const char *shop,
              uint32_t    collections,
              gpointer    user_data)
{
  g_string_append_printf (user_data, "refetch %x; ", collections);
}

static const LsHealer healer = { heal_verify, heal_suspect, heal_refetch };

static void
told_cb (LsConsistencyChecker *checker,
         LsFinding            *finding,
         GString              *told)
{
  g_string_append_printf (told, "%s %s; ", finding->rule, finding->key);
}

/* The sync machine says something. */
static void
hear (Fixture            *fixture,
      const char         *type,
      const LsCollection *collection,
      int64_t             count)
{
  LsEvent *event = ls_event_new (type, LS_TEST_SHOP);

  event->collection = collection;
  event->count = count;
  ls_event_bus_publish (fixture->bus, event);
  ls_test_environment_run (fixture->environment);
}

/* What was asked to be healed and rots again, while nobody said that it was healed, is asked for again:
 * its rows may have come with all of the collection. */
static void
test_suspect_again (Fixture      *fixture,
                    gconstpointer data)
{
  g_autoptr (GString) done = g_string_new (NULL);

  ls_consistency_checker_set_healer (fixture->checker, &healer, done);
  corrupt (fixture, ls_schema_collection (LS_PRODUCTS), "p2", "price", 100);
  check (fixture, LS_CHECK_ALL);
  corrupt (fixture, ls_schema_collection (LS_PRODUCTS), "p2", "price", 200);
  check (fixture, LS_CHECK_ALL);
  g_assert_cmpuint (fixture->report->n_findings, ==, 1);
  g_assert_cmpstr (done->str, ==, "suspect 1 of products; ");
  ls_test_environment_advance (fixture->environment, 60 * G_USEC_PER_SEC);
  corrupt (fixture, ls_schema_collection (LS_PRODUCTS), "p2", "price", 300);
  check (fixture, LS_CHECK_ALL);
  g_assert_cmpstr (done->str, ==, "suspect 1 of products; suspect 1 of products; ");
}

/* A row that rotted: its bucket is healed, and that sums are right again closes nothing. */
static void
test_suspect (Fixture      *fixture,
              gconstpointer data)
{
  g_autoptr (GString) done = g_string_new (NULL);
  const LsProofStats *stats = ls_consistency_checker_get_stats (fixture->checker);
  LsDigestSum before, after;

  ls_consistency_checker_set_healer (fixture->checker, &healer, done);
  ls_cache_get_digest (fixture->cache, LS_TEST_SHOP, ls_schema_collection (LS_PRODUCTS), &before,
                       NULL);
  corrupt (fixture, ls_schema_collection (LS_PRODUCTS), "p2", "price", 100);
  check (fixture, LS_CHECK_ALL);
  g_assert_cmpstr (done->str, ==, "suspect 1 of products; ");
  ls_cache_get_digest (fixture->cache, LS_TEST_SHOP, ls_schema_collection (LS_PRODUCTS), &after,
                       NULL);
  g_assert_cmpuint (before.hash, !=, after.hash);
  check (fixture, LS_CHECK_ALL);
  g_assert_cmpuint (fixture->report->n_findings, ==, 0);
  g_assert_cmpstr (done->str, ==, "suspect 1 of products; ");
  g_assert_cmpuint (stats->n_found, ==, 1);
  g_assert_cmpuint (stats->n_open, ==, 1);
  g_assert_cmpuint (stats->n_healed, ==, 0);

  ls_test_environment_advance (fixture->environment, 3 * G_USEC_PER_SEC);
  hear (fixture, LS_EVENT_HEALED, ls_schema_collection (LS_ORDERS), 0);
  g_assert_cmpuint (stats->n_open, ==, 1);
  hear (fixture, LS_EVENT_HEALED, ls_schema_collection (LS_PRODUCTS), 1);
  g_assert_cmpuint (stats->n_open, ==, 0);
  g_assert_cmpuint (stats->n_rows, ==, 1);
  g_assert_cmpint (stats->heal_time, >=, 3 * G_USEC_PER_SEC);
  g_assert_cmpint (stats->healed_at, >, 0);
}

/* Without a connection nothing heals it; the digests that agree at the next one say that it is. */
static void
test_verified (Fixture      *fixture,
               gconstpointer data)
{
  const LsProofStats *stats = ls_consistency_checker_get_stats (fixture->checker);

  corrupt (fixture, ls_schema_collection (LS_PRODUCTS), "p2", "price", 100);
  check (fixture, LS_CHECK_ALL);
  /* One that may have been compared before does not count. */
  hear (fixture, LS_EVENT_VERIFIED, NULL, 0);
  g_assert_cmpuint (stats->n_open, ==, 1);
  ls_test_environment_advance (fixture->environment, 5 * G_USEC_PER_SEC);
  hear (fixture, LS_EVENT_VERIFIED, NULL, 0);
  g_assert_cmpuint (stats->n_open, ==, 0);
  g_assert_cmpuint (stats->n_healed, ==, 1);
}

/* What the digests say differs is being mended until they say otherwise. */
static void
test_differs (Fixture      *fixture,
              gconstpointer data)
{
  const LsProofStats *stats = ls_consistency_checker_get_stats (fixture->checker);

  hear (fixture, LS_EVENT_FINDING, ls_schema_collection (LS_PRODUCTS), 0);
  g_assert_cmpuint (stats->n_open, ==, 1);
  ls_test_environment_advance (fixture->environment, 2 * G_USEC_PER_SEC);
  hear (fixture, LS_EVENT_HEALED, ls_schema_collection (LS_PRODUCTS), 4);
  g_assert_cmpuint (stats->n_open, ==, 0);
  g_assert_cmpuint (stats->n_found, ==, 1);
  g_assert_cmpuint (stats->n_healed, ==, 1);
  g_assert_cmpuint (stats->n_rows, ==, 4);
  g_assert_cmpint (stats->heal_time, ==, 2 * G_USEC_PER_SEC);
}

/* Rows are the server's, and do not add up: the admin is told, once. */
static void
test_told (Fixture      *fixture,
           gconstpointer data)
{
  g_autoptr (GString) done = g_string_new (NULL);
  g_autoptr (GString) told = g_string_new (NULL);
  const LsProofStats *stats = ls_consistency_checker_get_stats (fixture->checker);

  ls_consistency_checker_set_healer (fixture->checker, &healer, done);
  g_signal_connect (fixture->checker, "told", G_CALLBACK (told_cb), told);
  corrupt (fixture, ls_schema_collection (LS_DAILY_SALES), "2024-10-04:EUR", "revenue", 1);
  check (fixture, LS_CHECK_CROSS);
  g_assert_true (g_str_has_prefix (done->str, "verify 0; "));
  g_assert_cmpstr (told->str, ==, "");
  ls_test_environment_advance (fixture->environment, 6 * G_USEC_PER_SEC);
  g_assert_cmpstr (told->str, ==, "");
  hear (fixture, LS_EVENT_VERIFIED, NULL, 0);
  g_assert_cmpstr (told->str, ==, "daily-sales 020000 EUR; ");
  g_assert_cmpuint (stats->n_open_told, ==, 1);
  check (fixture, LS_CHECK_ALL);
  hear (fixture, LS_EVENT_VERIFIED, NULL, 0);
  g_assert_cmpstr (told->str, ==, "daily-sales 020000 EUR; ");
  g_assert_cmpuint (stats->n_told, ==, 1);

  corrupt (fixture, ls_schema_collection (LS_DAILY_SALES), "2024-10-04:EUR", "revenue", -1);
  check (fixture, LS_CHECK_CROSS);
  g_assert_cmpuint (stats->n_open_told, ==, 0);
}

/* What is shown of a row under an edit is its confirmed form with the edit over it. */
static void
test_overlay (Fixture      *fixture,
              gconstpointer data)
{
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);
  g_autoptr (GPtrArray) changes =
      ls_test_changes (ls_test_set_integer ("p2", "price", 700), NULL);
  g_autoptr (LsRecord) visible = NULL;
  g_autoptr (LsEdit) edit = NULL;

  edit = ls_cache_add_edit (fixture->cache, LS_TEST_SHOP, "mid", changes, NULL);
  corrupt (fixture, products, "p2", "price", 100);
  check (fixture, LS_CHECK_ALL);
  g_assert_nonnull (find (fixture, "overlay", "rows"));
  g_assert_nonnull (strstr (fixture->events->str, LS_EVENT_HEALED));
  visible = ls_cache_get_visible (fixture->cache, LS_TEST_SHOP, products, "p2", NULL);
  g_assert_cmpint (ls_record_get_integer (visible, ls_test_field (products, "price"), 0), ==, 700);
  check (fixture, LS_CHECK_ALL);
  g_assert_cmpuint (fixture->report->n_findings, ==, 0);
}

/* After a crash all rows are read within minutes. */
static void
test_after_crash (Fixture      *fixture,
                  gconstpointer data)
{
  static const char *const shops[] = { LS_TEST_SHOP, NULL };

  fixture->cache->was_killed = true;
  ls_consistency_checker_set_shops (fixture->checker, shops);
  ls_consistency_checker_start (fixture->checker);
  corrupt (fixture, ls_schema_collection (LS_FAVORITES), "f1", "at", 1);
  ls_test_environment_advance (fixture->environment, 60 * G_USEC_PER_SEC);
  g_assert_cmpuint (fixture->n_signals, ==, 1);
  ls_consistency_checker_stop (fixture->checker);
}

int
main (int    argc,
      char **argv)
{
  static const struct {
    const char *name;
    void (*test) (Fixture *fixture, gconstpointer data);
  } tests[] = {
    { "sound", test_sound },   { "rules", test_rules },     { "parts", test_parts },
    { "rotten", test_rotten }, { "pending", test_pending }, { "flood", test_flood },
    { "round", test_round },   { "suspect", test_suspect }, { "suspect-again", test_suspect_again },
    { "verified", test_verified },
    { "differs", test_differs }, { "told", test_told },       { "overlay", test_overlay },
    { "after-crash", test_after_crash },
  };

  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strconcat ("/consistency/", tests[i].name, NULL);

      g_test_add (path, Fixture, NULL, set_up, tests[i].test, tear_down);
    }
  return g_test_run ();
}
