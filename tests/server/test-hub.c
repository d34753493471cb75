/* SPDX-License-Identifier: GPL-3.0-or-later */

#include <string.h>

#include "core/ls-digest.h"
#include "core/ls-id.h"
#include "ls-test-hub.h"
#include "server/ls-delta.h"
#include "server/ls-ring.h"

/*
 * Many clients against one hub, in orders that a seed decides: they edit, read slowly or not at
 * all, acknowledge late or never, lose their connection and come back. Whatever happens, each
 * sees the versions in order and without a gap, each result behind the delta of its version, each
 * digest at its place; in the end all have the same rows, and every edit was applied once.
 */

#define N_PRODUCTS 5
#define N_CLIENTS 6
#define N_STEPS 120

typedef struct {
  LsTestHub *hub;
  GRand *dice;
  LsTestLink *link;
  LsRole role;
  const LsView *view;
  char *client;
  unsigned number;

  /* The replica */
  LsPosition position;
  GHashTable *rows;

  /* Its edits: n counts from 1 */
  int64_t made;
  int64_t decided;
  int64_t again; /* from where they have to be sent again, 0 for nowhere */
  unsigned steps;
  bool greeted;
  unsigned digests;
} Client;

static void
replica_apply (Client         *client,
               const LsChange *change)
{
  g_autofree char *key =
      g_strdup_printf ("%02u %s", (unsigned) change->collection->id, change->key);
  g_autoptr (GError) error = NULL;
  LsRecord *after;

  if (change->op == LS_CHANGE_DEL)
    {
      g_hash_table_remove (client->rows, key);
      return;
    }
  after = ls_change_apply (change, g_hash_table_lookup (client->rows, key), LS_APPLY_EXACT, &error);
  g_assert_no_error (error);
  g_hash_table_replace (client->rows, g_steal_pointer (&key), after);
}

static void
take_delta (Client        *client,
            const LsDelta *delta)
{
  g_assert_cmpint (delta->from, <=, client->position.version);
  g_assert_cmpuint (delta->items->len, <=, LS_MAX_CHANGES);
  if (delta->to <= client->position.version)
    return;
  for (unsigned i = 0; i < delta->items->len; i++)
    {
      const LsDeltaItem *item = &g_array_index (delta->items, LsDeltaItem, i);

      g_assert_cmpint (item->version, >, delta->from);
      g_assert_cmpint (item->version, <=, delta->to);
      if (item->version > client->position.version)
        replica_apply (client, item->change);
    }
  client->position.version = delta->to;
  client->position.check = delta->check;
}

static void
take_result (Client         *client,
             const LsResult *result)
{
  g_assert_cmpint (result->version, <=, client->position.version);
  g_assert_cmpint (result->status, ==, LS_RESULT_APPLIED);
  g_assert_cmpint (result->n, <=, client->decided + 1);
  client->decided = MAX (client->decided, result->n);
}

static void
take_digest (Client                *client,
             const LsDigestMessage *digest)
{
  LsDigestSum sums[LS_N_COLLECTIONS] = { { 0, 0 } };
  GHashTableIter iter;
  gpointer record;

  g_assert_cmpint (digest->version, ==, client->position.version);
  g_assert_cmpuint (digest->check, ==, client->position.check);
  g_hash_table_iter_init (&iter, client->rows);
  while (g_hash_table_iter_next (&iter, NULL, &record))
    {
      const LsCollection *collection = ls_record_get_collection (record);

      sums[collection->id].count++;
      sums[collection->id].hash ^=
          ls_digest_record (record, ls_view_get_fields (client->view, collection));
    }
  for (unsigned i = 0; i < digest->items->len; i++)
    {
      const LsDigestItem *item = &g_array_index (digest->items, LsDigestItem, i);

      g_assert_cmpint (item->count, ==, sums[item->collection->id].count);
      g_assert_cmpuint (item->hash, ==, sums[item->collection->id].hash);
    }
  client->digests++;
}

static void
send_edit (Client  *client,
           int64_t  n)
{
  /* The same n is the same edit, however often it is sent. */
  g_autofree char *mid = g_strdup_printf ("%u-%d", client->number, (int) n);
  g_autofree char *changes =
      g_strdup_printf ("[{'c':'products','k':'p-%d','op':'add','set':{'stock':1}}]",
                       (int) ((n * 7 + client->number) % N_PRODUCTS));

  ls_test_link_mutate (client->link, n, mid, changes);
}

