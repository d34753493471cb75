/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-cache"

#include "config.h"

#include "client/ls-cache-private.h"

#include "core/ls-error.h"
#include "core/ls-fault.h"

/* What comes from the server: deltas, and the ends of edits. */

static LsRecord *
apply_exactly (const LsChange *change,
               const LsRecord *before,
               GError        **error)
{
  g_autoptr (GError) failure = NULL;
  LsRecord *after = ls_change_apply (change, before, LS_APPLY_EXACT, &failure);

  if (failure != NULL)
    g_set_error (error, LS_ERROR, LS_ERROR_INCONSISTENCY, "%s %s: %s", change->collection->name,
                 change->key, failure->message);
  return after;
}

static bool
apply_to_row (LsCacheTx      *tx,
              LsTable        *table,
              const LsChange *change,
              LsBuckets      *sums,
              GError        **error)
{
  g_autoptr (LsRecord) before = NULL;
  g_autoptr (LsRecord) after = NULL;
  g_autoptr (GError) failure = NULL;
  int64_t id;

  if (!ls_cache_find_row (tx->cache, table, change->key, &id, &before, error))
    return false;
  if (!ls_table_wants (table, change, before))
    return true;
  after = apply_exactly (change, before, &failure);
  if (failure != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&failure));
      return false;
    }
  if (before == after || (before != NULL && after != NULL && ls_record_equal (before, after)))
    return true;
  if (before == NULL && !ls_cache_take_id (tx->cache, table, change->key, &id, error))
    return false;
  if (!ls_cache_write_row (tx->cache, table, id, before, after, error) ||
      (after == NULL && !ls_cache_remember_id (tx->cache, table, change->key, id, error)))
    return false;
  ls_buckets_replace (sums, before, after);
  ls_cache_tx_change (tx, change->collection, id, before, after, false);
  /* It may have come to a month that is not held, in a delta that was made when it was. */
  tx->commit->untidy |= table->since != 0 && change->op == LS_CHANGE_PUT && before != NULL;
  return true;
}

/* Applies a change to a confirmed row; there are none of collections and months that are not held. */
bool
ls_cache_apply_confirmed (LsCacheTx      *tx,
                          const LsChange *change,
                          GError        **error)
{
  LsTable *table = tx->shop->tables[change->collection->id];
  LsShadow *shadow = ls_shop_find_shadow (tx->shop, change->collection, change->key);
  g_autoptr (LsRecord) after = NULL;
  g_autoptr (GError) failure = NULL;
  LsBuckets *sums;

  if (table == NULL || !table->is_held)
    return true;
  sums = ls_cache_need_sums (tx->cache, table, error);
  if (sums == NULL)
    return false;
  if (shadow == NULL)
    return apply_to_row (tx, table, change, sums, error);
  if (!ls_table_wants (table, change, shadow->confirmed))
    return true;
  after = apply_exactly (change, shadow->confirmed, &failure);
  if (failure != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&failure));
      return false;
    }
  if (!LS_FAULT (DIGEST_NOT_FOLLOWED))
    ls_buckets_replace (sums, shadow->confirmed, after);
  g_clear_pointer (&shadow->confirmed, ls_record_unref);
  shadow->confirmed = g_steal_pointer (&after);
  shadow->is_stale = true;
  if (LS_FAULT (OVERLAY_LOST))
    return ls_cache_write_row (tx->cache, table, shadow->id, NULL, shadow->confirmed, error);
  ls_cache_touch_shadow (tx, shadow);
  return true;
}

static bool
apply_items (LsCacheTx     *tx,
             const LsDelta *delta,
             GError       **error)
{
  for (unsigned i = 0; i < delta->items->len; i++)
    {
      const LsDeltaItem *item = &g_array_index (delta->items, LsDeltaItem, i);
      const LsTable *table = tx->shop->tables[item->change->collection->id];

      if (item->version <= tx->shop->position.version ||
          (table != NULL && item->version <= table->base))
        continue;
      if (LS_FAULT (HALF_DELTA) && i > delta->items->len / 2)
        continue;
      if (!ls_cache_apply_confirmed (tx, item->change, error))
        {
          g_prefix_error (error, "version %" G_GINT64_FORMAT ": ", item->version);
          return false;
        }
    }
  return true;
}

