/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "client/ls-cache-proof.h"
#include "client/ls-cache-reader.h"
#include "core/ls-error.h"
#include "ls-test-cache.h"
#include "sql/ls-sql.h"

/* What comes from the server by deltas, and what can be wrong with the file. */

static const LsCollection *
products (void)
{
  return ls_schema_collection (LS_PRODUCTS);
}

static void
test_lock (LsTestCache   *fixture,
           gconstpointer  data)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (ls_cache_open (fixture->environment, fixture->path, NULL, &error));
  g_assert_error (error, LS_ERROR, LS_ERROR_STORAGE);
  g_assert_nonnull (strstr (error->message, "in use by another process"));
  g_assert_nonnull (strstr (error->message, fixture->path));
  ls_test_cache_reopen (fixture);
}

/* Whatever stands where the cache should is kept as it is, under another name. */
static void
test_not_ours (LsTestCache   *fixture,
               gconstpointer  data)
{
  g_autofree char *path = ls_test_dir_file (fixture->dir, "letter.txt");
  g_autofree char *contents = NULL;
  g_autoptr (LsCache) cache = NULL;
  g_autoptr (GError) error = NULL;
  unsigned n_edits;

  g_file_set_contents (path, "Dear reader, this is no database at all.", -1, NULL);
  cache = ls_cache_open (fixture->environment, path, NULL, &error);
  g_assert_no_error (error);
  g_file_get_contents (ls_cache_get_set_aside (cache, &n_edits), &contents, NULL, &error);
  g_assert_cmpstr (contents, ==, "Dear reader, this is no database at all.");
  g_assert_cmpuint (n_edits, ==, 0);
}

/* PROTOCOL rule 1. */
static void
test_delta_order (LsTestCache   *fixture,
                  gconstpointer  data)
{
  static const struct {
    int64_t from, to, version, price;
    int code; /* -1: none */
    int64_t at, shown;
  } cases[] = {
    { 10, 11, 11, 1100, -1, 11, 1100 },
    { 10, 11, 11, 1100, -1, 11, 1100 }, /* the same again: dropped */
    { 3, 5, 4, 1, -1, 11, 1100 },       /* older: dropped */
    { 12, 13, 13, 1, LS_ERROR_PROTOCOL, 11, 1100 }, /* a gap */
    { 9, 12, 11, 1, -1, 12, 1100 },     /* begins before, its old change is passed by */
    { 10, 14, 14, 1400, -1, 14, 1400 }, /* begins before, its new change is not */
    { 14, 20, 20, 2000, -1, 20, 2000 }, /* several versions */
  };

  ls_test_cache_put_two (fixture);
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      LsPosition position;

      ls_test_cache_apply (fixture,
                           ls_test_cache_price_delta (cases[i].from, cases[i].to, cases[i].version,
                                                      cases[i].price),
                           cases[i].code);
      ls_cache_get_position (fixture->cache, LS_TEST_SHOP, &position, NULL, NULL, NULL);
      g_assert_cmpint (position.version, ==, cases[i].at);
      g_assert_cmpuint (position.check, ==, ls_test_position (cases[i].at).check);
      g_assert_cmpint (ls_test_cache_visible (fixture, "a", "price"), ==, cases[i].shown);
    }
}

static void
test_delta_before_snapshot (LsTestCache   *fixture,
                            gconstpointer  data)
{
  ls_test_cache_apply (fixture, ls_test_cache_price_delta (0, 1, 1, 1), LS_ERROR_PROTOCOL);
  g_assert_cmpuint (fixture->commits->len, ==, 0);
}

/* A message that does not fit in one place changes nothing in any. */
static void
test_delta_is_whole (LsTestCache   *fixture,
                     gconstpointer  data)
{
  LsMessage *delta = ls_test_cache_price_delta (10, 12, 11, 1);
  unsigned before;
  LsDigestSum sum, sum_after;
  LsPosition position;

  ls_test_cache_put_two (fixture);
  before = fixture->commits->len;
  ls_cache_get_digest (fixture->cache, LS_TEST_SHOP, products (), &sum, NULL);
  ls_test_delta_take (delta, 12, ls_test_set_integer ("nobody", "price", 1), NULL);
  ls_test_cache_apply (fixture, delta, LS_ERROR_INCONSISTENCY);
  ls_cache_get_digest (fixture->cache, LS_TEST_SHOP, products (), &sum_after, NULL);
  ls_cache_get_position (fixture->cache, LS_TEST_SHOP, &position, NULL, NULL, NULL);
  g_assert_cmpint (ls_test_cache_visible (fixture, "a", "price"), ==, 1000);
  g_assert_cmpint (position.version, ==, 10);
  g_assert_cmpuint (sum.hash, ==, sum_after.hash);
  g_assert_cmpuint (fixture->commits->len, ==, before);
  ls_test_cache_apply (fixture, ls_test_cache_price_delta (10, 11, 11, 1100), -1);
  g_assert_cmpint (ls_test_cache_visible (fixture, "a", "price"), ==, 1100);
}

