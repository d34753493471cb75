/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <locale.h>
#include <string.h>

#include "core/ls-error.h"
#include "core/ls-json-guard.h"
#include "core/ls-json-writer.h"
#include "ls-test-json.h"

/* Text that may hold NUL. */
#define TEXT(literal) literal, sizeof literal - 1

typedef struct {
  const char *text;
  size_t length;
  LsJsonReason reason;
  size_t offset;
  const char *path;
} Case;

static const char *const accepted[] = {
  "0", "7", "-1", "10", "9007199254740991", "-9007199254740991", " 1 ", "\t\n\r 1\r\n",
  "true", "false", "null", "\"\"", "\"a\"",
  "[]", "[ ]", "{}", "{ }", "[[]]", "[{}]", "{\"a\":{}}", "{\"\":0}",
  "[1,2]", " [ 1 , 2 ] ", "{\"a\":1,\"b\":2}", "{ \"a\" : 1 , \"b\" : [ ] }",
  "{\"a\":{\"a\":{\"a\":1}},\"b\":{\"a\":1}}", "[{\"a\":1},{\"a\":1}]",
  "{\"a\":1,\"A\":2,\"\\u0041b\":3,\"\\u0061b\":4}",
  "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\u0001\\u001f\\u007f\\u00e9\\uFFFF\"",
  "\"\\ud83d\\ude00\"", "\"\\uDBFF\\uDFFF\"",
  "\"\x7f\"", "\"\xc2\x80\"", "\"\xdf\xbf\"", "\"\xe0\xa0\x80\"", "\"\xed\x9f\xbf\"",
  "\"\xee\x80\x80\"", "\"\xef\xbf\xbf\"", "\"\xf0\x90\x80\x80\"", "\"\xf4\x8f\xbf\xbf\"",
  "\"12345678\\n12345678\\u00e9\"", "\"1234567\xc3\xa9" "1234567\xe2\x82\xac\"",
};

