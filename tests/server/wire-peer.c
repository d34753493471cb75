/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "wire-peer.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define READ_SIZE (64 * 1024)

static const LsFrameLimits far_limits = {
  .role = LS_FRAME_ROLE_CLIENT,
  .max_message = 1 << 30,
  .max_fragments = UINT32_MAX,
};

/* Of pthreads, for GLib's locks are invisible to a thread sanitizer. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static _Atomic uint64_t clock_now;

static void
note (unsigned *counter)
{
  pthread_mutex_lock (&lock);
  (*counter)++;
  pthread_cond_broadcast (&changed);
  pthread_mutex_unlock (&lock);
}

static void
opened_cb (LsWireHandle handle,
           gpointer     user_data)
{
  Peer *self = user_data;

  g_assert_cmpuint (peer_count (self, &self->messages), ==, 0);
  note (&self->opened);
}

static void
message_cb (LsWireHandle   handle,
            gpointer       user_data,
            const uint8_t *data,
            size_t         length,
            gboolean       is_binary)
{
  Peer *self = user_data;

  pthread_mutex_lock (&lock);
  g_assert_cmpuint (self->opened, ==, 1);
  g_assert_cmpuint (self->closed, ==, 0);
  self->messages++;
  if (self->hook == NULL)
    g_ptr_array_add (self->texts, g_strndup ((const char *) data, length));
  pthread_cond_broadcast (&changed);
  pthread_mutex_unlock (&lock);
  if (self->hook != NULL)
    self->hook (self, handle, data, length, is_binary);
}

static void
overflowed_cb (LsWireHandle handle,
               gpointer     user_data)
{
  Peer *self = user_data;

  note (&self->overflowed);
}

static void
drained_cb (LsWireHandle handle,
            gpointer     user_data)
{
  Peer *self = user_data;

  note (&self->drained);
}

static void
closed_cb (LsWireHandle handle,
           gpointer     user_data,
           uint16_t     code,
           LsWireWhy    why)
{
  Peer *self = user_data;

  pthread_mutex_lock (&lock);
  self->code = code;
  self->why = why;
  self->closed++;
  g_assert_cmpuint (self->closed, ==, 1);
  pthread_cond_broadcast (&changed);
  pthread_mutex_unlock (&lock);
}

static uint64_t
get_clock (gpointer data)
{
  return atomic_load (&clock_now);
}

LsWire *
peer_wire_new (const LsWireOptions *options)
{
  static const LsWireCallbacks callbacks = {
    .opened = opened_cb,
    .message = message_cb,
    .overflowed = overflowed_cb,
    .drained = drained_cb,
    .closed = closed_cb,
  };
  LsWireOptions with = *options;
  g_autoptr (GError) error = NULL;
  LsWire *wire;

  with.clock = get_clock;
  wire = ls_wire_new (&with, &callbacks, &error);
  g_assert_no_error (error);
  return wire;
}

void
peer_clock_advance (LsWire   *wire,
                    unsigned  ms)
{
  atomic_fetch_add (&clock_now, ms);
  ls_wire_look_at_clock (wire);
}

LsWire *
peer_wire_new_default (unsigned threads)
{
  LsWireOptions options;

  ls_wire_options_init (&options);
  options.threads = threads;
  return peer_wire_new (&options);
}

void
peer_wire_settle (LsWire      *wire,
                  unsigned     blobs,
                  LsWireStats *stats)
{
  int64_t until = g_get_monotonic_time () + PEER_PATIENCE_MS * INT64_C (1000);

  ls_wire_get_stats (wire, stats);
  while (stats->memory > 0 || stats->queued > 0 || stats->blobs_written < blobs)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, until);
      g_thread_yield ();
      ls_wire_get_stats (wire, stats);
    }
}

void
peer_item_clear (PeerItem *item)
{
  g_clear_pointer (&item->payload, g_bytes_unref);
}

static void
make_pair (PeerKind kind,
           int      fds[2])
{
  struct sockaddr_in address = { .sin_family = AF_INET,
                                 .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t length = sizeof address;
  int listener, on = 1;

  if (kind == PEER_UNIX)
    {
      g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
      return;
    }
  listener = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (listener, >=, 0);
  g_assert_cmpint (bind (listener, (struct sockaddr *) &address, length), ==, 0);
  g_assert_cmpint (listen (listener, 1), ==, 0);
  g_assert_cmpint (getsockname (listener, (struct sockaddr *) &address, &length), ==, 0);
  fds[0] = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (connect (fds[0], (struct sockaddr *) &address, length), ==, 0);
  fds[1] = accept (listener, NULL, NULL);
  g_assert_cmpint (fds[1], >=, 0);
  g_assert_cmpint (setsockopt (fds[0], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), ==, 0);
  close (listener);
}

Peer *
peer_new (LsWire   *wire,
          PeerKind  kind)
{
  return peer_new_full (wire, kind, 0, NULL, NULL, 0);
}

Peer *
peer_new_echo (LsWire   *wire,
               PeerKind  kind)
{
  return peer_new_full (wire, kind, 0, peer_hook_echo, NULL, 0);
}

Peer *
peer_new_full (LsWire     *wire,
               PeerKind    kind,
               int         server_buffer,
               PeerHook    hook,
               const void *initial,
               size_t      length)
{
  Peer *self = g_new0 (Peer, 1);
  LsWireHandle handle;
  int fds[2];

  make_pair (kind, fds);
  self->wire = wire;
  self->fd = fds[0];
  self->hook = hook;
  self->texts = g_ptr_array_new_with_free_func (g_free);
  self->bytes = g_malloc (READ_SIZE);
  ls_frame_parser_init (&self->parser, &far_limits);
  /* Not the other end's receive buffer: with one below the segments of the loopback, TCP waits for
   * its timers. */
  if (server_buffer > 0)
    g_assert_cmpint (
      setsockopt (fds[1], SOL_SOCKET, SO_SNDBUF, &server_buffer, sizeof server_buffer), ==, 0);
  handle = ls_wire_accept (wire, fds[1], initial, length, self);
  pthread_mutex_lock (&lock);
  self->handle = handle;
  pthread_mutex_unlock (&lock);
  return self;
}

