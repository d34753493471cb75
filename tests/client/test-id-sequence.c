/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "client/ls-id-sequence.h"

/* The sequence against an array of ids that is changed entry by entry. */

static LsIdSequence *
sequence_from (GArray *ids)
{
  LsIdBuilder *builder = ls_id_builder_new ();

  for (unsigned i = 0; i < ids->len; i++)
    {
      int64_t id = g_array_index (ids, int64_t, i);

      ls_id_builder_add (builder, (LsIdEntry) { (uint64_t) id * 2, id });
    }
  return ls_id_builder_finish (builder);
}

static GArray *
ids_upto (int64_t n)
{
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (int64_t));

  for (int64_t id = 1; id <= n; id++)
    g_array_append_val (ids, id);
  return ids;
}

static void
assert_equal (const LsIdSequence *sequence,
              GArray             *ids)
{
  g_assert_cmpuint (ls_id_sequence_get_length (sequence), ==, ids->len);
  for (unsigned i = 0; i < ids->len; i++)
    g_assert_cmpint (ls_id_sequence_get (sequence, i)->id, ==, g_array_index (ids, int64_t, i));
  g_assert_null (ls_id_sequence_get (sequence, ids->len));
}

/* Does what a list model would do: removals from the end on, then insertions. */
static void
assert_script (GArray             *before,
               const LsIdSequence *after,
               const LsIdScript   *script)
{
  for (unsigned i = script->removed->len; i > 0; i--)
    {
      const LsIdRun *run = &g_array_index (script->removed, LsIdRun, i - 1);

      g_assert_cmpuint (run->length, >, 0);
      g_array_remove_range (before, run->start, run->length);
    }
  for (unsigned i = 0; i < script->inserted->len; i++)
    {
      const LsIdRun *run = &g_array_index (script->inserted, LsIdRun, i);

      g_assert_cmpuint (run->length, >, 0);
      for (unsigned j = 0; j < run->length; j++)
        {
          int64_t id = ls_id_sequence_get (after, run->start + j)->id;

          g_array_insert_val (before, run->start + j, id);
        }
    }
  assert_equal (after, before);
}

static int
compare_unsigned (gconstpointer a,
                  gconstpointer b)
{
  unsigned x = *(const unsigned *) a;
  unsigned y = *(const unsigned *) b;

  return (x > y) - (x < y);
}

static int
compare_inserts (gconstpointer a,
                 gconstpointer b)
{
  const LsIdInsert *x = a;
  const LsIdInsert *y = b;
  int order = (x->before > y->before) - (x->before < y->before);

  return order != 0 ? order : (x->entry.id > y->entry.id) - (x->entry.id < y->entry.id);
}

static bool
contains (GArray  *positions,
          unsigned position)
{
  for (unsigned i = 0; i < positions->len; i++)
    if (g_array_index (positions, unsigned, i) == position)
      return true;
  return false;
}

/* Positions to remove, and inserts: new ids, and some of the removed ones elsewhere or in place. */
static void
random_edit (GArray  *ids,
             int64_t *next_id,
             GArray  *removed,
             GArray  *inserted)
{
  int n_removed = g_test_rand_int_range (0, MIN ((int) ids->len, 40) + 1);
  int n_inserted = g_test_rand_int_range (0, 40);
  bool cluster = g_test_rand_int_range (0, 3) == 0;
  int start = ids->len > 0 ? g_test_rand_int_range (0, (int) ids->len) : 0;

  for (int i = 0; i < n_removed; i++)
    {
      unsigned position = cluster ? (unsigned) (start + i)
                                  : (unsigned) g_test_rand_int_range (0, (int) ids->len);

      if (position < ids->len && !contains (removed, position))
        g_array_append_val (removed, position);
    }
  g_array_sort (removed, compare_unsigned);
  for (int i = 0; i < n_inserted; i++)
    {
      LsIdInsert insert = { (unsigned) g_test_rand_int_range (0, (int) ids->len + 1),
                            { 0, (*next_id)++ } };

      g_array_append_val (inserted, insert);
    }
  for (unsigned i = 0; i < removed->len; i++)
    {
      unsigned position = g_array_index (removed, unsigned, i);
      LsIdInsert insert = { position, { 7, g_array_index (ids, int64_t, position) } };
      int dice = g_test_rand_int_range (0, 3);

      if (dice == 0)
        continue;
      if (dice == 1)
        insert.before = (unsigned) g_test_rand_int_range (0, (int) ids->len + 1);
      g_array_append_val (inserted, insert);
    }
  g_array_sort (inserted, compare_inserts);
}

