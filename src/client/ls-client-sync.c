/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-client"

#include "config.h"

#include "client/ls-client-private.h"
#include "core/ls-reason.h"

/* Being told when everything is shown. */

typedef struct {
  char *shop;
  int64_t version;
  gulong handler;
} Shown;

static void
shown_free (gpointer data)
{
  Shown *shown = data;

  g_free (shown->shop);
  g_free (shown);
}

/* Whether the store shows @shop at @version. */
static bool
is_shown (LsClient    *self,
          const Shown *shown)
{
  LsPosition position;

  return shown->shop == NULL ||
         (ls_store_get_position (self->store, shown->shop, &position, NULL) &&
          position.version >= shown->version);
}

static void
shown_cb (LsStore    *store,
          const char *shop,
          GTask      *task)
{
  LsClient *self = g_task_get_source_object (task);
  Shown *shown = g_task_get_task_data (task);

  if (g_task_get_completed (task) || !is_shown (self, shown))
    return;
  if (shown->handler != 0)
    g_clear_signal_handler (&shown->handler, store);
  g_task_return_boolean (task, TRUE);
}

static void
position_step (gpointer data)
{
  LsClientJob *job = data;

  if (job->shop != NULL)
    ls_cache_get_position (job->cache, job->shop, &job->position, NULL, NULL, NULL);
}

static void
position_answer (gpointer data)
{
  LsClientJob *job = data;
  g_autoptr (LsClient) self = g_weak_ref_get (&job->client);
  Shown *shown = g_task_get_task_data (job->task);

  if (self == NULL || self->store == NULL)
    {
      g_task_return_new_error (job->task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "The account was closed");
      return;
    }
  shown->version = job->position.version;
  if (is_shown (self, shown))
    {
      g_task_return_boolean (job->task, TRUE);
      return;
    }
  shown->handler = g_signal_connect_data (self->store, "position-changed", G_CALLBACK (shown_cb),
                                          g_object_ref (job->task),
                                          (GClosureNotify) (GCallback) g_object_unref, 0);
}

/* What was asked for by @id is in the cache, or will not come for @error. */
void
ls_client_take_progress (int64_t       id,
                         const GError *error,
                         gpointer      user_data)
{
  LsClient *self = user_data;
  GTask *task = g_hash_table_lookup (self->syncs, &id);
  LsClientJob *job;

  if (task == NULL)
    return;
  if (error != NULL)
    g_task_return_error (task, g_error_copy (error));
  else
    {
      Shown *shown = g_task_get_task_data (task);

      job = ls_client_job_new (self, position_step, position_answer);
      job->task = g_object_ref (task);
      job->shop = g_strdup (shown->shop);
      ls_client_job_post (job);
    }
  g_hash_table_remove (self->syncs, &id);
}

/**
 * ls_client_sync_async:
 * @self: a client that is open
 * @shop: (nullable): a shop, or %NULL for all
 * @cancellable: (nullable): ends the waiting
 * @callback: what to call
 * @user_data: for @callback
 *
 * Asks for what is new and waits until it is shown: a refresh. Without a connection it fails at
 * once.
 */
void
ls_client_sync_async (LsClient           *self,
                      const char         *shop,
                      GCancellable       *cancellable,
                      GAsyncReadyCallback callback,
                      gpointer            user_data)
{
  g_autoptr (GTask) task = NULL;
  Shown *shown;

  g_return_if_fail (LS_IS_CLIENT (self));

  task = g_task_new (self, cancellable, callback, user_data);
  shown = g_new0 (Shown, 1);
  g_task_set_source_tag (task, ls_client_sync_async);
  shown->shop = g_strdup (shop);
  g_task_set_task_data (task, shown, shown_free);
  if (self->engine == NULL)
    {
      GError *error = NULL;

      ls_reason_set_error (&error, self->store != NULL && ls_store_get_read_only (self->store)
                                       ? LS_REASON_ELSEWHERE
                                       : LS_REASON_CLOSED);
      g_task_return_error (task, error);
      return;
    }
  self->last_sync++;
  g_hash_table_insert (self->syncs, g_memdup2 (&self->last_sync, sizeof self->last_sync),
                       g_object_ref (task));
  ls_engine_sync_now (self->engine, shop, self->last_sync);
}

/**
 * ls_client_sync_finish:
 * @self: a client
 * @result: of ls_client_sync_async()
 * @error: where to put why not
 *
 * Returns: whether all that the server had is shown
 */
gboolean
ls_client_sync_finish (LsClient     *self,
                       GAsyncResult *result,
                       GError      **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
