/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-committer"

#include "config.h"

#include "server/ls-committer-private.h"

#include "core/ls-error.h"
#include "core/ls-fault.h"

/*
 * What other nodes commit to the same storage. Each transaction begins with where the shop stands; if
 * that is not where this node's listener was brought to, the log in between is read in the
 * transaction, and what it says is told before anything of its own is decided. That alone would do
 * for one that edits all the time. For the others a notification says that a shop has moved, and since
 * that may get lost, all shops are looked at each second: then a group without a mutation begins, and
 * ends when it has followed.
 *
 * Where the log does not lead from there to here (another epoch, a backup put back, a log that is
 * pruned), the listener is told that the shop begins anew.
 */

#define POLL_INTERVAL ((int64_t) G_USEC_PER_SEC)
/* Beyond so many versions whoever is connected is better off reading the log, squashed. */
#define MAX_FOLLOW 20000
/* Versions that are told at once. */
#define MAX_TOLD 256

/* --- Following, in a transaction ------------------------------------------------------------- */

/* Finds out whether the shop's history goes on from @position. */
static bool
leads_on (LsCommitter       *self,
          const LsShop      *shop,
          const LsPosition  *position,
          bool              *ret_leads,
          GError           **error)
{
  *ret_leads = false;
  if (!g_str_equal (position->epoch, shop->position.epoch) ||
      position->version > shop->position.version || position->version < shop->horizon ||
      shop->position.version - position->version > MAX_FOLLOW)
    return true;
  if (position->version == shop->position.version)
    {
      *ret_leads = position->check == shop->position.check;
      return true;
    }
  return ls_storage_check_position (self->storage, shop->shop, position, ret_leads, error);
}

/* Those after @from. */
static GPtrArray *
after (GPtrArray *versions,
       int64_t    from)
{
  GPtrArray *rest = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_version_unref);

  for (unsigned i = 0; i < versions->len; i++)
    {
      LsVersion *version = g_ptr_array_index (versions, i);

      if (version->version > from)
        g_ptr_array_add (rest, ls_version_ref (version));
    }
  return rest;
}

static void
row_cb (const LsRecord *before,
        const LsRecord *after,
        gpointer        user_data)
{
  ls_scrub_follow (user_data, before, after);
}

/* Whether the server repaired something: then rows were not what the log led to. */
static bool
has_repair (GPtrArray *versions)
{
  for (unsigned i = 0; i < versions->len; i++)
    {
      const LsVersion *version = g_ptr_array_index (versions, i);

      if (version->client == NULL && g_strcmp0 (version->actor, LS_REPAIR_ACTOR) == 0)
        return true;
    }
  return false;
}

/* Brings the digests, if there are any, to where the shop stands. */
static bool
follow_with_digests (LsCommitter   *self,
                     const LsShop  *shop,
                     GPtrArray     *versions,
                     GError       **error)
{
  LsShopState *state = self->current;
  g_autoptr (GPtrArray) rest = NULL;
  g_autoptr (GError) local = NULL;
  LsPosition position;

  if (!ls_shop_digests_get_position (state->digests, &position) ||
      ls_position_equal (&position, &shop->position))
    return true;
  rest = versions != NULL ? after (versions, position.version) : NULL;
  if (rest == NULL || rest->len == 0 || !g_str_equal (position.epoch, shop->position.epoch) ||
      ((LsVersion *) g_ptr_array_index (rest, 0))->version != position.version + 1)
    {
      if (state->scrub != NULL)
        state->scrub->spoilt = true;
      return ls_shop_digests_load (state->digests, self->storage, shop->shop, error);
    }
  if (LS_FAULT (OTHERS_NOT_DIGESTED))
    {
      ls_shop_digests_begin_follow (state->digests);
      ls_shop_digests_end_follow (state->digests, &shop->position);
      return true;
    }
  if (!ls_shop_digests_follow_log (state->digests, self->storage, shop, rest,
                                   state->scrub != NULL ? row_cb : NULL, state->scrub, &local))
    {
      g_debug ("The digests of %s are computed anew: %s", shop->shop, local->message);
      if (state->scrub != NULL)
        state->scrub->spoilt = true;
      return ls_shop_digests_compute (state->digests, self->storage, shop->shop, error);
    }
  return !has_repair (rest) ||
         ls_shop_digests_compute (state->digests, self->storage, shop->shop, error);
}

