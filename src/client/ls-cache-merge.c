/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-cache"

#include "config.h"

#include "client/ls-cache-private.h"

#include "core/ls-fault.h"

/*
 * Queued edits of one row that become one, or none, before they get their n (PROTOCOL rule 7): what
 * was typed five times offline is sent once, and what was made and deleted again is not sent.
 *
 *   queued   then     becomes
 *   set      set      a set with the first `was` and the last value; nothing when they are equal
 *   set      del      a del that saw what was there before the set
 *   put      set,add  a put of the row as it is now; only of a row that nobody else has
 *   put      del      nothing
 *   del      put      nothing, when the row is as it was
 *
 * All else stays apart. So does what would pass an edit that it builds on: the joined edit keeps
 * the place of the first. And so does one that was sent before, in a count that is over: what goes
 * under its mid is what went.
 */

typedef enum {
  APART,
  JOINED,
  VANISHED,
} Join;

static void
copy_set (LsChange          *change,
          const LsFieldEdit *edit)
{
  if (edit->has_set)
    ls_change_take_set (change, edit->field, ls_value_copy (&edit->set));
}

static void
copy_was (LsChange          *change,
          const LsFieldEdit *edit)
{
  if (edit->has_was)
    ls_change_take_was (change, edit->field, ls_value_copy (&edit->was));
}

static bool
changes_nothing (const LsChange *change)
{
  for (unsigned i = 0; i < change->edits->len; i++)
    {
      const LsFieldEdit *edit = &g_array_index (change->edits, LsFieldEdit, i);

      if (!edit->has_set || !edit->has_was || !ls_value_equal (&edit->set, &edit->was))
        return false;
    }
  return true;
}

/* The later value with the earlier `was`. */
static Join
join_sets (const LsChange *first,
           const LsChange *second,
           LsChange      **ret_joined)
{
  g_autoptr (LsChange) joined = ls_change_new (LS_CHANGE_SET, first->collection, first->key);
  const LsChange *both[] = { first, second };

  for (int which = 0; which < 2; which++)
    for (unsigned i = 0; i < both[which]->edits->len; i++)
      {
        const LsFieldEdit *edit = &g_array_index (both[which]->edits, LsFieldEdit, i);

        if (which == 0 || ls_change_find (first, edit->field) == NULL)
          copy_was (joined, edit);
        copy_set (joined, edit);
      }
  if (changes_nothing (joined))
    return VANISHED;
  *ret_joined = g_steal_pointer (&joined);
  return JOINED;
}

/* The removal of what was there before the admin set some of it. */
static Join
join_set_and_del (const LsChange *set,
                  const LsChange *del,
                  LsChange      **ret_joined)
{
  LsChange *joined = ls_change_new (LS_CHANGE_DEL, del->collection, del->key);

  for (unsigned i = 0; i < del->edits->len; i++)
    {
      const LsFieldEdit *edit = &g_array_index (del->edits, LsFieldEdit, i);

      if (ls_change_find (set, edit->field) == NULL)
        copy_was (joined, edit);
    }
  for (unsigned i = 0; i < set->edits->len; i++)
    {
      const LsFieldEdit *edit = &g_array_index (set->edits, LsFieldEdit, i);

      if (edit->has_was && edit->was.kind != LS_VALUE_NULL)
        copy_was (joined, edit);
    }
  *ret_joined = joined;
  return JOINED;
}

/* The row as it is made, with what the admin did to it since. */
static Join
join_put (const LsChange *put,
          const LsChange *later,
          LsChange      **ret_joined)
{
  g_autoptr (LsChange) joined = ls_change_new (LS_CHANGE_PUT, put->collection, put->key);

  for (unsigned i = 0; i < put->edits->len; i++)
    {
      const LsFieldEdit *edit = &g_array_index (put->edits, LsFieldEdit, i);

      if (ls_change_find (later, edit->field) == NULL)
        copy_set (joined, edit);
    }
  for (unsigned i = 0; i < later->edits->len; i++)
    {
      const LsFieldEdit *edit = &g_array_index (later->edits, LsFieldEdit, i);
      const LsFieldEdit *made = ls_change_find (put, edit->field);
      int64_t sum = made != NULL ? ls_value_get_integer (&made->set, 0) : 0;

      if (later->op == LS_CHANGE_ADD &&
          __builtin_add_overflow (sum, ls_value_get_integer (&edit->set, 0), &sum))
        return APART;
      if (later->op == LS_CHANGE_ADD)
        ls_change_take_set (joined, edit->field, ls_value_integer (sum));
      else if (edit->set.kind != LS_VALUE_NULL)
        copy_set (joined, edit);
    }
  if (!ls_change_validate (joined, NULL))
    return APART;
  *ret_joined = g_steal_pointer (&joined);
  return JOINED;
}

