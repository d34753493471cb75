/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The real environment: submitters, readers and nodes on threads of their own. */
#include "config.h"

#include "ls-test-dir.h"

#include "core/ls-error.h"
#include "server/ls-committer.h"
#include "server/ls-derive-check.h"
#include "server/ls-storage-memory.h"
#include "server/ls-storage-sqlite.h"

#define N_CLIENTS 4
#define N_EDITS 250
#define N_READERS 2
#define MAX_NODES 2
/* The founding version comes before those of the clients. */
#define LAST_VERSION (1 + N_CLIENTS * N_EDITS)

typedef struct _Fixture Fixture;

/* A committer with threads of its own. */
typedef struct {
  Fixture *fixture;
  LsEnvironment *environment;
  LsCommitter *committer;
  int64_t last_heard; /* under the fixture's lock */
} Node;

struct _Fixture {
  LsTestDir *dir;
  LsStorage *storage;
  Node nodes[MAX_NODES];
  unsigned n_nodes;
  GMutex lock;
  GCond changed;
  unsigned n_decided;
  unsigned n_drained;
  int stop;
};

typedef struct {
  Fixture *fixture;
  unsigned number;
} Client;

static LsRecord *
shop_row (void)
{
  const LsCollection *shops = ls_schema_collection (LS_SHOPS);
  LsRecord *row = ls_record_new (shops, "s");

  ls_record_set_text (row, (unsigned) ls_collection_field (shops, "name"), "The shop");
  ls_record_set_text (row, (unsigned) ls_collection_field (shops, "currency"), "EUR");
  ls_record_set_text (row, (unsigned) ls_collection_field (shops, "time_zone"), "UTC");
  ls_record_set_integer (row, (unsigned) ls_collection_field (shops, "sample"), 0);
  return row;
}

/* On the committer's thread, alone: versions come gap-free, whoever committed them. */
static void
heard_cb (const LsCommitGroup *group,
          gpointer             user_data)
{
  Node *node = user_data;
  Fixture *fixture = node->fixture;

  g_mutex_lock (&fixture->lock);
  g_assert_false (group->anew);
  g_assert_cmpint (group->from, ==, node->last_heard);
  for (unsigned i = 0; i < group->versions->len; i++)
    {
      const LsVersion *version = g_ptr_array_index (group->versions, i);

      g_assert_cmpint (version->version, ==, node->last_heard + 1);
      node->last_heard = version->version;
    }
  g_assert_cmpint (group->position.version, ==, node->last_heard);
  g_cond_broadcast (&fixture->changed);
  g_mutex_unlock (&fixture->lock);
}

static void
add_node (Fixture       *fixture,
          LsEnvironment *environment)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LsShop) shop = ls_storage_get_shop (fixture->storage, "s", &error);
  Node *node = &fixture->nodes[fixture->n_nodes++];

  g_assert_no_error (error);
  node->fixture = fixture;
  node->environment = environment;
  node->committer = ls_committer_new (environment, fixture->storage);
  node->last_heard = shop->position.version;
  ls_committer_set_listener (node->committer, heard_cb, node);
  ls_committer_follow (node->committer, "s", &shop->position);
}

static void
begin (Fixture *fixture)
{
  g_autoptr (LsRecord) row = shop_row ();
  g_autoptr (GError) error = NULL;

  ls_storage_create_shop (fixture->storage, row, &error);
  g_assert_no_error (error);
  g_mutex_init (&fixture->lock);
  g_cond_init (&fixture->changed);
}

static void
set_up (Fixture       *fixture,
        gconstpointer  user_data)
{
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;
  LsEnvironment *environment = ls_system_environment_new ();

  fixture->dir = ls_test_dir_new ();
  path = ls_test_dir_file (fixture->dir, LS_STORAGE_FILE);
  fixture->storage = ls_storage_sqlite_new (environment, path, &error);
  g_assert_no_error (error);
  begin (fixture);
  add_node (fixture, environment);
}

static void
set_up_nodes (Fixture       *fixture,
              gconstpointer  user_data)
{
  g_autoptr (GError) error = NULL;
  LsEnvironment *environment = ls_system_environment_new ();

  fixture->storage = ls_storage_memory_new (environment, &error);
  g_assert_no_error (error);
  begin (fixture);
  add_node (fixture, environment);
  add_node (fixture, ls_system_environment_new ());
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  user_data)
{
  for (unsigned i = 0; i < fixture->n_nodes; i++)
    ls_environment_stop (fixture->nodes[i].environment);
  for (unsigned i = 0; i < fixture->n_nodes; i++)
    g_assert_finalize_object (fixture->nodes[i].committer);
  g_assert_finalize_object (fixture->storage);
  for (unsigned i = 0; i < fixture->n_nodes; i++)
    g_assert_finalize_object (fixture->nodes[i].environment);
  g_mutex_clear (&fixture->lock);
  g_cond_clear (&fixture->changed);
  if (fixture->dir != NULL)
    ls_test_dir_free (fixture->dir);
}

static void
decided_cb (LsMutation       *mutation,
            const LsDecision *decision,
            const GError     *error,
            int64_t           expected_n,
            gpointer          user_data)
{
  Fixture *fixture = user_data;

  g_assert_no_error (error);
  g_assert_cmpint (decision->status, ==, LS_RESULT_APPLIED);
  g_mutex_lock (&fixture->lock);
  fixture->n_decided++;
  g_cond_broadcast (&fixture->changed);
  g_mutex_unlock (&fixture->lock);
}

