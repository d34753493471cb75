/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-derive"

#include "config.h"

#include "server/ls-derive-upgrade.h"

#include "server/ls-derive-check.h"
#include "server/ls-derive.h"
#include "server/ls-notify.h"
#include "server/ls-wait.h"

/*
 * A version that derives more than the one before, or otherwise, finds values that are not what
 * follows from the rows. They are brought up to date once, before anybody is served, through the log
 * like any repair: clients that come later get them as changes.
 */

/* What is derived from what was just repaired is looked at again. */
#define MAX_TRIES 5

/* How long a service manager is to wait for one shop. */
#define TELL_MANAGER "EXTEND_TIMEOUT_USEC=600000000"

typedef struct {
  LsWait wait;
  int n_undecided; /* atomic */
} Group;

static void
decided_cb (LsMutation       *mutation,
            const LsDecision *decision,
            const GError     *error,
            int64_t           expected_n,
            gpointer          user_data)
{
  Group *group = user_data;

  if (group->wait.error == NULL && error != NULL)
    group->wait.error = g_error_copy (error);
  else if (group->wait.error == NULL && decision->status != LS_RESULT_APPLIED)
    group->wait.error = g_error_new (LS_ERROR, LS_ERROR_INCONSISTENCY, "%s", decision->message);
  if (g_atomic_int_dec_and_test (&group->n_undecided))
    ls_wait_end (&group->wait);
}

static bool
commit_all (LsCommitter  *committer,
            GPtrArray    *mutations,
            GError      **error)
{
  Group group = { .n_undecided = 1 };
  GError *refused = NULL;

  ls_wait_init (&group.wait);
  for (unsigned i = 0; i < mutations->len && refused == NULL; i++)
    {
      g_atomic_int_inc (&group.n_undecided);
      if (!ls_committer_submit (committer, g_ptr_array_index (mutations, i), decided_cb, &group, NULL,
                                &refused))
        g_atomic_int_add (&group.n_undecided, -1);
    }
  if (g_atomic_int_dec_and_test (&group.n_undecided))
    ls_wait_end (&group.wait);
  if (refused == NULL)
    return ls_wait_finish (&group.wait, error);
  ls_wait_finish (&group.wait, NULL);
  g_propagate_error (error, refused);
  return false;
}

static bool
upgrade_shop (LsStorage    *storage,
              LsCommitter  *committer,
              const char   *shop,
              GError      **error)
{
  int64_t n_repaired = 0;

  ls_notify (TELL_MANAGER);
  g_message ("Shop %s: bringing what is derived up to date", shop);
  for (unsigned tries = 0; tries < MAX_TRIES; tries++)
    {
      g_autoptr (LsDeriveReport) report = ls_derive_check (storage, shop, error);
      g_autoptr (GPtrArray) mutations = NULL;

      if (report == NULL)
        return false;
      if (tries > 0 && report->repairs->len == 0)
        break;
      n_repaired += report->repairs->len;
      mutations = ls_derive_report_make_mutations (report);
      if (tries == 0)
        g_ptr_array_add (mutations, ls_derive_repair_new (shop));
      if (!commit_all (committer, mutations, error))
        return false;
    }
  g_message ("Shop %s: %" G_GINT64_FORMAT " rows are up to date", shop, n_repaired);
  return true;
}

/**
 * ls_derive_upgrade:
 * @storage: the shops
 * @committer: what writes to them; nobody else uses it yet
 * @error: where to put why not
 *
 * Brings what is derived up to date when the data was last written by a version that derived it
 * otherwise (%LS_DERIVATION); else it costs nothing. Blocks; O(rows) of time and memory, shop by
 * shop. Cut short it begins again at the next start.
 *
 * Returns: whether all is up to date
 */
bool
ls_derive_upgrade (LsStorage    *storage,
                   LsCommitter  *committer,
                   GError      **error)
{
  g_autoptr (GPtrArray) shops = NULL;
  int64_t derivation = ls_storage_get_derivation (storage, error);

  if (derivation < 0)
    return false;
  if (derivation == LS_DERIVATION)
    return true;
  shops = ls_storage_list_shops (storage, error);
  if (shops == NULL)
    return false;
  for (unsigned i = 0; i < shops->len; i++)
    {
      const LsShop *shop = g_ptr_array_index (shops, i);

      if (!upgrade_shop (storage, committer, shop->shop, error))
        {
          g_prefix_error (error, "shop %s: what is derived can't be brought up to date: ", shop->shop);
          return false;
        }
    }
  return ls_storage_set_derivation (storage, LS_DERIVATION, error);
}
