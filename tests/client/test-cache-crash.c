/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/ls-error.h"
#include "ls-test-dir.h"
#include "ls-test-environment.h"
#include "ls-test-rows.h"
#include "ls-test-vfs.h"

/* Random work, compared with a model that computes everything from the beginning; and the end of
 * the process in the middle of it. */

#define N_KEYS 24
#define N_STEPS 1500

typedef struct {
  LsTestDir *dir;
  LsEnvironment *environment;
  char *path;
  LsCache *cache;
  GRand *rand;
  int64_t version;
  LsRecord *rows[N_KEYS];   /* as the server has them */
  GHashTable *contained;    /* mids of edits that the rows have */
  unsigned n_edits;
  unsigned n_failures;
} Model;

static char *
key_name (unsigned key)
{
  return g_strdup_printf ("key-%u", key);
}

static unsigned
key_number (const char *key)
{
  return (unsigned) g_ascii_strtoull (key + strlen ("key-"), NULL, 10);
}

static const LsCollection *
products (void)
{
  return ls_schema_collection (LS_PRODUCTS);
}

static LsRecord *
random_product (Model      *model,
                const char *key)
{
  g_autofree char *name = g_strdup_printf ("Name %d", g_rand_int_range (model->rand, 0, 10));

  return ls_test_product (key, name, g_rand_int_range (model->rand, 0, 100),
                          g_rand_int_range (model->rand, 0, 100));
}

/* A change that fits the row, or %NULL. */
static LsChange *
random_change (Model          *model,
               const char     *key,
               const LsRecord *row,
               bool            may_add)
{
  int dice = g_rand_int_range (model->rand, 0, 10);
  g_autoptr (LsRecord) record = NULL;

  if (row == NULL || dice == 0)
    {
      record = random_product (model, key);
      return ls_change_new_put (record);
    }
  if (dice == 1)
    return ls_test_del (key);
  if (dice < 4)
    return ls_test_set_text (key, "name", dice == 2 ? "Élan" : "zzz");
  if (dice < 6 && may_add)
    return ls_test_add (key, "stock", g_rand_int_range (model->rand, -3, 4));
  return ls_test_set_integer (key, "price", g_rand_int_range (model->rand, 0, 1000));
}

static void
apply_to_server (Model          *model,
                 const LsChange *change)
{
  unsigned key = key_number (change->key);
  LsRecord *after =
      ls_change_apply (change, model->rows[key], LS_APPLY_EXACT, NULL);

  g_clear_pointer (&model->rows[key], ls_record_unref);
  model->rows[key] = after;
}

static void
others_work (Model *model)
{
  int n = g_rand_int_range (model->rand, 1, 6);
  LsMessage *delta = ls_test_delta (model->version, model->version + n);
  GError *error = NULL;

  for (int i = 0; i < n; i++)
    {
      unsigned key = (unsigned) g_rand_int_range (model->rand, 0, N_KEYS);
      g_autofree char *name = key_name (key);
      LsChange *change = random_change (model, name, model->rows[key], false);

      apply_to_server (model, change);
      ls_test_delta_take (delta, model->version + 1 + i, change, "theirs");
    }
  model->version += n;
  ls_cache_apply_delta (model->cache, delta, &error);
  g_assert_no_error (error);
  ls_message_unref (delta);
}

static void
my_work (Model *model)
{
  g_autoptr (GPtrArray) changes = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
  int n = g_rand_int_range (model->rand, 1, 4);
  unsigned first = (unsigned) g_rand_int_range (model->rand, 0, N_KEYS);
  g_autofree char *mid = g_strdup_printf ("mine-%u", ++model->n_edits);
  g_autoptr (LsEdit) edit = NULL;
  g_autoptr (GError) error = NULL;

  for (int i = 0; i < n; i++)
    {
      g_autofree char *name = key_name ((first + (unsigned) i) % N_KEYS);
      g_autoptr (LsRecord) row =
          ls_cache_get_visible (model->cache, LS_TEST_SHOP, products (), name, NULL);

      g_ptr_array_add (changes, random_change (model, name, row, true));
    }
  edit = ls_cache_add_edit (model->cache, LS_TEST_SHOP, mid, changes, &error);
  g_assert_no_error (error);
}

