/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-sample"

#include "config.h"

#include "server/sample/ls-sample.h"

/**
 * LsSampleReader:
 *
 * Rows that were made up, to be imported like any: nothing about a sample shop is written in a way
 * of its own.
 */
struct _LsSampleReader {
  LsImportReader parent_instance;

  /* owned */
  GPtrArray *rows;

  /* state */
  unsigned next;
};

G_DEFINE_FINAL_TYPE (LsSampleReader, ls_sample_reader, LS_TYPE_IMPORT_READER)

static LsImportStep
ls_sample_reader_next (LsImportReader   *reader,
                       LsImportRow      *row,
                       LsImportProblem  *problem,
                       GError          **error)
{
  LsSampleReader *self = LS_SAMPLE_READER (reader);
  LsRecord *record;

  if (self->next >= self->rows->len)
    return LS_IMPORT_END;
  record = g_ptr_array_index (self->rows, self->next++);
  if (!ls_import_check_record (record, self->next, problem))
    return LS_IMPORT_BAD;
  row->record = ls_record_ref (record);
  row->fields = UINT64_MAX;
  row->line = self->next;
  return LS_IMPORT_ROW;
}

static int64_t
ls_sample_reader_get_offset (LsImportReader *reader)
{
  return LS_SAMPLE_READER (reader)->next;
}

static void
ls_sample_reader_finalize (GObject *object)
{
  g_clear_pointer (&LS_SAMPLE_READER (object)->rows, g_ptr_array_unref);
  G_OBJECT_CLASS (ls_sample_reader_parent_class)->finalize (object);
}

static void
ls_sample_reader_class_init (LsSampleReaderClass *klass)
{
  LsImportReaderClass *reader_class = LS_IMPORT_READER_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = ls_sample_reader_finalize;
  reader_class->next = ls_sample_reader_next;
  reader_class->get_offset = ls_sample_reader_get_offset;
}

static void
ls_sample_reader_init (LsSampleReader *self)
{
}

/**
 * ls_sample_reader_new:
 * @rows: (transfer none) (element-type LsRecord): of ls_sample_make_rows()
 *
 * Returns: (transfer full): a reader of them
 */
LsImportReader *
ls_sample_reader_new (GPtrArray *rows)
{
  LsSampleReader *self = g_object_new (LS_TYPE_SAMPLE_READER, NULL);

  self->rows = g_ptr_array_ref (rows);
  ls_import_reader_set_name (LS_IMPORT_READER (self), "sample");
  return LS_IMPORT_READER (self);
}

/**
 * ls_sample_make_shop:
 * @profile: a sample shop
 *
 * Returns: (transfer full): its row, for ls_storage_create_shop(): marked as a sample for ever
 */
LsRecord *
ls_sample_make_shop (const LsSampleProfile *profile)
{
  LsRecord *row = ls_sample_row (NULL, LS_SHOPS, profile->id);

  ls_sample_set_text (row, "name", profile->name);
  ls_sample_set_text (row, "currency", profile->currency);
  ls_sample_set_text (row, "time_zone", profile->time_zone);
  ls_sample_set_text (row, "colour", profile->colour);
  ls_sample_set_text (row, "address", profile->address);
  ls_sample_set_text (row, "email", profile->email);
  ls_sample_set_text (row, "tax_number", profile->tax_number);
  ls_sample_set_number (row, "sample", 1);
  return row;
}

/**
 * ls_sample_make_rows:
 * @profile: a sample shop
 * @seed: of the dice
 * @now: the end of its history
 *
 * Makes a sample shop up: the same for the same seed and moment.
 *
 * Returns: (transfer full) (element-type LsRecord): all its rows but its own
 */
GPtrArray *
ls_sample_make_rows (const LsSampleProfile *profile,
                     uint64_t               seed,
                     int64_t                now)
{
  g_autoptr (LsSampleMarket) market = ls_sample_market_new (profile, seed, "history");
  GPtrArray *rows = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_record_unref);

  ls_sample_make_catalog (market, now, rows);
  ls_sample_make_history (market, now, rows);
  ls_sample_make_studio (market, now, rows);
  return rows;
}
