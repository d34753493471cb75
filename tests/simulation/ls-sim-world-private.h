/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "ls-sim-world.h"

G_BEGIN_DECLS

/* What will be run. */
typedef struct {
  LsQueue *queue; /* NULL for one of the world's own */
  uint64_t id;
  int64_t due;
  LsJobFunc func;
  gpointer user_data;
  GDestroyNotify destroy;
  GSequenceIter *iter; /* in the timers, NULL when it is ready */
} LsSimJob;

struct _LsQueue {
  LsSimNode *node;
  char *name;
  unsigned number;
  GQueue ready;          /* LsSimJob */
  int64_t blocked_until; /* µs of the world */
  int64_t work;          /* µs that a job takes at most, 0 for none */
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
  GSequence *timers;  /* LsSimJob, by due and id */
  GHashTable *by_id;  /* id -> LsSimJob that is a timer */
  GPtrArray *dying;   /* LsSimNode to be taken away */
  LsQueue *current;
  uint64_t last_id;
  uint64_t n_jobs;
  unsigned n_nodes;
  unsigned n_at_once;
  uint64_t trace;
  FILE *log;
};

void ls_sim_job_free         (gpointer    data);
void ls_sim_queue_update     (LsQueue    *queue);
void ls_sim_world_add_timer  (LsSimWorld *self,
                              LsSimJob   *job);
void ls_sim_world_take_timer (LsSimWorld *self,
                              LsSimJob   *job);
void ls_sim_queue_block      (LsQueue    *queue,
                              int64_t     duration);
void ls_sim_node_drop_jobs   (LsSimNode  *self);

G_END_DECLS
