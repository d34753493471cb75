/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "core/ls-digest.h"
#include "core/ls-error.h"
#include "core/ls-snapshot.h"

#define N_PRODUCTS 300

static const LsPosition position = { "0123456789abcdef0123456789abcdef", 42, 0xfeedfacecafebeef };

static LsRecord *
new_customer (void)
{
  const LsCollection *customers = ls_schema_collection (LS_CUSTOMERS);
  LsRecord *record = ls_record_new (customers, "ada");

  ls_record_set_text (record, (unsigned) ls_collection_field (customers, "name"), "Ada \"L\"\n");
  ls_record_set_text (record, (unsigned) ls_collection_field (customers, "email"),
                      "ada@example.org");
  return record;
}

static char *
write_snapshot (LsRole role)
{
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);
  g_autoptr (LsSnapshotWriter) writer =
      ls_snapshot_writer_new ("music", &position, ls_view_get (role, LS_SCHEMA_VERSION));
  g_autoptr (LsRecord) customer = new_customer ();

  ls_snapshot_writer_begin_collection (writer, products);
  for (int i = 0; i < N_PRODUCTS; i++)
    {
      g_autofree char *key = g_strdup_printf ("p%d", i);
      g_autoptr (LsRecord) record = ls_record_new (products, key);

      ls_record_set_text (record, (unsigned) ls_collection_field (products, "name"), key);
      ls_record_set_integer (record, (unsigned) ls_collection_field (products, "price"), i * 100);
      ls_snapshot_writer_add (writer, record);
    }
  ls_snapshot_writer_begin_collection (writer, ls_schema_collection (LS_ORDERS));
  ls_snapshot_writer_begin_collection (writer, ls_schema_collection (LS_CUSTOMERS));
  ls_snapshot_writer_add (writer, customer);
  ls_snapshot_writer_finish (writer);
  return ls_snapshot_writer_take_text (writer, NULL);
}

/* Reads in pieces of @step bytes. */
static bool
read_snapshot (const char        *text,
               size_t             step,
               LsSnapshotReader **ret_reader,
               GPtrArray         *records,
               GError           **error)
{
  g_autoptr (LsSnapshotReader) reader = ls_snapshot_reader_new ("music");
  size_t length = strlen (text);

  for (size_t at = 0; at < length; at += step)
    {
      g_autoptr (GPtrArray) some = NULL;

      if (!ls_snapshot_reader_feed (reader, text + at, MIN (step, length - at), error))
        return false;
      some = ls_snapshot_reader_take_records (reader);
      g_ptr_array_extend_and_steal (records, g_steal_pointer (&some));
    }
  if (!ls_snapshot_reader_end (reader, error))
    return false;
  if (ret_reader != NULL)
    *ret_reader = g_steal_pointer (&reader);
  return true;
}

static void
test_round_trip (void)
{
  static const size_t steps[] = { 1, 7, 4096, 1 << 20 };
  g_autofree char *text = write_snapshot (LS_ROLE_OWNER);
  g_autoptr (LsRecord) customer = new_customer ();

  for (size_t i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      g_autoptr (LsSnapshotReader) reader = NULL;
      g_autoptr (GPtrArray) records =
          g_ptr_array_new_with_free_func ((GDestroyNotify) ls_record_unref);
      g_autoptr (GError) error = NULL;

      g_assert_true (read_snapshot (text, steps[i], &reader, records, &error));
      g_assert_no_error (error);
      g_assert_cmpuint (records->len, ==, N_PRODUCTS + 1);
      g_assert_cmpint (ls_snapshot_reader_get_rows (reader), ==, N_PRODUCTS + 1);
      g_assert_true (ls_position_equal (ls_snapshot_reader_get_position (reader), &position));
      g_assert_cmpuint (ls_snapshot_reader_get_view (reader), ==,
                        ls_view_get_total_hash (ls_view_full ()));
      g_assert_cmpuint (ls_snapshot_reader_get_collections (reader), ==,
                        1 << LS_PRODUCTS | 1 << LS_ORDERS | 1 << LS_CUSTOMERS);
      g_assert_true (ls_record_equal (g_ptr_array_index (records, N_PRODUCTS), customer));
    }
}

static void
test_view (void)
{
  g_autofree char *text = write_snapshot (LS_ROLE_VIEWER);
  g_autoptr (GPtrArray) records = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_record_unref);
  g_autoptr (GError) error = NULL;
  const LsCollection *customers = ls_schema_collection (LS_CUSTOMERS);
  LsRecord *customer;

  g_assert_null (strstr (text, "ada@example.org"));
  g_assert_true (read_snapshot (text, 1000, NULL, records, &error));
  g_assert_no_error (error);
  customer = g_ptr_array_index (records, records->len - 1);
  g_assert_cmpstr (ls_record_get_key (customer), ==, "ada");
  g_assert_null (
      ls_record_get_text (customer, (unsigned) ls_collection_field (customers, "email")));
}

#define HEAD \
  "{\"t\":\"snapshot\",\"shop\":\"music\",\"epoch\":\"00\",\"version\":1," \
  "\"check\":\"0000000000000001\",\"view\":\"0000000000000002\"}\n"
#define EMPTY "{\"t\":\"end\",\"rows\":0,\"sums\":[]}\n"
#define PRODUCTS "{\"t\":\"rows\",\"c\":\"products\"}\n"

