/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <locale.h>
#include <string.h>

#include "core/ls-error.h"
#include "ls-test-dir.h"
#include "server/import/ls-import-csv.h"
#include "server/import/ls-import-ndjson.h"
#include "server/import/ls-import-woocommerce.h"

static LsImportTarget *
target (void)
{
  static LsImportTarget music = { .shop = (char *) "music", .currency = (char *) "EUR" };

  if (music.zone == NULL)
    music.zone = g_time_zone_new_identifier ("Europe/Berlin");
  return &music;
}

static GInputStream *
stream_of (const char *text)
{
  return g_memory_input_stream_new_from_data (g_strdup (text), (gssize) strlen (text), g_free);
}

static void
append_value (GString       *text,
              const LsValue *value)
{
  if (value->kind == LS_VALUE_INTEGER)
    g_string_append_printf (text, "%" G_GINT64_FORMAT, value->integer);
  else
    g_string_append (text, value->text);
}

/* "line collection key field=value …", the fields that the source speaks of and that have a value.
 */
static char *
describe (const LsImportRow *row)
{
  const LsCollection *collection = ls_record_get_collection (row->record);
  GString *text = g_string_new (NULL);

  g_string_printf (text, "%d %s %s", (int) row->line, collection->name,
                   ls_record_get_key (row->record));
  for (unsigned i = 0; i < collection->n_fields; i++)
    {
      const LsValue *value = ls_record_get (row->record, i);

      if (!(row->fields & (UINT64_C (1) << i)) || value->kind == LS_VALUE_NULL)
        continue;
      g_string_append_printf (text, " %s=", collection->fields[i].name);
      append_value (text, value);
    }
  return g_string_free (text, FALSE);
}

/* All that comes, a line each: rows, "! line field: message", "~" for those passed over. */
static char *
read_all (LsImportReader *reader)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);

  for (;;)
    {
      g_auto (LsImportRow) row = { NULL };
      g_auto (LsImportProblem) problem = { NULL };
      g_autoptr (GError) error = NULL;
      LsImportStep step = ls_import_reader_next (reader, &row, &problem, &error);

      g_assert_true ((step == LS_IMPORT_FAILED) == (error != NULL));
      g_assert_true ((step == LS_IMPORT_BAD) == (problem.message != NULL));
      g_assert_true ((step == LS_IMPORT_ROW) == (row.record != NULL));
      if (step == LS_IMPORT_END)
        break;
      if (step == LS_IMPORT_ROW)
        g_ptr_array_add (lines, describe (&row));
      else if (step == LS_IMPORT_PASSED)
        g_ptr_array_add (lines, g_strdup ("~"));
      else if (step == LS_IMPORT_BAD)
        g_ptr_array_add (lines, g_strdup_printf ("! %d %s: %s", (int) problem.line,
                                                 problem.field != NULL ? problem.field : "-",
                                                 problem.message));
      else
        {
          g_ptr_array_add (lines, g_strdup_printf ("# %s", error->message));
          break;
        }
    }
  g_ptr_array_add (lines, NULL);
  return g_strjoinv ("\n", (char **) lines->pdata);
}

static char *
join_ignored (LsImportReader *reader)
{
  g_autoptr (GPtrArray) ignored = ls_import_reader_list_ignored (reader);

  g_ptr_array_add (ignored, NULL);
  return g_strjoinv ("|", (char **) ignored->pdata);
}

static void
check_ndjson (const char         *text,
              const LsCollection *collection,
              const char         *expected)
{
  g_autoptr (GInputStream) stream = stream_of (text);
  g_autoptr (LsImportReader) reader = ls_import_ndjson_new (stream, collection, target ());
  g_autofree char *all = read_all (reader);

  g_assert_cmpstr (all, ==, expected);
  g_assert_cmpint (ls_import_reader_get_offset (reader), ==, (int64_t) strlen (text));
}

