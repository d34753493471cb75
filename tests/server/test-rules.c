/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-test-shop.h"

#include "core/ls-reason.h"
#include "server/ls-rules.h"

#define HOUR INT64_C (3600000000)

static const char *const setup[] = {
  "[{'c':'products','k':'p','op':'put','set':{'name':'P','status':'active','price':1000,"
  "'sale_price':900}},"
  "{'c':'variants','k':'v','op':'put','set':{'product':'p','name':'V','price':1000}},"
  "{'c':'customers','k':'c','op':'put','set':{'name':'C'}},"
  "{'c':'categories','k':'top','op':'put','set':{'name':'T'}},"
  "{'c':'categories','k':'sub','op':'put','set':{'name':'S','parent':'top'}},"
  "{'c':'services','k':'mix','op':'put','set':{'name':'Mix','active':true,'room':'A'}},"
  "{'c':'services','k':'rec','op':'put','set':{'name':'Rec','active':true,'room':'A'}},"
  "{'c':'services','k':'talk','op':'put','set':{'name':'Talk','active':true}}]",
  "[{'c':'orders','k':'o','op':'put','set':{'number':'1','status':'paid','currency':'EUR',"
  "'placed_at':1000,'shipping':100}},"
  "{'c':'order_items','k':'i','op':'put','set':{'order':'o','product':'p','name':'P',"
  "'quantity':2,'unit_price':1000}},"
  "{'c':'orders','k':'o2','op':'put','set':{'number':'2','status':'paid','currency':'EUR',"
  "'placed_at':1000}},"
  "{'c':'order_items','k':'i2','op':'put','set':{'order':'o2','name':'P','quantity':1,"
  "'unit_price':1000}},"
  "{'c':'payments','k':'pay','op':'put','set':{'order':'o2','method':'card','status':'captured',"
  "'amount':700,'currency':'EUR','at':1000}},"
  "{'c':'payments','k':'pay2','op':'put','set':{'order':'o2','method':'card','status':'failed',"
  "'amount':9000,'currency':'EUR','at':1000}},"
  "{'c':'refunds','k':'r','op':'put','set':{'order':'o','item':'i','quantity':1,'net':1000,"
  "'at':1000}}]",
  "[{'c':'reservations','k':'b','op':'put','set':{'service':'mix','starts_at':36000000000,"
  "'ends_at':43200000000,'status':'confirmed'}},"
  "{'c':'reservations','k':'q','op':'put','set':{'service':'rec','starts_at':39600000000,"
  "'ends_at':46800000000,'status':'requested'}}]",
};

