/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-store"

#include "config.h"

#include "client/ls-store-jobs.h"

#include "client/ls-store-private.h"
#include "core/ls-error.h"
#include "core/ls-id.h"

/*
 * Edits go to the cache's queue and come back when they are on disk; their callers hear of them
 * once the rows on the screen show them too. A job holds the task, which holds the store: both are
 * let go on the main thread only.
 */

typedef enum {
  MUTATE,
  MUTATE_MANY,
  DISCARD,
  DISCARD_ALL,
  RETRY,
  RESOLVE,
  RESTORE,
} JobKind;

struct _LsStoreJob {
  gatomicrefcount ref_count;
  JobKind kind;
  LsEnvironment *environment;
  LsCache *cache;
  GTask *task;
  char *shop;
  char *mid;
  char *new_mid;
  char **mids;
  unsigned states;
  GPtrArray *changes;

  /* The answer. */
  LsEdit *edit;
  LsStoreMade *made;
  GError *error;
  int64_t sequence;
};

/**
 * ls_store_made_free:
 * @made: (transfer full): what was made
 *
 * Frees it.
 */
void
ls_store_made_free (LsStoreMade *made)
{
  g_clear_pointer (&made->edits, g_ptr_array_unref);
  g_clear_pointer (&made->seen, g_ptr_array_unref);
  g_free (made);
}

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
  g_clear_object (&job->cache);
  g_clear_object (&job->environment);
  g_clear_pointer (&job->changes, g_ptr_array_unref);
  g_clear_pointer (&job->edit, ls_edit_unref);
  g_clear_pointer (&job->made, ls_store_made_free);
  g_clear_error (&job->error);
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
  else if (job->kind == MUTATE)
    g_task_return_pointer (task, g_steal_pointer (&job->edit), (GDestroyNotify) ls_edit_unref);
  else if (job->kind == MUTATE_MANY)
    g_task_return_pointer (task, g_steal_pointer (&job->made), (GDestroyNotify) ls_store_made_free);
  else
    g_task_return_boolean (task, TRUE);
  job_unref (job);
}

static void
job_done_cb (gpointer data)
{
  LsStoreJob *job = data;

  ls_store_wait (g_task_get_source_object (job->task), job_ref (job));
}

