/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "client/ls-client.h"
#include "core/ls-environment.h"
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

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  ls_client_stop (fixture->client);
  g_assert_finalize_object (fixture->client);
  ls_environment_stop (fixture->environment);
  g_assert_finalize_object (fixture->environment);
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

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/client/without-token", Fixture, NULL, set_up, test_without_token, tear_down);
  g_test_add ("/client/by-hand", Fixture, NULL, set_up, test_by_hand, tear_down);
  return g_test_run ();
}
