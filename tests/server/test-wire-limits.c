/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <glib.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire-peer.h"

/* Slow, silent, greedy and busy peers: what is bounded, and how a session comes back. */

#define PIECE (16 * 1024)
/* Of the sockets, so that a reader that does not read shows soon. */
#define SMALL_BUFFER (16 * 1024)

static LsBlob *
numbered_blob (unsigned number)
{
  g_autofree uint8_t *bytes = g_malloc0 (PIECE);

  memcpy (bytes, &number, sizeof number);
  return ls_blob_new_frame (LS_FRAME_BINARY, bytes, PIECE);
}

static unsigned
read_number (Peer *peer)
{
  g_auto (PeerItem) item = peer_read (peer);
  unsigned number;

  g_assert_cmpint (item.opcode, ==, LS_FRAME_BINARY);
  g_assert_cmpuint (g_bytes_get_size (item.payload), ==, PIECE);
  memcpy (&number, g_bytes_get_data (item.payload, NULL), sizeof number);
  return number;
}

static void
send_number (Peer    *peer,
             unsigned number)
{
  g_autoptr (LsBlob) blob = numbered_blob (number);

  ls_wire_send_one (peer->wire, peer->handle, blob);
}

/* Everything that was asked for so far is done. */
static void
settle_commands (Peer *echo)
{
  peer_round_trip (echo);
}

static void
init_options (LsWireOptions *options)
{
  ls_wire_options_init (options);
  options->max_unsent = 20 * PIECE;
}

/* A reader that stops gets what it was sent up to a point, and nothing beyond it before it is resumed; memory stays
 * where it is, and nobody else notices. */
static void
test_overflow (gconstpointer data)
{
  PeerKind kind = (PeerKind) GPOINTER_TO_INT (data);
  LsWireOptions options;
  g_autoptr (LsWire) wire = NULL;
  g_autoptr (Peer) echo = NULL;
  g_autoptr (Peer) good = NULL;
  g_autoptr (Peer) slow = NULL;
  LsWireHandle handles[2];
  LsWireStats stats;
  unsigned sent = 0, got = 0;

  init_options (&options);
  wire = peer_wire_new (&options);
  echo = peer_new_full (wire, PEER_UNIX, 0, peer_hook_echo, NULL, 0);
  good = peer_new (wire, kind);
  slow = peer_new_full (wire, kind, SMALL_BUFFER, NULL, NULL, 0);
  handles[0] = good->handle;
  handles[1] = slow->handle;

  while (peer_count (slow, &slow->overflowed) == 0)
    {
      g_autoptr (LsBlob) blob = numbered_blob (sent);

      ls_wire_send (wire, handles, 2, blob);
      g_assert_cmpuint (read_number (good), ==, sent);
      sent++;
      g_assert_cmpuint (sent, <, 10000);
    }
  for (unsigned more = 0; more < 500; more++)
    {
      g_autoptr (LsBlob) blob = numbered_blob (sent);

      ls_wire_send (wire, handles, 2, blob);
      g_assert_cmpuint (read_number (good), ==, sent);
      sent++;
    }
  settle_commands (echo);
  ls_wire_get_stats (wire, &stats);
  g_assert_cmpuint (stats.memory, <=, options.max_unsent + 100 * 20);
  g_assert_cmpuint (stats.memory, >, options.max_unsent / 2);
  g_assert_cmpuint (stats.overflows, ==, 1);
  g_assert_cmpuint (stats.dropped, >=, 500);
  g_assert_cmpuint (peer_count (slow, &slow->overflowed), ==, 1);
  g_assert_cmpuint (peer_count (slow, &slow->drained), ==, 0);

  /* It reads again: without a gap up to the point, and then it is told as drained. */
  while (peer_count (slow, &slow->drained) == 0)
    g_assert_cmpuint (read_number (slow), ==, got++);
  /* Not resumed yet: still dropped. */
  send_number (slow, 1000000);
  ls_wire_resume (wire, slow->handle);
  send_number (slow, 2000000);
  for (;;)
    {
      unsigned number = read_number (slow);

      if (number == 2000000)
        break;
      g_assert_cmpuint (number, ==, got++);
    }
  g_assert_cmpuint (got, <, sent);
  g_assert_cmpuint (got, >, 20);
  g_assert_cmpuint (peer_count (slow, &slow->drained), ==, 1);
  peer_wire_settle (wire, 0, &stats);
}

