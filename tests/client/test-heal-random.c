/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "client/ls-cache-private.h"
#include "client/ls-cache-proof.h"
#include "client/ls-consistency-checker.h"
#include "client/ls-sync-manager.h"
#include "core/ls-id.h"
#include "ls-fake-transport.h"
#include "ls-model-server.h"
#include "ls-test-dir.h"
#include "ls-test-environment.h"
#include "ls-test-rows.h"

/*
 * Whatever rots in a client's file, and whatever happens meanwhile (deltas, edits, lost connections,
 * scrubs at any moment): in the end rows and sums are the server's, and each edit was applied once.
 */

#define SECOND INT64_C (1000000)
#define N_KEYS 40
#define N_STEPS 60
#define N_SEEDS 6

typedef struct {
  LsTestDir *dir;
  LsTestEnvironment *environment;
  LsModelServer *server;
  LsFakeTransport *transport;
  LsConnectionManager *connection;
  LsCache *cache;
  LsEventBus *bus;
  LsSyncManager *manager;
  LsConsistencyChecker *checker;
  unsigned added[N_KEYS]; /* to the stock, by edits that were taken */
  bool deleted[N_KEYS];   /* the server removed it once: edits of it may have failed */
} Fixture;

static const LsCollection *
products (void)
{
  return ls_schema_collection (LS_PRODUCTS);
}

/* --- The healer: on one thread all queues are the test's --------------------------------------- */

static void
heal_verify (const char *shop,
             uint32_t    collections,
             gpointer    user_data)
{
  ls_sync_manager_verify (((Fixture *) user_data)->manager, shop, collections);
}

static void
heal_suspect (const char         *shop,
              const LsCollection *collection,
              GArray             *buckets,
              gpointer            user_data)
{
  ls_sync_manager_suspect (((Fixture *) user_data)->manager, shop, collection, buckets);
}

static void
heal_refetch (const char *shop,
              uint32_t    collections,
              gpointer    user_data)
{
  ls_sync_manager_refetch (((Fixture *) user_data)->manager, shop, collections);
}

static const LsHealer healer = { heal_verify, heal_suspect, heal_refetch };

static void
open_desk (Fixture *fixture)
{
  static const char *const shops[] = { LS_TEST_SHOP, NULL };
  LsEnvironment *environment = LS_ENVIRONMENT (fixture->environment);
  LsQueue *engine = ls_environment_get_queue (environment, "engine");
  g_autoptr (LsEndpoint) endpoint = ls_endpoint_new ("https://shop.example", "t", NULL, NULL);
  g_autofree char *path = ls_test_dir_file (fixture->dir, "cache");

  fixture->connection =
      ls_connection_manager_new (environment, engine, LS_TRANSPORT (fixture->transport));
  fixture->cache = ls_test_cache (environment, path);
  fixture->bus =
      ls_event_bus_new (environment, ls_environment_get_queue (environment, LS_QUEUE_MAIN));
  fixture->manager =
      ls_sync_manager_new (environment, engine, fixture->connection, fixture->cache, fixture->bus);
  fixture->checker = ls_consistency_checker_new (environment, fixture->cache, fixture->bus);
  ls_consistency_checker_set_healer (fixture->checker, &healer, fixture);
  ls_consistency_checker_set_shops (fixture->checker, shops);
  ls_connection_manager_set_endpoint (fixture->connection, endpoint);
  ls_sync_manager_start (fixture->manager);
  ls_consistency_checker_start (fixture->checker);
  ls_connection_manager_start (fixture->connection);
}

static void
close_desk (Fixture *fixture)
{
  ls_consistency_checker_stop (fixture->checker);
  ls_consistency_checker_set_healer (fixture->checker, NULL, NULL);
  ls_sync_manager_stop (fixture->manager);
  ls_connection_manager_stop (fixture->connection);
  ls_test_environment_run (fixture->environment);
  g_assert_finalize_object (fixture->checker);
  g_assert_finalize_object (fixture->manager);
  g_assert_finalize_object (fixture->connection);
  g_assert_finalize_object (fixture->bus);
  ls_cache_close (fixture->cache);
  g_assert_finalize_object (fixture->cache);
}

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  LsEnvironment *environment;

  fixture->dir = ls_test_dir_new ();
  fixture->environment = ls_test_environment_new (GPOINTER_TO_UINT (data));
  environment = LS_ENVIRONMENT (fixture->environment);
  fixture->server = ls_model_server_new (environment);
  fixture->transport =
      ls_fake_transport_new (environment, ls_environment_get_queue (environment, "engine"));
  ls_model_server_connect (fixture->server, fixture->transport);
  open_desk (fixture);
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  close_desk (fixture);
  g_object_unref (fixture->transport);
  ls_model_server_free (fixture->server);
  ls_environment_stop (LS_ENVIRONMENT (fixture->environment));
  g_assert_finalize_object (fixture->environment);
  ls_test_dir_free (fixture->dir);
}

