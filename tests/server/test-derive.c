/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-test-shop.h"

#include "core/ls-error.h"
#include "server/ls-derive-check.h"
#include "sql/ls-sql.h"

#define PLACED "1767225600000000" /* 2026-01-01 01:00 in Paris */

static void
assert_sound (LsTestShop *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LsDeriveReport) report = ls_derive_check (self->storage, "s", &error);

  g_assert_no_error (error);
  for (unsigned i = 0; i < report->findings->len; i++)
    {
      g_autofree char *text = ls_finding_to_text (g_ptr_array_index (report->findings, i));

      g_test_message ("%s", text);
    }
  g_assert_cmpint (report->n_findings, ==, 0);
}

static void
assert_number (LsTestShop    *self,
               LsCollectionId collection,
               const char    *key,
               const char    *field,
               int64_t        expected)
{
  int64_t actual = ls_test_shop_get_integer (self, collection, key, field);

  if (actual != expected)
    g_test_message ("%s %s", key, field);
  g_assert_cmpint (actual, ==, expected);
}

static void
add_goods (LsTestShop *self)
{
  ls_test_shop_apply (
      self, "[{'c':'products','k':'beat','op':'put','set':{'name':'Beat','status':'active',"
            "'price':2000,'stock':5,'low_stock_at':3}},"
            "{'c':'products','k':'pack','op':'put','set':{'name':'Pack','status':'active'}},"
            "{'c':'variants','k':'wav','op':'put','set':{'product':'beat','name':'WAV'}},"
            "{'c':'customers','k':'zoe','op':'put','set':{'name':'Zoé'}}]");
}

#define PUT_ORDER(key, status, currency) \
  "{'c':'orders','k':'" key "','op':'put','set':{'number':'" key "','customer':'zoe','status':'" \
  status "','currency':'" currency "','placed_at':" PLACED ",'shipping':500,'tax':700}}"

static void
add_order (LsTestShop *self)
{
  ls_test_shop_apply (
      self, "[" PUT_ORDER ("o1", "pending", "EUR") ","
            "{'c':'order_items','k':'i1','op':'put','set':{'order':'o1','product':'beat',"
            "'variant':'wav','name':'Beat','quantity':3,'unit_price':2000,'discount':1000}},"
            "{'c':'order_items','k':'i2','op':'put','set':{'order':'o1','product':'pack',"
            "'name':'Pack','quantity':1,'unit_price':1500}}]");
}

