/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-test-archive.h"

#include "ls-test-rows.h"

#define OTHER_SHOP "books"
#define N_ROWS 40

static LsRecord *
product (int number)
{
  g_autofree char *key = g_strdup_printf ("p%d", number);
  g_autofree char *name = g_strdup_printf ("Élan %d", number);

  return ls_test_product (key, name, 100 * number, number);
}

static void
edit (LsCache    *cache,
      const char *mid,
      LsChange   *change)
{
  g_autoptr (GPtrArray) changes = ls_test_changes (change, NULL);
  g_autoptr (LsEdit) made = NULL;
  GError *error = NULL;

  made = ls_cache_add_edit (cache, LS_TEST_SHOP, mid, changes, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (made->mid, ==, mid);
}

/* The first edits that wait get their numbers. */
static GPtrArray *
number (LsCache *cache,
        unsigned count)
{
  GError *error = NULL;
  GPtrArray *edits = ls_cache_number_edits (cache, LS_TEST_SHOP, count, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (edits->len, ==, count);
  return edits;
}

static void
decide (LsCache       *cache,
        const LsEdit  *edit,
        LsResultStatus status,
        int64_t        version)
{
  g_autoptr (LsMessage) result = ls_test_result (edit, status, version);
  GError *error = NULL;

  ls_cache_apply_result (cache, result, NULL, &error);
  g_assert_no_error (error);
}

static void
apply (LsCache   *cache,
       LsMessage *delta)
{
  GError *error = NULL;

  ls_cache_apply_delta (cache, delta, &error);
  g_assert_no_error (error);
  ls_message_unref (delta);
}

/**
 * ls_test_archive_fill:
 * @cache: an empty cache
 *
 * Puts two shops in, deltas, a row that went, and edits in every state.
 */
void
ls_test_archive_fill (LsCache *cache)
{
  g_autoptr (GPtrArray) records = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_record_unref);
  g_autoptr (GPtrArray) numbered = NULL;
  g_autoptr (GPtrArray) sent = NULL;
  LsMessage *delta;
  GError *error = NULL;

  ls_cache_set_client_id (cache, "0123456789abcdef0123456789abcdef", &error);
  g_assert_no_error (error);
  for (int i = 1; i <= N_ROWS; i++)
    g_ptr_array_add (records, product (i));
  ls_test_snapshot (cache, records, 10, 0);
  ls_cache_name_shop (cache, LS_TEST_SHOP, "Music", "admin", &error);
  ls_cache_name_shop (cache, OTHER_SHOP, "Books", "staff", &error);
  g_assert_no_error (error);

  delta = ls_test_delta (10, 12);
  ls_test_delta_take (delta, 11, ls_test_set_integer ("p1", "price", 111), "theirs");
  ls_test_delta_take (delta, 12, ls_test_del ("p2"), "theirs");
  apply (cache, delta);

  edit (cache, "mid-applied", ls_test_set_integer ("p3", "price", 333));
  edit (cache, "mid-dead", ls_test_set_integer ("p4", "price", 444));
  edit (cache, "mid-sent", ls_test_add ("p5", "stock", 50));
  numbered = number (cache, 3);
  decide (cache, g_ptr_array_index (numbered, 0), LS_RESULT_APPLIED, 13);
  decide (cache, g_ptr_array_index (numbered, 1), LS_RESULT_CONFLICT, 13);
  delta = ls_test_delta (12, 13);
  ls_test_delta_take (delta, 13, ls_test_set_integer ("p3", "price", 333), "mid-applied");
  apply (cache, delta);
  edit (cache, "mid-queued", ls_test_set_text ("p6", "name", "Mine"));
  edit (cache, "mid-new", ls_change_new_put (ls_test_product ("mine", "New", 1, 1)));
}

static int64_t
integer (LsCache    *cache,
         const char *key,
         const char *field,
         bool        confirmed)
{
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);
  g_autoptr (GError) error = NULL;
  g_autoptr (LsRecord) record =
      confirmed ? ls_cache_get_confirmed (cache, LS_TEST_SHOP, products, key, &error)
                : ls_cache_get_visible (cache, LS_TEST_SHOP, products, key, &error);

  g_assert_no_error (error);
  return record != NULL ? ls_record_get_integer (record, ls_test_field (products, field), -1) : -2;
}