static const struct {
  const char *name;
  const char *json;
  const char *path; /* NULL when it must be applied */
} cases[] = {
  { "price below zero", "[{'c':'products','k':'p','op':'set','set':{'price':-1}}]",
    "products/p/price" },
  { "price of zero", "[{'c':'products','k':'p','op':'set','set':{'price':0,'sale_price':null}}]",
    NULL },
  { "price below the sale price", "[{'c':'products','k':'p','op':'set','set':{'price':899}}]",
    "products/p/sale_price" },
  { "sale price above the price", "[{'c':'products','k':'p','op':'set','set':{'sale_price':1001}}]",
    "products/p/sale_price" },
  { "sale price below zero", "[{'c':'products','k':'p','op':'set','set':{'sale_price':-1}}]",
    "products/p/sale_price" },
  { "sale price alone", "[{'c':'products','k':'p','op':'set','set':{'price':null}}]", NULL },
  { "variant's price below zero", "[{'c':'variants','k':'v','op':'add','set':{'price':-1001}}]",
    "variants/v/price" },
  { "variant's sale price", "[{'c':'variants','k':'v','op':'set','set':{'sale_price':1001}}]",
    "variants/v/sale_price" },
  { "same SKU twice",
    "[{'c':'products','k':'p','op':'set','set':{'sku':'A'}},"
    "{'c':'products','k':'n','op':'put','set':{'name':'N','status':'draft','sku':'A'}}]",
    NULL },

  { "no quantity", "[{'c':'order_items','k':'i','op':'set','set':{'quantity':0}}]",
    "order_items/i/quantity" },
  { "negative unit price", "[{'c':'order_items','k':'i','op':'set','set':{'unit_price':-1}}]",
    "order_items/i/unit_price" },
  { "discount above the price", "[{'c':'order_items','k':'i','op':'set','set':{'discount':2001}}]",
    "order_items/i/discount" },
  { "all off", "[{'c':'order_items','k':'i','op':'set','set':{'discount':2000}}]", NULL },
  { "negative shipping", "[{'c':'orders','k':'o','op':'set','set':{'shipping':-1}}]",
    "orders/o/shipping" },
  { "negative tax", "[{'c':'orders','k':'o','op':'set','set':{'tax':-1}}]", "orders/o/tax" },
  { "negative payment", "[{'c':'payments','k':'pay','op':'set','set':{'amount':-1}}]",
    "payments/pay/amount" },

  { "refund above what was paid by payments",
    "[{'c':'refunds','k':'n','op':'put','set':{'order':'o2','net':701,'at':1}}]", "refunds/n/net" },
  { "refund of all that was paid",
    "[{'c':'refunds','k':'n','op':'put','set':{'order':'o2','net':700,'at':1}}]", NULL },
  { "refunds together above the total",
    "[{'c':'refunds','k':'n','op':'put','set':{'order':'o','net':1000,'shipping':101,'at':1}}]",
    "refunds/n/net" },
  { "refunds together up to the total",
    "[{'c':'refunds','k':'n','op':'put','set':{'order':'o','net':1000,'shipping':100,'at':1}}]",
    NULL },
  { "refund below zero", "[{'c':'refunds','k':'n','op':'put','set':{'order':'o','net':-1,'at':1}}]",
    "refunds/n/net" },
  { "refund of another order's item",
    "[{'c':'refunds','k':'n','op':'put','set':{'order':'o','item':'i2','net':1,'at':1}}]",
    "refunds/n/item" },
  { "refund of units without an item",
    "[{'c':'refunds','k':'n','op':'put','set':{'order':'o','quantity':1,'net':1,'at':1}}]",
    "refunds/n/quantity" },
  { "refund of more units than the item has",
    "[{'c':'refunds','k':'n','op':'put','set':{'order':'o','item':'i','quantity':2,'net':1,'at':1}}"
    "]",
    "refunds/n/quantity" },
  { "an item that a refund names", "[{'c':'order_items','k':'i','op':'del'}]", "order_items/i" },
  { "an item with its refund",
    "[{'c':'order_items','k':'i','op':'del'},{'c':'refunds','k':'r','op':'del'}]", NULL },

  { "reservation backwards", "[{'c':'reservations','k':'q','op':'set','set':{'ends_at':1}}]",
    "reservations/q/ends_at" },
  { "reservation without end",
    "[{'c':'reservations','k':'q','op':'set','set':{'ends_at':9000000000000}}]",
    "reservations/q/ends_at" },
  { "two in one room", "[{'c':'reservations','k':'q','op':'set','set':{'status':'confirmed'}}]",
    "reservations/q/starts_at" },
  { "one after the other in one room",
    "[{'c':'reservations','k':'q','op':'set','set':{'status':'confirmed','starts_at':43200000000}}"
    "]",
    NULL },
  { "one before the other in one room",
    "[{'c':'reservations','k':'q','op':'set','set':{'status':'confirmed','starts_at':3600000000,"
    "'ends_at':36000000000}}]",
    NULL },
  { "around the other",
    "[{'c':'reservations','k':'q','op':'set','set':{'status':'confirmed','starts_at':3600000000}}]",
    "reservations/q/starts_at" },
  { "moved onto another",
    "[{'c':'reservations','k':'b','op':'set','set':{'starts_at':46000000000,"
    "'ends_at':46800000001}},"
    "{'c':'reservations','k':'q','op':'set','set':{'status':'confirmed'}}]",
    "reservations/b/starts_at" },
  { "two at once without a room",
    "[{'c':'reservations','k':'q','op':'set','set':{'service':'talk','status':'confirmed'}}]",
    NULL },
  { "the other is cancelled by the same edit",
    "[{'c':'reservations','k':'q','op':'set','set':{'status':'confirmed'}},"
    "{'c':'reservations','k':'b','op':'set','set':{'status':'cancelled'}}]",
    NULL },

  { "category in itself", "[{'c':'categories','k':'top','op':'set','set':{'parent':'top'}}]",
    "categories/top/parent" },
  { "categories in a circle", "[{'c':'categories','k':'top','op':'set','set':{'parent':'sub'}}]",
    "categories/top/parent" },

  { "variant of nothing",
    "[{'c':'variants','k':'n','op':'put','set':{'product':'none','name':'N'}}]",
    "variants/n/product" },
  { "variant before its product in one edit",
    "[{'c':'variants','k':'n','op':'put','set':{'product':'new','name':'N'}},"
    "{'c':'products','k':'new','op':'put','set':{'name':'N','status':'draft'}}]",
    NULL },
  { "order of nobody",
    "[{'c':'orders','k':'n','op':'put','set':{'number':'3','customer':'none',"
    "'status':'paid','currency':'EUR','placed_at':1}}]",
    NULL },
  { "product with variants", "[{'c':'products','k':'p','op':'del'}]", "products/p" },
  { "product with its variants",
    "[{'c':'products','k':'p','op':'del'},{'c':'variants','k':'v','op':'del'}]", NULL },
  { "order with items", "[{'c':'orders','k':'o2','op':'del'}]", "orders/o2" },

  { "unknown time zone", "[{'c':'shops','k':'s','op':'set','set':{'time_zone':'Europe/Nowhere'}}]",
    "shops/s/time_zone" },
  { "time zone after orders", "[{'c':'shops','k':'s','op':'set','set':{'time_zone':'UTC'}}]",
    "shops/s/time_zone" },
  { "currency of a shop", "[{'c':'shops','k':'s','op':'set','set':{'currency':'USD'}}]",
    "shops/s/currency" },
  { "second shop",
    "[{'c':'shops','k':'t','op':'put','set':{'name':'T','currency':'EUR','time_zone':'UTC',"
    "'sample':false}}]",
    "shops/t" },
  { "no shop", "[{'c':'shops','k':'s','op':'del'}]", "shops/s" },
  { "name of the shop", "[{'c':'shops','k':'s','op':'set','set':{'name':'New'}}]", NULL },

  { "immutable by put",
    "[{'c':'orders','k':'o','op':'put','set':{'number':'9','status':'paid','currency':'EUR',"
    "'placed_at':1000},'was':{'number':'1','status':'paid','currency':'EUR','placed_at':1000,"
    "'shipping':100}}]",
    "orders/o/number" },
  { "derived", "[{'c':'orders','k':'o','op':'set','set':{'total':1}}]", "orders/o/total" },
  { "derived collection", "[{'c':'daily_sales','k':'n','op':'put','set':{'orders':1}}]",
    "daily_sales/n" },
  { "required", "[{'c':'products','k':'p','op':'set','set':{'name':null}}]", "products/p/name" },
  { "required in a put", "[{'c':'products','k':'n','op':'put','set':{'name':'N'}}]",
    "products/n/status" },
};

