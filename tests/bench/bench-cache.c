/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bench-cache"

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "client/ls-store.h"
#include "ls-test-dir.h"
#include "ls-test-rows.h"
#include "ls-test-wait.h"
#include "sql/ls-sql.h"

/* What the client's data costs: a first sync, a catch-up, a first page, a sort, a batch of changes.
 * Prints a JSON line each, with the CPU time and, where the same can be done by bare SQLite, the
 * ratio to that in the same run. Arguments: numbers of rows, 100000 and 1000000 when there are none.
 */

#define N_VERSIONS 10000
#define SLICE 1000
#define PAGE 40

typedef struct {
  gint64 wall;
  double cpu;
} Clock;

static double
cpu_ms (void)
{
  struct timespec now;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double) now.tv_sec * 1e3 + (double) now.tv_nsec / 1e6;
}

static Clock
clock_start (void)
{
  return (Clock) { g_get_monotonic_time (), cpu_ms () };
}

static double
wall_since (Clock start)
{
  return (double) (g_get_monotonic_time () - start.wall) / 1e3;
}

static double
cpu_since (Clock start)
{
  return cpu_ms () - start.cpu;
}

/* Memory of the process that is its own, in KiB. */
static long
resident_kib (void)
{
  g_autofree char *text = NULL;
  long pages = 0;

  if (g_file_get_contents ("/proc/self/statm", &text, NULL, NULL))
    sscanf (text, "%*d %ld", &pages);
  return pages * 4;
}

static void
fail_on (GError *error)
{
  if (error == NULL)
    return;
  fprintf (stderr, "bench-cache: %s\n", error->message);
  exit (EXIT_FAILURE);
}

static LsRecord *
order (unsigned number)
{
  static const char *const statuses[] = { "paid", "completed", "pending", "shipped" };
  const LsCollection *orders = ls_schema_collection (LS_ORDERS);
  g_autofree char *key = g_strdup_printf ("source:%u", number);
  g_autofree char *text = g_strdup_printf ("%u", number);
  g_autofree char *name = g_strdup_printf ("Customer %u", number * 7919 % 100003);
  LsRecord *record = ls_record_new (orders, key);
  int64_t day = 19000 + number % 700;

  ls_record_set_text (record, ls_test_field (orders, "number"), text);
  ls_record_set_text (record, ls_test_field (orders, "customer_name"), name);
  ls_record_set_text (record, ls_test_field (orders, "email"), "somebody@example.org");
  ls_record_set_text (record, ls_test_field (orders, "status"), statuses[number % 4]);
  ls_record_set_text (record, ls_test_field (orders, "source"), "shop");
  ls_record_set_text (record, ls_test_field (orders, "currency"), "EUR");
  ls_record_set_text (record, ls_test_field (orders, "country"), "FR");
  ls_record_set_text (record, ls_test_field (orders, "payment_method"), "card");
  ls_record_set_integer (record, ls_test_field (orders, "placed_at"),
                         day * INT64_C (86400000000) + number);
  ls_record_set_integer (record, ls_test_field (orders, "tax"), number % 500);
  ls_record_set_integer (record, ls_test_field (orders, "items_total"), number % 9000);
  ls_record_set_integer (record, ls_test_field (orders, "total"), number * 31 % 20000);
  ls_record_set_integer (record, ls_test_field (orders, "revenue"), number * 31 % 19000);
  ls_record_set_integer (record, ls_test_field (orders, "units"), number % 5);
  ls_record_set_integer (record, ls_test_field (orders, "day"), day);
  return record;
}

static void
bare_insert_row (LsSql          *sql,
                 const char     *text,
                 unsigned        id,
                 const LsRecord *record)
{
  GError *error = NULL;
  g_autoptr (LsStatement) statement = ls_sql_prepare (sql, text, &error);

  fail_on (error);
  ls_statement_bind_int64 (statement, 1, id);
  ls_statement_bind_text_static (statement, 2, ls_record_get_key (record), -1);
  for (unsigned i = 0; i < ls_record_get_collection (record)->n_fields; i++)
    {
      const LsValue *value = ls_record_get (record, i);

      if (value->kind == LS_VALUE_INTEGER)
        ls_statement_bind_int64 (statement, (int) i + 3, value->integer);
      else if (value->kind == LS_VALUE_TEXT)
        ls_statement_bind_text_static (statement, (int) i + 3, value->text, -1);
    }
  ls_statement_run (statement, &error);
  fail_on (error);
}

