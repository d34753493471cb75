/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <locale.h>

#include "core/ls-calendar.h"
#include "ls-test-dir.h"
#include "ls-test-environment.h"
#include "server/import/ls-import.h"
#include "server/ls-derive-check.h"
#include "server/ls-storage-sqlite.h"
#include "server/sample/ls-sample.h"

#define NOW INT64_C (1790000000000000)
#define SEED 11

static void
done_cb (const GError *error,
         gpointer      user_data)
{
  g_assert_no_error ((GError *) error);
  *(bool *) user_data = true;
}

static void
add_shop (LsTestEnvironment     *environment,
          LsStorage             *storage,
          LsCommitter           *committer,
          const char            *jobs,
          const LsSampleProfile *profile,
          LsImportFlags          flags)
{
  const LsImportParts parts = { LS_ENVIRONMENT (environment), storage, committer, jobs };
  g_autoptr (LsRecord) shop = ls_sample_make_shop (profile);
  g_autoptr (GPtrArray) rows = ls_sample_make_rows (profile, SEED, NOW);
  g_autoptr (GPtrArray) readers = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GError) error = NULL;
  LsImportReport report = { 0 };
  bool over = false;

  ls_storage_create_shop (storage, shop, &error);
  g_assert_no_error (error);
  g_ptr_array_add (readers, ls_sample_reader_new (rows));
  ls_import_run (&parts, profile->id, LS_SAMPLE_ACTOR, readers, 0, flags, &report, done_cb, &over,
                 NULL);
  ls_test_environment_run (environment);
  g_assert_true (over);
  g_assert_cmpint (report.errors, ==, 0);
  g_assert_cmpint (report.added, ==, rows->len);
}

static void
check_shop (LsStorage  *storage,
            const char *id)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LsDeriveReport) report = ls_derive_check (storage, id, &error);
  g_autoptr (LsShop) shop = ls_storage_get_shop (storage, id, &error);

  g_assert_no_error (error);
  for (unsigned i = 0; i < report->findings->len; i++)
    {
      g_autofree char *text = ls_finding_to_text (g_ptr_array_index (report->findings, i));

      g_test_message ("%s", text);
    }
  g_assert_cmpint (report->n_findings, ==, 0);
  g_assert_true (shop->sample);
}

/* Both shops go through all rules of the server, and their figures are what follows from their
 * rows. */
static void
test_shops (void)
{
  g_autoptr (LsTestDir) dir = ls_test_dir_new ();
  g_autofree char *path = ls_test_dir_file (dir, LS_STORAGE_FILE);
  g_autofree char *jobs = ls_test_dir_file (dir, LS_JOBS_FOLDER);
  g_autoptr (LsTestEnvironment) environment = ls_test_environment_new (1);
  g_autoptr (GError) error = NULL;
  LsStorage *storage = ls_storage_sqlite_new (LS_ENVIRONMENT (environment), path, &error);
  LsCommitter *committer = ls_committer_new (LS_ENVIRONMENT (environment), storage);

  g_assert_no_error (error);
  for (unsigned i = 0; i < LS_SAMPLE_SHOPS; i++)
    {
      /* As init makes them, and as an import from elsewhere would: tried first. */
      add_shop (environment, storage, committer, jobs, ls_sample_profile_get (i),
                i == 0 ? LS_IMPORT_TRUSTED : LS_IMPORT_NO_FLAGS);
      check_shop (storage, ls_sample_profile_get (i)->id);
    }
  ls_environment_stop (LS_ENVIRONMENT (environment));
  g_object_unref (committer);
  g_assert_finalize_object (storage);
}

static uint64_t
digest_of (GPtrArray *rows)
{
  uint64_t digest = 0;

  for (unsigned i = 0; i < rows->len; i++)
    digest ^= ls_digest_record (g_ptr_array_index (rows, i), UINT64_MAX);
  return digest;
}

/* A seed is a shop, on every machine: whoever changes what is made up on purpose puts the new digests
 * here, and looks at the shops. */
static const uint64_t made_up[LS_SAMPLE_SHOPS] = {
  UINT64_C (0x9267383f3d733690),
  UINT64_C (0xab7263ebec8b42c0),
};

