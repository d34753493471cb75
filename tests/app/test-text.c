/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <locale.h>
#include <string.h>

#include "app/text/ls-activity-words.h"
#include "app/text/ls-collation-icu.h"
#include "app/text/ls-connection-words.h"
#include "app/text/ls-edit-words.h"
#include "app/text/ls-error-words.h"
#include "app/text/ls-format.h"
#include "app/text/ls-link.h"
#include "core/ls-error.h"

static const struct {
  int64_t minor;
  const char *currency;
  const char *shown;
} amounts[] = {
  { 1205, "EUR", "€12.05" },
  { -1205, "EUR", "-€12.05" },
  { 123456789, "USD", "$1,234,567.89" },
  { 1200, "JPY", "¥1,200" },
  { 1234, "KWD", "KWD 1.234" },
  { 0, "EUR", "€0.00" },
  { INT64_C (9007199254740991), "EUR", "€90,071,992,547,409.91" },
};

/* What is shown can be typed back. */
static void
test_money (void)
{
  for (size_t i = 0; i < G_N_ELEMENTS (amounts); i++)
    {
      g_autofree char *shown = ls_format_money (amounts[i].minor, amounts[i].currency);
      int64_t minor = 0;
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", shown);
      g_assert_true (ls_format_parse_money (shown, amounts[i].currency, &minor, &error));
      g_assert_no_error (error);
      g_assert_cmpint (minor, ==, amounts[i].minor);
    }
  for (size_t i = 0; i < 4; i++)
    {
      g_autofree char *shown = ls_format_money (amounts[i].minor, amounts[i].currency);

      g_assert_cmpstr (shown, ==, amounts[i].shown);
    }
}

static const struct {
  const char *typed;
  bool valid;
  int64_t minor;
} typed_amounts[] = {
  { "12.5", true, 1250 },     { " 1,234.50 € ", true, 123450 }, { "EUR 3", true, 300 },
  { "−2", true, -200 },       { "١٢", true, 1200 },             { "1.234", false, 0 },
  { "twelve", false, 0 },     { "", false, 0 },                 { "1.2.3", false, 0 },
  { "12 USD", false, 0 },
};

static void
test_typed_money (void)
{
  for (size_t i = 0; i < G_N_ELEMENTS (typed_amounts); i++)
    {
      int64_t minor = -7;
      g_autoptr (GError) error = NULL;
      bool valid = ls_format_parse_money (typed_amounts[i].typed, "EUR", &minor, &error);

      g_test_message ("“%s”", typed_amounts[i].typed);
      g_assert_cmpint (valid, ==, typed_amounts[i].valid);
      g_assert_cmpint (minor, ==, valid ? typed_amounts[i].minor : -7);
      if (!valid)
        g_assert_error (error, LS_ERROR, LS_ERROR_VALIDATION);
    }
}

static void
test_numbers (void)
{
  int64_t number = 0;
  g_autofree char *text = ls_format_number (-1234567);
  g_autofree char *percent = ls_format_percent (1, 8);

  g_assert_cmpstr (text, ==, "-1,234,567");
  g_assert_nonnull (strchr (percent, '%'));
  g_assert_true (ls_format_parse_number (text, &number, NULL));
  g_assert_cmpint (number, ==, -1234567);
  g_assert_false (ls_format_parse_number ("1.5", &number, NULL));
  g_assert_false (ls_format_parse_number ("9007199254740992", &number, NULL));
  g_assert_false (ls_format_parse_number ("", &number, NULL));
  g_assert_cmpint (number, ==, -1234567);
}

/* Every value of every enum of the schema has words of its own; a value of a newer server is shown as it is. */
static void
test_enums (void)
{
  for (int id = 0; id < LS_N_COLLECTIONS; id++)
    {
      const LsCollection *collection = ls_schema_collection (id);

      for (unsigned i = 0; i < collection->n_fields; i++)
        for (unsigned j = 0; collection->fields[i].values != NULL && collection->fields[i].values[j] != NULL; j++)
          {
            const char *value = collection->fields[i].values[j];

            g_test_message ("%s %s", collection->name, value);
            g_assert_cmpstr (ls_format_enum_label (&collection->fields[i], value), !=, value);
          }
    }
  g_assert_cmpstr (ls_format_enum_label (&ls_schema_collection (LS_ORDERS)->fields[4], "teleported"), ==,
                   "teleported");
}

