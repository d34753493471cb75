/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <sqlite3.h>

#include "client/ls-retry.h"
#include "client/ls-store-jobs.h"
#include "core/ls-error.h"
#include "ls-test-store.h"
#include "ls-test-vfs.h"

/* Failures that may pass: three attempts, the waits between them, and who is told when. */

static LsTestVfs *vfs;

/* --- Any operation ----------------------------------------------------------------------------- */

typedef struct {
  LsTestEnvironment *environment;
  LsRetry *retry;
  LsErrorCode code;
  unsigned n_attempts;
  unsigned n_told;
  int64_t begun_at;
  int64_t waits[LS_RETRY_ATTEMPTS];
} Trial;

static void
attempt (gpointer data)
{
  Trial *trial = data;
  g_autoptr (GError) error = g_error_new (LS_ERROR, (int) trial->code, "injected");
  int64_t now = ls_environment_monotonic (LS_ENVIRONMENT (trial->environment));

  g_assert_cmpuint (trial->n_attempts, <, LS_RETRY_ATTEMPTS);
  trial->waits[trial->n_attempts++] = now - trial->begun_at;
  trial->begun_at = now;
  if (!ls_retry_again (trial->retry, error, attempt, trial, NULL))
    trial->n_told++;
}

static void
try_out (LsTestEnvironment *environment,
         LsOperation        operation,
         LsErrorCode        code,
         Trial             *trial)
{
  *trial = (Trial) { .environment = environment, .code = code };
  trial->retry = ls_retry_new (LS_ENVIRONMENT (environment), operation);
  trial->begun_at = ls_environment_monotonic (LS_ENVIRONMENT (environment));
  attempt (trial);
  ls_test_environment_advance (environment, 60 * G_USEC_PER_SEC);
  g_assert_cmpuint (ls_retry_get_attempts (trial->retry), ==, trial->n_attempts);
  ls_retry_free (trial->retry);
}

/* Each operation of the table, with each class of failure: told once, after as many attempts as its
 * row says. */
static void
test_every_operation (void)
{
  g_autoptr (LsTestEnvironment) environment = ls_test_environment_new (7);

  for (int operation = 0; operation < LS_N_OPERATIONS; operation++)
    for (int code = 0; code < LS_N_ERRORS; code++)
      {
        const LsOperationInfo *info = ls_operation_info ((LsOperation) operation);
        bool again = ls_error_info ((LsErrorCode) code)->temporary && info->retry == LS_OPERATION_THRICE;
        Trial trial;

        g_test_message ("%s: %s", info->name, ls_error_info ((LsErrorCode) code)->name);
        try_out (environment, (LsOperation) operation, (LsErrorCode) code, &trial);
        g_assert_cmpuint (trial.n_attempts, ==, again ? 3 : 1);
        g_assert_cmpuint (trial.n_told, ==, 1);
      }
}

/* Full jitter: anything from nothing to the limit, which doubles. */
static void
test_waits (void)
{
  g_autoptr (LsTestEnvironment) environment = ls_test_environment_new (8);
  int64_t shortest[2] = { INT64_MAX, INT64_MAX };
  int64_t longest[2] = { 0, 0 };

  for (int i = 0; i < 500; i++)
    {
      Trial trial;

      try_out (environment, LS_OPERATION_EDIT, LS_ERROR_STORAGE, &trial);
      for (int wait = 0; wait < 2; wait++)
        {
          shortest[wait] = MIN (shortest[wait], trial.waits[wait + 1]);
          longest[wait] = MAX (longest[wait], trial.waits[wait + 1]);
        }
    }
  g_assert_cmpint (longest[0], <=, LS_RETRY_FIRST_US);
  g_assert_cmpint (longest[1], <=, 2 * LS_RETRY_FIRST_US);
  g_assert_cmpint (longest[0], >, LS_RETRY_FIRST_US * 9 / 10);
  g_assert_cmpint (longest[1], >, 2 * LS_RETRY_FIRST_US * 9 / 10);
  g_assert_cmpint (shortest[0], <, LS_RETRY_FIRST_US / 10);
  g_assert_cmpint (shortest[1], <, LS_RETRY_FIRST_US / 10);
}

