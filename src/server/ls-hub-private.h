/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/ls-hub.h"
#include "server/ls-limits.h"
#include "server/ls-ring.h"
#include "server/ls-session.h"

G_BEGIN_DECLS

/* How often the hub looks around for what is due. */
#define LS_HUB_TICK ((int64_t) G_USEC_PER_SEC / 2)

typedef struct _LsHubShop LsHubShop;
typedef struct _LsSub LsSub;

/* All collections, in a mask of them. */
#define LS_EVERYTHING UINT32_MAX

/* The sessions that are live at a shop with one view and scope and windows on the same collections, as the
 * wire wants them: handles in one array. Those of other transports come one by one. All of them have
 * everything up to @sent; what came after it touches nothing that they look at, and waits. */
typedef struct {
  LsHubShop *shop;
  const LsView *view;
  LsScope scope;
  uint32_t urgent; /* a mask of collections that do not wait */
  int64_t sent;
  int64_t due;     /* when what waits has to leave, monotonic, 0 when nothing waits */
  GPtrArray *wired; /* LsSub */
  GArray *handles;  /* LsWireHandle of each of them */
  GPtrArray *others; /* LsSub */
  LsWire *wire;
  LsBlob *digest; /* at @digest_version, NULL for none */
  int64_t digest_version;
} LsAudience;

/* What is sent after the delta that ends at @version: to all of a view, or to one. */
typedef struct {
  int64_t version;
  LsAudience *audience;
  LsSub *sub;
  LsBlob *blob;
} LsItem;

struct _LsHubShop {
  LsHub *hub;
  char *shop;
  char *name;
  LsPosition published;
  int64_t base; /* where its epoch began */
  LsRing *ring;
  GPtrArray *audiences; /* LsAudience */
  GPtrArray *ahead;     /* LsSub: they know a version that is committed and not published yet */
  GArray *items;        /* LsItem */
  int64_t digested;     /* the version of the last digest sent */
  bool digest_wanted;   /* at the next tick, not only at the next interval */
};

typedef enum {
  LS_SUB_NONE,       /* only edits, no subscription */
  LS_SUB_BEHIND,     /* being fed from the log or the ring */
  LS_SUB_AHEAD,      /* waits for the hub */
  LS_SUB_LIVE,       /* in an audience */
  LS_SUB_OVERFLOWED, /* its sink is full */
  LS_SUB_PAUSED,     /* its rows are being listed: nothing is sent meanwhile */
} LsSubState;

/* A result on its way: they leave in the order in which their edits were decided, each behind the
 * delta of its version. */
typedef struct {
  uint64_t id;
  int64_t n;
  int64_t version;
  LsMessage *message; /* NULL until its rows are read */
} LsPendingResult;

/* What one session has to do with one shop. */
struct _LsSub {
  LsSession *session;
  LsHubShop *shop;
  LsRole role;
  const LsView *view;
  LsScope scope;        /* how much of it the client holds */
  uint32_t urgent;      /* a mask of collections whose versions do not wait */
  LsAudience *audience; /* when live */
  LsSubState state;
  unsigned generation; /* what was read for an earlier one is dropped */
  bool reading;
  bool is_claim;    /* @claim, what the client says it has or was read, was not looked into yet */
  LsPosition claim;
  int64_t sent;  /* the position the session was brought to, when not live */
  int64_t done;  /* the last n contained there, as far as the log was read */
  unsigned slot; /* in the audience's array */
  int64_t hold;  /* stop there and send @held, 0 for nowhere */
  LsBlob *held;
  GQueue results; /* LsPendingResult */
  GQueue decided; /* LsDecision: what came last and was not acknowledged */
  uint64_t last_result;
  int64_t taken_n;   /* the last edit handed to the committer */
  int64_t refused_n; /* an edit that has to come again before any after it, 0 for none */
  bool results_lost;

