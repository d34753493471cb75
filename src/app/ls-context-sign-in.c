/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-context"

#include "config.h"

#include "app/ls-context.h"

#include <string.h>

#include <glib/gi18n.h>

#include "app/ls-context-private.h"
#include "app/text/ls-collation-icu.h"
#include "client/ls-account.h"
#include "core/ls-error.h"

/* Opening an account: that of the last session, or one whose user signs in. */

static void
sign_in_free (gpointer data)
{
  LsSignIn *sign_in = data;

  g_free (sign_in->server_url);
  g_free (sign_in->user);
  g_free (sign_in->token);
  g_free (sign_in->password);
  g_free (sign_in->ca_file);
  ls_retry_free (sign_in->retry);
  g_clear_object (&sign_in->client);
  g_free (sign_in);
}

/* A damaged cache was set aside when the account was opened. */
static void
tell_set_aside (LsContext *self,
                LsClient  *client)
{
  unsigned n_edits;
  const char *kept = ls_client_get_set_aside (client, &n_edits);
  g_autofree char *title = NULL;
  g_autofree char *words = NULL;
  g_autoptr (GError) error = NULL;

  if (kept == NULL)
    return;
  title = g_strdup_printf (ngettext ("The copy on this computer was damaged and is fetched again. %u change was kept",
                                     "The copy on this computer was damaged and is fetched again. %u changes were kept",
                                     n_edits),
                           n_edits);
  /* Translators: a sentence without a full stop, then the name of a file */
  words = g_strdup_printf (_("%s. The damaged file is %s."), title, kept);
  error = g_error_new (LS_ERROR, LS_ERROR_STORAGE, "the cache was damaged and set aside as %s", kept);
  ls_error_desk_tell_words (self->desk, LS_OPERATION_SET_ASIDE, error, words);
}

static gboolean
start_cb (gpointer data)
{
  GTask *task = data;
  LsContext *self = g_task_get_source_object (task);
  LsSignIn *sign_in = g_task_get_task_data (task);

  if (sign_in->client != self->client)
    return G_SOURCE_REMOVE;
  if (sign_in->token != NULL)
    ls_client_set_token (sign_in->client, sign_in->token);
  ls_client_start (sign_in->client);
  return G_SOURCE_REMOVE;
}

/* The network comes after what is known already: first the cache's rows are painted. Without a token
 * there is no network, and the banner that says so should not come late and push the rows down. */
static void
start_soon (GTask *task)
{
  if (((LsSignIn *) g_task_get_task_data (task))->token != NULL)
    g_idle_add_full (G_PRIORITY_LOW, start_cb, g_object_ref (task), g_object_unref);
  else
    start_cb (task);
}

static void
opened_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  LsContext *self = g_task_get_source_object (task);
  LsSignIn *sign_in = g_task_get_task_data (task);
  GError *error = NULL;

  if (!ls_client_open_finish (LS_CLIENT (source), result, &error))
    {
      ls_context_set_busy (self, FALSE);
      g_task_return_error (task, error);
      return;
    }
  if (sign_in->remember)
    {
      g_settings_set_string (self->settings, "server-url", sign_in->server_url);
      g_settings_set_string (self->settings, "user", sign_in->user);
      if (sign_in->token != NULL)
        ls_context_keep_token (self, sign_in->server_url, sign_in->user, sign_in->token);
    }
  ls_client_set_offline (sign_in->client, g_settings_get_boolean (self->settings, "work-offline"));
  ls_context_set_client (self, sign_in->client);
  tell_set_aside (self, sign_in->client);
  ls_context_set_busy (self, FALSE);
  if (!sign_in->looking_up)
    start_soon (task);
  g_task_return_boolean (task, TRUE);
}

/* Opens the cache of the account that @task is about. */
void
ls_context_open_client (GTask *task)
{
  LsContext *self = g_task_get_source_object (task);
  LsSignIn *sign_in = g_task_get_task_data (task);
  g_autofree char *data_dir = ls_account_get_data_dir (
      g_str_has_prefix (sign_in->server_url, "lockstep+unix:") ? LS_CONTEXT_SAMPLE_URL
                                                               : sign_in->server_url,
      sign_in->user);

  sign_in->client = ls_client_new (self->environment, sign_in->server_url, sign_in->user, data_dir);
  ls_client_set_collation (sign_in->client, ls_collation_icu_get ());
  ls_context_apply_options (self, sign_in->client);
  ls_client_open_async (sign_in->client, g_task_get_cancellable (task), opened_cb, g_object_ref (task));
}

GTask *
ls_context_begin_sign_in (LsContext          *self,
                          const char         *server_url,
                          const char         *user,
                          const char         *token,
                          gboolean            remember,
                          GCancellable       *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer            user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  LsSignIn *sign_in = g_new0 (LsSignIn, 1);

  sign_in->server_url = g_strdup (server_url);
  sign_in->user = g_strdup (user);
  sign_in->token = g_strdup (token);
  sign_in->remember = remember;
  g_task_set_task_data (task, sign_in, sign_in_free);
  ls_context_set_busy (self, TRUE);
  return task;
}

