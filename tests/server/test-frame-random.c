/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <glib.h>
#include <string.h>

#include "frame-lines.h"
#include "server/wire/ls-frame.h"
#include "server/wire/ls-utf8.h"

#define MAX_MESSAGE 100000
#define MAX_FRAGMENTS 50

static const LsFrameLimits limits = {
  .role = LS_FRAME_ROLE_SERVER,
  .max_message = MAX_MESSAGE,
  .max_fragments = MAX_FRAGMENTS,
};

/* A simple decoder to compare with: of the whole stream at once, by another route: text is checked
 * by GLib, and for its unfinished tail by a table of all beginnings of all characters. */
typedef struct {
  uint8_t one[256];
  uint8_t two[65536];
  uint8_t three[1 << 24];
} Beginnings;

static Beginnings *beginnings;

static void
fill_beginnings (void)
{
  beginnings = g_new0 (Beginnings, 1);
  for (gunichar c = 0; c <= 0x10ffff; c++)
    {
      char bytes[6];
      const uint8_t *b = (const uint8_t *) bytes;
      int length = g_unichar_to_utf8 (c, bytes);

      if (c >= 0xd800 && c <= 0xdfff)
        continue;
      if (length > 1)
        beginnings->one[b[0]] = 1;
      if (length > 2)
        beginnings->two[b[0] << 8 | b[1]] = 1;
      if (length > 3)
        beginnings->three[b[0] << 16 | b[1] << 8 | b[2]] = 1;
    }
}

static gboolean
is_beginning (const uint8_t *data,
              size_t         length)
{
  switch (length)
    {
    case 0:
      return TRUE;
    case 1:
      return beginnings->one[data[0]];
    case 2:
      return beginnings->two[data[0] << 8 | data[1]];
    case 3:
      return beginnings->three[data[0] << 16 | data[1] << 8 | data[2]];
    default:
      return FALSE;
    }
}

/* Whether a text can be so far, and whether it can end so. Changes @text. */
static gboolean
check_bytes (uint8_t *text,
             size_t   length,
             gboolean ends)
{
  const char *end;

  /* GLib takes NUL for the end. */
  for (size_t i = 0; i < length; i++)
    if (text[i] == 0)
      text[i] = 'x';
  if (g_utf8_validate_len ((const char *) text, length, &end))
    return TRUE;
  length -= (size_t) (end - (const char *) text);
  return !ends && is_beginning ((const uint8_t *) end, length);
}

static gboolean
check_text (GByteArray *text,
            gboolean    ends)
{
  g_autofree uint8_t *copy = g_memdup2 (text->data, text->len);

  return text->len == 0 || check_bytes (copy, text->len, ends);
}

/* One frame of the simple decoder. Returns the bytes it took, 0 at an end. */
typedef struct {
  GString    *out;
  GByteArray *message;
  int         kind;
  unsigned    frames;
  size_t      size;
  gboolean    under_way;
} Simple;

static size_t
stop (Simple  *simple,
      unsigned code)
{
  if (code != 0)
    frame_lines_print_error (simple->out, code);
  simple->under_way = FALSE;
  return 0;
}

static size_t
simple_control (Simple     *simple,
                int         opcode,
                GByteArray *payload)
{
  LsFrameItem item = { .opcode = (LsFrameOpcode) opcode,
                       .data = payload->data,
                       .length = payload->len };

  if (opcode == 8)
    {
      g_autoptr (GByteArray) reason = g_byte_array_new ();

      if (payload->len == 1)
        return stop (simple, 1002);
      item.code = 1005;
      if (payload->len > 1)
        {
          item.code = (uint16_t) (payload->data[0] << 8 | payload->data[1]);
          g_byte_array_append (reason, payload->data + 2, payload->len - 2);
          item.data = reason->data;
          item.length = reason->len;
          if (item.code < 1000 || item.code > 4999 || (item.code >= 1015 && item.code < 3000) ||
              (item.code >= 1004 && item.code <= 1006))
            return stop (simple, 1002);
          if (!check_text (reason, TRUE))
            return stop (simple, 1007);
        }
      frame_lines_print_item (simple->out, &item);
      return stop (simple, 0);
    }
  frame_lines_print_item (simple->out, &item);
  return 1;
}

/* Payload of a message. */
static size_t
simple_data (Simple     *simple,
             GByteArray *payload,
             gboolean    whole,
             gboolean    fin)
{
  g_byte_array_append (simple->message, payload->data, payload->len);
  if (simple->kind == 1 && !check_text (simple->message, whole && fin))
    return stop (simple, 1007);
  if (!whole)
    return 0;
  if (fin)
    {
      LsFrameItem item = { .opcode = (LsFrameOpcode) simple->kind,
                           .data = simple->message->data,
                           .length = simple->message->len };

      frame_lines_print_item (simple->out, &item);
      simple->kind = 0;
      simple->frames = 0;
      simple->size = 0;
      g_byte_array_set_size (simple->message, 0);
    }
  return 1;
}