/* What many slow readers wait for together is held once. */
static void
test_shared_memory (void)
{
  enum { PEERS = 40 };
  LsWireOptions options;
  g_autoptr (LsWire) wire = NULL;
  g_autoptr (Peer) echo = NULL;
  g_autoptr (GPtrArray) peers = g_ptr_array_new_with_free_func ((GDestroyNotify) peer_free);
  LsWireHandle handles[PEERS];
  LsWireStats stats;

  init_options (&options);
  wire = peer_wire_new (&options);
  echo = peer_new_full (wire, PEER_UNIX, 0, peer_hook_echo, NULL, 0);
  for (unsigned i = 0; i < PEERS; i++)
    {
      g_ptr_array_add (peers, peer_new_full (wire, PEER_UNIX, SMALL_BUFFER, NULL, NULL, 0));
      handles[i] = ((Peer *) peers->pdata[i])->handle;
    }
  for (unsigned i = 0; i < 100; i++)
    {
      g_autoptr (LsBlob) blob = numbered_blob (i);

      ls_wire_send (wire, handles, PEERS, blob);
    }
  settle_commands (echo);
  ls_wire_get_stats (wire, &stats);
  g_assert_cmpuint (stats.overflows, ==, PEERS);
  g_assert_cmpuint (stats.memory, <, 2 * options.max_unsent);
}

/* When all together have too much, whoever blocks overflows; whoever reads does not. */
static void
test_max_memory (void)
{
  enum { PEERS = 30 };
  LsWireOptions options;
  g_autoptr (LsWire) wire = NULL;
  g_autoptr (Peer) echo = NULL;
  g_autoptr (GPtrArray) peers = g_ptr_array_new_with_free_func ((GDestroyNotify) peer_free);
  LsWireStats stats;

  init_options (&options);
  options.max_memory = 8 * options.max_unsent;
  wire = peer_wire_new (&options);
  echo = peer_new_full (wire, PEER_UNIX, 0, peer_hook_echo, NULL, 0);

  /* Each has a little that it does not read. */
  for (unsigned i = 0; i < PEERS; i++)
    {
      Peer *peer = peer_new_full (wire, PEER_UNIX, SMALL_BUFFER, NULL, NULL, 0);
      uint64_t before;

      g_ptr_array_add (peers, peer);
      settle_commands (echo);
      ls_wire_get_stats (wire, &stats);
      before = stats.memory;
      for (unsigned j = 0; stats.memory < before + PIECE; j++)
        {
          send_number (peer, j);
          settle_commands (echo);
          ls_wire_get_stats (wire, &stats);
        }
    }
  g_assert_cmpuint (stats.memory, <, options.max_memory);
  g_assert_cmpuint (stats.overflows, ==, 0);

  /* Then there comes more, for each less than it might have alone. */
  for (unsigned i = 0; i < PEERS; i++)
    {
      for (unsigned j = 0; j < 15; j++)
        send_number (peers->pdata[i], j);
      settle_commands (echo);
      ls_wire_get_stats (wire, &stats);
      g_assert_cmpuint (stats.memory, <=, options.max_memory * 5 / 4);
    }
  g_assert_cmpuint (stats.overflows, >, PEERS / 2);

  /* New ones get one blob each whatever its length, in case that their sockets take it; whoever leaves it lying goes
   * when that comes to too much. */
  for (unsigned i = 0; i < PEERS; i++)
    {
      Peer *late = peer_new_full (wire, PEER_UNIX, SMALL_BUFFER, NULL, NULL, 0);
      g_autofree uint8_t *bytes = g_malloc0 (20 * PIECE);
      g_autoptr (LsBlob) blob = ls_blob_new_frame (LS_FRAME_BINARY, bytes, 20 * PIECE);

      g_ptr_array_add (peers, late);
      ls_wire_send_one (wire, late->handle, blob);
      settle_commands (echo);
      ls_wire_get_stats (wire, &stats);
      g_assert_cmpuint (stats.memory, <=, options.max_memory * 5 / 4 + 21 * PIECE);
    }
  g_assert_cmpuint (stats.closed[LS_WIRE_CLOSED_LIMIT], >, PEERS / 2);

  g_assert_cmpuint (peer_count (echo, &echo->overflowed), ==, 0);
  for (unsigned i = 0; i < peers->len; i++)
    {
      Peer *peer = peers->pdata[i];

      close (peer->fd);
      peer->fd = -1;
      peer_wait (peer, &peer->closed, 1);
    }
  peer_wire_settle (wire, 0, &stats);
  settle_commands (echo);
}

