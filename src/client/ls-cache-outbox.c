/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-cache"

#include "config.h"

#include "client/ls-cache-private.h"

#include "core/ls-error.h"
#include "core/ls-fault.h"
#include "core/ls-id.h"

/* How edits leave: they get their numbers, they get their results, or they are taken back. */

/* Replaces what is known of an open edit, in memory, in the file and to the listener. */
static bool
update_open (LsCacheTx  *tx,
             LsOpenEdit *open,
             LsEdit     *edit,
             GError    **error)
{
  ls_edit_unref (open->edit);
  open->edit = edit;
  ls_cache_tx_tell_edit (tx, edit);
  return ls_cache_store_edit (tx->cache, tx->shop, edit, open->contained, error);
}

static int
compare_n (gconstpointer a,
           gconstpointer b)
{
  const LsOpenEdit *x = *(LsOpenEdit *const *) a;
  const LsOpenEdit *y = *(LsOpenEdit *const *) b;

  return (x->edit->n > y->edit->n) - (x->edit->n < y->edit->n);
}

static GPtrArray *
list_sent (LsShopState *shop)
{
  GPtrArray *sent = g_ptr_array_new ();

  for (unsigned i = 0; shop != NULL && i < shop->edits->len; i++)
    {
      LsOpenEdit *open = g_ptr_array_index (shop->edits, i);

      if (open->edit->state == LS_EDIT_SENT)
        g_ptr_array_add (sent, open);
    }
  g_ptr_array_sort (sent, compare_n);
  return sent;
}

static bool
number_next (LsCache    *self,
             const char *shop,
             unsigned    max,
             GError    **error)
{
  g_auto (LsCacheTx) tx = { NULL };

  if (!ls_cache_tx_begin (self,
                          LS_FAULT (NUMBER_NOT_DURABLE) ? LS_SQL_SYNC_NORMAL : LS_SQL_SYNC_FULL,
                          &tx, error) ||
      !ls_cache_tx_set_shop (&tx, shop, error))
    return false;
  for (unsigned i = 0; i < tx.shop->edits->len && max > 0; i++)
    {
      LsOpenEdit *open = g_ptr_array_index (tx.shop->edits, i);
      LsEdit *sent;

      if (open->edit->state != LS_EDIT_QUEUED)
        continue;
      sent = ls_edit_copy (open->edit);
      sent->state = LS_EDIT_SENT;
      sent->n = ++tx.shop->highest_n;
      if (!update_open (&tx, open, sent, error))
        return false;
      max--;
    }
  return ls_cache_tx_commit (&tx, error);
}

/**
 * ls_cache_number_edits:
 * @self: a cache
 * @shop: a shop
 * @max: how many queued edits may be sent now
 * @error: where to put why not
 *
 * Gives the next @max queued edits their n, durably, as long as no more than
 * %LS_MUTATION_WINDOW are undecided. From then on they are immutable.
 *
 * Returns: (transfer full) (element-type LsEdit) (nullable): all edits that are sent and undecided,
 *   those sent before too, by n
 */
GPtrArray *
ls_cache_number_edits (LsCache    *self,
                       const char *shop,
                       unsigned    max,
                       GError    **error)
{
  g_autoptr (GPtrArray) edits = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_edit_unref);
  LsShopState *state = ls_cache_find_shop (self, shop);
  g_autoptr (GPtrArray) sent = list_sent (state);
  unsigned n_queued = state != NULL ? ls_shop_count_waiting (state) - sent->len : 0;

  if (!ls_cache_is_sound (self, error))
    return NULL;
  max = MIN (max, LS_MUTATION_WINDOW - MIN (sent->len, LS_MUTATION_WINDOW));
  if (MIN (max, n_queued) > 0)
    {
      if (!number_next (self, shop, max, error))
        return NULL;
      g_ptr_array_unref (sent);
      sent = list_sent (state);
    }
  for (unsigned i = 0; i < sent->len; i++)
    g_ptr_array_add (edits, ls_edit_ref (((LsOpenEdit *) g_ptr_array_index (sent, i))->edit));
  return g_steal_pointer (&edits);
}