static void
test_ndjson (void)
{
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);

  check_ndjson ("{\"k\":\"a\",\"d\":{\"name\":\"Drums\",\"status\":\"active\",\"price\":1990,"
                "\"downloadable\":true,\"stock\":null,\"units_sold\":7}}\n\n",
                products,
                "1 products a name=Drums status=active price=1990 downloadable=1");
  /* The lines of a snapshot. */
  check_ndjson ("{\"t\":\"snapshot\",\"shop\":\"x\"}\n{\"t\":\"rows\",\"c\":\"categories\"}\n"
                "{\"k\":\"c\",\"d\":{\"name\":\"Kits\"}}\n{\"t\":\"end\",\"rows\":1,\"sums\":[]}",
                NULL, "~\n~\n3 categories c name=Kits\n~");
  /* Derived rows, and the row of another shop. */
  check_ndjson ("{\"t\":\"rows\",\"c\":\"stats\"}\n{\"k\":\"a\",\"d\":{\"orders\":1}}\n"
                "{\"t\":\"rows\",\"c\":\"shops\"}\n"
                "{\"k\":\"other\",\"d\":{\"name\":\"Other\",\"currency\":\"USD\","
                "\"time_zone\":\"UTC\",\"sample\":false}}\n"
                "{\"k\":\"music\",\"d\":{\"name\":\"Mine\",\"currency\":\"EUR\","
                "\"time_zone\":\"UTC\",\"sample\":false}}\n",
                NULL, "~\n~\n~\n~\n5 shops music name=Mine currency=EUR time_zone=UTC sample=0");
}

static void
test_ndjson_problems (void)
{
  static const struct {
    const char *line;
    const char *expected;
  } cases[] = {
    { "{\"k\":\"a\",\"d\":{\"name\":\"x\"}}", "! 1 status: a value is required" },
    { "{\"k\":\"a\",\"d\":{\"name\":\"x\",\"status\":\"active\",\"prize\":1}}",
      "! 1 prize: products have no such field" },
    { "{\"k\":\"a\",\"d\":{\"name\":5,\"status\":\"active\"}}",
      "! 1 name: a number where text belongs" },
    { "{\"k\":\"a\",\"d\":{\"name\":\"x\",\"status\":\"active\",\"stock\":10000000000}}",
      "! 1 stock: 10000000000 is not between -1000000000 and 1000000000" },
    { "{\"k\":\"a\",\"d\":{\"name\":\"x\",\"status\":\"active\",\"price\":1.5}}",
      "! 1 price: a number that is no integer" },
    { "{\"k\":\"a\",\"d\":{\"name\":\"x\",\"name\":\"y\"}}",
      "! 1 name: the same name twice in one object" },
    { "{\"k\":\" a\",\"d\":{}}", "! 1 k: not a valid key" },
    { "{\"key\":\"a\",\"d\":{}}", "! 1 k: missing" },
    { "{\"k\":\"a\"}", "! 1 d: missing" },
    { "[1]", "! 1 -: not an object" },
    { "{\"t\":\"rows\",\"c\":\"prodcuts\"}", "! 1 c: there is no such collection" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GInputStream) stream = stream_of (cases[i].line);
      g_autoptr (LsImportReader) reader =
          ls_import_ndjson_new (stream, ls_schema_collection (LS_PRODUCTS), target ());
      g_autofree char *all = read_all (reader);

      g_test_message ("%s: %s", cases[i].line, all);
      if (!g_str_has_prefix (all, cases[i].expected))
        g_assert_cmpstr (all, ==, cases[i].expected);
    }
  check_ndjson ("{\"k\":\"a\",\"d\":{}}", NULL,
                "! 1 -: of which collection? Name the file after it, or put a line "
                "{\"t\":\"rows\",\"c\":\"…\"} before");
}

/* After a bad line the next one is read. */
static void
test_ndjson_goes_on (void)
{
  check_ndjson ("{\"k\":\n{\"k\":\"b\",\"d\":{\"name\":\"Kits\"}}\nnonsense\n"
                "{\"k\":\"c\",\"d\":{\"name\":\"Pads\"}}\n",
                ls_schema_collection (LS_CATEGORIES),
                "! 1 k: the text ends in the middle (truncated, byte 5)\n2 categories b name=Kits\n"
                "! 3 -: a byte that may not stand here (syntax, byte 1)\n4 categories c name=Pads");
}

static LsImportReader *
open_woo (const char *text)
{
  g_autoptr (GInputStream) stream = stream_of (text);
  g_autoptr (GError) error = NULL;
  LsImportReader *reader = ls_import_woocommerce_new (stream, target (), &error);

  g_assert_no_error (error);
  return reader;
}