static void
test_bad (void)
{
  static const struct {
    const char *text;
    const char *words;
  } cases[] = {
    { "", "line 1 of the snapshot: it ends in the middle" },
    { HEAD, "line 2 of the snapshot: it ends in the middle" },
    { HEAD "{\"t\":\"end\",\"rows\":0,\"sums\":[]}", "ends in the middle" },
    { EMPTY, "line 1 of the snapshot: t: end does not belong here" },
    { HEAD HEAD, "line 2 of the snapshot: t: snapshot does not belong here" },
    { HEAD EMPTY EMPTY, "line 3 of the snapshot: something after the end" },
    { HEAD "{\"k\":\"a\",\"d\":{}}\n",
      "line 2 of the snapshot: a row that belongs to no collection" },
    { "{\"k\":\"a\",\"d\":{}}\n", "line 1 of the snapshot: a row that belongs to no collection" },
    { HEAD PRODUCTS "{\"k\":\"a\",\"d\":{\"price\":1.5}}\n", "line 3 of the snapshot: " },
    { HEAD PRODUCTS "{\"k\":\"a\",\"d\":{\"price\":\"x\"}}\n",
      "line 3 of the snapshot: price: text" },
    { HEAD PRODUCTS "{\"k\":\"\",\"d\":{}}\n", "line 3 of the snapshot: k: not a valid key" },
    { HEAD PRODUCTS "\n", "line 3 of the snapshot: " },
    { HEAD PRODUCTS PRODUCTS, "c: a collection that was there before" },
    { HEAD PRODUCTS EMPTY, "sums: not those of the collections that came" },
    { HEAD PRODUCTS "{\"k\":\"a\",\"d\":{}}\n" EMPTY, "rows: 1 came" },
    { HEAD PRODUCTS "{\"k\":\"a\",\"d\":{}}\n"
      "{\"t\":\"end\",\"rows\":1,\"sums\":[{\"c\":\"products\","
      "\"count\":1,\"hash\":\"0000000000000000\"}]}\n",
      "line 4 of the snapshot: sums[0].products: the rows that came do not add up" },
    { HEAD "{\"t\":\"more\"}\n", "line 2 of the snapshot: t: an unknown value" },
    { "{\"t\":\"snapshot\",\"shop\":\"other\",\"epoch\":\"00\",\"version\":1,"
      "\"check\":\"0000000000000001\",\"view\":\"0000000000000002\"}\n",
      "shop: another shop than the one asked for" },
    { "{\"t\":\"snapshot\",\"shop\":\"music\",\"epoch\":\"zz\",\"version\":1,"
      "\"check\":\"0000000000000001\",\"view\":\"0000000000000002\"}\n",
      "epoch: not hex digits" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GPtrArray) records =
          g_ptr_array_new_with_free_func ((GDestroyNotify) ls_record_unref);
      g_autoptr (GError) error = NULL;

      g_assert_false (read_snapshot (cases[i].text, 10, NULL, records, &error));
      g_test_message ("%s", error->message);
      g_assert_error (error, LS_ERROR, LS_ERROR_PROTOCOL);
      g_assert_nonnull (strstr (error->message, cases[i].words));
    }
}

static void
test_unknown_collection (void)
{
  static const char text[] =
      HEAD "{\"t\":\"rows\",\"c\":\"vouchers\"}\n{\"k\":\"a\",\"d\":{\"x\":1}}\n"
           "{\"t\":\"end\",\"rows\":1,\"sums\":[{\"c\":\"vouchers\",\"count\":1,"
           "\"hash\":\"00000000000000aa\"}]}\n";
  g_autoptr (GPtrArray) records = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_record_unref);
  g_autoptr (GError) error = NULL;

  g_assert_true (read_snapshot (text, 100, NULL, records, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (records->len, ==, 0);
}

static void
test_long_line (void)
{
  g_autoptr (LsSnapshotReader) reader = ls_snapshot_reader_new ("music");
  g_autofree char *text = g_strnfill (65536, 'x');
  g_autoptr (GError) error = NULL;
  unsigned fed = 0;

  while (ls_snapshot_reader_feed (reader, text, 65536, &error))
    g_assert_cmpuint (++fed, <=, 16);
  g_assert_error (error, LS_ERROR, LS_ERROR_PROTOCOL);
  g_assert_nonnull (strstr (error->message, "line 1 of the snapshot: longer than"));
}

/* How far edits were decided, as a header tells it. */
static void
test_edit_count (void)
{
  static const char *const bad[] = { NULL, "", "7", " 7", "0123456789abcdef0123456789abcdef",
                                     "0123456789abcdef0123456789abcdef ", "e -1", "e 1x", "e  1",
                                     "0123456789abcdef0123456789abcdef0 1" };
  LsEditCount count = { "0123456789abcdef0123456789abcdef", G_MAXINT64 };
  g_autofree char *text = ls_edit_count_to_text (&count);
  LsEditCount read;

  g_assert_true (ls_edit_count_from_text (text, &read));
  g_assert_cmpstr (read.epoch, ==, count.epoch);
  g_assert_cmpint (read.n, ==, count.n);
  for (size_t i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_assert_false (ls_edit_count_from_text (bad[i], &read));
      g_assert_cmpstr (read.epoch, ==, "");
      g_assert_cmpint (read.n, ==, 0);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/snapshot/round-trip", test_round_trip);
  g_test_add_func ("/snapshot/view", test_view);
  g_test_add_func ("/snapshot/bad", test_bad);
  g_test_add_func ("/snapshot/unknown-collection", test_unknown_collection);
  g_test_add_func ("/snapshot/long-line", test_long_line);
  g_test_add_func ("/snapshot/edit-count", test_edit_count);
  return g_test_run ();
}
