/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "core/ls-error.h"
#include "core/ls-json-writer.h"
#include "core/ls-message.h"

/* Each text is exactly what the encoder writes, so that decoding and encoding again gives it back. */
static const struct {
  LsMessageSide from;
  const char *text;
} canonical[] = {
  { LS_FROM_CLIENT, "{\"t\":\"hello\",\"protocol\":1,\"client\":\"c-1\",\"app\":\"0.1.0\",\"schema\":1,"
                    "\"shops\":[{\"shop\":\"beats\",\"n\":12}]}" },
  { LS_FROM_CLIENT, "{\"t\":\"hello\",\"protocol\":1,\"app\":\"0.1.0\",\"schema\":1,\"shops\":[]}" },
  { LS_FROM_SERVER,
    "{\"t\":\"welcome\",\"session\":\"s\",\"client\":\"c-1\",\"user\":\"anna\",\"max_client_message\":655360,"
    "\"max_server_message\":1048576,\"window\":64,\"heartbeat\":30000000,\"time\":1790000000000000,\"shops\":["
    "{\"shop\":\"beats\",\"name\":\"Beats\",\"role\":\"owner\",\"epoch\":\"00ff\",\"version\":7,"
    "\"check\":\"00000000000000ff\",\"n\":3}]}" },
  { LS_FROM_SERVER, "{\"t\":\"forked\",\"client\":\"c-2\"}" },
  { LS_FROM_CLIENT, "{\"t\":\"subscribe\",\"shop\":\"beats\",\"epoch\":\"\",\"version\":0,\"check\":\"0000000000000000\","
                    "\"view\":\"0123456789abcdef\",\"collections\":[{\"c\":\"orders\",\"p\":\"high\",\"since\":683},"
                    "{\"c\":\"products\",\"p\":\"low\"},{\"c\":\"activity\",\"p\":\"low\",\"off\":true}]}" },
  { LS_FROM_SERVER,
    "{\"t\":\"delta\",\"shop\":\"beats\",\"from\":4,\"to\":6,\"check\":\"0123456789abcdef\",\"changes\":["
    "{\"v\":5,\"c\":\"products\",\"k\":\"p\",\"op\":\"patch\",\"d\":{\"sku\":null,\"price\":1200,\"downloadable\":true},"
    "\"m\":\"mid\"},{\"v\":6,\"c\":\"products\",\"k\":\"q\",\"op\":\"del\"},"
    "{\"v\":6,\"c\":\"products\",\"k\":\"r\",\"op\":\"put\",\"d\":{\"name\":\"Caf\xc3\xa9 \\\"x\\\"\\n\"}}]}" },
  { LS_FROM_SERVER, "{\"t\":\"delta\",\"shop\":\"beats\",\"from\":0,\"to\":9,\"check\":\"0123456789abcdef\",\"done\":0,"
                    "\"changes\":[]}" },
  { LS_FROM_CLIENT, "{\"t\":\"ack\",\"shop\":\"beats\",\"version\":9,\"n\":2,\"applied\":1500}" },
  { LS_FROM_CLIENT,
    "{\"t\":\"mutate\",\"shop\":\"beats\",\"n\":1,\"mid\":\"m\",\"changes\":[{\"c\":\"products\",\"k\":\"p\","
    "\"op\":\"set\",\"set\":{\"price\":-5},\"was\":{\"price\":null}},{\"c\":\"products\",\"k\":\"p\",\"op\":\"add\","
    "\"set\":{\"stock\":1}},{\"c\":\"products\",\"k\":\"q\",\"op\":\"del\",\"was\":{\"name\":\"n\"}}]}" },
  { LS_FROM_CLIENT, "{\"t\":\"mutate\",\"shop\":\"beats\",\"n\":2,\"mid\":\"m\",\"void\":true}" },
  { LS_FROM_SERVER, "{\"t\":\"result\",\"shop\":\"beats\",\"n\":1,\"mid\":\"m\",\"status\":\"applied\",\"version\":9}" },
  { LS_FROM_SERVER,
    "{\"t\":\"result\",\"shop\":\"beats\",\"n\":1,\"mid\":\"m\",\"status\":\"conflict\",\"version\":9,\"code\":\"conflict\","
    "\"message\":\"w\",\"path\":\"products p price\",\"rows\":[{\"c\":\"products\",\"k\":\"p\",\"op\":\"put\","
    "\"set\":{\"price\":7}}]}" },
  { LS_FROM_SERVER,
    "{\"t\":\"result\",\"shop\":\"beats\",\"n\":1,\"mid\":\"m\",\"status\":\"rejected\",\"version\":9,\"code\":\"validation\","
    "\"message\":\"w\",\"reason\":\"too-blue\",\"args\":[\"é\",\"\",\"a\",\"b\",\"c\",\"d\"]}" },
  { LS_FROM_SERVER,
    "{\"t\":\"result\",\"shop\":\"beats\",\"n\":1,\"mid\":\"m\",\"status\":\"rejected\",\"version\":9,\"reason\":\"required\"}" },
  { LS_FROM_SERVER, "{\"t\":\"digest\",\"shop\":\"beats\",\"version\":9,\"check\":\"0123456789abcdef\","
                    "\"view\":\"0123456789abcdef\",\"sums\":[{\"c\":\"orders\",\"count\":3,\"hash\":\"0123456789abcdef\"},"
                    "{\"c\":\"orders\",\"b\":0,\"k\":\"o\",\"count\":1,\"hash\":\"0000000000000000\"}]}" },
  { LS_FROM_SERVER, "{\"t\":\"digest\",\"shop\":\"beats\",\"version\":9,\"check\":\"0123456789abcdef\","
                    "\"view\":\"0123456789abcdef\",\"sums\":[{\"c\":\"orders\",\"count\":3,\"since\":671,"
                    "\"hash\":\"0123456789abcdef\"}]}" },
  { LS_FROM_CLIENT, "{\"t\":\"verify\",\"shop\":\"beats\",\"c\":\"orders\"}" },
  { LS_FROM_CLIENT, "{\"t\":\"verify\",\"shop\":\"beats\",\"c\":\"orders\",\"b\":0}" },
  { LS_FROM_CLIENT, "{\"t\":\"verify\",\"shop\":\"beats\"}" },
  { LS_FROM_CLIENT,
    "{\"t\":\"verify\",\"shop\":\"beats\",\"c\":\"orders\",\"b\":3,\"keys\":[\"o1\",\"o2\"]}" },
  { LS_FROM_SERVER, "{\"t\":\"digest\",\"shop\":\"beats\",\"version\":9,\"check\":\"0123456789abcdef\","
                    "\"view\":\"0123456789abcdef\",\"c\":\"orders\",\"sums\":["
                    "{\"b\":7,\"count\":3,\"hash\":\"0123456789abcdef\"}]}" },
  { LS_FROM_SERVER, "{\"t\":\"digest\",\"shop\":\"beats\",\"version\":9,\"check\":\"0123456789abcdef\","
                    "\"view\":\"0123456789abcdef\",\"c\":\"orders\",\"sums\":[]}" },
  { LS_FROM_SERVER, "{\"t\":\"digest\",\"shop\":\"beats\",\"version\":9,\"check\":\"0123456789abcdef\","
                    "\"view\":\"0123456789abcdef\",\"c\":\"orders\",\"b\":0,\"sums\":["
                    "{\"k\":\"o\",\"hash\":\"0123456789abcdef\"}]}" },
  { LS_FROM_SERVER, "{\"t\":\"rows\",\"shop\":\"beats\",\"version\":9,\"check\":\"0123456789abcdef\","
                    "\"view\":\"0123456789abcdef\",\"c\":\"products\",\"b\":5,\"rows\":["
                    "{\"k\":\"p\",\"d\":{\"name\":\"n\",\"price\":7}},{\"k\":\"q\",\"d\":{}},"
                    "{\"k\":\"gone\"}]}" },
  { LS_FROM_SERVER, "{\"t\":\"resync\",\"shop\":\"beats\",\"reason\":\"too-old\",\"collections\":[]}" },
  { LS_FROM_CLIENT, "{\"t\":\"view\",\"shop\":\"beats\",\"window\":\"w\",\"page\":\"orders\",\"state\":\"s\"}" },
  { LS_FROM_CLIENT, "{\"t\":\"ping\",\"id\":4}" },
  { LS_FROM_SERVER, "{\"t\":\"ping\",\"id\":4,\"shops\":[{\"shop\":\"beats\",\"version\":9}]}" },
  { LS_FROM_SERVER, "{\"t\":\"pong\",\"id\":4}" },
  { LS_FROM_SERVER, "{\"t\":\"pong\",\"id\":4,\"shops\":[{\"shop\":\"beats\",\"version\":9,\"n\":7}]}" },
  { LS_FROM_CLIENT, "{\"t\":\"auth\",\"token\":\"secret\"}" },
  { LS_FROM_SERVER, "{\"t\":\"error\",\"code\":\"rate-limit\",\"message\":\"slow down\",\"path\":\"changes[1]\","
                    "\"temporary\":true,\"retry_after\":1000000}" },
  { LS_FROM_SERVER, "{\"t\":\"notice\",\"kind\":\"maintenance\",\"message\":\"at five\",\"until\":7}" },
};