static void
tell (LsCommitter         *self,
      const LsCommitGroup *group)
{
  if (self->listener != NULL)
    self->listener (group, self->listener_data);
}

static void
tell_versions (LsCommitter      *self,
               const LsShop     *shop,
               const LsPosition *told,
               GPtrArray        *versions)
{
  LsPosition position = *told;

  for (unsigned begin = 0; begin < versions->len; begin += MAX_TOLD)
    {
      g_autoptr (GPtrArray) some = g_ptr_array_new ();
      LsCommitGroup group = { shop->shop, position.version, position, some, false, 0 };
      const LsVersion *last;

      for (unsigned i = begin; i < MIN (begin + MAX_TOLD, versions->len); i++)
        g_ptr_array_add (some, g_ptr_array_index (versions, i));
      last = g_ptr_array_index (some, some->len - 1);
      position.version = last->version;
      position.check = last->check;
      group.position = position;
      tell (self, &group);
    }
}

/* The listener's position has no way to here. */
static bool
begin_anew (LsCommitter   *self,
            const LsShop  *shop,
            GError       **error)
{
  g_autoptr (GPtrArray) none = g_ptr_array_new ();
  LsCommitGroup group = { shop->shop, shop->position.version, shop->position, none, true,
                          shop->base };

  if (!follow_with_digests (self, shop, NULL, error))
    return false;
  g_message ("Shop %s goes on at version %" G_GINT64_FORMAT " of another history", shop->shop,
             shop->position.version);
  tell (self, &group);
  return true;
}

/* Where the listener stands, as far as is known. */
static LsPosition
get_told (LsCommitter  *self,
          const LsShop *shop)
{
  LsShopState *state = self->current;
  LsPosition told;

  g_mutex_lock (&self->lock);
  if (!state->is_told)
    state->told = shop->position;
  state->is_told = true;
  if (state->asked_again)
    state->told = state->again;
  state->asked_again = false;
  told = state->told;
  g_mutex_unlock (&self->lock);
  return told;
}

/* Where the listener stands now. */
void
ls_committer_set_told (LsCommitter      *self,
                       LsShopState      *state,
                       const LsPosition *position)
{
  g_mutex_lock (&self->lock);
  state->told = *position;
  state->is_told = true;
  g_mutex_unlock (&self->lock);
}

/* In the transaction of the current group, before anything is written: follows what others have
 * committed. False when that could not be read. */
bool
ls_committer_follow_others (LsCommitter  *self,
                            LsStorageTx  *tx,
                            GError      **error)
{
  const LsShop *shop = ls_storage_tx_get_shop (tx);
  LsPosition told = get_told (self, shop);
  g_autoptr (GPtrArray) versions = NULL;
  g_autoptr (GPtrArray) news = NULL;
  bool leads;

  if (ls_position_equal (&told, &shop->position))
    return follow_with_digests (self, shop, NULL, error);
  if (!leads_on (self, shop, &told, &leads, error))
    return false;
  if (leads)
    {
      versions = ls_storage_read_log_after (self->storage, shop, told.version, error);
      if (versions == NULL || !follow_with_digests (self, shop, versions, error))
        return false;
      news = after (versions, told.version);
      if (!LS_FAULT (OTHERS_NOT_TOLD))
        tell_versions (self, shop, &told, news);
    }
  else if (!LS_FAULT (BACKUP_UNNOTICED) && !begin_anew (self, shop, error))
    return false;
  ls_committer_set_told (self, self->current, &shop->position);
  return true;
}

/* --- When to look ---------------------------------------------------------------------------- */

/* Has a shop looked at. Called with the lock held. */
static void
look (LsCommitter *self,
      LsShopState *state)
{
  state->behind = true;
  ls_committer_take_turn (self, state);
}

