/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "client/ls-client-statistics.h"
#include "client/ls-operation.h"
#include "core/ls-environment.h"
#include "core/ls-error.h"
#include "ls-test-dir.h"
#include "ls-test-wait.h"

/* The account as the app holds it, with an engine on its own thread and no server. */

#define URL "http://127.0.0.1:9"

typedef struct {
  LsTestDir *dir;
  LsEnvironment *environment;
  LsClient *client;
  bool opened;
} Fixture;

static void
opened_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  Fixture *fixture = user_data;
  g_autoptr (GError) error = NULL;

  g_assert_true (ls_client_open_finish (LS_CLIENT (source), result, &error));
  g_assert_no_error (error);
  fixture->opened = true;
}

static bool
is_opened (gpointer user_data)
{
  return ((Fixture *) user_data)->opened;
}

static bool
is_by_hand (gpointer user_data)
{
  return ls_client_get_status (((Fixture *) user_data)->client)->by_hand;
}

static bool
is_not_by_hand (gpointer user_data)
{
  return !is_by_hand (user_data);
}

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  fixture->dir = ls_test_dir_new ();
  fixture->environment = ls_system_environment_new ();
  fixture->client =
      ls_client_new (fixture->environment, URL, "ana", ls_test_dir_get_path (fixture->dir));
  ls_client_open_async (fixture->client, NULL, opened_cb, fixture);
  ls_test_wait (is_opened, fixture);
}

static bool
is_gone (gpointer user_data)
{
  return *(gpointer *) user_data == NULL;
}

