/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <glib/gstdio.h>
#include <utime.h>

#include "client/ls-client.h"
#include "client/ls-client-statistics.h"
#include "client/ls-memory.h"
#include "ls-test-cache.h"
#include "sql/ls-sql-maintenance.h"

/* What a copy takes on the disk and in memory, and what is given back of it. */

#define N_ROWS 3000
#define MEGABYTE (1024 * 1024)
#define DAY (INT64_C (86400) * G_USEC_PER_SEC)

typedef struct {
  int64_t rows, bytes, free;
} Room;

static Room
measure (LsTestCache *self)
{
  g_autoptr (GError) error = NULL;
  Room room;

  g_assert_true (ls_cache_measure (self->cache, &room.rows, &room.bytes, &room.free, &error));
  g_assert_no_error (error);
  return room;
}

static void
clean (LsTestCache *self,
       int64_t      max_bytes)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (ls_cache_clean (self->cache, max_bytes, &error));
  g_assert_no_error (error);
}

static void
fill (LsCache *cache)
{
  g_autoptr (GPtrArray) records =
      g_ptr_array_new_with_free_func ((GDestroyNotify) ls_record_unref);
  g_autofree char *name = g_strnfill (190, 'n');

  for (int i = 0; i < N_ROWS; i++)
    {
      g_autofree char *key = g_strdup_printf ("p%05d", i);

      g_ptr_array_add (records, ls_test_product (key, name, 1000, i));
    }
  ls_test_snapshot (cache, records, 10, 0);
}

/* All but the first ten. */
static void
remove_most (LsCache *cache)
{
  LsMessage *delta = ls_test_delta (10, 10 + N_ROWS - 10);
  g_autoptr (GError) error = NULL;

  for (int i = 10; i < N_ROWS; i++)
    {
      g_autofree char *key = g_strdup_printf ("p%05d", i);

      ls_test_delta_take (delta, i + 1, ls_test_del (key), NULL);
    }
  g_assert_true (ls_cache_apply_delta (cache, delta, &error));
  g_assert_no_error (error);
  ls_message_unref (delta);
}

/* Rows that went leave pages behind, which go back; rows and edits stay. */
static void
test_pages (LsTestCache   *self,
            gconstpointer  data)
{
  Room full, emptied, cleaned;
  g_autoptr (GPtrArray) changes = ls_test_changes (ls_test_set_integer ("p00003", "price", 7), NULL);
  g_autoptr (LsEdit) edit = NULL;
  g_autoptr (GError) error = NULL;

  fill (self->cache);
  edit = ls_cache_add_edit (self->cache, LS_TEST_SHOP, "mid-1", changes, &error);
  g_assert_no_error (error);
  full = measure (self);
  g_assert_cmpint (full.rows, ==, N_ROWS);
  g_assert_cmpint (full.bytes, >, 190 * N_ROWS);
  remove_most (self->cache);
  emptied = measure (self);
  g_assert_cmpint (emptied.rows, ==, 10);
  g_assert_cmpint (emptied.free, >, 190 * N_ROWS / 2);
  clean (self, INT64_MAX);
  cleaned = measure (self);
  g_assert_cmpint (cleaned.rows, ==, 10);
  g_assert_cmpint (cleaned.free, ==, 0);
  ls_test_cache_reopen (self);
  g_assert_cmpint (measure (self).rows, ==, 10);
  g_assert_cmpint (ls_test_cache_visible (self, "p00003", "price"), ==, 7);
  g_assert_cmpint (ls_test_cache_confirmed (self, "p00003", "price"), ==, 1000);
}

static char *
keep_file (LsTestCache *self,
           const char  *ending,
           int64_t      modified)
{
  char *path = g_strconcat (self->path, ending, NULL);
  g_autofree char *bytes = g_strnfill (MEGABYTE, 'x');
  struct utimbuf times = { .actime = modified, .modtime = modified };
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (path, bytes, MEGABYTE, &error));
  g_assert_no_error (error);
  g_assert_cmpint (utime (path, &times), ==, 0);
  return path;
}

static bool
is_there (const char *path)
{
  return g_file_test (path, G_FILE_TEST_EXISTS);
}

/* Old files go for the limit, the oldest first and no more than needed; nobody else's do. */
static void
test_files (LsTestCache   *self,
            gconstpointer  data)
{
  g_autofree char *oldest = keep_file (self, ".damaged-2", 1000);
  g_autofree char *middle = keep_file (self, ".1.bak", 2000);
  g_autofree char *newest = keep_file (self, ".damaged-1", 3000);
  g_autofree char *other = keep_file (self, ".notes", 500);
  int64_t own;

  ls_test_cache_put_two (self);
  clean (self, 100 * MEGABYTE);
  own = measure (self).bytes - 3 * MEGABYTE;
  g_assert_cmpint (own, >, 0);
  g_assert_true (is_there (oldest) && is_there (middle) && is_there (newest));
  clean (self, own + 2 * MEGABYTE + MEGABYTE / 2);
  g_assert_false (is_there (oldest));
  g_assert_true (is_there (middle) && is_there (newest));
  clean (self, 1);
  g_assert_false (is_there (middle) || is_there (newest));
  g_assert_true (is_there (other));
  g_assert_cmpint (measure (self).rows, ==, 2);
}

