/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-follower"

#include "config.h"

#include "client/ls-follower.h"

#include "client/ls-follower-private.h"
#include "client/ls-memory.h"
#include "core/ls-fault.h"

/* What happens in a turn: requests are served, what is followed is brought to the snapshot. */

/* More changes than these in one turn are not followed but loaded. */
#define MAX_CHANGES 2000

/* What has no more rows than these is loaded in the turn itself. */
#define MAX_ROWS_IN_TURN 20000

/* After a load that failed, µs. */
#define RETRY_DELAY 1000000

typedef struct {
  LsFollower *follower;
  uint64_t id;
  LsFollowed *fresh;
  int loader;
} LoadJob;

static void
load_job_free (gpointer data)
{
  LoadJob *job = data;

  ls_followed_unref (job->fresh);
  ls_follower_unref (job->follower);
  g_free (job);
}

/* Runs on a loader's queue. */
static void
load_cb (gpointer data)
{
  LoadJob *job = data;
  LsCacheReader *reader = job->follower->loaders[job->loader].reader;
  LsRequest *request = g_new0 (LsRequest, 1);

  request->kind = LS_REQUEST_LOADED;
  request->id = job->id;
  request->followed = ls_followed_ref (job->fresh);
  request->loader = job->loader;
  if (!ls_followed_is_cancelled (job->fresh))
    {
      if (ls_cache_reader_begin (reader, &request->sequence, &request->failure))
        job->fresh->klass->load (job->fresh, reader, &request->failure);
      ls_cache_reader_end (reader);
      ls_cache_reader_shrink (reader);
      if (job->fresh->klass->get_size (job->fresh) > MAX_ROWS_IN_TURN)
        ls_memory_trim ();
    }
  ls_follower_request (job->follower, request);
}

static void
post_load (LsFollower *follower,
           LsSlot     *slot,
           int64_t     delay)
{
  LoadJob *job = g_new0 (LoadJob, 1);
  int loader = 0;

  for (int i = 1; i < LS_N_LOADERS; i++)
    if (follower->loaders[i].n_loads < follower->loaders[loader].n_loads)
      loader = i;
  follower->loaders[loader].n_loads++;
  job->follower = ls_follower_ref (follower);
  job->id = slot->id;
  job->fresh = ls_followed_ref (slot->loading);
  job->loader = loader;
  if (delay > 0)
    ls_environment_post_after (follower->environment, follower->loaders[loader].queue, delay,
                               load_cb, job, load_job_free);
  else
    ls_environment_post (follower->environment, follower->loaders[loader].queue, load_cb, job,
                         load_job_free);
}

static void
tell (LsTurn  *turn,
      LsSlot  *slot,
      gpointer update)
{
  const LsFollowed *kind = slot->current != NULL ? slot->current : slot->loading;
  LsFollowedUpdate told = {
    .id = slot->id,
    .klass = kind->klass,
    .generation = kind->generation,
    .update = update,
    .is_stale = slot->is_stale,
    .is_partial = kind->is_partial,
  };

  g_array_append_val (turn->publication->updates, told);
}

/* Lets a loader read @fresh; what is shown goes on until it is there. */
static void
begin_load (LsTurn     *turn,
            LsSlot     *slot,
            LsFollowed *fresh)
{
  if (slot->loading != NULL)
    ls_followed_cancel (slot->loading);
  g_clear_pointer (&slot->loading, ls_followed_unref);
  slot->loading = fresh;
  post_load (turn->follower, slot, 0);
}

static LsSlot *
find_slot (LsFollower *follower,
           uint64_t    id,
           unsigned   *ret_place)
{
  for (unsigned i = 0; i < follower->slots->len; i++)
    {
      LsSlot *slot = g_ptr_array_index (follower->slots, i);

      if (slot->id == id)
        {
          if (ret_place != NULL)
            *ret_place = i;
          return slot;
        }
    }
  return NULL;
}

/* Gathers what commits after @after did to the rows of a collection: one change a row. */
GArray *
ls_coalesce_changes (GPtrArray          *commits,
                     int64_t             after,
                     const char         *shop,
                     const LsCollection *collection,
                     bool               *ret_reloaded)
{
  GArray *changes = g_array_new (FALSE, FALSE, sizeof (LsRowChange));
  g_autoptr (GHashTable) by_id = g_hash_table_new (g_int64_hash, g_int64_equal);

  *ret_reloaded = false;
  for (unsigned i = 0; i < commits->len; i++)
    {
      const LsCacheCommit *commit = g_ptr_array_index (commits, i);

      if (commit->sequence <= after || !g_str_equal (commit->shop, shop))
        continue;
      *ret_reloaded |= (commit->reloaded & (UINT32_C (1) << collection->id)) != 0;
      for (unsigned j = LS_FAULT (SHOWN_IN_PARTS) && commit->changes->len > 1; j < commit->changes->len;
           j++)
        {
          const LsRowChange *change = &g_array_index (commit->changes, LsRowChange, j);
          unsigned place = GPOINTER_TO_UINT (g_hash_table_lookup (by_id, &change->id));

          if (change->collection != collection)
            continue;
          if (place > 0)
            g_array_index (changes, LsRowChange, place - 1).after = change->after;
          else
            {
              g_array_append_val (changes, *change);
              g_hash_table_insert (by_id, (gpointer) &change->id, GUINT_TO_POINTER (changes->len));
            }
        }
    }
  return changes;
}

