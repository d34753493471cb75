/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-wire"

#include "config.h"

#include "server/wire/ls-wire-private.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

/* The writing half of a session: what is queued, when the socket takes it, and what happens when it
 * does not. */

/* Blobs in one write. */
#define WRITE_BLOBS 64
/* Bytes for one session in one turn, so that a fast reader with much to read does not hold up the
 * others. */
#define WRITE_BUDGET (1024 * 1024)
/* Blobs that may wait for one session, however small they are. */
#define QUEUE_BLOBS 16384

static const LsWireOptions *
get_options (LsWireSession *self)
{
  return &self->loop->wire->options;
}

/* Adds to the queue, whether or not there is room. */
void
ls_wire_session_push (LsWireSession *self,
                      LsBlob        *blob)
{
  size_t pause = get_options (self)->pause_unsent;

  ls_wire_queue_push (&self->queue, blob);
  /* A blocked session waits for the socket, unless the end of the turn has to see whether it is
   * still read. */
  if (!self->blocked || (!self->paused && pause > 0 && self->queue.unsent >= pause))
    ls_wire_loop_set_dirty (self->loop, self);
}

void
ls_wire_session_push_control (LsWireSession *self,
                              LsFrameOpcode  opcode,
                              const void    *data,
                              size_t         length)
{
  g_autoptr (LsBlob) blob = ls_blob_new_frame (opcode, data, length);

  ls_wire_session_push (self, blob);
}

void
ls_wire_session_check_drained (LsWireSession *self)
{
  LsWire *wire = self->loop->wire;

  if (!self->want_drained || self->state != LS_WIRE_STATE_OPEN ||
      self->queue.unsent > wire->options.max_unsent / 4 ||
      ls_wire_memory (wire) > wire->options.max_memory)
    return;
  self->want_drained = FALSE;
  if (wire->callbacks.drained != NULL)
    wire->callbacks.drained (self->handle, self->user_data);
}

static void
overflow (LsWireSession *self)
{
  const LsWireCallbacks *callbacks = &self->loop->wire->callbacks;

  if (self->overflowed)
    return;
  self->overflowed = TRUE;
  self->want_drained = TRUE;
  ls_wire_count (&self->loop->counters.overflows, 1);
  ls_wire_loop_set_dirty (self->loop, self);
  ls_wire_loop_set_timer (self->loop, self);
  if (callbacks->overflowed != NULL)
    callbacks->overflowed (self->handle, self->user_data);
}

/* An empty queue takes a blob of any length, and also when memory is short: the socket may take it
 * at once. If not, check_memory() is there. */
static gboolean
has_room (LsWireSession *self,
          size_t         length)
{
  const LsWireOptions *options = get_options (self);

  return self->queue.used == 0 ||
         (self->queue.used < QUEUE_BLOBS && self->queue.unsent + length <= options->max_unsent &&
          ls_wire_memory (self->loop->wire) + length <= options->max_memory);
}

/* After the socket would not take all. */
static void
check_memory (LsWireSession *self)
{
  size_t memory = ls_wire_memory (self->loop->wire);
  size_t max = get_options (self)->max_memory;

  if (self->state != LS_WIRE_STATE_OPEN || memory <= max)
    return;
  if (memory > max + max / 4)
    ls_wire_session_end (self, LS_FRAME_CODE_ABNORMAL, LS_WIRE_CLOSED_LIMIT);
  else
    overflow (self);
}

void
ls_wire_session_set_blocked (LsWireSession *self,
                             gboolean       blocked)
{
  if (self->blocked == blocked)
    return;
  self->blocked = blocked;
  self->last_progress = self->loop->now;
  if (!blocked && self->ping_sent != 0)
    self->ping_sent = self->loop->now;
  ls_wire_loop_set_timer (self->loop, self);
}

