/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "core/ls-digest.h"
#include "core/ls-json-writer.h"
#include "core/ls-message.h"
#include "ls-test-desk.h"
#include "ls-test-dir.h"
#include "ls-test-server.h"
#include "sql/ls-sql.h"

/* Rows that rot on the disk of a client or of the server, and are mended while all goes on. */

#define N_PRODUCTS 12000
#define ROTTEN "p-04711"

typedef struct {
  LsTestServer *server;
  LsTestDir *dir;
  LsTestDesk *desk;
  char *folder;
} Fixture;

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  const char *const options[] = { "--digest-interval=1s", data, NULL };

  fixture->server = ls_test_server_new (options);
  fixture->dir = ls_test_dir_new ();
  fixture->folder = ls_test_dir_file (fixture->dir, "desk");
  fixture->desk = ls_test_desk_new (ls_test_server_get_url (fixture->server),
                                    ls_test_server_get_token (fixture->server), fixture->folder);
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  ls_test_desk_free (fixture->desk);
  ls_test_server_free (fixture->server);
  ls_test_dir_free (fixture->dir);
  g_free (fixture->folder);
}

/* Somebody else writes into a database. */
static void
spoil (const char *path,
       const char *statement)
{
  g_autoptr (GError) error = NULL;
  LsSql *sql = ls_sql_open (path, LS_SQL_READ_WRITE, NULL, &error);

  g_assert_no_error (error);
  ls_sql_exec (sql, statement, &error);
  g_assert_no_error (error);
  ls_sql_unref (sql);
}

static void
spoil_cache (Fixture    *fixture,
             const char *collection,
             const char *set,
             const char *key)
{
  g_autofree char *path = g_build_filename (fixture->folder, "cache.db", NULL);
  g_autofree char *statement = NULL;
  g_autofree char *table = NULL;
  g_autoptr (GError) error = NULL;
  LsSql *sql = ls_sql_open (path, LS_SQL_READ_ONLY, NULL, &error);

  g_assert_no_error (error);
  ls_sql_get_text (sql, &table, &error,
                   "SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB"
                   " 'rows_*_' || ? || '_*'",
                   "t", collection);
  g_assert_no_error (error);
  ls_sql_unref (sql);
  statement = g_strdup_printf ("UPDATE %s SET %s WHERE key = '%s'", table, set, key);
  spoil (path, statement);
}

/* A number of the server's /metrics. */
static uint64_t
metric (Fixture    *fixture,
        const char *name)
{
  g_autofree char *bearer =
      g_strdup_printf ("authorization: Bearer %s", ls_test_server_get_token (fixture->server));
  g_autofree char *request = g_strdup_printf (
      "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s\r\n\r\n", bearer);
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection) connection =
      g_socket_client_connect_to_host (client, "127.0.0.1",
                                       ls_test_server_get_port (fixture->server), NULL, &error);
  g_autoptr (GString) answer = g_string_new (NULL);
  g_autofree char *line = g_strdup_printf ("\nlockstep_%s ", name);
  char buffer[4096];
  gssize length;
  const char *found;

  g_assert_no_error (error);
  g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (connection)), request,
                             strlen (request), NULL, NULL, &error);
  g_assert_no_error (error);
  while ((length = g_input_stream_read (g_io_stream_get_input_stream (G_IO_STREAM (connection)),
                                        buffer, sizeof buffer, NULL, &error)) > 0)
    g_string_append_len (answer, buffer, length);
  g_assert_no_error (error);
  found = strstr (answer->str, line);
  g_assert_nonnull (found);
  return g_ascii_strtoull (found + strlen (line), NULL, 10);
}

static char *
product_row (int i)
{
  return g_strdup_printf (
      "{\"k\":\"p-%05d\",\"d\":{\"name\":\"Product number %d\",\"status\":\"active\",\"price\":%d,"
      "\"description\":\"Some words that tell what it is that is sold here and why number %d is worth"
      " its price\"}}",
      i, i, 100 + i, i);
}

static char *
write_products (Fixture *fixture)
{
  g_autofree char *path = ls_test_dir_file (fixture->dir, "products.ndjson");
  g_autoptr (GString) rows = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  for (int i = 0; i < N_PRODUCTS; i++)
    {
      g_autofree char *row = product_row (i);

      g_string_append_printf (rows, "%s\n", row);
    }
  g_file_set_contents (path, rows->str, (gssize) rows->len, &error);
  g_assert_no_error (error);
  return g_steal_pointer (&path);
}