static void
test_woo (void)
{
  g_autoptr (LsImportReader) reader = open_woo (
      "\xef\xbb\xbf" "ID,Type,SKU,Name,Published,Description,\"In stock?\",Stock,\"Sale price\","
      "\"Regular price\",Categories,Tags,Images,Parent,Position,\"Download limit\","
      "\"Download 1 name\",\"Download 1 URL\",\"Meta: x\"\r\n"
      "9,variation,kit-b,Kit - Basic,1,,1,parent,,19.9,,,,kit,2,,,,\r\n"
      "7,variable,kit,Kit,1,\"Two\\nlines, and \"\"quotes\"\"\",0,,,,\"Packs > Drums, Sale\","
      "\"808, a\\,b\",\"https://x.example/1.jpg, https://x.example/2.jpg\",,0,3,Kit,"
      "https://x.example/kit.zip,m\r\n"
      "8,\"simple, downloadable, virtual\",,Loop,-1,,1,5,10,12.50,Packs > Drums,,,,0,,,,\r\n");
  g_autofree char *all = read_all (reader);
  g_autofree char *ignored = join_ignored (reader);

  g_assert_cmpstr (
      all, ==,
      "2 variants woo:9 product=woo:7 name=Kit - Basic sku=kit-b price=1990 position=2\n"
      "3 products woo:7 name=Kit sku=kit status=active category=Packs > Drums "
      "description=Two\nlines, and \"quotes\" stock=0 image=https://x.example/1.jpg "
      "tags=808, a,b downloadable=0\n"
      "3 categories category:Packs name=Packs\n"
      "3 categories category:Packs>Drums name=Drums parent=category:Packs\n"
      "3 categories category:Sale name=Sale\n"
      "3 images image:woo:7/1 product=woo:7 url=https://x.example/1.jpg alt=Kit position=0\n"
      "3 images image:woo:7/2 product=woo:7 url=https://x.example/2.jpg alt=Kit position=1\n"
      "3 downloads file:woo:7/1 product=woo:7 file=Kit limit=3\n"
      "4 products woo:8 name=Loop status=draft category=Packs > Drums price=1250 "
      "sale_price=1000 stock=5 downloadable=1");
  g_assert_cmpstr (ignored, ==, "Meta: x");
}

/* Without ids the SKU is the key, whatever it looks like. */
static void
test_woo_sku (void)
{
  g_autoptr (LsImportReader) reader =
      open_woo ("Type,SKU,Name,Parent\n"
                "simple,a-very-long-stock-keeping-unit-that-is-no-key-any-more-as-it-is,A,\n"
                "variation,v,V,a-very-long-stock-keeping-unit-that-is-no-key-any-more-as-it-is\n"
                "variation,w,W,id:12\n");
  g_autofree char *all = read_all (reader);
  g_auto (GStrv) lines = g_strsplit (all, "\n", -1);
  g_auto (GStrv) words = g_strsplit (lines[0], " ", 4);
  g_autofree char *variant = g_strdup_printf ("3 variants sku:v product=%s name=V sku=v", words[2]);

  g_assert_true (g_str_has_prefix (words[2], "sku:#"));
  g_assert_true (ls_key_is_valid (words[2]));
  g_assert_cmpstr (lines[1], ==, variant);
  g_assert_cmpstr (lines[2], ==, "4 variants sku:w product=woo:12 name=W sku=w");
}

static void
test_woo_problems (void)
{
  g_autoptr (LsImportReader) reader =
      open_woo ("ID,Type,SKU,Name,Published,Stock,Regular price,Parent\n"
                "x1,simple,a,A,1,,,\n"
                ",simple,,B,1,,,\n"
                "3,simple,c,,1,,,\n"
                "4,simple,d,D,yes,,,\n"
                "5,simple,e,E,1,many,,\n"
                "6,simple,f,F,1,,12.345,\n"
                "7,simple,g,G,1,,,,\n"
                "8,variation,h,H,1,,5,\n"
                "9,simple,i,\"I\"x,1,,,\n"
                "10,simple,j,J,1,,1,\n");
  g_autofree char *all = read_all (reader);

  g_assert_cmpstr (all, ==,
                   "! 2 ID: “x1” is not an ID\n"
                   "! 3 ID: neither an ID nor an SKU: a row needs one\n"
                   "! 4 Name: a value is required\n"
                   "! 5 Published: “yes” is none of 1, 0 and -1\n"
                   "! 6 Stock: “many” is not a whole number\n"
                   "! 7 Regular price: “12.345” is not an amount in EUR\n"
                   "! 8 -: 9 fields where there are 8 columns\n"
                   "! 9 Parent: a variation without a parent\n"
                   "! 10 Name: something between a closing quote and the end of the field\n"
                   "11 products woo:10 name=J sku=j status=active price=100 downloadable=0");
}

