/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-types.h"

G_BEGIN_DECLS

void    ls_memory_set_limit (int64_t bytes);
int64_t ls_memory_get_limit (void);
void    ls_memory_trim      (void);

G_END_DECLS
