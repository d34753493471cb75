/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The cache of an admin on a disk that rots: a file that was damaged anywhere is opened or refused in
 * words, and while it is open every call answers or says why not. The input is not the file but
 * the damage: operations of a byte, an offset of four and what belongs to it. */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "fuzz-target.h"
#include "ls-test-dir.h"
#include "ls-test-environment.h"
#include "ls-test-rows.h"
#include "sql/ls-sql.h"

#define PAGE 4096
#define MAX_OPERATIONS 64

/* What the low bits of an operation mean; the high one means the log, not the file. */
enum {
  WRITE,    /* a length and as many bytes */
  CUT,
  WIPE,     /* the page there */
  COPY,     /* that page over the one that four bytes more name */
  N_OPERATIONS,
};

typedef struct {
  LsTestDir *dir;
  LsEnvironment *environment;
  char *path;
  char *log_path;
  char *index_path;
  GByteArray *sound[2]; /* the file, its log */
} Bench;

static GByteArray *
read_file (const char *path)
{
  char *bytes = NULL;
  size_t length = 0;

  if (!g_file_get_contents (path, &bytes, &length, NULL))
    return g_byte_array_new ();
  return g_byte_array_new_take ((uint8_t *) bytes, length);
}

/* Some rows, some edits, one of them sent. Half of it is in the file, half in the log. */
static void
fill (Bench *bench)
{
  g_autoptr (LsCache) cache = ls_test_cache (bench->environment, bench->path);
  g_autoptr (GPtrArray) records =
      g_ptr_array_new_with_free_func ((GDestroyNotify) ls_record_unref);
  g_autoptr (GPtrArray) first = ls_test_changes (ls_test_add ("p1", "stock", 1), NULL);
  g_autoptr (GPtrArray) second = ls_test_changes (ls_test_set_integer ("p2", "price", 9), NULL);
  LsSql *sql;

  for (int i = 0; i < 30; i++)
    {
      g_autofree char *key = g_strdup_printf ("p%d", i);

      g_ptr_array_add (records, ls_test_product (key, "Drums", 1000 + i, i));
    }
  ls_test_snapshot (cache, records, 10, 0);
  ls_edit_unref (ls_cache_add_edit (cache, LS_TEST_SHOP, "m1", first, NULL));
  g_ptr_array_unref (ls_cache_number_edits (cache, LS_TEST_SHOP, 10, NULL));
  ls_cache_close (cache);
  g_clear_object (&cache);
  sql = ls_sql_open (bench->path, LS_SQL_READ_WRITE, NULL, NULL);
  g_assert_true (ls_sql_exec (sql, "PRAGMA wal_checkpoint(TRUNCATE)", NULL));
  ls_sql_unref (sql);
  cache = ls_test_cache (bench->environment, bench->path);
  ls_edit_unref (ls_cache_add_edit (cache, LS_TEST_SHOP, "m2", second, NULL));
  /* Closing moves the log into the file. */
  bench->sound[0] = read_file (bench->path);
  bench->sound[1] = read_file (bench->log_path);
}

static Bench *
get_bench (void)
{
  static Bench bench;

  if (bench.dir != NULL)
    return &bench;
  bench.dir = ls_test_dir_new ();
  bench.environment = LS_ENVIRONMENT (ls_test_environment_new (1));
  bench.path = ls_test_dir_file (bench.dir, "cache.db");
  bench.log_path = g_strconcat (bench.path, "-wal", NULL);
  bench.index_path = g_strconcat (bench.path, "-shm", NULL);
  fill (&bench);
  g_assert_cmpuint (bench.sound[0]->len, >, 0);
  g_assert_cmpuint (bench.sound[1]->len, >, 0);
  return &bench;
}

/* Returns how many bytes of the input it used, 0 when there is no more. */
static size_t
damage (GByteArray    *files[2],
        const uint8_t *data,
        size_t         size)
{
  GByteArray *file;
  uint32_t at, to;

  if (size < 10)
    return 0;
  file = files[data[0] >> 7];
  memcpy (&at, data + 1, sizeof at);
  memcpy (&to, data + 5, sizeof to);
  if (file->len < 2 * PAGE)
    return 10;
  at %= file->len;
  to %= file->len - PAGE;
  switch (data[0] % N_OPERATIONS)
    {
    case CUT:
      g_byte_array_set_size (file, at);
      break;
    case WIPE:
      memset (file->data + to / PAGE * PAGE, 0, PAGE);
      break;
    case COPY:
      at %= file->len - PAGE;
      memmove (file->data + to / PAGE * PAGE, file->data + at / PAGE * PAGE, PAGE);
      break;
    case WRITE:
    default:
      /* The header and the schema decide most: every other one goes there. */
      if (data[5] & 1)
        at %= PAGE;
      memcpy (file->data + at, data + 6, MIN (4, file->len - at));
      break;
    }
  return 10;
}

