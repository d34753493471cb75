/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-cache"

#include "config.h"

#include "client/ls-cache-private.h"

#include "core/ls-reason.h"
#include "core/ls-id.h"

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

  if (!ls_cache_is_sound (self, error))
    return NULL;
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
      ls_sql_query (self->sql, error, text, "tdd", mid, LS_EDIT_DEAD, LS_EDIT_LOST);

  return read_edits (statement, NULL, error);
}

static LsEdit *
find_dead (LsCache    *self,
           const char *mid,
           GError    **error)
{
  g_autoptr (GPtrArray) found = read_dead (
      self, "SELECT " LS_EDIT_COLUMNS " FROM edits WHERE mid = ? AND state IN (?, ?)", mid, error);
  g_autofree char *shop = NULL;
  LsEdit *edit;

  if (found == NULL)
    return NULL;
  if (found->len == 0)
    {
      ls_reason_set_error (error, LS_REASON_EDIT_GONE);
      return NULL;
    }
  edit = ls_edit_ref (g_ptr_array_index (found, 0));
  if (ls_step_need_row (ls_sql_get_text (self->sql, &shop, error,
                                         "SELECT shops.shop FROM edits JOIN shops ON"
                                         " number = edits.shop WHERE mid = ?",
                                         "t", mid),
                        "the shop of an edit", error))
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
                    " FROM edits WHERE depends_on = ? AND state IN (?, ?) ORDER BY id",
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

static bool
discard_one (LsCacheTx   *tx,
             LsOpenEdit  *open,
             LsEdit      *dead,
             GError     **error)
{
  return open != NULL ? ls_cache_discard_open (tx, open, error) : discard_dead (tx, dead, error);
}

/**
 * ls_cache_discard_edit:
 * @self: a cache
 * @mid: an edit that waits, is a dead letter, or was lost in a restore
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
      ls_reason_set_error (error, LS_REASON_EDIT_DONE);
      return false;
    }
  if (open == NULL && (dead = find_dead (self, mid, error)) == NULL)
    return false;
  return ls_cache_tx_begin (self, LS_SQL_SYNC_FULL, &tx, error) &&
         ls_cache_tx_set_shop (&tx, open != NULL ? shop->shop : dead->shop, error) &&
         discard_one (&tx, open, dead, error) && ls_cache_rebase (&tx, error) &&
         ls_cache_tx_commit (&tx, error);
}

/**
 * ls_cache_discard_edits:
 * @self: a cache
 * @shop: the shop
 * @states: a set of states, of %LS_EDIT_QUEUED, %LS_EDIT_DEAD and %LS_EDIT_LOST
 * @error: where to put why not
 *
 * Takes back all edits of a shop that stand so, in one transaction.
 *
 * Returns: whether it is on disk
 */
bool
ls_cache_discard_edits (LsCache    *self,
                        const char *shop,
                        unsigned    states,
                        GError    **error)
{
  const unsigned possible = LS_EDIT_MASK (LS_EDIT_QUEUED) | LS_EDIT_MASK (LS_EDIT_DEAD) |
                            LS_EDIT_MASK (LS_EDIT_LOST);
  g_autoptr (GPtrArray) edits = ls_cache_list_edits (self, shop, states & possible, error);
  g_auto (LsCacheTx) tx = { NULL };

  if (edits == NULL)
    return false;
  if (edits->len == 0)
    return true;
  if (!ls_cache_tx_begin (self, LS_SQL_SYNC_FULL, &tx, error) ||
      !ls_cache_tx_set_shop (&tx, shop, error))
    return false;
  for (unsigned i = 0; i < edits->len; i++)
    {
      LsEdit *edit = g_ptr_array_index (edits, i);
      LsOpenEdit *open = ls_shop_find_edit (tx.shop, edit->mid);

      /* What depends on one that went before went with it. */
      if (open == NULL && edit->state == LS_EDIT_QUEUED)
        continue;
      if (!discard_one (&tx, open, edit, error))
        return false;
    }
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

/* Queues a dead letter again, and behind it those that went with it: of these what does not fit the
 * rows any more stays where it is. */
static bool
revive (LsCacheTx  *tx,
        LsEdit     *dead,
        const char *new_mid,
        GPtrArray  *changes,
        GError    **error)
{
  g_autoptr (GPtrArray) dependants = list_dependants (tx->cache, dead->mid, error);
  g_autoptr (LsEdit) discarded = ls_edit_copy (dead);
  int64_t n = dead->state == LS_EDIT_LOST && g_str_equal (dead->mid, new_mid) ? LS_EDIT_N_PAST : 0;

  if (dependants == NULL || !ls_cache_delete_edit (tx->cache, dead, error))
    return false;
  discarded->state = LS_EDIT_DISCARDED;
  if (!g_str_equal (dead->mid, new_mid))
    ls_cache_tx_tell_edit (tx, discarded);
  if (ls_cache_append_edit (tx, new_mid, n, changes, error) == NULL ||
      !ls_cache_rebase (tx, error))
    return false;
  for (unsigned i = 0; i < dependants->len; i++)
    {
      LsEdit *dependant = g_ptr_array_index (dependants, i);
      g_autofree char *mid = NULL;
      g_autoptr (GPtrArray) plain = forget_seen_values (dependant->changes);
      g_autoptr (GPtrArray) seen = NULL;

      dependant->shop = g_strdup (dead->shop);
      seen = ls_cache_try_changes (tx->cache, dead->shop, plain, NULL);
      /* The server knows the mid of one that got an n, and would tell its old result again. */
      mid = dependant->n != 0 ? ls_id_new_uuid (tx->cache->environment) : g_strdup (dependant->mid);
      if (seen != NULL && !revive (tx, dependant, mid, seen, error))
        return false;
    }
  return true;
}

static bool
retry (LsCache    *self,
       LsEdit     *dead,
       const char *new_mid,
       GPtrArray  *changes,
       GError    **error)
{
  g_autoptr (GPtrArray) seen = ls_cache_try_changes (self, dead->shop, changes, error);
  /* Under an old mid only what it stands for may go. */
  GPtrArray *sent = g_str_equal (dead->mid, new_mid) ? dead->changes : seen;
  g_auto (LsCacheTx) tx = { NULL };

  return seen != NULL && ls_cache_tx_begin (self, LS_SQL_SYNC_FULL, &tx, error) &&
         ls_cache_tx_set_shop (&tx, dead->shop, error) &&
         revive (&tx, dead, new_mid, sent, error) && ls_cache_rebase (&tx, error) &&
         ls_cache_tx_commit (&tx, error);
}

/**
 * ls_cache_retry_edit:
 * @self: a cache
 * @mid: a dead letter, or an edit that was lost in a restore
 * @new_mid: an id of its own for the new try
 * @error: where to put why not: %LS_ERROR_CONFLICT or %LS_ERROR_VALIDATION when it does not fit the
 *   rows any more; it then stays where it is
 *
 * Tries a dead letter again as a new edit at the end of the queue, over what is visible now; the
 * edits that went with it follow it. One that was lost goes again as it was, under its old mid:
 * should the server have it after all, it is not done twice.
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

  if (dead == NULL)
    return false;
  if (dead->state == LS_EDIT_LOST)
    return retry (self, dead, mid, dead->changes, error);
  plain = forget_seen_values (dead->changes);
  return retry (self, dead, new_mid, plain, error);
}

/**
 * ls_cache_resolve_edit:
 * @self: a cache
 * @mid: a dead letter, or an edit that was lost in a restore
 * @new_mid: an id of its own for the new try
 * @changes: (element-type LsChange): what is to be done instead
 * @error: where to put why not, as of ls_cache_retry_edit(); it then stays where it is
 *
 * Puts another edit in the place of one that failed: what the admin made of it when he saw why.
 * Values seen (`was`) that @changes do not tell are those visible now; the edits that went with the
 * old one follow the new one.
 *
 * Returns: whether it is on disk
 */
bool
ls_cache_resolve_edit (LsCache    *self,
                       const char *mid,
                       const char *new_mid,
                       GPtrArray  *changes,
                       GError    **error)
{
  g_autoptr (LsEdit) dead = find_dead (self, mid, error);

  if (dead == NULL)
    return false;
  if (changes->len == 0 || changes->len > LS_MAX_CHANGES)
    {
      ls_reason_set_error (error, changes->len == 0 ? LS_REASON_NO_CHANGES : LS_REASON_MANY_CHANGES,
                           (int64_t) changes->len, (int64_t) LS_MAX_CHANGES);
      return false;
    }
  return retry (self, dead, new_mid, changes, error);
}

static bool
wants (const char *const *mids,
       const char         *mid)
{
  return mids == NULL || g_strv_contains (mids, mid);
}

/* One that does not fit the rows any more is a dead letter from then on, with the reason. */
static bool
restore_one (LsCacheTx  *tx,
             LsEdit     *lost,
             GError    **error)
{
  g_autoptr (GError) failure = NULL;
  g_autoptr (GPtrArray) seen =
      ls_cache_try_changes (tx->cache, lost->shop, lost->changes, &failure);
  g_autoptr (LsEdit) dead = NULL;

  if (seen != NULL)
    return revive (tx, lost, lost->mid, lost->changes, error);
  dead = ls_edit_copy (lost);
  dead->state = LS_EDIT_DEAD;
  dead->status = LS_RESULT_CONFLICT;
  g_free (dead->code);
  g_free (dead->message);
  g_strfreev (dead->reason);
  dead->code = g_strdup (ls_error_info (ls_error_code_of (failure))->name);
  dead->message = g_strdup (failure->message);
  dead->reason = g_strdupv ((char **) ls_error_get_reason (failure));
  ls_cache_tx_tell_edit (tx, dead);
  return ls_cache_store_edit (tx->cache, tx->shop, dead, LS_ALL_COLLECTIONS, error);
}

/**
 * ls_cache_restore_edits:
 * @self: a cache
 * @shop: the shop
 * @mids: (nullable) (array zero-terminated=1): which of the edits that were lost in a restore of
 *   the server, %NULL for all
 * @error: where to put why not
 *
 * Queues edits that were lost again, in their order and under their old mids, in one transaction.
 *
 * Returns: whether it is on disk
 */
bool
ls_cache_restore_edits (LsCache            *self,
                        const char         *shop,
                        const char *const *mids,
                        GError            **error)
{
  g_autoptr (GPtrArray) lost =
      ls_cache_list_edits (self, shop, LS_EDIT_MASK (LS_EDIT_LOST), error);
  g_auto (LsCacheTx) tx = { NULL };

  if (lost == NULL)
    return false;
  if (lost->len == 0)
    return true;
  if (!ls_cache_tx_begin (self, LS_SQL_SYNC_FULL, &tx, error) ||
      !ls_cache_tx_set_shop (&tx, shop, error))
    return false;
  for (unsigned i = 0; i < lost->len; i++)
    {
      LsEdit *edit = g_ptr_array_index (lost, i);

      if (wants (mids, edit->mid) && !restore_one (&tx, edit, error))
        return false;
    }
  return ls_cache_rebase (&tx, error) && ls_cache_tx_commit (&tx, error);
}

/**
 * ls_cache_lose_edits:
 * @self: a cache
 * @shop: the shop
 * @base: the version up to which the server's history is the one known here
 * @error: where to put why not
 *
 * Takes note that a server went back within its epoch, as one does whose files were exchanged:
 * edits of the journal that were applied after @base become %LS_EDIT_LOST.
 *
 * Returns: whether it is on disk
 */
bool
ls_cache_lose_edits (LsCache    *self,
                     const char *shop,
                     int64_t     base,
                     GError    **error)
{
  g_auto (LsCacheTx) tx = { NULL };

  return ls_cache_tx_begin (self, LS_SQL_SYNC_FULL, &tx, error) &&
         ls_cache_tx_set_shop (&tx, shop, error) && ls_cache_mark_lost (&tx, base, error) &&
         ls_cache_rebase (&tx, error) && ls_cache_tx_commit (&tx, error);
}

/* Edits that were applied in a history that ended at @base of the one there is now: they are
 * neither pending nor done. The journal keeps them until the admin says what to do. */
bool
ls_cache_mark_lost (LsCacheTx  *tx,
                    int64_t     base,
                    GError    **error)
{
  g_autoptr (GPtrArray) journal = NULL;

  if (!ls_cache_prune_journal (tx->cache, error))
    return false;
  journal = ls_cache_list_edits (tx->cache, tx->shop->shop, LS_EDIT_MASK (LS_EDIT_APPLIED), error);

  for (unsigned i = 0; journal != NULL && i < journal->len; i++)
    {
      const LsEdit *applied = g_ptr_array_index (journal, i);
      LsOpenEdit *open = ls_shop_find_edit (tx->shop, applied->mid);
      g_autoptr (LsEdit) lost = NULL;

      /* How a decided one ended is not known, and what was taken back is not missed. */
      if (applied->version <= base || applied->is_void || applied->status != LS_RESULT_APPLIED)
        continue;
      lost = ls_edit_copy (applied);
      lost->state = LS_EDIT_LOST;
      lost->n = 0;
      if (open != NULL)
        ls_cache_drop_edit (tx, open);
      ls_cache_tx_tell_edit (tx, lost);
      if (!ls_cache_store_edit (tx->cache, tx->shop, lost, LS_ALL_COLLECTIONS, error))
        return false;
    }
  return journal != NULL;
}
