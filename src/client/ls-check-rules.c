/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-check"

#include "config.h"

#include "client/ls-check-rules.h"

#include "client/ls-cache-sums.h"
#include "core/ls-schema.h"

/*
 * The one table of what has to be true of the rows of a shop, and what is done when it is not: heal
 * (compare with the server, fetch what differs), resync (fetch whole), or tell the admin. It is
 * carried out by the consistency checker.
 *
 * Numbers that can be had by two routes. The server derives them and stores them in rows; here they
 * are computed again from the rows that they follow from, by SQL over the cache, at one position.
 * What each number means is written in docs/measures.md. A rule is two queries for the same keys
 * and fields, in ascending order of key; what one has and the other lacks, or has otherwise, is a
 * finding.
 *
 * Rows with pending edits are never looked at: a rule whose collections have some waits until they
 * are confirmed, and so does one whose collections are not all held at the shop's position. Where only
 * some months are held, rules that go by order or by day look at these; the others, that need all that
 * ever was, are the server's alone to check.
 */

#define BIT(collection) (UINT32_C (1) << (collection))
#define MAX_FIELDS LS_SUMS_MAX_VALUES

/* What a key on one side alone means. A row of which nothing is computed must have zeros in any
 * case. */
typedef enum {
  CHECK_BOTH,          /* what is computed must be stored */
  CHECK_ROWS_MAY_LACK, /* what is computed for a row that is not there (yet) means nothing */
} CheckKeys;

typedef struct {
  const char *id;
  const char *words;
  LsSeverity severity;
  LsFindingResponse response;
  LsErrorActions actions;
  const char *const *sections;
  LsCollectionId collection; /* whose rows hold the stored numbers */
  uint32_t collections;      /* all that is read */
  uint32_t monthly;          /* of which the same months are enough */
  CheckKeys keys;
  const char *const *fields;
  const char *stored;
  const char *computed;
} Rule;

#define N_(string) (string)

/* Orders that count, see docs/measures.md. */
#define COUNTS "IN ('paid', 'processing', 'shipped', 'completed', 'refunded')"
#define OWN_CURRENCY "(SELECT currency FROM {shops} LIMIT 1)"
#define RESOLVE (LS_ERROR_ACTION_REFRESH | LS_ERROR_ACTION_REPORT)

/* Units and goods of items in orders that count, and what refunds that name an item give back. */
#define SOLD_BY(what) \
  "SELECT CAST(" what " AS TEXT) AS k, SUM(units), SUM(money) FROM (" \
  "SELECT i." what ", i.quantity AS units, CASE WHEN o.currency = " OWN_CURRENCY \
  " THEN i.quantity * i.unit_price - COALESCE(i.discount, 0) ELSE 0 END AS money" \
  " FROM {order_items} i JOIN {orders} o ON o.key = i.\"order\" WHERE o.status " COUNTS \
  " UNION ALL " \
  "SELECT i." what ", -COALESCE(r.quantity, 0), CASE WHEN o.currency = " OWN_CURRENCY \
  " THEN -r.net ELSE 0 END FROM {refunds} r" \
  " JOIN {order_items} i ON i.key = r.item AND i.\"order\" = r.\"order\"" \
  " JOIN {orders} o ON o.key = r.\"order\" WHERE o.status " COUNTS \
  ") WHERE " what " IS NOT NULL GROUP BY k ORDER BY k"
/* How many rows of a collection name each row of another. */
#define COUNT_BY(what, collection) \
  "SELECT CAST(" what " AS TEXT) AS k, COUNT(*) FROM {" collection "} WHERE " what \
  " IS NOT NULL GROUP BY k ORDER BY k"

static const char *const overview[] = { "overview", "analytics", NULL };
static const char *const orders[] = { "orders", NULL };
static const char *const products[] = { "products", "overview", NULL };
static const char *const customers[] = { "customers", NULL };
static const char *const all_sections[] = { "overview", "orders", "products", "customers", NULL };

