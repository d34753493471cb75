/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-follower"

#include "config.h"

#include "client/ls-follower.h"

#include "client/ls-cache-private.h"
#include "client/ls-follower-private.h"

/* After a turn that could not read, µs. */
#define RETRY_DELAY 1000000

static void post_turn (LsFollower *follower,
                       int64_t     delay);

void
ls_request_free (LsRequest *request)
{
  g_clear_pointer (&request->followed, ls_followed_unref);
  g_clear_pointer (&request->wanted, g_array_unref);
  g_clear_error (&request->failure);
  g_free (request->key);
  g_free (request);
}

void
ls_slot_free (LsSlot *slot)
{
  if (slot->loading != NULL)
    ls_followed_cancel (slot->loading);
  g_clear_pointer (&slot->loading, ls_followed_unref);
  g_clear_pointer (&slot->current, ls_followed_unref);
  g_free (slot);
}

static void
update_clear (gpointer data)
{
  LsFollowedUpdate *update = data;

  if (update->update != NULL)
    update->klass->free_update (update->update);
}

static void
loaded_row_clear (gpointer data)
{
  LsLoadedRow *loaded = data;

  g_clear_pointer (&loaded->record, ls_record_unref);
  g_clear_error (&loaded->failure);
}

LsPublication *
ls_publication_new (void)
{
  LsPublication *publication = g_new0 (LsPublication, 1);

  publication->commits =
      g_ptr_array_new_with_free_func ((GDestroyNotify) ls_cache_commit_unref);
  publication->updates = g_array_new (FALSE, FALSE, sizeof (LsFollowedUpdate));
  g_array_set_clear_func (publication->updates, update_clear);
  publication->rows = g_array_new (FALSE, FALSE, sizeof (LsLoadedRow));
  g_array_set_clear_func (publication->rows, loaded_row_clear);
  return publication;
}

void
ls_publication_free (LsPublication *publication)
{
  g_ptr_array_unref (publication->commits);
  g_array_unref (publication->updates);
  g_array_unref (publication->rows);
  g_free (publication);
}

/**
 * ls_follower_new:
 * @environment: the queues
 * @path: the file of a cache
 * @collation: the one the cache was opened with
 * @func: called on the main queue with what to show
 * @user_data: for @func
 *
 * Returns: (transfer full): a follower; it waits for ls_follower_start()
 */
LsFollower *
ls_follower_new (LsEnvironment     *environment,
                 const char        *path,
                 const LsCollation *collation,
                 LsPublishFunc      func,
                 gpointer           user_data)
{
  LsFollower *follower = g_new0 (LsFollower, 1);

  g_atomic_ref_count_init (&follower->ref_count);
  g_mutex_init (&follower->lock);
  follower->environment = g_object_ref (environment);
  follower->path = g_strdup (path);
  follower->collation = collation;
  follower->queue = ls_environment_get_queue (environment, "query-0");
  follower->main_queue = ls_environment_get_queue (environment, LS_QUEUE_MAIN);
  follower->func = func;
  follower->user_data = user_data;
  follower->reader = ls_cache_reader_new (environment, path, collation);
  for (int i = 0; i < LS_N_LOADERS; i++)
    {
      g_autofree char *name = g_strdup_printf ("query-%d", i + 1);

      follower->loaders[i].queue = ls_environment_get_queue (environment, name);
      follower->loaders[i].reader = ls_cache_reader_new (environment, path, collation);
    }
  follower->commits = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_cache_commit_unref);
  follower->history = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_cache_commit_unref);
  follower->reloads = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_cache_commit_unref);
  follower->slots = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_slot_free);
  follower->sequence = -1;
  return follower;
}

/**
 * ls_follower_ref:
 * @follower: a follower
 *
 * Returns: (transfer full): @follower
 */
LsFollower *
ls_follower_ref (LsFollower *follower)
{
  g_atomic_ref_count_inc (&follower->ref_count);
  return follower;
}

/**
 * ls_follower_unref:
 * @follower: (transfer full): a follower
 *
 * Drops a reference. Jobs on queues hold one each, so that the last goes where nobody reads.
 */
