/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-store"

#include "config.h"

#include "client/ls-store-jobs-private.h"
#include "core/ls-id.h"

/* What an admin does to rows and to edits, as jobs. */

/**
 * ls_store_made_free:
 * @made: (transfer full): what was made
 *
 * Frees it.
 */
void
ls_store_made_free (LsStoreMade *made)
{
  g_clear_pointer (&made->edits, g_ptr_array_unref);
  g_clear_pointer (&made->seen, g_ptr_array_unref);
  g_free (made);
}

/**
 * ls_store_mutate_async:
 * @self: a store
 * @shop: a shop
 * @changes: (element-type LsChange): what to do, all or nothing; immutable from now on
 * @cancellable: (nullable): a #GCancellable; an edit that is on disk stays
 * @callback: called when the edit is on disk and on the screen, or was refused
 * @user_data: for @callback
 *
 * Makes an edit. It shows at once and is sent as soon as there is a server.
 */
void
ls_store_mutate_async (LsStore            *self,
                       const char         *shop,
                       GPtrArray          *changes,
                       GCancellable       *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer            user_data)
{
  LsStoreJob *job =
      ls_store_job_new (self, LS_STORE_MUTATE, ls_store_mutate_async, cancellable, callback, user_data);

  job->shop = g_strdup (shop);
  job->changes = g_ptr_array_ref (changes);
  job->mid = ls_id_new_uuid (job->environment);
  ls_store_tell_mutating (self, shop, job->mid);
  for (unsigned i = 0; i < changes->len; i++)
    if (!ls_change_validate (g_ptr_array_index (changes, i), &job->error))
      {
        ls_store_job_end (job);
        return;
      }
  ls_store_job_post (job);
}

/**
 * ls_store_mutate_finish:
 * @self: a store
 * @result: as given to the callback
 * @error: where to put why not: %LS_ERROR_VALIDATION with the field that is wrong,
 *   %LS_ERROR_CONFLICT when a row is not there any more, or a storage error
 *
 * Returns: (transfer full) (nullable): the edit, which may be one that it joined
 */
