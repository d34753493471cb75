/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A real lockstepd, already running on core 0, under the load of light clients on core 1, in turns
 * with a bare baseline. One JSON line a figure; tests/bench/run starts it. */
#include "config.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load.h"
#include "sql/ls-sql.h"

#define BLOCKS 7
#define N_ROWS 1000
#define PATIENCE_MS 60000
#define GROUP 32

typedef struct {
  Load load;
  pid_t pid;
  char *folder; /* of this program */
  unsigned row;
} Bench;

/* The bare baseline: a command through a pipe, then a write to each socket. */

typedef struct {
  LoadChild child;
  int epoll_fd;
  int *fds;
  unsigned n;
  size_t frame;
} Limit;

static void
limit_open (Limit      *limit,
            Bench      *bench,
            unsigned    n,
            size_t      frame)
{
  g_autofree char *path = g_build_filename (bench->folder, "limit", NULL);
  g_autofree char *size = g_strdup_printf ("%zu", MAX (frame, 130));
  struct sockaddr_in address = { .sin_family = AF_INET,
                                 .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };

  limit->frame = MAX (frame, 130);
  load_start_child (&limit->child, path, size);
  address.sin_port = htons ((uint16_t) load_ask (&limit->child, NULL));
  limit->epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  limit->fds = g_new (int, n);
  limit->n = n;
  for (unsigned i = 0; i < n; i++)
    {
      struct epoll_event event = { .events = EPOLLIN };

      event.data.fd = limit->fds[i] = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      if (connect (event.data.fd, (struct sockaddr *) &address, sizeof address) < 0 ||
          epoll_ctl (limit->epoll_fd, EPOLL_CTL_ADD, event.data.fd, &event) < 0)
        load_fail ("limit");
    }
  while (load_ask (&limit->child, "n\n") < n)
    g_usleep (1000);
}

static void
limit_close (Limit *limit)
{
  load_stop_child (&limit->child);
  for (unsigned i = 0; i < limit->n; i++)
    close (limit->fds[i]);
  g_free (limit->fds);
  close (limit->epoll_fd);
}

static void
limit_round (Limit *limit)
{
  static char sink[65536];
  struct epoll_event events[256];
  size_t left = limit->n * limit->frame;

  fputs ("s 1\n", limit->child.in);
  fflush (limit->child.in);
  while (left > 0)
    {
      int n = epoll_wait (limit->epoll_fd, events, G_N_ELEMENTS (events), PATIENCE_MS);

      if (n <= 0)
        load_fail ("limit: nothing came");
      for (int i = 0; i < n; i++)
        {
          ssize_t got = recv (events[i].data.fd, sink, sizeof sink, MSG_DONTWAIT);

          if (got <= 0)
            load_fail ("limit: read");
          left -= (size_t) got;
        }
    }
}

/* Adds the ms of each round, returns the CPU µs of a round. */
static double
limit_block (Limit   *limit,
             unsigned rounds,
             GArray  *times)
{
  int64_t before, after;

  limit_round (limit);
  before = load_ask (&limit->child, "c\n");
  for (unsigned i = 0; i < rounds; i++)
    {
      int64_t begin = g_get_monotonic_time ();
      double ms;

      limit_round (limit);
      ms = (double) (g_get_monotonic_time () - begin) / 1000;
      g_array_append_val (times, ms);
    }
  after = load_ask (&limit->child, "c\n");
  return (double) (after - before) / rounds;
}

/* One update at a time, from when it is sent until the last subscriber has read it. */
static void
update (Bench    *bench,
        LoadPeer *sender,
        unsigned  n)
{
  LoadPeer *first = g_ptr_array_index (bench->load.peers, 0);

  load_expect (&bench->load, first->position.version + 1);
  load_edit (sender, bench->row++ % N_ROWS);
  while (bench->load.n_there < n || sender->decided < sender->n)
    load_turn (&bench->load, -1);
}

static double
update_block (Bench    *bench,
              LoadPeer *sender,
              unsigned  n,
              unsigned  rounds,
              GArray   *times)
{
  int64_t before;

  update (bench, sender, n);
  before = load_cpu_of (bench->pid);
  for (unsigned i = 0; i < rounds; i++)
    {
      int64_t begin = g_get_monotonic_time ();
      double ms;

      update (bench, sender, n);
      ms = (double) (g_get_monotonic_time () - begin) / 1000;
      g_array_append_val (times, ms);
    }
  return (double) (load_cpu_of (bench->pid) - before) / 1000 / rounds;
}

