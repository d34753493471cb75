/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "core/ls-error.h"
#include "ls-test-cache.h"

/* Edits before they are sent, and after they failed or were lost: what joins, what depends on what,
 * what can be done about a failure, what a restored server is offered again. */

#define DAY INT64_C (86400000000)

static void
set_up (LsTestCache   *fixture,
        gconstpointer  data)
{
  ls_test_cache_set_up (fixture, data);
  ls_test_cache_put_two (fixture);
}

static LsEdit *
edit (LsTestCache *fixture,
      LsChange    *change)
{
  g_autoptr (GPtrArray) changes = ls_test_changes (change, NULL);
  g_autofree char *mid = g_strdup_printf ("mid-%d", ++fixture->next_mid);
  GError *error = NULL;
  LsEdit *made = ls_cache_add_edit (fixture->cache, LS_TEST_SHOP, mid, changes, &error);

  g_assert_no_error (error);
  return made;
}

/* Makes an edit without a look at what became of it. */
static void
make (LsTestCache *fixture,
      LsChange    *change)
{
  g_autoptr (LsEdit) made = edit (fixture, change);

  g_assert_nonnull (made);
}

static GPtrArray *
list (LsTestCache *fixture,
      LsEditState  state)
{
  GError *error = NULL;
  GPtrArray *edits =
      ls_cache_list_edits (fixture->cache, LS_TEST_SHOP, LS_EDIT_MASK (state), &error);

  g_assert_no_error (error);
  return edits;
}

static unsigned
count (LsTestCache *fixture,
       LsEditState  state)
{
  g_autoptr (GPtrArray) edits = list (fixture, state);

  return edits->len;
}

static void
number (LsTestCache *fixture)
{
  GError *error = NULL;
  g_autoptr (GPtrArray) sent = ls_cache_number_edits (fixture->cache, LS_TEST_SHOP, 64, &error);

  g_assert_no_error (error);
}

/* The first edit that is sent and undecided ends. */
static LsEdit *
end (LsTestCache    *fixture,
     LsResultStatus  status,
     int64_t         version)
{
  g_autoptr (GPtrArray) sent = list (fixture, LS_EDIT_SENT);
  g_autoptr (LsMessage) result = NULL;
  LsEdit *ended = NULL;
  GError *error = NULL;

  g_assert_cmpuint (sent->len, >, 0);
  result = ls_test_result (g_ptr_array_index (sent, 0), status, version);
  ls_cache_apply_result (fixture->cache, result, &ended, &error);
  g_assert_no_error (error);
  return ended;
}

static void
end_as (LsTestCache    *fixture,
        LsResultStatus  status,
        int64_t         version,
        LsEditState     state)
{
  g_autoptr (LsEdit) ended = end (fixture, status, version);

  g_assert_cmpint (ended->state, ==, state);
}

static LsChange *
put (const char *key,
     int64_t     price)
{
  g_autoptr (LsRecord) record = ls_test_product (key, "Keys", price, 1);

  return ls_change_new_put (record);
}

static const LsFieldEdit *
field_edit (const LsEdit *made,
            const char   *field)
{
  return ls_change_find (g_ptr_array_index (made->changes, 0),
                         ls_test_field (ls_schema_collection (LS_PRODUCTS), field));
}

/* --- Joining ------------------------------------------------------------------------------- */

static void
test_typed_five_times (LsTestCache   *fixture,
                       gconstpointer  data)
{
  g_autoptr (GPtrArray) queued = NULL;
  const LsFieldEdit *price;

  for (int64_t value = 1; value <= 5; value++)
    make (fixture, ls_test_set_integer ("a", "price", value));
  make (fixture, ls_test_set_integer ("a", "stock", 9));
  queued = list (fixture, LS_EDIT_QUEUED);
  g_assert_cmpuint (queued->len, ==, 1);
  price = field_edit (g_ptr_array_index (queued, 0), "price");
  g_assert_cmpint (price->was.integer, ==, 1000);
  g_assert_cmpint (price->set.integer, ==, 5);
  g_assert_cmpint (field_edit (g_ptr_array_index (queued, 0), "stock")->set.integer, ==, 9);
}