LsEdit *
ls_store_mutate_finish (LsStore      *self,
                        GAsyncResult *result,
                        GError      **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * ls_store_mutate_many_async:
 * @self: a store
 * @shop: a shop
 * @changes: (element-type LsChange): what to do, in any number; immutable from now on
 * @cancellable: (nullable): a #GCancellable; edits that are on disk stay
 * @callback: called when the edits are on disk and on the screen, or were refused
 * @user_data: for @callback
 *
 * Makes as many edits as @changes need: the server takes so much at once only. All of them are
 * queued, or none is; each is all or nothing on the server.
 */
void
ls_store_mutate_many_async (LsStore            *self,
                            const char         *shop,
                            GPtrArray          *changes,
                            GCancellable       *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer            user_data)
{
  LsStoreJob *job =
      ls_store_job_new (self, LS_STORE_MUTATE_MANY, ls_store_mutate_many_async, cancellable, callback, user_data);

  job->shop = g_strdup (shop);
  job->changes = g_ptr_array_ref (changes);
  job->mid = ls_id_new_uuid (job->environment);
  ls_store_tell_mutating (self, shop, job->mid);
  ls_store_job_post (job);
}

/**
 * ls_store_mutate_many_finish:
 * @self: a store
 * @result: as given to the callback
 * @error: where to put why not, as of ls_store_mutate_finish()
 *
 * Returns: (transfer full) (nullable): the edits, and what they changed
 */
LsStoreMade *
ls_store_mutate_many_finish (LsStore      *self,
                             GAsyncResult *result,
                             GError      **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * ls_store_discard_async:
 * @self: a store
 * @mid: an edit that waits or failed
 * @cancellable: (nullable): a #GCancellable
 * @callback: called when it is taken back
 * @user_data: for @callback
 *
 * Takes an edit back, and those of rows that only it would have made.
 */
void
ls_store_discard_async (LsStore            *self,
                        const char         *mid,
                        GCancellable       *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer            user_data)
{
  LsStoreJob *job =
      ls_store_job_new (self, LS_STORE_DISCARD, ls_store_discard_async, cancellable, callback, user_data);

  job->mid = g_strdup (mid);
  ls_store_job_post (job);
}

/**
 * ls_store_discard_finish:
 * @self: a store
 * @result: as given to the callback
 * @error: where to put why not, %LS_ERROR_CONFLICT when it is too late
 *
 * Returns: whether it is taken back
 */
gboolean
ls_store_discard_finish (LsStore      *self,
                         GAsyncResult *result,
                         GError      **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * ls_store_discard_all_async:
 * @self: a store
 * @shop: a shop
 * @states: a set of states, of %LS_EDIT_QUEUED, %LS_EDIT_DEAD and %LS_EDIT_LOST
 * @cancellable: (nullable): a #GCancellable
 * @callback: called when they are taken back; ls_store_discard_finish() answers
 * @user_data: for @callback
 *
 * Takes all edits of a shop back that stand so.
 */
void
ls_store_discard_all_async (LsStore            *self,
                            const char         *shop,
                            unsigned            states,
                            GCancellable       *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer            user_data)
{
  LsStoreJob *job =
      ls_store_job_new (self, LS_STORE_DISCARD_ALL, ls_store_discard_all_async, cancellable, callback, user_data);

  job->shop = g_strdup (shop);
  job->states = states;
  ls_store_job_post (job);
}

/**
 * ls_store_resolve_async:
 * @self: a store
 * @mid: an edit that failed
 * @changes: (element-type LsChange): what to do instead; immutable from now on
 * @cancellable: (nullable): a #GCancellable
 * @callback: called when it waits; ls_store_retry_finish() answers
 * @user_data: for @callback
 *
 * Puts another edit in the place of one that failed.
 */
void
ls_store_resolve_async (LsStore            *self,
                        const char         *mid,
                        GPtrArray          *changes,
                        GCancellable       *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer            user_data)
{
  LsStoreJob *job =
      ls_store_job_new (self, LS_STORE_RESOLVE, ls_store_resolve_async, cancellable, callback, user_data);

  job->mid = g_strdup (mid);
  job->new_mid = ls_id_new_uuid (job->environment);
  job->changes = g_ptr_array_ref (changes);
  ls_store_job_post (job);
}

/**
 * ls_store_restore_async:
 * @self: a store
 * @shop: a shop
 * @mids: (nullable) (array zero-terminated=1): which edits, %NULL for all
 * @cancellable: (nullable): a #GCancellable
 * @callback: called when they wait; ls_store_retry_finish() answers
 * @user_data: for @callback
 *
 * Makes edits again that the server lost when it was restored, in their order.
 */
void
ls_store_restore_async (LsStore            *self,
                        const char         *shop,
                        const char *const  *mids,
                        GCancellable       *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer            user_data)
{
  LsStoreJob *job =
      ls_store_job_new (self, LS_STORE_RESTORE, ls_store_restore_async, cancellable, callback, user_data);

  job->shop = g_strdup (shop);
  job->mids = g_strdupv ((char **) mids);
  ls_store_job_post (job);
}

/**
 * ls_store_retry_async:
 * @self: a store
 * @mid: an edit that failed
 * @cancellable: (nullable): a #GCancellable
 * @callback: called when it waits again
 * @user_data: for @callback
 *
 * Tries an edit that failed once more, over what is there now.
 */
void
ls_store_retry_async (LsStore            *self,
                      const char         *mid,
                      GCancellable       *cancellable,
                      GAsyncReadyCallback callback,
                      gpointer            user_data)
{
  LsStoreJob *job = ls_store_job_new (self, LS_STORE_RETRY, ls_store_retry_async, cancellable, callback, user_data);

  job->mid = g_strdup (mid);
  job->new_mid = ls_id_new_uuid (job->environment);
  ls_store_job_post (job);
}

/**
 * ls_store_retry_finish:
 * @self: a store
 * @result: as given to the callback
 * @error: where to put why not, %LS_ERROR_CONFLICT or %LS_ERROR_VALIDATION when it does not fit any
 *   more
 *
 * Returns: whether it waits again
 */
gboolean
ls_store_retry_finish (LsStore      *self,
                       GAsyncResult *result,
                       GError      **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
