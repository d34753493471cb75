/* SPDX-License-Identifier: GPL-3.0-or-later */

#include <string.h>

#include "core/ls-error.h"
#include "ls-test-peer.h"
#include "ls-test-server.h"

/* Peers that do not behave, one after the other and all beside one that does: each is answered with
 * an error or closed, and the one that behaves goes on being served. */

#define SHOP "music"
#define HELLO "{\"t\":\"hello\",\"protocol\":1,\"app\":\"t\",\"schema\":1,\"shops\":[]}"
#define MAX_RSS_KIB (200 * 1024)
/* The good one says nothing while a test is busy with others, on a slow machine for longer than a server
 * waits for the answer to a ping. */
#define PATIENT "--heartbeat=1h"
/* Edits that go on after the slow reader was too slow. */
#define MORE_EDITS 20

typedef struct {
  LsTestServer *server;
  LsTestPeer *good;
  LsPosition position;
  int64_t n;
} Fixture;

static void
good_begin (Fixture *fixture)
{
  g_autoptr (LsMessage) welcome = NULL;

  fixture->good = ls_test_peer_connect (ls_test_server_get_port (fixture->server),
                                        ls_test_server_get_token (fixture->server));
  welcome = ls_test_peer_hello (fixture->good, NULL, NULL, 0);
  g_assert_cmpint (welcome->type, ==, LS_MESSAGE_WELCOME);
  fixture->position = g_array_index (welcome->welcome.shops, LsShopInfo, 0).position;
  ls_test_peer_subscribe (fixture->good, SHOP, &fixture->position,
                          ls_view_get (LS_ROLE_OWNER, LS_SCHEMA_VERSION));
}

/* An edit there and back: the server serves. */
static void
good_edit (Fixture    *fixture,
           const char *changes)
{
  g_autofree char *mid = g_strdup_printf ("m-%d", (int) ++fixture->n);
  g_autoptr (LsMessage) delta = NULL;
  g_autoptr (LsMessage) result = NULL;

  ls_test_peer_mutate (fixture->good, SHOP, fixture->n, mid, changes);
  delta = ls_test_peer_expect (fixture->good, LS_MESSAGE_DELTA);
  g_assert_cmpint (delta->delta.from, ==, fixture->position.version);
  fixture->position.version = delta->delta.to;
  fixture->position.check = delta->delta.check;
  result = ls_test_peer_expect (fixture->good, LS_MESSAGE_RESULT);
  g_assert_cmpint (result->result.status, ==, LS_RESULT_APPLIED);
}

static void
good_round_trip (Fixture *fixture)
{
  good_edit (fixture, fixture->n == 0
                          ? "[{\"c\":\"products\",\"k\":\"drums\",\"op\":\"put\",\"set\":{"
                            "\"name\":\"Drums\",\"status\":\"active\",\"stock\":0}}]"
                          : "[{\"c\":\"products\",\"k\":\"drums\",\"op\":\"add\","
                            "\"set\":{\"stock\":1}}]");
}

static void
assert_memory_bounded (Fixture *fixture)
{
  g_autofree char *path =
      g_strdup_printf ("/proc/%s/status", ls_test_server_get_pid (fixture->server));
  g_autofree char *text = NULL;
  const char *line;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  line = strstr (text, "VmRSS:");
  g_assert_nonnull (line);
#ifndef __SANITIZE_ADDRESS__
  g_assert_cmpuint (
      g_ascii_strtoull (line + strlen ("VmRSS:") + strspn (line + strlen ("VmRSS:"), " \t"), NULL,
                        10),
      <, MAX_RSS_KIB);
#endif
}

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  fixture->server = ls_test_server_new (data);
  good_begin (fixture);
  good_round_trip (fixture);
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  good_round_trip (fixture);
  assert_memory_bounded (fixture);
  ls_test_peer_free (fixture->good);
  ls_test_server_free (fixture->server);
}

