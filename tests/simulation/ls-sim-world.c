/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-sim-world.h"

#include <stdio.h>

#define START_NOW INT64_C (1767225600000000) /* 2026-01-01 00:00 UTC */
#define START_MONOTONIC INT64_C (1000000)
/* More jobs than this without the clock moving: some post each other for ever. */
#define MAX_JOBS_AT_ONCE 2000000
#define HASH_PRIME UINT64_C (0x100000001b3)

typedef struct {
  LsQueue *queue; /* NULL for one of the world's own */
  uint64_t id;
  int64_t due;
  LsJobFunc func;
  gpointer user_data;
  GDestroyNotify destroy;
  GSequenceIter *iter; /* in the timers, NULL when it is ready */
} Job;

struct _LsQueue {
  LsSimNode *node;
  char *name;
  unsigned number;
  GQueue ready;          /* Job */
  int64_t blocked_until; /* µs of the world */
  int slot;              /* among the world's ready queues, -1 when it is none */
};

struct _LsSimNode {
  LsEnvironment parent_instance;

  LsSimWorld *world; /* outlives it */
  char *name;
  char *vfs;
  unsigned number;
  GPtrArray *queues; /* LsQueue, in the order made */
  int64_t now_offset;
  int64_t asleep; /* µs that its monotonic clock stood still */
  int64_t wakes;  /* when the world's clock is there */
  LsSimDice dice;
  LsSimReaper reaper;
  gpointer reaper_data;
  bool dead;
};

struct _LsSimWorld {
  int64_t time; /* µs since the beginning */
  LsSimDice order;
  GPtrArray *ready;   /* LsQueue with something to do */
  GSequence *timers;  /* Job, by due and id */
  GHashTable *by_id;  /* id -> Job that is a timer */
  GPtrArray *dying;   /* LsSimNode to be taken away */
  LsQueue *current;
  uint64_t last_id;
  uint64_t n_jobs;
  unsigned n_nodes;
  unsigned n_at_once;
  uint64_t trace;
  FILE *log;
};

G_DEFINE_FINAL_TYPE (LsSimNode, ls_sim_node, LS_TYPE_ENVIRONMENT)

static void
mix (LsSimWorld *self,
     uint64_t    value)
{
  self->trace = (self->trace ^ value) * HASH_PRIME;
  self->trace ^= self->trace >> 29;
}

