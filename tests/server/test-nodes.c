/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two nodes on one storage: what one of them commits, the other one publishes, follows and knows. */
#include "config.h"

#include "ls-test-hub.h"
#include "ls-test-shop.h"
#include "ls-test-storage.h"

#include "core/ls-error.h"
#include "core/ls-snapshot.h"
#include "server/ls-snapshot.h"
#include "server/ls-storage-memory.h"

#define SECOND ((int64_t) G_USEC_PER_SEC)
#define SEED 1
#define PUT_PRODUCT \
  "[{'c':'products','k':'p1','op':'put','set':{'name':'Beat','status':'active','stock':0}}]"
#define ONE_MORE "[{'c':'products','k':'p1','op':'add','set':{'stock':1}}]"
#define PUT_CUSTOMER "[{'c':'customers','k':'zoe','op':'put','set':{'name':'Zoe','email':'z@x.org'}}]"
#define PUT_ORDER(key, placed_at) \
  "[{'c':'orders','k':'" key "','op':'put','set':{'number':'" key "','customer':'zoe','status':" \
  "'paid','currency':'EUR','placed_at':" placed_at "}}]"
#define REFUSED "[{'c':'products','k':'p9','op':'put','set':{'status':'active'}}]"

typedef struct {
  LsTestHub *nodes[2];
  LsTestStorage *storages[2]; /* what the nodes see; that of the first is the shared one itself */
} Fixture;

static void
run (Fixture *fixture)
{
  while (ls_test_environment_run (fixture->nodes[0]->environment) +
             ls_test_environment_run (fixture->nodes[1]->environment) >
         0)
    ;
}

static void
advance (Fixture *fixture,
         int64_t  duration)
{
  for (int64_t at = 0; at < duration; at += SECOND / 100)
    {
      ls_test_environment_advance (fixture->nodes[0]->environment, SECOND / 100);
      ls_test_environment_advance (fixture->nodes[1]->environment, SECOND / 100);
    }
  run (fixture);
}

static void
init_options (LsHubOptions *options)
{
  ls_hub_options_init (options);
  options->background_wait = 0;
  options->digest_interval = 3600 * SECOND;
  options->heartbeat = 3600 * SECOND;
}

static void
start_second (Fixture *fixture,
              bool     deaf)
{
  LsHubOptions options;

  init_options (&options);
  fixture->storages[1] = ls_test_storage_new (g_object_ref (fixture->nodes[0]->storage));
  if (deaf)
    ls_test_storage_set_deaf (fixture->storages[1]);
  fixture->nodes[1] = ls_test_hub_new_node (fixture->nodes[0], LS_STORAGE (fixture->storages[1]), 2,
                                            &options);
}

static void
set_up_with (Fixture *fixture,
             bool     deaf)
{
  LsHubOptions options;

  init_options (&options);
  fixture->nodes[0] = ls_test_hub_new (SEED, &options);
  start_second (fixture, deaf);
}

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  set_up_with (fixture, false);
}

static void
set_up_deaf (Fixture      *fixture,
             gconstpointer data)
{
  set_up_with (fixture, true);
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  ls_test_hub_free (fixture->nodes[1]);
  ls_test_hub_free (fixture->nodes[0]);
}

typedef struct {
  LsDecision *decision;
  GError *error;
} Outcome;

static void
decided_cb (LsMutation       *mutation,
            const LsDecision *decision,
            const GError     *error,
            int64_t           expected_n,
            gpointer          user_data)
{
  Outcome *outcome = user_data;

  outcome->decision = decision != NULL ? ls_decision_copy (decision) : NULL;
  outcome->error = error != NULL ? g_error_copy (error) : NULL;
}

