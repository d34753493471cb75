/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/ls-committer.h"
#include "server/ls-draft.h"
#include "server/ls-refusal.h"
#include "server/ls-zones.h"

G_BEGIN_DECLS

GPtrArray *ls_apply_mutation (LsDraft          *draft,
                              const LsMutation *mutation,
                              LsZones          *zones,
                              int64_t           at,
                              LsRefusal        *refusal);

G_END_DECLS
