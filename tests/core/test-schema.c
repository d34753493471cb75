/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "core/ls-error.h"
#include "core/ls-record.h"
#include "core/ls-schema.h"
#include "core/ls-transition.h"
#include "core/ls-view.h"

static void
check_field (const LsCollection *collection,
             const LsField      *field)
{
  g_test_message ("%s.%s", collection->name, field->name);
  g_assert_nonnull (field->title);
  g_assert_cmpuint (field->since, >=, 1);
  g_assert_cmpuint (field->since, <=, LS_SCHEMA_VERSION);
  g_assert_cmpint (field->max, >, field->min);
  g_assert_cmpint (field->type == LS_TYPE_ENUM, ==, field->values != NULL);
  if (field->reference != NULL)
    g_assert_nonnull (ls_schema_find_collection (field->reference));
  if (field->flags & LS_FIELD_SEARCHED)
    g_assert_cmpint (field->type, ==, LS_TYPE_TEXT);
  for (unsigned i = 0; field->name[i] != '\0'; i++)
    g_assert_true (g_ascii_islower (field->name[i]) || field->name[i] == '_');
  /* A field that is computed can't be asked for. */
  if (field->flags & LS_FIELD_DERIVED)
    g_assert_false (field->flags & (LS_FIELD_REQUIRED | LS_FIELD_IMMUTABLE));
}

static void
test_tables (void)
{
  for (int id = 0; id < LS_N_COLLECTIONS; id++)
    {
      const LsCollection *collection = ls_schema_collection (id);

      g_assert_cmpint ((int) collection->id, ==, id);
      g_assert_true (ls_schema_find_collection (collection->name) == collection);
      g_assert_cmpuint (collection->n_fields, <=, LS_COLLECTION_MAX_FIELDS);
      for (unsigned i = 0; i < collection->n_fields; i++)
        {
          check_field (collection, &collection->fields[i]);
          g_assert_cmpint (ls_collection_find_field (collection, collection->fields[i].name), ==, (int) i);
        }
      if (collection->name_field >= 0)
        g_assert_cmpint (collection->fields[collection->name_field].type, <=, LS_TYPE_ENUM);
      if (collection->day_field >= 0)
        g_assert_cmpint (collection->fields[collection->day_field].type, ==, LS_TYPE_DAY);
      if (collection->currency_field >= 0)
        g_assert_cmpint (collection->fields[collection->currency_field].type, ==, LS_TYPE_CURRENCY);
    }
  g_assert_null (ls_schema_find_collection ("nothing"));
  g_assert_cmpint (ls_collection_find_field (ls_schema_collection (LS_ORDERS), "nothing"), ==, -1);
}

static const struct {
  const char *collection;
  const char *field;
  LsValueKind kind;
  int64_t integer;
  const char *text;
  bool valid;
} values[] = {
  { "products", "name", LS_VALUE_TEXT, 0, "Night drive", true },
  { "products", "name", LS_VALUE_NULL, 0, NULL, false },
  { "products", "name", LS_VALUE_INTEGER, 5, NULL, false },
  { "products", "name", LS_VALUE_TEXT, 0, "line\nand\ttab", true },
  { "products", "name", LS_VALUE_TEXT, 0, "bell\a", false },
  { "products", "name", LS_VALUE_TEXT, 0, "delete\x7f", false },
  { "products", "name", LS_VALUE_TEXT, 0, "c1 \xc2\x85", false },
  { "products", "name", LS_VALUE_TEXT, 0, "nbsp \xc2\xa0", true },
  { "products", "name", LS_VALUE_TEXT, 0, "\xff", false },
  { "products", "name", LS_VALUE_TEXT, 0, "\xed\xa0\x80", false },
  { "products", "sku", LS_VALUE_NULL, 0, NULL, true },
  { "products", "price", LS_VALUE_INTEGER, 0, NULL, true },
  { "products", "price", LS_VALUE_INTEGER, -1, NULL, true }, /* a rule of the server's, not of the schema */
  { "products", "price", LS_VALUE_INTEGER, INT64_C (10000000000000), NULL, true },
  { "products", "price", LS_VALUE_INTEGER, INT64_C (10000000000001), NULL, false },
  { "products", "price", LS_VALUE_TEXT, 0, "12", false },
  { "products", "stock", LS_VALUE_INTEGER, -1000000001, NULL, false },
  { "products", "downloadable", LS_VALUE_INTEGER, 1, NULL, true },
  { "products", "downloadable", LS_VALUE_INTEGER, 2, NULL, false },
  { "products", "status", LS_VALUE_TEXT, 0, "unheard-of", true },
  { "orders", "currency", LS_VALUE_TEXT, 0, "EUR", true },
  { "orders", "currency", LS_VALUE_TEXT, 0, "eur", false },
  { "orders", "currency", LS_VALUE_TEXT, 0, "EURO", false },
  { "orders", "customer", LS_VALUE_TEXT, 0, "chinook:12", true },
  { "orders", "customer", LS_VALUE_TEXT, 0, "", false },
  { "orders", "placed_at", LS_VALUE_INTEGER, -1, NULL, false },
};

