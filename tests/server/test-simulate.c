/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <locale.h>

#include "core/ls-error.h"
#include "ls-test-dir.h"
#include "ls-test-environment.h"
#include "server/import/ls-import.h"
#include "server/ls-derive-check.h"
#include "server/ls-storage-sqlite.h"
#include "server/sample/ls-sample.h"
#include "server/sample/ls-simulation.h"

#define NOW INT64_C (1790000000000000)
#define MINUTE (INT64_C (60) * G_USEC_PER_SEC)

typedef struct {
  LsTestDir *dir;
  LsTestEnvironment *environment;
  LsStorage *storage;
  LsCommitter *committer;
} Shop;

static void
done_cb (const GError *error,
         gpointer      user_data)
{
  g_assert_no_error ((GError *) error);
}

static void
shop_open (Shop *shop)
{
  g_autofree char *path = ls_test_dir_file (shop->dir, LS_STORAGE_FILE);
  g_autoptr (GError) error = NULL;

  shop->environment = ls_test_environment_new (1);
  ls_test_environment_set_now (shop->environment, NOW);
  shop->storage = ls_storage_sqlite_new (LS_ENVIRONMENT (shop->environment), path, &error);
  g_assert_no_error (error);
  shop->committer = ls_committer_new (LS_ENVIRONMENT (shop->environment), shop->storage);
}

static void
shop_close (Shop *shop)
{
  ls_environment_stop (LS_ENVIRONMENT (shop->environment));
  g_object_unref (shop->committer);
  g_assert_finalize_object (shop->storage);
  g_assert_finalize_object (shop->environment);
}

static void
shop_free (Shop *shop)
{
  shop_close (shop);
  ls_test_dir_free (shop->dir);
  g_free (shop);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Shop, shop_free)

static Shop *
shop_make (unsigned which)
{
  Shop *shop = g_new0 (Shop, 1);
  const LsSampleProfile *profile = ls_sample_profile_get (which);
  g_autoptr (LsRecord) row = ls_sample_make_shop (profile);
  g_autoptr (GPtrArray) rows = ls_sample_make_rows (profile, 5, NOW);
  g_autoptr (GPtrArray) readers = g_ptr_array_new_with_free_func (g_object_unref);
  g_autofree char *jobs = NULL;
  g_autoptr (GError) error = NULL;
  LsImportReport report = { 0 };
  LsImportParts parts;

  shop->dir = ls_test_dir_new ();
  shop_open (shop);
  jobs = ls_test_dir_file (shop->dir, LS_JOBS_FOLDER);
  ls_storage_create_shop (shop->storage, row, &error);
  g_assert_no_error (error);
  parts = (LsImportParts) { LS_ENVIRONMENT (shop->environment), shop->storage, shop->committer,
                            jobs };
  g_ptr_array_add (readers, ls_sample_reader_new (rows));
  ls_import_run (&parts, profile->id, LS_SAMPLE_ACTOR, readers, 0, LS_IMPORT_TRUSTED, &report,
                 done_cb, NULL, NULL);
  ls_test_environment_run (shop->environment);
  return shop;
}

/* The bytes of a shop that is made once for all tests. */
static GBytes *
bytes_of (unsigned which)
{
  static GBytes *made[LS_SAMPLE_SHOPS];

  if (made[which] == NULL)
    {
      Shop *shop = shop_make (which);
      g_autofree char *path = ls_test_dir_file (shop->dir, LS_STORAGE_FILE);
      g_autoptr (GError) error = NULL;
      char *text = NULL;
      size_t length = 0;

      shop_close (shop);
      g_file_get_contents (path, &text, &length, &error);
      g_assert_no_error (error);
      made[which] = g_bytes_new_take (text, length);
      ls_test_dir_free (shop->dir);
      g_free (shop);
    }
  return made[which];
}