static const Case refused[] = {
  /* no value, no end */
  { TEXT (""), LS_JSON_REASON_EMPTY, 0, "$" },
  { TEXT (" \n"), LS_JSON_REASON_EMPTY, 2, "$" },
  { TEXT ("["), LS_JSON_REASON_TRUNCATED, 1, "$[0]" },
  { TEXT ("[1"), LS_JSON_REASON_TRUNCATED, 2, "$[0]" },
  { TEXT ("[1,"), LS_JSON_REASON_TRUNCATED, 3, "$[1]" },
  { TEXT ("{"), LS_JSON_REASON_TRUNCATED, 1, "$" },
  { TEXT ("{\"a"), LS_JSON_REASON_TRUNCATED, 3, "$" },
  { TEXT ("{\"a\""), LS_JSON_REASON_TRUNCATED, 4, "$.a" },
  { TEXT ("{\"a\":"), LS_JSON_REASON_TRUNCATED, 5, "$.a" },
  { TEXT ("{\"a\":1"), LS_JSON_REASON_TRUNCATED, 6, "$.a" },
  { TEXT ("{\"a\":1,"), LS_JSON_REASON_TRUNCATED, 7, "$" },
  { TEXT ("tru"), LS_JSON_REASON_TRUNCATED, 3, "$" },
  { TEXT ("-"), LS_JSON_REASON_TRUNCATED, 1, "$" },
  { TEXT ("\""), LS_JSON_REASON_TRUNCATED, 1, "$" },
  { TEXT ("\"\\"), LS_JSON_REASON_TRUNCATED, 2, "$" },
  { TEXT ("\"\\u00"), LS_JSON_REASON_TRUNCATED, 5, "$" },
  { TEXT ("\"\\ud800"), LS_JSON_REASON_TRUNCATED, 7, "$" },
  { TEXT ("\"\\ud800\\u"), LS_JSON_REASON_TRUNCATED, 9, "$" },
  /* more than one value */
  { TEXT ("1 2"), LS_JSON_REASON_TRAILING, 2, "$" },
  { TEXT ("{}}"), LS_JSON_REASON_TRAILING, 2, "$" },
  { TEXT ("[],"), LS_JSON_REASON_TRAILING, 2, "$" },
  { TEXT ("truex"), LS_JSON_REASON_TRAILING, 4, "$" },
  { TEXT ("1\0"), LS_JSON_REASON_TRAILING, 1, "$" },
  { TEXT ("{} // no"), LS_JSON_REASON_TRAILING, 3, "$" },
  /* grammar */
  { TEXT ("]"), LS_JSON_REASON_SYNTAX, 0, "$" },
  { TEXT ("[1 2]"), LS_JSON_REASON_SYNTAX, 3, "$[0]" },
  { TEXT ("[1,]"), LS_JSON_REASON_SYNTAX, 3, "$[1]" },
  { TEXT ("[,1]"), LS_JSON_REASON_SYNTAX, 1, "$[0]" },
  { TEXT ("[1}"), LS_JSON_REASON_SYNTAX, 2, "$[0]" },
  { TEXT ("{\"a\":1]"), LS_JSON_REASON_SYNTAX, 6, "$.a" },
  { TEXT ("{,}"), LS_JSON_REASON_SYNTAX, 1, "$" },
  { TEXT ("{\"a\":1,}"), LS_JSON_REASON_SYNTAX, 7, "$" },
  { TEXT ("{a:1}"), LS_JSON_REASON_SYNTAX, 1, "$" },
  { TEXT ("{1:1}"), LS_JSON_REASON_SYNTAX, 1, "$" },
  { TEXT ("{\"a\" 1}"), LS_JSON_REASON_SYNTAX, 5, "$.a" },
  { TEXT ("{\"a\",1}"), LS_JSON_REASON_SYNTAX, 4, "$.a" },
  { TEXT ("{\"a\":}"), LS_JSON_REASON_SYNTAX, 5, "$.a" },
  { TEXT ("'a'"), LS_JSON_REASON_SYNTAX, 0, "$" },
  { TEXT ("/**/1"), LS_JSON_REASON_SYNTAX, 0, "$" },
  { TEXT ("# 1"), LS_JSON_REASON_SYNTAX, 0, "$" },
  { TEXT ("\f1"), LS_JSON_REASON_SYNTAX, 0, "$" },
  { TEXT ("\xc2\xa0" "1"), LS_JSON_REASON_SYNTAX, 0, "$" },
  { TEXT ("\0"), LS_JSON_REASON_SYNTAX, 0, "$" },
  { TEXT ("True"), LS_JSON_REASON_SYNTAX, 0, "$" },
  { TEXT ("nan"), LS_JSON_REASON_SYNTAX, 1, "$" },
  { TEXT ("nulL"), LS_JSON_REASON_SYNTAX, 3, "$" },
  { TEXT ("NaN"), LS_JSON_REASON_SYNTAX, 0, "$" },
  { TEXT ("Infinity"), LS_JSON_REASON_SYNTAX, 0, "$" },
  { TEXT ("\xef\xbb\xbf{}"), LS_JSON_REASON_BOM, 0, "$" },
  { TEXT ("\xff\xfe{\0}\0"), LS_JSON_REASON_SYNTAX, 0, "$" },
  /* numbers */
  { TEXT ("+1"), LS_JSON_REASON_SYNTAX, 0, "$" },
  { TEXT ("--1"), LS_JSON_REASON_SYNTAX, 1, "$" },
  { TEXT ("-a"), LS_JSON_REASON_SYNTAX, 1, "$" },
  { TEXT (".5"), LS_JSON_REASON_SYNTAX, 0, "$" },
  { TEXT ("0x10"), LS_JSON_REASON_TRAILING, 1, "$" },
  { TEXT ("1_000"), LS_JSON_REASON_TRAILING, 1, "$" },
  { TEXT ("[01]"), LS_JSON_REASON_LEADING_ZERO, 1, "$[0]" },
  { TEXT ("-00"), LS_JSON_REASON_LEADING_ZERO, 1, "$" },
  { TEXT ("-0"), LS_JSON_REASON_NEGATIVE_ZERO, 0, "$" },
  { TEXT ("1.0"), LS_JSON_REASON_FRACTION, 1, "$" },
  { TEXT ("-0.0"), LS_JSON_REASON_FRACTION, 2, "$" },
  { TEXT ("1."), LS_JSON_REASON_FRACTION, 1, "$" },
  { TEXT ("1e3"), LS_JSON_REASON_EXPONENT, 1, "$" },
  { TEXT ("1E-3"), LS_JSON_REASON_EXPONENT, 1, "$" },
  { TEXT ("9007199254740992"), LS_JSON_REASON_RANGE, 0, "$" },
  { TEXT ("[-9007199254740992]"), LS_JSON_REASON_RANGE, 1, "$[0]" },
  { TEXT ("10000000000000000"), LS_JSON_REASON_RANGE, 0, "$" },
  { TEXT ("18446744073709551617"), LS_JSON_REASON_RANGE, 0, "$" },
  { TEXT ("99999999999999999999999999999999999999999"), LS_JSON_REASON_RANGE, 0, "$" },
  /* strings */
  { TEXT ("\"\0\""), LS_JSON_REASON_CONTROL, 1, "$" },
  { TEXT ("\"a\nb\""), LS_JSON_REASON_CONTROL, 2, "$" },
  { TEXT ("\"12345678901\x1f\""), LS_JSON_REASON_CONTROL, 12, "$" },
  { TEXT ("\"\\a\""), LS_JSON_REASON_ESCAPE, 1, "$" },
  { TEXT ("\"\\\0\""), LS_JSON_REASON_ESCAPE, 1, "$" },
  { TEXT ("\"\\'\""), LS_JSON_REASON_ESCAPE, 1, "$" },
  { TEXT ("\"\\U0041\""), LS_JSON_REASON_ESCAPE, 1, "$" },
  { TEXT ("\"\\u00g0\""), LS_JSON_REASON_ESCAPE, 5, "$" },
  { TEXT ("\"\\u00\""), LS_JSON_REASON_ESCAPE, 5, "$" },
  { TEXT ("\"\\ud800\\u00g0\""), LS_JSON_REASON_ESCAPE, 11, "$" },
  { TEXT ("\"a\\u0000\""), LS_JSON_REASON_NUL, 2, "$" },
  { TEXT ("\"\\ud800\""), LS_JSON_REASON_TRUNCATED, 8, "$" },
  { TEXT ("\"\\ud800 and more\""), LS_JSON_REASON_SURROGATE, 1, "$" },
  { TEXT ("\"\\ud800\\n\\n\""), LS_JSON_REASON_SURROGATE, 1, "$" },
  { TEXT ("\"\\ud800\\u0041\""), LS_JSON_REASON_SURROGATE, 1, "$" },
  { TEXT ("\"\\ud800\\ud800\""), LS_JSON_REASON_SURROGATE, 1, "$" },
  { TEXT ("\"a\\udc00\\ud800\""), LS_JSON_REASON_SURROGATE, 2, "$" },
  { TEXT ("\"\x80\""), LS_JSON_REASON_UTF8, 1, "$" },
  { TEXT ("\"\xc0\x80\""), LS_JSON_REASON_UTF8, 1, "$" },
  { TEXT ("\"\xc1\xbf\""), LS_JSON_REASON_UTF8, 1, "$" },
  { TEXT ("\"\xc3\""), LS_JSON_REASON_UTF8, 1, "$" },
  { TEXT ("\"\xc3"), LS_JSON_REASON_UTF8, 1, "$" },
  { TEXT ("\"\xe0\x9f\xbf\""), LS_JSON_REASON_UTF8, 1, "$" },
  { TEXT ("\"\xe2\x82\""), LS_JSON_REASON_UTF8, 1, "$" },
  { TEXT ("\"\xe2\x28\xa1\""), LS_JSON_REASON_UTF8, 1, "$" },
  { TEXT ("\"\xed\xa0\x80\""), LS_JSON_REASON_UTF8, 1, "$" },
  { TEXT ("\"\xed\xbf\xbf\""), LS_JSON_REASON_UTF8, 1, "$" },
  { TEXT ("\"\xf0\x8f\xbf\xbf\""), LS_JSON_REASON_UTF8, 1, "$" },
  { TEXT ("\"\xf0\x9f\x98\""), LS_JSON_REASON_UTF8, 1, "$" },
  { TEXT ("\"\xf4\x90\x80\x80\""), LS_JSON_REASON_UTF8, 1, "$" },
  { TEXT ("\"\xf5\x80\x80\x80\""), LS_JSON_REASON_UTF8, 1, "$" },
  { TEXT ("\"\xff\""), LS_JSON_REASON_UTF8, 1, "$" },
  { TEXT ("\"123456789\xff\""), LS_JSON_REASON_UTF8, 10, "$" },
  /* names */
  { TEXT ("{\"a\":1,\"a\":2}"), LS_JSON_REASON_DUPLICATE_NAME, 7, "$.a" },
  { TEXT ("{\"\":1,\"\":2}"), LS_JSON_REASON_DUPLICATE_NAME, 6, "$[\"\"]" },
  { TEXT ("{\"a\":1,\"b\":2,\"\\u0061\":3}"), LS_JSON_REASON_DUPLICATE_NAME, 13,
    "$[\"\\u0061\"]" },
  { TEXT ("{\"\\u0061\":1,\"a\":3}"), LS_JSON_REASON_DUPLICATE_NAME, 12, "$.a" },
  { TEXT ("{\"\\/\":1,\"/\":3}"), LS_JSON_REASON_DUPLICATE_NAME, 8, "$[\"/\"]" },
  { TEXT ("{\"\\n\\b\":1,\"\\u000a\\u0008\":3}"), LS_JSON_REASON_DUPLICATE_NAME, 10,
    "$[\"\\u000a\\u0008\"]" },
  { TEXT ("{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":3}"), LS_JSON_REASON_DUPLICATE_NAME, 18,
    "$[\"\xf0\x9f\x98\x80\"]" },
  { TEXT ("{\"\\u00e9t\\u00e9\":1,\"\xc3\xa9t\xc3\xa9\":3}"), LS_JSON_REASON_DUPLICATE_NAME, 19,
    "$[\"\xc3\xa9t\xc3\xa9\"]" },
  { TEXT ("{\"a\":{\"b\":[0,{\"c\":1,\"c\":2}]}}"), LS_JSON_REASON_DUPLICATE_NAME, 20,
    "$.a.b[1].c" },
  /* places */
  { TEXT ("{\"changes\":[{},{\"d\":{\"price\":1.5}}]}"), LS_JSON_REASON_FRACTION, 30,
    "$.changes[1].d.price" },
  { TEXT ("{\"a b\":[x]}"), LS_JSON_REASON_SYNTAX, 8, "$[\"a b\"][0]" },
  { TEXT ("{\"a\":[1],\"b\":[],\"c\":x}"), LS_JSON_REASON_SYNTAX, 20, "$.c" },
  { TEXT ("[[],{},[],x]"), LS_JSON_REASON_SYNTAX, 10, "$[3]" },
};