static void
bench_latency (Bench   *bench,
               unsigned n,
               unsigned updates)
{
  g_autoptr (GArray) ours = g_array_new (FALSE, FALSE, sizeof (double));
  g_autoptr (GArray) bare = g_array_new (FALSE, FALSE, sizeof (double));
  g_autoptr (GArray) cpu = g_array_new (FALSE, FALSE, sizeof (double));
  g_autoptr (GArray) bare_cpu = g_array_new (FALSE, FALSE, sizeof (double));
  g_autoptr (GArray) ratios = g_array_new (FALSE, FALSE, sizeof (double));
  unsigned rounds = MAX (updates / BLOCKS, 2);
  Limit limit;
  LoadPeer *sender;

  for (unsigned i = 0; i < n; i++)
    load_add (&bench->load, NULL, true);
  sender = load_add (&bench->load, NULL, false);
  load_wait_live (&bench->load);
  update (bench, sender, n);
  limit_open (&limit, bench, n, bench->load.frame);
  for (unsigned i = 0; i < BLOCKS; i++)
    {
      double y = limit_block (&limit, rounds, bare);
      double x = update_block (bench, sender, n, rounds, ours);
      double ratio = x / y;

      g_array_append_val (cpu, x);
      g_array_append_val (bare_cpu, y);
      g_array_append_val (ratios, ratio);
    }
  limit_close (&limit);
  printf ("{\"bench\":\"latency\",\"subscribers\":%u,\"updates\":%u,\"frame_bytes\":%zu,"
          "\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"limit_p50_ms\":%.3f,\"limit_p99_ms\":%.3f,"
          "\"cpu_us\":%.1f,\"limit_cpu_us\":%.1f,\"limit_us\":%.3f,\"cpu_ratio\":%.2f}\n",
          n, BLOCKS * rounds, bench->load.frame, load_percentile (ours, 0.5),
          load_percentile (ours, 0.99), load_percentile (bare, 0.5), load_percentile (bare, 0.99),
          load_percentile (cpu, 0.5), load_percentile (bare_cpu, 0.5),
          load_percentile (bare_cpu, 0.5) / n, load_percentile (ratios, 0.5));
  load_drop_all (&bench->load);
}

/* Many submitters, each with some edits on their way. */

typedef struct {
  unsigned first; /* of the submitters among the peers */
  unsigned n;
  unsigned window;
  unsigned n_subscribers;
} Crowd;

static void
crowd_open (Crowd *crowd,
            Bench *bench)
{
  for (unsigned i = 0; i < crowd->n_subscribers; i++)
    load_add (&bench->load, NULL, true);
  crowd->first = bench->load.peers->len;
  for (unsigned i = 0; i < crowd->n; i++)
    load_add (&bench->load, NULL, false);
  load_wait_live (&bench->load);
}

/* Seconds for @edits, until the last one is decided and every subscriber has it. */
static double
crowd_run (Crowd   *crowd,
           Bench   *bench,
           unsigned edits)
{
  int64_t begin = g_get_monotonic_time ();
  int64_t results = bench->load.n_results + edits;
  unsigned sent = 0;

  if (crowd->n_subscribers > 0)
    {
      LoadPeer *peer = g_ptr_array_index (bench->load.peers, 0);

      load_expect (&bench->load, peer->position.version + edits);
    }
  while (bench->load.n_results < results || bench->load.n_there < crowd->n_subscribers)
    {
      for (unsigned i = 0; i < crowd->n; i++)
        {
          LoadPeer *peer = g_ptr_array_index (bench->load.peers, crowd->first + i);

          while (sent < edits && peer->n - peer->decided < crowd->window)
            {
              load_edit (peer, bench->row++ % N_ROWS);
              sent++;
            }
        }
      load_turn (&bench->load, -1);
    }
  return (double) (g_get_monotonic_time () - begin) / 1e6;
}