/* The server decides the first undecided edit, now and then without telling by delta first. */
static void
server_decides (Model *model)
{
  g_autoptr (GPtrArray) sent =
      ls_cache_number_edits (model->cache, LS_TEST_SHOP,
                             (unsigned) g_rand_int_range (model->rand, 0, 4), NULL);
  LsEdit *edit = sent->len > 0 ? g_ptr_array_index (sent, 0) : NULL;
  g_autoptr (LsMessage) result = NULL;
  GError *error = NULL;
  bool fits = true;

  if (edit == NULL)
    return;
  for (unsigned i = 0; i < edit->changes->len; i++)
    {
      const LsChange *change = g_ptr_array_index (edit->changes, i);

      fits &= change->op == LS_CHANGE_PUT || model->rows[key_number (change->key)] != NULL;
    }
  if (g_hash_table_contains (model->contained, edit->mid))
    result = ls_test_result (edit, LS_RESULT_APPLIED, model->version);
  else if (fits && g_rand_int_range (model->rand, 0, 4) > 0)
    {
      LsMessage *delta = ls_test_delta (model->version, model->version + 1);

      for (unsigned i = 0; i < edit->changes->len; i++)
        {
          const LsChange *change = g_ptr_array_index (edit->changes, i);
          unsigned key = key_number (change->key);
          g_autoptr (LsRecord) before =
              model->rows[key] != NULL ? ls_record_ref (model->rows[key]) : NULL;
          LsChange *told;

          apply_to_server (model, change);
          told = ls_change_new_between (before, model->rows[key]);
          if (told != NULL)
            ls_test_delta_take (delta, model->version + 1, told, edit->mid);
        }
      if (delta->delta.items->len == 0)
        ls_test_delta_take (delta, model->version + 1, ls_test_del ("key-0"), edit->mid);
      if (model->rows[0] != NULL && delta->delta.items->len == 1)
        {
          const LsDeltaItem *item = &g_array_index (delta->delta.items, LsDeltaItem, 0);

          if (item->change->op == LS_CHANGE_DEL && g_str_equal (item->change->key, "key-0"))
            g_clear_pointer (&model->rows[0], ls_record_unref);
        }
      model->version++;
      ls_cache_apply_delta (model->cache, delta, &error);
      g_assert_no_error (error);
      ls_message_unref (delta);
      g_hash_table_add (model->contained, g_strdup (edit->mid));
      /* Now and then the result comes only later. */
      if (g_rand_boolean (model->rand))
        return;
      result = ls_test_result (edit, LS_RESULT_APPLIED, model->version);
    }
  else
    result = ls_test_result (edit, LS_RESULT_REJECTED, model->version);
  ls_cache_apply_result (model->cache, result, NULL, &error);
  g_assert_no_error (error);
}

static void
snapshot_comes (Model *model)
{
  g_autoptr (GPtrArray) records = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_record_unref);
  bool more = true;

  for (unsigned key = 0; key < N_KEYS; key++)
    if (model->rows[key] != NULL)
      g_ptr_array_add (records, ls_record_ref (model->rows[key]));
  model->version++;
  ls_test_snapshot (model->cache, records, model->version, 0);
  while (more)
    ls_cache_tidy (model->cache, &more, NULL);
}

static LsRecord *
expected_visible (Model     *model,
                  unsigned   key,
                  GPtrArray *waiting)
{
  LsRecord *row = model->rows[key] != NULL ? ls_record_ref (model->rows[key]) : NULL;

  for (unsigned i = 0; i < waiting->len; i++)
    {
      const LsEdit *edit = g_ptr_array_index (waiting, i);

      if (g_hash_table_contains (model->contained, edit->mid))
        continue;
      for (unsigned j = 0; j < edit->changes->len; j++)
        {
          const LsChange *change = g_ptr_array_index (edit->changes, j);
          LsRecord *after;

          if (key_number (change->key) != key)
            continue;
          after = ls_change_apply (change, row, LS_APPLY_KEEP_DERIVED, NULL);
          if (after == NULL && change->op != LS_CHANGE_DEL)
            continue;
          g_clear_pointer (&row, ls_record_unref);
          row = after;
        }
    }
  return row;
}

