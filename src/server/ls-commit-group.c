/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-committer"

#include "config.h"

#include "server/ls-committer-private.h"

#include "core/ls-error.h"
#include "core/ls-fault.h"

/*
 * One group from its turn to its end: begun, decided, committed, told. ls-committer.c has the
 * states.
 *
 * Nothing is told before the commit is durable. After a failure in the middle of a group each of
 * its mutations is tried alone once, so that one the storage can't take does not fail its
 * neighbours.
 */

/* Mutations in one transaction: enough that the cost of a sync is shared, few enough to stay below
 * 50 ms. */
#define MAX_GROUP 256
/* Between the half of it and it, by chance: so that two nodes do not meet again and again. */
#define BUSY_PAUSE (40 * 1000)
#define MAX_READ_BACKS 3

static void read_back (gpointer data);

static int64_t
busy_pause (LsCommitter *self)
{
  return BUSY_PAUSE / 2 + (int64_t) (ls_environment_random (self->environment) % (BUSY_PAUSE / 2));
}

void
ls_entry_free (LsEntry *entry)
{
  if (entry->destroy != NULL)
    entry->destroy (entry->user_data);
  g_clear_pointer (&entry->decision, ls_decision_free);
  g_clear_error (&entry->error);
  ls_mutation_unref (entry->mutation);
  g_free (entry);
}

LsGroup *
ls_group_new (const char *shop,
              LsZones    *zones,
              LsRowCache *cache)
{
  LsGroup *group = g_new0 (LsGroup, 1);

  group->shop = g_strdup (shop);
  group->zones = zones;
  group->cache = cache;
  group->entries = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_entry_free);
  group->versions = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_version_unref);
  group->drafts = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_draft_free);
  return group;
}

void
ls_group_free (LsGroup *group)
{
  g_ptr_array_unref (group->drafts);
  g_ptr_array_unref (group->versions);
  g_ptr_array_unref (group->entries);
  g_free (group->shop);
  g_free (group);
}

/* Forgets what was decided in a transaction that was rolled back. */
static void
group_reset (LsGroup *group)
{
  g_ptr_array_set_size (group->drafts, 0);
  g_ptr_array_set_size (group->versions, 0);
  group->wrote = false;
  for (unsigned i = 0; i < group->entries->len; i++)
    {
      LsEntry *entry = g_ptr_array_index (group->entries, i);

      g_clear_pointer (&entry->decision, ls_decision_free);
      g_clear_error (&entry->error);
      entry->recorded = false;
      entry->expected_n = 0;
    }
}

static void
tell_entry (LsEntry *entry)
{
  if (entry->func != NULL)
    entry->func (entry->mutation, entry->decision, entry->error, entry->expected_n,
                 entry->user_data);
}

/* Ends the group: its submitters hear how it went, and the next one may begin. */
static void
end_group (LsCommitter *self)
{
  g_autoptr (LsGroup) group = g_steal_pointer (&self->group);

  LsShopState *state = g_steal_pointer (&self->current);

  self->state = LS_COMMITTER_IDLE;
  ls_committer_look_after (self, state);
  ls_scrub_end_wait (self, state);
  for (unsigned i = 0; i < group->entries->len; i++)
    tell_entry (g_ptr_array_index (group->entries, i));
  g_mutex_lock (&self->lock);
  self->n_queued -= group->entries->len;
  g_mutex_unlock (&self->lock);
  ls_committer_schedule (self);
}

/* Nothing of the group happened, and it may be sent again. */
static void
fail_group (LsCommitter  *self,
            const GError *error)
{
  bool ours = error->domain == LS_ERROR;

  group_reset (self->group);
  for (unsigned i = 0; i < self->group->entries->len; i++)
    {
      LsEntry *entry = g_ptr_array_index (self->group->entries, i);

      entry->error = ours ? g_error_copy (error)
                          : g_error_new (LS_ERROR, ls_error_code_of (error), "%s", error->message);
    }
  end_group (self);
}