static void
connect_client (Client *client)
{
  g_autoptr (LsMessage) hello = ls_message_new (LS_MESSAGE_HELLO);
  LsShopInfo info = { .shop = g_strdup ("s"), .n = client->made };

  g_clear_pointer (&client->link, ls_test_link_free);
  client->link = ls_test_link_new (client->hub, client->role);
  client->link->limit = (size_t) g_rand_int_range (client->dice, 600, 20000);
  client->greeted = false;
  client->again = 0;
  hello->hello.protocol = LS_PROTOCOL_VERSION;
  hello->hello.client = g_strdup (client->client);
  hello->hello.app_version = g_strdup ("test");
  hello->hello.schema_version = LS_SCHEMA_VERSION;
  g_array_append_val (hello->hello.shops, info);
  ls_test_link_send (client->link, hello);
}

/* A client that looks at products, at something else, or at everything. */
static void
subscribe (Client *client,
           bool    keep)
{
  static const struct {
    LsCollectionId high, low;
  } choices[] = { { LS_PRODUCTS, LS_ORDERS }, { LS_ORDERS, LS_PRODUCTS } };
  g_autoptr (LsMessage) message = ls_message_new (LS_MESSAGE_SUBSCRIBE);
  int choice = g_rand_int_range (client->dice, 0, G_N_ELEMENTS (choices) + 1);

  message->subscribe.shop = g_strdup ("s");
  message->subscribe.position = client->position;
  message->subscribe.view = ls_view_get_total_hash (client->view);
  message->subscribe.keep = keep;
  if (choice < (int) G_N_ELEMENTS (choices))
    {
      LsSubscription high = { ls_schema_collection (choices[choice].high), LS_PRIORITY_HIGH, 0 };
      LsSubscription low = { ls_schema_collection (choices[choice].low), LS_PRIORITY_LOW, 0 };

      g_array_append_val (message->subscribe.collections, high);
      g_array_append_val (message->subscribe.collections, low);
    }
  ls_test_link_send (client->link, message);
}

static void
take_welcome (Client    *client,
              LsMessage *message)
{
  g_free (client->client);
  client->client = g_strdup (message->welcome.client);
  client->greeted = true;
  subscribe (client, false);
  for (int64_t n = client->decided + 1; n <= client->made; n++)
    send_edit (client, n);
}

/* Only what a full queue or a limit postpones: what was not taken comes again, later. */
static void
take_error (Client               *client,
            const LsErrorMessage *error)
{
  g_assert_true (error->temporary || error->expected_n > 0);
  client->again = error->expected_n;
}

static void
send_again (Client *client)
{
  for (int64_t n = MAX (client->again, client->decided + 1); client->again > 0 && n <= client->made;
       n++)
    send_edit (client, n);
  client->again = 0;
}

static bool
read_one (Client *client)
{
  g_autoptr (LsMessage) message = ls_test_link_read (client->link);

  if (message == NULL)
    return false;
  switch (message->type)
    {
    case LS_MESSAGE_WELCOME:
      take_welcome (client, message);
      break;
    case LS_MESSAGE_DELTA:
      take_delta (client, &message->delta);
      break;
    case LS_MESSAGE_RESULT:
      take_result (client, &message->result);
      break;
    case LS_MESSAGE_DIGEST:
      take_digest (client, &message->digest);
      break;
    case LS_MESSAGE_ERROR:
      take_error (client, &message->error);
      break;
    case LS_MESSAGE_NOTICE:
      g_assert_cmpstr (message->notice.kind, ==, LS_NOTICE_RATE_LIMITED);
      break;
    case LS_MESSAGE_PING:
      break;
    case LS_MESSAGE_HELLO:
    case LS_MESSAGE_FORKED:
    case LS_MESSAGE_SUBSCRIBE:
    case LS_MESSAGE_ACK:
    case LS_MESSAGE_MUTATE:
    case LS_MESSAGE_VERIFY:
    case LS_MESSAGE_ROWS:
    case LS_MESSAGE_RESYNC:
    case LS_MESSAGE_VIEW:
    case LS_MESSAGE_PONG:
    case LS_MESSAGE_AUTH:
    default:
      g_error ("Unexpected: %s", ls_message_type_to_name (message->type));
    }
  return true;
}

static void
send_ack (Client *client)
{
  g_autoptr (LsMessage) ack = ls_message_new (LS_MESSAGE_ACK);

  ack->ack.shop = g_strdup ("s");
  ack->ack.version = client->position.version;
  ack->ack.n = client->decided;
  ls_test_link_send (client->link, ack);
}

static void step (gpointer data);

static void
post_step (Client *client)
{
  LsEnvironment *environment = LS_ENVIRONMENT (client->hub->environment);
  g_autofree char *name = g_strdup_printf ("client-%u", client->number);
  int64_t delay = g_rand_int_range (client->dice, 0, 3) * 50000;

  if (delay > 0)
    ls_environment_post_after (environment, ls_environment_get_queue (environment, name), delay,
                               step, client, NULL);
  else
    ls_environment_post (environment, ls_environment_get_queue (environment, name), step, client,
                         NULL);
}

