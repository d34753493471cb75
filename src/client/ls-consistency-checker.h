/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-cache.h"
#include "client/ls-check-job.h"
#include "client/ls-check-rules.h"
#include "client/ls-event-bus.h"

G_BEGIN_DECLS

#define LS_TYPE_CONSISTENCY_CHECKER (ls_consistency_checker_get_type ())
G_DECLARE_FINAL_TYPE (LsConsistencyChecker,
                      ls_consistency_checker,
                      LS,
                      CONSISTENCY_CHECKER,
                      GObject)

/**
 * LsCheckDepth:
 * @LS_CHECK_CROSS: the numbers that can be had by two routes
 * @LS_CHECK_ALL: those, and every row of every collection by itself
 *
 * How much is checked.
 */
typedef enum {
  LS_CHECK_CROSS,
  LS_CHECK_ALL,
} LsCheckDepth;

/**
 * LsCheckFunc:
 * @report: (nullable): what was found, %NULL with @error set
 * @error: (nullable): why nothing could be read
 * @user_data: of the caller
 *
 * Called on the main queue when a check is done.
 */
typedef void (*LsCheckFunc) (const LsCheckReport *report,
                             const GError        *error,
                             gpointer             user_data);

/**
 * LsHealer:
 * @verify: compares collections with the server and heals what differs; none of them: compares all
 *   digests
 * @suspect: heals buckets
 * @refetch: fetches collections whole
 *
 * What a checker can have done about a finding, on the main queue. It is told by events.
 */
typedef struct {
  void (*verify)  (const char         *shop,
                   uint32_t            collections,
                   gpointer            user_data);
  void (*suspect) (const char         *shop,
                   const LsCollection *collection,
                   GArray             *buckets,
                   gpointer            user_data);
  void (*refetch) (const char         *shop,
                   uint32_t            collections,
                   gpointer            user_data);
} LsHealer;

/**
 * LsProofStats:
 * @n_checks: checks of a shop that were made
 * @n_found: differences found, by digests or by rules
 * @n_healed: of those, the ones that went away
 * @n_told: of those, the ones that only the admin can mend
 * @n_rows: rows that were made the server's again
 * @n_open: what was found and has not gone
 * @n_open_told: of those, the ones that only the admin can mend
 * @found_at: the last one, µs since the epoch, 0 for none
 * @healed_at: when the last one went, µs since the epoch, 0 for none
 * @heal_time: how long the last one took from being found to being healed, µs
 * @max_heal_time: the longest, µs
 *
 * What came of proving, since the start.
 */
typedef struct {
  uint64_t n_checks;
  uint64_t n_found;
  uint64_t n_healed;
  uint64_t n_told;
  uint64_t n_rows;
  unsigned n_open;
  unsigned n_open_told;
  int64_t found_at;
  int64_t healed_at;
  int64_t heal_time;
  int64_t max_heal_time;
} LsProofStats;

LsConsistencyChecker *ls_consistency_checker_new        (LsEnvironment        *environment,
                                                         LsCache              *cache,
                                                         LsEventBus           *bus);
void                  ls_consistency_checker_set_healer (LsConsistencyChecker *self,
                                                         const LsHealer       *healer,
                                                         gpointer              user_data);
void                  ls_consistency_checker_set_shops  (LsConsistencyChecker *self,
                                                         const char *const    *shops);
void                  ls_consistency_checker_start      (LsConsistencyChecker *self);
void                  ls_consistency_checker_stop       (LsConsistencyChecker *self);
void                  ls_consistency_checker_check      (LsConsistencyChecker *self,
                                                         const char           *shop,
                                                         LsCheckDepth          depth,
                                                         LsCheckFunc           func,
                                                         gpointer              user_data,
                                                         GDestroyNotify        destroy);
GPtrArray            *ls_consistency_checker_get_open   (LsConsistencyChecker *self);
const LsProofStats   *ls_consistency_checker_get_stats  (LsConsistencyChecker *self);

G_END_DECLS
