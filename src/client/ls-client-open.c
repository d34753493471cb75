/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-client"

#include "config.h"

#include "client/ls-client-private.h"

#include <errno.h>
#include <glib/gstdio.h>

#include "core/ls-reason.h"
#include "sql/ls-sql-error.h"

#define CACHE_FILE "cache.db"

static void
open_step (gpointer data)
{
  LsClientJob *job = data;
  g_autofree char *path = g_build_filename (job->folder, CACHE_FILE, NULL);

  if (g_mkdir_with_parents (job->folder, 0700) != 0)
    {
      int reason = errno;

      g_set_error (&job->error, LS_ERROR, LS_ERROR_STORAGE, "%s: %s", job->folder,
                   g_strerror (reason));
      return;
    }
  job->cache = ls_cache_open_shared (job->environment, path, job->collation, &job->error);
  /* No use to try again: this program does not know the file. */
  if (g_error_matches (job->error, LS_SQL_ERROR, LS_SQL_ERROR_TOO_NEW))
    {
      g_autoptr (GError) newer = g_steal_pointer (&job->error);

      job->error = g_error_new_literal (LS_ERROR, LS_ERROR_TOO_OLD, newer->message);
      ls_error_take_reason (job->error, ls_reason_new (LS_REASON_NEWER_FILE));
    }
  if (job->cache != NULL)
    job->shops = ls_cache_list_shops (job->cache);
}

static void
open_answer (gpointer data)
{
  LsClientJob *job = data;
  LsClient *self = g_task_get_source_object (job->task);
  LsQueue *main_queue = ls_environment_get_queue (self->environment, LS_QUEUE_MAIN);

  if (job->error != NULL)
    {
      g_task_return_error (job->task, g_steal_pointer (&job->error));
      return;
    }
  self->store = ls_store_new (self->environment, job->cache);
  self->bus = ls_event_bus_new (self->environment, main_queue);
  self->checker = ls_consistency_checker_new (self->environment, job->cache, self->bus);
  ls_client_listen (self);
  ls_client_watch_trouble (self);
  if (!ls_store_get_read_only (self->store))
    ls_client_make_engine (self);
  else
    self->status->elsewhere = true;
  ls_client_take_shops (self, job->shops);
  ls_client_begin_upkeep (self);
  g_task_return_boolean (job->task, TRUE);
}

/**
 * ls_client_open_async:
 * @self: a client that is not open
 * @cancellable: (nullable): ends the waiting, not the opening
 * @callback: what to call
 * @user_data: for @callback
 *
 * Opens the cache, so that what was known can be shown. Errors: %LS_ERROR_VALIDATION for an address
 * that is none; those of ls_cache_open().
 */
void
ls_client_open_async (LsClient           *self,
                      GCancellable       *cancellable,
                      GAsyncReadyCallback callback,
                      gpointer            user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  GError *error = NULL;
  LsClientJob *job;

  g_return_if_fail (LS_IS_CLIENT (self) && self->store == NULL);

  g_task_set_source_tag (task, ls_client_open_async);
  g_clear_pointer (&self->endpoint, ls_endpoint_unref);
  self->endpoint = ls_endpoint_new (self->server_url, NULL, self->ca_file, &error);
  if (self->endpoint == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  job = ls_client_job_new (self, open_step, open_answer);
  job->retry = ls_retry_new (job->environment, LS_OPERATION_OPEN_ACCOUNT);
  job->task = g_object_ref (task);
  job->folder = g_strdup (self->data_dir);
  job->collation = self->collation;
  ls_client_job_post (job);
}

/**
 * ls_client_open_finish:
 * @self: a client
 * @result: of ls_client_open_async()
 * @error: where to put why not
 *
 * Returns: whether it is open
 */
gboolean
ls_client_open_finish (LsClient     *self,
                       GAsyncResult *result,
                       GError      **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
