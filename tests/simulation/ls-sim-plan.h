/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "ls-sim-dice.h"

G_BEGIN_DECLS

/**
 * LsSimStepKind:
 * @LS_SIM_STEP_ACT: an admin does something; @a is an #LsSimAct
 * @LS_SIM_STEP_TROUBLE: something happens to a connection; @a is an #LsSimTrouble
 * @LS_SIM_STEP_REFUSE: no connection comes up for @a µs
 * @LS_SIM_STEP_SLOW: everything takes @a times as long
 * @LS_SIM_STEP_BREAK_FETCHES: the next @a requests fail
 * @LS_SIM_STEP_END: a machine ends; @a is an #LsSimEnd, it starts again after @b µs
 * @LS_SIM_STEP_TRAP: the same, in the middle of the operation @b of its disk
 * @LS_SIM_STEP_FAIL_DISK: operations of a disk fail: @a is an #LsSimDiskOp, @b how many
 * @LS_SIM_STEP_FULL_DISK: @a bytes are left on a disk, for @b µs
 * @LS_SIM_STEP_JUMP: the time of day jumps by @a µs
 * @LS_SIM_STEP_SLEEP: a laptop is closed for @a µs
 * @LS_SIM_STEP_STALL: a thread stands still for @a µs; @b says which
 * @LS_SIM_STEP_BACKUP: the server's data is copied
 * @LS_SIM_STEP_RESTORE: that copy is put back; with @a it has a new epoch, else nobody is told
 * @LS_SIM_STEP_COPY_CACHE: another client gets a copy of one's cache
 * @LS_SIM_STEP_ROLE: a user gets another role, @a
 * @LS_SIM_STEP_PRUNE: the server forgets all versions but @a
 * @LS_SIM_STEP_TRY_NOW: the network came, a window got the focus
 * @LS_SIM_STEP_PROBE: what clients show is looked at
 * @LS_SIM_STEP_QUIET: all trouble ends, and everything must come to rest and agree
 * @LS_SIM_STEP_BLOCK: for @b µs no WebSocket gets through, as @a, an #LsSimBlock, says
 * @LS_SIM_STEP_CUT_POLLS: for @b µs no request may take longer than @a µs
 * @LS_SIM_STEP_BREAK_POLLS: the next @a exchanges fail
 * @LS_SIM_STEP_ATTENTION: an admin comes or goes; @a is an #LsAttention
 * @LS_SIM_STEP_BY_HAND: an admin works offline for @a µs
 * @LS_SIM_STEP_OPERATOR: the server itself edits @a rows, with texts of @b bytes
 * @LS_SIM_STEP_ROT: a row becomes another behind everybody's back, as @a, an #LsSimRot, says
 * @LS_SIM_STEP_CHECK: an admin has everything checked
 * @LS_SIM_STEP_RUSH: an admin makes @a edits within @b µs
 * @LS_SIM_STEP_SCOPE: an admin holds @a months (0: all), and nothing of the collections in @b, a mask
 * @LS_SIM_STEP_ORDER: something happens to an order of @b months ago; @a is an #LsSimOrderAct
 * @LS_SIM_N_STEP_KINDS: how many there are
 *
 * What can happen in a simulation.
 */
typedef enum {
  LS_SIM_STEP_ACT,
  LS_SIM_STEP_TROUBLE,
  LS_SIM_STEP_REFUSE,
  LS_SIM_STEP_SLOW,
  LS_SIM_STEP_BREAK_FETCHES,
  LS_SIM_STEP_END,
  LS_SIM_STEP_TRAP,
  LS_SIM_STEP_FAIL_DISK,
  LS_SIM_STEP_FULL_DISK,
  LS_SIM_STEP_JUMP,
  LS_SIM_STEP_SLEEP,
  LS_SIM_STEP_STALL,
  LS_SIM_STEP_BACKUP,
  LS_SIM_STEP_RESTORE,
  LS_SIM_STEP_COPY_CACHE,
  LS_SIM_STEP_ROLE,
  LS_SIM_STEP_PRUNE,
  LS_SIM_STEP_TRY_NOW,
  LS_SIM_STEP_PROBE,
  LS_SIM_STEP_QUIET,
  LS_SIM_STEP_BLOCK,
  LS_SIM_STEP_CUT_POLLS,
  LS_SIM_STEP_BREAK_POLLS,
  LS_SIM_STEP_ATTENTION,
  LS_SIM_STEP_BY_HAND,
  LS_SIM_STEP_OPERATOR,
  LS_SIM_STEP_ROT,
  LS_SIM_STEP_CHECK,
  LS_SIM_STEP_RUSH,
  LS_SIM_STEP_SCOPE,
  LS_SIM_STEP_ORDER,
  LS_SIM_N_STEP_KINDS,
} LsSimStepKind;

/**
 * LS_SIM_SERVER:
 *
 * Stands for the server where a step is about a machine.
 */
#define LS_SIM_SERVER (-1)

/**
 * LS_SIM_MAX_NODES:
 *
 * How many servers there are at most.
 */
#define LS_SIM_MAX_NODES 3

/**
 * LS_SIM_ROLE_BITS:
 *
 * Of one user's role in #LsSimPlan.
 */
#define LS_SIM_ROLE_BITS 2

/**
 * LsSimStep:
 * @at: when, µs since the beginning
 * @kind: what happens
 * @who: to which client, or %LS_SIM_SERVER
 * @a: see #LsSimStepKind
 * @b: see #LsSimStepKind
 * @seed: of what is left to chance
 *
 * One thing that happens.
 */
typedef struct {
  int64_t at;
  LsSimStepKind kind;
  int who;
  int64_t a;
  int64_t b;
  uint64_t seed;
} LsSimStep;

/**
 * LsSimPlan:
 * @seed: of the order of threads, of delays, of what survives a crash
 * @n_clients: how many clients
 * @digest_interval: of the hub, µs
 * @buffer: bytes that may wait for a client
 * @ring: bytes of versions that the hub keeps
 * @edit_rate: edits a second
 * @readers: of the hub
 * @roles: what the users are at first: an #LsRole for each, %LS_SIM_ROLE_BITS bits
 * @checks: whether both ends look for rows that rot
 * @views: whether clients have windows
 * @window: edits that a client may have under way
 * @work: µs that anything takes in the cache of a client at most
 * @nodes: how many servers share a database
 * @scopes: whether clients may hold parts of the shop
 * @polls: whether clients may go on by requests where no WebSocket gets through
 * @steps: (element-type LsSimStep): what happens, in order of time; at the end comes a quiet
 *
 * Everything that a run depends on: what a seed makes, what a file keeps, what is shrunk.
 */
typedef struct {
  uint64_t seed;
  unsigned n_clients;
  int64_t digest_interval;
  int64_t buffer;
  int64_t ring;
  int64_t edit_rate;
  unsigned readers;
  unsigned roles;
  unsigned polls;
  unsigned checks;
  unsigned views;
  unsigned nodes;
  unsigned window;
  unsigned work;
  unsigned scopes;
  GArray *steps;
} LsSimPlan;

LsSimPlan *ls_sim_plan_new_from_seed (uint64_t         seed);
LsSimPlan *ls_sim_plan_parse         (const char      *text,
                                      GError         **error);
char      *ls_sim_plan_write         (const LsSimPlan *self);
LsSimPlan *ls_sim_plan_copy          (const LsSimPlan *self);
void       ls_sim_plan_free          (LsSimPlan       *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsSimPlan, ls_sim_plan_free)

G_END_DECLS
