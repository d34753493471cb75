/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-schema"

#include "config.h"

#include "core/ls-schema-tables.h"

/*
 * The one description of every collection. Validation, SQL, wire, digests, table columns, CSV and
 * forms read it; a new field is one row here, with the schema version that brings it in `since`.
 * What the derived fields mean is written in docs/measures.md.
 *
 * Fields are never reordered within a released schema version: views are masks of their indices,
 * and view hashes name them.
 */

#define N_(string) (string)

/* |x| < 2^53: what every peer can hold exactly. */
#define INTEGER_MAX INT64_C (9007199254740991)
/* 10^13 minor units: a hundred billion in a currency of two digits; a hundred of them still add up
 * far below 2^53. */
#define MONEY_MAX INT64_C (10000000000000)
/* The years 1970 to 2199 in µs and in days. */
#define TIME_MAX INT64_C (7258118400000000)
#define DAY_MAX 84005

#define REQUIRED LS_FIELD_REQUIRED
#define DERIVED LS_FIELD_DERIVED
#define SENSITIVE LS_FIELD_SENSITIVE
#define IMMUTABLE LS_FIELD_IMMUTABLE
#define INDEXED LS_FIELD_INDEXED
#define SEARCHED LS_FIELD_SEARCHED
#define REFERRER LS_FIELD_REFERRER

#define TEXT(n, t, bytes, f) { .name = n, .title = t, .type = LS_TYPE_TEXT, .flags = (f), .max = (bytes), .since = 1 }
#define KEY(n, t, ref, f) { .name = n, .title = t, .type = LS_TYPE_KEY, .flags = (f), .max = LS_KEY_MAX_BYTES, .reference = ref, .since = 1 }
#define ENUM(n, t, vs, f) { .name = n, .title = t, .type = LS_TYPE_ENUM, .flags = (f), .max = LS_KEY_MAX_BYTES, .values = vs, .since = 1 }
#define INTEGER(n, t, lo, hi, f) { .name = n, .title = t, .type = LS_TYPE_INTEGER, .flags = (f), .min = (lo), .max = (hi), .since = 1 }
#define MONEY(n, t, f) { .name = n, .title = t, .type = LS_TYPE_MONEY, .flags = (f), .min = -MONEY_MAX, .max = MONEY_MAX, .since = 1 }
#define TIME(n, t, f) { .name = n, .title = t, .type = LS_TYPE_TIME, .flags = (f), .max = TIME_MAX, .since = 1 }
#define DAY(n, t, f) { .name = n, .title = t, .type = LS_TYPE_DAY, .flags = (f), .max = DAY_MAX, .since = 1 }
#define BOOL(n, t, f) { .name = n, .title = t, .type = LS_TYPE_BOOL, .flags = (f), .max = 1, .since = 1 }
#define CURRENCY(n, t, f) { .name = n, .title = t, .type = LS_TYPE_CURRENCY, .flags = (f), .max = 3, .since = 1 }

static const char *const product_statuses[] = { "draft", "active", "archived", NULL };
static const char *const product_kinds[] = {
  "beat", "pack", "licence", "service", "physical", "download", "bundle", NULL,
};
static const char *const order_statuses[] = {
  "pending", "paid", "processing", "shipped", "completed", "on-hold", "cancelled", "refunded", "failed", NULL,
};
static const char *const payment_statuses[] = { "pending", "captured", "failed", "refunded", NULL };
static const char *const licence_kinds[] = { "mp3", "wav", "stems", "unlimited", "exclusive", NULL };
static const char *const reservation_statuses[] = {
  "requested", "confirmed", "completed", "cancelled", "no-show", NULL,
};
static const char *const subscription_statuses[] = { "trial", "active", "past-due", "cancelled", NULL };
static const char *const subscription_periods[] = { "month", "year", NULL };

