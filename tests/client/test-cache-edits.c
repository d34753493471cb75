/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "core/ls-error.h"
#include "ls-test-cache.h"

/* What comes from the admin: the overlay, the outbox, the dead letters. */

static void
set_up (LsTestCache   *fixture,
        gconstpointer  data)
{
  ls_test_cache_set_up (fixture, data);
  ls_test_cache_put_two (fixture);
}

static LsEdit *
try_edit (LsTestCache  *fixture,
          GPtrArray    *changes,
          GError      **error)
{
  g_autofree char *mid = g_strdup_printf ("mid-%d", ++fixture->next_mid);
  LsEdit *edit = ls_cache_add_edit (fixture->cache, LS_TEST_SHOP, mid, changes, error);

  g_ptr_array_unref (changes);
  return edit;
}

static LsEdit *
edit (LsTestCache *fixture,
      LsChange    *change)
{
  GError *error = NULL;
  LsEdit *made = try_edit (fixture, ls_test_changes (change, NULL), &error);

  g_assert_no_error (error);
  return made;
}

/* Gives all queued edits their n; the edit as it is then. */
static LsEdit *
send (LsTestCache *fixture,
      LsEdit      *made)
{
  GError *error = NULL;
  g_autoptr (GPtrArray) sent = ls_cache_number_edits (fixture->cache, LS_TEST_SHOP, 64, &error);

  g_assert_no_error (error);
  for (unsigned i = 0; i < sent->len; i++)
    {
      LsEdit *candidate = g_ptr_array_index (sent, i);

      if (g_str_equal (candidate->mid, made->mid))
        {
          ls_edit_unref (made);
          return ls_edit_ref (candidate);
        }
    }
  g_assert_not_reached ();
}

static LsEdit *
end (LsTestCache    *fixture,
     const LsEdit   *sent,
     LsResultStatus  status,
     int64_t         version)
{
  g_autoptr (LsMessage) result = ls_test_result (sent, status, version);
  LsEdit *ended = NULL;
  GError *error = NULL;

  ls_cache_apply_result (fixture->cache, result, &ended, &error);
  g_assert_no_error (error);
  return ended;
}

static unsigned
count (LsTestCache *fixture,
       unsigned     states)
{
  g_autoptr (GPtrArray) edits =
      ls_cache_list_edits (fixture->cache, LS_TEST_SHOP, states, NULL);

  return edits->len;
}

/* What a scenario does to the price and stock of product a, one letter and number a step. */
typedef enum {
  SET,     /* the admin sets the price */
  ADD,     /* the admin adds to the stock */
  SEND,    /* everything queued gets its n */
  OTHERS,  /* a colleague's price comes by delta */
  STOCK,   /* a colleague's stock comes by delta */
  MINE,    /* the delta with the first edit comes, with this price */
  DONE,    /* a squashed delta with all up to this n comes */
  APPLIED, /* the first undecided edit is applied at this version */
  CONFLICT,
  REJECTED,
  DECIDED,
  REOPEN,
} StepKind;

typedef struct {
  StepKind kind;
  int64_t value;
} Step;

typedef struct {
  const char *name;
  Step steps[8];
  size_t n_steps;
  int64_t price, confirmed_price;
  int64_t stock, confirmed_stock;
  bool pending;
  unsigned waiting, dead;
} Scenario;

static const LsEdit *
first_sent (GPtrArray *edits)
{
  g_assert_cmpuint (edits->len, >, 0);
  return g_ptr_array_index (edits, 0);
}

static void
delta_step (LsTestCache *fixture,
            const Step  *step)
{
  g_autoptr (GPtrArray) sent =
      ls_cache_list_edits (fixture->cache, LS_TEST_SHOP, LS_EDITS_WAITING, NULL);
  const char *mid = "theirs";
  LsMessage *delta;
  LsChange *change;
  LsPosition position;
  int64_t version;

  ls_cache_get_position (fixture->cache, LS_TEST_SHOP, &position, NULL, NULL, NULL);
  version = position.version + 1;
  delta = ls_test_delta (position.version, version);
  if (step->kind == OTHERS)
    change = ls_test_set_integer ("a", "price", step->value);
  else if (step->kind == STOCK)
    change = ls_test_set_integer ("a", "stock", step->value);
  else if (step->kind == MINE)
    {
      change = ls_test_set_integer ("a", "price", step->value);
      mid = first_sent (sent)->mid;
    }
  else
    {
      /* Squashed: every row once, with the newest value, and no mids. */
      change = ls_test_set_integer ("a", "price", 777);
      delta->delta.done = step->value;
      mid = NULL;
    }
  ls_test_delta_take (delta, version, change, mid);
  ls_test_cache_apply (fixture, delta, -1);
}