static void
outcome_clear (Outcome *outcome)
{
  g_clear_pointer (&outcome->decision, ls_decision_free);
  g_clear_error (&outcome->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Outcome, outcome_clear)

static void
submit (Fixture    *fixture,
        unsigned    node,
        const char *client,
        int64_t     n,
        const char *mid,
        const char *json,
        Outcome    *outcome)
{
  g_autoptr (LsMutation) mutation = ls_test_mutation (client, n, mid, json);
  g_autoptr (GError) error = NULL;

  ls_committer_submit (fixture->nodes[node]->committer, mutation, decided_cb, outcome, NULL, &error);
  g_assert_no_error (error);
}

/* An edit of somebody whose n nobody counts. */
static int64_t
edit (Fixture    *fixture,
      unsigned    node,
      const char *json)
{
  g_auto (Outcome) outcome = { NULL };

  submit (fixture, node, NULL, 0, NULL, json, &outcome);
  run (fixture);
  g_assert_no_error (outcome.error);
  g_assert_cmpstr (outcome.decision->message, ==, NULL);
  return outcome.decision->version;
}

static int64_t
get_stock (Fixture *fixture)
{
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);
  g_autoptr (GPtrArray) wanted =
      g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
  g_autoptr (GPtrArray) rows = NULL;
  g_autoptr (LsRecord) row = NULL;

  g_ptr_array_add (wanted, ls_change_new (LS_CHANGE_DEL, products, "p1"));
  rows = ls_storage_get_rows (fixture->nodes[0]->storage, "s", wanted, NULL, NULL);
  row = ls_change_apply (g_ptr_array_index (rows, 0), NULL, LS_APPLY_EXACT, NULL);
  return ls_record_get_integer (row, (unsigned) ls_collection_field (products, "stock"), -1);
}

static LsTestLink *
connect_link (Fixture *fixture,
              unsigned node)
{
  LsTestHub *hub = fixture->nodes[node];
  LsTestLink *link = ls_test_link_new (hub, LS_ROLE_OWNER);
  g_autoptr (LsMessage) welcome = ls_test_link_hello (link, NULL, 0);
  LsPosition position = ls_test_hub_position (hub);
  LsMessage *message;

  g_assert_cmpint (welcome->type, ==, LS_MESSAGE_WELCOME);
  ls_test_link_subscribe (link, &position, LS_ROLE_OWNER);
  advance (fixture, 2 * SECOND);
  while ((message = ls_test_link_read (link)) != NULL)
    ls_message_unref (message);
  return link;
}

/* Reads deltas to the end: each begins where the one before it ended. */
static int64_t
read_deltas (LsTestLink *link,
             int64_t     from)
{
  LsMessage *message;

  while ((message = ls_test_link_read (link)) != NULL)
    {
      if (message->type == LS_MESSAGE_DELTA)
        {
          g_assert_cmpint (message->delta.from, ==, from);
          g_assert_cmpint (message->delta.to, >, from);
          from = message->delta.to;
        }
      ls_message_unref (message);
    }
  return from;
}

static void
assert_digests (Fixture *fixture)
{
  g_autoptr (LsShopDigests) own = ls_shop_digests_new ();
  LsDigestSum expected[LS_N_COLLECTIONS], sums[LS_N_COLLECTIONS];
  const LsView *view = ls_view_full ();
  LsPosition at, position;
  LsScope scope;

  ls_scope_init (&scope);
  g_assert_true (ls_shop_digests_compute (own, fixture->nodes[0]->storage, "s", NULL));
  g_assert_true (ls_shop_digests_get_sums (own, view, &scope, &at, expected));
  for (unsigned node = 0; node < 2; node++)
    {
      g_assert_true (ls_committer_get_digest (fixture->nodes[node]->committer, "s", view, &scope,
                                              &position, sums));
      g_assert_true (ls_position_equal (&position, &at));
      for (unsigned i = 0; i < LS_N_COLLECTIONS; i++)
        {
          g_assert_cmpuint (sums[i].count, ==, expected[i].count);
          g_assert_cmpuint (sums[i].hash, ==, expected[i].hash);
        }
    }
}