/* Gives what is sent and undecided n = 1, 2, 3, in its order. */
bool
ls_cache_count_again (LsCacheTx *tx,
                      GError   **error)
{
  g_autoptr (GPtrArray) sent = list_sent (tx->shop);

  tx->shop->highest_n = 0;
  for (unsigned i = 0; i < sent->len; i++)
    {
      LsOpenEdit *open = g_ptr_array_index (sent, i);
      LsEdit *edit = ls_edit_copy (open->edit);

      edit->n = ++tx->shop->highest_n;
      if (!update_open (tx, open, edit, error))
        return false;
    }
  for (unsigned i = 0; i < tx->shop->edits->len; i++)
    {
      LsOpenEdit *open = g_ptr_array_index (tx->shop->edits, i);
      LsEdit *edit;

      /* Decided under an old number that must not be taken for a new one. */
      if (open->edit->state != LS_EDIT_APPLIED)
        continue;
      edit = ls_edit_copy (open->edit);
      edit->n = 0;
      if (!update_open (tx, open, edit, error))
        return false;
    }
  return true;
}

/* Up to which n all is decided was told of edits of whoever has the old id: under the same n may be
 * others. What is undecided shows until its result comes. */
static bool
doubt_done (LsCacheTx *tx,
            GError   **error)
{
  for (unsigned i = 0; i < tx->shop->edits->len; i++)
    {
      LsOpenEdit *open = g_ptr_array_index (tx->shop->edits, i);

      if (open->edit->state == LS_EDIT_SENT && !ls_cache_set_contained (tx, open, 0, error))
        return false;
    }
  return true;
}

/**
 * ls_cache_renumber_edits:
 * @self: a cache
 * @shop: a shop
 * @is_forked: whether that is for a new client id, and not for a new epoch
 * @error: where to put why not
 *
 * Counts from 1 again: the undecided edits keep their mids and their order and get n = 1, 2, 3. To do
 * it twice is to do it once; rows of a new epoch have brought it about already.
 *
 * Returns: whether it is on disk
 */
bool
ls_cache_renumber_edits (LsCache    *self,
                         const char *shop,
                         bool        is_forked,
                         GError    **error)
{
  g_auto (LsCacheTx) tx = { NULL };

  return ls_cache_tx_begin (self, LS_SQL_SYNC_FULL, &tx, error) &&
         ls_cache_tx_set_shop (&tx, shop, error) && ls_cache_count_again (&tx, error) &&
         (!is_forked || doubt_done (&tx, error)) && ls_cache_rebase (&tx, error) &&
         ls_cache_tx_commit (&tx, error);
}

/* Ends an open edit: its overlay goes, and it is kept as what it became. */
static bool
end_edit (LsCacheTx  *tx,
          LsOpenEdit *open,
          LsEdit     *ended,
          GError    **error)
{
  bool kept = ended->state != LS_EDIT_DISCARDED;

  if (ended->state != LS_EDIT_APPLIED && !ls_cache_unlink_edit (tx, open, error))
    return false;
  ls_cache_drop_edit (tx, open);
  ls_cache_tx_tell_edit (tx, ended);
  return kept ? ls_cache_store_edit (tx->cache, tx->shop, ended, LS_ALL_COLLECTIONS, error)
              : ls_cache_delete_edit (tx->cache, ended, error);
}

static bool
needs_row (const LsEdit   *edit,
           const LsChange *made)
{
  for (unsigned i = 0; i < edit->changes->len; i++)
    {
      const LsChange *change = g_ptr_array_index (edit->changes, i);

      if (change->collection == made->collection && g_str_equal (change->key, made->key))
        return change->op != LS_CHANGE_PUT;
    }
  return false;
}

/* The next edit of a row that only @failed would have made: a queued one, which goes with it, or
 * one that is sent and does not know yet what it depends on. */
static LsOpenEdit *
find_dependant (LsCacheTx    *tx,
                const LsEdit *failed)
{
  for (unsigned i = 0; i < failed->changes->len; i++)
    {
      const LsChange *change = g_ptr_array_index (failed->changes, i);
      const LsShadow *shadow = ls_shop_find_shadow (tx->shop, change->collection, change->key);

      if (change->op != LS_CHANGE_PUT || shadow == NULL ||
          ls_shadow_exists_before (shadow, failed->id))
        continue;
      for (unsigned j = 0; j < shadow->edits->len; j++)
        {
          LsOpenEdit *open = g_ptr_array_index (shadow->edits, j);
          const LsEdit *edit = open->edit;

          if (edit->id > failed->id && needs_row (edit, change) &&
              (edit->state == LS_EDIT_QUEUED ||
               (edit->state == LS_EDIT_SENT && edit->depends_on == NULL)))
            return open;
        }
    }
  return NULL;
}