/* Puts the group's entries back, in their order, before those that came later. */
static LsShopState *
return_entries (LsCommitter *self,
                bool         alone)
{
  g_autoptr (LsGroup) group = g_steal_pointer (&self->group);
  LsShopState *state = g_steal_pointer (&self->current);

  group_reset (group);
  g_mutex_lock (&self->lock);
  for (unsigned i = group->entries->len; i > 0; i--)
    {
      LsEntry *entry = g_ptr_array_index (group->entries, i - 1);

      entry->alone = entry->alone || alone;
      g_queue_push_head (&state->pending, entry);
    }
  g_ptr_array_set_free_func (group->entries, NULL);
  g_mutex_unlock (&self->lock);
  self->state = LS_COMMITTER_IDLE;
  return state;
}

typedef struct {
  LsCommitter *self;
  LsShopState *state;
} Pause;

static void
pause_free (gpointer data)
{
  Pause *pause = data;

  g_object_unref (pause->self);
  g_free (pause);
}

static void
resume_cb (gpointer data)
{
  Pause *pause = data;

  g_mutex_lock (&pause->self->lock);
  pause->state->paused = false;
  ls_committer_take_turn (pause->self, pause->state);
  g_mutex_unlock (&pause->self->lock);
  ls_committer_schedule (pause->self);
}

/* Another node holds the shop: it waits a moment, the others go on. */
static void
pause_shop (LsCommitter *self)
{
  Pause pause = { g_object_ref (self), NULL };

  pause.state = return_entries (self, false);
  g_mutex_lock (&self->lock);
  pause.state->paused = true;
  pause.state->behind = true;
  g_mutex_unlock (&self->lock);
  ls_environment_post_after (self->environment, self->queue, busy_pause (self), resume_cb,
                             g_memdup2 (&pause, sizeof pause), pause_free);
  ls_committer_schedule (self);
}

/* Brings the digests to where the group leads. */
static void
follow_group (LsCommitter      *self,
              const LsPosition *position)
{
  LsGroup *group = self->group;

  ls_shop_digests_begin_follow (self->current->digests);
  for (unsigned i = 0; i < group->drafts->len; i++)
    {
      LsDraft *draft = g_ptr_array_index (group->drafts, i);

      for (unsigned row = 0; row < ls_draft_get_n_rows (draft); row++)
        {
          LsDraftRow images = ls_draft_get_row (draft, row);

          if (!LS_FAULT (SERVER_DIGEST_STALE) || images.after != NULL)
            ls_shop_digests_follow (self->current->digests, images.before, images.after);
          if (self->current->scrub != NULL)
            ls_scrub_follow (self->current->scrub, images.before, images.after);
        }
    }
  ls_shop_digests_end_follow (self->current->digests, position);
}

static bool
has_repair (LsGroup *group)
{
  for (unsigned i = 0; i < group->entries->len; i++)
    {
      LsEntry *entry = g_ptr_array_index (group->entries, i);

      if (entry->mutation->flags & LS_MUTATION_REPAIR)
        return true;
    }
  return false;
}

static void
publish_group (LsCommitter *self)
{
  LsGroup *group = self->group;
  LsCommitGroup told = { group->shop, group->before.version, group->before, group->versions, false,
                         0 };

  if (group->versions->len > 0)
    {
      const LsVersion *last = g_ptr_array_index (group->versions, group->versions->len - 1);

      told.position.version = last->version;
      told.position.check = last->check;
    }
  ls_row_cache_leave (group->cache, &told.position);
  ls_committer_set_told (self, self->current, &told.position);
  follow_group (self, &told.position);
  if (has_repair (group))
    ls_committer_renew_digests (self, self->current);
  if (self->listener != NULL)
    self->listener (&told, self->listener_data);
  end_group (self);
}

