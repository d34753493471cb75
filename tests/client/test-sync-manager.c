/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "client/ls-sync-manager.h"
#include "core/ls-id.h"
#include "ls-fake-transport.h"
#include "ls-model-server.h"
#include "ls-test-dir.h"
#include "ls-test-environment.h"
#include "ls-test-rows.h"

/* Clients with real caches against the model of a server, on one thread and a clock of the test. */

#define SECOND INT64_C (1000000)
#define N_KEYS 8

typedef struct {
  LsTestEnvironment *environment;
  LsFakeTransport *transport;
  LsConnectionManager *connection;
  LsCache *cache;
  LsEventBus *bus;
  LsSyncManager *manager;
  GString *heard;
  unsigned n_progress;
  GError *progress_error;
} Desk;

typedef struct {
  LsTestDir *dir;
  LsTestEnvironment *environment;
  LsModelServer *server;
  GPtrArray *desks;
} Fixture;

static void
status_cb (const LsConnectionStatus *status,
           gpointer                  user_data)
{
}

static void
shops_cb (gpointer user_data)
{
}

static void
progress_cb (int64_t       id,
             const GError *error,
             gpointer      user_data)
{
  Desk *desk = user_data;

  desk->n_progress++;
  g_clear_error (&desk->progress_error);
  desk->progress_error = error != NULL ? g_error_copy (error) : NULL;
}

static const LsSyncEvents sync_events = { status_cb, shops_cb, progress_cb };

static void
event_cb (LsEventBus *bus,
          LsEvent    *event,
          Desk       *desk)
{
  g_string_append_printf (desk->heard, "%s ", event->type);
}

static Desk *
desk_new (Fixture    *fixture,
          const char *file)
{
  LsEnvironment *environment = LS_ENVIRONMENT (fixture->environment);
  LsQueue *engine = ls_environment_get_queue (environment, "engine");
  g_autoptr (LsEndpoint) endpoint = ls_endpoint_new ("https://shop.example", "t", NULL, NULL);
  g_autofree char *path = ls_test_dir_file (fixture->dir, file);
  Desk *desk = g_new0 (Desk, 1);

  desk->environment = fixture->environment;
  desk->transport = ls_fake_transport_new (environment, engine);
  desk->connection =
      ls_connection_manager_new (environment, engine, LS_TRANSPORT (desk->transport));
  desk->cache = ls_test_cache (environment, path);
  desk->bus =
      ls_event_bus_new (environment, ls_environment_get_queue (environment, LS_QUEUE_MAIN));
  desk->manager =
      ls_sync_manager_new (environment, engine, desk->connection, desk->cache, desk->bus);
  desk->heard = g_string_new (NULL);
  g_signal_connect (desk->bus, "event", G_CALLBACK (event_cb), desk);
  ls_sync_manager_set_events (desk->manager, &sync_events, desk);
  ls_connection_manager_set_endpoint (desk->connection, endpoint);
  ls_sync_manager_start (desk->manager);
  ls_model_server_connect (fixture->server, desk->transport);
  g_ptr_array_add (fixture->desks, desk);
  return desk;
}

static void
desk_free (gpointer data)
{
  Desk *desk = data;

  ls_sync_manager_stop (desk->manager);
  ls_connection_manager_stop (desk->connection);
  ls_test_environment_run (desk->environment);
  g_assert_finalize_object (desk->manager);
  g_assert_finalize_object (desk->connection);
  g_assert_finalize_object (desk->bus);
  ls_cache_close (desk->cache);
  g_assert_finalize_object (desk->cache);
  g_object_unref (desk->transport);
  g_string_free (desk->heard, TRUE);
  g_clear_error (&desk->progress_error);
  g_free (desk);
}

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  fixture->dir = ls_test_dir_new ();
  fixture->environment = ls_test_environment_new (GPOINTER_TO_UINT (data));
  fixture->server = ls_model_server_new (LS_ENVIRONMENT (fixture->environment));
  fixture->desks = g_ptr_array_new_with_free_func (desk_free);
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  g_ptr_array_unref (fixture->desks);
  ls_model_server_free (fixture->server);
  ls_environment_stop (LS_ENVIRONMENT (fixture->environment));
  g_assert_finalize_object (fixture->environment);
  ls_test_dir_free (fixture->dir);
}