static void
test_canonical (void)
{
  for (size_t i = 0; i < G_N_ELEMENTS (canonical); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (LsMessage) message = ls_message_decode (canonical[i].text, strlen (canonical[i].text),
                                                         canonical[i].from, &error);
      g_autofree char *again = NULL;
      size_t length = 0;

      g_test_message ("%s", canonical[i].text);
      g_assert_no_error (error);
      again = ls_message_encode (message, &length);
      g_assert_cmpstr (again, ==, canonical[i].text);
      g_assert_cmpuint (length, ==, strlen (again));
    }
}

static const struct {
  LsMessageSide from;
  const char *text;
  const char *says;
} refused[] = {
  { LS_FROM_CLIENT, "", "" },
  { LS_FROM_CLIENT, "[]", "object" },
  { LS_FROM_CLIENT, "7", "object" },
  { LS_FROM_CLIENT, "{}", "t: missing" },
  { LS_FROM_CLIENT, "{\"t\":7}", "t: not a string" },
  { LS_FROM_CLIENT, "{\"t\":null}", "t: missing" },
  { LS_FROM_CLIENT, "{\"t\":\"dance\"}", "t: an unknown value" },
  { LS_FROM_CLIENT, "{\"t\":\"delta\"}", "does not come from this side" },
  { LS_FROM_SERVER, "{\"t\":\"mutate\"}", "does not come from this side" },
  { LS_FROM_CLIENT, "{\"t\":\"hello\"}", "protocol: missing" },
  { LS_FROM_CLIENT, "{\"t\":\"ping\",\"id\":1.5}", "" },
  { LS_FROM_CLIENT, "{\"t\":\"ping\",\"id\":-1}", "id: below zero" },
  { LS_FROM_CLIENT, "{\"t\":\"ping\",\"id\":true}", "id: not an integer" },
  { LS_FROM_CLIENT, "{\"t\":\"ping\",\"id\":9007199254740992}", "" },
  { LS_FROM_CLIENT, "{\"t\":\"ping\",\"id\":1,\"id\":2}", "" },
  { LS_FROM_CLIENT,
    "{\"t\":\"subscribe\",\"shop\":\"b\",\"epoch\":\"\",\"version\":0,\"check\":\"0123456789abcdef\","
    "\"view\":\"0123456789abcdef\",\"collections\":[{\"c\":\"products\",\"p\":\"low\",\"since\":671}]}",
    "collections[0].since: products has no months" },
  { LS_FROM_CLIENT,
    "{\"t\":\"subscribe\",\"shop\":\"b\",\"epoch\":\"\",\"version\":0,\"check\":\"0123456789abcdef\","
    "\"view\":\"0123456789abcdef\",\"collections\":[{\"c\":\"orders\",\"p\":\"low\",\"since\":4294967295}]}",
    "collections[0].since: not a month" },
  { LS_FROM_CLIENT, "{\"t\":\"verify\",\"shop\":\"b\",\"c\":\"nothing\"}", "c: no such collection" },
  { LS_FROM_CLIENT, "{\"t\":\"verify\",\"shop\":\"b\",\"c\":\"orders\",\"b\":1,\"keys\":[7]}",
    "keys[0]: not a valid key" },
  { LS_FROM_CLIENT, "{\"t\":\"verify\",\"shop\":\"b\",\"c\":\"orders\",\"b\":1,\"keys\":[\"\"]}",
    "keys[0]: not a valid key" },
  { LS_FROM_CLIENT, "{\"t\":\"verify\",\"shop\":\"b\",\"c\":\"orders\",\"b\":1,\"keys\":[[]]}",
    "keys[0]: not a valid key" },
  { LS_FROM_SERVER, "{\"t\":\"digest\",\"shop\":\"b\",\"version\":9,\"check\":\"0123456789abcdef\","
                    "\"view\":\"0123456789abcdef\",\"c\":\"orders\",\"b\":0,\"sums\":["
                    "{\"hash\":\"0123456789abcdef\"}]}",
    "sums[0].k: missing" },
  { LS_FROM_SERVER, "{\"t\":\"rows\",\"shop\":\"b\",\"version\":9,\"check\":\"0123456789abcdef\","
                    "\"view\":\"0123456789abcdef\",\"c\":\"orders\",\"b\":0,\"rows\":[{}]}",
    "rows[0].k: missing" },
  { LS_FROM_SERVER,
    "{\"t\":\"delta\",\"shop\":\"b\",\"from\":1,\"to\":2,\"check\":\"0123456789abcdef\",\"changes\":[{\"v\":2,"
    "\"c\":\"orders\",\"k\":\"o\",\"op\":\"put\",\"d\":{\"status\":7}}]}",
    "status: a number where text belongs" },
  { LS_FROM_SERVER,
    "{\"t\":\"delta\",\"shop\":\"b\",\"from\":1,\"to\":2,\"check\":\"0123456789abcdef\",\"changes\":[{\"v\":2,"
    "\"c\":\"orders\",\"k\":\"o\",\"op\":\"put\",\"d\":{\"currency\":7}}]}",
    "currency: a number where text belongs" },
  { LS_FROM_SERVER,
    "{\"t\":\"delta\",\"shop\":\"b\",\"from\":1,\"to\":2,\"check\":\"0123456789abcdef\",\"changes\":[{\"v\":2,"
    "\"c\":\"orders\",\"k\":\"o\",\"op\":\"put\",\"d\":{\"placed_at\":\"now\"}}]}",
    "placed_at: text where a number belongs" },
  { LS_FROM_SERVER, "{\"t\":\"result\",\"shop\":\"b\",\"n\":1,\"mid\":\"m\",\"status\":\"rejected\",\"version\":1,"
                    "\"reason\":\"r\",\"args\":[\"a\",7]}",
    "args[1]: not a string" },
  { LS_FROM_CLIENT, "{\"t\":\"verify\",\"shop\":\" \",\"c\":\"orders\"}", "shop: not a valid shop id" },
  { LS_FROM_CLIENT, "{\"t\":\"mutate\",\"shop\":\"b\",\"mid\":\"m\",\"n\":0,\"changes\":[]}", "n: counts from 1" },
  { LS_FROM_CLIENT, "{\"t\":\"hello\",\"protocol\":1,\"app\":\"a\",\"schema\":1,\"shops\":[{\"shop\":\"a\"}]}",
    "shops[0].n: missing" },
  { LS_FROM_SERVER,
    "{\"t\":\"delta\",\"shop\":\"b\",\"from\":1,\"to\":2,\"check\":\"0123456789abcdef\",\"changes\":[{\"v\":3,"
    "\"c\":\"orders\",\"k\":\"o\",\"op\":\"del\"}]}",
    "changes[0].v: not between" },
  { LS_FROM_SERVER,
    "{\"t\":\"delta\",\"shop\":\"b\",\"from\":2,\"to\":2,\"check\":\"0123456789abcdef\",\"changes\":[]}",
    "to: not after from" },
  { LS_FROM_SERVER,
    "{\"t\":\"delta\",\"shop\":\"b\",\"from\":1,\"to\":2,\"check\":\"0123456789ABCDEF\",\"changes\":[]}",
    "check: not 16 hex" },
  { LS_FROM_SERVER,
    "{\"t\":\"delta\",\"shop\":\"b\",\"from\":1,\"to\":2,\"check\":\"0123456789abcdef\",\"changes\":[{\"v\":2,"
    "\"c\":\"orders\",\"k\":\"o\",\"op\":\"patch\",\"d\":{\"total\":\"7\"}}]}",
    "changes[0].total: text where" },
};