static void
assert_same (const LsRecord *a,
             const LsRecord *b)
{
  g_assert_cmpint (a == NULL, ==, b == NULL);
  g_assert_true (a == NULL || ls_record_equal (a, b));
}

static void
add_bucket (uint32_t           number,
            const LsDigestSum *sum,
            gpointer           user_data)
{
  LsDigest *digest = user_data;
  LsDigestSum expected = ls_digest_get_bucket (digest, number, UINT64_MAX);

  g_assert_cmpint (sum->count, ==, expected.count);
  g_assert_cmpuint (sum->hash, ==, expected.hash);
}

static void
compare (Model *model)
{
  g_autoptr (LsDigest) digest = ls_digest_new (products ());
  g_autoptr (GPtrArray) waiting =
      ls_cache_list_edits (model->cache, LS_TEST_SHOP, LS_EDITS_WAITING, NULL);
  LsDigestSum sum, expected;

  for (unsigned key = 0; key < N_KEYS; key++)
    {
      g_autofree char *name = key_name (key);
      g_autoptr (LsRecord) confirmed =
          ls_cache_get_confirmed (model->cache, LS_TEST_SHOP, products (), name, NULL);
      g_autoptr (LsRecord) visible =
          ls_cache_get_visible (model->cache, LS_TEST_SHOP, products (), name, NULL);
      g_autoptr (LsRecord) shown = expected_visible (model, key, waiting);

      assert_same (confirmed, model->rows[key]);
      assert_same (visible, shown);
      ls_digest_replace (digest, NULL, confirmed);
    }
  expected = ls_digest_get_total (digest, UINT64_MAX);
  ls_cache_get_digest (model->cache, LS_TEST_SHOP, products (), &sum, NULL);
  g_assert_cmpint (sum.count, ==, expected.count);
  g_assert_cmpuint (sum.hash, ==, expected.hash);
  ls_cache_list_buckets (model->cache, LS_TEST_SHOP, products (), add_bucket, digest, NULL);
}

static void
model_open (Model *model)
{
  g_clear_object (&model->cache);
  model->cache = ls_test_cache (model->environment, model->path);
}

