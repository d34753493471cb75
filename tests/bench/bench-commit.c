/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Durable mutations a second: many clients' edits through the committer, against bare SQLite with
 * the same settings that writes for each edit a row, a line of a log and a result, 32 in a
 * transaction. Both take turns in one run, so that a noisy machine is noisy for both. One JSON line
 * a figure. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "core/ls-change.h"
#include "ls-test-dir.h"
#include "server/ls-committer.h"
#include "server/ls-storage-sqlite.h"
#include "sql/ls-sql.h"

#define N_PRODUCTS 1000
#define N_CLIENTS 64
#define N_ROUNDS 7
#define N_EDITS 6400 /* a round */
#define WINDOW 8     /* edits of one client that are on their way */
#define BARE_GROUP 32

typedef enum {
  EDIT_STOCK,
  EDIT_ORDER,
} Kind;

typedef struct {
  LsEnvironment *environment;
  LsStorage *storage;
  LsCommitter *committer;
  LsSql *bare;
  GMutex lock;
  GCond changed;
  unsigned on_their_way;
  unsigned n_groups;
  int64_t n[N_CLIENTS];
  int64_t bare_version;
} Bench;

static void
check (const GError *error)
{
  if (error != NULL)
    g_error ("%s", error->message);
}

static void
heard_cb (const LsCommitGroup *group,
          gpointer             user_data)
{
  ((Bench *) user_data)->n_groups++;
}

static void
decided_cb (LsMutation       *mutation,
            const LsDecision *decision,
            const GError     *error,
            int64_t           expected_n,
            gpointer          user_data)
{
  Bench *bench = user_data;

  check (error);
  if (decision->status != LS_RESULT_APPLIED)
    g_error ("%s: %s", decision->path, decision->message);
  g_mutex_lock (&bench->lock);
  bench->on_their_way--;
  g_cond_signal (&bench->changed);
  g_mutex_unlock (&bench->lock);
}

static void
set_text (LsChange   *change,
          const char *field,
          const char *text)
{
  ls_change_take_set (change, (unsigned) ls_collection_field (change->collection, field),
                      ls_value_text (text));
}

static void
set_integer (LsChange   *change,
             const char *field,
             int64_t     integer)
{
  ls_change_take_set (change, (unsigned) ls_collection_field (change->collection, field),
                      ls_value_integer (integer));
}

static LsChange *
put (LsMutation    *mutation,
     LsCollectionId id,
     const char    *key)
{
  LsChange *change = ls_change_new (LS_CHANGE_PUT, ls_schema_collection (id), key);

  g_ptr_array_add (mutation->changes, change);
  return change;
}

static LsMutation *
new_mutation (Bench   *bench,
              unsigned client)
{
  LsMutation *mutation = ls_mutation_new ("s");

  mutation->client = g_strdup_printf ("client-%u", client);
  mutation->actor = g_strdup ("alma");
  mutation->role = LS_ROLE_OWNER;
  mutation->n = ++bench->n[client];
  mutation->mid = g_strdup_printf ("0190a3f0-%04x-7000-8000-%012" G_GINT64_MODIFIER "x", client,
                                   (uint64_t) mutation->n);
  mutation->changes = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
  return mutation;
}

static LsMutation *
make_stock (Bench   *bench,
            unsigned client,
            int      i)
{
  LsMutation *mutation = new_mutation (bench, client);
  g_autofree char *key = g_strdup_printf ("product-%d", i % N_PRODUCTS);
  LsChange *change = ls_change_new (LS_CHANGE_ADD, ls_schema_collection (LS_PRODUCTS), key);

  set_integer (change, "stock", 1);
  g_ptr_array_add (mutation->changes, change);
  return mutation;
}

static LsMutation *
make_order (Bench   *bench,
            unsigned client,
            int      i)
{
  LsMutation *mutation = new_mutation (bench, client);
  g_autofree char *order =
      g_strdup_printf ("0190a3f1-%04x-7%03x", client, (unsigned) bench->n[client]);
  g_autofree char *customer = g_strdup_printf ("customer-%d", i % N_PRODUCTS);
  LsChange *change = put (mutation, LS_ORDERS, order);

  set_text (change, "number", order);
  set_text (change, "customer", customer);
  set_text (change, "status", "paid");
  set_text (change, "currency", "EUR");
  set_integer (change, "placed_at", INT64_C (1767225600000000) + i * INT64_C (1000000));
  set_integer (change, "shipping", 500);
  for (int item = 0; item < 2; item++)
    {
      g_autofree char *key = g_strdup_printf ("%s-%d", order, item);
      g_autofree char *product = g_strdup_printf ("product-%d", (i + item * 7) % N_PRODUCTS);

      change = put (mutation, LS_ORDER_ITEMS, key);
      set_text (change, "order", order);
      set_text (change, "product", product);
      set_text (change, "name", "A beat of some kind");
      set_integer (change, "quantity", 1 + item);
      set_integer (change, "unit_price", 1999);
    }
  return mutation;
}

