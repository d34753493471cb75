/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-types.h"

G_BEGIN_DECLS

/**
 * LS_QUEUE_MAIN:
 *
 * Name of the queue that runs on the default main context.
 */
#define LS_QUEUE_MAIN "main"

/**
 * LsJobFunc:
 * @user_data: of the poster
 *
 * A job on a queue.
 */
typedef void (*LsJobFunc) (gpointer user_data);

#define LS_TYPE_ENVIRONMENT (ls_environment_get_type ())
G_DECLARE_DERIVABLE_TYPE (LsEnvironment, ls_environment, LS, ENVIRONMENT, GObject)

/**
 * LsEnvironmentClass:
 * @now: time of day, µs since the epoch, UTC
 * @monotonic: µs since some start, never going back
 * @random: 64 random bits, fit for ids
 * @get_queue: the queue of a name, made at the first call
 * @post: runs a job on a queue, in the order posted, after a delay in µs
 * @cancel: takes back a job that has not begun
 * @is_current: whether the caller runs on a queue
 * @get_vfs: name of the SQLite VFS to open files with, or %NULL for the default one
 * @stop: ends all queues; jobs that have not begun are dropped
 *
 * Everything that the state machines ask of the world. The shipped one is
 * ls_system_environment_new(); simulation replaces it and nothing else.
 */
struct _LsEnvironmentClass {
  GObjectClass parent_class;

  int64_t     (*now)        (LsEnvironment *self);
  int64_t     (*monotonic)  (LsEnvironment *self);
  uint64_t    (*random)     (LsEnvironment *self);
  LsQueue    *(*get_queue)  (LsEnvironment *self,
                             const char    *name);
  uint64_t    (*post)       (LsEnvironment *self,
                             LsQueue       *queue,
                             int64_t        delay,
                             LsJobFunc      func,
                             gpointer       user_data,
                             GDestroyNotify destroy);
  bool        (*cancel)     (LsEnvironment *self,
                             LsQueue       *queue,
                             uint64_t       id);
  bool        (*is_current) (LsEnvironment *self,
                             LsQueue       *queue);
  const char *(*get_vfs)    (LsEnvironment *self);
  void        (*stop)       (LsEnvironment *self);
};

LsEnvironment *ls_system_environment_new  (void);

int64_t        ls_environment_now         (LsEnvironment *self);
int64_t        ls_environment_monotonic   (LsEnvironment *self);
uint64_t       ls_environment_random      (LsEnvironment *self);
const char    *ls_environment_get_vfs     (LsEnvironment *self);
LsQueue       *ls_environment_get_queue   (LsEnvironment *self,
                                           const char    *name);
void           ls_environment_stop        (LsEnvironment *self);

void           ls_environment_post        (LsEnvironment *self,
                                           LsQueue       *queue,
                                           LsJobFunc      func,
                                           gpointer       user_data,
                                           GDestroyNotify destroy);
uint64_t       ls_environment_post_after  (LsEnvironment *self,
                                           LsQueue       *queue,
                                           int64_t        delay,
                                           LsJobFunc      func,
                                           gpointer       user_data,
                                           GDestroyNotify destroy);
bool           ls_environment_cancel      (LsEnvironment *self,
                                           LsQueue       *queue,
                                           uint64_t       id);
bool           ls_environment_is_current  (LsEnvironment *self,
                                           LsQueue       *queue);

G_END_DECLS