static void
job_run_cb (gpointer data)
{
  LsStoreJob *job = data;

  switch (job->kind)
    {
    case MUTATE:
      job->edit =
          ls_cache_add_edit (job->cache, job->shop, job->mid, job->changes, &job->error);
      break;
    case MUTATE_MANY:
      job->made = g_new0 (LsStoreMade, 1);
      job->made->edits = ls_cache_add_edits (job->cache, job->shop, job->mid, job->changes,
                                             &job->made->seen, &job->error);
      break;
    case DISCARD:
      ls_cache_discard_edit (job->cache, job->mid, &job->error);
      break;
    case DISCARD_ALL:
      ls_cache_discard_edits (job->cache, job->shop, job->states, &job->error);
      break;
    case RESOLVE:
      ls_cache_resolve_edit (job->cache, job->mid, job->new_mid, job->changes, &job->error);
      break;
    case RESTORE:
      ls_cache_restore_edits (job->cache, job->shop, (const char *const *) job->mids, &job->error);
      break;
    case RETRY:
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

static LsStoreJob *
job_new (LsStore            *self,
         JobKind             kind,
         gpointer            source_tag,
         GCancellable       *cancellable,
         GAsyncReadyCallback callback,
         gpointer            user_data)
{
  LsStoreJob *job = g_new0 (LsStoreJob, 1);

  g_atomic_ref_count_init (&job->ref_count);
  job->kind = kind;
  job->sequence = -1;
  job->environment = g_object_ref (ls_store_get_environment (self));
  job->cache = g_object_ref (ls_store_get_cache (self));
  job->task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (job->task, source_tag);
  return job;
}

static void
job_post (LsStoreJob *job)
{
  ls_environment_post (job->environment, ls_cache_get_queue (job->cache), job_run_cb, job,
                       job_unref);
}

/**
 * ls_store_mutate_async:
 * @self: a store
 * @shop: a shop
 * @changes: (element-type LsChange): what to do, all or nothing; immutable from now on
 * @cancellable: (nullable): a #GCancellable; an edit that is on disk stays
 * @callback: called when the edit is on disk and on the screen, or was refused
 * @user_data: for @callback
 *
 * Makes an edit. It shows at once and is sent as soon as there is a server.
 */
void
ls_store_mutate_async (LsStore            *self,
                       const char         *shop,
                       GPtrArray          *changes,
                       GCancellable       *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer            user_data)
{
  LsStoreJob *job =
      job_new (self, MUTATE, ls_store_mutate_async, cancellable, callback, user_data);

  job->shop = g_strdup (shop);
  job->changes = g_ptr_array_ref (changes);
  job->mid = ls_id_new_uuid (job->environment);
  ls_store_tell_mutating (self, shop, job->mid);
  for (unsigned i = 0; i < changes->len; i++)
    if (!ls_change_validate (g_ptr_array_index (changes, i), &job->error))
      {
        ls_store_job_end (job);
        return;
      }
  job_post (job);
}

/**
 * ls_store_mutate_finish:
 * @self: a store
 * @result: as given to the callback
 * @error: where to put why not: %LS_ERROR_VALIDATION with the field that is wrong,
 *   %LS_ERROR_CONFLICT when a row is not there any more, or a storage error
 *
 * Returns: (transfer full) (nullable): the edit, which may be one that it joined
 */
LsEdit *
ls_store_mutate_finish (LsStore      *self,
                        GAsyncResult *result,
                        GError      **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * ls_store_mutate_many_async:
 * @self: a store
 * @shop: a shop
 * @changes: (element-type LsChange): what to do, in any number; immutable from now on
 * @cancellable: (nullable): a #GCancellable; edits that are on disk stay
 * @callback: called when the edits are on disk and on the screen, or were refused
 * @user_data: for @callback
 *
 * Makes as many edits as @changes need: the server takes so much at once only. All of them are
 * queued, or none is; each is all or nothing on the server.
 */
void
ls_store_mutate_many_async (LsStore            *self,
                            const char         *shop,
                            GPtrArray          *changes,
                            GCancellable       *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer            user_data)
{
  LsStoreJob *job =
      job_new (self, MUTATE_MANY, ls_store_mutate_many_async, cancellable, callback, user_data);

  job->shop = g_strdup (shop);
  job->changes = g_ptr_array_ref (changes);
  job->mid = ls_id_new_uuid (job->environment);
  ls_store_tell_mutating (self, shop, job->mid);
  job_post (job);
}

/**
 * ls_store_mutate_many_finish:
 * @self: a store
 * @result: as given to the callback
 * @error: where to put why not, as of ls_store_mutate_finish()
 *
 * Returns: (transfer full) (nullable): the edits, and what they changed
 */
LsStoreMade *
ls_store_mutate_many_finish (LsStore      *self,
                             GAsyncResult *result,
                             GError      **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * ls_store_discard_async:
 * @self: a store
 * @mid: an edit that waits or failed
 * @cancellable: (nullable): a #GCancellable
 * @callback: called when it is taken back
 * @user_data: for @callback
 *
 * Takes an edit back, and those of rows that only it would have made.
 */
void
ls_store_discard_async (LsStore            *self,
                        const char         *mid,
                        GCancellable       *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer            user_data)
{
  LsStoreJob *job =
      job_new (self, DISCARD, ls_store_discard_async, cancellable, callback, user_data);

  job->mid = g_strdup (mid);
  job_post (job);
}

/**
 * ls_store_discard_finish:
 * @self: a store
 * @result: as given to the callback
 * @error: where to put why not, %LS_ERROR_CONFLICT when it is too late
 *
 * Returns: whether it is taken back
 */
gboolean
ls_store_discard_finish (LsStore      *self,
                         GAsyncResult *result,
                         GError      **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * ls_store_discard_all_async:
 * @self: a store
 * @shop: a shop
 * @states: a set of states, of %LS_EDIT_QUEUED, %LS_EDIT_DEAD and %LS_EDIT_LOST
 * @cancellable: (nullable): a #GCancellable
 * @callback: called when they are taken back; ls_store_discard_finish() answers
 * @user_data: for @callback
 *
 * Takes all edits of a shop back that stand so.
 */
void
ls_store_discard_all_async (LsStore            *self,
                            const char         *shop,
                            unsigned            states,
                            GCancellable       *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer            user_data)
{
  LsStoreJob *job =
      job_new (self, DISCARD_ALL, ls_store_discard_all_async, cancellable, callback, user_data);

  job->shop = g_strdup (shop);
  job->states = states;
  job_post (job);
}

/**
 * ls_store_resolve_async:
 * @self: a store
 * @mid: an edit that failed
 * @changes: (element-type LsChange): what to do instead; immutable from now on
 * @cancellable: (nullable): a #GCancellable
 * @callback: called when it waits; ls_store_retry_finish() answers
 * @user_data: for @callback
 *
 * Puts another edit in the place of one that failed.
 */
void
ls_store_resolve_async (LsStore            *self,
                        const char         *mid,
                        GPtrArray          *changes,
                        GCancellable       *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer            user_data)
{
  LsStoreJob *job =
      job_new (self, RESOLVE, ls_store_resolve_async, cancellable, callback, user_data);

  job->mid = g_strdup (mid);
  job->new_mid = ls_id_new_uuid (job->environment);
  job->changes = g_ptr_array_ref (changes);
  job_post (job);
}

/**
 * ls_store_restore_async:
 * @self: a store
 * @shop: a shop
 * @mids: (nullable) (array zero-terminated=1): which edits, %NULL for all
 * @cancellable: (nullable): a #GCancellable
 * @callback: called when they wait; ls_store_retry_finish() answers
 * @user_data: for @callback
 *
 * Makes edits again that the server lost when it was restored, in their order.
 */
void
ls_store_restore_async (LsStore            *self,
                        const char         *shop,
                        const char *const  *mids,
                        GCancellable       *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer            user_data)
{
  LsStoreJob *job =
      job_new (self, RESTORE, ls_store_restore_async, cancellable, callback, user_data);

  job->shop = g_strdup (shop);
  job->mids = g_strdupv ((char **) mids);
  job_post (job);
}

/**
 * ls_store_retry_async:
 * @self: a store
 * @mid: an edit that failed
 * @cancellable: (nullable): a #GCancellable
 * @callback: called when it waits again
 * @user_data: for @callback
 *
 * Tries an edit that failed once more, over what is there now.
 */
void
ls_store_retry_async (LsStore            *self,
                      const char         *mid,
                      GCancellable       *cancellable,
                      GAsyncReadyCallback callback,
                      gpointer            user_data)
{
  LsStoreJob *job = job_new (self, RETRY, ls_store_retry_async, cancellable, callback, user_data);

  job->mid = g_strdup (mid);
  job->new_mid = ls_id_new_uuid (job->environment);
  job_post (job);
}

/**
 * ls_store_retry_finish:
 * @self: a store
 * @result: as given to the callback
 * @error: where to put why not, %LS_ERROR_CONFLICT or %LS_ERROR_VALIDATION when it does not fit any
 *   more
 *
 * Returns: whether it waits again
 */
gboolean
ls_store_retry_finish (LsStore      *self,
                       GAsyncResult *result,
                       GError      **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

typedef struct {
  gatomicrefcount ref_count;
  LsEnvironment *environment;
  LsCache *cache;
  LsFollower *follower;
  GWeakRef store;
  LsStoreStartFunc func;
  LsStoreStart start;
} StartJob;

static void
start_job_unref (gpointer data)
{
  StartJob *job = data;

  if (!g_atomic_ref_count_dec (&job->ref_count))
    return;
  g_weak_ref_clear (&job->store);
  g_clear_pointer (&job->start.shops, g_ptr_array_unref);
  g_clear_pointer (&job->start.edits, g_ptr_array_unref);
  ls_follower_unref (job->follower);
  g_object_unref (job->cache);
  g_object_unref (job->environment);
  g_free (job);
}

static void
commit_cb (LsCacheCommit *commit,
           gpointer       user_data)
{
  ls_follower_take_commit (user_data, commit);
}

static void
started_cb (gpointer data)
{
  StartJob *job = data;
  g_autoptr (LsStore) store = g_weak_ref_get (&job->store);

  if (store != NULL)
    job->func (&job->start, store);
}

static void
start_cb (gpointer data)
{
  StartJob *job = data;

  job->start.shops = ls_cache_list_shops (job->cache);
  job->start.edits = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_edit_unref);
  for (unsigned i = 0; i < job->start.shops->len; i++)
    {
      const LsCacheShop *shop = g_ptr_array_index (job->start.shops, i);
      g_autoptr (GError) error = NULL;
      GPtrArray *edits =
          ls_cache_list_edits (job->cache, shop->shop,
                               LS_EDITS_WAITING | LS_EDIT_MASK (LS_EDIT_DEAD) |
                                   LS_EDIT_MASK (LS_EDIT_LOST),
                               &error);

      if (edits != NULL)
        g_ptr_array_extend_and_steal (job->start.edits, edits);
      else
        g_warning ("Edits of %s can't be listed: %s", shop->shop, error->message);
    }
  ls_cache_set_listener (job->cache, commit_cb, ls_follower_ref (job->follower),
                         (GDestroyNotify) ls_follower_unref);
  g_atomic_ref_count_inc (&job->ref_count);
  ls_environment_post (job->environment,
                       ls_environment_get_queue (job->environment, LS_QUEUE_MAIN), started_cb, job,
                       start_job_unref);
  ls_follower_start (job->follower, ls_cache_get_sequence (job->cache));
}

/* Begins to listen to the cache, and tells what it knows. */
void
ls_store_post_start (LsStore         *self,
                     LsCache         *cache,
                     LsFollower      *follower,
                     LsStoreStartFunc func)
{
  StartJob *job = g_new0 (StartJob, 1);

  g_atomic_ref_count_init (&job->ref_count);
  job->environment = g_object_ref (ls_store_get_environment (self));
  job->cache = g_object_ref (cache);
  job->follower = ls_follower_ref (follower);
  g_weak_ref_init (&job->store, self);
  job->func = func;
  ls_environment_post (job->environment, ls_cache_get_queue (cache), start_cb, job,
                       start_job_unref);
}

static void
stop_cb (gpointer data)
{
  ls_cache_set_listener (data, NULL, NULL, NULL);
}

/* Ends to listen to the cache. */
void
ls_store_post_stop (LsCache *cache)
{
  ls_environment_post (ls_cache_get_environment (cache), ls_cache_get_queue (cache), stop_cb,
                       g_object_ref (cache), g_object_unref);
}
