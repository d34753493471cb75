/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-schema.h"

G_BEGIN_DECLS

bool               ls_transition_is_governed (const LsCollection *collection,
                                              unsigned            field);
bool               ls_transition_is_allowed  (const LsCollection *collection,
                                              unsigned            field,
                                              const char         *from,
                                              const char         *to);
const char *const *ls_transition_get_targets (const LsCollection *collection,
                                              unsigned            field,
                                              const char         *from);

G_END_DECLS
