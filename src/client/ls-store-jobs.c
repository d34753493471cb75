/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-store"

#include "config.h"

#include "client/ls-store-jobs-private.h"

/*
 * Edits go to the cache's queue and come back when they are on disk; their callers hear of them
 * once the rows on the screen show them too. A job holds the task, which holds the store: both are
 * let go on the main thread only.
 *
 * One that fails for a while is tried again (ls-retry.h). Until it is through, or failed for good,
 * those behind it wait: an older value never comes over a newer one. Where a later one was on its
 * way already and is on the disk, it is too late to try again, and the failure is told.
 */

static const LsOperation operations[] = {
  [LS_STORE_MUTATE] = LS_OPERATION_EDIT,
  [LS_STORE_MUTATE_MANY] = LS_OPERATION_EDIT,
  [LS_STORE_DISCARD] = LS_OPERATION_EDIT_DISCARD,
  [LS_STORE_DISCARD_ALL] = LS_OPERATION_EDIT_DISCARD,
  [LS_STORE_RETRY] = LS_OPERATION_EDIT_RETRY,
  [LS_STORE_RESOLVE] = LS_OPERATION_EDIT_RESOLVE,
  [LS_STORE_RESTORE] = LS_OPERATION_EDIT_RESTORE,
};

static LsStoreJob *
job_ref (LsStoreJob *job)
{
  g_atomic_ref_count_inc (&job->ref_count);
  return job;
}

static void
job_unref (gpointer data)
{
  LsStoreJob *job = data;

  if (!g_atomic_ref_count_dec (&job->ref_count))
    return;
  g_clear_object (&job->task);
  g_clear_pointer (&job->retry, ls_retry_free);
  g_clear_object (&job->cache);
  g_clear_object (&job->environment);
  g_clear_pointer (&job->changes, g_ptr_array_unref);
  g_clear_pointer (&job->edit, ls_edit_unref);
  g_clear_pointer (&job->made, ls_store_made_free);
  g_clear_error (&job->error);
  g_clear_error (&job->held_error);
  g_strfreev (job->mids);
  g_free (job->shop);
  g_free (job->mid);
  g_free (job->new_mid);
  g_free (job);
}

int64_t
ls_store_job_get_sequence (LsStoreJob *job)
{
  return job->sequence;
}

/* Answers the caller. */
void
ls_store_job_end (LsStoreJob *job)
{
  g_autoptr (GTask) task = g_steal_pointer (&job->task);

  if (job->error != NULL)
    g_task_return_error (task, g_steal_pointer (&job->error));
  else if (job->kind == LS_STORE_MUTATE)
    g_task_return_pointer (task, g_steal_pointer (&job->edit), (GDestroyNotify) ls_edit_unref);
  else if (job->kind == LS_STORE_MUTATE_MANY)
    g_task_return_pointer (task, g_steal_pointer (&job->made), (GDestroyNotify) ls_store_made_free);
  else
    g_task_return_boolean (task, TRUE);
  job_unref (job);
}

static void job_done_cb (gpointer data);
static void run_again_cb (gpointer data);
static void post_held (LsStoreJob *job);

static void
job_run_cb (gpointer data)
{
  LsStoreJob *job = data;

  g_clear_pointer (&job->made, ls_store_made_free);
  switch (job->kind)
    {
    case LS_STORE_MUTATE:
      job->edit =
          ls_cache_add_edit (job->cache, job->shop, job->mid, job->changes, &job->error);
      break;
    case LS_STORE_MUTATE_MANY:
      job->made = g_new0 (LsStoreMade, 1);
      job->made->edits = ls_cache_add_edits (job->cache, job->shop, job->mid, job->changes,
                                             &job->made->seen, &job->error);
      break;
    case LS_STORE_DISCARD:
      ls_cache_discard_edit (job->cache, job->mid, &job->error);
      break;
    case LS_STORE_DISCARD_ALL:
      ls_cache_discard_edits (job->cache, job->shop, job->states, &job->error);
      break;
    case LS_STORE_RESOLVE:
      ls_cache_resolve_edit (job->cache, job->mid, job->new_mid, job->changes, &job->error);
      break;
    case LS_STORE_RESTORE:
      ls_cache_restore_edits (job->cache, job->shop, (const char *const *) job->mids, &job->error);
      break;
    case LS_STORE_RETRY:
    default:
      ls_cache_retry_edit (job->cache, job->mid, job->new_mid, &job->error);
    }
  if (job->error == NULL)
    job->sequence = ls_cache_get_sequence (job->cache);
  ls_cache_suspect (job->cache, job->error);
  ls_environment_post (job->environment,
                       ls_environment_get_queue (job->environment, LS_QUEUE_MAIN), job_done_cb,
                       job_ref (job), job_unref);
}