static void
take_step (LsTestCache *fixture,
           const Step  *step)
{
  static const LsResultStatus results[] = {
    [APPLIED] = LS_RESULT_APPLIED,   [CONFLICT] = LS_RESULT_CONFLICT,
    [REJECTED] = LS_RESULT_REJECTED, [DECIDED] = LS_RESULT_DECIDED,
  };
  g_autoptr (GPtrArray) sent = NULL;

  switch (step->kind)
    {
    case SET:
      ls_edit_unref (edit (fixture, ls_test_set_integer ("a", "price", step->value)));
      break;
    case ADD:
      ls_edit_unref (edit (fixture, ls_test_add ("a", "stock", step->value)));
      break;
    case SEND:
      g_ptr_array_unref (ls_cache_number_edits (fixture->cache, LS_TEST_SHOP, 64, NULL));
      break;
    case OTHERS:
    case STOCK:
    case MINE:
    case DONE:
      delta_step (fixture, step);
      break;
    case REOPEN:
      ls_test_cache_reopen (fixture);
      break;
    case APPLIED:
    case CONFLICT:
    case REJECTED:
    case DECIDED:
    default:
      sent = ls_cache_list_edits (fixture->cache, LS_TEST_SHOP, LS_EDIT_MASK (LS_EDIT_SENT), NULL);
      ls_edit_unref (end (fixture, first_sent (sent), results[step->kind], step->value));
    }
}

#define STEPS(...) \
  .steps = { __VA_ARGS__ }, .n_steps = sizeof ((Step[]) { __VA_ARGS__ }) / sizeof (Step)

/* PROTOCOL rules 12 and 13, as the admin sees them. The snapshot was at version 10. */
static const Scenario scenarios[] = {
  { "shows-at-once",
    STEPS ({ SET, 5 }),
    5, 1000, 5, 5, true, 1, 0 },
  { "survives-restart",
    STEPS ({ SET, 5 }, { REOPEN }),
    5, 1000, 5, 5, true, 1, 0 },
  { "stays-over-a-colleague",
    STEPS ({ SET, 5 }, { OTHERS, 6 }),
    5, 6, 5, 5, true, 1, 0 },
  { "lets-other-fields-through",
    STEPS ({ SET, 5 }, { STOCK, 9 }),
    5, 1000, 9, 9, true, 1, 0 },
  { "add-follows-what-is-there",
    STEPS ({ ADD, 1 }, { STOCK, 9 }),
    1000, 1000, 10, 9, true, 1, 0 },
  { "delta-then-result",
    STEPS ({ SET, 5 }, { SEND }, { MINE, 5 }, { APPLIED, 11 }),
    5, 5, 5, 5, false, 0, 0 },
  { "delta-is-enough-to-settle",
    STEPS ({ SET, 5 }, { SEND }, { MINE, 5 }),
    5, 5, 5, 5, false, 1, 0 },
  { "server-may-say-otherwise",
    STEPS ({ SET, 5 }, { SEND }, { MINE, 4 }),
    4, 4, 5, 5, false, 1, 0 },
  { "result-before-delta",
    STEPS ({ SET, 5 }, { SEND }, { APPLIED, 11 }),
    5, 1000, 5, 5, true, 0, 0 },
  { "result-before-delta-restart",
    STEPS ({ SET, 5 }, { SEND }, { APPLIED, 11 }, { REOPEN }),
    5, 1000, 5, 5, true, 0, 0 },
  { "result-then-delta",
    STEPS ({ SET, 5 }, { SEND }, { APPLIED, 11 }, { OTHERS, 3 }),
    3, 3, 5, 5, false, 0, 0 },
  { "add-is-not-counted-twice",
    STEPS ({ ADD, 1 }, { SEND }, { DONE, 1 }),
    777, 777, 5, 5, false, 1, 0 },
  { "squashed-without-mine",
    STEPS ({ ADD, 1 }, { SEND }, { DONE, 0 }),
    777, 777, 6, 5, true, 1, 0 },
  { "conflict-rolls-back",
    STEPS ({ SET, 5 }, { SEND }, { OTHERS, 6 }, { CONFLICT, 11 }),
    6, 6, 5, 5, false, 0, 1 },
  { "rejected-rolls-back",
    STEPS ({ SET, 5 }, { SEND }, { REJECTED, 10 }),
    1000, 1000, 5, 5, false, 0, 1 },
  { "dead-after-restart",
    STEPS ({ SET, 5 }, { SEND }, { REJECTED, 10 }, { REOPEN }),
    1000, 1000, 5, 5, false, 0, 1 },
  { "decided-goes",
    STEPS ({ SET, 5 }, { SEND }, { DECIDED, 10 }),
    1000, 1000, 5, 5, false, 0, 0 },
  { "first-fails-second-stays",
    STEPS ({ SET, 5 }, { SEND }, { ADD, 2 }, { REJECTED, 10 }),
    1000, 1000, 7, 5, true, 1, 1 },
  { "queued-sets-join",
    STEPS ({ SET, 5 }, { SET, 6 }, { SET, 7 }),
    7, 1000, 5, 5, true, 1, 0 },
  { "sent-does-not-join",
    STEPS ({ SET, 5 }, { SEND }, { SET, 6 }),
    6, 1000, 5, 5, true, 2, 0 },
  { "add-does-not-join",
    STEPS ({ ADD, 1 }, { ADD, 1 }),
    1000, 1000, 7, 5, true, 2, 0 },
};