static void
test_values (void)
{
  for (size_t i = 0; i < G_N_ELEMENTS (values); i++)
    {
      const LsCollection *collection = ls_schema_find_collection (values[i].collection);
      unsigned field = (unsigned) ls_collection_field (collection, values[i].field);
      g_auto (LsValue) value = LS_VALUE_INIT;
      g_autoptr (GError) error = NULL;

      g_test_message ("%zu %s.%s", i, values[i].collection, values[i].field);
      if (values[i].kind == LS_VALUE_INTEGER)
        value = ls_value_integer (values[i].integer);
      else if (values[i].kind == LS_VALUE_TEXT)
        value = ls_value_text (values[i].text);
      g_assert_cmpint (ls_field_check_value (&collection->fields[field], &value, &error), ==, values[i].valid);
      if (values[i].valid)
        g_assert_no_error (error);
      else
        g_assert_error (error, LS_ERROR, LS_ERROR_VALIDATION);
    }
}

static void
test_long_text (void)
{
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);
  const LsField *name = &products->fields[ls_collection_field (products, "name")];
  g_autofree char *fits = g_strnfill ((gsize) name->max, 'x');
  g_autofree char *over = g_strnfill ((gsize) name->max + 1, 'x');
  g_auto (LsValue) fitting = ls_value_text (fits);
  g_auto (LsValue) too_long = ls_value_text (over);

  g_assert_true (ls_field_check_value (name, &fitting, NULL));
  g_assert_false (ls_field_check_value (name, &too_long, NULL));
}

static void
test_keys (void)
{
  g_autofree char *longest = g_strnfill (LS_KEY_MAX_BYTES, 'k');
  g_autofree char *too_long = g_strnfill (LS_KEY_MAX_BYTES + 1, 'k');

  g_assert_true (ls_key_is_valid ("a"));
  g_assert_true (ls_key_is_valid ("woo:44"));
  g_assert_true (ls_key_is_valid ("ключ"));
  g_assert_true (ls_key_is_valid (longest));
  g_assert_false (ls_key_is_valid (too_long));
  g_assert_false (ls_key_is_valid (""));
  g_assert_false (ls_key_is_valid (" a"));
  g_assert_false (ls_key_is_valid ("a "));
  g_assert_false (ls_key_is_valid ("a\nb"));
  g_assert_false (ls_key_is_valid ("a\xff"));
}

static void
test_views (void)
{
  const LsView *viewer = ls_view_get (LS_ROLE_VIEWER, LS_SCHEMA_VERSION);
  const LsView *staff = ls_view_get (LS_ROLE_STAFF, LS_SCHEMA_VERSION);
  const LsView *owner = ls_view_full ();
  const LsCollection *customers = ls_schema_collection (LS_CUSTOMERS);
  uint64_t email = UINT64_C (1) << ls_collection_field (customers, "email");
  uint64_t name = UINT64_C (1) << ls_collection_field (customers, "name");

  g_assert_true (viewer == staff);
  g_assert_true (ls_view_get (LS_ROLE_ADMIN, 999) == owner);
  g_assert_true (viewer != owner);
  g_assert_cmpuint (ls_view_get_total_hash (viewer), !=, ls_view_get_total_hash (owner));
  g_assert_false (ls_view_get_fields (viewer, customers) & email);
  g_assert_true (ls_view_get_fields (viewer, customers) & name);
  g_assert_true (ls_view_get_fields (owner, customers) & email);
  g_assert_cmpuint (ls_view_get_hash (viewer, customers), !=, ls_view_get_hash (owner, customers));
  /* Nothing sensitive there, hence the same. */
  g_assert_cmpuint (ls_view_get_hash (viewer, ls_schema_collection (LS_FAVORITES)), ==,
                    ls_view_get_hash (owner, ls_schema_collection (LS_FAVORITES)));
}

