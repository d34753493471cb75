/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/import/ls-import-reader.h"

G_BEGIN_DECLS

/**
 * LsImportPhase:
 * @LS_IMPORT_READING: the files are read; counted in bytes
 * @LS_IMPORT_CHECKING: all of it is tried against the shop as it is; counted in rows
 * @LS_IMPORT_WRITING: it is carried out; counted in rows
 *
 * How far an import is.
 */
typedef enum {
  LS_IMPORT_READING,
  LS_IMPORT_CHECKING,
  LS_IMPORT_WRITING,
} LsImportPhase;

/**
 * LsImportSeverity:
 * @LS_IMPORT_WARNING: it may be meant so
 * @LS_IMPORT_ERROR: nothing is imported
 *
 * How bad a problem is.
 */
typedef enum {
  LS_IMPORT_WARNING,
  LS_IMPORT_ERROR,
} LsImportSeverity;

/**
 * LsImportReport:
 * @rows: rows that were read
 * @passed: rows that are left out on purpose
 * @added: rows that are new
 * @changed: rows that change
 * @unchanged: rows that are there already as they are
 * @errors: problems that keep it from being imported
 * @warnings: other problems
 * @problem: (nullable): told of each problem
 * @progress: (nullable): told how far it is, not more than a hundred times a phase
 * @user_data: for both
 *
 * What an import came to, and who is told meanwhile.
 */
typedef struct {
  int64_t rows;
  int64_t passed;
  int64_t added;
  int64_t changed;
  int64_t unchanged;
  int64_t errors;
  int64_t warnings;

  void (*problem)  (const LsImportProblem *problem,
                    LsImportSeverity       severity,
                    gpointer               user_data);
  void (*progress) (LsImportPhase          phase,
                    int64_t                done,
                    int64_t                total,
                    gpointer               user_data);
  gpointer user_data;

  /*< private >*/
  int64_t told;
} LsImportReport;

void ls_import_report_problem  (LsImportReport         *report,
                                const LsImportProblem  *problem,
                                LsImportSeverity        severity);
void ls_import_report_progress (LsImportReport         *report,
                                LsImportPhase           phase,
                                int64_t                 done,
                                int64_t                 total);

G_END_DECLS
