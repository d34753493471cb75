/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <glib/gstdio.h>
#include <libsoup/soup.h>
#include <string.h>

#include "client/ls-account.h"
#include "core/ls-error.h"

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

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/account/sign-in", test_sign_in);
  g_test_add_func ("/account/refused", test_refused);
  g_test_add_func ("/account/cancelled", test_cancelled);
  g_test_add_func ("/account/folder", test_folder);
  return g_test_run ();
}
