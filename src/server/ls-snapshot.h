/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-environment.h"
#include "core/ls-scope.h"
#include "core/ls-view.h"
#include "server/ls-access.h"
#include "server/ls-storage.h"

G_BEGIN_DECLS

/**
 * LsSnapshots:
 *
 * Shops, as a view and a scope see them, in files: gzipped NDJSON, written at full speed so that a slow
 * reader holds up nothing, shared by all who ask for the same within half a minute. The files
 * have no names: they go with the last reader, however the server ends. Main thread.
 */
typedef struct _LsSnapshots LsSnapshots;

/**
 * LsSnapshotFunc:
 * @body: (nullable): the gzipped text, or %NULL with @error set
 * @done: the last n of the asking client that is contained, or -1 when that can't be told
 * @before: the same in the last epoch before in which it edited
 * @error: (nullable): why there is none: %LS_ERROR_VALIDATION when there is no such shop,
 *   %LS_ERROR_RATE_LIMIT when too many are being written
 * @user_data: of the caller
 *
 * Called once, on the main thread.
 */
typedef void (*LsSnapshotFunc) (GBytes            *body,
                                int64_t            done,
                                const LsEditCount *before,
                                const GError      *error,
                                gpointer           user_data);

LsSnapshots *ls_snapshots_new  (LsEnvironment  *environment,
                                LsStorage      *storage,
                                LsAccess       *access,
                                const char     *data_dir);
void         ls_snapshots_free (LsSnapshots    *snapshots);
void         ls_snapshots_get  (LsSnapshots    *snapshots,
                                LsIdentity     *identity,
                                const char     *shop,
                                const LsView   *view,
                                const LsScope  *scope,
                                int64_t         min_version,
                                const char     *client,
                                LsSnapshotFunc  func,
                                gpointer        user_data,
                                GDestroyNotify  destroy);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsSnapshots, ls_snapshots_free)

G_END_DECLS