static const char *const order_parts_fields[] = { "items_total", "discount", "units", NULL };
static const char *const order_refund_fields[] = { "refunded", NULL };
static const char *const order_sum_fields[] = { "total", "revenue", NULL };
static const char *const daily_fields[] = {
  "orders", "units", "revenue", "tax", "shipping", "refunded", "total", NULL,
};
static const char *const sold_fields[] = { "units_sold", "revenue", NULL };
static const char *const variants_fields[] = { "variants", NULL };
static const char *const favorites_fields[] = { "favorites", NULL };
static const char *const low_stock_fields[] = { "low_stock", NULL };
static const char *const spent_fields[] = { "orders", "spent", NULL };
static const char *const downloads_fields[] = { "downloads", NULL };
static const char *const stats_fields[] = { "favorites", "downloads", "orders", "spent", NULL };

static const Rule rules[] = {
  {
      "order-items", N_("What an order's items add up to"), LS_SEVERITY_CRITICAL, LS_FINDING_HEAL, RESOLVE, orders,
      LS_ORDERS, BIT (LS_ORDERS) | BIT (LS_ORDER_ITEMS), BIT (LS_ORDERS) | BIT (LS_ORDER_ITEMS),
      CHECK_ROWS_MAY_LACK, order_parts_fields,
      "SELECT key, items_total, discount, units FROM {orders} ORDER BY key",
      "SELECT CAST(\"order\" AS TEXT) AS k, SUM(quantity * unit_price - COALESCE(discount, 0)),"
      " SUM(COALESCE(discount, 0)), SUM(quantity) FROM {order_items} GROUP BY k ORDER BY k",
  },
  {
      "order-refunds", N_("What an order's refunds add up to"), LS_SEVERITY_CRITICAL, LS_FINDING_HEAL, RESOLVE,
      orders, LS_ORDERS, BIT (LS_ORDERS) | BIT (LS_REFUNDS), BIT (LS_ORDERS) | BIT (LS_REFUNDS),
      CHECK_ROWS_MAY_LACK, order_refund_fields,
      "SELECT key, refunded FROM {orders} ORDER BY key",
      "SELECT CAST(\"order\" AS TEXT) AS k, SUM(net + COALESCE(tax, 0) + COALESCE(shipping, 0))"
      " FROM {refunds} GROUP BY k ORDER BY k",
  },
  {
      "order-sums", N_("Total and revenue of an order"), LS_SEVERITY_CRITICAL, LS_FINDING_HEAL, RESOLVE, orders,
      LS_ORDERS, BIT (LS_ORDERS) | BIT (LS_REFUNDS), BIT (LS_ORDERS) | BIT (LS_REFUNDS), CHECK_BOTH, order_sum_fields,
      "SELECT key, total, revenue FROM {orders} ORDER BY key",
      "SELECT key, items_total + COALESCE(shipping, 0) + COALESCE(tax, 0), CASE WHEN status " COUNTS
      " THEN items_total - COALESCE((SELECT SUM(net) FROM {refunds} r"
      " WHERE r.\"order\" = o.key), 0) ELSE 0 END FROM {orders} o ORDER BY key",
  },
  {
      "daily-sales", N_("Revenue of a day and the orders of that day"), LS_SEVERITY_CRITICAL, LS_FINDING_HEAL, RESOLVE, overview, LS_DAILY_SALES,
      BIT (LS_DAILY_SALES) | BIT (LS_ORDERS) | BIT (LS_ORDER_ITEMS) | BIT (LS_REFUNDS),
      BIT (LS_ORDERS) | BIT (LS_ORDER_ITEMS) | BIT (LS_REFUNDS), CHECK_BOTH,
      daily_fields,
      "SELECT printf('%06d %s', day, currency) AS k, orders, units, revenue, tax, shipping,"
      " refunded, total FROM {daily_sales} WHERE day >= {since} ORDER BY k",
      "WITH back AS (SELECT r.\"order\" AS o, SUM(COALESCE(r.quantity, 0)) AS units"
      " FROM {refunds} r JOIN {order_items} i ON i.key = r.item AND i.\"order\" = r.\"order\""
      " GROUP BY r.\"order\")"
      " SELECT printf('%06d %s', day, currency) AS k, COUNT(*),"
      " SUM(o.units) - SUM(COALESCE(back.units, 0)), SUM(revenue), SUM(COALESCE(tax, 0)),"
      " SUM(COALESCE(shipping, 0)), SUM(refunded), SUM(total) FROM {orders} o"
      " LEFT JOIN back ON back.o = o.key WHERE day >= {since} AND status " COUNTS
      " GROUP BY k ORDER BY k",
  },
  {
      "product-sales", N_("What was sold of a product and the orders with it"),
      LS_SEVERITY_CRITICAL, LS_FINDING_HEAL, RESOLVE, products, LS_PRODUCTS,
      BIT (LS_PRODUCTS) | BIT (LS_ORDERS) | BIT (LS_ORDER_ITEMS) | BIT (LS_REFUNDS) |
          BIT (LS_SHOPS), 0,
      CHECK_ROWS_MAY_LACK, sold_fields,
      "SELECT key, units_sold, revenue FROM {products} ORDER BY key", SOLD_BY ("product"),
  },
  {
      "variant-sales", N_("What was sold of a variant and the orders with it"),
      LS_SEVERITY_CRITICAL, LS_FINDING_HEAL, RESOLVE, products, LS_VARIANTS,
      BIT (LS_VARIANTS) | BIT (LS_ORDERS) | BIT (LS_ORDER_ITEMS) | BIT (LS_REFUNDS) |
          BIT (LS_SHOPS), 0,
      CHECK_ROWS_MAY_LACK, sold_fields,
      "SELECT key, units_sold, revenue FROM {variants} ORDER BY key", SOLD_BY ("variant"),
  },
  {
      "product-variants", N_("How many variants a product has"), LS_SEVERITY_WARNING, LS_FINDING_HEAL, RESOLVE,
      products, LS_PRODUCTS, BIT (LS_PRODUCTS) | BIT (LS_VARIANTS), 0,
      CHECK_ROWS_MAY_LACK, variants_fields,
      "SELECT key, variants FROM {products} ORDER BY key", COUNT_BY ("product", "variants"),
  },
  {
      "product-favorites", N_("How many marked a product"), LS_SEVERITY_WARNING, LS_FINDING_HEAL, RESOLVE, products,
      LS_PRODUCTS, BIT (LS_PRODUCTS) | BIT (LS_FAVORITES), 0,
      CHECK_ROWS_MAY_LACK, favorites_fields,
      "SELECT key, favorites FROM {products} ORDER BY key", COUNT_BY ("product", "favorites"),
  },
  {
      "low-stock", N_("Whether a product is low in stock"), LS_SEVERITY_WARNING, LS_FINDING_HEAL, RESOLVE, products,
      LS_PRODUCTS, BIT (LS_PRODUCTS), 0, CHECK_BOTH, low_stock_fields,
      "SELECT key, low_stock FROM {products} ORDER BY key",
      "SELECT key, COALESCE(stock <= low_stock_at, 0) FROM {products} ORDER BY key",
  },
  {
      "customer-orders", N_("What a customer ordered and spent"), LS_SEVERITY_CRITICAL, LS_FINDING_HEAL, RESOLVE,
      customers, LS_CUSTOMERS, BIT (LS_CUSTOMERS) | BIT (LS_ORDERS) | BIT (LS_SHOPS), 0,
      CHECK_ROWS_MAY_LACK, spent_fields,
      "SELECT key, orders, spent FROM {customers} ORDER BY key",
      "SELECT CAST(customer AS TEXT) AS k, COUNT(*), SUM(CASE WHEN currency = " OWN_CURRENCY
      " THEN total - refunded ELSE 0 END) FROM {orders} WHERE customer IS NOT NULL"
      " AND status " COUNTS " GROUP BY k ORDER BY k",
  },
  {
      "customer-downloads", N_("What a customer downloaded"), LS_SEVERITY_WARNING, LS_FINDING_HEAL, RESOLVE,
      customers, LS_CUSTOMERS, BIT (LS_CUSTOMERS) | BIT (LS_DOWNLOADS), 0,
      CHECK_ROWS_MAY_LACK, downloads_fields,
      "SELECT key, downloads FROM {customers} ORDER BY key",
      "SELECT CAST(customer AS TEXT) AS k, SUM(COALESCE(count, 0)) FROM {downloads}"
      " WHERE customer IS NOT NULL GROUP BY k ORDER BY k",
  },
  {
      "customer-favorites", N_("What a customer marked"), LS_SEVERITY_WARNING, LS_FINDING_HEAL, RESOLVE, customers,
      LS_CUSTOMERS, BIT (LS_CUSTOMERS) | BIT (LS_FAVORITES), 0,
      CHECK_ROWS_MAY_LACK, favorites_fields,
      "SELECT key, favorites FROM {customers} ORDER BY key", COUNT_BY ("customer", "favorites"),
  },
  {
      "customer-stats", N_("A customer's figures and his row"), LS_SEVERITY_WARNING, LS_FINDING_HEAL, RESOLVE,
      customers, LS_STATS, BIT (LS_STATS) | BIT (LS_CUSTOMERS), 0, CHECK_BOTH, stats_fields,
      "SELECT key, favorites, downloads, orders, spent FROM {stats} ORDER BY key",
      "SELECT key, favorites, downloads, orders, spent FROM {customers} ORDER BY key",
  },
};