static GArray *
edited (GArray *ids,
        GArray *removed,
        GArray *inserted)
{
  GArray *result = g_array_new (FALSE, FALSE, sizeof (int64_t));
  unsigned next = 0;

  for (unsigned i = 0; i <= ids->len; i++)
    {
      for (; next < inserted->len && g_array_index (inserted, LsIdInsert, next).before == i; next++)
        g_array_append_val (result, g_array_index (inserted, LsIdInsert, next).entry.id);
      if (i < ids->len && !contains (removed, i))
        g_array_append_val (result, g_array_index (ids, int64_t, i));
    }
  return result;
}

static void
test_random (void)
{
  static const int64_t sizes[] = { 0, 1, 3, 511, 512, 513, 2000, 5000 };

  for (size_t s = 0; s < G_N_ELEMENTS (sizes); s++)
    {
      g_autoptr (GArray) ids = ids_upto (sizes[s]);
      g_autoptr (LsIdSequence) sequence = sequence_from (ids);
      int64_t next_id = sizes[s] + 1;

      for (int round = 0; round < 60; round++)
        {
          g_autoptr (GArray) removed = g_array_new (FALSE, FALSE, sizeof (unsigned));
          g_autoptr (GArray) inserted = g_array_new (FALSE, FALSE, sizeof (LsIdInsert));
          g_autoptr (GArray) after = NULL;
          g_autoptr (LsIdSequence) next = NULL;
          g_autoptr (LsIdScript) script = NULL;
          g_autoptr (LsIdScript) found = NULL;
          g_autoptr (GArray) again = g_array_copy (ids);

          random_edit (ids, &next_id, removed, inserted);
          after = edited (ids, removed, inserted);
          next = ls_id_sequence_edit (sequence, removed, inserted, &script);
          assert_equal (next, after);
          assert_equal (sequence, ids); /* the version before is as it was */
          found = ls_id_sequence_diff (sequence, next, 64);
          assert_script (again, next, found);
          assert_script (ids, next, script);
          ls_id_sequence_unref (sequence);
          sequence = g_steal_pointer (&next);
        }
    }
}

/* What stays in its place is no part of a script: a row whose value changes does not lose focus. */
static void
test_stays (void)
{
  g_autoptr (GArray) ids = ids_upto (10);
  g_autoptr (LsIdSequence) sequence = sequence_from (ids);
  g_autoptr (GArray) removed = g_array_new (FALSE, FALSE, sizeof (unsigned));
  g_autoptr (GArray) inserted = g_array_new (FALSE, FALSE, sizeof (LsIdInsert));
  g_autoptr (LsIdSequence) next = NULL;
  g_autoptr (LsIdScript) script = NULL;
  unsigned position = 4;
  LsIdInsert before = { 4, { 99, 5 } };

  g_array_append_val (removed, position);
  g_array_append_val (inserted, before);
  next = ls_id_sequence_edit (sequence, removed, inserted, &script);
  g_assert_cmpuint (ls_id_script_count_runs (script), ==, 0);
  g_assert_cmpuint (ls_id_sequence_get (next, 4)->prefix, ==, 99);
  g_assert_cmpuint (ls_id_sequence_get (sequence, 4)->prefix, ==, 10);
}

/* A re-sort is two runs, not a thousand. */
static void
test_diff_of_resort (void)
{
  g_autoptr (GArray) ids = ids_upto (1000);
  g_autoptr (GArray) reversed = g_array_new (FALSE, FALSE, sizeof (int64_t));
  g_autoptr (LsIdSequence) before = sequence_from (ids);
  g_autoptr (LsIdSequence) after = NULL;
  g_autoptr (LsIdScript) script = NULL;

  for (unsigned i = ids->len; i > 0; i--)
    g_array_append_val (reversed, g_array_index (ids, int64_t, i - 1));
  after = sequence_from (reversed);
  script = ls_id_sequence_diff (before, after, 64);
  g_assert_cmpuint (ls_id_script_count_runs (script), ==, 2);
  assert_script (ids, after, script);
}

static int
compare_prefix (const LsIdEntry *entry,
                gpointer         user_data)
{
  uint64_t prefix = *(uint64_t *) user_data;

  return entry->prefix < prefix ? -1 : entry->prefix > prefix;
}

static void
test_search (void)
{
  g_autoptr (GArray) ids = ids_upto (3000);
  g_autoptr (LsIdSequence) sequence = sequence_from (ids);
  unsigned position;

  for (uint64_t prefix = 0; prefix <= 6002; prefix++)
    g_assert_cmpuint (ls_id_sequence_search (sequence, compare_prefix, &prefix), ==,
                      prefix == 0 ? 0 : (prefix - 1) / 2);
  g_assert_true (ls_id_sequence_find (sequence, 2999, &position));
  g_assert_cmpuint (position, ==, 2998);
  g_assert_false (ls_id_sequence_find (sequence, 4000, &position));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/id-sequence/random", test_random);
  g_test_add_func ("/id-sequence/stays", test_stays);
  g_test_add_func ("/id-sequence/diff-of-resort", test_diff_of_resort);
  g_test_add_func ("/id-sequence/search", test_search);
  return g_test_run ();
}