/* An order from placed to partly refunded, with each number worked out by hand. */
static void
test_order (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  g_autoptr (LsRecord) day = NULL;

  add_goods (self);
  add_order (self);
  assert_number (self, LS_ORDER_ITEMS, "i1", "total", 5000);
  assert_number (self, LS_ORDERS, "o1", "items_total", 6500);
  assert_number (self, LS_ORDERS, "o1", "discount", 1000);
  assert_number (self, LS_ORDERS, "o1", "units", 4);
  assert_number (self, LS_ORDERS, "o1", "total", 7700);
  assert_number (self, LS_ORDERS, "o1", "refunded", 0);
  assert_number (self, LS_ORDERS, "o1", "day", 20454);
  /* Pending: nothing counts. */
  assert_number (self, LS_ORDERS, "o1", "revenue", 0);
  assert_number (self, LS_CUSTOMERS, "zoe", "orders", 0);
  assert_number (self, LS_PRODUCTS, "beat", "units_sold", 0);
  g_assert_null (ls_test_shop_get (self, LS_DAILY_SALES, "2026-01-01:EUR"));
  assert_sound (self);

  ls_test_shop_apply (self,
                      "[{'c':'orders','k':'o1','op':'set','set':{'status':'paid'},"
                      "'was':{'status':'pending'}}]");
  assert_number (self, LS_ORDERS, "o1", "revenue", 6500);
  assert_number (self, LS_CUSTOMERS, "zoe", "orders", 1);
  assert_number (self, LS_CUSTOMERS, "zoe", "spent", 7700);
  assert_number (self, LS_STATS, "zoe", "spent", 7700);
  assert_number (self, LS_STATS, "zoe", "orders", 1);
  assert_number (self, LS_PRODUCTS, "beat", "units_sold", 3);
  assert_number (self, LS_PRODUCTS, "beat", "revenue", 5000);
  assert_number (self, LS_VARIANTS, "wav", "units_sold", 3);
  assert_number (self, LS_VARIANTS, "wav", "revenue", 5000);
  assert_number (self, LS_PRODUCTS, "pack", "revenue", 1500);
  assert_number (self, LS_DAILY_SALES, "2026-01-01:EUR", "day", 20454);
  assert_number (self, LS_DAILY_SALES, "2026-01-01:EUR", "orders", 1);
  assert_number (self, LS_DAILY_SALES, "2026-01-01:EUR", "units", 4);
  assert_number (self, LS_DAILY_SALES, "2026-01-01:EUR", "revenue", 6500);
  assert_number (self, LS_DAILY_SALES, "2026-01-01:EUR", "tax", 700);
  assert_number (self, LS_DAILY_SALES, "2026-01-01:EUR", "shipping", 500);
  assert_number (self, LS_DAILY_SALES, "2026-01-01:EUR", "refunded", 0);
  assert_number (self, LS_DAILY_SALES, "2026-01-01:EUR", "total", 7700);
  day = ls_test_shop_get (self, LS_DAILY_SALES, "2026-01-01:EUR");
  g_assert_cmpstr (ls_record_get_text (day, 1), ==, "EUR");
  assert_sound (self);

  ls_test_shop_apply (
      self, "[{'c':'refunds','k':'r1','op':'put','set':{'order':'o1','item':'i1','quantity':1,"
            "'net':1600,'tax':160,'shipping':100,'at':" PLACED "}}]");
  assert_number (self, LS_REFUNDS, "r1", "amount", 1860);
  assert_number (self, LS_ORDERS, "o1", "refunded", 1860);
  assert_number (self, LS_ORDERS, "o1", "revenue", 4900);
  assert_number (self, LS_ORDERS, "o1", "units", 4);
  assert_number (self, LS_ORDERS, "o1", "total", 7700);
  assert_number (self, LS_PRODUCTS, "beat", "units_sold", 2);
  assert_number (self, LS_PRODUCTS, "beat", "revenue", 3400);
  assert_number (self, LS_VARIANTS, "wav", "units_sold", 2);
  assert_number (self, LS_CUSTOMERS, "zoe", "spent", 5840);
  assert_number (self, LS_DAILY_SALES, "2026-01-01:EUR", "units", 3);
  assert_number (self, LS_DAILY_SALES, "2026-01-01:EUR", "revenue", 4900);
  assert_number (self, LS_DAILY_SALES, "2026-01-01:EUR", "refunded", 1860);
  assert_sound (self);

  ls_test_shop_apply (self, "[{'c':'orders','k':'o1','op':'set','set':{'status':'cancelled'}}]");
  assert_number (self, LS_ORDERS, "o1", "revenue", 0);
  assert_number (self, LS_CUSTOMERS, "zoe", "spent", 0);
  assert_number (self, LS_PRODUCTS, "beat", "units_sold", 0);
  g_assert_null (ls_test_shop_get (self, LS_DAILY_SALES, "2026-01-01:EUR"));
  assert_sound (self);
  ls_test_shop_check_log (self);
}

/* Money of another currency is never added to the shop's own. */
static void
test_currencies (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();

  add_goods (self);
  ls_test_shop_apply (
      self, "[" PUT_ORDER ("o1", "paid", "USD") ","
            "{'c':'order_items','k':'i1','op':'put','set':{'order':'o1','product':'beat',"
            "'variant':'wav','name':'Beat','quantity':2,'unit_price':2000}}]");
  assert_number (self, LS_DAILY_SALES, "2026-01-01:USD", "revenue", 4000);
  g_assert_null (ls_test_shop_get (self, LS_DAILY_SALES, "2026-01-01:EUR"));
  assert_number (self, LS_PRODUCTS, "beat", "units_sold", 2);
  assert_number (self, LS_PRODUCTS, "beat", "revenue", 0);
  assert_number (self, LS_CUSTOMERS, "zoe", "orders", 1);
  assert_number (self, LS_CUSTOMERS, "zoe", "spent", 0);
  assert_sound (self);
}