static void
test_cancelled (void)
{
  g_autoptr (LsTestEnvironment) environment = ls_test_environment_new (9);
  g_autoptr (LsRetry) retry = ls_retry_new (LS_ENVIRONMENT (environment), LS_OPERATION_EDIT);
  g_autoptr (GError) error = g_error_new (G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled");

  g_assert_false (ls_retry_again (retry, error, attempt, NULL, NULL));
}

/* Every row of the table says where a failure goes, and why when that is nowhere or once only. */
static void
test_table (void)
{
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);

  for (int operation = 0; operation < LS_N_OPERATIONS; operation++)
    {
      const LsOperationInfo *info = ls_operation_info ((LsOperation) operation);

      g_assert_nonnull (info->name);
      g_test_message ("%s", info->name);
      g_assert_true (g_hash_table_add (names, (gpointer) info->name));
      g_assert_true (info->place != LS_OPERATION_TOAST || info->words != NULL);
      g_assert_true (info->place != LS_OPERATION_LOG || info->why != NULL);
      g_assert_true (info->retry == LS_OPERATION_THRICE || info->why != NULL);
    }
}

/* --- Edits ------------------------------------------------------------------------------------- */

typedef struct {
  unsigned n_ended;
  unsigned n_failed;
  GString *order; /* a letter an end */
} Ends;

typedef struct {
  Ends *ends;
  char letter;
} End;

static void
ended_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autofree End *end = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (LsEdit) edit = ls_store_mutate_finish (LS_STORE (source), result, &error);

  end->ends->n_ended++;
  end->ends->n_failed += edit == NULL;
  if (error != NULL)
    g_assert_cmpint (ls_error_code_of (error), ==, LS_ERROR_STORAGE);
  g_string_append_c (end->ends->order, edit != NULL ? end->letter : g_ascii_toupper (end->letter));
}

static void
set_price (LsTestStore *fixture,
           Ends        *ends,
           char         letter,
           int64_t      price)
{
  g_autoptr (GPtrArray) changes = ls_test_changes (ls_test_set_integer ("p1", "price", price), NULL);
  End *end = g_new0 (End, 1);

  end->ends = ends;
  end->letter = letter;
  ls_store_mutate_async (fixture->store, LS_TEST_SHOP, changes, NULL, ended_cb, end);
}

static int64_t
price (LsTestStore *fixture)
{
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);
  g_autoptr (LsRecord) row = ls_cache_get_visible (fixture->cache, LS_TEST_SHOP, products, "p1", NULL);

  return ls_record_get_integer (row, ls_test_field (products, "price"), -1);
}

static void
pass (LsTestStore *fixture,
      int64_t      seconds)
{
  for (int64_t i = 0; i < seconds; i++)
    {
      ls_test_environment_advance (fixture->environment, G_USEC_PER_SEC);
      ls_test_store_settle (fixture);
    }
}

static void
set_up (LsTestStore  *fixture,
        gconstpointer data)
{
  g_autoptr (LsRecord) record = ls_test_product ("p1", "One", 1, 1);
  g_autoptr (GPtrArray) records = g_ptr_array_new ();

  ls_test_store_set_up_on (fixture, "test-retry");
  g_ptr_array_add (records, record);
  ls_test_snapshot (fixture->cache, records, ++fixture->version, 0);
  ls_test_store_settle (fixture);
}

static void
tear_down (LsTestStore  *fixture,
           gconstpointer data)
{
  ls_test_vfs_heal (vfs);
  ls_test_store_tear_down (fixture, data);
}

/* A disk that is full for a moment costs the admin nothing. */
static void
test_passes (LsTestStore  *fixture,
             gconstpointer data)
{
  Ends ends = { .order = g_string_new (NULL) };

  ls_test_vfs_fail (vfs, LS_TEST_VFS_WRITE, "-wal", 1, 1, SQLITE_FULL);
  set_price (fixture, &ends, 'a', 700);
  ls_test_store_settle (fixture);
  g_assert_cmpuint (ends.n_ended, ==, 0);
  pass (fixture, 2);
  g_assert_cmpstr (ends.order->str, ==, "a");
  g_assert_cmpint (price (fixture), ==, 700);
  g_assert_cmpuint (ls_store_get_pending_count (fixture->store), ==, 1);
  g_string_free (ends.order, TRUE);
}

/* One that stays full is told, once, after the third attempt. */
static void
test_stays (LsTestStore  *fixture,
            gconstpointer data)
{
  Ends ends = { .order = g_string_new (NULL) };

  ls_test_vfs_fail (vfs, LS_TEST_VFS_WRITE, "-wal", 1, 0, SQLITE_FULL);
  set_price (fixture, &ends, 'a', 700);
  pass (fixture, 10);
  g_assert_cmpstr (ends.order->str, ==, "A");
  g_assert_cmpint (price (fixture), ==, 1);
  ls_test_vfs_heal (vfs);
  set_price (fixture, &ends, 'b', 800);
  ls_test_store_settle (fixture);
  g_assert_cmpstr (ends.order->str, ==, "Ab");
  g_assert_cmpint (price (fixture), ==, 800);
  g_string_free (ends.order, TRUE);
}