/* Another node, or this one, has committed. */
static void
heard_cb (const char *shop,
          int64_t     version,
          gpointer    owner)
{
  LsCommitter *self = owner;
  LsShopState *state;
  bool moved;

  g_mutex_lock (&self->lock);
  state = g_hash_table_lookup (self->shops, shop);
  moved = state != NULL && state->is_told && version > state->told.version;
  if (moved)
    state->heard = MAX (state->heard, version);
  moved = moved && state != self->current;
  if (moved)
    look (self, state);
  g_mutex_unlock (&self->lock);
  if (moved)
    ls_committer_schedule (self);
}

/* The current group has ended: it may have been told meanwhile of what came after it. */
void
ls_committer_look_after (LsCommitter *self,
                         LsShopState *state)
{
  g_mutex_lock (&self->lock);
  if (state->is_told && state->heard > state->told.version)
    look (self, state);
  state->heard = 0;
  g_mutex_unlock (&self->lock);
}

static void
compare (LsCommitter  *self,
         const LsShop *shop)
{
  LsShopState *state;

  g_mutex_lock (&self->lock);
  state = g_hash_table_lookup (self->shops, shop->shop);
  if (state != NULL && state->is_told && state != self->current &&
      !ls_position_equal (&state->told, &shop->position))
    look (self, state);
  g_mutex_unlock (&self->lock);
}

static void poll_cb (gpointer data);

static void
weak_ref_free (gpointer data)
{
  g_weak_ref_clear (data);
  g_free (data);
}

static void
post_poll (LsCommitter *self)
{
  GWeakRef *ref = g_new (GWeakRef, 1);

  g_weak_ref_init (ref, self);
  ls_environment_post_after (self->environment, self->queue, POLL_INTERVAL, poll_cb, ref,
                             weak_ref_free);
}

static void
poll_cb (gpointer data)
{
  g_autoptr (LsCommitter) self = g_weak_ref_get (data);
  g_autoptr (GPtrArray) shops = NULL;
  g_autoptr (GError) error = NULL;

  if (self == NULL)
    return;
  shops = ls_storage_list_shops (self->storage, &error);
  if (shops == NULL)
    g_debug ("The shops could not be looked at: %s", error->message);
  for (unsigned i = 0; shops != NULL && i < shops->len && !LS_FAULT (LOOKS_WHEN_NOTIFIED); i++)
    compare (self, g_ptr_array_index (shops, i));
  ls_committer_schedule (self);
  post_poll (self);
}

/* Begins to look after what others commit, where anybody else can. */
void
ls_committer_listen (LsCommitter *self)
{
  self->shared = ls_storage_listen (self->storage, self->environment, self->queue, heard_cb,
                                    G_OBJECT (self));
  if (self->shared)
    post_poll (self);
}

/**
 * ls_committer_follow:
 * @self: a committer
 * @shop: an existing shop
 * @position: where the listener stands with it
 *
 * Has the listener told of all that comes after @position, also what other nodes commit: once when
 * it has taken a shop up, and again when it finds that something is missing. From any thread.
 */
void
ls_committer_follow (LsCommitter      *self,
                     const char       *shop,
                     const LsPosition *position)
{
  LsShopState *state = ls_committer_find_shop (self, shop);
  bool again;

  g_mutex_lock (&self->lock);
  again = state->is_told && !ls_position_equal (&state->told, position);
  if (again)
    {
      state->again = *position;
      state->asked_again = true;
      look (self, state);
    }
  else if (!state->is_told)
    state->told = *position;
  state->is_told = true;
  g_mutex_unlock (&self->lock);
  if (again)
    ls_committer_schedule (self);
}

/**
 * ls_committer_look:
 * @self: a committer
 * @shop: an existing shop
 *
 * Looks soon whether another node has committed to a shop: somebody knows of a version that this one
 * has not heard of. Where nobody else can commit it does nothing. From any thread.
 */
void
ls_committer_look (LsCommitter *self,
                   const char  *shop)
{
  LsShopState *state;

  if (!self->shared)
    return;
  state = ls_committer_find_shop (self, shop);
  g_mutex_lock (&self->lock);
  look (self, state);
  g_mutex_unlock (&self->lock);
  ls_committer_schedule (self);
}
