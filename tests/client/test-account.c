/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <glib/gstdio.h>
#include <libsoup/soup.h>
#include <string.h>

#include "client/ls-account.h"
#include "core/ls-error.h"
#include "ls-test-dir.h"

/* A server in this process that answers sign-ins as the table says. */
typedef struct {
  unsigned status;
  const char *body;
  bool valid;
  int code;
} Answer;

static const Answer answers[] = {
  { 200, "{\"token\":\"secret\",\"client\":\"c\",\"user\":\"anna\"}", true, 0 },
  { 200, "{\"client\":\"c\"}", false, LS_ERROR_PROTOCOL },
  { 200, "{\"token\":7}", false, LS_ERROR_PROTOCOL },
  { 200, "[]", false, LS_ERROR_PROTOCOL },
  { 200, "", false, LS_ERROR_PROTOCOL },
  { 200, "<html>", false, LS_ERROR_PROTOCOL },
  { 401, "{}", false, LS_ERROR_AUTH },
  { 429, "{}", false, LS_ERROR_RATE_LIMIT },
};

typedef struct {
  const Answer *answer;
  char *asked;
  char *token;
  GError *error;
  bool done;
} Trial;

static void
handler_cb (SoupServer        *server,
            SoupServerMessage *message,
            const char        *path,
            GHashTable        *query,
            gpointer           user_data)
{
  Trial *trial = user_data;
  SoupMessageBody *body = soup_server_message_get_request_body (message);

  g_free (trial->asked);
  trial->asked = g_strndup (body->data, (gsize) body->length);
  soup_server_message_set_status (message, trial->answer->status, NULL);
  soup_server_message_set_response (message, "application/json", SOUP_MEMORY_STATIC,
                                    trial->answer->body, strlen (trial->answer->body));
}

static void
signed_in_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  Trial *trial = user_data;

  trial->token = ls_account_sign_in_finish (result, &trial->error);
  trial->done = true;
}

static char *
start_server (SoupServer *server,
              Trial      *trial)
{
  GSList *uris;
  char *url;

  soup_server_add_handler (server, "/v1/sign-in", handler_cb, trial, NULL);
  g_assert_true (soup_server_listen_local (server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, NULL));
  uris = soup_server_get_uris (server);
  url = g_uri_to_string (uris->data);
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  return url;
}

static void
test_sign_in (void)
{
  g_autoptr (LsEnvironment) environment = ls_system_environment_new ();
  g_autoptr (SoupServer) server = soup_server_new (NULL, NULL);
  Trial trial = { NULL };
  g_autofree char *url = start_server (server, &trial);

  for (size_t i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      trial.answer = &answers[i];
      trial.done = false;
      ls_account_sign_in_async (environment, url, NULL, "anna", "pass\"word", NULL, signed_in_cb,
                                &trial);
      while (!trial.done)
        g_main_context_iteration (NULL, TRUE);
      g_test_message ("%u %s", answers[i].status, answers[i].body);
      g_assert_nonnull (strstr (trial.asked, "\"user\":\"anna\",\"password\":\"pass\\\"word\""));
      if (answers[i].valid)
        {
          g_assert_no_error (trial.error);
          g_assert_cmpstr (trial.token, ==, "secret");
        }
      else
        {
          g_assert_error (trial.error, LS_ERROR, answers[i].code);
          g_assert_null (trial.token);
        }
      g_clear_pointer (&trial.token, g_free);
      g_clear_error (&trial.error);
    }
  g_free (trial.asked);
}

static void
test_refused (void)
{
  g_autoptr (LsEnvironment) environment = ls_system_environment_new ();
  Trial trial = { NULL };

  ls_account_sign_in_async (environment, "not a url", NULL, "anna", "x", NULL, signed_in_cb, &trial);
  while (!trial.done)
    g_main_context_iteration (NULL, TRUE);
  g_assert_nonnull (trial.error);
  g_assert_null (trial.token);
  g_clear_error (&trial.error);
}

static void
test_cancelled (void)
{
  g_autoptr (LsEnvironment) environment = ls_system_environment_new ();
  g_autoptr (SoupServer) server = soup_server_new (NULL, NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Trial trial = { &answers[0] };
  g_autofree char *url = start_server (server, &trial);

  ls_account_sign_in_async (environment, url, NULL, "anna", "x", cancellable, signed_in_cb, &trial);
  g_cancellable_cancel (cancellable);
  while (!trial.done)
    g_main_context_iteration (NULL, TRUE);
  g_assert_error (trial.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&trial.error);
  g_free (trial.asked);
}

static void
test_folder (void)
{
  g_autofree char *one = ls_account_get_data_dir ("https://a.example", "anna");
  g_autofree char *two = ls_account_get_data_dir ("https://a.example", "ben");
  g_autofree char *again = ls_account_get_data_dir ("https://a.example", "anna");
  g_autofree char *folder = g_dir_make_tmp ("lockstep-XXXXXX", NULL);
  g_autofree char *file = g_build_filename (folder, "cache.db", NULL);

  g_assert_cmpstr (one, ==, again);
  g_assert_cmpstr (one, !=, two);
  g_assert_true (g_file_set_contents (file, "x", 1, NULL));
  g_assert_true (ls_account_remove_folder (folder, NULL));
  g_assert_false (g_file_test (folder, G_FILE_TEST_EXISTS));
  g_assert_true (ls_account_remove_folder (folder, NULL));
}

/* --- Tokens ---------------------------------------------------------------------------------- */

#define SERVER "https://a.example"

static void
result_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static GAsyncResult *
wait_result (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return *result;
}

static LsTokenKeeping
store (const char *user,
       const char *token)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  LsTokenKeeping keeping = LS_TOKEN_KEPT;

  ls_account_store_token_async (SERVER, user, token, NULL, result_cb, &result);
  g_assert_true (ls_account_store_token_finish (wait_result (&result), &keeping, &error));
  g_assert_no_error (error);
  return keeping;
}

