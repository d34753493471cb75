/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "ls-test-hub.h"

#include "core/ls-digest.h"

/*
 * What a client holds of a shop: it gets the changes of the months and collections that it wants,
 * while connected and afterwards, and the sums of just these.
 */

#define SECOND ((int64_t) G_USEC_PER_SEC)
/* Days of two months, in µs: 10 November and 10 December 2025. */
#define NOVEMBER "1762732800000000"
#define DECEMBER "1765324800000000"
#define DECEMBER_BUCKET 672

/* But for the newest version all is read from the log. */
#define NO_RING GSIZE_TO_POINTER (1)

typedef struct {
  LsTestHub *hub;
  LsTestLink *link;
  const LsView *view;
  LsScope scope;
  int64_t n;
} Fixture;

static void
send_subscribe (Fixture          *fixture,
                const LsPosition *position,
                bool              keep)
{
  g_autoptr (LsMessage) message = ls_message_new (LS_MESSAGE_SUBSCRIBE);

  message->subscribe.shop = g_strdup ("s");
  message->subscribe.position = *position;
  message->subscribe.view = ls_view_get_total_hash (fixture->view);
  message->subscribe.keep = keep;
  for (unsigned id = 0; id < LS_N_COLLECTIONS; id++)
    {
      LsSubscription which = {
        ls_schema_collection ((LsCollectionId) id), LS_PRIORITY_HIGH, fixture->scope.since[id],
      };

      g_array_append_val (message->subscribe.collections, which);
    }
  ls_test_link_send (fixture->link, message);
}

static void
subscribe (Fixture          *fixture,
           const LsPosition *position,
           bool              keep)
{
  send_subscribe (fixture, position, keep);
  ls_test_hub_run (fixture->hub);
}

static void
drain (Fixture *fixture)
{
  LsMessage *message;

  while ((message = ls_test_link_read (fixture->link)) != NULL)
    ls_message_unref (message);
}

static void
apply (Fixture    *fixture,
       const char *changes)
{
  g_autofree char *json = g_strdelimit (g_strdup (changes), "'", '"');
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

#define ORDER(key, placed) \
  "{'c':'orders','k':'" key "','op':'put','set':{'number':'" key "','status':'paid','currency':" \
  "'EUR','placed_at':" placed "}}"
#define ITEM(key, order) \
  "{'c':'order_items','k':'" key "','op':'put','set':{'order':'" order "','name':'N'," \
  "'quantity':1,'unit_price':100}}"

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  LsHubOptions options;
  g_autoptr (LsMessage) welcome = NULL;
  LsPosition position;

  ls_hub_options_init (&options);
  options.digest_interval = 3600 * SECOND;
  options.heartbeat = 3600 * SECOND;
  if (data != NULL)
    options.ring_bytes = GPOINTER_TO_SIZE (data);
  options.background_wait = 0;
  fixture->hub = ls_test_hub_new (1, &options);
  fixture->view = ls_view_get (LS_ROLE_OWNER, LS_SCHEMA_VERSION);
  fixture->link = ls_test_link_new (fixture->hub, LS_ROLE_OWNER);
  welcome = ls_test_link_hello (fixture->link, NULL, 0);
  g_assert_cmpint (welcome->type, ==, LS_MESSAGE_WELCOME);
  ls_scope_init (&fixture->scope);
  fixture->scope.since[LS_ORDERS] = fixture->scope.since[LS_ORDER_ITEMS] = DECEMBER_BUCKET;
  fixture->scope.since[LS_ACTIVITY] = LS_SCOPE_NOTHING;
  position = ls_test_hub_position (fixture->hub);
  subscribe (fixture, &position, false);
  ls_test_environment_advance (fixture->hub->environment, 2 * SECOND);
  drain (fixture);
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  ls_test_link_free (fixture->link);
  ls_test_hub_free (fixture->hub);
}

