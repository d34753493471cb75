/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "ls-test-hub.h"

/*
 * Priority decides when, never what (rule 2): what touches nothing that a client looks at may wait;
 * whatever may not wait takes all that waits with it, in order and whole.
 */

#define SECOND ((int64_t) G_USEC_PER_SEC)
#define WAIT (5 * SECOND)

typedef struct {
  LsTestHub *hub;
  LsTestLink *link;
  LsPosition position;
  const LsView *view;
  int64_t n;
} Fixture;

static void
subscribe (Fixture    *fixture,
           LsTestLink *link,
           uint32_t    shown,
           bool        keep)
{
  g_autoptr (LsMessage) message = ls_message_new (LS_MESSAGE_SUBSCRIBE);

  message->subscribe.shop = g_strdup ("s");
  message->subscribe.position = fixture->position;
  message->subscribe.view = ls_view_get_total_hash (fixture->view);
  message->subscribe.keep = keep;
  for (unsigned id = 0; id < LS_N_COLLECTIONS; id++)
    {
      LsSubscription which = {
        ls_schema_collection ((LsCollectionId) id),
        (shown & (UINT32_C (1) << id)) ? LS_PRIORITY_HIGH : LS_PRIORITY_LOW, 0,
      };

      g_array_append_val (message->subscribe.collections, which);
    }
  ls_test_link_send (link, message);
  ls_test_hub_run (fixture->hub);
}

static void
drain (LsTestLink *link)
{
  LsMessage *message;

  while ((message = ls_test_link_read (link)) != NULL)
    ls_message_unref (message);
}

static LsTestLink *
connect_link (Fixture *fixture,
              uint32_t shown)
{
  LsTestLink *link = ls_test_link_new (fixture->hub, LS_ROLE_OWNER);
  g_autoptr (LsMessage) welcome = ls_test_link_hello (link, NULL, 0);

  g_assert_cmpint (welcome->type, ==, LS_MESSAGE_WELCOME);
  fixture->position = ls_test_hub_position (fixture->hub);
  subscribe (fixture, link, shown, false);
  /* The first digest is being loaded; it comes at a tick. */
  ls_test_environment_advance (fixture->hub->environment, 2 * SECOND);
  drain (link);
  return link;
}

#define PRODUCTS (UINT32_C (1) << LS_PRODUCTS)
#define CATEGORIES (UINT32_C (1) << LS_CATEGORIES)

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  LsHubOptions options;

  ls_hub_options_init (&options);
  options.background_wait = WAIT;
  options.digest_interval = 3600 * SECOND;
  options.heartbeat = 3600 * SECOND;
  fixture->hub = ls_test_hub_new (1, &options);
  fixture->view = ls_view_get (LS_ROLE_OWNER, LS_SCHEMA_VERSION);
  fixture->link = connect_link (fixture, PRODUCTS);
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  ls_test_link_free (fixture->link);
  ls_test_hub_free (fixture->hub);
}