static void
test_refused (void)
{
  for (size_t i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", refused[i].text);
      g_assert_null (ls_message_decode (refused[i].text, strlen (refused[i].text), refused[i].from, &error));
      g_assert_error (error, LS_ERROR, LS_ERROR_PROTOCOL);
      g_assert_nonnull (strstr (error->message, refused[i].says));
    }
}

/* What a newer peer may send. */
static void
test_lenient (void)
{
  static const char text[] =
      "{\"new\":{\"x\":[1]},\"t\":\"delta\",\"shop\":\"b\",\"from\":1,\"to\":2,\"check\":\"0123456789abcdef\",\"changes\":["
      "{\"v\":2,\"c\":\"robots\",\"k\":\"r\",\"op\":\"put\",\"d\":{}},"
      "{\"v\":2,\"c\":\"orders\",\"k\":\"o\",\"op\":\"put\",\"d\":{\"status\":\"teleported\",\"mood\":\"good\"}}]}";
  g_autoptr (GError) error = NULL;
  g_autoptr (LsMessage) message = ls_message_decode (text, strlen (text), LS_FROM_SERVER, &error);
  const LsDeltaItem *item;

  g_assert_no_error (error);
  g_assert_cmpuint (message->delta.items->len, ==, 1);
  item = &g_array_index (message->delta.items, LsDeltaItem, 0);
  g_assert_cmpuint (item->change->edits->len, ==, 1);
  g_assert_cmpstr (g_array_index (item->change->edits, LsFieldEdit, 0).set.text, ==, "teleported");
}

