/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-committer"

#include "config.h"

#include "server/ls-committer-private.h"

/*
 * The digests of a shop: loaded before its first group, checkpointed now and then in a transaction
 * of their own while nothing else waits, and at the end.
 */

/* Versions between two checkpoints. */
#define CHECKPOINT_VERSIONS 20000

bool
ls_committer_load_digests (LsCommitter  *self,
                           LsShopState  *state,
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

/* After a repair. It means that rows were not what the log led to, so its changes do not lead the
 * digests right either: they come from the rows anew, and are checkpointed soon. */
void
ls_committer_renew_digests (LsCommitter *self,
                            LsShopState *state)
{
  g_autoptr (GError) error = NULL;

  if (ls_shop_digests_compute (state->digests, self->storage, state->shop, &error))
    state->checkpointed = -CHECKPOINT_VERSIONS;
  else
    g_debug ("The digests of %s can't be computed: %s", state->shop, error->message);
}

/* It is a help for the next start, no more: one that failed is not tried again before its time. */
static void
end_checkpoint (LsCommitter  *self,
                const GError *error)
{
  LsPosition position;

  if (error != NULL)
    g_debug ("The digests of %s were not checkpointed: %s", self->current->shop, error->message);
  ls_shop_digests_get_position (self->current->digests, &position);
  self->current->checkpointed = position.version;
  self->current = NULL;
  self->state = LS_COMMITTER_IDLE;
  ls_committer_schedule (self);
}

static void
committed_cb (LsStorageOutcome  outcome,
              const GError     *error,
              gpointer          user_data)
{
  end_checkpoint (user_data, error);
}

static void
begun_cb (LsStorageOutcome  outcome,
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
      end_checkpoint (self, begin_error);
      return;
    }
  ls_shop_digests_get_position (self->current->digests, &position);
  digests = ls_shop_digests_serialize (self->current->digests);
  if (!ls_position_equal (&position, &ls_storage_tx_get_shop (tx)->position) ||
      !ls_storage_tx_save_digests (tx, digests, &error))
    {
      ls_storage_rollback (self->storage, tx);
      end_checkpoint (self, error);
      return;
    }
  self->state = LS_COMMITTER_COMMITTING;
  ls_storage_commit (self->storage, tx, committed_cb, self);
}

/* A shop whose digests were not checkpointed for long, or at all when the end comes. */
static LsShopState *
find_uncheckpointed (LsCommitter *self)
{
  int64_t patience = self->draining ? 0 : CHECKPOINT_VERSIONS;
  LsShopState *found = NULL;
  GHashTableIter iter;
  gpointer data;

  g_mutex_lock (&self->lock);
  g_hash_table_iter_init (&iter, self->shops);
  while (g_hash_table_iter_next (&iter, NULL, &data))
    {
      LsShopState *state = data;
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

/* Checkpoints the digests of a shop that needs it. False when none does. */
bool
ls_committer_begin_checkpoint (LsCommitter *self)
{
  LsShopState *stale = find_uncheckpointed (self);

  if (stale == NULL)
    return false;
  self->current = stale;
  self->state = LS_COMMITTER_BEGINNING;
  ls_storage_begin (self->storage, stale->shop, begun_cb, self);
  return true;
}