static char *
filled (const char *head,
        char        byte,
        size_t      count,
        const char *tail)
{
  GString *text = g_string_new (head);

  for (size_t i = 0; i < count; i++)
    g_string_append_c (text, byte);
  g_string_append (text, tail);
  return g_string_free (text, FALSE);
}

static void
test_requests (Fixture      *fixture,
               gconstpointer data)
{
  g_autofree char *long_header =
      filled ("GET /healthz HTTP/1.1\r\nHost: x\r\nX: ", 'a', 200000, "\r\n\r\n");
  g_autofree char *long_line = filled ("GET /", 'a', 200000, " HTTP/1.1\r\nHost: x\r\n\r\n");
  g_autofree char *bearer =
      filled ("GET /v1/status HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ", 'f', 64, "\r\n\r\n");
  const struct {
    const char *request;
    const char *answer; /* NULL: closed, or an error of libsoup's own */
  } cases[] = {
    { "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 " },
    { "\r\n\r\n", NULL },
    { "\x16\x03\x01\x02", NULL },
    { "nonsense\r\n\r\n", NULL },
    { "GET\r\n\r\n", NULL },
    { "GET /healthz HTTP/1.1\r\n\r\n", "HTTP/1.1 400 " },
    { "GET /healthz HTTP/1.0\r\n\r\n", "HTTP/1.0 200 " },
    { "GET /healthz HTTP/3.0\r\nHost: x\r\n\r\n", NULL },
    { "GET http://[::1/healthz HTTP/1.1\r\nHost: x\r\n\r\n", NULL },
    { "GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 40" },
    { "GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 40" },
    { "GET /v1/shops/%00/snapshot HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 40" },
    { "BREW /healthz HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 405 " },
    { "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404 " },
    { "GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.1 400 " },
    { "POST /v1/sign-in HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "HTTP/1.1 411 " },
    { "POST /v1/sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}", "HTTP/1.1 400 " },
    { "POST /v1/sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n[[[[", "HTTP/1.1 400 " },
    { "POST /v1/sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", NULL },
    { "GET /v1/sync HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 401 " },
    { "GET /v1/status HTTP/1.1\r\nHost: x\r\nAuthorization: Basic YTpi\r\n\r\n", "HTTP/1.1 401 " },
    { "GET /v1/shops/music/snapshot HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 401 " },
    { "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 401 " },
    { bearer, "HTTP/1.1 401 " },
    { long_header, NULL },
    { long_line, NULL },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (LsTestPeer) peer = ls_test_peer_new (ls_test_server_get_port (fixture->server));
      g_autofree char *answer = NULL;

      ls_test_peer_write (peer, cases[i].request, strlen (cases[i].request));
      answer = ls_test_peer_read_all (peer);
      if (cases[i].answer != NULL && !g_str_has_prefix (answer, cases[i].answer))
        g_error ("%.80s: %s", cases[i].request, answer);
      if (cases[i].answer == NULL)
        g_assert_false (g_str_has_prefix (answer, "HTTP/1.1 2"));
      if (cases[i].answer != NULL && strstr (cases[i].answer, "401") != NULL)
        g_assert_nonnull (strstr (answer, "WWW-Authenticate: Bearer"));
    }
  good_round_trip (fixture);
}

/* More than is allowed, said at once or in the end: refused, and not kept. */
static void
test_large_bodies (Fixture      *fixture,
                   gconstpointer data)
{
  g_autofree char *body = filled ("", 'a', 1000000, "");
  g_autofree char *answer = NULL;
  g_autoptr (LsTestPeer) endless = ls_test_peer_new (ls_test_server_get_port (fixture->server));
  static const char head[] =
      "POST /v1/sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n";
  g_autofree char *end = NULL;

  answer = ls_test_peer_request (ls_test_server_get_port (fixture->server),
                                 "POST /v1/sign-in HTTP/1.1\n", body);
  g_assert_true (g_str_has_prefix (answer, "HTTP/1.1 413 "));
  ls_test_peer_write (endless, head, strlen (head));
  for (int i = 0; i < 20; i++)
    ls_test_peer_write (endless, body, 1000000);
  end = ls_test_peer_read_all (endless);
  good_round_trip (fixture);
}

/* Requests that never end hold their place only so long, and no more than there are. */
static void
test_slow_requests (Fixture      *fixture,
                    gconstpointer data)
{
  g_autoptr (GPtrArray) slow = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_test_peer_free);
  uint16_t port = ls_test_server_get_port (fixture->server);
  g_autofree char *answer = NULL;

  for (int i = 0; i < 30; i++)
    {
      LsTestPeer *peer = ls_test_peer_new (port);

      ls_test_peer_write (peer, "GET /healthz HT", 15);
      g_ptr_array_add (slow, peer);
    }
  good_round_trip (fixture);
  for (unsigned i = 0; i < slow->len; i++)
    {
      g_autofree char *end = ls_test_peer_read_all (g_ptr_array_index (slow, i));

      g_assert_false (g_str_has_prefix (end, "HTTP/1.1 2"));
    }
  answer = ls_test_peer_request (port, "GET /healthz HTTP/1.1\n", NULL);
  g_assert_true (g_str_has_prefix (answer, "HTTP/1.1 200 "));
}

