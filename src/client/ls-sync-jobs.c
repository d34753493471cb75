/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-sync-jobs"

#include "config.h"

#include "client/ls-sync-jobs.h"

#include "client/ls-cache-proof.h"
#include "client/ls-cache-scope.h"
#include "core/ls-view.h"

struct _LsSyncJob {
  LsEnvironment *environment;
  LsSyncAction *action; /* NULL to load */
  GError *error;

  /* What came of it */
  char *client;
  GPtrArray *shops; /* LsSyncShop */
  GPtrArray *edits; /* LsEdit */
  LsEdit *edit;
  LsPosition position;
  int64_t highest_n;
  int64_t took;
  uint32_t fetch;
  bool is_scoped; /* @scope is to be told */
  LsScope scope;
  uint32_t lacking;
  uint32_t compared;
  uint32_t different;

  /* Of buckets and rows */
  LsCachePin *pin; /* what is to be read aside */
  bool fits;
  GArray *buckets; /* uint32_t that differ */
  unsigned n_buckets;
  GPtrArray *keys;
  GArray *drifts; /* LsDrift */
  bool corrected;
};

static void
sync_shop_free (gpointer data)
{
  LsSyncShop *shop = data;

  g_free (shop->shop);
  g_free (shop->name);
  g_clear_pointer (&shop->sent, g_ptr_array_unref);
  g_free (shop);
}

/* --- On the cache's queue -------------------------------------------------------------------- */

static void
load (LsSyncJob *job,
      LsCache   *cache)
{
  g_autoptr (GPtrArray) held = ls_cache_list_shops (cache);

  job->client = ls_cache_get_client_id (cache, NULL);
  for (unsigned i = 0; i < held->len; i++)
    {
      const LsCacheShop *known = g_ptr_array_index (held, i);
      LsSyncShop *shop = g_new0 (LsSyncShop, 1);

      shop->shop = g_strdup (known->shop);
      shop->name = g_strdup (known->name);
      ls_cache_get_position (cache, known->shop, &shop->position, &shop->view, NULL, NULL);
      shop->highest_n = ls_cache_get_highest_n (cache, known->shop, NULL);
      shop->sent = ls_cache_number_edits (cache, known->shop, 0, &job->error);
      g_ptr_array_add (job->shops, shop);
      if (shop->sent == NULL)
        return;
    }
}

/* Edits that wait are worth more than the order of things: the shop stays until they are gone. */
static void
remove_shop (LsSyncJob *job,
             LsCache   *cache)
{
  g_autoptr (GPtrArray) edits = NULL;

  edits = ls_cache_list_edits (cache, job->action->shop,
                               LS_EDITS_WAITING | LS_EDIT_MASK (LS_EDIT_DEAD) |
                                   LS_EDIT_MASK (LS_EDIT_LOST),
                               &job->error);
  if (edits != NULL && edits->len == 0)
    ls_cache_remove_shop (cache, job->action->shop, &job->error);
}

static void
compare_item (LsSyncJob          *job,
              LsCache            *cache,
              const char         *shop,
              const LsDigestItem *item)
{
  uint32_t bit = UINT32_C (1) << item->collection->id;
  LsDigestSum sum;

  if (item->bucket >= 0 || item->key != NULL || job->error != NULL ||
      !ls_cache_is_comparable (cache, shop, item->collection) ||
      ls_cache_get_since (cache, shop, item->collection) != item->since ||
      !ls_cache_get_digest (cache, shop, item->collection, &sum, &job->error))
    return;
  job->compared |= bit;
  if (sum.count != item->count || sum.hash != item->hash)
    job->different |= bit;
}

typedef struct {
  LsSyncJob *job;
  const LsDigestMessage *said;
  uint32_t since;
  unsigned place; /* in what was said, which is in order */
} BucketMerge;

/* Notes buckets of the server's that the cache has not, up to @bucket. */
static void
skip_to (BucketMerge *merge,
         int64_t      bucket)
{
  for (; merge->place < merge->said->items->len; merge->place++)
    {
      const LsDigestItem *item = &g_array_index (merge->said->items, LsDigestItem, merge->place);
      uint32_t number = (uint32_t) item->bucket;

      if (item->bucket >= bucket)
        return;
      if (!ls_scope_since_has_bucket (merge->since, number))
        continue;
      merge->job->n_buckets++;
      g_array_append_val (merge->job->buckets, number);
    }
}