static void
test_memory_of_messages (void)
{
  enum { PEERS = 12 };
  LsWireOptions options;
  g_autoptr (LsWire) wire = NULL;
  g_autoptr (Peer) echo = NULL;
  g_autoptr (GPtrArray) peers = g_ptr_array_new_with_free_func ((GDestroyNotify) peer_free);
  g_autofree uint8_t *part = g_malloc0 (600 * 1024);
  LsWireStats stats;
  unsigned told = 0;

  ls_wire_options_init (&options);
  options.max_memory = 2 * 1024 * 1024;
  wire = peer_wire_new (&options);
  echo = peer_new_full (wire, PEER_UNIX, 0, peer_hook_echo, NULL, 0);
  for (unsigned i = 0; i < PEERS; i++)
    {
      Peer *peer = peer_new (wire, PEER_TCP);

      g_ptr_array_add (peers, peer);
      /* A fragment that the rest of the message never follows. */
      peer_send (peer, 0x02, part, 600 * 1024);
      peer_send (peer, 0x89, "", 0);
      {
        g_auto (PeerItem) item = peer_read (peer);

        if (item.opcode == LS_FRAME_CLOSE)
          {
            g_assert_cmpuint (item.code, ==, 1013);
            peer_wait_closed (peer, 1013, LS_WIRE_CLOSED_LIMIT);
            told++;
          }
        else
          {
            g_assert_cmpint (item.opcode, ==, LS_FRAME_PONG);
          }
      }
      ls_wire_get_stats (wire, &stats);
      g_assert_cmpuint (stats.memory, <, options.max_memory + 700 * 1024);
    }
  g_assert_cmpuint (told, >, PEERS / 2);
  settle_commands (echo);
}

/* Far more than fits, piece by piece, each asked for by notify. */
typedef struct {
  Peer    *peer;
  unsigned count;
} Reader;

static void *
read_all (void *data)
{
  Reader *reader = data;

  for (unsigned i = 0; i < reader->count; i++)
    g_assert_cmpuint (read_number (reader->peer), ==, i);
  return NULL;
}

static void
test_notify_drained (void)
{
  enum { COUNT = 2000, BATCH = 10 };
  LsWireOptions options;
  g_autoptr (LsWire) wire = NULL;
  g_autoptr (Peer) peer = NULL;
  Reader reader = { .count = COUNT };
  LsWireStats stats;
  pthread_t thread;
  size_t most = 0;

  init_options (&options);
  wire = peer_wire_new (&options);
  peer = peer_new_full (wire, PEER_UNIX, SMALL_BUFFER, NULL, NULL, 0);
  reader.peer = peer;
  g_assert_cmpint (pthread_create (&thread, NULL, read_all, &reader), ==, 0);
  for (unsigned i = 0; i < COUNT; i++)
    {
      send_number (peer, i);
      if (i % BATCH == BATCH - 1)
        {
          ls_wire_notify_drained (wire, peer->handle);
          peer_wait (peer, &peer->drained, (i + 1) / BATCH);
          ls_wire_get_stats (wire, &stats);
          most = MAX (most, stats.memory);
        }
    }
  pthread_join (thread, NULL);
  g_assert_cmpuint (most, <=, options.max_unsent / 4 + PIECE);
  g_assert_cmpuint (peer_count (peer, &peer->overflowed), ==, 0);
}

/* A blob that is larger than all that may wait is taken by an empty queue, and by no other. */
static void
test_large_blob (void)
{
  LsWireOptions options;
  g_autoptr (LsWire) wire = NULL;
  g_autoptr (Peer) peer = NULL;
  g_autofree char *text = g_strnfill (30 * PIECE, 'y');
  g_autoptr (LsBlob) blob = ls_blob_new_frame (LS_FRAME_TEXT, text, 30 * PIECE);

  init_options (&options);
  wire = peer_wire_new (&options);
  peer = peer_new_full (wire, PEER_TCP, SMALL_BUFFER, NULL, NULL, 0);
  ls_wire_send_one (wire, peer->handle, blob);
  ls_wire_send_one (wire, peer->handle, blob);
  peer_wait (peer, &peer->overflowed, 1);
  peer_expect_text (peer, text);
  peer_wait (peer, &peer->drained, 1);
}