/* Until nobody has anything to say. */
static void
settle (Fixture *fixture)
{
  do
    ls_test_environment_run (fixture->environment);
  while (ls_model_server_serve (fixture->server));
}

static void
pass (Fixture *fixture,
      int64_t  duration)
{
  for (int64_t step = 0; step < duration; step += 50 * 1000)
    {
      settle (fixture);
      ls_test_environment_advance (fixture->environment, 50 * 1000);
    }
  settle (fixture);
}

static void
edit (Desk     *desk,
      LsChange *change)
{
  g_autoptr (GPtrArray) changes = ls_test_changes (change, NULL);
  g_autofree char *mid = ls_id_new_uuid (LS_ENVIRONMENT (desk->environment));
  g_autoptr (GError) error = NULL;
  g_autoptr (LsEdit) made = ls_cache_add_edit (desk->cache, LS_TEST_SHOP, mid, changes, &error);

  if (made != NULL)
    ls_sync_manager_edits_changed (desk->manager, LS_TEST_SHOP);
}

static void
make_rows (Fixture *fixture)
{
  for (int i = 0; i < N_KEYS; i++)
    {
      g_autofree char *key = g_strdup_printf ("key-%d", i);
      g_autoptr (LsRecord) record = ls_test_product (key, "Drums", 1000, 100);

      ls_model_server_edit (fixture->server, ls_change_new_put (record));
    }
}

static int64_t
integer_of (LsRecord   *record,
            const char *field)
{
  return record != NULL
             ? ls_record_get_integer (
                   record, ls_test_field (ls_schema_collection (LS_PRODUCTS), field), -1)
             : -1;
}

static int64_t
server_value (Fixture    *fixture,
              const char *key,
              const char *field)
{
  return integer_of (g_hash_table_lookup (fixture->server->rows, key), field);
}

static int64_t
visible_value (Desk       *desk,
               const char *key,
               const char *field)
{
  g_autoptr (LsRecord) record = ls_cache_get_visible (
      desk->cache, LS_TEST_SHOP, ls_schema_collection (LS_PRODUCTS), key, NULL);

  return integer_of (record, field);
}

/* The cache is where the server is, holds what it holds, and nothing waits. */
static void
assert_equal (Fixture *fixture,
              Desk    *desk)
{
  LsDigestSum ours, theirs = ls_model_server_sum (fixture->server);
  g_autoptr (GPtrArray) waiting = NULL;
  LsPosition position;
  g_autoptr (GError) error = NULL;

  g_assert_true (
      ls_cache_get_position (desk->cache, LS_TEST_SHOP, &position, NULL, NULL, &error));
  g_assert_cmpstr (position.epoch, ==, fixture->server->epoch);
  g_assert_cmpint (position.version, ==, fixture->server->version);
  g_assert_true (ls_cache_get_digest (desk->cache, LS_TEST_SHOP,
                                      ls_schema_collection (LS_PRODUCTS), &ours, &error));
  g_assert_cmpint (ours.count, ==, theirs.count);
  g_assert_cmphex (ours.hash, ==, theirs.hash);
  waiting = ls_cache_list_edits (desk->cache, LS_TEST_SHOP, LS_EDITS_WAITING, &error);
  g_assert_cmpuint (waiting->len, ==, 0);
  for (int i = 0; i < N_KEYS; i++)
    {
      g_autofree char *key = g_strdup_printf ("key-%d", i);

      g_assert_cmpint (visible_value (desk, key, "stock"), ==,
                       server_value (fixture, key, "stock"));
      g_assert_cmpint (visible_value (desk, key, "price"), ==,
                       server_value (fixture, key, "price"));
    }
}