/* What the next delta says of a row, "put" or "patch del"; "" when nothing. */
static char *
said_of (const LsMessage *delta,
         const char      *key)
{
  static const char *const names[] = { "put", "patch", "add", "del" };
  GString *said = g_string_new (NULL);

  g_assert_cmpint (delta->type, ==, LS_MESSAGE_DELTA);
  for (unsigned i = 0; i < delta->delta.items->len; i++)
    {
      const LsDeltaItem *item = &g_array_index (delta->delta.items, LsDeltaItem, i);

      g_assert_cmpint (item->change->collection->id, !=, LS_ACTIVITY);
      if (g_str_equal (item->change->key, key))
        g_string_append_printf (said, "%s%s", said->len > 0 ? " " : "", names[item->change->op]);
    }
  return g_string_free (said, FALSE);
}

static void
expect_said (const LsMessage *delta,
             const char      *key,
             const char      *expected)
{
  g_autofree char *said = said_of (delta, key);

  g_test_message ("%s", key);
  g_assert_cmpstr (said, ==, expected);
}

static void
test_live (Fixture      *fixture,
           gconstpointer data)
{
  g_autoptr (LsMessage) old = NULL, new = NULL, gone = NULL;
  LsPosition after;

  apply (fixture, "[" ORDER ("old", NOVEMBER) "," ITEM ("old-i", "old") "]");
  old = ls_test_link_expect (fixture->link, LS_MESSAGE_DELTA);
  expect_said (old, "old", "");
  expect_said (old, "old-i", "");
  expect_said (old, "2025-11-10:EUR", "put");

  apply (fixture, "[" ORDER ("new", DECEMBER) "," ITEM ("new-i", "new") "]");
  new = ls_test_link_expect (fixture->link, LS_MESSAGE_DELTA);
  expect_said (new, "new", "put");
  expect_said (new, "new-i", "put");

  apply (fixture, "[{'c':'order_items','k':'old-i','op':'del'},{'c':'orders','k':'old','op':'del'}]");
  gone = ls_test_link_expect (fixture->link, LS_MESSAGE_DELTA);
  expect_said (gone, "old", "");
  expect_said (gone, "2025-11-10:EUR", "del");
  /* It is one version after another for everybody, whatever he sees of them. */
  after = ls_test_hub_position (fixture->hub);
  g_assert_cmpint (gone->delta.to, ==, after.version);
  g_assert_cmpuint (gone->delta.check, ==, after.check);
}

/* An order that is made again in another month comes in whole, or goes. */
static void
test_over_the_border (Fixture      *fixture,
                      gconstpointer data)
{
  g_autoptr (LsMessage) in = NULL, out = NULL;

  apply (fixture, "[" ORDER ("o", NOVEMBER) "," ITEM ("i", "o") "]");
  drain (fixture);
  apply (fixture, "[{'c':'orders','k':'o','op':'del'}," ORDER ("o", DECEMBER) "]");
  in = ls_test_link_expect (fixture->link, LS_MESSAGE_DELTA);
  expect_said (in, "o", "put");
  expect_said (in, "i", "put");
  apply (fixture, "[{'c':'orders','k':'o','op':'del'}," ORDER ("o", NOVEMBER) "]");
  out = ls_test_link_expect (fixture->link, LS_MESSAGE_DELTA);
  expect_said (out, "o", "del");
  expect_said (out, "i", "del");
}

