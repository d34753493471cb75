/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <locale.h>
#include <string.h>

#include "core/ls-error.h"
#include "server/import/ls-csv.h"
#include "server/import/ls-import-convert.h"
#include "server/import/ls-line-reader.h"

static GInputStream *
stream_of (const char *text,
           gssize      length)
{
  return g_memory_input_stream_new_from_data (
      g_memdup2 (text, (size_t) (length < 0 ? (gssize) strlen (text) : length)),
      length < 0 ? (gssize) strlen (text) : length, g_free);
}

/* Everything that comes, as "line: a|b|c" a record and "! line.field: why" a malformed one. */
static char *
read_all (const char         *text,
          gssize              length,
          const LsCsvOptions *options)
{
  g_autoptr (GInputStream) stream = stream_of (text, length);
  g_autoptr (LsCsv) csv = ls_csv_new (stream, options);
  g_autoptr (GError) error = NULL;
  GString *all = g_string_new (NULL);
  LsCsvStep step;

  while ((step = ls_csv_read (csv, &error)) != LS_CSV_END)
    {
      g_assert_no_error (error);
      if (all->len > 0)
        g_string_append_c (all, '/');
      if (step == LS_CSV_BAD)
        {
          const LsCsvProblem *problem = ls_csv_get_problem (csv);

          g_string_append_printf (all, "!%d.%u:%.12s", (int) problem->line, problem->field,
                                  problem->message);
          continue;
        }
      g_string_append_printf (all, "%d:", (int) ls_csv_get_line (csv));
      for (unsigned i = 0; i < ls_csv_get_n_fields (csv); i++)
        g_string_append_printf (all, "%s%s", i > 0 ? "|" : "", ls_csv_get_field (csv, i));
    }
  g_assert_cmpint (ls_csv_get_offset (csv), ==,
                   length < 0 ? (int64_t) strlen (text) : (int64_t) length);
  return g_string_free (all, FALSE);
}

