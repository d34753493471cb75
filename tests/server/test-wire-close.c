/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <glib.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire-peer.h"

/* How sessions end: by a broken rule, by either end, by nobody, and all at once. */

static void
send_text_to (Peer       *peer,
              const char *text)
{
  g_autoptr (LsBlob) blob = peer_text_blob (text);

  ls_wire_send_one (peer->wire, peer->handle, blob);
}

/* What breaks a rule, the code it is told, and that others go on. */
static void
test_violations (void)
{
  static const struct {
    const char *bytes;
    size_t      length;
    uint16_t    code;
  } cases[] = {
    { "\x81\x05Hello", 7, 1002 },
    { "\x89\x00", 2, 1002 },
    { "\xc1\x80\0\0\0\0", 6, 1002 },
    { "\x83\x80\0\0\0\0", 6, 1002 },
    { "\x80\x80\0\0\0\0", 6, 1002 },
    { "\x09\x80\0\0\0\0", 6, 1002 },
    { "\x89\xfe\0\x7e\0\0\0\0", 8, 1002 },
    { "\x81\x82\0\0\0\0\xc0\xaf", 8, 1007 },
    { "\x82\xff\0\0\0\0\0\x0a\0\x01\0\0\0\0", 14, 1009 },
    { "\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0", 14, 1009 },
    { "\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0", 14, 1002 },
    { "\x88\x81\0\0\0\0x", 7, 1002 },
    { "\x88\x82\0\0\0\0\x03\xed", 8, 1002 },
    { "\x88\x84\0\0\0\0\x03\xe8\xc0\xaf", 10, 1007 },
    { "GET / HTTP/1.1\r\n\r\n", 18, 1002 },
  };
  g_autoptr (LsWire) wire = peer_wire_new_default (1);
  g_autoptr (Peer) good = peer_new_echo (wire, PEER_TCP);

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (Peer) peer = peer_new_echo (wire, i % 2 == 0 ? PEER_TCP : PEER_UNIX);

      /* The answer to what came before is not lost. */
      peer_send_text (peer, "before");
      peer_write (peer, cases[i].bytes, cases[i].length);
      peer_send_text (peer, "after");
      peer_expect_text (peer, "before");
      peer_expect_close (peer, cases[i].code);
      peer_expect_end (peer);
      peer_wait_closed (peer, cases[i].code, LS_WIRE_CLOSED_PROTOCOL);
      g_assert_cmpuint (peer_count (peer, &peer->messages), ==, 1);
      peer_round_trip (good);
    }
}

/* A peer that goes on sending megabytes after it was told to stop gets its close frame all the
 * same. */
static void
test_close_survives_flood (void)
{
  g_autoptr (LsWire) wire = peer_wire_new_default (1);
  g_autoptr (Peer) peer = peer_new_echo (wire, PEER_TCP);
  g_autofree uint8_t *junk = g_malloc0 (4 << 20);

  peer_write (peer, "\x83\x80", 2);
  peer_write (peer, junk, 4 << 20);
  peer_expect_close (peer, 1002);
  peer_expect_end (peer);
}

static void
test_close_by_us (void)
{
  g_autoptr (LsWire) wire = peer_wire_new_default (1);
  g_autoptr (Peer) peer = peer_new (wire, PEER_TCP);
  g_auto (PeerItem) item = { 0 };

  /* Behind what was sent before; what is sent after is dropped, what the peer says after is not
   * told. */
  send_text_to (peer, "first");
  ls_wire_close (wire, peer->handle, 4000, "that is enough");
  send_text_to (peer, "too late");
  ls_wire_close (wire, peer->handle, 4001, "twice");
  peer_expect_text (peer, "first");
  item = peer_read (peer);
  g_assert_cmpint (item.opcode, ==, LS_FRAME_CLOSE);
  g_assert_cmpuint (item.code, ==, 4000);
  g_assert_cmpmem (g_bytes_get_data (item.payload, NULL), g_bytes_get_size (item.payload),
                   "that is enough", 14);
  peer_send_text (peer, "not told");
  peer_send (peer, 0x89, "", 0);
  g_assert_cmpuint (peer_count (peer, &peer->closed), ==, 0);
  peer_send (peer, 0x88, "\x0f\xa0", 2);
  peer_expect_end (peer);
  peer_wait_closed (peer, 4000, LS_WIRE_CLOSED_BY_US);
  g_assert_cmpuint (peer_count (peer, &peer->messages), ==, 0);
}