/* 23:30 UTC is the next day in Paris, in winter by one hour, in summer by two. */
static void
test_day (void)
{
  static const struct {
    const char *placed_at;
    int64_t day;
  } cases[] = {
    { "1767222000000000", 20454 }, /* 2025-12-31 23:00 UTC: midnight of New Year in Paris */
    { "1767221999999999", 20453 },
    { "1782856800000000", 20635 }, /* 2026-06-30 22:00 UTC: 1 July in Paris */
    { "1782856799999999", 20634 },
    { "0", 0 },
  };
  g_autoptr (LsTestShop) self = ls_test_shop_new ();

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *key = g_strdup_printf ("o%zu", i);
      g_autofree char *json = g_strdup_printf (
          "[{'c':'orders','k':'%s','op':'put','set':{'number':'%s','status':'paid',"
          "'currency':'EUR','placed_at':%s}}]",
          key, key, cases[i].placed_at);

      ls_test_shop_apply (self, json);
      assert_number (self, LS_ORDERS, key, "day", cases[i].day);
    }
  assert_sound (self);
}

static void
test_low_stock (void)
{
  static const struct {
    const char *set;
    int64_t low;
  } cases[] = {
    { "'stock':3", 1 },
    { "'stock':4", 0 },
    { "'low_stock_at':4", 1 },
    { "'stock':null", 0 },
    { "'stock':-1", 1 },
    { "'low_stock_at':null", 0 },
  };
  g_autoptr (LsTestShop) self = ls_test_shop_new ();

  add_goods (self);
  assert_number (self, LS_PRODUCTS, "beat", "low_stock", 0);
  assert_number (self, LS_PRODUCTS, "pack", "low_stock", 0);
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *json = g_strdup_printf (
          "[{'c':'products','k':'beat','op':'set','set':{%s}}]", cases[i].set);

      ls_test_shop_apply (self, json);
      assert_number (self, LS_PRODUCTS, "beat", "low_stock", cases[i].low);
    }
  assert_sound (self);
}

/* Rows that were named before they came: imports come in any order. */
static void
test_late_targets (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();

  ls_test_shop_apply (
      self, "[" PUT_ORDER ("o1", "paid", "EUR") ","
            "{'c':'order_items','k':'i1','op':'put','set':{'order':'o1','product':'beat',"
            "'variant':'wav','name':'Beat','quantity':2,'unit_price':2000}}]");
  assert_sound (self);
  add_goods (self);
  assert_number (self, LS_CUSTOMERS, "zoe", "orders", 1);
  assert_number (self, LS_CUSTOMERS, "zoe", "spent", 5200);
  assert_number (self, LS_STATS, "zoe", "spent", 5200);
  assert_number (self, LS_PRODUCTS, "beat", "units_sold", 2);
  assert_number (self, LS_VARIANTS, "wav", "revenue", 4000);
  assert_number (self, LS_PRODUCTS, "beat", "variants", 1);
  assert_sound (self);
  ls_test_shop_apply (self, "[{'c':'customers','k':'zoe','op':'del'}]");
  g_assert_null (ls_test_shop_get (self, LS_STATS, "zoe"));
  assert_sound (self);
  /* Back again, and all of it in one mutation. */
  ls_test_shop_apply (self, "[{'c':'customers','k':'zoe','op':'put','set':{'name':'Zoé'}},"
                            "{'c':'orders','k':'o1','op':'set','set':{'shipping':0}}]");
  assert_number (self, LS_CUSTOMERS, "zoe", "spent", 4700);
  assert_sound (self);
}

/* Deleted and made again by one mutation: the figures stay right. */
static void
test_made_again (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();

  add_goods (self);
  add_order (self);
  ls_test_shop_apply (self, "[{'c':'orders','k':'o1','op':'set','set':{'status':'paid'}}]");
  ls_test_shop_apply (
      self, "[{'c':'orders','k':'o1','op':'del'}," PUT_ORDER ("o1", "paid", "EUR") ","
            "{'c':'customers','k':'zoe','op':'del'},"
            "{'c':'customers','k':'zoe','op':'put','set':{'name':'Zoé'}}]");
  assert_number (self, LS_ORDERS, "o1", "total", 7700);
  assert_number (self, LS_CUSTOMERS, "zoe", "spent", 7700);
  assert_sound (self);
  ls_test_shop_check_log (self);
}

