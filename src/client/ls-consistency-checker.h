/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-cache.h"
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

LsConsistencyChecker *ls_consistency_checker_new       (LsEnvironment        *environment,
                                                        LsCache              *cache,
                                                        LsEventBus           *bus);
void                  ls_consistency_checker_set_shops (LsConsistencyChecker *self,
                                                        const char *const    *shops);
void                  ls_consistency_checker_start     (LsConsistencyChecker *self);
void                  ls_consistency_checker_stop      (LsConsistencyChecker *self);
void                  ls_consistency_checker_check     (LsConsistencyChecker *self,
                                                        const char           *shop,
                                                        LsCheckDepth          depth,
                                                        LsCheckFunc           func,
                                                        gpointer              user_data,
                                                        GDestroyNotify        destroy);
GPtrArray            *ls_consistency_checker_get_open  (LsConsistencyChecker *self);

G_END_DECLS