static void
test_back_to_what_it_was (LsTestCache   *fixture,
                          gconstpointer  data)
{
  g_autoptr (LsEdit) ended = NULL;

  make (fixture, ls_test_set_integer ("a", "price", 5));
  ended = edit (fixture, ls_test_set_integer ("a", "price", 1000));
  g_assert_cmpint (ended->state, ==, LS_EDIT_DISCARDED);
  g_assert_cmpuint (count (fixture, LS_EDIT_QUEUED), ==, 0);
  g_assert_cmpint (ls_test_cache_visible (fixture, "a", "price"), ==, 1000);
  g_assert_false (ls_test_cache_last_change (fixture)->pending);
}

static void
test_create_and_edit (LsTestCache   *fixture,
                      gconstpointer  data)
{
  g_autoptr (GPtrArray) queued = NULL;
  const LsChange *change;

  make (fixture, put ("new", 1));
  make (fixture, ls_test_set_integer ("new", "price", 2));
  make (fixture, ls_test_add ("new", "stock", 4));
  queued = list (fixture, LS_EDIT_QUEUED);
  g_assert_cmpuint (queued->len, ==, 1);
  change = g_ptr_array_index (((LsEdit *) g_ptr_array_index (queued, 0))->changes, 0);
  g_assert_cmpint (change->op, ==, LS_CHANGE_PUT);
  g_assert_cmpint (field_edit (g_ptr_array_index (queued, 0), "price")->set.integer, ==, 2);
  g_assert_false (field_edit (g_ptr_array_index (queued, 0), "price")->has_was);
  g_assert_cmpint (field_edit (g_ptr_array_index (queued, 0), "stock")->set.integer, ==, 5);
  ls_test_cache_reopen (fixture);
  g_assert_cmpint (ls_test_cache_visible (fixture, "new", "price"), ==, 2);
  g_assert_cmpint (ls_test_cache_visible (fixture, "new", "stock"), ==, 5);
}

static void
test_create_and_delete (LsTestCache   *fixture,
                        gconstpointer  data)
{
  g_autoptr (LsEdit) ended = NULL;

  make (fixture, put ("new", 1));
  make (fixture, ls_test_set_integer ("new", "price", 2));
  ended = edit (fixture, ls_test_del ("new"));
  g_assert_cmpint (ended->state, ==, LS_EDIT_DISCARDED);
  g_assert_cmpuint (count (fixture, LS_EDIT_QUEUED), ==, 0);
  g_assert_cmpint (ls_test_cache_visible (fixture, "new", "price"), ==, -2);
  ls_test_cache_reopen (fixture);
  g_assert_cmpint (ls_test_cache_visible (fixture, "new", "price"), ==, -2);
}

/* The removal has to name what the server has, not what the admin made of it. */
static void
test_edit_and_delete (LsTestCache   *fixture,
                      gconstpointer  data)
{
  g_autoptr (GPtrArray) queued = NULL;
  const LsChange *change;

  make (fixture, ls_test_set_integer ("a", "price", 2));
  make (fixture, ls_test_del ("a"));
  queued = list (fixture, LS_EDIT_QUEUED);
  g_assert_cmpuint (queued->len, ==, 1);
  change = g_ptr_array_index (((LsEdit *) g_ptr_array_index (queued, 0))->changes, 0);
  g_assert_cmpint (change->op, ==, LS_CHANGE_DEL);
  g_assert_cmpint (field_edit (g_ptr_array_index (queued, 0), "price")->was.integer, ==, 1000);
  g_assert_false (field_edit (g_ptr_array_index (queued, 0), "price")->has_set);
  g_assert_cmpint (ls_test_cache_visible (fixture, "a", "price"), ==, -2);
}

static void
test_delete_and_undo (LsTestCache   *fixture,
                      gconstpointer  data)
{
  g_autoptr (LsEdit) removal = edit (fixture, ls_test_del ("a"));
  g_autoptr (GPtrArray) undo = ls_changes_new_inverse (removal->changes);
  g_autoptr (LsEdit) ended = NULL;

  ended = edit (fixture, ls_change_ref (g_ptr_array_index (undo, 0)));
  g_assert_cmpint (ended->state, ==, LS_EDIT_DISCARDED);
  g_assert_cmpuint (count (fixture, LS_EDIT_QUEUED), ==, 0);
  g_assert_cmpint (ls_test_cache_visible (fixture, "a", "price"), ==, 1000);
}

