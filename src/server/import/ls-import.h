/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/import/ls-import-job.h"
#include "server/import/ls-import-mapping.h"

G_BEGIN_DECLS

/**
 * LS_IMPORT_ACTOR:
 *
 * The source that versions of an import name.
 */
#define LS_IMPORT_ACTOR "import"

/**
 * LsImportFormat:
 * @LS_IMPORT_FORMAT_NDJSON: a row a line, as `lockstepd export` writes
 * @LS_IMPORT_FORMAT_WOOCOMMERCE: WooCommerce's export of products
 * @LS_IMPORT_FORMAT_CSV: comma-separated values with a mapping file
 *
 * Forms that an import reads.
 */
typedef enum {
  LS_IMPORT_FORMAT_NDJSON,
  LS_IMPORT_FORMAT_WOOCOMMERCE,
  LS_IMPORT_FORMAT_CSV,
} LsImportFormat;

/**
 * LsImportFlags:
 * @LS_IMPORT_NO_FLAGS: as it is
 * @LS_IMPORT_DRY_RUN: nothing is written, only told what would be
 * @LS_IMPORT_TRUSTED: made by this program: not tried before it is written
 *
 * How an import differs from an ordinary one.
 */
typedef enum {
  LS_IMPORT_NO_FLAGS = 0,
  LS_IMPORT_DRY_RUN = 1 << 0,
  LS_IMPORT_TRUSTED = 1 << 1,
} LsImportFlags;

/**
 * LsImportParts:
 * @environment: clock, randomness and executor
 * @storage: where the shop is
 * @committer: who writes
 * @folder: where jobs are staged: %LS_JOBS_FOLDER of the data folder
 *
 * What an import works with. Borrowed; must outlive it.
 */
typedef struct {
  LsEnvironment *environment;
  LsStorage *storage;
  LsCommitter *committer;
  const char *folder;
} LsImportParts;

LsImportTarget *ls_import_target_new   (LsStorage             *storage,
                                        const char            *shop,
                                        GError               **error);
void            ls_import_target_free  (LsImportTarget        *target);

LsImportReader *ls_import_open         (const char            *path,
                                        LsImportFormat         format,
                                        LsImportMapping       *mapping,
                                        const LsImportTarget  *target,
                                        int64_t               *ret_size,
                                        GError               **error);
void            ls_import_run          (const LsImportParts   *parts,
                                        const char            *shop,
                                        const char            *actor,
                                        GPtrArray             *readers,
                                        int64_t                size,
                                        LsImportFlags          flags,
                                        LsImportReport        *report,
                                        LsImportDoneFunc       func,
                                        gpointer               user_data,
                                        GDestroyNotify         destroy);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsImportTarget, ls_import_target_free)

G_END_DECLS
