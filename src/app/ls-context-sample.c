/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-context"

#include "config.h"

#include "app/ls-context.h"

#include "app/ls-context-private.h"

/* The sample shop: a private server, and its account. */

#define SAMPLE_USER "admin"

static void
sample_started_cb (GObject      *source,
                   GAsyncResult *result,
                   gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  LsContext *self = g_task_get_source_object (task);
  LsSignIn *sign_in = g_task_get_task_data (task);
  GError *error = NULL;

  g_clear_pointer (&sign_in->server_url, g_free);
  if (!ls_sample_server_start_finish (self->sample, result, &sign_in->server_url, &sign_in->token,
                                      &error))
    {
      g_clear_object (&self->sample);
      ls_context_fail_sign_in (task, error);
      return;
    }
  g_settings_set_string (self->settings, "server-url", LS_CONTEXT_SAMPLE_URL);
  ls_context_open_client (task);
}

/**
 * ls_context_explore_sample_async:
 * @self: a context
 * @cancellable: (nullable): stops it
 * @callback: what to call
 * @user_data: for @callback
 *
 * Starts a private server with a sample shop and opens it.
 */
void
ls_context_explore_sample_async (LsContext          *self,
                                 GCancellable       *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer            user_data)
{
  g_autofree char *data_dir = g_build_filename (g_get_user_data_dir (), "lockstep", "sample", NULL);
  g_autofree char *runtime_dir = g_build_filename (g_get_user_runtime_dir (), "lockstep", NULL);
  g_autoptr (GTask) task =
      ls_context_begin_sign_in (self, LS_CONTEXT_SAMPLE_URL, SAMPLE_USER, NULL, FALSE, cancellable,
                                callback, user_data);

  g_task_set_source_tag (task, ls_context_explore_sample_async);
  g_set_object (&self->sample, NULL);
  self->sample = ls_sample_server_new (self->desk, data_dir, runtime_dir);
  ls_sample_server_start_async (self->sample, cancellable, sample_started_cb, g_object_ref (task));
}

/**
 * ls_context_explore_sample_finish:
 * @self: a context
 * @result: of ls_context_explore_sample_async()
 * @error: where to put why not
 *
 * Returns: whether the sample shop is open
 */
gboolean
ls_context_explore_sample_finish (LsContext    *self,
                                  GAsyncResult *result,
                                  GError      **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
