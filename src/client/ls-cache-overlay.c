/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-cache"

#include "config.h"

#include "client/ls-cache-private.h"

#include "core/ls-fault.h"
#include "core/ls-json-writer.h"

/*
 * The overlay: a row under open edits keeps its confirmed form in `shadow`, and what is visible is
 * that form with the edits applied in order. Every change of either computes it anew: a rebase.
 * A shadow lives exactly as long as an edit shows on its row.
 */

/* Whether an edit shows on rows of a collection. */
bool
ls_cache_edit_shows (const LsOpenEdit   *open,
                     const LsCollection *collection)
{
  return !open->edit->is_void && !(open->contained & (UINT32_C (1) << collection->id));
}

/* Whether an edit of the row still shows. */
bool
ls_shadow_is_pending (const LsShadow *shadow)
{
  for (unsigned i = 0; i < shadow->edits->len; i++)
    if (ls_cache_edit_shows (g_ptr_array_index (shadow->edits, i), shadow->collection))
      return true;
  return false;
}

static void
apply_edit (const LsShadow *shadow,
            const LsEdit   *edit,
            LsRecord      **visible)
{
  for (unsigned i = 0; i < edit->changes->len; i++)
    {
      const LsChange *change = g_ptr_array_index (edit->changes, i);
      LsRecord *after;

      if (change->collection != shadow->collection || !g_str_equal (change->key, shadow->key))
        continue;
      after = ls_change_apply (change, *visible, LS_APPLY_KEEP_DERIVED, NULL);
      /* What does not fit any more is for the server to refuse; until then the row is shown. */
      if (after == NULL && change->op != LS_CHANGE_DEL)
        continue;
      g_clear_pointer (visible, ls_record_unref);
      *visible = after;
    }
}

/* Computes the visible form of a row: %NULL when there is none. */
LsRecord *
ls_shadow_compute_visible (const LsShadow *shadow)
{
  LsRecord *visible = shadow->confirmed != NULL ? ls_record_ref (shadow->confirmed) : NULL;

  for (unsigned i = 0; i < shadow->edits->len; i++)
    {
      const LsOpenEdit *open = g_ptr_array_index (shadow->edits, i);

      if (ls_cache_edit_shows (open, shadow->collection))
        apply_edit (shadow, open->edit, &visible);
    }
  return visible;
}

/* Marks a row to be rebased before the transaction ends. */
void
ls_cache_touch_shadow (LsCacheTx *tx,
                       LsShadow  *shadow)
{
  if (shadow->is_dirty)
    return;
  shadow->is_dirty = true;
  g_ptr_array_add (tx->dirty, shadow);
}

/* Marks all rows under an edit. */
void
ls_cache_touch_edit (LsCacheTx  *tx,
                     LsOpenEdit *open)
{
  for (unsigned i = 0; i < open->edit->changes->len; i++)
    {
      const LsChange *change = g_ptr_array_index (open->edit->changes, i);
      LsShadow *shadow = ls_shop_find_shadow (tx->shop, change->collection, change->key);

      if (shadow != NULL)
        ls_cache_touch_shadow (tx, shadow);
    }
}

static LsShadow *
make_shadow (LsCacheTx      *tx,
             const LsChange *change,
             GError        **error)
{
  LsTable *table = ls_cache_need_table (tx->cache, tx->shop, change->collection, error);
  g_autoptr (LsRecord) confirmed = NULL;
  LsShadow *shadow;
  int64_t id;

  if (table == NULL ||
      !ls_cache_find_row (tx->cache, table, change->key, &id, &confirmed, error) ||
      (confirmed == NULL && !ls_cache_take_id (tx->cache, table, change->key, &id, error)))
    return NULL;
  shadow = ls_shop_add_shadow (tx->shop, change->collection, change->key);
  shadow->id = id;
  shadow->confirmed = g_steal_pointer (&confirmed);
  if (LS_FAULT (OPTIMISTIC_IS_CONFIRMED) && shadow->confirmed != NULL)
    {
      LsRecord *after = ls_change_apply (change, shadow->confirmed, LS_APPLY_KEEP_DERIVED, NULL);

      ls_record_unref (shadow->confirmed);
      shadow->confirmed = after;
    }
  return shadow;
}

static void
tie (LsShadow   *shadow,
     LsOpenEdit *open)
{
  unsigned place;

  if (g_ptr_array_find (shadow->edits, open, NULL))
    return;
  for (place = shadow->edits->len; place > 0; place--)
    if (((LsOpenEdit *) g_ptr_array_index (shadow->edits, place - 1))->edit->id < open->edit->id)
      break;
  g_ptr_array_insert (shadow->edits, (int) place, open);
}