/* What has to be true of the rows of each collection by themselves. */
typedef enum {
  ROW_RULE_DIGEST,
  ROW_RULE_OVERLAY,
  ROW_RULE_VALUES,
} RowRuleId;

static const Rule row_rules[] = {
  [ROW_RULE_DIGEST] = {
      .id = "digest", .words = N_("Rows and the sums that followed their changes"),
      .severity = LS_SEVERITY_CRITICAL, .response = LS_FINDING_HEAL, .actions = RESOLVE,
      .sections = all_sections,
  },
  [ROW_RULE_OVERLAY] = {
      .id = "overlay", .words = N_("What is shown of a row with changes that wait"),
      .severity = LS_SEVERITY_WARNING, .response = LS_FINDING_MENDED, .actions = RESOLVE,
      .sections = all_sections,
  },
  [ROW_RULE_VALUES] = {
      .id = "row", .words = N_("Values and what is allowed"),
      .severity = LS_SEVERITY_CRITICAL, .response = LS_FINDING_HEAL, .actions = RESOLVE,
      .sections = all_sections,
  },
};

/* --- Reports --------------------------------------------------------------------------------- */

static LsFinding *
add_finding (LsCheckReport      *report,
             const Rule         *rule,
             const LsCollection *collection,
             const char         *key,
             int64_t             now)
{
  LsFinding *finding;

  report->n_findings++;
  if (report->findings->len >= LS_CHECK_MAX_FINDINGS)
    return NULL;
  finding = ls_finding_new ();
  finding->rule = rule->id;
  finding->severity = rule->severity;
  finding->response = rule->response;
  finding->auto_resolvable = rule->response != LS_FINDING_TELL;
  finding->actions = rule->actions;
  finding->sections = rule->sections;
  finding->collections = rule->collections | BIT (collection->id);
  finding->shop = g_strdup (report->shop);
  finding->collection = collection;
  finding->key = g_strdup (key);
  finding->version = report->position.version;
  finding->at = now;
  g_ptr_array_add (report->findings, finding);
  return finding;
}