static char *
lookup (const char *user)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  char *token;

  ls_account_lookup_token_async (SERVER, user, NULL, result_cb, &result);
  token = ls_account_lookup_token_finish (wait_result (&result), &error);
  g_assert_no_error (error);
  return token;
}

static void
wipe (const char *user)
{
  g_autofree char *folder = ls_account_get_data_dir (SERVER, user);
  g_autofree char *file = g_build_filename (folder, "cache.db", NULL);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_no_errno (g_mkdir_with_parents (folder, 0700));
  g_assert_true (g_file_set_contents (file, "x", 1, NULL));
  ls_account_wipe_async (SERVER, user, NULL, result_cb, &result);
  g_assert_true (ls_account_wipe_finish (wait_result (&result), &error));
  g_assert_no_error (error);
  g_assert_false (g_file_test (folder, G_FILE_TEST_EXISTS));
}

/* To begin a process of its own with: secrets are kept in a file, or nowhere, and the cache in a folder of its own. */
static LsTestDir *
keep_secrets (const char *backend)
{
  LsTestDir *dir = ls_test_dir_new ();
  g_autofree char *file = ls_test_dir_file (dir, "secrets");

  g_setenv ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere", TRUE);
  g_setenv ("XDG_DATA_HOME", ls_test_dir_get_path (dir), TRUE);
  g_setenv ("SECRET_BACKEND", backend, TRUE);
  g_setenv ("SECRET_FILE_TEST_PATH", file, TRUE);
  g_setenv ("SECRET_FILE_TEST_PASSWORD", "of the test", TRUE);
  return dir;
}

static void
test_tokens_kept (void)
{
  g_autoptr (LsTestDir) home = keep_secrets ("file");
  g_autofree char *token = NULL;
  g_autofree char *other = NULL;
  g_autofree char *forgotten = NULL;

  g_assert_null (lookup ("anna"));
  g_assert_cmpint (store ("anna", "of anna"), ==, LS_TOKEN_KEPT);
  g_assert_cmpint (store ("ben", "of ben"), ==, LS_TOKEN_KEPT);
  token = lookup ("anna");
  g_assert_cmpstr (token, ==, "of anna");
  wipe ("anna");
  forgotten = lookup ("anna");
  g_assert_null (forgotten);
  other = lookup ("ben");
  g_assert_cmpstr (other, ==, "of ben");
}

/* What libsecret 0.20 keeps of the file it forgets to free at each write: leaks are not looked for in that process. The
 * code around it is the same without a service. */
static void
test_kept_in_file (void)
{
  g_autofree char *options = g_strdup (g_getenv ("ASAN_OPTIONS"));
  g_autofree char *lenient =
      g_strconcat (options != NULL ? options : "", options != NULL ? ":" : "", "detect_leaks=0", NULL);

  g_setenv ("ASAN_OPTIONS", lenient, TRUE);
  g_test_trap_subprocess ("/account/subprocess/tokens-kept", 0, 0);
  if (options != NULL)
    g_setenv ("ASAN_OPTIONS", options, TRUE);
  else
    g_unsetenv ("ASAN_OPTIONS");
  g_test_trap_assert_passed ();
}

/* Nothing answers on the bus: the token serves for this run, and no error is shown to anyone. */
static void
test_tokens_in_memory (void)
{
  g_autoptr (LsTestDir) home = keep_secrets ("service");

  g_assert_cmpint (store ("anna", "of anna"), ==, LS_TOKEN_IN_MEMORY);
  g_assert_null (lookup ("anna"));
  wipe ("anna");
}

static void
test_no_secret_service (void)
{
  g_test_trap_subprocess ("/account/subprocess/tokens-in-memory", 0, 0);
  g_test_trap_assert_passed ();
}

static void
test_tokens_cancelled (void)
{
  g_autoptr (LsTestDir) home = keep_secrets ("service");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) stored = NULL;
  g_autoptr (GAsyncResult) found = NULL;
  g_autoptr (GError) store_error = NULL;
  g_autoptr (GError) lookup_error = NULL;
  LsTokenKeeping keeping;

  ls_account_store_token_async (SERVER, "anna", "of anna", cancellable, result_cb, &stored);
  ls_account_lookup_token_async (SERVER, "anna", cancellable, result_cb, &found);
  g_cancellable_cancel (cancellable);
  g_assert_false (ls_account_store_token_finish (wait_result (&stored), &keeping, &store_error));
  g_assert_error (store_error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_null (ls_account_lookup_token_finish (wait_result (&found), &lookup_error));
  g_assert_error (lookup_error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_cancelled_tokens (void)
{
  g_test_trap_subprocess ("/account/subprocess/tokens-cancelled", 0, 0);
  g_test_trap_assert_passed ();
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/account/sign-in", test_sign_in);
  g_test_add_func ("/account/refused", test_refused);
  g_test_add_func ("/account/cancelled", test_cancelled);
  g_test_add_func ("/account/folder", test_folder);
  g_test_add_func ("/account/kept-in-file", test_kept_in_file);
  g_test_add_func ("/account/no-secret-service", test_no_secret_service);
  g_test_add_func ("/account/cancelled-tokens", test_cancelled_tokens);
  g_test_add_func ("/account/subprocess/tokens-kept", test_tokens_kept);
  g_test_add_func ("/account/subprocess/tokens-in-memory", test_tokens_in_memory);
  g_test_add_func ("/account/subprocess/tokens-cancelled", test_tokens_cancelled);
  return g_test_run ();
}