static void
assert_refused (const char         *text,
                size_t              length,
                const LsJsonLimits *limits,
                LsJsonReason        reason,
                size_t              offset,
                const char         *path)
{
  LsJsonGuardError error;

  g_assert_false (ls_json_guard_check (text, length, limits, &error));
  g_assert_cmpstr (ls_json_reason_to_string (error.reason), ==, ls_json_reason_to_string (reason));
  g_assert_cmpuint (error.offset, ==, offset);
  if (path != NULL)
    g_assert_cmpstr (error.path, ==, path);
  g_assert_true (g_utf8_validate (error.path, -1, NULL));
}

static void
assert_accepted (const char         *text,
                 size_t              length,
                 const LsJsonLimits *limits)
{
  LsJsonGuardError error = { 0 };
  /* A copy that ends where the text does, so that a byte read too many is noticed. */
  g_autofree char *copy = g_memdup2 (text, length);

  if (!ls_json_guard_check (copy, length, limits, &error))
    g_test_message ("%.200s: %s at %zu", text, ls_json_reason_to_string (error.reason),
                    error.offset);
  g_assert_cmpint (error.reason, ==, LS_JSON_REASON_NONE);
}

/* What is accepted is read as json-glib reads it. */
static void
assert_read (const char *text,
             size_t      length)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (LsJsonDocument) document = ls_json_document_new (text, length, NULL, &error);

  g_assert_no_error (error);
  g_assert_true (json_parser_load_from_data (parser, text, (gssize) length, NULL));
  ls_test_json_assert_same (json_parser_get_root (parser), ls_json_document_get_root (document));
}