/* Whoever is connected anywhere gets all, once and in order, and the digests of both nodes are those
 * of the rows. */
static void
test_publish (Fixture      *fixture,
              gconstpointer data)
{
  g_autoptr (LsTestLink) first = connect_link (fixture, 0);
  g_autoptr (LsTestLink) second = connect_link (fixture, 1);
  int64_t from = ls_test_hub_position (fixture->nodes[0]).version;
  int64_t to;

  edit (fixture, 0, PUT_PRODUCT);
  edit (fixture, 1, PUT_CUSTOMER);
  edit (fixture, 0, PUT_ORDER ("o1", "1767225600000000"));
  edit (fixture, 1, PUT_ORDER ("o2", "1772323200000000"));
  for (unsigned i = 0; i < 10; i++)
    edit (fixture, i % 3 == 0, ONE_MORE);
  edit (fixture, 1, "[{'c':'orders','k':'o1','op':'set','set':{'status':'cancelled'},"
                    "'was':{'status':'paid'}}]");
  edit (fixture, 0, "[{'c':'products','k':'p1','op':'set','set':{'name':'Beat 2'},"
                    "'was':{'name':'Beat'}}]");
  to = edit (fixture, 1, "[{'c':'products','k':'p2','op':'put','set':{'name':'B','status':'draft'}}]");
  g_assert_cmpint (get_stock (fixture), ==, 10);
  g_assert_cmpint (read_deltas (first, from), ==, to);
  g_assert_cmpint (read_deltas (second, from), ==, to);
  assert_digests (fixture);
}

/* Rows whose buckets go by their day, of which a change does not tell: made, changed and deleted in
 * what the other node follows at once. */
static void
test_months (Fixture      *fixture,
             gconstpointer data)
{
  g_autoptr (LsTestLink) first = connect_link (fixture, 0);
  g_autoptr (LsTestLink) second = connect_link (fixture, 1);

  edit (fixture, 0, PUT_CUSTOMER);
  edit (fixture, 0, PUT_ORDER ("o1", "1767225600000000"));
  edit (fixture, 0, PUT_ORDER ("o2", "1767225600000000"));
  edit (fixture, 0, "[{'c':'orders','k':'o1','op':'set','set':{'status':'cancelled'},"
                    "'was':{'status':'paid'}}]");
  edit (fixture, 0, "[{'c':'orders','k':'o1','op':'del','was':{'number':'o1'}}]");
  edit (fixture, 0, "[{'c':'orders','k':'o2','op':'set','set':{'status':'cancelled'},"
                    "'was':{'status':'paid'}}]");
  advance (fixture, SECOND);
  assert_digests (fixture);
}

/* No notification comes: then it is found within a second. */
static void
test_poll (Fixture      *fixture,
           gconstpointer data)
{
  g_autoptr (LsTestLink) second = connect_link (fixture, 1);
  int64_t from = ls_test_hub_position (fixture->nodes[0]).version;
  int64_t to = edit (fixture, 0, PUT_PRODUCT);

  g_assert_cmpint (read_deltas (second, from), ==, from);
  advance (fixture, SECOND);
  g_assert_cmpint (read_deltas (second, from), ==, to);
  /* Who edits does not wait for that. */
  edit (fixture, 0, ONE_MORE);
  edit (fixture, 1, ONE_MORE);
  g_assert_cmpint (read_deltas (second, to), ==, to + 2);
  assert_digests (fixture);
}

