/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <locale.h>
#include <string.h>

#include "core/ls-error.h"
#include "ls-test-dir.h"
#include "ls-test-environment.h"
#include "server/import/ls-import-ndjson.h"
#include "server/import/ls-import-woocommerce.h"
#include "server/import/ls-import.h"
#include "server/ls-derive-check.h"
#include "server/ls-storage-sqlite.h"

/* A shop "s" in a folder, that survives its process: everything else may be thrown away and opened
 * again. */
typedef struct {
  LsTestDir *dir;
  char *jobs;

  LsTestEnvironment *environment;
  LsStorage *storage;
  LsCommitter *committer;
  LsImportTarget *target;

  /* The last import. */
  LsImportReport report;
  GString *problems; /* a line each */
  bool over;
  GError *error;

  /* How many more commits the process lives for, -1 for ever. */
  int commits_left;
} Shop;

typedef struct {
  const char *name;
  const char *text;
} File;

static void
heard_cb (const LsCommitGroup *group,
          gpointer             user_data)
{
  Shop *shop = user_data;

  /* As if it was killed: what is on disk stays, nothing that was posted happens. */
  if (shop->commits_left > 0 && --shop->commits_left == 0)
    ls_environment_stop (LS_ENVIRONMENT (shop->environment));
}

static void
shop_open (Shop *shop)
{
  g_autofree char *path = ls_test_dir_file (shop->dir, LS_STORAGE_FILE);
  g_autoptr (GError) error = NULL;

  shop->environment = ls_test_environment_new (1);
  shop->storage = ls_storage_sqlite_new (LS_ENVIRONMENT (shop->environment), path, &error);
  g_assert_no_error (error);
  shop->committer = ls_committer_new (LS_ENVIRONMENT (shop->environment), shop->storage);
  ls_committer_set_listener (shop->committer, heard_cb, shop);
  shop->commits_left = -1;
}

static void
shop_close (Shop *shop)
{
  ls_environment_stop (LS_ENVIRONMENT (shop->environment));
  g_clear_object (&shop->committer);
  g_assert_finalize_object (g_steal_pointer (&shop->storage));
  g_assert_finalize_object (g_steal_pointer (&shop->environment));
}

static void
set_text (LsRecord   *row,
          const char *field,
          const char *text)
{
  ls_record_set_text (row, (unsigned) ls_collection_field (ls_record_get_collection (row), field),
                      text);
}

static Shop *
shop_new (void)
{
  Shop *shop = g_new0 (Shop, 1);
  const LsCollection *shops = ls_schema_collection (LS_SHOPS);
  g_autoptr (LsRecord) row = ls_record_new (shops, "s");
  g_autoptr (GError) error = NULL;

  shop->dir = ls_test_dir_new ();
  shop->jobs = ls_test_dir_file (shop->dir, LS_JOBS_FOLDER);
  shop->problems = g_string_new (NULL);
  shop_open (shop);
  set_text (row, "name", "The shop");
  set_text (row, "currency", "EUR");
  set_text (row, "time_zone", "Europe/Paris");
  ls_record_set_integer (row, (unsigned) ls_collection_field (shops, "sample"), 0);
  ls_storage_create_shop (shop->storage, row, &error);
  g_assert_no_error (error);
  shop->target = ls_import_target_new (shop->storage, "s", &error);
  g_assert_no_error (error);
  return shop;
}

static void
shop_free (Shop *shop)
{
  if (shop->storage != NULL)
    shop_close (shop);
  ls_import_target_free (shop->target);
  g_string_free (shop->problems, TRUE);
  g_clear_error (&shop->error);
  ls_test_dir_free (shop->dir);
  g_free (shop->jobs);
  g_free (shop);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Shop, shop_free)

static void
problem_cb (const LsImportProblem *problem,
            LsImportSeverity       severity,
            gpointer               user_data)
{
  Shop *shop = user_data;

  g_string_append_printf (shop->problems, "%s%s:%d: %s: %s\n",
                          severity == LS_IMPORT_WARNING ? "warning: " : "",
                          problem->file != NULL ? problem->file : "?", (int) problem->line,
                          problem->field != NULL ? problem->field : "-", problem->message);
}