/* The same rows into one table of bare SQLite, with the same indexes made after. */
static double
bare_insert (const char *path,
             unsigned    n_rows)
{
  const LsCollection *orders = ls_schema_collection (LS_ORDERS);
  LsSqlOptions options = { .sync = LS_SQL_SYNC_NORMAL };
  GError *error = NULL;
  g_autoptr (LsSql) sql = ls_sql_open (path, LS_SQL_READ_WRITE, &options, &error);
  g_autoptr (GString) create = g_string_new ("CREATE TABLE t (id INTEGER PRIMARY KEY, key");
  g_autoptr (GString) insert = g_string_new ("INSERT INTO t VALUES (?,?");
  g_autoptr (LsSqlTransaction) transaction = NULL;
  double total = 0;

  fail_on (error);
  for (unsigned i = 0; i < orders->n_fields; i++)
    {
      g_string_append_printf (create, ",\"%s\"", orders->fields[i].name);
      g_string_append (insert, ",?");
    }
  g_string_append_c (create, ')');
  g_string_append_c (insert, ')');
  ls_sql_exec (sql, create->str, &error);
  fail_on (error);
  for (unsigned i = 0; i < n_rows; i++)
    {
      g_autoptr (LsRecord) record = order (i);
      Clock start = clock_start ();

      if (transaction == NULL)
        transaction = ls_sql_begin (sql, LS_SQL_BEGIN_IMMEDIATE, &error);
      bare_insert_row (sql, insert->str, i, record);
      if (i % SLICE == SLICE - 1)
        ls_sql_commit (g_steal_pointer (&transaction), &error);
      fail_on (error);
      total += cpu_since (start);
    }
  {
    Clock start = clock_start ();

    if (transaction != NULL)
      ls_sql_commit (g_steal_pointer (&transaction), &error);
    ls_sql_exec (sql, "CREATE UNIQUE INDEX t_key ON t (key)", &error);
    for (unsigned i = 0; i < orders->n_fields; i++)
      if (orders->fields[i].flags & LS_FIELD_INDEXED)
        {
          g_autofree char *text = g_strdup_printf ("CREATE INDEX t_%u ON t (\"%s\")", i,
                                                   orders->fields[i].name);

          ls_sql_exec (sql, text, &error);
        }
    fail_on (error);
    total += cpu_since (start);
  }
  return total;
}

static void
bench_first_sync (LsCache    *cache,
                  LsTestDir  *dir,
                  unsigned    n_rows)
{
  g_autofree char *path = ls_test_dir_file (dir, "bare.db");
  double bare = bare_insert (path, n_rows);
  LsPosition position = ls_test_position (1);
  double cpu = 0, wall = 0, swap;
  bool ready = false;
  GError *error = NULL;
  Clock start;

  ls_cache_begin_snapshot (cache, LS_TEST_SHOP, UINT32_MAX, NULL, &error);
  fail_on (error);
  for (unsigned i = 0; i < n_rows; i += SLICE)
    {
      g_autoptr (GPtrArray) slice =
          g_ptr_array_new_with_free_func ((GDestroyNotify) ls_record_unref);

      for (unsigned j = i; j < MIN (i + SLICE, n_rows); j++)
        g_ptr_array_add (slice, order (j));
      start = clock_start ();
      ls_cache_add_snapshot_rows (cache, LS_TEST_SHOP, slice, &error);
      fail_on (error);
      cpu += cpu_since (start);
      wall += wall_since (start);
    }
  start = clock_start ();
  while (!ready)
    {
      ls_cache_prepare_snapshot (cache, LS_TEST_SHOP, &ready, &error);
      fail_on (error);
    }
  cpu += cpu_since (start);
  wall += wall_since (start);
  start = clock_start ();
  ls_cache_finish_snapshot (cache, LS_TEST_SHOP, &position, 1, 0, &error);
  fail_on (error);
  swap = wall_since (start);
  cpu += cpu_since (start);
  wall += swap;
  printf ("{\"bench\":\"first-sync\",\"rows\":%u,\"rows_per_s\":%.0f,\"wall_ms\":%.0f,"
          "\"cpu_ms\":%.0f,\"swap_ms\":%.1f,\"bare_sqlite_cpu_ms\":%.0f,\"ratio\":%.2f}\n",
          n_rows, n_rows / wall * 1e3, wall, cpu, swap, bare, cpu / bare);
  fflush (stdout);
}

