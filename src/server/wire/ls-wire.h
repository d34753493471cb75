/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/wire/ls-blob.h"
#include "server/wire/ls-frame.h"

#include <glib.h>
#include <stdint.h>

G_BEGIN_DECLS

/**
 * LsWire:
 *
 * WebSocket connections of a server, on epoll threads of their own.
 *
 * A connection comes in as a file descriptor on which the HTTP upgrade is done, and is from then on
 * a *session*, owned by one of the threads. All others hold a handle of it, an integer: what is
 * done with the handle of a session that has ended does nothing. Every function may be called from
 * any thread, also from within the callbacks, and none waits (but for ls_wire_drain() and
 * ls_wire_free()): what they ask for goes through a queue to the thread that owns the session, and
 * is done there in the order in which it was asked. The order is one for all threads: a send that
 * happened before another one, by whatever lock, is written before it.
 *
 * What a session has not written yet is bounded. When a blob finds no room, the session
 * *overflows*: that blob and all later ones are dropped until ls_wire_resume(). So nobody ever gets
 * a blob that came after a dropped one, and a slow reader costs no memory and no time. The way
 * back:
 *
 * 1. `overflowed` is called: stop sending, the session is to be fed from the log.
 * 2. `drained` is called: there is room again. ls_wire_resume(), then send what the log has. To
 *    send more than fits, ask by ls_wire_notify_drained() after each piece for the next `drained`.
 */
typedef struct _LsWire LsWire;

/**
 * LsWireHandle:
 *
 * A session: its thread, its place there, and a generation that makes the handles of earlier
 * sessions in the same place stale.
 */
typedef uint64_t LsWireHandle;

/* No session. */
#define LS_WIRE_HANDLE_NONE ((LsWireHandle) 0)

/**
 * LsWireWhy:
 * @LS_WIRE_CLOSED_BY_PEER: the peer sent a close frame; the code is the peer's, 1005 if it gave
 *   none
 * @LS_WIRE_CLOSED_BY_US: ls_wire_close() or ls_wire_drain(), whether or not the peer answered in
 *   time; the code is the one that was asked for
 * @LS_WIRE_CLOSED_PROTOCOL: the peer broke RFC 6455 or a limit of size; the code is what it was
 *   told
 * @LS_WIRE_CLOSED_LIMIT: the peer was too busy or memory too short; the code is what it was told
 * @LS_WIRE_CLOSED_EOF: the connection ended without a close frame; 1006
 * @LS_WIRE_CLOSED_ERROR: the connection broke; 1006
 * @LS_WIRE_CLOSED_TIMEOUT: the peer no longer answers pings, or did not finish a message in time
 * @LS_WIRE_CLOSED_STALLED: the peer took no byte for too long; 1006
 * @LS_WIRE_CLOSED_SHUTDOWN: the session was still there at ls_wire_free(); 1006
 *
 * Why a session ended.
 */
typedef enum {
  LS_WIRE_CLOSED_BY_PEER,
  LS_WIRE_CLOSED_BY_US,
  LS_WIRE_CLOSED_PROTOCOL,
  LS_WIRE_CLOSED_LIMIT,
  LS_WIRE_CLOSED_EOF,
  LS_WIRE_CLOSED_ERROR,
  LS_WIRE_CLOSED_TIMEOUT,
  LS_WIRE_CLOSED_STALLED,
  LS_WIRE_CLOSED_SHUTDOWN,
} LsWireWhy;

#define LS_WIRE_N_WHY (LS_WIRE_CLOSED_SHUTDOWN + 1)

/**
 * LsWireCallbacks:
 * @opened: the first call for a session
 * @message: a whole message: text is valid UTF-8; not terminated; borrowed until the return
 * @overflowed: a blob found no room; see [struct@LsWire]
 * @drained: what is unsent fell to the low mark after an overflow, or after
 *   ls_wire_notify_drained()
 * @closed: the last call for a session; its handle is stale from here on, its user data may be
 *   freed
 *
 * What a session tells. Each is called on the thread that owns the session, one at a time for a
 * session, and must not wait: all sessions of the thread wait with it. Each may be %NULL.
 *
 * For each handle that ls_wire_accept() returned, @closed is called exactly once, also when the
 * connection was gone before @opened could be called.
 */
