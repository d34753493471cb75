/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire-peer.h"

static LsWire *
new_wire (unsigned threads)
{
  LsWireOptions options;

  ls_wire_options_init (&options);
  options.threads = threads;
  return peer_wire_new (&options);
}

static Peer *
new_echo (LsWire   *wire,
          PeerKind  kind)
{
  return peer_new_full (wire, kind, 0, peer_hook_echo, NULL, 0);
}

static LsBlob *
text_blob (const char *text)
{
  return ls_blob_new_frame (LS_FRAME_TEXT, text, strlen (text));
}

static void
send_text (Peer       *peer,
           const char *text)
{
  g_autoptr (LsBlob) blob = text_blob (text);

  ls_wire_send_one (peer->wire, peer->handle, blob);
}

static void
test_messages (gconstpointer data)
{
  static const uint8_t binary[] = { 0, 255, 254, 0 };
  g_autoptr (LsWire) wire = new_wire (1);
  g_autoptr (Peer) peer = new_echo (wire, (PeerKind) GPOINTER_TO_INT (data));

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
  g_autoptr (LsWire) wire = new_wire (1);
  g_autoptr (Peer) peer = new_echo (wire, (PeerKind) GPOINTER_TO_INT (data));
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
  g_autoptr (LsWire) wire = new_wire (1);
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
  g_autoptr (LsWire) wire = new_wire (1);

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
  static const uint8_t frames[] = { 0x01, 0x82, 1, 2, 3, 4, 'H' ^ 1, 'i' ^ 2, 0x89, 0x81, 0, 0, 0, 0, 'p',
                                    0x80, 0x81, 1, 1, 1, 1, '!' ^ 1 };
  g_autoptr (LsWire) wire = new_wire (1);
  g_autoptr (Peer) peer = new_echo (wire, PEER_TCP);

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
  g_autoptr (LsWire) wire = new_wire ((unsigned) GPOINTER_TO_INT (data));
  g_autoptr (GPtrArray) peers = g_ptr_array_new_with_free_func ((GDestroyNotify) peer_free);
  LsWireHandle handles[PEERS];
  LsWireStats stats;

  for (unsigned i = 0; i < PEERS; i++)
    {
      Peer *peer = new_echo (wire, i % 2 == 0 ? PEER_UNIX : PEER_TCP);

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
      g_autoptr (LsBlob) blob = text_blob (text);

      ls_wire_send_one (peer->wire, handle, blob);
    }
}

/* What is sent within one turn of a thread goes out in one write. */
static void
test_one_write (void)
{
  g_autoptr (LsWire) wire = new_wire (1);
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

/* Senders on several threads, and the wire's own, that agree on an order by a lock: it is the order of arrival. */
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
  send_text (ordered.peer, text);
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
  g_autoptr (LsWire) wire = new_wire (1);
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
  g_autoptr (LsWire) wire = new_wire (1);
  g_autoptr (Peer) second = NULL;
  LsWireHandle handles[70] = { 0 };
  unsigned n = 0;
  g_autoptr (LsBlob) blob = text_blob ("for somebody else");

  {
    g_autoptr (Peer) first = new_echo (wire, PEER_UNIX);

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
      second = new_echo (wire, PEER_UNIX);
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
  g_autoptr (LsWire) wire = new_wire (1);
  g_autoptr (Peer) good = new_echo (wire, PEER_TCP);

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (Peer) peer = new_echo (wire, i % 2 == 0 ? PEER_TCP : PEER_UNIX);

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

/* A peer that goes on sending megabytes after it was told to stop gets its close frame all the same. */
static void
test_close_survives_flood (void)
{
  g_autoptr (LsWire) wire = new_wire (1);
  g_autoptr (Peer) peer = new_echo (wire, PEER_TCP);
  g_autofree uint8_t *junk = g_malloc0 (4 << 20);

  peer_write (peer, "\x83\x80", 2);
  peer_write (peer, junk, 4 << 20);
  peer_expect_close (peer, 1002);
  peer_expect_end (peer);
}

static void
test_close_by_us (void)
{
  g_autoptr (LsWire) wire = new_wire (1);
  g_autoptr (Peer) peer = peer_new (wire, PEER_TCP);
  g_auto (PeerItem) item = { 0 };

  /* Behind what was sent before; what is sent after is dropped, what the peer says after is not told. */
  send_text (peer, "first");
  ls_wire_close (wire, peer->handle, 4000, "that is enough");
  send_text (peer, "too late");
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
  g_autoptr (LsWire) wire = new_wire (1);

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (Peer) peer = new_echo (wire, PEER_TCP);

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
  g_autoptr (LsWire) wire = new_wire (1);

  /* In order. */
  {
    g_autoptr (Peer) peer = peer_new (wire, PEER_TCP);

    g_assert_cmpint (shutdown (peer->fd, SHUT_WR), ==, 0);
    peer_expect_end (peer);
    peer_wait_closed (peer, 1006, LS_WIRE_CLOSED_EOF);
  }
  /* By a reset. */
  {
    g_autoptr (Peer) peer = new_echo (wire, PEER_TCP);
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
  first = new_echo (wire, PEER_TCP);
  g_assert_true (ls_wire_is_full (wire));
  second = new_echo (wire, PEER_TCP);
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
  g_autoptr (LsWire) wire = new_wire (2);
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
  g_autoptr (LsWire) wire = new_wire (1);
  g_autoptr (Peer) peer = peer_new (wire, PEER_TCP);

  g_assert_false (ls_wire_drain (wire, 50));
  peer_expect_close (peer, 1001);
  g_clear_pointer (&wire, ls_wire_free);
  peer_wait_closed (peer, 1001, LS_WIRE_CLOSED_BY_US);
}

/* Whoever gave the descriptor may keep another one of the same connection, as libsoup does for a moment. */
static void
test_shared_descriptor (void)
{
  g_autoptr (LsWire) wire = new_wire (1);
  g_autoptr (Peer) good = new_echo (wire, PEER_UNIX);
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

/* Sessions that come and go while several threads send to them, also with handles of those that are gone. */
typedef struct {
  LsWire              *wire;
  _Atomic LsWireHandle handles[16];
  _Atomic int          stop;
} Stress;

static void *
send_to_all (void *data)
{
  Stress *stress = data;
  g_autoptr (LsBlob) blob = text_blob ("to all");

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
  g_autoptr (LsWire) wire = new_wire (3);
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
  g_test_add_func ("/wire/violations", test_violations);
  g_test_add_func ("/wire/close/survives-flood", test_close_survives_flood);
  g_test_add_func ("/wire/close/by-us", test_close_by_us);
  g_test_add_func ("/wire/close/unanswered", test_close_unanswered);
  g_test_add_func ("/wire/close/by-peer", test_close_by_peer);
  g_test_add_func ("/wire/close/then-silent", test_close_then_silent);
  g_test_add_func ("/wire/ends-without-close", test_ends_without_close);
  g_test_add_func ("/wire/too-many", test_too_many);
  g_test_add_func ("/wire/drain", test_drain);
  g_test_add_func ("/wire/drain-is-bounded", test_drain_is_bounded);
  g_test_add_func ("/wire/shared-descriptor", test_shared_descriptor);
  g_test_add_func ("/wire/stress", test_stress);

  return g_test_run ();
}