static Shop *
shop_new (unsigned which)
{
  Shop *shop = g_new0 (Shop, 1);
  GBytes *bytes = bytes_of (which);
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;

  shop->dir = ls_test_dir_new ();
  path = ls_test_dir_file (shop->dir, LS_STORAGE_FILE);
  g_file_set_contents_full (path, g_bytes_get_data (bytes, NULL), (gssize) g_bytes_get_size (bytes),
                            G_FILE_SET_CONTENTS_NONE, 0600, &error);
  g_assert_no_error (error);
  shop_open (shop);
  return shop;
}

static LsSimulation *
simulate (Shop       *shop,
          const char *id,
          uint64_t    seed)
{
  g_autoptr (GError) error = NULL;
  LsSimulation *simulation = ls_simulation_new (LS_ENVIRONMENT (shop->environment), shop->storage,
                                                shop->committer, id, seed, &error);

  g_assert_no_error (error);
  return simulation;
}

static LsPosition
position_of (Shop       *shop,
             const char *id)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LsShop) found = ls_storage_get_shop (shop->storage, id, &error);

  g_assert_no_error (error);
  return found->position;
}

static void
check_figures (Shop       *shop,
               const char *id)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LsDeriveReport) report = ls_derive_check (shop->storage, id, &error);

  g_assert_no_error (error);
  for (unsigned i = 0; i < report->findings->len; i++)
    {
      g_autofree char *text = ls_finding_to_text (g_ptr_array_index (report->findings, i));

      g_test_message ("%s", text);
    }
  g_assert_cmpint (report->n_findings, ==, 0);
}

static bool
row_cb (LsRecord *record,
        gpointer  user_data)
{
  LsCollectionId id = ls_record_get_collection (record)->id;

  /* Nothing is sold that is not there, nothing fetched more often than allowed. */
  if (id == LS_PRODUCTS || id == LS_VARIANTS)
    g_assert_cmpint (ls_sample_get_number (record, "stock", 0), >=, 0);
  if (id == LS_DOWNLOADS)
    g_assert_cmpint (ls_sample_get_number (record, "count", 0), <=,
                     ls_sample_get_number (record, "limit", 0));
  if (id == LS_ORDERS)
    g_assert_true (g_hash_table_add (user_data, g_strdup (ls_sample_get_text (record, "number"))));
  return true;
}

static void
check_rows (Shop       *shop,
            const char *id)
{
  const LsCollection *collections[LS_N_COLLECTIONS];
  g_autoptr (GHashTable) numbers =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GError) error = NULL;
  LsPosition position;

  for (size_t i = 0; i < LS_N_COLLECTIONS; i++)
    collections[i] = ls_schema_collection ((LsCollectionId) i);
  ls_storage_scan (shop->storage, id, collections, LS_N_COLLECTIONS, &position, row_cb, numbers,
                   &error);
  g_assert_no_error (error);
}

/* What the versions after @from did, by the kind of their activity. */
static GHashTable *
count_kinds (Shop       *shop,
             const char *id,
             int64_t     from)
{
  GHashTable *kinds = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  const LsCollection *activity = ls_schema_collection (LS_ACTIVITY);
  unsigned kind = (unsigned) ls_collection_field (activity, "kind");
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) log =
      ls_storage_read_log (shop->storage, id, from, position_of (shop, id).version, G_MAXSIZE / 2,
                           &error);

  g_assert_no_error (error);
  for (unsigned i = 0; i < log->len; i++)
    {
      const LsVersion *version = g_ptr_array_index (log, i);

      g_assert_cmpstr (version->actor, ==, LS_SIMULATION_ACTOR);
      for (unsigned j = 0; j < version->changes->len; j++)
        {
          const LsChange *change = g_ptr_array_index (version->changes, j);

          if (change->collection == activity)
            g_hash_table_add (kinds, g_strdup (ls_change_find (change, kind)->set.text));
        }
    }
  return kinds;
}