/* A client is further than the node that it comes to. */
static void
test_ahead (Fixture      *fixture,
            gconstpointer data)
{
  g_autoptr (LsTestLink) link = ls_test_link_new (fixture->nodes[1], LS_ROLE_OWNER);
  g_autoptr (LsMessage) welcome = ls_test_link_hello (link, NULL, 0);
  unsigned begun = ls_test_storage_get_begun (fixture->storages[1]);
  LsPosition position;
  int64_t to;

  edit (fixture, 0, PUT_PRODUCT);
  position = ls_test_hub_position (fixture->nodes[0]);
  ls_test_link_subscribe (link, &position, LS_ROLE_OWNER);
  run (fixture);
  g_assert_cmpint (read_deltas (link, position.version), ==, position.version);
  g_assert_cmpuint (ls_test_storage_get_begun (fixture->storages[1]), ==, begun + 1);
  to = edit (fixture, 0, ONE_MORE);
  advance (fixture, SECOND);
  g_assert_cmpint (read_deltas (link, position.version), ==, to);
}

/* Sent through one node, decided there, sent again through the other. */
static void
test_repeated (Fixture      *fixture,
               gconstpointer data)
{
  g_auto (Outcome) there = { NULL }, again = { NULL }, next = { NULL }, back = { NULL };
  g_auto (Outcome) gap = { NULL };

  edit (fixture, 0, PUT_PRODUCT);
  submit (fixture, 0, "c", 1, "m1", ONE_MORE, &there);
  run (fixture);
  submit (fixture, 1, "c", 1, "m1", ONE_MORE, &again);
  submit (fixture, 1, "c", 2, "m2", ONE_MORE, &next);
  run (fixture);
  submit (fixture, 0, "c", 4, "m4", ONE_MORE, &gap);
  submit (fixture, 0, "c", 3, "m3", ONE_MORE, &back);
  run (fixture);
  g_assert_cmpint (again.decision->status, ==, LS_RESULT_APPLIED);
  g_assert_cmpint (again.decision->version, ==, there.decision->version);
  g_assert_cmpint (next.decision->version, ==, there.decision->version + 1);
  g_assert_cmpint (back.decision->version, ==, there.decision->version + 2);
  g_assert_error (gap.error, LS_ERROR, LS_ERROR_PROTOCOL);
  g_assert_cmpint (get_stock (fixture), ==, 3);
}

/* What a node has read is not what stands there once another one has written. */
static void
test_conflict (Fixture      *fixture,
               gconstpointer data)
{
  g_auto (Outcome) late = { NULL };

  edit (fixture, 0, PUT_PRODUCT);
  edit (fixture, 1, ONE_MORE);
  edit (fixture, 0, "[{'c':'products','k':'p1','op':'set','set':{'name':'Mine'},"
                    "'was':{'name':'Beat'}}]");
  submit (fixture, 1, "c", 1, "m1",
          "[{'c':'products','k':'p1','op':'set','set':{'name':'Theirs'},'was':{'name':'Beat'}}]",
          &late);
  run (fixture);
  g_assert_cmpint (late.decision->status, ==, LS_RESULT_CONFLICT);
}

/* Another node holds a shop: it waits, another shop does not. */
static void
test_busy (Fixture      *fixture,
           gconstpointer data)
{
  g_auto (Outcome) waits = { NULL }, goes = { NULL };
  g_autoptr (LsMutation) other = NULL;

  ls_test_hub_make_shop (fixture->nodes[0]->storage, "t");
  edit (fixture, 0, PUT_PRODUCT);
  run (fixture);
  ls_test_storage_set_busy (fixture->storages[1], 1);
  submit (fixture, 1, "c", 1, "m1", ONE_MORE, &waits);
  other = ls_test_mutation (NULL, 0, NULL, PUT_PRODUCT);
  g_free (other->shop);
  other->shop = g_strdup ("t");
  ls_committer_submit (fixture->nodes[1]->committer, other, decided_cb, &goes, NULL, NULL);
  run (fixture);
  g_assert_null (waits.decision);
  g_assert_cmpint (goes.decision->status, ==, LS_RESULT_APPLIED);
  /* Others commit meanwhile. */
  edit (fixture, 0, ONE_MORE);
  advance (fixture, SECOND / 10);
  g_assert_cmpint (waits.decision->status, ==, LS_RESULT_APPLIED);
  g_assert_cmpint (get_stock (fixture), ==, 2);
  assert_digests (fixture);
}

