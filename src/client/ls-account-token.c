/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-account"

#include "config.h"

#include <libsecret/secret.h>

#include "client/ls-account.h"
#include "core/ls-error.h"

/*
 * Where tokens are kept: in the Secret Service (or the portal's file, in a sandbox). Without one the
 * calls fail within milliseconds; behind a locked keyring that nobody unlocks they would hang, so
 * each has a time of its own, after which the token is treated as not kept.
 */

#define PATIENCE_SECONDS 20

static const SecretSchema schema = {
  .name = "io.github.lockstep.Lockstep.Token",
  .flags = SECRET_SCHEMA_NONE,
  .attributes = {
    { "server", SECRET_SCHEMA_ATTRIBUTE_STRING },
    { "user", SECRET_SCHEMA_ATTRIBUTE_STRING },
    { NULL, 0 },
  },
};

typedef struct {
  GCancellable *inner; /* cancelled by the caller's and by time */
  GCancellable *outer;
  gulong handler;
  unsigned timeout;
} Patience;

static void
cancel_inner_cb (GCancellable *outer,
                 gpointer      inner)
{
  g_cancellable_cancel (inner);
}

static void
patience_free (gpointer data)
{
  Patience *patience = data;

  g_clear_handle_id (&patience->timeout, g_source_remove);
  if (patience->outer != NULL)
    g_cancellable_disconnect (patience->outer, patience->handler);
  g_clear_object (&patience->outer);
  g_clear_object (&patience->inner);
  g_free (patience);
}

static gboolean
impatient_cb (gpointer data)
{
  Patience *patience = data;

  patience->timeout = 0;
  g_cancellable_cancel (patience->inner);
  return G_SOURCE_REMOVE;
}

static GTask *
begin (gpointer            tag,
       GCancellable       *cancellable,
       GAsyncReadyCallback callback,
       gpointer            user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);
  Patience *patience = g_new0 (Patience, 1);

  g_task_set_source_tag (task, tag);
  patience->inner = g_cancellable_new ();
  if (cancellable != NULL)
    {
      patience->outer = g_object_ref (cancellable);
      patience->handler = g_cancellable_connect (cancellable, G_CALLBACK (cancel_inner_cb),
                                                 g_object_ref (patience->inner), g_object_unref);
    }
  patience->timeout = g_timeout_add_seconds (PATIENCE_SECONDS, impatient_cb, patience);
  g_task_set_task_data (task, patience, patience_free);
  return task;
}

static GCancellable *
inner_of (GTask *task)
{
  return ((Patience *) g_task_get_task_data (task))->inner;
}

/* Whether nobody keeps tokens on this desk, which is no failure. A keyring that stays locked is one
 * that nobody unlocks in time. */
static bool
is_missing (GTask        *task,
            const GError *error)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return !g_cancellable_is_cancelled (g_task_get_cancellable (task));
  if (error->domain == G_DBUS_ERROR)
    return error->code == G_DBUS_ERROR_SERVICE_UNKNOWN || error->code == G_DBUS_ERROR_NAME_HAS_NO_OWNER ||
           error->code == G_DBUS_ERROR_NO_SERVER || error->code == G_DBUS_ERROR_SPAWN_SERVICE_NOT_FOUND ||
           error->code == G_DBUS_ERROR_SPAWN_EXEC_FAILED || error->code == G_DBUS_ERROR_SPAWN_FAILED;
  /* No session bus. */
  return error->domain == G_SPAWN_ERROR || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_FAILED) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
}

static GError *
token_error (const GError *error)
{
  return g_error_new (LS_ERROR, LS_ERROR_STORAGE, "the Secret Service: %s", error->message);
}

static void
stored_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  gboolean kept = secret_password_store_finish (result, &error);

  if (g_task_return_error_if_cancelled (task))
    return;
  if (error != NULL && !is_missing (task, error))
    g_task_return_error (task, token_error (error));
  else
    g_task_return_int (task, kept ? LS_TOKEN_KEPT : LS_TOKEN_IN_MEMORY);
}

/**
 * ls_account_store_token_async:
 * @server_url: the server's address
 * @user: the user
 * @token: his token
 * @cancellable: (nullable): stops it
 * @callback: what to call
 * @user_data: for @callback
 *
 * Keeps a token for later starts.
 */