/* Whether @put makes the very row that @del took away. */
static bool
brings_back (const LsChange *del,
             const LsChange *put)
{
  static const LsValue null = LS_VALUE_INIT;

  for (unsigned i = 0; i < del->collection->n_fields; i++)
    {
      const LsFieldEdit *seen = ls_change_find (del, i);
      const LsFieldEdit *made = ls_change_find (put, i);

      if (!(del->collection->fields[i].flags & LS_FIELD_DERIVED) &&
          !ls_value_equal (seen != NULL && seen->has_was ? &seen->was : &null,
                           made != NULL && made->has_set ? &made->set : &null))
        return false;
    }
  return true;
}

static Join
join_changes (const LsShadow *shadow,
              const LsChange *first,
              const LsChange *second,
              LsChange      **ret_joined)
{
  *ret_joined = NULL;
  if (first->op == LS_CHANGE_SET && second->op == LS_CHANGE_SET)
    return join_sets (first, second, ret_joined);
  if (first->op == LS_CHANGE_SET && second->op == LS_CHANGE_DEL)
    return join_set_and_del (first, second, ret_joined);
  /* Over a row of somebody else's, or of an earlier edit, a put means another thing than over
   * none: with it gone that row would be there again. */
  if (first->op == LS_CHANGE_PUT && shadow->confirmed == NULL && shadow->edits->len == 1)
    {
      if (second->op == LS_CHANGE_DEL)
        return VANISHED;
      if (second->op == LS_CHANGE_SET || second->op == LS_CHANGE_ADD)
        return join_put (first, second, ret_joined);
    }
  if (first->op == LS_CHANGE_DEL && second->op == LS_CHANGE_PUT && brings_back (first, second))
    return VANISHED;
  return APART;
}

static bool
refers_to (const LsChange *change,
           const LsChange *other)
{
  for (unsigned i = 0; i < change->edits->len; i++)
    {
      const LsFieldEdit *edit = &g_array_index (change->edits, LsFieldEdit, i);
      const char *reference = change->collection->fields[edit->field].reference;

      if (reference != NULL && edit->has_set &&
          g_str_equal (reference, other->collection->name) &&
          g_strcmp0 (ls_value_get_text (&edit->set), other->key) == 0)
        return true;
    }
  return false;
}

/* Whether an edit made after @last has something to do with @change, which would pass it: it makes
 * the row that @change points at, or points at the row that @change deletes. */
static bool
passes_something (const LsShopState *shop,
                  const LsOpenEdit  *last,
                  const LsChange    *change)
{
  for (unsigned i = shop->edits->len; i > 0; i--)
    {
      const LsOpenEdit *open = g_ptr_array_index (shop->edits, i - 1);

      if (open == last)
        return false;
      for (unsigned j = 0; j < open->edit->changes->len; j++)
        {
          const LsChange *between = g_ptr_array_index (open->edit->changes, j);

          if (refers_to (change, between) ||
              (change->op == LS_CHANGE_DEL && refers_to (between, change)))
            return true;
        }
    }
  return false;
}

static bool
replace_change (LsCacheTx  *tx,
                LsOpenEdit *open,
                LsChange   *change,
                GError    **error)
{
  LsEdit *joined = ls_edit_copy (open->edit);

  g_ptr_array_unref (joined->changes);
  joined->changes = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
  g_ptr_array_add (joined->changes, ls_change_ref (change));
  ls_edit_unref (open->edit);
  open->edit = joined;
  ls_cache_touch_edit (tx, open);
  ls_cache_tx_tell_edit (tx, joined);
  return ls_cache_store_edit (tx->cache, tx->shop, joined, open->contained, error);
}

/* Lets @changes join the queued edit of the same row, when it can. False on a failure; *ret_edit is
 * then untouched, and NULL when there is none to join. */
bool
ls_cache_join_edit (LsCacheTx  *tx,
                    GPtrArray  *changes,
                    LsEdit    **ret_edit,
                    GError    **error)
{
  const LsChange *change = g_ptr_array_index (changes, 0);
  const LsShadow *shadow = ls_shop_find_shadow (tx->shop, change->collection, change->key);
  g_autoptr (LsChange) joined = NULL;
  g_autoptr (LsEdit) edit = NULL;
  LsOpenEdit *last;
  Join join;

  *ret_edit = NULL;
  if (changes->len != 1 || shadow == NULL || shadow->edits->len == 0)
    return true;
  last = g_ptr_array_index (shadow->edits, shadow->edits->len - 1);
  if ((last->edit->state != LS_EDIT_QUEUED && !LS_FAULT (CHANGED_AFTER_SENT)) ||
      last->edit->n == LS_EDIT_N_PAST || last->edit->changes->len != 1 ||
      passes_something (tx->shop, last, change))
    return true;
  join = join_changes (shadow, g_ptr_array_index (last->edit->changes, 0), change, &joined);
  if (join == APART)
    return true;
  if (join == JOINED && !replace_change (tx, last, joined, error))
    return false;
  edit = join == JOINED ? ls_edit_ref (last->edit) : ls_edit_copy (last->edit);
  if (join == VANISHED)
    {
      edit->state = LS_EDIT_DISCARDED;
      if (!ls_cache_discard_open (tx, last, error))
        return false;
    }
  *ret_edit = g_steal_pointer (&edit);
  return true;
}
