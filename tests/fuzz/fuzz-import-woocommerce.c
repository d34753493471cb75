/* SPDX-License-Identifier: GPL-3.0-or-later */
/* WooCommerce's export of products: what comes out may be stored, what does not is told. */
#include "config.h"

#include "fuzz-reader.h"
#include "fuzz-target.h"
#include "server/import/ls-import-woocommerce.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  g_autoptr (GInputStream) stream =
      g_memory_input_stream_new_from_data (data, (gssize) size, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (LsImportReader) reader =
      ls_import_woocommerce_new (stream, fuzz_import_target (), &error);

  if (reader == NULL)
    fuzz_check_error (error);
  else
    fuzz_read_all (reader, size);
  return 0;
}
