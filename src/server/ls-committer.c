/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-committer"

#include "config.h"

#include "server/ls-committer.h"

#include "core/ls-error.h"
#include "server/ls-committer-private.h"

/**
 * LsCommitter:
 *
 * The one door to the log. Mutations queue up per shop; whatever queued during the last commit goes
 * into the next transaction, of one shop, so that a busy server commits large groups and a quiet
 * one each mutation at once, without a timer. Shops take turns.
 *
 * A state machine on the queue %LS_COMMITTER_QUEUE:
 *
 * idle --submit--> beginning --begun--> (decides all) --> committing --ok------> tells listener,
 * then |  ^                                   |    |               submitters --> idle busy |
 * failed unknown v  |                                   |    v pause              temporary errors
 * <---'  reads back: as ok, or as failed
 *
 * Nothing is told before the commit is durable. After a failure in the middle of a group each of
 * its mutations is tried alone once, so that one the storage can't take does not fail its
 * neighbours.
 */

/* The bound of the queue, over all shops. */
#define MAX_QUEUED 8192
/* Mutations in one transaction: enough that the cost of a sync is shared, few enough to stay below
 * 50 ms. */
#define MAX_GROUP 256
#define BUSY_PAUSE (20 * 1000)
#define MAX_READ_BACKS 3
/* Versions between two checkpoints of the digests. */
#define CHECKPOINT_VERSIONS 20000

typedef struct {
  char *shop;
  GQueue pending; /* LsEntry */
  bool queued;    /* stands in LsCommitter.turns */
  LsShopDigests *digests;
  int64_t checkpointed;
} ShopState;

typedef enum {
  STATE_IDLE,
  STATE_BEGINNING,
  STATE_COMMITTING,
  STATE_READING_BACK,
} State;

struct _LsCommitter {
  GObject parent_instance;

  LsEnvironment *environment;
  LsStorage *storage;
  LsQueue *queue;

  GMutex lock; /* of what submitters touch */
  GHashTable *shops;
  GQueue turns; /* ShopState with pending entries, in the order of their turns */
  unsigned n_queued;
  bool scheduled;
  bool draining;

  /* On the queue only */
  State state;
  LsGroup *group;
  ShopState *current;
  unsigned n_read_backs;
  LsCommitFunc listener;
  gpointer listener_data;
  LsJobFunc drained;
  gpointer drained_data;
};

G_DEFINE_FINAL_TYPE (LsCommitter, ls_committer, G_TYPE_OBJECT)

