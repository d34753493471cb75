/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <fcntl.h>
#include <glib.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire-peer.h"

static void
send_text_to (Peer       *peer,
              const char *text)
{
  g_autoptr (LsBlob) blob = peer_text_blob (text);

  ls_wire_send_one (peer->wire, peer->handle, blob);
}

static void
test_messages (gconstpointer data)
{
  static const uint8_t binary[] = { 0, 255, 254, 0 };
  g_autoptr (LsWire) wire = peer_wire_new_default (1);
  g_autoptr (Peer) peer = peer_new_echo (wire, (PeerKind) GPOINTER_TO_INT (data));

  peer_wait (peer, &peer->opened, 1);
  peer_send_text (peer, "caf\xc3\xa9");
  peer_expect_text (peer, "caf\xc3\xa9");
  peer_send (peer, 0x82, binary, sizeof binary);
  peer_expect (peer, LS_FRAME_BINARY, binary, sizeof binary);
  peer_send_text (peer, "");
  peer_expect_text (peer, "");
  /* In fragments, with a ping between them. */
  peer_send (peer, 0x01, "Hel", 3);
  peer_send (peer, 0x89, "ping", 4);
  peer_send (peer, 0x80, "lo", 2);
  peer_expect (peer, LS_FRAME_PONG, "ping", 4);
  peer_expect_text (peer, "Hello");

  peer_send (peer, 0x88, "\x03\xe8 bye", 6);
  peer_expect_close (peer, 1000);
  peer_expect_end (peer);
  peer_wait_closed (peer, 1000, LS_WIRE_CLOSED_BY_PEER);
}

static void
test_large (gconstpointer data)
{
  g_autoptr (LsWire) wire = peer_wire_new_default (1);
  g_autoptr (Peer) peer = peer_new_echo (wire, (PeerKind) GPOINTER_TO_INT (data));
  g_autofree char *text = g_strnfill (640 * 1024, 'x');
  LsWireStats stats;

  for (int i = 0; i < 5; i++)
    {
      peer_send_text (peer, text);
      peer_expect_text (peer, text);
    }
  peer_round_trip (peer);
  peer_wire_settle (wire, 6, &stats);
  g_assert_cmpuint (stats.messages, ==, 6);
  close (peer->fd);
  peer->fd = -1;
}

/* What libsoup had read beyond the headers comes first, a frame and a half of it. */
static void
test_initial (void)
{
  static const uint8_t initial[] = { 0x81, 0x81, 0, 0, 0, 0, 'a', 0x81, 0x82, 0, 0, 0, 0, 'b' };
  g_autoptr (LsWire) wire = peer_wire_new_default (1);
  g_autoptr (Peer) peer = NULL;
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;

  peer = peer_new_full (wire, PEER_UNIX, 0, NULL, initial, sizeof initial);
  first = peer_get_text (peer, 0);
  g_assert_cmpstr (first, ==, "a");
  peer_write (peer, "c", 1);
  second = peer_get_text (peer, 1);
  g_assert_cmpstr (second, ==, "bc");
}

/* Also with those bytes an answer goes out ahead of the end that the bytes behind it call for. */
static void
test_initial_violation (void)
{
  static const uint8_t initial[] = { 0x81, 0x81, 0, 0, 0, 0, 'a', 0x83, 0x80 };
  g_autoptr (LsWire) wire = peer_wire_new_default (1);

  for (unsigned i = 0; i < 20; i++)
    {
      g_autoptr (Peer) peer = NULL;

      peer = peer_new_full (wire, PEER_UNIX, 0, peer_hook_echo, initial, sizeof initial);
      peer_expect_text (peer, "a");
      peer_expect_close (peer, 1002);
      peer_expect_end (peer);
    }
}

