/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <glib.h>
#include <string.h>

#include "server/wire/ls-wire-queue.h"

static LsBlob *
text_blob (const char *text)
{
  return ls_blob_new_frame (LS_FRAME_TEXT, text, strlen (text));
}

static void
push (LsWireQueue *queue,
      const char  *text)
{
  g_autoptr (LsBlob) blob = text_blob (text);

  ls_wire_queue_push (queue, blob);
}

/* What would be written, up to @room pieces. */
static GByteArray *
peek (LsWireQueue *queue,
      unsigned     room)
{
  struct iovec vector[64];
  GByteArray *bytes = g_byte_array_new ();
  size_t length;
  unsigned count = ls_wire_queue_peek (queue, vector, room, &length);

  for (unsigned i = 0; i < count; i++)
    g_byte_array_append (bytes, vector[i].iov_base, (unsigned) vector[i].iov_len);
  g_assert_cmpuint (bytes->len, ==, length);
  return bytes;
}

static void
assert_peek (LsWireQueue *queue,
             const char  *expected)
{
  g_autoptr (GByteArray) bytes = peek (queue, 64);

  g_assert_cmpmem (bytes->data, bytes->len, expected, strlen (expected));
}

static void
test_replace (void)
{
  _Atomic size_t pinned = 0;
  g_autoptr (LsBlob) other = text_blob ("other");
  LsWireQueue queue;

  ls_wire_queue_init (&queue, &pinned);
  g_assert_false (ls_wire_queue_replace (&queue, 0, other));
  push (&queue, "a");
  push (&queue, "b");
  push (&queue, "c");
  assert_peek (&queue, "\x81\x01"
                       "a\x81\x01"
                       "b\x81\x01"
                       "c");

  /* Not yet begun, even the first one; but not beyond the end. */
  g_assert_true (ls_wire_queue_replace (&queue, 0, other));
  g_assert_true (ls_wire_queue_replace (&queue, 2, other));
  g_assert_false (ls_wire_queue_replace (&queue, 3, other));
  g_assert_false (ls_wire_queue_replace (&queue, UINT64_MAX, other));
  assert_peek (&queue, "\x81\x05other\x81\x01"
                       "b\x81\x05other");
  g_assert_cmpuint (pinned, ==, 7 + 3);
  g_assert_cmpuint (queue.unsent, ==, 7 + 3 + 7);

  /* Begun, and gone. */
  g_assert_cmpuint (ls_wire_queue_advance (&queue, 1), ==, 0);
  g_assert_false (ls_wire_queue_replace (&queue, 0, other));
  g_assert_cmpuint (ls_wire_queue_advance (&queue, 6), ==, 1);
  g_assert_false (ls_wire_queue_replace (&queue, 0, other));
  g_assert_true (ls_wire_queue_replace (&queue, 1, other));
  assert_peek (&queue, "\x81\x05other\x81\x05other");

  ls_wire_queue_clear (&queue);
  g_assert_cmpuint (pinned, ==, 0);
  g_assert_cmpuint (queue.unsent, ==, 0);
}

static void
test_drop (void)
{
  _Atomic size_t pinned = 0;
  LsWireQueue queue;

  ls_wire_queue_init (&queue, &pinned);
  ls_wire_queue_drop (&queue);
  push (&queue, "a");
  push (&queue, "b");
  g_assert_cmpuint (ls_wire_queue_advance (&queue, 2), ==, 0);
  ls_wire_queue_drop (&queue);
  assert_peek (&queue, "a");
  g_assert_cmpuint (ls_wire_queue_advance (&queue, 1), ==, 1);
  push (&queue, "c");
  ls_wire_queue_drop (&queue);
  assert_peek (&queue, "");
  g_assert_cmpuint (pinned, ==, 0);
  ls_wire_queue_clear (&queue);
}

/* The same blob in two queues, and twice in one, is counted once, and lives until the last is
 * through. */
static void
test_shared (void)
{
  _Atomic size_t pinned = 0;
  LsWireQueue queues[2];

  for (unsigned i = 0; i < 2; i++)
    ls_wire_queue_init (&queues[i], &pinned);
  {
    g_autoptr (LsBlob) blob = text_blob ("shared");

    ls_wire_queue_push (&queues[0], blob);
    ls_wire_queue_push (&queues[0], blob);
    ls_wire_queue_push (&queues[1], blob);
  }
  g_assert_cmpuint (pinned, ==, 8);
  ls_wire_queue_clear (&queues[0]);
  g_assert_cmpuint (pinned, ==, 8);
  assert_peek (&queues[1], "\x81\x06shared");
  ls_wire_queue_clear (&queues[1]);
  g_assert_cmpuint (pinned, ==, 0);
}

/* Against plain bytes: pushes, partial writes and drops in any order, over many lengths of the
 * ring. */
static void
test_random (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (7);
  g_autoptr (GByteArray) expected = g_byte_array_new ();
  _Atomic size_t pinned = 0;
  LsWireQueue queue;
  unsigned pushed = 0, whole = 0, longest = 0;

  ls_wire_queue_init (&queue, &pinned);
  for (unsigned step = 0; step < 20000; step++)
    {
      /* In waves, so that it grows and empties. */
      gboolean growing = (step / 500) % 2 == 0;

      if (g_rand_int_range (random, 0, 10) < (growing ? 7 : 3))
        {
          g_autofree char *text = g_strdup_printf ("%u", pushed);
          g_autoptr (LsBlob) blob = text_blob (text);
          size_t length;
          const uint8_t *data = ls_blob_get_data (blob, &length);

          g_assert_cmpuint (ls_wire_queue_push (&queue, blob), ==, pushed++);
          g_byte_array_append (expected, data, (unsigned) length);
          longest = MAX (longest, queue.used);
        }
      else
        {
          g_autoptr (GByteArray) bytes = peek (&queue, (unsigned) g_rand_int_range (random, 1, 5));
          unsigned take = (unsigned) g_rand_int_range (random, 0, (int) bytes->len + 1);

          g_assert_cmpmem (bytes->data, bytes->len, expected->data, bytes->len);
          whole += ls_wire_queue_advance (&queue, take);
          if (take > 0)
            g_byte_array_remove_range (expected, 0, take);
        }
      g_assert_cmpuint (queue.unsent, ==, expected->len);
      g_assert_cmpuint (queue.popped, ==, whole);
      g_assert_cmpuint (queue.used, ==, pushed - whole);
    }
  g_assert_cmpuint (longest, >, 32);
  ls_wire_queue_clear (&queue);
  g_assert_cmpuint (pinned, ==, 0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/wire-queue/replace", test_replace);
  g_test_add_func ("/wire-queue/drop", test_drop);
  g_test_add_func ("/wire-queue/shared", test_shared);
  g_test_add_func ("/wire-queue/random", test_random);

  return g_test_run ();
}