static void
set_up (Model         *model,
        gconstpointer  data)
{
  model->dir = ls_test_dir_new ();
  model->path = ls_test_dir_file (model->dir, "cache.db");
  model->environment = LS_ENVIRONMENT (ls_test_environment_new (1));
  model->rand = g_rand_new_with_seed ((uint32_t) g_test_rand_int ());
  model->contained = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

static void
tear_down (Model         *model,
           gconstpointer  data)
{
  g_clear_object (&model->cache);
  for (unsigned key = 0; key < N_KEYS; key++)
    g_clear_pointer (&model->rows[key], ls_record_unref);
  g_hash_table_unref (model->contained);
  g_rand_free (model->rand);
  g_object_unref (model->environment);
  g_free (model->path);
  ls_test_dir_free (model->dir);
}

static void
test_random (Model         *model,
             gconstpointer  data)
{
  GError *error = NULL;

  model_open (model);
  snapshot_comes (model);
  for (int i = 0; i < N_STEPS; i++)
    {
      int dice = g_rand_int_range (model->rand, 0, 100);

      if (dice < 40)
        others_work (model);
      else if (dice < 65)
        my_work (model);
      else if (dice < 97)
        server_decides (model);
      else if (dice < 98)
        snapshot_comes (model);
      else
        model_open (model);
      compare (model);
    }
  g_assert_true (ls_cache_check (model->cache, &error));
  g_assert_no_error (error);
}

typedef bool (*Work) (Model     *model,
                      gpointer   data,
                      GError   **error);

static bool
delta_work (Model     *model,
            gpointer   data,
            GError   **error)
{
  return ls_cache_apply_delta (model->cache, data, error);
}

static bool
edit_work (Model     *model,
           gpointer   data,
           GError   **error)
{
  g_autofree char *mid = g_strdup_printf ("mine-%u", model->n_edits);
  g_autoptr (GPtrArray) known =
      ls_cache_list_edits (model->cache, LS_TEST_SHOP, LS_EDITS_WAITING, error);
  g_autoptr (LsEdit) edit = NULL;

  if (known == NULL)
    return false;
  /* After a commit of which nobody knows how it ended it may be there already. */
  for (unsigned i = 0; i < known->len; i++)
    if (g_str_equal (((LsEdit *) g_ptr_array_index (known, i))->mid, mid))
      return true;
  edit = ls_cache_add_edit (model->cache, LS_TEST_SHOP, mid, data, error);
  return edit != NULL;
}

/* Does some work on a disk that fails once; then, on a sound one, the same again. Either way it is
 * done exactly once. */
static void
work_on_failing_disk (Model     *model,
                      LsTestVfs *vfs,
                      Work       work,
                      gpointer   data)
{
  static const struct {
    LsTestVfsOp op;
    int code;
  } failures[] = {
    { LS_TEST_VFS_WRITE, SQLITE_FULL },
    { LS_TEST_VFS_WRITE, SQLITE_IOERR_WRITE },
    { LS_TEST_VFS_SYNC, SQLITE_IOERR_FSYNC },
    { LS_TEST_VFS_READ, SQLITE_IOERR_READ },
  };
  int which = g_rand_int_range (model->rand, 0, G_N_ELEMENTS (failures));
  g_autoptr (GError) error = NULL;

  ls_test_vfs_fail (vfs, failures[which].op, NULL,
                    (unsigned) g_rand_int_range (model->rand, 1, 8), 1, failures[which].code);
  if (!work (model, data, &error))
    g_assert_nonnull (error);
  ls_test_vfs_heal (vfs);
  if (error == NULL)
    return;
  model->n_failures++;
  g_clear_error (&error);
  if (!work (model, data, &error))
    g_assert_no_error (error);
}

static void
test_failing_disk (Model         *model,
                   gconstpointer  data)
{
  LsTestVfs *vfs = ls_test_vfs_new ("test-cache-crash");
  GError *error = NULL;

  ls_test_environment_set_vfs (LS_TEST_ENVIRONMENT (model->environment), "test-cache-crash");
  model_open (model);
  snapshot_comes (model);
  for (int i = 0; i < N_STEPS / 4; i++)
    {
      unsigned key = (unsigned) g_rand_int_range (model->rand, 0, N_KEYS);
      g_autofree char *name = key_name (key);
      g_autoptr (GPtrArray) changes =
          g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);

      if (g_rand_boolean (model->rand))
        {
          g_autoptr (LsMessage) delta = ls_test_delta (model->version, model->version + 1);
          LsChange *change = random_change (model, name, model->rows[key], false);

          apply_to_server (model, change);
          ls_test_delta_take (delta, ++model->version, change, "theirs");
          work_on_failing_disk (model, vfs, delta_work, delta);
        }
      else
        {
          g_autoptr (LsRecord) row =
              ls_cache_get_visible (model->cache, LS_TEST_SHOP, products (), name, NULL);

          model->n_edits++;
          /* An edit that never joins another is there once or not at all. */
          g_ptr_array_add (changes, row != NULL ? ls_test_add (name, "stock", 1)
                                                : random_change (model, name, NULL, true));
          work_on_failing_disk (model, vfs, edit_work, changes);
        }
      compare (model);
    }
  g_assert_cmpuint (model->n_failures, >, N_STEPS / 4 / 10);
  g_assert_true (ls_cache_check (model->cache, &error));
  g_assert_no_error (error);
  g_clear_object (&model->cache);
  ls_test_vfs_free (vfs);
}

/* What the child does until it is killed: edits, each told to the parent once it is made, and
 * deltas between them. */