typedef struct {
  void (*opened)     (LsWireHandle   handle,
                      gpointer       user_data);
  void (*message)    (LsWireHandle   handle,
                      gpointer       user_data,
                      const uint8_t *data,
                      size_t         length,
                      gboolean       is_binary);
  void (*overflowed) (LsWireHandle   handle,
                      gpointer       user_data);
  void (*drained)    (LsWireHandle   handle,
                      gpointer       user_data);
  void (*closed)     (LsWireHandle   handle,
                      gpointer       user_data,
                      uint16_t       code,
                      LsWireWhy      why);
} LsWireCallbacks;

/**
 * LsWireOptions:
 * @threads: epoll threads, 1 to 64
 * @max_sessions: over all threads; a connection beyond is told 1013 and closed
 * @max_message: bytes of a message of a peer, over all its fragments
 * @max_fragments: frames of a message of a peer
 * @max_unsent: bytes that wait for one session; a single blob may be longer
 * @max_memory: bytes that wait for all sessions, shared ones counted once, and of messages that are
 *   not complete
 * @max_queued: bytes that wait for one thread to take them up; beyond it sessions overflow
 * @max_pings: pings of a peer in one second
 * @pause_unsent: unsent bytes from which on a peer that does not read is not read from either; 0
 *   for never
 * @heartbeat_ms: a peer that is silent for so long is sent a ping; 0 for never
 * @pong_ms: then it has so long to say something
 * @stall_ms: a peer that takes no byte for so long is given up
 * @message_ms: a message has so long from its first to its last byte
 * @close_ms: a close handshake has so long
 * @clock: (nullable): milliseconds that never go back; the monotonic clock if %NULL. Called by all
 *   threads
 * @clock_data: for @clock
 *
 * What the wire lets through, and how long it waits. Times are looked at about once a second (a
 * quarter of the shortest one, if that is less).
 */
typedef struct {
  unsigned threads;
  unsigned max_sessions;
  uint64_t max_message;
  unsigned max_fragments;
  size_t   max_unsent;
  size_t   max_memory;
  size_t   max_queued;
  unsigned max_pings;
  size_t   pause_unsent;
  unsigned heartbeat_ms;
  unsigned pong_ms;
  unsigned stall_ms;
  unsigned message_ms;
  unsigned close_ms;
  uint64_t (*clock) (gpointer clock_data);
  gpointer clock_data;
} LsWireOptions;

/**
 * LsWireStats:
 * @sessions: there now, with those whose close handshake is under way
 * @accepted: ever
 * @refused: because of max_sessions or draining
 * @closed: ever, by why
 * @messages: of peers, ever
 * @bytes_read: ever
 * @bytes_written: ever
 * @blobs_written: ever: each blob once for each session it was written to whole
 * @writes: system calls for that
 * @overflows: ever
 * @dropped: blobs that overflowed sessions did not get
 * @pings: sent, ever
 * @turns: of all threads, ever: how often one woke up
 * @memory: bytes held now of blobs that wait and of messages that are not complete
 * @queued: bytes that wait to be taken up by a thread
 *
 * What the wire does, for /metrics. Each number is right, but they are not of one moment.
 */
typedef struct {
  uint64_t sessions;
  uint64_t accepted;
  uint64_t refused;
  uint64_t closed[LS_WIRE_N_WHY];
  uint64_t messages;
  uint64_t bytes_read;
  uint64_t bytes_written;
  uint64_t blobs_written;
  uint64_t writes;
  uint64_t overflows;
  uint64_t dropped;
  uint64_t pings;
  uint64_t turns;
  uint64_t memory;
  uint64_t queued;
} LsWireStats;

/**
 * ls_wire_options_init:
 * @options: (out): memory of any content
 *
 * Sets the defaults of the protocol.
 */
void         ls_wire_options_init   (LsWireOptions         *options);

/**
 * ls_wire_new:
 * @options: what to let through; copied
 * @callbacks: what to call; copied
 * @error: return location for %LS_ERROR_NETWORK: no descriptors or threads to be had
 *
 * Starts the threads. They block all signals.
 *
 * Returns: (transfer full): a wire, or %NULL
 */
LsWire      *ls_wire_new            (const LsWireOptions   *options,
                                     const LsWireCallbacks *callbacks,
                                     GError               **error);

