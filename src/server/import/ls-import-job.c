/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-import"

#include "config.h"

#include "server/import/ls-import-job.h"

#include "core/ls-error.h"

/*
 * A staged job, carried out: its batches go through the committer like any mutation, a window of
 * them at a time so that they share transactions, and never one beside another that it may refer
 * to. Each has its mid from the stage: one that is on disk already, from before a crash, is
 * answered with its decision and changes nothing.
 */

#define WINDOW 16
#define PAUSE (G_USEC_PER_SEC / 10)
/* Temporary failures in a row, a pause after each: five minutes. */
#define MAX_FAILURES 3000

typedef struct {
  gatomicrefcount ref_count;
  LsEnvironment *environment;
  LsCommitter *committer;
  LsQueue *queue;
  LsImportStage *stage;
  LsImportReport *report;
  LsImportDoneFunc func;
  gpointer user_data;
  GDestroyNotify destroy;

  /* On the queue only. */
  GQueue waiting; /* LsImportBatch to be sent again */
  int64_t next;
  unsigned in_flight;
  int rank;
  int64_t done;
  unsigned failures;
  GError *error;
} Job;

/* A batch on its way. */
typedef struct {
  Job *job;
  LsImportBatch batch;
  GError *error;
} Flight;

static void pump_cb (gpointer data);

static void
batch_free (gpointer data)
{
  ls_import_batch_clear (data);
  g_free (data);
}

static Job *
job_ref (Job *job)
{
  g_atomic_ref_count_inc (&job->ref_count);
  return job;
}

static void
job_unref (gpointer data)
{
  Job *job = data;

  if (!g_atomic_ref_count_dec (&job->ref_count))
    return;
  g_queue_clear_full (&job->waiting, batch_free);
  g_clear_pointer (&job->stage, ls_import_stage_free);
  g_clear_object (&job->committer);
  g_clear_object (&job->environment);
  g_clear_error (&job->error);
  if (job->destroy != NULL)
    job->destroy (job->user_data);
  g_free (job);
}

static void
flight_free (gpointer data)
{
  Flight *flight = data;

  ls_import_batch_clear (&flight->batch);
  g_clear_error (&flight->error);
  job_unref (flight->job);
  g_free (flight);
}

static void
pump_later (Job     *job,
            int64_t  delay)
{
  ls_environment_post_after (job->environment, job->queue, delay, pump_cb, job_ref (job),
                             job_unref);
}

static void
finish (Job *job)
{
  LsImportDoneFunc func = job->func;

  if (func == NULL)
    return;
  job->func = NULL;
  if (job->error == NULL)
    ls_import_stage_remove (g_steal_pointer (&job->stage), &job->error);
  func (job->error, job->user_data);
}

/* On the queue: how a batch ended. */
static void
settled_cb (gpointer data)
{
  Flight *flight = data;
  Job *job = flight->job;

  job->in_flight--;
  if (flight->error == NULL)
    {
      job->failures = 0;
      job->done += flight->batch.changes->len;
      if (job->report != NULL)
        ls_import_report_progress (job->report, LS_IMPORT_WRITING, job->done,
                                   ls_import_stage_get_info (job->stage)->changes);
    }
  else if (ls_error_is_temporary (flight->error) && ++job->failures < MAX_FAILURES)
    {
      LsImportBatch *again = g_memdup2 (&flight->batch, sizeof flight->batch);

      flight->batch = (LsImportBatch) { 0 };
      g_queue_push_tail (&job->waiting, again);
      pump_later (job, PAUSE);
      return;
    }
  else if (job->error == NULL)
    job->error = g_steal_pointer (&flight->error);
  pump_cb (job);
}

static GError *
error_of_decision (const LsDecision *decision)
{
  if (decision->status == LS_RESULT_APPLIED || decision->status == LS_RESULT_DECIDED)
    return NULL;
  return g_error_new (LS_ERROR, LS_ERROR_VALIDATION, "%s%s%s",
                      decision->path != NULL ? decision->path : "",
                      decision->path != NULL ? ": " : "",
                      decision->message != NULL ? decision->message : "it was refused");
}

/* On the committer's queue. */
static void
decided_cb (LsMutation       *mutation,
            const LsDecision *decision,
            const GError     *error,
            int64_t           expected_n,
            gpointer          user_data)
{
  Flight *flight = user_data;
  Flight *settled = g_new0 (Flight, 1);

  settled->job = job_ref (flight->job);
  settled->batch = flight->batch;
  flight->batch = (LsImportBatch) { 0 };
  settled->error = decision != NULL ? error_of_decision (decision) : g_error_copy (error);
  ls_environment_post (settled->job->environment, settled->job->queue, settled_cb, settled,
                       flight_free);
}

