/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <glib.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "wire-peer.h"

/* What is held for peers that do not read, and how a session comes back. */

static void
init_options (LsWireOptions *options)
{
  ls_wire_options_init (options);
  options->max_unsent = 20 * PEER_PIECE;
}

static void
send_to_both (Peer     *good,
              Peer     *slow,
              unsigned  number)
{
  LsWireHandle handles[] = { good->handle, slow->handle };
  g_autoptr (LsBlob) blob = peer_numbered_blob (number);

  g_assert_cmpuint (number, <, 10000);
  ls_wire_send (good->wire, handles, 2, blob);
  g_assert_cmpuint (peer_read_number (good), ==, number);
}

/* A reader that stops gets what it was sent up to a point, and nothing beyond it before it is
 * resumed; memory stays where it is, and nobody else notices. */
static void
test_overflow (gconstpointer data)
{
  PeerKind kind = (PeerKind) GPOINTER_TO_INT (data);
  LsWireOptions options;
  g_autoptr (LsWire) wire = NULL;
  g_autoptr (Peer) echo = NULL;
  g_autoptr (Peer) good = NULL;
  g_autoptr (Peer) slow = NULL;
  LsWireStats stats;
  unsigned sent = 0, got = 0;

  init_options (&options);
  wire = peer_wire_new (&options);
  echo = peer_new_echo (wire, PEER_UNIX);
  good = peer_new (wire, kind);
  slow = peer_new_full (wire, kind, PEER_SMALL_BUFFER, NULL, NULL, 0);

  while (peer_count (slow, &slow->overflowed) == 0)
    send_to_both (good, slow, sent++);
  for (unsigned more = 0; more < 500; more++)
    send_to_both (good, slow, sent++);
  peer_round_trip (echo);
  ls_wire_get_stats (wire, &stats);
  g_assert_cmpuint (stats.memory, <=, options.max_unsent + 100 * 20);
  g_assert_cmpuint (stats.memory, >, options.max_unsent / 2);
  g_assert_cmpuint (stats.overflows, ==, 1);
  g_assert_cmpuint (stats.dropped, >=, 500);
  g_assert_cmpuint (peer_count (slow, &slow->overflowed), ==, 1);
  g_assert_cmpuint (peer_count (slow, &slow->drained), ==, 0);

  /* It reads again: without a gap up to the point, and then it is told as drained. */
  while (peer_count (slow, &slow->drained) == 0)
    g_assert_cmpuint (peer_read_number (slow), ==, got++);
  /* Not resumed yet: still dropped. */
  peer_send_number (slow, 1000000);
  ls_wire_resume (wire, slow->handle);
  peer_send_number (slow, 2000000);
  for (;;)
    {
      unsigned number = peer_read_number (slow);

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
  echo = peer_new_echo (wire, PEER_UNIX);
  for (unsigned i = 0; i < PEERS; i++)
    {
      g_ptr_array_add (peers, peer_new_full (wire, PEER_UNIX, PEER_SMALL_BUFFER, NULL, NULL, 0));
      handles[i] = ((Peer *) peers->pdata[i])->handle;
    }
  for (unsigned i = 0; i < 100; i++)
    {
      g_autoptr (LsBlob) blob = peer_numbered_blob (i);

      ls_wire_send (wire, handles, PEERS, blob);
    }
  peer_round_trip (echo);
  ls_wire_get_stats (wire, &stats);
  g_assert_cmpuint (stats.overflows, ==, PEERS);
  g_assert_cmpuint (stats.memory, <, 2 * options.max_unsent);
}

/* Many that each have a little that they do not read. */
static void
fill_a_little (LsWire    *wire,
               Peer      *echo,
               GPtrArray *peers,
               unsigned   count)
{
  LsWireStats stats;

  for (unsigned i = 0; i < count; i++)
    {
      Peer *peer = peer_new_full (wire, PEER_UNIX, PEER_SMALL_BUFFER, NULL, NULL, 0);
      uint64_t before;

      g_ptr_array_add (peers, peer);
      peer_round_trip (echo);
      ls_wire_get_stats (wire, &stats);
      before = stats.memory;
      for (unsigned j = 0; stats.memory < before + PEER_PIECE; j++)
        {
          peer_send_number (peer, j);
          peer_round_trip (echo);
          ls_wire_get_stats (wire, &stats);
        }
    }
}

/* New ones get one blob each whatever its length, in case that their sockets take it. */
static void
fill_at_once (LsWire    *wire,
              Peer      *echo,
              GPtrArray *peers,
              unsigned   count,
              size_t     most)
{
  g_autofree uint8_t *bytes = g_malloc0 (20 * PEER_PIECE);
  LsWireStats stats;

  for (unsigned i = 0; i < count; i++)
    {
      Peer *peer = peer_new_full (wire, PEER_UNIX, PEER_SMALL_BUFFER, NULL, NULL, 0);
      g_autoptr (LsBlob) blob = ls_blob_new_frame (LS_FRAME_BINARY, bytes, 20 * PEER_PIECE);

      g_ptr_array_add (peers, peer);
      ls_wire_send_one (wire, peer->handle, blob);
      peer_round_trip (echo);
      ls_wire_get_stats (wire, &stats);
      g_assert_cmpuint (stats.memory, <=, most + 21 * PEER_PIECE);
    }
}

/* When all together have too much, whoever blocks overflows, and beyond that goes; whoever reads
 * notices nothing. */
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
  echo = peer_new_echo (wire, PEER_UNIX);

  fill_a_little (wire, echo, peers, PEERS);
  ls_wire_get_stats (wire, &stats);
  g_assert_cmpuint (stats.memory, <, options.max_memory);
  g_assert_cmpuint (stats.overflows, ==, 0);

  /* Then there comes more, for each less than it might have alone. */
  for (unsigned i = 0; i < PEERS; i++)
    {
      for (unsigned j = 0; j < 15; j++)
        peer_send_number (peers->pdata[i], j);
      peer_round_trip (echo);
      ls_wire_get_stats (wire, &stats);
      g_assert_cmpuint (stats.memory, <=, options.max_memory * 5 / 4);
    }
  g_assert_cmpuint (stats.overflows, >, PEERS / 2);

  fill_at_once (wire, echo, peers, PEERS, options.max_memory * 5 / 4);
  ls_wire_get_stats (wire, &stats);
  g_assert_cmpuint (stats.closed[LS_WIRE_CLOSED_LIMIT], >, PEERS / 2);
  g_assert_cmpuint (peer_count (echo, &echo->overflowed), ==, 0);

  g_ptr_array_set_size (peers, 0);
  peer_wire_settle (wire, 0, &stats);
  peer_round_trip (echo);
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
  echo = peer_new_echo (wire, PEER_UNIX);
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
  peer_round_trip (echo);
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
    g_assert_cmpuint (peer_read_number (reader->peer), ==, i);
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
  peer = peer_new_full (wire, PEER_UNIX, PEER_SMALL_BUFFER, NULL, NULL, 0);
  reader.peer = peer;
  g_assert_cmpint (pthread_create (&thread, NULL, read_all, &reader), ==, 0);
  for (unsigned i = 0; i < COUNT; i++)
    {
      peer_send_number (peer, i);
      if (i % BATCH == BATCH - 1)
        {
          ls_wire_notify_drained (wire, peer->handle);
          peer_wait (peer, &peer->drained, (i + 1) / BATCH);
          ls_wire_get_stats (wire, &stats);
          most = MAX (most, stats.memory);
        }
    }
  pthread_join (thread, NULL);
  g_assert_cmpuint (most, <=, options.max_unsent / 4 + PEER_PIECE);
  g_assert_cmpuint (peer_count (peer, &peer->overflowed), ==, 0);
}

