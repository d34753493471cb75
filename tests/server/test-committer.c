/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-test-shop.h"

#include "core/ls-error.h"

#define PUT_PRODUCT \
  "[{'c':'products','k':'p1','op':'put','set':{'name':'Beat','status':'active','price':1999," \
  "'stock':5}}]"
#define STOCK_ONE_MORE "[{'c':'products','k':'p1','op':'add','set':{'stock':1}}]"

static void
assert_decided (const LsTestOutcome *outcome,
                LsResultStatus       status,
                int64_t              n,
                int64_t              version)
{
  g_assert_no_error (outcome->error);
  if (outcome->decision->status != status)
    g_test_message ("%s: %s", outcome->decision->path, outcome->decision->message);
  g_assert_cmpint (outcome->decision->status, ==, status);
  g_assert_cmpint (outcome->decision->n, ==, n);
  g_assert_cmpint (outcome->decision->version, ==, version);
}

static void
test_apply (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  g_autoptr (LsTestOutcome) outcome = ls_test_shop_mutate (self, "c", 1, "m1", PUT_PRODUCT);
  LsTestGroup *group;
  LsVersion *version;

  assert_decided (outcome, LS_RESULT_APPLIED, 1, 2);
  g_assert_cmpstr (outcome->decision->mid, ==, "m1");
  g_assert_null (outcome->decision->code);
  /* The listener heard first. */
  g_assert_cmpuint (outcome->groups_before, ==, 1);
  group = g_ptr_array_index (self->groups, 0);
  g_assert_cmpint (group->from, ==, 1);
  g_assert_cmpint (group->position.version, ==, 2);
  g_assert_cmpuint (group->versions->len, ==, 1);
  version = g_ptr_array_index (group->versions, 0);
  g_assert_cmpstr (version->mid, ==, "m1");
  g_assert_cmpstr (version->client, ==, "c");
  g_assert_cmpstr (version->actor, ==, "alma");
  g_assert_cmpint (version->n, ==, 1);
  g_assert_cmpuint (version->check, ==, group->position.check);
  g_assert_cmpint (ls_test_shop_get_integer (self, LS_PRODUCTS, "p1", "stock"), ==, 5);
  ls_test_shop_check_log (self);
}

/* What queued while nobody looked is one transaction, in order. */
static void
test_group (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  g_autoptr (GPtrArray) outcomes =
      g_ptr_array_new_with_free_func ((GDestroyNotify) ls_test_outcome_free);
  LsTestGroup *group;

  g_ptr_array_add (outcomes,
                   ls_test_shop_submit (self, ls_test_mutation ("c", 1, "m1", PUT_PRODUCT)));
  for (int n = 2; n <= 20; n++)
    {
      g_autofree char *mid = g_strdup_printf ("m%d", n);

      g_ptr_array_add (
          outcomes, ls_test_shop_submit (self, ls_test_mutation ("c", n, mid, STOCK_ONE_MORE)));
    }
  ls_test_environment_run (self->environment);
  g_assert_cmpuint (self->groups->len, ==, 1);
  group = g_ptr_array_index (self->groups, 0);
  g_assert_cmpuint (group->versions->len, ==, 20);
  for (unsigned i = 0; i < outcomes->len; i++)
    assert_decided (g_ptr_array_index (outcomes, i), LS_RESULT_APPLIED, i + 1, i + 2);
  g_assert_cmpint (ls_test_shop_get_integer (self, LS_PRODUCTS, "p1", "stock"), ==, 24);
  ls_test_shop_check_log (self);
}