static void
test_sign_in_limit (Fixture      *fixture,
                    gconstpointer data)
{
  static const char wrong[] = "{\"user\":\"admin\",\"password\":\"wrong one\",\"device\":\"d\"}";
  uint16_t port = ls_test_server_get_port (fixture->server);
  unsigned refused = 0;

  for (int i = 0; i < 6; i++)
    {
      g_autofree char *answer = ls_test_peer_request (port, "POST /v1/sign-in HTTP/1.1\n", wrong);

      if (g_str_has_prefix (answer, "HTTP/1.1 429 "))
        {
          refused++;
          g_assert_nonnull (strstr (answer, "Retry-After: "));
        }
      else
        g_assert_true (g_str_has_prefix (answer, "HTTP/1.1 401 "));
    }
  g_assert_cmpuint (refused, ==, 3);
}

static void
test_upgrades (Fixture      *fixture,
               gconstpointer data)
{
  static const struct {
    const char *headers;
    const char *answer;
  } cases[] = {
    { "", "HTTP/1.1 426 " },
    { "Upgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Version: 8\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-WebSocket-Protocol: lockstep.v1\n",
      "HTTP/1.1 426 " },
    { "Upgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Version: 13\n"
      "Sec-WebSocket-Key: short\nSec-WebSocket-Protocol: lockstep.v1\n",
      "HTTP/1.1 400 " },
    { "Upgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Version: 13\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n",
      "HTTP/1.1 400 " },
    { "Upgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Version: 13\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-WebSocket-Protocol: other\n",
      "HTTP/1.1 400 " },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *head =
          g_strdup_printf ("GET /v1/sync HTTP/1.1\nAuthorization: Bearer %s\n%s",
                           ls_test_server_get_token (fixture->server), cases[i].headers);
      g_autofree char *answer =
          ls_test_peer_request (ls_test_server_get_port (fixture->server), head, NULL);

      if (!g_str_has_prefix (answer, cases[i].answer))
        g_error ("%s: %s", cases[i].headers, answer);
    }
}

static LsTestPeer *
abuser_new (Fixture *fixture)
{
  LsTestPeer *peer = ls_test_peer_connect (ls_test_server_get_port (fixture->server),
                                           ls_test_server_get_token (fixture->server));
  g_autoptr (LsMessage) welcome = ls_test_peer_hello (peer, NULL, NULL, 0);

  g_assert_cmpint (welcome->type, ==, LS_MESSAGE_WELCOME);
  return peer;
}

