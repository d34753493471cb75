/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/ls-committer.h"
#include "server/ls-storage.h"

G_BEGIN_DECLS

/**
 * LsFindingKind:
 * @LS_FINDING_VALUE: a derived value is not what follows from the rows
 * @LS_FINDING_LOGGED: a value is not the one that the log set last
 * @LS_FINDING_MISSING: a derived row is not there
 * @LS_FINDING_EXTRA: a derived row is there and nothing calls for it
 * @LS_FINDING_DIGEST: a digest that followed the log is not that of the rows: some row was not
 * changed through the log
 * @LS_FINDING_LOG: the checks of the log do not chain
 *
 * What a check can find.
 */
typedef enum {
  LS_FINDING_VALUE,
  LS_FINDING_LOGGED,
  LS_FINDING_MISSING,
  LS_FINDING_EXTRA,
  LS_FINDING_DIGEST,
  LS_FINDING_LOG,
} LsFindingKind;

/**
 * LsFinding:
 * @kind: what it is
 * @collection: (nullable): where
 * @key: (nullable): of which row; of a digest its bucket, of the log its version
 * @field: index of the field, or -1
 * @stored: what stands there
 * @computed: what should
 *
 * One difference.
 */
typedef struct {
  LsFindingKind kind;
  const LsCollection *collection;
  char *key;
  int field;
  LsValue stored;
  LsValue computed;
} LsFinding;

/**
 * LsDeriveReport:
 * @shop: which shop
 * @position: where it stood
 * @n_rows: rows read
 * @n_findings: differences found
 * @findings: (element-type LsFinding): the first of them
 * @repairs: (element-type LsChange): what makes it right. When rows are not what the log set, they
 *   come first: what is derived from them is looked at by the next check
 * @renews: whether rows are what the log led to, and a digest is not theirs: it is made anew
 * @too_large: whether the shop had too many rows to be read
 *
 * What a check found.
 */
typedef struct {
  char *shop;
  LsPosition position;
  int64_t n_rows;
  int64_t n_findings;
  GPtrArray *findings;
  GPtrArray *repairs;
  bool renews;
  bool too_large;
} LsDeriveReport;

/**
 * LsCheckOptions:
 * @digests: (nullable): the digests that follow the log, when a committer is at work; else they
 *   come from their checkpoint and the log
 * @suspects: by collection the buckets whose rows are known not to be those that the log led to,
 *   uint32_t; %NULL for none
 * @max_rows: a shop of more rows is not read to the end, 0 for no bound
 *
 * How to check a shop.
 */
typedef struct {
  LsShopDigests *digests;
  GArray *suspects[LS_N_COLLECTIONS];
  int64_t max_rows;
} LsCheckOptions;

LsDeriveReport *ls_derive_check_with            (LsStorage            *storage,
                                                 const char           *shop,
                                                 const LsCheckOptions *options,
                                                 GError              **error);
LsDeriveReport *ls_derive_check                 (LsStorage            *storage,
                                                 const char           *shop,
                                                 GError              **error);

LsDeriveReport *ls_derive_report_new            (const char           *shop);
void            ls_derive_report_add            (LsDeriveReport       *report,
                                                 LsFindingKind         kind,
                                                 const LsCollection   *collection,
                                                 const char           *key,
                                                 int                   field,
                                                 const LsValue        *stored,
                                                 const LsValue        *computed);
void            ls_derive_report_add_extra      (LsDeriveReport       *report,
                                                 const LsRecord       *stored);
GPtrArray      *ls_derive_report_make_mutations (const LsDeriveReport *report);
void            ls_derive_report_free           (LsDeriveReport       *report);

LsMutation     *ls_derive_repair_new            (const char           *shop);
char           *ls_finding_to_text              (const LsFinding      *finding);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsDeriveReport, ls_derive_report_free)

G_END_DECLS