static void
settle (Fixture *fixture)
{
  do
    ls_test_environment_run (fixture->environment);
  while (ls_model_server_serve (fixture->server));
}

static void
pass (Fixture *fixture,
      int64_t  duration,
      int64_t  step)
{
  for (int64_t at = 0; at < duration; at += step)
    {
      settle (fixture);
      ls_test_environment_advance (fixture->environment, step);
    }
  settle (fixture);
}

/* --- What happens ------------------------------------------------------------------------------ */

static unsigned
dice (Fixture *fixture,
      unsigned sides)
{
  return (unsigned) (ls_environment_random (LS_ENVIRONMENT (fixture->environment)) >> 11) % sides;
}

static char *
random_key (Fixture  *fixture,
            unsigned *ret_number)
{
  unsigned number = dice (fixture, N_KEYS);

  if (ret_number != NULL)
    *ret_number = number;
  return g_strdup_printf ("key-%u", number);
}

static void
server_edit (Fixture *fixture)
{
  unsigned number;
  g_autofree char *key = random_key (fixture, &number);
  bool there = g_hash_table_contains (fixture->server->rows, key);
  g_autoptr (LsRecord) record = NULL;

  if (there && dice (fixture, 8) == 0)
    {
      fixture->deleted[number] = true;
      ls_model_server_edit (fixture->server, ls_test_del (key));
    }
  else if (there)
    ls_model_server_edit (fixture->server,
                          ls_test_set_integer (key, "price", dice (fixture, 10000)));
  else
    {
      record = ls_test_product (key, "Drums", 1000, 100);
      ls_model_server_edit (fixture->server, ls_change_new_put (record));
    }
}

