/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-retry"

#include "config.h"

#include "client/ls-retry.h"

#include <gio/gio.h>

#include "core/ls-backoff.h"

/*
 * A failure that may pass by itself is no news: the operation is tried again, three times in all, with
 * waits that are drawn anew each time (full jitter), so that what failed together does not come back
 * together. What fails then, or for good, is told by whoever began it. Waits are on the main queue.
 */
struct _LsRetry {
  LsEnvironment *environment;
  LsOperation operation;
  LsBackoff backoff;
  unsigned attempts;
};

/**
 * ls_retry_new:
 * @environment: clock, dice, queues
 * @operation: what is tried
 *
 * Returns: (transfer full): the first attempt
 */
LsRetry *
ls_retry_new (LsEnvironment *environment,
              LsOperation    operation)
{
  LsRetry *retry = g_new0 (LsRetry, 1);

  retry->environment = g_object_ref (environment);
  retry->operation = operation;
  retry->attempts = 1;
  ls_backoff_init (&retry->backoff, LS_RETRY_FIRST_US, LS_BACKOFF_CAP_US);
  return retry;
}

/**
 * ls_retry_free:
 * @retry: (transfer full) (nullable): attempts
 *
 * Frees them. An attempt that waits is made all the same: it belongs to its data.
 */
void
ls_retry_free (LsRetry *retry)
{
  if (retry == NULL)
    return;
  g_object_unref (retry->environment);
  g_free (retry);
}

/**
 * ls_retry_get_attempts:
 * @retry: attempts
 *
 * Returns: how many were begun, with the one that waits
 */
unsigned
ls_retry_get_attempts (const LsRetry *retry)
{
  return retry->attempts;
}

static uint64_t
draw (gpointer user_data)
{
  return ls_environment_random (user_data);
}

/**
 * ls_retry_again:
 * @retry: attempts
 * @error: why the last one failed
 * @func: makes the next one, on the main queue
 * @data: (transfer full): for @func; only taken when there is a next attempt
 * @destroy: frees @data afterwards, or when the queues end before
 *
 * Tries again in a while, when that may help: the failure is temporary, the table of operations says
 * that it is tried again, and attempts are left.
 *
 * Returns: whether there is another attempt; if not, the failure is to be told now
 */
bool
ls_retry_again (LsRetry       *retry,
                const GError  *error,
                LsJobFunc      func,
                gpointer       data,
                GDestroyNotify destroy)
{
  int64_t delay;

  if (ls_operation_info (retry->operation)->retry != LS_OPERATION_THRICE ||
      retry->attempts >= LS_RETRY_ATTEMPTS || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) ||
      !ls_error_is_temporary (error))
    return false;
  retry->attempts++;
  delay = ls_backoff_next (&retry->backoff, draw, retry->environment);
  g_debug ("%s failed, attempt %u in %" G_GINT64_FORMAT " ms: %s",
           ls_operation_info (retry->operation)->name, retry->attempts, delay / 1000, error->message);
  ls_environment_post_after (retry->environment,
                             ls_environment_get_queue (retry->environment, LS_QUEUE_MAIN),
                             MAX (delay, 1), func, data, destroy);
  return true;
}
