/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/ls-committer.h"
#include "server/ls-draft.h"

G_BEGIN_DECLS

LsRecord *ls_activity_make (LsDraft          *draft,
                            const LsMutation *mutation,
                            int64_t           version,
                            int64_t           at,
                            GTimeZone        *zone);

G_END_DECLS