static const LsField shop_fields[] = {
  TEXT ("name", N_("Name"), 200, REQUIRED),
  CURRENCY ("currency", N_("Currency"), REQUIRED | IMMUTABLE),
  TEXT ("time_zone", N_("Time zone"), 64, REQUIRED),
  TEXT ("colour", N_("Colour"), 16, 0),
  BOOL ("sample", N_("Sample"), REQUIRED | IMMUTABLE),
  TEXT ("address", N_("Address"), 1000, 0),
  TEXT ("email", N_("Email"), 254, 0),
  TEXT ("tax_number", N_("Tax number"), 64, SENSITIVE),
};

static const LsField product_fields[] = {
  TEXT ("name", N_("Name"), 400, REQUIRED | INDEXED | SEARCHED),
  TEXT ("sku", N_("SKU"), 100, INDEXED | SEARCHED),
  ENUM ("status", N_("Status"), product_statuses, REQUIRED | INDEXED),
  ENUM ("kind", N_("Kind"), product_kinds, INDEXED),
  TEXT ("category", N_("Category"), 400, INDEXED),
  TEXT ("description", N_("Description"), 65536, 0),
  MONEY ("price", N_("Price"), INDEXED),
  MONEY ("sale_price", N_("Sale price"), 0),
  INTEGER ("stock", N_("Stock"), -1000000000, 1000000000, INDEXED),
  INTEGER ("low_stock_at", N_("Low stock at"), 0, 1000000000, 0),
  TEXT ("image", N_("Image"), 2000, 0),
  TEXT ("tags", N_("Tags"), 2000, 0),
  TEXT ("tax_class", N_("Tax class"), 64, 0),
  BOOL ("downloadable", N_("Downloadable"), 0),
  TIME ("created_at", N_("Created"), INDEXED),
  INTEGER ("units_sold", N_("Units sold"), -INTEGER_MAX, INTEGER_MAX, DERIVED | INDEXED),
  MONEY ("revenue", N_("Revenue"), DERIVED | INDEXED),
  INTEGER ("variants", N_("Variants"), 0, INTEGER_MAX, DERIVED),
  INTEGER ("favorites", N_("Favorites"), 0, INTEGER_MAX, DERIVED | INDEXED),
  BOOL ("low_stock", N_("Low stock"), DERIVED | INDEXED),
};

static const LsField variant_fields[] = {
  KEY ("product", N_("Product"), "products", REQUIRED | IMMUTABLE | INDEXED | REFERRER),
  TEXT ("name", N_("Name"), 400, REQUIRED | SEARCHED),
  TEXT ("sku", N_("SKU"), 100, INDEXED | SEARCHED),
  MONEY ("price", N_("Price"), 0),
  MONEY ("sale_price", N_("Sale price"), 0),
  INTEGER ("stock", N_("Stock"), -1000000000, 1000000000, 0),
  INTEGER ("position", N_("Position"), 0, 1000000, 0),
  INTEGER ("units_sold", N_("Units sold"), -INTEGER_MAX, INTEGER_MAX, DERIVED),
  MONEY ("revenue", N_("Revenue"), DERIVED),
};

static const LsField category_fields[] = {
  TEXT ("name", N_("Name"), 400, REQUIRED | INDEXED | SEARCHED),
  KEY ("parent", N_("Parent"), "categories", 0),
  INTEGER ("position", N_("Position"), 0, 1000000, 0),
};

static const LsField image_fields[] = {
  KEY ("product", N_("Product"), "products", REQUIRED | IMMUTABLE | INDEXED | REFERRER),
  TEXT ("url", N_("Address"), 2000, 0),
  TEXT ("hash", N_("Hash"), 128, 0),
  TEXT ("alt", N_("Description"), 1000, 0),
  INTEGER ("width", N_("Width"), 0, 100000, 0),
  INTEGER ("height", N_("Height"), 0, 100000, 0),
  INTEGER ("position", N_("Position"), 0, 1000000, 0),
};