/* A refused one between others costs them nothing, and its n is spent. */
static void
test_group_with_refusal (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  g_autoptr (LsTestOutcome) first =
      ls_test_shop_submit (self, ls_test_mutation ("c", 1, "m1", PUT_PRODUCT));
  g_autoptr (LsTestOutcome) second = ls_test_shop_submit (
      self, ls_test_mutation ("c", 2, "m2",
                              "[{'c':'products','k':'p1','op':'set','set':{'price':1}},"
                              "{'c':'products','k':'p1','op':'set','set':{'name':null}}]"));
  g_autoptr (LsTestOutcome) third =
      ls_test_shop_submit (self, ls_test_mutation ("c", 3, "m3", STOCK_ONE_MORE));

  ls_test_environment_run (self->environment);
  assert_decided (first, LS_RESULT_APPLIED, 1, 2);
  assert_decided (second, LS_RESULT_REJECTED, 2, 2);
  g_assert_cmpstr (second->decision->code, ==, "validation");
  g_assert_cmpstr (second->decision->path, ==, "products/p1/name");
  assert_decided (third, LS_RESULT_APPLIED, 3, 3);
  g_assert_cmpint (ls_test_shop_get_integer (self, LS_PRODUCTS, "p1", "price"), ==, 1999);
  g_assert_cmpint (ls_test_shop_get_integer (self, LS_PRODUCTS, "p1", "stock"), ==, 6);
  ls_test_shop_check_log (self);
}

static void
test_exactly_once (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();

  ls_test_shop_apply (self, PUT_PRODUCT);
  for (int i = 0; i < 3; i++)
    {
      g_autoptr (LsTestOutcome) outcome = ls_test_shop_mutate (self, "c", 1, "m1", STOCK_ONE_MORE);

      assert_decided (outcome, LS_RESULT_APPLIED, 1, 3);
      if (i == 1)
        ls_test_shop_reopen (self);
    }
  g_assert_cmpint (ls_test_shop_get_integer (self, LS_PRODUCTS, "p1", "stock"), ==, 6);
}

/* Twice in one group is known, too. */
static void
test_exactly_once_in_group (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  g_autoptr (LsTestOutcome) first = NULL;
  g_autoptr (LsTestOutcome) again = NULL;

  ls_test_shop_apply (self, PUT_PRODUCT);
  first = ls_test_shop_submit (self, ls_test_mutation ("c", 1, "m1", STOCK_ONE_MORE));
  again = ls_test_shop_submit (self, ls_test_mutation ("c", 1, "m1", STOCK_ONE_MORE));
  ls_test_environment_run (self->environment);
  assert_decided (first, LS_RESULT_APPLIED, 1, 3);
  assert_decided (again, LS_RESULT_APPLIED, 1, 3);
  g_assert_cmpint (ls_test_shop_get_integer (self, LS_PRODUCTS, "p1", "stock"), ==, 6);
}

static void
test_same_mid_other_content (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  g_autoptr (LsTestOutcome) first = ls_test_shop_mutate (self, "c", 1, "m1", PUT_PRODUCT);
  g_autoptr (LsTestOutcome) other = ls_test_shop_mutate (self, "c", 1, "m1", STOCK_ONE_MORE);
  g_autoptr (LsTestOutcome) next = ls_test_shop_mutate (self, "c", 2, "m1", STOCK_ONE_MORE);
  g_autoptr (LsTestOutcome) last = ls_test_shop_mutate (self, "c", 3, "m3", STOCK_ONE_MORE);

  assert_decided (other, LS_RESULT_REJECTED, 1, 2);
  g_assert_cmpstr (other->decision->code, ==, "protocol");
  /* Nobody waits for n 2 for ever. */
  assert_decided (next, LS_RESULT_REJECTED, 2, 2);
  assert_decided (last, LS_RESULT_APPLIED, 3, 3);
}

static void
test_expected_n (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  g_autoptr (LsTestOutcome) early = ls_test_shop_mutate (self, "c", 2, "m2", PUT_PRODUCT);
  g_autoptr (LsTestOutcome) first = ls_test_shop_mutate (self, "c", 1, "m1", PUT_PRODUCT);
  g_autoptr (LsTestOutcome) gap = ls_test_shop_mutate (self, "c", 5, "m5", STOCK_ONE_MORE);
  g_autoptr (LsTestOutcome) second = ls_test_shop_mutate (self, "c", 2, "m2", STOCK_ONE_MORE);

  g_assert_error (early->error, LS_ERROR, LS_ERROR_PROTOCOL);
  g_assert_cmpint (early->expected_n, ==, 1);
  assert_decided (first, LS_RESULT_APPLIED, 1, 2);
  g_assert_error (gap->error, LS_ERROR, LS_ERROR_PROTOCOL);
  g_assert_cmpint (gap->expected_n, ==, 2);
  assert_decided (second, LS_RESULT_APPLIED, 2, 3);
}