/* An edit whose result is known and whose effect has come is done: the journal alone keeps it. */
void
ls_cache_close_contained (LsCacheTx *tx)
{
  for (unsigned i = tx->shop->edits->len; i > 0; i--)
    {
      LsOpenEdit *open = g_ptr_array_index (tx->shop->edits, i - 1);

      if (open->edit->state == LS_EDIT_APPLIED && open->contained == LS_ALL_COLLECTIONS)
        ls_cache_drop_edit (tx, open);
    }
}

static bool
mark_contained (LsCacheTx     *tx,
                const LsDelta *delta,
                GError       **error)
{
  for (unsigned i = 0; i < delta->items->len; i++)
    {
      const LsDeltaItem *item = &g_array_index (delta->items, LsDeltaItem, i);
      LsOpenEdit *open = item->mid != NULL ? ls_shop_find_edit (tx->shop, item->mid) : NULL;

      if (open == NULL || LS_FAULT (OVERLAY_TWICE))
        continue;
      if (open->contained != LS_ALL_COLLECTIONS)
        g_ptr_array_add (tx->commit->contained, g_strdup (open->edit->mid));
      if (!ls_cache_set_contained (tx, open, LS_ALL_COLLECTIONS, error))
        return false;
    }
  for (unsigned i = 0; i < tx->shop->edits->len; i++)
    {
      LsOpenEdit *open = g_ptr_array_index (tx->shop->edits, i);
      const LsEdit *edit = open->edit;

      if (((edit->n > 0 && edit->n <= delta->done) ||
           (edit->state == LS_EDIT_APPLIED && edit->version <= delta->to)) &&
          !ls_cache_set_contained (tx, open, LS_ALL_COLLECTIONS, error))
        return false;
    }
  ls_cache_close_contained (tx);
  return true;
}

static void
hold_for_staging (LsCache       *self,
                  const LsDelta *delta)
{
  LsStaging *staging = g_hash_table_lookup (self->stagings, delta->shop);

  for (unsigned i = 0; staging != NULL && i < delta->items->len; i++)
    {
      const LsDeltaItem *item = &g_array_index (delta->items, LsDeltaItem, i);

      if (ls_staging_wants (staging, item->change->collection))
        ls_staging_hold (staging, item->version, item->change);
    }
}

/**
 * ls_cache_apply_delta:
 * @self: a cache
 * @delta: a `delta`
 * @error: where to put why not: %LS_ERROR_PROTOCOL for a gap (subscribe again at the position),
 *   %LS_ERROR_INCONSISTENCY when it does not fit the rows (fetch that collection anew), or a
 *   storage error
 *
 * Applies a delta as a whole, with digests, position and the rebase of pending edits, in one
 * transaction. What is known already is dropped.
 *
 * Returns: whether the cache is at the delta's `to`, or was beyond it
 */
bool
ls_cache_apply_delta (LsCache         *self,
                      const LsMessage *delta,
                      GError         **error)
{
  const LsDelta *body = &delta->delta;
  LsShopState *shop;
  g_auto (LsCacheTx) tx = { NULL };

  g_return_val_if_fail (delta->type == LS_MESSAGE_DELTA, false);

  if (!ls_cache_is_sound (self, error))
    return false;
  shop = ls_cache_find_shop (self, body->shop);
  if (shop == NULL || shop->position.epoch[0] == '\0')
    {
      g_set_error (error, LS_ERROR, LS_ERROR_PROTOCOL,
                   "a delta of %s came before its first snapshot", body->shop);
      return false;
    }
  if (body->to <= shop->position.version)
    return true;
  if (body->from > shop->position.version && !LS_FAULT (GAP_IGNORED))
    {
      g_set_error (error, LS_ERROR, LS_ERROR_PROTOCOL,
                   "a delta of %s begins at version %" G_GINT64_FORMAT ", after %" G_GINT64_FORMAT,
                   body->shop, body->from, shop->position.version);
      return false;
    }
  if (!ls_cache_tx_begin (self, LS_SQL_SYNC_NORMAL, &tx, error) ||
      !ls_cache_tx_set_shop (&tx, body->shop, error) || !apply_items (&tx, body, error) ||
      !mark_contained (&tx, body, error) || !ls_cache_rebase (&tx, error))
    return false;
  tx.shop->position.version = body->to;
  tx.shop->position.check = body->check;
  tx.shop->synced_at = ls_environment_now (self->environment);
  if (!ls_cache_tx_commit (&tx, error))
    return false;
  hold_for_staging (self, body);
  return true;
}