/* Bytes that are no frames, or none that a client may send. */
static void
test_frames (Fixture      *fixture,
             gconstpointer data)
{
  static const struct {
    uint8_t bytes[16];
    size_t length;
    uint16_t code;
  } cases[] = {
    { { 0x81, 0x02, '{', '}' }, 4, 1002 },                               /* not masked */
    { { 0xc1, 0x80, 1, 2, 3, 4 }, 6, 1002 },                             /* a reserved bit */
    { { 0x83, 0x80, 1, 2, 3, 4 }, 6, 1002 },                             /* a reserved opcode */
    { { 0x09, 0x80, 1, 2, 3, 4 }, 6, 1002 },                             /* a ping in fragments */
    { { 0x80, 0x80, 1, 2, 3, 4 }, 6, 1002 },                             /* nothing to go on with */
    { { 0x89, 0xfe, 0, 126, 1, 2, 3, 4 }, 8, 1002 },                     /* a long ping */
    { { 0x81, 0xff, 0, 0, 1, 0, 0, 0, 0, 0, 1, 2, 3, 4 }, 14, 1009 },    /* a terabyte */
    { { 0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4 }, 14, 1002 }, /* less than none */
    { { 0x81, 0x81, 0, 0, 0, 0, 0xff }, 7, 1007 },                       /* no UTF-8 */
    { { 0x88, 0x81, 0, 0, 0, 0, 3 }, 7, 1002 },                          /* half a close code */
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (LsTestPeer) peer = abuser_new (fixture);
      g_autoptr (LsMessage) message = NULL;

      ls_test_peer_write (peer, cases[i].bytes, cases[i].length);
      message = ls_test_peer_receive (peer);
      g_assert_null (message);
      g_assert_cmpuint (ls_test_peer_get_close (peer), ==, cases[i].code);
    }
  good_round_trip (fixture);
}

