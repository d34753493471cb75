/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <glib.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>

#include "wire-peer.h"

/* Silent, slow, busy and greedy peers: how long they are waited for, and what they cost others. */

static void
init_options (LsWireOptions *options)
{
  ls_wire_options_init (options);
  options->max_unsent = 20 * PEER_PIECE;
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
  peer = peer_new_echo (wire, PEER_TCP);
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
      Peer *peer = peer_new_echo (wire, PEER_UNIX);

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
  peer = peer_new_full (wire, PEER_UNIX, PEER_SMALL_BUFFER, NULL, NULL, 0);
  for (unsigned i = 0; peer_count (peer, &peer->overflowed) == 0; i++)
    peer_send_number (peer, i);
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
  peer = peer_new_echo (wire, PEER_TCP);
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
  echo = peer_new_echo (wire, PEER_UNIX);
  peer = peer_new_full (wire, PEER_UNIX, PEER_SMALL_BUFFER, NULL, NULL, 0);
  for (unsigned i = 0; peer_count (peer, &peer->overflowed) == 0; i++)
    peer_send_number (peer, i);
  ls_wire_get_stats (wire, &before);
  for (unsigned i = 0; i < 500; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      peer_send (peer, 0x89, text, strlen (text));
      if (i % 100 == 0)
        peer_round_trip (echo);
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

/* A peer that asks and does not read the answers is not read itself, until it does; nothing is
 * lost. */
static void
test_pause (void)
{
  LsWireOptions options;
  g_autoptr (LsWire) wire = NULL;
  g_autoptr (Peer) peer = NULL;
  g_autofree char *text = g_strnfill (PEER_PIECE, 'q');
  uint8_t frame[LS_FRAME_MAX_HEADER + PEER_PIECE];
  const uint8_t mask[4] = { 0 };
  size_t used = ls_frame_write_header (frame, LS_FRAME_TEXT, TRUE, PEER_PIECE, mask);
  struct pollfd poll_fd;
  unsigned whole = 0;
  size_t part = 0;
  LsWireStats stats;

  init_options (&options);
  options.pause_unsent = 10 * PEER_PIECE;
  options.stall_ms = 3600 * 1000;
  wire = peer_wire_new (&options);
  peer = peer_new_full (wire, PEER_UNIX, PEER_SMALL_BUFFER, peer_hook_echo, NULL, 0);
  memcpy (frame + used, text, PEER_PIECE);
  used += PEER_PIECE;

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
  g_assert_cmpuint (stats.memory, <=, options.pause_unsent + 6 * PEER_PIECE);
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
  options.pause_unsent = 10 * PEER_PIECE;
  options.stall_ms = 3600 * 1000;
  options.heartbeat_ms = 0;
  wire = peer_wire_new (&options);
  echo = peer_new_echo (wire, PEER_UNIX);
  peer = peer_new_full (wire, PEER_UNIX, PEER_SMALL_BUFFER, NULL, NULL, 0);
  peer_send (peer, 0x01, "beginning ", 10);
  peer_send (peer, 0x89, "", 0);
  peer_expect (peer, LS_FRAME_PONG, "", 0);
  do
    {
      peer_send_number (peer, sent++);
      peer_round_trip (echo);
      ls_wire_get_stats (wire, &stats);
    }
  while (stats.memory < 12 * PEER_PIECE);

  peer_clock_advance (wire, options.message_ms + 5000);
  for (unsigned i = 0; i < sent; i++)
    g_assert_cmpuint (peer_read_number (peer), ==, i);
  peer_round_trip (echo);
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
  good = peer_new_echo (wire, PEER_TCP);
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
