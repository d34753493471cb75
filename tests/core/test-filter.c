/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "core/ls-filter.h"

static LsRecord *
product (void)
{
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);
  LsRecord *record = ls_record_new (products, "p");

  ls_record_set_text (record, (unsigned) ls_collection_field (products, "name"), "Café Straße 24");
  ls_record_set_integer (record, (unsigned) ls_collection_field (products, "price"), 100);
  return record;
}

static const struct {
  const char *field;
  LsFilterOp op;
  LsValueKind kind;
  int64_t integer;
  const char *text;
  bool matches;
} comparisons[] = {
  { "price", LS_FILTER_EQUAL, LS_VALUE_INTEGER, 100, NULL, true },
  { "price", LS_FILTER_NOT_EQUAL, LS_VALUE_INTEGER, 100, NULL, false },
  { "price", LS_FILTER_LESS, LS_VALUE_INTEGER, 100, NULL, false },
  { "price", LS_FILTER_LESS_EQUAL, LS_VALUE_INTEGER, 100, NULL, true },
  { "price", LS_FILTER_GREATER, LS_VALUE_INTEGER, 99, NULL, true },
  { "price", LS_FILTER_GREATER_EQUAL, LS_VALUE_INTEGER, 101, NULL, false },
  { "price", LS_FILTER_EQUAL, LS_VALUE_NULL, 0, NULL, false },
  { "stock", LS_FILTER_EQUAL, LS_VALUE_NULL, 0, NULL, true },
  { "stock", LS_FILTER_NOT_EQUAL, LS_VALUE_INTEGER, 1, NULL, true },
  { "stock", LS_FILTER_LESS, LS_VALUE_INTEGER, 1, NULL, false },
  { "stock", LS_FILTER_GREATER, LS_VALUE_INTEGER, -1, NULL, false },
  { "price", LS_FILTER_LESS, LS_VALUE_NULL, 0, NULL, false },
  { "name", LS_FILTER_CONTAINS, LS_VALUE_TEXT, 0, "café", true },
  { "name", LS_FILTER_CONTAINS, LS_VALUE_TEXT, 0, "CAFÉ STRASSE", true },
  { "name", LS_FILTER_CONTAINS, LS_VALUE_TEXT, 0, "24", true },
  { "name", LS_FILTER_CONTAINS, LS_VALUE_TEXT, 0, "", true },
  { "name", LS_FILTER_CONTAINS, LS_VALUE_TEXT, 0, "%", false },
  { "sku", LS_FILTER_CONTAINS, LS_VALUE_TEXT, 0, "", false },
};

static void
test_compare (void)
{
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);
  g_autoptr (LsRecord) record = product ();

  for (size_t i = 0; i < G_N_ELEMENTS (comparisons); i++)
    {
      LsValue value = LS_VALUE_INIT;
      g_autoptr (LsFilter) filter = NULL;

      g_test_message ("%zu %s", i, comparisons[i].field);
      if (comparisons[i].kind == LS_VALUE_INTEGER)
        value = ls_value_integer (comparisons[i].integer);
      else if (comparisons[i].kind == LS_VALUE_TEXT)
        value = ls_value_text (comparisons[i].text);
      filter = ls_filter_new_compare (products, (unsigned) ls_collection_field (products, comparisons[i].field),
                                      comparisons[i].op, value);
      g_assert_cmpint (ls_filter_matches (filter, record), ==, comparisons[i].matches);
    }
}

static void
test_groups (void)
{
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);
  unsigned price = (unsigned) ls_collection_field (products, "price");
  g_autoptr (LsRecord) record = product ();
  g_autoptr (LsFilter) all = ls_filter_new_all (products);
  g_autoptr (LsFilter) any = ls_filter_new_any (products);
  g_autoptr (LsFilter) search = ls_filter_new_search (products, "straße");

  g_assert_true (ls_filter_matches (all, record));
  g_assert_false (ls_filter_matches (any, record));
  g_assert_true (ls_filter_matches (search, record));
  ls_filter_take_child (all, ls_filter_new_compare (products, price, LS_FILTER_GREATER, ls_value_integer (50)));
  ls_filter_take_child (all, ls_filter_new_compare (products, price, LS_FILTER_LESS, ls_value_integer (60)));
  ls_filter_take_child (any, ls_filter_new_compare (products, price, LS_FILTER_LESS, ls_value_integer (60)));
  ls_filter_take_child (any, ls_filter_new_compare (products, price, LS_FILTER_GREATER, ls_value_integer (50)));
  g_assert_false (ls_filter_matches (all, record));
  g_assert_true (ls_filter_matches (any, record));
  g_assert_cmpuint (ls_filter_get_fields (all), ==, UINT64_C (1) << price);
  g_assert_true (ls_filter_equal (all, all));
  g_assert_false (ls_filter_equal (all, any));
}

/* The quick search in ASCII text gives what folding both sides gives. */
static void
test_fold_agrees (void)
{
  static const char letters[] = "abAB kKiIsS";

  for (int i = 0; i < 20000; i++)
    {
      char text[9] = { 0 };
      char needle[4] = { 0 };
      g_autofree char *folded_text = NULL;
      g_autofree char *folded_needle = NULL;

      for (int j = 0; j < 8; j++)
        text[j] = letters[g_test_rand_int_range (0, sizeof letters - 1)];
      for (int j = 0; j < g_test_rand_int_range (0, 4); j++)
        needle[j] = letters[g_test_rand_int_range (0, sizeof letters - 1)];
      folded_text = ls_filter_fold (text);
      folded_needle = ls_filter_fold (needle);
      g_assert_cmpint (ls_filter_text_contains (text, folded_needle), ==,
                       g_strstr_len (folded_text, -1, folded_needle) != NULL);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/filter/compare", test_compare);
  g_test_add_func ("/filter/groups", test_groups);
  g_test_add_func ("/filter/fold-agrees", test_fold_agrees);
  return g_test_run ();
}