static void
test_accepted (void)
{
  for (size_t i = 0; i < G_N_ELEMENTS (accepted); i++)
    {
      assert_accepted (accepted[i], strlen (accepted[i]), NULL);
      assert_read (accepted[i], strlen (accepted[i]));
    }
}

/* More of everything than one block holds. */
static void
test_large (void)
{
  g_autoptr (GString) text = g_string_new ("[");

  for (int i = 0; i < 1000; i++)
    g_string_append_printf (text, "{\"n\":%d,\"t\":\"\\u00e9 %d\",\"a\":[[],[%d,null]],\"o\":{}},", i * 7919,
                            i, -i);
  g_string_append (text, "true]");
  assert_read (text->str, text->len);
}

static void
test_refused (void)
{
  for (size_t i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      g_autofree char *copy = g_memdup2 (refused[i].text, refused[i].length);
      g_autofree char *shown = g_strescape (refused[i].text, NULL);

      g_test_message ("%s", shown);
      assert_refused (copy, refused[i].length, NULL, refused[i].reason, refused[i].offset,
                      refused[i].path);
      g_assert_false (ls_json_guard_check (copy, refused[i].length, NULL, NULL));
    }
}

/* No beginning of a text is a text, but for those that end in a number. */
static void
test_every_prefix (void)
{
  static const char text[] = "{\"a\":[1,-20,{\"b\\u00e9\xc3\xa9\":\"x\\ud83d\\ude00\"},true],"
                             "\"c\":null,\"d\":{}}";

  assert_accepted (TEXT (text), NULL);
  for (size_t length = 0; length < sizeof text - 1; length++)
    {
      g_autofree char *copy = g_memdup2 (text, length);
      LsJsonGuardError error;

      g_assert_false (ls_json_guard_check (copy, length, NULL, &error));
      g_assert_true (error.reason == LS_JSON_REASON_TRUNCATED || error.reason == LS_JSON_REASON_EMPTY
                     || error.reason == LS_JSON_REASON_UTF8);
      g_assert_cmpuint (error.offset, <=, length);
    }
}

/* Every single byte, at every place of a text: the guard and g_utf8_validate() agree on strings,
 * and what it accepts the parser takes. */
static void
test_every_byte (void)
{
  static const char text[] = "{\"a\":[1,-2,{\"b\\n\":\"x\xc3\xa9\\u0041\"},true,null]}";

  for (size_t i = 0; i < sizeof text - 1; i++)
    {
      for (int byte = 0; byte < 256; byte++)
        {
          g_autofree char *copy = g_memdup2 (text, sizeof text - 1);

          copy[i] = (char) byte;
          if (!ls_json_guard_check (copy, sizeof text - 1, NULL, NULL))
            continue;
          g_assert_true (g_utf8_validate_len (copy, sizeof text - 1, NULL));
          assert_read (copy, sizeof text - 1);
        }
    }
}

/* Every byte at every place of a string: eight are looked at in one go. */
static void
test_every_plain_byte (void)
{
  for (int at = 0; at < 20; at++)
    {
      for (int byte = 0; byte < 256; byte++)
        {
          char text[22] = "\"aaaaaaaaaaaaaaaaaaaa\"";
          bool plain = byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';

          text[1 + at] = (char) byte;
          g_assert_cmpint (ls_json_guard_check (text, sizeof text, NULL, NULL), ==, plain);
        }
    }
}