static void begin_group (LsCommitter *self);
static void schedule    (LsCommitter *self,
                         int64_t      delay);

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
ls_group_new (const char *shop)
{
  LsGroup *group = g_new0 (LsGroup, 1);

  group->shop = g_strdup (shop);
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
void
ls_group_reset (LsGroup *group)
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
shop_state_free (gpointer data)
{
  ShopState *state = data;

  g_queue_clear_full (&state->pending, (GDestroyNotify) ls_entry_free);
  ls_shop_digests_free (state->digests);
  g_free (state->shop);
  g_free (state);
}

/* Called with the lock held. */
static ShopState *
shop_state (LsCommitter *self,
            const char  *shop)
{
  ShopState *state = g_hash_table_lookup (self->shops, shop);

  if (state == NULL)
    {
      state = g_new0 (ShopState, 1);
      state->shop = g_strdup (shop);
      g_queue_init (&state->pending);
      state->digests = ls_shop_digests_new ();
      g_hash_table_insert (self->shops, state->shop, state);
    }
  return state;
}

/* Called with the lock held. */
static void
take_turn (LsCommitter *self,
           ShopState   *state)
{
  if (state->queued || g_queue_is_empty (&state->pending))
    return;
  state->queued = true;
  g_queue_push_tail (&self->turns, state);
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

  self->current = NULL;
  self->state = STATE_IDLE;
  for (unsigned i = 0; i < group->entries->len; i++)
    tell_entry (g_ptr_array_index (group->entries, i));
  g_mutex_lock (&self->lock);
  self->n_queued -= group->entries->len;
  g_mutex_unlock (&self->lock);
  schedule (self, 0);
}

/* Nothing of the group happened, and it may be sent again. */
static void
fail_group (LsCommitter  *self,
            const GError *error)
{
  bool ours = error->domain == LS_ERROR;

  ls_group_reset (self->group);
  for (unsigned i = 0; i < self->group->entries->len; i++)
    {
      LsEntry *entry = g_ptr_array_index (self->group->entries, i);

      entry->error = ours ? g_error_copy (error)
                          : g_error_new (LS_ERROR, ls_error_code_of (error), "%s", error->message);
    }
  end_group (self);
}

/* Puts the group's entries back, in their order, before those that came later. */
static void
return_entries (LsCommitter *self,
                bool         alone)
{
  g_autoptr (LsGroup) group = g_steal_pointer (&self->group);
  ShopState *state = g_steal_pointer (&self->current);

  ls_group_reset (group);
  g_mutex_lock (&self->lock);
  for (unsigned i = group->entries->len; i > 0; i--)
    {
      LsEntry *entry = g_ptr_array_index (group->entries, i - 1);

      entry->alone = entry->alone || alone;
      g_queue_push_head (&state->pending, entry);
    }
  g_ptr_array_set_free_func (group->entries, NULL);
  take_turn (self, state);
  g_mutex_unlock (&self->lock);
  self->state = STATE_IDLE;
}

static void
publish_group (LsCommitter *self)
{
  LsGroup *group = self->group;
  LsCommitGroup told = { group->shop, group->before.version, group->before, group->versions };

  if (group->versions->len > 0)
    {
      const LsVersion *last = g_ptr_array_index (group->versions, group->versions->len - 1);

      told.position.version = last->version;
      told.position.check = last->check;
    }
  ls_shop_digests_begin_follow (self->current->digests);
  for (unsigned i = 0; i < group->drafts->len; i++)
    {
      LsDraft *draft = g_ptr_array_index (group->drafts, i);

      for (unsigned row = 0; row < ls_draft_get_n_rows (draft); row++)
        {
          LsDraftRow images = ls_draft_get_row (draft, row);

          ls_shop_digests_follow (self->current->digests, images.before, images.after);
        }
    }
  ls_shop_digests_end_follow (self->current->digests, &told.position);
  if (self->listener != NULL)
    self->listener (&told, self->listener_data);
  end_group (self);
}

/* Whether the transaction whose end is not known is there: the decision of any of its mutations is.
 */
static bool
is_committed (LsGroup      *group,
              LsStorageTx  *tx,
              bool         *ret_committed,
              GError      **error)
{
  int64_t version = ls_storage_tx_get_shop (tx)->position.version;

  *ret_committed = group->versions->len > 0 && version > group->before.version;
  for (unsigned i = 0; i < group->entries->len && !*ret_committed; i++)
    {
      LsEntry *entry = g_ptr_array_index (group->entries, i);
      g_autoptr (LsDecision) found = NULL;
      g_autoptr (GError) local = NULL;

      if (!entry->recorded)
        continue;
      found =
          ls_storage_tx_find_decision (tx, entry->mutation->client, entry->mutation->mid, &local);
      if (local != NULL)
        {
          g_propagate_error (error, g_steal_pointer (&local));
          return false;
        }
      *ret_committed = found != NULL;
      break;
    }
  return true;
}

static void read_back (gpointer data);

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
      bool known = is_committed (self->group, tx, &committed, &error);

      ls_storage_rollback (self->storage, tx);
      if (known && committed)
        publish_group (self);
      else if (known)
        {
          g_set_error_literal (&error, LS_ERROR, LS_ERROR_STORAGE, "the disk did not take it");
          fail_group (self, error);
        }
      if (known)
        return;
      begin_error = error;
    }
  if (++self->n_read_backs >= MAX_READ_BACKS)
    fail_group (self, begin_error);
  else
    ls_environment_post_after (self->environment, self->queue, BUSY_PAUSE, read_back,
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
      self->state = STATE_READING_BACK;
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
  ls_storage_rollback (self->storage, tx);
  if (self->group->entries->len == 1)
    {
      fail_group (self, error);
      return;
    }
  g_debug ("A group of %u failed, trying each alone: %s", self->group->entries->len,
           error->message);
  return_entries (self, true);
  schedule (self, 0);
}