static void
test_scenario (LsTestCache   *fixture,
               gconstpointer  data)
{
  const Scenario *scenario = data;

  for (size_t i = 0; i < scenario->n_steps; i++)
    take_step (fixture, &scenario->steps[i]);
  g_assert_cmpint (ls_test_cache_visible (fixture, "a", "price"), ==, scenario->price);
  g_assert_cmpint (ls_test_cache_confirmed (fixture, "a", "price"), ==, scenario->confirmed_price);
  g_assert_cmpint (ls_test_cache_visible (fixture, "a", "stock"), ==, scenario->stock);
  g_assert_cmpint (ls_test_cache_confirmed (fixture, "a", "stock"), ==, scenario->confirmed_stock);
  g_assert_cmpuint (count (fixture, LS_EDITS_WAITING), ==, scenario->waiting);
  g_assert_cmpuint (count (fixture, LS_EDIT_MASK (LS_EDIT_DEAD)), ==, scenario->dead);
  if (ls_test_cache_last (fixture)->changes->len == 1)
    g_assert_cmpint (ls_test_cache_last_change (fixture)->pending, ==, scenario->pending);
}

/* A row made by an edit with others, made once more alone, then deleted: it is gone, and what made it
 * first does not come back. */
static void
test_del_of_second_put (LsTestCache   *fixture,
                        gconstpointer  data)
{
  g_autoptr (LsRecord) first = ls_test_product ("n", "First", 1, 1);
  g_autoptr (LsRecord) beside = ls_test_product ("m", "Beside", 1, 1);
  g_autoptr (LsRecord) second = ls_test_product ("n", "Second", 2, 2);
  g_autoptr (GError) error = NULL;
  g_autoptr (LsEdit) many = try_edit (
      fixture, ls_test_changes (ls_change_new_put (first), ls_change_new_put (beside), NULL), &error);
  g_autoptr (LsEdit) again = edit (fixture, ls_change_new_put (second));
  g_autoptr (LsEdit) gone = NULL;

  g_assert_no_error (error);
  g_assert_cmpint (ls_test_cache_visible (fixture, "n", "price"), ==, 2);
  gone = edit (fixture, ls_test_del ("n"));
  g_assert_cmpint (ls_test_cache_visible (fixture, "n", "price"), ==, -2);
  g_assert_cmpint (ls_test_cache_visible (fixture, "m", "price"), ==, 1);
}

/* In a chain of the admin's own edits `was` is his previous value; joined ones keep the first. */
static void
test_was (LsTestCache   *fixture,
          gconstpointer  data)
{
  g_autoptr (LsEdit) first = edit (fixture, ls_test_set_integer ("a", "price", 5));
  g_autoptr (LsEdit) joined = edit (fixture, ls_test_set_integer ("a", "price", 6));
  g_autoptr (LsEdit) second = NULL;
  g_autoptr (LsEdit) removal = NULL;
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);
  unsigned price = ls_test_field (products, "price");
  const LsFieldEdit *found;

  g_assert_cmpstr (first->mid, ==, joined->mid);
  found = ls_change_find (g_ptr_array_index (joined->changes, 0), price);
  g_assert_cmpint (found->was.integer, ==, 1000);
  g_assert_cmpint (found->set.integer, ==, 6);
  joined = send (fixture, g_steal_pointer (&joined));
  second = edit (fixture, ls_test_set_integer ("a", "price", 7));
  found = ls_change_find (g_ptr_array_index (second->changes, 0), price);
  g_assert_cmpint (found->was.integer, ==, 6);
  second = send (fixture, g_steal_pointer (&second));
  removal = edit (fixture, ls_test_del ("a"));
  found = ls_change_find (g_ptr_array_index (removal->changes, 0), price);
  g_assert_true (found->has_was);
  g_assert_false (found->has_set);
  g_assert_cmpint (found->was.integer, ==, 7);
  g_assert_null (ls_change_find (g_ptr_array_index (removal->changes, 0),
                                 ls_test_field (products, "revenue")));
}

