/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "core/ls-change.h"
#include "core/ls-error.h"
#include "core/ls-record.h"

static LsRecord *
product (const char *key,
         const char *name,
         int64_t     price,
         int64_t     stock)
{
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);
  LsRecord *record = ls_record_new (products, key);

  ls_record_set_text (record, (unsigned) ls_collection_field (products, "name"), name);
  ls_record_set_text (record, (unsigned) ls_collection_field (products, "status"), "active");
  ls_record_set_integer (record, (unsigned) ls_collection_field (products, "price"), price);
  ls_record_set_integer (record, (unsigned) ls_collection_field (products, "stock"), stock);
  return record;
}

static unsigned
field (const char *name)
{
  return (unsigned) ls_collection_field (ls_schema_collection (LS_PRODUCTS), name);
}

static void
test_between (void)
{
  g_autoptr (LsRecord) before = product ("p", "Beat", 1000, 5);
  g_autoptr (LsRecord) after = product ("p", "Beat", 1200, 5);
  g_autoptr (LsChange) patch = ls_change_new_between (before, after);
  g_autoptr (LsChange) put = ls_change_new_between (NULL, after);
  g_autoptr (LsChange) del = ls_change_new_between (before, NULL);
  g_autoptr (LsRecord) patched = ls_change_apply (patch, before, LS_APPLY_EXACT, NULL);
  g_autoptr (LsRecord) made = ls_change_apply (put, NULL, LS_APPLY_EXACT, NULL);

  g_assert_null (ls_change_new_between (before, before));
  g_assert_null (ls_change_new_between (NULL, NULL));
  g_assert_cmpint (patch->op, ==, LS_CHANGE_SET);
  g_assert_cmpuint (patch->edits->len, ==, 1);
  g_assert_cmpint (ls_change_find (patch, field ("price"))->was.integer, ==, 1000);
  g_assert_true (ls_record_equal (patched, after));
  g_assert_true (ls_record_equal (made, after));
  g_assert_cmpint (del->op, ==, LS_CHANGE_DEL);
  g_assert_null (ls_change_apply (del, before, LS_APPLY_EXACT, NULL));
}

static void
test_add (void)
{
  g_autoptr (LsRecord) before = product ("p", "Beat", 1000, 5);
  g_autoptr (LsChange) add = ls_change_new (LS_CHANGE_ADD, ls_schema_collection (LS_PRODUCTS), "p");
  g_autoptr (LsRecord) after = NULL;
  g_autoptr (GError) error = NULL;

  ls_change_take_set (add, field ("stock"), ls_value_integer (-2));
  g_assert_true (ls_change_validate (add, NULL));
  after = ls_change_apply (add, before, LS_APPLY_EXACT, NULL);
  g_assert_cmpint (ls_record_get_integer (after, field ("stock"), 0), ==, 3);
  g_assert_cmpint (ls_record_get_integer (before, field ("stock"), 0), ==, 5);

  ls_change_take_set (add, field ("stock"), ls_value_integer (INT64_MAX));
  g_assert_null (ls_change_apply (add, before, LS_APPLY_EXACT, &error));
  g_assert_error (error, LS_ERROR, LS_ERROR_VALIDATION);
  g_clear_error (&error);
  g_assert_null (ls_change_apply (add, NULL, LS_APPLY_EXACT, &error));
  g_assert_error (error, LS_ERROR, LS_ERROR_CONFLICT);
}

static void
test_put_keeps_derived (void)
{
  g_autoptr (LsRecord) before = product ("p", "Beat", 1000, 5);
  g_autoptr (LsRecord) other = product ("p", "Beat 2", 900, 1);
  g_autoptr (LsChange) put = ls_change_new_put (other);
  g_autoptr (LsRecord) mutated = NULL;
  g_autoptr (LsRecord) replaced = NULL;

  ls_record_set_integer (before, field ("units_sold"), 77);
  mutated = ls_change_apply (put, before, LS_APPLY_KEEP_DERIVED, NULL);
  replaced = ls_change_apply (put, before, LS_APPLY_EXACT, NULL);
  g_assert_cmpint (ls_record_get_integer (mutated, field ("units_sold"), -1), ==, 77);
  g_assert_cmpint (ls_record_get_integer (replaced, field ("units_sold"), -1), ==, -1);
  g_assert_cmpstr (ls_record_get_text (mutated, field ("name")), ==, "Beat 2");
}

