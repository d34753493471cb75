/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-cache"

#include "config.h"

#include "client/ls-cache-private.h"

#include "core/ls-error.h"

/* The lists of edits that the admin sees: waiting, done, dead; and what he can do with them. */

static LsShopState *
find_open (LsCache     *self,
           const char  *mid,
           LsOpenEdit **ret_open)
{
  GHashTableIter iter;
  gpointer shop;

  *ret_open = NULL;
  g_hash_table_iter_init (&iter, self->shops);
  while (*ret_open == NULL && g_hash_table_iter_next (&iter, NULL, &shop))
    *ret_open = ls_shop_find_edit (shop, mid);
  return *ret_open != NULL ? shop : NULL;
}

static GPtrArray *
read_edits (LsStatement *statement,
            const char  *shop,
            GError     **error)
{
  g_autoptr (GPtrArray) edits = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_edit_unref);
  LsStep step = LS_STEP_ERROR;

  while (statement != NULL && (step = ls_statement_step (statement, error)) == LS_STEP_ROW)
    {
      uint32_t contained;
      LsEdit *edit = ls_cache_read_edit (statement, shop, &contained, error);

      if (edit == NULL)
        return NULL;
      g_ptr_array_add (edits, edit);
    }
  return step == LS_STEP_DONE ? g_steal_pointer (&edits) : NULL;
}

/**
 * ls_cache_list_edits:
 * @self: a cache
 * @shop: a shop
 * @states: a set of states, see LS_EDIT_MASK()
 * @error: where to put why not
 *
 * Lists edits: those that wait, the journal of those that ended, the dead letters.
 *
 * Returns: (transfer full) (element-type LsEdit) (nullable): the edits, in the order they were made
 */
GPtrArray *
ls_cache_list_edits (LsCache    *self,
                     const char *shop,
                     unsigned    states,
                     GError    **error)
{
  LsShopState *state = ls_cache_find_shop (self, shop);
  g_autoptr (LsStatement) statement = NULL;

  if (state == NULL)
    return g_ptr_array_new_with_free_func ((GDestroyNotify) ls_edit_unref);
  statement = ls_sql_query (self->sql, error,
                            "SELECT " LS_EDIT_COLUMNS
                            " FROM edits WHERE shop = ? AND ((1 << state) & ?) <> 0 ORDER BY id",
                            "id", state->number, (int) states);
  return read_edits (statement, shop, error);
}

/* Reads a dead letter, or those that depend on it. */
static GPtrArray *
read_dead (LsCache    *self,
           const char *text,
           const char *mid,
           GError    **error)
{
  g_autoptr (LsStatement) statement =
      ls_sql_query (self->sql, error, text, "td", mid, LS_EDIT_DEAD);

  return read_edits (statement, NULL, error);
}

static LsEdit *
find_dead (LsCache    *self,
           const char *mid,
           GError    **error)
{
  g_autoptr (GPtrArray) found = read_dead (
      self, "SELECT " LS_EDIT_COLUMNS " FROM edits WHERE mid = ? AND state = ?", mid, error);
  g_autofree char *shop = NULL;
  LsEdit *edit;

  if (found == NULL)
    return NULL;
  if (found->len == 0)
    {
      g_set_error (error, LS_ERROR, LS_ERROR_CONFLICT,
                   "there is no such edit any more that waits or has failed");
      return NULL;
    }
  edit = ls_edit_ref (g_ptr_array_index (found, 0));
  if (ls_sql_get_text (self->sql, &shop, error,
                       "SELECT shops.shop FROM edits JOIN shops ON number = edits.shop"
                       " WHERE mid = ?",
                       "t", mid) == LS_STEP_ROW)
    edit->shop = g_steal_pointer (&shop);
  else
    g_clear_pointer (&edit, ls_edit_unref);
  return edit;
}

static GPtrArray *
list_dependants (LsCache    *self,
                 const char *mid,
                 GError    **error)
{
  return read_dead (self,
                    "SELECT " LS_EDIT_COLUMNS
                    " FROM edits WHERE depends_on = ? AND state = ? ORDER BY id",
                    mid, error);
}

static bool
discard_dead (LsCacheTx *tx,
              LsEdit    *dead,
              GError   **error)
{
  g_autoptr (GPtrArray) dependants = list_dependants (tx->cache, dead->mid, error);
  g_autoptr (LsEdit) discarded = ls_edit_copy (dead);

  if (dependants == NULL || !ls_cache_delete_edit (tx->cache, dead, error))
    return false;
  discarded->state = LS_EDIT_DISCARDED;
  ls_cache_tx_tell_edit (tx, discarded);
  for (unsigned i = 0; i < dependants->len; i++)
    {
      LsEdit *dependant = g_ptr_array_index (dependants, i);

      dependant->shop = g_strdup (dead->shop);
      if (!discard_dead (tx, dependant, error))
        return false;
    }
  return true;
}

