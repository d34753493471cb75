/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-collation.h"

G_BEGIN_DECLS

const LsCollation *ls_collation_icu_get (void);

G_END_DECLS