static void
test_woo_not_one (void)
{
  static const char *const texts[] = { "", "a,b\n1,2\n", "Type,Name\n", "\"never closed" };

  for (size_t i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GInputStream) stream = stream_of (texts[i]);
      g_autoptr (GError) error = NULL;

      g_assert_null (ls_import_woocommerce_new (stream, target (), &error));
      g_assert_error (error, LS_ERROR, LS_ERROR_VALIDATION);
    }
}

/* "collection key field value" of each value of a row. */
static void
add_lines (GHashTable     *lines,
           const LsRecord *record)
{
  const LsCollection *collection = ls_record_get_collection (record);

  for (unsigned i = 0; i < collection->n_fields; i++)
    {
      const LsValue *value = ls_record_get (record, i);
      GString *line;

      if (value->kind == LS_VALUE_NULL)
        continue;
      line = g_string_new (NULL);
      g_string_printf (line, "%s %s %s ", collection->name, ls_record_get_key (record),
                       collection->fields[i].name);
      append_value (line, value);
      g_hash_table_add (lines, g_string_free (line, FALSE));
    }
}

static GHashTable *
new_set (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

/* What a reading by other means finds. */
static GStrv
read_otherwise (const char *path)
{
  g_autofree char *script = g_test_build_filename (G_TEST_DIST, "server", "woo-rows.py", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error,
                                                      "python3", script, path, NULL);
  g_autofree char *output = NULL;

  g_assert_no_error (error);
  g_subprocess_communicate_utf8 (process, NULL, NULL, &output, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_successful (process));
  return g_strsplit (g_strchomp (output), "\n", -1);
}

static void
read_woo_file (const char *path,
               GHashTable *lines,
               GHashTable *rows)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GError) error = NULL;
  g_autoptr (GFileInputStream) stream = g_file_read (file, NULL, &error);
  g_autoptr (LsImportReader) reader = NULL;
  LsImportStep step;

  g_assert_no_error (error);
  reader = ls_import_woocommerce_new (G_INPUT_STREAM (stream), target (), &error);
  g_assert_no_error (error);
  do
    {
      g_auto (LsImportRow) row = { NULL };
      g_auto (LsImportProblem) problem = { NULL };

      step = ls_import_reader_next (reader, &row, &problem, &error);
      g_assert_cmpstr (problem.message, ==, NULL);
      if (step != LS_IMPORT_ROW)
        continue;
      add_lines (lines, row.record);
      g_hash_table_add (rows, g_strdup_printf ("%s %s", ls_record_get_collection (row.record)->name,
                                               ls_record_get_key (row.record)));
    }
  while (step != LS_IMPORT_END);
}

/* Real exports: every row and value that a reading by other means finds is there, and no other
 * product, variant or image. */
static void
test_woo_real (gconstpointer data)
{
  const char *folder = g_getenv ("LOCKSTEP_TEST_DATA");
  g_autofree char *path =
      folder != NULL ? g_build_filename (folder, "woo", "sample-data", data, NULL) : NULL;
  g_autoptr (GHashTable) lines = new_set ();
  g_autoptr (GHashTable) rows = new_set ();
  g_autoptr (GHashTable) expected_rows = new_set ();
  g_auto (GStrv) expected = NULL;
  GHashTableIter iter;
  gpointer row;

  if (path == NULL)
    {
      g_test_skip ("LOCKSTEP_TEST_DATA is not set");
      return;
    }
  expected = read_otherwise (path);
  read_woo_file (path, lines, rows);
  g_assert_cmpuint (g_strv_length (expected), >, 40);
  for (size_t i = 0; expected[i] != NULL; i++)
    {
      g_auto (GStrv) words = g_strsplit (expected[i], " ", 3);

      if (!g_hash_table_contains (lines, expected[i]))
        g_error ("%s lacks: %s", (const char *) data, expected[i]);
      g_hash_table_add (expected_rows, g_strdup_printf ("%s %s", words[0], words[1]));
    }
  g_hash_table_iter_init (&iter, rows);
  while (g_hash_table_iter_next (&iter, &row, NULL))
    if (!g_str_has_prefix (row, "categories ") && !g_str_has_prefix (row, "downloads "))
      g_assert_true (g_hash_table_contains (expected_rows, row));
}

static LsImportMapping *
load_mapping (LsTestDir  *dir,
              const char *text,
              GError    **error)
{
  g_autofree char *path = ls_test_dir_file (dir, "map");

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  return ls_import_mapping_load (path, error);
}

