/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-followed"

#include "config.h"

#include "client/ls-followed.h"

/**
 * ls_followed_init:
 * @self: what is being made
 * @klass: how it works, static
 * @shop: the shop
 * @collection: the collection
 *
 * Fills in the common part.
 */
void
ls_followed_init (LsFollowed            *self,
                  const LsFollowedClass *klass,
                  const char            *shop,
                  const LsCollection    *collection)
{
  self->klass = klass;
  g_atomic_ref_count_init (&self->ref_count);
  self->shop = g_strdup (shop);
  self->collection = collection;
}

/**
 * ls_followed_ref:
 * @self: something followed
 *
 * Returns: (transfer full): @self
 */
LsFollowed *
ls_followed_ref (LsFollowed *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

/**
 * ls_followed_unref:
 * @self: (transfer full): something followed
 *
 * Drops a reference.
 */
void
ls_followed_unref (LsFollowed *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  self->klass->finalize (self);
  g_free (self->shop);
  g_free (self);
}

/**
 * ls_followed_cancel:
 * @self: something followed
 *
 * Says that nobody waits for it any more. Any thread.
 */
void
ls_followed_cancel (LsFollowed *self)
{
  g_atomic_int_set (&self->cancelled, 1);
}

/**
 * ls_followed_is_cancelled:
 * @self: something followed
 *
 * Returns: whether nobody waits for it any more. Any thread
 */
bool
ls_followed_is_cancelled (LsFollowed *self)
{
  return g_atomic_int_get (&self->cancelled) != 0;
}