void
ls_context_fail_sign_in (GTask  *task,
                         GError *error)
{
  ls_context_set_busy (g_task_get_source_object (task), FALSE);
  g_task_return_error (task, error);
}

static void
found_cb (const char *token,
          gpointer    user_data)
{
  g_autoptr (GTask) task = user_data;
  LsContext *self = g_task_get_source_object (task);
  LsSignIn *sign_in = g_task_get_task_data (task);

  sign_in->token = g_strdup (token);
  sign_in->looking_up = FALSE;
  /* Without a token the cache is shown all the same; the banner asks for a sign-in. */
  if (self->client == sign_in->client)
    start_soon (task);
}

static void sample_restored_cb (GObject      *source,
                                GAsyncResult *result,
                                gpointer      user_data);
static void restore_account (LsContext  *self,
                             const char *server_url,
                             const char *user,
                             const char *token);

/* @task: of the try that failed */
static void
restore_again (GTask *task)
{
  LsContext *self = g_task_get_source_object (task);
  const LsSignIn *sign_in = g_task_get_task_data (task);

  if (self->client == NULL && !self->busy)
    restore_account (self, sign_in->server_url, sign_in->user, sign_in->token);
}

static void
explore_again (LsContext *self)
{
  if (self->client == NULL && !self->busy)
    ls_context_explore_sample_async (self, NULL, sample_restored_cb, NULL);
}

static void
restored_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr (GError) error = NULL;

  if (!g_task_propagate_boolean (G_TASK (result), &error))
    ls_error_desk_tell (LS_CONTEXT (source)->desk, LS_OPERATION_OPEN_ACCOUNT, error, NULL,
                        g_cclosure_new_object_swap (G_CALLBACK (restore_again), G_OBJECT (result)));
}

static void
sample_restored_cb (GObject      *source,
                    GAsyncResult *result,
                    gpointer      user_data)
{
  g_autoptr (GError) error = NULL;

  if (!ls_context_explore_sample_finish (LS_CONTEXT (source), result, &error))
    ls_error_desk_tell (LS_CONTEXT (source)->desk, LS_OPERATION_SAMPLE, error, NULL,
                        g_cclosure_new_object_swap (G_CALLBACK (explore_again), source));
}

/* Behind a bare name is TLS, but on this machine: there is no need for it, and no certificate. */
static char *
complete_url (const char *address)
{
  static const char *const own[] = { "localhost", "127.", "[::1]" };

  if (strstr (address, "://") != NULL)
    return g_strdup (address);
  for (size_t i = 0; i < G_N_ELEMENTS (own); i++)
    if (g_str_has_prefix (address, own[i]))
      return g_strconcat ("http://", address, NULL);
  return g_strconcat ("https://", address, NULL);
}

static void ask_for_token (GTask              *task,
                           GAsyncReadyCallback callback);
static void sign_in_again_cb (gpointer data);
static void let_in_again_cb (gpointer data);

static void
signed_in_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  LsSignIn *sign_in = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  sign_in->token = ls_account_sign_in_finish (result, &error);
  if (sign_in->token != NULL)
    {
      g_clear_pointer (&sign_in->password, g_free);
      ls_context_open_client (task);
    }
  else if (ls_retry_again (sign_in->retry, error, sign_in_again_cb, task, g_object_unref))
    g_steal_pointer (&task);
  else
    ls_context_fail_sign_in (task, g_steal_pointer (&error));
}

static void
let_in_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  LsContext *self = g_task_get_source_object (task);
  LsSignIn *sign_in = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autofree char *token = ls_account_sign_in_finish (result, &error);

  if (token == NULL && ls_retry_again (sign_in->retry, error, let_in_again_cb, task, g_object_unref))
    {
      g_steal_pointer (&task);
      return;
    }
  if (token == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  if (sign_in->client != self->client)
    {
      g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "The account was closed");
      return;
    }
  ls_context_keep_token (self, sign_in->server_url, sign_in->user, token);
  ls_client_set_token (sign_in->client, token);
  g_task_return_boolean (task, TRUE);
}

static void
sign_in_again_cb (gpointer data)
{
  ask_for_token (data, signed_in_cb);
}

static void
let_in_again_cb (gpointer data)
{
  ask_for_token (data, let_in_cb);
}

static void
ask_for_token (GTask              *task,
               GAsyncReadyCallback callback)
{
  LsContext *self = g_task_get_source_object (task);
  LsSignIn *sign_in = g_task_get_task_data (task);

  ls_account_sign_in_async (self->environment, sign_in->server_url, sign_in->ca_file, sign_in->user,
                            sign_in->password, g_task_get_cancellable (task), callback,
                            g_object_ref (task));
}

