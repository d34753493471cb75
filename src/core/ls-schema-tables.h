/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-schema.h"

G_BEGIN_DECLS

/* The table behind ls-schema.h; nobody else includes this. */
extern const LsCollection ls_schema_table[LS_N_COLLECTIONS];

G_END_DECLS