static void
test_case (gconstpointer data)
{
  size_t i = GPOINTER_TO_SIZE (data);
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  g_autoptr (LsTestOutcome) outcome = NULL;
  g_autoptr (LsShop) before = NULL;
  g_autoptr (LsShop) after = NULL;

  for (size_t s = 0; s < G_N_ELEMENTS (setup); s++)
    ls_test_shop_apply (self, setup[s]);
  before = ls_test_shop_get_shop (self);
  outcome = ls_test_shop_mutate (self, "client", 1, "m1", cases[i].json);
  after = ls_test_shop_get_shop (self);
  g_assert_no_error (outcome->error);
  g_test_message ("%s", outcome->decision->message);
  g_assert_cmpstr (outcome->decision->path, ==, cases[i].path);
  if (cases[i].path == NULL)
    {
      g_assert_cmpint (outcome->decision->status, ==, LS_RESULT_APPLIED);
      g_assert_cmpint (after->position.version, ==, before->position.version + 1);
    }
  else
    {
      g_autofree char *field = g_path_get_basename (cases[i].path);

      g_autofree char *words = ls_reason_to_text ((const char *const *) outcome->decision->reason);

      g_assert_cmpint (outcome->decision->status, ==, LS_RESULT_REJECTED);
      /* What is refused has a name, so that it can be said in the admin's language. */
      g_assert_nonnull (words);
      g_assert_true (g_str_has_suffix (outcome->decision->message, words));
      g_assert_true (g_str_equal (outcome->decision->code, "validation") ||
                     g_str_equal (outcome->decision->code, "forbidden"));
      g_assert_true (ls_position_equal (&after->position, &before->position));
    }
  ls_test_shop_check_log (self);
}