static const char customers_map[] =
    "[import]\ncollection=customers\nkey=crm:{No}\ndelimiter=;\n"
    "[name]\ntemplate={First} {Last}\n"
    "[email]\ncolumn=Mail\n"
    "[country]\ncolumn=Land\nvalues=Deutschland:DE;Österreich:AT\ndefault=DE\n"
    "[locale]\nvalue=de\n"
    "[created_at]\ncolumn=Since\nformat=%d.%m.%Y\n";

static void
check_mapped (const char *map,
              const char *text,
              const char *expected)
{
  g_autoptr (LsTestDir) dir = ls_test_dir_new ();
  g_autoptr (GInputStream) stream = stream_of (text);
  g_autoptr (GError) error = NULL;
  g_autoptr (LsImportMapping) mapping = load_mapping (dir, map, &error);
  g_autoptr (LsImportReader) reader = NULL;
  g_autofree char *all = NULL;

  g_assert_no_error (error);
  reader = ls_import_csv_new (stream, mapping, target (), &error);
  g_assert_no_error (error);
  all = read_all (reader);
  g_assert_cmpstr (all, ==, expected);
  /* All of the file was read, in bytes of the file: it is told as progress. */
  if (*expected != '#')
    g_assert_cmpint (ls_import_reader_get_offset (reader), ==, (int64_t) strlen (text));
}

static void
test_mapped (void)
{
  check_mapped (customers_map,
                "No;First;Last;Mail;Land;Since;Fax\n"
                "1; Ada ;Lovelace;ada@x.example;Österreich;03.01.2026;-\n"
                "2;Bo;;;;;\n"
                ";X;Y;;;;\n"
                "4;X;Y;;;2026-01-01;\n"
                "5;;;;;;\n"
                "6;X;Y;\n",
                "2 customers crm:1 name=Ada  Lovelace email=ada@x.example country=AT locale=de "
                "created_at=1767394800000000\n"
                "3 customers crm:2 name=Bo country=DE locale=de\n"
                "! 4 key: the columns that make the key are empty\n"
                "! 5 created_at: “2026-01-01” is not a time written as %d.%m.%Y\n"
                "! 6 name: a value is required\n"
                "! 7 -: 4 fields where there are 7 columns");
  /* Money is in the row's own currency; references are made as keys are; no header. */
  check_mapped ("[import]\ncollection=payments\nkey=pay:{1}\nheader=false\n"
                "[amount]\ncolumn=3\ndecimal=,\n[currency]\ncolumn=4\n[order]\nkey=o:{2}\n"
                "[method]\nvalue=card\n[status]\ncolumn=5\nvalues=ok:captured\n"
                "[at]\ncolumn=6\nformat=unix\n",
                "1,77,\"12,5\",EUR,ok,1767323045\n2,78,900,JPY,ok,1767323045\n"
                "3,79,\"9,5\",JPY,ok,1767323045\n4,80,1,EUR,late,1767323045\n",
                "1 payments pay:1 order=o:77 method=card status=captured amount=1250 currency=EUR "
                "at=1767323045000000\n"
                "2 payments pay:2 order=o:78 method=card status=captured amount=900 currency=JPY "
                "at=1767323045000000\n"
                "! 3 amount: “9.5” is not an amount in JPY\n"
                "! 4 status: “late” is not one of: pending, captured, failed, refunded");
  /* Bytes of an older system. */
  check_mapped ("[import]\ncollection=categories\nkey=c:{Id}\nencoding=ISO-8859-1\n"
                "[name]\ncolumn=Name\n",
                "Id,Name\n1,Gl\xfc" "ck\n", "2 categories c:1 name=Glück");
  check_mapped (customers_map, "No;First\n1;x\n",
                "# there is no column “Last”, which the mapping names");
  check_mapped (customers_map, "No;No;First;Last;Mail;Land;Since\n",
                "# there is more than one column “No”, which the mapping names");
}

