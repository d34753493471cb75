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

G_DEFINE_FINAL_TYPE (LsCommitter, ls_committer, G_TYPE_OBJECT)

static void
shop_state_free (gpointer data)
{
  LsShopState *state = data;

  g_queue_clear_full (&state->pending, (GDestroyNotify) ls_entry_free);
  g_clear_pointer (&state->scrub, ls_scrub_free);
  ls_row_cache_free (state->cache);
  ls_shop_digests_free (state->digests);
  g_free (state->shop);
  g_free (state);
}

/* Called with the lock held. */
static LsShopState *
shop_state (LsCommitter *self,
            const char  *shop)
{
  LsShopState *state = g_hash_table_lookup (self->shops, shop);

  if (state == NULL)
    {
      state = g_new0 (LsShopState, 1);
      state->shop = g_strdup (shop);
      g_queue_init (&state->pending);
      state->digests = ls_shop_digests_new ();
      state->cache = ls_row_cache_new ();
      g_hash_table_insert (self->shops, state->shop, state);
    }
  return state;
}

/* Has a shop wait for its turn, when it has anything to do. Called with the lock held. */
void
ls_committer_take_turn (LsCommitter *self,
                        LsShopState *state)
{
  if (state->queued || state->paused || (g_queue_is_empty (&state->pending) && !state->behind))
    return;
  state->queued = true;
  g_queue_push_tail (&self->turns, state);
}

static void
run_cb (gpointer data)
{
  LsCommitter *self = data;
  bool empty;

  g_mutex_lock (&self->lock);
  self->scheduled = false;
  empty = self->n_queued == 0;
  g_mutex_unlock (&self->lock);
  if (self->state != LS_COMMITTER_IDLE || ls_committer_begin_group (self) ||
      ls_committer_begin_checkpoint (self))
    return;
  if (self->drained != NULL && empty)
    {
      LsJobFunc drained = g_steal_pointer (&self->drained);

      drained (self->drained_data);
    }
}

/* Has the next group begun, once. */
void
ls_committer_schedule (LsCommitter *self)
{
  bool needed;

  g_mutex_lock (&self->lock);
  needed = !self->scheduled;
  self->scheduled = true;
  g_mutex_unlock (&self->lock);
  if (needed)
    ls_environment_post (self->environment, self->queue, run_cb, g_object_ref (self),
                         g_object_unref);
}

static void
ls_committer_finalize (GObject *object)
{
  LsCommitter *self = LS_COMMITTER (object);

  g_clear_pointer (&self->group, ls_group_free);
  ls_zones_free (self->zones);
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
  self->zones = ls_zones_new ();
  self->shops = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, shop_state_free);
}

/**
 * ls_committer_new:
 * @environment: clock and executor
 * @storage: where it commits to; of this process nobody else may, other nodes are followed
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
  ls_committer_listen (self);
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
      LsShopState *state = shop_state (self, mutation->shop);

      self->n_queued++;
      g_queue_push_tail (&state->pending, entry);
      ls_committer_take_turn (self, state);
    }
  g_mutex_unlock (&self->lock);
  if (taken)
    ls_committer_schedule (self);
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
  LsShopState *state;
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

  if (load->self->state == LS_COMMITTER_IDLE &&
      !ls_committer_load_digests (load->self, load->state, &error))
    g_debug ("The digests of %s can't be had: %s", load->state->shop, error->message);
}

/* Has the digests of a shop loaded that nobody has written to yet. */
static void
ask_for_digests (LsCommitter *self,
                 LsShopState *state)
{
  Load load = { g_object_ref (self), state };

  ls_environment_post (self->environment, self->queue, load_cb, g_memdup2 (&load, sizeof load),
                       load_free);
}

LsShopState *
ls_committer_find_shop (LsCommitter *self,
                        const char  *shop)
{
  LsShopState *state;

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
 * @scope: and how much of it
 * @ret_position: (out): where the digests are
 * @ret_sums: (out): a sum for each collection, zero for those that @view or @scope have not
 *
 * Tells the digests at the newest version. On the committer's queue, from the listener, that is the
 * group's position. From any thread. O(buckets × fields).
 *
 * Returns: whether they are there; if not, they are being loaded, to be asked for later
 */
bool
ls_committer_get_digest (LsCommitter   *self,
                         const char    *shop,
                         const LsView  *view,
                         const LsScope *scope,
                         LsPosition    *ret_position,
                         LsDigestSum    ret_sums[LS_N_COLLECTIONS])
{
  LsShopState *state = ls_committer_find_shop (self, shop);

  if (ls_shop_digests_get_sums (state->digests, view, scope, ret_position, ret_sums))
    return true;
  ask_for_digests (self, state);
  return false;
}

/**
 * ls_committer_get_digests:
 * @self: a committer
 * @shop: an existing shop
 *
 * Returns: (transfer none): the shop's digests as they follow the log, loaded or not; they live as
 *   long as @self, and any thread may read them
 */
LsShopDigests *
ls_committer_get_digests (LsCommitter *self,
                          const char  *shop)
{
  return ls_committer_find_shop (self, shop)->digests;
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
  LsShopState *state = ls_committer_find_shop (self, shop);
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
  ls_committer_schedule (drain->self);
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