static void
post (LsStoreJob *job)
{
  job->waits = false;
  ls_environment_post (job->environment, ls_cache_get_queue (job->cache), job_run_cb, job_ref (job),
                       job_unref);
}

static int
compare_numbers (gconstpointer a,
                 gconstpointer b,
                 gpointer      user_data)
{
  const LsStoreJob *one = a;
  const LsStoreJob *other = b;

  return one->number < other->number ? -1 : one->number > other->number;
}

/* Whether @job, which failed, is tried again, or waits for one before it that is. */
static bool
try_again (LsStoreQueue *queue,
           LsStoreJob   *job)
{
  bool is_head = g_queue_peek_head (&queue->held) == job;
  LsStoreJob *again;

  if (queue->is_closing)
    return false;
  if (is_head || g_queue_is_empty (&queue->held))
    {
      again = job_ref (job);
      if (!ls_retry_again (job->retry, job->error, run_again_cb, again, job_unref))
        {
          job_unref (again);
          return false;
        }
    }
  else if (!ls_error_is_temporary (job->error))
    return false;
  if (!is_head)
    g_queue_insert_sorted (&queue->held, job_ref (job), compare_numbers, NULL);
  job->waits = true;
  job->held_error = g_steal_pointer (&job->error);
  return true;
}

/* It is on the disk, or failed for good: those behind it go on. */
static void
settle (LsStoreJob *job)
{
  LsStore *store = g_task_get_source_object (job->task);
  LsStoreQueue *queue = ls_store_get_jobs (store);

  if (g_queue_peek_head (&queue->held) == job)
    {
      job_unref (g_queue_pop_head (&queue->held));
      if (!g_queue_is_empty (&queue->held))
        post_held (g_queue_peek_head (&queue->held));
    }
  ls_store_wait (store, job_ref (job));
}

/* Unless one that was behind it, and on its way then, is on the disk meanwhile. */
static void
post_held (LsStoreJob *job)
{
  LsStoreQueue *queue = ls_store_get_jobs (g_task_get_source_object (job->task));

  if (job->held_error == NULL || queue->done < job->number)
    {
      g_clear_error (&job->held_error);
      post (job);
      return;
    }
  job->waits = false;
  job->error = g_steal_pointer (&job->held_error);
  settle (job);
}

static void
run_again_cb (gpointer data)
{
  LsStoreJob *job = data;

  /* Unless it went ahead, since the account is being closed. */
  if (job->waits)
    post_held (job);
}

static void
job_done_cb (gpointer data)
{
  LsStoreJob *job = data;
  LsStoreQueue *queue = ls_store_get_jobs (g_task_get_source_object (job->task));

  if (job->error == NULL)
    queue->done = MAX (queue->done, job->number);
  else if (try_again (queue, job))
    return;
  settle (job);
}

/* Whoever closes the account waits for nothing: what is held goes to the cache now, in order, and
 * what fails then has failed. */
void
ls_store_flush_jobs (LsStore *self)
{
  LsStoreQueue *queue = ls_store_get_jobs (self);
  LsStoreJob *job;

  queue->is_closing = true;
  while ((job = g_queue_pop_head (&queue->held)) != NULL)
    {
      if (job->waits)
        post (job);
      g_clear_error (&job->held_error);
      job_unref (job);
    }
}

LsStoreJob *
ls_store_job_new (LsStore            *self,
                  LsStoreJobKind      kind,
                  gpointer            source_tag,
                  GCancellable       *cancellable,
                  GAsyncReadyCallback callback,
                  gpointer            user_data)
{
  LsStoreJob *job = g_new0 (LsStoreJob, 1);

  g_atomic_ref_count_init (&job->ref_count);
  job->kind = kind;
  job->sequence = -1;
  job->number = ++ls_store_get_jobs (self)->made;
  job->environment = g_object_ref (ls_store_get_environment (self));
  job->cache = g_object_ref (ls_store_get_cache (self));
  job->task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (job->task, source_tag);
  job->retry = ls_retry_new (job->environment, operations[kind]);
  return job;
}

/* Takes @job. */
void
ls_store_job_post (LsStoreJob *job)
{
  LsStoreQueue *queue = ls_store_get_jobs (g_task_get_source_object (job->task));

  if (g_queue_is_empty (&queue->held))
    {
      post (job);
      job_unref (job);
      return;
    }
  job->waits = true;
  g_queue_push_tail (&queue->held, job);
}