static void
done_cb (const GError *error,
         gpointer      user_data)
{
  Shop *shop = user_data;

  g_assert_false (shop->over);
  shop->over = true;
  g_clear_error (&shop->error);
  shop->error = error != NULL ? g_error_copy (error) : NULL;
}

static LsImportReader *
reader_of (Shop       *shop,
           const File *file)
{
  g_autoptr (GInputStream) stream =
      g_memory_input_stream_new_from_data (file->text, (gssize) strlen (file->text), NULL);
  g_autofree char *name = g_strndup (file->name, strcspn (file->name, "."));
  LsImportReader *reader =
      g_str_has_suffix (file->name, ".csv")
          ? ls_import_woocommerce_new (stream, shop->target, NULL)
          : ls_import_ndjson_new (stream, ls_schema_find_collection (name), shop->target);

  ls_import_reader_set_name (reader, file->name);
  return reader;
}

/* Imports, as far as the process lives. */
static void
import (Shop          *shop,
        const File    *files,
        size_t         n_files,
        LsImportFlags  flags)
{
  const LsImportParts parts = { LS_ENVIRONMENT (shop->environment), shop->storage, shop->committer,
                                shop->jobs };
  g_autoptr (GPtrArray) readers = g_ptr_array_new_with_free_func (g_object_unref);

  for (size_t i = 0; i < n_files; i++)
    g_ptr_array_add (readers, reader_of (shop, &files[i]));
  shop->report = (LsImportReport) { .problem = problem_cb, .user_data = shop };
  g_string_truncate (shop->problems, 0);
  shop->over = false;
  ls_import_run (&parts, "s", LS_IMPORT_ACTOR, readers, 0, flags, &shop->report, done_cb, shop,
                 NULL);
  ls_test_environment_run (shop->environment);
  g_assert_true (shop->over || shop->commits_left == 0);
}

static void
import_good (Shop       *shop,
             const File *files,
             size_t      n_files)
{
  import (shop, files, n_files, LS_IMPORT_NO_FLAGS);
  g_assert_cmpstr (shop->problems->str, ==, "");
  g_assert_no_error (shop->error);
}

static int64_t
version_of (Shop *shop)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LsShop) found = ls_storage_get_shop (shop->storage, "s", &error);

  g_assert_no_error (error);
  return found->position.version;
}

static bool
dump_row_cb (LsRecord *record,
             gpointer  user_data)
{
  const LsCollection *collection = ls_record_get_collection (record);

  if (collection->id != LS_ACTIVITY && collection->id != LS_STATS)
    g_string_append_printf (user_data, "%s %s %016" G_GINT64_MODIFIER "x\n", collection->name,
                            ls_record_get_key (record), ls_digest_record (record, UINT64_MAX));
  return true;
}

/* All rows but those that tell when they were made. */
static char *
dump (Shop *shop)
{
  const LsCollection *collections[LS_N_COLLECTIONS];
  GString *text = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  LsPosition position;

  for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
    collections[id] = ls_schema_collection ((LsCollectionId) id);
  ls_storage_scan (shop->storage, "s", collections, LS_N_COLLECTIONS, &position, dump_row_cb, text,
                   &error);
  g_assert_no_error (error);
  return g_string_free (text, FALSE);
}

static void
check_shop (Shop *shop)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LsDeriveReport) report = ls_derive_check (shop->storage, "s", &error);

  g_assert_no_error (error);
  for (unsigned i = 0; i < report->findings->len; i++)
    {
      g_autofree char *text = ls_finding_to_text (g_ptr_array_index (report->findings, i));

      g_test_message ("%s", text);
    }
  g_assert_cmpint (report->n_findings, ==, 0);
}

static unsigned
count_jobs (Shop *shop)
{
  g_autoptr (GDir) dir = g_dir_open (shop->jobs, 0, NULL);
  unsigned count = 0;

  while (dir != NULL && g_dir_read_name (dir) != NULL)
    count++;
  return count;
}