static LsMutation *
make_mutation (unsigned client,
               int64_t  n)
{
  LsMutation *mutation = ls_mutation_new ("s");
  g_autofree char *key = g_strdup_printf ("p%u", client);
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);
  LsChange *change = ls_change_new (n == 1 ? LS_CHANGE_PUT : LS_CHANGE_ADD, products, key);

  mutation->client = g_strdup_printf ("c%u", client);
  mutation->actor = g_strdup ("alma");
  mutation->role = LS_ROLE_OWNER;
  mutation->n = n;
  mutation->mid = g_strdup_printf ("m%u-%" G_GINT64_FORMAT, client, n);
  mutation->changes = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
  if (n == 1)
    {
      ls_change_take_set (change, (unsigned) ls_collection_field (products, "name"),
                          ls_value_text ("P"));
      ls_change_take_set (change, (unsigned) ls_collection_field (products, "status"),
                          ls_value_text ("active"));
    }
  ls_change_take_set (change, (unsigned) ls_collection_field (products, "stock"),
                      ls_value_integer (n == 1 ? 0 : 1));
  g_ptr_array_add (mutation->changes, change);
  return mutation;
}

static gpointer
client_thread (gpointer data)
{
  Client *client = data;
  Fixture *fixture = client->fixture;
  LsCommitter *committer = fixture->nodes[client->number % fixture->n_nodes].committer;

  for (int64_t n = 1; n <= N_EDITS; n++)
    {
      g_autoptr (LsMutation) mutation = make_mutation (client->number, n);
      g_autoptr (GError) error = NULL;

      ls_committer_submit (committer, mutation, decided_cb, fixture, NULL, &error);
      g_assert_no_error (error);
    }
  return NULL;
}

static gpointer
reader_thread (gpointer data)
{
  Fixture *fixture = data;
  int64_t position = 1;

  while (!g_atomic_int_get (&fixture->stop))
    {
      LsPosition at;
      LsDigestSum sums[LS_N_COLLECTIONS];
      LsScope scope;
      g_autoptr (GError) error = NULL;
      g_autoptr (GPtrArray) versions =
          ls_storage_read_log (fixture->storage, "s", position, INT64_MAX, 10000, &error);

      g_assert_no_error (error);
      for (unsigned i = 0; i < versions->len; i++)
        g_assert_cmpint (((LsVersion *) versions->pdata[i])->version, ==, ++position);
      ls_scope_init (&scope);
      ls_committer_get_digest (fixture->nodes[0].committer, "s", ls_view_full (), &scope, &at, sums);
    }
  return NULL;
}

static void
drained_cb (gpointer user_data)
{
  Fixture *fixture = user_data;

  g_mutex_lock (&fixture->lock);
  fixture->n_drained++;
  g_cond_broadcast (&fixture->changed);
  g_mutex_unlock (&fixture->lock);
}

static bool
have_all_heard (Fixture *fixture)
{
  for (unsigned i = 0; i < fixture->n_nodes; i++)
    if (fixture->nodes[i].last_heard < LAST_VERSION)
      return false;
  return true;
}

static void
wait_for_all (Fixture *fixture)
{
  g_mutex_lock (&fixture->lock);
  while (fixture->n_decided < N_CLIENTS * N_EDITS || !have_all_heard (fixture))
    g_cond_wait (&fixture->changed, &fixture->lock);
  g_mutex_unlock (&fixture->lock);
  for (unsigned i = 0; i < fixture->n_nodes; i++)
    ls_committer_drain (fixture->nodes[i].committer, drained_cb, fixture);
  g_mutex_lock (&fixture->lock);
  while (fixture->n_drained < fixture->n_nodes)
    g_cond_wait (&fixture->changed, &fixture->lock);
  g_mutex_unlock (&fixture->lock);
}

/* The digests of each node, however it came by the rows. */
static void
check_digests (Fixture *fixture)
{
  LsDigestSum sums[MAX_NODES][LS_N_COLLECTIONS];
  LsScope scope;

  ls_scope_init (&scope);
  for (unsigned i = 0; i < fixture->n_nodes; i++)
    {
      LsPosition at;

      g_assert_true (ls_committer_get_digest (fixture->nodes[i].committer, "s", ls_view_full (),
                                              &scope, &at, sums[i]));
      g_assert_cmpint (at.version, ==, LAST_VERSION);
      for (unsigned id = 0; id < LS_N_COLLECTIONS; id++)
        {
          g_assert_cmpuint (sums[i][id].hash, ==, sums[0][id].hash);
          g_assert_cmpuint (sums[i][id].count, ==, sums[0][id].count);
        }
    }
  g_assert_cmpuint (sums[0][LS_PRODUCTS].count, ==, N_CLIENTS);
}

static void
test_threads (Fixture      *fixture,
              gconstpointer user_data)
{
  Client clients[N_CLIENTS];
  GThread *threads[N_CLIENTS + N_READERS];
  g_autoptr (LsDeriveReport) report = NULL;
  g_autoptr (GError) error = NULL;

  for (unsigned i = 0; i < N_CLIENTS; i++)
    {
      clients[i] = (Client) { fixture, i };
      threads[i] = g_thread_new ("client", client_thread, &clients[i]);
    }
  for (unsigned i = 0; i < N_READERS; i++)
    threads[N_CLIENTS + i] = g_thread_new ("reader", reader_thread, fixture);
  wait_for_all (fixture);
  g_atomic_int_set (&fixture->stop, 1);
  for (unsigned i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  check_digests (fixture);
  report = ls_derive_check (fixture->storage, "s", &error);
  g_assert_no_error (error);
  g_assert_cmpint (report->n_findings, ==, 0);
  g_assert_cmpint (report->position.version, ==, LAST_VERSION);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add ("/committer-threads/submitters-and-readers", Fixture, NULL, set_up, test_threads,
              tear_down);

  g_test_add ("/committer-threads/nodes", Fixture, NULL, set_up_nodes, test_threads, tear_down);

  return g_test_run ();
}