static void
test_sent_stays_apart (LsTestCache   *fixture,
                       gconstpointer  data)
{
  make (fixture, put ("new", 1));
  number (fixture);
  make (fixture, ls_test_set_integer ("new", "price", 2));
  make (fixture, ls_test_set_integer ("new", "price", 3));
  g_assert_cmpuint (count (fixture, LS_EDIT_SENT), ==, 1);
  g_assert_cmpuint (count (fixture, LS_EDIT_QUEUED), ==, 1);
  g_assert_cmpint (ls_test_cache_visible (fixture, "new", "price"), ==, 3);
}

static LsChange *
category (LsChangeOp  op,
          const char *key,
          const char *field,
          const char *value)
{
  const LsCollection *categories = ls_schema_collection (LS_CATEGORIES);
  LsChange *change = ls_change_new (op, categories, key);

  ls_change_take_set (change, ls_test_field (categories, field), ls_value_text (value));
  return change;
}

/* A joined edit takes the place of the first: it must not point at a row that is made behind it. */
static void
test_does_not_pass (LsTestCache   *fixture,
                    gconstpointer  data)
{
  make (fixture, category (LS_CHANGE_PUT, "inner", "name", "Loops"));
  make (fixture, category (LS_CHANGE_PUT, "outer", "name", "Sounds"));
  make (fixture, category (LS_CHANGE_SET, "inner", "parent", "outer"));
  g_assert_cmpuint (count (fixture, LS_EDIT_QUEUED), ==, 3);
  make (fixture, category (LS_CHANGE_SET, "inner", "name", "Tape loops"));
  g_assert_cmpuint (count (fixture, LS_EDIT_QUEUED), ==, 3);
  /* Nor can that row vanish under it. */
  make (fixture, ls_change_new (LS_CHANGE_DEL, ls_schema_collection (LS_CATEGORIES), "outer"));
  g_assert_cmpuint (count (fixture, LS_EDIT_QUEUED), ==, 4);
}

/* --- Dependants ------------------------------------------------------------------------------ */

/* Both were sent before the first was refused: the second belongs to it all the same. */
static void
test_sent_dependant (LsTestCache   *fixture,
                     gconstpointer  data)
{
  g_autoptr (LsEdit) create = edit (fixture, put ("new", 1));
  g_autoptr (GPtrArray) dead = NULL;
  g_autoptr (GPtrArray) queued = NULL;
  g_autoptr (LsEdit) price = NULL;
  GError *error = NULL;

  number (fixture);
  price = edit (fixture, ls_test_set_integer ("new", "price", 2));
  number (fixture);
  end_as (fixture, LS_RESULT_REJECTED, 10, LS_EDIT_DEAD);
  ls_test_cache_reopen (fixture);
  end_as (fixture, LS_RESULT_CONFLICT, 10, LS_EDIT_DEAD);
  dead = list (fixture, LS_EDIT_DEAD);
  g_assert_cmpuint (dead->len, ==, 2);
  g_assert_cmpstr (((LsEdit *) g_ptr_array_index (dead, 1))->depends_on, ==, create->mid);
  g_assert_true (ls_cache_retry_edit (fixture->cache, create->mid, "again", &error));
  g_assert_no_error (error);
  queued = list (fixture, LS_EDIT_QUEUED);
  g_assert_cmpuint (queued->len, ==, 2);
  /* The server knows its mid, and would tell the old result. */
  g_assert_cmpstr (((LsEdit *) g_ptr_array_index (queued, 1))->mid, !=, price->mid);
  g_assert_cmpint (ls_test_cache_visible (fixture, "new", "price"), ==, 2);
}

static void
test_discard_sent_create (LsTestCache   *fixture,
                          gconstpointer  data)
{
  g_autoptr (LsEdit) create = edit (fixture, put ("new", 1));
  GError *error = NULL;

  number (fixture);
  make (fixture, ls_test_set_integer ("new", "price", 2));
  number (fixture);
  g_assert_true (ls_cache_discard_edit (fixture->cache, create->mid, &error));
  g_assert_no_error (error);
  g_assert_cmpint (ls_test_cache_visible (fixture, "new", "price"), ==, -2);
  end_as (fixture, LS_RESULT_REJECTED, 10, LS_EDIT_DISCARDED);
  end_as (fixture, LS_RESULT_REJECTED, 10, LS_EDIT_DISCARDED);
  g_assert_cmpuint (count (fixture, LS_EDIT_DEAD), ==, 0);
}