static GArray *
changes_for (LsTurn           *turn,
             const LsFollowed *followed,
             bool             *ret_reloaded)
{
  char *name = g_strdup_printf ("%s %s", followed->collection->name, followed->shop);
  GArray *changes = g_hash_table_lookup (turn->changes, name);

  *ret_reloaded = false;
  for (unsigned i = 0; i < turn->commits->len; i++)
    {
      const LsCacheCommit *commit = g_ptr_array_index (turn->commits, i);

      if (g_str_equal (commit->shop, followed->shop))
        *ret_reloaded |= (commit->reloaded & (UINT32_C (1) << followed->collection->id)) != 0;
    }
  if (changes != NULL)
    {
      g_free (name);
      return changes;
    }
  changes = ls_coalesce_changes (turn->commits, turn->follower->sequence, followed->shop,
                                 followed->collection, ret_reloaded);
  g_hash_table_insert (turn->changes, name, changes);
  return changes;
}

/* Puts what is loaded, and stands at the snapshot, in the place of what was shown. */
static void
adopt (LsTurn     *turn,
       LsSlot     *slot,
       LsFollowed *fresh)
{
  g_autoptr (LsFollowed) before = slot->current;
  gpointer update = fresh->klass->make_update (fresh, before);

  slot->current = fresh;
  slot->at = turn->sequence;
  slot->is_stale = false;
  tell (turn, slot, update);
}

static LsFollowed *
renew (LsFollowed *followed)
{
  LsFollowed *fresh = followed->klass->renew (followed);

  fresh->generation = followed->generation;
  return fresh;
}

static void
take_loaded (LsTurn    *turn,
             LsRequest *request)
{
  LsFollower *follower = turn->follower;
  LsSlot *slot = find_slot (follower, request->id, NULL);
  LsFollowed *fresh = request->followed;
  g_autoptr (GArray) changes = NULL;
  bool reloaded;

  follower->loaders[request->loader].n_loads--;
  if (slot == NULL || slot->loading != fresh)
    return;
  slot->has_failed = request->failure != NULL;
  if (request->failure != NULL)
    {
      turn->has_failed = true;
      ls_follower_note_read (follower, request->failure);
      post_load (follower, slot, RETRY_DELAY);
      return;
    }
  changes = ls_coalesce_changes (follower->history, request->sequence, fresh->shop,
                                 fresh->collection, &reloaded);
  if (reloaded || !fresh->klass->advance (fresh, follower->reader, changes))
    {
      begin_load (turn, slot, renew (fresh));
      return;
    }
  adopt (turn, slot, g_steal_pointer (&slot->loading));
}

static void
retry_row (LsFollower        *follower,
           const LsWantedRow *row)
{
  LsRequest *request = g_new0 (LsRequest, 1);

  request->kind = LS_REQUEST_WANT;
  request->wanted = g_array_new (FALSE, FALSE, sizeof (LsWantedRow));
  g_array_append_val (request->wanted, *row);
  g_mutex_lock (&follower->lock);
  g_queue_push_tail (&follower->requests, request);
  g_mutex_unlock (&follower->lock);
}

static void
read_row (LsTurn            *turn,
          uint64_t           token,
          const LsWantedRow *row)
{
  LsLoadedRow loaded = { .token = token, .row = *row };
  g_autoptr (GError) error = NULL;

  if (row->id == 0 ||
      ls_cache_reader_get_row (turn->follower->reader, row->shop, row->collection, row->id,
                               &loaded.record, &loaded.pending, &error))
    {
      g_array_append_val (turn->publication->rows, loaded);
      return;
    }
  turn->has_failed = true;
  ls_follower_note_read (turn->follower, error);
  if (token == 0)
    {
      retry_row (turn->follower, row);
      return;
    }
  /* Who looks for a row is told; nothing is known of it. */
  loaded.row.id = 0;
  loaded.failure = g_steal_pointer (&error);
  g_array_append_val (turn->publication->rows, loaded);
}

static void
find_row (LsTurn    *turn,
          LsRequest *request)
{
  LsWantedRow row = { request->shop, request->collection, 0 };
  LsLoadedRow loaded = { .token = request->id, .row = row };

  if (ls_cache_reader_find_row (turn->follower->reader, request->shop, request->collection,
                                request->key, &row.id, &loaded.failure))
    read_row (turn, request->id, &row);
  else
    g_array_append_val (turn->publication->rows, loaded);
}

