/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-cache"

#include "config.h"

#include "client/ls-cache-private.h"

#include "core/ls-reason.h"
#include "core/ls-fault.h"
#include "core/ls-id.h"

/* What the admin does: edits as they are made, merged, taken back and tried again. */

/* Edits that ended stay in the journal this long. */
#define JOURNAL_TIME (7 * INT64_C (86400000000))

/* Writes an edit; gives it its place when it has none. */
bool
ls_cache_store_edit (LsCache     *self,
                     LsShopState *shop,
                     LsEdit      *edit,
                     uint32_t     contained,
                     GError     **error)
{
  g_autofree char *changes = ls_changes_to_json (edit->changes);
  g_autofree char *reason = ls_reason_join ((const char *const *) edit->reason);

  if (edit->id != 0)
    return ls_sql_run (self->sql, error,
                       "UPDATE edits SET n = ?, state = ?, resolved_at = ?, changes = ?,"
                       " contained = ?, void = ?, status = ?, version = ?, code = ?, message = ?,"
                       " path = ?, reason = ?, depends_on = ? WHERE id = ?",
                       "iditdddittttti", edit->n, (int) edit->state, edit->resolved_at, changes,
                       (int) contained, (int) edit->is_void, (int) edit->status, edit->version,
                       edit->code, edit->message, edit->path, reason, edit->depends_on, edit->id);
  if (!ls_sql_run (self->sql, error,
                   "INSERT INTO edits (shop, mid, n, state, made_at, resolved_at, changes,"
                   " contained, void, status, version) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
                   "itidiitdddi", shop->number, edit->mid, edit->n, (int) edit->state,
                   edit->made_at, edit->resolved_at, changes, (int) contained,
                   (int) edit->is_void, (int) edit->status, edit->version))
    return false;
  edit->id = ls_sql_get_last_insert_rowid (self->sql);
  return true;
}

/* Reads an edit from a row of LS_EDIT_COLUMNS. */
LsEdit *
ls_cache_read_edit (LsStatement *statement,
                    const char  *shop,
                    uint32_t    *ret_contained,
                    GError     **error)
{
  g_autoptr (LsEdit) edit = ls_edit_new ();
  const char *changes;

  edit->id = ls_statement_get_int64 (statement, 0);
  edit->shop = g_strdup (shop);
  edit->mid = g_strdup (ls_statement_need_text (statement, 1, error));
  if (edit->mid == NULL)
    return NULL;
  edit->n = ls_statement_get_int64 (statement, 2);
  edit->state = (LsEditState) ls_statement_get_int64 (statement, 3);
  edit->made_at = ls_statement_get_int64 (statement, 4);
  edit->resolved_at = ls_statement_get_int64 (statement, 5);
  changes = ls_statement_need_text (statement, 6, error);
  edit->changes = changes != NULL ? ls_changes_from_json (changes, error) : NULL;
  if (edit->changes == NULL)
    {
      g_prefix_error (error, "edit %s: ", edit->mid);
      return NULL;
    }
  *ret_contained = (uint32_t) ls_statement_get_int64 (statement, 7);
  edit->is_void = ls_statement_get_int64 (statement, 8) != 0;
  edit->status = (LsResultStatus) ls_statement_get_int64 (statement, 9);
  edit->version = ls_statement_get_int64 (statement, 10);
  edit->code = ls_statement_dup_text (statement, 11);
  edit->message = ls_statement_dup_text (statement, 12);
  edit->path = ls_statement_dup_text (statement, 13);
  edit->depends_on = ls_statement_dup_text (statement, 14);
  edit->reason = ls_reason_split (ls_statement_get_text (statement, 15));
  return g_steal_pointer (&edit);
}

bool
ls_cache_delete_edit (LsCache      *self,
                      const LsEdit *edit,
                      GError      **error)
{
  return ls_sql_run (self->sql, error, "DELETE FROM edits WHERE id = ?", "i", edit->id);
}

/* Forgets edits that ended long ago. */
bool
ls_cache_prune_journal (LsCache *self,
                        GError **error)
{
  return ls_sql_run (self->sql, error,
                     "DELETE FROM edits WHERE state = ? AND contained = ? AND resolved_at < ?",
                     "ddi", LS_EDIT_APPLIED, -1,
                     ls_environment_now (self->environment) - JOURNAL_TIME);
}

/* The values that the admin saw go into every change that does not tell them: they decide whether
 * somebody else was faster. */