static void
test_refused_at_once (LsTestCache   *fixture,
                      gconstpointer  data)
{
  static const struct {
    const char *key, *field;
    int64_t value;
    int code;
  } cases[] = {
    { "nobody", "price", 5, LS_ERROR_CONFLICT },
    { "a", "revenue", 5, LS_ERROR_VALIDATION },
    { "a", "stock", INT64_MAX, LS_ERROR_VALIDATION },
    { "", "price", 5, LS_ERROR_VALIDATION },
  };
  g_autoptr (GError) error = NULL;
  int64_t sequence = ls_test_cache_last (fixture)->sequence;

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      /* The first change of each would do; all or nothing. */
      GPtrArray *changes = ls_test_changes (
          ls_test_set_integer ("b", "price", 1),
          ls_test_set_integer (cases[i].key, cases[i].field, cases[i].value), NULL);

      g_assert_null (try_edit (fixture, changes, &error));
      g_assert_error (error, LS_ERROR, cases[i].code);
      g_clear_error (&error);
    }
  g_assert_null (try_edit (fixture, g_ptr_array_new (), &error));
  g_assert_error (error, LS_ERROR, LS_ERROR_VALIDATION);
  g_assert_cmpint (ls_test_cache_visible (fixture, "b", "price"), ==, 2000);
  g_assert_cmpint (ls_test_cache_last (fixture)->sequence, ==, sequence);
  g_assert_cmpuint (count (fixture, LS_EDITS_WAITING), ==, 0);
}

/* An edit of several rows shows as a whole and goes as a whole. */
static void
test_several_rows (LsTestCache   *fixture,
                   gconstpointer  data)
{
  GError *error = NULL;
  g_autoptr (LsEdit) made = try_edit (fixture,
                                      ls_test_changes (ls_test_set_integer ("a", "price", 1),
                                                       ls_test_set_integer ("b", "price", 2),
                                                       ls_test_add ("a", "stock", 3), NULL),
                                      &error);

  g_assert_no_error (error);
  g_assert_cmpint (ls_test_cache_visible (fixture, "a", "price"), ==, 1);
  g_assert_cmpint (ls_test_cache_visible (fixture, "a", "stock"), ==, 8);
  g_assert_cmpint (ls_test_cache_visible (fixture, "b", "price"), ==, 2);
  g_assert_cmpuint (ls_test_cache_last (fixture)->changes->len, ==, 2);
  made = send (fixture, g_steal_pointer (&made));
  ls_edit_unref (end (fixture, made, LS_RESULT_CONFLICT, 10));
  g_assert_cmpint (ls_test_cache_visible (fixture, "a", "price"), ==, 1000);
  g_assert_cmpint (ls_test_cache_visible (fixture, "a", "stock"), ==, 5);
  g_assert_cmpint (ls_test_cache_visible (fixture, "b", "price"), ==, 2000);
  g_assert_cmpuint (ls_test_cache_last (fixture)->edits->len, ==, 1);
}

