/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-follower"

#include "config.h"

#include "client/ls-follower-private.h"

/* What can't be read is read again, for ever; after the third time in a row somebody is told, once, and
 * once more when all can be read. */

#define FAILURES_BEFORE_TOLD 3

typedef struct {
  LsFollower *follower;
  GError *error;
} Trouble;

static void
trouble_free (gpointer data)
{
  Trouble *trouble = data;

  g_clear_error (&trouble->error);
  ls_follower_unref (trouble->follower);
  g_free (trouble);
}

static void
tell_cb (gpointer data)
{
  Trouble *trouble = data;

  if (trouble->follower->trouble_func != NULL)
    trouble->follower->trouble_func (trouble->error, trouble->follower->user_data);
}

static void
tell (LsFollower   *follower,
      const GError *error)
{
  Trouble *trouble = g_new0 (Trouble, 1);

  trouble->follower = ls_follower_ref (follower);
  trouble->error = error != NULL ? g_error_copy (error) : NULL;
  ls_environment_post (follower->environment, follower->main_queue, tell_cb, trouble, trouble_free);
}

/* Notes that something could not be read, or with %NULL that a turn read all it wanted. On the
 * follower's queue. */
void
ls_follower_note_read (LsFollower   *follower,
                       const GError *error)
{
  if (error == NULL)
    {
      for (unsigned i = 0; i < follower->slots->len; i++)
        if (((LsSlot *) g_ptr_array_index (follower->slots, i))->has_failed)
          return;
      if (follower->n_failed >= FAILURES_BEFORE_TOLD)
        tell (follower, NULL);
      follower->n_failed = 0;
      return;
    }
  g_debug ("Reading failed, it is tried again: %s", error->message);
  if (++follower->n_failed == FAILURES_BEFORE_TOLD)
    tell (follower, error);
}

/**
 * ls_follower_set_trouble_func:
 * @follower: a follower that is not started
 * @func: called on the main queue with why nothing can be read, or %NULL when it can be again; with
 *   the data of the follower's owner
 *
 * Says who is told when reading fails again and again.
 */
void
ls_follower_set_trouble_func (LsFollower         *follower,
                              LsReadTroubleFunc   func)
{
  follower->trouble_func = func;
}
