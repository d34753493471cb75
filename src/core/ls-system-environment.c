/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-environment"

#include "config.h"

#include "core/ls-environment.h"

#include <sys/random.h>

/*
 * The shipped environment: the system's clocks and generator, and a thread with a main context for
 * each queue. Jobs posted without a delay go through one source per queue that takes a list under a
 * lock, which costs a tenth of a GSource a job.
 */

#define LS_TYPE_SYSTEM_ENVIRONMENT (ls_system_environment_get_type ())
G_DECLARE_FINAL_TYPE (LsSystemEnvironment, ls_system_environment, LS, SYSTEM_ENVIRONMENT,
                      LsEnvironment)

/* Jobs run in one dispatch of a queue before its context looks at other sources again. */
#define MAX_JOBS_PER_DISPATCH 64

typedef struct {
  LsJobFunc func;
  gpointer user_data;
  GDestroyNotify destroy;
} Job;

typedef struct {
  GSource source;
  LsQueue *queue;
} QueueSource;

struct _LsQueue {
  char *name;
  GMainContext *context;
  GThread *thread;
  GSource *source;

  GMutex lock;
  GQueue jobs;        /* Job */
  GHashTable *timers; /* id -> GSource */
  uint64_t last_id;
  int stopped; /* atomic: read by the thread between jobs */
};

struct _LsSystemEnvironment {
  LsEnvironment parent_instance;

  GMutex lock;
  GHashTable *queues;
};

typedef struct {
  Job job;
  LsQueue *queue;
  uint64_t id;
} Timer;

G_DEFINE_FINAL_TYPE (LsSystemEnvironment, ls_system_environment, LS_TYPE_ENVIRONMENT)

static GPtrArray *
table_values (GHashTable *table)
{
  GPtrArray *values = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, table);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    g_ptr_array_add (values, value);
  return values;
}

static void
job_drop (Job *job)
{
  if (job->destroy != NULL)
    job->destroy (job->user_data);
}

static void
job_run (Job *job)
{
  job->func (job->user_data);
  job_drop (job);
}

static gboolean
queue_source_prepare (GSource *source,
                      int     *timeout)
{
  LsQueue *queue = ((QueueSource *) source)->queue;
  bool ready;

  *timeout = -1;
  g_mutex_lock (&queue->lock);
  ready = !g_queue_is_empty (&queue->jobs);
  g_mutex_unlock (&queue->lock);
  return ready;
}

static gboolean
queue_source_check (GSource *source)
{
  int timeout;

  return queue_source_prepare (source, &timeout);
}

static gboolean
queue_source_dispatch (GSource    *source,
                       GSourceFunc callback,
                       gpointer    user_data)
{
  LsQueue *queue = ((QueueSource *) source)->queue;

  for (int i = 0; i < MAX_JOBS_PER_DISPATCH; i++)
    {
      Job *job;

      g_mutex_lock (&queue->lock);
      job = g_atomic_int_get (&queue->stopped) ? NULL : g_queue_pop_head (&queue->jobs);
      g_mutex_unlock (&queue->lock);
      if (job == NULL)
        break;
      job_run (job);
      g_free (job);
    }
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs queue_source_funcs = {
  .prepare = queue_source_prepare,
  .check = queue_source_check,
  .dispatch = queue_source_dispatch,
};

static gpointer
queue_thread (gpointer data)
{
  LsQueue *queue = data;

  /* Not a GMainLoop: one that is told to quit before it runs would run for ever. */
  g_main_context_push_thread_default (queue->context);
  while (!g_atomic_int_get (&queue->stopped))
    g_main_context_iteration (queue->context, TRUE);
  g_main_context_pop_thread_default (queue->context);
  return NULL;
}

static LsQueue *
queue_new (const char *name)
{
  LsQueue *queue = g_new0 (LsQueue, 1);

  queue->name = g_strdup (name);
  g_mutex_init (&queue->lock);
  g_queue_init (&queue->jobs);
  queue->timers =
      g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, (GDestroyNotify) g_source_unref);
  queue->source = g_source_new (&queue_source_funcs, sizeof (QueueSource));
  ((QueueSource *) queue->source)->queue = queue;
  g_source_set_static_name (queue->source, "ls-queue");
  if (g_str_equal (name, LS_QUEUE_MAIN))
    queue->context = g_main_context_ref (g_main_context_default ());
  else
    queue->context = g_main_context_new ();
  g_source_attach (queue->source, queue->context);
  if (!g_str_equal (name, LS_QUEUE_MAIN))
    {
      g_autofree char *thread_name = g_strdup_printf ("ls-%.11s", name);

      queue->thread = g_thread_new (thread_name, queue_thread, queue);
    }
  return queue;
}

