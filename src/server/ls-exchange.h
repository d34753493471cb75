/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/ls-access.h"
#include "server/ls-hub.h"

G_BEGIN_DECLS

/**
 * LsExchanges:
 *
 * Sessions that come in requests of their own, `POST /v1/exchange`, instead of over a WebSocket:
 * long-poll where a request may wait, interval poll where it may not. The same #LsSession stands
 * behind both. docs/protocol.md says how requests are numbered.
 *
 * All calls and answers happen on the queue %LS_QUEUE_MAIN; what sessions say comes from the hub's.
 */
typedef struct _LsExchanges LsExchanges;

/**
 * LsExchangeOptions:
 * @max_sessions: sessions at once
 * @max_account: sessions at once of one account
 * @account_rate: sessions that one account begins in a minute, 0 for any number
 * @max_waiting: requests that wait at once; beyond it an answer comes at once, with nothing in it
 * @max_wait: µs that a request may wait
 * @expiry: µs without a request after which a session is over
 * @pace: µs between two answers of one session that waits: what comes meanwhile goes together
 * @max_unsent: bytes that may wait for one session
 *
 * How much is let in, and for how long.
 */
typedef struct {
  unsigned max_sessions;
  unsigned max_account;
  int64_t account_rate;
  unsigned max_waiting;
  int64_t max_wait;
  int64_t expiry;
  int64_t pace;
  size_t max_unsent;
} LsExchangeOptions;

/**
 * LsExchangeStats:
 * @sessions: open now
 * @waiting: requests that wait now
 * @opened: sessions, ever
 * @expired: of those, ever
 * @requests: taken, ever
 * @repeated: of those that came again, ever
 * @refused: of those that did not fit, ever
 * @crowded: that could not wait because too many did, ever
 * @bytes_in: of bodies, ever
 * @bytes_out: of bodies, ever
 *
 * What they do, for /metrics and /v1/status.
 */
typedef struct {
  uint64_t sessions;
  uint64_t waiting;
  uint64_t opened;
  uint64_t expired;
  uint64_t requests;
  uint64_t repeated;
  uint64_t refused;
  uint64_t crowded;
  uint64_t bytes_in;
  uint64_t bytes_out;
} LsExchangeStats;

/**
 * LsExchangeAnswer:
 * @status: of HTTP
 * @body: (nullable): the answer's body, when @status is 200
 * @error: (nullable): else why not
 * @retry_after: µs to wait before trying again, 0 when not said
 *
 * What a request is answered with.
 */
typedef struct {
  unsigned status;
  GBytes *body;
  const GError *error;
  int64_t retry_after;
} LsExchangeAnswer;

/**
 * LsExchangeFunc:
 * @answer: the answer; valid during the call
 * @user_data: of the request
 *
 * Takes the answer of a request, once, now or later.
 */
typedef void (*LsExchangeFunc) (const LsExchangeAnswer *answer,
                                gpointer                user_data);

/**
 * LsTurn:
 *
 * A request that is not answered yet.
 */
typedef struct _LsTurn LsTurn;

void         ls_exchange_options_init (LsExchangeOptions       *options);
LsExchanges *ls_exchanges_new         (LsEnvironment           *environment,
                                       LsHub                   *hub,
                                       const LsExchangeOptions *options);
void         ls_exchanges_free        (LsExchanges             *self);
void         ls_exchanges_get_stats   (LsExchanges             *self,
                                       LsExchangeStats         *ret_stats);
LsTurn      *ls_exchanges_take        (LsExchanges             *self,
                                       LsIdentity              *identity,
                                       const char              *body,
                                       size_t                   length,
                                       LsExchangeFunc           func,
                                       gpointer                 user_data);
void         ls_exchanges_forget      (LsExchanges             *self,
                                       LsTurn                  *turn);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsExchanges, ls_exchanges_free)

G_END_DECLS