/* Whether the entry's decision, or its n, is there: not that of another node that was sent the same. */
static bool
is_kept (const LsEntry  *entry,
         LsStorageTx    *tx,
         bool           *ret_kept,
         GError        **error)
{
  const LsMutation *mutation = entry->mutation;
  const LsDecision *own = entry->decision;
  g_autoptr (LsDecision) found = NULL;
  g_autoptr (GError) local = NULL;
  int64_t last_n = INT64_MAX;

  *ret_kept = true;
  if (own == NULL)
    return true;
  if (entry->recorded)
    {
      found = ls_storage_tx_find_decision (tx, mutation->client, mutation->mid, &local);
      *ret_kept = found != NULL && found->n == own->n && found->hash == own->hash &&
                  found->status == own->status && found->version == own->version;
    }
  else if (mutation->client != NULL)
    last_n = ls_storage_tx_get_last_n (tx, mutation->client, &local);
  if (local == NULL && last_n < mutation->n)
    *ret_kept = false;
  if (local == NULL)
    return true;
  g_propagate_error (error, g_steal_pointer (&local));
  return false;
}

/* Whether a version is there. Its position alone does not say so: another node may have made the same
 * change in its place. One that the log has lost meanwhile is not: whoever sends its mutation again is
 * told by what is kept under the mid. */
static bool
is_in_log (LsCommitter      *self,
           const LsVersion  *version,
           bool             *ret_found,
           GError          **error)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (GPtrArray) found = ls_storage_read_log (
      self->storage, self->group->shop, version->version - 1, version->version, 0, &local);
  const LsVersion *there;

  *ret_found = false;
  if (found == NULL && !g_error_matches (local, LS_ERROR, LS_ERROR_TOO_OLD))
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return false;
    }
  if (found == NULL || found->len == 0)
    return true;
  there = g_ptr_array_index (found, 0);
  *ret_found = there->check == version->check && there->at == version->at &&
               there->n == version->n && g_strcmp0 (there->mid, version->mid) == 0 &&
               g_strcmp0 (there->client, version->client) == 0 &&
               g_strcmp0 (there->actor, version->actor) == 0;
  return true;
}

/* Whether the transaction whose end is not known is there: its last version is, or when it made none,
 * all that it decided. */
static bool
is_committed (LsCommitter  *self,
              LsStorageTx  *tx,
              bool         *ret_committed,
              GError      **error)
{
  LsGroup *group = self->group;

  if (LS_FAULT (OTHERS_TAKEN_FOR_OWN) && group->versions->len > 0)
    {
      *ret_committed =
          ls_storage_tx_get_shop (tx)->position.version > group->before.version;
      return true;
    }
  if (group->versions->len > 0)
    return is_in_log (self, g_ptr_array_index (group->versions, group->versions->len - 1),
                      ret_committed, error);
  *ret_committed = true;
  for (unsigned i = 0; i < group->entries->len && *ret_committed; i++)
    if (!is_kept (g_ptr_array_index (group->entries, i), tx, ret_committed, error))
      return false;
  return true;
}

static void
read_back_begun_cb (LsStorageOutcome  outcome,
                    LsStorageTx      *tx,
                    const GError     *begin_error,
                    gpointer          user_data)
{
  LsCommitter *self = user_data;
  g_autoptr (GError) error = NULL;
  bool committed = false;

  if (outcome == LS_STORAGE_OK)
    {
      bool known = is_committed (self, tx, &committed, &error);

      ls_storage_rollback (self->storage, tx);
      if (known && committed)
        publish_group (self);
      else if (known)
        {
          g_set_error_literal (&error, LS_ERROR, LS_ERROR_STORAGE, "the storage does not have it");
          fail_group (self, error);
        }
      if (known)
        return;
      begin_error = error;
    }
  if (++self->n_read_backs >= MAX_READ_BACKS)
    fail_group (self, begin_error);
  else
    ls_environment_post_after (self->environment, self->queue, busy_pause (self), read_back,
                               g_object_ref (self), g_object_unref);
}

static void
read_back (gpointer data)
{
  LsCommitter *self = data;

  ls_storage_begin (self->storage, self->group->shop, read_back_begun_cb, self);
}

static void
committed_cb (LsStorageOutcome  outcome,
              const GError     *error,
              gpointer          user_data)
{
  LsCommitter *self = user_data;

  switch (outcome)
    {
    case LS_STORAGE_OK:
      publish_group (self);
      break;
    case LS_STORAGE_UNKNOWN:
      self->state = LS_COMMITTER_READING_BACK;
      self->n_read_backs = 0;
      read_back (self);
      break;
    case LS_STORAGE_BUSY:
    case LS_STORAGE_FAILED:
    default:
      fail_group (self, error);
      break;
    }
}