/* A thread that is kept busy does not pile up what it is asked to send. */
static pthread_mutex_t busy = PTHREAD_MUTEX_INITIALIZER;

static void
hook_busy (Peer          *peer,
           LsWireHandle   handle,
           const uint8_t *data,
           size_t         length,
           gboolean       is_binary)
{
  pthread_mutex_lock (&busy);
  pthread_mutex_unlock (&busy);
}

static void
test_max_queued (void)
{
  LsWireOptions options;
  g_autoptr (LsWire) wire = NULL;
  g_autoptr (Peer) blocker = NULL;
  g_autoptr (Peer) peer = NULL;
  LsWireStats stats;
  unsigned got = 0;

  init_options (&options);
  options.max_queued = 5 * PIECE;
  wire = peer_wire_new (&options);
  blocker = peer_new_full (wire, PEER_UNIX, 0, hook_busy, NULL, 0);
  peer = peer_new (wire, PEER_TCP);
  peer_wait (peer, &peer->opened, 1);

  pthread_mutex_lock (&busy);
  peer_send_text (blocker, "x");
  peer_wait (blocker, &blocker->messages, 1);
  for (unsigned i = 0; i < 100; i++)
    send_number (peer, i);
  ls_wire_get_stats (wire, &stats);
  g_assert_cmpuint (stats.queued, <=, options.max_queued);
  pthread_mutex_unlock (&busy);

  peer_wait (peer, &peer->overflowed, 1);
  peer_clock_advance (wire, 2000);
  peer_wait (peer, &peer->drained, 1);
  ls_wire_resume (wire, peer->handle);
  send_number (peer, 1000);
  for (;;)
    {
      unsigned number = read_number (peer);

      if (number == 1000)
        break;
      g_assert_cmpuint (number, ==, got++);
    }
  g_assert_cmpuint (got, <, 6);
}

/* Heartbeat: a ping after silence, which any frame puts off, and then an end. */
static void
test_heartbeat (void)
{
  LsWireOptions options;
  g_autoptr (LsWire) wire = NULL;
  g_autoptr (Peer) peer = NULL;
  LsWireStats stats;

  ls_wire_options_init (&options);
  wire = peer_wire_new (&options);
  peer = peer_new_full (wire, PEER_TCP, 0, peer_hook_echo, NULL, 0);
  peer_round_trip (peer);

  for (int i = 0; i < 3; i++)
    {
      peer_clock_advance (wire, 20 * 1000);
      peer_round_trip (peer);
    }
  ls_wire_get_stats (wire, &stats);
  g_assert_cmpuint (stats.pings, ==, 0);

  for (int i = 0; i < 3; i++)
    {
      peer_clock_advance (wire, 31 * 1000);
      peer_expect (peer, LS_FRAME_PING, "", 0);
      /* A pong, or anything else. */
      if (i == 1)
        peer_send (peer, 0x8a, "", 0);
      peer_round_trip (peer);
      peer_clock_advance (wire, 16 * 1000);
      peer_round_trip (peer);
    }

  peer_clock_advance (wire, 31 * 1000);
  peer_expect (peer, LS_FRAME_PING, "", 0);
  g_assert_cmpuint (peer_count (peer, &peer->closed), ==, 0);
  peer_clock_advance (wire, 17 * 1000);
  peer_expect_end (peer);
  peer_wait_closed (peer, 1006, LS_WIRE_CLOSED_TIMEOUT);
}