  /* Under the session's lock, written by whoever receives */
  int64_t acked;
  int64_t acked_n;
};

typedef enum {
  LS_SESSION_NEW,   /* waits for hello */
  LS_SESSION_BUSY,  /* hello is being looked into */
  LS_SESSION_OPEN,
  LS_SESSION_CLOSED,
} LsSessionState;

struct _LsSession {
  gatomicrefcount ref_count;
  LsHub *hub;
  LsSink *sink;
  char *id;

  /* Shared with the thread that receives */
  GMutex lock;
  GPtrArray *subs; /* LsSub; changed only on the hub's queue, under the lock */
  char *client;    /* the same */
  _Atomic size_t queued_bytes;
  _Atomic unsigned queued_messages;
  _Atomic bool deaf; /* what still comes is not looked at */

  /* On the hub's queue */
  LsSessionState state;
  LsIdentity *identity;
  unsigned schema_version;
  GQueue early; /* LsMessage that came while hello was looked into */
  bool forked;  /* what was sent under the old id still comes in */
  int64_t deadline;
  bool overflowed;
  bool owes; /* something was said that nobody says again, and it may not be on its way yet */
  unsigned edits; /* submitted, not decided */
  LsBucket edit_bucket;
  int64_t slowed_until; /* until then it knows that its edits are slowed down, monotonic */
  LsBucket request_bucket;
  LsBucket verify_bucket;
  LsBucket view_bucket;
  LsBucket strike_bucket;
  GList link;
};

typedef struct {
  _Atomic uint64_t sessions, live, behind, versions, deltas, encoded, catch_ups, resyncs, overflows;
  _Atomic uint64_t results[LS_RESULT_DECIDED + 1];
  _Atomic uint64_t errors, refused, acks, digests, verifies, healed_rows, latency_sum;
  _Atomic uint64_t latency[LS_HUB_LATENCIES];
} LsHubCounters;

struct _LsHub {
  LsEnvironment *environment;
  LsStorage *storage;
  LsCommitter *committer;
  LsAccess *access;
  LsHubOptions options;
  LsQueue *queue;
  LsQueue *access_queue;
  GPtrArray *readers; /* LsQueue */
  unsigned next_reader;

  GHashTable *shops; /* LsHubShop by id */
  GQueue sessions;
  uint64_t timer;
  int64_t next_beat;
  int64_t next_digest;
  int64_t next_look;
  int64_t access_generation;
  bool looking;
  int64_t last_ping;
  LsHubCounters counters;
};

#define LS_COUNT(hub, what) ((hub)->counters.what++)

/* ls-hub.c */
LsHubShop  *ls_hub_find_shop       (LsHub             *hub,
                                    const char        *shop);
LsHubShop  *ls_hub_add_shop        (LsHub             *hub,
                                    const LsShop      *shop);

/* Runs @work on a reader (or the queue given), then @done on the hub's queue. */
void        ls_hub_work            (LsHub             *hub,
                                    LsQueue           *queue,
                                    LsJobFunc          work,
                                    LsJobFunc          done,
                                    gpointer           data,
                                    GDestroyNotify     destroy);
LsQueue    *ls_hub_next_reader     (LsHub             *hub);

/* ls-hub-stream.c: from a subscription to the live stream */
void        ls_sub_begin           (LsSub             *sub,
                                    const LsPosition  *position);
void        ls_sub_continue        (LsSub             *sub);
void        ls_sub_detach          (LsSub             *sub,
                                    LsSubState         state);
void        ls_sub_pause           (LsSub             *sub);
void        ls_sub_resume_with     (LsSub             *sub,
                                    int64_t            version,
                                    LsBlob            *blob);
void        ls_sub_overflowed      (LsSub             *sub);
void        ls_sub_resync          (LsSub             *sub,
                                    LsResyncReason     reason,
                                    const LsCollection *collection);