/* Every sequence of up to four bytes that could begin a character, against GLib's own check. */
static void
test_every_utf8 (void)
{
  static const uint8_t bytes[] = { 0x20, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2,
                                   0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4,
                                   0xf5, 0xf8, 0xff };
  const size_t n = G_N_ELEMENTS (bytes);

  for (size_t i = 0; i < n * n * n * n; i++)
    {
      char text[6] = { '"', (char) bytes[i % n], (char) bytes[i / n % n],
                       (char) bytes[i / n / n % n], (char) bytes[i / n / n / n], '"' };

      g_assert_cmpint (ls_json_guard_check (text, sizeof text, NULL, NULL),
                       ==, g_utf8_validate_len (text + 1, 4, NULL));
    }
}

static char *
nested (const char *open,
        const char *middle,
        const char *close,
        unsigned    depth)
{
  GString *text = g_string_new (NULL);

  for (unsigned i = 0; i < depth; i++)
    g_string_append (text, open);
  g_string_append (text, middle);
  for (unsigned i = 0; i < depth; i++)
    g_string_append (text, close);

  return g_string_free (text, FALSE);
}

static void
test_depth (void)
{
  LsJsonLimits three = { .max_depth = 3 };
  LsJsonLimits beyond = { .max_depth = 1000 };
  g_autofree char *arrays = nested ("[", "", "]", 64);
  g_autofree char *one_more = nested ("[", "", "]", 65);
  g_autofree char *objects = nested ("{\"a\":", "1", "}", 64);
  g_autofree char *object_more = nested ("{\"a\":", "[]", "}", 64);
  g_autofree char *deep = nested ("[", "", "]", 400000);
  g_autofree char *deep_objects = nested ("{\"a\":", "1", "}", 100000);

  assert_accepted (arrays, strlen (arrays), NULL);
  assert_accepted (objects, strlen (objects), NULL);
  assert_refused (one_more, strlen (one_more), NULL, LS_JSON_REASON_TOO_DEEP, 64, NULL);
  assert_refused (one_more, strlen (one_more), &beyond, LS_JSON_REASON_TOO_DEEP, 64, NULL);
  assert_refused (object_more, strlen (object_more), NULL, LS_JSON_REASON_TOO_DEEP, 320, NULL);
  assert_refused (deep, strlen (deep), NULL, LS_JSON_REASON_TOO_DEEP, 64, NULL);
  assert_refused (deep_objects, strlen (deep_objects), NULL, LS_JSON_REASON_TOO_DEEP, 320, NULL);

  assert_accepted (TEXT ("[[[1,1],[]]]"), &three);
  assert_refused (TEXT ("[[[],[[]]]]"), &three, LS_JSON_REASON_TOO_DEEP, 6, "$[0][1][0]");
  assert_accepted (TEXT ("[{},{},{},{},{}]"), &three);
}

static void
test_limits (void)
{
  LsJsonLimits bytes = { .max_bytes = 10 };
  LsJsonLimits values = { .max_values = 3 };
  LsJsonLimits strings = { .max_string_bytes = 4 };
  g_autofree char *large = g_strnfill (LS_JSON_GUARD_DEFAULT_BYTES, ' ');
  g_autofree char *larger = g_strnfill (LS_JSON_GUARD_DEFAULT_BYTES + 1, ' ');
  g_autoptr (GString) many = g_string_new ("[0");

  assert_accepted (TEXT ("[1,2,3,44]"), &bytes);
  assert_refused (TEXT ("[1,2,3,445]"), &bytes, LS_JSON_REASON_TOO_LARGE, 10, "$");
  large[5] = '1';
  larger[5] = '1';
  assert_accepted (large, LS_JSON_GUARD_DEFAULT_BYTES, NULL);
  assert_refused (larger, LS_JSON_GUARD_DEFAULT_BYTES + 1, NULL, LS_JSON_REASON_TOO_LARGE,
                  LS_JSON_GUARD_DEFAULT_BYTES, "$");

  assert_accepted (TEXT ("[1,2]"), &values);
  assert_accepted (TEXT ("{\"a\":[],\"b\":{}}"), &values);
  assert_refused (TEXT ("[1,2,3]"), &values, LS_JSON_REASON_TOO_MANY_VALUES, 5, "$[2]");
  for (int i = 2; i < LS_JSON_GUARD_DEFAULT_VALUES; i++)
    g_string_append (many, ",0");
  g_string_append_c (many, ']');
  assert_accepted (many->str, many->len, NULL);
  g_string_truncate (many, many->len - 1);
  g_string_append (many, ",0]");
  assert_refused (many->str, many->len, NULL, LS_JSON_REASON_TOO_MANY_VALUES, many->len - 2, NULL);

  /* Bytes as they will be stored, however they are written. */
  assert_accepted (TEXT ("[\"abcd\",\"\\u0061\\n\\u00e9\",\"\\ud83d\\ude00\",\"\\u20acx\"]"),
                   &strings);
  assert_refused (TEXT ("[\"abcde\"]"), &strings, LS_JSON_REASON_STRING_TOO_LONG, 1, "$[0]");
  assert_refused (TEXT ("[\"\\u20ac\\u00e9\"]"), &strings, LS_JSON_REASON_STRING_TOO_LONG, 1,
                  "$[0]");
  assert_refused (TEXT ("{\"\\ud83d\\ude00.\":1}"), &strings, LS_JSON_REASON_STRING_TOO_LONG, 1,
                  "$");
}