static void
test_mapping_problems (void)
{
  static const struct {
    const char *text;
    const char *expected;
  } cases[] = {
    { "", "[import]: the group is missing" },
    { "[import]\nkey={a}\n", "[import] collection: it is missing" },
    { "[import]\ncollection=prodcuts\nkey={a}\n",
      "[import] collection: there is no collection “prodcuts”" },
    { "[import]\ncollection=stats\nkey={a}\n", "[import] collection: stats can't be imported" },
    { "[import]\ncollection=products\nkey=a\n",
      "[import] key: it must say which column makes the key, such as crm:{Number}" },
    { "[import]\ncollection=products\nkey={a\n", "[import] key: “{a” has a brace without a column" },
    { "[import]\ncollection=products\nkey={a}\n[name]\ntemplate={a}\\q{b}\n",
      "[name] template: a backslash stands before s, n, t, r, ; or another one" },
    { "[import]\ncollection=products\nkey={a}\ncolour=red\n",
      "[import] colour: there is no such option" },
    { "[import]\ncollection=products\nkey={a}\ndelimiter=ab\n",
      "[import] delimiter: “ab” is not one ASCII character, “tab” or “space”" },
    { "[import]\ncollection=products\nkey={a}\n",
      "[import]: no field is filled: there are no other groups" },
    { "[import]\ncollection=products\nkey={a}\n[prize]\ncolumn=b\n",
      "[prize]: products have no such field" },
    { "[import]\ncollection=products\nkey={a}\n[revenue]\ncolumn=b\n",
      "[revenue]: the server computes this field" },
    { "[import]\ncollection=products\nkey={a}\n[price]\n",
      "[price]: it lacks one of column, template, key and value" },
    { "[import]\ncollection=products\nkey={a}\n[price]\ncolumn=b\nvalue=3\n",
      "[price] value: one of column, template, key and value is enough" },
    { "[import]\ncollection=products\nkey={a}\n[created_at]\ncolumn=b\nformat=%Q\n",
      "[created_at] format: “%Q” is not the format of a time: behind a % stands one of "
      "Y y m b d H M S f z %" },
    { "[import]\ncollection=products\nkey={a}\n[created_at]\ncolumn=b\nzone=Mars/Olympus\n",
      "[created_at] zone: there is no time zone “Mars/Olympus”" },
    { "[import]\ncollection=products\nkey={a}\n[status]\ncolumn=b\nvalues=on\n",
      "[status] values: “on” is not a pair with a colon in between" },
  };
  g_autoptr (LsTestDir) dir = ls_test_dir_new ();
  g_autofree char *path = ls_test_dir_file (dir, "map");

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *expected = g_strconcat (path, ": ", cases[i].expected, NULL);
      g_autoptr (GError) error = NULL;

      g_assert_null (load_mapping (dir, cases[i].text, &error));
      g_assert_error (error, LS_ERROR, LS_ERROR_VALIDATION);
      g_assert_cmpstr (error->message, ==, expected);
    }
}

static void
test_keys (void)
{
  g_autofree char *plain = ls_import_make_key ("woo:", "12");
  g_autofree char *empty = ls_import_make_key ("woo:", "");
  g_autofree char *control = ls_import_make_key ("sku:", "a\nb");
  g_autofree char *again = ls_import_make_key ("sku:", "a\nb");
  g_autofree char *other = ls_import_make_key ("sku:", "a\nc");
  g_autofree char *hash = ls_import_make_key ("sku:", control + strlen ("sku:"));

  g_assert_cmpstr (plain, ==, "woo:12");
  g_assert_true (ls_key_is_valid (empty));
  g_assert_true (ls_key_is_valid (control));
  g_assert_cmpstr (control, ==, again);
  g_assert_cmpstr (control, !=, other);
  /* A text that looks like such a hash is not taken for it. */
  g_assert_cmpstr (control, !=, hash);
}

int
main (int    argc,
      char **argv)
{
  setlocale (LC_ALL, "");
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/import-readers/ndjson", test_ndjson);
  g_test_add_func ("/import-readers/ndjson/problems", test_ndjson_problems);
  g_test_add_func ("/import-readers/ndjson/goes-on", test_ndjson_goes_on);
  g_test_add_func ("/import-readers/woocommerce", test_woo);
  g_test_add_func ("/import-readers/woocommerce/sku", test_woo_sku);
  g_test_add_func ("/import-readers/woocommerce/problems", test_woo_problems);
  g_test_add_func ("/import-readers/woocommerce/not-one", test_woo_not_one);
  g_test_add_data_func ("/import-readers/woocommerce/real/products", "sample_products.csv",
                        test_woo_real);
  g_test_add_data_func ("/import-readers/woocommerce/real/no-ids",
                        "experimental_sample_9_products.csv", test_woo_real);
  g_test_add_data_func ("/import-readers/woocommerce/real/fashion",
                        "experimental_fashion_sample_9_products.csv", test_woo_real);
  g_test_add_func ("/import-readers/mapped", test_mapped);
  g_test_add_func ("/import-readers/mapping/problems", test_mapping_problems);
  g_test_add_func ("/import-readers/keys", test_keys);

  return g_test_run ();
}