static void
test_seed (void)
{
  for (unsigned i = 0; i < LS_SAMPLE_SHOPS; i++)
    {
      const LsSampleProfile *profile = ls_sample_profile_get (i);
      g_autoptr (GPtrArray) first = ls_sample_make_rows (profile, SEED, NOW);
      g_autoptr (GPtrArray) second = ls_sample_make_rows (profile, SEED, NOW);
      g_autoptr (GPtrArray) other = ls_sample_make_rows (profile, SEED + 1, NOW);

      g_assert_cmphex (digest_of (first), ==, digest_of (second));
      g_assert_cmphex (digest_of (first), ==, made_up[i]);
      g_assert_cmphex (digest_of (first), !=, digest_of (other));
    }
}

/* At any moment a shop can be made up, also while clocks are set. */
static void
test_moments (void)
{
  static const char *const moments[] = {
    "2026-03-29T02:30:00+01:00", "2026-10-25T02:30:00+01:00", "2027-01-01T00:00:00Z",
    "2028-02-29T23:59:59Z",
  };

  for (size_t i = 0; i < G_N_ELEMENTS (moments); i++)
    {
      g_autoptr (GTimeZone) utc = g_time_zone_new_utc ();
      g_autoptr (GPtrArray) rows = NULL;
      int64_t now = 0;

      g_assert_true (ls_calendar_parse_time (moments[i], utc, &now));
      rows = ls_sample_make_rows (ls_sample_profile_get (i % LS_SAMPLE_SHOPS), SEED, now);
      for (unsigned j = 0; j < rows->len; j++)
        {
          const LsRecord *row = g_ptr_array_index (rows, j);
          const LsCollection *collection = ls_record_get_collection (row);
          g_autoptr (GError) error = NULL;

          ls_record_validate (row, &error);
          g_assert_no_error (error);
          if (collection->id == LS_ORDERS)
            g_assert_cmpint (ls_sample_get_number (row, "placed_at", 0), <=, now);
          if (collection->id == LS_CUSTOMERS)
            g_assert_cmpint (ls_sample_get_number (row, "created_at", 0), <=, now);
        }
    }
}

/* Nothing a reader would take for a placeholder, no address that could be somebody's. */
static void
test_words (void)
{
  g_autoptr (GRegex) placeholder = g_regex_new (
      "lor" "em|ipsum|^(product|customer|test|item|order|user|foo|bar)\\b ?[0-9]*$|xxx|tbd",
      G_REGEX_CASELESS, 0, NULL);
  g_autoptr (GRegex) sku = g_regex_new ("^[A-Z0-9]+(-[A-Z0-9]+)*$", 0, 0, NULL);

  for (unsigned i = 0; i < LS_SAMPLE_SHOPS; i++)
    {
      g_autoptr (GPtrArray) rows = ls_sample_make_rows (ls_sample_profile_get (i), SEED, NOW);

      for (unsigned j = 0; j < rows->len; j++)
        {
          const LsRecord *row = g_ptr_array_index (rows, j);
          const LsCollection *collection = ls_record_get_collection (row);

          for (unsigned field = 0; field < collection->n_fields; field++)
            {
              const char *text = ls_record_get_text (row, field);
              g_autofree char *composed = NULL;

              if (text == NULL || collection->fields[field].type != LS_TYPE_TEXT)
                continue;
              if (g_regex_match (placeholder, text, 0, NULL))
                g_error ("%s %s: %s", collection->name, collection->fields[field].name, text);
              composed = g_utf8_normalize (text, -1, G_NORMALIZE_NFC);
              g_assert_cmpstr (text, ==, composed);
              if (g_str_equal (collection->fields[field].name, "sku") &&
                  !g_regex_match (sku, text, 0, NULL))
                g_error ("%s: %s", collection->name, text);
              if (g_str_equal (collection->fields[field].name, "email"))
                g_assert_true (g_str_has_suffix (text, ".example"));
            }
        }
    }
}

typedef struct {
  GHashTable *values; /* "collection field value" to how often */
  int64_t counts[LS_N_COLLECTIONS];
  int64_t low_stock;
  int64_t past_reservations;
  int64_t future_reservations;
  int64_t evening;
  int64_t night;
} Tally;

