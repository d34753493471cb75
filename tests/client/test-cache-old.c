/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#include "ls-test-archive.h"
#include "ls-test-dir.h"
#include "ls-test-environment.h"
#include "ls-test-rows.h"
#include "sql/ls-sql-error.h"

/* Files of older versions, of newer ones, and damaged ones. */

typedef struct {
  LsTestDir *dir;
  LsEnvironment *environment;
  char *path;
} Fixture;

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  fixture->dir = ls_test_dir_new ();
  fixture->environment = LS_ENVIRONMENT (ls_test_environment_new (1));
  fixture->path = ls_test_dir_file (fixture->dir, "cache.db");
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  g_object_unref (fixture->environment);
  g_free (fixture->path);
  ls_test_dir_free (fixture->dir);
}

static void
copy_archive (Fixture *fixture,
              unsigned version)
{
  g_autofree char *name = g_strdup_printf ("v%u.db.gz", version);
  g_autofree char *archive = g_build_filename (ARCHIVES, name, NULL);
  g_autoptr (GFile) packed = g_file_new_for_path (archive);
  g_autoptr (GFile) target = g_file_new_for_path (fixture->path);
  g_autoptr (GZlibDecompressor) unpacker =
      g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP);
  g_autoptr (GFileInputStream) from = NULL;
  g_autoptr (GFileOutputStream) to = NULL;
  g_autoptr (GInputStream) unpacked = NULL;
  g_autoptr (GError) error = NULL;

  from = g_file_read (packed, NULL, &error);
  g_assert_no_error (error);
  to = g_file_replace (target, NULL, FALSE, G_FILE_CREATE_NONE, NULL, &error);
  g_assert_no_error (error);
  unpacked = g_converter_input_stream_new (G_INPUT_STREAM (from), G_CONVERTER (unpacker));
  g_output_stream_splice (G_OUTPUT_STREAM (to), unpacked,
                          G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE |
                              G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET,
                          NULL, &error);
  g_assert_no_error (error);
}

static LsCache *
open_cache (Fixture *fixture)
{
  return ls_test_cache (fixture->environment, fixture->path);
}

static void
run_sql (Fixture    *fixture,
         const char *sql)
{
  sqlite3 *db;

  g_assert_cmpint (sqlite3_open (fixture->path, &db), ==, SQLITE_OK);
  if (sqlite3_exec (db, sql, NULL, NULL, NULL) != SQLITE_OK)
    g_error ("%s", sqlite3_errmsg (db));
  sqlite3_close (db);
}

/* Every version that there was has its file, and all that was in it is there still. */
static void
test_archives (Fixture      *fixture,
               gconstpointer data)
{
  g_assert_cmpuint (ls_cache_get_schema_version (), >=, 1);
  for (unsigned version = 1; version <= ls_cache_get_schema_version (); version++)
    {
      LsCache *cache;
      unsigned n_edits;

      g_test_message ("version %u", version);
      copy_archive (fixture, version);
      cache = open_cache (fixture);
      g_assert_null (ls_cache_get_set_aside (cache, &n_edits));
      ls_test_archive_check (cache);
      g_object_unref (cache);
      /* And once more, when there is nothing to migrate. */
      cache = open_cache (fixture);
      ls_test_archive_check (cache);
      g_object_unref (cache);
      g_unlink (fixture->path);
    }
}

/* A file of a newer version is refused in words that help, and stays as it is. */
static void
test_newer (Fixture      *fixture,
            gconstpointer data)
{
  g_autofree char *before = NULL, *after = NULL;
  size_t n_before, n_after;
  g_autoptr (GError) error = NULL;
  g_autofree char *sql =
      g_strdup_printf ("PRAGMA user_version = %u", ls_cache_get_schema_version () + 1);

  copy_archive (fixture, ls_cache_get_schema_version ());
  run_sql (fixture, sql);
  g_file_get_contents (fixture->path, &before, &n_before, &error);
  g_assert_no_error (error);
  g_assert_null (ls_cache_open (fixture->environment, fixture->path, NULL, &error));
  g_assert_error (error, LS_SQL_ERROR, LS_SQL_ERROR_TOO_NEW);
  g_assert_nonnull (strstr (error->message, "newer version"));
  g_clear_error (&error);
  g_file_get_contents (fixture->path, &after, &n_after, &error);
  g_assert_cmpmem (before, n_before, after, n_after);
}