/* An id belongs to a key for ever: selections and scroll positions are made of ids. */
static void
test_ids (LsTestCache   *fixture,
          gconstpointer  data)
{
  g_autoptr (LsRecord) record = ls_test_product ("a", "Drums again", 1, 1);
  g_autoptr (GPtrArray) records = ls_test_cache_two_products ();
  LsMessage *delta;
  int64_t id;

  ls_test_cache_put_two (fixture);
  ls_test_cache_apply (fixture, ls_test_cache_price_delta (10, 11, 11, 1), -1);
  id = ls_test_cache_last_change (fixture)->id;
  delta = ls_test_delta (11, 12);
  ls_test_delta_take (delta, 12, ls_test_del ("a"), NULL);
  ls_test_cache_apply (fixture, delta, -1);
  g_assert_cmpint (ls_test_cache_last_change (fixture)->id, ==, id);
  g_assert_null (ls_test_cache_last_change (fixture)->after);
  g_assert_cmpint (ls_test_cache_visible (fixture, "a", "price"), ==, -2);
  ls_test_cache_reopen (fixture);
  delta = ls_test_delta (12, 13);
  ls_test_delta_take (delta, 13, ls_change_new_put (record), NULL);
  ls_test_cache_apply (fixture, delta, -1);
  g_assert_cmpint (ls_test_cache_last_change (fixture)->id, ==, id);
  g_assert_null (ls_test_cache_last_change (fixture)->before);
  /* Over a snapshot without it, and one with it. */
  g_ptr_array_remove_index (records, 0);
  ls_test_snapshot (fixture->cache, records, 14, 0);
  g_assert_cmpint (ls_test_cache_visible (fixture, "a", "price"), ==, -2);
  g_ptr_array_add (records, ls_record_ref (record));
  ls_test_snapshot (fixture->cache, records, 15, 0);
  ls_test_cache_apply (fixture, ls_test_cache_price_delta (15, 16, 16, 16), -1);
  g_assert_cmpint (ls_test_cache_last_change (fixture)->id, ==, id);
  g_assert_cmpint (ls_test_cache_last_change (fixture)->before != NULL, ==, true);
}

/* Several changes of a row in one message are told as one. */
static void
test_commit_joins (LsTestCache   *fixture,
                   gconstpointer  data)
{
  LsMessage *delta = ls_test_cache_price_delta (10, 13, 11, 1);
  const LsRowChange *change;

  ls_test_cache_put_two (fixture);
  ls_test_delta_take (delta, 12, ls_test_set_integer ("a", "stock", 2), NULL);
  ls_test_delta_take (delta, 13, ls_test_set_integer ("a", "price", 3), NULL);
  ls_test_cache_apply (fixture, delta, -1);
  change = ls_test_cache_last_change (fixture);
  g_assert_cmpint (ls_record_get_integer (change->before, ls_test_field (products (), "price"), 0),
                   ==, 1000);
  g_assert_cmpint (ls_record_get_integer (change->after, ls_test_field (products (), "price"), 0),
                   ==, 3);
  g_assert_cmpint (ls_record_get_integer (change->after, ls_test_field (products (), "stock"), 0),
                   ==, 2);
  g_assert_false (change->pending);
}

static void
test_sequence (LsTestCache   *fixture,
               gconstpointer  data)
{
  int64_t sequence = 0;

  ls_test_cache_put_two (fixture);
  ls_test_cache_apply (fixture, ls_test_cache_price_delta (10, 11, 11, 1), -1);
  ls_test_cache_reopen (fixture);
  ls_test_cache_apply (fixture, ls_test_cache_price_delta (11, 12, 12, 2), -1);
  for (unsigned i = 0; i < fixture->commits->len; i++)
    {
      LsCacheCommit *commit = g_ptr_array_index (fixture->commits, i);

      g_assert_cmpint (commit->sequence, ==, ++sequence);
      g_assert_cmpstr (commit->shop, ==, LS_TEST_SHOP);
    }
  g_assert_cmpint (sequence, ==, 3);
}