static void
desk_edit (Fixture *fixture)
{
  LsEnvironment *environment = LS_ENVIRONMENT (fixture->environment);
  unsigned number;
  g_autofree char *key = random_key (fixture, &number);
  g_autofree char *mid = ls_id_new_uuid (environment);
  g_autoptr (GPtrArray) changes = ls_test_changes (ls_test_add (key, "stock", 1), NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (LsEdit) edit = ls_cache_add_edit (fixture->cache, LS_TEST_SHOP, mid, changes, &error);

  /* Of a row that is not there, or does not seem to be. */
  if (edit == NULL)
    return;
  fixture->added[number]++;
  ls_sync_manager_edits_changed (fixture->manager, LS_TEST_SHOP);
}

static char *
table_name (LsSql *sql)
{
  int64_t generation = 0;

  if (ls_sql_get_int64 (sql, &generation, NULL,
                        "SELECT generation FROM tables WHERE collection = 'products'", NULL) !=
      LS_STEP_ROW)
    return NULL;
  return ls_cache_table_name (1, products (), generation);
}

/* Somebody else writes into the file, or the disk did. */
static void
rot (Fixture *fixture)
{
  static const char *const ways[] = {
    "UPDATE {1} SET price = price + 7 WHERE key = '{2}'",
    "UPDATE {1} SET stock = NULL WHERE key = '{2}'",
    "UPDATE {1} SET description = 'rot' WHERE key = '{2}'",
    "DELETE FROM {1} WHERE key = '{2}'",
    "UPDATE {1} SET key = key || 'x' WHERE key = '{2}'",
    "UPDATE digests SET hash = hash + 1 WHERE bucket % 7 = 3",
    "UPDATE digests SET count = count + 1 WHERE bucket % 5 = 2",
    "DELETE FROM digests WHERE bucket % 3 = 1",
    "UPDATE shadow SET confirmed = replace(confirmed, 'Drums', 'Dreams')",
    "UPDATE shadow SET confirmed = substr(confirmed, 1, 20) WHERE confirmed IS NOT NULL",
    "UPDATE {1} SET stock = 5 WHERE key IN (SELECT key FROM shadow)",
  };
  g_autoptr (GError) error = NULL;
  LsSql *sql = ls_cache_connect (LS_ENVIRONMENT (fixture->environment),
                                 ls_cache_get_path (fixture->cache),
                                 ls_cache_get_collation (fixture->cache), LS_SQL_EXISTING, &error);
  g_autofree char *key = random_key (fixture, NULL);
  g_autofree char *table = NULL;
  g_autofree char *statement = NULL;

  g_assert_no_error (error);
  table = table_name (sql);
  if (table != NULL)
    {
      statement = ls_cache_sql (ways[dice (fixture, G_N_ELEMENTS (ways))], table, key);
      ls_sql_exec (sql, statement, &error);
      g_assert_no_error (error);
    }
  ls_sql_unref (sql);
}

static void
step (Fixture *fixture)
{
  switch (dice (fixture, 12))
    {
    case 0:
    case 1:
    case 2:
      server_edit (fixture);
      break;
    case 3:
    case 4:
      desk_edit (fixture);
      break;
    case 5:
    case 6:
      rot (fixture);
      break;
    case 7:
      ls_model_server_digest (fixture->server);
      break;
    case 8:
      ls_consistency_checker_check (fixture->checker, LS_TEST_SHOP, LS_CHECK_ALL, NULL, NULL, NULL);
      break;
    case 9:
      ls_fake_transport_drop (fixture->transport, LS_ERROR_NETWORK);
      break;
    case 10:
      close_desk (fixture);
      open_desk (fixture);
      break;
    default:
      pass (fixture, dice (fixture, 90) * SECOND, 5 * SECOND);
      break;
    }
  /* Sometimes all is done before the next thing happens, sometimes nothing. */
  if (dice (fixture, 2) == 0)
    settle (fixture);
}

/* --- What is true in the end ------------------------------------------------------------------- */

static void
assert_rows (Fixture *fixture)
{
  GHashTableIter iter;
  gpointer key, row;

  g_hash_table_iter_init (&iter, fixture->server->rows);
  while (g_hash_table_iter_next (&iter, &key, &row))
    {
      g_autoptr (LsRecord) visible =
          ls_cache_get_visible (fixture->cache, LS_TEST_SHOP, products (), key, NULL);
      g_autoptr (LsRecord) confirmed =
          ls_cache_get_confirmed (fixture->cache, LS_TEST_SHOP, products (), key, NULL);

      g_assert_nonnull (visible);
      g_assert_true (ls_record_equal (visible, row));
      g_assert_true (ls_record_equal (confirmed, row));
    }
}

static void
assert_sums (Fixture *fixture)
{
  LsDigestSum ours, theirs = ls_model_server_sum (fixture->server);
  g_autoptr (GArray) drifts = g_array_new (FALSE, FALSE, sizeof (LsDrift));
  g_autoptr (LsCachePin) pin = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (
      ls_cache_get_digest (fixture->cache, LS_TEST_SHOP, products (), &ours, &error));
  g_assert_cmpint (ours.count, ==, theirs.count);
  g_assert_cmphex (ours.hash, ==, theirs.hash);
  pin = ls_cache_pin (fixture->cache, LS_TEST_SHOP, products (), &error);
  g_assert_no_error (error);
  g_assert_true (ls_cache_pin_scrub (pin, drifts, &error));
  g_assert_cmpuint (drifts->len, ==, 0);
}

/* Every edit that was taken took effect, and none twice. */
static void
assert_edits (Fixture *fixture)
{
  g_autoptr (GPtrArray) waiting =
      ls_cache_list_edits (fixture->cache, LS_TEST_SHOP, LS_EDITS_WAITING, NULL);
  unsigned stock = ls_test_field (products (), "stock");
  GHashTableIter iter;
  gpointer times;

  g_assert_cmpuint (waiting->len, ==, 0);
  g_hash_table_iter_init (&iter, fixture->server->edits);
  while (g_hash_table_iter_next (&iter, NULL, &times))
    g_assert_cmpint (GPOINTER_TO_INT (times), ==, 1);
  for (unsigned i = 0; i < N_KEYS; i++)
    {
      g_autofree char *key = g_strdup_printf ("key-%u", i);
      const LsRecord *row = g_hash_table_lookup (fixture->server->rows, key);

      if (row != NULL && !fixture->deleted[i])
        g_assert_cmpint (ls_record_get_integer (row, stock, -1), ==, 100 + fixture->added[i]);
    }
}

static void
test_converges (Fixture      *fixture,
                gconstpointer data)
{
  LsPosition position;

  for (int i = 0; i < N_KEYS / 2; i++)
    server_edit (fixture);
  pass (fixture, SECOND, SECOND / 10);
  desk_edit (fixture);
  for (int i = 0; i < N_STEPS; i++)
    step (fixture);
  /* Time passes: digests every half minute, the round of the scrub, and no more rot. */
  for (int i = 0; i < 8; i++)
    {
      ls_consistency_checker_check (fixture->checker, LS_TEST_SHOP, LS_CHECK_ALL, NULL, NULL, NULL);
      for (int k = 0; k < 40; k++)
        {
          ls_model_server_digest (fixture->server);
          pass (fixture, 30 * SECOND, 30 * SECOND);
        }
    }
  g_assert_true (
      ls_cache_get_position (fixture->cache, LS_TEST_SHOP, &position, NULL, NULL, NULL));
  g_assert_cmpint (position.version, ==, fixture->server->version);
  assert_rows (fixture);
  assert_sums (fixture);
  assert_edits (fixture);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (unsigned seed = 1; seed <= N_SEEDS; seed++)
    {
      g_autofree char *path = g_strdup_printf ("/heal-random/%u", seed);

      g_test_add (path, Fixture, GUINT_TO_POINTER (seed), set_up, test_converges, tear_down);
    }
  return g_test_run ();
}