static void
job_free (gpointer data)
{
  Job *job = data;

  if (job->destroy != NULL)
    job->destroy (job->user_data);
  g_free (job);
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

/* --- Which queues are ready ------------------------------------------------------------------ */

static void
leave_ready (LsSimWorld *self,
             LsQueue    *queue)
{
  LsQueue *last = g_ptr_array_index (self->ready, self->ready->len - 1);

  last->slot = queue->slot;
  g_ptr_array_remove_index_fast (self->ready, (unsigned) queue->slot);
  queue->slot = -1;
}

static void
update_ready (LsSimWorld *self,
              LsQueue    *queue)
{
  bool ready = !g_queue_is_empty (&queue->ready) && queue->blocked_until <= self->time;

  if (ready && queue->slot < 0)
    {
      queue->slot = (int) self->ready->len;
      g_ptr_array_add (self->ready, queue);
    }
  else if (!ready && queue->slot >= 0)
    leave_ready (self, queue);
}

static void
add_timer (LsSimWorld *self,
           Job        *job)
{
  job->iter = g_sequence_insert_sorted (self->timers, job, compare_timers, NULL);
  g_hash_table_insert (self->by_id, &job->id, job);
}

static void
take_timer (LsSimWorld *self,
            Job        *job)
{
  g_hash_table_remove (self->by_id, &job->id);
  g_sequence_remove (job->iter);
  job->iter = NULL;
}

static void
unblock_cb (gpointer data)
{
  LsQueue *queue = data;

  update_ready (queue->node->world, queue);
}

static void
block (LsQueue *queue,
       int64_t  duration)
{
  LsSimWorld *world = queue->node->world;
  int64_t until = world->time + duration;

  if (until <= queue->blocked_until)
    return;
  queue->blocked_until = until;
  update_ready (world, queue);
  ls_sim_world_post (world, duration, unblock_cb, queue, NULL);
}

/* --- One machine ----------------------------------------------------------------------------- */

static int64_t
ls_sim_node_monotonic (LsEnvironment *environment)
{
  LsSimNode *self = LS_SIM_NODE (environment);

  return START_MONOTONIC + self->world->time - self->asleep;
}

static int64_t
ls_sim_node_now (LsEnvironment *environment)
{
  LsSimNode *self = LS_SIM_NODE (environment);

  return START_NOW + self->world->time + self->now_offset;
}

static uint64_t
ls_sim_node_random (LsEnvironment *environment)
{
  return ls_sim_dice_roll (&LS_SIM_NODE (environment)->dice);
}

static LsQueue *
ls_sim_node_get_queue (LsEnvironment *environment,
                       const char    *name)
{
  LsSimNode *self = LS_SIM_NODE (environment);
  LsQueue *queue;

  for (unsigned i = 0; i < self->queues->len; i++)
    {
      queue = g_ptr_array_index (self->queues, i);
      if (g_str_equal (queue->name, name))
        return queue;
    }
  queue = g_new0 (LsQueue, 1);
  queue->node = self;
  queue->name = g_strdup (name);
  queue->number = self->number * 64 + self->queues->len;
  queue->slot = -1;
  g_queue_init (&queue->ready);
  g_ptr_array_add (self->queues, queue);
  return queue;
}

static uint64_t
ls_sim_node_post (LsEnvironment *environment,
                  LsQueue       *queue,
                  int64_t        delay,
                  LsJobFunc      func,
                  gpointer       user_data,
                  GDestroyNotify destroy)
{
  LsSimNode *self = LS_SIM_NODE (environment);
  LsSimWorld *world = self->world;
  Job *job;

  if (self->dead)
    {
      if (destroy != NULL)
        destroy (user_data);
      return UINT64_MAX;
    }
  job = g_new0 (Job, 1);
  *job = (Job) { queue, ++world->last_id, 0, func, user_data, destroy, NULL };
  if (delay > 0)
    {
      job->due = world->time + delay;
      add_timer (world, job);
    }
  else
    {
      g_queue_push_tail (&queue->ready, job);
      update_ready (world, queue);
    }
  return job->id;
}

static bool
ls_sim_node_cancel (LsEnvironment *environment,
                    LsQueue       *queue,
                    uint64_t       id)
{
  LsSimWorld *world = LS_SIM_NODE (environment)->world;
  Job *job = g_hash_table_lookup (world->by_id, &id);

  if (job != NULL)
    {
      take_timer (world, job);
      job_free (job);
      return true;
    }
  for (GList *link = queue->ready.head; link != NULL; link = link->next)
    if (((Job *) link->data)->id == id)
      {
        job = link->data;
        g_queue_delete_link (&queue->ready, link);
        update_ready (world, queue);
        job_free (job);
        return true;
      }
  return false;
}

static bool
ls_sim_node_is_current (LsEnvironment *environment,
                        LsQueue       *queue)
{
  LsSimWorld *world = LS_SIM_NODE (environment)->world;

  return world->current != NULL ? world->current == queue
                                : g_str_equal (queue->name, LS_QUEUE_MAIN);
}

static const char *
ls_sim_node_get_vfs (LsEnvironment *environment)
{
  return LS_SIM_NODE (environment)->vfs;
}

/* What waits on any queue of a node goes, and what that posts too. */
static void
drop_jobs (LsSimNode *self)
{
  LsSimWorld *world = self->world;
  GSequenceIter *iter = g_sequence_get_begin_iter (world->timers);
  g_autoptr (GPtrArray) gone = g_ptr_array_new ();

  for (; !g_sequence_iter_is_end (iter); iter = g_sequence_iter_next (iter))
    {
      Job *job = g_sequence_get (iter);

      if (job->queue != NULL ? job->queue->node == self
                             : job->func == unblock_cb && ((LsQueue *) job->user_data)->node == self)
        g_ptr_array_add (gone, job);
    }
  for (unsigned i = 0; i < gone->len; i++)
    {
      take_timer (world, g_ptr_array_index (gone, i));
      job_free (g_ptr_array_index (gone, i));
    }
  for (unsigned i = 0; i < self->queues->len; i++)
    {
      LsQueue *queue = g_ptr_array_index (self->queues, i);
      Job *job;

      while ((job = g_queue_pop_head (&queue->ready)) != NULL)
        job_free (job);
      update_ready (world, queue);
    }
}

static void
ls_sim_node_stop (LsEnvironment *environment)
{
  LsSimNode *self = LS_SIM_NODE (environment);

  self->dead = true;
  drop_jobs (self);
}

static void
queue_free (gpointer data)
{
  LsQueue *queue = data;

  g_free (queue->name);
  g_free (queue);
}

static void
ls_sim_node_finalize (GObject *object)
{
  LsSimNode *self = LS_SIM_NODE (object);

  ls_sim_node_stop (LS_ENVIRONMENT (self));
  g_ptr_array_remove (self->world->dying, self);
  g_ptr_array_unref (self->queues);
  g_free (self->name);
  g_free (self->vfs);
  G_OBJECT_CLASS (ls_sim_node_parent_class)->finalize (object);
}

static void
ls_sim_node_class_init (LsSimNodeClass *klass)
{
  LsEnvironmentClass *environment_class = LS_ENVIRONMENT_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = ls_sim_node_finalize;
  environment_class->now = ls_sim_node_now;
  environment_class->monotonic = ls_sim_node_monotonic;
  environment_class->random = ls_sim_node_random;
  environment_class->get_queue = ls_sim_node_get_queue;
  environment_class->post = ls_sim_node_post;
  environment_class->cancel = ls_sim_node_cancel;
  environment_class->is_current = ls_sim_node_is_current;
  environment_class->get_vfs = ls_sim_node_get_vfs;
  environment_class->stop = ls_sim_node_stop;
}

static void
ls_sim_node_init (LsSimNode *self)
{
  self->queues = g_ptr_array_new_with_free_func (queue_free);
}

/**
 * ls_sim_node_new:
 * @world: where it is
 * @name: what it is called in logs
 * @vfs: (nullable): its disk
 * @now_offset: by how many µs its time of day is off
 * @stream: of its randomness; each boot has another
 * @reaper: called when it has died
 * @user_data: for @reaper
 *
 * Boots a machine.
 *
 * Returns: (transfer full): its environment
 */
LsSimNode *
ls_sim_node_new (LsSimWorld *world,
                 const char *name,
                 const char *vfs,
                 int64_t     now_offset,
                 uint64_t    stream,
                 LsSimReaper reaper,
                 gpointer    user_data)
{
  LsSimNode *self = g_object_new (LS_TYPE_SIM_NODE, NULL);

  self->world = world;
  self->name = g_strdup (name);
  self->vfs = g_strdup (vfs);
  self->number = world->n_nodes++;
  self->now_offset = now_offset;
  self->dice = ls_sim_dice (ls_sim_dice_roll (&world->order), stream);
  self->reaper = reaper;
  self->reaper_data = user_data;
  return self;
}

/**
 * ls_sim_node_die:
 * @self: a node
 *
 * Ends the machine as kill -9 or a cut of power does: nothing it does from now on has any effect,
 * and when the job that is running returns, its reaper is called.
 */
void
ls_sim_node_die (LsSimNode *self)
{
  if (self->dead)
    return;
  ls_sim_world_note (self->world, "%s dies", self->name);
  self->dead = true;
  g_ptr_array_add (self->world->dying, self);
}

bool
ls_sim_node_is_dead (LsSimNode *self)
{
  return self->dead;
}

/**
 * ls_sim_node_jump:
 * @self: a node
 * @by: µs, of either sign
 *
 * Sets the time of day; the monotonic clock goes on as ever.
 */
void
ls_sim_node_jump (LsSimNode *self,
                  int64_t    by)
{
  self->now_offset += by;
}

/**
 * ls_sim_node_sleep:
 * @self: a node
 * @duration: µs
 *
 * Closes the lid: for so long nothing runs, the monotonic clock stands still, and what is due comes
 * later by as much.
 */
void
ls_sim_node_sleep (LsSimNode *self,
                   int64_t    duration)
{
  LsSimWorld *world = self->world;
  GSequenceIter *iter = g_sequence_get_begin_iter (world->timers);
  g_autoptr (GPtrArray) late = g_ptr_array_new ();

  if (self->wakes > world->time)
    return;
  self->wakes = world->time + duration;
  for (; !g_sequence_iter_is_end (iter); iter = g_sequence_iter_next (iter))
    {
      Job *job = g_sequence_get (iter);

      if (job->queue != NULL && job->queue->node == self)
        g_ptr_array_add (late, job);
    }
  for (unsigned i = 0; i < late->len; i++)
    {
      Job *job = g_ptr_array_index (late, i);

      take_timer (world, job);
      job->due += duration;
      add_timer (world, job);
    }
  for (unsigned i = 0; i < self->queues->len; i++)
    block (g_ptr_array_index (self->queues, i), duration);
  self->asleep += duration;
}

/**
 * ls_sim_node_stall:
 * @self: a node
 * @queue: one of its queues
 * @duration: µs
 *
 * Has a thread stand still for a while: a slow disk, a busy machine.
 */
void
ls_sim_node_stall (LsSimNode  *self,
                   const char *queue,
                   int64_t     duration)
{
  block (ls_sim_node_get_queue (LS_ENVIRONMENT (self), queue), duration);
}

/* --- The world ------------------------------------------------------------------------------- */

/**
 * ls_sim_world_new:
 * @seed: of which queue runs next, and of the randomness of all nodes
 *
 * Returns: (transfer full): an empty world
 */
LsSimWorld *
ls_sim_world_new (uint64_t seed)
{
  LsSimWorld *self = g_new0 (LsSimWorld, 1);

  self->order = ls_sim_dice (seed, 1);
  self->ready = g_ptr_array_new ();
  self->timers = g_sequence_new (NULL);
  self->by_id = g_hash_table_new (g_int64_hash, g_int64_equal);
  self->dying = g_ptr_array_new ();
  self->trace = UINT64_C (0xcbf29ce484222325);
  return self;
}

/**
 * ls_sim_world_clear:
 * @self: a world without nodes
 *
 * Drops everything that would still happen.
 */
void
ls_sim_world_clear (LsSimWorld *self)
{
  GSequenceIter *iter;

  while (iter = g_sequence_get_begin_iter (self->timers), !g_sequence_iter_is_end (iter))
    {
      Job *job = g_sequence_get (iter);

      take_timer (self, job);
      job_free (job);
    }
}

/**
 * ls_sim_world_free:
 * @self: (transfer full): a world without nodes
 *
 * Frees it.
 */
void
ls_sim_world_free (LsSimWorld *self)
{
  ls_sim_world_clear (self);
  g_assert_cmpuint (self->ready->len, ==, 0);
  g_sequence_free (self->timers);
  g_hash_table_unref (self->by_id);
  g_ptr_array_unref (self->ready);
  g_ptr_array_unref (self->dying);
  g_free (self);
}

/**
 * ls_sim_world_get_time:
 * @self: a world
 *
 * Returns: µs since its beginning
 */
int64_t
ls_sim_world_get_time (LsSimWorld *self)
{
  return self->time;
}

/**
 * ls_sim_world_get_trace:
 * @self: a world
 *
 * Returns: a hash of everything that happened: what ran when, and what was noted
 */
uint64_t
ls_sim_world_get_trace (LsSimWorld *self)
{
  return self->trace;
}

uint64_t
ls_sim_world_get_n_jobs (LsSimWorld *self)
{
  return self->n_jobs;
}

/**
 * ls_sim_world_set_log:
 * @self: a world
 * @log: (nullable): where notes are written
 *
 * Has notes written, for one who looks for what went wrong.
 */
void
ls_sim_world_set_log (LsSimWorld *self,
                      FILE       *log)
{
  self->log = log;
}

void
ls_sim_world_note_bytes (LsSimWorld   *self,
                         gconstpointer bytes,
                         size_t        length)
{
  const uint8_t *data = bytes;

  for (size_t i = 0; i < length; i++)
    self->trace = (self->trace ^ data[i]) * HASH_PRIME;
}

/**
 * ls_sim_world_note:
 * @self: a world
 * @format: what happened
 *
 * Makes something a part of the trace.
 */
void
ls_sim_world_note (LsSimWorld *self,
                   const char *format,
                   ...)
{
  char text[1024];
  va_list args;

  va_start (args, format);
  g_vsnprintf (text, sizeof text, format, args);
  va_end (args);
  ls_sim_world_note_bytes (self, text, strlen (text));
  if (self->log != NULL)
    fprintf (self->log, "%12.6f %s\n", (double) self->time / G_USEC_PER_SEC, text);
}

/**
 * ls_sim_world_post:
 * @self: a world
 * @delay: µs
 * @func: what happens then
 * @user_data: for @func
 * @destroy: (nullable): frees @user_data
 *
 * Has something happen that is no node's doing: bytes arrive, a cable is cut.
 *
 * Returns: a number of it
 */
uint64_t
ls_sim_world_post (LsSimWorld    *self,
                   int64_t        delay,
                   LsJobFunc      func,
                   gpointer       user_data,
                   GDestroyNotify destroy)
{
  Job *job = g_new0 (Job, 1);

  *job = (Job) { NULL, ++self->last_id, self->time + MAX (delay, 1), func, user_data, destroy,
                 NULL };
  add_timer (self, job);
  return job->id;
}

/**
 * ls_sim_world_reap:
 * @self: a world in which no job is running
 *
 * Takes away what has died.
 */
void
ls_sim_world_reap (LsSimWorld *self)
{
  while (self->dying->len > 0)
    {
      LsSimNode *node = g_ptr_array_steal_index (self->dying, 0);

      drop_jobs (node);
      node->reaper (node->reaper_data);
    }
}

static void
run_job (LsSimWorld *self,
         Job        *job)
{
  self->current = job->queue;
  self->n_jobs++;
  mix (self, job->queue != NULL ? job->queue->number + 1 : 0);
  job->func (job->user_data);
  self->current = NULL;
  job_free (job);
  ls_sim_world_reap (self);
}

static void
fire (LsSimWorld *self,
      Job        *job)
{
  take_timer (self, job);
  if (job->queue == NULL)
    {
      run_job (self, job);
      return;
    }
  g_queue_push_tail (&job->queue->ready, job);
  update_ready (self, job->queue);
}

/**
 * ls_sim_world_step:
 * @self: a world
 * @until: µs since the beginning
 *
 * Has one thing happen, moving the clock if nothing happens now.
 *
 * Returns: false when nothing more happens before @until
 */
bool
ls_sim_world_step (LsSimWorld *self,
                   int64_t     until)
{
  GSequenceIter *iter;
  Job *job;

  ls_sim_world_reap (self);
  iter = g_sequence_get_begin_iter (self->timers);
  job = !g_sequence_iter_is_end (iter) ? g_sequence_get (iter) : NULL;
  g_assert_cmpuint (++self->n_at_once, <, MAX_JOBS_AT_ONCE);
  if (job != NULL && job->due <= self->time)
    {
      fire (self, job);
      return true;
    }
  if (self->ready->len > 0)
    {
      LsQueue *queue =
          g_ptr_array_index (self->ready, ls_sim_dice_below (&self->order, self->ready->len));

      job = g_queue_pop_head (&queue->ready);
      update_ready (self, queue);
      run_job (self, job);
      return true;
    }
  if (job == NULL || job->due > until)
    return false;
  self->time = job->due;
  self->n_at_once = 0;
  mix (self, (uint64_t) self->time);
  fire (self, job);
  return true;
}

/**
 * ls_sim_world_run_until:
 * @self: a world
 * @until: µs since the beginning
 *
 * Has everything happen up to a moment, which it then is.
 */
void
ls_sim_world_run_until (LsSimWorld *self,
                        int64_t     until)
{
  while (ls_sim_world_step (self, until))
    ;
  if (self->time < until)
    self->time = until;
}