static double
bare_update (LsTestDir *dir,
             unsigned   n_rows)
{
  g_autofree char *path = ls_test_dir_file (dir, "bare.db");
  LsSqlOptions options = { .sync = LS_SQL_SYNC_NORMAL };
  GError *error = NULL;
  g_autoptr (LsSql) sql = ls_sql_open (path, LS_SQL_READ_WRITE, &options, &error);
  g_autoptr (LsSqlTransaction) transaction = NULL;
  Clock start = clock_start ();

  fail_on (error);
  transaction = ls_sql_begin (sql, LS_SQL_BEGIN_IMMEDIATE, &error);
  for (unsigned i = 0; i < N_VERSIONS; i++)
    {
      g_autofree char *key = g_strdup_printf ("source:%u", i * 7919 % n_rows);

      ls_sql_run (sql, &error, "UPDATE t SET \"status\" = ?, tax = ? WHERE key = ?", "tit", "shipped",
                  (int64_t) i, key);
      fail_on (error);
    }
  ls_sql_commit (g_steal_pointer (&transaction), &error);
  fail_on (error);
  return cpu_since (start);
}

/* @per_message versions of one row each in a message. */
static void
bench_catch_up (LsCache   *cache,
                LsTestDir *dir,
                unsigned   n_rows,
                unsigned   per_message)
{
  const LsCollection *orders = ls_schema_collection (LS_ORDERS);
  g_autoptr (GPtrArray) messages = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_message_unref);
  double bare = bare_update (dir, n_rows);
  LsPosition position;
  GError *error = NULL;
  Clock start;

  ls_cache_get_position (cache, LS_TEST_SHOP, &position, NULL, NULL, NULL);
  for (unsigned i = 0; i < N_VERSIONS; i++)
    {
      g_autofree char *key = g_strdup_printf ("source:%u", i * 7919 % n_rows);
      LsChange *change = ls_change_new (LS_CHANGE_SET, orders, key);

      if (i % per_message == 0)
        g_ptr_array_add (messages, ls_test_delta (position.version + i,
                                                  position.version + i + per_message));
      ls_change_take_set (change, ls_test_field (orders, "status"), ls_value_text ("shipped"));
      ls_change_take_set (change, ls_test_field (orders, "tax"), ls_value_integer (i + per_message));
      ls_test_delta_take (g_ptr_array_index (messages, messages->len - 1), position.version + i + 1,
                          change, NULL);
    }
  start = clock_start ();
  for (unsigned i = 0; i < messages->len; i++)
    {
      ls_cache_apply_delta (cache, g_ptr_array_index (messages, i), &error);
      fail_on (error);
    }
  printf ("{\"bench\":\"catch-up\",\"rows\":%u,\"versions\":%d,\"per_message\":%u,\"wall_ms\":%.0f,"
          "\"cpu_ms\":%.0f,\"bare_sqlite_cpu_ms\":%.0f,\"ratio\":%.2f}\n",
          n_rows, N_VERSIONS, per_message, wall_since (start), cpu_since (start), bare,
          cpu_since (start) / bare);
  fflush (stdout);
}

static bool
has_page (gpointer user_data)
{
  GListModel *model = user_data;
  unsigned n_items = g_list_model_get_n_items (model);

  if (n_items == 0)
    return false;
  for (unsigned i = 0; i < MIN (n_items, PAGE); i++)
    {
      g_autoptr (LsRow) row = g_list_model_get_item (model, i);

      if (!ls_row_get_loaded (row))
        return false;
    }
  return true;
}

static bool
is_settled (gpointer user_data)
{
  return !ls_live_query_get_loading (user_data) && has_page (user_data);
}

static void
print_query (const char *what,
             const char *field,
             unsigned    n_rows,
             Clock       start)
{
  printf ("{\"bench\":\"%s\",\"rows\":%u,\"field\":\"%s\",\"wall_ms\":%.1f,\"cpu_ms\":%.1f,"
          "\"resident_kib\":%ld}\n",
          what, n_rows, field, wall_since (start), cpu_since (start), resident_kib ());
  fflush (stdout);
}

static bool
is_shown (gpointer user_data)
{
  LsStore *store = user_data;
  LsPosition position;

  return ls_store_get_position (store, LS_TEST_SHOP, &position, NULL) &&
         position.version % 1000 == 999;
}

typedef struct {
  LsCache *cache;
  LsMessage *delta;
  double apply_ms;
} DeltaJob;