static LsRecord *
customer (void)
{
  const LsCollection *customers = ls_schema_collection (LS_CUSTOMERS);
  LsRecord *record = ls_record_new (customers, "c");

  ls_record_set_text (record, ls_test_field (customers, "name"), "Ada");
  ls_record_set_text (record, ls_test_field (customers, "email"), "ada@example.org");
  return record;
}

/* What a role may not see any more leaves the disk at once; what it may see now is asked for. */
static void
test_view (LsTestCache   *fixture,
           gconstpointer  data)
{
  const LsCollection *customers = ls_schema_collection (LS_CUSTOMERS);
  const LsView *staff = ls_view_get (LS_ROLE_STAFF, LS_SCHEMA_VERSION);
  g_autoptr (GPtrArray) records = ls_test_cache_two_products ();
  g_autoptr (LsRecord) shown = NULL;
  g_autofree char *content = NULL;
  uint32_t fetch = 1;
  uint64_t view;
  LsPosition position;
  LsDigestSum sum;

  g_ptr_array_add (records, customer ());
  ls_test_snapshot (fixture->cache, records, 10, 0);
  g_assert_true (ls_cache_set_view (fixture->cache, LS_TEST_SHOP, ls_view_full (), &fetch, NULL));
  g_assert_cmpuint (fetch, ==, 0);
  g_assert_true (ls_cache_set_view (fixture->cache, LS_TEST_SHOP, staff, &fetch, NULL));
  g_assert_cmpuint (fetch, ==, 0);
  ls_cache_get_position (fixture->cache, LS_TEST_SHOP, &position, &view, NULL, NULL);
  g_assert_cmpuint (view, ==, ls_view_get_total_hash (staff));
  shown = ls_cache_get_visible (fixture->cache, LS_TEST_SHOP, customers, "c", NULL);
  g_assert_cmpstr (ls_record_get_text (shown, ls_test_field (customers, "name")), ==, "Ada");
  g_assert_null (ls_record_get_text (shown, ls_test_field (customers, "email")));
  ls_cache_get_digest (fixture->cache, LS_TEST_SHOP, customers, &sum, NULL);
  g_assert_cmpint (sum.count, ==, 1);
  g_assert_cmpuint (sum.hash, ==, ls_digest_record (shown, UINT64_MAX));
  /* Which fields there are is known after a start as well. */
  ls_test_cache_reopen (fixture);
  g_assert_true (ls_cache_set_view (fixture->cache, LS_TEST_SHOP, staff, &fetch, NULL));
  g_assert_cmpuint (fetch, ==, 0);
  /* And back: the rows lack fields, so they must come again. */
  g_assert_true (ls_cache_set_view (fixture->cache, LS_TEST_SHOP, ls_view_full (), &fetch, NULL));
  g_assert_cmpuint (fetch & (1u << LS_CUSTOMERS), !=, 0);
  g_assert_cmpuint (fetch & (1u << LS_PRODUCTS), ==, 0);
  g_clear_pointer (&shown, ls_record_unref);
  shown = ls_cache_get_visible (fixture->cache, LS_TEST_SHOP, customers, "c", NULL);
  g_assert_cmpstr (ls_record_get_text (shown, ls_test_field (customers, "name")), ==, "Ada");
}

