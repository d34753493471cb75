/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <glib.h>
#include <string.h>

#include "frame-lines.h"
#include "server/wire/ls-frame.h"

/* The rules of RFC 6455, one by one. */

#define MAX_MESSAGE 100000
#define MAX_FRAGMENTS 50

static const LsFrameLimits limits = {
  .role = LS_FRAME_ROLE_SERVER,
  .max_message = MAX_MESSAGE,
  .max_fragments = MAX_FRAGMENTS,
};

typedef struct {
  const char *name;
  const char *input;
  const char *output;
  int         certain; /* bytes after which the error must be told, 0 for any */
} Rule;

static const Rule rules[] = {
  /* Payloads and lengths. */
  { "empty-text", "81''", "text''" },
  { "text", "81'Hello'", "text'Hello'" },
  { "binary", "82=00ff", "binary=00ff" },
  { "length-125", "82*125", "binary*125" },
  { "length-126", "82*126", "binary*126" },
  { "length-127", "82*127", "binary*127" },
  { "length-65535", "82*65535", "binary*65535" },
  { "length-65536", "82*65536", "binary*65536" },
  { "two", "81'a' 82'b'", "text'a' binary'b'" },
  { "nul-in-text", "81=610062", "text=610062" },
  { "part-of-header", "~81", "more" },
  { "part-of-mask", "~81850102", "more" },
  { "part-of-payload", "~8185000000004865", "more" },

  /* Lengths not in the shortest form, and the top bit. */
  { "long-form-of-125", "~82fe007d", "error 1002", 4 },
  { "long-form-of-0", "~82fe0000", "error 1002", 4 },
  { "longer-form-of-65535", "~82ff000000000000ffff", "error 1002", 10 },
  { "longer-form-of-1", "~82ff0000000000000001", "error 1002", 10 },
  { "top-bit", "~82ff8000000000000000", "error 1002", 10 },
  { "all-bits", "~82ffffffffffffffffff", "error 1002", 10 },

  /* Masks, reserved bits and opcodes. */
  { "unmasked", "~8105", "error 1002", 2 },
  { "unmasked-after-good", "81'a' ~8100", "text'a' error 1002", 7 + 2 },
  { "unmasked-ping", "~8900", "error 1002", 2 },
  { "mask-of-zero", "~8182000000006162", "text'ab'" },
  { "mask", "~818537fa213d7f9f4d5158", "text'Hello'" },
  { "rsv1", "~c180", "error 1002", 2 },
  { "rsv2", "~a180", "error 1002", 2 },
  { "rsv3", "~9180", "error 1002", 2 },
  { "rsv-all-on-ping", "~f980", "error 1002", 2 },
  { "rsv-on-close", "~c880", "error 1002", 2 },
  { "opcode-3", "~8380", "error 1002", 2 },
  { "opcode-4", "~8480", "error 1002", 2 },
  { "opcode-5", "~8580", "error 1002", 2 },
  { "opcode-6", "~8680", "error 1002", 2 },
  { "opcode-7", "~8780", "error 1002", 2 },
  { "opcode-b", "~8b80", "error 1002", 2 },
  { "opcode-c", "~8c80", "error 1002", 2 },
  { "opcode-d", "~8d80", "error 1002", 2 },
  { "opcode-e", "~8e80", "error 1002", 2 },
  { "opcode-f", "~8f80", "error 1002", 2 },
  { "opcode-after-text", "81'a' 83'b'", "text'a' error 1002", 7 + 2 },

  /* Control frames. */
  { "ping", "89''", "ping''" },
  { "ping-payload", "89=00ff", "ping=00ff" },
  { "ping-125", "89*125", "ping*125" },
  { "ping-126", "~89fe", "error 1002", 2 },
  { "ping-64-bit", "~89ff", "error 1002", 2 },
  { "ping-fragmented", "~0980", "error 1002", 2 },
  { "pong", "8a'x'", "pong'x'" },
  { "pong-fragmented", "~0a80", "error 1002", 2 },
  { "pong-126", "~8afe", "error 1002", 2 },
  { "ten-pings", "89'0' 89'1' 89'2' 89'3' 89'4' 89'5' 89'6' 89'7' 89'8' 89'9'",
    "ping'0' ping'1' ping'2' ping'3' ping'4' ping'5' ping'6' ping'7' ping'8' ping'9'" },

  /* Fragments. */
  { "two-fragments", "01'Hel' 80'lo'", "text'Hello'" },
  { "empty-fragments", "01'' 00'' 80''", "text''" },
  { "one-not-empty", "01'' 00'x' 80''", "text'x'" },
  { "last-not-empty", "01'' 00'' 80'x'", "text'x'" },
  { "binary-fragments", "02=00 00=01 80=02", "binary=000102" },
  { "ping-inside", "01'Hel' 89'p' 80'lo'", "ping'p' text'Hello'" },
  { "pings-inside", "01'a' 89'1' 00'b' 89'2' 80'c'", "ping'1' ping'2' text'abc'" },
  { "close-inside", "01'a' 88=03e8", "close 1000''" },
  { "text-inside-text", "01'a' 81'b'", "error 1002", 7 + 2 },
  { "start-inside-text", "01'a' 01'b'", "error 1002", 7 + 2 },
  { "binary-inside-text", "01'a' 82'b'", "error 1002", 7 + 2 },
  { "continuation-of-nothing", "80'a'", "error 1002", 2 },
  { "open-continuation-of-nothing", "00'a'", "error 1002", 2 },
  { "continuation-after-end", "01'a' 80'b' 80'c'", "text'ab' error 1002", 14 + 2 },
  { "continuation-after-whole", "81'a' 80'c'", "text'a' error 1002", 7 + 2 },
  { "unfinished", "01'a' 00'b'", "more" },
  { "next-starts-clean", "01'a' 80'b' 02=ff 80=fe", "text'ab' binary=fffe" },

  /* Text. */
  { "utf8", "81=cebae1bdb9cf83cebcceb5", "text=cebae1bdb9cf83cebcceb5" },
  { "utf8-over-fragments", "01=ceba 00=e1 00=bd 80=b9", "text=cebae1bdb9" },
  { "utf8-largest", "81=f48fbfbf", "text=f48fbfbf" },
  { "utf8-beyond", "81=f4908080", "error 1007", 6 + 2 },
  { "utf8-surrogate", "81=eda080", "error 1007", 6 + 2 },
  { "utf8-surrogate-pair", "81=eda081edb080", "error 1007", 6 + 2 },
  { "utf8-overlong-slash", "81=c0af", "error 1007", 6 + 1 },
  { "utf8-overlong-3", "81=e080af", "error 1007", 6 + 2 },
  { "utf8-overlong-4", "81=f08080af", "error 1007", 6 + 2 },
  { "utf8-five-bytes", "81=f888808080", "error 1007", 6 + 1 },
  { "utf8-fe", "81=fe", "error 1007", 6 + 1 },
  { "utf8-alone", "81=80", "error 1007", 6 + 1 },
  { "utf8-cut", "81=ce", "error 1007", 6 + 1 },
  { "utf8-cut-over-fragments", "01=ce 80=", "error 1007", 7 + 6 },
  { "utf8-cut-then-ascii", "01=ce 80'a'", "error 1007", 7 + 7 },
  { "utf8-cut-by-ping", "01=ce 89'p' 80=ba", "ping'p' text=ceba" },
  { "utf8-fails-inside-frame", "81=48656c6cff6f6f6f6f6f6f6f", "error 1007", 6 + 5 },
  { "utf8-fails-before-long-end", "~81fe0200000000004142c141", "error 1007", 8 + 3 },
  { "utf8-fails-in-open-fragment", "01=cebaf490", "error 1007", 6 + 4 },
  { "binary-may-be-anything", "82=fffec0af", "binary=fffec0af" },
  { "ping-may-be-anything", "89=fffec0af", "ping=fffec0af" },
  { "binary-fragments-may-be-anything", "02=ff 80=c0", "binary=ffc0" },

  /* Closing. */
  { "close-empty", "88''", "close 1005''" },
  { "close-half-code", "88=03", "error 1002" },
  { "close-code", "88=03e8", "close 1000''" },
  { "close-reason", "88=03e8627965", "close 1000'bye'" },
  { "close-reason-utf8", "88=03e8c3a9", "close 1000=c3a9" },
  { "close-reason-invalid", "88=03e8c0af", "error 1007" },
  { "close-reason-cut", "88=03e8c3", "error 1007" },
  { "close-fragmented", "~0880", "error 1002", 2 },
  { "close-126", "~88fe", "error 1002", 2 },
  { "close-0", "88=0000", "error 1002" },
  { "close-999", "88=03e7", "error 1002" },
  { "close-1004", "88=03ec", "error 1002" },
  { "close-1005", "88=03ed", "error 1002" },
  { "close-1006", "88=03ee", "error 1002" },
  { "close-1014", "88=03f6", "close 1014''" },
  { "close-1015", "88=03f7", "error 1002" },
  { "close-1016", "88=03f8", "error 1002" },
  { "close-1100", "88=044c", "error 1002" },
  { "close-2000", "88=07d0", "error 1002" },
  { "close-2999", "88=0bb7", "error 1002" },
  { "close-3000", "88=0bb8", "close 3000''" },
  { "close-4999", "88=1387", "close 4999''" },
  { "close-5000", "88=1388", "error 1002" },
  { "close-65535", "88=ffff", "error 1002" },
  { "after-close-nothing", "88=03e8 81'a' 89'b' ~ffffff", "close 1000''" },

  /* Limits. */
  { "largest", "82*100000", "binary*100000" },
  { "too-big", "~82ff00000000000186a1", "error 1009", 10 },
  { "far-too-big", "~82ff7fffffffffffffff", "error 1009", 10 },
  { "largest-in-fragments", "02*60000 80*40000", "binary*100000" },
  { "too-big-in-fragments", "02*60000 ~80fe9c41", "error 1009", 60008 + 4 },
  { "size-starts-again", "82*60000 82*60000", "binary*60000 binary*60000" },
};