static void
step (gpointer data)
{
  Client *client = data;
  int what = g_rand_int_range (client->dice, 0, 100);

  if (what < 4 || client->link->close_code != 0)
    connect_client (client);
  else if (what < 20 && client->again > 0)
    send_again (client);
  else if (what < 35 && client->greeted && client->made - client->decided < LS_MUTATION_WINDOW)
    send_edit (client, ++client->made);
  else if (what < 50 && client->greeted)
    send_ack (client);
  else if (what < 56 && client->greeted)
    subscribe (client, true);
  else
    for (int i = g_rand_int_range (client->dice, 0, 12); i > 0 && read_one (client); i--)
      ;
  if (--client->steps > 0)
    post_step (client);
}

/* All read all there is, until nothing more comes. */
static void
settle (LsTestHub *hub,
        Client    *clients)
{
  bool more = true;
  LsHubStats stats;

  for (unsigned rounds = 0; more; rounds++)
    {
      g_assert_cmpuint (rounds, <, 1000);
      ls_test_environment_advance (hub->environment, 2 * G_USEC_PER_SEC);
      more = false;
      for (unsigned i = 0; i < N_CLIENTS; i++)
        {
          if (clients[i].link->close_code != 0)
            connect_client (&clients[i]);
          clients[i].link->limit = SIZE_MAX;
          send_again (&clients[i]);
        }
      for (unsigned i = 0; i < N_CLIENTS; i++)
        while (read_one (&clients[i]))
          ls_test_hub_run (hub);
      for (unsigned i = 0; i < N_CLIENTS; i++)
        more = more || clients[i].decided < clients[i].made ||
               clients[i].position.version < ls_test_hub_position (hub).version;
      /* One that overflowed at last may have all, and join again a moment later. */
      ls_hub_get_stats (hub->hub, &stats);
      more = more || stats.behind > 0;
    }
}

static void
make_products (LsTestHub *hub)
{
  for (int i = 0; i < N_PRODUCTS; i++)
    {
      g_autofree char *json = g_strdup_printf (
          "[{\"c\":\"products\",\"k\":\"p-%d\",\"op\":\"put\",\"set\":{\"name\":\"P\","
          "\"status\":\"active\",\"stock\":0}}]",
          i);
      g_autoptr (LsMutation) mutation = ls_mutation_new ("s");
      g_autoptr (GError) error = NULL;

      mutation->actor = g_strdup ("test");
      mutation->role = LS_ROLE_OWNER;
      mutation->changes = ls_changes_from_json (json, &error);
      g_assert_no_error (error);
      ls_committer_submit (hub->committer, mutation, NULL, NULL, NULL, &error);
      g_assert_no_error (error);
    }
  ls_test_hub_run (hub);
}

static bool
put_row (LsRecord *record,
         gpointer  user_data)
{
  Client *client = user_data;
  const LsCollection *collection = ls_record_get_collection (record);
  uint64_t fields = ls_view_get_fields (client->view, collection);
  LsRecord *seen;

  if (fields == 0)
    return true;
  seen = ls_record_new (collection, ls_record_get_key (record));
  for (unsigned i = 0; i < collection->n_fields; i++)
    if (fields & (UINT64_C (1) << i))
      ls_record_take (seen, i, ls_value_copy (ls_record_get (record, i)));
  g_hash_table_replace (
      client->rows,
      g_strdup_printf ("%02u %s", (unsigned) collection->id, ls_record_get_key (seen)), seen);
  return true;
}

static void
read_rows (LsTestHub *hub,
           Client    *client)
{
  const LsCollection *all[LS_N_COLLECTIONS];
  g_autoptr (GError) error = NULL;

  for (unsigned id = 0; id < LS_N_COLLECTIONS; id++)
    all[id] = ls_schema_collection ((LsCollectionId) id);
  ls_storage_scan (hub->storage, "s", all, LS_N_COLLECTIONS, &client->position, put_row, client,
                   &error);
  g_assert_no_error (error);
}

static void
client_init (Client    *client,
             LsTestHub *hub,
             GRand     *dice,
             unsigned   number)
{
  client->hub = hub;
  client->dice = dice;
  client->number = number;
  client->role = number % 2 == 0 ? LS_ROLE_OWNER : LS_ROLE_STAFF;
  client->view = ls_view_get (client->role, LS_SCHEMA_VERSION);
  client->rows =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) ls_record_unref);
  client->steps = N_STEPS;
}

static void
client_clear (Client *client)
{
  g_clear_pointer (&client->link, ls_test_link_free);
  g_hash_table_unref (client->rows);
  g_free (client->client);
}

