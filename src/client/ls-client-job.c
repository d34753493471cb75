/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-client"

#include "config.h"

#include "client/ls-client-private.h"

static void
cache_job_free (gpointer data)
{
  LsClientJob *job = data;

  g_weak_ref_clear (&job->client);
  g_clear_object (&job->task);
  g_clear_object (&job->cache);
  g_clear_pointer (&job->shops, g_ptr_array_unref);
  g_clear_error (&job->error);
  ls_retry_free (job->retry);
  g_free (job->folder);
  g_free (job->shop);
  g_object_unref (job->environment);
  g_free (job);
}

static void
holder_free (gpointer data)
{
  LsClientJob **holder = data;

  g_clear_pointer (holder, cache_job_free);
  g_free (holder);
}

/* Takes @job. */
static LsClientJob **
hold (LsClientJob *job)
{
  LsClientJob **holder = g_new (LsClientJob *, 1);

  *holder = job;
  return holder;
}

static void
post_again_cb (gpointer data)
{
  ls_client_job_post (g_steal_pointer ((LsClientJob **) data));
}

/* Answers, unless it failed for a while only. */
static void
answer_cb (gpointer data)
{
  LsClientJob **holder = data;
  LsClientJob *job = *holder;
  LsClientJob **again;

  if (job->error == NULL || job->retry == NULL)
    {
      job->answer (job);
      return;
    }
  again = hold (job);
  if (ls_retry_again (job->retry, job->error, post_again_cb, again, holder_free))
    {
      g_clear_error (&job->error);
      *holder = NULL;
      return;
    }
  g_free (again);
  job->answer (job);
}

static void
run_cache_job (gpointer data)
{
  LsClientJob *job = g_steal_pointer ((LsClientJob **) data);

  job->step (job);
  ls_environment_post (job->environment,
                       ls_environment_get_queue (job->environment, LS_QUEUE_MAIN), answer_cb,
                       hold (job), holder_free);
}

/* Makes a job that runs @step on the cache's queue, and then @answer on the main one. */
LsClientJob *
ls_client_job_new (LsClient *self,
                   LsJobFunc step,
                   LsJobFunc answer)
{
  LsClientJob *job = g_new0 (LsClientJob, 1);

  job->environment = g_object_ref (self->environment);
  job->step = step;
  job->answer = answer;
  g_weak_ref_init (&job->client, self);
  if (self->store != NULL)
    job->cache = g_object_ref (ls_store_get_cache (self->store));
  return job;
}

/* Takes @job. */
void
ls_client_job_post (LsClientJob *job)
{
  ls_environment_post (job->environment,
                       ls_environment_get_queue (job->environment, LS_CACHE_QUEUE), run_cache_job,
                       hold (job), holder_free);
}