/* What is behind one that waits for its next attempt waits too: the last value is the last one typed. */
static void
test_order (LsTestStore  *fixture,
            gconstpointer data)
{
  Ends ends = { .order = g_string_new (NULL) };

  /* Both are on their way when the first one fails. */
  ls_test_vfs_fail (vfs, LS_TEST_VFS_WRITE, "-wal", 1, 0, SQLITE_FULL);
  set_price (fixture, &ends, 'a', 700);
  set_price (fixture, &ends, 'b', 800);
  ls_test_store_settle (fixture);
  set_price (fixture, &ends, 'c', 900);
  ls_test_store_settle (fixture);
  g_assert_cmpuint (ends.n_ended, ==, 0);
  ls_test_vfs_heal (vfs);
  pass (fixture, 5);
  g_assert_cmpstr (ends.order->str, ==, "abc");
  g_assert_cmpint (price (fixture), ==, 900);
  g_string_free (ends.order, TRUE);
}

/* A value never comes over a newer one: when the one behind it went through it is too late. */
static void
test_overtaken (LsTestStore  *fixture,
                gconstpointer data)
{
  Ends ends = { .order = g_string_new (NULL) };

  ls_test_vfs_fail (vfs, LS_TEST_VFS_WRITE, "-wal", 1, 1, SQLITE_FULL);
  set_price (fixture, &ends, 'a', 700);
  set_price (fixture, &ends, 'b', 800);
  pass (fixture, 5);
  g_assert_cmpstr (ends.order->str, ==, "bA");
  g_assert_cmpint (price (fixture), ==, 800);
  g_string_free (ends.order, TRUE);
}

/* --- Reading ----------------------------------------------------------------------------------- */

typedef struct {
  unsigned n_begun;
  unsigned n_ended;
} Trouble;

static void
trouble_cb (LsStore      *store,
            const GError *error,
            Trouble      *trouble)
{
  if (error == NULL)
    {
      trouble->n_ended++;
      return;
    }
  g_assert_cmpint (ls_error_code_of (error), ==, LS_ERROR_STORAGE);
  trouble->n_begun++;
}

static void
found_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LsRow) row = ls_store_get_row_finish (LS_STORE (source), result, &error);

  g_assert_null (row);
  g_assert_cmpint (ls_error_code_of (error), ==, LS_ERROR_STORAGE);
  *(bool *) user_data = true;
}

/* What can't be read is read again for ever; that it goes on failing is said once, and so is its end. */
static void
test_reading (LsTestStore  *fixture,
              gconstpointer data)
{
  Trouble trouble = { 0, 0 };
  g_autoptr (LsLiveQuery) query = NULL;
  bool found = false;

  g_signal_connect (fixture->store, "read-trouble", G_CALLBACK (trouble_cb), &trouble);
  ls_test_vfs_fail (vfs, LS_TEST_VFS_READ, NULL, 1, 0, SQLITE_IOERR_READ);
  ls_store_get_row_async (fixture->store, LS_TEST_SHOP, ls_schema_collection (LS_PRODUCTS), "p1", NULL,
                          found_cb, &found);
  ls_test_store_settle (fixture);
  /* Who looks for a row hears that it can't be read, not that there is none. */
  g_assert_true (found);
  query = ls_store_query (fixture->store, LS_TEST_SHOP, ls_schema_collection (LS_PRODUCTS), NULL, NULL, 0);
  ls_test_store_settle (fixture);
  g_assert_cmpuint (trouble.n_begun, ==, 0);
  pass (fixture, 10);
  g_assert_cmpuint (trouble.n_begun, ==, 1);
  g_assert_cmpuint (trouble.n_ended, ==, 0);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (query)), ==, 0);
  ls_test_vfs_heal (vfs);
  pass (fixture, 5);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (query)), ==, 1);
  g_assert_cmpuint (trouble.n_begun, ==, 1);
  g_assert_cmpuint (trouble.n_ended, ==, 1);
  g_signal_handlers_disconnect_by_data (fixture->store, &trouble);
}

/* Makes the next reads come from the file, since it has changed. */
static void
touch (LsTestStore *fixture)
{
  LsMessage *delta = ls_test_delta (fixture->version, fixture->version + 1);

  fixture->version++;
  ls_test_delta_take (delta, fixture->version,
                      ls_test_set_integer ("p1", "price", fixture->version), "theirs");
  ls_test_store_apply (fixture, delta);
  ls_test_store_settle (fixture);
}