/* PROTOCOL rule 14. */
static void
test_dependants (LsTestCache   *fixture,
                 gconstpointer  data)
{
  g_autoptr (LsRecord) record = ls_test_product ("new", "Keys", 1, 1);
  g_autoptr (LsEdit) create = edit (fixture, ls_change_new_put (record));
  g_autoptr (LsEdit) price = NULL;
  g_autoptr (LsEdit) other = NULL;
  g_autoptr (LsEdit) dead = NULL;
  g_autoptr (GPtrArray) letters = NULL;
  g_autoptr (GError) error = NULL;

  create = send (fixture, g_steal_pointer (&create));
  price = edit (fixture, ls_test_set_integer ("new", "price", 2));
  other = edit (fixture, ls_test_set_integer ("b", "price", 3));
  g_assert_cmpint (ls_test_cache_visible (fixture, "new", "price"), ==, 2);
  dead = end (fixture, create, LS_RESULT_REJECTED, 10);
  g_assert_cmpint (dead->state, ==, LS_EDIT_DEAD);
  g_assert_cmpint (ls_test_cache_visible (fixture, "new", "price"), ==, -2);
  g_assert_cmpint (ls_test_cache_visible (fixture, "b", "price"), ==, 3);
  ls_test_cache_reopen (fixture);
  letters = ls_cache_list_edits (fixture->cache, LS_TEST_SHOP, LS_EDIT_MASK (LS_EDIT_DEAD), NULL);
  g_assert_cmpuint (letters->len, ==, 2);
  g_assert_cmpstr (((LsEdit *) g_ptr_array_index (letters, 1))->depends_on, ==, create->mid);
  /* They come back together, in order. */
  g_assert_true (ls_cache_retry_edit (fixture->cache, create->mid, "again", &error));
  g_assert_no_error (error);
  g_assert_cmpint (ls_test_cache_visible (fixture, "new", "price"), ==, 2);
  g_assert_cmpuint (count (fixture, LS_EDIT_MASK (LS_EDIT_DEAD)), ==, 0);
  g_assert_cmpuint (count (fixture, LS_EDITS_WAITING), ==, 3);
  /* And are taken back together. */
  g_assert_true (ls_cache_discard_edit (fixture->cache, "again", &error));
  g_assert_cmpint (ls_test_cache_visible (fixture, "new", "price"), ==, -2);
  g_assert_cmpuint (count (fixture, LS_EDITS_WAITING), ==, 1);
}

static void
test_retry (LsTestCache   *fixture,
            gconstpointer  data)
{
  g_autoptr (LsEdit) made = edit (fixture, ls_test_set_integer ("a", "price", 5));
  g_autoptr (GPtrArray) waiting = NULL;
  g_autoptr (GError) error = NULL;
  LsMessage *delta = ls_test_delta (10, 11);
  const LsEdit *again;
  const LsFieldEdit *price;

  made = send (fixture, g_steal_pointer (&made));
  ls_test_delta_take (delta, 11, ls_test_set_integer ("a", "price", 6), NULL);
  ls_test_cache_apply (fixture, delta, -1);
  ls_edit_unref (end (fixture, made, LS_RESULT_CONFLICT, 11));
  g_assert_false (ls_cache_retry_edit (fixture->cache, "nothing", "x", &error));
  g_assert_error (error, LS_ERROR, LS_ERROR_CONFLICT);
  g_clear_error (&error);
  g_assert_true (ls_cache_retry_edit (fixture->cache, made->mid, "again", &error));
  waiting = ls_cache_list_edits (fixture->cache, LS_TEST_SHOP, LS_EDITS_WAITING, NULL);
  g_assert_cmpuint (waiting->len, ==, 1);
  again = g_ptr_array_index (waiting, 0);
  price = ls_change_find (g_ptr_array_index (again->changes, 0),
                          ls_test_field (ls_schema_collection (LS_PRODUCTS), "price"));
  g_assert_cmpstr (again->mid, ==, "again");
  g_assert_cmpint (price->was.integer, ==, 6);
  g_assert_cmpint (price->set.integer, ==, 5);
  g_assert_cmpint (ls_test_cache_visible (fixture, "a", "price"), ==, 5);
}

/* An edit taken back after it got its n still has to fill that n. */
static void
test_discard_sent (LsTestCache   *fixture,
                   gconstpointer  data)
{
  g_autoptr (LsEdit) made = edit (fixture, ls_test_set_integer ("a", "price", 5));
  g_autoptr (GPtrArray) sent = NULL;
  g_autoptr (LsEdit) ended = NULL;
  const LsEdit *first;

  made = send (fixture, g_steal_pointer (&made));
  g_assert_true (ls_cache_discard_edit (fixture->cache, made->mid, NULL));
  g_assert_cmpint (ls_test_cache_visible (fixture, "a", "price"), ==, 1000);
  ls_test_cache_reopen (fixture);
  g_assert_cmpint (ls_test_cache_visible (fixture, "a", "price"), ==, 1000);
  sent = ls_cache_number_edits (fixture->cache, LS_TEST_SHOP, 64, NULL);
  g_assert_cmpuint (sent->len, ==, 1);
  first = g_ptr_array_index (sent, 0);
  g_assert_true (first->is_void);
  g_assert_cmpint (first->n, ==, 1);
  ended = end (fixture, first, LS_RESULT_REJECTED, 10);
  g_assert_cmpint (ended->state, ==, LS_EDIT_DISCARDED);
  g_assert_cmpuint (count (fixture, UINT32_MAX), ==, 0);
}

