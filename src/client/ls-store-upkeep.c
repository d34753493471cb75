/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-store"

#include "config.h"

#include "client/ls-store-upkeep.h"

#include "client/ls-cache-private.h"

/* From the first commit after a checkpoint to the next one, µs. */
#define CHECKPOINT_DELAY 1000000

struct _LsStoreUpkeep {
  gatomicrefcount ref_count;
  LsEnvironment *environment;
  LsQueue *queue;
  char *path;
  const LsCollation *collation;
  LsSql *sql;         /* of the queue alone */
  int has_checkpoint; /* one is on its way */
  int is_tidying;

  LsCache *cache;      /* of the main thread alone */
  uint64_t checkpoint; /* the job */
};

/**
 * ls_store_upkeep_new:
 * @cache: an open cache
 *
 * Returns: (transfer full): its upkeep
 */
LsStoreUpkeep *
ls_store_upkeep_new (LsCache *cache)
{
  LsStoreUpkeep *upkeep = g_new0 (LsStoreUpkeep, 1);

  g_atomic_ref_count_init (&upkeep->ref_count);
  upkeep->environment = g_object_ref (ls_cache_get_environment (cache));
  upkeep->cache = g_object_ref (cache);
  upkeep->path = g_strdup (ls_cache_get_path (cache));
  upkeep->collation = ls_cache_get_collation (cache);
  upkeep->queue = ls_environment_get_queue (upkeep->environment, "upkeep");
  return upkeep;
}

/**
 * ls_store_upkeep_ref:
 * @upkeep: an upkeep
 *
 * Returns: (transfer full): @upkeep
 */
LsStoreUpkeep *
ls_store_upkeep_ref (LsStoreUpkeep *upkeep)
{
  g_atomic_ref_count_inc (&upkeep->ref_count);
  return upkeep;
}

/**
 * ls_store_upkeep_unref:
 * @upkeep: (transfer full): an upkeep
 *
 * Drops a reference.
 */
void
ls_store_upkeep_unref (LsStoreUpkeep *upkeep)
{
  if (!g_atomic_ref_count_dec (&upkeep->ref_count))
    return;
  g_clear_pointer (&upkeep->sql, ls_sql_unref);
  g_clear_object (&upkeep->cache);
  g_object_unref (upkeep->environment);
  g_free (upkeep->path);
  g_free (upkeep);
}

/**
 * ls_store_upkeep_stop:
 * @upkeep: an upkeep
 *
 * Ends it: nothing more is begun.
 */
void
ls_store_upkeep_stop (LsStoreUpkeep *upkeep)
{
  if (upkeep->checkpoint != 0)
    ls_environment_cancel (upkeep->environment, upkeep->queue, upkeep->checkpoint);
  upkeep->checkpoint = 0;
  g_clear_object (&upkeep->cache);
}

static void
checkpoint_cb (gpointer data)
{
  LsStoreUpkeep *upkeep = data;
  g_autoptr (GError) error = NULL;

  /* What is committed from now on is the next one's. */
  g_atomic_int_set (&upkeep->has_checkpoint, 0);
  if (upkeep->sql == NULL)
    upkeep->sql = ls_cache_connect (upkeep->environment, upkeep->path, upkeep->collation,
                                    LS_SQL_EXISTING, &error);
  if (upkeep->sql == NULL ||
      !ls_sql_checkpoint (upkeep->sql, LS_SQL_CHECKPOINT_PASSIVE, NULL, NULL, &error))
    g_info ("The log of the cache can't be moved now: %s", error->message);
}

typedef struct {
  LsStoreUpkeep *upkeep;
  LsCache *cache;
} TidyJob;

static void
tidy_job_free (gpointer data)
{
  TidyJob *job = data;

  ls_store_upkeep_unref (job->upkeep);
  g_object_unref (job->cache);
  g_free (job);
}

static void tidy_cb (gpointer data);

static void
post_tidy (LsStoreUpkeep *upkeep,
           LsCache       *cache)
{
  TidyJob *job = g_new0 (TidyJob, 1);

  job->upkeep = ls_store_upkeep_ref (upkeep);
  job->cache = g_object_ref (cache);
  ls_environment_post (upkeep->environment, ls_cache_get_queue (cache), tidy_cb, job,
                       tidy_job_free);
}

static void
tidy_cb (gpointer data)
{
  TidyJob *job = data;
  g_autoptr (GError) error = NULL;
  bool more = false;

  if (!ls_cache_tidy (job->cache, &more, &error))
    g_info ("Replaced rows can't be removed now: %s", error->message);
  if (more)
    post_tidy (job->upkeep, job->cache);
  else
    g_atomic_int_set (&job->upkeep->is_tidying, 0);
}

static void
begin_checkpoint (LsStoreUpkeep *upkeep)
{
  if (g_atomic_int_compare_and_exchange (&upkeep->has_checkpoint, 0, 1))
    upkeep->checkpoint = ls_environment_post_after (
        upkeep->environment, upkeep->queue, CHECKPOINT_DELAY, checkpoint_cb,
        ls_store_upkeep_ref (upkeep), (GDestroyNotify) ls_store_upkeep_unref);
}

static void
begin_tidying (LsStoreUpkeep *upkeep)
{
  if (g_atomic_int_compare_and_exchange (&upkeep->is_tidying, 0, 1))
    post_tidy (upkeep, upkeep->cache);
}

/**
 * ls_store_upkeep_start:
 * @upkeep: an upkeep
 *
 * Sees to what an earlier process left to be done.
 */
void
ls_store_upkeep_start (LsStoreUpkeep *upkeep)
{
  begin_checkpoint (upkeep);
  begin_tidying (upkeep);
}

/**
 * ls_store_upkeep_take_commit:
 * @upkeep: an upkeep
 * @commit: a commit that is shown
 *
 * Sees to what a commit leaves to be done.
 */
void
ls_store_upkeep_take_commit (LsStoreUpkeep       *upkeep,
                             const LsCacheCommit *commit)
{
  begin_checkpoint (upkeep);
  if (commit->reloaded != 0 || commit->untidy)
    begin_tidying (upkeep);
}
