/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-check"

#include "config.h"

#include "client/ls-check-job.h"

#include "client/ls-memory.h"
#include "core/ls-schema.h"

/*
 * One check on its way through the queues: numbers are compared at one snapshot, then the rows of
 * one collection after the other are pinned on the cache's queue, read on the checker's, and their
 * sums corrected on the cache's queue when that is needed.
 */

typedef struct {
  LsEnvironment *environment;
  LsCache *cache;
  uint32_t left; /* collections still to be read */
  LsCheckDoneFunc func;
  gpointer user_data;
  GDestroyNotify destroy;

  const LsCollection *collection; /* being read */
  LsCachePin *pin;
  GArray *drifts;
  LsCheckReport *report;
  int64_t took;
  GError *error;
} CheckJob;

static void
check_job_free (gpointer data)
{
  CheckJob *job = data;

  g_clear_pointer (&job->pin, ls_cache_pin_free);
  g_array_unref (job->drifts);
  ls_check_report_free (job->report);
  g_clear_error (&job->error);
  if (job->destroy != NULL)
    job->destroy (job->user_data);
  g_object_unref (job->cache);
  g_object_unref (job->environment);
  g_free (job);
}

static void
holder_free (gpointer data)
{
  CheckJob **holder = data;

  g_clear_pointer (holder, check_job_free);
  g_free (holder);
}

/* Hands the job on; it is freed where it ends. */
static void
hand_on (CheckJob   *job,
         const char *queue,
         LsJobFunc   func)
{
  CheckJob **holder = g_new (CheckJob *, 1);

  *holder = job;
  ls_environment_post (job->environment, ls_environment_get_queue (job->environment, queue), func,
                       holder, holder_free);
}

static void
done_cb (gpointer data)
{
  const CheckJob *job = *(CheckJob **) data;

  job->func (job->report, job->took, job->error, job->user_data);
}

static void pin_cb (gpointer data);

static void
next_collection (CheckJob *job)
{
  int bit = g_bit_nth_lsf (job->left, -1);

  g_clear_pointer (&job->pin, ls_cache_pin_free);
  g_array_set_size (job->drifts, 0);
  if (job->error != NULL || bit < 0)
    {
      /* Sums over all rows took tens of megabytes, on a thread that rests for a minute now. */
      ls_memory_trim ();
      hand_on (job, LS_QUEUE_MAIN, done_cb);
      return;
    }
  job->left &= ~(UINT32_C (1) << bit);
  job->collection = ls_schema_collection ((LsCollectionId) bit);
  hand_on (job, LS_CACHE_QUEUE, pin_cb);
}

static void
correct_cb (gpointer data)
{
  CheckJob *job = g_steal_pointer ((CheckJob **) data);
  bool corrected;

  ls_cache_correct (job->cache, job->pin, job->drifts, &corrected, &job->error);
  next_collection (job);
}

static void
rows_cb (gpointer data)
{
  CheckJob *job = g_steal_pointer ((CheckJob **) data);
  int64_t start = ls_environment_monotonic (job->environment);

  ls_check_rows (job->pin, job->report, job->collection, ls_environment_now (job->environment),
                 job->drifts, &job->error);
  job->took += ls_environment_monotonic (job->environment) - start;
  if (job->error == NULL && job->drifts->len > 0)
    hand_on (job, LS_CACHE_QUEUE, correct_cb);
  else
    next_collection (job);
}

static void
pin_cb (gpointer data)
{
  CheckJob *job = g_steal_pointer ((CheckJob **) data);
  unsigned n_mended = 0;

  if (ls_cache_check_overlay (job->cache, job->report->shop, job->collection, &n_mended,
                              &job->error))
    ls_check_overlay (job->report, job->collection, n_mended,
                      ls_environment_now (job->environment));
  if (job->error == NULL)
    job->pin = ls_cache_pin (job->cache, job->report->shop, job->collection, &job->error);
  if (job->error == NULL)
    hand_on (job, LS_CHECKER_QUEUE, rows_cb);
  else
    next_collection (job);
}

static void
cross_cb (gpointer data)
{
  CheckJob *job = g_steal_pointer ((CheckJob **) data);
  g_autoptr (LsCacheReader) reader =
      ls_cache_reader_new (job->environment, ls_cache_get_path (job->cache),
                           ls_cache_get_collation (job->cache));
  int64_t start = ls_environment_monotonic (job->environment);
  int64_t sequence;

  if (ls_cache_reader_begin (reader, &sequence, &job->error))
    ls_check_cross (reader, job->report, ls_environment_now (job->environment), &job->error);
  g_clear_pointer (&reader, ls_cache_reader_free);
  job->took += ls_environment_monotonic (job->environment) - start;
  next_collection (job);
}

/**
 * ls_check_job_start:
 * @environment: clock and queues
 * @cache: an open cache
 * @shop: a shop
 * @cross: whether to compare the numbers that can be had by two routes
 * @collections: a mask of the collections whose rows are checked by themselves
 * @func: called on the main queue at the end
 * @user_data: for @func
 * @destroy: (nullable): frees @user_data
 *
 * Checks a shop. O(rows), but the cache's queue is only kept for what was found.
 */
void
ls_check_job_start (LsEnvironment  *environment,
                    LsCache        *cache,
                    const char     *shop,
                    bool            cross,
                    uint32_t        collections,
                    LsCheckDoneFunc func,
                    gpointer        user_data,
                    GDestroyNotify  destroy)
{
  CheckJob *job = g_new0 (CheckJob, 1);

  job->environment = g_object_ref (environment);
  job->cache = g_object_ref (cache);
  job->left = collections & ((UINT32_C (1) << LS_N_COLLECTIONS) - 1);
  job->func = func;
  job->user_data = user_data;
  job->destroy = destroy;
  job->report = ls_check_report_new (shop);
  job->drifts = g_array_new (FALSE, FALSE, sizeof (LsDrift));
  if (cross)
    hand_on (job, LS_CHECKER_QUEUE, cross_cb);
  else
    next_collection (job);
}