/* Whole messages that are none. */
static void
test_messages (Fixture      *fixture,
               gconstpointer data)
{
  g_autofree char *deep = filled ("{\"t\":\"ping\",\"id\":1,\"x\":", '[', 5000, "");
  g_autofree char *deep_closed = filled ("", '[', 600000, "");
  g_autofree char *long_id = filled (
      "{\"t\":\"hello\",\"protocol\":1,\"schema\":1,\"shops\":[],\"app\":\"", 'a', 100000, "\"}");
  const struct {
    const char *text;
    const char *path;
  } cases[] = {
    { "", NULL },
    { "null", NULL },
    { "[]", NULL },
    { "{", NULL },
    { "{}", "t" },
    { "{\"t\":1}", "t" },
    { "{\"t\":\"frobnicate\"}", "t" },
    { "{\"t\":\"welcome\"}", "t" },
    { "{\"t\":\"ping\"}", "id" },
    { "{\"t\":\"ping\",\"id\":-1}", "id" },
    { "{\"t\":\"ping\",\"id\":1.5}", NULL },
    { "{\"t\":\"ping\",\"id\":1e3}", NULL },
    { "{\"t\":\"ping\",\"id\":9007199254740992}", NULL },
    { "{\"t\":\"ping\",\"id\":1,\"id\":2}", NULL },
    { "{\"t\":\"ping\",\"id\":1}{}", NULL },
    { "{\"t\":\"ping\",\"id\":0x10}", NULL },
    { "{'t':'ping','id':1}", NULL },
    { "{\"t\":\"ping\",\"id\":1/**/}", NULL },
    { "{\"t\":\"ack\",\"shop\":\"music\",\"version\":\"x\",\"n\":0,\"applied\":0}", "version" },
    { "{\"t\":\"subscribe\",\"shop\":\"\",\"epoch\":\"\",\"version\":0,"
      "\"check\":\"0000000000000000\","
      "\"view\":\"0000000000000000\",\"collections\":[]}",
      "shop" },
    { "{\"t\":\"mutate\",\"shop\":\"music\",\"n\":0,\"mid\":\"x\",\"changes\":[]}", "n" },
    { "{\"t\":\"mutate\",\"shop\":\"music\",\"mid\":\"x\",\"changes\":[]}", "n" },
    { "{\"t\":\"verify\",\"shop\":\"music\",\"c\":\"nothing\"}", "c" },
    { deep, NULL },
    { deep_closed, NULL },
    { long_id, "app" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (LsTestPeer) peer = abuser_new (fixture);
      g_autoptr (LsMessage) error = NULL;
      g_autoptr (LsMessage) pong = NULL;

      ls_test_peer_send_text (peer, cases[i].text);
      error = ls_test_peer_expect (peer, LS_MESSAGE_ERROR);
      g_assert_cmpint (error->error.code, ==, LS_ERROR_PROTOCOL);
      g_assert_false (error->error.temporary);
      if (cases[i].path != NULL)
        g_assert_cmpstr (error->error.path, ==, cases[i].path);
      /* One is forgiven. */
      ls_test_peer_send_text (peer, "{\"t\":\"ping\",\"id\":5}");
      pong = ls_test_peer_expect (peer, LS_MESSAGE_PONG);
    }
  good_round_trip (fixture);
}

/* Reads what comes until the server closes. */
static uint16_t
wait_closed (LsTestPeer *peer,
             unsigned   *ret_errors)
{
  LsMessage *message;

  *ret_errors = 0;
  while ((message = ls_test_peer_receive (peer)) != NULL)
    {
      *ret_errors += message->type == LS_MESSAGE_ERROR;
      ls_message_unref (message);
    }
  return ls_test_peer_get_close (peer);
}

static void
test_repeatedly_malformed (Fixture      *fixture,
                           gconstpointer data)
{
  g_autoptr (LsTestPeer) text = abuser_new (fixture);
  g_autoptr (LsTestPeer) binary = abuser_new (fixture);
  g_autoptr (LsTestPeer) early = ls_test_peer_connect (ls_test_server_get_port (fixture->server),
                                                       ls_test_server_get_token (fixture->server));
  unsigned errors;

  for (int i = 0; i < 20; i++)
    {
      ls_test_peer_send_text (text, "nonsense");
      ls_test_peer_send_frame (binary, 0x82, "nonsense", 8);
      ls_test_peer_send_text (early, "{\"t\":\"verify\",\"shop\":\"music\",\"c\":\"products\"}");
    }
  g_assert_cmpuint (wait_closed (text, &errors), ==, 1008);
  g_assert_cmpuint (errors, >=, 5);
  g_assert_cmpuint (wait_closed (binary, &errors), ==, 1008);
  g_assert_cmpuint (wait_closed (early, &errors), ==, 1008);
  good_round_trip (fixture);
}

static void
test_floods (Fixture      *fixture,
             gconstpointer data)
{
  g_autoptr (LsTestPeer) messages = abuser_new (fixture);
  g_autoptr (LsTestPeer) pings = abuser_new (fixture);
  g_autoptr (GString) many = g_string_new (NULL);
  unsigned errors;
  uint16_t code;

  for (int i = 0; i < 20000; i++)
    ls_test_peer_send_text (messages, "{\"t\":\"ping\",\"id\":5}");
  code = wait_closed (messages, &errors);
  g_assert_true (code == 1008 || code == 1006);
  for (int i = 0; i < 20000; i++)
    ls_test_peer_send_frame (pings, 0x89, "", 0);
  code = wait_closed (pings, &errors);
  g_assert_cmpuint (code, !=, 1000);
  good_round_trip (fixture);
}

static void
test_silent (Fixture      *fixture,
             gconstpointer data)
{
  unsigned errors;

  /* The second comes when the good one has been there for longer than a silent one may. */
  for (int i = 0; i < 2; i++)
    {
      g_autoptr (LsTestPeer) peer = ls_test_peer_connect (
          ls_test_server_get_port (fixture->server), ls_test_server_get_token (fixture->server));

      g_assert_cmpuint (wait_closed (peer, &errors), ==, 1008);
    }
}

static void
test_other_protocol (Fixture      *fixture,
                     gconstpointer data)
{
  g_autoptr (LsTestPeer) old = ls_test_peer_connect (ls_test_server_get_port (fixture->server),
                                                     ls_test_server_get_token (fixture->server));
  g_autoptr (LsMessage) error = NULL;
  unsigned errors;

  ls_test_peer_send_text (
      old, "{\"t\":\"hello\",\"protocol\":0,\"app\":\"t\",\"schema\":1,\"shops\":[]}");
  error = ls_test_peer_expect (old, LS_MESSAGE_ERROR);
  g_assert_cmpint (error->error.code, ==, LS_ERROR_TOO_OLD);
  g_assert_cmpuint (wait_closed (old, &errors), ==, 1008);
}

/* Fragments are no offence by themselves. */
static void
test_fragments (Fixture      *fixture,
                gconstpointer data)
{
  g_autoptr (LsTestPeer) peer = ls_test_peer_connect (ls_test_server_get_port (fixture->server),
                                                      ls_test_server_get_token (fixture->server));
  g_autoptr (LsTestPeer) endless = abuser_new (fixture);
  g_autoptr (LsMessage) welcome = NULL;
  size_t length = strlen (HELLO);
  g_autofree char *piece = filled ("", 'a', 60000, "");
  unsigned errors;

  for (size_t i = 0; i < length; i++)
    {
      ls_test_peer_send_frame (peer, (uint8_t) ((i == 0 ? 1 : 0) | (i == length - 1 ? 0x80 : 0)),
                               HELLO + i, 1);
      if (i % 7 == 0)
        ls_test_peer_send_frame (peer, 0x89, "between", 7);
    }
  welcome = ls_test_peer_expect (peer, LS_MESSAGE_WELCOME);
  for (int i = 0; i < 20; i++)
    ls_test_peer_send_frame (endless, i == 0 ? 1 : 0, piece, 60000);
  g_assert_cmpuint (wait_closed (endless, &errors), ==, 1009);
  good_round_trip (fixture);
}

/* What one who reads has got so far. */
typedef struct {
  LsTestPeer *peer;
  int64_t at;
  bool squashed;
  char *description;
} Reader;

static void
read_delta (Reader *reader)
{
  g_autoptr (LsMessage) message = ls_test_peer_expect (reader->peer, LS_MESSAGE_DELTA);
  const LsDelta *delta = &message->delta;
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);
  unsigned description = (unsigned) ls_collection_field (products, "description");

  /* From what it acknowledged, which is nothing, or from what it got last. */
  g_assert_cmpint (delta->from, <=, reader->at);
  reader->at = delta->to;
  reader->squashed = reader->squashed || delta->done >= 0;
  for (unsigned i = 0; i < delta->items->len; i++)
    {
      const LsChange *change = g_array_index (delta->items, LsDeltaItem, i).change;
      const LsFieldEdit *edit =
          change->collection == products ? ls_change_find (change, description) : NULL;

      if (edit == NULL)
        continue;
      g_free (reader->description);
      reader->description = g_strdup (ls_value_get_text (&edit->set));
    }
}