/* Bytes of the header, 0 if it is not all there or is wrong. */
static size_t
simple_header (Simple        *simple,
               const uint8_t *b,
               size_t         left,
               uint64_t      *length)
{
  int opcode = b[0] & 15;
  gboolean control = opcode >= 8;
  unsigned wide = 0;

  *length = b[1] & 127;
  if ((b[0] & 0x70) || !(b[1] & 0x80) || (opcode > 2 && opcode < 8) || opcode > 10)
    return stop (simple, 1002);
  if (control && (!(b[0] & 0x80) || *length > 125))
    return stop (simple, 1002);
  if (!control && (opcode == 0) != (simple->kind != 0))
    return stop (simple, 1002);
  if (*length >= 126)
    {
      wide = *length == 126 ? 2 : 8;
      if (left < 2 + wide)
        return 0;
      *length = 0;
      for (unsigned i = 0; i < wide; i++)
        *length = *length * 256 + b[2 + i];
      if ((wide == 2 && *length < 126) || (wide == 8 && *length < 65536) || *length > INT64_MAX)
        return stop (simple, 1002);
    }
  if (!control && ++simple->frames > MAX_FRAGMENTS)
    return stop (simple, 1008);
  if (!control && simple->size + *length > MAX_MESSAGE)
    return stop (simple, 1009);
  if (!control)
    simple->size += *length;
  return left >= 6 + wide ? 6 + wide : 0;
}

static size_t
simple_frame (Simple        *simple,
              const uint8_t *b,
              size_t         left)
{
  g_autoptr (GByteArray) payload = g_byte_array_new ();
  size_t header;
  uint64_t length;
  gboolean whole;
  int opcode;

  simple->under_way = left > 0 || simple->kind != 0;
  header = left >= 2 ? simple_header (simple, b, left, &length) : 0;
  if (header == 0)
    return 0;

  whole = left >= header + length;
  for (uint64_t i = 0; i < MIN (length, left - header); i++)
    {
      uint8_t byte = b[header + i] ^ b[header - 4 + (i & 3)];

      g_byte_array_append (payload, &byte, 1);
    }

  opcode = b[0] & 15;
  if (opcode == 1 || opcode == 2)
    simple->kind = opcode;
  if (opcode >= 8 && !whole)
    return 0;
  if (opcode >= 8 ? simple_control (simple, opcode, payload) == 0
                  : simple_data (simple, payload, whole, (b[0] & 0x80) != 0) == 0)
    return 0;
  return header + length;
}

static char *
parse_simply (GByteArray *input)
{
  g_autoptr (GByteArray) message = g_byte_array_new ();
  Simple simple = { .out = g_string_new (NULL), .message = message };
  size_t at = 0, taken;

  do
    {
      taken = simple_frame (&simple, input->data + at, input->len - at);
      at += taken;
    }
  while (taken > 0);
  if (simple.under_way)
    frame_lines_print_more (simple.out);
  return g_string_free (simple.out, FALSE);
}

static void
append_random_frame (GByteArray *bytes,
                     GRand      *random,
                     gboolean   *open)
{
  static const char *const texts[] = {
    "a", "caf\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xce",
    "\xba", "\xed\xa0\x80", "\xc0\xaf", "", "plain ascii text",
  };
  uint8_t payload[70000];
  uint8_t mask[4];
  size_t length = 0;
  int kind = g_rand_int_range (random, 0, 100);
  uint8_t first;

  for (int i = 0; i < 4; i++)
    mask[i] = (uint8_t) g_rand_int (random);

  if (kind < 70) /* a fragment of something, mostly as it should be */
    {
      gboolean fin = g_rand_boolean (random);

      first = (uint8_t) ((fin ? 0x80 : 0) | (*open ? 0 : g_rand_int_range (random, 1, 3)));
      *open = !fin;
      for (int i = g_rand_int_range (random, 0, 6); i > 0; i--)
        {
          /* Mostly the valid ones. */
          int index = g_rand_int_range (random, 0, 10) * g_rand_int_range (random, 0, 10) / 10;
          const char *text = texts[index];

          memcpy (payload + length, text, strlen (text));
          length += strlen (text);
        }
      if (kind < 3)
        {
          length = (size_t) g_rand_int_range (random, 120, 70000);
          memset (payload, 'a', length);
        }
    }
  else if (kind < 90) /* a ping or pong */
    {
      first = (uint8_t) (0x89 + g_rand_int_range (random, 0, 2));
      length = (size_t) g_rand_int_range (random, 0, 126);
      memset (payload, 'a', length);
    }
  else if (kind < 92) /* a close frame */
    {
      first = 0x88;
      length = (size_t) g_rand_int_range (random, 0, 4);
      memcpy (payload, "\x03\xe8z", 3);
    }
  else if (kind < 97) /* a data frame that may not be due */
    {
      first = (uint8_t) (g_rand_int_range (random, 0, 3) | (g_rand_boolean (random) ? 0x80 : 0));
    }
  else /* anything */
    {
      first = (uint8_t) g_rand_int (random);
    }
  frame_lines_append_frame (bytes, first, payload, length,
                            g_rand_int_range (random, 0, 200) == 0 ? NULL : mask);
}