static bool
load_digests (LsCommitter  *self,
              ShopState    *state,
              GError      **error)
{
  LsPosition position;
  int64_t version = 0;
  g_autoptr (GBytes) checkpoint = NULL;

  if (ls_shop_digests_get_position (state->digests, &position))
    return true;
  checkpoint = ls_storage_load_digests (self->storage, state->shop, &version, NULL);
  state->checkpointed = checkpoint != NULL ? version : 0;
  return ls_shop_digests_load (state->digests, self->storage, state->shop, error);
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
      return_entries (self, false);
      schedule (self, BUSY_PAUSE);
      return;
    }
  if (outcome != LS_STORAGE_OK)
    {
      fail_group (self, begin_error);
      return;
    }
  group->before = ls_storage_tx_get_shop (tx)->position;
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
  self->state = STATE_COMMITTING;
  ls_storage_commit (self->storage, tx, committed_cb, self);
}

/* Takes the next shop's turn: what queued for it, up to a bound. */
static bool
take_group (LsCommitter *self)
{
  ShopState *state;

  g_mutex_lock (&self->lock);
  state = g_queue_pop_head (&self->turns);
  if (state != NULL)
    {
      self->current = state;
      self->group = ls_group_new (state->shop);
      state->queued = false;
      while (self->group->entries->len < MAX_GROUP && !g_queue_is_empty (&state->pending))
        {
          LsEntry *entry = g_queue_peek_head (&state->pending);

          if (entry->alone && self->group->entries->len > 0)
            break;
          g_ptr_array_add (self->group->entries, g_queue_pop_head (&state->pending));
          if (entry->alone)
            break;
        }
      take_turn (self, state);
    }
  g_mutex_unlock (&self->lock);
  return state != NULL;
}

static void
checkpoint_committed_cb (LsStorageOutcome  outcome,
                         const GError     *error,
                         gpointer          user_data)
{
  LsCommitter *self = user_data;
  LsPosition position;

  if (outcome == LS_STORAGE_OK && ls_shop_digests_get_position (self->current->digests, &position))
    self->current->checkpointed = position.version;
  else
    g_debug ("The digests of %s were not checkpointed: %s", self->current->shop, error->message);
  self->current = NULL;
  self->state = STATE_IDLE;
  schedule (self, 0);
}

static void
checkpoint_begun_cb (LsStorageOutcome  outcome,
                     LsStorageTx      *tx,
                     const GError     *begin_error,
                     gpointer          user_data)
{
  LsCommitter *self = user_data;
  g_autoptr (GBytes) digests = NULL;
  g_autoptr (GError) error = NULL;
  LsPosition position;

  if (outcome != LS_STORAGE_OK)
    {
      /* It is a help for the next start, no more. */
      self->current->checkpointed = INT64_MAX;
      self->current = NULL;
      self->state = STATE_IDLE;
      schedule (self, 0);
      return;
    }
  ls_shop_digests_get_position (self->current->digests, &position);
  digests = ls_shop_digests_serialize (self->current->digests);
  if (!ls_position_equal (&position, &ls_storage_tx_get_shop (tx)->position) ||
      !ls_storage_tx_save_digests (tx, digests, &error))
    {
      ls_storage_rollback (self->storage, tx);
      self->current->checkpointed = INT64_MAX;
      self->current = NULL;
      self->state = STATE_IDLE;
      schedule (self, 0);
      return;
    }
  self->state = STATE_COMMITTING;
  ls_storage_commit (self->storage, tx, checkpoint_committed_cb, self);
}

/* A shop whose digests were not checkpointed for long, or at all when the end comes. */
static ShopState *
find_uncheckpointed (LsCommitter *self)
{
  int64_t patience = self->draining ? 0 : CHECKPOINT_VERSIONS;
  ShopState *found = NULL;
  GHashTableIter iter;
  gpointer data;

  g_mutex_lock (&self->lock);
  g_hash_table_iter_init (&iter, self->shops);
  while (g_hash_table_iter_next (&iter, NULL, &data))
    {
      ShopState *state = data;
      LsPosition position;

      if (ls_shop_digests_get_position (state->digests, &position) &&
          position.version > state->checkpointed &&
          position.version - state->checkpointed > patience &&
          (found == NULL || g_strcmp0 (state->shop, found->shop) < 0))
        found = state;
    }
  g_mutex_unlock (&self->lock);
  return found;
}