/* Its session must have ended, or its wire be freed. */
void
peer_free (Peer *self)
{
  ls_frame_parser_clear (&self->parser);
  if (self->fd >= 0)
    close (self->fd);
  if (self->handle != LS_WIRE_HANDLE_NONE)
    peer_wait (self, &self->closed, 1);
  g_ptr_array_unref (self->texts);
  g_free (self->bytes);
  g_free (self);
}

static void
wait_for (Peer  *self,
          short  events)
{
  struct pollfd poll_fd = { .fd = self->fd, .events = events };

  g_assert_cmpint (poll (&poll_fd, 1, PEER_PATIENCE_MS), ==, 1);
}

void
peer_write (Peer       *self,
            const void *bytes,
            size_t      length)
{
  const uint8_t *at = bytes;

  while (length > 0)
    {
      ssize_t n;

      wait_for (self, POLLOUT);
      n = send (self->fd, at, length, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
        return;
      if (n < 0 && errno == EAGAIN)
        continue;
      g_assert_cmpint (n, >, 0);
      at += n;
      length -= (size_t) n;
    }
}

void
peer_send (Peer       *self,
           uint8_t     first,
           const void *payload,
           size_t      length)
{
  static const uint8_t mask[4] = { 0x12, 0x34, 0x56, 0x78 };
  g_autofree uint8_t *frame = g_malloc (LS_FRAME_MAX_HEADER + length);
  size_t used = ls_frame_write_header (frame, LS_FRAME_BINARY, TRUE, length, mask);

  frame[0] = first;
  if (length > 0)
    memcpy (frame + used, payload, length);
  ls_frame_mask (frame + used, length, mask, 0);
  peer_write (self, frame, used + length);
}

void
peer_send_text (Peer       *self,
                const char *text)
{
  peer_send (self, 0x81, text, strlen (text));
}

PeerItem
peer_read (Peer *self)
{
  for (;;)
    {
      LsFrameItem item = { 0 };
      LsFrameStatus status;
      size_t consumed;
      ssize_t n;

      status = ls_frame_parser_feed (&self->parser, self->bytes + self->at, self->used - self->at,
                                     &consumed, &item);
      self->at += consumed;
      g_assert_cmpint (status, !=, LS_FRAME_ERROR);
      if (status == LS_FRAME_ITEM)
        return (PeerItem){ item.opcode, item.code, g_bytes_new (item.data, item.length) };

      wait_for (self, POLLIN);
      n = recv (self->fd, self->bytes, READ_SIZE, 0);
      if (n == 0 || (n < 0 && errno == ECONNRESET))
        return (PeerItem){ .opcode = LS_FRAME_CONTINUATION };
      g_assert_cmpint (n, >, 0);
      self->at = 0;
      self->used = (size_t) n;
    }
}

void
peer_expect (Peer          *self,
             LsFrameOpcode  opcode,
             const void    *payload,
             size_t         length)
{
  g_auto (PeerItem) item = peer_read (self);

  g_assert_cmpint (item.opcode, ==, opcode);
  g_assert_cmpmem (g_bytes_get_data (item.payload, NULL), g_bytes_get_size (item.payload), payload,
                   length);
}

void
peer_expect_text (Peer       *self,
                  const char *text)
{
  peer_expect (self, LS_FRAME_TEXT, text, strlen (text));
}

void
peer_expect_close (Peer     *self,
                   uint16_t  code)
{
  g_auto (PeerItem) item = peer_read (self);

  g_assert_cmpint (item.opcode, ==, LS_FRAME_CLOSE);
  g_assert_cmpuint (item.code, ==, code);
}

void
peer_expect_end (Peer *self)
{
  g_auto (PeerItem) item = peer_read (self);

  g_assert_cmpint (item.opcode, ==, LS_FRAME_CONTINUATION);
}

void
peer_round_trip (Peer *self)
{
  static unsigned count;
  g_autofree char *text = g_strdup_printf ("there and back %u", ++count);

  g_assert_true (self->hook == peer_hook_echo);
  peer_send_text (self, text);
  peer_expect_text (self, text);
}

LsBlob *
peer_text_blob (const char *text)
{
  return ls_blob_new_frame (LS_FRAME_TEXT, text, strlen (text));
}

LsBlob *
peer_numbered_blob (unsigned number)
{
  g_autofree uint8_t *bytes = g_malloc0 (PEER_PIECE);

  memcpy (bytes, &number, sizeof number);
  return ls_blob_new_frame (LS_FRAME_BINARY, bytes, PEER_PIECE);
}

void
peer_send_number (Peer    *self,
                  unsigned number)
{
  g_autoptr (LsBlob) blob = peer_numbered_blob (number);

  ls_wire_send_one (self->wire, self->handle, blob);
}

unsigned
peer_read_number (Peer *self)
{
  g_auto (PeerItem) item = peer_read (self);
  unsigned number;

  g_assert_cmpint (item.opcode, ==, LS_FRAME_BINARY);
  g_assert_cmpuint (g_bytes_get_size (item.payload), ==, PEER_PIECE);
  memcpy (&number, g_bytes_get_data (item.payload, NULL), sizeof number);
  return number;
}

unsigned
peer_count (Peer           *self,
            const unsigned *counter)
{
  unsigned count;

  pthread_mutex_lock (&lock);
  count = *counter;
  pthread_mutex_unlock (&lock);
  return count;
}

void
peer_wait (Peer           *self,
           const unsigned *counter,
           unsigned        count)
{
  struct timespec until;

  clock_gettime (CLOCK_REALTIME, &until);
  until.tv_sec += PEER_PATIENCE_MS / 1000;
  pthread_mutex_lock (&lock);
  while (*counter < count)
    g_assert_cmpint (pthread_cond_timedwait (&changed, &lock, &until), ==, 0);
  pthread_mutex_unlock (&lock);
}

void
peer_wait_closed (Peer      *self,
                  uint16_t   code,
                  LsWireWhy  why)
{
  peer_wait (self, &self->closed, 1);
  pthread_mutex_lock (&lock);
  g_assert_cmpstr (ls_wire_why_to_string (self->why), ==, ls_wire_why_to_string (why));
  g_assert_cmpuint (self->code, ==, code);
  pthread_mutex_unlock (&lock);
}

char *
peer_get_text (Peer     *self,
               unsigned  index)
{
  char *text;

  peer_wait (self, &self->messages, index + 1);
  pthread_mutex_lock (&lock);
  text = g_strdup (g_ptr_array_index (self->texts, index));
  pthread_mutex_unlock (&lock);
  return text;
}

void
peer_hook_echo (Peer          *peer,
                LsWireHandle   handle,
                const uint8_t *data,
                size_t         length,
                gboolean       is_binary)
{
  g_autoptr (LsBlob) blob = NULL;

  blob = ls_blob_new_frame (is_binary ? LS_FRAME_BINARY : LS_FRAME_TEXT, data, length);
  ls_wire_send_one (peer->wire, handle, blob);
}
