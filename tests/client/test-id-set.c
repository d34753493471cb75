/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "client/ls-id-set.h"

static void
collect_cb (int64_t  id,
            gpointer user_data)
{
  g_array_append_val ((GArray *) user_data, id);
}

static void
assert_listed (const LsIdSet *set,
               const int64_t *expected,
               unsigned       n_expected)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (int64_t));

  ls_id_set_foreach (set, collect_cb, ids);
  g_assert_cmpmem (ids->data, ids->len * sizeof (int64_t), expected,
                   n_expected * sizeof (int64_t));
  g_assert_cmpuint (ls_id_set_get_n_listed (set), ==, n_expected);
}

static void
test_some (void)
{
  static const int64_t expected[] = { 3, 9 };
  g_autoptr (LsIdSet) set = ls_id_set_new ();

  g_assert_true (ls_id_set_is_empty (set));
  g_assert_true (ls_id_set_add (set, 9));
  g_assert_true (ls_id_set_add (set, 3));
  g_assert_true (ls_id_set_add (set, 5));
  g_assert_false (ls_id_set_add (set, 3));
  g_assert_true (ls_id_set_remove (set, 5));
  g_assert_false (ls_id_set_remove (set, 5));
  g_assert_true (ls_id_set_contains (set, 3));
  g_assert_false (ls_id_set_contains (set, 5));
  g_assert_false (ls_id_set_is_empty (set));
  g_assert_cmpuint (ls_id_set_count (set, 100), ==, 2);
  assert_listed (set, expected, G_N_ELEMENTS (expected));
}

/* Everything selected, rows that come later too. */
static void
test_all_but (void)
{
  static const int64_t expected[] = { 7 };
  g_autoptr (LsIdSet) set = ls_id_set_new ();
  g_autoptr (LsIdSet) copy = NULL;

  ls_id_set_add (set, 5);
  ls_id_set_add_all (set);
  g_assert_true (ls_id_set_is_all_but (set));
  g_assert_true (ls_id_set_contains (set, 123456));
  g_assert_true (ls_id_set_remove (set, 7));
  g_assert_false (ls_id_set_remove (set, 7));
  g_assert_true (ls_id_set_remove (set, 8));
  g_assert_true (ls_id_set_add (set, 8));
  g_assert_false (ls_id_set_contains (set, 7));
  g_assert_cmpuint (ls_id_set_count (set, 100), ==, 99);
  copy = ls_id_set_copy (set);
  ls_id_set_clear (set);
  g_assert_true (ls_id_set_is_empty (set));
  g_assert_false (ls_id_set_contains (set, 1));
  g_assert_true (ls_id_set_contains (copy, 1));
  g_assert_false (ls_id_set_is_empty (copy));
  assert_listed (copy, expected, G_N_ELEMENTS (expected));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/id-set/some", test_some);
  g_test_add_func ("/id-set/all-but", test_all_but);
  return g_test_run ();
}