/* An object of @n names, of which the one numbered @twin is written again at the end, its first
 * letter as @begin. */
static GString *
object_of (unsigned    n,
           unsigned    twin,
           const char *begin)
{
  GString *text = g_string_new ("{");

  for (unsigned i = 0; i < n; i++)
    g_string_append_printf (text, "\"name-%05u\":{\"x\":%u},", i, i);
  if (twin < n)
    g_string_append_printf (text, "\"%same-%05u\"", begin, twin);
  else
    g_string_append (text, "\"last\"");
  g_string_append (text, ":0}");

  return text;
}

static void
test_many_names (void)
{
  /* Around the numbers where the way of looking changes. */
  static const unsigned numbers[] = { 1, 2, 14, 15, 16, 17, 18, 19, 126, 127, 128, 129, 130, 2000 };

  for (size_t i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      unsigned n = numbers[i];
      unsigned twins[] = { 0, n / 2, n - 1 };
      g_autoptr (GString) none = object_of (n, n, NULL);

      assert_accepted (none->str, none->len, NULL);
      for (size_t j = 0; j < G_N_ELEMENTS (twins); j++)
        {
          g_autoptr (GString) plain = object_of (n, twins[j], "n");
          g_autoptr (GString) escaped = object_of (n, twins[j], "\\u006e");
          g_autofree char *path = g_strdup_printf ("$.name-%05u", twins[j]);

          assert_refused (plain->str, plain->len, NULL, LS_JSON_REASON_DUPLICATE_NAME,
                          plain->len - strlen ("\"name-00000\":0}"), path);
          assert_refused (escaped->str, escaped->len, NULL, LS_JSON_REASON_DUPLICATE_NAME,
                          escaped->len - strlen ("\"\\u006eame-00000\":0}"), NULL);
        }
    }
}

/* The first place of several. */
static void
test_first_of_many (void)
{
  g_autoptr (GString) text = object_of (100, 100, NULL);
  size_t length = text->len;

  g_string_truncate (text, length - 1);
  g_string_append (text, ",\"name-00050\":1,\"name-00099\":2,\"name-00050\":3}");
  assert_refused (text->str, text->len, NULL, LS_JSON_REASON_DUPLICATE_NAME, length,
                  "$.name-00050");
}

/* Inner objects must not spoil what is known of the outer ones. */
static void
test_names_nested (void)
{
  g_autoptr (GString) text = g_string_new ("{");

  for (unsigned i = 0; i < 40; i++)
    {
      g_autoptr (GString) inner = object_of (i * 5 + 1, G_MAXUINT, NULL);

      g_string_append_printf (text, "\"name-%05u\":%s,", i, inner->str);
    }
  g_string_append (text, "\"z\":1,\"name-00007\":1}");
  assert_refused (text->str, text->len, NULL, LS_JSON_REASON_DUPLICATE_NAME,
                  text->len - strlen ("\"name-00007\":1}"), "$.name-00007");
}

/* 100,000 names that are long and alike, forwards, backwards and escaped, cost n log n at most;
 * this would take hours by pairs. */
static void
test_names_costly (void)
{
  LsJsonLimits limits = { .max_bytes = 64 * 1024 * 1024, .max_values = 1000000 };
  g_autoptr (GString) text = g_string_new ("{");

  for (unsigned i = 0; i < 100000; i++)
    g_string_append_printf (text, "%s\"%sbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb%06u\":0",
                            i > 0 ? "," : "", i % 3 == 0 ? "\\u0061" : "a",
                            i % 2 == 0 ? i : 999999 - i);
  g_string_append_c (text, '}');
  assert_accepted (text->str, text->len, &limits);
}

static void
test_path (void)
{
  g_autoptr (GString) text = g_string_new ("");
  LsJsonGuardError error;

  /* Long names are cut between characters, long paths at their beginning. */
  g_string_append (text, "{\"");
  for (int i = 0; i < 40; i++)
    g_string_append (text, "x\xc3\xa9");
  g_string_append (text, "\":x}");
  g_assert_false (ls_json_guard_check (text->str, text->len, NULL, &error));
  g_assert_cmpstr (error.path, ==,
                   "$[\"x\xc3\xa9x\xc3\xa9x\xc3\xa9x\xc3\xa9x\xc3\xa9x\xc3\xa9x\xc3\xa9x\xc3\xa9"
                   "x\xc3\xa9x\xc3\xa9x…\"]");

  for (int lead = 0; lead < 8; lead++)
    {
      g_string_assign (text, "");
      for (int i = 0; i < 20; i++)
        g_string_append (text, "{\"\xe2\x82\xac\xc3\xa9\":[");
      g_string_append_printf (text, "{\"%.*s\":x", lead, "abcdefgh");
      g_assert_false (ls_json_guard_check (text->str, text->len, NULL, &error));
      g_assert_true (g_str_has_prefix (error.path, "$…"));
      g_assert_cmpuint (strlen (error.path), <, LS_JSON_GUARD_PATH_SIZE);
      g_assert_cmpuint (strlen (error.path), >, LS_JSON_GUARD_PATH_SIZE - 8);
      g_assert_true (g_utf8_validate (error.path, -1, NULL));
    }
}

