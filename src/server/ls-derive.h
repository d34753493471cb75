/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/ls-draft.h"
#include "server/ls-measures.h"
#include "server/ls-refusal.h"

G_BEGIN_DECLS

bool ls_derive_get_shop (LsDraft       *draft,
                         LsZones       *zones,
                         LsMeasureShop *ret_shop);
bool ls_derive          (LsDraft       *draft,
                         LsZones       *zones,
                         int64_t        at,
                         LsRefusal     *refusal);

G_END_DECLS
