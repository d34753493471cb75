/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-test-shop.h"

#include "core/ls-calendar.h"
#include "core/ls-error.h"
#include "server/ls-storage-memory.h"
#include "server/ls-storage-private.h"
#include "server/ls-storage-sqlite.h"
#include "sql/ls-sql.h"

#define PUT_PRODUCT \
  "[{'c':'products','k':'p1','op':'put','set':{'name':'Beat','status':'active','price':1999," \
  "'stock':5}}]"

static void
test_create_shop (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  g_autoptr (LsShop) shop = ls_test_shop_get_shop (self);
  g_autoptr (LsRecord) row = ls_test_shop_get (self, LS_SHOPS, "s");
  g_autoptr (GError) error = NULL;

  g_assert_cmpstr (shop->shop, ==, "s");
  g_assert_cmpstr (shop->name, ==, "The shop");
  g_assert_false (shop->sample);
  g_assert_cmpint (shop->position.version, ==, 1);
  g_assert_cmpuint (strlen (shop->position.epoch), ==, 32);
  g_assert_cmpint (shop->horizon, ==, 0);
  g_assert_cmpint (shop->at, ==, ls_environment_now (LS_ENVIRONMENT (self->environment)));
  g_assert_cmpstr (ls_record_get_text (row, 1), ==, "EUR");
  g_assert_false (ls_storage_create_shop (self->storage, row, &error));
  g_assert_error (error, LS_ERROR, LS_ERROR_VALIDATION);
  ls_test_shop_check_log (self);
}