static LsChange *
with_seen_values (const LsChange *change,
                  const LsRecord *visible)
{
  LsChange *seen = ls_change_new (change->op, change->collection, change->key);

  for (unsigned i = 0; i < change->edits->len; i++)
    {
      const LsFieldEdit *edit = &g_array_index (change->edits, LsFieldEdit, i);

      if (edit->has_set)
        ls_change_take_set (seen, edit->field, ls_value_copy (&edit->set));
      if (edit->has_was)
        ls_change_take_was (seen, edit->field, ls_value_copy (&edit->was));
      else if (change->op == LS_CHANGE_SET)
        ls_change_take_was (seen, edit->field,
                            ls_value_copy (ls_record_get (visible, edit->field)));
    }
  for (unsigned i = 0; change->op == LS_CHANGE_DEL && i < change->collection->n_fields; i++)
    if (!(change->collection->fields[i].flags & LS_FIELD_DERIVED) &&
        ls_change_find (change, i) == NULL &&
        ls_record_get (visible, i)->kind != LS_VALUE_NULL)
      ls_change_take_was (seen, i, ls_value_copy (ls_record_get (visible, i)));
  return seen;
}

/* Tries the changes on the visible rows, one after the other. */
GPtrArray *
ls_cache_try_changes (LsCache    *self,
                      const char *shop,
                      GPtrArray  *changes,
                      GError    **error)
{
  g_autoptr (GPtrArray) seen = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
  g_autoptr (GHashTable) rows =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) ls_record_unref);
  g_autoptr (GHashTable) gone = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (unsigned i = 0; i < changes->len; i++)
    {
      LsChange *change = g_ptr_array_index (changes, i);
      g_autofree char *name = g_strdup_printf ("%s %s", change->collection->name, change->key);
      g_autoptr (LsRecord) before = NULL;
      g_autoptr (GError) failure = NULL;
      LsRecord *after;

      if (!ls_change_validate (change, error))
        return NULL;
      if (g_hash_table_contains (rows, name))
        before = ls_record_ref (g_hash_table_lookup (rows, name));
      else if (!g_hash_table_contains (gone, name))
        before = ls_cache_get_visible (self, shop, change->collection, change->key, &failure);
      if (before == NULL && failure == NULL && change->op == LS_CHANGE_DEL)
        ls_reason_set_error (&failure, LS_REASON_GONE, change->collection, change->key);
      after = failure == NULL ? ls_change_apply (change, before, LS_APPLY_KEEP_DERIVED, &failure)
                              : NULL;
      if (failure != NULL)
        {
          g_propagate_prefixed_error (error, g_steal_pointer (&failure), "%s: ", name);
          return NULL;
        }
      g_ptr_array_add (seen, with_seen_values (change, before));
      if (after != NULL)
        {
          g_hash_table_remove (gone, name);
          g_hash_table_replace (rows, g_steal_pointer (&name), after);
        }
      else
        {
          g_hash_table_remove (rows, name);
          g_hash_table_add (gone, g_steal_pointer (&name));
        }
    }
  return g_steal_pointer (&seen);
}

/* Puts an edit at the end of the queue; @n is 0, or LS_EDIT_N_PAST for one that the server may know. */
LsOpenEdit *
ls_cache_append_edit (LsCacheTx  *tx,
                      const char *mid,
                      int64_t     n,
                      GPtrArray  *changes,
                      GError    **error)
{
  LsEdit *edit = ls_edit_new ();
  LsOpenEdit *open;

  edit->shop = g_strdup (tx->shop->shop);
  edit->mid = g_strdup (mid);
  edit->n = n;
  edit->made_at = ls_environment_now (tx->cache->environment);
  edit->changes = g_ptr_array_ref (changes);
  open = ls_shop_add_edit (tx->shop, edit);
  if (!ls_cache_store_edit (tx->cache, tx->shop, edit, 0, error) ||
      !ls_cache_cover_edit (tx, open, error))
    return NULL;
  ls_cache_tx_tell_edit (tx, edit);
  return open;
}

/* Adds what was tried: to a queued edit of the same row, or as a new one. */
static LsEdit *
add_tried (LsCacheTx  *tx,
           const char *mid,
           GPtrArray  *seen,
           GError    **error)
{
  LsEdit *edit = NULL;
  LsOpenEdit *open;

  if (!ls_cache_join_edit (tx, seen, &edit, error))
    return NULL;
  if (edit != NULL)
    return edit;
  open = ls_cache_append_edit (tx, mid, 0, seen, error);
  return open != NULL ? ls_edit_ref (open->edit) : NULL;
}

/**
 * ls_cache_add_edit:
 * @self: a cache
 * @shop: the shop
 * @mid: an id of its own for the edit
 * @changes: (element-type LsChange): what it does, all or nothing
 * @error: where to put why not: %LS_ERROR_VALIDATION with the field that is wrong,
 *   %LS_ERROR_CONFLICT when a row is not there, or a storage error
 *
 * Makes an edit: durable, queued, and visible at once. Values seen (`was`) that @changes do not
 * tell are taken from the visible rows. An edit of one row joins the queued one of that row where
 * both can be said as one; then the edit returned has that one's mid, and is of state
 * %LS_EDIT_DISCARDED when nothing is left to do.
 *
 * Returns: (transfer full) (nullable): the edit
 */
