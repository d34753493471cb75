/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "core/ls-error.h"
#include "core/ls-reason.h"

static unsigned
count_places (const char *words)
{
  unsigned highest = 0;

  for (const char *at = words; (at = strchr (at, '%')) != NULL; at++)
    {
      g_assert_true (g_ascii_isdigit (at[1]) && g_str_has_prefix (at + 2, "$s"));
      highest = MAX (highest, (unsigned) (at[1] - '0'));
    }
  return highest;
}

/* Every reason has a row; each argument a place in its words; begins and ends so that a sentence can be
 * made of it. */
static void
test_table (void)
{
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);

  for (int reason = 0; reason < LS_N_REASONS; reason++)
    {
      const LsReasonInfo *info = ls_reason_info ((LsReason) reason);

      g_test_message ("%s", info->name);
      g_assert_true (g_hash_table_add (names, (gpointer) info->name));
      g_assert_cmpuint (strlen (info->kinds), <=, LS_REASON_MAX_ARGS);
      g_assert_cmpuint (strspn (info->kinds, "tnvcfs"), ==, strlen (info->kinds));
      g_assert_cmpuint (count_places (info->words), ==, strlen (info->kinds));
      g_assert_false (g_str_has_suffix (info->words, "."));
      g_assert_false (g_ascii_isupper (info->words[0]));
      g_assert_cmpint (info->code, <=, LS_ERROR_TOO_OLD);
    }
}

static void
test_words (void)
{
  const LsCollection *orders = ls_schema_collection (LS_ORDERS);
  unsigned status = (unsigned) ls_collection_field (orders, "status");
  g_auto (GStrv) step = ls_reason_new (LS_REASON_ORDER_STATUS, orders, status, "on-hold", orders, status, "shipped");
  g_auto (GStrv) changed = ls_reason_new (LS_REASON_CHANGED, orders, status, orders, "o-1");
  g_auto (GStrv) range = ls_reason_new (LS_REASON_RANGE, INT64_C (7), INT64_C (-3), INT64_C (5));
  g_autofree char *step_words = ls_reason_to_text ((const char *const *) step);
  g_autofree char *changed_words = ls_reason_to_text ((const char *const *) changed);
  g_autofree char *range_words = ls_reason_to_text ((const char *const *) range);
  g_autofree char *turned = ls_reason_format ("%2$s before %1$s, 100 %, %3$s", (const char *const[]) { "b", "a", NULL });

  g_assert_cmpstr (step[1], ==, "orders.status.on-hold");
  g_assert_cmpstr (step_words, ==, "an order that is on-hold can't become shipped");
  g_assert_cmpstr (changed_words, ==, "status of orders o-1 was changed by somebody else");
  g_assert_cmpstr (range_words, ==, "7 is not between -3 and 5");
  g_assert_cmpstr (turned, ==, "a before b, 100 %, ");
}

/* What a newer server may send. */
static void
test_unknown (void)
{
  g_assert_null (ls_reason_find (NULL));
  g_assert_null (ls_reason_find ((const char *const[]) { NULL }));
  g_assert_null (ls_reason_find ((const char *const[]) { "too-blue", NULL }));
  g_assert_null (ls_reason_find ((const char *const[]) { "below-zero", NULL }));
  g_assert_null (ls_reason_find ((const char *const[]) { "below-zero", "products.price", "more", NULL }));
  g_assert_nonnull (ls_reason_find ((const char *const[]) { "below-zero", "robots.mood", NULL }));
}

/* Arguments are cut between two characters, and never break the text that a column holds. */
static void
test_args (void)
{
  g_autofree char *longest = g_strnfill (LS_REASON_MAX_ARG_BYTES - 1, 'x');
  g_autofree char *long_text = g_strconcat (longest, "éé", NULL);
  g_auto (GStrv) cut = ls_reason_new (LS_REASON_NOT_NUMBER, long_text);
  g_auto (GStrv) control = ls_reason_new (LS_REASON_NOT_NUMBER, "a\x1f" "b\nc");
  g_autofree char *joined = ls_reason_join ((const char *const *) control);
  g_auto (GStrv) split = ls_reason_split (joined);

  g_assert_cmpstr (cut[1], ==, longest);
  g_assert_cmpstr (control[1], ==, "a b c");
  g_assert_cmpstrv (split, control);
  g_assert_null (ls_reason_join (NULL));
  g_assert_null (ls_reason_split (NULL));
}

static void
test_error (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) copy = NULL;
  g_autoptr (GError) plain = g_error_new (LS_ERROR, LS_ERROR_NETWORK, "away");
  g_autoptr (GError) foreign = g_error_new (G_FILE_ERROR, G_FILE_ERROR_NOSPC, "full");

  ls_reason_set_error (NULL, LS_REASON_REQUIRED);
  ls_reason_set_error (&error, LS_REASON_GONE, ls_schema_collection (LS_PRODUCTS), "p");
  g_prefix_error (&error, "row 7: ");
  copy = g_error_copy (error);
  g_assert_error (copy, LS_ERROR, LS_ERROR_CONFLICT);
  g_assert_cmpstr (copy->message, ==, "row 7: products p is not there any more");
  g_assert_cmpstrv ((char **) ls_error_get_reason (copy), ((const char *[]) { "gone", "products", "p", NULL }));
  g_assert_null (ls_error_get_reason (plain));
  g_assert_null (ls_error_get_reason (foreign));
}

/* docs/errors.md has the table for those who read the wire. */
static void
test_documented (void)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "..", "docs", "errors.md", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  const char *at;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  at = text;
  for (int reason = 0; reason < LS_N_REASONS; reason++)
    {
      const LsReasonInfo *info = ls_reason_info ((LsReason) reason);
      g_autofree char *row =
          g_strdup_printf ("| %s | %s | %s |\n", info->name, ls_error_info (info->code)->name, info->words);

      g_test_message ("%s", row);
      at = strstr (at, row);
      g_assert_nonnull (at);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/reason/table", test_table);
  g_test_add_func ("/reason/words", test_words);
  g_test_add_func ("/reason/unknown", test_unknown);
  g_test_add_func ("/reason/args", test_args);
  g_test_add_func ("/reason/error", test_error);
  g_test_add_func ("/reason/documented", test_documented);

  return g_test_run ();
}
