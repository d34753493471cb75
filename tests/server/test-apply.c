/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a mutation does to rows: conflicts, rights, bounds, activity. */
#include "config.h"

#include "ls-test-shop.h"

#include <string.h>

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

/* PROTOCOL rule 13, row by row. Before each: price 1000, stock 5, name Beat, description NULL. */
static void
test_conflicts (void)
{
  static const struct {
    const char *json;
    LsResultStatus status;
    const char *path;
  } cases[] = {
    /* was stands */
    { "'op':'set','set':{'price':1},'was':{'price':1000}", LS_RESULT_APPLIED, NULL },
    /* the new value stands already */
    { "'op':'set','set':{'price':1000},'was':{'price':7}", LS_RESULT_APPLIED, NULL },
    /* something else stands */
    { "'op':'set','set':{'price':1},'was':{'price':7}", LS_RESULT_CONFLICT, "products/p/price" },
    { "'op':'set','set':{'price':null},'was':{'price':null}", LS_RESULT_CONFLICT,
      "products/p/price" },
    { "'op':'set','set':{'description':'d'},'was':{'description':null}", LS_RESULT_APPLIED, NULL },
    { "'op':'set','set':{'description':'d'},'was':{'description':'e'}", LS_RESULT_CONFLICT,
      "products/p/description" },
    { "'op':'set','set':{'name':'Bee'},'was':{'name':'Beat'}", LS_RESULT_APPLIED, NULL },
    { "'op':'set','set':{'name':'Bee'},'was':{'name':'beat'}", LS_RESULT_CONFLICT,
      "products/p/name" },
    /* one of two */
    { "'op':'set','set':{'price':1,'stock':2},'was':{'price':1000,'stock':4}", LS_RESULT_CONFLICT,
      "products/p/stock" },
    /* not said what was seen */
    { "'op':'set','set':{'price':1}", LS_RESULT_APPLIED, NULL },
    /* derived fields never conflict */
    { "'op':'del','was':{'price':1000,'units_sold':99}", LS_RESULT_APPLIED, NULL },
    { "'op':'del','was':{'price':999}", LS_RESULT_CONFLICT, "products/p/price" },
    { "'op':'del'", LS_RESULT_APPLIED, NULL },
    /* add needs no was */
    { "'op':'add','set':{'stock':-3}", LS_RESULT_APPLIED, NULL },
    { "'op':'add','set':{'stock':-3},'was':{'stock':99}", LS_RESULT_APPLIED, NULL },
    { "'op':'add','set':{'stock':2000000000}", LS_RESULT_REJECTED, "products/p" },
    /* a client that makes a row saw none */
    { "'op':'put','set':{'name':'Beat','status':'active','price':1000,'stock':5}",
      LS_RESULT_APPLIED, NULL },
    { "'op':'put','set':{'name':'Beat','status':'active','price':1000}", LS_RESULT_CONFLICT,
      "products/p/stock" },
    { "'op':'put','set':{'name':'New','status':'active','price':1000,'stock':5}",
      LS_RESULT_CONFLICT, "products/p/name" },
    { "'op':'put','set':{'name':'New','status':'active'},"
      "'was':{'name':'Beat','status':'active','price':1000,'stock':5}",
      LS_RESULT_APPLIED, NULL },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (LsTestShop) self = ls_test_shop_new ();
      g_autofree char *json =
          g_strdup_printf ("[{'c':'products','k':'p',%s}]", cases[i].json);
      g_autoptr (LsTestOutcome) outcome = NULL;

      ls_test_shop_apply (self, "[{'c':'products','k':'p','op':'put','set':{'name':'Beat',"
                                "'status':'active','price':1000,'stock':5}}]");
      outcome = ls_test_shop_mutate (self, "c", 1, "m1", json);
      g_test_message ("%s: %s", json, outcome->decision->message);
      g_assert_no_error (outcome->error);
      g_assert_cmpint (outcome->decision->status, ==, cases[i].status);
      g_assert_cmpstr (outcome->decision->path, ==, cases[i].path);
      g_assert_cmpstr (outcome->decision->code, ==,
                       cases[i].status == LS_RESULT_CONFLICT   ? "conflict"
                       : cases[i].status == LS_RESULT_REJECTED ? "validation"
                                                               : NULL);
      if (cases[i].status != LS_RESULT_APPLIED)
        g_assert_cmpint (ls_test_shop_get_integer (self, LS_PRODUCTS, "p", "price"), ==, 1000);
      ls_test_shop_check_log (self);
    }
}