/* The sum over confirmed rows, taken from the rows, is the one that was kept. */
static void
check_digest (LsCache *cache)
{
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);
  LsDigestSum truth = { 0, 0 };
  LsDigestSum kept;
  g_autoptr (GError) error = NULL;

  for (int i = 1; i <= N_ROWS; i++)
    {
      g_autofree char *key = g_strdup_printf ("p%d", i);
      g_autoptr (LsRecord) record =
          ls_cache_get_confirmed (cache, LS_TEST_SHOP, products, key, &error);

      g_assert_no_error (error);
      g_assert_true ((record == NULL) == (i == 2));
      if (record == NULL)
        continue;
      truth.count++;
      truth.hash ^= ls_digest_record (record, UINT64_MAX);
    }
  g_assert_true (ls_cache_get_digest (cache, LS_TEST_SHOP, products, &kept, &error));
  g_assert_no_error (error);
  g_assert_cmpint (kept.count, ==, truth.count);
  g_assert_cmpuint (kept.hash, ==, truth.hash);
}

static void
check_edits (LsCache *cache)
{
  static const struct {
    const char *mid;
    LsEditState state;
    int64_t n;
  } expected[] = {
    { "mid-dead", LS_EDIT_DEAD, 2 },     { "mid-sent", LS_EDIT_SENT, 3 },
    { "mid-queued", LS_EDIT_QUEUED, 0 }, { "mid-new", LS_EDIT_QUEUED, 0 },
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) edits = ls_cache_list_edits (
      cache, LS_TEST_SHOP, LS_EDITS_WAITING | LS_EDIT_MASK (LS_EDIT_DEAD), &error);
  const LsEdit *dead;

  g_assert_no_error (error);
  g_assert_cmpuint (edits->len, ==, G_N_ELEMENTS (expected));
  for (unsigned i = 0; i < edits->len; i++)
    {
      const LsEdit *edit = g_ptr_array_index (edits, i);

      g_assert_cmpstr (edit->mid, ==, expected[i].mid);
      g_assert_cmpint (edit->state, ==, expected[i].state);
      g_assert_cmpint (edit->n, ==, expected[i].n);
      g_assert_cmpuint (edit->changes->len, ==, 1);
    }
  dead = g_ptr_array_index (edits, 0);
  g_assert_cmpint (dead->status, ==, LS_RESULT_CONFLICT);
  g_assert_cmpstr (dead->code, ==, "conflict");
  g_assert_cmpstr (dead->message, ==, "somebody was faster");
  /* A file of version 1 had no reason. */
  if (dead->reason != NULL)
    g_assert_cmpstrv (dead->reason, ((const char *[]) { "gone", "products", "p4", NULL }));
}

/**
 * ls_test_archive_check:
 * @cache: a cache that was filled by ls_test_archive_fill(), by this version or an older one
 *
 * Asserts that all of it is there.
 */
void
ls_test_archive_check (LsCache *cache)
{
  g_autoptr (GPtrArray) shops = ls_cache_list_shops (cache);
  g_autofree char *client = ls_cache_get_client_id (cache, NULL);
  LsPosition position;
  LsPosition expected = ls_test_position (13);
  g_autoptr (GError) error = NULL;

  g_assert_cmpstr (client, ==, "0123456789abcdef0123456789abcdef");
  g_assert_cmpuint (shops->len, ==, 2);
  g_assert_cmpstr (((LsCacheShop *) g_ptr_array_index (shops, 0))->name, ==, "Books");
  g_assert_cmpstr (((LsCacheShop *) g_ptr_array_index (shops, 1))->name, ==, "Music");
  g_assert_true (ls_cache_get_position (cache, LS_TEST_SHOP, &position, NULL, NULL, NULL));
  g_assert_true (ls_position_equal (&position, &expected));
  g_assert_cmpint (ls_cache_get_highest_n (cache, LS_TEST_SHOP, NULL), ==, 3);

  g_assert_cmpint (integer (cache, "p1", "price", false), ==, 111);
  g_assert_cmpint (integer (cache, "p2", "price", false), ==, -2);
  g_assert_cmpint (integer (cache, "p3", "price", true), ==, 333);
  g_assert_cmpint (integer (cache, "p4", "price", false), ==, 400);
  g_assert_cmpint (integer (cache, "p5", "stock", false), ==, 55);
  g_assert_cmpint (integer (cache, "p5", "stock", true), ==, 5);
  g_assert_cmpint (integer (cache, "mine", "price", false), ==, 1);
  g_assert_cmpint (integer (cache, "mine", "price", true), ==, -2);
  g_assert_cmpint (integer (cache, "p40", "price", true), ==, 4000);
  check_digest (cache);
  check_edits (cache);
  g_assert_true (ls_cache_check (cache, &error));
  g_assert_no_error (error);
}
