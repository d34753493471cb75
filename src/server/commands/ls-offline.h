/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/commands/ls-commands.h"
#include "server/import/ls-import.h"
#include "server/ls-committer.h"
#include "server/ls-data-dir.h"

G_BEGIN_DECLS

/**
 * LsOffline:
 * @environment: clock, randomness, queues
 * @lock: no server runs on the folder meanwhile
 * @storage: its shops
 * @committer: the one door to their logs
 * @jobs: where jobs are staged
 *
 * What a command works with that writes to shops while no server runs.
 */
typedef struct {
  LsEnvironment *environment;
  LsDataLock *lock;
  LsStorage *storage;
  LsCommitter *committer;
  char *jobs;
} LsOffline;

LsOffline *ls_offline_open   (const char           *data,
                              GError              **error);
void       ls_offline_close  (LsOffline            *offline);
bool       ls_offline_resume (LsOffline            *offline,
                              GError              **error);
bool       ls_offline_commit (LsOffline            *offline,
                              LsMutation           *mutation,
                              GError              **error);
bool       ls_offline_import (LsOffline            *offline,
                              const char           *shop,
                              const char           *actor,
                              GPtrArray            *readers,
                              int64_t               size,
                              LsImportFlags         flags,
                              LsImportReport       *report,
                              GError              **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsOffline, ls_offline_close)

G_END_DECLS