static bool
has_heard (Desk       *desk,
           const char *type)
{
  g_autofree char *word = g_strdup_printf ("%s ", type);

  return strstr (desk->heard->str, word) != NULL;
}

static void
test_first_sync (Fixture      *fixture,
                 gconstpointer data)
{
  Desk *desk = desk_new (fixture, "a");

  make_rows (fixture);
  ls_connection_manager_start (desk->connection);
  pass (fixture, SECOND);
  assert_equal (fixture, desk);
  ls_model_server_digest (fixture->server);
  settle (fixture);
  g_assert_true (has_heard (desk, LS_EVENT_VERIFIED));
  g_assert_false (has_heard (desk, LS_EVENT_FINDING));
  g_assert_cmpuint (ls_fake_transport_get_n_fetches (desk->transport), ==, 1);
  g_assert_cmpstr (ls_fake_transport_get_fetch (desk->transport), ==,
                   "GET /v1/shops/music/snapshot");
}

static void
test_two_desks (Fixture      *fixture,
                gconstpointer data)
{
  Desk *a = desk_new (fixture, "a");
  Desk *b = desk_new (fixture, "b");

  make_rows (fixture);
  ls_connection_manager_start (a->connection);
  ls_connection_manager_start (b->connection);
  pass (fixture, SECOND);
  edit (a, ls_test_set_integer ("key-1", "price", 1234));
  g_assert_cmpint (visible_value (a, "key-1", "price"), ==, 1234);
  g_assert_cmpint (visible_value (b, "key-1", "price"), ==, 1000);
  settle (fixture);
  g_assert_cmpint (visible_value (b, "key-1", "price"), ==, 1234);
  assert_equal (fixture, a);
  assert_equal (fixture, b);
  g_assert_true (has_heard (a, LS_EVENT_EDIT_APPLIED));

  /* Rejected by a rule of the server: back to what it was. */
  edit (a, ls_test_set_integer ("key-2", "price", -5));
  g_assert_cmpint (visible_value (a, "key-2", "price"), ==, -5);
  pass (fixture, SECOND);
  g_assert_cmpint (visible_value (a, "key-2", "price"), ==, 1000);
  g_assert_true (has_heard (a, LS_EVENT_EDIT_FAILED));
  assert_equal (fixture, a);
}

static void
test_offline_edits (Fixture      *fixture,
                    gconstpointer data)
{
  Desk *a = desk_new (fixture, "a");

  make_rows (fixture);
  ls_connection_manager_start (a->connection);
  pass (fixture, SECOND);
  ls_connection_manager_set_by_hand (a->connection, true);
  for (int i = 0; i < 100; i++)
    edit (a, ls_test_add ("key-3", "stock", 1));
  pass (fixture, SECOND);
  g_assert_cmpint (server_value (fixture, "key-3", "stock"), ==, 100);
  g_assert_cmpint (visible_value (a, "key-3", "stock"), ==, 200);
  ls_connection_manager_set_by_hand (a->connection, false);
  pass (fixture, 2 * SECOND);
  g_assert_cmpint (server_value (fixture, "key-3", "stock"), ==, 200);
  assert_equal (fixture, a);
}

static void
test_restart (Fixture      *fixture,
              gconstpointer data)
{
  Desk *a = desk_new (fixture, "a");

  make_rows (fixture);
  ls_connection_manager_start (a->connection);
  pass (fixture, SECOND);
  /* Sent, committed, but the results are lost: and the program ends. */
  fixture->server->n_lost = 1;
  for (int i = 0; i < 20; i++)
    edit (a, ls_test_add ("key-4", "stock", 1));
  settle (fixture);
  g_ptr_array_remove_index (fixture->desks, 0);
  g_ptr_array_remove_index (fixture->server->sessions, 0);
  a = desk_new (fixture, "a");
  ls_connection_manager_start (a->connection);
  pass (fixture, 2 * SECOND);
  g_assert_cmpint (server_value (fixture, "key-4", "stock"), ==, 120);
  assert_equal (fixture, a);
}

