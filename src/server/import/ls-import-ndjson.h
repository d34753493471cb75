/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/import/ls-import-reader.h"

G_BEGIN_DECLS

#define LS_TYPE_IMPORT_NDJSON (ls_import_ndjson_get_type ())
G_DECLARE_FINAL_TYPE (LsImportNdjson, ls_import_ndjson, LS, IMPORT_NDJSON, LsImportReader)

LsImportReader *ls_import_ndjson_new (GInputStream          *stream,
                                      const LsCollection    *collection,
                                      const LsImportTarget  *target);

G_END_DECLS
