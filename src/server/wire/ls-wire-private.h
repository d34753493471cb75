/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/wire/ls-wire-queue.h"
#include "server/wire/ls-wire.h"

#include <pthread.h>
#include <stdatomic.h>

G_BEGIN_DECLS

/* How the parts of the wire see each other: ls-wire.c is what other threads call, ls-wire-loop.c
 * the threads, ls-wire-session.c the sessions. GLib's own locks are invisible to thread sanitizers,
 * so none is used here. */

#define LS_WIRE_WHEEL 64
#define LS_WIRE_READ_SIZE (64 * 1024)

typedef struct _LsWireLoop LsWireLoop;
typedef struct _LsWireSession LsWireSession;
typedef struct _LsWireCommand LsWireCommand;

typedef enum {
  LS_WIRE_COMMAND_ACCEPT,
  LS_WIRE_COMMAND_SEND,
  LS_WIRE_COMMAND_RESUME,
  LS_WIRE_COMMAND_NOTIFY,
  LS_WIRE_COMMAND_CLOSE,
  LS_WIRE_COMMAND_DRAIN,
  LS_WIRE_COMMAND_LOOK,
  LS_WIRE_COMMAND_STOP,
} LsWireCommandKind;

/* What other threads ask of a loop. */
struct _LsWireCommand {
  LsWireCommand    *next;
  LsWireCommandKind kind;
  int               fd;
  uint16_t          code;
  LsBlob           *blob;      /* owned; NULL if there was no room for it */
  gpointer          user_data;
  size_t            n_handles;
  size_t            n_bytes;
  LsWireHandle      handles[]; /* and after them the bytes */
};

/* Counters with one writer, the loop's thread: a plain addition that others may read. */
typedef struct {
  _Atomic uint64_t accepted;
  _Atomic uint64_t closed[LS_WIRE_N_WHY];
  _Atomic uint64_t messages;
  _Atomic uint64_t bytes_read;
  _Atomic uint64_t bytes_written;
  _Atomic uint64_t blobs_written;
  _Atomic uint64_t writes;
  _Atomic uint64_t overflows;
  _Atomic uint64_t dropped;
  _Atomic uint64_t pings;
  _Atomic uint64_t turns;
} LsWireCounters;

struct _LsWire {
  LsWireOptions   options;
  LsWireCallbacks callbacks;
  LsFrameLimits   limits;
  unsigned        tick_ms;

  _Atomic size_t  pinned;   /* bytes of blobs in session queues */
  _Atomic size_t  buffered; /* bytes of messages that are not complete */
  _Atomic uint64_t refused;
  _Atomic unsigned next_loop;
  _Atomic int     draining;

  pthread_mutex_t lock;
  pthread_cond_t  emptied;
  unsigned        n_sessions; /* under the lock */

  unsigned        n_loops;
  LsWireLoop     *loops;
};

struct _LsWireLoop {
  LsWire                   *wire;
  unsigned                  index;
  int                       epoll_fd;
  int                       wake_fd;
  pthread_t                 thread;
  gboolean                  has_thread;

  /* shared with other threads */
  _Atomic (LsWireCommand *) commands; /* the last one first */
  _Atomic size_t            queued;   /* bytes of the blobs in them */
  pthread_mutex_t           lock;
  uint32_t                 *generations; /* of every place; under the lock */
  uint32_t                 *free_slots;
  uint32_t                  n_free;
  uint32_t                  n_slots;

  /* the thread's own */
  LsWireSession           **sessions; /* by place */
  uint32_t                  n_places;
  uint32_t                  n_sessions;
  LsWireSession            *dirty;    /* to be written or checked at the end of the turn */
  LsWireSession            *dead;     /* to be freed at the end of the turn */
  LsWireSession            *wheel[LS_WIRE_WHEEL];
  uint64_t                  now;
  uint64_t                  tick;
  gboolean                  stopped;
  LsWireCounters            counters;
  uint8_t                  *buffer;   /* of LS_WIRE_READ_SIZE */
};

typedef enum {
  LS_WIRE_STATE_OPEN,
  LS_WIRE_STATE_CLOSING,   /* our close frame is on its way, the peer's is not here */
  LS_WIRE_STATE_FINISHING, /* told as closed; writes the rest, reads and drops until the end */
  LS_WIRE_STATE_DEAD,      /* descriptor closed; freed at the end of the turn */
} LsWireState;

struct _LsWireSession {
  LsWireLoop    *loop;
  LsWireHandle   handle;
  gpointer       user_data;
  int            fd;
  uint32_t       armed; /* what epoll waits for */

  /* state */
  uint8_t        state;
  uint8_t        overflowed;   /* drops blobs until resumed */
  uint8_t        want_drained; /* is to call drained */
  uint8_t        blocked;      /* waits for the socket to take more */
  uint8_t        paused;       /* is not read, for it does not read */
  uint8_t        eof;          /* the peer will send no more */
  uint8_t        shut;         /* we will send no more */
  uint8_t        is_dirty;
  uint8_t        told;         /* closed was called */
  uint8_t        ending;       /* is to finish at the end of the turn, by the three fields below */
  uint8_t        end_why;
  uint16_t       end_code;
  uint16_t       close_code;   /* what ls_wire_close() asked for */
  const char    *end_text;

