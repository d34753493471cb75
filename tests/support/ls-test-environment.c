/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-test-environment.h"

/*
 * A clock that a test moves, dice with a seed, and all queues on the one thread of the test. Jobs
 * of a queue run in the order posted; which queue runs next, the dice say: a seed finds an order of
 * threads, the same seed finds it again. Without a posted job nothing happens, and time stands
 * still but for ls_test_environment_advance() and ls_test_environment_wait().
 */

#define START_NOW INT64_C (1767225600000000) /* 2026-01-01 00:00 UTC */
#define START_MONOTONIC INT64_C (1000000)
/* More jobs than this without the clock moving: two of them post each other for ever. */
#define MAX_JOBS_PER_RUN 1000000

typedef struct {
  LsQueue *queue;
  uint64_t id;
  int64_t due; /* monotonic, 0 for at once */
  LsJobFunc func;
  gpointer user_data;
  GDestroyNotify destroy;
} Job;

struct _LsQueue {
  char *name;
  unsigned number;
  GQueue ready; /* Job */
};

struct _LsTestEnvironment {
  LsEnvironment parent_instance;

  GThread *thread;
  GRand *dice;
  GRand *schedule;
  GPtrArray *queues; /* LsQueue, in the order made */
  LsQueue *current;
  GSequence *timers; /* Job, by due and id */
  int64_t now;
  int64_t monotonic;
  char *vfs;
  uint64_t last_id;
  uint64_t trace;
  bool stopped;
};

G_DEFINE_FINAL_TYPE (LsTestEnvironment, ls_test_environment, LS_TYPE_ENVIRONMENT)

static void
job_free (gpointer data)
{
  Job *job = data;

  if (job->destroy != NULL)
    job->destroy (job->user_data);
  g_free (job);
}

static void
queue_free (gpointer data)
{
  LsQueue *queue = data;

  g_queue_clear_full (&queue->ready, job_free);
  g_free (queue->name);
  g_free (queue);
}

static int
compare_timers (gconstpointer a,
                gconstpointer b,
                gpointer      user_data)
{
  const Job *first = a, *second = b;

  if (first->due != second->due)
    return first->due < second->due ? -1 : 1;
  return first->id < second->id ? -1 : first->id > second->id;
}

static int64_t
ls_test_environment_now (LsEnvironment *environment)
{
  return LS_TEST_ENVIRONMENT (environment)->now;
}

static int64_t
ls_test_environment_monotonic (LsEnvironment *environment)
{
  return LS_TEST_ENVIRONMENT (environment)->monotonic;
}

static uint64_t
ls_test_environment_random (LsEnvironment *environment)
{
  LsTestEnvironment *self = LS_TEST_ENVIRONMENT (environment);
  uint64_t high = g_rand_int (self->dice);

  return high << 32 | g_rand_int (self->dice);
}

static LsQueue *
ls_test_environment_get_queue (LsEnvironment *environment,
                               const char    *name)
{
  LsTestEnvironment *self = LS_TEST_ENVIRONMENT (environment);
  LsQueue *queue;

  for (unsigned i = 0; i < self->queues->len; i++)
    {
      queue = g_ptr_array_index (self->queues, i);
      if (g_str_equal (queue->name, name))
        return queue;
    }
  queue = g_new0 (LsQueue, 1);
  queue->name = g_strdup (name);
  queue->number = self->queues->len;
  g_queue_init (&queue->ready);
  g_ptr_array_add (self->queues, queue);
  return queue;
}

static uint64_t
ls_test_environment_post (LsEnvironment *environment,
                          LsQueue       *queue,
                          int64_t        delay,
                          LsJobFunc      func,
                          gpointer       user_data,
                          GDestroyNotify destroy)
{
  LsTestEnvironment *self = LS_TEST_ENVIRONMENT (environment);
  Job *job;

  g_assert_true (self->thread == g_thread_self ());
  if (self->stopped)
    {
      if (destroy != NULL)
        destroy (user_data);
      return UINT64_MAX;
    }
  job = g_new (Job, 1);
  *job = (Job) { queue, ++self->last_id, 0, func, user_data, destroy };
  if (delay > 0)
    {
      job->due = self->monotonic + delay;
      g_sequence_insert_sorted (self->timers, job, compare_timers, NULL);
    }
  else
    g_queue_push_tail (&queue->ready, job);
  return job->id;
}

