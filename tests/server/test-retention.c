/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-test-shop.h"

#include "server/ls-retention.h"

#define DAY (INT64_C (86400) * G_USEC_PER_SEC)

typedef struct {
  unsigned n_rows;
  unsigned n_told;
  int64_t oldest;
} Activity;

static bool
count_cb (LsRecord *record,
          gpointer  user_data)
{
  Activity *activity = user_data;
  const LsCollection *collection = ls_record_get_collection (record);
  int64_t at =
      ls_record_get_integer (record, (unsigned) ls_collection_field (collection, "at"), INT64_MAX);

  activity->n_rows++;
  activity->oldest = MIN (activity->oldest, at);
  if (g_strcmp0 (ls_record_get_text (record, (unsigned) ls_collection_field (collection, "kind")),
                 "retention") == 0)
    activity->n_told++;
  return true;
}

static Activity
count_activity (LsTestShop *self)
{
  const LsCollection *collection = ls_schema_collection (LS_ACTIVITY);
  Activity activity = { .oldest = INT64_MAX };
  LsPosition position;
  g_autoptr (GError) error = NULL;

  ls_storage_scan (self->storage, "s", &collection, 1, &position, count_cb, &activity, &error);
  g_assert_no_error (error);
  return activity;
}

static int64_t
run (LsTestShop *self,
     int64_t     before)
{
  g_autoptr (GError) error = NULL;
  int64_t n = ls_retention_run (self->storage, self->committer, "s", before, &error);

  g_assert_no_error (error);
  ls_test_environment_run (self->environment);
  return n;
}

static void
add_product (LsTestShop *self,
             int         number)
{
  g_autofree char *json = g_strdup_printf (
      "[{'c':'products','k':'p%d','op':'put','set':{'name':'P','status':'draft'}}]", number);

  ls_test_shop_apply (self, json);
}

/* What is too old goes, and what is not stays; the rows that it tells of stay in any case. */
static void
test_old (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  Activity before, after;
  int64_t cut = 0;

  for (int i = 0; i < 30; i++)
    {
      if (i == 20)
        cut = ls_environment_now (LS_ENVIRONMENT (self->environment));
      add_product (self, i);
      ls_test_environment_advance (self->environment, DAY);
    }
  before = count_activity (self);
  g_assert_cmpint (before.oldest, <, cut);
  g_assert_cmpint (run (self, cut), ==, before.n_rows - 10);
  after = count_activity (self);
  g_assert_cmpuint (after.n_rows, ==, 10 + 1);
  g_assert_cmpuint (after.n_told, ==, 1);
  g_assert_cmpint (after.oldest, ==, cut);
  for (int i = 0; i < 30; i++)
    {
      g_autofree char *key = g_strdup_printf ("p%d", i);
      g_autoptr (LsRecord) product = ls_test_shop_get (self, LS_PRODUCTS, key);

      g_assert_nonnull (product);
    }
  ls_test_shop_check_log (self);
}

/* Without anything too old there is no version, and nothing is told. */
static void
test_nothing (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  g_autoptr (LsShop) before = NULL;
  g_autoptr (LsShop) after = NULL;

  add_product (self, 1);
  before = ls_test_shop_get_shop (self);
  g_assert_cmpint (run (self, ls_environment_now (LS_ENVIRONMENT (self->environment)) - DAY), ==, 0);
  after = ls_test_shop_get_shop (self);
  g_assert_cmpint (after->position.version, ==, before->position.version);
}

static void
add_old_activity (LsTestShop *self,
                  int         first)
{
  g_autoptr (GString) json = g_string_new ("[");
  LsMutation *mutation;
  g_autoptr (LsTestOutcome) outcome = NULL;

  for (int i = first; i < first + 450; i++)
    g_string_append_printf (json,
                            "%s{'c':'activity','k':'old%06d','op':'put','set':"
                            "{'kind':'product.changed','actor':'a','at':1000000,'day':0}}",
                            i > first ? "," : "", i);
  g_string_append_c (json, ']');
  mutation = ls_test_mutation (NULL, 0, NULL, json->str);
  mutation->flags = LS_MUTATION_REPAIR;
  outcome = ls_test_shop_submit (self, mutation);
  ls_test_environment_run (self->environment);
  g_assert_true (outcome->told);
  g_assert_nonnull (outcome->decision);
  g_assert_cmpint (outcome->decision->status, ==, LS_RESULT_APPLIED);
}

/* Years that come up at once go bit by bit: a run has its measure, and the next one goes on. */
static void
test_much (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();

  for (int i = 0; i < 30; i++)
    add_old_activity (self, i * 450);
  g_assert_cmpint (run (self, DAY), ==, 10000);
  g_assert_cmpint (count_activity (self).oldest, ==, 1000000);
  g_assert_cmpint (run (self, DAY), ==, 3500);
  g_assert_cmpint (count_activity (self).oldest, >, DAY);
  g_assert_cmpint (run (self, DAY), ==, 0);
  ls_test_shop_check_log (self);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/retention/old", test_old);
  g_test_add_func ("/retention/nothing", test_nothing);
  g_test_add_func ("/retention/much", test_much);
  return g_test_run ();
}