/* Another thread that lets go of something wakes nobody. */
static gboolean
look_again_cb (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

/* What is under way on other threads, or on its way from them, may hold it a little longer. */
static void
let_go (gpointer object)
{
  gpointer left = object;
  unsigned look = g_timeout_add (10, look_again_cb, NULL);

  g_object_add_weak_pointer (object, &left);
  g_object_unref (object);
  ls_test_wait (is_gone, &left);
  g_source_remove (look);
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  ls_client_stop (fixture->client);
  let_go (fixture->client);
  ls_environment_stop (fixture->environment);
  /* A job that was posted while it stopped may hold it; the leak checker sees what is lost for good. */
  g_object_unref (fixture->environment);
  ls_test_dir_free (fixture->dir);
}

/* What the engine has to say of working offline comes after it is known that nobody is signed in,
 * and was shown instead of it, by luck. */
static void
test_without_token (Fixture      *fixture,
                    gconstpointer data)
{
  ls_client_set_offline (fixture->client, true);
  ls_client_start (fixture->client);
  g_assert_cmpint (ls_client_get_status (fixture->client)->state, ==, LS_CONNECTION_SIGNED_OUT);
  ls_test_wait (is_by_hand, fixture);
  g_assert_cmpint (ls_client_get_status (fixture->client)->state, ==, LS_CONNECTION_SIGNED_OUT);
  ls_client_set_offline (fixture->client, false);
  ls_test_wait (is_not_by_hand, fixture);
  g_assert_cmpint (ls_client_get_status (fixture->client)->state, ==, LS_CONNECTION_SIGNED_OUT);
}

/* With one it is as the admin wants it. */
static void
test_by_hand (Fixture      *fixture,
              gconstpointer data)
{
  ls_client_set_offline (fixture->client, true);
  ls_client_set_token (fixture->client, "token");
  ls_client_start (fixture->client);
  ls_test_wait (is_by_hand, fixture);
  g_assert_cmpint (ls_client_get_status (fixture->client)->state, ==, LS_CONNECTION_OFFLINE);
}

typedef struct {
  unsigned n_begun;
  unsigned n_ended;
  unsigned n_told;
  unsigned n_heard;
} Trouble;

static void
heard_cb (LsEventBus *bus,
          LsEvent    *event,
          Trouble    *trouble)
{
  trouble->n_heard++;
}

static bool
is_heard (gpointer user_data)
{
  const Trouble *trouble = user_data;

  return trouble->n_heard == trouble->n_told;
}

static void
trouble_cb (LsClient     *client,
            int           operation,
            const GError *error,
            Trouble      *trouble)
{
  g_assert_cmpint (operation, ==, LS_OPERATION_SYNC);
  if (error != NULL)
    g_assert_error (error, LS_ERROR, LS_ERROR_STORAGE);
  trouble->n_begun += error != NULL;
  trouble->n_ended += error == NULL;
}

static void
publish (Fixture    *fixture,
         Trouble    *trouble,
         const char *type,
         const char *code)
{
  LsEvent *event = ls_event_new (type, "shop");

  event->code = g_strdup (code);
  event->message = g_strdup ("it failed");
  trouble->n_told++;
  ls_event_bus_publish (ls_client_get_bus (fixture->client), event);
  ls_test_wait (is_heard, trouble);
}

/* Synchronising goes on for ever; that it fails again and again is said once, and so is its end. What
 * is wrong with the connection is not its affair. */
static void
test_sync_trouble (Fixture      *fixture,
                   gconstpointer data)
{
  Trouble trouble = { 0, 0, 0, 0 };

  g_signal_connect_after (ls_client_get_bus (fixture->client), "event", G_CALLBACK (heard_cb), &trouble);
  g_signal_connect (fixture->client, "trouble", G_CALLBACK (trouble_cb), &trouble);
  for (int i = 0; i < 5; i++)
    publish (fixture, &trouble, LS_EVENT_ERROR, "network");
  for (int i = 0; i < 2; i++)
    publish (fixture, &trouble, LS_EVENT_ERROR, "storage");
  publish (fixture, &trouble, LS_EVENT_DELTA, NULL);
  for (int i = 0; i < 2; i++)
    publish (fixture, &trouble, LS_EVENT_ERROR, "storage");
  g_assert_cmpuint (trouble.n_begun + trouble.n_ended, ==, 0);
  for (int i = 0; i < 4; i++)
    publish (fixture, &trouble, LS_EVENT_ERROR, "storage");
  g_assert_cmpuint (trouble.n_begun, ==, 1);
  publish (fixture, &trouble, LS_EVENT_DELTA, NULL);
  publish (fixture, &trouble, LS_EVENT_DELTA, NULL);
  g_assert_cmpuint (trouble.n_begun, ==, 1);
  g_assert_cmpuint (trouble.n_ended, ==, 1);
  g_signal_handlers_disconnect_by_data (fixture->client, &trouble);
  g_signal_handlers_disconnect_by_data (ls_client_get_bus (fixture->client), &trouble);
}

static void
result_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static bool
has_result (gpointer user_data)
{
  return *(GAsyncResult **) user_data != NULL;
}

static void
count (Fixture            *fixture,
       LsClientStatistics *statistics)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  ls_client_get_statistics_async (fixture->client, NULL, result_cb, &result);
  ls_test_wait (has_result, &result);
  g_assert_true (ls_client_get_statistics_finish (fixture->client, result, statistics, &error));
  g_assert_no_error (error);
}

/* What an account costs is told, and what may be given back is. */
static void
test_statistics (Fixture      *fixture,
                 gconstpointer data)
{
  g_autoptr (GAsyncResult) cleaned = NULL;
  g_autoptr (GError) error = NULL;
  LsClientStatistics before = { 0 }, after = { 0 };

  count (fixture, &before);
  g_assert_cmpint (before.rows, ==, 0);
  g_assert_cmpint (before.bytes_on_disk, >, 0);
  g_assert_cmpuint (before.subscriptions, ==, 0);
  g_assert_cmpuint (before.live, ==, 0);
  g_assert_cmpuint (before.pending, ==, 0);
  g_assert_cmpuint (before.dead, ==, 0);
  g_assert_cmpuint (before.rows_asked, ==, 0);

  ls_event_bus_publish (ls_client_get_bus (fixture->client),
                        ls_event_new (LS_EVENT_NOTICE, NULL));
  ls_client_clean_async (fixture->client, 0, NULL, result_cb, &cleaned);
  ls_test_wait (has_result, &cleaned);
  g_assert_true (ls_client_clean_finish (fixture->client, cleaned, &error));
  g_assert_no_error (error);
  count (fixture, &after);
  g_assert_cmpint (after.bytes_on_disk, <=, before.bytes_on_disk);
  g_assert_cmpint (after.bytes_free, ==, 0);
  g_assert_cmpuint (after.events, >, before.events);
}