  /* what is unsent */
  LsWireQueue    queue;
  uint64_t       written;      /* bytes the socket took, ever */
  uint64_t       pong_number;  /* of the last pong that was queued */

  /* times in ms; 0 is never */
  uint64_t       last_read;
  uint64_t       last_progress; /* of writing, while blocked */
  uint64_t       ping_sent;
  uint64_t       ping_end;      /* what `written` is when the ping is out */
  uint64_t       ping_acked;    /* bytes the peer's kernel had taken when looked at last */
  uint64_t       message_since;
  uint64_t       close_at;
  uint64_t       pings_since;   /* the second that pings are counted for */
  uint32_t       pings;

  /* lists */
  LsWireSession *next_dirty;
  LsWireSession *next_dead;
  LsWireSession *wheel_next;
  LsWireSession *wheel_previous;
  uint64_t       wheel_tick;

  size_t         buffered; /* what the parser was last seen to hold */
  LsFrameParser  parser;
};

static inline void
ls_wire_count (_Atomic uint64_t *counter,
               uint64_t          more)
{
  uint64_t value = atomic_load_explicit (counter, memory_order_relaxed);

  atomic_store_explicit (counter, value + more, memory_order_relaxed);
}

static inline size_t
ls_wire_memory (LsWire *self)
{
  return atomic_load_explicit (&self->pinned, memory_order_relaxed) +
         atomic_load_explicit (&self->buffered, memory_order_relaxed);
}

static inline unsigned
ls_wire_handle_loop (LsWireHandle handle)
{
  return (unsigned) (handle >> 56) - 1;
}

static inline uint32_t
ls_wire_handle_slot (LsWireHandle handle)
{
  return (uint32_t) (handle >> 32) & 0xffffff;
}

/* A slot has 24 bits. */
#define LS_WIRE_MAX_SLOTS (1u << 24)

/* ls-wire.c */
void           ls_wire_command_free         (LsWireCommand  *command);
void           ls_wire_session_gone         (LsWire         *self);

/* ls-wire-loop.c */
gboolean       ls_wire_loop_init            (LsWireLoop     *self,
                                             LsWire         *wire,
                                             unsigned        index,
                                             GError        **error);
gboolean       ls_wire_loop_start           (LsWireLoop     *self,
                                             GError        **error);
void           ls_wire_loop_clear           (LsWireLoop     *self);
LsWireHandle   ls_wire_loop_take_slot       (LsWireLoop     *self);
void           ls_wire_loop_push            (LsWireLoop     *self,
                                             LsWireCommand  *command);
gboolean       ls_wire_loop_is_current      (void);
void           ls_wire_loop_forget          (LsWireLoop     *self,
                                             LsWireSession  *session);
void           ls_wire_loop_set_dirty       (LsWireLoop     *self,
                                             LsWireSession  *session);
void           ls_wire_loop_set_timer       (LsWireLoop     *self,
                                             LsWireSession  *session);

/* ls-wire-session.c: all on the loop's thread */
LsWireSession *ls_wire_session_new           (LsWireLoop     *loop,
                                              LsWireHandle    handle,
                                              int             fd,
                                              gpointer        user_data);
void           ls_wire_session_free          (LsWireSession  *self);
void           ls_wire_session_open          (LsWireSession  *self,
                                              uint8_t        *initial,
                                              size_t          length);
void           ls_wire_session_event         (LsWireSession  *self,
                                              uint32_t        events);
void           ls_wire_session_close         (LsWireSession  *self,
                                              uint16_t        code,
                                              const char     *reason,
                                              size_t          length);
void           ls_wire_session_end           (LsWireSession  *self,
                                              uint16_t        code,
                                              LsWireWhy       why);
void           ls_wire_session_flush         (LsWireSession  *self);
uint64_t       ls_wire_session_get_due       (LsWireSession  *self);
void           ls_wire_session_time_out      (LsWireSession  *self);

/* ls-wire-session-write.c: the same */
void           ls_wire_session_send          (LsWireSession  *self,
                                              LsBlob         *blob);
void           ls_wire_session_resume        (LsWireSession  *self);
void           ls_wire_session_notify        (LsWireSession  *self);
void           ls_wire_session_push          (LsWireSession  *self,
                                              LsBlob         *blob);
void           ls_wire_session_push_control  (LsWireSession  *self,
                                              LsFrameOpcode   opcode,
                                              const void     *data,
                                              size_t          length);
void           ls_wire_session_write_some    (LsWireSession  *self);
void           ls_wire_session_set_blocked   (LsWireSession  *self,
                                              gboolean        blocked);
void           ls_wire_session_update_paused (LsWireSession  *self);
void           ls_wire_session_update_armed  (LsWireSession  *self);
void           ls_wire_session_check_drained (LsWireSession  *self);

G_END_DECLS