/* A statement failed in the middle: the whole transaction is undone. */
static void
fail_in_transaction (LsCommitter  *self,
                     LsStorageTx  *tx,
                     const GError *error)
{
  LsShopState *state;

  ls_storage_rollback (self->storage, tx);
  if (self->group->entries->len == 1)
    {
      fail_group (self, error);
      return;
    }
  g_debug ("A group of %u failed, trying each alone: %s", self->group->entries->len,
           error->message);
  state = return_entries (self, true);
  g_mutex_lock (&self->lock);
  ls_committer_take_turn (self, state);
  g_mutex_unlock (&self->lock);
  ls_committer_schedule (self);
}

static void
begun_cb (LsStorageOutcome  outcome,
          LsStorageTx      *tx,
          const GError     *begin_error,
          gpointer          user_data)
{
  LsCommitter *self = user_data;
  LsGroup *group = self->group;
  g_autoptr (GError) error = NULL;

  if (outcome == LS_STORAGE_BUSY)
    {
      pause_shop (self);
      return;
    }
  if (outcome != LS_STORAGE_OK)
    {
      fail_group (self, begin_error);
      return;
    }
  if (!ls_committer_follow_others (self, tx, &error))
    {
      ls_storage_rollback (self->storage, tx);
      fail_group (self, error);
      return;
    }
  if (group->entries->len == 0)
    {
      ls_scrub_read_followed (self, self->current);
      ls_storage_rollback (self->storage, tx);
      end_group (self);
      return;
    }
  group->before = ls_storage_tx_get_shop (tx)->position;
  ls_row_cache_enter (group->cache, &group->before);
  if (has_repair (group))
    ls_row_cache_clear (group->cache);
  for (unsigned i = 0; i < group->entries->len; i++)
    if (!ls_decide (self->environment, tx, group, g_ptr_array_index (group->entries, i), &error))
      {
        fail_in_transaction (self, tx, error);
        return;
      }
  if (!group->wrote)
    {
      ls_storage_rollback (self->storage, tx);
      publish_group (self);
      return;
    }
  self->state = LS_COMMITTER_COMMITTING;
  for (unsigned i = 0; LS_FAULT (ACK_BEFORE_COMMIT) && i < group->entries->len; i++)
    {
      LsEntry *entry = g_ptr_array_index (group->entries, i);

      tell_entry (entry);
      entry->func = NULL;
      if (entry->destroy != NULL)
        g_steal_pointer (&entry->destroy) (entry->user_data);
    }
  ls_storage_commit (self->storage, tx, committed_cb, self);
}

/* Takes the next shop's turn: what queued for it, up to a bound; nothing, when it only has to follow
 * what others committed. */
static bool
take_group (LsCommitter *self)
{
  LsShopState *state;

  g_mutex_lock (&self->lock);
  state = g_queue_pop_head (&self->turns);
  if (state != NULL)
    {
      self->current = state;
      self->group = ls_group_new (state->shop, self->zones, state->cache);
      state->queued = false;
      state->behind = false;
      while (self->group->entries->len < MAX_GROUP && !g_queue_is_empty (&state->pending))
        {
          LsEntry *entry = g_queue_peek_head (&state->pending);

          if (entry->alone && self->group->entries->len > 0)
            break;
          g_ptr_array_add (self->group->entries, g_queue_pop_head (&state->pending));
          if (entry->alone)
            break;
        }
      ls_committer_take_turn (self, state);
    }
  g_mutex_unlock (&self->lock);
  return state != NULL;
}

/* Takes the next turn. False when nothing waits. */
bool
ls_committer_begin_group (LsCommitter *self)
{
  g_autoptr (GError) error = NULL;

  if (!take_group (self))
    return false;
  self->state = LS_COMMITTER_BEGINNING;
  if (self->group->entries->len == 0 || ls_committer_load_digests (self, self->current, &error))
    ls_storage_begin (self->storage, self->group->shop, begun_cb, self);
  else
    fail_group (self, error);
  return true;
}