static void
assert_same_rows (Client *client,
                  Client *truth)
{
  GHashTableIter iter;
  gpointer key, record;

  g_assert_cmpuint (g_hash_table_size (client->rows), ==, g_hash_table_size (truth->rows));
  g_hash_table_iter_init (&iter, truth->rows);
  while (g_hash_table_iter_next (&iter, &key, &record))
    {
      LsRecord *mine = g_hash_table_lookup (client->rows, key);

      g_assert_nonnull (mine);
      g_assert_true (ls_record_equal (mine, record));
    }
}

/* Every edit adds one to the stock of some product. */
static int64_t
sum_of_stock (Client *truth)
{
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);
  unsigned stock = (unsigned) ls_collection_field (products, "stock");
  GHashTableIter iter;
  gpointer record;
  int64_t sum = 0;

  g_hash_table_iter_init (&iter, truth->rows);
  while (g_hash_table_iter_next (&iter, NULL, &record))
    if (ls_record_get_collection (record) == products)
      sum += ls_record_get_integer (record, stock, 0);
  return sum;
}

static void
run_seed (uint64_t  seed,
          uint64_t *ret_trace,
          unsigned *ret_overflows)
{
  LsHubOptions options;
  g_autoptr (LsTestHub) hub = NULL;
  g_autoptr (GRand) dice = g_rand_new_with_seed ((uint32_t) seed);
  Client clients[N_CLIENTS] = { { NULL } };
  int64_t made = 0;
  LsHubStats stats;

  ls_hub_options_init (&options);
  options.ring_bytes = (size_t) g_rand_int_range (dice, 2000, 200000);
  options.max_unsent = 8000;
  options.digest_interval = G_USEC_PER_SEC;
  options.heartbeat = G_USEC_PER_SEC;
  options.edit_rate = g_rand_int_range (dice, 0, 2) * 50;
  options.edit_burst = 20;
  hub = ls_test_hub_new (seed, &options);
  make_products (hub);
  for (unsigned i = 0; i < N_CLIENTS; i++)
    {
      client_init (&clients[i], hub, dice, i);
      read_rows (hub, &clients[i]);
      connect_client (&clients[i]);
      post_step (&clients[i]);
    }
  ls_test_environment_advance (hub->environment, N_STEPS * 200000);
  settle (hub, clients);
  for (unsigned i = 0; i < N_CLIENTS; i++)
    {
      g_assert_cmpint (clients[i].decided, ==, clients[i].made);
      made += clients[i].made;
    }
  for (unsigned i = 0; i < N_CLIENTS; i++)
    {
      Client truth = { NULL };
      LsPosition position = ls_test_hub_position (hub);

      client_init (&truth, hub, dice, i);
      read_rows (hub, &truth);
      g_assert_true (ls_position_equal (&clients[i].position, &position));
      assert_same_rows (&clients[i], &truth);
      g_assert_cmpint (sum_of_stock (&truth), ==, made);
      g_assert_cmpuint (clients[i].digests, >, 0);
      client_clear (&truth);
    }
  ls_hub_get_stats (hub->hub, &stats);
  g_assert_cmpuint (stats.live, ==, N_CLIENTS);
  g_assert_cmpuint (stats.behind, ==, 0);
  *ret_overflows += (unsigned) stats.overflows;
  for (unsigned i = 0; i < N_CLIENTS; i++)
    client_clear (&clients[i]);
  ls_test_hub_run (hub);
  ls_hub_get_stats (hub->hub, &stats);
  g_assert_cmpuint (stats.sessions, ==, 0);
  g_assert_cmpuint (stats.live, ==, 0);
  *ret_trace = ls_test_environment_trace (hub->environment);
}

static void
test_seeds (void)
{
  unsigned seeds = g_test_thorough () ? 500 : 25;
  uint64_t first = (uint64_t) g_test_rand_int_range (0, G_MAXINT32);
  unsigned overflows = 0;

  for (uint64_t seed = first; seed < first + seeds; seed++)
    {
      uint64_t trace;

      g_test_message ("seed %" G_GUINT64_FORMAT, seed);
      run_seed (seed, &trace, &overflows);
    }
  /* They did go through it. */
  g_assert_cmpuint (overflows, >, seeds);
}

static void
test_repeatable (void)
{
  uint64_t first, second, other;
  unsigned overflows = 0;

  run_seed (7, &first, &overflows);
  run_seed (7, &second, &overflows);
  run_seed (8, &other, &overflows);
  g_assert_cmpuint (first, ==, second);
  g_assert_cmpuint (first, !=, other);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hub/seeds", test_seeds);
  g_test_add_func ("/hub/repeatable", test_repeatable);
  return g_test_run ();
}
