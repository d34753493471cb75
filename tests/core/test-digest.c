/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include <xxhash.h>

#include "core/ls-calendar.h"
#include "core/ls-digest.h"

/*
 * The bytes are written out here by hand, as docs/protocol.md gives them: a change of the encoding
 * fails this test and needs a new protocol version. The hashes of the document are read out of it
 * and compared.
 */

static void
test_bytes (void)
{
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);
  static const char row[] = "products\0p-1";
  static const char price[] = "products\0p-1\0price\0i\xb0\x04\0\0\0\0\0\0";
  static const char name[] = "products\0p-1\0name\0tCaf\xc3\xa9";
  LsValue amount = ls_value_integer (1200);
  g_auto (LsValue) text = ls_value_text ("Caf\xc3\xa9");
  LsValue null = LS_VALUE_INIT;

  g_assert_cmphex (ls_digest_field (products, "p-1", LS_DIGEST_ROW_FIELD, NULL), ==,
                   XXH3_64bits (row, sizeof row));
  g_assert_cmphex (ls_digest_field (products, "p-1", (unsigned) ls_collection_field (products, "price"), &amount),
                   ==, XXH3_64bits (price, sizeof price - 1));
  g_assert_cmphex (ls_digest_field (products, "p-1", (unsigned) ls_collection_field (products, "name"), &text),
                   ==, XXH3_64bits (name, sizeof name - 1));
  g_assert_cmphex (ls_digest_field (products, "p-1", 0, &null), ==, 0);
}

static void
check_vector (char **cells)
{
  const LsCollection *collection = ls_schema_find_collection (cells[1]);
  uint64_t expected = g_ascii_strtoull (cells[5], NULL, 16);
  g_auto (LsValue) value = LS_VALUE_INIT;
  unsigned field = LS_DIGEST_ROW_FIELD;

  g_assert_nonnull (collection);
  g_assert_cmpuint (strlen (cells[5]), ==, 16);
  if (cells[3][0] != '\0')
    field = (unsigned) ls_collection_field (collection, cells[3]);
  if (cells[4][0] == '"')
    value = ls_value_text_len (cells[4] + 1, strlen (cells[4]) - 2);
  else if (cells[4][0] != '\0')
    value = ls_value_integer (g_ascii_strtoll (cells[4], NULL, 10));
  g_assert_cmphex (ls_digest_field (collection, cells[2], field, &value), ==, expected);
}

/* What docs/protocol.md promises to whoever writes a client of his own. */
static void
test_document (void)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "..", "docs", "protocol.md", NULL);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  int n_vectors = -1;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    {
      g_auto (GStrv) cells = NULL;

      if (g_str_has_prefix (*line, "| collection | key |"))
        n_vectors = 0;
      if (n_vectors < 0 || !g_str_has_prefix (*line, "| ") || strstr (*line, "hash |") != NULL)
        continue;
      cells = g_strsplit (*line, "|", -1);
      g_assert_cmpuint (g_strv_length (cells), ==, 7);
      for (char **cell = cells; *cell != NULL; cell++)
        g_strstrip (*cell);
      check_vector (cells);
      n_vectors++;
    }
  g_assert_cmpint (n_vectors, ==, 8);
}

static void
test_long_value (void)
{
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);
  unsigned description = (unsigned) ls_collection_field (products, "description");
  g_autofree char *text = g_strnfill (65536, 'd');
  g_autofree char *bytes = g_malloc0 (65536 + 64);
  g_auto (LsValue) value = ls_value_text (text);
  static const char head[] = "products\0p\0description\0t";

  memcpy (bytes, head, sizeof head - 1);
  memcpy (bytes + sizeof head - 1, text, 65536);
  g_assert_cmphex (ls_digest_field (products, "p", description, &value), ==,
                   XXH3_64bits (bytes, sizeof head - 1 + 65536));
}

static LsRecord *
random_order (const LsCollection *orders,
              int                 key)
{
  g_autofree char *text = g_strdup_printf ("o%d", key);
  LsRecord *record = ls_record_new (orders, text);

  ls_record_set_text (record, (unsigned) ls_collection_field (orders, "number"), text);
  if (g_test_rand_int_range (0, 4) > 0)
    ls_record_set_integer (record, (unsigned) orders->day_field, g_test_rand_int_range (20000, 20400));
  ls_record_set_integer (record, (unsigned) ls_collection_field (orders, "total"), g_test_rand_int_range (0, 4));
  return record;
}

/* After any history the digest is that of the rows there are, bucket by bucket, through every mask.
 * */