static void
test_create_shop_invalid (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  g_autoptr (LsRecord) row = ls_record_new (ls_schema_collection (LS_SHOPS), "t");
  g_autoptr (GPtrArray) shops = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_false (ls_storage_create_shop (self->storage, row, &error));
  g_assert_error (error, LS_ERROR, LS_ERROR_VALIDATION);
  g_clear_error (&error);
  shops = ls_storage_list_shops (self->storage, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (shops->len, ==, 1);
}

static void
test_reopen (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  g_autoptr (LsShop) before = NULL;
  g_autoptr (LsShop) after = NULL;

  ls_test_shop_apply (self, PUT_PRODUCT);
  before = ls_test_shop_get_shop (self);
  ls_test_shop_reopen (self);
  after = ls_test_shop_get_shop (self);
  g_assert_true (ls_position_equal (&before->position, &after->position));
  g_assert_cmpint (ls_test_shop_get_integer (self, LS_PRODUCTS, "p1", "price"), ==, 1999);
  ls_test_shop_check_log (self);
}

static void
test_unknown_shop (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  g_autoptr (GError) error = NULL;

  g_assert_null (ls_storage_get_shop (self->storage, "other", &error));
  g_assert_error (error, LS_ERROR, LS_ERROR_VALIDATION);
  g_clear_error (&error);
  g_assert_null (ls_storage_read_log (self->storage, "other", 0, 1, 1000, &error));
  g_assert_error (error, LS_ERROR, LS_ERROR_VALIDATION);
}

/* Every field of every collection, at its bounds, comes back as it went in. */
static LsRecord *
full_record (const LsCollection *collection)
{
  LsRecord *record = ls_record_new (collection, "k é ");

  for (unsigned i = 0; i < collection->n_fields; i++)
    {
      const LsField *field = &collection->fields[i];

      switch (field->type)
        {
        case LS_TYPE_TEXT:
          ls_record_set_text (record, i, field->max >= 16 ? "line\none\t“é” ' \"" : "x");
          break;
        case LS_TYPE_KEY:
          ls_record_set_text (record, i, "woo:17");
          break;
        case LS_TYPE_ENUM:
          ls_record_set_text (record, i, field->values[0]);
          break;
        case LS_TYPE_CURRENCY:
          ls_record_set_text (record, i, "JPY");
          break;
        case LS_TYPE_INTEGER:
        case LS_TYPE_MONEY:
        case LS_TYPE_TIME:
        case LS_TYPE_DAY:
        case LS_TYPE_BOOL:
        default:
          ls_record_set_integer (record, i, i % 2 == 0 ? field->min : field->max);
          break;
        }
    }
  return record;
}

typedef struct {
  LsTestShop *shop;
  LsVersion *version;
} Append;

static void
append_committed_cb (LsStorageOutcome outcome,
                     const GError    *error,
                     gpointer         user_data)
{
  g_assert_no_error (error);
  g_assert_cmpint (outcome, ==, LS_STORAGE_OK);
}

static void
append_begun_cb (LsStorageOutcome outcome,
                 LsStorageTx     *tx,
                 const GError    *begin_error,
                 gpointer         user_data)
{
  Append *append = user_data;
  g_autoptr (GError) error = NULL;

  g_assert_no_error (begin_error);
  ls_version_seal (append->version, ls_storage_tx_get_shop (tx)->position.check);
  ls_storage_tx_append (tx, append->version, &error);
  g_assert_no_error (error);
  g_assert_cmpint (ls_storage_tx_get_shop (tx)->position.version, ==, append->version->version);
  ls_storage_commit (append->shop->storage, tx, append_committed_cb, NULL);
}

/* Past the committer: @changes as the next version. Takes @changes. */
static void
append_changes (LsTestShop *self,
                GPtrArray  *changes)
{
  g_autoptr (LsShop) shop = ls_test_shop_get_shop (self);
  g_autoptr (LsVersion) version = ls_version_new (shop->position.version + 1, shop->at);
  Append append = { self, version };

  version->changes = changes;
  ls_storage_begin (self->storage, "s", append_begun_cb, &append);
}

static void
test_round_trip (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  GPtrArray *changes = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);

  for (size_t id = LS_PRODUCTS; id < LS_N_COLLECTIONS; id++)
    {
      g_autoptr (LsRecord) record = full_record (ls_schema_collection ((LsCollectionId) id));
      LsChange *change = ls_change_new_put (record);

      g_ptr_array_add (changes, change);
    }
  append_changes (self, changes);
  ls_test_shop_reopen (self);
  for (size_t id = LS_PRODUCTS; id < LS_N_COLLECTIONS; id++)
    {
      g_autoptr (LsRecord) record = full_record (ls_schema_collection ((LsCollectionId) id));
      g_autoptr (LsRecord) stored =
          ls_test_shop_get (self, (LsCollectionId) id, ls_record_get_key (record));

      g_assert_nonnull (stored);
      g_assert_true (ls_record_equal (record, stored));
    }
  ls_test_shop_check_log (self);
}

