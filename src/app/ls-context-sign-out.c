/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-context"

#include "config.h"

#include "app/ls-context.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#include "app/compat/ls-confirm.h"
#include "app/ls-context-private.h"
#include "client/ls-account.h"
#include "core/ls-reason.h"

/* Signing out: nothing of the account stays, and nothing that waits is lost unasked. */

typedef struct {
  char *server_url;
  char *user;
  LsRetry *retry;
} Wipe;

static void wipe (gpointer data);

static void
wipe_free (gpointer data)
{
  Wipe *wipe = data;

  ls_retry_free (wipe->retry);
  g_free (wipe->server_url);
  g_free (wipe->user);
  g_free (wipe);
}

static void
wiped_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  Wipe *data = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  if (ls_account_wipe_finish (result, &error))
    g_task_return_boolean (task, TRUE);
  else if (ls_retry_again (data->retry, error, wipe, task, g_object_unref))
    g_steal_pointer (&task);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

static void
wipe (gpointer user_data)
{
  GTask *task = user_data;
  const Wipe *data = g_task_get_task_data (task);

  ls_account_wipe_async (data->server_url, data->user, g_task_get_cancellable (task), wiped_cb,
                         g_object_ref (task));
}

static void
sign_out (GTask *task)
{
  LsContext *self = g_task_get_source_object (task);
  Wipe *data = g_new0 (Wipe, 1);

  data->user = g_strdup (ls_client_get_user (self->client));
  data->server_url = g_strdup (self->sample != NULL ? LS_CONTEXT_SAMPLE_URL
                                                    : ls_client_get_server_url (self->client));
  data->retry = ls_retry_new (self->environment, LS_OPERATION_SIGN_OUT);
  g_task_set_task_data (task, data, wipe_free);
  ls_context_set_client (self, NULL);
  g_clear_object (&self->sample);
  g_settings_reset (self->settings, "server-url");
  g_settings_reset (self->settings, "user");
  wipe (task);
}

static void
sign_out_confirmed_cb (GObject      *source,
                       GAsyncResult *result,
                       gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  LsContext *self = g_task_get_source_object (task);
  g_autoptr (GError) error = NULL;
  g_autofree char *response = ls_confirm_finish (result, &error);

  if (g_strcmp0 (response, "sign-out") == 0 && self->client != NULL)
    sign_out (task);
  else if (error != NULL)
    g_task_return_error (task, g_steal_pointer (&error));
  else
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "Cancelled");
}

/**
 * ls_context_sign_out_async:
 * @self: a context
 * @parent: (nullable): the window that asks
 * @cancellable: (nullable): stops it
 * @callback: what to call
 * @user_data: for @callback
 *
 * Signs out: the cache of the account is wiped, after asking when changes still wait.
 */
void
ls_context_sign_out_async (LsContext          *self,
                           GtkWidget          *parent,
                           GCancellable       *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer            user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autofree char *body = NULL;
  unsigned waiting;
  LsConfirmResponse responses[] = {
    { "cancel", _("_Cancel"), ADW_RESPONSE_DEFAULT },
    { "sign-out", _("_Discard and sign out"), ADW_RESPONSE_DESTRUCTIVE },
  };
  LsConfirm question = {
    .heading = _("Discard these changes?"),
    .responses = responses,
    .n_responses = G_N_ELEMENTS (responses),
    .close_response = "cancel",
    .default_response = "cancel",
  };

  g_task_set_source_tag (task, ls_context_sign_out_async);
  if (self->client == NULL)
    {
      g_task_return_boolean (task, TRUE);
      return;
    }
  if (ls_store_get_read_only (ls_client_get_store (self->client)))
    {
      /* What the other process needs is not wiped under its feet. */
      GError *error = NULL;

      ls_reason_set_error (&error, LS_REASON_ELSEWHERE);
      g_task_return_error (task, error);
      return;
    }
  waiting = ls_store_get_pending_count (ls_client_get_store (self->client));
  if (waiting == 0)
    {
      sign_out (task);
      return;
    }
  body = g_strdup_printf (ngettext ("%u change has not reached the server. Signing out loses it.",
                                    "%u changes have not reached the server. Signing out loses them.",
                                    waiting),
                          waiting);
  question.body = body;
  ls_confirm_async (parent, &question, cancellable, sign_out_confirmed_cb, g_object_ref (task));
}

/**
 * ls_context_sign_out_finish:
 * @self: a context
 * @result: of ls_context_sign_out_async()
 * @error: where to put why not
 *
 * Returns: whether nobody is signed in any more
 */
gboolean
ls_context_sign_out_finish (LsContext    *self,
                            GAsyncResult *result,
                            GError      **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