static void
begin_group (LsCommitter *self)
{
  g_autoptr (GError) error = NULL;
  ShopState *stale;

  if (take_group (self))
    {
      self->state = STATE_BEGINNING;
      if (load_digests (self, self->current, &error))
        ls_storage_begin (self->storage, self->group->shop, begun_cb, self);
      else
        fail_group (self, error);
      return;
    }
  stale = find_uncheckpointed (self);
  if (stale != NULL)
    {
      self->current = stale;
      self->state = STATE_BEGINNING;
      ls_storage_begin (self->storage, stale->shop, checkpoint_begun_cb, self);
    }
  else if (self->drained != NULL)
    {
      LsJobFunc drained = g_steal_pointer (&self->drained);

      drained (self->drained_data);
    }
}

static void
run_cb (gpointer data)
{
  LsCommitter *self = data;

  g_mutex_lock (&self->lock);
  self->scheduled = false;
  g_mutex_unlock (&self->lock);
  if (self->state == STATE_IDLE)
    begin_group (self);
}

/* Has the next group begun, once, after @delay. */
static void
schedule (LsCommitter *self,
          int64_t      delay)
{
  bool needed;

  g_mutex_lock (&self->lock);
  needed = !self->scheduled;
  self->scheduled = true;
  g_mutex_unlock (&self->lock);
  if (!needed)
    return;
  if (delay > 0)
    ls_environment_post_after (self->environment, self->queue, delay, run_cb, g_object_ref (self),
                               g_object_unref);
  else
    ls_environment_post (self->environment, self->queue, run_cb, g_object_ref (self),
                         g_object_unref);
}

static void
ls_committer_finalize (GObject *object)
{
  LsCommitter *self = LS_COMMITTER (object);

  g_clear_pointer (&self->group, ls_group_free);
  g_queue_clear (&self->turns);
  g_hash_table_unref (self->shops);
  g_clear_object (&self->storage);
  g_clear_object (&self->environment);
  g_mutex_clear (&self->lock);

  G_OBJECT_CLASS (ls_committer_parent_class)->finalize (object);
}

static void
ls_committer_class_init (LsCommitterClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ls_committer_finalize;
}

static void
ls_committer_init (LsCommitter *self)
{
  g_mutex_init (&self->lock);
  g_queue_init (&self->turns);
  self->shops = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, shop_state_free);
}

/**
 * ls_committer_new:
 * @environment: clock and executor
 * @storage: where it commits to; nobody else may
 *
 * Returns: (transfer full): a committer with nothing to do
 */
LsCommitter *
ls_committer_new (LsEnvironment *environment,
                  LsStorage     *storage)
{
  LsCommitter *self = g_object_new (LS_TYPE_COMMITTER, NULL);

  self->environment = g_object_ref (environment);
  self->storage = g_object_ref (storage);
  self->queue = ls_environment_get_queue (environment, LS_COMMITTER_QUEUE);
  return self;
}

/**
 * ls_committer_set_listener:
 * @self: a committer that nothing was submitted to yet
 * @func: (nullable): told of each commit
 * @user_data: for @func
 *
 * Sets who fans out.
 */
void
ls_committer_set_listener (LsCommitter  *self,
                           LsCommitFunc  func,
                           gpointer      user_data)
{
  self->listener = func;
  self->listener_data = user_data;
}

/**
 * ls_committer_submit:
 * @self: a committer
 * @mutation: (transfer none): what shall happen
 * @func: (nullable): told how it ended, on the committer's queue
 * @user_data: for @func
 * @destroy: (nullable): frees @user_data, also when the committer ends first
 * @error: where to put why it was not taken: %LS_ERROR_RATE_LIMIT when too many wait, or the
 *   committer is being drained; @func is then not called, @destroy is
 *
 * Queues a mutation. From any thread; those of one thread for one shop are decided in order.
 *
 * Returns: whether it was taken
 */
bool
ls_committer_submit (LsCommitter     *self,
                     LsMutation      *mutation,
                     LsDecidedFunc    func,
                     gpointer         user_data,
                     GDestroyNotify   destroy,
                     GError         **error)
{
  LsEntry *entry;
  bool taken;

  g_return_val_if_fail (mutation->client == NULL || mutation->mid != NULL, false);
  g_return_val_if_fail (
      mutation->changes != NULL || mutation->is_void || mutation->body_error != NULL, false);

  entry = g_new0 (LsEntry, 1);
  entry->mutation = ls_mutation_ref (mutation);
  entry->func = func;
  entry->user_data = user_data;
  entry->destroy = destroy;
  g_mutex_lock (&self->lock);
  taken = self->n_queued < MAX_QUEUED && !self->draining;
  if (taken)
    {
      ShopState *state = shop_state (self, mutation->shop);

      self->n_queued++;
      g_queue_push_tail (&state->pending, entry);
      take_turn (self, state);
    }
  g_mutex_unlock (&self->lock);
  if (taken)
    schedule (self, 0);
  else
    {
      ls_entry_free (entry);
      g_set_error (error, LS_ERROR, LS_ERROR_RATE_LIMIT, "%s",
                   self->draining ? "the server is being stopped"
                                  : "too many edits wait to be written");
    }
  return taken;
}