static void
test_close_unanswered (void)
{
  LsWireOptions options;
  g_autoptr (LsWire) wire = NULL;
  g_autoptr (Peer) peer = NULL;

  ls_wire_options_init (&options);
  wire = peer_wire_new (&options);
  peer = peer_new (wire, PEER_TCP);
  ls_wire_close (wire, peer->handle, 1000, NULL);
  peer_expect_close (peer, 1000);
  peer_clock_advance (wire, options.close_ms + 2000);
  peer_expect_end (peer);
  peer_wait_closed (peer, 1000, LS_WIRE_CLOSED_BY_US);
}

static void
test_close_by_peer (void)
{
  static const struct {
    const char *payload;
    size_t      length;
    uint16_t    code;
  } cases[] = {
    { "", 0, 1005 },
    { "\x03\xe8", 2, 1000 },
    { "\x03\xe9gone", 6, 1001 },
    { "\x0b\xb8", 2, 3000 },
  };
  g_autoptr (LsWire) wire = peer_wire_new_default (1);

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (Peer) peer = peer_new_echo (wire, PEER_TCP);

      peer_send_text (peer, "last words");
      peer_send (peer, 0x88, cases[i].payload, cases[i].length);
      peer_expect_text (peer, "last words");
      peer_expect_close (peer, cases[i].code);
      peer_expect_end (peer);
      peer_wait_closed (peer, cases[i].code, LS_WIRE_CLOSED_BY_PEER);
    }
}

/* Closing, but neither end of the connection is ever shut by the peer. */
static void
test_close_then_silent (void)
{
  LsWireOptions options;
  g_autoptr (LsWire) wire = NULL;
  g_autoptr (Peer) peer = NULL;
  LsWireStats stats;

  ls_wire_options_init (&options);
  wire = peer_wire_new (&options);
  peer = peer_new (wire, PEER_TCP);
  peer_send (peer, 0x88, "", 0);
  peer_expect_close (peer, 1005);
  peer_wait_closed (peer, 1005, LS_WIRE_CLOSED_BY_PEER);
  peer_expect_end (peer);
  ls_wire_get_stats (wire, &stats);
  g_assert_cmpuint (stats.sessions, ==, 1);
  peer_clock_advance (wire, options.close_ms + 2000);
  g_assert_true (ls_wire_drain (wire, PEER_PATIENCE_MS));
}

static void
test_ends_without_close (void)
{
  g_autoptr (LsWire) wire = peer_wire_new_default (1);

  /* In order. */
  {
    g_autoptr (Peer) peer = peer_new (wire, PEER_TCP);

    g_assert_cmpint (shutdown (peer->fd, SHUT_WR), ==, 0);
    peer_expect_end (peer);
    peer_wait_closed (peer, 1006, LS_WIRE_CLOSED_EOF);
  }
  /* By a reset. */
  {
    g_autoptr (Peer) peer = peer_new_echo (wire, PEER_TCP);
    struct linger linger = { .l_onoff = 1 };

    peer_round_trip (peer);
    g_assert_cmpint (setsockopt (peer->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger), ==, 0);
    close (peer->fd);
    peer->fd = -1;
    peer_wait_closed (peer, 1006, LS_WIRE_CLOSED_ERROR);
  }
  /* Inside a message. */
  {
    g_autoptr (Peer) peer = peer_new (wire, PEER_UNIX);

    peer_write (peer, "\x81\x85\0\0\0\0He", 8);
    g_assert_cmpint (shutdown (peer->fd, SHUT_WR), ==, 0);
    peer_expect_end (peer);
    peer_wait_closed (peer, 1006, LS_WIRE_CLOSED_EOF);
    g_assert_cmpuint (peer_count (peer, &peer->messages), ==, 0);
  }
}