static uint32_t
bucket_of (const char *key)
{
  g_autoptr (LsRecord) record = ls_record_new (ls_schema_collection (LS_PRODUCTS), key);

  return ls_digest_bucket (record);
}

/* Bytes that the rows of a bucket take as they were imported: the server sends more, with what is
 * derived. */
static size_t
bucket_bytes (uint32_t  bucket,
              unsigned *ret_rows)
{
  size_t total = 0;

  *ret_rows = 0;
  for (int i = 0; i < N_PRODUCTS; i++)
    {
      g_autofree char *key = g_strdup_printf ("p-%05d", i);
      g_autofree char *row = product_row (i);

      if (bucket_of (key) != bucket)
        continue;
      total += strlen (row);
      ++*ret_rows;
    }
  return total;
}

/* One number rots in the cache: the scrub finds it, and it costs less than its bucket. */
static void
test_client_row (Fixture      *fixture,
                 gconstpointer data)
{
  g_autofree char *rows = NULL;
  uint64_t before, bytes;
  unsigned n_rows;
  size_t bucket;

  rows = write_products (fixture);
  ls_test_server_stop (fixture->server);
  g_free (ls_test_server_run (fixture->server, NULL, "import", "--shop=music", rows, NULL));
  ls_test_server_start (fixture->server);
  ls_test_desk_start (fixture->desk, NULL);
  ls_test_desk_do (fixture->desk, "wait-live");
  ls_test_desk_do (fixture->desk, "wait-idle");
  while (ls_test_desk_get_verified (fixture->desk) < ls_test_desk_get_version (fixture->desk))
    ls_test_desk_iterate ();
  g_assert_cmpint (ls_test_desk_get_integer (fixture->desk, "products", ROTTEN, "price"), ==, 4811);

  spoil_cache (fixture, "products", "price = 1", ROTTEN);
  g_assert_cmpint (ls_test_desk_get_integer (fixture->desk, "products", ROTTEN, "price"), ==, 1);
  before = metric (fixture, "sent_bytes_total");
  g_assert_cmpint (ls_test_desk_check (fixture->desk), ==, 1);
  while (!ls_test_desk_has_heard (fixture->desk, "healed"))
    ls_test_desk_iterate ();
  bytes = metric (fixture, "sent_bytes_total") - before;
  g_assert_cmpint (ls_test_desk_get_integer (fixture->desk, "products", ROTTEN, "price"), ==, 4811);
  g_assert_cmpuint (metric (fixture, "healed_rows_total"), ==, 1);

  bucket = bucket_bytes (bucket_of (ROTTEN), &n_rows);
  g_test_message ("%" G_GUINT64_FORMAT " bytes came on the wire; the bucket's %u rows have %zu",
                  bytes, n_rows, bucket);
  g_assert_cmpuint (bytes, >, 0);
  g_assert_cmpuint (bytes, <=, bucket);
  g_assert_cmpint (ls_test_desk_check (fixture->desk), ==, 0);
}

/* Rows that are missing, too many, or wrong under an edit that waits. */
static void
test_client_rows (Fixture      *fixture,
                  gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "cache.db", NULL);
  g_autofree char *sums = NULL;
  g_autofree char *server = NULL;

  ls_test_desk_start (fixture->desk, NULL);
  ls_test_desk_do (fixture->desk, "wait-live");
  ls_test_desk_do (fixture->desk, "put products drums name=Drums status=active price=1990 stock=10");
  ls_test_desk_do (fixture->desk, "put products bass name=Bass status=active price=990 stock=5");
  ls_test_desk_do (fixture->desk, "put products keys name=Keys status=active price=2990 stock=5");
  ls_test_desk_do (fixture->desk, "wait-idle");
  ls_test_desk_do (fixture->desk, "offline");
  ls_test_desk_do (fixture->desk, "edit products drums price 2490");
  /* What lies under the edit, in the middle of the file; what is shown; and three other rows. */
  spoil (path, "UPDATE shadow SET confirmed = replace(confirmed, '\"stock\":10', '\"stock\":99')");
  spoil_cache (fixture, "products", "price = 7", "drums");
  spoil_cache (fixture, "products", "key = 'bess'", "bass");
  spoil_cache (fixture, "products", "description = CAST(x'ff00fe' AS TEXT)", "keys");
  g_assert_cmpint (ls_test_desk_check (fixture->desk), >=, 2);
  g_assert_cmpint (ls_test_desk_get_integer (fixture->desk, "products", "drums", "price"), ==,
                   2490);
  ls_test_desk_do (fixture->desk, "online");
  ls_test_desk_do (fixture->desk, "wait-live");
  ls_test_desk_do (fixture->desk, "wait-idle");
  while (!ls_test_desk_has_heard (fixture->desk, "healed") ||
         ls_test_desk_get_integer (fixture->desk, "products", "bass", "price") != 990)
    ls_test_desk_iterate ();
  while (ls_test_desk_get_verified (fixture->desk) < ls_test_desk_get_version (fixture->desk))
    ls_test_desk_iterate ();
  g_assert_cmpint (ls_test_desk_get_integer (fixture->desk, "products", "drums", "price"), ==,
                   2490);
  g_assert_cmpint (ls_test_desk_get_integer (fixture->desk, "products", "drums", "stock"), ==, 10);
  g_assert_cmpint (ls_test_desk_get_integer (fixture->desk, "products", "keys", "price"), ==, 2990);
  g_assert_cmpint (ls_test_desk_get_integer (fixture->desk, "products", "bess", "price"), ==, -1);
  sums = ls_test_desk_get_sums (fixture->desk);
  server = ls_test_proof_sums (ls_test_server_get_data (fixture->server), "music");
  g_assert_cmpstr (sums, ==, server);
  g_assert_cmpint (ls_test_desk_check (fixture->desk), ==, 0);
}