void
ls_account_store_token_async (const char         *server_url,
                              const char         *user,
                              const char         *token,
                              GCancellable       *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer            user_data)
{
  GTask *task = begin (ls_account_store_token_async, cancellable, callback, user_data);
  g_autofree char *label = g_strdup_printf ("Lockstep: %s, %s", user, server_url);

  secret_password_store (&schema, SECRET_COLLECTION_DEFAULT, label, token, inner_of (task),
                         stored_cb, task, "server", server_url, "user", user, NULL);
}

/**
 * ls_account_store_token_finish:
 * @result: of ls_account_store_token_async()
 * @ret_keeping: (out): where it went
 * @error: where to put why not, %LS_ERROR_STORAGE when there is a Secret Service that refused
 *
 * Returns: whether it ended; without a Secret Service it ends too
 */
gboolean
ls_account_store_token_finish (GAsyncResult   *result,
                               LsTokenKeeping *ret_keeping,
                               GError        **error)
{
  gssize keeping = g_task_propagate_int (G_TASK (result), error);

  if (keeping < 0)
    return FALSE;
  *ret_keeping = (LsTokenKeeping) keeping;
  return TRUE;
}

static void
found_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  char *secret = secret_password_lookup_finish (result, &error);
  char *token = g_strdup (secret);

  secret_password_free (secret);
  if (g_task_return_error_if_cancelled (task))
    g_free (token);
  else if (error != NULL && !is_missing (task, error))
    g_task_return_error (task, token_error (error));
  else
    g_task_return_pointer (task, token, g_free);
}

/**
 * ls_account_lookup_token_async:
 * @server_url: the server's address
 * @user: the user
 * @cancellable: (nullable): stops it
 * @callback: what to call
 * @user_data: for @callback
 *
 * Looks for a token of an earlier start.
 */
void
ls_account_lookup_token_async (const char         *server_url,
                               const char         *user,
                               GCancellable       *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer            user_data)
{
  GTask *task = begin (ls_account_lookup_token_async, cancellable, callback, user_data);

  secret_password_lookup (&schema, inner_of (task), found_cb, task, "server", server_url, "user",
                          user, NULL);
}

/**
 * ls_account_lookup_token_finish:
 * @result: of ls_account_lookup_token_async()
 * @error: where to put why not, %LS_ERROR_STORAGE when there is a Secret Service that refused
 *
 * Returns: (transfer full) (nullable): the token, or %NULL without an error when none is kept
 */
char *
ls_account_lookup_token_finish (GAsyncResult *result,
                                GError      **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
remove_files_thread (GTask        *task,
                     gpointer      source,
                     gpointer      task_data,
                     GCancellable *cancellable)
{
  const char *path = g_object_get_data (G_OBJECT (task), "ls-path");
  g_autoptr (GError) error = NULL;

  if (ls_account_remove_folder (path, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

static void
cleared_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;

  /* Without a Secret Service there is no token to forget. */
  if (!secret_password_clear_finish (result, &error) && error != NULL && !is_missing (task, error))
    {
      g_task_return_error (task, token_error (error));
      return;
    }
  g_task_run_in_thread (task, remove_files_thread);
}

/**
 * ls_account_wipe_async:
 * @server_url: the server's address
 * @user: the user
 * @cancellable: (nullable): stops it
 * @callback: what to call
 * @user_data: for @callback
 *
 * Forgets the token and removes the folder with the cache.
 */
void
ls_account_wipe_async (const char         *server_url,
                       const char         *user,
                       GCancellable       *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer            user_data)
{
  GTask *task = begin (ls_account_wipe_async, cancellable, callback, user_data);

  g_object_set_data_full (G_OBJECT (task), "ls-path",
                          ls_account_get_data_dir (server_url, user), g_free);
  secret_password_clear (&schema, inner_of (task), cleared_cb, task, "server", server_url, "user",
                         user, NULL);
}

/**
 * ls_account_wipe_finish:
 * @result: of ls_account_wipe_async()
 * @error: where to put why not
 *
 * Returns: whether nothing of the account is left here
 */
gboolean
ls_account_wipe_finish (GAsyncResult *result,
                        GError      **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