int64_t     ls_sub_get_sent        (LsSub             *sub);
void        ls_sub_flush_results   (LsSub             *sub);
void        ls_sub_clear_results   (LsSub             *sub);
void        ls_hub_shop_publish    (LsHubShop         *shop,
                                    const LsPosition  *position,
                                    GPtrArray         *versions);
void        ls_hub_shop_begin_anew (LsHubShop         *shop,
                                    const LsPosition  *position,
                                    int64_t            base);
void        ls_hub_shop_send_item  (LsHubShop         *shop,
                                    LsItem             item);
void        ls_hub_shop_drop_items (LsHubShop         *shop,
                                    LsSub             *sub);
void        ls_hub_shop_free       (gpointer           data);
void        ls_sub_set_wants       (LsSub             *sub,
                                    const LsScope     *scope,
                                    uint32_t           urgent);

/* ls-hub-audience.c: who gets what as it is committed, and who may get it later */
void        ls_audience_join       (LsSub             *sub);
void        ls_audience_leave      (LsSub             *sub);
void        ls_audience_send       (LsAudience        *audience,
                                    LsBlob            *blob);
void        ls_audience_send_ping  (LsAudience        *audience,
                                    LsBlob            *blob);
void        ls_audience_publish    (LsAudience        *audience,
                                    GPtrArray         *versions);
bool        ls_audience_flush      (LsAudience        *audience);
void        ls_audience_free       (LsAudience        *audience);
void        ls_hub_shop_flush      (LsHubShop         *shop,
                                    int64_t            now);
void        ls_hub_shop_sweep      (LsHubShop         *shop);

/* ls-hub-digest.c */
void        ls_hub_shop_send_digests (LsHubShop        *shop);
void        ls_sub_send_digest     (LsSub             *sub);
void        ls_sub_send_buckets    (LsSub             *sub,
                                    const LsCollection *collection);
void        ls_sub_read_bucket     (LsSub             *sub,
                                    const LsCollection *collection,
                                    int64_t            bucket,
                                    GPtrArray         *keys);

/* ls-session.c */
void        ls_session_send        (LsSession         *session,
                                    const LsMessage   *message);
void        ls_session_send_blob   (LsSession         *session,
                                    LsBlob            *blob);
void        ls_session_send_error  (LsSession         *session,
                                    const GError      *error,
                                    const char        *shop,
                                    int64_t            expected_n,
                                    int64_t            retry_after);
void        ls_session_close       (LsSession         *session,
                                    uint16_t           code,
                                    const char        *reason);
LsSub      *ls_session_find_sub    (LsSession         *session,
                                    LsHubShop         *shop);
LsSub      *ls_session_need_sub    (LsSession         *session,
                                    LsHubShop         *shop,
                                    LsRole             role);
LsBlob     *ls_message_to_blob     (const LsMessage   *message);

/* ls-session-messages.c */
void        ls_session_handle      (LsSession         *session,
                                    LsMessage         *message);
void        ls_session_malformed   (LsSession         *session,
                                    const GError      *error);

/* ls-session-hello.c */
void        ls_session_hello       (LsSession         *session,
                                    const LsHello     *hello);
void        ls_session_fork        (LsSession         *session);
void        ls_session_welcome     (LsSession         *session,
                                    GHashTable        *last_ns);

/* ls-session-notice.c */
void        ls_session_notify      (LsSession         *session,
                                    const char        *kind);
void        ls_session_notify_slowed (LsSession       *session);

/* ls-session-rights.c */
void        ls_session_renew       (LsSession         *session,
                                    const char        *token);
void        ls_session_take_identity (LsSession       *session,
                                    LsIdentity        *identity);
void        ls_hub_look_at_rights  (LsHub             *hub);

/* ls-session-edits.c */
void        ls_session_mutate      (LsSession         *session,
                                    LsMessage         *message);
void        ls_sub_forget_decided  (LsSub             *sub);
void        ls_sub_list_results    (LsSub             *sub);

G_END_DECLS
