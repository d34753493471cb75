/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-wait"

#include "config.h"

#include "server/ls-wait.h"

/**
 * ls_wait_init:
 * @wait: (out): what to wait for
 *
 * Begins.
 */
void
ls_wait_init (LsWait *wait)
{
  g_mutex_init (&wait->lock);
  g_cond_init (&wait->cond);
  wait->over = false;
  wait->error = NULL;
}

/**
 * ls_wait_end:
 * @wait: an #LsWait
 *
 * Lets it come. A #LsJobFunc; any thread.
 */
void
ls_wait_end (gpointer wait)
{
  LsWait *self = wait;

  g_mutex_lock (&self->lock);
  self->over = true;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
}

/**
 * ls_wait_finish:
 * @wait: what to wait for
 * @error: where to put what went wrong
 *
 * Blocks until it has come, and frees what @wait held.
 *
 * Returns: whether nothing went wrong
 */
bool
ls_wait_finish (LsWait  *wait,
                GError **error)
{
  g_mutex_lock (&wait->lock);
  while (!wait->over)
    g_cond_wait (&wait->cond, &wait->lock);
  g_mutex_unlock (&wait->lock);
  g_mutex_clear (&wait->lock);
  g_cond_clear (&wait->cond);
  if (wait->error == NULL)
    return true;
  g_propagate_error (error, wait->error);
  return false;
}