static const LsField customer_fields[] = {
  TEXT ("name", N_("Name"), 400, REQUIRED | INDEXED | SEARCHED),
  TEXT ("email", N_("Email"), 254, SENSITIVE | INDEXED | SEARCHED),
  TEXT ("phone", N_("Phone"), 64, SENSITIVE),
  TEXT ("company", N_("Company"), 200, SEARCHED),
  TEXT ("address", N_("Address"), 1000, SENSITIVE),
  TEXT ("city", N_("City"), 200, 0),
  TEXT ("postcode", N_("Postcode"), 32, SENSITIVE),
  TEXT ("country", N_("Country"), 64, INDEXED),
  TEXT ("locale", N_("Language"), 16, 0),
  TEXT ("note", N_("Note"), 10000, SENSITIVE),
  TIME ("created_at", N_("Customer since"), INDEXED),
  INTEGER ("orders", N_("Orders"), 0, INTEGER_MAX, DERIVED | INDEXED),
  MONEY ("spent", N_("Spent"), DERIVED | INDEXED),
  INTEGER ("downloads", N_("Downloads"), 0, INTEGER_MAX, DERIVED),
  INTEGER ("favorites", N_("Favorites"), 0, INTEGER_MAX, DERIVED),
};

static const LsField order_fields[] = {
  TEXT ("number", N_("Number"), 64, REQUIRED | IMMUTABLE | INDEXED | SEARCHED),
  KEY ("customer", N_("Customer"), "customers", IMMUTABLE | INDEXED | REFERRER),
  TEXT ("customer_name", N_("Customer"), 400, INDEXED | SEARCHED),
  TEXT ("email", N_("Email"), 254, SENSITIVE | SEARCHED),
  ENUM ("status", N_("Status"), order_statuses, REQUIRED | INDEXED),
  TEXT ("source", N_("Source"), 64, INDEXED),
  CURRENCY ("currency", N_("Currency"), REQUIRED | IMMUTABLE),
  TIME ("placed_at", N_("Placed"), REQUIRED | IMMUTABLE | INDEXED),
  TIME ("paid_at", N_("Paid"), 0),
  TEXT ("payment_method", N_("Payment"), 64, 0),
  MONEY ("shipping", N_("Shipping"), 0),
  MONEY ("tax", N_("Tax"), 0),
  TEXT ("country", N_("Country"), 64, INDEXED),
  TEXT ("ship_to", N_("Ship to"), 1000, SENSITIVE),
  TEXT ("carrier", N_("Carrier"), 64, 0),
  TEXT ("tracking", N_("Tracking"), 200, 0),
  TEXT ("coupon", N_("Coupon"), 64, 0),
  TEXT ("note", N_("Note"), 10000, 0),
  MONEY ("items_total", N_("Items"), DERIVED),
  MONEY ("discount", N_("Discount"), DERIVED),
  MONEY ("refunded", N_("Refunded"), DERIVED),
  MONEY ("total", N_("Total"), DERIVED | INDEXED),
  MONEY ("revenue", N_("Revenue"), DERIVED),
  INTEGER ("units", N_("Units"), 0, INTEGER_MAX, DERIVED),
  DAY ("day", N_("Day"), DERIVED | INDEXED),
};

static const LsField order_item_fields[] = {
  KEY ("order", N_("Order"), "orders", REQUIRED | IMMUTABLE | INDEXED | REFERRER),
  KEY ("product", N_("Product"), "products", IMMUTABLE | INDEXED | REFERRER),
  KEY ("variant", N_("Variant"), "variants", IMMUTABLE | REFERRER),
  TEXT ("name", N_("Name"), 400, REQUIRED),
  TEXT ("sku", N_("SKU"), 100, 0),
  INTEGER ("quantity", N_("Quantity"), 0, 1000000, REQUIRED),
  MONEY ("unit_price", N_("Unit price"), REQUIRED),
  MONEY ("discount", N_("Discount"), 0),
  MONEY ("tax", N_("Tax"), 0),
  MONEY ("total", N_("Total"), DERIVED),
  DAY ("day", N_("Day"), DERIVED),
};