void
ls_follower_unref (LsFollower *follower)
{
  if (!g_atomic_ref_count_dec (&follower->ref_count))
    return;
  g_queue_clear_full (&follower->inbox, (GDestroyNotify) ls_cache_commit_unref);
  g_queue_clear_full (&follower->requests, (GDestroyNotify) ls_request_free);
  g_queue_clear_full (&follower->todo, (GDestroyNotify) ls_request_free);
  g_ptr_array_unref (follower->commits);
  g_ptr_array_unref (follower->history);
  g_ptr_array_unref (follower->reloads);
  g_ptr_array_unref (follower->slots);
  g_clear_pointer (&follower->reader, ls_cache_reader_free);
  for (int i = 0; i < LS_N_LOADERS; i++)
    g_clear_pointer (&follower->loaders[i].reader, ls_cache_reader_free);
  g_object_unref (follower->environment);
  g_mutex_clear (&follower->lock);
  g_free (follower->path);
  g_free (follower);
}

/**
 * ls_follower_stop:
 * @follower: a follower
 *
 * Says that nobody looks any more: from now on nothing is published. Main thread.
 */
void
ls_follower_stop (LsFollower *follower)
{
  g_mutex_lock (&follower->lock);
  follower->is_stopped = true;
  g_mutex_unlock (&follower->lock);
  follower->func = NULL;
  follower->trouble_func = NULL;
}

typedef struct {
  LsFollower *follower;
  LsPublication *publication;
} PublishJob;

static void
publish_job_free (gpointer data)
{
  PublishJob *job = data;

  ls_publication_free (job->publication);
  ls_follower_unref (job->follower);
  g_free (job);
}

static void
publish_cb (gpointer data)
{
  PublishJob *job = data;
  LsFollower *follower = job->follower;
  bool has_more;

  if (follower->func != NULL)
    follower->func (job->publication, follower->user_data);
  g_mutex_lock (&follower->lock);
  follower->is_publishing = false;
  has_more = follower->is_owed || !g_queue_is_empty (&follower->inbox) ||
             !g_queue_is_empty (&follower->requests);
  follower->is_owed = false;
  g_mutex_unlock (&follower->lock);
  if (has_more)
    ls_follower_poke (follower);
}

/* Takes the commits that have come; gives the newest sequence known. */
static int64_t
take_commits (LsFollower *follower)
{
  LsCacheCommit *commit;

  g_mutex_lock (&follower->lock);
  while ((commit = g_queue_pop_head (&follower->inbox)) != NULL)
    g_ptr_array_add (follower->commits, commit);
  if (follower->sequence < 0)
    follower->sequence = follower->first_sequence;
  g_mutex_unlock (&follower->lock);
  if (follower->commits->len == 0)
    return follower->sequence;
  return ((LsCacheCommit *) g_ptr_array_index (follower->commits, follower->commits->len - 1))
      ->sequence;
}

static bool
take_requests (LsFollower *follower)
{
  LsRequest *request;
  bool may_run;

  g_mutex_lock (&follower->lock);
  follower->is_posted = false;
  may_run = follower->is_started && !follower->is_publishing && !follower->is_stopped;
  /* It may have been asked for a commit that the turn before took but did not reach. */
  follower->is_owed = follower->is_publishing;
  while (may_run && (request = g_queue_pop_head (&follower->requests)) != NULL)
    g_queue_push_tail (&follower->todo, request);
  g_mutex_unlock (&follower->lock);
  return may_run;
}

static bool
is_loading (LsFollower *follower)
{
  for (int i = 0; i < LS_N_LOADERS; i++)
    if (follower->loaders[i].n_loads > 0)
      return true;
  return false;
}

static void
publish (LsTurn *turn)
{
  LsFollower *follower = turn->follower;
  LsPublication *publication = turn->publication;
  PublishJob *job;

  if (publication->commits->len == 0 && publication->updates->len == 0 &&
      publication->rows->len == 0)
    return;
  publication->sequence = turn->sequence;
  job = g_new0 (PublishJob, 1);
  job->follower = ls_follower_ref (follower);
  job->publication = g_steal_pointer (&turn->publication);
  g_mutex_lock (&follower->lock);
  follower->is_publishing = true;
  g_mutex_unlock (&follower->lock);
  ls_environment_post (follower->environment, follower->main_queue, publish_cb, job,
                       publish_job_free);
}

