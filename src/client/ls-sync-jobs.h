/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-cache.h"
#include "client/ls-sync-machine.h"

G_BEGIN_DECLS

/**
 * LsSyncJob:
 *
 * One of a sync machine's actions for the cache, done on the cache's queue and answered on the
 * machine's. Without an action it reads what the machine has to know at the start.
 */
typedef struct _LsSyncJob LsSyncJob;

LsSyncJob *ls_sync_job_new    (LsEnvironment *environment,
                               LsSyncAction  *action);
void       ls_sync_job_free   (LsSyncJob     *job);
void       ls_sync_job_run    (LsSyncJob     *job,
                               LsCache       *cache);
bool       ls_sync_job_goes_aside (LsSyncJob     *job);
void       ls_sync_job_run_aside  (LsSyncJob     *job);
void       ls_sync_job_run_after  (LsSyncJob     *job,
                                   LsCache       *cache);
bool       ls_sync_job_answer (LsSyncJob     *job,
                               LsSyncMachine *machine,
                               int64_t        now);

G_END_DECLS