/**
 * ls_cache_discard_edit:
 * @self: a cache
 * @mid: an edit that waits or is a dead letter
 * @error: where to put why not, %LS_ERROR_CONFLICT when there is no such edit any more
 *
 * Takes an edit back, with the edits of rows that only it would have made. One that has its n
 * already is taken off the rows at once and sent as `void`; when the server had applied it before,
 * its delta tells.
 *
 * Returns: whether it is on disk
 */
bool
ls_cache_discard_edit (LsCache    *self,
                       const char *mid,
                       GError    **error)
{
  LsOpenEdit *open;
  LsShopState *shop = find_open (self, mid, &open);
  g_autoptr (LsEdit) dead = NULL;
  g_auto (LsCacheTx) tx = { NULL };

  if (open != NULL && open->edit->state == LS_EDIT_APPLIED)
    {
      g_set_error_literal (error, LS_ERROR, LS_ERROR_CONFLICT, "this edit is done already");
      return false;
    }
  if (open == NULL && (dead = find_dead (self, mid, error)) == NULL)
    return false;
  if (!ls_cache_tx_begin (self, LS_SQL_SYNC_FULL, &tx, error) ||
      !ls_cache_tx_set_shop (&tx, open != NULL ? shop->shop : dead->shop, error))
    return false;
  if (open != NULL ? !ls_cache_discard_open (&tx, open, error) : !discard_dead (&tx, dead, error))
    return false;
  return ls_cache_rebase (&tx, error) && ls_cache_tx_commit (&tx, error);
}

/* The same without the values seen then: what is tried again means what is there now. */
static GPtrArray *
forget_seen_values (GPtrArray *changes)
{
  GPtrArray *plain = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);

  for (unsigned i = 0; i < changes->len; i++)
    {
      const LsChange *change = g_ptr_array_index (changes, i);
      LsChange *copy = ls_change_new (change->op, change->collection, change->key);

      for (unsigned j = 0; j < change->edits->len; j++)
        {
          const LsFieldEdit *edit = &g_array_index (change->edits, LsFieldEdit, j);

          if (edit->has_set)
            ls_change_take_set (copy, edit->field, ls_value_copy (&edit->set));
        }
      g_ptr_array_add (plain, copy);
    }
  return plain;
}

/* Queues a dead letter again, and behind it those that went with it. */
static bool
revive (LsCacheTx  *tx,
        LsEdit     *dead,
        const char *new_mid,
        GPtrArray  *changes,
        GError    **error)
{
  g_autoptr (GPtrArray) dependants = list_dependants (tx->cache, dead->mid, error);
  g_autoptr (LsEdit) discarded = ls_edit_copy (dead);
  LsOpenEdit *open;

  if (dependants == NULL || !ls_cache_delete_edit (tx->cache, dead, error))
    return false;
  discarded->state = LS_EDIT_DISCARDED;
  if (!g_str_equal (dead->mid, new_mid))
    ls_cache_tx_tell_edit (tx, discarded);
  open = ls_cache_append_edit (tx, new_mid, changes, error);
  if (open == NULL)
    return false;
  for (unsigned i = 0; i < dependants->len; i++)
    {
      LsEdit *dependant = g_ptr_array_index (dependants, i);

      /* It never left, so the server can't know its mid. */
      dependant->shop = g_strdup (dead->shop);
      if (!revive (tx, dependant, dependant->mid, dependant->changes, error))
        return false;
    }
  return true;
}

/**
 * ls_cache_retry_edit:
 * @self: a cache
 * @mid: a dead letter
 * @new_mid: an id of its own for the new try
 * @error: where to put why not: %LS_ERROR_CONFLICT or %LS_ERROR_VALIDATION when it does not fit the
 *   rows any more; it then stays where it is
 *
 * Tries a dead letter again as a new edit at the end of the queue, over what is visible now; the
 * edits that went with it follow it.
 *
 * Returns: whether it is on disk
 */
bool
ls_cache_retry_edit (LsCache    *self,
                     const char *mid,
                     const char *new_mid,
                     GError    **error)
{
  g_autoptr (LsEdit) dead = find_dead (self, mid, error);
  g_autoptr (GPtrArray) plain = NULL;
  g_autoptr (GPtrArray) seen = NULL;
  g_auto (LsCacheTx) tx = { NULL };

  if (dead == NULL)
    return false;
  plain = forget_seen_values (dead->changes);
  seen = ls_cache_try_changes (self, dead->shop, plain, error);
  return seen != NULL && ls_cache_tx_begin (self, LS_SQL_SYNC_FULL, &tx, error) &&
         ls_cache_tx_set_shop (&tx, dead->shop, error) &&
         revive (&tx, dead, new_mid, seen, error) && ls_cache_rebase (&tx, error) &&
         ls_cache_tx_commit (&tx, error);
}