/* Nobody knows whether a commit is there, and meanwhile another node commits: what is there is not
 * taken for one's own, nor for lost. */
static void
test_unknown (Fixture      *fixture,
              gconstpointer data)
{
  static const struct {
    LsTestCommit how;
    const char *json;
    LsResultStatus status;
  } cases[] = {
    { LS_TEST_COMMIT_UNKNOWN_LOST, ONE_MORE, LS_RESULT_APPLIED },
    { LS_TEST_COMMIT_UNKNOWN_DONE, ONE_MORE, LS_RESULT_APPLIED },
    { LS_TEST_COMMIT_UNKNOWN_LOST, REFUSED, LS_RESULT_REJECTED },
    { LS_TEST_COMMIT_UNKNOWN_DONE, REFUSED, LS_RESULT_REJECTED },
  };
  int64_t expected = 0;

  edit (fixture, 0, PUT_PRODUCT);
  for (unsigned i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *mid = g_strdup_printf ("m%u", i);
      g_auto (Outcome) outcome = { NULL }, again = { NULL };
      bool lost = cases[i].how == LS_TEST_COMMIT_UNKNOWN_LOST;

      ls_test_storage_set_commit (fixture->storages[1], cases[i].how);
      submit (fixture, 1, "c", i + 1, mid, cases[i].json, &outcome);
      /* The first begin is that of the edit, the second reads back. */
      ls_test_storage_set_busy_after (fixture->storages[1], 1, 1);
      run (fixture);
      g_assert_true (outcome.decision == NULL && outcome.error == NULL);
      edit (fixture, 0, ONE_MORE);
      advance (fixture, SECOND / 10);
      if (lost)
        {
          g_assert_error (outcome.error, LS_ERROR, LS_ERROR_STORAGE);
          g_assert_true (ls_error_is_temporary (outcome.error));
        }
      else
        g_assert_cmpint (outcome.decision->status, ==, cases[i].status);
      submit (fixture, 1, "c", i + 1, mid, cases[i].json, &again);
      run (fixture);
      g_assert_cmpint (again.decision->status, ==, cases[i].status);
      expected += 1 + (cases[i].status == LS_RESULT_APPLIED);
      g_assert_cmpint (get_stock (fixture), ==, expected);
      assert_digests (fixture);
    }
}

/* The same, and the log is cut short behind what is there. That is no fault of who sent the edit: he
 * comes again, and is told. */
static void
test_unknown_pruned (Fixture      *fixture,
                     gconstpointer data)
{
  g_auto (Outcome) outcome = { NULL }, again = { NULL };

  edit (fixture, 0, PUT_PRODUCT);
  ls_test_storage_set_commit (fixture->storages[1], LS_TEST_COMMIT_UNKNOWN_DONE);
  submit (fixture, 1, "c", 1, "m1", ONE_MORE, &outcome);
  /* The first begin is that of the edit, the second reads back. */
  ls_test_storage_set_busy_after (fixture->storages[1], 1, 1);
  run (fixture);
  g_assert_true (outcome.decision == NULL && outcome.error == NULL);
  g_assert_true (ls_storage_prune (fixture->nodes[0]->storage, "s", 0, 0, NULL));
  advance (fixture, SECOND / 10);
  g_assert_error (outcome.error, LS_ERROR, LS_ERROR_STORAGE);
  g_assert_true (ls_error_is_temporary (outcome.error));
  submit (fixture, 1, "c", 1, "m1", ONE_MORE, &again);
  run (fixture);
  g_assert_cmpint (again.decision->status, ==, LS_RESULT_APPLIED);
  g_assert_cmpint (get_stock (fixture), ==, 1);
  assert_digests (fixture);
}

/* A backup is put in the place of the storage: both the history and how far edits were decided are
 * others, which everybody who is connected has to hear. */