static void
test_records (void)
{
  static const struct {
    const char *text;
    const char *expected;
  } cases[] = {
    { "", "" },
    { "a", "1:a" },
    { "a,b\n", "1:a|b" },
    { "a,b\r\nc,d\r\n", "1:a|b/2:c|d" },
    { "a,b\nc,d", "1:a|b/2:c|d" },
    { ",\n", "1:|" },
    { "a,\n,b", "1:a|/2:|b" },
    { "\"\"\n", "1:" },
    { "\"a\"", "1:a" },
    { "\"a,b\",c", "1:a,b|c" },
    { "\"a \"\"b\"\" c\"", "1:a \"b\" c" },
    { "\"\"\"\"", "1:\"" },
    { "\"a\nb\",c\nd", "1:a\nb|c/3:d" },
    { "\"a\r\nb\",c\r\nd", "1:a\r\nb|c/3:d" },
    { "\n\n\r\na\n\n\nb\n\n", "4:a/7:b" },
    { "\xef\xbb\xbfname,x\n", "1:name|x" },
    { "\xef\xbb\xbf", "" },
    { " a , b ", "1: a | b " },
    { "caf\xc3\xa9,\xe6\x97\xa5\xe6\x9c\xac", "1:caf\xc3\xa9|\xe6\x97\xa5\xe6\x9c\xac" },
    /* Malformed, each with its place; what follows is read. */
    { "a,b\"c\nd", "!1.2:a quote insi/2:d" },
    { "a,\"b\"c\nd", "!1.2:something be/2:d" },
    { "a,\"b\"\"\nd\ne", "!1.2:a quote that" },
    { "x\na,\"b\n\nc", "1:x/!2.2:a quote that" },
    { "a\rb\nc", "!1.1:a carriage r/2:c" },
    { "\"a\"\rb\nc", "!1.1:a carriage r/2:c" },
    { "\r", "!1.1:a carriage r" },
    { "ok\nb\xff\nc", "1:ok/!2.1:bytes that a/3:c" },
    { "b,\"\xed\xa0\x80\"\nc", "!1.2:bytes that a/2:c" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *all = read_all (cases[i].text, -1, NULL);

      g_test_message ("%s", cases[i].text);
      g_assert_cmpstr (all, ==, cases[i].expected);
    }
}

static void
test_nul (void)
{
  g_autofree char *all = read_all ("a,b\0c\nd", 7, NULL);

  g_assert_cmpstr (all, ==, "!1.2:a zero byte:/2:d");
}

static void
test_dialects (void)
{
  static const LsCsvOptions semicolons = { .delimiter = ';' };
  static const LsCsvOptions tabs = { .delimiter = '\t', .quote = '\'' };
  g_autofree char *a = read_all ("a;b,c;\"d;e\"\n", -1, &semicolons);
  g_autofree char *b = read_all ("a\t'b\tc'\t\"d\"\n", -1, &tabs);

  g_assert_cmpstr (a, ==, "1:a|b,c|d;e");
  g_assert_cmpstr (b, ==, "1:a|b\tc|\"d\"");
}

static void
test_limits (void)
{
  static const LsCsvOptions small = {
    .max_field_bytes = 4, .max_record_bytes = 10, .max_fields = 3,
  };
  static const struct {
    const char *text;
    const char *expected;
  } cases[] = {
    { "abcd,abcd\nx", "1:abcd|abcd/2:x" },
    { "abcde\nx", "!1.1:the field is/2:x" },
    { "\"abc\ndef\"\nx", "!1.1:the field is/3:x" },
    { "a,b,c,d\nx", "!1.3:more fields /2:x" },
    { "abcd,abcd,ab\nx", "!1.3:the record i/2:x" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *all = read_all (cases[i].text, -1, &small);

      g_assert_cmpstr (all, ==, cases[i].expected);
    }
}

/* Ends of lines and quotes on the seams of the buffer. */
static void
test_seams (void)
{
  for (size_t pad = 64 * 1024 - 6; pad <= 64 * 1024 + 6; pad++)
    {
      g_autoptr (GString) text = g_string_new (NULL);
      g_autoptr (GInputStream) stream = NULL;
      g_autoptr (LsCsv) csv = NULL;

      for (size_t i = 0; i < pad; i++)
        g_string_append_c (text, 'x');
      g_string_append (text, "\r\n\r\n\"a\"\"\r\nb\",c\r\nd");
      stream = stream_of (text->str, (gssize) text->len);
      csv = ls_csv_new (stream, NULL);
      g_assert_cmpint (ls_csv_read (csv, NULL), ==, LS_CSV_RECORD);
      g_assert_cmpuint (strlen (ls_csv_get_field (csv, 0)), ==, pad);
      g_assert_cmpint (ls_csv_read (csv, NULL), ==, LS_CSV_RECORD);
      g_assert_cmpint (ls_csv_get_line (csv), ==, 3);
      g_assert_cmpstr (ls_csv_get_field (csv, 0), ==, "a\"\r\nb");
      g_assert_cmpstr (ls_csv_get_field (csv, 1), ==, "c");
      g_assert_cmpint (ls_csv_read (csv, NULL), ==, LS_CSV_RECORD);
      g_assert_cmpint (ls_csv_get_line (csv), ==, 5);
      g_assert_cmpint (ls_csv_read (csv, NULL), ==, LS_CSV_END);
    }
}

static void
test_lines (void)
{
  g_autoptr (GInputStream) stream = stream_of ("one\r\n\nfar too long\nend", -1);
  g_autoptr (LsLineReader) lines = ls_line_reader_new (stream, 8);
  const char *line = NULL;
  size_t length = 0;

  g_assert_cmpint (ls_line_reader_read (lines, &line, &length, NULL), ==, LS_LINE_READ);
  g_assert_cmpstr (line, ==, "one");
  g_assert_cmpint (ls_line_reader_read (lines, &line, &length, NULL), ==, LS_LINE_READ);
  g_assert_cmpuint (length, ==, 0);
  g_assert_cmpint (ls_line_reader_read (lines, &line, &length, NULL), ==, LS_LINE_TOO_LONG);
  g_assert_cmpint (ls_line_reader_get_line (lines), ==, 3);
  g_assert_cmpint (ls_line_reader_read (lines, &line, &length, NULL), ==, LS_LINE_READ);
  g_assert_cmpstr (line, ==, "end");
  g_assert_cmpint (ls_line_reader_read (lines, &line, &length, NULL), ==, LS_LINE_END);
  g_assert_cmpint (ls_line_reader_get_offset (lines), ==, 22);
}

/* Seconds since the epoch, or -1. */
static int64_t
parse_time (const char *text,
            const char *format,
            const char *zone_name)
{
  g_autoptr (GTimeZone) zone = g_time_zone_new_identifier (zone_name);
  int64_t time = 0;

  if (format != NULL)
    {
      g_autoptr (GError) error = NULL;

      ls_import_check_format (format, &error);
      g_assert_no_error (error);
    }
  if (!ls_import_parse_time (text, format, zone, &time))
    return -1;
  return time;
}

static void
test_times (void)
{
  static const struct {
    const char *text;
    const char *format;
    const char *zone;
    int64_t expected;
  } cases[] = {
    { "2026-01-02", NULL, "UTC", 1767312000000000 },
    { "2026-01-02 03:04:05", NULL, "UTC", 1767323045000000 },
    { "2026-01-02T03:04:05.25Z", NULL, "Europe/Berlin", 1767323045250000 },
    { "02.01.2026 04:04", "%d.%m.%Y %H:%M", "Europe/Berlin", 1767323040000000 },
    { "2.1.26", "%d.%m.%y", "UTC", 1767312000000000 },
    { "Jan 2, 2026", "%b %d, %Y", "UTC", 1767312000000000 },
    { "2026-01-02 05:04:05 +0200", "%Y-%m-%d %H:%M:%S %z", "UTC", 1767323045000000 },
    { "2026-01-02 03:04:05.123456789", "%Y-%m-%d %H:%M:%S.%f", "UTC", 1767323045123456 },
    { "2026-01-02 03:04:05.5", "%Y-%m-%d %H:%M:%S.%f", "UTC", 1767323045500000 },
    { "1767323045", "unix", "UTC", 1767323045000000 },
    { "1767323045250", "unix-ms", "UTC", 1767323045250000 },
    { "1767323045250001", "unix-us", "UTC", 1767323045250001 },
    { "2026-02-30", "%Y-%m-%d", "UTC", -1 },
    { "2026-01-02x", "%Y-%m-%d", "UTC", -1 },
    { "2026-01", "%Y-%m-%d", "UTC", -1 },
    { "99999999999999999", "unix", "UTC", -1 },
    { "soon", NULL, "UTC", -1 },
    { "", "%Y", "UTC", -1 },
  };
  static const char *const bad[] = { "", "yesterday", "%Q", "%Y-%", "%A" };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_test_message ("%s by %s", cases[i].text, cases[i].format);
      g_assert_cmpint (parse_time (cases[i].text, cases[i].format, cases[i].zone), ==,
                       cases[i].expected);
    }
  for (size_t i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (ls_import_check_format (bad[i], NULL));
}

typedef struct {
  LsCollectionId collection;
  const char *field;
  const char *text;
  LsValueKind kind;
  int64_t integer;
  const char *expected;
} Conversion;

static const LsField *
field_of (const Conversion *conversion)
{
  const LsCollection *collection = ls_schema_collection (conversion->collection);

  return &collection->fields[ls_collection_field (collection, conversion->field)];
}

static bool
convert (const Conversion *conversion,
         LsValue          *value,
         GError          **error)
{
  static const char *const yes[] = { "ja", "wahr", NULL };
  static const char *const no[] = { "nein", NULL };
  g_autoptr (GHashTable) values = g_hash_table_new (g_str_hash, g_str_equal);
  const LsImportConversion german = {
    .currency = "EUR", .decimal = ',', .group = '.', .true_words = yes, .false_words = no,
    .values = values,
  };

  g_hash_table_insert (values, (gpointer) "Im Verkauf", (gpointer) "active");
  return ls_import_convert (field_of (conversion), &german, conversion->text, value, error);
}

static void
test_convert (void)
{
  static const Conversion cases[] = {
    { LS_PRODUCTS, "price", "1.234,50", LS_VALUE_INTEGER, 123450, NULL },
    { LS_PRODUCTS, "price", "-0,05", LS_VALUE_INTEGER, -5, NULL },
    { LS_PRODUCTS, "price", "", LS_VALUE_NULL, 0, NULL },
    { LS_PRODUCTS, "stock", " 1.200 ", LS_VALUE_INTEGER, 1200, NULL },
    { LS_PRODUCTS, "stock", "+7", LS_VALUE_INTEGER, 7, NULL },
    { LS_PRODUCTS, "downloadable", "JA", LS_VALUE_INTEGER, 1, NULL },
    { LS_PRODUCTS, "downloadable", "nein", LS_VALUE_INTEGER, 0, NULL },
    { LS_PRODUCTS, "status", "active", LS_VALUE_TEXT, 0, "active" },
    { LS_PRODUCTS, "status", "Im Verkauf", LS_VALUE_TEXT, 0, "active" },
    { LS_PRODUCTS, "name", "two\r\nlines", LS_VALUE_TEXT, 0, "two\nlines" },
    { LS_PRODUCTS, "name", "Cafe\xcc\x81", LS_VALUE_TEXT, 0, "Caf\xc3\xa9" },
    { LS_PRODUCTS, "created_at", "2026-01-02", LS_VALUE_INTEGER, 1767312000000000, NULL },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_auto (LsValue) value = LS_VALUE_INIT;

      convert (&cases[i], &value, &error);
      g_assert_no_error (error);
      g_assert_cmpint (value.kind, ==, cases[i].kind);
      g_assert_cmpint (ls_value_get_integer (&value, 0), ==, cases[i].integer);
      g_assert_cmpstr (ls_value_get_text (&value), ==, cases[i].expected);
    }
}

static void
test_convert_problems (void)
{
  static const Conversion bad[] = {
    { LS_PRODUCTS, "price", "12,345", LS_VALUE_NULL, 0, NULL },
    { LS_PRODUCTS, "price", "12 EUR", LS_VALUE_NULL, 0, NULL },
    { LS_PRODUCTS, "stock", "3.5x", LS_VALUE_NULL, 0, NULL },
    { LS_PRODUCTS, "stock", "99999999999", LS_VALUE_NULL, 0, NULL },
    { LS_PRODUCTS, "stock", "99999999999999999999", LS_VALUE_NULL, 0, NULL },
    { LS_PRODUCTS, "downloadable", "maybe", LS_VALUE_NULL, 0, NULL },
    { LS_PRODUCTS, "status", "gone", LS_VALUE_NULL, 0, NULL },
    { LS_PRODUCTS, "name", "", LS_VALUE_NULL, 0, NULL },
    { LS_PRODUCTS, "name", "a\x01" "b", LS_VALUE_NULL, 0, NULL },
    { LS_PRODUCTS, "created_at", "1960-01-01", LS_VALUE_NULL, 0, NULL },
    { LS_ORDERS, "currency", "euro", LS_VALUE_NULL, 0, NULL },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;
      LsValue value = LS_VALUE_INIT;

      g_test_message ("%s “%s”", bad[i].field, bad[i].text);
      g_assert_false (convert (&bad[i], &value, &error));
      g_assert_error (error, LS_ERROR, LS_ERROR_VALIDATION);
      g_assert_cmpint (value.kind, ==, LS_VALUE_NULL);
    }
}

int
main (int    argc,
      char **argv)
{
  setlocale (LC_ALL, "");
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/csv/records", test_records);
  g_test_add_func ("/csv/nul", test_nul);
  g_test_add_func ("/csv/dialects", test_dialects);
  g_test_add_func ("/csv/limits", test_limits);
  g_test_add_func ("/csv/seams", test_seams);
  g_test_add_func ("/csv/lines", test_lines);
  g_test_add_func ("/csv/times", test_times);
  g_test_add_func ("/csv/convert", test_convert);
  g_test_add_func ("/csv/convert/problems", test_convert_problems);

  return g_test_run ();
}
