/* SPDX-License-Identifier: GPL-3.0-or-later */

#include <string.h>

#include "core/ls-digest.h"
#include "core/ls-snapshot.h"
#include "ls-test-dir.h"
#include "ls-test-peer.h"
#include "ls-test-server.h"

/* Two ways to the same rows: all deltas from the first version on, or a snapshot and the deltas
 * after it. Rows and digests are equal, for each role, also while others edit. */

#define SHOP "music"
#define N_EDITS 300

/* A replica: rows by collection and key. */
typedef struct {
  LsTestServer *server;
  LsTestPeer *peer;
  char *token;
  char *client;
  const LsView *view;
  LsPosition position;
  LsEditCount before; /* as the last snapshot told it */
  GHashTable *rows;
  LsMessage *digest; /* the last one at @position */
} Replica;

static char *
row_key (const LsCollection *collection,
         const char         *key)
{
  return g_strdup_printf ("%02u %s", (unsigned) collection->id, key);
}

static Replica *
replica_new (LsTestServer *server,
             const char   *token,
             LsRole        role)
{
  Replica *replica = g_new0 (Replica, 1);
  g_autoptr (LsMessage) welcome = NULL;

  replica->server = server;
  replica->token = g_strdup (token);
  replica->view = ls_view_get (role, LS_SCHEMA_VERSION);
  replica->peer = ls_test_peer_connect (ls_test_server_get_port (server), token);
  replica->rows =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) ls_record_unref);
  welcome = ls_test_peer_hello (replica->peer, NULL, NULL, 0);
  g_assert_cmpint (welcome->type, ==, LS_MESSAGE_WELCOME);
  replica->client = g_strdup (welcome->welcome.client);
  replica->position = g_array_index (welcome->welcome.shops, LsShopInfo, 0).position;
  return replica;
}

static void
replica_free (Replica *replica)
{
  ls_test_peer_free (replica->peer);
  g_hash_table_unref (replica->rows);
  g_clear_pointer (&replica->digest, ls_message_unref);
  g_free (replica->token);
  g_free (replica->client);
  g_free (replica);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Replica, replica_free)

static void
replica_put (Replica  *replica,
             LsRecord *record)
{
  g_hash_table_replace (replica->rows,
                        row_key (ls_record_get_collection (record), ls_record_get_key (record)),
                        record);
}

static void
replica_subscribe (Replica *replica)
{
  ls_test_peer_subscribe (replica->peer, SHOP, &replica->position, replica->view);
}

static void
apply (Replica        *replica,
       const LsChange *change)
{
  g_autofree char *key = row_key (change->collection, change->key);
  LsRecord *before = g_hash_table_lookup (replica->rows, key);
  g_autoptr (GError) error = NULL;
  LsRecord *after;

  if (change->op == LS_CHANGE_DEL)
    {
      g_hash_table_remove (replica->rows, key);
      return;
    }
  after = ls_change_apply (change, before, LS_APPLY_EXACT, &error);
  g_assert_no_error (error);
  replica_put (replica, after);
}

/* Applies what comes, as a client does, until there is a digest at @version. */
static void
replica_follow (Replica *replica,
                int64_t  version)
{
  while (replica->digest == NULL || replica->digest->digest.version < version)
    {
      g_autoptr (LsMessage) message = ls_test_peer_receive (replica->peer);

      g_assert_nonnull (message);
      if (message->type == LS_MESSAGE_DELTA)
        {
          g_assert_cmpint (message->delta.from, ==, replica->position.version);
          for (unsigned i = 0; i < message->delta.items->len; i++)
            apply (replica, g_array_index (message->delta.items, LsDeltaItem, i).change);
          replica->position.version = message->delta.to;
          replica->position.check = message->delta.check;
        }
      else if (message->type == LS_MESSAGE_DIGEST)
        {
          g_assert_cmpint (message->digest.version, ==, replica->position.version);
          g_assert_cmpuint (message->digest.check, ==, replica->position.check);
          g_clear_pointer (&replica->digest, ls_message_unref);
          replica->digest = g_steal_pointer (&message);
        }
      else
        g_assert_true (message->type == LS_MESSAGE_PING || message->type == LS_MESSAGE_RESULT);
    }
}

