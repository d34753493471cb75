/* SPDX-License-Identifier: GPL-3.0-or-later */

#include <string.h>

#include "core/ls-error.h"
#include "ls-test-peer.h"
#include "ls-test-server.h"

/* A real lockstepd and clients of it that behave. */

#define SHOP "music"
#define PUT_DRUMS \
  "[{\"c\":\"products\",\"k\":\"drums\",\"op\":\"put\"," \
  "\"set\":{\"name\":\"Drums\",\"status\":\"active\",\"price\":1990,\"stock\":5}}]"
#define SELL_ONE "[{\"c\":\"products\",\"k\":\"drums\",\"op\":\"add\",\"set\":{\"stock\":-1}}]"

typedef struct {
  LsTestPeer *peer;
  char *client;
  LsPosition position;
} Client;

static void
client_clear (Client *client)
{
  g_clear_pointer (&client->peer, ls_test_peer_free);
  g_clear_pointer (&client->client, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Client, client_clear)

static const LsView *
view_of (LsRole role)
{
  return ls_view_get (role, LS_SCHEMA_VERSION);
}

static LsShopInfo *
find_shop (LsMessage  *welcome,
           const char *shop)
{
  g_assert_cmpint (welcome->type, ==, LS_MESSAGE_WELCOME);
  for (unsigned i = 0; i < welcome->welcome.shops->len; i++)
    {
      LsShopInfo *info = &g_array_index (welcome->welcome.shops, LsShopInfo, i);

      if (g_str_equal (info->shop, shop))
        return info;
    }
  return NULL;
}

/* Connects and says hello. */
static void
client_open (Client       *client,
             LsTestServer *server,
             const char   *token,
             int64_t       n)
{
  g_autoptr (LsMessage) welcome = NULL;

  client->peer = ls_test_peer_connect (ls_test_server_get_port (server), token);
  welcome = ls_test_peer_hello (client->peer, client->client, SHOP, n);
  g_assert_cmpint (welcome->type, ==, LS_MESSAGE_WELCOME);
  g_free (client->client);
  client->client = g_strdup (welcome->welcome.client);
  client->position = find_shop (welcome, SHOP)->position;
}

/* And subscribes where the server stands. */
static void
client_join (Client       *client,
             LsTestServer *server)
{
  client_open (client, server, ls_test_server_get_token (server), 0);
  ls_test_peer_subscribe (client->peer, SHOP, &client->position, view_of (LS_ROLE_OWNER));
  ls_message_unref (ls_test_peer_expect (client->peer, LS_MESSAGE_DIGEST));
}

static LsMessage *
expect_delta (Client  *client,
              int64_t  from,
              int64_t  to)
{
  LsMessage *message = ls_test_peer_expect (client->peer, LS_MESSAGE_DELTA);

  g_assert_cmpint (message->delta.from, ==, from);
  g_assert_cmpint (message->delta.to, ==, to);
  client->position.version = to;
  client->position.check = message->delta.check;
  return message;
}

static void
expect_result (Client         *client,
               int64_t         n,
               LsResultStatus  status,
               int64_t         version)
{
  g_autoptr (LsMessage) message = ls_test_peer_expect (client->peer, LS_MESSAGE_RESULT);

  g_assert_cmpint (message->result.n, ==, n);
  g_assert_cmpint (message->result.status, ==, status);
  g_assert_cmpint (message->result.version, ==, version);
}

static void
test_round_trip (void)
{
  g_autoptr (LsTestServer) server = ls_test_server_new (NULL);
  g_auto (Client) a = { NULL };
  g_auto (Client) b = { NULL };
  g_autoptr (LsMessage) to_a = NULL;
  g_autoptr (LsMessage) to_b = NULL;
  const LsDeltaItem *item;
  int64_t start;

  client_join (&a, server);
  client_join (&b, server);
  start = a.position.version;
  ls_test_peer_mutate (a.peer, SHOP, 1, "m-1", PUT_DRUMS);
  to_a = expect_delta (&a, start, start + 1);
  expect_result (&a, 1, LS_RESULT_APPLIED, start + 1);
  to_b = expect_delta (&b, start, start + 1);
  g_assert_cmpuint (to_a->delta.check, ==, to_b->delta.check);
  item = &g_array_index (to_b->delta.items, LsDeltaItem, 0);
  g_assert_cmpstr (item->mid, ==, "m-1");
  g_assert_cmpstr (item->change->key, ==, "drums");
  g_assert_cmpint (item->change->op, ==, LS_CHANGE_PUT);
}

/* Every way in which an edit does not simply apply. */
static void
test_decisions (void)
{
  g_autoptr (LsTestServer) server = ls_test_server_new (NULL);
  g_auto (Client) a = { NULL };
  g_autoptr (LsMessage) conflict = NULL;
  g_autoptr (LsMessage) expected = NULL;
  g_autoptr (LsMessage) shop = NULL;
  int64_t start;

  client_join (&a, server);
  start = a.position.version;
  ls_test_peer_mutate (a.peer, SHOP, 1, "m-1", PUT_DRUMS);
  ls_message_unref (expect_delta (&a, start, start + 1));
  expect_result (&a, 1, LS_RESULT_APPLIED, start + 1);

  /* The same again: the same answer, and nothing happens twice. */
  ls_test_peer_mutate (a.peer, SHOP, 1, "m-1", PUT_DRUMS);
  expect_result (&a, 1, LS_RESULT_APPLIED, start + 1);

  ls_test_peer_mutate (a.peer, SHOP, 2, "m-2",
                       "[{\"c\":\"products\",\"k\":\"drums\",\"op\":\"set\","
                       "\"set\":{\"price\":5},\"was\":{\"price\":4}}]");
  conflict = ls_test_peer_expect (a.peer, LS_MESSAGE_RESULT);
  g_assert_cmpint (conflict->result.status, ==, LS_RESULT_CONFLICT);
  g_assert_cmpuint (conflict->result.rows->len, ==, 1);
  g_assert_cmpint (ls_change_find (g_ptr_array_index (conflict->result.rows, 0),
                                   (unsigned) ls_collection_field (
                                       ls_schema_collection (LS_PRODUCTS), "price"))
                       ->set.integer,
                   ==, 1990);

  ls_test_peer_mutate (a.peer, SHOP, 3, "m-3",
                       "[{\"c\":\"products\",\"k\":\"drums\",\"op\":\"frobnicate\"}]");
  expect_result (&a, 3, LS_RESULT_REJECTED, start + 1);
  ls_test_peer_send_text (
      a.peer, "{\"t\":\"mutate\",\"shop\":\"music\",\"n\":4,\"mid\":\"m-4\",\"void\":true}");
  expect_result (&a, 4, LS_RESULT_REJECTED, start + 1);

  ls_test_peer_mutate (a.peer, SHOP, 9, "m-9", SELL_ONE);
  expected = ls_test_peer_expect (a.peer, LS_MESSAGE_ERROR);
  g_assert_cmpint (expected->error.code, ==, LS_ERROR_PROTOCOL);
  g_assert_cmpint (expected->error.expected_n, ==, 5);
  g_assert_cmpstr (expected->error.shop, ==, SHOP);

  ls_test_peer_mutate (a.peer, "elsewhere", 1, "m-10", SELL_ONE);
  shop = ls_test_peer_expect (a.peer, LS_MESSAGE_ERROR);
  g_assert_cmpint (shop->error.code, ==, LS_ERROR_FORBIDDEN);
}

static void
test_forked (void)
{
  g_autoptr (LsTestServer) server = ls_test_server_new (NULL);
  g_auto (Client) a = { NULL };
  g_autoptr (LsTestPeer) copy = NULL;
  g_autoptr (LsTestPeer) stranger = NULL;
  g_autofree char *maya = ls_test_server_add_user (server, "maya", "admin");
  g_autoptr (LsMessage) forked = NULL;
  g_autoptr (LsMessage) foreign = NULL;
  g_autoptr (LsMessage) welcome = NULL;
  g_autoptr (LsMessage) other_mid = NULL;
  uint16_t port = ls_test_server_get_port (server);

  client_join (&a, server);
  ls_test_peer_mutate (a.peer, SHOP, 1, "m-1", PUT_DRUMS);
  ls_message_unref (ls_test_peer_expect (a.peer, LS_MESSAGE_DELTA));
  ls_message_unref (ls_test_peer_expect (a.peer, LS_MESSAGE_RESULT));

  /* A copy from before that edit does not know of it. */
  copy = ls_test_peer_connect (port, ls_test_server_get_token (server));
  forked = ls_test_peer_hello (copy, a.client, SHOP, 0);
  g_assert_cmpint (forked->type, ==, LS_MESSAGE_FORKED);
  g_assert_cmpstr (forked->forked.client, !=, a.client);
  welcome = ls_test_peer_hello (copy, forked->forked.client, SHOP, 0);
  g_assert_cmpint (welcome->type, ==, LS_MESSAGE_WELCOME);
  g_assert_cmpstr (welcome->welcome.client, ==, forked->forked.client);

  /* Another user's id. */
  stranger = ls_test_peer_connect (port, maya);
  foreign = ls_test_peer_hello (stranger, a.client, SHOP, 1);
  g_assert_cmpint (foreign->type, ==, LS_MESSAGE_FORKED);

  /* The same n under another mid, on a connection that is open. */
  ls_test_peer_mutate (a.peer, SHOP, 1, "m-2", SELL_ONE);
  other_mid = ls_test_peer_expect (a.peer, LS_MESSAGE_FORKED);
  g_assert_cmpstr (other_mid->forked.client, !=, a.client);
}

static void
test_catch_up (void)
{
  g_autoptr (LsTestServer) server = ls_test_server_new (NULL);
  g_auto (Client) a = { NULL };
  g_auto (Client) late = { NULL };
  g_autoptr (LsMessage) delta = NULL;
  g_autoptr (LsMessage) digest = NULL;
  LsPosition start;
  int64_t last;

  client_join (&a, server);
  start = a.position;
  ls_test_peer_mutate (a.peer, SHOP, 1, "m-1", PUT_DRUMS);
  ls_message_unref (expect_delta (&a, start.version, start.version + 1));
  expect_result (&a, 1, LS_RESULT_APPLIED, start.version + 1);
  for (int64_t n = 2; n <= 200; n++)
    {
      g_autofree char *mid = g_strdup_printf ("m-%d", (int) n);

      ls_test_peer_mutate (a.peer, SHOP, n, mid, SELL_ONE);
      ls_message_unref (expect_delta (&a, start.version + n - 1, start.version + n));
      expect_result (&a, n, LS_RESULT_APPLIED, start.version + n);
    }
  last = a.position.version;

  /* After a restart nothing is in memory. */
  g_assert_cmpint (ls_test_server_stop (server), ==, 0);
  ls_test_server_start (server);
  late.client = g_strdup (a.client);
  client_open (&late, server, ls_test_server_get_token (server), 200);
  ls_test_peer_subscribe (late.peer, SHOP, &start, view_of (LS_ROLE_OWNER));
  delta = ls_test_peer_expect (late.peer, LS_MESSAGE_DELTA);
  g_assert_cmpint (delta->delta.from, ==, start.version);
  g_assert_cmpint (delta->delta.to, ==, last);
  g_assert_cmpuint (delta->delta.check, ==, a.position.check);
  g_assert_cmpint (delta->delta.done, ==, 200);
  /* 200 versions of one row, and what follows from them, are few rows. */
  g_assert_cmpuint (delta->delta.items->len, <, 200 + 10);
  digest = ls_test_peer_expect (late.peer, LS_MESSAGE_DIGEST);
  g_assert_cmpint (digest->digest.version, ==, last);
  g_assert_cmpuint (digest->digest.check, ==, a.position.check);
}

static void
expect_resync (LsTestServer     *server,
               const LsPosition *position,
               const LsView     *view,
               LsResyncReason    reason)
{
  g_auto (Client) client = { NULL };
  g_autoptr (LsMessage) resync = NULL;

  client_open (&client, server, ls_test_server_get_token (server), 0);
  ls_test_peer_subscribe (client.peer, SHOP, position, view);
  resync = ls_test_peer_expect (client.peer, LS_MESSAGE_RESYNC);
  g_assert_cmpint (resync->resync.reason, ==, reason);
}

static void
test_resync (void)
{
  g_autoptr (LsTestServer) server = ls_test_server_new (NULL);
  g_auto (Client) a = { NULL };
  LsPosition other_epoch, other_check, ahead, old_check, before_first = { "", 0, 0 };

  client_join (&a, server);
  ls_test_peer_mutate (a.peer, SHOP, 1, "m-1", PUT_DRUMS);
  ls_message_unref (ls_test_peer_expect (a.peer, LS_MESSAGE_DELTA));
  other_epoch = other_check = ahead = old_check = a.position;
  other_epoch.epoch[0] = other_epoch.epoch[0] == '0' ? '1' : '0';
  other_check.version++;
  other_check.check = 1;
  ahead.version += 1000;
  old_check.check ^= 1;
  expect_resync (server, &other_epoch, view_of (LS_ROLE_OWNER), LS_RESYNC_EPOCH);
  expect_resync (server, &other_check, view_of (LS_ROLE_OWNER), LS_RESYNC_EPOCH);
  expect_resync (server, &old_check, view_of (LS_ROLE_OWNER), LS_RESYNC_EPOCH);
  expect_resync (server, &ahead, view_of (LS_ROLE_OWNER), LS_RESYNC_EPOCH);
  expect_resync (server, &before_first, view_of (LS_ROLE_OWNER), LS_RESYNC_EPOCH);
  expect_resync (server, &a.position, view_of (LS_ROLE_STAFF), LS_RESYNC_VIEW);

  g_assert_cmpint (ls_test_server_stop (server), ==, 0);
  ls_test_server_start (server);
  expect_resync (server, &other_check, view_of (LS_ROLE_OWNER), LS_RESYNC_EPOCH);
  expect_resync (server, &old_check, view_of (LS_ROLE_OWNER), LS_RESYNC_EPOCH);
}

/* What a role may not see does not leave the server. */
static void
test_views (void)
{
  g_autoptr (LsTestServer) server = ls_test_server_new (NULL);
  g_autofree char *token = ls_test_server_add_user (server, "maya", "staff");
  g_auto (Client) owner = { NULL };
  g_auto (Client) staff = { NULL };
  g_autoptr (LsMessage) seen = NULL;
  g_autoptr (LsMessage) forbidden = NULL;
  const LsCollection *customers = ls_schema_collection (LS_CUSTOMERS);
  const LsDeltaItem *item;

  client_join (&owner, server);
  client_open (&staff, server, token, 0);
  ls_test_peer_subscribe (staff.peer, SHOP, &staff.position, view_of (LS_ROLE_STAFF));
  ls_message_unref (ls_test_peer_expect (staff.peer, LS_MESSAGE_DIGEST));
  ls_test_peer_mutate (owner.peer, SHOP, 1, "m-1",
                       "[{\"c\":\"customers\",\"k\":\"c-1\",\"op\":\"put\","
                       "\"set\":{\"name\":\"Ada\",\"email\":\"ada@example.org\"}}]");
  seen = ls_test_peer_expect (staff.peer, LS_MESSAGE_DELTA);
  item = &g_array_index (seen->delta.items, LsDeltaItem, 0);
  g_assert_true (item->change->collection == customers);
  g_assert_nonnull (
      ls_change_find (item->change, (unsigned) ls_collection_field (customers, "name")));
  g_assert_null (
      ls_change_find (item->change, (unsigned) ls_collection_field (customers, "email")));

  /* A version of which the role sees nothing moves its position all the same. */
  ls_test_peer_mutate (
      owner.peer, SHOP, 2, "m-2",
      "[{\"c\":\"customers\",\"k\":\"c-1\",\"op\":\"set\","
      "\"set\":{\"email\":\"ada@example.net\"},\"was\":{\"email\":\"ada@example.org\"}}]");
  g_clear_pointer (&seen, ls_message_unref);
  seen = ls_test_peer_expect (staff.peer, LS_MESSAGE_DELTA);
  for (unsigned i = 0; i < seen->delta.items->len; i++)
    g_assert_false (g_array_index (seen->delta.items, LsDeltaItem, i).change->collection ==
                    customers);

  ls_test_peer_send_text (
      staff.peer, "{\"t\":\"mutate\",\"shop\":\"music\",\"n\":1,\"mid\":\"s-1\",\"changes\":["
                  "{\"c\":\"shops\",\"k\":\"music\",\"op\":\"set\",\"set\":{\"name\":\"x\"},"
                  "\"was\":{\"name\":\"Tape Machine\"}}]}");
  forbidden = ls_test_peer_expect (staff.peer, LS_MESSAGE_RESULT);
  g_assert_cmpint (forbidden->result.status, ==, LS_RESULT_REJECTED);
  g_assert_cmpstr (forbidden->result.code, ==, "forbidden");
}

static void
test_rights_change (void)
{
  g_autoptr (LsTestServer) server = ls_test_server_new (NULL);
  g_autofree char *token = ls_test_server_add_user (server, "maya", "staff");
  g_auto (Client) client = { NULL };
  g_autoptr (LsMessage) welcome = NULL;
  g_autoptr (LsMessage) resync = NULL;
  g_autoptr (LsMessage) gone = NULL;
  g_autoptr (LsMessage) none = NULL;

  client_open (&client, server, token, 0);
  ls_test_peer_subscribe (client.peer, SHOP, &client.position, view_of (LS_ROLE_STAFF));
  ls_message_unref (ls_test_peer_expect (client.peer, LS_MESSAGE_DIGEST));
  g_free (ls_test_server_run (server, NULL, "user", "role", "maya", "admin", NULL));
  welcome = ls_test_peer_expect (client.peer, LS_MESSAGE_WELCOME);
  g_assert_cmpint (find_shop (welcome, SHOP)->role, ==, LS_ROLE_ADMIN);
  resync = ls_test_peer_expect (client.peer, LS_MESSAGE_RESYNC);
  g_assert_cmpint (resync->resync.reason, ==, LS_RESYNC_VIEW);
  ls_test_peer_subscribe (client.peer, SHOP, &client.position, view_of (LS_ROLE_ADMIN));
  ls_message_unref (ls_test_peer_expect (client.peer, LS_MESSAGE_DIGEST));

  g_free (ls_test_server_run (server, NULL, "user", "role", "maya", "none", NULL));
  gone = ls_test_peer_expect (client.peer, LS_MESSAGE_ERROR);
  g_assert_cmpint (gone->error.code, ==, LS_ERROR_FORBIDDEN);
  none = ls_test_peer_expect (client.peer, LS_MESSAGE_WELCOME);
  g_assert_null (find_shop (none, SHOP));
}

static void
test_new_shop (void)
{
  g_autoptr (LsTestServer) server = ls_test_server_new (NULL);
  g_auto (Client) client = { NULL };
  g_autoptr (LsMessage) welcome = NULL;

  client_join (&client, server);
  g_free (ls_test_server_run (server, NULL, "shop", "add", "books", NULL));
  welcome = ls_test_peer_expect (client.peer, LS_MESSAGE_WELCOME);
  g_assert_nonnull (find_shop (welcome, "books"));
}

static void
test_verify (void)
{
  g_autoptr (LsTestServer) server = ls_test_server_new (NULL);
  g_auto (Client) a = { NULL };
  g_autoptr (LsMessage) buckets = NULL;
  g_autoptr (LsMessage) rows = NULL;
  g_autofree char *question = NULL;
  const LsDigestItem *bucket, *row;

  client_join (&a, server);
  ls_test_peer_mutate (a.peer, SHOP, 1, "m-1", PUT_DRUMS);
  ls_message_unref (ls_test_peer_expect (a.peer, LS_MESSAGE_DELTA));
  ls_message_unref (ls_test_peer_expect (a.peer, LS_MESSAGE_RESULT));
  ls_test_peer_send_text (a.peer, "{\"t\":\"verify\",\"shop\":\"music\",\"c\":\"products\"}");
  do
    {
      g_clear_pointer (&buckets, ls_message_unref);
      buckets = ls_test_peer_expect (a.peer, LS_MESSAGE_DIGEST);
      bucket = &g_array_index (buckets->digest.items, LsDigestItem, 0);
    }
  while (bucket->bucket < 0);
  g_assert_cmpuint (buckets->digest.items->len, ==, 1);
  g_assert_cmpint (bucket->count, ==, 1);
  question = g_strdup_printf (
      "{\"t\":\"verify\",\"shop\":\"music\",\"c\":\"products\",\"b\":%" G_GINT64_FORMAT "}",
      bucket->bucket);
  ls_test_peer_send_text (a.peer, question);
  do
    {
      g_clear_pointer (&rows, ls_message_unref);
      rows = ls_test_peer_expect (a.peer, LS_MESSAGE_DIGEST);
      row = &g_array_index (rows->digest.items, LsDigestItem, 0);
    }
  while (row->key == NULL);
  g_assert_cmpstr (row->key, ==, "drums");
  g_assert_cmpuint (row->hash, ==, bucket->hash);

  /* It is live again. */
  ls_test_peer_mutate (a.peer, SHOP, 2, "m-2", SELL_ONE);
  ls_message_unref (ls_test_peer_expect (a.peer, LS_MESSAGE_DELTA));
}

static void
test_by_the_clock (void)
{
  const char *const options[] = { "--heartbeat=200ms", "--digest-interval=200ms", NULL };
  g_autoptr (LsTestServer) server = ls_test_server_new (options);
  g_auto (Client) a = { NULL };
  g_autoptr (LsMessage) ping = NULL;
  g_autoptr (LsMessage) digest = NULL;
  g_autoptr (LsMessage) pong = NULL;

  client_join (&a, server);
  ping = ls_test_peer_expect (a.peer, LS_MESSAGE_PING);
  g_assert_cmpint (g_array_index (ping->ping.shops, LsShopInfo, 0).position.version, ==,
                   a.position.version);
  ls_test_peer_mutate (a.peer, SHOP, 1, "m-1", PUT_DRUMS);
  ls_message_unref (ls_test_peer_expect (a.peer, LS_MESSAGE_DELTA));
  ls_message_unref (ls_test_peer_expect (a.peer, LS_MESSAGE_RESULT));
  digest = ls_test_peer_expect (a.peer, LS_MESSAGE_DIGEST);
  g_assert_cmpint (digest->digest.version, ==, a.position.version + 1);
  ls_test_peer_send_text (a.peer, "{\"t\":\"ping\",\"id\":77}");
  pong = ls_test_peer_expect (a.peer, LS_MESSAGE_PONG);
  g_assert_cmpint (pong->ping.id, ==, 77);
  g_assert_cmpint (g_array_index (pong->ping.shops, LsShopInfo, 0).position.version, ==,
                   a.position.version + 1);
}

static void
test_presence (void)
{
  g_autoptr (LsTestServer) server = ls_test_server_new (NULL);
  g_auto (Client) a = { NULL };
  g_auto (Client) b = { NULL };
  g_autoptr (LsMessage) view = NULL;

  client_join (&a, server);
  client_join (&b, server);
  ls_test_peer_send_text (a.peer, "{\"t\":\"view\",\"shop\":\"music\",\"window\":\"w1\","
                                  "\"page\":\"orders\",\"user\":\"somebody else\"}");
  view = ls_test_peer_expect (b.peer, LS_MESSAGE_VIEW);
  g_assert_cmpstr (view->view.page, ==, "orders");
  g_assert_cmpstr (view->view.user, ==, "admin");
}

static void
test_renewal (void)
{
  g_autoptr (LsTestServer) server = ls_test_server_new (NULL);
  g_autofree char *maya = ls_test_server_add_user (server, "maya", "admin");
  g_autofree char *fresh = ls_test_server_run (server, NULL, "token", "--user=admin", NULL);
  g_auto (Client) a = { NULL };
  g_autofree char *own = g_strdup_printf ("{\"t\":\"auth\",\"token\":\"%s\"}", fresh);
  g_autofree char *foreign = g_strdup_printf ("{\"t\":\"auth\",\"token\":\"%s\"}", maya);
  g_autoptr (LsMessage) refused = NULL;
  g_autoptr (LsMessage) unknown = NULL;

  client_join (&a, server);
  ls_test_peer_send_text (a.peer, own);
  ls_test_peer_send_text (a.peer, foreign);
  refused = ls_test_peer_expect (a.peer, LS_MESSAGE_ERROR);
  g_assert_cmpint (refused->error.code, ==, LS_ERROR_AUTH);
  g_assert_cmpstr (refused->error.path, ==, "token");
  ls_test_peer_send_text (a.peer, "{\"t\":\"auth\",\"token\":\"nonsense\"}");
  unknown = ls_test_peer_expect (a.peer, LS_MESSAGE_ERROR);
  g_assert_cmpint (unknown->error.code, ==, LS_ERROR_AUTH);
}

static void
test_new_password_signs_out (void)
{
  g_autoptr (LsTestServer) server = ls_test_server_new (NULL);
  g_autofree char *answer = NULL;
  g_auto (GStrv) parts = NULL;
  g_auto (Client) client = { NULL };
  g_autoptr (LsMessage) notice = NULL;
  g_autoptr (LsMessage) end = NULL;

  g_free (
      ls_test_server_run (server, "correct horse\n", "user", "add", "maya", "--role=staff", NULL));
  answer =
      ls_test_peer_request (ls_test_server_get_port (server), "POST /v1/sign-in HTTP/1.1\n",
                            "{\"user\":\"maya\",\"password\":\"correct horse\",\"device\":\"d\"}");
  g_assert_true (g_str_has_prefix (answer, "HTTP/1.1 200 "));
  parts = g_strsplit (strstr (answer, "\"token\":\"") + strlen ("\"token\":\""), "\"", 2);
  client_open (&client, server, parts[0], 0);
  g_free (ls_test_server_run (server, "battery staple\n", "user", "passwd", "maya", NULL));
  notice = ls_test_peer_expect (client.peer, LS_MESSAGE_NOTICE);
  g_assert_cmpstr (notice->notice.kind, ==, "sign-out");
  end = ls_test_peer_receive (client.peer);
  g_assert_null (end);
  g_assert_cmpuint (ls_test_peer_get_close (client.peer), ==, 1008);
}

static void
test_terminated (void)
{
  g_autoptr (LsTestServer) server = ls_test_server_new (NULL);
  g_autofree char *address = g_build_filename (ls_test_server_get_data (server), "address", NULL);
  g_auto (Client) a = { NULL };
  g_autoptr (LsMessage) message = NULL;
  int64_t decided = 0;
  unsigned notices = 0;

  client_join (&a, server);
  ls_test_peer_mutate (a.peer, SHOP, 1, "m-1", PUT_DRUMS);
  for (int64_t n = 2; n <= 60; n++)
    {
      g_autofree char *mid = g_strdup_printf ("m-%d", (int) n);

      ls_test_peer_mutate (a.peer, SHOP, n, mid, SELL_ONE);
    }
  ls_message_unref (ls_test_peer_expect (a.peer, LS_MESSAGE_DELTA));
  /* The far end is still reading: what was taken is told, then the end is said. */
  ls_test_server_terminate (server);
  while ((message = ls_test_peer_receive (a.peer)) != NULL)
    {
      if (message->type == LS_MESSAGE_RESULT)
        {
          g_assert_cmpint (message->result.n, ==, decided + 1);
          decided++;
        }
      if (message->type == LS_MESSAGE_NOTICE)
        {
          g_assert_cmpstr (message->notice.kind, ==, LS_NOTICE_MAINTENANCE);
          notices++;
        }
      g_clear_pointer (&message, ls_message_unref);
    }
  g_assert_cmpuint (ls_test_peer_get_close (a.peer), ==, 1001);
  g_assert_cmpuint (notices, ==, 1);
  client_clear (&a);
  g_assert_cmpint (decided, >, 0);
  g_assert_cmpint (ls_test_server_wait (server), ==, 0);
  g_assert_false (g_file_test (address, G_FILE_TEST_EXISTS));
}

/* Killed in the middle of edits: what was acknowledged is there, once; what was not comes again. */
static void
test_killed (void)
{
  g_autoptr (LsTestServer) server = ls_test_server_new (NULL);
  g_auto (Client) a = { NULL };
  LsPosition start;
  int64_t acknowledged = 0;
  int64_t n = 1;

  client_join (&a, server);
  start = a.position;
  ls_test_peer_mutate (a.peer, SHOP, n, "m-1", PUT_DRUMS);
  for (int round = 0; round < 5; round++)
    {
      g_autofree char *client = NULL;
      int64_t made = n + 40;

      while (n < made)
        {
          g_autofree char *mid = g_strdup_printf ("m-%d", (int) ++n);

          ls_test_peer_mutate (a.peer, SHOP, n, mid, SELL_ONE);
        }
      while (acknowledged < n - 20)
        {
          g_autoptr (LsMessage) message = ls_test_peer_receive (a.peer);

          g_assert_nonnull (message);
          if (message->type != LS_MESSAGE_RESULT)
            continue;
          g_assert_cmpint (message->result.n, ==, acknowledged + 1);
          g_assert_cmpint (message->result.status, ==, LS_RESULT_APPLIED);
          acknowledged++;
        }
      ls_test_server_kill (server);
      ls_test_server_start (server);
      client = g_strdup (a.client);
      client_clear (&a);
      a.client = g_steal_pointer (&client);
      client_open (&a, server, ls_test_server_get_token (server), n);
      for (int64_t again = acknowledged + 1; again <= n; again++)
        {
          g_autofree char *mid = g_strdup_printf ("m-%d", (int) again);

          ls_test_peer_mutate (a.peer, SHOP, again, mid, SELL_ONE);
        }
    }
  while (acknowledged < n)
    {
      g_autoptr (LsMessage) message = ls_test_peer_expect (a.peer, LS_MESSAGE_RESULT);

      g_assert_cmpint (message->result.n, ==, ++acknowledged);
      g_assert_cmpint (message->result.status, ==, LS_RESULT_APPLIED);
    }

  /* As many versions as edits, and the sum is right. */
  {
    g_auto (Client) late = { NULL };
    const LsCollection *products = ls_schema_collection (LS_PRODUCTS);
    int64_t stock = G_MAXINT64;
    int64_t at = start.version;

    client_open (&late, server, ls_test_server_get_token (server), 0);
    ls_test_peer_subscribe (late.peer, SHOP, &start, view_of (LS_ROLE_OWNER));
    while (at < start.version + n)
      {
        g_autoptr (LsMessage) delta = ls_test_peer_expect (late.peer, LS_MESSAGE_DELTA);

        at = delta->delta.to;
        for (unsigned i = 0; i < delta->delta.items->len; i++)
          {
            const LsChange *change = g_array_index (delta->delta.items, LsDeltaItem, i).change;
            const LsFieldEdit *edit =
                change->collection != products
                    ? NULL
                    : ls_change_find (change, (unsigned) ls_collection_field (products, "stock"));

            if (edit != NULL)
              stock = edit->set.integer;
          }
      }
    g_assert_cmpint (at, ==, start.version + n);
    g_assert_cmpint (stock, ==, 5 - (n - 1));
  }
}

static void
test_one_server_a_folder (void)
{
  g_autoptr (LsTestServer) server = ls_test_server_new (NULL);
  g_autofree char *errors = NULL;
  g_autofree char *line = g_strdup_printf ("%s serve --data %s --listen 127.0.0.1:0", LOCKSTEPD,
                                           ls_test_server_get_data (server));
  g_autoptr (GError) error = NULL;
  int status;

  g_assert_true (g_spawn_command_line_sync (line, NULL, &errors, &status, &error));
  g_assert_no_error (error);
  g_assert_false (g_spawn_check_wait_status (status, NULL));
  g_assert_nonnull (strstr (errors, "another lockstepd works on this folder"));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/serve/round-trip", test_round_trip);
  g_test_add_func ("/serve/decisions", test_decisions);
  g_test_add_func ("/serve/forked", test_forked);
  g_test_add_func ("/serve/catch-up", test_catch_up);
  g_test_add_func ("/serve/resync", test_resync);
  g_test_add_func ("/serve/views", test_views);
  g_test_add_func ("/serve/rights-change", test_rights_change);
  g_test_add_func ("/serve/new-shop", test_new_shop);
  g_test_add_func ("/serve/verify", test_verify);
  g_test_add_func ("/serve/by-the-clock", test_by_the_clock);
  g_test_add_func ("/serve/presence", test_presence);
  g_test_add_func ("/serve/renewal", test_renewal);
  g_test_add_func ("/serve/new-password-signs-out", test_new_password_signs_out);
  g_test_add_func ("/serve/terminated", test_terminated);
  g_test_add_func ("/serve/killed", test_killed);
  g_test_add_func ("/serve/one-server-a-folder", test_one_server_a_folder);
  return g_test_run ();
}