static void
test_anew (Fixture      *fixture,
           gconstpointer data)
{
  g_autoptr (LsTestLink) link = connect_link (fixture, 1);
  g_autoptr (LsTestLink) again = NULL;
  LsStorage *backup =
      ls_storage_memory_new (LS_ENVIRONMENT (fixture->nodes[1]->environment), NULL);
  LsPosition before, after;

  edit (fixture, 0, PUT_PRODUCT);
  run (fixture);
  before = ls_test_hub_position (fixture->nodes[1]);
  ls_test_hub_make_shop (backup, "s");
  ls_test_storage_swap (fixture->storages[1], backup);
  after = ls_test_hub_position (fixture->nodes[1]);
  g_assert_cmpstr (before.epoch, !=, after.epoch);
  advance (fixture, 2 * SECOND);
  g_assert_cmpint (link->close_code, ==, LS_FRAME_CODE_GOING_AWAY);
  again = connect_link (fixture, 1);
  edit (fixture, 1, PUT_PRODUCT);
  g_assert_cmpint (read_deltas (again, after.version), ==, after.version + 1);
}

static void
committed_cb (LsStorageOutcome  outcome,
              const GError     *error,
              gpointer          user_data)
{
  g_assert_cmpint (outcome, ==, LS_STORAGE_OK);
}

static void
write_cb (LsStorageOutcome  outcome,
          LsStorageTx      *tx,
          const GError     *error,
          gpointer          user_data)
{
  const LsShop *shop;
  g_autoptr (LsVersion) version = NULL;

  g_assert_cmpint (outcome, ==, LS_STORAGE_OK);
  shop = ls_storage_tx_get_shop (tx);
  version = ls_version_new (shop->position.version + 1, shop->at);
  version->changes = ls_test_changes (PUT_CUSTOMER);
  ls_version_seal (version, shop->position.check);
  g_assert_true (ls_storage_tx_append (tx, version, NULL));
  ls_storage_commit (user_data, tx, committed_cb, NULL);
}

/* A backup of the same epoch was put back, and has gone on less far than what the node was told, which
 * has not noticed. Who comes from before is not led from the one history into the other. */
static void
test_histories (Fixture      *fixture,
                    gconstpointer data)
{
  g_autoptr (LsTestLink) link = NULL;
  g_autoptr (LsMessage) welcome = NULL;
  /* What chance gave the one it gives the other. */
  g_autoptr (LsTestEnvironment) environment = ls_test_environment_new (SEED);
  LsStorage *backup = ls_storage_memory_new (LS_ENVIRONMENT (environment), NULL);
  LsPosition start = ls_test_hub_position (fixture->nodes[1]);
  g_autoptr (LsShop) restored = NULL;
  LsMessage *message;
  bool resynced = false;

  ls_test_hub_make_shop (backup, "s");
  restored = ls_storage_get_shop (backup, "s", NULL);
  g_assert_true (ls_position_equal (&restored->position, &start));
  ls_storage_begin (backup, "s", write_cb, backup);
  edit (fixture, 0, PUT_PRODUCT);
  /* It remembers what it is told from here on, and not what comes before. */
  ls_test_hub_free (fixture->nodes[1]);
  start_second (fixture, true);
  link = ls_test_link_new (fixture->nodes[1], LS_ROLE_OWNER);
  welcome = ls_test_link_hello (link, NULL, 0);
  g_assert_cmpint (edit (fixture, 1, ONE_MORE), ==, start.version + 2);
  ls_test_storage_swap (fixture->storages[1], backup);

  ls_test_link_subscribe (link, &start, LS_ROLE_OWNER);
  while (!resynced)
    {
      run (fixture);
      message = ls_test_link_read (link);
      g_assert_nonnull (message);
      if (message->type == LS_MESSAGE_DELTA)
        g_assert_cmpint (message->delta.to, ==, start.version + 1);
      resynced = message->type == LS_MESSAGE_RESYNC;
      if (resynced)
        g_assert_cmpint (message->resync.reason, ==, LS_RESYNC_EPOCH);
      ls_message_unref (message);
    }
  /* Nor does the node wait until it looks by itself. */
  run (fixture);
  g_assert_cmpint (link->close_code, ==, LS_FRAME_CODE_GOING_AWAY);
}