/* A row that is not there. */
static void
test_conflicts_missing (void)
{
  static const struct {
    const char *json;
    LsResultStatus status;
  } cases[] = {
    { "[{'c':'products','k':'p','op':'set','set':{'price':1}}]", LS_RESULT_CONFLICT },
    { "[{'c':'products','k':'p','op':'add','set':{'stock':1}}]", LS_RESULT_CONFLICT },
    { "[{'c':'products','k':'p','op':'del','was':{'price':1}}]", LS_RESULT_APPLIED },
    { "[{'c':'products','k':'p','op':'put','set':{'name':'N','status':'draft'}},"
      "{'c':'products','k':'p','op':'set','set':{'price':7},'was':{'price':null}},"
      "{'c':'products','k':'p','op':'add','set':{'price':1}}]",
      LS_RESULT_APPLIED },
  };
  g_autoptr (LsTestShop) self = ls_test_shop_new ();

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *mid = g_strdup_printf ("m%zu", i);
      g_autoptr (LsTestOutcome) outcome =
          ls_test_shop_mutate (self, "c", (int64_t) i + 1, mid, cases[i].json);

      g_assert_no_error (outcome->error);
      g_assert_cmpint (outcome->decision->status, ==, cases[i].status);
    }
  g_assert_cmpint (ls_test_shop_get_integer (self, LS_PRODUCTS, "p", "price"), ==, 8);
}

static void
test_rights (void)
{
  static const struct {
    LsRole role;
    const char *json;
    bool allowed;
  } cases[] = {
    { LS_ROLE_VIEWER, "[{'c':'products','k':'p','op':'set','set':{'price':1}}]", false },
    { LS_ROLE_STAFF, "[{'c':'products','k':'p','op':'set','set':{'price':1}}]", true },
    { LS_ROLE_STAFF, "[{'c':'shops','k':'s','op':'set','set':{'name':'Mine'}}]", false },
    { LS_ROLE_STAFF, "[{'c':'customers','k':'c','op':'set','set':{'email':'x'}}]", false },
    { LS_ROLE_STAFF, "[{'c':'customers','k':'c','op':'set','set':{'city':'Paris'}}]", true },
    { LS_ROLE_STAFF, "[{'c':'customers','k':'c','op':'del','was':{'email':'e'}}]", false },
    { LS_ROLE_STAFF, "[{'c':'activity','k':'c','op':'put','set':{}}]", false },
    { LS_ROLE_ADMIN, "[{'c':'customers','k':'c','op':'set','set':{'email':'x'}}]", true },
    { LS_ROLE_ADMIN, "[{'c':'shops','k':'s','op':'set','set':{'name':'Mine'}}]", true },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (LsTestShop) self = ls_test_shop_new ();
      LsMutation *mutation = ls_test_mutation ("c", 1, "m1", cases[i].json);
      g_autoptr (LsTestOutcome) outcome = NULL;

      ls_test_shop_apply (self, "[{'c':'products','k':'p','op':'put','set':{'name':'P',"
                                "'status':'active'}},{'c':'customers','k':'c','op':'put',"
                                "'set':{'name':'C','email':'e'}}]");
      mutation->role = cases[i].role;
      outcome = ls_test_shop_submit (self, mutation);
      ls_test_environment_run (self->environment);
      g_assert_no_error (outcome->error);
      g_assert_cmpint (outcome->decision->status, ==,
                       cases[i].allowed ? LS_RESULT_APPLIED : LS_RESULT_REJECTED);
      if (!cases[i].allowed)
        {
          g_assert_cmpstr (outcome->decision->code, ==, "forbidden");
          g_assert_null (strstr (outcome->decision->message, "email"));
        }
    }
}

