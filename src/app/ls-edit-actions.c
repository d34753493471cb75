/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-edit-actions"

#include "config.h"

#include "app/ls-edit-actions.h"

/* What is done to edits by a button that is gone when it is done: failures go to the desk. */

typedef struct {
  LsErrorDesk *desk;
  LsOperation operation;
} Doing;

static void
done_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autofree Doing *doing = user_data;
  g_autoptr (LsErrorDesk) desk = doing->desk;
  g_autoptr (GError) error = NULL;

  if (!ls_store_retry_finish (LS_STORE (source), result, &error))
    ls_error_desk_tell (desk, doing->operation, error, NULL, NULL);
}

static Doing *
doing_new (LsErrorDesk *desk,
           LsOperation  operation)
{
  Doing *doing = g_new0 (Doing, 1);

  doing->desk = g_object_ref (desk);
  doing->operation = operation;
  return doing;
}

/**
 * ls_edit_actions_retry:
 * @desk: where failures end
 * @store: the account's store
 * @mid: a dead letter
 *
 * Tries an edit again.
 */
void
ls_edit_actions_retry (LsErrorDesk *desk,
                       LsStore     *store,
                       const char  *mid)
{
  ls_store_retry_async (store, mid, NULL, done_cb, doing_new (desk, LS_OPERATION_EDIT_RETRY));
}

/**
 * ls_edit_actions_restore:
 * @desk: where failures end
 * @store: the account's store
 * @shop: a shop
 * @mids: (array zero-terminated=1): edits that a restored server lost
 *
 * Applies edits again.
 */
void
ls_edit_actions_restore (LsErrorDesk       *desk,
                         LsStore           *store,
                         const char        *shop,
                         const char *const *mids)
{
  ls_store_restore_async (store, shop, mids, NULL, done_cb, doing_new (desk, LS_OPERATION_EDIT_RESTORE));
}

/**
 * ls_edit_actions_discard_all:
 * @desk: where failures end
 * @store: the account's store
 * @shop: a shop
 * @states: a set of #LsEditState, see LS_EDIT_MASK()
 *
 * Takes back all edits of these states.
 */
void
ls_edit_actions_discard_all (LsErrorDesk *desk,
                             LsStore     *store,
                             const char  *shop,
                             unsigned     states)
{
  ls_store_discard_all_async (store, shop, states, NULL, done_cb,
                              doing_new (desk, LS_OPERATION_EDIT_DISCARD));
}