static void
merge_bucket (uint32_t           bucket,
              const LsDigestSum *sum,
              gpointer           user_data)
{
  BucketMerge *merge = user_data;
  const LsDigestItem *item = NULL;

  skip_to (merge, bucket);
  merge->job->n_buckets++;
  if (merge->place < merge->said->items->len)
    item = &g_array_index (merge->said->items, LsDigestItem, merge->place);
  if (item == NULL || item->bucket != bucket || item->count != sum->count ||
      item->hash != sum->hash)
    g_array_append_val (merge->job->buckets, bucket);
  if (item != NULL && item->bucket == bucket)
    merge->place++;
}

/* Which buckets differ. Both lists are in ascending order. */
static void
compare_buckets (LsSyncJob *job,
                 LsCache   *cache)
{
  BucketMerge merge = { job, &job->action->message->digest, 0, 0 };

  for (unsigned i = 1; i < merge.said->items->len; i++)
    if (g_array_index (merge.said->items, LsDigestItem, i - 1).bucket >=
        g_array_index (merge.said->items, LsDigestItem, i).bucket)
      {
        job->error = g_error_new_literal (LS_ERROR, LS_ERROR_PROTOCOL, "buckets out of order");
        return;
      }
  merge.since = ls_cache_get_since (cache, merge.said->shop, merge.said->collection);
  ls_cache_list_buckets (cache, merge.said->shop, merge.said->collection, merge_bucket, &merge,
                         &job->error);
  skip_to (&merge, INT64_MAX);
}

/* Reads what is to be held, to be told. */
static void
read_scope (LsSyncJob *job,
            LsCache   *cache)
{
  job->is_scoped = job->error == NULL;
  ls_cache_get_scope (cache, job->action->shop, &job->scope, &job->lacking);
}

/* The first look at the rows after a month has ended is as good a moment as any to see that it has, or
 * that the clock was wrong about it. */
static void
keep_scope (LsSyncJob *job,
            LsCache   *cache)
{
  if (ls_cache_keep_scope (cache, job->action->shop, &job->error))
    read_scope (job, cache);
}

/* Sums are compared at the same version, check and view, and over the same months, or not at all (rule
 * 17). */
static void
compare (LsSyncJob *job,
         LsCache   *cache)
{
  const LsDigestMessage *said = &job->action->message->digest;

  if (!ls_cache_stands_at (cache, said->shop, said->version, said->check, said->view))
    return;
  if (said->collection == NULL)
    {
      keep_scope (job, cache);
      for (unsigned i = 0; i < said->items->len; i++)
        compare_item (job, cache, said->shop, &g_array_index (said->items, LsDigestItem, i));
      return;
    }
  job->fits = ls_cache_is_comparable (cache, said->shop, said->collection);
  if (!job->fits)
    return;
  if (said->bucket < 0)
    compare_buckets (job, cache);
  else
    job->pin = ls_cache_pin (cache, said->shop, said->collection, &job->error);
}

static void
recount (LsSyncJob *job,
         LsCache   *cache)
{
  const LsCollection *collection =
      ls_schema_collection ((LsCollectionId) g_bit_nth_lsf (job->action->collections, -1));

  job->pin = ls_cache_pin (cache, job->action->shop, collection, &job->error);
}

static void
renumber (LsSyncJob *job,
          LsCache   *cache)
{
  const char *shop = job->action->shop;

  if (!ls_cache_renumber_edits (cache, shop, job->action->n > 0, &job->error))
    return;
  job->highest_n = ls_cache_get_highest_n (cache, shop, NULL);
  job->edits = ls_cache_number_edits (cache, shop, 0, &job->error);
}

static void
apply_delta (LsSyncJob *job,
             LsCache   *cache)
{
  int64_t start = ls_environment_monotonic (job->environment);

  ls_cache_apply_delta (cache, job->action->message, &job->error);
  job->took = ls_environment_monotonic (job->environment) - start;
}

