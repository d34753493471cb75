/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-account"

#include "config.h"

#include <string.h>

#include "client/ls-account.h"
#include "client/ls-fetcher.h"
#include "core/ls-error.h"
#include "core/ls-json-guard.h"
#include "core/ls-json-reader.h"
#include "core/ls-json-writer.h"

/* Trading a password for a token. */

/* An answer has some hundred bytes; more is no answer to a sign-in. */
#define MAX_ANSWER_BYTES 65536

#define MAX_TOKEN_BYTES 16384

typedef struct {
  LsFetcher *fetcher;
  LsFetch *fetch;
  GByteArray *body;
  unsigned status;
  gulong cancelled_handler;
} SignIn;

static void
sign_in_free (gpointer data)
{
  SignIn *sign_in = data;

  g_clear_object (&sign_in->fetch);
  g_clear_pointer (&sign_in->fetcher, ls_fetcher_free);
  g_clear_pointer (&sign_in->body, g_byte_array_unref);
  g_free (sign_in);
}

static void
finish (GTask  *task,
        char   *token,
        GError *error)
{
  SignIn *sign_in = g_task_get_task_data (task);
  GCancellable *cancellable = g_task_get_cancellable (task);

  if (g_task_get_completed (task))
    {
      g_free (token);
      g_clear_error (&error);
      return;
    }
  if (sign_in->cancelled_handler != 0)
    g_signal_handler_disconnect (cancellable, sign_in->cancelled_handler);
  sign_in->cancelled_handler = 0;
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, token, g_free);
  g_object_unref (task);
}

static char *
read_token (SignIn  *sign_in,
            GError **error)
{
  static const LsJsonLimits limits = { .max_bytes = MAX_ANSWER_BYTES, .max_depth = 8 };
  const char *text = (const char *) sign_in->body->data;
  g_autoptr (LsJsonDocument) document =
      ls_json_document_new (text != NULL ? text : "", sign_in->body->len, &limits, error);
  g_auto (LsJsonReader) reader = { NULL, NULL };
  g_autofree char *token = NULL;

  if (document == NULL)
    return NULL;
  if (ls_json_document_get_object (document) == NULL)
    {
      g_set_error_literal (error, LS_ERROR, LS_ERROR_PROTOCOL, "the answer is no JSON object");
      return NULL;
    }
  ls_json_reader_init (&reader);
  token = ls_json_reader_text (&reader, ls_json_document_get_object (document), "token",
                               LS_JSON_REQUIRED, MAX_TOKEN_BYTES);
  if (reader.error != NULL)
    g_propagate_error (error, g_steal_pointer (&reader.error));
  return g_steal_pointer (&token);
}

static void
head_cb (LsFetch *fetch,
         unsigned status,
         gpointer user_data)
{
  SignIn *sign_in = g_task_get_task_data (user_data);

  sign_in->status = status;
  ls_fetch_read (fetch);
}

static void
data_cb (LsFetch    *fetch,
         const char *data,
         size_t      length,
         gpointer    user_data)
{
  GTask *task = user_data;
  SignIn *sign_in = g_task_get_task_data (task);

  if (length > MAX_ANSWER_BYTES - sign_in->body->len)
    {
      ls_fetch_cancel (fetch);
      finish (task, NULL,
              g_error_new_literal (LS_ERROR, LS_ERROR_PROTOCOL, "the answer is too long"));
      return;
    }
  g_byte_array_append (sign_in->body, (const uint8_t *) data, (unsigned) length);
  ls_fetch_read (fetch);
}

static void
end_cb (LsFetch      *fetch,
        const GError *error,
        gpointer      user_data)
{
  GTask *task = user_data;
  SignIn *sign_in = g_task_get_task_data (task);
  g_autoptr (GError) failure = NULL;
  char *token = NULL;

  if (error != NULL)
    failure = g_error_copy (error);
  else if (sign_in->status == 401)
    failure = g_error_new_literal (LS_ERROR, LS_ERROR_AUTH,
                                   "The server does not know this user name and password.");
  else if (ls_status_to_error (sign_in->status, NULL, &failure))
    token = read_token (sign_in, &failure);
  finish (task, token, g_steal_pointer (&failure));
}

static const LsFetchEvents events = { head_cb, data_cb, end_cb };

static void
cancelled_cb (GCancellable *cancellable,
              gpointer      user_data)
{
  GTask *task = user_data;
  SignIn *sign_in = g_task_get_task_data (task);

  ls_fetch_cancel (sign_in->fetch);
  /* Disconnecting inside the handler would wait for itself. */
  sign_in->cancelled_handler = 0;
  finish (task, NULL, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "Cancelled"));
}

static GBytes *
make_body (const char *user,
           const char *password)
{
  g_autoptr (LsJsonWriter) writer = ls_json_writer_new ();
  size_t length;
  char *text;

  ls_json_writer_begin_object (writer);
  ls_json_writer_name (writer, "user");
  ls_json_writer_text (writer, user);
  ls_json_writer_name (writer, "password");
  ls_json_writer_text (writer, password);
  ls_json_writer_name (writer, "device");
  ls_json_writer_text (writer, g_get_host_name ());
  ls_json_writer_end_object (writer);
  text = ls_json_writer_finish (writer, &length);
  return g_bytes_new_take (text, length);
}

/**
 * ls_account_sign_in_async:
 * @environment: the environment
 * @server_url: the server's address
 * @ca_file: (nullable): certificate authority to check it by
 * @user: the user
 * @password: his password
 * @cancellable: (nullable): stops it
 * @callback: what to call
 * @user_data: for @callback
 *
 * Asks the server for a token.
 */
void
ls_account_sign_in_async (LsEnvironment      *environment,
                          const char         *server_url,
                          const char         *ca_file,
                          const char         *user,
                          const char         *password,
                          GCancellable       *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer            user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);
  SignIn *sign_in = g_new0 (SignIn, 1);
  g_autoptr (LsEndpoint) endpoint = NULL;
  g_autoptr (GBytes) body = make_body (user, password);
  GError *error = NULL;
  LsFetchSpec spec = {
    .method = "POST",
    .path = "/v1/sign-in",
    .content_type = "application/json",
    .body = body,
    .events = &events,
    .user_data = task,
  };

  g_task_set_source_tag (task, ls_account_sign_in_async);
  sign_in->body = g_byte_array_new ();
  g_task_set_task_data (task, sign_in, sign_in_free);
  endpoint = ls_endpoint_new (server_url, NULL, ca_file, &error);
  if (endpoint == NULL)
    {
      finish (task, NULL, error);
      return;
    }
  sign_in->fetcher = ls_fetcher_new ();
  sign_in->fetch = ls_fetcher_fetch (sign_in->fetcher, endpoint, &spec);
  if (cancellable != NULL)
    sign_in->cancelled_handler =
        g_cancellable_connect (cancellable, G_CALLBACK (cancelled_cb), task, NULL);
}

/**
 * ls_account_sign_in_finish:
 * @result: of ls_account_sign_in_async()
 * @error: where to put why not: %LS_ERROR_AUTH for a wrong name or password
 *
 * Returns: (transfer full) (nullable): the token
 */
char *
ls_account_sign_in_finish (GAsyncResult *result,
                           GError      **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