static void
test_rule (gconstpointer data)
{
  const Rule *rule = data;
  g_autoptr (GByteArray) input = frame_lines_build (rule->input);
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  g_autofree char *whole = NULL;
  size_t error_at;
  int rounds = input->len > 1000 ? 3 : 100;

  whole = frame_lines_parse (&limits, input, SIZE_MAX, NULL, &error_at);
  g_assert_cmpstr (whole, ==, rule->output);

  /* Byte by byte, so that it shows when an error is told. */
  {
    g_autofree char *single = frame_lines_parse (&limits, input, 1, NULL, &error_at);

    g_assert_cmpstr (single, ==, rule->output);
    if (rule->certain > 0)
      g_assert_cmpuint (error_at, ==, (size_t) rule->certain);
  }

  for (int i = 0; i < rounds; i++)
    {
      size_t piece = MAX (input->len / 3, 1);
      g_autofree char *pieces = frame_lines_parse (&limits, input, piece, random, &error_at);

      g_assert_cmpstr (pieces, ==, rule->output);
    }
}

static void
test_fragment_limit (void)
{
  g_autoptr (GString) input = g_string_new ("01'a'");
  g_autofree char *output = NULL;
  g_autofree char *over = NULL;
  g_autoptr (GByteArray) bytes = NULL;
  g_autoptr (GByteArray) more_bytes = NULL;
  size_t error_at;

  /* Control frames are not counted. */
  for (int i = 0; i < MAX_FRAGMENTS - 2; i++)
    g_string_append (input, " 89'' 00'a'");
  bytes = frame_lines_build (input->str);
  frame_lines_append_frame (bytes, 0x80, (const uint8_t *) "z", 1, (const uint8_t *) "mask");
  output = frame_lines_parse (&limits, bytes, SIZE_MAX, NULL, &error_at);
  g_assert_true (
    g_str_has_suffix (output, " text'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaz'"));

  g_string_append (input, " 00'' 80''");
  more_bytes = frame_lines_build (input->str);
  over = frame_lines_parse (&limits, more_bytes, SIZE_MAX, NULL, &error_at);
  g_assert_true (g_str_has_suffix (over, " error 1008"));
}

