/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What changes cost the thread that draws: a table of orders as the app has it, on a cache that gets
 * deltas as from the wire. `bench-ui ROWS SECONDS` prints a JSON line for one change at a time, and one
 * for 1,000 changes a second. Costs of the thread are its CPU time, since walls are the machine's. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "app/tables/ls-table.h"
#include "client/ls-store.h"
#include "ls-test-dir.h"
#include "ls-test-rows.h"

#define N_SINGLE 300
#define CHANGES_PER_SECOND 1000
#define CHANGES_PER_DELTA 10
/* As many changes of a delta are of rows that are in sight. */
#define N_IN_SIGHT 2
#define ROWS_IN_SIGHT 20
#define BUDGET_US 4000
#define EMPTY_FRAMES 200

typedef struct {
  LsEnvironment *environment;
  LsCache *cache;
  LsStore *store;
  GdkFrameClock *clock;
  LsQueue *cache_queue;
  unsigned n_rows;
  int64_t version;

  /* Deltas on their way: when they came, by version; those shown but not painted. */
  GHashTable *began;
  GArray *painting;  /* int64_t: when */
  GArray *latencies; /* double: ms */

  /* The thread that draws, in µs of its CPU time. */
  int64_t dispatch_began;
  int64_t painted; /* in this dispatch */
  int64_t paint_began;
  GArray *frames; /* double: ms */
  unsigned n_dispatches;
  unsigned n_over;
  double longest;
} Bench;

static Bench bench;

