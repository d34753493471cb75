/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-connection-options.h"
#include "client/ls-transport.h"

G_BEGIN_DECLS

/**
 * LsPollPace:
 * @options: the bounds
 * @attention: who looks
 * @empty: answers in a row that had nothing in them
 * @interval_poll: whether requests may not wait
 * @cuts: waits in a row that were cut, while they may
 * @probe_at: when the next is allowed to wait all the same, monotonic
 * @probe_wait: µs until the one after that
 *
 * When to ask, and whether the server may let it wait. Plain struct.
 */
typedef struct {
  const LsConnectionOptions *options;
  LsAttention attention;
  unsigned empty;
  bool interval_poll;
  unsigned cuts;
  int64_t probe_at;
  int64_t probe_wait;
} LsPollPace;

void    ls_poll_pace_init         (LsPollPace                *pace,
                                   const LsConnectionOptions *options);
int64_t ls_poll_pace_get_interval (const LsPollPace          *pace);
bool    ls_poll_pace_may_wait     (const LsPollPace          *pace,
                                   int64_t                    now);
void    ls_poll_pace_heard        (LsPollPace                *pace,
                                   bool                       news);
bool    ls_poll_pace_was_cut      (LsPollPace                *pace,
                                   int64_t                    now);
bool    ls_poll_pace_was_held     (LsPollPace                *pace);

G_END_DECLS
