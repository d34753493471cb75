/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-cache"

#include "config.h"

#include "client/ls-cache-types.h"

G_DEFINE_BOXED_TYPE (LsEdit, ls_edit, ls_edit_ref, ls_edit_unref)
G_DEFINE_BOXED_TYPE (LsCacheCommit, ls_cache_commit, ls_cache_commit_ref, ls_cache_commit_unref)
G_DEFINE_BOXED_TYPE (LsCacheShop, ls_cache_shop, ls_cache_shop_copy, ls_cache_shop_free)

static void
row_change_clear (gpointer data)
{
  LsRowChange *change = data;

  g_clear_pointer (&change->before, ls_record_unref);
  g_clear_pointer (&change->after, ls_record_unref);
}

/**
 * ls_edit_new:
 *
 * Returns: (transfer full): an edit without content, for its maker to fill
 */
LsEdit *
ls_edit_new (void)
{
  LsEdit *edit = g_new0 (LsEdit, 1);

  g_atomic_ref_count_init (&edit->ref_count);
  return edit;
}

/**
 * ls_edit_copy:
 * @edit: an edit
 *
 * Returns: (transfer full): another with the same content, to be changed; the changes are shared
 */
LsEdit *
ls_edit_copy (const LsEdit *edit)
{
  LsEdit *copy = ls_edit_new ();

  copy->id = edit->id;
  copy->shop = g_strdup (edit->shop);
  copy->mid = g_strdup (edit->mid);
  copy->n = edit->n;
  copy->state = edit->state;
  copy->made_at = edit->made_at;
  copy->resolved_at = edit->resolved_at;
  copy->changes = g_ptr_array_ref (edit->changes);
  copy->is_void = edit->is_void;
  copy->status = edit->status;
  copy->version = edit->version;
  copy->code = g_strdup (edit->code);
  copy->message = g_strdup (edit->message);
  copy->reason = g_strdupv (edit->reason);
  copy->path = g_strdup (edit->path);
  copy->depends_on = g_strdup (edit->depends_on);
  return copy;
}

/**
 * ls_edit_ref:
 * @edit: an edit
 *
 * Returns: (transfer full): @edit
 */
LsEdit *
ls_edit_ref (LsEdit *edit)
{
  g_atomic_ref_count_inc (&edit->ref_count);
  return edit;
}

/**
 * ls_edit_unref:
 * @edit: (transfer full): an edit
 *
 * Drops a reference.
 */
void
ls_edit_unref (LsEdit *edit)
{
  if (!g_atomic_ref_count_dec (&edit->ref_count))
    return;
  g_free (edit->shop);
  g_free (edit->mid);
  g_clear_pointer (&edit->changes, g_ptr_array_unref);
  g_free (edit->code);
  g_free (edit->message);
  g_strfreev (edit->reason);
  g_free (edit->path);
  g_free (edit->depends_on);
  g_free (edit);
}

/**
 * ls_cache_commit_new:
 * @shop: the shop concerned
 *
 * Returns: (transfer full): a commit in which nothing happened, for its maker to fill
 */
LsCacheCommit *
ls_cache_commit_new (const char *shop)
{
  LsCacheCommit *commit = g_new0 (LsCacheCommit, 1);

  g_atomic_ref_count_init (&commit->ref_count);
  commit->shop = g_strdup (shop);
  commit->changes = g_array_new (FALSE, FALSE, sizeof (LsRowChange));
  g_array_set_clear_func (commit->changes, row_change_clear);
  commit->edits = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_edit_unref);
  commit->contained = g_ptr_array_new_with_free_func (g_free);
  return commit;
}

/**
 * ls_cache_commit_add:
 * @commit: a commit that nobody else holds
 * @collection: the collection
 * @id: the row
 * @before: (nullable): what was visible
 * @after: (nullable): what is
 * @pending: whether an edit of it waits
 *
 * Adds what happened to one row.
 */
void
ls_cache_commit_add (LsCacheCommit      *commit,
                     const LsCollection *collection,
                     int64_t             id,
                     LsRecord           *before,
                     LsRecord           *after,
                     bool                pending)
{
  LsRowChange change = {
    .shop = commit->shop,
    .collection = collection,
    .id = id,
    .before = before != NULL ? ls_record_ref (before) : NULL,
    .after = after != NULL ? ls_record_ref (after) : NULL,
    .pending = pending,
  };

  g_array_append_val (commit->changes, change);
}

/**
 * ls_cache_commit_ref:
 * @commit: a commit
 *
 * Returns: (transfer full): @commit
 */
LsCacheCommit *
ls_cache_commit_ref (LsCacheCommit *commit)
{
  g_atomic_ref_count_inc (&commit->ref_count);
  return commit;
}

/**
 * ls_cache_commit_unref:
 * @commit: (transfer full): a commit
 *
 * Drops a reference.
 */
void
ls_cache_commit_unref (LsCacheCommit *commit)
{
  if (!g_atomic_ref_count_dec (&commit->ref_count))
    return;
  g_free (commit->shop);
  g_array_unref (commit->changes);
  g_ptr_array_unref (commit->edits);
  g_ptr_array_unref (commit->contained);
  g_free (commit);
}

/**
 * ls_cache_shop_copy:
 * @shop: what is held of a shop
 *
 * Returns: (transfer full): a copy
 */
LsCacheShop *
ls_cache_shop_copy (const LsCacheShop *shop)
{
  LsCacheShop *copy = g_memdup2 (shop, sizeof *shop);

  copy->shop = g_strdup (shop->shop);
  copy->name = g_strdup (shop->name);
  copy->role = g_strdup (shop->role);
  return copy;
}

/**
 * ls_cache_shop_free:
 * @shop: (transfer full): what is held of a shop
 *
 * Frees it.
 */
void
ls_cache_shop_free (LsCacheShop *shop)
{
  g_free (shop->shop);
  g_free (shop->name);
  g_free (shop->role);
  g_free (shop);
}