static void
test_void (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  g_autoptr (LsTestOutcome) first = ls_test_shop_mutate (self, "c", 1, "m1", PUT_PRODUCT);
  g_autoptr (LsTestOutcome) discarded = ls_test_shop_mutate (self, "c", 2, "m2", NULL);
  g_autoptr (LsTestOutcome) late = ls_test_shop_mutate (self, "c", 2, "m2", STOCK_ONE_MORE);
  g_autoptr (LsTestOutcome) third = ls_test_shop_mutate (self, "c", 3, "m3", STOCK_ONE_MORE);
  g_autoptr (LsTestOutcome) too_late = ls_test_shop_mutate (self, "c", 3, "m3", NULL);

  assert_decided (discarded, LS_RESULT_REJECTED, 2, 2);
  assert_decided (late, LS_RESULT_REJECTED, 2, 2);
  assert_decided (third, LS_RESULT_APPLIED, 3, 3);
  /* Discarded after it was applied: the truth comes back. */
  assert_decided (too_late, LS_RESULT_APPLIED, 3, 3);
}

static void
test_unreadable_body (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  LsMutation *mutation = ls_test_mutation ("c", 1, "m1", NULL);
  g_autoptr (LsTestOutcome) outcome = NULL;
  g_autoptr (LsTestOutcome) again = NULL;

  mutation->is_void = false;
  mutation->body_error = g_error_new (LS_ERROR, LS_ERROR_VALIDATION, "changes[0].set: no object");
  ls_mutation_ref (mutation);
  outcome = ls_test_shop_submit (self, mutation);
  again = ls_test_shop_submit (self, mutation);
  ls_test_environment_run (self->environment);
  assert_decided (outcome, LS_RESULT_REJECTED, 1, 1);
  g_assert_cmpstr (outcome->decision->message, ==, "changes[0].set: no object");
  assert_decided (again, LS_RESULT_REJECTED, 1, 1);
}

static void
test_no_change (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  g_autoptr (LsTestOutcome) first = ls_test_shop_mutate (self, "c", 1, "m1", PUT_PRODUCT);
  g_autoptr (LsTestOutcome) same = ls_test_shop_mutate (
      self, "c", 2, "m2", "[{'c':'products','k':'p1','op':'set','set':{'price':1999}}]");
  g_autoptr (LsTestOutcome) gone = ls_test_shop_mutate (
      self, "c", 3, "m3", "[{'c':'products','k':'p9','op':'del'}]");
  LsTestGroup *group = g_ptr_array_index (self->groups, 1);

  assert_decided (first, LS_RESULT_APPLIED, 1, 2);
  assert_decided (same, LS_RESULT_APPLIED, 2, 2);
  assert_decided (gone, LS_RESULT_APPLIED, 3, 2);
  g_assert_cmpuint (group->versions->len, ==, 0);
  g_assert_cmpint (group->position.version, ==, 2);
}

static void
test_forked (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  g_autoptr (LsTestOutcome) first = ls_test_shop_mutate (self, "c", 1, "m1", PUT_PRODUCT);
  g_autoptr (LsTestOutcome) copy = ls_test_shop_mutate (self, "c", 1, "x1", STOCK_ONE_MORE);
  g_autoptr (LsTestOutcome) fork = NULL;
  g_autoptr (LsTestOutcome) fork_again = NULL;

  g_assert_error (copy->error, LS_ERROR, LS_ERROR_PROTOCOL);
  g_assert_cmpint (copy->expected_n, ==, LS_EXPECTED_FORKED);
  /* Under its new id the copy sends what it had under the old mids: what was decided stays so. */
  fork = ls_test_shop_mutate (self, "c2", 1, "m1", PUT_PRODUCT);
  fork_again = ls_test_shop_mutate (self, "c2", 2, "x1", STOCK_ONE_MORE);
  assert_decided (fork, LS_RESULT_APPLIED, 1, 2);
  assert_decided (fork_again, LS_RESULT_APPLIED, 2, 3);
  g_assert_cmpint (ls_test_shop_get_integer (self, LS_PRODUCTS, "p1", "stock"), ==, 6);
}

