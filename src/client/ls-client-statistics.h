/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-client.h"

G_BEGIN_DECLS

/**
 * LsClientStatistics:
 * @rows: confirmed rows in the cache, of all shops
 * @bytes_on_disk: of the cache's file, its log, and what is kept beside it
 * @bytes_free: of them, in pages that nothing is in
 * @bytes_in_memory: what SQLite holds of the copies of this process, pages for the most part
 * @events: that the bus remembers
 * @events_dropped: that went round in circles, or were too many
 * @subscriptions: shops that are kept in step
 * @live: queries and numbers that follow the rows
 * @pending: edits that wait for the server
 * @dead: edits that failed
 * @rows_asked: rows that widgets asked for
 * @rows_loaded: of them, those that had to be read from the disk
 *
 * What an account costs, and what it does.
 */
typedef struct {
  int64_t rows;
  int64_t bytes_on_disk;
  int64_t bytes_free;
  int64_t bytes_in_memory;
  unsigned events;
  unsigned events_dropped;
  unsigned subscriptions;
  unsigned live;
  unsigned pending;
  unsigned dead;
  uint64_t rows_asked;
  uint64_t rows_loaded;
} LsClientStatistics;

void     ls_client_get_statistics_async  (LsClient            *self,
                                          GCancellable        *cancellable,
                                          GAsyncReadyCallback  callback,
                                          gpointer             user_data);
gboolean ls_client_get_statistics_finish (LsClient            *self,
                                          GAsyncResult        *result,
                                          LsClientStatistics  *ret_statistics,
                                          GError             **error);
void     ls_client_clean_async           (LsClient            *self,
                                          int64_t              max_bytes,
                                          GCancellable        *cancellable,
                                          GAsyncReadyCallback  callback,
                                          gpointer             user_data);
gboolean ls_client_clean_finish          (LsClient            *self,
                                          GAsyncResult        *result,
                                          GError             **error);

G_END_DECLS
