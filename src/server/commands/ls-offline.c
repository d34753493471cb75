/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstepd"

#include "config.h"

#include "server/commands/ls-offline.h"

#include "core/ls-error.h"
#include "server/ls-derive-upgrade.h"
#include "server/ls-storage-sqlite.h"
#include "server/ls-wait.h"

/**
 * ls_offline_open:
 * @data: a data folder
 * @error: where to put why not; among others that a server has it
 *
 * Takes a data folder and opens its shops, brought up to date.
 *
 * Returns: (transfer full) (nullable): what to work with
 */
LsOffline *
ls_offline_open (const char  *data,
                 GError     **error)
{
  g_autoptr (LsOffline) offline = g_new0 (LsOffline, 1);
  g_autofree char *path = g_build_filename (data, LS_STORAGE_FILE, NULL);

  offline->environment = ls_system_environment_new ();
  offline->jobs = g_build_filename (data, LS_JOBS_FOLDER, NULL);
  if (!ls_data_dir_check (data, error))
    return NULL;
  offline->lock = ls_data_dir_lock (data, error);
  if (offline->lock == NULL)
    {
      g_prefix_error (error, "this needs the folder for itself; stop the server first: ");
      return NULL;
    }
  offline->storage = ls_storage_sqlite_new (offline->environment, path, error);
  if (offline->storage == NULL)
    return NULL;
  offline->committer = ls_committer_new (offline->environment, offline->storage);
  if (!ls_derive_upgrade (offline->storage, offline->committer, error))
    return NULL;
  return g_steal_pointer (&offline);
}

/**
 * ls_offline_close:
 * @offline: (transfer full): what was worked with
 *
 * Finishes what was begun and gives the folder free.
 */
void
ls_offline_close (LsOffline *offline)
{
  if (offline->committer != NULL)
    {
      LsWait wait;

      ls_wait_init (&wait);
      ls_committer_drain (offline->committer, ls_wait_end, &wait);
      ls_wait_finish (&wait, NULL);
    }
  ls_environment_stop (offline->environment);
  g_clear_object (&offline->committer);
  g_clear_object (&offline->storage);
  g_clear_object (&offline->environment);
  g_clear_pointer (&offline->lock, ls_data_lock_free);
  g_free (offline->jobs);
  g_free (offline);
}

static void
decided_cb (LsMutation       *mutation,
            const LsDecision *decision,
            const GError     *error,
            int64_t           expected_n,
            gpointer          user_data)
{
  LsWait *wait = user_data;

  if (error != NULL)
    wait->error = g_error_copy (error);
  else if (decision->status != LS_RESULT_APPLIED)
    wait->error = g_error_new (LS_ERROR, LS_ERROR_CONFLICT, "%s%s%s",
                               decision->path != NULL ? decision->path : "",
                               decision->path != NULL ? ": " : "",
                               decision->message != NULL ? decision->message : "not applied");
  ls_wait_end (wait);
}

/**
 * ls_offline_commit:
 * @offline: what to work with
 * @mutation: what shall happen
 * @error: where to put why it did not
 *
 * Has a mutation decided, and waits for it.
 *
 * Returns: whether it is applied, and on disk
 */
bool
ls_offline_commit (LsOffline   *offline,
                   LsMutation  *mutation,
                   GError     **error)
{
  LsWait wait;

  ls_wait_init (&wait);
  if (!ls_committer_submit (offline->committer, mutation, decided_cb, &wait, NULL, &wait.error))
    ls_wait_end (&wait);
  return ls_wait_finish (&wait, error);
}

static void
done_cb (const GError *error,
         gpointer      user_data)
{
  LsWait *wait = user_data;

  wait->error = error != NULL ? g_error_copy (error) : NULL;
  ls_wait_end (wait);
}

/**
 * ls_offline_import:
 * @offline: what to work with
 * @shop: into which shop
 * @actor: the source that its versions name
 * @readers: (element-type LsImportReader): what is read
 * @size: bytes of all they read, or 0
 * @flags: how it differs from an ordinary import
 * @report: filled, and told on other threads
 * @error: where to put why nothing, or not all, was imported
 *
 * Imports, and waits for it.
 *
 * Returns: whether all of it is done
 */
bool
ls_offline_import (LsOffline       *offline,
                   const char      *shop,
                   const char      *actor,
                   GPtrArray       *readers,
                   int64_t          size,
                   LsImportFlags    flags,
                   LsImportReport  *report,
                   GError         **error)
{
  const LsImportParts parts = { offline->environment, offline->storage, offline->committer,
                                offline->jobs };
  LsWait wait;

  ls_wait_init (&wait);
  ls_import_run (&parts, shop, actor, readers, size, flags, report, done_cb, &wait, NULL);
  return ls_wait_finish (&wait, error);
}

static void
resumed_cb (const LsImportJobInfo *info,
            const GError          *error,
            gpointer               user_data)
{
  LsWait *wait = user_data;

  if (info == NULL)
    {
      ls_wait_end (wait);
      return;
    }
  if (error == NULL)
    g_printerr ("Finished job %s for %s, which was interrupted: %" G_GINT64_FORMAT " rows\n",
                info->job, info->shop, info->changes);
  else if (wait->error == NULL)
    wait->error = g_error_new (error->domain, error->code, "job %s, which was interrupted: %s",
                               info->job, error->message);
}

/**
 * ls_offline_resume:
 * @offline: what to work with
 * @error: where to put why a job can't be finished
 *
 * Finishes jobs that were interrupted, and waits for it.
 *
 * Returns: whether none is left
 */
bool
ls_offline_resume (LsOffline  *offline,
                   GError    **error)
{
  LsWait wait;

  ls_wait_init (&wait);
  ls_import_resume (offline->environment, offline->committer, offline->jobs, resumed_cb, &wait,
                    NULL);
  return ls_wait_finish (&wait, error);
}
