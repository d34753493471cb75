/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-cache.h"
#include "client/ls-check-rules.h"

G_BEGIN_DECLS

/**
 * LS_CHECKER_QUEUE:
 *
 * The name of the queue that rows are read on to be checked.
 */
#define LS_CHECKER_QUEUE "checker"

/**
 * LsCheckDoneFunc:
 * @report: what was seen, up to an error
 * @took: how long rows were read, µs
 * @error: (nullable): why not all could be read
 * @user_data: of the caller
 *
 * Called on the main queue when a check is done.
 */
typedef void (*LsCheckDoneFunc) (const LsCheckReport *report,
                                 int64_t              took,
                                 const GError        *error,
                                 gpointer             user_data);

void ls_check_job_start (LsEnvironment   *environment,
                         LsCache         *cache,
                         const char      *shop,
                         bool             cross,
                         uint32_t         collections,
                         LsCheckDoneFunc  func,
                         gpointer         user_data,
                         GDestroyNotify   destroy);

G_END_DECLS
