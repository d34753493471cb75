/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-environment"

#include "config.h"

#include "core/ls-environment.h"

/**
 * LsEnvironment:
 *
 * Clock, randomness, executor and file system of everything that must be repeatable: SyncManager,
 * outbox, session, committer, hub and storage ask nothing else. Work runs as jobs on named queues.
 * A queue runs its jobs one at a time in the order they were posted; which queue runs next is the
 * environment's choice. All methods may be called from any thread.
 */
G_DEFINE_ABSTRACT_TYPE (LsEnvironment, ls_environment, G_TYPE_OBJECT)

static void
ls_environment_class_init (LsEnvironmentClass *klass)
{
}

static void
ls_environment_init (LsEnvironment *self)
{
}

/**
 * ls_environment_now:
 * @self: an environment
 *
 * Returns: the time of day, µs since the epoch, UTC; it may jump
 */
int64_t
ls_environment_now (LsEnvironment *self)
{
  return LS_ENVIRONMENT_GET_CLASS (self)->now (self);
}

/**
 * ls_environment_monotonic:
 * @self: an environment
 *
 * Returns: µs since some start; never goes back
 */
int64_t
ls_environment_monotonic (LsEnvironment *self)
{
  return LS_ENVIRONMENT_GET_CLASS (self)->monotonic (self);
}

/**
 * ls_environment_random:
 * @self: an environment
 *
 * Returns: 64 random bits, from the system's generator where ids must not be guessed
 */
uint64_t
ls_environment_random (LsEnvironment *self)
{
  return LS_ENVIRONMENT_GET_CLASS (self)->random (self);
}

/**
 * ls_environment_get_vfs:
 * @self: an environment
 *
 * Returns: (transfer none) (nullable): name of the SQLite VFS to open files with, %NULL for the
 * default one
 */
const char *
ls_environment_get_vfs (LsEnvironment *self)
{
  return LS_ENVIRONMENT_GET_CLASS (self)->get_vfs (self);
}

/**
 * ls_environment_get_queue:
 * @self: an environment
 * @name: a name, such as "committer"
 *
 * Finds a queue, made at the first call. It lives as long as @self.
 *
 * Returns: (transfer none): the queue
 */
LsQueue *
ls_environment_get_queue (LsEnvironment *self,
                          const char    *name)
{
  g_return_val_if_fail (name != NULL, NULL);

  return LS_ENVIRONMENT_GET_CLASS (self)->get_queue (self, name);
}

/**
 * ls_environment_stop:
 * @self: an environment
 *
 * Ends all queues but the main one, waiting for the job that each is running; what has not begun is
 * dropped and its destroy function called. Posting afterwards drops at once. Not to be called from
 * a queue other than main.
 */
void
ls_environment_stop (LsEnvironment *self)
{
  LS_ENVIRONMENT_GET_CLASS (self)->stop (self);
}

/**
 * ls_environment_post:
 * @self: an environment
 * @queue: where to run
 * @func: (scope notified): what to run
 * @user_data: (closure): for @func
 * @destroy: (nullable): frees @user_data, after the job or when it is dropped
 *
 * Runs @func on @queue, after what was posted there before.
 */
void
ls_environment_post (LsEnvironment *self,
                     LsQueue       *queue,
                     LsJobFunc      func,
                     gpointer       user_data,
                     GDestroyNotify destroy)
{
  LS_ENVIRONMENT_GET_CLASS (self)->post (self, queue, 0, func, user_data, destroy);
}

/**
 * ls_environment_post_after:
 * @self: an environment
 * @queue: where to run
 * @delay: µs to wait first
 * @func: (scope notified): what to run
 * @user_data: (closure): for @func
 * @destroy: (nullable): frees @user_data, after the job or when it is dropped
 *
 * Runs @func on @queue once @delay has passed.
 *
 * Returns: what ls_environment_cancel() takes, never 0
 */
uint64_t
ls_environment_post_after (LsEnvironment *self,
                           LsQueue       *queue,
                           int64_t        delay,
                           LsJobFunc      func,
                           gpointer       user_data,
                           GDestroyNotify destroy)
{
  return LS_ENVIRONMENT_GET_CLASS (self)->post (self, queue, MAX (delay, 1), func, user_data,
                                                  destroy);
}

/**
 * ls_environment_cancel:
 * @self: an environment
 * @queue: where it would run
 * @id: of ls_environment_post_after()
 *
 * Takes back a job. Called on @queue itself it is exact; from elsewhere the job may just be
 * running.
 *
 * Returns: whether the job had not begun and never will
 */
bool
ls_environment_cancel (LsEnvironment *self,
                       LsQueue       *queue,
                       uint64_t       id)
{
  return LS_ENVIRONMENT_GET_CLASS (self)->cancel (self, queue, id);
}

/**
 * ls_environment_is_current:
 * @self: an environment
 * @queue: a queue
 *
 * Returns: whether the caller runs on @queue
 */
bool
ls_environment_is_current (LsEnvironment *self,
                           LsQueue       *queue)
{
  return LS_ENVIRONMENT_GET_CLASS (self)->is_current (self, queue);
}