static void
test_too_many (void)
{
  LsWireOptions options;
  g_autoptr (LsWire) wire = NULL;
  g_autoptr (Peer) first = NULL;
  g_autoptr (Peer) second = NULL;
  LsWireStats stats;

  ls_wire_options_init (&options);
  options.max_sessions = 1;
  wire = peer_wire_new (&options);
  g_assert_false (ls_wire_is_full (wire));
  first = peer_new_echo (wire, PEER_TCP);
  g_assert_true (ls_wire_is_full (wire));
  second = peer_new_echo (wire, PEER_TCP);
  g_assert_cmpuint (second->handle, ==, LS_WIRE_HANDLE_NONE);
  peer_expect_close (second, 1013);
  peer_expect_end (second);
  peer_round_trip (first);
  ls_wire_get_stats (wire, &stats);
  g_assert_cmpuint (stats.refused, ==, 1);
  g_assert_cmpuint (stats.accepted, ==, 1);
}

static void *
answer_close (void *data)
{
  Peer *peer = data;

  peer_expect_close (peer, 1001);
  peer_send (peer, 0x88, "\x03\xe9", 2);
  peer_expect_end (peer);
  close (peer->fd);
  peer->fd = -1;
  return NULL;
}

static void
test_drain (void)
{
  g_autoptr (LsWire) wire = peer_wire_new_default (2);
  g_autoptr (GPtrArray) peers = g_ptr_array_new_with_free_func ((GDestroyNotify) peer_free);
  g_autoptr (Peer) late = NULL;
  pthread_t threads[8];

  for (unsigned i = 0; i < G_N_ELEMENTS (threads); i++)
    {
      g_ptr_array_add (peers, peer_new (wire, PEER_TCP));
      g_assert_cmpint (pthread_create (&threads[i], NULL, answer_close, peers->pdata[i]), ==, 0);
    }
  g_assert_true (ls_wire_drain (wire, PEER_PATIENCE_MS));
  for (unsigned i = 0; i < G_N_ELEMENTS (threads); i++)
    {
      pthread_join (threads[i], NULL);
      peer_wait_closed (peers->pdata[i], 1001, LS_WIRE_CLOSED_BY_US);
    }
  late = peer_new (wire, PEER_TCP);
  g_assert_cmpuint (late->handle, ==, LS_WIRE_HANDLE_NONE);
  peer_expect_close (late, 1013);
}

/* Whoever does not answer does not hold it up. */
static void
test_drain_is_bounded (void)
{
  g_autoptr (LsWire) wire = peer_wire_new_default (1);
  g_autoptr (Peer) peer = peer_new (wire, PEER_TCP);

  g_assert_false (ls_wire_drain (wire, 50));
  peer_expect_close (peer, 1001);
  g_clear_pointer (&wire, ls_wire_free);
  peer_wait_closed (peer, 1001, LS_WIRE_CLOSED_BY_US);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/wire/violations", test_violations);
  g_test_add_func ("/wire/close/survives-flood", test_close_survives_flood);
  g_test_add_func ("/wire/close/by-us", test_close_by_us);
  g_test_add_func ("/wire/close/unanswered", test_close_unanswered);
  g_test_add_func ("/wire/close/by-peer", test_close_by_peer);
  g_test_add_func ("/wire/close/then-silent", test_close_then_silent);
  g_test_add_func ("/wire/close/without-frame", test_ends_without_close);
  g_test_add_func ("/wire/too-many", test_too_many);
  g_test_add_func ("/wire/drain", test_drain);
  g_test_add_func ("/wire/drain-is-bounded", test_drain_is_bounded);

  return g_test_run ();
}