static void
work_until_killed (Model *model,
                   int    out)
{
  GError *error = NULL;

  model_open (model);
  for (int64_t i = 1;; i++)
    {
      g_autoptr (LsMessage) delta = ls_test_delta (model->version, model->version + 1);
      g_autofree char *mid = g_strdup_printf ("%020" G_GINT64_FORMAT, i);
      g_autoptr (GPtrArray) changes =
          ls_test_changes (ls_test_add ("key-0", "stock", 1), NULL);
      g_autoptr (LsEdit) edit =
          ls_cache_add_edit (model->cache, LS_TEST_SHOP, mid, changes, &error);
      g_autoptr (GPtrArray) sent = NULL;

      if (edit == NULL || write (out, edit->mid, 20) != 20)
        _exit (1);
      ls_test_delta_take (delta, model->version + 1, ls_test_set_integer ("key-0", "price", i),
                          NULL);
      ls_test_delta_take (delta, model->version + 1, ls_test_set_integer ("key-1", "price", i),
                          NULL);
      sent = ls_cache_number_edits (model->cache, LS_TEST_SHOP, 1, &error);
      if (sent == NULL || !ls_cache_apply_delta (model->cache, delta, &error))
        _exit (1);
      model->version++;
    }
}

static int64_t
number_of (Model      *model,
           const char *key,
           const char *field,
           bool        confirmed)
{
  g_autoptr (LsRecord) record =
      (confirmed ? ls_cache_get_confirmed : ls_cache_get_visible) (model->cache, LS_TEST_SHOP,
                                                                   products (), key, NULL);

  return ls_record_get_integer (record, ls_test_field (products (), field), -1);
}

/* Both rows changed in one message: they stand at the same version, and so do position and digest;
 * every edit that was told is there, once. */
static void
check_after_kill (Model   *model,
                  int64_t  n_told)
{
  g_autoptr (GPtrArray) edits = NULL;
  g_autoptr (LsDigest) digest = ls_digest_new (products ());
  LsPosition position;
  LsDigestSum sum, expected;
  GError *error = NULL;

  model_open (model);
  g_assert_true (ls_cache_check (model->cache, &error));
  g_assert_no_error (error);
  edits = ls_cache_list_edits (model->cache, LS_TEST_SHOP, LS_EDITS_WAITING, NULL);
  g_assert_cmpint (edits->len, >=, n_told);
  g_assert_cmpint (edits->len, <=, n_told + 1);
  for (unsigned i = 0; i < edits->len; i++)
    g_assert_cmpint (
        g_ascii_strtoll (((LsEdit *) g_ptr_array_index (edits, i))->mid, NULL, 10), ==, i + 1);
  ls_cache_get_position (model->cache, LS_TEST_SHOP, &position, NULL, NULL, NULL);
  g_assert_cmpint (number_of (model, "key-0", "price", true), ==, position.version - 1);
  g_assert_cmpint (number_of (model, "key-1", "price", true), ==, position.version - 1);
  g_assert_cmpint (number_of (model, "key-0", "stock", true) + edits->len, ==,
                   number_of (model, "key-0", "stock", false));
  for (unsigned key = 0; key < N_KEYS; key++)
    {
      g_autofree char *name = key_name (key);
      g_autoptr (LsRecord) row =
          ls_cache_get_confirmed (model->cache, LS_TEST_SHOP, products (), name, NULL);

      ls_digest_replace (digest, NULL, row);
    }
  expected = ls_digest_get_total (digest, UINT64_MAX);
  ls_cache_get_digest (model->cache, LS_TEST_SHOP, products (), &sum, NULL);
  g_assert_cmpuint (sum.hash, ==, expected.hash);
  g_assert_cmpint (sum.count, ==, expected.count);
}

static void
test_kill (Model         *model,
           gconstpointer  data)
{
  for (int round = 0; round < 8; round++)
    {
      int64_t n_told = 0;
      int64_t enough = g_rand_int_range (model->rand, 1, 60);
      int ends[2];
      char mid[20];
      pid_t child;
      int status;

      for (unsigned key = 0; key < N_KEYS; key++)
        {
          g_autofree char *name = key_name (key);

          g_clear_pointer (&model->rows[key], ls_record_unref);
          model->rows[key] = ls_test_product (name, "Name", 0, 5);
        }
      model->version = 0;
      model_open (model);
      g_assert_true (ls_cache_remove_shop (model->cache, LS_TEST_SHOP, NULL));
      snapshot_comes (model);
      g_clear_object (&model->cache);
      g_assert_cmpint (pipe (ends), ==, 0);
      child = fork ();
      g_assert_cmpint (child, >=, 0);
      if (child == 0)
        {
          close (ends[0]);
          work_until_killed (model, ends[1]);
        }
      close (ends[1]);
      while (n_told < enough && read (ends[0], mid, sizeof mid) == sizeof mid)
        n_told++;
      kill (child, SIGKILL);
      while (read (ends[0], mid, sizeof mid) == sizeof mid)
        n_told++;
      close (ends[0]);
      g_assert_cmpint (waitpid (child, &status, 0), ==, child);
      g_assert_true (WIFSIGNALED (status));
      g_assert_cmpint (n_told, >=, enough);
      check_after_kill (model, n_told);
    }
}