static void
run (LsSyncJob *job,
     LsCache   *cache)
{
  const LsSyncAction *action = job->action;

  if (action == NULL)
    {
      load (job, cache);
      return;
    }
  switch ((unsigned) action->type)
    {
    case LS_SYNC_SET_CLIENT:
      ls_cache_set_client_id (cache, action->text, &job->error);
      break;
    case LS_SYNC_NAME_SHOP:
      ls_cache_name_shop (cache, action->shop, action->text, ls_role_to_name (action->role),
                          &job->error);
      break;
    case LS_SYNC_REMOVE_SHOP:
      remove_shop (job, cache);
      break;
    case LS_SYNC_SET_VIEW:
      ls_cache_set_view (cache, action->shop, ls_view_get (action->role, LS_SCHEMA_VERSION),
                         &job->fetch, &job->error);
      read_scope (job, cache);
      break;
    case LS_SYNC_SET_SCOPE:
      if (ls_cache_set_scope (cache, action->shop, &action->choice, &job->error))
        read_scope (job, cache);
      break;
    case LS_SYNC_SET_SYNCED:
      ls_cache_set_synced (cache, action->shop, &job->error);
      break;
    case LS_SYNC_APPLY_DELTA:
      apply_delta (job, cache);
      break;
    case LS_SYNC_APPLY_RESULT:
      ls_cache_apply_result (cache, action->message, &job->edit, &job->error);
      break;
    case LS_SYNC_COMPARE:
      compare (job, cache);
      break;
    case LS_SYNC_HEAL_ROWS:
      ls_cache_heal_rows (cache, action->message, &job->fits, &job->error);
      break;
    case LS_SYNC_RECOUNT:
      recount (job, cache);
      break;
    case LS_SYNC_NUMBER:
      job->edits = ls_cache_number_edits (cache, action->shop, (unsigned) action->n, &job->error);
      break;
    case LS_SYNC_RENUMBER:
      renumber (job, cache);
      break;
    case LS_SYNC_LOSE:
      ls_cache_lose_edits (cache, action->shop, action->n, &job->error);
      break;
    case LS_SYNC_RELOAD:
    default:
      ls_cache_get_position (cache, action->shop, &job->position, NULL, NULL, &job->error);
      break;
    }
}

/**
 * ls_sync_job_run:
 * @job: a job
 * @cache: the cache
 *
 * Does it, on the cache's queue.
 */
void
ls_sync_job_run (LsSyncJob *job,
                 LsCache   *cache)
{
  run (job, cache);
  ls_cache_suspect (cache, job->error);
}

/* --- Aside ----------------------------------------------------------------------------------- */

/**
 * ls_sync_job_goes_aside:
 * @job: a job that was run
 *
 * Returns: whether there is something to read that would keep the cache's queue for long: then
 *   ls_sync_job_run_aside() comes next, on any other queue, and ls_sync_job_run_after() after that
 */
bool
ls_sync_job_goes_aside (LsSyncJob *job)
{
  return job->pin != NULL && job->error == NULL;
}

/**
 * ls_sync_job_run_aside:
 * @job: a job
 *
 * Reads what was pinned.
 */
void
ls_sync_job_run_aside (LsSyncJob *job)
{
  if (job->action->type == LS_SYNC_COMPARE)
    ls_cache_pin_compare (job->pin, &job->action->message->digest, job->keys, job->drifts,
                          &job->error);
  else
    ls_cache_pin_scrub (job->pin, job->drifts, &job->error);
}

/**
 * ls_sync_job_run_after:
 * @job: a job
 * @cache: the cache
 *
 * Mends what was found aside, on the cache's queue.
 */
void
ls_sync_job_run_after (LsSyncJob *job,
                       LsCache   *cache)
{
  if (job->error == NULL)
    ls_cache_correct (cache, job->pin, job->drifts, &job->corrected, &job->error);
}

/* --- On the machine's queue ------------------------------------------------------------------ */

/* What was compared: whole collections, buckets, or rows. */
static void
answer_compare (LsSyncJob     *job,
                LsSyncMachine *machine,
                int64_t        now)
{
  const LsSyncAction *action = job->action;
  const LsDigestMessage *said = &action->message->digest;

  if (said->collection == NULL)
    ls_sync_machine_compared (machine, action->shop, said->version, job->compared, job->different,
                              job->error, now);
  else if (said->bucket < 0)
    ls_sync_machine_bucketed (machine, action->shop, action->generation, job->fits, job->buckets,
                              job->n_buckets, job->error, now);
  else
    ls_sync_machine_listed (machine, action->shop, action->generation, job->fits, job->keys,
                            job->corrected, job->error, now);
}

