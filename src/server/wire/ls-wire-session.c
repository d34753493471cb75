/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-wire"

#include "config.h"

#include "server/wire/ls-wire-private.h"

#include <errno.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* One session. What it does within a turn of its loop is cut in two: events and commands only read,
 * decide and queue; at the end of the turn ls_wire_session_flush() writes. So all that a turn
 * brought goes out in one write, and an answer that a callback gave to a message goes out ahead of
 * the close frame that the next bytes of the same read called for. */

static const LsWireOptions *
get_options (LsWireSession *self)
{
  return &self->loop->wire->options;
}

/* Ends */

static void
push_close (LsWireSession *self,
            uint16_t       code,
            const char    *reason,
            size_t         length)
{
  uint8_t payload[LS_FRAME_MAX_CONTROL];
  size_t used = ls_frame_write_close (payload, code, reason, length);

  ls_wire_session_push_control (self, LS_FRAME_CLOSE, payload, used);
}

static void
tell_closed (LsWireSession *self,
             uint16_t       code,
             LsWireWhy      why)
{
  const LsWireCallbacks *callbacks = &self->loop->wire->callbacks;

  if (self->told)
    return;
  self->told = TRUE;
  ls_wire_count (&self->loop->counters.closed[why], 1);
  if (callbacks->closed != NULL)
    callbacks->closed (self->handle, self->user_data, code, why);
}

static void
account_parser (LsWireSession *self)
{
  size_t buffered = ls_frame_parser_get_buffered (&self->parser);

  if (buffered > self->buffered)
    atomic_fetch_add_explicit (&self->loop->wire->buffered, buffered - self->buffered,
                               memory_order_relaxed);
  else if (buffered < self->buffered)
    atomic_fetch_sub_explicit (&self->loop->wire->buffered, self->buffered - buffered,
                               memory_order_relaxed);
  self->buffered = buffered;
}

static void
clear_parser (LsWireSession *self)
{
  ls_frame_parser_clear (&self->parser);
  account_parser (self);
}

static void
die (LsWireSession *self)
{
  if (self->state == LS_WIRE_STATE_DEAD)
    return;
  self->state = LS_WIRE_STATE_DEAD;
  clear_parser (self);
  ls_wire_queue_clear (&self->queue);

  /* Whoever gave us the descriptor may still hold the connection by another one: epoll goes by
   * connections, and the peer is to see the end now. */
  epoll_ctl (self->loop->epoll_fd, EPOLL_CTL_DEL, self->fd, NULL);
  shutdown (self->fd, SHUT_RDWR);
  close (self->fd);
  self->fd = -1;
  ls_wire_loop_forget (self->loop, self);
}

/* The connection itself is at its end. */
void
ls_wire_session_end (LsWireSession *self,
                     uint16_t       code,
                     LsWireWhy      why)
{
  if (self->state == LS_WIRE_STATE_CLOSING)
    tell_closed (self, self->close_code, LS_WIRE_CLOSED_BY_US);
  else
    tell_closed (self, code, why);
  die (self);
}

/* From here on what is queued is written, what comes is dropped, and then the connection ends.
 * Until then the peer's bytes must be read: closing with bytes unread resets the connection, and
 * may take the close frame with it. */
static void
start_finishing (LsWireSession *self)
{
  self->state = LS_WIRE_STATE_FINISHING;
  self->close_at = self->loop->now + get_options (self)->close_ms;
  self->paused = FALSE;
  clear_parser (self);
  ls_wire_loop_set_dirty (self->loop, self);
  ls_wire_loop_set_timer (self->loop, self);
}

/* Has the session finish when the commands of this turn are done. */
static void
end_after_turn (LsWireSession *self,
                uint16_t       code,
                const char    *text,
                LsWireWhy      why)
{
  if (self->state == LS_WIRE_STATE_CLOSING)
    {
      tell_closed (self, self->close_code, LS_WIRE_CLOSED_BY_US);
      start_finishing (self);
      return;
    }
  if (self->state != LS_WIRE_STATE_OPEN || self->ending)
    return;
  self->ending = TRUE;
  self->end_code = code;
  self->end_why = why;
  self->end_text = text;
  ls_wire_loop_set_dirty (self->loop, self);
}