/* An edit that can't be read is still answered under its n and mid. */
static void
test_unreadable_edit (void)
{
  static const char *const bodies[] = {
    "\"changes\":[]",
    "\"changes\":7",
    "\"changes\":[{\"c\":\"robots\",\"k\":\"r\",\"op\":\"del\"}]",
    "\"changes\":[{\"c\":\"orders\",\"k\":\"\",\"op\":\"del\"}]",
    "\"changes\":[{\"c\":\"orders\",\"k\":\"o\",\"op\":\"dance\"}]",
    "\"changes\":[{\"c\":\"orders\",\"k\":\"o\",\"op\":\"set\",\"set\":{\"total\":[]}}]",
    "\"changes\":[{\"c\":\"orders\",\"k\":\"o\",\"op\":\"del\",\"set\":{\"total\":1}}]",
    "\"other\":1",
  };

  for (size_t i = 0; i < G_N_ELEMENTS (bodies); i++)
    {
      g_autofree char *text =
          g_strdup_printf ("{\"t\":\"mutate\",\"shop\":\"b\",\"n\":4,\"mid\":\"m\",%s}", bodies[i]);
      g_autoptr (GError) error = NULL;
      g_autoptr (LsMessage) message = ls_message_decode (text, strlen (text), LS_FROM_CLIENT, &error);

      g_test_message ("%s", bodies[i]);
      g_assert_no_error (error);
      g_assert_cmpint (message->mutate.n, ==, 4);
      g_assert_cmpstr (message->mutate.mid, ==, "m");
      g_assert_null (message->mutate.changes);
      g_assert_error (message->mutate.body_error, LS_ERROR, LS_ERROR_PROTOCOL);
    }
}