static void
test_temporary (Fixture      *fixture,
                gconstpointer data)
{
  Desk *a = desk_new (fixture, "a");

  make_rows (fixture);
  ls_connection_manager_start (a->connection);
  pass (fixture, SECOND);
  fixture->server->n_temporary = 3;
  for (int i = 0; i < 10; i++)
    edit (a, ls_test_add ("key-5", "stock", 1));
  pass (fixture, 10 * SECOND);
  g_assert_true (has_heard (a, LS_EVENT_OUTBOX_HELD));
  g_assert_cmpint (server_value (fixture, "key-5", "stock"), ==, 110);
  assert_equal (fixture, a);
}

static void
test_catch_up (Fixture      *fixture,
               gconstpointer data)
{
  Desk *a = desk_new (fixture, "a");

  fixture->server->squash = true;
  make_rows (fixture);
  ls_connection_manager_start (a->connection);
  pass (fixture, SECOND);
  ls_connection_manager_set_by_hand (a->connection, true);
  edit (a, ls_test_add ("key-0", "stock", 7));
  for (int i = 0; i < 300; i++)
    ls_model_server_edit (fixture->server, ls_test_add ("key-0", "stock", 1));
  ls_connection_manager_set_by_hand (a->connection, false);
  pass (fixture, SECOND);
  assert_equal (fixture, a);
  g_assert_cmpuint (ls_fake_transport_get_n_fetches (a->transport), ==, 1);

  /* And from before the horizon. */
  ls_connection_manager_set_by_hand (a->connection, true);
  for (int i = 0; i < 10; i++)
    ls_model_server_edit (fixture->server, ls_test_add ("key-0", "stock", 1));
  edit (a, ls_test_add ("key-0", "stock", 5));
  fixture->server->horizon = fixture->server->version - 1;
  ls_connection_manager_set_by_hand (a->connection, false);
  pass (fixture, SECOND);
  assert_equal (fixture, a);
  g_assert_cmpuint (ls_fake_transport_get_n_fetches (a->transport), ==, 2);
  g_assert_cmpint (server_value (fixture, "key-0", "stock"), ==, 100 + 7 + 300 + 10 + 5);
}

static void
test_new_epoch (Fixture      *fixture,
                gconstpointer data)
{
  Desk *a = desk_new (fixture, "a");
  int64_t backup;

  make_rows (fixture);
  ls_connection_manager_start (a->connection);
  pass (fixture, SECOND);
  backup = fixture->server->version;
  for (int i = 0; i < 5; i++)
    edit (a, ls_test_add ("key-6", "stock", 1));
  pass (fixture, SECOND);
  ls_connection_manager_set_by_hand (a->connection, true);
  edit (a, ls_test_add ("key-6", "stock", 10));
  settle (fixture);
  ls_model_server_restore (fixture->server, backup);
  ls_model_server_new_epoch (fixture->server);
  ls_connection_manager_set_by_hand (a->connection, false);
  pass (fixture, 5 * SECOND);
  /* The five are lost with the server's disk; the one that was undecided is not. */
  g_assert_cmpint (server_value (fixture, "key-6", "stock"), ==, 110);
  assert_equal (fixture, a);
}

/* It shows @stock at every moment until all is settled. */
static void
expect_stock (Fixture *fixture,
              Desk    *desk,
              int64_t  stock)
{
  for (int i = 0; i < 100; i++)
    {
      ls_test_environment_run (fixture->environment);
      g_assert_cmpint (visible_value (desk, "key-6", "stock"), ==, stock);
      ls_model_server_serve (fixture->server);
      ls_test_environment_advance (fixture->environment, 50 * 1000);
    }
  settle (fixture);
  g_assert_cmpint (server_value (fixture, "key-6", "stock"), ==, stock);
}

/* What was decided before the backup, and its result never came, is in the rows: it shows once, and so
 * does what was made since. */