/* A chain whose first link is refused: the second met a conflict with nobody and is on its way once
 * more when the third, which was made on it, is told the same. That goes again as well. */
static void
test_chain_on_its_way (LsTestCache   *fixture,
                       gconstpointer  data)
{
  static const int64_t prices[] = { 5, 10, 12 };
  g_autoptr (GPtrArray) sent = NULL;
  g_autoptr (GPtrArray) resent = NULL;
  g_autoptr (LsEdit) last = NULL;

  for (size_t i = 0; i < G_N_ELEMENTS (prices); i++)
    {
      ls_edit_unref (edit (fixture, ls_test_set_integer ("a", "price", prices[i])));
      ls_edit_unref (edit (fixture, ls_test_add ("a", "stock", 1)));
    }
  sent = ls_cache_number_edits (fixture->cache, LS_TEST_SHOP, 64, NULL);
  g_assert_cmpuint (sent->len, ==, 6);
  ls_edit_unref (end (fixture, g_ptr_array_index (sent, 0), LS_RESULT_REJECTED, 10));
  ls_edit_unref (end (fixture, g_ptr_array_index (sent, 2), LS_RESULT_CONFLICT, 10));
  resent = ls_cache_number_edits (fixture->cache, LS_TEST_SHOP, 64, NULL);
  g_assert_cmpuint (resent->len, >, 0);
  last = end (fixture, g_ptr_array_index (sent, 4), LS_RESULT_CONFLICT, 10);
  g_assert_cmpint (last->state, !=, LS_EDIT_DEAD);
  g_assert_cmpuint (count (fixture, LS_EDIT_MASK (LS_EDIT_DEAD)), ==, 1);
  g_assert_cmpint (ls_test_cache_visible (fixture, "a", "price"), ==, 12);
}

/* A squashed delta told that all up to the second of a chain was decided, so that it showed no more. It
 * was refused for the first alone: what is made in its place shows. */
static void
test_chain_done (LsTestCache   *fixture,
                 gconstpointer  data)
{
  g_autoptr (LsMessage) delta = ls_test_cache_price_delta (10, 11, 11, 700);
  g_autoptr (GPtrArray) sent = NULL;
  g_autoptr (LsEdit) first = NULL;
  g_autoptr (LsEdit) second = NULL;

  first = send (fixture, edit (fixture, ls_test_set_integer ("a", "price", 5)));
  second = send (fixture, edit (fixture, ls_test_set_integer ("a", "price", 10)));
  delta->delta.done = 2;
  ls_test_cache_apply (fixture, g_steal_pointer (&delta), -1);
  g_assert_cmpint (ls_test_cache_visible (fixture, "a", "price"), ==, 700);
  ls_edit_unref (end (fixture, first, LS_RESULT_CONFLICT, 11));
  ls_edit_unref (end (fixture, second, LS_RESULT_CONFLICT, 11));
  sent = ls_cache_number_edits (fixture->cache, LS_TEST_SHOP, 64, NULL);
  g_assert_cmpuint (sent->len, ==, 1);
  g_assert_cmpint (ls_test_cache_visible (fixture, "a", "price"), ==, 10);
  ls_test_cache_reopen (fixture);
  g_assert_cmpint (ls_test_cache_visible (fixture, "a", "price"), ==, 10);
  g_assert_cmpint (ls_test_cache_confirmed (fixture, "a", "price"), ==, 700);
}