/* What needs a row that will not be made goes with the edit that should have made it. One that is
 * sent is refused by the server too; it then knows to which it belongs. */
static bool
end_dependants (LsCacheTx    *tx,
                const LsEdit *failed,
                GError      **error)
{
  LsOpenEdit *open;

  while ((open = find_dependant (tx, failed)) != NULL)
    {
      bool is_sent = open->edit->state == LS_EDIT_SENT;
      g_autoptr (LsEdit) edit = ls_edit_copy (open->edit);

      edit->depends_on = g_strdup (failed->mid);
      if (is_sent)
        {
          edit->is_void = edit->is_void || failed->state == LS_EDIT_DISCARDED;
          ls_cache_touch_edit (tx, open);
          if (!update_open (tx, open, ls_edit_ref (edit), error))
            return false;
          continue;
        }
      edit->state = failed->state;
      edit->resolved_at = failed->resolved_at;
      edit->status = failed->status;
      edit->code = g_strdup (failed->code);
      edit->message = g_strdup (failed->message);
      edit->reason = g_strdupv (failed->reason);
      if (!end_edit (tx, open, edit, error) || !end_dependants (tx, edit, error))
        return false;
    }
  return true;
}

static LsEdit *
result_to_edit (LsCache        *self,
                const LsEdit   *sent,
                const LsResult *result)
{
  LsEdit *edit = ls_edit_copy (sent);

  edit->resolved_at = ls_environment_now (self->environment);
  edit->status = result->status;
  edit->version = result->version;
  edit->code = g_strdup (result->code);
  edit->message = g_strdup (result->message);
  edit->path = g_strdup (result->path);
  edit->reason = g_strdupv (result->reason);
  switch (result->status)
    {
    case LS_RESULT_CONFLICT:
    case LS_RESULT_REJECTED:
      edit->state = LS_EDIT_DEAD;
      break;
    case LS_RESULT_APPLIED:
    case LS_RESULT_DECIDED:
    default:
      edit->state = LS_EDIT_APPLIED;
      g_clear_pointer (&edit->depends_on, g_free);
    }
  /* It was taken back; unless the server had done it before it heard of that. */
  if (edit->is_void && result->status != LS_RESULT_APPLIED)
    edit->state = LS_EDIT_DISCARDED;
  return edit;
}

/* Makes an edit once more that met a conflict with nothing but an edit of the admin's own that
 * failed. *ret_made is false when there is none such. */
static bool
make_again (LsCacheTx   *tx,
            LsOpenEdit  *open,
            LsEdit      *edit,
            bool        *ret_made,
            GError     **error)
{
  g_autoptr (GPtrArray) changes = NULL;
  g_autoptr (LsEdit) again = NULL;

  *ret_made = false;
  if (edit->state != LS_EDIT_DEAD || edit->status != LS_RESULT_CONFLICT)
    return true;
  if (!ls_cache_rechain (tx, edit, &changes, error))
    return false;
  if (changes == NULL)
    return true;
  *ret_made = true;
  edit->state = LS_EDIT_DISCARDED;
  ls_cache_tx_tell_edit (tx, edit);
  /* In its place: what was made after it must go after it. */
  again = ls_edit_copy (open->edit);
  g_free (again->mid);
  again->mid = ls_id_new_uuid (tx->cache->environment);
  again->state = LS_EDIT_QUEUED;
  again->n = 0;
  g_ptr_array_unref (again->changes);
  again->changes = g_steal_pointer (&changes);
  ls_cache_touch_edit (tx, open);
  return ls_sql_run (tx->cache->sql, error, "UPDATE edits SET mid = ? WHERE id = ?", "ti",
                     again->mid, again->id) &&
         update_open (tx, open, ls_edit_ref (again), error) &&
         /* A squashed delta may have told that the one before was decided: this one is not. */
         ls_cache_set_contained (tx, open, 0, error);
}