/* The server's digest is that of the replica's rows. */
static void
assert_digest (Replica *replica)
{
  LsDigestSum sums[LS_N_COLLECTIONS] = { { 0, 0 } };
  GHashTableIter iter;
  gpointer record;

  g_hash_table_iter_init (&iter, replica->rows);
  while (g_hash_table_iter_next (&iter, NULL, &record))
    {
      const LsCollection *collection = ls_record_get_collection (record);

      sums[collection->id].count++;
      sums[collection->id].hash ^=
          ls_digest_record (record, ls_view_get_fields (replica->view, collection));
    }
  g_assert_cmpuint (replica->digest->digest.view, ==, ls_view_get_total_hash (replica->view));
  for (unsigned i = 0; i < replica->digest->digest.items->len; i++)
    {
      const LsDigestItem *item = &g_array_index (replica->digest->digest.items, LsDigestItem, i);

      g_assert_cmpint (item->count, ==, sums[item->collection->id].count);
      g_assert_cmpuint (item->hash, ==, sums[item->collection->id].hash);
    }
}

static void
assert_equal (Replica *a,
              Replica *b)
{
  GHashTableIter iter;
  gpointer key, record;

  g_assert_true (ls_position_equal (&a->position, &b->position));
  g_assert_cmpuint (g_hash_table_size (a->rows), ==, g_hash_table_size (b->rows));
  g_hash_table_iter_init (&iter, a->rows);
  while (g_hash_table_iter_next (&iter, &key, &record))
    {
      LsRecord *other = g_hash_table_lookup (b->rows, key);

      g_assert_nonnull (other);
      g_assert_true (ls_record_equal (record, other));
    }
}