/* Somebody else changes a collection: one version. */
static void
change (Fixture    *fixture,
        const char *collection)
{
  g_autofree char *json = g_strdup_printf (
      "[{\"c\":\"%s\",\"k\":\"%s-%d\",\"op\":\"put\",\"set\":{\"name\":\"N\"%s}}]", collection,
      collection, (int) ++fixture->n,
      g_str_equal (collection, "products") ? ",\"status\":\"active\"" : "");
  int64_t before = ls_test_hub_position (fixture->hub).version;
  g_autoptr (LsMutation) mutation = ls_mutation_new ("s");
  g_autoptr (GError) error = NULL;

  mutation->actor = g_strdup ("test");
  mutation->role = LS_ROLE_OWNER;
  mutation->changes = ls_changes_from_json (json, &error);
  g_assert_no_error (error);
  ls_committer_submit (fixture->hub->committer, mutation, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  ls_test_hub_run (fixture->hub);
  g_assert_cmpint (ls_test_hub_position (fixture->hub).version, ==, before + 1);
}

static void
expect_delta (Fixture    *fixture,
              LsTestLink *link,
              int64_t     from,
              int64_t     to)
{
  g_autoptr (LsMessage) message = ls_test_link_expect (link, LS_MESSAGE_DELTA);

  g_assert_cmpint (message->delta.from, ==, from);
  g_assert_cmpint (message->delta.to, ==, to);
}

static int64_t
version_of (Fixture *fixture)
{
  return ls_test_hub_position (fixture->hub).version;
}

/* It comes within the time that it may wait, as one message. */
static void
test_waits (Fixture      *fixture,
            gconstpointer data)
{
  int64_t start = version_of (fixture);

  for (int i = 0; i < 10; i++)
    {
      change (fixture, "categories");
      ls_test_link_expect_none (fixture->link);
      ls_test_environment_advance (fixture->hub->environment, WAIT / 20);
    }
  ls_test_link_expect_none (fixture->link);
  ls_test_environment_advance (fixture->hub->environment, WAIT / 2);
  expect_delta (fixture, fixture->link, start, version_of (fixture));
  ls_test_link_expect_none (fixture->link);
}

/* What may not wait takes the rest with it, in order. */
static void
test_urgent (Fixture      *fixture,
             gconstpointer data)
{
  g_autoptr (LsMessage) message = NULL;
  int64_t start = version_of (fixture);
  int64_t last = start;

  change (fixture, "categories");
  change (fixture, "categories");
  ls_test_link_expect_none (fixture->link);
  change (fixture, "products");
  message = ls_test_link_expect (fixture->link, LS_MESSAGE_DELTA);
  g_assert_cmpint (message->delta.from, ==, start);
  g_assert_cmpint (message->delta.to, ==, version_of (fixture));
  for (unsigned i = 0; i < message->delta.items->len; i++)
    {
      const LsDeltaItem *item = &g_array_index (message->delta.items, LsDeltaItem, i);

      g_assert_cmpint (item->version, >=, last);
      last = item->version;
    }
  g_assert_cmpint (last, ==, start + 3);
}

/* A page comes up: what waited for it leaves at once, and nothing is sent again. */
static void
test_page_comes_up (Fixture      *fixture,
                    gconstpointer data)
{
  int64_t start = version_of (fixture);

  change (fixture, "categories");
  ls_test_link_expect_none (fixture->link);
  subscribe (fixture, fixture->link, CATEGORIES, true);
  expect_delta (fixture, fixture->link, start, start + 1);
  drain (fixture->link);
  change (fixture, "categories");
  expect_delta (fixture, fixture->link, start + 1, start + 2);
  change (fixture, "products");
  ls_test_link_expect_none (fixture->link);
  subscribe (fixture, fixture->link, CATEGORIES, true);
  ls_test_link_expect_none (fixture->link);
  subscribe (fixture, fixture->link, CATEGORIES | PRODUCTS, true);
  expect_delta (fixture, fixture->link, start + 2, start + 3);
}

/* Results stand behind their versions, so these come before. */
static void
test_result (Fixture      *fixture,
             gconstpointer data)
{
  g_autoptr (LsMessage) result = NULL;
  int64_t start = version_of (fixture);

  ls_test_link_mutate (fixture->link, 1, "mid-1",
                       "[{'c':'categories','k':'mine','op':'put','set':{'name':'N'}}]");
  expect_delta (fixture, fixture->link, start, start + 1);
  result = ls_test_link_expect (fixture->link, LS_MESSAGE_RESULT);
  g_assert_cmpint (result->result.version, ==, start + 1);
}

/* Whoever asks how far the server is is brought there first. */
static void
test_ping (Fixture      *fixture,
           gconstpointer data)
{
  g_autoptr (LsMessage) ping = ls_message_new (LS_MESSAGE_PING);
  g_autoptr (LsMessage) pong = NULL;
  int64_t start = version_of (fixture);

  change (fixture, "categories");
  ls_test_link_send (fixture->link, ping);
  expect_delta (fixture, fixture->link, start, start + 1);
  pong = ls_test_link_expect (fixture->link, LS_MESSAGE_PONG);
  g_assert_cmpint (g_array_index (pong->ping.shops, LsShopInfo, 0).position.version, ==, start + 1);
  g_assert_cmpint (g_array_index (pong->ping.shops, LsShopInfo, 0).n, ==, 0);
}

/* A pong tells which edits came before the ping, also while they are not decided. */
static void
test_ping_edits (Fixture      *fixture,
                 gconstpointer data)
{
  g_autoptr (LsMessage) ping = ls_message_new (LS_MESSAGE_PING);

  for (int64_t n = 1; n <= 2; n++)
    {
      g_autofree char *mid = g_strdup_printf ("01890000-0000-7000-8000-00000000000%d", (int) n);
      g_autoptr (LsMessage) pong = NULL;
      g_autoptr (LsMessage) result = NULL;

      ls_test_link_mutate (fixture->link, n, mid, "[{'c':'products','k':'p','op':'put'}]");
      ls_test_link_send (fixture->link, ping);
      pong = ls_test_link_expect (fixture->link, LS_MESSAGE_PONG);
      g_assert_cmpint (g_array_index (pong->ping.shops, LsShopInfo, 0).n, ==, n);
      result = ls_test_link_expect (fixture->link, LS_MESSAGE_RESULT);
      g_assert_cmpint (result->result.n, ==, n);
    }
}

/* Whoever knows more than the server, because its files were put back, is not told that the server
 * has that too while the log is still read to find out. */
static void
test_ping_claimed (Fixture      *fixture,
                   gconstpointer data)
{
  g_autoptr (LsTestLink) link = ls_test_link_new (fixture->hub, LS_ROLE_OWNER);
  g_autoptr (LsMessage) welcome = ls_test_link_hello (link, NULL, 0);
  g_autoptr (LsMessage) ping = ls_message_new (LS_MESSAGE_PING);
  g_autoptr (LsMessage) pong = NULL;
  g_autoptr (LsMessage) resync = NULL;
  LsPosition claimed = ls_test_hub_position (fixture->hub);
  int64_t published = claimed.version;

  claimed.version += 5;
  claimed.check++;
  ls_test_link_subscribe (link, &claimed, LS_ROLE_OWNER);
  ls_test_link_send (link, ping);
  pong = ls_test_link_expect (link, LS_MESSAGE_PONG);
  g_assert_cmpuint (pong->ping.shops->len, ==, 1);
  g_assert_cmpint (g_array_index (pong->ping.shops, LsShopInfo, 0).position.version, ==, published);
  resync = ls_test_link_expect (link, LS_MESSAGE_RESYNC);
  g_assert_cmpint (resync->resync.reason, ==, LS_RESYNC_EPOCH);
}

/* Digests are of the very position that the session has. */
static void
test_digest (Fixture      *fixture,
             gconstpointer data)
{
  g_autoptr (LsMessage) digest = NULL;
  LsHubOptions options;
  int64_t start;

  tear_down (fixture, NULL);
  ls_hub_options_init (&options);
  options.background_wait = 3600 * SECOND;
  options.digest_interval = 2 * SECOND;
  options.heartbeat = 3600 * SECOND;
  fixture->hub = ls_test_hub_new (1, &options);
  fixture->link = connect_link (fixture, PRODUCTS);
  ls_test_environment_advance (fixture->hub->environment, 4 * SECOND);
  drain (fixture->link);
  start = version_of (fixture);
  change (fixture, "categories");
  ls_test_link_expect_none (fixture->link);
  ls_test_environment_advance (fixture->hub->environment, 4 * SECOND);
  expect_delta (fixture, fixture->link, start, start + 1);
  digest = ls_test_link_expect (fixture->link, LS_MESSAGE_DIGEST);
  g_assert_cmpint (digest->digest.version, ==, start + 1);
}

/* One who waits holds up nobody, and who comes later gets nothing twice. */
static void
test_others (Fixture      *fixture,
             gconstpointer data)
{
  g_autoptr (LsTestLink) eager = connect_link (fixture, CATEGORIES);
  g_autoptr (LsTestLink) late = NULL;
  int64_t start = version_of (fixture);

  change (fixture, "categories");
  expect_delta (fixture, eager, start, start + 1);
  ls_test_link_expect_none (fixture->link);
  /* It joins those who wait, at the end of what they have. */
  late = connect_link (fixture, PRODUCTS);
  ls_test_link_expect_none (late);
  expect_delta (fixture, fixture->link, start, start + 1);
  ls_test_link_expect_none (late);
  change (fixture, "products");
  expect_delta (fixture, late, start + 1, start + 2);
  expect_delta (fixture, fixture->link, start + 1, start + 2);
}

/* What waited for a connection that broke is asked for by the next one. */
static void
test_cut (Fixture      *fixture,
          gconstpointer data)
{
  LsPosition position = ls_test_hub_position (fixture->hub);

  change (fixture, "categories");
  ls_test_link_expect_none (fixture->link);
  ls_test_link_free (fixture->link);
  ls_test_hub_run (fixture->hub);
  fixture->link = ls_test_link_new (fixture->hub, LS_ROLE_OWNER);
  ls_message_unref (ls_test_link_hello (fixture->link, NULL, 0));
  fixture->position = position;
  subscribe (fixture, fixture->link, PRODUCTS, false);
  expect_delta (fixture, fixture->link, position.version, position.version + 1);
}

/* Odd sets of collections cost the server nothing beyond some. */
static void
test_many_sets (Fixture      *fixture,
                gconstpointer data)
{
  int64_t start = version_of (fixture);
  LsTestLink *links[100];

  for (unsigned i = 0; i < G_N_ELEMENTS (links); i++)
    links[i] = connect_link (fixture, PRODUCTS | (i + 1) << 8);
  change (fixture, "products");
  for (unsigned i = 0; i < G_N_ELEMENTS (links); i++)
    {
      expect_delta (fixture, links[i], start, start + 1);
      ls_test_link_free (links[i]);
    }
}

int
main (int    argc,
      char **argv)
{
  static const struct {
    const char *name;
    void (*test) (Fixture *fixture, gconstpointer data);
  } tests[] = {
    { "waits", test_waits },
    { "urgent", test_urgent },
    { "page-comes-up", test_page_comes_up },
    { "result", test_result },
    { "ping", test_ping },
    { "ping-edits", test_ping_edits },
    { "ping-claimed", test_ping_claimed },
    { "digest", test_digest },
    { "others", test_others },
    { "cut", test_cut },
    { "many-sets", test_many_sets },
  };

  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strconcat ("/hub-wait/", tests[i].name, NULL);

      g_test_add (path, Fixture, NULL, set_up, tests[i].test, tear_down);
    }
  return g_test_run ();
}