/* PROTOCOL rule 7: 1, 2, 3, at most 64 undecided, and the same again until they are decided. */
static void
test_numbers (LsTestCache   *fixture,
              gconstpointer  data)
{
  g_autoptr (GPtrArray) sent = NULL;

  for (int i = 0; i < 100; i++)
    ls_edit_unref (edit (fixture, ls_test_add ("a", "stock", 1)));
  g_assert_cmpint (ls_test_cache_visible (fixture, "a", "stock"), ==, 105);
  sent = ls_cache_number_edits (fixture->cache, LS_TEST_SHOP, 10, NULL);
  g_assert_cmpuint (sent->len, ==, 10);
  g_clear_pointer (&sent, g_ptr_array_unref);
  sent = ls_cache_number_edits (fixture->cache, LS_TEST_SHOP, 100, NULL);
  g_assert_cmpuint (sent->len, ==, LS_MUTATION_WINDOW);
  g_clear_pointer (&sent, g_ptr_array_unref);
  ls_test_cache_reopen (fixture);
  sent = ls_cache_number_edits (fixture->cache, LS_TEST_SHOP, 100, NULL);
  g_assert_cmpuint (sent->len, ==, LS_MUTATION_WINDOW);
  for (unsigned i = 0; i < sent->len; i++)
    g_assert_cmpint (((LsEdit *) g_ptr_array_index (sent, i))->n, ==, i + 1);
  g_assert_cmpint (ls_cache_get_highest_n (fixture->cache, LS_TEST_SHOP, NULL), ==, 64);
  ls_edit_unref (end (fixture, g_ptr_array_index (sent, 0), LS_RESULT_APPLIED, 10));
  ls_edit_unref (end (fixture, g_ptr_array_index (sent, 1), LS_RESULT_APPLIED, 10));
  g_clear_pointer (&sent, g_ptr_array_unref);
  sent = ls_cache_number_edits (fixture->cache, LS_TEST_SHOP, 100, NULL);
  g_assert_cmpuint (sent->len, ==, LS_MUTATION_WINDOW);
  g_assert_cmpint (((LsEdit *) g_ptr_array_index (sent, 63))->n, ==, 66);
}

/* PROTOCOL rule 9: again from 1, under the old mids. */
static void
test_renumber (LsTestCache   *fixture,
               gconstpointer  data)
{
  g_autoptr (GPtrArray) before = NULL;
  g_autoptr (GPtrArray) after = NULL;

  for (int i = 0; i < 5; i++)
    ls_edit_unref (edit (fixture, ls_test_add ("a", "stock", 1)));
  before = ls_cache_number_edits (fixture->cache, LS_TEST_SHOP, 4, NULL);
  ls_edit_unref (end (fixture, g_ptr_array_index (before, 0), LS_RESULT_APPLIED, 10));
  g_assert_true (ls_cache_renumber_edits (fixture->cache, LS_TEST_SHOP, false, NULL));
  ls_test_cache_reopen (fixture);
  g_assert_cmpint (ls_cache_get_highest_n (fixture->cache, LS_TEST_SHOP, NULL), ==, 3);
  after = ls_cache_number_edits (fixture->cache, LS_TEST_SHOP, 100, NULL);
  g_assert_cmpuint (after->len, ==, 4);
  for (unsigned i = 0; i < 4; i++)
    {
      const LsEdit *sent = g_ptr_array_index (after, i);

      g_assert_cmpint (sent->n, ==, i + 1);
      if (i < 3)
        g_assert_cmpstr (sent->mid, ==, ((LsEdit *) g_ptr_array_index (before, i + 1))->mid);
    }
}

/* A delta told that all up to 1 is decided under the id that a copy has too. Under another id that is
 * known of none. */
static void
test_renumber_forked (LsTestCache   *fixture,
                      gconstpointer  data)
{
  g_autoptr (LsMessage) delta = ls_test_cache_price_delta (10, 11, 11, 700);

  ls_edit_unref (send (fixture, edit (fixture, ls_test_set_integer ("a", "price", 5))));
  delta->delta.done = 1;
  ls_test_cache_apply (fixture, g_steal_pointer (&delta), -1);
  g_assert_true (ls_cache_renumber_edits (fixture->cache, LS_TEST_SHOP, false, NULL));
  g_assert_cmpint (ls_test_cache_visible (fixture, "a", "price"), ==, 700);
  g_assert_true (ls_cache_renumber_edits (fixture->cache, LS_TEST_SHOP, true, NULL));
  g_assert_cmpint (ls_test_cache_visible (fixture, "a", "price"), ==, 5);
  ls_test_cache_reopen (fixture);
  g_assert_cmpint (ls_test_cache_visible (fixture, "a", "price"), ==, 5);
}