/* What comes to the screen for the first time begins with what is seen of it, with the values of its
 * rows: a list stands there two turns after it was asked for, however long it is. */
static void
show_first (LsTurn     *turn,
            LsSlot     *slot,
            LsFollowed *wanted)
{
  LsFollowed *first = wanted->klass->make_first != NULL ? wanted->klass->make_first (wanted) : NULL;
  const LsIdSequence *ids;

  if (first == NULL)
    return;
  first->generation = wanted->generation;
  if (!first->klass->load (first, turn->follower->reader, NULL))
    {
      ls_followed_unref (first);
      return;
    }
  adopt (turn, slot, first);
  ids = first->klass->get_ids (first);
  g_array_index (turn->publication->updates, LsFollowedUpdate, turn->publication->updates->len - 1)
      .n_read = ls_id_sequence_get_length (ids);
  for (unsigned i = 0; i < ls_id_sequence_get_length (ids); i++)
    {
      LsWantedRow row = { g_intern_string (first->shop), first->collection,
                          ls_id_sequence_get (ids, i)->id };

      read_row (turn, 0, &row);
    }
}

/* Whether something else is already asked for in the place of what @request asks for. */
static bool
is_outdated (LsFollower      *follower,
             const LsRequest *request)
{
  for (const GList *link = follower->todo.head; link != NULL; link = link->next)
    {
      const LsRequest *later = link->data;

      if (later->id == request->id &&
          (later->kind == LS_REQUEST_FOLLOW || later->kind == LS_REQUEST_FORGET))
        return true;
    }
  return false;
}

static void
follow (LsTurn    *turn,
        LsRequest *request)
{
  LsSlot *slot = find_slot (turn->follower, request->id, NULL);
  g_autoptr (LsFollowed) wanted = g_steal_pointer (&request->followed);

  if (is_outdated (turn->follower, request))
    return;
  if (slot == NULL)
    {
      slot = g_new0 (LsSlot, 1);
      slot->id = request->id;
      g_ptr_array_add (turn->follower->slots, slot);
    }
  if (slot->current == NULL && slot->loading == NULL)
    show_first (turn, slot, wanted);
  /* A short list is whole already. */
  if (slot->current == NULL || slot->current->is_partial ||
      slot->current->generation != wanted->generation)
    begin_load (turn, slot, g_steal_pointer (&wanted));
}

void
ls_turn_handle_request (LsTurn    *turn,
                        LsRequest *request)
{
  unsigned place;

  switch (request->kind)
    {
    case LS_REQUEST_FOLLOW:
      follow (turn, request);
      break;
    case LS_REQUEST_FORGET:
      if (find_slot (turn->follower, request->id, &place) != NULL)
        g_ptr_array_remove_index (turn->follower->slots, place);
      break;
    case LS_REQUEST_WANT:
      for (unsigned i = 0; i < request->wanted->len; i++)
        read_row (turn, 0, &g_array_index (request->wanted, LsWantedRow, i));
      break;
    case LS_REQUEST_FIND:
      find_row (turn, request);
      break;
    case LS_REQUEST_LOADED:
    default:
      take_loaded (turn, request);
    }
}

/* Reads what is shown anew: at once when it is small, else beside the turns. */
static void
reload (LsTurn *turn,
        LsSlot *slot)
{
  g_autoptr (LsFollowed) fresh = renew (slot->current);

  if (slot->current->klass->get_size (slot->current) <= MAX_ROWS_IN_TURN)
    {
      fresh->max_rows = MAX_ROWS_IN_TURN;
      if (fresh->klass->load (fresh, turn->follower->reader, NULL) &&
          !ls_followed_is_cancelled (fresh))
        {
          adopt (turn, slot, g_steal_pointer (&fresh));
          return;
        }
    }
  slot->is_stale = true;
  tell (turn, slot, NULL);
  if (slot->loading == NULL)
    begin_load (turn, slot, renew (slot->current));
}

/* Brings what is shown from the snapshot before to this one. */
void
ls_turn_advance (LsTurn *turn,
                 LsSlot *slot)
{
  LsFollowed *current = slot->current;
  GArray *changes;
  gpointer update;
  bool reloaded;

  if (current == NULL || slot->is_stale || slot->at == turn->sequence)
    return;
  changes = changes_for (turn, current, &reloaded);
  slot->at = turn->sequence;
  if (!reloaded && changes->len == 0)
    return;
  if (reloaded || changes->len > MAX_CHANGES ||
      !current->klass->advance (current, turn->follower->reader, changes))
    {
      reload (turn, slot);
      return;
    }
  update = current->klass->make_update (current, NULL);
  if (update != NULL)
    tell (turn, slot, update);
}