static void
test_read_log (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  g_autoptr (GPtrArray) versions = NULL;
  g_autoptr (GError) error = NULL;

  ls_test_shop_apply (self, PUT_PRODUCT);
  for (int i = 0; i < 8; i++)
    {
      g_autofree char *json = g_strdup_printf (
          "[{'c':'products','k':'p1','op':'set','set':{'price':%d}}]", 100 + i);

      ls_test_shop_apply (self, json);
    }
  versions = ls_storage_read_log (self->storage, "s", 3, 6, 1000000, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (versions->len, ==, 3);
  g_assert_cmpint (((LsVersion *) versions->pdata[0])->version, ==, 4);
  g_clear_pointer (&versions, g_ptr_array_unref);
  /* The bound is passed by at most one version, and never keeps all back. */
  versions = ls_storage_read_log (self->storage, "s", 3, 1000, 0, &error);
  g_assert_cmpuint (versions->len, ==, 1);
  g_clear_pointer (&versions, g_ptr_array_unref);
  versions = ls_storage_read_log (self->storage, "s", 10, 1000, 1000, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (versions->len, ==, 0);
}

static void
test_check_position (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  g_autoptr (LsShop) first = ls_test_shop_get_shop (self);
  g_autoptr (LsShop) shop = NULL;
  g_autoptr (GError) error = NULL;
  LsPosition position;
  bool known = false;

  ls_test_shop_apply (self, PUT_PRODUCT);
  shop = ls_test_shop_get_shop (self);
  g_assert_true (
      ls_storage_check_position (self->storage, "s", &first->position, &known, &error));
  g_assert_true (known);
  g_assert_true (ls_storage_check_position (self->storage, "s", &shop->position, &known, &error));
  g_assert_true (known);

  position = first->position;
  position.check ^= 1;
  ls_storage_check_position (self->storage, "s", &position, &known, &error);
  g_assert_false (known);
  position = shop->position;
  position.version++;
  ls_storage_check_position (self->storage, "s", &position, &known, &error);
  g_assert_false (known);
  position = first->position;
  position.epoch[0] = position.epoch[0] == '0' ? '1' : '0';
  ls_storage_check_position (self->storage, "s", &position, &known, &error);
  g_assert_false (known);
  /* The position of nobody who has ever synced: version 0. */
  position = first->position;
  position.version = 0;
  position.check = 0;
  ls_storage_check_position (self->storage, "s", &position, &known, &error);
  g_assert_true (known);
  g_assert_no_error (error);
}

static void
test_prune (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  g_autoptr (LsShop) shop = NULL;
  g_autoptr (LsShop) later = NULL;
  g_autoptr (GPtrArray) versions = NULL;
  g_autoptr (GError) error = NULL;
  LsPosition position;
  bool known = false;

  ls_test_shop_apply (self, PUT_PRODUCT);
  for (int i = 0; i < 10; i++)
    {
      g_autofree char *json = g_strdup_printf (
          "[{'c':'products','k':'p1','op':'set','set':{'price':%d}}]", 100 + i);

      ls_test_environment_advance (self->environment, G_USEC_PER_SEC);
      ls_test_shop_apply (self, json);
    }
  shop = ls_test_shop_get_shop (self);
  g_assert_cmpint (shop->position.version, ==, 12);
  position = shop->position;
  /* Too young to go. */
  g_assert_true (ls_storage_prune (self->storage, "s", 0, INT64_C (3600) * G_USEC_PER_SEC, &error));
  g_assert_no_error (error);
  later = ls_test_shop_get_shop (self);
  g_assert_cmpint (later->horizon, ==, 0);
  g_clear_pointer (&later, ls_shop_free);
  /* Old enough are versions 1 to 7, but ten shall stay. */
  g_assert_true (ls_storage_prune (self->storage, "s", 10, 5 * G_USEC_PER_SEC, &error));
  later = ls_test_shop_get_shop (self);
  g_assert_cmpint (later->horizon, ==, 2);
  g_clear_pointer (&later, ls_shop_free);
  g_assert_true (ls_storage_prune (self->storage, "s", 1, 5 * G_USEC_PER_SEC, &error));
  later = ls_test_shop_get_shop (self);
  g_assert_cmpint (later->horizon, ==, 7);
  g_assert_true (ls_position_equal (&later->position, &position));

  versions = ls_storage_read_log (self->storage, "s", 7, 100, 100000, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (versions->len, ==, 5);
  g_assert_null (ls_storage_read_log (self->storage, "s", 6, 100, 100000, &error));
  g_assert_error (error, LS_ERROR, LS_ERROR_TOO_OLD);
  g_clear_error (&error);
  /* A position at the horizon is still told from another history's. */
  position.version = 7;
  position.check = ((LsVersion *) versions->pdata[0])->check;
  ls_storage_check_position (self->storage, "s", &position, &known, &error);
  g_assert_false (known);
}

static void
test_memory (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  g_autoptr (LsRecord) row = ls_test_shop_get (self, LS_SHOPS, "s");
  g_autoptr (GError) error = NULL;

  ls_test_shop_close (self);
  ls_test_shop_take_storage (
      self, ls_storage_memory_new (LS_ENVIRONMENT (self->environment), &error));
  g_assert_no_error (error);
  g_assert_true (ls_storage_create_shop (self->storage, row, &error));
  ls_test_shop_apply (self, PUT_PRODUCT);
  g_assert_cmpint (ls_test_shop_get_integer (self, LS_PRODUCTS, "p1", "price"), ==, 1999);
  ls_test_shop_check_log (self);
}

static void
test_foreign_file (void)
{
  g_autoptr (LsTestDir) dir = ls_test_dir_new ();
  g_autofree char *path = ls_test_dir_file (dir, "other.db");
  g_autoptr (LsTestEnvironment) environment = ls_test_environment_new (1);
  g_autoptr (GError) error = NULL;

  g_assert_true (
      g_file_set_contents (path, "no database at all, but long enough to tell", -1, NULL));
  g_assert_null (ls_storage_sqlite_new (LS_ENVIRONMENT (environment), path, &error));
  g_assert_nonnull (error);
}

static void
run_sql (LsTestShop *self,
         const char *script)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LsSql) sql = ls_sql_open (self->path, LS_SQL_EXISTING, NULL, &error);

  g_assert_no_error (error);
  ls_sql_exec (sql, script, &error);
  g_assert_no_error (error);
}

static int64_t
ask_sql (LsTestShop *self,
         const char *question)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LsSql) sql = ls_sql_open (self->path, LS_SQL_EXISTING, NULL, &error);
  int64_t answer = -1;

  g_assert_no_error (error);
  ls_sql_get_int64 (sql, &answer, &error, question, NULL);
  g_assert_no_error (error);
  return answer;
}