static const struct {
  const char *uri;
  bool valid;
  const char *shop;
  const char *page;
  const char *key;
} links[] = {
  { "lockstep:beats/orders/woo:7", true, "beats", "orders", "woo:7" },
  { "lockstep://beats/orders", true, "beats", "orders", NULL },
  { "lockstep:beats", true, "beats", NULL, NULL },
  { "lockstep:", true, NULL, NULL, NULL },
  { "lockstep:beats/orders/a%20b", true, "beats", "orders", "a b" },
  { "lockstep:beats/downloads/file:woo:7%2F1", true, "beats", "downloads", "file:woo:7/1" },
  { "lockstep:beats/downloads/file:woo:7/1", true, "beats", "downloads", "file:woo:7/1" },
  { "lockstep:beats/orders/%00", false, NULL, NULL, NULL },
  { "lockstep:beats/orders/%ff", false, NULL, NULL, NULL },
  { "lockstep:be%0aats", false, NULL, NULL, NULL },
  { "https://example.org/", false, NULL, NULL, NULL },
  { "", false, NULL, NULL, NULL },
};

static void
test_links (void)
{
  for (size_t i = 0; i < G_N_ELEMENTS (links); i++)
    {
      g_auto (LsLink) link = { NULL };
      g_autoptr (GError) error = NULL;
      bool valid = ls_link_parse (links[i].uri, &link, &error);

      g_test_message ("%s", links[i].uri);
      g_assert_cmpint (valid, ==, links[i].valid);
      g_assert_cmpstr (link.shop, ==, links[i].shop);
      g_assert_cmpstr (link.page, ==, links[i].page);
      g_assert_cmpstr (link.key, ==, links[i].key);
      if (!valid)
        g_assert_error (error, LS_ERROR, LS_ERROR_VALIDATION);
    }
}

static void
test_link_round_trip (void)
{
  g_autofree char *uri = ls_link_build ("beats", "orders", "ключ/7%");
  g_auto (LsLink) link = { NULL };

  g_assert_true (ls_link_parse (uri, &link, NULL));
  g_assert_cmpstr (link.key, ==, "ключ/7%");
}

/* The words are there in every state, and say what an admin must know. */
static void
test_connection (void)
{
  int64_t now = INT64_C (1790000000000000);

  for (int state = LS_CONNECTION_OFFLINE; state <= LS_CONNECTION_TOO_OLD; state++)
    {
      LsConnectionStatus status = {
        .state = state,
        .since = now - 60 * G_USEC_PER_SEC,
        .next_attempt = now + 8 * G_USEC_PER_SEC,
        .round_trip = 38000,
        .verified_version = 1204,
        .verified_at = now - 3 * G_USEC_PER_SEC,
      };
      g_auto (LsConnectionWords) words = { NULL };

      ls_connection_words_init (&words, &status, now, 3);
      g_assert_cmpstr (words.label, !=, "");
      g_assert_nonnull (words.icon_name);
      g_assert_nonnull (words.style_class);
      if (state == LS_CONNECTION_LIVE)
        {
          g_assert_cmpstr (words.title, ==, "Live, 38 ms, verified at version 1,204, 3 seconds ago");
          g_assert_cmpstr (words.style_class, ==, "success");
          g_assert_null (words.retry);
        }
      else
        g_assert_cmpstr (words.retry, ==, "Next try in 8 seconds");
      if (state == LS_CONNECTION_OFFLINE)
        g_assert_nonnull (strstr (words.meaning, "3 changes wait."));
    }
}