static void
add_reload (LsTurn     *turn,
            const char *shop)
{
  LsCacheCommit *commit;

  for (unsigned i = 0; i < turn->commits->len; i++)
    if (g_str_equal (((LsCacheCommit *) g_ptr_array_index (turn->commits, i))->shop, shop))
      return;
  commit = ls_cache_commit_new (shop);
  commit->sequence = turn->sequence;
  commit->reloaded = LS_ALL_COLLECTIONS;
  g_ptr_array_add (turn->follower->reloads, commit);
  g_ptr_array_add (turn->commits, commit);
  if (is_loading (turn->follower))
    g_ptr_array_add (turn->follower->history, ls_cache_commit_ref (commit));
}

/* Another process writes: what it did between two snapshots nobody can say, so all is loaded again.
 * What was told tells of positions and edits. */
static void
take_foreign (LsTurn *turn)
{
  LsFollower *follower = turn->follower;

  g_ptr_array_set_size (follower->reloads, 0);
  for (unsigned i = 0; turn->sequence > follower->sequence && i < follower->slots->len; i++)
    {
      const LsSlot *slot = g_ptr_array_index (follower->slots, i);

      add_reload (turn, (slot->current != NULL ? slot->current : slot->loading)->shop);
    }
  for (unsigned i = 0; i < follower->commits->len; i++)
    g_ptr_array_add (turn->publication->commits,
                     ls_cache_commit_ref (g_ptr_array_index (follower->commits, i)));
  g_ptr_array_set_size (follower->commits, 0);
}

/* Everything in the snapshot that was not shown yet. */
static void
run_turn (LsTurn *turn)
{
  LsFollower *follower = turn->follower;
  LsRequest *request;
  unsigned n_reached = 0;

  if (g_atomic_int_get (&follower->is_shared))
    take_foreign (turn);

  while (n_reached < follower->commits->len)
    {
      LsCacheCommit *commit = g_ptr_array_index (follower->commits, n_reached);

      if (commit->sequence > turn->sequence)
        break;
      n_reached++;
      if (commit->sequence > follower->sequence)
        {
          g_ptr_array_add (turn->commits, commit);
          g_ptr_array_add (turn->publication->commits, ls_cache_commit_ref (commit));
          if (is_loading (follower))
            g_ptr_array_add (follower->history, ls_cache_commit_ref (commit));
        }
    }
  while ((request = g_queue_pop_head (&follower->todo)) != NULL)
    {
      ls_turn_handle_request (turn, request);
      ls_request_free (request);
    }
  for (unsigned i = 0; i < follower->slots->len; i++)
    ls_turn_advance (turn, g_ptr_array_index (follower->slots, i));
  if (!is_loading (follower))
    g_ptr_array_set_size (follower->history, 0);
  follower->sequence = turn->sequence;
  publish (turn);
  g_ptr_array_remove_range (follower->commits, 0, n_reached);
}

static void
turn_cb (gpointer data)
{
  LsFollower *follower = data;
  g_autoptr (GPtrArray) commits = g_ptr_array_new ();
  g_autoptr (GHashTable) changes =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_array_unref);
  g_autoptr (GError) error = NULL;
  LsTurn turn = { .follower = follower, .commits = commits, .changes = changes };

  if (!take_requests (follower))
    return;
  if (!ls_cache_reader_begin (follower->reader, &turn.sequence, &error))
    {
      ls_follower_note_read (follower, error);
      post_turn (follower, RETRY_DELAY);
      return;
    }
  /* A commit is in the file before it is told; then its telling makes the turn. */
  if (take_commits (follower) >= turn.sequence || g_atomic_int_get (&follower->is_shared))
    {
      turn.publication = ls_publication_new ();
      run_turn (&turn);
      if (!turn.has_failed)
        ls_follower_note_read (follower, NULL);
      else
        post_turn (follower, RETRY_DELAY);
      g_clear_pointer (&turn.publication, ls_publication_free);
    }
  ls_cache_reader_end (follower->reader);
}

static void
post_turn (LsFollower *follower,
           int64_t     delay)
{
  if (delay > 0)
    ls_environment_post_after (follower->environment, follower->queue, delay, turn_cb,
                               ls_follower_ref (follower), (GDestroyNotify) ls_follower_unref);
  else
    ls_environment_post (follower->environment, follower->queue, turn_cb,
                         ls_follower_ref (follower), (GDestroyNotify) ls_follower_unref);
}

/* Sees to it that a turn comes. */
void
ls_follower_poke (LsFollower *follower)
{
  bool must_post;

  g_mutex_lock (&follower->lock);
  must_post = follower->is_started && !follower->is_posted && !follower->is_publishing &&
              !follower->is_stopped;
  if (must_post)
    follower->is_posted = true;
  g_mutex_unlock (&follower->lock);
  if (must_post)
    post_turn (follower, 0);
}