static void
write_file (const char *path,
            GByteArray *bytes)
{
  g_autoptr (GError) error = NULL;

  g_file_set_contents_full (path, (const char *) bytes->data, bytes->len, G_FILE_SET_CONTENTS_NONE,
                            0600, &error);
  g_assert_no_error (error);
}

static void
check (bool      ok,
       GError  **error)
{
  if (*error != NULL)
    fuzz_check_error (*error);
  else
    g_assert_true (ok);
  g_clear_error (error);
}

static void
bucket_cb (unsigned           bucket,
           const LsDigestSum *sum,
           gpointer           user_data)
{
}

static void
read_rows (LsCache *cache)
{
  GError *error = NULL;

  for (unsigned i = 0; i < LS_N_COLLECTIONS; i++)
    {
      const LsCollection *collection = ls_schema_collection ((LsCollectionId) i);
      LsDigestSum sum = { 0 };
      g_autoptr (LsRecord) visible =
          ls_cache_get_visible (cache, LS_TEST_SHOP, collection, "p1", &error);
      g_autoptr (LsRecord) confirmed = NULL;

      check (true, &error);
      confirmed = ls_cache_get_confirmed (cache, LS_TEST_SHOP, collection, "p1", &error);
      check (true, &error);
      ls_cache_get_digest (cache, LS_TEST_SHOP, collection, &sum, &error);
      check (true, &error);
      ls_cache_list_buckets (cache, LS_TEST_SHOP, collection, bucket_cb, NULL, &error);
      check (true, &error);
    }
}

static void
use (LsCache *cache)
{
  g_autoptr (GPtrArray) shops = ls_cache_list_shops (cache);
  g_autoptr (GPtrArray) edits = NULL;
  g_autoptr (GPtrArray) numbered = NULL;
  g_autoptr (GPtrArray) changes = ls_test_changes (ls_test_add ("p3", "stock", 1), NULL);
  g_autoptr (LsMessage) delta = ls_test_delta (10, 11);
  g_autoptr (LsEdit) edit = NULL;
  bool more = false;
  GError *error = NULL;

  read_rows (cache);
  edits = ls_cache_list_edits (cache, LS_TEST_SHOP, LS_EDITS_WAITING, &error);
  check (edits != NULL, &error);
  edit = ls_cache_add_edit (cache, LS_TEST_SHOP, "m3", changes, &error);
  check (edit != NULL, &error);
  numbered = ls_cache_number_edits (cache, LS_TEST_SHOP, 10, &error);
  check (numbered != NULL, &error);
  ls_test_delta_take (delta, 11, ls_test_set_integer ("p1", "price", 7), NULL);
  check (ls_cache_apply_delta (cache, delta, &error), &error);
  check (ls_cache_discard_edit (cache, "m2", &error), &error);
  check (ls_cache_tidy (cache, &more, &error), &error);
  ls_cache_check (cache, &error);
  check (true, &error);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  Bench *bench = get_bench ();
  GByteArray *files[2] = { g_byte_array_new (), g_byte_array_new () };
  g_autoptr (LsCache) cache = NULL;
  g_autoptr (GError) error = NULL;
  size_t used;

  for (int i = 0; i < 2; i++)
    g_byte_array_append (files[i], bench->sound[i]->data, bench->sound[i]->len);
  for (int i = 0; i < MAX_OPERATIONS && (used = damage (files, data, size)) > 0; i++)
    {
      data += used;
      size -= used;
    }
  write_file (bench->path, files[0]);
  write_file (bench->log_path, files[1]);
  g_unlink (bench->index_path);
  g_byte_array_unref (files[0]);
  g_byte_array_unref (files[1]);
  cache = ls_cache_open (bench->environment, bench->path, NULL, &error);
  if (cache == NULL)
    fuzz_check_error (error);
  else
    use (cache);
  return 0;
}