/* Later it is the same, as the squashed changes of several versions. */
static void
test_catch_up (Fixture      *fixture,
               gconstpointer data)
{
  LsPosition before = ls_test_hub_position (fixture->hub);
  g_autoptr (LsMessage) delta = NULL;

  apply (fixture, "[" ORDER ("old", NOVEMBER) "," ORDER ("new", DECEMBER) "," ORDER ("o", NOVEMBER)
                  "," ITEM ("i", "o") "," ORDER ("p", DECEMBER) "," ITEM ("j", "p") "]");
  apply (fixture, "[{'c':'orders','k':'o','op':'del'}," ORDER ("o", DECEMBER) "]");
  apply (fixture, "[{'c':'orders','k':'p','op':'del'}," ORDER ("p", NOVEMBER) "]");
  /* What comes of it there takes nothing back. */
  apply (fixture, "[{'c':'orders','k':'p','op':'set','set':{'note':'There'}}]");
  /* So many that they are read from the log. */
  for (unsigned i = 0; i < 70; i++)
    {
      g_autofree char *json = g_strdup_printf (
          "[{'c':'categories','k':'c%u','op':'put','set':{'name':'C'}}]", i);

      apply (fixture, json);
    }
  drain (fixture);
  subscribe (fixture, &before, false);
  delta = ls_test_link_expect (fixture->link, LS_MESSAGE_DELTA);
  g_assert_cmpint (delta->delta.to, ==, ls_test_hub_position (fixture->hub).version);
  expect_said (delta, "old", "");
  expect_said (delta, "new", "put");
  expect_said (delta, "o", "put");
  expect_said (delta, "i", "put");
  expect_said (delta, "p", "del");
  expect_said (delta, "j", "del");
  expect_said (delta, "c69", "put");
}

/* Another scope is no new stream: it goes on where it is, and what comes after the answer to a ping
 * is in the new one. */
static void
test_change (Fixture      *fixture,
             gconstpointer data)
{
  LsPosition position = ls_test_hub_position (fixture->hub);
  g_autoptr (LsMessage) ping = ls_message_new (LS_MESSAGE_PING);
  g_autoptr (LsMessage) pong = NULL, delta = NULL;

  fixture->scope.since[LS_ORDERS] = 0;
  subscribe (fixture, &position, true);
  drain (fixture);
  ping->ping.id = 5;
  ls_test_link_send (fixture->link, ping);
  ls_test_hub_run (fixture->hub);
  pong = ls_test_link_expect (fixture->link, LS_MESSAGE_PONG);
  g_assert_cmpint (g_array_index (pong->ping.shops, LsShopInfo, 0).position.version, ==,
                   position.version);
  apply (fixture, "[" ORDER ("old", NOVEMBER) "," ITEM ("old-i", "old") "]");
  delta = ls_test_link_expect (fixture->link, LS_MESSAGE_DELTA);
  g_assert_cmpint (delta->delta.from, ==, position.version);
  expect_said (delta, "old", "put");
  expect_said (delta, "old-i", "");
}

static const LsDigestItem *
find_sum (const LsMessage *digest,
          LsCollectionId   collection)
{
  for (unsigned i = 0; i < digest->digest.items->len; i++)
    {
      const LsDigestItem *item = &g_array_index (digest->digest.items, LsDigestItem, i);

      if (item->collection->id == collection)
        return item;
    }
  return NULL;
}

static LsMessage *
verify (Fixture            *fixture,
        const LsCollection *collection)
{
  g_autoptr (LsMessage) verify = ls_message_new (LS_MESSAGE_VERIFY);

  verify->verify.shop = g_strdup ("s");
  verify->verify.collection = collection;
  ls_test_link_send (fixture->link, verify);
  ls_test_hub_run (fixture->hub);
  return ls_test_link_expect (fixture->link, LS_MESSAGE_DIGEST);
}

static void
test_digests (Fixture      *fixture,
              gconstpointer data)
{
  const LsCollection *orders = ls_schema_collection (LS_ORDERS);
  g_autoptr (LsDigest) expected = NULL;
  g_autoptr (LsMessage) digest = NULL, buckets = NULL;
  LsPosition position;
  LsDigestSum sum;

  apply (fixture, "[" ORDER ("old", NOVEMBER) "," ORDER ("new", DECEMBER) "," ORDER ("x", DECEMBER) "]");
  drain (fixture);
  digest = verify (fixture, NULL);
  expected = ls_committer_copy_digest (fixture->hub->committer, "s", orders, &position);
  sum = ls_digest_get_bucket (expected, DECEMBER_BUCKET, UINT64_MAX);
  g_assert_cmpint (sum.count, ==, 2);
  g_assert_cmpint (find_sum (digest, LS_ORDERS)->since, ==, DECEMBER_BUCKET);
  g_assert_cmpint (find_sum (digest, LS_ORDERS)->count, ==, 2);
  g_assert_cmpuint (find_sum (digest, LS_ORDERS)->hash, ==, sum.hash);
  g_assert_cmpint (find_sum (digest, LS_DAILY_SALES)->count, ==, 2);
  g_assert_cmpint (find_sum (digest, LS_DAILY_SALES)->since, ==, 0);
  g_assert_null (find_sum (digest, LS_ACTIVITY));

  buckets = verify (fixture, orders);
  g_assert_cmpuint (buckets->digest.items->len, ==, 1);
  g_assert_cmpint (g_array_index (buckets->digest.items, LsDigestItem, 0).bucket, ==,
                   DECEMBER_BUCKET);
}