static void
bench_rate (Bench   *bench,
            unsigned n,
            unsigned edits)
{
  g_autoptr (GArray) rates = g_array_new (FALSE, FALSE, sizeof (double));
  Crowd crowd = { .n = 16, .window = 16, .n_subscribers = n };
  unsigned block = MAX (edits / BLOCKS, 100);
  int64_t before;
  double cpu;

  crowd_open (&crowd, bench);
  crowd_run (&crowd, bench, block);
  before = load_cpu_of (bench->pid);
  for (unsigned i = 0; i < BLOCKS; i++)
    {
      double rate = block / crowd_run (&crowd, bench, block);

      g_array_append_val (rates, rate);
    }
  cpu = (double) (load_cpu_of (bench->pid) - before) / 1000 / (block * BLOCKS);
  printf ("{\"bench\":\"rate\",\"subscribers\":%u,\"updates\":%u,\"updates_per_s\":%.0f,"
          "\"cpu_us\":%.1f,\"rss_mb\":%.1f}\n",
          n, block * BLOCKS, load_percentile (rates, 0.5), cpu,
          (double) load_rss_of (bench->pid) / 1e6);
  load_drop_all (&bench->load);
}

/* SQLite alone, on the server's core: for each edit a row, a line of a log and a result. */

typedef struct {
  LsSql *sql;
  int64_t version;
} Bare;

static void
must (bool    done,
      GError **error)
{
  if (!done)
    g_error ("%s", (*error)->message);
}

static void
bare_open (Bare       *bare,
           const char *path)
{
  LsSqlOptions options = { .cache_kib = 65536 };
  g_autoptr (GError) error = NULL;
  LsSqlTransaction *transaction;

  bare->version = 0;
  bare->sql = ls_sql_open (path, LS_SQL_READ_WRITE, &options, &error);
  must (bare->sql != NULL, &error);
  must (ls_sql_exec (
            bare->sql,
            "CREATE TABLE product (key TEXT PRIMARY KEY, name TEXT, stock INTEGER) WITHOUT ROWID;"
            "CREATE TABLE log (version INTEGER PRIMARY KEY, mid TEXT, changes BLOB);"
            "CREATE TABLE result (mid TEXT PRIMARY KEY, client TEXT, n INTEGER) WITHOUT ROWID;",
            &error),
        &error);
  transaction = ls_sql_begin (bare->sql, LS_SQL_BEGIN_IMMEDIATE, &error);
  for (int i = 0; i < N_ROWS; i++)
    {
      g_autofree char *key = g_strdup_printf ("product-%d", i);

      must (ls_sql_run (bare->sql, &error, "INSERT INTO product VALUES (?, 'A beat', 1)", "t", key),
            &error);
    }
  must (ls_sql_commit (transaction, &error) == LS_SQL_COMMIT_OK, &error);
}

static void
bare_edit (Bare *bare)
{
  static const char log[300] = "[{\"c\":\"products\",\"k\":\"product-1\",\"op\":\"set\"}]";
  int64_t version = ++bare->version;
  g_autofree char *key = g_strdup_printf ("product-%d", (int) (version % N_ROWS));
  g_autofree char *mid = g_strdup_printf ("0190a3f0-0000-7000-8000-%012" G_GINT64_MODIFIER "x",
                                          (uint64_t) version);
  g_autoptr (GError) error = NULL;

  must (ls_sql_run (bare->sql, &error, "UPDATE product SET stock = stock + 1 WHERE key = ?", "t",
                    key) &&
            ls_sql_run (bare->sql, &error, "INSERT INTO log VALUES (?, ?, ?)", "itb", version, mid,
                        log, sizeof log) &&
            ls_sql_run (bare->sql, &error, "INSERT INTO result VALUES (?, ?, ?)", "tti", mid,
                        "client", version),
        &error);
}

/* Seconds for @edits, so many in each transaction. */
static double
bare_run (Bare    *bare,
          unsigned edits,
          unsigned group)
{
  int64_t begin = g_get_monotonic_time ();

  for (unsigned i = 0; i < edits; i += group)
    {
      g_autoptr (GError) error = NULL;
      LsSqlTransaction *transaction = ls_sql_begin (bare->sql, LS_SQL_BEGIN_IMMEDIATE, &error);

      must (transaction != NULL, &error);
      for (unsigned k = 0; k < group; k++)
        bare_edit (bare);
      must (ls_sql_commit (transaction, &error) == LS_SQL_COMMIT_OK, &error);
    }
  return (double) (g_get_monotonic_time () - begin) / 1e6;
}

