/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-outbox.h"
#include "client/ls-sync-machine.h"
#include "core/ls-schema.h"

G_BEGIN_DECLS

/* Subscribes to the same position that are one too many within LS_GUARD_WINDOW (rule 19). */
#define LS_GUARD_REPEATS 5
#define LS_GUARD_WINDOW (500 * 1000)
/* The least time between two fetches of all rows for one reason. */
#define LS_FETCH_AGAIN (60 * (int64_t) G_USEC_PER_SEC)
/* The least time between two rounds of healing, and two heals of the same rows (rules 17, 19). */
#define LS_HEAL_AGAIN (60 * (int64_t) G_USEC_PER_SEC)
/* How long it is waited for that the server says what it heard of a scope. */
#define LS_SCOPE_PATIENCE LS_OUTBOX_PATIENCE
/* A mask of all collections. */
#define LS_SYNC_ALL UINT32_MAX
/* Questions in a round: eight buckets, in one collection. */
#define LS_HEAL_REQUESTS 17
/* How long an answer is waited for. */
#define LS_HEAL_PATIENCE (30 * (int64_t) G_USEC_PER_SEC)

typedef enum {
  LS_SESSION_CLOSED,
  LS_SESSION_OPENED,   /* the transport is open, the cache is not read yet, or counts again */
  LS_SESSION_GREETING, /* hello is sent */
  LS_SESSION_READY,
} LsSessionState;

typedef enum {
  LS_STREAM_IDLE,       /* known; nothing asked */
  LS_STREAM_VIEW,       /* the cache is taking the view */
  LS_STREAM_SUBSCRIBED, /* deltas come */
  LS_STREAM_FETCHING,   /* all rows are fetched, no deltas are wanted meanwhile */
  LS_STREAM_RELOADING,  /* the cache failed: where does it stand? */
  LS_STREAM_WAITING,    /* until wait_until */
} LsStreamState;

/* Rows that may not be the server's. */
typedef struct {
  const LsCollection *collection;
  int64_t bucket; /* -1 for any of them */
} LsDoubt;

/* A bucket that was healed, and how often it was too soon again. */
typedef struct {
  const LsCollection *collection;
  uint32_t bucket;
  unsigned strikes;
  int64_t at;
} LsHealedBucket;

/* One shop. */
typedef struct {
  char *shop;
  char *name;
  LsRole role;
  bool visible;         /* the last welcome had it */
  bool has_view;        /* the cache took the view of the role in this session */
  unsigned n_views;     /* that it was asked to take: answers to earlier ones are stale */
  bool must_reload;     /* the cache could not say where it stands */
  LsStreamState state;
  LsOutbox *outbox;

  /* What the server has, see ls-sync-missing.c */
  int64_t edits_ping;   /* the last one that asked for edits, 0 for none */
  int64_t asked_before; /* the last one that went before the stream was asked for */
  unsigned untold;      /* pongs in a row that did not know of the stream */

  /* Where the cache is, and where it will be once it did all that it was given. */
  LsPosition confirmed;
  LsPosition queued;
  unsigned generation; /* of what was given: answers of an older one are stale */
  LsPosition server;   /* the newest position heard of */
  int64_t since_fetch; /* versions applied since the last fetch */

  /* Scope */
  LsScope scope;      /* what the cache is to hold */
  LsScope told_scope; /* what the server sends */
  uint32_t widen;     /* collections that lack something, until the stream is known to be as wide */
  int64_t scope_ping; /* that asks for it, 0 for none */
  int64_t scope_asked_at; /* when it went, monotonic */
  LsScope fetched_scope; /* of what is, or was last, fetched whole */

  /* Fetching */
  uint32_t fetching;    /* a mask, 0 for none under way */
  uint32_t fetch_later; /* collections to fetch once subscribed */
  uint32_t heals_by_fetch; /* those whose rows differ, and can't be healed one by one */
  int64_t fetched_at;   /* monotonic, 0 for never */
  int64_t healed_at[LS_N_COLLECTIONS];
  int64_t mended_at; /* when all was fetched since a delta did not fit the rows, monotonic, 0 for never */

  /* Healing */
  GArray *doubts; /* LsDoubt */
  GArray *healed; /* LsHealedBucket */
  int64_t held_back[LS_N_COLLECTIONS]; /* no healing before, monotonic */
  int64_t asked_at; /* for all digests, monotonic, 0 for never */

  /* Acks */
  int64_t acked_version;
  int64_t acked_n;
  int64_t acked_at;
  int64_t applied;
  bool was_synced;
  int64_t synced_at;

  /* Waiting and going in circles */
  LsBackoff backoff;
  int64_t wait_until;
  int64_t subscribed_at[LS_GUARD_REPEATS];
  int64_t subscribed_version;
  unsigned n_subscribed;
} LsStream;

typedef enum {
  LS_HEAL_IDLE,
  LS_HEAL_BUCKETS, /* which buckets differ? */
  LS_HEAL_LIST,    /* which rows of one do? */
  LS_HEAL_ROWS,    /* these rows */
  LS_HEAL_RECOUNT, /* are the sums right? */
} LsHealState;

