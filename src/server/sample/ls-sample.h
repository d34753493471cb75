/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/import/ls-import-reader.h"
#include "server/sample/ls-sample-market.h"

G_BEGIN_DECLS

/**
 * LS_SAMPLE_ACTOR:
 *
 * The source that the first versions of a sample shop name.
 */
#define LS_SAMPLE_ACTOR "sample"

/**
 * LS_SAMPLE_SHOPS:
 *
 * How many sample shops there are.
 */
#define LS_SAMPLE_SHOPS 2

#define LS_TYPE_SAMPLE_READER (ls_sample_reader_get_type ())
G_DECLARE_FINAL_TYPE (LsSampleReader, ls_sample_reader, LS, SAMPLE_READER, LsImportReader)

LsRecord       *ls_sample_make_shop  (const LsSampleProfile  *profile);
GPtrArray      *ls_sample_make_rows  (const LsSampleProfile  *profile,
                                      uint64_t                seed,
                                      int64_t                 now);
LsImportReader *ls_sample_reader_new (GPtrArray              *rows);

G_END_DECLS