/* Rights may change between the welcome and the rows: those would be in another view than deltas. */
static void
test_view_of_snapshot (LsTestCache   *fixture,
                       gconstpointer  data)
{
  const LsView *staff = ls_view_get (LS_ROLE_STAFF, LS_SCHEMA_VERSION);
  g_autoptr (GPtrArray) records = ls_test_cache_two_products ();
  LsPosition position = ls_test_position (10), stands;
  g_autoptr (GError) error = NULL;
  uint32_t fetch;

  g_assert_true (ls_cache_set_view (fixture->cache, LS_TEST_SHOP, ls_view_full (), &fetch, NULL));
  for (int i = 0; i < 2; i++)
    {
      ls_cache_begin_snapshot (fixture->cache, LS_TEST_SHOP, UINT32_MAX, NULL, NULL);
      ls_cache_add_snapshot_rows (fixture->cache, LS_TEST_SHOP, records, NULL);
      g_assert_true (i == (int) ls_cache_finish_snapshot (fixture->cache, LS_TEST_SHOP, &position,
                                                          ls_view_get_total_hash (staff), 0,
                                                          i == 0 ? &error : NULL));
      ls_cache_get_position (fixture->cache, LS_TEST_SHOP, &stands, NULL, NULL, NULL);
      g_assert_cmpint (stands.version, ==, 10 * i);
      g_assert_true (ls_cache_set_view (fixture->cache, LS_TEST_SHOP, staff, &fetch, NULL));
    }
  g_assert_error (error, LS_ERROR, LS_ERROR_TIMEOUT);
}

static void
test_shops (LsTestCache   *fixture,
            gconstpointer  data)
{
  g_autoptr (GPtrArray) shops = NULL;
  const LsCacheShop *shop;
  bool more = true;

  ls_test_cache_put_two (fixture);
  g_assert_true (ls_cache_name_shop (fixture->cache, LS_TEST_SHOP, "Music", "owner", NULL));
  g_assert_true (ls_cache_set_client_id (fixture->cache, "client-1", NULL));
  ls_test_cache_reopen (fixture);
  shops = ls_cache_list_shops (fixture->cache);
  g_assert_cmpuint (shops->len, ==, 1);
  shop = g_ptr_array_index (shops, 0);
  g_assert_cmpstr (shop->shop, ==, LS_TEST_SHOP);
  g_assert_cmpstr (shop->name, ==, "Music");
  g_assert_cmpstr (shop->role, ==, "owner");
  g_assert_cmpint (shop->position.version, ==, 10);
  {
    g_autofree char *client = ls_cache_get_client_id (fixture->cache, NULL);

    g_assert_cmpstr (client, ==, "client-1");
  }
  g_assert_true (ls_cache_remove_shop (fixture->cache, LS_TEST_SHOP, NULL));
  while (more)
    g_assert_true (ls_cache_tidy (fixture->cache, &more, NULL));
  ls_test_cache_reopen (fixture);
  g_clear_pointer (&shops, g_ptr_array_unref);
  shops = ls_cache_list_shops (fixture->cache);
  g_assert_cmpuint (shops->len, ==, 0);
  g_assert_cmpint (ls_test_cache_visible (fixture, "a", "price"), ==, -2);
}

static int
backwards (const char *a,
           size_t      a_length,
           const char *b,
           size_t      b_length,
           gpointer    user_data)
{
  const LsCollation *plain = ls_collation_get_default ();

  return -plain->compare (a, a_length, b, b_length, NULL);
}

static uint64_t
no_prefix (const char *text,
           size_t      length,
           gpointer    user_data)
{
  return 0;
}

/* Indexes made by one order are wrong by another. */
static void
test_collation_changes (LsTestCache   *fixture,
                        gconstpointer  data)
{
  static const LsCollation other = { "backwards-1", backwards, no_prefix, NULL };
  GError *error = NULL;

  ls_test_cache_put_two (fixture);
  g_object_unref (fixture->cache);
  fixture->cache = ls_cache_open (fixture->environment, fixture->path, &other, &error);
  g_assert_no_error (error);
  g_assert_true (ls_cache_check (fixture->cache, &error));
  g_assert_no_error (error);
  ls_test_cache_apply (fixture, ls_test_cache_price_delta (10, 11, 11, 1), -1);
}

static int
compare_cb (const char *a,
            size_t      a_length,
            const char *b,
            size_t      b_length,
            gpointer    user_data)
{
  const LsCollation *plain = ls_collation_get_default ();

  return plain->compare (a, a_length, b, b_length, NULL);
}

/* Does something to the file that the cache knows nothing of. */
static void
tamper (LsTestCache *fixture,
        const char  *script)
{
  GError *error = NULL;
  g_autoptr (LsSql) sql = ls_sql_open (fixture->path, LS_SQL_EXISTING, NULL, &error);

  g_assert_no_error (error);
  ls_sql_add_collation (sql, LS_COLLATION_NAME, compare_cb, NULL, NULL, &error);
  ls_sql_exec (sql, script, &error);
  g_assert_no_error (error);
}