static void
overwrite (Fixture    *fixture,
           off_t       offset,
           const char *bytes,
           size_t      length)
{
  int fd = open (fixture->path, O_WRONLY | O_CLOEXEC);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (pwrite (fd, bytes, length, offset), ==, (ssize_t) length);
  close (fd);
}

static int64_t
number (sqlite3    *db,
        const char *sql)
{
  sqlite3_stmt *statement;
  int64_t value;

  g_assert_cmpint (sqlite3_prepare_v2 (db, sql, -1, &statement, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  value = sqlite3_column_int64 (statement, 0);
  sqlite3_finalize (statement);
  return value;
}

/* The first page of a table is not what it was. */
static void
spoil_table (Fixture    *fixture,
             const char *table)
{
  g_autofree char *sql =
      g_strdup_printf ("SELECT rootpage FROM sqlite_schema WHERE name = '%s'", table);
  g_autofree char *noise = NULL;
  int64_t page, size;
  sqlite3 *db;

  g_assert_cmpint (sqlite3_open (fixture->path, &db), ==, SQLITE_OK);
  page = number (db, sql);
  size = number (db, "PRAGMA page_size");
  sqlite3_close (db);
  noise = g_malloc ((size_t) size);
  memset (noise, 0x5a, (size_t) size);
  overwrite (fixture, (page - 1) * size, noise, (size_t) size);
}

static void
assert_began_anew (Fixture *fixture,
                   LsCache *cache,
                   unsigned n_edits)
{
  unsigned n_salvaged;
  const char *kept = ls_cache_get_set_aside (cache, &n_salvaged);
  LsPosition position;
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (kept);
  g_assert_true (g_str_has_prefix (kept, fixture->path));
  g_assert_true (g_file_test (kept, G_FILE_TEST_EXISTS));
  g_assert_cmpuint (n_salvaged, ==, n_edits);
  ls_cache_get_position (cache, LS_TEST_SHOP, &position, NULL, NULL, NULL);
  g_assert_cmpint (position.version, ==, 0);
  g_assert_true (ls_cache_check (cache, &error));
}

static void
test_no_database (Fixture      *fixture,
                  gconstpointer data)
{
  g_autoptr (LsCache) cache = NULL;

  copy_archive (fixture, ls_cache_get_schema_version ());
  overwrite (fixture, 0, "this is no database at all", 26);
  cache = open_cache (fixture);
  assert_began_anew (fixture, cache, 0);
}

/* What can be read of the edits comes over: those that wait wait again, under their old mids, and
 * show as soon as their rows have come. */
static void
test_damaged (Fixture      *fixture,
              gconstpointer data)
{
  static const char *const mids[] = { "mid-sent", "mid-queued", "mid-new" };
  g_autoptr (LsCache) cache = NULL;
  g_autoptr (GPtrArray) waiting = NULL;
  g_autoptr (GPtrArray) dead = NULL;
  g_autoptr (GPtrArray) records = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_record_unref);
  g_autoptr (LsRecord) row = NULL;
  g_autoptr (GError) error = NULL;
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);
  unsigned version = GPOINTER_TO_UINT (data);

  copy_archive (fixture, version);
  spoil_table (fixture, "shadow");
  cache = open_cache (fixture);
  assert_began_anew (fixture, cache, 4);

  waiting = ls_cache_list_edits (cache, LS_TEST_SHOP, LS_EDITS_WAITING, &error);
  g_assert_cmpuint (waiting->len, ==, G_N_ELEMENTS (mids));
  for (unsigned i = 0; i < waiting->len; i++)
    {
      const LsEdit *edit = g_ptr_array_index (waiting, i);

      g_assert_cmpstr (edit->mid, ==, mids[i]);
      g_assert_cmpint (edit->state, ==, LS_EDIT_QUEUED);
      /* It goes as it went: the server may know it. */
      g_assert_cmpint (edit->n, ==, i == 0 ? LS_EDIT_N_PAST : 0);
    }
  dead = ls_cache_list_edits (cache, LS_TEST_SHOP, LS_EDIT_MASK (LS_EDIT_DEAD), &error);
  g_assert_cmpuint (dead->len, ==, 1);
  g_assert_cmpstr (((LsEdit *) g_ptr_array_index (dead, 0))->message, ==, "somebody was faster");
  g_assert_cmpint (((LsEdit *) g_ptr_array_index (dead, 0))->reason != NULL, ==, version > 1);

  for (int i = 1; i <= 6; i++)
    {
      g_autofree char *key = g_strdup_printf ("p%d", i);

      g_ptr_array_add (records, ls_test_product (key, "Theirs", 100 * i, i));
    }
  ls_test_snapshot (cache, records, 20, 0);
  row = ls_cache_get_visible (cache, LS_TEST_SHOP, products, "p5", &error);
  g_assert_cmpint (ls_record_get_integer (row, ls_test_field (products, "stock"), -1), ==, 55);
  g_clear_pointer (&row, ls_record_unref);
  row = ls_cache_get_visible (cache, LS_TEST_SHOP, products, "p6", &error);
  g_assert_cmpstr (ls_record_get_text (row, ls_test_field (products, "name")), ==, "Mine");
  g_clear_pointer (&row, ls_record_unref);
  row = ls_cache_get_visible (cache, LS_TEST_SHOP, products, "mine", &error);
  g_assert_nonnull (row);
}