/**
 * ls_check_report_new:
 * @shop: a shop
 *
 * Returns: (transfer full): a report in which nothing was checked
 */
LsCheckReport *
ls_check_report_new (const char *shop)
{
  LsCheckReport *report = g_new0 (LsCheckReport, 1);

  report->shop = g_strdup (shop);
  report->findings = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_finding_unref);
  return report;
}

/**
 * ls_check_report_free:
 * @report: (transfer full): a report
 *
 * Frees it.
 */
void
ls_check_report_free (LsCheckReport *report)
{
  g_ptr_array_unref (report->findings);
  g_free (report->shop);
  g_free (report);
}

/**
 * ls_check_rules_count:
 *
 * Returns: how many cross-section rules there are
 */
unsigned
ls_check_rules_count (void)
{
  return G_N_ELEMENTS (rules);
}

/**
 * ls_check_rule_get_id:
 * @rule: the number of a rule
 *
 * Returns: (transfer none): its id, as findings tell it
 */
const char *
ls_check_rule_get_id (unsigned rule)
{
  g_return_val_if_fail (rule < G_N_ELEMENTS (rules), NULL);

  return rules[rule].id;
}

/**
 * ls_check_rule_get_words:
 * @rule: the number of a rule
 *
 * Returns: (transfer none): what it compares: an untranslated message id
 */
const char *
ls_check_rule_get_words (unsigned rule)
{
  g_return_val_if_fail (rule < G_N_ELEMENTS (rules), NULL);

  return rules[rule].words;
}

/* --- Two routes to one number ---------------------------------------------------------------- */