static void
test_too_many_changes (void)
{
  g_autoptr (GString) text = g_string_new ("{\"t\":\"mutate\",\"shop\":\"b\",\"n\":1,\"mid\":\"m\",\"changes\":[");
  g_autoptr (LsMessage) message = NULL;

  for (int i = 0; i <= LS_MAX_CHANGES; i++)
    g_string_append_printf (text, "%s{\"c\":\"orders\",\"k\":\"%d\",\"op\":\"del\"}", i > 0 ? "," : "", i);
  g_string_append (text, "]}");
  message = ls_message_decode (text->str, text->len, LS_FROM_CLIENT, NULL);
  g_assert_nonnull (message);
  g_assert_error (message->mutate.body_error, LS_ERROR, LS_ERROR_PROTOCOL);
}

static void
test_deep (void)
{
  g_autoptr (GString) text = g_string_new ("{\"t\":\"ping\",\"id\":1,\"x\":");
  g_autoptr (GError) error = NULL;

  for (int i = 0; i < 100000; i++)
    g_string_append_c (text, '[');
  g_assert_null (ls_message_decode (text->str, text->len, LS_FROM_CLIENT, &error));
  g_assert_error (error, LS_ERROR, LS_ERROR_PROTOCOL);
}

/* None of the files that JSON parsers are tried with is a message: each is refused in words. */
static void
test_parsing_files (void)
{
  const char *root = g_getenv ("LOCKSTEP_TEST_DATA");
  g_autofree char *folder = NULL;
  g_autoptr (GDir) dir = NULL;
  const char *name;
  unsigned n_files = 0;

  if (root == NULL)
    {
      g_test_skip ("LOCKSTEP_TEST_DATA is not set");
      return;
    }
  folder = g_build_filename (root, "jsontestsuite", "test_parsing", NULL);
  dir = g_dir_open (folder, 0, NULL);
  g_assert_nonnull (dir);
  for (; (name = g_dir_read_name (dir)) != NULL; n_files++)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      g_autofree char *text = NULL;
      size_t length = 0;

      g_assert_true (g_file_get_contents (path, &text, &length, NULL));
      for (int from = LS_FROM_CLIENT; from <= LS_FROM_SERVER; from++)
        {
          g_autoptr (GError) error = NULL;

          g_assert_null (ls_message_decode (text, length, (LsMessageSide) from, &error));
          g_assert_error (error, LS_ERROR, LS_ERROR_PROTOCOL);
          g_assert_true (g_utf8_validate (error->message, -1, NULL));
        }
    }
  g_assert_cmpuint (n_files, >, 300);
}