/* µs for N_EDITS. */
static int64_t
run_committer (Bench *bench,
               Kind   kind)
{
  int64_t begin = g_get_monotonic_time ();

  for (int i = 0; i < N_EDITS; i++)
    {
      unsigned client = (unsigned) i % N_CLIENTS;
      g_autoptr (LsMutation) mutation =
          kind == EDIT_STOCK ? make_stock (bench, client, i) : make_order (bench, client, i);
      g_autoptr (GError) error = NULL;

      g_mutex_lock (&bench->lock);
      while (bench->on_their_way >= N_CLIENTS * WINDOW)
        g_cond_wait (&bench->changed, &bench->lock);
      bench->on_their_way++;
      g_mutex_unlock (&bench->lock);
      ls_committer_submit (bench->committer, mutation, decided_cb, bench, NULL, &error);
      check (error);
    }
  g_mutex_lock (&bench->lock);
  while (bench->on_their_way > 0)
    g_cond_wait (&bench->changed, &bench->lock);
  g_mutex_unlock (&bench->lock);
  return g_get_monotonic_time () - begin;
}

static void
bare_edit (Bench *bench,
           int    i)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *key = g_strdup_printf ("product-%d", i % N_PRODUCTS);
  int64_t version = ++bench->bare_version;
  g_autofree char *mid = g_strdup_printf ("0190a3f0-0000-7000-8000-%012" G_GINT64_MODIFIER "x",
                                          (uint64_t) version);
  static const char log[300] = "[{\"c\":\"products\",\"k\":\"product-1\",\"op\":\"set\"}]";

  if (!ls_sql_run (bench->bare, &error, "UPDATE product SET stock = stock + 1 WHERE key = ?", "t",
                   key) ||
      !ls_sql_run (bench->bare, &error, "INSERT INTO log (version, mid, changes) VALUES (?, ?, ?)",
                   "itb", version, mid, log, sizeof log) ||
      !ls_sql_run (bench->bare, &error, "INSERT INTO result (mid, client, n) VALUES (?, ?, ?)",
                   "tti", mid, "client", version))
    check (error);
}

static int64_t
run_bare (Bench *bench)
{
  int64_t begin = g_get_monotonic_time ();
  g_autoptr (GError) error = NULL;

  for (int i = 0; i < N_EDITS; i += BARE_GROUP)
    {
      LsSqlTransaction *transaction = ls_sql_begin (bench->bare, LS_SQL_BEGIN_IMMEDIATE, &error);

      check (error);
      for (int k = 0; k < BARE_GROUP; k++)
        bare_edit (bench, i + k);
      ls_sql_commit (transaction, &error);
      check (error);
    }
  return g_get_monotonic_time () - begin;
}

static void
open_bare (Bench      *bench,
           const char *path)
{
  LsSqlOptions options = { .flags = LS_SQL_OPTION_NO_AUTOCHECKPOINT, .cache_kib = 65536 };
  g_autoptr (GError) error = NULL;
  LsSqlTransaction *transaction;

  bench->bare = ls_sql_open (path, LS_SQL_READ_WRITE, &options, &error);
  check (error);
  ls_sql_exec (
      bench->bare,
      "CREATE TABLE product (key TEXT PRIMARY KEY, name TEXT, stock INTEGER) WITHOUT ROWID;"
      "CREATE TABLE log (version INTEGER PRIMARY KEY, mid TEXT, changes BLOB);"
      "CREATE TABLE result (mid TEXT PRIMARY KEY, client TEXT, n INTEGER) WITHOUT ROWID;",
      &error);
  check (error);
  transaction = ls_sql_begin (bench->bare, LS_SQL_BEGIN_IMMEDIATE, &error);
  for (int i = 0; i < N_PRODUCTS; i++)
    {
      g_autofree char *key = g_strdup_printf ("product-%d", i);

      ls_sql_run (bench->bare, &error, "INSERT INTO product VALUES (?, 'A beat of some kind', 1)",
                  "t", key);
      check (error);
    }
  ls_sql_commit (transaction, &error);
  check (error);
}

static void
open_committer (Bench      *bench,
                const char *path)
{
  const LsCollection *shops = ls_schema_collection (LS_SHOPS);
  g_autoptr (LsRecord) row = ls_record_new (shops, "s");
  g_autoptr (GError) error = NULL;

  bench->environment = ls_system_environment_new ();
  bench->storage = ls_storage_sqlite_new (bench->environment, path, &error);
  check (error);
  ls_record_set_text (row, (unsigned) ls_collection_field (shops, "name"), "The shop");
  ls_record_set_text (row, (unsigned) ls_collection_field (shops, "currency"), "EUR");
  ls_record_set_text (row, (unsigned) ls_collection_field (shops, "time_zone"), "Europe/Paris");
  ls_record_set_integer (row, (unsigned) ls_collection_field (shops, "sample"), 0);
  ls_storage_create_shop (bench->storage, row, &error);
  check (error);
  bench->committer = ls_committer_new (bench->environment, bench->storage);
  ls_committer_set_listener (bench->committer, heard_cb, bench);
}