static void
count_value (Tally          *tally,
             const LsRecord *row,
             const char     *field)
{
  const char *text = ls_sample_get_text (row, field);
  char *key = g_strdup_printf ("%s %s", field, text != NULL ? text : "-");
  int count = GPOINTER_TO_INT (g_hash_table_lookup (tally->values, key));

  g_hash_table_insert (tally->values, key, GINT_TO_POINTER (count + 1));
}

static void
count_row (Tally          *tally,
           const LsRecord *row,
           GTimeZone      *zone)
{
  const LsCollection *collection = ls_record_get_collection (row);

  tally->counts[collection->id]++;
  if (collection->id == LS_PRODUCTS && ls_sample_get_number (row, "stock", INT64_MAX) <=
                                           ls_sample_get_number (row, "low_stock_at", -1))
    tally->low_stock++;
  if (collection->id == LS_CUSTOMERS)
    count_value (tally, row, "country");
  if (collection->id == LS_RESERVATIONS)
    *(ls_sample_get_number (row, "starts_at", 0) > NOW ? &tally->future_reservations
                                                       : &tally->past_reservations) += 1;
  if (collection->id == LS_ORDERS)
    {
      int64_t placed_at = ls_sample_get_number (row, "placed_at", 0);
      g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (placed_at / G_USEC_PER_SEC);
      g_autoptr (GDateTime) local = g_date_time_to_timezone (utc, zone);
      int hour = g_date_time_get_hour (local);

      count_value (tally, row, "status");
      count_value (tally, row, "coupon");
      tally->evening += hour >= 18 && hour < 22;
      tally->night += hour >= 2 && hour < 6;
    }
}

/* There is enough of everything to look at. */
static void
test_contents (void)
{
  static const char *const wanted[] = {
    "status pending", "status paid", "status completed", "status cancelled", "status failed",
    "status refunded", "coupon WELCOME10", "coupon BUNDLE20", "country DE", "country US",
    "country JP", "country BR", "country NG",
  };

  for (unsigned i = 0; i < LS_SAMPLE_SHOPS; i++)
    {
      const LsSampleProfile *profile = ls_sample_profile_get (i);
      g_autoptr (GPtrArray) rows = ls_sample_make_rows (profile, SEED, NOW);
      g_autoptr (GTimeZone) zone = g_time_zone_new_identifier (profile->time_zone);
      g_autoptr (GHashTable) values =
          g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
      Tally tally = { .values = values };

      for (unsigned j = 0; j < rows->len; j++)
        count_row (&tally, g_ptr_array_index (rows, j), zone);
      g_assert_cmpint (tally.counts[LS_PRODUCTS], >=, 150);
      g_assert_cmpint (tally.counts[LS_PRODUCTS], <=, 300);
      g_assert_cmpint (tally.counts[LS_VARIANTS], >=, 300);
      g_assert_cmpint (tally.counts[LS_CUSTOMERS], ==, 400);
      g_assert_cmpint (tally.counts[LS_ORDERS], >=, 700);
      g_assert_cmpint (tally.counts[LS_ORDER_ITEMS], >, tally.counts[LS_ORDERS]);
      g_assert_cmpint (tally.counts[LS_REFUNDS], >=, 20);
      g_assert_cmpint (tally.counts[LS_DOWNLOADS], >=, 300);
      g_assert_cmpint (tally.counts[LS_LICENCES], >=, 200);
      g_assert_cmpint (tally.counts[LS_FAVORITES], >=, 500);
      g_assert_cmpint (tally.counts[LS_SUBSCRIPTIONS], >=, 50);
      g_assert_cmpint (tally.low_stock, >=, 2);
      g_assert_cmpint (tally.past_reservations, >=, 100);
      g_assert_cmpint (tally.future_reservations, >=, 50);
      g_assert_cmpint (tally.evening, >, 4 * tally.night);
      for (size_t j = 0; j < G_N_ELEMENTS (wanted); j++)
        {
          g_test_message ("%s: %s", profile->id, wanted[j]);
          g_assert_true (g_hash_table_contains (values, wanted[j]));
        }
    }
}

int
main (int    argc,
      char **argv)
{
  setlocale (LC_ALL, "");
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/sample/shops", test_shops);
  g_test_add_func ("/sample/seed", test_seed);
  g_test_add_func ("/sample/moments", test_moments);
  g_test_add_func ("/sample/words", test_words);
  g_test_add_func ("/sample/contents", test_contents);

  return g_test_run ();
}