/* Taken back too late: the server had it. That is told, and can be undone. */
static void
test_discarded_too_late (LsTestCache   *fixture,
                         gconstpointer  data)
{
  g_autoptr (LsEdit) made = edit (fixture, ls_test_set_integer ("a", "price", 5));
  LsMessage *delta = ls_test_delta (10, 11);

  number (fixture);
  g_assert_true (ls_cache_discard_edit (fixture->cache, made->mid, NULL));
  ls_test_delta_take (delta, 11, ls_test_set_integer ("a", "price", 5), made->mid);
  ls_test_cache_apply (fixture, delta, -1);
  end_as (fixture, LS_RESULT_APPLIED, 11, LS_EDIT_APPLIED);
  g_assert_cmpint (ls_test_cache_visible (fixture, "a", "price"), ==, 5);
  g_assert_cmpuint (count (fixture, LS_EDIT_APPLIED), ==, 1);
}

/* --- Resolving ------------------------------------------------------------------------------- */

static char *
conflict (LsTestCache *fixture)
{
  g_autoptr (LsEdit) made = edit (fixture, ls_test_set_integer ("a", "price", 5));
  LsMessage *delta = ls_test_delta (10, 11);

  number (fixture);
  ls_test_delta_take (delta, 11, ls_test_set_integer ("a", "price", 6), NULL);
  ls_test_cache_apply (fixture, delta, -1);
  end_as (fixture, LS_RESULT_CONFLICT, 11, LS_EDIT_DEAD);
  return g_strdup (made->mid);
}

