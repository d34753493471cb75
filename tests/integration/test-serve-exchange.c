/* SPDX-License-Identifier: GPL-3.0-or-later */

#include <string.h>

#include "core/ls-envelope.h"
#include "ls-test-peer.h"
#include "ls-test-server.h"

/* Clients that poll a real lockstepd: connections, headers, bodies, and what becomes of them. */

#define SHOP "music"
#define EMPTY "{\"seq\":1}"

/* A connection on which requests go one after the other. */
typedef struct {
  GSocketConnection *connection;
  GDataInputStream *input;
  char *token;

  bool takes_gzip;

  /* The last answer */
  unsigned status;
  bool stays;
  bool is_gzip;
  char *body;
} Line;

static void
line_clear (Line *line)
{
  g_clear_object (&line->input);
  g_clear_object (&line->connection);
  g_clear_pointer (&line->body, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Line, line_clear)

static void
line_open (Line         *line,
           LsTestServer *server)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GError) error = NULL;

  line_clear (line);
  g_socket_client_set_enable_proxy (client, FALSE);
  g_socket_client_set_timeout (client, 60);
  line->connection = g_socket_client_connect_to_host (
      client, "127.0.0.1", ls_test_server_get_port (server), NULL, &error);
  g_assert_no_error (error);
  line->input =
      g_data_input_stream_new (g_io_stream_get_input_stream (G_IO_STREAM (line->connection)));
  g_data_input_stream_set_newline_type (line->input, G_DATA_STREAM_NEWLINE_TYPE_CR_LF);
  line->token = (char *) ls_test_server_get_token (server);
}

static void
line_write (Line       *line,
            const char *bytes,
            size_t      length)
{
  /* A server that refuses may have hung up already. */
  g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (line->connection)), bytes,
                             length, NULL, NULL, NULL);
}

static void
line_ask (Line       *line,
          const char *body)
{
  g_autofree char *request = g_strdup_printf (
      "POST /v1/exchange HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n"
      "Content-Type: application/json\r\n%sContent-Length: %zu\r\n\r\n%s",
      line->token, line->takes_gzip ? "Accept-Encoding: deflate, gzip\r\n" : "", strlen (body), body);

  line_write (line, request, strlen (request));
}

static void
gunzip (Line   *line,
        size_t  length)
{
  g_autoptr (GZlibDecompressor) gzip = g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP);
  g_autofree char *compressed = g_steal_pointer (&line->body);
  size_t read, written, room = 1024 * 1024;

  line->body = g_malloc0 (room + 1);
  g_assert_cmpint (g_converter_convert (G_CONVERTER (gzip), compressed, length, line->body, room,
                                        G_CONVERTER_INPUT_AT_END, &read, &written, NULL),
                   ==, G_CONVERTER_FINISHED);
}

/* Reads one answer. Returns whether there was one. */
static bool
line_read (Line *line)
{
  g_autofree char *first = g_data_input_stream_read_line (line->input, NULL, NULL, NULL);
  size_t length = 0;

  if (first == NULL)
    return false;
  g_assert_true (g_str_has_prefix (first, "HTTP/1.1 "));
  line->status = (unsigned) g_ascii_strtoull (first + 9, NULL, 10);
  line->stays = true;
  line->is_gzip = false;
  for (;;)
    {
      g_autofree char *header = g_data_input_stream_read_line (line->input, NULL, NULL, NULL);

      g_assert_nonnull (header);
      if (*header == '\0')
        break;
      if (g_ascii_strncasecmp (header, "Content-Length: ", 16) == 0)
        length = g_ascii_strtoull (header + 16, NULL, 10);
      if (g_ascii_strcasecmp (header, "Connection: close") == 0)
        line->stays = false;
      if (g_ascii_strcasecmp (header, "Content-Encoding: gzip") == 0)
        line->is_gzip = true;
    }
  g_free (line->body);
  line->body = g_malloc0 (length + 1);
  g_assert_true (g_input_stream_read_all (G_INPUT_STREAM (line->input), line->body, length, NULL,
                                          NULL, NULL));
  if (line->is_gzip)
    gunzip (line, length);
  return true;
}

