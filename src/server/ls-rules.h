/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/ls-committer.h"
#include "server/ls-draft.h"
#include "server/ls-refusal.h"
#include "server/ls-zones.h"

G_BEGIN_DECLS

bool ls_rules_check                   (LsDraft          *draft,
                                       const LsMutation *mutation,
                                       LsZones          *zones,
                                       LsRefusal        *refusal);
bool ls_rules_allow_status            (const char       *from,
                                       const char       *to);

G_END_DECLS
