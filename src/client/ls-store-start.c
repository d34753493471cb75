/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-store"

#include "config.h"

#include "client/ls-store-jobs.h"

/* Beginning to listen to the cache, and ending. */

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
  g_clear_error (&job->start.error);
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
      g_autoptr (GPtrArray) edits =
          ls_cache_list_edits (job->cache, shop->shop,
                               LS_EDITS_WAITING | LS_EDIT_MASK (LS_EDIT_DEAD) |
                                   LS_EDIT_MASK (LS_EDIT_LOST),
                               &error);

      if (edits != NULL)
        g_ptr_array_extend_and_steal (job->start.edits, g_steal_pointer (&edits));
      else if (job->start.error == NULL)
        g_propagate_prefixed_error (&job->start.error, g_steal_pointer (&error), "the edits of %s: ",
                                    shop->shop);
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
