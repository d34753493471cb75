/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-sim-world-private.h"

#include <stdio.h>

/* More jobs than this without the clock moving: some post each other for ever. */
#define MAX_JOBS_AT_ONCE 2000000
#define HASH_PRIME UINT64_C (0x100000001b3)

static void
mix (LsSimWorld *self,
     uint64_t    value)
{
  self->trace = (self->trace ^ value) * HASH_PRIME;
  self->trace ^= self->trace >> 29;
}

void
ls_sim_job_free (gpointer data)
{
  LsSimJob *job = data;

  if (job->destroy != NULL)
    job->destroy (job->user_data);
  g_free (job);
}

static int
compare_timers (gconstpointer a,
                gconstpointer b,
                gpointer      user_data)
{
  const LsSimJob *first = a, *second = b;

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

void
ls_sim_queue_update (LsQueue *queue)
{
  LsSimWorld *self = queue->node->world;
  bool ready = !g_queue_is_empty (&queue->ready) && queue->blocked_until <= self->time;

  if (ready && queue->slot < 0)
    {
      queue->slot = (int) self->ready->len;
      g_ptr_array_add (self->ready, queue);
    }
  else if (!ready && queue->slot >= 0)
    leave_ready (self, queue);
}

void
ls_sim_world_add_timer (LsSimWorld *self,
                        LsSimJob   *job)
{
  job->iter = g_sequence_insert_sorted (self->timers, job, compare_timers, NULL);
  g_hash_table_insert (self->by_id, &job->id, job);
}

void
ls_sim_world_take_timer (LsSimWorld *self,
                         LsSimJob   *job)
{
  g_hash_table_remove (self->by_id, &job->id);
  g_sequence_remove (job->iter);
  job->iter = NULL;
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
      LsSimJob *job = g_sequence_get (iter);

      ls_sim_world_take_timer (self, job);
      ls_sim_job_free (job);
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
  LsSimJob *job = g_new0 (LsSimJob, 1);

  *job = (LsSimJob) { NULL, ++self->last_id, self->time + MAX (delay, 1), func, user_data, destroy,
                 NULL };
  ls_sim_world_add_timer (self, job);
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

      ls_sim_node_drop_jobs (node);
      node->reaper (node->reaper_data);
    }
}

static void
run_job (LsSimWorld *self,
         LsSimJob   *job)
{
  if (job->queue != NULL && job->queue->work > 0)
    ls_sim_queue_block (job->queue,
                        1 + ls_sim_dice_below (&self->order, (unsigned) job->queue->work));
  self->current = job->queue;
  self->n_jobs++;
  mix (self, job->queue != NULL ? job->queue->number + 1 : 0);
  job->func (job->user_data);
  self->current = NULL;
  ls_sim_job_free (job);
  ls_sim_world_reap (self);
}

static void
fire (LsSimWorld *self,
      LsSimJob   *job)
{
  ls_sim_world_take_timer (self, job);
  if (job->queue == NULL)
    {
      run_job (self, job);
      return;
    }
  g_queue_push_tail (&job->queue->ready, job);
  ls_sim_queue_update (job->queue);
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
  LsSimJob *job;

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
      ls_sim_queue_update (queue);
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