/* A put over a row keeps what was derived. */
static void
test_put_over (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();

  add_goods (self);
  add_order (self);
  ls_test_shop_apply (self, "[{'c':'orders','k':'o1','op':'set','set':{'status':'paid'}}]");
  ls_test_shop_apply (self, "[{'c':'products','k':'beat','op':'put','set':{'name':'Beat 2',"
                            "'status':'active','stock':1,'low_stock_at':3}}]");
  assert_number (self, LS_PRODUCTS, "beat", "units_sold", 3);
  assert_number (self, LS_PRODUCTS, "beat", "low_stock", 1);
  g_assert_cmpint (ls_test_shop_get_integer (self, LS_PRODUCTS, "beat", "price"), ==, G_MININT64);
  assert_sound (self);
}

/* What does not fit any more is refused, and nothing of it happens. */
static void
test_overflow (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  g_autoptr (LsDecision) decision = NULL;

  add_goods (self);
  add_order (self);
  decision = ls_test_shop_edit (
      self, "[{'c':'order_items','k':'i3','op':'put','set':{'order':'o1','product':'beat',"
            "'name':'Beat','quantity':1000000,'unit_price':10000000000000}}]");
  g_assert_cmpint (decision->status, ==, LS_RESULT_REJECTED);
  g_clear_pointer (&decision, ls_decision_free);
  decision = ls_test_shop_edit (
      self, "[{'c':'order_items','k':'i3','op':'put','set':{'order':'o1','product':'beat',"
            "'name':'Beat','quantity':2,'unit_price':9000000000000}}]");
  g_assert_cmpint (decision->status, ==, LS_RESULT_REJECTED);
  g_assert_cmpstr (decision->path, ==, "order_items/i3/total");
  assert_number (self, LS_ORDERS, "o1", "total", 7700);
  assert_sound (self);
  ls_test_shop_check_log (self);
}

static void
spoil (LsTestShop *self,
       const char *statement)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LsSql) sql = ls_sql_open (self->path, LS_SQL_EXISTING, NULL, &error);

  g_assert_no_error (error);
  ls_sql_exec (sql, statement, &error);
  g_assert_no_error (error);
}

static void
count_cb (gpointer user_data)
{
  (*(unsigned *) user_data)++;
}

static bool
has_finding (const LsDeriveReport *report,
             const char          *text)
{
  for (unsigned i = 0; i < report->findings->len; i++)
    {
      g_autofree char *line = ls_finding_to_text (g_ptr_array_index (report->findings, i));

      g_test_message ("%s", line);
      if (g_str_equal (line, text))
        return true;
    }
  return false;
}

/* Behind the committer's back: the check finds each, and repairs what is derived through the log.
 */
static void
test_check_and_repair (void)
{
  static const struct {
    const char *statement;
    const char *finding;
  } cases[] = {
    { "UPDATE products SET revenue = 1 WHERE key = 'beat'",
      "products beat: revenue: 1 is stored, 5000 follows from the rows" },
    { "UPDATE orders SET total = NULL",
      "orders o1: total: nothing is stored, 7700 follows from the rows" },
    { "UPDATE order_items SET total = 0 WHERE key = 'i2'",
      "order_items i2: total: 0 is stored, 1500 follows from the rows" },
    { "UPDATE order_items SET day = 20423 WHERE key = 'i2'",
      "order_items i2: day: 20423 is stored, 20454 follows from the rows" },
    { "UPDATE orders SET day = 20423", "orders o1: day: 20423 is stored, 20454 follows from the rows" },
    { "DELETE FROM daily_sales", "daily_sales 2026-01-01:EUR: the row is missing" },
    { "INSERT INTO daily_sales (shop, key, day, currency, orders) VALUES ('s', '2020-01-01:EUR', "
      "1, 'EUR', 0)",
      "daily_sales 2020-01-01:EUR: nothing calls for this row" },
    { "DELETE FROM stats", "stats zoe: the row is missing" },
    { "UPDATE stats SET spent = 3", "stats zoe: spent: 3 is stored, 7700 follows from the rows" },
    { "UPDATE customers SET favorites = 3",
      "customers zoe: favorites: 3 is stored, 0 follows from the rows" },
    { "INSERT INTO stats (shop, key, customer) VALUES ('s', 'nobody', 'nobody')",
      "stats nobody: nothing calls for this row" },
  };
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  unsigned drained = 0;

  add_goods (self);
  add_order (self);
  ls_test_shop_apply (self, "[{'c':'orders','k':'o1','op':'set','set':{'status':'paid'}}]");
  ls_committer_drain (self->committer, count_cb, &drained);
  ls_test_shop_reopen (self);
  assert_sound (self);
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (LsDeriveReport) report = NULL;
      g_autoptr (GPtrArray) mutations = NULL;
      g_autoptr (GError) error = NULL;

      spoil (self, cases[i].statement);
      report = ls_derive_check (self->storage, "s", &error);
      g_assert_no_error (error);
      g_assert_true (has_finding (report, cases[i].finding));
      mutations = ls_derive_report_make_mutations (report);
      for (unsigned m = 0; m < mutations->len; m++)
        {
          g_autoptr (LsTestOutcome) outcome = ls_test_shop_submit (
              self, ls_mutation_ref (g_ptr_array_index (mutations, m)));

          ls_test_environment_run (self->environment);
          g_assert_no_error (outcome->error);
          g_assert_cmpint (outcome->decision->status, ==, LS_RESULT_APPLIED);
        }
      g_clear_pointer (&report, ls_derive_report_free);
      report = ls_derive_check (self->storage, "s", &error);
      g_assert_no_error (error);
      g_assert_cmpint (report->n_findings, ==, 0);
    }
  /* Not only in memory. */
  ls_test_shop_reopen (self);
  assert_sound (self);
}