/* Says whom to ask for a token, and what with. */
static void
set_password (GTask       *task,
              LsOperation  operation,
              const char  *password)
{
  LsContext *self = g_task_get_source_object (task);
  LsSignIn *sign_in = g_task_get_task_data (task);
  g_autofree char *ca_file = g_settings_get_string (self->settings, "server-ca-file");

  sign_in->password = g_strdup (password);
  sign_in->ca_file = *ca_file != '\0' ? g_steal_pointer (&ca_file) : NULL;
  sign_in->retry = ls_retry_new (self->environment, operation);
}

/* With a token, or with one that is looked for. */
static void
restore_account (LsContext  *self,
                 const char *server_url,
                 const char *user,
                 const char *token)
{
  g_autoptr (GTask) task =
      ls_context_begin_sign_in (self, server_url, user, token, FALSE, NULL, restored_cb, NULL);

  ((LsSignIn *) g_task_get_task_data (task))->looking_up = token == NULL;
  ls_context_open_client (task);
  if (token == NULL)
    ls_context_find_token (self, server_url, user, found_cb, g_object_ref (task));
}

/**
 * ls_context_restore:
 * @self: a context without an account
 * @server_url: (nullable): the server that the command line names
 * @token: (nullable): the token that it gives
 *
 * Opens the account of the last session, or that of the command line. Its cache shows at once,
 * whether the server can be reached or not, and before the Secret Service has given the token.
 */
void
ls_context_restore (LsContext  *self,
                    const char *server_url,
                    const char *token)
{
  g_autofree char *url = g_settings_get_string (self->settings, "server-url");
  g_autofree char *user = g_settings_get_string (self->settings, "user");

  if (server_url != NULL && token != NULL)
    {
      g_autofree char *name = g_strdup (*user != '\0' ? user : g_get_user_name ());

      restore_account (self, server_url, name, token);
      return;
    }
  if (g_str_equal (url, LS_CONTEXT_SAMPLE_URL))
    {
      ls_context_explore_sample_async (self, NULL, sample_restored_cb, NULL);
      return;
    }
  if (*url == '\0' || *user == '\0' || (server_url != NULL && !g_str_equal (server_url, url)))
    {
      if (server_url != NULL)
        g_settings_set_string (self->settings, "server-url", server_url);
      return;
    }
  restore_account (self, url, user, NULL);
}

/**
 * ls_context_sign_in_async:
 * @self: a context
 * @server_url: the server's address; https:// is put before a bare name, http:// before this machine's
 * @user: the user
 * @password: his password
 * @cancellable: (nullable): stops it
 * @callback: what to call
 * @user_data: for @callback
 *
 * Signs in and opens the account.
 */
void
ls_context_sign_in_async (LsContext          *self,
                          const char         *server_url,
                          const char         *user,
                          const char         *password,
                          GCancellable       *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer            user_data)
{
  g_autofree char *stripped = g_strstrip (g_strdup (server_url));
  g_autofree char *url = complete_url (stripped);
  g_autoptr (GTask) task =
      ls_context_begin_sign_in (self, url, user, NULL, TRUE, cancellable, callback, user_data);

  g_task_set_source_tag (task, ls_context_sign_in_async);
  set_password (task, LS_OPERATION_SIGN_IN, password);
  ask_for_token (task, signed_in_cb);
}

/**
 * ls_context_sign_in_finish:
 * @self: a context
 * @result: of ls_context_sign_in_async()
 * @error: where to put why not
 *
 * Returns: whether the account is open
 */
gboolean
ls_context_sign_in_finish (LsContext    *self,
                           GAsyncResult *result,
                           GError      **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * ls_context_sign_in_again_async:
 * @self: a context with an account
 * @password: the user's password
 * @cancellable: (nullable): stops it
 * @callback: what to call
 * @user_data: for @callback
 *
 * Lets the user of the open account in again, whose sign-in has run out or was ended. The cache and
 * the edits that wait stay as they are.
 */
void
ls_context_sign_in_again_async (LsContext          *self,
                                const char         *password,
                                GCancellable       *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer            user_data)
{
  g_autoptr (GTask) task = NULL;
  LsSignIn *sign_in;

  g_return_if_fail (self->client != NULL);

  task = g_task_new (self, cancellable, callback, user_data);
  sign_in = g_new0 (LsSignIn, 1);
  g_task_set_source_tag (task, ls_context_sign_in_again_async);
  g_task_set_task_data (task, sign_in, sign_in_free);
  sign_in->server_url = g_strdup (ls_client_get_server_url (self->client));
  sign_in->user = g_strdup (ls_client_get_user (self->client));
  sign_in->client = g_object_ref (self->client);
  set_password (task, LS_OPERATION_SIGN_IN_AGAIN, password);
  ask_for_token (task, let_in_cb);
}

/**
 * ls_context_sign_in_again_finish:
 * @self: a context
 * @result: of ls_context_sign_in_again_async()
 * @error: where to put why not
 *
 * Returns: whether the account goes on with a new sign-in
 */
gboolean
ls_context_sign_in_again_finish (LsContext    *self,
                                 GAsyncResult *result,
                                 GError      **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