static void
test_random_streams (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (20);
  unsigned errors = 0, closes = 0, mores = 0, texts = 0;

  for (int round = 0; round < 2000; round++)
    {
      g_autoptr (GByteArray) input = g_byte_array_new ();
      g_autofree char *expected = NULL;
      gboolean open = FALSE;

      for (int i = g_rand_int_range (random, 1, 12); i > 0; i--)
        append_random_frame (input, random, &open);
      if (g_rand_int_range (random, 0, 3) == 0)
        g_byte_array_set_size (input, (unsigned) g_rand_int_range (random, 0, (int) input->len));

      expected = parse_simply (input);
      errors += strstr (expected, "error") != NULL;
      closes += strstr (expected, "close") != NULL;
      mores += strstr (expected, "more") != NULL;
      texts += strstr (expected, "text") != NULL;
      for (int i = 0; i < 5; i++)
        {
          size_t error_at;
          size_t piece = i == 0 ? SIZE_MAX : 1u << (3 * i);
          g_autofree char *got = NULL;

          got = frame_lines_parse (&limits, input, piece, i == 0 ? NULL : random, &error_at);

          g_assert_cmpstr (got, ==, expected);
        }
    }

  /* The streams are worth something only if they end in all ways. */
  g_assert_cmpuint (errors, >, 200);
  g_assert_cmpuint (closes, >, 50);
  g_assert_cmpuint (mores, >, 200);
  g_assert_cmpuint (texts, >, 500);
}

static void
test_random_bytes (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (21);

  for (int round = 0; round < 5000; round++)
    {
      g_autoptr (GByteArray) input = g_byte_array_new ();
      g_autofree char *whole = NULL;
      g_autofree char *pieces = NULL;
      g_autofree char *simple = NULL;
      size_t error_at;

      g_byte_array_set_size (input, (unsigned) g_rand_int_range (random, 1, 200));
      for (unsigned i = 0; i < input->len; i++)
        input->data[i] = (uint8_t) g_rand_int (random);
      /* A start that is right more often. */
      input->data[0] &= 0x8f;
      if (input->len > 1)
        input->data[1] |= 0x80;

      whole = frame_lines_parse (&limits, input, SIZE_MAX, NULL, &error_at);
      pieces = frame_lines_parse (&limits, input, 7, random, &error_at);
      simple = parse_simply (input);
      g_assert_cmpstr (whole, ==, simple);
      g_assert_cmpstr (pieces, ==, simple);
    }
}

/* Every string of three bytes, and every character. */
static void
test_utf8_all (void)
{
  for (unsigned high = 0; high <= 0xffff; high++)
    {
      uint8_t bytes[2] = { (uint8_t) (high >> 8), (uint8_t) high };
      LsUtf8 two = { 0 };
      gboolean good = ls_utf8_feed (&two, bytes, 2);

      for (unsigned low = 0; low <= 0xff; low++)
        {
          uint8_t copy[3] = { bytes[0], bytes[1], (uint8_t) low };
          LsUtf8 three = two;

          g_assert_cmpint (good && ls_utf8_feed (&three, copy + 2, 1), ==,
                           check_bytes (copy, 3, FALSE));
        }
    }

  for (gunichar c = 0; c <= 0x10ffff; c++)
    {
      char bytes[6];
      LsUtf8 utf8 = { 0 };
      int length = g_unichar_to_utf8 (c, bytes);
      gboolean valid = ls_utf8_feed (&utf8, (const uint8_t *) bytes, (size_t) length);

      g_assert_cmpint (valid, ==, c < 0xd800 || c > 0xdfff);
      if (valid)
        g_assert_true (ls_utf8_is_complete (&utf8));
    }
}

/* Bad bytes at every place of a longer text, where the eight-byte steps are. */
static void
test_utf8_places (void)
{
  for (size_t place = 0; place < 40; place++)
    {
      uint8_t text[43];
      LsUtf8 utf8 = { 0 };

      memset (text, 'a', sizeof text);
      memcpy (text + place, "\xe2\x82\xac", 3);
      g_assert_true (ls_utf8_feed (&utf8, text, sizeof text));
      g_assert_true (ls_utf8_is_complete (&utf8));
      text[place + 1] = 'a';
      g_assert_false (ls_utf8_feed (&utf8, text, sizeof text));
    }
}

int
main (int    argc,
      char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  fill_beginnings ();

  g_test_add_func ("/frame-random/streams", test_random_streams);
  g_test_add_func ("/frame-random/bytes", test_random_bytes);
  g_test_add_func ("/utf8/all", test_utf8_all);
  g_test_add_func ("/utf8/places", test_utf8_places);

  status = g_test_run ();
  g_free (beginnings);
  return status;
}
