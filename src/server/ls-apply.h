/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/ls-committer.h"
#include "server/ls-draft.h"
#include "server/ls-refusal.h"

G_BEGIN_DECLS

bool ls_apply_mutation (LsDraft          *draft,
                        const LsMutation *mutation,
                        int64_t           at,
                        LsRefusal        *refusal);

G_END_DECLS
