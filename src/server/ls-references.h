/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/ls-draft.h"
#include "server/ls-refusal.h"

G_BEGIN_DECLS

bool ls_references_check (LsDraft   *draft,
                          LsRefusal *refusal);

G_END_DECLS
