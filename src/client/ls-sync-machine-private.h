/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-outbox.h"
#include "client/ls-sync-machine.h"

G_BEGIN_DECLS

/* Subscribes to the same position that are one too many within LS_GUARD_WINDOW (rule 19). */
#define LS_GUARD_REPEATS 5
#define LS_GUARD_WINDOW (500 * 1000)
/* The least time between two heals of the same rows (rule 19). */
#define LS_HEAL_AGAIN (60 * G_USEC_PER_SEC)

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

/* One shop. */
typedef struct {
  char *shop;
  char *name;
  LsRole role;
  bool visible;         /* the last welcome had it */
  bool has_view;        /* the cache took the view of the role in this session */
  LsStreamState state;
  LsOutbox *outbox;

  /* Where the cache is, and where it will be once it did all that it was given. */
  LsPosition confirmed;
  LsPosition queued;
  unsigned generation; /* of what was given: answers of an older one are stale */
  LsPosition server;   /* the newest position heard of */
  int64_t since_fetch; /* versions applied since the last fetch */

  /* Fetching */
  uint32_t fetching;    /* a mask, 0 for none under way */
  uint32_t fetch_later; /* collections to fetch once subscribed */
  int64_t fetched_at;   /* monotonic, 0 for never */
  int64_t healed_at[LS_N_COLLECTIONS];

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
  GHashTable *shown;   /* shop -> a mask of collections; those not in it show all */
  int64_t max_message; /* what the server takes */

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
void ls_sync_settle_wishes (LsSyncMachine *self,
                            const GError  *error);
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
void      ls_stream_begin         (LsSyncMachine  *self,
                                   LsStream       *stream,
                                   int64_t         now);
void      ls_stream_delta         (LsSyncMachine  *self,
                                   LsStream       *stream,
                                   LsMessage      *message,
                                   size_t          length,
                                   int64_t         now);
void      ls_stream_resync        (LsSyncMachine  *self,
                                   LsStream       *stream,
                                   const LsResync *resync,
                                   int64_t         now);
void      ls_stream_sent_up_to    (LsSyncMachine  *self,
                                   LsStream       *stream,
                                   int64_t         version,
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

/* ls-sync-edits.c */
void ls_stream_run_outbox (LsSyncMachine        *self,
                           LsStream             *stream,
                           int64_t               now);
void ls_stream_refused    (LsSyncMachine        *self,
                           LsStream             *stream,
                           const LsErrorMessage *error,
                           int64_t               now);
void ls_sync_count_again  (LsSyncMachine        *self,
                           LsStream             *stream);

G_END_DECLS