static void
test_roles (void)
{
  LsRole role = LS_ROLE_ADMIN;

  g_assert_false (ls_role_from_name ("king", &role));
  g_assert_cmpint (role, ==, LS_ROLE_ADMIN);
  g_assert_true (ls_role_from_name ("viewer", &role));
  g_assert_cmpint (role, ==, LS_ROLE_VIEWER);
  g_assert_false (ls_role_can_write (LS_ROLE_VIEWER, ls_schema_collection (LS_PRODUCTS)));
  g_assert_true (ls_role_can_write (LS_ROLE_STAFF, ls_schema_collection (LS_PRODUCTS)));
  g_assert_false (ls_role_can_write (LS_ROLE_STAFF, ls_schema_collection (LS_SHOPS)));
  g_assert_false (ls_role_can_write (LS_ROLE_OWNER, ls_schema_collection (LS_DAILY_SALES)));
}

static void
test_errors (void)
{
  for (int code = 0; code < LS_N_ERRORS; code++)
    {
      const LsErrorInfo *info = ls_error_info (code);
      LsErrorCode found = LS_ERROR_NETWORK;

      g_assert_nonnull (info->name);
      g_assert_nonnull (info->words);
      g_assert_true (ls_error_from_name (info->name, &found));
      g_assert_cmpint ((int) found, ==, code);
    }
}

/* Every known status has its row, leads only to known ones, and the table says what it says. */
static void
test_transitions (void)
{
  static const LsCollectionId governed[] = { LS_ORDERS, LS_RESERVATIONS };
  const LsCollection *orders = ls_schema_collection (LS_ORDERS);
  unsigned status = (unsigned) ls_collection_field (orders, "status");

  for (size_t i = 0; i < G_N_ELEMENTS (governed); i++)
    {
      const LsCollection *collection = ls_schema_collection (governed[i]);
      unsigned field = (unsigned) ls_collection_field (collection, "status");

      g_assert_true (ls_transition_is_governed (collection, field));
      for (unsigned j = 0; collection->fields[field].values[j] != NULL; j++)
        {
          const char *from = collection->fields[field].values[j];
          const char *const *targets = ls_transition_get_targets (collection, field, from);

          g_test_message ("%s %s", collection->name, from);
          g_assert_nonnull (targets);
          for (unsigned k = 0; targets[k] != NULL; k++)
            g_assert_true (ls_field_knows_value (&collection->fields[field], targets[k]));
        }
    }
  g_assert_true (ls_transition_is_allowed (orders, status, "paid", "shipped"));
  g_assert_true (ls_transition_is_allowed (orders, status, "paid", "paid"));
  g_assert_true (ls_transition_is_allowed (orders, status, NULL, "shipped"));
  g_assert_true (ls_transition_is_allowed (orders, status, "teleported", "shipped"));
  g_assert_false (ls_transition_is_allowed (orders, status, "refunded", "paid"));
  g_assert_false (ls_transition_is_allowed (orders, status, "pending", "shipped"));
  g_assert_false (ls_transition_is_governed (orders, 0));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/schema/tables", test_tables);
  g_test_add_func ("/schema/values", test_values);
  g_test_add_func ("/schema/long-text", test_long_text);
  g_test_add_func ("/schema/keys", test_keys);
  g_test_add_func ("/schema/views", test_views);
  g_test_add_func ("/schema/roles", test_roles);
  g_test_add_func ("/schema/transitions", test_transitions);
  g_test_add_func ("/schema/errors", test_errors);
  return g_test_run ();
}
