/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <gdk/x11/gdkx.h>

#include "app-test.h"
#include "app/tables/ls-table-fit.h"
#include "ls-test-store.h"

/* What a table asks of the display server: with each question the server is held up, and so is the
 * thread that draws. */

#define N_PRODUCTS 400
#define WIDTH 900
#define HEIGHT 600
/* Of a window that opens, with pictures of each frame. A question a cell were 1,600 at least. */
#define MAX_REQUESTS 600

static const LsTableColumn columns[] = {
  { "name", 220, LS_TABLE_COLUMN_EXPAND }, { "sku", 110, LS_TABLE_COLUMN_NONE },
  { "category", 150, LS_TABLE_COLUMN_NONE }, { "status", 100, LS_TABLE_COLUMN_EDITABLE },
  { "price", 110, LS_TABLE_COLUMN_EDITABLE }, { "stock", 90, LS_TABLE_COLUMN_EDITABLE },
};

static unsigned long
count_requests (void)
{
  return NextRequest (gdk_x11_display_get_xdisplay (gdk_display_get_default ()));
}

static LsLiveQuery *
query_products (LsTestStore *fixture)
{
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);
  LsOrder order = { ls_test_field (products, "name"), false };

  return ls_store_query (fixture->store, LS_TEST_SHOP, products, NULL, &order, 1);
}

static void
test_requests (LsTestStore  *fixture,
               gconstpointer data)
{
  GtkWidget *table = g_object_new (LS_TYPE_TABLE, NULL);
  g_autoptr (LsLiveQuery) query = NULL;
  g_autoptr (LsRow) row = NULL;
  GtkWindow *window;
  unsigned long before;

  if (!GDK_IS_X11_DISPLAY (gdk_display_get_default ()))
    {
      g_test_skip ("the display is no X server");
      return;
    }
  ls_table_set_columns (LS_TABLE (table), ls_schema_collection (LS_PRODUCTS), columns,
                        G_N_ELEMENTS (columns));
  window = app_test_show (table, WIDTH, HEIGHT);
  ls_test_store_fill (fixture, N_PRODUCTS);
  query = query_products (fixture);
  before = count_requests ();
  ls_table_set_query (LS_TABLE (table), query, "EUR", NULL);
  ls_test_store_settle (fixture);
  app_test_draw (window);
  ls_test_store_settle (fixture);
  app_test_draw (window);
  g_assert_false (ls_live_query_get_loading (query));
  row = g_list_model_get_item (G_LIST_MODEL (query), 0);
  g_assert_nonnull (ls_row_get_record (row));
  g_test_message ("%lu requests", count_requests () - before);
  g_assert_cmpuint (count_requests () - before, <, MAX_REQUESTS);

  /* And when every row changes. */
  before = count_requests ();
  ls_test_store_apply (fixture, ls_test_store_change (fixture, N_PRODUCTS, N_PRODUCTS));
  ls_test_store_settle (fixture);
  app_test_draw (window);
  g_test_message ("%lu requests", count_requests () - before);
  g_assert_cmpuint (count_requests () - before, <, MAX_REQUESTS);
  ls_table_set_query (LS_TABLE (table), NULL, NULL, NULL);
  app_test_close (window);
}

/* Columns go one by one, the last first, those for wide tables before the others; and a narrow table says in a line what
 * it does not show, but for numbers. */
static void
test_fit (void)
{
  static const LsTableColumn many[] = {
    { "name", 200, LS_TABLE_COLUMN_EXPAND }, { "sku", 100, LS_TABLE_COLUMN_WIDE },
    { "category", 100, LS_TABLE_COLUMN_WIDE }, { "status", 100, LS_TABLE_COLUMN_MEDIUM },
    { "stock", 50, LS_TABLE_COLUMN_MEDIUM },
  };
  static const struct {
    int width;
    int dpi;
    uint32_t hidden;
    const char *details;
  } cases[] = {
    { 550, 96 * 1024, 0, NULL },           { 549, -1, 1 << 2, NULL },
    { 449, -1, 1 << 2 | 1 << 1, NULL },    { 349, -1, 1 << 4 | 1 << 2 | 1 << 1, "kick-1 · Drums" },
    { 299, -1, 0x1e, "Active · kick-1 · Drums" }, { 0, -1, 0x1e, "Active · kick-1 · Drums" },
    { 600, 2 * 96 * 1024, 0x16, "kick-1 · Drums" },
  };
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);
  g_autoptr (LsRecord) record = ls_record_new (products, "p");

  ls_record_set_text (record, ls_test_field (products, "name"), "Kick");
  ls_record_set_text (record, ls_test_field (products, "sku"), "kick-1");
  ls_record_set_text (record, ls_test_field (products, "category"), "Drums");
  ls_record_set_text (record, ls_test_field (products, "status"), "active");
  ls_record_set_integer (record, ls_test_field (products, "stock"), 7);
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      uint32_t hidden = ls_table_fit_hidden (many, G_N_ELEMENTS (many), cases[i].width, cases[i].dpi);
      g_autofree char *details =
          ls_table_fit_details (many, G_N_ELEMENTS (many), hidden, record, "EUR", NULL);

      g_assert_cmphex (hidden, ==, cases[i].hidden);
      g_assert_cmpstr (details, ==, cases[i].details);
    }
}

int
main (int   argc,
      char *argv[])
{
  app_test_init (&argc, &argv);

  g_test_add_func ("/table/fit", test_fit);
  g_test_add ("/table/requests", LsTestStore, NULL, ls_test_store_set_up, test_requests,
              ls_test_store_tear_down);
  return g_test_run ();
}