static void
test_decided_before (Fixture      *fixture,
                     gconstpointer data)
{
  Desk *a = desk_new (fixture, "a");

  make_rows (fixture);
  ls_connection_manager_start (a->connection);
  pass (fixture, SECOND);
  edit (a, ls_test_add ("key-6", "stock", 1));
  pass (fixture, SECOND);
  fixture->server->n_lost = 1;
  edit (a, ls_test_add ("key-6", "stock", 10));
  settle (fixture);
  g_assert_cmpuint (fixture->server->n_lost, ==, 0);
  ls_connection_manager_set_by_hand (a->connection, true);
  edit (a, ls_test_add ("key-6", "stock", 100));
  settle (fixture);
  ls_model_server_new_epoch (fixture->server);
  ls_connection_manager_set_by_hand (a->connection, false);
  expect_stock (fixture, a, 211);
  g_assert_false (has_heard (a, LS_EVENT_FORKED));
  assert_equal (fixture, a);
}

/* The backup is of the epoch before the client's: how far it was there says nothing of what it has now. */
static void
test_older_backup (Fixture      *fixture,
                   gconstpointer data)
{
  Desk *a = desk_new (fixture, "a");
  int64_t backup;

  make_rows (fixture);
  ls_connection_manager_start (a->connection);
  pass (fixture, SECOND);
  for (int i = 0; i < 3; i++)
    edit (a, ls_test_add ("key-6", "stock", 1));
  pass (fixture, SECOND);
  backup = fixture->server->version;
  ls_connection_manager_set_by_hand (a->connection, true);
  settle (fixture);
  ls_model_server_new_epoch (fixture->server);
  ls_connection_manager_set_by_hand (a->connection, false);
  expect_stock (fixture, a, 103);
  fixture->server->n_lost = 1;
  edit (a, ls_test_add ("key-6", "stock", 10));
  settle (fixture);
  g_assert_cmpuint (fixture->server->n_lost, ==, 0);
  ls_connection_manager_set_by_hand (a->connection, true);
  settle (fixture);
  ls_model_server_restore (fixture->server, backup);
  ls_model_server_new_epoch (fixture->server);
  ls_connection_manager_set_by_hand (a->connection, false);
  expect_stock (fixture, a, 113);
  assert_equal (fixture, a);
}

/* A disk put back behind the server's back: the epoch is the same, the client is ahead. */
static void
test_gone_back (Fixture      *fixture,
                gconstpointer data)
{
  Desk *a = desk_new (fixture, "a");
  int64_t backup;

  make_rows (fixture);
  ls_connection_manager_start (a->connection);
  pass (fixture, SECOND);
  backup = fixture->server->version;
  for (int i = 0; i < 5; i++)
    edit (a, ls_test_add ("key-6", "stock", 1));
  pass (fixture, SECOND);
  ls_connection_manager_set_by_hand (a->connection, true);
  edit (a, ls_test_add ("key-6", "stock", 10));
  settle (fixture);
  ls_model_server_restore (fixture->server, backup);
  ls_connection_manager_set_by_hand (a->connection, false);
  pass (fixture, 20 * SECOND);
  g_assert_cmpint (server_value (fixture, "key-6", "stock"), ==, 110);
  assert_equal (fixture, a);
}

static void
test_copied_cache (Fixture      *fixture,
                   gconstpointer data)
{
  Desk *a = desk_new (fixture, "a");
  g_autofree char *from = ls_test_dir_file (fixture->dir, "a");
  g_autofree char *to = ls_test_dir_file (fixture->dir, "b");
  g_autoptr (GFile) source = g_file_new_for_path (from);
  g_autoptr (GFile) target = g_file_new_for_path (to);
  g_autoptr (GError) error = NULL;
  Desk *b;

  make_rows (fixture);
  ls_connection_manager_start (a->connection);
  pass (fixture, SECOND);
  g_ptr_array_remove_index (fixture->desks, 0);
  g_ptr_array_remove_index (fixture->server->sessions, 0);
  g_file_copy (source, target, G_FILE_COPY_NONE, NULL, NULL, NULL, &error);
  g_assert_no_error (error);

  a = desk_new (fixture, "a");
  ls_connection_manager_start (a->connection);
  pass (fixture, SECOND);
  for (int i = 0; i < 3; i++)
    edit (a, ls_test_add ("key-7", "stock", 1));
  pass (fixture, SECOND);
  b = desk_new (fixture, "b");
  edit (b, ls_test_add ("key-7", "stock", 10));
  ls_connection_manager_start (b->connection);
  pass (fixture, 5 * SECOND);
  g_assert_true (has_heard (b, LS_EVENT_FORKED));
  g_assert_cmpint (server_value (fixture, "key-7", "stock"), ==, 113);
  assert_equal (fixture, a);
  assert_equal (fixture, b);
}