/* Some hundred events in both shops: all kinds of them, and every figure is what follows. */
static void
test_traffic (gconstpointer data)
{
  static const char *const wanted[] = {
    "order.placed", "order.status", "download.changed", "favorite.created", "reservation.created",
    "stock.changed", "reservation.status",
  };
  unsigned which = GPOINTER_TO_UINT (data);
  const char *id = ls_sample_profile_get (which)->id;
  g_autoptr (Shop) shop = shop_new (which);
  g_autoptr (LsSimulation) simulation = simulate (shop, id, 3);
  g_autoptr (GHashTable) kinds = NULL;
  int64_t before = position_of (shop, id).version;

  ls_simulation_set_rate (simulation, 300, 0);
  ls_test_environment_advance (shop->environment, 60 * MINUTE);
  ls_simulation_set_rate (simulation, 0, 0);
  ls_test_environment_advance (shop->environment, 60 * MINUTE);
  g_assert_cmpint (ls_simulation_get_events (simulation), >=, 100);
  g_assert_cmpint (ls_simulation_get_events (simulation), <=, 1500);
  /* Nearly nothing is refused when nobody else is there. */
  g_assert_cmpint (position_of (shop, id).version - before, ==,
                   ls_simulation_get_events (simulation));
  kinds = count_kinds (shop, id, before);
  for (size_t i = 0; i < G_N_ELEMENTS (wanted); i++)
    {
      g_test_message ("%s", wanted[i]);
      g_assert_true (g_hash_table_contains (kinds, wanted[i]));
    }
  check_figures (shop, id);
  check_rows (shop, id);
}

static LsPosition
run_once (uint64_t seed)
{
  g_autoptr (Shop) shop = shop_new (0);
  g_autoptr (LsSimulation) simulation = simulate (shop, "nachtwerk", seed);

  ls_simulation_set_rate (simulation, 1200, 0);
  ls_test_environment_advance (shop->environment, 2 * MINUTE);
  ls_simulation_set_rate (simulation, 0, 0);
  ls_test_environment_run (shop->environment);
  return position_of (shop, "nachtwerk");
}

/* The same seed, the same traffic. */
static void
test_seed (void)
{
  LsPosition first = run_once (7);
  LsPosition second = run_once (7);
  LsPosition other = run_once (8);

  g_assert_cmpint (first.version, ==, second.version);
  g_assert_cmphex (first.check, ==, second.check);
  g_assert_cmphex (first.check, !=, other.check);
}

/* A lease that nobody renews ends. */
static void
test_lease (void)
{
  g_autoptr (Shop) shop = shop_new (1);
  g_autoptr (LsSimulation) simulation = simulate (shop, "low-tide", 1);
  LsEnvironment *environment = LS_ENVIRONMENT (shop->environment);
  int64_t events;

  ls_simulation_set_rate (simulation, 2400, ls_environment_monotonic (environment) + MINUTE);
  ls_test_environment_advance (shop->environment, MINUTE / 2);
  events = ls_simulation_get_events (simulation);
  g_assert_cmpint (events, >, 0);
  ls_simulation_set_rate (simulation, 2400, ls_environment_monotonic (environment) + MINUTE);
  ls_test_environment_advance (shop->environment, 2 * MINUTE);
  g_assert_cmpint (ls_simulation_get_events (simulation), >, events);
  events = ls_simulation_get_events (simulation);
  ls_test_environment_advance (shop->environment, 10 * MINUTE);
  g_assert_cmpint (ls_simulation_get_events (simulation), ==, events);
  /* And begins anew. */
  ls_simulation_set_rate (simulation, 2400, ls_environment_monotonic (environment) + MINUTE);
  ls_test_environment_advance (shop->environment, 2 * MINUTE);
  g_assert_cmpint (ls_simulation_get_events (simulation), >, events);
}