/* A snapshot says which edits are in it; the others are laid over it again. */
static void
test_snapshot_rebase (LsTestCache   *fixture,
                      gconstpointer  data)
{
  g_autoptr (LsRecord) record = ls_test_product ("new", "Keys", 1, 1);
  g_autoptr (GPtrArray) records = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_record_unref);
  g_autoptr (LsEdit) in = edit (fixture, ls_test_add ("a", "stock", 1));
  g_autoptr (LsEdit) out = NULL;
  g_autoptr (LsEdit) create = NULL;
  int64_t id;

  in = send (fixture, g_steal_pointer (&in));
  out = edit (fixture, ls_test_add ("a", "stock", 10));
  create = edit (fixture, ls_change_new_put (record));
  id = g_array_index (ls_test_cache_last (fixture)->changes, LsRowChange, 0).id;
  g_assert_cmpint (ls_test_cache_visible (fixture, "a", "stock"), ==, 16);
  g_ptr_array_add (records, ls_test_product ("a", "Drums", 1000, 6));
  ls_test_snapshot (fixture->cache, records, 20, 1);
  g_assert_cmpint (ls_test_cache_visible (fixture, "a", "stock"), ==, 16);
  g_assert_cmpint (ls_test_cache_confirmed (fixture, "a", "stock"), ==, 6);
  g_assert_cmpint (ls_test_cache_visible (fixture, "b", "stock"), ==, -2);
  g_assert_cmpint (ls_test_cache_visible (fixture, "new", "stock"), ==, 1);
  g_assert_cmpint (ls_test_cache_confirmed (fixture, "new", "stock"), ==, -2);
  ls_test_cache_reopen (fixture);
  ls_edit_unref (edit (fixture, ls_test_set_integer ("new", "stock", 2)));
  g_assert_cmpint (ls_test_cache_last_change (fixture)->id, ==, id);
  g_assert_cmpint (ls_test_cache_visible (fixture, "a", "stock"), ==, 16);
}

static void
test_journal (LsTestCache   *fixture,
              gconstpointer  data)
{
  g_autoptr (LsEdit) made = edit (fixture, ls_test_set_integer ("a", "price", 5));
  LsMessage *delta = ls_test_delta (10, 11);
  g_autoptr (GPtrArray) journal = NULL;

  made = send (fixture, g_steal_pointer (&made));
  ls_test_delta_take (delta, 11, ls_test_set_integer ("a", "price", 5), made->mid);
  ls_test_cache_apply (fixture, delta, -1);
  ls_edit_unref (end (fixture, made, LS_RESULT_APPLIED, 11));
  journal =
      ls_cache_list_edits (fixture->cache, LS_TEST_SHOP, LS_EDIT_MASK (LS_EDIT_APPLIED), NULL);
  g_assert_cmpuint (journal->len, ==, 1);
  g_assert_cmpint (((LsEdit *) g_ptr_array_index (journal, 0))->version, ==, 11);
  ls_test_environment_advance (LS_TEST_ENVIRONMENT (fixture->environment),
                               6 * INT64_C (86400000000));
  ls_test_cache_reopen (fixture);
  g_assert_cmpuint (count (fixture, LS_EDIT_MASK (LS_EDIT_APPLIED)), ==, 1);
  ls_test_environment_advance (LS_TEST_ENVIRONMENT (fixture->environment),
                               2 * INT64_C (86400000000));
  ls_test_cache_reopen (fixture);
  g_assert_cmpuint (count (fixture, LS_EDIT_MASK (LS_EDIT_APPLIED)), ==, 0);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (size_t i = 0; i < G_N_ELEMENTS (scenarios); i++)
    {
      g_autofree char *path = g_strconcat ("/cache-edits/", scenarios[i].name, NULL);

      g_test_add (path, LsTestCache, &scenarios[i], set_up, test_scenario, ls_test_cache_tear_down);
    }
#define ADD_TEST(path, func) \
  g_test_add ("/cache-edits/" path, LsTestCache, NULL, set_up, func, ls_test_cache_tear_down)
  ADD_TEST ("was", test_was);
  ADD_TEST ("del-of-second-put", test_del_of_second_put);
  ADD_TEST ("refused-at-once", test_refused_at_once);
  ADD_TEST ("several-rows", test_several_rows);
  ADD_TEST ("dependants", test_dependants);
  ADD_TEST ("retry", test_retry);
  ADD_TEST ("discard-sent", test_discard_sent);
  ADD_TEST ("chain-on-its-way", test_chain_on_its_way);
  ADD_TEST ("chain-done", test_chain_done);
  ADD_TEST ("numbers", test_numbers);
  ADD_TEST ("renumber", test_renumber);
  ADD_TEST ("renumber-forked", test_renumber_forked);
  ADD_TEST ("snapshot-rebase", test_snapshot_rebase);
  ADD_TEST ("journal", test_journal);
#undef ADD_TEST
  return g_test_run ();
}