static void
test_client_role (void)
{
  static const LsFrameLimits client = {
    .role = LS_FRAME_ROLE_CLIENT,
    .max_message = 1000,
    .max_fragments = 10,
  };
  static const struct {
    const char *input;
    const char *output;
  } cases[] = {
    { "~810548656c6c6f", "text'Hello'" },
    { "~010348656c80026c6f", "text'Hello'" },
    { "~8100 ~8900 ~8a00", "text'' ping'' pong''" },
    { "~818537fa213d7f9f4d5158", "error 1002" },
    { "~827e03e9", "error 1009" },
    { "~880203e8", "close 1000''" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    for (size_t piece = 1; piece < 4; piece++)
      {
        g_autoptr (GByteArray) input = frame_lines_build (cases[i].input);
        size_t error_at;
        g_autofree char *output = frame_lines_parse (&client, input, piece, NULL, &error_at);

        g_assert_cmpstr (output, ==, cases[i].output);
      }
}

/* What was announced costs nothing; what came costs at most twice its size. */
static void
test_memory (void)
{
  LsFrameParser parser;
  LsFrameItem item;
  uint8_t header[] = { 0x82, 0xff, 0, 0, 0, 0, 0, 1, 0x86, 0xa0, 0, 0, 0, 0 };
  uint8_t piece[1000] = { 0 };
  size_t consumed;

  ls_frame_parser_init (&parser, &limits);
  g_assert_true (ls_frame_parser_is_idle (&parser));
  g_assert_cmpint (ls_frame_parser_feed (&parser, header, sizeof header, &consumed, &item), ==,
                   LS_FRAME_MORE);
  g_assert_cmpuint (ls_frame_parser_get_buffered (&parser), ==, 0);
  g_assert_false (ls_frame_parser_is_idle (&parser));

  for (size_t sent = sizeof piece; sent < MAX_MESSAGE; sent += sizeof piece)
    {
      g_assert_cmpint (ls_frame_parser_feed (&parser, piece, sizeof piece, &consumed, &item), ==,
                       LS_FRAME_MORE);
      g_assert_cmpuint (ls_frame_parser_get_buffered (&parser), >=, sent);
      g_assert_cmpuint (ls_frame_parser_get_buffered (&parser), <=, MIN (2 * sent, MAX_MESSAGE));
    }
  g_assert_cmpint (ls_frame_parser_feed (&parser, piece, sizeof piece, &consumed, &item), ==,
                   LS_FRAME_ITEM);
  g_assert_cmpuint (item.length, ==, MAX_MESSAGE);

  /* With the next call the memory is given back. */
  g_assert_cmpint (ls_frame_parser_feed (&parser, piece, 0, &consumed, &item), ==, LS_FRAME_MORE);
  g_assert_cmpuint (ls_frame_parser_get_buffered (&parser), ==, 0);
  g_assert_true (ls_frame_parser_is_idle (&parser));
  ls_frame_parser_clear (&parser);
}

/* Also in many small fragments memory grows by doubling, not with each. */
static void
test_memory_of_fragments (void)
{
  static const LsFrameLimits many = {
    .role = LS_FRAME_ROLE_SERVER,
    .max_message = 1 << 20,
    .max_fragments = UINT32_MAX,
  };
  LsFrameParser parser;
  size_t size = 0;
  unsigned steps = 0;

  ls_frame_parser_init (&parser, &many);
  for (unsigned i = 0; i < 20000; i++)
    {
      uint8_t frame[] = { i == 0 ? 0x02 : 0x00, 0x84, 0, 0, 0, 0, 1, 2, 3, 4 };
      LsFrameItem item;
      size_t consumed;

      g_assert_cmpint (ls_frame_parser_feed (&parser, frame, sizeof frame, &consumed, &item), ==,
                       LS_FRAME_MORE);
      steps += ls_frame_parser_get_buffered (&parser) != size;
      size = ls_frame_parser_get_buffered (&parser);
      g_assert_cmpuint (size, <=, MAX (512, 8 * (i + 1)));
    }
  g_assert_cmpuint (steps, <, 20);
  ls_frame_parser_clear (&parser);
}

static void
test_whole_is_not_copied (void)
{
  uint8_t frame[] = { 0x81, 0x85, 1, 2, 3, 4, 'H' ^ 1, 'e' ^ 2, 'l' ^ 3, 'l' ^ 4, 'o' ^ 1 };
  LsFrameParser parser;
  LsFrameItem item;
  size_t consumed;

  ls_frame_parser_init (&parser, &limits);
  g_assert_cmpint (ls_frame_parser_feed (&parser, frame, sizeof frame, &consumed, &item), ==,
                   LS_FRAME_ITEM);
  g_assert_true (item.data == frame + 6);
  g_assert_cmpmem (item.data, item.length, "Hello", 5);
  g_assert_cmpuint (ls_frame_parser_get_buffered (&parser), ==, 0);
  ls_frame_parser_clear (&parser);
}

static void
test_error_stays (void)
{
  uint8_t frame[] = { 0x83, 0x80 };
  uint8_t good[] = { 0x81, 0x80, 0, 0, 0, 0 };
  LsFrameParser parser;
  LsFrameItem item;
  size_t consumed;

  ls_frame_parser_init (&parser, &limits);
  for (int i = 0; i < 3; i++)
    {
      uint8_t *bytes = i == 0 ? frame : good;

      g_assert_cmpint (ls_frame_parser_feed (&parser, bytes, 2, &consumed, &item), ==,
                       LS_FRAME_ERROR);
      g_assert_cmpuint (item.code, ==, 1002);
      g_assert_cmpstr (item.text, ==, "reserved opcode");
    }
  ls_frame_parser_clear (&parser);
}

static void
test_codes (void)
{
  for (unsigned code = 0; code <= UINT16_MAX; code++)
    {
      gboolean valid = (code >= 3000 && code < 5000) || (code >= 1000 && code <= 1003) ||
                       (code >= 1007 && code <= 1014);

      g_assert_cmpint (ls_frame_code_is_valid ((uint16_t) code), ==, valid);
    }
}

static void
test_write_header (void)
{
  static const struct {
    LsFrameOpcode opcode;
    gboolean      fin;
    uint64_t      length;
    const char   *hex;
  } cases[] = {
    { LS_FRAME_TEXT, TRUE, 5, "8105" },
    { LS_FRAME_TEXT, FALSE, 3, "0103" },
    { LS_FRAME_CONTINUATION, TRUE, 2, "8002" },
    { LS_FRAME_PING, TRUE, 5, "8905" },
    { LS_FRAME_PONG, TRUE, 125, "8a7d" },
    { LS_FRAME_CLOSE, TRUE, 0, "8800" },
    { LS_FRAME_BINARY, TRUE, 125, "827d" },
    { LS_FRAME_BINARY, TRUE, 126, "827e007e" },
    { LS_FRAME_BINARY, TRUE, 256, "827e0100" },
    { LS_FRAME_BINARY, TRUE, 65535, "827effff" },
    { LS_FRAME_BINARY, TRUE, 65536, "827f0000000000010000" },
    { LS_FRAME_BINARY, TRUE, INT64_MAX, "827f7fffffffffffffff" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GByteArray) expected = g_byte_array_new ();
      uint8_t header[LS_FRAME_MAX_HEADER];
      size_t used;

      frame_lines_append_hex (expected, cases[i].hex);
      used = ls_frame_write_header (header, cases[i].opcode, cases[i].fin, cases[i].length, NULL);
      g_assert_cmpmem (header, used, expected->data, expected->len);

      used = ls_frame_write_header (header, cases[i].opcode, cases[i].fin, cases[i].length,
                                    (const uint8_t *) "mask");
      expected->data[1] |= 0x80;
      frame_lines_append_hex (expected, "6d61736b");
      g_assert_cmpmem (header, used, expected->data, expected->len);
    }
}

static void
test_write_close (void)
{
  static const char *const characters[] = { "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80" };
  g_autofree char *ascii = g_strnfill (200, 'x');
  g_autoptr (GString) wide = g_string_new ("y");
  uint8_t out[LS_FRAME_MAX_CONTROL];
  LsUtf8 utf8 = { 0 };
  size_t used;

  g_assert_cmpuint (ls_frame_write_close (out, LS_FRAME_CODE_NONE, "x", 1), ==, 0);
  used = ls_frame_write_close (out, 1001, NULL, 0);
  g_assert_cmpmem (out, used, "\x03\xe9", 2);
  used = ls_frame_write_close (out, 1000, "bye", 3);
  g_assert_cmpmem (out, used, "\x03\xe8\x62ye", 5);
  g_assert_cmpuint (ls_frame_write_close (out, 1000, ascii, 123), ==, 125);
  g_assert_cmpuint (ls_frame_write_close (out, 1000, ascii, 200), ==, 125);

  /* Cut between characters of two, three and four bytes. */
  for (unsigned i = 0; i < 60; i++)
    g_string_append (wide, characters[i % G_N_ELEMENTS (characters)]);
  for (size_t skip = 0; skip <= 1; skip++)
    {
      used = ls_frame_write_close (out, 1000, wide->str + skip, wide->len - skip);
      g_assert_cmpuint (used, >, 121);
      g_assert_cmpuint (used, <=, 125);
      utf8 = (LsUtf8){ 0 };
      g_assert_true (ls_utf8_feed (&utf8, out + 2, used - 2));
      g_assert_true (ls_utf8_is_complete (&utf8));
    }
}

static void
test_mask (void)
{
  static const uint8_t mask[4] = { 0x11, 0x22, 0x44, 0x88 };

  for (size_t offset = 0; offset < 9; offset++)
    for (size_t start = 0; start < 8; start++)
      for (size_t length = 0; length < 40; length++)
        {
          uint8_t data[64];

          for (size_t i = 0; i < sizeof data; i++)
            data[i] = (uint8_t) i;
          ls_frame_mask (data + start, length, mask, offset);
          for (size_t i = 0; i < sizeof data; i++)
            {
              gboolean inside = i >= start && i < start + length;
              uint8_t with = inside ? mask[(offset + i - start) % 4] : 0;

              g_assert_cmpuint (data[i], ==, (uint8_t) i ^ with);
            }
        }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (size_t i = 0; i < G_N_ELEMENTS (rules); i++)
    {
      g_autofree char *path = g_strdup_printf ("/frame/rule/%s", rules[i].name);

      g_test_add_data_func (path, &rules[i], test_rule);
    }
  g_test_add_func ("/frame/fragment-limit", test_fragment_limit);
  g_test_add_func ("/frame/client-role", test_client_role);
  g_test_add_func ("/frame/memory", test_memory);
  g_test_add_func ("/frame/memory-of-fragments", test_memory_of_fragments);
  g_test_add_func ("/frame/whole-is-not-copied", test_whole_is_not_copied);
  g_test_add_func ("/frame/error-stays", test_error_stays);
  g_test_add_func ("/frame/codes", test_codes);
  g_test_add_func ("/frame/write/header", test_write_header);
  g_test_add_func ("/frame/write/close", test_write_close);
  g_test_add_func ("/frame/mask", test_mask);

  return g_test_run ();
}
