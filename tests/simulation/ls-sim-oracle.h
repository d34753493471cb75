/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-cache.h"
#include "client/ls-scope-choice.h"
#include "ls-sim-world.h"
#include "server/ls-committer.h"
#include "server/ls-storage.h"

G_BEGIN_DECLS

/**
 * LsSimOracle:
 *
 * Knows what must be true. It follows the server's log into rows of its own, hears what every
 * client's cache says of its edits and rows, and compares. It shares no code with what it judges
 * but values and records. The first thing that is not as it must be is kept, and ends the run.
 */
typedef struct _LsSimOracle LsSimOracle;

/**
 * LS_SIM_ORACLE_SERVER:
 *
 * Stands for the server where something is about a client or it.
 */
#define LS_SIM_ORACLE_SERVER (-1)

LsSimOracle *ls_sim_oracle_new           (LsSimWorld          *world,
                                          unsigned             n_clients);
void         ls_sim_oracle_free          (LsSimOracle         *self);
void         ls_sim_oracle_accuse        (LsSimOracle         *self,
                                          const char          *format,
                                          ...) G_GNUC_PRINTF (2, 3);
const char  *ls_sim_oracle_get_violation (LsSimOracle         *self);
unsigned     ls_sim_oracle_get_n_applied (LsSimOracle         *self);

/* The server's history */
bool         ls_sim_oracle_follow        (LsSimOracle         *self,
                                          LsStorage           *storage);
void         ls_sim_oracle_note_decided  (LsSimOracle         *self,
                                          LsStorage           *storage,
                                          LsCache             *cache);
void         ls_sim_oracle_rewind        (LsSimOracle         *self,
                                          const LsPosition    *to);
void         ls_sim_oracle_new_epoch     (LsSimOracle         *self);
void         ls_sim_oracle_judge_server  (LsSimOracle         *self,
                                          LsStorage           *storage,
                                          LsCommitter         *committer);
bool         ls_sim_oracle_went_back     (LsSimOracle         *self);
const LsVersion *ls_sim_oracle_get_version (LsSimOracle       *self,
                                            int64_t            version);
int64_t      ls_sim_oracle_get_length    (LsSimOracle         *self);
bool         ls_sim_oracle_is_idle       (LsSimOracle         *self,
                                          GPtrArray           *changes,
                                          int64_t              version);

/* What clients hold */
void         ls_sim_oracle_chose         (LsSimOracle         *self,
                                          unsigned             client,
                                          const LsScopeChoice *choice,
                                          bool                 certain);
void         ls_sim_oracle_doubted_choice (LsSimOracle        *self,
                                          unsigned             client);
bool         ls_sim_oracle_has_choice    (LsSimOracle         *self,
                                          unsigned             client,
                                          LsCache             *cache,
                                          LsScopeChoice       *ret_choice);
bool         ls_sim_oracle_is_since      (uint32_t             since,
                                          const LsRecord      *row);
bool         ls_sim_oracle_is_passed_by  (uint32_t             since,
                                          const LsChange      *change);
char        *ls_sim_oracle_find_unscoped (LsSimOracle         *self,
                                          unsigned             client,
                                          LsCache             *cache,
                                          LsRole               role);

/* The clients */
void         ls_sim_oracle_booted        (LsSimOracle         *self,
                                          unsigned             client,
                                          LsCache             *cache);
void         ls_sim_oracle_pasted        (LsSimOracle         *self,
                                          unsigned             from,
                                          unsigned             to);
void         ls_sim_oracle_look          (LsSimOracle         *self,
                                          unsigned             client,
                                          LsCache             *cache);
void         ls_sim_oracle_committed     (LsSimOracle         *self,
                                          unsigned             client,
                                          LsCache             *cache,
                                          const LsCacheCommit *commit);
void         ls_sim_oracle_accepted      (LsSimOracle         *self,
                                          unsigned             client,
                                          LsCache             *cache,
                                          const LsEdit        *edit,
                                          GPtrArray           *asked);
void         ls_sim_oracle_discarded     (LsSimOracle         *self,
                                          unsigned             client,
                                          const char          *mid);
void         ls_sim_oracle_doubted       (LsSimOracle         *self,
                                          unsigned             client,
                                          const char          *mid);
void         ls_sim_oracle_doubted_rows  (LsSimOracle         *self,
                                          unsigned             client,
                                          GPtrArray           *changes);
void         ls_sim_oracle_retried       (LsSimOracle         *self,
                                          unsigned             client,
                                          const char          *mid);
void         ls_sim_oracle_sent          (LsSimOracle         *self,
                                          unsigned             client,
                                          const LsMutate      *mutate,
                                          int64_t              patience);
void         ls_sim_oracle_set_role      (LsSimOracle         *self,
                                          unsigned             client,
                                          LsRole               role);
LsRole       ls_sim_oracle_get_widest    (LsSimOracle         *self,
                                          unsigned             client);
void         ls_sim_oracle_rotted        (LsSimOracle         *self,
                                          int                  client,
                                          LsCache             *cache,
                                          const LsCollection  *collection,
                                          const char          *key);
bool         ls_sim_oracle_has_rotted    (LsSimOracle         *self);
char        *ls_sim_oracle_find_rotten   (LsSimOracle         *self,
                                          unsigned             client,
                                          LsCache             *cache,
                                          LsRole               role);
char        *ls_sim_oracle_find_rotten_at_server (LsSimOracle *self,
                                          LsStorage           *storage,
                                                  LsCommitter         *committer);
const LsCollection *ls_sim_oracle_find_wrong_digest (LsSimOracle *self,
                                                     LsCommitter *committer);
void         ls_sim_oracle_forget_rot    (LsSimOracle         *self);
void         ls_sim_oracle_asked         (LsSimOracle         *self,
                                          unsigned             client,
                                          const LsVerify      *verify);
void         ls_sim_oracle_given         (LsSimOracle         *self,
                                          unsigned             client,
                                          const LsRowsMessage *rows);
void         ls_sim_oracle_watch_views   (LsSimOracle         *self,
                                          unsigned             client);
void         ls_sim_oracle_keep_screen   (LsSimOracle         *self,
                                          unsigned             client,
                                          int64_t              sequence);
char        *ls_sim_oracle_find_unshown  (LsSimOracle         *self,
                                          unsigned             client,
                                          int64_t              sequence,
                                          const LsCollection  *collection,
                                          GPtrArray           *rows);
void         ls_sim_oracle_shown         (LsSimOracle         *self,
                                          unsigned             client,
                                          int64_t              sequence,
                                          const LsCollection  *collection,
                                          GPtrArray           *rows);
void         ls_sim_oracle_probe         (LsSimOracle         *self,
                                          unsigned             client,
                                          LsCache             *cache);
void         ls_sim_oracle_judge_client  (LsSimOracle         *self,
                                          unsigned             client,
                                          LsCache             *cache,
                                          LsRole               role);

G_END_DECLS