static void
compare_values (const Rule    *rule,
                LsCheckReport *report,
                LsSums        *stored,
                LsSums        *computed,
                int64_t        now)
{
  const char *key = stored != NULL ? ls_sums_get_key (stored) : ls_sums_get_key (computed);

  for (unsigned i = 0; rule->fields[i] != NULL; i++)
    {
      int64_t is = stored != NULL ? ls_sums_get_value (stored, i) : 0;
      int64_t should_be = computed != NULL ? ls_sums_get_value (computed, i) : 0;
      const LsCollection *collection = ls_schema_collection (rule->collection);
      LsFinding *finding;

      report->n_compared++;
      if (is == should_be)
        continue;
      finding = add_finding (report, rule, collection, key, now);
      if (finding == NULL)
        continue;
      finding->field = rule->fields[i];
      finding->stored = is;
      finding->computed = should_be;
      finding->message = g_strdup_printf ("%s %s: %s is %" G_GINT64_FORMAT
                                          ", its parts give %" G_GINT64_FORMAT,
                                          collection->name, key, rule->fields[i], is, should_be);
    }
}

/* Goes through both, which are in order of key. */
static bool
merge (const Rule    *rule,
       LsCheckReport *report,
       LsSums        *stored,
       LsSums        *computed,
       int64_t        now,
       GError       **error)
{
  if (!ls_sums_next (stored, error) || !ls_sums_next (computed, error))
    return false;
  while (ls_sums_get_key (stored) != NULL || ls_sums_get_key (computed) != NULL)
    {
      const char *a = ls_sums_get_key (stored);
      const char *b = ls_sums_get_key (computed);
      int order = a == NULL ? 1 : b == NULL ? -1 : g_strcmp0 (a, b);

      if (order == 0)
        compare_values (rule, report, stored, computed, now);
      else if (order < 0)
        compare_values (rule, report, stored, NULL, now);
      else if (rule->keys == CHECK_BOTH)
        compare_values (rule, report, NULL, computed, now);
      if ((order <= 0 && !ls_sums_next (stored, error)) ||
          (order >= 0 && !ls_sums_next (computed, error)))
        return false;
    }
  return true;
}

static bool
check_rule (const Rule    *rule,
            LsCacheReader *reader,
            LsCheckReport *report,
            uint32_t       since,
            int64_t        now,
            GError       **error)
{
  g_autoptr (LsSums) stored = NULL;
  g_autoptr (LsSums) computed = NULL;
  unsigned n_fields = g_strv_length ((char **) rule->fields);

  stored = ls_sums_new (reader, report->shop, rule->stored, since, n_fields, error);
  if (stored != NULL)
    computed = ls_sums_new (reader, report->shop, rule->computed, since, n_fields, error);
  return computed != NULL && merge (rule, report, stored, computed, now, error);
}

/**
 * ls_check_cross:
 * @reader: a reader with a snapshot
 * @report: where to put what is found
 * @now: time of day, µs since the epoch
 * @error: where to put why the rows could not be read
 *
 * Compares the numbers that can be had by two routes. O(rows).
 *
 * Returns: whether all could be read
 */
bool
ls_check_cross (LsCacheReader *reader,
                LsCheckReport *report,
                int64_t        now,
                GError       **error)
{
  for (unsigned i = 0; i < G_N_ELEMENTS (rules); i++)
    {
      uint32_t since;
      bool confirmed;

      if (!ls_cache_reader_stand (reader, report->shop, rules[i].collections, rules[i].monthly,
                                  &report->position, &since, &confirmed, error))
        return false;
      if (!confirmed)
        {
          report->n_skipped++;
          continue;
        }
      report->n_rules++;
      if (!check_rule (&rules[i], reader, report, since, now, error))
        {
          g_prefix_error (error, "%s: ", rules[i].id);
          return false;
        }
    }
  return true;
}

/* --- Rows by themselves ---------------------------------------------------------------------- */

/**
 * ls_check_overlay:
 * @report: where to put what is found
 * @collection: a collection
 * @n_mended: rows under edits that were not shown as they have to be, and are now
 * @now: time of day, µs since the epoch
 *
 * Reports what ls_cache_check_overlay() mended.
 */
void
ls_check_overlay (LsCheckReport      *report,
                  const LsCollection *collection,
                  unsigned            n_mended,
                  int64_t             now)
{
  LsFinding *finding;

  report->n_compared++;
  if (n_mended == 0)
    return;
  finding = add_finding (report, &row_rules[ROW_RULE_OVERLAY], collection, NULL, now);
  if (finding == NULL)
    return;
  finding->field = "rows";
  finding->stored = n_mended;
  finding->message = g_strdup_printf ("%s: %u rows with changes that wait were not shown with them",
                                      collection->name, n_mended);
}

