/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "core/ls-calendar.h"
#include "core/ls-digest.h"
#include "core/ls-error.h"
#include "core/ls-scope.h"

#define MONTH 672 /* December 2025 */

static LsRecord *
order_of (int64_t day)
{
  const LsCollection *orders = ls_schema_collection (LS_ORDERS);
  g_autofree char *key = g_strdup_printf ("o%" G_GINT64_FORMAT, day);
  LsRecord *record = ls_record_new (orders, key);

  if (day >= 0)
    ls_record_set_integer (record, (unsigned) orders->day_field, day);
  return record;
}

/* A row belongs to a scope exactly when its month does, and so do the changes that tell its day. */
static void
test_months (void)
{
  const LsCollection *orders = ls_schema_collection (LS_ORDERS);
  int64_t border = ls_calendar_month_start (MONTH - 1);
  LsScope scope;

  ls_scope_init (&scope);
  scope.since[LS_ORDERS] = MONTH;
  g_assert_cmpuint (ls_digest_day_bucket (border), ==, MONTH);
  for (int64_t day = border - 40; day < border + 40; day++)
    {
      g_autoptr (LsRecord) record = order_of (day);
      g_autoptr (LsRecord) changed = ls_record_copy (record);
      g_autoptr (LsChange) put = ls_change_new_between (NULL, record);
      g_autoptr (LsChange) del = ls_change_new_between (record, NULL);
      g_autoptr (LsChange) set = NULL;

      ls_record_take (changed, (unsigned) orders->name_field, ls_value_text ("A-1"));
      set = ls_change_new_between (record, changed);
      g_assert_cmpint (ls_scope_has_record (&scope, record), ==, day >= border);
      g_assert_cmpint (ls_scope_has_change (&scope, put), ==, day >= border);
      g_assert_cmpint (ls_scope_has_change (&scope, del), ==, day >= border);
      g_assert_true (ls_scope_has_change (&scope, set));
    }
}

static void
test_without_day (void)
{
  g_autoptr (LsRecord) record = order_of (-1);
  g_autoptr (LsRecord) product = ls_record_new (ls_schema_collection (LS_PRODUCTS), "p");
  g_autoptr (LsChange) put = ls_change_new_put (product);
  LsScope scope;

  ls_scope_init (&scope);
  scope.since[LS_ORDERS] = MONTH;
  g_assert_true (ls_scope_has_record (&scope, record));
  g_assert_true (ls_scope_has_record (&scope, product));
  scope.since[LS_ORDERS] = scope.since[LS_PRODUCTS] = LS_SCOPE_NOTHING;
  g_assert_false (ls_scope_has_record (&scope, record));
  g_assert_false (ls_scope_has_record (&scope, product));
  g_assert_false (ls_scope_has_change (&scope, put));
  g_assert_false (ls_scope_has_collection (&scope, ls_schema_collection (LS_PRODUCTS)));
  g_assert_cmpuint (ls_scope_get_collections (&scope), ==,
                    ((UINT32_C (1) << LS_N_COLLECTIONS) - 1) &
                        ~((UINT32_C (1) << LS_ORDERS) | (UINT32_C (1) << LS_PRODUCTS)));
}

/* The digest of a scope is that of its rows alone. */
static void
test_digest (void)
{
  const LsCollection *orders = ls_schema_collection (LS_ORDERS);
  g_autoptr (LsDigest) all = ls_digest_new (orders);
  g_autoptr (LsDigest) some = ls_digest_new (orders);
  LsScope scope;

  ls_scope_init (&scope);
  scope.since[LS_ORDERS] = MONTH;
  for (unsigned i = 0; i < 2000; i++)
    {
      g_autoptr (LsRecord) record = order_of (g_test_rand_int_range (-1, 40000));

      ls_digest_replace (all, NULL, record);
      if (ls_scope_has_record (&scope, record))
        ls_digest_replace (some, NULL, record);
    }
  g_assert_cmpint (ls_digest_get_since (all, MONTH, 7).count, <,
                   ls_digest_get_total (all, 7).count);
  g_assert_cmpint (ls_digest_get_since (all, MONTH, 7).count, ==,
                   ls_digest_get_total (some, 7).count);
  g_assert_cmpuint (ls_digest_get_since (all, MONTH, 7).hash, ==,
                    ls_digest_get_total (some, 7).hash);
  g_assert_cmpuint (ls_digest_get_since (all, 0, 7).hash, ==, ls_digest_get_total (all, 7).hash);
}

static void
test_text (void)
{
  LsScope scope, read;
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  ls_scope_init_empty (&scope);
  scope.since[LS_PRODUCTS] = 0;
  scope.since[LS_ORDERS] = 671;
  text = ls_scope_to_text (&scope);
  g_assert_cmpstr (text, ==, "products,orders:671");
  g_assert_true (ls_scope_from_text (text, &read, &error));
  g_assert_true (ls_scope_equal (&scope, &read));
  g_assert_false (ls_scope_is_whole (&read));
  g_assert_true (ls_scope_from_text (NULL, &read, &error));
  g_assert_true (ls_scope_is_whole (&read));
  g_assert_true (ls_scope_from_text ("", &read, &error));
  g_assert_true (ls_scope_is_whole (&read));
}

static void
test_wrong (void)
{
  static const struct {
    const char *text;
    const char *words;
  } cases[] = {
    { "gnomes", "*no collection*gnomes*" },
    { "products,", "*no collection*" },
    { "products:7", "products has no months" },
    { "orders:", "orders: not a month" },
    { "orders:-1", "orders: not a month" },
    { "orders:4294967295", "orders: not a month" },
    { "orders:12x", "orders: not a month" },
  };
  LsScope scope;

  ls_scope_init (&scope);
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", cases[i].text);
      g_assert_false (ls_scope_from_text (cases[i].text, &scope, &error));
      g_assert_error (error, LS_ERROR, LS_ERROR_PROTOCOL);
      g_assert_true (g_pattern_match_simple (cases[i].words, error->message));
      g_assert_true (ls_scope_is_whole (&scope));
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/scope/months", test_months);
  g_test_add_func ("/scope/without-day", test_without_day);
  g_test_add_func ("/scope/digest", test_digest);
  g_test_add_func ("/scope/text", test_text);
  g_test_add_func ("/scope/wrong", test_wrong);
  return g_test_run ();
}
