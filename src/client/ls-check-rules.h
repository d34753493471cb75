/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-cache-proof.h"
#include "client/ls-cache-reader.h"
#include "client/ls-finding.h"
#include "core/ls-position.h"

G_BEGIN_DECLS

/**
 * LS_CHECK_MAX_FINDINGS:
 *
 * The most findings that a check keeps; it counts on.
 */
#define LS_CHECK_MAX_FINDINGS 100

/**
 * LsCheckReport:
 * @shop: the shop
 * @position: the one position that all was read at
 * @n_rules: rules that could be evaluated there
 * @n_skipped: rules whose rows are not all held and confirmed there
 * @n_compared: numbers compared
 * @n_findings: those that differed
 * @findings: (element-type LsFinding): the first of them
 *
 * What a check saw. Boxed by its maker; immutable.
 */
typedef struct {
  char *shop;
  LsPosition position;
  unsigned n_rules;
  unsigned n_skipped;
  uint64_t n_compared;
  uint64_t n_findings;
  GPtrArray *findings;
} LsCheckReport;

unsigned    ls_check_rules_count    (void);
const char *ls_check_rule_get_id    (unsigned rule);
const char *ls_check_rule_get_words (unsigned rule);

LsCheckReport *ls_check_report_new  (const char         *shop);
void           ls_check_report_free (LsCheckReport      *report);
bool           ls_check_cross       (LsCacheReader      *reader,
                                     LsCheckReport      *report,
                                     int64_t             now,
                                     GError            **error);
void           ls_check_overlay     (LsCheckReport      *report,
                                     const LsCollection *collection,
                                     unsigned            n_mended,
                                     int64_t             now);
bool           ls_check_rows        (LsCachePin         *pin,
                                     LsCheckReport      *report,
                                     const LsCollection *collection,
                                     int64_t             now,
                                     GArray             *drifts,
                                     GError            **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsCheckReport, ls_check_report_free)

G_END_DECLS