/* An admin's edits in between make some events impossible: they are dropped, and it goes on. */
static void
test_beside_edits (void)
{
  g_autoptr (Shop) shop = shop_new (0);
  g_autoptr (LsSimulation) simulation = simulate (shop, "nachtwerk", 2);
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);
  int64_t events = 0;

  ls_simulation_set_rate (simulation, 3600, 0);
  for (int round = 0; round < 4; round++)
    {
      g_autoptr (LsMutation) mutation = ls_mutation_new ("nachtwerk");

      mutation->role = LS_ROLE_OWNER;
      mutation->changes = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
      for (int i = 1; i <= 154; i++)
        {
          g_autofree char *key =
              g_strdup_printf ("%s-%03d", i <= 96 ? "beat" : i <= 140 ? "pack" : "item", i);
          LsChange *change = ls_change_new (LS_CHANGE_SET, products, key);

          ls_change_take_set (change, (unsigned) ls_collection_field (products, "price"),
                              ls_value_integer (10000 + round));
          g_ptr_array_add (mutation->changes, change);
        }
      g_assert_true (ls_committer_submit (shop->committer, mutation, NULL, NULL, NULL, NULL));
      ls_test_environment_advance (shop->environment, MINUTE);
      g_assert_cmpint (ls_simulation_get_events (simulation), >, events);
      events = ls_simulation_get_events (simulation);
    }
  ls_simulation_set_rate (simulation, 0, 0);
  ls_test_environment_run (shop->environment);
  check_figures (shop, "nachtwerk");
}

static void
test_refused (void)
{
  g_autoptr (Shop) shop = shop_new (0);
  g_autoptr (LsRecord) row = ls_sample_row (NULL, LS_SHOPS, "real");
  g_autoptr (GError) error = NULL;

  ls_sample_set_text (row, "name", "A real shop");
  ls_sample_set_text (row, "currency", "EUR");
  ls_sample_set_text (row, "time_zone", "UTC");
  ls_sample_set_number (row, "sample", 0);
  g_assert_true (ls_storage_create_shop (shop->storage, row, &error));
  g_assert_null (ls_simulation_new (LS_ENVIRONMENT (shop->environment), shop->storage,
                                    shop->committer, "real", 1, &error));
  g_assert_error (error, LS_ERROR, LS_ERROR_FORBIDDEN);
  g_clear_error (&error);
  g_assert_null (ls_simulation_new (LS_ENVIRONMENT (shop->environment), shop->storage,
                                    shop->committer, "none", 1, &error));
  g_assert_error (error, LS_ERROR, LS_ERROR_VALIDATION);
}

/* What was made as a sample stays one. */
static void
decided_cb (LsMutation       *mutation,
            const LsDecision *decision,
            const GError     *error,
            int64_t           expected_n,
            gpointer          user_data)
{
  g_assert_cmpint (decision->status, ==, LS_RESULT_REJECTED);
  *(bool *) user_data = true;
}

static void
test_for_ever (void)
{
  g_autoptr (Shop) shop = shop_new (0);
  const LsCollection *shops = ls_schema_collection (LS_SHOPS);
  g_autoptr (LsMutation) mutation = ls_mutation_new ("nachtwerk");
  LsChange *change = ls_change_new (LS_CHANGE_SET, shops, "nachtwerk");
  bool told = false;

  ls_change_take_set (change, (unsigned) ls_collection_field (shops, "sample"),
                      ls_value_integer (0));
  mutation->role = LS_ROLE_OWNER;
  mutation->changes = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
  g_ptr_array_add (mutation->changes, change);
  g_assert_true (ls_committer_submit (shop->committer, mutation, decided_cb, &told, NULL, NULL));
  ls_test_environment_run (shop->environment);
  g_assert_true (told);
}

int
main (int    argc,
      char **argv)
{
  setlocale (LC_ALL, "");
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/simulate/traffic/nachtwerk", GUINT_TO_POINTER (0), test_traffic);
  g_test_add_data_func ("/simulate/traffic/low-tide", GUINT_TO_POINTER (1), test_traffic);
  g_test_add_func ("/simulate/seed", test_seed);
  g_test_add_func ("/simulate/lease", test_lease);
  g_test_add_func ("/simulate/beside-edits", test_beside_edits);
  g_test_add_func ("/simulate/refused", test_refused);
  g_test_add_func ("/simulate/for-ever", test_for_ever);

  return g_test_run ();
}