static void
test_byte_by_byte (void)
{
  static const uint8_t frames[] = {
    0x01, 0x82, 1, 2, 3, 4, 'H' ^ 1, 'i' ^ 2, 0x89, 0x81, 0, 0, 0, 0, 'p',
    0x80, 0x81, 1, 1, 1, 1, '!' ^ 1,
  };
  g_autoptr (LsWire) wire = peer_wire_new_default (1);
  g_autoptr (Peer) peer = peer_new_echo (wire, PEER_TCP);

  for (size_t i = 0; i < sizeof frames; i++)
    peer_write (peer, frames + i, 1);
  peer_expect (peer, LS_FRAME_PONG, "p", 1);
  peer_expect_text (peer, "Hi!");
}

/* The same blob to many sessions on several threads. */
static void
test_fan_out (gconstpointer data)
{
  enum { PEERS = 150, BLOBS = 20 };
  g_autoptr (LsWire) wire = peer_wire_new_default ((unsigned) GPOINTER_TO_INT (data));
  g_autoptr (GPtrArray) peers = g_ptr_array_new_with_free_func ((GDestroyNotify) peer_free);
  LsWireHandle handles[PEERS];
  LsWireStats stats;

  for (unsigned i = 0; i < PEERS; i++)
    {
      Peer *peer = peer_new_echo (wire, i % 2 == 0 ? PEER_UNIX : PEER_TCP);

      g_ptr_array_add (peers, peer);
      handles[i] = peer->handle;
    }
  for (unsigned i = 0; i < BLOBS; i++)
    {
      g_autofree char *text = g_strdup_printf ("blob %u", i);
      g_autofree char *more = g_strdup_printf ("and %u", i);
      LsBlobPart parts[] = { { text, strlen (text) }, { more, strlen (more) } };
      g_autoptr (LsBlob) blob = ls_blob_new_frames (LS_FRAME_TEXT, parts, G_N_ELEMENTS (parts));

      ls_wire_send (wire, handles, PEERS, blob);
    }
  for (unsigned i = 0; i < PEERS; i++)
    {
      for (unsigned j = 0; j < BLOBS; j++)
        {
          g_autofree char *text = g_strdup_printf ("blob %u", j);
          g_autofree char *more = g_strdup_printf ("and %u", j);

          peer_expect_text (peers->pdata[i], text);
          peer_expect_text (peers->pdata[i], more);
        }
      peer_round_trip (peers->pdata[i]);
    }

  peer_wire_settle (wire, PEERS * (BLOBS + 1), &stats);
  g_assert_cmpuint (stats.sessions, ==, PEERS);
  g_assert_cmpuint (stats.blobs_written, ==, PEERS * (BLOBS + 1));
  g_clear_pointer (&wire, ls_wire_free);
  for (unsigned i = 0; i < PEERS; i++)
    peer_wait_closed (peers->pdata[i], 1006, LS_WIRE_CLOSED_SHUTDOWN);
}

static void
hook_many (Peer          *peer,
           LsWireHandle   handle,
           const uint8_t *data,
           size_t         length,
           gboolean       is_binary)
{
  for (unsigned i = 0; i < 50; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);
      g_autoptr (LsBlob) blob = peer_text_blob (text);

      ls_wire_send_one (peer->wire, handle, blob);
    }
}

/* What is sent within one turn of a thread goes out in one write. */
static void
test_one_write (void)
{
  g_autoptr (LsWire) wire = peer_wire_new_default (1);
  g_autoptr (Peer) peer = peer_new_full (wire, PEER_TCP, 0, hook_many, NULL, 0);
  LsWireStats stats;

  peer_send_text (peer, "go");
  for (unsigned i = 0; i < 50; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      peer_expect_text (peer, text);
    }
  peer_wire_settle (wire, 50, &stats);
  g_assert_cmpuint (stats.writes, ==, 1);
  g_assert_cmpuint (stats.blobs_written, ==, 50);
}

/* Senders on several threads, and the wire's own, that agree on an order by a lock: it is the order
 * of arrival. */
typedef struct {
  pthread_mutex_t lock;
  unsigned        next;
  Peer           *peer;
} Ordered;

static Ordered ordered = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void
send_next (void)
{
  g_autofree char *text = NULL;

  pthread_mutex_lock (&ordered.lock);
  text = g_strdup_printf ("%u", ordered.next++);
  send_text_to (ordered.peer, text);
  pthread_mutex_unlock (&ordered.lock);
}