static const char *
get_text (Shop          *shop,
          LsCollectionId id,
          const char    *key,
          const char    *field,
          LsRecord     **ret_record)
{
  const LsCollection *collection = ls_schema_collection (id);
  g_autoptr (GPtrArray) wanted = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
  g_autoptr (GPtrArray) rows = NULL;
  g_autoptr (GError) error = NULL;

  g_ptr_array_add (wanted, ls_change_new (LS_CHANGE_DEL, collection, key));
  rows = ls_storage_get_rows (shop->storage, "s", wanted, NULL, &error);
  g_assert_no_error (error);
  *ret_record = ls_change_apply (g_ptr_array_index (rows, 0), NULL, LS_APPLY_EXACT, NULL);
  return *ret_record != NULL
             ? ls_record_get_text (*ret_record, (unsigned) ls_collection_field (collection, field))
             : NULL;
}

static int64_t
get_integer (Shop          *shop,
             LsCollectionId id,
             const char    *key,
             const char    *field)
{
  g_autoptr (LsRecord) record = NULL;

  get_text (shop, id, key, field, &record);
  g_assert_nonnull (record);
  return ls_record_get_integer (
      record, (unsigned) ls_collection_field (ls_schema_collection (id), field), -1);
}

#define PRODUCT(key, rest) \
  "{\"k\":\"" key "\",\"d\":{\"name\":\"P\",\"status\":\"active\"" rest "}}\n"
#define ORDER(key, rest) \
  "{\"k\":\"" key "\",\"d\":{\"number\":\"" key "\",\"status\":\"paid\",\"currency\":\"EUR\"," \
  "\"placed_at\":1767323045000000" rest "}}\n"
#define ITEM(key, order, rest) \
  "{\"k\":\"" key "\",\"d\":{\"order\":\"" order "\",\"name\":\"P\",\"quantity\":2," \
  "\"unit_price\":500" rest "}}\n"

/* Files in any order, rows of one file after those that they refer to in another. */
static void
test_good (void)
{
  static const File files[] = {
    { "order_items.ndjson", ITEM ("i1", "o1", ",\"product\":\"p1\"") ITEM ("i2", "o1", "") },
    { "orders.ndjson", ORDER ("o1", ",\"customer\":\"c1\",\"total\":7") },
    { "customers.ndjson", "{\"k\":\"c1\",\"d\":{\"name\":\"Zoé\"}}" },
    { "products.ndjson", PRODUCT ("p1", ",\"price\":500") PRODUCT ("p2", "") },
  };
  g_autoptr (Shop) shop = shop_new ();
  int64_t before = version_of (shop);

  import_good (shop, files, G_N_ELEMENTS (files));
  g_assert_cmpint (shop->report.rows, ==, 6);
  g_assert_cmpint (shop->report.added, ==, 6);
  g_assert_cmpint (version_of (shop), ==, before + 4);
  g_assert_cmpint (get_integer (shop, LS_ORDERS, "o1", "total"), ==, 2000);
  g_assert_cmpint (get_integer (shop, LS_CUSTOMERS, "c1", "spent"), ==, 2000);
  g_assert_cmpint (get_integer (shop, LS_PRODUCTS, "p1", "units_sold"), ==, 2);
  g_assert_cmpuint (count_jobs (shop), ==, 0);
  check_shop (shop);
}

/* The same again changes nothing; what differs becomes a patch of what differs. */
static void
test_again (void)
{
  static const File first = { "products.ndjson", PRODUCT ("p1", ",\"price\":500,\"stock\":3")
                                  PRODUCT ("p2", ",\"sku\":\"x\"") };
  static const File second = { "products.ndjson", PRODUCT ("p1", ",\"price\":600,\"stock\":3")
                                   PRODUCT ("p2", "") PRODUCT ("p3", "") };
  g_autoptr (Shop) shop = shop_new ();
  g_autoptr (GPtrArray) log = NULL;
  g_autoptr (GError) error = NULL;
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);
  const LsVersion *version;
  const LsChange *change;
  int64_t before;

  import_good (shop, &first, 1);
  before = version_of (shop);
  import_good (shop, &first, 1);
  g_assert_cmpint (version_of (shop), ==, before);
  g_assert_cmpint (shop->report.unchanged, ==, 2);
  import_good (shop, &second, 1);
  g_assert_cmpint (shop->report.changed, ==, 2);
  g_assert_cmpint (shop->report.added, ==, 1);
  log = ls_storage_read_log (shop->storage, "s", before, before + 1, G_MAXSIZE / 2, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (log->len, ==, 1);
  version = g_ptr_array_index (log, 0);
  g_assert_cmpstr (version->actor, ==, "import");
  g_assert_nonnull (version->job);
  change = g_ptr_array_index (version->changes, 0);
  g_assert_cmpint (change->op, ==, LS_CHANGE_SET);
  g_assert_cmphex (ls_change_get_mask (change), ==,
                   UINT64_C (1) << ls_collection_field (products, "price"));
  change = g_ptr_array_index (version->changes, 1);
  g_assert_cmphex (ls_change_get_mask (change), ==,
                   UINT64_C (1) << ls_collection_field (products, "sku"));
  check_shop (shop);
}