/* A client that was killed reads all its rows by itself, soon after it is back. */
static void
test_client_killed (Fixture      *fixture,
                    gconstpointer data)
{
  ls_test_desk_start (fixture->desk, NULL);
  ls_test_desk_do (fixture->desk, "wait-live");
  ls_test_desk_do (fixture->desk, "put products drums name=Drums status=active price=1990 stock=10");
  ls_test_desk_do (fixture->desk, "wait-idle");
  spoil_cache (fixture, "products", "price = 7", "drums");
  ls_test_desk_kill (fixture->desk);
  ls_test_desk_start (fixture->desk, NULL);
  ls_test_desk_do (fixture->desk, "wait-live");
  while (!ls_test_desk_has_heard (fixture->desk, "healed"))
    ls_test_desk_iterate ();
  g_assert_cmpint (ls_test_desk_get_integer (fixture->desk, "products", "drums", "price"), ==, 1990);
}

static void
make_order (Fixture *fixture)
{
  ls_test_desk_start (fixture->desk, NULL);
  ls_test_desk_do (fixture->desk, "wait-live");
  ls_test_desk_do (fixture->desk, "put products drums name=Drums status=active price=1990 stock=10");
  ls_test_desk_do (fixture->desk, "put orders o1 number=1 status=paid currency=EUR"
                                  " placed_at=1790000000000000");
  ls_test_desk_do (fixture->desk, "put order_items i1 order=o1 product=drums name=Drums quantity=2"
                                  " unit_price=1990");
  ls_test_desk_do (fixture->desk, "wait-idle");
  g_assert_cmpint (ls_test_desk_get_integer (fixture->desk, "orders", "o1", "total"), ==, 3980);
}

/* A derived number and one that is not rot in the server's file: both are put right through the log,
 * and arrive where the wrong ones had arrived. */
static void
test_server (Fixture      *fixture,
             gconstpointer data)
{
  g_autofree char *path =
      g_build_filename (ls_test_server_get_data (fixture->server), "lockstep.db", NULL);
  int64_t version;

  make_order (fixture);
  ls_test_desk_quit (fixture->desk);
  ls_test_server_stop (fixture->server);
  spoil (path, "UPDATE orders SET total = 7 WHERE key = 'o1';"
               "UPDATE products SET stock = 77, units_sold = 70 WHERE key = 'drums'");
  ls_test_desk_free (fixture->desk);
  g_free (fixture->folder);
  fixture->folder = ls_test_dir_file (fixture->dir, "another");
  fixture->desk = ls_test_desk_new (ls_test_server_get_url (fixture->server),
                                    ls_test_server_get_token (fixture->server), fixture->folder);
  ls_test_server_start (fixture->server);
  ls_test_desk_start (fixture->desk, NULL);
  ls_test_desk_do (fixture->desk, "wait-live");
  version = ls_test_desk_get_version (fixture->desk);
  while (ls_test_desk_get_integer (fixture->desk, "orders", "o1", "total") != 3980 ||
         ls_test_desk_get_integer (fixture->desk, "products", "drums", "units_sold") != 2)
    ls_test_desk_iterate ();
  g_assert_cmpint (ls_test_desk_get_integer (fixture->desk, "products", "drums", "stock"), ==, 10);
  g_assert_cmpint (ls_test_desk_get_version (fixture->desk), >=, version);
  g_assert_cmpuint (metric (fixture, "scrub_found_total"), >=, 3);
  g_assert_cmpuint (metric (fixture, "scrub_repaired_total"), >=, 2);
  g_assert_cmpuint (metric (fixture, "scrub_unrepaired"), ==, 0);
  while (ls_test_desk_get_verified (fixture->desk) < ls_test_desk_get_version (fixture->desk))
    ls_test_desk_iterate ();
  g_assert_cmpint (ls_test_desk_check (fixture->desk), ==, 0);
}