static void
end_turn (LsWireSession *self)
{
  uint16_t code = self->end_code;

  self->ending = FALSE;
  if (self->state != LS_WIRE_STATE_OPEN)
    return;
  if (self->end_why == LS_WIRE_CLOSED_LIMIT)
    ls_wire_queue_drop (&self->queue);
  push_close (self, code == LS_FRAME_CODE_NO_STATUS ? LS_FRAME_CODE_NONE : code, self->end_text,
              self->end_text != NULL ? strlen (self->end_text) : 0);
  start_finishing (self);
  tell_closed (self, code, self->end_why);
}

/* Reading */

static void
on_ping (LsWireSession     *self,
         const LsFrameItem *item)
{
  uint64_t second = self->loop->now / 1000;
  g_autoptr (LsBlob) pong = NULL;

  if (self->pings_since != second)
    {
      self->pings_since = second;
      self->pings = 0;
    }
  if (++self->pings > get_options (self)->max_pings)
    {
      end_after_turn (self, LS_FRAME_CODE_POLICY, "too many pings", LS_WIRE_CLOSED_LIMIT);
      return;
    }

  /* While the peer does not read only its last ping is answered, as RFC 6455, 5.5.3 allows: the
   * pong that still waits is taken back, unless the socket has taken a part of it. */
  pong = ls_blob_new_frame (LS_FRAME_PONG, item->data, item->length);
  if (self->blocked && ls_wire_queue_replace (&self->queue, self->pong_number, pong))
    return;
  ls_wire_session_push (self, pong);
  self->pong_number = self->queue.popped + self->queue.used - 1;
}

static void
on_item (LsWireSession     *self,
         const LsFrameItem *item)
{
  const LsWireCallbacks *callbacks = &self->loop->wire->callbacks;

  switch (item->opcode)
    {
    case LS_FRAME_TEXT:
    case LS_FRAME_BINARY:
      self->message_since = 0;
      if (self->state != LS_WIRE_STATE_OPEN)
        break;
      ls_wire_count (&self->loop->counters.messages, 1);
      if (callbacks->message != NULL)
        callbacks->message (self->handle, self->user_data, item->data, item->length,
                            item->opcode == LS_FRAME_BINARY);
      break;

    case LS_FRAME_PING:
      if (self->state == LS_WIRE_STATE_OPEN)
        on_ping (self, item);
      break;

    case LS_FRAME_CLOSE:
      end_after_turn (self, item->code, NULL, LS_WIRE_CLOSED_BY_PEER);
      break;

    case LS_FRAME_PONG:
      break;

    case LS_FRAME_CONTINUATION:
    default:
      g_assert_not_reached ();
    }
}

static gboolean
is_taking (LsWireSession *self)
{
  return self->state <= LS_WIRE_STATE_CLOSING && !self->ending;
}

static void
take (LsWireSession *self,
      uint8_t       *data,
      size_t         length)
{
  LsFrameStatus status = LS_FRAME_ITEM;
  size_t held = self->buffered;

  while (is_taking (self) && status == LS_FRAME_ITEM)
    {
      LsFrameItem item;
      size_t consumed;

      status = ls_frame_parser_feed (&self->parser, data, length, &consumed, &item);
      data += consumed;
      length -= consumed;
      if (status == LS_FRAME_ITEM)
        on_item (self, &item);
      else if (status == LS_FRAME_ERROR)
        end_after_turn (self, item.code, item.text, LS_WIRE_CLOSED_PROTOCOL);
    }
  if (!is_taking (self))
    return;

  account_parser (self);
  if (self->buffered > held && ls_wire_memory (self->loop->wire) > get_options (self)->max_memory)
    {
      end_after_turn (self, LS_FRAME_CODE_TRY_LATER, "server is short of memory",
                      LS_WIRE_CLOSED_LIMIT);
      return;
    }

  if (ls_frame_parser_is_idle (&self->parser))
    {
      self->message_since = 0;
    }
  else if (self->message_since == 0)
    {
      self->message_since = self->loop->now;
      ls_wire_loop_set_timer (self->loop, self);
    }
}