/* What was never derived and rotted shows in the digests, damage of the log in its chain. */
static void
test_check_rot (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  g_autoptr (LsDeriveReport) report = NULL;
  g_autoptr (GError) error = NULL;
  unsigned drained = 0;

  add_goods (self);
  ls_committer_drain (self->committer, count_cb, &drained);
  ls_test_shop_reopen (self);
  ls_test_shop_apply (self, "[{'c':'products','k':'beat','op':'add','set':{'stock':1}}]");
  spoil (self, "UPDATE products SET name = 'Rot' WHERE key = 'pack'");
  report = ls_derive_check (self->storage, "s", &error);
  g_assert_no_error (error);
  g_assert_cmpint (report->n_findings, ==, 2);
  g_assert_true (has_finding (report, "products: the rows are not those that the log led to"));
  g_assert_true (
      has_finding (report, "products pack: name: “Rot” is stored, the log set “Pack”"));
  g_assert_cmpuint (report->repairs->len, ==, 1);
  g_clear_pointer (&report, ls_derive_report_free);

  spoil (self,
         "UPDATE products SET name = 'Pack' WHERE key = 'pack';"
         "UPDATE log_versions SET changes = CAST(replace(CAST(changes AS TEXT), 'Pack', 'Peck')"
         " AS BLOB) WHERE version = 1;"
         "UPDATE log_versions SET \"check\" = 7 WHERE version = 2");
  report = ls_derive_check (self->storage, "s", &error);
  g_assert_no_error (error);
  g_assert_true (
      has_finding (report, "the log: version 2 does not follow from the one before"));
}

static char *
pick (const char *prefix,
      int         n)
{
  return g_strdup_printf ("%s%d", prefix, g_test_rand_int_range (0, n));
}

static const char *
pick_status (void)
{
  static const char *const statuses[] = { "pending",   "paid",      "processing",
                                          "shipped",   "completed", "on-hold",
                                          "cancelled", "refunded",  "failed" };

  return statuses[g_test_rand_int_range (0, G_N_ELEMENTS (statuses))];
}

static char *
random_item (const char *order)
{
  g_autofree char *key = pick ("i", 60);
  g_autofree char *product = pick ("p", 8);
  g_autofree char *variant = pick ("v", 8);
  int quantity = g_test_rand_int_range (1, 5);
  int price = g_test_rand_int_range (0, 5000);

  return g_strdup_printf (
      "{'c':'order_items','k':'%s','op':'put','set':{'order':'%s','product':'%s',"
      "'variant':'%s','name':'x','quantity':%d,'unit_price':%d,'discount':%d}}",
      key, order, product, variant, quantity, price,
      g_test_rand_int_range (0, quantity * price + 1));
}