/* Lays an edit over its rows. */
bool
ls_cache_cover_edit (LsCacheTx  *tx,
                     LsOpenEdit *open,
                     GError    **error)
{
  for (unsigned i = 0; i < open->edit->changes->len; i++)
    {
      const LsChange *change = g_ptr_array_index (open->edit->changes, i);
      LsShadow *shadow = ls_shop_find_shadow (tx->shop, change->collection, change->key);

      if (shadow == NULL)
        shadow = make_shadow (tx, change, error);
      if (shadow == NULL)
        return false;
      tie (shadow, open);
      ls_cache_touch_shadow (tx, shadow);
    }
  return true;
}

/* Takes an edit off its rows and out of the open ones. */
void
ls_cache_drop_edit (LsCacheTx  *tx,
                    LsOpenEdit *open)
{
  ls_cache_touch_edit (tx, open);
  ls_shop_remove_edit (tx->shop, open);
}

/* Notes in which collections the confirmed rows have an edit already. */
bool
ls_cache_set_contained (LsCacheTx  *tx,
                        LsOpenEdit *open,
                        uint32_t    contained,
                        GError    **error)
{
  if (open->contained == contained)
    return true;
  open->contained = contained;
  /* What was contained and is not any more shows again. */
  return ls_cache_cover_edit (tx, open, error) &&
         ls_cache_store_edit (tx->cache, tx->shop, open->edit, contained, error);
}

/* Writes a shadow, or takes it out of the file. */
bool
ls_cache_store_shadow (LsCacheTx *tx,
                       LsShadow  *shadow,
                       GError   **error)
{
  g_autofree char *json = NULL;

  if (shadow->confirmed != NULL)
    {
      g_autoptr (LsJsonWriter) writer = ls_json_writer_new ();

      ls_json_writer_begin_object (writer);
      ls_json_writer_name (writer, "k");
      ls_json_writer_text (writer, shadow->key);
      ls_json_writer_name (writer, "d");
      ls_record_encode (writer, shadow->confirmed, UINT64_MAX);
      ls_json_writer_end_object (writer);
      json = ls_json_writer_finish (writer, NULL);
    }
  if (!ls_sql_run (tx->cache->sql, error,
                   "INSERT OR REPLACE INTO shadow (shop, collection, key, id, confirmed)"
                   " VALUES (?,?,?,?,?)",
                   "ittit", tx->shop->number, shadow->collection->name, shadow->key, shadow->id,
                   json))
    return false;
  shadow->is_stored = true;
  shadow->is_stale = false;
  return true;
}

static bool
end_shadow (LsCacheTx      *tx,
            LsTable        *table,
            LsShadow       *shadow,
            const LsRecord *visible,
            GError        **error)
{
  if (shadow->is_stored &&
      !ls_sql_run (tx->cache->sql, error,
                   "DELETE FROM shadow WHERE shop = ? AND collection = ? AND key = ?", "itt",
                   tx->shop->number, shadow->collection->name, shadow->key))
    return false;
  if (visible == NULL &&
      !ls_cache_remember_id (tx->cache, table, shadow->key, shadow->id, error))
    return false;
  /* It may have been kept for the edit alone. */
  tx->commit->untidy |= table->since > 0;
  ls_shop_remove_shadow (tx->shop, shadow);
  return true;
}

static bool
rebase_row (LsCacheTx *tx,
            LsShadow  *shadow,
            GError   **error)
{
  LsTable *table = tx->shop->tables[shadow->collection->id];
  g_autoptr (LsRecord) before = NULL;
  g_autoptr (LsRecord) after = ls_shadow_compute_visible (shadow);
  bool pending = ls_shadow_is_pending (shadow);
  int64_t id;

  shadow->is_dirty = false;
  if (!ls_cache_find_row (tx->cache, table, shadow->key, &id, &before, error) ||
      !ls_cache_write_row (tx->cache, table, shadow->id, before, after, error))
    return false;
  if (pending != shadow->is_stored || (before == NULL) != (after == NULL) ||
      (before != NULL && !ls_record_equal (before, after)))
    ls_cache_tx_change (tx, shadow->collection, shadow->id, before, after, pending);
  if (!pending)
    return end_shadow (tx, table, shadow, after, error);
  return (shadow->is_stored && !shadow->is_stale) || ls_cache_store_shadow (tx, shadow, error);
}

/* Computes anew what is visible of every row that was touched. */
bool
ls_cache_rebase (LsCacheTx *tx,
                 GError   **error)
{
  for (unsigned i = 0; i < tx->dirty->len; i++)
    if (!rebase_row (tx, g_ptr_array_index (tx->dirty, i), error))
      return false;
  g_ptr_array_set_size (tx->dirty, 0);
  return true;
}