static void
on_eof (LsWireSession *self)
{
  if (self->state == LS_WIRE_STATE_FINISHING && self->queue.used > 0)
    {
      self->eof = TRUE;
      ls_wire_loop_set_dirty (self->loop, self);
      return;
    }
  ls_wire_session_end (self, LS_FRAME_CODE_ABNORMAL, LS_WIRE_CLOSED_EOF);
}

/* One read for one event: epoll tells again what is left, and the others have their turn first. */
static void
read_some (LsWireSession *self)
{
  ssize_t n = recv (self->fd, self->loop->buffer, LS_WIRE_READ_SIZE, MSG_DONTWAIT);

  if (n < 0)
    {
      if (errno != EAGAIN && errno != EINTR)
        ls_wire_session_end (self, LS_FRAME_CODE_ABNORMAL, LS_WIRE_CLOSED_ERROR);
      return;
    }
  if (n == 0)
    {
      on_eof (self);
      return;
    }
  ls_wire_count (&self->loop->counters.bytes_read, (uint64_t) n);
  self->last_read = self->loop->now;
  self->ping_sent = 0;
  take (self, self->loop->buffer, (size_t) n);
}

/* Times */

static uint64_t
get_acked (LsWireSession *self)
{
  int waiting = 0;

  if (ioctl (self->fd, SIOCOUTQ, &waiting) < 0 || waiting < 0)
    waiting = 0;
  return self->written > (uint64_t) waiting ? self->written - (uint64_t) waiting : 0;
}

static void
send_ping (LsWireSession *self)
{
  ls_wire_session_push_control (self, LS_FRAME_PING, NULL, 0);
  self->ping_sent = self->loop->now;
  self->ping_end = self->written + self->queue.unsent;
  self->ping_acked = get_acked (self);
  ls_wire_count (&self->loop->counters.pings, 1);
}

/* On a slow line the ping may still be on its way, behind data. As long as that moves the peer is
 * not dead. */
static void
on_pong_missing (LsWireSession *self)
{
  uint64_t acked = get_acked (self);

  if (acked < self->ping_end && acked > self->ping_acked)
    {
      self->ping_acked = acked;
      self->ping_sent = self->loop->now;
      return;
    }
  ls_wire_session_end (self, LS_FRAME_CODE_ABNORMAL, LS_WIRE_CLOSED_TIMEOUT);
}

/* What the loop calls */

LsWireSession *
ls_wire_session_new (LsWireLoop   *loop,
                     LsWireHandle  handle,
                     int           fd,
                     gpointer      user_data)
{
  LsWireSession *self = g_new0 (LsWireSession, 1);

  self->loop = loop;
  self->handle = handle;
  self->user_data = user_data;
  self->fd = fd;
  ls_wire_queue_init (&self->queue, &loop->wire->pinned);
  self->pong_number = UINT64_MAX;
  self->last_read = loop->now;
  ls_frame_parser_init (&self->parser, &loop->wire->limits);
  return self;
}

void
ls_wire_session_free (LsWireSession *self)
{
  g_assert (self->state == LS_WIRE_STATE_DEAD);
  g_free (self);
}

void
ls_wire_session_open (LsWireSession *self,
                      uint8_t       *initial,
                      size_t         length)
{
  LsWire *wire = self->loop->wire;
  struct epoll_event event = { .events = EPOLLIN, .data.u64 = self->handle };

  ls_wire_count (&self->loop->counters.accepted, 1);
  self->armed = event.events;
  if (epoll_ctl (self->loop->epoll_fd, EPOLL_CTL_ADD, self->fd, &event) < 0)
    {
      ls_wire_session_end (self, LS_FRAME_CODE_ABNORMAL, LS_WIRE_CLOSED_ERROR);
      return;
    }
  ls_wire_loop_set_timer (self->loop, self);
  if (wire->callbacks.opened != NULL)
    wire->callbacks.opened (self->handle, self->user_data);
  if (length > 0)
    {
      ls_wire_count (&self->loop->counters.bytes_read, length);
      take (self, initial, length);
    }
}