static void
delta_job (gpointer data)
{
  DeltaJob *job = data;
  Clock start = clock_start ();
  GError *error = NULL;

  ls_cache_apply_delta (job->cache, job->delta, &error);
  fail_on (error);
  job->apply_ms = wall_since (start);
}

/* A thousand rows that move in the list, from the message to the model. */
static void
bench_batch (LsEnvironment *environment,
             LsCache       *cache,
             LsStore       *store,
             unsigned       n_rows)
{
  const LsCollection *orders = ls_schema_collection (LS_ORDERS);
  LsPosition position;
  DeltaJob job = { cache, NULL, 0 };
  Clock start;
  int64_t to;

  ls_cache_get_position (cache, LS_TEST_SHOP, &position, NULL, NULL, NULL);
  to = position.version / 1000 * 1000 + 1999;
  job.delta = ls_test_delta (position.version, to);
  for (unsigned i = 0; i < 1000; i++)
    {
      g_autofree char *key = g_strdup_printf ("source:%u", i * 104729 % n_rows);
      LsChange *change = ls_change_new (LS_CHANGE_SET, orders, key);

      ls_change_take_set (change, ls_test_field (orders, "total"), ls_value_integer (i * 17));
      ls_test_delta_take (job.delta, to, change, NULL);
    }
  start = clock_start ();
  ls_environment_post (environment, ls_cache_get_queue (cache), delta_job, &job, NULL);
  ls_test_wait (is_shown, store);
  printf ("{\"bench\":\"batch-of-1000\",\"rows\":%u,\"wall_ms\":%.1f,\"cpu_ms\":%.1f,"
          "\"of_it_in_the_cache_ms\":%.1f}\n",
          n_rows, wall_since (start), cpu_since (start), job.apply_ms);
  fflush (stdout);
  ls_message_unref (job.delta);
}

static void
bench_queries (LsEnvironment *environment,
               LsCache       *cache,
               unsigned       n_rows)
{
  static const char *const sorts[] = { "customer_name", "total", "tax", "payment_method" };
  const LsCollection *orders = ls_schema_collection (LS_ORDERS);
  LsOrder by = { ls_test_field (orders, "placed_at"), true };
  g_autoptr (LsFilter) search = ls_filter_new_search (orders, "omer 777");
  g_autoptr (LsStore) store = NULL;
  g_autoptr (LsLiveQuery) query = NULL;
  Clock start = clock_start ();

  store = ls_store_new (environment, cache);
  query = ls_store_query (store, LS_TEST_SHOP, orders, NULL, &by, 1);
  ls_test_wait (has_page, query);
  print_query ("first-page", "placed_at", n_rows, start);
  ls_test_wait (is_settled, query);
  print_query ("open", "placed_at", n_rows, start);
  for (size_t i = 0; i < G_N_ELEMENTS (sorts); i++)
    {
      unsigned field = ls_test_field (orders, sorts[i]);

      by = (LsOrder) { field, false };
      start = clock_start ();
      ls_live_query_set_order (query, &by, 1);
      ls_test_wait (is_settled, query);
      print_query (orders->fields[field].flags & LS_FIELD_INDEXED ? "sort-indexed" : "sort-any",
                   sorts[i], n_rows, start);
    }
  by = (LsOrder) { ls_test_field (orders, "total"), false };
  ls_live_query_set_order (query, &by, 1);
  ls_test_wait (is_settled, query);
  bench_batch (environment, cache, store, n_rows);
  start = clock_start ();
  ls_live_query_set_filter (query, search);
  ls_test_wait (is_settled, query);
  print_query ("search", "customer_name", n_rows, start);
}

static void
bench (unsigned n_rows)
{
  g_autoptr (LsTestDir) dir = ls_test_dir_new ();
  g_autofree char *path = ls_test_dir_file (dir, "cache.db");
  g_autoptr (LsEnvironment) environment = ls_system_environment_new ();
  LsCache *cache = ls_test_cache (environment, path);

  bench_first_sync (cache, dir, n_rows);
  bench_catch_up (cache, dir, n_rows, 5000);
  bench_catch_up (cache, dir, n_rows, 500);
  bench_catch_up (cache, dir, n_rows, 1);
  bench_queries (environment, cache, n_rows);
  ls_environment_stop (environment);
  g_object_unref (cache);
}

int
main (int   argc,
      char *argv[])
{
  if (argc == 1)
    {
      bench (100000);
      bench (1000000);
    }
  for (int i = 1; i < argc; i++)
    bench ((unsigned) g_ascii_strtoull (argv[i], NULL, 10));
  return EXIT_SUCCESS;
}