static void
done_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  GAsyncResult **slot = user_data;

  *slot = g_object_ref (result);
}

typedef struct {
  LsTestDir *dir;
  LsTestEnvironment *environment;
  LsClient *client;
  char *path;
} Account;

static void
account_set_up (Account       *self,
                gconstpointer  data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  LsCache *cache;

  self->dir = ls_test_dir_new ();
  self->environment = ls_test_environment_new (1);
  self->path = ls_test_dir_file (self->dir, "cache.db");
  cache = ls_test_cache (LS_ENVIRONMENT (self->environment), self->path);
  fill (cache);
  remove_most (cache);
  g_object_unref (cache);
  self->client = ls_client_new (LS_ENVIRONMENT (self->environment), "http://127.0.0.1:9", "ana",
                                ls_test_dir_get_path (self->dir));
  ls_client_open_async (self->client, NULL, done_cb, &result);
  while (result == NULL)
    {
      ls_test_environment_run (self->environment);
      g_main_context_iteration (NULL, FALSE);
    }
  g_assert_true (ls_client_open_finish (self->client, result, &error));
  g_assert_no_error (error);
}

static void
account_tear_down (Account       *self,
                   gconstpointer  data)
{
  ls_client_stop (self->client);
  ls_test_environment_run (self->environment);
  g_object_unref (self->client);
  g_object_unref (self->environment);
  g_free (self->path);
  ls_test_dir_free (self->dir);
}

static LsClientStatistics
count (Account *self)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  LsClientStatistics statistics;

  ls_client_get_statistics_async (self->client, NULL, done_cb, &result);
  while (result == NULL)
    {
      ls_test_environment_run (self->environment);
      g_main_context_iteration (NULL, FALSE);
    }
  g_assert_true (ls_client_get_statistics_finish (self->client, result, &statistics, &error));
  g_assert_no_error (error);
  return statistics;
}

/* Nobody asks for it, and it is done: not while the account opens, and again each day. */
static void
test_by_itself (Account       *self,
                gconstpointer  data)
{
  g_autofree char *kept = g_strconcat (self->path, ".damaged-1", NULL);
  LsClientStatistics before = count (self);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (before.rows, ==, 10);
  g_assert_cmpint (before.bytes_free, >, 190 * N_ROWS / 2);
  g_assert_cmpint (before.bytes_in_memory, >, 0);
  ls_client_set_disk_limit (self->client, before.bytes_on_disk / 2);
  ls_test_environment_advance (self->environment, 60 * (int64_t) G_USEC_PER_SEC);
  g_assert_cmpint (count (self).bytes_free, ==, before.bytes_free);
  ls_test_environment_advance (self->environment, 600 * (int64_t) G_USEC_PER_SEC);
  g_assert_cmpint (count (self).bytes_free, ==, 0);
  g_assert_true (g_file_set_contents (kept, "damaged", -1, &error));
  ls_client_set_disk_limit (self->client, 0);
  ls_test_environment_advance (self->environment, DAY);
  g_assert_true (is_there (kept));
  ls_client_set_disk_limit (self->client, 1);
  ls_test_environment_advance (self->environment, DAY);
  g_assert_false (is_there (kept));
}

/* Pages that were read are at hand, up to the limit and no further. */
static void
test_memory (LsTestCache   *self,
             gconstpointer  data)
{
  static const int64_t limits[] = { 8 * MEGABYTE, MEGABYTE / 4 };
  int64_t used[G_N_ELEMENTS (limits)];

  fill (self->cache);
  for (size_t i = 0; i < G_N_ELEMENTS (limits); i++)
    {
      ls_memory_set_limit (limits[i]);
      g_assert_cmpint (ls_memory_get_limit (), ==, limits[i]);
      ls_test_cache_reopen (self);
      for (int k = 0; k < N_ROWS; k++)
        {
          g_autofree char *key = g_strdup_printf ("p%05d", k);

          g_assert_cmpint (ls_test_cache_visible (self, key, "stock"), ==, k);
        }
      used[i] = ls_sql_get_memory_used ();
    }
  ls_memory_set_limit (24 * MEGABYTE);
  g_assert_cmpint (used[0], >, 190 * N_ROWS);
  g_assert_cmpint (used[1], <, used[0] * 2 / 3);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) \
  g_test_add (path, LsTestCache, NULL, ls_test_cache_set_up, func, ls_test_cache_tear_down)
  ADD ("/cache-room/pages", test_pages);
  ADD ("/cache-room/files", test_files);
  ADD ("/cache-room/memory", test_memory);
  g_test_add ("/cache-room/by-itself", Account, NULL, account_set_up, test_by_itself,
              account_tear_down);
  return g_test_run ();
}