/* A mid that is known moves the count of whoever sends it, on the disk too, once, and never back. */
static void
test_known_mid_moves_n (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  g_autoptr (LsTestOutcome) first = ls_test_shop_mutate (self, "c", 1, "m1", PUT_PRODUCT);
  g_autoptr (LsTestOutcome) early = ls_test_shop_mutate (self, "copy", 2, "m1", PUT_PRODUCT);
  g_autoptr (LsTestOutcome) moved = ls_test_shop_mutate (self, "copy", 1, "m1", PUT_PRODUCT);
  g_autoptr (LsTestOutcome) second = NULL;
  g_autoptr (LsTestOutcome) again = NULL;
  g_autoptr (LsTestOutcome) third = NULL;

  g_assert_error (early->error, LS_ERROR, LS_ERROR_PROTOCOL);
  g_assert_cmpint (early->expected_n, ==, 1);
  assert_decided (moved, LS_RESULT_APPLIED, 1, 2);
  ls_test_shop_reopen (self);
  second = ls_test_shop_mutate (self, "copy", 2, "m2", STOCK_ONE_MORE);
  assert_decided (second, LS_RESULT_APPLIED, 2, 3);
  again = ls_test_shop_mutate (self, "copy", 1, "m1", PUT_PRODUCT);
  assert_decided (again, LS_RESULT_APPLIED, 1, 2);
  third = ls_test_shop_mutate (self, "copy", 3, "m3", STOCK_ONE_MORE);
  assert_decided (third, LS_RESULT_APPLIED, 3, 4);
  g_assert_cmpint (ls_test_shop_get_integer (self, LS_PRODUCTS, "p1", "stock"), ==, 7);
}