/* The round of healing: one at a time for all shops, see ls-sync-heal.c. */
typedef struct {
  LsHealState state;
  bool at_cache;    /* the server answered, the cache did not yet */
  unsigned id;      /* of the question: answers to earlier ones are stale */
  unsigned tries;   /* that failed of this step */
  LsStream *stream; /* borrowed */
  const LsCollection *collection;
  GArray *buckets;  /* uint32_t: still to be healed, the first under way */
  GPtrArray *keys;  /* rows still to be had of the first */
  bool by_sums;     /* the buckets differ from the server's */
  bool recounted;
  bool healed;        /* something, in this round */
  unsigned n_rows;    /* healed in this collection */
  unsigned n_buckets;
  unsigned requests;  /* left in this round */
  int64_t round_at;   /* when it began, monotonic */
  int64_t deadline;   /* of what is waited for */
} LsHeal;

/* A request to be told when a shop has all that there is. */
typedef struct {
  int64_t id;
  LsStream *stream;
  int64_t version; /* to be reached, -1 before the pong came */
  bool asked;      /* a ping is on its way */
  bool behind;     /* the server was not through: ask again then */
} LsSyncWish;

struct _LsSyncMachine {
  LsRandomFunc draw;
  gpointer draw_data;
  GQueue actions; /* LsSyncAction */

  LsSessionState session;
  bool loaded;
  char *client;
  unsigned renumbering; /* answers awaited before hello */
  GPtrArray *streams;  /* LsStream, in the order heard of */
  GArray *wishes;      /* LsSyncWish */
  bool limited;        /* the connection is poor: nothing is so urgent that it could not be batched */
  GHashTable *shown;   /* shop -> a mask of collections; those not in it show all */
  int64_t n_scope_pings;
  int64_t max_message; /* what the server takes */
  int64_t window;      /* edits without a result at once, as the server says */
  int64_t n_questions; /* pings that asked what the server has */
  int64_t doubted_at;  /* when it last could not read something, monotonic, 0 for never */
  LsHeal heal;

  size_t queued_bytes; /* given to the cache and not answered */
  GQueue queued_sizes; /* of each delta given */
  bool paused;
};

/* ls-sync-machine.c */
LsSyncAction *ls_sync_push         (LsSyncMachine   *self,
                                    LsSyncActionType type,
                                    const char      *shop);
void          ls_sync_send         (LsSyncMachine   *self,
                                    LsMessage       *message);
LsEvent      *ls_sync_report       (LsSyncMachine   *self,
                                    const char      *type,
                                    LsStream        *stream);
void          ls_sync_report_error (LsSyncMachine   *self,
                                    const char      *type,
                                    LsStream        *stream,
                                    const GError    *error);
LsStream     *ls_sync_find         (LsSyncMachine   *self,
                                    const char      *shop);

/* ls-sync-wishes.c */
void ls_sync_ask_wishes    (LsSyncMachine *self,
                            LsStream      *stream);
void ls_sync_repeat_wishes (LsSyncMachine *self,
                            LsStream      *stream);
void ls_sync_settle_wishes (LsSyncMachine *self,
                            const GError  *error);
void ls_sync_forget_wishes (LsSyncMachine *self,
                            LsStream      *stream);
void ls_sync_answer_ping   (LsSyncMachine *self,
                            const LsPing  *ping);

/* ls-sync-greeting.c */
LsStream *ls_sync_need_stream         (LsSyncMachine *self,
                                       const char    *shop);
void      ls_sync_greet_when_possible (LsSyncMachine *self);
void      ls_sync_end_stream          (LsSyncMachine *self,
                                       LsStream      *stream);
void      ls_sync_forked              (LsSyncMachine *self,
                                       const char    *client);
void      ls_sync_welcome             (LsSyncMachine *self,
                                       LsMessage     *message,
                                       int64_t        now);

/* ls-sync-stream.c */
LsStream *ls_stream_new           (LsSyncMachine  *self,
                                   const char     *shop);
void      ls_stream_free          (gpointer        data);
void      ls_stream_session_ended (LsStream       *stream);
void      ls_stream_interrupted   (LsSyncMachine  *self,
                                   LsStream       *stream,
                                   int64_t         wait,
                                   int64_t         now);
void      ls_stream_wait          (LsSyncMachine  *self,
                                   LsStream       *stream,
                                   int64_t         least,
                                   int64_t         now);
void      ls_stream_guard         (LsSyncMachine  *self,
                                   LsStream       *stream,
                                   const char     *words,
                                   int64_t         now);
void      ls_stream_fetch         (LsSyncMachine  *self,
                                   LsStream       *stream,
                                   uint32_t        collections);
void      ls_stream_subscribe     (LsSyncMachine  *self,
                                   LsStream       *stream,
                                   int64_t         now);
void      ls_stream_begin         (LsSyncMachine  *self,
                                   LsStream       *stream,
                                   int64_t         now);