static int64_t
thread_cpu (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return (int64_t) now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

/* Between two polls lies a dispatch of all that is ready. */
static int
poll_func (GPollFD *fds,
           unsigned n_fds,
           int      timeout)
{
  int64_t took = thread_cpu () - bench.dispatch_began - bench.painted;
  int n_ready;

  bench.n_dispatches++;
  bench.n_over += took > BUDGET_US;
  bench.longest = MAX (bench.longest, (double) took / 1000);
  n_ready = g_poll (fds, n_fds, timeout);
  bench.dispatch_began = thread_cpu ();
  bench.painted = 0;
  return n_ready;
}

static void
before_paint_cb (void)
{
  bench.paint_began = thread_cpu ();
}

static void
after_paint_cb (void)
{
  int64_t took = thread_cpu () - bench.paint_began;
  double ms = (double) took / 1000;
  int64_t now = g_get_monotonic_time ();

  bench.painted += took;
  g_array_append_val (bench.frames, ms);
  for (unsigned i = 0; i < bench.painting->len; i++)
    {
      double latency = (double) (now - g_array_index (bench.painting, int64_t, i)) / 1000;

      g_array_append_val (bench.latencies, latency);
    }
  g_array_set_size (bench.painting, 0);
}

static void
committed_cb (LsStore       *store,
              LsCacheCommit *commit)
{
  int64_t *began = g_hash_table_lookup (bench.began, &commit->position.version);

  if (began == NULL)
    return;
  g_array_append_val (bench.painting, *began);
  g_hash_table_remove (bench.began, &commit->position.version);
}

static int
compare_doubles (gconstpointer a,
                 gconstpointer b)
{
  double x = *(const double *) a;
  double y = *(const double *) b;

  return (x > y) - (x < y);
}

static double
quantile (GArray *values,
          double  part)
{
  if (values->len == 0)
    return 0;
  g_array_sort (values, compare_doubles);
  return g_array_index (values, double, (unsigned) (part * (values->len - 1)));
}

static void
forget_figures (void)
{
  g_array_set_size (bench.latencies, 0);
  g_array_set_size (bench.frames, 0);
  bench.n_dispatches = bench.n_over = 0;
  bench.longest = 0;
}

static LsRecord *
make_order (unsigned i)
{
  static const char *const statuses[] = { "paid", "completed", "pending" };
  const LsCollection *orders = ls_schema_collection (LS_ORDERS);
  g_autofree char *key = g_strdup_printf ("order-%u", i);
  g_autofree char *customer = g_strdup_printf ("Customer %u", (i * 7919) % 50021);
  LsRecord *record = ls_record_new (orders, key);

  ls_record_set_text (record, ls_test_field (orders, "number"), key + 6);
  ls_record_set_text (record, ls_test_field (orders, "status"), statuses[i % G_N_ELEMENTS (statuses)]);
  ls_record_set_text (record, ls_test_field (orders, "currency"), "EUR");
  ls_record_set_text (record, ls_test_field (orders, "customer_name"), customer);
  ls_record_set_integer (record, ls_test_field (orders, "placed_at"),
                         INT64_C (1767225600000000) + i * INT64_C (60000000));
  ls_record_set_integer (record, ls_test_field (orders, "total"), 500 + i % 20000);
  return record;
}

/* A delta as the server writes it. The newest orders are in sight. */
static char *
make_delta (unsigned n_changes,
            unsigned n_in_sight,
            size_t  *ret_length)
{
  const LsCollection *orders = ls_schema_collection (LS_ORDERS);
  LsMessage *delta = ls_test_delta (bench.version, bench.version + 1);
  char *text;

  bench.version++;
  for (unsigned i = 0; i < n_changes; i++)
    {
      unsigned number = i < n_in_sight
                            ? bench.n_rows - 1 - (unsigned) g_random_int_range (0, ROWS_IN_SIGHT)
                            : (unsigned) g_random_int_range (0, (int) bench.n_rows);
      g_autofree char *key = g_strdup_printf ("order-%u", number);
      LsChange *change = ls_change_new (LS_CHANGE_SET, orders, key);

      ls_change_take_set (change, ls_test_field (orders, "total"),
                          ls_value_integer (g_random_int_range (1, 1000000)));
      ls_test_delta_take (delta, bench.version, change, NULL);
    }
  text = ls_message_encode (delta, ret_length);
  ls_message_unref (delta);
  return text;
}

typedef struct {
  char *text;
  size_t length;
} Arrival;

static void
arrival_free (gpointer data)
{
  g_free (((Arrival *) data)->text);
  g_free (data);
}

static void
arrive_cb (gpointer data)
{
  Arrival *arrival = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (LsMessage) delta =
      ls_message_decode (arrival->text, arrival->length, LS_FROM_SERVER, &error);

  if (delta == NULL || !ls_cache_apply_delta (bench.cache, delta, &error))
    g_error ("%s", error->message);
}

static void
send_delta (unsigned n_changes,
            unsigned n_in_sight)
{
  Arrival *arrival = g_new0 (Arrival, 1);
  int64_t now = g_get_monotonic_time ();

  arrival->text = make_delta (n_changes, n_in_sight, &arrival->length);
  g_hash_table_insert (bench.began, g_memdup2 (&bench.version, sizeof bench.version),
                       g_memdup2 (&now, sizeof now));
  ls_environment_post (bench.environment, bench.cache_queue, arrive_cb, arrival, arrival_free);
}

static gboolean
timeout_cb (gpointer data)
{
  *(bool *) data = true;
  return G_SOURCE_REMOVE;
}

static void
run_for (unsigned ms)
{
  bool done = false;

  g_timeout_add (ms, timeout_cb, &done);
  while (!done)
    g_main_context_iteration (NULL, TRUE);
}

static double
empty_frame (GtkWidget *widget)
{
  forget_figures ();
  while (bench.frames->len < EMPTY_FRAMES)
    {
      gtk_widget_queue_draw (widget);
      g_main_context_iteration (NULL, TRUE);
    }
  return quantile (bench.frames, 0.5);
}

static void
measure_single (void)
{
  int64_t cpu;

  forget_figures ();
  cpu = thread_cpu ();
  for (unsigned i = 1; i <= N_SINGLE; i++)
    {
      send_delta (1, 1);
      while (bench.latencies->len < i)
        g_main_context_iteration (NULL, TRUE);
      run_for (20);
    }
  printf ("{\"bench\":\"to-pixels\",\"rows\":%u,\"p50_ms\":%.1f,\"p99_ms\":%.1f,"
          "\"thread_cpu_ms\":%.2f}\n",
          bench.n_rows, quantile (bench.latencies, 0.5), quantile (bench.latencies, 0.99),
          (double) (thread_cpu () - cpu) / 1000 / N_SINGLE);
  fflush (stdout);
}

static void
measure_load (unsigned seconds,
              double   empty_ms)
{
  int64_t begin = g_get_monotonic_time ();
  int64_t cpu = thread_cpu ();
  unsigned n_sent = 0;
  double took;

  forget_figures ();
  while ((took = (double) (g_get_monotonic_time () - begin) / G_USEC_PER_SEC) < seconds)
    {
      unsigned due = (unsigned) (took * CHANGES_PER_SECOND / CHANGES_PER_DELTA);

      for (; n_sent < due; n_sent++)
        send_delta (CHANGES_PER_DELTA, N_IN_SIGHT);
      run_for (5);
    }
  cpu = thread_cpu () - cpu;
  while (g_hash_table_size (bench.began) > 0)
    g_main_context_iteration (NULL, TRUE);
  printf ("{\"bench\":\"ui-load\",\"rows\":%u,\"seconds\":%u,\"changes_per_s\":%.0f,"
          "\"frames_per_s\":%.1f,\"frame_cpu_ms\":%.2f,\"frame_cpu_p99_ms\":%.2f,"
          "\"empty_frame_cpu_ms\":%.2f,\"frame_ratio\":%.2f,\"dispatches\":%u,\"over_4_ms\":%u,"
          "\"over_4_ms_percent\":%.3f,\"longest_dispatch_ms\":%.1f,\"thread_cpu_percent\":%.0f,"
          "\"commit_to_screen_p50_ms\":%.1f,\"commit_to_screen_p99_ms\":%.1f}\n",
          bench.n_rows, seconds, n_sent * CHANGES_PER_DELTA / took, bench.frames->len / took,
          quantile (bench.frames, 0.5), quantile (bench.frames, 0.99), empty_ms,
          quantile (bench.frames, 0.5) / empty_ms, bench.n_dispatches, bench.n_over,
          100.0 * bench.n_over / MAX (bench.n_dispatches, 1), bench.longest,
          (double) cpu / took / 1e4, quantile (bench.latencies, 0.5),
          quantile (bench.latencies, 0.99));
}

static void
fill (void)
{
  g_autoptr (GPtrArray) records = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_record_unref);

  for (unsigned i = 0; i < bench.n_rows; i++)
    g_ptr_array_add (records, make_order (i));
  ls_test_snapshot (bench.cache, records, ++bench.version, 0);
}