static void
test_follows (void)
{
  const LsCollection *orders = ls_schema_collection (LS_ORDERS);
  g_autoptr (GPtrArray) rows = g_ptr_array_new ();
  g_autoptr (LsDigest) digest = ls_digest_new (orders);
  g_autoptr (LsDigest) fresh = ls_digest_new (orders);
  LsDigestSum total;
  uint64_t mask = (UINT64_C (1) << ls_collection_field (orders, "total")) | 1;

  g_ptr_array_set_size (rows, 40);
  for (int step = 0; step < 4000; step++)
    {
      unsigned i = (unsigned) g_test_rand_int_range (0, 40);
      LsRecord *before = g_ptr_array_index (rows, i);
      LsRecord *after = g_test_rand_int_range (0, 3) > 0 ? random_order (orders, (int) i) : NULL;

      ls_digest_replace (digest, before, after);
      if (before != NULL)
        ls_record_unref (before);
      g_ptr_array_index (rows, i) = after;
    }
  total = (LsDigestSum) { 0, 0 };
  for (unsigned i = 0; i < rows->len; i++)
    if (g_ptr_array_index (rows, i) != NULL)
      {
        LsRecord *record = g_ptr_array_index (rows, i);

        ls_digest_replace (fresh, NULL, record);
        total.count++;
        total.hash ^= ls_digest_record (record, mask);
      }
  g_assert_true (ls_digest_equal (digest, fresh, UINT64_MAX));
  g_assert_cmpint (ls_digest_get_total (digest, mask).count, ==, total.count);
  g_assert_cmphex (ls_digest_get_total (digest, mask).hash, ==, total.hash);
  for (unsigned i = 0; i < rows->len; i++)
    if (g_ptr_array_index (rows, i) != NULL)
      {
        ls_digest_replace (digest, g_ptr_array_index (rows, i), NULL);
        ls_record_unref (g_ptr_array_index (rows, i));
      }
  g_assert_cmphex (ls_digest_get_total (digest, UINT64_MAX).hash, ==, 0);
  g_assert_cmpint (ls_digest_get_total (digest, UINT64_MAX).count, ==, 0);
}

static void
test_checkpoint (void)
{
  const LsCollection *orders = ls_schema_collection (LS_ORDERS);
  g_autoptr (LsDigest) digest = ls_digest_new (orders);
  g_autoptr (LsDigest) read = NULL;
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  size_t used = 0;

  for (int i = 0; i < 500; i++)
    {
      g_autoptr (LsRecord) record = random_order (orders, i);

      ls_digest_replace (digest, NULL, record);
    }
  ls_digest_serialize (digest, bytes);
  read = ls_digest_deserialize (orders, bytes->data, bytes->len, &used, NULL);
  g_assert_nonnull (read);
  g_assert_cmpuint (used, ==, bytes->len);
  g_assert_true (ls_digest_equal (digest, read, UINT64_MAX));
  for (size_t length = 0; length < bytes->len; length += 7)
    g_assert_null (ls_digest_deserialize (orders, bytes->data, length, &used, NULL));
  g_assert_null (ls_digest_deserialize (ls_schema_collection (LS_FAVORITES), bytes->data, bytes->len, &used, NULL));
}

static void
test_buckets (void)
{
  const LsCollection *orders = ls_schema_collection (LS_ORDERS);
  static const struct {
    const char *day;
    uint32_t bucket;
  } months[] = {
    { "1970-01-01", 1 }, { "1970-01-31", 1 },  { "1970-02-01", 2 },  { "1999-12-31", 360 },
    { "2000-02-29", 362 }, { "2000-03-01", 363 }, { "2026-11-20", 683 }, { "2100-02-28", 1562 }, { "2100-03-01", 1563 },
  };
  g_autoptr (GTimeZone) utc = g_time_zone_new_utc ();

  for (size_t i = 0; i < G_N_ELEMENTS (months); i++)
    {
      g_autoptr (LsRecord) record = ls_record_new (orders, "o");
      int64_t time = 0;

      g_assert_true (ls_calendar_parse_time (months[i].day, utc, &time));
      ls_record_set_integer (record, (unsigned) orders->day_field, time / LS_USEC_PER_DAY);
      g_assert_cmpuint (ls_digest_bucket (record), ==, months[i].bucket);
    }
}

static void
test_check_chain (void)
{
  static const uint8_t version[] = { 'x', 'y' };
  uint8_t bytes[10] = { 8, 7, 6, 5, 4, 3, 2, 1, 'x', 'y' };

  g_assert_cmphex (ls_digest_next_check (UINT64_C (0x0102030405060708), version, 2), ==,
                   XXH3_64bits (bytes, sizeof bytes));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/digest/bytes", test_bytes);
  g_test_add_func ("/digest/document", test_document);
  g_test_add_func ("/digest/long-value", test_long_value);
  g_test_add_func ("/digest/follows", test_follows);
  g_test_add_func ("/digest/checkpoint", test_checkpoint);
  g_test_add_func ("/digest/buckets", test_buckets);
  g_test_add_func ("/digest/check-chain", test_check_chain);
  return g_test_run ();
}
