/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-client"

#include "config.h"

#include "client/ls-client-private.h"

/*
 * Cleaning up without being asked: some minutes after an account was opened, when windows have what
 * they need, and once a day after that. It is done when the cache takes more than it should, or when
 * so much of it is unused that moving pages pays.
 */

#define FIRST_UPKEEP (5 * 60 * (int64_t) G_USEC_PER_SEC)
#define UPKEEP_INTERVAL (86400 * (int64_t) G_USEC_PER_SEC)
#define MIN_FREE_BYTES (16 * 1024 * 1024)

static bool
is_worth_it (const LsClientJob *job)
{
  return (job->max_bytes > 0 && job->bytes_on_disk > job->max_bytes) ||
         (job->bytes_free > MIN_FREE_BYTES && job->bytes_free > job->bytes_on_disk / 4);
}

static void
upkeep_step (gpointer data)
{
  LsClientJob *job = data;
  int64_t before, rows;

  if (ls_cache_is_read_only (job->cache) ||
      !ls_cache_measure (job->cache, &job->rows, &job->bytes_on_disk, &job->bytes_free, &job->error) ||
      !is_worth_it (job))
    return;
  before = job->bytes_on_disk;
  if (ls_cache_clean (job->cache, job->max_bytes > 0 ? job->max_bytes : INT64_MAX, &job->error) &&
      ls_cache_measure (job->cache, &rows, &job->bytes_on_disk, &job->bytes_free, &job->error))
    g_info ("Cleaned up: %" G_GINT64_FORMAT " KiB instead of %" G_GINT64_FORMAT,
            job->bytes_on_disk / 1024, before / 1024);
}

static void
upkeep_answer (gpointer data)
{
  LsClientJob *job = data;
  g_autoptr (LsClient) self = g_weak_ref_get (&job->client);

  if (job->error != NULL && self != NULL)
    g_signal_emit_by_name (self, "trouble", (int) LS_OPERATION_UPKEEP, job->error);
}

static void
upkeep_cb (gpointer data)
{
  LsClient *self = data;
  LsClientJob *job = ls_client_job_new (self, upkeep_step, upkeep_answer);

  job->max_bytes = self->max_bytes;
  ls_client_job_post (job);
  self->upkeep = ls_environment_post_after (
      self->environment, ls_environment_get_queue (self->environment, LS_QUEUE_MAIN), UPKEEP_INTERVAL,
      upkeep_cb, self, NULL);
}

/* Once, when the cache is open. */
void
ls_client_begin_upkeep (LsClient *self)
{
  if (self->is_stopped)
    return;
  self->upkeep = ls_environment_post_after (
      self->environment, ls_environment_get_queue (self->environment, LS_QUEUE_MAIN), FIRST_UPKEEP,
      upkeep_cb, self, NULL);
}

void
ls_client_end_upkeep (LsClient *self)
{
  if (self->upkeep != 0)
    ls_environment_cancel (self->environment,
                           ls_environment_get_queue (self->environment, LS_QUEUE_MAIN), self->upkeep);
  self->upkeep = 0;
}

/**
 * ls_client_set_disk_limit:
 * @self: a client
 * @max_bytes: how much the cache should take on the disk, 0 for any
 *
 * Sets what is cleaned up for by itself, some minutes after it was opened and once a day: free pages
 * and old files, as ls_cache_clean() says, never rows or edits.
 */
void
ls_client_set_disk_limit (LsClient *self,
                          int64_t   max_bytes)
{
  g_return_if_fail (LS_IS_CLIENT (self) && max_bytes >= 0);

  self->max_bytes = max_bytes;
}
