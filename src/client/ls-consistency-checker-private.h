/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-consistency-checker.h"

G_BEGIN_DECLS

/**
 * LsConsistencyChecker:
 *
 * Looks for what does not agree, by itself and when asked, and has it healed. What it finds is a
 * signal, and an event with both numbers; what it does not find again is an event too. Main thread
 * only.
 */
struct _LsConsistencyChecker {
  GObject parent_instance;

  LsEnvironment *environment;
  LsQueue *main_queue;
  LsCache *cache;
  LsEventBus *bus;
  const LsHealer *healer;
  gpointer healer_data;

  GStrv shops;
  bool started;
  unsigned turn;       /* which shop, and of it which collection, comes next */
  unsigned fast_turns; /* left of those after a crash */
  uint64_t timer;
  int64_t looked_deeper_at; /* monotonic, 0 for never */
  int64_t differs_since;    /* by the digests, µs since the epoch, 0 when they agree */
  GHashTable *open;         /* id of a finding -> LsOpenFinding */
  LsProofStats stats;
};

typedef struct {
  LsFinding *finding;
  int64_t since; /* monotonic */
  int64_t asked_at; /* when what its rule says was last done, monotonic */
  bool compared; /* the server's digests agreed since */
  bool told;
} LsOpenFinding;

/* One check, and who wants to know. */
typedef struct {
  LsConsistencyChecker *checker;
  uint32_t collections; /* whose rows are checked by themselves */
  bool cross;
  bool own; /* of the checker's own round */
  LsCheckFunc func;
  gpointer user_data;
  GDestroyNotify destroy;
} LsCheck;

/* ls-consistency-checker.c: its signals */
void ls_checker_emit_finding (LsConsistencyChecker *self,
                              LsFinding            *finding);
void ls_checker_emit_told    (LsConsistencyChecker *self,
                              LsFinding            *finding);
void ls_checker_emit_changed (LsConsistencyChecker *self);

/* ls-checker-findings.c */
void ls_open_finding_free   (gpointer              data);
void ls_checker_take_report (LsConsistencyChecker *self,
                             const LsCheck        *check,
                             const LsCheckReport  *report);
void ls_checker_listen      (LsConsistencyChecker *self);

G_END_DECLS
