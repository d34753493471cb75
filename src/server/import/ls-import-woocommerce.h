/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/import/ls-import-reader.h"

G_BEGIN_DECLS

#define LS_TYPE_IMPORT_WOOCOMMERCE (ls_import_woocommerce_get_type ())
G_DECLARE_FINAL_TYPE (LsImportWoocommerce, ls_import_woocommerce, LS, IMPORT_WOOCOMMERCE, LsImportReader)

LsImportReader *ls_import_woocommerce_new (GInputStream          *stream,
                                           const LsImportTarget  *target,
                                           GError               **error);

G_END_DECLS