static LsEnvelope *
line_take (Line       *line,
           const char *body)
{
  g_autoptr (GError) error = NULL;
  LsEnvelope *envelope;

  line_ask (line, body);
  g_assert_true (line_read (line));
  if (line->status != 200)
    g_error ("%u: %s", line->status, line->body);
  envelope = ls_envelope_decode (line->body, strlen (line->body), LS_ENVELOPE_ANSWER, &error);
  g_assert_no_error (error);
  return envelope;
}

static char *
line_begin (Line *line)
{
  g_autoptr (LsEnvelope) envelope = line_take (line, EMPTY);

  return g_strdup (envelope->session);
}

static char *
poll_body (const char *session,
           int64_t     seq,
           int64_t     wait,
           const char *messages)
{
  return g_strdup_printf ("{\"session\":\"%s\",\"seq\":%" G_GINT64_FORMAT
                          ",\"ack\":%" G_GINT64_FORMAT ",\"wait\":%" G_GINT64_FORMAT
                          ",\"messages\":[%s]}",
                          session, seq, seq - 1, wait, messages);
}

/* One connection serves request after request; a long-poll brings what a WebSocket caused. */
static void
test_long_poll (void)
{
  g_autoptr (LsTestServer) server = ls_test_server_new (NULL);
  g_autoptr (LsTestPeer) peer = ls_test_peer_connect (ls_test_server_get_port (server),
                                                      ls_test_server_get_token (server));
  g_autoptr (LsMessage) welcome = ls_test_peer_hello (peer, NULL, SHOP, 0);
  LsPosition position = g_array_index (welcome->welcome.shops, LsShopInfo, 0).position;
  g_autofree char *session = NULL;
  g_autofree char *hello = NULL;
  g_auto (Line) line = { NULL };
  int64_t seq = 2;
  bool delta = false;

  line.takes_gzip = true;
  line_open (&line, server);
  session = line_begin (&line);
  g_assert_true (line.stays);
  g_assert_false (line.is_gzip);
  hello = g_strdup_printf (
      "{\"t\":\"hello\",\"protocol\":1,\"app\":\"t\",\"schema\":1,\"shops\":[]},"
      "{\"t\":\"subscribe\",\"shop\":\"" SHOP "\",\"epoch\":\"%s\",\"version\":%" G_GINT64_FORMAT
      ",\"check\":\"%016" G_GINT64_MODIFIER "x\",\"view\":\"%016" G_GINT64_MODIFIER
      "x\",\"collections\":[]}",
      position.epoch, position.version, position.check,
      ls_view_get_total_hash (ls_view_get (LS_ROLE_OWNER, LS_SCHEMA_VERSION)));
  for (const char *messages = hello;; messages = "")
    {
      g_autofree char *body = poll_body (session, seq++, 25000000, messages);
      g_autoptr (LsEnvelope) envelope = line_take (&line, body);

      /* One of all collections is long enough to be worth it. */
      if (strstr (line.body, "\"t\":\"digest\"") != NULL)
        {
          g_assert_true (line.is_gzip);
          break;
        }
      g_assert_cmpint (seq, <, 20);
    }
  ls_test_peer_mutate (peer, SHOP, 1, "m-1",
                       "[{\"c\":\"products\",\"k\":\"drums\",\"op\":\"put\",\"set\":{\"name\":\"D\","
                       "\"status\":\"active\",\"stock\":5}}]");
  while (!delta)
    {
      g_autofree char *body = poll_body (session, seq++, 25000000, "");
      g_autoptr (LsEnvelope) envelope = line_take (&line, body);

      g_assert_cmpuint (envelope->messages->len, >, 0);
      delta = strstr (line.body, "\"m\":\"m-1\"") != NULL;
    }
}

/* A session that is gone is no reason to end the connection: the next one begins on it. */
static void
test_refused_and_kept (LsTestServer *server)
{
  g_autofree char *body = poll_body ("0123456789abcdef", 2, 0, "");
  g_autofree char *session = NULL;
  g_auto (Line) line = { NULL };

  line_open (&line, server);
  line_ask (&line, body);
  g_assert_true (line_read (&line));
  g_assert_cmpuint (line.status, ==, 410);
  g_assert_true (line.stays);
  session = line_begin (&line);
  g_assert_nonnull (session);
}

