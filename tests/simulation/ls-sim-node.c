/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-sim-world-private.h"

/* One machine of a world: its queues and its clocks. */

#define START_NOW INT64_C (1767225600000000) /* 2026-01-01 00:00 UTC */
#define START_MONOTONIC INT64_C (1000000)

G_DEFINE_FINAL_TYPE (LsSimNode, ls_sim_node, LS_TYPE_ENVIRONMENT)

static void
unblock_cb (gpointer data)
{
  LsQueue *queue = data;

  ls_sim_queue_update (queue);
}

void
ls_sim_queue_block (LsQueue *queue,
                    int64_t  duration)
{
  LsSimWorld *world = queue->node->world;
  int64_t until = world->time + duration;

  if (until <= queue->blocked_until)
    return;
  queue->blocked_until = until;
  ls_sim_queue_update (queue);
  ls_sim_world_post (world, duration, unblock_cb, queue, NULL);
}

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
  LsSimJob *job;

  if (self->dead)
    {
      if (destroy != NULL)
        destroy (user_data);
      return UINT64_MAX;
    }
  job = g_new0 (LsSimJob, 1);
  *job = (LsSimJob) { queue, ++world->last_id, 0, func, user_data, destroy, NULL };
  if (delay > 0)
    {
      job->due = world->time + delay;
      ls_sim_world_add_timer (world, job);
    }
  else
    {
      g_queue_push_tail (&queue->ready, job);
      ls_sim_queue_update (queue);
    }
  return job->id;
}

static bool
ls_sim_node_cancel (LsEnvironment *environment,
                    LsQueue       *queue,
                    uint64_t       id)
{
  LsSimWorld *world = LS_SIM_NODE (environment)->world;
  LsSimJob *job = g_hash_table_lookup (world->by_id, &id);

  if (job != NULL)
    {
      ls_sim_world_take_timer (world, job);
      ls_sim_job_free (job);
      return true;
    }
  for (GList *link = queue->ready.head; link != NULL; link = link->next)
    if (((LsSimJob *) link->data)->id == id)
      {
        job = link->data;
        g_queue_delete_link (&queue->ready, link);
        ls_sim_queue_update (queue);
        ls_sim_job_free (job);
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
void
ls_sim_node_drop_jobs (LsSimNode *self)
{
  LsSimWorld *world = self->world;
  GSequenceIter *iter = g_sequence_get_begin_iter (world->timers);
  g_autoptr (GPtrArray) gone = g_ptr_array_new ();

  for (; !g_sequence_iter_is_end (iter); iter = g_sequence_iter_next (iter))
    {
      LsSimJob *job = g_sequence_get (iter);

      if (job->queue != NULL ? job->queue->node == self
                             : job->func == unblock_cb && ((LsQueue *) job->user_data)->node == self)
        g_ptr_array_add (gone, job);
    }
  for (unsigned i = 0; i < gone->len; i++)
    {
      ls_sim_world_take_timer (world, g_ptr_array_index (gone, i));
      ls_sim_job_free (g_ptr_array_index (gone, i));
    }
  for (unsigned i = 0; i < self->queues->len; i++)
    {
      LsQueue *queue = g_ptr_array_index (self->queues, i);
      LsSimJob *job;

      while ((job = g_queue_pop_head (&queue->ready)) != NULL)
        ls_sim_job_free (job);
      ls_sim_queue_update (queue);
    }
}

static void
ls_sim_node_stop (LsEnvironment *environment)
{
  LsSimNode *self = LS_SIM_NODE (environment);

  self->dead = true;
  ls_sim_node_drop_jobs (self);
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
      LsSimJob *job = g_sequence_get (iter);

      if (job->queue != NULL && job->queue->node == self)
        g_ptr_array_add (late, job);
    }
  for (unsigned i = 0; i < late->len; i++)
    {
      LsSimJob *job = g_ptr_array_index (late, i);

      ls_sim_world_take_timer (world, job);
      job->due += duration;
      ls_sim_world_add_timer (world, job);
    }
  for (unsigned i = 0; i < self->queues->len; i++)
    ls_sim_queue_block (g_ptr_array_index (self->queues, i), duration);
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
  ls_sim_queue_block (ls_sim_node_get_queue (LS_ENVIRONMENT (self), queue), duration);
}

/**
 * ls_sim_node_set_work:
 * @self: a node
 * @queue: one of its queues
 * @work: µs
 *
 * Has each job of a thread take some time, so much at most; without it none takes any.
 */
void
ls_sim_node_set_work (LsSimNode  *self,
                      const char *queue,
                      int64_t     work)
{
  ls_sim_node_get_queue (LS_ENVIRONMENT (self), queue)->work = work;
}