static void
report_drifts (LsCheckReport      *report,
               const LsCollection *collection,
               GArray             *drifts,
               int64_t             now)
{
  LsFinding *finding = add_finding (report, &row_rules[ROW_RULE_DIGEST], collection, NULL, now);

  if (finding == NULL)
    return;
  finding->field = "digest";
  finding->stored = drifts->len;
  finding->message = g_strdup_printf ("%s: rows changed by themselves in %u buckets",
                                      collection->name, drifts->len);
  finding->buckets = g_array_new (FALSE, FALSE, sizeof (uint32_t));
  for (unsigned i = 0; i < drifts->len; i++)
    g_array_append_val (finding->buckets, g_array_index (drifts, LsDrift, i).bucket);
}

typedef struct {
  LsCacheReader *reader;
  LsCheckReport *report;
  const LsCollection *collection;
  int64_t now;
  GError *error;
} RowCheck;

static bool
row_cb (int64_t        id,
        const LsValue *values,
        gpointer       user_data)
{
  RowCheck *check = user_data;
  g_autoptr (LsRecord) record = ls_record_new (check->collection, "-");
  g_autoptr (LsRecord) whole = NULL;
  g_autoptr (GError) why = NULL;
  LsFinding *finding;
  uint32_t bucket;
  bool pending;

  for (unsigned i = 0; i < check->collection->n_fields; i++)
    ls_record_take (record, i, ls_value_copy (&values[i]));
  check->report->n_compared++;
  if (ls_record_validate (record, &why))
    return true;
  if (!ls_cache_reader_get_row (check->reader, check->report->shop, check->collection, id, &whole,
                                &pending, &check->error))
    return false;
  /* What the admin typed is the server's to judge. */
  if (whole == NULL || pending)
    return true;
  finding = add_finding (check->report, &row_rules[ROW_RULE_VALUES], check->collection,
                         ls_record_get_key (whole), check->now);
  if (finding == NULL)
    return true;
  finding->message = g_strdup_printf ("%s %s: %s", check->collection->name,
                                      ls_record_get_key (whole), why->message);
  finding->buckets = g_array_new (FALSE, FALSE, sizeof (uint32_t));
  bucket = ls_digest_bucket (whole);
  g_array_append_val (finding->buckets, bucket);
  return true;
}

static bool
check_values (RowCheck *check,
              GError  **error)
{
  unsigned fields[LS_COLLECTION_MAX_FIELDS];
  LsReadQuery query = {
    .shop = check->report->shop,
    .collection = check->collection,
    .fields = fields,
    .n_fields = check->collection->n_fields,
  };

  for (unsigned i = 0; i < check->collection->n_fields; i++)
    fields[i] = i;
  if (!ls_cache_reader_scan (check->reader, &query, row_cb, check, error))
    return false;
  if (check->error == NULL)
    return true;
  g_propagate_error (error, g_steal_pointer (&check->error));
  return false;
}

/**
 * ls_check_rows:
 * @pin: the rows of a collection
 * @report: where to put what is found
 * @collection: the collection
 * @now: time of day, µs since the epoch
 * @drifts: (element-type LsDrift): where to put what ls_cache_correct() has to correct
 * @error: where to put why the rows could not be read
 *
 * Compares the rows of a collection with the digest that followed their changes, and each of its
 * values with what the schema allows: it sees a row that rotted on the disk, or that somebody else
 * wrote. O(rows).
 *
 * Returns: whether all could be read
 */
bool
ls_check_rows (LsCachePin         *pin,
               LsCheckReport      *report,
               const LsCollection *collection,
               int64_t             now,
               GArray             *drifts,
               GError            **error)
{
  RowCheck check = { ls_cache_pin_get_reader (pin), report, collection, now, NULL };
  uint32_t since;
  bool confirmed;

  report->n_rules++;
  if (!ls_cache_pin_is_held (pin))
    return true;
  if (!ls_cache_reader_stand (check.reader, report->shop, 0, 0, &report->position, &since,
                              &confirmed, error) ||
      !ls_cache_pin_scrub (pin, drifts, error))
    return false;
  report->n_compared++;
  if (drifts->len > 0)
    report_drifts (report, collection, drifts, now);
  return check_values (&check, error);
}