/* What an admin reads while the connection is not what it could be. */
static void
test_limited (void)
{
  static const struct {
    LsConnectionState state;
    LsHealth health;
    LsTransportKind kind;
    int64_t interval;
    const char *label;
    const char *title;
    const char *style_class;
  } cases[] = {
    { LS_CONNECTION_LIVE, LS_HEALTH_FAIR, LS_TRANSPORT_LIVE, 0, "Live", "Live, 38 ms", "success" },
    { LS_CONNECTION_LIMITED, LS_HEALTH_POOR, LS_TRANSPORT_LIVE, 0, "Limited", "Connection trouble",
      "warning" },
    { LS_CONNECTION_LIMITED, LS_HEALTH_GOOD, LS_TRANSPORT_LONG_POLL, 0, "Polling",
      "Updates as they come, by long polling", "warning" },
    { LS_CONNECTION_LIMITED, LS_HEALTH_FAIR, LS_TRANSPORT_POLL, 2000000, "Polling",
      "Updates every 2 seconds by polling", "warning" },
    { LS_CONNECTION_LIMITED, LS_HEALTH_GOOD, LS_TRANSPORT_POLL, 200000, "Polling",
      "Updates every second by polling", "warning" },
    { LS_CONNECTION_LIMITED, LS_HEALTH_POOR, LS_TRANSPORT_POLL, 2000000, "Limited",
      "Connection trouble", "warning" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      LsConnectionStatus status = {
        .state = cases[i].state,
        .health = cases[i].health,
        .kind = cases[i].kind,
        .interval = cases[i].interval,
        .round_trip = 38000,
        .verified_version = -1,
      };
      g_auto (LsConnectionWords) words = { NULL };

      ls_connection_words_init (&words, &status, INT64_C (1790000000000000), 0);
      g_assert_cmpstr (words.label, ==, cases[i].label);
      g_assert_cmpstr (words.title, ==, cases[i].title);
      g_assert_cmpstr (words.style_class, ==, cases[i].style_class);
      g_assert_null (words.retry);
    }
}

static void
test_edits (void)
{
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);
  g_autoptr (GPtrArray) changes = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
  LsChange *change = ls_change_new (LS_CHANGE_SET, products, "p");
  LsEdit edit = { .state = LS_EDIT_DEAD, .changes = changes, .message = (char *) "the price is below zero",
                  .code = (char *) "validation" };
  g_autofree char *rejected = NULL;
  g_autofree char *conflict = NULL;
  g_autofree char *known = NULL;
  g_autofree char *newer = NULL;
  g_autofree char *named = NULL;
  g_autoptr (LsRecord) record = ls_record_new (products, "p");
  static const char *const below_zero[] = { "below-zero", "products.price", NULL };
  static const char *const unknown[] = { "too-blue", "products.price", NULL };
  static const char *const changed[] = { "changed", "products.price", "products", "p", NULL };

  ls_change_take_set (change, (unsigned) ls_collection_field (products, "price"), ls_value_integer (-1));
  g_ptr_array_add (changes, change);
  rejected = ls_edit_words_failure (&edit, NULL);
  g_assert_cmpstr (rejected, ==, "Products: Price was put back. The price is below zero.");
  /* A reason that is known here is said in the admin's words, whatever the server's message. */
  edit.reason = (char **) below_zero;
  edit.path = (char *) "products/p/price";
  known = ls_edit_words_failure (&edit, NULL);
  g_assert_cmpstr (known, ==, "Products: Price was put back. Price can't be below zero.");
  edit.reason = (char **) unknown;
  newer = ls_edit_words_failure (&edit, NULL);
  g_assert_cmpstr (newer, ==, rejected);
  edit.reason = (char **) changed;
  edit.code = (char *) "conflict";
  conflict = ls_edit_words_failure (&edit, NULL);
  g_assert_cmpstr (conflict, ==, "Products: Price was put back. Somebody else changed this first.");
  /* By the name of its row, where that is at hand. */
  ls_record_set_text (record, (unsigned) products->name_field, "Low Tide");
  named = ls_edit_words_failure (&edit, record);
  g_assert_cmpstr (named, ==, "Low Tide: Price was put back. Somebody else changed this first.");
}

static void
test_additions (void)
{
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);
  unsigned stock = (unsigned) ls_collection_field (products, "stock");
  static const struct {
    int64_t number;
    const char *words;
  } cases[] = {
    { 3, "p: Stock + 3" },
    { 0, "p: Stock + 0" },
    { -3, "p: Stock − 3" },
    { -1200, "p: Stock − 1,200" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GPtrArray) changes = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
      LsChange *change = ls_change_new (LS_CHANGE_ADD, products, "p");
      LsEdit edit = { .state = LS_EDIT_QUEUED, .changes = changes };
      g_autofree char *title = NULL;

      ls_change_take_set (change, stock, ls_value_integer (cases[i].number));
      g_ptr_array_add (changes, change);
      title = ls_edit_words_title (&edit, NULL, NULL, NULL);
      g_assert_cmpstr (title, ==, cases[i].words);
    }
}

