/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One client made of what the app is made of, against a real server: from start until its cache is
 * at a version of the shop. Prints one JSON line.
 *
 * Called `watch`, it stays, and prints a line whenever it has become live.
 *
 * Usage: bench-client NAME URL USER TOKEN-FILE FOLDER SHOP VERSION */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "client/ls-client.h"

#define PATIENCE 300 /* seconds */

typedef struct {
  LsClient *client;
  GMainLoop *loop;
  const char *name;
  const char *shop;
  char *token;
  int64_t version;
  int64_t begin;
  bool watches;
  bool live;
} Bench;

static int64_t
version_of (Bench *bench)
{
  LsPosition position = { "", 0, 0 };

  if (!ls_store_get_position (ls_client_get_store (bench->client), bench->shop, &position, NULL) ||
      position.epoch[0] == '\0')
    return -1;
  return position.version;
}

static void
position_cb (Bench *bench)
{
  if (!bench->watches && version_of (bench) >= bench->version)
    g_main_loop_quit (bench->loop);
}

static void
status_cb (Bench *bench)
{
  bool live = ls_client_get_status (bench->client)->state == LS_CONNECTION_LIVE;

  if (live && !bench->live)
    {
      puts ("live");
      fflush (stdout);
    }
  bench->live = live;
}

static gboolean
impatient_cb (gpointer user_data)
{
  Bench *bench = user_data;

  g_error ("%s: only at version %" G_GINT64_FORMAT, bench->name, version_of (bench));
  return G_SOURCE_REMOVE;
}

static void
opened_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  Bench *bench = user_data;
  g_autoptr (GError) error = NULL;

  if (!ls_client_open_finish (bench->client, result, &error))
    g_error ("%s", error->message);
  g_signal_connect_swapped (ls_client_get_store (bench->client), "position-changed",
                            G_CALLBACK (position_cb), bench);
  if (bench->watches)
    g_signal_connect_swapped (bench->client, "notify::status", G_CALLBACK (status_cb), bench);
  bench->begin = g_get_monotonic_time ();
  ls_client_set_token (bench->client, bench->token);
  ls_client_start (bench->client);
}

static void
report (Bench *bench)
{
  int64_t end = g_get_monotonic_time ();
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  printf ("{\"bench\":\"%s\",\"to\":%" G_GINT64_FORMAT
          ",\"ms\":%.1f,\"client_cpu_ms\":%.1f,\"client_rss_mb\":%.1f}\n",
          bench->name, version_of (bench), (double) (end - bench->begin) / 1000,
          (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
              (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000,
          (double) usage.ru_maxrss / 1000);
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (LsEnvironment) environment = NULL;
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  Bench bench = { .loop = loop };

  if (argc != 8 || !g_file_get_contents (argv[4], &bench.token, NULL, NULL))
    {
      fputs ("Usage: bench-client NAME URL USER TOKEN-FILE FOLDER SHOP VERSION\n", stderr);
      return EXIT_FAILURE;
    }
  g_strstrip (bench.token);
  bench.name = argv[1];
  bench.watches = g_str_equal (bench.name, "watch");
  bench.shop = argv[6];
  bench.version = g_ascii_strtoll (argv[7], NULL, 10);
  environment = ls_system_environment_new ();
  bench.client = ls_client_new (environment, argv[2], argv[3], argv[5]);
  ls_client_open_async (bench.client, NULL, opened_cb, &bench);
  if (!bench.watches)
    g_timeout_add_seconds (PATIENCE, impatient_cb, &bench);
  g_main_loop_run (loop);
  report (&bench);
  ls_client_stop (bench.client);
  g_object_unref (bench.client);
  g_free (bench.token);
  return EXIT_SUCCESS;
}