/**
 * ls_wire_free:
 * @wire: (transfer full): a wire
 *
 * Closes what is still open, without a handshake (ls_wire_drain() is the kind way), and ends the
 * threads. No other call on @wire may be under way or come after, but those that its own callbacks
 * make.
 */
void         ls_wire_free           (LsWire                *wire);

/**
 * ls_wire_accept:
 * @wire: a wire
 * @fd: (transfer full): a connected stream socket on which the upgrade is done; closed in any case
 * @initial: (nullable) (array length=length): bytes that were read beyond the HTTP headers; copied
 * @length: how many
 * @user_data: for the callbacks
 *
 * Makes a session of a connection. The descriptor is set non-blocking, close-on-exec, and without
 * Nagle's delay.
 *
 * Returns: its handle; %LS_WIRE_HANDLE_NONE if there are too many, or @wire is draining: then no
 * callback is called
 */
LsWireHandle ls_wire_accept         (LsWire                *wire,
                                     int                    fd,
                                     const void            *initial,
                                     size_t                 length,
                                     gpointer               user_data);

/**
 * ls_wire_send:
 * @wire: a wire
 * @handles: (array length=n_handles): sessions; stale ones are passed over
 * @n_handles: how many
 * @blob: (transfer none): what to send to each
 *
 * Sends the same bytes to many. What is sent to a session until its thread gets to it goes out in
 * one write.
 *
 * Cost: one copy of the handles here; one write for each session there.
 */
void         ls_wire_send           (LsWire                *wire,
                                     const LsWireHandle    *handles,
                                     size_t                 n_handles,
                                     LsBlob                *blob);

/**
 * ls_wire_send_one:
 * @wire: a wire
 * @handle: a session
 * @blob: (transfer none): what to send
 *
 * Sends to one session.
 */
void         ls_wire_send_one       (LsWire                *wire,
                                     LsWireHandle           handle,
                                     LsBlob                *blob);

/**
 * ls_wire_resume:
 * @wire: a wire
 * @handle: a session
 *
 * Lets an overflowed session take blobs again, from those on that are sent after this call.
 */
void         ls_wire_resume         (LsWire                *wire,
                                     LsWireHandle           handle);

/**
 * ls_wire_notify_drained:
 * @wire: a wire
 * @handle: a session
 *
 * Asks for one call of `drained`, as soon as what is unsent, with all that was sent before this
 * call, is not above the low mark: a quarter of `max_unsent`.
 */
void         ls_wire_notify_drained (LsWire                *wire,
                                     LsWireHandle           handle);

/**
 * ls_wire_close:
 * @wire: a wire
 * @handle: a session
 * @code: a close code that may be sent
 * @reason: (nullable): at most 123 bytes of valid UTF-8 are sent; more is cut
 *
 * Starts the close handshake, behind all that was sent before. Messages of the peer are no longer
 * told.
 */
void         ls_wire_close          (LsWire                *wire,
                                     LsWireHandle           handle,
                                     uint16_t               code,
                                     const char            *reason);

/**
 * ls_wire_drain:
 * @wire: a wire
 * @timeout_ms: how long to wait at most
 *
 * Takes no more connections, closes all sessions with 1001, and waits until they have ended. Not to
 * be called from within a callback.
 *
 * Returns: whether all have ended
 */
gboolean     ls_wire_drain          (LsWire                *wire,
                                     unsigned               timeout_ms);

/**
 * ls_wire_look_at_clock:
 * @wire: a wire
 *
 * Makes all threads look at the clock now: for a clock that jumps.
 */
void         ls_wire_look_at_clock  (LsWire                *wire);

/**
 * ls_wire_is_full:
 * @wire: a wire
 *
 * Returns: whether ls_wire_accept() would refuse at this moment, so that an upgrade had better not
 * be granted
 */
gboolean     ls_wire_is_full        (LsWire                *wire);

/**
 * ls_wire_get_stats:
 * @wire: a wire
 * @stats: (out): the numbers
 *
 * Cost: in the number of threads.
 */
void         ls_wire_get_stats      (LsWire                *wire,
                                     LsWireStats           *stats);

/**
 * ls_wire_why_to_string:
 * @why: why a session ended
 *
 * Returns: a short word for logs and metrics
 */
const char  *ls_wire_why_to_string  (LsWireWhy              why);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsWire, ls_wire_free)

G_END_DECLS