/* Rows that were replaced can't be removed from a disk that is full: that is said, and not tried again
 * at once, for as long as the disk is full. */
static void
test_tidy_on_full_disk (Model         *model,
                        gconstpointer  data)
{
  LsTestVfs *vfs = ls_test_vfs_new ("test-cache-crash");
  g_autoptr (GPtrArray) records = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_record_unref);
  g_autoptr (GError) error = NULL;
  bool more = true;

  ls_test_environment_set_vfs (LS_TEST_ENVIRONMENT (model->environment), "test-cache-crash");
  model_open (model);
  snapshot_comes (model);
  ls_test_snapshot (model->cache, records, ++model->version, 0);
  ls_test_vfs_fail (vfs, LS_TEST_VFS_WRITE, "-wal", 1, 0, SQLITE_FULL);
  g_assert_false (ls_cache_tidy (model->cache, &more, &error));
  g_assert_nonnull (error);
  g_assert_false (more);
  ls_test_vfs_heal (vfs);
  g_clear_error (&error);
  for (more = true; more;)
    {
      g_assert_true (ls_cache_tidy (model->cache, &more, &error));
      g_assert_no_error (error);
    }
  g_assert_true (ls_cache_check (model->cache, &error));
  g_assert_no_error (error);
  g_clear_object (&model->cache);
  ls_test_vfs_free (vfs);
}

/* A delta that can't be kept is not there, and is said not to be: it can come again. */
static void
test_delta_on_full_disk (Model         *model,
                         gconstpointer  data)
{
  LsTestVfs *vfs = ls_test_vfs_new ("test-cache-crash");
  g_autoptr (LsMessage) delta = NULL;
  g_autoptr (GError) error = NULL;
  LsPosition position;
  int64_t before;

  ls_test_environment_set_vfs (LS_TEST_ENVIRONMENT (model->environment), "test-cache-crash");
  model_open (model);
  snapshot_comes (model);
  before = model->version;
  delta = ls_test_delta (before, before + 1);
  ls_test_delta_take (delta, before + 1, ls_test_del ("a"), "theirs");
  ls_test_vfs_fail (vfs, LS_TEST_VFS_WRITE, "-wal", 1, 0, SQLITE_FULL);
  g_assert_false (ls_cache_apply_delta (model->cache, delta, &error));
  g_assert_cmpint (ls_error_code_of (error), ==, LS_ERROR_STORAGE);
  ls_test_vfs_heal (vfs);
  g_clear_error (&error);
  g_assert_true (ls_cache_get_position (model->cache, LS_TEST_SHOP, &position, NULL, NULL, &error));
  g_assert_cmpint (position.version, ==, before);
  g_assert_true (ls_cache_apply_delta (model->cache, delta, &error));
  g_assert_no_error (error);
  g_assert_true (ls_cache_get_position (model->cache, LS_TEST_SHOP, &position, NULL, NULL, &error));
  g_assert_cmpint (position.version, ==, before + 1);
  g_clear_object (&model->cache);
  ls_test_vfs_free (vfs);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add ("/cache-crash/random", Model, NULL, set_up, test_random, tear_down);
  g_test_add ("/cache-crash/failing-disk", Model, NULL, set_up, test_failing_disk, tear_down);
  g_test_add ("/cache-crash/tidy-on-full-disk", Model, NULL, set_up, test_tidy_on_full_disk,
              tear_down);
  g_test_add ("/cache-crash/delta-on-full-disk", Model, NULL, set_up, test_delta_on_full_disk,
              tear_down);
  g_test_add ("/cache-crash/kill", Model, NULL, set_up, test_kill, tear_down);
  return g_test_run ();
}
