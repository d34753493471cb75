/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "ls-sim-oracle.h"

G_BEGIN_DECLS

/* An edit as its client's cache told of it last. */
typedef struct {
  char *mid;
  GPtrArray *changes; /* LsChange */
  int64_t id;
  int64_t n;
  LsEditState state;
  LsResultStatus status;
  int64_t version;
  bool is_void;
  bool is_dependant; /* it failed with another one before it got its n */
  int64_t voided_at;
  bool accepted; /* the admin was told that it is kept */
  bool doubtful; /* he tried to do something with it and was told that it failed */
} LsSimEdit;

/* A bucket that a client asked for. */
typedef struct {
  const LsCollection *collection;
  int64_t bucket;
  int64_t at;       /* when the last heal of it began */
  int64_t asked_at; /* when it was last asked for */
  unsigned strikes;
} LsSimHeal;

/* What is known of one client. */
typedef struct {
  GHashTable *edits;  /* mid -> LsSimEdit */
  GHashTable *screen; /* collection and key -> LsRecord, as its commits told */
  LsPosition position;
  bool views;         /* what its windows show is looked at */
  int64_t reloaded_at[LS_N_COLLECTIONS]; /* when its rows were last replaced as a whole */
  GPtrArray *screens; /* the states that its rows were in, by commit, oldest first */
  GHashTable *rotten; /* names of rows that somebody else wrote */
  GHashTable *healed; /* those that were right again: a crash may undo it, for a cache is not synced */
  GArray *heals;      /* LsSimHeal, since it was booted */
  LsScopeChoice choice; /* what its admin chose last to hold */
  bool kept;            /* it is on his disk */
  bool certain;         /* nothing came between that may have kept it from the disk */
  LsRole role;        /* of its user */
  LsRole before;      /* the widest that he was of late */
  int64_t changed_at; /* when that ended */
} LsSimWitness;

struct _LsSimOracle {
  LsSimWorld *world;
  char *violation;

  GPtrArray *history; /* LsVersion, from 1 */
  GHashTable *rows;   /* collection and key -> LsRecord, at its end */
  GHashTable *by_mid; /* mid -> number of its version, boxed */
  GHashTable *decided; /* mids that the server has decided, whichever way */
  GHashTable *counted; /* client and n -> the mid decided under it */
  GHashTable *lost;   /* mids of versions that a restore undid */
  GHashTable *asked;  /* mid -> changes that were sent, LsChange */
  GHashTable *mixed;  /* mids that copies of one cache gave two meanings */
  bool copied;        /* a cache was */
  GHashTable *rotten; /* names of rows that rotted on the server */
  bool has_rotted;    /* anything, ever */
  bool rewound;       /* the server went back */
  bool undone;        /* and versions were gone with that */
  unsigned n_epochs;  /* that began since the first */
  LsPosition position;

  LsSimWitness *witnesses;
  unsigned n_clients;
};

void  ls_sim_screen_free (gpointer            data);
char *ls_sim_row_name             (const LsCollection *collection,
                                   const char         *key);
char *ls_sim_oracle_name_n        (const char         *client,
                                   int64_t             n);
void  ls_sim_oracle_reload_screen (LsSimOracle        *self,
                                   unsigned            client,
                                   LsCache            *cache,
                                   uint32_t            collections);

/* ls-sim-oracle-screen.c */
bool ls_sim_oracle_is_sum_right (LsSimOracle        *self,
                                 LsCache            *cache,
                                 const LsCollection *collection,
                                 uint64_t            fields,
                                 uint32_t            since);

/* ls-sim-oracle-scope.c */
void     ls_sim_oracle_look_at_choice (LsSimOracle   *self,
                                       unsigned       client,
                                       LsCache       *cache,
                                       bool           is_opened);
uint32_t ls_sim_oracle_get_since (LsSimOracle        *self,
                                  unsigned            client,
                                  LsCache            *cache,
                                  const LsCollection *collection);

/* ls-sim-oracle-rot.c */
void ls_sim_oracle_doubt_heals (LsSimOracle *self,
                                unsigned     from,
                                unsigned     client);

G_END_DECLS