/* Every pair of statuses, against a table of letters in the order of the schema. */
static void
test_statuses (void)
{
  /*                        pen pai pro shi com onh can ref fai */
  static const char *const allowed[] = {
    /* pending    */ "111001101",
    /* paid       */ "111111110",
    /* processing */ "011111110",
    /* shipped    */ "011110010",
    /* completed  */ "011110010",
    /* on-hold    */ "111001101",
    /* cancelled  */ "100001100",
    /* refunded   */ "000010010",
    /* failed     */ "111001101",
  };
  const LsCollection *orders = ls_schema_collection (LS_ORDERS);
  const char *const *names = orders->fields[ls_collection_field (orders, "status")].values;

  g_assert_cmpuint (g_strv_length ((char **) names), ==, G_N_ELEMENTS (allowed));
  for (size_t from = 0; from < G_N_ELEMENTS (allowed); from++)
    for (size_t to = 0; to < G_N_ELEMENTS (allowed); to++)
      {
        bool expected = allowed[from][to] == '1';

        if (ls_rules_allow_status (names[from], names[to]) != expected)
          g_test_message ("%s to %s", names[from], names[to]);
        g_assert_true (ls_rules_allow_status (names[from], names[to]) == expected);
      }
  g_assert_true (ls_rules_allow_status ("from-a-newer-shop", "paid"));
}

/* An admin is bound by the table, a source that tells what happened elsewhere is not. */
static void
test_status_of_sources (void)
{
  static const char json[] = "[{'c':'orders','k':'o','op':'set','set':{'status':'failed'}}]";
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  g_autoptr (LsTestOutcome) outcome = NULL;

  for (size_t s = 0; s < G_N_ELEMENTS (setup); s++)
    ls_test_shop_apply (self, setup[s]);
  outcome = ls_test_shop_mutate (self, "client", 1, "m1", json);
  g_assert_cmpint (outcome->decision->status, ==, LS_RESULT_REJECTED);
  g_assert_cmpstr (outcome->decision->path, ==, "orders/o/status");
  ls_test_shop_apply (self, json);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *slug = g_strdelimit (g_strdup (cases[i].name), " ", '-');
      g_autofree char *path = g_strconcat ("/rules/case/", slug, NULL);

      g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_case);
    }
  g_test_add_func ("/rules/statuses", test_statuses);
  g_test_add_func ("/rules/status-of-sources", test_status_of_sources);

  return g_test_run ();
}