/* The same, while the server runs and clients hold the right values: everybody ends with them. */
static void
test_server_running (Fixture      *fixture,
                     gconstpointer data)
{
  g_autofree char *path =
      g_build_filename (ls_test_server_get_data (fixture->server), "lockstep.db", NULL);
  g_autofree char *sums = NULL;
  g_autofree char *server = NULL;

  make_order (fixture);
  spoil (path, "UPDATE orders SET total = 7 WHERE key = 'o1'");
  while (metric (fixture, "scrub_repaired_total") == 0)
    ;
  ls_test_desk_do (fixture->desk, "wait-idle");
  g_assert_cmpint (ls_test_desk_get_integer (fixture->desk, "orders", "o1", "total"), ==, 3980);
  while (ls_test_desk_get_verified (fixture->desk) < ls_test_desk_get_version (fixture->desk))
    ls_test_desk_iterate ();
  sums = ls_test_desk_get_sums (fixture->desk);
  server = ls_test_proof_sums (ls_test_server_get_data (fixture->server), "music");
  g_assert_cmpstr (sums, ==, server);
}

/* After the server was killed its rows are read at once, however long the interval is. */
static void
test_server_killed (Fixture      *fixture,
                    gconstpointer data)
{
  make_order (fixture);
  ls_test_server_kill (fixture->server);
  ls_test_server_start (fixture->server);
  while (metric (fixture, "scrub_passes_total") == 0)
    ;
  g_assert_cmpuint (metric (fixture, "scrub_found_total"), ==, 0);
}

/* `lockstepd check` says where, and with --repair mends. */
static void
test_check (Fixture      *fixture,
            gconstpointer data)
{
  g_autofree char *path =
      g_build_filename (ls_test_server_get_data (fixture->server), "lockstep.db", NULL);
  g_autofree char *output = NULL;
  g_autofree char *repaired = NULL;
  g_autofree char *after = NULL;

  make_order (fixture);
  ls_test_desk_quit (fixture->desk);
  ls_test_server_stop (fixture->server);
  spoil (path, "UPDATE orders SET total = 7 WHERE key = 'o1';"
               "UPDATE products SET name = 'Dreams' WHERE key = 'drums'");
  g_assert_cmpint (ls_test_server_try (fixture->server, &output, NULL, "check", NULL), ==, 1);
  g_assert_nonnull (strstr (output, "music: products drums: name: “Dreams” is stored, the log set "
                                    "“Drums”"));
  g_assert_cmpint (
      ls_test_server_try (fixture->server, &repaired, NULL, "check", "--repair", NULL), ==, 0);
  g_assert_nonnull (
      strstr (repaired, "music: orders o1: total: 7 is stored, 3980 follows from the rows"));
  g_assert_nonnull (strstr (repaired, "0 differences left"));
  g_assert_cmpint (ls_test_server_try (fixture->server, &after, NULL, "check", NULL), ==, 0);
  g_assert_nonnull (strstr (after, ": 0 differences found, 0 rows repaired, 0 differences left"));
  ls_test_server_start (fixture->server);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add ("/heal/client-row", Fixture, NULL, set_up, test_client_row, tear_down);
  g_test_add ("/heal/client-rows", Fixture, NULL, set_up, test_client_rows, tear_down);
  g_test_add ("/heal/client-killed", Fixture, NULL, set_up, test_client_killed, tear_down);
  g_test_add ("/heal/server", Fixture, "--scrub-interval=1s", set_up, test_server, tear_down);
  g_test_add ("/heal/server-running", Fixture, "--scrub-interval=1s", set_up, test_server_running,
              tear_down);
  g_test_add ("/heal/server-killed", Fixture, "--scrub-interval=1d", set_up, test_server_killed,
              tear_down);
  g_test_add ("/heal/check", Fixture, NULL, set_up, test_check, tear_down);

  return g_test_run ();
}
