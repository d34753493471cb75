/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-types.h"

G_BEGIN_DECLS

/**
 * LsConnectionOptions:
 * @connect_timeout: how long a connection may take to come up
 * @heartbeat: silence after which a ping goes out, where the server says nothing else
 * @pong_timeout: how long a peer may stay silent after a ping, or owe an answer
 * @fallback_delay: time without an answer after which another way is tried beside the first one
 * @backoff_first: the longest first wait before the next try
 * @backoff_cap: the longest wait of all
 * @offline_after: tries that fail in a row before the status is offline; they go on all the same
 * @attempts: how often one request is tried before its session counts as lost
 * @poll_wait: how long a long-poll may wait
 * @poll_min: between two polls while the admin is at it
 * @poll_max: between two polls when nobody looks
 * @probe_first: the first wait before a better way is tried again
 * @probe_cap: the longest of these waits, which double
 *
 * All of a connection that can be set. Times are in µs.
 */
typedef struct {
  int64_t connect_timeout;
  int64_t heartbeat;
  int64_t pong_timeout;
  int64_t fallback_delay;
  int64_t backoff_first;
  int64_t backoff_cap;
  int64_t offline_after;
  int64_t attempts;
  int64_t poll_wait;
  int64_t poll_min;
  int64_t poll_max;
  int64_t probe_first;
  int64_t probe_cap;
} LsConnectionOptions;

/**
 * LsConnectionOption:
 * @name: with hyphens; a key of the settings, and with `LOCKSTEP_` before it, in capitals, a
 *   variable of the environment
 * @unit: µs of 1 in the settings; 0 for a plain number
 * @fallback: the default, in @unit
 * @min: the least, in @unit
 * @max: the most, in @unit
 * @offset: where it is in #LsConnectionOptions
 *
 * One row of the table of options.
 */
typedef struct {
  const char *name;
  int64_t unit;
  int64_t fallback;
  int64_t min;
  int64_t max;
  size_t offset;
} LsConnectionOption;

void                      ls_connection_options_init             (LsConnectionOptions       *options);
const LsConnectionOption *ls_connection_options_list             (size_t                    *ret_count);
void                      ls_connection_options_set              (LsConnectionOptions       *options,
                                                                  const LsConnectionOption  *option,
                                                                  int64_t                    value);
bool                      ls_connection_options_load_environment (LsConnectionOptions       *options,
                                                                  const char *const         *environment,
                                                                  GError                   **error);

G_END_DECLS
