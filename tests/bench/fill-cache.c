/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Makes an account's cache, as if it had been synced: `fill-cache FOLDER ROWS` makes FOLDER/cache.db
 * with ROWS rows, a tenth of them products, the others orders, in the shop `bench`. With a URL and
 * a user before it, prints the name of the account's folder below the user's data and fills that. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "client/ls-account.h"
#include "client/ls-cache.h"

#define SHOP "bench"
#define BATCH 2000

static void
check (const GError *error)
{
  if (error != NULL)
    g_error ("%s", error->message);
}

static void
set_text (LsRecord   *record,
          const char *field,
          const char *text)
{
  ls_record_set_text (record, (unsigned) ls_collection_field (ls_record_get_collection (record), field), text);
}

static void
set_integer (LsRecord   *record,
             const char *field,
             int64_t     integer)
{
  ls_record_set_integer (record, (unsigned) ls_collection_field (ls_record_get_collection (record), field),
                         integer);
}

static LsRecord *
make_product (unsigned i)
{
  g_autofree char *key = g_strdup_printf ("product-%u", i);
  g_autofree char *name = g_strdup_printf ("Drum kit %u", (i * 7919) % 100003);
  LsRecord *record = ls_record_new (ls_schema_collection (LS_PRODUCTS), key);

  set_text (record, "name", name);
  set_text (record, "status", "active");
  set_integer (record, "price", 100 + i % 9900);
  set_integer (record, "stock", i % 500);
  return record;
}

static LsRecord *
make_order (unsigned i)
{
  static const char *const statuses[] = { "paid", "completed", "pending" };
  g_autofree char *key = g_strdup_printf ("order-%u", i);
  g_autofree char *number = g_strdup_printf ("%u", 10000 + i);
  g_autofree char *customer = g_strdup_printf ("Customer %u", (i * 7919) % 50021);
  LsRecord *record = ls_record_new (ls_schema_collection (LS_ORDERS), key);

  set_text (record, "number", number);
  set_text (record, "status", statuses[i % G_N_ELEMENTS (statuses)]);
  set_text (record, "currency", "EUR");
  set_text (record, "customer_name", customer);
  set_integer (record, "placed_at",
               INT64_C (1767225600000000) + i * INT64_C (60000000));
  set_integer (record, "total", 500 + i % 20000);
  return record;
}

static LsRecord *
make_shop (void)
{
  LsRecord *record = ls_record_new (ls_schema_collection (LS_SHOPS), SHOP);

  set_text (record, "name", "The shop");
  set_text (record, "currency", "EUR");
  set_text (record, "time_zone", "Europe/Paris");
  set_integer (record, "sample", 0);
  return record;
}

static void
fill (LsCache *cache,
      unsigned rows)
{
  LsPosition position = { "0123456789abcdef0123456789abcdef", 1, 1 };
  uint64_t view = ls_view_get_total_hash (ls_view_get (LS_ROLE_OWNER, LS_SCHEMA_VERSION));
  unsigned products = rows / 10;
  bool ready = false;
  g_autoptr (GError) error = NULL;

  ls_cache_name_shop (cache, SHOP, "The shop", "owner", &error);
  check (error);
  ls_cache_begin_snapshot (cache, SHOP, UINT32_MAX, NULL, &error);
  check (error);
  for (unsigned at = 0; at < rows;)
    {
      g_autoptr (GPtrArray) records =
          g_ptr_array_new_with_free_func ((GDestroyNotify) ls_record_unref);

      if (at == 0)
        g_ptr_array_add (records, make_shop ());
      for (; records->len < BATCH && at < rows; at++)
        g_ptr_array_add (records, at < products ? make_product (at) : make_order (at - products));
      ls_cache_add_snapshot_rows (cache, SHOP, records, &error);
      check (error);
    }
  while (!ready)
    {
      ls_cache_prepare_snapshot (cache, SHOP, &ready, &error);
      check (error);
    }
  ls_cache_finish_snapshot (cache, SHOP, &position, view, 0, &error);
  check (error);
  for (bool more = true; more;)
    {
      ls_cache_tidy (cache, &more, &error);
      check (error);
    }
}

int
main (int    argc,
      char **argv)
{
  g_autofree char *folder = argc == 5   ? ls_account_get_data_dir (argv[1], argv[2])
                            : argc == 3 ? g_strdup (argv[1])
                                        : NULL;
  unsigned rows = argc > 2 ? (unsigned) g_ascii_strtoull (argv[argc - 1], NULL, 10) : 0;
  g_autoptr (LsEnvironment) environment = NULL;
  g_autoptr (LsCache) cache = NULL;
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;
  int64_t begin;

  if (folder == NULL || rows == 0)
    {
      fputs ("Usage: fill-cache FOLDER ROWS\n       fill-cache URL USER account ROWS\n", stderr);
      return EXIT_FAILURE;
    }
  g_mkdir_with_parents (folder, 0700);
  path = g_build_filename (folder, "cache.db", NULL);
  environment = ls_system_environment_new ();
  cache = ls_cache_open (environment, path, NULL, &error);
  check (error);
  begin = g_get_monotonic_time ();
  fill (cache, rows);
  printf ("{\"bench\":\"fill\",\"rows\":%u,\"seconds\":%.3f,\"rows_per_s\":%.0f}\n", rows,
          (double) (g_get_monotonic_time () - begin) / 1e6,
          rows * 1e6 / (double) (g_get_monotonic_time () - begin));
  ls_cache_close (cache);
  ls_environment_stop (environment);
  return EXIT_SUCCESS;
}