/* Ends the thread and drops what has not begun; the queue itself stays, since others hold pointers
 * to it. */
static void
queue_stop (LsQueue *queue)
{
  GQueue dropped = G_QUEUE_INIT;
  g_autoptr (GPtrArray) timers = NULL;
  Job *job;

  g_mutex_lock (&queue->lock);
  if (g_atomic_int_get (&queue->stopped))
    {
      g_mutex_unlock (&queue->lock);
      return;
    }
  g_atomic_int_set (&queue->stopped, 1);
  g_mutex_unlock (&queue->lock);
  if (queue->thread != NULL)
    {
      g_main_context_wakeup (queue->context);
      g_thread_join (g_steal_pointer (&queue->thread));
    }
  g_source_destroy (queue->source);
  g_mutex_lock (&queue->lock);
  dropped = queue->jobs;
  g_queue_init (&queue->jobs);
  timers = table_values (queue->timers);
  for (unsigned i = 0; i < timers->len; i++)
    g_source_ref (g_ptr_array_index (timers, i));
  g_hash_table_remove_all (queue->timers);
  g_mutex_unlock (&queue->lock);
  for (unsigned i = 0; i < timers->len; i++)
    {
      g_source_destroy (g_ptr_array_index (timers, i));
      g_source_unref (g_ptr_array_index (timers, i));
    }
  while ((job = g_queue_pop_head (&dropped)) != NULL)
    {
      job_drop (job);
      g_free (job);
    }
}

static void
queue_free (LsQueue *queue)
{
  queue_stop (queue);
  g_source_unref (queue->source);
  g_hash_table_unref (queue->timers);
  g_main_context_unref (queue->context);
  g_mutex_clear (&queue->lock);
  g_free (queue->name);
  g_free (queue);
}

static int64_t
ls_system_environment_now (LsEnvironment *environment)
{
  return g_get_real_time ();
}

static int64_t
ls_system_environment_monotonic (LsEnvironment *environment)
{
  return g_get_monotonic_time ();
}

static uint64_t
ls_system_environment_random (LsEnvironment *environment)
{
  uint64_t bits;

  /* Up to 256 bytes come whole or not at all; not at all only before the system's generator is
   * seeded or on a kernel without the call. */
  if (getrandom (&bits, sizeof bits, 0) != sizeof bits)
    g_error ("the system gives no random numbers");
  return bits;
}

static LsQueue *
ls_system_environment_get_queue (LsEnvironment *environment,
                                 const char    *name)
{
  LsSystemEnvironment *self = LS_SYSTEM_ENVIRONMENT (environment);
  LsQueue *queue;

  g_mutex_lock (&self->lock);
  queue = g_hash_table_lookup (self->queues, name);
  if (queue == NULL)
    {
      queue = queue_new (name);
      g_hash_table_insert (self->queues, queue->name, queue);
    }
  g_mutex_unlock (&self->lock);
  return queue;
}

static gboolean
timer_fired_cb (gpointer data)
{
  Timer *timer = data;
  bool ours;

  g_mutex_lock (&timer->queue->lock);
  ours = g_hash_table_remove (timer->queue->timers, &timer->id);
  g_mutex_unlock (&timer->queue->lock);
  if (ours)
    timer->job.func (timer->job.user_data);
  return G_SOURCE_REMOVE;
}

static void
timer_free (gpointer data)
{
  Timer *timer = data;

  job_drop (&timer->job);
  g_free (timer);
}