/* Returns what the socket took, -1 if it broke. */
static ssize_t
write_once (LsWireSession *self,
            size_t        *asked)
{
  const int flags = MSG_NOSIGNAL | MSG_DONTWAIT;
  struct iovec vector[WRITE_BLOBS];
  struct msghdr message = { .msg_iov = vector };
  ssize_t n;

  message.msg_iovlen = ls_wire_queue_peek (&self->queue, vector, WRITE_BLOBS, asked);
  do
    n = message.msg_iovlen == 1 ? send (self->fd, vector[0].iov_base, vector[0].iov_len, flags)
                                : sendmsg (self->fd, &message, flags);
  while (n < 0 && errno == EINTR);
  ls_wire_count (&self->loop->counters.writes, 1);

  if (n < 0 && (errno == EAGAIN || errno == ENOBUFS))
    return 0;
  return n;
}

static void
note_written (LsWireSession *self,
              size_t         n)
{
  LsWireCounters *counters = &self->loop->counters;

  self->written += n;
  ls_wire_count (&counters->bytes_written, n);
  ls_wire_count (&counters->blobs_written, ls_wire_queue_advance (&self->queue, n));
}

void
ls_wire_session_write_some (LsWireSession *self)
{
  size_t total = 0;

  while (self->queue.used > 0)
    {
      size_t asked;
      ssize_t n = write_once (self, &asked);

      if (n < 0)
        {
          ls_wire_session_end (self, LS_FRAME_CODE_ABNORMAL, LS_WIRE_CLOSED_ERROR);
          return;
        }
      note_written (self, (size_t) n);
      total += (size_t) n;
      if (self->queue.used > 0 && ((size_t) n < asked || total >= WRITE_BUDGET))
        {
          ls_wire_session_set_blocked (self, TRUE);
          if (n > 0)
            self->last_progress = self->loop->now;
          check_memory (self);
          return;
        }
    }
  ls_wire_session_set_blocked (self, FALSE);
}

void
ls_wire_session_update_paused (LsWireSession *self)
{
  size_t pause = get_options (self)->pause_unsent;
  gboolean paused = self->paused;

  if (self->state != LS_WIRE_STATE_OPEN || pause == 0)
    paused = FALSE;
  else if (!paused)
    paused = self->queue.unsent >= pause;
  else
    paused = self->queue.unsent > pause / 2;

  /* A message that could not go on meanwhile has its time from here. */
  if (self->paused && !paused && self->message_since != 0)
    self->message_since = self->loop->now;
  if (self->paused != paused)
    {
      self->paused = paused;
      ls_wire_loop_set_timer (self->loop, self);
    }
}

void
ls_wire_session_update_armed (LsWireSession *self)
{
  uint32_t events = 0;

  if (!self->eof && !self->paused)
    events |= EPOLLIN;
  if (self->blocked)
    events |= EPOLLOUT;

  if (events != self->armed)
    {
      struct epoll_event event = { .events = events, .data.u64 = self->handle };

      self->armed = events;
      if (epoll_ctl (self->loop->epoll_fd, EPOLL_CTL_MOD, self->fd, &event) < 0)
        ls_wire_session_end (self, LS_FRAME_CODE_ABNORMAL, LS_WIRE_CLOSED_ERROR);
    }
}

void
ls_wire_session_send (LsWireSession *self,
                      LsBlob        *blob)
{
  if (self->state == LS_WIRE_STATE_OPEN && !self->overflowed && blob != NULL &&
      !self->blocked && !has_room (self, ls_blob_get_length (blob)))
    ls_wire_session_write_some (self);
  if (self->state != LS_WIRE_STATE_OPEN)
    return;

  if (!self->overflowed && (blob == NULL || !has_room (self, ls_blob_get_length (blob))))
    overflow (self);
  if (self->overflowed)
    ls_wire_count (&self->loop->counters.dropped, 1);
  else
    ls_wire_session_push (self, blob);
}

void
ls_wire_session_resume (LsWireSession *self)
{
  self->overflowed = FALSE;
}

void
ls_wire_session_notify (LsWireSession *self)
{
  if (self->state != LS_WIRE_STATE_OPEN)
    return;
  self->want_drained = TRUE;
  ls_wire_loop_set_dirty (self->loop, self);
  ls_wire_loop_set_timer (self->loop, self);
}