static bool
ls_test_environment_cancel (LsEnvironment *environment,
                            LsQueue       *queue,
                            uint64_t       id)
{
  LsTestEnvironment *self = LS_TEST_ENVIRONMENT (environment);

  for (GSequenceIter *iter = g_sequence_get_begin_iter (self->timers);
       !g_sequence_iter_is_end (iter); iter = g_sequence_iter_next (iter))
    if (((Job *) g_sequence_get (iter))->id == id)
      {
        g_sequence_remove (iter);
        return true;
      }
  for (GList *link = queue->ready.head; link != NULL; link = link->next)
    if (((Job *) link->data)->id == id)
      {
        job_free (link->data);
        g_queue_delete_link (&queue->ready, link);
        return true;
      }
  return false;
}

static bool
ls_test_environment_is_current (LsEnvironment *environment,
                                LsQueue       *queue)
{
  LsTestEnvironment *self = LS_TEST_ENVIRONMENT (environment);

  return self->current != NULL ? self->current == queue : g_str_equal (queue->name, LS_QUEUE_MAIN);
}

static const char *
ls_test_environment_get_vfs (LsEnvironment *environment)
{
  return LS_TEST_ENVIRONMENT (environment)->vfs;
}

static void
ls_test_environment_stop (LsEnvironment *environment)
{
  LsTestEnvironment *self = LS_TEST_ENVIRONMENT (environment);

  self->stopped = true;
  g_sequence_remove_range (g_sequence_get_begin_iter (self->timers),
                           g_sequence_get_end_iter (self->timers));
  for (unsigned i = 0; i < self->queues->len; i++)
    g_queue_clear_full (&((LsQueue *) g_ptr_array_index (self->queues, i))->ready, job_free);
}

static void
ls_test_environment_finalize (GObject *object)
{
  LsTestEnvironment *self = LS_TEST_ENVIRONMENT (object);

  ls_test_environment_stop (LS_ENVIRONMENT (self));
  g_sequence_free (self->timers);
  g_ptr_array_unref (self->queues);
  g_rand_free (self->dice);
  g_rand_free (self->schedule);
  g_free (self->vfs);
  G_OBJECT_CLASS (ls_test_environment_parent_class)->finalize (object);
}

static void
ls_test_environment_class_init (LsTestEnvironmentClass *klass)
{
  LsEnvironmentClass *environment_class = LS_ENVIRONMENT_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = ls_test_environment_finalize;
  environment_class->now = ls_test_environment_now;
  environment_class->monotonic = ls_test_environment_monotonic;
  environment_class->random = ls_test_environment_random;
  environment_class->get_queue = ls_test_environment_get_queue;
  environment_class->post = ls_test_environment_post;
  environment_class->cancel = ls_test_environment_cancel;
  environment_class->is_current = ls_test_environment_is_current;
  environment_class->get_vfs = ls_test_environment_get_vfs;
  environment_class->stop = ls_test_environment_stop;
}

static void
ls_test_environment_init (LsTestEnvironment *self)
{
  self->thread = g_thread_self ();
  self->queues = g_ptr_array_new_with_free_func (queue_free);
  self->timers = g_sequence_new (job_free);
  self->now = START_NOW;
  self->monotonic = START_MONOTONIC;
}

/* Makes the timers that are due ready, in the order they are due. */
static void
fire_timers (LsTestEnvironment *self)
{
  GSequenceIter *iter;

  while (iter = g_sequence_get_begin_iter (self->timers),
         !g_sequence_iter_is_end (iter) && ((Job *) g_sequence_get (iter))->due <= self->monotonic)
    {
      Job *job = g_sequence_get (iter);

      g_queue_push_tail (&job->queue->ready, g_memdup2 (job, sizeof *job));
      job->destroy = NULL;
      g_sequence_remove (iter);
    }
}

static Job *
pick (LsTestEnvironment *self)
{
  unsigned n_ready = 0;
  LsQueue *chosen = NULL;

  for (unsigned i = 0; i < self->queues->len; i++)
    {
      LsQueue *queue = g_ptr_array_index (self->queues, i);

      if (!g_queue_is_empty (&queue->ready) &&
          g_rand_int_range (self->schedule, 0, (int) ++n_ready) == 0)
        chosen = queue;
    }
  return chosen != NULL ? g_queue_pop_head (&chosen->ready) : NULL;
}