/* Odd scopes beyond a bound get what others get: more than they hold, but never less. Their proof is
 * their own. */
static void
test_many_scopes (Fixture      *fixture,
                  gconstpointer data)
{
  LsTestLink *links[80];
  LsTestLink *first = fixture->link;
  g_autoptr (LsMessage) digest = NULL;

  for (unsigned i = 0; i < G_N_ELEMENTS (links); i++)
    {
      LsPosition position = ls_test_hub_position (fixture->hub);
      g_autoptr (LsMessage) welcome = NULL;

      links[i] = fixture->link = ls_test_link_new (fixture->hub, LS_ROLE_OWNER);
      welcome = ls_test_link_hello (fixture->link, NULL, 0);
      fixture->scope.since[LS_ORDERS] = DECEMBER_BUCKET - i;
      subscribe (fixture, &position, false);
      drain (fixture);
    }
  apply (fixture, "[" ORDER ("new", DECEMBER) "," ITEM ("new-i", "new") "]");
  for (unsigned i = 0; i < G_N_ELEMENTS (links); i++)
    {
      g_autoptr (LsMessage) delta = ls_test_link_expect (links[i], LS_MESSAGE_DELTA);
      bool found = false;

      for (unsigned k = 0; k < delta->delta.items->len; k++)
        found |= g_str_equal (g_array_index (delta->delta.items, LsDeltaItem, k).change->key, "new-i");
      g_assert_true (found);
    }
  digest = verify (fixture, NULL);
  g_assert_cmpint (find_sum (digest, LS_ORDERS)->since, ==, DECEMBER_BUCKET - 79);
  g_assert_null (find_sum (digest, LS_ACTIVITY));
  for (unsigned i = 0; i < G_N_ELEMENTS (links); i++)
    ls_test_link_free (links[i]);
  fixture->link = first;
}

#define ADD(path, test) g_test_add (path, Fixture, NULL, set_up, test, tear_down)

/* Whoever is not of this history is told so, also when he wants something else while that is looked
 * into. */
static void
test_false_claim (Fixture      *fixture,
                  gconstpointer data)
{
  LsPosition position = ls_test_hub_position (fixture->hub);
  g_autoptr (LsMessage) resync = NULL;

  apply (fixture, "[{'c':'customers','k':'c-1','op':'put','set':{'name':'N'}}]");
  apply (fixture, "[{'c':'customers','k':'c-2','op':'put','set':{'name':'N'}}]");
  drain (fixture);
  position.check++;
  send_subscribe (fixture, &position, false);
  fixture->scope.since[LS_ACTIVITY] = 0;
  send_subscribe (fixture, &position, true);
  resync = ls_test_link_expect (fixture->link, LS_MESSAGE_RESYNC);
  g_assert_cmpint (resync->resync.reason, ==, LS_RESYNC_EPOCH);
  ls_test_link_expect_none (fixture->link);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/hub/scope/live", test_live);
  ADD ("/hub/scope/over-the-border", test_over_the_border);
  ADD ("/hub/scope/catch-up", test_catch_up);
  ADD ("/hub/scope/change", test_change);
  ADD ("/hub/scope/digests", test_digests);
  ADD ("/hub/scope/many-scopes", test_many_scopes);
  g_test_add ("/hub/scope/false-claim", Fixture, NO_RING, set_up, test_false_claim, tear_down);
  return g_test_run ();
}
