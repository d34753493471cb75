/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-follower.h"

G_BEGIN_DECLS

#define LS_N_LOADERS 2

typedef enum {
  LS_REQUEST_FOLLOW, /* a new thing, or another in the place of one */
  LS_REQUEST_FORGET,
  LS_REQUEST_WANT,
  LS_REQUEST_FIND,
  LS_REQUEST_LOADED, /* from a loader */
} LsRequestKind;

typedef struct {
  LsRequestKind kind;
  uint64_t id; /* of what is followed, or the token of a search */
  LsFollowed *followed;
  int loader;
  GError *failure;
  int64_t sequence;
  GArray *wanted; /* LsWantedRow */
  const char *shop;
  const LsCollection *collection;
  char *key;
} LsRequest;

/* Something followed: as it is shown, and as it is being loaded. */
typedef struct {
  uint64_t id;
  LsFollowed *current;
  LsFollowed *loading;
  int64_t at; /* the snapshot that @current stands at */
  bool is_stale;
  bool has_failed; /* the last load did */
} LsSlot;

typedef struct {
  LsQueue *queue;
  LsCacheReader *reader; /* used on the queue alone */
  int n_loads;           /* used by the turns alone */
} LsLoader;

struct _LsFollower {
  gatomicrefcount ref_count;
  LsEnvironment *environment;
  char *path;
  const LsCollation *collation;
  LsQueue *queue;
  LsQueue *main_queue;
  LsPublishFunc func;
  gpointer user_data;
  LsReadTroubleFunc trouble_func;

  /* Between threads. */
  GMutex lock;
  GQueue inbox;    /* LsCacheCommit */
  GQueue requests; /* LsRequest */
  bool is_started;
  bool is_posted;    /* a turn is on its way */
  bool is_publishing; /* the main thread has not shown the last one yet */
  bool is_owed;       /* a turn came meanwhile and was put off */
  bool is_stopped;
  int is_shared;      /* another process writes the file */
  int64_t first_sequence;

  /* Of the turns. */
  LsCacheReader *reader;
  LsLoader loaders[LS_N_LOADERS];
  GPtrArray *commits; /* LsCacheCommit that no turn has reached yet */
  GPtrArray *history; /* LsCacheCommit since the oldest load began */
  GPtrArray *slots;   /* LsSlot */
  GQueue todo;        /* LsRequest */
  GPtrArray *reloads; /* LsCacheCommit made up by the last turn */
  int64_t sequence;   /* as published; -1 before the first turn */
  unsigned n_failed;  /* reads that failed in a row */
};

/* One turn: a snapshot, and what will be published of it. */
typedef struct {
  LsFollower *follower;
  int64_t sequence;
  GPtrArray *commits;
  GHashTable *changes; /* "collection shop" -> GArray of LsRowChange, one a row */
  LsPublication *publication;
  bool has_failed; /* something could not be read */
} LsTurn;

void    ls_request_free             (LsRequest          *request);
void    ls_follower_request         (LsFollower         *follower,
                                     LsRequest          *request);
void    ls_follower_poke            (LsFollower         *follower);
void    ls_follower_note_read       (LsFollower         *follower,
                                     const GError       *error);
void    ls_slot_free                (LsSlot             *slot);
GArray *ls_coalesce_changes         (GPtrArray          *commits,
                                     int64_t             after,
                                     const char         *shop,
                                     const LsCollection *collection,
                                     bool               *ret_reloaded);
void    ls_turn_handle_request      (LsTurn             *turn,
                                     LsRequest          *request);
void    ls_turn_advance             (LsTurn             *turn,
                                     LsSlot             *slot);

LsPublication *ls_publication_new   (void);
void           ls_publication_free  (LsPublication      *publication);

G_END_DECLS