LsEdit *
ls_cache_add_edit (LsCache    *self,
                   const char *shop,
                   const char *mid,
                   GPtrArray  *changes,
                   GError    **error)
{
  g_autoptr (GPtrArray) seen = NULL;
  g_auto (LsCacheTx) tx = { NULL };
  g_autoptr (LsEdit) edit = NULL;

  if (changes->len == 0 || changes->len > LS_MAX_CHANGES)
    {
      ls_reason_set_error (error, changes->len == 0 ? LS_REASON_NO_CHANGES : LS_REASON_MANY_CHANGES,
                           (int64_t) changes->len, (int64_t) LS_MAX_CHANGES);
      return NULL;
    }
  seen = ls_cache_try_changes (self, shop, changes, error);
  if (seen == NULL ||
      !ls_cache_tx_begin (self,
                          LS_FAULT (EDIT_NOT_DURABLE) ? LS_SQL_SYNC_NORMAL : LS_SQL_SYNC_FULL,
                          &tx, error) ||
      !ls_cache_tx_set_shop (&tx, shop, error))
    return NULL;
  edit = add_tried (&tx, mid, seen, error);
  if (edit == NULL || !ls_cache_rebase (&tx, error) || !ls_cache_tx_commit (&tx, error))
    return NULL;
  return g_steal_pointer (&edit);
}

/* How many of @changes from @first on go into one edit. */
static unsigned
batch_length (GPtrArray *changes,
              unsigned   first)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  unsigned n;

  for (n = 0; first + n < changes->len && n < LS_BULK_CHANGES; n++)
    {
      ls_change_append_bytes (g_ptr_array_index (changes, first + n), bytes);
      if (n > 0 && bytes->len > LS_BULK_BYTES)
        break;
    }
  return n;
}

/**
 * ls_cache_add_edits:
 * @self: a cache
 * @shop: the shop
 * @first_mid: (nullable): an id of its own for the first of the edits
 * @changes: (element-type LsChange): what is to be done, in any number
 * @ret_seen: (out) (optional) (transfer full) (element-type GPtrArray): for each of the edits the
 *   changes that it was asked for, with the values that are seen there: what an undo is made of
 * @error: where to put why not, as of ls_cache_add_edit(); then nothing is done
 *
 * Makes one edit of a few changes, or several of many, since the server takes so many at once only:
 * each of them is all or nothing, and all are queued in one transaction. O(changes).
 *
 * Returns: (transfer full) (element-type LsEdit) (nullable): the edits, in order
 */
GPtrArray *
ls_cache_add_edits (LsCache    *self,
                    const char *shop,
                    const char *first_mid,
                    GPtrArray  *changes,
                    GPtrArray **ret_seen,
                    GError    **error)
{
  g_autoptr (GPtrArray) edits = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_edit_unref);
  g_autoptr (GPtrArray) batches =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_ptr_array_unref);
  g_autoptr (GPtrArray) seen = NULL;
  g_auto (LsCacheTx) tx = { NULL };

  if (changes->len == 0)
    {
      ls_reason_set_error (error, LS_REASON_NO_CHANGES);
      return NULL;
    }
  seen = ls_cache_try_changes (self, shop, changes, error);
  if (seen == NULL || !ls_cache_tx_begin (self, LS_SQL_SYNC_FULL, &tx, error) ||
      !ls_cache_tx_set_shop (&tx, shop, error))
    return NULL;
  for (unsigned first = 0; first < seen->len;)
    {
      GPtrArray *batch = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
      g_autofree char *mid = first == 0 && first_mid != NULL ? g_strdup (first_mid)
                                                             : ls_id_new_uuid (self->environment);
      unsigned n = batch_length (seen, first);
      LsEdit *edit;

      g_ptr_array_add (batches, batch);
      for (unsigned i = 0; i < n; i++)
        g_ptr_array_add (batch, ls_change_ref (g_ptr_array_index (seen, first + i)));
      edit = add_tried (&tx, mid, batch, error);
      if (edit == NULL)
        return NULL;
      g_ptr_array_add (edits, edit);
      first += n;
    }
  if (!ls_cache_rebase (&tx, error) || !ls_cache_tx_commit (&tx, error))
    return NULL;
  if (ret_seen != NULL)
    *ret_seen = g_steal_pointer (&batches);
  return g_steal_pointer (&edits);
}