static void
bench_mutations (Bench      *bench,
                 unsigned    edits,
                 const char *path)
{
  g_autoptr (GArray) rates = g_array_new (FALSE, FALSE, sizeof (double));
  g_autoptr (GArray) bare_rates = g_array_new (FALSE, FALSE, sizeof (double));
  g_autoptr (GArray) single_rates = g_array_new (FALSE, FALSE, sizeof (double));
  g_autoptr (GArray) ratios = g_array_new (FALSE, FALSE, sizeof (double));
  Crowd crowd = { .n = 64, .window = 8 };
  unsigned block = MAX (edits / BLOCKS / GROUP, 4) * GROUP;
  int64_t before;
  double cpu = 0, bare_cpu = 0;
  Bare bare;

  bare_open (&bare, path);
  crowd_open (&crowd, bench);
  crowd_run (&crowd, bench, block);
  for (unsigned i = 0; i < BLOCKS; i++)
    {
      double single, grouped, ours, ratio;

      load_pin (0);
      single = MAX (block / 8, 64) / bare_run (&bare, MAX (block / 8, 64), 1);
      before = load_cpu_of (getpid ());
      grouped = block / bare_run (&bare, block, GROUP);
      bare_cpu += (double) (load_cpu_of (getpid ()) - before) / 1000 / block / BLOCKS;
      load_pin (1);
      before = load_cpu_of (bench->pid);
      ours = block / crowd_run (&crowd, bench, block);
      cpu += (double) (load_cpu_of (bench->pid) - before) / 1000 / block / BLOCKS;
      ratio = ours / grouped;
      g_array_append_val (rates, ours);
      g_array_append_val (bare_rates, grouped);
      g_array_append_val (single_rates, single);
      g_array_append_val (ratios, ratio);
    }
  printf ("{\"bench\":\"mutations\",\"clients\":%u,\"edits\":%u,\"mutations_per_s\":%.0f,"
          "\"bare_grouped_per_s\":%.0f,\"bare_single_per_s\":%.0f,\"ratio\":%.3f,"
          "\"cpu_us\":%.1f,\"bare_cpu_us\":%.1f,\"cpu_ratio\":%.3f}\n",
          crowd.n, block * BLOCKS, load_percentile (rates, 0.5), load_percentile (bare_rates, 0.5),
          load_percentile (single_rates, 0.5), load_percentile (ratios, 0.5), cpu,
          bare_cpu, bare_cpu / cpu);
  ls_sql_unref (bare.sql);
  load_drop_all (&bench->load);
}

/* Clients that do nothing, for some seconds. */
static void
bench_idle (Bench   *bench,
            unsigned n,
            unsigned seconds)
{
  int64_t rss, cpu, begin, connect_cpu, end;
  double idle_cpu;

  for (unsigned i = 0; i < 20; i++)
    load_add (&bench->load, NULL, true);
  load_wait_live (&bench->load);
  rss = load_rss_of (bench->pid);
  cpu = load_cpu_of (bench->pid);
  for (unsigned i = 0; i < n; i += 50)
    {
      for (unsigned k = 0; k < 50 && i + k < n; k++)
        load_add (&bench->load, NULL, true);
      load_wait_live (&bench->load);
    }
  connect_cpu = load_cpu_of (bench->pid) - cpu;
  rss = load_rss_of (bench->pid) - rss;
  cpu = load_cpu_of (bench->pid);
  begin = g_get_monotonic_time ();
  end = begin + seconds * G_USEC_PER_SEC;
  while (g_get_monotonic_time () < end)
    load_turn (&bench->load, 100);
  idle_cpu = (double) (load_cpu_of (bench->pid) - cpu) / 1000 /
             (double) (g_get_monotonic_time () - begin);
  printf ("{\"bench\":\"idle\",\"clients\":%u,\"rss_bytes_each\":%.0f,\"connect_cpu_us\":%.1f,"
          "\"seconds\":%u,\"idle_core_percent\":%.3f}\n",
          n, (double) rss / n, (double) connect_cpu / 1000 / n, seconds, idle_cpu * 100);
  load_drop_all (&bench->load);
}

