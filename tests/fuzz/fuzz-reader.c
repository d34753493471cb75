/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "fuzz-reader.h"

#include "fuzz-target.h"

/* One line gives a product, its variants and images, and what they belong to. */
#define MAX_STEPS_A_BYTE 64

const LsImportTarget *
fuzz_import_target (void)
{
  static LsImportTarget music = { .shop = (char *) "music", .currency = (char *) "EUR" };

  if (music.zone == NULL)
    music.zone = g_time_zone_new_identifier ("Europe/Berlin");
  return &music;
}

static void
check_row (const LsImportRow *row)
{
  g_auto (LsImportProblem) problem = { NULL };

  g_assert_nonnull (row->record);
  g_assert_cmpint (row->line, >=, 1);
  if (!ls_import_check_record (row->record, row->line, &problem))
    g_error ("A reader gave a row that is not valid: %s: %s", problem.field, problem.message);
}

static void
check_problem (const LsImportProblem *problem)
{
  g_assert_nonnull (problem->message);
  g_assert_true (g_utf8_validate (problem->message, -1, NULL));
  g_assert_true (problem->field == NULL || g_utf8_validate (problem->field, -1, NULL));
  g_assert_cmpint (problem->line, >=, 0);
}

/* Every row is one that may be stored, every problem is told in text, and there is an end. */
void
fuzz_read_all (LsImportReader *reader,
               size_t          size)
{
  g_autoptr (GPtrArray) ignored = NULL;
  size_t n_steps = 0;
  LsImportStep step;

  do
    {
      g_auto (LsImportRow) row = { NULL };
      g_auto (LsImportProblem) problem = { NULL };
      g_autoptr (GError) error = NULL;

      step = ls_import_reader_next (reader, &row, &problem, &error);
      g_assert_true ((step == LS_IMPORT_FAILED) == (error != NULL));
      if (step == LS_IMPORT_ROW)
        check_row (&row);
      else if (step == LS_IMPORT_BAD)
        check_problem (&problem);
      else if (step == LS_IMPORT_FAILED)
        fuzz_check_error (error);
      g_assert_cmpuint (n_steps++, <=, (size + 1) * MAX_STEPS_A_BYTE);
    }
  while (step != LS_IMPORT_END && step != LS_IMPORT_FAILED);
  if (step == LS_IMPORT_END)
    g_assert_cmpint (ls_import_reader_get_offset (reader), ==, (int64_t) size);
  ignored = ls_import_reader_list_ignored (reader);
}