static const struct {
  const char *text;
  bool scanned;
} acks[] = {
  { "{\"t\":\"ack\",\"shop\":\"beats\",\"version\":9,\"n\":2,\"applied\":1500}", true },
  { "{\"t\":\"ack\",\"shop\":\"b\",\"version\":0,\"n\":0,\"applied\":0}", true },
  { "{\"t\":\"ack\",\"shop\":\"b\",\"version\":9007199254740991,\"n\":0,\"applied\":0}", true },
  { "{\"t\":\"ack\",\"shop\":\"b\",\"version\":9007199254740992,\"n\":0,\"applied\":0}", false },
  { "{\"t\":\"ack\",\"shop\":\"b\",\"version\":99999999999999999999,\"n\":0,\"applied\":0}", false },
  { "{\"t\":\"ack\",\"shop\":\"b\",\"version\":01,\"n\":0,\"applied\":0}", false },
  { "{\"t\":\"ack\",\"shop\":\"b\",\"version\":-1,\"n\":0,\"applied\":0}", false },
  { "{\"t\":\"ack\",\"shop\":\"\",\"version\":1,\"n\":0,\"applied\":0}", false },
  { "{\"t\":\"ack\",\"shop\":\"a\\u0041\",\"version\":1,\"n\":0,\"applied\":0}", false },
  { "{\"t\":\"ack\",\"shop\":\" b\",\"version\":1,\"n\":0,\"applied\":0}", false },
  { "{\"t\":\"ack\",\"shop\":\"b\x7f\",\"version\":1,\"n\":0,\"applied\":0}", false },
  { "{\"t\":\"ack\",\"shop\":\"b\xff\",\"version\":1,\"n\":0,\"applied\":0}", false },
  { "{\"t\":\"ack\",\"shop\":\"b\",\"version\":1,\"n\":0,\"applied\":0} ", false },
  { "{\"t\":\"ack\",\"shop\":\"b\",\"version\":1,\"n\":0,\"applied\":0", false },
  { "{\"t\":\"ack\",\"shop\":\"a-shop-whose-name-has-more-bytes\",\"version\":1,\"n\":0,\"applied\":0}", false },
};