static void
test_refused (void)
{
  static const struct {
    const char *head;
    const char *body;
    unsigned status;
    const char *words;
  } cases[] = {
    { "POST /v1/exchange HTTP/1.1\n", EMPTY, 401, "token" },
    { "POST /v1/exchange HTTP/1.1\nAuthorization: Bearer 1\n", EMPTY, 401, "token" },
    { "GET /v1/exchange HTTP/1.1\n", NULL, 405, "method" },
    { "POST /v1/exchange HTTP/1.1\n", NULL, 401, "token" },
  };
  static const struct {
    const char *body;
    const char *words;
  } bodies[] = {
    { "", "$" },
    { "{\"seq\":1,\"messages\":[{\"t\":\"ping\",\"id\":1e3}]}", "$.messages[0].id" },
    { "{\"seq\":1,\"messages\":[[]]}", "messages[0]" },
    { "{\"seq\":\"one\"}", "seq" },
  };
  g_autoptr (LsTestServer) server = ls_test_server_new (NULL);
  g_autofree char *large = g_strnfill (LS_MAX_ENVELOPE_REQUEST + 1, 'x');
  g_autofree char *answer_to_large = ls_test_peer_request (
      ls_test_server_get_port (server), "POST /v1/exchange HTTP/1.1\n", large);

  g_assert_true (g_str_has_prefix (answer_to_large, "HTTP/1.1 413 "));
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *answer =
          ls_test_peer_request (ls_test_server_get_port (server), cases[i].head, cases[i].body);
      g_autofree char *begin = g_strdup_printf ("HTTP/1.1 %u ", cases[i].status);

      if (!g_str_has_prefix (answer, begin) || strstr (answer, cases[i].words) == NULL)
        g_error ("%s: %s", cases[i].head, answer);
    }
  for (size_t i = 0; i < G_N_ELEMENTS (bodies); i++)
    {
      g_auto (Line) line = { NULL };

      line_open (&line, server);
      line_ask (&line, bodies[i].body);
      g_assert_true (line_read (&line));
      g_assert_cmpuint (line.status, ==, 400);
      if (strstr (line.body, bodies[i].words) == NULL)
        g_error ("%s: %s", bodies[i].body, line.body);
    }
  test_refused_and_kept (server);
}

/* Who sends half a request is cut off, on a new connection and on one that is kept. */
static void
test_slow (void)
{
  static const char *const options[] = { "--request-timeout=300ms", "--keep-alive=1s", NULL };
  static const char half[] = "POST /v1/exchange HTTP/1.1\r\nContent-Le";
  g_autoptr (LsTestServer) server = ls_test_server_new (options);
  g_auto (Line) line = { NULL };
  g_autofree char *session = NULL;

  line_open (&line, server);
  line_write (&line, half, strlen (half));
  g_assert_false (line_read (&line));

  line_open (&line, server);
  session = line_begin (&line);
  line_write (&line, half, strlen (half));
  g_assert_false (line_read (&line));

  /* Nothing was lost by it: the session goes on. */
  line_open (&line, server);
  {
    g_autofree char *body = poll_body (session, 2, 0, "{\"t\":\"ping\",\"id\":5}");
    g_autoptr (LsEnvelope) envelope = line_take (&line, body);

    g_assert_cmpuint (envelope->messages->len, ==, 1);
  }
}