/* Who may not see a field does not wipe it by putting the row. */
static void
test_put_keeps_hidden (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  LsMutation *mutation = ls_test_mutation (
      "c", 1, "m1",
      "[{'c':'customers','k':'c','op':'put','set':{'name':'New'},'was':{'name':'C'}}]");
  g_autoptr (LsTestOutcome) outcome = NULL;
  g_autoptr (LsRecord) row = NULL;

  ls_test_shop_apply (
      self, "[{'c':'customers','k':'c','op':'put','set':{'name':'C','email':'e'}}]");
  mutation->role = LS_ROLE_STAFF;
  outcome = ls_test_shop_submit (self, mutation);
  ls_test_environment_run (self->environment);
  assert_decided (outcome, LS_RESULT_APPLIED, 1, 3);
  row = ls_test_shop_get (self, LS_CUSTOMERS, "c");
  g_assert_cmpstr (ls_record_get_text (row, 0), ==, "New");
  g_assert_cmpstr (ls_record_get_text (row, 1), ==, "e");
}

static void
test_unknown_enum (void)
{
  static const char json[] =
      "[{'c':'products','k':'p','op':'put','set':{'name':'P','status':'glowing'}}]";
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  g_autoptr (LsTestOutcome) admin = ls_test_shop_mutate (self, "c", 1, "m1", json);
  g_autoptr (LsTestOutcome) source = ls_test_shop_mutate (self, NULL, 0, "m2", json);

  assert_decided (admin, LS_RESULT_REJECTED, 1, 1);
  g_assert_cmpstr (admin->decision->path, ==, "products/p/status");
  assert_decided (source, LS_RESULT_APPLIED, 0, 2);
}

static void
test_too_many_changes (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  g_autoptr (GString) json = g_string_new ("[");
  g_autoptr (LsTestOutcome) rows = NULL;
  g_autoptr (LsTestOutcome) fits = NULL;
  g_autoptr (LsTestOutcome) bytes = NULL;
  g_autofree char *text = g_strnfill (60000, 'x');

  /* 300 customers bring 300 rows of stats. */
  for (int i = 0; i < 300; i++)
    {
      g_string_append_printf (
          json, "%s{'c':'customers','k':'c%d','op':'put','set':{'name':'C'}}", i > 0 ? "," : "", i);
      if (i == 248)
        {
          g_autofree char *some = g_strconcat (json->str, "]", NULL);

          fits = ls_test_shop_mutate (self, "c", 1, "m1", some);
        }
    }
  g_string_append_c (json, ']');
  g_string_replace (json, "'k':'c", "'k':'d", 0);
  rows = ls_test_shop_mutate (self, "c2", 1, "m2", json->str);
  assert_decided (fits, LS_RESULT_APPLIED, 1, 2);
  assert_decided (rows, LS_RESULT_REJECTED, 1, 2);
  g_assert_nonnull (strstr (rows->decision->message, "601 rows"));

  g_string_assign (json, "[");
  for (int i = 0; i < 5; i++)
    g_string_append_printf (json,
                            "%s{'c':'products','k':'p%d','op':'put','set':{'name':'P',"
                            "'status':'draft','description':'%s'}}",
                            i > 0 ? "," : "", i, text);
  g_string_append_c (json, ']');
  bytes = ls_test_shop_mutate (self, "c", 2, "m4", json->str);
  assert_decided (bytes, LS_RESULT_REJECTED, 2, 2);
  g_assert_nonnull (strstr (bytes->decision->message, "KiB"));
  ls_test_shop_check_log (self);
}

