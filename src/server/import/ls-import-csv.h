/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/import/ls-import-mapping.h"
#include "server/import/ls-import-reader.h"

G_BEGIN_DECLS

#define LS_TYPE_IMPORT_CSV (ls_import_csv_get_type ())
G_DECLARE_FINAL_TYPE (LsImportCsv, ls_import_csv, LS, IMPORT_CSV, LsImportReader)

LsImportReader *ls_import_csv_new (GInputStream           *stream,
                                   LsImportMapping        *mapping,
                                   const LsImportTarget   *target,
                                   GError                **error);

G_END_DECLS