typedef struct {
  LsChangeOp op;
  const char *field;
  LsValueKind kind;
  const char *says;
} Refused;

static const Refused refused[] = {
  { LS_CHANGE_SET, "units_sold", LS_VALUE_INTEGER, "computes" },
  { LS_CHANGE_ADD, "name", LS_VALUE_INTEGER, "added" },
  { LS_CHANGE_ADD, "created_at", LS_VALUE_INTEGER, "added" },
  { LS_CHANGE_ADD, "stock", LS_VALUE_TEXT, "added" },
  { LS_CHANGE_SET, "name", LS_VALUE_NULL, "required" },
  { LS_CHANGE_SET, "price", LS_VALUE_TEXT, "text where" },
  { LS_CHANGE_PUT, "name", LS_VALUE_TEXT, "status: a value is required" },
};

static void
test_validate (void)
{
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);

  for (size_t i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      g_autoptr (LsChange) change = ls_change_new (refused[i].op, products, "p");
      g_autoptr (GError) error = NULL;
      LsValue value = LS_VALUE_INIT;

      if (refused[i].kind == LS_VALUE_INTEGER)
        value = ls_value_integer (1);
      else if (refused[i].kind == LS_VALUE_TEXT)
        value = ls_value_text ("x");
      ls_change_take_set (change, field (refused[i].field), value);
      g_assert_false (ls_change_validate (change, &error));
      g_assert_error (error, LS_ERROR, LS_ERROR_VALIDATION);
      g_assert_nonnull (strstr (error->message, refused[i].says));
      g_assert_nonnull (strstr (error->message, "products p: "));
    }
}

static void
test_validate_place (void)
{
  g_autoptr (LsChange) derived = ls_change_new (LS_CHANGE_DEL, ls_schema_collection (LS_DAILY_SALES), "d");
  g_autoptr (LsChange) immutable = ls_change_new (LS_CHANGE_SET, ls_schema_collection (LS_ORDERS), "o");
  g_autoptr (LsChange) bad_key = ls_change_new (LS_CHANGE_DEL, ls_schema_collection (LS_ORDERS), " ");

  ls_change_take_set (immutable, (unsigned) ls_collection_field (immutable->collection, "number"),
                      ls_value_text ("7"));
  g_assert_false (ls_change_validate (derived, NULL));
  g_assert_false (ls_change_validate (immutable, NULL));
  g_assert_false (ls_change_validate (bad_key, NULL));
}

/* The order in which a maker names fields does not show, the content does. */
static void
test_hash (void)
{
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);
  g_autoptr (GPtrArray) a = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
  g_autoptr (GPtrArray) b = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
  LsChange *x = ls_change_new (LS_CHANGE_SET, products, "p");
  LsChange *y = ls_change_new (LS_CHANGE_SET, products, "p");

  g_ptr_array_add (a, x);
  g_ptr_array_add (b, y);
  ls_change_take_set (x, field ("price"), ls_value_integer (5));
  ls_change_take_set (x, field ("name"), ls_value_text ("n"));
  ls_change_take_set (y, field ("name"), ls_value_text ("n"));
  ls_change_take_set (y, field ("price"), ls_value_integer (5));
  g_assert_true (ls_change_equal (x, y));
  g_assert_cmpuint (ls_changes_hash (a), ==, ls_changes_hash (b));
  ls_change_take_was (y, field ("price"), ls_value_integer (4));
  g_assert_false (ls_change_equal (x, y));
  g_assert_cmpuint (ls_changes_hash (a), !=, ls_changes_hash (b));
}

/* --- Undo ------------------------------------------------------------------------------------ */