static void
test_error (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (ls_json_guard_check_error (TEXT ("{}"), NULL, &error));
  g_assert_no_error (error);
  g_assert_false (ls_json_guard_check_error (TEXT ("{\"a\":[1.5]}"), NULL, &error));
  g_assert_error (error, LS_ERROR, LS_ERROR_PROTOCOL);
  g_assert_cmpstr (error->message, ==,
                   "$.a[0]: a number that is no integer (fraction, byte 7)");
  g_assert_false (ls_json_guard_check (NULL, 0, NULL, NULL));
}

static void
test_reasons (void)
{
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);

  for (int reason = LS_JSON_REASON_NONE; reason <= LS_JSON_REASON_UTF8; reason++)
    {
      g_assert_nonnull (ls_json_reason_get_words (reason));
      g_assert_true (g_hash_table_add (names, (gpointer) ls_json_reason_to_string (reason)));
    }
}

static char *
find_data (const char *name)
{
  const char *root = g_getenv ("LOCKSTEP_TEST_DATA");
  g_autofree char *path = root != NULL ? g_build_filename (root, name, NULL) : NULL;

  if (path == NULL || !g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_test_skip ("LOCKSTEP_TEST_DATA names no folder that has it");
      return NULL;
    }

  return g_steal_pointer (&path);
}

/* Those of the suite that must parse and that we refuse, with the rule of ours that says so. */
static const struct {
  const char *name;
  LsJsonReason reason;
} stricter[] = {
  { "y_number.json", LS_JSON_REASON_EXPONENT },
  { "y_number_0e+1.json", LS_JSON_REASON_EXPONENT },
  { "y_number_0e1.json", LS_JSON_REASON_EXPONENT },
  { "y_number_double_close_to_zero.json", LS_JSON_REASON_FRACTION },
  { "y_number_int_with_exp.json", LS_JSON_REASON_EXPONENT },
  { "y_number_minus_zero.json", LS_JSON_REASON_NEGATIVE_ZERO },
  { "y_number_negative_zero.json", LS_JSON_REASON_NEGATIVE_ZERO },
  { "y_number_real_capital_e.json", LS_JSON_REASON_EXPONENT },
  { "y_number_real_capital_e_neg_exp.json", LS_JSON_REASON_EXPONENT },
  { "y_number_real_capital_e_pos_exp.json", LS_JSON_REASON_EXPONENT },
  { "y_number_real_exponent.json", LS_JSON_REASON_EXPONENT },
  { "y_number_real_fraction_exponent.json", LS_JSON_REASON_FRACTION },
  { "y_number_real_neg_exp.json", LS_JSON_REASON_EXPONENT },
  { "y_number_real_pos_exponent.json", LS_JSON_REASON_EXPONENT },
  { "y_number_simple_real.json", LS_JSON_REASON_FRACTION },
  { "y_object_duplicated_key.json", LS_JSON_REASON_DUPLICATE_NAME },
  { "y_object_duplicated_key_and_value.json", LS_JSON_REASON_DUPLICATE_NAME },
  { "y_object_escaped_null_in_key.json", LS_JSON_REASON_NUL },
  { "y_object_extreme_numbers.json", LS_JSON_REASON_FRACTION },
  { "y_string_null_escape.json", LS_JSON_REASON_NUL },
  { "y_structure_lonely_negative_real.json", LS_JSON_REASON_FRACTION },
};

static void
test_suite (void)
{
  g_autofree char *folder = find_data ("jsontestsuite/test_parsing");
  g_autoptr (GDir) dir = NULL;
  const char *name;
  unsigned n_files = 0;
  unsigned n_stricter = 0;
  unsigned n_listed = 0;

  if (folder == NULL)
    return;

  for (size_t i = 0; i < G_N_ELEMENTS (stricter); i++)
    n_listed += stricter[i].reason != LS_JSON_REASON_NONE;

  dir = g_dir_open (folder, 0, NULL);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      g_autofree char *text = NULL;
      LsJsonGuardError error = { 0 };
      LsJsonReason expected = LS_JSON_REASON_NONE;
      size_t length = 0;
      bool passed;

      if (!g_str_has_suffix (name, ".json"))
        continue;

      n_files++;
      g_assert_true (g_file_get_contents (path, &text, &length, NULL));
      passed = ls_json_guard_check (text, length, NULL, &error);
      g_test_message ("%s: %s at %zu, %s", name, ls_json_reason_to_string (error.reason),
                      error.offset, error.path);

      if (name[0] == 'n')
        g_assert_false (passed);
      if (name[0] != 'y')
        continue;

      for (size_t i = 0; i < G_N_ELEMENTS (stricter); i++)
        {
          if (g_str_equal (stricter[i].name, name))
            expected = stricter[i].reason;
        }
      n_stricter += !passed;
      g_assert_cmpstr (ls_json_reason_to_string (error.reason),
                       ==, ls_json_reason_to_string (expected));
    }

  g_assert_cmpuint (n_files, ==, 318);
  g_assert_cmpuint (n_stricter, ==, n_listed);
}