/* Fetches all rows anew, and tells how far the client's edits are contained. */
static int64_t
replica_fetch (Replica    *replica,
               const char *query)
{
  g_autofree char *path = g_strconcat ("/v1/shops/" SHOP "/snapshot", query, NULL);
  g_autofree char *head = NULL;
  g_autoptr (GBytes) body = ls_test_peer_fetch (ls_test_server_get_port (replica->server),
                                                replica->token, path, replica->client, &head);
  g_autoptr (LsSnapshotReader) reader = ls_snapshot_reader_new (SHOP);
  g_autoptr (GPtrArray) records = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *line = NULL;
  const char *before;
  const char *done;
  size_t length;
  const char *text = g_bytes_get_data (body, &length);

  g_assert_true (ls_snapshot_reader_feed (reader, text, length, &error));
  g_assert_true (ls_snapshot_reader_end (reader, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (ls_snapshot_reader_get_view (reader), ==,
                    ls_view_get_total_hash (replica->view));
  replica->position = *ls_snapshot_reader_get_position (reader);
  records = ls_snapshot_reader_take_records (reader);
  g_hash_table_remove_all (replica->rows);
  for (unsigned i = 0; i < records->len; i++)
    replica_put (replica, ls_record_ref (g_ptr_array_index (records, i)));
  before = strstr (head, LS_SNAPSHOT_BEFORE_HEADER ": ");
  line = before != NULL ? g_strndup (before, strcspn (before, "\r\n")) : NULL;
  g_assert_cmpint (ls_edit_count_from_text (
                       line != NULL ? line + strlen (LS_SNAPSHOT_BEFORE_HEADER ": ") : NULL,
                       &replica->before),
                   ==, before != NULL);
  done = strstr (head, LS_SNAPSHOT_DONE_HEADER ": ");
  g_assert_nonnull (done);
  return g_ascii_strtoll (done + strlen (LS_SNAPSHOT_DONE_HEADER ": "), NULL, 10);
}

/* What the editor made of each of some rows: 0 for nothing. */
#define N_ROWS 60

/* An edit of a random row: products are made and sold, customers come, move and go. */
static char *
random_changes (GRand *rand,
                int   *made)
{
  int row = g_rand_int_range (rand, 0, N_ROWS);
  int number = g_rand_int_range (rand, 1, 100000);
  int before = made[row];

  made[row] = number;
  if (row % 2 == 0 && before == 0)
    return g_strdup_printf ("[{\"c\":\"products\",\"k\":\"p-%d\",\"op\":\"put\",\"set\":{\"name\":"
                            "\"Pack %d\",\"status\":\"active\",\"price\":%d,\"stock\":9}}]",
                            row, number, number);
  if (row % 2 == 0)
    return g_strdup_printf ("[{\"c\":\"products\",\"k\":\"p-%d\",\"op\":\"add\",\"set\":"
                            "{\"stock\":%d}}]",
                            row, number % 7 + 1);
  if (before == 0)
    return g_strdup_printf ("[{\"c\":\"customers\",\"k\":\"c-%d\",\"op\":\"put\",\"set\":{\"name\":"
                            "\"Ada\",\"email\":\"ada-%d@example.org\",\"city\":\"Graz\"}}]",
                            row, number);
  if (number % 4 > 0)
    return g_strdup_printf (
        "[{\"c\":\"customers\",\"k\":\"c-%d\",\"op\":\"set\",\"set\":{\"email\":"
        "\"ada-%d@example.org\"},\"was\":{\"email\":\"ada-%d@example.org\"}}]",
        row, number, before);
  made[row] = 0;
  return g_strdup_printf (
      "[{\"c\":\"customers\",\"k\":\"c-%d\",\"op\":\"del\",\"was\":{\"name\":\"Ada\","
      "\"email\":\"ada-%d@example.org\",\"city\":\"Graz\"}}]",
      row, before);
}

static void
edit (Replica *editor,
      int64_t *n,
      int      count,
      GRand   *rand,
      int     *made)
{
  for (int i = 0; i < count; i++)
    {
      g_autofree char *mid = g_strdup_printf ("m-%d", (int) ++*n);
      g_autofree char *changes = random_changes (rand, made);
      g_autoptr (LsMessage) message = NULL;

      ls_test_peer_mutate (editor->peer, SHOP, *n, mid, changes);
      message = ls_test_peer_expect (editor->peer, LS_MESSAGE_RESULT);
      g_assert_cmpint (message->result.status, ==, LS_RESULT_APPLIED);
      editor->position.version = message->result.version;
    }
}

static void
test_equal (void)
{
  const char *const options[] = { "--digest-interval=100ms", "--edit-rate=0", NULL };
  g_autoptr (LsTestServer) server = ls_test_server_new (options);
  const char *admin = ls_test_server_get_token (server);
  g_autofree char *maya = ls_test_server_add_user (server, "maya", "staff");
  g_autoptr (Replica) editor = replica_new (server, admin, LS_ROLE_OWNER);
  g_autoptr (Replica) owner = replica_new (server, admin, LS_ROLE_OWNER);
  g_autoptr (Replica) staff = replica_new (server, maya, LS_ROLE_STAFF);
  g_autoptr (Replica) late_owner = replica_new (server, admin, LS_ROLE_OWNER);
  g_autoptr (Replica) late_staff = replica_new (server, maya, LS_ROLE_STAFF);
  g_autoptr (GRand) rand = g_rand_new_with_seed ((uint32_t) g_test_rand_int ());
  int made[N_ROWS] = { 0 };
  int64_t n = 0;
  int64_t done;

  /* The shop's own row is version 1, before which a replica that follows knows nothing. */
  replica_fetch (owner, "");
  replica_fetch (staff, "");
  replica_subscribe (owner);
  replica_subscribe (staff);
  edit (editor, &n, N_EDITS / 2, rand, made);

  /* In the middle; what comes after it is in the deltas. */
  done = replica_fetch (editor, "?version=0");
  g_assert_cmpint (done, <=, n);
  replica_fetch (late_owner, "");
  replica_fetch (late_staff, "");
  edit (editor, &n, N_EDITS / 2, rand, made);
  replica_subscribe (late_owner);
  replica_subscribe (late_staff);

  replica_follow (owner, editor->position.version);
  replica_follow (staff, editor->position.version);
  replica_follow (late_owner, editor->position.version);
  replica_follow (late_staff, editor->position.version);
  assert_digest (owner);
  assert_digest (staff);
  assert_equal (owner, late_owner);
  assert_equal (staff, late_staff);
  g_assert_cmpuint (g_hash_table_size (owner->rows), >=, g_hash_table_size (staff->rows));
}

/* A shared snapshot that is older than the client's last edits says so. */
static void
test_done (void)
{
  g_autoptr (LsTestServer) server = ls_test_server_new (NULL);
  const char *admin = ls_test_server_get_token (server);
  g_autoptr (Replica) editor = replica_new (server, admin, LS_ROLE_OWNER);
  g_autoptr (Replica) other = replica_new (server, admin, LS_ROLE_OWNER);
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  int made[N_ROWS] = { 0 };
  g_autofree char *query = NULL;
  int64_t n = 0;
  int64_t first;

  edit (editor, &n, 10, rand, made);
  first = editor->position.version;
  g_assert_cmpint (replica_fetch (editor, ""), ==, 10);
  g_assert_cmpint (editor->position.version, ==, first);
  edit (editor, &n, 10, rand, made);
  g_assert_cmpint (replica_fetch (editor, ""), ==, 10);
  g_assert_cmpint (editor->position.version, ==, first);
  g_assert_cmpint (replica_fetch (other, ""), ==, 0);

  query = g_strdup_printf ("?version=%d", (int) first + 1);
  g_assert_cmpint (replica_fetch (editor, query), ==, 20);
  g_assert_cmpint (editor->position.version, ==, first + 10);
}

/* After a restore it says how far that was in the epoch before, for nothing is decided in this. */
static void
test_done_before (void)
{
  g_autoptr (LsTestServer) server = ls_test_server_new (NULL);
  const char *admin = ls_test_server_get_token (server);
  g_autoptr (Replica) editor = replica_new (server, admin, LS_ROLE_OWNER);
  g_autoptr (LsTestDir) dir = ls_test_dir_new ();
  g_autofree char *folder = ls_test_dir_file (dir, "backup");
  g_autoptr (GRand) rand = g_rand_new_with_seed (4);
  int made[N_ROWS] = { 0 };
  LsPosition first;
  int64_t n = 0;

  edit (editor, &n, 7, rand, made);
  g_free (ls_test_server_run (server, NULL, "backup", folder, NULL));
  edit (editor, &n, 2, rand, made);
  g_assert_cmpint (replica_fetch (editor, ""), ==, 9);
  g_assert_cmpstr (editor->before.epoch, ==, "");
  first = editor->position;
  ls_test_server_stop (server);
  g_free (ls_test_server_run (server, NULL, "restore", folder, NULL));
  ls_test_server_start (server);
  g_assert_cmpint (replica_fetch (editor, ""), ==, 0);
  g_assert_cmpstr (editor->position.epoch, !=, first.epoch);
  g_assert_cmpstr (editor->before.epoch, ==, first.epoch);
  g_assert_cmpint (editor->before.n, ==, 7);
}

static void
test_collections (void)
{
  g_autoptr (LsTestServer) server = ls_test_server_new (NULL);
  const char *admin = ls_test_server_get_token (server);
  g_autoptr (Replica) editor = replica_new (server, admin, LS_ROLE_OWNER);
  g_autoptr (Replica) some = replica_new (server, admin, LS_ROLE_OWNER);
  g_autoptr (GRand) rand = g_rand_new_with_seed (2);
  int made[N_ROWS] = { 0 };
  GHashTableIter iter;
  gpointer record;
  int64_t n = 0;

  edit (editor, &n, 60, rand, made);
  replica_fetch (some, "?collections=customers");
  g_assert_cmpuint (g_hash_table_size (some->rows), >, 0);
  g_hash_table_iter_init (&iter, some->rows);
  while (g_hash_table_iter_next (&iter, NULL, &record))
    g_assert_cmpint (ls_record_get_collection (record)->id, ==, LS_CUSTOMERS);
}

/* What an operator's tools look at. */
static void
test_numbers (void)
{
  g_autoptr (LsTestServer) server = ls_test_server_new (NULL);
  const char *admin = ls_test_server_get_token (server);
  g_autofree char *maya = ls_test_server_add_user (server, "maya", "staff");
  g_autoptr (Replica) editor = replica_new (server, admin, LS_ROLE_OWNER);
  g_autoptr (GRand) rand = g_rand_new_with_seed (3);
  uint16_t port = ls_test_server_get_port (server);
  g_autofree char *head =
      g_strdup_printf ("GET /metrics HTTP/1.1\nAuthorization: Bearer %s\n", maya);
  g_autofree char *refused = NULL;
  g_autoptr (GBytes) metrics = NULL;
  g_autoptr (GBytes) status = NULL;
  g_autofree char *metrics_text = NULL;
  g_autofree char *status_text = NULL;
  int made[N_ROWS] = { 0 };
  int64_t n = 0;

  edit (editor, &n, 5, rand, made);
  metrics = ls_test_peer_fetch (port, admin, "/metrics", NULL, NULL);
  metrics_text = g_strndup (g_bytes_get_data (metrics, NULL), g_bytes_get_size (metrics));
  g_assert_nonnull (strstr (metrics_text, "\nlockstep_results_total{status=\"applied\"} 5\n"));
  g_assert_nonnull (strstr (metrics_text, "\nlockstep_edit_seconds_count 5\n"));
  g_assert_nonnull (strstr (metrics_text, "\nlockstep_edit_seconds_bucket{le=\"+Inf\"} 5\n"));
  g_assert_nonnull (strstr (metrics_text, "\nlockstep_sessions 1\n"));
  refused = ls_test_peer_request (port, head, NULL);
  g_assert_true (g_str_has_prefix (refused, "HTTP/1.1 403 "));
  status = ls_test_peer_fetch (port, maya, "/v1/status", NULL, NULL);
  status_text = g_strndup (g_bytes_get_data (status, NULL), g_bytes_get_size (status));
  g_assert_nonnull (strstr (status_text, "\"role\":\"staff\""));
  g_assert_nonnull (strstr (status_text, "\"sessions\":1"));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/serve-snapshot/equal", test_equal);
  g_test_add_func ("/serve-snapshot/done", test_done);
  g_test_add_func ("/serve-snapshot/done-before", test_done_before);
  g_test_add_func ("/serve-snapshot/collections", test_collections);
  g_test_add_func ("/serve-snapshot/numbers", test_numbers);
  return g_test_run ();
}