/* Fields that a source does not speak of stay as they are. */
static void
test_silent (void)
{
  static const File mine = {
    "products.ndjson", PRODUCT ("woo:7", ",\"kind\":\"beat\",\"low_stock_at\":3,\"stock\":9")
  };
  static const File theirs = {
    "list.csv", "ID,Type,SKU,Name,Regular price\n7,simple,x,Kit,12.50\n"
  };
  g_autoptr (Shop) shop = shop_new ();
  g_autoptr (LsRecord) record = NULL;

  import_good (shop, &mine, 1);
  import_good (shop, &theirs, 1);
  g_assert_cmpint (shop->report.changed, ==, 1);
  g_assert_cmpint (get_integer (shop, LS_PRODUCTS, "woo:7", "price"), ==, 1250);
  g_assert_cmpint (get_integer (shop, LS_PRODUCTS, "woo:7", "low_stock_at"), ==, 3);
  g_assert_cmpint (get_integer (shop, LS_PRODUCTS, "woo:7", "stock"), ==, 9);
  g_assert_cmpstr (get_text (shop, LS_PRODUCTS, "woo:7", "kind", &record), ==, "beat");
  import_good (shop, &theirs, 1);
  g_assert_cmpint (shop->report.unchanged, ==, 1);
}

/* Everything is tried, nothing is written. */
static void
test_dry_run (void)
{
  static const File files[] = { { "products.ndjson", PRODUCT ("p1", "") } };
  g_autoptr (Shop) shop = shop_new ();
  int64_t before = version_of (shop);

  import (shop, files, 1, LS_IMPORT_DRY_RUN);
  g_assert_no_error (shop->error);
  g_assert_cmpint (shop->report.added, ==, 1);
  g_assert_cmpint (version_of (shop), ==, before);
  g_assert_cmpuint (count_jobs (shop), ==, 0);
}