static GtkWidget *
show_table (void)
{
  static const LsTableColumn columns[] = {
    { "number", 90, LS_TABLE_COLUMN_NONE },       { "customer_name", 180, LS_TABLE_COLUMN_EXPAND },
    { "placed_at", 155, LS_TABLE_COLUMN_NONE },   { "status", 110, LS_TABLE_COLUMN_EDITABLE },
    { "total", 105, LS_TABLE_COLUMN_NONE },       { "revenue", 105, LS_TABLE_COLUMN_WIDE },
    { "country", 80, LS_TABLE_COLUMN_WIDE },      { "source", 80, LS_TABLE_COLUMN_WIDE },
  };
  GtkWidget *window = adw_window_new ();
  GtkWidget *table = g_object_new (LS_TYPE_TABLE, NULL);

  ls_table_set_columns (LS_TABLE (table), ls_schema_collection (LS_ORDERS), columns,
                        G_N_ELEMENTS (columns));
  ls_table_sort_by (LS_TABLE (table), "placed_at", GTK_SORT_DESCENDING);
  gtk_window_set_default_size (GTK_WINDOW (window), 1180, 780);
  adw_window_set_content (ADW_WINDOW (window), table);
  gtk_window_present (GTK_WINDOW (window));
  while (!gtk_widget_get_mapped (table))
    g_main_context_iteration (NULL, TRUE);
  bench.clock = gtk_widget_get_frame_clock (table);
  g_signal_connect (bench.clock, "before-paint", G_CALLBACK (before_paint_cb), NULL);
  g_signal_connect (bench.clock, "after-paint", G_CALLBACK (after_paint_cb), NULL);
  return table;
}

static void
measure (unsigned seconds)
{
  const LsCollection *orders = ls_schema_collection (LS_ORDERS);
  LsOrder order = { ls_test_field (orders, "placed_at"), true };
  LsAggregateTerm sum = { LS_AGGREGATE_SUM, ls_test_field (orders, "total") };
  g_autoptr (LsLiveAggregate) total = NULL;
  g_autoptr (LsLiveQuery) query = NULL;
  GtkWidget *table = show_table ();
  double empty_ms = empty_frame (table);

  bench.store = ls_store_new (bench.environment, bench.cache);
  g_signal_connect (bench.store, "committed", G_CALLBACK (committed_cb), NULL);
  query = ls_store_query (bench.store, LS_TEST_SHOP, orders, NULL, &order, 1);
  total = ls_store_aggregate (bench.store, LS_TEST_SHOP, orders, NULL, NULL, 0, &sum, 1);
  ls_table_set_query (LS_TABLE (table), query, "EUR", NULL);
  while (ls_live_query_get_loading (query) || ls_live_aggregate_get_loading (total))
    g_main_context_iteration (NULL, TRUE);
  run_for (2000);
  measure_single ();
  measure_load (seconds, empty_ms);
  ls_table_set_query (LS_TABLE (table), NULL, NULL, NULL);
  gtk_window_destroy (GTK_WINDOW (gtk_widget_get_root (table)));
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (LsTestDir) dir = ls_test_dir_new ();
  g_autofree char *path = ls_test_dir_file (dir, "cache.db");

  if (argc != 3)
    {
      fputs ("Usage: bench-ui ROWS SECONDS\n", stderr);
      return EXIT_FAILURE;
    }
  adw_init ();
  bench.n_rows = (unsigned) g_ascii_strtoull (argv[1], NULL, 10);
  bench.environment = ls_system_environment_new ();
  bench.cache = ls_test_cache (bench.environment, path);
  bench.cache_queue = ls_cache_get_queue (bench.cache);
  bench.began = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  bench.painting = g_array_new (FALSE, FALSE, sizeof (int64_t));
  bench.latencies = g_array_new (FALSE, FALSE, sizeof (double));
  bench.frames = g_array_new (FALSE, FALSE, sizeof (double));
  fill ();
  g_main_context_set_poll_func (NULL, poll_func);
  measure ((unsigned) g_ascii_strtoull (argv[2], NULL, 10));
  g_clear_object (&bench.store);
  ls_environment_stop (bench.environment);
  g_object_unref (bench.cache);
  return EXIT_SUCCESS;
}