/* How many sessions were too slow so far. */
static uint64_t
count_overflows (Fixture *fixture)
{
  static const char name[] = "\nlockstep_overflows_total ";
  g_autofree char *head = g_strdup_printf ("GET /metrics HTTP/1.1\nAuthorization: Bearer %s\n",
                                           ls_test_server_get_token (fixture->server));
  g_autofree char *metrics =
      ls_test_peer_request (ls_test_server_get_port (fixture->server), head, NULL);
  const char *found = strstr (metrics, name);

  g_assert_nonnull (found);
  return g_ascii_strtoull (found + strlen (name), NULL, 10);
}

/* Sets a text of 60 KB. */
static void
edit_long_text (Fixture *fixture,
                GString *text,
                int      number)
{
  g_autofree char *before = g_strdup (text->str);
  g_autofree char *changes = NULL;

  g_string_printf (text, "%06d ", number);
  for (int k = 0; k < 60000; k++)
    g_string_append_c (text, (char) ('a' + k % 26));
  changes = g_strdup_printf (
      "[{\"c\":\"products\",\"k\":\"drums\",\"op\":\"set\","
      "\"set\":{\"description\":\"%s\"},\"was\":{\"description\":%s%s%s}}]",
      text->str, number == 0 ? "null" : "\"", number == 0 ? "" : before, number == 0 ? "" : "\"");
  good_edit (fixture, changes);
}