static void
test_corruption (Fixture      *fixture,
                 gconstpointer data)
{
  Desk *a = desk_new (fixture, "a");
  g_autoptr (LsMessage) delta = NULL;

  make_rows (fixture);
  ls_connection_manager_start (a->connection);
  pass (fixture, SECOND);
  /* What the cache is told is not what the server did. */
  delta = ls_test_delta (fixture->server->version, fixture->server->version + 1);
  delta->delta.check = ls_model_server_check (fixture->server->version + 1);
  ls_test_delta_take (delta, fixture->server->version + 1,
                      ls_test_set_integer ("key-1", "stock", 55), NULL);
  ls_model_server_edit (fixture->server, ls_test_set_integer ("key-1", "stock", 66));
  g_assert_true (ls_cache_apply_delta (a->cache, delta, NULL));
  pass (fixture, SECOND);
  ls_model_server_digest (fixture->server);
  pass (fixture, SECOND);
  g_assert_true (has_heard (a, LS_EVENT_FINDING));
  g_assert_true (has_heard (a, LS_EVENT_HEALED));
  /* Which buckets, which rows of the one, this row; and is it right now? */
  g_assert_cmpuint (fixture->server->n_verifies, ==, 4);
  g_assert_cmpuint (fixture->server->n_healed, ==, 1);
  g_assert_true (has_heard (a, LS_EVENT_VERIFIED));
  assert_equal (fixture, a);
}

static void
test_sync_now (Fixture      *fixture,
               gconstpointer data)
{
  Desk *a = desk_new (fixture, "a");

  ls_sync_manager_sync_now (a->manager, NULL, 1);
  settle (fixture);
  g_assert_cmpuint (a->n_progress, ==, 1);
  g_assert_error (a->progress_error, LS_ERROR, LS_ERROR_NETWORK);
  make_rows (fixture);
  ls_connection_manager_start (a->connection);
  pass (fixture, SECOND);
  ls_sync_manager_sync_now (a->manager, LS_TEST_SHOP, 2);
  settle (fixture);
  g_assert_cmpuint (a->n_progress, ==, 2);
  g_assert_no_error (a->progress_error);
}

/* Three desks, a colleague on the server, connections that break, programs that end, a disk that
 * fails for a while: in the end all hold the same, and every edit took effect once at most. */