/* Those of old, too: for a client and for a copy of its cache, whose id is another one. */
static void
test_results_of_old (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  g_autoptr (GPtrArray) decisions = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (LsTestOutcome) known = NULL;
  g_autoptr (LsTestOutcome) copied = NULL;
  g_autoptr (LsTestOutcome) other = NULL;

  ls_test_shop_apply (self, PUT_PRODUCT);
  for (int n = 1; n <= 100; n++)
    {
      g_autofree char *mid = g_strdup_printf ("m%d", n);
      g_autoptr (LsTestOutcome) outcome = ls_test_shop_mutate (self, "c", n, mid, STOCK_ONE_MORE);

      assert_decided (outcome, LS_RESULT_APPLIED, n, n + 2);
    }
  decisions = ls_storage_list_decisions (self->storage, "s", "c", 90, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (decisions->len, ==, 10);
  g_assert_cmpint (((LsDecision *) decisions->pdata[0])->n, ==, 91);
  g_assert_cmpint (ls_storage_get_last_n (self->storage, "s", "c", NULL, &error), ==, 100);
  g_assert_cmpint (ls_storage_get_last_n (self->storage, "s", "nobody", NULL, &error), ==, 0);

  known = ls_test_shop_mutate (self, "c", 1, "m1", STOCK_ONE_MORE);
  copied = ls_test_shop_mutate (self, "copy", 1, "m2", STOCK_ONE_MORE);
  assert_decided (known, LS_RESULT_APPLIED, 1, 3);
  assert_decided (copied, LS_RESULT_APPLIED, 1, 4);
  other = ls_test_shop_mutate (self, "c", 3, "m3-of-a-copy", STOCK_ONE_MORE);
  g_assert_error (other->error, LS_ERROR, LS_ERROR_PROTOCOL);
  g_assert_cmpint (other->expected_n, ==, LS_EXPECTED_FORKED);
  g_assert_cmpint (ls_test_shop_get_integer (self, LS_PRODUCTS, "p1", "stock"), ==, 105);
}

static void
test_own_mutations (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  g_autoptr (LsTestOutcome) first = ls_test_shop_mutate (self, NULL, 0, "i1", PUT_PRODUCT);
  g_autoptr (LsTestOutcome) second = ls_test_shop_mutate (self, NULL, 0, "i2", STOCK_ONE_MORE);
  g_autoptr (LsTestOutcome) again = ls_test_shop_mutate (self, NULL, 0, "i2", STOCK_ONE_MORE);

  assert_decided (first, LS_RESULT_APPLIED, 0, 2);
  assert_decided (second, LS_RESULT_APPLIED, 0, 3);
  assert_decided (again, LS_RESULT_APPLIED, 0, 3);
  g_assert_cmpint (ls_test_shop_get_integer (self, LS_PRODUCTS, "p1", "stock"), ==, 6);
}

static void
test_unknown_shop (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  LsMutation *mutation = ls_test_mutation ("c", 1, "m1", PUT_PRODUCT);
  g_autoptr (LsTestOutcome) outcome = NULL;

  g_free (mutation->shop);
  mutation->shop = g_strdup ("nowhere");
  outcome = ls_test_shop_submit (self, mutation);
  ls_test_environment_run (self->environment);
  g_assert_error (outcome->error, LS_ERROR, LS_ERROR_VALIDATION);
}

static void
test_queue_bound (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  g_autoptr (LsMutation) mutation = ls_test_mutation (NULL, 0, NULL, PUT_PRODUCT);
  g_autoptr (GError) error = NULL;
  unsigned taken = 0;

  while (taken < 100000 &&
         ls_committer_submit (self->committer, mutation, NULL, NULL, NULL, &error))
    taken++;
  g_assert_error (error, LS_ERROR, LS_ERROR_RATE_LIMIT);
  g_assert_cmpuint (taken, >=, 1000);
  g_clear_error (&error);
  ls_test_environment_run (self->environment);
  g_assert_true (ls_committer_submit (self->committer, mutation, NULL, NULL, NULL, &error));
  ls_test_environment_run (self->environment);
}

static void
count_cb (gpointer user_data)
{
  (*(unsigned *) user_data)++;
}

static void
test_drain (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  g_autoptr (LsTestOutcome) outcome =
      ls_test_shop_submit (self, ls_test_mutation ("c", 1, "m1", PUT_PRODUCT));
  g_autoptr (LsMutation) late = ls_test_mutation ("c", 2, "m2", STOCK_ONE_MORE);
  g_autoptr (GBytes) checkpoint = NULL;
  g_autoptr (GError) error = NULL;
  unsigned drained = 0;
  int64_t version = 0;

  ls_committer_drain (self->committer, count_cb, &drained);
  g_assert_false (ls_committer_submit (self->committer, late, NULL, NULL, NULL, &error));
  g_assert_error (error, LS_ERROR, LS_ERROR_RATE_LIMIT);
  g_clear_error (&error);
  ls_test_environment_run (self->environment);
  assert_decided (outcome, LS_RESULT_APPLIED, 1, 2);
  g_assert_cmpuint (drained, ==, 1);
  checkpoint = ls_storage_load_digests (self->storage, "s", &version, &error);
  g_assert_nonnull (checkpoint);
  g_assert_cmpint (version, ==, 2);
  ls_test_shop_reopen (self);
  ls_test_shop_check_log (self);
}

/* Digests that a checkpoint and the log after it give, whatever happened to the rows. */
static void
test_digest_replay (void)
{
  static const char *const later[] = {
    STOCK_ONE_MORE,
    "[{'c':'products','k':'p1','op':'del'}]",
    "[{'c':'products','k':'p1','op':'put','set':{'name':'Again','status':'draft'}}]",
    "[{'c':'products','k':'p2','op':'put','set':{'name':'Two','status':'draft'}}]",
    "[{'c':'products','k':'p1','op':'set','set':{'name':'Once more'}}]",
    "[{'c':'products','k':'p2','op':'del'}]",
  };
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  unsigned drained = 0;

  ls_test_shop_apply (self, PUT_PRODUCT);
  ls_committer_drain (self->committer, count_cb, &drained);
  ls_test_shop_reopen (self);
  for (size_t i = 0; i < G_N_ELEMENTS (later); i++)
    ls_test_shop_apply (self, later[i]);
  /* No drain: the checkpoint is six versions old. */
  ls_test_shop_reopen (self);
  ls_test_shop_check_log (self);
}

/* Two shops in one file: each its own versions, and both get their turns. */
static void
test_two_shops (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  g_autoptr (LsRecord) first = ls_test_shop_get (self, LS_SHOPS, "s");
  g_autoptr (LsRecord) row = ls_record_new (ls_schema_collection (LS_SHOPS), "t");
  g_autoptr (GPtrArray) outcomes =
      g_ptr_array_new_with_free_func ((GDestroyNotify) ls_test_outcome_free);
  g_autoptr (GPtrArray) shops = NULL;
  g_autoptr (GError) error = NULL;

  for (unsigned i = 0; i < ls_schema_collection (LS_SHOPS)->n_fields; i++)
    ls_record_take (row, i, ls_value_copy (ls_record_get (first, i)));
  g_assert_true (ls_storage_create_shop (self->storage, row, &error));
  for (int n = 1; n <= 10; n++)
    for (int other = 0; other < 2; other++)
      {
        g_autofree char *mid = g_strdup_printf ("m%d", n);
        LsMutation *mutation =
            ls_test_mutation ("c", n, mid, n == 1 ? PUT_PRODUCT : STOCK_ONE_MORE);

        if (other)
          {
            g_free (mutation->shop);
            mutation->shop = g_strdup ("t");
          }
        g_ptr_array_add (outcomes, ls_test_shop_submit (self, mutation));
      }
  ls_test_environment_run (self->environment);
  for (unsigned i = 0; i < outcomes->len; i++)
    assert_decided (g_ptr_array_index (outcomes, i), LS_RESULT_APPLIED, i / 2 + 1, i / 2 + 2);
  shops = ls_storage_list_shops (self->storage, &error);
  g_assert_cmpuint (shops->len, ==, 2);
  g_assert_cmpstr (((LsShop *) shops->pdata[1])->shop, ==, "t");
  g_assert_cmpint (((LsShop *) shops->pdata[1])->position.version, ==, 11);
  g_assert_cmpstr (((LsShop *) shops->pdata[0])->position.epoch, !=,
                   ((LsShop *) shops->pdata[1])->position.epoch);
  ls_test_shop_check_log (self);
}

/* The clock of the machine went back: the shop's did not. */
static void
test_clock (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  g_autoptr (LsShop) before = ls_test_shop_get_shop (self);
  g_autoptr (LsShop) after = NULL;

  ls_test_environment_set_now (self->environment, before->at - 1000);
  ls_test_shop_apply (self, PUT_PRODUCT);
  after = ls_test_shop_get_shop (self);
  g_assert_cmpint (after->at, ==, before->at);
  ls_test_shop_check_log (self);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/committer/apply", test_apply);
  g_test_add_func ("/committer/group", test_group);
  g_test_add_func ("/committer/group-with-refusal", test_group_with_refusal);
  g_test_add_func ("/committer/exactly-once", test_exactly_once);
  g_test_add_func ("/committer/exactly-once-in-group", test_exactly_once_in_group);
  g_test_add_func ("/committer/same-mid-other-content", test_same_mid_other_content);
  g_test_add_func ("/committer/expected-n", test_expected_n);
  g_test_add_func ("/committer/void", test_void);
  g_test_add_func ("/committer/unreadable-body", test_unreadable_body);
  g_test_add_func ("/committer/no-change", test_no_change);
  g_test_add_func ("/committer/forked", test_forked);
  g_test_add_func ("/committer/known-mid-moves-n", test_known_mid_moves_n);
  g_test_add_func ("/committer/results-of-old", test_results_of_old);
  g_test_add_func ("/committer/own-mutations", test_own_mutations);
  g_test_add_func ("/committer/unknown-shop", test_unknown_shop);
  g_test_add_func ("/committer/queue-bound", test_queue_bound);
  g_test_add_func ("/committer/drain", test_drain);
  g_test_add_func ("/committer/digest-replay", test_digest_replay);
  g_test_add_func ("/committer/two-shops", test_two_shops);
  g_test_add_func ("/committer/clock", test_clock);

  return g_test_run ();
}