static LsMutation *
make_mutation (Job                 *job,
               const LsImportBatch *batch)
{
  const LsImportJobInfo *info = ls_import_stage_get_info (job->stage);
  LsMutation *mutation = ls_mutation_new (info->shop);

  mutation->actor = g_strdup (info->actor);
  mutation->role = LS_ROLE_OWNER;
  mutation->mid = g_strdup (batch->mid);
  mutation->job = g_strdup (info->job);
  mutation->changes = g_ptr_array_ref (batch->changes);
  return mutation;
}

/* Takes @batch. False when the committer takes nothing now. */
static bool
submit (Job           *job,
        LsImportBatch *batch)
{
  g_autoptr (LsMutation) mutation = make_mutation (job, batch);
  g_autoptr (GError) error = NULL;
  Flight *flight = g_new0 (Flight, 1);

  flight->job = job_ref (job);
  flight->batch = *batch;
  flight->batch.mid = g_strdup (batch->mid);
  flight->batch.changes = g_ptr_array_ref (batch->changes);
  job->rank = batch->rank;
  job->in_flight++;
  if (ls_committer_submit (job->committer, mutation, decided_cb, flight, flight_free, &error))
    {
      batch_free (batch);
      return true;
    }
  job->in_flight--;
  g_queue_push_head (&job->waiting, batch);
  if (++job->failures >= MAX_FAILURES)
    job->error = g_steal_pointer (&error);
  else
    pump_later (job, PAUSE);
  return false;
}

/* The next batch that may be sent, or NULL: none is left, or it has to wait for those before. */
static LsImportBatch *
take_batch (Job *job)
{
  g_autofree LsImportBatch *batch = g_new0 (LsImportBatch, 1);

  if (job->error != NULL || job->in_flight >= WINDOW)
    return NULL;
  if (!g_queue_is_empty (&job->waiting))
    return g_queue_pop_head (&job->waiting);
  if (job->next > ls_import_stage_get_info (job->stage)->batches)
    return NULL;
  if (!ls_import_stage_get_batch (job->stage, job->next, batch, &job->error))
    return NULL;
  if (job->in_flight > 0 && batch->rank != job->rank)
    {
      ls_import_batch_clear (batch);
      return NULL;
    }
  job->next++;
  return g_steal_pointer (&batch);
}

static void
pump_cb (gpointer data)
{
  Job *job = data;
  LsImportBatch *batch;

  if (job->func == NULL)
    return;
  while ((batch = take_batch (job)) != NULL)
    if (!submit (job, batch))
      break;
  if (job->in_flight == 0 &&
      (job->error != NULL || (g_queue_is_empty (&job->waiting) &&
                              job->next > ls_import_stage_get_info (job->stage)->batches)))
    finish (job);
}

/**
 * ls_import_job_run:
 * @environment: clock and executor
 * @committer: who carries it out
 * @stage: (transfer full): a job that is ready; used on the import queue from now on
 * @report: (nullable): told how far it is, on the import queue; must outlive the job
 * @func: told when it is over
 * @user_data: for @func
 * @destroy: (nullable): frees @user_data, also when the environment stops before it is over
 *
 * Carries out a job. When all of it is on disk its stage is removed. From any thread.
 */
void
ls_import_job_run (LsEnvironment    *environment,
                   LsCommitter      *committer,
                   LsImportStage    *stage,
                   LsImportReport   *report,
                   LsImportDoneFunc  func,
                   gpointer          user_data,
                   GDestroyNotify    destroy)
{
  Job *job = g_new0 (Job, 1);

  g_return_if_fail (ls_import_stage_is_ready (stage));

  g_atomic_ref_count_init (&job->ref_count);
  job->environment = g_object_ref (environment);
  job->committer = g_object_ref (committer);
  job->queue = ls_environment_get_queue (environment, LS_IMPORT_QUEUE);
  job->stage = stage;
  job->report = report;
  job->func = func;
  job->user_data = user_data;
  job->destroy = destroy;
  job->next = 1;
  g_queue_init (&job->waiting);
  ls_environment_post (environment, job->queue, pump_cb, job, job_unref);
}
