/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A mapping file and, behind a line "%%", a CSV file that is read by it: the mapping is taken or
 * refused in words, and what is read by it may be stored or is told. */
/* memmem() */
#define _GNU_SOURCE
#include "config.h"

#include <string.h>

#include "fuzz-reader.h"
#include "fuzz-target.h"
#include "server/import/ls-import-csv.h"

static const uint8_t *
find_border (const uint8_t *data,
             size_t         size)
{
  return memmem (data, size, "%%\n", 3);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  const uint8_t *border = find_border (data, size);
  size_t mapping_size = border != NULL ? (size_t) (border - data) : size;
  size_t rest = border != NULL ? size - mapping_size - 3 : 0;
  const char *path = fuzz_file (data, mapping_size);
  g_autoptr (GError) error = NULL;
  g_autoptr (LsImportMapping) mapping = ls_import_mapping_load (path, &error);
  g_autoptr (GInputStream) stream = NULL;
  g_autoptr (LsImportReader) reader = NULL;

  if (mapping == NULL)
    {
      fuzz_check_error (error);
      return 0;
    }
  stream = g_memory_input_stream_new_from_data (border != NULL ? border + 3 : data, (gssize) rest,
                                                NULL);
  reader = ls_import_csv_new (stream, mapping, fuzz_import_target (), &error);
  if (reader == NULL)
    fuzz_check_error (error);
  else
    fuzz_read_all (reader, rest);
  return 0;
}
