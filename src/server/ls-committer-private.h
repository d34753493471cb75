/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/ls-committer.h"
#include "server/ls-draft.h"
#include "server/ls-shop-digests.h"
#include "server/ls-zones.h"

G_BEGIN_DECLS

/* A submitted mutation, and how it ended. */
typedef struct {
  LsMutation *mutation;
  LsDecidedFunc func;
  gpointer user_data;
  GDestroyNotify destroy;

  LsDecision *decision;
  bool recorded; /* the decision was written in the group's transaction */
  GError *error;
  int64_t expected_n;
  bool alone; /* a group that it was in failed: try it by itself */
} LsEntry;

/* What one transaction does. */
typedef struct {
  char *shop;
  GPtrArray *entries;  /* LsEntry */
  GPtrArray *versions; /* LsVersion */
  GPtrArray *drafts;   /* LsDraft, one for each version */
  LsPosition before;
  LsZones *zones;    /* borrowed */
  LsRowCache *cache; /* borrowed */
  bool wrote;
} LsGroup;

/* A pass over the rows of a shop. */
typedef struct {
  LsScrubFunc func;
  gpointer user_data;
  GDestroyNotify destroy;
  int64_t pause;
  size_t collection; /* the one being read */
  char *cursor;      /* the last key read of it; empty at its beginning */
  LsDigest *read;    /* of the rows up to the cursor */
  bool spoilt;       /* rows changed and it could not follow */
  bool waits;        /* for what others committed to be followed */
} LsScrub;

typedef struct {
  char *shop;
  GQueue pending; /* LsEntry */
  bool queued;    /* stands in LsCommitter.turns */
  bool paused;    /* another node holds the shop */
  bool behind;    /* others may have committed: it gets a turn without a mutation */
  bool is_told;   /* the listener stands at @told */
  LsPosition told;
  int64_t heard;    /* a version that the shop has, of which a notification told */
  bool asked_again; /* it has to be told from @again on */
  LsPosition again;
  LsShopDigests *digests;
  LsRowCache *cache;
  LsScrub *scrub; /* on the queue only */
  int64_t checkpointed; /* version of the last checkpoint of the digests */
} LsShopState;

typedef enum {
  LS_COMMITTER_IDLE,
  LS_COMMITTER_BEGINNING,
  LS_COMMITTER_COMMITTING,
  LS_COMMITTER_READING_BACK,
} LsCommitterState;

struct _LsCommitter {
  GObject parent_instance;

  LsEnvironment *environment;
  LsStorage *storage;
  LsQueue *queue;

  GMutex lock;       /* of what submitters touch */
  GHashTable *shops; /* id -> LsShopState */
  GQueue turns;      /* LsShopState with something to do, in the order of their turns */
  unsigned n_queued;
  bool scheduled;
  bool draining;

  /* On the queue only */
  LsCommitterState state;
  LsGroup *group;
  LsShopState *current;
  unsigned n_read_backs;
  LsZones *zones;
  LsCommitFunc listener;
  gpointer listener_data;
  bool shared; /* others can commit */
  LsJobFunc drained;
  gpointer drained_data;
};

/* ls-committer.c */
void     ls_committer_schedule         (LsCommitter    *self);
void     ls_committer_take_turn        (LsCommitter    *self,
                                        LsShopState    *state);
LsShopState *ls_committer_find_shop    (LsCommitter    *self,
                                        const char     *shop);

/* ls-commit-group.c */
LsGroup *ls_group_new                  (const char     *shop,
                                        LsZones        *zones,
                                        LsRowCache     *cache);
void     ls_group_free                 (LsGroup        *group);
void     ls_entry_free                 (LsEntry        *entry);
bool     ls_committer_begin_group      (LsCommitter    *self);

/* ls-commit-checkpoint.c */
bool     ls_committer_load_digests     (LsCommitter    *self,
                                        LsShopState    *state,
                                        GError        **error);
void     ls_committer_renew_digests    (LsCommitter    *self,
                                        LsShopState    *state);
bool     ls_committer_begin_checkpoint (LsCommitter    *self);

/* ls-commit-follow.c */
void     ls_committer_listen           (LsCommitter    *self);
bool     ls_committer_follow_others    (LsCommitter    *self,
                                        LsStorageTx    *tx,
                                        GError        **error);
void     ls_committer_look_after       (LsCommitter    *self,
                                        LsShopState    *state);
void     ls_committer_set_told         (LsCommitter    *self,
                                        LsShopState    *state,
                                        const LsPosition *position);

/* ls-commit-scrub.c */
void     ls_scrub_follow               (LsScrub        *scrub,
                                        const LsRecord *before,
                                        const LsRecord *after);
void     ls_scrub_read_followed        (LsCommitter    *self,
                                        LsShopState    *state);
void     ls_scrub_end_wait             (LsCommitter    *self,
                                        LsShopState    *state);
void     ls_scrub_free                 (LsScrub        *scrub);

/* ls-decide.c: decides an entry inside the transaction. False on a failure of the storage, with
 * @error. */
bool     ls_decide                     (LsEnvironment  *environment,
                                        LsStorageTx    *tx,
                                        LsGroup        *group,
                                        LsEntry        *entry,
                                        GError        **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsEntry, ls_entry_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsGroup, ls_group_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsScrub, ls_scrub_free)

G_END_DECLS