/* A file from before some fields, a collection and an index were. */
static void
test_new_fields (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();

  ls_test_shop_apply (self, PUT_PRODUCT);
  ls_test_shop_close (self);
  run_sql (self,
           "ALTER TABLE products DROP COLUMN tags; ALTER TABLE products DROP COLUMN low_stock;"
           "DROP TABLE notes; DROP INDEX variants_by_product;");
  ls_test_shop_open (self);
  ls_test_shop_apply (self,
                      "[{'c':'products','k':'p1','op':'set','set':{'tags':'a'}},"
                      "{'c':'notes','k':'n','op':'put','set':{'collection':'products',"
                      "'record':'p1','body':'b'}},"
                      "{'c':'variants','k':'v','op':'put','set':{'product':'p1','name':'V'}}]");
  g_assert_cmpint (ls_test_shop_get_integer (self, LS_PRODUCTS, "p1", "variants"), ==, 1);
  g_assert_cmpint (
      ask_sql (self, "SELECT count(*) FROM sqlite_schema WHERE name = 'variants_by_product'"), ==,
      1);
}

static void
test_newer_schema (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  g_autoptr (GError) error = NULL;

  ls_test_shop_close (self);
  run_sql (self, "UPDATE log_meta SET value = 1000 WHERE name = 'schema'");
  g_assert_null (
      ls_storage_sqlite_new (LS_ENVIRONMENT (self->environment), self->path, &error));
  g_assert_error (error, LS_ERROR, LS_ERROR_TOO_OLD);
  run_sql (self, "UPDATE log_meta SET value = 1 WHERE name = 'schema'");
  ls_test_shop_open (self);
}