/* What is typed into a field of money is spoken of as money. */
static void
test_errors (void)
{
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);
  const LsField *price = &products->fields[ls_collection_field (products, "price")];
  const LsField *stock = &products->fields[ls_collection_field (products, "stock")];
  g_autoptr (GError) range = NULL;
  g_autoptr (GError) plain = g_error_new (LS_ERROR, LS_ERROR_STORAGE, "SQLite: disk I/O error");
  g_autoptr (GError) file = g_error_new (G_FILE_ERROR, G_FILE_ERROR_NOSPC, "full");
  static const char *const status[] = { "order-status", "orders.status.paid", "robots.mood.blue", NULL };
  g_autofree char *money = NULL, *number = NULL, *class_words = NULL, *file_words = NULL, *step = NULL;

  ls_reason_set_error (&range, LS_REASON_RANGE, INT64_C (123456), INT64_C (0), INT64_C (100000));
  money = ls_error_words_value (range, price, "EUR");
  number = ls_error_words_value (range, stock, "EUR");
  class_words = ls_error_words (plain);
  file_words = ls_error_words (file);
  step = ls_error_words_reason (status, NULL, NULL);
  g_assert_cmpstr (money, ==, "€1,234.56 is not between €0.00 and €1,000.00.");
  g_assert_cmpstr (number, ==, "123,456 is not between 0 and 100,000.");
  g_assert_cmpstr (class_words, ==, "Data could not be written or read on the disk.");
  g_assert_cmpstr (file_words, ==, class_words);
  g_assert_cmpstr (step, ==, "An order that is Paid can't become robots.mood.blue.");
}

static void
test_activity (void)
{
  const LsCollection *activity = ls_schema_collection (LS_ACTIVITY);
  g_autoptr (LsRecord) record = ls_record_new (activity, "a");
  g_autofree char *known = NULL;
  g_autofree char *unknown = NULL;

  ls_record_set_text (record, (unsigned) ls_collection_field (activity, "kind"), "order.placed");
  known = ls_activity_words (record);
  g_assert_cmpstr (known, ==, "New order");
  ls_record_set_text (record, (unsigned) ls_collection_field (activity, "kind"), "service.created");
  ls_record_set_text (record, (unsigned) ls_collection_field (activity, "collection"), "services");
  unknown = ls_activity_words (record);
  g_assert_cmpstr (unknown, ==, "Services: added");
}

static int
order_of (const LsCollation *collation,
          const char        *a,
          const char        *b)
{
  return collation->compare (a, strlen (a), b, strlen (b), collation->user_data);
}

/* A total order whose prefixes never contradict it. */
static void
test_collation (void)
{
  static const char *const words[] = { "", "a", "A", "ä", "b", "Z", "zebra", "Zebra", "10", "9", "é", "e\xcc\x81", "日本" };
  const LsCollation *collation = ls_collation_icu_get ();

  for (size_t i = 0; i < G_N_ELEMENTS (words); i++)
    for (size_t j = 0; j < G_N_ELEMENTS (words); j++)
      {
        int order = order_of (collation, words[i], words[j]);
        uint64_t x = collation->prefix (words[i], strlen (words[i]), collation->user_data);
        uint64_t y = collation->prefix (words[j], strlen (words[j]), collation->user_data);

        g_assert_cmpint (order == 0, ==, strcmp (words[i], words[j]) == 0);
        g_assert_cmpint ((order > 0) - (order < 0), ==,
                         -((order_of (collation, words[j], words[i]) > 0) - (order_of (collation, words[j], words[i]) < 0)));
        if (order < 0)
          g_assert_cmpuint (x, <=, y);
      }
  g_assert_cmpint (order_of (collation, "ä", "b"), <, 0);
}

int
main (int   argc,
      char *argv[])
{
  setlocale (LC_ALL, "");
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/text/money", test_money);
  g_test_add_func ("/text/typed-money", test_typed_money);
  g_test_add_func ("/text/numbers", test_numbers);
  g_test_add_func ("/text/enums", test_enums);
  g_test_add_func ("/text/links", test_links);
  g_test_add_func ("/text/link-round-trip", test_link_round_trip);
  g_test_add_func ("/text/connection", test_connection);
  g_test_add_func ("/text/limited", test_limited);
  g_test_add_func ("/text/edits", test_edits);
  g_test_add_func ("/text/additions", test_additions);
  g_test_add_func ("/text/errors", test_errors);
  g_test_add_func ("/text/activity", test_activity);
  g_test_add_func ("/text/collation", test_collation);
  return g_test_run ();
}