static void
hook_send_next (Peer          *peer,
                LsWireHandle   handle,
                const uint8_t *data,
                size_t         length,
                gboolean       is_binary)
{
  send_next ();
}

static void *
send_many (void *data)
{
  for (unsigned i = 0; i < 500; i++)
    send_next ();
  return NULL;
}

static void
test_order (void)
{
  g_autoptr (LsWire) wire = peer_wire_new_default (1);
  g_autoptr (Peer) peer = peer_new_full (wire, PEER_TCP, 0, hook_send_next, NULL, 0);
  pthread_t threads[3];

  pthread_mutex_lock (&ordered.lock);
  ordered.next = 0;
  ordered.peer = peer;
  pthread_mutex_unlock (&ordered.lock);
  for (unsigned i = 0; i < G_N_ELEMENTS (threads); i++)
    g_assert_cmpint (pthread_create (&threads[i], NULL, send_many, NULL), ==, 0);
  for (unsigned i = 0; i < 500; i++)
    peer_send_text (peer, "x");
  for (unsigned i = 0; i < 500 * (G_N_ELEMENTS (threads) + 1); i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      peer_expect_text (peer, text);
    }
  for (unsigned i = 0; i < G_N_ELEMENTS (threads); i++)
    pthread_join (threads[i], NULL);
}

static void
test_stale_handles (void)
{
  g_autoptr (LsWire) wire = peer_wire_new_default (1);
  g_autoptr (Peer) second = NULL;
  LsWireHandle handles[70] = { 0 };
  unsigned n = 0;
  g_autoptr (LsBlob) blob = peer_text_blob ("for somebody else");

  {
    g_autoptr (Peer) first = peer_new_echo (wire, PEER_UNIX);

    peer_round_trip (first);
    handles[n++] = first->handle;
    close (first->fd);
    first->fd = -1;
    peer_wait_closed (first, 1006, LS_WIRE_CLOSED_EOF);
  }
  /* The place is free at the end of the turn; until then another one is taken. */
  do
    {
      g_clear_pointer (&second, peer_free);
      second = peer_new_echo (wire, PEER_UNIX);
      if ((second->handle ^ handles[0]) >> 32 == 0)
        break;
      close (second->fd);
      second->fd = -1;
    }
  while (TRUE);
  g_assert_cmpuint (second->handle, !=, handles[0]);

  handles[n++] = second->handle + 1;
  handles[n++] = LS_WIRE_HANDLE_NONE;
  handles[n++] = UINT64_MAX;
  for (unsigned bit = 0; bit < 64; bit++)
    handles[n++] = second->handle ^ UINT64_C (1) << bit;
  for (unsigned i = 0; i < n; i++)
    {
      ls_wire_send_one (wire, handles[i], blob);
      ls_wire_close (wire, handles[i], 1000, "not you");
      ls_wire_resume (wire, handles[i]);
      ls_wire_notify_drained (wire, handles[i]);
    }
  ls_wire_send (wire, handles, n, blob);
  peer_round_trip (second);
  g_assert_cmpuint (peer_count (second, &second->drained), ==, 0);
}

/* Whoever gave the descriptor may keep another one of the same connection, as libsoup does for a
 * moment. */
static void
test_shared_descriptor (void)
{
  g_autoptr (LsWire) wire = peer_wire_new_default (1);
  g_autoptr (Peer) good = peer_new_echo (wire, PEER_UNIX);
  Peer peer = { .fd = -1 };
  LsWireStats before, after;
  int fds[2], kept;
  char byte;

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM, 0, fds), ==, 0);
  kept = fcntl (fds[1], F_DUPFD_CLOEXEC, 0);
  peer.handle = ls_wire_accept (wire, fds[1], NULL, 0, &peer);
  peer_wait (&peer, &peer.opened, 1);
  g_assert_cmpint (send (fds[0], "\x83\x80", 2, MSG_NOSIGNAL), ==, 2);
  peer_wait_closed (&peer, 1002, LS_WIRE_CLOSED_PROTOCOL);
  g_assert_cmpint (shutdown (fds[0], SHUT_WR), ==, 0);
  while (recv (fds[0], &byte, 1, 0) > 0)
    ;
  /* Nothing that happens to the connection may wake the wire any more. */
  close (fds[0]);
  peer_round_trip (good);
  ls_wire_get_stats (wire, &before);
  for (unsigned i = 0; i < 500; i++)
    peer_round_trip (good);
  ls_wire_get_stats (wire, &after);
  g_assert_cmpuint (after.turns - before.turns, <, 2 * 500 + 50);
  close (kept);
}

