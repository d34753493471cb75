/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-import"

#include "config.h"

#include "server/import/ls-import-rehearsal.h"

#include "core/ls-error.h"
#include "server/import/ls-import-plan.h"
#include "server/ls-committer-private.h"

/*
 * A job tried before it is one: in a transaction of the storage its batches are decided one after
 * another by the very code that will decide them, and then the transaction is rolled back. So a
 * rule of the shop that refuses the last row of a million is known before the first is written, and
 * each batch fits into a version with all that follows from it.
 *
 * Nobody else writes meanwhile: the transaction has the writer's lock.
 */

#define BUSY_PAUSE (G_USEC_PER_SEC / 20)

typedef struct {
  gatomicrefcount ref_count;
  LsEnvironment *environment;
  LsStorage *storage;
  LsImportStage *stage;
  LsImportReport *report;
  LsImportDoneFunc func;
  gpointer user_data;
  GDestroyNotify destroy;

  LsQueue *queue;
  LsStorageTx *tx;
  LsZones *zones;
} Rehearsal;

static void
rehearsal_unref (gpointer data)
{
  Rehearsal *rehearsal = data;

  if (!g_atomic_ref_count_dec (&rehearsal->ref_count))
    return;
  if (rehearsal->destroy != NULL)
    rehearsal->destroy (rehearsal->user_data);
  ls_zones_free (rehearsal->zones);
  g_object_unref (rehearsal->storage);
  g_object_unref (rehearsal->environment);
  g_free (rehearsal);
}

static LsMutation *
make_mutation (Rehearsal *rehearsal,
               GPtrArray *changes)
{
  const LsImportJobInfo *info = ls_import_stage_get_info (rehearsal->stage);
  LsMutation *mutation = ls_mutation_new (info->shop);

  mutation->actor = g_strdup (info->actor);
  mutation->role = LS_ROLE_OWNER;
  mutation->job = g_strdup (info->job);
  mutation->changes = g_ptr_array_ref (changes);
  return mutation;
}

/* An #LsImportTryFunc. */
static LsImportTrial
try_batch (GPtrArray  *changes,
           char      **ret_path,
           char      **ret_message,
           GError    **error,
           gpointer    user_data)
{
  Rehearsal *rehearsal = user_data;
  g_autoptr (LsGroup) group =
      ls_group_new (ls_import_stage_get_info (rehearsal->stage)->shop, rehearsal->zones, NULL);
  LsEntry *entry = g_new0 (LsEntry, 1);

  entry->mutation = make_mutation (rehearsal, changes);
  g_ptr_array_add (group->entries, entry);
  if (!ls_decide (rehearsal->environment, rehearsal->tx, group, entry, error))
    return LS_IMPORT_TRIAL_FAILED;
  if (entry->error != NULL)
    {
      g_propagate_error (error, g_error_copy (entry->error));
      return LS_IMPORT_TRIAL_FAILED;
    }
  if (entry->decision->status == LS_RESULT_APPLIED)
    return LS_IMPORT_TRIAL_GOOD;
  *ret_path = g_strdup (entry->decision->path);
  *ret_message = g_strdup (entry->decision->message);
  /* What has no place is about the batch as a whole. */
  return entry->decision->path == NULL && changes->len > 1 ? LS_IMPORT_TRIAL_TOO_LARGE
                                                           : LS_IMPORT_TRIAL_REFUSED;
}

static void rehearse_cb (gpointer data);

static void
begun_cb (LsStorageOutcome  outcome,
          LsStorageTx      *tx,
          const GError     *begin_error,
          gpointer          user_data)
{
  Rehearsal *rehearsal = user_data;
  g_autoptr (GError) error = NULL;

  if (outcome == LS_STORAGE_BUSY)
    {
      g_atomic_ref_count_inc (&rehearsal->ref_count);
      ls_environment_post_after (rehearsal->environment, rehearsal->queue, BUSY_PAUSE, rehearse_cb,
                                 rehearsal, rehearsal_unref);
      return;
    }
  if (outcome != LS_STORAGE_OK)
    {
      rehearsal->func (begin_error, rehearsal->user_data);
      return;
    }
  rehearsal->tx = tx;
  ls_import_plan (rehearsal->stage, rehearsal->storage, rehearsal->report, try_batch, rehearsal,
                  &error);
  ls_storage_rollback (rehearsal->storage, tx);
  rehearsal->func (error, rehearsal->user_data);
}

static void
rehearse_cb (gpointer data)
{
  Rehearsal *rehearsal = data;

  ls_storage_begin (rehearsal->storage, ls_import_stage_get_info (rehearsal->stage)->shop,
                    begun_cb, rehearsal);
}

/**
 * ls_import_rehearse:
 * @environment: clock and executor
 * @storage: where the shop is
 * @stage: (transfer none): a stage with its rows; used on the committer's queue until @func is
 *   called
 * @report: counts and problems go there
 * @func: told, on the committer's queue, when the batches are planned, or why they could not be
 * @user_data: for @func
 * @destroy: (nullable): frees @user_data
 *
 * Plans the batches of a stage, each tried on top of those before. From any thread.
 */
void
ls_import_rehearse (LsEnvironment    *environment,
                    LsStorage        *storage,
                    LsImportStage    *stage,
                    LsImportReport   *report,
                    LsImportDoneFunc  func,
                    gpointer          user_data,
                    GDestroyNotify    destroy)
{
  Rehearsal *rehearsal = g_new0 (Rehearsal, 1);

  g_atomic_ref_count_init (&rehearsal->ref_count);
  rehearsal->environment = g_object_ref (environment);
  rehearsal->storage = g_object_ref (storage);
  rehearsal->stage = stage;
  rehearsal->report = report;
  rehearsal->func = func;
  rehearsal->user_data = user_data;
  rehearsal->destroy = destroy;
  rehearsal->queue = ls_environment_get_queue (environment, LS_COMMITTER_QUEUE);
  rehearsal->zones = ls_zones_new ();
  ls_environment_post (environment, rehearsal->queue, rehearse_cb, rehearsal, rehearsal_unref);
}
