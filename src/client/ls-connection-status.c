/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-connection-status"

#include "config.h"

#include "client/ls-connection-status.h"

G_DEFINE_BOXED_TYPE (LsConnectionStatus,
                     ls_connection_status,
                     ls_connection_status_copy,
                     ls_connection_status_free)

/**
 * ls_connection_status_copy:
 * @status: a status
 *
 * Returns: (transfer full): a copy
 */
LsConnectionStatus *
ls_connection_status_copy (const LsConnectionStatus *status)
{
  LsConnectionStatus *copy = g_memdup2 (status, sizeof *status);

  copy->error = status->error != NULL ? g_error_copy (status->error) : NULL;
  return copy;
}

/**
 * ls_connection_status_free:
 * @status: (transfer full): a status
 *
 * Frees it.
 */
void
ls_connection_status_free (LsConnectionStatus *status)
{
  g_clear_error (&status->error);
  g_free (status);
}

/**
 * ls_connection_state_to_name:
 * @state: a state
 *
 * Returns: (transfer none): its name in logs and in the output of programs
 */
const char *
ls_connection_state_to_name (LsConnectionState state)
{
  static const char *const names[] = {
    [LS_CONNECTION_OFFLINE] = "offline",       [LS_CONNECTION_CONNECTING] = "connecting",
    [LS_CONNECTION_LIVE] = "live",             [LS_CONNECTION_LIMITED] = "limited",
    [LS_CONNECTION_SIGNED_OUT] = "signed-out", [LS_CONNECTION_TOO_OLD] = "too-old",
  };

  g_return_val_if_fail (state < G_N_ELEMENTS (names), NULL);

  return names[state];
}

/**
 * ls_health_to_name:
 * @health: a health
 *
 * Returns: (transfer none): its name in logs and in the output of programs
 */
const char *
ls_health_to_name (LsHealth health)
{
  static const char *const names[] = {
    [LS_HEALTH_GOOD] = "good",
    [LS_HEALTH_FAIR] = "fair",
    [LS_HEALTH_POOR] = "poor",
    [LS_HEALTH_OFFLINE] = "offline",
  };

  g_return_val_if_fail (health < G_N_ELEMENTS (names), NULL);

  return names[health];
}
