/* SPDX-License-Identifier: GPL-3.0-or-later */

#include <string.h>

#include "core/ls-envelope.h"
#include "core/ls-error.h"

static void
test_round_trip (void)
{
  static const char *const messages[] = {
    "{\"t\":\"ping\",\"id\":1}", "{}", "{\"a\":[{\"b\":\"}]\\\"\"},[[]],-1],\"c\":{\"d\":null}}",
  };
  g_autoptr (LsEnvelope) envelope = ls_envelope_new ();
  g_autoptr (LsEnvelope) read = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  size_t length;

  envelope->session = g_strdup ("0123456789abcdef");
  envelope->seq = 7;
  envelope->ack = 6;
  envelope->wait = 25000000;
  for (size_t i = 0; i < G_N_ELEMENTS (messages); i++)
    ls_envelope_add (envelope, messages[i], strlen (messages[i]));
  text = ls_envelope_encode (envelope, LS_ENVELOPE_REQUEST, &length);
  read = ls_envelope_decode (text, length, LS_ENVELOPE_REQUEST, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (read->session, ==, envelope->session);
  g_assert_cmpint (read->seq, ==, 7);
  g_assert_cmpint (read->ack, ==, 6);
  g_assert_cmpint (read->wait, ==, 25000000);
  g_assert_cmpuint (read->messages->len, ==, G_N_ELEMENTS (messages));
  for (unsigned i = 0; i < read->messages->len; i++)
    {
      LsTextSlice *slice = &g_array_index (read->messages, LsTextSlice, i);

      g_assert_cmpmem (slice->text, slice->length, messages[i], strlen (messages[i]));
    }
  g_assert_cmphex (ls_envelope_hash (read), ==, ls_envelope_hash (envelope));
}

static void
test_closing (void)
{
  g_autoptr (LsEnvelope) envelope = ls_envelope_new ();
  g_autoptr (LsEnvelope) read = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  size_t length;

  envelope->seq = 1;
  envelope->close_code = 1008;
  envelope->reason = g_strdup ("signed out");
  text = ls_envelope_encode (envelope, LS_ENVELOPE_ANSWER, &length);
  read = ls_envelope_decode (text, length, LS_ENVELOPE_ANSWER, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (read->close_code, ==, 1008);
  g_assert_cmpstr (read->reason, ==, "signed out");
  g_assert_null (read->session);
}

/* Spaces wherever they may stand, members in any order, unknown ones of any kind. */
static void
test_spaces (void)
{
  static const char text[] =
      " { \"x\" : { \"messages\" : [ 1 , { } ] } , \"messages\" : [ { \"t\" : \"ping\" } , {\"y\":[]} ] "
      ", \"z\" : \"\\\\\" , \"seq\" : 3 , \"w\" : true } ";
  g_autoptr (GError) error = NULL;
  g_autoptr (LsEnvelope) read =
      ls_envelope_decode (text, strlen (text), LS_ENVELOPE_REQUEST, &error);
  LsTextSlice *slice;

  g_assert_no_error (error);
  g_assert_cmpint (read->seq, ==, 3);
  g_assert_cmpuint (read->messages->len, ==, 2);
  slice = &g_array_index (read->messages, LsTextSlice, 0);
  g_assert_cmpmem (slice->text, slice->length, "{ \"t\" : \"ping\" }", 16);
  slice = &g_array_index (read->messages, LsTextSlice, 1);
  g_assert_cmpmem (slice->text, slice->length, "{\"y\":[]}", 8);
}

static void
test_refused (void)
{
  static const struct {
    const char *text;
    const char *begins;
  } cases[] = {
    { "", "$" },
    { "{\"seq\":1", "$" },
    { "[]", "$: not an object" },
    { "1", "$: not an object" },
    { "{}", "seq: missing" },
    { "{\"seq\":0}", "seq: missing" },
    { "{\"seq\":-1}", "seq: not a number" },
    { "{\"seq\":1.5}", "$.seq" },
    { "{\"seq\":9007199254740992}", "$.seq" },
    { "{\"seq\":\"1\"}", "seq: not a number" },
    { "{\"seq\":1,\"seq\":2}", "$.seq" },
    { "{\"seq\":1,\"ack\":{}}", "ack: not a number" },
    { "{\"seq\":1,\"wait\":-1}", "wait: not a number" },
    { "{\"seq\":1,\"session\":1}", "session: not a text" },
    { "{\"seq\":1,\"session\":\"a\\u0041\"}", "session: with an escape" },
    { "{\"seq\":1,\"session\":\"0123456789012345678901234567890123456789012345678901234567890123456789\"}",
      "session: too long" },
    { "{\"seq\":1,\"messages\":{}}", "messages: not an array" },
    { "{\"seq\":1,\"messages\":[{},1]}", "messages[1]: not an object" },
    { "{\"seq\":1,\"messages\":[\"{}\"]}", "messages[0]: not an object" },
    { "{\"seq\":1,\"messages\":[{\"a\":1e3}]}", "$.messages[0].a" },
    { "{\"seq\":1,\"messages\":[{\"a\":01}]}", "$.messages[0].a" },
    { "{\"seq\":1}{\"seq\":2}", "$" },
    { "{\"seq\":1,\"messages\":[{\"a\":\"\xff\"}]}", "$.messages[0].a" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      LsEnvelope *read = ls_envelope_decode (cases[i].text, strlen (cases[i].text),
                                             LS_ENVELOPE_REQUEST, &error);

      g_assert_null (read);
      g_assert_error (error, LS_ERROR, LS_ERROR_PROTOCOL);
      if (!g_str_has_prefix (error->message, cases[i].begins))
        g_error ("%s: %s", cases[i].text, error->message);
    }
}

static void
test_bounds (void)
{
  g_autoptr (GString) text = g_string_new ("{\"seq\":1,\"messages\":[{}");
  g_autoptr (GError) error = NULL;
  g_autoptr (LsEnvelope) read = NULL;

  for (unsigned i = 1; i < LS_MAX_ENVELOPE_MESSAGES; i++)
    g_string_append (text, ",{}");
  g_string_append (text, "]}");
  read = ls_envelope_decode (text->str, text->len, LS_ENVELOPE_REQUEST, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (read->messages->len, ==, LS_MAX_ENVELOPE_MESSAGES);
  g_string_truncate (text, text->len - 2);
  g_string_append (text, ",{}]}");
  g_assert_null (ls_envelope_decode (text->str, text->len, LS_ENVELOPE_REQUEST, &error));
  g_assert_error (error, LS_ERROR, LS_ERROR_PROTOCOL);
  g_clear_error (&error);

  g_string_assign (text, "{\"seq\":1,\"x\":\"");
  while (text->len < LS_MAX_ENVELOPE_REQUEST)
    g_string_append_c (text, 'x');
  g_string_append (text, "\"}");
  g_assert_null (ls_envelope_decode (text->str, text->len, LS_ENVELOPE_REQUEST, &error));
  g_assert_error (error, LS_ERROR, LS_ERROR_PROTOCOL);
  g_clear_error (&error);
  g_clear_pointer (&read, ls_envelope_free);
  read = ls_envelope_decode (text->str, text->len, LS_ENVELOPE_ANSWER, &error);
  g_assert_no_error (error);
}

/* What it says and where a message ends count, not what goes around it. */
static void
test_hash (void)
{
  static const char *const texts[] = {
    "{\"seq\":1}",
    "{\"seq\":1,\"messages\":[{\"a\":1}]}",
    "{\"seq\":1,\"messages\":[{\"a\":1},{}]}",
    "{\"seq\":1,\"messages\":[{},{\"a\":1}]}",
  };
  static const char again[] = "{\"seq\":2,\"ack\":1,\"wait\":5,\"messages\":[{\"a\":1}]}";
  uint64_t hashes[G_N_ELEMENTS (texts)];
  g_autoptr (LsEnvelope) same = NULL;

  for (size_t i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (LsEnvelope) read =
          ls_envelope_decode (texts[i], strlen (texts[i]), LS_ENVELOPE_REQUEST, NULL);

      hashes[i] = ls_envelope_hash (read);
      for (size_t j = 0; j < i; j++)
        g_assert_cmphex (hashes[i], !=, hashes[j]);
    }
  same = ls_envelope_decode (again, strlen (again), LS_ENVELOPE_REQUEST, NULL);
  g_assert_cmphex (ls_envelope_hash (same), ==, hashes[1]);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/envelope/round-trip", test_round_trip);
  g_test_add_func ("/envelope/closing", test_closing);
  g_test_add_func ("/envelope/spaces", test_spaces);
  g_test_add_func ("/envelope/refused", test_refused);
  g_test_add_func ("/envelope/bounds", test_bounds);
  g_test_add_func ("/envelope/hash", test_hash);
  return g_test_run ();
}
