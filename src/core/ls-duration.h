/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-types.h"

G_BEGIN_DECLS

bool ls_duration_parse (const char *text,
                        int64_t    *ret_duration);

G_END_DECLS