/* Called with the lock of @queue held. */
static uint64_t
add_timer (LsQueue *queue,
           int64_t  delay,
           Job      job)
{
  GSource *source = g_timeout_source_new ((unsigned) CLAMP ((delay + 999) / 1000, 1, G_MAXINT));
  Timer *timer = g_new0 (Timer, 1);

  timer->job = job;
  timer->queue = queue;
  timer->id = ++queue->last_id;
  g_source_set_static_name (source, "ls-queue-timer");
  g_source_set_callback (source, timer_fired_cb, timer, timer_free);
  g_hash_table_insert (queue->timers, g_memdup2 (&timer->id, sizeof timer->id),
                       g_source_ref (source));
  g_source_attach (source, queue->context);
  g_source_unref (source);
  return queue->last_id;
}

static uint64_t
ls_system_environment_post (LsEnvironment *environment,
                            LsQueue       *queue,
                            int64_t        delay,
                            LsJobFunc      func,
                            gpointer       user_data,
                            GDestroyNotify destroy)
{
  Job job = { func, user_data, destroy };
  uint64_t id = 0;
  bool was_empty = false;

  g_mutex_lock (&queue->lock);
  if (g_atomic_int_get (&queue->stopped))
    {
      g_mutex_unlock (&queue->lock);
      job_drop (&job);
      return UINT64_MAX;
    }
  if (delay > 0)
    id = add_timer (queue, delay, job);
  else
    {
      was_empty = g_queue_is_empty (&queue->jobs);
      g_queue_push_tail (&queue->jobs, g_memdup2 (&job, sizeof job));
    }
  g_mutex_unlock (&queue->lock);
  if (was_empty)
    g_main_context_wakeup (queue->context);
  return id;
}

static bool
ls_system_environment_cancel (LsEnvironment *environment,
                              LsQueue       *queue,
                              uint64_t       id)
{
  g_autoptr (GSource) source = NULL;

  g_mutex_lock (&queue->lock);
  source = g_hash_table_lookup (queue->timers, &id);
  if (source != NULL)
    {
      g_source_ref (source);
      g_hash_table_remove (queue->timers, &id);
    }
  g_mutex_unlock (&queue->lock);
  if (source == NULL)
    return false;
  g_source_destroy (source);
  return true;
}

static bool
ls_system_environment_is_current (LsEnvironment *environment,
                                  LsQueue       *queue)
{
  return g_main_context_is_owner (queue->context);
}

static const char *
ls_system_environment_get_vfs (LsEnvironment *environment)
{
  return NULL;
}

static void
ls_system_environment_stop (LsEnvironment *environment)
{
  LsSystemEnvironment *self = LS_SYSTEM_ENVIRONMENT (environment);
  g_autoptr (GPtrArray) queues = NULL;

  g_mutex_lock (&self->lock);
  queues = table_values (self->queues);
  g_mutex_unlock (&self->lock);
  for (unsigned i = 0; i < queues->len; i++)
    queue_stop (g_ptr_array_index (queues, i));
}

static void
ls_system_environment_finalize (GObject *object)
{
  LsSystemEnvironment *self = LS_SYSTEM_ENVIRONMENT (object);

  g_hash_table_unref (self->queues);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (ls_system_environment_parent_class)->finalize (object);
}

static void
ls_system_environment_class_init (LsSystemEnvironmentClass *klass)
{
  LsEnvironmentClass *environment_class = LS_ENVIRONMENT_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = ls_system_environment_finalize;
  environment_class->now = ls_system_environment_now;
  environment_class->monotonic = ls_system_environment_monotonic;
  environment_class->random = ls_system_environment_random;
  environment_class->get_queue = ls_system_environment_get_queue;
  environment_class->post = ls_system_environment_post;
  environment_class->cancel = ls_system_environment_cancel;
  environment_class->is_current = ls_system_environment_is_current;
  environment_class->get_vfs = ls_system_environment_get_vfs;
  environment_class->stop = ls_system_environment_stop;
}

static void
ls_system_environment_init (LsSystemEnvironment *self)
{
  g_mutex_init (&self->lock);
  self->queues = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) queue_free);
}

/**
 * ls_system_environment_new:
 *
 * Returns: (transfer full): the environment that ships: real clocks, threads, files
 */
LsEnvironment *
ls_system_environment_new (void)
{
  return g_object_new (LS_TYPE_SYSTEM_ENVIRONMENT, NULL);
}