/* Each string as a value and as a name of a message. Our own writer: that of json-glib 1.6 leaves
 * U+001F as it is, which no JSON may hold. */
static void
test_naughty (void)
{
  g_autofree char *path = find_data ("naughty/blns.json");
  g_autofree char *text = NULL;
  g_autoptr (JsonNode) whole = NULL;
  JsonArray *strings;
  size_t length = 0;

  if (path == NULL)
    return;

  g_assert_true (g_file_get_contents (path, &text, &length, NULL));
  assert_accepted (text, length, NULL);
  whole = json_from_string (text, NULL);
  strings = json_node_get_array (whole);
  g_assert_cmpuint (json_array_get_length (strings), >, 500);

  for (unsigned i = 0; i < json_array_get_length (strings); i++)
    {
      const char *string = json_array_get_string_element (strings, i);
      g_autoptr (LsJsonWriter) writer = ls_json_writer_new ();
      g_autoptr (JsonNode) again = NULL;
      g_autofree char *message = NULL;
      JsonArray *both;

      ls_json_writer_begin_array (writer);
      ls_json_writer_text (writer, string);
      ls_json_writer_begin_object (writer);
      ls_json_writer_name (writer, string);
      ls_json_writer_text (writer, string);
      ls_json_writer_end_object (writer);
      ls_json_writer_end_array (writer);
      message = ls_json_writer_finish (writer, &length);

      assert_accepted (message, length, NULL);
      again = json_from_string (message, NULL);
      g_assert_nonnull (again);
      both = json_node_get_array (again);
      g_assert_cmpstr (json_array_get_string_element (both, 0), ==, string);
      g_assert_cmpstr (json_object_get_string_member (json_array_get_object_element (both, 1),
                                                      string),
                       ==, string);
    }
}

/* Not a judgement of time: a figure for whoever asks with `-m perf`. */
static void
test_speed (void)
{
  g_autoptr (GString) text = g_string_new ("{\"type\":\"delta\",\"shop\":\"beats\",\"changes\":[");
  LsJsonLimits limits = { .max_bytes = 64 * 1024 * 1024, .max_values = 10000000 };
  double seconds;

  for (int i = 0; i < 20000; i++)
    g_string_append_printf (text,
                            "%s{\"v\":%d,\"c\":\"products\",\"k\":\"0190c3e2-7f3a-7b1e-9c4d-%012d\","
                            "\"op\":\"patch\",\"d\":{\"price\":%d,\"stock\":%d,\"status\":\"active\","
                            "\"title\":\"Midnight caf\xc3\xa9, 90 bpm\",\"updated_at\":17355600%08d}}",
                            i > 0 ? "," : "", i, i, i * 7, i % 50, i);
  g_string_append (text, "]}");

  g_test_timer_start ();
  for (int i = 0; i < 20; i++)
    g_assert_true (ls_json_guard_check (text->str, text->len, &limits, NULL));
  seconds = g_test_timer_elapsed ();
  g_test_maximized_result (20.0 * (double) text->len / seconds / 1e6, "%.0f MB/s",
                           20.0 * (double) text->len / seconds / 1e6);
}

int
main (int    argc,
      char **argv)
{
  setlocale (LC_ALL, "");
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/json-guard/accepted", test_accepted);
  g_test_add_func ("/json-guard/large", test_large);
  g_test_add_func ("/json-guard/refused", test_refused);
  g_test_add_func ("/json-guard/every-prefix", test_every_prefix);
  g_test_add_func ("/json-guard/every-byte", test_every_byte);
  g_test_add_func ("/json-guard/every-plain-byte", test_every_plain_byte);
  g_test_add_func ("/json-guard/every-utf8", test_every_utf8);
  g_test_add_func ("/json-guard/depth", test_depth);
  g_test_add_func ("/json-guard/limits", test_limits);
  g_test_add_func ("/json-guard/names/many", test_many_names);
  g_test_add_func ("/json-guard/names/first-of-many", test_first_of_many);
  g_test_add_func ("/json-guard/names/nested", test_names_nested);
  g_test_add_func ("/json-guard/names/costly", test_names_costly);
  g_test_add_func ("/json-guard/path", test_path);
  g_test_add_func ("/json-guard/error", test_error);
  g_test_add_func ("/json-guard/reasons", test_reasons);
  g_test_add_func ("/json-guard/suite", test_suite);
  g_test_add_func ("/json-guard/naughty", test_naughty);
  if (g_test_perf ())
    g_test_add_func ("/json-guard/speed", test_speed);

  return g_test_run ();
}
