/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-cache"

#include "config.h"

#include "client/ls-cache-private.h"

/*
 * Chains of the admin's own edits (PROTOCOL rule 13): the second was made on the value of the first,
 * and says so in `was`. When the first fails, the second meets the value before both: a conflict
 * with nobody. One that is not sent yet is put right when the first goes; one that is sent is made
 * once more in its place, on the value that the first was made on. That ends: the failed edits lead
 * from each value seen to an older one, until it is one that somebody else has set. Where they lead
 * back to where they began, the conflict is with somebody else too.
 */

static const LsFieldEdit *
find_set (const LsEdit   *edit,
          const LsChange *change,
          unsigned        field,
          const LsValue  *value)
{
  for (unsigned i = 0; i < edit->changes->len; i++)
    {
      const LsChange *candidate = g_ptr_array_index (edit->changes, i);
      const LsFieldEdit *found = candidate->op == LS_CHANGE_SET &&
                                         candidate->collection == change->collection &&
                                         g_str_equal (candidate->key, change->key)
                                     ? ls_change_find (candidate, field)
                                     : NULL;

      if (found != NULL && found->has_set && found->has_was && ls_value_equal (&found->set, value))
        return found;
    }
  return NULL;
}

/* Whether an edit before this one, which is sent, was made once more since, and sets the field to what
 * was seen there. It waits, or is on its way again, after this one: then its count is the greater. */
static bool
is_made_again (const LsShopState *shop,
               const LsEdit      *edit,
               const LsChange    *change,
               const LsFieldEdit *seen)
{
  for (unsigned i = 0; i < shop->edits->len; i++)
    {
      const LsEdit *open = ((LsOpenEdit *) g_ptr_array_index (shop->edits, i))->edit;

      if (open->id < edit->id &&
          (open->state == LS_EDIT_QUEUED || (open->state == LS_EDIT_SENT && open->n > edit->n)) &&
          find_set (open, change, seen->field, &seen->was) != NULL)
        return true;
    }
  return false;
}

/* The value that the failed edits before @edit were made on, the newest first; @value when it is not
 * theirs. */
static const LsValue *
step_back (GPtrArray      *dead,
           const LsEdit   *edit,
           const LsChange *change,
           unsigned        field,
           const LsValue  *value)
{
  for (unsigned i = dead->len; i > 0; i--)
    {
      const LsEdit *failed = g_ptr_array_index (dead, i - 1);
      const LsFieldEdit *found =
          failed->id < edit->id ? find_set (failed, change, field, value) : NULL;

      if (found != NULL)
        value = &found->was;
    }
  return value;
}

/* What @edit is to have seen instead of @seen, or NULL when that is not the work of a failed edit. An
 * admin may undo by hand what failed, so that the way from value to value goes round: there nothing
 * is left to step back to. */
static const LsValue *
value_before (GPtrArray         *dead,
              const LsEdit      *edit,
              const LsChange    *change,
              const LsFieldEdit *seen)
{
  const LsValue *before = step_back (dead, edit, change, seen->field, &seen->was);
  const LsValue *value = before;

  for (unsigned i = 0; i < dead->len && !ls_value_equal (value, &seen->was); i++)
    value = step_back (dead, edit, change, seen->field, value);
  return ls_value_equal (value, &seen->was) ? NULL : before;
}

static LsChange *
rechain_change (const LsShopState *shop,
                GPtrArray         *dead,
                const LsEdit      *edit,
                const LsChange    *change,
                bool              *ret_moved)
{
  LsChange *moved = ls_change_new (change->op, change->collection, change->key);

  for (unsigned i = 0; i < change->edits->len; i++)
    {
      const LsFieldEdit *seen = &g_array_index (change->edits, LsFieldEdit, i);
      bool again = change->op == LS_CHANGE_SET && seen->has_was &&
                   is_made_again (shop, edit, change, seen);
      const LsValue *before = change->op == LS_CHANGE_SET && seen->has_was && !again
                                  ? value_before (dead, edit, change, seen)
                                  : NULL;

      if (seen->has_set)
        ls_change_take_set (moved, seen->field, ls_value_copy (&seen->set));
      if (seen->has_was)
        ls_change_take_was (moved, seen->field, ls_value_copy (before != NULL ? before : &seen->was));
      *ret_moved |= again || before != NULL;
    }
  return moved;
}

/* What an edit that met a conflict is to be made again as: *ret_changes is NULL when the conflict is
 * one with somebody else. */
bool
ls_cache_rechain (LsCacheTx     *tx,
                  const LsEdit  *edit,
                  GPtrArray    **ret_changes,
                  GError       **error)
{
  g_autoptr (GPtrArray) changes = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
  g_autoptr (GPtrArray) dead =
      ls_cache_list_edits (tx->cache, tx->shop->shop, LS_EDIT_MASK (LS_EDIT_DEAD), error);
  bool moved = false;

  *ret_changes = NULL;
  if (dead == NULL)
    return false;
  for (unsigned i = 0; i < edit->changes->len; i++)
    g_ptr_array_add (changes, rechain_change (tx->shop, dead, edit,
                                              g_ptr_array_index (edit->changes, i), &moved));
  if (moved)
    *ret_changes = g_steal_pointer (&changes);
  return true;
}

/* --- Edits that are not sent yet -------------------------------------------------------------- */