static const LsField payment_fields[] = {
  KEY ("order", N_("Order"), "orders", REQUIRED | IMMUTABLE | INDEXED | REFERRER),
  TEXT ("method", N_("Method"), 64, REQUIRED),
  ENUM ("status", N_("Status"), payment_statuses, REQUIRED),
  MONEY ("amount", N_("Amount"), REQUIRED),
  CURRENCY ("currency", N_("Currency"), REQUIRED | IMMUTABLE),
  TIME ("at", N_("Time"), REQUIRED | IMMUTABLE | INDEXED),
  TEXT ("reference", N_("Reference"), 200, SENSITIVE),
  DAY ("day", N_("Day"), DERIVED),
};

static const LsField refund_fields[] = {
  KEY ("order", N_("Order"), "orders", REQUIRED | IMMUTABLE | INDEXED | REFERRER),
  KEY ("item", N_("Item"), "order_items", IMMUTABLE),
  INTEGER ("quantity", N_("Quantity"), 0, 1000000, 0),
  MONEY ("net", N_("Goods"), REQUIRED),
  MONEY ("tax", N_("Tax"), 0),
  MONEY ("shipping", N_("Shipping"), 0),
  TEXT ("reason", N_("Reason"), 1000, 0),
  TIME ("at", N_("Time"), REQUIRED | IMMUTABLE | INDEXED),
  MONEY ("amount", N_("Amount"), DERIVED),
  DAY ("day", N_("Day"), DERIVED),
};

static const LsField download_fields[] = {
  KEY ("product", N_("Product"), "products", REQUIRED | IMMUTABLE | INDEXED),
  KEY ("customer", N_("Customer"), "customers", IMMUTABLE | INDEXED | REFERRER),
  KEY ("order", N_("Order"), "orders", IMMUTABLE | INDEXED),
  TEXT ("file", N_("File"), 400, REQUIRED | SEARCHED),
  TEXT ("customer_name", N_("Customer"), 400, SEARCHED),
  INTEGER ("count", N_("Downloads"), 0, 1000000000, 0),
  INTEGER ("limit", N_("Limit"), 0, 1000000000, 0),
  TIME ("last_at", N_("Last download"), INDEXED),
  TIME ("expires_at", N_("Expires"), 0),
  BOOL ("revoked", N_("Revoked"), 0),
};

static const LsField licence_fields[] = {
  KEY ("order", N_("Order"), "orders", IMMUTABLE | INDEXED),
  KEY ("product", N_("Product"), "products", REQUIRED | IMMUTABLE | INDEXED),
  KEY ("customer", N_("Customer"), "customers", IMMUTABLE | INDEXED),
  ENUM ("kind", N_("Kind"), licence_kinds, REQUIRED),
  TEXT ("number", N_("Number"), 64, REQUIRED | IMMUTABLE | SEARCHED),
  TIME ("issued_at", N_("Issued"), REQUIRED | IMMUTABLE | INDEXED),
  BOOL ("revoked", N_("Revoked"), 0),
};

static const LsField service_fields[] = {
  TEXT ("name", N_("Name"), 400, REQUIRED | INDEXED | SEARCHED),
  TEXT ("description", N_("Description"), 65536, 0),
  MONEY ("price", N_("Price"), 0),
  INTEGER ("minutes", N_("Duration"), 1, 100000, 0),
  TEXT ("room", N_("Room"), 200, REFERRER),
  BOOL ("active", N_("Active"), REQUIRED),
};

static const LsField reservation_fields[] = {
  KEY ("service", N_("Service"), "services", REQUIRED | INDEXED),
  KEY ("customer", N_("Customer"), "customers", INDEXED),
  TEXT ("customer_name", N_("Customer"), 400, SEARCHED),
  TIME ("starts_at", N_("Starts"), REQUIRED | INDEXED | REFERRER),
  TIME ("ends_at", N_("Ends"), REQUIRED),
  ENUM ("status", N_("Status"), reservation_statuses, REQUIRED | INDEXED),
  MONEY ("price", N_("Price"), 0),
  BOOL ("paid", N_("Paid"), 0),
  TEXT ("note", N_("Note"), 10000, 0),
};