static void
scrubbed_cb (const char         *shop,
             const LsCollection *collection,
             GArray             *buckets,
             const GError       *error,
             gpointer            user_data)
{
  unsigned *over = user_data;

  g_assert_no_error (error);
  if (collection == NULL)
    ++*over;
  else
    g_assert_cmpuint (buckets->len, ==, 0);
}

/* The rows are read at one node while the other writes them. */
static void
test_scrub (Fixture      *fixture,
            gconstpointer data)
{
  unsigned over = 0;

  edit (fixture, 0, PUT_PRODUCT);
  edit (fixture, 0, PUT_CUSTOMER);
  advance (fixture, SECOND);
  ls_committer_scrub (fixture->nodes[1]->committer, "s", SECOND / 50, scrubbed_cb, &over, NULL);
  for (unsigned i = 0; i < 200 && over == 0; i++)
    {
      edit (fixture, 0, ONE_MORE);
      advance (fixture, SECOND / 50);
    }
  g_assert_cmpuint (over, ==, 1);
  assert_digests (fixture);
}

typedef struct {
  GBytes *body;
} Got;

static void
snapshot_cb (GBytes            *body,
             int64_t            done,
             const LsEditCount *before,
             const GError      *error,
             gpointer           user_data)
{
  Got *got = user_data;

  g_assert_no_error (error);
  g_clear_pointer (&got->body, g_bytes_unref);
  got->body = g_bytes_ref (body);
}

/* A snapshot of the history before is not served after it. */
static void
test_snapshot (Fixture      *fixture,
               gconstpointer data)
{
  LsTestHub *node = fixture->nodes[1];
  LsEnvironment *environment = LS_ENVIRONMENT (node->environment);
  LsSnapshots *snapshots = ls_snapshots_new (environment, node->storage, node->access,
                                             ls_test_dir_get_path (node->dir));
  g_autoptr (LsIdentity) identity = ls_test_hub_sign_in (node, LS_ROLE_OWNER);
  LsStorage *backup = ls_storage_memory_new (environment, NULL);
  Got first = { NULL }, shared = { NULL }, second = { NULL };
  Got *gots[] = { &first, &shared, &second };
  LsScope scope;

  ls_scope_init (&scope);
  ls_test_hub_make_shop (backup, "s");
  for (unsigned i = 0; i < 3; i++)
    {
      if (i == 2)
        ls_test_storage_swap (fixture->storages[1], backup);
      ls_snapshots_get (snapshots, identity, "s", ls_view_full (), &scope, 0, NULL, snapshot_cb,
                        gots[i], NULL);
      run (fixture);
    }
  g_assert_true (first.body == shared.body);
  g_assert_false (first.body == second.body);
  for (unsigned i = 0; i < 3; i++)
    g_bytes_unref (gots[i]->body);
  ls_environment_stop (environment);
  ls_snapshots_free (snapshots);
}

#define ADD(name, up) \
  g_test_add ("/nodes/" #name, Fixture, NULL, up, test_##name, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD (publish, set_up);
  ADD (months, set_up_deaf);
  ADD (poll, set_up_deaf);
  ADD (ahead, set_up_deaf);
  ADD (repeated, set_up);
  ADD (conflict, set_up_deaf);
  ADD (busy, set_up);
  ADD (unknown, set_up);
  ADD (unknown_pruned, set_up);
  ADD (histories, set_up_deaf);
  ADD (anew, set_up);
  ADD (scrub, set_up_deaf);
  ADD (snapshot, set_up);
  return g_test_run ();
}
