/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-import"

#include "config.h"

#include "server/import/ls-import-report.h"

#define STEPS 100

/**
 * ls_import_report_problem:
 * @report: a report
 * @problem: what is wrong
 * @severity: how bad it is
 *
 * Counts a problem and tells of it.
 */
void
ls_import_report_problem (LsImportReport        *report,
                          const LsImportProblem *problem,
                          LsImportSeverity       severity)
{
  if (severity == LS_IMPORT_ERROR)
    report->errors++;
  else
    report->warnings++;
  if (report->problem != NULL)
    report->problem (problem, severity, report->user_data);
}

/**
 * ls_import_report_progress:
 * @report: a report
 * @phase: what is being done
 * @done: how much of it
 * @total: all of it, or 0 when that is not known
 *
 * Tells how far it is, when that makes a difference.
 */
void
ls_import_report_progress (LsImportReport *report,
                           LsImportPhase   phase,
                           int64_t         done,
                           int64_t         total)
{
  int64_t step = total > 0 ? (int64_t) phase * (STEPS + 1) + MIN (done, total) * STEPS / total : 0;

  if (report->progress == NULL || total == 0 || report->told == step + 1)
    return;
  report->told = step + 1;
  report->progress (phase, done, total, report->user_data);
}