/* Who is asked and closed meanwhile answers that, once. */
static void
test_statistics_cancelled (Fixture      *fixture,
                           gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  LsClientStatistics statistics = { .rows = -1 };

  ls_client_get_statistics_async (fixture->client, cancellable, result_cb, &result);
  g_cancellable_cancel (cancellable);
  ls_test_wait (has_result, &result);
  g_assert_false (ls_client_get_statistics_finish (fixture->client, result, &statistics, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (statistics.rows, ==, -1);
}

/* A second process reads what there is, and is told that it can't clean up. */
static void
test_clean_refused (Fixture      *fixture,
                    gconstpointer data)
{
  Fixture second = { fixture->dir, fixture->environment, NULL, false };
  LsClientStatistics statistics = { 0 };
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  second.client =
      ls_client_new (fixture->environment, URL, "ana", ls_test_dir_get_path (fixture->dir));
  ls_client_open_async (second.client, NULL, opened_cb, &second);
  ls_test_wait (is_opened, &second);
  count (&second, &statistics);
  g_assert_cmpint (statistics.bytes_on_disk, >, 0);
  ls_client_clean_async (second.client, 0, NULL, result_cb, &result);
  ls_test_wait (has_result, &result);
  g_assert_false (ls_client_clean_finish (second.client, result, &error));
  g_assert_error (error, LS_ERROR, LS_ERROR_FORBIDDEN);
  g_clear_object (&result);
  ls_client_stop (second.client);
  let_go (second.client);
}

static void
refused_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  ls_client_open_finish (LS_CLIENT (source), result, user_data);
}

static bool
is_refused (gpointer user_data)
{
  return *(GError **) user_data != NULL;
}

/* What is no server's address is said at once, and the account can be opened no more than before. */
static void
test_address (Fixture      *fixture,
              gconstpointer data)
{
  static const char *const urls[] = { "ftp://example.org", "http://", "somewhere", "" };

  for (size_t i = 0; i < G_N_ELEMENTS (urls); i++)
    {
      g_autoptr (LsTestDir) dir = ls_test_dir_new ();
      LsClient *client =
          ls_client_new (fixture->environment, urls[i], "ana", ls_test_dir_get_path (dir));
      g_autoptr (GError) error = NULL;

      ls_client_open_async (client, NULL, refused_cb, &error);
      ls_test_wait (is_refused, &error);
      g_assert_error (error, LS_ERROR, LS_ERROR_VALIDATION);
      g_assert_null (ls_client_get_store (client));
      let_go (client);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/client/without-token", Fixture, NULL, set_up, test_without_token, tear_down);
  g_test_add ("/client/by-hand", Fixture, NULL, set_up, test_by_hand, tear_down);
  g_test_add ("/client/sync-trouble", Fixture, NULL, set_up, test_sync_trouble, tear_down);
  g_test_add ("/client/address", Fixture, NULL, set_up, test_address, tear_down);
  g_test_add ("/client/statistics", Fixture, NULL, set_up, test_statistics, tear_down);
  g_test_add ("/client/statistics-cancelled", Fixture, NULL, set_up, test_statistics_cancelled,
              tear_down);
  g_test_add ("/client/clean-refused", Fixture, NULL, set_up, test_clean_refused, tear_down);
  return g_test_run ();
}