void      ls_stream_resync        (LsSyncMachine  *self,
                                   LsStream       *stream,
                                   const LsResync *resync,
                                   int64_t         now);
void      ls_stream_tick          (LsSyncMachine  *self,
                                   LsStream       *stream,
                                   int64_t         now);
int64_t   ls_stream_get_deadline  (LsStream       *stream);
void      ls_stream_update_outbox (LsSyncMachine  *self,
                                   LsStream       *stream,
                                   int64_t         now);
void      ls_stream_want_ack      (LsSyncMachine  *self,
                                   LsStream       *stream,
                                   int64_t         now);
void      ls_stream_fetch_more    (LsSyncMachine  *self,
                                   LsStream       *stream);

void      ls_stream_tell_wants    (LsSyncMachine  *self,
                                   LsStream       *stream);

/* ls-sync-scope.c */
void ls_stream_ask_width  (LsSyncMachine *self,
                           LsStream      *stream,
                           int64_t        now);
void ls_stream_widen_fetched (LsStream *stream);
bool ls_stream_awaits_width (const LsStream *stream);
void ls_stream_doubt_scope (LsSyncMachine *self,
                            LsStream      *stream,
                            int64_t        now);
void ls_sync_answer_width (LsSyncMachine *self,
                           const LsPing  *ping);
void ls_stream_check_scope (LsSyncMachine *self,
                            LsStream      *stream,
                            const LsDigestMessage *digest);

/* ls-sync-delta.c */
void ls_stream_delta      (LsSyncMachine *self,
                           LsStream      *stream,
                           LsMessage     *message,
                           size_t         length,
                           int64_t        now);
void ls_stream_reload     (LsSyncMachine *self,
                           LsStream      *stream);
void ls_stream_sent_up_to (LsSyncMachine *self,
                           LsStream      *stream,
                           int64_t        version,
                           int64_t        now);

/* ls-sync-proof.c */
void    ls_stream_refetch         (LsSyncMachine      *self,
                                   LsStream           *stream,
                                   uint32_t            collections,
                                   int64_t             now);

/* The place of a collection in a mask of them. */
static inline uint32_t
ls_sync_bit (const LsCollection *collection)
{
  return UINT32_C (1) << collection->id;
}

/* ls-sync-doubts.c */
void                ls_stream_doubt          (LsStream           *stream,
                                              const LsCollection *collection,
                                              int64_t             bucket);
void                ls_sync_heal_differs     (LsSyncMachine      *self,
                                              LsStream           *stream,
                                              const LsCollection *collection);
void                ls_stream_trust          (LsStream           *stream,
                                              uint32_t            collections);
const LsCollection *ls_stream_find_doubt     (const LsStream     *stream,
                                              int64_t             now);
LsStream           *ls_sync_find_doubtful    (LsSyncMachine      *self,
                                              int64_t             now);
void                ls_sync_heal_take_doubts (LsHeal             *heal,
                                              LsStream           *stream,
                                              int64_t             now);
bool                ls_sync_heal_pass_guard  (LsSyncMachine      *self,
                                              uint32_t            bucket,
                                              int64_t             now,
                                              unsigned           *ret_strikes);

/* ls-sync-heal.c */
void    ls_sync_heal_ask_again     (LsSyncMachine *self,
                                    int64_t        now);
void    ls_sync_heal_begin_step    (LsSyncMachine *self,
                                    LsHealState    state,
                                    int64_t        now);
void    ls_sync_heal_fetch_instead (LsSyncMachine *self,
                                    const char    *why,
                                    int64_t        now);
void    ls_sync_heal_next_bucket   (LsSyncMachine *self,
                                    int64_t        now);
void    ls_sync_heal_run           (LsSyncMachine *self,
                                    int64_t        now);
void    ls_sync_heal_abort         (LsSyncMachine *self,
                                    LsStream      *stream);
int64_t ls_sync_heal_get_deadline  (LsSyncMachine *self);

/* ls-sync-heal-answers.c */
void ls_stream_proof (LsSyncMachine *self,
                      LsStream      *stream,
                      LsMessage     *message,
                      int64_t        now);

/* ls-sync-missing.c */
void ls_stream_ask_for_edits (LsSyncMachine *self,
                              LsStream      *stream);
void ls_stream_told_again    (LsSyncMachine *self,
                              LsStream      *stream);
void ls_sync_doubt           (LsSyncMachine *self,
                              int64_t        now);
void ls_sync_find_missing    (LsSyncMachine *self,
                              const LsPing  *pong,
                              int64_t        now);

/* ls-sync-edits.c */
void ls_stream_run_outbox (LsSyncMachine        *self,
                           LsStream             *stream,
                           int64_t               now);
void ls_stream_refused    (LsSyncMachine        *self,
                           LsStream             *stream,
                           const LsErrorMessage *error,
                           int64_t               now);
void ls_sync_count_again  (LsSyncMachine        *self,
                           LsStream             *stream,
                           bool                  is_forked);

G_END_DECLS