static void
test_activity (void)
{
  static const struct {
    const char *json;
    const char *kind;
    const char *collection;
    const char *record;
    const char *name;
    const char *fields;
    int64_t changes;
  } cases[] = {
    { "[{'c':'products','k':'p','op':'put','set':{'name':'Beat','status':'active'}}]",
      "product.created", "products", "p", "Beat", NULL, 1 },
    { "[{'c':'products','k':'p','op':'set','set':{'price':5,'sku':'S'}}]", "product.price",
      "products", "p", "Beat", "sku,price", 1 },
    { "[{'c':'products','k':'p','op':'add','set':{'stock':5}}]", "stock.changed", "products", "p",
      "Beat", "stock", 1 },
    { "[{'c':'products','k':'p','op':'set','set':{'name':'Bee'}}]", "product.changed", "products",
      "p", "Bee", "name", 1 },
    { "[{'c':'customers','k':'c','op':'put','set':{'name':'Zoé'}}]", "customer.created",
      "customers", "c", "Zoé", NULL, 2 },
    { "[{'c':'customers','k':'c','op':'set','set':{'email':'e','city':'Paris'}}]",
      "customer.changed", "customers", "c", "Zoé", "city", 1 },
    { "[{'c':'order_items','k':'i','op':'put','set':{'order':'o','name':'x','quantity':1,"
      "'unit_price':1}},{'c':'orders','k':'o','op':'put','set':{'number':'N1','status':'pending',"
      "'currency':'EUR','placed_at':1}}]",
      "order.placed", "orders", "o", "N1", NULL, 2 },
    { "[{'c':'orders','k':'o','op':'set','set':{'status':'paid','note':'!'}}]", "order.status",
      "orders", "o", "N1", "status,note", 2 },
    { "[{'c':'products','k':'p','op':'del'}]", "product.deleted", "products", "p", "Bee", NULL, 1 },
  };
  const LsCollection *activity = ls_schema_collection (LS_ACTIVITY);
  g_autoptr (LsTestShop) self = ls_test_shop_new ();

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *key = g_strdup_printf ("%016zu", i + 2);
      g_autoptr (LsRecord) row = NULL;

      ls_test_environment_advance (self->environment, 10);
      ls_test_shop_apply (self, cases[i].json);
      row = ls_test_shop_get (self, LS_ACTIVITY, key);
      g_assert_nonnull (row);
#define TEXT(field) ls_record_get_text (row, (unsigned) ls_collection_field (activity, field))
      g_assert_cmpstr (TEXT ("kind"), ==, cases[i].kind);
      g_assert_cmpstr (TEXT ("actor"), ==, "alma");
      g_assert_cmpstr (TEXT ("collection"), ==, cases[i].collection);
      g_assert_cmpstr (TEXT ("record"), ==, cases[i].record);
      g_assert_cmpstr (TEXT ("name"), ==, cases[i].name);
      g_assert_cmpstr (TEXT ("fields"), ==, cases[i].fields);
#undef TEXT
      g_assert_cmpint (ls_test_shop_get_integer (self, LS_ACTIVITY, key, "changes"), ==,
                       cases[i].changes);
      g_assert_cmpint (ls_test_shop_get_integer (self, LS_ACTIVITY, key, "at"), ==,
                       ls_environment_now (LS_ENVIRONMENT (self->environment)));
    }
  ls_test_shop_check_log (self);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/apply/conflicts", test_conflicts);
  g_test_add_func ("/apply/conflicts-missing", test_conflicts_missing);
  g_test_add_func ("/apply/rights", test_rights);
  g_test_add_func ("/apply/put-keeps-hidden", test_put_keeps_hidden);
  g_test_add_func ("/apply/unknown-enum", test_unknown_enum);
  g_test_add_func ("/apply/too-many-changes", test_too_many_changes);
  g_test_add_func ("/apply/activity", test_activity);

  return g_test_run ();
}