/* Connections that are kept do not use up those of others; too many polls do not wait. */
static void
test_many (void)
{
  static const char *const options[] = { "--max-requests=2", "--max-polls=2", NULL };
  g_autoptr (LsTestServer) server = ls_test_server_new (options);
  Line lines[4] = { { NULL } };
  g_autofree char *head = NULL;
  g_autofree char *status = NULL;
  g_autofree char *metrics_head = NULL;
  g_autofree char *metrics = NULL;
  uint16_t port = ls_test_server_get_port (server);

  for (size_t i = 0; i < 4; i++)
    {
      g_autofree char *session = NULL;
      g_autofree char *body = NULL;

      line_open (&lines[i], server);
      session = line_begin (&lines[i]);
      g_assert_true (lines[i].stays);
      body = poll_body (session, 2, 25000000, "");
      line_ask (&lines[i], body);
      if (i >= 2)
        {
          g_assert_true (line_read (&lines[i]));
          g_assert_cmpuint (lines[i].status, ==, 200);
        }
    }
  head = g_strdup_printf ("GET /v1/status HTTP/1.1\nAuthorization: Bearer %s\n",
                          ls_test_server_get_token (server));
  status = ls_test_peer_request (port, head, NULL);
  g_assert_nonnull (strstr (status, "\"polling\":4"));
  metrics_head =
      g_strdup_printf ("GET /metrics HTTP/1.1\nAuthorization: Bearer %s\n",
                       ls_test_server_get_token (server));
  metrics = ls_test_peer_request (port, metrics_head, NULL);
  g_assert_nonnull (strstr (metrics, "\nlockstep_poll_sessions 4\n"));
  g_assert_nonnull (strstr (metrics, "\nlockstep_polls_waiting 2\n"));
  g_assert_nonnull (strstr (metrics, "\nlockstep_polls_crowded_total 2\n"));
  for (size_t i = 0; i < 4; i++)
    line_clear (&lines[i]);
}

/* In the session that was just begun. */
static void
wait_once (Line *line)
{
  g_autoptr (LsEnvelope) begun =
      ls_envelope_decode (line->body, strlen (line->body), LS_ENVELOPE_ANSWER, NULL);
  g_autofree char *body = poll_body (begun->session, 2, 300000, "");
  g_autoptr (LsEnvelope) answer = line_take (line, body);

  g_assert_cmpuint (answer->messages->len, ==, 0);
}

/* A session that is there goes on for a minute after its token has ended; a new one does not begin. */
static void
test_grace (void)
{
  g_autoptr (LsTestServer) server = ls_test_server_new (NULL);
  g_autofree char *token = ls_test_server_run (server, NULL, "token", "--user", "admin",
                                               "--token-lifetime", "2s", NULL);
  g_auto (Line) line = { NULL };
  g_auto (Line) other = { NULL };
  g_autofree char *session = NULL;
  g_autofree char *body = NULL;
  g_autoptr (LsEnvelope) envelope = NULL;

  g_strstrip (token);
  line_open (&line, server);
  line.token = token;
  session = line_begin (&line);
  line_open (&other, server);
  other.token = token;
  do
    {
      /* Each that still begins waits a little, and so does the test. */
      line_ask (&other, EMPTY);
      g_assert_true (line_read (&other));
      if (other.status == 200)
        wait_once (&other);
    }
  while (other.status == 200);
  g_assert_cmpuint (other.status, ==, 401);
  body = poll_body (session, 2, 0, "{\"t\":\"ping\",\"id\":1}");
  envelope = line_take (&line, body);
  g_assert_cmpuint (envelope->messages->len, ==, 1);
}

/* The server ends while requests wait: at once. */
static void
test_end (void)
{
  g_autoptr (LsTestServer) server = ls_test_server_new (NULL);
  g_auto (Line) line = { NULL };
  g_autofree char *session = NULL;
  g_autofree char *body = NULL;

  line_open (&line, server);
  session = line_begin (&line);
  body = poll_body (session, 2, 25000000, "");
  line_ask (&line, body);
  g_assert_cmpint (ls_test_server_stop (server), ==, 0);
  line_read (&line);
  /* A restarted server knows nothing of it, and says so. */
  ls_test_server_start (server);
  line_open (&line, server);
  line_ask (&line, body);
  g_assert_true (line_read (&line));
  g_assert_cmpuint (line.status, ==, 410);
  g_assert_nonnull (strstr (line.body, "\"temporary\":true"));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/serve-exchange/long-poll", test_long_poll);
  g_test_add_func ("/serve-exchange/refused", test_refused);
  g_test_add_func ("/serve-exchange/slow", test_slow);
  g_test_add_func ("/serve-exchange/many", test_many);
  g_test_add_func ("/serve-exchange/grace", test_grace);
  g_test_add_func ("/serve-exchange/end", test_end);
  return g_test_run ();
}
