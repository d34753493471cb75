/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-transport.h"
#include "core/ls-error.h"
#include "core/ls-types.h"

G_BEGIN_DECLS

/**
 * LsConnectionState:
 * @LS_CONNECTION_OFFLINE: no connection; what was known is shown
 * @LS_CONNECTION_CONNECTING: trying
 * @LS_CONNECTION_LIVE: live, everything sent is shown
 * @LS_CONNECTION_LIMITED: polling, or a poor connection
 * @LS_CONNECTION_SIGNED_OUT: the server wants a sign-in
 * @LS_CONNECTION_TOO_OLD: the server wants a newer app
 *
 * What the connection button tells.
 */
typedef enum {
  LS_CONNECTION_OFFLINE,
  LS_CONNECTION_CONNECTING,
  LS_CONNECTION_LIVE,
  LS_CONNECTION_LIMITED,
  LS_CONNECTION_SIGNED_OUT,
  LS_CONNECTION_TOO_OLD,
} LsConnectionState;

/**
 * LsHealth:
 * @LS_HEALTH_GOOD: answers come at once
 * @LS_HEALTH_FAIR: they take their time, or the connection was made anew lately
 * @LS_HEALTH_POOR: they take seconds, or stay away
 * @LS_HEALTH_OFFLINE: there is no connection
 *
 * How well a connection works, by round trips, answers that stay away, and reconnects.
 */
typedef enum {
  LS_HEALTH_GOOD,
  LS_HEALTH_FAIR,
  LS_HEALTH_POOR,
  LS_HEALTH_OFFLINE,
} LsHealth;

/**
 * LsConnectionStatus:
 * @state: what the button shows
 * @since: when it came to be so, µs since the epoch
 * @by_hand: whether the admin chose to work offline
 * @elsewhere: whether another process keeps the account in step, so that this one does not try
 * @attempts: connects that failed in a row
 * @next_attempt: when the next is due, µs since the epoch, 0 when none is
 * @health: how well it works
 * @kind: how what is new comes, while there is a connection
 * @interval: µs between two polls, 0 when what is new comes by itself
 * @round_trip: the last one, µs, -1 when not known
 * @verified_version: the version at which digests agreed last, per the shop that was verified last;
 *   -1 when never
 * @verified_at: when, µs since the epoch
 * @error: (nullable): why it is not live
 *
 * Everything that the connection popover says. Boxed, immutable.
 */
typedef struct {
  LsConnectionState state;
  int64_t since;
  bool by_hand;
  bool elsewhere;
  unsigned attempts;
  int64_t next_attempt;
  LsHealth health;
  LsTransportKind kind;
  int64_t interval;
  int64_t round_trip;
  int64_t verified_version;
  int64_t verified_at;
  GError *error;
} LsConnectionStatus;

#define LS_TYPE_CONNECTION_STATUS (ls_connection_status_get_type ())
GType               ls_connection_status_get_type (void);
LsConnectionStatus *ls_connection_status_copy     (const LsConnectionStatus *status);
void                ls_connection_status_free     (LsConnectionStatus       *status);
const char         *ls_connection_state_to_name   (LsConnectionState         state);
const char         *ls_health_to_name             (LsHealth                  health);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsConnectionStatus, ls_connection_status_free)

G_END_DECLS