/* The same for many, on the wheel: a step at a time, and in one jump. */
static void
test_heartbeat_of_many (void)
{
  enum { PEERS = 60 };
  LsWireOptions options;
  g_autoptr (LsWire) wire = NULL;
  g_autoptr (GPtrArray) peers = g_ptr_array_new_with_free_func ((GDestroyNotify) peer_free);
  LsWireStats stats;

  ls_wire_options_init (&options);
  options.threads = 2;
  wire = peer_wire_new (&options);
  for (unsigned i = 0; i < PEERS; i++)
    {
      Peer *peer = peer_new_full (wire, PEER_UNIX, 0, peer_hook_echo, NULL, 0);

      g_ptr_array_add (peers, peer);
      peer_round_trip (peer);
      peer_clock_advance (wire, 50);
    }
  for (unsigned second = 0; second < 40; second++)
    peer_clock_advance (wire, 1000);
  for (unsigned i = 0; i < PEERS; i++)
    {
      Peer *peer = peers->pdata[i];

      peer_expect (peer, LS_FRAME_PING, "", 0);
      peer_round_trip (peer);
    }
  ls_wire_get_stats (wire, &stats);
  g_assert_cmpuint (stats.pings, ==, PEERS);

  peer_clock_advance (wire, 3600 * 1000);
  for (unsigned i = 0; i < PEERS; i++)
    peer_expect (peers->pdata[i], LS_FRAME_PING, "", 0);
  peer_clock_advance (wire, 3600 * 1000);
  for (unsigned i = 0; i < PEERS; i++)
    peer_wait_closed (peers->pdata[i], 1006, LS_WIRE_CLOSED_TIMEOUT);
}

static void
test_stalled (void)
{
  LsWireOptions options;
  g_autoptr (LsWire) wire = NULL;
  g_autoptr (Peer) peer = NULL;
  LsWireStats stats;

  init_options (&options);
  wire = peer_wire_new (&options);
  peer = peer_new_full (wire, PEER_UNIX, SMALL_BUFFER, NULL, NULL, 0);
  for (unsigned i = 0; peer_count (peer, &peer->overflowed) == 0; i++)
    send_number (peer, i);
  peer_clock_advance (wire, options.stall_ms + 2000);
  peer_wait_closed (peer, 1006, LS_WIRE_CLOSED_STALLED);
  peer_wire_settle (wire, 0, &stats);
}

/* Byte by byte for ever is not for ever. */
static void
test_slow_message (void)
{
  LsWireOptions options;
  g_autoptr (LsWire) wire = NULL;
  g_autoptr (Peer) peer = NULL;
  unsigned steps = 0;

  ls_wire_options_init (&options);
  wire = peer_wire_new (&options);
  peer = peer_new_full (wire, PEER_TCP, 0, peer_hook_echo, NULL, 0);
  peer_round_trip (peer);
  peer_send (peer, 0x01, "begun", 5);
  for (;;)
    {
      g_auto (PeerItem) item = { 0 };

      /* The ping keeps it from being silent, and shows that the wire has seen the fragment. */
      peer_send (peer, 0x00, "x", 1);
      peer_send (peer, 0x89, "", 0);
      item = peer_read (peer);
      if (item.opcode == LS_FRAME_CLOSE)
        {
          g_assert_cmpuint (item.code, ==, 1008);
          break;
        }
      g_assert_cmpint (item.opcode, ==, LS_FRAME_PONG);
      peer_clock_advance (wire, 10 * 1000);
      g_assert_cmpuint (++steps, <, 20);
    }
  g_assert_cmpuint (steps, >=, 12);
  peer_wait_closed (peer, 1008, LS_WIRE_CLOSED_TIMEOUT);
}

static void
test_too_many_pings (void)
{
  LsWireOptions options;
  g_autoptr (LsWire) wire = NULL;
  g_autoptr (Peer) peer = NULL;

  ls_wire_options_init (&options);
  wire = peer_wire_new (&options);
  peer = peer_new (wire, PEER_TCP);
  for (int round = 0; round < 2; round++)
    {
      for (unsigned i = 0; i < options.max_pings; i++)
        {
          peer_send (peer, 0x89, "again", 5);
          peer_expect (peer, LS_FRAME_PONG, "again", 5);
        }
      if (round == 0)
        peer_clock_advance (wire, 1000);
    }
  peer_send (peer, 0x89, "once more", 9);
  peer_expect_close (peer, 1008);
  peer_wait_closed (peer, 1008, LS_WIRE_CLOSED_LIMIT);
}