static char *
random_order (void)
{
  g_autofree char *order = pick ("o", 20);
  g_autofree char *customer = pick ("c", 6);
  g_autofree char *first = random_item (order);
  g_autofree char *second = random_item (order);

  return g_strdup_printf (
      "[{'c':'orders','k':'%s','op':'put','set':{'number':'%s','customer':'%s','status':'%s',"
      "'currency':'%s','placed_at':%" G_GINT64_FORMAT ",'shipping':%d,'tax':%d}},%s,%s]",
      order, order, customer, pick_status (), g_test_rand_bit () ? "EUR" : "USD",
      INT64_C (1767225600000000) + INT64_C (40000000000) * g_test_rand_int_range (0, 6),
      g_test_rand_int_range (0, 900), g_test_rand_int_range (0, 900), first, second);
}

static char *
random_edit (void)
{
  g_autofree char *order = pick ("o", 20);
  g_autofree char *item = pick ("i", 60);
  g_autofree char *product = pick ("p", 8);
  g_autofree char *variant = pick ("v", 8);
  g_autofree char *customer = pick ("c", 6);
  g_autofree char *other = pick ("x", 30);

  switch (g_test_rand_int_range (0, 20))
    {
    case 0:
    case 1:
    case 2:
    case 3:
      return random_order ();
    case 4:
    case 5:
      return g_strdup_printf ("[{'c':'orders','k':'%s','op':'set','set':{'status':'%s'}}]", order,
                              pick_status ());
    case 6:
      return g_strdup_printf (
          "[{'c':'orders','k':'%s','op':'set','set':{'shipping':%d,'note':'n'}}]", order,
          g_test_rand_int_range (0, 900));
    case 7:
      return g_strdup_printf ("[{'c':'order_items','k':'%s','op':'set','set':{'quantity':%d}}]",
                              item, g_test_rand_int_range (1, 9));
    case 8:
      return g_strdup_printf ("[{'c':'order_items','k':'%s','op':'del'}]", item);
    case 9:
    case 10:
      return g_strdup_printf (
          "[{'c':'refunds','k':'%s','op':'put','set':{'order':'%s','item':'%s','quantity':1,"
          "'net':%d,'tax':%d,'at':0}}]",
          other, order, item, g_test_rand_int_range (0, 800), g_test_rand_int_range (0, 80));
    case 11:
      return g_strdup_printf (
          "[{'c':'refunds','k':'%s','op':'put','set':{'order':'%s','net':%d,'at':0}}]", other,
          order, g_test_rand_int_range (0, 800));
    case 12:
      return g_strdup_printf ("[{'c':'refunds','k':'%s','op':'del'}]", other);
    case 13:
      return g_strdup_printf (
          "[{'c':'products','k':'%s','op':'put','set':{'name':'p','status':'active',"
          "'stock':%d,'low_stock_at':3}}]",
          product, g_test_rand_int_range (0, 7));
    case 14:
      return g_strdup_printf (
          "[{'c':'variants','k':'%s','op':'put','set':{'product':'%s','name':'v'}}]", variant,
          product);
    case 15:
      return g_strdup_printf ("[{'c':'customers','k':'%s','op':'put','set':{'name':'c'}}]",
                              customer);
    case 16:
      return g_strdup_printf (
          "[{'c':'favorites','k':'%s','op':'put','set':{'customer':'%s','product':'%s','at':0}}]",
          other, customer, product);
    case 17:
      return g_strdup_printf ("[{'c':'favorites','k':'%s','op':'del'},"
                              "{'c':'%s','k':'%s','op':'del'}]",
                              other, g_test_rand_bit () ? "customers" : "variants",
                              g_test_rand_bit () ? customer : variant);
    case 18:
      return g_strdup_printf ("[{'c':'downloads','k':'%s','op':'put','set':{'product':'%s',"
                              "'customer':'%s','file':'f','count':%d}}]",
                              other, product, customer, g_test_rand_int_range (0, 5));
    default:
      return g_strdup_printf ("[{'c':'downloads','k':'%s','op':'add','set':{'count':1}},"
                              "{'c':'products','k':'%s','op':'add','set':{'stock':-1}}]",
                              other, product);
    }
}