static void
test_scan_ack (void)
{
  for (size_t i = 0; i < G_N_ELEMENTS (acks); i++)
    {
      char shop[16] = "untouched";
      LsAck ack = { NULL, -1, -1, -1 };
      bool scanned = ls_message_scan_ack (acks[i].text, strlen (acks[i].text), shop, sizeof shop, &ack);

      g_test_message ("%s", acks[i].text);
      g_assert_cmpint (scanned, ==, acks[i].scanned);
      if (scanned)
        {
          g_autoptr (LsMessage) message =
              ls_message_decode (acks[i].text, strlen (acks[i].text), LS_FROM_CLIENT, NULL);

          g_assert_cmpstr (shop, ==, message->ack.shop);
          g_assert_cmpint (ack.version, ==, message->ack.version);
          g_assert_cmpint (ack.n, ==, message->ack.n);
          g_assert_cmpint (ack.applied, ==, message->ack.applied);
        }
      else
        {
          g_assert_cmpstr (shop, ==, "untouched");
          g_assert_cmpint (ack.version, ==, -1);
        }
    }
}

/* Every prefix of an ack is refused without reading behind it. */
static void
test_scan_prefixes (void)
{
  size_t length = strlen (acks[0].text);

  for (size_t i = 0; i < length; i++)
    {
      g_autofree char *exact = g_memdup2 (acks[0].text, i);
      char shop[16];
      LsAck ack;

      g_assert_false (ls_message_scan_ack (exact != NULL ? exact : "", i, shop, sizeof shop, &ack));
    }
}

static void
test_records (void)
{
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);
  static const char text[] = "{\"c\":\"products\",\"k\":\"p\",\"d\":{\"name\":\"n\",\"downloadable\":false,\"x\":1}}";
  g_autoptr (GError) error = NULL;
  g_autoptr (LsRecord) record = ls_record_decode (products, text, strlen (text), &error);
  g_autoptr (LsJsonWriter) writer = ls_json_writer_new ();
  g_autofree char *all = NULL;
  g_autofree char *some = NULL;

  g_assert_no_error (error);
  ls_record_encode (writer, record, UINT64_MAX);
  all = ls_json_writer_finish (writer, NULL);
  ls_record_encode (writer, record, 1);
  some = ls_json_writer_finish (writer, NULL);
  g_assert_cmpstr (all, ==, "{\"name\":\"n\",\"downloadable\":false}");
  g_assert_cmpstr (some, ==, "{\"name\":\"n\"}");
  g_assert_null (ls_record_decode (products, "{\"k\":\"p\"}", 9, &error));
  g_assert_error (error, LS_ERROR, LS_ERROR_PROTOCOL);
}

static void
test_stored_changes (void)
{
  const LsMessage *message;
  g_autoptr (LsMessage) decoded = NULL;
  g_autoptr (GPtrArray) changes = NULL;
  g_autofree char *json = NULL;
  g_autoptr (GError) error = NULL;
  size_t mutate = 0;

  while (strstr (canonical[mutate].text, "\"mutate\"") == NULL)
    mutate++;
  decoded = ls_message_decode (canonical[mutate].text, strlen (canonical[mutate].text), LS_FROM_CLIENT, NULL);
  message = decoded;
  json = ls_changes_to_json (message->mutate.changes);
  changes = ls_changes_from_json (json, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (changes->len, ==, message->mutate.changes->len);
  g_assert_cmphex (ls_changes_hash (changes), ==, ls_changes_hash (message->mutate.changes));
  g_assert_null (ls_changes_from_json ("{}", &error));
  g_assert_error (error, LS_ERROR, LS_ERROR_PROTOCOL);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/message/canonical", test_canonical);
  g_test_add_func ("/message/refused", test_refused);
  g_test_add_func ("/message/lenient", test_lenient);
  g_test_add_func ("/message/unreadable-edit", test_unreadable_edit);
  g_test_add_func ("/message/too-many-changes", test_too_many_changes);
  g_test_add_func ("/message/deep", test_deep);
  g_test_add_func ("/message/parsing-files", test_parsing_files);
  g_test_add_func ("/message/scan-ack", test_scan_ack);
  g_test_add_func ("/message/scan-prefixes", test_scan_prefixes);
  g_test_add_func ("/message/records", test_records);
  g_test_add_func ("/message/stored-changes", test_stored_changes);
  return g_test_run ();
}
