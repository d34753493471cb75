/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A snapshot is read the same in one piece and in many, and what was read and has an end is written
 * and read again as the same rows. The first byte chooses the cuts. */
#include "config.h"

#include <string.h>

#include "core/ls-json-writer.h"
#include "core/ls-message.h"
#include "core/ls-snapshot.h"
#include "fuzz-target.h"

static void
note_records (GString   *told,
              GPtrArray *records)
{
  for (unsigned i = 0; i < records->len; i++)
    {
      const LsRecord *record = g_ptr_array_index (records, i);
      g_autoptr (LsJsonWriter) writer = ls_json_writer_new ();
      g_autofree char *text = NULL;

      ls_record_encode (writer, record, UINT64_MAX);
      text = ls_json_writer_finish (writer, NULL);
      g_string_append_printf (told, "%s %s %s\n", ls_record_get_collection (record)->name,
                              ls_record_get_key (record), text);
    }
}

static void
take (LsSnapshotReader *reader,
      GString          *told)
{
  g_autoptr (GPtrArray) records = ls_snapshot_reader_take_records (reader);

  if (records != NULL)
    note_records (told, records);
}

static bool
feed (LsSnapshotReader *reader,
      const uint8_t    *data,
      size_t            size,
      GRand            *random,
      GString          *told,
      GError          **error)
{
  while (size > 0)
    {
      size_t length = random != NULL ? (size_t) g_rand_int_range (random, 1, 200) : size;
      g_autofree char *piece = NULL;

      length = MIN (length, size);
      piece = g_memdup2 (data, length);
      if (!ls_snapshot_reader_feed (reader, piece, length, error))
        return false;
      take (reader, told);
      data += length;
      size -= length;
    }
  if (!ls_snapshot_reader_end (reader, error))
    return false;
  take (reader, told);
  return true;
}

/* Returns what was read, or %NULL and how it failed. */
static char *
read_all (const uint8_t *data,
          size_t         size,
          GRand         *random,
          char         **ret_why)
{
  g_autoptr (LsSnapshotReader) reader = ls_snapshot_reader_new ("music");
  g_autoptr (GString) told = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  *ret_why = NULL;
  if (!feed (reader, data, size, random, told, &error))
    {
      fuzz_check_error (error);
      *ret_why = g_strdup (error->message);
      return NULL;
    }
  g_assert_cmpint (ls_snapshot_reader_get_rows (reader), >=, 0);
  return g_strdup (told->str);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  g_autoptr (GRand) random = NULL;
  g_autofree char *whole = NULL;
  g_autofree char *pieces = NULL;
  g_autofree char *why = NULL;
  g_autofree char *why_pieces = NULL;

  if (size == 0)
    return 0;
  random = g_rand_new_with_seed (data[0]);
  whole = read_all (data + 1, size - 1, NULL, &why);
  pieces = read_all (data + 1, size - 1, random, &why_pieces);
  g_assert_cmpstr (whole, ==, pieces);
  g_assert_cmpstr (why, ==, why_pieces);
  return 0;
}