/* What a restored server lost is offered again from the new file. */
static void
test_damaged_lost (Fixture      *fixture,
                   gconstpointer data)
{
  g_autoptr (LsCache) cache = NULL;
  g_autoptr (GPtrArray) lost = NULL;
  g_autoptr (GError) error = NULL;

  copy_archive (fixture, ls_cache_get_schema_version ());
  cache = open_cache (fixture);
  g_assert_true (ls_cache_lose_edits (cache, LS_TEST_SHOP, 0, &error));
  g_clear_object (&cache);
  spoil_table (fixture, "shadow");
  cache = open_cache (fixture);
  assert_began_anew (fixture, cache, 5);
  lost = ls_cache_list_edits (cache, LS_TEST_SHOP, LS_EDIT_MASK (LS_EDIT_LOST), &error);
  g_assert_no_error (error);
  g_assert_cmpuint (lost->len, ==, 1);
  g_assert_cmpstr (((LsEdit *) g_ptr_array_index (lost, 0))->mid, ==, "mid-applied");
}

/* Damage that only a job comes across is looked for at the next opening. */
static void
test_suspect (Fixture      *fixture,
              gconstpointer data)
{
  g_autoptr (GError) harmless = g_error_new_literal (LS_SQL_ERROR, LS_SQL_ERROR_BUSY, "busy");
  g_autoptr (GError) damage = g_error_new_literal (LS_SQL_ERROR, LS_SQL_ERROR_CORRUPT, "malformed");
  g_autofree char *marker = g_strconcat (fixture->path, ".suspect", NULL);
  LsCache *cache;
  unsigned n_edits;

  copy_archive (fixture, ls_cache_get_schema_version ());
  cache = open_cache (fixture);
  ls_cache_suspect (cache, NULL);
  ls_cache_suspect (cache, harmless);
  g_assert_false (g_file_test (marker, G_FILE_TEST_EXISTS));
  ls_cache_suspect (cache, damage);
  g_object_unref (cache);
  /* It was nothing. */
  cache = open_cache (fixture);
  g_assert_null (ls_cache_get_set_aside (cache, &n_edits));
  g_assert_false (g_file_test (marker, G_FILE_TEST_EXISTS));
  ls_test_archive_check (cache);
  ls_cache_suspect (cache, damage);
  g_object_unref (cache);
  /* It was something: an index that lacks a row. */
  run_sql (fixture, "PRAGMA writable_schema = ON;"
                    "UPDATE sqlite_schema SET sql = replace (sql, '(key)', '(name)')"
                    " WHERE type = 'index' AND name LIKE 'rows_%_products_%_key'");
  cache = open_cache (fixture);
  assert_began_anew (fixture, cache, 4);
  g_assert_false (g_file_test (marker, G_FILE_TEST_EXISTS));
  g_object_unref (cache);
}