/* One bad row, of whatever kind, and nothing happens; all bad rows are told of. */
static void
test_bad (void)
{
  static const struct {
    File files[3];
    const char *problems;
  } cases[] = {
    { { { "products.ndjson", PRODUCT ("p1", "") PRODUCT ("p2", ",\"stock\":\"x\"") "{}\n"
                                 PRODUCT ("p3", "") } },
      "products.ndjson:2: stock: text where a number belongs\n"
      "products.ndjson:3: k: missing\n" },
    { { { "products.ndjson", PRODUCT ("p1", "") PRODUCT ("p2", "") },
        { "products.more", PRODUCT ("p2", "") } },
      "products.more:1: key: products “p2” is also in products.ndjson, line 2\n" },
    /* Bad, and others that lead nowhere besides. */
    { { { "orders.ndjson", ORDER ("o1", "") },
        { "order_items.ndjson", ITEM ("i1", "o2", "") "x\n" ITEM ("i2", "o1", "") } },
      "order_items.ndjson:2: -: a byte that may not stand here (syntax, byte 0)\n"
      "order_items.ndjson:1: order: there is no row “o2” in orders\n" },
    /* Rules of the shop, each row with its place. */
    { { { "products.ndjson", PRODUCT ("p1", ",\"price\":-1") PRODUCT ("p2", "")
                                 PRODUCT ("p3", ",\"price\":5,\"sale_price\":6") } },
      "products.ndjson:1: price: price can't be below zero: p1\n"
      "products.ndjson:3: sale_price: a sale price can't be above the price: p3\n" },
    { { { "orders.ndjson", ORDER ("o1", "") }, { "order_items.ndjson", ITEM ("i/1", "o1", "") },
        { "refunds.ndjson", "{\"k\":\"r1\",\"d\":{\"order\":\"o1\",\"net\":1001,"
                            "\"at\":1767323045000000}}\n" } },
      "refunds.ndjson:1: net: more can't be refunded than was paid: r1\n" },
    { { { "old.ndjson", "{\"t\":\"rows\",\"c\":\"orders\"}\n"
                        "{\"k\":\"old\",\"d\":{\"number\":\"99\",\"status\":\"paid\","
                        "\"currency\":\"EUR\",\"placed_at\":1767323045000000}}\n" } },
      "old.ndjson:2: number: this was set when the row was made, and can't be changed\n" },
  };
  static const File old = { "orders.ndjson", ORDER ("old", "") };
  g_autoptr (Shop) shop = shop_new ();
  int64_t before;

  import_good (shop, &old, 1);
  before = version_of (shop);
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      size_t n_files = 0;

      while (n_files < 3 && cases[i].files[n_files].name != NULL)
        n_files++;
      import (shop, cases[i].files, n_files, LS_IMPORT_NO_FLAGS);
      g_assert_cmpstr (shop->problems->str, ==, cases[i].problems);
      g_assert_error (shop->error, LS_ERROR, LS_ERROR_VALIDATION);
      g_assert_cmpint (version_of (shop), ==, before);
      g_assert_cmpuint (count_jobs (shop), ==, 0);
    }
}

/* An optional reference may lead to what is gone: it is said, and imported. */
static void
test_warning (void)
{
  static const File files[] = { { "orders.ndjson", ORDER ("o1", ",\"customer\":\"gone\"") } };
  g_autoptr (Shop) shop = shop_new ();

  import (shop, files, 1, LS_IMPORT_NO_FLAGS);
  g_assert_no_error (shop->error);
  g_assert_cmpstr (shop->problems->str, ==,
                   "warning: orders.ndjson:1: customer: there is no row “gone” in customers\n");
  g_assert_cmpint (get_integer (shop, LS_ORDERS, "o1", "total"), ==, 0);
  check_shop (shop);
}

/* So many rows that they are many versions, none of them too large with all that follows. */
typedef struct {
  GString *texts[5];
  File files[5];
} Many;

static void
many_clear (Many *many)
{
  for (size_t i = 0; i < G_N_ELEMENTS (many->texts); i++)
    g_string_free (many->texts[i], TRUE);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Many, many_clear)

static void
many_init (Many *many,
           int   n)
{
  static const char *const names[] = { "payments.ndjson", "order_items.ndjson", "orders.ndjson",
                                       "customers.ndjson", "products.ndjson" };

  for (size_t i = 0; i < G_N_ELEMENTS (names); i++)
    many->texts[i] = g_string_new (NULL);
  for (int i = 0; i < n; i++)
    {
      /* As scattered as can be: each item another order, product, customer and day. */
      g_string_append_printf (
          many->texts[4], "{\"k\":\"p%d\",\"d\":{\"name\":\"Beat %d\",\"status\":\"active\"}}\n", i, i);
      g_string_append_printf (many->texts[3], "{\"k\":\"c%d\",\"d\":{\"name\":\"N %d\"}}\n", i, i);
      g_string_append_printf (many->texts[2],
                              "{\"k\":\"o%d\",\"d\":{\"number\":\"%d\",\"status\":\"paid\","
                              "\"currency\":\"EUR\",\"customer\":\"c%d\","
                              "\"placed_at\":%" G_GINT64_FORMAT "}}\n",
                              i, i, (i * 7) % n,
                              INT64_C (1700000000000000) + i * INT64_C (90000000000));
      g_string_append_printf (many->texts[1],
                              "{\"k\":\"i%d\",\"d\":{\"order\":\"o%d\",\"product\":\"p%d\","
                              "\"name\":\"B\",\"quantity\":%d,\"unit_price\":%d}}\n",
                              i, (i * 11) % n, (i * 13) % n, 1 + i % 3, 100 + i);
      g_string_append_printf (many->texts[0],
                              "{\"k\":\"y%d\",\"d\":{\"order\":\"o%d\",\"method\":\"card\","
                              "\"status\":\"captured\",\"amount\":1,\"currency\":\"EUR\","
                              "\"at\":1767323045000000}}\n",
                              i, i);
    }
  for (size_t i = 0; i < G_N_ELEMENTS (names); i++)
    many->files[i] = (File) { names[i], many->texts[i]->str };
}

