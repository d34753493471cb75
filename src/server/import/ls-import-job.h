/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/import/ls-import-report.h"
#include "server/import/ls-import-stage.h"
#include "server/ls-committer.h"

G_BEGIN_DECLS

/**
 * LS_IMPORT_QUEUE:
 *
 * Name of the queue of the environment that jobs are carried out on.
 */
#define LS_IMPORT_QUEUE "import"

/**
 * LsImportDoneFunc:
 * @error: (nullable): why it did not come to its end; what was done stays, and the job stays staged
 * @user_data: of the caller
 *
 * Called once, on the import queue.
 */
typedef void (*LsImportDoneFunc)    (const GError          *error,
                                     gpointer               user_data);

/**
 * LsImportResumedFunc:
 * @info: (nullable): a job that an earlier process left, or %NULL when there are no more
 * @error: (nullable): why it did not come to its end
 * @user_data: of the caller
 *
 * Called on the import queue, for each job when it is over, and at last with %NULL.
 */
typedef void (*LsImportResumedFunc) (const LsImportJobInfo *info,
                                     const GError          *error,
                                     gpointer               user_data);

void ls_import_job_run    (LsEnvironment        *environment,
                           LsCommitter          *committer,
                           LsImportStage        *stage,
                           LsImportReport       *report,
                           LsImportDoneFunc      func,
                           gpointer              user_data,
                           GDestroyNotify        destroy);
void ls_import_resume     (LsEnvironment        *environment,
                           LsCommitter          *committer,
                           const char           *folder,
                           LsImportResumedFunc   func,
                           gpointer              user_data,
                           GDestroyNotify        destroy);

G_END_DECLS
