/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/ls-access.h"
#include "server/ls-committer.h"
#include "server/ls-storage.h"

G_BEGIN_DECLS

/**
 * LS_HUB_QUEUE:
 *
 * Name of the queue of the environment that the hub and all sessions run on.
 */
#define LS_HUB_QUEUE "hub"

typedef struct _LsSession LsSession;

/**
 * LsHub:
 *
 * Takes what the committer committed to all who want it: each version encoded once per view, one
 * blob for all sessions that are live there. Who is behind is fed from the log until it can join.
 *
 * Hub and sessions are one state machine on the queue %LS_HUB_QUEUE: nothing in them is locked, and
 * joining at the published position needs no more than being there. What waits for the disk runs on
 * reader queues and comes back.
 */
typedef struct _LsHub LsHub;

/**
 * LsHubOptions:
 * @readers: queues that read for clients that catch up
 * @hello_timeout: µs from the opening to `hello`
 * @heartbeat: µs between two pings
 * @digest_interval: µs between two digests of a shop that changes
 * @background_wait: µs that a version may wait for those who look at nothing that it touches
 * @max_unsent: bytes that may wait for one session; catching up stays far below
 * @ring_bytes: bytes of newest versions kept for each shop
 * @edit_rate: edits a second of one session, 0 for any number
 * @edit_burst: edits at once
 * @window: edits of one client that may be without a result, 1 to %LS_MUTATION_WINDOW
 *
 * How patient the hub is.
 */
typedef struct {
  unsigned readers;
  int64_t hello_timeout;
  int64_t heartbeat;
  int64_t digest_interval;
  int64_t background_wait;
  size_t max_unsent;
  size_t ring_bytes;
  int64_t edit_rate;
  int64_t edit_burst;
  unsigned window;
} LsHubOptions;

/**
 * LS_HUB_LATENCIES:
 *
 * Buckets of the histogram of commit latencies.
 */
#define LS_HUB_LATENCIES 12

/**
 * LsHubStats:
 * @sessions: open now
 * @live: subscriptions that get versions as they are committed
 * @behind: subscriptions that are fed from the log
 * @versions: published, ever
 * @deltas: sent, ever: one to a thousand sessions counts a thousand
 * @encoded: blobs made for them
 * @catch_ups: reads of the log for those behind, ever
 * @resyncs: told, ever
 * @overflows: sessions that were too slow, ever
 * @results: told, ever, by #LsResultStatus
 * @errors: told, ever
 * @refused: sessions closed for what they sent, ever
 * @acks: ever
 * @digests: sent, ever
 * @verifies: questions of clients in doubt, answered, ever
 * @healed_rows: rows sent to them, ever
 * @latency: edits by the time from their coming to their decision, in ls_hub_latency_bounds()
 * @latency_sum: µs, of all of them
 *
 * What the hub does, for /metrics and /v1/status.
 */
typedef struct {
  uint64_t sessions;
  uint64_t live;
  uint64_t behind;
  uint64_t versions;
  uint64_t deltas;
  uint64_t encoded;
  uint64_t catch_ups;
  uint64_t resyncs;
  uint64_t overflows;
  uint64_t results[LS_RESULT_DECIDED + 1];
  uint64_t errors;
  uint64_t refused;
  uint64_t acks;
  uint64_t digests;
  uint64_t verifies;
  uint64_t healed_rows;
  uint64_t latency[LS_HUB_LATENCIES];
  uint64_t latency_sum;
} LsHubStats;

void           ls_hub_options_init   (LsHubOptions       *options);
LsHub         *ls_hub_new            (LsEnvironment      *environment,
                                      LsStorage          *storage,
                                      LsCommitter        *committer,
                                      LsAccess           *access,
                                      const LsHubOptions *options,
                                      GError            **error);
void           ls_hub_free           (LsHub              *hub);
void           ls_hub_start          (LsHub              *hub);
void           ls_hub_announce_end   (LsHub              *hub,
                                      LsJobFunc           func,
                                      gpointer            user_data);
void           ls_hub_get_stats      (LsHub              *hub,
                                      LsHubStats         *ret_stats);
const int64_t *ls_hub_latency_bounds (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsHub, ls_hub_free)

G_END_DECLS