/* Pongs to a peer that does not read do not pile up: the last ping is the one that is answered. */
static void
test_pongs_do_not_pile_up (void)
{
  LsWireOptions options;
  g_autoptr (LsWire) wire = NULL;
  g_autoptr (Peer) echo = NULL;
  g_autoptr (Peer) peer = NULL;
  LsWireStats before, after;
  unsigned pongs = 0;

  init_options (&options);
  options.max_pings = 1000;
  options.pause_unsent = 0;
  wire = peer_wire_new (&options);
  echo = peer_new_full (wire, PEER_UNIX, 0, peer_hook_echo, NULL, 0);
  peer = peer_new_full (wire, PEER_UNIX, SMALL_BUFFER, NULL, NULL, 0);
  for (unsigned i = 0; peer_count (peer, &peer->overflowed) == 0; i++)
    send_number (peer, i);
  ls_wire_get_stats (wire, &before);
  for (unsigned i = 0; i < 500; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      peer_send (peer, 0x89, text, strlen (text));
      if (i % 100 == 0)
        settle_commands (echo);
    }
  /* Its last ping is read when the message behind it is. */
  peer_send_text (peer, "done");
  peer_wait (peer, &peer->messages, 1);
  ls_wire_get_stats (wire, &after);
  g_assert_cmpuint (after.memory, <=, before.memory + 20);

  for (;;)
    {
      g_auto (PeerItem) item = peer_read (peer);

      if (item.opcode != LS_FRAME_PONG)
        continue;
      pongs++;
      if (g_bytes_get_size (item.payload) == 3 &&
          memcmp (g_bytes_get_data (item.payload, NULL), "499", 3) == 0)
        break;
    }
  g_assert_cmpuint (pongs, <=, 2);
}

/* A peer that asks and does not read the answers is not read itself, until it does; nothing is lost. */
static void
test_pause (void)
{
  LsWireOptions options;
  g_autoptr (LsWire) wire = NULL;
  g_autoptr (Peer) peer = NULL;
  g_autofree char *text = g_strnfill (PIECE, 'q');
  uint8_t frame[LS_FRAME_MAX_HEADER + PIECE];
  size_t used = ls_frame_write_header (frame, LS_FRAME_TEXT, TRUE, PIECE, (const uint8_t *) "\0\0\0\0");
  struct pollfd poll_fd;
  unsigned whole = 0;
  size_t part = 0;
  LsWireStats stats;

  init_options (&options);
  options.pause_unsent = 10 * PIECE;
  options.stall_ms = 3600 * 1000;
  wire = peer_wire_new (&options);
  peer = peer_new_full (wire, PEER_UNIX, SMALL_BUFFER, peer_hook_echo, NULL, 0);
  memcpy (frame + used, text, PIECE);
  used += PIECE;

  /* Until nothing moves: the wire holds what it may, and both sockets are full. */
  poll_fd = (struct pollfd){ .fd = peer->fd, .events = POLLOUT };
  while (poll (&poll_fd, 1, 200) == 1)
    {
      ssize_t n = send (peer->fd, frame + part, used - part, MSG_NOSIGNAL | MSG_DONTWAIT);

      if (n < 0)
        continue;
      part += (size_t) n;
      if (part == used)
        {
          part = 0;
          g_assert_cmpuint (++whole, <, 10000);
        }
    }
  ls_wire_get_stats (wire, &stats);
  g_assert_cmpuint (stats.memory, <=, options.pause_unsent + LS_FRAME_MAX_HEADER * 20 + 5 * PIECE);
  g_assert_cmpuint (stats.overflows, ==, 0);

  /* It stands inside of a message, and says nothing; but that is because nobody listens. */
  peer_clock_advance (wire, options.message_ms + 5000);

  for (unsigned i = 0; i < whole; i++)
    peer_expect_text (peer, text);
  if (part > 0)
    {
      peer_write (peer, frame + part, used - part);
      peer_expect_text (peer, text);
    }
  peer_clock_advance (wire, 2000);
  peer_round_trip (peer);
}

