/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-store"

#include "config.h"

#include "client/ls-store-jobs.h"
#include "client/ls-store-private.h"

/* How often a cache that another process writes is looked at, µs. */
#define LOOK_PAUSE G_USEC_PER_SEC

/* Looks at a cache until it is ours. */
typedef struct {
  gatomicrefcount ref_count;
  LsEnvironment *environment;
  LsCache *cache;
  LsFollower *follower;
  GWeakRef store;
} Watch;

static Watch *
watch_ref (Watch *watch)
{
  g_atomic_ref_count_inc (&watch->ref_count);
  return watch;
}

static void
watch_unref (gpointer data)
{
  Watch *watch = data;

  if (!g_atomic_ref_count_dec (&watch->ref_count))
    return;
  g_weak_ref_clear (&watch->store);
  ls_follower_unref (watch->follower);
  g_object_unref (watch->cache);
  g_object_unref (watch->environment);
  g_free (watch);
}

static void
taken_cb (gpointer data)
{
  Watch *watch = data;
  g_autoptr (LsStore) store = g_weak_ref_get (&watch->store);

  if (store != NULL)
    ls_store_taken_over (store);
}

/* From before the first commit of ours on, commits are told one by one again. */
static bool
take_over (Watch   *watch,
           GError **error)
{
  ls_follower_set_shared (watch->follower, false);
  if (ls_cache_take_over (watch->cache, error))
    return true;
  ls_follower_set_shared (watch->follower, true);
  return false;
}

static void look_cb (gpointer data);

static void
look_again (Watch *watch)
{
  ls_environment_post_after (watch->environment, ls_cache_get_queue (watch->cache), LOOK_PAUSE,
                             look_cb, watch_ref (watch), watch_unref);
}

static void
look_cb (gpointer data)
{
  Watch *watch = data;
  g_autoptr (GError) error = NULL;
  bool is_free = false;
  bool is_ours = false;

  if (ls_follower_is_stopped (watch->follower))
    return;
  if (ls_cache_look (watch->cache, &is_free, &error) && is_free)
    is_ours = take_over (watch, &error);
  if (error != NULL)
    g_info ("The cache of another process: %s", error->message);
  if (is_ours)
    ls_environment_post (watch->environment,
                         ls_environment_get_queue (watch->environment, LS_QUEUE_MAIN), taken_cb,
                         watch_ref (watch), watch_unref);
  else
    look_again (watch);
}

/* Follows a cache that another process writes, and takes it over when that is gone. */
void
ls_store_watch (LsStore    *self,
                LsCache    *cache,
                LsFollower *follower)
{
  Watch *watch = g_new0 (Watch, 1);

  g_atomic_ref_count_init (&watch->ref_count);
  watch->environment = g_object_ref (ls_store_get_environment (self));
  watch->cache = g_object_ref (cache);
  watch->follower = ls_follower_ref (follower);
  g_weak_ref_init (&watch->store, self);
  look_again (watch);
  watch_unref (watch);
}