static void
test_random (Fixture      *fixture,
             gconstpointer data)
{
  g_autoptr (GRand) dice = g_rand_new_with_seed (GPOINTER_TO_UINT (data));
  static const char *const files[] = { "a", "b", "c" };
  GHashTableIter iter;
  gpointer times;

  fixture->server->squash = g_rand_boolean (dice);
  make_rows (fixture);
  for (unsigned i = 0; i < G_N_ELEMENTS (files); i++)
    ls_connection_manager_start (desk_new (fixture, files[i])->connection);
  pass (fixture, SECOND);
  for (int step = 0; step < 250; step++)
    {
      unsigned which = (unsigned) g_rand_int_range (dice, 0, (int) fixture->desks->len);
      Desk *desk = g_ptr_array_index (fixture->desks, which);
      g_autofree char *key = g_strdup_printf ("key-%d", g_rand_int_range (dice, 0, N_KEYS));

      switch (g_rand_int_range (dice, 0, 14))
        {
        case 0:
          ls_connection_manager_set_by_hand (desk->connection, g_rand_boolean (dice));
          break;
        case 1:
          if (ls_fake_transport_is_open (desk->transport))
            ls_fake_transport_drop (desk->transport, LS_ERROR_NETWORK);
          break;
        case 2:
          fixture->server->n_lost = (unsigned) g_rand_int_range (dice, 0, 3);
          break;
        case 3:
          fixture->server->n_temporary = (unsigned) g_rand_int_range (dice, 0, 5);
          break;
        case 4:
          fixture->server->horizon = fixture->server->version - g_rand_int_range (dice, 0, 40);
          break;
        case 5:
          ls_model_server_edit (fixture->server, ls_test_add (key, "stock", 1));
          break;
        case 6:
          ls_model_server_digest (fixture->server);
          break;
        case 7:
          {
            g_autofree char *path = g_path_get_basename (ls_cache_get_path (desk->cache));

            g_ptr_array_remove_index (fixture->desks, which);
            g_ptr_array_remove_index (fixture->server->sessions, which);
            ls_connection_manager_start (desk_new (fixture, path)->connection);
          }
          break;
        case 8:
          edit (desk, ls_test_set_integer (key, "price", g_rand_int_range (dice, -100, 5000)));
          break;
        default:
          edit (desk, ls_test_add (key, "stock", g_rand_int_range (dice, -2, 4)));
          break;
        }
      if (g_rand_boolean (dice))
        ls_test_environment_run (fixture->environment);
      if (g_rand_boolean (dice))
        ls_model_server_serve (fixture->server);
      if (g_rand_int_range (dice, 0, 4) == 0)
        ls_test_environment_advance (fixture->environment, g_rand_int_range (dice, 0, SECOND));
    }
  fixture->server->n_lost = 0;
  fixture->server->n_temporary = 0;
  for (unsigned i = 0; i < fixture->desks->len; i++)
    {
      Desk *desk = g_ptr_array_index (fixture->desks, i);

      ls_connection_manager_set_by_hand (desk->connection, false);
      ls_connection_manager_try_now (desk->connection);
    }
  pass (fixture, 70 * SECOND);
  for (unsigned i = 0; i < fixture->desks->len; i++)
    {
      Desk *desk = g_ptr_array_index (fixture->desks, i);

      assert_equal (fixture, desk);
      g_assert_false (has_heard (desk, LS_EVENT_FINDING));
      g_assert_false (has_heard (desk, LS_EVENT_FORKED));
    }
  g_hash_table_iter_init (&iter, fixture->server->edits);
  while (g_hash_table_iter_next (&iter, NULL, &times))
    g_assert_cmpint (GPOINTER_TO_INT (times), ==, 1);
  g_assert_cmpuint (fixture->server->n_applied, >, 20);
}

int
main (int    argc,
      char **argv)
{
  static const struct {
    const char *name;
    void (*test) (Fixture *fixture, gconstpointer data);
  } tests[] = {
    { "first-sync", test_first_sync },     { "two-desks", test_two_desks },
    { "offline-edits", test_offline_edits }, { "restart", test_restart },
    { "temporary", test_temporary },       { "catch-up", test_catch_up },
    { "gone-back", test_gone_back },       { "new-epoch", test_new_epoch },
    { "decided-before", test_decided_before }, { "older-backup", test_older_backup },
    { "copied-cache", test_copied_cache }, { "corruption", test_corruption },
    { "sync-now", test_sync_now },
  };

  const char *seeds = g_getenv ("LOCKSTEP_TEST_SEEDS");
  unsigned n_seeds = seeds != NULL ? (unsigned) atoi (seeds) : 3;

  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strconcat ("/sync-manager/", tests[i].name, NULL);

      g_test_add (path, Fixture, GUINT_TO_POINTER (1), set_up, tests[i].test, tear_down);
    }
  for (unsigned seed = 1; seed <= n_seeds; seed++)
    {
      g_autofree char *path = g_strdup_printf ("/sync-manager/random/%u", seed);

      g_test_add (path, Fixture, GUINT_TO_POINTER (seed), set_up, test_random, tear_down);
    }
  return g_test_run ();
}