/* What was done to @before, and then undone, is @before. */
static void
assert_undone (LsChange       *change,
               const LsRecord *before)
{
  g_autoptr (LsChange) undo = ls_change_new_inverse (change);
  g_autoptr (LsRecord) after = ls_change_apply (change, before, LS_APPLY_EXACT, NULL);
  g_autoptr (LsRecord) undone = NULL;

  g_assert_nonnull (undo);
  g_assert_cmpstr (undo->key, ==, change->key);
  undone = ls_change_apply (undo, after, LS_APPLY_EXACT, NULL);
  if (before == NULL)
    g_assert_null (undone);
  else
    g_assert_true (ls_record_equal (undone, before));
}

static void
test_inverse (void)
{
  g_autoptr (LsRecord) before = product ("p", "Beat", 1000, 5);
  g_autoptr (LsRecord) after = product ("p", "Drum", 1200, 5);
  g_autoptr (LsChange) set = ls_change_new_between (before, after);
  g_autoptr (LsChange) put = ls_change_new_between (NULL, after);
  g_autoptr (LsChange) del = ls_change_new_between (before, NULL);
  g_autoptr (LsChange) add = ls_change_new (LS_CHANGE_ADD, ls_schema_collection (LS_PRODUCTS), "p");
  g_autoptr (LsChange) undo = ls_change_new_inverse (set);

  assert_undone (set, before);
  assert_undone (put, NULL);
  assert_undone (del, before);
  ls_change_take_set (add, field ("stock"), ls_value_integer (-7));
  assert_undone (add, before);
  /* It says what it expects to find, so that what somebody did since is not undone with it. */
  g_assert_cmpstr (ls_value_get_text (&ls_change_find (undo, field ("name"))->was), ==, "Drum");
}

static void
test_no_inverse (void)
{
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);
  g_autoptr (LsChange) set = ls_change_new (LS_CHANGE_SET, products, "p");
  g_autoptr (LsChange) add = ls_change_new (LS_CHANGE_ADD, products, "p");
  g_autoptr (LsChange) put = ls_change_new (LS_CHANGE_PUT, products, "p");

  ls_change_take_set (set, field ("price"), ls_value_integer (5));
  g_assert_null (ls_change_new_inverse (set));
  ls_change_take_set (add, field ("stock"), ls_value_integer (INT64_MIN));
  g_assert_null (ls_change_new_inverse (add));
  /* Put over a row that was there: what else that row held is not known. */
  ls_change_take_set (put, field ("price"), ls_value_integer (5));
  ls_change_take_was (put, field ("price"), ls_value_integer (4));
  g_assert_null (ls_change_new_inverse (put));
}

/* Several at once are undone from the last to the first, all of them or none. */
static void
test_inverse_of_many (void)
{
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);
  g_autoptr (GPtrArray) changes = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
  g_autoptr (GPtrArray) undo = NULL;
  g_autoptr (LsRecord) before = product ("p", "Beat", 1000, 5);
  g_autoptr (LsRecord) after = product ("p", "Beat", 1200, 5);
  LsChange *unknown = ls_change_new (LS_CHANGE_SET, products, "q");

  g_ptr_array_add (changes, ls_change_new_between (NULL, before));
  g_ptr_array_add (changes, ls_change_new_between (before, after));
  undo = ls_changes_new_inverse (changes);
  g_assert_cmpuint (undo->len, ==, 2);
  g_assert_cmpint (((LsChange *) undo->pdata[0])->op, ==, LS_CHANGE_SET);
  g_assert_cmpint (((LsChange *) undo->pdata[1])->op, ==, LS_CHANGE_DEL);
  ls_change_take_set (unknown, field ("price"), ls_value_integer (5));
  g_ptr_array_add (changes, unknown);
  g_assert_null (ls_changes_new_inverse (changes));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/change/between", test_between);
  g_test_add_func ("/change/add", test_add);
  g_test_add_func ("/change/put-keeps-derived", test_put_keeps_derived);
  g_test_add_func ("/change/validate", test_validate);
  g_test_add_func ("/change/validate-place", test_validate_place);
  g_test_add_func ("/change/hash", test_hash);
  g_test_add_func ("/change/inverse", test_inverse);
  g_test_add_func ("/change/no-inverse", test_no_inverse);
  g_test_add_func ("/change/inverse-of-many", test_inverse_of_many);
  return g_test_run ();
}