static bool
apply_result (LsCacheTx      *tx,
              LsOpenEdit     *open,
              const LsResult *result,
              LsEdit        **ret_edit,
              GError        **error)
{
  g_autoptr (LsEdit) edit = result_to_edit (tx->cache, open->edit, result);
  bool contained = open->contained == LS_ALL_COLLECTIONS ||
                   result->status != LS_RESULT_APPLIED ||
                   result->version <= tx->shop->position.version;
  bool made_again = false;

  if (!make_again (tx, open, edit, &made_again, error))
    return false;
  if (made_again)
    {
      if (ret_edit != NULL)
        *ret_edit = g_steal_pointer (&edit);
      return true;
    }
  if (!contained && edit->state == LS_EDIT_APPLIED)
    {
      /* The result was faster than its delta: the edit shows on until that comes. */
      if (!update_open (tx, open, ls_edit_ref (edit), error))
        return false;
    }
  else if (!end_edit (tx, open, edit, error) ||
           (edit->state == LS_EDIT_DEAD && !end_dependants (tx, edit, error)))
    return false;
  if (ret_edit != NULL)
    *ret_edit = g_steal_pointer (&edit);
  return true;
}

/**
 * ls_cache_apply_result:
 * @self: a cache
 * @result: a `result`
 * @ret_edit: (out) (optional) (nullable) (transfer full): the edit as it is now, or %NULL when the
 *   cache knows no undecided edit of that mid
 * @error: where to put why not
 *
 * Ends an edit, durably. Applied: it shows until the confirmed rows have it, and goes to the
 * journal. Conflict or rejected: it is taken off the rows and goes to the dead letters with the
 * reason, and queued edits of rows that it would have made go with it. Decided: it goes, how it
 * ended is not known. One that was taken back is forgotten, unless the server applied it before it
 * heard of that. A conflict with nothing but an edit of the admin's own that failed before is none:
 * the edit returned is then discarded, and another waits in its place.
 *
 * Returns: whether it is on disk
 */
bool
ls_cache_apply_result (LsCache         *self,
                       const LsMessage *result,
                       LsEdit         **ret_edit,
                       GError         **error)
{
  const LsResult *body = &result->result;
  LsShopState *shop = ls_cache_find_shop (self, body->shop);
  LsOpenEdit *open = shop != NULL ? ls_shop_find_edit (shop, body->mid) : NULL;
  g_auto (LsCacheTx) tx = { NULL };
  g_autoptr (LsEdit) edit = NULL;

  g_return_val_if_fail (result->type == LS_MESSAGE_RESULT, false);

  if (ret_edit != NULL)
    *ret_edit = NULL;
  if (!ls_cache_is_sound (self, error))
    return false;
  if (open == NULL || open->edit->state != LS_EDIT_SENT)
    return true;
  if (!ls_cache_tx_begin (self, LS_SQL_SYNC_FULL, &tx, error) ||
      !ls_cache_tx_set_shop (&tx, body->shop, error) ||
      !apply_result (&tx, open, body, &edit, error) || !ls_cache_rebase (&tx, error) ||
      !ls_cache_prune_journal (self, error) || !ls_cache_tx_commit (&tx, error))
    return false;
  if (ret_edit != NULL)
    *ret_edit = g_steal_pointer (&edit);
  return true;
}

/* Takes back an edit that still waits. */
bool
ls_cache_discard_open (LsCacheTx  *tx,
                       LsOpenEdit *open,
                       GError    **error)
{
  g_autoptr (LsEdit) edit = ls_edit_copy (open->edit);
  g_autoptr (LsEdit) failed = NULL;

  if (edit->state == LS_EDIT_SENT && !ls_cache_unlink_edit (tx, open, error))
    return false;
  if (edit->state == LS_EDIT_SENT)
    {
      /* Its n is taken and has to reach the server, without content. */
      edit->is_void = true;
      ls_cache_touch_edit (tx, open);
      if (!update_open (tx, open, ls_edit_ref (edit), error))
        return false;
    }
  failed = ls_edit_copy (edit);
  failed->state = LS_EDIT_DISCARDED;
  if (edit->state != LS_EDIT_SENT && !end_edit (tx, open, failed, error))
    return false;
  return end_dependants (tx, failed, error);
}