/* One who does not read costs no memory and holds up nobody; when it reads again it gets to the
 * end. */
static void
test_slow_reader (Fixture      *fixture,
                  gconstpointer data)
{
  g_autoptr (LsTestPeer) slow = abuser_new (fixture);
  g_autoptr (GString) text = g_string_new (NULL);
  LsPosition start = fixture->position;
  Reader reader = { slow, start.version, false, NULL };
  int n = 0;

  ls_test_peer_subscribe (slow, SHOP, &start, ls_view_get (LS_ROLE_OWNER, LS_SCHEMA_VERSION));
  /* More than its socket holds, and not for long: who takes nothing is given up after a minute. */
  while (count_overflows (fixture) == 0)
    edit_long_text (fixture, text, n++);
  for (int i = 0; i < MORE_EDITS; i++)
    edit_long_text (fixture, text, n++);
  assert_memory_bounded (fixture);
  while (reader.at < fixture->position.version)
    read_delta (&reader);
  g_assert_true (reader.squashed);
  g_assert_cmpint (reader.at, ==, fixture->position.version);
  g_assert_cmpstr (reader.description, ==, text->str);
  g_free (reader.description);
}

int
main (int    argc,
      char **argv)
{
  static const char *const none[] = { PATIENT, NULL };
  static const char *const hasty[] = { PATIENT, "--request-timeout=500ms", NULL };
  static const char *const slow[] = { PATIENT, "--request-timeout=500ms", "--max-requests=20", NULL };
  static const char *const limited[] = { PATIENT, "--address-rate=3", NULL };
  static const char *const silent[] = { PATIENT, "--hello-timeout=1s", NULL };
  static const char *const small[] = { PATIENT, "--max-unsent=512KiB", "--ring=256KiB", "--edit-rate=0",
                                       NULL };

  g_test_init (&argc, &argv, NULL);
#define ADD(path, options, func) g_test_add (path, Fixture, options, set_up, func, tear_down)
  ADD ("/serve-abuse/requests", hasty, test_requests);
  ADD ("/serve-abuse/large-bodies", none, test_large_bodies);
  ADD ("/serve-abuse/slow-requests", slow, test_slow_requests);
  ADD ("/serve-abuse/sign-in-limit", limited, test_sign_in_limit);
  ADD ("/serve-abuse/upgrades", none, test_upgrades);
  ADD ("/serve-abuse/frames", none, test_frames);
  ADD ("/serve-abuse/messages", none, test_messages);
  ADD ("/serve-abuse/repeatedly-malformed", none, test_repeatedly_malformed);
  ADD ("/serve-abuse/floods", none, test_floods);
  ADD ("/serve-abuse/silent", silent, test_silent);
  ADD ("/serve-abuse/other-protocol", none, test_other_protocol);
  ADD ("/serve-abuse/fragments", none, test_fragments);
  ADD ("/serve-abuse/slow-reader", small, test_slow_reader);
#undef ADD
  return g_test_run ();
}