/* All at once, each @behind versions behind, until all have them. */
static void
bench_herd (Bench   *bench,
            unsigned n,
            unsigned behind)
{
  Crowd crowd = { .n = 16, .window = 16, .n_subscribers = 1 };
  LsPosition old;
  LoadPeer *first;
  int64_t target, begin, cpu;

  crowd_open (&crowd, bench);
  first = g_ptr_array_index (bench->load.peers, 0);
  /* A position whose check is known is that of the start. */
  old = first->position;
  crowd_run (&crowd, bench, behind);
  target = first->position.version;
  load_drop_all (&bench->load);

  cpu = load_cpu_of (bench->pid);
  begin = g_get_monotonic_time ();
  load_expect (&bench->load, target);
  for (unsigned i = 0; i < n; i++)
    load_add (&bench->load, &old, true);
  while (bench->load.n_there < n)
    load_turn (&bench->load, -1);
  printf ("{\"bench\":\"herd\",\"clients\":%u,\"behind\":%u,\"seconds\":%.3f,"
          "\"server_cpu_s\":%.3f,\"rss_mb\":%.1f}\n",
          n, behind, (double) (g_get_monotonic_time () - begin) / 1e6,
          (double) (load_cpu_of (bench->pid) - cpu) / 1e9, (double) load_rss_of (bench->pid) / 1e6);
  load_drop_all (&bench->load);
}

/* Makes versions and nothing else. */
static void
make_versions (Bench   *bench,
               unsigned edits)
{
  Crowd crowd = { .n = 16, .window = 16 };
  double seconds;

  crowd_open (&crowd, bench);
  seconds = crowd_run (&crowd, bench, edits);
  printf ("{\"bench\":\"edits\",\"edits\":%u,\"seconds\":%.3f}\n", edits, seconds);
  load_drop_all (&bench->load);
}

static int
usage (void)
{
  fputs ("Usage: bench-live PORT TOKEN-FILE SHOP PID MEASURE...\n"
         "  latency:SUBSCRIBERS:UPDATES rate:SUBSCRIBERS:UPDATES mutations:EDITS:FILE\n"
         "  idle:CLIENTS:SECONDS herd:CLIENTS:VERSIONS edits:EDITS\n",
         stderr);
  return EXIT_FAILURE;
}

static bool
measure (Bench      *bench,
         const char *text)
{
  g_auto (GStrv) words = g_strsplit (text, ":", 3);
  unsigned n = g_strv_length (words);
  unsigned first = n > 1 ? (unsigned) g_ascii_strtoull (words[1], NULL, 10) : 0;
  unsigned second = n > 2 ? (unsigned) g_ascii_strtoull (words[2], NULL, 10) : 0;

  if (first == 0)
    return false;
  if (n == 2 && g_str_equal (words[0], "edits"))
    make_versions (bench, first);
  else if (n == 3 && g_str_equal (words[0], "mutations"))
    bench_mutations (bench, first, words[2]);
  else if (n == 3 && g_str_equal (words[0], "latency"))
    bench_latency (bench, first, second);
  else if (n == 3 && g_str_equal (words[0], "rate"))
    bench_rate (bench, first, second);
  else if (n == 3 && g_str_equal (words[0], "idle"))
    bench_idle (bench, first, second);
  else if (n == 3 && g_str_equal (words[0], "herd"))
    bench_herd (bench, first, second);
  else
    return false;
  fflush (stdout);
  return true;
}

int
main (int    argc,
      char **argv)
{
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *folder = g_path_get_dirname (self != NULL ? self : argv[0]);
  g_autofree char *token = NULL;
  Bench bench = { .folder = folder };

  if (argc < 6 || !g_file_get_contents (argv[2], &token, NULL, NULL))
    return usage ();
  g_strstrip (token);
  bench.pid = (pid_t) g_ascii_strtoll (argv[4], NULL, 10);
  load_raise_limits ();
  load_pin (1);
  load_init (&bench.load, (uint16_t) g_ascii_strtoull (argv[1], NULL, 10), token, argv[3]);
  for (int i = 5; i < argc; i++)
    if (!measure (&bench, argv[i]))
      return usage ();
  load_clear (&bench.load);
  return EXIT_SUCCESS;
}