static const LsField favorite_fields[] = {
  KEY ("customer", N_("Customer"), "customers", REQUIRED | IMMUTABLE | INDEXED | REFERRER),
  KEY ("product", N_("Product"), "products", REQUIRED | IMMUTABLE | INDEXED | REFERRER),
  TIME ("at", N_("Time"), REQUIRED | IMMUTABLE | INDEXED),
};

static const LsField subscription_fields[] = {
  KEY ("customer", N_("Customer"), "customers", REQUIRED | IMMUTABLE | INDEXED),
  TEXT ("plan", N_("Plan"), 200, REQUIRED),
  ENUM ("status", N_("Status"), subscription_statuses, REQUIRED | INDEXED),
  MONEY ("amount", N_("Amount"), REQUIRED),
  ENUM ("period", N_("Period"), subscription_periods, REQUIRED),
  TIME ("started_at", N_("Started"), REQUIRED | IMMUTABLE | INDEXED),
  TIME ("renews_at", N_("Renews"), 0),
};

static const LsField activity_fields[] = {
  TIME ("at", N_("Time"), DERIVED | INDEXED),
  TEXT ("kind", N_("Kind"), 64, DERIVED | INDEXED),
  TEXT ("actor", N_("Person"), 200, DERIVED | INDEXED | SEARCHED),
  TEXT ("collection", N_("Collection"), 64, DERIVED),
  KEY ("record", N_("Record"), NULL, DERIVED | INDEXED),
  TEXT ("name", N_("Name"), 400, DERIVED | SEARCHED),
  TEXT ("fields", N_("Fields"), 1000, DERIVED),
  INTEGER ("changes", N_("Changes"), 0, INTEGER_MAX, DERIVED),
  DAY ("day", N_("Day"), DERIVED),
};

static const LsField daily_sales_fields[] = {
  DAY ("day", N_("Day"), DERIVED | INDEXED),
  CURRENCY ("currency", N_("Currency"), DERIVED),
  INTEGER ("orders", N_("Orders"), 0, INTEGER_MAX, DERIVED),
  INTEGER ("units", N_("Units"), -INTEGER_MAX, INTEGER_MAX, DERIVED),
  MONEY ("revenue", N_("Revenue"), DERIVED),
  MONEY ("tax", N_("Tax"), DERIVED),
  MONEY ("shipping", N_("Shipping"), DERIVED),
  MONEY ("refunded", N_("Refunded"), DERIVED),
  MONEY ("total", N_("Total"), DERIVED),
};

static const LsField stats_fields[] = {
  KEY ("customer", N_("Customer"), "customers", DERIVED | INDEXED),
  INTEGER ("favorites", N_("Favorites"), 0, INTEGER_MAX, DERIVED),
  INTEGER ("downloads", N_("Downloads"), 0, INTEGER_MAX, DERIVED),
  INTEGER ("orders", N_("Orders"), 0, INTEGER_MAX, DERIVED),
  MONEY ("spent", N_("Spent"), DERIVED),
  INTEGER ("recent_activity", N_("Recent activity"), 0, INTEGER_MAX, DERIVED),
  INTEGER ("quota_used", N_("Quota used"), 0, INTEGER_MAX, DERIVED),
  INTEGER ("quota_limit", N_("Quota"), 0, INTEGER_MAX, DERIVED),
  TIME ("calculated_at", N_("Calculated"), DERIVED),
};

static const LsField layout_fields[] = {
  TEXT ("name", N_("Name"), 200, REQUIRED),
  TEXT ("owner", N_("Owner"), 200, 0),
  BOOL ("shared", N_("Shared"), 0),
  TEXT ("body", N_("Layout"), 65536, REQUIRED),
};

