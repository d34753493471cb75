/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-client"

#include "config.h"

#include "client/ls-client-statistics.h"

#include "client/ls-client-private.h"
#include "client/ls-store-private.h"
#include "sql/ls-sql-maintenance.h"

static void
measure_step (gpointer data)
{
  LsClientJob *job = data;

  ls_cache_measure (job->cache, &job->rows, &job->bytes_on_disk, &job->bytes_free, &job->error);
}

static void
clean_step (gpointer data)
{
  LsClientJob *job = data;

  ls_cache_clean (job->cache, job->max_bytes, &job->error);
}

/* What only the main thread knows. */
static void
add_counts (LsClient           *self,
            LsClientStatistics *statistics)
{
  g_autoptr (GPtrArray) events = ls_event_bus_get_history (self->bus, NULL);

  statistics->events = events->len;
  statistics->events_dropped = ls_event_bus_get_n_dropped (self->bus);
  statistics->subscriptions = self->shops->len;
  statistics->live = ls_store_count_live (self->store);
  statistics->pending = ls_store_get_pending_count (self->store);
  statistics->dead = ls_store_get_dead_count (self->store);
  ls_row_table_get_counts (ls_store_get_rows (self->store), &statistics->rows_asked,
                           &statistics->rows_loaded);
}

static void
measure_answer (gpointer data)
{
  LsClientJob *job = data;
  g_autoptr (LsClient) self = g_weak_ref_get (&job->client);
  LsClientStatistics *statistics;

  if (job->error != NULL || self == NULL)
    {
      if (job->error == NULL)
        g_set_error_literal (&job->error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "The account was closed");
      g_task_return_error (job->task, g_steal_pointer (&job->error));
      return;
    }
  statistics = g_new0 (LsClientStatistics, 1);
  statistics->rows = job->rows;
  statistics->bytes_on_disk = job->bytes_on_disk;
  statistics->bytes_free = job->bytes_free;
  statistics->bytes_in_memory = ls_sql_get_memory_used ();
  add_counts (self, statistics);
  g_task_return_pointer (job->task, statistics, g_free);
}

static void
clean_answer (gpointer data)
{
  LsClientJob *job = data;

  if (job->error != NULL)
    g_task_return_error (job->task, g_steal_pointer (&job->error));
  else
    g_task_return_boolean (job->task, TRUE);
}

/**
 * ls_client_get_statistics_async:
 * @self: a client that is open
 * @cancellable: (nullable): ends the waiting
 * @callback: what to call
 * @user_data: for @callback
 *
 * Counts. Costs the cache's queue some ms.
 */
void
ls_client_get_statistics_async (LsClient           *self,
                                GCancellable       *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer            user_data)
{
  LsClientJob *job;

  g_return_if_fail (LS_IS_CLIENT (self) && self->store != NULL);

  job = ls_client_job_new (self, measure_step, measure_answer);
  job->retry = ls_retry_new (job->environment, LS_OPERATION_MEASURE);
  job->task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (job->task, ls_client_get_statistics_async);
  ls_client_job_post (job);
}

/**
 * ls_client_get_statistics_finish:
 * @self: a client
 * @result: of ls_client_get_statistics_async()
 * @ret_statistics: (out): what was counted
 * @error: where to put why not
 *
 * Returns: whether it was counted
 */
gboolean
ls_client_get_statistics_finish (LsClient           *self,
                                 GAsyncResult       *result,
                                 LsClientStatistics *ret_statistics,
                                 GError            **error)
{
  g_autofree LsClientStatistics *statistics = NULL;

  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  statistics = g_task_propagate_pointer (G_TASK (result), error);
  if (statistics != NULL)
    *ret_statistics = *statistics;
  return statistics != NULL;
}

/**
 * ls_client_clean_async:
 * @self: a client that is open
 * @max_bytes: how much the cache should take on the disk
 * @cancellable: (nullable): ends the waiting
 * @callback: what to call
 * @user_data: for @callback
 *
 * Gives back room that nothing needs, as ls_cache_clean() does.
 */
void
ls_client_clean_async (LsClient           *self,
                       int64_t             max_bytes,
                       GCancellable       *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer            user_data)
{
  LsClientJob *job;

  g_return_if_fail (LS_IS_CLIENT (self) && self->store != NULL);

  job = ls_client_job_new (self, clean_step, clean_answer);
  job->retry = ls_retry_new (job->environment, LS_OPERATION_CLEAN);
  job->task = g_task_new (self, cancellable, callback, user_data);
  job->max_bytes = max_bytes;
  g_task_set_source_tag (job->task, ls_client_clean_async);
  ls_client_job_post (job);
}

/**
 * ls_client_clean_finish:
 * @self: a client
 * @result: of ls_client_clean_async()
 * @error: where to put why not
 *
 * Returns: whether it was done
 */
gboolean
ls_client_clean_finish (LsClient     *self,
                        GAsyncResult *result,
                        GError      **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