/**
 * ls_sync_job_answer:
 * @job: a job that was run
 * @machine: who asked
 * @now: monotonic
 *
 * Tells the machine what came of it.
 *
 * Returns: false when nothing could be read at the start: it must be tried again
 */
bool
ls_sync_job_answer (LsSyncJob     *job,
                    LsSyncMachine *machine,
                    int64_t        now)
{
  const LsSyncAction *action = job->action;

  if (action == NULL)
    {
      if (job->error == NULL)
        ls_sync_machine_loaded (machine, job->client, job->shops, now);
      else
        ls_sync_machine_cache_failed (machine, LS_SYNC_RELOAD, NULL, job->error);
      return job->error == NULL;
    }
  if (job->is_scoped && action->type == LS_SYNC_COMPARE)
    ls_sync_machine_looked_at_scope (machine, action->shop, &job->scope, job->lacking, now);
  else if (job->is_scoped)
    ls_sync_machine_scoped (machine, action->shop, &job->scope, job->lacking, now);
  switch ((unsigned) action->type)
    {
    case LS_SYNC_SET_VIEW:
      ls_sync_machine_view_set (machine, action->shop, action->generation, job->fetch, job->error,
                                now);
      break;
    case LS_SYNC_APPLY_DELTA:
      ls_sync_machine_applied (machine, action->shop, action->generation, action->message,
                               job->took, job->error, now);
      break;
    case LS_SYNC_APPLY_RESULT:
      ls_sync_machine_decided (machine, action->shop, action->message, job->edit, job->error, now);
      break;
    case LS_SYNC_COMPARE:
      answer_compare (job, machine, now);
      break;
    case LS_SYNC_HEAL_ROWS:
      ls_sync_machine_healed (machine, action->shop, action->generation, job->fits,
                              action->message, job->error, now);
      break;
    case LS_SYNC_RECOUNT:
      ls_sync_machine_recounted (machine, action->shop, action->generation,
                                 job->corrected ? job->drifts->len : 0, job->error, now);
      break;
    case LS_SYNC_NUMBER:
      ls_sync_machine_numbered (machine, action->shop, job->edits, job->error, now);
      break;
    case LS_SYNC_RENUMBER:
      ls_sync_machine_renumbered (machine, action->shop, job->highest_n, job->edits, job->error,
                                  now);
      break;
    case LS_SYNC_RELOAD:
      ls_sync_machine_reloaded (machine, action->shop, &job->position, job->error, now);
      break;
    default:
      if (job->error != NULL)
        ls_sync_machine_cache_failed (machine, action->type, action->shop, job->error);
      break;
    }
  return true;
}

/**
 * ls_sync_job_new:
 * @environment: the clock
 * @action: (transfer full) (nullable): what to do, %NULL to read what is known at the start
 *
 * Returns: (transfer full): a job
 */
LsSyncJob *
ls_sync_job_new (LsEnvironment *environment,
                 LsSyncAction  *action)
{
  LsSyncJob *job = g_new0 (LsSyncJob, 1);

  job->environment = g_object_ref (environment);
  job->action = action;
  job->shops = g_ptr_array_new_with_free_func (sync_shop_free);
  job->buckets = g_array_new (FALSE, FALSE, sizeof (uint32_t));
  job->drifts = g_array_new (FALSE, FALSE, sizeof (LsDrift));
  job->keys = g_ptr_array_new_with_free_func (g_free);
  return job;
}

/**
 * ls_sync_job_free:
 * @job: (transfer full): a job
 *
 * Frees it.
 */
void
ls_sync_job_free (LsSyncJob *job)
{
  g_clear_pointer (&job->action, ls_sync_action_free);
  g_clear_error (&job->error);
  g_free (job->client);
  g_ptr_array_unref (job->shops);
  g_clear_pointer (&job->pin, ls_cache_pin_free);
  g_array_unref (job->buckets);
  g_array_unref (job->drifts);
  g_ptr_array_unref (job->keys);
  g_clear_pointer (&job->edits, g_ptr_array_unref);
  g_clear_pointer (&job->edit, ls_edit_unref);
  g_object_unref (job->environment);
  g_free (job);
}