/* Cleaning gives room back, and takes nothing that anybody needs: rows, digests, edits are as they
 * were. */
static void
test_clean (Fixture      *fixture,
            gconstpointer data)
{
  g_autofree char *damaged = g_strconcat (fixture->path, ".damaged-20200101-000000", NULL);
  g_autofree char *backup = g_strconcat (fixture->path, ".v0.bak", NULL);
  g_autofree char *filler = g_malloc0 (100000);
  g_autoptr (LsCache) cache = NULL;
  int64_t rows, bytes, unused, rows_after, bytes_after;
  g_autoptr (GError) error = NULL;

  copy_archive (fixture, ls_cache_get_schema_version ());
  g_file_set_contents (damaged, filler, 100000, &error);
  g_file_set_contents (backup, filler, 100000, &error);
  cache = open_cache (fixture);
  /* A snapshot leaves the pages of the rows that it replaced. */
  ls_cache_remove_shop (cache, "books", &error);
  g_assert_no_error (error);
  for (bool more = true; more;)
    g_assert_true (ls_cache_tidy (cache, &more, &error));
  ls_cache_name_shop (cache, "books", "Books", "staff", &error);
  g_assert_true (ls_cache_measure (cache, &rows, &bytes, &unused, &error));
  g_assert_cmpint (rows, ==, 39);
  g_assert_cmpint (bytes, >, 200000);

  ls_cache_clean (cache, INT64_MAX, &error);
  g_assert_no_error (error);
  g_assert_true (g_file_test (damaged, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (backup, G_FILE_TEST_EXISTS));
  ls_test_archive_check (cache);
  ls_cache_clean (cache, 0, &error);
  g_assert_no_error (error);
  g_assert_false (g_file_test (damaged, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (backup, G_FILE_TEST_EXISTS));
  ls_test_archive_check (cache);
  g_assert_true (ls_cache_measure (cache, &rows_after, &bytes_after, &unused, &error));
  g_assert_cmpint (rows_after, ==, rows);
  g_assert_cmpint (unused, ==, 0);
  /* What went through the log is not left in it. */
  g_assert_cmpint (bytes_after, <, bytes - 200000);
}

int
main (int    argc,
      char **argv)
{
  static const struct {
    const char *name;
    void (*test) (Fixture *fixture, gconstpointer data);
  } tests[] = {
    { "archives", test_archives }, { "newer", test_newer },     { "no-database", test_no_database },
    { "clean", test_clean },       { "suspect", test_suspect },   { "damaged-lost", test_damaged_lost },
  };

  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strconcat ("/cache-old/", tests[i].name, NULL);

      g_test_add (path, Fixture, NULL, set_up, tests[i].test, tear_down);
    }
  for (unsigned version = 1; version <= ls_cache_get_schema_version (); version++)
    {
      g_autofree char *path = g_strdup_printf ("/cache-old/damaged/%u", version);

      g_test_add (path, Fixture, GUINT_TO_POINTER (version), set_up, test_damaged, tear_down);
    }
  return g_test_run ();
}