static const LsField saved_view_fields[] = {
  TEXT ("name", N_("Name"), 200, REQUIRED),
  TEXT ("page", N_("Page"), 64, REQUIRED),
  TEXT ("owner", N_("Owner"), 200, 0),
  BOOL ("shared", N_("Shared"), 0),
  TEXT ("body", N_("View"), 65536, REQUIRED),
};

static const LsField note_fields[] = {
  TEXT ("collection", N_("Collection"), 64, REQUIRED | IMMUTABLE),
  KEY ("record", N_("Record"), NULL, REQUIRED | IMMUTABLE | INDEXED),
  TEXT ("body", N_("Note"), 10000, REQUIRED | SEARCHED),
  TEXT ("author", N_("Author"), 200, 0),
  TIME ("at", N_("Time"), INDEXED),
};

#define COLLECTION(i, n, t, f, table, name_f, day_f, currency_f) \
  [i] = { \
    .id = i, .name = n, .title = t, .flags = (f), .fields = table, .n_fields = G_N_ELEMENTS (table), \
    .name_field = name_f, .day_field = day_f, .currency_field = currency_f, \
  }

const LsCollection ls_schema_table[LS_N_COLLECTIONS] = {
  COLLECTION (LS_SHOPS, "shops", N_("Shops"), 0, shop_fields, 0, -1, 1),
  COLLECTION (LS_PRODUCTS, "products", N_("Products"), 0, product_fields, 0, -1, -1),
  COLLECTION (LS_VARIANTS, "variants", N_("Variants"), 0, variant_fields, 1, -1, -1),
  COLLECTION (LS_CATEGORIES, "categories", N_("Categories"), 0, category_fields, 0, -1, -1),
  COLLECTION (LS_IMAGES, "images", N_("Images"), 0, image_fields, 3, -1, -1),
  COLLECTION (LS_CUSTOMERS, "customers", N_("Customers"), 0, customer_fields, 0, -1, -1),
  COLLECTION (LS_ORDERS, "orders", N_("Orders"), 0, order_fields, 0, 24, 6),
  COLLECTION (LS_ORDER_ITEMS, "order_items", N_("Order items"), 0, order_item_fields, 3, 10, -1),
  COLLECTION (LS_PAYMENTS, "payments", N_("Payments"), 0, payment_fields, 1, 7, 4),
  COLLECTION (LS_REFUNDS, "refunds", N_("Refunds"), 0, refund_fields, 6, 9, -1),
  COLLECTION (LS_DOWNLOADS, "downloads", N_("Downloads"), 0, download_fields, 3, -1, -1),
  COLLECTION (LS_LICENCES, "licences", N_("Licences"), 0, licence_fields, 4, -1, -1),
  COLLECTION (LS_SERVICES, "services", N_("Services"), 0, service_fields, 0, -1, -1),
  COLLECTION (LS_RESERVATIONS, "reservations", N_("Reservations"), 0, reservation_fields, 2, -1, -1),
  COLLECTION (LS_FAVORITES, "favorites", N_("Favorites"), 0, favorite_fields, -1, -1, -1),
  COLLECTION (LS_SUBSCRIPTIONS, "subscriptions", N_("Subscriptions"), 0, subscription_fields, 1, -1, -1),
  COLLECTION (LS_ACTIVITY, "activity", N_("Activity"), LS_COLLECTION_DERIVED, activity_fields, 5, 8, -1),
  COLLECTION (LS_DAILY_SALES, "daily_sales", N_("Daily sales"), LS_COLLECTION_DERIVED, daily_sales_fields, -1, 0, 1),
  COLLECTION (LS_STATS, "stats", N_("Customer figures"), LS_COLLECTION_DERIVED, stats_fields, -1, -1, -1),
  COLLECTION (LS_LAYOUTS, "layouts", N_("Layouts"), 0, layout_fields, 0, -1, -1),
  COLLECTION (LS_SAVED_VIEWS, "saved_views", N_("Saved views"), 0, saved_view_fields, 0, -1, -1),
  COLLECTION (LS_NOTES, "notes", N_("Notes"), 0, note_fields, 2, -1, -1),
};