void
ls_follower_request (LsFollower *follower,
                     LsRequest  *request)
{
  g_mutex_lock (&follower->lock);
  g_queue_push_tail (&follower->requests, request);
  g_mutex_unlock (&follower->lock);
  ls_follower_poke (follower);
}

/**
 * ls_follower_start:
 * @follower: a follower
 * @sequence: the newest commit of the cache; later ones will be told
 *
 * Lets it begin. Any thread.
 */
void
ls_follower_start (LsFollower *follower,
                   int64_t     sequence)
{
  g_mutex_lock (&follower->lock);
  follower->is_started = true;
  follower->first_sequence = sequence;
  g_mutex_unlock (&follower->lock);
  ls_follower_poke (follower);
}

/**
 * ls_follower_is_stopped:
 * @follower: a follower
 *
 * Returns: whether ls_follower_stop() was called; any thread
 */
bool
ls_follower_is_stopped (LsFollower *follower)
{
  bool is_stopped;

  g_mutex_lock (&follower->lock);
  is_stopped = follower->is_stopped;
  g_mutex_unlock (&follower->lock);
  return is_stopped;
}

/**
 * ls_follower_set_shared:
 * @follower: a follower
 * @shared: whether another process writes the file
 *
 * Says whether there may be commits in the file that were not told and never will be. Any thread.
 */
void
ls_follower_set_shared (LsFollower *follower,
                        bool        shared)
{
  g_atomic_int_set (&follower->is_shared, shared);
}

/**
 * ls_follower_take_commit:
 * @follower: a follower
 * @commit: the next commit
 *
 * Tells of a commit. Any thread, in order of sequence.
 */
void
ls_follower_take_commit (LsFollower    *follower,
                         LsCacheCommit *commit)
{
  g_mutex_lock (&follower->lock);
  if (!follower->is_stopped)
    g_queue_push_tail (&follower->inbox, ls_cache_commit_ref (commit));
  g_mutex_unlock (&follower->lock);
  ls_follower_poke (follower);
}

/**
 * ls_follower_follow:
 * @follower: a follower
 * @id: an id of its own, or that of what @followed takes the place of
 * @followed: (transfer full): what to follow, unloaded
 *
 * Begins to follow something. Until it is loaded, what it replaces goes on. Any thread.
 */
void
ls_follower_follow (LsFollower *follower,
                    uint64_t    id,
                    LsFollowed *followed)
{
  LsRequest *request = g_new0 (LsRequest, 1);

  request->kind = LS_REQUEST_FOLLOW;
  request->id = id;
  request->followed = followed;
  ls_follower_request (follower, request);
}

/**
 * ls_follower_forget:
 * @follower: a follower
 * @id: of something followed
 *
 * Ends to follow something. Any thread.
 */
void
ls_follower_forget (LsFollower *follower,
                    uint64_t    id)
{
  LsRequest *request = g_new0 (LsRequest, 1);

  request->kind = LS_REQUEST_FORGET;
  request->id = id;
  ls_follower_request (follower, request);
}

/**
 * ls_follower_want_rows:
 * @follower: a follower
 * @wanted: (transfer full) (element-type LsWantedRow): rows
 *
 * Asks for the values of rows. Any thread.
 */
void
ls_follower_want_rows (LsFollower *follower,
                       GArray     *wanted)
{
  LsRequest *request = g_new0 (LsRequest, 1);

  request->kind = LS_REQUEST_WANT;
  request->wanted = wanted;
  ls_follower_request (follower, request);
}

/**
 * ls_follower_find_row:
 * @follower: a follower
 * @token: not 0; comes back with the row
 * @shop: a shop
 * @collection: a collection
 * @key: a row's key
 *
 * Asks for a row by its key. Any thread.
 */
void
ls_follower_find_row (LsFollower         *follower,
                      uint64_t            token,
                      const char         *shop,
                      const LsCollection *collection,
                      const char         *key)
{
  LsRequest *request = g_new0 (LsRequest, 1);

  request->kind = LS_REQUEST_FIND;
  request->id = token;
  request->shop = g_intern_string (shop);
  request->collection = collection;
  request->key = g_strdup (key);
  ls_follower_request (follower, request);
}