static void
test_resolve (LsTestCache   *fixture,
              gconstpointer  data)
{
  g_autofree char *mid = conflict (fixture);
  LsChange *mine = ls_test_set_integer ("a", "price", 7);
  g_autoptr (GPtrArray) changes = ls_test_changes (mine, NULL);
  g_autoptr (GPtrArray) queued = NULL;
  GError *error = NULL;

  ls_change_take_was (mine, ls_test_field (mine->collection, "price"), ls_value_integer (6));
  g_assert_true (ls_cache_resolve_edit (fixture->cache, mid, "again", changes, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (count (fixture, LS_EDIT_DEAD), ==, 0);
  queued = list (fixture, LS_EDIT_QUEUED);
  g_assert_cmpuint (queued->len, ==, 1);
  g_assert_cmpint (field_edit (g_ptr_array_index (queued, 0), "price")->was.integer, ==, 6);
  g_assert_cmpint (field_edit (g_ptr_array_index (queued, 0), "price")->set.integer, ==, 7);
  g_assert_cmpint (ls_test_cache_visible (fixture, "a", "price"), ==, 7);
  g_assert_false (ls_cache_resolve_edit (fixture->cache, mid, "more", changes, &error));
  g_assert_error (error, LS_ERROR, LS_ERROR_CONFLICT);
  g_clear_error (&error);
}

static void
test_resolve_refused (LsTestCache   *fixture,
                      gconstpointer  data)
{
  g_autofree char *mid = conflict (fixture);
  g_autoptr (GPtrArray) changes =
      ls_test_changes (ls_test_set_integer ("nobody", "price", 7), NULL);
  GError *error = NULL;

  g_assert_false (ls_cache_resolve_edit (fixture->cache, mid, "again", changes, &error));
  g_assert_error (error, LS_ERROR, LS_ERROR_CONFLICT);
  g_clear_error (&error);
  g_assert_cmpuint (count (fixture, LS_EDIT_DEAD), ==, 1);
  g_assert_cmpuint (count (fixture, LS_EDIT_QUEUED), ==, 0);
}

static void
test_discard_all (LsTestCache   *fixture,
                  gconstpointer  data)
{
  g_autofree char *mid = conflict (fixture);
  GError *error = NULL;

  make (fixture, put ("new", 1));
  number (fixture);
  make (fixture, ls_test_set_integer ("new", "price", 2));
  end_as (fixture, LS_RESULT_REJECTED, 11, LS_EDIT_DEAD);
  make (fixture, ls_test_set_integer ("b", "price", 3));
  g_assert_cmpuint (count (fixture, LS_EDIT_DEAD), ==, 3);
  g_assert_true (ls_cache_discard_edits (fixture->cache, LS_TEST_SHOP,
                                         LS_EDIT_MASK (LS_EDIT_DEAD), &error));
  g_assert_no_error (error);
  g_assert_cmpuint (count (fixture, LS_EDIT_DEAD), ==, 0);
  g_assert_cmpuint (count (fixture, LS_EDIT_QUEUED), ==, 1);
  g_assert_cmpint (ls_test_cache_visible (fixture, "b", "price"), ==, 3);
  g_assert_true (ls_cache_discard_edits (fixture->cache, LS_TEST_SHOP, UINT32_MAX, &error));
  g_assert_cmpuint (count (fixture, LS_EDIT_QUEUED), ==, 0);
}

/* --- Chains ---------------------------------------------------------------------------------- */

/* The first of three is refused: the others were made on it, and are made again on what is there. */
static void
test_chain (LsTestCache   *fixture,
            gconstpointer  data)
{
  g_autoptr (GPtrArray) queued = NULL;
  const LsFieldEdit *first, *second;

  for (int64_t value = -1; value <= 1; value++)
    {
      make (fixture, ls_test_set_integer ("a", "price", value));
      number (fixture);
    }
  end_as (fixture, LS_RESULT_REJECTED, 10, LS_EDIT_DEAD);
  end_as (fixture, LS_RESULT_CONFLICT, 10, LS_EDIT_DISCARDED);
  end_as (fixture, LS_RESULT_CONFLICT, 10, LS_EDIT_DISCARDED);
  g_assert_cmpuint (count (fixture, LS_EDIT_DEAD), ==, 1);
  queued = list (fixture, LS_EDIT_QUEUED);
  g_assert_cmpuint (queued->len, ==, 2);
  first = field_edit (g_ptr_array_index (queued, 0), "price");
  second = field_edit (g_ptr_array_index (queued, 1), "price");
  g_assert_cmpint (first->was.integer, ==, 1000);
  g_assert_cmpint (first->set.integer, ==, 0);
  g_assert_cmpint (second->was.integer, ==, 0);
  g_assert_cmpint (second->set.integer, ==, 1);
  ls_test_cache_reopen (fixture);
  g_assert_cmpint (ls_test_cache_visible (fixture, "a", "price"), ==, 1);
  /* A colleague was there: now it is a conflict, of both, and none goes round. */
  number (fixture);
  end_as (fixture, LS_RESULT_CONFLICT, 11, LS_EDIT_DEAD);
  end_as (fixture, LS_RESULT_CONFLICT, 11, LS_EDIT_DISCARDED);
  number (fixture);
  end_as (fixture, LS_RESULT_CONFLICT, 11, LS_EDIT_DEAD);
  g_assert_cmpuint (count (fixture, LS_EDIT_DEAD), ==, 3);
  g_assert_cmpuint (count (fixture, LS_EDIT_QUEUED), ==, 0);
}

/* A failed edit that asked for the value that it thought was there: what was made on it has seen no
 * other value before, and is not made again for ever. */
static void
test_chain_same (LsTestCache   *fixture,
                 gconstpointer  data)
{
  LsChange *same = ls_test_set_integer ("a", "price", 200);

  ls_change_take_was (same, ls_test_field (same->collection, "price"), ls_value_integer (200));
  make (fixture, same);
  number (fixture);
  make (fixture, ls_test_set_integer ("a", "price", 926));
  number (fixture);
  end_as (fixture, LS_RESULT_CONFLICT, 10, LS_EDIT_DEAD);
  end_as (fixture, LS_RESULT_CONFLICT, 10, LS_EDIT_DEAD);
  g_assert_cmpuint (count (fixture, LS_EDIT_QUEUED), ==, 0);
}

/* The same, where it takes several failed edits to come back to a value: it ends. */
static void
test_chain_round (LsTestCache   *fixture,
                  gconstpointer  data)
{
  static const int64_t made[][2] = { { 2, 3 }, { 3, 1 }, { 1, 2 } };

  for (size_t i = 0; i < G_N_ELEMENTS (made); i++)
    {
      LsChange *change = ls_test_set_integer ("a", "price", made[i][0]);

      ls_change_take_was (change, ls_test_field (change->collection, "price"),
                          ls_value_integer (made[i][1]));
      make (fixture, change);
      number (fixture);
      end_as (fixture, LS_RESULT_REJECTED, 10, LS_EDIT_DEAD);
    }
  for (size_t i = 0; i < G_N_ELEMENTS (made); i++)
    {
      LsChange *change = ls_test_set_integer ("a", "price", 926);

      ls_change_take_was (change, ls_test_field (change->collection, "price"),
                          ls_value_integer (made[i][0]));
      make (fixture, change);
      for (unsigned turn = 0; count (fixture, LS_EDIT_QUEUED) > 0; turn++)
        {
          g_autoptr (LsEdit) ended = NULL;

          g_assert_cmpuint (turn, <, G_N_ELEMENTS (made));
          number (fixture);
          ended = end (fixture, LS_RESULT_CONFLICT, 10);
        }
      g_assert_cmpuint (count (fixture, LS_EDIT_DEAD), ==, G_N_ELEMENTS (made) + 1 + i);
    }
}

/* --- Many ------------------------------------------------------------------------------------ */

static void
test_many (LsTestCache   *fixture,
           gconstpointer  data)
{
  g_autoptr (GPtrArray) changes = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
  g_autoptr (GPtrArray) made = NULL;
  g_autoptr (GPtrArray) seen = NULL;
  unsigned total = 0;
  GError *error = NULL;

  for (int i = 0; i < 1000; i++)
    {
      g_autofree char *key = g_strdup_printf ("row-%d", i);

      g_ptr_array_add (changes, put (key, i));
    }
  made = ls_cache_add_edits (fixture->cache, LS_TEST_SHOP, NULL, changes, &seen, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (seen->len, ==, made->len);
  for (unsigned i = 0; i < made->len; i++)
    {
      const LsEdit *one = g_ptr_array_index (made, i);

      g_assert_cmpuint (one->changes->len, <=, LS_BULK_CHANGES);
      total += one->changes->len;
    }
  g_assert_cmpuint (total, ==, 1000);
  g_assert_cmpint (ls_test_cache_visible (fixture, "row-999", "price"), ==, 999);
  /* All or nothing. */
  g_ptr_array_add (changes, ls_test_set_integer ("nobody", "price", 7));
  g_assert_null (ls_cache_add_edits (fixture->cache, LS_TEST_SHOP, NULL, changes, NULL, &error));
  g_assert_error (error, LS_ERROR, LS_ERROR_CONFLICT);
  g_clear_error (&error);
  g_assert_cmpuint (count (fixture, LS_EDIT_QUEUED), ==, made->len);
}

static void
test_many_large (LsTestCache   *fixture,
                 gconstpointer  data)
{
  g_autoptr (GPtrArray) changes = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
  g_autofree char *text = g_strnfill (4000, 'x');
  g_autoptr (GPtrArray) made = NULL;
  GError *error = NULL;

  for (int i = 0; i < 90; i++)
    {
      g_autofree char *key = g_strdup_printf ("row-%d", i);
      LsChange *change = put (key, i);

      ls_change_take_set (change, ls_test_field (change->collection, "description"),
                          ls_value_text (text));
      g_ptr_array_add (changes, change);
    }
  made = ls_cache_add_edits (fixture->cache, LS_TEST_SHOP, NULL, changes, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (made->len, >=, 3);
}

/* --- Lost in a restore ----------------------------------------------------------------------- */

/* Two edits, applied at versions 11 and 12. */
static void
apply_two (LsTestCache *fixture)
{
  make (fixture, ls_test_set_integer ("a", "price", 5));
  number (fixture);
  end_as (fixture, LS_RESULT_APPLIED, 11, LS_EDIT_APPLIED);
  ls_test_environment_advance (LS_TEST_ENVIRONMENT (fixture->environment), 6 * DAY);
  make (fixture, ls_test_set_integer ("b", "price", 7));
  number (fixture);
  end_as (fixture, LS_RESULT_APPLIED, 12, LS_EDIT_APPLIED);
}

static void
lose (LsTestCache *fixture,
      int64_t      base)
{
  GError *error = NULL;

  g_assert_true (ls_cache_lose_edits (fixture->cache, LS_TEST_SHOP, base, &error));
  g_assert_no_error (error);
}

static void
test_lost (LsTestCache   *fixture,
           gconstpointer  data)
{
  g_autoptr (GPtrArray) lost = NULL;
  g_autoptr (GPtrArray) queued = NULL;
  GError *error = NULL;

  apply_two (fixture);
  lose (fixture, 11);
  /* As after a crash in between. */
  ls_test_cache_reopen (fixture);
  lose (fixture, 11);
  lost = list (fixture, LS_EDIT_LOST);
  g_assert_cmpuint (lost->len, ==, 1);
  g_assert_cmpint (ls_test_cache_visible (fixture, "b", "price"), ==, 2000);
  g_assert_true (ls_cache_restore_edits (fixture->cache, LS_TEST_SHOP, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (count (fixture, LS_EDIT_LOST), ==, 0);
  queued = list (fixture, LS_EDIT_QUEUED);
  g_assert_cmpuint (queued->len, ==, 1);
  /* Under the old mid, so that a server that has it does not do it twice. */
  g_assert_cmpstr (((LsEdit *) g_ptr_array_index (queued, 0))->mid, ==,
                   ((LsEdit *) g_ptr_array_index (lost, 0))->mid);
  g_assert_cmpint (ls_test_cache_visible (fixture, "b", "price"), ==, 7);
  /* Once. */
  lose (fixture, 11);
  g_assert_cmpuint (count (fixture, LS_EDIT_LOST), ==, 0);
}

static void
test_lost_chosen (LsTestCache   *fixture,
                  gconstpointer  data)
{
  const char *chosen[] = { NULL, NULL };
  g_autoptr (GPtrArray) lost = NULL;

  apply_two (fixture);
  lose (fixture, 0);
  lost = list (fixture, LS_EDIT_LOST);
  g_assert_cmpuint (lost->len, ==, 2);
  chosen[0] = ((LsEdit *) g_ptr_array_index (lost, 1))->mid;
  g_assert_true (ls_cache_restore_edits (fixture->cache, LS_TEST_SHOP, chosen, NULL));
  g_assert_cmpuint (count (fixture, LS_EDIT_LOST), ==, 1);
  g_assert_cmpint (ls_test_cache_visible (fixture, "b", "price"), ==, 7);
  g_assert_true (ls_cache_discard_edits (fixture->cache, LS_TEST_SHOP,
                                         LS_EDIT_MASK (LS_EDIT_LOST), NULL));
  g_assert_cmpuint (count (fixture, LS_EDIT_LOST), ==, 0);
  lose (fixture, 0);
  g_assert_cmpuint (count (fixture, LS_EDIT_LOST), ==, 0);
}

static void
test_lost_long_ago (LsTestCache   *fixture,
                    gconstpointer  data)
{
  apply_two (fixture);
  ls_test_environment_advance (LS_TEST_ENVIRONMENT (fixture->environment), 2 * DAY);
  /* Resolved: one 8 days ago, one 2 days; the first has come with its delta. */
  ls_test_cache_apply (fixture, ls_test_cache_price_delta (10, 12, 11, 5), -1);
  lose (fixture, 0);
  g_assert_cmpuint (count (fixture, LS_EDIT_LOST), ==, 1);
}

/* What a server that has it after all knows under its mid stays what it is: what the admin does then goes
 * by itself, and undoing it by hand is something to be sent. */
static void
test_lost_stays_apart (LsTestCache   *fixture,
                       gconstpointer  data)
{
  g_autoptr (GPtrArray) queued = NULL;
  g_autoptr (LsEdit) back = NULL;

  apply_two (fixture);
  lose (fixture, 11);
  g_assert_true (ls_cache_restore_edits (fixture->cache, LS_TEST_SHOP, NULL, NULL));
  ls_test_cache_reopen (fixture);
  back = edit (fixture, ls_test_set_integer ("b", "price", 2000));
  g_assert_cmpint (back->state, ==, LS_EDIT_QUEUED);
  make (fixture, ls_test_set_integer ("b", "price", 9));
  queued = list (fixture, LS_EDIT_QUEUED);
  g_assert_cmpuint (queued->len, ==, 2);
  g_assert_cmpstr (((LsEdit *) g_ptr_array_index (queued, 0))->mid, ==, "mid-2");
  g_assert_cmpint (field_edit (g_ptr_array_index (queued, 0), "price")->set.integer, ==, 7);
  g_assert_cmpint (field_edit (g_ptr_array_index (queued, 1), "price")->was.integer, ==, 7);
  g_assert_cmpint (field_edit (g_ptr_array_index (queued, 1), "price")->set.integer, ==, 9);
  g_assert_cmpint (ls_test_cache_visible (fixture, "b", "price"), ==, 9);
}

/* Of two of one row the second goes as it was, too, when the first is taken back. */
static void
test_lost_stays_whole (LsTestCache   *fixture,
                       gconstpointer  data)
{
  g_autoptr (GPtrArray) queued = NULL;
  g_autoptr (GPtrArray) left = NULL;
  const LsEdit *second;

  make (fixture, ls_test_set_integer ("a", "price", 5));
  number (fixture);
  make (fixture, ls_test_set_integer ("a", "price", 6));
  number (fixture);
  end_as (fixture, LS_RESULT_APPLIED, 11, LS_EDIT_APPLIED);
  end_as (fixture, LS_RESULT_APPLIED, 12, LS_EDIT_APPLIED);
  lose (fixture, 10);
  g_assert_true (ls_cache_restore_edits (fixture->cache, LS_TEST_SHOP, NULL, NULL));
  queued = list (fixture, LS_EDIT_QUEUED);
  g_assert_cmpuint (queued->len, ==, 2);
  g_assert_true (ls_cache_discard_edit (
      fixture->cache, ((LsEdit *) g_ptr_array_index (queued, 0))->mid, NULL));
  left = list (fixture, LS_EDIT_QUEUED);
  g_assert_cmpuint (left->len, ==, 1);
  second = g_ptr_array_index (left, 0);
  g_assert_cmpstr (second->mid, ==, ((LsEdit *) g_ptr_array_index (queued, 1))->mid);
  g_assert_cmpint (field_edit (second, "price")->was.integer, ==, 5);
}

/* What is lost with the row it was about can't be made again: it is not swallowed. */
static void
test_lost_row (LsTestCache   *fixture,
               gconstpointer  data)
{
  LsMessage *delta = ls_test_delta (10, 13);
  g_autoptr (GPtrArray) dead = NULL;

  apply_two (fixture);
  ls_test_delta_take (delta, 13, ls_test_del ("b"), NULL);
  ls_test_cache_apply (fixture, delta, -1);
  lose (fixture, 11);
  g_assert_true (ls_cache_restore_edits (fixture->cache, LS_TEST_SHOP, NULL, NULL));
  dead = list (fixture, LS_EDIT_DEAD);
  g_assert_cmpuint (dead->len, ==, 1);
  g_assert_cmpstr (((LsEdit *) g_ptr_array_index (dead, 0))->code, ==, "conflict");
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

#define ADD_TEST(path, func) \
  g_test_add ("/cache-letters/" path, LsTestCache, NULL, set_up, func, ls_test_cache_tear_down)
  ADD_TEST ("typed-five-times", test_typed_five_times);
  ADD_TEST ("back-to-what-it-was", test_back_to_what_it_was);
  ADD_TEST ("create-and-edit", test_create_and_edit);
  ADD_TEST ("create-and-delete", test_create_and_delete);
  ADD_TEST ("edit-and-delete", test_edit_and_delete);
  ADD_TEST ("delete-and-undo", test_delete_and_undo);
  ADD_TEST ("sent-stays-apart", test_sent_stays_apart);
  ADD_TEST ("does-not-pass", test_does_not_pass);
  ADD_TEST ("sent-dependant", test_sent_dependant);
  ADD_TEST ("discard-sent-create", test_discard_sent_create);
  ADD_TEST ("discarded-too-late", test_discarded_too_late);
  ADD_TEST ("resolve", test_resolve);
  ADD_TEST ("resolve-refused", test_resolve_refused);
  ADD_TEST ("discard-all", test_discard_all);
  ADD_TEST ("chain", test_chain);
  ADD_TEST ("chain/same", test_chain_same);
  ADD_TEST ("chain/round", test_chain_round);
  ADD_TEST ("many", test_many);
  ADD_TEST ("many-large", test_many_large);
  ADD_TEST ("lost", test_lost);
  ADD_TEST ("lost-chosen", test_lost_chosen);
  ADD_TEST ("lost-long-ago", test_lost_long_ago);
  ADD_TEST ("lost-stays-apart", test_lost_stays_apart);
  ADD_TEST ("lost-stays-whole", test_lost_stays_whole);
  ADD_TEST ("lost-row", test_lost_row);
#undef ADD_TEST
  return g_test_run ();
}