typedef struct {
  LsCommitter *self;
  ShopState *state;
} Load;

static void
load_free (gpointer data)
{
  Load *load = data;

  g_object_unref (load->self);
  g_free (load);
}

static void
load_cb (gpointer data)
{
  Load *load = data;
  g_autoptr (GError) error = NULL;

  if (load->self->state == STATE_IDLE && !load_digests (load->self, load->state, &error))
    g_debug ("The digests of %s can't be had: %s", load->state->shop, error->message);
}

/* Has the digests of a shop loaded that nobody has written to yet. */
static void
ask_for_digests (LsCommitter *self,
                 ShopState   *state)
{
  Load load = { g_object_ref (self), state };

  ls_environment_post (self->environment, self->queue, load_cb, g_memdup2 (&load, sizeof load),
                       load_free);
}

static ShopState *
find_shop (LsCommitter *self,
           const char  *shop)
{
  ShopState *state;

  g_mutex_lock (&self->lock);
  state = shop_state (self, shop);
  g_mutex_unlock (&self->lock);
  return state;
}

/**
 * ls_committer_get_digest:
 * @self: a committer
 * @shop: an existing shop
 * @view: seen through which view
 * @ret_position: (out): where the digests are
 * @ret_sums: (out): a sum for each collection, zero for those that @view has not
 *
 * Tells the digests at the newest version. On the committer's queue, from the listener, that is the
 * group's position. From any thread. O(buckets × fields).
 *
 * Returns: whether they are there; if not, they are being loaded, to be asked for later
 */
bool
ls_committer_get_digest (LsCommitter  *self,
                         const char   *shop,
                         const LsView *view,
                         LsPosition   *ret_position,
                         LsDigestSum   ret_sums[LS_N_COLLECTIONS])
{
  ShopState *state = find_shop (self, shop);

  if (ls_shop_digests_get_sums (state->digests, view, ret_position, ret_sums))
    return true;
  ask_for_digests (self, state);
  return false;
}

/**
 * ls_committer_copy_digest:
 * @self: a committer
 * @shop: an existing shop
 * @collection: of which collection
 * @ret_position: (out): where it is
 *
 * Copies the digest of one collection, to look at its buckets. From any thread.
 *
 * Returns: (transfer full) (nullable): the digest, or %NULL while it is being loaded
 */
LsDigest *
ls_committer_copy_digest (LsCommitter        *self,
                          const char         *shop,
                          const LsCollection *collection,
                          LsPosition         *ret_position)
{
  ShopState *state = find_shop (self, shop);
  LsDigest *copy = ls_shop_digests_copy (state->digests, collection, ret_position);

  if (copy == NULL)
    ask_for_digests (self, state);
  return copy;
}

typedef struct {
  LsCommitter *self;
  LsJobFunc func;
  gpointer user_data;
} Drain;

static void
drain_free (gpointer data)
{
  Drain *drain = data;

  g_object_unref (drain->self);
  g_free (drain);
}

static void
drain_cb (gpointer data)
{
  Drain *drain = data;

  drain->self->drained = drain->func;
  drain->self->drained_data = drain->user_data;
  schedule (drain->self, 0);
}

/**
 * ls_committer_drain:
 * @self: a committer
 * @func: told on the committer's queue when all is done
 * @user_data: for @func
 *
 * Takes nothing more, decides what has queued, checkpoints the digests, then calls @func. From any
 * thread, once.
 */
void
ls_committer_drain (LsCommitter *self,
                    LsJobFunc    func,
                    gpointer     user_data)
{
  Drain drain = { g_object_ref (self), func, user_data };

  g_mutex_lock (&self->lock);
  self->draining = true;
  g_mutex_unlock (&self->lock);
  ls_environment_post (self->environment, self->queue, drain_cb, g_memdup2 (&drain, sizeof drain),
                       drain_free);
}