/**
 * ls_test_environment_new:
 * @seed: of the dice, and of which queue runs next
 *
 * Returns: (transfer full): an environment
 */
LsTestEnvironment *
ls_test_environment_new (uint64_t seed)
{
  LsTestEnvironment *self = g_object_new (LS_TYPE_TEST_ENVIRONMENT, NULL);

  self->dice = g_rand_new_with_seed ((uint32_t) seed);
  self->schedule = g_rand_new_with_seed ((uint32_t) (seed >> 32) ^ 0x5eed);
  return self;
}

/**
 * ls_test_environment_set_now:
 * @self: an environment
 * @now: µs since the epoch
 *
 * Sets the time of day, back or forth; nothing that was posted comes sooner or later by it.
 */
void
ls_test_environment_set_now (LsTestEnvironment *self,
                             int64_t            now)
{
  self->now = now;
}

/**
 * ls_test_environment_set_vfs:
 * @self: an environment
 * @vfs: (nullable): name of an SQLite VFS
 *
 * Has files opened from now on with @vfs.
 */
void
ls_test_environment_set_vfs (LsTestEnvironment *self,
                             const char        *vfs)
{
  g_free (self->vfs);
  self->vfs = g_strdup (vfs);
}

/**
 * ls_test_environment_run:
 * @self: an environment
 *
 * Runs what is ready, and what that makes ready, until nothing is; the clock does not move.
 *
 * Returns: how many jobs ran
 */
unsigned
ls_test_environment_run (LsTestEnvironment *self)
{
  unsigned n = 0;
  Job *job;

  g_assert_null (self->current);
  fire_timers (self);
  while ((job = pick (self)) != NULL)
    {
      g_assert_cmpuint (++n, <, MAX_JOBS_PER_RUN);
      self->current = job->queue;
      self->trace = (self->trace ^ (job->queue->number + 1)) * UINT64_C (0x100000001b3);
      job->func (job->user_data);
      self->current = NULL;
      job_free (job);
      fire_timers (self);
    }
  return n;
}

/**
 * ls_test_environment_advance:
 * @self: an environment
 * @duration: µs
 *
 * Runs what is ready, then moves both clocks on, running each job when it is due.
 */
void
ls_test_environment_advance (LsTestEnvironment *self,
                             int64_t            duration)
{
  int64_t end = self->monotonic + duration;

  ls_test_environment_run (self);
  for (int64_t due; (due = ls_test_environment_get_due (self)) >= 0 && due <= end;)
    {
      self->now += due - self->monotonic;
      self->monotonic = due;
      ls_test_environment_run (self);
    }
  self->now += end - self->monotonic;
  self->monotonic = end;
}

/**
 * ls_test_environment_wait:
 * @self: an environment
 * @done: (scope call): asked whenever nothing is left to run before the clock moves
 * @user_data: for @done
 * @limit: how far the clock may move, in µs
 *
 * Runs jobs and moves the clock from timer to timer until @done says so.
 *
 * Returns: whether @done said so within @limit
 */
bool
ls_test_environment_wait (LsTestEnvironment *self,
                          LsTestDoneFunc     done,
                          gpointer           user_data,
                          int64_t            limit)
{
  int64_t end = self->monotonic + limit;

  for (;;)
    {
      int64_t due;

      ls_test_environment_run (self);
      if (done (user_data))
        return true;
      due = ls_test_environment_get_due (self);
      if (due < 0 || due > end)
        return false;
      self->now += due - self->monotonic;
      self->monotonic = due;
    }
}

/**
 * ls_test_environment_get_due:
 * @self: an environment
 *
 * Returns: when the next timer is due, on the monotonic clock, or -1
 */
int64_t
ls_test_environment_get_due (LsTestEnvironment *self)
{
  GSequenceIter *iter = g_sequence_get_begin_iter (self->timers);

  if (g_sequence_iter_is_end (iter))
    return -1;
  return MAX (((Job *) g_sequence_get (iter))->due, self->monotonic);
}

/**
 * ls_test_environment_trace:
 * @self: an environment
 *
 * Returns: a hash of which queue ran when, equal for two runs that took the same course
 */
uint64_t
ls_test_environment_trace (LsTestEnvironment *self)
{
  return self->trace;
}