/* The write-ahead log is moved into the file some time after a commit, without anybody's help. */
static void
test_log_is_moved (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  g_autofree char *copy = ls_test_dir_file (self->dir, "copy.db");
  g_autofree char *contents = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (LsSql) sql = NULL;
  int64_t stock = 0;
  size_t length;

  ls_test_shop_apply (self, PUT_PRODUCT);
  ls_test_environment_advance (self->environment, 10 * G_USEC_PER_SEC);
  g_assert_true (g_file_get_contents (self->path, &contents, &length, NULL));
  g_assert_true (g_file_set_contents (copy, contents, (gssize) length, NULL));
  sql = ls_sql_open (copy, LS_SQL_EXISTING, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (ls_sql_get_int64 (sql, &stock, &error, "SELECT stock FROM products", NULL), ==,
                   LS_STEP_ROW);
  g_assert_cmpint (stock, ==, 5);
}

/* Results are kept 90 days and 1,000 a client; those of sources, which have no count, 90 days. */
static void
skip_days (LsTestShop *self,
           unsigned    days)
{
  ls_test_environment_set_now (self->environment,
                               ls_environment_now (LS_ENVIRONMENT (self->environment)) +
                                   days * LS_USEC_PER_DAY);
}

static void
test_results_are_kept (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  g_autoptr (GPtrArray) outcomes =
      g_ptr_array_new_with_free_func ((GDestroyNotify) ls_test_outcome_free);
  g_autoptr (LsTestOutcome) old = NULL;
  g_autoptr (LsTestOutcome) kept = NULL;
  g_autoptr (GError) error = NULL;

  ls_test_shop_apply (self, PUT_PRODUCT);
  /* Each second one of the first hundred is refused. */
  for (int n = 1; n <= 1100; n++)
    {
      bool refused = n <= 100 && n % 2 == 0;
      g_autofree char *mid = g_strdup_printf ("m%d", n);
      const char *changes = refused ? PUT_PRODUCT
                                    : "[{'c':'products','k':'p1','op':'add','set':{'stock':1}}]";

      g_ptr_array_add (outcomes,
                       ls_test_shop_submit (self, ls_test_mutation ("c", n, mid, changes)));
    }
  ls_test_environment_run (self->environment);
  g_assert_cmpint (ask_sql (self, "SELECT count(*) FROM log_decisions WHERE n > 0"), ==, 1100);
  g_assert_cmpint (ask_sql (self, "SELECT count(*) FROM log_decisions WHERE status <> 0"), ==, 50);

  /* As long as the log is there, all that was applied is known; refusals while they are a few. */
  skip_days (self, 91);
  g_assert_true (ls_storage_prune (self->storage, "s", 1000000, LS_USEC_PER_DAY, &error));
  g_assert_no_error (error);
  g_assert_cmpint (ask_sql (self, "SELECT count(*) FROM log_decisions WHERE n > 0"), ==, 1050);
  g_assert_cmpint (ask_sql (self, "SELECT count(*) FROM log_decisions WHERE status <> 0"), ==, 0);
  g_assert_cmpint (ask_sql (self, "SELECT count(*) FROM log_decisions WHERE n = 0"), ==, 1);

  /* Behind it 1,000 of a client, and those of 90 days. */
  ls_test_outcome_free (ls_test_shop_mutate (self, "d", 1, "d1", PUT_PRODUCT));
  g_assert_true (ls_storage_prune (self->storage, "s", 0, -1, &error));
  g_assert_no_error (error);
  g_assert_cmpint (ask_sql (self, "SELECT count(*) FROM log_versions"), ==, 0);
  g_assert_cmpint (ask_sql (self, "SELECT count(*) FROM log_decisions"), ==, 1);
  old = ls_test_shop_mutate (self, "c", 100, "m100", PUT_PRODUCT);
  g_assert_cmpint (old->decision->status, ==, LS_RESULT_DECIDED);
  skip_days (self, 91);
  g_assert_true (ls_storage_prune (self->storage, "s", 0, -1, &error));
  g_assert_no_error (error);
  g_assert_cmpint (ask_sql (self, "SELECT count(*) FROM log_decisions"), ==, 0);
  g_assert_cmpint (ls_storage_get_last_n (self->storage, "s", "c", NULL, &error), ==, 1100);
  kept = ls_test_shop_mutate (self, "c", 1101, "m1101", PUT_PRODUCT);
  g_assert_no_error (kept->error);
}

/* More than are looked through at once: all of them are, and no other ones. */
static void
test_many_results (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  g_autoptr (GError) error = NULL;

  ls_test_shop_apply (self, PUT_PRODUCT);
  /* Of long ago, at a version that the log has no more, and at one that it still has. */
  run_sql (self, "WITH RECURSIVE i (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM i WHERE i < 12000)"
                 " INSERT INTO log_decisions (shop, mid, client, n, hash, status, version, at)"
                 " SELECT 's', printf ('old-%05d', i), '@import', 0, 0, 0, 1 + i % 2, 0 FROM i");
  g_assert_true (ls_storage_prune (self->storage, "s", 1, -1, &error));
  g_assert_no_error (error);
  g_assert_cmpint (ask_sql (self, "SELECT horizon FROM log_shops"), ==, 1);
  g_assert_cmpint (ask_sql (self, "SELECT count(*) FROM log_decisions WHERE at = 0"), ==, 6000);
  g_assert_cmpint (ask_sql (self, "SELECT count(*) FROM log_decisions WHERE at = 0 AND version = 2"),
                   ==, 6000);
}

static void
begin_epoch (LsTestShop *self)
{
  g_autoptr (GError) error = NULL;

  ls_test_shop_close (self);
  ls_storage_sqlite_mark_copy (LS_ENVIRONMENT (self->environment), self->path, &error);
  g_assert_no_error (error);
  ls_test_shop_open (self);
}

static void
assert_count (LsTestShop *self,
              const char *client,
              int64_t     last_n,
              const char *epoch,
              int64_t     before_n)
{
  LsEditCount before;
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (ls_storage_get_last_n (self->storage, "s", client, &before, &error), ==, last_n);
  g_assert_no_error (error);
  g_assert_cmpstr (before.epoch, ==, epoch);
  g_assert_cmpint (before.n, ==, before_n);
}

/* Clients count from 1 in a new epoch; mids are known for ever, and so is how far they were before. */
static void
test_counts_of_epochs (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  g_autoptr (LsShop) first = ls_test_shop_get_shop (self);
  g_autoptr (LsShop) second = NULL;
  g_autoptr (LsShop) last = NULL;
  g_autoptr (GPtrArray) decisions = NULL;
  g_autoptr (GError) error = NULL;
  const char *more = "[{'c':'products','k':'p1','op':'add','set':{'stock':1}}]";

  ls_test_shop_apply (self, PUT_PRODUCT);
  for (int n = 1; n <= 3; n++)
    {
      g_autofree char *mid = g_strdup_printf ("m%d", n);

      ls_test_outcome_free (ls_test_shop_mutate (self, "c", n, mid, more));
    }
  ls_test_outcome_free (ls_test_shop_mutate (self, "d", 1, "d1", more));
  assert_count (self, "c", 3, "", 0);
  begin_epoch (self);
  second = ls_test_shop_get_shop (self);
  assert_count (self, "c", 0, first->position.epoch, 3);
  assert_count (self, "d", 0, first->position.epoch, 1);
  assert_count (self, "nobody", 0, "", 0);
  decisions = ls_storage_list_decisions (self->storage, "s", "c", 0, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (decisions->len, ==, 0);
  g_assert_cmpint (ls_test_shop_get_integer (self, LS_PRODUCTS, "p1", "stock"), ==, 9);

  {
    /* Known by its mid, whose result had not come; and one that is new, under a count of before. */
    g_autoptr (LsTestOutcome) known = ls_test_shop_mutate (self, "c", 1, "m3", more);
    g_autoptr (LsTestOutcome) made = ls_test_shop_mutate (self, "c", 2, "m4", more);

    g_assert_no_error (known->error);
    g_assert_cmpint (known->decision->status, ==, LS_RESULT_APPLIED);
    g_assert_cmpint (known->decision->n, ==, 1);
    g_assert_no_error (made->error);
    g_assert_cmpint (made->decision->status, ==, LS_RESULT_APPLIED);
  }
  g_assert_cmpint (ls_test_shop_get_integer (self, LS_PRODUCTS, "p1", "stock"), ==, 10);
  assert_count (self, "c", 2, first->position.epoch, 3);

  /* Who did nothing in an epoch comes from the one before. */
  begin_epoch (self);
  assert_count (self, "c", 0, second->position.epoch, 2);
  assert_count (self, "d", 0, first->position.epoch, 1);
  ls_test_shop_reopen (self);
  assert_count (self, "c", 0, second->position.epoch, 2);
  last = ls_test_shop_get_shop (self);
  g_assert_cmpstr (last->position.epoch, !=, second->position.epoch);
}

/* Bytes that are no log, and logs of a newer schema. */
static void
test_log_bytes (void)
{
  g_autoptr (GPtrArray) changes =
      ls_test_changes ("[{'c':'products','k':'p','op':'set','set':{'name':'N','price':7},"
                       "'was':{'name':null,'price':-1}},{'c':'products','k':'q','op':'del',"
                       "'was':{'name':'Q'}}]");
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (GPtrArray) read = NULL;
  g_autoptr (GError) error = NULL;

  for (unsigned i = 0; i < changes->len; i++)
    ls_change_append_bytes (g_ptr_array_index (changes, i), bytes);
  read = ls_changes_from_bytes (bytes->data, bytes->len, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (read->len, ==, 2);
  for (unsigned i = 0; i < 2; i++)
    g_assert_true (
        ls_change_equal (g_ptr_array_index (changes, i), g_ptr_array_index (read, i)));
  for (unsigned length = 1; length < bytes->len; length++)
    {
      g_autoptr (GPtrArray) cut = ls_changes_from_bytes (bytes->data, length, &error);

      /* Between two changes is an end, too. */
      if (cut == NULL)
        g_assert_error (error, LS_ERROR, LS_ERROR_STORAGE);
      else
        g_assert_cmpuint (cut->len, ==, 1);
      g_clear_error (&error);
    }
  for (unsigned i = 0; i < 5000; i++)
    {
      unsigned at = (unsigned) g_test_rand_int_range (0, (int) bytes->len);
      uint8_t was = bytes->data[at];
      g_autoptr (GPtrArray) damaged = NULL;

      bytes->data[at] = (uint8_t) g_test_rand_int_range (0, 256);
      damaged = ls_changes_from_bytes (bytes->data, bytes->len, NULL);
      bytes->data[at] = was;
    }
  /* The name of a field that this version does not know. */
  for (unsigned i = 0; i + 5 < bytes->len; i++)
    if (memcmp (bytes->data + i, "price", 5) == 0)
      memcpy (bytes->data + i, "prize", 5);
  g_clear_pointer (&read, g_ptr_array_unref);
  read = ls_changes_from_bytes (bytes->data, bytes->len, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (((LsChange *) read->pdata[0])->edits->len, ==, 1);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/storage/create-shop", test_create_shop);
  g_test_add_func ("/storage/create-shop-invalid", test_create_shop_invalid);
  g_test_add_func ("/storage/reopen", test_reopen);
  g_test_add_func ("/storage/unknown-shop", test_unknown_shop);
  g_test_add_func ("/storage/round-trip", test_round_trip);
  g_test_add_func ("/storage/read-log", test_read_log);
  g_test_add_func ("/storage/check-position", test_check_position);
  g_test_add_func ("/storage/prune", test_prune);
  g_test_add_func ("/storage/memory", test_memory);
  g_test_add_func ("/storage/foreign-file", test_foreign_file);
  g_test_add_func ("/storage/new-fields", test_new_fields);
  g_test_add_func ("/storage/newer-schema", test_newer_schema);
  g_test_add_func ("/storage/log-is-moved", test_log_is_moved);
  g_test_add_func ("/storage/results-are-kept", test_results_are_kept);
  g_test_add_func ("/storage/many-results", test_many_results);
  g_test_add_func ("/storage/counts-of-epochs", test_counts_of_epochs);
  g_test_add_func ("/storage/log-bytes", test_log_bytes);

  return g_test_run ();
}
