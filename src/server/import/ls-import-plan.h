/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/import/ls-import-report.h"
#include "server/import/ls-import-stage.h"
#include "server/ls-storage.h"

G_BEGIN_DECLS

/**
 * LsImportTrial:
 * @LS_IMPORT_TRIAL_GOOD: it would be applied
 * @LS_IMPORT_TRIAL_TOO_LARGE: it would, in smaller pieces
 * @LS_IMPORT_TRIAL_REFUSED: it breaks a rule
 * @LS_IMPORT_TRIAL_FAILED: that can't be told; the error is set
 *
 * What would become of a batch.
 */
typedef enum {
  LS_IMPORT_TRIAL_GOOD,
  LS_IMPORT_TRIAL_TOO_LARGE,
  LS_IMPORT_TRIAL_REFUSED,
  LS_IMPORT_TRIAL_FAILED,
} LsImportTrial;

/**
 * LsImportTryFunc:
 * @changes: (element-type LsChange): a batch
 * @ret_path: (out) (transfer full) (nullable): the place that is refused: collection/key/field
 * @ret_message: (out) (transfer full) (nullable): why
 * @error: where to put why it can't be told
 * @user_data: of the caller
 *
 * Tries a batch on top of those that were good before.
 *
 * Returns: what would become of it
 */
typedef LsImportTrial (*LsImportTryFunc) (GPtrArray  *changes,
                                          char      **ret_path,
                                          char      **ret_message,
                                          GError    **error,
                                          gpointer    user_data);

bool ls_import_plan (LsImportStage    *stage,
                     LsStorage        *storage,
                     LsImportReport   *report,
                     LsImportTryFunc   try_func,
                     gpointer          user_data,
                     GError          **error);

G_END_DECLS
