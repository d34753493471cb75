/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows as lines of JSON: what comes out may be stored, what does not is told. An input that begins
 * with "products:" is of one collection, as files of a folder are. */
#include "config.h"

#include <string.h>

#include "fuzz-reader.h"
#include "fuzz-target.h"
#include "server/import/ls-import-ndjson.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  static const char prefix[] = "products:";
  const LsCollection *collection = NULL;
  g_autoptr (GInputStream) stream = NULL;
  g_autoptr (LsImportReader) reader = NULL;

  if (size >= strlen (prefix) && memcmp (data, prefix, strlen (prefix)) == 0)
    {
      collection = ls_schema_collection (LS_PRODUCTS);
      data += strlen (prefix);
      size -= strlen (prefix);
    }
  stream = g_memory_input_stream_new_from_data (data, (gssize) size, NULL);
  reader = ls_import_ndjson_new (stream, collection, fuzz_import_target ());
  fuzz_read_all (reader, size);
  return 0;
}
