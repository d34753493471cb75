/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stdio.h>

#include "core/ls-environment.h"
#include "ls-sim-dice.h"

G_BEGIN_DECLS

/**
 * LsSimWorld:
 *
 * One clock and one thread for all machines of a simulation. Each machine is an #LsSimNode, an
 * environment with queues and clocks of its own; what happens between them is posted to the world.
 * Whenever several queues have something to do, the dice say which goes first; when none has, the
 * clock goes to what is due next.
 */
typedef struct _LsSimWorld LsSimWorld;

#define LS_TYPE_SIM_NODE (ls_sim_node_get_type ())
G_DECLARE_FINAL_TYPE (LsSimNode, ls_sim_node, LS, SIM_NODE, LsEnvironment)

/**
 * LsSimReaper:
 * @user_data: of who made the node
 *
 * Called between two jobs, after a job in which a node died: takes its remains away.
 */
typedef void (*LsSimReaper) (gpointer user_data);

LsSimWorld *ls_sim_world_new        (uint64_t       seed);
void        ls_sim_world_free       (LsSimWorld    *self);
void        ls_sim_world_clear      (LsSimWorld    *self);
void        ls_sim_world_reap       (LsSimWorld    *self);
int64_t     ls_sim_world_get_time   (LsSimWorld    *self);
uint64_t    ls_sim_world_get_trace  (LsSimWorld    *self);
uint64_t    ls_sim_world_get_n_jobs (LsSimWorld    *self);
void        ls_sim_world_set_log    (LsSimWorld    *self,
                                     FILE          *log);
void        ls_sim_world_note       (LsSimWorld    *self,
                                     const char    *format,
                                     ...) G_GNUC_PRINTF (2, 3);
void        ls_sim_world_note_bytes (LsSimWorld    *self,
                                     gconstpointer  bytes,
                                     size_t         length);
uint64_t    ls_sim_world_post       (LsSimWorld    *self,
                                     int64_t        delay,
                                     LsJobFunc      func,
                                     gpointer       user_data,
                                     GDestroyNotify destroy);
bool        ls_sim_world_step       (LsSimWorld    *self,
                                     int64_t        until);
void        ls_sim_world_run_until  (LsSimWorld    *self,
                                     int64_t        until);

LsSimNode  *ls_sim_node_new         (LsSimWorld    *world,
                                     const char    *name,
                                     const char    *vfs,
                                     int64_t        now_offset,
                                     uint64_t       stream,
                                     LsSimReaper    reaper,
                                     gpointer       user_data);
void        ls_sim_node_die         (LsSimNode     *self);
bool        ls_sim_node_is_dead     (LsSimNode     *self);
void        ls_sim_node_jump        (LsSimNode     *self,
                                     int64_t        by);
void        ls_sim_node_sleep       (LsSimNode     *self,
                                     int64_t        duration);
void        ls_sim_node_stall       (LsSimNode     *self,
                                     const char    *queue,
                                     int64_t        duration);
void        ls_sim_node_set_work    (LsSimNode     *self,
                                     const char    *queue,
                                     int64_t        work);

G_END_DECLS