static void
test_many (void)
{
  g_autoptr (Shop) shop = shop_new ();
  g_auto (Many) many = { { NULL } };
  g_autoptr (GPtrArray) log = NULL;
  g_autoptr (GError) error = NULL;

  many_init (&many, 1000);
  import_good (shop, many.files, G_N_ELEMENTS (many.files));
  g_assert_cmpint (shop->report.added, ==, 5000);
  g_assert_cmpint (version_of (shop), >, 30);
  log = ls_storage_read_log (shop->storage, "s", 0, version_of (shop), G_MAXSIZE / 2, &error);
  g_assert_no_error (error);
  for (unsigned i = 0; i < log->len; i++)
    g_assert_cmpuint (((LsVersion *) g_ptr_array_index (log, i))->changes->len, <=, LS_MAX_CHANGES);
  check_shop (shop);
  import_good (shop, many.files, G_N_ELEMENTS (many.files));
  g_assert_cmpint (shop->report.unchanged, ==, 5000);
}

static void
resumed_cb (const LsImportJobInfo *info,
            const GError          *error,
            gpointer               user_data)
{
  Shop *shop = user_data;

  g_assert_no_error ((GError *) error);
  if (info == NULL)
    shop->over = true;
  else
    shop->report.changed += info->changes;
}

static void
resume (Shop *shop)
{
  shop->over = false;
  shop->report = (LsImportReport) { 0 };
  ls_import_resume (LS_ENVIRONMENT (shop->environment), shop->committer, shop->jobs, resumed_cb,
                    shop, NULL);
  ls_test_environment_run (shop->environment);
  g_assert_true (shop->over || shop->commits_left == 0);
}

/* Killed after each of its commits, and again after each of the resumption's: it ends as if it had
 * never been. */
static void
test_killed (void)
{
  g_autoptr (Shop) whole = shop_new ();
  g_auto (Many) many = { { NULL } };
  g_autofree char *expected = NULL;
  bool finished = false;

  many_init (&many, 200);
  import_good (whole, many.files, G_N_ELEMENTS (many.files));
  expected = dump (whole);
  for (int commits = 1; !finished; commits++)
    {
      g_autoptr (Shop) shop = shop_new ();
      g_autofree char *rows = NULL;

      shop->commits_left = commits;
      import (shop, many.files, G_N_ELEMENTS (many.files), LS_IMPORT_NO_FLAGS);
      finished = shop->over;
      g_assert_cmpuint (count_jobs (shop), ==, finished ? 0 : 1);
      shop_close (shop);

      shop_open (shop);
      shop->commits_left = 1;
      resume (shop);
      shop_close (shop);

      shop_open (shop);
      resume (shop);
      g_assert_true (shop->over);
      rows = dump (shop);
      g_assert_cmpstr (rows, ==, expected);
      g_assert_cmpint (version_of (shop), ==, version_of (whole));
      g_assert_cmpuint (count_jobs (shop), ==, 0);
      check_shop (shop);
      g_assert_cmpint (commits, <, 100);
    }
}

/* What was never made ready is thrown away. */
static void
test_unready (void)
{
  g_autoptr (Shop) shop = shop_new ();
  g_autoptr (GError) error = NULL;
  LsImportStage *stage;

  stage = ls_import_stage_new (shop->jobs, "0190-x", "s", LS_IMPORT_ACTOR, &error);
  g_assert_no_error (error);
  ls_import_stage_free (stage);
  g_assert_cmpuint (count_jobs (shop), ==, 1);
  resume (shop);
  g_assert_true (shop->over);
  g_assert_cmpint (shop->report.changed, ==, 0);
  g_assert_cmpuint (count_jobs (shop), ==, 0);
}

