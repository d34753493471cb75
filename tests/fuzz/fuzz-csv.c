/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the CSV reader takes for records, written by the rules of RFC 4180, is read as the same
 * records again. What it refuses has a place in the text. Limits hold. */
#include "config.h"

#include <string.h>

#include "fuzz-target.h"
#include "server/import/ls-csv.h"

static const LsCsvOptions limits = {
  .max_field_bytes = 256, .max_record_bytes = 1024, .max_fields = 16,
};

static void
write_record (LsCsv   *csv,
              GString *text)
{
  size_t total = 0;

  g_assert_cmpuint (ls_csv_get_n_fields (csv), >=, 1);
  g_assert_cmpuint (ls_csv_get_n_fields (csv), <=, limits.max_fields);
  for (unsigned i = 0; i < ls_csv_get_n_fields (csv); i++)
    {
      const char *field = ls_csv_get_field (csv, i);

      g_assert_true (g_utf8_validate (field, -1, NULL));
      g_assert_cmpuint (strlen (field), <=, limits.max_field_bytes);
      total += strlen (field);
      g_string_append (text, i > 0 ? ",\"" : "\"");
      for (; *field != '\0'; field++)
        {
          g_string_append_c (text, *field);
          if (*field == '"')
            g_string_append_c (text, '"');
        }
      g_string_append_c (text, '"');
    }
  g_assert_cmpuint (total, <=, limits.max_record_bytes);
  g_string_append (text, "\r\n");
}

/* Returns all records as one text, each field quoted. */
static char *
read_all (const char *data,
          size_t      size,
          unsigned   *ret_bad)
{
  g_autoptr (GInputStream) stream =
      g_memory_input_stream_new_from_data (data, (gssize) size, NULL);
  g_autoptr (LsCsv) csv = ls_csv_new (stream, &limits);
  GString *text = g_string_new (NULL);
  int64_t line = 0;
  LsCsvStep step;

  *ret_bad = 0;
  while ((step = ls_csv_read (csv, NULL)) != LS_CSV_END)
    {
      g_assert_cmpint (step, !=, LS_CSV_FAILED);
      g_assert_cmpint (ls_csv_get_line (csv), >, line);
      line = ls_csv_get_line (csv);
      if (step == LS_CSV_BAD)
        {
          const LsCsvProblem *problem = ls_csv_get_problem (csv);

          g_assert_cmpint (problem->line, >=, line);
          g_assert_cmpint (problem->line, <=, (int64_t) size + 1);
          g_assert_cmpuint (problem->field, >=, 1);
          g_assert_nonnull (problem->message);
          (*ret_bad)++;
        }
      else
        write_record (csv, text);
    }
  g_assert_cmpint (ls_csv_get_offset (csv), ==, (int64_t) size);
  return g_string_free (text, FALSE);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  unsigned bad = 0;
  g_autofree char *first = read_all ((const char *) data, size, &bad);
  g_autofree char *second = read_all (first, strlen (first), &bad);

  g_assert_cmpstr (first, ==, second);
  g_assert_cmpuint (bad, ==, 0);

  return 0;
}