/* A message that cannot go on because its sender is not read is not late. */
static void
test_pause_within_message (void)
{
  LsWireOptions options;
  g_autoptr (LsWire) wire = NULL;
  g_autoptr (Peer) echo = NULL;
  g_autoptr (Peer) peer = NULL;
  g_autofree char *text = NULL;
  unsigned sent = 0;
  LsWireStats stats;

  init_options (&options);
  options.pause_unsent = 10 * PIECE;
  options.stall_ms = 3600 * 1000;
  options.heartbeat_ms = 0;
  wire = peer_wire_new (&options);
  echo = peer_new_full (wire, PEER_UNIX, 0, peer_hook_echo, NULL, 0);
  peer = peer_new_full (wire, PEER_UNIX, SMALL_BUFFER, NULL, NULL, 0);
  peer_send (peer, 0x01, "beginning ", 10);
  peer_send (peer, 0x89, "", 0);
  peer_expect (peer, LS_FRAME_PONG, "", 0);
  do
    {
      send_number (peer, sent++);
      settle_commands (echo);
      ls_wire_get_stats (wire, &stats);
    }
  while (stats.memory < 12 * PIECE);

  peer_clock_advance (wire, options.message_ms + 5000);
  for (unsigned i = 0; i < sent; i++)
    g_assert_cmpuint (read_number (peer), ==, i);
  settle_commands (echo);
  peer_clock_advance (wire, 5000);
  peer_send (peer, 0x80, "and end", 7);
  text = peer_get_text (peer, 0);
  g_assert_cmpstr (text, ==, "beginning and end");
}

/* One peer that never stops writing does not keep the others from being served. */
typedef struct {
  Peer       *peer;
  _Atomic int stop;
} Flood;

static void *
flood (void *data)
{
  Flood *self = data;
  uint8_t frames[6 * 4096] = { 0 };

  for (size_t i = 0; i < sizeof frames; i += 6)
    {
      frames[i] = 0x8a;
      frames[i + 1] = 0x80;
    }
  while (!atomic_load (&self->stop))
    peer_write (self->peer, frames, sizeof frames);
  return NULL;
}

static void
test_fairness (void)
{
  LsWireOptions options;
  g_autoptr (LsWire) wire = NULL;
  g_autoptr (Peer) good = NULL;
  g_autoptr (Peer) bad = NULL;
  Flood self = { 0 };
  pthread_t thread;

  ls_wire_options_init (&options);
  wire = peer_wire_new (&options);
  good = peer_new_full (wire, PEER_TCP, 0, peer_hook_echo, NULL, 0);
  bad = peer_new (wire, PEER_TCP);
  self.peer = bad;
  g_assert_cmpint (pthread_create (&thread, NULL, flood, &self), ==, 0);
  for (int i = 0; i < 200; i++)
    peer_round_trip (good);
  atomic_store (&self.stop, 1);
  pthread_join (thread, NULL);
}

static void
test_too_many_fragments (void)
{
  LsWireOptions options;
  g_autoptr (LsWire) wire = NULL;
  g_autoptr (Peer) peer = NULL;

  ls_wire_options_init (&options);
  options.max_fragments = 10;
  wire = peer_wire_new (&options);
  peer = peer_new (wire, PEER_TCP);
  peer_send (peer, 0x01, "", 0);
  for (int i = 0; i < 10; i++)
    peer_send (peer, 0x00, "", 0);
  peer_expect_close (peer, 1008);
  peer_wait_closed (peer, 1008, LS_WIRE_CLOSED_PROTOCOL);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/wire/overflow/unix", GINT_TO_POINTER (PEER_UNIX), test_overflow);
  g_test_add_data_func ("/wire/overflow/tcp", GINT_TO_POINTER (PEER_TCP), test_overflow);
  g_test_add_func ("/wire/shared-memory", test_shared_memory);
  g_test_add_func ("/wire/max-memory", test_max_memory);
  g_test_add_func ("/wire/memory-of-messages", test_memory_of_messages);
  g_test_add_func ("/wire/notify-drained", test_notify_drained);
  g_test_add_func ("/wire/large-blob", test_large_blob);
  g_test_add_func ("/wire/max-queued", test_max_queued);
  g_test_add_func ("/wire/heartbeat/one", test_heartbeat);
  g_test_add_func ("/wire/heartbeat/many", test_heartbeat_of_many);
  g_test_add_func ("/wire/stalled", test_stalled);
  g_test_add_func ("/wire/slow-message", test_slow_message);
  g_test_add_func ("/wire/too-many-pings", test_too_many_pings);
  g_test_add_func ("/wire/pongs-do-not-pile-up", test_pongs_do_not_pile_up);
  g_test_add_func ("/wire/pause", test_pause);
  g_test_add_func ("/wire/pause-within-message", test_pause_within_message);
  g_test_add_func ("/wire/fairness", test_fairness);
  g_test_add_func ("/wire/too-many-fragments", test_too_many_fragments);

  return g_test_run ();
}