static void
looked_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  unsigned *n = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (LsRow) row = ls_store_get_row_finish (LS_STORE (source), result, &error);

  if (row == NULL)
    g_assert_cmpint (ls_error_code_of (error), ==, LS_ERROR_STORAGE);
  n[row != NULL]++;
}

/* Whichever read it is that fails while a row is looked for, whoever looks is answered. */
static void
test_searching (LsTestStore  *fixture,
                gconstpointer data)
{
  unsigned n[2] = { 0, 0 }; /* that failed, and that were found */

  ls_test_store_fill (fixture, 40);
  for (unsigned nth = 1; nth <= 20; nth++)
    {
      g_autofree char *key = g_strdup_printf ("p%u", nth + 1);

      touch (fixture);
      ls_test_vfs_fail (vfs, LS_TEST_VFS_READ, NULL, nth, 1, SQLITE_IOERR_READ);
      ls_store_get_row_async (fixture->store, LS_TEST_SHOP, ls_schema_collection (LS_PRODUCTS), key,
                              NULL, looked_cb, n);
      ls_test_store_settle (fixture);
      pass (fixture, 3);
      g_assert_cmpuint (n[false] + n[true], ==, nth);
      ls_test_vfs_heal (vfs);
    }
  g_assert_cmpuint (n[false], >, 1);
  g_assert_cmpuint (n[true], >, 1);
}

/* What is shown and could not be read is read again by itself, though nothing else happens. */
static void
test_showing (LsTestStore  *fixture,
              gconstpointer data)
{
  g_autoptr (LsLiveQuery) query = NULL;
  unsigned n_late = 0;

  ls_test_store_fill (fixture, 2000);
  query = ls_store_query (fixture->store, LS_TEST_SHOP, ls_schema_collection (LS_PRODUCTS), NULL, NULL, 0);
  ls_test_store_settle (fixture);
  for (unsigned nth = 1; nth <= 10; nth++)
    {
      g_autoptr (LsRow) row = NULL;

      touch (fixture);
      ls_test_vfs_fail (vfs, LS_TEST_VFS_READ, NULL, nth, 1, SQLITE_IOERR_READ);
      row = g_list_model_get_item (G_LIST_MODEL (query), 1999 - 50 * nth);
      ls_row_get_record (row);
      ls_test_store_settle (fixture);
      n_late += !ls_row_get_loaded (row);
      pass (fixture, 3);
      g_assert_true (ls_row_get_loaded (row));
      ls_test_vfs_heal (vfs);
    }
  g_assert_cmpuint (n_late, >, 0);
}

/* Who closes the account loses nothing that could still be written. */
static void
test_closing (LsTestStore  *fixture,
              gconstpointer data)
{
  Ends ends = { .order = g_string_new (NULL) };

  ls_test_vfs_fail (vfs, LS_TEST_VFS_WRITE, "-wal", 1, 1, SQLITE_FULL);
  set_price (fixture, &ends, 'a', 700);
  ls_test_store_settle (fixture);
  set_price (fixture, &ends, 'b', 800);
  ls_store_flush_jobs (fixture->store);
  ls_test_store_settle (fixture);
  g_assert_cmpstr (ends.order->str, ==, "ab");
  g_assert_cmpint (price (fixture), ==, 800);
  pass (fixture, 5);
  g_assert_cmpuint (ends.n_ended, ==, 2);
  g_string_free (ends.order, TRUE);
}

int
main (int    argc,
      char **argv)
{
  static const struct {
    const char *name;
    void (*test) (LsTestStore *fixture, gconstpointer data);
  } tests[] = {
    { "passes", test_passes },       { "stays", test_stays },     { "order", test_order },
    { "overtaken", test_overtaken }, { "closing", test_closing }, { "reading", test_reading },
    { "searching", test_searching }, { "showing", test_showing },
  };
  int status;

  g_test_init (&argc, &argv, NULL);
  vfs = ls_test_vfs_new ("test-retry");

  g_test_add_func ("/retry/every-operation", test_every_operation);
  g_test_add_func ("/retry/waits", test_waits);
  g_test_add_func ("/retry/cancelled", test_cancelled);
  g_test_add_func ("/retry/table", test_table);
  for (size_t i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strconcat ("/retry/store/", tests[i].name, NULL);

      g_test_add (path, LsTestStore, NULL, set_up, tests[i].test, tear_down);
    }
  status = g_test_run ();
  ls_test_vfs_free (vfs);
  return status;
}
