/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-cache"

#include "config.h"

#include "client/ls-cache-private.h"

/*
 * Chains of the admin's own edits (PROTOCOL rule 13): the second was made on the value of the first,
 * and says so in `was`. When the first fails, the second meets the value before both: a conflict
 * with nobody. It is then made once more, on the value that the first was made on. That ends: each
 * time the value seen is one of an older edit, until it is one that somebody else has set.
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

/* Whether an edit that was made once more waits, which sets the field to what was seen there. */
static bool
is_made_again (const LsShopState *shop,
               const LsEdit      *edit,
               const LsChange    *change,
               const LsFieldEdit *seen)
{
  for (unsigned i = 0; i < shop->edits->len; i++)
    {
      const LsEdit *open = ((LsOpenEdit *) g_ptr_array_index (shop->edits, i))->edit;

      if (open->id > edit->id && !open->is_void && open->state != LS_EDIT_APPLIED &&
          find_set (open, change, seen->field, &seen->was) != NULL)
        return true;
    }
  return false;
}

/* The value that the failed edits before @edit were made on, the newest first. */
static const LsValue *
value_before (GPtrArray         *dead,
              const LsEdit      *edit,
              const LsChange    *change,
              const LsFieldEdit *seen)
{
  const LsValue *value = NULL;

  for (unsigned i = dead->len; i > 0; i--)
    {
      const LsEdit *failed = g_ptr_array_index (dead, i - 1);
      const LsFieldEdit *found =
          failed->id < edit->id
              ? find_set (failed, change, seen->field, value != NULL ? value : &seen->was)
              : NULL;

      if (found != NULL)
        value = &found->was;
    }
  return value;
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