static void
resume_damaged_cb (const LsImportJobInfo *info,
                   const GError          *error,
                   gpointer               user_data)
{
  Shop *shop = user_data;

  if (info == NULL)
    shop->over = true;
  else
    shop->error = error != NULL ? g_error_copy (error) : NULL;
}

/* A stage whose bytes changed on disk is not carried out. */
static void
test_damaged (void)
{
  g_autoptr (Shop) shop = shop_new ();
  g_autoptr (GPtrArray) changes = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
  g_autoptr (LsRecord) row = ls_record_new (ls_schema_collection (LS_CATEGORIES), "c");
  g_autoptr (GError) error = NULL;
  LsImportStage *stage = ls_import_stage_new (shop->jobs, "0190-x", "s", LS_IMPORT_ACTOR, &error);

  g_assert_no_error (error);
  set_text (row, "name", "Drums");
  g_ptr_array_add (changes, ls_change_new_put (row));
  g_assert_true (ls_import_stage_add_batch (stage, 1, changes, &error));
  g_assert_true (ls_sql_exec (ls_import_stage_get_sql (stage),
                              "UPDATE batches SET changes = replace(changes, 'Drums', 'Drama')",
                              &error));
  g_assert_true (ls_import_stage_set_ready (stage, &error));
  ls_import_stage_free (stage);
  ls_import_resume (LS_ENVIRONMENT (shop->environment), shop->committer, shop->jobs,
                    resume_damaged_cb, shop, NULL);
  ls_test_environment_run (shop->environment);
  g_assert_true (shop->over);
  g_assert_error (shop->error, LS_ERROR, LS_ERROR_STORAGE);
  g_assert_cmpint (version_of (shop), ==, 1);
}

static void
test_mid (void)
{
  g_autofree char *a = ls_import_mid ("woo", "order:1", "3");
  g_autofree char *b = ls_import_mid ("woo", "order:1", "3");
  g_autofree char *c = ls_import_mid ("woo", "order:13", "");
  g_autofree char *d = ls_import_mid ("woo", "order:1", "4");
  g_autofree char *e = ls_import_mid ("shopify", "order:1", "3");

  /* printf 'woo\0order:1\0003\0' | sha256sum: another server, of another version, says the same. */
  g_assert_cmpstr (a, ==, "d05fe16110fdce58d282e431494b7a57");
  g_assert_cmpstr (a, ==, b);
  g_assert_cmpstr (a, !=, c);
  g_assert_cmpstr (a, !=, d);
  g_assert_cmpstr (a, !=, e);
}

/* Everything that is referred to comes first. */
static void
test_ranks (void)
{
  for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
    {
      const LsCollection *collection = ls_schema_collection ((LsCollectionId) id);

      g_assert_cmpint (ls_import_rank (collection), >=, 1);
      for (unsigned i = 0; i < collection->n_fields; i++)
        {
          const char *name = collection->fields[i].reference;
          const LsCollection *target = name != NULL ? ls_schema_find_collection (name) : NULL;

          if (target != NULL && target != collection)
            g_assert_cmpint (ls_import_rank (target), <, ls_import_rank (collection));
        }
    }
}

int
main (int    argc,
      char **argv)
{
  setlocale (LC_ALL, "");
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/import/good", test_good);
  g_test_add_func ("/import/again", test_again);
  g_test_add_func ("/import/silent", test_silent);
  g_test_add_func ("/import/dry-run", test_dry_run);
  g_test_add_func ("/import/bad", test_bad);
  g_test_add_func ("/import/warning", test_warning);
  g_test_add_func ("/import/many", test_many);
  g_test_add_func ("/import/killed", test_killed);
  g_test_add_func ("/import/unready", test_unready);
  g_test_add_func ("/import/damaged", test_damaged);
  g_test_add_func ("/import/mid", test_mid);
  g_test_add_func ("/import/ranks", test_ranks);

  return g_test_run ();
}
