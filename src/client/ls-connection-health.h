/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-connection-status.h"

G_BEGIN_DECLS

/**
 * LS_HEALTH_REMEMBERED:
 *
 * Reconnects that are remembered: so many in a minute make a poor connection, for half a minute.
 */
#define LS_HEALTH_REMEMBERED 3

/**
 * LsConnectionHealth:
 * @level: how well it works, as told
 * @since: when it came to be so, monotonic
 * @leaning: a level that the last samples speak for, %LS_HEALTH_OFFLINE when they speak for none
 * @count: how many of them
 * @reconnects: when connections were lost, the newest first; 0 for never
 *
 * Judges a connection by its signs, slowly enough that nothing flickers: two bad signs in a row make
 * it worse, three good ones make it better, and none sooner than ten seconds after the last change
 * for the better. Plain struct; all-zero is a new one.
 */
typedef struct {
  LsHealth level;
  int64_t since;
  LsHealth leaning;
  unsigned count;
  int64_t reconnects[LS_HEALTH_REMEMBERED];
} LsConnectionHealth;

void     ls_connection_health_init       (LsConnectionHealth *health);
bool     ls_connection_health_answered   (LsConnectionHealth *health,
                                          int64_t             round_trip,
                                          int64_t             now);
bool     ls_connection_health_missed     (LsConnectionHealth *health,
                                          int64_t             now);
void     ls_connection_health_reconnects (LsConnectionHealth *health,
                                          int64_t             now);
void     ls_connection_health_begin      (LsConnectionHealth *health,
                                          int64_t             now);
bool     ls_connection_health_is_unsure  (const LsConnectionHealth *health);

G_END_DECLS