/* Sessions that come and go while several threads send to them, also with handles of those that are
 * gone. */
typedef struct {
  LsWire              *wire;
  _Atomic LsWireHandle handles[16];
  _Atomic int          stop;
} Stress;

static void *
send_to_all (void *data)
{
  Stress *stress = data;
  g_autoptr (LsBlob) blob = peer_text_blob ("to all");

  while (!atomic_load (&stress->stop))
    {
      LsWireHandle handles[G_N_ELEMENTS (stress->handles)];

      for (unsigned i = 0; i < G_N_ELEMENTS (handles); i++)
        handles[i] = atomic_load (&stress->handles[i]);
      ls_wire_send (stress->wire, handles, G_N_ELEMENTS (handles), blob);
      ls_wire_resume (stress->wire, handles[0]);
      g_thread_yield ();
    }
  return NULL;
}

static void
test_stress (void)
{
  g_autoptr (LsWire) wire = peer_wire_new_default (3);
  g_autoptr (GRand) random = g_rand_new_with_seed (3);
  Peer *peers[16] = { NULL };
  Stress stress = { .wire = wire };
  pthread_t threads[2];

  for (unsigned i = 0; i < G_N_ELEMENTS (threads); i++)
    g_assert_cmpint (pthread_create (&threads[i], NULL, send_to_all, &stress), ==, 0);
  for (unsigned i = 0; i < 400; i++)
    {
      unsigned at = (unsigned) g_rand_int_range (random, 0, G_N_ELEMENTS (peers));

      if (peers[at] != NULL && g_rand_boolean (random))
        ls_wire_close (wire, peers[at]->handle, 1000, "next");
      g_clear_pointer (&peers[at], peer_free);
      peers[at] = peer_new (wire, g_rand_boolean (random) ? PEER_TCP : PEER_UNIX);
      atomic_store (&stress.handles[at], peers[at]->handle);
      peer_expect_text (peers[at], "to all");
    }
  atomic_store (&stress.stop, 1);
  for (unsigned i = 0; i < G_N_ELEMENTS (threads); i++)
    pthread_join (threads[i], NULL);
  for (unsigned i = 0; i < G_N_ELEMENTS (peers); i++)
    g_clear_pointer (&peers[i], peer_free);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/wire/messages/unix", GINT_TO_POINTER (PEER_UNIX), test_messages);
  g_test_add_data_func ("/wire/messages/tcp", GINT_TO_POINTER (PEER_TCP), test_messages);
  g_test_add_data_func ("/wire/large/unix", GINT_TO_POINTER (PEER_UNIX), test_large);
  g_test_add_data_func ("/wire/large/tcp", GINT_TO_POINTER (PEER_TCP), test_large);
  g_test_add_func ("/wire/initial", test_initial);
  g_test_add_func ("/wire/initial-violation", test_initial_violation);
  g_test_add_func ("/wire/byte-by-byte", test_byte_by_byte);
  g_test_add_data_func ("/wire/fan-out/1", GINT_TO_POINTER (1), test_fan_out);
  g_test_add_data_func ("/wire/fan-out/3", GINT_TO_POINTER (3), test_fan_out);
  g_test_add_func ("/wire/one-write", test_one_write);
  g_test_add_func ("/wire/order", test_order);
  g_test_add_func ("/wire/stale-handles", test_stale_handles);
  g_test_add_func ("/wire/shared-descriptor", test_shared_descriptor);
  g_test_add_func ("/wire/stress", test_stress);

  return g_test_run ();
}