/* Whatever happens, what was kept up to date is what follows from the rows. */
static void
test_random (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  unsigned applied = 0;

  for (int i = 0; i < 1500; i++)
    {
      g_autofree char *json = random_edit ();
      g_autoptr (LsDecision) decision = ls_test_shop_edit (self, json);

      if (decision->status != LS_RESULT_APPLIED)
        continue;
      applied++;
      if (i % 3 == 0 || i < 200)
        assert_sound (self);
    }
  g_test_message ("%u applied", applied);
  g_assert_cmpuint (applied, >, 400);
  assert_sound (self);
  ls_test_shop_check_log (self);
}

static unsigned
count_ops (LsTestShop *self,
           LsChangeOp  op,
           const char *key)
{
  const LsTestGroup *group = g_ptr_array_index (self->groups, self->groups->len - 1);
  const LsVersion *version = g_ptr_array_index (group->versions, group->versions->len - 1);
  unsigned n = 0;

  for (unsigned i = 0; i < version->changes->len; i++)
    {
      const LsChange *change = g_ptr_array_index (version->changes, i);

      n += change->op == op && g_str_equal (change->key, key);
    }
  return n;
}

/* All parts of an order have its day. Made anew in another month they go and come, so that whoever
 * holds one of the two months gets it right from the changes alone. */
static void
test_parts_day (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  static const char *const parts[] = { "o1", "i1", "i2", "r1", "p1" };

  add_goods (self);
  add_order (self);
  ls_test_shop_apply (
      self, "[{'c':'orders','k':'o1','op':'set','set':{'status':'paid'},'was':{'status':'pending'}},"
            "{'c':'payments','k':'p1','op':'put','set':{'order':'o1','method':'card','status':"
            "'captured','amount':7700,'currency':'EUR','at':" PLACED "}},"
            "{'c':'refunds','k':'r1','op':'put','set':{'order':'o1','net':100,'at':" PLACED "}}]");
  assert_number (self, LS_ORDER_ITEMS, "i2", "day", 20454);
  assert_number (self, LS_PAYMENTS, "p1", "day", 20454);
  assert_number (self, LS_REFUNDS, "r1", "day", 20454);
  assert_sound (self);

  /* Within the month a change is a change. */
  ls_test_shop_apply (
      self, "[{'c':'orders','k':'o1','op':'del'},{'c':'orders','k':'o1','op':'put','set':{"
            "'number':'o1','customer':'zoe','status':'paid','currency':'EUR',"
            "'placed_at':1767312000000000}}]");
  assert_number (self, LS_PAYMENTS, "p1", "day", 20455);
  for (unsigned i = 0; i < G_N_ELEMENTS (parts); i++)
    g_assert_cmpuint (count_ops (self, LS_CHANGE_SET, parts[i]), ==, 1);

  ls_test_shop_apply (
      self, "[{'c':'orders','k':'o1','op':'del'},{'c':'orders','k':'o1','op':'put','set':{"
            "'number':'o1','customer':'zoe','status':'paid','currency':'EUR',"
            "'placed_at':1764547200000000}}]");
  for (unsigned i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      g_assert_cmpuint (count_ops (self, LS_CHANGE_SET, parts[i]), ==, 0);
      g_assert_cmpuint (count_ops (self, LS_CHANGE_DEL, parts[i]), ==, 1);
      g_assert_cmpuint (count_ops (self, LS_CHANGE_PUT, parts[i]), ==, 1);
    }
  assert_number (self, LS_ORDERS, "o1", "day", 20423);
  assert_number (self, LS_ORDER_ITEMS, "i1", "day", 20423);
  assert_number (self, LS_PAYMENTS, "p1", "day", 20423);
  assert_number (self, LS_REFUNDS, "r1", "day", 20423);
  assert_sound (self);
  ls_test_shop_check_log (self);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/derive/order", test_order);
  g_test_add_func ("/derive/currencies", test_currencies);
  g_test_add_func ("/derive/day", test_day);
  g_test_add_func ("/derive/parts-day", test_parts_day);
  g_test_add_func ("/derive/low-stock", test_low_stock);
  g_test_add_func ("/derive/late-targets", test_late_targets);
  g_test_add_func ("/derive/made-again", test_made_again);
  g_test_add_func ("/derive/put-over", test_put_over);
  g_test_add_func ("/derive/overflow", test_overflow);
  g_test_add_func ("/derive/check-and-repair", test_check_and_repair);
  g_test_add_func ("/derive/check-rot", test_check_rot);
  g_test_add_func ("/derive/random", test_random);

  return g_test_run ();
}