/* Goods and customers, 100 in an edit. */
static void
fill (Bench *bench)
{
  for (int i = 0; i < N_PRODUCTS; i += 100)
    {
      g_autoptr (LsMutation) mutation = new_mutation (bench, 0);
      g_autoptr (GError) error = NULL;

      for (int k = i; k < i + 100; k++)
        {
          g_autofree char *product = g_strdup_printf ("product-%d", k);
          g_autofree char *customer = g_strdup_printf ("customer-%d", k);
          LsChange *change = put (mutation, LS_PRODUCTS, product);

          set_text (change, "name", "A beat of some kind");
          set_text (change, "status", "active");
          set_integer (change, "stock", 1);
          set_text (put (mutation, LS_CUSTOMERS, customer), "name", "A customer of some name");
        }
      g_mutex_lock (&bench->lock);
      bench->on_their_way++;
      g_mutex_unlock (&bench->lock);
      ls_committer_submit (bench->committer, mutation, decided_cb, bench, NULL, &error);
      check (error);
    }
  g_mutex_lock (&bench->lock);
  while (bench->on_their_way > 0)
    g_cond_wait (&bench->changed, &bench->lock);
  g_mutex_unlock (&bench->lock);
}

/* What the process has used, in µs. */
static int64_t
cpu_time (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return (int64_t) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * G_USEC_PER_SEC +
         usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

typedef struct {
  int64_t wall[N_ROUNDS];
  int64_t cpu[N_ROUNDS];
} Times;

static int
compare_times (gconstpointer a,
               gconstpointer b)
{
  int64_t x = *(const int64_t *) a;
  int64_t y = *(const int64_t *) b;

  return (x > y) - (x < y);
}

/* The median round's µs for one edit. */
static double
median (int64_t *times)
{
  qsort (times, N_ROUNDS, sizeof *times, compare_times);
  return (double) times[N_ROUNDS / 2] / N_EDITS;
}

static void
measure (Bench      *bench,
         const char *name,
         Kind        kind)
{
  Times ours, bare;
  unsigned before = bench->n_groups;
  double wall, bare_wall, cpu, bare_cpu;

  for (int round = 0; round < N_ROUNDS; round++)
    {
      int64_t begin = cpu_time ();
      int64_t middle;

      bare.wall[round] = run_bare (bench);
      middle = cpu_time ();
      bare.cpu[round] = middle - begin;
      ours.wall[round] = run_committer (bench, kind);
      ours.cpu[round] = cpu_time () - middle;
    }
  wall = median (ours.wall);
  bare_wall = median (bare.wall);
  cpu = median (ours.cpu);
  bare_cpu = median (bare.cpu);
  printf (
      "{\"bench\":\"commit\",\"edit\":\"%s\",\"rounds\":%d,\"edits\":%d,\"mutations_per_s\":%.0f,"
      "\"bare_sqlite_per_s\":%.0f,\"ratio\":%.3f,\"cpu_us\":%.1f,\"bare_cpu_us\":%.1f,"
      "\"cpu_ratio\":%.3f,\"group\":%.1f}\n",
      name, N_ROUNDS, N_EDITS, 1e6 / wall, 1e6 / bare_wall, bare_wall / wall, cpu, bare_cpu,
      bare_cpu / cpu, (double) N_ROUNDS * N_EDITS / (bench->n_groups - before));
  fflush (stdout);
}

int
main (int   argc,
      char *argv[])
{
  g_autoptr (LsTestDir) dir = ls_test_dir_new ();
  g_autofree char *path = ls_test_dir_file (dir, LS_STORAGE_FILE);
  g_autofree char *bare_path = ls_test_dir_file (dir, "bare.db");
  Bench bench = { NULL };

  open_bare (&bench, bare_path);
  open_committer (&bench, path);
  fill (&bench);
  if (argc == 1 || g_str_equal (argv[1], "stock"))
    measure (&bench, "stock + 1", EDIT_STOCK);
  if (argc == 1 || g_str_equal (argv[1], "order"))
    measure (&bench, "order of two items", EDIT_ORDER);
  ls_environment_stop (bench.environment);
  g_object_unref (bench.committer);
  g_object_unref (bench.storage);
  g_object_unref (bench.environment);
  ls_sql_unref (bench.bare);
  return 0;
}