static char *
table_of (LsTestCache *fixture)
{
  GError *error = NULL;
  g_autoptr (LsSql) sql = ls_sql_open (fixture->path, LS_SQL_READ_ONLY, NULL, &error);
  char *name = NULL;

  ls_sql_get_text (sql, &name, &error,
                   "SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB"
                   " 'rows_*_products_*'",
                   NULL);
  g_assert_no_error (error);
  return name;
}

static unsigned
scrub (LsTestCache *fixture)
{
  g_autoptr (GArray) drifts = g_array_new (FALSE, FALSE, sizeof (LsDrift));
  g_autoptr (LsCachePin) pin = NULL;
  GError *error = NULL;

  pin = ls_cache_pin (fixture->cache, LS_TEST_SHOP, products (), &error);
  g_assert_no_error (error);
  g_assert_true (ls_cache_pin_scrub (pin, drifts, &error));
  g_assert_no_error (error);
  return drifts->len;
}

/* A row that rots changes no digest that follows changes: only computing it from rows tells. */
static void
test_scrub (LsTestCache   *fixture,
            gconstpointer  data)
{
  g_autoptr (GPtrArray) changes =
      ls_test_changes (ls_test_set_integer ("a", "price", 5), ls_test_del ("b"), NULL);
  g_autoptr (LsEdit) edit = NULL;
  g_autofree char *table = NULL;
  g_autofree char *rot = NULL;
  LsDigestSum sum, after;

  ls_test_cache_put_two (fixture);
  g_assert_cmpuint (scrub (fixture), ==, 0);
  edit = ls_cache_add_edit (fixture->cache, LS_TEST_SHOP, "mine", changes, NULL);
  g_assert_cmpuint (scrub (fixture), ==, 0);
  ls_cache_discard_edit (fixture->cache, "mine", NULL);
  ls_cache_get_digest (fixture->cache, LS_TEST_SHOP, products (), &sum, NULL);
  table = table_of (fixture);
  rot = g_strdup_printf ("UPDATE %s SET stock = stock + 1 WHERE key = 'a'", table);
  tamper (fixture, rot);
  ls_cache_get_digest (fixture->cache, LS_TEST_SHOP, products (), &after, NULL);
  g_assert_cmpuint (sum.hash, ==, after.hash);
  g_assert_cmpuint (scrub (fixture), ==, 1);
}

/* A file of a version that knew fewer fields gets the columns and indexes that it lacks. */
static void
test_schema_grows (LsTestCache   *fixture,
                   gconstpointer  data)
{
  g_autofree char *table = NULL;
  g_autofree char *script = NULL;
  GError *error = NULL;

  ls_test_cache_put_two (fixture);
  table = table_of (fixture);
  g_clear_object (&fixture->cache);
  script = g_strdup_printf ("DROP INDEX %s_stock; DROP INDEX %s_name;"
                            "ALTER TABLE %s DROP COLUMN stock",
                            table, table, table);
  tamper (fixture, script);
  ls_test_cache_open (fixture);
  g_assert_cmpint (ls_test_cache_visible (fixture, "a", "stock"), ==, -1);
  g_assert_cmpint (ls_test_cache_visible (fixture, "a", "price"), ==, 1000);
  ls_test_cache_apply (fixture, ls_test_cache_price_delta (10, 11, 11, 1), -1);
  g_assert_true (ls_cache_check (fixture->cache, &error));
  g_assert_no_error (error);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) \
  g_test_add ("/cache/" path, LsTestCache, NULL, ls_test_cache_set_up, func, \
              ls_test_cache_tear_down)
  ADD ("lock", test_lock);
  ADD ("not-ours", test_not_ours);
  ADD ("delta/order", test_delta_order);
  ADD ("delta/before-snapshot", test_delta_before_snapshot);
  ADD ("delta/is-whole", test_delta_is_whole);
  ADD ("delta/ids", test_ids);
  ADD ("delta/commit-joins", test_commit_joins);
  ADD ("delta/sequence", test_sequence);
  ADD ("view", test_view);
  ADD ("view-of-snapshot", test_view_of_snapshot);
  ADD ("shops", test_shops);
  ADD ("scrub", test_scrub);
  ADD ("schema-grows", test_schema_grows);
  ADD ("collation-changes", test_collation_changes);
#undef ADD
  return g_test_run ();
}
