/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-cache.h"
#include "client/ls-connection-manager.h"

G_BEGIN_DECLS

/**
 * LsSnapshotFetch:
 *
 * Rows of a shop on their way from the server into the cache: asked for, read as they come, staged
 * slice by slice on the cache's queue, proven by their sums, and only then put in the place of the
 * old ones. The network waits for the disk. One queue but for the cache's jobs.
 */
typedef struct _LsSnapshotFetch LsSnapshotFetch;

/**
 * LsSnapshotFetchEvents:
 * @progress: so many rows have come
 * @done: the last event: the rows are visible and the cache stands at @position, or @error says why
 *   not, and nothing changed
 *
 * What a fetch tells, on its queue.
 */
typedef struct {
  void (*progress) (LsSnapshotFetch  *fetch,
                    int64_t           rows,
                    gpointer          user_data);
  void (*done)     (LsSnapshotFetch  *fetch,
                    const LsPosition *position,
                    const GError     *error,
                    gpointer          user_data);
} LsSnapshotFetchEvents;

LsSnapshotFetch *ls_snapshot_fetch_start    (LsEnvironment               *environment,
                                             LsQueue                     *queue,
                                             LsConnectionManager         *connection,
                                             LsCache                     *cache,
                                             const char                  *shop,
                                             const char                  *client,
                                             uint32_t                     collections,
                                             const LsScope               *scope,
                                             int64_t                      min_version,
                                             const LsSnapshotFetchEvents *events,
                                             gpointer                     user_data);
void             ls_snapshot_fetch_cancel   (LsSnapshotFetch             *fetch);
const char      *ls_snapshot_fetch_get_shop (LsSnapshotFetch             *fetch);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsSnapshotFetch, ls_snapshot_fetch_cancel)

G_END_DECLS