static void
replay (const LsEdit   *edit,
        const LsShadow *shadow,
        LsRecord      **row)
{
  for (unsigned i = 0; i < edit->changes->len; i++)
    {
      const LsChange *change = g_ptr_array_index (edit->changes, i);
      LsRecord *after;

      if (change->collection != shadow->collection || !g_str_equal (change->key, shadow->key))
        continue;
      after = ls_change_apply (change, *row, LS_APPLY_KEEP_DERIVED, NULL);
      if (after == NULL && change->op != LS_CHANGE_DEL)
        continue;
      g_clear_pointer (row, ls_record_unref);
      *row = after;
    }
}

/* What @change has seen where it saw the work of the edit that goes: NULL when it did not. */
static LsChange *
unlink_change (const LsChange *change,
               const LsRecord *with,
               const LsRecord *without)
{
  g_autoptr (LsChange) unlinked = ls_change_new (change->op, change->collection, change->key);
  bool differs = false;

  for (unsigned i = 0; i < change->edits->len; i++)
    {
      const LsFieldEdit *edit = &g_array_index (change->edits, LsFieldEdit, i);
      const LsValue *seen = ls_record_get (with, edit->field);
      const LsValue *left = ls_record_get (without, edit->field);
      bool moves = edit->has_was && ls_value_equal (&edit->was, seen) && !ls_value_equal (seen, left);

      differs |= moves;
      if (edit->has_set)
        ls_change_take_set (unlinked, edit->field, ls_value_copy (&edit->set));
      /* A removal names what is there, not what is not. */
      if (edit->has_was && (!moves || change->op != LS_CHANGE_DEL || left->kind != LS_VALUE_NULL))
        ls_change_take_was (unlinked, edit->field, ls_value_copy (moves ? left : &edit->was));
    }
  return differs ? g_steal_pointer (&unlinked) : NULL;
}

static bool
unlink_edit (LsCacheTx       *tx,
             LsOpenEdit      *open,
             const LsShadow  *shadow,
             const LsRecord  *with,
             const LsRecord  *without,
             GError         **error)
{
  g_autoptr (GPtrArray) changes = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
  bool differs = false;
  LsEdit *edit;

  for (unsigned i = 0; i < open->edit->changes->len; i++)
    {
      LsChange *change = g_ptr_array_index (open->edit->changes, i);
      LsChange *unlinked =
          change->collection == shadow->collection && g_str_equal (change->key, shadow->key)
              ? unlink_change (change, with, without)
              : NULL;

      differs |= unlinked != NULL;
      g_ptr_array_add (changes, unlinked != NULL ? unlinked : ls_change_ref (change));
    }
  if (!differs)
    return true;
  edit = ls_edit_copy (open->edit);
  g_ptr_array_unref (edit->changes);
  edit->changes = g_steal_pointer (&changes);
  ls_edit_unref (open->edit);
  open->edit = edit;
  ls_cache_tx_tell_edit (tx, edit);
  return ls_cache_store_edit (tx->cache, tx->shop, edit, open->contained, error);
}

static bool
unlink_row (LsCacheTx   *tx,
            LsShadow    *shadow,
            LsOpenEdit  *gone,
            GError     **error)
{
  g_autoptr (LsRecord) with =
      shadow->confirmed != NULL ? ls_record_ref (shadow->confirmed) : NULL;
  g_autoptr (LsRecord) without =
      shadow->confirmed != NULL ? ls_record_ref (shadow->confirmed) : NULL;

  for (unsigned i = 0; i < shadow->edits->len; i++)
    {
      LsOpenEdit *open = g_ptr_array_index (shadow->edits, i);

      if (open->edit->id > gone->edit->id && open->edit->state == LS_EDIT_QUEUED &&
          open->edit->n != LS_EDIT_N_PAST && with != NULL && without != NULL && !unlink_edit (tx, open, shadow, with, without, error))
        return false;
      if (!ls_cache_edit_shows (open, shadow->collection))
        continue;
      replay (open->edit, shadow, &with);
      if (open != gone)
        replay (open->edit, shadow, &without);
    }
  return true;
}

/* Before an edit goes: those behind it that are not sent yet did not see its work. */
bool
ls_cache_unlink_edit (LsCacheTx   *tx,
                      LsOpenEdit  *open,
                      GError     **error)
{
  for (unsigned i = 0; i < open->edit->changes->len; i++)
    {
      const LsChange *change = g_ptr_array_index (open->edit->changes, i);
      LsShadow *shadow = ls_shop_find_shadow (tx->shop, change->collection, change->key);

      if (shadow != NULL && !unlink_row (tx, shadow, open, error))
        return false;
    }
  return true;
}

/* Whether the row is there for an edit of the place @id, as it is confirmed and by the edits before. */
bool
ls_shadow_exists_before (const LsShadow *shadow,
                         int64_t         id)
{
  LsRecord *row = shadow->confirmed != NULL ? ls_record_ref (shadow->confirmed) : NULL;
  bool exists;

  for (unsigned i = 0; i < shadow->edits->len; i++)
    {
      const LsOpenEdit *open = g_ptr_array_index (shadow->edits, i);

      if (open->edit->id < id && ls_cache_edit_shows (open, shadow->collection))
        replay (open->edit, shadow, &row);
    }
  exists = row != NULL;
  g_clear_pointer (&row, ls_record_unref);
  return exists;
}