/* A blob that is larger than all that may wait is taken by an empty queue, and by no other. */
static void
test_large_blob (void)
{
  LsWireOptions options;
  g_autoptr (LsWire) wire = NULL;
  g_autoptr (Peer) peer = NULL;
  g_autofree char *text = g_strnfill (30 * PEER_PIECE, 'y');
  g_autoptr (LsBlob) blob = ls_blob_new_frame (LS_FRAME_TEXT, text, 30 * PEER_PIECE);

  init_options (&options);
  wire = peer_wire_new (&options);
  peer = peer_new_full (wire, PEER_TCP, PEER_SMALL_BUFFER, NULL, NULL, 0);
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
  options.max_queued = 5 * PEER_PIECE;
  wire = peer_wire_new (&options);
  blocker = peer_new_full (wire, PEER_UNIX, 0, hook_busy, NULL, 0);
  peer = peer_new (wire, PEER_TCP);
  peer_wait (peer, &peer->opened, 1);

  pthread_mutex_lock (&busy);
  peer_send_text (blocker, "x");
  peer_wait (blocker, &blocker->messages, 1);
  for (unsigned i = 0; i < 100; i++)
    peer_send_number (peer, i);
  ls_wire_get_stats (wire, &stats);
  g_assert_cmpuint (stats.queued, <=, options.max_queued);
  pthread_mutex_unlock (&busy);

  peer_wait (peer, &peer->overflowed, 1);
  peer_clock_advance (wire, 2000);
  peer_wait (peer, &peer->drained, 1);
  ls_wire_resume (wire, peer->handle);
  peer_send_number (peer, 1000);
  for (;;)
    {
      unsigned number = peer_read_number (peer);

      if (number == 1000)
        break;
      g_assert_cmpuint (number, ==, got++);
    }
  g_assert_cmpuint (got, <, 6);
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

  return g_test_run ();
}