void
ls_wire_session_event (LsWireSession *self,
                       uint32_t       events)
{
  if (events & EPOLLOUT)
    {
      ls_wire_session_set_blocked (self, FALSE);
      ls_wire_loop_set_dirty (self->loop, self);
    }

  if (!(events & (EPOLLIN | EPOLLERR | EPOLLHUP)))
    return;
  if (!self->eof && !self->paused)
    read_some (self);
  else if (events & (EPOLLERR | EPOLLHUP))
    ls_wire_session_end (self, LS_FRAME_CODE_ABNORMAL, LS_WIRE_CLOSED_ERROR);
}

void
ls_wire_session_close (LsWireSession *self,
                       uint16_t       code,
                       const char    *reason,
                       size_t         length)
{
  if (self->state != LS_WIRE_STATE_OPEN || self->ending)
    return;
  push_close (self, code, reason, length);
  self->state = LS_WIRE_STATE_CLOSING;
  self->close_code = code;
  self->close_at = self->loop->now + get_options (self)->close_ms;
  ls_wire_loop_set_dirty (self->loop, self);
  ls_wire_loop_set_timer (self->loop, self);
}

void
ls_wire_session_flush (LsWireSession *self)
{
  if (self->ending)
    end_turn (self);
  if (!self->blocked)
    ls_wire_session_write_some (self);
  if (self->state == LS_WIRE_STATE_DEAD)
    return;

  if (self->state == LS_WIRE_STATE_FINISHING && self->queue.used == 0)
    {
      if (self->eof)
        {
          die (self);
          return;
        }
      if (!self->shut)
        {
          self->shut = TRUE;
          shutdown (self->fd, SHUT_WR);
        }
    }
  ls_wire_session_update_paused (self);
  ls_wire_session_update_armed (self);
  ls_wire_session_check_drained (self);
}

uint64_t
ls_wire_session_get_due (LsWireSession *self)
{
  const LsWireOptions *options = get_options (self);
  uint64_t due = UINT64_MAX;

  if (self->state != LS_WIRE_STATE_OPEN)
    return self->close_at;

  if (self->blocked)
    due = self->last_progress + options->stall_ms;
  else if (!self->paused && self->ping_sent != 0)
    due = self->ping_sent + options->pong_ms;
  else if (!self->paused && options->heartbeat_ms > 0)
    due = self->last_read + options->heartbeat_ms;
  if (self->message_since != 0 && !self->paused)
    due = MIN (due, self->message_since + options->message_ms);
  if (self->want_drained)
    due = MIN (due, self->loop->now + self->loop->wire->tick_ms);
  return due;
}

void
ls_wire_session_time_out (LsWireSession *self)
{
  const LsWireOptions *options = get_options (self);
  uint64_t now = self->loop->now;

  if (self->state != LS_WIRE_STATE_OPEN)
    {
      if (now >= self->close_at)
        ls_wire_session_end (self, LS_FRAME_CODE_ABNORMAL, LS_WIRE_CLOSED_BY_US);
      return;
    }

  if (self->blocked && now >= self->last_progress + options->stall_ms)
    {
      ls_wire_session_end (self, LS_FRAME_CODE_ABNORMAL, LS_WIRE_CLOSED_STALLED);
      return;
    }
  if (self->message_since != 0 && !self->paused &&
      now >= self->message_since + options->message_ms)
    {
      end_after_turn (self, LS_FRAME_CODE_POLICY, "message took too long", LS_WIRE_CLOSED_TIMEOUT);
      return;
    }
  ls_wire_session_check_drained (self);
  if (self->blocked || self->paused)
    return;

  if (self->ping_sent != 0)
    {
      if (now >= self->ping_sent + options->pong_ms)
        on_pong_missing (self);
    }
  else if (options->heartbeat_ms > 0 && now >= self->last_read + options->heartbeat_ms)
    {
      send_ping (self);
    }
}
